/* store_sqlite.h - what the files of the SQLite store share: its handle, its statements, its
 * errors. store_sqlite.c tells how the database is made up. */
#ifndef RP_OS_STORE_SQLITE_H
#define RP_OS_STORE_SQLITE_H

#include <sqlite3.h>

#include "engine/base/buf.h"
#include "engine/os/reprise_os.h"
#include "engine/reprise.h"

#define RP_SQLITE_APPLICATION 0x52505253 /* "RPRS" */

/* X(name, SQL): each is prepared once, when it is first needed. */
#define RP_SQLITE_STATEMENTS(X)                                                                    \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(STATE, "SELECT generation, indexed, next, (SELECT max(id) FROM checkpoint),"                 \
             " (SELECT max(seq) FROM item) FROM store")                                            \
    X(FIND, "SELECT seq FROM name WHERE id = ?1")                                                  \
    X(ITEM, "SELECT seq, id, bytes FROM item WHERE seq = ?1")                                      \
    X(TAIL, "SELECT seq, id FROM item WHERE seq > ?1 ORDER BY seq")                                \
    X(ADD_ITEM, "INSERT INTO item(seq, id, bytes) VALUES(?1, ?2, ?3)")                             \
    X(INDEX, "INSERT OR REPLACE INTO name(id, seq) SELECT id, seq FROM item WHERE seq > ?1"        \
             " ORDER BY id")                                                                       \
    X(INDEXED, "UPDATE store SET indexed = ?1")                                                    \
    X(FIND_FLOW, "SELECT id FROM flow WHERE workflow = ?1 AND signature = ?2")                     \
    X(ADD_FLOW, "INSERT INTO flow(workflow, signature) VALUES(?1, ?2)")                            \
    X(ADD, "INSERT INTO checkpoint(id, previous, flow, iteration, pending, messages, time_ms,"     \
           " root, sum) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")                               \
    X(INFO, RP_SQLITE_ROW "LEFT JOIN flow f ON f.id = c.flow WHERE c.id = ?1")                     \
    X(LIST, RP_SQLITE_ROW "LEFT JOIN flow f ON f.id = c.flow ORDER BY c.id")                       \
    X(LIST_OF, RP_SQLITE_ROW "CROSS JOIN flow f ON f.id = c.flow"                                  \
                             " WHERE f.workflow = ?1 ORDER BY c.id")                               \
    X(LATEST, "SELECT max(id) FROM checkpoint")                                                    \
    X(LATEST_OF, "SELECT max(newest) FROM (SELECT (SELECT id FROM checkpoint WHERE flow = f.id"    \
                 " ORDER BY id DESC LIMIT 1) AS newest FROM flow f WHERE f.workflow = ?1)")        \
    X(REMOVE, "DELETE FROM checkpoint WHERE id = ?1")                                              \
    X(REMOVED, "UPDATE store SET generation = generation + 1, next = ?1")                          \
    X(ROOTS, "SELECT id, root FROM checkpoint ORDER BY id")                                        \
    X(ALL_ITEMS, "SELECT seq, id, bytes FROM item ORDER BY seq DESC")                              \
    X(REMOVE_ITEM, "DELETE FROM item WHERE seq = ?1")                                              \
    X(REMOVE_NAME, "DELETE FROM name WHERE id = ?1 AND seq = ?2")                                  \
    X(REMOVE_FLOWS, "DELETE FROM flow WHERE id NOT IN (SELECT flow FROM checkpoint)")

/* Columns as rp_sqlite_row reads them. */
#define RP_SQLITE_ROW                                                                              \
    "SELECT c.id, c.previous, f.workflow, f.signature, c.iteration, c.pending, c.messages,"        \
    " c.time_ms, c.root, c.sum FROM checkpoint c "

enum rp_sqlite_statement {
#define X(name, sql) RP_SQLITE_##name,
    RP_SQLITE_STATEMENTS(X)
#undef X
        RP_SQLITE_N
};

/* Names of items, each with a number; open addressing. */
struct rp_sqlite_names {
    struct rp_sqlite_name {
        struct rp_item_id id;
        int64_t seq; /* 0: the slot is free */
    } * slot;
    size_t n, room; /* room is 0 or a power of two */
};
/* Room for n more: RP_ENOMEM, nothing changed. Putting needs room. */
int rp_sqlite_names_reserve(struct rp_sqlite_names *m, const struct rp_alloc *alloc, size_t n);
void rp_sqlite_names_put(struct rp_sqlite_names *m, const struct rp_item_id *id, int64_t seq);
int64_t rp_sqlite_names_get(const struct rp_sqlite_names *m,
                            const struct rp_item_id *id); /* or 0 */
void rp_sqlite_names_clear(struct rp_sqlite_names *m);    /* keeps the room */
void rp_sqlite_names_free(struct rp_sqlite_names *m, const struct rp_alloc *alloc);

/* The row of table store, and what else stands at the end of the tables. */
struct rp_sqlite_state {
    int64_t generation, indexed;
    int64_t next; /* id of the next checkpoint */
    int64_t last; /* seq of the last item; 0: none */
};

struct rp_sqlite {
    struct rp_alloc alloc;
    sqlite3 *db;
    char *path;
    size_t path_size;
    int read_only, busy_ms;
    sqlite3_stmt *statement[RP_SQLITE_N]; /* NULL: not needed yet */

    /* Of the call under way: where its error goes, which may be NULL, and what it does. */
    struct rp_error *err;
    const char *doing;              /* "reading item" */
    const struct rp_item_id *about; /* the item that it is done to, or NULL */

    /* Items that the index does not know yet: those with a seq over tail_from, up to tail_to. */
    struct rp_sqlite_names tail;
    int64_t tail_min; /* rows that stay out of the index at least */
    int64_t tail_generation, tail_from, tail_to;

    /* Workflow and signature that were saved last, and their row; flow 0: none. */
    struct rp_buf flow_names;
    int64_t flow, flow_generation;

    struct rp_buf out; /* what was handed out last */
};

/* What the calls below return is a status, unless it is said; s->err is filled when it is not
 * RP_OK.
 */

/* ---- store_sqlite_db.c ---- */

/* RP_ESTORE, or RP_ENOMEM where rc, a code of SQLite's, says so: what was being done, the reason in
 * SQLite's words, a remedy. */
int rp_sqlite_fail(struct rp_sqlite *s, int rc);
/* The same for contents that are not as this store writes them: what is wrong. RP_ESTORE. */
int rp_sqlite_damaged(struct rp_sqlite *s, const char *what);
/* RP_ENOTFOUND: removed, or never saved when next is the next id to be given. */
int rp_sqlite_no_checkpoint(struct rp_sqlite *s, int64_t id, int64_t next);
/* The statement, reset, ready to be bound. */
int rp_sqlite_ready(struct rp_sqlite *s, enum rp_sqlite_statement which, sqlite3_stmt **out);
/* The next row: *row 0 when there is none, and the statement is reset then. */
int rp_sqlite_step(struct rp_sqlite *s, sqlite3_stmt *st, int *row);
/* Binds n integers, runs the statement to its end and resets it. */
int rp_sqlite_run(struct rp_sqlite *s, enum rp_sqlite_statement which, const int64_t *given, int n);
/* Statements that give nothing; and one that gives an integer. */
int rp_sqlite_exec(struct rp_sqlite *s, const char *sql);
int rp_sqlite_pragma(struct rp_sqlite *s, const char *sql, int64_t *out);
int rp_sqlite_bind_id(sqlite3_stmt *st, int at, const struct rp_item_id *id);
/* Returns 0 when the column holds no name of an item. */
int rp_sqlite_column_id(sqlite3_stmt *st, int column, struct rp_item_id *out);
void rp_sqlite_hex(const struct rp_item_id *id, char out[33]);

int rp_sqlite_begin(struct rp_sqlite *s);
int rp_sqlite_commit(struct rp_sqlite *s);
/* Takes everything back; nothing is remembered of what the database holds. */
void rp_sqlite_rollback(struct rp_sqlite *s);
void rp_sqlite_forget(struct rp_sqlite *s);

/* ---- store_sqlite_tail.c ---- */

/* Reads the state and brings the tail up to it. Outside of a transaction the statement STATE is
 * left at its row, which keeps the view of the database until it is reset. */
int rp_sqlite_look(struct rp_sqlite *s, struct rp_sqlite_state *out);
/* *seq 0 when there is no such item. The tail must be up to date. */
int rp_sqlite_find(struct rp_sqlite *s, const struct rp_item_id *id, int64_t *seq);
/* Puts the tail into the index when it has grown long. In a transaction. */
int rp_sqlite_index(struct rp_sqlite *s, int64_t last);

/* ---- store_sqlite_open.c ---- */

/* Opens s->path; s->db may be set even when it fails. */
int rp_sqlite_open(struct rp_sqlite *s, const struct rp_sqlite_opts *opts);
/* Brings the database to version n in one transaction; step i leads from version i to i + 1. */
int rp_sqlite_migrate(struct rp_sqlite *s, const char *const *steps, int n);

/* ---- store_sqlite_remove.c ---- */

/* An operation of the store. */
int rp_sqlite_remove(void *self, const int64_t *ids, size_t n, struct rp_error *err);

#endif
