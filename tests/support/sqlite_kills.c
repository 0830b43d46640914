/* sqlite_kills.c - owns the killing of processes that save to a SQLite store on the real disk. */
#include "tests/support/sqlite_kills.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/store_model.h"

enum { WRITERS = 2, KEEP = 8, ACKS_MAX = 40, PAUSE_MAX_NS = 2000000, PRUNE_EACH = 11 };

/* What a writer tells: 's' saved the number as id, 'b' begins to prune, 'r' has pruned, 'x' failed,
 * 'e' is at its end. */
struct told {
    int writer;
    char what;
    int64_t id, number;
    char text[500];
};

/* What the store must have of one writer: the numbers first to last. */
struct writer {
    int64_t first, last; /* first > last: none */
    int64_t last_id;
    int pruning;
    pid_t pid;
};

struct killing {
    struct kills *k;
    const char *path;
    struct writer writer[WRITERS];
    int writers;
    uint64_t seed;
    int64_t id_before; /* ids up to this were given in former rounds */
};

static int wrong(struct killing *s, const char *format, ...)
{
    va_list given;

    va_start(given, format);
    vsnprintf(s->k->wrong, sizeof(s->k->wrong), format, given);
    va_end(given);
    return 0;
}

void sqlite_remove_files(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    char name[300];

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
}

static int open_store(const char *path, struct rp_store *out, struct rp_error *err)
{
    const struct rp_alloc alloc = rp_alloc_libc();
    /* Small bounds: the WAL is put in its place and the index made often. */
    struct rp_sqlite_opts opts = {.busy_ms = 60000, .wal_pages = 50, .unindexed = 60};

    return rp_store_sqlite_with(&alloc, path, &opts, out, err);
}

/* The checkpoint with that number of a writer. */
static struct model_checkpoint numbered(int writer, int64_t number)
{
    struct model_checkpoint c = {
        .workflow = (uint32_t)writer, .previous = number - 1, .iteration = number};

    for (int i = 0; i < TREE_MIDDLES; i++)
        c.middle[i] = (uint32_t)((number * (i + 1) + writer) % MODEL_MIDDLES);
    return c;
}

/* ---- a writer ---- */

static void tell(int pipe, int writer, char what, int64_t id, int64_t number, struct rp_error *err)
{
    struct told told = {.writer = writer, .what = what, .id = id, .number = number};

    if (err)
        snprintf(told.text, sizeof(told.text), "%s: %s", err->where, err->text);
    if (write(pipe, &told, sizeof(told)) != (ssize_t)sizeof(told) || what == 'x' || what == 'e')
        _exit(3);
}

static void write_on(const char *path, int writer, int64_t number, int64_t end, int pipe)
{
    const struct rp_alloc alloc = rp_alloc_libc();
    uint64_t generation = 0;
    struct rp_store store;
    struct rp_error err;
    uint32_t removed;
    int64_t id = -1;

    if (open_store(path, &store, &err) != RP_OK)
        tell(pipe, writer, 'x', 0, 0, &err);
    for (; number < end; number++) {
        struct model_checkpoint c = numbered(writer, number);
        int rc = RP_ESTALE;
        while (rc == RP_ESTALE)
            rc = model_save_to(&store, &c, &generation, &id, &err);
        if (rc != RP_OK)
            tell(pipe, writer, 'x', 0, number, &err);
        tell(pipe, writer, 's', id, number, NULL);
        if (number % PRUNE_EACH || end < INT64_MAX)
            continue;
        tell(pipe, writer, 'b', 0, number, NULL);
        if (rp_store_prune(&store, &alloc, model_workflow[writer], KEEP, UINT64_MAX, &removed,
                           &err) != RP_OK)
            tell(pipe, writer, 'x', 0, number, &err);
        tell(pipe, writer, 'r', (int64_t)removed, number, NULL);
    }
    store.ops->free(store.self);
    tell(pipe, writer, 'e', 0, 0, NULL);
}

/* ---- who listens ---- */

static int hear(struct killing *s, const struct told *told)
{
    struct writer *w = &s->writer[told->writer];

    switch (told->what) {
    case 's':
        if (told->id <= w->last_id || told->id <= s->id_before)
            return wrong(s, "id %ld was given twice", (long)told->id);
        w->last_id = told->id;
        w->last = told->number;
        s->k->saved++;
        return 1;
    case 'b':
        w->pruning = 1;
        return 1;
    case 'r':
        w->pruning = 0;
        w->first = w->last - KEEP + 1 > w->first ? w->last - KEEP + 1 : w->first;
        s->k->removed += told->id;
        return 1;
    case 'e':
        return 1;
    default:
        return wrong(s, "a process failed: %.400s", told->text);
    }
}

static int hear_next(struct killing *s, int pipe, int *sound)
{
    struct told told;

    if (read(pipe, &told, sizeof(told)) != (ssize_t)sizeof(told))
        return 0;
    *sound = hear(s, &told);
    return *sound;
}

/* Hears `acks` acknowledgements and waits for a moment, then kills (acks below 0: lets them end);
 * and hears the rest. */
static int run_writers(struct killing *s, long acks, int64_t end)
{
    struct timespec pause = {.tv_nsec = (long)tree_below(&s->seed, PAUSE_MAX_NS)};
    int ends[2], sound = 1;

    if (pipe(ends) != 0)
        return wrong(s, "no pipe: %s", strerror(errno));
    for (int i = 0; i < s->writers; i++) {
        s->writer[i].pid = fork();
        if (s->writer[i].pid == 0) {
            close(ends[0]);
            write_on(s->path, i, s->writer[i].last + 1, end, ends[1]);
        }
    }
    close(ends[1]);
    for (long i = 0; i < acks && hear_next(s, ends[0], &sound); i++)
        ;
    if (acks >= 0)
        nanosleep(&pause, NULL);
    for (int i = 0; acks >= 0 && i < s->writers; i++)
        kill(s->writer[i].pid, SIGKILL);
    while (sound && hear_next(s, ends[0], &sound))
        ;
    close(ends[0]);
    for (int i = 0; i < s->writers; i++)
        waitpid(s->writer[i].pid, NULL, 0);
    return sound;
}

/* ---- what is there ---- */

struct seen {
    struct model m;
    int64_t first[WRITERS], last[WRITERS], top;
    int in_order;
};

static int see(void *ctx, const struct rp_checkpoint_info *info)
{
    struct seen *seen = ctx;
    int writer = strcmp(info->workflow, model_workflow[0]) != 0;
    struct model_checkpoint c = numbered(writer, info->iteration);

    c.id = info->id;
    if (seen->m.n == MODEL_ROOM)
        return RP_ELIMIT;
    seen->m.c[seen->m.n++] = c;
    seen->top = info->id;
    if (seen->first[writer] < 0)
        seen->first[writer] = info->iteration;
    else if (info->iteration != seen->last[writer] + 1)
        seen->in_order = 0;
    seen->last[writer] = info->iteration;
    return RP_OK;
}

/* A save that was under way may have happened, a removal as well; nothing in between. */
static int is_right(struct killing *s, const struct seen *seen, int i)
{
    struct writer *w = &s->writer[i];
    int64_t first = w->last - KEEP + 1;

    if (seen->first[i] < 0)
        return w->first > w->last ? 1 : wrong(s, "writer %d: all its checkpoints are gone", i);
    if (seen->last[i] != w->last && seen->last[i] != w->last + 1)
        return wrong(s, "writer %d: number %ld was acknowledged, %ld is the last one", i,
                     (long)w->last, (long)seen->last[i]);
    if (seen->first[i] != w->first && !(w->pruning && seen->first[i] == first))
        return wrong(s, "writer %d: number %ld should be the first one, and it is %ld", i,
                     (long)w->first, (long)seen->first[i]);
    w->first = seen->first[i];
    w->last = seen->last[i];
    w->pruning = 0;
    return 1;
}

static int look(struct killing *s, struct rp_store *store)
{
    static struct seen seen;
    struct rp_error err;
    char why[400];

    seen = (struct seen){.first = {-1, -1}, .last = {-1, -1}, .top = -1, .in_order = 1};
    if (store->ops->list(store->self, NULL, see, &seen, &err) != RP_OK)
        return wrong(s, "listing: %s", err.text);
    if (!seen.in_order)
        return wrong(s, "a checkpoint is missing between two others");
    for (int i = 0; i < s->writers; i++)
        if (!is_right(s, &seen, i))
            return 0;
    if (model_which(store, &seen.m, 1, why) < 0 || !model_is_whole(store, &seen.m, why))
        return wrong(s, "%s", why);
    s->id_before = seen.top > s->id_before ? seen.top : s->id_before;
    return 1;
}

static int open_and_look(struct killing *s)
{
    struct rp_store store;
    struct rp_error err;
    int sound;

    if (open_store(s->path, &store, &err) != RP_OK)
        return wrong(s, "the store does not open: %s: %s", err.where, err.text);
    sound = look(s, &store);
    store.ops->free(store.self);
    return sound;
}

static void begin(struct killing *s, struct kills *k, const char *path, int writers, uint64_t seed)
{
    memset(k, 0, sizeof(*k));
    *s = (struct killing){.k = k, .path = path, .writers = writers, .seed = seed, .id_before = -1};
    for (int i = 0; i < WRITERS; i++)
        s->writer[i] = (struct writer){.first = 0, .last = -1, .last_id = -1};
    sqlite_remove_files(path);
}

struct kills sqlite_kills(const char *path, int writers, unsigned kills, uint64_t seed)
{
    struct kills k;
    struct killing s;

    begin(&s, &k, path, writers, seed);
    for (unsigned i = 0; i < kills && !k.wrong[0]; i++) {
        long acks = (long)tree_below(&s.seed, ACKS_MAX);
        if (run_writers(&s, acks, INT64_MAX) && open_and_look(&s))
            k.kills++;
    }
    sqlite_remove_files(path);
    return k;
}

static int count(void *ctx, const struct rp_checkpoint_info *info)
{
    int64_t *next = ctx;

    return info->id == (*next)++ ? RP_OK : RP_ESTATE;
}

struct kills sqlite_two_writers(const char *path, unsigned n)
{
    struct kills k;
    struct killing s;
    struct rp_store store;
    struct rp_error err;
    int64_t next = 0;

    begin(&s, &k, path, WRITERS, 1);
    if (run_writers(&s, -1, (int64_t)n) && open_store(path, &store, &err) != RP_OK)
        wrong(&s, "the store does not open: %s", err.text);
    if (!k.wrong[0]) {
        if (store.ops->list(store.self, NULL, count, &next, &err) != RP_OK ||
            next != 2 * (int64_t)n)
            wrong(&s, "the ids are not 0 to %u", 2 * n - 1);
        store.ops->free(store.self);
    }
    sqlite_remove_files(path);
    return k;
}
