/* store_suite_saving.c - cases of saving and of what comes back: numbers, what is known of a
 * checkpoint, items. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/snap.h"
#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

/* ---- numbers ---- */

static void the_first_checkpoint_has_the_id_0(struct suite *s)
{
    assert_int_equal(suite_save(s, "w", 1), 0);
}

static void ids_count_up_by_one(struct suite *s)
{
    for (int i = 0; i < 30; i++)
        assert_int_equal(suite_save(s, "w", (uint32_t)i), i);
}

static void ids_are_counted_over_all_workflows(struct suite *s)
{
    assert_int_equal(suite_save(s, "a", 1), 0);
    assert_int_equal(suite_save(s, "b", 1), 1);
    assert_int_equal(suite_save(s, "a", 1), 2);
}

static void the_id_that_is_given_is_ignored(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id = -9;

    suite_tree(s, "w", 1);
    info = tree_info("w", &s->t, -1, 5);
    info.id = 77;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    assert_int_equal(id, 0);
    assert_int_equal(suite_info(s, 0).id, 0);
}

static void saving_the_same_again_gives_another_id(struct suite *s)
{
    assert_int_equal(suite_save(s, "w", 1), 0);
    assert_int_equal(suite_save(s, "w", 1), 1);
    suite_whole(s, 0, "w", 1);
    suite_whole(s, 1, "w", 1);
}

static void a_hundred_checkpoints_are_all_whole(struct suite *s)
{
    for (uint32_t i = 0; i < 100; i++)
        suite_save(s, "w", i);
    for (uint32_t i = 0; i < 100; i++)
        suite_whole(s, i, "w", i);
}

/* ---- what is known of a checkpoint ---- */

/* Saves a checkpoint with one field as given and returns what comes back. */
static struct rp_checkpoint_info back(struct suite *s, void (*set)(struct rp_checkpoint_info *info))
{
    struct rp_checkpoint_info info;
    int64_t id = -9;

    suite_tree(s, "w", 1);
    info = tree_info("w", &s->t, -1, 5);
    set(&info);
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    return suite_info(s, id);
}

#define COMES_BACK(name, field, value)                                                             \
    static void name##_set(struct rp_checkpoint_info *info)                                        \
    {                                                                                              \
        info->field = (value);                                                                     \
    }                                                                                              \
    static void name(struct suite *s)                                                              \
    {                                                                                              \
        assert_true(back(s, name##_set).field == (value));                                         \
    }

COMES_BACK(no_previous_comes_back, previous, -1)
COMES_BACK(a_previous_that_is_not_there_comes_back, previous, 123456789012)
COMES_BACK(iteration_0_comes_back, iteration, 0)
COMES_BACK(the_highest_iteration_comes_back, iteration, INT64_MAX)
COMES_BACK(the_lowest_iteration_comes_back, iteration, INT64_MIN)
COMES_BACK(no_pending_requests_come_back, pending, 0u)
COMES_BACK(the_most_pending_requests_come_back, pending, UINT32_MAX)
COMES_BACK(no_messages_come_back, messages, 0u)
COMES_BACK(the_most_messages_come_back, messages, UINT32_MAX)
COMES_BACK(time_0_comes_back, time_ms, 0u)
COMES_BACK(the_highest_time_comes_back, time_ms, UINT64_MAX)
COMES_BACK(a_time_beyond_the_signed_numbers_comes_back, time_ms, (uint64_t)1 << 63)

static void previous_comes_back(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id;

    suite_save(s, "w", 1);
    suite_tree(s, "w", 2);
    info = tree_info("w", &s->t, 0, 5);
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    assert_int_equal(suite_info(s, id).previous, 0);
}

static void the_root_comes_back(struct suite *s)
{
    struct rp_checkpoint_info info = suite_info(s, suite_save(s, "w", 1));

    assert_memory_equal(&info.root, &tree_root(&s->t)->id, sizeof(info.root));
}

static void signature_comes_back(struct suite *s, const char *signature)
{
    struct rp_checkpoint_info info;
    int64_t id = -9;

    suite_tree(s, "w", 1);
    info = tree_info("w", &s->t, -1, 5);
    info.signature = signature;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    assert_string_equal(suite_info(s, id).signature, signature);
    assert_string_equal(suite_info(s, id).workflow, "w");
}

static void the_signature_comes_back(struct suite *s)
{
    signature_comes_back(s, tree_signature);
}

static void an_empty_signature_comes_back(struct suite *s)
{
    signature_comes_back(s, "");
}

static void a_long_signature_comes_back(struct suite *s)
{
    static char signature[5001];

    memset(signature, 'f', 5000);
    signature_comes_back(s, signature);
}

static void two_signatures_of_a_workflow_stay_apart(struct suite *s)
{
    signature_comes_back(s, "one");
    signature_comes_back(s, "two");
    signature_comes_back(s, "one");
    assert_string_equal(suite_info(s, 0).signature, "one");
    assert_string_equal(suite_info(s, 1).signature, "two");
    assert_string_equal(suite_list(s, "w"), "0 1 2");
}

static void strings_are_copied(struct suite *s)
{
    char workflow[] = "flow", signature[] = "abc";
    struct rp_checkpoint_info info;
    int64_t id;

    suite_tree(s, "flow", 1);
    info = tree_info(workflow, &s->t, -1, 5);
    info.signature = signature;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    memset(workflow, 'x', 4);
    memset(signature, 'x', 3);
    assert_string_equal(suite_info(s, id).workflow, "flow");
    assert_string_equal(suite_info(s, id).signature, "abc");
}

/* ---- items ---- */

static void bytes_are_copied(struct suite *s)
{
    int64_t id = suite_save(s, "w", 1);

    memset(s->t.bytes, 'x', sizeof(s->t.bytes));
    suite_whole(s, id, "w", 1);
}

static void no_item_is_needed_when_all_are_there(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id = suite_save(s, "w", 1);

    info = tree_info("w", &s->t, id, 6);
    s->t.n = 0;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    assert_int_equal(id, 1);
    suite_whole(s, 1, "w", 1);
}

static void only_new_items_need_be_given(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id = suite_save(s, "w", 1);

    suite_tree(s, "w", 2); /* the middles 2 and 3 are there, with their leaves */
    info = tree_info("w", &s->t, id, 6);
    memmove(s->t.item, s->t.item + 6, 4 * sizeof(s->t.item[0]));
    s->t.n = 4;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    suite_whole(s, id, "w", 2);
}

static void an_item_may_be_given_twice_at_once(struct suite *s)
{
    struct rp_checkpoint_info info;
    struct rp_item item[2 * TREE_ITEMS];
    int64_t id;

    suite_tree(s, "w", 1);
    info = tree_info("w", &s->t, -1, 5);
    memcpy(item, s->t.item, sizeof(s->t.item));
    memcpy(item + TREE_ITEMS, s->t.item, sizeof(s->t.item));
    assert_int_equal(s->store.ops->save(s->store.self, &info, item, 2 * TREE_ITEMS, &s->generation,
                                        &id, &s->err),
                     RP_OK);
    suite_whole(s, id, "w", 1);
}

static void what_is_there_already_takes_no_room_again(struct suite *s)
{
    uint64_t empty = suite_size(s), once;

    suite_save_big(s, 1, 60000);
    once = suite_size(s);
    for (int i = 0; i < 5; i++)
        suite_save_big(s, 1, 60000);
    assert_true(suite_size(s) - once < (once - empty) / 2);
}

/* Saves an item of n bytes under a root, as form does not matter, and reads it. */
static void item_comes_back(struct suite *s, size_t n)
{
    struct rp_item item[2];
    struct rp_checkpoint_info info;
    char root[64], *bytes = malloc(n + 1);
    const char *found;
    size_t got;
    int64_t id;

    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 131 + i / 256);
    item[0] = (struct rp_item){.bytes = bytes, .n = n};
    rp_item_name(bytes, n, &item[0].id);
    item[1] = tree_item(root, sizeof(root), "root", item, 1);
    info = (struct rp_checkpoint_info){
        .previous = -1, .workflow = "w", .signature = "s", .root = item[1].id};
    assert_int_equal(
        s->store.ops->save(s->store.self, &info, item, 2, &s->generation, &id, &s->err), RP_OK);
    assert_int_equal(s->store.ops->item(s->store.self, &item[0].id, &found, &got, &s->err), RP_OK);
    assert_int_equal(got, n);
    assert_memory_equal(found, bytes, n);
    free(bytes);
}

static void an_item_comes_back(struct suite *s)
{
    item_comes_back(s, (size_t)strtoul(s->of->given, NULL, 10));
}

static void eight_megabytes_stand_in_a_checkpoint(struct suite *s)
{
    int64_t id = suite_save_big(s, 3, 8u << 20);

    assert_int_equal(suite_verify(s, id), RP_OK);
}

/* A tree with three branches and 3280 items. */
static void thousands_of_items_are_saved_at_once(struct suite *s)
{
    enum { N = 3280, ROOM = 128 };
    struct rp_item *item = calloc(N, sizeof(*item));
    char *bytes = malloc((size_t)N * ROOM);
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "w", .signature = "s"};
    const char *found;
    int64_t id;
    size_t n;

    assert_true(item && bytes);
    for (int i = N - 1; i >= 0; i--) {
        size_t child = (size_t)i * 3 + 1;
        char text[32];
        snprintf(text, sizeof(text), "item %d", i);
        item[i] = tree_item(bytes + (size_t)i * ROOM, ROOM, text, item + child, child < N ? 3 : 0);
    }
    info.root = item[0].id;
    assert_int_equal(
        s->store.ops->save(s->store.self, &info, item, N, &s->generation, &id, &s->err), RP_OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(s->store.ops->item(s->store.self, &item[i].id, &found, &n, &s->err),
                         RP_OK);
        assert_int_equal(n, item[i].n);
        assert_memory_equal(found, item[i].bytes, n);
    }
    free(item);
    free(bytes);
}

static void items_are_found_in_any_order(struct suite *s)
{
    for (uint32_t i = 0; i < 40; i++)
        suite_save(s, "w", i * 3);
    for (uint32_t i = 40; i > 0; i--)
        assert_int_equal(suite_has(s, "w", (i - 1) * 3), TREE_ITEMS);
}

static void an_unknown_item_is_not_found(struct suite *s)
{
    struct rp_item_id id = {{1, 2, 3}};
    const char *bytes;
    size_t n;

    suite_save(s, "w", 1);
    assert_int_equal(s->store.ops->item(s->store.self, &id, &bytes, &n, &s->err), RP_ENOTFOUND);
    assert_int_equal(s->err.status, RP_ENOTFOUND);
    assert_true(s->err.where[0] && s->err.text[0]);
}

static void an_empty_store_has_no_item(struct suite *s)
{
    assert_int_equal(suite_has(s, "w", 1), 0);
}

static void every_byte_of_a_name_counts(struct suite *s)
{
    const char *bytes;
    size_t n;

    suite_save(s, "w", 1);
    for (int i = 0; i < 16; i++) {
        struct rp_item_id id = s->t.item[0].id;
        id.b[i] ^= 1;
        assert_int_equal(s->store.ops->item(s->store.self, &id, &bytes, &n, NULL), RP_ENOTFOUND);
    }
}

static void an_item_can_be_read_again_and_again(struct suite *s)
{
    suite_save(s, "w", 1);
    for (int i = 0; i < 20; i++)
        assert_int_equal(suite_has(s, "w", 1), TREE_ITEMS);
}

static void bytes_are_the_same_after_other_calls(struct suite *s)
{
    int64_t id = suite_save(s, "w", 1);

    assert_int_equal(suite_has(s, "w", 1), TREE_ITEMS);
    suite_save(s, "other", 30);
    suite_list(s, NULL);
    suite_info(s, id);
    suite_size(s);
    suite_whole(s, id, "w", 1);
}

static void items_of_one_workflow_serve_another(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id;

    suite_save(s, "a", 1);
    suite_tree(s, "b", 1); /* only the root is another one */
    info = tree_info("b", &s->t, -1, 5);
    s->t.item[0] = *tree_root(&s->t);
    s->t.n = 1;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    suite_whole(s, id, "b", 1);
}

/* ---- size ---- */

static void saving_makes_the_store_larger(struct suite *s)
{
    uint64_t before = suite_size(s);

    suite_save_big(s, 1, 60000);
    assert_true(suite_size(s) >= before + 60000);
}

static void the_size_is_asked_without_a_change(struct suite *s)
{
    uint64_t size;

    suite_save(s, "w", 1);
    size = suite_size(s);
    assert_true(suite_size(s) == size);
}

static void no_error_need_be_taken(struct suite *s)
{
    struct rp_item_id id = {{9}};
    struct rp_checkpoint_info info;
    const char *bytes;
    int64_t newest;
    size_t n;

    assert_int_equal(s->store.ops->item(s->store.self, &id, &bytes, &n, NULL), RP_ENOTFOUND);
    assert_int_equal(s->store.ops->info(s->store.self, 3, &info, NULL), RP_ENOTFOUND);
    assert_int_equal(s->store.ops->latest(s->store.self, "w", &newest, NULL), RP_ENOTFOUND);
    assert_int_equal(s->store.ops->remove(s->store.self, (int64_t[]){3}, 1, NULL), RP_ENOTFOUND);
}

#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name, NULL, 0                                                                       \
    }
#define SIZED(n)                                                                                   \
    {                                                                                              \
        "an item of so many bytes comes back", an_item_comes_back, n, 0                            \
    }
static const struct suite_case cases[] = {
    CASE(the_first_checkpoint_has_the_id_0),
    CASE(ids_count_up_by_one),
    CASE(ids_are_counted_over_all_workflows),
    CASE(the_id_that_is_given_is_ignored),
    CASE(saving_the_same_again_gives_another_id),
    CASE(a_hundred_checkpoints_are_all_whole),
    CASE(no_previous_comes_back),
    CASE(a_previous_that_is_not_there_comes_back),
    CASE(iteration_0_comes_back),
    CASE(the_highest_iteration_comes_back),
    CASE(the_lowest_iteration_comes_back),
    CASE(no_pending_requests_come_back),
    CASE(the_most_pending_requests_come_back),
    CASE(no_messages_come_back),
    CASE(the_most_messages_come_back),
    CASE(time_0_comes_back),
    CASE(the_highest_time_comes_back),
    CASE(a_time_beyond_the_signed_numbers_comes_back),
    CASE(previous_comes_back),
    CASE(the_root_comes_back),
    CASE(the_signature_comes_back),
    CASE(an_empty_signature_comes_back),
    CASE(a_long_signature_comes_back),
    CASE(two_signatures_of_a_workflow_stay_apart),
    CASE(strings_are_copied),
    CASE(bytes_are_copied),
    CASE(no_item_is_needed_when_all_are_there),
    CASE(only_new_items_need_be_given),
    CASE(an_item_may_be_given_twice_at_once),
    CASE(what_is_there_already_takes_no_room_again),
    SIZED("0"),
    SIZED("1"),
    SIZED("15"),
    SIZED("511"),
    SIZED("512"),
    SIZED("4000"),
    SIZED("4096"),
    SIZED("4097"),
    SIZED("65535"),
    SIZED("1000000"),
    SIZED("8388608"),
    CASE(eight_megabytes_stand_in_a_checkpoint),
    CASE(thousands_of_items_are_saved_at_once),
    CASE(items_are_found_in_any_order),
    CASE(an_unknown_item_is_not_found),
    CASE(an_empty_store_has_no_item),
    CASE(every_byte_of_a_name_counts),
    CASE(an_item_can_be_read_again_and_again),
    CASE(bytes_are_the_same_after_other_calls),
    CASE(items_of_one_workflow_serve_another),
    CASE(saving_makes_the_store_larger),
    CASE(the_size_is_asked_without_a_change),
    CASE(no_error_need_be_taken),
};

const struct suite_table suite_saving = {cases, sizeof(cases) / sizeof(cases[0])};
