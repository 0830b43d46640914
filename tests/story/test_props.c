/* test_props.c - no property is broken in any scenario that there is, nor in random ones: whole and
 * streamed, with and without checkpoints, in other orders of the ready executors; and runs that
 * must be equal have equal summaries. Run in the project's folder. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"
#include "tests/support/random_scenario.h"
#include "tests/support/watched.h"

enum { PATHS_MAX = 1024, SEEDS = 400 };

static char *paths[PATHS_MAX];
static size_t n_paths;
static const char *const folders[] = {"tests/conformance/", "tests/conformance/random/",
                                      "scenarios/cases/", "scenarios/regress/"};

static void add_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)) != NULL) {
        size_t n = strlen(entry->d_name), room = strlen(folder) + n + 1;
        if (n < 6 || strcmp(entry->d_name + n - 5, ".json") != 0)
            continue;
        assert_true(n_paths < PATHS_MAX);
        paths[n_paths] = malloc(room);
        assert_non_null(paths[n_paths]);
        snprintf(paths[n_paths++], room, "%s%s", folder, entry->d_name);
    }
    closedir(dir);
}

static int collect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        add_folder(folders[i]);
    return n_paths == 0;
}

static int drop(void **state)
{
    (void)state;
    while (n_paths > 0)
        free(paths[--n_paths]);
    return 0;
}

/* Fails the test after saying what is broken. */
static void assert_nothing_broken(const struct rp_props *p, const char *path, const char *how)
{
    for (size_t i = 0; i < rp_props_violations(p); i++) {
        const struct rp_violation *v = rp_props_violation(p, i);
        print_error("%s (%s): I%d %s turn %lld step %lld %s: %s\n", path, how, (int)v->property,
                    rp_property_name(v->property), (long long)v->turn, (long long)v->step,
                    v->executor, v->text);
    }
    if (getenv("PROPS_GO_ON"))
        return;
    assert_int_equal(rp_props_violations(p), 0);
}

/* Plays one, in both ways, with a store of its own or with none. */
static void hold(struct rp_scenario *scenario, const char *path, uint64_t seed,
                 struct rp_chooser chooser, int with_store)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_props *p;

    assert_int_equal(rp_props_new(&alloc, scenario, &p), RP_OK);
    for (int stream = 0; stream < 2; stream++) {
        struct rp_store store = {0};
        struct rp_error err = {0};
        struct watched how = {.stream = stream, .seed = seed, .chooser = chooser, .clean = 1};
        if (with_store) {
            assert_int_equal(rp_store_memory(&alloc, &store), RP_OK);
            how.store = &store;
        }
        if (watched_play(p, scenario, &alloc, &how, NULL, &err) != RP_OK)
            print_message("%s: %s %s\n", path, err.where, err.text);
        else
            assert_nothing_broken(p, path, stream ? "streamed" : "whole");
        if (store.self)
            store.ops->free(store.self);
    }
    rp_props_free(p);
}

static uint32_t pick_last(void *ctx, enum rp_choice what, const uint32_t *executors, uint32_t n)
{
    (void)ctx;
    (void)what;
    (void)executors;
    return n - 1;
}

static uint32_t pick_any(void *ctx, enum rp_choice what, const uint32_t *executors, uint32_t n)
{
    (void)what;
    (void)executors;
    return draw_below(ctx, n);
}

static void hold_all(struct rp_chooser chooser)
{
    struct rp_alloc alloc = rp_alloc_libc();

    for (size_t i = 0; i < n_paths; i++) {
        struct rp_scenario *scenario;
        struct rp_error err = {0};
        assert_int_equal(rp_scenario_load(&alloc, paths[i], &scenario, &err), RP_OK);
        hold(scenario, paths[i], 0, chooser, scenario->storage == RP_STORE_NONE && i % 2);
        rp_scenario_free(scenario);
    }
}

static void no_scenario_breaks_a_property(void **state)
{
    (void)state;
    hold_all((struct rp_chooser){.pick = NULL});
}

static void no_scenario_breaks_one_in_another_order(void **state)
{
    struct draw draw = {7};

    (void)state;
    hold_all((struct rp_chooser){.pick = pick_last});
    hold_all((struct rp_chooser){.pick = pick_any, .ctx = &draw});
}

static struct rp_scenario *random_one(uint64_t seed)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario = NULL;
    struct rp_error err = {0};
    struct rp_buf text;

    rp_buf_init(&text, &alloc, 1 << 24);
    assert_int_equal(random_scenario(&text, seed), RP_OK);
    if (rp_scenario_read(&alloc, "random", text.s, text.n, &scenario, &err) != RP_OK)
        fail_msg("seed %llu: %s: %s", (unsigned long long)seed, err.where, err.text);
    rp_buf_free(&text);
    return scenario;
}

static uint64_t seeds(void)
{
    const char *more = getenv("PROPS_SEEDS");

    return more ? strtoull(more, NULL, 10) : SEEDS;
}

static void no_random_scenario_breaks_a_property(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= seeds(); seed++) {
        struct rp_scenario *scenario = random_one(seed);
        struct draw draw = {seed};
        char name[32];
        snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
        hold(scenario, name, seed, (struct rp_chooser){.pick = NULL}, seed % 3 == 0);
        hold(scenario, name, seed, (struct rp_chooser){.pick = pick_any, .ctx = &draw},
             seed % 2 == 0);
        rp_scenario_free(scenario);
    }
}

/* ---- comparisons ------------------------------------------------------------------------------
 */

static void say_difference(const char *path, const struct rp_violation *v)
{
    print_error("%s: I%d %s: %s\n", path, (int)v->property, v->executor, v->text);
    if (!getenv("PROPS_GO_ON"))
        fail();
}

static void equal_runs_have_equal_summaries(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_summary *s = malloc(3 * sizeof(*s));
    uint32_t compared = 0;

    (void)state;
    assert_non_null(s);
    for (uint64_t seed = 1; seed <= seeds(); seed++) {
        struct rp_scenario *scenario = random_one(seed);
        struct watched how = {.stream = seed % 2 == 0};
        struct rp_violation differs;
        struct rp_error err = {0};
        struct rp_props *p;
        char name[32];
        snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
        assert_int_equal(rp_props_new(&alloc, scenario, &p), RP_OK);
        int rc = watched_play(p, scenario, &alloc, &how, &s[0], &err);
        if (rc == RP_OK) {
            assert_int_equal(watched_play(p, scenario, &alloc, &how, &s[1], &err), RP_OK);
            if (rp_summary_same(&s[0], &s[1], &differs) || rp_summary_again(&s[0], &s[1], &differs))
                say_difference(name, &differs);
            how.chooser = (struct rp_chooser){.pick = pick_last};
            assert_int_equal(watched_play(p, scenario, &alloc, &how, &s[2], &err), RP_OK);
            if (rp_summary_order(&s[0], &s[2], &differs))
                say_difference(name, &differs);
            compared += !s[0].sensitive && !s[2].sensitive;
        }
        rp_props_free(p);
        rp_scenario_free(scenario);
    }
    assert_true(compared > seeds() / 4);
    free(s);
}

/* Plays with a store of its own. */
static int play_stored(struct rp_props *p, const struct rp_scenario *scenario, struct watched *how,
                       struct rp_summary *summary)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    struct rp_error err = {0};
    int rc;

    assert_int_equal(rp_store_memory(&alloc, &store), RP_OK);
    how->store = &store;
    rc = watched_play(p, scenario, &alloc, how, summary, &err);
    store.ops->free(store.self);
    return rc;
}

static void a_run_that_was_restored_equals_the_whole_one(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_summary *s = malloc(2 * sizeof(*s));

    (void)state;
    assert_non_null(s);
    for (uint64_t seed = 1; seed <= seeds() / 4; seed++) {
        struct rp_scenario *scenario = random_one(seed);
        struct watched how = {.stream = seed % 2 == 0, .seed = seed};
        struct rp_props *p;
        char name[48];
        assert_int_equal(rp_props_new(&alloc, scenario, &p), RP_OK);
        int rc = play_stored(p, scenario, &how, &s[0]);
        for (uint32_t dies = 1; rc == RP_OK && dies <= 12; dies++) {
            struct rp_violation differs;
            snprintf(name, sizeof(name), "seed %llu, superstep %u", (unsigned long long)seed, dies);
            how.dies_after = dies;
            assert_int_equal(play_stored(p, scenario, &how, &s[1]), RP_OK);
            assert_nothing_broken(p, name, "restored");
            if (rp_summary_restored(&s[0], &s[1], &differs))
                say_difference(name, &differs);
        }
        rp_props_free(p);
        rp_scenario_free(scenario);
    }
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_was_restored_equals_the_whole_one),
        cmocka_unit_test(no_scenario_breaks_a_property),
        cmocka_unit_test(no_scenario_breaks_one_in_another_order),
        cmocka_unit_test(no_random_scenario_breaks_a_property),
        cmocka_unit_test(equal_runs_have_equal_summaries),
    };

    return cmocka_run_group_tests(tests, collect, drop);
}
