/* test_requests.c - the life of a request: open, then answered or cancelled, once. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <string.h>

static int ask_both(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    RP_TRY(rp_ask(cx, data, RP_T_TEXT, "first"));
    return rp_ask(cx, rp_int(2), RP_T_BOOL, NULL);
}

static int told_text(struct rp_ctx *cx, void *self, struct rp_value request, struct rp_value answer)
{
    (void)self;
    return rp_yield(cx, rp_list_of(rp_heap(cx), 2, request, answer));
}

static int told_bool(struct rp_ctx *cx, void *self, struct rp_value request, struct rp_value answer)
{
    (void)self;
    return rp_yield(cx, rp_list_of(rp_heap(cx), 3, request, answer, rp_int(rp_sources(cx))));
}

static void open_with(struct story *s, const struct rp_executor *e, uint64_t hidden)
{
    struct rp_graph *g;

    story_open(s);
    s->events = (RP_BIT(RP_EV_CUSTOM + 1) - 1) & ~hidden;
    g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "story"});
    rp_graph_executor(g, e);
    rp_graph_start(g, e->id);
    story_run(s, rp_graph_build(g, &s->error));
}

static const uint64_t frame = RP_BIT(RP_EV_STARTED) | RP_BIT(RP_EV_SUPERSTEP_STARTED) |
                              RP_BIT(RP_EV_SUPERSTEP_COMPLETED) | RP_BIT(RP_EV_EXECUTOR_INVOKED) |
                              RP_BIT(RP_EV_EXECUTOR_COMPLETED);

/* Opens a workflow whose one executor asks twice, and plays its first turn untold. */
static void open_asking(struct story *s, uint64_t hidden)
{
    struct rp_handler handlers[] = {{.accepts = RP_T_ANY, .fn = ask_both}};
    struct rp_answer_handler answers[] = {
        {.request = RP_T_TEXT, .answer = RP_T_TEXT, .fn = told_text},
        {.request = RP_T_INT, .answer = RP_T_BOOL, .fn = told_bool}};
    struct rp_executor e = {
        .id = "e", .handlers = handlers, .n_handlers = 1, .answers = answers, .n_answers = 2};

    open_with(s, &e, hidden);
}

static void open_asked(struct story *s)
{
    open_asking(s, frame);
    story_say(s, "x");
    story_forget(s, NULL);
}

static void tell_open(struct story *s)
{
    story_note(s, "open:");
    for (uint32_t i = 0; i < rp_run_requests(s->run); i++) {
        struct rp_open_request q = rp_run_request(s->run, i);
        story_note(s, " %s of %s wants %d ", strcmp(q.id, "first") ? "second" : "first", q.executor,
                   rp_type_accepts(q.wants, rp_bool(1)));
        story_value(s, q.data);
    }
    story_note(s, "\n");
}

static struct rp_value text(struct story *s, const char *z)
{
    return rp_textz(rp_run_heap(s->run), z);
}

static void a_run_that_asks_ends_pending_and_each_answer_reaches_its_handler(void **state)
{
    static struct story s;

    (void)state;
    open_asking(&s, 0);
    story_say(&s, "x");
    tell_open(&s);
    story_answer(&s, 1, text(&s, "yes"));
    tell_open(&s);
    story_answer(&s, 2, rp_bool(0));
    tell_open(&s);
    STORY_IS(&s, "0 started\n0 status IN_PROGRESS\n1 S+\n1 inv e \"x\"\n1 request_info e R1 \"x\"\n"
                 "1 status IN_PROGRESS_PENDING_REQUESTS\n1 request_info e R2 2\n1 cmp e null\n"
                 "1 S-\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: first of e wants 0 \"x\" second of e wants 1 2\n"
                 "0 started\n0 status IN_PROGRESS\n2 S+\n2 inv e \"yes\"\n"
                 "2 output e [\"x\", \"yes\"]\n2 cmp e [[\"x\", \"yes\"]]\n2 S-\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: second of e wants 1 2\n"
                 "0 started\n0 status IN_PROGRESS\n3 S+\n3 inv e false\n"
                 "3 output e [2, false, 1]\n3 cmp e [[2, false, 1]]\n"
                 "3 S-\n0 status IDLE\n= RP_OK\nopen:\n");
    story_close(&s);
}

static void both_answers_may_come_in_one_call_in_any_order(void **state)
{
    static struct story s;
    struct rp_answer answers[2];

    (void)state;
    open_asked(&s);
    answers[0] = (struct rp_answer){story_id(&s, 2), rp_bool(1)};
    answers[1] = (struct rp_answer){story_id(&s, 1), text(&s, "yes")};
    story_after(&s, rp_run_respond(s.run, answers, 2, NULL, &s.error));
    STORY_IS(&s, "0 status IN_PROGRESS\n2 output e [2, true, 1]\n"
                 "2 output e [\"x\", \"yes\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void no_answers_are_refused_before_any_event(void **state)
{
    static struct story s;

    (void)state;
    open_asked(&s);
    story_after(&s, rp_run_respond(s.run, NULL, 0, NULL, &s.error));
    tell_open(&s);
    STORY_IS(&s, "refused: RP_EARG\nopen: first of e wants 0 \"x\" second of e wants 1 2\n");
    story_close(&s);
}

/* Such answers end the turn before a superstep, with a reason, and as many requests are open. */
static void refuses(struct story *s, const struct rp_answer *answers, size_t n, const char *told)
{
    uint32_t open = rp_run_requests(s->run);

    story_after(s, rp_run_respond(s->run, answers, n, NULL, &s->error));
    STORY_IS(s, told);
    story_forget(s, NULL);
    assert_int_equal(rp_run_requests(s->run), open);
    assert_int_not_equal(strlen(s->error.text), 0);
}

static const char *const failed_state = "0 status IN_PROGRESS\n0 failed RP_ESTATE\n"
                                        "0 status FAILED\n= RP_ESTATE\n";
static const char *const failed_twice = "0 status IN_PROGRESS\n0 failed RP_EARG\n"
                                        "0 status FAILED\n= RP_EARG\n";
static const char *const failed_type = "0 status IN_PROGRESS\n0 failed RP_ETYPE\n"
                                       "0 status FAILED\n= RP_ETYPE\n";
static const char *const failed_unknown = "0 status IN_PROGRESS\n0 failed RP_ENOTFOUND\n"
                                          "0 status FAILED\n= RP_ENOTFOUND\n";

static void an_answer_to_an_unknown_request_fails_and_changes_nothing(void **state)
{
    static struct story s;
    struct rp_answer answer = {"nobody asked", rp_bool(1)};

    (void)state;
    open_asked(&s);
    refuses(&s, &answer, 1, failed_unknown);
    story_answer(&s, 1, text(&s, "yes"));
    STORY_IS(&s, "0 status IN_PROGRESS\n2 output e [\"x\", \"yes\"]\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

static void an_answer_of_the_wrong_type_fails_and_changes_nothing(void **state)
{
    static struct story s;
    struct rp_answer answer = {"first", rp_bool(1)};

    (void)state;
    open_asked(&s);
    refuses(&s, &answer, 1, failed_type);
    story_answer(&s, 1, text(&s, "yes"));
    STORY_IS(&s, "0 status IN_PROGRESS\n2 output e [\"x\", \"yes\"]\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

static void one_wrong_answer_keeps_the_right_one_beside_it_from_being_used(void **state)
{
    static struct story s;
    struct rp_answer answers[2] = {{"first", rp_nil()}, {"nobody asked", rp_bool(1)}};

    (void)state;
    open_asked(&s);
    answers[0].value = text(&s, "yes");
    refuses(&s, answers, 2, failed_unknown);
    story_answer(&s, 1, text(&s, "yes"));
    STORY_IS(&s, "0 status IN_PROGRESS\n2 output e [\"x\", \"yes\"]\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

static void a_repeated_answer_fails_and_the_handler_does_not_run_again(void **state)
{
    static struct story s;
    struct rp_answer again = {"first", rp_nil()};

    (void)state;
    open_asked(&s);
    story_answer(&s, 1, text(&s, "yes"));
    story_forget(&s, NULL);
    again.value = text(&s, "yes");
    refuses(&s, &again, 1, failed_unknown);
    story_answer(&s, 2, rp_bool(1));
    STORY_IS(&s, "0 status IN_PROGRESS\n3 output e [2, true, 1]\n0 status IDLE\n"
                 "= RP_OK\n");
    story_close(&s);
}

static void a_late_answer_when_nothing_is_open_fails(void **state)
{
    static struct story s;
    struct rp_answer again = {"first", rp_nil()};

    (void)state;
    open_asked(&s);
    story_answer(&s, 1, text(&s, "yes"));
    story_answer(&s, 2, rp_bool(1));
    story_forget(&s, NULL);
    again.value = text(&s, "yes");
    refuses(&s, &again, 1, failed_state);
    story_close(&s);
}

static void the_same_request_twice_in_one_call_fails_and_changes_nothing(void **state)
{
    static struct story s;
    struct rp_answer answers[2] = {{"first", rp_nil()}, {"first", rp_nil()}};

    (void)state;
    open_asked(&s);
    answers[0].value = answers[1].value = text(&s, "yes");
    refuses(&s, answers, 2, failed_twice);
    story_close(&s);
}

static void a_cancelled_request_is_gone_and_its_answer_fails(void **state)
{
    static struct story s;
    struct rp_answer late = {"first", rp_nil()};

    (void)state;
    open_asked(&s);
    assert_int_equal(rp_run_cancel_request(s.run, "nobody asked"), RP_ENOTFOUND);
    assert_int_equal(rp_run_cancel_request(s.run, "first"), RP_OK);
    assert_int_equal(rp_run_cancel_request(s.run, "first"), RP_ENOTFOUND);
    story_play(&s);
    tell_open(&s);
    STORY_IS(&s, "0 request_cancelled e R1\n= RP_OK\nopen: second of e wants 1 2\n");
    story_forget(&s, NULL);
    late.value = text(&s, "yes");
    refuses(&s, &late, 1, failed_unknown);
    story_answer(&s, 2, rp_bool(1));
    STORY_IS(&s, "0 status IN_PROGRESS\n2 output e [2, true, 1]\n0 status IDLE\n"
                 "= RP_OK\n");
    story_close(&s);
}

static void a_request_cannot_be_cancelled_during_a_turn(void **state)
{
    static struct story s;

    (void)state;
    open_asked(&s);
    assert_int_equal(story_begin(&s, "y"), RP_OK);
    assert_int_equal(rp_run_cancel_request(s.run, "first"), RP_ESTATE);
    while (story_next(&s))
        ;
    assert_int_equal(rp_run_cancel_request(s.run, "first"), RP_OK);
    story_close(&s);
}

static void asking_under_an_id_used_before_fails_the_run(void **state)
{
    static struct story s;

    (void)state;
    open_asked(&s);
    story_say(&s, "y");
    tell_open(&s);
    STORY_IS(&s, "0 status IN_PROGRESS\n1 executor_failed e RP_ESTATE\n1 failed RP_ESTATE\n"
                 "1 status FAILED\n= RP_ESTATE\n"
                 "open: first of e wants 0 \"x\" second of e wants 1 2\n");
    story_close(&s);
}

static int told_and_fails(struct rp_ctx *cx, void *self, struct rp_value request,
                          struct rp_value answer)
{
    int *failures = self;

    if ((*failures)-- > 0)
        return rp_fail(cx, "not yet");
    return rp_yield(cx, rp_list_of(rp_heap(cx), 2, request, answer));
}

static int ask_one(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return rp_ask(cx, data, RP_T_TEXT, NULL);
}

static void an_answer_whose_superstep_failed_may_be_given_again(void **state)
{
    static struct story s;
    int failures = 1;
    struct rp_handler handlers[] = {{.accepts = RP_T_ANY, .fn = ask_one}};
    struct rp_answer_handler answers[] = {
        {.request = RP_T_ANY, .answer = RP_T_TEXT, .fn = told_and_fails}};
    struct rp_executor e = {.id = "e",
                            .handlers = handlers,
                            .n_handlers = 1,
                            .answers = answers,
                            .n_answers = 1,
                            .self = &failures};

    (void)state;
    open_with(&s, &e, frame);
    story_say(&s, "x");
    story_answer(&s, 1, text(&s, "yes"));
    story_answer(&s, 1, text(&s, "yes"));
    STORY_IS(&s, "0 status IN_PROGRESS\n1 request_info e R1 \"x\"\n"
                 "1 status IN_PROGRESS_PENDING_REQUESTS\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\n"
                 "0 status IN_PROGRESS\n2 executor_failed e RP_EHANDLER\n2 failed RP_EHANDLER\n"
                 "2 status FAILED\n= RP_EHANDLER\n"
                 "0 status IN_PROGRESS\n2 output e [\"x\", \"yes\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_asks_ends_pending_and_each_answer_reaches_its_handler),
        cmocka_unit_test(both_answers_may_come_in_one_call_in_any_order),
        cmocka_unit_test(no_answers_are_refused_before_any_event),
        cmocka_unit_test(an_answer_to_an_unknown_request_fails_and_changes_nothing),
        cmocka_unit_test(an_answer_of_the_wrong_type_fails_and_changes_nothing),
        cmocka_unit_test(one_wrong_answer_keeps_the_right_one_beside_it_from_being_used),
        cmocka_unit_test(a_repeated_answer_fails_and_the_handler_does_not_run_again),
        cmocka_unit_test(a_late_answer_when_nothing_is_open_fails),
        cmocka_unit_test(the_same_request_twice_in_one_call_fails_and_changes_nothing),
        cmocka_unit_test(a_cancelled_request_is_gone_and_its_answer_fails),
        cmocka_unit_test(a_request_cannot_be_cancelled_during_a_turn),
        cmocka_unit_test(asking_under_an_id_used_before_fails_the_run),
        cmocka_unit_test(an_answer_whose_superstep_failed_may_be_given_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
