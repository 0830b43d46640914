/* test_delay.c - calls that are answered late, in any order. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <string.h>

static const struct story_line three[] = {{.agent = "a", .says = "from a"},
                                          {.agent = "b", .says = "from b"},
                                          {.agent = "c", .says = "from c"}};
/* Which of the open calls is answered at each wait: all orders of three. */
static const unsigned orders[6][3] = {{0, 0, 0}, {0, 1, 0}, {1, 0, 0},
                                      {1, 1, 0}, {2, 0, 0}, {2, 1, 0}};

static struct rp_agent *agent(struct story *s, const char *name, const struct rp_tool *tools,
                              size_t n)
{
    struct rp_agent_opts opts = {.name = name, .tools = tools, .n_tools = n};

    return rp_agent(s->kit, &opts, &s->error);
}

static void open_three(struct story *s)
{
    struct rp_participant p[3];

    story_open(s);
    story_script(s, three, 3);
    p[0] = RP_AGENT(agent(s, "a", NULL, 0));
    p[1] = RP_AGENT(agent(s, "b", NULL, 0));
    p[2] = RP_AGENT(agent(s, "c", NULL, 0));
    s->untold = RP_BIT(RP_EV_STARTED) | RP_BIT(RP_EV_STATUS);
    story_run(s, rp_concurrent(s->kit,
                               &(struct rp_concurrent_opts){
                                   .participants = p, .n = 3, .outputs = {.pick = RP_PICK_ALL}},
                               &s->error));
}

static void outputs_are_the_same_in_whatever_order_calls_are_answered(void **state)
{
    static struct story s;

    (void)state;
    for (size_t i = 0; i < STORY_N(orders); i++) {
        open_three(&s);
        s.untold = ~RP_BIT(RP_EV_OUTPUT);
        s.picks = orders[i];
        s.n_picks = 3;
        story_say(&s, "task");
        assert_non_null(strstr(s.text, "3 output aggregator Resp[a(a)\"from a\", a(b)\"from b\", "
                                       "a(c)\"from c\"]\n= RP_OK\n"));
        story_close(&s);
    }
}

static void calls_answered_at_once_are_work_that_does_not_wait(void **state)
{
    static struct story s;

    (void)state;
    open_three(&s);
    s.untold |=
        RP_BIT(RP_EV_SUPERSTEP_STARTED) | RP_BIT(RP_EV_SUPERSTEP_COMPLETED) | RP_BIT(RP_EV_OUTPUT);
    story_say(&s, "task");
    STORY_IS(&s, "1 inv dispatcher \"task\"\n1 cmp dispatcher [R([u\"task\"],T)]\n"
                 "2 inv a R([u\"task\"],T)\n2 cmp a [AER(a,2), Resp[a(a)\"from a\"]]\n"
                 "2 inv b R([u\"task\"],T)\n2 cmp b [AER(b,2), Resp[a(b)\"from b\"]]\n"
                 "2 inv c R([u\"task\"],T)\n2 cmp c [AER(c,2), Resp[a(c)\"from c\"]]\n"
                 "3 inv aggregator [AER(a,2), AER(b,2), AER(c,2)]\n"
                 "3 cmp aggregator [Resp[a(a)\"from a\", a(b)\"from b\", a(c)\"from c\"]]\n"
                 "= RP_OK\n");
    story_close(&s);
}

static void all_start_before_the_first_late_answer_and_end_in_order_of_answers(void **state)
{
    static struct story s;

    (void)state;
    open_three(&s);
    s.untold |=
        RP_BIT(RP_EV_SUPERSTEP_STARTED) | RP_BIT(RP_EV_SUPERSTEP_COMPLETED) | RP_BIT(RP_EV_OUTPUT);
    s.picks = orders[5];
    s.n_picks = 3;
    story_say(&s, "task");
    STORY_IS(&s, "1 inv dispatcher \"task\"\n1 cmp dispatcher [R([u\"task\"],T)]\n"
                 "2 inv a R([u\"task\"],T)\n2 inv b R([u\"task\"],T)\n2 inv c R([u\"task\"],T)\n"
                 "2 cmp c [AER(c,2), Resp[a(c)\"from c\"]]\n"
                 "2 cmp b [AER(b,2), Resp[a(b)\"from b\"]]\n"
                 "2 cmp a [AER(a,2), Resp[a(a)\"from a\"]]\n"
                 "3 inv aggregator [AER(a,2), AER(b,2), AER(c,2)]\n"
                 "3 cmp aggregator [Resp[a(a)\"from a\", a(b)\"from b\", a(c)\"from c\"]]\n"
                 "= RP_OK\n");
    story_close(&s);
}

static int pass(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return rp_send(cx, data);
}

static int who_sent(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    (void)data;
    return rp_yield(cx, rp_textz(rp_heap(cx), rp_source(cx, 0)));
}

static void the_next_superstep_takes_sources_in_the_order_in_which_they_sent(void **state)
{
    static struct story s;
    struct rp_handler passes[] = {{.accepts = RP_T_ANY, .fn = pass}};
    struct rp_handler tells[] = {{.accepts = RP_T_ANY, .fn = who_sent, .yields = RP_T_TEXT}};
    struct rp_executor e[] = {{.id = "start", .handlers = passes, .n_handlers = 1},
                              {.id = "end", .handlers = tells, .n_handlers = 1}};
    struct rp_graph *g;

    (void)state;
    story_open(&s);
    story_script(&s, three, 2);
    g = rp_graph(
        s.kit, &(struct rp_graph_opts){.outputs = {RP_PICK_LIST, (const char *const[]){"end"}, 1}});
    rp_graph_executor(g, &e[0]);
    rp_graph_executor(g, &e[1]);
    rp_graph_agent(g, &(struct rp_agent_node){.agent = agent(&s, "a", NULL, 0)});
    rp_graph_agent(g, &(struct rp_agent_node){.agent = agent(&s, "b", NULL, 0)});
    rp_graph_start(g, "start");
    rp_graph_edge(g, "start", "a", (struct rp_cond){0});
    rp_graph_edge(g, "start", "b", (struct rp_cond){0});
    rp_graph_edge(g, "a", "end", (struct rp_cond){0});
    rp_graph_edge(g, "b", "end", (struct rp_cond){0});
    s.picks = orders[5] + 1; /* the second, then the first */
    s.n_picks = 2;
    s.untold = ~RP_BIT(RP_EV_OUTPUT);
    story_run(&s, rp_graph_build(g, &s.error));
    story_say(&s, "task");
    STORY_IS(&s, "3 output end \"b\"\n3 output end \"a\"\n= RP_OK\n");
    story_close(&s);
}

static void open_batch(struct story *s)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "one two three"},
                                              {.agent = "a", .says = "all done"}};
    const struct rp_tool tools[] = {{.name = "one"}, {.name = "two"}, {.name = "three"}};
    struct rp_graph *g;

    story_open(s);
    story_script(s, lines, 2);
    g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "story"});
    rp_graph_agent(g, &(struct rp_agent_node){.agent = agent(s, "a", tools, 3)});
    rp_graph_start(g, "a");
    s->untold = ~RP_BIT(RP_EV_OUTPUT);
    story_run(s, rp_graph_build(g, &s->error));
}

static void results_stand_in_call_order_in_whatever_order_tools_end(void **state)
{
    static struct story s;
    static const unsigned picks[6][5] = {{0, 0, 0, 0}, {0, 0, 1, 0}, {0, 1, 0, 0},
                                         {0, 1, 1, 0}, {0, 2, 0, 0}, {0, 2, 1, 0}};

    (void)state;
    for (size_t i = 0; i < STORY_N(picks); i++) {
        open_batch(&s);
        s.picks = picks[i];
        s.n_picks = 5;
        story_say(&s, "task");
        STORY_IS(&s, "1 output a Resp[a(a)(<one one-1 {}>+<two two-1 {}>+<three three-1 {}>), "
                     "t(a)(<one-1=\"done one\">+<two-1=\"done two\">+<three-1=\"done three\">), "
                     "a(a)\"all done\"]\n= RP_OK\n");
        story_close(&s);
    }
}

static void the_response_to_a_call_is_taken_once(void **state)
{
    static struct story s;
    uint32_t id;
    struct rp_value r;

    (void)state;
    open_three(&s);
    s.picks = orders[0];
    s.n_picks = 3;
    assert_int_equal(story_begin(&s, "task"), RP_OK);
    do
        assert_true(story_next(&s));
    while (s.n_open < 3);
    id = s.open[0].id;
    r = rp_response(rp_run_heap(s.run), rp_list(), rp_nil());
    assert_int_equal(rp_run_reply(s.run, id + 100, r), RP_ESTATE);
    assert_int_equal(rp_run_tool_result(s.run, id, (struct rp_tool_result){rp_nil(), 0}),
                     RP_ESTATE);
    assert_int_equal(rp_run_reply(s.run, id, rp_int(1)), RP_ETYPE);
    assert_true(story_next(&s)); /* answers it */
    assert_int_equal(rp_run_reply(s.run, id, r), RP_ESTATE);
    assert_int_equal(rp_run_update(s.run, id, r), RP_ESTATE);
    assert_int_equal(rp_run_call_failed(s.run, id, "late"), RP_ESTATE);
    while (story_next(&s))
        ;
    assert_non_null(strstr(s.text, "3 output aggregator Resp[a(a)\"from a\", a(b)\"from b\", "
                                   "a(c)\"from c\"]\n"));
    story_close(&s);
}

static void when_one_fails_what_still_waits_is_closed_without_a_line(void **state)
{
    static struct story s;
    static const struct story_line lines[] = {{.agent = "a", .says = "from a"},
                                              {.agent = "b", .fails = "no service"},
                                              {.agent = "c", .says = "from c"}};
    static const unsigned second[] = {1};
    uint32_t waiting;

    (void)state;
    open_three(&s);
    story_script(&s, lines, 3);
    s.picks = second;
    s.n_picks = 1;
    s.untold |= RP_BIT(RP_EV_OUTPUT);
    assert_int_equal(story_begin(&s, "task"), RP_OK);
    do
        assert_true(story_next(&s));
    while (s.n_open < 3);
    waiting = s.open[2].id;
    story_play(&s);
    STORY_IS(&s, "1 S+\n1 inv dispatcher \"task\"\n1 cmp dispatcher [R([u\"task\"],T)]\n1 S-\n"
                 "2 S+\n2 inv a R([u\"task\"],T)\n2 inv b R([u\"task\"],T)\n"
                 "2 inv c R([u\"task\"],T)\n2 executor_failed b RP_ECLIENT\n"
                 "2 failed RP_ECLIENT\n= RP_ECLIENT\n");
    assert_int_equal(
        rp_run_reply(s.run, waiting, rp_response(rp_run_heap(s.run), rp_list(), rp_nil())),
        RP_ESTATE);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_the_same_in_whatever_order_calls_are_answered),
        cmocka_unit_test(calls_answered_at_once_are_work_that_does_not_wait),
        cmocka_unit_test(all_start_before_the_first_late_answer_and_end_in_order_of_answers),
        cmocka_unit_test(the_next_superstep_takes_sources_in_the_order_in_which_they_sent),
        cmocka_unit_test(results_stand_in_call_order_in_whatever_order_tools_end),
        cmocka_unit_test(the_response_to_a_call_is_taken_once),
        cmocka_unit_test(when_one_fails_what_still_waits_is_closed_without_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
