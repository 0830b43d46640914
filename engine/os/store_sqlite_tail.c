/* store_sqlite_tail.c - owns the way from an item's name to its row.
 *
 * Names are digests, so an index of them is written all over at every save: six new items would
 * dirty six of its pages, several times what the items themselves take. So rows are only added at
 * the end of table item, and the index (table name) takes them in by the thousand, sorted. Until
 * then each process knows them by a table in memory, the tail, which it reads anew when it lags. */
#include "engine/os/store_sqlite.h"

#include <string.h>

#include "engine/base/check.h"

enum {
    ROOM_MIN = 256,
    /* Rows that stay out of the index at most; else this part of what it holds: then a merge
     * dirties each page about once. */
    TAIL_MAX = 65536,
    TAIL_SHARE = 16
};

/* ---- names in memory ---- */

static size_t slot_of(const struct rp_sqlite_names *m, const struct rp_item_id *id)
{
    size_t at;

    RP_ASSERT(m->n < m->room);
    memcpy(&at, id->b, sizeof(at)); /* a digest is as good as a hash; the order is never shown */
    at &= m->room - 1;
    while (m->slot[at].seq && memcmp(m->slot[at].id.b, id->b, sizeof(id->b)) != 0)
        at = (at + 1) & (m->room - 1);
    return at;
}

int rp_sqlite_names_reserve(struct rp_sqlite_names *m, const struct rp_alloc *alloc, size_t n)
{
    struct rp_sqlite_names grown = {.n = m->n, .room = m->room ? m->room : ROOM_MIN};

    if (n > SIZE_MAX / sizeof(*m->slot) / 4 - m->n)
        return RP_ENOMEM;
    while (grown.room / 2 <= m->n + n)
        grown.room *= 2;
    if (grown.room == m->room)
        return RP_OK;
    grown.slot = alloc->resize(alloc->ctx, NULL, 0, grown.room * sizeof(*grown.slot));
    if (!grown.slot)
        return RP_ENOMEM;
    memset(grown.slot, 0, grown.room * sizeof(*grown.slot));
    for (size_t i = 0; i < m->room; i++)
        if (m->slot[i].seq)
            grown.slot[slot_of(&grown, &m->slot[i].id)] = m->slot[i];
    rp_sqlite_names_free(m, alloc);
    *m = grown;
    return RP_OK;
}

void rp_sqlite_names_put(struct rp_sqlite_names *m, const struct rp_item_id *id, int64_t seq)
{
    size_t at = slot_of(m, id);

    RP_ASSERT(seq != 0);
    m->n += m->slot[at].seq == 0;
    m->slot[at] = (struct rp_sqlite_name){*id, seq};
    RP_ASSERT(m->n < m->room);
}

int64_t rp_sqlite_names_get(const struct rp_sqlite_names *m, const struct rp_item_id *id)
{
    return m->n ? m->slot[slot_of(m, id)].seq : 0;
}

void rp_sqlite_names_clear(struct rp_sqlite_names *m)
{
    if (m->n)
        memset(m->slot, 0, m->room * sizeof(*m->slot));
    m->n = 0;
}

void rp_sqlite_names_free(struct rp_sqlite_names *m, const struct rp_alloc *alloc)
{
    if (m->slot)
        alloc->resize(alloc->ctx, m->slot, m->room * sizeof(*m->slot), 0);
    *m = (struct rp_sqlite_names){0};
}

/* ---- the tail ---- */

static int load_tail(struct rp_sqlite *s)
{
    struct rp_item_id id;
    sqlite3_stmt *st;
    int row;

    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_TAIL, &st));
    sqlite3_bind_int64(st, 1, s->tail_to);
    for (;;) {
        int64_t seq;
        RP_TRY(rp_sqlite_step(s, st, &row));
        if (!row)
            return RP_OK;
        seq = sqlite3_column_int64(st, 0);
        if (!rp_sqlite_column_id(st, 1, &id)) {
            sqlite3_reset(st);
            return rp_sqlite_damaged(s, "a row of table item has no name of an item");
        }
        if (rp_sqlite_names_reserve(&s->tail, &s->alloc, 1) != RP_OK) {
            sqlite3_reset(st);
            return rp_sqlite_fail(s, SQLITE_NOMEM);
        }
        rp_sqlite_names_put(&s->tail, &id, seq);
        s->tail_to = seq;
    }
}

static int is_sound(const struct rp_sqlite_state *st)
{
    return st->generation >= 0 && st->indexed >= 0 && st->indexed < INT64_MAX && st->next >= 0 &&
           st->last < INT64_MAX;
}

/* Rows are numbered on behind those of the index even when all of them are removed: one that got a
 * number of before would be in neither index nor tail. */
static int read_state(struct rp_sqlite *s, struct rp_sqlite_state *out)
{
    sqlite3_stmt *st;
    int64_t newest;
    int row;

    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_STATE, &st));
    RP_TRY(rp_sqlite_step(s, st, &row));
    if (!row)
        return rp_sqlite_damaged(s, "the row of table store is missing");
    *out = (struct rp_sqlite_state){.generation = sqlite3_column_int64(st, 0),
                                    .indexed = sqlite3_column_int64(st, 1),
                                    .next = sqlite3_column_int64(st, 2),
                                    .last = sqlite3_column_int64(st, 4)};
    newest = sqlite3_column_type(st, 3) == SQLITE_NULL ? -1 : sqlite3_column_int64(st, 3);
    if (!is_sound(out) || newest == INT64_MAX)
        return rp_sqlite_damaged(s, "a number in table store cannot be");
    out->next = newest >= out->next ? newest + 1 : out->next;
    out->last = out->last < out->indexed ? out->indexed : out->last;
    return RP_OK;
}

int rp_sqlite_look(struct rp_sqlite *s, struct rp_sqlite_state *out)
{
    RP_TRY(read_state(s, out));
    if (s->tail_generation != out->generation || s->tail_from != out->indexed) {
        rp_sqlite_names_clear(&s->tail);
        s->tail_generation = out->generation;
        s->tail_from = s->tail_to = out->indexed;
    }
    return s->tail_to < out->last ? load_tail(s) : RP_OK;
}

int rp_sqlite_find(struct rp_sqlite *s, const struct rp_item_id *id, int64_t *seq)
{
    sqlite3_stmt *st;
    int row;

    *seq = rp_sqlite_names_get(&s->tail, id);
    if (*seq || s->tail_from == 0)
        return RP_OK;
    RP_TRY(rp_sqlite_ready(s, RP_SQLITE_FIND, &st));
    rp_sqlite_bind_id(st, 1, id);
    RP_TRY(rp_sqlite_step(s, st, &row));
    if (row)
        *seq = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return RP_OK;
}

int rp_sqlite_index(struct rp_sqlite *s, int64_t last)
{
    int64_t limit = s->tail_from / TAIL_SHARE;

    limit = limit > TAIL_MAX ? TAIL_MAX : limit;
    limit = limit < s->tail_min ? s->tail_min : limit;
    if (last - s->tail_from < limit)
        return RP_OK;
    RP_TRY(rp_sqlite_run(s, RP_SQLITE_INDEX, &s->tail_from, 1));
    return rp_sqlite_run(s, RP_SQLITE_INDEXED, &last, 1);
}
