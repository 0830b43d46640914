/* say.c - speech in a transcript: what models and tools answer, and what of it was said already. */
#include "say.h"

#include "paint.h"

static void remember(struct rp_transcript *t, struct rp_value text)
{
    t->said[t->n_said++ % RP_SAID_MAX] = rp_digest(text, 1);
}

int rp_say_was_said(const struct rp_transcript *t, struct rp_value text)
{
    uint64_t digest = rp_digest(text, 1);
    size_t n = t->n_said < RP_SAID_MAX ? t->n_said : RP_SAID_MAX;

    for (size_t i = 0; i < n; i++) {
        if (t->said[i] == digest)
            return 1;
    }
    return 0;
}

/* A coordinator's decision. */
static int say_decision(struct rp_transcript *t, const char *who, struct rp_value json)
{
    struct rp_value next = rp_map_get(json, "next_speaker");
    int ends = rp_is_true(rp_map_get(json, "terminate"));

    RP_TRY(rp_paint_open(t, t->call_step, who));
    RP_TRY(rp_paint_z(t, RP_DIM, ends ? "decides to end" : "decides for "));
    if (!ends && next.tag == RP_TEXT)
        RP_TRY(rp_paint_text(t, RP_NAME, rp_str_of(next)));
    else if (!ends)
        RP_TRY(rp_paint_z(t, RP_BAD_NEWS, "nobody"));
    RP_TRY(rp_paint_z(t, RP_DIM, ": "));
    RP_TRY(rp_paint_text(t, RP_DIM, rp_str_of(rp_map_get(json, "reason"))));
    return rp_paint_close(t);
}

static int say(struct rp_transcript *t, const char *who, struct rp_value text)
{
    struct rp_value json = rp_nil();

    remember(t, text);
    if (rp_str_of(text).n == 0)
        return RP_OK;
    if (rp_json_try(&t->scratch, rp_str_of(text), &json) == RP_ENOMEM)
        return RP_ENOMEM;
    if (rp_map_has(json, "is_request_satisfied")) /* a ledger is told by its own event */
        return RP_OK;
    if (rp_map_has(json, "terminate") && rp_map_has(json, "reason"))
        return say_decision(t, who, json);
    return rp_paint_line2(t, t->call_step, who, RP_PLAIN, "", rp_str_of(text));
}

static int say_call(struct rp_transcript *t, const char *who, struct rp_value content)
{
    struct rp_c_call *call = rp_c_call_of(content);

    RP_TRY(rp_paint_open(t, t->call_step, who));
    RP_TRY(rp_paint_z(t, RP_PLAIN, "calls "));
    RP_TRY(rp_paint_text(t, RP_HEAD, rp_str_of(call->name)));
    RP_TRY(rp_paint_z(t, RP_PLAIN, " "));
    RP_TRY(rp_paint_text(t, RP_DIM, rp_str_of(call->arguments)));
    return rp_paint_close(t);
}

static int say_contents(struct rp_transcript *t, const char *who, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) == RP_K_C_TEXT)
            RP_TRY(say(t, who, rp_c_text_of(content)->text));
        else if (rp_kind(content) == RP_K_C_CALL)
            RP_TRY(say_call(t, who, content));
    }
    return RP_OK;
}

/* A piece of streamed text goes on in the line that its speaker has open. */
static int stream_text(struct rp_transcript *t, const struct rp_agent *agent, struct rp_value text)
{
    remember(t, text);
    if (t->speaking != agent) {
        RP_TRY(rp_paint_open(t, t->call_step, rp_agent_name(agent)));
        t->speaking = agent;
    }
    RP_TRY(rp_paint_text(t, RP_PLAIN, rp_str_of(text)));
    return rp_paint_flush(t);
}

static int stream(struct rp_transcript *t, const struct rp_agent *agent, struct rp_value update)
{
    struct rp_value contents = rp_update_of(update)->contents;

    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) == RP_K_C_TEXT)
            RP_TRY(stream_text(t, agent, rp_c_text_of(content)->text));
        else if (rp_kind(content) == RP_K_C_CALL)
            RP_TRY(say_call(t, rp_agent_name(agent), content));
    }
    return RP_OK;
}

static int end_stream(struct rp_transcript *t)
{
    if (!t->speaking)
        return RP_OK;
    t->speaking = NULL;
    return rp_paint_close(t);
}

/* What a tool could not do, as the model is told it: the results that end the messages it gets. */
static int show_refusals(struct rp_transcript *t, const struct rp_model_call *call)
{
    uint32_t n = rp_len(call->messages);
    struct rp_message *last = n > 0 ? rp_message_of(rp_at(call->messages, n - 1)) : NULL;

    if (!last || last->role.u.i != RP_TOOL)
        return RP_OK;
    for (uint32_t i = 0; i < rp_len(last->contents); i++) {
        struct rp_value content = rp_at(last->contents, i);
        if (rp_kind(content) == RP_K_C_RESULT && rp_is_true(rp_c_result_of(content)->is_error))
            RP_TRY(rp_paint_line2(t, call->step, rp_agent_name(call->agent), RP_BAD_NEWS,
                                  "is told: ", rp_str_of(rp_c_result_of(content)->result)));
    }
    return RP_OK;
}

int rp_say_model_call(struct rp_transcript *t, const struct rp_model_call *call, int made)
{
    t->call_step = call->step;
    return made ? show_refusals(t, call) : RP_OK;
}

int rp_say_reply(struct rp_transcript *t, const struct rp_agent *agent,
                 const struct rp_reply *reply)
{
    struct rp_value messages;

    switch (reply->kind) {
    case RP_REPLY_NONE:
        return RP_OK;
    case RP_REPLY_UPDATE:
        return stream(t, agent, reply->value);
    case RP_REPLY_WHOLE:
        messages = rp_response_of(reply->value)->messages;
        for (uint32_t i = 0; i < rp_len(messages); i++)
            RP_TRY(
                say_contents(t, rp_agent_name(agent), rp_message_of(rp_at(messages, i))->contents));
        return RP_OK;
    case RP_REPLY_END:
        return end_stream(t);
    case RP_REPLY_ERROR:
        return rp_paint_line2(t, t->call_step, rp_agent_name(agent), RP_BAD_NEWS,
                              "model call failed: ", rp_str(reply->reason));
    }
    return RP_OK;
}

int rp_say_tool_result(struct rp_transcript *t, const struct rp_tool_call *call,
                       const struct rp_tool_result *result)
{
    RP_TRY(rp_paint_open(t, call->step, rp_agent_name(call->agent)));
    RP_TRY(rp_paint_z(t, RP_HEAD, call->tool->name));
    if (result->failed) {
        RP_TRY(rp_paint_z(t, RP_BAD_NEWS, " fails"));
    } else {
        RP_TRY(rp_paint_z(t, RP_PLAIN, " gives "));
        RP_TRY(rp_paint_json(t, RP_DIM, result->value));
    }
    return rp_paint_close(t);
}
