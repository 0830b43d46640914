/* run_fits.c - owns the checks of a restored state against the workflow: handlers count on what
 * they themselves have put there, and a checkpoint may have been written by somebody else. What
 * records hold by their types is checked before (snap_read.c). */
#include "exec_op.h"
#include "run.h"

static int unfit(struct rp_error *err, const struct rp_node *node, const char *what)
{
    return rp_fail_at(err, RP_ECHECKPOINT, node->id, "%s", what);
}

/* ---- requests: each executor asks what it can take an answer to ---- */

static int wants(const struct rp_request *q, struct rp_type type)
{
    return (uint64_t)q->wants.u.i == type.is && (uint64_t)q->wants_list.u.i == type.list_of;
}

static int is_of_agent(const struct rp_request *q)
{
    if (rp_kind(q->data) == RP_K_C_APPROVAL_REQUEST)
        return wants(q, RP_T_REC(RP_K_C_APPROVAL_RESPONSE));
    return rp_kind(q->data) == RP_K_C_CALL && wants(q, RP_T_REC(RP_K_C_RESULT));
}

static int is_of_op(const struct rp_node *node, const struct rp_request *q)
{
    const struct rp_op *op = node->def;
    return op->kind == RP_OP_ASK && (q->data.tag == RP_TEXT || q->data.tag == RP_INT) &&
           wants(q, RP_T_TEXT);
}

static int asks(const struct rp_node *node, const struct rp_request *q)
{
    if (node->kind == &rp_exec_agent)
        return is_of_agent(q);
    if (node->kind == &rp_exec_handoff)
        return is_of_agent(q) ||
               (rp_kind(q->data) == RP_K_USER_REQUEST && wants(q, rp_type_list(RP_T_MESSAGE)));
    if (node->kind == &rp_exec_review)
        return rp_kind(q->data) == RP_K_AGENT_RESPONSE && wants(q, RP_T_REC(RP_K_REVIEW_ANSWER));
    if (node->kind == &rp_exec_magentic)
        return rp_kind(q->data) == RP_K_PLAN_REVIEW && wants(q, RP_T_REC(RP_K_PLAN_ANSWER));
    if (node->kind == &rp_exec_op)
        return is_of_op(node, q);
    return node->kind == &rp_exec_custom || node->kind == &rp_exec_flow;
}

static int fits_requests(const struct rp_workflow *w, const struct rp_s_run *s,
                         struct rp_error *err)
{
    for (uint32_t i = 0; i < rp_len(s->pending); i++) {
        const struct rp_request *q = rp_request_of(rp_at(s->pending, i));
        const struct rp_node *node = &w->node[q->executor.u.i];
        if (!asks(node, q))
            return unfit(err, node, "the checkpoint holds a request that it does not make");
    }
    return RP_OK;
}

/* ---- messages under way ---- */

static int fits_answer(const struct rp_node *node, struct rp_value request, struct rp_value data,
                       struct rp_error *err)
{
    const struct rp_request *q = rp_request_of(request);
    struct rp_type type = {(uint64_t)q->wants.u.i, (uint64_t)q->wants_list.u.i};
    if (!asks(node, q) || !rp_type_accepts(type, data))
        return unfit(err, node, "the checkpoint holds an answer that it has not asked for");
    return RP_OK;
}

static int fits_letter(const struct rp_workflow *w, const struct rp_value *at, struct rp_error *err)
{
    int64_t head = at[0].u.i, source = head & RP_LETTER_SOURCE, target = head >> 32;
    int64_t flags = RP_LETTER_INTERNAL | RP_LETTER_ANSWER, known = RP_LETTER_SOURCE | flags;
    int internal = (head & RP_LETTER_INTERNAL) != 0, is_answer = (head & RP_LETTER_ANSWER) != 0;
    if (source >= w->n_nodes || target > (int64_t)w->n_nodes + 1 ||
        (head & UINT32_MAX & ~known) != 0)
        return rp_fail_at(err, RP_ECHECKPOINT, w->name, "a message of the checkpoint is nobody's");
    const struct rp_node *node = &w->node[source];
    if (is_answer != (at[2].tag == RP_REC) || (is_answer && !internal))
        return unfit(err, node, "the checkpoint holds a message that is half an answer");
    if (is_answer)
        return rp_request_of(at[2])->executor.u.i == source
                   ? fits_answer(node, at[2], at[1], err)
                   : unfit(err, node, "the checkpoint holds an answer to another executor");
    if (internal && !rp_type_accepts(node->takes, at[1]))
        return unfit(err, node, "the checkpoint holds a message that it does not take");
    return RP_OK;
}

static int fits_queue(const struct rp_workflow *w, const struct rp_s_run *s, struct rp_error *err)
{
    for (uint32_t i = 0; i < rp_len(s->queue); i += RP_LETTER)
        RP_TRY(fits_letter(w, s->queue.u.vec->at + i, err));
    return RP_OK;
}

/* ---- joins ---- */

static int fits_buffer(struct rp_heap *h, const struct rp_node *to, struct rp_value buffer,
                       struct rp_error *err)
{
    for (uint32_t i = 0; i < rp_len(buffer); i++) {
        struct rp_value one = rp_list_of(h, 1, rp_at(buffer, i));
        if (one.tag == RP_BAD)
            return RP_ENOMEM;
        if (!rp_type_accepts(to->takes, one))
            return unfit(err, to, "the checkpoint holds for its join what it does not take");
    }
    return RP_OK;
}

static int fits_joins(struct rp_heap *h, const struct rp_workflow *w, const struct rp_s_run *s,
                      struct rp_error *err)
{
    for (uint32_t j = 0; j < w->n_joins; j++) {
        const struct rp_group *g = &w->group[w->join_group[j]];
        struct rp_value buffers = rp_at(s->joins, j);
        uint32_t n = rp_len(buffers);
        if (buffers.tag != RP_LIST || (n > 0 && n != g->n_from))
            return unfit(err, &w->node[g->to[0]], "the checkpoint holds another join for it");
        for (uint32_t i = 0; i < n; i++)
            RP_TRY(fits_buffer(h, &w->node[g->to[0]], rp_at(buffers, i), err));
    }
    return RP_OK;
}

/* ---- executors ---- */

/* Before the first plan nothing is under way but the task. */
static int fits_magentic(const struct rp_node *node, const struct rp_s_run *s,
                         struct rp_value state, struct rp_error *err)
{
    int begins = rp_len(s->pending) == 0;
    if (rp_s_magentic_of(state)->task.tag == RP_TEXT)
        return RP_OK;
    for (uint32_t i = 0; i < rp_len(s->queue); i += RP_LETTER)
        begins &= (rp_at(s->queue, i).u.i & (RP_LETTER_INTERNAL | RP_LETTER_ANSWER)) ==
                  RP_LETTER_INTERNAL;
    return begins ? RP_OK : unfit(err, node, "the checkpoint holds work for it without a plan");
}

static int fits_executors(struct rp_heap *h, const struct rp_workflow *w, const struct rp_s_run *s,
                          struct rp_error *err)
{
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        struct rp_value state = rp_at(s->executors, i);
        RP_ASSERT(rp_kind(state) == w->node[i].kind->state);
        if (rp_kind(state) == RP_K_S_FLOW)
            RP_TRY(rp_run_fits(h, w->node[i].child, rp_s_flow_of(state)->run, err));
        if (rp_kind(state) == RP_K_S_MAGENTIC)
            RP_TRY(fits_magentic(&w->node[i], s, state, err));
    }
    return RP_OK;
}

int rp_run_fits(struct rp_heap *h, const struct rp_workflow *w, struct rp_value run,
                struct rp_error *err)
{
    const struct rp_s_run *s = rp_s_run_of(run);
    RP_ASSERT(rp_len(s->executors) == w->n_nodes);
    RP_ASSERT(rp_len(s->joins) == w->n_joins);
    RP_TRY(fits_requests(w, s, err));
    RP_TRY(fits_queue(w, s, err));
    RP_TRY(fits_joins(h, w, s, err));
    return fits_executors(h, w, s, err);
}
