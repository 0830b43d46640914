/* checkpoint_list.c - the table of a store's checkpoints. */
#include "checkpoint_list.h"

#include "checkpoint_read.h"
#include "checkpoint_size.h"
#include "checkpoint_table.h"
#include "checkpoint_words.h"

#include <string.h>

struct listing {
    const struct rp_store *store;
    struct rp_looks looks;
    struct rp_sizes sizes;
    struct rp_table table;
    struct rp_branches branches;
    int64_t *previous; /* rows, beside looks.info */
    struct rp_words words;
    const char *workflow; /* NULL: all */
};

/* ---- rows ------------------------------------------------------------------------------------ */

static const char *const heads[] = {"id",        "branch", "after",   "workflow", "superstep",
                                    "under way", "open",   "time ms", "bytes"};
enum { COLUMNS = sizeof(heads) / sizeof(*heads), RIGHT = 1 | 1 << 2 | 0x1f << 4 };

static void number(struct listing *l, int64_t i)
{
    rp_words_int(&l->words, i);
    rp_table_cell(&l->table);
}

static void dash(struct listing *l)
{
    rp_words_z(&l->words, "-");
    rp_table_cell(&l->table);
}

/* The bytes that it adds to the checkpoints before it; -1 when it is damaged. */
static int64_t bytes_of(struct listing *l, const struct rp_checkpoint_info *info)
{
    struct rp_error why = {0};
    uint64_t bytes = 0;
    int rc = rp_sizes_add(&l->sizes, l->store, &info->root, &bytes, &why);

    if (rc == RP_ENOMEM && !l->table.text.failed)
        l->table.text.failed = rc;
    if (rc == RP_OK)
        return (int64_t)bytes;
    if (l->looks.damage.status == RP_OK) {
        l->looks.damage = why;
        l->looks.damage.status = rc;
    }
    return -1;
}

static int add_row(struct listing *l, size_t i)
{
    const struct rp_checkpoint_info *info = &l->looks.info[i];
    int64_t bytes = bytes_of(l, info);

    number(l, info->id);
    rp_branches_draw(&l->branches, i, &l->table.text);
    rp_table_cell(&l->table);
    if (info->previous >= 0)
        number(l, info->previous);
    else
        dash(l);
    rp_words_name(&l->words, rp_str(info->workflow));
    rp_table_cell(&l->table);
    number(l, info->iteration);
    number(l, info->messages);
    number(l, info->pending);
    number(l, (int64_t)info->time_ms);
    if (bytes >= 0)
        rp_words_bytes(&l->words, (uint64_t)bytes);
    else
        rp_words_z(&l->words, "damaged");
    return rp_table_cell(&l->table);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* The row of a checkpoint by its id; -1: it is not there. */
static int64_t row_of(const struct rp_looks *l, int64_t id)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->info[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->n && l->info[low].id == id ? (int64_t)low : -1;
}

static int find_previous(struct listing *l)
{
    const struct rp_alloc *alloc = &l->sizes.alloc;
    struct rp_looks *all = &l->looks;

    if (all->n == 0)
        return RP_OK;
    l->previous = alloc->resize(alloc->ctx, NULL, 0, all->n * sizeof(*l->previous));
    if (!l->previous)
        return RP_ENOMEM;
    for (size_t i = 0; i < all->n; i++) {
        int64_t row = all->info[i].previous < 0 ? -1 : row_of(all, all->info[i].previous);
        l->previous[i] = row < (int64_t)i ? row : -1;
    }
    return rp_branches_init(&l->branches, alloc, l->previous, all->n);
}

static int add_rows(struct listing *l)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        rp_words_z(&l->words, heads[i]);
        rp_table_cell(&l->table);
    }
    RP_TRY(find_previous(l));
    for (size_t i = 0; i < l->looks.n; i++)
        RP_TRY(add_row(l, i));
    return RP_OK;
}

static int add_total(struct listing *l, struct rp_buf *out, struct rp_error *err)
{
    struct rp_words w = {out, 0};
    uint64_t bytes;

    RP_TRY(l->store->ops->size(l->store->self, &bytes, err));
    rp_words_z(&w, "\n");
    rp_words_count(&w, (int64_t)l->looks.n, "checkpoint");
    if (l->workflow) {
        rp_words_z(&w, " of ");
        rp_words_name(&w, rp_str(l->workflow));
    }
    rp_words_z(&w, "; the store takes ");
    rp_words_bytes(&w, bytes);
    rp_words_z(&w, "\n");
    return out->failed;
}

static int list(struct listing *l, struct rp_buf *out, struct rp_error *err)
{
    RP_TRY(rp_looks_open(l->store, &out->alloc, l->workflow, &l->looks, err));
    if (l->looks.n > 0) {
        RP_TRY(add_rows(l));
        RP_TRY(rp_table_write(&l->table, out));
    }
    return add_total(l, out, err);
}

int rp_checkpoint_list(struct rp_buf *out, const struct rp_store *store, const char *workflow,
                       struct rp_error *damage, struct rp_error *err)
{
    struct rp_alloc *alloc = &out->alloc;
    struct listing l = {.store = store, .workflow = workflow};
    int rc;

    rp_heap_init(&l.looks.heap, alloc, 0, 0);
    rp_sizes_init(&l.sizes, alloc);
    rp_table_init(&l.table, alloc, COLUMNS, RIGHT);
    l.words = (struct rp_words){&l.table.text, 0};
    rc = list(&l, out, err);
    if (rc == RP_ENOMEM || rc == RP_ELIMIT)
        rp_fail_at(err, rc, "", "%s", rp_status_text(rc));
    if (l.previous)
        alloc->resize(alloc->ctx, l.previous, l.looks.n * sizeof(*l.previous), 0);
    rp_branches_free(&l.branches);
    rp_table_free(&l.table);
    rp_sizes_free(&l.sizes);
    *damage = l.looks.damage;
    rp_looks_close(&l.looks);
    return rc;
}
