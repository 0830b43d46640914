/* run.c - the life of a turn: set-up, supersteps until nothing is under way, final status. */
#include "base/zoo.h"
#include "run.h"

/* ---- making and freeing ---- */

static void *take(struct rp_core *core, size_t size)
{
    void *p = core->alloc.resize(core->alloc.ctx, NULL, 0, size);
    if (p)
        __builtin_memset(p, 0, size);
    return p;
}

static void give(struct rp_core *core, void *p, size_t size)
{
    if (p)
        core->alloc.resize(core->alloc.ctx, p, size, 0);
}

static int fresh_state(struct rp_run *r);

static int take_tables(struct rp_run *r)
{
    uint32_t n = r->wf->n_nodes;
    r->child = take(r->core, n * sizeof(*r->child));
    r->frame = take(r->core, n * sizeof(*r->frame));
    r->touched = take(r->core, n * sizeof(*r->touched));
    r->head = take(r->core, 2 * n * sizeof(*r->head));
    r->tail = take(r->core, 2 * n * sizeof(*r->tail));
    r->keys = take(r->core, 2 * n * sizeof(*r->keys));
    if (!r->child || !r->frame || !r->touched || !r->head || !r->tail || !r->keys)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < 2 * n; i++)
        r->head[i] = UINT32_MAX;
    return RP_OK;
}

int rp_run_init(struct rp_core *core, const struct rp_workflow *w, struct rp_run *parent,
                uint32_t parent_exec, struct rp_run **out)
{
    struct rp_run *r = take(core, sizeof(*r));
    if (!r)
        return RP_ENOMEM;
    r->wf = w;
    r->core = core;
    r->parent = parent;
    r->parent_exec = parent_exec;
    r->checkpoint = -1;
    r->outs = r->mids = r->asks = r->retell = r->staged = r->queue_now = rp_list();
    int rc = take_tables(r);
    for (uint32_t i = 0; rc == RP_OK && i < w->n_nodes; i++)
        if (w->node[i].child)
            rc = rp_run_init(core, w->node[i].child, r, i, &r->child[i]);
    if (rc == RP_OK)
        rc = fresh_state(r);
    if (rc != RP_OK) {
        rp_run_drop(r);
        return rc;
    }
    *out = r;
    return RP_OK;
}

void rp_run_drop(struct rp_run *r)
{
    if (!r)
        return;
    struct rp_core *core = r->core;
    uint32_t n = r->wf->n_nodes;
    for (uint32_t i = 0; r->child && i < n; i++)
        rp_run_drop(r->child[i]);
    give(core, r->child, n * sizeof(*r->child));
    give(core, r->frame, n * sizeof(*r->frame));
    give(core, r->touched, n * sizeof(*r->touched));
    give(core, r->head, 2 * n * sizeof(*r->head));
    give(core, r->tail, 2 * n * sizeof(*r->tail));
    give(core, r->keys, 2 * n * sizeof(*r->keys));
    give(core, r->next, r->next_size * sizeof(*r->next));
    give(core, r->d, r->d_size * sizeof(*r->d));
    give(core, r, sizeof(*r));
}

static int fresh_executor(struct rp_run *r, uint32_t i)
{
    const struct rp_exec_kind *kind = r->wf->node[i].kind;
    struct rp_value state = rp_nil();
    if (kind->state) {
        state = rp_from_rec(rp_rec_new(&r->core->heap, kind->state));
        if (state.tag == RP_BAD)
            return RP_ENOMEM;
        if (kind->init)
            RP_TRY(kind->init(r, &r->wf->node[i], state));
    }
    return rp_list_add(&r->core->heap, &rp_st(r)->executors, state);
}

/* Joins are told apart by target and sources. */
int rp_run_join_ids(struct rp_heap *h, const struct rp_workflow *w, struct rp_value *ids)
{
    *ids = rp_list();
    for (uint32_t j = 0; j < w->n_joins; j++) {
        const struct rp_group *g = &w->group[w->join_group[j]];
        struct rp_value key = w->node[g->to[0]].id_text;
        for (uint32_t i = 0; i < g->n_from; i++)
            key = rp_text_join(h, (struct rp_str[]){rp_str_of(key),
                                                    rp_str(" <- "),
                                                    rp_str_of(w->node[g->from[i]].id_text),
                                                    {NULL, 0}});
        RP_TRY(rp_list_add(h, ids, key));
    }
    return RP_OK;
}

/* The names by which a checkpoint finds executors and joins again. */
static int name_tables(struct rp_run *r)
{
    struct rp_heap *h = &r->core->heap;
    for (uint32_t i = 0; i < r->wf->n_nodes; i++)
        RP_TRY(rp_list_add(h, &rp_st(r)->ids, r->wf->node[i].id_text));
    RP_TRY(rp_run_join_ids(h, r->wf, &rp_st(r)->join_ids));
    for (uint32_t j = 0; j < r->wf->n_joins; j++)
        RP_TRY(rp_list_add(h, &rp_st(r)->joins, rp_list()));
    return RP_OK;
}

static int fresh_state(struct rp_run *r)
{
    r->st = rp_from_rec(rp_rec_new(&r->core->heap, RP_K_S_RUN));
    if (r->st.tag == RP_BAD)
        return RP_ENOMEM;
    rp_st(r)->state = rp_int(RP_IDLE);
    for (uint32_t i = 0; i < r->wf->n_nodes; i++)
        RP_TRY(fresh_executor(r, i));
    return name_tables(r);
}

/* ---- failing ---- */

/* The first error of a turn counts. */
void rp_run_fail(struct rp_run *r, const struct rp_error *why)
{
    RP_ASSERT(why->status != RP_OK);
    if (r->error.status == RP_OK)
        r->error = *why;
}

static int fail_path(struct rp_run *r)
{
    struct rp_value text = rp_textz(&r->core->heap, r->error.text);
    if (text.tag == RP_BAD)
        return RP_ENOMEM;
    RP_TRY(rp_run_emit(
        r, &(struct rp_event){.kind = RP_EV_FAILED, .data = text, .status = r->error.status}));
    RP_TRY(rp_run_status(r, RP_FAILED));
    r->in_step = 0;
    r->phase = RP_PH_REST;
    return RP_OK;
}

/* ---- set-up (R-RUN-4) ---- */

void rp_run_begin(struct rp_run *r, enum rp_mode mode, int stream)
{
    RP_ASSERT(r->phase == RP_PH_REST);
    r->phase = RP_PH_SETUP;
    r->mode = mode;
    r->stream = stream;
    r->pending_told = r->cancelled = 0;
    r->steps = 0;
    r->in_step = 0;
    r->error = (struct rp_error){0};
    r->outs = r->mids = r->asks = rp_list();
}

static int setup_message(struct rp_run *r)
{
    struct rp_s_run *st = rp_st(r);
    uint32_t start = r->wf->start;
    st->iteration = rp_int(0);
    rp_run_clear_joins(r);
    if (!rp_type_accepts(r->wf->node[start].takes, r->input)) {
        rp_fail_at(&r->error, RP_ETYPE, r->wf->node[start].id,
                   "the start executor does not take a message of this type");
        return RP_OK;
    }
    RP_TRY(rp_run_enqueue(r, start, 1, r->input, rp_nil(), start));
    return rp_run_save(r);
}

static int setup_answers(struct rp_run *r)
{
    if (rp_len(r->input) == 0)
        return RP_OK;
    RP_TRY(rp_run_take_answers(r));
    return r->error.status == RP_OK ? rp_run_save(r) : RP_OK;
}

static int setup_expired(struct rp_run *r)
{
    RP_TRY(rp_run_take_expired(r));
    return r->error.status == RP_OK ? rp_run_save(r) : RP_OK;
}

static int setup_input(struct rp_run *r)
{
    switch (r->mode) {
    case RP_MODE_MESSAGE:
        return setup_message(r);
    case RP_MODE_EXPIRE:
        return setup_expired(r);
    case RP_MODE_RESPOND:
    case RP_MODE_RESUME:
        break;
    }
    return setup_answers(r);
}

static int setup(struct rp_run *r)
{
    RP_TRY(rp_run_emit(r, &(struct rp_event){.kind = RP_EV_STARTED}));
    RP_TRY(rp_run_status(r, RP_IN_PROGRESS));
    RP_TRY(setup_input(r));
    r->input = rp_nil();
    if (r->error.status != RP_OK)
        return fail_path(r);
    if (r->mode == RP_MODE_RESUME)
        RP_TRY(rp_run_retell(r));
    r->phase = RP_PH_STEP;
    return RP_OK;
}

/* ---- supersteps and the end ---- */

static int finish(struct rp_run *r)
{
    int open = rp_len(rp_st(r)->pending) > 0 || RP_ZOO == RP_ZOO_CANARY;
    if (!open && rp_st(r)->joins.len)
        RP_TRY(rp_run_warn_joins(r));
    r->phase = RP_PH_REST;
    return rp_run_status(r, open ? RP_IDLE_WITH_PENDING_REQUESTS : RP_IDLE);
}

static int after_step(struct rp_run *r)
{
    if (r->error.status != RP_OK) {
        rp_step_cancel_frames(r);
        rp_step_undo(r);
        return fail_path(r);
    }
    RP_TRY(rp_run_save(r));
    RP_TRY(rp_run_emit(r, &(struct rp_event){.kind = RP_EV_SUPERSTEP_COMPLETED}));
    r->in_step = 0;
    r->phase = RP_PH_STEP;
    return RP_OK;
}

static int no_convergence(struct rp_run *r)
{
    rp_fail_at(&r->error, RP_ECONVERGE, r->wf->name,
               "%l supersteps of this call have run and messages are still under way; raise "
               "max_iterations or end the loop",
               r->steps);
    return fail_path(r);
}

/* At least one superstep runs after set-up, even with nothing to deliver (R-RUN-7); but requests
 * that were only asked anew are no work. */
static int next_step(struct rp_run *r)
{
    int queued = rp_len(rp_st(r)->queue) > 0;
    if ((r->steps > 0 || r->mode == RP_MODE_EXPIRE) && !queued)
        return finish(r);
    if (r->steps >= (int64_t)r->wf->max_iterations)
        return no_convergence(r);
    r->phase = RP_PH_DELIVER;
    return rp_step_begin(r);
}

int rp_run_pump(struct rp_run *r, int *out)
{
    *out = 1;
    r->core->work += r->phase != RP_PH_REST;
    switch (r->phase) {
    case RP_PH_SETUP:
        return setup(r);
    case RP_PH_STEP:
        return next_step(r);
    case RP_PH_DELIVER:
        RP_TRY(rp_step_work(r, out));
        if (*out == 2)
            r->phase = RP_PH_END;
        if (*out == 0)
            r->core->work--;
        *out = *out != 0;
        return RP_OK;
    case RP_PH_END:
        return after_step(r);
    case RP_PH_REST:
        *out = 2;
        return RP_OK;
    }
    return RP_OK;
}
