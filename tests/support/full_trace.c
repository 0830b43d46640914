/* full_trace.c - all that happens in a turn as text. */
#include "tests/support/full_trace.h"

#include "scenarios/checkpoint_json.h"

static int word(struct rp_buf *b, const char *z)
{
    RP_TRY(rp_buf_addc(b, ' '));
    return rp_buf_addz(b, z ? z : "-");
}

static int number(struct rp_buf *b, const char *name, int64_t i)
{
    RP_TRY(word(b, name));
    RP_TRY(rp_buf_addc(b, ' '));
    return rp_buf_add_int(b, i);
}

static int value(struct rp_buf *b, const char *name, struct rp_value v)
{
    RP_TRY(word(b, name));
    RP_TRY(rp_buf_addc(b, ' '));
    return rp_value_json(b, v);
}

static int begin(struct rp_buf *b, int64_t step, const char *what, const char *who)
{
    RP_TRY(rp_buf_add_int(b, step));
    RP_TRY(word(b, what));
    return word(b, who);
}

static int end(struct rp_buf *b)
{
    return rp_buf_addc(b, '\n');
}

/* ---- events ---------------------------------------------------------------------------------- */

static int add_mark(struct full_trace *t, struct rp_value data)
{
    struct rp_alloc *alloc = &t->text.alloc;
    struct rp_value messages = rp_map_get(data, "messages");
    size_t room = t->room ? 2 * t->room : 64;
    struct full_mark *more;

    if (t->n_marks == t->room) {
        more = alloc->resize(alloc->ctx, t->mark, t->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        t->mark = more;
        t->room = room;
    }
    t->mark[t->n_marks++] =
        (struct full_mark){.id = rp_map_get(data, "number").u.i,
                           .iteration = rp_map_get(data, "iteration").u.i,
                           .pending = (uint32_t)rp_map_get(data, "pending_requests").u.i,
                           .messages = rp_map_len(messages),
                           .at = t->text.n};
    return t->mark[t->n_marks - 1].id == t->stop_at ? FULL_TRACE_STOP : RP_OK;
}

static int64_t told_as(const struct full_trace *t, struct rp_value id)
{
    if (id.tag != RP_INT)
        return -1;
    return t->other > 0 && id.u.i >= t->other ? id.u.i - t->other + t->behind + 1 : id.u.i;
}

static int checkpoint(struct full_trace *t, struct rp_value data)
{
    struct rp_buf *b = &t->text;

    RP_TRY(number(b, "number", told_as(t, rp_map_get(data, "number"))));
    RP_TRY(number(b, "previous", told_as(t, rp_map_get(data, "previous"))));
    RP_TRY(value(b, "iteration", rp_map_get(data, "iteration")));
    RP_TRY(value(b, "messages", rp_map_get(data, "messages")));
    return value(b, "pending", rp_map_get(data, "pending_requests"));
}

static int on_event(void *ctx, const struct rp_event *e)
{
    struct full_trace *t = ctx;
    struct rp_buf *b = &t->text;

    RP_TRY(begin(b, e->step, rp_event_name(e->kind), e->executor));
    if (e->kind == RP_EV_STATUS)
        RP_TRY(word(b, rp_state_name(e->state)));
    if (e->name)
        RP_TRY(word(b, e->name));
    if (e->status != RP_OK)
        RP_TRY(word(b, rp_status_name(e->status)));
    if (e->kind == RP_EV_CHECKPOINT)
        RP_TRY(checkpoint(t, e->data));
    else if (e->data.tag != RP_NIL)
        RP_TRY(value(b, "data", e->data));
    RP_TRY(end(b));
    return e->kind == RP_EV_CHECKPOINT ? add_mark(t, e->data) : RP_OK;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t at, int made)
{
    struct rp_buf *b = &((struct full_trace *)ctx)->text;

    RP_TRY(begin(b, call->step, "model_call", call->executor));
    RP_TRY(word(b, rp_agent_name(call->agent)));
    RP_TRY(number(b, "number", at));
    RP_TRY(number(b, "made", made));
    RP_TRY(number(b, "stream", call->stream));
    RP_TRY(number(b, "tools_off", call->tools_off));
    for (size_t i = 0; i < call->n_extra; i++)
        RP_TRY(word(b, call->extra_tools[i].name));
    RP_TRY(value(b, "format", call->format));
    RP_TRY(value(b, "kwargs", call->kwargs));
    RP_TRY(value(b, "messages", call->messages));
    return end(b);
}

static int on_model_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    struct rp_buf *b = &((struct full_trace *)ctx)->text;

    RP_TRY(begin(b, 0, "model_reply", rp_agent_name(agent)));
    RP_TRY(number(b, "kind", reply->kind));
    if (reply->kind == RP_REPLY_ERROR)
        RP_TRY(word(b, reply->reason));
    RP_TRY(value(b, "value", reply->value));
    return end(b);
}

static int on_tool_call(void *ctx, const struct rp_tool_call *call)
{
    struct rp_buf *b = &((struct full_trace *)ctx)->text;

    RP_TRY(begin(b, call->step, "tool_call", call->executor));
    RP_TRY(word(b, rp_agent_name(call->agent)));
    RP_TRY(word(b, call->tool->name));
    RP_TRY(value(b, "id", call->call_id));
    RP_TRY(value(b, "arguments", call->arguments));
    RP_TRY(value(b, "kwargs", call->kwargs));
    return end(b);
}

static int on_tool_result(void *ctx, const struct rp_tool_call *call,
                          const struct rp_tool_result *result)
{
    struct rp_buf *b = &((struct full_trace *)ctx)->text;

    RP_TRY(begin(b, call->step, "tool_result", call->executor));
    RP_TRY(word(b, call->tool->name));
    RP_TRY(number(b, "failed", result->failed));
    RP_TRY(value(b, "value", result->value));
    return end(b);
}

/* ---- life ------------------------------------------------------------------------------------ */

void full_trace_init(struct full_trace *t, const struct rp_alloc *alloc)
{
    *t = (struct full_trace){.stop_at = -1};
    rp_buf_init(&t->text, alloc, (size_t)1 << 30);
    t->observer = (struct rp_observer){.event = on_event,
                                       .model_call = on_model_call,
                                       .model_reply = on_model_reply,
                                       .tool_call = on_tool_call,
                                       .tool_result = on_tool_result,
                                       .ctx = t};
}

void full_trace_clear(struct full_trace *t)
{
    rp_buf_clear(&t->text);
    t->n_marks = 0;
}

void full_trace_free(struct full_trace *t)
{
    struct rp_alloc *alloc = &t->text.alloc;

    if (t->room > 0)
        alloc->resize(alloc->ctx, t->mark, t->room * sizeof(*t->mark), 0);
    rp_buf_free(&t->text);
    t->mark = NULL;
    t->n_marks = t->room = 0;
}
