/* checkpoint_read.c - checkpoints of a store, taken out to be looked at. */
#include "checkpoint_read.h"

static int no_memory(struct rp_error *err)
{
    return rp_fail_at(err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
}

/* Its strings are good until the store's next call only. */
static int keep_info(struct rp_heap *h, const struct rp_checkpoint_info *info,
                     struct rp_checkpoint_info *out)
{
    struct rp_value workflow = rp_textz(h, info->workflow ? info->workflow : "");
    struct rp_value signature = rp_textz(h, info->signature ? info->signature : "");

    if (workflow.tag == RP_BAD || signature.tag == RP_BAD)
        return RP_ENOMEM;
    *out = *info;
    out->workflow = rp_str_of(workflow).s;
    out->signature = rp_str_of(signature).s;
    return RP_OK;
}

/* ---- one ------------------------------------------------------------------------------------- */

static int open_look(const struct rp_store *store, int64_t id, struct rp_look *look,
                     struct rp_error *err)
{
    struct rp_checkpoint_info info;
    struct rp_value record;

    RP_TRY(store->ops->info(store->self, id, &info, err));
    if (keep_info(&look->heap, &info, &look->info) != RP_OK)
        return no_memory(err);
    RP_TRY(rp_store_read(store, id, &look->heap, &record, err));
    look->checkpoint = rp_checkpoint_of(record);
    look->run = rp_s_run_of(look->checkpoint->run);
    return RP_OK;
}

int rp_look_open(const struct rp_store *store, const struct rp_alloc *alloc, int64_t id,
                 struct rp_look *out, struct rp_error *err)
{
    int rc;

    *out = (struct rp_look){0};
    rp_heap_init(&out->heap, alloc, 0, 0);
    rc = open_look(store, id, out, err);
    if (rc != RP_OK)
        rp_heap_free(&out->heap);
    return rc;
}

void rp_look_close(struct rp_look *look)
{
    rp_heap_free(&look->heap);
}

struct rp_str rp_look_name(const struct rp_s_run *run, int64_t i)
{
    if (i < 0 || i >= rp_len(run->ids))
        return rp_str("(nobody)");
    return rp_str_of(rp_at(run->ids, (uint32_t)i));
}

/* ---- all ------------------------------------------------------------------------------------- */

static int add_info(void *ctx, const struct rp_checkpoint_info *info)
{
    struct rp_looks *l = ctx;
    struct rp_alloc *alloc = &l->heap.alloc;
    size_t room = l->room ? 2 * l->room : 64;
    struct rp_checkpoint_info *more;

    if (l->n == l->room) {
        more = alloc->resize(alloc->ctx, l->info, l->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        l->info = more;
        l->room = room;
    }
    RP_TRY(keep_info(&l->heap, info, &l->info[l->n]));
    l->n++;
    return RP_OK;
}

int rp_looks_open(const struct rp_store *store, const struct rp_alloc *alloc, const char *workflow,
                  struct rp_looks *out, struct rp_error *err)
{
    int rc;

    *out = (struct rp_looks){0};
    rp_heap_init(&out->heap, alloc, 0, 0);
    rc = store->ops->list(store->self, workflow, add_info, out, &out->damage);
    out->damage.status = rc;
    if (rc != RP_ENOMEM)
        return RP_OK;
    rp_looks_close(out);
    return no_memory(err);
}

void rp_looks_close(struct rp_looks *l)
{
    struct rp_alloc alloc = l->heap.alloc;

    if (l->room > 0)
        alloc.resize(alloc.ctx, l->info, l->room * sizeof(*l->info), 0);
    rp_heap_free(&l->heap);
    l->info = NULL;
    l->n = l->room = 0;
}
