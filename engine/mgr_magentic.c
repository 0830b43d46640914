/* mgr_magentic.c - the magentic orchestrator (R-MAG): plan, inner loop, stalls, resets, plan
 * review. Who speaks next is decided in rp_magentic_progress(), from the ledger's answers. */
#include "base/zoo.h"
#include "mgr_magentic.h"

#define MANAGER "magentic_manager"

static int inner_loop(struct rp_ctx *cx);

/* ---- the end ---- */

int rp_magentic_yield(struct rp_ctx *cx, struct rp_value message)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_message *m = rp_message_of(message);
    rp_magentic_state(cx)->terminated = rp_bool(1);
    if (rp_is_streaming(cx))
        return rp_yield(cx, rp_update(h, RP_ASSISTANT, m->author, m->contents));
    return rp_yield(cx, rp_response(h, rp_list_of(h, 1, message), rp_nil()));
}

/* 1: a limit is reached, and said (R-MAG-6 (1)). */
static int out_of_limits(struct rp_ctx *cx)
{
    struct rp_heap *h = rp_heap(cx);
    const struct rp_magentic_opts *o = &rp_magentic_def(cx)->o;
    struct rp_s_magentic *s = rp_magentic_state(cx);
    int rounds = o->has_max_rounds && s->round.u.i >= o->max_rounds;
    int resets =
        o->has_max_resets && s->resets.u.i >= o->max_resets && RP_ZOO != RP_ZOO_RESETS_UNLIMITED;
    if (!rounds && !resets)
        return 0;
    struct rp_value text = rp_textz(h, rounds ? "The work has ended: the maximum number of rounds "
                                                "is reached."
                                              : "The work has ended: the maximum number of resets "
                                                "is reached.");
    int rc = rp_magentic_yield(cx, rp_text_message(h, RP_ASSISTANT, rp_textz(h, MANAGER), text));
    return rc == RP_OK ? 1 : rc;
}

/* ---- plan and its review ---- */

static int event(struct rp_ctx *cx, const char *what, struct rp_value content)
{
    struct rp_value data = rp_map();
    RP_TRY(rp_map_put(rp_heap(cx), &data, what, content));
    return rp_ctx_event(cx, RP_EV_MAGENTIC, 1, data);
}

static int ask_review(struct rp_ctx *cx, int is_stalled)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    struct rp_plan_review *q = rp_rec_new(rp_heap(cx), RP_K_PLAN_REVIEW);
    if (!q)
        return RP_ENOMEM;
    q->plan = s->plan;
    q->is_stalled = rp_bool(is_stalled);
    q->progress = s->progress;
    return rp_ctx_ask(cx, rp_from_rec(q), RP_T_REC(RP_K_PLAN_ANSWER), NULL);
}

/* The ledger goes into the history, unless it is the last message already. */
static int start_work(struct rp_ctx *cx)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    uint32_t n = rp_len(s->history);
    if (!n || !rp_equal(rp_at(s->history, n - 1), s->plan))
        RP_TRY(rp_list_add(rp_heap(cx), &s->history, s->plan));
    return inner_loop(cx);
}

int rp_magentic_planned(struct rp_ctx *cx)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    enum rp_planned why = (enum rp_planned)s->after.u.i;
    RP_TRY(event(cx, why == RP_PLAN_FIRST ? "plan_created" : "replanned", rp_nil()));
    if (why == RP_PLAN_REVISED || why == RP_PLAN_REVISED_STALLED)
        return ask_review(cx, why == RP_PLAN_REVISED_STALLED);
    if (rp_magentic_def(cx)->o.plan_review)
        return ask_review(cx, why == RP_PLAN_AFTER_RESET);
    return start_work(cx);
}

/* A review: empty approves; else the plan is made anew with it and reviewed again (R-MAG-9). */
static int answer(struct rp_ctx *cx, struct rp_request *request, struct rp_value value)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    struct rp_value review = rp_plan_answer_of(value)->messages;
    int stalled = rp_is_true(rp_plan_review_of(request->data)->is_stalled);
    s->replans = rp_int(0);
    if (rp_len(review) == 0)
        return start_work(cx);
    RP_TRY(rp_list_cat(rp_heap(cx), &s->history, review));
    return rp_manager_plan(cx, stalled ? RP_PLAN_REVISED_STALLED : RP_PLAN_REVISED);
}

/* ---- the inner loop ---- */

static int inner_loop(struct rp_ctx *cx)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    int end = out_of_limits(cx);
    if (end)
        return end < 0 ? end : RP_OK;
    s->round_count.u.i++;
    s->round.u.i++;
    return rp_manager_ledger(cx);
}

/* Back to a clean slate, and a new plan (R-MAG-8). It is a loop with a bound (decision 27). */
static int reset(struct rp_ctx *cx)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    struct rp_reset *signal = rp_rec_new(rp_heap(cx), RP_K_RESET);
    if (++s->replans.u.i > RP_REPLANS_MAX)
        return rp_fail(cx,
                       "%l plans in a row led to no usable progress ledger; set max_resets or "
                       "mend the manager's answers",
                       (int64_t)RP_REPLANS_MAX);
    s->history = rp_list();
    s->stalls = rp_int(0);
    s->resets.u.i++;
    RP_TRY(rp_send(cx, rp_from_rec(signal)));
    return rp_manager_plan(cx, RP_PLAN_AFTER_RESET);
}

int rp_magentic_no_progress(struct rp_ctx *cx)
{
    return reset(cx);
}

static uint32_t speaker(struct rp_ctx *cx, struct rp_value name)
{
    const struct rp_magentic_def *def = rp_magentic_def(cx);
    if (name.tag == RP_BOOL)
        return 0; /* no name at all: the first participant (R-MAG-6 (7)) */
    for (uint32_t p = 0; p < def->n; p++)
        if (rp_is_text(name, def->names[p]))
            return p;
    return RP_NO_NODE;
}

static struct rp_value request_to(struct rp_ctx *cx, uint32_t p, struct rp_value instruction)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value messages = rp_list();
    if (rp_magentic_def(cx)->is_agent[p]) {
        if (rp_str_of(instruction).n)
            messages = rp_list_of(h, 1, rp_text_message(h, RP_USER, rp_nil(), instruction));
        return rp_agent_request(h, messages, 1);
    }
    struct rp_group_request *q = rp_rec_new(h, RP_K_GROUP_REQUEST);
    if (q)
        q->instruction = instruction;
    return rp_from_rec(q);
}

static int give_turn(struct rp_ctx *cx, uint32_t p, struct rp_value instruction)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_magentic *s = rp_magentic_state(cx);
    if (instruction.tag == RP_BOOL)
        instruction = rp_textz(h, instruction.u.i ? "True" : "False");
    RP_TRY(rp_list_add(h, &s->history,
                       rp_text_message(h, RP_ASSISTANT, rp_textz(h, MANAGER), instruction)));
    RP_TRY(rp_ctx_send(cx, request_to(cx, p, instruction), rp_star_node(p)));
    return rp_star_event(cx, "request_sent", p, s->round);
}

/* Steps (4) to (8) of R-MAG-6. */
int rp_magentic_progress(struct rp_ctx *cx, struct rp_value answers)
{
    const struct rp_magentic_opts *o = &rp_magentic_def(cx)->o;
    struct rp_s_magentic *s = rp_magentic_state(cx);
    int64_t max_stalls = o->has_max_stalls ? o->max_stalls : 3;
    s->progress = answers;
    RP_TRY(event(cx, "progress_ledger_updated", answers));
    if (rp_is_true(rp_map_get(answers, "is_request_satisfied")))
        return rp_manager_final(cx);
    if (!rp_is_true(rp_map_get(answers, "is_progress_being_made")) ||
        rp_is_true(rp_map_get(answers, "is_in_loop")))
        s->stalls.u.i++;
    else if (s->stalls.u.i > 0)
        s->stalls.u.i--;
    if (s->stalls.u.i > max_stalls)
        return reset(cx);
    uint32_t p = speaker(cx, rp_map_get(answers, "next_speaker"));
    if (p == RP_NO_NODE)
        return rp_manager_final(cx);
    s->replans = rp_int(0);
    return give_turn(cx, p, rp_map_get(answers, "instruction_or_question"));
}

/* ---- messages ---- */

/* A task (R-MAG-5). */
static int on_input(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_magentic *s = rp_magentic_state(cx);
    struct rp_value messages, text;
    if (rp_is_true(s->terminated))
        return rp_fail(cx, "this workflow has finished its task; build a new one for another");
    RP_TRY(rp_messages_of(h, data, &messages));
    if (rp_len(messages) != 1)
        return rp_fail(cx, "a magentic workflow begins with exactly one message");
    text = rp_message_text(h, rp_at(messages, 0));
    if (text.tag == RP_BAD)
        return RP_ENOMEM;
    if (rp_str_blank(rp_str_of(text)))
        return rp_fail(cx, "the task is blank");
    s->task = text;
    s->stalls = s->resets = s->round_count = s->replans = rp_int(0);
    s->history = messages;
    return rp_manager_plan(cx, RP_PLAN_FIRST);
}

/* A participant's answer (R-MAG-7). */
static int on_response(struct rp_ctx *cx, uint32_t from, struct rp_value said)
{
    const struct rp_magentic_def *def = rp_magentic_def(cx);
    struct rp_s_magentic *s = rp_magentic_state(cx);
    RP_TRY(rp_star_event(cx, "response_received", from, s->round));
    RP_TRY(rp_list_cat(rp_heap(cx), &s->history, said));
    RP_TRY(rp_star_broadcast(cx, def->n, def->is_agent, said, from));
    return inner_loop(cx);
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

const struct rp_exec_kind rp_exec_magentic = {
    .name = "magentic",
    .state = RP_K_S_MAGENTIC,
    .message = message,
    .answer = answer,
    .ended = rp_manager_answered,
    .failed = rp_manager_failed,
};
