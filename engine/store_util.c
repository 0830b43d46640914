/* store_util.c - what is the same for every store: pruning, verifying, reading and
 * writing a checkpoint. */
#include "snap.h"

/* ---- pruning ---- */

/* Checkpoints in order of ids. */
struct found {
    struct rp_alloc alloc;
    struct one {
        int64_t id;
        uint64_t time_ms;
    } * one;
    size_t n, room;
};

static int remember(void *ctx, const struct rp_checkpoint_info *info)
{
    struct found *f = ctx;
    size_t room = f->room ? 2 * f->room : 64;
    struct one *grown;

    if (f->n == f->room) {
        grown =
            f->alloc.resize(f->alloc.ctx, f->one, f->room * sizeof(*grown), room * sizeof(*grown));
        if (!grown)
            return RP_ENOMEM;
        f->one = grown;
        f->room = room;
    }
    f->one[f->n++] = (struct one){info->id, info->time_ms};
    return RP_OK;
}

/* Removes those that lie before the newest `keep` and were made before that time. */
static int remove_found(const struct rp_store *store, struct found *f, uint32_t keep,
                        uint64_t before_ms, uint32_t *removed, struct rp_error *err)
{
    size_t older = f->n > keep ? f->n - keep : 0, n = 0, size = older * sizeof(int64_t);
    int64_t *ids;
    int rc;

    if (older == 0)
        return RP_OK;
    ids = f->alloc.resize(f->alloc.ctx, NULL, 0, size);
    if (!ids)
        return rp_fail_at(err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    for (size_t i = 0; i < older; i++)
        if (before_ms == UINT64_MAX || f->one[i].time_ms < before_ms)
            ids[n++] = f->one[i].id;
    rc = n > 0 ? store->ops->remove(store->self, ids, n, err) : RP_OK;
    if (rc == RP_OK)
        *removed = (uint32_t)n;
    f->alloc.resize(f->alloc.ctx, ids, size, 0);
    return rc;
}

int rp_store_prune(const struct rp_store *store, const struct rp_alloc *alloc, const char *workflow,
                   uint32_t keep, uint64_t before_ms, uint32_t *removed, struct rp_error *err)
{
    struct found f = {.alloc = *alloc};
    int rc = store->ops->list(store->self, workflow, remember, &f, err);

    *removed = 0;
    if (rc == RP_OK)
        rc = remove_found(store, &f, keep, before_ms, removed, err);
    else if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, "", "%s", rp_status_text(rc));
    if (f.one)
        alloc->resize(alloc->ctx, f.one, f.room * sizeof(*f.one), 0);
    return rc;
}

/* ---- reading ---- */

int rp_store_read(const struct rp_store *store, int64_t id, struct rp_heap *h, struct rp_value *out,
                  struct rp_error *err)
{
    struct rp_checkpoint_info info;

    RP_TRY(store->ops->info(store->self, id, &info, err));
    return rp_snap_read(h, store, &info.root, NULL, out, err);
}

/* Right is what can be read. */
int rp_store_verify(const struct rp_store *store, const struct rp_alloc *alloc, int64_t id,
                    struct rp_error *err)
{
    struct rp_heap h;
    struct rp_value v;
    int rc;

    rp_heap_init(&h, alloc, 0, 0);
    rc = rp_store_read(store, id, &h, &v, err);
    rp_heap_free(&h);
    return rc;
}

static int save_record(const struct rp_store *store, struct rp_snap *snap,
                       const struct rp_checkpoint_info *info, struct rp_value record, int64_t *id,
                       struct rp_error *err)
{
    struct rp_checkpoint_info with = *info;
    struct rp_snap_out out;
    uint64_t generation = 0;
    int rc = rp_snap_write(snap, record, &out);

    if (rc == RP_ENOMEM)
        return rc;
    if (rc != RP_OK)
        return rp_fail_at(err, RP_ECHECKPOINT, "", "not of the form of checkpoints");
    with.root = out.root;
    do /* all items are sent, so removals that we do not know of cost one more try */
        rc = store->ops->save(store->self, &with, out.items, out.n, &generation, id, err);
    while (rc == RP_ESTALE);
    return rc;
}

int rp_store_write(const struct rp_store *store, const struct rp_alloc *alloc,
                   const struct rp_checkpoint_info *info, struct rp_value record, int64_t *id,
                   struct rp_error *err)
{
    struct rp_snap *snap;
    int rc;

    if (rp_kind(record) != RP_K_CHECKPOINT || rp_kind(rp_checkpoint_of(record)->run) != RP_K_S_RUN)
        return rp_fail_at(err, RP_ECHECKPOINT, "", "not of the form of checkpoints");
    RP_TRY(rp_snap_new(alloc, &snap));
    rc = save_record(store, snap, info, record, id, err);
    rp_snap_free(snap);
    return rc;
}
