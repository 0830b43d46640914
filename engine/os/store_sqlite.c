/* store_sqlite.c - owns the store of checkpoints in a SQLite database: saving, finding, listing.
 *
 * The file is a SQLite database in WAL mode, with application_id 0x52505253 ("RPRS") and the
 * version of what stands below, 1, in user_version. All is written in transactions that begin with
 * BEGIN IMMEDIATE, so several processes may save, read and remove at the same time.
 *
 *   store       one row
 *     generation    how many removals there were
 *     indexed       rows of item up to this seq are in table name
 *     next          the next checkpoint's id is at least this (removed ids are not given again)
 *   item        what checkpoints are made of (engine/snap.h)
 *     seq           order of arrival, from 1; those of removed items may come again
 *     id            16 bytes: the name, by content
 *     bytes
 *   name        index of item by id, made in batches (store_sqlite_tail.c)
 *     id, seq       as in item
 *   flow        a workflow's name and signature, once for all its checkpoints
 *     id, workflow, signature
 *   checkpoint  one row each
 *     id, previous, iteration, pending, messages, time_ms (bits of the unsigned number)
 *     flow          id in table flow
 *     root          16 bytes: the item that all others hang on
 *     sum           rp_snap_sum of: workflow, NUL, signature, NUL, and as 8 bytes each, the lowest
 *                   first: id, previous, iteration, pending, messages, time_ms; then root
 *
 * Saving costs about three dirty pages. A process may end at any moment: what was acknowledged
 * stays. A loss of power keeps that promise with full_sync; without it the last checkpoints may be
 * missing, never one in between, and their ids are given anew. */
#include "engine/os/store_sqlite.h"

#include <string.h>

#include "engine/base/check.h"
#include "engine/reprise.h"

enum { OUT_KEPT = 1 << 20 }; /* a larger block is given back before the next item is read */

static struct rp_sqlite *enter(void *self, const char *doing, struct rp_error *err)
{
    struct rp_sqlite *s = self;

    RP_ASSERT(sqlite3_get_autocommit(s->db));
    s->err = err;
    s->doing = doing;
    s->about = NULL;
    return s;
}

static int no_memory(struct rp_sqlite *s)
{
    return rp_sqlite_fail(s, SQLITE_NOMEM);
}

/* ---- the rows of checkpoints ---- */

static void put_number(char *to, uint64_t n)
{
    for (unsigned i = 0; i < 8; i++)
        to[i] = (char)(n >> 8 * i & 0xff);
}

/* The row's sum; b holds the two names, each with its NUL, and again when this returns. */
static int sum_of(struct rp_sqlite *s, struct rp_buf *b, const struct rp_checkpoint_info *info,
                  int64_t *sum)
{
    size_t names = b->n;
    char fixed[6 * 8 + sizeof(info->root.b)];

    put_number(fixed, (uint64_t)info->id);
    put_number(fixed + 8, (uint64_t)info->previous);
    put_number(fixed + 16, (uint64_t)info->iteration);
    put_number(fixed + 24, info->pending);
    put_number(fixed + 32, info->messages);
    put_number(fixed + 40, info->time_ms);
    memcpy(fixed + 48, info->root.b, sizeof(info->root.b));
    if (rp_buf_add(b, fixed, sizeof(fixed)) != RP_OK)
        return no_memory(s);
    *sum = (int64_t)rp_snap_sum(b->s, b->n);
    rp_buf_cut(b, names);
    return RP_OK;
}

static int put_names(struct rp_buf *b, const char *workflow, const char *signature)
{
    rp_buf_clear(b);
    RP_TRY(rp_buf_add(b, workflow, strlen(workflow) + 1));
    return rp_buf_add(b, signature, strlen(signature) + 1);
}

static int is_row(sqlite3_stmt *st, struct rp_checkpoint_info *out)
{
    for (int i = 0; i < 10; i++) {
        int wanted = i == 2 || i == 3 ? SQLITE_TEXT : i == 8 ? SQLITE_BLOB : SQLITE_INTEGER;
        if (sqlite3_column_type(st, i) != wanted)
            return 0;
    }
    *out = (struct rp_checkpoint_info){.id = sqlite3_column_int64(st, 0),
                                       .previous = sqlite3_column_int64(st, 1),
                                       .iteration = sqlite3_column_int64(st, 4),
                                       .pending = (uint32_t)sqlite3_column_int64(st, 5),
                                       .messages = (uint32_t)sqlite3_column_int64(st, 6),
                                       .time_ms = (uint64_t)sqlite3_column_int64(st, 7)};
    return rp_sqlite_column_id(st, 8, &out->root);
}

/* Reads the row that the statement is at; the strings stand in s->out. */
static int read_row(struct rp_sqlite *s, sqlite3_stmt *st, struct rp_checkpoint_info *out)
{
    int64_t sum = 0;
    int sound = is_row(st, out);

    if (sound) {
        const char *workflow = (const char *)sqlite3_column_text(st, 2);
        const char *signature = (const char *)sqlite3_column_text(st, 3);
        if (!workflow || !signature || put_names(&s->out, workflow, signature) != RP_OK)
            return no_memory(s);
        RP_TRY(sum_of(s, &s->out, out, &sum));
    }
    if (!sound || sum != sqlite3_column_int64(st, 9))
        return rp_fail_at(s->err, RP_ESTORE, s->path,
                          "%s: the row of checkpoint %l is damaged; remove that checkpoint",
                          s->doing, (int64_t)sqlite3_column_int64(st, 0));
    out->workflow = s->out.s;
    out->signature = s->out.s + strlen(s->out.s) + 1;
    return RP_OK;
}

/* ---- saving ---- */

static int bind_item(sqlite3_stmt *st, const struct rp_item *item, int64_t seq)
{
    sqlite3_bind_int64(st, 1, seq);
    rp_sqlite_bind_id(st, 2, &item->id);
    if (item->n == 0)
        return sqlite3_bind_zeroblob(st, 3, 0);
    return sqlite3_bind_blob64(st, 3, item->bytes, item->n, SQLITE_STATIC);
}

/* The tail has room for one more. */
static int add_item(struct rp_sqlite *s, const struct rp_item *item, int64_t *last)
{
    sqlite3_stmt *st;
    int64_t seq;
    int row, rc;

    s->about = &item->id;
    RP_TRY(rp_sqlite_find(s, &item->id, &seq));
    if (seq)
        return RP_OK;
    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_ADD_ITEM, &st));
    rc = bind_item(st, item, *last + 1);
    if (rc != SQLITE_OK)
        return rp_sqlite_fail(s, rc);
    RP_TRY(rp_sqlite_step(s, st, &row));
    rp_sqlite_names_put(&s->tail, &item->id, ++*last);
    s->tail_to = *last;
    return RP_OK;
}

static int add_items(struct rp_sqlite *s, const struct rp_item *items, size_t n, int64_t *last)
{
    if (rp_sqlite_names_reserve(&s->tail, &s->alloc, n) != RP_OK)
        return no_memory(s);
    for (size_t i = 0; i < n; i++)
        RP_TRY(add_item(s, &items[i], last));
    s->about = NULL;
    return RP_OK;
}

/* Runs a statement over the two names in s->flow_names. */
static int with_names(struct rp_sqlite *s, enum rp_sqlite_statement which, sqlite3_stmt **st,
                      int *row)
{
    const char *workflow = s->flow_names.s, *signature = workflow + strlen(workflow) + 1;
    int rc;

    RP_TRY(rp_sqlite_ready(s, which, st));
    rc = sqlite3_bind_text(*st, 1, workflow, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(*st, 2, signature, -1, SQLITE_STATIC);
    return rc == SQLITE_OK ? rp_sqlite_step(s, *st, row) : rp_sqlite_fail(s, rc);
}

/* s->flow becomes the row of these names, s->flow_names the names. */
static int become_flow(struct rp_sqlite *s, const char *workflow, const char *signature,
                       int64_t generation)
{
    const char *known = s->flow_names.s;
    sqlite3_stmt *st;
    int row;

    if (s->flow && s->flow_generation == generation && strcmp(known, workflow) == 0 &&
        strcmp(known + strlen(known) + 1, signature) == 0)
        return RP_OK;
    s->flow = 0;
    if (put_names(&s->flow_names, workflow, signature) != RP_OK)
        return no_memory(s);
    RP_TRY(with_names(s, RP_SQLITE_FIND_FLOW, &st, &row));
    if (row) {
        s->flow = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
    } else {
        RP_TRY(with_names(s, RP_SQLITE_ADD_FLOW, &st, &row));
        s->flow = sqlite3_last_insert_rowid(s->db);
    }
    s->flow_generation = generation;
    return RP_OK;
}

static int add_row(struct rp_sqlite *s, const struct rp_checkpoint_info *info)
{
    sqlite3_stmt *st;
    int64_t sum;
    int row;

    RP_TRY(sum_of(s, &s->flow_names, info, &sum));
    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_ADD, &st));
    sqlite3_bind_int64(st, 1, info->id);
    sqlite3_bind_int64(st, 2, info->previous);
    sqlite3_bind_int64(st, 3, s->flow);
    sqlite3_bind_int64(st, 4, info->iteration);
    sqlite3_bind_int64(st, 5, info->pending);
    sqlite3_bind_int64(st, 6, info->messages);
    sqlite3_bind_int64(st, 7, (int64_t)info->time_ms);
    rp_sqlite_bind_id(st, 8, &info->root);
    sqlite3_bind_int64(st, 9, sum);
    return rp_sqlite_step(s, st, &row);
}

static int stale(struct rp_sqlite *s, uint64_t *generation, int64_t present)
{
    *generation = (uint64_t)present;
    return rp_fail_at(
        s->err, RP_ESTALE, s->path,
        "checkpoints were removed meanwhile (removals so far: %l); save again with all "
        "items",
        present);
}

static int save_in(struct rp_sqlite *s, const struct rp_checkpoint_info *given,
                   const struct rp_item *items, size_t n, uint64_t *generation, int64_t *id)
{
    struct rp_checkpoint_info info = *given;
    struct rp_sqlite_state st;

    RP_TRY(rp_sqlite_look(s, &st));
    sqlite3_reset(s->statement[RP_SQLITE_STATE]);
    if (*generation != (uint64_t)st.generation)
        return stale(s, generation, st.generation);
    info.id = *id = st.next;
    RP_TRY(add_items(s, items, n, &st.last));
    RP_TRY(become_flow(s, info.workflow ? info.workflow : "", info.signature ? info.signature : "",
                       st.generation));
    RP_TRY(add_row(s, &info));
    return rp_sqlite_index(s, st.last);
}

static int save(void *self, const struct rp_checkpoint_info *info, const struct rp_item *items,
                size_t n, uint64_t *generation, int64_t *id, struct rp_error *err)
{
    struct rp_sqlite *s = enter(self, "saving a checkpoint", err);
    int64_t given = 0;
    int rc;

    RP_ASSERT(items || n == 0);
    RP_TRY(rp_sqlite_begin(s));
    rc = save_in(s, info, items, n, generation, &given);
    if (rc == RP_OK)
        rc = rp_sqlite_commit(s);
    if (rc != RP_OK)
        rp_sqlite_rollback(s);
    else
        *id = given;
    return rc;
}

/* ---- finding ---- */

/* Copies the row's bytes to s->out. */
static int take_bytes(struct rp_sqlite *s, sqlite3_stmt *st)
{
    struct rp_item_id id;
    const void *bytes = sqlite3_column_blob(st, 2);
    size_t n = (size_t)sqlite3_column_bytes(st, 2);

    if (sqlite3_column_type(st, 2) != SQLITE_BLOB)
        return rp_sqlite_damaged(s, "its row holds no bytes");
    if (!bytes && n > 0)
        return no_memory(s);
    if (!rp_sqlite_column_id(st, 1, &id) || memcmp(id.b, s->about->b, sizeof(id.b)) != 0)
        return rp_sqlite_damaged(s, "its row has another name");
    if (s->out.size > OUT_KEPT)
        rp_buf_free(&s->out);
    rp_buf_clear(&s->out);
    return rp_buf_add(&s->out, bytes ? bytes : "", n) == RP_OK ? RP_OK : no_memory(s);
}

static int no_item(struct rp_sqlite *s)
{
    char hex[33];

    rp_sqlite_hex(s->about, hex);
    return rp_fail_at(s->err, RP_ENOTFOUND, s->path, "there is no item %s", hex);
}

static int item_in(struct rp_sqlite *s, const struct rp_item_id *id)
{
    struct rp_sqlite_state state;
    sqlite3_stmt *st;
    int64_t seq;
    int row, rc;

    RP_TRY(rp_sqlite_look(s, &state));
    RP_TRY(rp_sqlite_find(s, id, &seq));
    if (!seq)
        return no_item(s);
    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_ITEM, &st));
    sqlite3_bind_int64(st, 1, seq);
    RP_TRY(rp_sqlite_step(s, st, &row));
    rc = row ? take_bytes(s, st) : rp_sqlite_damaged(s, "the index names a row that is not there");
    sqlite3_reset(st);
    return rc;
}

static int item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                struct rp_error *err)
{
    struct rp_sqlite *s = enter(self, "reading item", err);
    int rc;

    s->about = id;
    rc = item_in(s, id);
    if (s->statement[RP_SQLITE_STATE])
        sqlite3_reset(s->statement[RP_SQLITE_STATE]);
    if (rc == RP_OK) {
        *bytes = s->out.s;
        *n = s->out.n;
    }
    return rc;
}

static int no_checkpoint(struct rp_sqlite *s, int64_t id)
{
    struct rp_sqlite_state state;
    int rc = rp_sqlite_look(s, &state);

    if (s->statement[RP_SQLITE_STATE])
        sqlite3_reset(s->statement[RP_SQLITE_STATE]);
    return rc == RP_OK ? rp_sqlite_no_checkpoint(s, id, state.next) : rc;
}

static int info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct rp_sqlite *s = enter(self, "reading what is known of a checkpoint", err);
    struct rp_checkpoint_info found;
    sqlite3_stmt *st;
    int row, rc;

    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_INFO, &st));
    sqlite3_bind_int64(st, 1, id);
    RP_TRY(rp_sqlite_step(s, st, &row));
    if (!row)
        return no_checkpoint(s, id);
    rc = read_row(s, st, &found);
    sqlite3_reset(st);
    if (rc == RP_OK)
        *out = found;
    return rc;
}

static int no_workflow(struct rp_sqlite *s, const char *workflow)
{
    if (!workflow)
        return rp_fail_at(s->err, RP_ENOTFOUND, s->path, "there is no checkpoint in it");
    return rp_fail_at(s->err, RP_ENOTFOUND, s->path,
                      "there is no checkpoint of the workflow \"%s\"; give the name under which it "
                      "was saved",
                      workflow);
}

static int bind_workflow(struct rp_sqlite *s, sqlite3_stmt *st, const char *workflow)
{
    int rc = workflow ? sqlite3_bind_text(st, 1, workflow, -1, SQLITE_STATIC) : SQLITE_OK;

    return rc == SQLITE_OK ? RP_OK : rp_sqlite_fail(s, rc);
}

static int list(void *self, const char *workflow,
                int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                struct rp_error *err)
{
    struct rp_sqlite *s = enter(self, "listing checkpoints", err);
    struct rp_checkpoint_info found;
    sqlite3_stmt *st;
    int row, rc;

    RP_TRY(rp_sqlite_ready(s, workflow ? RP_SQLITE_LIST_OF : RP_SQLITE_LIST, &st));
    RP_TRY(bind_workflow(s, st, workflow));
    do {
        RP_TRY(rp_sqlite_step(s, st, &row));
        if (!row)
            return RP_OK;
        rc = read_row(s, st, &found);
        if (rc == RP_OK)
            rc = visit(ctx, &found);
    } while (rc == RP_OK);
    sqlite3_reset(st);
    return rc;
}

static int latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    struct rp_sqlite *s = enter(self, "looking for the newest checkpoint", err);
    sqlite3_stmt *st;
    int row, found;

    RP_TRY(rp_sqlite_ready(s, workflow ? RP_SQLITE_LATEST_OF : RP_SQLITE_LATEST, &st));
    RP_TRY(bind_workflow(s, st, workflow));
    RP_TRY(rp_sqlite_step(s, st, &row));
    found = row && sqlite3_column_type(st, 0) == SQLITE_INTEGER;
    if (found)
        *id = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return found ? RP_OK : no_workflow(s, workflow);
}

/* ---- size and end ---- */

static int size_of(struct rp_sqlite *s, int which, uint64_t *bytes)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 n = 0;
    int rc = sqlite3_file_control(s->db, "main", which, &file);

    if (rc == SQLITE_OK && file && file->pMethods)
        rc = file->pMethods->xFileSize(file, &n);
    *bytes += (uint64_t)n;
    return rc == SQLITE_OK ? RP_OK : rp_sqlite_fail(s, rc);
}

static int size(void *self, uint64_t *bytes, struct rp_error *err)
{
    struct rp_sqlite *s = enter(self, "asking for the size of the files", err);
    uint64_t sum = 0;

    RP_TRY(size_of(s, SQLITE_FCNTL_FILE_POINTER, &sum));
    RP_TRY(size_of(s, SQLITE_FCNTL_JOURNAL_POINTER, &sum)); /* the WAL */
    *bytes = sum;
    return RP_OK;
}

static void close_store(void *self)
{
    struct rp_sqlite *s = self;
    struct rp_alloc alloc;

    if (!s)
        return;
    alloc = s->alloc;
    for (int i = 0; i < RP_SQLITE_N; i++)
        sqlite3_finalize(s->statement[i]);
    sqlite3_close(s->db);
    rp_sqlite_names_free(&s->tail, &alloc);
    rp_buf_free(&s->flow_names);
    rp_buf_free(&s->out);
    if (s->path)
        alloc.resize(alloc.ctx, s->path, s->path_size, 0);
    alloc.resize(alloc.ctx, s, sizeof(*s), 0);
}

/* ---- opening ---- */

static const struct rp_store_ops sqlite_ops = {.save = save,
                                               .item = item,
                                               .info = info,
                                               .list = list,
                                               .latest = latest,
                                               .remove = rp_sqlite_remove,
                                               .size = size,
                                               .free = close_store};

static struct rp_sqlite *make(const struct rp_alloc *alloc, const char *path)
{
    struct rp_sqlite *s = alloc->resize(alloc->ctx, NULL, 0, sizeof(*s));

    if (!s)
        return NULL;
    memset(s, 0, sizeof(*s));
    s->alloc = *alloc;
    s->doing = "opening the store";
    s->tail_generation = -1;
    rp_buf_init(&s->flow_names, alloc, SIZE_MAX);
    rp_buf_init(&s->out, alloc, SIZE_MAX);
    s->path_size = strlen(path) + 1;
    s->path = alloc->resize(alloc->ctx, NULL, 0, s->path_size);
    if (!s->path) {
        close_store(s);
        return NULL;
    }
    memcpy(s->path, path, s->path_size);
    return s;
}

int rp_store_sqlite_with(const struct rp_alloc *alloc, const char *path,
                         const struct rp_sqlite_opts *opts, struct rp_store *out,
                         struct rp_error *err)
{
    struct rp_sqlite_opts usual = {0};
    struct rp_sqlite *s = make(alloc, path);
    int rc;

    if (!s)
        return rp_fail_at(err, RP_ENOMEM, path, "opening the store: %s", rp_status_text(RP_ENOMEM));
    s->err = err;
    rc = rp_sqlite_open(s, opts ? opts : &usual);
    if (rc != RP_OK) {
        close_store(s);
        return rc;
    }
    *out = (struct rp_store){&sqlite_ops, s};
    return RP_OK;
}

int rp_store_sqlite(const struct rp_alloc *alloc, const char *path, struct rp_store *out,
                    struct rp_error *err)
{
    return rp_store_sqlite_with(alloc, path, NULL, out, err);
}
