/* test_status.c - statuses, their sentences, and errors put into words. */
#include "engine/base/status.h"

#include <string.h>

#include "engine/base/env.h"
#include "tests/support/cm.h"

static void every_status_has_its_name_and_its_sentence(void **state)
{
    (void)state;
#define X(name, number, sentence)                                                                  \
    assert_int_equal(name, number);                                                                \
    assert_string_equal(rp_status_name(name), #name);                                              \
    assert_string_equal(rp_status_text(name), sentence);
    RP_STATUS_LIST(X)
#undef X
    assert_string_equal(rp_status_text(RP_EPARSE), "the text is not of its format");
}

static void a_number_that_is_no_status_is_unknown(void **state)
{
    static const int none[] = {1, -50, -99, -102, 1000, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        assert_string_equal(rp_status_name(none[i]), "unknown status");
        assert_string_equal(rp_status_text(none[i]), "unknown status");
    }
}

static void only_memory_running_out_is_fatal_so_far(void **state)
{
    (void)state;
#define X(name, number, sentence)                                                                  \
    assert_int_equal((name) <= RP_FATAL, (name) == RP_FATAL || (name) == RP_ENOMEM);
    RP_STATUS_LIST(X)
#undef X
}

static void an_error_says_status_place_and_reason(void **state)
{
    struct rp_error err;

    (void)state;
    assert_int_equal(rp_fail_at(&err, RP_ELIMIT, "agents[1]", "%s has %d of %u, %l%% more", "it",
                                -7, (uint32_t)4294967295u, INT64_MIN),
                     RP_ELIMIT);
    assert_int_equal(err.status, RP_ELIMIT);
    assert_string_equal(err.where, "agents[1]");
    assert_string_equal(err.text, "it has -7 of 4294967295, -9223372036854775808% more");
}

static void what_is_not_there_is_said_so(void **state)
{
    struct rp_error err;
    const char *nothing = NULL;

    (void)state;
    assert_int_equal(rp_fail_at(NULL, RP_EARG, "x", "y"), RP_EARG);
    assert_int_equal(rp_fail_at(&err, RP_EARG, NULL, "%s: %d, %l", nothing, 0, INT64_MAX), RP_EARG);
    assert_string_equal(err.where, "");
    assert_string_equal(err.text, "(none): 0, 9223372036854775807");
    rp_fail_at(&err, RP_EARG, "", "");
    assert_string_equal(err.text, "");
}

/* A text of n bytes: letters of two bytes each behind one of one byte. */
static void fill(char *s, size_t n)
{
    s[0] = 'a';
    for (size_t i = 1; i < n; i++)
        s[i] = i % 2 ? '\xc3' : '\xa4';
    s[n] = '\0';
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
    struct rp_error err;
    char long_text[1000];

    (void)state;
    fill(long_text, sizeof(long_text) - 1);
    rp_fail_at(&err, RP_EARG, long_text, "%s", long_text);
    assert_int_equal(strlen(err.where), sizeof(err.where) - 1); /* odd: all of it is used */
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    rp_fail_at(&err, RP_EARG, long_text + 1, ".%s", long_text);
    assert_int_equal(strlen(err.where), sizeof(err.where) - 2); /* half a letter is left out */
    assert_int_equal(strlen(err.text), sizeof(err.text) - 2);
    assert_memory_equal(err.text, ".a\xc3\xa4", 4);
    assert_memory_equal(err.where, long_text + 1, sizeof(err.where) - 2);
}

static void nothing_slips_in_behind_a_cut(void **state)
{
    struct rp_error err;
    char long_text[400];

    (void)state;
    fill(long_text, sizeof(long_text) - 1);
    rp_fail_at(&err, RP_EARG, NULL, "-%s%d tail", long_text, 5);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 2);
    assert_string_equal(err.text + sizeof(err.text) - 4, "\xc3\xa4");
}

static void the_order_of_texts_is_the_order_of_their_bytes(void **state)
{
    struct rp_str a = rp_str("a"), ab = rp_str("ab"), z = rp_str("z"), wide = rp_str("\xc3\xa4");

    (void)state;
    assert_true(rp_str_order(a, ab) < 0);
    assert_true(rp_str_order(ab, a) > 0);
    assert_true(rp_str_order(ab, z) < 0);
    assert_true(rp_str_order(z, wide) < 0);
    assert_int_equal(rp_str_order(ab, rp_str("ab")), 0);
    assert_true(rp_str_order(rp_str(NULL), a) < 0);
    assert_true(rp_str_equal(rp_str(NULL), rp_str("")));
    assert_true(rp_str_equal((struct rp_str){"abc", 2}, ab));
    assert_false(rp_str_equal(a, ab));
    assert_false(rp_str_equal(a, z));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_name_and_its_sentence),
        cmocka_unit_test(a_number_that_is_no_status_is_unknown),
        cmocka_unit_test(only_memory_running_out_is_fatal_so_far),
        cmocka_unit_test(an_error_says_status_place_and_reason),
        cmocka_unit_test(what_is_not_there_is_said_so),
        cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
        cmocka_unit_test(nothing_slips_in_behind_a_cut),
        cmocka_unit_test(the_order_of_texts_is_the_order_of_their_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
