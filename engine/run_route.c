/* run_route.c - from the messages of a superstep to deliveries in canonical order (R-RUN-11): by
 * source in order of first send, by edge group in order of registration, by message in order of
 * sending, by target. Fan-in buffers, which fire once per complete set (decision 1). */
#include "base/zoo.h"
#include "run.h"

#define INTERNAL ((int64_t)1 << 16)
#define ANSWER   ((int64_t)1 << 17)
#define STRIDE   3u /* header, data, request */

struct letter { /* one message of the queue */
    uint32_t source, target;
    int internal, is_answer;
    struct rp_value data, request;
};

int rp_run_enqueue(struct rp_run *r, uint32_t source, int internal, struct rp_value data,
                   struct rp_value request, uint32_t target)
{
    int64_t head = (int64_t)source | (internal ? INTERNAL : 0) |
                   (request.tag == RP_REC ? ANSWER : 0) |
                   ((target == RP_NO_NODE ? 0 : (int64_t)target + 1) << 32);
    struct rp_value *q = &rp_st(r)->queue;
    RP_TRY(rp_list_add(&r->core->heap, q, rp_int(head)));
    RP_TRY(rp_list_add(&r->core->heap, q, data));
    return rp_list_add(&r->core->heap, q, request);
}

static struct letter letter_at(struct rp_value queue, uint32_t i)
{
    const struct rp_value *at = queue.u.vec->at + (size_t)i * STRIDE;
    int64_t head = at[0].u.i;
    return (struct letter){.source = (uint32_t)(head & 0xffff),
                           .target = (uint32_t)(head >> 32) - 1,
                           .internal = (head & INTERNAL) != 0,
                           .is_answer = (head & ANSWER) != 0,
                           .data = at[1],
                           .request = at[2]};
}

static int deliver(struct rp_run *r, const struct rp_delivery *d)
{
    if (r->n_d == r->d_size) {
        struct rp_alloc *a = &r->core->alloc;
        uint32_t size = r->d_size ? r->d_size * 2 : 8;
        struct rp_delivery *grown =
            a->resize(a->ctx, r->d, r->d_size * sizeof(*grown), size * sizeof(*grown));
        if (!grown)
            return RP_ENOMEM;
        r->d = grown;
        r->d_size = size;
    }
    r->d[r->n_d++] = *d;
    return RP_OK;
}

static int takes(const struct rp_run *r, uint32_t node, struct rp_value data)
{
    return rp_type_accepts(r->wf->node[node].takes, data);
}

static struct rp_delivery plain(const struct letter *m, uint32_t target, uint32_t lane,
                                uint32_t ordinal)
{
    return (struct rp_delivery){.exec = target,
                                .lane = lane,
                                .ordinal = ordinal,
                                .source = m->source,
                                .n_sources = 1,
                                .data = m->data};
}

/* A predicate that fails, or a selection that names nobody, fails the superstep (R-EDGE-1, 2). */
static void routing_failed(struct rp_run *r, uint32_t source, int status, const char *what)
{
    struct rp_error why;
    rp_fail_at(&why, status, r->wf->node[source].id, "%s", what);
    rp_run_fail(r, &why);
}

static int through_single(struct rp_run *r, const struct rp_group *g, const struct letter *m,
                          uint32_t lane, uint32_t ordinal)
{
    uint32_t to = g->to[0];
    if ((m->target != RP_NO_NODE && m->target != to) || !takes(r, to, m->data))
        return RP_OK;
    int holds =
        g->when.fn || g->when.json.tag ? rp_cond_holds(&r->core->heap, &g->when, m->data) : 1;
    if (holds == RP_ENOMEM)
        return RP_ENOMEM;
    if (holds < 0)
        routing_failed(r, m->source, holds, "the condition of an edge failed");
    if (holds <= 0)
        return RP_OK;
    struct rp_delivery d = plain(m, to, lane, ordinal);
    return deliver(r, &d);
}

/* One candidate of a fan-out: an explicit target narrows it to that one (R-EDGE-2). */
static int to_candidate(struct rp_run *r, const struct letter *m, uint32_t to, uint32_t lane,
                        uint32_t ordinal)
{
    if ((m->target != RP_NO_NODE && m->target != to) || !takes(r, to, m->data))
        return RP_OK;
    struct rp_delivery d = plain(m, to, lane, ordinal);
    return deliver(r, &d);
}

static int through_function(struct rp_run *r, const struct rp_group *g, const struct letter *m,
                            uint32_t lane, uint32_t ordinal)
{
    uint32_t chosen[64];
    int n = g->select(g->self, m->data, chosen, 64);
    if (n < 0 || n > 64) {
        routing_failed(r, m->source, RP_EHANDLER, "the selection of an edge group failed");
        return RP_OK;
    }
    for (int i = 0; i < n; i++)
        if (chosen[i] >= g->n_to) {
            routing_failed(r, m->source, RP_EHANDLER,
                           "the selection of an edge group named no target of the group");
            return RP_OK;
        }
    for (int i = 0; i < n; i++)
        RP_TRY(to_candidate(r, m, g->to[chosen[i]], lane, ordinal));
    return RP_OK;
}

/* Rules of a multi-selection: all that hold; of a switch: the first, else the default. */
static int through_rules(struct rp_run *r, const struct rp_group *g, const struct letter *m,
                         uint32_t lane, uint32_t ordinal)
{
    for (uint32_t i = 0; i < g->n_rules; i++) {
        /* the default of a switch stands where it was declared and shadows what follows */
        int holds = g->kind == RP_SWITCH && !g->rule[i].fn && g->rule[i].json.tag == RP_NIL
                        ? 1
                        : rp_cond_holds(&r->core->heap, &g->rule[i], m->data);
        if (holds == RP_ENOMEM)
            return RP_ENOMEM;
        if (holds < 0 && g->kind != RP_SWITCH)
            routing_failed(r, m->source, holds, "a rule of an edge group failed");
        if (holds <= 0)
            continue;
        RP_TRY(to_candidate(r, m, g->rule_to[i], lane, ordinal));
        if (g->kind == RP_SWITCH)
            return RP_OK;
    }
    return g->kind == RP_SWITCH && g->default_to != RP_NO_NODE
               ? to_candidate(r, m, g->default_to, lane, ordinal)
               : RP_OK;
}

static int through_fan_out(struct rp_run *r, const struct rp_group *g, const struct letter *m,
                           uint32_t lane, uint32_t ordinal)
{
    for (uint32_t i = 0; i < g->n_to; i++)
        RP_TRY(to_candidate(r, m, g->to[i], lane, ordinal));
    return RP_OK;
}

/* ---- fan-in ---- */

/* rp_list_part shares what it can; this list is to be written to. */
struct rp_value rp_run_own_list(struct rp_heap *h, struct rp_value list)
{
    struct rp_value own = rp_list();
    for (uint32_t i = 0; i < rp_len(list); i++)
        if (rp_list_add(h, &own, rp_at(list, i)) != RP_OK)
            return rp_bad();
    return own;
}

/* The buffers of join j, own to this superstep: what it held before is kept for an undo. */
static struct rp_vec *own_join(struct rp_run *r, uint32_t j, uint32_t sources)
{
    struct rp_heap *h = &r->core->heap;
    if (r->kept_joins.tag == RP_NIL) {
        r->kept_joins = rp_st(r)->joins;
        rp_st(r)->joins = rp_run_own_list(h, r->kept_joins);
    }
    if (rp_st(r)->joins.tag == RP_BAD)
        return NULL;
    struct rp_value *slot = &rp_st(r)->joins.u.vec->at[j];
    struct rp_value old = rp_at(r->kept_joins, j);
    if (rp_len(*slot) == 0) { /* never used: one empty buffer for each source */
        struct rp_value fresh = rp_list();
        for (uint32_t i = 0; i < sources; i++)
            if (rp_list_add(h, &fresh, rp_list()) != RP_OK)
                return NULL;
        *slot = fresh;
    } else if (slot->u.vec == old.u.vec) {
        *slot = rp_run_own_list(h, old);
        if (slot->tag == RP_BAD)
            return NULL;
    }
    return slot->u.vec;
}

static int join_complete(const struct rp_vec *buffers)
{
    for (uint32_t i = 0; i < buffers->fill; i++)
        if (rp_len(buffers->at[i]) == 0 &&
            (RP_ZOO != RP_ZOO_JOIN_HALF || buffers->at[i].tag == RP_LIST))
            return 0;
    return 1;
}

/* The first message of each source, in edge order, as one list. */
static int take_set(struct rp_run *r, struct rp_vec *buffers, struct rp_value *set)
{
    struct rp_heap *h = &r->core->heap;
    *set = rp_list();
    for (uint32_t i = 0; i < buffers->fill; i++) {
        struct rp_value *b = &buffers->at[i];
        if (RP_ZOO == RP_ZOO_JOIN_HALF && rp_len(*b) == 0)
            continue;
        RP_TRY(rp_list_add(h, set, rp_at(*b, 0)));
        *b = rp_len(*b) == 1 ? rp_list() : rp_list_part(h, *b, 1, rp_len(*b));
        if (b->tag == RP_BAD)
            return RP_ENOMEM;
        if (RP_ZOO == RP_ZOO_JOIN_HALF && rp_len(*b) == 0)
            *b = rp_nil(); /* the mark of having fired */
    }
    return RP_OK;
}

static int through_fan_in(struct rp_run *r, const struct rp_group *g, const struct letter *m,
                          uint32_t lane, uint32_t ordinal)
{
    struct rp_heap *h = &r->core->heap;
    uint32_t to = g->to[0], from = 0;
    struct rp_value one = rp_list_of(h, 1, m->data);
    if (one.tag == RP_BAD)
        return RP_ENOMEM;
    if ((m->target != RP_NO_NODE && m->target != to) || !takes(r, to, one))
        return RP_OK;
    while (g->from[from] != m->source)
        from++;
    struct rp_vec *buffers = own_join(r, g->join, g->n_from);
    if (!buffers)
        return RP_ENOMEM;
    if (rp_len(buffers->at[from]) == 0)
        buffers->at[from] = one;
    else
        RP_TRY(rp_list_add(h, &buffers->at[from], m->data));
    if (!join_complete(buffers))
        return RP_OK;
    struct rp_value set;
    RP_TRY(take_set(r, buffers, &set));
    struct rp_delivery d = plain(m, to, lane, ordinal);
    d.data = set;
    d.sources = g->from;
    d.n_sources = g->n_from;
    return deliver(r, &d);
}

void rp_run_clear_joins(struct rp_run *r)
{
    struct rp_value joins = rp_run_own_list(&r->core->heap, rp_st(r)->joins);
    for (uint32_t j = 0; j < rp_len(joins); j++)
        joins.u.vec->at[j] = rp_list();
    if (joins.tag == RP_LIST) /* else the heap has failed, which ends the run */
        rp_st(r)->joins = joins;
}

static int warn_join(struct rp_run *r, uint32_t j)
{
    struct rp_heap *h = &r->core->heap;
    const struct rp_group *g = &r->wf->group[r->wf->join_group[j]];
    struct rp_value buffers = rp_at(rp_st(r)->joins, j);
    struct rp_value missing = rp_list();
    uint32_t there = 0;
    for (uint32_t i = 0; i < rp_len(buffers); i++)
        if (rp_len(rp_at(buffers, i)))
            there++;
        else
            RP_TRY(rp_list_add(h, &missing, r->wf->node[g->from[i]].id_text));
    if (!there || !rp_len(missing))
        return RP_OK;
    struct rp_value text = rp_textz(h, "the run ends with a half-filled join; missing: ");
    for (uint32_t i = 0; i < rp_len(missing); i++)
        text = rp_text_join(h, (struct rp_str[]){rp_str_of(text),
                                                 rp_str(i ? ", " : ""),
                                                 rp_str_of(rp_at(missing, i)),
                                                 {NULL, 0}});
    if (text.tag == RP_BAD)
        return RP_ENOMEM;
    return rp_run_emit(r, &(struct rp_event){.kind = RP_EV_WARNING,
                                             .executor = r->wf->node[g->to[0]].id,
                                             .data = text});
}

int rp_run_warn_joins(struct rp_run *r)
{
    for (uint32_t j = 0; j < r->wf->n_joins; j++)
        RP_TRY(warn_join(r, j));
    return RP_OK;
}

/* ---- the whole queue ---- */

static int through_group(struct rp_run *r, const struct rp_group *g, const struct letter *m,
                         uint32_t lane, uint32_t ordinal)
{
    switch (g->kind) {
    case RP_SINGLE:
        return through_single(r, g, m, lane, ordinal);
    case RP_FAN_OUT:
        return through_fan_out(r, g, m, lane, ordinal);
    case RP_SELECT:
        return g->select ? through_function(r, g, m, lane, ordinal)
                         : through_rules(r, g, m, lane, ordinal);
    case RP_SWITCH:
        return through_rules(r, g, m, lane, ordinal);
    case RP_FAN_IN:
        return through_fan_in(r, g, m, lane, ordinal);
    }
    return RP_OK;
}

static int to_itself(struct rp_run *r, const struct letter *m, uint32_t lane, uint32_t ordinal)
{
    struct rp_delivery d = plain(m, m->source, lane, ordinal);
    d.internal = 1;
    d.is_answer = (uint8_t)m->is_answer;
    d.request = m->request;
    return deliver(r, &d);
}

/* All messages of one source: first its own internal ones, or group by group. */
static int route_source(struct rp_run *r, uint32_t key, uint32_t *lane)
{
    struct rp_value q = r->queue_now;
    uint32_t node = key >> 1, ordinal = 0;
    if (key & 1) {
        for (uint32_t i = r->head[key]; i != UINT32_MAX; i = r->next[i]) {
            struct letter m = letter_at(q, i);
            RP_TRY(to_itself(r, &m, *lane, ordinal++));
        }
        ++*lane;
        return RP_OK;
    }
    const struct rp_node *n = &r->wf->node[node];
    for (uint32_t k = 0; k < n->n_groups; k++, ++*lane) {
        ordinal = 0;
        for (uint32_t i = r->head[key]; i != UINT32_MAX; i = r->next[i]) {
            struct letter m = letter_at(q, i);
            RP_TRY(through_group(r, &r->wf->group[n->groups[k]], &m, *lane, ordinal++));
        }
    }
    return RP_OK;
}

static int room_for_lists(struct rp_run *r, uint32_t n)
{
    if (n <= r->next_size)
        return RP_OK;
    struct rp_alloc *a = &r->core->alloc;
    uint32_t size = n < 16 ? 16 : n * 2;
    uint32_t *grown =
        a->resize(a->ctx, r->next, r->next_size * sizeof(*grown), size * sizeof(*grown));
    if (!grown)
        return RP_ENOMEM;
    r->next = grown;
    r->next_size = size;
    return RP_OK;
}

/* Lists of messages by source, sources in order of their first message. Returns their number. */
static uint32_t by_source(struct rp_run *r, uint32_t n)
{
    uint32_t n_keys = 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t head = r->queue_now.u.vec->at[(size_t)i * STRIDE].u.i;
        uint32_t key = (uint32_t)(head & 0xffff) << 1 | ((head & INTERNAL) != 0);
        r->next[i] = UINT32_MAX;
        if (r->head[key] == UINT32_MAX) {
            r->keys[n_keys++] = key;
            r->head[key] = i;
        } else {
            r->next[r->tail[key]] = i;
        }
        r->tail[key] = i;
    }
    return n_keys;
}

int rp_run_route(struct rp_run *r)
{
    uint32_t n = rp_len(r->queue_now) / STRIDE, lane = 0;
    r->n_d = 0;
    r->low = 0;
    RP_TRY(room_for_lists(r, n));
    uint32_t n_keys = by_source(r, n);
    int rc = RP_OK;
    for (uint32_t k = 0; k < n_keys; k++) {
        if (rc == RP_OK)
            rc = route_source(r, r->keys[k], &lane);
        r->head[r->keys[k]] = UINT32_MAX;
    }
    return rc;
}
