/* cassette_db.h - what the files of the cassette share: its handle, its statements, its errors.
 * cassette_schema.c tells how the database is made up. */
#ifndef RP_CASSETTE_DB_H
#define RP_CASSETTE_DB_H

#include <sqlite3.h>

#include "cassette.h"

#define RP_CASSETTE_APPLICATION 0x52504353 /* "RPCS" */

/* The columns of a row, in the order of enum rp_cassette_column. */
#define RP_CASSETTE_COLUMNS                                                                        \
    "id, lane, call, attempt, dialect, model, stream, method, url, request_headers, request,"      \
    " digest, status, headers, body, chunks, started_us, head_us, end_us, failure, failure_text,"  \
    " recorded_at, source, marked, sum"
enum rp_cassette_column {
    RP_COL_ID,
    RP_COL_LANE,
    RP_COL_CALL,
    RP_COL_ATTEMPT,
    RP_COL_DIALECT,
    RP_COL_MODEL,
    RP_COL_STREAM,
    RP_COL_METHOD,
    RP_COL_URL,
    RP_COL_REQUEST_HEADERS,
    RP_COL_REQUEST,
    RP_COL_DIGEST,
    RP_COL_STATUS,
    RP_COL_HEADERS,
    RP_COL_BODY,
    RP_COL_CHUNKS,
    RP_COL_STARTED_US,
    RP_COL_HEAD_US,
    RP_COL_END_US,
    RP_COL_FAILURE,
    RP_COL_FAILURE_TEXT,
    RP_COL_RECORDED_AT,
    RP_COL_SOURCE,
    RP_COL_MARKED,
    RP_COL_SUM,
    RP_COLS
};

/* X(name, SQL): each is prepared once, when it is first needed. */
#define RP_CASSETTE_STATEMENTS(X)                                                                  \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(MARK, "SAVEPOINT one")                                                                       \
    X(BACK, "ROLLBACK TO one")                                                                     \
    X(FORGET, "RELEASE one")                                                                       \
    X(IDS, "SELECT id FROM interaction ORDER BY id")                                               \
    X(KEYS, "SELECT id, lane, call, attempt, digest, marked, method, url, request"                 \
            " FROM interaction ORDER BY id")                                                       \
    X(LAST, "SELECT max(id) FROM interaction")                                                     \
    X(HAS, "SELECT 1 FROM interaction WHERE id = ?1")                                              \
    X(GET, "SELECT " RP_CASSETTE_COLUMNS " FROM interaction WHERE id = ?1")                        \
    X(ADD, "INSERT INTO interaction(" RP_CASSETTE_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7,"   \
           " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"   \
           " ?25)")                                                                                \
    X(REMOVE, "DELETE FROM interaction WHERE id = ?1")                                             \
    X(UNHOOK, "UPDATE tool SET after = ?2 WHERE after = ?1")                                       \
    X(TOOLS, "SELECT max(id) FROM tool")                                                           \
    X(TOOL, "SELECT lane, tool, call_id, arguments, result, failed, after FROM tool"               \
            " WHERE id = ?1")                                                                      \
    X(MOVE_TOOLS, "UPDATE tool SET lane=?2 WHERE lane=?1")                                         \
    X(ADD_TOOL, "INSERT INTO tool(lane, tool, call_id, arguments, result, failed, after)"          \
                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                             \
    X(NOTE, "SELECT value FROM note WHERE key = ?1")                                               \
    X(SET_NOTE, "INSERT OR REPLACE INTO note(key, value) VALUES(?1, ?2)")                          \
    X(UNSET_NOTE, "DELETE FROM note WHERE key = ?1")

enum rp_cassette_statement {
#define X(name, sql) RP_CASSETTE_##name,
    RP_CASSETTE_STATEMENTS(X)
#undef X
        RP_CASSETTE_N
};

struct rp_cassette {
    struct rp_alloc alloc;
    sqlite3 *db;
    char *path;
    size_t path_size;
    int read_only;
    sqlite3_stmt *statement[RP_CASSETTE_N]; /* NULL: not needed yet */
    struct rp_error *err;                   /* of the call under way; may be NULL */
    const char *doing;                      /* "reading interaction" */
    int64_t about;                          /* its id; 0: none */

    int64_t *ids; /* of all interactions that this handle knows, sorted */
    size_t n_ids, ids_room;

    int traces; /* copies of what was removed may stand in free bytes of pages */
    int joined; /* a transaction of the caller's is under way; what ids were before it: */
    int64_t *before;
    size_t n_before;

    struct rp_interaction got; /* what was handed out last; its parts stand in the three below */
    struct rp_buf row, headers, chunks;
    struct rp_buf note;
    struct rp_tool_record tool; /* in text */
    struct rp_buf text;
};

/* What the calls below return is a status; c->err is filled when it is not RP_OK. */

/* ---- cassette_db.c ---- */

/* A call begins: what it does, to which interaction, and where its error goes. */
void rp_cassette_call(struct rp_cassette *c, const char *doing, int64_t about,
                      struct rp_error *err);
/* RP_EIO, RP_EPARSE or RP_ENOMEM after rc, a code of SQLite's: what was being done, the reason, a
 * remedy. */
int rp_cassette_fail(struct rp_cassette *c, int rc);
/* RP_EPARSE: contents that are not as a cassette writes them. */
int rp_cassette_damaged(struct rp_cassette *c, const char *what);
int rp_cassette_ready(struct rp_cassette *c, enum rp_cassette_statement which, sqlite3_stmt **out);
/* The next row: *row 0 when there is none, and the statement is reset then. */
int rp_cassette_step(struct rp_cassette *c, sqlite3_stmt *st, int *row);
/* Binds n integers and runs the statement to its end. */
int rp_cassette_run(struct rp_cassette *c, enum rp_cassette_statement which, const int64_t *given,
                    int n);
/* Its one integer; 0 when there is no row or it is NULL. */
int rp_cassette_number(struct rp_cassette *c, enum rp_cassette_statement which, int64_t *out);
int rp_cassette_exec(struct rp_cassette *c, const char *sql);
int rp_cassette_pragma(struct rp_cassette *c, const char *sql, int64_t *out);
/* A change begins, in a transaction of its own or as a part of the one that the caller began. */
int rp_cassette_enter(struct rp_cassette *c);
/* Keeps the change when rc is RP_OK, else, or when that fails, takes it back. The status. */
int rp_cassette_leave(struct rp_cassette *c, int rc);
void rp_cassette_take_back(struct rp_cassette *c); /* the whole transaction; no error is told */

/* ---- cassette.c ---- */

int rp_cassette_has(const struct rp_cassette *c, int64_t id);

/* What tells which recording answers what. */
struct rp_cassette_key {
    int64_t id, order;
    uint32_t attempt;
    int marked;
    const char *lane, *digest;
    const char *method, *url, *request;
    size_t n_request;
};
/* Of all interactions, in order of id. What visit returns other than RP_OK is returned. */
int rp_cassette_keys(struct rp_cassette *c,
                     int (*visit)(void *ctx, const struct rp_cassette_key *key), void *ctx,
                     struct rp_error *err);

/* ---- cassette_notes.c ---- */

/* As rp_cassette_note, and tells when it cannot be read. *out NULL: there is none. */
int rp_cassette_find_note(struct rp_cassette *c, const char *key, const char **out,
                          struct rp_error *err);

/* ---- cassette_row.c ---- */

/* The row of i under that id, to be stored: i is checked, its digest made where it has none. */
int rp_cassette_write_row(struct rp_cassette *c, const struct rp_interaction *i, int64_t id);
/* What the statement GET stands at, copied to c->got. */
int rp_cassette_read_row(struct rp_cassette *c, sqlite3_stmt *st);
/* SHA-256 over all of it but id and sum, as cassette_schema.c tells. */
int rp_cassette_sum(struct rp_cassette *c, const struct rp_interaction *i, unsigned char out[32]);
/* Has the request a place that was redacted? */
int rp_cassette_is_marked(const struct rp_interaction *i);

/* ---- cassette_schema.c ---- */

int rp_cassette_open_db(struct rp_cassette *c, enum rp_cassette_use use);

#endif
