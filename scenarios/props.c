/* props.c - owns the list of properties and what they say; hands each thing that happens in a run
 * to the parts that it concerns. */
#include "props_inside.h"

#include "expect.h"

#include <string.h>

/* ---- names ------------------------------------------------------------------------------------
 */

const char *rp_property_name(enum rp_property property)
{
    switch (property) {
#define X(number, name, sentence)                                                                  \
    case RP_P_##number:                                                                            \
        return #name;
        RP_PROPERTY_LIST(X)
#undef X
    case RP_P_EXPECT:
        break;
    }
    return "expect";
}

const char *rp_property_sentence(enum rp_property property)
{
    switch (property) {
#define X(number, name, sentence)                                                                  \
    case RP_P_##number:                                                                            \
        return sentence;
        RP_PROPERTY_LIST(X)
#undef X
    case RP_P_EXPECT:
        break;
    }
    return "what the scenario expects of itself holds";
}

/* ---- violations -------------------------------------------------------------------------------
 */

static void keep_name(char *to, size_t room, const char *from)
{
    size_t n = from ? strlen(from) : 0;

    if (n >= room) {
        n = room - 1;
        while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(to, from ? from : "", n);
    to[n] = '\0';
}

static int is_known(const struct rp_props *p, const struct rp_violation *v)
{
    for (size_t i = 0; i < p->n_broken; i++)
        if (p->broken[i].property == v->property && rp_same(p->broken[i].what, v->what) &&
            rp_same(p->broken[i].executor, v->executor))
            return 1;
    return 0;
}

void rp_broken(struct rp_props *p, enum rp_property property, const char *executor,
               const char *what, const char *format, ...)
{
    struct rp_violation v = {.property = property, .turn = p->turn, .step = p->step};
    struct rp_error said;
    va_list arguments;

    keep_name(v.executor, sizeof(v.executor), executor);
    keep_name(v.what, sizeof(v.what), what);
    if (p->n_broken == RP_BROKEN_MAX || is_known(p, &v))
        return;
    va_start(arguments, format);
    rp_fail_va(&said, RP_ESTATE, "", format, arguments);
    va_end(arguments);
    _Static_assert(sizeof(said.text) == sizeof(v.text), "a reason is as long as another");
    memcpy(v.text, said.text, sizeof(v.text));
    p->broken[p->n_broken++] = v;
}

size_t rp_props_violations(const struct rp_props *p)
{
    return p->n_broken;
}

const struct rp_violation *rp_props_violation(const struct rp_props *p, size_t i)
{
    RP_ASSERT(i < p->n_broken);
    return &p->broken[i];
}

uint64_t rp_violation_signature(const struct rp_violation *v)
{
    uint64_t h = rp_print_mix(7, (uint64_t)v->property);

    h = rp_print_bytes(h, rp_str(v->executor));
    return rp_print_bytes(h, rp_str(v->what));
}

/* ---- making and freeing -----------------------------------------------------------------------
 */

static void *take(const struct rp_alloc *alloc, size_t n, size_t size)
{
    void *p = n ? alloc->resize(alloc->ctx, NULL, 0, n * size) : NULL;

    if (p)
        memset(p, 0, n * size);
    return p;
}

static void give(const struct rp_alloc *alloc, void *p, size_t n, size_t size)
{
    if (p)
        alloc->resize(alloc->ctx, p, n * size, 0);
}

static void set_piles(struct rp_props *p)
{
    rp_past_init(&p->now);
    rp_past_init(&p->before);
    p->next = RP_PILE(struct rp_due);
    p->sent = RP_PILE(uint32_t);
    p->links = RP_PILE(struct rp_link);
    p->undone = RP_PILE(uint64_t);
    p->marks = RP_PILE(struct rp_mark);
    p->view_calls = RP_PILE(struct rp_view_call);
    p->slots = RP_PILE(struct rp_view_slot);
    p->wanted = RP_PILE(uint64_t);
    p->given = RP_PILE(struct rp_given_answer);
}

static int fill(struct rp_props *p)
{
    RP_TRY(rp_facts_of(&p->f, &p->heap, p->scenario));
    p->doing = take(&p->alloc, p->f.n_nodes, sizeof(*p->doing));
    p->reply = take(&p->alloc, p->f.n_agents, sizeof(*p->reply));
    p->agent_is = take(&p->alloc, p->f.n_agents, sizeof(*p->agent_is));
    if (!p->doing || (p->f.n_agents && (!p->reply || !p->agent_is)))
        return RP_ENOMEM;
    RP_TRY(rp_expecting_new(&p->alloc, p->scenario, &p->expecting));
    rp_props_reset(p);
    return rp_past_fresh(p);
}

int rp_props_new(const struct rp_alloc *alloc, const struct rp_scenario *scenario,
                 struct rp_props **out)
{
    struct rp_props *p = take(alloc, 1, sizeof(*p));
    int rc;

    if (!p)
        return RP_ENOMEM;
    p->alloc = *alloc;
    p->scenario = scenario;
    rp_heap_init(&p->heap, alloc, 0, 0);
    rp_buf_init(&p->chief_said, alloc, RP_TEXT_MAX);
    set_piles(p);
    rc = fill(p);
    if (rc != RP_OK) {
        rp_props_free(p);
        return rc;
    }
    *out = p;
    return RP_OK;
}

void rp_props_free(struct rp_props *p)
{
    if (!p)
        return;
    struct rp_alloc alloc = p->alloc;
    struct rp_pile *piles[] = {&p->next,       &p->sent,  &p->links,  &p->undone,
                               &p->view_calls, &p->slots, &p->wanted, &p->given};

    for (uint32_t i = 0; i < p->marks.n; i++)
        rp_past_free(&alloc, &RP_IN(&p->marks, struct rp_mark, i)->known);
    rp_pile_free(&alloc, &p->marks);
    for (size_t i = 0; i < sizeof(piles) / sizeof(*piles); i++)
        rp_pile_free(&alloc, piles[i]);
    rp_past_free(&alloc, &p->now);
    rp_past_free(&alloc, &p->before);
    give(&alloc, p->doing, p->f.n_nodes, sizeof(*p->doing));
    give(&alloc, p->reply, p->f.n_agents, sizeof(*p->reply));
    give(&alloc, p->agent_is, p->f.n_agents, sizeof(*p->agent_is));
    rp_expecting_free(p->expecting);
    rp_buf_free(&p->chief_said);
    rp_heap_free(&p->heap);
    alloc.resize(alloc.ctx, p, sizeof(*p), 0);
}

void rp_props_reset(struct rp_props *p)
{
    if (p->now.does.room && rp_past_fresh(p) != RP_OK) /* only ever needs what it has */
        RP_ASSERT(0);
    p->next.n = p->links.n = p->undone.n = p->view_calls.n = p->wanted.n = p->given.n = 0;
    p->n_marks = 0;
    p->batches = 0;
    rp_buf_clear(&p->chief_said);
    memset(p->doing, 0, p->f.n_nodes * sizeof(*p->doing));
    if (p->f.n_agents)
        memset(p->reply, 0, p->f.n_agents * sizeof(*p->reply));
    p->turn = p->step = p->turn_steps = 0;
    p->before_work = 0;
    p->resumes = p->in_turn = p->in_step = p->closed = p->stepped = 0;
    p->ended = p->failed_told = p->ended_failed = p->step_failed = p->turns_run = 0;
    p->client_errors = p->shared_touched = p->warned_joins = 0;
    p->ledger = RP_LEDGER_NOTHING;
    p->spoke = p->revising = p->on_response = 0;
    p->events = RP_GROWN_EMPTY;
    p->sensitive = p->crashes = p->failures = 0;
    p->n_broken = 0;
    rp_expecting_reset(p->expecting);
}

/* ---- who is who -------------------------------------------------------------------------------
 */

/* Ids are told by the very strings of the workflow; others are compared. */
uint32_t rp_props_node(const struct rp_props *p, const char *id)
{
    for (uint32_t i = 0; id && i < p->f.n_nodes; i++)
        if (p->f.node[i].id == id)
            return i;
    for (uint32_t i = 0; id && i < p->f.n_nodes; i++)
        if (rp_same(p->f.node[i].id, id))
            return i;
    return RP_NO_ONE;
}

uint32_t rp_props_agent(struct rp_props *p, const struct rp_agent *agent)
{
    for (uint32_t i = 0; i < p->f.n_agents; i++)
        if (p->agent_is[i] == agent)
            return i;
    for (uint32_t i = 0; i < p->f.n_agents; i++)
        if (rp_same(p->f.agent[i].name, rp_agent_name(agent))) {
            p->agent_is[i] = agent;
            return i;
        }
    return RP_NO_ONE;
}

/* ---- a superstep ------------------------------------------------------------------------------
 */

/* Its work is done: told by its checkpoint, or by its end. */
static int close_step(struct rp_props *p)
{
    if (p->closed)
        return RP_OK;
    p->closed = 1;
    rp_output_step_closed(p);
    rp_ask_step_closed(p);
    rp_speaker_step_closed(p);
    RP_TRY(rp_route_close(p));
    p->now.iteration = p->step;
    return RP_OK;
}

static int step_started(struct rp_props *p, const struct rp_event *ev)
{
    RP_TRY(rp_route_step(p, ev));
    memset(p->doing, 0, p->f.n_nodes * sizeof(*p->doing));
    p->in_step = 1;
    p->closed = p->step_failed = p->client_errors = 0;
    p->shared_touched = 0;
    p->step = ev->step;
    p->turn_steps++;
    return RP_OK;
}

static int step_completed(struct rp_props *p, const struct rp_event *ev)
{
    if (!p->in_step || ev->step != p->step)
        rp_broken(p, RP_P_9, NULL, "end of no step", "superstep %l ends, and it was not under way",
                  ev->step);
    RP_TRY(close_step(p));
    p->in_step = 0;
    p->stepped = 1;
    p->step = 0;
    return RP_OK;
}

/* What is under way is given up: the turn has failed, or was cancelled. */
static int give_up_step(struct rp_props *p)
{
    if (p->in_step && !p->closed)
        RP_TRY(rp_atomic_undo(p));
    p->in_step = 0;
    return RP_OK;
}

/* ---- executors --------------------------------------------------------------------------------
 */

static int invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    RP_TRY(rp_route_invoked(p, ev, node));
    if (ev->name)
        RP_TRY(rp_ask_answered(p, ev, node));
    if (!ev->n_sources)
        RP_TRY(rp_view_outside(p, ev->data));
    rp_speaker_invoked(p, ev, node);
    rp_atomic_invoked(p, ev, node);
    return rp_output_invoked(p, ev, node);
}

static int completed(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    RP_TRY(rp_route_completed(p, ev, node));
    rp_speaker_completed(p, ev, node);
    RP_TRY(rp_atomic_completed(p, ev, node));
    rp_output_completed(p, ev, node);
    p->doing[node].busy = 0;
    return RP_OK;
}

static void executor_failed(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    (void)ev;
    p->step_failed = 1;
    p->failures++;
    p->sensitive = 1; /* what still waits is cancelled, and which error counts depends on it */
    p->doing[node].busy = 0;
    p->doing[node].asked_to_speak = 0;
}

/* ---- events -----------------------------------------------------------------------------------
 */

static int started(struct rp_props *p)
{
    if (p->in_turn)
        rp_broken(p, RP_P_14, NULL, "begun twice", "a turn begins while another is under way");
    p->in_turn = 1;
    p->in_step = p->ended = p->failed_told = p->ended_failed = p->stepped = 0;
    p->turn_steps = 0;
    p->warned_joins = 0;
    p->turns_run++;
    p->resumes = p->kind == RP_TURN_RESUME;
    p->before_work = 0;
    if (p->resumes)
        RP_TRY(rp_restore_begin(p));
    return rp_route_started(p);
}

static int status(struct rp_props *p, const struct rp_event *ev)
{
    rp_output_status(p, ev);
    switch (ev->state) {
    case RP_FAILED:
    case RP_CANCELLED:
        RP_TRY(give_up_step(p));
        if (ev->state == RP_CANCELLED)
            p->now.due.n = p->now.handed_to = 0;
        p->in_turn = 0;
        break;
    case RP_IDLE:
    case RP_IDLE_WITH_PENDING_REQUESTS:
        rp_route_rest(p);
        p->in_turn = 0;
        break;
    case RP_STARTED:
    case RP_IN_PROGRESS:
    case RP_IN_PROGRESS_PENDING_REQUESTS:
        break;
    }
    p->ended = !p->in_turn;
    return RP_OK;
}

/* An executor's event needs one of the workflow, in a superstep. */
static int of_executor(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    if (node == RP_NO_ONE) {
        rp_broken(p, RP_P_4, ev->executor, "nobody", "%s is no executor of the workflow",
                  ev->executor);
        return RP_OK;
    }
    if (!p->in_step || p->closed)
        rp_broken(p, RP_P_9, ev->executor, "outside a step",
                  "%s works (%s) while no superstep is under way", ev->executor,
                  rp_event_name(ev->kind));
    if (ev->kind == RP_EV_EXECUTOR_INVOKED)
        return invoked(p, ev, node);
    if (ev->kind == RP_EV_EXECUTOR_COMPLETED)
        return completed(p, ev, node);
    executor_failed(p, ev, node);
    return RP_OK;
}

static int handle(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    switch (ev->kind) {
    case RP_EV_STARTED:
        return started(p);
    case RP_EV_STATUS:
        return status(p, ev);
    case RP_EV_FAILED:
        if (p->failed_told)
            rp_broken(p, RP_P_14, NULL, "failed twice", "the turn's failure is told twice");
        p->failed_told = 1;
        return RP_OK;
    case RP_EV_SUPERSTEP_STARTED:
        return step_started(p, ev);
    case RP_EV_SUPERSTEP_COMPLETED:
        return step_completed(p, ev);
    case RP_EV_EXECUTOR_INVOKED:
    case RP_EV_EXECUTOR_COMPLETED:
    case RP_EV_EXECUTOR_FAILED:
        return of_executor(p, ev, node);
    case RP_EV_REQUEST_INFO:
        return rp_ask_told(p, ev, node);
    case RP_EV_REQUEST_EXPIRED:
    case RP_EV_REQUEST_CANCELLED:
        rp_ask_closed(p, ev);
        return RP_OK;
    case RP_EV_GROUP_CHAT:
    case RP_EV_HANDOFF_SENT:
    case RP_EV_MAGENTIC:
        rp_speaker_event(p, ev);
        return RP_OK;
    case RP_EV_OUTPUT:
    case RP_EV_INTERMEDIATE:
        rp_output_told(p, ev, node);
        return RP_OK;
    case RP_EV_CHECKPOINT:
        if (p->in_step)
            RP_TRY(close_step(p));
        return rp_restore_saved(p, ev);
    case RP_EV_WARNING:
        p->warned_joins += !p->in_step && ev->executor && ev->status == RP_OK;
        return RP_OK;
    case RP_EV_CUSTOM:
        break;
    }
    return RP_OK;
}

/* Outside of a turn requests are withdrawn, and nothing else happens. */
static int may_happen_between_turns(const struct rp_props *p, const struct rp_event *ev)
{
    return p->in_turn || ev->kind == RP_EV_STARTED || ev->kind == RP_EV_REQUEST_CANCELLED ||
           (p->kind == RP_TURN_CANCEL && ev->kind == RP_EV_STATUS);
}

static int on_event(void *ctx, const struct rp_event *ev)
{
    struct rp_props *p = ctx;
    uint32_t node = rp_props_node(p, ev->executor);

    if (!may_happen_between_turns(p, ev))
        rp_broken(p, RP_P_14, ev->executor, "after the end", "%s is told after the turn has ended",
                  rp_event_name(ev->kind));
    RP_TRY(handle(p, ev, node));
    rp_summary_event(p, ev, node);
    return rp_expecting_event(p->expecting, ev);
}

/* ---- models and tools -------------------------------------------------------------------------
 */

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    struct rp_props *p = ctx;
    uint32_t agent = rp_props_agent(p, call->agent);

    (void)number;
    (void)made;
    if (agent == RP_NO_ONE)
        return RP_OK;
    RP_TRY(rp_view_shown(p, call, agent));
    rp_speaker_shown(p, call, agent);
    rp_summary_model(p, call, agent);
    return rp_expecting_model_call(p->expecting, call);
}

static int on_model_reply(void *ctx, const struct rp_agent *of, const struct rp_reply *reply)
{
    struct rp_props *p = ctx;
    uint32_t agent = rp_props_agent(p, of);

    if (agent == RP_NO_ONE)
        return RP_OK;
    /* a manager's ledger that cannot be had is no failure: R-MAG-6 (3) */
    if (reply->kind == RP_REPLY_ERROR && !(p->f.pattern == RP_MAGENTIC && agent == p->f.chief))
        p->client_errors++;
    RP_TRY(rp_view_reply(p, agent, reply));
    return rp_expecting_reply(p->expecting, of, reply);
}

static int on_tool_call(void *ctx, const struct rp_tool_call *call)
{
    struct rp_props *p = ctx;

    rp_ask_tool(p, call);
    rp_summary_tool(p, call);
    return rp_expecting_tool(p->expecting, call);
}

struct rp_observer rp_props_observer(struct rp_props *p)
{
    return (struct rp_observer){.event = on_event,
                                .model_call = on_model_call,
                                .model_reply = on_model_reply,
                                .tool_call = on_tool_call,
                                .ctx = p};
}

/* ---- turns ------------------------------------------------------------------------------------
 */

int rp_props_turn_begins(struct rp_props *p, const struct rp_scenario_turn *turn,
                         const struct rp_run *run)
{
    (void)run;
    p->turn++;
    p->step = 0;
    p->kind = turn->kind;
    p->checkpoint = turn->checkpoint;
    p->answers = turn->answers;
    p->n_answers = turn->n_answers;
    p->given.n = 0;
    p->turns_run = p->resumes = 0;
    p->failed_told = p->ended_failed = p->ended = 0;
    return RP_OK;
}

int rp_props_turn_ended(struct rp_props *p, const struct rp_run *run, int status, int crashed)
{
    rp_expecting_time(p->expecting, rp_run_time(run));
    p->crashes += crashed != 0;
    if (!crashed) {
        rp_output_turn_ended(p, status);
        if (!p->in_turn)
            RP_TRY(rp_ask_turn_ended(p, run));
    }
    p->in_turn = p->in_step = 0;
    p->step = 0;
    return RP_OK;
}

/* What the scenario expects, as violations beside the others. */
static void report_expected(struct rp_props *p)
{
    for (uint32_t i = 0; i < rp_expecting_broken(p->expecting); i++) {
        const struct rp_expect_broken *b = rp_expecting_broken_at(p->expecting, i);
        p->turn = b->turn;
        p->step = b->step;
        rp_broken(p, RP_P_EXPECT, NULL, b->place, "%s", b->text);
    }
}

int rp_props_end(struct rp_props *p, int clean)
{
    RP_TRY(rp_expecting_end(p->expecting, clean));
    report_expected(p);
    return RP_OK;
}

uint64_t rp_props_sometimes(const struct rp_props *p)
{
    return rp_expecting_sometimes(p->expecting);
}
