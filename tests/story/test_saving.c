/* test_saving.c - what a run does with its store: it gives what is new, gives all again when items
 * may have gone, goes on when saving fails (R-CKP-4), and what a checkpoint costs does not grow
 * with the history before it. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <stdio.h>
#include <string.h>

/* ---- a store around another that counts, fails, and forgets ---- */

struct around {
    struct story s;
    struct rp_store inner;
    int64_t saves, fails_at, fails; /* which saving fails first, and how many do */
    int status;                     /* what they return */
    size_t items, bytes;            /* given with the last saving */
    int drops;                      /* keeps nothing */
    struct rp_checkpoint_info last;
};

static int around_save(void *self, const struct rp_checkpoint_info *info,
                       const struct rp_item *items, size_t n, uint64_t *generation, int64_t *id,
                       struct rp_error *err)
{
    struct around *a = self;
    int64_t number = a->saves++;

    a->items = n;
    a->bytes = 0;
    for (size_t i = 0; i < n; i++)
        a->bytes += items[i].n;
    a->last = *info;
    if (number >= a->fails_at && number < a->fails_at + a->fails)
        return rp_fail_at(err, a->status, "store", "it does as it was told");
    if (!a->drops)
        return a->inner.ops->save(a->inner.self, info, items, n, generation, id, err);
    *id = number;
    return RP_OK;
}

static int around_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                       struct rp_error *err)
{
    struct around *a = self;

    return a->inner.ops->item(a->inner.self, id, bytes, n, err);
}

static int around_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct around *a = self;

    return a->inner.ops->info(a->inner.self, id, out, err);
}

static void around_free(void *self)
{
    struct around *a = self;

    a->inner.ops->free(a->inner.self);
}

static const struct rp_store_ops around_ops = {
    .save = around_save, .item = around_item, .info = around_info, .free = around_free};

static void open_around(struct around *a)
{
    memset(a, 0, sizeof(*a));
    story_open(&a->s);
    story_keep(&a->s);
    a->inner = a->s.store;
    a->s.store = (struct rp_store){&around_ops, a};
    a->status = RP_ESTORE;
    a->s.untold = ~(RP_BIT(RP_EV_WARNING) | RP_BIT(RP_EV_OUTPUT) | RP_BIT(RP_EV_FAILED));
}

/* ---- a group chat of so many rounds ---- */

static const struct rp_workflow *chat_of(struct story *s, int64_t rounds)
{
    static const char *const names[] = {"a0", "a1", "a2"};
    struct rp_participant who[3];

    for (size_t i = 0; i < 3; i++)
        who[i] = RP_AGENT(rp_agent(s->kit, &(struct rp_agent_opts){.name = names[i]}, &s->error));
    return rp_group_chat(s->kit,
                         &(struct rp_group_chat_opts){.name = "chat",
                                                      .participants = who,
                                                      .n = 3,
                                                      .round_robin = 1,
                                                      .has_max_rounds = 1,
                                                      .max_rounds = rounds},
                         &s->error);
}

/* 200 bytes, those of the round in front when it is to be one of its own. */
static struct rp_value reply(struct rp_heap *h, int64_t round, int differ)
{
    char z[201];

    for (size_t i = 0; i < 200; i++)
        z[i] = "The quick brown fox jumps over the lazy dog. "[i % 45];
    z[200] = '\0';
    if (differ)
        z[snprintf(z, sizeof(z), "%08d", (int)round)] = ' ';
    return rp_response(
        h, rp_list_of(h, 1, rp_text_message(h, RP_ASSISTANT, rp_nil(), rp_textz(h, z))), rp_nil());
}

/* Goes on to the next checkpoint; 0: the turn has ended. *round counts model calls. */
static int next_checkpoint(struct story *s, int64_t *round, int differ)
{
    struct rp_out out;

    for (;;) {
        assert_int_equal(rp_run_next(s->run, &out), RP_OK);
        if (out.kind == RP_OUT_DONE)
            return 0;
        if (out.kind == RP_OUT_EVENT && out.u.event.kind == RP_EV_CHECKPOINT)
            return 1;
        if (out.kind == RP_OUT_MODEL_CALL)
            assert_int_equal(
                rp_run_reply(s->run, out.u.model.id, reply(rp_run_heap(s->run), ++*round, differ)),
                RP_OK);
    }
}

/* ---- cost ---- */

enum { ROUNDS = 830 };

/* Bytes that each round's checkpoints took: new items, and what is kept of the checkpoint. */
static void measure_chat(int differ, uint64_t bytes[ROUNDS + 1])
{
    static struct story s;
    uint64_t before = 0, now = 0;
    int64_t round = 0;

    story_open(&s);
    story_keep(&s);
    story_run(&s, chat_of(&s, ROUNDS));
    memset(bytes, 0, (ROUNDS + 1) * sizeof(*bytes));
    assert_int_equal(story_begin(&s, "start"), RP_OK);
    while (next_checkpoint(&s, &round, differ)) {
        assert_int_equal(s.store.ops->size(s.store.self, &now, NULL), RP_OK);
        bytes[round] += now - before;
        before = now;
    }
    assert_int_equal(round, ROUNDS);
    assert_int_equal(rp_store_verify(&s.store, &s.alloc, rp_run_checkpoint(s.run), NULL), RP_OK);
    story_close(&s);
}

static uint64_t sum(const uint64_t *bytes, int from, int n)
{
    uint64_t all = 0;

    for (int i = from; i < from + n; i++)
        all += bytes[i];
    return all;
}

static void
a_checkpoint_of_round_800_takes_no_more_than_a_fifth_above_that_of_round_50(void **state)
{
    static uint64_t bytes[ROUNDS + 1];

    (void)state;
    for (int differ = 0; differ < 2; differ++) {
        measure_chat(differ, bytes);
        assert_in_range(10 * bytes[800], 1, 12 * bytes[50]);
        assert_in_range(10 * sum(bytes, 776, 48), 1, 12 * sum(bytes, 26, 48));
        for (int i = 10; i < ROUNDS; i++)
            assert_in_range(bytes[i], 1, 2 * bytes[10]);
    }
}

static void what_is_remembered_of_a_store_stays_within_bounds(void **state)
{
    static struct around a;
    int64_t round = 0;
    size_t held = 0;

    (void)state;
    open_around(&a);
    a.drops = 1;
    story_run(&a.s, chat_of(&a.s, 40000));
    assert_int_equal(story_begin(&a.s, "start"), RP_OK);
    while (next_checkpoint(&a.s, &round, 0)) {
        if (round == 20000 && !held)
            held = a.s.held - rp_run_memory(a.s.run);
        assert_true(round < 3 || a.items <= 12);
    }
    assert_in_range(a.s.held - rp_run_memory(a.s.run), 1, 2 * held + (1 << 22));
    story_close(&a.s);
}

/* ---- what a store is told ---- */

static void a_checkpoint_says_what_is_under_way_and_when_it_was_made(void **state)
{
    static struct around a;
    int64_t round = 0;

    (void)state;
    open_around(&a);
    story_run(&a.s, chat_of(&a.s, 4));
    rp_run_set_time(a.s.run, 1000);
    assert_int_equal(story_begin(&a.s, "start"), RP_OK);
    assert_true(next_checkpoint(&a.s, &round, 0));
    assert_int_equal(a.last.messages, 1);
    assert_int_equal(a.last.previous, -1);
    assert_int_equal(a.last.iteration, 0);
    assert_int_equal(a.last.time_ms, 1000);
    assert_string_equal(a.last.workflow, "chat");
    rp_run_set_time(a.s.run, 400); /* it only grows */
    assert_true(next_checkpoint(&a.s, &round, 0));
    assert_int_equal(a.last.messages, 4);
    assert_int_equal(a.last.previous, 0);
    assert_int_equal(a.last.time_ms, 1000);
    rp_run_set_time(a.s.run, 1001);
    while (next_checkpoint(&a.s, &round, 0))
        ;
    assert_int_equal(a.last.time_ms, 1001);
    assert_int_equal(a.last.messages, 0);
    story_close(&a.s);
}

static void a_restored_run_goes_on_from_the_time_of_its_checkpoint(void **state)
{
    static struct around a;
    int64_t round = 0;

    (void)state;
    open_around(&a);
    story_run(&a.s, chat_of(&a.s, 2));
    rp_run_set_time(a.s.run, 5000);
    assert_int_equal(story_begin(&a.s, "start"), RP_OK);
    assert_true(next_checkpoint(&a.s, &round, 0));
    story_run(&a.s, chat_of(&a.s, 2));
    rp_run_set_time(a.s.run, 300);
    assert_int_equal(rp_run_resume(a.s.run, 0, NULL, 0, NULL, &a.s.error), RP_OK);
    rp_run_set_time(a.s.run, 400);
    while (next_checkpoint(&a.s, &round, 0))
        ;
    assert_int_equal(a.last.time_ms, 5000);
    story_close(&a.s);
}

static void a_restored_run_gives_what_is_new(void **state)
{
    static struct around a;
    int64_t round = 0, last = -1;

    (void)state;
    open_around(&a);
    story_run(&a.s, chat_of(&a.s, 300));
    assert_int_equal(story_begin(&a.s, "start"), RP_OK);
    while (next_checkpoint(&a.s, &round, 1) && round < 290)
        last = rp_run_checkpoint(a.s.run);
    story_run(&a.s, chat_of(&a.s, 300));
    assert_int_equal(rp_run_resume(a.s.run, last, NULL, 0, NULL, &a.s.error), RP_OK);
    while (next_checkpoint(&a.s, &round, 1))
        assert_in_range(a.items, 1, 12);
    assert_int_equal(rp_store_verify(&a.inner, &a.s.alloc, rp_run_checkpoint(a.s.run), NULL),
                     RP_OK);
    story_close(&a.s);
}

/* ---- items may have gone ---- */

static void a_run_goes_on_when_checkpoints_are_removed_beside_it(void **state)
{
    static struct around a;
    int64_t round = 0, removed = 0;

    (void)state;
    open_around(&a);
    story_run(&a.s, chat_of(&a.s, 40));
    assert_int_equal(story_begin(&a.s, "start"), RP_OK);
    while (next_checkpoint(&a.s, &round, 1)) {
        int64_t last = rp_run_checkpoint(a.s.run);
        assert_int_equal(rp_store_verify(&a.inner, &a.s.alloc, last, &a.s.error), RP_OK);
        if (last % 5 != 4)
            continue;
        for (; removed < last; removed++) /* all but the newest */
            assert_int_equal(a.inner.ops->remove(a.inner.self, &removed, 1, NULL), RP_OK);
    }
    assert_int_equal(rp_run_error(a.s.run, NULL), RP_OK);
    removed = rp_run_checkpoint(a.s.run);
    story_run(&a.s, chat_of(&a.s, 40));
    story_resume(&a.s, removed);
    STORY_IS(&a.s, "= RP_OK\n");
    story_close(&a.s);
}

static void even_its_own_last_checkpoint_may_be_removed(void **state)
{
    static struct around a;
    int64_t round = 0, last;

    (void)state;
    open_around(&a);
    story_run(&a.s, chat_of(&a.s, 20));
    assert_int_equal(story_begin(&a.s, "start"), RP_OK);
    while (next_checkpoint(&a.s, &round, 1)) {
        last = rp_run_checkpoint(a.s.run);
        assert_int_equal(rp_store_verify(&a.inner, &a.s.alloc, last, &a.s.error), RP_OK);
        assert_int_equal(a.inner.ops->remove(a.inner.self, &last, 1, NULL), RP_OK);
    }
    assert_int_equal(rp_run_error(a.s.run, NULL), RP_OK);
    assert_int_equal(a.saves, 2 * 42 - 1); /* each but the first is given twice */
    story_close(&a.s);
}

static void a_store_that_has_always_changed_is_one_that_fails(void **state)
{
    static struct around a;

    (void)state;
    open_around(&a);
    a.status = RP_ESTALE;
    a.fails_at = 3;
    a.fails = 2;
    story_run(&a.s, chat_of(&a.s, 2));
    story_script(
        &a.s,
        (const struct story_line[]){{.agent = "a0", .says = "one"}, {.agent = "a1", .says = "two"}},
        2);
    story_say(&a.s, "start");
    assert_non_null(strstr(a.s.text, "warning"));
    assert_null(strstr(strstr(a.s.text, "warning") + 1, "warning"));
    story_close(&a.s);
}

/* ---- saving fails ---- */

static void a_run_whose_save_fails_says_so_and_goes_on(void **state)
{
    static struct around a;
    static const struct story_line lines[] = {{.agent = "a0", .says = "one"},
                                              {.agent = "a1", .says = "two"},
                                              {.agent = "a2", .says = "three"}};
    struct rp_checkpoint_info info;
    struct rp_error err = {0};

    (void)state;
    open_around(&a);
    a.fails_at = 2;
    a.fails = 3;
    story_script(&a.s, lines, STORY_N(lines));
    story_run(&a.s, chat_of(&a.s, 3));
    story_say(&a.s, "start");
    for (int i = 0; i < 3; i++) {
        char *at = strstr(a.s.text, "warning");
        assert_non_null(at);
        memcpy(at, "WARNING", 7);
    }
    assert_null(strstr(a.s.text, "warning"));
    assert_int_equal(rp_run_checkpoint(a.s.run), 4);
    assert_int_equal(a.inner.ops->info(a.inner.self, 2, &info, NULL), RP_OK);
    assert_int_equal(info.previous, 1); /* the chain goes on from the last that was saved */
    assert_int_equal(info.iteration, 5);
    for (int64_t id = 0; id < 5; id++)
        assert_int_equal(rp_store_verify(&a.inner, &a.s.alloc, id, &err), RP_OK);
    story_run(&a.s, chat_of(&a.s, 3));
    story_forget(&a.s, NULL);
    story_resume(&a.s, 3);
    assert_null(strstr(a.s.text, "warning"));
    story_close(&a.s);
}

static void memory_that_runs_out_in_the_store_ends_the_run(void **state)
{
    static struct around a;
    struct rp_out out = {0};
    int rc = RP_OK;

    (void)state;
    open_around(&a);
    a.status = RP_ENOMEM;
    a.fails_at = 1;
    a.fails = 1;
    story_run(&a.s, chat_of(&a.s, 3));
    assert_int_equal(story_begin(&a.s, "start"), RP_OK);
    for (int i = 0; i < 100 && rc == RP_OK; i++)
        rc = rp_run_next(a.s.run, &out);
    assert_int_equal(rc, RP_ENOMEM);
    assert_int_equal(rp_run_next(a.s.run, &out), RP_ENOMEM);
    story_close(&a.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_checkpoint_of_round_800_takes_no_more_than_a_fifth_above_that_of_round_50),
        cmocka_unit_test(what_is_remembered_of_a_store_stays_within_bounds),
        cmocka_unit_test(a_checkpoint_says_what_is_under_way_and_when_it_was_made),
        cmocka_unit_test(a_restored_run_goes_on_from_the_time_of_its_checkpoint),
        cmocka_unit_test(a_restored_run_gives_what_is_new),
        cmocka_unit_test(a_run_goes_on_when_checkpoints_are_removed_beside_it),
        cmocka_unit_test(even_its_own_last_checkpoint_may_be_removed),
        cmocka_unit_test(a_store_that_has_always_changed_is_one_that_fails),
        cmocka_unit_test(a_run_whose_save_fails_says_so_and_goes_on),
        cmocka_unit_test(memory_that_runs_out_in_the_store_ends_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
