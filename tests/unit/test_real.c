/* test_real.c - doubles to text and back: the form, the fewest digits, the nearest double. The C
 * library's own reading and writing is the second opinion. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_buf buf;

static int start(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    rp_buf_init(&buf, &faulty.alloc, 1000);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rp_buf_free(&buf);
    return faulty.out != 0;
}

static const char *written(double r)
{
    rp_buf_clear(&buf);
    assert_int_equal(rp_buf_add_real(&buf, r), RP_OK);
    return buf.s;
}

static uint64_t bits_of(double r)
{
    uint64_t bits;

    memcpy(&bits, &r, sizeof(bits));
    return bits;
}

static double from_bits(uint64_t bits)
{
    double r;

    memcpy(&r, &bits, sizeof(r));
    return r;
}

static void same_double(const char *text, double a, double b)
{
    if (bits_of(a) != bits_of(b))
        print_error("%s: %a, expected %a\n", text, a, b);
    assert_true(bits_of(a) == bits_of(b));
}

static void reads_as(const char *text, double expected)
{
    same_double(text, rp_real_of(text, strlen(text)), expected);
}

/* Numbers that are the same in every run. */
static uint64_t next_bits(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void reals_have_a_point_or_an_exponent(void **state)
{
    (void)state;
    assert_string_equal(written(0.0), "0.0");
    assert_string_equal(written(-0.0), "-0.0");
    assert_string_equal(written(1.0), "1.0");
    assert_string_equal(written(-1.5), "-1.5");
    assert_string_equal(written(2.5), "2.5");
    assert_string_equal(written(100000.0), "100000.0");
    assert_string_equal(written(123456789.125), "123456789.125");
}

static void an_exponent_stands_from_1e16_up_and_below_1e_4(void **state)
{
    (void)state;
    assert_string_equal(written(1e15), "1000000000000000.0");
    assert_string_equal(written(9999999999999998.0), "9999999999999998.0");
    assert_string_equal(written(1e16), "1e+16");
    assert_string_equal(written(1.5e16), "1.5e+16");
    assert_string_equal(written(-1e100), "-1e+100");
    assert_string_equal(written(0.0001), "0.0001");
    assert_string_equal(written(0.00012345), "0.00012345");
    assert_string_equal(written(0.00009), "9e-05");
    assert_string_equal(written(1e-5), "1e-05");
    assert_string_equal(written(1.25e-7), "1.25e-07");
    assert_string_equal(written(1e-10), "1e-10");
}

static void the_fewest_digits_are_taken(void **state)
{
    (void)state;
    assert_string_equal(written(0.1), "0.1");
    assert_string_equal(written(0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(written(1.0 / 3), "0.3333333333333333");
    assert_string_equal(written(100.0 / 3), "33.333333333333336");
    assert_string_equal(written(1e23), "1e+23");
    assert_string_equal(written(9007199254740993.0), "9007199254740992.0");
    assert_string_equal(written(999999999999999.9), "999999999999999.9");
    assert_string_equal(written(5e-324), "5e-324");
    assert_string_equal(written(2.2250738585072014e-308), "2.2250738585072014e-308");
    assert_string_equal(written(2.2250738585072009e-308), "2.225073858507201e-308");
    assert_string_equal(written(1.7976931348623157e308), "1.7976931348623157e+308");
    assert_string_equal(written(2251799813685248.5), "2251799813685248.5");
    assert_string_equal(written(ldexp(1, 60)), "1.152921504606847e+18");
}

static void hard_numbers_are_read_to_the_nearest_double(void **state)
{
    (void)state;
    reads_as("0", 0.0);
    reads_as("-0", -0.0);
    reads_as("0.0e-99999999999999999999", 0.0);
    reads_as("0e99999999999999999999", 0.0);
    reads_as("12345678901234567890", 12345678901234567890.0);
    reads_as("9007199254740993", 9007199254740992.0);
    reads_as("9007199254740993.0000000000000000000000000000001", 9007199254740994.0);
    reads_as("9007199254740995", 9007199254740996.0);
    reads_as("2.2250738585072011e-308", 2.2250738585072011e-308);
    reads_as("2.2250738585072012e-308", 2.2250738585072014e-308);
    reads_as("1e23", 1e23);
    reads_as("1E+2", 100.0);
    reads_as("8.41e21", 8.41e21);
    reads_as("123e-2", 1.23);
}

static void what_is_too_small_is_0_and_what_is_too_large_infinite(void **state)
{
    (void)state;
    reads_as("2.4703282292062327208e-324", 0.0);
    reads_as("2.4703282292062328e-324", 5e-324);
    reads_as("7.4e-324", 5e-324);
    reads_as("1e-400", 0.0);
    reads_as("-1e-99999999999999999999999", -0.0);
    reads_as("1.7976931348623157e308", 1.7976931348623157e308);
    reads_as("1.7976931348623158e308", 1.7976931348623157e308);
    reads_as("1.797693134862315808e308", HUGE_VAL);
    reads_as("1e309", HUGE_VAL);
    reads_as("-1e310", -HUGE_VAL);
    reads_as("1e99999999999999999999999", HUGE_VAL);
}

static void long_numbers_count_to_their_last_digit(void **state)
{
    static char text[4096];
    double above_half = 9007199254740994.0;

    (void)state;
    memset(text, '0', sizeof(text));
    memcpy(text, "9007199254740993.", 17);
    text[4000] = '\0';
    reads_as(text, 9007199254740992.0);
    text[3999] = '1';
    reads_as(text, above_half);
    memset(text, '0', sizeof(text)); /* 1 behind 2,000 zeros, and back by the exponent */
    memcpy(text, "0.", 2);
    memcpy(text + 2002, "1e2001", 7);
    reads_as(text, 1.0);
    memset(text, '0', sizeof(text));
    memcpy(text, "3", 1);
    memcpy(text + 2001, "e-2000", 7);
    reads_as(text, 3.0);
}

/* The digits of a number without point, exponent and zeros at both ends. Returns how many. */
static int digits_of(const char *text, char out[40])
{
    int n = 0;

    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0'))
            out[n++] = *text;
    while (n > 0 && out[n - 1] == '0')
        n--;
    out[n] = '\0';
    return n;
}

/* r written here reads back, here and by the C library; no text with fewer digits does, and of
 * those with as many digits it is the nearest one. (Just below a power of two the doubles lie
 * closer, so there the nearest text can be one that does not read back.) */
static void agree(double r)
{
    char other[40], digits[40], other_digits[40];
    const char *s = written(r);
    int n = digits_of(s, digits);

    same_double(s, strtod(s, NULL), r);
    same_double(s, rp_real_of(s, buf.n), r);
    snprintf(other, sizeof(other), "%.17g", r);
    same_double(other, rp_real_of(other, strlen(other)), r);
    snprintf(other, sizeof(other), "%.*e", n - 1, r);
    digits_of(other, other_digits);
    if (bits_of(strtod(other, NULL)) == bits_of(r))
        assert_string_equal(digits, other_digits);
    else
        assert_true(bits_of(r) << 12 == 0);
    snprintf(other, sizeof(other), "%.*e", n > 1 ? n - 2 : 0, r);
    if (n > 1)
        assert_true(bits_of(strtod(other, NULL)) != bits_of(r));
}

static void any_bits_go_there_and_back(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        double r = from_bits(next_bits(&seed));
        if (isfinite(r))
            agree(r);
    }
}

static void doubles_around_powers_of_two_and_ten_go_there_and_back(void **state)
{
    (void)state;
    for (int power = -1074; power < 1024; power++) {
        uint64_t bits = bits_of(ldexp(1, power));
        agree(from_bits(bits));
        agree(from_bits(bits + 1));
        if (bits > 1)
            agree(from_bits(bits - 1));
    }
    for (int power = -323; power <= 308; power++) {
        char text[16];
        snprintf(text, sizeof(text), "1e%d", power);
        reads_as(text, strtod(text, NULL));
        agree(strtod(text, NULL));
        agree(from_bits(bits_of(strtod(text, NULL)) + 1));
    }
}

static void numbers_as_people_write_them_stay_as_they_are(void **state)
{
    uint64_t seed = 2;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t whole = next_bits(&seed) % 100000000, part = next_bits(&seed) % 999 + 1;
        char text[40], *end;
        snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64, whole, part);
        for (end = text + strlen(text); end[-1] == '0'; end--)
            end[-1] = '\0';
        if (whole > 0)
            assert_string_equal(written(rp_real_of(text, strlen(text))), text);
    }
}

static void texts_of_any_length_are_read_as_the_c_library_reads_them(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        char text[64];
        int n = 0, length = 1 + (int)(next_bits(&seed) % 36);
        text[n++] = (char)('1' + next_bits(&seed) % 9);
        text[n++] = '.';
        while (n < length + 2)
            text[n++] = (char)('0' + next_bits(&seed) % 10);
        snprintf(text + n, sizeof(text) - (size_t)n, "e%d", (int)(next_bits(&seed) % 660) - 340);
        same_double(text, rp_real_of(text, strlen(text)), strtod(text, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_have_a_point_or_an_exponent),
        cmocka_unit_test(an_exponent_stands_from_1e16_up_and_below_1e_4),
        cmocka_unit_test(the_fewest_digits_are_taken),
        cmocka_unit_test(hard_numbers_are_read_to_the_nearest_double),
        cmocka_unit_test(what_is_too_small_is_0_and_what_is_too_large_infinite),
        cmocka_unit_test(long_numbers_count_to_their_last_digit),
        cmocka_unit_test(any_bits_go_there_and_back),
        cmocka_unit_test(doubles_around_powers_of_two_and_ten_go_there_and_back),
        cmocka_unit_test(numbers_as_people_write_them_stay_as_they_are),
        cmocka_unit_test(texts_of_any_length_are_read_as_the_c_library_reads_them),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
