/* exec_review.c - asks a person about an agent's response (R-APP): approval lets it go on, feedback
 * goes back to the agent. Whoever comes next sees the whole conversation (decision 14). */
#include "exec_basic.h"
#include "run.h"

static struct rp_s_review *state(struct rp_ctx *cx)
{
    return rp_s_review_of(rp_ctx_state(cx));
}

static int message(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_agent_response *a = rp_rec_copy(h, rp_agent_response_of(data));
    if (!a)
        return RP_ENOMEM;
    /* what was said before the feedback that led to this response */
    struct rp_value all = state(cx)->conversation;
    RP_TRY(rp_list_cat(h, &all, a->conversation));
    a->conversation = all;
    state(cx)->conversation = rp_list();
    return rp_ctx_ask(cx, rp_from_rec(a), RP_T_REC(RP_K_REVIEW_ANSWER), NULL);
}

static int answer(struct rp_ctx *cx, struct rp_request *request, struct rp_value value)
{
    const struct rp_review_def *def = rp_ctx_node(cx)->def;
    struct rp_agent_response *a = rp_agent_response_of(request->data);
    struct rp_value feedback = rp_review_answer_of(value)->messages;
    if (rp_len(feedback)) {
        state(cx)->conversation = a->conversation;
        return rp_send(cx, rp_agent_request(rp_heap(cx), feedback, 1));
    }
    return rp_yield(cx, def->terminal ? a->response : request->data);
}

const struct rp_exec_kind rp_exec_review = {
    .name = "review",
    .state = RP_K_S_REVIEW,
    .message = message,
    .answer = answer,
};
