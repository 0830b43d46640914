/* test_timeouts.c - requests that nobody answers in time: what each policy does, in which order, in
 * nested workflows, and across a restore. */
#include "tests/story/asking.h"
#include "tests/support/cm.h"

#include <string.h>

/* Opens a story whose runs have these time-outs. */
static void open_with(struct story *s, const struct story_line *lines, size_t n,
                      const struct rp_timeout *timeouts, size_t n_timeouts)
{
    asking_open(s, lines, n);
    s->timeouts = timeouts;
    s->n_timeouts = n_timeouts;
}

static struct rp_value text(struct story *s, const char *z)
{
    return rp_textz(rp_kit_heap(s->kit), z);
}

/* ---- when ---- */

static void nothing_expires_before_its_time(void **state)
{
    static const struct rp_timeout after[] = {{.executor = "q", .after_ms = 100}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    story_run(&s, asking_questions(&s));
    assert_true(rp_run_next_deadline(s.run) == UINT64_MAX);
    rp_run_set_time(s.run, 1000);
    asking_say(&s, "x");
    asking_open_ones(&s);
    assert_true(rp_run_next_deadline(s.run) == 1100);
    asking_wait(&s, 1099);
    asking_open_ones(&s);
    asking_wait(&s, 1100);
    asking_open_ones(&s);
    assert_true(rp_run_next_deadline(s.run) == UINT64_MAX);
    STORY_IS(&s, "2 request_info q R1 \"x?\"\n2 request_info r R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R1 of q since 1000 until 1100; R2 of r since 1000;\n"
                 "refused: RP_ENOTFOUND\n"
                 "open: R1 of q since 1000 until 1100; R2 of r since 1000;\n"
                 "0 request_expired q R1 {action: \"fail\"}\n0 failed RP_EEXPIRED\n"
                 "0 status FAILED\n= RP_EEXPIRED\nopen: R2 of r since 1000;\n");
    assert_string_equal(s.error.where, "q");
    assert_string_equal(s.error.text, "request request-1 of q was not answered within 100 ms");
    story_close(&s);
}

static void a_turn_under_way_is_not_interrupted(void **state)
{
    static const struct rp_timeout after[] = {{.after_ms = 1}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    rp_run_set_time(s.run, 5);
    assert_int_equal(story_begin(&s, "y"), RP_OK);
    assert_int_equal(rp_run_expire(s.run, NULL, &s.error), RP_ESTATE);
    while (story_next(&s))
        ;
    asking_open_ones(&s);
    STORY_IS(&s, "0 status IN_PROGRESS\n2 request_info q R3 \"y?\"\n"
                 "2 status IN_PROGRESS_PENDING_REQUESTS\n2 request_info r R4 \"y?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R1 of q since 0 until 1; R2 of r since 0 until 1; R3 of q since 5 until "
                 "6; R4 of r since 5 until 6;\n");
    story_close(&s);
}

static void the_end_of_time_is_never_passed(void **state)
{
    static const struct rp_timeout after[] = {{.after_ms = UINT64_MAX}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    story_run(&s, asking_questions(&s));
    rp_run_set_time(s.run, 7);
    asking_say(&s, "x");
    story_forget(&s, NULL);
    assert_true(rp_run_next_deadline(s.run) == UINT64_MAX);
    asking_wait(&s, UINT64_MAX);
    STORY_IS(&s, "refused: RP_ENOTFOUND\n");
    story_close(&s);
}

static void an_answer_in_time_stops_the_clock(void **state)
{
    static const struct rp_timeout after[] = {{.after_ms = 100}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    rp_run_set_time(s.run, 99);
    asking_answer(&s, 1, asking_text(&s, "one"));
    rp_run_set_time(s.run, 500); /* late, but nobody has looked at the clock yet */
    asking_answer(&s, 2, asking_text(&s, "two"));
    asking_wait(&s, 600);
    STORY_IS(&s, "3 output q \"x?one\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "4 output r \"x?two\"\n0 status IDLE\n= RP_OK\nrefused: RP_ENOTFOUND\n");
    story_close(&s);
}

/* ---- fail ---- */

static void a_failing_time_out_closes_its_request_and_the_run_stays_usable(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "a", .says = "hello"},
                                              {.agent = "z", .says = "seen"}};
    static const struct rp_timeout after[] = {{.after_ms = 10}};
    static struct story s;

    (void)state;
    open_with(&s, lines, STORY_N(lines), after, 1);
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_wait(&s, 10);
    asking_open_ones(&s);
    asking_say(&s, "y");
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 request_expired a R1 {action: \"fail\"}\n0 failed RP_EEXPIRED\n"
                 "0 status FAILED\n= RP_EEXPIRED\nopen:\n2 model a [u\"x\", u\"y\"]\n"
                 "3 model z [u\"y\", a(a)\"hello\"]\n3 output z Resp[a(z)\"seen\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

/* ---- default answers ---- */

static void a_default_is_delivered_as_if_a_person_had_answered(void **state)
{
    static struct rp_timeout after[] = {{.after_ms = 10, .action = RP_TIMEOUT_ANSWER}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    after[0].answer = text(&s, "nobody");
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    asking_wait(&s, 10);
    STORY_IS(&s, "2 request_info q R1 \"x?\"\n2 request_info r R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 request_expired q R1 {action: \"answer\"}\n"
                 "0 request_expired r R2 {action: \"answer\"}\n3 output q \"x?nobody\"\n"
                 "3 output r \"x?nobody\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void yes_and_no_answer_every_approval(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "b", .calls = "pay"},
                                              {.agent = "a", .says = "a done"},
                                              {.agent = "b", .says = "b done"}};
    static struct rp_timeout after[] = {
        {.executor = "b", .after_ms = 10, .action = RP_TIMEOUT_ANSWER},
        {.request = {RP_BIT(RP_K_C_APPROVAL_REQUEST), 0},
         .after_ms = 20,
         .action = RP_TIMEOUT_ANSWER}};
    static struct story s;

    (void)state;
    open_with(&s, lines, STORY_N(lines), after, 2);
    after[0].answer = rp_bool(0);
    after[1].answer = rp_bool(1);
    story_run(&s, asking_two_agents(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 20);
    STORY_IS(&s, "0 request_expired b R2 {action: \"answer\"}\n"
                 "0 request_expired a R1 {action: \"answer\"}\n"
                 "3 model b [u\"x\", a(b)<pay pay-2 {}>, t<pay-2=\"The call was not approved and "
                 "has not been made.\">]\n"
                 "3 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "4 output aggregator \"a done+b done\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_result_without_an_id_is_the_result_of_whatever_was_called(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "fetch look"},
                                              {.agent = "a", .says = "done"},
                                              {.agent = "z", .says = "seen"}};
    static struct rp_timeout after[] = {{.after_ms = 10, .action = RP_TIMEOUT_ANSWER}};
    static struct story s;

    (void)state;
    open_with(&s, lines, STORY_N(lines), after, 1);
    after[0].answer =
        rp_content_result(rp_kit_heap(s.kit), text(&s, ""), text(&s, "nothing came"), 0);
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 10);
    STORY_IS(&s,
             "0 request_expired a R1 {action: \"answer\"}\n"
             "3 model a [u\"x\", a(a)(<fetch fetch-1 {}>+<look look-1 {}>), t<fetch-1=\"nothing "
             "came\">, t(a)<look-1=\"done look\">]\n"
             "4 model z [u\"x\", a(a)(<fetch fetch-1 {}>+<look look-1 {}>), t<fetch-1=\"nothing "
             "came\">, t(a)<look-1=\"done look\">, a(a)\"done\"]\n"
             "4 output z Resp[a(z)\"seen\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

#define LEDGER                                                                                     \
    "{\"is_request_satisfied\":{\"answer\":true},\"is_in_loop\":{\"answer\":false},"               \
    "\"is_progress_being_made\":{\"answer\":true},\"next_speaker\":{\"answer\":\"w\"},"            \
    "\"instruction_or_question\":{\"answer\":\"work\"}}"

static void reviews_plans_and_users_have_defaults_too(void **state)
{
    static const struct story_line lines[] = {
        {.agent = "a", .says = "draft"}, {.agent = "m", .says = "facts"},
        {.agent = "m", .says = "plan"},  {.agent = "m", .says = LEDGER},
        {.agent = "m", .says = "done"},  {.agent = "a", .says = "one"},
        {.agent = "a", .says = "two"}};
    static struct rp_timeout after[] = {
        {.request = {RP_BIT(RP_K_USER_REQUEST), 0}, .after_ms = 10, .action = RP_TIMEOUT_ANSWER},
        {.after_ms = 10, .action = RP_TIMEOUT_ANSWER}};
    static struct story s;
    struct rp_heap *h;

    (void)state;
    open_with(&s, lines, STORY_N(lines), after, 2);
    s.untold |= RP_BIT(RP_EV_MAGENTIC);
    h = rp_kit_heap(s.kit);
    after[0].answer = rp_list_of(h, 1, rp_user_message(h, "are you there?"));
    after[1].answer = rp_bool(1);
    story_run(&s, asking_reviewed(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 10);
    STORY_IS(&s, "0 request_expired a R1 {action: \"answer\"}\n3 output a Resp[a(a)\"draft\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_forget(&s, NULL);
    story_run(&s, asking_planned(&s));
    rp_run_set_time(s.run, 0);
    story_say(&s, "x");
    story_forget(&s, NULL);
    rp_run_set_time(s.run, 10);
    assert_int_equal(rp_run_expire(s.run, NULL, &s.error), RP_OK);
    story_play(&s);
    STORY_IS(&s, "0 status IN_PROGRESS\n"
                 "0 request_expired magentic_orchestrator R1 {action: \"answer\"}\n"
                 "2 output magentic_orchestrator Resp[a(m)\"done\"]\n0 status IDLE\n= RP_OK\n");
    story_forget(&s, NULL);
    story_run(&s, asking_handoff(&s));
    s.used[0] = 1; /* the draft */
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 10);
    STORY_IS(&s, "0 request_expired a R1 {action: \"answer\"}\n"
                 "3 model a [u\"x\", a(a)\"one\", u\"are you there?\"]\n"
                 "3 output a Resp[a(a)\"two\"]\n3 request_info a R2 UserResp[a(a)\"two\"]\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

static void a_default_of_the_wrong_kind_fails_the_turn_and_changes_nothing(void **state)
{
    static struct rp_timeout after[] = {{.after_ms = 10, .action = RP_TIMEOUT_ANSWER}};
    static struct story s;
    uint64_t before;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    after[0].answer = rp_bool(1);
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 10);
    before = rp_run_digest(s.run);
    asking_wait(&s, 11);
    assert_true(rp_run_digest(s.run) == before);
    asking_open_ones(&s);
    asking_answer(&s, 1, asking_text(&s, "one"));
    STORY_IS(&s, "0 failed RP_ETYPE\n0 status FAILED\n= RP_ETYPE\n0 failed RP_ETYPE\n"
                 "0 status FAILED\n= RP_ETYPE\n"
                 "open: R1 of q since 0 until 10; R2 of r since 0 until 10;\n"
                 "3 output q \"x?one\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    assert_string_equal(s.error.text,
                        "the default answer of a time-out is not of the kind that this request of "
                        "q asks for; nothing was answered");
    story_close(&s);
}

/* ---- several ---- */

static void time_outs_go_by_deadline_then_by_order_of_asking(void **state)
{
    static struct rp_timeout after[] = {
        {.executor = "r", .after_ms = 10, .action = RP_TIMEOUT_ANSWER},
        {.executor = "q", .after_ms = 20, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 2);
    after[0].answer = text(&s, "nobody");
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    rp_run_set_time(s.run, 10);
    asking_say(&s, "y"); /* its r expires when the first q does */
    story_forget(&s, NULL);
    asking_wait(&s, 30);
    asking_open_ones(&s);
    STORY_IS(&s, "0 request_expired r R2 {action: \"answer\"}\n"
                 "0 request_expired q R1 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info q R5 \"x?\"\n0 request_expired r R4 {action: \"answer\"}\n"
                 "0 request_expired q R3 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info q R6 \"y?\"\n3 output r \"x?nobody\"\n3 output r \"y?nobody\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R5 of q since 30 until 50 was R1 for boss; R6 of q since 30 until 50 was "
                 "R3 for boss;\n");
    story_close(&s);
}

static void a_failing_one_has_a_turn_for_itself_and_nothing_is_lost_with_it(void **state)
{
    static struct rp_timeout after[] = {
        {.executor = "q", .after_ms = 20},
        {.executor = "r", .after_ms = 10, .action = RP_TIMEOUT_ANSWER}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 2);
    after[1].answer = text(&s, "nobody");
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    rp_run_set_time(s.run, 15);
    asking_say(&s, "y");
    story_forget(&s, NULL);
    asking_wait(&s, 100);
    asking_open_ones(&s);
    asking_wait(&s, 100);
    asking_wait(&s, 100);
    asking_wait(&s, 100);
    asking_wait(&s, 100);
    STORY_IS(&s, "0 request_expired r R2 {action: \"answer\"}\n3 output r \"x?nobody\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R1 of q since 0 until 20; R3 of q since 15 until 35; R4 of r since 15 "
                 "until 25;\n0 request_expired q R1 {action: \"fail\"}\n0 failed RP_EEXPIRED\n"
                 "0 status FAILED\n= RP_EEXPIRED\n0 request_expired r R4 {action: \"answer\"}\n"
                 "4 output r \"y?nobody\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 request_expired q R3 {action: \"fail\"}\n0 failed RP_EEXPIRED\n"
                 "0 status FAILED\n= RP_EEXPIRED\nrefused: RP_ENOTFOUND\n");
    story_close(&s);
}

/* ---- restores, failures, cancelled turns ---- */

static void a_deadline_counts_on_over_a_restore(void **state)
{
    static struct rp_timeout after[] = {{.after_ms = 100, .action = RP_TIMEOUT_ANSWER}};
    static struct story s;
    const struct rp_workflow *w;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    after[0].answer = text(&s, "nobody");
    w = asking_questions(&s);
    story_run(&s, w);
    rp_run_set_time(s.run, 1000);
    asking_say(&s, "x");
    story_forget(&s, NULL);
    int64_t checkpoint = rp_run_checkpoint(s.run);
    story_run(&s, w);
    rp_run_set_time(s.run, 1050);
    asking_resume(&s, checkpoint, NULL, 0);
    asking_open_ones(&s);
    asking_wait(&s, 1100);
    STORY_IS(&s, "0 request_info q R1 \"x?\"\n0 request_info r R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R1 of q since 1000 until 1100; R2 of r since 1000 until 1100;\n"
                 "0 request_expired q R1 {action: \"answer\"}\n"
                 "0 request_expired r R2 {action: \"answer\"}\n4 output q \"x?nobody\"\n"
                 "4 output r \"x?nobody\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static int fails_once(struct rp_ctx *cx, void *self, struct rp_value request,
                      struct rp_value answer)
{
    int *left = self;

    (void)request;
    if ((*left)-- > 0)
        return rp_fail(cx, "not yet");
    return rp_yield(cx, answer);
}

static int ask_it(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return rp_ask(cx, data, RP_T_TEXT, NULL);
}

static void a_default_whose_superstep_failed_is_given_again(void **state)
{
    static struct rp_timeout after[] = {{.after_ms = 10, .action = RP_TIMEOUT_ANSWER}};
    static struct story s;
    int failures = 1;
    struct rp_handler handlers[] = {{.accepts = RP_T_TEXT, .fn = ask_it}};
    struct rp_answer_handler answers[] = {
        {.request = RP_T_TEXT, .answer = RP_T_TEXT, .fn = fails_once}};
    struct rp_executor e = {.id = "e",
                            .handlers = handlers,
                            .n_handlers = 1,
                            .answers = answers,
                            .n_answers = 1,
                            .self = &failures};
    struct rp_graph *g;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    after[0].answer = text(&s, "nobody");
    g = rp_graph(s.kit, &(struct rp_graph_opts){.name = "failing"});
    rp_graph_executor(g, &e);
    rp_graph_start(g, "e");
    story_run(&s, rp_graph_build(g, &s.error));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 10);
    asking_open_ones(&s);
    asking_wait(&s, 10);
    STORY_IS(&s, "0 request_expired e R1 {action: \"answer\"}\n2 executor_failed e RP_EHANDLER\n"
                 "2 failed RP_EHANDLER\n2 status FAILED\n= RP_EHANDLER\n"
                 "open: R1 of e since 0 until 10;\n0 request_expired e R1 {action: \"answer\"}\n"
                 "2 output e \"nobody\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_turn_of_time_outs_may_be_cancelled_before_it_delivers(void **state)
{
    static struct rp_timeout after[] = {
        {.executor = "q", .after_ms = 10, .action = RP_TIMEOUT_ANSWER},
        {.executor = "r", .after_ms = 10, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 2);
    after[0].answer = text(&s, "nobody");
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    rp_run_set_time(s.run, 10);
    assert_int_equal(rp_run_expire(s.run, NULL, &s.error), RP_OK);
    for (int i = 0; i < 5; i++)
        assert_true(story_next(&s));
    assert_int_equal(rp_run_cancel(s.run), RP_OK);
    story_play(&s);
    asking_open_ones(&s);
    asking_wait(&s, 10);
    STORY_IS(&s, "0 status IN_PROGRESS\n0 request_expired q R1 {action: \"answer\"}\n"
                 "0 request_expired r R2 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info r R3 \"x?\"\n0 status CANCELLED\n= RP_ESTATE\n"
                 "open: R1 of q since 0 until 10; R3 of r since 10 until 20 was R2 for boss;\n"
                 "0 request_expired q R1 {action: \"answer\"}\n3 output q \"x?nobody\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_expires_before_its_time),
        cmocka_unit_test(a_turn_under_way_is_not_interrupted),
        cmocka_unit_test(the_end_of_time_is_never_passed),
        cmocka_unit_test(an_answer_in_time_stops_the_clock),
        cmocka_unit_test(a_failing_time_out_closes_its_request_and_the_run_stays_usable),
        cmocka_unit_test(a_default_is_delivered_as_if_a_person_had_answered),
        cmocka_unit_test(yes_and_no_answer_every_approval),
        cmocka_unit_test(a_result_without_an_id_is_the_result_of_whatever_was_called),
        cmocka_unit_test(reviews_plans_and_users_have_defaults_too),
        cmocka_unit_test(a_default_of_the_wrong_kind_fails_the_turn_and_changes_nothing),
        cmocka_unit_test(time_outs_go_by_deadline_then_by_order_of_asking),
        cmocka_unit_test(a_failing_one_has_a_turn_for_itself_and_nothing_is_lost_with_it),
        cmocka_unit_test(a_deadline_counts_on_over_a_restore),
        cmocka_unit_test(a_default_whose_superstep_failed_is_given_again),
        cmocka_unit_test(a_turn_of_time_outs_may_be_cancelled_before_it_delivers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
