/* chat_ask.c - owns the writing of requests. Keys stand in one fixed order, options behind them in
 * the order in which they were given; an option that a field of the request says already is left
 * out. */
#include "chat.h"

#include "engine/base/json.h"

/* ---- messages ------------------------------------------------------------------------------- */

static uint32_t count(struct rp_value contents, unsigned kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < rp_len(contents); i++)
        n += rp_kind(rp_at(contents, i)) == kind;
    return n;
}

/* Texts as parts of a content: their bounds are kept. */
static int put_parts(struct rp_buf *out, struct rp_value contents)
{
    int first = 1;

    RP_TRY(rp_buf_addc(out, '['));
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) != RP_K_C_TEXT)
            continue;
        RP_TRY(rp_buf_addz(out, first ? "{\"type\":\"text\"" : ",{\"type\":\"text\""));
        RP_TRY(rp_wire_put_text(out, "text", rp_c_text_of(content)->text));
        RP_TRY(rp_buf_addc(out, '}'));
        first = 0;
    }
    return rp_buf_addc(out, ']');
}

static int put_content(struct rp_buf *out, struct rp_value contents)
{
    uint32_t texts = count(contents, RP_K_C_TEXT);

    RP_TRY(rp_wire_put_key(out, "content"));
    if (texts == 0)
        return rp_buf_addz(out, "null");
    return texts == 1 ? rp_wire_put_texts(out, contents) : put_parts(out, contents);
}

static int begin_message(struct rp_buf *out, const char *role)
{
    if (out->s[out->n - 1] != '[')
        RP_TRY(rp_buf_addc(out, ','));
    RP_TRY(rp_buf_addc(out, '{'));
    return rp_wire_put_str(out, "role", role);
}

static int put_result(struct rp_buf *out, const struct rp_c_result *result)
{
    RP_TRY(begin_message(out, "tool"));
    RP_TRY(rp_wire_put_text(out, "tool_call_id", result->id));
    RP_TRY(rp_wire_put_text(out, "content", result->result));
    return rp_buf_addc(out, '}');
}

/* What is said, then results, each a message of its own; nothing when there is neither. */
static int put_message(struct rp_buf *out, const struct rp_message *m)
{
    uint32_t texts = count(m->contents, RP_K_C_TEXT), calls = count(m->contents, RP_K_C_CALL);

    if ((calls > 0 && m->role.u.i != RP_ASSISTANT) || (texts > 0 && m->role.u.i == RP_TOOL))
        return RP_ETYPE;
    if (texts + calls > 0) {
        RP_TRY(begin_message(out, rp_role_name(m->role.u.i)));
        RP_TRY(put_content(out, m->contents));
        RP_TRY(rp_chat_put_calls(out, m->contents, NULL));
        RP_TRY(rp_buf_addc(out, '}'));
    }
    for (uint32_t i = 0; i < rp_len(m->contents); i++) {
        struct rp_value content = rp_at(m->contents, i);
        if (rp_kind(content) == RP_K_C_RESULT)
            RP_TRY(put_result(out, rp_c_result_of(content)));
    }
    return RP_OK;
}

static int put_messages(struct rp_buf *out, const struct rp_wire_request *request)
{
    RP_TRY(rp_wire_put_key(out, "messages"));
    RP_TRY(rp_buf_addc(out, '['));
    if (request->instructions.tag != RP_NIL) {
        RP_TRY(begin_message(out, "system"));
        RP_TRY(rp_wire_put_text(out, "content", request->instructions));
        RP_TRY(rp_buf_addc(out, '}'));
    }
    for (uint32_t i = 0; i < rp_len(request->messages); i++) {
        struct rp_value message = rp_at(request->messages, i);
        if (rp_kind(message) != RP_K_MESSAGE)
            return RP_ETYPE;
        RP_TRY(put_message(out, rp_message_of(message)));
    }
    return rp_buf_addc(out, ']');
}

/* ---- tools and format ----------------------------------------------------------------------- */

static int put_tool(struct rp_buf *out, struct rp_value tool)
{
    struct rp_value description = rp_map_get(tool, "description");
    struct rp_value strict = rp_map_get(tool, "strict");

    RP_TRY(rp_buf_addz(out, "{\"type\":\"function\",\"function\":{"));
    RP_TRY(rp_wire_put_text(out, "name", rp_map_get(tool, "name")));
    if (description.tag != RP_NIL)
        RP_TRY(rp_wire_put_text(out, "description", description));
    RP_TRY(rp_wire_put_parameters(out, "parameters", rp_map_get(tool, "parameters")));
    if (strict.tag != RP_NIL)
        RP_TRY(rp_wire_put_json(out, "strict", strict));
    return rp_buf_add(out, "}}", 2);
}

static int put_tools(struct rp_buf *out, struct rp_value tools)
{
    for (uint32_t i = 0; i < rp_len(tools); i++) {
        RP_TRY(i == 0 ? rp_wire_put_key(out, "tools") : rp_buf_addc(out, ','));
        if (i == 0)
            RP_TRY(rp_buf_addc(out, '['));
        RP_TRY(put_tool(out, rp_at(tools, i)));
    }
    return rp_len(tools) > 0 ? rp_buf_addc(out, ']') : RP_OK;
}

static int put_tool_choice(struct rp_buf *out, struct rp_value choice)
{
    if (choice.tag == RP_NIL)
        return RP_OK;
    if (choice.tag == RP_TEXT)
        return rp_wire_put_text(out, "tool_choice", choice);
    RP_TRY(rp_wire_put_key(out, "tool_choice"));
    RP_TRY(rp_buf_addz(out, "{\"type\":\"function\",\"function\":{"));
    RP_TRY(rp_wire_put_text(out, "name", rp_map_get(choice, "name")));
    return rp_buf_add(out, "}}", 2);
}

static int put_format(struct rp_buf *out, const struct rp_wire_request *request)
{
    if (request->format.tag == RP_NIL)
        return RP_OK;
    RP_TRY(rp_wire_put_key(out, "response_format"));
    RP_TRY(rp_buf_addz(out, "{\"type\":\"json_schema\",\"json_schema\":{"));
    if (request->format_name.tag == RP_NIL)
        RP_TRY(rp_wire_put_str(out, "name", "answer"));
    else
        RP_TRY(rp_wire_put_text(out, "name", request->format_name));
    RP_TRY(rp_wire_put_json(out, "schema", request->format));
    if (request->format_strict.tag != RP_NIL)
        RP_TRY(rp_wire_put_json(out, "strict", request->format_strict));
    return rp_buf_add(out, "}}", 2);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static int put_stream(struct rp_buf *out, struct rp_value options)
{
    struct rp_value given = rp_map_get(options, "stream_options");

    RP_TRY(rp_buf_addz(out, ",\"stream\":true"));
    if (given.tag != RP_NIL)
        return rp_wire_put_json(out, "stream_options", given);
    return rp_buf_addz(out, ",\"stream_options\":{\"include_usage\":true}");
}

static int put_options(struct rp_buf *out, const struct rp_wire_request *request)
{
    const char *but[8] = {"model", "messages", "stream"};
    size_t n = 3;

    if (request->stream)
        but[n++] = "stream_options";
    if (rp_len(request->tools) > 0)
        but[n++] = "tools";
    if (request->tool_choice.tag != RP_NIL)
        but[n++] = "tool_choice";
    if (request->format.tag != RP_NIL)
        but[n++] = "response_format";
    but[n] = NULL;
    return rp_wire_put_options(out, request->options, but);
}

int rp_chat_write_request(const struct rp_wire_request *request, struct rp_buf *out)
{
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_text(out, "model", request->model));
    RP_TRY(put_messages(out, request));
    RP_TRY(put_tools(out, request->tools));
    RP_TRY(put_tool_choice(out, request->tool_choice));
    RP_TRY(put_format(out, request));
    if (request->stream)
        RP_TRY(put_stream(out, request->options));
    RP_TRY(put_options(out, request));
    return rp_buf_addc(out, '}');
}
