/* test_import_otlp.c - traces with attributes of generative AI become exchanges and tool results,
 * and the trace that is written of a cassette is one tree. */
#include <string.h>

#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/imported.h"

#define SPAN(rest) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{" rest "}]}]}]}"

static void a_trace_becomes_exchanges_and_tool_results(void **state)
{
    size_t n;
    const char *text;

    (void)state;
    assert_string_equal(formats_of("trace.json"), "otlp");
    text = formats_file("trace.json", &n);
    told_as_in("trace.json.told", imported("otlp", NULL, text, n));
}

static void events_of_each_message_are_read_too(void **state)
{
    size_t n;
    const char *text;

    (void)state;
    assert_string_equal(formats_of("trace-events.jsonl"), "otlp");
    text = formats_file("trace-events.jsonl", &n);
    told_as_in("trace-events.jsonl.told", imported("otlp", NULL, text, n));
}

static void structured_attributes_are_as_good_as_texts(void **state)
{
    static const char span[] = SPAN(
        "\"traceId\":\"t\",\"spanId\":\"s\",\"attributes\":["
        "{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":\"chat\"}},"
        "{\"key\":\"gen_ai.request.seed\",\"value\":{\"intValue\":-7}},"
        "{\"key\":\"gen_ai.request.stop_sequences\",\"value\":{\"arrayValue\":{\"values\":["
        "{\"stringValue\":\"END\"}]}}},"
        "{\"key\":\"gen_ai.input.messages\",\"value\":{\"arrayValue\":{\"values\":[{"
        "\"kvlistValue\":"
        "{\"values\":[{\"key\":\"role\",\"value\":{\"stringValue\":\"user\"}},{\"key\":\"parts\","
        "\"value\":{\"arrayValue\":{\"values\":[{\"kvlistValue\":{\"values\":[{\"key\":\"type\","
        "\"value\":{\"stringValue\":\"text\"}},{\"key\":\"content\",\"value\":{\"stringValue\":"
        "\"Hi\"}}]}}]}}}]}}]}}},"
        "{\"key\":\"gen_ai.output.messages\",\"value\":{\"stringValue\":\"[{\\\"role\\\":"
        "\\\"assistant\\\",\\\"parts\\\":[{\\\"type\\\":\\\"text\\\",\\\"content\\\":"
        "\\\"Ho\\\"}],\\\"finish_reason\\\":\\\"length\\\"}]\"}}]");
    const char *got = importedz("otlp", span);

    (void)state;
    assert_non_null(strstr(got, "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"));
    assert_non_null(strstr(got, "\"seed\":-7,\"stop\":[\"END\"]"));
    assert_non_null(strstr(got, "\"content\":\"Ho\",\"refusal\":null}"));
    assert_non_null(strstr(got, "\"finish_reason\":\"length\""));
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *told;
    } wrong[] = {
        {"{",
         "input: line 1, column 2: expected a key in double quotes, found the end of the text"},
        {"{}", "input: no OTLP trace: it has no \"resourceSpans\""},
        {"{\"resourceSpans\":1}", "input: resourceSpans: something else, where a list is expected"},
        {SPAN("\"startTimeUnixNano\":\"soon\""),
         "input: resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano: no moment in "
         "nanoseconds"},
        {SPAN("\"spanId\":[]"), "input: resourceSpans[0].scopeSpans[0].spans[0].spanId: something "
                                "else, where a text is expected"},
        {"{\"resourceSpans\":[]}\n{\"resourceSpans\":[1]}\n",
         "input: line 2: resourceSpans[0]: something else, where an object is expected"},
        {"{\"resourceSpans\":[]}\n{]\n",
         "input: line 2: column 2: expected a key in double quotes, found ']'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_string_equal(importedz("otlp", wrong[i].text), wrong[i].told);
}

/* The value of a key in one line; "" where it has none. */
static void value_of(const char *line, const char *end, const char *key, char out[64])
{
    const char *at = strstr(line, key);
    size_t n;

    out[0] = '\0';
    if (!at || at > end)
        return;
    at += strlen(key);
    n = strcspn(at, "\"");
    assert_true(n < 64);
    memcpy(out, at, n);
    out[n] = '\0';
}

/* Every span but the first, the declared root, has a parent that stands before it; every tool that
 * followed a call is linked to it. */
static void every_span_has_a_known_parent(void **state)
{
    char ids[64][64], id[64], parent[64], linked[64];
    size_t n, spans = 0, links = 0;
    const char *text = formats_file("trace.json", &n);
    const char *got = reexported("otlp", text, n, "otlp");

    (void)state;
    for (const char *line = strchr(got, '\n') + 1, *end; *line == '{'; line = end + 1) {
        int known = 0;
        end = strchr(line, '\n');
        value_of(line, end, "\"spanId\":\"", id);
        value_of(line, end, "\"parentSpanId\":\"", parent);
        value_of(line, end, "\"links\":[{\"traceId\":\"", linked);
        for (size_t i = 0; i < spans; i++)
            known |= strcmp(ids[i], parent) == 0;
        assert_true(spans == 0 ? parent[0] == '\0' : known);
        links += linked[0] != '\0';
        assert_true(spans < 64);
        memcpy(ids[spans++], id, sizeof(id));
    }
    assert_int_equal(spans, 1 + 1 + 3 + 1);
    assert_int_equal(links, 1);
}

static char swept[1 << 14];
static size_t swept_n;

static int read_swept(const struct rp_alloc *alloc)
{
    struct rp_import_opts opts = {0};
    struct rp_import *im = NULL;
    int rc = rp_import_new(alloc, &opts, &im);

    if (rc == RP_OK)
        rc = rp_import_read(im, rp_format_of("otlp"), "input", swept, swept_n, NULL);
    rp_import_free(im);
    return rc;
}

static void memory_may_run_out_anywhere(void **state)
{
    static const char *const names[] = {"trace.json", "trace-events.jsonl"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *text = formats_file(names[i], &swept_n);
        memcpy(swept, text, swept_n);
        assert_true(sweep_memory(read_swept) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(a_trace_becomes_exchanges_and_tool_results),
        CASSETTE_TEST(events_of_each_message_are_read_too),
        CASSETTE_TEST(structured_attributes_are_as_good_as_texts),
        CASSETTE_TEST(what_is_wrong_is_told_with_its_place),
        CASSETTE_TEST(every_span_has_a_known_parent),
        CASSETTE_TEST(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
