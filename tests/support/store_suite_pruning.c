/* store_suite_pruning.c - cases of pruning: by number, by time, by both. */
#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

/* Checkpoints at times 100, 200, ... */
static void save_in_time(struct suite *s, const char *workflow, uint32_t n)
{
    for (uint32_t i = 1; i <= n; i++)
        suite_save_at(s, workflow, i * 5, i * 100);
}

static void the_newest_are_kept(struct suite *s)
{
    save_in_time(s, "w", 6);
    assert_int_equal(suite_prune(s, "w", 2, UINT64_MAX), 4);
    assert_string_equal(suite_list(s, NULL), "4 5");
}

static void what_is_kept_is_whole(struct suite *s)
{
    for (uint32_t i = 0; i < 6; i++)
        suite_save(s, "w", i);
    suite_prune(s, "w", 2, UINT64_MAX);
    suite_whole(s, 4, "w", 4);
    suite_whole(s, 5, "w", 5);
}

static void one_can_be_kept(struct suite *s)
{
    save_in_time(s, "w", 4);
    assert_int_equal(suite_prune(s, "w", 1, UINT64_MAX), 3);
    assert_string_equal(suite_list(s, "w"), "3");
}

static void none_need_be_kept(struct suite *s)
{
    save_in_time(s, "w", 4);
    assert_int_equal(suite_prune(s, "w", 0, UINT64_MAX), 4);
    assert_string_equal(suite_list(s, NULL), "");
}

static void as_many_as_there_are_are_kept(struct suite *s)
{
    save_in_time(s, "w", 4);
    assert_int_equal(suite_prune(s, "w", 4, UINT64_MAX), 0);
    assert_string_equal(suite_list(s, NULL), "0 1 2 3");
}

static void more_than_there_are_may_be_kept(struct suite *s)
{
    save_in_time(s, "w", 4);
    assert_int_equal(suite_prune(s, "w", UINT32_MAX, UINT64_MAX), 0);
    assert_string_equal(suite_list(s, NULL), "0 1 2 3");
}

static void a_second_pruning_finds_nothing(struct suite *s)
{
    save_in_time(s, "w", 4);
    suite_prune(s, "w", 2, UINT64_MAX);
    assert_int_equal(suite_prune(s, "w", 2, UINT64_MAX), 0);
}

static void an_empty_store_can_be_pruned(struct suite *s)
{
    assert_int_equal(suite_prune(s, NULL, 0, UINT64_MAX), 0);
}

static void an_unknown_workflow_can_be_pruned(struct suite *s)
{
    save_in_time(s, "w", 2);
    assert_int_equal(suite_prune(s, "nobody", 0, UINT64_MAX), 0);
    assert_string_equal(suite_list(s, NULL), "0 1");
}

static void other_workflows_are_left_alone(struct suite *s)
{
    save_in_time(s, "a", 3);
    save_in_time(s, "b", 3);
    assert_int_equal(suite_prune(s, "a", 1, UINT64_MAX), 2);
    assert_string_equal(suite_list(s, NULL), "2 3 4 5");
}

static void all_workflows_are_counted_together(struct suite *s)
{
    save_in_time(s, "a", 3);
    save_in_time(s, "b", 3);
    assert_int_equal(suite_prune(s, NULL, 2, UINT64_MAX), 4);
    assert_string_equal(suite_list(s, NULL), "4 5");
}

static void older_ones_go(struct suite *s)
{
    save_in_time(s, "w", 5);
    assert_int_equal(suite_prune(s, "w", 0, 250), 2);
    assert_string_equal(suite_list(s, NULL), "2 3 4");
}

static void the_moment_itself_is_not_older(struct suite *s)
{
    save_in_time(s, "w", 5);
    assert_int_equal(suite_prune(s, "w", 0, 200), 1);
    assert_string_equal(suite_list(s, NULL), "1 2 3 4");
}

static void nothing_is_older_than_time_0(struct suite *s)
{
    suite_save_at(s, "w", 1, 0);
    assert_int_equal(suite_prune(s, "w", 0, 0), 0);
    assert_string_equal(suite_list(s, NULL), "0");
}

static void any_time_is_any_time(struct suite *s)
{
    suite_save_at(s, "w", 1, UINT64_MAX);
    suite_save_at(s, "w", 2, UINT64_MAX - 1);
    assert_int_equal(suite_prune(s, "w", 0, UINT64_MAX), 2);
}

static void times_beyond_the_signed_numbers_are_compared(struct suite *s)
{
    suite_save_at(s, "w", 1, 5);
    suite_save_at(s, "w", 2, (uint64_t)1 << 63);
    assert_int_equal(suite_prune(s, "w", 0, 6), 1);
    assert_string_equal(suite_list(s, NULL), "1");
}

static void time_goes_by_itself_and_not_by_order(struct suite *s)
{
    suite_save_at(s, "w", 1, 300);
    suite_save_at(s, "w", 2, 100);
    suite_save_at(s, "w", 3, 200);
    assert_int_equal(suite_prune(s, "w", 0, 200), 1);
    assert_string_equal(suite_list(s, NULL), "0 2");
}

static void the_newest_are_kept_even_when_they_are_old(struct suite *s)
{
    save_in_time(s, "w", 5);
    assert_int_equal(suite_prune(s, "w", 2, 100000), 3);
    assert_string_equal(suite_list(s, NULL), "3 4");
}

static void of_the_rest_only_the_old_go(struct suite *s)
{
    save_in_time(s, "w", 6);
    assert_int_equal(suite_prune(s, "w", 2, 300), 2);
    assert_string_equal(suite_list(s, NULL), "2 3 4 5");
}

static void both_count_by_workflow(struct suite *s)
{
    save_in_time(s, "a", 4);
    save_in_time(s, "b", 4);
    assert_int_equal(suite_prune(s, "b", 1, 300), 2);
    assert_string_equal(suite_list(s, NULL), "0 1 2 3 6 7");
}

static void items_are_freed(struct suite *s)
{
    save_in_time(s, "w", 3);
    suite_prune(s, "w", 1, UINT64_MAX);
    assert_true(suite_has(s, "w", 5) < 5);
    assert_int_equal(suite_has(s, "w", 15), TREE_ITEMS);
}

static void ids_go_on(struct suite *s)
{
    save_in_time(s, "w", 3);
    suite_prune(s, "w", 0, UINT64_MAX);
    assert_int_equal(suite_save(s, "w", 1), 3);
}

static void the_store_shrinks_indeed(struct suite *s)
{
    uint64_t full;

    for (uint32_t i = 0; i < 30; i++)
        suite_save_big(s, i * 3 + 1, 100000);
    full = suite_size(s);
    assert_true(full >= 1600000);
    suite_prune(s, "big", 3, UINT64_MAX);
    assert_true(suite_size(s) < full / 4);
    assert_int_equal(suite_verify(s, 29), RP_OK);
}

#define CASE(name)                                                                                 \
    {                                                                                              \
        "pruning: " #name, name, NULL, 0                                                           \
    }
static const struct suite_case cases[] = {
    CASE(the_newest_are_kept),
    CASE(what_is_kept_is_whole),
    CASE(one_can_be_kept),
    CASE(none_need_be_kept),
    CASE(as_many_as_there_are_are_kept),
    CASE(more_than_there_are_may_be_kept),
    CASE(a_second_pruning_finds_nothing),
    CASE(an_empty_store_can_be_pruned),
    CASE(an_unknown_workflow_can_be_pruned),
    CASE(other_workflows_are_left_alone),
    CASE(all_workflows_are_counted_together),
    CASE(older_ones_go),
    CASE(the_moment_itself_is_not_older),
    CASE(nothing_is_older_than_time_0),
    CASE(any_time_is_any_time),
    CASE(times_beyond_the_signed_numbers_are_compared),
    CASE(time_goes_by_itself_and_not_by_order),
    CASE(the_newest_are_kept_even_when_they_are_old),
    CASE(of_the_rest_only_the_old_go),
    CASE(both_count_by_workflow),
    CASE(items_are_freed),
    CASE(ids_go_on),
    CASE(the_store_shrinks_indeed),
};

const struct suite_table suite_pruning = {cases, sizeof(cases) / sizeof(cases[0])};
