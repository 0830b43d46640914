/* engine.c - the calls of reprise.h on a run: making one, turns, what happens next, the end. */
#include "run.h"
#include "snap.h"

/* ---- making and freeing ---- */

static void core_free(struct rp_core *core)
{
    struct rp_alloc a = core->alloc;
    rp_snap_free(core->snap);
    rp_heap_free(&core->heap);
    a.resize(a.ctx, core->ring, core->ring_size * sizeof(*core->ring), 0);
    a.resize(a.ctx, core->call, core->calls_size * sizeof(*core->call), 0);
    a.resize(a.ctx, core, sizeof(*core), 0);
}

int rp_run_new(const struct rp_workflow *w, const struct rp_run_opts *opts, struct rp_run **out)
{
    struct rp_core *core = opts->alloc.resize(opts->alloc.ctx, NULL, 0, sizeof(*core));
    if (!core)
        return RP_ENOMEM;
    *core = (struct rp_core){.alloc = opts->alloc,
                             .store = opts->store,
                             .chooser = opts->chooser,
                             .world = opts->world,
                             .timeouts = opts->timeouts,
                             .n_timeouts = opts->n_timeouts,
                             .events = opts->events ? opts->events : ~(uint64_t)0};
    rp_heap_init(&core->heap, &opts->alloc, opts->heap_ceiling, opts->heap_chunk);
    rp_heap_freeze(&w->kit->heap); /* runs share the definitions' values */
    int rc = core->store ? rp_snap_new(&core->alloc, &core->snap) : RP_OK;
    if (rc == RP_OK)
        rc = rp_run_init(core, w, NULL, 0, &core->root);
    if (rc != RP_OK) {
        core_free(core);
        return rc;
    }
    *out = core->root;
    return RP_OK;
}

void rp_run_free(struct rp_run *run)
{
    if (!run)
        return;
    struct rp_core *core = run->core;
    rp_run_drop(run);
    core_free(core);
}

struct rp_heap *rp_run_heap(struct rp_run *run)
{
    return &run->core->heap;
}

void rp_run_set_time(struct rp_run *run, uint64_t now_ms)
{
    if (now_ms > run->core->now_ms)
        run->core->now_ms = now_ms;
}

uint64_t rp_run_time(const struct rp_run *run)
{
    return run->core->now_ms;
}

/* ---- turns ---- */

static int refused(const struct rp_run *run, struct rp_error *err)
{
    if (run->core->spent)
        return rp_fail_at(err, RP_ENOMEM, "", "memory ran out before; the run can only be freed");
    if (run->phase != RP_PH_REST)
        return rp_fail_at(err, RP_ESTATE, run->wf->name, "a turn of this run is under way");
    return RP_OK;
}

/* nil leaves what was given before (R-RUN-4); a fresh message without any starts from none. */
static void take_kwargs(struct rp_run *run, const struct rp_turn *turn, int fresh)
{
    struct rp_s_run *st = rp_st(run);
    struct rp_value tools = turn ? turn->tool_kwargs : rp_nil();
    struct rp_value client = turn ? turn->client_kwargs : rp_nil();
    if (fresh || tools.tag == RP_MAP)
        st->tool_kwargs = tools;
    if (fresh || client.tag == RP_MAP)
        st->client_kwargs = client;
}

static int spend_if(struct rp_run *run, int rc)
{
    if (rc == RP_ENOMEM || run->core->heap.failed) {
        run->core->spent = 1;
        return RP_ENOMEM;
    }
    return rc;
}

int rp_run_message(struct rp_run *run, struct rp_value message, const struct rp_turn *turn,
                   struct rp_error *err)
{
    RP_TRY(refused(run, err));
    if (message.tag == RP_BAD)
        return spend_if(run, RP_ENOMEM);
    if (message.tag == RP_NIL)
        return rp_fail_at(err, RP_EARG, run->wf->name, "a run needs a message");
    if (rp_len(rp_st(run)->queue))
        return rp_fail_at(err, RP_ESTATE, run->wf->name,
                          "messages of an earlier turn are still undelivered; resume from a "
                          "checkpoint or build the workflow anew");
    rp_run_begin(run, RP_MODE_MESSAGE, turn && turn->stream);
    take_kwargs(run, turn, 1);
    run->input = message;
    return RP_OK;
}

static int take_answers(struct rp_run *run, const struct rp_answer *answers, size_t n)
{
    struct rp_heap *h = &run->core->heap;
    run->input = rp_list();
    for (size_t i = 0; i < n; i++) {
        RP_TRY(rp_list_add(h, &run->input, rp_textz(h, answers[i].request)));
        RP_TRY(rp_list_add(h, &run->input, answers[i].value));
    }
    return RP_OK;
}

int rp_run_respond(struct rp_run *run, const struct rp_answer *answers, size_t n,
                   const struct rp_turn *turn, struct rp_error *err)
{
    RP_TRY(refused(run, err));
    if (n == 0)
        return rp_fail_at(err, RP_EARG, run->wf->name, "no answer is given");
    rp_run_begin(run, RP_MODE_RESPOND, turn && turn->stream);
    take_kwargs(run, turn, 0);
    return spend_if(run, take_answers(run, answers, n));
}

int rp_run_resume(struct rp_run *run, int64_t id, const struct rp_answer *answers, size_t n,
                  const struct rp_turn *turn, struct rp_error *err)
{
    RP_TRY(refused(run, err));
    int rc = rp_run_load(run, id, err);
    if (rc != RP_OK)
        return spend_if(run, rc);
    rp_run_begin(run, RP_MODE_RESUME, turn && turn->stream);
    take_kwargs(run, turn, 0); /* after the restore (decision 36) */
    return spend_if(run, take_answers(run, answers, n));
}

int rp_run_cancel(struct rp_run *run)
{
    if (run->core->spent)
        return RP_ENOMEM;
    if (run->phase == RP_PH_REST)
        return RP_ESTATE;
    rp_step_cancel_frames(run);
    /* a superstep that has run to its end stands; one under way leaves no trace */
    if (run->phase == RP_PH_DELIVER || (run->phase == RP_PH_END && run->error.status != RP_OK))
        rp_step_undo(run);
    else if (run->phase == RP_PH_STEP && run->steps == 0)
        rp_step_unsend(run);
    else
        rp_st(run)->queue = rp_list();
    run->in_step = 0;
    run->phase = RP_PH_REST;
    run->core->ring_n = 0; /* what was not told yet is not told */
    rp_fail_at(&run->error, RP_ESTATE, run->wf->name, "the turn was cancelled");
    return spend_if(run, rp_run_status(run, RP_CANCELLED));
}

int rp_run_expire(struct rp_run *run, const struct rp_turn *turn, struct rp_error *err)
{
    struct rp_value due = rp_list();
    RP_TRY(refused(run, err));
    RP_TRY(spend_if(run, rp_run_due(run, &due)));
    if (rp_len(due) == 0)
        return rp_fail_at(err, RP_ENOTFOUND, run->wf->name, "no request has expired");
    rp_run_begin(run, RP_MODE_EXPIRE, turn && turn->stream);
    take_kwargs(run, turn, 0);
    run->input = due;
    return RP_OK;
}

int rp_run_cancel_request(struct rp_run *run, const char *id)
{
    if (run->core->spent)
        return RP_ENOMEM;
    if (run->phase != RP_PH_REST)
        return RP_ESTATE;
    return spend_if(run, rp_run_cancel_asked(run, rp_str(id)));
}

/* ---- what happens next ---- */

static void give_out(struct rp_core *core, struct rp_out *out)
{
    *out = core->ring[core->ring_first];
    core->ring_first = (core->ring_first + 1) & (core->ring_size - 1);
    core->ring_n--;
}

int rp_run_next(struct rp_run *run, struct rp_out *out)
{
    struct rp_core *core = run->core;
    int state = 1;
    if (core->spent)
        return RP_ENOMEM;
    while (core->ring_n == 0 && state == 1) {
        if (rp_heap_wants_collection(&core->heap)) /* no handler is running here */
            RP_TRY(spend_if(run, rp_run_collect(core)));
        RP_TRY(spend_if(run, rp_run_pump(run, &state)));
    }
    if (core->ring_n)
        give_out(core, out);
    else
        out->kind = state == 0 ? RP_OUT_WAITING : RP_OUT_DONE;
    return RP_OK;
}

/* ---- looking at it ---- */

int rp_run_error(const struct rp_run *run, struct rp_error *err)
{
    if (err && run->error.status != RP_OK)
        *err = run->error;
    return run->error.status;
}

enum rp_state rp_run_state(const struct rp_run *run)
{
    return (enum rp_state)rp_st(run)->state.u.i;
}

uint64_t rp_run_digest(const struct rp_run *run)
{
    return rp_digest(run->st, 0);
}

int64_t rp_run_checkpoint(const struct rp_run *run)
{
    return run->checkpoint;
}

uint64_t rp_run_supersteps(const struct rp_run *run)
{
    return run->supersteps;
}

size_t rp_run_memory(const struct rp_run *run)
{
    return run->core->heap.held + run->core->heap.kept;
}
