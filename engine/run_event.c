/* run_event.c - what a run tells: events, in the order in which they happen. A nested run tells its
 * parent only outputs, intermediates and requests (R-SUB-2). */
#include "run.h"

static const char *const event_names[] = {
    "started",
    "status",
    "failed",
    "output",
    "intermediate",
    "request_info",
    "warning",
    "superstep_started",
    "superstep_completed",
    "executor_invoked",
    "executor_completed",
    "executor_failed",
    "group_chat",
    "handoff_sent",
    "magentic_orchestrator",
    "checkpoint",
    "request_expired",
    "request_cancelled",
    "custom",
};

static const char *const state_names[] = {
    "STARTED", "IN_PROGRESS", "IN_PROGRESS_PENDING_REQUESTS", "IDLE", "IDLE_WITH_PENDING_REQUESTS",
    "FAILED",  "CANCELLED",
};

const char *rp_event_name(enum rp_event_kind kind)
{
    RP_ASSERT((size_t)kind < sizeof(event_names) / sizeof(*event_names));
    return event_names[kind];
}

const char *rp_state_name(enum rp_state state)
{
    RP_ASSERT((size_t)state < sizeof(state_names) / sizeof(*state_names));
    return state_names[state];
}

int64_t rp_run_step_number(const struct rp_run *r)
{
    return r->in_step ? r->step : 0;
}

static int grow_ring(struct rp_core *core)
{
    uint32_t size = core->ring_size ? core->ring_size * 2 : 16;
    struct rp_out *ring = core->alloc.resize(core->alloc.ctx, NULL, 0, size * sizeof(*ring));
    if (!ring)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < core->ring_n; i++)
        ring[i] = core->ring[(core->ring_first + i) & (core->ring_size - 1)];
    core->alloc.resize(core->alloc.ctx, core->ring, core->ring_size * sizeof(*ring), 0);
    core->ring = ring;
    core->ring_first = 0;
    core->ring_size = size;
    return RP_OK;
}

struct rp_out *rp_ring_add(struct rp_core *core)
{
    if (core->ring_n == core->ring_size && grow_ring(core) != RP_OK)
        return NULL;
    return &core->ring[(core->ring_first + core->ring_n++) & (core->ring_size - 1)];
}

/* A nested run's outputs and requests wait in lists until its turn has ended. */
static int capture(struct rp_run *r, const struct rp_event *ev)
{
    struct rp_value *to = ev->kind == RP_EV_OUTPUT         ? &r->outs
                          : ev->kind == RP_EV_INTERMEDIATE ? &r->mids
                                                           : NULL;
    return to ? rp_list_add(&r->core->heap, to, ev->data) : RP_OK;
}

int rp_run_tell(struct rp_run *r, const struct rp_event *ev)
{
    if (r->parent)
        return capture(r, ev);
    struct rp_out *out = rp_ring_add(r->core);
    if (!out)
        return RP_ENOMEM;
    out->kind = RP_OUT_EVENT;
    out->u.event = *ev;
    out->u.event.step = rp_run_step_number(r);
    return RP_OK;
}

int rp_run_status(struct rp_run *r, enum rp_state state)
{
    rp_st(r)->state = rp_int(state);
    return rp_run_emit(r, &(struct rp_event){.kind = RP_EV_STATUS, .state = state});
}
