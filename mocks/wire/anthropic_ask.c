/* anthropic_ask.c - owns requests of Anthropic Messages, read.
 *
 * Contents may be strings or blocks. Results in a message of the user become a message of their
 * own; what a model thought is passed over. "system" as blocks: the first is the instructions, the
 * others are system messages in front. Images, documents and other blocks are refused by their
 * path. A tool of the service's own is kept as it is, with its type; a tool_choice or format that
 * is not modelled stays in the options, and so does max_tokens. */
#include "anthropic.h"
#include "typed.h"

/* Messages as they are put together from blocks. */
struct reading {
    struct rp_wire_doc *doc;
    struct rp_heap *h;
    struct rp_value messages;
    enum rp_role role; /* of the one that is open */
    struct rp_value contents;
};

static int close_message(struct reading *r)
{
    struct rp_value contents = r->contents;

    r->contents = rp_list();
    if (rp_len(contents) == 0)
        return RP_OK;
    return rp_list_add(r->h, &r->messages, rp_message(r->h, r->role, rp_nil(), contents));
}

/* Adds a content to the open message, if that has the role, or to a new one. */
static int add(struct reading *r, enum rp_role role, struct rp_value content)
{
    if (r->role != role)
        RP_TRY(close_message(r));
    r->role = role;
    return rp_list_add(r->h, &r->contents, content);
}

static int read_text(struct reading *r, const struct rp_wire_at *block, struct rp_value *text)
{
    struct rp_wire_at at = rp_wire_key(block, "text");
    struct rp_str unused;

    *text = at.v;
    return rp_wire_need_text(r->doc, &at, &unused);
}

static int read_call(struct reading *r, const struct rp_wire_at *block, struct rp_value *call)
{
    struct rp_wire_at id = rp_wire_key(block, "id"), name = rp_wire_key(block, "name");
    struct rp_wire_at input = rp_wire_key(block, "input");
    struct rp_buf text;
    struct rp_str unused;
    int rc;

    RP_TRY(rp_wire_need_text(r->doc, &id, &unused));
    RP_TRY(rp_wire_need_text(r->doc, &name, &unused));
    RP_TRY(rp_wire_need_map(r->doc, &input));
    rp_buf_init(&text, &r->h->alloc, RP_TEXT_MAX);
    rc = rp_anthropic_arguments(r->doc, input.v, &text);
    *call = rp_content_call(r->h, id.v, name.v, rp_text(r->h, text.s ? text.s : "", text.n));
    rp_buf_free(&text);
    return rc;
}

/* The content of a result: a text, or blocks of texts, which are joined, or nothing. */
static int result_text(struct reading *r, const struct rp_wire_at *content, struct rp_buf *out)
{
    if (content->v.tag == RP_TEXT)
        return rp_buf_adds(out, rp_str_of(content->v));
    RP_TRY(rp_wire_list(r->doc, content));
    for (uint32_t i = 0; i < rp_len(content->v); i++) {
        struct rp_wire_at block = rp_wire_item(content, i), type;
        struct rp_value text;
        RP_TRY(rp_wire_need_map(r->doc, &block));
        type = rp_wire_key(&block, "type");
        if (!rp_is_text(type.v, "text"))
            return rp_wire_refuse(r->doc, &type,
                                  "this kind of block is not supported in a result; text is");
        RP_TRY(read_text(r, &block, &text));
        RP_TRY(rp_buf_adds(out, rp_str_of(text)));
    }
    return RP_OK;
}

static int read_result(struct reading *r, const struct rp_wire_at *block, struct rp_value *result)
{
    struct rp_wire_at id = rp_wire_key(block, "tool_use_id");
    struct rp_wire_at content = rp_wire_key(block, "content"), bad = rp_wire_key(block, "is_error");
    struct rp_buf text;
    struct rp_str unused;
    int rc;

    RP_TRY(rp_wire_need_text(r->doc, &id, &unused));
    rp_buf_init(&text, &r->h->alloc, RP_TEXT_MAX);
    rc = result_text(r, &content, &text);
    *result = rp_content_result(r->h, id.v, rp_text(r->h, text.s ? text.s : "", text.n),
                                rp_is_true(bad.v));
    rp_buf_free(&text);
    return rc;
}

/* A kind of block that only one role can have. */
static int check_role(struct reading *r, const struct rp_wire_at *type, enum rp_role role,
                      enum rp_role needed)
{
    if (role == needed)
        return RP_OK;
    return rp_wire_refuse(r->doc, type, "only a message with the role %s can have this block",
                          rp_role_name(needed));
}

static int read_block(struct reading *r, const struct rp_wire_at *block, enum rp_role role)
{
    struct rp_wire_at type;
    struct rp_value content;

    RP_TRY(rp_wire_need_map(r->doc, block));
    type = rp_wire_key(block, "type");
    if (rp_is_text(type.v, "text")) {
        RP_TRY(read_text(r, block, &content));
        return add(r, role, rp_content_text(r->h, content));
    }
    if (rp_is_text(type.v, "tool_use")) {
        RP_TRY(check_role(r, &type, role, RP_ASSISTANT));
        RP_TRY(read_call(r, block, &content));
        return add(r, role, content);
    }
    if (rp_is_text(type.v, "tool_result")) {
        RP_TRY(check_role(r, &type, role, RP_USER));
        RP_TRY(read_result(r, block, &content));
        return add(r, RP_TOOL, content);
    }
    if (!rp_is_text(type.v, "thinking") && !rp_is_text(type.v, "redacted_thinking"))
        return rp_wire_refuse(r->doc, &type,
                              "this kind of block is not supported; text, tool_use, tool_result "
                              "and thinking are");
    rp_wire_rule(r->doc, RP_RULE_REASONING);
    return RP_OK;
}

static int read_contents(struct reading *r, const struct rp_wire_at *content, enum rp_role role)
{
    if (content->v.tag == RP_TEXT)
        return add(r, role, rp_content_text(r->h, content->v));
    RP_TRY(rp_wire_need_list(r->doc, content));
    for (uint32_t i = 0; i < rp_len(content->v); i++) {
        struct rp_wire_at block = rp_wire_item(content, i);
        RP_TRY(read_block(r, &block, role));
    }
    return RP_OK;
}

static int read_message(struct reading *r, const struct rp_wire_at *message)
{
    struct rp_wire_at role = rp_wire_key(message, "role"), content;
    struct rp_str unused;
    enum rp_role is;

    RP_TRY(rp_wire_need_map(r->doc, message));
    RP_TRY(rp_wire_need_text(r->doc, &role, &unused));
    if (rp_is_text(role.v, "user"))
        is = RP_USER;
    else if (rp_is_text(role.v, "assistant"))
        is = RP_ASSISTANT;
    else if (rp_is_text(role.v, "system"))
        is = RP_SYSTEM;
    else
        return rp_wire_refuse(r->doc, &role, "unknown role; known: user, assistant, system");
    content = rp_wire_key(message, "content");
    RP_TRY(read_contents(r, &content, is));
    return close_message(r);
}

static int read_messages(struct reading *r, const struct rp_wire_at *root)
{
    struct rp_wire_at messages = rp_wire_key(root, "messages");

    RP_TRY(rp_wire_need_list(r->doc, &messages));
    for (uint32_t i = 0; i < rp_len(messages.v); i++) {
        struct rp_wire_at message = rp_wire_item(&messages, i);
        RP_TRY(read_message(r, &message));
    }
    return RP_OK;
}

static int read_system(struct reading *r, const struct rp_wire_at *root, struct rp_value *out)
{
    struct rp_wire_at system = rp_wire_key(root, "system");

    *out = system.v;
    if (system.v.tag == RP_TEXT)
        return RP_OK;
    *out = rp_nil();
    RP_TRY(rp_wire_list(r->doc, &system));
    for (uint32_t i = 0; i < rp_len(system.v); i++) {
        struct rp_wire_at block = rp_wire_item(&system, i);
        struct rp_value text;
        RP_TRY(rp_wire_need_map(r->doc, &block));
        RP_TRY(read_text(r, &block, &text));
        if (i == 0)
            *out = text;
        else
            RP_TRY(add(r, RP_SYSTEM, rp_content_text(r->h, text)));
    }
    return close_message(r);
}

/* ---- what stands beside the messages ---- */

static const struct rp_wire_typed typed = {.kind = "custom",
                                           .parameters = "input_schema",
                                           .needs_parameters = 1,
                                           .settings = "output_config"};

/* nil where it is absent, or says more than can be modelled (disable_parallel_tool_use). */
static int read_choice(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                       struct rp_value *out)
{
    struct rp_wire_at choice = rp_wire_key(root, "tool_choice");
    struct rp_wire_at type = rp_wire_key(&choice, "type"), name = rp_wire_key(&choice, "name");
    uint32_t more = rp_map_len(choice.v);
    struct rp_str unused;

    *out = rp_nil();
    RP_TRY(rp_wire_map(doc, &choice));
    if (more == 1 && rp_is_text(type.v, "any")) {
        *out = rp_textz(h, "required");
    } else if (more == 1 && (rp_is_text(type.v, "auto") || rp_is_text(type.v, "none"))) {
        *out = type.v;
    } else if (more == 2 && rp_is_text(type.v, "tool")) {
        RP_TRY(rp_wire_need_text(doc, &name, &unused));
        *out = rp_map();
        return rp_map_put(h, out, "name", name.v);
    }
    return out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

int rp_anthropic_read_request(struct rp_wire_doc *doc, struct rp_heap *h,
                              const struct rp_wire_at *root, struct rp_wire_request *out)
{
    const char *but[8] = {"model", "system", "messages", "tools", "stream", "output_config"};
    struct reading reading = {
        .doc = doc, .h = h, .messages = rp_list(), .role = RP_SYSTEM, .contents = rp_list()};
    struct rp_wire_at model = rp_wire_key(root, "model"), stream = rp_wire_key(root, "stream");
    struct rp_wire_at most = rp_wire_key(root, "max_tokens");
    struct rp_str unused;

    RP_TRY(rp_wire_need_text(doc, &model, &unused));
    if (most.v.tag != RP_INT)
        return rp_wire_refuse(doc, &most, "max_tokens is required: an integer");
    if (stream.v.tag != RP_NIL && stream.v.tag != RP_BOOL)
        return rp_wire_refuse(doc, &stream, "expected true or false");
    RP_TRY(read_system(&reading, root, &out->instructions));
    RP_TRY(read_messages(&reading, root));
    out->model = model.v;
    out->messages = reading.messages;
    out->stream = rp_is_true(stream.v);
    RP_TRY(rp_wire_typed_tools(doc, h, root, &typed, &out->tools));
    RP_TRY(read_choice(doc, h, root, &out->tool_choice));
    if (out->tool_choice.tag != RP_NIL)
        but[6] = "tool_choice";
    return rp_wire_typed_options(doc, h, root, &typed, but, out);
}
