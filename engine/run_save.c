/* run_save.c - checkpoints: what a run knows, as items in a store (R-CKP). A save that fails is
 * told and the run goes on. */
#include "base/zoo.h"
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

/* The bug JOIN_LOST. */
static int lose_joins(struct rp_heap *h, struct rp_value *run)
{
    struct rp_s_run *s = rp_rec_copy(h, rp_s_run_of(*run));
    if (!s)
        return RP_ENOMEM;
    s->joins = rp_run_own_list(h, s->joins);
    for (uint32_t j = 0; j < rp_len(s->joins); j++)
        s->joins.u.vec->at[j] = rp_list();
    *run = rp_from_rec(s);
    return s->joins.tag == RP_BAD ? RP_ENOMEM : RP_OK;
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
    if (RP_ZOO == RP_ZOO_JOIN_LOST)
        RP_TRY(lose_joins(&core->heap, &c->run));
    RP_TRY(save_hooks(r, &c->hooks));
    if (core->world.save)
        RP_TRY(core->world.save(core->world.ctx, &core->heap, &c->world));
    *out = rp_from_rec(c);
    return c->workflow.tag == RP_BAD || c->signature.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static struct rp_checkpoint_info info_of(const struct rp_run *r)
{
    const struct rp_s_run *st = rp_st(r);

    return (struct rp_checkpoint_info){.previous =
                                           st->previous.tag == RP_INT ? st->previous.u.i : -1,
                                       .workflow = r->wf->name,
                                       .signature = r->wf->signature,
                                       .iteration = st->iteration.u.i,
                                       .pending = rp_len(st->pending),
                                       .messages = rp_len(st->queue) / RP_LETTER,
                                       .time_ms = r->core->now_ms};
}

/* What the store does not have yet. */
static int save_new(struct rp_run *r, struct rp_value record, int64_t *id, struct rp_error *err)
{
    struct rp_core *core = r->core;
    const struct rp_store *store = core->store;
    struct rp_checkpoint_info info = info_of(r);
    struct rp_snap_out out;
    int rc = rp_snap_write(core->snap, record, &out);
    if (rc != RP_OK)
        return rp_fail_at(err, rc, "", "the state could not be written: %s", rp_status_text(rc));
    info.root = out.root;
    rc = store->ops->save(store->self, &info, out.items, out.n, &core->generation, id, err);
    if (rc == RP_OK)
        rp_snap_saved(core->snap);
    return rc;
}

/* When items may have gone from the store, all are saved anew. */
static int write_record(struct rp_run *r, int64_t *id, struct rp_error *err)
{
    struct rp_value record;
    RP_TRY(make_record(r, &record));
    int rc = save_new(r, record, id, err);
    if (rc != RP_ESTALE)
        return rc;
    rp_snap_forget(r->core->snap);
    return save_new(r, record, id, err);
}

/* Messages under way by source: {"internal:a": 1, "b": 2}. */
static int count_messages(struct rp_run *r, struct rp_value *out)
{
    struct rp_heap *h = &r->core->heap;
    struct rp_value queue = rp_st(r)->queue;
    *out = rp_map();
    for (uint32_t i = 0; i < rp_len(queue); i += RP_LETTER) {
        int64_t head = rp_at(queue, i).u.i;
        struct rp_value key = r->wf->node[head & RP_LETTER_SOURCE].id_text;
        if (head & RP_LETTER_INTERNAL)
            key = r->wf->node[head & RP_LETTER_SOURCE].internal;
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
    if (RP_ZOO != RP_ZOO_LINEAGE_STOPS || r->mode != RP_MODE_RESUME)
        rp_st(r)->previous = rp_int(id);
    r->checkpoint = id;
    return RP_OK;
}
