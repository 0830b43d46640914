/* store_suite_listing.c - cases of listing and of the newest checkpoint. */
#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

static void an_empty_store_lists_nothing(struct suite *s)
{
    assert_string_equal(suite_list(s, NULL), "");
}

static void an_empty_store_has_no_latest(struct suite *s)
{
    assert_int_equal(suite_latest(s, NULL), -1);
    assert_int_equal(s->err.status, RP_ENOTFOUND);
    assert_true(s->err.where[0] && s->err.text[0]);
}

static void an_empty_store_knows_no_checkpoint(struct suite *s)
{
    assert_int_equal(suite_info_rc(s, 0), RP_ENOTFOUND);
    assert_int_equal(s->err.status, RP_ENOTFOUND);
    assert_true(s->err.where[0] && s->err.text[0]);
}

static void a_negative_id_is_unknown(struct suite *s)
{
    suite_save(s, "w", 1);
    assert_int_equal(suite_info_rc(s, -1), RP_ENOTFOUND);
    assert_int_equal(suite_info_rc(s, INT64_MIN), RP_ENOTFOUND);
}

static void an_id_that_is_not_given_yet_is_unknown(struct suite *s)
{
    suite_save(s, "w", 1);
    assert_int_equal(suite_info_rc(s, 1), RP_ENOTFOUND);
    assert_int_equal(suite_info_rc(s, INT64_MAX), RP_ENOTFOUND);
}

static void all_are_listed_in_order_of_ids(struct suite *s)
{
    for (uint32_t i = 0; i < 12; i++)
        suite_save(s, i % 3 ? "a" : "b", i);
    assert_string_equal(suite_list(s, NULL), "0 1 2 3 4 5 6 7 8 9 10 11");
}

static void a_workflow_is_listed_in_order_of_ids(struct suite *s)
{
    for (uint32_t i = 0; i < 12; i++)
        suite_save(s, i % 3 ? "a" : "b", i);
    assert_string_equal(suite_list(s, "b"), "0 3 6 9");
    assert_string_equal(suite_list(s, "a"), "1 2 4 5 7 8 10 11");
}

static void an_unknown_workflow_lists_nothing(struct suite *s)
{
    suite_save(s, "a", 1);
    assert_string_equal(suite_list(s, "b"), "");
}

struct told {
    struct rp_checkpoint_info info;
    char workflow[64], signature[80];
};
static struct told told[8];
static size_t n_told;

static int tell(void *ctx, const struct rp_checkpoint_info *info)
{
    struct told *t = &told[n_told++];

    (void)ctx;
    t->info = *info;
    snprintf(t->workflow, sizeof(t->workflow), "%s", info->workflow);
    snprintf(t->signature, sizeof(t->signature), "%s", info->signature);
    return RP_OK;
}

static void a_list_tells_what_info_tells(struct suite *s)
{
    for (uint32_t i = 0; i < 4; i++) {
        struct rp_checkpoint_info info;
        int64_t id;
        suite_tree(s, "w", i);
        info = tree_info(i % 2 ? "w" : "v", &s->t, (int64_t)i - 1, (int64_t)i * 3);
        assert_int_equal(suite_try(s, &info, &id), RP_OK);
    }
    n_told = 0;
    assert_int_equal(s->store.ops->list(s->store.self, NULL, tell, NULL, &s->err), RP_OK);
    assert_int_equal(n_told, 4);
    for (size_t i = 0; i < n_told; i++) {
        struct rp_checkpoint_info info = suite_info(s, (int64_t)i);
        assert_string_equal(told[i].workflow, info.workflow);
        assert_string_equal(told[i].signature, info.signature);
        told[i].info.workflow = info.workflow;
        told[i].info.signature = info.signature;
        assert_memory_equal(&told[i].info.root, &info.root, sizeof(info.root));
        assert_int_equal(told[i].info.previous, info.previous);
        assert_int_equal(told[i].info.iteration, info.iteration);
        assert_int_equal(told[i].info.pending, info.pending);
        assert_int_equal(told[i].info.messages, info.messages);
        assert_int_equal(told[i].info.time_ms, info.time_ms);
    }
}

/* Says `answer` at the visit number `at`. */
struct stop {
    int visits, at, answer;
};

static int stop(void *ctx, const struct rp_checkpoint_info *info)
{
    struct stop *stop = ctx;

    (void)info;
    return ++stop->visits == stop->at ? stop->answer : RP_OK;
}

static void stops(struct suite *s, const char *workflow, int at, int answer)
{
    struct stop ctx = {0, at, answer};

    for (uint32_t i = 0; i < 6; i++)
        suite_save(s, i % 2 ? "a" : "b", i);
    assert_int_equal(s->store.ops->list(s->store.self, workflow, stop, &ctx, &s->err), answer);
    assert_int_equal(ctx.visits, at);
}

static void a_list_stops_at_the_first_visit(struct suite *s)
{
    stops(s, NULL, 1, RP_ESTATE);
}

static void a_list_stops_in_its_middle(struct suite *s)
{
    stops(s, NULL, 3, RP_ENOMEM);
}

static void a_list_of_a_workflow_stops(struct suite *s)
{
    stops(s, "a", 2, RP_ELIMIT);
}

static void any_answer_of_a_visit_is_returned(struct suite *s)
{
    stops(s, NULL, 6, 12345);
}

static void not_found_of_a_visit_is_returned(struct suite *s)
{
    stops(s, NULL, 2, RP_ENOTFOUND);
}

static void a_list_begins_anew_after_a_stop(struct suite *s)
{
    stops(s, NULL, 2, RP_ESTATE);
    assert_string_equal(suite_list(s, NULL), "0 1 2 3 4 5");
}

static void a_store_can_be_saved_to_after_a_stop(struct suite *s)
{
    stops(s, NULL, 2, RP_ESTATE);
    assert_int_equal(suite_save(s, "w", 1), 6);
}

static void a_stopped_list_changes_nothing(struct suite *s)
{
    struct stop ctx = {0, 1, RP_ESTATE};
    uint64_t size;

    suite_save(s, "w", 1);
    size = suite_size(s);
    s->store.ops->list(s->store.self, NULL, stop, &ctx, &s->err);
    assert_true(suite_size(s) == size);
    suite_whole(s, 0, "w", 1);
}

static void the_latest_is_the_one_saved_last(struct suite *s)
{
    for (uint32_t i = 0; i < 5; i++) {
        int64_t id = suite_save(s, "w", i);
        assert_int_equal(suite_latest(s, "w"), id);
        assert_int_equal(suite_latest(s, NULL), id);
    }
}

static void each_workflow_has_its_latest(struct suite *s)
{
    suite_save(s, "a", 1);
    suite_save(s, "b", 2);
    suite_save(s, "a", 3);
    suite_save(s, "c", 4);
    assert_int_equal(suite_latest(s, "a"), 2);
    assert_int_equal(suite_latest(s, "b"), 1);
    assert_int_equal(suite_latest(s, "c"), 3);
}

static void the_latest_of_all_is_of_any_workflow(struct suite *s)
{
    suite_save(s, "a", 1);
    suite_save(s, "b", 2);
    assert_int_equal(suite_latest(s, NULL), 1);
}

static void the_latest_goes_by_order_and_not_by_time(struct suite *s)
{
    suite_save_at(s, "w", 1, 900);
    suite_save_at(s, "w", 2, 100);
    assert_int_equal(suite_latest(s, "w"), 1);
}

static void an_unknown_workflow_has_no_latest(struct suite *s)
{
    suite_save(s, "a", 1);
    assert_int_equal(suite_latest(s, "nobody"), -1);
    assert_non_null(strstr(s->err.text, "nobody"));
}

static void a_workflow_is_told_over_its_signatures(struct suite *s)
{
    for (uint32_t i = 0; i < 3; i++) {
        struct rp_checkpoint_info info;
        int64_t id;
        suite_tree(s, "w", i);
        info = tree_info("w", &s->t, -1, 5);
        info.signature = i % 2 ? "odd" : "even";
        assert_int_equal(suite_try(s, &info, &id), RP_OK);
    }
    assert_string_equal(suite_list(s, "w"), "0 1 2");
    assert_int_equal(suite_latest(s, "w"), 2);
}

static void many_checkpoints_are_listed(struct suite *s)
{
    struct stop ctx = {0};

    for (uint32_t i = 0; i < 500; i++)
        suite_save(s, "w", i % 10);
    assert_int_equal(s->store.ops->list(s->store.self, "w", stop, &ctx, &s->err), RP_OK);
    assert_int_equal(ctx.visits, 500);
    assert_int_equal(suite_latest(s, "w"), 499);
}

#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name, NULL, 0                                                                       \
    }
static const struct suite_case cases[] = {
    CASE(an_empty_store_lists_nothing),
    CASE(an_empty_store_has_no_latest),
    CASE(an_empty_store_knows_no_checkpoint),
    CASE(a_negative_id_is_unknown),
    CASE(an_id_that_is_not_given_yet_is_unknown),
    CASE(all_are_listed_in_order_of_ids),
    CASE(a_workflow_is_listed_in_order_of_ids),
    CASE(an_unknown_workflow_lists_nothing),
    CASE(a_list_tells_what_info_tells),
    CASE(a_list_stops_at_the_first_visit),
    CASE(a_list_stops_in_its_middle),
    CASE(a_list_of_a_workflow_stops),
    CASE(any_answer_of_a_visit_is_returned),
    CASE(not_found_of_a_visit_is_returned),
    CASE(a_list_begins_anew_after_a_stop),
    CASE(a_store_can_be_saved_to_after_a_stop),
    CASE(a_stopped_list_changes_nothing),
    CASE(the_latest_is_the_one_saved_last),
    CASE(each_workflow_has_its_latest),
    CASE(the_latest_of_all_is_of_any_workflow),
    CASE(the_latest_goes_by_order_and_not_by_time),
    CASE(an_unknown_workflow_has_no_latest),
    CASE(a_workflow_is_told_over_its_signatures),
    CASE(many_checkpoints_are_listed),
};

const struct suite_table suite_listing = {cases, sizeof(cases) / sizeof(cases[0])};
