/* props_speaker.c - owns what is held of who speaks next: choices of an orchestrator (I27),
 * handoffs (I29), a manager's ledger (I30), limits of rounds (I14). */
#include "props_inside.h"

#include <string.h>

static uint32_t part_of(const struct rp_props *p, struct rp_value name)
{
    for (uint32_t i = 0; name.tag == RP_TEXT && i < p->f.n_parts; i++)
        if (p->f.part[i] != RP_NO_ONE && rp_is_text(name, p->f.node[p->f.part[i]].id))
            return i;
    return RP_NO_ONE;
}

static const char *part_name(const struct rp_props *p, uint32_t part)
{
    return p->f.node[p->f.part[part]].id;
}

/* ---- the chosen one ---------------------------------------------------------------------------
 */

/* Does the coordinator's last reply hold that name as a JSON string? One with escapes may write it
 * in other ways, and passes. */
static int reply_names(const struct rp_props *p, const char *name)
{
    const char *s = p->chief_said.s;
    size_t n = strlen(name);

    for (size_t i = 0; i < p->chief_said.n; i++)
        if (s[i] == '\\' || (s[i] == '"' && i + n + 1 < p->chief_said.n &&
                             memcmp(s + i + 1, name, n) == 0 && s[i + n + 1] == '"'))
            return 1;
    return p->chief_said.n == 0;
}

/* Round robin and lists go by the round; a coordinator names whom it chooses. */
static void check_choice(struct rp_props *p, const char *orchestrator, uint32_t part, int64_t round)
{
    uint32_t want = part;

    if (p->f.select == RP_SELECT_ROBIN)
        want = (uint32_t)(round % p->f.n_parts);
    else if (p->f.select == RP_SELECT_LIST)
        want = p->f.order[round % p->f.n_order];
    if (want != part)
        rp_broken(p, RP_P_27, orchestrator, "another speaker",
                  "%s speaks in round %l, and it is the turn of %s", part_name(p, part), round,
                  part_name(p, want));
    if (p->f.select == RP_SELECT_AGENT && !reply_names(p, part_name(p, part)))
        rp_broken(p, RP_P_27, orchestrator, "not chosen",
                  "%s speaks next, and the coordinator's decision does not name it",
                  part_name(p, part));
}

static void group_asks(struct rp_props *p, const char *orchestrator, uint32_t part, int64_t round)
{
    if (p->now.sure && round != p->now.round)
        rp_broken(p, RP_P_27, orchestrator, "round", "round %l is asked for after %l rounds", round,
                  p->now.round);
    /* a task is answered in any case: R-GC-4 */
    if (p->f.max_rounds >= 0 && round >= p->f.max_rounds && p->on_response)
        rp_broken(p, RP_P_14, orchestrator, "round limit",
                  "round %l begins, and the limit is %l rounds", round + 1, p->f.max_rounds);
    check_choice(p, orchestrator, part, round);
    p->now.round = round + 1;
}

static void manager_asks(struct rp_props *p, const char *orchestrator, uint32_t part, int64_t round)
{
    if (p->ledger == RP_LEDGER_REPLAN)
        rp_broken(p, RP_P_30, orchestrator, "stalled and went on",
                  "%s is asked after %l stalls, and the limit is %l", part_name(p, part),
                  p->now.stalls, p->f.max_stalls);
    else if (p->ledger == RP_LEDGER_FINAL)
        rp_broken(p, RP_P_30, orchestrator, "finished and went on",
                  "%s is asked, and the ledger has ended the work", part_name(p, part));
    else if (p->ledger == RP_LEDGER_SPEAK && p->ledger_speaker != part)
        rp_broken(p, RP_P_27, orchestrator, "another speaker",
                  "%s is asked, and the ledger names %s", part_name(p, part),
                  part_name(p, p->ledger_speaker));
    if (p->now.sure && round <= p->now.round)
        rp_broken(p, RP_P_30, orchestrator, "round", "round %l comes after round %l", round,
                  p->now.round);
    if (p->f.max_rounds >= 0 && round > p->f.max_rounds)
        rp_broken(p, RP_P_14, orchestrator, "round limit",
                  "round %l begins, and the limit is %l rounds", round, p->f.max_rounds);
    p->ledger = RP_LEDGER_NOTHING;
    p->now.round = round;
}

static void request_sent(struct rp_props *p, struct rp_value pair)
{
    const char *orchestrator = p->f.node[p->f.start].id;
    uint32_t part = part_of(p, rp_map_get(pair, "participant"));
    struct rp_value round = rp_map_get(pair, "round");

    if (part == RP_NO_ONE || round.tag != RP_INT) {
        rp_broken(p, RP_P_27, orchestrator, "no participant",
                  "the next speaker is %s, who is no participant",
                  rp_str_of(rp_map_get(pair, "participant")).s);
        return;
    }
    if (p->spoke++)
        rp_broken(p, RP_P_27, orchestrator, "two speakers",
                  "%s is asked to speak beside another one", part_name(p, part));
    if (p->f.pattern == RP_GROUP_CHAT)
        group_asks(p, orchestrator, part, round.u.i);
    else
        manager_asks(p, orchestrator, part, round.u.i);
    ++*RP_IN(&p->now.asked, uint32_t, part);
}

static void response_received(struct rp_props *p, struct rp_value pair)
{
    const char *orchestrator = p->f.node[p->f.start].id;
    uint32_t part = part_of(p, rp_map_get(pair, "participant"));
    uint32_t *owed = part == RP_NO_ONE ? NULL : RP_IN(&p->now.asked, uint32_t, part);

    if (owed && *owed > 0)
        --*owed;
    else if (p->now.sure)
        rp_broken(p, RP_P_27, orchestrator, "not asked", "%s answers, and was not asked to speak",
                  rp_str_of(rp_map_get(pair, "participant")).s);
    p->on_response = 1;
}

/* ---- the ledger (R-MAG-6) ---------------------------------------------------------------------
 */

static void ledger_updated(struct rp_props *p, const char *executor, struct rp_value answers)
{
    struct rp_value next = rp_map_get(answers, "next_speaker");
    int goes_well = rp_is_true(rp_map_get(answers, "is_progress_being_made")) &&
                    !rp_is_true(rp_map_get(answers, "is_in_loop"));

    p->now.ledgers++;
    if (p->f.max_rounds >= 0 && p->now.ledgers > p->f.max_rounds)
        rp_broken(p, RP_P_30, executor, "past its rounds",
                  "a ledger is made for round %l, and the limit is %l", p->now.ledgers,
                  p->f.max_rounds);
    if (p->f.max_resets >= 0 && p->now.resets >= p->f.max_resets)
        rp_broken(p, RP_P_30, executor, "past its resets",
                  "the work goes on after %l resets, and the limit is %l", p->now.resets,
                  p->f.max_resets);
    p->ledger = RP_LEDGER_FINAL;
    if (rp_is_true(rp_map_get(answers, "is_request_satisfied")))
        return;
    if (!goes_well)
        p->now.stalls++;
    else if (p->now.stalls > 0)
        p->now.stalls--;
    p->ledger_speaker = next.tag == RP_BOOL ? 0 : part_of(p, next);
    if (p->now.stalls > p->f.max_stalls)
        p->ledger = RP_LEDGER_REPLAN;
    else if (p->ledger_speaker != RP_NO_ONE)
        p->ledger = RP_LEDGER_SPEAK;
}

static void replanned(struct rp_props *p, const char *executor)
{
    if (p->ledger == RP_LEDGER_SPEAK || p->ledger == RP_LEDGER_FINAL)
        rp_broken(p, RP_P_30, executor, "replanned without cause",
                  "the plan is made anew after %l stalls, and the limit is %l", p->now.stalls,
                  p->f.max_stalls);
    if (!p->revising) {
        p->now.stalls = 0;
        p->now.resets++;
    }
    p->revising = 0;
    p->ledger = RP_LEDGER_NOTHING;
}

static void magentic_event(struct rp_props *p, const struct rp_event *ev)
{
    if (!p->now.sure)
        return;
    if (rp_map_has(ev->data, "progress_ledger_updated"))
        ledger_updated(p, ev->executor, rp_map_get(ev->data, "progress_ledger_updated"));
    else if (rp_map_has(ev->data, "replanned"))
        replanned(p, ev->executor);
    else if (rp_map_has(ev->data, "plan_created"))
        p->now.stalls = p->now.resets = 0;
}

/* What the last ledger asks for has happened when its handler ends. */
static void ledger_followed(struct rp_props *p, const struct rp_event *ev)
{
    if (p->ledger == RP_LEDGER_FINAL && rp_len(ev->data) <= ev->n_sent)
        rp_broken(p, RP_P_30, ev->executor, "no final answer",
                  "the ledger has ended the work, and no final answer is given");
    else if (p->ledger == RP_LEDGER_REPLAN)
        rp_broken(p, RP_P_30, ev->executor, "stalled and not replanned",
                  "%l stalls, and no new plan is made; the limit is %l", p->now.stalls,
                  p->f.max_stalls);
    else if (p->ledger == RP_LEDGER_SPEAK)
        rp_broken(p, RP_P_30, ev->executor, "nobody asked",
                  "the ledger names %s, and nobody is asked", part_name(p, p->ledger_speaker));
    p->ledger = RP_LEDGER_NOTHING;
}

/* ---- handoffs ---------------------------------------------------------------------------------
 */

static void handoff_sent(struct rp_props *p, struct rp_value pair)
{
    uint32_t from = rp_props_node(p, rp_str_of(rp_map_get(pair, "source")).s);
    uint32_t to = rp_props_node(p, rp_str_of(rp_map_get(pair, "target")).s);
    const char *source = rp_str_of(rp_map_get(pair, "source")).s;
    const char *target = rp_str_of(rp_map_get(pair, "target")).s;

    if (from == RP_NO_ONE || to == RP_NO_ONE) {
        rp_broken(p, RP_P_29, source, "nobody", "%s hands over to %s, and one of them is nobody",
                  source, target);
        return;
    }
    if (!p->f.route[from * p->f.n_nodes + to])
        rp_broken(p, RP_P_29, source, "no route", "%s hands over to %s, which it may not", source,
                  target);
    if (!p->doing[from].asked_to_speak)
        rp_broken(p, RP_P_29, source, "not in charge", "%s hands over to %s, and is not in charge",
                  source, target);
    if (p->doing[from].handed++)
        rp_broken(p, RP_P_29, source, "two targets", "%s hands over to %s beside another one",
                  source, target);
    p->now.handed_to = to + 1;
    p->now.handed_at = p->step;
}

/* Who may speak in the handler that begins. */
static void put_in_charge(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    struct rp_doing *d = &p->doing[node];
    int request = rp_kind(ev->data) == RP_K_AGENT_REQUEST;

    d->asked_to_speak = !request || rp_is_true(rp_agent_request_of(ev->data)->should_respond);
    d->answers = ev->name != NULL;
    if (d->asked_to_speak && p->now.handed_to == node + 1)
        p->now.handed_to = 0;
}

/* Whom a superstep has handed over to, the next one asks to speak. */
void rp_speaker_step_closed(struct rp_props *p)
{
    if (!p->now.handed_to || p->step <= p->now.handed_at || !p->now.sure)
        return;
    rp_broken(p, RP_P_29, p->f.node[p->now.handed_to - 1].id, "never asked",
              "%s was handed over to, and is not asked to speak",
              p->f.node[p->now.handed_to - 1].id);
    p->now.handed_to = 0;
}

static int any_tool_request(const struct rp_props *p)
{
    for (uint32_t i = 0; i < p->now.open.n; i++)
        if (RP_IN(&p->now.open, struct rp_asked_open, i)->call)
            return 1;
    return 0;
}

static uint64_t text_of(struct rp_value v)
{
    struct rp_value contents;

    if (v.tag == RP_TEXT)
        return rp_print_value(v);
    if (rp_kind(v) != RP_K_MESSAGE)
        return 0;
    contents = rp_message_of(v)->contents;
    if (rp_len(contents) != 1 || rp_kind(rp_at(contents, 0)) != RP_K_C_TEXT)
        return 0;
    return rp_print_value(rp_c_text_of(rp_at(contents, 0))->text);
}

/* What the user said last goes with every handoff. Answers take the place of what an agent had
 * before it (R-AGX-9), so nothing is held of it where some are awaited. */
static void user_said(struct rp_props *p, const struct rp_event *ev)
{
    uint32_t n = rp_len(ev->data);

    if (ev->n_sources > 0 || (ev->name && n == 0) || (ev->name && ev->data.tag != RP_LIST))
        return;
    p->now.user = text_of(n ? rp_at(ev->data, n - 1) : ev->data);
    if (any_tool_request(p))
        p->now.user = 0;
}

static int shows(struct rp_value messages, uint64_t text)
{
    for (uint32_t i = rp_len(messages); i > 0; i--)
        if (text_of(rp_at(messages, i - 1)) == text)
            return 1;
    return 0;
}

static void handoff_shown(struct rp_props *p, const struct rp_model_call *call, uint32_t agent)
{
    uint32_t node = p->f.agent[agent].node;
    struct rp_doing *d = node == RP_NO_ONE ? NULL : &p->doing[node];

    if (!d)
        return;
    d->model_calls++;
    if (!d->asked_to_speak || !d->busy)
        rp_broken(p, RP_P_29, p->f.agent[agent].name, "not in charge",
                  "the model of %s is called, and %s is not in charge", p->f.agent[agent].name,
                  p->f.agent[agent].name);
    else if (d->handed)
        rp_broken(p, RP_P_29, p->f.agent[agent].name, "goes on after a handoff",
                  "the model of %s is called after it has handed over", p->f.agent[agent].name);
    if (p->now.user && !d->answers && !shows(call->messages, p->now.user))
        rp_broken(p, RP_P_29, p->f.agent[agent].name, "user unheard",
                  "%s is not shown what the user said last", p->f.agent[agent].name);
}

/* One that was put in charge speaks, unless the conversation is over (R-HO-6 (3)). */
static void handoff_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    struct rp_doing *d = &p->doing[node];

    if (d->asked_to_speak && d->model_calls == 0 && !p->f.terminates && !d->answers)
        rp_broken(p, RP_P_29, ev->executor, "never spoke",
                  "%s is put in charge, and its model is not called", ev->executor);
    d->asked_to_speak = 0;
}

/* ---- what this part is told -------------------------------------------------------------------
 */

void rp_speaker_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    if (p->f.pattern == RP_HANDOFF) {
        user_said(p, ev);
        put_in_charge(p, ev, node);
    }
    if (node != p->f.start)
        return;
    p->spoke = p->on_response = 0;
    p->ledger = RP_LEDGER_NOTHING;
    p->revising =
        rp_kind(ev->data) == RP_K_PLAN_ANSWER && rp_len(rp_plan_answer_of(ev->data)->messages) > 0;
}

void rp_speaker_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    if (p->f.pattern == RP_HANDOFF)
        handoff_completed(p, ev, node);
    if (p->f.pattern == RP_MAGENTIC && node == p->f.start)
        ledger_followed(p, ev);
}

void rp_speaker_event(struct rp_props *p, const struct rp_event *ev)
{
    if (ev->kind == RP_EV_MAGENTIC)
        magentic_event(p, ev);
    else if (ev->kind == RP_EV_HANDOFF_SENT && p->f.route)
        handoff_sent(p, rp_map_get(ev->data, "handoff"));
    else if (rp_map_has(ev->data, "request_sent"))
        request_sent(p, rp_map_get(ev->data, "request_sent"));
    else if (rp_map_has(ev->data, "response_received"))
        response_received(p, rp_map_get(ev->data, "response_received"));
}

void rp_speaker_shown(struct rp_props *p, const struct rp_model_call *call, uint32_t agent)
{
    if (p->f.pattern == RP_HANDOFF)
        handoff_shown(p, call, agent);
}
