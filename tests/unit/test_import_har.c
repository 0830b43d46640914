/* test_import_har.c - HTTP Archives become exchanges with their times, or are refused with their
 * path. */
#include <stdio.h>
#include <string.h>

#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/imported.h"

#define ENTRY(reply, rest)                                                                         \
    "{\"log\":{\"entries\":[{\"startedDateTime\":\"2026-11-20T16:10:15Z\",\"request\":{"           \
    "\"method\":\"POST\",\"url\":\"http://h/v1/chat/completions\",\"headers\":[],"                 \
    "\"postData\":{\"text\":\"{\\\"model\\\":\\\"m\\\",\\\"messages\\\":[]}\"}},"                  \
    "\"response\":" reply rest "}]}}"
#define REPLY "{\"status\":200,\"headers\":[],\"content\":{\"text\":\"{}\"}}"

static void an_archive_becomes_exchanges_and_other_entries_are_counted(void **state)
{
    size_t n;
    const char *text;

    (void)state;
    assert_string_equal(formats_of("talk.har"), "har");
    text = formats_file("talk.har", &n);
    told_as_in("talk.har.told", imported("har", NULL, text, n));
}

static void a_mark_of_byte_order_is_passed_over(void **state)
{
    (void)state;
    assert_string_equal(importedz("har", "\xef\xbb\xbf{\"log\":{\"entries\":[]}}"),
                        "0 exchanges, 0 tools\n");
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *told;
    } wrong[] = {
        {"{",
         "input: line 1, column 2: expected a key in double quotes, found the end of the text"},
        {"[]", "input: no HTTP Archive: it has no \"log\""},
        {"{\"log\":{}}", "input: log.entries: nothing, where a list is expected"},
        {"{\"log\":{\"entries\":[1]}}",
         "input: log.entries[0]: something else, where an object is expected"},
        {ENTRY("{\"status\":\"fine\"}", ""),
         "input: log.entries[0].response.status: no whole number from 0 to 999"},
        {ENTRY("{\"status\":200,\"headers\":[{\"value\":\"x\"}]}", ""),
         "input: log.entries[0].response.headers[0].name: nothing, where a text is expected"},
        {ENTRY("{\"status\":200,\"content\":{\"text\":\"%\",\"encoding\":\"base64\"}}", ""),
         "input: log.entries[0].response.content.text: no base64: wrong at character 1"},
        {ENTRY(REPLY, ",\"timings\":{\"wait\":\"long\"}"),
         "input: log.entries[0].timings.wait: something else, where milliseconds are expected"},
        {ENTRY(REPLY, ",\"timings\":{\"receive\":1e300}"),
         "input: log.entries[0].timings.receive: more milliseconds than anything takes"},
        {"{\"log\":{\"entries\":[{\"startedDateTime\":\"yesterday\"}]}}",
         "input: log.entries[0].startedDateTime: no date of ISO 8601"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_string_equal(importedz("har", wrong[i].text), wrong[i].told);
}

static void dates_with_offsets_are_one_moment(void **state)
{
    static const char *const dates[] = {"2026-11-20T16:10:15Z", "2026-11-20T17:10:15.000+01:00",
                                        "2026-11-20T10:40:15-0530", "2026-11-20 16:10:15"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char text[600] = ENTRY(REPLY, "");
        char whole[700];
        char *at = strstr(text, "2026-11-20T16:10:15Z");
        *at = '\0';
        snprintf(whole, sizeof(whole), "%s%s%s", text, dates[i], at + 20);
        assert_non_null(
            strstr(importedz("har", whole), "\"recorded_at\":\"2026-11-20T16:10:15Z\""));
    }
}

static char swept[1 << 14];
static size_t swept_n;

static int read_swept(const struct rp_alloc *alloc)
{
    struct rp_import_opts opts = {.lane_by = "model"};
    struct rp_import *im = NULL;
    int rc = rp_import_new(alloc, &opts, &im);

    if (rc == RP_OK)
        rc = rp_import_read(im, rp_format_of("har"), "input", swept, swept_n, NULL);
    rp_import_free(im);
    return rc;
}

static void memory_may_run_out_anywhere(void **state)
{
    const char *text = formats_file("talk.har", &swept_n);

    (void)state;
    memcpy(swept, text, swept_n);
    assert_true(sweep_memory(read_swept) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(an_archive_becomes_exchanges_and_other_entries_are_counted),
        CASSETTE_TEST(a_mark_of_byte_order_is_passed_over),
        CASSETTE_TEST(what_is_wrong_is_told_with_its_place),
        CASSETTE_TEST(dates_with_offsets_are_one_moment),
        CASSETTE_TEST(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
