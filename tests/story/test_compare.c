/* test_compare.c - runs held against others: a process that dies, an instance that is put back, an
 * order that is another one; nothing of it changes what a run comes to. */
#include "engine/os/reprise_os.h"
#include "scenarios/compare.h"
#include "tests/support/cm.h"

#include <string.h>

static const char asks[] =
    "{\"scenario\":1,\"checkpointing\":\"memory\",\"workflow\":{\"pattern\":\"graph\","
    "\"start\":\"a\",\"executors\":[{\"id\":\"a\",\"op\":\"append\",\"text\":\"?\"},"
    "{\"id\":\"b\",\"op\":\"ask\"},{\"id\":\"c\",\"op\":\"upper\",\"then\":\"yield\"}],"
    "\"edges\":[{\"from\":\"a\",\"to\":\"b\"},{\"from\":\"b\",\"to\":\"c\"}]},"
    "\"turns\":[{\"run\":\"go\"},{\"respond\":[{\"request\":1,\"value\":\"yes\"}]}]}";

static const char fans[] =
    "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"start\":\"s\",\"executors\":["
    "{\"id\":\"s\",\"op\":\"pass\"},{\"id\":\"a\",\"op\":\"upper\",\"then\":\"yield\"},"
    "{\"id\":\"b\",\"op\":\"pass\",\"then\":\"yield\"}],"
    "\"edges\":[{\"from\":\"s\",\"to\":[\"a\",\"b\"]}]},\"turns\":[{\"run\":\"go\"}]}";

struct bench {
    struct rp_scenario *scenario;
    struct rp_trial *trial;
    struct rp_tape tape;
    struct rp_trial_result r;
    struct rp_compare compare;
};

static void run_tape(struct bench *b, const char *json, const char *tape)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_trial_opts opts = {.alloc = alloc, .streams = UINT32_MAX};
    struct rp_error err = {0};

    assert_int_equal(rp_scenario_read(&alloc, "s.json", json, strlen(json), &b->scenario, &err),
                     RP_OK);
    assert_int_equal(rp_trial_new(b->scenario, &opts, &b->trial), RP_OK);
    rp_compare_init(&b->compare, &alloc);
    rp_tape_init(&b->tape, &alloc);
    assert_int_equal(rp_tape_read(&b->tape, tape, &err), RP_OK);
    assert_int_equal(rp_trial_tape(b->trial, &b->tape, &b->r), RP_OK);
    assert_int_equal(b->r.outcome, RP_OUTCOME_FINE);
    assert_int_equal(rp_compare_run(&b->compare, b->trial, &b->r), RP_OK);
    assert_int_equal(b->compare.n_found, 0);
}

static void clear(struct bench *b)
{
    rp_compare_free(&b->compare);
    rp_trial_free(b->trial);
    rp_tape_free(&b->tape);
    rp_scenario_free(b->scenario);
}

/* What is left in the comparison's other tape is what the run was held against. */
static int was_compared(const struct bench *b)
{
    return rp_tape_deviations(&b->compare.tape) > rp_tape_deviations(&b->compare.other);
}

static void wherever_a_process_dies_the_next_one_comes_to_the_same(void **state)
{
    static const char *const tapes[] = {"1;x1=1", "1;x2=1", "1;x3=1", "1;x4=1", "1;x2=1,5=1"};

    (void)state;
    for (size_t i = 0; i < sizeof(tapes) / sizeof(*tapes); i++) {
        struct bench b;
        run_tape(&b, asks, tapes[i]);
        assert_int_equal(b.r.crashes, i == 4 ? 2 : 1);
        assert_true(was_compared(&b));
        clear(&b);
    }
}

static void an_instance_that_is_put_back_goes_on_as_a_fresh_one(void **state)
{
    static const char *const tapes[] = {"1;x1=2", "1;x2=2", "1;x3=2", "1;x4=2", "1;x2=2,5=1"};

    (void)state;
    for (size_t i = 0; i < sizeof(tapes) / sizeof(*tapes); i++) {
        struct bench b;
        run_tape(&b, asks, tapes[i]);
        assert_int_equal(b.r.crashes, i == 4 ? 2 : 1);
        assert_true(was_compared(&b));
        clear(&b);
    }
}

static void another_order_is_held_against_the_canonical_one(void **state)
{
    struct bench b;

    (void)state;
    run_tape(&b, fans, "1;r0=1");
    assert_true(was_compared(&b));
    clear(&b);
}

static void a_run_with_misfortune_has_no_canonical_order_to_compare_with(void **state)
{
    struct bench b;

    (void)state;
    run_tape(&b, fans, "1;x0=1");
    assert_false(was_compared(&b));
    assert_int_equal(b.r.faults, 0); /* a store is none */
    clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wherever_a_process_dies_the_next_one_comes_to_the_same),
        cmocka_unit_test(an_instance_that_is_put_back_goes_on_as_a_fresh_one),
        cmocka_unit_test(another_order_is_held_against_the_canonical_one),
        cmocka_unit_test(a_run_with_misfortune_has_no_canonical_order_to_compare_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
