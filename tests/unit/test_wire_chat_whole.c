/* test_wire_chat_whole.c - whole replies of Chat Completions as services really give them: each is
 * read by a named rule or refused at its byte. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include "tests/support/wire_read.h"

#define ROLE "\"role\":\"assistant\","

static void replies(const char *body, const char *expected)
{
    wire_is_told(RP_DIALECT_CHAT, 0, body, expected);
}

#define REPLY(message, why)                                                                        \
    "{\"choices\":[{\"index\":0,\"message\":{" message "},\"finish_reason\":" why "}]}"

static void a_whole_reply_has_text_then_calls(void **state)
{
    (void)state;
    replies(" {\"id\":\"1\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
            "\"content\":\"Hi\",\"tool_calls\":[{\"id\":\"x\",\"type\":\"function\",\"function\":"
            "{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}],"
            "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
            "whole \"Hi\" f(x) {}\nend tool_calls 3 + 4 = 7\n");
}

static void content_of_a_whole_reply_may_be_null_empty_or_parts(void **state)
{
    (void)state;
    replies(REPLY(ROLE "\"content\":null", "\"stop\""), "whole\nend stop\n");
    replies(REPLY(ROLE "\"content\":\"\"", "\"stop\""), "whole \"\"\nend stop\n");
    replies(REPLY(ROLE "\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"refusal\","
                       "\"refusal\":\"b\"}]",
                  "\"stop\""),
            "whole \"ab\"\nend refusal\nrules content_parts refusal\n");
    replies(REPLY(ROLE "\"content\":^7", "\"stop\""),
            "broken byte ^: choices[0].message.content: expected a string, found an integer\n");
}

static void a_refusal_beside_text_is_not_lost(void **state)
{
    (void)state;
    replies(REPLY(ROLE "\"content\":\"a\",\"refusal\":\"b\"", "\"stop\""),
            "whole \"ab\"\nend refusal\nrules refusal\n");
}

static void calls_of_a_whole_reply_need_names_and_different_ids(void **state)
{
    (void)state;
    replies(REPLY("\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}},"
                  "{\"id\":\"\",\"function\":{\"name\":\"g\"}}]",
                  "null"),
            "whole f(call_1) {} g(call_2) \nend \nrules no_finish empty_as_none no_id "
            "arguments_object no_role\n");
    replies(REPLY(ROLE "\"tool_calls\":[{\"id\":\"x\",\"function\":{\"name\":^\"\"}}]", "null"),
            "broken byte ^: choices[0].message.tool_calls[0].function.name: a call needs the "
            "name of its function\n");
    replies(REPLY(ROLE "\"tool_calls\":[{\"id\":\"x\",\"function\":{\"name\":\"f\"}},"
                       "{\"id\":^\"x\",\"function\":{\"name\":\"f\"}}]",
                  "null"),
            "broken byte ^: choices[0].message.tool_calls[1].id: two calls have this id\n");
}

static void the_older_function_call_of_a_whole_reply_is_a_call(void **state)
{
    (void)state;
    replies(REPLY(ROLE "\"content\":null,\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}",
                  "\"function_call\""),
            "whole f(call_1) {}\nend tool_calls\nrules no_id function_call\n");
}

static void a_whole_reply_of_one_choice_only(void **state)
{
    (void)state;
    replies("{\"choices\":^[]}", "broken byte ^: choices: the reply has no choice\n");
    replies("^{}", "broken byte ^: choices: expected an array, found nothing\n");
    replies("{\"choices\":[^{\"index\":0,\"delta\":{}}]}",
            "broken byte ^: choices[0].message: expected an object, found nothing\n");
}

static void what_is_no_reply_is_refused(void **state)
{
    (void)state;
    replies("^", "broken byte ^: the body is empty\n");
    replies("^<html>", "broken byte ^: no valid JSON: expected a value, found '<'\n");
    replies("{\"choices\":[{\"index\":0,\"message\":{\"content\":\"a^",
            "broken byte ^: no valid JSON: expected the string's closing quote, found the end of "
            "the text\n");
    replies("{\"error\":^{\"message\":\"no such model\",\"code\":\"model_not_found\"}}",
            "broken byte ^: error: the service reports: no such model (model_not_found)\n");
    replies("{\"choices\":^[],\"usage\":{\"prompt_tokens\":-1}}",
            "broken byte ^: choices: the reply has no choice\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_has_text_then_calls),
        cmocka_unit_test(content_of_a_whole_reply_may_be_null_empty_or_parts),
        cmocka_unit_test(a_refusal_beside_text_is_not_lost),
        cmocka_unit_test(calls_of_a_whole_reply_need_names_and_different_ids),
        cmocka_unit_test(the_older_function_call_of_a_whole_reply_is_a_call),
        cmocka_unit_test(a_whole_reply_of_one_choice_only),
        cmocka_unit_test(what_is_no_reply_is_refused),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
