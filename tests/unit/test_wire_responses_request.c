/* test_wire_responses_request.c - requests of OpenAI Responses: written, read as a server, refused.
 */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include "tests/support/wire_case.h"

#define D RP_DIALECT_RESPONSES

static struct rp_wire_request request_of(struct rp_value messages)
{
    return (struct rp_wire_request){.model = rp_textz(&heap, "m"), .messages = messages};
}

static void a_request_is_a_flat_list_of_items(void **state)
{
    struct rp_wire_request r = request_of(
        case_list(5, case_message(RP_SYSTEM, 1, case_text("s")),
                  case_message(RP_USER, 2, case_text("a"), case_text("")),
                  case_message(RP_ASSISTANT, 3, case_text("b"), case_call("c1", "add", "{bad"),
                               case_call("c2", "sub", "{}")),
                  case_message(RP_TOOL, 2, case_result("c1", "no", 1), case_result("c2", "", 0)),
                  case_message(RP_USER, 0)));

    (void)state;
    wire_asks(
        D, &r,
        "{\"model\":\"m\",\"input\":[{\"type\":\"message\",\"role\":\"system\",\"content\":[{"
        "\"type\":\"input_text\",\"text\":\"s\"}]},{\"type\":\"message\",\"role\":\"user\","
        "\"content\":[{\"type\":\"input_text\",\"text\":\"a\"},{\"type\":\"input_text\",\"text\":"
        "\"\"}]},{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
        "\"output_text\",\"text\":\"b\"}]},{\"type\":\"function_call\",\"call_id\":\"c1\","
        "\"name\":\"add\",\"arguments\":\"{bad\"},{\"type\":\"function_call\",\"call_id\":"
        "\"c2\",\"name\":\"sub\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\","
        "\"call_id\":\"c1\",\"output\":\"no\"},{\"type\":\"function_call_output\",\"call_id\":"
        "\"c2\",\"output\":\"\"}]}");
}

static void what_stands_beside_the_messages_has_its_place(void **state)
{
    struct rp_wire_request r = request_of(case_list(1, case_message(RP_USER, 1, case_text("a"))));

    (void)state;
    r.instructions = rp_textz(&heap, "be kind");
    r.tools = read_json("[{\"name\":\"add\",\"description\":\"adds\",\"parameters\":{\"type\":"
                        "\"object\"}},{\"name\":\"sub\",\"strict\":true},{\"type\":"
                        "\"web_search\"}]");
    r.tool_choice = read_json("{\"name\":\"add\"}");
    r.format = read_json("{\"type\":\"object\"}");
    r.format_strict = rp_bool(1);
    r.options = read_json("{\"temperature\":0.5,\"text\":{\"verbosity\":\"low\"},\"model\":\"z\"}");
    r.stream = 1;
    wire_asks(
        D, &r,
        "{\"model\":\"m\",\"instructions\":\"be kind\",\"input\":[{\"type\":\"message\",\"role\":"
        "\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"}]}],\"tools\":[{\"type\":"
        "\"function\",\"name\":\"add\",\"description\":\"adds\",\"parameters\":{\"type\":"
        "\"object\"},\"strict\":false},{\"type\":\"function\",\"name\":\"sub\",\"parameters\":{"
        "\"type\":\"object\",\"properties\":{}},\"strict\":true},{\"type\":\"web_search\"}],"
        "\"tool_choice\":{\"type\":\"function\",\"name\":\"add\"},\"text\":{\"format\":{\"type\":"
        "\"json_schema\",\"name\":\"answer\",\"schema\":{\"type\":\"object\"},\"strict\":true},"
        "\"verbosity\":\"low\"},\"stream\":true,\"temperature\":0.5}");
}

static void a_server_understands_what_clients_send(void **state)
{
    (void)state;
    wire_asks_as(D, "{\"model\":\"m\",\"input\":\"hi\"}", RP_DIALECT_CHAT,
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    wire_asks_as(D,
                 "{\"model\":\"m\",\"stream\":false,\"input\":[{\"role\":\"developer\",\"content\":"
                 "\"s\"},{\"role\":\"user\",\"content\":\"hi\"},{\"id\":\"r\",\"type\":"
                 "\"reasoning\",\"summary\":[]},{\"id\":\"m1\",\"role\":\"assistant\",\"status\":"
                 "\"completed\",\"type\":\"message\",\"content\":[{\"type\":\"output_text\","
                 "\"text\":\"ho\",\"annotations\":[]}]},{\"type\":\"function_call\",\"id\":\"f\","
                 "\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":"
                 "\"function_call_output\",\"call_id\":\"c1\",\"output\":[{\"type\":"
                 "\"input_text\",\"text\":\"1\"},{\"type\":\"input_text\",\"text\":\"2\"}]}],"
                 "\"tool_choice\":\"auto\",\"text\":{\"format\":{\"type\":\"text\"}},\"store\":"
                 "false}",
                 D,
                 "{\"model\":\"m\",\"input\":[{\"type\":\"message\",\"role\":\"system\","
                 "\"content\":[{\"type\":\"input_text\",\"text\":\"s\"}]},{\"type\":\"message\","
                 "\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"hi\"}]},{"
                 "\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
                 "\"output_text\",\"text\":\"ho\"}]},{\"type\":\"function_call\",\"call_id\":"
                 "\"c1\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\","
                 "\"call_id\":\"c1\",\"output\":\"12\"}],\"store\":false,\"text\":{\"format\":{"
                 "\"type\":\"text\"}}}");
}

static void a_request_that_is_not_understood_is_refused_at_its_path(void **state)
{
    (void)state;
    wire_ask_refused(D, "{}", "model: expected a string, found nothing");
    wire_ask_refused(D, "{\"model\":\"m\",\"input\":7}",
                     "input: expected an array, found an integer");
    wire_ask_refused(D, "{\"model\":\"m\",\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]}",
                     "input[0].type: this kind of item is not supported; message, function_call, "
                     "function_call_output and reasoning are");
    wire_ask_refused(D,
                     "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":"
                     "\"input_image\"}]}]}",
                     "input[0].content[0].type: this kind of part is not supported; input_text, "
                     "output_text and refusal are");
    wire_ask_refused(D, "{\"model\":\"m\",\"input\":[{\"role\":\"king\",\"content\":\"\"}]}",
                     "input[0].role: unknown role; known: user, assistant, system, developer");
    wire_ask_refused(D, "{\"model\":\"m\",\"stream\":1}", "stream: expected true or false");
    wire_ask_refused(D, "{\"model\":\"m\",\"tools\":[{\"type\":\"function\"}]}",
                     "tools[0].name: expected a string, found nothing");
    wire_ask_refused(
        D, "{\"model\"",
        "byte 8: no valid JSON: expected ':' after the key, found the end of the text");
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    wire_sweeps_request(
        D, "{\"model\":\"m\",\"instructions\":\"i\",\"input\":[{\"type\":\"message\",\"role\":"
           "\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"}]},{\"type\":"
           "\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"},{\"type\":"
           "\"function_call_output\",\"call_id\":\"c\",\"output\":\"1\"}],\"tools\":[{\"type\":"
           "\"function\",\"name\":\"f\",\"parameters\":{},\"strict\":false}],\"tool_choice\":"
           "\"none\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\",\"schema\":{}},"
           "\"verbosity\":\"low\"},\"seed\":7}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_a_flat_list_of_items),
        cmocka_unit_test(what_stands_beside_the_messages_has_its_place),
        cmocka_unit_test(a_server_understands_what_clients_send),
        cmocka_unit_test(a_request_that_is_not_understood_is_refused_at_its_path),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
