/* mgr_group.c - the orchestrator of a group chat (R-GC): the conversation, whose turn it is, when
 * it ends. Who speaks next is decided in choose(): round robin, list, rules, a function, or in
 * coordinate.c an agent. */
#include "mgr_group.h"

struct rp_s_group *rp_group_state(struct rp_ctx *cx)
{
    return rp_s_group_of(rp_ctx_state(cx));
}

const struct rp_group_def *rp_group_def(struct rp_ctx *cx)
{
    return rp_ctx_node(cx)->def;
}

static int init(struct rp_run *run, const struct rp_node *node, struct rp_value st)
{
    (void)node;
    rp_s_group_of(st)->session = rp_session_new(&run->core->heap);
    return rp_s_group_of(st)->session.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static struct rp_value speak(struct rp_ctx *cx, uint32_t p)
{
    struct rp_heap *h = rp_heap(cx);
    if (rp_group_def(cx)->is_agent[p])
        return rp_agent_request(h, rp_list(), 1);
    return rp_from_rec(rp_rec_new(h, RP_K_GROUP_REQUEST));
}

/* ---- the end ---- */

#define TERMINATED "The chat has ended: its termination condition holds."
#define MAX_ROUNDS "The chat has ended: the maximum number of rounds is reached."
#define FINISHED   "The chat has ended."

/* A completion message, appended and yielded (R-GC-8). text nil: the fixed text. */
int rp_group_complete(struct rp_ctx *cx, struct rp_value text, const char *fixed)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_group *s = rp_group_state(cx);
    struct rp_value name = rp_group_def(cx)->display_text;
    if (text.tag == RP_NIL)
        text = rp_textz(h, fixed ? fixed : FINISHED);
    struct rp_value m =
        rp_kind(text) == RP_K_MESSAGE ? text : rp_text_message(h, RP_ASSISTANT, name, text);
    RP_TRY(rp_list_add(h, &s->conversation, m));
    RP_TRY(rp_list_add(h, &s->unseen, m));
    struct rp_value out = rp_is_streaming(cx)
                              ? rp_update(h, RP_ASSISTANT, name, rp_message_of(m)->contents)
                              : rp_response(h, rp_list_of(h, 1, m), rp_nil());
    return rp_yield(cx, out);
}

/* 1: the conversation ends here. */
static int terminated(struct rp_ctx *cx)
{
    const struct rp_cond *when = &rp_group_def(cx)->o.terminate;
    if (!when->fn && when->json.tag == RP_NIL)
        return 0;
    int holds = rp_cond_holds(rp_heap(cx), when, rp_group_state(cx)->conversation);
    if (holds < 0 && holds != RP_ENOMEM)
        return rp_fail(cx, "the termination condition failed");
    return holds;
}

static int out_of_rounds(struct rp_ctx *cx)
{
    const struct rp_group_chat_opts *o = &rp_group_def(cx)->o;
    return o->has_max_rounds &&
           rp_group_state(cx)->round.u.i >= (o->max_rounds < 1 ? 1 : o->max_rounds);
}

/* ---- who speaks next ---- */

static int by_rules(struct rp_ctx *cx, int64_t *next)
{
    const struct rp_group_def *def = rp_group_def(cx);
    struct rp_value conversation = rp_group_state(cx)->conversation;
    for (size_t i = 0; i < def->o.n_rules; i++) {
        const struct rp_cond *when = &def->o.rules[i].when;
        int holds = when->fn || when->json.tag ? rp_cond_holds(rp_heap(cx), when, conversation) : 1;
        if (holds < 0)
            return holds == RP_ENOMEM ? holds : rp_fail(cx, "a rule of the selection failed");
        *next = def->rule_next[i];
        if (holds)
            return RP_OK;
    }
    return rp_fail(cx, "no rule of the selection holds");
}

static int by_function(struct rp_ctx *cx, int64_t *next, struct rp_value *final)
{
    const struct rp_group_def *def = rp_group_def(cx);
    struct rp_s_group *s = rp_group_state(cx);
    struct rp_chat_state seen = {.round = (uint32_t)s->round.u.i,
                                 .participants = def->names,
                                 .descriptions = def->descriptions,
                                 .n_participants = def->n,
                                 .conversation = s->conversation};
    *next = def->o.select(def->o.self, rp_heap(cx), &seen, final);
    if (*next == RP_FINISH || (*next >= 0 && *next < (int64_t)def->n))
        return RP_OK;
    return rp_fail(cx, "the selection function chose number %l, and the participants are 0 to %l",
                   *next, (int64_t)def->n - 1);
}

/* *next: the participant, or RP_FINISH. Not for a coordinating agent. */
static int choose(struct rp_ctx *cx, int64_t *next, struct rp_value *final)
{
    const struct rp_group_def *def = rp_group_def(cx);
    int64_t round = rp_group_state(cx)->round.u.i;
    if (def->o.round_robin) {
        *next = round % def->n;
        return RP_OK;
    }
    if (def->o.n_list) {
        *next = def->list_next[round % (int64_t)def->o.n_list];
        return RP_OK;
    }
    return def->o.n_rules ? by_rules(cx, next) : by_function(cx, next, final);
}

/* The chosen one is asked, everybody else is told what is new. */
int rp_group_give_turn(struct rp_ctx *cx, uint32_t next, struct rp_value news, uint32_t but)
{
    const struct rp_group_def *def = rp_group_def(cx);
    RP_TRY(rp_star_broadcast(cx, def->n, def->is_agent, news, but));
    RP_TRY(rp_ctx_send(cx, speak(cx, next), rp_star_node(next)));
    RP_TRY(rp_star_event(cx, "request_sent", next, rp_group_state(cx)->round));
    rp_group_state(cx)->round.u.i++;
    return RP_OK;
}

/* Selection after news, whose sender (or RP_NO_NODE) already knows them. */
static int select_next(struct rp_ctx *cx, struct rp_value news, uint32_t but)
{
    struct rp_value final = rp_nil();
    int64_t next = 0;
    if (rp_group_def(cx)->o.coordinator)
        return rp_coordinate(cx, news, but);
    RP_TRY(choose(cx, &next, &final));
    if (next == RP_FINISH)
        return rp_group_complete(cx, final, NULL);
    return rp_group_give_turn(cx, (uint32_t)next, news, but);
}

static int take_news(struct rp_ctx *cx, struct rp_value news)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_group *s = rp_group_state(cx);
    if (rp_group_def(cx)->o.coordinator)
        RP_TRY(rp_list_cat(h, &s->unseen, news));
    return rp_list_cat(h, &s->conversation, news);
}

/* ---- messages ---- */

/* A task (R-GC-4). */
static int on_input(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_value news;
    RP_TRY(rp_messages_of(rp_heap(cx), data, &news));
    if (rp_len(news) == 0)
        return rp_fail(cx, "a group chat needs at least one message to begin with");
    RP_TRY(take_news(cx, news));
    int end = terminated(cx);
    if (end)
        return end < 0 ? end : rp_group_complete(cx, rp_nil(), TERMINATED);
    return select_next(cx, news, RP_NO_NODE);
}

/* A participant's answer (R-GC-5). */
static int on_response(struct rp_ctx *cx, uint32_t from, struct rp_value messages)
{
    struct rp_value news;
    RP_TRY(rp_star_event(cx, "response_received", from, rp_group_state(cx)->round));
    RP_TRY(rp_clean(rp_heap(cx), messages, &news));
    RP_TRY(take_news(cx, news));
    int end = terminated(cx);
    if (end)
        return end < 0 ? end : rp_group_complete(cx, rp_nil(), TERMINATED);
    if (out_of_rounds(cx))
        return rp_group_complete(cx, rp_nil(), MAX_ROUNDS);
    return select_next(cx, news, from);
}

static int message(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_value said;
    uint32_t from;
    int is_answer = rp_star_response(cx, data, &from, &said);
    if (is_answer < 0)
        return is_answer;
    return is_answer ? on_response(cx, from, said) : on_input(cx, data);
}

const struct rp_exec_kind rp_exec_group = {
    .name = "group_chat",
    .state = RP_K_S_GROUP,
    .init = init,
    .message = message,
    .ended = rp_coordinated,
};
