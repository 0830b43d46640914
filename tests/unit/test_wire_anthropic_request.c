/* test_wire_anthropic_request.c - requests of Anthropic Messages: written, read as a server,
 * refused. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <stdio.h>

#include "tests/support/wire_case.h"

#define D RP_DIALECT_ANTHROPIC

static struct rp_wire_request request_of(struct rp_value messages)
{
    return (struct rp_wire_request){.model = rp_textz(&heap, "m"), .messages = messages};
}

#define ASK "{\"model\":\"m\",\"max_tokens\":4096"

static void messages_of_one_side_are_one_with_results_in_front(void **state)
{
    struct rp_wire_request r = request_of(case_list(
        6, case_message(RP_USER, 1, case_text("a")), case_message(RP_USER, 1, case_text("b")),
        case_message(RP_ASSISTANT, 3, case_text(""), case_call("t1", "add", "{bad"),
                     case_call("t2", "sub", "{ \"x\": 1}")),
        case_message(RP_USER, 1, case_text("and?")),
        case_message(RP_TOOL, 2, case_result("t1", "no", 1), case_result("t2", "", 0)),
        case_message(RP_ASSISTANT, 1, case_text(""))));

    (void)state;
    wire_asks(D, &r,
              ASK ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                  "\"a\"},{\"type\":\"text\",\"text\":\"b\"}]},{\"role\":\"assistant\",\"content\":"
                  "[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"add\",\"input\":{"
                  "\"INVALID_JSON\":\"{bad\"}},{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":"
                  "\"sub\",\"input\":{\"x\":1}}]},{\"role\":\"user\",\"content\":[{\"type\":"
                  "\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"no\",\"is_error\":true},{"
                  "\"type\":\"tool_result\",\"tool_use_id\":\"t2\",\"content\":\"\"},{\"type\":"
                  "\"text\",\"text\":\"and?\"}]}]}");
}

static void a_message_without_words_does_not_part_its_neighbours(void **state)
{
    struct rp_wire_request r = request_of(case_list(3, case_message(RP_USER, 1, case_text("a")),
                                                    case_message(RP_ASSISTANT, 1, case_text("")),
                                                    case_message(RP_USER, 1, case_text("b"))));

    (void)state;
    wire_asks(D, &r,
              ASK ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
                  "\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]}");
}

static void instructions_and_system_messages_in_front_are_the_system(void **state)
{
    struct rp_value user = case_message(RP_USER, 1, case_text("a"));
    struct rp_value system = case_message(RP_SYSTEM, 1, case_text("s"));
    struct rp_wire_request r = request_of(case_list(1, user));

    (void)state;
    r.instructions = rp_textz(&heap, "be kind");
    wire_asks(D, &r,
              ASK ",\"system\":\"be kind\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                  "\"text\",\"text\":\"a\"}]}]}");
    r.messages = case_list(3, system, user, system);
    wire_asks(D, &r,
              ASK ",\"system\":[{\"type\":\"text\",\"text\":\"be kind\"},{\"type\":\"text\","
                  "\"text\":\"s\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                  "\"text\",\"text\":\"a\"}]},{\"role\":\"system\",\"content\":[{\"type\":"
                  "\"text\",\"text\":\"s\"}]}]}");
    r.instructions = rp_nil();
    r.messages = case_list(2, system, user);
    wire_asks(D, &r,
              ASK ",\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                  "\"text\",\"text\":\"a\"}]}]}");
}

static void what_stands_beside_the_messages_has_its_place(void **state)
{
    struct rp_wire_request r = request_of(rp_list());

    (void)state;
    r.tools = read_json("[{\"name\":\"add\",\"description\":\"adds\",\"parameters\":{\"type\":"
                        "\"object\"}},{\"name\":\"sub\",\"strict\":true},{\"type\":"
                        "\"web_search_20250305\",\"name\":\"web_search\"}]");
    r.tool_choice = rp_textz(&heap, "required");
    r.format = read_json("{\"type\":\"object\"}");
    r.options = read_json("{\"temperature\":0.5,\"max_tokens\":9,\"output_config\":{\"effort\":"
                          "\"low\"},\"stream\":false}");
    r.stream = 1;
    wire_asks(
        D, &r,
        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[],\"tools\":[{\"name\":\"add\","
        "\"description\":\"adds\",\"input_schema\":{\"type\":\"object\"}},{\"name\":\"sub\","
        "\"input_schema\":{\"type\":\"object\",\"properties\":{}},\"strict\":true},{\"type\":"
        "\"web_search_20250305\",\"name\":\"web_search\"}],\"tool_choice\":{\"type\":\"any\"},"
        "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":"
        "\"object\"}},\"effort\":\"low\"},\"stream\":true,\"temperature\":0.5}");
}

static void each_tool_choice_has_its_form(void **state)
{
    static const char *const choices[][2] = {
        {"\"auto\"", "{\"type\":\"auto\"}"},
        {"\"none\"", "{\"type\":\"none\"}"},
        {"{\"name\":\"f\"}", "{\"type\":\"tool\",\"name\":\"f\"}"},
    };
    struct rp_wire_request r = request_of(rp_list());
    char body[256];

    (void)state;
    r.tools = read_json("[{\"name\":\"f\"}]");
    for (int i = 0; i < 3; i++) {
        r.tool_choice = read_json(choices[i][0]);
        snprintf(body, sizeof(body),
                 ASK ",\"messages\":[],\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":"
                     "\"object\",\"properties\":{}}}],\"tool_choice\":%s}",
                 choices[i][1]);
        wire_asks(D, &r, body);
    }
    r.tools = rp_list();
    wire_asks(D, &r, ASK ",\"messages\":[]}");
}

static void a_server_understands_what_clients_send(void **state)
{
    (void)state;
    wire_asks_as(
        D,
        "{\"model\":\"m\",\"max_tokens\":5,\"system\":\"be kind\",\"messages\":[{\"role\":"
        "\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
        "\"thinking\":\"\",\"signature\":\"\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\","
        "\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
        "\"tool_use_id\":\"t\",\"content\":[{\"type\":\"text\",\"text\":\"1\"},{\"type\":\"text\","
        "\"text\":\"2\"}]},{\"type\":\"text\",\"text\":\"go\"}]}],\"tools\":[{\"name\":\"f\","
        "\"type\":\"custom\",\"input_schema\":{}}],\"metadata\":{}}",
        RP_DIALECT_CHAT,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"be kind\"},{\"role\":"
        "\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{"
        "\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{"
        "\"role\":\"tool\",\"tool_call_id\":\"t\",\"content\":\"12\"},{\"role\":\"user\","
        "\"content\":\"go\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"parameters\":{}}}],\"max_tokens\":5,\"metadata\":{}}");
    wire_asks_as(D,
                 "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[],\"tool_choice\":{\"type\":"
                 "\"auto\",\"disable_parallel_tool_use\":true}}",
                 D,
                 "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[],\"tool_choice\":{\"type\":"
                 "\"auto\",\"disable_parallel_tool_use\":true}}");
}

static void a_request_that_is_not_understood_is_refused_at_its_path(void **state)
{
    (void)state;
    wire_ask_refused(D, "{}", "model: expected a string, found nothing");
    wire_ask_refused(D, "{\"model\":\"m\",\"messages\":[]}",
                     "max_tokens: max_tokens is required: an integer");
    wire_ask_refused(D, ASK "}", "messages: expected an array, found nothing");
    wire_ask_refused(D, ASK ",\"messages\":[{\"role\":\"tool\",\"content\":\"\"}]}",
                     "messages[0].role: unknown role; known: user, assistant, system");
    wire_ask_refused(D,
                     ASK ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}",
                     "messages[0].content[0].type: this kind of block is not supported; text, "
                     "tool_use, tool_result and thinking are");
    wire_ask_refused(D,
                     ASK ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
                         "\"tool_use_id\":\"t\",\"content\":[{\"type\":\"image\"}]}]}]}",
                     "messages[0].content[0].content[0].type: this kind of block is not supported "
                     "in a result; text is");
    wire_ask_refused(
        D, ASK ",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\"}]}]}",
        "messages[0].content[0].type: only a message with the role assistant can have "
        "this block");
    wire_ask_refused(D, ASK ",\"messages\":[],\"tools\":[{\"name\":\"f\"}]}",
                     "tools[0].input_schema: expected an object, found nothing");
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    wire_sweeps_request(
        D, ASK ",\"system\":[{\"type\":\"text\",\"text\":\"i\"},{\"type\":\"text\",\"text\":"
               "\"s\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
               "\"a\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t\","
               "\"name\":\"f\",\"input\":{\"a\":1}}]},{\"role\":\"user\",\"content\":[{\"type\":"
               "\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"1\"}]}],\"tools\":[{\"name\":"
               "\"f\",\"input_schema\":{}}],\"tool_choice\":{\"type\":\"any\"},\"output_config\":{"
               "\"format\":{\"type\":\"json_schema\",\"schema\":{}},\"effort\":\"low\"},\"seed\":"
               "7}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_one_side_are_one_with_results_in_front),
        cmocka_unit_test(a_message_without_words_does_not_part_its_neighbours),
        cmocka_unit_test(instructions_and_system_messages_in_front_are_the_system),
        cmocka_unit_test(what_stands_beside_the_messages_has_its_place),
        cmocka_unit_test(each_tool_choice_has_its_form),
        cmocka_unit_test(a_server_understands_what_clients_send),
        cmocka_unit_test(a_request_that_is_not_understood_is_refused_at_its_path),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
