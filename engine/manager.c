/* manager.c - what a magentic manager is asked: facts, plan, progress, the final answer. Each
 * question is a turn of the manager agent with a new session, over the chat history (R-MAG-3). */
#include "mgr_magentic.h"

#define MANAGER "magentic_manager"

struct rp_s_magentic *rp_magentic_state(struct rp_ctx *cx)
{
    return rp_s_magentic_of(rp_ctx_state(cx));
}

const struct rp_magentic_def *rp_magentic_def(struct rp_ctx *cx)
{
    return rp_ctx_node(cx)->def;
}

static struct rp_str task(struct rp_ctx *cx)
{
    return rp_str_of(rp_magentic_state(cx)->task);
}

/* parts up to one whose s is NULL, as a user message */
static struct rp_value question(struct rp_ctx *cx, const struct rp_str *parts)
{
    struct rp_heap *h = rp_heap(cx);
    return rp_text_message(h, RP_USER, rp_nil(), rp_text_join(h, parts));
}

/* History and up to three messages more. */
static int ask(struct rp_ctx *cx, enum rp_asked what, struct rp_value a, struct rp_value b,
               struct rp_value c)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value input = rp_magentic_state(cx)->history;
    RP_TRY(rp_list_add(h, &input, a));
    if (b.tag != RP_NIL)
        RP_TRY(rp_list_add(h, &input, b));
    if (c.tag != RP_NIL)
        RP_TRY(rp_list_add(h, &input, c));
    return rp_turn_start(cx, &(struct rp_turn_spec){.agent = rp_magentic_def(cx)->manager,
                                                    .input = input,
                                                    .purpose = (int)what});
}

/* ---- plan ---- */

static struct rp_value facts_question(struct rp_ctx *cx)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    if (s->after.u.i == RP_PLAN_FIRST)
        return question(cx, (struct rp_str[]){
                                rp_str("Before anything is planned, list what is known about this "
                                       "task, what has to be looked up, what has to be derived, "
                                       "and what can only be guessed.\n\nTask:\n"),
                                task(cx),
                                {NULL, 0}});
    struct rp_value old = rp_message_text(rp_heap(cx), s->facts);
    return question(cx, (struct rp_str[]){rp_str("Work on the task has stalled. Bring the list of "
                                                 "facts up to date with what was learned, and add "
                                                 "at least one well-founded guess.\n\nTask:\n"),
                                          task(cx),
                                          rp_str("\n\nThe list so far:\n"),
                                          rp_str_of(old),
                                          {NULL, 0}});
}

static struct rp_value plan_question(struct rp_ctx *cx)
{
    const char *first = "Write a short plan, as a list of points, for how this team is to solve "
                        "the task. Not everybody has to take part.\n\nTeam:\n";
    const char *again = "Say in a few words what went wrong, then write a new plan that avoids it, "
                        "as a list of points for this team.\n\nTeam:\n";
    int is_first = rp_magentic_state(cx)->after.u.i == RP_PLAN_FIRST;
    return question(cx, (struct rp_str[]){rp_str(is_first ? first : again),
                                          rp_str_of(rp_magentic_def(cx)->team),
                                          {NULL, 0}});
}

int rp_manager_plan(struct rp_ctx *cx, enum rp_planned why)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    s->after = rp_int(why);
    s->question = facts_question(cx);
    return ask(cx, RP_ASK_FACTS, s->question, rp_nil(), rp_nil());
}

static int facts_answered(struct rp_ctx *cx, struct rp_value facts)
{
    struct rp_s_magentic *s = rp_magentic_state(cx);
    s->facts = facts;
    return ask(cx, RP_ASK_PLAN, s->question, facts, plan_question(cx));
}

/* The task ledger: one message with task, team, facts and plan. */
static int plan_answered(struct rp_ctx *cx, struct rp_value plan)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_magentic *s = rp_magentic_state(cx);
    struct rp_value facts = rp_message_text(h, s->facts), text = rp_message_text(h, plan);
    if (facts.tag == RP_BAD || text.tag == RP_BAD)
        return RP_ENOMEM;
    struct rp_value all = rp_text_join(h, (struct rp_str[]){rp_str("Task:\n"),
                                                            task(cx),
                                                            rp_str("\n\nTeam:\n"),
                                                            rp_str_of(rp_magentic_def(cx)->team),
                                                            rp_str("\n\nFacts:\n"),
                                                            rp_str_of(facts),
                                                            rp_str("\n\nPlan:\n"),
                                                            rp_str_of(text),
                                                            {NULL, 0}});
    s->plan = rp_text_message(h, RP_ASSISTANT, rp_textz(h, MANAGER), all);
    s->question = rp_nil();
    return s->plan.tag == RP_BAD ? RP_ENOMEM : rp_magentic_planned(cx);
}

/* ---- progress ---- */

static int ask_ledger(struct rp_ctx *cx)
{
    struct rp_value q = question(
        cx,
        (struct rp_str[]){
            rp_str("Judge the progress on this task.\n\nTask:\n"),
            task(cx),
            rp_str("\n\nTeam:\n"),
            rp_str_of(rp_magentic_def(cx)->team),
            rp_str("\n\nAnswer with one JSON object whose keys are is_request_satisfied, "
                   "is_in_loop and is_progress_being_made (answer: true or false), next_speaker "
                   "(answer: one of "),
            rp_str_of(rp_magentic_def(cx)->names_line),
            rp_str(") and instruction_or_question (answer: what to tell that speaker); each value "
                   "is an object {\"reason\": text, \"answer\": answer}."),
            {NULL, 0}});
    return ask(cx, RP_ASK_LEDGER, q, rp_nil(), rp_nil());
}

int rp_manager_ledger(struct rp_ctx *cx)
{
    rp_magentic_state(cx)->tries = rp_int(0);
    return ask_ledger(cx);
}

static int ledger_answered(struct rp_ctx *cx, struct rp_value message)
{
    const struct rp_magentic_def *def = rp_magentic_def(cx);
    struct rp_s_magentic *s = rp_magentic_state(cx);
    struct rp_value answers, text = rp_message_text(rp_heap(cx), message);
    if (text.tag == RP_BAD)
        return RP_ENOMEM;
    int rc = rp_ledger_read(cx, text, &answers);
    if (rc == RP_OK)
        return rp_magentic_progress(cx, answers);
    if (rc != RP_EPARSE)
        return rc;
    s->tries.u.i++;
    if (s->tries.u.i < (int64_t)(def->o.ledger_attempts ? def->o.ledger_attempts : 3))
        return ask_ledger(cx);
    return rp_magentic_no_progress(cx);
}

/* ---- the final answer ---- */

int rp_manager_final(struct rp_ctx *cx)
{
    struct rp_value q = question(
        cx, (struct rp_str[]){rp_str("Work on the task is finished. Write the answer to the user "
                                     "out of what was found.\n\nTask:\n"),
                              task(cx),
                              {NULL, 0}});
    return ask(cx, RP_ASK_FINAL, q, rp_nil(), rp_nil());
}

static int final_answered(struct rp_ctx *cx, struct rp_value message)
{
    struct rp_message *m = rp_rec_copy(rp_heap(cx), rp_message_of(message));
    if (!m)
        return RP_ENOMEM;
    m->role = rp_int(RP_ASSISTANT);
    return rp_magentic_yield(cx, rp_from_rec(m));
}

int rp_manager_answered(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    if (rp_len(t->response) == 0)
        return rp_fail(cx, "the manager agent %s gave no message",
                       rp_magentic_def(cx)->manager->o.name);
    struct rp_value last = rp_at(t->response, rp_len(t->response) - 1);
    switch ((enum rp_asked)t->purpose.u.i) {
    case RP_ASK_FACTS:
        return facts_answered(cx, last);
    case RP_ASK_PLAN:
        return plan_answered(cx, last);
    case RP_ASK_LEDGER:
        return ledger_answered(cx, last);
    case RP_ASK_FINAL:
        return final_answered(cx, last);
    }
    return RP_OK;
}

/* A failing call for a ledger is a ledger that cannot be had; any other fails the orchestrator. */
int rp_manager_failed(struct rp_ctx *cx, struct rp_agent_turn *t, const char *reason)
{
    if (t->purpose.u.i == RP_ASK_LEDGER)
        return rp_magentic_no_progress(cx);
    rp_fail(cx, "the model call of the manager %s failed: %s", rp_magentic_def(cx)->manager->o.name,
            reason);
    return cx->run->core->why.status = RP_ECLIENT;
}
