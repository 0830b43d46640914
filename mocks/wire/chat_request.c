/* chat_request.c - owns the reading of requests, as a server gets them. What the request of wire.h
 * has no field for stays as it is among the options; what would be lost is refused. */
#include "chat.h"

struct asked {
    struct rp_wire_doc *doc;
    struct rp_heap *h;
    struct rp_wire_request *out;
    const char *known[8]; /* keys of the root that are not options; the last one NULL */
    size_t n_known;
};

static void is_known(struct asked *a, const char *key)
{
    RP_ASSERT(a->n_known < 7);
    a->known[a->n_known++] = key;
}

/* ---- contents ------------------------------------------------------------------------------- */

static int read_part(struct asked *a, const struct rp_wire_at *part, struct rp_value *text)
{
    struct rp_wire_at type, said;
    struct rp_str name;

    RP_TRY(rp_wire_need_map(a->doc, part));
    type = rp_wire_key(part, "type");
    RP_TRY(rp_wire_need_text(a->doc, &type, &name));
    said = rp_wire_key(part, rp_is_text(type.v, "refusal") ? "refusal" : "text");
    if (!rp_is_text(type.v, "text") && !rp_is_text(type.v, "refusal"))
        return rp_wire_refuse(a->doc, &type, "only parts that are text can be read");
    RP_TRY(rp_wire_need_text(a->doc, &said, &name));
    *text = said.v;
    return RP_OK;
}

/* Adds a text content for a string, and one for each part of a list. */
static int read_content(struct asked *a, const struct rp_wire_at *at, struct rp_value *contents)
{
    struct rp_str text;

    if (at->v.tag == RP_NIL)
        return RP_OK;
    if (at->v.tag != RP_LIST) {
        RP_TRY(rp_wire_need_text(a->doc, at, &text));
        return rp_list_add(a->h, contents, rp_content_text(a->h, at->v));
    }
    for (uint32_t i = 0; i < rp_len(at->v); i++) {
        struct rp_wire_at part = rp_wire_item(at, i);
        struct rp_value said;
        RP_TRY(read_part(a, &part, &said));
        RP_TRY(rp_list_add(a->h, contents, rp_content_text(a->h, said)));
    }
    return RP_OK;
}

static int read_call(struct asked *a, const struct rp_wire_at *call, struct rp_value *contents)
{
    struct rp_wire_at id, function, name, arguments;
    struct rp_str text;

    RP_TRY(rp_wire_need_map(a->doc, call));
    RP_TRY(rp_chat_call_type(a->doc, call));
    id = rp_wire_key(call, "id");
    RP_TRY(rp_wire_need_text(a->doc, &id, &text));
    function = rp_wire_key(call, "function");
    RP_TRY(rp_wire_need_map(a->doc, &function));
    name = rp_wire_key(&function, "name");
    RP_TRY(rp_wire_need_text(a->doc, &name, &text));
    arguments = rp_wire_key(&function, "arguments");
    RP_TRY(rp_wire_need_text(a->doc, &arguments, &text));
    return rp_list_add(a->h, contents, rp_content_call(a->h, id.v, name.v, arguments.v));
}

static int read_assistant(struct asked *a, const struct rp_wire_at *message,
                          struct rp_value *contents)
{
    struct rp_wire_at content = rp_wire_key(message, "content");
    struct rp_wire_at refusal = rp_wire_key(message, "refusal");
    struct rp_wire_at calls = rp_wire_key(message, "tool_calls");
    struct rp_wire_at function = rp_wire_key(message, "function_call");

    if (function.v.tag != RP_NIL)
        return rp_wire_refuse(a->doc, &function,
                              "the older function_call has no id; use "
                              "tool_calls");
    RP_TRY(read_content(a, &content, contents));
    RP_TRY(read_content(a, &refusal, contents));
    RP_TRY(rp_wire_list(a->doc, &calls));
    for (uint32_t i = 0; i < rp_len(calls.v); i++) {
        struct rp_wire_at call = rp_wire_item(&calls, i);
        RP_TRY(read_call(a, &call, contents));
    }
    return RP_OK;
}

/* A result is one text: the parts of a list are joined. */
static int read_tool(struct asked *a, const struct rp_wire_at *message, struct rp_value *contents)
{
    struct rp_wire_at id = rp_wire_key(message, "tool_call_id");
    struct rp_wire_at content = rp_wire_key(message, "content");
    struct rp_value parts = rp_list(), texts = rp_list(), result;
    struct rp_str text;

    RP_TRY(rp_wire_need_text(a->doc, &id, &text));
    if (content.v.tag != RP_LIST)
        RP_TRY(rp_wire_need_text(a->doc, &content, &text));
    RP_TRY(read_content(a, &content, &parts));
    for (uint32_t i = 0; i < rp_len(parts); i++) {
        struct rp_value one = rp_list();
        RP_TRY(rp_list_add(a->h, &one, rp_at(parts, i)));
        RP_TRY(rp_list_add(a->h, &texts, rp_message(a->h, RP_TOOL, rp_nil(), one)));
    }
    result = rp_messages_text(a->h, texts);
    return rp_list_add(a->h, contents, rp_content_result(a->h, id.v, result, 0));
}

/* ---- messages ------------------------------------------------------------------------------- */

static int is_instructions(const struct asked *a, enum rp_role role, uint32_t i,
                           struct rp_value contents)
{
    return role == RP_SYSTEM && i == 0 && rp_len(contents) == 1 &&
           a->out->instructions.tag == RP_NIL;
}

static int read_role(struct asked *a, const struct rp_wire_at *message, enum rp_role *role)
{
    static const struct {
        const char *name;
        enum rp_role role;
    } roles[] = {{"system", RP_SYSTEM},
                 {"developer", RP_SYSTEM},
                 {"user", RP_USER},
                 {"assistant", RP_ASSISTANT},
                 {"tool", RP_TOOL}};
    struct rp_wire_at at = rp_wire_key(message, "role");
    struct rp_str text;

    RP_TRY(rp_wire_need_text(a->doc, &at, &text));
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
        if (rp_is_text(at.v, roles[i].name)) {
            *role = roles[i].role;
            return RP_OK;
        }
    }
    return rp_wire_refuse(a->doc, &at,
                          "unknown role; use system, developer, user, assistant or tool");
}

static int read_message(struct asked *a, const struct rp_wire_at *message, uint32_t i)
{
    struct rp_wire_at name, content;
    struct rp_value contents = rp_list();
    struct rp_str author;
    enum rp_role role = RP_USER;

    RP_TRY(rp_wire_need_map(a->doc, message));
    RP_TRY(read_role(a, message, &role));
    name = rp_wire_key(message, "name");
    content = rp_wire_key(message, "content");
    RP_TRY(rp_wire_text(a->doc, &name, &author));
    if (role == RP_ASSISTANT)
        RP_TRY(read_assistant(a, message, &contents));
    else if (role == RP_TOOL)
        RP_TRY(read_tool(a, message, &contents));
    else
        RP_TRY(read_content(a, &content, &contents));
    if (is_instructions(a, role, i, contents)) {
        a->out->instructions = rp_c_text_of(rp_at(contents, 0))->text;
        return RP_OK;
    }
    return rp_list_add(a->h, &a->out->messages, rp_message(a->h, role, name.v, contents));
}

static int read_messages(struct asked *a, const struct rp_wire_at *root)
{
    struct rp_wire_at messages = rp_wire_key(root, "messages");

    is_known(a, "messages");
    a->out->messages = rp_list();
    RP_TRY(rp_wire_need_list(a->doc, &messages));
    for (uint32_t i = 0; i < rp_len(messages.v); i++) {
        struct rp_wire_at message = rp_wire_item(&messages, i);
        RP_TRY(read_message(a, &message, i));
    }
    return RP_OK;
}

/* ---- tools ---------------------------------------------------------------------------------- */

static int read_tool_field(struct asked *a, const struct rp_wire_at *function, const char *key,
                           struct rp_value *tool)
{
    struct rp_value v = rp_map_get(function->v, key);

    return v.tag == RP_NIL ? RP_OK : rp_map_put(a->h, tool, key, v);
}

static int read_tool_of(struct asked *a, const struct rp_wire_at *at)
{
    struct rp_wire_at type, function, name, description, parameters;
    struct rp_value tool = rp_map();
    struct rp_str text;

    RP_TRY(rp_wire_need_map(a->doc, at));
    type = rp_wire_key(at, "type");
    RP_TRY(rp_wire_need_text(a->doc, &type, &text));
    if (!rp_is_text(type.v, "function"))
        return rp_wire_refuse(a->doc, &type, "only tools that are functions can be read");
    function = rp_wire_key(at, "function");
    RP_TRY(rp_wire_need_map(a->doc, &function));
    name = rp_wire_key(&function, "name");
    description = rp_wire_key(&function, "description");
    parameters = rp_wire_key(&function, "parameters");
    RP_TRY(rp_wire_need_text(a->doc, &name, &text));
    RP_TRY(rp_wire_text(a->doc, &description, &text));
    RP_TRY(rp_wire_map(a->doc, &parameters));
    RP_TRY(read_tool_field(a, &function, "name", &tool));
    RP_TRY(read_tool_field(a, &function, "description", &tool));
    RP_TRY(read_tool_field(a, &function, "parameters", &tool));
    RP_TRY(read_tool_field(a, &function, "strict", &tool));
    return rp_list_add(a->h, &a->out->tools, tool);
}

static int read_tools(struct asked *a, const struct rp_wire_at *root)
{
    struct rp_wire_at tools = rp_wire_key(root, "tools");

    is_known(a, "tools");
    a->out->tools = rp_list();
    RP_TRY(rp_wire_list(a->doc, &tools));
    for (uint32_t i = 0; i < rp_len(tools.v); i++) {
        struct rp_wire_at tool = rp_wire_item(&tools, i);
        RP_TRY(read_tool_of(a, &tool));
    }
    return RP_OK;
}

/* A mode, or one function; any other choice is left among the options. */
static int read_tool_choice(struct asked *a, const struct rp_wire_at *root)
{
    struct rp_value choice = rp_map_get(root->v, "tool_choice");
    struct rp_value name = rp_map_get(rp_map_get(choice, "function"), "name");

    if (choice.tag == RP_TEXT) {
        a->out->tool_choice = choice;
    } else if (rp_is_text(rp_map_get(choice, "type"), "function") && name.tag == RP_TEXT) {
        a->out->tool_choice = rp_map();
        RP_TRY(rp_map_put(a->h, &a->out->tool_choice, "name", name));
    } else {
        return RP_OK;
    }
    is_known(a, "tool_choice");
    return RP_OK;
}

/* ---- format --------------------------------------------------------------------------------- */

/* Has v only entries of these names? */
static int has_only(struct rp_value v, const char *const *names)
{
    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        const char *const *name = names;
        while (*name && !rp_is_text(rp_map_key(v, i), *name))
            name++;
        if (!*name)
            return 0;
    }
    return 1;
}

/* A schema of which nothing would be lost; any other format is left among the options. */
static void read_format(struct asked *a, const struct rp_wire_at *root)
{
    static const char *const outer[] = {"type", "json_schema", NULL};
    static const char *const inner[] = {"name", "schema", "strict", NULL};
    struct rp_value format = rp_map_get(root->v, "response_format");
    struct rp_value named = rp_map_get(format, "json_schema");
    struct rp_value name = rp_map_get(named, "name"), schema = rp_map_get(named, "schema");
    struct rp_value strict = rp_map_get(named, "strict");

    if (!rp_is_text(rp_map_get(format, "type"), "json_schema") || !has_only(format, outer) ||
        !has_only(named, inner) || name.tag != RP_TEXT || schema.tag != RP_MAP ||
        (strict.tag != RP_NIL && strict.tag != RP_BOOL))
        return;
    a->out->format = schema;
    a->out->format_name = name;
    a->out->format_strict = strict;
    is_known(a, "response_format");
}

/* ---- the whole ------------------------------------------------------------------------------ */

int rp_chat_read_request(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                         struct rp_wire_request *out)
{
    struct asked a = {.doc = doc, .h = h, .out = out};
    struct rp_wire_at model = rp_wire_key(root, "model"), stream = rp_wire_key(root, "stream");
    struct rp_str text;

    RP_TRY(rp_wire_need_text(doc, &model, &text));
    if (stream.v.tag != RP_NIL && stream.v.tag != RP_BOOL)
        return rp_wire_refuse(doc, &stream, "expected true or false");
    out->model = model.v;
    out->stream = rp_is_true(stream.v);
    is_known(&a, "model");
    is_known(&a, "stream");
    RP_TRY(read_messages(&a, root));
    RP_TRY(read_tools(&a, root));
    RP_TRY(read_tool_choice(&a, root));
    read_format(&a, root);
    return rp_wire_take_options(h, root->v, a.known, &out->options);
}
