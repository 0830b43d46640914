/* cmd_record.c - `reprise record`: plays scenarios with real models, and keeps what they say. */
#include "cli.h"
#include "cmd.h"
#include "live.h"
#include "show.h"

#include "engine/os/reprise_os.h"

#include <string.h>

static int stream, interactive;
static struct rp_live_words words;

static const struct rp_cli_flag flags[] = {
    {"--stream", &stream}, {"--interactive", &interactive}, RP_LIVE_FLAGS(words)};
static const struct rp_cli_option options[] = {RP_LIVE_OPTIONS(words)};
static const struct rp_cli_list lists[] = {RP_LIVE_LISTS(words)};

static const struct rp_cli_command command = {
    .name = "record",
    .help =
        "usage: reprise record FILE --cassette C [--base-url U] [--model M] [--dialect D]\n"
        "                      [--lane-header H] [--mode MODE] [--redact RULE]... [--stream] ...\n"
        "Plays the scenario with the models of real services, shows it as `reprise run` does, and\n"
        "keeps what they say in the cassette C: one file, to be committed. From then on\n"
        "`reprise run|trace|test FILE --cassette C` plays it again without a network, the same\n"
        "way every time. API keys come from the environment and are not written; the scripts of\n"
        "the scenario are not used, its tools are.\n"
        "\n"
        "  --cassette C    is made when it does not exist\n"
        "  --mode MODE     all: asks the service always, a request that was recorded before is\n"
        "                  recorded anew (the usual mode); once: records when the cassette is "
        "new,\n"
        "                  replays else; new: records what is not there yet, replays the rest\n"
        "  --stream        every turn streams, whatever the scenario says\n"
        "  --interactive   the open requests are answered by you, as of `reprise "
        "run`\n" RP_LIVE_HELP "\n"
        "What the command line says of the services and of matching is kept in the cassette and\n"
        "need not be said again. Exit status: 0 when it could be played to its last turn, whether\n"
        "or not turns failed; 1 when (in mode once or new) a recording was left unused or a "
        "request\n"
        "missed; 2 when it could not be played, or not be kept.\n",
    .flags = flags,
    .n_flags = sizeof(flags) / sizeof(*flags),
    .files_min = 1,
    .files_max = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .lists = lists,
    .n_lists = sizeof(lists) / sizeof(*lists),
    .missing = "the scenario is missing",
    .too_many = "one scenario at a time: ",
};

static int check_usage(void)
{
    if (!words.cassette)
        return rp_cli_bad_usage(&command, "--cassette is missing", "");
    if (words.mode && (strcmp(words.mode, "none") == 0 || strcmp(words.mode, "diff") == 0))
        return rp_cli_bad_usage(&command, "nothing is recorded in mode ", words.mode);
    return -1;
}

/* The cassette is opened, and maybe made, only for a scenario that is one. */
static int record(const struct rp_scenario *scenario)
{
    struct rp_play_opts opts = {.alloc = rp_alloc_libc(), .stream = stream};
    struct rp_live *live = NULL;
    int status = rp_live_open(&command, &words, RP_MODE_ALL, &live);

    if (status < 0)
        status = rp_live_play(live, scenario, &opts);
    if (status < 0)
        status = rp_show_scenario(scenario, &opts, interactive);
    return rp_live_close(live, status);
}

int rp_cmd_record(int argc, char **argv)
{
    struct rp_scenario *scenario;
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0)
        status = check_usage();
    if (status >= 0)
        return status;
    scenario = rp_cli_load(argv[0]);
    status = scenario ? record(scenario) : RP_EXIT_BAD;
    rp_scenario_free(scenario);
    return rp_cli_finish(status);
}
