/* cmd_run.c - `reprise run`: plays scenarios before a reader's eyes. */
#include "cli.h"
#include "cmd.h"
#include "interact.h"

#include "engine/base/sha256.h"
#include "engine/os/reprise_os.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int stream, interactive;

static const struct rp_cli_flag flags[] = {{"--stream", &stream}, {"--interactive", &interactive}};

static const struct rp_cli_command command = {
    .name = "run",
    .help =
        "usage: reprise run [--stream] [--interactive] FILE...\n"
        "Plays scenarios and shows who says what, which tools are called, what is asked and\n"
        "answered. The number of the superstep stands on the left. The last lines tell the state\n"
        "of the run and the SHA-256 of its portable trace, as `reprise trace` prints it.\n"
        "\n"
        "  --stream        every turn streams, whatever the scenario says\n"
        "  --interactive   the open requests are answered by you, from standard input, a line\n"
        "                  each: after every turn, until none is open or the input ends. The\n"
        "                  scenario's own answers are left out\n"
        "\n"
        "Colours are used on a terminal, unless NO_COLOR is set in the environment.\n"
        "Exit status: 0 when all could be played to their last turn, whether or not turns failed;\n"
        "2 when not.\n",
    .flags = flags,
    .n_flags = 2,
    .files_min = 1,
};

/* ---- one scenario ---------------------------------------------------------------------------- */

struct show {
    const struct rp_scenario *scenario;
    struct rp_play *play;
    struct rp_transcript transcript;
    struct rp_interact interact;
    struct rp_sha256 digest;
    int64_t turns;
};

static int add_to_digest(void *ctx, const char *s, size_t n)
{
    rp_sha256_add(ctx, s, n);
    return RP_OK;
}

static int want_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    if (no && no[0])
        return 0;
    return isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

static int show_turn(struct show *s, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    struct rp_error why;

    RP_TRY(rp_transcript_turn(&s->transcript, ++s->turns, turn));
    RP_TRY(rp_play_turn(s->play, turn, err));
    if (rp_play_error(s->play, &why) != RP_OK)
        return rp_transcript_raised(&s->transcript, &why);
    return RP_OK;
}

/* A person answers what is open, as long as there is something and someone. */
static int show_answers(struct show *s, struct rp_error *err)
{
    struct rp_scenario_turn turn;

    while (!s->interact.ended && rp_run_requests(rp_play_run(s->play)) > 0) {
        RP_TRY(rp_interact_ask(&s->interact, s->play, &turn));
        if (turn.n_answers > 0)
            RP_TRY(show_turn(s, &turn, err));
    }
    return RP_OK;
}

static int show_turns(struct show *s, struct rp_error *err)
{
    for (uint32_t i = 0; i < s->scenario->n_turns; i++) {
        struct rp_scenario_turn turn = s->scenario->turns[i];
        if (interactive && turn.kind == RP_TURN_RESPOND)
            continue;
        if (interactive)
            turn.n_answers = 0;
        RP_TRY(show_turn(s, &turn, err));
        if (interactive)
            RP_TRY(show_answers(s, err));
    }
    return rp_play_end(s->play);
}

static int show_scenario(struct show *s, const struct rp_alloc *alloc, struct rp_error *err)
{
    struct rp_observer observer = rp_transcript_observer(&s->transcript);
    struct rp_play_opts opts = {.alloc = *alloc,
                                .stream = stream,
                                .trace = {add_to_digest, &s->digest},
                                .watch = &observer};
    char hex[65];

    RP_TRY(rp_transcript_title(&s->transcript, s->scenario));
    RP_TRY(rp_play_new(s->scenario, &opts, &s->play));
    s->transcript.asked = rp_play_asked(s->play);
    RP_TRY(show_turns(s, err));
    rp_sha256_hex(&s->digest, hex);
    return rp_transcript_end(&s->transcript, rp_play_run(s->play), hex);
}

static int run_file(const char *path)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario = rp_cli_load(path);
    struct rp_error err = {0};
    struct show s = {.scenario = scenario};
    int rc;

    if (!scenario)
        return RP_EXIT_BAD;
    rp_transcript_init(&s.transcript, &alloc, rp_cli_stdout(), want_colour());
    rp_interact_init(&s.interact, &alloc, stdin, &s.transcript);
    rp_sha256_init(&s.digest);
    rc = show_scenario(&s, &alloc, &err);
    rp_play_free(s.play);
    rp_interact_free(&s.interact);
    rp_transcript_free(&s.transcript);
    if (rc != RP_OK)
        rp_cli_play_error(scenario, rc, &err);
    rp_scenario_free(scenario);
    return rc == RP_OK ? RP_EXIT_OK : RP_EXIT_BAD;
}

int rp_cmd_run(int argc, char **argv)
{
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status >= 0)
        return status;
    status = RP_EXIT_OK;
    for (int i = 0; i < files; i++) {
        if (i > 0)
            rp_cli_print("\n");
        if (run_file(argv[i]) != RP_EXIT_OK)
            status = RP_EXIT_BAD;
    }
    return rp_cli_finish(status);
}
