/* store_sqlite_db.c - owns the way to SQLite: statements, transactions, and its errors in words. */
#include "engine/os/store_sqlite.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/os/files.h"

/* ---- errors ---- */

static const char *remedy_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another process holds it; try again, or wait longer";
    case SQLITE_FULL:
        return "make room on the disk";
    case SQLITE_IOERR:
        return "the disk or its file system failed; look into the system's log";
    case SQLITE_READONLY:
        return "let this user write to the file and its folder, or open the store read-only";
    case SQLITE_CORRUPT:
        return "save what can be read with: sqlite3 FILE .recover";
    case SQLITE_NOTADB:
        return "give the path of a store of checkpoints";
    case SQLITE_CANTOPEN:
        return "look whether the folder is there and this user may read and write in it";
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return "let this user read and write the file";
    case SQLITE_TOOBIG:
        return "an item must stay below a thousand million bytes";
    default:
        return "close all programs that use it and look at it with: sqlite3 FILE";
    }
}

/* The system's reason, where SQLite has one. */
static const char *system_reason(struct rp_sqlite *s, int rc)
{
    int e = s->db && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN)
                ? sqlite3_system_errno(s->db)
                : 0;

    return e ? rp_errno_text(e) : NULL;
}

/* The item that the call is about, behind a space; or nothing. */
static const char *about(struct rp_sqlite *s, char hex[34])
{
    hex[0] = '\0';
    if (s->about) {
        hex[0] = ' ';
        rp_sqlite_hex(s->about, hex + 1);
    }
    return hex;
}

int rp_sqlite_fail(struct rp_sqlite *s, int rc)
{
    const char *said, *why;
    char hex[34];

    RP_ASSERT(rc != SQLITE_OK);
    RP_ASSERT(s->doing);
    if ((rc & 0xff) == SQLITE_NOMEM)
        return rp_fail_at(s->err, RP_ENOMEM, s->path, "%s: %s", s->doing,
                          rp_status_text(RP_ENOMEM));
    said = s->db && (sqlite3_errcode(s->db) & 0xff) == (rc & 0xff) ? sqlite3_errmsg(s->db)
                                                                   : sqlite3_errstr(rc);
    why = system_reason(s, rc);
    return rp_fail_at(s->err, RP_ESTORE, s->path, "%s%s: %s%s%s%s; %s", s->doing, about(s, hex),
                      said, why ? " (" : "", why ? why : "", why ? ")" : "", remedy_of(rc));
}

int rp_sqlite_damaged(struct rp_sqlite *s, const char *what)
{
    char hex[34];

    return rp_fail_at(s->err, RP_ESTORE, s->path, "%s%s: %s; %s", s->doing, about(s, hex), what,
                      remedy_of(SQLITE_CORRUPT));
}

int rp_sqlite_no_checkpoint(struct rp_sqlite *s, int64_t id, int64_t next)
{
    if (next == 0)
        return rp_fail_at(s->err, RP_ENOTFOUND, s->path,
                          "there is no checkpoint %l; none was saved yet", id);
    if (id < 0 || id >= next)
        return rp_fail_at(s->err, RP_ENOTFOUND, s->path,
                          "there is no checkpoint %l; those that were saved have the numbers 0 to "
                          "%l",
                          id, next - 1);
    return rp_fail_at(s->err, RP_ENOTFOUND, s->path, "checkpoint %l was removed", id);
}

/* ---- statements ---- */

int rp_sqlite_ready(struct rp_sqlite *s, enum rp_sqlite_statement which, sqlite3_stmt **out)
{
    static const char *const text[] = {
#define X(name, sql) sql,
        RP_SQLITE_STATEMENTS(X)
#undef X
    };
    int rc = SQLITE_OK;

    RP_ASSERT(which < RP_SQLITE_N);
    if (s->statement[which])
        sqlite3_reset(s->statement[which]);
    else
        rc = sqlite3_prepare_v3(s->db, text[which], -1, SQLITE_PREPARE_PERSISTENT,
                                &s->statement[which], NULL);
    *out = s->statement[which];
    return rc == SQLITE_OK ? RP_OK : rp_sqlite_fail(s, rc);
}

int rp_sqlite_step(struct rp_sqlite *s, sqlite3_stmt *st, int *row)
{
    int rc = sqlite3_step(st);

    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW)
        return RP_OK;
    rc = rc == SQLITE_DONE ? RP_OK : rp_sqlite_fail(s, rc);
    sqlite3_reset(st);
    return rc;
}

int rp_sqlite_run(struct rp_sqlite *s, enum rp_sqlite_statement which, const int64_t *given, int n)
{
    sqlite3_stmt *st;
    int row;

    RP_TRY(rp_sqlite_ready(s, which, &st));
    RP_ASSERT(n == sqlite3_bind_parameter_count(st));
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(st, i + 1, given[i]);
    RP_TRY(rp_sqlite_step(s, st, &row));
    RP_ASSERT(!row);
    return RP_OK;
}

int rp_sqlite_exec(struct rp_sqlite *s, const char *sql)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? RP_OK : rp_sqlite_fail(s, rc);
}

int rp_sqlite_pragma(struct rp_sqlite *s, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? RP_OK : rp_sqlite_fail(s, rc);
    sqlite3_finalize(st);
    return rc;
}

/* ---- names of items ---- */

int rp_sqlite_bind_id(sqlite3_stmt *st, int at, const struct rp_item_id *id)
{
    return sqlite3_bind_blob(st, at, id->b, (int)sizeof(id->b), SQLITE_STATIC);
}

int rp_sqlite_column_id(sqlite3_stmt *st, int column, struct rp_item_id *out)
{
    const void *b = sqlite3_column_blob(st, column);

    if (sqlite3_column_type(st, column) != SQLITE_BLOB || !b ||
        sqlite3_column_bytes(st, column) != (int)sizeof(out->b))
        return 0;
    memcpy(out->b, b, sizeof(out->b));
    return 1;
}

void rp_sqlite_hex(const struct rp_item_id *id, char out[33])
{
    for (size_t i = 0; i < sizeof(id->b); i++) {
        out[2 * i] = "0123456789abcdef"[id->b[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[id->b[i] & 15];
    }
    out[32] = '\0';
}

/* ---- transactions ---- */

/* A file that was taken away or replaced is still written to, and nobody would ever find it. */
static int is_in_place(struct rp_sqlite *s)
{
    int moved = 0;

    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (!moved)
        return RP_OK;
    return rp_fail_at(s->err, RP_ESTORE, s->path,
                      "%s: the file was removed, moved or replaced while it was open; put it back, "
                      "or open the store anew",
                      s->doing);
}

int rp_sqlite_begin(struct rp_sqlite *s)
{
    RP_ASSERT(sqlite3_get_autocommit(s->db));
    if (s->read_only)
        return rp_fail_at(s->err, RP_ESTORE, s->path,
                          "%s: the store was opened read-only; open it for writing", s->doing);
    RP_TRY(is_in_place(s));
    return rp_sqlite_run(s, RP_SQLITE_BEGIN, NULL, 0);
}

int rp_sqlite_commit(struct rp_sqlite *s)
{
    RP_ASSERT(!sqlite3_get_autocommit(s->db));
    return rp_sqlite_run(s, RP_SQLITE_COMMIT, NULL, 0);
}

void rp_sqlite_rollback(struct rp_sqlite *s)
{
    for (int i = 0; i < RP_SQLITE_N; i++)
        if (s->statement[i])
            sqlite3_reset(s->statement[i]);
    if (!sqlite3_get_autocommit(s->db)) {
        struct rp_error *err = s->err;
        s->err = NULL; /* it keeps the reason of the failure that brought us here */
        (void)rp_sqlite_run(s, RP_SQLITE_ROLLBACK, NULL, 0);
        s->err = err;
    }
    rp_sqlite_forget(s);
}

void rp_sqlite_forget(struct rp_sqlite *s)
{
    rp_sqlite_names_clear(&s->tail);
    s->tail_generation = -1;
    s->flow = 0;
}
