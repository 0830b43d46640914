/* test_wire_responses_write.c - replies of OpenAI Responses as a server writes them, whole texts,
 * and read again. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/wire_case.h"

#define D        RP_DIALECT_RESPONSES
#define EV(t, x) "event: " t "\ndata: {\"type\":\"" t "\"" x "}\n\n"

static struct rp_wire_reply reply_of(void)
{
    return (struct rp_wire_reply){
        .id = "resp_1",
        .model = "m",
        .created = 7,
        .usage = read_json("{\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}")};
}

#define STATE                                                                                      \
    ",\"model\":\"m\",\"background\":false,\"error\":null,\"instructions\":null,"                  \
    "\"max_output_tokens\":null,\"metadata\":{},\"parallel_tool_calls\":true,"                     \
    "\"previous_response_id\":null,\"reasoning\":{\"effort\":null,\"summary\":null},"              \
    "\"service_tier\":\"default\",\"store\":false,\"temperature\":null,\"text\":{\"format\":{"     \
    "\"type\":\"text\"}},\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":null,\"truncation\":"     \
    "\"disabled\",\"user\":null,\"incomplete_details\":"
#define HEAD(status)                                                                               \
    "{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":7,\"status\":\"" status "\"" STATE
#define COUNTED                                                                                    \
    "],\"usage\":{\"input_tokens\":3,\"input_tokens_details\":{\"cached_tokens\":0},"              \
    "\"output_tokens\":4,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":7}}"
#define MESSAGE(status, text)                                                                      \
    "{\"id\":\"msg_resp_1_0\",\"type\":\"message\",\"status\":\"" status                           \
    "\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"annotations\":[],"         \
    "\"logprobs\":[],\"text\":\"" text "\"}]}"
#define FUNCTION(status, arguments)                                                                \
    "{\"id\":\"fc_resp_1_1\",\"type\":\"function_call\",\"status\":\"" status                      \
    "\",\"call_id\":\"c1\",\"name\":\"add\",\"arguments\":\"" arguments "\"}"

static void a_whole_reply_is_written_with_all_its_fields(void **state)
{
    struct rp_wire_reply r = reply_of();

    (void)state;
    r.contents = case_list(2, case_text("Hi"), case_call("c1", "add", "{\"a\":1}"));
    wire_answers(D, 0, &r,
                 HEAD("completed") "null,\"output\":[" MESSAGE("completed", "Hi") "," FUNCTION(
                     "completed", "{\\\"a\\\":1}") COUNTED,
                 "whole \"Hi\" add(c1) {\"a\":1}\nend tool_calls 3 + 4 = 7\n");
    r.contents = case_list(1, case_text("Hi"));
    r.finish = "length";
    wire_answers(D, 0, &r,
                 HEAD("incomplete") "{\"reason\":\"max_output_tokens\"},\"output\":[" MESSAGE(
                     "incomplete", "Hi") COUNTED,
                 "whole \"Hi\"\nend length 3 + 4 = 7\n");
}

static void a_refusal_is_written_as_one(void **state)
{
    struct rp_wire_reply r = reply_of();

    (void)state;
    r.contents = case_list(1, case_text("No"));
    r.finish = "refusal";
    wire_answers(D, 0, &r,
                 HEAD("completed") "null,\"output\":[{\"id\":\"msg_resp_1_0\",\"type\":\"message\","
                                   "\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{"
                                   "\"type\":\"refusal\",\"refusal\":\"No\"}]}" COUNTED,
                 "whole \"No\"\nend refusal 3 + 4 = 7\nrules refusal\n");
}

#define SEQ(t, n, x) EV(t, ",\"sequence_number\":" #n x)
#define MSG0         ",\"item_id\":\"msg_resp_1_0\",\"output_index\":0,\"content_index\":0"
#define FC1          ",\"item_id\":\"fc_resp_1_1\",\"output_index\":1"
#define NOTES        "\"annotations\":[],\"logprobs\":[]"
#define TEXT(x)      "{\"type\":\"output_text\"," NOTES ",\"text\":\"" x "\"}"

/* In two parts: a C compiler need not take longer strings. */
static const char begins[] =
    SEQ("response.created", 0,
        ",\"response\":" HEAD("in_progress") "null,\"output\":[],\"usage\":null}")
        SEQ("response.in_progress", 1,
            ",\"response\":" HEAD("in_progress") "null,\"output\":[],\"usage\":null}")
            SEQ("response.output_item.added", 2,
                ",\"output_index\":0,\"item\":{\"id\":\"msg_resp_1_0\",\"type\":\"message\","
                "\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}")
                SEQ("response.content_part.added", 3, MSG0 ",\"part\":" TEXT("")) SEQ(
                    "response.output_text.delta", 4, MSG0 ",\"logprobs\":[],\"delta\":\"H\"")
                    SEQ("response.output_text.delta", 5, MSG0 ",\"logprobs\":[],\"delta\":\"i\"");
static const char goes_on[] =
    SEQ("response.output_text.done", 6, MSG0 ",\"logprobs\":[],\"text\":\"Hi\"")
        SEQ("response.content_part.done", 7, MSG0 ",\"part\":" TEXT("Hi"))
            SEQ("response.output_item.done", 8,
                ",\"output_index\":0,\"item\":" MESSAGE("completed", "Hi"))
                SEQ("response.output_item.added", 9,
                    ",\"output_index\":1,\"item\":" FUNCTION("in_progress", ""))
                    SEQ("response.function_call_arguments.delta", 10, FC1 ",\"delta\":\"{}\"")
                        SEQ("response.function_call_arguments.done", 11,
                            FC1 ",\"name\":\"add\",\"arguments\":\"{}\"")
                            SEQ("response.output_item.done", 12,
                                ",\"output_index\":1,\"item\":" FUNCTION("completed", "{}"))
                                SEQ("response.completed", 13,
                                    ",\"response\":" HEAD("completed") "null,\"output\":[" MESSAGE(
                                        "completed", "Hi") "," FUNCTION("completed", "{}") COUNTED);

static void a_stream_is_written_with_the_whole_life_of_its_items(void **state)
{
    struct rp_wire_reply r = reply_of();
    char body[sizeof(begins) + sizeof(goes_on)];

    (void)state;
    r.updates = case_list(3, case_list(1, case_text("H")), case_list(1, case_text("i")),
                          case_list(1, case_call("c1", "add", "{}")));
    snprintf(body, sizeof(body), "%s%s", begins, goes_on);
    wire_answers(D, 1, &r, body,
                 "update \"H\"\nupdate \"i\"\nupdate add(c1) {}\n"
                 "end tool_calls 3 + 4 = 7\n");
}

static void texts_after_a_call_are_a_message_of_their_own(void **state)
{
    struct rp_wire_reply r = reply_of();
    struct rp_buf b;

    (void)state;
    r.contents = case_list(4, case_text("a"), case_text("b"), case_call("c1", "f", ""),
                           case_text("\xc3\xa4\""));
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_wire_write_whole(D, &r, &b), RP_OK);
    assert_non_null(strstr(b.s, "\"id\":\"msg_resp_1_2\""));
    wire_reads(D, 0, b.s, "whole \"ab\xc3\xa4\\\"\" f(c1) \nend tool_calls 3 + 4 = 7\n");
    rp_buf_free(&b);
}

static void an_error_is_written_as_the_service_says_it(void **state)
{
    struct rp_error err;
    struct rp_buf b;

    (void)state;
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_wire_write_error(D, 429, NULL, "Slow \"down\"", &b), RP_OK);
    assert_string_equal(b.s, "{\"error\":{\"message\":\"Slow \\\"down\\\"\",\"type\":"
                             "\"rate_limit_error\",\"param\":null,\"code\":null}}");
    rp_wire_read_error(D, 429, b.s, b.n, &err);
    assert_string_equal(err.text, "the service answered with status 429: Slow \"down\" "
                                  "(rate_limit_error)");
    rp_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_is_written_with_all_its_fields),
        cmocka_unit_test(a_refusal_is_written_as_one),
        cmocka_unit_test(a_stream_is_written_with_the_whole_life_of_its_items),
        cmocka_unit_test(texts_after_a_call_are_a_message_of_their_own),
        cmocka_unit_test(an_error_is_written_as_the_service_says_it),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
