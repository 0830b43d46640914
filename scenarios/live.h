/* live.h - real models for the subcommands that play: --cassette and what goes with it. With a
 * cassette and mode "none" nothing of a network is made. API keys come from the environment only.
 *
 * Where a model is: the command line goes over what a cassette was recorded with (its notes), and
 * that over the scenario; without a base URL it is OpenAI's, or Anthropic's for that dialect. But
 * an address that is really asked never comes from a cassette: who sends one could have the keys
 * sent to himself. */
#ifndef RP_LIVE_H
#define RP_LIVE_H

#include "cli.h"

#include "mocks/recorder.h"

/* What the command line says; all zero: nothing. */
struct rp_live_words {
    const char *cassette, *mode, *match, *base_url, *model, *dialect, *lane_header;
    const char *api_key_env, *proxy, *ca_file, *timeout;
    struct rp_cli_values masks, redact;
    int plain_http;
};

/* For a command's tables. */
#define RP_LIVE_OPTIONS(w)                                                                         \
    {"--cassette", &(w).cassette}, {"--mode", &(w).mode}, {"--match", &(w).match},                 \
        {"--base-url", &(w).base_url}, {"--model", &(w).model}, {"--dialect", &(w).dialect},       \
        {"--lane-header", &(w).lane_header}, {"--api-key-env", &(w).api_key_env},                  \
        {"--proxy", &(w).proxy}, {"--ca-file", &(w).ca_file},                                      \
    {                                                                                              \
        "--timeout", &(w).timeout                                                                  \
    }
#define RP_LIVE_LISTS(w)                                                                           \
    {"--mask", &(w).masks},                                                                        \
    {                                                                                              \
        "--redact", &(w).redact                                                                    \
    }
#define RP_LIVE_FLAGS(w)                                                                           \
    {                                                                                              \
        "--plain-http", &(w).plain_http                                                            \
    }
/* For a command's help: the options beside --cassette and --mode. */
#define RP_LIVE_HELP                                                                               \
    "  --match RULE    which recording answers a request: strict (all of it is equal, the usual\n" \
    "                  rule), structural (but for what is masked) or sequence (by agent and\n"     \
    "                  order)\n"                                                                   \
    "  --mask POINTER  a place in requests that may differ: a JSON pointer (\"*\" is any step),\n" \
    "                  or url.query.NAME; implies --match structural; may be repeated\n"           \
    "  --base-url U    where the models are, for all agents: https://host/v1. The usual one is\n"  \
    "                  the scenario's, else that of the dialect's own service\n"                   \
    "  --model M       the name of the model, for all agents\n"                                    \
    "  --dialect D     chat (Chat Completions), responses or anthropic\n"                          \
    "  --lane-header H  a header that tells the service which agent asks\n"                        \
    "  --api-key-env V  the environment variable with the API key, for all agents\n"               \
    "  --redact RULE   what must not be written into the cassette, beside what never is:\n"        \
    "                  header:NAME, query:NAME, key:NAME, json:/POINTER, pattern:REGEX or\n"       \
    "                  text:SECRET; may be repeated\n"                                             \
    "  --proxy U       a proxy; the usual one is that of the environment\n"                        \
    "  --ca-file FILE  certificates to trust instead of the system's\n"                            \
    "  --timeout S     seconds that one exchange may take; 600\n"                                  \
    "  --plain-http    keys may go over http to other machines\n"

struct rp_live;
/* *out is NULL when no word asks for real models; the words must stay. usual: the mode when none is
 * said. -1 to go on, else the exit status after an error was told. */
int rp_live_open(const struct rp_cli_command *command, const struct rp_live_words *words,
                 enum rp_mode usual, struct rp_live **out);
/* Before a scenario is played: its models come from l, and its tools' results go there. l NULL:
 * nothing is done. -1 to go on, else the exit status. */
int rp_live_play(struct rp_live *l, const struct rp_scenario *scenario, struct rp_play_opts *opts);
/* Tells what it has come to, and ends it. Returns status, or RP_EXIT_DIFFERS instead of RP_EXIT_OK
 * when a request was missed, a reply has drifted or a recording was left unused. l NULL: status. */
int rp_live_close(struct rp_live *l, int status);

#endif
