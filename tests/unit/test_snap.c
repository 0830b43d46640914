/* test_snap.c - checkpoints as items: all values come back, equal state gives the same root, and a
 * write gives what the store does not have. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/snapped.h"

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

static void texts_of_every_length_come_back(void **state)
{
    char z[300];

    (void)state;
    memset(z, 'a', sizeof(z));
    for (size_t n = 0; n < sizeof(z); n++)
        assert_int_equal(rp_str_of(there_and_back(rp_text(&heap, z, n))).n, n);
}

static void lists_and_maps_of_every_length_come_back(void **state)
{
    struct rp_value list = rp_list(), deep = rp_list(), map = rp_map();

    (void)state;
    for (int i = 0; i < 270; i++) {
        char z[16];
        snprintf(z, sizeof(z), "%d", i);
        assert_int_equal(rp_len(there_and_back(list)), i);
        assert_int_equal(rp_len(there_and_back(deep)), i);
        rp_list_add(&heap, &list, rp_int(i));
        rp_list_add(&heap, &deep, rp_list_of(&heap, 2, long_text((char)('a' + i % 26)), text(z)));
        if (i < 40)
            rp_map_put(&heap, &map, z, rp_int(i));
        assert_true(rp_map_len(there_and_back(map)) > 0);
    }
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

/* ---- equal state, equal root ---- */

static void what_is_shared_stands_once_and_what_is_equal_too(void **state)
{
    struct rp_value m = rp_user_message(&heap, "hello"), grown = rp_list(), cut;
    struct rp_value one = rp_list_of(&heap, 2, m, m), two;
    struct rp_item_id root = save(rp_list_of(&heap, 3, one, one, long_text('a')));

    (void)state;
    for (int i = 0; i < 9; i++)
        rp_list_add(&heap, &grown, rp_user_message(&heap, i < 2 ? "hello" : "later"));
    cut = grown;
    cut.len = 2;
    two = rp_list_of(&heap, 2, rp_user_message(&heap, "hello"), rp_user_message(&heap, "hello"));
    write_it(rp_list_of(&heap, 3, two, cut, long_text('a')));
    assert_true(same(root, written.root));
    assert_int_equal(written.n, 0);
    write_it(rp_list_of(&heap, 2, long_text('b'), long_text('b')));
    assert_int_equal(written.n, 2);
}

static void an_emptied_vector_is_an_empty_list(void **state)
{
    struct rp_value list = rp_list_of(&heap, 1, rp_int(1));

    (void)state;
    list.u.vec->fill = list.len = 0;
    assert_true(same(save(list), root_of(rp_list())));
}

static void values_that_look_alike_stay_apart(void **state)
{
    struct rp_value digits = long_text('1'), plain, pair, map;

    (void)state;
    memset(digits.u.text->s, '1', digits.u.text->n);
    plain = digits;
    digits.tag = RP_DIGITS; /* the same text as text and as digits */
    pair = rp_list_of(&heap, 2, long_text('a'), rp_int(1));
    map = pair;
    map.tag = RP_MAP; /* the same vector as list and as map */
    there_and_back(rp_list_of(&heap, 4, digits, plain, pair, map));
    there_and_back(rp_list_of(&heap, 4, map, pair, plain, digits));
    there_and_back(rp_list_of(&heap, 4, rp_nil(), rp_bool(0), rp_int(0), rp_real(0)));
}

static void only_numbers_are_left_in_objects(void **state)
{
    struct rp_value m = rp_user_message(&heap, "hello"), list = rp_list_of(&heap, 2, m, m);
    const struct rp_value seen[] = {m, list, rp_message_of(m)->contents};

    (void)state;
    write_it(list);
    for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++)
        assert_int_equal(seen[i].u.obj->flags, 0);
}

static void frozen_values_get_no_number(void **state)
{
    struct rp_heap kit;
    struct rp_value list, words, frozen;

    (void)state;
    rp_heap_init(&kit, &faulty.alloc, 0, 0);
    words = rp_list_of(&heap, 5, long_text('a'), long_text('b'), long_text('c'), long_text('d'),
                       rp_user_message(&heap, "hello"));
    assert_int_equal(rp_copy_into(&kit, words, &frozen), RP_OK);
    rp_heap_freeze(&kit);
    list = rp_list_of(&heap, 2, frozen, long_text('e'));
    assert_true(same(save(list), root_of(list)));
    assert_true(same(save(list), root_of(list)));
    assert_int_equal(frozen.u.vec->o.number, 0);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(rp_at(frozen, i).u.obj->number, 0);
    rp_heap_free(&kit);
}

static void made_for_one_checkpoint_is_not_noted(void **state)
{
    struct rp_value checkpoint = holding(&heap, rp_nil()), world = long_text('w');

    (void)state;
    rp_checkpoint_of(checkpoint)->world = world;
    assert_int_equal(rp_snap_write(snap, checkpoint, &written), RP_OK);
    assert_int_equal(written.n, 2);
    assert_int_equal(world.u.obj->number, 0);
}

/* ---- what is new ---- */

static void a_write_gives_what_the_store_does_not_have(void **state)
{
    struct rp_value list = rp_list();

    (void)state;
    for (int i = 0; i < 200; i++) {
        char z[200];
        snprintf(z, sizeof(z),
                 "%d: a text of more bytes than what fits into the place where it is used, %d", i,
                 i);
        rp_list_add(&heap, &list, text(z));
        save(list);
        assert_true(written.n <= 3 + 4); /* text, list, root; nodes that became whole */
    }
    save(list);
    assert_int_equal(written.n, 0);
    rp_snap_forget(snap);
    save(list);
    assert_int_equal(written.n, 200 + 50 + 12 + 3 + 1 + 1); /* texts, nodes, list, root */
    assert_true(same(written.root, root_of(list)));
}

static void what_was_not_saved_is_given_again(void **state)
{
    struct rp_value list = rp_list_of(&heap, 2, long_text('a'), long_text('b')), more = list;
    struct rp_item_id root;
    size_t n;

    (void)state;
    write_it(list);
    n = written.n;
    root = written.root;
    write_it(list); /* the first write was not saved */
    assert_int_equal(written.n, n);
    assert_true(same(root, written.root));
    save_written();
    assert_int_equal(rp_list_add(&heap, &more, long_text('c')), RP_OK);
    write_it(more);
    assert_int_equal(written.n, 2);
    write_it(more);
    assert_int_equal(written.n, 2);
    write_it(list);
    assert_int_equal(written.n, 0);
}

static void what_was_read_is_known(void **state)
{
    struct rp_value list = rp_list(), again;
    struct rp_item_id root;
    struct rp_snap *other;

    (void)state;
    for (int i = 0; i < 300; i++)
        rp_list_add(&heap, &list, rp_user_message(&heap, i % 2 ? "odd" : "even"));
    list = rp_list_of(&heap, 2, list, rp_list_part(&heap, list, 0, 290));
    root = save(list);
    assert_int_equal(rp_snap_new(&faulty.alloc, &other), RP_OK);
    again = read_back(&root, other);
    rp_list_add(&heap, &again, rp_int(1));
    assert_int_equal(rp_snap_write(other, holding(&heap, again), &written), RP_OK);
    assert_int_equal(written.n, 1);
    assert_true(same(written.root, root_of(again)));
    rp_snap_free(other);
}

static void much_that_is_dead_is_forgotten(void **state)
{
    struct rp_value list = rp_list();
    size_t most = 0;

    (void)state;
    for (int i = 0; i < 70; i++) {
        for (int k = 0; k < 1500; k++)
            rp_list_add(&heap, &list, long_text((char)('a' + (i + k) % 26)));
        save(list);
        most = faulty.out - heap.held > most ? faulty.out - heap.held : most;
        assert_true(i % 7 || same(written.root, root_of(list)));
        if (i % 10 == 9)
            list = rp_list();
    }
    assert_true(most < (size_t)24 << 20);
}

/* ---- limits ---- */

static struct rp_value nested(uint32_t depth)
{
    struct rp_value v = rp_list_of(&heap, 1, rp_int(1));

    for (uint32_t i = 1; i < depth; i++)
        v = rp_list_of(&heap, 1, v);
    return v;
}

/* checkpoint, run, map of shared values; a value in the deepest list is no level more */
static void nesting_has_an_end(void **state)
{
    struct rp_value v = nested(RP_VALUE_DEPTH_MAX - 3);

    (void)state;
    there_and_back(v);
    v = nested(RP_VALUE_DEPTH_MAX - 2);
    assert_int_equal(rp_snap_write(snap, holding(&heap, v), &written), RP_ELIMIT);
}

static void nesting_has_an_end_also_when_it_grows_from_one_write_to_the_next(void **state)
{
    struct rp_value v = nested(RP_VALUE_DEPTH_MAX - 10);

    (void)state;
    for (int i = 0; i < 7; i++) {
        there_and_back(v);
        v = rp_list_of(&heap, 1, v);
    }
    there_and_back(v);
    v = rp_list_of(&heap, 1, v);
    assert_int_equal(rp_snap_write(snap, holding(&heap, v), &written), RP_ELIMIT);
    save(rp_nil());
}

/* ---- memory ---- */

static int write_and_read(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_snap *s = NULL;
    struct rp_store kept = {0};
    struct rp_snap_out out;
    struct rp_value list = rp_list(), v = rp_int(42), checkpoint;
    struct rp_checkpoint_info info = {.workflow = "w", .signature = ""};
    uint64_t known = 0;
    int64_t id;
    int rc;

    rp_heap_init(&h, alloc, 0, 1);
    rc = rp_snap_new(alloc, &s);
    if (rc == RP_OK)
        rc = rp_store_memory(alloc, &kept);
    for (int i = 0; rc == RP_OK && i < 145; i++) {
        char z[200];
        snprintf(z, sizeof(z),
                 "%d: a text of more bytes than what fits into the place where it is used, %d", i,
                 i);
        rc = rp_list_add(&h, &list, rp_textz(&h, z));
        if (rc != RP_OK || i % 9)
            continue;
        checkpoint = holding(&h, list);
        rc = checkpoint.tag == RP_REC ? rp_snap_write(s, checkpoint, &out) : RP_ENOMEM;
        info.root = out.root;
        if (rc == RP_OK)
            rc = kept.ops->save(kept.self, &info, out.items, out.n, &known, &id, NULL);
        if (rc == RP_OK)
            rp_snap_saved(s);
    }
    if (rc == RP_OK)
        rc = rp_snap_read(&h, &kept, &out.root, s, &v, NULL);
    assert_int_equal(rc == RP_OK, v.tag == RP_REC);
    if (kept.self)
        kept.ops->free(kept.self);
    rp_snap_free(s);
    rp_heap_free(&h);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    assert_true(sweep_memory(write_and_read) > 300);
}

static void a_write_without_memory_can_be_made_again(void **state)
{
    struct rp_value list = rp_list();
    struct rp_item_id root;

    (void)state;
    for (int i = 0; i < 60; i++)
        rp_list_add(&heap, &list, rp_list_of(&heap, 2, long_text((char)('a' + i % 26)), rp_int(i)));
    root = root_of(list);
    for (long n = 0;; n++) {
        struct rp_value checkpoint = holding(&heap, list);
        int rc;
        faulty.fails = faulty.asked + n;
        faulty.failed = 0;
        rc = rp_snap_write(snap, checkpoint, &written);
        faulty.fails = -1;
        assert_int_equal(rc, faulty.failed ? RP_ENOMEM : RP_OK);
        if (rc == RP_OK && n > 0)
            break;
    }
    assert_true(same(written.root, root));
    save_written();
    assert_true(rp_equal(read_back(&root, NULL), list));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, snapped_start, snapped_stop)
    const struct CMUnitTest tests[] = {
        TEST(plain_values_come_back),
        TEST(reals_that_are_no_numbers_come_back_by_their_bits),
        TEST(texts_of_every_length_come_back),
        TEST(lists_and_maps_of_every_length_come_back),
        TEST(a_restored_list_goes_on_growing),
        TEST(what_is_shared_stands_once_and_what_is_equal_too),
        TEST(an_emptied_vector_is_an_empty_list),
        TEST(values_that_look_alike_stay_apart),
        TEST(only_numbers_are_left_in_objects),
        TEST(frozen_values_get_no_number),
        TEST(made_for_one_checkpoint_is_not_noted),
        TEST(a_write_gives_what_the_store_does_not_have),
        TEST(what_was_not_saved_is_given_again),
        TEST(what_was_read_is_known),
        TEST(much_that_is_dead_is_forgotten),
        TEST(nesting_has_an_end),
        TEST(nesting_has_an_end_also_when_it_grows_from_one_write_to_the_next),
        TEST(a_write_without_memory_can_be_made_again),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
