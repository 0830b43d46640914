/* test_checkpoint.c - a run restored at any of its checkpoints goes on as the run that was never
 * interrupted. Told are events with an executor, by superstep; what a resume tells again stands
 * before its first superstep and is left out. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKPOINTS = 64 };

struct kept {
    int64_t iteration;
    int in_flight;
    uint32_t pending;
};

struct play {
    struct story s;
    struct kept kept[CHECKPOINTS];
    size_t n;
    int noting; /* the uninterrupted run is played */
    char whole[STORY_TEXT];
    uint64_t digest;
};

static void open_play(struct play *p, const struct story_line *lines, size_t n)
{
    p->n = 0;
    story_open(&p->s);
    story_script(&p->s, lines, n);
    story_keep(&p->s);
    p->s.untold = RP_BIT(RP_EV_STARTED) | RP_BIT(RP_EV_STATUS) | RP_BIT(RP_EV_CHECKPOINT) |
                  RP_BIT(RP_EV_SUPERSTEP_STARTED) | RP_BIT(RP_EV_SUPERSTEP_COMPLETED);
}

static void note_checkpoint(struct play *p, struct rp_value data)
{
    struct rp_value messages = rp_map_get(data, "messages");
    int64_t number = rp_map_get(data, "number").u.i;

    if (p->noting && number >= (int64_t)p->n) {
        assert_true(p->n < CHECKPOINTS);
        assert_int_equal(number, p->n);
        p->kept[p->n++] = (struct kept){rp_map_get(data, "iteration").u.i, rp_map_len(messages) > 0,
                                        (uint32_t)rp_map_get(data, "pending_requests").u.i};
    }
}

static void play_turn(struct play *p, int rc)
{
    assert_int_equal(rc, RP_OK);
    while (story_next(&p->s))
        if (p->s.out.kind == RP_OUT_EVENT && p->s.out.u.event.kind == RP_EV_CHECKPOINT)
            note_checkpoint(p, p->s.out.u.event.data);
}

static struct rp_value approval(struct rp_heap *h, unsigned kind)
{
    return rp_from_rec(rp_rec_new(h, kind));
}

/* What a person would answer: yes to calls and reviews, `ok` to questions, and an end to a handoff.
 */
static struct rp_value answer_to(struct play *p, const struct rp_open_request *q)
{
    struct rp_heap *h = rp_run_heap(p->s.run);
    struct rp_value none = rp_list();

    if (rp_kind(q->data) == RP_K_PLAN_REVIEW)
        return approval(h, RP_K_PLAN_ANSWER);
    if (rp_kind(q->data) == RP_K_AGENT_RESPONSE)
        return approval(h, RP_K_REVIEW_ANSWER);
    if (rp_kind(q->data) == RP_K_C_APPROVAL_REQUEST)
        return rp_approval_response(h, rp_c_approval_request_of(q->data)->call, 1);
    if (rp_kind(q->data) != RP_K_USER_REQUEST)
        return rp_textz(h, "ok");
    if (strstr(rp_messages_text(h, rp_response_of(rp_user_request_of(q->data)->response)->messages)
                   .u.text->s,
               "?"))
        assert_int_equal(rp_list_add(h, &none, rp_user_message(h, "my answer")), RP_OK);
    return none;
}

static size_t answers_of(struct play *p, struct rp_answer *answers, char ids[][64])
{
    uint32_t n = rp_run_requests(p->s.run);

    for (uint32_t i = 0; i < n; i++) {
        struct rp_open_request q = rp_run_request(p->s.run, i);
        snprintf(ids[i], 64, "%s", q.id);
        answers[i] = (struct rp_answer){ids[i], answer_to(p, &q)};
    }
    return n;
}

static void answer_all(struct play *p)
{
    struct rp_answer answers[8];
    char ids[8][64];

    while (rp_run_requests(p->s.run) > 0) {
        size_t n = answers_of(p, answers, ids);
        play_turn(p, rp_run_respond(p->s.run, answers, n, NULL, &p->s.error));
    }
}

static void play_whole(struct play *p, const struct rp_workflow *w)
{
    story_run(&p->s, w);
    p->noting = 1;
    play_turn(p, story_begin(&p->s, "task"));
    answer_all(p);
    p->noting = 0;
    p->digest = rp_run_digest(p->s.run);
    story_forget(&p->s, p->whole);
}

/* The lines of supersteps after `step`. */
static void tail(const char *text, long step, char *out)
{
    while (*text) {
        const char *end = strchr(text, '\n') + 1;
        if (*text != '=' && strtol(text, NULL, 10) > step) {
            memcpy(out, text, (size_t)(end - text));
            out += end - text;
        }
        text = end;
    }
    *out = '\0';
}

/* A checkpoint where nothing is in flight and a person is waited for: restored in a run of its own
 * to learn what is open, then resumed with the answers in the same call. */
static void resume_with_answers(struct play *p, const struct rp_workflow *w, int64_t id)
{
    struct rp_answer answers[8];
    struct rp_value copy[8];
    char ids[8][64];
    size_t n;

    story_run(&p->s, w);
    play_turn(p, rp_run_resume(p->s.run, id, NULL, 0, NULL, &p->s.error));
    n = answers_of(p, answers, ids);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rp_copy_into(rp_kit_heap(p->s.kit), answers[i].value, &copy[i]), RP_OK);
    story_forget(&p->s, NULL);
    story_run(&p->s, w);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rp_copy_into(rp_run_heap(p->s.run), copy[i], &answers[i].value), RP_OK);
    play_turn(p, rp_run_resume(p->s.run, id, answers, n, NULL, &p->s.error));
}

static void goes_on_from(struct play *p, const struct rp_workflow *w, size_t i)
{
    static char want[STORY_TEXT], got[STORY_TEXT];
    const struct kept *k = &p->kept[i];

    story_forget(&p->s, NULL);
    if (k->pending && !k->in_flight) {
        resume_with_answers(p, w, (int64_t)i);
    } else {
        story_run(&p->s, w);
        play_turn(p, rp_run_resume(p->s.run, (int64_t)i, NULL, 0, NULL, &p->s.error));
    }
    answer_all(p);
    tail(p->whole, (long)k->iteration, want);
    tail(p->s.text, (long)k->iteration, got);
    assert_string_equal(got, want);
}

static void goes_on_from_each(struct play *p, const struct rp_workflow *w, size_t expected)
{
    size_t n;

    play_whole(p, w);
    n = p->n;
    assert_int_equal(n, expected);
    for (size_t i = 0; i < n; i++)
        goes_on_from(p, w, i);
    story_close(&p->s);
}

static struct rp_agent *agent(struct play *p, const char *name)
{
    return rp_agent(p->s.kit, &(struct rp_agent_opts){.name = name}, &p->s.error);
}

/* ---- graphs ---- */

static int add_up(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_value sum = rp_self_get(cx), all = rp_state_get(cx, "all");

    (void)self;
    sum = rp_int((sum.tag == RP_INT ? sum.u.i : 0) + data.u.i);
    all = rp_int((all.tag == RP_INT ? all.u.i : 0) + sum.u.i);
    rp_self_set(cx, sum);
    RP_TRY(rp_state_set(cx, "all", all));
    RP_TRY(rp_yield(cx, all));
    return data.u.i < 4 ? rp_send(cx, rp_int(data.u.i + 1)) : RP_OK;
}

static int start_at_one(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    (void)data;
    return rp_send(cx, rp_int(1));
}

static void a_loop_with_own_and_shared_state_goes_on(void **state)
{
    static struct play p;
    struct rp_handler handlers[] = {{.accepts = RP_T_TEXT, .fn = start_at_one},
                                    {.accepts = RP_T_INT, .fn = add_up}};
    struct rp_executor a = {.id = "a", .handlers = handlers, .n_handlers = 2};
    struct rp_executor b = {.id = "b", .handlers = handlers, .n_handlers = 2};
    struct rp_graph *g;

    (void)state;
    open_play(&p, NULL, 0);
    g = rp_graph(p.s.kit, &(struct rp_graph_opts){.name = "story"});
    rp_graph_executor(g, &a);
    rp_graph_executor(g, &b);
    rp_graph_start(g, "a");
    rp_graph_edge(g, "a", "b", (struct rp_cond){0});
    rp_graph_edge(g, "b", "a", (struct rp_cond){0});
    goes_on_from_each(&p, rp_graph_build(g, &p.s.error), 6);
}

struct outside {
    int64_t visits;
};

static int count_outside(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct outside *o = self;

    o->visits++;
    RP_TRY(rp_yield(cx, rp_int(o->visits)));
    return o->visits < 4 ? rp_send(cx, data) : RP_OK;
}

static int save_outside(void *self, struct rp_heap *heap, struct rp_value *out)
{
    struct outside *o = self;

    (void)heap;
    *out = rp_int(o->visits);
    return RP_OK;
}

static int load_outside(void *self, struct rp_value saved)
{
    struct outside *o = self;

    o->visits = saved.u.i;
    return RP_OK;
}

static void what_lies_outside_is_saved_and_loaded_by_its_executor(void **state)
{
    static struct play p;
    struct outside o = {0};
    struct rp_handler handlers[] = {{.accepts = RP_T_ANY, .fn = count_outside}};
    struct rp_executor e = {.id = "e",
                            .handlers = handlers,
                            .n_handlers = 1,
                            .save = save_outside,
                            .load = load_outside,
                            .self = &o};
    struct rp_graph *g;

    (void)state;
    open_play(&p, NULL, 0);
    g = rp_graph(p.s.kit, &(struct rp_graph_opts){.name = "story"});
    rp_graph_executor(g, &e);
    rp_graph_start(g, "e");
    rp_graph_edge(g, "e", "e", (struct rp_cond){0});
    goes_on_from_each(&p, rp_graph_build(g, &p.s.error), 5);
}

/* ---- orchestrations ---- */

static void a_group_chat_goes_on(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {{.agent = "a", .says = "a one"},
                                              {.agent = "b", .says = "b one"},
                                              {.agent = "a", .says = "a two"},
                                              {.agent = "b", .says = "b two"}};
    struct rp_participant who[2];

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(&p, "a"));
    who[1] = RP_AGENT(agent(&p, "b"));
    goes_on_from_each(&p,
                      rp_group_chat(p.s.kit,
                                    &(struct rp_group_chat_opts){.participants = who,
                                                                 .n = 2,
                                                                 .round_robin = 1,
                                                                 .has_max_rounds = 1,
                                                                 .max_rounds = 4},
                                    &p.s.error),
                      10);
}

static void a_join_that_waits_for_an_approval_goes_on(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {{.agent = "a", .says = "from a"},
                                              {.agent = "b", .calls = "pay"},
                                              {.agent = "b", .says = "paid"},
                                              {.agent = "c", .says = "from c"}};
    const struct rp_tool pay = {.name = "pay", .needs_approval = 1};
    struct rp_participant who[3];

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(&p, "a"));
    who[1] = RP_AGENT(rp_agent(
        p.s.kit, &(struct rp_agent_opts){.name = "b", .tools = &pay, .n_tools = 1}, &p.s.error));
    who[2] = RP_AGENT(agent(&p, "c"));
    goes_on_from_each(&p,
                      rp_concurrent(p.s.kit,
                                    &(struct rp_concurrent_opts){.participants = who, .n = 3},
                                    &p.s.error),
                      7);
}

static void a_handoff_with_a_question_goes_on(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {
        {.agent = "a", .says = "to b", .calls = "handoff_to_b"},
        {.agent = "b", .says = "which order?"},
        {.agent = "b", .says = "back to a", .calls = "handoff_to_a"},
        {.agent = "a", .says = "bye"}};
    struct rp_agent *who[3];

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = agent(&p, "a");
    who[1] = agent(&p, "b");
    who[2] = agent(&p, "c");
    goes_on_from_each(
        &p,
        rp_handoff(p.s.kit, &(struct rp_handoff_opts){.participants = who, .n = 3, .start = "a"},
                   &p.s.error),
        10);
}

static void a_sequence_under_review_goes_on(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {{.agent = "a", .says = "draft"},
                                              {.agent = "b", .calls = "print"},
                                              {.agent = "b", .says = "printed"}};
    const struct rp_tool print = {.name = "print", .needs_approval = 1};
    struct rp_participant who[2];

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(&p, "a"));
    who[1] = RP_AGENT(rp_agent(
        p.s.kit, &(struct rp_agent_opts){.name = "b", .tools = &print, .n_tools = 1}, &p.s.error));
    goes_on_from_each(
        &p,
        rp_sequential(p.s.kit,
                      &(struct rp_sequential_opts){
                          .participants = who, .n = 2, .request_info = {.pick = RP_PICK_ALL}},
                      &p.s.error),
        11);
}

#define LEDGER(satisfied, speaker)                                                                 \
    "{\"is_request_satisfied\":{\"reason\":\"\",\"answer\":" satisfied                             \
    "},\"is_in_loop\":{\"reason\":\"\",\"answer\":false},"                                         \
    "\"is_progress_being_made\":{\"reason\":\"\",\"answer\":true},"                                \
    "\"next_speaker\":{\"reason\":\"\",\"answer\":\"" speaker                                      \
    "\"},\"instruction_or_question\":{\"reason\":\"\",\"answer\":\"go on\"}}"

static void a_managers_plan_under_review_goes_on(void **state)
{
    static struct play p;
    static const struct story_line lines[] = {{.agent = "m", .says = "facts"},
                                              {.agent = "m", .says = "plan"},
                                              {.agent = "m", .says = LEDGER("false", "a")},
                                              {.agent = "a", .says = "half"},
                                              {.agent = "m", .says = LEDGER("false", "b")},
                                              {.agent = "b", .says = "all"},
                                              {.agent = "m", .says = LEDGER("true", "b")},
                                              {.agent = "m", .says = "done"}};
    struct rp_participant who[2];

    (void)state;
    open_play(&p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(&p, "a"));
    who[1] = RP_AGENT(agent(&p, "b"));
    goes_on_from_each(
        &p,
        rp_magentic(p.s.kit,
                    &(struct rp_magentic_opts){
                        .participants = who, .n = 2, .manager = agent(&p, "m"), .plan_review = 1},
                    &p.s.error),
        9);
}

/* ---- the end of a run is the same state ---- */

static const struct rp_workflow *open_sequence(struct play *p)
{
    static const struct story_line lines[] = {{.agent = "a", .says = "one"},
                                              {.agent = "b", .says = "two"}};
    struct rp_participant who[2];

    open_play(p, lines, STORY_N(lines));
    who[0] = RP_AGENT(agent(p, "a"));
    who[1] = RP_AGENT(agent(p, "b"));
    return rp_sequential(p->s.kit, &(struct rp_sequential_opts){.participants = who, .n = 2},
                         &p->s.error);
}

/* Plays until checkpoint `last` is made, as a process would that dies then. */
static void play_until(struct play *p, const struct rp_workflow *w, int64_t last)
{
    story_run(&p->s, w);
    assert_int_equal(story_begin(&p->s, "task"), RP_OK);
    while (rp_run_checkpoint(p->s.run) < last)
        assert_true(story_next(&p->s));
    assert_int_equal(rp_run_checkpoint(p->s.run), last);
}

static void a_resumed_run_ends_in_the_state_of_the_uninterrupted_one(void **state)
{
    static struct play p;
    uint64_t whole;
    const struct rp_workflow *w = open_sequence(&p);

    (void)state;
    play_whole(&p, w);
    whole = p.digest;
    story_close(&p.s);
    for (int64_t i = 0; i < 5; i++) {
        w = open_sequence(&p);
        play_until(&p, w, i);
        story_run(&p.s, w);
        play_turn(&p, rp_run_resume(p.s.run, i, NULL, 0, NULL, &p.s.error));
        if (i < 4) /* the restore of a finished run makes one checkpoint more */
            assert_int_equal(rp_run_digest(p.s.run), whole);
        story_close(&p.s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_with_own_and_shared_state_goes_on),
        cmocka_unit_test(what_lies_outside_is_saved_and_loaded_by_its_executor),
        cmocka_unit_test(a_group_chat_goes_on),
        cmocka_unit_test(a_join_that_waits_for_an_approval_goes_on),
        cmocka_unit_test(a_handoff_with_a_question_goes_on),
        cmocka_unit_test(a_sequence_under_review_goes_on),
        cmocka_unit_test(a_managers_plan_under_review_goes_on),
        cmocka_unit_test(a_resumed_run_ends_in_the_state_of_the_uninterrupted_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
