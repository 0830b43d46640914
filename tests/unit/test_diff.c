/* test_diff.c - the first difference of two traces, as a person reads it. */
#include "scenarios/diff.h"

#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct rp_str str(const char *z)
{
    return (struct rp_str){z, strlen(z)};
}

static void differ_as(const char *expected, const char *played, const char *report)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_buf out;
    int differ;

    rp_buf_init(&out, &alloc, RP_TEXT_MAX);
    assert_int_equal(rp_diff(&out, str(expected), str(played), &differ), RP_OK);
    assert_int_equal(differ, strcmp(expected, played) != 0);
    assert_string_equal(out.s ? out.s : "", report);
    rp_buf_free(&out);
}

static void traces_that_agree_have_nothing_to_tell(void **state)
{
    (void)state;
    differ_as("{\"a\":1}\n{\"b\":2}\n", "{\"a\":1}\n{\"b\":2}\n", "");
    differ_as("", "", "");
}

static void a_value_that_differs_is_told_with_its_path(void **state)
{
    (void)state;
    differ_as("{}\n{\"a\":{\"b\":[1,{\"c\":\"x\"}]},\"t\":1}\n",
              "{}\n{\"a\":{\"b\":[1,{\"c\":\"y\"}]},\"t\":1}\n",
              "  line 2\n"
              "    expected {\"a\":{\"b\":[1,{\"c\":\"x\"}]},\"t\":1}\n"
              "    played   {\"a\":{\"b\":[1,{\"c\":\"y\"}]},\"t\":1}\n"
              "    a.b[1].c: expected \"x\", played \"y\"\n");
}

static void what_only_one_of_them_has_is_told_as_nothing_in_the_other(void **state)
{
    (void)state;
    differ_as("{\"a\":[1],\"b\":2}\n", "{\"a\":[1,2],\"c\":null}\n",
              "  line 1\n"
              "    expected {\"a\":[1],\"b\":2}\n"
              "    played   {\"a\":[1,2],\"c\":null}\n"
              "    a[1]: expected nothing, played 2\n"
              "    b: expected 2, played nothing\n"
              "    c: expected nothing, played null\n");
}

static void a_number_of_another_kind_differs(void **state)
{
    (void)state;
    differ_as("{\"a\":1}\n", "{\"a\":1.0}\n",
              "  line 1\n    expected {\"a\":1}\n    played   {\"a\":1.0}\n"
              "    a: expected 1, played 1.0\n");
}

static void the_same_values_in_other_bytes_are_told_as_that(void **state)
{
    (void)state;
    differ_as("{\"a\":1}\n", "{\"a\": 1}\n",
              "  line 1\n    expected {\"a\":1}\n    played   {\"a\": 1}\n"
              "    the same values, written differently from column 6 on\n");
}

static void lines_that_are_missing_or_too_many_are_counted(void **state)
{
    (void)state;
    differ_as("1\n2\n3\n4\n", "1\n4\n",
              "  line 2\n    expected 2\n    played   4\n    2 lines are missing here\n");
    differ_as("1\n2\n", "1\n3\n2\n",
              "  line 2\n    expected 2\n    played   3\n    1 line is too many here\n");
}

static void the_end_of_one_of_them_is_told(void **state)
{
    (void)state;
    differ_as("1\n2\n", "1\n", "  line 2\n    expected 2\n    played   (no such line)\n");
    differ_as("", "1\n", "  line 1\n    expected (no such line)\n    played   1\n");
    differ_as("1\n", "1", "  only the end of the last line differs\n");
}

static void lines_that_are_no_json_are_told_as_they_are(void **state)
{
    (void)state;
    differ_as("oops\n", "{}\n",
              "  line 1\n    expected oops\n    played   {}\n    one of them is not JSON\n");
}

/* A long line is cut around the place where it differs, at whole characters. */
static void a_long_line_is_shown_around_its_difference(void **state)
{
    static char expected[4096], played[4096];
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_buf out;
    int differ;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof(expected); i += 2)
        memcpy(expected + i, "\xc3\xa9", 2);
    memcpy(played, expected, sizeof(played));
    memcpy(played + 2000, "\xc3\xa8", 2);
    rp_buf_init(&out, &alloc, RP_TEXT_MAX);
    assert_int_equal(rp_diff(&out, str(expected), str(played), &differ), RP_OK);
    assert_int_equal(differ, 1);
    assert_true(out.n < 1000);
    assert_non_null(strstr(out.s, "    played   ...\xc3\xa9"));
    assert_non_null(strstr(out.s, "\xc3\xa9\xc3\xa8\xc3\xa9"));
    rp_buf_free(&out);
}

static int diff_once(const struct rp_alloc *alloc)
{
    struct rp_buf out;
    int rc, differ;

    rp_buf_init(&out, alloc, RP_TEXT_MAX);
    rc = rp_diff(&out, str("{\"a\":[1,{\"b\":2}]}\n"), str("{\"a\":[1,{\"b\":3}]}\n"), &differ);
    rp_buf_free(&out);
    return rc;
}

static void every_allocation_of_a_difference_may_fail(void **state)
{
    (void)state;
    assert_true(sweep_memory(diff_once) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traces_that_agree_have_nothing_to_tell),
        cmocka_unit_test(a_value_that_differs_is_told_with_its_path),
        cmocka_unit_test(what_only_one_of_them_has_is_told_as_nothing_in_the_other),
        cmocka_unit_test(a_number_of_another_kind_differs),
        cmocka_unit_test(the_same_values_in_other_bytes_are_told_as_that),
        cmocka_unit_test(lines_that_are_missing_or_too_many_are_counted),
        cmocka_unit_test(the_end_of_one_of_them_is_told),
        cmocka_unit_test(lines_that_are_no_json_are_told_as_they_are),
        cmocka_unit_test(a_long_line_is_shown_around_its_difference),
        cmocka_unit_test(every_allocation_of_a_difference_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
