/* responses_ask.c - owns requests of OpenAI Responses, read.
 *
 * What the service documents for texts and functions is taken: input as a plain string, easy
 * messages without a type, contents as strings or parts, the role developer (read as system). An
 * item of reasoning is passed over. Calls join the assistant's message before them, results that
 * follow each other are one message. Images, files and other items are refused by their path. A
 * tool of the service's own is kept as it is, with its type; a tool_choice or format that is not
 * modelled stays in the options. */
#include "responses.h"
#include "typed.h"

/* Messages as they are put together from items. */
struct reading {
    struct rp_wire_doc *doc;
    struct rp_heap *h;
    struct rp_value messages;
    enum rp_role role;        /* of the one that is open */
    struct rp_value contents; /* nil: none is open */
};

static int close_message(struct reading *r)
{
    struct rp_value message;

    if (r->contents.tag == RP_NIL)
        return RP_OK;
    message = rp_message(r->h, r->role, rp_nil(), r->contents);
    r->contents = rp_nil();
    return rp_list_add(r->h, &r->messages, message);
}

/* Goes on with the open message if it has that role and may be joined. */
static int open_message(struct reading *r, enum rp_role role, int join)
{
    if (r->contents.tag != RP_NIL && join && r->role == role)
        return RP_OK;
    RP_TRY(close_message(r));
    r->role = role;
    r->contents = rp_list();
    return RP_OK;
}

static int role_of(const struct reading *r, const struct rp_wire_at *item, enum rp_role *role)
{
    struct rp_wire_at at = rp_wire_key(item, "role");
    struct rp_str name;

    RP_TRY(rp_wire_need_text(r->doc, &at, &name));
    if (rp_is_text(at.v, "user"))
        *role = RP_USER;
    else if (rp_is_text(at.v, "assistant"))
        *role = RP_ASSISTANT;
    else if (rp_is_text(at.v, "system") || rp_is_text(at.v, "developer"))
        *role = RP_SYSTEM;
    else
        return rp_wire_refuse(r->doc, &at,
                              "unknown role; known: user, assistant, system, developer");
    return RP_OK;
}

static int is_any(struct rp_value v, const char *a, const char *b, const char *c)
{
    return rp_is_text(v, a) || rp_is_text(v, b) || rp_is_text(v, c);
}

/* A part of a message or of a result: its text. */
static int part_text(const struct reading *r, const struct rp_wire_at *part, struct rp_value *text)
{
    struct rp_wire_at type, at;
    struct rp_str unused;

    RP_TRY(rp_wire_need_map(r->doc, part));
    type = rp_wire_key(part, "type");
    at = rp_wire_key(part, rp_is_text(type.v, "refusal") ? "refusal" : "text");
    if (rp_is_text(type.v, "refusal"))
        rp_wire_rule(r->doc, RP_RULE_REFUSAL);
    else if (!is_any(type.v, "input_text", "output_text", "text"))
        return rp_wire_refuse(r->doc, &type,
                              "this kind of part is not supported; input_text, output_text and "
                              "refusal are");
    RP_TRY(rp_wire_need_text(r->doc, &at, &unused));
    *text = at.v;
    return RP_OK;
}

static int read_contents(struct reading *r, const struct rp_wire_at *item)
{
    struct rp_wire_at content = rp_wire_key(item, "content");

    if (content.v.tag == RP_TEXT)
        return rp_list_add(r->h, &r->contents, rp_content_text(r->h, content.v));
    RP_TRY(rp_wire_need_list(r->doc, &content));
    for (uint32_t i = 0; i < rp_len(content.v); i++) {
        struct rp_wire_at part = rp_wire_item(&content, i);
        struct rp_value text;
        RP_TRY(part_text(r, &part, &text));
        RP_TRY(rp_list_add(r->h, &r->contents, rp_content_text(r->h, text)));
    }
    return RP_OK;
}

static int read_message(struct reading *r, const struct rp_wire_at *item)
{
    enum rp_role role = RP_USER;

    RP_TRY(role_of(r, item, &role));
    RP_TRY(open_message(r, role, 0));
    return read_contents(r, item);
}

static int read_call(struct reading *r, const struct rp_wire_at *item)
{
    struct rp_wire_at id = rp_wire_key(item, "call_id"), name = rp_wire_key(item, "name");
    struct rp_wire_at arguments = rp_wire_key(item, "arguments");
    struct rp_str unused;

    RP_TRY(rp_wire_need_text(r->doc, &id, &unused));
    RP_TRY(rp_wire_need_text(r->doc, &name, &unused));
    RP_TRY(rp_wire_need_text(r->doc, &arguments, &unused));
    RP_TRY(open_message(r, RP_ASSISTANT, 1));
    return rp_list_add(r->h, &r->contents, rp_content_call(r->h, id.v, name.v, arguments.v));
}

/* Parts of an output are one text. */
static int join_output(struct reading *r, const struct rp_wire_at *output, struct rp_value *text)
{
    struct rp_buf joined;
    int rc = rp_wire_need_list(r->doc, output);

    rp_buf_init(&joined, &r->h->alloc, RP_WIRE_BODY_MAX);
    for (uint32_t i = 0; rc == RP_OK && i < rp_len(output->v); i++) {
        struct rp_wire_at part = rp_wire_item(output, i);
        rc = part_text(r, &part, text);
        if (rc == RP_OK)
            rc = rp_buf_adds(&joined, rp_str_of(*text));
    }
    *text = rp_text(r->h, joined.s ? joined.s : "", joined.n);
    rp_buf_free(&joined);
    return rc;
}

static int read_result(struct reading *r, const struct rp_wire_at *item)
{
    struct rp_wire_at id = rp_wire_key(item, "call_id"), output = rp_wire_key(item, "output");
    struct rp_value text = output.v;
    struct rp_str unused;

    RP_TRY(rp_wire_need_text(r->doc, &id, &unused));
    if (output.v.tag != RP_TEXT)
        RP_TRY(join_output(r, &output, &text));
    RP_TRY(open_message(r, RP_TOOL, 1));
    return rp_list_add(r->h, &r->contents, rp_content_result(r->h, id.v, text, 0));
}

static int read_item(struct reading *r, const struct rp_wire_at *item)
{
    struct rp_wire_at type;

    RP_TRY(rp_wire_need_map(r->doc, item));
    type = rp_wire_key(item, "type");
    if (rp_is_text(type.v, "message") || type.v.tag == RP_NIL)
        return read_message(r, item);
    if (rp_is_text(type.v, "function_call"))
        return read_call(r, item);
    if (rp_is_text(type.v, "function_call_output"))
        return read_result(r, item);
    if (!rp_is_text(type.v, "reasoning"))
        return rp_wire_refuse(r->doc, &type,
                              "this kind of item is not supported; message, function_call, "
                              "function_call_output and reasoning are");
    rp_wire_rule(r->doc, RP_RULE_REASONING);
    return RP_OK;
}

static int read_input(struct reading *r, const struct rp_wire_at *root)
{
    struct rp_wire_at input = rp_wire_key(root, "input");

    if (input.v.tag == RP_TEXT) {
        RP_TRY(open_message(r, RP_USER, 0));
        RP_TRY(rp_list_add(r->h, &r->contents, rp_content_text(r->h, input.v)));
        return close_message(r);
    }
    RP_TRY(rp_wire_list(r->doc, &input));
    for (uint32_t i = 0; i < rp_len(input.v); i++) {
        struct rp_wire_at item = rp_wire_item(&input, i);
        RP_TRY(read_item(r, &item));
    }
    return close_message(r);
}

static const struct rp_wire_typed typed = {
    .kind = "function", .needs_kind = 1, .parameters = "parameters", .settings = "text"};

/* nil where it is absent, or of a kind that only the options can keep. */
static int read_choice(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                       struct rp_value *out)
{
    struct rp_wire_at choice = rp_wire_key(root, "tool_choice"),
                      name = rp_wire_key(&choice, "name");
    struct rp_str unused;

    *out = rp_nil();
    if (is_any(choice.v, "auto", "none", "required"))
        *out = choice.v;
    if (!rp_is_text(rp_map_get(choice.v, "type"), "function"))
        return RP_OK;
    RP_TRY(rp_wire_need_text(doc, &name, &unused));
    *out = rp_map();
    return rp_map_put(h, out, "name", name.v);
}

int rp_responses_read_request(struct rp_wire_doc *doc, struct rp_heap *h,
                              const struct rp_wire_at *root, struct rp_wire_request *out)
{
    const char *but[8] = {"model", "instructions", "input", "tools", "stream", "text"};
    struct reading reading = {.doc = doc, .h = h, .messages = rp_list()};
    struct rp_wire_at model = rp_wire_key(root, "model"), stream = rp_wire_key(root, "stream");
    struct rp_wire_at instructions = rp_wire_key(root, "instructions");
    struct rp_str unused;

    RP_TRY(rp_wire_need_map(doc, root));
    RP_TRY(rp_wire_need_text(doc, &model, &unused));
    RP_TRY(rp_wire_text(doc, &instructions, &unused));
    if (stream.v.tag != RP_NIL && stream.v.tag != RP_BOOL)
        return rp_wire_refuse(doc, &stream, "expected true or false");
    RP_TRY(read_input(&reading, root));
    out->model = model.v;
    out->instructions = instructions.v;
    out->messages = reading.messages;
    out->stream = rp_is_true(stream.v);
    RP_TRY(rp_wire_typed_tools(doc, h, root, &typed, &out->tools));
    RP_TRY(read_choice(doc, h, root, &out->tool_choice));
    if (out->tool_choice.tag != RP_NIL)
        but[6] = "tool_choice";
    return rp_wire_typed_options(doc, h, root, &typed, but, out);
}
