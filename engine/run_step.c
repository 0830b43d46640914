/* run_step.c - one superstep: deliveries run in canonical order, or in the order that the chooser
 * picks among the ready ones; it commits or leaves no trace behind it (decision 7). */
#include "base/zoo.h"
#include "run.h"

/* ---- begin ---- */

static void keep(struct rp_run *r)
{
    struct rp_s_run *st = rp_st(r);
    r->kept_pending = st->pending;
    r->kept_used = st->used;
    r->kept_next = st->next_request.u.i;
    r->kept_counts = st->tool_counts;
    r->kept_joins = rp_nil();
    if (RP_ZOO != RP_ZOO_LATE_WRITES)
        r->staged = rp_list();
    for (uint32_t i = 0; i < r->n_touched; i++) {
        struct rp_frame *f = &r->frame[r->touched[i]];
        f->touched = f->failed = 0;
        f->saved = rp_nil();
    }
    r->n_touched = 0;
}

static void take_queue(struct rp_run *r)
{
    struct rp_s_run *st = rp_st(r);
    struct rp_value spare = r->queue_spare;
    if (spare.u.vec)
        spare.u.vec->fill = 0;
    spare.len = 0;
    r->queue_spare = r->queue_now = st->queue;
    st->queue = spare.tag == RP_LIST ? spare : rp_list();
}

int rp_step_begin(struct rp_run *r)
{
    r->in_step = 1;
    r->step = rp_st(r)->iteration.u.i + 1;
    RP_TRY(rp_run_emit(r, &(struct rp_event){.kind = RP_EV_SUPERSTEP_STARTED}));
    keep(r);
    take_queue(r);
    r->n_busy = 0;
    return rp_run_route(r);
}

/* ---- which delivery next ---- */

static int startable(const struct rp_run *r, const struct rp_delivery *d)
{
    return !d->done && !d->running && !r->frame[d->exec].busy;
}

/* All ready deliveries, in canonical order, up to room. A lane's later messages wait for its
 * earlier ones. */
static uint32_t ready(const struct rp_run *r, uint32_t *found, uint32_t room)
{
    uint32_t n = 0, lane = UINT32_MAX, open_ordinal = UINT32_MAX;
    for (uint32_t i = r->low; i < r->n_d && n < room; i++) {
        const struct rp_delivery *d = &r->d[i];
        if (d->lane != lane) {
            lane = d->lane;
            open_ordinal = UINT32_MAX;
        }
        if (d->done || d->ordinal > open_ordinal)
            continue;
        open_ordinal = d->ordinal;
        if (startable(r, d))
            found[n++] = i;
    }
    return n;
}

static int pick(struct rp_run *r, uint32_t *which)
{
    uint32_t found[64], execs[64];
    uint32_t n = ready(r, found, r->core->chooser.pick ? 64 : 1);
    if (n == 0)
        return 0;
    uint32_t k = 0;
    if (n > 1) {
        for (uint32_t i = 0; i < n; i++)
            execs[i] = r->d[found[i]].exec;
        k = r->core->chooser.pick(r->core->chooser.ctx, RP_CHOOSE_READY, execs, n);
        RP_ASSERT(k < n);
    }
    *which = found[k];
    if (r->core->chooser.runs)
        r->core->chooser.runs(r->core->chooser.ctx, r->d[*which].exec);
    return 1;
}

/* ---- one handler ---- */

int rp_ctx_keep(struct rp_ctx *cx)
{
    struct rp_frame *f = cx->frame;
    if (f->saved.tag != RP_NIL)
        return RP_OK;
    f->saved = rp_run_clone(cx->run, *rp_exec_state(cx->run, cx->exec));
    return f->saved.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int touch(struct rp_run *r, uint32_t exec)
{
    struct rp_frame *f = &r->frame[exec];
    const struct rp_exec_kind *kind = r->wf->node[exec].kind;
    struct rp_ctx cx = {.run = r, .exec = exec, .frame = f};
    if (f->touched)
        return RP_OK;
    f->touched = 1;
    r->touched[r->n_touched++] = exec;
    return kind->state && !kind->keeps_late ? rp_ctx_keep(&cx) : RP_OK;
}

static int complete(struct rp_run *r, uint32_t exec)
{
    struct rp_frame *f = &r->frame[exec];
    struct rp_value data = rp_nil();
    if (rp_run_tells_completed(r) && rp_len(f->sent) + rp_len(f->yielded) > 0) {
        data = f->sent;
        RP_TRY(rp_list_cat(&r->core->heap, &data, f->yielded));
    }
    return rp_run_emit(r, &(struct rp_event){.kind = RP_EV_EXECUTOR_COMPLETED,
                                             .executor = r->wf->node[exec].id,
                                             .data = data,
                                             .n_sent = rp_len(f->sent),
                                             .targets = f->targets});
}

static int executor_failed(struct rp_run *r, uint32_t exec, int rc)
{
    struct rp_error *why = &r->core->why;
    const char *id = r->wf->node[exec].id;
    if (r->core->chooser.touches)
        r->core->chooser.touches(r->core->chooser.ctx, exec, NULL, 1);
    if (why->status == RP_OK)
        rp_fail_at(why, rc, id, "%s", rp_status_text(rc));
    struct rp_value text = rp_textz(&r->core->heap, why->text);
    if (text.tag == RP_BAD)
        return RP_ENOMEM;
    rp_run_fail(r, why);
    r->frame[exec].failed = 1;
    int status = why->status;
    why->status = RP_OK;
    return rp_run_emit(
        r, &(struct rp_event){
               .kind = RP_EV_EXECUTOR_FAILED, .executor = id, .data = text, .status = status});
}

/* It takes no further message of this step (decision 7). */
static void skip_rest(struct rp_run *r, uint32_t exec)
{
    for (uint32_t i = r->low; i < r->n_d; i++)
        if (r->d[i].exec == exec)
            r->d[i].done = 1;
}

int rp_run_finish_handler(struct rp_run *r, uint32_t exec, int rc)
{
    struct rp_frame *f = &r->frame[exec];
    if (rc == RP_ENOMEM || r->core->heap.failed)
        return RP_ENOMEM;
    if (rc == RP_OK && (f->waiting || f->nested || f->then))
        return RP_OK; /* goes on when what it waits for has ended */
    f->busy = f->nested = 0;
    f->then = NULL;
    f->waiting = 0;
    r->n_busy--;
    r->d[f->delivery].running = 0;
    r->d[f->delivery].done = 1;
    if (rc == RP_OK)
        return complete(r, exec);
    skip_rest(r, exec);
    return executor_failed(r, exec, rc);
}

static int tell_invoked(struct rp_run *r, const struct rp_delivery *d)
{
    const struct rp_node *node = r->wf->node;
    uint32_t source = d->sources ? d->sources[0] : d->source;
    return rp_run_emit(
        r, &(struct rp_event){.kind = RP_EV_EXECUTOR_INVOKED,
                              .executor = node[d->exec].id,
                              .name = d->is_answer ? rp_request_of(d->request)->id.u.text->s : NULL,
                              .data = d->data,
                              .source = d->internal ? NULL : node[source].id,
                              .n_sources = d->internal ? 0 : d->n_sources});
}

static int run_delivery(struct rp_run *r, uint32_t which)
{
    struct rp_delivery *d = &r->d[which];
    const struct rp_node *node = &r->wf->node[d->exec];
    struct rp_frame *f = &r->frame[d->exec];
    RP_ASSERT(!f->busy);
    RP_TRY(touch(r, d->exec));
    f->busy = 1;
    f->delivery = which;
    f->sent = f->yielded = rp_list();
    f->targets = rp_nil();
    d->running = 1;
    r->n_busy++;
    RP_TRY(tell_invoked(r, d));
    struct rp_ctx cx = {.run = r, .exec = d->exec, .frame = f};
    int rc = d->is_answer ? node->kind->answer(&cx, rp_request_of(d->request), d->data)
                          : node->kind->message(&cx, d->data);
    return rp_run_finish_handler(r, cx.exec, rc);
}

/* ---- nested runs that are under way ---- */

static int pump_nested(struct rp_run *r, int *moved)
{
    *moved = 0;
    for (uint32_t i = 0; i < r->n_touched && r->n_busy; i++) {
        uint32_t exec = r->touched[i];
        struct rp_frame *f = &r->frame[exec];
        if (!f->busy || !f->nested)
            continue;
        struct rp_ctx cx = {.run = r, .exec = exec, .frame = f};
        uint64_t before = r->core->work;
        int rc = r->wf->node[exec].kind->pump(&cx);
        *moved = before != r->core->work;
        RP_TRY(rp_run_finish_handler(r, exec, rc));
        if (*moved)
            return RP_OK;
    }
    return RP_OK;
}

/* ---- end ---- */

static int commit_shared(struct rp_run *r)
{
    struct rp_heap *h = &r->core->heap;
    struct rp_value *shared = &rp_st(r)->shared;
    for (uint32_t i = 0; i < rp_len(r->staged); i += 2) {
        struct rp_value v = rp_at(r->staged, i + 1);
        RP_TRY(rp_map_put_str(h, shared, rp_str_of(rp_at(r->staged, i)), v));
    }
    r->staged = rp_list();
    return RP_OK;
}

static int end_step(struct rp_run *r)
{
    RP_TRY(commit_shared(r));
    rp_st(r)->iteration.u.i++;
    r->steps++;
    r->supersteps++;
    return RP_OK;
}

/* What still waits when everything else has run to its end is cancelled without a line. */
void rp_step_cancel_frames(struct rp_run *r)
{
    rp_calls_close(r);
    for (uint32_t i = 0; i < r->n_touched; i++) {
        struct rp_frame *f = &r->frame[r->touched[i]];
        f->busy = f->nested = 0;
        f->waiting = 0;
        f->then = NULL;
    }
    r->n_busy = 0;
    for (uint32_t i = 0; i < r->wf->n_nodes; i++)
        if (r->child[i] && r->child[i]->phase != RP_PH_REST) {
            rp_step_cancel_frames(r->child[i]);
            r->child[i]->phase = RP_PH_REST;
            r->child[i]->in_step = 0;
        }
}

/* The requests whose answers this step had to deliver are open again, in order of asking. */
static int reopen(struct rp_run *r)
{
    struct rp_heap *h = &r->core->heap;
    struct rp_value open = r->kept_pending;
    for (uint32_t i = 0; i < rp_len(r->queue_now); i += 3) {
        struct rp_value q = rp_at(r->queue_now, i + 2), grown = rp_list();
        if (q.tag != RP_REC)
            continue;
        int64_t seq = rp_request_of(q)->seq.u.i;
        uint32_t k = 0;
        for (; k < rp_len(open) && rp_request_of(rp_at(open, k))->seq.u.i < seq; k++)
            RP_TRY(rp_list_add(h, &grown, rp_at(open, k)));
        RP_TRY(rp_list_add(h, &grown, q));
        for (; k < rp_len(open); k++)
            RP_TRY(rp_list_add(h, &grown, rp_at(open, k)));
        open = grown;
    }
    rp_st(r)->pending = open;
    return RP_OK;
}

void rp_step_undo(struct rp_run *r)
{
    struct rp_s_run *st = rp_st(r);
    for (uint32_t i = 0; i < r->n_touched; i++)
        if (r->frame[r->touched[i]].saved.tag == RP_REC)
            *rp_exec_state(r, r->touched[i]) = r->frame[r->touched[i]].saved;
    st->used = r->kept_used;
    st->next_request = rp_int(r->kept_next);
    st->tool_counts = r->kept_counts;
    if (r->kept_joins.tag != RP_NIL)
        st->joins = r->kept_joins;
    st->queue = rp_list();
    if (RP_ZOO != RP_ZOO_LATE_WRITES)
        r->staged = rp_list();
    if (reopen(r) != RP_OK)
        r->core->heap.failed = 1;
    r->queue_now = rp_list();
    rp_run_relink(r);
}

/* A turn is given up before its first superstep: what it had to deliver is taken back. */
void rp_step_unsend(struct rp_run *r)
{
    struct rp_s_run *st = rp_st(r);
    r->queue_now = st->queue;
    r->kept_pending = st->pending;
    st->queue = rp_list();
    if (reopen(r) != RP_OK)
        r->core->heap.failed = 1;
    r->queue_now = rp_list();
}

/* *out as of rp_run_pump; 2: the superstep has ended, committed or with r->error set. */
int rp_step_work(struct rp_run *r, int *out)
{
    int moved;
    uint32_t which;
    *out = 1;
    RP_TRY(pump_nested(r, &moved));
    if (moved)
        return RP_OK;
    while (r->low < r->n_d && r->d[r->low].done)
        r->low++;
    if (r->low < r->n_d && pick(r, &which))
        return run_delivery(r, which);
    if (r->error.status != RP_OK) {
        *out = 2;
        return RP_OK;
    }
    if (r->n_busy) {
        *out = 0;
        return RP_OK;
    }
    *out = 2;
    return end_step(r);
}
