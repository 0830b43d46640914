/* props_view.c - owns what is held of what models are shown: calls and results in pairs (I1), no
 * message twice (I3), nothing of a superstep that failed (I10), approved calls that ran (I19). */
#include "props_inside.h"

#include <string.h>

/* ---- what models say --------------------------------------------------------------------------
 */

static int add_call(struct rp_props *p, uint32_t agent, struct rp_value call)
{
    struct rp_reply_so_far *so_far = &p->reply[agent];
    uint64_t id = rp_print_id(rp_str_of(rp_c_call_of(call)->id));
    struct rp_known_call *known = rp_props_call(&p->now, id);

    if (so_far->last_call == id && so_far->batch) /* goes on in another piece */
        return RP_OK;
    if (!so_far->batch)
        so_far->batch = ++p->batches;
    so_far->last_call = id;
    if (known) {
        known->reused = 1;
        return RP_OK;
    }
    known = rp_pile_add(&p->alloc, &p->now.calls);
    if (!known)
        return RP_ENOMEM;
    *known = (struct rp_known_call){.id = id, .agent = agent, .batch = so_far->batch};
    known->reused = rp_str_of(rp_c_call_of(call)->id).n == 0;
    return RP_OK;
}

static int add_contents(struct rp_props *p, uint32_t agent, struct rp_value contents, int whole)
{
    struct rp_reply_so_far *so_far = &p->reply[agent];

    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value c = rp_at(contents, i);
        if (rp_kind(c) == RP_K_C_TEXT) {
            rp_gist_add(&so_far->gist, rp_str_of(rp_c_text_of(c)->text));
            so_far->texts++;
            continue;
        }
        so_far->others++;
        if (rp_kind(c) != RP_K_C_CALL)
            continue;
        if (whole && so_far->last_call == rp_print_id(rp_str_of(rp_c_call_of(c)->id)))
            so_far->last_call = 0; /* a second one in the same reply is no further piece */
        RP_TRY(add_call(p, agent, c));
    }
    return RP_OK;
}

/* Who said it and what, in one number. */
static uint64_t said_by(uint32_t agent, uint64_t text)
{
    return rp_print_mix(text, agent + 1);
}

static int reply_ended(struct rp_props *p, uint32_t agent)
{
    struct rp_reply_so_far *so_far = &p->reply[agent];
    int rc = RP_OK;

    if (so_far->gist.n > 0)
        rc = rp_chain_add(p, &p->now.said, said_by(agent, rp_gist_print(&so_far->gist)));
    memset(so_far, 0, sizeof(*so_far));
    return rc;
}

static int keep_chief(struct rp_props *p, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++)
        if (rp_kind(rp_at(contents, i)) == RP_K_C_TEXT)
            RP_TRY(rp_buf_adds(&p->chief_said, rp_str_of(rp_c_text_of(rp_at(contents, i))->text)));
    return RP_OK;
}

static int whole_reply(struct rp_props *p, uint32_t agent, struct rp_value response)
{
    struct rp_value messages = rp_response_of(response)->messages;

    memset(&p->reply[agent], 0, sizeof(p->reply[agent]));
    if (agent == p->f.chief)
        rp_buf_clear(&p->chief_said);
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        uint32_t batch;
        RP_TRY(add_contents(p, agent, contents, 1));
        if (agent == p->f.chief)
            RP_TRY(keep_chief(p, contents));
        batch = p->reply[agent].batch;
        RP_TRY(reply_ended(p, agent));
        p->reply[agent].batch = batch;
    }
    p->reply[agent].batch = 0;
    return RP_OK;
}

int rp_view_reply(struct rp_props *p, uint32_t agent, const struct rp_reply *reply)
{
    switch (reply->kind) {
    case RP_REPLY_WHOLE:
        return whole_reply(p, agent, reply->value);
    case RP_REPLY_UPDATE:
        return add_contents(p, agent, rp_update_of(reply->value)->contents, 0);
    case RP_REPLY_END:
    case RP_REPLY_ERROR:
        return reply_ended(p, agent);
    case RP_REPLY_NONE:
        break;
    }
    return RP_OK;
}

/* ---- what comes from outside ------------------------------------------------------------------
 */

static uint32_t author_of(const struct rp_props *p, struct rp_value author)
{
    for (uint32_t i = 0; author.tag == RP_TEXT && i < p->f.n_agents; i++)
        if (rp_equal(p->f.agent[i].name_text, author))
            return i;
    return RP_NO_ONE;
}

/* The one text of a message that holds nothing else, and its print; 0: it is no such message. */
static uint64_t text_print(struct rp_value message)
{
    struct rp_value contents = rp_message_of(message)->contents;

    if (rp_len(contents) != 1 || rp_kind(rp_at(contents, 0)) != RP_K_C_TEXT)
        return 0;
    struct rp_str s = rp_str_of(rp_c_text_of(rp_at(contents, 0))->text);
    return s.n ? rp_print_gist(s) : 0;
}

int rp_view_outside(struct rp_props *p, struct rp_value data)
{
    for (uint32_t i = 0; i < rp_len(data); i++) {
        struct rp_value m = rp_at(data, i);
        if (rp_kind(m) != RP_K_MESSAGE)
            continue;
        uint32_t agent = author_of(p, rp_message_of(m)->author);
        uint64_t text = text_print(m);
        if (agent != RP_NO_ONE && text)
            RP_TRY(rp_chain_add(p, &p->now.said, said_by(agent, text)));
    }
    return RP_OK;
}

/* ---- calls and results ------------------------------------------------------------------------
 */

static struct rp_view_call *view_call(struct rp_props *p, uint64_t id)
{
    for (uint32_t i = p->view_calls.n; i > 0; i--)
        if (RP_IN(&p->view_calls, struct rp_view_call, i - 1)->id == id)
            return RP_IN(&p->view_calls, struct rp_view_call, i - 1);
    return NULL;
}

static int see_call(struct rp_props *p, const char *agent, struct rp_value call, uint32_t message)
{
    struct rp_str id = rp_str_of(rp_c_call_of(call)->id);
    uint64_t print = rp_print_id(id);
    const struct rp_known_call *known = rp_props_call(&p->now, print);
    struct rp_view_call *seen = view_call(p, print);

    if (known && known->reused)
        return RP_OK;
    if (id.n == 0)
        rp_broken(p, RP_P_1, agent, "empty id", "%s is shown a call with an empty id", agent);
    if (seen)
        rp_broken(p, RP_P_1, agent, "call twice", "%s is shown the call %s twice", agent, id.s);
    seen = rp_pile_add(&p->alloc, &p->view_calls);
    if (!seen)
        return RP_ENOMEM;
    *seen = (struct rp_view_call){.id = print, .message = message, .known = known};
    seen->place = p->view_calls.n;
    return RP_OK;
}

/* What came back for an approved call is what the tool gave (I19). */
static void check_ran(struct rp_props *p, const char *agent, const struct rp_c_result *r,
                      const struct rp_known_call *known)
{
    if (known->approved && !known->ran && !known->answered && !rp_is_true(r->is_error))
        rp_broken(p, RP_P_19, agent, "approved and not run",
                  "%s is shown a result of the approved call %s, whose tool did not run", agent,
                  rp_str_of(r->id).s);
}

/* I5: results stand in the order of their calls, whatever order they came in (R-TOOL-5); those that
 * a person decided about in the order of the answers (R-TOOL-2). */
static void check_order(struct rp_props *p, const char *agent, const struct rp_view_call *call)
{
    uint32_t last = p->last_result;

    p->last_result = call->place;
    if (last <= call->place || (call->known && call->known->asked))
        return;
    if (RP_IN(&p->view_calls, struct rp_view_call, last - 1)->message == call->message)
        rp_broken(p, RP_P_5, agent, "results out of order",
                  "%s is shown results in another order than their calls", agent);
}

static void see_result(struct rp_props *p, const char *agent, uint32_t viewer,
                       struct rp_value result)
{
    const struct rp_c_result *r = rp_c_result_of(result);
    uint64_t print = rp_print_id(rp_str_of(r->id));
    const struct rp_known_call *known = rp_props_call(&p->now, print);
    struct rp_view_call *call = view_call(p, print);

    if (known && known->reused)
        return;
    if (!call) {
        /* a response after a pause holds the results alone (R-AGX-8, -9): what others are shown of
         * it, when they are not shown the whole conversation */
        if (!(known && known->asked && known->agent != viewer))
            rp_broken(p, RP_P_1, agent, "result without call",
                      "%s is shown a result for %s without its call", agent, rp_str_of(r->id).s);
        return;
    }
    if (call->results++)
        rp_broken(p, RP_P_1, agent, "result twice", "%s is shown two results for the call %s",
                  agent, rp_str_of(r->id).s);
    /* a person's answer may come turns later (R-RUN-19) */
    if (call->late && !(known && known->asked))
        rp_broken(p, RP_P_1, agent, "result late",
                  "%s is shown the result for %s after a later turn", agent, rp_str_of(r->id).s);
    check_order(p, agent, call);
    if (known)
        check_ran(p, agent, r, known);
}

/* Calls that have no result yet when the next turn begins. */
static void next_turn(struct rp_props *p)
{
    for (uint32_t i = 0; i < p->view_calls.n; i++) {
        struct rp_view_call *call = RP_IN(&p->view_calls, struct rp_view_call, i);
        call->late |= call->results == 0;
    }
}

/* An agent without tools answers with its calls in it (R-TOOL-3). */
static int has_no_tools(const struct rp_props *p, const struct rp_known_call *known)
{
    return known && p->f.pattern != RP_HANDOFF && p->f.agent[known->agent].n_tools == 0;
}

/* Only unanswered batches with an approval are left out of views; one that waits for results of
 * declared tools alone stays in them (R-TOOL-2). */
static int waits_for_results(struct rp_props *p, const struct rp_known_call *known)
{
    int waits = 0;

    for (uint32_t i = 0; known && known->asked && i < p->now.open.n; i++) {
        const struct rp_asked_open *open = RP_IN(&p->now.open, struct rp_asked_open, i);
        const struct rp_known_call *about = open->call ? rp_props_call(&p->now, open->call) : NULL;
        if (!about || about->batch != known->batch)
            continue;
        if (open->kind != RP_K_C_CALL)
            return 0;
        waits = 1;
    }
    return waits;
}

static void check_unanswered(struct rp_props *p, const char *agent)
{
    for (uint32_t i = 0; i < p->view_calls.n; i++) {
        const struct rp_view_call *call = RP_IN(&p->view_calls, struct rp_view_call, i);
        if (call->results == 0 && !has_no_tools(p, call->known) &&
            !waits_for_results(p, call->known))
            rp_broken(p, RP_P_1, agent, "call without result",
                      "%s is shown a call of message %u without a result", agent,
                      call->message + 1);
    }
}

static int see_message(struct rp_props *p, const char *agent, uint32_t viewer,
                       struct rp_value message, uint32_t i)
{
    struct rp_value contents = rp_message_of(message)->contents;

    if (p->view_calls.n > 0 && rp_len(contents) > 0 && rp_message_of(message)->role.u.i != RP_TOOL)
        next_turn(p);
    for (uint32_t k = 0; k < rp_len(contents); k++) {
        struct rp_value c = rp_at(contents, k);
        if (rp_kind(c) == RP_K_C_CALL)
            RP_TRY(see_call(p, agent, c, i));
        else if (rp_kind(c) == RP_K_C_RESULT)
            see_result(p, agent, viewer, c);
    }
    return RP_OK;
}

/* ---- no message twice -------------------------------------------------------------------------
 */

static int clear_slots(struct rp_props *p, uint32_t n)
{
    uint32_t room = 32;

    while (room < 2 * n)
        room *= 2;
    while (p->slots.n < room)
        if (!rp_pile_add(&p->alloc, &p->slots))
            return RP_ENOMEM;
    if (++p->view_stamp == 0) /* all stamps were used: begin anew */
        memset(p->slots.at, 0, p->slots.n * p->slots.size);
    p->view_stamp += p->view_stamp == 0;
    return RP_OK;
}

/* How often that print was seen in this view, this time included. */
static uint32_t count_slot(struct rp_props *p, uint64_t print)
{
    uint32_t mask = p->slots.n - 1; /* a power of two */

    for (uint32_t at = (uint32_t)(print ^ print >> 32) & mask;; at = (at + 1) & mask) {
        struct rp_view_slot *slot = RP_IN(&p->slots, struct rp_view_slot, at);
        if (slot->stamp != p->view_stamp)
            *slot = (struct rp_view_slot){print, p->view_stamp, 0};
        if (slot->print == print)
            return ++slot->n;
    }
}

static int was_undone(const struct rp_props *p, uint64_t print)
{
    for (uint32_t i = 0; i < p->undone.n; i++)
        if (*RP_IN(&p->undone, uint64_t, i) == print)
            return 1;
    return 0;
}

/* Where agents of a graph stand in a loop or meet again, each gets the whole conversation beside
 * its own history (R-AGX-3, R-AGX-7): only orchestrations show each message once. */
static void check_said(struct rp_props *p, const char *agent, uint32_t by, uint64_t text)
{
    uint64_t print = said_by(by, text);
    uint32_t n = count_slot(p, print), said;

    if (n == 1 && p->undone.n == 0)
        return;
    said = rp_chain_count(p, p->now.said, print);
    if (said == 0 && was_undone(p, print))
        rp_broken(p, RP_P_10, agent, "shown though undone",
                  "%s is shown what %s said in a superstep that failed", agent,
                  p->f.agent[by].name);
    else if (said > 0 && n > said && p->f.pattern != RP_GRAPH && !p->now.repeats)
        rp_broken(p, RP_P_3, agent, "shown twice",
                  "%s is shown a message of %s %u times, and it was said %u times", agent,
                  p->f.agent[by].name, n, said);
}

/* An agent that pauses keeps its input (R-AGX-8), so a fresh message that reaches it meanwhile
 * brings the same once more; from then on it stands twice in this history. */
static void note_repeats(struct rp_props *p, uint32_t agent)
{
    for (uint32_t i = 0; i < p->now.open.n; i++) {
        uint64_t id = RP_IN(&p->now.open, struct rp_asked_open, i)->call;
        const struct rp_known_call *about = id ? rp_props_call(&p->now, id) : NULL;
        p->now.repeats |= about && about->agent == agent;
    }
}

int rp_view_shown(struct rp_props *p, const struct rp_model_call *call, uint32_t agent)
{
    const char *name = p->f.agent[agent].name;
    uint32_t n = rp_len(call->messages);
    struct rp_value last_author = rp_nil();
    uint32_t by = RP_NO_ONE;

    p->view_calls.n = p->last_result = 0;
    note_repeats(p, agent);
    RP_TRY(clear_slots(p, n));
    for (uint32_t i = 0; i < n; i++) {
        struct rp_value m = rp_at(call->messages, i);
        const struct rp_message *message = rp_message_of(m);
        RP_TRY(see_message(p, name, agent, m, i));
        if (message->role.u.i != RP_ASSISTANT)
            continue;
        if (!last_author.tag || last_author.u.obj != message->author.u.obj)
            by = author_of(p, message->author);
        last_author = message->author;
        uint64_t text = by == RP_NO_ONE ? 0 : text_print(m);
        if (text)
            check_said(p, name, by, text);
    }
    check_unanswered(p, name);
    return RP_OK;
}
