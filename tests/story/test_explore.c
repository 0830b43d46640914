/* test_explore.c - exploring: seeds repeat, tapes repeat, orders are counted, findings add up, a
 * failure becomes small. */
#include "engine/os/reprise_os.h"
#include "scenarios/exhaust.h"
#include "scenarios/explore_db.h"
#include "scenarios/explore_jobs.h"
#include "scenarios/files.h"
#include "scenarios/shrink.h"
#include "tests/support/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rp_scenario *scenario_of(const char *json)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *s = NULL;
    struct rp_error err = {0};

    if (rp_scenario_read(&alloc, "s.json", json, strlen(json), &s, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    return s;
}

static struct rp_trial_opts trial_opts(uint32_t faults)
{
    return (struct rp_trial_opts){
        .alloc = rp_alloc_libc(), .streams = UINT32_MAX, .faults = faults, .depth = 3};
}

/* ---- orders ---------------------------------------------------------------------------------- */

/* One executor sends to n others, which do `op`, and all are joined. */
static struct rp_scenario *fan_of(int n, const char *op)
{
    char json[4096], names[512] = "", more[2048] = "";

    for (int i = 0; i < n; i++) {
        size_t at = strlen(names), to = strlen(more);
        snprintf(names + at, sizeof(names) - at, "%s\"w%d\"", i ? "," : "", i);
        snprintf(more + to, sizeof(more) - to, "{\"id\":\"w%d\",%s},", i, op);
    }
    snprintf(json, sizeof(json),
             "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"start\":\"s\",\"executors\":["
             "{\"id\":\"s\",\"op\":\"pass\"},%s"
             "{\"id\":\"j\",\"op\":\"join\",\"separator\":\",\",\"then\":\"yield\"}],"
             "\"edges\":[{\"from\":\"s\",\"to\":[%s]},{\"fan_in\":[%s],\"to\":\"j\"}]},"
             "\"turns\":[{\"run\":\"x\"}]}",
             more, names, names);
    return scenario_of(json);
}

static uint64_t orders_of(int n, const char *op, int reduce)
{
    struct rp_exhaust_opts opts = {.trial = trial_opts(0), .reduce = reduce};
    struct rp_scenario *s = fan_of(n, op);
    struct rp_exhaust_result r;
    struct rp_findings f;

    rp_findings_init(&f, &opts.trial.alloc);
    assert_int_equal(rp_exhaust(s, &opts, &f, &r), RP_OK);
    assert_true(r.whole);
    assert_int_equal(f.n, 0);
    assert_int_equal(f.runs, r.runs);
    rp_findings_free(&f);
    rp_scenario_free(s);
    return r.runs;
}

static void eight_independent_messages_have_40320_orders_and_one_class(void **state)
{
    (void)state;
    assert_int_equal(orders_of(8, "\"op\":\"upper\"", 0), 40320);
    assert_int_equal(orders_of(8, "\"op\":\"upper\"", 1), 1);
}

static void writers_of_one_key_are_tried_in_each_order_readers_are_not(void **state)
{
    (void)state;
    assert_int_equal(orders_of(4, "\"op\":\"state_append\",\"key\":\"k\"", 1), 24);
    assert_int_equal(orders_of(4, "\"op\":\"state_read\",\"key\":\"k\"", 1), 1);
}

static void a_search_that_meets_its_bound_says_so(void **state)
{
    struct rp_exhaust_opts opts = {.trial = trial_opts(0), .runs_max = 10};
    struct rp_scenario *s = fan_of(5, "\"op\":\"upper\"");
    struct rp_exhaust_result r;
    struct rp_findings f;

    (void)state;
    rp_findings_init(&f, &opts.trial.alloc);
    assert_int_equal(rp_exhaust(s, &opts, &f, &r), RP_OK);
    assert_false(r.whole);
    assert_int_equal(r.runs, 10);
    rp_findings_free(&f);
    rp_scenario_free(s);
}

/* ---- seeds ----------------------------------------------------------------------------------- */

static void no_scenario_breaks_a_property_or_its_own_repetition(void **state)
{
    struct rp_explore_opts opts = {.trial = trial_opts(3), .twice = 1};
    struct rp_error err = {0};
    struct rp_files files;

    (void)state;
    rp_files_init(&files, &opts.trial.alloc);
    assert_int_equal(rp_files_add(&files, "tests/conformance", &err), RP_OK);
    assert_in_range(files.n, 59, 100000);
    for (size_t i = 0; i < files.n; i++) {
        struct rp_scenario *s = NULL;
        struct rp_explore *e;
        struct rp_findings f;
        assert_int_equal(rp_scenario_load(&opts.trial.alloc, files.path[i], &s, &err), RP_OK);
        rp_findings_init(&f, &opts.trial.alloc);
        assert_int_equal(rp_explore_new(s, &opts, &e), RP_OK);
        for (uint64_t seed = 0; seed < 12; seed++)
            assert_int_equal(rp_explore_seed(e, seed, &f), RP_OK);
        if (f.n > 0)
            fail_msg("%s, seed %llu: I%d: %s", files.path[i], (unsigned long long)f.f[0].seed,
                     (int)f.f[0].violation.property, f.f[0].violation.text);
        assert_int_equal(f.stuck + f.mismatches, 0);
        rp_explore_free(e);
        rp_findings_free(&f);
        rp_scenario_free(s);
    }
    rp_files_free(&files);
}

static const char late_reply[] =
    "{\"scenario\":1,\"agents\":["
    "{\"name\":\"a\",\"model\":{\"script\":[{\"text\":\"from a\"},{\"text\":\"again\"}]}},"
    "{\"name\":\"b\",\"model\":{\"script\":[{\"text\":\"from b\"}]}},"
    "{\"name\":\"c\",\"model\":{\"script\":[{\"text\":\"from c\"}]}}],"
    "\"workflow\":{\"pattern\":\"sequential\",\"participants\":[\"a\",\"b\",\"c\"]},"
    "\"expect\":{\"never\":{\"status\":\"failed\"}},\"turns\":[{\"run\":\"x\"}]}";

static void explore(const struct rp_jobs_opts *opts, struct rp_findings *f)
{
    struct rp_scenario *s = scenario_of(late_reply);
    struct rp_error err = {0};

    rp_findings_init(f, &opts->explore.trial.alloc);
    assert_int_equal(rp_jobs_run(s, opts, f, &err), RP_OK);
    rp_scenario_free(s);
}

static void findings_are_equal(const struct rp_findings *a, const struct rp_findings *b)
{
    assert_int_equal(a->runs, b->runs);
    assert_int_equal(a->events, b->events);
    assert_int_equal(a->broken, b->broken);
    assert_int_equal(a->n_print, b->n_print);
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_true(a->f[i].signature == b->f[i].signature);
        assert_int_equal(a->f[i].seed, b->f[i].seed);
        assert_int_equal(a->f[i].count, b->f[i].count);
        assert_string_equal(a->f[i].tape, b->f[i].tape);
    }
}

static void processes_and_shards_find_what_one_process_finds(void **state)
{
    struct rp_jobs_opts opts = {.explore = {.trial = trial_opts(3)}, .seeds = 700};
    struct rp_findings whole, divided, shard[2];

    (void)state;
    explore(&opts, &whole);
    assert_true(whole.broken > 0); /* a model that fails breaks what is expected */
    opts.jobs = 3;
    explore(&opts, &divided);
    findings_are_equal(&whole, &divided);
    opts.jobs = 0;
    opts.shards = 2;
    explore(&opts, &shard[0]);
    opts.shard = 1;
    explore(&opts, &shard[1]);
    assert_int_equal(rp_findings_join(&shard[0], &shard[1]), RP_OK);
    findings_are_equal(&whole, &shard[0]);
    rp_findings_free(&whole);
    rp_findings_free(&divided);
    rp_findings_free(&shard[0]);
    rp_findings_free(&shard[1]);
}

/* ---- results --------------------------------------------------------------------------------- */

struct compared {
    const struct rp_findings *with;
    int rows;
};

static int compare_row(void *ctx, const struct rp_results_of *of, const struct rp_findings *f)
{
    struct compared *c = ctx;

    assert_string_equal(of->file, "s.json");
    findings_are_equal(c->with, f);
    c->rows++;
    return RP_OK;
}

static void results_of_shards_merge_to_those_of_the_whole(void **state)
{
    struct rp_jobs_opts opts = {.explore = {.trial = trial_opts(3)}, .seeds = 300};
    struct rp_results_of of = {"s.json", "00", "strategy=random"};
    char folder[] = "/tmp/reprise-test-XXXXXX", one[64], two[64];
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_findings whole, part;
    struct rp_error err = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(one, sizeof(one), "%s/1.db", folder);
    snprintf(two, sizeof(two), "%s/2.db", folder);
    explore(&opts, &whole);
    opts.shards = 2;
    for (opts.shard = 0; opts.shard < 2; opts.shard++) {
        explore(&opts, &part);
        assert_int_equal(rp_results_add(opts.shard ? two : one, &of, &part, &err), RP_OK);
        rp_findings_free(&part);
    }
    assert_int_equal(rp_results_merge(one, two, &alloc, &err), RP_OK);
    struct compared c = {&whole, 0};
    assert_int_equal(rp_results_read(one, &alloc, compare_row, &c, &err), RP_OK);
    assert_int_equal(c.rows, 1);
    rp_findings_free(&whole);
    unlink(one);
    unlink(two);
    rmdir(folder);
}

static void a_file_that_holds_no_results_is_refused(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};

    (void)state;
    assert_int_equal(rp_results_read("Makefile", &alloc, compare_row, NULL, &err), RP_EIO);
    assert_string_equal(err.where, "Makefile");
    assert_non_null(strstr(err.text, "not a database"));
}

/* ---- shrinking ------------------------------------------------------------------------------- */

static void a_failure_shrinks_to_what_it_needs_and_nothing_else(void **state)
{
    struct rp_jobs_opts opts = {.explore = {.trial = trial_opts(5)}, .seeds = 300};
    struct rp_scenario *s = scenario_of(late_reply);
    struct rp_shrunk small;
    struct rp_findings f;

    (void)state;
    explore(&opts, &f);
    assert_int_equal(f.n, 1);
    rp_shrunk_init(&small, &opts.explore.trial.alloc);
    assert_int_equal(rp_shrink(s, &opts.explore.trial, &f.f[0], 0, &small), RP_OK);
    assert_true(small.minimal);
    assert_int_equal(small.deviations, 0);
    assert_int_equal(small.faults, 0); /* an agent without replies fails by itself */
    assert_string_equal(small.scenario.s,
                        "{\"scenario\":1,\"agents\":[{\"name\":\"a\"}],\"workflow\":{\"pattern\":"
                        "\"sequential\",\"participants\":[\"a\"]},\"expect\":{\"never\":{"
                        "\"status\":\"failed\"}},\"turns\":[{\"run\":\"x\"}],\"tape\":\"1\"}\n");
    rp_shrunk_free(&small);
    rp_findings_free(&f);
    rp_scenario_free(s);
}

static void a_tape_that_does_not_fail_is_not_shrunk(void **state)
{
    struct rp_scenario *s = scenario_of(late_reply);
    struct rp_trial_opts opts = trial_opts(5);
    char tape[] = "1";
    struct rp_finding f = {.signature = 1, .tape = tape};
    struct rp_shrunk small;

    (void)state;
    rp_shrunk_init(&small, &opts.alloc);
    assert_int_equal(rp_shrink(s, &opts, &f, 0, &small), RP_ENOTFOUND);
    rp_shrunk_free(&small);
    rp_scenario_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_independent_messages_have_40320_orders_and_one_class),
        cmocka_unit_test(writers_of_one_key_are_tried_in_each_order_readers_are_not),
        cmocka_unit_test(a_search_that_meets_its_bound_says_so),
        cmocka_unit_test(no_scenario_breaks_a_property_or_its_own_repetition),
        cmocka_unit_test(processes_and_shards_find_what_one_process_finds),
        cmocka_unit_test(results_of_shards_merge_to_those_of_the_whole),
        cmocka_unit_test(a_file_that_holds_no_results_is_refused),
        cmocka_unit_test(a_failure_shrinks_to_what_it_needs_and_nothing_else),
        cmocka_unit_test(a_tape_that_does_not_fail_is_not_shrunk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
