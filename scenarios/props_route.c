/* props_route.c - owns what is held of messages and supersteps: conservation (I4), order (I5),
 * barrier (I9). Whatever an executor sends is put through the graph's edges here once more, and
 * what is then delivered is held against it. */
#include "props_inside.h"

#include <string.h>

static struct rp_due *due_at(struct rp_pile *pile, uint32_t i)
{
    return RP_IN(pile, struct rp_due, i);
}

/* ---- what is sent, through the edges ----------------------------------------------------------
 */

static int add_due(struct rp_props *p, enum rp_due_kind kind, uint32_t source, uint32_t group,
                   uint32_t target, uint64_t print)
{
    struct rp_due *due = rp_pile_add(&p->alloc, &p->next);

    if (!due)
        return RP_ENOMEM;
    *due = (struct rp_due){
        .source = source, .target = target, .group = group, .kind = (uint8_t)kind, .print = print};
    return RP_OK;
}

static enum rp_due_kind kind_of(const struct rp_fact_group *g)
{
    if (g->kind == RP_FAN_IN)
        return RP_DUE_JOIN;
    if (g->kind == RP_SELECT)
        return RP_DUE_OFTEN;
    return g->kind == RP_SWITCH || g->conditional ? RP_DUE_MAYBE : RP_DUE_SURE;
}

/* addressed: the number of the executor that it is for, or -1. */
static int through_group(struct rp_props *p, uint32_t source, uint32_t group, struct rp_value data,
                         int64_t addressed, uint64_t print)
{
    const struct rp_fact_group *g = &p->f.group[group];

    for (uint32_t i = 0; i < g->n_to; i++) {
        struct rp_type takes = p->f.node[g->to[i]].takes;
        if (addressed >= 0 && addressed != g->to[i])
            continue;
        int fits =
            g->kind == RP_FAN_IN ? rp_type_accepts_list(takes, data) : rp_type_accepts(takes, data);
        if (fits)
            RP_TRY(add_due(p, kind_of(g), source, group, g->to[i], print));
    }
    return RP_OK;
}

static int sends(struct rp_props *p, uint32_t node, struct rp_value data, int64_t addressed,
                 uint64_t print)
{
    const struct rp_fact_node *n = &p->f.node[node];

    for (uint32_t i = 0; i < n->n_groups; i++)
        RP_TRY(through_group(p, node, n->groups[i], data, addressed, print));
    return RP_OK;
}

/* What is told to everybody is one record, sent several times. */
static int is_same(struct rp_value a, struct rp_value b)
{
    return a.tag == RP_REC && b.tag == RP_REC && a.u.rec == b.u.rec;
}

int rp_route_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    uint64_t print = 0;

    if (!p->doing[node].busy)
        rp_broken(p, RP_P_9, ev->executor, "completed unasked", "%s completes, and was not at work",
                  ev->executor);
    if (ev->n_sent > rp_len(ev->data) && ev->n_sent > 0) {
        rp_broken(p, RP_P_4, ev->executor, "sends untold",
                  "%s sent %u messages, and its completion shows %u", ev->executor, ev->n_sent,
                  rp_len(ev->data));
        return RP_OK;
    }
    for (uint32_t i = 0; i < ev->n_sent && p->f.node[node].n_groups; i++) {
        if (i == 0 || !is_same(rp_at(ev->data, i), rp_at(ev->data, i - 1)))
            print = rp_print_value(rp_at(ev->data, i));
        struct rp_value target = i < rp_len(ev->targets) ? rp_at(ev->targets, i) : rp_int(-1);
        RP_TRY(sends(p, node, rp_at(ev->data, i), target.u.i, print));
    }
    *RP_IN(&p->sent, uint32_t, node) += ev->n_sent;
    return RP_OK;
}

/* ---- the superstep begins ---------------------------------------------------------------------
 */

/* Messages for joins go into their buffers. */
static int fill_joins(struct rp_props *p)
{
    struct rp_past *k = &p->now;

    for (uint32_t i = 0; i < k->due.n; i++) {
        struct rp_due *due = due_at(&k->due, i);
        if (due->kind != RP_DUE_JOIN)
            continue;
        const struct rp_fact_group *g = &p->f.group[due->group];
        struct rp_held *held = rp_pile_add(&p->alloc, &k->held);
        if (!held)
            return RP_ENOMEM;
        *held = (struct rp_held){.group = due->group, .print = due->print};
        while (g->from[held->from] != due->source)
            held->from++;
        due->done = 1;
    }
    return RP_OK;
}

int rp_route_step(struct rp_props *p, const struct rp_event *ev)
{
    if (p->in_step)
        rp_broken(p, RP_P_9, NULL, "step in a step",
                  "superstep %l begins before superstep %l has ended", ev->step, p->step);
    if (p->now.sure && ev->step != p->now.iteration + 1)
        rp_broken(p, RP_P_9, NULL, "number", "superstep %l begins after %l were completed",
                  ev->step, p->now.iteration);
    if (p->f.max_steps >= 0 && p->turn_steps >= p->f.max_steps)
        rp_broken(p, RP_P_14, NULL, "superstep limit",
                  "superstep %l of this turn begins, and the limit is %l", p->turn_steps + 1,
                  p->f.max_steps);
    RP_TRY(rp_past_copy(&p->alloc, &p->before, &p->now));
    p->next.n = 0;
    if (p->sent.n > 0)
        memset(p->sent.at, 0, p->sent.n * sizeof(uint32_t));
    return fill_joins(p);
}

int rp_route_started(struct rp_props *p)
{
    struct rp_past *k = &p->now;

    if (p->kind != RP_TURN_RUN)
        return RP_OK;
    k->held.n = k->due.n = 0; /* decision 1: a fresh run clears the joins */
    k->iteration = 0;
    k->start_due = 1;
    k->handed_to = 0;
    k->sure = 1;
    return RP_OK;
}

/* ---- deliveries -------------------------------------------------------------------------------
 */

/* The message that is due next on that way, if it is this one; the place behind which it was found
 * otherwise. */
static void from_one(struct rp_props *p, const struct rp_event *ev, uint32_t node, uint32_t source)
{
    struct rp_pile *due = &p->now.due;
    uint64_t print = rp_print_value(ev->data);
    int passed = 0;

    for (uint32_t i = 0; i < due->n; i++) {
        struct rp_due *d = due_at(due, i);
        if (d->source != source || d->target != node || d->done)
            continue;
        if (d->print != print) {
            passed |= d->kind == RP_DUE_SURE;
            continue;
        }
        if (passed)
            rp_broken(p, RP_P_5, ev->executor, "overtaken",
                      "%s is handed a message of %s before one that was sent earlier", ev->executor,
                      ev->source);
        for (uint32_t k = 0; k < i; k++) /* what a condition held back does not come any more */
            if (due_at(due, k)->source == source && due_at(due, k)->target == node &&
                due_at(due, k)->kind == RP_DUE_MAYBE)
                due_at(due, k)->done = 1;
        d->done = d->kind != RP_DUE_OFTEN;
        return;
    }
    rp_broken(p, RP_P_4, ev->executor, "not sent",
              "%s is handed a message that %s did not send it in the superstep before",
              ev->executor, ev->source);
}

static uint32_t join_of(const struct rp_props *p, uint32_t node, uint32_t source, uint32_t n)
{
    for (uint32_t g = 0; g < p->f.n_groups; g++) {
        const struct rp_fact_group *group = &p->f.group[g];
        if (group->kind == RP_FAN_IN && group->to[0] == node && group->n_from == n &&
            group->from[0] == source)
            return g;
    }
    return RP_NO_ONE;
}

/* Takes the first message of that source out of the buffer; 0: there is none. */
static int take_held(struct rp_pile *held, uint32_t group, uint32_t from, uint64_t *print)
{
    for (uint32_t i = 0; i < held->n; i++) {
        const struct rp_held *h = RP_IN(held, struct rp_held, i);
        if (h->group != group || h->from != from)
            continue;
        *print = h->print;
        rp_pile_cut(held, i);
        return 1;
    }
    return 0;
}

static void from_join(struct rp_props *p, const struct rp_event *ev, uint32_t node, uint32_t source)
{
    uint32_t g = join_of(p, node, source, ev->n_sources), n = rp_len(ev->data);
    uint64_t print;

    if (g == RP_NO_ONE || n != ev->n_sources) {
        rp_broken(p, RP_P_9, ev->executor, "join of another size",
                  "the join before %s fires with %u messages of %u sources", ev->executor, n,
                  ev->n_sources);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *from = p->f.node[p->f.group[g].from[i]].id;
        if (!take_held(&p->now.held, g, i, &print)) {
            rp_broken(p, RP_P_9, ev->executor, "join fires early",
                      "the join before %s fires while nothing of %s is there", ev->executor, from);
            return;
        }
        if (print != rp_print_value(rp_at(ev->data, i)))
            rp_broken(p, RP_P_9, ev->executor, "join of another set",
                      "the join before %s does not hold the next message of %s", ev->executor,
                      from);
    }
}

static void from_outside(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    if (ev->name) /* an answer: props_ask.c */
        return;
    if (!p->now.start_due || node != p->f.start)
        rp_broken(p, RP_P_4, ev->executor, "not sent",
                  "%s is handed a message from outside, and there was none", ev->executor);
    p->now.start_due = 0;
}

int rp_route_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    struct rp_doing *d = &p->doing[node];
    uint32_t source = rp_props_node(p, ev->source);

    if (d->busy)
        rp_broken(p, RP_P_9, ev->executor, "at work already",
                  "%s is invoked while it is at work on another message", ev->executor);
    d->busy = 1;
    d->model_calls = d->handed = 0;
    if (d->n_sources > 0 && d->source != source)
        p->sensitive = 1;
    d->n_sources = 1;
    d->source = source;
    if (ev->n_sources == 0)
        from_outside(p, ev, node);
    else if (!p->now.sure)
        return RP_OK;
    else if (ev->n_sources > 1)
        from_join(p, ev, node, source);
    else
        from_one(p, ev, node, source);
    return RP_OK;
}

/* ---- the superstep ends -----------------------------------------------------------------------
 */

static uint32_t held_of(const struct rp_pile *held, uint32_t group, uint32_t from)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < held->n; i++)
        n += RP_IN(held, struct rp_held, i)->group == group &&
             RP_IN(held, struct rp_held, i)->from == from;
    return n;
}

/* Has the join a message of each of its sources? *some: of one at least. */
static int is_full(struct rp_props *p, uint32_t group, int *some)
{
    int full = 1;

    *some = 0;
    for (uint32_t i = 0; i < p->f.group[group].n_from; i++) {
        uint32_t n = held_of(&p->now.held, group, i);
        full &= n > 0;
        *some |= n > 0;
    }
    return full;
}

static void check_joins(struct rp_props *p)
{
    int some;

    for (uint32_t g = 0; g < p->f.n_groups && p->now.held.n; g++)
        if (p->f.group[g].kind == RP_FAN_IN && is_full(p, g, &some)) {
            const char *id = p->f.node[p->f.group[g].to[0]].id;
            rp_broken(p, RP_P_9, id, "join does not fire",
                      "the join before %s has a message of each source, and did not fire", id);
        }
}

static void check_delivered(struct rp_props *p)
{
    for (uint32_t i = 0; i < p->now.due.n; i++) {
        const struct rp_due *d = due_at(&p->now.due, i);
        if (d->kind == RP_DUE_SURE && !d->done)
            rp_broken(p, RP_P_4, p->f.node[d->target].id, "not delivered",
                      "a message that %s sent to %s was not delivered", p->f.node[d->source].id,
                      p->f.node[d->target].id);
    }
    if (p->now.start_due)
        rp_broken(p, RP_P_4, p->f.node[p->f.start].id, "not delivered",
                  "the input of the turn was not delivered to %s", p->f.node[p->f.start].id);
}

int rp_route_close(struct rp_props *p)
{
    struct rp_pile spare = p->now.due;

    for (uint32_t i = 0; i < p->f.n_nodes; i++)
        if (p->doing[i].busy)
            rp_broken(p, RP_P_15, p->f.node[i].id, "never ended",
                      "%s was invoked, and neither completed nor failed", p->f.node[i].id);
    if (p->now.sure) {
        check_delivered(p);
        check_joins(p);
    }
    p->now.start_due = 0;
    p->now.due = p->next;
    p->next = spare;
    p->next.n = 0;
    if (!p->now.sure) { /* from here on it is known what is under way, but for joins */
        p->now.sure = p->f.n_joins == 0;
        p->now.held.n = 0;
    }
    return RP_OK;
}

/* The turn ends well: nothing is under way, and a join that is not full is told of (decision 1). */
void rp_route_rest(struct rp_props *p)
{
    int some, told = p->warned_joins;

    if (p->in_step)
        rp_broken(p, RP_P_9, NULL, "end in a step", "the turn ends within superstep %l", p->step);
    if (!p->now.sure || !p->in_turn)
        return;
    for (uint32_t i = 0; i < p->now.due.n; i++) {
        const struct rp_due *d = due_at(&p->now.due, i);
        if (d->kind == RP_DUE_SURE || d->kind == RP_DUE_JOIN)
            rp_broken(p, RP_P_4, p->f.node[d->target].id, "left behind",
                      "the turn ends with a message of %s to %s under way", p->f.node[d->source].id,
                      p->f.node[d->target].id);
    }
    if (p->now.open.n > 0)
        return;
    for (uint32_t g = 0; g < p->f.n_groups && p->now.held.n; g++)
        if (p->f.group[g].kind == RP_FAN_IN && !is_full(p, g, &some) && some && told-- <= 0)
            rp_broken(p, RP_P_4, p->f.node[p->f.group[g].to[0]].id, "kept in silence",
                      "the turn ends with a half-filled join before %s, and does not say so",
                      p->f.node[p->f.group[g].to[0]].id);
}
