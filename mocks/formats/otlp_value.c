/* otlp_value.c - reading of attributes and messages. */
#include "otlp_value.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

#define OTHER_PARTS "parts of messages that are no text, tool call or tool result"
#define NO_ROLE     "messages without a known role: taken as the user's"

/* ---- attributes ------------------------------------------------------------------------------ */

static int any_list(struct rp_import *im, struct rp_value values, int depth, struct rp_value *out)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(values); i++) {
        struct rp_value v = rp_nil();
        RP_TRY(rp_otlp_any(im, rp_at(values, i), depth + 1, &v));
        RP_TRY(rp_list_add(&im->heap, out, v));
    }
    return RP_OK;
}

static int any_map(struct rp_import *im, struct rp_value values, int depth, struct rp_value *out)
{
    *out = rp_map();
    for (uint32_t i = 0; i < rp_len(values); i++) {
        struct rp_value key = rp_map_get(rp_at(values, i), "key"), v = rp_nil();
        if (key.tag != RP_TEXT)
            continue;
        RP_TRY(rp_otlp_any(im, rp_map_get(rp_at(values, i), "value"), depth + 1, &v));
        RP_TRY(rp_map_add(&im->heap, out, key, v));
    }
    return RP_OK;
}

/* 64-bit integers are texts in OTLP's JSON. */
static struct rp_value any_int(struct rp_value v)
{
    struct rp_str s = rp_str_of(v);
    int64_t n = 0;
    size_t i = s.n > 0 && s.s[0] == '-';

    if (v.tag == RP_INT)
        return v;
    if (s.n == i || s.n > 18)
        return rp_nil();
    for (size_t k = i; k < s.n; k++) {
        if (s.s[k] < '0' || s.s[k] > '9')
            return rp_nil();
        n = n * 10 + (s.s[k] - '0');
    }
    return rp_int(i ? -n : n);
}

int rp_otlp_any(struct rp_import *im, struct rp_value any, int depth, struct rp_value *out)
{
    static const char *const plain[] = {"stringValue", "boolValue", "doubleValue", "bytesValue"};

    *out = rp_nil();
    if (depth > DEPTH_MAX)
        return RP_OK;
    for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
        if (rp_map_has(any, plain[i])) {
            *out = rp_map_get(any, plain[i]);
            return RP_OK;
        }
    }
    if (rp_map_has(any, "intValue"))
        *out = any_int(rp_map_get(any, "intValue"));
    else if (rp_map_has(any, "arrayValue"))
        return any_list(im, rp_map_get(rp_map_get(any, "arrayValue"), "values"), depth, out);
    else if (rp_map_has(any, "kvlistValue"))
        return any_map(im, rp_map_get(rp_map_get(any, "kvlistValue"), "values"), depth, out);
    return RP_OK;
}

/* A text that is an object or an array is that. */
static int unfold(struct rp_import *im, struct rp_value *v)
{
    struct rp_str s = rp_str_of(*v);
    int rc;

    if (v->tag != RP_TEXT || s.n == 0 || (s.s[0] != '[' && s.s[0] != '{'))
        return RP_OK;
    rc = rp_json_try(&im->heap, s, v);
    return rc == RP_EPARSE ? RP_OK : rc;
}

int rp_otlp_attribute(struct rp_import *im, struct rp_value attributes, const char *key,
                      struct rp_value *out)
{
    *out = rp_nil();
    for (uint32_t i = rp_len(attributes); i-- > 0;) {
        struct rp_value one = rp_at(attributes, i);
        if (!rp_is_text(rp_map_get(one, "key"), key))
            continue;
        RP_TRY(rp_otlp_any(im, rp_map_get(one, "value"), 0, out));
        return unfold(im, out);
    }
    return RP_OK;
}

int rp_otlp_as_text(struct rp_import *im, struct rp_value v, struct rp_value *out)
{
    if (v.tag == RP_TEXT)
        *out = v;
    else if (v.tag == RP_NIL)
        *out = rp_text(&im->heap, "", 0);
    else
        *out = rp_json_text(&im->heap, v);
    return out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static int add_content(struct rp_import *im, struct rp_value *contents, struct rp_value content)
{
    return content.tag == RP_BAD ? RP_ENOMEM : rp_list_add(&im->heap, contents, content);
}

static int add_text(struct rp_import *im, struct rp_value v, struct rp_value *contents)
{
    RP_TRY(rp_otlp_as_text(im, v, &v));
    if (rp_str_of(v).n == 0)
        return RP_OK;
    return add_content(im, contents, rp_content_text(&im->heap, v));
}

static struct rp_value text_or_empty(struct rp_import *im, struct rp_value v)
{
    return v.tag == RP_TEXT ? v : rp_text(&im->heap, "", 0);
}

static int add_call(struct rp_import *im, struct rp_value id, struct rp_value name,
                    struct rp_value arguments, struct rp_value *contents)
{
    if (arguments.tag == RP_NIL)
        arguments = rp_map();
    RP_TRY(rp_otlp_as_text(im, arguments, &arguments));
    return add_content(
        im, contents,
        rp_content_call(&im->heap, text_or_empty(im, id), text_or_empty(im, name), arguments));
}

static int add_result(struct rp_import *im, struct rp_value id, struct rp_value result,
                      struct rp_value *contents)
{
    RP_TRY(rp_otlp_as_text(im, result, &result));
    return add_content(im, contents,
                       rp_content_result(&im->heap, text_or_empty(im, id), result, 0));
}

static int add_part(struct rp_import *im, struct rp_value part, struct rp_value *contents,
                    const char *place)
{
    struct rp_value type = rp_map_get(part, "type"), id = rp_map_get(part, "id");

    if (part.tag == RP_TEXT)
        return add_text(im, part, contents);
    if (rp_is_text(type, "text"))
        return add_text(im, rp_map_get(part, rp_map_has(part, "content") ? "content" : "text"),
                        contents);
    if (rp_is_text(type, "tool_call"))
        return add_call(im, id, rp_map_get(part, "name"), rp_map_get(part, "arguments"), contents);
    if (rp_is_text(type, "tool_call_response"))
        return add_result(im, id,
                          rp_map_get(part, rp_map_has(part, "response") ? "response" : "result"),
                          contents);
    rp_import_note(im, RP_NOTE_LOST, OTHER_PARTS, place);
    return RP_OK;
}

/* tool_calls of the older form: {id, type, function: {name, arguments}}. */
static int add_old_calls(struct rp_import *im, struct rp_value calls, struct rp_value *contents)
{
    for (uint32_t i = 0; i < rp_len(calls); i++) {
        struct rp_value call = rp_at(calls, i), function = rp_map_get(call, "function");
        RP_TRY(add_call(im, rp_map_get(call, "id"), rp_map_get(function, "name"),
                        rp_map_get(function, "arguments"), contents));
    }
    return RP_OK;
}

/* ---- messages -------------------------------------------------------------------------------- */

static enum rp_role role_of(struct rp_import *im, struct rp_value v, const char *given,
                            const char *place)
{
    static const struct {
        const char *name;
        enum rp_role role;
    } known[] = {{"user", RP_USER},       {"assistant", RP_ASSISTANT}, {"model", RP_ASSISTANT},
                 {"tool", RP_TOOL},       {"function", RP_TOOL},       {"system", RP_SYSTEM},
                 {"developer", RP_SYSTEM}};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (v.tag == RP_TEXT ? rp_is_text(v, known[i].name) : rp_same(given, known[i].name))
            return known[i].role;
    rp_import_note(im, RP_NOTE_CHANGED, NO_ROLE, place);
    return RP_USER;
}

static int add_contents(struct rp_import *im, struct rp_value v, enum rp_role role,
                        struct rp_value *contents, const char *place)
{
    struct rp_value content = rp_map_get(v, "content");
    struct rp_value parts = rp_map_get(v, "parts");

    if (parts.tag != RP_LIST && content.tag == RP_LIST)
        parts = content;
    for (uint32_t i = 0; i < rp_len(parts); i++)
        RP_TRY(add_part(im, rp_at(parts, i), contents, place));
    if (parts.tag != RP_LIST && role == RP_TOOL)
        return add_result(im, rp_map_get(v, "id"), content, contents);
    if (parts.tag != RP_LIST && content.tag != RP_NIL)
        RP_TRY(add_text(im, content, contents));
    return add_old_calls(im, rp_map_get(v, "tool_calls"), contents);
}

int rp_otlp_message(struct rp_import *im, struct rp_value v, const char *role,
                    struct rp_value *messages, struct rp_value *finish, const char *place)
{
    enum rp_role who = role_of(im, rp_map_get(v, "role"), role, place);
    struct rp_value contents = rp_list(), reason = rp_map_get(v, "finish_reason");

    if (finish && finish->tag == RP_NIL && reason.tag == RP_TEXT)
        *finish = reason;
    RP_TRY(add_contents(im, v, who, &contents, place));
    return rp_list_add(&im->heap, messages, rp_message(&im->heap, who, rp_nil(), contents));
}

int rp_otlp_messages(struct rp_import *im, struct rp_value list, struct rp_value *messages,
                     struct rp_value *finish, const char *place)
{
    for (uint32_t i = 0; i < rp_len(list); i++)
        RP_TRY(rp_otlp_message(im, rp_at(list, i), "user", messages, finish, place));
    return RP_OK;
}

int rp_otlp_instructions(struct rp_import *im, struct rp_value v, struct rp_value *out)
{
    struct rp_buf text;
    int rc = RP_OK;

    *out = v.tag == RP_TEXT ? v : rp_nil();
    if (rp_len(v) == 0)
        return RP_OK;
    rp_buf_init(&text, &im->alloc, RP_TEXT_MAX);
    for (uint32_t i = 0; i < rp_len(v); i++) {
        struct rp_value content = rp_map_get(rp_at(v, i), "content");
        if (text.n > 0)
            rp_buf_addc(&text, '\n');
        rp_buf_adds(&text, rp_str_of(content));
    }
    rc = text.failed;
    if (rc == RP_OK)
        *out = rp_text(&im->heap, text.s ? text.s : "", text.n);
    rp_buf_free(&text);
    return rc == RP_OK && out->tag == RP_BAD ? RP_ENOMEM : rc;
}

/* ---- tools ----------------------------------------------------------------------------------- */

static int add_tool(struct rp_import *im, struct rp_value v, struct rp_value *out)
{
    struct rp_value of = rp_map_has(v, "function") ? rp_map_get(v, "function") : v;
    struct rp_value tool = rp_map();

    RP_TRY(rp_map_put(&im->heap, &tool, "name", rp_map_get(of, "name")));
    RP_TRY(rp_map_put(&im->heap, &tool, "description", rp_map_get(of, "description")));
    RP_TRY(rp_map_put(&im->heap, &tool, "parameters", rp_map_get(of, "parameters")));
    return rp_list_add(&im->heap, out, tool);
}

static int is_tool(struct rp_value v)
{
    struct rp_value of = rp_map_has(v, "function") ? rp_map_get(v, "function") : v;
    struct rp_value what = rp_map_get(of, "description"), takes = rp_map_get(of, "parameters");

    return rp_map_get(of, "name").tag == RP_TEXT && (what.tag == RP_NIL || what.tag == RP_TEXT) &&
           (takes.tag == RP_NIL || takes.tag == RP_MAP);
}

int rp_otlp_tools(struct rp_import *im, struct rp_value list, struct rp_value *out,
                  const char *place)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(list); i++) {
        if (is_tool(rp_at(list, i)))
            RP_TRY(add_tool(im, rp_at(list, i), out));
        else
            rp_import_note(im, RP_NOTE_LOST, "definitions of tools that are no functions", place);
    }
    return RP_OK;
}

void rp_otlp_url(const char *host, int64_t port, char out[RP_OTLP_URL])
{
    char digits[16] = "";

    if (port > 0 && port < 65536 && port != 443)
        snprintf(digits, sizeof(digits), ":%d", (int)port);
    snprintf(out, RP_OTLP_URL, "https://%.200s%s/v1/chat/completions", host, digits);
}
