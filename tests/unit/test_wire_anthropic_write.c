/* test_wire_anthropic_write.c - replies of Anthropic Messages as a server writes them, whole texts,
 * and read again. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/wire_case.h"
#include "tests/support/wire_read.h"

#define D        RP_DIALECT_ANTHROPIC
#define EV(t, x) "event: " t "\ndata: {\"type\":\"" t "\"" x "}\n\n"
#define TEXT(i)                                                                                    \
    EV("content_block_start", ",\"index\":" #i ",\"content_block\":{\"type\":\"text\",\"text\":"   \
                              "\"\"}")
#define TOOL(i, id, name)                                                                          \
    EV("content_block_start", ",\"index\":" #i ",\"content_block\":{\"type\":\"tool_use\",\"id\":" \
                              "\"" id "\",\"name\":\"" name "\",\"input\":{}}")
#define SAY(i, x)                                                                                  \
    EV("content_block_delta",                                                                      \
       ",\"index\":" #i ",\"delta\":{\"type\":\"text_delta\",\"text\":\"" x "\"}")
#define ARGS(i, x)                                                                                 \
    EV("content_block_delta",                                                                      \
       ",\"index\":" #i ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"" x "\"}")
#define BLOCK_STOP(i) EV("content_block_stop", ",\"index\":" #i)
#define STOP          EV("message_stop", "")

static struct rp_wire_reply reply_of(void)
{
    return (struct rp_wire_reply){
        .id = "msg_1",
        .model = "m",
        .usage = read_json("{\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}")};
}

#define HEAD                                                                                       \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"container\":" \
    "null,\"content\":["
#define ENDS(reason) "\"stop_reason\":" reason ",\"stop_sequence\":null,\"stop_details\":null"
#define USED(n)                                                                                    \
    ",\"usage\":{\"input_tokens\":3,\"cache_creation_input_tokens\":0,"                            \
    "\"cache_read_input_tokens\":0,\"output_tokens\":" #n "}"

static void a_whole_reply_is_written_with_all_its_fields(void **state)
{
    struct rp_wire_reply r = reply_of();

    (void)state;
    r.contents = case_list(3, case_text("Hi"), case_call("t1", "add", "{ \"a\": 1}"),
                           case_call("t2", "sub", "{bad"));
    wire_answers(D, 0, &r,
                 HEAD
                 "{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"tool_use\",\"id\":\"t1\","
                 "\"name\":\"add\",\"input\":{\"a\":1}},{\"type\":\"tool_use\",\"id\":\"t2\","
                 "\"name\":\"sub\",\"input\":{\"INVALID_JSON\":\"{bad\"}}]," ENDS("\"tool_use\"")
                     USED(4) "}",
                 "whole \"Hi\" add(t1) {\"a\":1} sub(t2) {bad\nend tool_calls 3 + 4 = 7\n"
                 "rules invalid_json\n");
}

static void each_finish_has_its_stop_reason(void **state)
{
    static const char *const finishes[][2] = {
        {"stop", "end_turn"},   {"length", "max_tokens"},      {"tool_calls", "tool_use"},
        {"refusal", "refusal"}, {"content_filter", "refusal"}, {"pause_turn", "pause_turn"}};
    struct rp_buf b;

    (void)state;
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    for (size_t i = 0; i < sizeof(finishes) / sizeof(*finishes); i++) {
        struct rp_wire_reply r = reply_of();
        char wanted[64];
        r.contents = rp_list();
        r.finish = finishes[i][0];
        snprintf(wanted, sizeof(wanted), "\"stop_reason\":\"%s\"", finishes[i][1]);
        rp_buf_clear(&b);
        assert_int_equal(rp_wire_write_whole(D, &r, &b), RP_OK);
        assert_non_null(strstr(b.s, wanted));
    }
    rp_buf_free(&b);
}

static void a_stream_is_written_with_the_whole_life_of_its_blocks(void **state)
{
    struct rp_wire_reply r = reply_of();

    (void)state;
    r.updates =
        case_list(3, case_list(1, case_text("H")), case_list(2, case_text("i"), case_text("!")),
                  case_list(2, case_call("t1", "add", "{ \"a\": 1}"), case_call("t2", "sub", "")));
    wire_answers(
        D, 1, &r,
        EV("message_start", ",\"message\":" HEAD "]," ENDS("null") USED(0) "}") TEXT(0) SAY(0, "H")
            SAY(0, "i!") BLOCK_STOP(0) TOOL(1, "t1", "add") ARGS(1, "{ \\\"a\\\": 1}") BLOCK_STOP(1)
                TOOL(2, "t2", "sub") ARGS(2, "{}") BLOCK_STOP(2)
                    EV("message_delta",
                       ",\"delta\":{\"container\":null," ENDS("\"tool_use\"") "}" USED(4)) STOP,
        "update \"H\"\nupdate \"i!\"\nupdate add(t1) { \"a\": 1} sub(t2) {}\n"
        "end tool_calls 3 + 4 = 7\n");
}

/* The call's arguments, written and read. */
static void survives(const char *arguments, const char *rules)
{
    static const char *const begins[] = {"whole f(t) ", "update f(t) "};

    for (int stream = 0; stream < 2; stream++) {
        struct rp_wire_reply r = reply_of();
        char story[256];
        struct rp_buf b;
        r.contents = case_list(1, case_call("t", "f", arguments));
        r.updates = case_list(1, r.contents);
        rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
        assert_int_equal(wire_write(D, stream, &r, &b), RP_OK);
        snprintf(story, sizeof(story), "%s%s\nend tool_calls 3 + 4 = 7\n%s", begins[stream],
                 arguments, rules);
        wire_reads(D, stream, b.s, story);
        rp_buf_free(&b);
    }
}

static void arguments_survive_whatever_they_are(void **state)
{
    (void)state;
    survives("{bad", "rules invalid_json\n");
    survives("[1]", "rules invalid_json\n");
    survives("7", "rules invalid_json\n");
    survives("{\"INVALID_JSON\":\"x\"}", "rules invalid_json\n");
    survives("{\"INVALID_JSON\":{}}", "");
    survives("{\"a\":{\"INVALID_JSON\":\"x\"}}", "");
}

static void an_error_is_written_as_the_service_says_it(void **state)
{
    static const struct {
        int status;
        const char *type;
    } errors[] = {{400, "invalid_request_error"}, {401, "authentication_error"},
                  {402, "billing_error"},         {403, "permission_error"},
                  {404, "not_found_error"},       {413, "request_too_large"},
                  {429, "rate_limit_error"},      {500, "api_error"},
                  {504, "timeout_error"},         {529, "overloaded_error"}};
    struct rp_error err;
    struct rp_buf b;

    (void)state;
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
        rp_buf_clear(&b);
        assert_int_equal(rp_wire_write_error(D, errors[i].status, NULL, "x", &b), RP_OK);
        assert_non_null(strstr(b.s, errors[i].type));
    }
    assert_string_equal(b.s, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
                             "\"message\":\"x\"},\"request_id\":null}");
    rp_wire_read_error(D, 529, b.s, b.n, &err);
    assert_string_equal(err.text, "the service answered with status 529: x (overloaded_error)");
    rp_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_is_written_with_all_its_fields),
        cmocka_unit_test(each_finish_has_its_stop_reason),
        cmocka_unit_test(a_stream_is_written_with_the_whole_life_of_its_blocks),
        cmocka_unit_test(arguments_survive_whatever_they_are),
        cmocka_unit_test(an_error_is_written_as_the_service_says_it),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
