/* test_buf.c - growing bytes: all or nothing, under a ceiling, with any allocation failing. */
#include "engine/base/buf.h"

#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static void what_is_added_stands_one_after_the_other(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 1000);
    assert_null(b.s);
    assert_int_equal(f.asked, 0);
    assert_int_equal(rp_buf_add(&b, "ab\0c", 4), RP_OK);
    assert_int_equal(rp_buf_addc(&b, '-'), RP_OK);
    assert_int_equal(rp_buf_addz(&b, "xyz"), RP_OK);
    assert_int_equal(rp_buf_adds(&b, (struct rp_str){"123", 2}), RP_OK);
    assert_int_equal(b.n, 10);
    assert_memory_equal(b.s, "ab\0c-xyz12", 11);
    rp_buf_free(&b);
    assert_int_equal(f.out, 0);
}

static void adding_nothing_gives_the_empty_text(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 0);
    assert_int_equal(rp_buf_add(&b, NULL, 0), RP_OK);
    assert_string_equal(b.s, "");
    rp_buf_free(&b);
    assert_int_equal(f.out, 0);
}

static void integers_are_written_in_decimal(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 1000);
    rp_buf_add_int(&b, 0);
    rp_buf_addc(&b, ' ');
    rp_buf_add_int(&b, -10);
    rp_buf_addc(&b, ' ');
    rp_buf_add_int(&b, INT64_MAX);
    rp_buf_addc(&b, ' ');
    rp_buf_add_int(&b, INT64_MIN);
    assert_string_equal(b.s, "0 -10 9223372036854775807 -9223372036854775808");
    rp_buf_free(&b);
}

static void over_the_ceiling_nothing_is_added_and_it_stays_so(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 5);
    assert_int_equal(rp_buf_addz(&b, "abc"), RP_OK);
    assert_int_equal(rp_buf_addz(&b, "def"), RP_ELIMIT);
    assert_string_equal(b.s, "abc");
    assert_int_equal(rp_buf_addc(&b, 'd'), RP_ELIMIT);
    assert_string_equal(b.s, "abc");
    rp_buf_clear(&b);
    assert_string_equal(b.s, "");
    assert_int_equal(rp_buf_addz(&b, "12345"), RP_OK);
    assert_int_equal(f.out, 6);
    assert_int_equal(rp_buf_addz(&b, ""), RP_OK);
    assert_string_equal(b.s, "12345");
    rp_buf_free(&b);
    assert_int_equal(f.out, 0);
}

static void after_a_failed_allocation_the_bytes_are_as_before(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, 1);
    rp_buf_init(&b, &f.alloc, SIZE_MAX);
    assert_int_equal(rp_buf_addz(&b, "kept"), RP_OK);
    while (b.n < 64 && b.failed == RP_OK)
        rp_buf_addz(&b, " and kept");
    assert_int_equal(b.failed, RP_ENOMEM);
    assert_int_equal(rp_buf_addc(&b, '.'), RP_ENOMEM);
    assert_string_equal(b.s, "kept and kept and kept and kept and kept and kept and kept");
    rp_buf_clear(&b);
    assert_int_equal(rp_buf_addz(&b, "again"), RP_OK);
    rp_buf_free(&b);
    assert_int_equal(f.out, 0);
    assert_int_equal(rp_buf_addz(&b, "reused"), RP_OK);
    assert_string_equal(b.s, "reused");
    rp_buf_free(&b);
    assert_int_equal(f.out, 0);
}

static void growing_byte_by_byte_asks_seldom(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 1 << 20);
    for (int i = 0; i < 1 << 20; i++)
        assert_int_equal(rp_buf_addc(&b, (char)('a' + i % 26)), RP_OK);
    assert_true(f.asked <= 16);
    for (int i = 0; i < 1 << 20; i++)
        assert_int_equal(b.s[i], 'a' + i % 26);
    assert_int_equal(rp_buf_addc(&b, 'x'), RP_ELIMIT);
    rp_buf_free(&b);
}

static void cutting_takes_back_the_end(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 100);
    rp_buf_cut(&b, 0);
    assert_null(b.s);
    rp_buf_addz(&b, "abcdef");
    rp_buf_cut(&b, 6);
    assert_string_equal(b.s, "abcdef");
    rp_buf_cut(&b, 2);
    assert_string_equal(b.s, "ab");
    assert_int_equal(b.n, 2);
    rp_buf_free(&b);
}

static int make_three(const struct rp_alloc *alloc)
{
    struct rp_buf b;
    int rc;

    rp_buf_init(&b, alloc, 1 << 16);
    for (int i = 0; i < 500; i++)
        rp_buf_add_int(&b, i);
    rp_buf_add_real(&b, 0.1);
    rc = b.failed;
    if (rc == RP_OK)
        assert_string_equal(b.s + b.n - 6, "4990.1");
    rp_buf_free(&b);
    return rc;
}

static void every_allocation_can_fail(void **state)
{
    (void)state;
    assert_true(sweep_memory(make_three) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_one_after_the_other),
        cmocka_unit_test(adding_nothing_gives_the_empty_text),
        cmocka_unit_test(integers_are_written_in_decimal),
        cmocka_unit_test(over_the_ceiling_nothing_is_added_and_it_stays_so),
        cmocka_unit_test(after_a_failed_allocation_the_bytes_are_as_before),
        cmocka_unit_test(growing_byte_by_byte_asks_seldom),
        cmocka_unit_test(cutting_takes_back_the_end),
        cmocka_unit_test(every_allocation_can_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
