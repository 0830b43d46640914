/* store_sqlite_remove.c - owns removal: the checkpoints' rows, the items that nobody refers to any
 * more, and the room that they took in the file. */
#include "engine/os/store_sqlite.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/reprise.h"

/* ---- what is still needed ---- */

/* Rows are read from the last to the first: an item is saved behind its parts, so all that refer to
 * it were read before it. One that came again after its whole (it had been missing) is the
 * exception: it is taken for dead at first, and looked into later. */
struct sweep {
    struct rp_sqlite *s;
    struct rp_sqlite_names met; /* with REACHED or LOOKED_INTO */
    size_t looked_into;
    struct rp_buf dead; /* struct row: rows that nobody had reached when they were read */
    int sound; /* 0: something that stays is missing or damaged, so what it needs is not known */
};
enum { REACHED = 1, LOOKED_INTO };

struct row {
    int64_t seq;
    struct rp_item_id id;
};

static int reach(void *ctx, const struct rp_item_id *id)
{
    struct sweep *w = ctx;

    if (rp_sqlite_names_get(&w->met, id))
        return RP_OK;
    RP_TRY(rp_sqlite_names_reserve(&w->met, &w->s->alloc, 1));
    rp_sqlite_names_put(&w->met, id, REACHED);
    return RP_OK;
}

static int no_memory(struct rp_sqlite *s)
{
    return rp_sqlite_fail(s, SQLITE_NOMEM);
}

static int reach_root(struct sweep *w, sqlite3_stmt *st)
{
    struct rp_item_id root;

    if (rp_sqlite_column_id(st, 1, &root))
        return reach(w, &root) == RP_OK ? RP_OK : no_memory(w->s);
    w->sound = 0;
    return RP_OK;
}

/* Reaches what the item of the row refers to. */
static int look_into(struct sweep *w, const struct rp_item_id *id, sqlite3_stmt *st)
{
    int rc =
        rp_snap_refs(sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2), reach, w);

    if (rc == RP_ENOMEM)
        return no_memory(w->s);
    w->sound = w->sound && rc == RP_OK;
    w->looked_into++;
    rp_sqlite_names_put(&w->met, id, LOOKED_INTO);
    return RP_OK;
}

static int read_item(struct sweep *w, sqlite3_stmt *st)
{
    struct row row;

    memset(&row, 0, sizeof(row));
    row.seq = sqlite3_column_int64(st, 0);
    if (!rp_sqlite_column_id(st, 1, &row.id)) {
        w->sound = 0;
        return RP_OK;
    }
    if (rp_sqlite_names_get(&w->met, &row.id))
        return look_into(w, &row.id, st);
    return rp_buf_add(&w->dead, (const char *)&row, sizeof(row)) == RP_OK ? RP_OK : no_memory(w->s);
}

/* Calls visit for each row that the statement gives. */
static int each_row(struct sweep *w, enum rp_sqlite_statement which,
                    int (*visit)(struct sweep *w, sqlite3_stmt *st))
{
    sqlite3_stmt *st;
    int row, rc;

    RP_TRY(rp_sqlite_ready(w->s, which, &st));
    for (;;) {
        RP_TRY(rp_sqlite_step(w->s, st, &row));
        if (!row)
            return RP_OK;
        rc = visit(w, st);
        if (rc != RP_OK) {
            sqlite3_reset(st);
            return rc;
        }
    }
}

/* Looks into those that were taken for dead and were reached later; *some: there were any. */
static int look_again(struct sweep *w, int *some)
{
    sqlite3_stmt *st;
    int there;

    *some = 0;
    for (size_t at = 0; at < w->dead.n; at += sizeof(struct row)) {
        struct row row;
        memcpy(&row, w->dead.s + at, sizeof(row));
        if (rp_sqlite_names_get(&w->met, &row.id) != REACHED)
            continue;
        RP_TRY(rp_sqlite_ready(w->s, RP_SQLITE_ITEM, &st));
        sqlite3_bind_int64(st, 1, row.seq);
        RP_TRY(rp_sqlite_step(w->s, st, &there));
        RP_ASSERT(there);
        RP_TRY(look_into(w, &row.id, st));
        sqlite3_reset(st);
        *some = 1;
    }
    return RP_OK;
}

static int find_dead(struct sweep *w)
{
    int some = 1;

    RP_TRY(each_row(w, RP_SQLITE_ROOTS, reach_root));
    RP_TRY(each_row(w, RP_SQLITE_ALL_ITEMS, read_item));
    while (some && w->looked_into < w->met.n)
        RP_TRY(look_again(w, &some));
    w->sound = w->sound && w->looked_into == w->met.n;
    return RP_OK;
}

/* ---- sweeping ---- */

static int remove_row(struct rp_sqlite *s, const struct row *row)
{
    sqlite3_stmt *st;
    int there;

    RP_TRY(rp_sqlite_run(s, RP_SQLITE_REMOVE_ITEM, &row->seq, 1));
    if (row->seq > s->tail_from) /* it is in no index yet */
        return RP_OK;
    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_REMOVE_NAME, &st));
    rp_sqlite_bind_id(st, 1, &row->id);
    sqlite3_bind_int64(st, 2, row->seq);
    return rp_sqlite_step(s, st, &there);
}

static int remove_dead(struct sweep *w)
{
    for (size_t at = 0; at < w->dead.n; at += sizeof(struct row)) {
        struct row row;
        memcpy(&row, w->dead.s + at, sizeof(row));
        if (!rp_sqlite_names_get(&w->met, &row.id))
            RP_TRY(remove_row(w->s, &row));
    }
    return RP_OK;
}

static int free_items(struct rp_sqlite *s)
{
    struct sweep w = {.s = s, .sound = 1};
    int rc;

    rp_buf_init(&w.dead, &s->alloc, SIZE_MAX);
    rc = find_dead(&w);
    if (rc == RP_OK && w.sound)
        rc = remove_dead(&w);
    rp_buf_free(&w.dead);
    rp_sqlite_names_free(&w.met, &s->alloc);
    return rc;
}

/* ---- removing ---- */

static int is_before(const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == ids[n])
            return 1;
    return 0;
}

static int remove_in(struct rp_sqlite *s, const int64_t *ids, size_t n)
{
    struct rp_sqlite_state st;

    RP_TRY(rp_sqlite_look(s, &st));
    sqlite3_reset(s->statement[RP_SQLITE_STATE]);
    for (size_t i = 0; i < n; i++) {
        RP_TRY(rp_sqlite_run(s, RP_SQLITE_REMOVE, &ids[i], 1));
        if (sqlite3_changes(s->db) == 0 && !is_before(ids, i))
            return rp_sqlite_no_checkpoint(s, ids[i], st.next);
    }
    RP_TRY(rp_sqlite_run(s, RP_SQLITE_REMOVED, &st.next, 1));
    RP_TRY(free_items(s));
    return rp_sqlite_run(s, RP_SQLITE_REMOVE_FLOWS, NULL, 0);
}

/* Gives room back to the disk. The removal has happened: what cannot be done now, because another
 * process reads or the disk is full, is done at the next one. */
static void shrink(struct rp_sqlite *s)
{
    sqlite3_busy_timeout(s->db, 0);
    if (sqlite3_exec(s->db, "PRAGMA incremental_vacuum", NULL, NULL, NULL) == SQLITE_OK)
        sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(s->db, s->busy_ms);
}

int rp_sqlite_remove(void *self, const int64_t *ids, size_t n, struct rp_error *err)
{
    struct rp_sqlite *s = self;
    int rc;

    RP_ASSERT(ids || n == 0);
    s->err = err;
    s->doing = "removing checkpoints";
    s->about = NULL;
    if (n == 0)
        return RP_OK;
    RP_TRY(rp_sqlite_begin(s));
    rc = remove_in(s, ids, n);
    if (rc == RP_OK)
        rc = rp_sqlite_commit(s);
    if (rc != RP_OK) {
        rp_sqlite_rollback(s);
        return rc;
    }
    rp_sqlite_forget(s);
    shrink(s);
    return RP_OK;
}
