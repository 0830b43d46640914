/* exec_custom.c - executors written in C by the user: typed dispatch in order of declaration
 * (R-EXE-3, decision 3), answers by the types of request and answer (R-REQ-4). */
#include "turn.h"

static const struct rp_executor *def_of(struct rp_ctx *cx)
{
    return rp_ctx_node(cx)->def;
}

static int message(struct rp_ctx *cx, struct rp_value data)
{
    const struct rp_executor *e = def_of(cx);
    for (size_t i = 0; i < e->n_handlers; i++)
        if (rp_type_accepts(e->handlers[i].accepts, data))
            return e->handlers[i].fn(cx, e->self, data);
    return rp_fail(cx, "no handler takes a message of this type");
}

/* An answer that no handler takes is dropped: the request is answered (R-REQ-1). */
static int answer(struct rp_ctx *cx, struct rp_request *request, struct rp_value value)
{
    const struct rp_executor *e = def_of(cx);
    for (size_t i = 0; i < e->n_answers; i++)
        if (rp_type_accepts(e->answers[i].request, request->data) &&
            rp_type_accepts(e->answers[i].answer, value))
            return e->answers[i].fn(cx, e->self, request->data, value);
    return RP_OK;
}

static int ended(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_heap *h = rp_heap(cx);
    rp_then_fn *then = cx->frame->then;
    cx->frame->then = NULL;
    if (rp_len(t->asked))
        return rp_fail(cx, "an agent run by a custom executor may not ask a person");
    struct rp_value response = rp_response(h, t->response, rp_nil());
    return response.tag == RP_BAD ? RP_ENOMEM : then(cx, def_of(cx)->self, response);
}

const struct rp_exec_kind rp_exec_custom = {
    .name = "custom",
    .state = RP_K_S_CUSTOM,
    .keeps_late = 1,
    .message = message,
    .answer = answer,
    .ended = ended,
};
