/* test_cancel.c - a turn cancelled at each of its events. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <stdio.h>
#include <string.h>

static const struct story_line lines[] = {{.agent = "agent", .says = "answer"},
                                          {.agent = "agent", .says = "answer"}};

static int count(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_value own = rp_self_get(cx);

    (void)self;
    own = rp_int((own.tag == RP_INT ? own.u.i : 0) + 1);
    rp_self_set(cx, own);
    RP_TRY(rp_state_set(cx, rp_executor_id(cx), own));
    RP_TRY(rp_yield(cx, own));
    return rp_send(cx, data);
}

static const struct rp_handler handlers[] = {{.accepts = {UINT64_MAX, UINT64_MAX}, .fn = count}};

/* one -> two -> agent -> three; the counters yield how often they have run. */
static struct rp_workflow *chain(struct story *s)
{
    static const char *const ids[] = {"one", "two", "agent", "three"};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "story"});
    struct rp_agent *a = rp_agent(s->kit, &(struct rp_agent_opts){.name = "agent"}, &s->error);

    for (size_t i = 0; i < STORY_N(ids); i++)
        if (i != 2)
            rp_graph_executor(
                g, &(struct rp_executor){.id = ids[i], .handlers = handlers, .n_handlers = 1});
    rp_graph_agent(g, &(struct rp_agent_node){.agent = a});
    rp_graph_start(g, "one");
    rp_graph_chain(g, ids, STORY_N(ids));
    return rp_graph_build(g, &s->error);
}

static void open_chain(struct story *s)
{
    story_open(s);
    story_script(s, lines, STORY_N(lines));
    story_run(s, chain(s));
}

/* The first n lines of text, as many bytes. */
static size_t first_lines(const char *text, size_t n)
{
    const char *at = text;

    while (n-- && *at)
        at = strchr(at, '\n') + 1;
    return (size_t)(at - text);
}

static size_t line_count(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Plays until that many events are told, then cancels; returns what was told till then. */
static size_t cancel_after(struct story *s, size_t events)
{
    size_t n;

    open_chain(s);
    assert_int_equal(story_begin(s, "task"), RP_OK);
    while (line_count(s->text) < events)
        assert_true(story_next(s));
    n = s->n;
    assert_int_equal(rp_run_cancel(s->run), RP_OK);
    story_play(s);
    return n;
}

static size_t whole_story(struct story *s, char *whole)
{
    open_chain(s);
    story_say(s, "task");
    story_forget(s, whole);
    story_close(s);
    return line_count(whole) - 1; /* the last line is the end */
}

static void a_cancelled_turn_ends_with_that_status_and_nothing_after_it(void **state)
{
    static struct story s;
    static char whole[STORY_TEXT];
    size_t n = whole_story(&s, whole);

    (void)state;
    assert_in_range(n, 15, 40);
    for (size_t k = 0; k < n; k++) {
        size_t told = cancel_after(&s, k);
        const char *end = strstr(s.text + told, " status CANCELLED\n= ");
        assert_int_equal(told, first_lines(whole, k));
        assert_memory_equal(s.text, whole, told);
        assert_non_null(end);
        assert_ptr_equal(strchr(s.text + told, ' '), end);
        assert_int_equal(rp_run_state(s.run), RP_CANCELLED);
        story_close(&s);
    }
}

static size_t times(const char *text, size_t n, const char *part)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, part)) && at < text + n; at++)
        found++;
    return found;
}

static void the_next_message_finds_what_completed_supersteps_left_and_no_more(void **state)
{
    static struct story s;
    static char whole[STORY_TEXT];
    size_t n = whole_story(&s, whole);

    (void)state;
    for (size_t k = 0; k < n; k++) {
        size_t told = cancel_after(&s, k), steps = times(s.text, told, " S-\n");
        char want[256];
        snprintf(want, sizeof(want),
                 "1 output one %d\n2 output two %d\n3 output agent Resp[a(agent)\"answer\"]\n"
                 "4 output three %d\n= RP_OK\n",
                 steps >= 1 ? 2 : 1, steps >= 2 ? 2 : 1, steps >= 4 ? 2 : 1);
        story_forget(&s, NULL);
        s.untold = ~RP_BIT(RP_EV_OUTPUT);
        story_say(&s, "again");
        STORY_IS(&s, want);
        story_close(&s);
    }
}

static void a_turn_cancelled_while_it_waits_takes_no_late_answer(void **state)
{
    static struct story s;
    static const unsigned first[] = {0};
    uint32_t call;

    (void)state;
    open_chain(&s);
    s.picks = first;
    s.n_picks = 1;
    assert_int_equal(story_begin(&s, "task"), RP_OK);
    while (s.n_open == 0)
        assert_true(story_next(&s));
    call = s.open[0].id;
    story_forget(&s, NULL);
    assert_int_equal(rp_run_cancel(s.run), RP_OK);
    assert_int_equal(
        rp_run_reply(s.run, call, rp_response(rp_run_heap(s.run), rp_list(), rp_nil())), RP_ESTATE);
    story_play(&s);
    assert_non_null(strstr(s.text, "0 status CANCELLED\n"));
    s.picks = NULL;
    story_forget(&s, NULL);
    s.untold = ~RP_BIT(RP_EV_OUTPUT);
    story_say(&s, "again");
    STORY_IS(&s, "1 output one 2\n2 output two 2\n3 output agent Resp[a(agent)\"answer\"]\n"
                 "4 output three 1\n= RP_OK\n");
    story_close(&s);
}

/* A nested chain, cancelled at each event: its own state goes back with the outer superstep. */
static void a_nested_workflow_leaves_no_more_than_completed_supersteps_either(void **state)
{
    static struct story s;
    static char whole[STORY_TEXT];
    size_t n = 8;

    (void)state;
    for (size_t k = 0; k < n; k++) {
        struct rp_graph *g;
        struct rp_workflow *w;
        char want[64];
        story_open(&s);
        story_script(&s, lines, STORY_N(lines));
        w = chain(&s);
        g = rp_graph(s.kit, &(struct rp_graph_opts){.name = "outer"});
        rp_graph_workflow(g,
                          &(struct rp_flow_node){.id = "sub", .workflow = w, .direct_output = 1});
        rp_graph_start(g, "sub");
        story_run(&s, rp_graph_build(g, &s.error));
        assert_int_equal(story_begin(&s, "task"), RP_OK);
        while (line_count(s.text) < k)
            assert_true(story_next(&s));
        snprintf(want, sizeof(want), "1 output sub %d\n", times(s.text, s.n, " S-\n") ? 2 : 1);
        assert_int_equal(rp_run_cancel(s.run), RP_OK);
        story_play(&s);
        story_forget(&s, whole);
        s.untold = ~RP_BIT(RP_EV_OUTPUT);
        story_say(&s, "again");
        assert_memory_equal(s.text, want, strlen(want));
        story_close(&s);
    }
}

static void without_a_turn_under_way_there_is_nothing_to_cancel(void **state)
{
    static struct story s;

    (void)state;
    open_chain(&s);
    assert_int_equal(rp_run_cancel(s.run), RP_ESTATE);
    story_say(&s, "task");
    assert_int_equal(rp_run_cancel(s.run), RP_ESTATE);
    assert_int_equal(rp_run_state(s.run), RP_IDLE);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_turn_ends_with_that_status_and_nothing_after_it),
        cmocka_unit_test(the_next_message_finds_what_completed_supersteps_left_and_no_more),
        cmocka_unit_test(a_turn_cancelled_while_it_waits_takes_no_late_answer),
        cmocka_unit_test(a_nested_workflow_leaves_no_more_than_completed_supersteps_either),
        cmocka_unit_test(without_a_turn_under_way_there_is_nothing_to_cancel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
