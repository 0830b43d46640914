/* cmd_trace.c - `reprise trace`: the portable trace of a scenario. */
#include "cli.h"
#include "cmd.h"
#include "play.h"

#include "engine/os/reprise_os.h"

static const char *store_name;

static const struct rp_cli_option options[] = {{"--store", &store_name}};

static const struct rp_cli_command command = {
    .name = "trace",
    .help =
        "usage: reprise trace [--store STORE] FILE\n"
        "Plays the scenario and prints its portable trace: one JSON object a line, the same\n"
        "bytes on every machine.\n"
        "\n"
        "  --store STORE   keeps the run's checkpoints there: a folder, or an SQLite database (a\n"
        "                  name ending in .db or .sqlite; see \"reprise checkpoints --help\")\n"
        "\n"
        "Exit status: 0 when it could be played to its last turn, whether or not turns failed;\n"
        "2 when not.\n",
    .files_min = 1,
    .files_max = 1,
    .options = options,
    .n_options = 1,
};

static int trace(const struct rp_scenario *scenario)
{
    struct rp_play_opts opts = {.alloc = rp_alloc_libc(), .trace = rp_cli_stdout()};
    struct rp_store store = {0};
    int status = store_name ? rp_cli_store(store_name, RP_STORE_KEEP, &store) : -1;

    if (status >= 0)
        return status;
    opts.store = store_name ? &store : NULL;
    status = rp_cli_play(scenario, &opts);
    rp_cli_close(&store);
    return status;
}

int rp_cmd_trace(int argc, char **argv)
{
    struct rp_scenario *scenario;
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status >= 0)
        return status;
    scenario = rp_cli_load(argv[0]);
    if (!scenario)
        return RP_EXIT_BAD;
    status = trace(scenario);
    rp_scenario_free(scenario);
    return rp_cli_finish(status);
}
