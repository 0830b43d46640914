/* test_wire_chat_request.c - requests of Chat Completions: what a client writes, what a server
 * reads, and whole replies as a server writes them. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <string.h>

#include "engine/base/json.h"
#include "mocks/wire/wire.h"

/* ---- writing -------------------------------------------------------------------------------- */

static struct rp_value text(const char *z)
{
    return rp_textz(&heap, z);
}

static struct rp_value contents(struct rp_value a, struct rp_value b)
{
    struct rp_value list = rp_list();

    if (a.tag != RP_NIL)
        assert_int_equal(rp_list_add(&heap, &list, a), RP_OK);
    if (b.tag != RP_NIL)
        assert_int_equal(rp_list_add(&heap, &list, b), RP_OK);
    return list;
}

static void add(struct rp_value *messages, enum rp_role role, struct rp_value a, struct rp_value b)
{
    assert_int_equal(
        rp_list_add(&heap, messages, rp_message(&heap, role, text("someone"), contents(a, b))),
        RP_OK);
}

static struct rp_value said(const char *z)
{
    return rp_content_text(&heap, text(z));
}

static struct rp_value call(const char *id, const char *name)
{
    return rp_content_call(&heap, text(id), text(name), text("{}"));
}

static void is_written(const struct rp_wire_request *request, const char *expected)
{
    struct rp_buf b;

    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_wire_write_request(RP_DIALECT_CHAT, request, &b), RP_OK);
    assert_string_equal(b.s, expected);
    rp_buf_free(&b);
}

static void is_not_written(const struct rp_wire_request *request, int status)
{
    struct rp_buf b;

    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    rp_buf_addz(&b, "before");
    assert_int_equal(rp_wire_write_request(RP_DIALECT_CHAT, request, &b), status);
    assert_string_equal(b.s, "before");
    rp_buf_free(&b);
}

static void a_conversation_is_written_in_one_fixed_form(void **state)
{
    struct rp_wire_request request = {.model = text("m"), .instructions = text("be \"kind\"")};

    (void)state;
    request.messages = rp_list();
    add(&request.messages, RP_USER, said("Hello"), rp_nil());
    add(&request.messages, RP_ASSISTANT, said("I look"), call("x", "f"));
    add(&request.messages, RP_TOOL, rp_content_result(&heap, text("x"), text("1"), 0),
        rp_content_result(&heap, text("y"), text("no"), 1));
    add(&request.messages, RP_ASSISTANT, call("z", "g"), rp_nil());
    add(&request.messages, RP_USER, said("a"), said("b"));
    is_written(&request,
               "{\"model\":\"m\",\"messages\":["
               "{\"role\":\"system\",\"content\":\"be \\\"kind\\\"\"},"
               "{\"role\":\"user\",\"content\":\"Hello\"},"
               "{\"role\":\"assistant\",\"content\":\"I look\",\"tool_calls\":[{\"id\":\"x\","
               "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
               "{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"1\"},"
               "{\"role\":\"tool\",\"tool_call_id\":\"y\",\"content\":\"no\"},"
               "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"z\","
               "\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},"
               "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
               "{\"type\":\"text\",\"text\":\"b\"}]}]}");
}

static void approvals_and_messages_without_contents_are_not_sent(void **state)
{
    struct rp_wire_request request = {.model = text("m"), .messages = rp_list()};

    (void)state;
    add(&request.messages, RP_USER, rp_nil(), rp_nil());
    add(&request.messages, RP_ASSISTANT, rp_approval_request(&heap, call("x", "f")), rp_nil());
    add(&request.messages, RP_USER, said(""), rp_approval_response(&heap, call("x", "f"), 1));
    is_written(&request, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}");
}

static void tools_format_and_options_follow_the_messages(void **state)
{
    struct rp_wire_request request = {
        .model = text("m"),
        .tools = read_json("[{\"name\":\"f\"},{\"name\":\"g\",\"description\":\"G\","
                           "\"parameters\":{\"type\":\"object\"},\"strict\":true}]"),
        .tool_choice = text("auto"),
        .format = read_json("{\"type\":\"object\"}"),
        .options = read_json("{\"temperature\":0.5,\"seed\":7,\"tool_choice\":\"none\","
                             "\"model\":\"other\",\"stop\":[\"\\n\"]}"),
        .stream = 1,
    };

    (void)state;
    is_written(&request,
               "{\"model\":\"m\",\"messages\":[],\"tools\":["
               "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":"
               "\"object\",\"properties\":{}}}},"
               "{\"type\":\"function\",\"function\":{\"name\":\"g\",\"description\":\"G\","
               "\"parameters\":{\"type\":\"object\"},\"strict\":true}}],\"tool_choice\":\"auto\","
               "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","
               "\"schema\":{\"type\":\"object\"}}},\"stream\":true,\"stream_options\":{"
               "\"include_usage\":true},\"temperature\":0.5,\"seed\":7,\"stop\":[\"\\n\"]}");
}

static void one_tool_may_be_chosen_and_options_may_say_what_no_field_does(void **state)
{
    struct rp_wire_request request = {
        .model = text("m"),
        .tool_choice = read_json("{\"name\":\"f\"}"),
        .format = read_json("{}"),
        .format_name = text("plan"),
        .format_strict = rp_bool(1),
        .options = read_json("{\"stream_options\":{\"include_usage\":false}}"),
        .stream = 1,
    };

    (void)state;
    is_written(&request,
               "{\"model\":\"m\",\"messages\":[],\"tool_choice\":{\"type\":\"function\","
               "\"function\":{\"name\":\"f\"}},\"response_format\":{\"type\":\"json_schema\","
               "\"json_schema\":{\"name\":\"plan\",\"schema\":{},\"strict\":true}},"
               "\"stream\":true,\"stream_options\":{\"include_usage\":false}}");
}

static void what_cannot_be_said_is_refused_and_leaves_nothing(void **state)
{
    struct rp_wire_request request = {.model = rp_nil()};

    (void)state;
    is_not_written(&request, RP_ETYPE);
    request = (struct rp_wire_request){.model = text("m"), .messages = rp_list()};
    add(&request.messages, RP_USER, call("x", "f"), rp_nil());
    is_not_written(&request, RP_ETYPE);
    request = (struct rp_wire_request){.model = text("m"), .tools = read_json("[{}]")};
    is_not_written(&request, RP_ETYPE);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void tell_request(struct rp_buf *b, const struct rp_wire_request *r)
{
    const struct {
        const char *name;
        struct rp_value value;
    } fields[] = {{"model", r->model},          {"instructions", r->instructions},
                  {"tools", r->tools},          {"tool_choice", r->tool_choice},
                  {"format", r->format},        {"format_name", r->format_name},
                  {"strict", r->format_strict}, {"options", r->options}};

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        if (fields[i].value.tag == RP_NIL ||
            (fields[i].value.tag == RP_LIST && fields[i].value.len == 0))
            continue;
        rp_buf_addz(b, fields[i].name);
        rp_buf_addc(b, ' ');
        assert_int_equal(rp_json_write(b, fields[i].value, 0), RP_OK);
        rp_buf_addc(b, '\n');
    }
    if (r->stream)
        rp_buf_addz(b, "stream\n");
}

static void tell_message(struct rp_buf *b, const struct rp_message *m)
{
    rp_buf_addz(b, rp_role_name(m->role.u.i));
    if (m->author.tag == RP_TEXT) {
        rp_buf_addc(b, ' ');
        rp_buf_adds(b, rp_str_of(m->author));
    }
    rp_buf_addc(b, ':');
    for (uint32_t i = 0; i < rp_len(m->contents); i++) {
        struct rp_rec *rec = rp_at(m->contents, i).u.rec;
        rp_buf_addc(b, ' ');
        rp_buf_addz(b, rp_kind_name(rec->o.kind));
        for (unsigned k = 0; k < rp_kind_fields(rec->o.kind); k++) {
            rp_buf_addc(b, ' ');
            assert_int_equal(rp_json_write(b, rec->slot[k], 0), RP_OK);
        }
    }
    rp_buf_addc(b, '\n');
}

static void is_read(const char *body, const char *expected)
{
    struct rp_wire_request request;
    struct rp_error err;
    struct rp_buf b, once, twice;

    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    rp_buf_init(&once, &faulty.alloc, SIZE_MAX);
    rp_buf_init(&twice, &faulty.alloc, SIZE_MAX);
    assert_int_equal(
        rp_wire_read_request(RP_DIALECT_CHAT, &heap, body, strlen(body), &request, &err), RP_OK);
    tell_request(&b, &request);
    for (uint32_t i = 0; i < rp_len(request.messages); i++)
        tell_message(&b, rp_message_of(rp_at(request.messages, i)));
    assert_string_equal(b.s, expected);
    assert_int_equal(rp_wire_write_request(RP_DIALECT_CHAT, &request, &once), RP_OK);
    assert_int_equal(rp_wire_read_request(RP_DIALECT_CHAT, &heap, once.s, once.n, &request, &err),
                     RP_OK);
    assert_int_equal(rp_wire_write_request(RP_DIALECT_CHAT, &request, &twice), RP_OK);
    assert_string_equal(once.s, twice.s);
    rp_buf_free(&b);
    rp_buf_free(&once);
    rp_buf_free(&twice);
}

static void is_refused(const char *body, const char *where, const char *reason)
{
    struct rp_wire_request request;
    struct rp_error err;

    assert_int_equal(
        rp_wire_read_request(RP_DIALECT_CHAT, &heap, body, strlen(body), &request, &err),
        RP_EPARSE);
    assert_string_equal(err.where, where);
    assert_string_equal(err.text, reason);
}

static void a_conversation_is_read(void **state)
{
    (void)state;
    is_read(
        "{\"model\":\"m\",\"messages\":[{\"role\":\"developer\",\"content\":\"be kind\"},"
        "{\"role\":\"user\",\"name\":\"eve\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
        "{\"type\":\"text\",\"text\":\"b\"}]},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":"
        "\"x\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":[{\"type\":\"text\",\"text\":\"1\"},"
        "{\"type\":\"text\",\"text\":\"2\"}]},{\"role\":\"system\",\"content\":\"again\"},"
        "{\"role\":\"assistant\",\"content\":null,\"refusal\":\"no\"}]}",
        "model \"m\"\ninstructions \"be kind\"\n"
        "user eve: c_text \"a\" c_text \"b\"\n"
        "assistant: c_call \"x\" \"f\" \"{\"\n"
        "tool: c_result \"x\" \"12\" false\n"
        "system: c_text \"again\"\n"
        "assistant: c_text \"no\"\n");
}

static void tools_format_and_options_are_read(void **state)
{
    (void)state;
    is_read("{\"messages\":[],\"temperature\":1,\"stream\":true,\"stream_options\":{\"include_"
            "usage\":true},\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{"
            "\"name\":\"f\",\"description\":\"F\",\"parameters\":{},\"strict\":false}}],"
            "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
            "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
            "\"schema\":{\"type\":\"object\"},\"strict\":true}}}",
            "model \"m\"\n"
            "tools [{\"name\":\"f\",\"description\":\"F\",\"parameters\":{},\"strict\":false}]\n"
            "tool_choice {\"name\":\"f\"}\nformat {\"type\":\"object\"}\nformat_name \"n\"\n"
            "strict true\noptions {\"temperature\":1,\"stream_options\":{\"include_usage\":true}}\n"
            "stream\n");
}

static void what_no_field_can_hold_stays_among_the_options(void **state)
{
    (void)state;
    is_read("{\"model\":\"m\",\"messages\":[],\"tool_choice\":{\"type\":\"allowed_tools\"},"
            "\"response_format\":{\"type\":\"json_object\"},\"stream\":false,\"user\":\"u\"}",
            "model \"m\"\noptions {\"tool_choice\":{\"type\":\"allowed_tools\"},"
            "\"response_format\":{\"type\":\"json_object\"},\"user\":\"u\"}\n");
    is_read("{\"model\":\"m\",\"messages\":[],\"response_format\":{\"type\":\"json_schema\","
            "\"json_schema\":{\"name\":\"n\",\"description\":\"d\",\"schema\":{}}}}",
            "model \"m\"\noptions {\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{"
            "\"name\":\"n\",\"description\":\"d\",\"schema\":{}}}}\n");
}

static void what_would_be_lost_is_refused_with_its_path(void **state)
{
    (void)state;
    is_refused("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
               "\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{}}]}]}",
               "messages[0].content[1].type", "only parts that are text can be read");
    is_refused("{\"model\":\"m\",\"messages\":[{\"role\":\"function\",\"content\":\"1\"}]}",
               "messages[0].role", "unknown role; use system, developer, user, assistant or tool");
    is_refused("{\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"1\"}]}",
               "messages[0].tool_call_id", "expected a string, found nothing");
    is_refused("{\"model\":\"m\",\"messages\":[],\"tools\":[{\"type\":\"web_search\"}]}",
               "tools[0].type", "only tools that are functions can be read");
    is_refused("{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"function_call\":{}}]}",
               "messages[0].function_call", "the older function_call has no id; use tool_calls");
}

static void a_request_needs_model_and_messages(void **state)
{
    (void)state;
    is_refused("{\"messages\":[]}", "model", "expected a string, found nothing");
    is_refused("{\"model\":\"m\"}", "messages", "expected an array, found nothing");
    is_refused("{\"model\":\"m\",\"messages\":[],\"stream\":1}", "stream",
               "expected true or false");
    is_refused("[1]", "byte 0", "expected an object, found an array");
    is_refused("{\"model\":", "byte 9",
               "no valid JSON: expected a value, found the end of the text");
}

/* ---- replies -------------------------------------------------------------------------------- */

static void a_whole_reply_is_written_as_the_service_does(void **state)
{
    struct rp_wire_reply reply = {.id = "chatcmpl-1",
                                  .model = "m",
                                  .created = 12,
                                  .contents = contents(said("Hi"), call("x", "f"))};
    struct rp_buf b;

    (void)state;
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_wire_write_whole(RP_DIALECT_CHAT, &reply, &b), RP_OK);
    assert_string_equal(
        b.s, "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":12,\"model\":\"m\","
             "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\","
             "\"refusal\":null,\"tool_calls\":[{\"id\":\"x\",\"type\":\"function\",\"function\":{"
             "\"name\":\"f\",\"arguments\":\"{}\"}}]},\"logprobs\":null,\"finish_reason\":"
             "\"tool_calls\"}],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,"
             "\"total_tokens\":0}}");
    rp_buf_free(&b);
}

static void a_stream_without_usage_has_no_usage_chunk(void **state)
{
    struct rp_wire_reply reply = {.id = "1", .model = "m", .updates = rp_list()};
    struct rp_wire_writer w;
    struct rp_buf b;
    int more = 1;

    (void)state;
    assert_int_equal(rp_list_add(&heap, &reply.updates, contents(said("a"), rp_nil())), RP_OK);
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    rp_wire_writer_init(&w, RP_DIALECT_CHAT, &reply);
    for (int pieces = 0; more; pieces++) {
        assert_true(pieces < 2);
        assert_int_equal(rp_wire_write_piece(&w, &b, &more), RP_OK);
    }
    assert_string_equal(
        b.s, "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":"
             "\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
             "\"logprobs\":null,\"finish_reason\":null}]}\n\n"
             "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":"
             "\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"logprobs\":null,"
             "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    assert_int_equal(rp_wire_write_piece(&w, &b, &more), RP_ESTATE);
    rp_buf_free(&b);
}

static void a_piece_that_does_not_fit_changes_nothing(void **state)
{
    struct rp_wire_reply reply = {.id = "1", .model = "m", .updates = rp_list()};
    struct rp_wire_writer w;
    struct rp_buf b;
    int more = 1;

    (void)state;
    rp_buf_init(&b, &faulty.alloc, 40);
    rp_buf_addz(&b, "before");
    rp_wire_writer_init(&w, RP_DIALECT_CHAT, &reply);
    assert_int_equal(rp_wire_write_piece(&w, &b, &more), RP_ELIMIT);
    assert_string_equal(b.s, "before");
    assert_int_equal(w.next, 0);
    rp_buf_free(&b);
}

static void what_is_no_reply_is_not_written(void **state)
{
    struct rp_wire_reply reply = {
        .contents = contents(rp_content_result(&heap, text("x"), text("1"), 0), rp_nil())};
    struct rp_buf b;

    (void)state;
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_wire_write_whole(RP_DIALECT_CHAT, &reply, &b), RP_ETYPE);
    assert_int_equal(b.n, 0);
    rp_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conversation_is_written_in_one_fixed_form),
        cmocka_unit_test(approvals_and_messages_without_contents_are_not_sent),
        cmocka_unit_test(tools_format_and_options_follow_the_messages),
        cmocka_unit_test(one_tool_may_be_chosen_and_options_may_say_what_no_field_does),
        cmocka_unit_test(what_cannot_be_said_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_conversation_is_read),
        cmocka_unit_test(tools_format_and_options_are_read),
        cmocka_unit_test(what_no_field_can_hold_stays_among_the_options),
        cmocka_unit_test(what_would_be_lost_is_refused_with_its_path),
        cmocka_unit_test(a_request_needs_model_and_messages),
        cmocka_unit_test(a_whole_reply_is_written_as_the_service_does),
        cmocka_unit_test(a_stream_without_usage_has_no_usage_chunk),
        cmocka_unit_test(a_piece_that_does_not_fit_changes_nothing),
        cmocka_unit_test(what_is_no_reply_is_not_written),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
