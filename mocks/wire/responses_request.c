/* responses_request.c - owns requests of OpenAI Responses, written.
 *
 * A conversation is a flat list of items: messages, calls, results. What the format cannot say is
 * whether a result is an error. A tool that does not say whether it is strict is sent as one that
 * is not, because the service takes it for strict otherwise and changes its schema. A tool_choice
 * without tools would be refused and is left out. */
#include "responses.h"

#include "engine/base/json.h"

static void put_item(struct rp_buf *out, const char *type)
{
    if (out->n > 0 && out->s[out->n - 1] != '[')
        rp_buf_addc(out, ',');
    rp_buf_addc(out, '{');
    rp_wire_put_str(out, "type", type);
}

static void put_text(struct rp_buf *out, const struct rp_message *m, struct rp_value text,
                     int first)
{
    int assistant = m->role.u.i == RP_ASSISTANT;

    if (first) {
        put_item(out, "message");
        rp_wire_put_str(out, "role", m->role.u.i == RP_TOOL ? "user" : rp_role_name(m->role.u.i));
        rp_wire_put_key(out, "content");
        rp_buf_addc(out, '[');
    }
    put_item(out, assistant ? "output_text" : "input_text");
    rp_wire_put_text(out, "text", text);
    rp_buf_addc(out, '}');
}

static void put_call(struct rp_buf *out, const struct rp_c_call *call)
{
    put_item(out, "function_call");
    rp_wire_put_text(out, "call_id", call->id);
    rp_wire_put_text(out, "name", call->name);
    rp_wire_put_text(out, "arguments", call->arguments);
    rp_buf_addc(out, '}');
}

static void put_result(struct rp_buf *out, const struct rp_c_result *result)
{
    put_item(out, "function_call_output");
    rp_wire_put_text(out, "call_id", result->id);
    rp_wire_put_text(out, "output", result->result);
    rp_buf_addc(out, '}');
}

static int put_other(struct rp_buf *out, struct rp_value content)
{
    switch (rp_kind(content)) {
    case RP_K_C_CALL:
        put_call(out, rp_c_call_of(content));
        return RP_OK;
    case RP_K_C_RESULT:
        put_result(out, rp_c_result_of(content));
        return RP_OK;
    default:
        return RP_ETYPE;
    }
}

static int is_approval(struct rp_value content)
{
    unsigned kind = rp_kind(content);

    return kind == RP_K_C_APPROVAL_REQUEST || kind == RP_K_C_APPROVAL_RESPONSE;
}

/* Texts that follow each other are the parts of one message item. */
static int put_message(struct rp_buf *out, const struct rp_message *m)
{
    int open = 0;

    for (uint32_t i = 0; i < rp_len(m->contents); i++) {
        struct rp_value content = rp_at(m->contents, i);
        if (is_approval(content))
            continue;
        if (rp_kind(content) == RP_K_C_TEXT) {
            put_text(out, m, rp_c_text_of(content)->text, !open);
            open = 1;
            continue;
        }
        if (open)
            rp_buf_addz(out, "]}");
        open = 0;
        RP_TRY(put_other(out, content));
    }
    if (open)
        rp_buf_addz(out, "]}");
    return out->failed;
}

static int put_messages(struct rp_buf *out, struct rp_value messages)
{
    rp_wire_put_key(out, "input");
    rp_buf_addc(out, '[');
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        if (rp_kind(rp_at(messages, i)) != RP_K_MESSAGE)
            return RP_ETYPE;
        RP_TRY(put_message(out, rp_message_of(rp_at(messages, i))));
    }
    return rp_buf_addc(out, ']');
}

static int put_tool(struct rp_buf *out, struct rp_value tool)
{
    struct rp_value description = rp_map_get(tool, "description");
    struct rp_value strict = rp_map_get(tool, "strict");

    if (rp_map_has(tool, "type")) {
        if (out->n > 0 && out->s[out->n - 1] != '[')
            rp_buf_addc(out, ',');
        return rp_json_write(out, tool, 0);
    }
    put_item(out, "function");
    RP_TRY(rp_wire_put_text(out, "name", rp_map_get(tool, "name")));
    if (description.tag != RP_NIL)
        RP_TRY(rp_wire_put_text(out, "description", description));
    RP_TRY(rp_wire_put_parameters(out, "parameters", rp_map_get(tool, "parameters")));
    if (strict.tag == RP_NIL)
        return rp_buf_addz(out, ",\"strict\":false}");
    RP_TRY(rp_wire_put_json(out, "strict", strict));
    return rp_buf_addc(out, '}');
}

static int put_tools(struct rp_buf *out, struct rp_value tools)
{
    rp_wire_put_key(out, "tools");
    rp_buf_addc(out, '[');
    for (uint32_t i = 0; i < rp_len(tools); i++)
        RP_TRY(put_tool(out, rp_at(tools, i)));
    return rp_buf_addc(out, ']');
}

static int put_choice(struct rp_buf *out, struct rp_value choice)
{
    if (choice.tag == RP_TEXT)
        return rp_wire_put_text(out, "tool_choice", choice);
    rp_wire_put_key(out, "tool_choice");
    rp_buf_addc(out, '{');
    rp_wire_put_str(out, "type", "function");
    RP_TRY(rp_wire_put_text(out, "name", rp_map_get(choice, "name")));
    return rp_buf_addc(out, '}');
}

/* The schema stands in "text", beside what the options put there (verbosity). */
static int put_format(struct rp_buf *out, const struct rp_wire_request *request)
{
    static const char *const but[] = {"format", NULL};
    struct rp_value name = request->format_name;

    rp_wire_put_key(out, "text");
    rp_buf_addc(out, '{');
    rp_wire_put_key(out, "format");
    rp_buf_addc(out, '{');
    rp_wire_put_str(out, "type", "json_schema");
    if (name.tag == RP_NIL)
        rp_wire_put_str(out, "name", "answer");
    else
        RP_TRY(rp_wire_put_text(out, "name", name));
    RP_TRY(rp_wire_put_json(out, "schema", request->format));
    if (request->format_strict.tag != RP_NIL)
        RP_TRY(rp_wire_put_json(out, "strict", request->format_strict));
    rp_buf_addc(out, '}');
    RP_TRY(rp_wire_put_options(out, rp_map_get(request->options, "text"), but));
    return rp_buf_addc(out, '}');
}

int rp_responses_write_request(const struct rp_wire_request *request, struct rp_buf *out)
{
    const char *but[8] = {"model", "input", "stream"};
    unsigned n = 3;

    rp_buf_addc(out, '{');
    RP_TRY(rp_wire_put_text(out, "model", request->model));
    if (request->instructions.tag != RP_NIL)
        RP_TRY(rp_wire_put_text(out, but[n++] = "instructions", request->instructions));
    RP_TRY(put_messages(out, request->messages));
    if (rp_len(request->tools) > 0) {
        but[n++] = "tools";
        RP_TRY(put_tools(out, request->tools));
    }
    if (rp_len(request->tools) > 0 && request->tool_choice.tag != RP_NIL) {
        but[n++] = "tool_choice";
        RP_TRY(put_choice(out, request->tool_choice));
    }
    if (request->format.tag != RP_NIL) {
        but[n++] = "text";
        RP_TRY(put_format(out, request));
    }
    if (request->stream)
        rp_buf_addz(out, ",\"stream\":true");
    RP_TRY(rp_wire_put_options(out, request->options, but));
    rp_buf_addc(out, '}');
    return out->failed;
}
