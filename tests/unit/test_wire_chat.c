/* test_wire_chat.c - replies of Chat Completions as services really give them: each is read by a
 * named rule or refused at its byte. Streams are also read byte by byte. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <string.h>

#include "engine/base/json.h"
#include "tests/support/wire_read.h"

#define CHUNK(choices)   "data: {\"choices\":[" choices "]}\n\n"
#define DELTA(delta)     CHUNK("{\"index\":0,\"delta\":{" delta "}}")
#define LAST(delta, why) CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":\"" why "\"}")
#define ROLE             "\"role\":\"assistant\","
#define CALLS(pieces)    DELTA("\"tool_calls\":[" pieces "]")
#define FIRST(pieces)    DELTA(ROLE "\"tool_calls\":[" pieces "]")
#define BEGIN(index, id, name)                                                                     \
    "{\"index\":" index ",\"id\":\"" id "\",\"function\":{\"name\":\"" name "\"}}"
#define ARGS(index, text) "{\"index\":" index ",\"function\":{\"arguments\":\"" text "\"}}"
#define END               LAST("", "tool_calls") "data: [DONE]\n\n"

static void streams(const char *body, const char *expected)
{
    wire_is_told(RP_DIALECT_CHAT, 1, body, expected);
}

/* ---- streams: text -------------------------------------------------------------------------- */

static void each_text_piece_is_an_update(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"\"") DELTA("\"content\":\"Hel\"") DELTA("\"content\":\"lo\"")
                LAST("", "stop") "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,"
                                 "\"completion_tokens\":4,\"total_tokens\":7}}\n\n"
                                 "data: [DONE]\n\n",
            "update \"Hel\"\nupdate \"lo\"\nend stop 3 + 4 = 7\n");
}

static void an_empty_text_after_the_opening_is_an_update(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"\"") DELTA("\"content\":\"\"")
                LAST("\"content\":\"\"", "stop") "data: [DONE]\n\n",
            "update \"\"\nupdate \"\"\nend stop\n");
}

static void a_stream_that_says_nothing_is_one_update_without_contents(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"\"") LAST("", "stop") "data: [DONE]\n\n",
            "update\nend stop\n");
}

static void text_and_calls_of_the_last_piece_are_one_update(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"a\"")
                LAST("\"content\":\"b\",\"tool_calls\":[{\"index\":0,\"id\":\"x\",\"function\":"
                     "{\"name\":\"f\",\"arguments\":\"{}\"}}]",
                     "tool_calls") "data: [DONE]\n\n",
            "update \"a\"\nupdate \"b\" f(x) {}\nend tool_calls\n");
}

static void content_may_be_null_or_a_list_of_parts(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":null") DELTA(
                "\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"text\":\"b\"},"
                "{\"type\":\"thinking\",\"thinking\":[]}]") LAST("", "stop") "data: [DONE]\n\n",
            "update \"ab\"\nend stop\nrules content_parts reasoning\n");
    streams(DELTA(ROLE "\"content\":[{\"type\":^\"image_url\"}]"),
            "broken byte ^: choices[0].delta.content[0].type: only parts that are text can be "
            "read\nrules content_parts\n");
}

static void a_refusal_is_text_and_the_finish_says_so(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"\",\"refusal\":null") DELTA("\"refusal\":\"I \"")
                DELTA("\"refusal\":\"cannot\"") LAST("", "stop") "data: [DONE]\n\n",
            "update \"I \"\nupdate \"cannot\"\nend refusal\nrules refusal\n");
}

static void a_stream_without_role_is_the_assistants(void **state)
{
    (void)state;
    streams(DELTA("\"content\":\"a\"") LAST("", "stop") "data: [DONE]\n\n",
            "update \"a\"\nend stop\nrules no_role\n");
    streams(DELTA("\"role\":^\"user\",\"content\":\"a\""),
            "broken byte ^: choices[0].delta.role: a reply is the assistant's\n");
}

/* ---- streams: choices ----------------------------------------------------------------------- */

static void chunks_without_choices_or_delta_say_nothing(void **state)
{
    (void)state;
    streams("data: {\"choices\":[],\"prompt_filter_results\":[]}\n\n"
            "data: {\"prompt_filter_results\":[]}\n\n" DELTA(ROLE "\"content\":\"a\"")
                CHUNK("{\"index\":0,\"content_filter_results\":{}}") LAST("", "stop")
                    CHUNK("{\"index\":0,\"finish_reason\":null}") "data: [DONE]\n\n",
            "update \"a\"\nend stop\nrules no_choices no_delta\n");
}

static void only_one_choice_is_read(void **state)
{
    (void)state;
    streams(CHUNK("{\"delta\":{\"role\":\"assistant\",\"content\":\"a\"}}")
                LAST("", "stop") "data: [DONE]\n\n",
            "update \"a\"\nend stop\nrules choice_index\n");
    streams(CHUNK("{\"index\":^1,\"delta\":{\"content\":\"a\"}}"),
            "broken byte ^: choices[0].index: there is more than one choice; ask for one (n)\n");
    streams(CHUNK("{\"index\":0,\"delta\":{}},^{\"index\":1,\"delta\":{}}"),
            "broken byte ^: choices[1]: there is more than one choice; ask for one (n)\n");
}

static void a_whole_message_in_a_stream_is_refused(void **state)
{
    (void)state;
    streams(CHUNK("{\"index\":0,\"message\":^{\"content\":\"a\"}}"),
            "broken byte ^: choices[0].message: a stream has deltas, not messages\n");
    streams(CHUNK("{\"index\":0,\"text\":^\"a\"}"),
            "broken byte ^: choices[0].text: a stream of chat has deltas, not texts\n");
}

/* ---- streams: calls ------------------------------------------------------------------------- */

static void calls_come_whole_in_the_order_in_which_they_began(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("0", "x", "f")) CALLS(BEGIN("1", "y", "g")) CALLS(ARGS("1", "{\\\"b\\\":"))
                CALLS(ARGS("0", "{\\\"a\\\":") "," ARGS("1", "2}")) CALLS(ARGS("0", "1}")) END,
            "update f(x) {\"a\":1} g(y) {\"b\":2}\nend tool_calls\n");
}

static void pieces_without_index_go_by_their_order(void **state)
{
    (void)state;
    streams(FIRST("{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}")
                CALLS("{\"function\":{\"arguments\":\"}\"}}")
                    CALLS("{\"id\":\"y\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
                        CALLS("{\"id\":\"y\",\"function\":{\"arguments\":\"{}\"}}") END,
            "update f(x) {} f(y) {}\nend tool_calls\nrules no_index\n");
}

static void entries_of_one_list_without_index_are_different_calls(void **state)
{
    (void)state;
    streams(FIRST("{\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}},"
                  "{\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}") END,
            "update f(call_1)  f(call_2) {}\nend tool_calls\nrules empty_as_none no_id no_index\n");
}

static void a_new_id_under_the_same_index_is_a_new_call(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("0", "x", "f")) CALLS(ARGS("0", "{}")) CALLS(BEGIN("0", "y", "g"))
                CALLS(ARGS("0", "{\\\"a\\\":1}")) END,
            "update f(x) {} g(y) {\"a\":1}\nend tool_calls\nrules index_shared\n");
}

static void calls_that_share_an_index_go_by_their_ids(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("0", "x", "f")) CALLS(BEGIN("0", "y", "g"))
                CALLS("{\"index\":0,\"id\":\"x\",\"function\":{\"arguments\":\"{\"}}")
                    CALLS("{\"index\":0,\"id\":\"y\",\"function\":{\"arguments\":\"{}\"}}")
                        CALLS("{\"index\":0,\"id\":\"x\",\"function\":{\"arguments\":\"}\"}}") END,
            "update f(x) {} g(y) {}\nend tool_calls\nrules index_shared\n");
}

static void a_name_after_whole_arguments_is_a_new_call(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}")
                CALLS("{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}") END,
            "update f(call_1) {} f(call_2) {}\nend tool_calls\nrules no_id index_shared\n");
}

static void another_name_before_the_arguments_are_whole_is_refused(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("0", "x", "f")) CALLS("^{\"index\":0,\"function\":{\"name\":\"g\"}}") END,
            "broken byte ^: choices[0].delta.tool_calls[0]: another name before the arguments of "
            "\"f\" are whole, and no id: it is not clear which call it belongs to\n");
}

static void a_name_that_is_repeated_is_not_added(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("0", "x", "f"))
                CALLS("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}")
                    CALLS("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":"
                          "\"}\"}}") END,
            "update f(x) {}\nend tool_calls\nrules empty_as_none name_repeated\n");
}

static void arguments_under_another_index_go_to_the_call_that_has_none(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("0", "x", "f")) CALLS(ARGS("1", "{\\\"a\\\"")) CALLS(ARGS("1", ":1}")) END,
            "update f(x) {\"a\":1}\nend tool_calls\nrules index_moved\n");
    streams(FIRST(BEGIN("0", "x", "f")) CALLS("{\"index\":1,\"id\":\"x\",\"function\":{"
                                              "\"arguments\":\"{}\"}}") END,
            "update f(x) {}\nend tool_calls\nrules index_moved\n");
}

static void arguments_that_may_belong_to_several_calls_are_refused(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("0", "x", "f")) CALLS(BEGIN("1", "y", "g")) CALLS("^" ARGS("2", "{}")) END,
            "broken byte ^: choices[0].delta.tool_calls[0]: arguments of one of several calls, "
            "it is not clear which\n");
    streams(FIRST("^" ARGS("0", "{}")) END,
            "broken byte ^: choices[0].delta.tool_calls[0]: arguments of a call that did not "
            "begin\n");
    streams(FIRST("^{\"function\":{\"arguments\":\"{}\"}}") END,
            "broken byte ^: choices[0].delta.tool_calls[0]: arguments of a call that did not "
            "begin\nrules no_index\n");
}

static void the_first_call_need_not_have_index_0(void **state)
{
    (void)state;
    streams(FIRST(BEGIN("1", "x", "f")) CALLS(ARGS("1", "{}")) END,
            "update f(x) {}\nend tool_calls\nrules first_index\n");
}

static void id_and_name_may_come_apart(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"id\":\"\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
                CALLS("{\"index\":0,\"id\":\"x\"}") CALLS(ARGS("0", "{}")) END,
            "update f(x) {}\nend tool_calls\nrules empty_as_none late_id\n");
    streams(FIRST("{\"index\":0,\"id\":\"x\"}")
                CALLS("{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}") END,
            "update f(x) {}\nend tool_calls\nrules late_id\n");
}

static void a_call_without_id_gets_one_that_is_free(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                  "{\"index\":1,\"id\":\"call_1\",\"function\":{\"name\":\"g\",\"arguments\":"
                  "\"{}\"}}") END,
            "update f(call_2) {} g(call_1) {}\nend tool_calls\nrules no_id\n");
}

static void a_call_without_name_is_broken(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"id\":\"x\",\"function\":{\"arguments\":\"{}\"}}") END "^",
            "broken byte ^: a call of the reply has no name\n");
}

static void two_calls_with_one_id_are_refused(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                  "^{\"index\":1,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}"),
            "broken byte ^: choices[0].delta.tool_calls[1]: two calls have the same id\n");
}

static void arguments_may_be_an_object(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":{ \"a\": "
                  "[1]}}}") END,
            "update f(x) {\"a\":[1]}\nend tool_calls\nrules arguments_object\n");
    streams(FIRST(BEGIN("0", "x", "f")) CALLS("{\"index\":0,\"function\":{\"arguments\":^7}}"),
            "broken byte ^: choices[0].delta.tool_calls[0].function.arguments: expected a "
            "string, found an integer\n");
}

static void the_older_function_call_is_a_call(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":null,\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}")
                DELTA("\"function_call\":{\"arguments\":\"{}\"}")
                    LAST("", "function_call") "data: [DONE]\n\n",
            "update f(call_1) {}\nend tool_calls\nrules no_id function_call\n");
}

static void a_tool_that_is_no_function_is_refused(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"id\":\"x\",\"type\":^\"custom\",\"custom\":{}}"),
            "broken byte ^: choices[0].delta.tool_calls[0].type: only calls of functions can be "
            "read\n");
}

/* ---- streams: how they end ------------------------------------------------------------------ */

static void a_finish_reason_is_enough(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"a\"") LAST("", "stop"),
            "update \"a\"\nend stop\nrules no_end_mark\n");
}

static void the_end_mark_is_enough(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"a\"") "data: [DONE]\n\n",
            "update \"a\"\nend \nrules no_finish\n");
}

static void neither_is_a_stream_that_was_cut(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"a\"") "^",
            "update \"a\"\nbroken byte ^: the stream stops before its end: no finish reason and "
            "no [DONE]\n");
    streams("^", "broken byte ^: the stream stops before its end: no finish reason and no "
                 "[DONE]\n");
}

static void a_call_that_was_cut_is_not_complete_by_the_end_mark_alone(void **state)
{
    (void)state;
    streams(FIRST("{\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a"
                  "\"}}") "data: [DONE]\n\n^",
            "broken byte ^: no finish reason came, and the arguments of \"f\" are not whole\n"
            "rules no_finish\n");
}

static void a_line_that_was_cut_is_broken_even_after_the_finish(void **state)
{
    (void)state;
    streams(LAST(ROLE "\"content\":\"a\"", "stop") "data: {\"choices\":[^",
            "broken byte ^: no valid JSON: expected a value, found the end of the text\n"
            "rules last_line\n");
}

static void what_was_cut_short_is_told_so(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"a\"") LAST("", "length") LAST("", "stop") "data: [DONE]\n\n",
            "update \"a\"\nend length\n");
    streams(LAST(ROLE "\"content\":\"a\"", "content_filter") "data: [DONE]\n\n",
            "update \"a\"\nend content_filter\n");
}

static void an_empty_finish_reason_is_none(void **state)
{
    (void)state;
    streams(LAST(ROLE "\"content\":\"a\"", "") "data: [DONE]\n\n",
            "update \"a\"\nend \nrules no_finish empty_as_none\n");
}

static void what_comes_after_a_finish_reason_still_counts(void **state)
{
    (void)state;
    streams(LAST(ROLE "\"content\":\"a\"", "stop")
                LAST("\"content\":\"b\"", "stop") "data: [DONE]\n\n",
            "update \"a\"\nupdate \"b\"\nend stop\nrules after_finish\n");
}

static void a_second_end_mark_and_late_usage_are_passed_over(void **state)
{
    (void)state;
    streams(LAST(ROLE "\"content\":\"a\"", "stop") "data: [DONE]\n\ndata: [DONE]\n\n"
                                                   "data: {\"choices\":[],\"usage\":null}\n\n",
            "update \"a\"\nend stop\nrules after_end\n");
}

static void a_chunk_after_the_end_mark_is_broken(void **state)
{
    (void)state;
    streams(LAST(ROLE "\"content\":\"a\"",
                 "stop") "data: [DONE]\n\ndata: {\"choices\":^[{\"index\":0}]}\n\n",
            "broken byte ^: choices: a chunk after [DONE]\n");
}

static void an_error_in_the_stream_is_told(void **state)
{
    (void)state;
    streams(DELTA(ROLE "\"content\":\"a\"") "data: {\"error\":^{\"message\":\"overloaded\\n "
                                            "now\",\"type\":\"server_error\"}}\n\n",
            "update \"a\"\nbroken byte ^: error: the service reports: overloaded now "
            "(server_error)\n");
    streams("event: error\ndata: ^{\"message\":\"too much\",\"code\":\"429\"}\n\n",
            "broken byte ^: the service reports: too much (429)\n");
    streams(CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"error\",\"error\":^{\"message\":"
                  "\"upstream\"}}"),
            "broken byte ^: choices[0].error: the service reports: upstream\n");
}

static void bad_json_is_told_with_its_byte_also_over_several_lines(void **state)
{
    (void)state;
    streams("data: {\"choices\":[^}\n\n",
            "broken byte ^: no valid JSON: expected a value, found '}'\n");
    streams("data: {\"a\":\r\ndata: \"\xc3\xa4\" ^x}\r\n\r\n",
            "broken byte ^: no valid JSON: expected ',' or '}', found 'x'\n");
    streams("data: ^[1]\n\n", "broken byte ^: expected an object, found an array\n");
}

static void tokens_are_counted_from_0_up(void **state)
{
    (void)state;
    streams("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":^-1}}\n\n",
            "broken byte ^: usage.prompt_tokens: a number of tokens is at least 0\n");
    streams("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":^1.5}}\n\n",
            "broken byte ^: usage.prompt_tokens: expected an integer, found a real\n");
}

static void a_body_over_the_bound_is_broken(void **state)
{
    struct rp_wire_reader *r;
    struct rp_wire_event event;
    struct rp_buf words;
    size_t fed = 0;
    int rc = RP_OK;

    (void)state;
    rp_buf_init(&words, &faulty.alloc, SIZE_MAX);
    while (words.n < 65536)
        rp_buf_addz(&words, ": comment\n");
    for (int stream = 0; stream < 2; stream++) {
        assert_int_equal(rp_wire_reader_new(&faulty.alloc, RP_DIALECT_CHAT, stream, &r), RP_OK);
        for (fed = 0; rc == RP_OK; fed += words.n) {
            rc = rp_wire_feed(r, words.s, words.n);
            assert_int_equal(rp_wire_next(r, &heap, &event), RP_OK);
        }
        assert_int_equal(rc, RP_ELIMIT);
        assert_true(fed >= RP_WIRE_BODY_MAX && fed < RP_WIRE_BODY_MAX + 3 * words.n);
        assert_int_equal(event.kind, RP_WIRE_BROKEN);
        assert_int_equal(event.error.status, RP_ELIMIT);
        rp_wire_reader_free(r);
        rc = RP_OK;
    }
    rp_buf_free(&words);
}

static void more_calls_than_a_reply_may_have_are_refused(void **state)
{
    struct rp_buf body;
    struct wire_read r;

    (void)state;
    rp_buf_init(&body, &faulty.alloc, SIZE_MAX);
    for (unsigned i = 0; i <= RP_WIRE_ITEMS_MAX; i++) {
        rp_buf_addz(&body,
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":");
        rp_buf_add_int(&body, (int64_t)i);
        rp_buf_addz(&body, ",\"function\":{\"name\":\"f\"}}]}}]}\n\n");
    }
    wire_read(&r, &faulty.alloc, RP_DIALECT_CHAT, 1, (struct rp_str){body.s, body.n}, 0, 0);
    assert_non_null(strstr(r.story.s, " calls and parts, or one of them too long\n"));
    assert_true(r.is_broken);
    wire_read_free(&r);
    rp_buf_free(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
        T(each_text_piece_is_an_update),
        T(an_empty_text_after_the_opening_is_an_update),
        T(a_stream_that_says_nothing_is_one_update_without_contents),
        T(text_and_calls_of_the_last_piece_are_one_update),
        T(content_may_be_null_or_a_list_of_parts),
        T(a_refusal_is_text_and_the_finish_says_so),
        T(a_stream_without_role_is_the_assistants),
        T(chunks_without_choices_or_delta_say_nothing),
        T(only_one_choice_is_read),
        T(a_whole_message_in_a_stream_is_refused),
        T(calls_come_whole_in_the_order_in_which_they_began),
        T(pieces_without_index_go_by_their_order),
        T(entries_of_one_list_without_index_are_different_calls),
        T(a_new_id_under_the_same_index_is_a_new_call),
        T(calls_that_share_an_index_go_by_their_ids),
        T(a_name_after_whole_arguments_is_a_new_call),
        T(another_name_before_the_arguments_are_whole_is_refused),
        T(a_name_that_is_repeated_is_not_added),
        T(arguments_under_another_index_go_to_the_call_that_has_none),
        T(arguments_that_may_belong_to_several_calls_are_refused),
        T(the_first_call_need_not_have_index_0),
        T(id_and_name_may_come_apart),
        T(a_call_without_id_gets_one_that_is_free),
        T(a_call_without_name_is_broken),
        T(two_calls_with_one_id_are_refused),
        T(arguments_may_be_an_object),
        T(the_older_function_call_is_a_call),
        T(a_tool_that_is_no_function_is_refused),
        T(a_finish_reason_is_enough),
        T(the_end_mark_is_enough),
        T(neither_is_a_stream_that_was_cut),
        T(a_call_that_was_cut_is_not_complete_by_the_end_mark_alone),
        T(a_line_that_was_cut_is_broken_even_after_the_finish),
        T(what_was_cut_short_is_told_so),
        T(an_empty_finish_reason_is_none),
        T(what_comes_after_a_finish_reason_still_counts),
        T(a_second_end_mark_and_late_usage_are_passed_over),
        T(a_chunk_after_the_end_mark_is_broken),
        T(an_error_in_the_stream_is_told),
        T(bad_json_is_told_with_its_byte_also_over_several_lines),
        T(tokens_are_counted_from_0_up),
        T(a_body_over_the_bound_is_broken),
        T(more_calls_than_a_reply_may_have_are_refused),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
