/* test_nesting.c - workflows in workflows in workflows. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <string.h>

static struct rp_type any(void)
{
    return RP_T_ANY;
}

static int mark(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_str parts[] = {
        rp_str(rp_executor_id(cx)), rp_str("("), rp_str_of(data), rp_str(")"), {NULL, 0}};
    struct rp_value v = rp_text_join(h, parts);

    (void)self;
    RP_TRY(rp_yield(cx, v));
    return rp_send(cx, v);
}

static int ask_it(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return rp_ask(cx, data, RP_T_TEXT, NULL);
}

static int told_it(struct rp_ctx *cx, void *self, struct rp_value request, struct rp_value answer)
{
    struct rp_str parts[] = {rp_str_of(request), rp_str("="), rp_str_of(answer), {NULL, 0}};

    (void)self;
    return rp_yield(cx, rp_text_join(rp_heap(cx), parts));
}

/* An innermost workflow: one executor that marks what it gets. */
static struct rp_workflow *marker(struct story *s, const char *name)
{
    struct rp_handler handlers[] = {{.accepts = any(), .fn = mark}};
    struct rp_executor e = {.id = "m", .handlers = handlers, .n_handlers = 1};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = name});

    rp_graph_executor(g, &e);
    rp_graph_start(g, "m");
    return rp_graph_build(g, &s->error);
}

static struct rp_workflow *asker(struct story *s, const char *name)
{
    struct rp_handler handlers[] = {{.accepts = any(), .fn = ask_it}};
    struct rp_answer_handler answers[] = {
        {.request = any(), .answer = RP_T_TEXT, .fn = told_it, .yields = RP_T_TEXT}};
    struct rp_executor e = {
        .id = "q", .handlers = handlers, .n_handlers = 1, .answers = answers, .n_answers = 1};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = name});

    rp_graph_executor(g, &e);
    rp_graph_start(g, "q");
    return rp_graph_build(g, &s->error);
}

/* A workflow that holds `inner` as its executor `id`, and an executor `after` behind it. */
static struct rp_workflow *around(struct story *s, const char *id, const char *after,
                                  struct rp_workflow *inner, int direct)
{
    struct rp_handler handlers[] = {{.accepts = any(), .fn = mark}};
    struct rp_executor e = {.id = after, .handlers = handlers, .n_handlers = 1};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = id});

    if (!inner)
        return NULL;
    rp_graph_workflow(g,
                      &(struct rp_flow_node){.id = id, .workflow = inner, .direct_output = direct});
    rp_graph_executor(g, &e);
    rp_graph_start(g, id);
    rp_graph_edge(g, id, after, (struct rp_cond){0});
    return rp_graph_build(g, &s->error);
}

static void open_untold(struct story *s)
{
    story_open(s);
    s->untold =
        RP_BIT(RP_EV_STARTED) | RP_BIT(RP_EV_SUPERSTEP_STARTED) | RP_BIT(RP_EV_SUPERSTEP_COMPLETED);
}

static void outputs_of_an_inner_workflow_are_messages_of_the_outer(void **state)
{
    static struct story s;

    (void)state;
    open_untold(&s);
    story_run(&s, around(&s, "outer", "x", around(&s, "middle", "y", marker(&s, "inner"), 0), 0));
    story_say(&s, "t");
    STORY_IS(&s, "0 status IN_PROGRESS\n1 inv outer \"t\"\n1 cmp outer [\"y(m(t))\"]\n"
                 "2 inv x \"y(m(t))\"\n2 output x \"x(y(m(t)))\"\n"
                 "2 cmp x [\"x(y(m(t)))\", \"x(y(m(t)))\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void direct_outputs_pass_through_all_levels_and_reach_no_executor(void **state)
{
    static struct story s;

    (void)state;
    open_untold(&s);
    story_run(&s, around(&s, "outer", "x", around(&s, "middle", "y", marker(&s, "inner"), 1), 1));
    story_say(&s, "t");
    STORY_IS(&s, "0 status IN_PROGRESS\n1 inv outer \"t\"\n1 output outer \"m(t)\"\n"
                 "1 cmp outer [\"m(t)\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_request_three_levels_down_reaches_the_caller_and_its_answer_the_asker(void **state)
{
    static struct story s;

    (void)state;
    open_untold(&s);
    story_run(&s, around(&s, "outer", "x", around(&s, "middle", "y", asker(&s, "inner"), 0), 0));
    story_say(&s, "t");
    story_answer(&s, 1, rp_textz(rp_run_heap(s.run), "yes"));
    STORY_IS(&s, "0 status IN_PROGRESS\n1 inv outer \"t\"\n1 request_info outer R1 \"t\"\n"
                 "1 status IN_PROGRESS_PENDING_REQUESTS\n1 cmp outer null\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 status IN_PROGRESS\n2 inv outer \"yes\"\n2 cmp outer [\"y(t=yes)\"]\n"
                 "3 inv x \"y(t=yes)\"\n3 output x \"x(y(t=yes))\"\n"
                 "3 cmp x [\"x(y(t=yes))\", \"x(y(t=yes))\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_request_three_levels_down_survives_a_restore(void **state)
{
    static struct story s;
    const struct rp_workflow *w;

    (void)state;
    open_untold(&s);
    s.untold |= RP_BIT(RP_EV_CHECKPOINT);
    story_keep(&s);
    w = around(&s, "outer", "x", around(&s, "middle", "y", asker(&s, "inner"), 0), 0);
    story_run(&s, w);
    story_say(&s, "t");
    story_forget(&s, NULL);
    story_run(&s, w);
    story_resume(&s, 1);
    story_answer(&s, 1, rp_textz(rp_run_heap(s.run), "yes"));
    STORY_IS(&s, "0 status IN_PROGRESS\n0 request_info outer R1 \"t\"\n"
                 "0 status IN_PROGRESS_PENDING_REQUESTS\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 status IN_PROGRESS\n3 inv outer \"yes\"\n3 cmp outer [\"y(t=yes)\"]\n"
                 "4 inv x \"y(t=yes)\"\n4 output x \"x(y(t=yes))\"\n"
                 "4 cmp x [\"x(y(t=yes))\", \"x(y(t=yes))\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

/* Answers a request of a nested workflow from inside, with the text "ok". */
static int answer_inside(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_sub_request *q = rp_sub_request_of(data);
    struct rp_sub_response *r = rp_rec_new(h, RP_K_SUB_RESPONSE);

    (void)self;
    if (!r)
        return RP_ENOMEM;
    r->id = q->id;
    r->value = rp_textz(h, "ok");
    return rp_send_to(cx, rp_from_rec(r), rp_str_of(q->executor).s);
}

static void a_wrapped_request_is_answered_by_an_executor_of_the_parent(void **state)
{
    static struct story s;
    struct rp_handler answers[] = {{.accepts = RP_T_REC(RP_K_SUB_REQUEST), .fn = answer_inside}};
    struct rp_handler marks[] = {{.accepts = RP_T_TEXT, .fn = mark}};
    struct rp_executor e[] = {{.id = "desk", .handlers = answers, .n_handlers = 1},
                              {.id = "x", .handlers = marks, .n_handlers = 1}};
    struct rp_graph *g;
    struct rp_workflow *inner;

    (void)state;
    open_untold(&s);
    inner = asker(&s, "inner");
    g = rp_graph(s.kit, &(struct rp_graph_opts){.name = "outer"});
    rp_graph_workflow(
        g, &(struct rp_flow_node){.id = "sub", .workflow = inner, .wrapped_requests = 1});
    rp_graph_executor(g, &e[0]);
    rp_graph_executor(g, &e[1]);
    rp_graph_start(g, "sub");
    rp_graph_edge(g, "sub", "desk", (struct rp_cond){0});
    rp_graph_edge(g, "desk", "sub", (struct rp_cond){0});
    rp_graph_edge(g, "sub", "x", (struct rp_cond){0});
    story_run(&s, rp_graph_build(g, &s.error));
    story_say(&s, "t");
    STORY_IS(&s, "0 status IN_PROGRESS\n1 inv sub \"t\"\n1 cmp sub [SubReq(\"t\")]\n"
                 "2 inv desk SubReq(\"t\")\n2 cmp desk [SubResp(\"ok\")]\n"
                 "3 inv sub SubResp(\"ok\")\n3 cmp sub [\"t=ok\"]\n"
                 "4 inv x \"t=ok\"\n4 output x \"x(t=ok)\"\n4 cmp x [\"x(t=ok)\", \"x(t=ok)\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static int fail_it(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    (void)data;
    return rp_fail(cx, "deep trouble");
}

static void a_failure_three_levels_down_fails_the_outer_executor(void **state)
{
    static struct story s;
    struct rp_handler handlers[] = {{.accepts = any(), .fn = fail_it}};
    struct rp_executor e = {.id = "f", .handlers = handlers, .n_handlers = 1};
    struct rp_graph *g;

    (void)state;
    open_untold(&s);
    g = rp_graph(s.kit, &(struct rp_graph_opts){.name = "inner"});
    rp_graph_executor(g, &e);
    rp_graph_start(g, "f");
    story_run(
        &s, around(&s, "outer", "x", around(&s, "middle", "y", rp_graph_build(g, &s.error), 0), 0));
    story_say(&s, "t");
    assert_non_null(strstr(s.error.text, "deep trouble"));
    STORY_IS(&s, "0 status IN_PROGRESS\n1 inv outer \"t\"\n1 executor_failed outer RP_EHANDLER\n"
                 "1 failed RP_EHANDLER\n1 status FAILED\n= RP_EHANDLER\n");
    story_close(&s);
}

static void a_nested_orchestration_plays_as_it_would_alone(void **state)
{
    static struct story s;
    static const struct story_line lines[] = {{.agent = "a", .says = "draft"},
                                              {.agent = "b", .says = "final"}};
    struct rp_participant p[2];
    struct rp_workflow *chat;

    (void)state;
    open_untold(&s);
    story_script(&s, lines, 2);
    p[0] = RP_AGENT(rp_agent(s.kit, &(struct rp_agent_opts){.name = "a"}, &s.error));
    p[1] = RP_AGENT(rp_agent(s.kit, &(struct rp_agent_opts){.name = "b"}, &s.error));
    chat = rp_sequential(s.kit, &(struct rp_sequential_opts){.participants = p, .n = 2}, &s.error);
    story_run(&s, around(&s, "outer", "x", chat, 1));
    story_say(&s, "t");
    STORY_IS(&s, "0 status IN_PROGRESS\n1 inv outer \"t\"\n"
                 "1 output outer Resp[a(b)\"final\"]\n1 cmp outer [Resp[a(b)\"final\"]]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_of_an_inner_workflow_are_messages_of_the_outer),
        cmocka_unit_test(direct_outputs_pass_through_all_levels_and_reach_no_executor),
        cmocka_unit_test(a_request_three_levels_down_reaches_the_caller_and_its_answer_the_asker),
        cmocka_unit_test(a_request_three_levels_down_survives_a_restore),
        cmocka_unit_test(a_wrapped_request_is_answered_by_an_executor_of_the_parent),
        cmocka_unit_test(a_failure_three_levels_down_fails_the_outer_executor),
        cmocka_unit_test(a_nested_orchestration_plays_as_it_would_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
