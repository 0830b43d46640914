/* typed.c - owns the reading that OpenAI Responses and Anthropic Messages have in common. */
#include "typed.h"

/* ---- events ---- */

int rp_wire_typed_event(struct rp_wire_doc *doc, const struct rp_wire_at *event, struct rp_str name,
                        struct rp_str *type)
{
    struct rp_wire_at at = rp_wire_key(event, "type");

    RP_TRY(rp_wire_text(doc, &at, type));
    if (type->n > 0)
        return RP_OK;
    *type = name;
    if (name.n == 0)
        return rp_wire_refuse(doc, event, "an event without a type");
    rp_wire_rule(doc, RP_RULE_NO_TYPE);
    return RP_OK;
}

int rp_wire_typed_mark(struct rp_wire_reader *r, struct rp_wire_doc *doc, struct rp_str data,
                       int *is)
{
    (void)r;
    *is = rp_str_equal(data, rp_str("[DONE]"));
    if (*is)
        rp_wire_rule(doc, RP_RULE_AFTER_END);
    return RP_OK;
}

/* ---- tools ---- */

static int put_field(struct rp_heap *h, struct rp_value *tool, const char *key, struct rp_value v)
{
    return v.tag == RP_NIL ? RP_OK : rp_map_put(h, tool, key, v);
}

static int read_function(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *tool,
                         const struct rp_wire_typed *typed, struct rp_value *out)
{
    struct rp_wire_at name = rp_wire_key(tool, "name");
    struct rp_wire_at description = rp_wire_key(tool, "description");
    struct rp_wire_at parameters = rp_wire_key(tool, typed->parameters);
    struct rp_str unused;

    RP_TRY(rp_wire_need_text(doc, &name, &unused));
    RP_TRY(rp_wire_text(doc, &description, &unused));
    RP_TRY(rp_wire_map(doc, &parameters));
    if (typed->needs_parameters)
        RP_TRY(rp_wire_need_map(doc, &parameters));
    *out = rp_map();
    RP_TRY(put_field(h, out, "name", name.v));
    RP_TRY(put_field(h, out, "description", description.v));
    RP_TRY(put_field(h, out, "parameters", parameters.v));
    return put_field(h, out, "strict", rp_map_get(tool->v, "strict"));
}

static int read_tool(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *tool,
                     const struct rp_wire_typed *typed, struct rp_value *out)
{
    struct rp_wire_at type;
    struct rp_str said;

    RP_TRY(rp_wire_need_map(doc, tool));
    type = rp_wire_key(tool, "type");
    RP_TRY(typed->needs_kind ? rp_wire_need_text(doc, &type, &said)
                             : rp_wire_text(doc, &type, &said));
    *out = tool->v;
    if (type.v.tag == RP_TEXT && !rp_is_text(type.v, typed->kind))
        return RP_OK;
    return read_function(doc, h, tool, typed, out);
}

int rp_wire_typed_tools(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                        const struct rp_wire_typed *typed, struct rp_value *out)
{
    struct rp_wire_at tools = rp_wire_key(root, "tools");

    *out = rp_list();
    RP_TRY(rp_wire_list(doc, &tools));
    for (uint32_t i = 0; i < rp_len(tools.v); i++) {
        struct rp_wire_at at = rp_wire_item(&tools, i);
        struct rp_value tool;
        RP_TRY(read_tool(doc, h, &at, typed, &tool));
        RP_TRY(rp_list_add(h, out, tool));
    }
    return RP_OK;
}

/* ---- format and options ---- */

static int read_schema(struct rp_wire_doc *doc, const struct rp_wire_at *format,
                       struct rp_wire_request *out)
{
    struct rp_wire_at schema = rp_wire_key(format, "schema"), name = rp_wire_key(format, "name");
    struct rp_wire_at strict = rp_wire_key(format, "strict");
    struct rp_str unused;

    RP_TRY(rp_wire_need_map(doc, &schema));
    RP_TRY(rp_wire_text(doc, &name, &unused));
    if (strict.v.tag != RP_NIL && strict.v.tag != RP_BOOL)
        return rp_wire_refuse(doc, &strict, "expected true or false");
    out->format = schema.v;
    out->format_name = name.v;
    out->format_strict = strict.v;
    return RP_OK;
}

/* What of the settings is no schema goes among the options. */
static int read_settings(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                         const char *key, struct rp_wire_request *out)
{
    static const char *const but[] = {"format", NULL};
    struct rp_wire_at settings = rp_wire_key(root, key), format;
    struct rp_value rest = settings.v;

    RP_TRY(rp_wire_map(doc, &settings));
    format = rp_wire_key(&settings, "format");
    RP_TRY(rp_wire_map(doc, &format));
    if (rp_is_text(rp_map_get(format.v, "type"), "json_schema")) {
        RP_TRY(read_schema(doc, &format, out));
        RP_TRY(rp_wire_take_options(h, settings.v, but, &rest));
    }
    return rp_map_len(rest) > 0 ? rp_map_put(h, &out->options, key, rest) : RP_OK;
}

int rp_wire_typed_options(struct rp_wire_doc *doc, struct rp_heap *h, const struct rp_wire_at *root,
                          const struct rp_wire_typed *typed, const char *const *but,
                          struct rp_wire_request *out)
{
    RP_TRY(rp_wire_take_options(h, root->v, but, &out->options));
    if (out->options.tag == RP_NIL)
        out->options = rp_map();
    RP_TRY(read_settings(doc, h, root, typed->settings, out));
    if (rp_map_len(out->options) == 0)
        out->options = rp_nil();
    return RP_OK;
}
