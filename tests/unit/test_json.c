/* test_json.c - strict reading: what is accepted, what is refused, with which place and sentence.
 */
#include "engine/base/json.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/values.h"

static void reads_as(const char *json, const char *expected)
{
    is_told_as(read_json(json), 0, expected);
}

static void stays(const char *json)
{
    reads_as(json, json);
}

/* ---- what is accepted ---- */

static void values_come_back_as_they_were(void **state)
{
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "2.5",
        "\"\"",
        "\"text\"",
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "{\"\":{}}",
        "[1,[2,[3,[4]]],5]",
        "{\"a\":1,\"b\":{\"c\":[null,true,false]}}",
        "[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"]",
        "\"/\"",
        "\"\x7f\"",
        "\"\xef\xbf\xbe\xef\xbf\xbf\"",
        "\"\xc2\x80\xe2\x80\xa8\"",
        "{\"a\":1,\"A\":2}",
        "{\"z\":1,\"a\":2}",
        "[\"a\",\"a\"]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        stays(texts[i]);
}

static void white_space_may_surround_every_part(void **state)
{
    (void)state;
    reads_as(" \t\r\n[ 1 ,\n2\t,\r{ \"a\" : 3 } ] \n", "[1,2,{\"a\":3}]");
    reads_as("\n{\n}\n", "{}");
    reads_as("[ ]", "[]");
    reads_as(" 1 ", "1");
}

static void integers_of_any_size_keep_their_digits(void **state)
{
    (void)state;
    assert_int_equal(read_json("9223372036854775807").tag, RP_INT);
    assert_int_equal(read_json("-9223372036854775808").tag, RP_INT);
    assert_true(read_json("-9223372036854775808").u.i == INT64_MIN);
    assert_int_equal(read_json("9223372036854775808").tag, RP_DIGITS);
    assert_int_equal(read_json("-9223372036854775809").tag, RP_DIGITS);
    assert_int_equal(read_json("18446744073709551616").tag, RP_DIGITS);
    assert_int_equal(read_json("-0").tag, RP_DIGITS);
    assert_int_equal(read_json("0").tag, RP_INT);
    stays("-0");
    stays("9223372036854775808");
    stays("-123456789012345678901234567890123456789012345678901234567890");
}

static void other_numbers_become_doubles(void **state)
{
    (void)state;
    assert_int_equal(read_json("1.0").tag, RP_REAL);
    reads_as("1.0", "1.0");
    reads_as("-0.0", "-0.0");
    reads_as("1e5", "100000.0");
    reads_as("1E+2", "100.0");
    reads_as("1e-5", "1e-05");
    reads_as("0e0", "0.0");
    reads_as("0.5000", "0.5");
    reads_as("123456789012345678901234567890.0", "1.2345678901234568e+29");
    reads_as("1e-9999", "0.0");
    reads_as("1.7976931348623157e308", "1.7976931348623157e+308");
}

static void escapes_are_resolved(void **state)
{
    (void)state;
    reads_as("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
    reads_as("\"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\\uD83D\\uDE00\"",
             "\"A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"");
    reads_as("\"a\\u0000b\"", "\"a\\u0000b\"");
    reads_as("\"\\u0001\\u001F\\u007f\\u000b\"", "\"\\u0001\\u001f\x7f\\u000b\"");
    reads_as("\"\\udbff\\udfff\\ufffe\"", "\"\xf4\x8f\xbf\xbf\xef\xbf\xbe\"");
    reads_as("{\"\\u0061\":1}", "{\"a\":1}");
    assert_int_equal(rp_str_of(read_json("\"a\\u0000b\"")).n, 3);
}

/* ---- what is refused ---- */

struct mistake {
    const char *json, *where, *text;
};

static void is_refused(const char *json, size_t n, const char *where, const char *text)
{
    struct rp_value v = rp_int(77);
    struct rp_error err = {0};

    assert_int_equal(read_bytes(json, n, &v, &err), RP_EPARSE);
    assert_int_equal(err.status, RP_EPARSE);
    assert_string_equal(err.text, text);
    assert_string_equal(err.where, where);
    assert_int_equal(v.u.i, 77);
    assert_int_equal(read_bytes(json, n, &v, NULL), RP_EPARSE);
    assert_int_equal(rp_json_try(&heap, (struct rp_str){json, n}, &v), RP_EPARSE);
    assert_int_equal(v.u.i, 77);
}

static void are_refused(const struct mistake *mistakes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        is_refused(mistakes[i].json, strlen(mistakes[i].json), mistakes[i].where, mistakes[i].text);
}

#define ARE_REFUSED(mistakes) are_refused(mistakes, sizeof(mistakes) / sizeof(*(mistakes)))

static void what_is_no_value_is_refused(void **state)
{
    static const struct mistake mistakes[] = {
        {"", "line 1, column 1", "expected a value, found the end of the text"},
        {" \n ", "line 2, column 2", "expected a value, found the end of the text"},
        {"tru", "line 1, column 1", "expected a value, found 'tru'"},
        {"truee", "line 1, column 1", "expected a value, found 'truee'"},
        {"True", "line 1, column 1", "expected a value, found 'True'"},
        {"nul", "line 1, column 1", "expected a value, found 'nul'"},
        {"None", "line 1, column 1", "expected a value, found 'None'"},
        {"NaN", "line 1, column 1", "expected a value, found 'NaN'"},
        {"undefined_and_a_long_word", "line 1, column 1",
         "expected a value, found 'undefined_and_a_'"},
        {"'a'", "line 1, column 1", "expected a value, found '''"},
        {"\xc3\xa4", "line 1, column 1", "expected a value, found '\xc3\xa4'"},
        {"// no", "line 1, column 1", "expected a value, found '/'"},
        {"[1,\xff]", "line 1, column 4", "expected a value, found a byte that is not UTF-8"},
        {"[\x01]", "line 1, column 2", "expected a value, found the control character 1"},
        {"\x0b 1", "line 1, column 1", "expected a value, found the control character 11"},
        {"\xc2\xa0"
         "1",
         "line 1, column 1", "expected a value, found '\xc2\xa0'"},
        {"\xef\xbb\xbf{}", "line 1, column 1", "the text begins with a byte order mark; remove it"},
        {"[\xef\xbb\xbf]", "line 1, column 2", "expected a value, found '\xef\xbb\xbf'"},
        {"1 2", "line 1, column 3", "expected the end of the text, found '2'"},
        {"{} x", "line 1, column 4", "expected the end of the text, found 'x'"},
        {"[]]", "line 1, column 3", "expected the end of the text, found ']'"},
        {"nullnull", "line 1, column 1", "expected a value, found 'nullnull'"},
        {"\"a\" \"b\"", "line 1, column 5", "expected the end of the text, found '\"'"},
    };

    (void)state;
    ARE_REFUSED(mistakes);
    is_refused("1\0", 2, "line 1, column 2",
               "expected the end of the text, found the control character 0");
}

static void numbers_of_another_form_are_refused(void **state)
{
    static const struct mistake mistakes[] = {
        {"01", "line 1, column 1", "a number may not begin with a 0 before other digits"},
        {"[-012]", "line 1, column 3", "a number may not begin with a 0 before other digits"},
        {"00.5", "line 1, column 1", "a number may not begin with a 0 before other digits"},
        {"+1", "line 1, column 1", "expected a value, found '+'"},
        {".5", "line 1, column 1", "expected a value, found '.'"},
        {"-", "line 1, column 2", "expected a digit after '-', found the end of the text"},
        {"--1", "line 1, column 2", "expected a digit after '-', found '-'"},
        {"-.5", "line 1, column 2", "expected a digit after '-', found '.'"},
        {"-Infinity", "line 1, column 2", "expected a digit after '-', found 'Infinity'"},
        {"1.", "line 1, column 3", "expected a digit after the point, found the end of the text"},
        {"[1.]", "line 1, column 4", "expected a digit after the point, found ']'"},
        {"1.e5", "line 1, column 3", "expected a digit after the point, found 'e5'"},
        {"1e", "line 1, column 3", "expected a digit in the exponent, found the end of the text"},
        {"1e+", "line 1, column 4", "expected a digit in the exponent, found the end of the text"},
        {"1e-x", "line 1, column 4", "expected a digit in the exponent, found 'x'"},
        {"1e1.5", "line 1, column 4", "expected the end of the text, found '.'"},
        {"0x10", "line 1, column 2", "expected the end of the text, found 'x10'"},
        {"1_000", "line 1, column 2", "expected the end of the text, found '_000'"},
        {"[1e400]", "line 1, column 2", "the number is beyond the range of a double"},
        {"-1e309", "line 1, column 1", "the number is beyond the range of a double"},
        {"1.8e308", "line 1, column 1", "the number is beyond the range of a double"},
    };

    (void)state;
    ARE_REFUSED(mistakes);
}

static void strings_of_another_form_are_refused(void **state)
{
    static const struct mistake mistakes[] = {
        {"\"", "line 1, column 2",
         "expected the string's closing quote, found the end of the text"},
        {"[\"abc", "line 1, column 6",
         "expected the string's closing quote, found the end of the text"},
        {"\"a\nb\"", "line 1, column 3",
         "expected the string's closing quote, found the control character 10"},
        {"\"a\tb\"", "line 1, column 3",
         "expected the string's closing quote, found the control character 9"},
        {"\"\\", "line 1, column 3",
         "expected one of \" \\ / b f n r t u after a backslash, found the end of the text"},
        {"\"\\x41\"", "line 1, column 3",
         "expected one of \" \\ / b f n r t u after a backslash, found 'x41'"},
        {"\"\\'\"", "line 1, column 3",
         "expected one of \" \\ / b f n r t u after a backslash, found '''"},
        {"\"\\u00g0\"", "line 1, column 6",
         "expected four hexadecimal digits after \\u, found 'g0'"},
        {"\"\\u12", "line 1, column 6",
         "expected four hexadecimal digits after \\u, found the end of the text"},
        {"\"\\U0041\"", "line 1, column 3",
         "expected one of \" \\ / b f n r t u after a backslash, found 'U0041'"},
        {"\"\\ud800\"", "line 1, column 2", "half of a surrogate pair stands alone"},
        {"\"ab\\udc00\"", "line 1, column 4", "half of a surrogate pair stands alone"},
        {"\"\\ud800\\u0041\"", "line 1, column 2", "half of a surrogate pair stands alone"},
        {"\"\\ud800\\u0000\"", "line 1, column 2", "half of a surrogate pair stands alone"},
        {"\"\\ud800\\ud800\"", "line 1, column 2", "half of a surrogate pair stands alone"},
        {"\"\\ud800x\"", "line 1, column 2", "half of a surrogate pair stands alone"},
        {"\"\\ud800\\u12\"", "line 1, column 12",
         "expected four hexadecimal digits after \\u, found '\"'"},
        {"\"a\x80\"", "line 1, column 3", "the bytes of this character are not UTF-8"},
        {"\"\xc0\xaf\"", "line 1, column 2", "the bytes of this character are not UTF-8"},
        {"\"\xed\xa0\x80\"", "line 1, column 2", "the bytes of this character are not UTF-8"},
        {"\"\xf5\x80\x80\x80\"", "line 1, column 2", "the bytes of this character are not UTF-8"},
        {"\"\xc3\"", "line 1, column 2", "the bytes of this character are not UTF-8"},
        {"\"\\n\xff\"", "line 1, column 4", "the bytes of this character are not UTF-8"},
    };

    (void)state;
    ARE_REFUSED(mistakes);
    is_refused("\"\0\"", 3, "line 1, column 2",
               "expected the string's closing quote, found the control character 0");
}

static void arrays_and_objects_of_another_form_are_refused(void **state)
{
    static const struct mistake mistakes[] = {
        {"[", "line 1, column 2", "expected a value, found the end of the text"},
        {"[1", "line 1, column 3", "expected ',' or ']', found the end of the text"},
        {"[1 2]", "line 1, column 4", "expected ',' or ']', found '2'"},
        {"[1,]", "line 1, column 4", "expected a value, found ']'"},
        {"[,1]", "line 1, column 2", "expected a value, found ','"},
        {"[1,,2]", "line 1, column 4", "expected a value, found ','"},
        {"[1}", "line 1, column 3", "expected ',' or ']', found '}'"},
        {"]", "line 1, column 1", "expected a value, found ']'"},
        {"{", "line 1, column 2", "expected a key in double quotes, found the end of the text"},
        {"{a:1}", "line 1, column 2", "expected a key in double quotes, found 'a'"},
        {"{'a':1}", "line 1, column 2", "expected a key in double quotes, found '''"},
        {"{1:2}", "line 1, column 2", "expected a key in double quotes, found '1'"},
        {"{\"a\"}", "line 1, column 5", "expected ':' after the key, found '}'"},
        {"{\"a\" 1}", "line 1, column 6", "expected ':' after the key, found '1'"},
        {"{\"a\":}", "line 1, column 6", "expected a value, found '}'"},
        {"{\"a\":1", "line 1, column 7", "expected ',' or '}', found the end of the text"},
        {"{\"a\":1 \"b\":2}", "line 1, column 8", "expected ',' or '}', found '\"'"},
        {"{\"a\":1,}", "line 1, column 8", "expected a key in double quotes, found '}'"},
        {"{\"a\":1]", "line 1, column 7", "expected ',' or '}', found ']'"},
        {"{\"a\":1,,}", "line 1, column 8", "expected a key in double quotes, found ','"},
        {"[1] // one", "line 1, column 5", "expected the end of the text, found '/'"},
    };

    (void)state;
    ARE_REFUSED(mistakes);
}

static void a_place_counts_lines_and_characters(void **state)
{
    static const struct mistake mistakes[] = {
        {"[\n  1,\n  x]", "line 3, column 3", "expected a value, found 'x'"},
        {"[\r\n\r\n\t?]", "line 3, column 2", "expected a value, found '?'"},
        {"[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\",!]", "line 1, column 8",
         "expected a value, found '!'"},
        {"\n\n\n", "line 4, column 1", "expected a value, found the end of the text"},
    };

    (void)state;
    ARE_REFUSED(mistakes);
}

static void a_key_that_stands_twice_is_refused_at_its_second_place(void **state)
{
    static const struct mistake mistakes[] = {
        {"{\"a\":1,\"a\":1}", "line 1, column 8", "the key \"a\" stands twice in one object"},
        {"[{},\n{\"b\":1, \"c\":2, \"\\u0062\":3, \"c\":4}]", "line 2, column 16",
         "the key \"b\" stands twice in one object"},
        {"{\"\":1,\"\":2}", "line 1, column 7", "the key \"\" stands twice in one object"},
        {"{\"x\":{\"y\":{\"z\":1,\"z\":2}}}", "line 1, column 18",
         "the key \"z\" stands twice in one object"},
    };

    (void)state;
    ARE_REFUSED(mistakes);
    stays("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":2},{\"a\":3}]}");
    stays("{\"a\":1,\"a\\u0000\":2,\"aa\":3}");
}

/* An object of n keys; with twice, the last one is like key number twice. */
static size_t write_object(char *out, uint32_t n, uint32_t twice)
{
    size_t at = 0;

    out[at++] = '{';
    for (uint32_t i = 0; i < n; i++) {
        uint32_t number = i + 1 == n && twice < n ? twice : i * 2654435761u;
        if (i + 1 != n && i == twice)
            number = twice;
        memcpy(out + at, i ? ",\"k" : "\"k", i ? 3 : 2);
        at += i ? 3 : 2;
        for (unsigned bits = 0; bits < 32; bits += 4)
            out[at++] = (char)('a' + (number >> bits & 15));
        memcpy(out + at, "\":1", 3);
        at += 3;
    }
    out[at++] = '}';
    return at;
}

static void a_huge_object_is_read_quickly_and_its_keys_are_told_apart(void **state)
{
    enum { KEYS = 400000 };
    char *json;
    struct rp_error err;
    struct rp_value v;
    size_t n;

    (void)state;
    if (RP_LIST_MAX < 2 * KEYS)
        skip();
    json = malloc((size_t)KEYS * 16);
    assert_non_null(json);
    n = write_object(json, KEYS, UINT32_MAX);
    assert_int_equal(read_bytes(json, n, &v, NULL), RP_OK);
    assert_int_equal(rp_map_len(v), KEYS);
    n = write_object(json, KEYS, 123456);
    assert_int_equal(read_bytes(json, n, &v, &err), RP_EPARSE);
    assert_string_equal(err.text, "the key \"kaecobaaa\" stands twice in one object");
    free(json);
}

static void objects_of_every_small_size_tell_their_keys_apart(void **state)
{
    char json[64 * 16];

    (void)state;
    for (uint32_t n = 2; n < 64; n++)
        for (uint32_t twice = 0; twice + 1 < n; twice++) {
            struct rp_value v;
            assert_int_equal(read_bytes(json, write_object(json, n, UINT32_MAX), &v, NULL), RP_OK);
            assert_int_equal(read_bytes(json, write_object(json, n, twice), &v, NULL), RP_EPARSE);
        }
}

static void nesting_ends_at_its_bound(void **state)
{
    static char json[2 * RP_JSON_DEPTH_MAX + 3];
    struct rp_error err;
    struct rp_value v;
    size_t n = 2 * (size_t)RP_JSON_DEPTH_MAX;

    (void)state;
    memset(json, '[', n / 2);
    memset(json + n / 2, ']', n / 2);
    assert_int_equal(read_bytes(json, n, &v, &err), RP_OK);
    is_told_as(v, 0, json);
    memset(json, '[', n / 2 + 1);
    memset(json + n / 2 + 1, ']', n / 2 + 1);
    assert_int_equal(read_bytes(json, n + 2, &v, &err), RP_EPARSE);
    assert_string_equal(err.text, "too many arrays and objects inside each other");
}

static void is_over_a_limit(const char *json, size_t n, const char *text)
{
    struct rp_value v = rp_int(77);
    struct rp_error err = {0};

    assert_int_equal(read_bytes(json, n, &v, &err), RP_ELIMIT);
    assert_int_equal(err.status, RP_ELIMIT);
    assert_string_equal(err.where, "line 1, column 2");
    assert_string_equal(err.text, text);
    assert_int_equal(rp_json_try(&heap, (struct rp_str){json, n}, &v), RP_EPARSE);
    assert_int_equal(v.u.i, 77);
}

/* [ and ] around n bytes c, or "c" when quoted is set. */
static size_t write_long(char *out, size_t n, char c, int quoted)
{
    size_t at = 0;

    out[at++] = '[';
    if (quoted)
        out[at++] = '"';
    memset(out + at, c, n);
    at += n;
    if (quoted)
        out[at++] = '"';
    out[at++] = ']';
    return at;
}

static void what_is_over_a_limit_is_refused_as_such(void **state)
{
    char *json;
    struct rp_value v;
    size_t n;

    (void)state;
    if (RP_TEXT_MAX > 1 << 20 || RP_LIST_MAX > 1 << 20)
        skip(); /* for the build with small limits */
    json = malloc(RP_TEXT_MAX + 2 * (size_t)RP_LIST_MAX + 64);
    assert_non_null(json);
    n = write_long(json, RP_TEXT_MAX, 'x', 1);
    assert_int_equal(read_bytes(json, n, &v, NULL), RP_OK);
    n = write_long(json, RP_TEXT_MAX + 1u, 'x', 1);
    is_over_a_limit(json, n, "a string is too long");
    n = write_long(json, RP_TEXT_MAX + 2u, 'x', 1);
    memcpy(json + n - 5, "\\n", 2); /* two bytes for one */
    is_over_a_limit(json, n, "a string is too long");
    n = write_long(json, RP_TEXT_MAX + 1u, '1', 0);
    is_over_a_limit(json, n, "a number is too long");
    n = 2 * (size_t)RP_LIST_MAX + 1;
    for (size_t i = 0; i <= RP_LIST_MAX; i++)
        memcpy(json + 2 + 2 * i, "0,", 2);
    memcpy(json, "[[", 2);
    memcpy(json + 2 + n, "]]", 2);
    is_over_a_limit(json, n + 4, "an array or object is too long");
    memcpy(json + n, "]]", 2);
    assert_int_equal(read_bytes(json, n + 2, &v, NULL), RP_OK);
    free(json);
}

static void a_hundred_million_brackets_are_refused_at_once(void **state)
{
    enum { BRACKETS = 100 << 20 };
    char *json = malloc(BRACKETS);
    struct rp_error err;
    struct rp_value v;

    (void)state;
    assert_non_null(json);
    memset(json, '[', BRACKETS);
    assert_int_equal(rp_json_read(&heap, json, BRACKETS, &v, &err), RP_EPARSE);
    assert_string_equal(err.text, "too many arrays and objects inside each other");
    memset(json, ' ', BRACKETS);
    assert_int_equal(rp_json_try(&heap, (struct rp_str){json, BRACKETS}, &v), RP_EPARSE);
    free(json);
}

static void every_beginning_of_a_text_is_refused_and_nothing_beyond_it_read(void **state)
{
    static const char json[] = "{\"k\\u00e4\":[true,false,null,-1.5e+3,\"\xc3\xa4\\ud83d\\ude00\"],"
                               "\"b\":{\"c\":0}} ";
    struct rp_value v;

    (void)state;
    for (size_t n = 0; n < sizeof(json) - 2; n++)
        assert_int_equal(read_bytes(json, n, &v, NULL), RP_EPARSE);
    assert_int_equal(read_bytes(json, sizeof(json) - 1, &v, NULL), RP_OK);
}

static void a_try_tells_json_from_other_texts(void **state)
{
    static const char *const not_json[] = {"",
                                           " ",
                                           "Hello.",
                                           "[see below",
                                           "{name}",
                                           "2024 was",
                                           "\"quoted\" and more",
                                           "null and void",
                                           "true.",
                                           "-"};
    struct rp_value v;

    (void)state;
    for (size_t i = 0; i < sizeof(not_json) / sizeof(*not_json); i++)
        assert_int_equal(rp_json_try(&heap, rp_str(not_json[i]), &v), RP_EPARSE);
    assert_int_equal(rp_json_try(&heap, rp_str(" {\"a\":[1]}\n"), &v), RP_OK);
    is_told_as(v, 0, "{\"a\":[1]}");
    assert_int_equal(rp_json_try(&heap, rp_str("null"), &v), RP_OK);
    assert_int_equal(rp_json_try(&heap, rp_str(" false "), &v), RP_OK);
    assert_int_equal(rp_json_try(&heap, rp_str("-12"), &v), RP_OK);
    assert_int_equal(v.u.i, -12);
    assert_int_equal(rp_json_try(&heap, rp_str("\"\""), &v), RP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_were),
        cmocka_unit_test(white_space_may_surround_every_part),
        cmocka_unit_test(integers_of_any_size_keep_their_digits),
        cmocka_unit_test(other_numbers_become_doubles),
        cmocka_unit_test(escapes_are_resolved),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(numbers_of_another_form_are_refused),
        cmocka_unit_test(strings_of_another_form_are_refused),
        cmocka_unit_test(arrays_and_objects_of_another_form_are_refused),
        cmocka_unit_test(a_place_counts_lines_and_characters),
        cmocka_unit_test(a_key_that_stands_twice_is_refused_at_its_second_place),
        cmocka_unit_test(a_huge_object_is_read_quickly_and_its_keys_are_told_apart),
        cmocka_unit_test(objects_of_every_small_size_tell_their_keys_apart),
        cmocka_unit_test(nesting_ends_at_its_bound),
        cmocka_unit_test(what_is_over_a_limit_is_refused_as_such),
        cmocka_unit_test(a_hundred_million_brackets_are_refused_at_once),
        cmocka_unit_test(every_beginning_of_a_text_is_refused_and_nothing_beyond_it_read),
        cmocka_unit_test(a_try_tells_json_from_other_texts),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
