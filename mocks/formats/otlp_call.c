/* otlp_call.c - one span into an exchange or a tool result. */
#include "otlp_read.h"

#include "mocks/wire/wire.h"

#include <stdio.h>
#include <string.h>

#define ANEW    "bytes, headers, pieces and their times: all is written anew, in the chat dialect"
#define CHOICES "replies after the first of one call"
#define FAILED  "failed calls: the reply is made up from error.type and the status"
#define BROKEN  "messages that do not make a request: left out with their call"
#define OTHERS  "attributes of gen_ai that have no place in a request or reply"

struct call {
    struct rp_otlp_spans *s;
    struct rp_import *im;
    const struct rp_otlp_span *span;
    struct rp_wire_request request;
    struct rp_value replies; /* messages */
    struct rp_value finish, usage;
    const char *id, *model, *reply_model;
    int asked, answered;
    struct rp_interaction it;
};

static int attribute(struct call *c, const char *key, struct rp_value *out)
{
    return rp_otlp_attribute(c->im, c->span->attributes, key, out);
}

static int attribute_text(struct call *c, const char *key, const char **out)
{
    struct rp_value v = rp_nil();
    struct rp_str s;

    RP_TRY(attribute(c, key, &v));
    s = rp_str_of(v);
    if (v.tag != RP_TEXT || s.n == 0 || memchr(s.s, '\0', s.n))
        return RP_OK;
    *out = rp_pool_text(&c->im->pool, s.s, s.n);
    return *out ? RP_OK : c->im->pool.failed;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* The body of an older event: its attributes as a map, or the JSON in one of them. */
static int event_body(struct call *c, struct rp_value attributes, struct rp_value *out)
{
    static const char *const keys[] = {"gen_ai.event.content", "event.body", "gen_ai.event.body"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        RP_TRY(rp_otlp_attribute(c->im, attributes, keys[i], out));
        if (out->tag == RP_MAP)
            return RP_OK;
    }
    *out = rp_map();
    for (uint32_t i = 0; i < rp_len(attributes); i++) {
        struct rp_value key = rp_map_get(rp_at(attributes, i), "key"), v = rp_nil();
        if (key.tag != RP_TEXT || rp_map_has(*out, rp_str_of(key).s))
            continue;
        RP_TRY(rp_otlp_attribute(c->im, attributes, rp_str_of(key).s, &v));
        RP_TRY(rp_map_put_str(&c->im->heap, out, rp_str_of(key), v));
    }
    return RP_OK;
}

/* {index, finish_reason, message: {role, content, tool_calls}}, or the message's keys at the top.
 */
static int take_choice(struct call *c, struct rp_value body)
{
    struct rp_value message = rp_map_get(body, "message");
    struct rp_value reason = rp_map_get(body, "finish_reason");

    c->answered = 1;
    if (c->finish.tag == RP_NIL && reason.tag == RP_TEXT)
        c->finish = reason;
    return rp_otlp_message(c->im, message.tag == RP_MAP ? message : body, "assistant", &c->replies,
                           &c->finish, c->span->place);
}

static int take_event(struct call *c, struct rp_value event)
{
    static const struct {
        const char *name, *role;
    } known[] = {{"gen_ai.system.message", "system"},
                 {"gen_ai.user.message", "user"},
                 {"gen_ai.assistant.message", "assistant"},
                 {"gen_ai.tool.message", "tool"}};
    struct rp_value attributes = rp_map_get(event, "attributes");
    struct rp_value name = rp_map_get(event, "name"), body = rp_nil();

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (!rp_is_text(name, known[i].name))
            continue;
        c->asked = 1;
        RP_TRY(event_body(c, attributes, &body));
        return rp_otlp_message(c->im, body, known[i].role, &c->request.messages, NULL,
                               c->span->place);
    }
    if (!rp_is_text(name, "gen_ai.choice"))
        return RP_OK;
    RP_TRY(event_body(c, attributes, &body));
    return take_choice(c, body);
}

/* From the span, from the event that has the whole conversation, or from one event a message. */
static int take_messages(struct call *c, struct rp_value attributes)
{
    struct rp_value asked = rp_nil(), replies = rp_nil(), system = rp_nil();

    RP_TRY(rp_otlp_attribute(c->im, attributes, "gen_ai.input.messages", &asked));
    RP_TRY(rp_otlp_attribute(c->im, attributes, "gen_ai.output.messages", &replies));
    RP_TRY(rp_otlp_attribute(c->im, attributes, "gen_ai.system_instructions", &system));
    if (asked.tag == RP_LIST && !c->asked) {
        c->asked = 1;
        RP_TRY(rp_otlp_messages(c->im, asked, &c->request.messages, NULL, c->span->place));
    }
    if (replies.tag == RP_LIST && !c->answered) {
        c->answered = 1;
        RP_TRY(rp_otlp_messages(c->im, replies, &c->replies, &c->finish, c->span->place));
    }
    if (system.tag != RP_NIL && c->request.instructions.tag == RP_NIL)
        return rp_otlp_instructions(c->im, system, &c->request.instructions);
    return RP_OK;
}

static int gather(struct call *c)
{
    RP_TRY(take_messages(c, c->span->attributes));
    for (uint32_t i = 0; i < rp_len(c->span->events); i++) {
        struct rp_value event = rp_at(c->span->events, i);
        if (rp_is_text(rp_map_get(event, "name"), "gen_ai.client.inference.operation.details"))
            RP_TRY(take_messages(c, rp_map_get(event, "attributes")));
        else if (!(c->asked && rp_len(c->request.messages) == 0))
            RP_TRY(take_event(c, event));
    }
    return RP_OK;
}

/* ---- the request ----------------------------------------------------------------------------- */

/* Attributes of a request that chat has an option for. */
static const struct {
    const char *key, *option;
} options[] = {{"gen_ai.request.temperature", "temperature"},
               {"gen_ai.request.top_p", "top_p"},
               {"gen_ai.request.max_tokens", "max_tokens"},
               {"gen_ai.request.seed", "seed"},
               {"gen_ai.request.frequency_penalty", "frequency_penalty"},
               {"gen_ai.request.presence_penalty", "presence_penalty"},
               {"gen_ai.request.stop_sequences", "stop"},
               {"gen_ai.request.choice.count", "n"}};

static int take_options(struct call *c)
{
    c->request.options = rp_map();
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        struct rp_value v = rp_nil();
        RP_TRY(attribute(c, options[i].key, &v));
        if (v.tag != RP_NIL)
            RP_TRY(rp_map_put(&c->im->heap, &c->request.options, options[i].option, v));
    }
    return RP_OK;
}

static int copy_out(struct call *c, struct rp_buf *b, int rc, const char **out, size_t *n)
{
    if (rc == RP_OK) {
        *out = rp_pool_text(&c->im->pool, b->s ? b->s : "", b->n);
        *n = b->n;
        rc = *out ? RP_OK : c->im->pool.failed;
    }
    rp_buf_free(b);
    return rc;
}

static int write_request(struct call *c)
{
    struct rp_value tools = rp_nil();
    struct rp_buf body;

    RP_TRY(attribute(c, "gen_ai.tool.definitions", &tools));
    RP_TRY(rp_otlp_tools(c->im, tools, &c->request.tools, c->span->place));
    RP_TRY(take_options(c));
    c->request.model = rp_textz(&c->im->heap, c->model ? c->model : "unknown");
    if (c->request.model.tag == RP_BAD)
        return RP_ENOMEM;
    rp_buf_init(&body, &c->im->alloc, RP_TEXT_MAX);
    return copy_out(c, &body, rp_wire_write_request(RP_DIALECT_CHAT, &c->request, &body),
                    &c->it.request, &c->it.n_request);
}

/* ---- the reply ------------------------------------------------------------------------------- */

static int take_usage(struct call *c)
{
    static const char *const in[] = {"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"};
    static const char *const out[] = {"gen_ai.usage.output_tokens",
                                      "gen_ai.usage.completion_tokens"};
    struct rp_value asked = rp_nil(), said = rp_nil();

    for (size_t i = 0; i < 2; i++) {
        if (asked.tag != RP_INT)
            RP_TRY(attribute(c, in[i], &asked));
        if (said.tag != RP_INT)
            RP_TRY(attribute(c, out[i], &said));
    }
    if (asked.tag != RP_INT && said.tag != RP_INT)
        return RP_OK;
    if (asked.tag != RP_INT || asked.u.i < 0 || asked.u.i > INT32_MAX)
        asked = rp_int(0);
    if (said.tag != RP_INT || said.u.i < 0 || said.u.i > INT32_MAX)
        said = rp_int(0);
    c->usage = rp_map();
    RP_TRY(rp_map_put(&c->im->heap, &c->usage, "input_tokens", asked));
    RP_TRY(rp_map_put(&c->im->heap, &c->usage, "output_tokens", said));
    return rp_map_put(&c->im->heap, &c->usage, "total_tokens", rp_int(asked.u.i + said.u.i));
}

/* The conventions say "tool_call" where chat says "tool_calls". NULL: from the contents. */
static int take_finish(struct call *c, const char **out)
{
    struct rp_value reasons = rp_nil(), v = c->finish;
    struct rp_str s;

    *out = NULL;
    if (v.tag == RP_NIL) {
        RP_TRY(attribute(c, "gen_ai.response.finish_reasons", &reasons));
        v = rp_len(reasons) > 0 ? rp_at(reasons, 0) : reasons;
    }
    s = rp_str_of(v);
    if (v.tag != RP_TEXT || s.n == 0 || memchr(s.s, '\0', s.n))
        return RP_OK;
    if (rp_is_text(v, "tool_call"))
        *out = "tool_calls";
    else
        *out = rp_pool_text(&c->im->pool, s.s, s.n);
    return *out ? RP_OK : c->im->pool.failed;
}

static const char *made_id(struct call *c)
{
    char id[64];

    snprintf(id, sizeof(id), "chatcmpl-%.32s", c->span->id);
    return rp_pool_text(&c->im->pool, id, strlen(id));
}

static int write_reply(struct call *c)
{
    struct rp_wire_reply reply = {.id = c->id, .contents = rp_list()};
    struct rp_buf body;

    RP_TRY(take_usage(c));
    RP_TRY(take_finish(c, &reply.finish));
    reply.model = c->reply_model ? c->reply_model : c->model ? c->model : "unknown";
    reply.created = (int64_t)(c->span->start_us / 1000000);
    reply.usage = c->usage;
    if (rp_len(c->replies) > 0)
        reply.contents = rp_message_of(rp_at(c->replies, 0))->contents;
    if (rp_len(c->replies) > 1)
        rp_import_note(c->im, RP_NOTE_LOST, CHOICES, c->span->place);
    if (!reply.id)
        reply.id = made_id(c);
    if (!reply.id)
        return c->im->pool.failed;
    c->it.status = 200;
    rp_buf_init(&body, &c->im->alloc, RP_TEXT_MAX);
    return copy_out(c, &body, rp_wire_write_whole(RP_DIALECT_CHAT, &reply, &body), &c->it.body,
                    &c->it.n_body);
}

/* "429"; 500 stands for what is no HTTP status. */
static int status_of(const char *type)
{
    if (strlen(type) != 3 || strspn(type, "0123456789") != 3 || (type[0] != '4' && type[0] != '5'))
        return 500;
    return (type[0] - '0') * 100 + (type[1] - '0') * 10 + (type[2] - '0');
}

/* A call that failed: error.type is an HTTP status, or the name of something else. */
static int write_failure(struct call *c, const char *type)
{
    struct rp_str message = rp_str_of(rp_map_get(c->span->status, "message"));
    const char *text = NULL;
    struct rp_buf body;

    rp_import_note(c->im, RP_NOTE_CHANGED, FAILED, c->span->place);
    if (message.n > 0 && !memchr(message.s, '\0', message.n)) {
        text = rp_pool_text(&c->im->pool, message.s, message.n);
        if (!text)
            return c->im->pool.failed;
    }
    c->it.body = "";
    if (rp_failure_of(type) > 0) {
        c->it.failure = (enum rp_failure)rp_failure_of(type);
        c->it.failure_text = text;
        return RP_OK;
    }
    c->it.status = status_of(type);
    rp_buf_init(&body, &c->im->alloc, RP_TEXT_MAX);
    return copy_out(
        c, &body, rp_wire_write_error(RP_DIALECT_CHAT, c->it.status, NULL, text ? text : "", &body),
        &c->it.body, &c->it.n_body);
}

/* ---- the exchange ---------------------------------------------------------------------------- */

static int is_failed(struct rp_value status)
{
    struct rp_value code = rp_map_get(status, "code");

    return (code.tag == RP_INT && code.u.i == 2) || rp_is_text(code, "STATUS_CODE_ERROR");
}

static int take_url(struct call *c)
{
    const char *whole = NULL, *host = "api.openai.com";
    struct rp_value port = rp_nil();
    char url[RP_OTLP_URL];

    RP_TRY(attribute_text(c, "url.full", &whole));
    RP_TRY(attribute_text(c, "server.address", &host));
    RP_TRY(attribute(c, "server.port", &port));
    rp_otlp_url(host, port.tag == RP_INT ? port.u.i : 0, url);
    c->it.url = whole ? whole : rp_pool_text(&c->im->pool, url, strlen(url));
    return c->it.url ? RP_OK : c->im->pool.failed;
}

static int take_beside(struct call *c)
{
    static const struct rp_header json = {"content-type", "application/json"};
    struct rp_value order = rp_nil(), attempt = rp_nil();
    const struct rp_otlp_span *span = c->span;

    RP_TRY(attribute(c, "reprise.order", &order));
    RP_TRY(attribute(c, "reprise.attempt", &attempt));
    if (order.tag == RP_INT && order.u.i > 0 && order.u.i < INT64_MAX / 2)
        c->it.order = order.u.i;
    if (attempt.tag == RP_INT && attempt.u.i > 0 && attempt.u.i < 1000)
        c->it.attempt = (uint32_t)attempt.u.i;
    c->it.method = "POST";
    c->it.dialect = "chat";
    c->it.model = c->model;
    c->it.request_headers = c->it.headers = &json;
    c->it.n_request_headers = 1;
    c->it.n_headers = c->it.status ? 1 : 0;
    c->it.started_us = span->start_us - c->s->first_us;
    c->it.head_us = span->end_us > span->start_us ? span->end_us - span->start_us : 0;
    c->it.recorded_at = span->start_us > 0 ? rp_import_date(c->im, (int64_t)span->start_us) : NULL;
    return span->start_us > 0 && !c->it.recorded_at ? c->im->pool.failed : RP_OK;
}

/* Attributes that were of no use. */
static void note_others(struct call *c)
{
    static const char *const known[] = {"operation.name",
                                        "provider.name",
                                        "system",
                                        "agent.name",
                                        "input.messages",
                                        "output.messages",
                                        "system_instructions",
                                        "tool.definitions",
                                        "request.model",
                                        "response.id",
                                        "response.model",
                                        "response.finish_reasons",
                                        "usage.input_tokens",
                                        "usage.output_tokens",
                                        "usage.prompt_tokens",
                                        "usage.completion_tokens",
                                        "output.type",
                                        NULL};
    char place[RP_PLACE_MAX + 80];

    for (uint32_t i = 0; i < rp_len(c->span->attributes); i++) {
        struct rp_str key = rp_str_of(rp_map_get(rp_at(c->span->attributes, i), "key"));
        size_t k = 0, o = 0, all = sizeof(options) / sizeof(*options);
        if (key.n < 7 || memcmp(key.s, "gen_ai.", 7) != 0)
            continue;
        while (known[k] && strcmp(known[k], key.s + 7) != 0)
            k++;
        while (o < all && strcmp(options[o].key, key.s) != 0)
            o++;
        snprintf(place, sizeof(place), "%s, %.60s", c->span->place, key.s);
        if (!known[k] && o == all)
            rp_import_note(c->im, RP_NOTE_LOST, OTHERS, place);
    }
}

static int write_both(struct call *c, int *made)
{
    const char *type = "";
    int rc;

    RP_TRY(attribute_text(c, "error.type", &type));
    *made = c->asked && (c->answered || type[0] || is_failed(c->span->status));
    if (!*made)
        return RP_OK;
    rc = write_request(c);
    if (rc == RP_ETYPE) {
        rp_import_note(c->im, RP_NOTE_SKIPPED, BROKEN, c->span->place);
        *made = 0;
        return RP_OK;
    }
    RP_TRY(rc);
    return c->answered && rp_len(c->replies) > 0 ? write_reply(c) : write_failure(c, type);
}

int rp_otlp_call(struct rp_otlp_spans *s, const struct rp_otlp_span *span, const char *lane,
                 int *made)
{
    struct call c = {.s = s, .im = s->im, .span = span, .it = {.lane = lane}};

    c.request.messages = c.replies = rp_list();
    RP_TRY(attribute_text(&c, "gen_ai.request.model", &c.model));
    RP_TRY(attribute_text(&c, "gen_ai.response.model", &c.reply_model));
    RP_TRY(attribute_text(&c, "gen_ai.response.id", &c.id));
    if (!c.model)
        c.model = c.reply_model;
    RP_TRY(gather(&c));
    RP_TRY(write_both(&c, made));
    if (!*made)
        return RP_OK;
    RP_TRY(take_url(&c));
    RP_TRY(take_beside(&c));
    rp_import_note(c.im, RP_NOTE_LOST, ANEW, span->place);
    note_others(&c);
    return rp_import_take(c.im, &c.it, span->place, NULL);
}

/* ---- tools ----------------------------------------------------------------------------------- */

/* What is JSON stays; a text that is none becomes a JSON string. */
static int json_of(struct rp_import *im, struct rp_value v, const char **out)
{
    struct rp_value json = rp_nil();
    struct rp_str s = rp_str_of(v);
    int rc = v.tag == RP_TEXT ? rp_json_try(&im->heap, s, &json) : RP_EPARSE;

    if (rc != RP_OK && rc != RP_EPARSE)
        return rc;
    if (rc == RP_EPARSE)
        v = rp_json_text(&im->heap, v);
    if (v.tag == RP_BAD)
        return RP_ENOMEM;
    s = rp_str_of(v);
    *out = rp_pool_text(&im->pool, s.s, s.n);
    return *out ? RP_OK : im->pool.failed;
}

int rp_otlp_tool(struct rp_otlp_spans *s, const struct rp_otlp_span *span, const char *lane,
                 int64_t after)
{
    struct call c = {.s = s, .im = s->im, .span = span};
    struct rp_tool_record t = {.lane = lane, .tool = "unknown", .call_id = "", .after = after};
    struct rp_value v = rp_nil();
    const char *type = NULL;

    RP_TRY(attribute_text(&c, "gen_ai.tool.name", &t.tool));
    RP_TRY(attribute_text(&c, "gen_ai.tool.call.id", &t.call_id));
    RP_TRY(attribute_text(&c, "error.type", &type));
    RP_TRY(attribute(&c, "gen_ai.tool.call.arguments", &v));
    RP_TRY(json_of(s->im, v, &t.arguments));
    RP_TRY(attribute(&c, "gen_ai.tool.call.result", &v));
    RP_TRY(json_of(s->im, v, &t.result));
    t.failed = type != NULL || is_failed(span->status);
    return rp_import_take_tool(s->im, &t);
}
