/* otlp_put.c - requests and replies, of any dialect, as attributes of the semantic conventions. */
#include "otlp_write.h"

#include "engine/base/json.h"
#include "mocks/wire/wire.h"
#include "said.h"

#include <stdio.h>
#include <string.h>

#define NO_REQUEST "requests that no dialect reads: their spans have no messages"
#define NO_REPLY   "replies that no dialect reads: their spans have none"
#define FORMATS    "response formats of requests: the conventions know their kind only"
#define OPTIONS    "options of requests that the conventions do not know"

/* ---- attributes ------------------------------------------------------------------------------ */

static void open_attribute(struct rp_buf *b, const char *key)
{
    rp_out_open(b, NULL, '{');
    rp_out_text(b, "key", key);
    rp_out_open(b, "value", '{');
}

static void close_attribute(struct rp_buf *b)
{
    rp_out_close(b, '}');
    rp_out_close(b, '}');
}

void rp_otlp_put_text(struct rp_buf *b, const char *key, struct rp_str s)
{
    open_attribute(b, key);
    rp_out_str(b, "stringValue", s);
    close_attribute(b);
}

void rp_otlp_put_int(struct rp_buf *b, const char *key, int64_t i)
{
    char digits[32];

    snprintf(digits, sizeof(digits), "%lld", (long long)i);
    open_attribute(b, key);
    rp_out_text(b, "intValue", digits);
    close_attribute(b);
}

static void put_value(struct rp_buf *b, struct rp_value v);

static void put_list(struct rp_buf *b, struct rp_value v)
{
    rp_out_open(b, "arrayValue", '{');
    rp_out_open(b, "values", '[');
    for (uint32_t i = 0; i < rp_len(v); i++) {
        rp_out_open(b, NULL, '{');
        put_value(b, rp_at(v, i));
        rp_out_close(b, '}');
    }
    rp_out_close(b, ']');
    rp_out_close(b, '}');
}

/* A number, a text, or a list of such; anything else as the text of its JSON. */
static void put_value(struct rp_buf *b, struct rp_value v)
{
    char digits[32];
    struct rp_buf json;

    if (v.tag == RP_INT) {
        snprintf(digits, sizeof(digits), "%lld", (long long)v.u.i);
        rp_out_text(b, "intValue", digits);
    } else if (v.tag == RP_REAL) {
        rp_out_key(b, "doubleValue");
        rp_buf_add_real(b, v.u.r);
    } else if (v.tag == RP_BOOL) {
        rp_out_raw(b, "boolValue", v.u.i ? "true" : "false");
    } else if (v.tag == RP_TEXT) {
        rp_out_str(b, "stringValue", rp_str_of(v));
    } else if (v.tag == RP_LIST) {
        put_list(b, v);
    } else {
        rp_buf_init(&json, &b->alloc, RP_TEXT_MAX);
        if (rp_json_write(&json, v, 0) != RP_OK && !b->failed)
            b->failed = json.failed ? json.failed : RP_ELIMIT;
        rp_out_text(b, "stringValue", json.s ? json.s : "");
        rp_buf_free(&json);
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

/* A text that is an object or array in compact form stands as that, for its reader writes it so. */
static int put_folded(struct rp_buf *b, const char *key, struct rp_str s)
{
    struct rp_value v = rp_nil();
    struct rp_heap heap;
    struct rp_buf again;
    int rc, is = 0;

    if (s.n == 0 || (s.s[0] != '{' && s.s[0] != '[')) {
        rp_out_str(b, key, s);
        return RP_OK;
    }
    rp_heap_init(&heap, &b->alloc, 0, 0);
    rp_buf_init(&again, &b->alloc, RP_TEXT_MAX);
    rc = rp_json_try(&heap, s, &v);
    if (rc == RP_OK)
        rc = rp_json_write(&again, v, 0);
    if (rc == RP_OK)
        is = again.n == s.n && memcmp(again.s, s.s, s.n) == 0 && v.len > 0;
    if (is && v.tag == RP_MAP)
        rp_out_raw(b, key, again.s);
    else if (rc == RP_OK || rc == RP_EPARSE)
        rp_out_str(b, key, s);
    rp_buf_free(&again);
    rp_heap_free(&heap);
    return rc == RP_EPARSE ? RP_OK : rc;
}

static int put_part(struct rp_buf *b, struct rp_value content)
{
    int rc = RP_OK;

    rp_out_open(b, NULL, '{');
    if (rp_kind(content) == RP_K_C_TEXT) {
        rp_out_text(b, "type", "text");
        rp_out_str(b, "content", rp_str_of(rp_c_text_of(content)->text));
    } else if (rp_kind(content) == RP_K_C_CALL) {
        rp_out_text(b, "type", "tool_call");
        rp_out_str(b, "id", rp_str_of(rp_c_call_of(content)->id));
        rp_out_str(b, "name", rp_str_of(rp_c_call_of(content)->name));
        rc = put_folded(b, "arguments", rp_str_of(rp_c_call_of(content)->arguments));
    } else if (rp_kind(content) == RP_K_C_RESULT) {
        rp_out_text(b, "type", "tool_call_response");
        rp_out_str(b, "id", rp_str_of(rp_c_result_of(content)->id));
        rp_out_str(b, "response", rp_str_of(rp_c_result_of(content)->result));
    }
    rp_out_close(b, '}');
    return rc;
}

static int put_message(struct rp_buf *b, struct rp_value message, const char *finish)
{
    struct rp_value contents = rp_message_of(message)->contents;

    rp_out_open(b, NULL, '{');
    rp_out_text(b, "role", rp_role_name(rp_message_of(message)->role.u.i));
    rp_out_open(b, "parts", '[');
    for (uint32_t i = 0; i < rp_len(contents); i++)
        RP_TRY(put_part(b, rp_at(contents, i)));
    rp_out_close(b, ']');
    if (finish && finish[0])
        rp_out_text(b, "finish_reason", strcmp(finish, "tool_calls") == 0 ? "tool_call" : finish);
    rp_out_close(b, '}');
    return RP_OK;
}

/* The whole as a text, as attributes of spans mostly have it. */
static int put_messages(struct rp_buf *b, const char *key, struct rp_value messages,
                        const char *finish)
{
    struct rp_buf json;
    int rc = RP_OK;

    rp_buf_init(&json, &b->alloc, RP_TEXT_MAX);
    rp_out_open(&json, NULL, '[');
    for (uint32_t i = 0; i < rp_len(messages) && rc == RP_OK; i++)
        rc = put_message(&json, rp_at(messages, i), finish);
    rp_out_close(&json, ']');
    rc = rc == RP_OK ? json.failed : rc;
    if (rc == RP_OK)
        rp_otlp_put_text(b, key, (struct rp_str){json.s, json.n});
    rp_buf_free(&json);
    return rc;
}

/* ---- the request ----------------------------------------------------------------------------- */

static void put_instructions(struct rp_buf *b, struct rp_value text)
{
    struct rp_buf json;

    if (text.tag != RP_TEXT)
        return;
    rp_buf_init(&json, &b->alloc, RP_TEXT_MAX);
    rp_out_open(&json, NULL, '[');
    rp_out_open(&json, NULL, '{');
    rp_out_text(&json, "type", "text");
    rp_out_str(&json, "content", rp_str_of(text));
    rp_out_close(&json, '}');
    rp_out_close(&json, ']');
    if (json.failed && !b->failed)
        b->failed = json.failed;
    rp_otlp_put_text(b, "gen_ai.system_instructions",
                     (struct rp_str){json.s ? json.s : "", json.n});
    rp_buf_free(&json);
}

static int put_tool(struct rp_buf *b, struct rp_value tool)
{
    struct rp_value what = rp_map_get(tool, "description"), takes = rp_map_get(tool, "parameters");

    rp_out_open(b, NULL, '{');
    rp_out_text(b, "type", "function");
    rp_out_str(b, "name", rp_str_of(rp_map_get(tool, "name")));
    if (what.tag == RP_TEXT)
        rp_out_str(b, "description", rp_str_of(what));
    if (takes.tag == RP_MAP) {
        rp_out_key(b, "parameters");
        RP_TRY(rp_json_write(b, takes, 0));
    }
    rp_out_close(b, '}');
    return RP_OK;
}

static int put_tools(struct rp_buf *b, struct rp_value tools)
{
    struct rp_buf json;
    int rc = RP_OK;

    if (rp_len(tools) == 0)
        return RP_OK;
    rp_buf_init(&json, &b->alloc, RP_TEXT_MAX);
    rp_out_open(&json, NULL, '[');
    for (uint32_t i = 0; i < rp_len(tools) && rc == RP_OK; i++)
        rc = put_tool(&json, rp_at(tools, i));
    rp_out_close(&json, ']');
    rc = rc == RP_OK ? json.failed : rc;
    if (rc == RP_OK)
        rp_otlp_put_text(b, "gen_ai.tool.definitions", (struct rp_str){json.s, json.n});
    rp_buf_free(&json);
    return rc;
}

static void put_options(struct rp_export *ex, struct rp_value options)
{
    static const struct {
        const char *option, *key;
    } known[] = {{"temperature", "gen_ai.request.temperature"},
                 {"top_p", "gen_ai.request.top_p"},
                 {"max_tokens", "gen_ai.request.max_tokens"},
                 {"seed", "gen_ai.request.seed"},
                 {"frequency_penalty", "gen_ai.request.frequency_penalty"},
                 {"presence_penalty", "gen_ai.request.presence_penalty"},
                 {"stop", "gen_ai.request.stop_sequences"},
                 {"n", "gen_ai.request.choice.count"}};

    for (uint32_t i = 0; i < rp_map_len(options); i++) {
        struct rp_str name = rp_str_of(rp_map_key(options, i));
        size_t k = 0, all = sizeof(known) / sizeof(*known);
        while (k < all && !rp_str_equal(name, rp_str(known[k].option)))
            k++;
        if (k == all) {
            rp_note(ex->report, RP_NOTE_LOST, 1, OPTIONS, name.s);
            continue;
        }
        open_attribute(ex->out, known[k].key);
        put_value(ex->out, rp_map_value(options, i));
        close_attribute(ex->out);
    }
}

static int put_request(struct rp_export *ex, struct rp_heap *h, enum rp_dialect dialect,
                       const struct rp_interaction *it)
{
    struct rp_wire_request request = {0};
    struct rp_error why = {0};
    int rc = rp_wire_read_request(dialect, h, it->request, it->n_request, &request, &why);

    if (rc == RP_EPARSE || rc == RP_ETYPE) {
        rp_note(ex->report, RP_NOTE_LOST, 1, NO_REQUEST, it->lane);
        return RP_OK;
    }
    RP_TRY(rc);
    put_options(ex, request.options);
    if (request.format.tag != RP_NIL) {
        rp_otlp_put_text(ex->out, "gen_ai.output.type", rp_str("json"));
        rp_note(ex->report, RP_NOTE_LOST, 1, FORMATS, it->lane);
    }
    put_instructions(ex->out, request.instructions);
    RP_TRY(put_messages(ex->out, "gen_ai.input.messages", request.messages, NULL));
    return put_tools(ex->out, request.tools);
}

/* ---- the reply ------------------------------------------------------------------------------- */

static void put_usage(struct rp_buf *b, struct rp_value usage)
{
    struct rp_value in = rp_map_get(usage, "input_tokens"),
                    out = rp_map_get(usage, "output_tokens");

    if (in.tag == RP_INT && in.u.i > 0) /* 0 stands where nobody counted */
        rp_otlp_put_int(b, "gen_ai.usage.input_tokens", in.u.i);
    if (out.tag == RP_INT && out.u.i > 0)
        rp_otlp_put_int(b, "gen_ai.usage.output_tokens", out.u.i);
}

/* The first object of a body: all of it, or the data of its first event. */
static int first_object(struct rp_heap *h, const struct rp_interaction *it, struct rp_value *out)
{
    struct rp_str body = {it->body, it->n_body};
    size_t at = 0, end;
    int rc;

    if (it->stream) {
        while (at + 5 < body.n && memcmp(body.s + at, "data:", 5) != 0)
            at++;
        for (end = at; end < body.n && body.s[end] != '\n' && body.s[end] != '\r';)
            end++;
        body =
            at + 5 < end ? (struct rp_str){body.s + at + 5, end - at - 5} : (struct rp_str){"", 0};
    }
    rc = rp_json_try(h, body, out);
    return rc == RP_EPARSE ? RP_OK : rc;
}

/* Id and model stand at its top, or in the message or response that a stream begins with. */
static int put_ids(struct rp_export *ex, struct rp_heap *h, const struct rp_interaction *it)
{
    static const char *const inside[] = {"message", "response"};
    struct rp_value v = rp_nil();

    RP_TRY(first_object(h, it, &v));
    for (size_t i = 0; i < 2; i++)
        if (rp_map_get(v, inside[i]).tag == RP_MAP)
            v = rp_map_get(v, inside[i]);
    if (rp_map_get(v, "id").tag == RP_TEXT)
        rp_otlp_put_text(ex->out, "gen_ai.response.id", rp_str_of(rp_map_get(v, "id")));
    if (rp_map_get(v, "model").tag == RP_TEXT)
        rp_otlp_put_text(ex->out, "gen_ai.response.model", rp_str_of(rp_map_get(v, "model")));
    return RP_OK;
}

static void put_error(struct rp_buf *b, const struct rp_interaction *it)
{
    char status[16];

    snprintf(status, sizeof(status), "%d", it->status);
    rp_otlp_put_text(
        b, "error.type",
        rp_str(it->failure != RP_FAILURE_NONE ? rp_failure_name(it->failure) : status));
}

static int put_reply(struct rp_export *ex, struct rp_heap *h, const struct rp_interaction *it)
{
    struct rp_said said;
    struct rp_value message, list = rp_list();

    if (it->status < 200 || it->status > 299 || it->failure != RP_FAILURE_NONE) {
        put_error(ex->out, it);
        return RP_OK;
    }
    RP_TRY(rp_said_reply(h, it, &said));
    if (!said.whole) {
        rp_note(ex->report, RP_NOTE_LOST, 1, NO_REPLY, it->lane);
        return RP_OK;
    }
    message = rp_message(h, RP_ASSISTANT, rp_nil(), said.contents);
    RP_TRY(rp_list_add(h, &list, message));
    RP_TRY(put_ids(ex, h, it));
    put_usage(ex->out, said.usage);
    return put_messages(ex->out, "gen_ai.output.messages", list, said.finish);
}

int rp_otlp_put_call(struct rp_export *ex, const struct rp_interaction *it)
{
    int dialect = it->dialect ? rp_dialect_of(it->dialect) : -1;
    struct rp_heap heap;
    int rc = RP_OK;

    if (dialect < 0) {
        rp_note(ex->report, RP_NOTE_LOST, 1, NO_REQUEST, it->lane);
        return RP_OK;
    }
    rp_heap_init(&heap, &ex->out->alloc, 0, 0);
    rc = put_request(ex, &heap, (enum rp_dialect)dialect, it);
    if (rc == RP_OK)
        rc = put_reply(ex, &heap, it);
    rp_heap_free(&heap);
    return rc;
}

int rp_otlp_refusal(struct rp_heap *h, const struct rp_interaction *it, struct rp_value *out)
{
    struct rp_value v = rp_nil();
    int rc = rp_json_try(h, (struct rp_str){it->body, it->n_body}, &v);

    *out = rp_nil();
    if (rc != RP_OK)
        return rc == RP_EPARSE ? RP_OK : rc;
    *out = rp_map_get(rp_map_get(v, "error"), "message");
    return RP_OK;
}
