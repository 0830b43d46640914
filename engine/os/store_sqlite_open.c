/* store_sqlite_open.c - owns opening: whose file it is, its version, its settings.
 *
 * A file that is not this store's is told from its first bytes, before SQLite does anything with
 * it: reading another program's database can already change it (a WAL is taken over, a journal is
 * played back). */
#include "engine/os/store_sqlite.h"

#include <string.h>

#include "engine/base/check.h"

enum {
    BUSY_MS = 5000,
    WAL_PAGES = 4000,
    UNINDEXED = 2048,
    PAUSE_MS = 2,
    HEAD = 100,         /* of a database: */
    AT_APPLICATION = 68 /* application_id, highest byte first */
};

/* Step i leads from version i to i + 1. A step that was released is never changed. */
static const char *const steps[] = {
    "CREATE TABLE store(generation INTEGER NOT NULL, indexed INTEGER NOT NULL,"
    " next INTEGER NOT NULL);"
    "INSERT INTO store VALUES(0, 0, 0);"
    "CREATE TABLE item(seq INTEGER PRIMARY KEY, id BLOB NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE name(id BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE flow(id INTEGER PRIMARY KEY, workflow TEXT NOT NULL, signature TEXT NOT NULL,"
    " UNIQUE(workflow, signature));"
    "CREATE TABLE checkpoint(id INTEGER PRIMARY KEY, previous INTEGER NOT NULL,"
    " flow INTEGER NOT NULL, iteration INTEGER NOT NULL, pending INTEGER NOT NULL,"
    " messages INTEGER NOT NULL, time_ms INTEGER NOT NULL, root BLOB NOT NULL,"
    " sum INTEGER NOT NULL);",
};

static const int version = sizeof(steps) / sizeof(steps[0]);

/* ---- whose file it is ---- */

static int not_ours(struct rp_sqlite *s, const char *what)
{
    return rp_fail_at(
        s->err, RP_ESTORE, s->path,
        "%s: %s; it was left as it is: give the path of a store of checkpoints, or of "
        "a file that is not there yet",
        s->doing, what);
}

static int has_journal(struct rp_sqlite *s)
{
    sqlite3_vfs *vfs = NULL;
    int there = 0;

    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    if (vfs)
        vfs->xAccess(vfs, sqlite3_filename_journal(sqlite3_db_filename(s->db, "main")),
                     SQLITE_ACCESS_EXISTS, &there);
    return there;
}

static int is_all_zero(const unsigned char *s, size_t n)
{
    while (n > 0 && s[n - 1] == 0)
        n--;
    return n == 0;
}

static int check_head(struct rp_sqlite *s, const unsigned char *head, int n)
{
    static const unsigned char ours[4] = {
        RP_SQLITE_APPLICATION >> 24 & 0xff, RP_SQLITE_APPLICATION >> 16 & 0xff,
        RP_SQLITE_APPLICATION >> 8 & 0xff, RP_SQLITE_APPLICATION & 0xff};

    if (n == HEAD && memcmp(head, "SQLite format 3", 16) == 0) {
        if (memcmp(head + AT_APPLICATION, ours, sizeof(ours)) == 0)
            return RP_OK;
        return not_ours(s, "the file is a SQLite database of another program");
    }
    /* A crash while the store was made; the journal says that there was nothing before. */
    if (is_all_zero(head, (size_t)n) && has_journal(s))
        return RP_OK;
    return not_ours(s, "the file is no SQLite database");
}

/* An empty file is nobody's. */
static int check_owner(struct rp_sqlite *s)
{
    unsigned char head[HEAD] = {0};
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int n, rc;

    rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc != SQLITE_OK || !file || !file->pMethods)
        return rp_sqlite_fail(s, rc != SQLITE_OK ? rc : SQLITE_CANTOPEN);
    rc = file->pMethods->xFileSize(file, &size);
    if (rc == SQLITE_OK && size == 0)
        return RP_OK;
    n = size < HEAD ? (int)size : HEAD;
    if (rc == SQLITE_OK)
        rc = file->pMethods->xRead(file, head, n, 0);
    return rc == SQLITE_OK ? check_head(s, head, n) : rp_sqlite_fail(s, rc);
}

/* ---- version ---- */

static int check_version(struct rp_sqlite *s, int64_t found, int n)
{
    if (found >= 0 && found <= n)
        return RP_OK;
    return rp_fail_at(
        s->err, RP_ESTORE, s->path,
        "%s: it is of version %l, and this program knows versions up to %d; use a newer "
        "program",
        s->doing, found, n);
}

static int take_steps(struct rp_sqlite *s, const char *const *step, int n)
{
    char set[] = "PRAGMA user_version = 000";
    int64_t found = 0, tables = 0;

    RP_ASSERT(n > 0 && n < 1000);
    RP_TRY(rp_sqlite_pragma(s, "PRAGMA user_version", &found));
    RP_TRY(check_version(s, found, n)); /* another process may have been here first */
    if (found == n)
        return RP_OK;
    RP_TRY(rp_sqlite_pragma(s, "SELECT count(*) FROM sqlite_schema", &tables));
    if (found == 0 && tables > 0)
        return not_ours(s, "the file is a SQLite database of another program");
    for (int i = (int)found; i < n; i++)
        RP_TRY(rp_sqlite_exec(s, step[i]));
    for (int i = 0; i < 3; i++, n /= 10)
        set[sizeof(set) - 2 - (size_t)i] = (char)('0' + n % 10);
    RP_TRY(rp_sqlite_exec(s, "PRAGMA application_id = 0x52505253"));
    return rp_sqlite_exec(s, set);
}

/* The setting must come before the first page, but makes that page by itself. So it is the first
 * part of the transaction, and locks the file for it: a file in which there is anything is ours. */
static const char create[] = "BEGIN;PRAGMA auto_vacuum = INCREMENTAL";

int rp_sqlite_migrate(struct rp_sqlite *s, const char *const *step, int n)
{
    int64_t found = 0;
    int rc;

    RP_TRY(rp_sqlite_pragma(s, "PRAGMA user_version", &found));
    rc = rp_sqlite_exec(s, found > 0 ? "BEGIN IMMEDIATE" : create);
    if (rc == RP_OK)
        rc = take_steps(s, step, n);
    if (rc == RP_OK)
        rc = rp_sqlite_commit(s);
    if (rc != RP_OK)
        rp_sqlite_rollback(s);
    return rc;
}

/* ---- settings ---- */

/* Two processes that turn to WAL at the same time hinder each other, and SQLite does not wait. */
static int become_wal(struct rp_sqlite *s)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &st, NULL);
    int is_wal = 0;

    for (int waited = 0; rc == SQLITE_OK; waited += PAUSE_MS) {
        int got = sqlite3_step(st);
        is_wal = got == SQLITE_ROW && sqlite3_column_bytes(st, 0) == 3 &&
                 memcmp(sqlite3_column_text(st, 0), "wal", 3) == 0;
        rc = sqlite3_reset(st);
        if ((rc & 0xff) != SQLITE_BUSY || waited >= s->busy_ms)
            break;
        sqlite3_sleep(PAUSE_MS);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    if (rc != SQLITE_OK)
        return rp_sqlite_fail(s, rc);
    return is_wal ? RP_OK : not_ours(s, "the file cannot have a WAL where it is");
}

/* What was migrated or made is durable, with the folder's entries, before the WAL comes. */
static int make_ready(struct rp_sqlite *s, int64_t found)
{
    if (found < version) {
        RP_TRY(rp_sqlite_exec(s, "PRAGMA synchronous = EXTRA"));
        RP_TRY(rp_sqlite_migrate(s, steps, version));
    }
    return become_wal(s);
}

static int number(uint32_t given, int usual)
{
    return given == 0 ? usual : given < INT32_MAX ? (int)given : INT32_MAX;
}

static int set_up(struct rp_sqlite *s, const struct rp_sqlite_opts *opts)
{
    int64_t found = 0;

    RP_TRY(rp_sqlite_exec(s, "PRAGMA temp_store = MEMORY;PRAGMA cache_size = -16384;"
                             "PRAGMA trusted_schema = OFF"));
    RP_TRY(rp_sqlite_pragma(s, "PRAGMA user_version", &found));
    RP_TRY(check_version(s, found, version));
    if (s->read_only)
        return found == version ? RP_OK : not_ours(s, "it is empty or of an older version");
    RP_TRY(make_ready(s, found));
    sqlite3_wal_autocheckpoint(s->db, number(opts->wal_pages, WAL_PAGES));
    return rp_sqlite_exec(s, opts->full_sync ? "PRAGMA journal_size_limit = 67108864;"
                                               "PRAGMA synchronous = FULL"
                                             : "PRAGMA journal_size_limit = 67108864;"
                                               "PRAGMA synchronous = NORMAL");
}

int rp_sqlite_open(struct rp_sqlite *s, const struct rp_sqlite_opts *opts)
{
    int flags = opts->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int rc;

    if (s->path[0] == '\0')
        return rp_fail_at(s->err, RP_ESTORE, s->path,
                          "%s: its path is empty; give the path of a file", s->doing);
    s->read_only = opts->read_only;
    s->busy_ms = number(opts->busy_ms, BUSY_MS);
    s->tail_min = number(opts->unindexed, UNINDEXED);
    rc = sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                         opts->vfs);
    if (rc != SQLITE_OK)
        return rp_sqlite_fail(s, rc);
    sqlite3_busy_timeout(s->db, s->busy_ms);
    RP_TRY(check_owner(s));
    return set_up(s, opts);
}
