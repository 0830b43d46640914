/* asking.c - workflows that ask a person, and a person's answers. */
#include "tests/support/cm.h"
#include "tests/story/asking.h"

#include <string.h>

/* ---- telling ---- */

void asking_open(struct story *s, const struct story_line *lines, size_t n)
{
    story_open(s);
    story_keep(s);
    story_script(s, lines, n);
    s->untold = RP_BIT(RP_EV_STARTED) | RP_BIT(RP_EV_SUPERSTEP_STARTED) |
                RP_BIT(RP_EV_SUPERSTEP_COMPLETED) | RP_BIT(RP_EV_EXECUTOR_INVOKED) |
                RP_BIT(RP_EV_EXECUTOR_COMPLETED) | RP_BIT(RP_EV_CHECKPOINT) |
                RP_BIT(RP_EV_HANDOFF_SENT) | RP_BIT(RP_EV_GROUP_CHAT);
}

static void tell_call(struct story *s, const struct rp_model_call *call)
{
    story_note(s, "%lld model %s ", (long long)call->step, rp_agent_name(call->agent));
    story_value(s, call->messages);
    story_note(s, "\n");
}

/* Beginnings are the same in every turn, and left out. */
static int is_plain(const struct rp_out *out)
{
    return out->kind == RP_OUT_EVENT && out->u.event.kind == RP_EV_STATUS &&
           (out->u.event.state == RP_IN_PROGRESS ||
            out->u.event.state == RP_IN_PROGRESS_PENDING_REQUESTS);
}

static void play(struct story *s)
{
    size_t before = s->n;

    while (story_next(s)) {
        if (s->out.kind == RP_OUT_MODEL_CALL)
            tell_call(s, &s->out.u.model);
        if (is_plain(&s->out)) {
            s->n = before;
            s->text[s->n] = '\0';
        }
        before = s->n;
    }
}

static void after(struct story *s, int rc)
{
    s->events_seen = 0;
    if (rc == RP_OK)
        play(s);
    else
        story_note(s, "refused: %s\n", rp_status_name(rc));
}

void asking_say(struct story *s, const char *text)
{
    after(s, story_begin(s, text));
}

void asking_answers(struct story *s, const struct rp_answer *answers, size_t n)
{
    after(s, rp_run_respond(s->run, answers, n, NULL, &s->error));
}

void asking_answer(struct story *s, size_t request, struct rp_value value)
{
    struct rp_answer answer = {story_id(s, request), value};

    asking_answers(s, &answer, 1);
}

void asking_resume(struct story *s, int64_t checkpoint, const struct rp_answer *answers, size_t n)
{
    after(s, rp_run_resume(s->run, checkpoint, answers, n, NULL, &s->error));
}

void asking_wait(struct story *s, uint64_t now_ms)
{
    rp_run_set_time(s->run, now_ms);
    after(s, rp_run_expire(s->run, NULL, &s->error));
}

void asking_cancel(struct story *s, size_t request)
{
    int rc = rp_run_cancel_request(s->run, story_id(s, request));

    if (rc != RP_OK) {
        story_note(s, "refused: %s\n", rp_status_name(rc));
        return;
    }
    while (rp_run_next(s->run, &s->out) == RP_OK && s->out.kind == RP_OUT_EVENT)
        story_event(s, &s->out.u.event);
}

static size_t number_of(const struct story *s, const char *id)
{
    for (size_t i = 0; i < s->n_requests; i++)
        if (strcmp(s->request[i], id) == 0)
            return i + 1;
    return 0;
}

void asking_open_ones(struct story *s)
{
    story_note(s, "open:");
    for (uint32_t i = 0; i < rp_run_requests(s->run); i++) {
        struct rp_open_request q = rp_run_request(s->run, i);
        story_note(s, " R%zu of %s since %llu", number_of(s, q.id), q.executor,
                   (unsigned long long)q.asked_ms);
        if (q.deadline_ms != UINT64_MAX)
            story_note(s, " until %llu", (unsigned long long)q.deadline_ms);
        if (q.origin)
            story_note(s, " was R%zu", number_of(s, q.origin));
        if (q.to)
            story_note(s, " for %s", q.to);
        story_note(s, ";");
    }
    story_note(s, "\n");
}

/* ---- agents ---- */

struct rp_agent *asking_agent(struct story *s, const char *name)
{
    struct rp_tool tools[] = {{.name = "pay", .needs_approval = 1},
                              {.name = "fetch", .declaration_only = 1},
                              {.name = "look"}};
    struct rp_agent *a = rp_agent(
        s->kit, &(struct rp_agent_opts){.name = name, .tools = tools, .n_tools = STORY_N(tools)},
        &s->error);

    assert_non_null(a);
    return a;
}

struct rp_workflow *asking_handoff(struct story *s)
{
    struct rp_agent *a[] = {asking_agent(s, "a"), asking_agent(s, "b")};

    return rp_handoff(s->kit, &(struct rp_handoff_opts){.participants = a, .n = 2, .start = "a"},
                      &s->error);
}

struct rp_workflow *asking_agent_alone(struct story *s)
{
    struct rp_participant p[] = {RP_AGENT(asking_agent(s, "a")), RP_AGENT(asking_agent(s, "z"))};

    return rp_sequential(s->kit, &(struct rp_sequential_opts){.participants = p, .n = 2},
                         &s->error);
}

struct rp_workflow *asking_two_agents(struct story *s)
{
    struct rp_participant p[] = {RP_AGENT(asking_agent(s, "a")), RP_AGENT(asking_agent(s, "b"))};

    return rp_concurrent(
        s->kit, &(struct rp_concurrent_opts){.participants = p, .n = 2, .join = "+"}, &s->error);
}

struct rp_workflow *asking_reviewed(struct story *s)
{
    struct rp_participant p[] = {RP_AGENT(asking_agent(s, "a"))};
    struct rp_sequential_opts o = {.participants = p, .n = 1, .request_info = {RP_PICK_ALL, 0, 0}};

    return rp_sequential(s->kit, &o, &s->error);
}

struct rp_workflow *asking_planned(struct story *s)
{
    struct rp_participant p[] = {RP_AGENT(asking_agent(s, "w"))};
    struct rp_magentic_opts o = {.participants = p,
                                 .n = 1,
                                 .manager = asking_agent(s, "m"),
                                 .plan_review = 1,
                                 .has_max_stalls = 1,
                                 .max_stalls = 0};

    return rp_magentic(s->kit, &o, &s->error);
}

/* ---- custom executors ---- */

static int ask(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_str parts[] = {rp_str_of(data), rp_str("?"), {NULL, 0}};

    (void)self;
    return rp_ask(cx, rp_text_join(rp_heap(cx), parts), RP_T_TEXT, NULL);
}

static int told(struct rp_ctx *cx, void *self, struct rp_value request, struct rp_value answer)
{
    struct rp_str parts[] = {rp_str_of(request), rp_str_of(answer), {NULL, 0}};

    (void)self;
    return rp_yield(cx, rp_text_join(rp_heap(cx), parts));
}

static void add_asker(struct rp_graph *g, const char *id)
{
    static const struct rp_type any = {~(uint64_t)0, ~(uint64_t)0};
    struct rp_handler handlers[] = {{.accepts = any, .fn = ask}};
    struct rp_answer_handler answers[] = {
        {.request = any, .answer = any, .fn = told, .yields = RP_T_TEXT}};
    struct rp_executor e = {
        .id = id, .handlers = handlers, .n_handlers = 1, .answers = answers, .n_answers = 1};

    rp_graph_executor(g, &e);
}

static int pass(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return rp_send(cx, data);
}

static void add_start(struct rp_graph *g)
{
    struct rp_handler handlers[] = {
        {.accepts = (struct rp_type){~(uint64_t)0, ~(uint64_t)0}, .fn = pass}};
    struct rp_executor e = {.id = "start", .handlers = handlers, .n_handlers = 1};

    rp_graph_executor(g, &e);
    rp_graph_start(g, "start");
}

struct rp_workflow *asking_questions(struct story *s)
{
    static const char *const both[] = {"q", "r"};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "questions"});

    add_start(g);
    add_asker(g, "q");
    add_asker(g, "r");
    rp_graph_fan_out(g, "start", both, 2);
    return rp_graph_build(g, &s->error);
}

static struct rp_workflow *one_asker(struct story *s)
{
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "inner"});

    add_asker(g, "q");
    rp_graph_start(g, "q");
    return rp_graph_build(g, &s->error);
}

static struct rp_workflow *around(struct story *s, struct rp_workflow *inner)
{
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "middle"});

    assert_non_null(inner);
    rp_graph_workflow(g, &(struct rp_flow_node){.id = "in", .workflow = inner, .direct_output = 1});
    rp_graph_start(g, "in");
    return rp_graph_build(g, &s->error);
}

struct rp_workflow *asking_nested(struct story *s)
{
    static const char *const both[] = {"left", "right"};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "outer"});

    add_start(g);
    for (size_t i = 0; i < 2; i++)
        rp_graph_workflow(g, &(struct rp_flow_node){.id = both[i],
                                                    .workflow = around(s, one_asker(s)),
                                                    .direct_output = 1});
    rp_graph_fan_out(g, "start", both, 2);
    return rp_graph_build(g, &s->error);
}

/* ---- answers ---- */

struct rp_value asking_text(struct story *s, const char *z)
{
    return rp_textz(rp_run_heap(s->run), z);
}

static struct rp_value data_of(const struct story *s, size_t request)
{
    for (uint32_t i = 0; i < rp_run_requests(s->run); i++)
        if (strcmp(rp_run_request(s->run, i).id, story_id(s, request)) == 0)
            return rp_run_request(s->run, i).data;
    fail_msg("request %zu is not open", request);
    return rp_nil();
}

struct rp_value asking_yes(struct story *s, size_t request, int yes)
{
    struct rp_value call = rp_c_approval_request_of(data_of(s, request))->call;

    return rp_approval_response(rp_run_heap(s->run), call, yes);
}

struct rp_value asking_result(struct story *s, size_t request, const char *z)
{
    struct rp_value id = rp_c_call_of(data_of(s, request))->id;

    return rp_content_result(rp_run_heap(s->run), id, asking_text(s, z), 0);
}

static struct rp_value messages(struct story *s, const char *z)
{
    struct rp_heap *h = rp_run_heap(s->run);

    return z ? rp_list_of(h, 1, rp_user_message(h, z)) : rp_list();
}

struct rp_value asking_review(struct story *s, const char *feedback)
{
    struct rp_review_answer *a = rp_rec_new(rp_run_heap(s->run), RP_K_REVIEW_ANSWER);

    a->messages = messages(s, feedback);
    return rp_from_rec(a);
}

struct rp_value asking_plan(struct story *s, const char *change)
{
    struct rp_plan_answer *a = rp_rec_new(rp_run_heap(s->run), RP_K_PLAN_ANSWER);

    a->messages = messages(s, change);
    return rp_from_rec(a);
}

struct rp_value asking_reply(struct story *s, const char *z)
{
    return messages(s, z);
}
