/* run_save.c - checkpoints: what a run knows, as bytes in a store, and back into a new instance
 * (R-CKP). A save that fails is told and the run goes on; a restore that fails changes nothing. */
#include "run.h"
#include "snap.h"

/* ---- copies that can be put back ---- */

/* A copy of an executor's state, which the executor may then change in place: shallow, for what a
 * record refers to is immutable; but a nested run's record is state itself. */
struct rp_value rp_run_clone(struct rp_run *r, struct rp_value state)
{
    struct rp_heap *h = &r->core->heap;
    if (state.tag != RP_REC)
        return state;
    struct rp_value copy = rp_from_rec(rp_rec_copy(h, state.u.rec));
    if (copy.tag == RP_BAD)
        return copy;
    if (rp_kind(copy) == RP_K_S_FLOW) {
        struct rp_s_flow *f = rp_s_flow_of(copy);
        f->run = rp_run_clone(r, f->run);
        return f->run.tag == RP_BAD ? rp_bad() : copy;
    }
    if (rp_kind(copy) != RP_K_S_RUN)
        return copy;
    struct rp_s_run *s = rp_s_run_of(copy);
    struct rp_value executors = rp_list();
    for (uint32_t i = 0; i < rp_len(s->executors); i++)
        if (rp_list_add(h, &executors, rp_run_clone(r, rp_at(s->executors, i))) != RP_OK)
            return rp_bad();
    s->executors = executors;
    s->joins = rp_run_own_list(h, s->joins);
    s->queue = rp_run_own_list(h, s->queue);
    return s->joins.tag == RP_BAD || s->queue.tag == RP_BAD ? rp_bad() : copy;
}

void rp_run_relink(struct rp_run *r)
{
    for (uint32_t i = 0; i < r->wf->n_nodes; i++)
        if (r->child[i]) {
            r->child[i]->st = rp_s_flow_of(*rp_exec_state(r, i))->run;
            rp_run_relink(r->child[i]);
        }
}

/* ---- saving ---- */

/* What executors keep outside the run's memory, by their ids; nested ones below their wrapper. */
static int save_hooks(struct rp_run *r, struct rp_value *out)
{
    struct rp_heap *h = &r->core->heap;
    *out = rp_map();
    for (uint32_t i = 0; i < r->wf->n_nodes; i++) {
        const struct rp_node *node = &r->wf->node[i];
        const struct rp_executor *e = node->kind == &rp_exec_custom ? node->def : NULL;
        struct rp_value saved = rp_nil();
        if (r->child[i])
            RP_TRY(save_hooks(r->child[i], &saved));
        else if (e && e->save)
            RP_TRY(e->save(e->self, h, &saved));
        if (saved.tag != RP_NIL && !(saved.tag == RP_MAP && r->child[i] && saved.len == 0))
            RP_TRY(rp_map_put(h, out, node->id, saved));
    }
    return RP_OK;
}

static int make_record(struct rp_run *r, struct rp_value *out)
{
    struct rp_core *core = r->core;
    struct rp_checkpoint *c = rp_rec_new(&core->heap, RP_K_CHECKPOINT);
    if (!c)
        return RP_ENOMEM;
    c->workflow = rp_textz(&core->heap, r->wf->name);
    c->signature = rp_textz(&core->heap, r->wf->signature);
    c->run = r->st;
    RP_TRY(save_hooks(r, &c->hooks));
    if (core->world.save)
        RP_TRY(core->world.save(core->world.ctx, &core->heap, &c->world));
    *out = rp_from_rec(c);
    return c->workflow.tag == RP_BAD || c->signature.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int write_record(struct rp_run *r, int64_t *id, struct rp_error *err)
{
    struct rp_core *core = r->core;
    struct rp_s_run *st = rp_st(r);
    struct rp_value record;
    struct rp_buf b;
    struct rp_checkpoint_info info = {.previous =
                                          st->previous.tag == RP_INT ? st->previous.u.i : -1,
                                      .workflow = r->wf->name,
                                      .signature = r->wf->signature,
                                      .iteration = st->iteration.u.i,
                                      .pending = rp_len(st->pending)};
    RP_TRY(make_record(r, &record));
    rp_buf_init(&b, &core->alloc, RP_TEXT_MAX);
    int rc = rp_snap_write(&b, record);
    if (rc == RP_OK)
        rc = core->store->ops->save(core->store->self, &info, b.s, b.n, id, err);
    else
        rp_fail_at(err, rc, "", "the state could not be written: %s", rp_status_text(rc));
    rp_buf_free(&b);
    return rc;
}

/* Messages under way by source: {"internal:a": 1, "b": 2}. */
static int count_messages(struct rp_run *r, struct rp_value *out)
{
    struct rp_heap *h = &r->core->heap;
    struct rp_value queue = rp_st(r)->queue;
    *out = rp_map();
    for (uint32_t i = 0; i < rp_len(queue); i += 3) {
        int64_t head = rp_at(queue, i).u.i;
        struct rp_value key = r->wf->node[head & 0xffff].id_text;
        if (head & ((int64_t)1 << 16))
            key = r->wf->node[head & 0xffff].internal;
        struct rp_value n = rp_map_get(*out, key.u.text->s);
        RP_TRY(rp_map_put(h, out, key.u.text->s, rp_int(n.tag == RP_INT ? n.u.i + 1 : 1)));
    }
    return RP_OK;
}

static int tell_saved(struct rp_run *r, int64_t id)
{
    struct rp_heap *h = &r->core->heap;
    struct rp_value data = rp_map(), messages;
    if (!(r->core->events & RP_BIT(RP_EV_CHECKPOINT)))
        return RP_OK;
    RP_TRY(count_messages(r, &messages));
    RP_TRY(rp_map_put(h, &data, "number", rp_int(id)));
    RP_TRY(rp_map_put(h, &data, "previous", rp_st(r)->previous));
    RP_TRY(rp_map_put(h, &data, "iteration", rp_st(r)->iteration));
    RP_TRY(rp_map_put(h, &data, "messages", messages));
    RP_TRY(rp_map_put(h, &data, "pending_requests", rp_int(rp_len(rp_st(r)->pending))));
    return rp_run_emit(r, &(struct rp_event){.kind = RP_EV_CHECKPOINT, .data = data});
}

static int tell_not_saved(struct rp_run *r, const struct rp_error *why)
{
    struct rp_str parts[] = {
        rp_str("this superstep's checkpoint could not be saved: "), rp_str(why->text), {NULL, 0}};
    struct rp_value text = rp_text_join(&r->core->heap, parts);
    if (text.tag == RP_BAD)
        return RP_ENOMEM;
    return rp_run_emit(
        r, &(struct rp_event){.kind = RP_EV_WARNING, .data = text, .status = why->status});
}

/* The chain goes on from the last checkpoint that was saved (R-CKP-4). */
int rp_run_save(struct rp_run *r)
{
    struct rp_error why = {0};
    int64_t id = -1;
    if (!r->core->store || r->parent)
        return RP_OK;
    int rc = write_record(r, &id, &why);
    if (rc == RP_ENOMEM || r->core->heap.failed)
        return RP_ENOMEM;
    if (rc != RP_OK)
        return tell_not_saved(r, &why);
    RP_TRY(tell_saved(r, id));
    rp_st(r)->previous = rp_int(id);
    r->checkpoint = id;
    return RP_OK;
}

/* ---- restoring ---- */

static int damaged(struct rp_error *err, const char *where, const char *what)
{
    return rp_fail_at(err, RP_ECHECKPOINT, where, "%s", what);
}

static int fits_state(const struct rp_workflow *w, struct rp_value run, struct rp_error *err);

static int fits_node(const struct rp_node *node, struct rp_value state, struct rp_error *err)
{
    unsigned want = node->kind->state;
    if (rp_kind(state) != want || (want == 0 && state.tag != RP_NIL))
        return damaged(err, node->id, "the checkpoint holds another kind of state for it");
    if (want == RP_K_S_FLOW)
        return fits_state(node->child, rp_s_flow_of(state)->run, err);
    if (want == RP_K_S_AGENT && rp_kind(rp_s_agent_of(state)->session) != RP_K_SESSION)
        return damaged(err, node->id, "the checkpoint holds no session for it");
    return RP_OK;
}

/* Does a saved run have the executors and joins of this workflow, in this order? */
static int fits_state(const struct rp_workflow *w, struct rp_value run, struct rp_error *err)
{
    if (rp_kind(run) != RP_K_S_RUN)
        return damaged(err, w->name, "the checkpoint holds no run of this workflow");
    struct rp_s_run *s = rp_s_run_of(run);
    if (rp_len(s->executors) != w->n_nodes || rp_len(s->ids) != w->n_nodes ||
        rp_len(s->joins) != w->n_joins || rp_len(s->queue) % 3 != 0)
        return damaged(err, w->name, "the checkpoint has another number of executors or joins");
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        if (!rp_equal(rp_at(s->ids, i), w->node[i].id_text))
            return damaged(err, w->node[i].id,
                           "the checkpoint declares its executors in another order");
        RP_TRY(fits_node(&w->node[i], rp_at(s->executors, i), err));
    }
    return RP_OK;
}

/* The order in which executors and joins were added may differ from when it was saved: the graph is
 * the same (R-SIG-2). Puts the saved run into this workflow's order. */
static int reorder(struct rp_heap *h, const struct rp_workflow *w, struct rp_s_run *s);

static int load_hooks(struct rp_run *r, struct rp_value saved, struct rp_error *err)
{
    for (uint32_t i = 0; i < r->wf->n_nodes; i++) {
        const struct rp_node *node = &r->wf->node[i];
        const struct rp_executor *e = node->kind == &rp_exec_custom ? node->def : NULL;
        struct rp_value mine = rp_map_get(saved, node->id);
        if (r->child[i])
            RP_TRY(load_hooks(r->child[i], mine, err));
        else if (e && e->load && e->load(e->self, mine) != RP_OK)
            return damaged(err, node->id, "the executor refused its saved state");
    }
    return RP_OK;
}

static int read_record(struct rp_run *r, int64_t id, struct rp_value *out, struct rp_error *err)
{
    const struct rp_store_ops *ops = r->core->store->ops;
    const char *bytes;
    size_t n;
    RP_TRY(ops->load(r->core->store->self, id, &bytes, &n, err));
    RP_TRY(rp_snap_read(&r->core->heap, bytes, n, out, err));
    struct rp_checkpoint *c = rp_checkpoint_of(*out);
    if (!rp_str_equal(rp_str_of(c->signature), rp_str(r->wf->signature)))
        return rp_fail_at(err, RP_ECHECKPOINT, r->wf->name,
                          "checkpoint %l was made by another graph; restore it with the workflow "
                          "that it was made by",
                          id);
    if (rp_kind(c->run) != RP_K_S_RUN)
        return damaged(err, r->wf->name, "the checkpoint holds no run");
    /* what is equal was written once: state that changes in place needs a copy of its own */
    c->run = rp_run_clone(r, c->run);
    if (c->run.tag == RP_BAD)
        return RP_ENOMEM;
    int rc = reorder(&r->core->heap, r->wf, rp_s_run_of(c->run));
    if (rc == RP_ECHECKPOINT)
        return damaged(err, r->wf->name, "its executors, joins or requests do not fit");
    RP_TRY(rc);
    return fits_state(r->wf, c->run, err);
}

int rp_run_load(struct rp_run *r, int64_t id, struct rp_error *err)
{
    struct rp_core *core = r->core;
    struct rp_value record;
    if (!core->store)
        return rp_fail_at(err, RP_EARG, "", "the run has no checkpoint store");
    int rc = read_record(r, id, &record, err);
    if (core->heap.failed)
        return RP_ENOMEM;
    if (rc != RP_OK)
        return rc;
    struct rp_checkpoint *c = rp_checkpoint_of(record);
    RP_TRY(load_hooks(r, c->hooks, err));
    if (core->world.load && core->world.load(core->world.ctx, c->world) != RP_OK)
        return damaged(err, "", "the outside refused its saved state");
    r->st = c->run;
    rp_run_relink(r);
    r->retell = rp_st(r)->pending;
    rp_st(r)->previous = rp_int(id);
    r->checkpoint = id;
    return RP_OK;
}

/* ---- order of executors ---- */

static uint32_t where_is(struct rp_value ids, struct rp_value id)
{
    for (uint32_t i = 0; i < rp_len(ids); i++)
        if (rp_equal(rp_at(ids, i), id))
            return i;
    return UINT32_MAX;
}

/* A message's source and target, by the numbers of this workflow. */
static int renumber(const struct rp_workflow *w, struct rp_s_run *s)
{
    for (uint32_t i = 0; i < rp_len(s->queue); i += 3) {
        struct rp_value *head = &s->queue.u.vec->at[i];
        if (head->tag != RP_INT)
            return RP_ECHECKPOINT;
        uint32_t from = (uint32_t)(head->u.i & 0xffff), to = (uint32_t)(head->u.i >> 32);
        if (from >= rp_len(s->ids) || to > rp_len(s->ids) + 1)
            return RP_ECHECKPOINT;
        struct rp_str source = rp_str_of(rp_at(s->ids, from));
        int64_t fixed = (head->u.i & 0x30000) | rp_workflow_find(w, source.s, source.n);
        if (to > 0 && to <= rp_len(s->ids)) {
            struct rp_str target = rp_str_of(rp_at(s->ids, to - 1));
            to = rp_workflow_find(w, target.s, target.n) + 1;
        }
        *head = rp_int(fixed | (int64_t)to << 32);
    }
    return RP_OK;
}

/* Who asked, likewise. */
static int renumber_requests(struct rp_heap *h, const struct rp_workflow *w, struct rp_s_run *s)
{
    struct rp_value requests = rp_list();
    for (uint32_t i = 0; i < rp_len(s->pending); i++) {
        struct rp_value one = rp_at(s->pending, i);
        if (rp_kind(one) != RP_K_REQUEST)
            return RP_ECHECKPOINT;
        struct rp_request *q = rp_rec_copy(h, rp_request_of(one));
        if (!q)
            return RP_ENOMEM;
        if (q->executor.u.i < 0 || q->executor.u.i >= (int64_t)rp_len(s->ids))
            return RP_ECHECKPOINT;
        struct rp_str asker = rp_str_of(rp_at(s->ids, (uint32_t)q->executor.u.i));
        q->executor = rp_int(rp_workflow_find(w, asker.s, asker.n));
        RP_TRY(rp_list_add(h, &requests, rp_from_rec(q)));
    }
    s->pending = requests;
    return RP_OK;
}

static int in_order_of(struct rp_heap *h, struct rp_value from, struct rp_value ids,
                       struct rp_value wanted, struct rp_value *out)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(wanted); i++) {
        uint32_t at = where_is(ids, rp_at(wanted, i));
        if (at == UINT32_MAX || at >= rp_len(from))
            return RP_ECHECKPOINT;
        RP_TRY(rp_list_add(h, out, rp_at(from, at)));
    }
    return RP_OK;
}

static int own_ids(struct rp_heap *h, const struct rp_workflow *w, struct rp_value *ids)
{
    *ids = rp_list();
    for (uint32_t i = 0; i < w->n_nodes; i++)
        RP_TRY(rp_list_add(h, ids, w->node[i].id_text));
    return RP_OK;
}

static int reorder(struct rp_heap *h, const struct rp_workflow *w, struct rp_s_run *s)
{
    struct rp_value ids, executors, join_ids;
    RP_TRY(own_ids(h, w, &ids));
    if (rp_len(s->executors) != w->n_nodes || rp_len(s->ids) != w->n_nodes)
        return RP_ECHECKPOINT;
    RP_TRY(renumber(w, s));
    RP_TRY(renumber_requests(h, w, s));
    if (!rp_equal(ids, s->ids)) {
        RP_TRY(in_order_of(h, s->executors, s->ids, ids, &executors));
        s->executors = executors;
        s->ids = ids;
    }
    RP_TRY(rp_run_join_ids(h, w, &join_ids));
    if (!rp_equal(join_ids, s->join_ids)) {
        struct rp_value joins;
        RP_TRY(in_order_of(h, s->joins, s->join_ids, join_ids, &joins));
        s->joins = joins;
        s->join_ids = join_ids;
    }
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        struct rp_value state = rp_at(s->executors, i);
        if (w->node[i].child && rp_kind(state) == RP_K_S_FLOW &&
            rp_kind(rp_s_flow_of(state)->run) == RP_K_S_RUN)
            RP_TRY(reorder(h, w->node[i].child, rp_s_run_of(rp_s_flow_of(state)->run)));
    }
    return RP_OK;
}
