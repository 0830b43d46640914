/* test_hitl.c - people in the loop: every kind of request answered, in parts, late, and together
 * with a restore. */
#include "tests/story/asking.h"
#include "tests/support/cm.h"

#include <string.h>

/* ---- every kind ---- */

static void a_user_is_asked_after_each_response_and_may_end_the_conversation(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .says = "one"},
                                              {.agent = "a", .says = "two"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_handoff(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_reply(&s, "go on"));
    asking_answer(&s, 2, asking_reply(&s, NULL));
    STORY_IS(&s, "1 model a [u\"x\"]\n1 output a Resp[a(a)\"one\"]\n"
                 "1 request_info a R1 UserResp[a(a)\"one\"]\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\n3 model a [u\"x\", a(a)\"one\", u\"go on\"]\n"
                 "3 output a Resp[a(a)\"two\"]\n3 request_info a R2 UserResp[a(a)\"two\"]\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_call_that_needs_approval_runs_once_when_it_is_approved(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay look"},
                                              {.agent = "a", .says = "paid"},
                                              {.agent = "z", .says = "seen"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "3 model a [u\"x\", a(a)(<pay pay-1 {}>+<look look-1 {}>), t<pay-1=\"done pay\">, "
                 "t(a)<look-1=\"done look\">]\n"
                 "4 model z [u\"x\", a(a)(<pay pay-1 {}>+<look look-1 {}>), t(a)(<pay-1=\"done "
                 "pay\">+<look-1=\"done look\">), a(a)\"paid\"]\n4 output z Resp[a(z)\"seen\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_call_that_is_refused_does_not_run(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "a", .says = "not paid"},
                                              {.agent = "z", .says = "seen"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_yes(&s, 1, 0));
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "3 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"The call was not approved and "
                 "has not been made.\">]\n"
                 "4 model z [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"The call was not approved "
                 "and has not been made.\">, a(a)\"not paid\"]\n4 output z Resp[a(z)\"seen\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void the_result_of_a_declared_call_comes_from_the_caller(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "fetch look"},
                                              {.agent = "a", .says = "got it"},
                                              {.agent = "z", .says = "seen"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_result(&s, 1, "42"));
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <fetch fetch-1 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "3 model a [u\"x\", a(a)(<fetch fetch-1 {}>+<look look-1 {}>), t<fetch-1=\"42\">, "
                 "t(a)<look-1=\"done look\">]\n"
                 "4 model z [u\"x\", a(a)(<fetch fetch-1 {}>+<look look-1 {}>), t<fetch-1=\"42\">, "
                 "t(a)<look-1=\"done look\">, a(a)\"got it\"]\n4 output z Resp[a(z)\"seen\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_reviewer_sends_a_response_back_until_he_approves(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .says = "draft"},
                                              {.agent = "a", .says = "better"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_reviewed(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_review(&s, "shorter"));
    asking_answer(&s, 2, asking_review(&s, NULL));
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 AER(a,2)\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "3 model a [u\"x\", a(a)\"draft\", u\"shorter\"]\n3 request_info a R2 AER(a,4)\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n4 output a Resp[a(a)\"better\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

#define LEDGER(done, progress)                                                                     \
    "{\"is_request_satisfied\":{\"answer\":" done "},\"is_in_loop\":{\"answer\":false},"           \
    "\"is_progress_being_made\":{\"answer\":" progress "},\"next_speaker\":{\"answer\":\"w\"},"    \
    "\"instruction_or_question\":{\"answer\":\"work\"}}"

static const struct story_line planning[] = {
    {.agent = "m", .says = "facts"},
    {.agent = "m", .says = "plan"},
    {.agent = "m", .says = "facts, again"},
    {.agent = "m", .says = "plan, changed"},
    {.agent = "m", .says = LEDGER("false", "false")}, /* a stall: facts and plan anew */
    {.agent = "m", .says = "other facts"},
    {.agent = "m", .says = "other plan"},
    {.agent = "m", .says = LEDGER("true", "true")},
    {.agent = "m", .says = "the answer"}};

static void a_plan_is_revised_approved_and_reviewed_again_after_a_stall(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, planning, STORY_N(planning));
    s.untold |= RP_BIT(RP_EV_STATUS) | RP_BIT(RP_EV_MAGENTIC);
    story_run(&s, asking_planned(&s));
    story_say(&s, "x");
    story_answer(&s, 1, asking_plan(&s, "without cost"));
    story_answer(&s, 2, asking_plan(&s, NULL));
    story_answer(&s, 3, asking_plan(&s, NULL));
    STORY_IS(&s, "1 request_info magentic_orchestrator R1 Plan\n= RP_OK\n"
                 "2 request_info magentic_orchestrator R2 Plan\n= RP_OK\n"
                 "3 request_info magentic_orchestrator R3 Plan(stalled)\n= RP_OK\n"
                 "5 output magentic_orchestrator Resp[a(m)\"the answer\"]\n= RP_OK\n");
    story_close(&s);
}

static void a_question_of_an_executor_gets_its_answer(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, NULL, 0);
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_text(&s, "one"));
    asking_answer(&s, 2, asking_text(&s, "two"));
    STORY_IS(&s, "2 request_info q R1 \"x?\"\n2 request_info r R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n3 output q \"x?one\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n4 output r \"x?two\"\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

/* ---- several at once ---- */

static const struct story_line both_pay[] = {{.agent = "a", .calls = "pay"},
                                             {.agent = "b", .calls = "pay"},
                                             {.agent = "a", .says = "a done"},
                                             {.agent = "b", .says = "b done"}};

static void two_agents_wait_each_for_its_own_approval(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, both_pay, STORY_N(both_pay));
    story_run(&s, asking_two_agents(&s));
    asking_say(&s, "x");
    asking_open_ones(&s);
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    asking_open_ones(&s);
    asking_answer(&s, 2, asking_yes(&s, 2, 0));
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "2 model b [u\"x\"]\n2 request_info b R2 <may? pay pay-2 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R1 of a since 0; R2 of b since 0;\n"
                 "3 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\nopen: R2 of b since 0;\n"
                 "5 model b [u\"x\", a(b)<pay pay-2 {}>, t<pay-2=\"The call was not approved and "
                 "has not been made.\">]\n6 output aggregator \"a done+b done\"\n0 status IDLE\n"
                 "= RP_OK\n");
    story_close(&s);
}

static void the_order_of_two_answers_changes_nothing_but_the_order(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, both_pay, STORY_N(both_pay));
    story_run(&s, asking_two_agents(&s));
    asking_say(&s, "x");
    story_forget(&s, NULL);
    asking_answer(&s, 2, asking_yes(&s, 2, 0));
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    STORY_IS(&s, "3 model b [u\"x\", a(b)<pay pay-2 {}>, t<pay-2=\"The call was not approved and "
                 "has not been made.\">]\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "5 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "6 output aggregator \"a done+b done\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

/* One approves and one refuses, with a restore between the two answers. */
static void in_two_processes(struct story *s, size_t first, int yes)
{
    const struct rp_workflow *w;

    asking_open(s, both_pay, STORY_N(both_pay));
    w = asking_two_agents(s);
    story_run(s, w);
    asking_say(s, "x");
    asking_answer(s, first, asking_yes(s, first, yes));
    int64_t checkpoint = rp_run_checkpoint(s->run);
    story_forget(s, NULL);
    story_run(s, w);
    asking_resume(s, checkpoint, NULL, 0);
    asking_open_ones(s);
    asking_answer(s, 3 - first, asking_yes(s, 3 - first, !yes));
}

static void the_second_of_two_approvals_may_be_given_in_a_new_process(void **state)
{
    static struct story s;

    (void)state;
    in_two_processes(&s, 1, 1);
    STORY_IS(&s, "0 request_info b R2 <may? pay pay-2 {}>\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\nopen: R2 of b since 0;\n"
                 "6 model b [u\"x\", a(b)<pay pay-2 {}>, t<pay-2=\"The call was not approved and "
                 "has not been made.\">]\n7 output aggregator \"a done+b done\"\n0 status IDLE\n"
                 "= RP_OK\n");
    story_close(&s);
    in_two_processes(&s, 2, 0);
    STORY_IS(&s, "0 request_info a R1 <may? pay pay-1 {}>\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\nopen: R1 of a since 0;\n"
                 "6 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "7 output aggregator \"a done+b done\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

/* Both answers together with the restore, in that order. */
static void restored_with(struct story *s, size_t first, size_t second)
{
    const struct rp_workflow *w;
    struct rp_answer answers[2];

    asking_open(s, both_pay, STORY_N(both_pay));
    w = asking_two_agents(s);
    story_run(s, w);
    asking_say(s, "x");
    int64_t checkpoint = rp_run_checkpoint(s->run);
    story_forget(s, NULL);
    struct rp_value values[2], kept;
    values[0] = asking_yes(s, 1, 1);
    values[1] = asking_yes(s, 2, 0);
    struct rp_heap *h = rp_kit_heap(s->kit);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(rp_copy_into(h, values[i], &kept), RP_OK);
        values[i] = kept;
    }
    story_run(s, w);
    answers[0] = (struct rp_answer){story_id(s, first), values[first - 1]};
    answers[1] = (struct rp_answer){story_id(s, second), values[second - 1]};
    asking_resume(s, checkpoint, answers, 2);
}

static void a_restore_may_bring_all_answers_in_any_order(void **state)
{
    static struct story s;

    (void)state;
    restored_with(&s, 1, 2);
    STORY_IS(&s, "3 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "3 model b [u\"x\", a(b)<pay pay-2 {}>, t<pay-2=\"The call was not approved and "
                 "has not been made.\">]\n4 output aggregator \"a done+b done\"\n0 status IDLE\n"
                 "= RP_OK\n");
    story_close(&s);
    restored_with(&s, 2, 1);
    STORY_IS(&s, "3 model b [u\"x\", a(b)<pay pay-2 {}>, t<pay-2=\"The call was not approved and "
                 "has not been made.\">]\n"
                 "3 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "4 output aggregator \"a done+b done\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_restore_with_one_answer_tells_the_other_request_again(void **state)
{
    static struct story s;
    const struct rp_workflow *w;
    struct rp_answer answer = {NULL, rp_nil()};

    (void)state;
    asking_open(&s, NULL, 0);
    w = asking_questions(&s);
    story_run(&s, w);
    asking_say(&s, "x");
    story_forget(&s, NULL);
    int64_t checkpoint = rp_run_checkpoint(s.run);
    story_run(&s, w);
    answer.request = story_id(&s, 2);
    answer.value = asking_text(&s, "two");
    asking_resume(&s, checkpoint, &answer, 1);
    asking_answer(&s, 1, asking_text(&s, "one"));
    STORY_IS(&s, "0 request_info q R1 \"x?\"\n3 output r \"x?two\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n4 output q \"x?one\"\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_batch_goes_on_when_the_last_of_its_calls_is_answered(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay fetch look pay2"},
                                              {.agent = "a", .says = "done"},
                                              {.agent = "z", .says = "seen"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_answer(&s, 2, asking_result(&s, 2, "42"));
    asking_open_ones(&s);
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    STORY_IS(&s,
             "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
             "2 request_info a R2 <fetch fetch-1 {}>\n0 status IDLE_WITH_PENDING_REQUESTS\n"
             "= RP_OK\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\nopen: R1 of a since 0;\n"
             "4 model a [u\"x\", a(a)(<pay pay-1 {}>+<fetch fetch-1 {}>+<look look-1 {}>+<pay2 "
             "pay2-1 {}>), t(<fetch-1=\"42\">+<pay-1=\"done pay\">), t(a)(<look-1=\"done look\">+<"
             "pay2-1=\"No tool of that name is available.\">)]\n"
             "5 model z [u\"x\", a(a)(<pay pay-1 {}>+<fetch fetch-1 {}>+<look look-1 {}>+<pay2 "
             "pay2-1 {}>), t<fetch-1=\"42\">, t(a)(<pay-1=\"done pay\">+<look-1=\"done look\">+<pa"
             "y2-1=\"No tool of that name is available.\">), a(a)\"done\"]\n"
             "5 output z Resp[a(z)\"seen\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void requests_of_nested_workflows_are_open_beside_each_other(void **state)
{
    static struct story s;
    struct rp_answer answers[2];

    (void)state;
    asking_open(&s, NULL, 0);
    story_run(&s, asking_nested(&s));
    asking_say(&s, "x");
    asking_answer(&s, 2, asking_text(&s, "right"));
    asking_open_ones(&s);
    asking_answer(&s, 1, asking_text(&s, "left"));
    asking_say(&s, "y");
    answers[0] = (struct rp_answer){story_id(&s, 4), asking_text(&s, "right")};
    answers[1] = (struct rp_answer){story_id(&s, 3), asking_text(&s, "left")};
    asking_answers(&s, answers, 2);
    STORY_IS(&s, "2 request_info left R1 \"x?\"\n2 request_info right R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n3 output right \"x?right\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\nopen: R1 of left since 0;\n"
                 "4 output left \"x?left\"\n0 status IDLE\n= RP_OK\n"
                 "2 request_info left R3 \"y?\"\n2 request_info right R4 \"y?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n3 output right \"y?right\"\n"
                 "3 output left \"y?left\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void nested_requests_are_answered_in_another_process(void **state)
{
    static struct story s;
    const struct rp_workflow *w;

    (void)state;
    asking_open(&s, NULL, 0);
    w = asking_nested(&s);
    story_run(&s, w);
    asking_say(&s, "x");
    asking_answer(&s, 2, asking_text(&s, "right"));
    story_forget(&s, NULL);
    int64_t checkpoint = rp_run_checkpoint(s.run);
    story_run(&s, w);
    asking_resume(&s, checkpoint, NULL, 0);
    asking_answer(&s, 1, asking_text(&s, "left"));
    STORY_IS(&s, "0 request_info left R1 \"x?\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "5 output left \"x?left\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

/* ---- late ---- */

static void a_request_stays_open_while_other_turns_are_taken(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, NULL, 0);
    story_run(&s, asking_questions(&s));
    asking_say(&s, "x");
    asking_say(&s, "y");
    asking_answer(&s, 3, asking_text(&s, "three"));
    asking_answer(&s, 1, asking_text(&s, "one"));
    asking_open_ones(&s);
    STORY_IS(&s, "2 request_info q R1 \"x?\"\n2 request_info r R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n2 request_info q R3 \"y?\"\n"
                 "2 request_info r R4 \"y?\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "3 output q \"y?three\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "4 output q \"x?one\"\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R2 of r since 0; R4 of r since 0;\n");
    story_close(&s);
}

static void an_approval_may_come_after_the_agent_has_taken_another_turn(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "a", .says = "hello again"},
                                              {.agent = "z", .says = "seen"},
                                              {.agent = "a", .says = "paid at last"},
                                              {.agent = "z", .says = "seen too"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_say(&s, "y");
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "2 model a [u\"x\", u\"x\", u\"y\"]\n"
                 "3 model z [u\"x\", u\"y\", a(a)\"hello again\"]\n3 output z Resp[a(z)\"seen\"]\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "5 model a [u\"x\", a(a)<pay pay-1 {}>, u\"x\", u\"y\", a(a)\"hello again\", "
                 "t<pay-1=\"done pay\">]\n"
                 "6 model z [u\"x\", u\"y\", a(a)\"hello again\", a(z)\"seen\", u\"x\", "
                 "a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, a(a)\"paid at last\"]\n6 output z "
                 "Resp[a(z)\"seen too\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_asked_after_each_response_and_may_end_the_conversation),
        cmocka_unit_test(a_call_that_needs_approval_runs_once_when_it_is_approved),
        cmocka_unit_test(a_call_that_is_refused_does_not_run),
        cmocka_unit_test(the_result_of_a_declared_call_comes_from_the_caller),
        cmocka_unit_test(a_reviewer_sends_a_response_back_until_he_approves),
        cmocka_unit_test(a_plan_is_revised_approved_and_reviewed_again_after_a_stall),
        cmocka_unit_test(a_question_of_an_executor_gets_its_answer),
        cmocka_unit_test(two_agents_wait_each_for_its_own_approval),
        cmocka_unit_test(the_order_of_two_answers_changes_nothing_but_the_order),
        cmocka_unit_test(the_second_of_two_approvals_may_be_given_in_a_new_process),
        cmocka_unit_test(a_restore_may_bring_all_answers_in_any_order),
        cmocka_unit_test(a_restore_with_one_answer_tells_the_other_request_again),
        cmocka_unit_test(a_batch_goes_on_when_the_last_of_its_calls_is_answered),
        cmocka_unit_test(requests_of_nested_workflows_are_open_beside_each_other),
        cmocka_unit_test(nested_requests_are_answered_in_another_process),
        cmocka_unit_test(a_request_stays_open_while_other_turns_are_taken),
        cmocka_unit_test(an_approval_may_come_after_the_agent_has_taken_another_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
