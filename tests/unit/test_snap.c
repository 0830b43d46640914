/* test_snap.c - checkpoints as bytes: all values come back, equal state gives equal bytes, and
 * nothing that is not a checkpoint is taken for one. */
#include <stdio.h>
#include <string.h>

#include "engine/base/msg.h"
#include "engine/snap.h"
#include "engine/snap_kinds.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_heap heap;
static struct rp_buf buf;

static int set_up(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    rp_heap_init(&heap, &faulty.alloc, 0, 0);
    rp_buf_init(&buf, &faulty.alloc, SIZE_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rp_heap_free(&heap);
    rp_buf_free(&buf);
    assert_int_equal(faulty.out, 0);
    return 0;
}

/* ---- making ---- */

static struct rp_value text(const char *z)
{
    return rp_textz(&heap, z);
}

/* A checkpoint that holds v; everything else is as it begins. */
static struct rp_value holding(struct rp_heap *h, struct rp_value v)
{
    struct rp_checkpoint *c = rp_rec_new(h, RP_K_CHECKPOINT);

    if (!c)
        return rp_bad();
    c->workflow = rp_textz(h, "flow");
    c->signature = rp_textz(h, "0123456789abcdef");
    c->run = rp_from_rec(rp_rec_new(h, RP_K_S_RUN));
    c->world = v;
    if (c->signature.tag == RP_BAD || c->run.tag == RP_BAD || v.tag == RP_BAD)
        return rp_bad();
    return rp_from_rec(c);
}

static struct rp_value held(struct rp_value checkpoint)
{
    return rp_checkpoint_of(checkpoint)->world;
}

static struct rp_value read_back(const char *bytes, size_t n)
{
    struct rp_value v = rp_nil();
    struct rp_error err = {0};

    if (rp_snap_read(&heap, bytes, n, &v, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    return v;
}

/* Writes a checkpoint with v, reads it and checks that nothing has changed. */
static struct rp_value there_and_back(struct rp_value v)
{
    struct rp_value checkpoint = holding(&heap, v), again;
    struct rp_buf second;

    rp_buf_clear(&buf);
    rp_buf_init(&second, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_snap_write(&buf, checkpoint), RP_OK);
    again = read_back(buf.s, buf.n);
    assert_true(rp_equal(checkpoint, again));
    assert_true(rp_digest(checkpoint, 1) == rp_digest(again, 1));
    assert_int_equal(rp_snap_write(&second, again), RP_OK);
    assert_int_equal(second.n, buf.n);
    assert_memory_equal(second.s, buf.s, buf.n);
    rp_buf_free(&second);
    return held(again);
}

/* ---- round trips ---- */

static void plain_values_come_back(void **state)
{
    const int64_t integers[] = {0, 1, -1, 63, 64, -64, -65, 1000000, INT64_MAX, INT64_MIN};
    const double reals[] = {0.0, -0.0, 1.5, -2.25e300, 5e-324};
    struct rp_value big = text("-18446744073709551616"), list = rp_list(), map = rp_map();

    (void)state;
    big.tag = RP_DIGITS;
    for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++)
        rp_list_add(&heap, &list, rp_int(integers[i]));
    for (size_t i = 0; i < sizeof(reals) / sizeof(*reals); i++)
        rp_list_add(&heap, &list, rp_real(reals[i]));
    rp_list_add(&heap, &list, rp_bool(0));
    rp_list_add(&heap, &list, rp_bool(1));
    rp_list_add(&heap, &list, rp_nil());
    rp_list_add(&heap, &list, big);
    rp_list_add(&heap, &list, rp_list());
    rp_list_add(&heap, &list, rp_map());
    rp_list_add(&heap, &list, text(""));
    rp_list_add(&heap, &list, rp_text(&heap, "a\0b\xf0\x9f\x99\x82", 7));
    rp_map_put(&heap, &map, "list", list);
    rp_map_put(&heap, &map, "", map);
    assert_int_equal(rp_map_len(there_and_back(map)), 2);
}

static void reals_that_are_no_numbers_come_back_by_their_bits(void **state)
{
    struct rp_value v = rp_real(0);

    (void)state;
    v.u.i = 0x7ff8000000000123;
    assert_true(there_and_back(v).u.i == v.u.i);
}

/* A value that field i of that kind may hold, other than what it begins with if there is one. */
static struct rp_value sample(unsigned kind, unsigned i, struct rp_value *of_kind)
{
    const struct rp_value plain[] = {text("t"), rp_int(-7), rp_bool(1), rp_nil()};
    const char *allowed;

    rp_kind_field(kind, i, &allowed);
    for (unsigned k = 16; k < 64; k++) {
        struct rp_value list = rp_list_of(&heap, 1, of_kind[k]);
        if (of_kind[k].tag != RP_REC)
            continue;
        if (strchr(allowed, 'l') &&
            rp_snap_field_allows(kind, i, list, (struct rp_snap_sort){RP_BIT(RP_LIST), RP_BIT(k)}))
            return list;
        if (rp_snap_field_allows(kind, i, of_kind[k], (struct rp_snap_sort){RP_BIT(k), 0}))
            return of_kind[k];
    }
    if (strchr(allowed, 'l'))
        return rp_list();
    if (strchr(allowed, 'm')) {
        struct rp_value map = rp_map();
        rp_map_put(&heap, &map, "key", rp_list_of(&heap, 1, rp_int(1)));
        return map;
    }
    for (size_t k = 0; k < sizeof(plain) / sizeof(*plain); k++)
        if (rp_field_allows(allowed, plain[k]))
            return plain[k];
    return rp_bad();
}

static void every_kind_of_record_comes_back(void **state)
{
    struct rp_value of_kind[64] = {{0}}, all = rp_list();

    (void)state;
    for (unsigned round = 0; round < 3; round++)
        for (unsigned kind = 16; kind < 64; kind++) {
            struct rp_rec *rec;
            if (!rp_kind_name(kind))
                continue;
            rec = rp_rec_new(&heap, kind);
            for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
                rec->slot[i] = sample(kind, i, of_kind);
                assert_true(rec->slot[i].tag != RP_BAD || round < 2);
                if (rec->slot[i].tag == RP_BAD)
                    rec = NULL;
                if (!rec)
                    break;
            }
            if (rec)
                of_kind[kind] = rp_from_rec(rec);
        }
    for (unsigned kind = 16; kind < 64; kind++)
        if (rp_kind_name(kind))
            assert_int_equal(rp_list_add(&heap, &all, of_kind[kind]), RP_OK);
    assert_true(rp_len(all) > RP_K_S_CUSTOM - 16 + 16);
    there_and_back(all);
}

static void a_long_conversation_comes_back(void **state)
{
    struct rp_value list = rp_list(), lists = rp_list();

    (void)state;
    for (int i = 0; i < 3000; i++) {
        char z[40];
        snprintf(z, sizeof(z), "message %d", i);
        rp_list_add(&heap, &list, text(z));
        if (i % 500 == 0)
            rp_list_add(&heap, &lists, list); /* older handles of a vector that went on growing */
    }
    rp_list_add(&heap, &lists, list);
    lists = there_and_back(lists);
    assert_int_equal(rp_len(rp_at(lists, 1)), 501);
    assert_int_equal(rp_len(rp_at(lists, 6)), 3000);
}

static void a_restored_list_goes_on_growing(void **state)
{
    struct rp_value list = rp_list_of(&heap, 2, rp_int(1), rp_int(2)), other;

    (void)state;
    list = there_and_back(rp_list_of(&heap, 2, list, list));
    other = rp_at(list, 1);
    list = rp_at(list, 0);
    assert_int_equal(rp_list_add(&heap, &list, rp_int(3)), RP_OK);
    assert_int_equal(rp_list_add(&heap, &other, rp_int(4)), RP_OK);
    assert_int_equal(rp_at(list, 2).u.i, 3);
    assert_int_equal(rp_at(other, 2).u.i, 4);
}

/* ---- equal state, equal bytes ---- */

static void what_is_shared_stands_once_and_what_is_equal_too(void **state)
{
    struct rp_value m = rp_user_message(&heap, "hello"), grown = rp_list(), cut;
    struct rp_value one = rp_list_of(&heap, 2, m, m), two, three;
    size_t n;

    (void)state;
    assert_int_equal(rp_snap_write(&buf, holding(&heap, rp_list_of(&heap, 2, one, one))), RP_OK);
    n = buf.n;
    two = rp_list_of(&heap, 2, rp_user_message(&heap, "hello"), rp_user_message(&heap, "hello"));
    for (int i = 0; i < 9; i++)
        rp_list_add(&heap, &grown, rp_user_message(&heap, i < 2 ? "hello" : "later"));
    cut = grown;
    cut.len = 2;
    three = rp_list_of(&heap, 2, two, cut);
    assert_int_equal(rp_snap_write(&buf, holding(&heap, three)), RP_OK);
    assert_int_equal(buf.n, 2 * n);
    assert_memory_equal(buf.s + n, buf.s, n);
}

static void an_emptied_vector_is_an_empty_list(void **state)
{
    struct rp_value list = rp_list_of(&heap, 1, rp_int(1));
    size_t n;

    (void)state;
    list.u.vec->fill = list.len = 0;
    assert_int_equal(rp_snap_write(&buf, holding(&heap, list)), RP_OK);
    n = buf.n;
    assert_int_equal(rp_snap_write(&buf, holding(&heap, rp_list())), RP_OK);
    assert_int_equal(buf.n, 2 * n);
    assert_memory_equal(buf.s + n, buf.s, n);
}

static void values_that_look_alike_stay_apart(void **state)
{
    struct rp_value digits = text("18446744073709551616"), plain = text("18446744073709551616");
    struct rp_value pair = rp_list_of(&heap, 2, text("a"), rp_int(1)), map = pair;

    (void)state;
    digits.tag = RP_DIGITS;
    map.tag = RP_MAP; /* the same vector as list and as map */
    there_and_back(rp_list_of(&heap, 4, digits, plain, pair, map));
    there_and_back(rp_list_of(&heap, 4, map, pair, plain, digits));
    there_and_back(rp_list_of(&heap, 4, rp_nil(), rp_bool(0), rp_int(0), rp_real(0)));
}

static void marks_are_gone_after_writing(void **state)
{
    struct rp_value m = rp_user_message(&heap, "hello"), list = rp_list_of(&heap, 2, m, m);
    struct rp_value checkpoint = holding(&heap, list);
    const struct rp_value seen[] = {m, list, checkpoint, rp_message_of(m)->contents};

    (void)state;
    assert_int_equal(rp_snap_write(&buf, checkpoint), RP_OK);
    for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++)
        assert_int_equal(seen[i].u.obj->flags, 0);
}

/* ---- where it is written ---- */

static void bytes_are_added_behind_what_stands(void **state)
{
    (void)state;
    rp_buf_addz(&buf, "abc");
    assert_int_equal(rp_snap_write(&buf, holding(&heap, rp_int(5))), RP_OK);
    assert_memory_equal(buf.s, "abcreprise\x1a", 11);
    assert_int_equal(held(read_back(buf.s + 3, buf.n - 3)).u.i, 5);
}

static void a_ceiling_is_kept_and_leaves_what_stood(void **state)
{
    struct rp_value checkpoint = holding(&heap, text("0123456789"));
    struct rp_buf small;
    size_t n;

    (void)state;
    assert_int_equal(rp_snap_write(&buf, checkpoint), RP_OK);
    n = buf.n;
    for (size_t ceiling = 3; ceiling < n + 3; ceiling++) {
        rp_buf_init(&small, &faulty.alloc, ceiling);
        rp_buf_addz(&small, "abc");
        assert_int_equal(rp_snap_write(&small, checkpoint), RP_ELIMIT);
        assert_int_equal(small.n, 3);
        assert_string_equal(small.s, "abc");
        assert_int_equal(checkpoint.u.obj->flags, 0);
        rp_buf_free(&small);
    }
}

static struct rp_value nested(uint32_t depth)
{
    struct rp_value v = rp_list_of(&heap, 1, rp_int(1));

    for (uint32_t i = 1; i < depth; i++)
        v = rp_list_of(&heap, 1, v);
    return v;
}

static void nesting_has_an_end(void **state)
{
    (void)state;
    there_and_back(nested(RP_VALUE_DEPTH_MAX - 1));
    assert_int_equal(rp_snap_write(&buf, holding(&heap, nested(RP_VALUE_DEPTH_MAX))), RP_ELIMIT);
}

/* ---- memory ---- */

static int write_and_read(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_buf b;
    struct rp_value list = rp_list(), v, checkpoint;
    int rc = RP_OK;

    rp_heap_init(&h, alloc, 0, 1);
    rp_buf_init(&b, alloc, SIZE_MAX);
    for (int i = 0; rc == RP_OK && i < 140; i++) {
        char z[20];
        snprintf(z, sizeof(z), "%d", i);
        rc = rp_list_add(&h, &list, rp_textz(&h, z));
    }
    checkpoint = holding(&h, list);
    rc = h.failed ? RP_ENOMEM : rc;
    if (rc == RP_OK)
        rc = rp_snap_write(&b, checkpoint);
    if (rc != RP_OK)
        assert_int_equal(b.n, 0);
    if (checkpoint.tag == RP_REC)
        assert_int_equal(checkpoint.u.obj->flags, 0);
    v = rp_int(42);
    if (rc == RP_OK)
        rc = rp_snap_read(&h, b.s, b.n, &v, NULL);
    assert_int_equal(rc == RP_OK, v.tag == RP_REC);
    rp_buf_free(&b);
    rp_heap_free(&h);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    assert_true(sweep_memory(write_and_read) > 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(plain_values_come_back),
        TEST(reals_that_are_no_numbers_come_back_by_their_bits),
        TEST(every_kind_of_record_comes_back),
        TEST(a_long_conversation_comes_back),
        TEST(a_restored_list_goes_on_growing),
        TEST(what_is_shared_stands_once_and_what_is_equal_too),
        TEST(an_emptied_vector_is_an_empty_list),
        TEST(values_that_look_alike_stay_apart),
        TEST(marks_are_gone_after_writing),
        TEST(bytes_are_added_behind_what_stands),
        TEST(a_ceiling_is_kept_and_leaves_what_stood),
        TEST(nesting_has_an_end),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
