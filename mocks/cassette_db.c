/* cassette_db.c - owns the cassette's way to SQLite: statements, transactions, errors in words. */
#include "cassette_db.h"

#include <string.h>

void rp_cassette_call(struct rp_cassette *c, const char *doing, int64_t about, struct rp_error *err)
{
    c->err = err;
    c->doing = doing;
    c->about = about;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static const char *remedy_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another process holds it; try again";
    case SQLITE_FULL:
        return "make room on the disk";
    case SQLITE_IOERR:
        return "the disk or its file system failed; look into the system's log";
    case SQLITE_READONLY:
        return "let this user write to the file and its folder";
    case SQLITE_CORRUPT:
        return "take it back from where it is kept, or save what can be read with: sqlite3 FILE "
               ".recover";
    case SQLITE_NOTADB:
        return "give the path of a cassette";
    case SQLITE_CANTOPEN:
        return "look whether the folder is there and this user may read and write in it";
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return "let this user read and write the file";
    case SQLITE_TOOBIG:
        return "a request and its reply must stay below a thousand million bytes";
    default:
        return "close all programs that use it and look at it with: sqlite3 FILE";
    }
}

/* What the contents of the file are to blame for. */
static int status_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return RP_ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* all SQL is ours: the tables are not as they should be */
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return RP_EPARSE;
    default:
        return RP_EIO;
    }
}

int rp_cassette_fail(struct rp_cassette *c, int rc)
{
    int status = status_of(rc);
    const char *said;

    RP_ASSERT(rc != SQLITE_OK);
    RP_ASSERT(c->doing);
    if (status == RP_ENOMEM)
        return rp_fail_at(c->err, status, c->path, "%s: %s", c->doing, rp_status_text(status));
    said = c->db && (sqlite3_errcode(c->db) & 0xff) == (rc & 0xff) ? sqlite3_errmsg(c->db)
                                                                   : sqlite3_errstr(rc);
    if (c->about)
        return rp_fail_at(c->err, status, c->path, "%s %l: %s; %s", c->doing, c->about, said,
                          remedy_of(rc));
    return rp_fail_at(c->err, status, c->path, "%s: %s; %s", c->doing, said, remedy_of(rc));
}

int rp_cassette_damaged(struct rp_cassette *c, const char *what)
{
    if (c->about)
        return rp_fail_at(c->err, RP_EPARSE, c->path, "%s %l: %s; %s", c->doing, c->about, what,
                          remedy_of(SQLITE_CORRUPT));
    return rp_fail_at(c->err, RP_EPARSE, c->path, "%s: %s; %s", c->doing, what,
                      remedy_of(SQLITE_CORRUPT));
}

/* ---- statements ------------------------------------------------------------------------------ */

int rp_cassette_ready(struct rp_cassette *c, enum rp_cassette_statement which, sqlite3_stmt **out)
{
    static const char *const text[] = {
#define X(name, sql) sql,
        RP_CASSETTE_STATEMENTS(X)
#undef X
    };
    int rc = SQLITE_OK;

    RP_ASSERT(which < RP_CASSETTE_N);
    if (c->statement[which])
        sqlite3_reset(c->statement[which]);
    else
        rc = sqlite3_prepare_v3(c->db, text[which], -1, SQLITE_PREPARE_PERSISTENT,
                                &c->statement[which], NULL);
    *out = c->statement[which];
    return rc == SQLITE_OK ? RP_OK : rp_cassette_fail(c, rc);
}

int rp_cassette_step(struct rp_cassette *c, sqlite3_stmt *st, int *row)
{
    int rc = sqlite3_step(st);

    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW)
        return RP_OK;
    rc = rc == SQLITE_DONE ? RP_OK : rp_cassette_fail(c, rc);
    sqlite3_reset(st);
    return rc;
}

int rp_cassette_run(struct rp_cassette *c, enum rp_cassette_statement which, const int64_t *given,
                    int n)
{
    sqlite3_stmt *st;
    int row;

    RP_TRY(rp_cassette_ready(c, which, &st));
    RP_ASSERT(n == sqlite3_bind_parameter_count(st));
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(st, i + 1, given[i]);
    RP_TRY(rp_cassette_step(c, st, &row));
    RP_ASSERT(!row);
    return RP_OK;
}

int rp_cassette_number(struct rp_cassette *c, enum rp_cassette_statement which, int64_t *out)
{
    sqlite3_stmt *st;
    int row;

    *out = 0;
    RP_TRY(rp_cassette_ready(c, which, &st));
    RP_TRY(rp_cassette_step(c, st, &row));
    if (row)
        *out = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return RP_OK;
}

int rp_cassette_exec(struct rp_cassette *c, const char *sql)
{
    int rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? RP_OK : rp_cassette_fail(c, rc);
}

int rp_cassette_pragma(struct rp_cassette *c, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? RP_OK : rp_cassette_fail(c, rc);
    sqlite3_finalize(st);
    return rc;
}

/* ---- transactions ---------------------------------------------------------------------------- */

/* A file that was taken away or replaced is still written to, and nobody would ever find it. */
static int is_in_place(struct rp_cassette *c)
{
    int moved = 0;

    sqlite3_file_control(c->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (!moved)
        return RP_OK;
    return rp_fail_at(c->err, RP_EIO, c->path,
                      "%s: the file was removed, moved or replaced while it was open; put it back, "
                      "or open the cassette anew",
                      c->doing);
}

int rp_cassette_enter(struct rp_cassette *c)
{
    if (c->read_only)
        return rp_fail_at(c->err, RP_EIO, c->path,
                          "%s: the cassette was opened to be read; open it for writing", c->doing);
    if (c->joined && sqlite3_get_autocommit(c->db))
        return rp_fail_at(c->err, RP_EIO, c->path,
                          "%s: an earlier failure has taken the whole change back; begin it anew",
                          c->doing);
    if (c->joined)
        return rp_cassette_run(c, RP_CASSETTE_MARK, NULL, 0);
    RP_TRY(is_in_place(c));
    return rp_cassette_run(c, RP_CASSETTE_BEGIN, NULL, 0);
}

static void reset_all(struct rp_cassette *c)
{
    for (int i = 0; i < RP_CASSETTE_N; i++)
        if (c->statement[i])
            sqlite3_reset(c->statement[i]);
}

void rp_cassette_take_back(struct rp_cassette *c)
{
    struct rp_error *err = c->err;

    reset_all(c);
    c->err = NULL; /* it keeps the reason of the failure that brought us here */
    if (!sqlite3_get_autocommit(c->db))
        (void)rp_cassette_run(c, RP_CASSETTE_ROLLBACK, NULL, 0);
    c->err = err;
}

static void take_part_back(struct rp_cassette *c)
{
    struct rp_error *err = c->err;

    reset_all(c);
    c->err = NULL;
    if (!sqlite3_get_autocommit(c->db) &&
        (rp_cassette_run(c, RP_CASSETTE_BACK, NULL, 0) != RP_OK ||
         rp_cassette_run(c, RP_CASSETTE_FORGET, NULL, 0) != RP_OK))
        rp_cassette_take_back(c);
    c->err = err;
}

int rp_cassette_leave(struct rp_cassette *c, int rc)
{
    if (rc == RP_OK)
        rc = rp_cassette_run(c, c->joined ? RP_CASSETTE_FORGET : RP_CASSETTE_COMMIT, NULL, 0);
    if (rc != RP_OK && c->joined)
        take_part_back(c);
    else if (rc != RP_OK)
        rp_cassette_take_back(c);
    return rc;
}
