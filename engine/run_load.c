/* run_load.c - checkpoints back into a new instance (R-CKP). A restore that fails changes nothing.
 */
#include "base/zoo.h"
#include "run.h"
#include "snap.h"

static int damaged(struct rp_error *err, const char *where, const char *what)
{
    return rp_fail_at(err, RP_ECHECKPOINT, where, "%s", what);
}

/* ---- a state of our own ----
 *
 * What is equal was saved once, so what was read may be shared; state that changes in place needs a
 * copy of its own. And the order in which executors and joins were added may differ from when it
 * was saved, as the graph is the same (R-SIG-2): the copy has this workflow's order. */

static int adopt_run(struct rp_heap *h, const struct rp_workflow *w, struct rp_value saved,
                     struct rp_value *out, struct rp_error *err);

/* A list of n items that are nothing yet. */
static struct rp_value blank_list(struct rp_heap *h, uint32_t n)
{
    struct rp_value list = rp_list_room(h, n);
    for (uint32_t i = 0; i < n && list.tag == RP_LIST; i++)
        if (rp_list_add(h, &list, rp_nil()) != RP_OK)
            return rp_bad();
    return list;
}

/* The bug HISTORY_TWICE. */
static int double_history(struct rp_heap *h, struct rp_s_agent *agent)
{
    struct rp_session *s = rp_rec_copy(h, rp_session_of(agent->session));
    if (!s)
        return RP_ENOMEM;
    struct rp_value once = s->history;
    s->history = rp_run_own_list(h, once);
    RP_TRY(rp_list_cat(h, &s->history, once));
    agent->session = rp_from_rec(s);
    return RP_OK;
}

static int adopt_state(struct rp_heap *h, const struct rp_node *node, struct rp_value saved,
                       struct rp_value *out, struct rp_error *err)
{
    *out = saved;
    if (rp_kind(saved) != node->kind->state || (saved.tag != RP_REC && saved.tag != RP_NIL))
        return damaged(err, node->id, "the checkpoint holds another kind of state for it");
    if (saved.tag == RP_NIL)
        return RP_OK;
    *out = rp_from_rec(rp_rec_copy(h, saved.u.rec));
    if (out->tag == RP_BAD)
        return RP_ENOMEM;
    if (RP_ZOO == RP_ZOO_HISTORY_TWICE && rp_kind(saved) == RP_K_S_AGENT)
        RP_TRY(double_history(h, rp_s_agent_of(*out)));
    if (rp_kind(saved) != RP_K_S_FLOW)
        return RP_OK;
    struct rp_s_flow *f = rp_s_flow_of(*out);
    return adopt_run(h, node->child, f->run, &f->run, err);
}

/* *place: for each executor as it was saved, its number in this workflow. */
static int adopt_executors(struct rp_heap *h, const struct rp_workflow *w, struct rp_s_run *s,
                           struct rp_value *place, struct rp_error *err)
{
    uint32_t n = w->n_nodes;
    struct rp_value ids = blank_list(h, n), executors = blank_list(h, n);
    *place = blank_list(h, n);
    if (ids.tag == RP_BAD || executors.tag == RP_BAD || place->tag == RP_BAD)
        return RP_ENOMEM;
    if (rp_len(s->executors) != n)
        return damaged(err, w->name, "the checkpoint has another number of executors");
    for (uint32_t i = 0; i < n; i++) {
        struct rp_str id = rp_str_of(rp_at(s->ids, i));
        uint32_t at = rp_workflow_find(w, id.s, id.n);
        if (at == RP_NO_NODE || rp_at(ids, at).tag != RP_NIL)
            return damaged(err, w->name, "the checkpoint has another executor, or one twice");
        place->u.vec->at[i] = rp_int(at);
        ids.u.vec->at[at] = rp_at(s->ids, i);
        RP_TRY(adopt_state(h, &w->node[at], rp_at(s->executors, i), &executors.u.vec->at[at], err));
    }
    s->ids = ids;
    s->executors = executors;
    return RP_OK;
}

static uint32_t where_is(struct rp_value ids, struct rp_value id, uint32_t likely)
{
    if (likely < rp_len(ids) && rp_equal(rp_at(ids, likely), id))
        return likely;
    for (uint32_t i = 0; i < rp_len(ids); i++)
        if (rp_equal(rp_at(ids, i), id))
            return i;
    return UINT32_MAX;
}

static int adopt_joins(struct rp_heap *h, const struct rp_workflow *w, struct rp_s_run *s,
                       struct rp_error *err)
{
    struct rp_value ids, joins = rp_list();
    RP_TRY(rp_run_join_ids(h, w, &ids));
    if (rp_len(ids) != rp_len(s->join_ids))
        return damaged(err, w->name, "the checkpoint has another number of joins");
    for (uint32_t j = 0; j < rp_len(ids); j++) {
        uint32_t at = where_is(s->join_ids, rp_at(ids, j), j);
        if (at == UINT32_MAX)
            return damaged(err, w->name, "the checkpoint has another join");
        RP_TRY(rp_list_add(h, &joins, rp_at(s->joins, at)));
    }
    s->joins = joins;
    s->join_ids = ids;
    return RP_OK;
}

/* ---- the same numbers for the same executors ---- */

static int is_moved(struct rp_value place)
{
    for (uint32_t i = 0; i < rp_len(place); i++)
        if (rp_at(place, i).u.i != i)
            return 1;
    return 0;
}

static int moved_request(struct rp_heap *h, struct rp_value place, struct rp_value request,
                         struct rp_value *out)
{
    struct rp_request *q = rp_rec_copy(h, rp_request_of(request));
    if (!q)
        return RP_ENOMEM;
    if (q->executor.u.i >= (int64_t)rp_len(place))
        return RP_ECHECKPOINT;
    q->executor = rp_at(place, (uint32_t)q->executor.u.i);
    *out = rp_from_rec(q);
    return RP_OK;
}

static int moved_header(struct rp_value place, int64_t head, struct rp_value *out)
{
    int64_t source = head & RP_LETTER_SOURCE, target = head >> 32, n = rp_len(place);
    if (source >= n || target > n + 1)
        return RP_ECHECKPOINT;
    if (target > 0 && target <= n)
        target = rp_at(place, (uint32_t)target - 1).u.i + 1;
    source = rp_at(place, (uint32_t)source).u.i;
    *out = rp_int(source | (head & (RP_LETTER_INTERNAL | RP_LETTER_ANSWER)) | target << 32);
    return RP_OK;
}

/* The queue is our own already. */
static int move_queue(struct rp_heap *h, struct rp_value place, struct rp_value queue)
{
    for (uint32_t i = 0; i < rp_len(queue); i += RP_LETTER) {
        struct rp_value *at = queue.u.vec->at + i;
        RP_TRY(moved_header(place, at[0].u.i, &at[0]));
        if (at[2].tag == RP_REC)
            RP_TRY(moved_request(h, place, at[2], &at[2]));
    }
    return RP_OK;
}

static int move_requests(struct rp_heap *h, struct rp_value place, struct rp_value *requests)
{
    struct rp_value moved = rp_list(), one;
    for (uint32_t i = 0; i < rp_len(*requests); i++) {
        RP_TRY(moved_request(h, place, rp_at(*requests, i), &one));
        RP_TRY(rp_list_add(h, &moved, one));
    }
    *requests = moved;
    return RP_OK;
}

static int adopt_run(struct rp_heap *h, const struct rp_workflow *w, struct rp_value saved,
                     struct rp_value *out, struct rp_error *err)
{
    struct rp_value place;
    struct rp_s_run *s = rp_rec_copy(h, rp_s_run_of(saved));
    if (!s)
        return RP_ENOMEM;
    RP_TRY(adopt_executors(h, w, s, &place, err));
    RP_TRY(adopt_joins(h, w, s, err));
    s->queue = rp_run_own_list(h, s->queue);
    if (s->queue.tag == RP_BAD)
        return RP_ENOMEM;
    int rc = is_moved(place) ? move_queue(h, place, s->queue) : RP_OK;
    if (rc == RP_OK && is_moved(place))
        rc = move_requests(h, place, &s->pending);
    if (rc == RP_ECHECKPOINT)
        return damaged(err, w->name, "a message or request of the checkpoint is nobody's");
    *out = rp_from_rec(s);
    return rc;
}

/* ---- restoring ---- */

static int load_hooks(struct rp_run *r, struct rp_value saved, struct rp_error *err)
{
    for (uint32_t i = 0; i < r->wf->n_nodes; i++) {
        const struct rp_node *node = &r->wf->node[i];
        const struct rp_executor *e = node->kind == &rp_exec_custom ? node->def : NULL;
        struct rp_value mine = rp_map_get(saved, node->id);
        if (r->child[i])
            RP_TRY(load_hooks(r->child[i], mine, err));
        int rc = !r->child[i] && e && e->load ? e->load(e->self, mine) : RP_OK;
        if (rc != RP_OK)
            return rc == RP_ENOMEM ? rc
                                   : damaged(err, node->id, "the executor refused its saved state");
    }
    return RP_OK;
}

/* *time_ms: when it was made. */
static int read_record(struct rp_run *r, int64_t id, struct rp_value *out, uint64_t *time_ms,
                       struct rp_error *err)
{
    struct rp_core *core = r->core;
    struct rp_checkpoint_info info;
    RP_TRY(core->store->ops->info(core->store->self, id, &info, err));
    *time_ms = info.time_ms;
    RP_TRY(rp_snap_read(&core->heap, core->store, &info.root, core->snap, out, err));
    struct rp_checkpoint *c = rp_checkpoint_of(*out);
    if (!rp_str_equal(rp_str_of(c->signature), rp_str(r->wf->signature)))
        return rp_fail_at(err, RP_ECHECKPOINT, r->wf->name,
                          "checkpoint %l was made by another graph; restore it with the workflow "
                          "that it was made by",
                          id);
    RP_TRY(adopt_run(&core->heap, r->wf, c->run, &c->run, err));
    return rp_run_fits(&core->heap, r->wf, c->run, err);
}

/* The bug JOIN_SURVIVES: what waited in the instance comes behind what was saved. */
static int merge_joins(struct rp_heap *h, struct rp_value before, struct rp_value *now)
{
    *now = rp_run_own_list(h, *now);
    for (uint32_t j = 0; j < rp_len(*now); j++) {
        struct rp_value was = rp_at(before, j), merged = rp_list();
        for (uint32_t i = 0; i < rp_len(was); i++) {
            struct rp_value both = rp_list();
            if (i < rp_len(rp_at(*now, j)))
                both = rp_run_own_list(h, rp_at(rp_at(*now, j), i));
            RP_TRY(rp_list_cat(h, &both, rp_at(was, i)));
            RP_TRY(rp_list_add(h, &merged, both));
        }
        if (rp_len(was))
            now->u.vec->at[j] = merged;
    }
    return RP_OK;
}

/* The bug ANSWERED_AGAIN: requests of nested runs whose answers are under way count as open. */
static int reopen_answered(struct rp_run *r)
{
    struct rp_value queue = rp_st(r)->queue;
    for (uint32_t i = 0; i < rp_len(queue); i += RP_LETTER) {
        struct rp_value q = rp_at(queue, i + 2);
        if (q.tag == RP_REC && r->child[rp_request_of(q)->executor.u.i])
            RP_TRY(rp_list_add(&r->core->heap, &rp_st(r)->pending, q));
    }
    return RP_OK;
}

/* The bug CHILD_RESTARTS. */
static void forget_children(struct rp_run *r)
{
    for (uint32_t i = 0; i < r->wf->n_nodes; i++)
        if (r->child[i])
            rp_st(r->child[i])->pending = rp_list();
}

static int plant_after_load(struct rp_run *r, struct rp_value joins_before)
{
    if (RP_ZOO == RP_ZOO_JOIN_SURVIVES)
        return merge_joins(&r->core->heap, joins_before, &rp_st(r)->joins);
    if (RP_ZOO == RP_ZOO_ANSWERED_AGAIN)
        return reopen_answered(r);
    if (RP_ZOO == RP_ZOO_CHILD_RESTARTS)
        forget_children(r);
    return RP_OK;
}

int rp_run_load(struct rp_run *r, int64_t id, struct rp_error *err)
{
    struct rp_core *core = r->core;
    struct rp_value record;
    uint64_t time_ms = 0;
    if (!core->store)
        return rp_fail_at(err, RP_EARG, "", "the run has no checkpoint store");
    int rc = read_record(r, id, &record, &time_ms, err);
    if (core->heap.failed)
        return RP_ENOMEM;
    if (rc != RP_OK)
        return rc;
    struct rp_checkpoint *c = rp_checkpoint_of(record);
    RP_TRY(load_hooks(r, c->hooks, err));
    if (core->world.load)
        rc = core->world.load(core->world.ctx, c->world);
    if (rc == RP_ENOMEM)
        return rc;
    if (rc != RP_OK)
        return damaged(err, "", "the outside refused its saved state");
    struct rp_value joins_before = rp_st(r)->joins;
    r->st = c->run;
    rp_run_relink(r);
    RP_TRY(plant_after_load(r, joins_before));
    r->retell = rp_st(r)->pending;
    rp_st(r)->previous = rp_int(id);
    r->checkpoint = id;
    rp_run_set_time(r, time_ms);
    return RP_OK;
}
