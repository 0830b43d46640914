/* journal_names.c - owns the numbers of messages, values and lists that a journal has told. */
#include "journal_value.h"

#include <string.h>

enum { ROOM_FIRST = 64 };

void rp_journal_names_init(struct rp_journal_names *n, const struct rp_alloc *alloc)
{
    *n = (struct rp_journal_names){.alloc = *alloc};
    rp_heap_init(&n->heap, alloc, 0, 0);
}

static void give_back(struct rp_journal_names *n, void *p, size_t bytes)
{
    if (bytes > 0)
        n->alloc.resize(n->alloc.ctx, p, bytes, 0);
}

void rp_journal_names_free(struct rp_journal_names *n)
{
    give_back(n, n->item, n->items_room * sizeof(*n->item));
    give_back(n, n->digest, n->digests_room * sizeof(*n->digest));
    give_back(n, n->list, n->lists_room * sizeof(*n->list));
    give_back(n, n->by_content.slot, n->by_content.slots * sizeof(uint32_t));
    give_back(n, n->by_link.slot, n->by_link.slots * sizeof(uint32_t));
    rp_heap_free(&n->heap);
    rp_journal_names_init(n, &n->alloc);
}

/* Room for one more of `each` bytes behind used ones; NULL without memory. */
static void *more_room(struct rp_journal_names *n, void *old, size_t used, size_t *room,
                       size_t each)
{
    size_t grown = *room ? *room * 2 : ROOM_FIRST;
    void *p = old;

    if (used < *room)
        return old;
    p = n->alloc.resize(n->alloc.ctx, old, *room * each, grown * each);
    if (p)
        *room = grown;
    return p;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= UINT64_C(0x9e3779b97f4a7c15);
    return x ^ x >> 29;
}

static uint64_t link_hash(uint32_t before, uint32_t item)
{
    return mix((uint64_t)before << 32 | item);
}

static void put_in(struct rp_journal_table *t, uint64_t hash, uint32_t number)
{
    size_t at = (size_t)mix(hash) & (t->slots - 1);

    while (t->slot[at])
        at = (at + 1) & (t->slots - 1);
    t->slot[at] = number;
}

static uint64_t hash_of(const struct rp_journal_names *n, const struct rp_journal_table *t,
                        uint32_t number)
{
    const struct rp_journal_link *list;

    if (t == &n->by_content)
        return n->digest[number - 1];
    list = &n->list[number - 1];
    return link_hash(list->before, list->item);
}

/* A table at most half full with `used` numbers and one more. */
static int table_for(struct rp_journal_names *n, struct rp_journal_table *t, uint32_t used)
{
    size_t slots = t->slots ? t->slots * 2 : (size_t)2 * ROOM_FIRST;
    struct rp_journal_table fresh = {NULL, slots};

    if (t->slots / 2 > used)
        return RP_OK;
    fresh.slot = n->alloc.resize(n->alloc.ctx, NULL, 0, slots * sizeof(*fresh.slot));
    if (!fresh.slot)
        return RP_ENOMEM;
    memset(fresh.slot, 0, slots * sizeof(*fresh.slot));
    for (size_t i = 0; i < t->slots; i++)
        if (t->slot[i])
            put_in(&fresh, hash_of(n, t, t->slot[i]), t->slot[i]);
    give_back(n, t->slot, t->slots * sizeof(*t->slot));
    *t = fresh;
    return RP_OK;
}

/* ---- lists ----------------------------------------------------------------------------------- */

uint32_t rp_journal_longer(const struct rp_journal_names *n, uint32_t before, uint32_t item)
{
    const struct rp_journal_table *t = &n->by_link;
    size_t at = (size_t)mix(link_hash(before, item)) & (t->slots - 1);

    while (t->slots > 0 && t->slot[at]) {
        const struct rp_journal_link *list = &n->list[t->slot[at] - 1];
        if (list->before == before && list->item == item)
            return t->slot[at];
        at = (at + 1) & (t->slots - 1);
    }
    return 0;
}

int rp_journal_lengthen(struct rp_journal_names *n, uint32_t *list, uint32_t item)
{
    uint32_t there = rp_journal_longer(n, *list, item);
    uint32_t length = *list ? n->list[*list - 1].length + 1 : 1;
    struct rp_journal_link *more;

    if (there) {
        *list = there;
        return RP_OK;
    }
    more = more_room(n, n->list, n->n_lists, &n->lists_room, sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    n->list = more;
    RP_TRY(table_for(n, &n->by_link, n->n_lists));
    n->list[n->n_lists++] = (struct rp_journal_link){*list, item, length};
    put_in(&n->by_link, link_hash(*list, item), n->n_lists);
    *list = n->n_lists;
    return RP_OK;
}

/* ---- items ----------------------------------------------------------------------------------- */

int rp_journal_add_item(struct rp_journal_names *n, struct rp_value item)
{
    struct rp_value *more;

    if (item.tag == RP_BAD)
        return RP_ENOMEM;
    more = more_room(n, n->item, n->n_items, &n->items_room, sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    n->item = more;
    n->item[n->n_items++] = item;
    return RP_OK;
}

uint32_t rp_journal_find(const struct rp_journal_names *n, struct rp_value v, uint64_t digest)
{
    const struct rp_journal_table *t = &n->by_content;
    size_t at = (size_t)mix(digest) & (t->slots - 1);

    while (t->slots > 0 && t->slot[at]) {
        uint32_t number = t->slot[at];
        if (n->digest[number - 1] == digest && rp_equal(n->item[number - 1], v))
            return number;
        at = (at + 1) & (t->slots - 1);
    }
    return 0;
}

int rp_journal_note(struct rp_journal_names *n, struct rp_value v, uint64_t digest)
{
    uint64_t *more = more_room(n, n->digest, n->n_items, &n->digests_room, sizeof(*more));
    struct rp_value kept = rp_bad();

    if (!more)
        return RP_ENOMEM;
    n->digest = more;
    RP_TRY(table_for(n, &n->by_content, n->n_items));
    RP_TRY(rp_copy_into(&n->heap, v, &kept));
    RP_TRY(rp_journal_add_item(n, kept));
    n->digest[n->n_items - 1] = digest;
    put_in(&n->by_content, digest, n->n_items);
    return RP_OK;
}
