/* run_gc.c - everything in C memory that holds a value: the roots of a collection, which happens
 * only where no handler is running. */
#include "run.h"

static void frame_roots(struct rp_frame *f, rp_visit_fn *visit, void *walk)
{
    visit(walk, &f->sent);
    visit(walk, &f->yielded);
    visit(walk, &f->targets);
    visit(walk, &f->saved);
}

static void run_roots(struct rp_run *r, rp_visit_fn *visit, void *walk)
{
    struct rp_value *own[] = {&r->st,          &r->input,        &r->retell,    &r->outs,
                              &r->mids,        &r->asks,         &r->staged,    &r->queue_now,
                              &r->queue_spare, &r->kept_pending, &r->kept_used, &r->kept_joins,
                              &r->kept_counts};
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        visit(walk, own[i]);
    for (uint32_t i = 0; r->phase == RP_PH_DELIVER && i < r->n_d; i++) {
        visit(walk, &r->d[i].data);
        visit(walk, &r->d[i].request);
    }
    for (uint32_t i = 0; i < r->n_touched; i++)
        frame_roots(&r->frame[r->touched[i]], visit, walk);
    for (uint32_t i = 0; i < r->wf->n_nodes; i++)
        if (r->child[i])
            run_roots(r->child[i], visit, walk);
}

static void roots(void *ctx, rp_visit_fn *visit, void *walk)
{
    struct rp_core *core = ctx;
    run_roots(core->root, visit, walk);
}

/* Only with an empty ring: what it held has been read by then. */
int rp_run_collect(struct rp_core *core)
{
    RP_ASSERT(core->ring_n == 0);
    return rp_heap_collect(&core->heap, roots, core);
}
