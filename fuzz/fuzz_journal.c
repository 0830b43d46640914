/* fuzz_journal.c - a journal, from its bytes to a verdict: refused with a place, or replayed to
 * wherever it differs. A scenario is played with a journal, which then must be repeated to its last
 * line. */
#include "engine/base/check.h"
#include "engine/os/reprise_os.h"
#include "fuzz/fuzz.h"
#include "scenarios/journal_replay.h"

#include <string.h>

enum { STEPS_MAX = 20000, JOURNAL_MAX = 1 << 26 };

static int play_turn(void *ctx, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    struct rp_play **play = ctx;

    return rp_play_turn(*play, turn, err);
}

static int play_end(void *ctx, struct rp_error *err)
{
    struct rp_play **play = ctx;

    (void)err;
    return rp_play_end(*play);
}

static enum rp_verdict_kind replay(struct rp_replay *r)
{
    struct rp_play_opts opts = {.alloc = rp_alloc_libc()};
    struct rp_play *play = NULL;
    const struct rp_replay_by by = {play_turn, play_end, &play};
    struct rp_error err = {0};
    enum rp_verdict_kind kind;

    rp_replay_setup(r, &opts);
    if (rp_play_new(rp_replay_scenario(r), &opts, &play) == RP_OK)
        rp_replay_play(r, play, &by, &err);
    kind = rp_replay_verdict(r)->kind;
    rp_play_free(play);
    return kind;
}

/* Without its chain, which no mutation would survive. */
static void read_journal(const char *bytes, size_t n)
{
    const struct rp_replay_opts opts = {.alloc = rp_alloc_libc(),
                                        .name = "input",
                                        .bytes = {bytes, n},
                                        .force = 1,
                                        .steps_max = STEPS_MAX};
    struct rp_replay *r;
    struct rp_error err = {0};

    if (rp_replay_new(&opts, &r, &err) != RP_OK) {
        RP_ASSERT(err.where[0] && err.text[0]);
        return;
    }
    replay(r);
    rp_replay_free(r);
}

static int put(void *ctx, const char *s, size_t n)
{
    struct rp_buf *b = ctx;

    return rp_buf_add(b, s, n);
}

static void write_journal(const struct rp_scenario *scenario, struct rp_buf *out)
{
    const struct rp_journal_opts how = {
        .alloc = rp_alloc_libc(), .scenario = scenario, .sink = {put, out}};
    struct rp_play_opts opts = {.alloc = how.alloc, .steps_max = STEPS_MAX};
    struct rp_play *play;
    struct rp_error err = {0};

    RP_ASSERT(rp_journal_new(&how, &opts.journal) == RP_OK);
    if (rp_play_new(scenario, &opts, &play) == RP_OK) {
        rp_play_all(play, &err);
        rp_play_free(play);
    }
    rp_journal_free(opts.journal);
}

static void is_repeated(const struct rp_buf *journal)
{
    const struct rp_replay_opts opts = {
        .alloc = rp_alloc_libc(), .name = "journal", .bytes = {journal->s, journal->n}};
    enum rp_verdict_kind kind;
    struct rp_replay *r;
    struct rp_error err;

    if (journal->n == 0)
        return;
    RP_ASSERT(rp_replay_new(&opts, &r, &err) == RP_OK);
    kind = replay(r);
    RP_ASSERT(kind == RP_VERDICT_SAME || kind == RP_VERDICT_CUT);
    rp_replay_free(r);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario;
    struct rp_error err;
    struct rp_buf journal;

    read_journal((const char *)data, size);
    if (rp_scenario_read(&alloc, "input", (const char *)data, size, &scenario, &err) != RP_OK)
        return;
    rp_buf_init(&journal, &alloc, JOURNAL_MAX);
    write_journal(scenario, &journal);
    is_repeated(&journal);
    rp_buf_free(&journal);
    rp_scenario_free(scenario);
}
