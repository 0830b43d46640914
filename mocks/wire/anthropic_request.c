/* anthropic_request.c - owns requests of Anthropic Messages, written.
 *
 * Messages of the same side follow each other as one: what the user says and what tools return are
 * both the user's, with the results in front, in their order, as the service wants them. An empty
 * text would be refused by the service and is left out. System messages at the beginning join the
 * instructions in "system"; later ones stay where they are, with the role system, which the
 * service's newer models take. max_tokens is required: 4096 where the options have none. The
 * schema of an answer goes into output_config.format, beside what the options put there; its name
 * has no place. A tool_choice without tools would be refused and is left out. */
#include "anthropic.h"

#include "engine/base/json.h"

enum { MAX_TOKENS_DEFAULT = 4096 };

static void separate(struct rp_buf *out)
{
    if (out->n > 0 && out->s[out->n - 1] != '[')
        rp_buf_addc(out, ',');
}

static int put_block(struct rp_buf *out, const char *type)
{
    separate(out);
    rp_buf_addc(out, '{');
    return rp_wire_put_str(out, "type", type);
}

static int put_text(struct rp_buf *out, struct rp_value text)
{
    RP_TRY(put_block(out, "text"));
    RP_TRY(rp_wire_put_text(out, "text", text));
    return rp_buf_addc(out, '}');
}

static int put_call(struct rp_buf *out, const struct rp_c_call *call)
{
    RP_TRY(put_block(out, "tool_use"));
    RP_TRY(rp_wire_put_text(out, "id", call->id));
    RP_TRY(rp_wire_put_text(out, "name", call->name));
    RP_TRY(rp_wire_put_key(out, "input"));
    RP_TRY(rp_anthropic_put_input(out, rp_str_of(call->arguments)));
    return rp_buf_addc(out, '}');
}

static int put_result(struct rp_buf *out, const struct rp_c_result *result)
{
    RP_TRY(put_block(out, "tool_result"));
    RP_TRY(rp_wire_put_text(out, "tool_use_id", result->id));
    RP_TRY(rp_wire_put_text(out, "content", result->result));
    if (rp_is_true(result->is_error))
        RP_TRY(rp_buf_addz(out, ",\"is_error\":true"));
    return rp_buf_addc(out, '}');
}

static int has_words(struct rp_value content)
{
    return rp_kind(content) == RP_K_C_TEXT && rp_str_of(rp_c_text_of(content)->text).n > 0;
}

/* Is there anything in the content that is sent? */
static int is_sent(struct rp_value content)
{
    unsigned kind = rp_kind(content);

    return has_words(content) || kind == RP_K_C_CALL || kind == RP_K_C_RESULT;
}

static int put_content(struct rp_buf *out, struct rp_value content)
{
    switch (rp_kind(content)) {
    case RP_K_C_TEXT:
        return has_words(content) ? put_text(out, rp_c_text_of(content)->text) : RP_OK;
    case RP_K_C_CALL:
        return put_call(out, rp_c_call_of(content));
    case RP_K_C_RESULT:
        return put_result(out, rp_c_result_of(content));
    case RP_K_C_APPROVAL_REQUEST:
    case RP_K_C_APPROVAL_RESPONSE:
        return RP_OK;
    }
    return RP_ETYPE;
}

/* The contents of messages from (inclusive) to (exclusive): results, or all others. */
static int put_contents(struct rp_buf *out, struct rp_value messages, uint32_t from, uint32_t to,
                        int results)
{
    for (uint32_t i = from; i < to; i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++)
            if ((rp_kind(rp_at(contents, k)) == RP_K_C_RESULT) == results)
                RP_TRY(put_content(out, rp_at(contents, k)));
    }
    return RP_OK;
}

static enum rp_role side_of(struct rp_value message)
{
    int64_t role = rp_message_of(message)->role.u.i;

    return role == RP_TOOL ? RP_USER : (enum rp_role)role;
}

static int is_empty(struct rp_value message)
{
    struct rp_value contents = rp_message_of(message)->contents;

    for (uint32_t i = 0; i < rp_len(contents); i++)
        if (is_sent(rp_at(contents, i)))
            return 0;
    return 1;
}

/* Behind the messages from there on that are one: of the same side, or with nothing to send. */
static uint32_t group_end(struct rp_value messages, uint32_t from)
{
    uint32_t to = from + 1;

    while (to < rp_len(messages) &&
           (is_empty(rp_at(messages, to)) ||
            side_of(rp_at(messages, to)) == side_of(rp_at(messages, from))))
        to++;
    return to;
}

static int put_messages(struct rp_buf *out, struct rp_value messages, uint32_t from)
{
    uint32_t to;

    RP_TRY(rp_wire_put_key(out, "messages"));
    RP_TRY(rp_buf_addc(out, '['));
    for (; from < rp_len(messages); from = to) {
        to = from + 1;
        if (is_empty(rp_at(messages, from)))
            continue;
        to = group_end(messages, from);
        separate(out);
        RP_TRY(rp_buf_addc(out, '{'));
        RP_TRY(rp_wire_put_str(out, "role", rp_role_name(side_of(rp_at(messages, from)))));
        RP_TRY(rp_wire_put_key(out, "content"));
        RP_TRY(rp_buf_addc(out, '['));
        RP_TRY(put_contents(out, messages, from, to, 1));
        RP_TRY(put_contents(out, messages, from, to, 0));
        RP_TRY(rp_buf_addz(out, "]}"));
    }
    return rp_buf_addc(out, ']');
}

/* ---- what stands beside the messages ---- */

/* How many messages at the beginning belong to "system". */
static uint32_t leading(struct rp_value messages)
{
    uint32_t n = 0;

    while (n < rp_len(messages) &&
           (is_empty(rp_at(messages, n)) || side_of(rp_at(messages, n)) == RP_SYSTEM))
        n++;
    return n;
}

/* How many texts there are in the first n messages; *only is the last one. */
static uint32_t count_texts(struct rp_value messages, uint32_t n, struct rp_value *only)
{
    uint32_t texts = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++) {
            if (!has_words(rp_at(contents, k)))
                continue;
            *only = rp_c_text_of(rp_at(contents, k))->text;
            texts++;
        }
    }
    return texts;
}

/* The instructions and the first n messages: one text as a string, several as blocks. */
static int put_system(struct rp_buf *out, const struct rp_wire_request *request, uint32_t n)
{
    struct rp_value only = request->instructions;
    int has = rp_str_of(only).n > 0;
    uint32_t texts = count_texts(request->messages, n, &only) + (uint32_t)has;

    if (texts == 0)
        return RP_OK;
    if (texts == 1)
        return rp_wire_put_text(out, "system", only);
    RP_TRY(rp_wire_put_key(out, "system"));
    RP_TRY(rp_buf_addc(out, '['));
    if (has)
        RP_TRY(put_text(out, request->instructions));
    RP_TRY(put_contents(out, request->messages, 0, n, 0));
    return rp_buf_addc(out, ']');
}

static int put_tool(struct rp_buf *out, struct rp_value tool)
{
    struct rp_value description = rp_map_get(tool, "description");
    struct rp_value strict = rp_map_get(tool, "strict");

    separate(out);
    if (rp_map_has(tool, "type"))
        return rp_json_write(out, tool, 0);
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_text(out, "name", rp_map_get(tool, "name")));
    if (description.tag != RP_NIL)
        RP_TRY(rp_wire_put_text(out, "description", description));
    RP_TRY(rp_wire_put_parameters(out, "input_schema", rp_map_get(tool, "parameters")));
    if (strict.tag != RP_NIL)
        RP_TRY(rp_wire_put_json(out, "strict", strict));
    return rp_buf_addc(out, '}');
}

static int put_choice(struct rp_buf *out, struct rp_value choice)
{
    RP_TRY(rp_wire_put_key(out, "tool_choice"));
    RP_TRY(rp_buf_addc(out, '{'));
    if (choice.tag == RP_MAP) {
        RP_TRY(rp_wire_put_str(out, "type", "tool"));
        RP_TRY(rp_wire_put_text(out, "name", rp_map_get(choice, "name")));
    } else if (rp_is_text(choice, "required")) {
        RP_TRY(rp_wire_put_str(out, "type", "any"));
    } else {
        RP_TRY(rp_wire_put_text(out, "type", choice));
    }
    return rp_buf_addc(out, '}');
}

static int put_tools(struct rp_buf *out, struct rp_value tools)
{
    RP_TRY(rp_wire_put_key(out, "tools"));
    RP_TRY(rp_buf_addc(out, '['));
    for (uint32_t i = 0; i < rp_len(tools); i++)
        RP_TRY(put_tool(out, rp_at(tools, i)));
    return rp_buf_addc(out, ']');
}

static int put_format(struct rp_buf *out, const struct rp_wire_request *request)
{
    static const char *const but[] = {"format", NULL};

    RP_TRY(rp_wire_put_key(out, "output_config"));
    RP_TRY(rp_buf_addz(out, "{\"format\":{\"type\":\"json_schema\""));
    RP_TRY(rp_wire_put_json(out, "schema", request->format));
    RP_TRY(rp_buf_addc(out, '}'));
    RP_TRY(rp_wire_put_options(out, rp_map_get(request->options, "output_config"), but));
    return rp_buf_addc(out, '}');
}

static int put_max_tokens(struct rp_buf *out, struct rp_value options)
{
    if (rp_map_has(options, "max_tokens"))
        return rp_wire_put_json(out, "max_tokens", rp_map_get(options, "max_tokens"));
    return rp_wire_put_int(out, "max_tokens", MAX_TOKENS_DEFAULT);
}

/* Can the message be said? Calls are the assistant's, results a tool's or the user's. */
static int can_be_said(const struct rp_message *m)
{
    for (uint32_t i = 0; i < rp_len(m->contents); i++) {
        unsigned kind = rp_kind(rp_at(m->contents, i));
        if (kind == RP_K_C_CALL && m->role.u.i != RP_ASSISTANT)
            return 0;
        if (kind == RP_K_C_RESULT && m->role.u.i != RP_TOOL && m->role.u.i != RP_USER)
            return 0;
    }
    return 1;
}

static int are_messages(struct rp_value messages)
{
    for (uint32_t i = 0; i < rp_len(messages); i++)
        if (rp_kind(rp_at(messages, i)) != RP_K_MESSAGE ||
            !can_be_said(rp_message_of(rp_at(messages, i))))
            return 0;
    return 1;
}

int rp_anthropic_write_request(const struct rp_wire_request *request, struct rp_buf *out)
{
    const char *but[9] = {"model", "max_tokens", "messages", "stream"};
    int has_tools = rp_len(request->tools) > 0;
    uint32_t from;
    unsigned n = 4;

    if (!are_messages(request->messages))
        return RP_ETYPE;
    from = leading(request->messages);
    RP_TRY(rp_buf_addc(out, '{'));
    RP_TRY(rp_wire_put_text(out, "model", request->model));
    RP_TRY(put_max_tokens(out, request->options));
    if (request->instructions.tag != RP_NIL || from > 0)
        but[n++] = "system";
    RP_TRY(put_system(out, request, from));
    RP_TRY(put_messages(out, request->messages, from));
    if (has_tools)
        RP_TRY(put_tools(out, request->tools));
    if (has_tools)
        but[n++] = "tools";
    if (has_tools && request->tool_choice.tag != RP_NIL) {
        but[n++] = "tool_choice";
        RP_TRY(put_choice(out, request->tool_choice));
    }
    if (request->format.tag != RP_NIL) {
        but[n++] = "output_config";
        RP_TRY(put_format(out, request));
    }
    if (request->stream)
        RP_TRY(rp_buf_addz(out, ",\"stream\":true"));
    RP_TRY(rp_wire_put_options(out, request->options, but));
    return rp_buf_addc(out, '}');
}
