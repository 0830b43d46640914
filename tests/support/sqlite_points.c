/* sqlite_points.c - owns the crash points of the SQLite store. */
#include "tests/support/sqlite_points.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/os/reprise_os.h"

#define FILE_NAME "store.db"

/* ---- a history ---- */

struct history {
    struct points *p;
    struct rp_store store; /* ops NULL: it is not open */
    uint64_t generation;
    uint64_t draw; /* of the steps */
    int failures;
};

static int wrong(struct points *p, const char *format, ...)
{
    va_list given;

    va_start(given, format);
    vsnprintf(p->why, sizeof(p->why), format, given);
    va_end(given);
    return 0;
}

static int open_on(struct points *p, struct faulty_vfs *v, struct rp_store *out,
                   struct rp_error *err)
{
    const struct rp_alloc alloc = rp_alloc_libc();
    struct rp_sqlite_opts opts = {
        .vfs = v->name, .full_sync = p->full_sync, .wal_pages = 12, .unindexed = 9};

    return rp_store_sqlite_with(&alloc, FILE_NAME, &opts, out, err);
}

static struct model *newest(struct points *p)
{
    return &p->state[p->n - 1];
}

/* A step was acknowledged, or failed with *next as what it would have made. */
static int acknowledge(struct history *h, const struct model *next, int rc)
{
    struct points *p = h->p;

    if (rc == RP_OK) {
        if (!model_equal(next, newest(p))) /* what writes nothing undoes no failed step either */
            p->state[p->n++] = *next;
        return 1;
    }
    p->failed[p->n_failed] = *next;
    p->failed_at[p->n_failed++] = p->n;
    h->failures++;
    return 1;
}

static void draw_checkpoint(struct history *h, struct model_checkpoint *c)
{
    const struct model *m = newest(h->p);

    memset(c, 0, sizeof(*c));
    c->workflow = tree_below(&h->draw, 2);
    c->previous = model_latest(m, (int)c->workflow);
    c->iteration = m->next;
    for (int i = 0; i < TREE_MIDDLES; i++)
        c->middle[i] = tree_below(&h->draw, 12);
}

static int step_save(struct history *h)
{
    struct model next = *newest(h->p);
    struct model_checkpoint c;
    struct rp_error err = {0};
    int64_t id = -1;
    int rc;

    draw_checkpoint(h, &c);
    model_save(&next, &c);
    rc = model_save_to(&h->store, &c, &h->generation, &id, &err);
    if (rc == RP_ESTALE)
        rc = model_save_to(&h->store, &c, &h->generation, &id, &err);
    if (rc == RP_OK && id != c.id)
        return wrong(h->p, "the checkpoint got id %d and not %d", (int)id, (int)c.id);
    return acknowledge(h, &next, rc);
}

static int step_remove(struct history *h)
{
    struct model next = *newest(h->p);
    int64_t ids[4];
    size_t n = 0;
    struct rp_error err = {0};

    while (n < 4 && n < next.n) {
        ids[n] = next.c[tree_below(&h->draw, (uint32_t)next.n)].id;
        n++;
    }
    model_remove(&next, ids, n);
    return acknowledge(h, &next, h->store.ops->remove(h->store.self, ids, n, &err));
}

static int step_prune(struct history *h)
{
    struct model next = *newest(h->p);
    const struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};
    uint32_t keep = tree_below(&h->draw, 4), removed;

    model_prune(&next, -1, keep, UINT64_MAX);
    return acknowledge(h, &next,
                       rp_store_prune(&h->store, &alloc, NULL, keep, UINT64_MAX, &removed, &err));
}

static int step_reopen(struct history *h)
{
    struct rp_error err = {0};

    if (h->store.ops)
        h->store.ops->free(h->store.self);
    h->store.ops = NULL;
    if (open_on(h->p, &h->p->disk, &h->store, &err) != RP_OK) {
        h->failures++;
        h->store.ops = NULL;
        if (open_on(h->p, &h->p->disk, &h->store, &err) != RP_OK && !h->p->disk.dead &&
            !h->p->disk.full)
            return wrong(h->p, "the store does not open again: %s", err.text);
    }
    return 1;
}

/* Nothing but its error may come from a failure: the same connection shows what there was. */
static int step_look(struct history *h)
{
    struct points *p = h->p;
    struct model seen[2] = {*newest(p)};
    char why[400];
    int failed = p->disk.hit;

    if (model_which(&h->store, seen, 1, why) == 0 && model_is_whole(&h->store, seen, why))
        return 1;
    if (p->disk.dead)
        return 1;
    if (failed != p->disk.hit) { /* it was this reading that failed: once */
        h->failures++;
        if (model_which(&h->store, seen, 1, why) == 0 && model_is_whole(&h->store, seen, why))
            return 1;
    }
    return wrong(p, "in the process that goes on: %s", why);
}

static int step(struct history *h)
{
    static int (*const steps[])(struct history * h) = {step_save,   step_save,  step_save,
                                                       step_save,   step_save,  step_look,
                                                       step_remove, step_prune, step_reopen};
    uint32_t which = tree_below(&h->draw, sizeof(steps) / sizeof(steps[0]));
    int before = h->failures;

    if (!h->store.ops)
        return step_reopen(h);
    if (!steps[which](h))
        return 0;
    if (h->failures == before || h->p->disk.dead || !h->store.ops)
        return 1;
    return step_look(h);
}

static int play(struct history *h)
{
    struct points *p = h->p;
    struct rp_error err = {0};

    if (open_on(p, &p->disk, &h->store, &err) != RP_OK) {
        h->store.ops = NULL;
        if (!p->disk.hit)
            return wrong(p, "the store does not open: %s", err.text);
    }
    for (int i = 0; i < POINT_STEPS && !p->disk.dead; i++) {
        if (!step(h))
            return 0;
        if (p->disk.full && i % 3 == 2)
            faulty_vfs_mend(&p->disk);
    }
    return 1;
}

/* ---- what is left ---- */

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t n = -1;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* The database itself: sound, without an item too many, and with its index in order. */
static int check_tables(struct points *p, const struct model *m)
{
    sqlite3 *db = NULL;
    int64_t items, sound, named, names;
    int rc = sqlite3_open_v2(FILE_NAME, &db, SQLITE_OPEN_READWRITE, p->after.name);

    items = rc == SQLITE_OK ? ask(db, "SELECT count(*) FROM item") : -1;
    sound = ask(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check");
    named = ask(db, "SELECT count(*) FROM item i JOIN name n USING(id, seq) "
                    "WHERE seq <= (SELECT indexed FROM store)");
    names = ask(db, "SELECT count(*) FROM name");
    named -= ask(db, "SELECT count(*) FROM item WHERE seq <= (SELECT indexed FROM store)");
    sqlite3_close(db);
    if (sound != 1)
        return wrong(p, "the database is damaged");
    if (items != (int64_t)model_items(m))
        return wrong(p, "%d items are kept, %d are needed", (int)items, (int)model_items(m));
    return named == 0 && names <= items ? 1 : wrong(p, "the index of names does not fit the items");
}

/* Is there a state with that list and that next id? */
static int is_next(const struct model *states, size_t n, const struct model *m, int64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (states[i].next == id && states[i].n == m->n &&
            memcmp(states[i].c, m->c, m->n * sizeof(m->c[0])) == 0)
            return 1;
    return 0;
}

/* The store can be used on: it numbers on, and keeps what there was, which is *m. */
static int check_use(struct points *p, struct rp_store *store, const struct model *states, size_t n,
                     struct model *m)
{
    struct model_checkpoint c = {.previous = -1, .iteration = 500, .middle = {1, 2, 3}};
    struct rp_error err = {0};
    uint64_t generation = UINT64_MAX;
    int64_t id = -1;
    char why[400];
    int rc = model_save_to(store, &c, &generation, &id, &err);

    if (rc == RP_ESTALE)
        rc = model_save_to(store, &c, &generation, &id, &err);
    if (rc != RP_OK)
        return wrong(p, "it cannot be saved to: %s", err.text);
    if (!is_next(states, n, m, id))
        return wrong(p, "the next checkpoint got id %d", (int)id);
    m->next = id;
    model_save(m, &c);
    return model_is_whole(store, m, why) ? 1 : wrong(p, "after saving on: %s", why);
}

/* All states that may be found, the likely ones last. */
static size_t may_be(struct points *p, enum vfs_end how, struct model *out)
{
    int exact = how == VFS_KILLED || p->full_sync;
    size_t n = 0;

    for (size_t i = 0; i < p->n_failed; i++)
        if (!exact || p->failed_at[i] == p->n)
            out[n++] = p->failed[i];
    for (size_t i = exact ? p->n - 1 : 0; i < p->n; i++)
        out[n++] = p->state[i];
    return n;
}

static int look_at(struct points *p, enum vfs_end how, uint64_t seed)
{
    static struct model states[2 * POINT_STEPS + 4];
    struct rp_store store;
    struct rp_error err = {0};
    struct model found;
    char why[400] = "";
    size_t n = may_be(p, how, states);
    int which, sound;

    p->looked++;
    faulty_vfs_end(&p->disk, &p->after, how, seed);
    if (open_on(p, &p->after, &store, &err) != RP_OK)
        return wrong(p, "the store does not open: %s", err.text);
    which = model_which(&store, states, n, why);
    found = states[which < 0 ? 0 : which];
    sound = which >= 0 && model_is_whole(&store, &found, why);
    if (!sound)
        wrong(p, "%s", why);
    sound = sound && (p->looked % 4 || check_use(p, &store, states, n, &found));
    store.ops->free(store.self);
    return sound && check_tables(p, &found);
}

static int look_at_all(struct points *p, long n)
{
    static const char *const names[] = {"killed", "without power", "torn"};
    char why[600];

    for (int i = 0; i < 4; i++) {
        enum vfs_end how = i < 3 ? (enum vfs_end)i : VFS_TORN;
        if (look_at(p, how, p->seed * 1000 + (uint64_t)n * 2 + (uint64_t)i))
            continue;
        memcpy(why, p->why, sizeof(why));
        return wrong(p, "%s: %.500s", names[how], why);
    }
    return 1;
}

/* ---- points ---- */

const char *points_fault_name(enum vfs_fault fault)
{
    static const char *const names[] = {"sound",   "error", "full", "short",
                                        "no room", "stop",  "torn", "reading"};

    return names[fault];
}

void points_init(struct points *p)
{
    memset(p, 0, sizeof(*p));
    faulty_vfs_init(&p->disk, "faulty");
    faulty_vfs_init(&p->after, "after");
}

void points_free(struct points *p)
{
    faulty_vfs_free(&p->disk);
    faulty_vfs_free(&p->after);
}

int points_try(struct points *p, uint64_t seed, enum vfs_fault fault, long n, int *past)
{
    struct history h = {.p = p, .draw = seed};
    char why[600];
    int sound;

    faulty_vfs_clear(&p->disk);
    p->seed = seed;
    p->full_sync = seed % 2 == 0;
    p->disk.characteristics = seed % 3 ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
    p->n = 1;
    p->state[0] = (struct model){.n = 0};
    p->n_failed = 0;
    p->why[0] = '\0';
    faulty_vfs_arm(&p->disk, fault, n);
    sound = play(&h);
    *past = sound && !p->disk.hit;
    p->disk.dead = 1; /* what is closed now changes nothing any more */
    if (h.store.ops)
        h.store.ops->free(h.store.self);
    if (sound && !*past)
        sound = look_at_all(p, n);
    if (sound)
        return 1;
    memcpy(why, p->why, sizeof(why));
    return wrong(p, "history %lu, %s at operation %ld: %.500s", (unsigned long)seed,
                 points_fault_name(fault), n, why);
}

/* Every fault at operation n of one history; past: by fault, whether the history has ended before.
 * Returns how many were tried, 0 when all have ended, or -1. */
static long sweep_faults(struct points *p, uint64_t seed, long n, int past[VFS_READ + 1], long most,
                         long by_fault[VFS_READ + 1])
{
    long tried = 0;

    for (int fault = VFS_IO; fault <= VFS_READ && tried < most; fault++) {
        if (past[fault])
            continue;
        if (!points_try(p, seed, (enum vfs_fault)fault, n, &past[fault]))
            return -1;
        by_fault[fault] += !past[fault];
        tried += !past[fault];
    }
    return tried;
}

long points_sweep(struct points *p, uint64_t first_seed, long points, long stride,
                  long by_fault[VFS_READ + 1])
{
    long done = 0;

    for (uint64_t seed = first_seed; done < points; seed++) {
        int past[VFS_READ + 1] = {0};
        long tried = 1;
        for (long n = (long)(seed % (uint64_t)stride); tried > 0; n += stride) {
            tried = sweep_faults(p, seed, n, past, points - done, by_fault);
            if (tried < 0)
                return -1;
            done += tried;
        }
    }
    return done;
}
