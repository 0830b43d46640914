/* test_import_vcr.c - cassettes of VCR.py and of Ruby's VCR become exchanges, or are refused with
 * line and column or their path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/imported.h"

#define ONE_REPLY                                                                                  \
    "  response: {status: {code: 200, message: OK}, headers: {}, body: {string: '{}'}}\n"
#define CALL                                                                                       \
    "- request: {method: POST, uri: 'http://h/v1/chat/completions', headers: {},"                  \
    " body: '{\"model\":\"m\",\"messages\":[]}'}\n"

/* ---- taken ----------------------------------------------------------------------------------- */

static void a_cassette_in_yaml_becomes_exchanges(void **state)
{
    size_t n;
    const char *text = formats_file("talk.yaml", &n);

    (void)state;
    assert_string_equal(formats_of("talk.yaml"), "vcr");
    text = formats_file("talk.yaml", &n);
    told_as_in("talk.yaml.told", imported("vcr", NULL, text, n));
}

static void a_cassette_in_json_becomes_exchanges(void **state)
{
    size_t n;
    const char *text;

    (void)state;
    assert_string_equal(formats_of("talk-vcr.json"), "vcr");
    text = formats_file("talk-vcr.json", &n);
    told_as_in("talk-vcr.json.told", imported("vcr", NULL, text, n));
}

static void lanes_are_told_by_model_key_or_header(void **state)
{
    size_t n;
    const char *text = formats_file("talk-vcr.json", &n);

    (void)state;
    assert_non_null(strstr(imported("vcr", "model", text, n), "\n{\"lane\":\"claude-3-5-haiku\""));
    assert_non_null(strstr(imported("vcr", "key", text, n), "\n{\"lane\":\"key-2\",\"order\":1,"));
    /* a header with a secret names no lane with it */
    assert_non_null(strstr(imported("vcr", "header:x-api-key", text, n),
                           "\n{\"lane\":\"[redacted:1]\",\"order\":1,"));
    assert_non_null(strstr(imported("vcr", "header:content-type", text, n),
                           "\n{\"lane\":\"application/json\",\"order\":1,"));
}

static void a_cassette_of_ruby_is_read_too(void **state)
{
    (void)state;
    assert_string_equal(
        importedz("vcr", "---\nhttp_interactions:\n- request:\n    method: post\n"
                         "    uri: https://api.anthropic.com/v1/messages\n"
                         "    body:\n      encoding: UTF-8\n"
                         "      string: '{\"model\":\"c\",\"messages\":[]}'\n"
                         "    headers:\n      X-Team: red\n"
                         "  response:\n    status:\n      code: 529\n      message: ''\n"
                         "    headers: {}\n    body:\n      encoding: ASCII-8BIT\n"
                         "      string: !binary |-\n        /wA=\n    http_version: null\n"
                         "  recorded_at: Fri, 20 Nov 2026 16:10:15 GMT\n"
                         "recorded_with: VCR 6.1.0\n"),
        "1 exchanges, 0 tools\n"
        "lost 1: times of pieces, of replies and of requests: each body is one piece, at once "
        "(input: http_interactions[0])\n"
        "{\"lane\":\"default\",\"order\":1,\"dialect\":\"anthropic\",\"model\":\"c\","
        "\"method\":\"post\",\"url\":\"https://api.anthropic.com/v1/messages\","
        "\"request_headers\":[[\"X-Team\",\"red\"]],"
        "\"request\":{\"model\":\"c\",\"messages\":[]},\"status\":529,\"headers\":[],"
        "\"response_base64\":\"/wA=\",\"chunks\":[[2,0]],\"started_us\":0,\"head_us\":0,"
        "\"end_us\":0,\"recorded_at\":\"2026-11-20T16:10:15Z\",\"source\":\"vcr\"}\n");
}

static void a_deflated_body_and_one_packed_in_an_unknown_way_are_told_apart(void **state)
{
    /* zlib's format, bare deflate, and bytes that only their header knows */
    static const char *const bodies[] = {
        "eNqrVspOrVSyMqwFAA8pAvE=", "q1bKTq1UsjKsBQA=", "/1sAgA=="};
    static const char *const encodings[] = {"deflate", "deflate", "br"};
    static const char *const told[] = {
        "\"headers\":[],\"response\":{\"key\":1},", "\"headers\":[],\"response\":{\"key\":1},",
        "\"headers\":[[\"content-encoding\",\"br\"]],\"response_base64\":\"/1sAgA==\","};
    char text[600];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof(text),
                 "interactions:\n" CALL "  response: {status: {code: 200, message: OK}, headers: "
                 "{content-encoding: [%s]}, body: {string: !!binary '%s'}}\n",
                 encodings[i], bodies[i]);
        if (!strstr(importedz("vcr", text), told[i]))
            fail_msg("%s", importedz("vcr", text));
    }
}

static void an_empty_cassette_has_nothing(void **state)
{
    (void)state;
    assert_string_equal(importedz("vcr", "interactions: []\nversion: 1\n"),
                        "0 exchanges, 0 tools\n");
    assert_string_equal(importedz("vcr", "interactions:\nversion: 1\n"), "0 exchanges, 0 tools\n");
    assert_string_equal(importedz("vcr", "{\"version\":1,\"interactions\":[]}"),
                        "0 exchanges, 0 tools\n");
}

/* ---- refused --------------------------------------------------------------------------------- */

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *told;
    } wrong[] = {
        {"a: [1\n", "input: line 2, column 1: this is no YAML: did not find expected ',' or ']'"},
        {"a: 1\n", "input: interactions: nothing, where a list is expected"},
        {"hello", "input: no VCR cassette: it has no \"interactions\""},
        {"", "input: no VCR cassette: it has no \"interactions\""},
        {"- request: 1\n",
         "input: a cassette from before version 1 (a bare list); migrate it with VCR's own tool "
         "(python -m vcr.migration) and import that"},
        {"version: 2\ninteractions: []\n",
         "input: version: version 2 of the format; only version 1 is known"},
        {"a: 1\n---\nb: 1\n", "input: line 2, column 1: a second document; a cassette is one"},
        {"x: !!python/object:vcr.request.Request\n  a: 1\n",
         "input: line 1, column 4: the tag tag:yaml.org,2002:python/object:vcr.request.Request "
         "stands for more than plain data and is not accepted; record the cassette anew, or write "
         "what it holds as plain data"},
        {"a: 1\nb:\n  c: 1\n  c: 2\n",
         "input: line 3, column 3: in what begins here the key \"c\" stands twice"},
        {"? [1]\n: 2\n", "input: line 1, column 5: a key that is no text"},
        {"a: &x [*x]\n", "input: line 1, column 8: the alias *x stands inside its own anchor"},
        {"a: *x\n", "input: line 1, column 4: the alias *x has no anchor before it"},
        {"a: !!binary '*'\n", "input: line 1, column 4: this !!binary is no base64"},
        {"interactions:\n- 1\n",
         "input: interactions[0]: something else, where an object is expected"},
        {"interactions:\n- {request: {uri: x}, response: {}}\n",
         "input: interactions[0].request.method: nothing, where a text is expected"},
        {"interactions:\n" CALL "  response: {status: {}}\n",
         "input: interactions[0].response.status.code: nothing, where a status is expected"},
        {"interactions:\n" CALL "  response: {status: {code: fine}}\n",
         "input: interactions[0].response.status.code: no whole number from 100 to 999"},
        {"interactions:\n" CALL "  response: {status: {code: 200}, body: [1]}\n",
         "input: interactions[0].response.body: something else, where a text is expected"},
        {"interactions:\n" CALL "  response: {status: {code: 200}, body: {base64_string: 'a'}}\n",
         "input: interactions[0].response.body.base64_string: no base64: wrong at character 2"},
        {"interactions:\n" CALL
         "  response: {status: {code: 200}, headers: {content-encoding: gzip},"
         " body: {string: !!binary H4sIAAAA}}\n",
         "input: interactions[0]: its body is compressed, and damaged or cut; record it again, or "
         "remove it"},
        {"interactions:\n" CALL "  response: {status: {code: 200}, headers: {a: \"b\\0c\"}}\n",
         "input: interactions[0].response.headers.a: a text with a zero byte, which has no "
         "meaning here"},
        {"{\"interactions\":[}", "input: line 1, column 18: expected a value, found '}'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_string_equal(importedz("vcr", wrong[i].text), wrong[i].told);
}

static void too_deep_a_nesting_is_refused(void **state)
{
    char text[400] = "a: ";

    (void)state;
    memset(text + 3, '[', 100);
    assert_string_equal(importedz("vcr", text),
                        "input: line 1, column 67: nested deeper than any cassette is");
}

/* Each level is ten times the one below it: as plain text it would be 10^12 values. */
static void aliases_cost_what_stands_in_the_file(void **state)
{
    char text[1200] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    struct rp_import_opts opts = {0};
    struct rp_import *im = NULL;
    struct rp_error err = {0};
    struct faulty f;

    (void)state;
    for (int i = 1; i < 12; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1,
                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s",
             "interactions:\n" CALL "  response: {status: {code: 200}, headers: {bomb: *a11}}\n");
    faulty_init(&f, -1);
    assert_int_equal(rp_import_new(&f.alloc, &opts, &im), RP_OK);
    assert_int_equal(rp_import_read(im, rp_format_of("vcr"), "input", text, strlen(text), &err),
                     RP_EPARSE);
    assert_string_equal(err.where, "input: interactions[0].response.headers.bomb[0]");
    rp_import_free(im);
    assert_int_equal(f.out, 0);
    assert_true(f.peak < 1 << 20);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static char swept[1 << 14];
static size_t swept_n;

static int read_swept(const struct rp_alloc *alloc)
{
    struct rp_import_opts opts = {.lane_by = "key"};
    struct rp_import *im = NULL;
    int rc = rp_import_new(alloc, &opts, &im);

    if (rc == RP_OK)
        rc = rp_import_read(im, rp_format_of("vcr"), "input", swept, swept_n, NULL);
    rp_import_free(im);
    return rc;
}

static void memory_may_run_out_anywhere(void **state)
{
    const char *text = formats_file("talk.yaml", &swept_n);

    (void)state;
    memcpy(swept, text, swept_n);
    assert_true(sweep_memory(read_swept) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(a_cassette_in_yaml_becomes_exchanges),
        CASSETTE_TEST(a_cassette_in_json_becomes_exchanges),
        CASSETTE_TEST(lanes_are_told_by_model_key_or_header),
        CASSETTE_TEST(a_cassette_of_ruby_is_read_too),
        CASSETTE_TEST(a_deflated_body_and_one_packed_in_an_unknown_way_are_told_apart),
        CASSETTE_TEST(an_empty_cassette_has_nothing),
        CASSETTE_TEST(what_is_wrong_is_told_with_its_place),
        CASSETTE_TEST(too_deep_a_nesting_is_refused),
        CASSETTE_TEST(aliases_cost_what_stands_in_the_file),
        CASSETTE_TEST(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
