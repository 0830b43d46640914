/* cmd_replay.c - `reprise replay`: repeats the run of a journal and says whether it is the same. */
#include "cli.h"
#include "cmd.h"
#include "files.h"
#include "journal_file.h"
#include "journal_replay.h"
#include "mocks/redact.h"
#include "show.h"

#include "engine/os/reprise_os.h"

#include <stdlib.h>
#include <string.h>

static int show, trace, force;
static const char *until;

static const struct rp_cli_flag flags[] = {
    {"--show", &show}, {"--trace", &trace}, {"--force", &force}};
static const struct rp_cli_option options[] = {{"--until", &until}};

static const struct rp_cli_command command = {
    .name = "replay",
    .help =
        "usage: reprise replay [--until TURN[.STEP]] [--show | --trace] [--force] JOURNAL\n"
        "Repeats the run of a journal that `reprise run --journal JOURNAL` has written, from the\n"
        "journal alone: without its scenario's file, cassette or checkpoint store, and without\n"
        "any connection. Models answer what they answered then. Everything that happens is held\n"
        "against the journal; the first difference is shown with its line, turn, superstep,\n"
        "executor and field, and ends the replay.\n"
        "\n"
        "  --until TURN[.STEP]  goes up to the end of that turn, or of that superstep of it: 2, "
        "1.3\n"
        "  --show               shows the run as `reprise run` does\n"
        "  --trace              prints the portable trace of the run and nothing else\n"
        "  --force              replays a journal too whose chain of digests is broken\n"
        "\n"
        "Exit status: 0 when all is the same; 1 at a difference; 2 when the journal is cut off or\n"
        "damaged, or of a later version.\n",
    .flags = flags,
    .n_flags = 3,
    .files_min = 1,
    .files_max = 1,
    .options = options,
    .n_options = 1,
    .missing = "the journal is missing",
    .too_many = "one journal too many: ",
};

/* ---- the play -------------------------------------------------------------------------------- */

struct replaying {
    struct rp_replay *replay;
    struct rp_play *play; /* of the show, or our own */
    struct rp_show *show; /* NULL: nothing is shown */
};

static int play_turn(void *ctx, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    struct replaying *x = ctx;

    return x->show ? rp_show_turn(x->show, turn, err) : rp_play_turn(x->play, turn, err);
}

static int play_end(void *ctx, struct rp_error *err)
{
    struct replaying *x = ctx;

    (void)err;
    return x->show ? rp_show_end(x->show) : rp_play_end(x->play);
}

static int play_all(struct replaying *x, struct rp_error *err)
{
    const struct rp_replay_by by = {play_turn, play_end, x};

    return rp_replay_play(x->replay, x->play, &by, err);
}

static int play_shown(struct replaying *x, struct rp_play_opts *opts, struct rp_error *err)
{
    struct rp_show s;
    int rc;

    rp_show_init(&s, &opts->alloc, rp_replay_scenario(x->replay));
    rc = rp_show_begin(&s, opts, err);
    x->show = &s;
    x->play = s.play;
    if (rc == RP_OK)
        rc = play_all(x, err);
    if (rc == RP_OK)
        rc = rp_cli_print("\n");
    rp_show_free(&s);
    return rc;
}

static int play_plain(struct replaying *x, struct rp_play_opts *opts, struct rp_error *err)
{
    int rc;

    if (trace)
        opts->trace = rp_cli_stdout();
    opts->err = err;
    RP_TRY(rp_play_new(rp_replay_scenario(x->replay), opts, &x->play));
    rc = play_all(x, err);
    if (rc == RP_OK && rp_replay_verdict(x->replay)->kind != RP_VERDICT_SAME)
        rp_play_end(x->play); /* what the trace still holds back; the journal is closed already */
    rp_play_free(x->play);
    return rc;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static void print_int(int64_t i)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_buf b;

    rp_buf_init(&b, &alloc, 64);
    rp_buf_add_int(&b, i);
    rp_cli_print(b.s ? b.s : "");
    rp_buf_free(&b);
}

static void print_str(struct rp_str s)
{
    rp_cli_stdout().put(NULL, s.s, s.n);
}

static void print_count(uint64_t n, const char *one, const char *many)
{
    print_int((int64_t)n);
    rp_cli_print(" ");
    rp_cli_print(n == 1 ? one : many);
}

static void print_counts(const struct rp_replay_verdict *v)
{
    print_count(v->lines, "line, ", "lines, ");
    print_count(v->turns, "turn, ", "turns, ");
    print_count(v->supersteps, "superstep, ", "supersteps, ");
    print_count(v->events, "event, ", "events, ");
    print_count(v->model_calls, "model call, ", "model calls, ");
    print_count(v->tool_calls, "tool call\n", "tool calls\n");
}

static void print_digest(const struct rp_replay_verdict *v)
{
    static const char digit[] = "0123456789abcdef";
    char hex[17] = {0};

    if (!v->state)
        return;
    for (int i = 0; i < 16; i++)
        hex[i] = digit[v->digest >> (60 - 4 * i) & 15];
    rp_cli_print("state   ");
    rp_cli_print(v->state);
    rp_cli_print(", digest ");
    rp_cli_print(hex);
    if (v->redacted)
        rp_cli_print(" (not compared: the journal is redacted)");
    rp_cli_print("\nchain   ");
    rp_cli_print(v->chain[0] ? v->chain : "(none)");
    rp_cli_print("\n");
}

static void print_difference(const struct rp_replay_verdict *v)
{
    const struct rp_journal_difference *d = v->difference;

    rp_cli_print(": differs in line ");
    print_int(v->line);
    rp_cli_print(": turn ");
    print_int(v->turn);
    rp_cli_print(", superstep ");
    print_int(v->step);
    if (v->executor.n > 0) {
        rp_cli_print(", executor ");
        print_str(v->executor);
    }
    rp_cli_print(", ");
    print_str(v->event);
    rp_cli_print("\n  field     ");
    print_str((struct rp_str){d->pointer.s ? d->pointer.s : "", d->pointer.n});
    rp_cli_print("\n  recorded  ");
    print_str((struct rp_str){d->recorded.s ? d->recorded.s : "", d->recorded.n});
    rp_cli_print("\n  replayed  ");
    print_str((struct rp_str){d->replayed.s ? d->replayed.s : "", d->replayed.n});
    rp_cli_print("\nthe same until then: ");
}

/* That a journal has no end is told whatever else is. */
static int tell_cut(const struct rp_replay_verdict *v, const char *name)
{
    struct rp_error err = {0};

    rp_fail_at(&err, RP_EPARSE, name,
               "the journal is cut off after line %l: its run was killed, or its disk was full; "
               "up to there the replay is the same",
               (int64_t)v->lines);
    rp_cli_error(&err);
    return RP_EXIT_BAD;
}

static int tell_verdict(const struct rp_replay_verdict *v, const char *name)
{
    static const char *const words[] = {[RP_VERDICT_SAME] = ": the same\n",
                                        [RP_VERDICT_UNTIL] = ": the same up to there\n",
                                        [RP_VERDICT_CUT] = ": the same up to where it is cut off\n",
                                        [RP_VERDICT_BROKEN_OFF] =
                                            ": the same up to where the run lost its output\n"};

    if (v->kind == RP_VERDICT_DAMAGED) {
        rp_cli_error(&v->damage);
        return RP_EXIT_BAD;
    }
    if (v->kind == RP_VERDICT_DIFFERS || !trace) {
        rp_cli_print(name);
        if (v->kind == RP_VERDICT_DIFFERS)
            print_difference(v);
        else
            rp_cli_print(v->kind == RP_VERDICT_SAME && until ? ": the same; it ends before there\n"
                                                             : words[v->kind]);
        print_counts(v);
        print_digest(v);
    }
    if (v->kind == RP_VERDICT_CUT)
        return tell_cut(v, name);
    return v->kind == RP_VERDICT_DIFFERS ? RP_EXIT_DIFFERS : RP_EXIT_OK;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int read_until(struct rp_replay_opts *opts)
{
    static const char what[] = "--until takes a turn, or a turn and a superstep as 2.5: ";
    const char *dot = until ? strchr(until, '.') : NULL;
    char turn[24] = "";
    int status = -1;

    if (!until)
        return -1;
    if (strlen(until) >= sizeof(turn))
        return rp_cli_bad_usage(&command, what, until);
    memcpy(turn, until, dot ? (size_t)(dot - until) : strlen(until));
    status = rp_cli_number(&command, what, turn, &opts->until_turn);
    if (status < 0 && dot)
        status = rp_cli_number(&command, what, dot + 1, &opts->until_step);
    if (status < 0 && (opts->until_turn == 0 || (dot && opts->until_step == 0)))
        return rp_cli_bad_usage(&command, what, until);
    return status;
}

static int play_replay(struct rp_replay *replay, const char *name)
{
    struct rp_play_opts opts = {.alloc = rp_alloc_libc()};
    struct replaying x = {.replay = replay};
    struct rp_error err = {0};
    int rc;

    rp_replay_setup(replay, &opts);
    rc = show ? play_shown(&x, &opts, &err) : play_plain(&x, &opts, &err);
    if (rp_replay_verdict(replay)->kind != RP_VERDICT_NONE)
        return tell_verdict(rp_replay_verdict(replay), name);
    rp_cli_play_error(rp_replay_scenario(replay), rc, &err);
    return RP_EXIT_BAD;
}

static int replay_bytes(struct rp_replay_opts *opts)
{
    struct rp_replay *replay = NULL;
    struct rp_redact *redact = NULL;
    struct rp_journal_filter filter;
    struct rp_error err = {0};
    int status = RP_EXIT_BAD, rc = rp_journal_redaction(&opts->alloc, &redact, &filter, &err);

    opts->filter = &filter;
    if (rc == RP_OK)
        rc = rp_replay_new(opts, &replay, &err);
    if (rc == RP_OK)
        status = play_replay(replay, opts->name);
    else
        rp_cli_error(&err);
    rp_replay_free(replay);
    rp_redact_free(redact);
    return status;
}

int rp_cmd_replay(int argc, char **argv)
{
    struct rp_replay_opts opts = {.alloc = rp_alloc_libc()};
    struct rp_error err = {0};
    struct rp_buf bytes;
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0)
        status = read_until(&opts);
    if (status < 0 && show && trace)
        status = rp_cli_bad_usage(&command, "--show and --trace do not go together", "");
    if (status >= 0)
        return status;
    opts.name = argv[0];
    opts.force = force;
    rp_buf_init(&bytes, &opts.alloc, SIZE_MAX / 2);
    if (rp_file_read(&bytes, argv[0], &err) == RP_OK) {
        opts.bytes = (struct rp_str){bytes.s ? bytes.s : "", bytes.n};
        status = replay_bytes(&opts);
    } else {
        rp_cli_error(&err);
        status = RP_EXIT_BAD;
    }
    rp_buf_free(&bytes);
    return rp_cli_finish(status);
}
