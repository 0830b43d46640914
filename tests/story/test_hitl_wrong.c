/* test_hitl_wrong.c - what people should not answer, or do not want asked any more: wrong, repeated
 * and unknown answers change nothing; cancelled requests leave everything else in working order. */
#include "tests/story/asking.h"
#include "tests/support/cm.h"

#include <string.h>

/* ---- refused ---- */

/* A refused answer ends its turn as failed, which is all that it changes. */
static void refuses(struct story *s, const char *id, struct rp_value value)
{
    struct rp_answer answer = {id, value};
    uint64_t before;

    asking_answer(s, 1, rp_real(0.5)); /* nobody asks for a number like that */
    story_forget(s, NULL);
    before = rp_run_digest(s->run);
    answer.request = id;
    asking_answers(s, &answer, 1);
    assert_true(rp_run_digest(s->run) == before);
}

/* What the run does with right answers is the same, whatever was refused before. */
static void same_as_if_never_asked(struct story *s, const struct rp_workflow *w, const char *says,
                                   struct rp_value (*right)(struct story *s),
                                   void (*wrong)(struct story *s))
{
    static char plain[STORY_TEXT];
    uint64_t digest;

    s->has_store = 0; /* the numbers of its checkpoints would differ */
    story_run(s, w);
    asking_say(s, says);
    story_forget(s, NULL);
    asking_answer(s, 1, right(s));
    digest = rp_run_digest(s->run);
    story_forget(s, plain);
    s->n_requests = 0;
    story_run(s, w);
    asking_say(s, says);
    wrong(s);
    story_forget(s, NULL);
    asking_answer(s, 1, right(s));
    assert_string_equal(s->text, plain);
    assert_true(rp_run_digest(s->run) == digest);
    s->has_store = 1;
}

static void wrong_to_all(struct story *s)
{
    refuses(s, "nobody", asking_text(s, "y"));
    STORY_IS(s, "0 failed RP_ENOTFOUND\n0 status FAILED\n= RP_ENOTFOUND\n");
    refuses(s, story_id(s, 1), rp_bool(1));
    STORY_IS(s, "0 failed RP_ETYPE\n0 status FAILED\n= RP_ETYPE\n");
    refuses(s, story_id(s, 1), rp_nil());
    refuses(s, story_id(s, 1), rp_map());
}

static struct rp_value yes(struct story *s)
{
    return asking_yes(s, 1, 1);
}

static void wrong_to_approval(struct story *s)
{
    struct rp_heap *h = rp_run_heap(s->run);
    struct rp_value other =
        rp_content_call(h, asking_text(s, "other"), asking_text(s, "pay"), asking_text(s, "{}"));

    wrong_to_all(s);
    refuses(s, story_id(s, 1), asking_text(s, "yes"));
    refuses(s, story_id(s, 1), rp_approval_response(h, other, 1)); /* of another call */
    refuses(s, story_id(s, 1),
            rp_content_result(h, asking_text(s, "pay-1"), asking_text(s, "yes"), 0));
}

static void wrong_answers_to_an_approval_change_nothing(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "a", .says = "paid"},
                                              {.agent = "z", .says = "seen"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    same_as_if_never_asked(&s, asking_agent_alone(&s), "x", yes, wrong_to_approval);
    story_close(&s);
}

static struct rp_value result(struct story *s)
{
    return asking_result(s, 1, "42");
}

static void wrong_to_result(struct story *s)
{
    struct rp_heap *h = rp_run_heap(s->run);

    wrong_to_all(s);
    refuses(s, story_id(s, 1),
            rp_content_result(h, asking_text(s, "other"), asking_text(s, "42"), 0));
    refuses(s, story_id(s, 1), asking_text(s, "42"));
}

static void wrong_results_of_a_declared_call_change_nothing(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "fetch"},
                                              {.agent = "a", .says = "got it"},
                                              {.agent = "z", .says = "seen"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    same_as_if_never_asked(&s, asking_agent_alone(&s), "x", result, wrong_to_result);
    story_close(&s);
}

static struct rp_value approved(struct story *s)
{
    return asking_review(s, NULL);
}

static void wrong_to_review(struct story *s)
{
    wrong_to_all(s);
    refuses(s, story_id(s, 1), asking_plan(s, NULL));
    refuses(s, story_id(s, 1), asking_reply(s, "fine"));
}

static void wrong_answers_to_a_review_change_nothing(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .says = "draft"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    same_as_if_never_asked(&s, asking_reviewed(&s), "x", approved, wrong_to_review);
    story_close(&s);
}

static struct rp_value go_on(struct story *s)
{
    return asking_reply(s, NULL);
}

static void wrong_to_user_request(struct story *s)
{
    wrong_to_all(s);
    refuses(s, story_id(s, 1), asking_text(s, "hello"));
    refuses(s, story_id(s, 1), rp_list_of(rp_run_heap(s->run), 1, asking_text(s, "hello")));
}

static void wrong_replies_to_a_user_request_change_nothing(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .says = "one"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    same_as_if_never_asked(&s, asking_handoff(&s), "x", go_on, wrong_to_user_request);
    story_close(&s);
}

static struct rp_value plan_is_fine(struct story *s)
{
    return asking_plan(s, NULL);
}

static void wrong_to_plan(struct story *s)
{
    wrong_to_all(s);
    refuses(s, story_id(s, 1), asking_review(s, NULL));
    refuses(s, story_id(s, 1), asking_reply(s, "fine"));
}

static void wrong_answers_to_a_plan_review_change_nothing(void **state)
{
    static const struct story_line lines[] = {
        {.agent = "m", .says = "facts"},
        {.agent = "m", .says = "plan"},
        {.agent = "m",
         .says = "{\"is_request_satisfied\":{\"answer\":true},\"is_in_loop\":{"
                 "\"answer\":false},\"is_progress_being_made\":{\"answer\":true},"
                 "\"next_speaker\":{\"answer\":\"w\"},\"instruction_or_question\":{"
                 "\"answer\":\"work\"}}"},
        {.agent = "m", .says = "the answer"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    same_as_if_never_asked(&s, asking_planned(&s), "x", plan_is_fine, wrong_to_plan);
    story_close(&s);
}

static struct rp_value one(struct story *s)
{
    return asking_text(s, "one");
}

static void wrong_answers_to_a_nested_question_change_nothing(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, NULL, 0);
    same_as_if_never_asked(&s, asking_nested(&s), "x", one, wrong_to_all);
    story_close(&s);
}

static void an_answer_that_was_given_before_is_refused_and_nothing_runs_twice(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "b", .calls = "pay"},
                                              {.agent = "a", .says = "a done"},
                                              {.agent = "b", .says = "b done"}};
    static struct story s;
    struct rp_value kept;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_two_agents(&s));
    asking_say(&s, "x");
    assert_int_equal(rp_copy_into(rp_kit_heap(s.kit), asking_yes(&s, 1, 1), &kept), RP_OK);
    asking_answer(&s, 1, kept);
    story_forget(&s, NULL);
    asking_answer(&s, 1, kept);
    uint64_t before = rp_run_digest(s.run);
    asking_answer(&s, 1, kept);
    assert_true(rp_run_digest(s.run) == before);
    asking_answer(&s, 2, asking_yes(&s, 2, 1));
    STORY_IS(&s, "0 failed RP_ENOTFOUND\n0 status FAILED\n= RP_ENOTFOUND\n0 failed RP_ENOTFOUND\n"
                 "0 status FAILED\n= RP_ENOTFOUND\n"
                 "5 model b [u\"x\", a(b)<pay pay-2 {}>, t<pay-2=\"done pay\">]\n"
                 "6 output aggregator \"a done+b done\"\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_wrong_answer_beside_a_restore_fails_the_turn_and_the_right_one_follows(void **state)
{
    static struct story s;
    const struct rp_workflow *w;
    struct rp_answer answer = {NULL, rp_bool(1)};

    (void)state;
    asking_open(&s, NULL, 0);
    w = asking_questions(&s);
    story_run(&s, w);
    asking_say(&s, "x");
    story_forget(&s, NULL);
    int64_t checkpoint = rp_run_checkpoint(s.run);
    story_run(&s, w);
    answer.request = story_id(&s, 1);
    asking_resume(&s, checkpoint, &answer, 1);
    asking_open_ones(&s);
    asking_answer(&s, 1, asking_text(&s, "one"));
    STORY_IS(&s, "0 failed RP_ETYPE\n0 status FAILED\n= RP_ETYPE\n"
                 "open: R1 of q since 0; R2 of r since 0;\n3 output q \"x?one\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

/* ---- cancelled ---- */

static void a_cancelled_approval_leaves_its_agent_usable(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .says = "may I?", .calls = "pay look"},
                                              {.agent = "a", .says = "hello again"},
                                              {.agent = "z", .says = "seen"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_cancel(&s, 1);
    asking_cancel(&s, 1);
    asking_say(&s, "y");
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n0 request_cancelled a R1\n"
                 "0 status IDLE\nrefused: RP_ENOTFOUND\n"
                 "2 model a [u\"x\", a(a)\"may I?\", u\"y\"]\n"
                 "3 model z [u\"y\", a(a)\"hello again\"]\n3 output z Resp[a(z)\"seen\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_cancelled_declared_call_is_not_shown_to_the_model(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "fetch"},
                                              {.agent = "a", .says = "hello again"},
                                              {.agent = "z", .says = "seen"},
                                              {.agent = "a", .says = "and again"},
                                              {.agent = "z", .says = "seen too"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_cancel(&s, 1);
    asking_say(&s, "y");
    asking_say(&s, "z");
    STORY_IS(&s,
             "2 model a [u\"x\"]\n2 request_info a R1 <fetch fetch-1 {}>\n"
             "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n0 request_cancelled a R1\n"
             "0 status IDLE\n2 model a [u\"x\", u\"y\"]\n"
             "3 model z [u\"y\", a(a)\"hello again\"]\n3 output z Resp[a(z)\"seen\"]\n"
             "0 status IDLE\n= RP_OK\n"
             "2 model a [u\"x\", u\"y\", a(a)\"hello again\", u\"z\"]\n"
             "3 model z [u\"y\", a(a)\"hello again\", a(z)\"seen\", u\"z\", a(a)\"and again\"]\n"
             "3 output z Resp[a(z)\"seen too\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static const struct story_line pays_and_fetches[] = {{.agent = "a", .calls = "pay fetch look"},
                                                     {.agent = "a", .says = "done"},
                                                     {.agent = "z", .says = "seen"},
                                                     {.agent = "a", .says = "again"},
                                                     {.agent = "z", .says = "seen too"}};

static void answers_that_follow_a_cancelled_call_of_the_same_reply_count(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, pays_and_fetches, STORY_N(pays_and_fetches));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_cancel(&s, 2);
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    asking_say(&s, "y");
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "2 request_info a R2 <fetch fetch-1 {}>\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\n0 request_cancelled a R2\n"
                 "3 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">]\n"
                 "4 model z [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, a(a)\"done\"]\n"
                 "4 output z Resp[a(z)\"seen\"]\n0 status IDLE\n= RP_OK\n"
                 "2 model a [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, a(a)\"done\", "
                 "u\"y\"]\n"
                 "3 model z [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, a(a)\"done\", "
                 "a(z)\"seen\", u\"y\", a(a)\"again\"]\n3 output z Resp[a(z)\"seen too\"]\n"
                 "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void
answers_before_a_cancelled_call_of_the_same_reply_count_with_the_next_message(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, pays_and_fetches, STORY_N(pays_and_fetches));
    story_run(&s, asking_agent_alone(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    asking_cancel(&s, 2);
    story_forget(&s, NULL);
    asking_say(&s, "y");
    asking_say(&s, "z");
    STORY_IS(&s,
             "2 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">, u\"y\"]\n"
             "3 model z [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, u\"y\", a(a)\"done\""
             "]\n3 output z Resp[a(z)\"seen\"]\n0 status IDLE\n= RP_OK\n"
             "2 model a [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, u\"y\", a(a)\"done\""
             ", u\"z\"]\n"
             "3 model z [u\"x\", a(a)<pay pay-1 {}>, t(a)<pay-1=\"done pay\">, u\"y\", a(a)\"done\""
             ", a(z)\"seen\", u\"z\", a(a)\"again\"]\n3 output z Resp[a(z)\"seen too\"]\n"
             "0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void the_same_holds_for_agents_that_hand_over(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay fetch look"},
                                              {.agent = "a", .says = "done"},
                                              {.agent = "a", .says = "again"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, asking_handoff(&s));
    asking_say(&s, "x");
    asking_answer(&s, 1, asking_yes(&s, 1, 1));
    asking_cancel(&s, 2);
    asking_say(&s, "y");
    asking_cancel(&s, 3);
    asking_say(&s, "z");
    STORY_IS(&s,
             "1 model a [u\"x\"]\n1 request_info a R1 <may? pay pay-1 {}>\n"
             "1 request_info a R2 <fetch fetch-1 {}>\n0 status IDLE_WITH_PENDING_REQUESTS\n"
             "= RP_OK\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
             "0 request_cancelled a R2\n0 status IDLE\n"
             "1 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">, u\"y\"]\n"
             "1 output a Resp[t(a)<pay-1=\"done pay\">, a(a)\"done\"]\n"
             "1 request_info a R3 UserResp[t(a)<pay-1=\"done pay\">, a(a)\"done\"]\n"
             "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n0 request_cancelled a R3\n"
             "0 status IDLE\n"
             "1 model a [u\"x\", a(a)<pay pay-1 {}>, t<pay-1=\"done pay\">, u\"y\", a(a)\"done\", "
             "u\"z\"]\n1 output a Resp[a(a)\"again\"]\n"
             "1 request_info a R4 UserResp[a(a)\"again\"]\n"
             "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

static int note_or_ask(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value message = rp_text_message(h, RP_USER, rp_nil(), data);

    (void)self;
    return rp_send(cx, rp_agent_request(h, rp_list_of(h, 1, message), !rp_is_text(data, "note")));
}

/* An agent behind an executor that tells it "note" without wanting a response. */
static struct rp_workflow *notes(struct story *s)
{
    struct rp_handler handlers[] = {{.accepts = RP_T_TEXT, .fn = note_or_ask}};
    struct rp_executor e = {.id = "e", .handlers = handlers, .n_handlers = 1};
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "notes"});

    rp_graph_executor(g, &e);
    rp_graph_agent(g, &(struct rp_agent_node){.agent = asking_agent(s, "a")});
    rp_graph_start(g, "e");
    rp_graph_edge(g, "e", "a", (struct rp_cond){0});
    return rp_graph_build(g, &s->error);
}

static void what_reached_an_agent_while_it_waited_is_not_lost_with_the_request(void **state)
{
    static const struct story_line lines[] = {{.agent = "a", .calls = "pay"},
                                              {.agent = "a", .says = "hello"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    story_run(&s, notes(&s));
    asking_say(&s, "x");
    asking_say(&s, "note");
    asking_cancel(&s, 1);
    asking_say(&s, "y");
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 <may? pay pay-1 {}>\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n0 request_cancelled a R1\n"
                 "0 status IDLE\n2 model a [u\"x\", u\"note\", u\"y\"]\n"
                 "2 output a Resp[a(a)\"hello\"]\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_cancelled_nested_request_is_closed_all_the_way_down(void **state)
{
    static struct story s;

    (void)state;
    asking_open(&s, NULL, 0);
    story_run(&s, asking_nested(&s));
    asking_say(&s, "x");
    asking_cancel(&s, 1);
    asking_answer(&s, 2, asking_text(&s, "right"));
    asking_open_ones(&s);
    asking_say(&s, "y");
    asking_answer(&s, 3, asking_text(&s, "left"));
    STORY_IS(&s, "2 request_info left R1 \"x?\"\n2 request_info right R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n0 request_cancelled left R1\n"
                 "3 output right \"x?right\"\n0 status IDLE\n= RP_OK\nopen:\n"
                 "2 request_info left R3 \"y?\"\n2 request_info right R4 \"y?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n3 output left \"y?left\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_close(&s);
}

static void reviews_plans_and_user_requests_may_be_cancelled_too(void **state)
{
    static const struct story_line lines[] = {
        {.agent = "a", .says = "draft"}, {.agent = "a", .says = "another"},
        {.agent = "m", .says = "facts"}, {.agent = "m", .says = "plan"},
        {.agent = "m", .says = "facts"}, {.agent = "m", .says = "plan"}};
    static struct story s;

    (void)state;
    asking_open(&s, lines, STORY_N(lines));
    s.untold |= RP_BIT(RP_EV_MAGENTIC);
    story_run(&s, asking_reviewed(&s));
    asking_say(&s, "x");
    asking_cancel(&s, 1);
    asking_say(&s, "y");
    STORY_IS(&s, "2 model a [u\"x\"]\n2 request_info a R1 AER(a,2)\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n0 request_cancelled a R1\n"
                 "0 status IDLE\n2 model a [u\"x\", a(a)\"draft\", u\"y\"]\n"
                 "2 request_info a R2 AER(a,2)\n0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n");
    story_forget(&s, NULL);
    s.n_requests = 0;
    story_run(&s, asking_planned(&s));
    story_say(&s, "x");
    asking_cancel(&s, 1);
    story_say(&s, "y");
    STORY_IS(&s, "0 status IN_PROGRESS\n1 request_info magentic_orchestrator R1 Plan\n"
                 "1 status IN_PROGRESS_PENDING_REQUESTS\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\n0 request_cancelled magentic_orchestrator R1\n0 status IDLE\n"
                 "0 status IN_PROGRESS\n1 request_info magentic_orchestrator R2 Plan\n"
                 "1 status IN_PROGRESS_PENDING_REQUESTS\n0 status IDLE_WITH_PENDING_REQUESTS\n"
                 "= RP_OK\n");
    story_close(&s);
}

static void a_checkpoint_from_before_has_the_request_that_was_cancelled_since(void **state)
{
    static struct story s;
    const struct rp_workflow *w;

    (void)state;
    asking_open(&s, NULL, 0);
    w = asking_questions(&s);
    story_run(&s, w);
    asking_say(&s, "x");
    int64_t before = rp_run_checkpoint(s.run);
    asking_cancel(&s, 1);
    asking_answer(&s, 2, asking_text(&s, "two"));
    int64_t after = rp_run_checkpoint(s.run);
    story_forget(&s, NULL);
    story_run(&s, w);
    asking_resume(&s, before, NULL, 0);
    asking_open_ones(&s);
    story_run(&s, w);
    asking_resume(&s, after, NULL, 0);
    asking_open_ones(&s);
    STORY_IS(&s, "0 request_info q R1 \"x?\"\n0 request_info r R2 \"x?\"\n"
                 "0 status IDLE_WITH_PENDING_REQUESTS\n= RP_OK\n"
                 "open: R1 of q since 0; R2 of r since 0;\n0 status IDLE\n= RP_OK\nopen:\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_answers_to_an_approval_change_nothing),
        cmocka_unit_test(wrong_results_of_a_declared_call_change_nothing),
        cmocka_unit_test(wrong_answers_to_a_review_change_nothing),
        cmocka_unit_test(wrong_replies_to_a_user_request_change_nothing),
        cmocka_unit_test(wrong_answers_to_a_plan_review_change_nothing),
        cmocka_unit_test(wrong_answers_to_a_nested_question_change_nothing),
        cmocka_unit_test(an_answer_that_was_given_before_is_refused_and_nothing_runs_twice),
        cmocka_unit_test(a_wrong_answer_beside_a_restore_fails_the_turn_and_the_right_one_follows),
        cmocka_unit_test(a_cancelled_approval_leaves_its_agent_usable),
        cmocka_unit_test(a_cancelled_declared_call_is_not_shown_to_the_model),
        cmocka_unit_test(answers_that_follow_a_cancelled_call_of_the_same_reply_count),
        cmocka_unit_test(
            answers_before_a_cancelled_call_of_the_same_reply_count_with_the_next_message),
        cmocka_unit_test(the_same_holds_for_agents_that_hand_over),
        cmocka_unit_test(what_reached_an_agent_while_it_waited_is_not_lost_with_the_request),
        cmocka_unit_test(a_cancelled_nested_request_is_closed_all_the_way_down),
        cmocka_unit_test(reviews_plans_and_user_requests_may_be_cancelled_too),
        cmocka_unit_test(a_checkpoint_from_before_has_the_request_that_was_cancelled_since),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
