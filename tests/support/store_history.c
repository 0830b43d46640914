/* store_history.c - owns the lives of stores that are played on failing disks. */
#include "tests/support/store_history.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "engine/os/store_file.h"

static const char list[] = "a list of what was before, and of what came at last";
static const char *const workflows[] = {"chat", "a longer name of a workflow"};

void history_init(struct history *h, uint64_t seed, unsigned steps)
{
    *h = (struct history){.seed = seed, .steps = steps};
    trees_init(&h->trees);
}

void history_free(struct history *h)
{
    trees_free(&h->trees);
    free(h->saved);
    h->saved = NULL;
}

static uint64_t draw(struct history *h, uint64_t below)
{
    return ff_draw(&h->luck) % below;
}

static int wrong(struct history *h, const char *format, ...)
{
    va_list given;

    va_start(given, format);
    vsnprintf(h->wrong, sizeof(h->wrong), format, given);
    va_end(given);
    return 0;
}

/* A call failed: may it? */
static int may_fail(struct history *h, const char *what, int rc, const struct rp_error *err)
{
    if (rc != RP_ESTORE || err->status != rc || !*err->where || !*err->text)
        return wrong(h, "%s failed with %s, \"%s\", \"%s\"", what, rp_status_name(rc), err->where,
                     err->text);
    if (!h->hurt && !h->disk->fired)
        return wrong(h, "%s failed on a good disk: %s: %s", what, err->where, err->text);
    if (!h->hurt && h->failed >= h->disk->lasts)
        return wrong(h, "%s failed after the trouble was over: %s: %s", what, err->where,
                     err->text);
    h->failed += !h->hurt;
    return h->disk->stopped || !h->after_failure || h->after_failure(h);
}

/* ---- what there is ---- */

static struct rp_checkpoint_info info_of(const struct history *h, size_t i)
{
    return (struct rp_checkpoint_info){.previous = (int64_t)i - 1,
                                       .workflow = workflows[i % 3 == 0],
                                       .signature = "0123456789abcdef",
                                       .iteration = (int64_t)i,
                                       .pending = (uint32_t)i % 3,
                                       .messages = (uint32_t)i % 5,
                                       .time_ms = i * 10,
                                       .root = h->trees.item[h->saved[i].root].item.id};
}

struct looking {
    struct history *h;
    const struct rp_store *store;
    int64_t before;
    int after_crash; /* what may be, is */
};

static int is_info(const struct rp_checkpoint_info *a, const struct rp_checkpoint_info *b)
{
    return a->previous == b->previous && strcmp(a->workflow, b->workflow) == 0 &&
           strcmp(a->signature, b->signature) == 0 && a->iteration == b->iteration &&
           a->pending == b->pending && a->messages == b->messages && a->time_ms == b->time_ms &&
           memcmp(&a->root, &b->root, sizeof(a->root)) == 0;
}

static int may_be_there(const struct looking *l, const struct saved *saved, int64_t id)
{
    if (saved->life == LIFE_GONE || saved->seen)
        return 0;
    return saved->life == LIFE_MAYBE_SAVED ? l->after_crash : saved->id == id;
}

static int look_at(void *ctx, const struct rp_checkpoint_info *info)
{
    struct looking *l = ctx;
    struct history *h = l->h;
    struct rp_checkpoint_info want;
    struct saved *saved;

    if (info->id <= l->before)
        return wrong(h, "checkpoint %d is listed after %d", (int)info->id, (int)l->before), 1;
    l->before = info->id;
    if (info->iteration < 0 || (size_t)info->iteration >= h->n_saved)
        return wrong(h, "checkpoint %d was never saved", (int)info->id), 1;
    saved = &h->saved[info->iteration];
    want = info_of(h, (size_t)info->iteration);
    if (!is_info(info, &want))
        return wrong(h, "checkpoint %d is another one", (int)info->id), 1;
    if (!may_be_there(l, saved, info->id))
        return wrong(h, "checkpoint %d, number %d, must not be there: %d", (int)info->id,
                     (int)info->iteration, (int)saved->life),
               1;
    saved->seen = 1;
    saved->id = info->id;
    return RP_OK;
}

static int check_trees(struct looking *l)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct history *h = l->h;
    struct rp_error err;

    trees_begin(&h->trees);
    for (size_t i = 0; i < h->n_saved; i++)
        if (h->saved[i].seen &&
            (trees_check(&h->trees, l->store, h->saved[i].root, &err) != RP_OK ||
             rp_store_verify(l->store, &alloc, h->saved[i].id, &err) != RP_OK))
            return wrong(h, "checkpoint %d, number %d, is not whole: %s: %s", (int)h->saved[i].id,
                         (int)i, err.where, err.text);
    return 1;
}

/* A removal that failed removed all or none. */
static int check_groups(struct looking *l)
{
    struct history *h = l->h;

    for (size_t i = 0; i < h->n_saved; i++) {
        if (h->saved[i].life != LIFE_MAYBE_REMOVED)
            continue;
        if (!l->after_crash && !h->saved[i].seen)
            return wrong(h, "checkpoint %d went in a removal that failed", (int)h->saved[i].id);
        for (size_t k = 0; k < i; k++)
            if (h->saved[k].life == LIFE_MAYBE_REMOVED && h->saved[k].group == h->saved[i].group &&
                h->saved[k].seen != h->saved[i].seen)
                return wrong(h, "of checkpoints %d and %d one was removed", (int)h->saved[k].id,
                             (int)h->saved[i].id);
    }
    return 1;
}

static int compare(struct history *h, const struct rp_store *store, int after_crash)
{
    struct looking l = {.h = h, .store = store, .before = -1, .after_crash = after_crash};
    struct rp_error err;
    int rc;

    for (size_t i = 0; i < h->n_saved; i++) {
        h->saved[i].seen = 0;
        if (h->saved[i].life == LIFE_MAYBE_SAVED)
            h->saved[i].id = -1;
    }
    rc = store->ops->list(store->self, NULL, look_at, &l, &err);
    if (rc != RP_OK)
        return rc == 1 ? 0 : wrong(h, "listing: %s: %s", err.where, err.text);
    for (size_t i = 0; i < h->n_saved; i++)
        if (h->saved[i].life == LIFE_SAVED && !h->saved[i].seen)
            return wrong(h, "checkpoint %d, number %d, is gone", (int)h->saved[i].id, (int)i);
    return check_groups(&l) && check_trees(&l);
}

/* The store that is played with; the disk behaves meanwhile. */
static int compare_here(struct history *h, int after_opening)
{
    int fine;

    h->disk->quiet = 1;
    fine = compare(h, &h->store, after_opening);
    h->disk->quiet = 0;
    return fine;
}

/* What may be is decided by what was seen. */
static void adopt(struct history *h)
{
    for (size_t i = 0; i < h->n_saved; i++) {
        if (h->saved[i].life == LIFE_MAYBE_SAVED || h->saved[i].life == LIFE_MAYBE_REMOVED)
            h->saved[i].life = h->saved[i].seen ? LIFE_SAVED : LIFE_GONE;
        if (h->saved[i].life == LIFE_SAVED && h->saved[i].id > h->last_id)
            h->last_id = h->saved[i].id;
    }
}

static int find_one(void *ctx, const struct rp_error *finding)
{
    struct history *h = ctx;

    wrong(h, "found: %s: %s", finding->where, finding->text);
    return 1;
}

/* ---- steps ---- */

static int step_open(struct history *h)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_disk disk = ff_disk(h->disk);
    struct rp_error err = {0};
    int fired = h->disk->fired, rc;

    if (h->is_open)
        h->store.ops->free(h->store.self);
    h->hurt = h->is_open = 0;
    h->generation = 0;
    if (draw(h, 2))
        trees_forget(&h->trees);
    rc = rp_store_file_on(&alloc, &disk, "store", 0, &h->store, &err);
    if (rc != RP_OK)
        return may_fail(h, "opening", rc, &err);
    h->is_open = 1;
    if (h->disk->fired && (!fired || h->disk->lasts > 1))
        h->hurt = rp_store_file_check(&h->store, find_one, h, &err) != RP_OK;
    if (h->hurt)
        return 1;
    if (!compare_here(h, 1))
        return 0;
    adopt(h);
    return 1;
}

/* A checkpoint of a conversation that goes on, or stays, or begins anew. */
static void make_checkpoint(struct history *h, size_t i)
{
    size_t w = i % 3 == 0, message;
    char text[700];
    int n = (int)draw(h, 40) ? (int)draw(h, 60) : 600;

    snprintf(text, sizeof(text),
             "message %d of %s, which is as long as what is an item of its own: %*s", (int)i,
             workflows[w], n, "end");
    if (draw(h, 8) == 0)
        h->spine[w] = TREE_NONE;
    if (draw(h, 5) || h->spine[w] == TREE_NONE) {
        message = trees_add(&h->trees, text, TREE_NONE, TREE_NONE);
        h->spine[w] = trees_add(&h->trees, list, h->spine[w], message);
    }
    snprintf(text, sizeof(text), "state %d", (int)i);
    h->saved[i].root = trees_add_checkpoint(&h->trees, workflows[w], text, h->spine[w]);
}

/* A change that was acknowledged settles removals that failed before. */
static void settle(struct history *h)
{
    for (size_t i = 0; i < h->n_saved; i++)
        if (h->saved[i].life == LIFE_MAYBE_REMOVED)
            h->saved[i].life = LIFE_SAVED;
}

static int save(struct history *h, const struct rp_checkpoint_info *info, size_t root, int64_t *id,
                struct rp_error *err)
{
    int rc = RP_ESTALE;

    for (int i = 0; rc == RP_ESTALE && i < 2; i++) {
        trees_gather(&h->trees, root);
        rc = h->store.ops->save(h->store.self, info, h->trees.sent, h->trees.n_sent, &h->generation,
                                id, err);
        if (rc == RP_ESTALE)
            trees_forget(&h->trees);
    }
    if (rc == RP_OK)
        trees_keep(&h->trees);
    return rc;
}

static int step_save(struct history *h)
{
    struct rp_checkpoint_info info;
    struct rp_error err = {0};
    size_t i = h->n_saved++;
    int64_t id = -5;
    int rc;

    if (h->n_saved > h->saved_room) {
        h->saved_room = 2 * h->n_saved;
        h->saved = realloc(h->saved, h->saved_room * sizeof(*h->saved));
        if (!h->saved)
            abort();
    }
    h->saved[i] = (struct saved){.id = -1, .life = LIFE_MAYBE_SAVED};
    make_checkpoint(h, i);
    info = info_of(h, i);
    rc = save(h, &info, h->saved[i].root, &id, &err);
    if (rc != RP_OK)
        return may_fail(h, "saving", rc, &err);
    if (id <= h->last_id)
        return wrong(h, "the number %d is used again", (int)id);
    h->last_id = id;
    h->saved[i].id = id;
    h->saved[i].life = LIFE_SAVED;
    settle(h);
    return 1;
}

static int is_old(const struct history *h, size_t i, size_t keep)
{
    size_t younger = 0;

    for (size_t k = i + 1; k < h->n_saved; k++)
        younger += h->saved[k].life == LIFE_SAVED;
    return younger >= keep;
}

/* Any ones, or the old ones, or the newest. */
static size_t choose(struct history *h, int64_t *ids, size_t room)
{
    uint64_t how = draw(h, 4), keep = 1 + draw(h, 5);
    size_t n = 0;

    for (size_t i = 0; i < h->n_saved && n < room; i++) {
        if (h->saved[i].life != LIFE_SAVED)
            continue;
        if (how == 0 ? draw(h, 4) != 0 : how == 1 ? is_old(h, i, 1) : !is_old(h, i, keep))
            continue;
        h->saved[i].group = h->groups;
        ids[n++] = h->saved[i].id;
    }
    return n;
}

/* What no checkpoint needs any more is not handed out. */
static int check_freed(struct history *h)
{
    struct rp_error err;
    const char *bytes;
    size_t n;

    trees_begin(&h->trees);
    for (size_t i = 0; i < h->n_saved; i++)
        if (h->saved[i].life == LIFE_SAVED)
            trees_mark(&h->trees, h->saved[i].root);
    for (size_t i = 0; i < h->trees.n; i++)
        if (!h->trees.item[i].seen && h->store.ops->item(h->store.self, &h->trees.item[i].item.id,
                                                         &bytes, &n, &err) != RP_ENOTFOUND)
            return wrong(h, "item %d was not freed", (int)i);
    return 1;
}

static int step_remove(struct history *h)
{
    struct rp_error err = {0};
    int64_t ids[64];
    size_t n;
    int rc;

    h->groups++;
    n = choose(h, ids, sizeof(ids) / sizeof(ids[0]));
    rc = h->store.ops->remove(h->store.self, ids, n, &err);
    for (size_t i = 0; i < h->n_saved; i++) {
        struct saved *s = &h->saved[i];
        if (s->life == LIFE_SAVED && s->group == h->groups)
            s->life = rc == RP_OK ? LIFE_GONE : LIFE_MAYBE_REMOVED;
        else if (s->life == LIFE_MAYBE_SAVED && rc == RP_OK && n > 0 && !h->hurt)
            s->life = LIFE_GONE;
        else if (s->life == LIFE_MAYBE_REMOVED && rc == RP_OK && n > 0)
            s->life = LIFE_SAVED;
    }
    if (rc != RP_OK)
        return may_fail(h, "removing", rc, &err);
    return n == 0 || h->hurt || check_freed(h);
}

static int step_load(struct history *h)
{
    struct rp_error err = {0};
    size_t i = h->n_saved > 0 ? (size_t)draw(h, h->n_saved) : 0;
    int rc;

    if (h->n_saved == 0 || h->saved[i].life != LIFE_SAVED)
        return 1;
    trees_begin(&h->trees);
    rc = trees_check(&h->trees, &h->store, h->saved[i].root, &err);
    return rc == RP_OK || may_fail(h, "loading", rc, &err);
}

static int step(struct history *h)
{
    uint64_t what = draw(h, 10);

    if (!h->is_open || what == 9)
        return step_open(h);
    return what < 6 ? step_save(h) : what < 8 ? step_remove(h) : step_load(h);
}

static void begin(struct history *h, struct ff *disk)
{
    h->luck = h->seed;
    h->disk = disk;
    h->n_saved = 0;
    h->groups = 0;
    h->last_id = -1;
    h->is_open = h->hurt = h->failed = 0;
    h->spine[0] = h->spine[1] = TREE_NONE;
    h->wrong[0] = '\0';
    trees_forget(&h->trees);
}

int history_play(struct history *h, struct ff *disk)
{
    int fine = 1;

    begin(h, disk);
    for (unsigned i = 0; i < h->steps && fine && !disk->stopped; i++) {
        fine = step(h);
        if (fine && (h->failed || i + 1 == h->steps) && h->is_open && !h->hurt && !disk->stopped)
            fine = compare_here(h, 0);
    }
    if (h->is_open)
        h->store.ops->free(h->store.self);
    h->is_open = 0;
    return fine || disk->stopped;
}

/* ---- after a crash ---- */

/* Nothing lies about: no file is left that is no part of the store. */
static int check_files(struct history *h, const struct ff *disk)
{
    size_t files = 0, listed = 0;

    for (size_t i = 0; i < disk->names.n; i++) {
        const char *name = disk->names.entry[i].name;
        if (strstr(name, ".tmp"))
            return wrong(h, "%s is left", name);
        files += strstr(name, ".rpc") != NULL;
    }
    for (size_t i = 0; i < h->n_saved; i++)
        listed += (size_t)h->saved[i].seen;
    return files == listed || wrong(h, "%d files of %d checkpoints", (int)files, (int)listed);
}

static int check_open(struct history *h, struct ff *disk, int read_only, struct rp_store *store)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_disk files = ff_disk(disk);
    struct rp_error err;
    int fine;

    if (rp_store_file_on(&alloc, &files, "store", read_only, store, &err) != RP_OK)
        return (read_only && !disk->exists) ||
               wrong(h, "cannot be opened: %s: %s", err.where, err.text);
    fine = rp_store_file_check(store, find_one, h, &err) == RP_OK && compare(h, store, 1) &&
           (read_only || check_files(h, disk));
    if (read_only || !fine)
        store->ops->free(store->self);
    return fine;
}

/* The store goes on: another checkpoint, with a number that none had. */
static int check_saving(struct history *h, struct rp_store *store)
{
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "after", .iteration = -1};
    size_t root = trees_add(&h->trees, "after the crash", TREE_NONE, TREE_NONE);
    uint64_t generation = 0;
    struct rp_error err;
    int64_t id = -1;

    info.root = h->trees.item[root].item.id;
    if (store->ops->save(store->self, &info, &h->trees.item[root].item, 1, &generation, &id,
                         &err) != RP_OK)
        return wrong(h, "saving after the crash: %s: %s", err.where, err.text);
    for (size_t i = 0; i < h->n_saved; i++)
        if (h->saved[i].id >= id)
            return wrong(h, "after the crash, the number %d is used again", (int)id);
    if (store->ops->remove(store->self, &id, 1, &err) != RP_OK)
        return wrong(h, "removing after the crash: %s: %s", err.where, err.text);
    return compare(h, store, 1);
}

int history_check(struct history *h, int crash, uint64_t seed)
{
    struct rp_store store;
    struct ff left, again;
    int fine;

    h->points++;
    ff_crash(h->disk, crash, seed, &left);
    fine = (seed % 4 != 0 || check_open(h, &left, 1, &store)) && check_open(h, &left, 0, &store);
    if (fine) {
        fine = check_saving(h, &store);
        store.ops->free(store.self);
    }
    if (fine && seed % 3 == 0) {
        ff_crash(&left, FF_NOTHING, 0, &again);
        fine = check_open(h, &again, 0, &store);
        if (fine)
            store.ops->free(store.self);
        ff_free(&again);
    }
    ff_free(&left);
    return fine;
}
