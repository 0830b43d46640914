/* test_world.c - a turn played among clients that take their time: the virtual clock, the order of
 * answers, and all that may end a turn early. */
#include "mocks/world.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

/* ---- a client whose agents answer late ---- */

enum { NEVER = 99999, OPEN_MAX = 8 };

struct slow_call {
    uint32_t id;
    const char *agent;
    uint64_t at;
    int told, stream, over;
};

struct slow {
    struct slow_call call[OPEN_MAX];
    int n, cancelled, lies; /* lies: says that it is due and gives nothing */
};

static struct faulty memory;
static struct slow slow;
static char story[4096];
static int seen_events; /* how many events the observer lets pass; negative: all */

static void tell(const char *format, ...)
{
    size_t n = strlen(story);
    va_list args;

    va_start(args, format);
    vsnprintf(story + n, sizeof(story) - n, format, args);
    va_end(args);
}

/* An agent called x30 answers after 30 ms; x0 at once. */
static uint64_t delay_of(const char *agent)
{
    uint64_t ms = 0;

    for (const char *digit = agent + 1; *digit; digit++)
        ms = ms * 10 + (uint64_t)(*digit - '0');
    return ms;
}

static int slow_start(void *self, const struct rp_model_call *call, uint64_t now, int64_t *number,
                      int *made)
{
    struct slow *s = self;
    const char *agent = rp_agent_name(call->agent);

    assert_true(s->n < OPEN_MAX);
    s->call[s->n] = (struct slow_call){
        .id = call->id, .agent = agent, .at = now + delay_of(agent), .stream = call->stream};
    *number = ++s->n;
    *made = 1;
    return RP_OK;
}

static int answer(struct slow_call *c, struct rp_heap *heap, struct rp_reply *reply)
{
    struct rp_value text = rp_textz(heap, c->told == 0 ? "first" : " second");
    struct rp_value contents = rp_list_of(heap, 1, rp_content_text(heap, text));
    struct rp_value message = rp_message(heap, RP_ASSISTANT, rp_nil(), contents);

    if (c->agent[0] == 'f') {
        reply->kind = RP_REPLY_ERROR;
        snprintf(reply->reason, sizeof(reply->reason), "no line");
    } else if (!c->stream) {
        reply->kind = RP_REPLY_WHOLE;
        reply->value = rp_response(heap, rp_list_of(heap, 1, message), rp_nil());
    } else if (c->told < 2) {
        reply->kind = RP_REPLY_UPDATE;
        reply->value = rp_update(heap, RP_ASSISTANT, rp_nil(), contents);
        c->told++;
        return RP_OK;
    } else {
        reply->kind = RP_REPLY_END;
    }
    c->over = 1;
    return RP_OK;
}

static int slow_poll(void *self, uint32_t call, uint64_t now, struct rp_heap *heap,
                     struct rp_reply *reply)
{
    struct slow *s = self;

    for (int i = 0; i < s->n; i++) {
        if (s->call[i].id == call && !s->call[i].over && s->call[i].at <= now && !s->lies)
            return answer(&s->call[i], heap, reply);
    }
    return RP_OK;
}

static uint64_t slow_due(void *self)
{
    struct slow *s = self;
    uint64_t due = UINT64_MAX;

    for (int i = 0; i < s->n; i++) {
        if (!s->call[i].over && s->call[i].at < NEVER && s->call[i].at < due)
            due = s->call[i].at;
    }
    return due;
}

static void slow_cancel(void *self, uint32_t call)
{
    struct slow *s = self;

    for (int i = 0; i < s->n; i++)
        s->call[i].over |= s->call[i].id == call;
    s->cancelled++;
}

static int slow_save(void *self, struct rp_heap *heap, struct rp_value *saved)
{
    (void)heap;
    *saved = rp_int(((struct slow *)self)->n);
    return RP_OK;
}

static int slow_load(void *self, struct rp_value saved)
{
    tell("client at %d\n", saved.tag == RP_INT ? (int)saved.u.i : 0);
    (void)self;
    return RP_OK;
}

static void slow_free(void *self)
{
    (void)self;
}

static const struct rp_client_ops slow_ops = {
    .start = slow_start,
    .poll = slow_poll,
    .due = slow_due,
    .cancel = slow_cancel,
    .save = slow_save,
    .load = slow_load,
    .free = slow_free,
};

/* ---- an observer that tells a story ---- */

static struct rp_stage stage;

static int on_event(void *ctx, const struct rp_event *e)
{
    (void)ctx;
    if (e->kind == RP_EV_EXECUTOR_COMPLETED || e->kind == RP_EV_FAILED)
        tell("[%3d] %s %s\n", (int)stage.now_ms, rp_event_name(e->kind),
             e->executor ? e->executor : "-");
    return seen_events >= 0 && seen_events-- == 0 ? RP_EIO : RP_OK;
}

static int on_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    (void)ctx;
    tell("[%3d] %s asks, call %d%s\n", (int)stage.now_ms, rp_agent_name(call->agent), (int)number,
         made ? "" : ", not made");
    return RP_OK;
}

static int on_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    static const char *const kinds[] = {"nothing", "a piece", "all", "the end", "an error"};

    (void)ctx;
    tell("[%3d] %s gets %s\n", (int)stage.now_ms, rp_agent_name(agent), kinds[reply->kind]);
    return RP_OK;
}

static const struct rp_observer observer = {
    .event = on_event, .model_call = on_call, .model_reply = on_reply};
static const struct rp_observer *const watch[] = {&observer};

/* ---- a run of two agents side by side ---- */

static struct rp_kit *kit;
static struct rp_run *run;

static int set_up(void **state)
{
    (void)state;
    faulty_init(&memory, -1);
    memset(&slow, 0, sizeof(slow));
    story[0] = '\0';
    seen_events = -1;
    rp_stage_init(&stage, &memory.alloc, (struct rp_client){&slow_ops, &slow}, NULL);
    stage.watch = watch;
    stage.n_watch = 1;
    return rp_kit_new(&memory.alloc, &kit);
}

static int tear_down(void **state)
{
    (void)state;
    rp_run_free(run);
    run = NULL;
    rp_kit_free(kit);
    rp_stage_free(&stage);
    return memory.out == 0 ? 0 : -1;
}

static struct rp_participant agent(const char *name)
{
    struct rp_agent_opts opts = {.name = name};

    return RP_AGENT(rp_agent(kit, &opts, NULL));
}

static int play(const char *left, const char *right, int stream, struct rp_error *err)
{
    struct rp_participant both[] = {agent(left), agent(right)};
    struct rp_concurrent_opts opts = {.participants = both, .n = 2, .join = "+"};
    struct rp_run_opts run_opts = {.alloc = memory.alloc};
    struct rp_turn turn = {.stream = stream};
    struct rp_workflow *w = rp_concurrent(kit, &opts, NULL);

    assert_non_null(w);
    assert_int_equal(rp_run_new(w, &run_opts, &run), RP_OK);
    assert_int_equal(rp_run_message(run, rp_textz(rp_run_heap(run), "go"), &turn, NULL), RP_OK);
    return rp_stage_play(&stage, run, err);
}

static void replies_that_are_ready_are_given_before_the_run_goes_on(void **state)
{
    (void)state;
    assert_int_equal(play("a0", "b0", 0, NULL), RP_OK);
    assert_string_equal(story, "[  0] executor_completed dispatcher\n"
                               "[  0] a0 asks, call 1\n"
                               "[  0] a0 gets all\n"
                               "[  0] executor_completed a0\n"
                               "[  0] b0 asks, call 2\n"
                               "[  0] b0 gets all\n"
                               "[  0] executor_completed b0\n"
                               "[  0] executor_completed aggregator\n");
    assert_int_equal(rp_run_error(run, NULL), RP_OK);
}

static void the_clock_jumps_to_the_call_that_is_due_first(void **state)
{
    (void)state;
    assert_int_equal(play("a70", "b30", 0, NULL), RP_OK);
    assert_string_equal(story, "[  0] executor_completed dispatcher\n"
                               "[  0] a70 asks, call 1\n"
                               "[  0] b30 asks, call 2\n"
                               "[ 30] b30 gets all\n"
                               "[ 30] executor_completed b30\n"
                               "[ 70] a70 gets all\n"
                               "[ 70] executor_completed a70\n"
                               "[ 70] executor_completed aggregator\n");
}

static void calls_that_are_due_together_are_answered_in_order_of_their_start(void **state)
{
    (void)state;
    assert_int_equal(play("a30", "b30", 0, NULL), RP_OK);
    assert_non_null(strstr(story, "[ 30] a30 gets all\n[ 30] b30 gets all\n"));
}

static void a_streamed_call_gets_its_pieces_and_then_its_end(void **state)
{
    (void)state;
    assert_int_equal(play("a0", "b5", 1, NULL), RP_OK);
    assert_string_equal(story, "[  0] executor_completed dispatcher\n"
                               "[  0] a0 asks, call 1\n"
                               "[  0] a0 gets a piece\n"
                               "[  0] a0 gets a piece\n"
                               "[  0] a0 gets the end\n"
                               "[  0] executor_completed a0\n"
                               "[  0] b5 asks, call 2\n"
                               "[  5] b5 gets a piece\n"
                               "[  5] b5 gets a piece\n"
                               "[  5] b5 gets the end\n"
                               "[  5] executor_completed b5\n"
                               "[  5] executor_completed aggregator\n");
}

static void a_turn_that_fails_withdraws_what_still_waits(void **state)
{
    (void)state;
    assert_int_equal(play("f5", "b50", 0, NULL), RP_OK);
    assert_int_equal(rp_run_error(run, NULL), RP_ECLIENT);
    assert_int_equal(stage.n_open, 0);
    assert_string_equal(story, "[  0] executor_completed dispatcher\n"
                               "[  0] f5 asks, call 1\n"
                               "[  0] b50 asks, call 2\n"
                               "[  5] f5 gets an error\n"
                               "[  5] failed -\n");
    assert_int_equal(slow.cancelled, 1);
}

static void a_client_that_will_never_answer_ends_the_play(void **state)
{
    struct rp_error err = {0};

    (void)state;
    assert_int_equal(play("a99999", "b0", 0, &err), RP_ECLIENT);
    assert_string_equal(err.text, "the run waits for a call that nobody will answer");
    assert_int_equal(slow.cancelled, 1);
}

static void a_client_that_owes_an_answer_ends_the_play(void **state)
{
    struct rp_error err = {0};

    (void)state;
    slow.lies = 1;
    assert_int_equal(play("a0", "b0", 0, &err), RP_ECLIENT);
    assert_string_equal(err.text, "the model client owes an answer and gives none");
}

static void without_a_client_every_model_call_fails(void **state)
{
    (void)state;
    stage.client = (struct rp_client){0};
    assert_int_equal(play("a0", "b0", 0, NULL), RP_OK);
    assert_int_equal(rp_run_error(run, NULL), RP_ECLIENT);
    assert_non_null(strstr(story, "a0 asks, call 0, not made\n"));
}

static void a_turn_has_a_limit(void **state)
{
    struct rp_error err = {0};

    (void)state;
    stage.steps_max = 5;
    assert_int_equal(play("a0", "b0", 0, &err), RP_ELIMIT);
    assert_int_equal(err.status, RP_ELIMIT);
    assert_string_equal(err.text, "the turn did not end within 5 steps; give the workflow a limit, "
                                  "such as max_rounds or a termination condition");
}

static void what_an_observer_returns_ends_the_play(void **state)
{
    (void)state;
    seen_events = 3;
    assert_int_equal(play("a0", "b0", 0, NULL), RP_EIO);
}

static void clock_and_positions_go_into_checkpoints_and_come_back(void **state)
{
    struct rp_world world = rp_stage_world(&stage);
    struct rp_heap heap;
    struct rp_value saved, json;

    (void)state;
    rp_heap_init(&heap, &memory.alloc, 0, 0);
    stage.now_ms = 70;
    slow.n = 3;
    assert_int_equal(world.save(world.ctx, &heap, &saved), RP_OK);
    json = rp_json_text(&heap, saved);
    assert_string_equal(rp_str_of(json).s, "{\"now_ms\":70,\"client\":3,\"tools\":null}");
    stage.now_ms = 0;
    assert_int_equal(world.load(world.ctx, saved), RP_OK);
    assert_int_equal(stage.now_ms, 70);
    assert_int_equal(world.load(world.ctx, rp_nil()), RP_OK);
    assert_int_equal(stage.now_ms, 0);
    assert_int_equal(world.load(world.ctx, rp_int(3)), RP_ECHECKPOINT);
    assert_string_equal(story, "client at 3\nclient at 0\n");
    rp_heap_free(&heap);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(replies_that_are_ready_are_given_before_the_run_goes_on),
        TEST(the_clock_jumps_to_the_call_that_is_due_first),
        TEST(calls_that_are_due_together_are_answered_in_order_of_their_start),
        TEST(a_streamed_call_gets_its_pieces_and_then_its_end),
        TEST(a_turn_that_fails_withdraws_what_still_waits),
        TEST(a_client_that_will_never_answer_ends_the_play),
        TEST(a_client_that_owes_an_answer_ends_the_play),
        TEST(without_a_client_every_model_call_fails),
        TEST(a_turn_has_a_limit),
        TEST(what_an_observer_returns_ends_the_play),
        TEST(clock_and_positions_go_into_checkpoints_and_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
