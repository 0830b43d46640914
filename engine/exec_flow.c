/* exec_flow.c - a workflow as an executor (R-SUB): an input begins a turn of the nested run; when
 * that has ended, its outputs, intermediates and requests go on in the parent. */
#include "base/zoo.h"
#include "run.h"

static struct rp_run *child_of(struct rp_ctx *cx)
{
    return cx->run->child[cx->exec];
}

static int init(struct rp_run *run, const struct rp_node *node, struct rp_value st)
{
    rp_s_flow_of(st)->run = run->child[node - run->wf->node]->st;
    return RP_OK;
}

static const struct rp_flow_node *def_of(struct rp_ctx *cx)
{
    return rp_ctx_node(cx)->def;
}

/* ---- the end of a nested turn (R-SUB-3) ---- */

static int pass_outputs(struct rp_ctx *cx, struct rp_run *child)
{
    int direct = def_of(cx)->direct_output;
    for (uint32_t i = 0; i < rp_len(child->outs); i++)
        RP_TRY(direct ? rp_yield(cx, rp_at(child->outs, i)) : rp_send(cx, rp_at(child->outs, i)));
    for (uint32_t i = 0; i < rp_len(child->mids); i++)
        RP_TRY(rp_ctx_event(cx, RP_EV_INTERMEDIATE, 1, rp_at(child->mids, i)));
    return RP_OK;
}

static int pass_request(struct rp_ctx *cx, struct rp_request *q)
{
    if (!def_of(cx)->wrapped_requests)
        return rp_ctx_ask(cx, q->data,
                          (struct rp_type){(uint64_t)q->wants.u.i, (uint64_t)q->wants_list.u.i},
                          q->id.u.text->s);
    struct rp_sub_request *s = rp_rec_new(rp_heap(cx), RP_K_SUB_REQUEST);
    if (!s)
        return RP_ENOMEM;
    s->executor = rp_ctx_node(cx)->id_text;
    s->id = q->id;
    s->data = q->data;
    s->wants = q->wants;
    return rp_send(cx, rp_from_rec(s));
}

static int child_ended(struct rp_ctx *cx)
{
    struct rp_run *child = child_of(cx);
    cx->frame->nested = 0;
    if (child->error.status != RP_OK) {
        cx->run->core->why = child->error;
        return RP_EHANDLER;
    }
    RP_TRY(pass_outputs(cx, child));
    for (uint32_t i = 0; i < rp_len(child->asks); i++)
        RP_TRY(pass_request(cx, rp_request_of(rp_at(child->asks, i))));
    child->outs = child->mids = child->asks = rp_list();
    return RP_OK;
}

/* Goes on until the nested turn has ended, or something must be handed out first. */
static int pump(struct rp_ctx *cx)
{
    struct rp_run *child = child_of(cx);
    int moved = 1;
    while (child->phase != RP_PH_REST && moved == 1 && cx->run->core->ring_n == 0)
        RP_TRY(rp_run_pump(child, &moved));
    return child->phase == RP_PH_REST ? child_ended(cx) : RP_OK;
}

/* ---- beginning one ---- */

static int begin(struct rp_ctx *cx, enum rp_mode mode, struct rp_value input)
{
    struct rp_run *child = child_of(cx);
    if (mode == RP_MODE_MESSAGE && rp_len(rp_st(child)->queue))
        return rp_fail(cx, "the nested workflow still has undelivered messages");
    rp_st(child)->tool_kwargs = rp_st(cx->run)->tool_kwargs;
    rp_st(child)->client_kwargs = rp_st(cx->run)->client_kwargs;
    rp_run_begin(child, mode, 0); /* a nested run never streams (R-SUB-2) */
    child->input = input;
    cx->frame->nested = 1;
    return pump(cx);
}

static int is_open(struct rp_run *child, struct rp_value id)
{
    struct rp_value open = rp_st(child)->pending;
    for (uint32_t i = 0; i < rp_len(open); i++)
        if (rp_equal(rp_request_of(rp_at(open, i))->id, id))
            return 1;
    return 0;
}

/* An answer that the nested run does not wait for is ignored with a warning (R-SUB-5). */
static int answer_child(struct rp_ctx *cx, struct rp_value id, struct rp_value value)
{
    struct rp_heap *h = rp_heap(cx);
    if (!is_open(child_of(cx), id)) {
        struct rp_str parts[] = {
            rp_str("the nested workflow has no open request "), rp_str_of(id), {NULL, 0}};
        return rp_ctx_event(cx, RP_EV_WARNING, 1, rp_text_join(h, parts));
    }
    struct rp_value input = rp_list_of(h, 2, id, value);
    return input.tag == RP_BAD ? RP_ENOMEM : begin(cx, RP_MODE_RESPOND, input);
}

static int message(struct rp_ctx *cx, struct rp_value data)
{
    if (rp_kind(data) != RP_K_SUB_RESPONSE)
        return begin(cx, RP_MODE_MESSAGE, data);
    struct rp_sub_response *r = rp_sub_response_of(data);
    return answer_child(cx, r->id, r->value);
}

static int answer(struct rp_ctx *cx, struct rp_request *request, struct rp_value value)
{
    if (RP_ZOO == RP_ZOO_CHILD_RESTARTS && !is_open(child_of(cx), rp_request_first(request)))
        return begin(cx, RP_MODE_MESSAGE, request->data);
    return answer_child(cx, rp_request_first(request), value);
}

/* The nested run's own request goes with the one that stands for it here. */
static int withdrawn(struct rp_ctx *cx, struct rp_request *request)
{
    int rc = rp_run_withdraw(child_of(cx), rp_str_of(rp_request_first(request)));
    return rc == RP_ENOTFOUND ? RP_OK : rc;
}

const struct rp_exec_kind rp_exec_flow = {
    .name = "workflow",
    .state = RP_K_S_FLOW,
    .init = init,
    .message = message,
    .answer = answer,
    .withdrawn = withdrawn,
    .pump = pump,
};
