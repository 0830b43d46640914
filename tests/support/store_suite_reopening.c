/* store_suite_reopening.c - cases of durable stores: what is there after closing and opening. */
#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

static void an_empty_store_opens_again(struct suite *s)
{
    suite_reopen(s);
    assert_string_equal(suite_list(s, NULL), "");
    assert_int_equal(suite_save(s, "w", 1), 0);
}

static void checkpoints_are_listed_again(struct suite *s)
{
    for (uint32_t i = 0; i < 5; i++)
        suite_save(s, i % 2 ? "a" : "b", i);
    suite_reopen(s);
    assert_string_equal(suite_list(s, NULL), "0 1 2 3 4");
    assert_string_equal(suite_list(s, "a"), "1 3");
}

static void checkpoints_are_whole_again(struct suite *s)
{
    for (uint32_t i = 0; i < 20; i++)
        suite_save(s, "w", i);
    suite_reopen(s);
    for (uint32_t i = 0; i < 20; i++)
        suite_whole(s, i, "w", i);
}

static void everything_known_is_known_again(struct suite *s)
{
    struct rp_checkpoint_info info, found;
    int64_t id;

    suite_tree(s, "w", 1);
    info = tree_info("w", &s->t, 17, -3);
    info.pending = UINT32_MAX;
    info.messages = 12;
    info.time_ms = UINT64_MAX - 5;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    suite_reopen(s);
    found = suite_info(s, id);
    assert_int_equal(found.id, id);
    assert_int_equal(found.previous, 17);
    assert_string_equal(found.workflow, "w");
    assert_string_equal(found.signature, tree_signature);
    assert_int_equal(found.iteration, -3);
    assert_true(found.pending == UINT32_MAX);
    assert_int_equal(found.messages, 12);
    assert_true(found.time_ms == UINT64_MAX - 5);
    assert_memory_equal(&found.root, &info.root, sizeof(info.root));
}

static void the_latest_is_the_same_again(struct suite *s)
{
    suite_save(s, "a", 1);
    suite_save(s, "b", 2);
    suite_reopen(s);
    assert_int_equal(suite_latest(s, "a"), 0);
    assert_int_equal(suite_latest(s, NULL), 1);
}

static void ids_go_on_where_they_were(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 2);
    suite_reopen(s);
    assert_int_equal(suite_save(s, "w", 3), 2);
}

static void ids_of_removed_ones_are_not_given_again(struct suite *s)
{
    for (uint32_t i = 0; i < 4; i++)
        suite_save(s, "w", i);
    suite_remove(s, 3);
    suite_remove(s, 2);
    suite_reopen(s);
    assert_int_equal(suite_save(s, "w", 3), 4);
}

static void ids_go_on_when_all_were_removed(struct suite *s)
{
    for (uint32_t i = 0; i < 4; i++)
        suite_save(s, "w", i);
    assert_int_equal(suite_remove_rc(s, 4, (int64_t[]){0, 1, 2, 3}), RP_OK);
    suite_reopen(s);
    assert_string_equal(suite_list(s, NULL), "");
    assert_int_equal(suite_save(s, "w", 3), 4);
}

static void removed_ones_stay_removed(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 20);
    suite_remove(s, 0);
    suite_reopen(s);
    assert_int_equal(suite_info_rc(s, 0), RP_ENOTFOUND);
    assert_string_equal(suite_list(s, NULL), "1");
}

static void freed_items_stay_freed(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_remove(s, 0);
    suite_reopen(s);
    assert_int_equal(suite_has(s, "w", 1), 0);
}

static void shared_items_are_still_there(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 2);
    suite_remove(s, 0);
    suite_reopen(s);
    suite_whole(s, 1, "w", 2);
}

static void items_are_shared_with_those_of_before(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_reopen(s);
    suite_save(s, "w", 2);
    suite_remove(s, 0);
    suite_whole(s, 1, "w", 2);
    suite_remove(s, 1);
    assert_int_equal(suite_has(s, "w", 1), 0);
    assert_int_equal(suite_has(s, "w", 2), 0);
}

static void only_new_items_are_needed(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id;

    suite_save(s, "w", 1);
    suite_reopen(s);
    info = tree_info("w", &s->t, 0, 6);
    s->t.n = 0;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    suite_whole(s, id, "w", 1);
}

static void who_knows_nothing_can_save_after_removals(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 20);
    suite_remove(s, 0);
    suite_reopen(s);
    assert_int_equal(suite_save(s, "w", 40), 2);
    suite_whole(s, 2, "w", 40);
}

static void a_store_opens_many_times(struct suite *s)
{
    for (int64_t i = 0; i < 12; i++) {
        assert_int_equal(suite_save(s, "w", (uint32_t)i), i);
        suite_reopen(s);
    }
    assert_string_equal(suite_list(s, "w"), "0 1 2 3 4 5 6 7 8 9 10 11");
    for (uint32_t i = 0; i < 12; i++)
        suite_whole(s, i, "w", i);
}

static void opening_alone_changes_nothing(struct suite *s)
{
    uint64_t size;

    for (uint32_t i = 0; i < 5; i++)
        suite_save(s, "w", i);
    suite_reopen(s);
    size = suite_size(s);
    suite_reopen(s);
    assert_true(suite_size(s) == size);
}

static void a_large_item_is_there_again(struct suite *s)
{
    int64_t id = suite_save_big(s, 1, 3000000);

    suite_reopen(s);
    assert_int_equal(suite_verify(s, id), RP_OK);
}

static void a_pruned_store_opens_small(struct suite *s)
{
    uint64_t full;

    for (uint32_t i = 0; i < 10; i++)
        suite_save_big(s, i, 60000);
    full = suite_size(s);
    suite_prune(s, NULL, 1, UINT64_MAX);
    suite_reopen(s);
    assert_true(suite_size(s) < full / 3);
    assert_int_equal(suite_verify(s, 9), RP_OK);
}

static void removal_works_on_those_of_before(struct suite *s)
{
    for (uint32_t i = 0; i < 4; i++)
        suite_save(s, "w", i * 5);
    suite_reopen(s);
    suite_remove(s, 1);
    suite_reopen(s);
    assert_string_equal(suite_list(s, NULL), "0 2 3");
    suite_whole(s, 2, "w", 10);
}

static void hundreds_of_checkpoints_are_there_again(struct suite *s)
{
    for (uint32_t i = 0; i < 400; i++)
        suite_save(s, "w", i);
    suite_reopen(s);
    assert_int_equal(suite_latest(s, "w"), 399);
    for (uint32_t i = 0; i < 400; i += 37)
        suite_whole(s, i, "w", i);
}

#define CASE(name)                                                                                 \
    {                                                                                              \
        "reopened: " #name, name, NULL, 1                                                          \
    }
static const struct suite_case cases[] = {
    CASE(an_empty_store_opens_again),
    CASE(checkpoints_are_listed_again),
    CASE(checkpoints_are_whole_again),
    CASE(everything_known_is_known_again),
    CASE(the_latest_is_the_same_again),
    CASE(ids_go_on_where_they_were),
    CASE(ids_of_removed_ones_are_not_given_again),
    CASE(ids_go_on_when_all_were_removed),
    CASE(removed_ones_stay_removed),
    CASE(freed_items_stay_freed),
    CASE(shared_items_are_still_there),
    CASE(items_are_shared_with_those_of_before),
    CASE(only_new_items_are_needed),
    CASE(who_knows_nothing_can_save_after_removals),
    CASE(a_store_opens_many_times),
    CASE(opening_alone_changes_nothing),
    CASE(a_large_item_is_there_again),
    CASE(a_pruned_store_opens_small),
    CASE(removal_works_on_those_of_before),
    CASE(hundreds_of_checkpoints_are_there_again),
};

const struct suite_table suite_reopening = {cases, sizeof(cases) / sizeof(cases[0])};
