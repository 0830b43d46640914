/* test_wire_anthropic.c - replies of Anthropic Messages as they are read, whole bodies against
 * whole stories; every body is read at each of its splits. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include "tests/support/wire_case.h"

#define D        RP_DIALECT_ANTHROPIC
#define EV(t, x) "event: " t "\ndata: {\"type\":\"" t "\"" x "}\n\n"
#define START                                                                                      \
    EV("message_start", ",\"message\":{\"role\":\"assistant\",\"content\":[],\"usage\":{"          \
                        "\"input_tokens\":3,\"output_tokens\":1}}")
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
#define REASON(x)                                                                                  \
    EV("message_delta", ",\"delta\":{\"stop_reason\":\"" x "\",\"stop_sequence\":null},"           \
                        "\"usage\":{\"output_tokens\":4}")
#define STOP EV("message_stop", "")

static void whole(const char *body, const char *story)
{
    wire_reads(D, 0, body, story);
}

static void streamed(const char *body, const char *story)
{
    wire_reads(D, 1, body, story);
}

/* ---- whole replies ---- */

#define WHOLE(content, more)                                                                       \
    "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[" content "]" more "}"

static void a_whole_reply_has_its_texts_as_one_then_its_calls(void **state)
{
    (void)state;
    whole(WHOLE("{\"type\":\"text\",\"text\":\"He\"},{\"type\":\"tool_use\",\"id\":\"t1\","
                "\"name\":\"add\",\"input\":{ \"a\" : 1.50 }},{\"type\":\"text\",\"text\":"
                "\"llo\"},{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"sub\",\"input\":{}}",
                ",\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":3,\"output_tokens\":4}"),
          "whole \"Hello\" add(t1) {\"a\":1.5} sub(t2) {}\nend tool_calls 3 + 4 = 7\n");
    whole(WHOLE("", ",\"stop_reason\":\"end_turn\""), "whole\nend stop\n");
    whole(WHOLE("{\"type\":\"text\",\"text\":\"\"}", ",\"stop_reason\":\"end_turn\""),
          "whole \"\"\nend stop\n");
}

static void each_stop_reason_has_its_finish(void **state)
{
    (void)state;
    whole(WHOLE("", ",\"stop_reason\":\"stop_sequence\""), "whole\nend stop\n");
    whole(WHOLE("", ",\"stop_reason\":\"max_tokens\""), "whole\nend length\n");
    whole(WHOLE("", ",\"stop_reason\":\"model_context_window_exceeded\""), "whole\nend length\n");
    whole(WHOLE("", ",\"stop_reason\":\"refusal\""), "whole\nend refusal\n");
    whole(WHOLE("", ",\"stop_reason\":\"pause_turn\""), "whole\nend pause_turn\n");
    whole(WHOLE("", ""), "whole\nend \nrules no_finish\n");
    whole(WHOLE("", ",\"stop_reason\":\"\""), "whole\nend \nrules no_finish empty_as_none\n");
}

static void input_tokens_are_also_those_of_the_cache(void **state)
{
    (void)state;
    whole(WHOLE("", ",\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":3,"
                    "\"cache_creation_input_tokens\":10,\"cache_read_input_tokens\":100,"
                    "\"output_tokens\":4}"),
          "whole\nend stop 113 + 4 = 117\n");
    streamed(EV("message_start",
                ",\"message\":{\"role\":\"assistant\",\"usage\":{\"input_tokens\":3,"
                "\"cache_read_input_tokens\":100,\"output_tokens\":1}}") REASON("end_turn") STOP,
             "update\nend stop 103 + 4 = 107\n");
    streamed(EV("message_start",
                ",\"message\":{\"role\":\"assistant\",\"usage\":{\"input_tokens\":3,"
                "\"cache_read_input_tokens\":100,\"output_tokens\":1}}")
                 EV("message_delta",
                    ",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"input_tokens\":5,"
                    "\"cache_read_input_tokens\":100,\"output_tokens\":4}") STOP,
             "update\nend stop 105 + 4 = 109\n");
}

static void thoughts_and_unknown_blocks_are_passed_over_by_rules(void **state)
{
    (void)state;
    whole(WHOLE("{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"},{\"type\":"
                "\"redacted_thinking\",\"data\":\"x\"},{\"type\":\"server_tool_use\"},{\"type\":"
                "\"text\",\"text\":\"x\"}",
                ",\"stop_reason\":\"end_turn\""),
          "whole \"x\"\nend stop\nrules reasoning unknown_item\n");
}

static void a_call_without_id_gets_one(void **state)
{
    (void)state;
    whole(WHOLE("{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{}},{\"type\":\"tool_use\","
                "\"id\":\"\",\"name\":\"g\",\"input\":{}}",
                ",\"stop_reason\":\"tool_use\""),
          "whole f(call_1) {} g(call_2) {}\nend tool_calls\nrules empty_as_none no_id\n");
}

static void arguments_that_are_no_object_come_back_as_they_were(void **state)
{
    (void)state;
    whole(WHOLE("{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"INVALID_JSON\":"
                "\"{bad\"}}",
                ",\"stop_reason\":\"tool_use\""),
          "whole f(t) {bad\nend tool_calls\nrules invalid_json\n");
}

static void what_is_of_another_shape_is_refused_at_its_byte(void **state)
{
    (void)state;
    whole("{\"content\":{},\"role\":\"assistant\"}",
          "broken byte 11: content: expected an array, found an object\n");
    whole(WHOLE("7", ""), "broken byte 48: content[0]: expected an object, found an integer\n");
    whole(WHOLE("{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"\",\"input\":{}}", ""),
          "broken byte 83: content[0].name: a call without a name\n");
    whole(WHOLE("{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":\"{}\"}", ""),
          "broken byte 95: content[0].input: expected an object, found a string\n");
    whole("{\"role\":\"user\",\"content\":[]}",
          "broken byte 8: role: a reply is the assistant's\n");
    whole("{\"content\":[{\"type\":\"text\"}]}",
          "broken byte 12: content[0].text: expected a string, found nothing\nrules no_role\n");
    whole("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}",
          "broken byte 24: error: the service reports: Busy (overloaded_error)\n");
    whole(WHOLE("", ",\"usage\":{\"cache_read_input_tokens\":-1}"),
          "broken byte 85: usage.cache_read_input_tokens: no number of tokens\nrules no_finish\n");
}

/* ---- streams ---- */

static void a_stream_tells_each_piece_then_all_calls(void **state)
{
    (void)state;
    streamed(START EV("ping", "") TEXT(0) SAY(0, "He") SAY(0, "llo") BLOCK_STOP(0)
                 TOOL(1, "t1", "add") ARGS(1, "") ARGS(1, "{\\\"a\\\"") ARGS(1, ": 1}")
                     BLOCK_STOP(1) TOOL(2, "t2", "sub") ARGS(2, "") BLOCK_STOP(2) REASON("tool_use")
                         STOP,
             "update \"He\"\nupdate \"llo\"\nupdate add(t1) {\"a\": 1} sub(t2) {}\n"
             "end tool_calls 3 + 4 = 7\n");
}

static void an_empty_piece_is_an_update_with_an_empty_text(void **state)
{
    (void)state;
    streamed(START TEXT(0) SAY(0, "") BLOCK_STOP(0) REASON("end_turn") STOP,
             "update \"\"\nend stop 3 + 4 = 7\n");
    streamed(START TEXT(0) BLOCK_STOP(0) REASON("end_turn") STOP, "update\nend stop 3 + 4 = 7\n");
}

static void thoughts_in_a_stream_are_passed_over(void **state)
{
    (void)state;
    streamed(START EV("content_block_start",
                      ",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}")
                 EV("content_block_delta",
                    ",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")
                     EV("content_block_delta",
                        ",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"s\"}")
                         BLOCK_STOP(0) TEXT(1) SAY(1, "Hi") BLOCK_STOP(1) REASON("end_turn") STOP,
             "update \"Hi\"\nend stop 3 + 4 = 7\nrules reasoning\n");
}

static void the_input_s_usage_is_kept(void **state)
{
    (void)state;
    streamed(START EV("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}") STOP,
             "update\nend stop 3 + 1 = 4\n");
    streamed(EV("message_start", ",\"message\":{\"role\":\"assistant\"}")
                 EV("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}") STOP,
             "update\nend stop\n");
}

static void a_stream_without_message_stop_is_broken(void **state)
{
    (void)state;
    streamed(
        START TEXT(0) SAY(0, "Hi") BLOCK_STOP(0) REASON("end_turn"),
        "update \"Hi\"\nbroken byte 586: the stream stops before message_stop: the reply is cut "
        "off\n");
    streamed(
        START TEXT(0) SAY(0, "Hi"),
        "update \"Hi\"\nbroken byte 376: the stream stops before message_stop: the reply is cut "
        "off\n");
    streamed("", "broken byte 0: the stream stops before message_stop: the reply is cut off\n");
}

static void arguments_that_are_no_json_are_refused_where_they_stand(void **state)
{
    (void)state;
    streamed(START TOOL(0, "t1", "add") ARGS(0, "{\\\"a\\\": 1,") ARGS(0, "}") BLOCK_STOP(0)
                 REASON("tool_use") STOP,
             "broken byte 459: the arguments of call t1 (add) are no JSON object: expected a key "
             "in double quotes, found '}', line 1, column 9\n");
    streamed(START TOOL(0, "t1", "add") ARGS(0, "[1]") BLOCK_STOP(0) REASON("tool_use") STOP,
             "broken byte 320: the arguments of call t1 (add) are no JSON object: another value\n");
    streamed(START TOOL(0, "t1", "add") ARGS(0, "{\\\"a\\\": \\\"lo") BLOCK_STOP(0)
                 REASON("max_tokens") STOP,
             "broken byte 320: the arguments of call t1 (add) are no JSON object: expected the "
             "string's closing quote, found the end of the text, line 1, column 10; the reply was "
             "cut at max_tokens, give it more\n");
    streamed(START TOOL(0, "t1", "add") ARGS(0, "{\\\"INVALID_JSON\\\": \\\"{bad\\\"}")
                 BLOCK_STOP(0) REASON("tool_use") STOP,
             "update add(t1) {bad\nend tool_calls 3 + 4 = 7\nrules invalid_json\n");
}

static void an_error_may_come_late(void **state)
{
    (void)state;
    streamed(START TEXT(0) SAY(0, "Hi")
                 EV("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}"),
             "update \"Hi\"\nbroken byte 419: error: the service reports: Busy "
             "(overloaded_error)\n");
    streamed(START REASON("end_turn")
                 STOP EV("error", ",\"error\":{\"type\":\"api_error\",\"message\":\"Oh\"}"),
             "broken byte 373: error: the service reports: Oh (api_error)\n");
}

static void block_numbers_may_be_missing(void **state)
{
    (void)state;
    streamed(START EV("content_block_start", ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}")
                 EV("content_block_delta", ",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}")
                     EV("content_block_stop", "") EV(
                         "content_block_start", ",\"content_block\":{\"type\":\"tool_use\",\"id\":"
                                                "\"t1\",\"name\":\"add\",\"input\":{}}")
                         EV("content_block_delta",
                            ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}")
                             EV("content_block_stop", "") REASON("tool_use") STOP,
             "update \"Hi\"\nupdate add(t1) {}\nend tool_calls 3 + 4 = 7\nrules no_index\n");
}

static void two_blocks_under_one_number_stay_two(void **state)
{
    (void)state;
    streamed(START TOOL(0, "t1", "add") ARGS(0, "{\\\"a\\\":1}") TOOL(0, "t2", "sub")
                 ARGS(0, "{\\\"b\\\":2}") BLOCK_STOP(0) REASON("tool_use") STOP,
             "update add(t1) {\"a\":1} sub(t2) {\"b\":2}\nend tool_calls 3 + 4 = 7\n"
             "rules index_shared no_lifecycle\n");
}

static void blocks_that_are_open_together_keep_their_pieces(void **state)
{
    (void)state;
    streamed(START TOOL(0, "t1", "add") TOOL(1, "t2", "sub") ARGS(1, "{\\\"b\\\"")
                 ARGS(0, "{\\\"a\\\"") ARGS(1, ":2}") ARGS(0, ":1}") BLOCK_STOP(1) BLOCK_STOP(0)
                     REASON("tool_use") STOP,
             "update add(t1) {\"a\":1} sub(t2) {\"b\":2}\nend tool_calls 3 + 4 = 7\n");
}

static void events_of_a_block_s_life_may_be_missing(void **state)
{
    (void)state;
    streamed(SAY(0, "Hi") REASON("end_turn") STOP,
             "update \"Hi\"\nend stop 0 + 4 = 4\nrules no_lifecycle\n");
    streamed("event: content_block_delta\ndata: {\"index\":0,\"delta\":{\"type\":\"text_delta\","
             "\"text\":\"Hi\"}}\n\nevent: message_stop\ndata: {}\n\n",
             "update \"Hi\"\nend \nrules no_finish no_type no_lifecycle\n");
    streamed(START ARGS(0, "{}"),
             "broken byte 223: delta: arguments of a call that has not begun\n");
}

static void what_a_block_begins_with_counts(void **state)
{
    (void)state;
    streamed(START EV("content_block_start",
                      ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"He\"}")
                 SAY(0, "llo") BLOCK_STOP(0) REASON("end_turn") STOP,
             "update \"He\"\nupdate \"llo\"\nend stop 3 + 4 = 7\nrules no_deltas\n");
    streamed(START EV("content_block_start",
                      ",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t1\","
                      "\"name\":\"add\",\"input\":{\"a\":1}}") ARGS(0, "") BLOCK_STOP(0)
                 REASON("tool_use") STOP,
             "update add(t1) {\"a\":1}\nend tool_calls 3 + 4 = 7\nrules no_deltas\n");
    streamed(START EV("content_block_start",
                      ",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t1\","
                      "\"name\":\"add\",\"input\":{\"a\":1}}") ARGS(0, "{}"),
             "broken byte 373: delta: arguments that were given where the call began\n"
             "rules no_deltas\n");
}

static void pieces_of_the_wrong_kind_or_too_late_are_refused(void **state)
{
    (void)state;
    streamed(START TEXT(0) ARGS(0, "{}"),
             "broken byte 340: delta: a piece of arguments for a text\n");
    streamed(START TOOL(0, "t", "f") SAY(0, "x"),
             "broken byte 365: delta: a piece of text for a call\n");
    streamed(START TEXT(0) BLOCK_STOP(0) SAY(0, "x"),
             "broken byte 365: a piece of a block that has stopped\n");
    streamed(START START, "broken byte 169: a second message_start\n");
    streamed(START REASON("end_turn") STOP SAY(0, "x"),
             "broken byte 363: an event after message_stop\n");
    streamed(EV("message_start", ",\"message\":{\"content\":[7]}"),
             "broken byte 72: message.content: a message that begins with contents\n"
             "rules no_role\n");
}

static void what_says_nothing_new_is_passed_over_by_rules(void **state)
{
    (void)state;
    streamed(START EV("vendor_event", "") EV("content_block_stop", ",\"index\":9")
                 REASON("end_turn") STOP STOP EV("ping", "") "data: [DONE]\n\n",
             "update\nend stop 3 + 4 = 7\nrules after_end unknown_event no_lifecycle\n");
}

/* ---- memory ---- */

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    wire_sweeps_reply(D, 0,
                      WHOLE("{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"tool_use\",\"name\":"
                            "\"f\",\"input\":{\"INVALID_JSON\":\"{\"}}",
                            ",\"stop_reason\":\"tool_use\""));
    wire_sweeps_reply(D, 1,
                      START TEXT(0) SAY(0, "Hi") BLOCK_STOP(0) TOOL(1, "t1", "add")
                          ARGS(1, "{\\\"INVALID_JSON\\\":\\\"{\\\"}") BLOCK_STOP(1)
                              REASON("tool_use") STOP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_has_its_texts_as_one_then_its_calls),
        cmocka_unit_test(each_stop_reason_has_its_finish),
        cmocka_unit_test(input_tokens_are_also_those_of_the_cache),
        cmocka_unit_test(thoughts_and_unknown_blocks_are_passed_over_by_rules),
        cmocka_unit_test(a_call_without_id_gets_one),
        cmocka_unit_test(arguments_that_are_no_object_come_back_as_they_were),
        cmocka_unit_test(what_is_of_another_shape_is_refused_at_its_byte),
        cmocka_unit_test(a_stream_tells_each_piece_then_all_calls),
        cmocka_unit_test(an_empty_piece_is_an_update_with_an_empty_text),
        cmocka_unit_test(thoughts_in_a_stream_are_passed_over),
        cmocka_unit_test(the_input_s_usage_is_kept),
        cmocka_unit_test(a_stream_without_message_stop_is_broken),
        cmocka_unit_test(arguments_that_are_no_json_are_refused_where_they_stand),
        cmocka_unit_test(an_error_may_come_late),
        cmocka_unit_test(block_numbers_may_be_missing),
        cmocka_unit_test(two_blocks_under_one_number_stay_two),
        cmocka_unit_test(blocks_that_are_open_together_keep_their_pieces),
        cmocka_unit_test(events_of_a_block_s_life_may_be_missing),
        cmocka_unit_test(what_a_block_begins_with_counts),
        cmocka_unit_test(pieces_of_the_wrong_kind_or_too_late_are_refused),
        cmocka_unit_test(what_says_nothing_new_is_passed_over_by_rules),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
