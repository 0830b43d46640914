/* expect.c - owns watching what a scenario expects of itself: counts over all that happens, and
 * tests on them. */
#include "expect_inside.h"

#include <string.h>

const char *rp_expect_mode_name(enum rp_expect_mode mode)
{
    static const char *const names[] = {"always", "eventually", "never", "sometimes"};

    return names[mode];
}

const struct rp_expect *rp_expect_sometimes(const struct rp_scenario *s, uint32_t i)
{
    for (uint32_t k = 0; k < s->n_expect; k++)
        if (s->expect[k].mode == RP_SOMETIMES && i-- == 0)
            return &s->expect[k];
    return NULL;
}

/* ---- making and freeing -----------------------------------------------------------------------
 */

static void *take(const struct rp_alloc *alloc, size_t n, size_t size)
{
    void *p = alloc->resize(alloc->ctx, NULL, 0, n * size);

    if (p)
        memset(p, 0, n * size);
    return p;
}

int rp_expecting_new(const struct rp_alloc *alloc, const struct rp_scenario *scenario,
                     struct rp_expecting **out)
{
    struct rp_expecting *e;

    *out = NULL;
    if (scenario->n_expect == 0)
        return RP_OK;
    e = take(alloc, 1, sizeof(*e));
    if (!e)
        return RP_ENOMEM;
    e->alloc = *alloc;
    e->scenario = scenario;
    rp_heap_init(&e->heap, alloc, 0, 0);
    rp_buf_init(&e->a, alloc, RP_TEXT_MAX);
    rp_buf_init(&e->b, alloc, RP_TEXT_MAX);
    e->state = take(alloc, scenario->n_expect_tests, sizeof(*e->state));
    e->speaking = take(alloc, scenario->n_agents + 1, sizeof(*e->speaking));
    e->voice = take(alloc, rp_workflow_executors(scenario->workflow) + 1, sizeof(*e->voice));
    if (!e->state || !e->speaking || !e->voice) {
        rp_expecting_free(e);
        return RP_ENOMEM;
    }
    for (uint32_t i = 0; i <= rp_workflow_executors(scenario->workflow); i++)
        rp_buf_init(&e->voice[i].text, alloc, RP_TEXT_MAX);
    rp_expecting_reset(e);
    *out = e;
    return RP_OK;
}

void rp_expecting_free(struct rp_expecting *e)
{
    if (!e)
        return;
    struct rp_alloc a = e->alloc;
    uint32_t n = rp_workflow_executors(e->scenario->workflow) + 1;

    for (uint32_t i = 0; e->voice && i < n; i++)
        if (e->voice[i].text.alloc.resize)
            rp_buf_free(&e->voice[i].text);
    if (e->state)
        a.resize(a.ctx, e->state, e->scenario->n_expect_tests * sizeof(*e->state), 0);
    if (e->speaking)
        a.resize(a.ctx, e->speaking, (e->scenario->n_agents + 1) * sizeof(*e->speaking), 0);
    if (e->voice)
        a.resize(a.ctx, e->voice, n * sizeof(*e->voice), 0);
    rp_heap_free(&e->heap);
    rp_buf_free(&e->a);
    rp_buf_free(&e->b);
    a.resize(a.ctx, e, sizeof(*e), 0);
}

void rp_expecting_reset(struct rp_expecting *e)
{
    if (!e)
        return;
    memset(e->state, 0, e->scenario->n_expect_tests * sizeof(*e->state));
    for (uint32_t i = 0; i < e->scenario->n_expect_tests; i++)
        e->state[i].value = RP_UNDECIDED;
    memset(e->speaking, 0, (e->scenario->n_agents + 1) * sizeof(*e->speaking));
    for (uint32_t i = 0; i <= rp_workflow_executors(e->scenario->workflow); i++) {
        rp_buf_clear(&e->voice[i].text);
        e->voice[i].open = 0;
    }
    memset(e->count, 0, sizeof(e->count));
    e->tokens_told = e->time_told = 0;
    e->status = -1;
    e->turn = 1;
    e->step = 0;
    e->sometimes = 0;
    e->n_broken = 0;
    e->ended = 0;
}

/* ---- going through all tests ------------------------------------------------------------------
 */

struct visit {
    struct rp_expecting *e;
    void (*fn)(struct visit *v, const struct rp_expect_test *test, struct rp_test_state *state);
    const char *name, *agent; /* of what happened */
    const struct rp_event *ev;
    int rc;
};

static void visit_test(struct visit *v, const struct rp_expect_test *test)
{
    v->fn(v, test, &v->e->state[test->number]);
    if (test->kind != RP_TEST_ORDER)
        for (uint32_t i = 0; i < test->n_in; i++)
            visit_test(v, &test->in[i]);
}

static void visit_all(struct visit *v)
{
    for (uint32_t i = 0; i < v->e->scenario->n_expect; i++)
        visit_test(v, &v->e->scenario->expect[i].test);
}

/* The next step of an order, if it is this that happened. */
static int is_next(const struct rp_expect_test *order, struct rp_test_state *state,
                   enum rp_test_kind kind, const char *name, const char *executor)
{
    const struct rp_expect_test *step;

    if (order->kind != RP_TEST_ORDER || state->count >= order->n_in)
        return 0;
    step = &order->in[state->count];
    if (step->kind != kind)
        return 0;
    if (kind == RP_TEST_EVENT)
        return rp_same(step->event, name) && (!step->who || rp_same(step->who, executor));
    return rp_same(step->who, name);
}

/* ---- what happens -----------------------------------------------------------------------------
 */

static void speaks(struct visit *v, const struct rp_expect_test *test, struct rp_test_state *state)
{
    if (test->kind == RP_TEST_SPEAKS)
        state->count += rp_same(test->who, v->name);
    else
        state->count += is_next(test, state, RP_TEST_SPEAKS, v->name, NULL);
}

static void calls(struct visit *v, const struct rp_expect_test *test, struct rp_test_state *state)
{
    state->count += is_next(test, state, RP_TEST_CALLS, v->name, NULL);
    if (test->kind != RP_TEST_CALLS)
        return;
    if (rp_same(test->who, v->name) && (!test->agent || rp_same(test->agent, v->agent))) {
        state->count++;
        state->bad |= (test->before && state->before) || (test->after && !state->after);
    }
    state->before |= test->before && rp_same(test->before, v->name);
    state->after |= test->after && rp_same(test->after, v->name);
}

static void happens(struct visit *v, const struct rp_expect_test *test, struct rp_test_state *state)
{
    state->count += is_next(test, state, RP_TEST_EVENT, v->name, v->ev->executor);
}

static void ends_output(struct visit *v, const struct rp_expect_test *test,
                        struct rp_test_state *state)
{
    if (test->kind == RP_TEST_OUTPUT && v->rc == RP_OK &&
        (!test->who || (v->name && rp_same(test->who, v->name))))
        v->rc = rp_expect_output(v->e, test, &state->value);
}

/* ---- outputs ----------------------------------------------------------------------------------
 */

static uint32_t executor_of(const struct rp_expecting *e, const char *id)
{
    uint32_t n = rp_workflow_executors(e->scenario->workflow);

    for (uint32_t i = 0; i < n; i++)
        if (rp_same(rp_workflow_executor(e->scenario->workflow, i), id))
            return i;
    return n;
}

/* The text in e->voice[who] is an output as a whole. */
static int output_ended(struct rp_expecting *e, uint32_t who, const char *executor)
{
    struct visit v = {.e = e, .fn = ends_output, .name = executor};

    e->last = &e->voice[who].text;
    e->voice[who].open = 0;
    visit_all(&v);
    return v.rc;
}

static int output(struct rp_expecting *e, const struct rp_event *ev)
{
    uint32_t who = executor_of(e, ev->executor);
    struct rp_voice *voice = &e->voice[who];

    if (!voice->open)
        rp_buf_clear(&voice->text);
    RP_TRY(rp_expect_add_text(e, &voice->text, ev->data));
    voice->open = rp_kind(ev->data) == RP_K_UPDATE; /* goes on until its executor has completed */
    return voice->open ? RP_OK : output_ended(e, who, ev->executor);
}

static int executor_ended(struct rp_expecting *e, const struct rp_event *ev)
{
    uint32_t who = executor_of(e, ev->executor);

    return e->voice[who].open ? output_ended(e, who, ev->executor) : RP_OK;
}

/* ---- the hooks --------------------------------------------------------------------------------
 */

static void count_event(struct rp_expecting *e, const struct rp_event *ev)
{
    if (ev->kind == RP_EV_SUPERSTEP_COMPLETED)
        e->count[RP_TEST_SUPERSTEPS]++;
    else if (ev->kind == RP_EV_HANDOFF_SENT)
        e->count[RP_TEST_ROUNDS]++;
    else if (ev->kind == RP_EV_GROUP_CHAT)
        e->count[RP_TEST_ROUNDS] += rp_map_has(ev->data, "request_sent");
    else if (ev->kind == RP_EV_STATUS &&
             (ev->state == RP_IDLE || ev->state == RP_IDLE_WITH_PENDING_REQUESTS ||
              ev->state == RP_FAILED || ev->state == RP_CANCELLED))
        e->status = (int)ev->state;
}

int rp_expecting_event(struct rp_expecting *e, const struct rp_event *ev)
{
    struct visit v = {.e = e, .fn = happens, .ev = ev};

    if (!e)
        return RP_OK;
    e->step = ev->step;
    count_event(e, ev);
    v.name = rp_event_name(ev->kind);
    visit_all(&v);
    if (ev->kind == RP_EV_OUTPUT)
        RP_TRY(output(e, ev));
    else if (ev->kind == RP_EV_EXECUTOR_COMPLETED)
        RP_TRY(executor_ended(e, ev));
    return rp_expect_ask(e);
}

int rp_expecting_model_call(struct rp_expecting *e, const struct rp_model_call *call)
{
    if (!e)
        return RP_OK;
    e->step = call->step;
    e->count[RP_TEST_MODEL_CALLS]++;
    return rp_expect_ask(e);
}

static int shows_text(struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++)
        if (rp_kind(rp_at(contents, i)) == RP_K_C_TEXT &&
            !rp_str_blank(rp_str_of(rp_c_text_of(rp_at(contents, i))->text)))
            return 1;
    return 0;
}

static int64_t whole(struct rp_value usage, const char *key)
{
    struct rp_value v = rp_map_get(usage, key);

    return v.tag == RP_INT ? v.u.i : 0;
}

static const char *const token_keys[][2] = {{"input_tokens", "output_tokens"},
                                            {"prompt_tokens", "completion_tokens"}};

static void count_tokens(struct rp_expecting *e, struct rp_value usage)
{
    int64_t n = whole(usage, "total_tokens");

    for (size_t i = 0; i < 2 && n == 0; i++)
        n = whole(usage, token_keys[i][0]) + whole(usage, token_keys[i][1]);
    e->tokens_told |= usage.tag == RP_MAP;
    e->count[RP_TEST_TOKENS] += n;
}

static uint32_t agent_of(const struct rp_expecting *e, const struct rp_agent *agent)
{
    for (uint32_t i = 0; i < e->scenario->n_agents; i++)
        if (rp_same(e->scenario->script[i].name, rp_agent_name(agent)))
            return i;
    return e->scenario->n_agents;
}

int rp_expecting_reply(struct rp_expecting *e, const struct rp_agent *agent,
                       const struct rp_reply *reply)
{
    struct visit v = {.e = e, .fn = speaks};
    uint8_t *text;

    if (!e)
        return RP_OK;
    text = &e->speaking[agent_of(e, agent)];
    v.name = rp_agent_name(agent);
    if (reply->kind == RP_REPLY_UPDATE)
        *text |= (uint8_t)shows_text(rp_update_of(reply->value)->contents);
    if (reply->kind == RP_REPLY_WHOLE) {
        struct rp_response *r = rp_response_of(reply->value);
        for (uint32_t i = 0; i < rp_len(r->messages); i++)
            *text |= (uint8_t)shows_text(rp_message_of(rp_at(r->messages, i))->contents);
        count_tokens(e, r->usage);
    }
    if (reply->kind == RP_REPLY_END)
        count_tokens(e, reply->value);
    if (reply->kind == RP_REPLY_UPDATE || reply->kind == RP_REPLY_NONE)
        return RP_OK;
    if (*text && reply->kind != RP_REPLY_ERROR)
        visit_all(&v);
    *text = 0;
    return rp_expect_ask(e);
}

int rp_expecting_tool(struct rp_expecting *e, const struct rp_tool_call *call)
{
    struct visit v = {.e = e, .fn = calls};

    if (!e)
        return RP_OK;
    v.name = call->tool->name;
    v.agent = rp_agent_name(call->agent);
    e->count[RP_TEST_TOOL_CALLS]++;
    visit_all(&v);
    return rp_expect_ask(e);
}

int rp_expecting_time(struct rp_expecting *e, uint64_t now_ms)
{
    if (!e)
        return RP_OK;
    e->time_told = 1;
    e->count[RP_TEST_TIME] = now_ms > INT64_MAX ? INT64_MAX : (int64_t)now_ms;
    e->step = 0;
    RP_TRY(rp_expect_ask(e));
    e->turn++;
    return RP_OK;
}

/* ---- as an observer ---------------------------------------------------------------------------
 */

static int on_event(void *ctx, const struct rp_event *ev)
{
    return rp_expecting_event(ctx, ev);
}

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    (void)number;
    (void)made;
    return rp_expecting_model_call(ctx, call);
}

static int on_model_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    return rp_expecting_reply(ctx, agent, reply);
}

static int on_tool_call(void *ctx, const struct rp_tool_call *call)
{
    return rp_expecting_tool(ctx, call);
}

struct rp_observer rp_expecting_observer(struct rp_expecting *e)
{
    return (struct rp_observer){.event = on_event,
                                .model_call = on_model_call,
                                .model_reply = on_model_reply,
                                .tool_call = on_tool_call,
                                .ctx = e};
}
