/* look.c - looking into checkpoints from outside: the messages under way in one, and the items that
 * its tree is made of. */
#include "run.h"
#include "snap.h"

/* ---- messages under way ---- */

uint32_t rp_queued(struct rp_value run)
{
    return rp_kind(run) == RP_K_S_RUN ? rp_len(rp_s_run_of(run)->queue) / RP_LETTER : 0;
}

struct rp_queued rp_queued_at(struct rp_value run, uint32_t i)
{
    RP_ASSERT(i < rp_queued(run));
    const struct rp_s_run *s = rp_s_run_of(run);
    const struct rp_value *at = s->queue.u.vec->at + (size_t)i * RP_LETTER;
    int64_t head = at[0].tag == RP_INT ? at[0].u.i : RP_LETTER_SOURCE;
    uint32_t source = (uint32_t)(head & RP_LETTER_SOURCE);
    uint32_t target = (uint32_t)(head >> 32) - 1, n = rp_len(s->ids);

    return (struct rp_queued){.source = source < n ? source : RP_NOBODY,
                              .target = target < n ? target : RP_NOBODY,
                              .internal = (head & RP_LETTER_INTERNAL) != 0,
                              .data = at[1],
                              .request = at[2]};
}

/* ---- items ---- */

struct walk {
    struct rp_alloc alloc;
    struct rp_item_id *left; /* items that are still to be visited */
    size_t n, room;
};

static int leave(void *ctx, const struct rp_item_id *id)
{
    struct walk *w = ctx;
    size_t room = w->room ? 2 * w->room : 64;

    if (w->n == w->room) {
        struct rp_item_id *more =
            w->alloc.resize(w->alloc.ctx, w->left, w->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        w->left = more;
        w->room = room;
    }
    w->left[w->n++] = *id;
    return RP_OK;
}

static int visit_next(struct walk *w, const struct rp_store *store,
                      int (*visit)(void *ctx, const struct rp_item *item, int *deeper), void *ctx,
                      struct rp_error *err)
{
    struct rp_item item = {.id = w->left[--w->n]};
    int deeper = 1, rc;

    RP_TRY(store->ops->item(store->self, &item.id, &item.bytes, &item.n, err));
    RP_TRY(visit(ctx, &item, &deeper));
    if (!deeper)
        return RP_OK;
    rc = rp_snap_refs(item.bytes, item.n, leave, w);
    return rc == RP_ECHECKPOINT
               ? rp_fail_at(err, rc, "", "an item of the checkpoint has not the form of one")
               : rc;
}

int rp_store_items(const struct rp_store *store, const struct rp_alloc *alloc,
                   const struct rp_item_id *root,
                   int (*visit)(void *ctx, const struct rp_item *item, int *deeper), void *ctx,
                   struct rp_error *err)
{
    struct walk w = {.alloc = *alloc};
    int rc = leave(&w, root);

    while (rc == RP_OK && w.n > 0)
        rc = visit_next(&w, store, visit, ctx, err);
    if (w.room)
        alloc->resize(alloc->ctx, w.left, w.room * sizeof(*w.left), 0);
    return rc;
}
