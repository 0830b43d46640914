/* cassette_schema.c - owns how a cassette is made up, and opening: whose file it is, its version,
 * its settings.
 *
 * The file is a SQLite database with application_id 0x52504353 ("RPCS") and the version of what
 * stands below, 1, in user_version. Its journal is a rollback journal (journal_mode DELETE): what
 * was acknowledged stands in the one file, which can be committed and copied at any time between
 * two writes. Each interaction is one transaction that begins with BEGIN IMMEDIATE, so several
 * processes may record into one cassette. secure_delete is on: what was deleted is overwritten by
 * zeros.
 *
 *   interaction    one row each
 *     id               from 1, in order of the requests' start
 *     lane, call, attempt    who asked, its how manieth call, 0 or which retry
 *     dialect, model, stream    as struct rp_exchange; dialect and model may be NULL
 *     method, url
 *     request_headers  blob: of each header the name, a zero byte, the value, a zero byte
 *     request          blob: the body, byte for byte
 *     digest           64 hexadecimal digits: rp_match_digest of method, url and body, strict
 *     status, headers, body    of the reply, as those of the request; status 0: it failed before
 *     chunks           blob: of each piece of the body its bytes and the microseconds since the one
 *                      before (of the first: since the head), as varints: seven bits a byte, the
 *                      lowest first, the high bit set in all but the last byte
 *     started_us       since the recording began; head_us: since the start; end_us: since the last
 *                      chunk, or the head (unsigned numbers, as their bits)
 *     failure          name of the failure by which it ended (transport.h), "none": well
 *     failure_text     or NULL
 *     recorded_at      "2026-11-20T16:10:15Z", or NULL; source: "record", "vcr", ...
 *     marked           1 when "[redacted:" stands in url or request
 *     sum              blob: SHA-256 of the columns from lane to source, in that order: texts with
 *                      their zero byte, NULL as the byte 255; blobs as their length (8 bytes, the
 *                      lowest first) and bytes; integers as 8 bytes
 *   tool           results of tools, told beside the exchanges
 *     id               from 1
 *     lane, tool, call_id, arguments, result (JSON), failed
 *     after            id of the interaction that it followed; 0: none
 *   note           settings that go with the recordings: key, value */
#include "cassette_db.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    BUSY_MS = 5000,
    HEAD = 100,         /* of a database: */
    AT_APPLICATION = 68 /* application_id, highest byte first */
};

/* Version 1. A text that was released is never changed: a database keeps it, and it is compared. */
static const struct table {
    const char *name, *sql;
} tables[] = {
    {"interaction",
     "CREATE TABLE interaction(id INTEGER PRIMARY KEY, lane TEXT NOT NULL, call INTEGER NOT NULL,"
     " attempt INTEGER NOT NULL, dialect TEXT, model TEXT, stream INTEGER NOT NULL,"
     " method TEXT NOT NULL, url TEXT NOT NULL, request_headers BLOB NOT NULL,"
     " request BLOB NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL,"
     " headers BLOB NOT NULL, body BLOB NOT NULL, chunks BLOB NOT NULL,"
     " started_us INTEGER NOT NULL, head_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"
     " failure TEXT NOT NULL, failure_text TEXT, recorded_at TEXT, source TEXT NOT NULL,"
     " marked INTEGER NOT NULL, sum BLOB NOT NULL)"},
    {"tool", "CREATE TABLE tool(id INTEGER PRIMARY KEY, lane TEXT NOT NULL, tool TEXT NOT NULL,"
             " call_id TEXT NOT NULL, arguments TEXT NOT NULL, result TEXT NOT NULL,"
             " failed INTEGER NOT NULL, after INTEGER NOT NULL)"},
    {"note", "CREATE TABLE note(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"},
};
enum { TABLES = sizeof(tables) / sizeof(*tables), VERSION = 1 };

/* ---- whose file it is ------------------------------------------------------------------------ */

static int not_ours(struct rp_cassette *c, const char *what)
{
    return rp_fail_at(c->err, RP_EPARSE, c->path,
                      "%s; it was left as it is: give the path of a cassette", what);
}

static int has_journal(struct rp_cassette *c)
{
    sqlite3_vfs *vfs = NULL;
    int there = 0;

    sqlite3_file_control(c->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
    if (vfs)
        vfs->xAccess(vfs, sqlite3_filename_journal(sqlite3_db_filename(c->db, "main")),
                     SQLITE_ACCESS_EXISTS, &there);
    return there;
}

static int is_all_zero(const unsigned char *s, size_t n)
{
    while (n > 0 && s[n - 1] == 0)
        n--;
    return n == 0;
}

static int check_head(struct rp_cassette *c, const unsigned char *head, int n)
{
    static const unsigned char ours[4] = {
        RP_CASSETTE_APPLICATION >> 24 & 0xff, RP_CASSETTE_APPLICATION >> 16 & 0xff,
        RP_CASSETTE_APPLICATION >> 8 & 0xff, RP_CASSETTE_APPLICATION & 0xff};

    if (n == HEAD && memcmp(head, "SQLite format 3", 16) == 0) {
        if (memcmp(head + AT_APPLICATION, ours, sizeof(ours)) == 0)
            return RP_OK;
        return not_ours(c, "the file is a SQLite database of another program");
    }
    /* A kill while the cassette was made; the journal says that there was nothing before. */
    if (is_all_zero(head, (size_t)n) && has_journal(c))
        return RP_OK;
    return not_ours(c, "the file is no SQLite database");
}

/* An empty file is nobody's. SQLite is not let at another program's: that alone can change it. */
static int check_owner(struct rp_cassette *c)
{
    unsigned char head[HEAD] = {0};
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int n, rc;

    if (strcmp(c->path, ":memory:") == 0)
        return RP_OK;
    rc = sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc != SQLITE_OK || !file || !file->pMethods)
        return rp_cassette_fail(c, rc != SQLITE_OK ? rc : SQLITE_CANTOPEN);
    rc = file->pMethods->xFileSize(file, &size);
    if (rc == SQLITE_OK && size == 0)
        return RP_OK;
    n = size < HEAD ? (int)size : HEAD;
    if (rc == SQLITE_OK)
        rc = file->pMethods->xRead(file, head, n, 0);
    return rc == SQLITE_OK ? check_head(c, head, n) : rp_cassette_fail(c, rc);
}

/* ---- version and tables ---------------------------------------------------------------------- */

/* Leftovers of a killed recording are taken back by the first look; that needs writing. */
static int look(struct rp_cassette *c, int64_t *version)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(c->db, "PRAGMA user_version", -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *version = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int check_version(struct rp_cassette *c, int64_t found)
{
    if (found >= 0 && found <= VERSION)
        return RP_OK;
    return rp_fail_at(
        c->err, RP_EPARSE, c->path,
        "the cassette is of version %l, and this program knows versions up to %d; use a newer "
        "program",
        found, VERSION);
}

static int is_table(struct rp_cassette *c, const struct table *t, int *is)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(
        c->db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND sql = ?2", -1,
        &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(st, 1, t->name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(st, 2, t->sql, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    *is = rc == SQLITE_ROW;
    sqlite3_finalize(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? RP_OK : rp_cassette_fail(c, rc);
}

/* The tables are those that were made here, letter by letter: nothing else is computed. */
static int check_tables(struct rp_cassette *c)
{
    for (size_t i = 0; i < TABLES; i++) {
        int is = 0;
        RP_TRY(is_table(c, &tables[i], &is));
        if (!is)
            return rp_cassette_damaged(c, "a table is missing or is not as it should be");
    }
    return RP_OK;
}

static int make_tables(struct rp_cassette *c)
{
    int64_t found = 0, there = 0;

    RP_TRY(rp_cassette_pragma(c, "PRAGMA user_version", &found));
    if (found != 0) /* another process was here first */
        return check_version(c, found);
    RP_TRY(rp_cassette_pragma(c, "SELECT count(*) FROM sqlite_schema", &there));
    if (there > 0)
        return not_ours(c, "the file is a SQLite database of another program");
    for (size_t i = 0; i < TABLES; i++)
        RP_TRY(rp_cassette_exec(c, tables[i].sql));
    return rp_cassette_exec(c, "PRAGMA application_id = 0x52504353;PRAGMA user_version = 1");
}

/* The setting must come before the first page, but makes that page by itself: so it is the first
 * part of the transaction. */
static int make(struct rp_cassette *c)
{
    int rc = rp_cassette_exec(c, "PRAGMA journal_mode = DELETE;PRAGMA synchronous = EXTRA;"
                                 "BEGIN;PRAGMA auto_vacuum = FULL");

    if (rc == RP_OK)
        rc = make_tables(c);
    return rp_cassette_leave(c, rc);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int connect(struct rp_cassette *c, int flags)
{
    int rc;

    sqlite3_close(c->db);
    c->db = NULL;
    rc =
        sqlite3_open_v2(c->path, &c->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK)
        return rp_cassette_fail(c, rc);
    sqlite3_busy_timeout(c->db, BUSY_MS);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    RP_TRY(check_owner(c));
    return rp_cassette_exec(c, "PRAGMA temp_store = MEMORY;PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON");
}

/* What a killed process left half written can only be taken back by one that may write. */
static int take_back(struct rp_cassette *c, int64_t *version)
{
    int rc;

    RP_TRY(connect(c, SQLITE_OPEN_READWRITE));
    rc = look(c, version);
    if (rc == SQLITE_OK && sqlite3_db_readonly(c->db, "main"))
        rc = SQLITE_READONLY;
    if (rc != SQLITE_OK)
        return rp_cassette_fail(c, rc);
    return connect(c, SQLITE_OPEN_READONLY);
}

static int open_to_read(struct rp_cassette *c)
{
    int64_t version = 0;
    int rc;

    RP_TRY(connect(c, SQLITE_OPEN_READONLY));
    rc = look(c, &version);
    if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY)
        RP_TRY(take_back(c, &version));
    else if (rc != SQLITE_OK)
        return rp_cassette_fail(c, rc);
    RP_TRY(check_version(c, version));
    if (version == 0)
        return rp_fail_at(c->err, RP_EPARSE, c->path,
                          "the cassette is empty: nothing was ever recorded; record into it first");
    RP_TRY(check_tables(c));
    return rp_cassette_exec(c, "PRAGMA query_only = ON");
}

static int open_to_write(struct rp_cassette *c, int flags)
{
    int64_t version = 0;
    int rc;

    RP_TRY(connect(c, flags));
    rc = sqlite3_db_readonly(c->db, "main") ? SQLITE_READONLY : look(c, &version);
    if (rc != SQLITE_OK)
        return rp_cassette_fail(c, rc);
    RP_TRY(check_version(c, version));
    if (version == 0)
        RP_TRY(make(c));
    RP_TRY(check_tables(c));
    return rp_cassette_exec(c, "PRAGMA journal_mode = DELETE;PRAGMA secure_delete = ON;"
                               "PRAGMA synchronous = FULL");
}

int rp_cassette_open_db(struct rp_cassette *c, enum rp_cassette_use use)
{
    if (c->path[0] == '\0')
        return rp_fail_at(c->err, RP_EIO, c->path, "the path is empty; give the path of a file");
    if (use != RP_CASSETTE_KEEP && access(c->path, F_OK) != 0 && errno == ENOENT)
        return rp_fail_at(c->err, RP_ENOTFOUND, c->path,
                          "there is no such cassette; give its path, or record it first");
    c->read_only = use == RP_CASSETTE_READ;
    if (c->read_only)
        return open_to_read(c);
    return open_to_write(c, use == RP_CASSETTE_KEEP ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                    : SQLITE_OPEN_READWRITE);
}
