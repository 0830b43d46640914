/* test_run_agent.c - an executor that runs an agent itself. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <string.h>

static int tell_reply(struct rp_ctx *cx, void *self, struct rp_value response)
{
    struct rp_heap *h = rp_heap(cx);

    (void)self;
    return rp_yield(cx, rp_messages_text(h, rp_response_of(response)->messages));
}

struct runner {
    struct rp_agent *agent;
    rp_then_fn *then;
};

static int ask_agent(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct runner *r = self;
    struct rp_value messages;

    RP_TRY(rp_yield(cx, rp_textz(rp_heap(cx), "before")));
    RP_TRY(rp_messages_of(rp_heap(cx), data, &messages));
    return rp_run_agent(cx, r->agent, messages, r->then);
}

/* Asks the agent a second time with its first reply. */
static int ask_again(struct rp_ctx *cx, void *self, struct rp_value response)
{
    struct runner *r = self;

    return rp_run_agent(cx, r->agent, rp_response_of(response)->messages, tell_reply);
}

static int ask_twice_at_once(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct runner *r = self;
    struct rp_value messages;
    int rc;

    RP_TRY(rp_messages_of(rp_heap(cx), data, &messages));
    RP_TRY(rp_run_agent(cx, r->agent, messages, tell_reply));
    rc = rp_run_agent(cx, r->agent, messages, tell_reply);
    return rp_yield(cx, rp_textz(rp_heap(cx), rp_status_name(rc)));
}

static void open_runner(struct story *s, struct runner *r,
                        int (*fn)(struct rp_ctx *, void *, struct rp_value))
{
    struct rp_handler handlers[] = {{.accepts = RP_T_TEXT, .fn = fn}};
    struct rp_executor e = {.id = "e", .handlers = handlers, .n_handlers = 1, .self = r};
    struct rp_graph *g;

    e.agents = &r->agent;
    e.n_agents = 1;
    story_open(s);
    r->agent = rp_agent(s->kit, &(struct rp_agent_opts){.name = "helper"}, &s->error);
    g = rp_graph(s->kit, &(struct rp_graph_opts){.name = NULL});
    rp_graph_executor(g, &e);
    rp_graph_start(g, "e");
    s->untold = RP_BIT(RP_EV_STARTED) | RP_BIT(RP_EV_STATUS) | RP_BIT(RP_EV_SUPERSTEP_STARTED) |
                RP_BIT(RP_EV_SUPERSTEP_COMPLETED);
    story_run(s, rp_graph_build(g, &s->error));
}

static void the_handler_has_completed_when_the_agent_has_answered(void **state)
{
    static struct story s;
    static const struct story_line lines[] = {{.agent = "helper", .says = "here"}};
    struct runner r = {NULL, tell_reply};
    static const unsigned late[] = {0};

    (void)state;
    open_runner(&s, &r, ask_agent);
    story_script(&s, lines, 1);
    s.picks = late;
    s.n_picks = 1;
    story_say(&s, "task");
    STORY_IS(&s, "1 inv e \"task\"\n1 output e \"before\"\n1 output e \"here\"\n"
                 "1 cmp e [\"before\", \"here\"]\n= RP_OK\n");
    story_close(&s);
}

static void an_answer_may_lead_to_the_next_run_of_an_agent(void **state)
{
    static struct story s;
    static const struct story_line lines[] = {{.agent = "helper", .says = "first"},
                                              {.agent = "helper", .says = "second"}};
    struct runner r = {NULL, ask_again};

    (void)state;
    open_runner(&s, &r, ask_agent);
    story_script(&s, lines, 2);
    story_say(&s, "task");
    STORY_IS(&s, "1 inv e \"task\"\n1 output e \"before\"\n1 output e \"second\"\n"
                 "1 cmp e [\"before\", \"second\"]\n= RP_OK\n");
    story_close(&s);
}

static void a_second_agent_at_the_same_time_is_refused(void **state)
{
    static struct story s;
    static const struct story_line lines[] = {{.agent = "helper", .says = "first"}};
    struct runner r = {NULL, NULL};

    (void)state;
    open_runner(&s, &r, ask_twice_at_once);
    story_script(&s, lines, 1);
    story_say(&s, "task");
    STORY_IS(&s, "1 inv e \"task\"\n1 output e \"RP_ESTATE\"\n1 output e \"first\"\n"
                 "1 cmp e [\"RP_ESTATE\", \"first\"]\n= RP_OK\n");
    story_close(&s);
}

static void a_failing_agent_fails_the_executor_that_runs_it(void **state)
{
    static struct story s;
    static const struct story_line lines[] = {{.agent = "helper", .fails = "no service"},
                                              {.agent = "helper", .says = "here"}};
    struct runner r = {NULL, tell_reply};

    (void)state;
    open_runner(&s, &r, ask_agent);
    story_script(&s, lines, 2);
    story_say(&s, "task");
    assert_non_null(strstr(s.error.text, "no service"));
    story_say(&s, "task");
    STORY_IS(&s, "1 inv e \"task\"\n1 output e \"before\"\n1 executor_failed e RP_ECLIENT\n"
                 "1 failed RP_ECLIENT\n= RP_ECLIENT\n"
                 "1 inv e \"task\"\n1 output e \"before\"\n1 output e \"here\"\n"
                 "1 cmp e [\"before\", \"here\"]\n= RP_OK\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_handler_has_completed_when_the_agent_has_answered),
        cmocka_unit_test(an_answer_may_lead_to_the_next_run_of_an_agent),
        cmocka_unit_test(a_second_agent_at_the_same_time_is_refused),
        cmocka_unit_test(a_failing_agent_fails_the_executor_that_runs_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
