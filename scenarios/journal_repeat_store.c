/* journal_repeat_store.c - a checkpoint store that does what the recorded one did: it keeps what it
 * is given in memory, under the numbers of the journal, and fails where that one failed. */
#include "journal_repeat.h"

#include <string.h>

/* ---- numbers --------------------------------------------------------------------------------- */

static const struct rp_replay_checkpoint *find(const struct rp_replay *r, int64_t id)
{
    for (size_t i = r->n_checkpoints; i-- > 0;)
        if (r->checkpoint[i].id == id)
            return &r->checkpoint[i];
    return NULL;
}

static int note(struct rp_replay *r, struct rp_replay_checkpoint checkpoint)
{
    size_t room = r->checkpoints_room ? r->checkpoints_room * 2 : 64;
    struct rp_replay_checkpoint *more = r->checkpoint;
    struct rp_alloc *alloc = &r->o.alloc;

    if (r->n_checkpoints == r->checkpoints_room) {
        more = alloc->resize(alloc->ctx, more, r->checkpoints_room * sizeof(*more),
                             room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        r->checkpoint = more;
        r->checkpoints_room = room;
    }
    r->checkpoint[r->n_checkpoints++] = checkpoint;
    return RP_OK;
}

/* ---- the recorded store's failures ----------------------------------------------------------- */

/* RP_OK: the next line does not say that it could not do this. */
static int recorded_failure(struct rp_replay *r, const char *does, struct rp_error *err)
{
    const struct rp_journal_reader *in = &r->in;
    int rc = rp_repeat_peek(r);

    if (rc != RP_OK)
        return rc == RP_ENOTFOUND ? RP_OK : rc;
    if (!rp_journal_is(in, "store_failed") || strcmp(rp_journal_text(in, "does"), does) != 0)
        return RP_OK;
    rc = rp_repeat_status(rp_journal_text(in, "status"), RP_ESTORE);
    return rp_fail_at(err, rc == RP_OK ? RP_ESTORE : rc, rp_journal_text(in, "where"), "%s",
                      rp_journal_text(in, "text"));
}

/* ---- the store ------------------------------------------------------------------------------- */

/* The number that the recorded store gave. */
static int64_t recorded_id(const struct rp_replay *r)
{
    if (rp_journal_is(&r->in, "saved"))
        return rp_journal_int(&r->in, "checkpoint");
    return r->n_checkpoints > 0 ? r->checkpoint[r->n_checkpoints - 1].id + 1 : 0;
}

static int repeat_save(void *self, const struct rp_checkpoint_info *info,
                       const struct rp_item *items, size_t n, uint64_t *generation, int64_t *id,
                       struct rp_error *err)
{
    struct rp_replay *r = self;
    struct rp_checkpoint_info mine = *info;
    const struct rp_replay_checkpoint *before = find(r, info->previous);
    int64_t inner = -1;

    RP_TRY(recorded_failure(r, "save", err));
    mine.previous = before ? before->inner : -1;
    RP_TRY(r->memory.ops->save(r->memory.self, &mine, items, n, generation, &inner, err));
    *id = recorded_id(r);
    return note(r, (struct rp_replay_checkpoint){*id, inner, info->previous});
}

static int repeat_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                       struct rp_error *err)
{
    struct rp_replay *r = self;

    RP_TRY(recorded_failure(r, "item", err));
    return r->memory.ops->item(r->memory.self, id, bytes, n, err);
}

static int repeat_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct rp_replay *r = self;
    const struct rp_replay_checkpoint *at = find(r, id);

    RP_TRY(recorded_failure(r, "info", err));
    if (!at)
        return rp_fail_at(err, RP_ENOTFOUND, r->o.name, "the journal has no checkpoint %l", id);
    RP_TRY(r->memory.ops->info(r->memory.self, at->inner, out, err));
    out->id = at->id;
    out->previous = at->previous;
    return RP_OK;
}

/* A play asks for none of these. */
static int no_list(void *self, const char *workflow,
                   int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                   struct rp_error *err)
{
    (void)workflow;
    (void)visit;
    (void)ctx;
    return rp_fail_at(err, RP_EARG, ((struct rp_replay *)self)->o.name,
                      "the store of a replay lists nothing");
}

static int no_latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    (void)workflow;
    (void)id;
    return rp_fail_at(err, RP_EARG, ((struct rp_replay *)self)->o.name,
                      "the store of a replay knows no latest checkpoint");
}

static int no_removal(void *self, const int64_t *ids, size_t n, struct rp_error *err)
{
    (void)ids;
    (void)n;
    return rp_fail_at(err, RP_EARG, ((struct rp_replay *)self)->o.name,
                      "the store of a replay removes nothing");
}

static int repeat_size(void *self, uint64_t *bytes, struct rp_error *err)
{
    struct rp_store *memory = &((struct rp_replay *)self)->memory;

    return memory->ops->size(memory->self, bytes, err);
}

static void repeat_free(void *self)
{
    (void)self; /* the replay frees its memory store */
}

int rp_repeat_store(struct rp_replay *r)
{
    static const struct rp_store_ops ops = {.save = repeat_save,
                                            .item = repeat_item,
                                            .info = repeat_info,
                                            .list = no_list,
                                            .latest = no_latest,
                                            .remove = no_removal,
                                            .size = repeat_size,
                                            .free = repeat_free};

    RP_TRY(rp_store_memory(&r->o.alloc, &r->memory));
    r->store = (struct rp_store){&ops, r};
    return RP_OK;
}

/* ---- a checkpoint of another history --------------------------------------------------------- */

/* The values are written from a heap of their own: writing numbers its objects. */
static int copy_and_save(struct rp_replay *r, struct rp_heap *h, struct rp_error *err)
{
    const struct rp_journal_reader *in = &r->in;
    struct rp_checkpoint_info info = {
        .previous = -1,
        .workflow = rp_journal_text(in, "workflow"),
        .signature = rp_journal_text(in, "signature"),
        .iteration = rp_journal_int(in, "iteration"),
        .pending = (uint32_t)rp_journal_int(in, "pending"),
        .messages = (uint32_t)rp_journal_int(in, "messages"),
        .time_ms = (uint64_t)rp_journal_int(in, "time_ms"),
    };
    struct rp_value record;
    int64_t inner;
    int rc;

    RP_TRY(rp_copy_into(h, rp_journal_at(in, "value"), &record));
    rc = rp_store_write(&r->memory, &r->o.alloc, &info, record, &inner, err);
    if (rc == RP_ECHECKPOINT)
        return rp_repeat_damaged(r, "the checkpoint is not of the form of checkpoints");
    RP_TRY(rc);
    return note(r, (struct rp_replay_checkpoint){rp_journal_int(in, "checkpoint"), inner,
                                                 rp_journal_int(in, "previous")});
}

int rp_repeat_adopt(struct rp_replay *r, int64_t *id, struct rp_error *err)
{
    struct rp_heap h;
    int rc;

    if (!r->store.self)
        return rp_repeat_damaged(r, "the play has no checkpoints to go on from");
    rp_heap_init(&h, &r->o.alloc, 0, 0);
    rc = copy_and_save(r, &h, err);
    rp_heap_free(&h);
    *id = rp_journal_int(&r->in, "checkpoint");
    return rc;
}
