/* store_suite_removing.c - cases of removal: what goes, what stays, and who must be told. */
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

static void save_some(struct suite *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        suite_save(s, "w", i * 5);
}

static int remove_two(struct suite *s, int64_t a, int64_t b)
{
    return suite_remove_rc(s, 2, (int64_t[]){a, b});
}

/* ---- what goes ---- */

static void a_removed_checkpoint_is_unknown(struct suite *s)
{
    save_some(s, 3);
    suite_remove(s, 1);
    assert_int_equal(suite_info_rc(s, 1), RP_ENOTFOUND);
    assert_non_null(strstr(s->err.text, "1"));
}

static void a_removed_checkpoint_is_not_listed(struct suite *s)
{
    save_some(s, 4);
    suite_remove(s, 1);
    assert_string_equal(suite_list(s, NULL), "0 2 3");
    assert_string_equal(suite_list(s, "w"), "0 2 3");
}

static void a_removed_checkpoint_is_not_the_latest(struct suite *s)
{
    save_some(s, 3);
    suite_remove(s, 2);
    assert_int_equal(suite_latest(s, "w"), 1);
    assert_int_equal(suite_latest(s, NULL), 1);
}

static void a_workflow_without_checkpoints_has_no_latest(struct suite *s)
{
    suite_save(s, "a", 1);
    suite_save(s, "b", 2);
    suite_remove(s, 0);
    assert_int_equal(suite_latest(s, "a"), -1);
    assert_string_equal(suite_list(s, "a"), "");
    assert_int_equal(suite_latest(s, "b"), 1);
}

static void items_of_nobody_are_freed(struct suite *s)
{
    save_some(s, 1);
    suite_remove(s, 0);
    assert_int_equal(suite_has(s, "w", 0), 0);
}

static void the_root_goes_with_its_checkpoint(struct suite *s)
{
    const char *bytes;
    struct rp_item_id root;
    size_t n;

    suite_save(s, "w", 1);
    suite_save(s, "w", 2);
    root = suite_info(s, 0).root;
    suite_remove(s, 0);
    assert_int_equal(s->store.ops->item(s->store.self, &root, &bytes, &n, NULL), RP_ENOTFOUND);
}

static void all_can_be_removed(struct suite *s)
{
    save_some(s, 3);
    assert_int_equal(suite_remove_rc(s, 3, (int64_t[]){2, 0, 1}), RP_OK);
    assert_string_equal(suite_list(s, NULL), "");
    assert_int_equal(suite_latest(s, NULL), -1);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(suite_has(s, "w", i * 5), 0);
}

static void many_are_removed_at_once(struct suite *s)
{
    int64_t ids[150];

    for (uint32_t i = 0; i < 200; i++)
        suite_save(s, "w", i);
    for (int64_t i = 0; i < 150; i++)
        ids[i] = i;
    assert_int_equal(suite_remove_rc(s, 150, ids), RP_OK);
    assert_int_equal(suite_latest(s, "w"), 199);
    for (uint32_t i = 150; i < 200; i++)
        suite_whole(s, i, "w", i);
}

static void the_store_shrinks(struct suite *s)
{
    int64_t ids[20];
    uint64_t full;

    for (uint32_t i = 0; i < 20; i++)
        ids[i] = suite_save_big(s, i, 60000);
    suite_save(s, "w", 1);
    full = suite_size(s);
    assert_int_equal(suite_remove_rc(s, 20, ids), RP_OK);
    assert_true(suite_size(s) + 1000000 < full);
}

static void the_room_of_removed_items_is_used_again(struct suite *s)
{
    uint64_t once;

    suite_save_big(s, 1, 60000);
    once = suite_size(s);
    for (uint32_t i = 0; i < 20; i++) {
        suite_remove(s, i);
        suite_save_big(s, i + 2, 60000);
    }
    assert_true(suite_size(s) < 3 * once + 100000);
}

/* ---- what stays ---- */

static void other_checkpoints_stay_whole(struct suite *s)
{
    save_some(s, 5);
    suite_remove(s, 2);
    for (uint32_t i = 0; i < 5; i++)
        if (i != 2)
            suite_whole(s, i, "w", i * 5);
}

static void shared_items_stay(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 2); /* shares two of three middles */
    suite_remove(s, 0);
    suite_whole(s, 1, "w", 2);
}

static void shared_items_stay_when_the_newer_one_goes(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 2);
    suite_remove(s, 1);
    suite_whole(s, 0, "w", 1);
}

static void shared_items_go_with_the_last_who_has_them(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 2);
    suite_remove(s, 0);
    suite_remove(s, 1);
    assert_int_equal(suite_has(s, "w", 1), 0);
    assert_int_equal(suite_has(s, "w", 2), 0);
}

static void equal_checkpoints_keep_each_other_s_items(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 1);
    suite_remove(s, 0);
    suite_whole(s, 1, "w", 1);
}

static void equal_checkpoints_go_together(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_save(s, "w", 1);
    assert_int_equal(remove_two(s, 0, 1), RP_OK);
    assert_int_equal(suite_has(s, "w", 1), 0);
}

static void items_shared_by_workflows_stay(struct suite *s)
{
    suite_save(s, "a", 1);
    suite_save(s, "b", 1);
    suite_remove(s, 0);
    suite_whole(s, 1, "b", 1);
}

static void deep_trees_are_followed_to_their_ends(struct suite *s)
{
    enum { N = 300, ROOM = 128 };
    static char bytes[N][ROOM];
    struct rp_item item[N];
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "deep", .signature = "s"};
    const char *found;
    int64_t id;
    size_t n;

    for (size_t i = 0; i < N; i++)
        item[i] = tree_item(bytes[i], ROOM, "link", i ? &item[i - 1] : NULL, i ? 1 : 0);
    info.root = item[N - 1].id;
    assert_int_equal(
        s->store.ops->save(s->store.self, &info, item, N, &s->generation, &id, &s->err), RP_OK);
    suite_save(s, "w", 1);
    suite_remove(s, 1);
    assert_int_equal(s->store.ops->item(s->store.self, &item[0].id, &found, &n, &s->err), RP_OK);
    suite_remove(s, 0);
    assert_int_equal(s->store.ops->item(s->store.self, &item[0].id, &found, &n, NULL),
                     RP_ENOTFOUND);
}

static void who_continues_a_removed_one_still_says_so(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id;

    suite_save(s, "w", 1);
    suite_tree(s, "w", 2);
    info = tree_info("w", &s->t, 0, 5);
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    suite_remove(s, 0);
    assert_int_equal(suite_info(s, 1).previous, 0);
}

static void what_was_removed_can_be_saved_again(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_remove(s, 0);
    assert_int_equal(suite_save(s, "w", 1), 1);
    suite_whole(s, 1, "w", 1);
}

/* ---- ids ---- */

static void the_id_of_the_newest_is_not_given_again(struct suite *s)
{
    save_some(s, 3);
    suite_remove(s, 2);
    assert_int_equal(suite_save(s, "w", 1), 3);
}

static void ids_go_on_after_all_are_removed(struct suite *s)
{
    save_some(s, 3);
    assert_int_equal(suite_remove_rc(s, 3, (int64_t[]){0, 1, 2}), RP_OK);
    assert_int_equal(suite_save(s, "w", 1), 3);
}

static void ids_go_on_after_many_removals(struct suite *s)
{
    for (int64_t i = 0; i < 10; i++) {
        assert_int_equal(suite_save(s, "w", 1), i);
        suite_remove(s, i);
    }
    assert_string_equal(suite_list(s, NULL), "");
}

/* ---- all or none ---- */

static void an_unknown_id_is_refused(struct suite *s)
{
    save_some(s, 2);
    assert_int_equal(suite_remove_rc(s, 1, (int64_t[]){7}), RP_ENOTFOUND);
    assert_int_equal(s->err.status, RP_ENOTFOUND);
    assert_non_null(strstr(s->err.text, "7"));
    assert_true(s->err.where[0]);
}

static void a_negative_id_is_refused(struct suite *s)
{
    save_some(s, 2);
    assert_int_equal(suite_remove_rc(s, 1, (int64_t[]){-1}), RP_ENOTFOUND);
}

static void the_next_id_is_refused(struct suite *s)
{
    save_some(s, 2);
    assert_int_equal(suite_remove_rc(s, 1, (int64_t[]){2}), RP_ENOTFOUND);
}

static void an_empty_store_has_nothing_to_remove(struct suite *s)
{
    assert_int_equal(suite_remove_rc(s, 1, (int64_t[]){0}), RP_ENOTFOUND);
}

static void a_second_removal_is_refused(struct suite *s)
{
    save_some(s, 2);
    suite_remove(s, 0);
    assert_int_equal(suite_remove_rc(s, 1, (int64_t[]){0}), RP_ENOTFOUND);
}

static void all_stay(struct suite *s)
{
    assert_string_equal(suite_list(s, NULL), "0 1 2");
    for (uint32_t i = 0; i < 3; i++)
        suite_whole(s, i, "w", i * 5);
}

static void none_go_when_the_last_is_unknown(struct suite *s)
{
    save_some(s, 3);
    assert_int_equal(suite_remove_rc(s, 3, (int64_t[]){0, 1, 9}), RP_ENOTFOUND);
    all_stay(s);
}

static void none_go_when_the_first_is_unknown(struct suite *s)
{
    save_some(s, 3);
    assert_int_equal(suite_remove_rc(s, 3, (int64_t[]){9, 0, 1}), RP_ENOTFOUND);
    all_stay(s);
}

static void none_go_when_one_was_removed_before(struct suite *s)
{
    save_some(s, 4);
    suite_remove(s, 3);
    assert_int_equal(suite_remove_rc(s, 3, (int64_t[]){0, 3, 1}), RP_ENOTFOUND);
    all_stay(s);
}

static void ids_go_on_after_a_refused_removal(struct suite *s)
{
    save_some(s, 2);
    assert_int_equal(remove_two(s, 0, 9), RP_ENOTFOUND);
    assert_int_equal(suite_save(s, "w", 1), 2);
}

static void removing_nothing_changes_nothing(struct suite *s)
{
    save_some(s, 3);
    assert_int_equal(suite_remove_rc(s, 0, NULL), RP_OK);
    all_stay(s);
}

static void an_id_may_be_given_twice(struct suite *s)
{
    save_some(s, 3);
    assert_int_equal(suite_remove_rc(s, 3, (int64_t[]){1, 0, 1}), RP_OK);
    assert_string_equal(suite_list(s, NULL), "2");
    suite_whole(s, 2, "w", 10);
}

/* ---- who must be told ---- */

static int save_knowing(struct suite *s, uint64_t *generation, int64_t *id)
{
    struct rp_checkpoint_info info;

    suite_tree(s, "w", 3);
    info = tree_info("w", &s->t, -1, 5);
    return s->store.ops->save(s->store.self, &info, s->t.item, s->t.n, generation, id, &s->err);
}

static void the_first_generation_is_0(struct suite *s)
{
    uint64_t generation = 0;
    int64_t id;

    assert_int_equal(save_knowing(s, &generation, &id), RP_OK);
    assert_int_equal(generation, 0);
}

static void saving_leaves_the_generation(struct suite *s)
{
    save_some(s, 3);
    assert_int_equal(s->generation, 0);
}

static void who_does_not_know_of_freed_items_is_stale(struct suite *s)
{
    uint64_t generation = 0;
    int64_t id = -9;

    save_some(s, 2);
    suite_remove(s, 0);
    assert_int_equal(save_knowing(s, &generation, &id), RP_ESTALE);
    assert_int_equal(s->err.status, RP_ESTALE);
    assert_true(s->err.where[0] && s->err.text[0]);
}

static void who_is_stale_learns_the_generation(struct suite *s)
{
    uint64_t generation = 0;
    int64_t id = -9;

    save_some(s, 2);
    suite_remove(s, 0);
    assert_int_equal(save_knowing(s, &generation, &id), RP_ESTALE);
    assert_int_not_equal(generation, 0);
    assert_int_equal(save_knowing(s, &generation, &id), RP_OK);
    assert_int_equal(id, 2);
}

static void a_stale_save_keeps_nothing(struct suite *s)
{
    uint64_t generation = 0;
    int64_t id = -9;

    suite_save(s, "w", 30);
    suite_save(s, "w", 60);
    suite_remove(s, 0);
    assert_int_equal(save_knowing(s, &generation, &id), RP_ESTALE);
    assert_int_equal(id, -9);
    assert_string_equal(suite_list(s, NULL), "1");
    assert_true(suite_has(s, "w", 3) < TREE_ITEMS);
}

static void a_generation_that_never_was_is_stale(struct suite *s)
{
    uint64_t generation = 12345;
    int64_t id;

    save_some(s, 1);
    assert_int_equal(save_knowing(s, &generation, &id), RP_ESTALE);
    assert_int_equal(generation, 0);
}

static void a_refused_removal_makes_nobody_stale(struct suite *s)
{
    uint64_t generation = 0;
    int64_t id;

    save_some(s, 2);
    assert_int_equal(remove_two(s, 0, 9), RP_ENOTFOUND);
    assert_int_equal(save_knowing(s, &generation, &id), RP_OK);
}

static void removing_nothing_makes_nobody_stale(struct suite *s)
{
    uint64_t generation = 0;
    int64_t id;

    save_some(s, 2);
    assert_int_equal(suite_remove_rc(s, 0, NULL), RP_OK);
    assert_int_equal(save_knowing(s, &generation, &id), RP_OK);
}

static void each_removal_makes_stale_anew(struct suite *s)
{
    uint64_t generation = 0, before = 0;
    int64_t id;

    save_some(s, 4);
    for (int64_t i = 0; i < 3; i++) {
        suite_remove(s, i);
        assert_int_equal(save_knowing(s, &generation, &id), RP_ESTALE);
        assert_int_not_equal(generation, before);
        before = generation;
    }
}

#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name, NULL, 0                                                                       \
    }
static const struct suite_case cases[] = {
    CASE(a_removed_checkpoint_is_unknown),
    CASE(a_removed_checkpoint_is_not_listed),
    CASE(a_removed_checkpoint_is_not_the_latest),
    CASE(a_workflow_without_checkpoints_has_no_latest),
    CASE(items_of_nobody_are_freed),
    CASE(the_root_goes_with_its_checkpoint),
    CASE(all_can_be_removed),
    CASE(many_are_removed_at_once),
    CASE(the_store_shrinks),
    CASE(the_room_of_removed_items_is_used_again),
    CASE(other_checkpoints_stay_whole),
    CASE(shared_items_stay),
    CASE(shared_items_stay_when_the_newer_one_goes),
    CASE(shared_items_go_with_the_last_who_has_them),
    CASE(equal_checkpoints_keep_each_other_s_items),
    CASE(equal_checkpoints_go_together),
    CASE(items_shared_by_workflows_stay),
    CASE(deep_trees_are_followed_to_their_ends),
    CASE(who_continues_a_removed_one_still_says_so),
    CASE(what_was_removed_can_be_saved_again),
    CASE(the_id_of_the_newest_is_not_given_again),
    CASE(ids_go_on_after_all_are_removed),
    CASE(ids_go_on_after_many_removals),
    CASE(an_unknown_id_is_refused),
    CASE(a_negative_id_is_refused),
    CASE(the_next_id_is_refused),
    CASE(an_empty_store_has_nothing_to_remove),
    CASE(a_second_removal_is_refused),
    CASE(none_go_when_the_last_is_unknown),
    CASE(none_go_when_the_first_is_unknown),
    CASE(none_go_when_one_was_removed_before),
    CASE(ids_go_on_after_a_refused_removal),
    CASE(removing_nothing_changes_nothing),
    CASE(an_id_may_be_given_twice),
    CASE(the_first_generation_is_0),
    CASE(saving_leaves_the_generation),
    CASE(who_does_not_know_of_freed_items_is_stale),
    CASE(who_is_stale_learns_the_generation),
    CASE(a_stale_save_keeps_nothing),
    CASE(a_generation_that_never_was_is_stale),
    CASE(a_refused_removal_makes_nobody_stale),
    CASE(removing_nothing_makes_nobody_stale),
    CASE(each_removal_makes_stale_anew),
};

const struct suite_table suite_removing = {cases, sizeof(cases) / sizeof(cases[0])};
