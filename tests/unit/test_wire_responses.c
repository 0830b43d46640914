/* test_wire_responses.c - replies of OpenAI Responses as they are read, whole bodies against whole
 * stories; every body is read at each of its splits. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include "tests/support/wire_case.h"

#define D        RP_DIALECT_RESPONSES
#define EV(t, x) "event: " t "\ndata: {\"type\":\"" t "\"" x "}\n\n"
#define BEGUN    EV("response.created", ",\"response\":{\"status\":\"in_progress\",\"output\":[]}")
#define DELTA(i, x)                                                                                \
    EV("response.output_text.delta",                                                               \
       ",\"item_id\":\"m\",\"output_index\":" #i ",\"content_index\":0,\"delta\":\"" x "\"")
#define PART(i)                                                                                    \
    EV("response.content_part.added",                                                              \
       ",\"item_id\":\"m\",\"output_index\":" #i ",\"content_index\":0,\"part\":{"                 \
       "\"type\":\"output_text\",\"text\":\"\"}")
#define CALL(i, id, name)                                                                          \
    EV("response.output_item.added", ",\"output_index\":" #i ",\"item\":{\"id\":\"f" #i            \
                                     "\",\"type\":\"function_call\",\"call_id\":\"" id             \
                                     "\",\"name\":\"" name "\",\"arguments\":\"\"}")
#define ARGS(i, x)                                                                                 \
    EV("response.function_call_arguments.delta",                                                   \
       ",\"item_id\":\"f" #i "\",\"output_index\":" #i ",\"delta\":\"" x "\"")
#define ENDED(x) EV("response.completed", ",\"response\":{\"status\":\"completed\"" x "}")
#define USAGE    ",\"usage\":{\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}"

static void whole(const char *body, const char *story)
{
    wire_reads(D, 0, body, story);
}

static void streamed(const char *body, const char *story)
{
    wire_reads(D, 1, body, story);
}

/* ---- whole replies ---- */

static void a_whole_reply_has_its_texts_as_one_then_its_calls(void **state)
{
    (void)state;
    whole("{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":"
          "\"output_text\",\"text\":\"He\"},{\"type\":\"output_text\",\"text\":\"llo\"}]},{"
          "\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"add\",\"arguments\":"
          "\"{ \\\"a\\\": 1}\"},{\"type\":\"function_call\",\"call_id\":\"c2\",\"name\":\"sub\","
          "\"arguments\":\"\"}]" USAGE "}",
          "whole \"Hello\" add(c1) { \"a\": 1} sub(c2) \nend tool_calls 3 + 4 = 7\n");
    whole("{\"status\":\"completed\",\"output\":[]}", "whole\nend stop\n");
    whole("{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":"
          "\"output_text\",\"text\":\"\"}]}]}",
          "whole \"\"\nend stop\n");
}

static void reasoning_and_unknown_items_are_passed_over_by_rules(void **state)
{
    (void)state;
    whole("{\"status\":\"completed\",\"output\":[{\"type\":\"reasoning\",\"summary\":[]},{"
          "\"type\":\"web_search_call\"},{\"type\":\"message\",\"content\":[{\"type\":"
          "\"output_text\",\"text\":\"x\"}]}]}",
          "whole \"x\"\nend stop\nrules reasoning unknown_item\n");
}

static void an_incomplete_response_says_how_it_was_cut(void **state)
{
    (void)state;
    whole("{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"},"
          "\"output\":[]}",
          "whole\nend length\n");
    whole("{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"},"
          "\"output\":[]}",
          "whole\nend content_filter\n");
    whole("{\"status\":\"incomplete\",\"output\":[]}", "whole\nend incomplete\n");
}

static void a_refusal_is_text_and_the_finish_is_refusal(void **state)
{
    (void)state;
    whole("{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":"
          "\"refusal\",\"refusal\":\"No.\"}]}]}",
          "whole \"No.\"\nend refusal\nrules refusal\n");
    streamed(BEGUN EV("response.refusal.delta",
                      ",\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"N\"")
                 EV("response.refusal.delta",
                    ",\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"o\"")
                     EV("response.refusal.done", ",\"item_id\":\"m\",\"output_index\":0,"
                                                 "\"content_index\":0,\"refusal\":\"No\"")
                         ENDED(""),
             "update \"N\"\nupdate \"o\"\nend refusal\nrules refusal no_lifecycle empty_output\n");
}

static void a_response_that_is_not_complete_is_refused(void **state)
{
    (void)state;
    whole("{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"Oh\"},"
          "\"output\":[]}",
          "broken byte 27: error: the service reports: Oh (server_error)\n");
    whole("{\"status\":\"failed\",\"output\":[]}",
          "broken byte 0: the response failed without saying why\n");
    whole("{\"status\":\"queued\",\"output\":[]}",
          "broken byte 10: status: the response is not complete: its status is queued\n");
    whole("{\"output\":[]}", "whole\nend stop\nrules no_finish\n");
    whole("{\"error\":\"no\"}", "broken byte 9: error: the service reports: no\n");
}

static void what_is_of_another_shape_is_refused_at_its_byte(void **state)
{
    (void)state;
    whole("{\"output\":{}}", "broken byte 10: output: expected an array, found an object\n");
    whole("{\"output\":[7]}", "broken byte 11: output[0]: expected an object, found an integer\n");
    whole("{\"output\":[{\"type\":\"function_call\",\"arguments\":\"{}\"}]}",
          "broken byte 11: output[0]: a call without a name\n");
    whole("{\"output\":[{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":7}]}",
          "broken byte 58: output[0].arguments: expected a string, found an integer\n");
    whole("{\"output\":[{\"type\":\"message\",\"content\":\"x\"}]}",
          "broken byte 39: output[0].content: expected an array, found a string\n");
    whole("{\"output\":[]",
          "broken byte 12: no valid JSON: expected ',' or '}', found the end of the text\n");
    whole("{\"output\":[],\"usage\":{\"input_tokens\":-1}}",
          "broken byte 37: usage.input_tokens: a number of tokens is at least 0\n"
          "rules no_finish\n");
}

static void a_call_without_id_gets_one_and_object_arguments_become_text(void **state)
{
    (void)state;
    whole("{\"status\":\"completed\",\"output\":[{\"type\":\"function_call\",\"name\":\"f\","
          "\"arguments\":{\"a\":1}},{\"type\":\"function_call\",\"call_id\":\"\",\"name\":\"g\","
          "\"arguments\":\"{}\"}]}",
          "whole f(call_1) {\"a\":1} g(call_2) {}\nend tool_calls\n"
          "rules empty_as_none no_id arguments_object\n");
}

/* ---- streams ---- */

static void a_stream_tells_each_piece_then_all_calls(void **state)
{
    (void)state;
    streamed(BEGUN PART(0) DELTA(0, "He") DELTA(0, "llo") CALL(1, "c1", "add") ARGS(1, "{\\\"a\\\"")
                 CALL(2, "c2", "sub") ARGS(2, "{}") ARGS(1, ":1}") ENDED(USAGE),
             "update \"He\"\nupdate \"llo\"\nupdate add(c1) {\"a\":1} sub(c2) {}\n"
             "end tool_calls 3 + 4 = 7\nrules empty_output\n");
}

static void an_empty_piece_is_an_update_with_an_empty_text(void **state)
{
    (void)state;
    streamed(BEGUN PART(0) DELTA(0, "") ENDED(""), "update \"\"\nend stop\nrules empty_output\n");
    streamed(BEGUN ENDED(""), "update\nend stop\n");
}

static void the_last_event_may_repeat_what_was_streamed_or_be_without_it(void **state)
{
    (void)state;
    streamed(BEGUN PART(0) DELTA(0, "Hi") CALL(1, "c1", "add") ARGS(1, "{}")
                 ENDED(",\"output\":[{\"id\":\"m\",\"type\":\"message\",\"content\":[{\"type\":"
                       "\"output_text\",\"text\":\"Hi\"}]},{\"id\":\"f1\",\"type\":"
                       "\"function_call\",\"call_id\":\"c1\",\"name\":\"add\",\"arguments\":"
                       "\"{}\"}]"),
             "update \"Hi\"\nupdate add(c1) {}\nend tool_calls\n");
    streamed(BEGUN PART(0) DELTA(0, "Hi") ENDED(",\"output\":[]"),
             "update \"Hi\"\nend stop\nrules empty_output\n");
    streamed(BEGUN PART(0) DELTA(0, "Hi") EV("response.completed", ""),
             "update \"Hi\"\nend stop\nrules empty_output\n");
}

static void what_only_the_last_event_holds_is_taken_from_there(void **state)
{
    (void)state;
    streamed(BEGUN ENDED(",\"output\":[{\"id\":\"m\",\"type\":\"message\",\"content\":[{\"type\":"
                         "\"output_text\",\"text\":\"Hi\"}]},{\"type\":\"function_call\","
                         "\"call_id\":\"c1\",\"name\":\"add\",\"arguments\":\"{}\"}]"),
             "update \"Hi\"\nupdate add(c1) {}\nend tool_calls\nrules no_deltas\n");
}

static void the_last_event_goes_by_ids_where_numbers_differ(void **state)
{
    (void)state;
    streamed(BEGUN PART(0) DELTA(0, "Hi") CALL(1, "c1", "add") ARGS(1, "{}")
                 ENDED(",\"output\":[{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[]},{\"id\":"
                       "\"other\",\"type\":\"message\",\"content\":[{\"type\":\"output_text\","
                       "\"text\":\"Hi\"}]},{\"type\":\"function_call\",\"call_id\":\"c1\","
                       "\"name\":\"add\",\"arguments\":\"{}\"}]"),
             "update \"Hi\"\nupdate add(c1) {}\nend tool_calls\nrules reasoning\n");
}

static void items_may_end_out_of_order(void **state)
{
    (void)state;
    streamed(BEGUN CALL(0, "c1", "add") CALL(1, "c2", "sub") ARGS(1, "{\\\"b\\\":2}")
                 EV("response.output_item.done",
                    ",\"output_index\":1,\"item\":{\"id\":\"f1\",\"type\":\"function_call\","
                    "\"call_id\":\"c2\",\"name\":\"sub\",\"arguments\":\"{\\\"b\\\":2}\"}")
                     ARGS(0, "{\\\"a\\\":1}")
                         EV("response.output_item.done",
                            ",\"output_index\":0,\"item\":{\"id\":\"f0\",\"type\":"
                            "\"function_call\",\"call_id\":\"c1\",\"name\":\"add\","
                            "\"arguments\":\"{\\\"a\\\":1}\"}") ENDED(""),
             "update add(c1) {\"a\":1} sub(c2) {\"b\":2}\nend tool_calls\nrules empty_output\n");
}

static void arguments_may_come_only_where_they_are_done(void **state)
{
    (void)state;
    streamed(BEGUN CALL(0, "c1", "add")
                 EV("response.function_call_arguments.done",
                    ",\"item_id\":\"f0\",\"output_index\":0,\"arguments\":\"{\\\"a\\\":1}\"")
                     ENDED(""),
             "update add(c1) {\"a\":1}\nend tool_calls\nrules no_deltas empty_output\n");
    streamed(BEGUN EV("response.output_item.done",
                      ",\"output_index\":0,\"item\":{\"type\":\"function_call\",\"call_id\":"
                      "\"c1\",\"name\":\"add\",\"arguments\":\"{}\"}") ENDED(""),
             "update add(c1) {}\nend tool_calls\nrules no_lifecycle no_deltas empty_output\n");
    streamed(BEGUN EV("response.output_text.done",
                      ",\"output_index\":0,\"content_index\":0,\"text\":\"Hi\"") ENDED(""),
             "update \"Hi\"\nend stop\nrules no_lifecycle no_deltas empty_output\n");
}

static void events_of_an_item_s_life_ids_and_numbers_may_be_missing(void **state)
{
    (void)state;
    streamed("data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n"
             "data: {\"type\":\"response.output_item.added\",\"item\":{\"type\":"
             "\"function_call\",\"call_id\":\"c1\",\"name\":\"add\"}}\n\n"
             "data: {\"type\":\"response.function_call_arguments.delta\",\"delta\":\"{}\"}\n\n"
             "data: {\"type\":\"response.completed\"}\n\n",
             "update \"Hi\"\nupdate add(c1) {}\nend tool_calls\n"
             "rules no_index no_lifecycle empty_output\n");
    streamed("event: response.output_text.delta\ndata: {\"delta\":\"Hi\"}\n\n"
             "event: response.completed\ndata: {}\n\n",
             "update \"Hi\"\nend stop\nrules no_index no_type no_lifecycle empty_output\n");
}

static void arguments_may_come_before_their_call(void **state)
{
    (void)state;
    streamed(BEGUN ARGS(0, "{}") CALL(0, "c1", "add") ENDED(""),
             "update add(c1) {}\nend tool_calls\nrules no_lifecycle empty_output\n");
    streamed(BEGUN ARGS(0, "{}") ENDED(""),
             "broken byte 352: a call came without its name\nrules no_lifecycle empty_output\n");
}

static void an_item_id_that_changes_goes_by_its_number(void **state)
{
    (void)state;
    streamed(BEGUN CALL(0, "c1", "add")
                 EV("response.function_call_arguments.delta",
                    ",\"item_id\":\"zz\",\"output_index\":0,\"delta\":\"{}\"") ENDED(""),
             "update add(c1) {}\nend tool_calls\nrules item_id empty_output\n");
}

static void two_calls_under_one_number_stay_two(void **state)
{
    (void)state;
    streamed(
        BEGUN CALL(0, "c1", "add")
            EV("response.output_item.added",
               ",\"output_index\":0,\"item\":{\"id\":\"g\",\"type\":\"function_call\",\"call_id\":"
               "\"c2\",\"name\":\"sub\"}") ARGS(0, "{\\\"a\\\":1}")
                EV("response.function_call_arguments.delta",
                   ",\"item_id\":\"g\",\"output_index\":0,\"delta\":\"{\\\"b\\\":2}\"") ENDED(""),
        "update add(c1) {\"a\":1} sub(c2) {\"b\":2}\nend tool_calls\n"
        "rules index_shared empty_output\n");
}

static void arguments_of_no_call_in_particular_are_refused(void **state)
{
    (void)state;
    streamed(BEGUN CALL(0, "c1", "add") CALL(1, "c2", "sub")
                 EV("response.function_call_arguments.delta", ",\"delta\":\"{}\"") ENDED(""),
             "broken byte 578: delta: arguments of which call? It names none, and there is not "
             "just one that is open\n");
}

static void what_is_told_twice_must_be_the_same(void **state)
{
    (void)state;
    streamed(BEGUN PART(0) DELTA(0, "Hi")
                 EV("response.output_text.done",
                    ",\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"text\":\"Ho\"")
                     ENDED(""),
             "update \"Hi\"\n"
             "broken byte 549: text: this text is not what its pieces came to\n");
    streamed(BEGUN CALL(0, "c1", "add") ARGS(0, "{}")
                 EV("response.function_call_arguments.done",
                    ",\"item_id\":\"f0\",\"output_index\":0,\"arguments\":\"{\\\"a\\\":1}\"")
                     ENDED(""),
             "broken byte 579: arguments: these arguments are not what their pieces came to\n");
    streamed(BEGUN CALL(0, "c1", "add")
                 EV("response.output_item.done",
                    ",\"output_index\":0,\"item\":{\"id\":\"f0\",\"type\":\"function_call\","
                    "\"call_id\":\"c1\",\"name\":\"sub\",\"arguments\":\"{}\"}") ENDED(""),
             "broken byte 443: item.name: another name than before\n");
    streamed(BEGUN PART(0) DELTA(0, "Hi")
                 ENDED(",\"output\":[{\"id\":\"m\",\"type\":\"message\",\"content\":[{\"type\":"
                       "\"output_text\",\"text\":\"Hi there\"}]}]"),
             "update \"Hi\"\nbroken byte 589: response.output[0].content[0].text: this text is not "
             "what its pieces came to\n");
    streamed(BEGUN CALL(0, "c1", "add") CALL(0, "c1", "add"),
             "broken byte 389: item: this call begins twice\n");
}

static void a_stream_without_its_last_event_is_broken(void **state)
{
    (void)state;
    streamed(BEGUN PART(0) DELTA(0, "Hi")
                 EV("response.output_text.done", ",\"item_id\":\"m\",\"output_index\":0,"
                                                 "\"content_index\":0,\"text\":\"Hi\""),
             "update \"Hi\"\nbroken byte 556: the stream stops before response.completed, "
             "response.incomplete or response.failed: the reply is cut off\n");
    streamed(BEGUN "data: [DONE]\n\n",
             "broken byte 121: the stream stops before response.completed, response.incomplete or "
             "response.failed: the reply is cut off\nrules after_end\n");
    streamed("", "broken byte 0: the stream stops before response.completed, "
                 "response.incomplete or response.failed: the reply is cut off\n");
}

static void the_end_says_how_it_ended(void **state)
{
    (void)state;
    streamed(BEGUN PART(0) DELTA(0, "Hi")
                 EV("response.incomplete",
                    ",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":"
                    "\"max_output_tokens\"}" USAGE "}"),
             "update \"Hi\"\nend length 3 + 4 = 7\nrules empty_output\n");
    streamed(BEGUN EV("response.completed",
                      ",\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{"
                      "\"reason\":\"max_output_tokens\"}}"),
             "update\nend length\n");
    streamed(BEGUN EV("response.failed",
                      ",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\","
                      "\"message\":\"Oh\"}}"),
             "broken byte 200: response.error: the service reports: Oh (server_error)\n");
    streamed(BEGUN EV("error", ",\"code\":\"x\",\"message\":\"Late\",\"param\":null"),
             "broken byte 126: the service reports: Late (error)\n");
    streamed(BEGUN "data: {\"error\":{\"message\":\"Late\",\"type\":\"server_error\"}}\n\n",
             "broken byte 122: error: the service reports: Late (server_error)\n");
}

static void after_the_end_nothing_new_may_come(void **state)
{
    (void)state;
    streamed(BEGUN ENDED("") "data: [DONE]\n\n" ENDED("") EV("keepalive", ""),
             "update\nend stop\nrules after_end\n");
    streamed(BEGUN ENDED("") DELTA(0, "x"),
             "broken byte 244: an event after the end of the response\n");
    streamed(BEGUN ENDED("") EV("error", ",\"message\":\"Late\""),
             "broken byte 223: the service reports: Late (error)\nrules after_end\n");
}

static void unknown_events_and_thoughts_are_passed_over_by_rules(void **state)
{
    (void)state;
    streamed(BEGUN EV("response.reasoning_summary_text.delta", ",\"delta\":\"hm\"")
                 EV("response.web_search_call.searching", "") PART(0) DELTA(0, "Hi") ENDED(""),
             "update \"Hi\"\nend stop\nrules reasoning unknown_event empty_output\n");
    streamed("data: {}\n\n", "broken byte 6: an event without a type\n");
    streamed("data: {\"type\":\n\n",
             "broken byte 14: no valid JSON: expected a value, found the end of the text\n");
}

/* ---- memory ---- */

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    wire_sweeps_reply(D, 0,
                      "{\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{"
                      "\"type\":\"output_text\",\"text\":\"Hi\"}]},{\"type\":\"function_call\","
                      "\"name\":\"add\",\"arguments\":{\"a\":1}}]" USAGE "}");
    wire_sweeps_reply(D, 1,
                      BEGUN PART(0) DELTA(0, "Hi") CALL(1, "c1", "add") ARGS(1, "{}") ENDED(USAGE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_has_its_texts_as_one_then_its_calls),
        cmocka_unit_test(reasoning_and_unknown_items_are_passed_over_by_rules),
        cmocka_unit_test(an_incomplete_response_says_how_it_was_cut),
        cmocka_unit_test(a_refusal_is_text_and_the_finish_is_refusal),
        cmocka_unit_test(a_response_that_is_not_complete_is_refused),
        cmocka_unit_test(what_is_of_another_shape_is_refused_at_its_byte),
        cmocka_unit_test(a_call_without_id_gets_one_and_object_arguments_become_text),
        cmocka_unit_test(a_stream_tells_each_piece_then_all_calls),
        cmocka_unit_test(an_empty_piece_is_an_update_with_an_empty_text),
        cmocka_unit_test(the_last_event_may_repeat_what_was_streamed_or_be_without_it),
        cmocka_unit_test(what_only_the_last_event_holds_is_taken_from_there),
        cmocka_unit_test(the_last_event_goes_by_ids_where_numbers_differ),
        cmocka_unit_test(items_may_end_out_of_order),
        cmocka_unit_test(arguments_may_come_only_where_they_are_done),
        cmocka_unit_test(events_of_an_item_s_life_ids_and_numbers_may_be_missing),
        cmocka_unit_test(arguments_may_come_before_their_call),
        cmocka_unit_test(an_item_id_that_changes_goes_by_its_number),
        cmocka_unit_test(two_calls_under_one_number_stay_two),
        cmocka_unit_test(arguments_of_no_call_in_particular_are_refused),
        cmocka_unit_test(what_is_told_twice_must_be_the_same),
        cmocka_unit_test(a_stream_without_its_last_event_is_broken),
        cmocka_unit_test(the_end_says_how_it_ended),
        cmocka_unit_test(after_the_end_nothing_new_may_come),
        cmocka_unit_test(unknown_events_and_thoughts_are_passed_over_by_rules),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
