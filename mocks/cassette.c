/* cassette.c - owns the calls on a cassette: adding, finding, replacing and removing interactions.
 * cassette_schema.c tells the form of the file. */
#include "cassette.h"

#include <string.h>

#include "cassette_db.h"

static int no_memory(struct rp_cassette *c)
{
    return rp_cassette_fail(c, SQLITE_NOMEM);
}

/* ---- which there are ------------------------------------------------------------------------- */

/* The place of the first id that is not less. */
static size_t place_of(const struct rp_cassette *c, int64_t id)
{
    size_t low = 0, high = c->n_ids;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int rp_cassette_has(const struct rp_cassette *c, int64_t id)
{
    size_t at = place_of(c, id);

    return at < c->n_ids && c->ids[at] == id;
}

static int reserve_id(struct rp_cassette *c)
{
    size_t room = c->ids_room ? c->ids_room * 2 : 64;
    int64_t *more;

    if (c->n_ids < c->ids_room)
        return RP_OK;
    more = c->alloc.resize(c->alloc.ctx, c->ids, c->ids_room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return no_memory(c);
    c->ids = more;
    c->ids_room = room;
    return RP_OK;
}

static void keep_id(struct rp_cassette *c, int64_t id)
{
    size_t at = place_of(c, id);

    if (at < c->n_ids && c->ids[at] == id)
        return;
    RP_ASSERT(c->n_ids < c->ids_room);
    memmove(c->ids + at + 1, c->ids + at, (c->n_ids - at) * sizeof(*c->ids));
    c->ids[at] = id;
    c->n_ids++;
}

static void drop_id(struct rp_cassette *c, int64_t id)
{
    size_t at = place_of(c, id);

    if (at == c->n_ids || c->ids[at] != id)
        return;
    c->n_ids--;
    memmove(c->ids + at, c->ids + at + 1, (c->n_ids - at) * sizeof(*c->ids));
}

static int load_ids(struct rp_cassette *c)
{
    sqlite3_stmt *st;
    int row, rc;

    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_IDS, &st));
    for (;;) {
        RP_TRY(rp_cassette_step(c, st, &row));
        if (!row)
            return RP_OK;
        rc = reserve_id(c);
        if (rc == RP_OK && sqlite3_column_int64(st, 0) < 1)
            rc = rp_cassette_damaged(c, "an interaction has a number below 1");
        if (rc != RP_OK) {
            sqlite3_reset(st);
            return rc;
        }
        c->ids[c->n_ids++] = sqlite3_column_int64(st, 0);
    }
}

size_t rp_cassette_count(struct rp_cassette *c)
{
    return c->n_ids;
}

int64_t rp_cassette_nth(struct rp_cassette *c, size_t i)
{
    RP_ASSERT(i < c->n_ids);
    return c->ids[i];
}

static int read_key(struct rp_cassette *c, sqlite3_stmt *st, struct rp_cassette_key *key)
{
    const char *lane = (const char *)sqlite3_column_text(st, 1);
    const char *digest = (const char *)sqlite3_column_text(st, 4);
    int64_t attempt = sqlite3_column_int64(st, 3);

    *key = (struct rp_cassette_key){.id = sqlite3_column_int64(st, 0),
                                    .order = sqlite3_column_int64(st, 2),
                                    .attempt = (uint32_t)attempt,
                                    .marked = sqlite3_column_int64(st, 5) != 0,
                                    .lane = lane,
                                    .digest = digest,
                                    .method = (const char *)sqlite3_column_text(st, 6),
                                    .url = (const char *)sqlite3_column_text(st, 7),
                                    .request = sqlite3_column_blob(st, 8),
                                    .n_request = (size_t)sqlite3_column_bytes(st, 8)};
    key->request = key->request ? key->request : "";
    c->about = key->id;
    if (!lane || !digest || !key->method || !key->url)
        return no_memory(c);
    if (attempt < 0 || attempt > UINT32_MAX || strlen(digest) != 64)
        return rp_cassette_damaged(c, "a number in it cannot be");
    return RP_OK;
}

int rp_cassette_keys(struct rp_cassette *c,
                     int (*visit)(void *ctx, const struct rp_cassette_key *key), void *ctx,
                     struct rp_error *err)
{
    struct rp_cassette_key key;
    sqlite3_stmt *st;
    int row, rc;

    rp_cassette_call(c, "reading interaction", 0, err);
    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_KEYS, &st));
    do {
        RP_TRY(rp_cassette_step(c, st, &row));
        if (!row)
            return RP_OK;
        rc = read_key(c, st, &key);
        if (rc == RP_OK)
            rc = visit(ctx, &key);
    } while (rc == RP_OK);
    sqlite3_reset(st);
    return rc;
}

/* ---- traces ---------------------------------------------------------------------------------- */

/* secure_delete overwrites what is deleted where it stands, but not the copies that stay behind in
 * a page when its neighbours move to another one. Only writing the file anew leaves none. */
static int leave_no_traces(struct rp_cassette *c)
{
    int rc;

    if (!c->traces || c->joined)
        return RP_OK;
    rc = rp_cassette_exec(c, "VACUUM");
    c->traces = rc != RP_OK;
    return rc;
}

/* ---- taking back ------------------------------------------------------------------------------
 */

static void forget_before(struct rp_cassette *c)
{
    c->alloc.resize(c->alloc.ctx, c->before, (c->n_before + 1) * sizeof(*c->before), 0);
    c->before = NULL;
    c->joined = 0;
}

/* The room for ids never shrinks: those of before fit. */
static void undo(struct rp_cassette *c)
{
    rp_cassette_take_back(c);
    RP_ASSERT(c->n_before <= c->ids_room);
    if (c->n_before > 0)
        memcpy(c->ids, c->before, c->n_before * sizeof(*c->ids));
    c->n_ids = c->n_before;
    forget_before(c);
}

/* ---- opening and closing --------------------------------------------------------------------- */

void rp_cassette_close(struct rp_cassette *c)
{
    struct rp_alloc alloc;

    if (!c)
        return;
    alloc = c->alloc;
    rp_cassette_call(c, "closing the cassette", 0, NULL);
    if (c->joined)
        undo(c);
    (void)leave_no_traces(c);
    for (int i = 0; i < RP_CASSETTE_N; i++)
        sqlite3_finalize(c->statement[i]);
    sqlite3_close(c->db);
    rp_buf_free(&c->row);
    rp_buf_free(&c->headers);
    rp_buf_free(&c->chunks);
    rp_buf_free(&c->note);
    rp_buf_free(&c->text);
    if (c->before)
        alloc.resize(alloc.ctx, c->before, (c->n_before + 1) * sizeof(*c->before), 0);
    if (c->ids)
        alloc.resize(alloc.ctx, c->ids, c->ids_room * sizeof(*c->ids), 0);
    if (c->path)
        alloc.resize(alloc.ctx, c->path, c->path_size, 0);
    alloc.resize(alloc.ctx, c, sizeof(*c), 0);
}

static int make_handle(const struct rp_alloc *alloc, const char *path, struct rp_cassette **out)
{
    struct rp_cassette *c = alloc->resize(alloc->ctx, NULL, 0, sizeof(*c));

    if (!c)
        return RP_ENOMEM;
    memset(c, 0, sizeof(*c));
    c->alloc = *alloc;
    rp_buf_init(&c->row, alloc, SIZE_MAX / 2);
    rp_buf_init(&c->headers, alloc, SIZE_MAX / 2);
    rp_buf_init(&c->chunks, alloc, SIZE_MAX / 2);
    rp_buf_init(&c->note, alloc, SIZE_MAX / 2);
    rp_buf_init(&c->text, alloc, SIZE_MAX / 2);
    c->path_size = strlen(path) + 1;
    c->path = alloc->resize(alloc->ctx, NULL, 0, c->path_size);
    if (!c->path) {
        rp_cassette_close(c);
        return RP_ENOMEM;
    }
    memcpy(c->path, path, c->path_size);
    *out = c;
    return RP_OK;
}

int rp_cassette_open(const struct rp_alloc *alloc, const char *path, enum rp_cassette_use use,
                     struct rp_cassette **out, struct rp_error *err)
{
    struct rp_cassette *c;
    int rc = make_handle(alloc, path, &c);

    if (rc != RP_OK)
        return rp_fail_at(err, rc, path, "%s", rp_status_text(rc));
    rp_cassette_call(c, "opening the cassette", 0, err);
    rc = rp_cassette_open_db(c, use);
    if (rc == RP_OK)
        rc = load_ids(c);
    c->err = NULL;
    if (rc != RP_OK) {
        rp_cassette_close(c);
        return rc;
    }
    *out = c;
    return RP_OK;
}

const char *rp_cassette_path(const struct rp_cassette *c)
{
    return c->path;
}

/* ---- several changes as one ------------------------------------------------------------------ */

int rp_cassette_begin(struct rp_cassette *c, struct rp_error *err)
{
    int rc;

    rp_cassette_call(c, "beginning a change", 0, err);
    if (c->joined)
        return rp_fail_at(err, RP_ESTATE, c->path, "%s: another one is under way", c->doing);
    c->n_before = c->n_ids;
    c->before = c->alloc.resize(c->alloc.ctx, NULL, 0, (c->n_before + 1) * sizeof(*c->before));
    if (!c->before)
        return no_memory(c);
    if (c->n_ids > 0)
        memcpy(c->before, c->ids, c->n_ids * sizeof(*c->ids));
    rc = rp_cassette_enter(c);
    if (rc != RP_OK)
        forget_before(c);
    else
        c->joined = 1;
    return rc;
}

int rp_cassette_commit(struct rp_cassette *c, struct rp_error *err)
{
    int rc;

    rp_cassette_call(c, "ending a change", 0, err);
    if (!c->joined)
        return rp_fail_at(err, RP_ESTATE, c->path, "%s: none has begun", c->doing);
    if (sqlite3_get_autocommit(c->db))
        rc = rp_fail_at(err, RP_EIO, c->path,
                        "%s: an earlier failure has taken it back; begin it anew", c->doing);
    else
        rc = rp_cassette_run(c, RP_CASSETTE_COMMIT, NULL, 0);
    if (rc != RP_OK) {
        undo(c);
        return rc;
    }
    forget_before(c);
    return leave_no_traces(c);
}

void rp_cassette_rollback(struct rp_cassette *c)
{
    rp_cassette_call(c, "taking a change back", 0, NULL);
    if (c->joined)
        undo(c);
}

/* ---- interactions ---------------------------------------------------------------------------- */

/* The id under which i is stored: its own, where that is free, else the next. */
static int choose_id(struct rp_cassette *c, int64_t wanted, int64_t *id)
{
    int64_t last = 0;
    sqlite3_stmt *st;
    int row = 1;

    if (wanted > 0) {
        RP_TRY(rp_cassette_ready(c, RP_CASSETTE_HAS, &st));
        sqlite3_bind_int64(st, 1, wanted);
        RP_TRY(rp_cassette_step(c, st, &row));
        sqlite3_reset(st);
    }
    if (row)
        RP_TRY(rp_cassette_number(c, RP_CASSETTE_LAST, &last));
    if (row && last == INT64_MAX)
        return rp_cassette_damaged(c, "there is no number left");
    *id = row ? last + 1 : wanted;
    return RP_OK;
}

/* Stands outside of a transaction; old 0: nothing is removed. */
static int put(struct rp_cassette *c, const struct rp_interaction *i, int64_t old, int64_t *id)
{
    int64_t hooks[2] = {old, 0};
    int rc;

    RP_TRY(reserve_id(c));
    RP_TRY(rp_cassette_enter(c));
    rc = choose_id(c, i->id, id);
    hooks[1] = rc == RP_OK ? *id : 0;
    if (rc == RP_OK && old)
        rc = rp_cassette_run(c, RP_CASSETTE_REMOVE, &old, 1);
    if (rc == RP_OK && old)
        rc = rp_cassette_run(c, RP_CASSETTE_UNHOOK, hooks, 2);
    if (rc == RP_OK)
        rc = rp_cassette_write_row(c, i, *id);
    rc = rp_cassette_leave(c, rc);
    if (rc != RP_OK)
        return rc;
    if (old)
        drop_id(c, old);
    c->traces |= old != 0; /* the next removal, or the close, takes care of them */
    keep_id(c, *id);
    return RP_OK;
}

int rp_cassette_add(struct rp_cassette *c, const struct rp_interaction *i, int64_t *id,
                    struct rp_error *err)
{
    int64_t given;

    rp_cassette_call(c, "adding an interaction", 0, err);
    RP_TRY(put(c, i, 0, &given));
    if (id)
        *id = given;
    return RP_OK;
}

static int no_interaction(struct rp_cassette *c, int64_t id)
{
    if (c->n_ids == 0)
        return rp_fail_at(c->err, RP_ENOTFOUND, c->path,
                          "there is no interaction %l; the cassette is empty", id);
    return rp_fail_at(c->err, RP_ENOTFOUND, c->path,
                      "there is no interaction %l; the first is %l and the last %l", id, c->ids[0],
                      c->ids[c->n_ids - 1]);
}

int rp_cassette_renew(struct rp_cassette *c, int64_t old, const struct rp_interaction *i,
                      int64_t *id, struct rp_error *err)
{
    int64_t given;

    rp_cassette_call(c, "replacing interaction", old, err);
    if (!rp_cassette_has(c, old))
        return no_interaction(c, old);
    RP_TRY(put(c, i, old, &given));
    if (id)
        *id = given;
    return RP_OK;
}

int rp_cassette_get(struct rp_cassette *c, int64_t id, const struct rp_interaction **out,
                    struct rp_error *err)
{
    sqlite3_stmt *st;
    int row, rc;

    rp_cassette_call(c, "reading interaction", id, err);
    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_GET, &st));
    sqlite3_bind_int64(st, 1, id);
    RP_TRY(rp_cassette_step(c, st, &row));
    if (!row)
        return no_interaction(c, id);
    rc = rp_cassette_read_row(c, st);
    sqlite3_reset(st);
    if (rc == RP_OK)
        *out = &c->got;
    return rc;
}

int rp_cassette_replace(struct rp_cassette *c, const struct rp_interaction *i, struct rp_error *err)
{
    int64_t id = i->id;
    int rc;

    rp_cassette_call(c, "replacing interaction", id, err);
    RP_TRY(rp_cassette_enter(c));
    rc = rp_cassette_run(c, RP_CASSETTE_REMOVE, &id, 1);
    if (rc == RP_OK && sqlite3_changes(c->db) == 0)
        rc = no_interaction(c, id);
    if (rc == RP_OK)
        rc = rp_cassette_write_row(c, i, id);
    RP_TRY(rp_cassette_leave(c, rc));
    c->traces = 1;
    return leave_no_traces(c);
}

int rp_cassette_remove(struct rp_cassette *c, int64_t id, struct rp_error *err)
{
    int64_t hooks[2] = {id, 0};
    int rc;

    rp_cassette_call(c, "removing interaction", id, err);
    RP_TRY(rp_cassette_enter(c));
    rc = rp_cassette_run(c, RP_CASSETTE_REMOVE, &id, 1);
    if (rc == RP_OK && sqlite3_changes(c->db) == 0)
        rc = no_interaction(c, id);
    if (rc == RP_OK)
        rc = rp_cassette_run(c, RP_CASSETTE_UNHOOK, hooks, 2);
    RP_TRY(rp_cassette_leave(c, rc));
    drop_id(c, id);
    c->traces = 1;
    return leave_no_traces(c);
}
