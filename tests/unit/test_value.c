/* test_value.c - texts, lists and maps: what handles keep, what is refused, what runs out. */
#include "engine/base/value.h"

#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/values.h"

/* The list of the integers from 0 to n - 1. */
static struct rp_value count_to(uint32_t n)
{
    struct rp_value list = rp_list();

    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(rp_list_add(&heap, &list, rp_int(i)), RP_OK);
    return list;
}

/* ---- texts ---- */

static void a_text_keeps_its_bytes_and_ends_in_nul(void **state)
{
    struct rp_value v = rp_text(&heap, "a\0b", 3);

    (void)state;
    assert_int_equal(v.tag, RP_TEXT);
    assert_int_equal(rp_str_of(v).n, 3);
    assert_memory_equal(rp_str_of(v).s, "a\0b", 4);
    assert_string_equal(rp_str_of(rp_text(&heap, NULL, 0)).s, "");
    assert_true(rp_is_text(rp_textz(&heap, "xyz"), "xyz"));
    assert_false(rp_is_text(rp_textz(&heap, "xyz"), "xy"));
    assert_false(rp_is_text(v, "a"));
    assert_int_equal(rp_textz(&heap, NULL).tag, RP_NIL);
    assert_string_equal(rp_str_of(rp_int(1)).s, "");
}

static void texts_are_joined_part_by_part(void **state)
{
    struct rp_str parts[] = {{"ab", 2}, {"", 0}, {"cde", 2}, {"f", 1}, {NULL, 0}};

    (void)state;
    is_told(rp_text_join(&heap, parts), "\"abcdf\"");
    is_told(rp_text_join(&heap, parts + 4), "\"\"");
}

static void a_text_over_the_limit_is_refused(void **state)
{
    struct rp_str parts[] = {{"", RP_TEXT_MAX}, {"x", 1}, {NULL, 0}};
    struct rp_str beyond[] = {{"", SIZE_MAX}, {"", SIZE_MAX}, {NULL, 0}};

    (void)state;
    assert_int_equal(rp_text(&heap, "", (size_t)RP_TEXT_MAX + 1).tag, RP_BAD);
    assert_int_equal(rp_text_join(&heap, parts).tag, RP_BAD);
    assert_int_equal(rp_text_join(&heap, beyond).tag, RP_BAD);
    assert_int_equal(heap.failed, RP_ENOMEM);
}

/* ---- lists ---- */

static void an_older_handle_keeps_what_it_held(void **state)
{
    struct rp_value one = count_to(3), two = one, three;

    (void)state;
    assert_int_equal(rp_list_add(&heap, &two, rp_textz(&heap, "two")), RP_OK);
    assert_ptr_equal(one.u.vec, two.u.vec);
    three = one;
    assert_int_equal(rp_list_add(&heap, &three, rp_textz(&heap, "three")), RP_OK);
    is_told(one, "[0,1,2]");
    is_told(two, "[0,1,2,\"two\"]");
    is_told(three, "[0,1,2,\"three\"]");
}

static void lists_grow_by_doubling(void **state)
{
    struct rp_value list = rp_list();
    struct rp_vec *vec = NULL;
    int moves = 0;

    (void)state;
    if (RP_LIST_MAX < 1 << 12)
        skip();
    for (int i = 0; i < 1 << 12; i++) {
        assert_int_equal(rp_list_add(&heap, &list, rp_int(i)), RP_OK);
        moves += list.u.vec != vec;
        vec = list.u.vec;
    }
    assert_int_equal(moves, 11); /* 4, 8, ... 4096 */
    for (uint32_t i = 0; i < 1 << 12; i++)
        assert_int_equal(rp_at(list, i).u.i, i);
}

static void lists_are_put_one_behind_the_other(void **state)
{
    struct rp_value list = rp_list(), two = count_to(2), three = count_to(3), old;

    (void)state;
    assert_int_equal(rp_list_cat(&heap, &list, rp_list()), RP_OK);
    is_told(list, "[]");
    assert_int_equal(rp_list_cat(&heap, &list, two), RP_OK);
    is_told(list, "[0,1]");
    old = list;
    assert_int_equal(rp_list_cat(&heap, &list, three), RP_OK);
    is_told(list, "[0,1,0,1,2]");
    assert_int_equal(rp_list_cat(&heap, &list, list), RP_OK);
    is_told(list, "[0,1,0,1,2,0,1,0,1,2]");
    is_told(old, "[0,1]");
    is_told(two, "[0,1]");
    is_told(three, "[0,1,2]");
}

static void parts_of_a_list_are_lists_of_their_own(void **state)
{
    struct rp_value list = count_to(6), part;

    (void)state;
    is_told(rp_list_part(&heap, list, 2, 4), "[2,3]");
    is_told(rp_list_part(&heap, list, 3, 3), "[]");
    is_told(rp_list_part(&heap, list, 0, 1), "[0]");
    is_told(rp_list_part(&heap, list, 0, 6), "[0,1,2,3,4,5]");
    part = rp_list_part(&heap, list, 0, 4);
    assert_int_equal(rp_list_add(&heap, &part, rp_nil()), RP_OK);
    is_told(part, "[0,1,2,3,null]");
    is_told(rp_list_without(&heap, list, 0), "[1,2,3,4,5]");
    is_told(rp_list_without(&heap, list, 3), "[0,1,2,4,5]");
    is_told(rp_list_without(&heap, list, 5), "[0,1,2,3,4]");
    is_told(rp_list_without(&heap, count_to(1), 0), "[]");
    is_told(list, "[0,1,2,3,4,5]");
}

static void a_short_part_does_not_keep_a_long_list_alive(void **state)
{
    struct rp_value list = count_to(100);

    (void)state;
    assert_ptr_not_equal(rp_list_part(&heap, list, 0, 3).u.vec, list.u.vec);
    assert_ptr_equal(rp_list_part(&heap, list, 0, 90).u.vec, list.u.vec);
}

static void lists_are_made_of_items(void **state)
{
    (void)state;
    is_told(rp_list_of(&heap, 3, rp_int(1), rp_nil(), rp_bool(1)), "[1,null,true]");
    is_told(rp_list_of(&heap, 0), "[]");
    assert_int_equal(rp_list_of(&heap, 2, rp_int(1), rp_bad()).tag, RP_BAD);
}

static void a_list_with_room_needs_no_more_memory(void **state)
{
    struct rp_value list = rp_list_room(&heap, 100), map = rp_map_room(&heap, 50);
    struct rp_value key = rp_textz(&heap, "key");
    char *next = heap.next;

    (void)state;
    is_told(rp_list_room(&heap, 0), "[]");
    next = heap.next;
    for (int i = 0; i < 100; i++)
        assert_int_equal(rp_list_add(&heap, &list, rp_int(i)), RP_OK);
    for (int i = 0; i < 50; i++)
        assert_int_equal(rp_map_add(&heap, &map, key, rp_int(i)), RP_OK);
    assert_ptr_equal(heap.next, next);
    assert_int_equal(rp_len(list), 100);
    assert_int_equal(rp_map_len(map), 50);
    assert_int_equal(rp_map_get(map, "key").u.i, 49); /* the last one */
    assert_int_equal(rp_list_room(&heap, RP_LIST_MAX + 1u).tag, RP_BAD);
    assert_int_equal(rp_map_room(&heap, RP_LIST_MAX / 2 + 1u).tag, RP_BAD);
}

static void a_list_over_the_limit_is_refused_and_stays(void **state)
{
    struct rp_value list = count_to(2), many = list, map = rp_map();

    (void)state;
    many.len = RP_LIST_MAX - 1; /* as if */
    assert_int_equal(rp_list_cat(&heap, &list, many), RP_ELIMIT);
    is_told(list, "[0,1]");
    map.len = RP_LIST_MAX;
    map.u.vec = list.u.vec;
    map.u.vec->fill = RP_LIST_MAX;
    assert_int_equal(rp_map_add(&heap, &map, rp_textz(&heap, "k"), rp_nil()), RP_ELIMIT);
    map.u.vec->fill = 2;
}

static void lists_and_maps_grow_up_to_the_limit(void **state)
{
    struct rp_value list = rp_list(), map = rp_map();

    (void)state;
    if (RP_LIST_MAX > 1 << 16)
        skip(); /* for the build with small limits */
    while (rp_len(list) < RP_LIST_MAX)
        assert_int_equal(rp_list_add(&heap, &list, rp_nil()), RP_OK);
    assert_int_equal(rp_list_add(&heap, &list, rp_nil()), RP_ELIMIT);
    assert_int_equal(rp_len(list), RP_LIST_MAX);
    assert_int_equal(list.u.vec->cap, RP_LIST_MAX);
    for (uint32_t i = 0; i < RP_LIST_MAX / 2; i++) {
        const char key[2] = {(char)('a' + i % 16), (char)('a' + i / 16)};
        assert_int_equal(rp_map_put_str(&heap, &map, (struct rp_str){key, 2}, rp_nil()), RP_OK);
    }
    assert_int_equal(rp_map_put(&heap, &map, "one more", rp_nil()), RP_ELIMIT);
    assert_int_equal(rp_map_put(&heap, &map, "aa", rp_int(1)), RP_OK);
    assert_int_equal(rp_map_len(map), RP_LIST_MAX / 2);
}

static void what_memory_ran_out_for_cannot_be_added(void **state)
{
    struct rp_value list = count_to(2), map = rp_map(), bad = rp_bad();

    (void)state;
    assert_int_equal(rp_list_add(&heap, &list, rp_bad()), RP_ENOMEM);
    assert_int_equal(rp_list_cat(&heap, &list, rp_bad()), RP_ENOMEM);
    assert_int_equal(rp_list_add(&heap, &bad, rp_nil()), RP_ENOMEM);
    assert_int_equal(rp_map_put(&heap, &map, "k", rp_bad()), RP_ENOMEM);
    assert_int_equal(rp_map_put(&heap, &bad, "k", rp_nil()), RP_ENOMEM);
    assert_int_equal(rp_map_add(&heap, &map, rp_bad(), rp_nil()), RP_ENOMEM);
    assert_int_equal(rp_map_add(&heap, &map, rp_textz(&heap, "k"), rp_bad()), RP_ENOMEM);
    assert_int_equal(rp_list_part(&heap, rp_bad(), 0, 0).tag, RP_BAD);
    assert_int_equal(rp_list_without(&heap, rp_bad(), 0).tag, RP_BAD);
    assert_int_equal(rp_from_rec(NULL).tag, RP_BAD);
    is_told(list, "[0,1]");
    is_told(map, "{}");
}

static void what_is_no_list_or_map_does_not_grow(void **state)
{
    struct rp_value one = rp_int(1), list = rp_list(), map = rp_map();

    (void)state;
    assert_int_equal(rp_list_add(&heap, &one, rp_nil()), RP_ETYPE);
    assert_int_equal(rp_list_add(&heap, &map, rp_nil()), RP_ETYPE);
    assert_int_equal(rp_list_cat(&heap, &list, map), RP_ETYPE);
    assert_int_equal(rp_map_put(&heap, &list, "k", rp_nil()), RP_ETYPE);
    assert_int_equal(rp_map_add(&heap, &map, rp_int(1), rp_nil()), RP_ETYPE);
    assert_int_equal(rp_len(map), 0);
    assert_int_equal(rp_map_len(list), 0);
}

/* ---- maps ---- */

static void entries_are_set_in_place_and_added_at_the_end(void **state)
{
    struct rp_value map = rp_map(), old, older;

    (void)state;
    assert_int_equal(rp_map_put(&heap, &map, "b", rp_int(1)), RP_OK);
    older = map;
    assert_int_equal(rp_map_put(&heap, &map, "a", rp_int(2)), RP_OK);
    old = map;
    assert_int_equal(rp_map_put_str(&heap, &map, (struct rp_str){"bxx", 1}, rp_int(3)), RP_OK);
    assert_int_equal(rp_map_put(&heap, &map, "c", rp_int(4)), RP_OK);
    is_told(map, "{\"b\":3,\"a\":2,\"c\":4}");
    is_told(old, "{\"b\":1,\"a\":2}");
    is_told(older, "{\"b\":1}");
    assert_int_equal(rp_map_len(map), 3);
    assert_true(rp_is_text(rp_map_key(map, 1), "a"));
    assert_int_equal(rp_map_value(map, 0).u.i, 3);
}

static void entries_are_found_by_their_whole_key(void **state)
{
    struct rp_value map = read_json("{\"a\":1,\"ab\":null,\"\":3,\"a\\u0000b\":4}");

    (void)state;
    assert_int_equal(rp_map_get(map, "a").u.i, 1);
    assert_int_equal(rp_map_get(map, "").u.i, 3);
    assert_int_equal(rp_map_get(map, "ab").tag, RP_NIL);
    assert_int_equal(rp_map_get(map, "A").tag, RP_NIL);
    assert_true(rp_map_has(map, "ab"));
    assert_false(rp_map_has(map, "b"));
    assert_false(rp_map_has(rp_list(), "a"));
    assert_int_equal(rp_map_get(rp_nil(), "a").tag, RP_NIL);
}

/* ---- handles against a model ---- */

enum { HANDLES = 12, ITEMS_MAX = 200 };

struct model {
    struct rp_value list;
    int64_t item[ITEMS_MAX];
    uint32_t n;
};

static struct model model[HANDLES];

static void visit_models(void *ctx, rp_visit_fn *visit, void *walk)
{
    (void)ctx;
    for (int i = 0; i < HANDLES; i++)
        visit(walk, &model[i].list);
}

static void change(struct model *to, struct model *from, uint64_t *seed)
{
    uint32_t i, n;

    switch (draw(seed, 4)) {
    case 0:
        *to = *from;
        return;
    case 1:
        if (to->n + from->n > ITEMS_MAX)
            return;
        n = from->n;
        memmove(to->item + to->n, from->item, n * sizeof(*to->item));
        assert_int_equal(rp_list_cat(&heap, &to->list, from->list), RP_OK);
        to->n += n;
        return;
    case 2:
        i = draw(seed, from->n + 1);
        n = draw(seed, from->n - i + 1);
        to->list = rp_list_part(&heap, from->list, i, i + n);
        memmove(to->item, from->item + i, n * sizeof(*to->item));
        to->n = n;
        return;
    default:
        if (to->n == 0)
            return;
        i = draw(seed, to->n);
        to->list = rp_list_without(&heap, to->list, i);
        memmove(to->item + i, to->item + i + 1, (to->n - i - 1) * sizeof(*to->item));
        to->n--;
    }
}

static void whatever_is_done_to_others_a_list_holds_its_items(void **state)
{
    uint64_t seed = 11;

    (void)state;
    memset(model, 0, sizeof(model));
    for (int i = 0; i < HANDLES; i++)
        model[i].list = rp_list();
    for (int step = 0; step < 20000; step++) {
        struct model *m = &model[draw(&seed, HANDLES)];
        if (draw(&seed, 4) == 0) {
            change(m, &model[draw(&seed, HANDLES)], &seed);
        } else if (m->n < ITEMS_MAX) {
            m->item[m->n++] = step;
            assert_int_equal(rp_list_add(&heap, &m->list, rp_int(step)), RP_OK);
        }
        if (rp_heap_wants_collection(&heap))
            assert_int_equal(rp_heap_collect(&heap, visit_models, NULL), RP_OK);
        for (int i = 0; i < HANDLES; i++) {
            assert_int_equal(rp_len(model[i].list), model[i].n);
            for (uint32_t k = 0; k < model[i].n; k++)
                assert_int_equal(rp_at(model[i].list, k).u.i, model[i].item[k]);
        }
    }
}

/* ---- memory ---- */

static int make_values(const struct rp_alloc *alloc)
{
    static const struct rp_str parts[] = {{"ab", 2}, {"cd", 2}, {NULL, 0}};
    struct rp_value list = rp_list(), map = rp_map();
    struct rp_heap h;
    int rc = RP_OK;

    rp_heap_init(&h, alloc, 0, 1);
    for (int i = 0; i < 6 && rc == RP_OK; i++)
        rc = rp_list_add(&h, &list, rp_text_join(&h, parts));
    if (rc == RP_OK)
        rc = rp_list_cat(&h, &list, rp_list_without(&h, list, 1));
    if (rc == RP_OK)
        rc = rp_map_put(&h, &map, "k", rp_list_of(&h, 2, list, rp_list_part(&h, list, 1, 3)));
    if (rc == RP_OK)
        rc = rp_map_put(&h, &map, "k", rp_textz(&h, "again"));
    if (rc == RP_OK)
        assert_int_equal(rp_len(list), 11);
    assert_int_equal(h.failed, rc);
    rp_heap_free(&h);
    return rc;
}

static void every_allocation_can_fail(void **state)
{
    (void)state;
    assert_true(sweep_memory(make_values) >= 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_keeps_its_bytes_and_ends_in_nul),
        cmocka_unit_test(texts_are_joined_part_by_part),
        cmocka_unit_test(a_text_over_the_limit_is_refused),
        cmocka_unit_test(an_older_handle_keeps_what_it_held),
        cmocka_unit_test(lists_grow_by_doubling),
        cmocka_unit_test(lists_are_put_one_behind_the_other),
        cmocka_unit_test(parts_of_a_list_are_lists_of_their_own),
        cmocka_unit_test(a_short_part_does_not_keep_a_long_list_alive),
        cmocka_unit_test(lists_are_made_of_items),
        cmocka_unit_test(a_list_with_room_needs_no_more_memory),
        cmocka_unit_test(a_list_over_the_limit_is_refused_and_stays),
        cmocka_unit_test(lists_and_maps_grow_up_to_the_limit),
        cmocka_unit_test(what_memory_ran_out_for_cannot_be_added),
        cmocka_unit_test(what_is_no_list_or_map_does_not_grow),
        cmocka_unit_test(entries_are_set_in_place_and_added_at_the_end),
        cmocka_unit_test(entries_are_found_by_their_whole_key),
        cmocka_unit_test(whatever_is_done_to_others_a_list_holds_its_items),
        cmocka_unit_test(every_allocation_can_fail),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
