/* store_suite_damage.c - cases of verifying and reading: what is whole, and what was never. Damage
 * is given to the store in its items, so it is the same for all of them. */
#include <stdio.h>
#include <string.h>

#include "engine/base/kinds.h"
#include "engine/snap.h"
#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

static void hex(const struct rp_item_id *id, char out[33])
{
    for (int i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", id->b[i]);
}

/* Saves the tree as it stands in s->t. */
static int64_t save_as_it_is(struct suite *s)
{
    struct rp_checkpoint_info info = tree_info("w", &s->t, -1, 5);
    int64_t id = -9;

    info.root = s->t.item[TREE_ITEMS - 1].id;
    assert_int_equal(suite_try(s, &info, &id), RP_OK);
    return id;
}

static char changed[TREE_BYTES];

/* Makes a tree; the bytes of its item at place i can be changed, and its name stays. */
static char *open_item(struct suite *s, size_t i)
{
    suite_tree(s, "w", 1);
    memcpy(changed, s->t.item[i].bytes, s->t.item[i].n);
    s->t.item[i].bytes = changed;
    return changed;
}

/* Saves a checkpoint with a leaf that has another byte. */
static int64_t save_damaged(struct suite *s)
{
    open_item(s, 0)[30] ^= 1;
    return save_as_it_is(s);
}

/* Saves a checkpoint whose item at place i is not given, to an empty store. It may be refused, as
 * an item that others refer to is missing: then nothing is kept, and -1 is returned. */
static int64_t save_without(struct suite *s, size_t i)
{
    struct rp_checkpoint_info info;
    int64_t id = -1;
    int rc;

    suite_tree(s, "w", 1);
    info = tree_info("w", &s->t, -1, 5);
    memmove(&s->t.item[i], &s->t.item[i + 1], (s->t.n - i - 1) * sizeof(s->t.item[0]));
    s->t.n--;
    rc = suite_try(s, &info, &id);
    assert_true(rc == RP_OK || rc == RP_ESTALE);
    if (rc == RP_ESTALE) {
        assert_string_equal(suite_list(s, NULL), "");
        assert_int_equal(suite_has(s, "w", 1), 0);
    }
    return id;
}

/* Is it refused, and is that item named? A store that finds the damage by itself may name the place
 * where the item lies instead. */
static void names_item(struct suite *s, int64_t id, const struct rp_item_id *item)
{
    char name[33];
    int rc = suite_verify(s, id);

    hex(item, name);
    assert_true(rc == RP_ECHECKPOINT || rc == RP_ESTORE);
    assert_int_equal(s->err.status, rc);
    assert_true(s->err.where[0] && s->err.text[0]);
    if (rc == RP_ECHECKPOINT)
        assert_true(strstr(s->err.where, name) || strstr(s->err.text, name));
}

/* ---- whole ---- */

static void what_was_saved_is_whole(struct suite *s)
{
    assert_int_equal(suite_verify(s, suite_save(s, "w", 1)), RP_OK);
}

static void verifying_changes_nothing(struct suite *s)
{
    int64_t id = suite_save(s, "w", 1);
    uint64_t size = suite_size(s);

    for (int i = 0; i < 3; i++)
        assert_int_equal(suite_verify(s, id), RP_OK);
    assert_true(suite_size(s) == size);
}

static void an_unknown_checkpoint_is_not_verified(struct suite *s)
{
    suite_save(s, "w", 1);
    assert_int_equal(suite_verify(s, 1), RP_ENOTFOUND);
    assert_int_equal(suite_verify(s, -1), RP_ENOTFOUND);
}

static void a_removed_checkpoint_is_not_verified(struct suite *s)
{
    suite_save(s, "w", 1);
    suite_remove(s, 0);
    assert_int_equal(suite_verify(s, 0), RP_ENOTFOUND);
}

static void a_checkpoint_is_read(struct suite *s)
{
    int64_t id = suite_save(s, "flow", 1);
    struct rp_value v = rp_nil();
    struct rp_heap h;

    rp_heap_init(&h, &s->memory.alloc, 0, 0);
    assert_int_equal(rp_store_read(&s->store, id, &h, &v, &s->err), RP_OK);
    assert_int_equal(rp_kind(v), RP_K_CHECKPOINT);
    assert_true(rp_is_text(rp_checkpoint_of(v)->workflow, "flow"));
    assert_int_equal(rp_len(rp_checkpoint_of(v)->world), TREE_MIDDLES);
    rp_heap_free(&h);
}

static void equal_checkpoints_are_read_as_equal(struct suite *s)
{
    struct rp_value one = rp_nil(), other = rp_nil();
    struct rp_heap h;

    suite_save(s, "w", 1);
    suite_save(s, "w", 9);
    suite_save(s, "w", 1);
    rp_heap_init(&h, &s->memory.alloc, 0, 0);
    assert_int_equal(rp_store_read(&s->store, 0, &h, &one, &s->err), RP_OK);
    assert_int_equal(rp_store_read(&s->store, 2, &h, &other, &s->err), RP_OK);
    assert_true(rp_equal(one, other));
    assert_int_equal(rp_store_read(&s->store, 1, &h, &other, &s->err), RP_OK);
    assert_false(rp_equal(one, other));
    rp_heap_free(&h);
}

static void what_cannot_be_read_leaves_the_value(struct suite *s)
{
    int64_t id = save_damaged(s);
    struct rp_value v = rp_int(42);
    struct rp_heap h;

    rp_heap_init(&h, &s->memory.alloc, 0, 0);
    assert_int_not_equal(rp_store_read(&s->store, id, &h, &v, &s->err), RP_OK);
    assert_true(rp_equal(v, rp_int(42)));
    rp_heap_free(&h);
}

/* ---- missing ---- */

static void a_missing_item_is_named(struct suite *s, size_t i)
{
    struct rp_item_id missing;
    int64_t id;

    suite_tree(s, "w", 1);
    missing = s->t.item[i].id;
    id = save_without(s, i);
    if (id >= 0)
        names_item(s, id, &missing);
}

static void a_missing_leaf_is_refused_or_named(struct suite *s)
{
    a_missing_item_is_named(s, 0);
}

static void a_missing_middle_is_refused_or_named(struct suite *s)
{
    a_missing_item_is_named(s, 5);
}

static void a_missing_root_is_refused_or_named(struct suite *s)
{
    a_missing_item_is_named(s, TREE_ITEMS - 1);
}

static void others_are_whole_beside_a_damaged_one(struct suite *s)
{
    int64_t before = suite_save(s, "w", 40), damaged = save_damaged(s),
            behind = suite_save(s, "w", 80);

    assert_int_not_equal(suite_verify(s, damaged), RP_OK);
    suite_whole(s, before, "w", 40);
    suite_whole(s, behind, "w", 80);
}

static void what_was_missing_and_is_given_makes_whole(struct suite *s)
{
    int64_t id = save_without(s, 0);

    suite_save(s, "w", 1);
    if (id >= 0)
        suite_whole(s, id, "w", 1);
}

static void what_came_later_than_its_whole_stays(struct suite *s)
{
    int64_t id = save_without(s, 0), giver = suite_save(s, "w", 1);

    suite_save(s, "w", 40);
    suite_remove(s, giver);
    if (id >= 0)
        suite_whole(s, id, "w", 1);
}

/* Or the store says where the damage is that keeps it from that, and removes nothing. */
static void a_damaged_checkpoint_is_removed_or_told(struct suite *s)
{
    int64_t id = save_damaged(s);
    int rc;

    suite_save(s, "w", 40);
    rc = suite_remove_rc(s, 1, &id);
    assert_true(rc == RP_OK || rc == RP_ESTORE);
    assert_string_equal(suite_list(s, NULL), rc == RP_OK ? "1" : "0 1");
    assert_true(rc == RP_OK || s->err.where[0]);
    suite_whole(s, 1, "w", 40);
}

static void others_can_be_removed_beside_a_damaged_one(struct suite *s)
{
    suite_save(s, "w", 40);
    save_damaged(s);
    suite_save(s, "w", 80);
    suite_remove(s, 0);
    assert_string_equal(suite_list(s, NULL), "1 2");
    suite_whole(s, 2, "w", 80);
}

/* ---- wrong bytes ---- */

static void a_changed_byte_is_found(struct suite *s)
{
    names_item(s, save_damaged(s), &s->t.item[0].id);
}

static void a_changed_byte_of_the_root_is_found(struct suite *s)
{
    open_item(s, TREE_ITEMS - 1)[4] ^= 1;
    names_item(s, save_as_it_is(s), &s->t.item[TREE_ITEMS - 1].id);
}

static void a_missing_byte_is_found(struct suite *s)
{
    open_item(s, 3);
    s->t.item[3].n--;
    names_item(s, save_as_it_is(s), &s->t.item[3].id);
}

static void a_byte_too_many_is_found(struct suite *s)
{
    open_item(s, 3)[s->t.item[3].n] = 'x';
    s->t.item[3].n++;
    names_item(s, save_as_it_is(s), &s->t.item[3].id);
}

static void an_item_in_another_s_place_is_found(struct suite *s)
{
    suite_tree(s, "w", 1);
    s->t.item[1].bytes = s->t.item[4].bytes;
    s->t.item[1].n = s->t.item[4].n;
    names_item(s, save_as_it_is(s), &s->t.item[1].id);
}

/* ---- wrong form: the name is right, the bytes make no checkpoint ---- */

static void wrong_root(struct suite *s, const char *bytes, size_t n)
{
    struct rp_item item = {.bytes = bytes, .n = n};
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "w", .signature = "s"};
    int64_t id;

    rp_item_name(bytes, n, &item.id);
    info.root = item.id;
    assert_int_equal(
        s->store.ops->save(s->store.self, &info, &item, 1, &s->generation, &id, &s->err), RP_OK);
    names_item(s, id, &item.id);
}

static void a_version_of_the_future_is_refused(struct suite *s)
{
    wrong_root(s, "\x02\x00", 2);
}

static void a_root_that_is_no_checkpoint_is_refused(struct suite *s)
{
    wrong_root(s, "\x01\x00", 2);
}

static void a_root_that_ends_early_is_refused(struct suite *s)
{
    wrong_root(s, "\x01\x2e\x05\x81w", 5);
}

static void an_empty_root_is_refused(struct suite *s)
{
    wrong_root(s, "", 0);
}

static void garbage_is_refused(struct suite *s)
{
    wrong_root(s, "\xff\xfe\xfd\xfc", 4);
}

static void bytes_behind_the_value_are_refused(struct suite *s)
{
    char bytes[256];

    suite_tree(s, "w", 1);
    suite_save(s, "w", 1); /* all parts are there */
    memcpy(bytes, tree_root(&s->t)->bytes, tree_root(&s->t)->n);
    bytes[tree_root(&s->t)->n] = 0;
    wrong_root(s, bytes, tree_root(&s->t)->n + 1);
}

#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name, NULL, 0                                                                       \
    }
static const struct suite_case cases[] = {
    CASE(what_was_saved_is_whole),
    CASE(verifying_changes_nothing),
    CASE(an_unknown_checkpoint_is_not_verified),
    CASE(a_removed_checkpoint_is_not_verified),
    CASE(a_checkpoint_is_read),
    CASE(equal_checkpoints_are_read_as_equal),
    CASE(what_cannot_be_read_leaves_the_value),
    CASE(a_missing_leaf_is_refused_or_named),
    CASE(a_missing_middle_is_refused_or_named),
    CASE(a_missing_root_is_refused_or_named),
    CASE(others_are_whole_beside_a_damaged_one),
    CASE(what_was_missing_and_is_given_makes_whole),
    CASE(what_came_later_than_its_whole_stays),
    CASE(a_damaged_checkpoint_is_removed_or_told),
    CASE(others_can_be_removed_beside_a_damaged_one),
    CASE(a_changed_byte_is_found),
    CASE(a_changed_byte_of_the_root_is_found),
    CASE(a_missing_byte_is_found),
    CASE(a_byte_too_many_is_found),
    CASE(an_item_in_another_s_place_is_found),
    CASE(a_version_of_the_future_is_refused),
    CASE(a_root_that_is_no_checkpoint_is_refused),
    CASE(a_root_that_ends_early_is_refused),
    CASE(an_empty_root_is_refused),
    CASE(garbage_is_refused),
    CASE(bytes_behind_the_value_are_refused),
};

const struct suite_table suite_damage = {cases, sizeof(cases) / sizeof(cases[0])};
