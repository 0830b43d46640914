/* mgr_handoff.c - an agent that can hand over (R-HO). Who goes on after a response is decided in
 * after_response(): the target of a hand-over tool, or of a rule; the same agent again when it is
 * autonomous; else the user. */
#include "base/zoo.h"
#include "exec_agent.h"
#include "exec_basic.h"

static struct rp_s_agent *state(struct rp_ctx *cx)
{
    return rp_s_agent_of(rp_ctx_state(cx));
}

static const struct rp_handoff_def *def_of(struct rp_ctx *cx)
{
    return rp_ctx_node(cx)->def;
}

/* One message without target: the fan-out takes it to all others (R-HO-6). */
static int broadcast(struct rp_ctx *cx, struct rp_value messages)
{
    return rp_send(cx, rp_agent_request(rp_heap(cx), messages, 0));
}

/* 1: what this agent has seen ends the conversation. */
static int terminated(struct rp_ctx *cx)
{
    const struct rp_handoff_def *def = def_of(cx);
    if (!def->has_terminate)
        return 0;
    int holds = rp_cond_holds(rp_heap(cx), &def->terminate, state(cx)->conversation);
    if (holds < 0 && holds != RP_ENOMEM)
        return rp_fail(cx, "the termination condition failed");
    return holds;
}

/* Steps (2) to (4): the cache is seen, and answered unless it ends the conversation. */
static int take_turn(struct rp_ctx *cx)
{
    struct rp_s_agent *s = state(cx);
    RP_TRY(rp_list_cat(rp_heap(cx), &s->conversation, s->cache));
    int end = terminated(cx);
    if (end)
        return end < 0 ? end : RP_OK;
    struct rp_value input = s->cache;
    s->cache = rp_list();
    return rp_turn_start(cx, &(struct rp_turn_spec){.agent = def_of(cx)->agent,
                                                    .session = s->session,
                                                    .input = input,
                                                    .per_call = 1,
                                                    .stream = rp_is_streaming(cx)});
}

/* From outside: everybody is told, whoever starts (decision 21). */
static int fresh_message(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value more;
    RP_TRY(rp_messages_of(h, data, &more));
    RP_TRY(broadcast(cx, more));
    RP_TRY(rp_list_cat(h, &state(cx)->cache, more));
    return take_turn(cx);
}

static int message(struct rp_ctx *cx, struct rp_value data)
{
    if (rp_kind(data) != RP_K_AGENT_REQUEST)
        return fresh_message(cx, data);
    struct rp_agent_request *request = rp_agent_request_of(data);
    RP_TRY(rp_list_cat(rp_heap(cx), &state(cx)->cache, request->messages));
    return rp_is_true(request->should_respond) ? take_turn(cx) : RP_OK;
}

/* The user's reply; an empty one ends the conversation (R-HO-7). */
static int user_replied(struct rp_ctx *cx, struct rp_value messages)
{
    if (rp_len(messages) == 0)
        return RP_OK;
    RP_TRY(broadcast(cx, messages));
    RP_TRY(rp_list_cat(rp_heap(cx), &state(cx)->cache, messages));
    return take_turn(cx);
}

static int answer(struct rp_ctx *cx, struct rp_request *request, struct rp_value value)
{
    struct rp_value m;
    if (rp_kind(request->data) == RP_K_USER_REQUEST)
        return user_replied(cx, value);
    RP_TRY(rp_agent_answer(cx, value, &m));
    if (m.tag == RP_NIL)
        return RP_OK;
    state(cx)->cache = rp_list_of(rp_heap(cx), 1, m);
    return state(cx)->cache.tag == RP_BAD ? RP_ENOMEM : take_turn(cx);
}

static int update(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value u)
{
    (void)t;
    return rp_yield(cx, u);
}

/* ---- who goes on ---- */

static int hand_over(struct rp_ctx *cx, struct rp_str target)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value pair = rp_map(), data = rp_map();
    int speaks = RP_ZOO != RP_ZOO_TARGET_IDLE;
    RP_TRY(rp_send_to(cx, rp_agent_request(h, rp_list(), speaks), target.s));
    RP_TRY(rp_map_put(h, &pair, "source", rp_ctx_node(cx)->id_text));
    RP_TRY(rp_map_put(h, &pair, "target", rp_text(h, target.s, target.n)));
    RP_TRY(rp_map_put(h, &data, "handoff", pair));
    state(cx)->turns = rp_int(0);
    return rp_ctx_event(cx, RP_EV_HANDOFF_SENT, 0, data);
}

/* The first rule that holds over this response (OLD-5); NULL: none. */
static int rule_target(struct rp_ctx *cx, struct rp_value response, const char **target)
{
    const struct rp_handoff_def *def = def_of(cx);
    *target = NULL;
    for (size_t i = 0; i < def->n_rules && !*target; i++) {
        const struct rp_cond *when = &def->rules[i].when;
        int holds = when->fn || when->json.tag ? rp_cond_holds(rp_heap(cx), when, response) : 1;
        if (holds < 0)
            return holds == RP_ENOMEM ? holds : rp_fail(cx, "the condition of a hand-over failed");
        if (holds)
            *target = def->rules[i].to;
    }
    return RP_OK;
}

static int ask_user(struct rp_ctx *cx, struct rp_value response)
{
    struct rp_user_request *q = rp_rec_new(rp_heap(cx), RP_K_USER_REQUEST);
    if (!q)
        return RP_ENOMEM;
    q->response = response;
    state(cx)->turns = rp_int(0);
    return rp_ctx_ask(cx, rp_from_rec(q), rp_type_list(RP_T_MESSAGE), NULL);
}

static int go_on_alone(struct rp_ctx *cx)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_agent *s = state(cx);
    s->turns.u.i++;
    RP_TRY(rp_list_add(h, &s->cache, rp_user_message(h, def_of(cx)->prompt)));
    return take_turn(cx);
}

/* The bug RESULTS_VANISH: of a tool message the last result alone. */
static struct rp_value only_last(struct rp_heap *h, struct rp_value message)
{
    struct rp_value results = rp_message_of(message)->contents;
    uint32_t n = rp_len(results);
    return n < 2 ? message
                 : rp_message(h, RP_TOOL, rp_message_of(message)->author,
                              rp_list_of(h, 1, rp_at(results, n - 1)));
}

/* Steps (7) to (10) of R-HO-6. */
static int after_response(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value response)
{
    const struct rp_handoff_def *def = def_of(cx);
    struct rp_s_agent *s = state(cx);
    const char *target;
    if (t->handoff.tag == RP_TEXT) {
        /* pairs the hand-over's call with its result on this agent's next turn */
        struct rp_value last = rp_at(t->response, rp_len(t->response) - 1);
        if (RP_ZOO == RP_ZOO_RESULTS_VANISH)
            last = only_last(rp_heap(cx), last);
        if (RP_ZOO != RP_ZOO_CALL_UNPAIRED)
            RP_TRY(rp_list_add(rp_heap(cx), &s->cache, last));
        return hand_over(cx, rp_str_of(t->handoff));
    }
    RP_TRY(rule_target(cx, t->response, &target));
    if (target)
        return hand_over(cx, rp_str(target));
    int end = terminated(cx);
    if (end)
        return end < 0 ? end : RP_OK;
    if (def->autonomous && s->turns.u.i < (int64_t)def->turn_limit)
        return go_on_alone(cx);
    return ask_user(cx, response);
}

static int ended(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_agent *s = state(cx);
    struct rp_value clean;
    s->session = t->session;
    if (rp_len(t->asked))
        return rp_agent_ask(cx, t->asked);
    struct rp_value response = rp_response(h, t->response, rp_nil());
    if (response.tag == RP_BAD)
        return RP_ENOMEM;
    if (!(t->mode.u.i & RP_TURN_STREAM))
        RP_TRY(rp_yield(cx, response));
    RP_TRY(rp_clean(h, t->response, &clean));
    RP_TRY(rp_list_cat(h, &s->conversation, clean));
    RP_TRY(broadcast(cx, clean));
    return after_response(cx, t, response);
}

static const struct rp_tool *tools(const struct rp_node *node, size_t *n)
{
    const struct rp_handoff_def *def = node->def;
    *n = def->n_tools;
    return def->tools;
}

const struct rp_exec_kind rp_exec_handoff = {
    .name = "handoff",
    .state = RP_K_S_AGENT,
    .init = rp_agent_state_init,
    .message = message,
    .answer = answer,
    .withdrawn = rp_agent_withdrawn,
    .update = update,
    .ended = ended,
    .tools = tools,
};
