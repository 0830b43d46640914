/* test_copy.c - copying a value to another heap. */
#include "engine/base/value.h"

#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/values.h"
#include "tests/support/rooted.h"

static void a_copy_shares_within_itself_and_nothing_with_its_source(void **state)
{
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        struct rooted from, to;
        struct rp_value copy;
        rooted_begin(&from, 0, rooted_chunks[c]);
        rooted_begin(&to, 0, rooted_chunks[3 - c]);
        rooted_plant(&from);
        to.root[1] = read_into(&to.h, "[\"older\"]");
        assert_int_equal(
            rp_copy_into(&to.h, rp_list_of(&from.h, 3, from.root[1], from.root[3], from.root[0]),
                         &copy),
            RP_OK);
        rooted_is_clean(&from);
        rooted_end(&from);
        to.root[0] = copy;
        assert_ptr_equal(rp_at(copy, 0).u.vec, rp_at(rp_at(copy, 1), 2).u.vec);
        assert_ptr_equal(rp_at(rp_at(copy, 0), 0).u.vec, rp_at(copy, 2).u.vec);
        is_told(rp_at(copy, 2), rooted_story);
        rooted_is_clean(&to);
        assert_int_equal(rooted_collect(&to), RP_OK);
        is_told(rp_at(to.root[0], 2), rooted_story);
        is_told(to.root[1], "[\"older\"]");
        rooted_end(&to);
    }
}

static void a_copied_value_can_be_copied_again_and_collected(void **state)
{
    struct rooted from, to;
    struct rp_value one, two;

    (void)state;
    rooted_begin(&from, 0, 1024);
    rooted_begin(&to, 0, 1024);
    rooted_plant(&from);
    assert_int_equal(rp_copy_into(&to.h, from.root[4], &one), RP_OK);
    assert_int_equal(rp_copy_into(&to.h, from.root[4], &two), RP_OK);
    assert_true(rp_equal(one, from.root[4]));
    assert_true(rp_equal(one, two));
    assert_ptr_not_equal(one.u.obj, two.u.obj);
    assert_int_equal(rooted_collect(&from), RP_OK);
    assert_true(rp_equal(one, from.root[4]));
    rooted_end(&from);
    rooted_end(&to);
}

static void what_is_no_handle_is_copied_as_it_is(void **state)
{
    struct rooted w;
    struct rp_value copy;

    (void)state;
    rooted_begin(&w, 0, 0);
    assert_int_equal(rp_copy_into(&w.h, rp_int(7), &copy), RP_OK);
    is_told(copy, "7");
    assert_int_equal(rp_copy_into(&w.h, rp_list(), &copy), RP_OK);
    is_told(copy, "[]");
    assert_int_equal(rp_copy_into(&w.h, rp_bad(), &copy), RP_ENOMEM);
    assert_int_equal(copy.tag, RP_BAD);
    assert_int_equal(w.f.asked, 0);
    rooted_end(&w);
}

static size_t sweep_chunk;
static struct rooted *source;

static int make_copy(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_value copy;
    int rc;

    rp_heap_init(&h, alloc, 0, sweep_chunk);
    rc = rp_copy_into(&h, source->root[4], &copy);
    rooted_is_clean(source);
    assert_int_equal(copy.tag, rc == RP_OK ? RP_REC : RP_BAD);
    assert_int_equal(h.failed, rc);
    rp_heap_free(&h);
    return rc;
}

static void every_allocation_of_a_copy_can_fail(void **state)
{
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        struct rooted w;
        rooted_begin(&w, 0, 0);
        rooted_plant(&w);
        source = &w;
        sweep_chunk = rooted_chunks[c];
        assert_true(sweep_memory(make_copy) >= 1);
        rooted_end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_shares_within_itself_and_nothing_with_its_source),
        cmocka_unit_test(a_copied_value_can_be_copied_again_and_collected),
        cmocka_unit_test(what_is_no_handle_is_copied_as_it_is),
        cmocka_unit_test(every_allocation_of_a_copy_can_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
