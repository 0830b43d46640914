/* props_atomic.c - owns what is held of supersteps that fail: nothing of them stays (I10). Shared
 * state is kept here once more, as the operations of a graph write it. */
#include "props_inside.h"

/* ---- shared state -----------------------------------------------------------------------------
 */

static struct rp_shared_value *value_of(struct rp_props *p, uint64_t key)
{
    struct rp_shared_value *v;

    for (uint32_t i = 0; i < p->now.shared.n; i++)
        if (RP_IN(&p->now.shared, struct rp_shared_value, i)->key == key)
            return RP_IN(&p->now.shared, struct rp_shared_value, i);
    v = rp_pile_add(&p->alloc, &p->now.shared);
    if (v)
        *v = (struct rp_shared_value){key, RP_GROWN_EMPTY};
    return v;
}

/* What an integer adds to a text. */
static uint64_t grown_by_int(uint64_t h, int64_t i)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t n = i < 0 ? (uint64_t)0 - (uint64_t)i : (uint64_t)i;

    do
        digits[--at] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    if (i < 0)
        digits[--at] = '-';
    return rp_print_grown(h, (struct rp_str){digits + at, sizeof(digits) - at});
}

void rp_atomic_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    const struct rp_fact_node *n = &p->f.node[node];
    struct rp_doing *d = &p->doing[node];
    const struct rp_shared_value *v;

    if (n->shared == RP_SHARED_NONE)
        return;
    if (p->shared_touched && p->shared_by != node)
        p->sensitive = 1;
    p->shared_touched = 1;
    p->shared_by = node;
    v = value_of(p, n->key);
    d->input_ok = v && p->now.sure;
    d->input = v ? v->grown : 0;
    if (n->shared == RP_SHARED_READ)
        return;
    d->input_ok &= ev->data.tag == RP_TEXT || ev->data.tag == RP_INT;
    if (ev->data.tag == RP_TEXT)
        d->input = rp_print_grown(d->input, rp_str_of(ev->data));
    else if (ev->data.tag == RP_INT)
        d->input = grown_by_int(d->input, ev->data.u.i);
}

int rp_atomic_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    const struct rp_fact_node *n = &p->f.node[node];
    const struct rp_doing *d = &p->doing[node];
    struct rp_shared_value *v;

    if (n->shared == RP_SHARED_NONE || !d->input_ok)
        return RP_OK;
    if (rp_len(ev->data) > 0 &&
        d->input != rp_print_grown(RP_GROWN_EMPTY, rp_str_of(rp_at(ev->data, 0))))
        rp_broken(p, RP_P_10, ev->executor, "shared state",
                  "%s finds in the shared state something else than the supersteps that succeeded "
                  "have left there",
                  ev->executor);
    v = value_of(p, n->key);
    if (!v)
        return RP_ENOMEM;
    v->grown = d->input;
    return RP_OK;
}

/* ---- a superstep fails ------------------------------------------------------------------------
 */

/* All that was said since the superstep began. */
static int forget_said(struct rp_props *p)
{
    for (uint32_t at = p->now.said; at && at != p->before.said;) {
        const struct rp_link *link = RP_IN(&p->links, struct rp_link, at);
        uint64_t *undone = rp_pile_add(&p->alloc, &p->undone);
        if (!undone)
            return RP_ENOMEM;
        *undone = link->print;
        at = link->before;
    }
    return RP_OK;
}

/* Back to when it began; its messages are used up (decision 7). What everybody did stays told. */
int rp_atomic_undo(struct rp_props *p)
{
    struct rp_pile does = p->now.does, outs = p->now.outs;

    RP_TRY(forget_said(p));
    p->now.does = p->before.does;
    p->now.outs = p->before.outs;
    p->before.does = does;
    p->before.outs = outs;
    RP_TRY(rp_past_copy(&p->alloc, &p->now, &p->before));
    p->now.due.n = 0;
    p->next.n = 0;
    p->now.start_due = 0;
    p->now.handed_to = 0;
    return RP_OK;
}
