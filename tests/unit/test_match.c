/* test_match.c - the canonical form of requests, their digests, masks, and where two differ. */
#include <stdio.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/os/reprise_os.h"
#include "mocks/match.h"
#include "tests/support/cm.h"

static struct rp_buf canonical;

static int set_up(void **state)
{
    struct rp_alloc memory = rp_alloc_libc();

    (void)state;
    rp_buf_init(&canonical, &memory, SIZE_MAX / 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rp_buf_free(&canonical);
    return 0;
}

static const char *form(const struct rp_match_opts *opts, const char *url, const char *body)
{
    rp_buf_clear(&canonical);
    assert_int_equal(rp_match_canonical(opts, "POST", url, body, strlen(body), &canonical), RP_OK);
    return canonical.s;
}

/* ---- the canonical form ---- */

static void the_form_is_method_target_and_sorted_body(void **state)
{
    (void)state;
    assert_string_equal(form(NULL, "https://host:8/v1/chat?b=2&a=1&a=0", "{\"b\":[2,1],\"a\":{}}"),
                        "POST\n/v1/chat?a=0&a=1&b=2\n{\"a\":{},\"b\":[2,1]}");
}

static void host_and_fragment_do_not_count(void **state)
{
    (void)state;
    assert_string_equal(form(NULL, "http://a", ""), "POST\n/\n");
    assert_string_equal(form(NULL, "http://a?x=1#y", ""), "POST\n/?x=1\n");
    assert_string_equal(form(NULL, "/v1/x?y=http://z/", ""), "POST\n/v1/x?y=http://z/\n");
}

static void spaces_and_escapes_do_not_count_but_numbers_do(void **state)
{
    (void)state;
    assert_string_equal(form(NULL, "/", " { \"a\" : \"\\u0041\\/\" } "), "POST\n/\n{\"a\":\"A/\"}");
    assert_string_equal(form(NULL, "/", "[1,1.0,1e2]"), "POST\n/\n[1,1.0,100.0]");
}

static void what_is_no_json_stands_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(form(NULL, "/", "{\"a\":1,}"), "POST\n/\n{\"a\":1,}");
    assert_string_equal(form(NULL, "/", "{\"a\":1,\"a\":2}"), "POST\n/\n{\"a\":1,\"a\":2}");
}

static void marks_lose_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(form(NULL, "/?k=[redacted:3]", "{\"a\":\"x [redacted:12] [redacted:1\"}"),
                        "POST\n/?k=[redacted]\n{\"a\":\"x [redacted] [redacted:1\"}");
}

static void masks_leave_out_and_are_counted(void **state)
{
    static const char *const masks[] = {"/seed", "/messages/*/id", "/messages/1", "url.query.t",
                                        "/none"};
    uint64_t counts[5] = {0};
    const struct rp_match_opts opts = {
        .rule = RP_MATCH_STRUCTURAL, .masks = masks, .n_masks = 5, .masked = counts};

    (void)state;
    assert_string_equal(form(&opts, "/?t=1&u=2&t=3",
                             "{\"seed\":1,\"messages\":[{\"id\":1,\"x\":2},{\"id\":3},{\"id\":4}],"
                             "\"a\":{\"seed\":2}}"),
                        "POST\n/?u=2\n{\"a\":{\"seed\":2},\"messages\":[{\"x\":2},[masked],{}]}");
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 2);
    assert_int_equal(counts[2], 1);
    assert_int_equal(counts[3], 2);
    assert_int_equal(counts[4], 0);
}

static void a_strict_rule_has_no_masks(void **state)
{
    static const char *const masks[] = {"/seed"};
    const struct rp_match_opts opts = {.rule = RP_MATCH_STRICT, .masks = masks, .n_masks = 1};

    (void)state;
    assert_string_equal(form(&opts, "/", "{\"seed\":1}"), "POST\n/\n{\"seed\":1}");
}

static void pointers_escape_slash_and_tilde(void **state)
{
    static const char *const masks[] = {"/a~1b~0c", ""};
    const struct rp_match_opts opts = {.rule = RP_MATCH_STRUCTURAL, .masks = masks, .n_masks = 1};
    const struct rp_match_opts all = {
        .rule = RP_MATCH_STRUCTURAL, .masks = masks + 1, .n_masks = 1};

    (void)state;
    assert_string_equal(form(&opts, "/", "{\"a/b~c\":1,\"a\":2}"), "POST\n/\n{\"a\":2}");
    assert_string_equal(form(&all, "/", "{\"a/b~c\":1,\"a\":2}"), "POST\n/\n[masked]");
}

static void wrong_masks_are_refused(void **state)
{
    struct rp_error err;

    (void)state;
    assert_int_equal(rp_match_check_mask("/a/*", NULL), RP_OK);
    assert_int_equal(rp_match_check_mask("url.query.x", NULL), RP_OK);
    assert_int_equal(rp_match_check_mask("messages.0", &err), RP_EARG);
    assert_string_equal(err.where, "messages.0");
    assert_string_equal(err.text, "is no mask; give a JSON pointer, such as /messages/0/content or "
                                  "/tools/*/description, or url.query.NAME");
    assert_int_equal(rp_match_check_mask("url.query.", &err), RP_EARG);
}

static void a_digest_is_that_of_the_form(void **state)
{
    struct rp_alloc memory = rp_alloc_libc();
    char a[65], b[65];

    (void)state;
    assert_int_equal(
        rp_match_digest(&memory, NULL, "POST", "http://a/b?y&x", "{\"b\":1,\"a\":2}", 13, a),
        RP_OK);
    assert_int_equal(
        rp_match_digest(&memory, NULL, "POST", "http://c/b?x&y", "{\"a\":2, \"b\":1}", 14, b),
        RP_OK);
    assert_string_equal(a, b);
    /* printf 'POST\n/b?x&y\n{"a":2,"b":1}' | sha256sum */
    assert_string_equal(a, "939b1aa1c4a8694ad449324e8e6dd0c3c27975a9529980ffd7cd19235f0af1ca");
}

static void names_of_rules_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(rp_match_of(rp_match_name((enum rp_match)i)), i);
    assert_int_equal(rp_match_of("loose"), -1);
}

/* ---- differences ---- */

static struct rp_difference difference;

static const char *differ_by(const struct rp_match_opts *opts, const char *recorded,
                             const char *asked)
{
    static char line[800];
    struct rp_alloc memory = rp_alloc_libc();
    const struct rp_interaction i = {.method = "POST",
                                     .url = "http://a/v1?x=1",
                                     .request = recorded,
                                     .n_request = strlen(recorded)};
    const struct rp_exchange e = {
        .method = "POST", .url = "http://b/v1?x=1", .body = asked, .n_body = strlen(asked)};

    assert_int_equal(rp_match_compare(&memory, opts, &i, &e, &difference), RP_OK);
    snprintf(line, sizeof(line), "%u %s %s %s", difference.count, difference.path,
             difference.recorded, difference.asked);
    return line;
}

static void equal_requests_do_not_differ(void **state)
{
    (void)state;
    assert_string_equal(differ_by(NULL, "{\"a\":1,\"b\":[]}", "{\"b\":[], \"a\":1}"), "0   ");
    assert_string_equal(differ_by(NULL, "", ""), "0   ");
}

static void the_first_difference_is_told_in_document_order(void **state)
{
    (void)state;
    assert_string_equal(differ_by(NULL, "{\"z\":{\"k\":[1,{\"m\":true}]},\"a\":1}",
                                  "{\"a\":2,\"z\":{\"k\":[1,{\"m\":null}]}}"),
                        "2 /z/k/1/m true null");
    assert_string_equal(differ_by(NULL, "[\"one\"]", "[\"two\"]"), "1 /0 \"one\" \"two\"");
}

static void what_is_missing_or_new_is_told(void **state)
{
    (void)state;
    assert_string_equal(differ_by(NULL, "{\"a\":1}", "{\"a\":1,\"b/c\":[1,2]}"),
                        "1 /b~1c (absent) [1,2]");
    assert_string_equal(differ_by(NULL, "[1,2,3]", "[1]"), "2 /1 2 (absent)");
}

static void other_kinds_of_bodies_are_compared_as_text(void **state)
{
    (void)state;
    assert_string_equal(differ_by(NULL, "abc", "abd"), "1 body abc abd");
    assert_string_equal(differ_by(NULL, "[1]", "{\"a\":1}"), "1 body [1] {\"a\":1}");
}

static void a_long_text_is_shown_around_its_difference(void **state)
{
    char a[1000], b[1000];

    (void)state;
    memset(a, 'x', sizeof(a));
    memset(b, 'x', sizeof(b));
    memcpy(a, "[\"", 2);
    memcpy(b, "[\"", 2);
    memcpy(a + 500, "OLD", 3);
    memcpy(b + 500, "NEW", 3);
    memcpy(a + 997, "\"]", 3);
    memcpy(b + 997, "\"]", 3);
    differ_by(NULL, a, b);
    assert_int_equal(difference.count, 1);
    assert_string_equal(difference.path, "/0");
    assert_memory_equal(difference.recorded, "...xxxxxxxx", 11);
    assert_non_null(strstr(difference.recorded, "xxxOLDxxx"));
    assert_non_null(strstr(difference.asked, "xxxNEWxxx"));
    assert_true(strlen(difference.asked) < sizeof(difference.asked));
}

static void masked_places_do_not_differ(void **state)
{
    static const char *const masks[] = {"/seed", "/messages/0"};
    const struct rp_match_opts opts = {.rule = RP_MATCH_STRUCTURAL, .masks = masks, .n_masks = 2};

    (void)state;
    assert_string_equal(differ_by(&opts, "{\"seed\":1,\"messages\":[1,2]}", "{\"messages\":[3,2]}"),
                        "0   ");
}

static void what_was_redacted_is_equal_to_any_text(void **state)
{
    static const struct {
        const char *recorded, *asked;
        int equal;
    } all[] = {
        {"[\"[redacted:1]\"]", "[\"any thing\"]", 1},
        {"[\"[redacted:1]\"]", "[{\"not\":1}]", 1},
        {"[\"a [redacted:1] b\"]", "[\"a xyz b\"]", 1},
        {"[\"a [redacted:1] b\"]", "[\"a  b\"]", 0},
        {"[\"a [redacted:1] b\"]", "[\"a xyz c\"]", 0},
        {"[\"[redacted:1]-[redacted:2].\"]", "[\"x-y.\"]", 1},
        {"[\"[redacted:1]-[redacted:2].\"]", "[\"x.y.\"]", 0},
        {"[\"[redacted:1] ab [redacted:2]b\"]", "[\"1 ab 2 ab b\"]", 1},
        {"[\"[redacted:1]\"]", "[\"[redacted:9]\"]", 1},
        {"k=[redacted:1]&", "k=v&", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        differ_by(NULL, all[i].recorded, all[i].asked);
        assert_int_equal(difference.count == 0, all[i].equal);
    }
}

static void method_and_url_are_compared_first(void **state)
{
    struct rp_alloc memory = rp_alloc_libc();
    const struct rp_interaction i = {.method = "POST", .url = "http://a/v1?x=1"};
    const struct rp_exchange e = {.method = "GET", .url = "http://a/v2?x=1", .body = "x", 1};

    (void)state;
    assert_int_equal(rp_match_compare(&memory, NULL, &i, &e, &difference), RP_OK);
    assert_int_equal(difference.count, 3);
    assert_string_equal(difference.path, "method");
    assert_string_equal(difference.recorded, "POST");
    assert_string_equal(difference.asked, "GET");
}

static void a_sequence_asks_for_nothing(void **state)
{
    const struct rp_match_opts opts = {.rule = RP_MATCH_SEQUENCE};

    (void)state;
    assert_string_equal(differ_by(&opts, "[1]", "[2]"), "0   ");
}

#define MATCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MATCH_TEST(the_form_is_method_target_and_sorted_body),
        MATCH_TEST(host_and_fragment_do_not_count),
        MATCH_TEST(spaces_and_escapes_do_not_count_but_numbers_do),
        MATCH_TEST(what_is_no_json_stands_as_it_is),
        MATCH_TEST(marks_lose_their_numbers),
        MATCH_TEST(masks_leave_out_and_are_counted),
        MATCH_TEST(a_strict_rule_has_no_masks),
        MATCH_TEST(pointers_escape_slash_and_tilde),
        MATCH_TEST(wrong_masks_are_refused),
        MATCH_TEST(a_digest_is_that_of_the_form),
        MATCH_TEST(names_of_rules_go_both_ways),
        MATCH_TEST(equal_requests_do_not_differ),
        MATCH_TEST(the_first_difference_is_told_in_document_order),
        MATCH_TEST(what_is_missing_or_new_is_told),
        MATCH_TEST(other_kinds_of_bodies_are_compared_as_text),
        MATCH_TEST(a_long_text_is_shown_around_its_difference),
        MATCH_TEST(masked_places_do_not_differ),
        MATCH_TEST(what_was_redacted_is_equal_to_any_text),
        MATCH_TEST(method_and_url_are_compared_first),
        MATCH_TEST(a_sequence_asks_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
