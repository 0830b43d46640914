/* checkpoint_size.c - counts each item once. */
#include "checkpoint_size.h"

#include <string.h>

void rp_sizes_init(struct rp_sizes *s, const struct rp_alloc *alloc)
{
    *s = (struct rp_sizes){.alloc = *alloc};
}

static void give_back(struct rp_sizes *s)
{
    if (s->seen)
        s->alloc.resize(s->alloc.ctx, s->seen, s->room * sizeof(*s->seen), 0);
    if (s->used)
        s->alloc.resize(s->alloc.ctx, s->used, s->room, 0);
}

void rp_sizes_free(struct rp_sizes *s)
{
    give_back(s);
    s->seen = NULL;
    s->used = NULL;
    s->n = s->room = 0;
}

/* The place of that name, or the free one where it belongs. */
static size_t place_of(const struct rp_sizes *s, const struct rp_item_id *id)
{
    uint64_t at;

    memcpy(&at, id->b, sizeof(at)); /* names are digests: any bytes of one will do */
    at &= s->room - 1;
    while (s->used[at] && memcmp(&s->seen[at], id, sizeof(*id)) != 0)
        at = (at + 1) & (s->room - 1);
    return (size_t)at;
}

static int grow(struct rp_sizes *s)
{
    struct rp_sizes more = {.alloc = s->alloc, .n = s->n, .room = s->room ? 2 * s->room : 1024};

    more.seen = s->alloc.resize(s->alloc.ctx, NULL, 0, more.room * sizeof(*more.seen));
    more.used = s->alloc.resize(s->alloc.ctx, NULL, 0, more.room);
    if (!more.seen || !more.used) {
        give_back(&more);
        return RP_ENOMEM;
    }
    memset(more.used, 0, more.room);
    for (size_t i = 0; i < s->room; i++) {
        if (!s->used[i])
            continue;
        size_t at = place_of(&more, &s->seen[i]);
        more.seen[at] = s->seen[i];
        more.used[at] = 1;
    }
    give_back(s);
    *s = more;
    return RP_OK;
}

struct count {
    struct rp_sizes *sizes;
    uint64_t *bytes;
};

static int count_item(void *ctx, const struct rp_item *item, int *deeper)
{
    struct count *c = ctx;
    struct rp_sizes *s = c->sizes;
    size_t at;

    if (s->n >= s->room / 2)
        RP_TRY(grow(s));
    at = place_of(s, &item->id);
    *deeper = !s->used[at];
    if (s->used[at])
        return RP_OK;
    s->used[at] = 1;
    s->seen[at] = item->id;
    s->n++;
    *c->bytes += item->n;
    return RP_OK;
}

int rp_sizes_add(struct rp_sizes *s, const struct rp_store *store, const struct rp_item_id *root,
                 uint64_t *bytes, struct rp_error *err)
{
    struct count c = {s, bytes};

    return rp_store_items(store, &s->alloc, root, count_item, &c, err);
}
