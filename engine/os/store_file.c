/* store_file.c - owns the store of checkpoint files: its calls, and the saving. */
#include "engine/os/store_file.h"

#include <errno.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/os/reprise_os.h"
#include "engine/reprise.h"

/* ---- saving ---- */

static int may_change(struct sf_store *s, struct rp_error *err)
{
    if (s->read_only)
        return rp_sf_say(s, err, RP_ESTORE, NULL,
                         "the store was opened to be read; open it for writing");
    if (s->sealed)
        return rp_sf_say_fault(s, err, s->rests.file[s->rests.n - 1]);
    return RP_OK;
}

/* Puts the items that are new into s->out and, as parts of f, into the index. */
static int gather(struct sf_store *s, struct sf_file *f, const struct rp_item *items, size_t n,
                  uint64_t *n_new)
{
    uint32_t slot;
    uint64_t at;

    for (size_t i = 0; i < n; i++) {
        RP_TRY(rp_sf_add(&s->index, &items[i].id, &slot));
        if (s->index.entry[slot].file)
            continue;
        if (rp_sf_add_item(&s->out, &items[i], &at) != RP_OK) {
            if (s->index.entry[slot].count == 0)
                rp_sf_drop(&s->index, slot);
            return s->out.failed;
        }
        rp_sf_place(&s->index, slot, f, at, items[i].n);
        ++*n_new;
    }
    return RP_OK;
}

/* The items that were gathered, as they stand in s->out. */
static struct sf_walk gathered(const struct sf_store *s)
{
    struct sf_walk w = {.s = {s->out.s, s->out.n}, .end = s->out.n};

    if (s->out.n >= SF_HEAD)
        w.at = rp_sf_word(s->out.s + 24);
    return w;
}

static void take_back(struct sf_store *s)
{
    struct sf_walk w = gathered(s);
    struct rp_item item;

    if (w.at == 0) /* without memory for a head */
        return;
    while (rp_sf_walk(&w, &item)) {
        uint32_t slot = rp_sf_find(&s->index, &item.id);
        rp_sf_place(&s->index, slot, NULL, 0, 0);
        if (s->index.entry[slot].count == 0)
            rp_sf_drop(&s->index, slot);
    }
}

static int is_there(void *ctx, const struct rp_item_id *id)
{
    const struct sf_store *s = ctx;
    uint32_t slot = rp_sf_find(&s->index, id);

    return slot != SF_NONE && s->index.entry[slot].file ? RP_OK : RP_ESTALE;
}

/* A checkpoint that is kept is kept whole: all that it refers to is there. An item whose form is
 * wrong is told to who reads it. */
static int check_whole(struct sf_store *s, const struct rp_checkpoint_info *info,
                       struct rp_error *err)
{
    struct sf_walk w = gathered(s);
    int rc = is_there(s, &info->root);
    struct rp_item item;

    while (rc != RP_ESTALE && rp_sf_walk(&w, &item))
        rc = rp_snap_refs(item.bytes, item.n, is_there, s);
    if (rc == RP_ESTALE)
        return rp_sf_say(s, err, rc, NULL,
                         "the checkpoint refers to items that are not in the store; save it with "
                         "all of its items");
    return RP_OK;
}

static int count_one(void *ctx, const struct rp_item_id *id)
{
    struct sf_index *x = ctx;

    rp_sf_more(x, rp_sf_find(x, id));
    return RP_OK;
}

/* It is durable: what it refers to is counted, and it is seen. */
static void accept(struct sf_store *s, struct sf_file *f)
{
    struct sf_walk w = gathered(s);
    struct rp_item item;

    w.end -= SF_SUM;
    while (rp_sf_walk(&w, &item))
        rp_snap_refs(item.bytes, item.n, count_one, &s->index);
    count_one(&s->index, &f->info.root);
    f->size = s->out.n;
    s->checkpoints.file[s->checkpoints.n++] = f;
}

static int make_file(struct sf_store *s, struct sf_file *f, const struct rp_checkpoint_info *info,
                     const struct rp_item *items, size_t n, struct rp_error *err)
{
    uint64_t n_new = 0;
    int rc;

    rp_sf_begin(&s->out, SF_CHECKPOINT, f->number);
    rp_sf_add_info(&s->out, info);
    rp_sf_end_head(&s->out);
    rc = s->out.failed;
    if (rc == RP_OK)
        rc = gather(s, f, items, n, &n_new);
    if (rc == RP_OK)
        rc = check_whole(s, info, err);
    if (rc == RP_OK)
        rc = rp_sf_finish(&s->out, n_new);
    return rc == RP_ENOMEM || rc == RP_ELIMIT ? rp_sf_no_memory(s, err) : rc;
}

static int save_file(struct sf_store *s, const struct rp_checkpoint_info *info,
                     const struct rp_item *items, size_t n, struct rp_error *err)
{
    struct sf_file *f = rp_sf_file_new(s, SF_CHECKPOINT, s->next);
    int doubt = 0, rc;

    if (!f || rp_sf_list_room(s, &s->checkpoints) != RP_OK ||
        rp_sf_file_info(s, f, info, rp_str(info->workflow), rp_str(info->signature)) != RP_OK) {
        rp_sf_file_free(s, f);
        return rp_sf_no_memory(s, err);
    }
    rc = make_file(s, f, info, items, n, err);
    if (rc == RP_OK)
        rc = rp_sf_write(s, SF_CHECKPOINT, f->number, &doubt, err);
    if (rc == RP_OK || doubt)
        s->next++;
    if (rc == RP_OK) {
        accept(s, f);
        return RP_OK;
    }
    take_back(s);
    rp_sf_file_free(s, f);
    return rc;
}

static int file_save(void *self, const struct rp_checkpoint_info *info, const struct rp_item *items,
                     size_t n, uint64_t *generation, int64_t *id, struct rp_error *err)
{
    struct sf_store *s = self;

    RP_ASSERT(items || n == 0);
    RP_TRY(may_change(s, err));
    if (*generation != s->generation) {
        *generation = s->generation;
        return rp_sf_say(s, err, RP_ESTALE, NULL,
                         "checkpoints were removed meanwhile; save with all items");
    }
    RP_TRY(rp_sf_settle(s, err));
    if (s->next > SF_NUMBER_MAX)
        return rp_sf_say(s, err, RP_ESTORE, NULL,
                         "all numbers of the store are used; begin another one");
    RP_TRY(save_file(s, info, items, n, err));
    *id = s->next - 1;
    return RP_OK;
}

/* ---- finding ---- */

static int is_damaged(const struct sf_file *f)
{
    return f->fault.e != 0 || f->fault.reason != NULL;
}

/* An item that is missed may stand in a file that is damaged: that one is told then. */
static int say_missing(const struct sf_store *s, struct rp_error *err)
{
    const struct sf_list *const lists[] = {&s->rests, &s->checkpoints};

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->n; i++)
            if (is_damaged(lists[k]->file[i]))
                return rp_sf_say_fault(s, err, lists[k]->file[i]);
    return rp_sf_say(s, err, RP_ENOTFOUND, NULL,
                     "there is no such item; it was removed with the last checkpoint that needed "
                     "it, or never saved");
}

static int file_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                     struct rp_error *err)
{
    struct sf_store *s = self;
    uint32_t slot = rp_sf_find(&s->index, id);

    if (slot == SF_NONE || !s->index.entry[slot].file)
        return say_missing(s, err);
    RP_TRY(rp_sf_fetch(s, &s->index.entry[slot], err));
    *bytes = s->bytes.n > 0 ? s->bytes.s : "";
    *n = s->bytes.n;
    return RP_OK;
}

static int say_not_there(const struct sf_store *s, int64_t id, struct rp_error *err)
{
    struct rp_error place;

    rp_sf_say(s, &place, RP_ENOTFOUND, NULL, "");
    if (s->next == 0)
        return rp_fail_at(err, RP_ENOTFOUND, place.where,
                          "there is no checkpoint %l; none was saved yet", id);
    if (id < 0 || id >= s->next)
        return rp_fail_at(err, RP_ENOTFOUND, place.where,
                          "there is no checkpoint %l; those that were saved have the numbers 0 to "
                          "%l",
                          id, s->next - 1);
    return rp_fail_at(err, RP_ENOTFOUND, place.where, "checkpoint %l was removed", id);
}

static int file_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct sf_store *s = self;
    struct sf_file *f = rp_sf_checkpoint(s, id);

    if (!f)
        return say_not_there(s, id, err);
    if (is_damaged(f))
        return rp_sf_say_fault(s, err, f);
    *out = f->info;
    return RP_OK;
}

/* As far as can be told of a damaged one. */
static int may_be_of(const struct sf_file *f, const char *workflow)
{
    return !workflow || !f->known || rp_str_equal(rp_str(f->info.workflow), rp_str(workflow));
}

/* What is damaged is not left out in silence: it is told at the end. */
static int file_list(void *self, const char *workflow,
                     int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                     struct rp_error *err)
{
    struct sf_store *s = self;
    const struct sf_file *damaged = NULL;

    for (size_t i = 0; i < s->checkpoints.n; i++) {
        const struct sf_file *f = s->checkpoints.file[i];
        if (!may_be_of(f, workflow))
            continue;
        if (!is_damaged(f))
            RP_TRY(visit(ctx, &f->info));
        else if (!damaged)
            damaged = f;
    }
    return damaged ? rp_sf_say_fault(s, err, damaged) : RP_OK;
}

static int file_latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    struct sf_store *s = self;
    struct rp_error place;

    for (size_t i = s->checkpoints.n; i > 0; i--) {
        const struct sf_file *f = s->checkpoints.file[i - 1];
        if (!may_be_of(f, workflow))
            continue;
        if (is_damaged(f))
            return rp_sf_say_fault(s, err, f);
        *id = f->number;
        return RP_OK;
    }
    rp_sf_say(s, &place, RP_ENOTFOUND, NULL, "");
    if (!workflow)
        return rp_fail_at(err, RP_ENOTFOUND, place.where, "there is no checkpoint in it");
    return rp_fail_at(err, RP_ENOTFOUND, place.where,
                      "there is no checkpoint of the workflow \"%s\"; give the name under which it "
                      "was saved",
                      workflow);
}

/* ---- the rest ---- */

static int file_remove(void *self, const int64_t *ids, size_t n, struct rp_error *err)
{
    struct sf_store *s = self;

    RP_ASSERT(ids || n == 0);
    RP_TRY(may_change(s, err));
    for (size_t i = 0; i < n; i++)
        if (!rp_sf_checkpoint(s, ids[i]))
            return say_not_there(s, ids[i], err);
    return n > 0 ? rp_sf_remove(s, ids, n, err) : RP_OK;
}

static int file_size(void *self, uint64_t *bytes, struct rp_error *err)
{
    struct sf_store *s = self;

    (void)err;
    *bytes = 0;
    for (size_t i = 0; i < s->checkpoints.n; i++)
        *bytes += s->checkpoints.file[i]->size;
    for (size_t i = 0; i < s->rests.n; i++)
        *bytes += s->rests.file[i]->size;
    return RP_OK;
}

static void file_free(void *self)
{
    struct sf_store *s = self;
    struct rp_alloc alloc;

    if (!s)
        return;
    alloc = s->alloc;
    rp_sf_unload(s);
    if (s->folder >= 0)
        s->disk.ops->leave(s->disk.self, s->folder);
    rp_buf_free(&s->in);
    rp_buf_free(&s->out);
    rp_buf_free(&s->bytes);
    if (s->path)
        alloc.resize(alloc.ctx, s->path, strlen(s->path) + 1, 0);
    alloc.resize(alloc.ctx, s, sizeof(*s), 0);
}

static const struct rp_store_ops file_ops = {.save = file_save,
                                             .item = file_item,
                                             .info = file_info,
                                             .list = file_list,
                                             .latest = file_latest,
                                             .remove = file_remove,
                                             .size = file_size,
                                             .free = file_free};

/* ---- opening ---- */

static struct sf_store *store_new(const struct rp_alloc *alloc, const struct rp_disk *disk,
                                  const char *folder, int read_only)
{
    size_t size = strlen(folder) + 1;
    struct sf_store *s = alloc->resize(alloc->ctx, NULL, 0, sizeof(*s));

    if (!s)
        return NULL;
    *s = (struct sf_store){.alloc = *alloc, .disk = *disk, .folder = -1, .read_only = read_only};
    rp_sf_index_init(&s->index, alloc);
    rp_buf_init(&s->in, alloc, SIZE_MAX / 2);
    rp_buf_init(&s->out, alloc, SIZE_MAX / 2);
    rp_buf_init(&s->bytes, alloc, SIZE_MAX / 2);
    s->path = alloc->resize(alloc->ctx, NULL, 0, size);
    if (!s->path) {
        file_free(s);
        return NULL;
    }
    memcpy(s->path, folder, size);
    return s;
}

static int enter(struct sf_store *s, struct rp_error *err)
{
    int e = s->disk.ops->enter(s->disk.self, s->path, !s->read_only, &s->folder);

    if (e != 0) {
        s->folder = -1;
        return rp_sf_fail(s, err, NULL, "the folder of the store cannot be opened", e);
    }
    if (s->read_only)
        return RP_OK;
    e = s->disk.ops->lock(s->disk.self, s->folder);
    if (e == EWOULDBLOCK)
        return rp_sf_say(s, err, RP_ESTORE, NULL,
                         "another process writes to this store; wait until it has ended, or open "
                         "the store to be read");
    return e == 0 ? RP_OK : rp_sf_fail(s, err, NULL, "the folder cannot be locked", e);
}

int rp_store_file_on(const struct rp_alloc *alloc, const struct rp_disk *disk, const char *folder,
                     int read_only, struct rp_store *out, struct rp_error *err)
{
    struct sf_store *s = store_new(alloc, disk, folder, read_only);
    int rc;

    if (!s)
        return rp_fail_at(err, RP_ENOMEM, folder, "%s", rp_status_text(RP_ENOMEM));
    rc = enter(s, err);
    if (rc == RP_OK)
        rc = rp_sf_load(s, err);
    if (rc != RP_OK) {
        file_free(s);
        return rc;
    }
    *out = (struct rp_store){&file_ops, s};
    return RP_OK;
}

int rp_store_file(const struct rp_alloc *alloc, const char *folder, struct rp_store *out,
                  struct rp_error *err)
{
    struct rp_disk disk = rp_disk_real();

    return rp_store_file_on(alloc, &disk, folder, 0, out, err);
}

int rp_store_file_to_read(const struct rp_alloc *alloc, const char *folder, struct rp_store *out,
                          struct rp_error *err)
{
    struct rp_disk disk = rp_disk_real();

    return rp_store_file_on(alloc, &disk, folder, 1, out, err);
}

/* ---- looking after a store ---- */

struct check {
    struct sf_store *s;
    int (*say)(void *ctx, const struct rp_error *finding);
    void *ctx;
    int said; /* what say returned last */
};

static int check_entry(void *ctx, const char *name)
{
    struct check *c = ctx;
    struct rp_error finding;
    enum sf_kind kind;
    int64_t number;

    if (rp_sf_is_name(name, &kind, &number))
        return RP_OK;
    rp_fail_at(&finding, RP_ESTORE, c->s->path,
               "\"%s\" is no file of the store and was left alone; move it away", name);
    c->said = c->say(c->ctx, &finding);
    return c->said != RP_OK ? EINTR : 0;
}

static int check_list(struct check *c, const struct sf_list *list)
{
    struct rp_error finding;

    for (size_t i = 0; i < list->n; i++) {
        if (!is_damaged(list->file[i]))
            continue;
        rp_sf_say_fault(c->s, &finding, list->file[i]);
        RP_TRY(c->say(c->ctx, &finding));
    }
    return RP_OK;
}

int rp_store_file_check(const struct rp_store *store,
                        int (*say)(void *ctx, const struct rp_error *finding), void *ctx,
                        struct rp_error *err)
{
    struct check c = {.s = store->self, .say = say, .ctx = ctx};
    struct rp_error finding;
    int rc;

    if (store->ops != &file_ops)
        return rp_fail_at(err, RP_EARG, "checkpoint store", "it is no store of files");
    RP_TRY(check_list(&c, &c.s->rests));
    RP_TRY(check_list(&c, &c.s->checkpoints));
    if (c.s->index.missing > 0) {
        rp_sf_say(c.s, &finding, RP_ESTORE, NULL,
                  "items that others refer to are missing; verify each checkpoint to find those "
                  "that cannot be restored");
        RP_TRY(say(ctx, &finding));
    }
    rc = c.s->disk.ops->list(c.s->disk.self, c.s->folder, check_entry, &c);
    if (c.said != RP_OK || rc == 0)
        return c.said;
    return rp_sf_fail(c.s, err, NULL, "the folder of the store cannot be read", rc);
}
