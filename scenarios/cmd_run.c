/* cmd_run.c - `reprise run`: plays scenarios before a reader's eyes. */
#include "cli.h"
#include "cmd.h"
#include "show.h"

#include "engine/os/reprise_os.h"

static int stream, interactive;
static const char *store_name;

static const struct rp_cli_flag flags[] = {{"--stream", &stream}, {"--interactive", &interactive}};
static const struct rp_cli_option options[] = {{"--store", &store_name}};

static const struct rp_cli_command command = {
    .name = "run",
    .help =
        "usage: reprise run [--stream] [--interactive] [--store STORE] FILE...\n"
        "Plays scenarios and shows who says what, which tools are called, what is asked and\n"
        "answered. The number of the superstep stands on the left. The last lines tell the state\n"
        "of the run and the SHA-256 of its portable trace, as `reprise trace` prints it.\n"
        "\n"
        "  --stream        every turn streams, whatever the scenario says\n"
        "  --interactive   the open requests are answered by you, from standard input, a line\n"
        "                  each: after every turn, until none is open or the input ends. The\n"
        "                  scenario's own answers are left out\n"
        "  --store STORE   keeps the runs' checkpoints there: a folder, or an SQLite database (a\n"
        "                  name ending in .db or .sqlite). `reprise checkpoints` looks into it,\n"
        "                  `reprise resume` goes on from one\n"
        "\n"
        "Colours are used on a terminal, unless NO_COLOR is set in the environment.\n"
        "Exit status: 0 when all could be played to their last turn, whether or not turns failed;\n"
        "2 when not.\n",
    .flags = flags,
    .n_flags = 2,
    .files_min = 1,
    .options = options,
    .n_options = 1,
};

static int show_turns(struct rp_show *s, struct rp_error *err)
{
    for (uint32_t i = 0; i < s->scenario->n_turns; i++) {
        struct rp_scenario_turn turn = s->scenario->turns[i];
        if (interactive && (turn.kind == RP_TURN_RESPOND || turn.kind == RP_TURN_CANCEL))
            continue;
        if (interactive)
            turn.n_answers = 0;
        RP_TRY(rp_show_turn(s, &turn, err));
        if (interactive)
            RP_TRY(rp_show_answers(s, err));
    }
    return rp_show_end(s);
}

static int run_file(const char *path, const struct rp_store *store)
{
    struct rp_play_opts opts = {.alloc = rp_alloc_libc(), .stream = stream, .store = store};
    struct rp_scenario *scenario = rp_cli_load(path);
    struct rp_error err = {0};
    struct rp_show s;
    int rc;

    if (!scenario)
        return RP_EXIT_BAD;
    rp_show_init(&s, &opts.alloc, scenario);
    rc = rp_show_begin(&s, &opts, &err);
    if (rc == RP_OK)
        rc = show_turns(&s, &err);
    rp_show_free(&s);
    if (rc != RP_OK)
        rp_cli_play_error(scenario, rc, &err);
    rp_scenario_free(scenario);
    return rc == RP_OK ? RP_EXIT_OK : RP_EXIT_BAD;
}

int rp_cmd_run(int argc, char **argv)
{
    struct rp_store store = {0};
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0 && store_name)
        status = rp_cli_store(store_name, RP_STORE_KEEP, &store);
    if (status >= 0)
        return status;
    status = RP_EXIT_OK;
    for (int i = 0; i < files; i++) {
        if (i > 0)
            rp_cli_print("\n");
        if (run_file(argv[i], store_name ? &store : NULL) != RP_EXIT_OK)
            status = RP_EXIT_BAD;
    }
    rp_cli_close(&store);
    return rp_cli_finish(status);
}
