/* explore_db.c - the results file. Version 1 (user_version), application_id 0x72707265 "rpre":
 *
 *   exploration  id, file, digest, settings; the sums of its runs; prints: the distinct prints as
 *                8 bytes each, lowest byte first, in growing order; full: 1 when there are more
 *   finding      exploration, signature (16 hexadecimal digits), count, seed, tape, property, turn,
 *                step, executor, what, text */
#include "explore_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { APPLICATION = 0x72707265, VERSION = 1, BUSY_MS = 30000, SUMS = 11 };

static const char schema[] =
    "CREATE TABLE exploration(id INTEGER PRIMARY KEY, file TEXT NOT NULL, digest TEXT NOT NULL,"
    " settings TEXT NOT NULL, runs INTEGER, supersteps INTEGER, events INTEGER,"
    " model_calls INTEGER, virtual_ms INTEGER, faults INTEGER, crashes INTEGER,"
    " failed_turns INTEGER, broken INTEGER, stuck INTEGER, mismatches INTEGER,"
    " prints BLOB NOT NULL, full INTEGER NOT NULL, UNIQUE(digest, settings)) STRICT;"
    "CREATE TABLE finding(exploration INTEGER NOT NULL REFERENCES exploration(id),"
    " signature TEXT NOT NULL, count INTEGER NOT NULL, seed INTEGER NOT NULL, tape TEXT NOT NULL,"
    " property INTEGER NOT NULL, turn INTEGER NOT NULL, step INTEGER NOT NULL,"
    " executor TEXT NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY(exploration, signature)) STRICT, WITHOUT ROWID;";

struct results {
    sqlite3 *db;
    const char *path;
    struct rp_error *err;
};

/* ---- the file -------------------------------------------------------------------------------- */

static int fail(struct results *r)
{
    const char *why = r->db ? sqlite3_errmsg(r->db) : "out of memory";

    return rp_fail_at(r->err, RP_EIO, r->path, "the results file: %s", why);
}

static int run_sql(struct results *r, const char *sql)
{
    return sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK ? RP_OK : fail(r);
}

static int number(struct results *r, const char *sql, int64_t *out)
{
    sqlite3_stmt *st;
    int rc;

    if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) != SQLITE_OK)
        return fail(r);
    rc = sqlite3_step(st) == SQLITE_ROW ? RP_OK : fail(r);
    *out = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc;
}

static int check_kind(struct results *r)
{
    int64_t application = 0, version = 0, tables = 0;

    RP_TRY(number(r, "PRAGMA application_id", &application));
    RP_TRY(number(r, "PRAGMA user_version", &version));
    RP_TRY(number(r, "SELECT count(*) FROM sqlite_schema", &tables));
    if (application == 0 && version == 0 && tables == 0) {
        char set[96];
        snprintf(set, sizeof(set), "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION,
                 VERSION);
        RP_TRY(run_sql(r, schema));
        return run_sql(r, set);
    }
    if (application != APPLICATION)
        return rp_fail_at(r->err, RP_EIO, r->path,
                          "not a results file of `reprise explore`; name another one");
    if (version != VERSION)
        return rp_fail_at(r->err, RP_EIO, r->path,
                          "results of version %l; this program knows version %l", version,
                          (int64_t)VERSION);
    return RP_OK;
}

static void close_results(struct results *r)
{
    sqlite3_close(r->db);
}

/* With a transaction begun when it is written. */
static int open_results(struct results *r, const char *path, int write, struct rp_error *err)
{
    int flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    int rc;

    *r = (struct results){.path = path, .err = err};
    rc = sqlite3_open_v2(path, &r->db, flags, NULL) == SQLITE_OK ? RP_OK : fail(r);
    if (rc == RP_OK) {
        sqlite3_busy_timeout(r->db, BUSY_MS);
        if (write)
            rc = run_sql(r, "BEGIN IMMEDIATE");
    }
    if (rc == RP_OK)
        rc = check_kind(r);
    if (rc != RP_OK)
        close_results(r);
    return rc;
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint64_t *sum_at(struct rp_findings *f, int i)
{
    uint64_t *const sums[SUMS] = {&f->runs,       &f->supersteps, &f->events,    &f->model_calls,
                                  &f->virtual_ms, &f->faults,     &f->crashes,   &f->failed_turns,
                                  &f->broken,     &f->stuck,      &f->mismatches};

    return sums[i];
}

static void copy_column(sqlite3_stmt *st, int column, char *out, size_t size)
{
    const char *s = (const char *)sqlite3_column_text(st, column);

    snprintf(out, size, "%s", s ? s : "");
}

static int read_finding(sqlite3_stmt *st, struct rp_findings *into)
{
    struct rp_finding f = {.count = (uint64_t)sqlite3_column_int64(st, 1),
                           .seed = (uint64_t)sqlite3_column_int64(st, 2)};
    const char *signature = (const char *)sqlite3_column_text(st, 0);
    char tape[1 << 16];

    f.signature = signature ? strtoull(signature, NULL, 16) : 0;
    copy_column(st, 3, tape, sizeof(tape));
    f.tape = tape;
    f.violation.property = (enum rp_property)sqlite3_column_int(st, 4);
    f.violation.turn = sqlite3_column_int64(st, 5);
    f.violation.step = sqlite3_column_int64(st, 6);
    copy_column(st, 7, f.violation.executor, sizeof(f.violation.executor));
    copy_column(st, 8, f.violation.what, sizeof(f.violation.what));
    copy_column(st, 9, f.violation.text, sizeof(f.violation.text));
    return rp_findings_add(into, &f);
}

static int read_findings(struct results *r, int64_t exploration, struct rp_findings *into)
{
    sqlite3_stmt *st;
    int rc = RP_OK, step = SQLITE_ROW;

    if (sqlite3_prepare_v2(r->db,
                           "SELECT signature, count, seed, tape, property, turn, step, executor,"
                           " what, text FROM finding WHERE exploration = ? ORDER BY signature",
                           -1, &st, NULL) != SQLITE_OK)
        return fail(r);
    sqlite3_bind_int64(st, 1, exploration);
    while (rc == RP_OK && (step = sqlite3_step(st)) == SQLITE_ROW)
        rc = read_finding(st, into);
    if (rc == RP_OK && step != SQLITE_DONE)
        rc = fail(r);
    sqlite3_finalize(st);
    return rc;
}

static int read_prints(const unsigned char *bytes, int n, struct rp_findings *into)
{
    for (int i = 0; i + 8 <= n; i += 8) {
        uint64_t print = 0;
        for (int k = 7; k >= 0; k--)
            print = print << 8 | bytes[i + k];
        RP_TRY(rp_findings_add_print(into, print));
    }
    return RP_OK;
}

/* The row's sums, prints and findings. */
static int read_row(struct results *r, sqlite3_stmt *st, struct rp_findings *into)
{
    for (int i = 0; i < SUMS; i++)
        *sum_at(into, i) = (uint64_t)sqlite3_column_int64(st, 4 + i);
    into->prints_full = sqlite3_column_int(st, 5 + SUMS);
    RP_TRY(
        read_prints(sqlite3_column_blob(st, 4 + SUMS), sqlite3_column_bytes(st, 4 + SUMS), into));
    return read_findings(r, sqlite3_column_int64(st, 0), into);
}

static const char rows[] =
    "SELECT id, file, digest, settings, runs, supersteps, events, model_calls, virtual_ms, faults,"
    " crashes, failed_turns, broken, stuck, mismatches, prints, full FROM exploration";

static int visit_row(struct results *r, sqlite3_stmt *st, const struct rp_alloc *alloc,
                     int (*visit)(void *, const struct rp_results_of *, const struct rp_findings *),
                     void *ctx)
{
    struct rp_results_of of = {.file = (const char *)sqlite3_column_text(st, 1)};
    struct rp_findings f;
    int rc;

    copy_column(st, 2, of.digest, sizeof(of.digest));
    copy_column(st, 3, of.settings, sizeof(of.settings));
    rp_findings_init(&f, alloc);
    rc = read_row(r, st, &f);
    if (rc == RP_OK)
        rc = visit(ctx, &of, &f);
    rp_findings_free(&f);
    return rc;
}

int rp_results_read(const char *path, const struct rp_alloc *alloc,
                    int (*visit)(void *ctx, const struct rp_results_of *of,
                                 const struct rp_findings *findings),
                    void *ctx, struct rp_error *err)
{
    struct results r;
    sqlite3_stmt *st = NULL;
    char sql[sizeof(rows) + 32];
    int rc, step = SQLITE_ROW;

    RP_TRY(open_results(&r, path, 0, err));
    snprintf(sql, sizeof(sql), "%s ORDER BY file, settings, id", rows);
    rc = sqlite3_prepare_v2(r.db, sql, -1, &st, NULL) == SQLITE_OK ? RP_OK : fail(&r);
    while (rc == RP_OK && (step = sqlite3_step(st)) == SQLITE_ROW)
        rc = visit_row(&r, st, alloc, visit, ctx);
    if (rc == RP_OK && step != SQLITE_DONE)
        rc = fail(&r);
    sqlite3_finalize(st);
    close_results(&r);
    return rc;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The prints in growing order as bytes; freed by the caller. NULL without memory. */
static unsigned char *print_bytes(const struct rp_findings *f)
{
    uint64_t *all = malloc((f->n_print + 1) * sizeof(*all));
    unsigned char *bytes = malloc(f->n_print * 8 + 1);
    size_t n = 0;

    for (size_t i = 0; all && i < f->print_room; i++)
        if (f->print[i])
            all[n++] = f->print[i];
    if (all)
        qsort(all, n, sizeof(*all), by_value);
    for (size_t i = 0; all && bytes && i < n; i++)
        for (size_t k = 0; k < 8; k++)
            bytes[i * 8 + k] = (unsigned char)(all[i] >> (8 * k));
    if (!all) {
        free(bytes);
        bytes = NULL;
    }
    free(all);
    return bytes;
}

static void bind_text(sqlite3_stmt *st, int i, const char *s)
{
    sqlite3_bind_text(st, i, s, -1, SQLITE_TRANSIENT);
}

static int step_once(struct results *r, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st) == SQLITE_DONE ? RP_OK : fail(r);

    sqlite3_finalize(st);
    return rc;
}

static int write_exploration(struct results *r, const struct rp_results_of *of,
                             struct rp_findings *f, int64_t *id)
{
    unsigned char *bytes = print_bytes(f);
    sqlite3_stmt *st;
    int rc;

    if (!bytes)
        return RP_ENOMEM;
    if (sqlite3_prepare_v2(r->db,
                           "INSERT INTO exploration VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                           -1, &st, NULL) != SQLITE_OK) {
        free(bytes);
        return fail(r);
    }
    bind_text(st, 1, of->file);
    bind_text(st, 2, of->digest);
    bind_text(st, 3, of->settings);
    for (int i = 0; i < SUMS; i++)
        sqlite3_bind_int64(st, 4 + i, (sqlite3_int64)*sum_at(f, i));
    sqlite3_bind_blob(st, 4 + SUMS, bytes, (int)(f->n_print * 8), SQLITE_TRANSIENT);
    sqlite3_bind_int(st, 5 + SUMS, f->prints_full);
    free(bytes);
    rc = step_once(r, st);
    *id = sqlite3_last_insert_rowid(r->db);
    return rc;
}

static int write_finding(struct results *r, int64_t exploration, const struct rp_finding *f)
{
    char signature[17];
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(r->db, "INSERT INTO finding VALUES(?,?,?,?,?,?,?,?,?,?,?)", -1, &st,
                           NULL) != SQLITE_OK)
        return fail(r);
    snprintf(signature, sizeof(signature), "%016llx", (unsigned long long)f->signature);
    sqlite3_bind_int64(st, 1, exploration);
    bind_text(st, 2, signature);
    sqlite3_bind_int64(st, 3, (sqlite3_int64)f->count);
    sqlite3_bind_int64(st, 4, (sqlite3_int64)f->seed);
    bind_text(st, 5, f->tape);
    sqlite3_bind_int(st, 6, (int)f->violation.property);
    sqlite3_bind_int64(st, 7, f->violation.turn);
    sqlite3_bind_int64(st, 8, f->violation.step);
    bind_text(st, 9, f->violation.executor);
    bind_text(st, 10, f->violation.what);
    bind_text(st, 11, f->violation.text);
    return step_once(r, st);
}

/* Takes the row of that scenario and settings out of the file, adding it to *into. */
static int take_row(struct results *r, const struct rp_results_of *of, struct rp_findings *into)
{
    char sql[sizeof(rows) + 64], drop[160];
    struct rp_findings old;
    sqlite3_stmt *st;
    int64_t id = 0;
    int rc = RP_OK;

    snprintf(sql, sizeof(sql), "%s WHERE digest = ? AND settings = ?", rows);
    if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) != SQLITE_OK)
        return fail(r);
    bind_text(st, 1, of->digest);
    bind_text(st, 2, of->settings);
    rp_findings_init(&old, &into->alloc);
    if (sqlite3_step(st) == SQLITE_ROW) {
        id = sqlite3_column_int64(st, 0);
        rc = read_row(r, st, &old);
    }
    sqlite3_finalize(st);
    if (rc == RP_OK && id) {
        rc = rp_findings_join(into, &old);
        snprintf(drop, sizeof(drop),
                 "DELETE FROM finding WHERE exploration = %lld;"
                 "DELETE FROM exploration WHERE id = %lld",
                 (long long)id, (long long)id);
        if (rc == RP_OK)
            rc = run_sql(r, drop);
    }
    rp_findings_free(&old);
    return rc;
}

static int add_to(struct results *r, const struct rp_results_of *of,
                  const struct rp_findings *findings)
{
    struct rp_findings sum;
    int64_t id = 0;
    int rc;

    rp_findings_init(&sum, &findings->alloc);
    rc = rp_findings_join(&sum, findings);
    if (rc == RP_OK)
        rc = take_row(r, of, &sum);
    if (rc == RP_OK)
        rc = write_exploration(r, of, &sum, &id);
    for (size_t i = 0; i < sum.n && rc == RP_OK; i++)
        rc = write_finding(r, id, &sum.f[i]);
    rp_findings_free(&sum);
    return rc;
}

static int finish(struct results *r, int rc)
{
    if (rc == RP_OK)
        rc = run_sql(r, "COMMIT");
    close_results(r); /* what is not committed is rolled back */
    return rc;
}

int rp_results_add(const char *path, const struct rp_results_of *of,
                   const struct rp_findings *findings, struct rp_error *err)
{
    struct results r;

    RP_TRY(open_results(&r, path, 1, err));
    return finish(&r, add_to(&r, of, findings));
}

static int merge_row(void *ctx, const struct rp_results_of *of, const struct rp_findings *findings)
{
    return add_to(ctx, of, findings);
}

int rp_results_merge(const char *path, const char *from, const struct rp_alloc *alloc,
                     struct rp_error *err)
{
    struct results r;

    RP_TRY(open_results(&r, path, 1, err));
    return finish(&r, rp_results_read(from, alloc, merge_row, &r, err));
}
