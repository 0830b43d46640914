/* journaled.c - plays with journals, and replays, in memory. */
#include "tests/support/journaled.h"

#include "engine/os/reprise_os.h"
#include "scenarios/journal_line.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"

enum { TAIL = sizeof(",\"chain\":\"") - 1 + RP_JOURNAL_CHAIN + 2 };

int journaled_put(void *ctx, const char *s, size_t n)
{
    return rp_buf_add(ctx, s, n);
}

/* ---- writing --------------------------------------------------------------------------------- */

int journaled_play(const struct rp_alloc *alloc, const struct rp_scenario *scenario,
                   const struct rp_play_opts *opts, struct rp_buf *out)
{
    const struct rp_journal_opts how = {
        .alloc = *alloc, .scenario = scenario, .sink = {journaled_put, out}};
    struct rp_play_opts mine = opts ? *opts : (struct rp_play_opts){0};
    struct rp_play *play = NULL;
    struct rp_error err = {0};
    int rc = rp_journal_new(&how, &mine.journal);

    mine.alloc = *alloc;
    if (rc == RP_OK)
        rc = rp_play_new(scenario, &mine, &play);
    if (rc == RP_OK)
        rc = rp_play_all(play, &err);
    rp_play_free(play);
    rp_journal_free(mine.journal);
    return rc;
}

static void play_and_free(struct rp_scenario *scenario, int stream, struct rp_buf *out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    const struct rp_play_opts opts = {.stream = stream};

    assert_int_equal(journaled_play(&alloc, scenario, &opts, out), RP_OK);
    rp_scenario_free(scenario);
}

void journaled_file(const char *path, int stream, struct rp_buf *out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario;
    struct rp_error err = {0};

    if (rp_scenario_load(&alloc, path, &scenario, &err) != RP_OK)
        print_error("%s: %s\n", err.where, err.text);
    assert_int_equal(err.status, RP_OK);
    play_and_free(scenario, stream, out);
}

void journaled_text(const char *json, struct rp_buf *out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario;
    struct rp_error err = {0};

    if (rp_scenario_read(&alloc, "folder/test.json", json, strlen(json), &scenario, &err) != RP_OK)
        print_error("%s: %s\n", err.where, err.text);
    assert_int_equal(err.status, RP_OK);
    play_and_free(scenario, 0, out);
}

static void resume(const struct rp_scenario *scenario, const struct rp_store *store, int64_t id,
                   struct rp_buf *out)
{
    const struct rp_journal_opts how = {
        .alloc = rp_alloc_libc(), .scenario = scenario, .sink = {journaled_put, out}};
    const struct rp_scenario_turn turn = {.kind = RP_TURN_RESUME, .checkpoint = id};
    struct rp_play_opts opts = {.alloc = how.alloc, .store = store};
    struct rp_play *play;
    struct rp_error err = {0};

    assert_int_equal(rp_journal_new(&how, &opts.journal), RP_OK);
    assert_int_equal(rp_play_new(scenario, &opts, &play), RP_OK);
    assert_int_equal(rp_play_adopt(play, id, &err), RP_OK);
    assert_int_equal(rp_play_turn(play, &turn, &err), RP_OK);
    assert_int_equal(rp_play_end(play), RP_OK);
    rp_play_free(play);
    rp_journal_free(opts.journal);
}

void journaled_adopted(const char *path, int64_t id, struct rp_buf *out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    const struct rp_play_opts opts = {.store = &store};
    struct rp_scenario *scenario = NULL;
    struct rp_error err = {0};

    rp_scenario_load(&alloc, path, &scenario, &err);
    assert_non_null(scenario);
    assert_int_equal(rp_store_memory(&alloc, &store), RP_OK);
    assert_int_equal(journaled_play(&alloc, scenario, &opts, out), RP_OK);
    rp_buf_clear(out);
    resume(scenario, &store, id, out);
    store.ops->free(store.self);
    rp_scenario_free(scenario);
}

/* ---- replaying ------------------------------------------------------------------------------- */

struct playing {
    struct rp_play *play;
};

static int play_turn(void *ctx, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    return rp_play_turn(((struct playing *)ctx)->play, turn, err);
}

static int play_end(void *ctx, struct rp_error *err)
{
    (void)err;
    return rp_play_end(((struct playing *)ctx)->play);
}

static int play(struct rp_replay *replay, struct rp_buf *trace, struct rp_error *err)
{
    struct rp_play_opts opts = {.err = err};
    struct playing x = {NULL};
    const struct rp_replay_by by = {play_turn, play_end, &x};
    int rc;

    rp_replay_setup(replay, &opts);
    opts.alloc = *rp_kit_alloc(rp_replay_scenario(replay)->kit);
    if (trace)
        opts.trace = (struct rp_sink){journaled_put, trace};
    rc = rp_play_new(rp_replay_scenario(replay), &opts, &x.play);
    if (rc == RP_OK)
        rc = rp_replay_play(replay, x.play, &by, err);
    rp_play_free(x.play);
    return rp_replay_verdict(replay)->kind == RP_VERDICT_NONE ? rc : RP_OK;
}

static void add_count(struct rp_buf *b, const char *what, uint64_t n)
{
    rp_buf_addz(b, what);
    rp_buf_add_int(b, (int64_t)n);
}

static void add_buf(struct rp_buf *b, const char *what, const struct rp_buf *more)
{
    rp_buf_addz(b, what);
    rp_buf_add(b, more->s, more->n);
}

static void say_difference(const struct rp_replay_verdict *v, struct rp_buf *said)
{
    add_count(said, "line ", (uint64_t)v->line);
    add_count(said, ", turn ", (uint64_t)v->turn);
    add_count(said, ", superstep ", (uint64_t)v->step);
    rp_buf_addz(said, ", executor ");
    rp_buf_adds(said, v->executor);
    rp_buf_addz(said, ", ");
    rp_buf_adds(said, v->event);
    add_buf(said, ": ", &v->difference->pointer);
    add_buf(said, " was ", &v->difference->recorded);
    add_buf(said, ", is ", &v->difference->replayed);
    rp_buf_addz(said, "\n");
}

static void say_verdict(const struct rp_replay_verdict *v, struct rp_buf *said)
{
    static const char *const words[] = {
        [RP_VERDICT_NONE] = "none",       [RP_VERDICT_SAME] = "same",
        [RP_VERDICT_UNTIL] = "until",     [RP_VERDICT_CUT] = "cut",
        [RP_VERDICT_DIFFERS] = "differs", [RP_VERDICT_BROKEN_OFF] = "broken off",
        [RP_VERDICT_DAMAGED] = "damaged"};

    if (v->kind == RP_VERDICT_DIFFERS) {
        say_difference(v, said);
        return;
    }
    rp_buf_addz(said, words[v->kind]);
    if (v->kind == RP_VERDICT_DAMAGED) {
        rp_buf_addz(said, ": ");
        rp_buf_addz(said, v->damage.where);
        rp_buf_addz(said, ": ");
        rp_buf_addz(said, v->damage.text);
    } else {
        add_count(said, ": lines ", v->lines);
        add_count(said, ", turns ", v->turns);
        add_count(said, ", supersteps ", v->supersteps);
        add_count(said, ", events ", v->events);
        add_count(said, ", model calls ", v->model_calls);
        add_count(said, ", tool calls ", v->tool_calls);
    }
    rp_buf_addz(said, "\n");
}

int journaled_replay(const struct rp_replay_opts *opts, struct rp_buf *trace, struct rp_buf *said)
{
    struct rp_replay *replay = NULL;
    struct rp_error err = {0};
    int rc = rp_replay_new(opts, &replay, &err);

    if (rc == RP_OK)
        rc = play(replay, trace, &err);
    if (rc == RP_OK) {
        say_verdict(rp_replay_verdict(replay), said);
    } else if (rc != RP_ENOMEM) {
        rp_buf_addz(said, err.where);
        rp_buf_addz(said, ": ");
        rp_buf_addz(said, err.text);
        rp_buf_addz(said, "\n");
    }
    rp_replay_free(replay);
    return rc;
}

void journaled_said(struct rp_str journal, struct rp_buf *said)
{
    const struct rp_replay_opts opts = {.alloc = rp_alloc_libc(), .name = "J", .bytes = journal};

    rp_buf_clear(said);
    journaled_replay(&opts, NULL, said);
}

/* ---- changing -------------------------------------------------------------------------------- */

void journaled_link(struct rp_buf *journal)
{
    char chain[RP_JOURNAL_CHAIN + 1];
    char *s = journal->s, *end = journal->s + journal->n;

    memset(chain, '0', RP_JOURNAL_CHAIN);
    while (s < end) {
        char *stop = memchr(s, '\n', (size_t)(end - s));
        assert_non_null(stop);
        assert_true(stop - s > TAIL);
        rp_journal_link(chain, s, (size_t)(stop - s) - TAIL);
        memcpy(stop - 2 - RP_JOURNAL_CHAIN, chain, RP_JOURNAL_CHAIN);
        s = stop + 1;
    }
}

/* Where the n-th line of that kind begins, from 1. */
static const char *find_line(struct rp_str journal, const char *e, int n)
{
    char begins[64];
    const char *s = journal.s, *end = journal.s + journal.n;

    snprintf(begins, sizeof(begins), "{\"e\":\"%s\",", e);
    while (s < end) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if ((size_t)(end - s) > strlen(begins) && memcmp(s, begins, strlen(begins)) == 0 &&
            --n == 0)
            return s;
        s = stop ? stop + 1 : end;
    }
    print_error("there is no such line: %s\n", e);
    return NULL;
}

void journaled_edit(struct rp_str journal, const char *e, int n, const char *from, const char *to,
                    struct rp_buf *out)
{
    const char *line = find_line(journal, e, n), *at;

    assert_non_null(line);
    at = strstr(line, from);
    if (!at || at > strchr(line, '\n'))
        print_error("not in the line: %s\n%.*s\n", from, (int)strcspn(line, "\n"), line);
    assert_non_null(at);
    assert_true(at < strchr(line, '\n'));
    rp_buf_clear(out);
    rp_buf_add(out, journal.s, (size_t)(at - journal.s));
    rp_buf_addz(out, to);
    at += strlen(from);
    assert_int_equal(rp_buf_add(out, at, (size_t)(journal.s + journal.n - at)), RP_OK);
    journaled_link(out);
}
