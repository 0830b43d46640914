/* test_utf8.c - which bytes are UTF-8, and case without a locale. */
#include "engine/base/utf8.h"

#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static void is_bad_at(const char *s, size_t n, size_t expected)
{
    if (rp_utf8_bad(s, n) != expected)
        print_error("text of %lu bytes beginning with %02x\n", (unsigned long)n, (unsigned char)*s);
    assert_int_equal(rp_utf8_bad(s, n), expected);
}

static void every_code_but_surrogates_is_valid_and_reads_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char s[4];
        uint32_t back;
        unsigned n = rp_utf8_write(s, code);
        int is_surrogate = code >= 0xd800 && code <= 0xdfff;
        assert_int_equal(n, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
        assert_int_equal(rp_utf8_read(s, &back), n);
        assert_int_equal(back, code);
        assert_int_equal(rp_utf8_bad(s, n), is_surrogate ? 0 : n);
        if (n > 1)
            assert_int_equal(rp_utf8_bad(s, n - 1), 0);
    }
}

/* Says by the definition alone, another way than the code under test, whether four bytes begin with
 * a valid character: by decoding it and writing it again. */
static unsigned expected_length(const unsigned char *s)
{
    uint32_t code = s[0];
    unsigned n = s[0] < 0x80       ? 1
                 : s[0] >> 5 == 6  ? 2
                 : s[0] >> 4 == 14 ? 3
                 : s[0] >> 3 == 30 ? 4
                                   : 0;
    char back[4];

    if (n == 0)
        return 0;
    code = n == 1 ? code : code & (0xffu >> (n + 1));
    for (unsigned i = 1; i < n; i++) {
        if (s[i] >> 6 != 2)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return rp_utf8_write(back, code) == n && memcmp(back, s, n) == 0 ? n : 0;
}

static void bytes_that_are_no_character_are_found(void **state)
{
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                          0xa0, 0xbf, 0xc0, 0xc2, 0xf4, 0xff};

    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++)
            for (unsigned i = 0; i < sizeof(edges) * sizeof(edges); i++) {
                unsigned char s[4] = {(unsigned char)first, (unsigned char)second,
                                      edges[i / sizeof(edges)], edges[i % sizeof(edges)]};
                size_t n = expected_length(s);
                size_t bad = rp_utf8_bad((char *)s, 4);
                assert_true(n == 0 ? bad == 0 : bad >= n);
            }
}

static void the_place_of_the_first_bad_byte_is_told(void **state)
{
    (void)state;
    is_bad_at("", 0, 0);
    is_bad_at("abc\xc3\xa4", 5, 5);
    is_bad_at("abc\xc3", 4, 3);
    is_bad_at("\xe2\x82\xac\xe2\x82", 5, 3);
    is_bad_at("0123456789abcdef\xff", 17, 16);
    is_bad_at("0123456\xc3\xa4"
              "89abcdefghijk\x80",
              23, 22);
    is_bad_at("a\xc0\xaf", 3, 1);         /* longer than need be */
    is_bad_at("a\xed\xa0\x80", 4, 1);     /* a surrogate */
    is_bad_at("a\xf4\x90\x80\x80", 5, 1); /* beyond the last code */
    is_bad_at("a\0b", 3, 3);
}

static void a_bad_byte_is_found_at_every_place_of_a_long_text(void **state)
{
    char s[64];

    (void)state;
    for (size_t n = 1; n <= sizeof(s); n++)
        for (size_t at = 0; at < n; at++) {
            memset(s, 'x', n);
            s[at] = '\x80';
            assert_int_equal(rp_utf8_bad(s, n), at);
        }
}

static void letters_change_case_one_for_one(void **state)
{
    (void)state;
    assert_int_equal(rp_lower('A'), 'a');
    assert_int_equal(rp_upper('z'), 'Z');
    assert_int_equal(rp_lower('['), '[');
    assert_int_equal(rp_upper('{'), '{');
    assert_int_equal(rp_lower(0xc4), 0xe4); /* A with diaeresis */
    assert_int_equal(rp_upper(0xe4), 0xc4);
    assert_int_equal(rp_upper(0xff), 0x178);  /* y with diaeresis */
    assert_int_equal(rp_upper(0xdf), 0xdf);   /* sharp s has no single capital */
    assert_int_equal(rp_lower(0x1e9e), 0xdf); /* but the capital has a small one */
    assert_int_equal(rp_lower(0x130), 'i');   /* I with dot */
    assert_int_equal(rp_upper(0x131), 'I');   /* i without dot */
    assert_int_equal(rp_lower(0x212a), 'k');  /* Kelvin */
    assert_int_equal(rp_upper(0x3c2), 0x3a3); /* final sigma */
    assert_int_equal(rp_lower(0x3a3), 0x3c3);
    assert_int_equal(rp_lower(0x416), 0x436); /* Zhe */
    assert_int_equal(rp_upper(0x1c6), 0x1c4); /* dz with caron: capital, not title case */
    assert_int_equal(rp_lower(0x1c5), 0x1c6);
    assert_int_equal(rp_lower(0x10400), 0x10428);
    assert_int_equal(rp_upper(0x1e943), 0x1e921);
    assert_int_equal(rp_lower(0xd7), 0xd7); /* the multiplication sign is among letters */
    assert_int_equal(rp_lower(0x4e2d), 0x4e2d);
    assert_int_equal(rp_lower(0x10ffff), 0x10ffff);
}

/* The figures come from UnicodeData.txt itself, version 15.0: they change when the table does. */
static void the_table_holds_as_many_mappings_as_its_source(void **state)
{
    unsigned upper = 0, lower = 0;
    uint64_t sum = 0;

    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        upper += rp_upper(code) != code;
        lower += rp_lower(code) != code;
        sum = sum * 31 + rp_upper(code) * 7 + rp_lower(code);
    }
    assert_int_equal(upper, 1450);
    assert_int_equal(lower, 1433);
    assert_true(sum == 0xdc9b41eadd5bf89fu);
}

static int contains_lower(const char *s, const char *part)
{
    return rp_contains_lower(rp_str(s), rp_str(part));
}

static void a_part_is_found_whatever_its_case(void **state)
{
    (void)state;
    assert_true(contains_lower("The task is DONE.", "done"));
    assert_true(contains_lower("the task is done", "DONE"));
    assert_true(contains_lower("\xc3\x84pfel", "\xc3\xa4PF"));
    assert_true(contains_lower("300 \xe2\x84\xaa", "300 k")); /* Kelvin is three bytes, k is one */
    assert_true(contains_lower("300 k", "300 \xe2\x84\xaa"));
    assert_true(contains_lower("aaab", "AAB"));
    assert_true(contains_lower("", ""));
    assert_true(contains_lower("x", ""));
    assert_false(contains_lower("", "x"));
    assert_false(contains_lower("don", "done"));
    assert_false(rp_contains_lower((struct rp_str){"done", 3}, rp_str("done")));
    assert_false(contains_lower("d one", "done"));
    assert_false(contains_lower("stra\xc3\x9f"
                                "e",
                                "STRASSE"));
}

static void a_part_is_found_byte_for_byte(void **state)
{
    (void)state;
    assert_true(rp_contains(rp_str("xaab"), rp_str("aab")));
    assert_true(rp_contains(rp_str("xaab"), rp_str("")));
    assert_true(rp_contains((struct rp_str){"a\0b", 3}, (struct rp_str){"\0b", 2}));
    assert_false(rp_contains(rp_str("xaab"), rp_str("AAB")));
    assert_false(rp_contains(rp_str("xaa"), rp_str("aab")));
    assert_false(rp_contains(rp_str(""), rp_str("a")));
}

static void upper_case_is_added_and_may_change_the_length(void **state)
{
    struct faulty f;
    struct rp_buf b;

    (void)state;
    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 100);
    rp_buf_addz(&b, "-");
    assert_int_equal(rp_buf_add_upper(&b, rp_str("a\xc3\xa4\xc3\x9f\xc4\xb1 1\xc9\x90")), RP_OK);
    assert_string_equal(b.s, "-A\xc3\x84\xc3\x9fI 1\xe2\xb1\xaf");
    rp_buf_free(&b);
    rp_buf_init(&b, &f.alloc, 4);
    rp_buf_addz(&b, "-");
    assert_int_equal(rp_buf_add_upper(&b, rp_str("abcd")), RP_ELIMIT);
    assert_string_equal(b.s, "-");
    rp_buf_free(&b);
    assert_int_equal(f.out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_but_surrogates_is_valid_and_reads_back),
        cmocka_unit_test(bytes_that_are_no_character_are_found),
        cmocka_unit_test(the_place_of_the_first_bad_byte_is_told),
        cmocka_unit_test(a_bad_byte_is_found_at_every_place_of_a_long_text),
        cmocka_unit_test(letters_change_case_one_for_one),
        cmocka_unit_test(the_table_holds_as_many_mappings_as_its_source),
        cmocka_unit_test(a_part_is_found_whatever_its_case),
        cmocka_unit_test(a_part_is_found_byte_for_byte),
        cmocka_unit_test(upper_case_is_added_and_may_change_the_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
