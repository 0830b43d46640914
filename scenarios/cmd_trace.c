/* cmd_trace.c - `reprise trace`: the portable trace of a scenario. */
#include "cli.h"
#include "cmd.h"
#include "journal_file.h"
#include "live.h"
#include "play.h"

#include "engine/os/reprise_os.h"

static const char *store_name, *journal_name;
static struct rp_live_words words;

static const struct rp_cli_flag flags[] = {RP_LIVE_FLAGS(words)};
static const struct rp_cli_option options[] = {
    {"--store", &store_name}, {"--journal", &journal_name}, RP_LIVE_OPTIONS(words)};
static const struct rp_cli_list lists[] = {RP_LIVE_LISTS(words)};

static const struct rp_cli_command command = {
    .name = "trace",
    .help =
        "usage: reprise trace [--store STORE] [--journal JOURNAL] [--cassette C] FILE\n"
        "Plays the scenario and prints its portable trace: one JSON object a line, the same\n"
        "bytes on every machine.\n"
        "\n"
        "  --store STORE   keeps the run's checkpoints there: a folder, or an SQLite database (a\n"
        "                  name ending in .db or .sqlite; see \"reprise checkpoints --help\")\n"
        "  --journal JOURNAL  writes the full journal there; see \"reprise replay --help\"\n"
        "  --cassette C    the models' replies come from there, not from the scripts; see "
        "\"reprise\n"
        "                  run --help\" for what goes with it\n"
        "\n"
        "Exit status: 0 when it could be played to its last turn, whether or not turns failed;\n"
        "1 when the cassette missed a request, a reply has drifted or a recording was left "
        "unused;\n"
        "2 when it could not be played.\n",
    .flags = flags,
    .n_flags = sizeof(flags) / sizeof(*flags),
    .files_min = 1,
    .files_max = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .lists = lists,
    .n_lists = sizeof(lists) / sizeof(*lists),
};

static int trace(const struct rp_scenario *scenario, struct rp_live *live)
{
    struct rp_play_opts opts = {.alloc = rp_alloc_libc(), .trace = rp_cli_stdout()};
    struct rp_store store = {0};
    struct rp_journal_file journal;
    int status = rp_live_play(live, scenario, &opts);

    if (status < 0 && store_name)
        status = rp_cli_store(store_name, RP_STORE_KEEP, &store);
    if (status < 0)
        status = rp_journal_file_open(&journal, journal_name, scenario);
    if (status < 0) {
        opts.store = store_name ? &store : NULL;
        opts.journal = journal.journal;
        status = rp_journal_file_close(&journal, rp_cli_play(scenario, &opts));
    }
    rp_cli_close(&store);
    return status;
}

int rp_cmd_trace(int argc, char **argv)
{
    struct rp_scenario *scenario;
    struct rp_live *live;
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0)
        status = rp_live_open(&command, &words, RP_MODE_NONE, &live);
    if (status >= 0)
        return status;
    scenario = rp_cli_load(argv[0]);
    status = scenario ? trace(scenario, live) : RP_EXIT_BAD;
    rp_scenario_free(scenario);
    return rp_cli_finish(rp_live_close(live, status));
}
