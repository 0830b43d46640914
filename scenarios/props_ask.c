/* props_ask.c - owns what is held of requests: their life (I17), whom an answer reaches (I18),
 * guarded tools (I19), ids (I20). */
#include "props_inside.h"

#include <string.h>

static struct rp_asked_open *open_at(struct rp_past *k, uint32_t i)
{
    return RP_IN(&k->open, struct rp_asked_open, i);
}

static uint32_t find(struct rp_past *k, uint64_t id)
{
    for (uint32_t i = 0; i < k->open.n; i++)
        if (open_at(k, i)->id == id)
            return i;
    return RP_NO_ONE;
}

/* The id of the tool's call that a request is about; 0: about none. */
static uint64_t call_in(struct rp_value data)
{
    if (rp_kind(data) == RP_K_C_APPROVAL_REQUEST)
        data = rp_c_approval_request_of(data)->call;
    else if (rp_kind(data) == RP_K_C_APPROVAL_RESPONSE)
        data = rp_c_approval_response_of(data)->call;
    if (rp_kind(data) == RP_K_C_RESULT)
        return rp_print_id(rp_str_of(rp_c_result_of(data)->id));
    return rp_kind(data) == RP_K_C_CALL ? rp_print_id(rp_str_of(rp_c_call_of(data)->id)) : 0;
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static int add(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    struct rp_asked_open *open = rp_pile_add(&p->alloc, &p->now.open);
    size_t n = strlen(ev->name);

    if (!open)
        return RP_ENOMEM;
    n = n < sizeof(open->name) ? n : sizeof(open->name) - 1;
    open->id = rp_print_id(rp_str(ev->name));
    open->data = rp_print_value(ev->data);
    open->call = call_in(ev->data);
    open->executor = node;
    open->seq = ++p->now.seq;
    open->told = RP_TOLD_ONCE;
    open->kind = rp_kind(ev->data);
    memcpy(open->name, ev->name, n);
    return RP_OK;
}

/* A batch waits as a whole (decision 29). */
static void mark_batch(struct rp_props *p, uint64_t id)
{
    const struct rp_known_call *about = rp_props_call(&p->now, id);

    for (uint32_t i = 0; about && i < p->now.calls.n; i++)
        if (RP_IN(&p->now.calls, struct rp_known_call, i)->batch == about->batch)
            RP_IN(&p->now.calls, struct rp_known_call, i)->asked = 1;
}

/* A call is asked about once at a time: two answers to it could not both count. */
static void check_asked_once(struct rp_props *p, const struct rp_event *ev)
{
    uint64_t call = call_in(ev->data);

    for (uint32_t i = 0; call && i < p->now.open.n; i++)
        if (open_at(&p->now, i)->call == call && open_at(&p->now, i)->kind == rp_kind(ev->data))
            rp_broken(p, RP_P_17, ev->executor, "call asked twice",
                      "%s asks under the id %s about a call that %s asks about already",
                      ev->executor, ev->name, open_at(&p->now, i)->name);
}

static int asked_anew(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    uint64_t id = rp_print_id(rp_str(ev->name));

    check_asked_once(p, ev);

    if (find(&p->now, id) != RP_NO_ONE)
        rp_broken(p, RP_P_17, ev->executor, "asked twice",
                  "%s asks under the id %s, and that request is open already", ev->executor,
                  ev->name);
    else if (rp_chain_count(p, p->now.used, id))
        rp_broken(p, RP_P_20, ev->executor, "id used again",
                  "%s asks under the id %s, which a request of this history had before",
                  ev->executor, ev->name);
    RP_TRY(rp_chain_add(p, &p->now.used, id));
    mark_batch(p, call_in(ev->data));
    return add(p, ev, node);
}

/* After a restore an open request is told again, once, as it was. */
static void told_again(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    uint32_t at = find(&p->now, rp_print_id(rp_str(ev->name)));
    struct rp_asked_open *open = at == RP_NO_ONE ? NULL : open_at(&p->now, at);

    if (!open) {
        if (p->now.open_sure)
            rp_broken(p, RP_P_17, ev->executor, "told though closed",
                      "the restore tells of the request %s of %s, which was not open", ev->name,
                      ev->executor);
        return;
    }
    if (open->told != RP_TOLD_NOT)
        rp_broken(p, RP_P_17, ev->executor, "told twice",
                  "the restore tells of the request %s twice", ev->name);
    if (open->executor != node || open->data != rp_print_value(ev->data))
        rp_broken(p, RP_P_20, ev->executor, "changed by the restore",
                  "the request %s is another one after the restore", ev->name);
    open->told = RP_TOLD_AGAIN;
}

int rp_ask_told(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    if (p->resumes && !p->stepped && !p->in_step) {
        told_again(p, ev, node);
        return RP_OK;
    }
    return asked_anew(p, ev, node);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static void note_answer(struct rp_props *p, const struct rp_event *ev, uint64_t about)
{
    uint64_t given = call_in(ev->data);
    struct rp_known_call *call = rp_props_call(&p->now, about);

    if (given != about)
        rp_broken(p, RP_P_18, ev->executor, "another call",
                  "the answer to %s that reaches %s is about another call", ev->name, ev->executor);
    if (!call)
        return;
    if (rp_kind(ev->data) == RP_K_C_RESULT)
        call->answered = 1;
    else if (rp_is_true(rp_c_approval_response_of(ev->data)->approved))
        call->approved = 1;
    else
        call->denied = 1;
}

/* The text of an answer in words: a value, or a reply. 0: it is no such answer. */
static uint64_t words_of(struct rp_value data)
{
    struct rp_value contents;

    if (rp_len(data) == 1 && rp_kind(rp_at(data, 0)) == RP_K_MESSAGE) {
        contents = rp_message_of(rp_at(data, 0))->contents;
        if (rp_len(contents) == 1 && rp_kind(rp_at(contents, 0)) == RP_K_C_TEXT)
            data = rp_c_text_of(rp_at(contents, 0))->text;
    }
    return data.tag == RP_TEXT ? rp_print_gist(rp_str_of(data)) : 0;
}

static int note_given(struct rp_props *p, const struct rp_asked_open *open, struct rp_value data)
{
    struct rp_given_answer *given = rp_pile_add(&p->alloc, &p->given);

    if (!given)
        return RP_ENOMEM;
    *given = (struct rp_given_answer){.seq = open->seq,
                                      .executor = open->executor,
                                      .about_call = open->call != 0,
                                      .print = words_of(data)};
    return RP_OK;
}

/* How many of the turn's answers are to requests with smaller numbers. */
static uint32_t rank_of(const struct rp_props *p, uint32_t i)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < p->n_answers; k++)
        n += p->answers[k].request < p->answers[i].request;
    return n;
}

static const struct rp_given_answer *given_at(const struct rp_props *p, uint32_t rank)
{
    for (uint32_t i = 0; i < p->given.n; i++) {
        const struct rp_given_answer *g = RP_IN(&p->given, struct rp_given_answer, i);
        uint32_t n = 0;
        for (uint32_t k = 0; k < p->given.n; k++)
            n += RP_IN(&p->given, struct rp_given_answer, k)->seq < g->seq;
        if (n == rank)
            return g;
    }
    return NULL;
}

/* Requests have their numbers in the order in which they were asked; so answers in words that were
 * delivered can be held against those that the turn gives. Not beside tool requests, whose numbers
 * live longer than a branch of history. */
static void check_given(struct rp_props *p)
{
    for (uint32_t i = 0; i < p->n_answers; i++)
        if (p->answers[i].kind != RP_ANSWER_VALUE && p->answers[i].kind != RP_ANSWER_REPLY)
            return;
    for (uint32_t i = 0; i < p->given.n; i++)
        if (RP_IN(&p->given, struct rp_given_answer, i)->about_call)
            return;
    for (uint32_t i = 0; i < p->n_answers && p->given.n == p->n_answers; i++) {
        const struct rp_given_answer *g = given_at(p, rank_of(p, i));
        if (g && g->executor != RP_NO_ONE && g->print != words_of(p->answers[i].value))
            rp_broken(p, RP_P_18, p->f.node[g->executor].id, "another answer",
                      "%s is handed the answer to another request", p->f.node[g->executor].id);
    }
}

int rp_ask_answered(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    uint32_t at = find(&p->now, rp_print_id(rp_str(ev->name)));
    struct rp_asked_open *open = at == RP_NO_ONE ? NULL : open_at(&p->now, at);

    if (!open) {
        if (p->now.open_sure)
            rp_broken(p, RP_P_17, ev->executor, "answered though closed",
                      "%s is handed an answer to %s, which is not open", ev->executor, ev->name);
        return RP_OK;
    }
    if (open->executor != node)
        rp_broken(p, RP_P_18, ev->executor, "another executor",
                  "the answer to %s reaches %s, and %s had asked", ev->name, ev->executor,
                  open->executor == RP_NO_ONE ? "nobody" : p->f.node[open->executor].id);
    if (open->told == RP_TOLD_AGAIN && p->resumes && !p->stepped)
        rp_broken(p, RP_P_17, ev->executor, "told though answered",
                  "the restore tells of the request %s, which the same turn answers", ev->name);
    if (open->call)
        note_answer(p, ev, open->call);
    RP_TRY(note_given(p, open, ev->data));
    rp_pile_cut(&p->now.open, at);
    return RP_OK;
}

/* Expired or cancelled. */
void rp_ask_closed(struct rp_props *p, const struct rp_event *ev)
{
    uint32_t at = find(&p->now, rp_print_id(rp_str(ev->name)));
    int expired = ev->kind == RP_EV_REQUEST_EXPIRED;

    if (at == RP_NO_ONE) {
        if (p->now.open_sure)
            rp_broken(p, RP_P_17, ev->executor, "closed though not open",
                      "the request %s %s, and it is not open", ev->name,
                      expired ? "expires" : "is cancelled");
        return;
    }
    /* one that is answered by its time-out is handed on as an answer */
    if (!expired || !rp_is_text(rp_map_get(ev->data, "action"), "answer"))
        rp_pile_cut(&p->now.open, at);
}

/* ---- ends -------------------------------------------------------------------------------------
 */

/* The first superstep after a restore: what is open and was not answered has been told again. */
void rp_ask_step_closed(struct rp_props *p)
{
    if (p->n_answers && p->turn_steps == 1 && p->turns_run == 1)
        check_given(p);
    p->given.n = 0;
    if (!p->resumes || p->stepped)
        return;
    for (uint32_t i = 0; i < p->now.open.n; i++) {
        struct rp_asked_open *open = open_at(&p->now, i);
        if (open->told == RP_TOLD_NOT)
            rp_broken(p, RP_P_17, open->executor == RP_NO_ONE ? NULL : p->f.node[open->executor].id,
                      "not told again", "the restore does not tell of the open request %s",
                      open->name);
        open->told = RP_TOLD_ONCE;
    }
}

/* Where it is not known what is open, it is from here on. */
static int learn(struct rp_props *p, const struct rp_run *run)
{
    p->now.open.n = 0;
    for (uint32_t i = 0; i < rp_run_requests(run); i++) {
        struct rp_open_request q = rp_run_request(run, i);
        struct rp_event told = {.executor = q.executor, .name = q.id, .data = q.data};
        RP_TRY(add(p, &told, rp_props_node(p, q.executor)));
    }
    p->now.open_sure = 1;
    return RP_OK;
}

int rp_ask_turn_ended(struct rp_props *p, const struct rp_run *run)
{
    uint32_t n = rp_run_requests(run);
    int waits = rp_run_state(run) == RP_IDLE_WITH_PENDING_REQUESTS;
    int rests = waits || rp_run_state(run) == RP_IDLE;

    if (!p->now.open_sure)
        return learn(p, run);
    if (p->resumes && p->before_work && p->turn_steps == 0) {
        p->now.open_sure = 0; /* refused after a restore that has answers under way still */
        return RP_OK;
    }
    if (n != p->now.open.n)
        rp_broken(p, RP_P_17, NULL, "other requests open",
                  "%u requests are open at the end of the turn, and %u were asked and not closed",
                  n, p->now.open.n);
    for (uint32_t i = 0; i < n && n == p->now.open.n; i++) {
        struct rp_open_request q = rp_run_request(run, i);
        if (open_at(&p->now, i)->id != rp_print_id(rp_str(q.id)))
            rp_broken(p, RP_P_17, q.executor, "other requests open",
                      "the request %s is open where %s should be", q.id, open_at(&p->now, i)->name);
    }
    if (rests && waits != (n > 0) && p->turns_run)
        rp_broken(p, RP_P_17, NULL, "status", "the run is %s with %u open requests",
                  rp_state_name(rp_run_state(run)), n);
    return RP_OK;
}

/* ---- guarded tools ----------------------------------------------------------------------------
 */

static int batch_waits(struct rp_props *p, const struct rp_known_call *call)
{
    for (uint32_t i = 0; i < p->now.open.n; i++) {
        uint64_t id = open_at(&p->now, i)->call;
        const struct rp_known_call *about = id ? rp_props_call(&p->now, id) : NULL;
        if (about && about->batch == call->batch)
            return 1;
    }
    return 0;
}

void rp_ask_tool(struct rp_props *p, const struct rp_tool_call *tool)
{
    struct rp_known_call *call = rp_props_call(&p->now, rp_print_id(rp_str_of(tool->call_id)));
    const char *name = tool->tool->name, *id = rp_str_of(tool->call_id).s;

    if (!call || call->reused)
        return;
    if (tool->tool->declaration_only)
        rp_broken(p, RP_P_19, tool->executor, "declared only",
                  "the tool %s runs (%s), and it is only declared", name, id);
    if (call->denied)
        rp_broken(p, RP_P_19, tool->executor, "ran though denied",
                  "the tool %s runs for %s, which was denied", name, id);
    else if (tool->tool->needs_approval && !call->approved && p->now.open_sure)
        rp_broken(p, RP_P_19, tool->executor, "ran unapproved",
                  "the tool %s runs for %s, which nobody has approved", name, id);
    else if (batch_waits(p, call))
        rp_broken(p, RP_P_19, tool->executor, "ran too early",
                  "the tool %s runs for %s while an answer to its batch is awaited", name, id);
    if (call->ran)
        rp_broken(p, RP_P_19, tool->executor, "ran twice", "the tool %s runs twice for the call %s",
                  name, id);
    if (call->agent != rp_props_agent(p, tool->agent))
        rp_broken(p, RP_P_18, tool->executor, "another agent",
                  "the tool %s runs for %s in the name of %s, who did not call it", name, id,
                  rp_agent_name(tool->agent));
    call->ran = 1;
}
