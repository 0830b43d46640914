/* checkpoint_prune.c - chooses as rp_store_prune does, and says what it removes. */
#include "checkpoint_prune.h"

#include "checkpoint_read.h"
#include "checkpoint_words.h"

#include <string.h>

enum { NAMED_MAX = 50 };

struct pruning {
    const struct rp_store *store;
    const struct rp_prune *how;
    struct rp_looks all;
    int64_t *ids; /* what goes */
    size_t n, room;
};

static int choose(struct pruning *p)
{
    struct rp_alloc *alloc = &p->all.heap.alloc;
    size_t room = p->how->ids ? p->how->n_ids : p->all.n;

    if (room == 0)
        return RP_OK;
    p->ids = alloc->resize(alloc->ctx, NULL, 0, room * sizeof(*p->ids));
    if (!p->ids)
        return RP_ENOMEM;
    p->room = room;
    if (p->how->ids) {
        memcpy(p->ids, p->how->ids, room * sizeof(*p->ids));
        p->n = room;
        return RP_OK;
    }
    for (size_t i = 0; i < p->all.n && (int64_t)(p->all.n - i) > p->how->keep; i++)
        if (p->how->before_ms == UINT64_MAX || p->all.info[i].time_ms < p->how->before_ms)
            p->ids[p->n++] = p->all.info[i].id;
    return RP_OK;
}

static void say(struct rp_buf *out, const struct pruning *p)
{
    struct rp_words w = {out, 0};

    rp_words_count(&w, (int64_t)p->n, "checkpoint");
    rp_words_z(&w, p->how->dry_run ? " would go" : " removed");
    for (size_t i = 0; i < p->n && i < NAMED_MAX; i++) {
        rp_words_z(&w, i > 0 ? ", " : ": ");
        rp_words_int(&w, p->ids[i]);
    }
    if (p->n > NAMED_MAX)
        rp_words_z(&w, ", ...");
    rp_words_z(&w, "\n");
    if (p->how->ids)
        return;
    rp_words_count(&w, (int64_t)(p->all.n - p->n), "checkpoint");
    rp_words_z(&w, p->how->dry_run ? " would stay\n" : " left\n");
}

static int remove_chosen(struct rp_buf *out, struct pruning *p, struct rp_error *err)
{
    const struct rp_store_ops *ops = p->store->ops;
    struct rp_words w = {out, 0};
    uint64_t was = 0, is = 0;

    if (p->how->dry_run || p->n == 0)
        return RP_OK;
    RP_TRY(ops->size(p->store->self, &was, err));
    RP_TRY(ops->remove(p->store->self, p->ids, p->n, err));
    RP_TRY(ops->size(p->store->self, &is, err));
    rp_words_z(&w, "the store took ");
    rp_words_bytes(&w, was);
    rp_words_z(&w, " and takes ");
    rp_words_bytes(&w, is);
    rp_words_z(&w, " now\n");
    return RP_OK;
}

static int prune(struct rp_buf *out, struct pruning *p, struct rp_error *err)
{
    if (p->all.damage.status != RP_OK && !p->how->ids) {
        *err = p->all.damage;
        return err->status;
    }
    if (choose(p) != RP_OK)
        return rp_fail_at(err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    say(out, p);
    return remove_chosen(out, p, err);
}

int rp_checkpoint_prune(struct rp_buf *out, const struct rp_store *store,
                        const struct rp_prune *how, struct rp_error *err)
{
    struct pruning p = {.store = store, .how = how};
    struct rp_alloc *alloc = &out->alloc;
    int rc;

    RP_TRY(rp_looks_open(store, alloc, how->workflow, &p.all, err));
    rc = prune(out, &p, err);
    if (p.ids)
        alloc->resize(alloc->ctx, p.ids, p.room * sizeof(*p.ids), 0);
    rp_looks_close(&p.all);
    return rc;
}
