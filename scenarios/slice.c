/* slice.c - notes what happens in a run, then goes back through it. */
#include "slice.h"

#include <stdio.h>
#include <string.h>

enum { EXECUTORS = 4096, TEXT = 160 };

struct happened {
    int64_t turn, step;
    uint32_t executor; /* UINT32_MAX: none */
    int kept;
    char text[TEXT];
};

struct slicing {
    struct rp_alloc alloc;
    const struct rp_workflow *workflow;
    struct rp_trial *trial;
    struct happened *h;
    size_t n, room;
    int64_t turn, step;
};

/* ---- what happens ---------------------------------------------------------------------------- */

static uint32_t number_of(const struct rp_workflow *w, const char *executor)
{
    for (uint32_t i = 0; executor && i < rp_workflow_executors(w); i++)
        if (strcmp(rp_workflow_executor(w, i), executor) == 0)
            return i;
    return UINT32_MAX;
}

static int note(struct slicing *s, const char *executor, const char *what, const char *of)
{
    struct happened *h;

    if (s->n == s->room) {
        size_t room = s->room ? s->room * 2 : 64;
        void *more =
            s->alloc.resize(s->alloc.ctx, s->h, s->room * sizeof(*s->h), room * sizeof(*s->h));
        if (!more)
            return RP_ENOMEM;
        s->h = more;
        s->room = room;
    }
    h = &s->h[s->n++];
    *h = (struct happened){
        .turn = s->turn, .step = s->step, .executor = number_of(s->workflow, executor)};
    snprintf(h->text, sizeof(h->text), "%s%s%s%s", executor ? executor : "", executor ? " " : "",
             what, of);
    return RP_OK;
}

/* "executor_failed: the reason". */
static int note_text(struct slicing *s, const struct rp_event *e)
{
    char what[TEXT];

    snprintf(what, sizeof(what), "%s%s", rp_event_name(e->kind),
             e->data.tag == RP_TEXT ? ": " : "");
    return note(s, e->executor, what, e->data.tag == RP_TEXT ? rp_str_of(e->data).s : "");
}

static int on_event(void *ctx, const struct rp_event *e)
{
    struct slicing *s = ctx;

    switch (e->kind) {
    case RP_EV_STARTED:
        s->turn++;
        s->step = 0;
        return RP_OK;
    case RP_EV_SUPERSTEP_STARTED:
        s->step = e->step;
        return RP_OK;
    case RP_EV_EXECUTOR_INVOKED:
        return note(s, e->executor, "handles a message", "");
    case RP_EV_EXECUTOR_FAILED:
    case RP_EV_FAILED:
    case RP_EV_WARNING:
        return note_text(s, e);
    case RP_EV_OUTPUT:
        return note(s, e->executor, "yields an output", "");
    case RP_EV_REQUEST_INFO:
    case RP_EV_REQUEST_EXPIRED:
    case RP_EV_REQUEST_CANCELLED:
        return note(s, e->executor, rp_event_name(e->kind), "");
    case RP_EV_STATUS:
    case RP_EV_INTERMEDIATE:
    case RP_EV_SUPERSTEP_COMPLETED:
    case RP_EV_EXECUTOR_COMPLETED:
    case RP_EV_GROUP_CHAT:
    case RP_EV_HANDOFF_SENT:
    case RP_EV_MAGENTIC:
    case RP_EV_CHECKPOINT:
    case RP_EV_CUSTOM:
        break;
    }
    return RP_OK;
}

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    char of[48];

    snprintf(of, sizeof(of), "%lld%s", (long long)number, made ? "" : ", which is not made");
    return note(ctx, call->executor, "asks its model, call ", of);
}

static int on_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    if (reply->kind != RP_REPLY_ERROR)
        return RP_OK;
    return note(ctx, rp_agent_name(agent), "gets no answer: ", reply->reason);
}

static int on_tool(void *ctx, const struct rp_tool_call *call)
{
    return note(ctx, call->executor, "calls the tool ", call->tool->name);
}

/* ---- back through it ------------------------------------------------------------------------- */

struct reach {
    unsigned char in[EXECUTORS];
};

static void widen(const struct rp_workflow *w, struct reach *r)
{
    struct reach before = *r;

    for (uint32_t i = 0; i < rp_workflow_edges(w); i++) {
        struct rp_edge_view e = rp_workflow_edge(w, i);
        uint32_t from = number_of(w, e.from), to = number_of(w, e.to);
        if (from < EXECUTORS && to < EXECUTORS && before.in[to])
            r->in[from] = 1;
    }
}

/* What happened after the failure has not led to it. */
static int is_later(const struct happened *h, const struct rp_violation *v)
{
    return h->turn > v->turn || (h->turn == v->turn && v->step > 0 && h->step > v->step);
}

static void go_back(struct slicing *s, const struct rp_violation *v)
{
    uint32_t at = number_of(s->workflow, v->executor);
    struct reach r;
    size_t i = s->n;

    memset(&r, at == UINT32_MAX, sizeof(r)); /* nobody in particular: everybody */
    if (at < EXECUTORS)
        r.in[at] = 1;
    while (i > 0 && is_later(&s->h[i - 1], v))
        i--;
    for (size_t last = i; i > 0; i--) {
        struct happened *h = &s->h[i - 1];
        if (h->step != s->h[last - 1].step || h->turn != s->h[last - 1].turn) {
            widen(s->workflow, &r);
            last = i;
        }
        h->kept = h->executor >= EXECUTORS || r.in[h->executor];
    }
}

/* ---- as text --------------------------------------------------------------------------------- */

static int put(struct rp_sink out, const char *s)
{
    return out.put(out.ctx, s, strlen(s));
}

static int say_decisions(const struct rp_tape *tape, struct rp_sink out)
{
    char line[256];

    for (int i = 0; i < RP_STREAMS; i++)
        for (uint32_t k = 0; k < tape->kept[i].n; k++) {
            snprintf(line, sizeof(line), "    decided  %c%u=%u: %s\n",
                     rp_stream_letter((enum rp_stream)i), tape->kept[i].d[k].at,
                     tape->kept[i].d[k].value, rp_stream_text((enum rp_stream)i));
            RP_TRY(put(out, line));
        }
    return RP_OK;
}

static int say(const struct slicing *s, struct rp_sink out)
{
    char line[TEXT + 64];
    size_t kept = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct happened *h = &s->h[i];
        if (!h->kept)
            continue;
        kept++;
        snprintf(line, sizeof(line), "    turn %lld, superstep %lld: %s\n", (long long)h->turn,
                 (long long)h->step, h->text);
        RP_TRY(put(out, line));
    }
    snprintf(line, sizeof(line), "    %zu of %zu things that happened\n", kept, s->n);
    return put(out, line);
}

int rp_slice(const struct rp_scenario *scenario, const struct rp_trial_opts *opts,
             const struct rp_tape *tape, const struct rp_violation *violation, struct rp_sink out)
{
    struct slicing s = {.alloc = opts->alloc, .workflow = scenario->workflow};
    struct rp_observer watch = {.event = on_event,
                                .model_call = on_model_call,
                                .model_reply = on_reply,
                                .tool_call = on_tool,
                                .ctx = &s};
    struct rp_trial_opts with = *opts;
    struct rp_trial_result r;
    int rc;

    with.watch = &watch;
    rc = rp_trial_new(scenario, &with, &s.trial);
    if (rc == RP_OK)
        rc = rp_trial_tape(s.trial, tape, &r);
    if (rc == RP_OK)
        go_back(&s, violation);
    if (rc == RP_OK)
        rc = say_decisions(rp_trial_decisions(s.trial), out);
    if (rc == RP_OK)
        rc = say(&s, out);
    rp_trial_free(s.trial);
    if (s.h)
        s.alloc.resize(s.alloc.ctx, s.h, s.room * sizeof(*s.h), 0);
    return rc;
}
