/* test_heap.c - the memory of a run: taking, the ceiling, collection. */
#include "engine/base/value.h"

#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/values.h"
#include "tests/support/rooted.h"

/* ---- taking ---- */

static void objects_come_zeroed_with_size_and_kind(void **state)
{
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        struct rooted w;
        rooted_begin(&w, 0, rooted_chunks[c]);
        assert_int_equal(w.f.asked, 0);
        for (size_t size = sizeof(struct rp_obj); size < 2000; size += 1 + size / 7) {
            struct rp_obj *o = rp_heap_take(&w.h, size, KIND);
            assert_int_equal((uintptr_t)o % 16, 0);
            assert_int_equal(o->size, (size + 15) / 16 * 16);
            assert_int_equal(o->kind, KIND);
            assert_int_equal(o->flags, 0);
            assert_true(o->u.mark == 0);
            for (size_t i = sizeof(*o); i < o->size; i++)
                assert_int_equal(((char *)o)[i], 0);
            memset((char *)o + sizeof(*o), 0x77, o->size - sizeof(*o));
        }
        assert_int_equal(w.h.held, w.f.out);
        rooted_end(&w);
    }
}

static void small_objects_share_a_chunk_and_a_big_one_does_not_end_it(void **state)
{
    struct rooted w;
    char *before, *after;

    (void)state;
    rooted_begin(&w, 0, 4096);
    before = rp_heap_take(&w.h, 32, KIND);
    rp_heap_take(&w.h, 5000, KIND);
    after = rp_heap_take(&w.h, 1008, KIND);
    assert_ptr_equal(before + 32, after);
    rp_heap_take(&w.h, 1008, KIND);
    rp_heap_take(&w.h, 2500, KIND); /* would fit into a chunk, but not into what is left of it */
    assert_ptr_equal(rp_heap_take(&w.h, 1008, KIND), after + 2016);
    assert_int_equal(w.f.asked, 3);
    rooted_end(&w);
}

static void a_chunk_of_1_gives_each_object_an_allocation(void **state)
{
    struct rooted w;

    (void)state;
    rooted_begin(&w, 0, 1);
    for (int i = 0; i < 10; i++)
        assert_non_null(rp_heap_take(&w.h, 48, KIND));
    assert_int_equal(w.f.asked, 10);
    rooted_end(&w);
}

static void over_the_ceiling_there_is_no_memory(void **state)
{
    struct rooted w;

    (void)state;
    rooted_begin(&w, 10000, 1000);
    while (rp_heap_take(&w.h, 100, KIND))
        assert_true(w.h.held <= 10000);
    assert_int_equal(w.h.failed, RP_ENOMEM);
    assert_int_equal(w.h.held, 10000);
    assert_null(rp_heap_take(&w.h, 300, KIND));
    assert_int_equal(rp_text(&w.h, (char[200]){0}, 200).tag, RP_BAD);
    rooted_end(&w);
    rooted_begin(&w, 10000, 1000);
    assert_null(rp_heap_take(&w.h, 20000, KIND));
    assert_non_null(rp_heap_take(&w.h, 9000, KIND));
    assert_int_equal(w.h.failed, RP_ENOMEM); /* sticky */
    rooted_end(&w);
}

static void the_ceiling_holds_for_chunks_that_go_round_too(void **state)
{
    struct rooted w;

    (void)state;
    rooted_begin(&w, 10 * 1024, 1024);
    for (int round = 0; round < 3; round++) {
        while (rp_heap_take(&w.h, 128, KIND))
            assert_true(w.h.held <= 10 * 1024);
        assert_int_equal(w.h.held, 10 * 1024);
        assert_int_equal(rooted_collect(&w), RP_OK);
        assert_int_equal(w.h.held, 0);
    }
    rooted_end(&w);
}

static void a_freed_heap_can_be_used_again(void **state)
{
    struct rooted w;

    (void)state;
    rooted_begin(&w, 1 << 16, 1024);
    w.root[0] = read_into(&w.h, "[1,[2,\"three\"]]");
    rp_heap_free(&w.h);
    assert_int_equal(w.f.out, 0);
    w.root[0] = read_into(&w.h, "[4]");
    is_told(w.root[0], "[4]");
    rooted_end(&w);
}

/* ---- collection ---- */

static void a_collection_keeps_what_is_reached_and_gives_back_the_rest(void **state)
{
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        struct rooted w;
        size_t held;
        rooted_begin(&w, 0, rooted_chunks[c]);
        w.root[0] = read_into(&w.h, rooted_story);
        w.root[1] = rp_int(5);
        assert_int_equal(rooted_collect(&w), RP_OK);
        held = w.h.held;
        for (int i = 0; i < 10000; i++)
            assert_int_equal(rp_text(&w.h, "garbage", 7).tag, RP_TEXT);
        assert_int_equal(rooted_collect(&w), RP_OK);
        assert_int_equal(rooted_collect(&w), RP_OK);
        assert_int_equal(w.h.held, held);
        assert_int_equal(w.h.live, held);
        assert_int_equal(w.f.out, held + w.h.kept);
        is_told(w.root[0], rooted_story);
        is_told(w.root[1], "5");
        rooted_is_clean(&w);
        rooted_end(&w);
    }
}

static void what_is_shared_stays_shared(void **state)
{
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        struct rooted w;
        struct rp_value list;
        rooted_begin(&w, 0, rooted_chunks[c]);
        list = read_into(&w.h, "[1,2]");
        w.root[0] = list;
        w.root[1] = rp_list_of(&w.h, 2, list, list);
        assert_int_equal(rp_list_add(&w.h, &list, rp_int(3)), RP_OK);
        w.root[2] = list;
        assert_int_equal(rp_list_add(&w.h, &list, rp_int(4)), RP_OK);
        w.root[3] = list;
        w.twice = 1;
        assert_int_equal(rooted_collect(&w), RP_OK);
        assert_ptr_equal(rp_at(w.root[1], 0).u.vec, w.root[0].u.vec);
        assert_ptr_equal(rp_at(w.root[1], 1).u.vec, w.root[0].u.vec);
        assert_ptr_equal(w.root[3].u.vec, w.root[2].u.vec);
        is_told(w.root[1], "[[1,2],[1,2]]");
        is_told(w.root[2], "[1,2,3]");
        is_told(w.root[3], "[1,2,3,4]");
        assert_int_equal(rp_list_add(&w.h, &w.root[2], rp_int(5)), RP_OK);
        is_told(w.root[2], "[1,2,3,5]");
        is_told(w.root[3], "[1,2,3,4]");
        rooted_end(&w);
    }
}

static void records_are_traced_through_all_their_slots(void **state)
{
    struct rooted w;

    (void)state;
    rooted_begin(&w, 0, 1024);
    w.root[0] = record_of(&w.h, 3);
    w.root[0].u.rec->slot[0] = rp_textz(&w.h, "first");
    w.root[0].u.rec->slot[2] = record_of(&w.h, 40);
    w.root[0].u.rec->slot[2].u.rec->slot[39] = read_into(&w.h, "[\"last\"]");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rooted_collect(&w), RP_OK);
        assert_int_equal(rp_kind(w.root[0]), KIND);
        is_told(w.root[0].u.rec->slot[0], "\"first\"");
        is_told(w.root[0].u.rec->slot[1], "null");
        is_told(w.root[0].u.rec->slot[2].u.rec->slot[39], "[\"last\"]");
    }
    rooted_is_clean(&w);
    rooted_end(&w);
}

static void a_vector_loses_most_of_the_room_that_it_did_not_use(void **state)
{
    struct rooted w;

    (void)state;
    rooted_begin(&w, 0, 0);
    w.root[0] = rp_list_room(&w.h, 1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rp_list_add(&w.h, &w.root[0], rp_int(i)), RP_OK);
    assert_int_equal(rooted_collect(&w), RP_OK);
    assert_in_range(w.root[0].u.vec->cap, 100, 120);
    assert_int_equal(rp_len(w.root[0]), 100);
    assert_int_equal(rp_at(w.root[0], 99).u.i, 99);
    rooted_is_clean(&w);
    rooted_end(&w);
}

static void nesting_of_any_depth_is_collected(void **state)
{
    struct rooted w;
    struct rp_value v;
    unsigned depth = 0;

    (void)state;
    rooted_begin(&w, 0, 0);
    for (int i = 0; i < 300000; i++)
        w.root[0] = rp_list_of(&w.h, 1, w.root[0]);
    assert_int_equal(rooted_collect(&w), RP_OK);
    for (v = w.root[0]; v.tag == RP_LIST; v = rp_at(v, 0))
        depth++;
    assert_int_equal(depth, 300000);
    rooted_end(&w);
}

/* Big and small objects in turn, each holding the one before: the new objects of both sorts are
 * found in rounds. */
static void big_and_small_objects_reach_each_other(void **state)
{
    struct rooted w;
    struct rp_value v;

    (void)state;
    rooted_begin(&w, 0, 1024);
    for (int i = 0; i < 200; i++) {
        struct rp_value next = record_of(&w.h, i % 3 ? 2 : 50);
        next.u.rec->slot[1] = w.root[0];
        next.u.rec->slot[0] = rp_list_of(&w.h, 1, rp_int(i));
        w.root[0] = next;
    }
    for (int round = 0; round < 3; round++)
        assert_int_equal(rooted_collect(&w), RP_OK);
    v = w.root[0];
    for (int i = 200; i-- > 0; v = v.u.rec->slot[1])
        assert_int_equal(rp_at(v.u.rec->slot[0], 0).u.i, i);
    assert_int_equal(v.tag, RP_NIL);
    rooted_is_clean(&w);
    rooted_end(&w);
}

static void a_collection_without_memory_changes_nothing(void **state)
{
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        long fails = 0;
        int rc = RP_ENOMEM;
        for (; rc != RP_OK; fails++) {
            struct rooted w;
            struct rp_value before[ROOTS];
            struct rp_heap was;
            uint64_t digest;
            rooted_begin(&w, 0, rooted_chunks[c]);
            rooted_plant(&w);
            if (fails % 4 >= 2) /* chunks are left of an earlier one */
                assert_int_equal(rooted_collect(&w), RP_OK);
            w.twice = fails % 2 == 1;
            memcpy(before, w.root, sizeof(before));
            digest = rp_digest(rp_list_of(&w.h, 2, w.root[0], w.root[4]), 1);
            was = w.h;
            w.f.fails = w.f.asked + fails;
            rc = rooted_collect(&w);
            w.f.fails = -1;
            if (rc != RP_OK) {
                assert_int_equal(rc, RP_ENOMEM);
                assert_memory_equal(before, w.root, sizeof(before));
                assert_int_equal(w.h.held + w.h.kept, w.f.out);
                was.spare = w.h.spare; /* these alone may have gone */
                was.kept = w.h.kept;
                assert_memory_equal(&was, &w.h, sizeof(was));
                rooted_is_clean(&w);
                assert_int_equal(rooted_collect(&w), RP_OK);
            }
            assert_true(digest == rp_digest(rp_list_of(&w.h, 2, w.root[0], w.root[4]), 1));
            rooted_is_clean(&w);
            assert_ptr_equal(w.root[2].u.vec, w.root[4].u.rec->slot[3].u.vec);
            rooted_end(&w);
        }
        assert_true(fails >= 2);
    }
}

static void steps_without_end_need_constant_memory(void **state)
{
    struct rooted w;
    int collections = 0;

    (void)state;
    rooted_begin(&w, 0, 16 << 10);
    w.root[0] = read_into(&w.h, rooted_story);
    for (int i = 0; i < 1000000; i++) {
        w.root[1] = rp_list_of(&w.h, 2, rp_int(i), rp_text(&w.h, "message", 7));
        if (rp_heap_wants_collection(&w.h)) {
            assert_int_equal(rooted_collect(&w), RP_OK);
            collections++;
        }
    }
    assert_true(w.f.peak <= 6 * (16 << 10));
    assert_in_range(collections, 100, 4000); /* some 90 MB in all */
    is_told(w.root[0], rooted_story);
    is_told(w.root[1], "[999999,\"message\"]");
    rooted_end(&w);
}

static void chunks_go_round_and_what_is_kept_has_a_bound(void **state)
{
    struct rooted w;
    long asked = 0;

    (void)state;
    rooted_begin(&w, 0, 4 << 10);
    w.root[0] = rp_list();
    for (int i = 0; i < 2000; i++)
        assert_int_equal(rp_list_add(&w.h, &w.root[0], rp_text(&w.h, "kept", 4)), RP_OK);
    assert_int_equal(rooted_collect(&w), RP_OK);
    w.root[0] = rp_nil();
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 500; i++)
            assert_int_equal(rp_text(&w.h, "gone", 4).tag, RP_TEXT);
        assert_int_equal(rooted_collect(&w), RP_OK);
        assert_true(w.h.kept <= 2 * w.h.live + 2 * w.h.chunk);
        assert_int_equal(w.f.out, w.h.held + w.h.kept);
        if (round == 2)
            asked = w.f.asked;
    }
    assert_true(w.f.asked <= asked + 97 * 4); /* 16,000 bytes in each round */
    rooted_end(&w);
}

static void collections_get_rarer_as_more_stays_alive(void **state)
{
    struct rooted w;
    int collections = 0;

    (void)state;
    if (RP_LIST_MAX < 100000)
        skip();
    rooted_begin(&w, 0, 4 << 10);
    w.root[0] = rp_list();
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(rp_list_add(&w.h, &w.root[0], rp_text(&w.h, "kept", 4)), RP_OK);
        if (rp_heap_wants_collection(&w.h)) {
            assert_int_equal(rooted_collect(&w), RP_OK);
            collections++;
        }
    }
    assert_in_range(collections, 3, 20);
    assert_int_equal(rp_len(w.root[0]), 100000);
    rooted_end(&w);
}

static void a_collection_is_wanted_once_there_is_twice_as_much(void **state)
{
    struct rooted w;

    (void)state;
    rooted_begin(&w, 0, 1);
    assert_false(rp_heap_wants_collection(&w.h));
    w.root[0] = read_into(&w.h, rooted_story);
    assert_true(rp_heap_wants_collection(&w.h));
    assert_int_equal(rooted_collect(&w), RP_OK);
    while (w.h.held <= 2 * w.h.live + 1) {
        assert_false(rp_heap_wants_collection(&w.h));
        assert_int_equal(rp_text(&w.h, "more", 4).tag, RP_TEXT);
    }
    assert_true(rp_heap_wants_collection(&w.h));
    rooted_end(&w);
}

static size_t sweep_chunk;

static void roots_of_values(void *ctx, rp_visit_fn *visit, void *walk)
{
    visit(walk, ctx);
}

static int make_and_collect(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_value list = rp_list();
    int rc = RP_OK;

    rp_heap_init(&h, alloc, 0, sweep_chunk);
    for (int i = 0; i < 40 && rc == RP_OK; i++) {
        rc = rp_list_add(&h, &list, rp_textz(&h, "an item"));
        assert_int_equal(rp_len(list), rc == RP_OK ? i + 1 : i);
        if (rc == RP_OK && i % 10 == 0)
            rc = rp_heap_collect(&h, roots_of_values, &list);
    }
    rp_heap_free(&h);
    return rc;
}

static void every_allocation_of_a_run_with_collections_can_fail(void **state)
{
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        sweep_chunk = rooted_chunks[c];
        assert_true(sweep_memory(make_and_collect) >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_come_zeroed_with_size_and_kind),
        cmocka_unit_test(small_objects_share_a_chunk_and_a_big_one_does_not_end_it),
        cmocka_unit_test(a_chunk_of_1_gives_each_object_an_allocation),
        cmocka_unit_test(over_the_ceiling_there_is_no_memory),
        cmocka_unit_test(the_ceiling_holds_for_chunks_that_go_round_too),
        cmocka_unit_test(a_freed_heap_can_be_used_again),
        cmocka_unit_test(a_collection_keeps_what_is_reached_and_gives_back_the_rest),
        cmocka_unit_test(what_is_shared_stays_shared),
        cmocka_unit_test(records_are_traced_through_all_their_slots),
        cmocka_unit_test(a_vector_loses_most_of_the_room_that_it_did_not_use),
        cmocka_unit_test(nesting_of_any_depth_is_collected),
        cmocka_unit_test(big_and_small_objects_reach_each_other),
        cmocka_unit_test(a_collection_without_memory_changes_nothing),
        cmocka_unit_test(steps_without_end_need_constant_memory),
        cmocka_unit_test(chunks_go_round_and_what_is_kept_has_a_bound),
        cmocka_unit_test(collections_get_rarer_as_more_stays_alive),
        cmocka_unit_test(a_collection_is_wanted_once_there_is_twice_as_much),
        cmocka_unit_test(every_allocation_of_a_run_with_collections_can_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
