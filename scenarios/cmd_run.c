/* cmd_run.c - `reprise run`: plays scenarios before a reader's eyes. */
#include "cli.h"
#include "cmd.h"
#include "journal_file.h"
#include "live.h"
#include "show.h"

#include "engine/os/reprise_os.h"

static int stream, interactive;
static const char *store_name, *journal_name;
static struct rp_live_words words;

static const struct rp_cli_flag flags[] = {
    {"--stream", &stream}, {"--interactive", &interactive}, RP_LIVE_FLAGS(words)};
static const struct rp_cli_option options[] = {
    {"--store", &store_name}, {"--journal", &journal_name}, RP_LIVE_OPTIONS(words)};
static const struct rp_cli_list lists[] = {RP_LIVE_LISTS(words)};

static const struct rp_cli_command command = {
    .name = "run",
    .help =
        "usage: reprise run [--stream] [--interactive] [--store STORE] [--journal JOURNAL] "
        "FILE...\n"
        "       reprise run --cassette C [--mode MODE] [--match RULE] [--mask POINTER]... ... "
        "FILE...\n"
        "       reprise run --base-url U --model M ... FILE...\n"
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
        "  --journal JOURNAL  writes all that passes between the run and its surroundings to that\n"
        "                  file, of one scenario; `reprise replay` repeats the run from it\n"
        "\n"
        "Without more the models' replies come from the scenario's scripts. Real models:\n"
        "  --cassette C    replies are those that were recorded there (`reprise record`)\n"
        "  --mode MODE     none: only those, no connection is ever made (the usual mode); once:\n"
        "                  records when the cassette is new, else as none; new: records what is "
        "not\n"
        "                  there yet; all: asks the service always and records anew; diff: asks "
        "the\n"
        "                  service always, records nothing and tells where its replies differ.\n"
        "                  Without --cassette, --base-url asks the service and records "
        "nothing\n" RP_LIVE_HELP "\n"
        "Colours are used on a terminal, unless NO_COLOR is set in the environment.\n"
        "Exit status: 0 when all could be played to their last turn, whether or not turns failed;\n"
        "1 when the cassette missed a request, a reply has drifted or a recording was left "
        "unused;\n"
        "2 when one could not be played.\n",
    .flags = flags,
    .n_flags = sizeof(flags) / sizeof(*flags),
    .files_min = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .lists = lists,
    .n_lists = sizeof(lists) / sizeof(*lists),
};

static int run_file(const char *path, const struct rp_store *store, struct rp_live *live)
{
    struct rp_play_opts opts = {.alloc = rp_alloc_libc(), .stream = stream, .store = store};
    struct rp_scenario *scenario = rp_cli_load(path);
    struct rp_journal_file journal;
    int status;

    if (!scenario)
        return RP_EXIT_BAD;
    status = rp_live_play(live, scenario, &opts);
    if (status < 0)
        status = rp_journal_file_open(&journal, journal_name, scenario);
    if (status < 0) {
        opts.journal = journal.journal;
        status = rp_journal_file_close(&journal, rp_show_scenario(scenario, &opts, interactive));
    }
    rp_scenario_free(scenario);
    return status;
}

static int run_files(int n, char **paths, const struct rp_store *store, struct rp_live *live)
{
    int status = RP_EXIT_OK;

    for (int i = 0; i < n; i++) {
        if (i > 0)
            rp_cli_print("\n");
        if (run_file(paths[i], store, live) != RP_EXIT_OK)
            status = RP_EXIT_BAD;
    }
    return status;
}

int rp_cmd_run(int argc, char **argv)
{
    struct rp_store store = {0};
    struct rp_live *live = NULL;
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0 && journal_name && files > 1)
        status = rp_cli_bad_usage(&command, "--journal is of one scenario: ", argv[1]);
    if (status < 0)
        status = rp_live_open(&command, &words, RP_MODE_NONE, &live);
    if (status < 0 && store_name)
        status = rp_cli_store(store_name, RP_STORE_KEEP, &store);
    if (status < 0)
        status = run_files(files, argv, store_name ? &store : NULL, live);
    rp_cli_close(&store);
    return rp_cli_finish(rp_live_close(live, status));
}
