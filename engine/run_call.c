/* run_call.c - calls that the outside carries out: opened by an agent turn, answered at once or
 * later, closed when nobody wants the answer any more. */
#include "run.h"
#include "turn.h"

static struct rp_open_call *free_slot(struct rp_core *core)
{
    for (uint32_t i = 0; i < core->n_calls; i++)
        if (core->call[i].id == 0)
            return &core->call[i];
    if (core->n_calls == core->calls_size) {
        uint32_t size = core->calls_size ? core->calls_size * 2 : 8;
        struct rp_open_call *grown = core->alloc.resize(
            core->alloc.ctx, core->call, core->calls_size * sizeof(*grown), size * sizeof(*grown));
        if (!grown)
            return NULL;
        core->call = grown;
        core->calls_size = size;
    }
    return &core->call[core->n_calls++];
}

int rp_call_open(struct rp_ctx *cx, int is_tool, uint32_t slot, uint32_t *id)
{
    struct rp_core *core = cx->run->core;
    struct rp_open_call *c = free_slot(core);
    if (!c)
        return RP_ENOMEM;
    *c = (struct rp_open_call){.id = ++core->next_call,
                               .is_tool = is_tool,
                               .run = cx->run,
                               .exec = cx->exec,
                               .slot = slot};
    cx->frame->waiting++;
    *id = c->id;
    return RP_OK;
}

static struct rp_open_call *find(struct rp_core *core, uint32_t id)
{
    for (uint32_t i = 0; id && i < core->n_calls; i++)
        if (core->call[i].id == id)
            return &core->call[i];
    return NULL;
}

static int belongs(const struct rp_run *r, const struct rp_run *to)
{
    while (r && r != to)
        r = r->parent;
    return r != NULL;
}

void rp_calls_close(struct rp_run *r)
{
    struct rp_core *core = r->core;
    for (uint32_t i = 0; i < core->n_calls; i++)
        if (core->call[i].id && belongs(core->call[i].run, r))
            core->call[i].id = 0;
}

/* The context of the handler that waits for c. */
static struct rp_ctx ctx_of(const struct rp_open_call *c)
{
    return (struct rp_ctx){.run = c->run, .exec = c->exec, .frame = &c->run->frame[c->exec]};
}

static int spend(struct rp_core *core, int rc)
{
    if (rc == RP_ENOMEM || core->heap.failed) {
        core->spent = 1;
        return RP_ENOMEM;
    }
    return RP_OK;
}

/* The handler goes on, and has completed when it waits for nothing more. */
static int go_on(struct rp_ctx *cx, int rc)
{
    return spend(cx->run->core, rp_run_finish_handler(cx->run, cx->exec, rc));
}

int rp_run_update(struct rp_run *run, uint32_t call, struct rp_value update)
{
    struct rp_open_call *c = find(run->core, call);
    if (!c || c->is_tool || run->core->spent)
        return RP_ESTATE;
    if (rp_kind(update) != RP_K_UPDATE)
        return RP_ETYPE;
    struct rp_ctx cx = ctx_of(c);
    int rc = rp_turn_update(&cx, update);
    if (rc == RP_OK)
        return spend(run->core, rc);
    c->id = 0;
    cx.frame->waiting--;
    return go_on(&cx, rc);
}

int rp_run_reply(struct rp_run *run, uint32_t call, struct rp_value response)
{
    struct rp_open_call *c = find(run->core, call);
    if (!c || c->is_tool || run->core->spent)
        return RP_ESTATE;
    if (response.tag != RP_NIL && rp_kind(response) != RP_K_RESPONSE)
        return RP_ETYPE;
    struct rp_ctx cx = ctx_of(c);
    c->id = 0;
    cx.frame->waiting--;
    return go_on(&cx, rp_turn_reply(&cx, response));
}

int rp_run_call_failed(struct rp_run *run, uint32_t call, const char *reason)
{
    struct rp_open_call *c = find(run->core, call);
    if (!c || c->is_tool || run->core->spent)
        return RP_ESTATE;
    struct rp_ctx cx = ctx_of(c);
    c->id = 0;
    cx.frame->waiting--;
    return go_on(&cx, rp_turn_call_failed(&cx, reason));
}

int rp_run_tool_result(struct rp_run *run, uint32_t call, struct rp_tool_result result)
{
    struct rp_open_call *c = find(run->core, call);
    if (!c || !c->is_tool || run->core->spent)
        return RP_ESTATE;
    struct rp_ctx cx = ctx_of(c);
    c->id = 0;
    cx.frame->waiting--;
    return go_on(&cx, rp_turn_tool_result(&cx, c->slot, result));
}

/* An executor's own entry, else the global one (R-RUN-21). */
struct rp_value rp_kwargs_for(struct rp_value kwargs, const char *executor)
{
    if (kwargs.tag != RP_MAP)
        return rp_nil();
    if (rp_map_has(kwargs, executor))
        return rp_map_get(kwargs, executor);
    return rp_map_get(kwargs, "__global__");
}
