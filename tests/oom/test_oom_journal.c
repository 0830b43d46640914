/* test_oom_journal.c - plays with a journal, and replays it, while memory runs out at every single
 * point: each time RP_ENOMEM and not a byte left (see test_oom_run.c). Run in the project's
 * folder. */
#include <stdio.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/journaled.h"

static char path[256];
static int stream;
static struct rp_buf journal;

static int ignore(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    (void)s;
    (void)n;
    return RP_OK;
}

static int write_journal(const struct rp_alloc *alloc)
{
    struct rp_play_opts opts = {.stream = stream};
    struct rp_journal_opts how = {.alloc = *alloc, .sink = {ignore, NULL}};
    struct rp_scenario *scenario;
    struct rp_play *play = NULL;
    struct rp_error err = {0};
    int rc = rp_scenario_load(alloc, path, &scenario, &err);

    if (rc != RP_OK)
        return rc;
    opts.alloc = *alloc;
    how.scenario = scenario;
    rc = rp_journal_new(&how, &opts.journal);
    if (rc == RP_OK)
        rc = rp_play_new(scenario, &opts, &play);
    if (rc == RP_OK)
        rc = rp_play_all(play, &err);
    rp_play_free(play);
    rp_journal_free(opts.journal);
    rp_scenario_free(scenario);
    return rc;
}

static int replay_journal(const struct rp_alloc *alloc)
{
    struct rp_alloc libc = rp_alloc_libc();
    const struct rp_replay_opts opts = {
        .alloc = *alloc, .name = "J", .bytes = {journal.s, journal.n}};
    struct rp_buf said;
    int rc;

    rp_buf_init(&said, &libc, 1 << 20);
    rc = journaled_replay(&opts, NULL, &said);
    if (rc != RP_ENOMEM && (!said.s || memcmp(said.s, "same: ", 6) != 0)) {
        print_error("%s: %s\n", path, said.s ? said.s : "");
        rc = RP_EARG;
    }
    rp_buf_free(&said);
    return rc;
}

static void survives_each_failing_allocation(void **state)
{
    struct rp_alloc libc = rp_alloc_libc();

    snprintf(path, sizeof(path), "%s.json", (const char *)*state);
    for (stream = 0; stream < 2; stream++) {
        rp_buf_init(&journal, &libc, 1 << 24);
        journaled_file(path, stream, &journal);
        assert_true(sweep_memory(write_journal) > 0);
        assert_true(sweep_memory(replay_journal) > 0);
        rp_buf_free(&journal);
    }
}

static void a_journal_with_a_checkpoint_survives_it_too(void **state)
{
    struct rp_alloc libc = rp_alloc_libc();

    (void)state;
    rp_buf_init(&journal, &libc, 1 << 24);
    journaled_adopted("tests/conformance/sequential-checkpoint-resume.json", 1, &journal);
    assert_true(sweep_memory(replay_journal) > 0);
    rp_buf_free(&journal);
}

#define SURVIVES(scenario)                                                                         \
    {                                                                                              \
        "memory may run out anywhere in the journal of " scenario,                                 \
            survives_each_failing_allocation, NULL, NULL, (void *)(uintptr_t)(scenario)            \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        SURVIVES("tests/conformance/graph-sub-workflow-asks"),
        SURVIVES("tests/conformance/sequential-checkpoint-resume"),
        SURVIVES("tests/conformance/group-chat-tool-in-participant"),
        SURVIVES("tests/conformance/handoff-tool-approval"),
        SURVIVES("scenarios/cases/requests-cancelled"),
        cmocka_unit_test(a_journal_with_a_checkpoint_survives_it_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
