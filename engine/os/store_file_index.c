/* store_file_index.c - owns the index of the store of files: where each item stands, and how often
 * it is referred to. A table with open places, by the first bytes of a name, which are as good as
 * drawn. */
#include "engine/os/store_file.h"

#include <string.h>

#include "engine/base/check.h"

enum { FIRST_ROOM = 64, FIRST_TABLE = 128 };

void rp_sf_index_init(struct sf_index *x, const struct rp_alloc *alloc)
{
    *x = (struct sf_index){.alloc = *alloc};
}

void rp_sf_index_free(struct sf_index *x)
{
    if (x->entry)
        x->alloc.resize(x->alloc.ctx, x->entry, x->room * sizeof(*x->entry), 0);
    if (x->table)
        x->alloc.resize(x->alloc.ctx, x->table, x->size * sizeof(*x->table), 0);
    rp_sf_index_init(x, &x->alloc);
}

static size_t home(const struct sf_index *x, const struct rp_item_id *id)
{
    return (size_t)rp_sf_word((const char *)id->b) & (x->size - 1);
}

/* Its place in the table, or the open one where it would be. */
static size_t place_of(const struct sf_index *x, const struct rp_item_id *id)
{
    size_t at = home(x, id);

    while (x->table[at] && memcmp(&x->entry[x->table[at] - 1].id, id, sizeof(*id)) != 0)
        at = (at + 1) & (x->size - 1);
    return at;
}

uint32_t rp_sf_find(const struct sf_index *x, const struct rp_item_id *id)
{
    uint32_t found = x->size > 0 ? x->table[place_of(x, id)] : 0;

    return found ? found - 1 : SF_NONE;
}

/* ---- adding ---- */

static int grow_table(struct sf_index *x)
{
    size_t was = x->size, size = was ? 2 * was : FIRST_TABLE;
    uint32_t *old = x->table, *table;

    if (2 * (size_t)(x->used + 1) <= was)
        return RP_OK;
    table = x->alloc.resize(x->alloc.ctx, NULL, 0, size * sizeof(*table));
    if (!table)
        return RP_ENOMEM;
    memset(table, 0, size * sizeof(*table));
    x->table = table;
    x->size = size;
    for (size_t i = 0; i < was; i++)
        if (old[i])
            table[place_of(x, &x->entry[old[i] - 1].id)] = old[i];
    if (old)
        x->alloc.resize(x->alloc.ctx, old, was * sizeof(*old), 0);
    return RP_OK;
}

static int grow_entries(struct sf_index *x)
{
    uint32_t room = x->room ? 2 * x->room : FIRST_ROOM;
    struct sf_entry *more;

    if (x->unused || x->n < x->room)
        return RP_OK;
    if (x->room > UINT32_MAX / 4)
        return RP_ENOMEM;
    more = x->alloc.resize(x->alloc.ctx, x->entry, x->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    x->entry = more;
    x->room = room;
    return RP_OK;
}

int rp_sf_add(struct sf_index *x, const struct rp_item_id *id, uint32_t *slot)
{
    *slot = rp_sf_find(x, id);
    if (*slot != SF_NONE)
        return RP_OK;
    RP_TRY(grow_table(x));
    RP_TRY(grow_entries(x));
    *slot = x->unused ? x->unused - 1 : x->n++;
    if (x->unused)
        x->unused = (uint32_t)x->entry[*slot].at;
    x->entry[*slot] = (struct sf_entry){.id = *id};
    x->table[place_of(x, id)] = *slot + 1;
    x->used++;
    x->missing++;
    return RP_OK;
}

/* ---- dropping ---- */

/* Closes the gap in the table: what stands behind it moves up, unless that is before its home. */
static void close_gap(struct sf_index *x, size_t gap)
{
    size_t mask = x->size - 1;

    for (size_t at = (gap + 1) & mask; x->table[at]; at = (at + 1) & mask) {
        size_t from = home(x, &x->entry[x->table[at] - 1].id);
        if (((at - from) & mask) < ((at - gap) & mask))
            continue;
        x->table[gap] = x->table[at];
        gap = at;
    }
    x->table[gap] = 0;
}

void rp_sf_drop(struct sf_index *x, uint32_t slot)
{
    struct sf_entry *e = &x->entry[slot];

    RP_ASSERT(e->count == 0);
    if (e->file)
        rp_sf_place(x, slot, NULL, 0, 0);
    close_gap(x, place_of(x, &e->id));
    e->at = x->unused;
    x->unused = slot + 1;
    x->used--;
    x->missing--;
}

/* ---- what is known of an item ---- */

void rp_sf_place(struct sf_index *x, uint32_t slot, struct sf_file *file, uint64_t at, uint64_t n)
{
    struct sf_entry *e = &x->entry[slot];

    if (e->file)
        e->file->live -= e->n + SF_ITEM;
    if (file)
        file->live += n + SF_ITEM;
    if (e->count == 0)
        x->orphans = x->orphans + (file != NULL) - (e->file != NULL);
    x->missing = x->missing + (e->file != NULL) - (file != NULL);
    e->file = file;
    e->at = at;
    e->n = n;
}

void rp_sf_more(struct sf_index *x, uint32_t slot)
{
    struct sf_entry *e = &x->entry[slot];

    if (e->count++ == 0 && e->file)
        x->orphans--;
}

void rp_sf_less(struct sf_index *x, uint32_t slot)
{
    struct sf_entry *e = &x->entry[slot];

    RP_ASSERT(e->count > 0);
    if (--e->count == 0 && e->file)
        x->orphans++;
}
