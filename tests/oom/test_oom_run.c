/* test_oom_run.c - loads and plays scenarios while memory runs out at every single point: each time
 * RP_ENOMEM and not a byte left. Built with RP_HEAP_CHUNK=1 (make check-oom) each object of a heap
 * is an allocation of its own, so that each can be the one that fails. Run in the project's
 * folder. */
#include <stdio.h>

#include "scenarios/load.h"
#include "scenarios/play.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static int ignore(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    (void)s;
    (void)n;
    return RP_OK;
}

/* Loads and plays a scenario; everything that it needs is taken from alloc. */
static int play(const char *path, const struct rp_alloc *alloc)
{
    struct rp_play_opts opts = {.alloc = *alloc, .trace = {ignore, NULL}};
    struct rp_scenario *scenario;
    struct rp_play *player;
    struct rp_error err = {0};
    int rc = rp_scenario_load(alloc, path, &scenario, &err);

    if (rc == RP_OK) {
        rc = rp_play_new(scenario, &opts, &player);
        if (rc == RP_OK) {
            rc = rp_play_all(player, &err);
            rp_play_free(player);
        }
        rp_scenario_free(scenario);
    }
    if (rc != RP_OK && rc != RP_ENOMEM)
        print_error("%s %s: %s\n", path, err.where, err.text);
    return rc;
}

/* The scenario of the test that runs: sweep_memory hands on nothing but the allocator. */
static char swept[256];

static int play_swept(const struct rp_alloc *alloc)
{
    return play(swept, alloc);
}

static void survives_each_failing_allocation(void **state)
{
    snprintf(swept, sizeof(swept), "%s.json", (const char *)*state);
    assert_true(sweep_memory(play_swept) > 0);
}

/* A test by the scenario's name. */
#define SURVIVES(scenario)                                                                         \
    {                                                                                              \
        "memory may run out anywhere in " scenario, survives_each_failing_allocation, NULL, NULL,  \
            (void *)(uintptr_t)("tests/conformance/" scenario)                                     \
    }

#define CASE_SURVIVES(scenario)                                                                    \
    {                                                                                              \
        "memory may run out anywhere in " scenario, survives_each_failing_allocation, NULL, NULL,  \
            (void *)(uintptr_t)("scenarios/cases/" scenario)                                       \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        SURVIVES("graph-ask"),
        SURVIVES("graph-fails"),
        SURVIVES("graph-fan-out-fan-in"),
        SURVIVES("graph-state"),
        SURVIVES("graph-sub-workflow-asks"),
        SURVIVES("graph-switch-case"),
        SURVIVES("sequential-checkpoint-resume"),
        SURVIVES("sequential-human-review-of-last"),
        SURVIVES("sequential-streaming"),
        SURVIVES("concurrent-checkpoint-resume"),
        SURVIVES("concurrent-custom-aggregator"),
        SURVIVES("concurrent-one-fails"),
        SURVIVES("group-chat-coordinator-agent"),
        SURVIVES("group-chat-human-review"),
        SURVIVES("group-chat-tool-in-participant"),
        SURVIVES("handoff-autonomous"),
        SURVIVES("handoff-tool-approval"),
        SURVIVES("handoff-user-input"),
        SURVIVES("magentic-ledger-retries"),
        SURVIVES("magentic-plan-review-revise"),
        SURVIVES("magentic-stall-replan"),
        CASE_SURVIVES("requests-cancelled"),
        CASE_SURVIVES("timeouts-questions"),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
