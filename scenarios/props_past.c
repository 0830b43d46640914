/* props_past.c - owns what is known of a run: piles, chains, copies to go back to. */
#include "props_inside.h"

#include <string.h>

/* ---- piles ------------------------------------------------------------------------------------
 */

static int make_room(const struct rp_alloc *alloc, struct rp_pile *pile, uint32_t n)
{
    uint32_t room = pile->room ? pile->room : 8;
    void *more;

    if (n <= pile->room)
        return RP_OK;
    while (room < n)
        room *= 2;
    more = alloc->resize(alloc->ctx, pile->at, (size_t)pile->room * pile->size,
                         (size_t)room * pile->size);
    if (!more)
        return RP_ENOMEM;
    pile->at = more;
    pile->room = room;
    return RP_OK;
}

void *rp_pile_add(const struct rp_alloc *alloc, struct rp_pile *pile)
{
    char *item;

    if (pile->n == pile->room && make_room(alloc, pile, pile->n + 1) != RP_OK)
        return NULL;
    item = (char *)pile->at + (size_t)pile->n++ * pile->size;
    memset(item, 0, pile->size);
    return item;
}

int rp_pile_copy(const struct rp_alloc *alloc, struct rp_pile *to, const struct rp_pile *from)
{
    RP_TRY(make_room(alloc, to, from->n));
    if (from->n > 0)
        memcpy(to->at, from->at, (size_t)from->n * from->size);
    to->n = from->n;
    return RP_OK;
}

void rp_pile_cut(struct rp_pile *pile, uint32_t i)
{
    char *at = (char *)pile->at + (size_t)i * pile->size;

    RP_ASSERT(i < pile->n);
    pile->n--;
    memmove(at, at + pile->size, (size_t)(pile->n - i) * pile->size);
}

void rp_pile_free(const struct rp_alloc *alloc, struct rp_pile *pile)
{
    if (pile->room > 0)
        alloc->resize(alloc->ctx, pile->at, (size_t)pile->room * pile->size, 0);
    *pile = (struct rp_pile){.size = pile->size};
}

/* ---- chains -----------------------------------------------------------------------------------
 */

int rp_chain_add(struct rp_props *p, uint32_t *end, uint64_t print)
{
    struct rp_link *link;

    if (p->links.n == 0 && !rp_pile_add(&p->alloc, &p->links)) /* number 0 is no link */
        return RP_ENOMEM;
    link = rp_pile_add(&p->alloc, &p->links);
    if (!link)
        return RP_ENOMEM;
    *link = (struct rp_link){*end, print};
    *end = p->links.n - 1;
    return RP_OK;
}

uint32_t rp_chain_count(const struct rp_props *p, uint32_t end, uint64_t print)
{
    uint32_t n = 0;

    for (; end; end = RP_IN(&p->links, struct rp_link, end)->before)
        n += RP_IN(&p->links, struct rp_link, end)->print == print;
    return n;
}

/* ---- what is known ----------------------------------------------------------------------------
 */

enum { PILES = 8 };

static void piles_of(struct rp_past *k, struct rp_pile **out)
{
    struct rp_pile *all[PILES] = {&k->due,    &k->held,  &k->open, &k->calls,
                                  &k->shared, &k->asked, &k->does, &k->outs};

    memcpy(out, all, sizeof(all));
}

int rp_past_init(struct rp_past *k)
{
    *k = (struct rp_past){.due = RP_PILE(struct rp_due),
                          .held = RP_PILE(struct rp_held),
                          .open = RP_PILE(struct rp_asked_open),
                          .calls = RP_PILE(struct rp_known_call),
                          .shared = RP_PILE(struct rp_shared_value),
                          .asked = RP_PILE(uint32_t),
                          .does = RP_PILE(uint64_t),
                          .outs = RP_PILE(uint64_t)};
    return RP_OK;
}

int rp_past_copy(const struct rp_alloc *alloc, struct rp_past *to, const struct rp_past *from)
{
    struct rp_past source = *from;
    struct rp_pile *a[PILES], *b[PILES];
    struct rp_past whole = *from;

    piles_of(to, a);
    piles_of(&source, b);
    for (int i = 0; i < PILES; i++)
        RP_TRY(rp_pile_copy(alloc, a[i], b[i]));
    whole.due = to->due;
    whole.held = to->held;
    whole.open = to->open;
    whole.calls = to->calls;
    whole.shared = to->shared;
    whole.asked = to->asked;
    whole.does = to->does;
    whole.outs = to->outs;
    *to = whole;
    return RP_OK;
}

void rp_past_free(const struct rp_alloc *alloc, struct rp_past *k)
{
    struct rp_pile *all[PILES];

    piles_of(k, all);
    for (int i = 0; i < PILES; i++)
        rp_pile_free(alloc, all[i]);
}

static int zeros(const struct rp_alloc *alloc, struct rp_pile *pile, uint32_t n)
{
    RP_TRY(make_room(alloc, pile, n));
    if (n > 0)
        memset(pile->at, 0, (size_t)n * pile->size);
    pile->n = n;
    return RP_OK;
}

/* As nothing has happened yet. */
int rp_past_fresh(struct rp_props *p)
{
    struct rp_past *k = &p->now;
    const struct rp_facts *f = &p->f;

    k->due.n = k->held.n = k->open.n = k->calls.n = k->shared.n = 0;
    k->iteration = k->round = k->stalls = k->resets = k->ledgers = 0;
    k->previous = -1;
    k->said = k->used = 0;
    k->sure = k->open_sure = 1;
    k->start_due = 0;
    k->user = 0;
    k->repeats = 0;
    k->handed_to = k->seq = 0;
    k->handed_at = 0;
    RP_TRY(zeros(&p->alloc, &k->asked, f->n_parts));
    RP_TRY(zeros(&p->alloc, &k->does, f->n_nodes + 1 + f->n_agents));
    RP_TRY(zeros(&p->alloc, &k->outs, f->n_nodes));
    return zeros(&p->alloc, &p->sent, f->n_nodes);
}

struct rp_known_call *rp_props_call(struct rp_past *k, uint64_t id)
{
    for (uint32_t i = k->calls.n; i > 0; i--) {
        struct rp_known_call *call = RP_IN(&k->calls, struct rp_known_call, i - 1);
        if (call->id == id)
            return call;
    }
    return NULL;
}
