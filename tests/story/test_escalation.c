/* test_escalation.c - requests that go to somebody else when nobody answers: asked anew, answered,
 * cancelled, in nested workflows and across a restore. */
#include "tests/story/asking.h"
#include "tests/support/cm.h"

/* Opens a story whose runs have these time-outs. */
static void open_with(struct story *s, const struct story_line *lines, size_t n,
                      const struct rp_timeout *timeouts, size_t n_timeouts)
{
    asking_open(s, lines, n);
    s->timeouts = timeouts;
    s->n_timeouts = n_timeouts;
}

static void an_escalated_request_is_closed_and_asked_anew_of_somebody_else(void **state)
{
    static const struct rp_timeout after[] = {
        {.asked = "boss", .after_ms = 50},
        {.executor = "q", .after_ms = 10, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 2);
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    asking_wait(&s, 15);
    asking_open_ones(&s);
    asking_answer(&s, 1, asking_text(&s, "too late"));
    asking_answer(&s, 3, asking_text(&s, "says the boss"));
    STORY_IS(&s, "2 request_info q R1 \"x?\"\n2 request_info r R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 request_expired q R1 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info q R3 \"x?\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R2 of r since 0; R3 of q since 15 until 65 was R1 for boss;\n"
                 "0 failed RP_ENOTFOUND\n0 status FAILED\n= RP_ENOTFOUND\n"
                 "3 output q \"x?says the boss\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

static void what_was_escalated_may_expire_again_by_a_rule_of_its_own(void **state)
{
    static const struct rp_timeout after[] = {
        {.asked = "board", .after_ms = 5},
        {.asked = "boss", .after_ms = 50, .action = RP_TIMEOUT_ESCALATE, .to = "board"},
        {.executor = "q", .after_ms = 10, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 3);
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 10);
    asking_wait(&s, 59);
    asking_wait(&s, 60);
    asking_open_ones(&s);
    asking_wait(&s, 65);
    asking_open_ones(&s);
    STORY_IS(&s, "0 request_expired q R1 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info q R3 \"x?\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "refused: RP_ENOTFOUND\n"
                 "0 request_expired q R3 {action: \"escalate\", to: \"board\"}\n"
                 "0 request_info q R4 \"x?\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R2 of r since 0; R4 of q since 60 until 65 was R1 for board;\n"
                 "0 request_expired q R4 {action: \"fail\"}\n0 failed RP_EEXPIRED\n"
                 "0 status FAILED\n= RP_EEXPIRED\nopen: R2 of r since 0;\n");
    story_close(&s);
}

static void an_escalated_approval_runs_the_call_once(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "a", .says = "paid"},
                                              {.agent = "z", .says = "seen"}};
    static const struct rp_timeout after[] = {
        {.after_ms = 10, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;

    (void)state;
    open_with(&s, lines, STORY_N(lines), after, 1);
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_wait(&s, 10);
    asking_answer(&s, 2, asking_yes(&s, 2, 1));
    STORY_IS(&s, "0 request_expired a R1 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info a R2 <may? pay pay-1 {}>\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\n3 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "4 model z [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, a(a)\"paid\"]\n"
                 "4 output z Resp[a(z)\"seen\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_nested_request_is_found_again_by_the_one_that_was_asked_first(void **state)
{
    static const struct rp_timeout after[] = {
        {.executor = "left", .after_ms = 10, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;
    const struct rp_workflow *w;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    w = asking_nested(&s);
    story_run(&s, w);
    asking_say(&s, "x");
    asking_wait(&s, 10);
    asking_wait(&s, 20);
    asking_open_ones(&s);
    int64_t checkpoint = rp_run_checkpoint(s.run);
    asking_answer(&s, 4, asking_text(&s, "left"));
    story_run(&s, w); /* the same in a new process */
    asking_resume(&s, checkpoint, NULL, 0);
    asking_open_ones(&s);
    asking_answer(&s, 4, asking_text(&s, "left"));
    asking_answer(&s, 2, asking_text(&s, "right"));
    STORY_IS(&s, "2 request_info left R1 \"x?\"\n2 request_info right R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 request_expired left R1 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info left R3 \"x?\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 request_expired left R3 {action: \"escalate\", to: \"boss\"}\n"
                 "0 request_info left R4 \"x?\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R2 of right since 0; R4 of left since 20 until 30 was R1 for boss;\n"
                 "3 output left \"x?left\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 request_info right R2 \"x?\"\n0 request_info left R4 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R2 of right since 0; R4 of left since 20 until 30 was R1 for boss;\n"
                 "4 output left \"x?left\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "5 output right \"x?right\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void an_escalated_nested_request_may_be_cancelled(void **state)
{
    static const struct rp_timeout after[] = {
        {.executor = "left", .after_ms = 10, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    story_run(&s, asking_nested(&s));
    asking_say(&s, "x");
    asking_wait(&s, 10);
    story_forget(&s, NULL);
    asking_cancel(&s, 1);
    asking_cancel(&s, 3);
    asking_answer(&s, 2, asking_text(&s, "right"));
    STORY_IS(&s, "refused: RP_ENOTFOUND\n0 request_cancelled left R3\n3 output right \"x?right\"\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void what_a_time_out_did_stands_in_the_next_checkpoint(void **state)
{
    static const struct rp_timeout after[] = {
        {.executor = "q", .after_ms = 10, .action = RP_TIMEOUT_ESCALATE, .to = "boss"}};
    static struct story s;
    const struct rp_workflow *w;

    (void)state;
    open_with(&s, NULL, 0, after, 1);
    w = asking_questions(&s);
    story_run(&s, w);
    asking_say(&s, "x");
    asking_wait(&s, 10);
    story_forget(&s, NULL);
    int64_t checkpoint = rp_run_checkpoint(s.run);
    story_run(&s, w);
    rp_run_set_time(s.run, 10);
    asking_resume(&s, checkpoint, NULL, 0);
    asking_open_ones(&s);
    STORY_IS(&s, "0 request_info r R2 \"x?\"\n0 request_info q R3 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R2 of r since 0; R3 of q since 10 until 20 was R1 for boss;\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_escalated_request_is_closed_and_asked_anew_of_somebody_else),
        cmocka_unit_test(what_was_escalated_may_expire_again_by_a_rule_of_its_own),
        cmocka_unit_test(an_escalated_approval_runs_the_call_once),
        cmocka_unit_test(a_nested_request_is_found_again_by_the_one_that_was_asked_first),
        cmocka_unit_test(an_escalated_nested_request_may_be_cancelled),
        cmocka_unit_test(what_a_time_out_did_stands_in_the_next_checkpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
