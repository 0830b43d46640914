/* world.c - plays a turn: carries calls from a run to its client and tools, and answers back. */
#include "world.h"
#include "zoo_faults.h"

#include <string.h>

struct rp_stage_call {
    uint32_t id;
    const struct rp_agent *agent;
};

struct rp_stage_result {
    uint32_t call;
    uint64_t due_ms;
    struct rp_tool_result result; /* of a script: its value is frozen */
};

void rp_stage_init(struct rp_stage *s, const struct rp_alloc *alloc, struct rp_client client,
                   struct rp_script_tools *tools)
{
    *s = (struct rp_stage){.client = client, .tools = tools, .alloc = *alloc};
}

void rp_stage_free(struct rp_stage *s)
{
    if (s->client.self)
        s->client.ops->free(s->client.self);
    rp_script_tools_free(s->tools);
    if (s->room > 0)
        s->alloc.resize(s->alloc.ctx, s->open, s->room * sizeof(*s->open), 0);
    if (s->late_room > 0)
        s->alloc.resize(s->alloc.ctx, s->late, s->late_room * sizeof(*s->late), 0);
    *s = (struct rp_stage){0};
}

/* ---- state that checkpoints carry ------------------------------------------------------------ */

static int save_stage(void *ctx, struct rp_heap *heap, struct rp_value *out)
{
    struct rp_stage *s = ctx;
    struct rp_value client = rp_nil(), tools = rp_nil();

    if (s->client.self)
        RP_TRY(s->client.ops->save(s->client.self, heap, &client));
    if (s->tools)
        RP_TRY(rp_script_tools_save(s->tools, heap, &tools));
    *out = rp_map();
    RP_TRY(rp_map_put(heap, out, "now_ms", rp_int((int64_t)s->now_ms)));
    RP_TRY(rp_map_put(heap, out, "client", client));
    return rp_map_put(heap, out, "tools", tools);
}

static int load_stage(void *ctx, struct rp_value saved)
{
    struct rp_stage *s = ctx;
    struct rp_value now = rp_map_get(saved, "now_ms");

    if (saved.tag != RP_MAP && saved.tag != RP_NIL)
        return RP_ECHECKPOINT;
    if (s->client.self)
        RP_TRY(s->client.ops->load(s->client.self, rp_map_get(saved, "client")));
    if (s->tools)
        RP_TRY(rp_script_tools_load(s->tools, rp_map_get(saved, "tools")));
    s->now_ms = now.tag == RP_INT && now.u.i > 0 ? (uint64_t)now.u.i : 0;
    return RP_OK;
}

struct rp_world rp_stage_world(struct rp_stage *s)
{
    return (struct rp_world){save_stage, load_stage, s};
}

/* ---- observers ------------------------------------------------------------------------------- */

#define TELL(stage, what, ...)                                                                     \
    do {                                                                                           \
        for (size_t tell_ = 0; tell_ < (stage)->n_watch; tell_++) {                                \
            const struct rp_observer *to_ = (stage)->watch[tell_];                                 \
            if (to_->what)                                                                         \
                RP_TRY(to_->what(to_->ctx, __VA_ARGS__));                                          \
        }                                                                                          \
    } while (0)

static int tell_reply(struct rp_stage *s, const struct rp_agent *agent,
                      const struct rp_reply *reply)
{
    TELL(s, model_reply, agent, reply);
    return RP_OK;
}

/* ---- model calls ----------------------------------------------------------------------------- */

static void forget_call(struct rp_stage *s, size_t i)
{
    RP_ASSERT(i < s->n_open);
    s->n_open--;
    memmove(&s->open[i], &s->open[i + 1], (s->n_open - i) * sizeof(*s->open));
}

static int remember_call(struct rp_stage *s, const struct rp_model_call *call)
{
    size_t room = s->room ? s->room * 2 : 8;
    struct rp_stage_call *more;

    if (s->n_open == s->room) {
        more =
            s->alloc.resize(s->alloc.ctx, s->open, s->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        s->open = more;
        s->room = room;
    }
    s->open[s->n_open++] = (struct rp_stage_call){call->id, call->agent};
    return RP_OK;
}

/* Hands a piece of an answer to the run. A call that the run no longer wants (its superstep failed
 * meanwhile) is withdrawn. *over: the call needs no further poll. */
static int deliver(struct rp_stage *s, struct rp_run *run, uint32_t id,
                   const struct rp_reply *reply, int *over)
{
    int rc = RP_OK;

    *over = reply->kind != RP_REPLY_UPDATE;
    switch (reply->kind) {
    case RP_REPLY_NONE:
        break;
    case RP_REPLY_UPDATE:
        rc = rp_run_update(run, id, reply->value);
        break;
    case RP_REPLY_WHOLE:
        rc = rp_run_reply(run, id, reply->value);
        break;
    case RP_REPLY_END:
        rc = rp_run_reply(run, id, rp_nil());
        break;
    case RP_REPLY_ERROR:
        rc = rp_run_call_failed(run, id, reply->reason);
        break;
    }
    if (rc != RP_ESTATE)
        return rc;
    if (!*over)
        s->client.ops->cancel(s->client.self, id);
    *over = 1;
    return RP_OK;
}

/* Does the client wait in real time? */
static int is_real(const struct rp_stage *s)
{
    return s->client.self && s->client.ops->wait;
}

static uint64_t client_time(const struct rp_stage *s)
{
    return is_real(s) ? s->client_ms : s->now_ms;
}

/* Takes all that is ready for open call i. *came: how many pieces; *over: the call has ended. */
static int poll_call(struct rp_stage *s, struct rp_run *run, size_t i, uint64_t *came, int *over)
{
    struct rp_stage_call call = s->open[i];
    struct rp_reply reply;

    *over = 0;
    while (!*over) {
        reply = (struct rp_reply){0};
        RP_TRY(
            s->client.ops->poll(s->client.self, call.id, client_time(s), rp_run_heap(run), &reply));
        if (reply.kind == RP_REPLY_NONE)
            return RP_OK;
        ++*came;
        RP_TRY(tell_reply(s, call.agent, &reply));
        RP_TRY(deliver(s, run, call.id, &reply, over));
    }
    forget_call(s, i);
    return RP_OK;
}

static int begin_model_call(struct rp_stage *s, struct rp_run *run,
                            const struct rp_model_call *call)
{
    int64_t number = 0;
    uint64_t came = 0;
    int made = 0, over;

    s->steps += rp_len(call->messages);
    if (!s->client.self) {
        TELL(s, model_call, call, number, made);
        return rp_run_call_failed(run, call->id, "there is no model client");
    }
    RP_TRY(remember_call(s, call));
    RP_TRY(s->client.ops->start(s->client.self, call, client_time(s), &number, &made));
    TELL(s, model_call, call, number, made);
    return poll_call(s, run, s->n_open - 1, &came, &over);
}

/* ---- tools ----------------------------------------------------------------------------------- */

static int remember_result(struct rp_stage *s, struct rp_stage_result result)
{
    size_t room = s->late_room ? s->late_room * 2 : 8;

    if (s->n_late == s->late_room) {
        struct rp_stage_result *more = s->alloc.resize(
            s->alloc.ctx, s->late, s->late_room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        s->late = more;
        s->late_room = room;
    }
    s->late[s->n_late++] = result;
    return RP_OK;
}

static int run_tool(struct rp_stage *s, struct rp_run *run, const struct rp_tool_call *call)
{
    struct rp_tool_result result = {.value = rp_nil(), .failed = 1};
    int rc = RP_ENOTFOUND;

    TELL(s, tool_call, call);
    if (s->tools)
        rc = rp_script_tools_invoke(s->tools, call, &result);
    if (rc == RP_ENOTFOUND)
        result = (struct rp_tool_result){.value = rp_nil(), .failed = 1};
    else if (rc != RP_OK)
        return rc;
    TELL(s, tool_result, call, &result);
    if (s->tool_weather.spoil) {
        uint64_t delay = 0;
        s->tool_weather.spoil(s->tool_weather.ctx, call, &result, &delay);
        if (delay)
            return remember_result(s,
                                   (struct rp_stage_result){call->id, s->now_ms + delay, result});
    }
    return rp_run_tool_result(run, call->id, result);
}

/* Hands over the results whose time has come, in order of that time, then of their calls. */
static int deliver_results(struct rp_stage *s, struct rp_run *run, uint64_t *came)
{
    for (;;) {
        size_t first = s->n_late;
        for (size_t i = 0; i < s->n_late; i++)
            if (s->late[i].due_ms <= s->now_ms &&
                (first == s->n_late || s->late[i].due_ms < s->late[first].due_ms))
                first = i;
        if (first == s->n_late)
            return RP_OK;
        struct rp_stage_result r = s->late[first];
        s->n_late--;
        memmove(&s->late[first], &s->late[first + 1], (s->n_late - first) * sizeof(r));
        ++*came;
        int rc = rp_run_tool_result(run, r.call, r.result);
        if (rc != RP_OK && rc != RP_ESTATE) /* a call of a failed superstep is no longer wanted */
            return rc;
    }
}

/* ---- the turn -------------------------------------------------------------------------------- */

static uint64_t next_due(const struct rp_stage *s)
{
    uint64_t due = UINT64_MAX;

    if (s->client.self && s->n_open > 0)
        due = s->client.ops->due(s->client.self);
    for (size_t i = 0; i < s->n_late; i++)
        due = s->late[i].due_ms < due ? s->late[i].due_ms : due;
    return due;
}

/* The clock jumps to the next moment at which the client has something, or, with a client of the
 * real world, that moment is waited for. *late: there was something to wait for. */
static int pass_time(struct rp_stage *s, int *late, struct rp_error *err)
{
    uint64_t due = next_due(s), now = s->client_ms;

    if (due == UINT64_MAX)
        return rp_fail_at(err, RP_ECLIENT, "", "the run waits for a call that nobody will answer");
    *late = due > s->now_ms || is_real(s);
    if (!is_real(s)) {
        s->now_ms = due > s->now_ms ? due : s->now_ms;
        return RP_OK;
    }
    if (s->client.ops->wait(s->client.self, due, &now) != RP_OK)
        return rp_fail_at(err, RP_ECLIENT, "", "the model client cannot wait for its calls");
    if (now > s->client_ms) {
        s->now_ms += now - s->client_ms;
        s->client_ms = now;
    }
    return RP_OK;
}

/* Planted faults: an order of the calls under way that nobody can repeat. */
static void sort_by_fault(struct rp_stage *s)
{
    for (size_t i = 1; i < s->n_open; i++) {
        struct rp_stage_call *a = &s->open[i - 1], *b = &s->open[i], first = *a;
        uint64_t x = rp_zoo_noise(a->agent), y = rp_zoo_noise(b->agent);
        if (x <= y)
            continue;
        *a = *b;
        *b = first;
    }
}

static int wait_for_client(struct rp_stage *s, struct rp_run *run, struct rp_error *err)
{
    uint64_t came = 0;
    int over, late = 0;

    RP_TRY(pass_time(s, &late, err));
    rp_run_set_time(run, s->now_ms);
    if (RP_ZOO >= RP_ZOO_HASH_ORDER && RP_ZOO <= RP_ZOO_UNSTABLE_SORT)
        sort_by_fault(s);
    for (size_t i = 0; i < s->n_open;) {
        RP_TRY(poll_call(s, run, i, &came, &over));
        if (!over)
            i++;
    }
    RP_TRY(deliver_results(s, run, &came));
    if (!late && came == 0)
        return rp_fail_at(err, RP_ECLIENT, "", "the model client owes an answer and gives none");
    return RP_OK;
}

static int take(struct rp_stage *s, struct rp_run *run, const struct rp_out *out,
                struct rp_error *err)
{
    switch (out->kind) {
    case RP_OUT_EVENT:
        TELL(s, event, &out->u.event);
        return RP_OK;
    case RP_OUT_MODEL_CALL:
        return begin_model_call(s, run, &out->u.model);
    case RP_OUT_TOOL_CALL:
        return run_tool(s, run, &out->u.tool);
    case RP_OUT_WAITING:
        return wait_for_client(s, run, err);
    case RP_OUT_DONE:
        break;
    }
    return RP_OK;
}

/* What is still under way when a turn ends is no longer wanted. */
static void withdraw_calls(struct rp_stage *s)
{
    s->n_late = 0;
    while (s->n_open > 0)
        s->client.ops->cancel(s->client.self, s->open[--s->n_open].id);
}

int rp_stage_play(struct rp_stage *s, struct rp_run *run, struct rp_error *err)
{
    uint64_t max = s->steps_max ? s->steps_max : RP_STAGE_STEPS_MAX;
    struct rp_out out;
    int rc = RP_OK;

    rp_run_set_time(run, s->now_ms);
    for (s->steps = 0; rc == RP_OK; s->steps++) {
        if (s->steps >= max) {
            rc = rp_fail_at(err, RP_ELIMIT, "",
                            "the turn did not end within %l steps; give the workflow a limit, such "
                            "as max_rounds or a termination condition",
                            (int64_t)max);
            break;
        }
        rc = rp_run_next(run, &out);
        if (rc == RP_OK)
            rc = take(s, run, &out, err);
        if (rc == RP_OK && out.kind == RP_OUT_DONE)
            break;
    }
    withdraw_calls(s);
    if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, "", "out of memory");
    return rc;
}
