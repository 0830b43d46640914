/* test_equal.c - equality and digest: by content, quick where much is shared, without a trace. */
#include "engine/base/value.h"

#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/values.h"

enum { KIND = 9 };

static struct rp_value record(unsigned kind, struct rp_value a, struct rp_value b)
{
    struct rp_rec *rec = rp_heap_take(&heap, sizeof(*rec) + 2 * sizeof(struct rp_value), kind);

    assert_non_null(rec);
    rec->slot[0] = a;
    rec->slot[1] = b;
    return rp_from_rec(rec);
}

/* The list of the integers from 0 to n - 1. */
static struct rp_value count_to(uint32_t n)
{
    struct rp_value list = rp_list();

    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(rp_list_add(&heap, &list, rp_int(i)), RP_OK);
    return list;
}

/* Values of which no two are equal. */
static uint32_t make_different(struct rp_value out[40])
{
    static const char *const texts[] = {"null",
                                        "true",
                                        "false",
                                        "0",
                                        "1",
                                        "-1",
                                        "0.0",
                                        "-0.0",
                                        "1.0",
                                        "\"\"",
                                        "\"a\"",
                                        "\"b\"",
                                        "\"a\\u0000\"",
                                        "[]",
                                        "{}",
                                        "[null]",
                                        "[[]]",
                                        "[{}]",
                                        "[1,2]",
                                        "[2,1]",
                                        "[[1],2]",
                                        "[[1,2]]",
                                        "{\"a\":1}",
                                        "{\"a\":2}",
                                        "\"1\"",
                                        "[\"a\",1]",
                                        "{\"a\":1,\"b\":2}",
                                        "{\"b\":2,\"a\":1}",
                                        "-0",
                                        "99999999999999999999"};
    uint32_t n = 0;

    for (; n < sizeof(texts) / sizeof(*texts); n++)
        out[n] = read_json(texts[n]);
    out[n++] = record(KIND, rp_int(1), rp_int(2));
    out[n++] = record(KIND, rp_int(2), rp_int(1));
    out[n++] = record(KIND + 1, rp_int(1), rp_int(2));
    out[n++] = rp_textz(&heap, "99999999999999999999");
    return n;
}

static void values_are_equal_only_to_their_like(void **state)
{
    struct rp_value one[40], two[40];
    uint32_t n = make_different(one);

    (void)state;
    make_different(two);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n; k++) {
            assert_int_equal(rp_equal(one[i], two[k]), i == k);
            assert_int_equal(rp_digest(one[i], 5) == rp_digest(two[k], 5), i == k);
        }
}

static void a_real_is_equal_by_its_bits(void **state)
{
    double nan = 0.0;

    (void)state;
    memset(&nan, 0xff, sizeof(nan));
    assert_true(rp_equal(rp_real(nan), rp_real(nan)));
    assert_false(rp_equal(rp_real(0.0), rp_real(-0.0)));
}

static void only_the_items_of_a_handle_count(void **state)
{
    struct rp_value one = count_to(3), longer = one, other = count_to(3), none = count_to(1);

    (void)state;
    assert_int_equal(rp_list_add(&heap, &longer, rp_nil()), RP_OK);
    none = rp_list_part(&heap, none, 0, 0);
    assert_true(rp_equal(one, other));
    assert_true(rp_digest(one, 0) == rp_digest(other, 0));
    assert_false(rp_equal(longer, other));
    assert_true(rp_equal(none, rp_list()));
    assert_true(rp_digest(none, 0) == rp_digest(rp_list(), 0));
    assert_true(rp_equal(rp_list_of(&heap, 2, one, longer), read_json("[[0,1,2],[0,1,2,null]]")));
    assert_true(rp_digest(rp_list_of(&heap, 3, longer, one, longer), 0) ==
                rp_digest(read_json("[[0,1,2,null],[0,1,2],[0,1,2,null]]"), 0));
}

static void the_seed_changes_the_digest(void **state)
{
    struct rp_value v = read_json("[1]");

    (void)state;
    assert_true(rp_digest(v, 1) != rp_digest(v, 2));
    assert_true(rp_digest(v, 1) == rp_digest(read_json("[1]"), 1));
}

/* These hold on every machine. */
static void digests_are_what_they_always_were(void **state)
{
    (void)state;
    assert_true(rp_digest(rp_nil(), 0) == 0xe9a538b1c24756f2u);
    assert_true(rp_digest(read_json("[1,-2,2.5,\"a text of some length\",{\"k\":[true]}]"), 42) ==
                0x5308a80a81905488u);
}

static struct rp_value doubled(struct rp_value v, int levels)
{
    for (int i = 0; i < levels; i++)
        v = i % 2 ? rp_list_of(&heap, 2, v, v) : record(KIND, v, v);
    return v;
}

/* 2 to the power of 200 ways lead to the innermost value. */
static void what_is_shared_is_walked_once(void **state)
{
    struct rp_value one = doubled(read_json("[1]"), 200), two = doubled(read_json("[1]"), 200);
    struct rp_value other = doubled(read_json("[2]"), 200);

    (void)state;
    if (RP_VALUE_DEPTH_MAX < 250)
        skip();
    assert_true(rp_equal(one, two));
    assert_false(rp_equal(one, other));
    assert_true(rp_equal(rp_list_of(&heap, 2, one, two), rp_list_of(&heap, 2, two, one)));
    assert_true(rp_digest(one, 0) == rp_digest(two, 0));
    assert_true(rp_digest(one, 0) != rp_digest(other, 0));
}

/* On the one side each level is one object, on the other side two of them in turn. */
static void sharing_may_differ_on_both_sides(void **state)
{
    struct rp_value one = read_json("[1]"), left = read_json("[1]"), right = read_json("[1]");

    (void)state;
    if (RP_VALUE_DEPTH_MAX < 250)
        skip();
    for (int i = 0; i < 100; i++) {
        struct rp_value l = rp_list_of(&heap, 2, left, right);
        right = rp_list_of(&heap, 2, right, left);
        left = l;
        one = rp_list_of(&heap, 2, one, one);
    }
    assert_true(rp_equal(one, left));
    assert_true(rp_equal(left, one));
    assert_true(rp_digest(one, 3) == rp_digest(left, 3));
    assert_true(rp_equal(one, right)); /* no note of the walks before is left */
}

static struct rp_value nested(struct rp_value v, int levels)
{
    for (int i = 0; i < levels; i++)
        v = rp_list_of(&heap, 1, v);
    return v;
}

static void no_note_is_left_deep_down(void **state)
{
    struct rp_value v = nested(rp_int(1), RP_VALUE_DEPTH_MAX + 10);

    (void)state;
    rp_digest(v, 0);
    rp_equal(v, nested(rp_int(1), RP_VALUE_DEPTH_MAX + 10));
    for (; v.tag == RP_LIST; v = rp_at(v, 0))
        assert_int_equal(v.u.obj->flags, 0);
}

static void nesting_without_end_is_looked_at_down_to_a_depth(void **state)
{
    int deep = RP_VALUE_DEPTH_MAX - 1, deeper = 100000;

    (void)state;
    assert_true(rp_equal(nested(rp_int(1), deep), nested(rp_int(1), deep)));
    assert_false(rp_equal(nested(rp_int(1), deep), nested(rp_int(2), deep)));
    assert_true(rp_digest(nested(rp_int(1), deep), 0) != rp_digest(nested(rp_int(2), deep), 0));
    assert_false(rp_equal(nested(rp_int(1), deeper), nested(rp_int(1), deeper)));
    assert_true(rp_digest(nested(rp_int(1), deeper), 0) == rp_digest(nested(rp_int(2), deeper), 0));
}

/* A chain of which every part is reached from the top as well: walks that meet an object deep down
 * first leave no note behind. */
static void no_walk_leaves_a_note_behind(void **state)
{
    enum { PARTS = 3 * RP_VALUE_DEPTH_MAX };
    struct rp_value chain = rp_list_of(&heap, 1, rp_int(1)), all = rp_list(), top;

    (void)state;
    for (int i = 0; i < PARTS; i++) {
        assert_int_equal(rp_list_add(&heap, &all, chain), RP_OK);
        chain = rp_list_of(&heap, 1, chain);
    }
    top = rp_list_of(&heap, 2, chain, all);
    rp_digest(top, 0);
    for (uint32_t i = 0; i < PARTS; i++)
        assert_int_equal(rp_at(all, i).u.obj->flags, 0);
    rp_digest(all, 0);
    assert_true(rp_equal(all, rp_list_part(&heap, all, 0, PARTS)));
    rp_equal(all, rp_list_part(&heap, rp_list_of(&heap, 1, all), 0, 1));
    rp_equal(top, rp_list_of(&heap, 2, chain, rp_list_part(&heap, all, 1, PARTS)));
    for (uint32_t i = 0; i < PARTS; i++)
        assert_int_equal(rp_at(all, i).u.obj->flags, 0);
    assert_int_equal(all.u.obj->flags, 0);
}

static void a_note_survives_no_part_of_a_vector(void **state)
{
    struct rp_value inner = read_json("[7]"), one = count_to(2), all, part;

    (void)state;
    assert_int_equal(rp_list_add(&heap, &one, inner), RP_OK);
    part = rp_list_part(&heap, one, 0, 2);
    all = rp_list_of(&heap, 3, part, one, part);
    rp_digest(all, 0);
    assert_int_equal(inner.u.obj->flags, 0);
    assert_int_equal(one.u.obj->flags, 0);
    assert_true(rp_equal(all, read_json("[[0,1],[0,1,[7]],[0,1]]")));
    assert_int_equal(inner.u.obj->flags, 0);
    assert_int_equal(one.u.obj->flags, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_equal_only_to_their_like),
        cmocka_unit_test(a_real_is_equal_by_its_bits),
        cmocka_unit_test(only_the_items_of_a_handle_count),
        cmocka_unit_test(the_seed_changes_the_digest),
        cmocka_unit_test(digests_are_what_they_always_were),
        cmocka_unit_test(what_is_shared_is_walked_once),
        cmocka_unit_test(sharing_may_differ_on_both_sides),
        cmocka_unit_test(no_note_is_left_deep_down),
        cmocka_unit_test(nesting_without_end_is_looked_at_down_to_a_depth),
        cmocka_unit_test(no_walk_leaves_a_note_behind),
        cmocka_unit_test(a_note_survives_no_part_of_a_vector),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
