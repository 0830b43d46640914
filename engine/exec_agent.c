/* exec_agent.c - an agent as an executor (R-AGX): a cache of messages for its next turn, a session
 * that outlives turns, requests to a person and their answers. Hand-over agents (mgr_handoff.c) use
 * the same state. */
#include "base/zoo.h"
#include "exec_agent.h"

static struct rp_s_agent *state(struct rp_ctx *cx)
{
    return rp_s_agent_of(rp_ctx_state(cx));
}

int rp_agent_state_init(struct rp_run *run, const struct rp_node *node, struct rp_value st)
{
    (void)node;
    rp_s_agent_of(st)->session = rp_session_new(&run->core->heap);
    return rp_s_agent_of(st)->session.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

int rp_agent_state_reset(struct rp_ctx *cx)
{
    struct rp_s_agent *s = state(cx);
    s->cache = s->conversation = s->open = s->answers = s->before = rp_list();
    s->used = rp_int(0);
    s->session = rp_session_new(rp_heap(cx)); /* decision 24 */
    return s->session.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

int rp_agent_ask(struct rp_ctx *cx, struct rp_value asked)
{
    struct rp_s_agent *s = state(cx);
    for (uint32_t i = 0; i < rp_len(asked); i++) {
        struct rp_value content = rp_at(asked, i);
        int approval = rp_kind(content) == RP_K_C_APPROVAL_REQUEST;
        struct rp_value call = approval ? rp_c_approval_request_of(content)->call : content;
        struct rp_value id = rp_c_call_of(call)->id;
        struct rp_type wants = RP_T_REC(approval ? RP_K_C_APPROVAL_RESPONSE : RP_K_C_RESULT);
        /* an approved call to a declared tool is asked about again, under an id of its own */
        int again = approval ? 0 : rp_agent_was_asked(cx, id);
        RP_TRY(rp_list_add(rp_heap(cx), &s->open, id));
        RP_TRY(rp_ctx_ask(cx, content, wants, again ? NULL : id.u.text->s));
        if (RP_ZOO == RP_ZOO_TWO_APPROVALS && approval)
            RP_TRY(rp_ctx_ask(cx, content, wants, NULL));
    }
    return RP_OK;
}

int rp_agent_was_asked(struct rp_ctx *cx, struct rp_value id)
{
    struct rp_value used = rp_st(cx->run)->used;
    for (uint32_t i = 0; i < rp_len(used); i++)
        if (rp_equal(rp_at(used, i), id))
            return 1;
    return 0;
}

static int forget_open(struct rp_heap *h, struct rp_s_agent *s, struct rp_value id)
{
    for (uint32_t i = rp_len(s->open); i > 0; i--)
        if (rp_equal(rp_at(s->open, i - 1), id))
            s->open = rp_list_without(h, s->open, i - 1);
    return s->open.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static struct rp_value message_of_answers(struct rp_heap *h, struct rp_value answers)
{
    enum rp_role role = RP_TOOL;
    for (uint32_t i = 0; i < rp_len(answers); i++)
        if (rp_kind(rp_at(answers, i)) != RP_K_C_RESULT)
            role = RP_USER;
    return rp_message(h, role, rp_nil(), answers);
}

/* The call that is no longer asked about stays unanswered. When no other answer is awaited, the
 * agent is at rest: the answers that did come go before whatever reaches it next. */
int rp_agent_withdrawn(struct rp_ctx *cx, struct rp_request *request)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_agent *s = state(cx);
    int approval = rp_kind(request->data) == RP_K_C_APPROVAL_REQUEST;
    if (!approval && rp_kind(request->data) != RP_K_C_CALL)
        return RP_OK;
    struct rp_value call = approval ? rp_c_approval_request_of(request->data)->call : request->data;
    struct rp_value id = rp_c_call_of(call)->id, cache = rp_list();
    RP_TRY(forget_open(h, s, id));
    RP_TRY(rp_session_give_up(h, &s->session, id));
    if (rp_len(s->open))
        return RP_OK;
    if (rp_len(s->answers))
        RP_TRY(rp_list_add(h, &cache, message_of_answers(h, s->answers)));
    else
        s->before = rp_list();
    for (uint32_t i = (uint32_t)s->used.u.i; i < rp_len(s->cache); i++)
        RP_TRY(rp_list_add(h, &cache, rp_at(s->cache, i)));
    s->cache = cache;
    s->answers = rp_list();
    s->used = rp_int(0);
    return RP_OK;
}

/* One message of all answers when none is awaited any more; nil until then (R-AGX-9). */
int rp_agent_answer(struct rp_ctx *cx, struct rp_value value, struct rp_value *message)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_agent *s = state(cx);
    int is_result = rp_kind(value) == RP_K_C_RESULT;
    struct rp_value id = is_result ? rp_c_result_of(value)->id
                                   : rp_c_call_of(rp_c_approval_response_of(value)->call)->id;
    *message = rp_nil();
    RP_TRY(rp_list_add(h, &s->answers, value));
    RP_TRY(forget_open(h, s, id));
    if (rp_len(s->open))
        return RP_OK;
    *message = message_of_answers(h, s->answers);
    s->answers = rp_list();
    return message->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- the plain agent executor ---- */

/* What the conversation held when it paused, if this turn continues it. While answers are awaited
 * a turn is a conversation of its own, and what it has left behind waits with them. */
static struct rp_value continued(struct rp_ctx *cx)
{
    return rp_len(state(cx)->open) ? rp_list() : state(cx)->before;
}

static int run_agent(struct rp_ctx *cx)
{
    const struct rp_agent_node *def = rp_ctx_node(cx)->def;
    struct rp_s_agent *s = state(cx);
    return rp_turn_start(cx, &(struct rp_turn_spec){.agent = def->agent,
                                                    .session = s->session,
                                                    .input = s->cache,
                                                    .stream = rp_is_streaming(cx)});
}

static int from_response(struct rp_ctx *cx, struct rp_agent_response *prior)
{
    struct rp_heap *h = rp_heap(cx);
    const struct rp_agent_node *def = rp_ctx_node(cx)->def;
    struct rp_value more = prior->conversation;
    if (def->context == RP_CONTEXT_LAST_AGENT)
        more = rp_response_of(prior->response)->messages;
    if (def->context == RP_CONTEXT_CUSTOM)
        RP_TRY(def->filter(def->self, h, prior->conversation, &more));
    RP_TRY(rp_list_cat(h, &state(cx)->cache, more));
    return run_agent(cx);
}

static int message(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value more;
    switch (rp_kind(data)) {
    case RP_K_AGENT_REQUEST:
        RP_TRY(rp_list_cat(h, &state(cx)->cache, rp_agent_request_of(data)->messages));
        return rp_is_true(rp_agent_request_of(data)->should_respond) ? run_agent(cx) : RP_OK;
    case RP_K_AGENT_RESPONSE:
        return from_response(cx, rp_agent_response_of(data));
    case RP_K_RESET:
        return rp_agent_state_reset(cx);
    default:
        RP_TRY(rp_messages_of(h, data, &more));
        RP_TRY(rp_list_cat(h, &state(cx)->cache, more));
        return run_agent(cx);
    }
}

static int answer(struct rp_ctx *cx, struct rp_request *request, struct rp_value value)
{
    struct rp_value m;
    (void)request;
    RP_TRY(rp_agent_answer(cx, value, &m));
    if (m.tag == RP_NIL)
        return RP_OK;
    state(cx)->cache = rp_list_of(rp_heap(cx), 1, m);
    return state(cx)->cache.tag == RP_BAD ? RP_ENOMEM : run_agent(cx);
}

static int update(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value u)
{
    (void)t;
    return rp_yield(cx, u);
}

/* What came before, the input and the response, without approval contents (decision 14); at its end
 * without the calls of before that were given up. */
static int whole_conversation(struct rp_ctx *cx, const struct rp_agent_turn *t,
                              struct rp_value *out)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value given_up = rp_session_of(t->session)->pending;
    struct rp_value before = continued(cx);
    *out = before;
    RP_TRY(rp_turn_said(h, t, out));
    if (rp_len(t->asked) || !rp_len(before) || !rp_len(given_up))
        return RP_OK;
    struct rp_value all = *out;
    return rp_without_unanswered(h, all, given_up, rp_list(), out);
}

static int ended(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_agent *s = state(cx);
    struct rp_value response, conversation;
    s->session = t->session;
    RP_TRY(whole_conversation(cx, t, &conversation));
    s->conversation = conversation;
    if (rp_len(t->asked)) {
        /* the cache stays as it is (R-AGX-8) */
        if (!rp_len(s->open))
            s->before = conversation;
        else
            RP_TRY(rp_list_cat(h, &s->before, conversation));
        s->used = rp_int(rp_len(t->input));
        return rp_agent_ask(cx, t->asked);
    }
    response = rp_response(h, t->response, rp_nil());
    if (response.tag == RP_BAD)
        return RP_ENOMEM;
    if (RP_ZOO == RP_ZOO_SAID_AGAIN && rp_len(t->response))
        RP_TRY(rp_turn_tell(cx, t, RP_ASSISTANT, rp_message_of(rp_at(t->response, 0))->contents));
    if (RP_ZOO == RP_ZOO_INPUT_ECHOED)
        RP_TRY(rp_yield(cx, rp_response(h, t->input, rp_nil())));
    if (!(t->mode.u.i & RP_TURN_STREAM))
        RP_TRY(rp_yield(cx, response));
    struct rp_agent_response *all = rp_rec_new(h, RP_K_AGENT_RESPONSE);
    if (!all)
        return RP_ENOMEM;
    all->executor = rp_ctx_node(cx)->id_text;
    all->response = response;
    all->conversation = conversation;
    s->cache = rp_list();
    if (!rp_len(s->open))
        s->before = rp_list();
    s->used = rp_int(0);
    return rp_send(cx, rp_from_rec(all));
}

const struct rp_exec_kind rp_exec_agent = {
    .name = "agent",
    .state = RP_K_S_AGENT,
    .init = rp_agent_state_init,
    .message = message,
    .answer = answer,
    .withdrawn = rp_agent_withdrawn,
    .update = update,
    .ended = ended,
};
