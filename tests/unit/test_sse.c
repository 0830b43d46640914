/* test_sse.c - server-sent events, whole and byte by byte, as a story of one line an event:
 * "offset name: data". */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <string.h>

#include "engine/base/json.h"
#include "mocks/wire/sse.h"

static void tell(struct rp_buf *story, const struct rp_sse_event *event)
{
    rp_buf_add_int(story, (int64_t)event->offset);
    rp_buf_addc(story, ' ');
    rp_buf_adds(story, event->name);
    rp_buf_addz(story, ": ");
    rp_json_write_str(story, event->data);
    for (size_t i = 0; i < event->n_lines; i++) {
        rp_buf_addc(story, ' ');
        rp_buf_add_int(story, (int64_t)event->line[i]);
    }
    rp_buf_addc(story, '\n');
}

/* Until no event is there; 0: the end. */
static int drain(struct rp_sse *s, struct rp_buf *story)
{
    struct rp_sse_event event;
    enum rp_sse_kind kind;

    for (;;) {
        assert_int_equal(rp_sse_next(s, &kind, &event), RP_OK);
        switch (kind) {
        case RP_SSE_MORE:
            return 1;
        case RP_SSE_EVENT:
            tell(story, &event);
            break;
        case RP_SSE_END:
            rp_buf_addz(story, "end\n");
            return 0;
        case RP_SSE_BAD:
            rp_buf_addz(story, "bad ");
            rp_buf_add_int(story, (int64_t)event.offset);
            rp_buf_addz(story, ": ");
            rp_buf_addz(story, event.reason);
            rp_buf_addc(story, '\n');
            return 0;
        }
    }
}

static void tell_rules(struct rp_buf *story, uint64_t rules)
{
    for (unsigned i = 0; i < RP_WIRE_RULE_COUNT; i++) {
        if (!(rules & RP_BIT(i)))
            continue;
        rp_buf_addz(story, rp_wire_rule_name((enum rp_wire_rule)i));
        rp_buf_addc(story, '\n');
    }
}

static void read_in_steps(struct rp_buf *story, const char *bytes, size_t n, size_t step)
{
    struct rp_sse s;
    int more = 1;

    rp_buf_init(story, &faulty.alloc, SIZE_MAX);
    rp_sse_init(&s, &faulty.alloc);
    for (size_t at = 0; at < n && more; at += step) {
        assert_int_equal(rp_sse_feed(&s, bytes + at, step < n - at ? step : n - at), RP_OK);
        more = drain(&s, story);
    }
    if (more) {
        rp_sse_ended(&s);
        assert_int_equal(drain(&s, story), 0);
    }
    tell_rules(story, s.rules);
    rp_sse_free(&s);
}

static void is_read(const char *bytes, const char *expected)
{
    size_t n = strlen(bytes);

    for (size_t step = n; step > 0; step--) {
        struct rp_buf story;
        read_in_steps(&story, bytes, n, step);
        assert_string_equal(story.s, expected);
        rp_buf_free(&story);
    }
}

static void a_line_ends_in_lf_crlf_or_cr(void **state)
{
    (void)state;
    is_read("data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\r\n\ndata: e\n\r\n",
            "6 : \"a\"\n15 : \"b\"\n26 : \"c\"\n35 : \"d\"\n45 : \"e\"\nend\n");
}

static void data_of_several_lines_is_joined(void **state)
{
    (void)state;
    is_read("data: one\ndata:two\ndata:  three\n\n", "6 : \"one\\ntwo\\n three\" 15 25\nend\n");
}

static void an_event_has_the_name_of_its_last_event_line(void **state)
{
    (void)state;
    is_read("event: a\nevent: b\ndata: 1\n\ndata: 2\n\nevent: lost\n\ndata: 3\n\n",
            "24 b: \"1\"\n33 : \"2\"\n55 : \"3\"\nend\n");
}

static void comments_ids_and_retries_are_passed_over(void **state)
{
    (void)state;
    is_read(": hello\nid: 7\nretry: 100\n:\ndata: 1\n\n: bye\n\n", "33 : \"1\"\nend\n");
}

static void a_byte_order_mark_at_the_start_is_passed_over(void **state)
{
    (void)state;
    is_read("\xef\xbb\xbf"
            "data: 1\n\n",
            "9 : \"1\"\nend\n");
}

static void a_byte_order_mark_elsewhere_is_refused(void **state)
{
    (void)state;
    is_read("data: 1\n\n\xef\xbb\xbf"
            "data: 2\n\n",
            "6 : \"1\"\nbad 9: this line is not one of an event stream\n");
}

static void half_a_byte_order_mark_is_refused(void **state)
{
    (void)state;
    is_read("\xef\xbb", "bad 0: this line is not one of an event stream\n");
}

static void the_last_event_needs_no_blank_line(void **state)
{
    (void)state;
    is_read("data: 1\n\ndata: 2\n", "6 : \"1\"\n15 : \"2\"\nend\nlast_line\n");
    is_read("data: 1\n\ndata: 2", "6 : \"1\"\n15 : \"2\"\nend\nlast_line\n");
}

static void empty_data_is_passed_over(void **state)
{
    (void)state;
    is_read("data:\n\ndata\n\ndata: \ndata: \n\ndata: 1\n\n", "34 : \"1\"\nend\nempty_data\n");
}

static void an_unknown_field_is_passed_over(void **state)
{
    (void)state;
    is_read("x-trace: 9\ndata: 1\n\n", "17 : \"1\"\nend\nunknown_field\n");
}

static void what_is_no_event_stream_is_refused_at_its_line(void **state)
{
    (void)state;
    is_read("{\"error\":{\"message\":\"no\"}}\n",
            "bad 0: JSON stands where an event stream is expected\n");
    is_read("\n<html>\n",
            "bad 1: a page of HTML or XML stands where an event stream is expected\n");
    is_read("data: 1\n\nBad Gateway\n",
            "6 : \"1\"\nbad 9: this line is not one of an event stream\n");
}

static void nothing_at_all_is_just_the_end(void **state)
{
    struct rp_buf story;

    (void)state;
    read_in_steps(&story, "", 0, 1);
    assert_string_equal(story.s, "end\n");
    rp_buf_free(&story);
}

/* A line of n bytes, with its end or without. */
static void is_told_for_line_of(size_t n, const char *end, const char *expected)
{
    size_t steps[] = {n + strlen(end), 4096};
    struct rp_buf line, story;

    rp_buf_init(&line, &faulty.alloc, SIZE_MAX);
    rp_buf_addz(&line, "data: 1\n\ndata:");
    while (line.n < n + 9)
        rp_buf_addz(&line, "xxxxxxxx");
    rp_buf_cut(&line, n + 9);
    rp_buf_addz(&line, end);
    for (size_t i = 0; i < 2; i++) {
        read_in_steps(&story, line.s, line.n, steps[i]);
        assert_string_equal(story.s, expected);
        rp_buf_free(&story);
    }
    rp_buf_free(&line);
}

static void a_line_that_is_too_long_is_refused_with_its_end_and_without(void **state)
{
    const char *expected = "6 : \"1\"\nbad 9: a line or event is too long\n";

    (void)state;
    is_told_for_line_of(RP_WIRE_LINE_MAX + 1, "\n\n", expected);
    is_told_for_line_of(RP_WIRE_LINE_MAX + 1, "", expected);
}

static void lines_that_are_too_long_together_are_refused(void **state)
{
    struct rp_buf lines, story;
    size_t second;

    (void)state;
    rp_buf_init(&lines, &faulty.alloc, SIZE_MAX);
    rp_buf_addz(&lines, "data: ");
    while (lines.n < RP_WIRE_LINE_MAX / 2 + 16)
        rp_buf_addz(&lines, "xxxxxxxx");
    rp_buf_addc(&lines, '\n');
    second = lines.n;
    for (size_t i = 0; i < second; i++)
        rp_buf_addc(&lines, lines.s[i]);
    read_in_steps(&story, lines.s, lines.n, lines.n);
    assert_non_null(strstr(story.s, "a line or event is too long\n"));
    rp_buf_free(&story);
    rp_buf_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_ends_in_lf_crlf_or_cr),
        cmocka_unit_test(data_of_several_lines_is_joined),
        cmocka_unit_test(an_event_has_the_name_of_its_last_event_line),
        cmocka_unit_test(comments_ids_and_retries_are_passed_over),
        cmocka_unit_test(a_byte_order_mark_at_the_start_is_passed_over),
        cmocka_unit_test(a_byte_order_mark_elsewhere_is_refused),
        cmocka_unit_test(half_a_byte_order_mark_is_refused),
        cmocka_unit_test(the_last_event_needs_no_blank_line),
        cmocka_unit_test(empty_data_is_passed_over),
        cmocka_unit_test(an_unknown_field_is_passed_over),
        cmocka_unit_test(what_is_no_event_stream_is_refused_at_its_line),
        cmocka_unit_test(nothing_at_all_is_just_the_end),
        cmocka_unit_test(a_line_that_is_too_long_is_refused_with_its_end_and_without),
        cmocka_unit_test(lines_that_are_too_long_together_are_refused),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
