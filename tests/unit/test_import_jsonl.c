/* test_import_jsonl.c - lines of JSON: plain pairs are taken as they can be, our own lose nothing.
 */
#include <stdio.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/imported.h"

static const struct rp_header asked[] = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
static const struct rp_header got[] = {
    {"X-A", "1"}, {"X-A", "\xff latin"}, {"Content-Length", "9"}};
static const struct rp_body_chunk chunks[] = {{5, 0}, {0, 127}, {1, 128}, {3, UINT64_MAX}};

/* All that an exchange can have, and one that has hardly anything. */
static void fill(struct rp_cassette *c)
{
    struct rp_interaction whole = {.lane = "writer",
                                   .order = 3,
                                   .attempt = 1,
                                   .dialect = "responses",
                                   .model = "m-1",
                                   .stream = 1,
                                   .method = "POST",
                                   .url = "https://h/v1/chat?x=1",
                                   .request_headers = asked,
                                   .n_request_headers = 2,
                                   .request = "{ \"a\":1}",
                                   .n_request = 8,
                                   .status = 200,
                                   .headers = got,
                                   .n_headers = 3,
                                   .body = "he\0lo wor",
                                   .n_body = 9,
                                   .chunks = chunks,
                                   .n_chunks = 4,
                                   .started_us = 1,
                                   .head_us = 1u << 31,
                                   .end_us = UINT64_MAX,
                                   .failure = RP_FAILURE_RESET,
                                   .failure_text = "it broke",
                                   .recorded_at = "2026-11-20T16:10:15Z",
                                   .source = "record"};
    struct rp_interaction least = {
        .lane = "\xc3\xa9t\xc3\xa9", .order = 7, .method = "GET", .url = "h", .source = "har"};
    struct rp_interaction bytes = least;
    struct rp_tool_record tool = {"writer", "look", "c1", "{\"at\":\"sky\"}", "\"blue\"", 1, 0};
    struct rp_error err = {0};
    int64_t id = 0, gone = 0;

    bytes.body = "\xff\xfe";
    bytes.n_body = 2;
    bytes.chunks = (struct rp_body_chunk[]){{2, 5}};
    bytes.n_chunks = 1;
    bytes.request = "[1,2.5,{\"a\":\"b\"}]";
    bytes.n_request = 17;
    bytes.failure = RP_FAILURE_OTHER;
    assert_int_equal(rp_cassette_add(c, &least, &gone, &err), RP_OK);
    assert_int_equal(rp_cassette_add(c, &whole, &id, &err), RP_OK);
    assert_int_equal(rp_cassette_add(c, &bytes, NULL, &err), RP_OK);
    assert_int_equal(rp_cassette_add(c, &least, NULL, &err), RP_OK);
    assert_int_equal(rp_cassette_remove(c, gone, &err), RP_OK); /* ids have a gap then */
    tool.after = id;
    assert_int_equal(rp_cassette_add_tool(c, &tool, &err), RP_OK);
    tool.after = 0;
    assert_int_equal(rp_cassette_add_tool(c, &tool, &err), RP_OK);
}

static const char told[] =
    "{\"lane\":\"writer\",\"order\":3,\"attempt\":1,\"dialect\":\"responses\",\"model\":\"m-1\","
    "\"stream\":true,\"method\":\"POST\",\"url\":\"https://h/v1/chat?x=1\",\"request_headers\":["
    "[\"Content-Type\",\"application/json\"],[\"X-Empty\",\"\"]],\"request\":\"{ \\\"a\\\":1}\","
    "\"status\":200,\"headers\":[[\"X-A\",\"1\"],[\"X-A\",\"/yBsYXRpbg==\",\"base64\"],"
    "[\"Content-Length\",\"9\"]],\"response\":\"he\\u0000lo wor\",\"chunks\":[[5,0],[0,127],"
    "[1,128],[3,18446744073709551615]],\"started_us\":1,\"head_us\":2147483648,"
    "\"end_us\":18446744073709551615,\"failure\":[\"reset\",\"it broke\"],"
    "\"recorded_at\":\"2026-11-20T16:10:15Z\",\"source\":\"record\"}\n"
    "{\"lane\":\"\xc3\xa9t\xc3\xa9\",\"order\":7,\"method\":\"GET\",\"url\":\"h\","
    "\"request_headers\":[],\"request\":[1,2.5,{\"a\":\"b\"}],\"status\":0,\"headers\":[],"
    "\"response_base64\":\"//4=\",\"chunks\":[[2,5]],\"started_us\":0,\"head_us\":0,\"end_us\":0,"
    "\"failure\":[\"other\",null],\"source\":\"har\"}\n"
    "{\"lane\":\"\xc3\xa9t\xc3\xa9\",\"order\":7,\"method\":\"GET\",\"url\":\"h\","
    "\"request_headers\":[],\"status\":0,\"headers\":[],\"chunks\":[],\"started_us\":0,"
    "\"head_us\":0,\"end_us\":0,\"source\":\"har\"}\n"
    "{\"tool\":\"look\",\"lane\":\"writer\",\"call_id\":\"c1\","
    "\"arguments\":\"{\\\"at\\\":\\\"sky\\\"}\",\"result\":\"\\\"blue\\\"\",\"failed\":true,"
    "\"after\":1}\n"
    "{\"tool\":\"look\",\"lane\":\"writer\",\"call_id\":\"c1\","
    "\"arguments\":\"{\\\"at\\\":\\\"sky\\\"}\",\"result\":\"\\\"blue\\\"\",\"failed\":true}\n";

static void our_own_lines_lose_nothing(void **state)
{
    struct rp_cassette *c = cassette_open(cassette_file("one.cassette"), RP_CASSETTE_KEEP);
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_report report;
    struct rp_error err = {0};
    struct rp_buf out;

    (void)state;
    fill(c);
    rp_buf_init(&out, &memory, SIZE_MAX / 2);
    assert_int_equal(rp_export(c, rp_format_of("jsonl"), &out, &report, &err), RP_OK);
    assert_string_equal(out.s, told);
    assert_int_equal(report.exchanges, 3);
    assert_int_equal(report.n, 0);
    assert_string_equal(reexported("jsonl", told, sizeof(told) - 1, "jsonl"), told);
    rp_buf_free(&out);
    rp_cassette_close(c);
}

static void lanes_that_are_there_are_continued(void **state)
{
    struct rp_alloc memory = rp_alloc_libc();
    const char *path = cassette_file("two.cassette");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_import_opts opts = {0};
    const struct rp_interaction *it;
    struct rp_error err = {0};
    char orders[64] = "";

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct rp_import *im = NULL;
        assert_int_equal(rp_import_new(&memory, &opts, &im), RP_OK);
        assert_int_equal(
            rp_import_read(im, rp_format_of("jsonl"), "input", told, sizeof(told) - 1, &err),
            RP_OK);
        assert_int_equal(rp_import_store(im, c, &err), RP_OK);
        rp_import_free(im);
    }
    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        assert_int_equal(rp_cassette_get(c, rp_cassette_nth(c, i), &it, &err), RP_OK);
        snprintf(orders + strlen(orders), sizeof(orders) - strlen(orders), "%s%d.%u",
                 i > 0 ? " " : "", (int)it->order, it->attempt);
    }
    assert_string_equal(orders, "3.1 7.0 7.0 6.1 14.0 14.0");
    rp_cassette_close(c);
}

static void plain_pairs_are_taken_as_they_can_be(void **state)
{
    size_t n;
    const char *text;

    (void)state;
    assert_string_equal(formats_of("pairs.jsonl"), "jsonl");
    text = formats_file("pairs.jsonl", &n);
    told_as_in("pairs.jsonl.told", imported("jsonl", NULL, text, n));
}

static void what_is_wrong_is_told_with_line_and_path(void **state)
{
    static const struct {
        const char *text, *told;
    } wrong[] = {
        {"\n\n{\"request\":",
         "input: line 3: column 12: expected a value, found the end of the text"},
        {"[]", "input: line 1: something else, where an object is expected"},
        {"{\"messages\":[]}",
         "input: line 1: neither \"url\" nor \"request\": it is no exchange; a line is an object "
         "with a request and a response"},
        {"{\"url\":\"u\",\"status\":\"ok\"}",
         "input: line 1: status: no whole number from 0 to 999"},
        {"{\"url\":\"u\",\"dialect\":\"telex\"}",
         "input: line 1: dialect: an unknown dialect; there are chat, responses, anthropic"},
        {"{\"url\":\"u\",\"stream\":1}",
         "input: line 1: stream: something else, where true or false is expected"},
        {"{\"url\":\"u\",\"headers\":[[\"a\"]]}",
         "input: line 1: headers[0]: a list of name and value is expected"},
        {"{\"url\":\"u\",\"headers\":[[\"a\",\"b\",\"c\"]]}",
         "input: line 1: headers[0]: its third item can only be \"base64\""},
        {"{\"url\":\"u\",\"response\":\"abc\",\"chunks\":[[4,0]]}",
         "input: line 1: chunks[0]: the chunks hold more than the 3 bytes of the body"},
        {"{\"url\":\"u\",\"response\":\"abc\",\"chunks\":[[1,0]]}",
         "input: line 1: chunks: the chunks hold 2 bytes less than the body"},
        {"{\"url\":\"u\",\"chunks\":[[0,-1]]}",
         "input: line 1: chunks[0][1]: no whole number from 0"},
        {"{\"url\":\"u\",\"end_us\":18446744073709551616}",
         "input: line 1: end_us: a number of more than 64 bits"},
        {"{\"url\":\"u\",\"failure\":[\"tired\",\"x\"]}",
         "input: line 1: failure[0]: an unknown kind of failure"},
        {"{\"url\":\"u\",\"response_base64\":\"a\"}",
         "input: line 1: response_base64: no base64: wrong at character 2"},
        {"{\"url\":\"u\",\"recorded_at\":\"soon\"}",
         "input: line 1: recorded_at: no date of ISO 8601"},
        {"{\"url\":\"u\",\"source\":\"Bearer x\"}",
         "input: line 1: source: no source; it is one word, such as record or har"},
        {"{\"tool\":\"t\",\"after\":1}", "input: line 1: after: no whole number from 0 to 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_string_equal(importedz("jsonl", wrong[i].text), wrong[i].told);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static struct rp_cassette *kept;

static int store_swept(const struct rp_alloc *alloc)
{
    struct rp_import_opts opts = {0};
    struct rp_import *im = NULL;
    size_t before = rp_cassette_count(kept);
    struct rp_error err = {0};
    int rc = rp_redact_new(alloc, NULL, 0, &opts.redact, &err);

    if (rc == RP_OK)
        rc = rp_import_new(alloc, &opts, &im);
    if (rc == RP_OK)
        rc = rp_import_read(im, rp_format_of("jsonl"), "input", told, sizeof(told) - 1, &err);
    if (rc == RP_OK)
        rc = rp_import_store(im, kept, &err);
    assert_int_equal(rp_cassette_count(kept), before + (rc == RP_OK ? 3 : 0));
    rp_import_free(im);
    rp_redact_free(opts.redact);
    return rc;
}

static void an_import_that_runs_out_of_memory_leaves_the_cassette_as_it_was(void **state)
{
    const char *path = cassette_file("kept.cassette");

    (void)state;
    kept = cassette_open(path, RP_CASSETTE_KEEP);
    assert_true(sweep_memory(store_swept) > 10);
    assert_int_equal(rp_cassette_count(kept), 6);
    rp_cassette_close(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(our_own_lines_lose_nothing),
        CASSETTE_TEST(lanes_that_are_there_are_continued),
        CASSETTE_TEST(plain_pairs_are_taken_as_they_can_be),
        CASSETTE_TEST(what_is_wrong_is_told_with_line_and_path),
        CASSETTE_TEST(an_import_that_runs_out_of_memory_leaves_the_cassette_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
