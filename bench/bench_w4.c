/* bench_w4.c - W4, the group chat of W3 with a checkpoint after every superstep, in each store; W6,
 * restoring: the newest checkpoint with work to do is read, restored and played to the end. */
#include "bench/bench.h"
#include "engine/os/reprise_os.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPEATS = 30 };

static const char *const stores[] = {"mem", "file", "sqlite"};

/* A store and where it lies. */
struct place {
    struct rp_store store;
    char folder[64]; /* "" for the store in memory */
    struct rp_error err;
};

static int open_place(struct place *p, const char *kind)
{
    struct rp_alloc alloc = rp_alloc_libc();
    char path[96];

    memset(p, 0, sizeof(*p));
    if (strcmp(kind, "mem") == 0)
        return rp_store_memory(&alloc, &p->store);
    snprintf(p->folder, sizeof(p->folder), "/tmp/reprise-bench-XXXXXX");
    if (!mkdtemp(p->folder))
        return rp_fail_at(&p->err, RP_EIO, p->folder, "no temporary folder could be made");
    if (strcmp(kind, "file") == 0)
        return rp_store_file(&alloc, p->folder, &p->store, &p->err);
    snprintf(path, sizeof(path), "%s/w4.db", p->folder);
    return rp_store_sqlite(&alloc, path, &p->store, &p->err);
}

static void close_place(struct place *p)
{
    char path[512];
    DIR *dir;
    struct dirent *e;

    if (p->store.ops)
        p->store.ops->free(p->store.self);
    if (!p->folder[0] || !(dir = opendir(p->folder)))
        return;
    while ((e = readdir(dir))) {
        snprintf(path, sizeof(path), "%s/%s", p->folder, e->d_name);
        if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
            unlink(path);
    }
    closedir(dir);
    rmdir(p->folder);
}

struct census {
    int64_t count, newest, at_work; /* at_work: the newest with messages under way */
};

static int count_one(void *ctx, const struct rp_checkpoint_info *info)
{
    struct census *c = ctx;

    c->count++;
    c->newest = info->id;
    if (info->messages)
        c->at_work = info->id;
    return RP_OK;
}

static int take_census(struct place *p, struct census *c)
{
    *c = (struct census){0, -1, -1};
    return p->store.ops->list(p->store.self, NULL, count_one, c, &p->err);
}

static void figure(const char *workload, const char *store, const char *what, double value,
                   const char *unit)
{
    char name[64];

    snprintf(name, sizeof(name), "%s.%s%s", workload, store, what);
    rp_bench_figure(name, value, unit);
}

/* ---- W4 ---- */

/* What the store takes when the run is over: in memory as it tells itself, on disk the bytes of all
 * its files after it was closed. */
static int weigh(struct place *p, uint64_t *bytes)
{
    char path[512];
    struct stat st;
    struct dirent *e;
    DIR *dir;

    *bytes = 0;
    if (!p->folder[0])
        return p->store.ops->size(p->store.self, bytes, &p->err);
    p->store.ops->free(p->store.self);
    p->store = (struct rp_store){0};
    dir = opendir(p->folder);
    if (!dir)
        return rp_fail_at(&p->err, RP_EIO, p->folder, "cannot be read");
    while ((e = readdir(dir))) {
        snprintf(path, sizeof(path), "%s/%s", p->folder, e->d_name);
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
            *bytes += (uint64_t)st.st_size;
    }
    closedir(dir);
    return RP_OK;
}

static int measure_w4(struct place *p, const char *store, int64_t rounds)
{
    struct rp_bench b;
    struct census c;
    uint32_t last = 0;
    uint64_t bytes = 0;
    int rc = rp_bench_open(&b);

    b.store = &p->store;
    if (rc == RP_OK)
        rc = rp_bench_chat(&b, rounds, &last);
    if (rc == RP_OK)
        rc = take_census(p, &c);
    if (rc == RP_OK)
        rc = rp_bench_holds(&b, c.count >= 2 * rounds, "each superstep has a checkpoint");
    if (rc == RP_OK)
        rc = weigh(p, &bytes);
    if (rc == RP_OK) {
        figure("W4", store, "", (double)c.count / b.seconds, "checkpoints/s");
        figure("W4", store, ".rounds", (double)rounds / b.seconds, "rounds/s");
        figure("W4", store, ".count", (double)c.count, "checkpoints");
        figure("W4", store, ".disk", (double)bytes, "bytes");
    }
    rp_bench_close(&b);
    return rc;
}

static int tell(const struct place *p, int rc)
{
    if (rc != RP_OK)
        fprintf(stderr, "reprise: %s %s %s\n", rp_status_text(rc), p->err.where, p->err.text);
    return rc;
}

int rp_bench_w4(int64_t size)
{
    int rc = RP_OK;

    for (size_t i = 0; i < 3 && rc == RP_OK; i++) {
        struct place p;
        rc = open_place(&p, stores[i]);
        if (rc == RP_OK)
            rc = measure_w4(&p, stores[i], size);
        tell(&p, rc);
        close_place(&p);
    }
    return rc;
}

/* ---- W6 ---- */

/* What a resume wrote is dropped again. */
static int drop_after(struct place *p, int64_t newest)
{
    struct census c;
    int64_t ids[16];
    size_t n = 0;

    RP_TRY(take_census(p, &c));
    for (int64_t id = newest + 1; id <= c.newest && n < 16; id++) {
        struct rp_checkpoint_info info;
        if (p->store.ops->info(p->store.self, id, &info, &p->err) == RP_OK)
            ids[n++] = id;
    }
    return n ? p->store.ops->remove(p->store.self, ids, n, &p->err) : RP_OK;
}

static int restore_once(struct place *p, int64_t rounds, const struct census *c, double *seconds)
{
    struct rp_bench b;
    uint32_t last = 0;
    int rc = rp_bench_open(&b);

    b.store = &p->store;
    if (rc == RP_OK)
        rc = rp_bench_chat_instance(&b, rounds, &last);
    if (rc == RP_OK)
        rc = rp_bench_resume(&b, c->at_work);
    if (rc == RP_OK)
        rc = rp_bench_holds(&b, b.outputs == 1, "the restored chat ends");
    *seconds += b.seconds;
    rp_bench_close(&b);
    return rc == RP_OK ? drop_after(p, c->newest) : rc;
}

static int look_up(struct place *p, double *seconds)
{
    struct rp_alloc alloc = rp_alloc_libc();
    double start = rp_bench_now();
    struct rp_value v;
    struct rp_heap h;
    int64_t id;

    rp_heap_init(&h, &alloc, 0, 0);
    int rc = p->store.ops->latest(p->store.self, NULL, &id, &p->err);
    if (rc == RP_OK)
        rc = rp_store_read(&p->store, id, &h, &v, &p->err);
    rp_heap_free(&h);
    *seconds += rp_bench_now() - start;
    return rc;
}

static int fill(struct place *p, int64_t rounds)
{
    struct rp_bench b;
    uint32_t last = 0;
    int rc = rp_bench_open(&b);

    b.store = &p->store;
    if (rc == RP_OK)
        rc = rp_bench_chat(&b, rounds, &last);
    rp_bench_close(&b);
    return rc;
}

static int measure_w6(struct place *p, const char *store, int64_t rounds)
{
    struct census c;
    double restores = 0, look_ups = 0;

    RP_TRY(fill(p, rounds));
    RP_TRY(take_census(p, &c));
    for (int i = 0; i < REPEATS; i++)
        RP_TRY(restore_once(p, rounds, &c, &restores));
    for (int i = 0; i < REPEATS; i++)
        RP_TRY(look_up(p, &look_ups));
    figure("W6", store, "", REPEATS / restores, "restores/s");
    figure("W6", store, ".get_latest", REPEATS / look_ups, "lookups/s");
    return RP_OK;
}

int rp_bench_w6(int64_t size)
{
    int rc = RP_OK;

    for (size_t i = 0; i < 3 && rc == RP_OK; i++) {
        struct place p;
        rc = open_place(&p, stores[i]);
        if (rc == RP_OK)
            rc = measure_w6(&p, stores[i], size);
        tell(&p, rc);
        close_place(&p);
    }
    return rc;
}
