/* answer.c - a scenario's answers as the values that requests want. */
#include "answer.h"

/* Each text as one user message; a single text as a list of one. */
static struct rp_value user_messages(struct rp_heap *h, struct rp_value texts)
{
    struct rp_value out = rp_list(), single = rp_list();

    if (texts.tag == RP_TEXT) {
        if (rp_list_add(h, &single, texts) != RP_OK)
            return rp_bad();
        texts = single;
    }
    for (uint32_t i = 0; i < rp_len(texts); i++) {
        struct rp_str s = rp_str_of(rp_at(texts, i));
        struct rp_value m = rp_text_message(h, RP_USER, rp_nil(), rp_text(h, s.s, s.n));
        if (rp_list_add(h, &out, m) != RP_OK)
            return rp_bad();
    }
    return out;
}

static struct rp_value review_answer(struct rp_heap *h, struct rp_value messages)
{
    struct rp_review_answer *answer = rp_rec_new(h, RP_K_REVIEW_ANSWER);

    if (messages.tag == RP_BAD)
        return messages;
    if (answer)
        answer->messages = messages;
    return rp_from_rec(answer);
}

static struct rp_value plan_answer(struct rp_heap *h, struct rp_value messages)
{
    struct rp_plan_answer *answer = rp_rec_new(h, RP_K_PLAN_ANSWER);

    if (messages.tag == RP_BAD)
        return messages;
    if (answer)
        answer->messages = messages;
    return rp_from_rec(answer);
}

/* The call of a tool request, in the heap of the run that gets the answer. */
static struct rp_value call_here(struct rp_heap *h, const struct rp_asked_request *request)
{
    struct rp_value call;

    if (rp_copy_into(h, request->call, &call) != RP_OK)
        return rp_bad();
    return call;
}

/* No request takes a boolean, so one that cannot be approved, or denied, refuses it. */
static struct rp_value approval(struct rp_heap *h, int yes, const struct rp_asked_request *request)
{
    if (request->kind == RP_K_C_APPROVAL_REQUEST)
        return rp_approval_response(h, call_here(h, request), yes);
    if (yes && request->kind == RP_K_AGENT_RESPONSE)
        return review_answer(h, rp_list());
    if (yes && request->kind == RP_K_PLAN_REVIEW)
        return plan_answer(h, rp_list());
    return rp_bool(yes);
}

static struct rp_value tool_result(struct rp_heap *h, struct rp_value value,
                                   const struct rp_asked_request *request)
{
    struct rp_value id = rp_text(h, "", 0), text = value;

    if (rp_kind(request->call) == RP_K_C_CALL) {
        struct rp_str s = rp_str_of(rp_c_call_of(request->call)->id);
        id = rp_text(h, s.s, s.n);
    }
    if (value.tag == RP_TEXT)
        text = rp_text(h, value.u.text->s, value.u.text->n);
    else
        text = rp_json_text(h, value);
    return rp_content_result(h, id, text, 0);
}

struct rp_value rp_answer_value(struct rp_heap *heap, const struct rp_scenario_answer *answer,
                                const struct rp_asked_request *request)
{
    switch (answer->kind) {
    case RP_ANSWER_APPROVE:
        return approval(heap, answer->yes, request);
    case RP_ANSWER_FEEDBACK:
        return review_answer(heap, user_messages(heap, answer->value));
    case RP_ANSWER_REVISE:
        return plan_answer(heap, user_messages(heap, answer->value));
    case RP_ANSWER_REPLY:
        return user_messages(heap, answer->value);
    case RP_ANSWER_TERMINATE:
        return rp_list();
    case RP_ANSWER_RESULT:
        return tool_result(heap, answer->value, request);
    case RP_ANSWER_VALUE:
        return rp_text(heap, rp_str_of(answer->value).s, rp_str_of(answer->value).n);
    }
    return rp_bad();
}
