/* cmd_serve.c - `reprise serve`: models over HTTP, from a scenario's scripts, from a cassette, or
 * from a real service that is recorded. */
#include "cli.h"
#include "cmd.h"
#include "serve_tape.h"

#include "engine/os/reprise_os.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *cassette, *match, *listen_at, *port, *lane_header, *upstream, *requests;
static struct rp_cli_values keys, masks, rules;
static int record, admin, no_admin, no_delays;

static const struct rp_cli_flag flags[] = {
    {"--record", &record},
    {"--admin", &admin},
    {"--no-admin", &no_admin},
    {"--no-delays", &no_delays},
};
static const struct rp_cli_option options[] = {
    {.name = "--cassette", .set = &cassette},       {.name = "--match", .set = &match},
    {.name = "--listen", .set = &listen_at},        {.name = "--port", .set = &port},
    {.name = "--lane-header", .set = &lane_header}, {.name = "--upstream", .set = &upstream},
    {.name = "--requests", .set = &requests},
};
static const struct rp_cli_list lists[] = {
    {"--mask", &masks}, {"--lane", &keys}, {"--redact", &rules}};

static const struct rp_cli_command command = {
    .name = "serve",
    .help =
        "usage: reprise serve [OPTION...] SCENARIO\n"
        "       reprise serve [OPTION...] --cassette C [--match RULE]\n"
        "       reprise serve [OPTION...] --cassette C --record --upstream URL\n"
        "Answers POST /v1/chat/completions, /v1/responses and /v1/messages, whole or streamed, "
        "and\n"
        "GET /v1/models (also without /v1), from the scripts of a scenario, from a cassette, or, "
        "as\n"
        "a recording proxy, from a service. Prints one line with its address when it is ready, "
        "and\n"
        "what has come of it when it ends: with SIGINT, SIGTERM, or after N requests.\n"
        "\n"
        "Which agent asks is told by the header X-Reprise-Lane, else by an API key that --lane "
        "maps\n"
        "or that is an agent's name, else by a model that is an agent's name; one agent alone "
        "needs\n"
        "no telling. Its k-th request gets the k-th reply.\n"
        "\n"
        "  --port N             the port on 127.0.0.1; default 0: the system chooses\n"
        "  --listen ADDR:PORT   another address: 0.0.0.0:8080, [::1]:8080\n"
        "  --lane KEY=AGENT     requests with that API key are the agent's; may stand more than\n"
        "                       once\n"
        "  --lane-header NAME   another header than X-Reprise-Lane\n"
        "  --no-delays          scripted and recorded delays are left out\n"
        "  --cassette C         the recordings; each answers once\n"
        "  --match RULE         strict (default), structural or sequence\n"
        "  --mask PATH          structural: a JSON pointer into requests that does not count; may\n"
        "                       stand more than once\n"
        "  --record             asks the service and records what passes; keys are passed on, and\n"
        "                       never stored\n"
        "  --upstream URL       the service's base: https://api.openai.com/v1\n"
        "  --redact RULE        takes more out of what is recorded: header:NAME, key:NAME,\n"
        "                       json:/POINTER, pattern:REGEX, text:SECRET; may stand more than "
        "once\n"
        "  --requests N         ends after N requests for models\n"
        "  --no-admin           without the endpoints below /reprise/: GET requests, ledger, "
        "health\n"
        "                       and POST reset\n"
        "  --admin              with them, where others than this machine can reach them too\n"
        "\n"
        "Exit status: 0; 1 when a request had no recording; 2 when it could not serve.\n",
    .flags = flags,
    .n_flags = sizeof(flags) / sizeof(*flags),
    .files_max = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .lists = lists,
    .n_lists = sizeof(lists) / sizeof(*lists),
};

struct serving {
    struct rp_alloc alloc;
    struct rp_scenario *scenario; /* NULL: none */
    struct rp_serve_tape_opts tape_opts;
    struct rp_serve_tape *tape; /* NULL: none */
    struct rp_serve_key key[RP_CLI_VALUES_MAX];
    char *key_text[RP_CLI_VALUES_MAX]; /* "KEY" NUL "AGENT", owned */
    size_t n_keys;
    char address[64];
    struct rp_serve_opts opts;
    struct rp_http_opts http_opts;
    struct rp_serve *core;
    struct rp_http *http;
};

/* ---- arguments ------------------------------------------------------------------------------- */

static int bad(const char *what, const char *which)
{
    return rp_cli_bad_usage(&command, what, which);
}

/* What goes together. -1: all is well. */
static int check_usage(int files)
{
    if (!cassette && files == 0)
        return bad("a scenario or --cassette is missing", "");
    if (record && (!cassette || !upstream))
        return bad("--record needs --cassette and --upstream", "");
    if (upstream && !record)
        return bad("--upstream needs --record", "");
    if (cassette && files > 0)
        return bad("a scenario and --cassette exclude each other", "");
    if (!cassette && (match || masks.n > 0))
        return bad("--match and --mask need --cassette", "");
    if (rules.n > 0 && !record)
        return bad("--redact needs --record", "");
    if (port && listen_at)
        return bad("--port and --listen exclude each other", "");
    if (admin && no_admin)
        return bad("--admin and --no-admin exclude each other", "");
    return -1;
}

static int take_port(const char *text, uint16_t *out)
{
    int64_t n;
    int status = rp_cli_number(&command, "a port is a number from 0 to 65535: ", text, &n);

    if (status >= 0)
        return status;
    if (n > UINT16_MAX)
        return bad("a port is a number from 0 to 65535: ", text);
    *out = (uint16_t)n;
    return -1;
}

/* "ADDR:PORT", an IPv6 address in brackets. */
static int take_address(struct serving *s)
{
    const char *colon = strrchr(listen_at, ':'), *from = listen_at;
    size_t n = colon ? (size_t)(colon - listen_at) : 0;

    if (n > 1 && from[0] == '[' && from[n - 1] == ']') {
        from++;
        n -= 2;
    }
    if (!colon || n == 0 || n >= sizeof(s->address))
        return bad("--listen takes ADDRESS:PORT: ", listen_at);
    memcpy(s->address, from, n);
    s->address[n] = '\0';
    s->http_opts.address = s->address;
    if (rp_http_is_loopback(s->address) < 0)
        return bad("--listen takes a numeric address: ", listen_at);
    return take_port(colon + 1, &s->http_opts.port);
}

static int take_keys(struct serving *s)
{
    for (size_t i = 0; i < keys.n; i++) {
        const char *is = strrchr(keys.at[i], '=');
        size_t size = strlen(keys.at[i]) + 1;
        char *text;
        if (!is || is == keys.at[i] || !is[1])
            return bad("--lane takes KEY=AGENT", "");
        text = s->alloc.resize(s->alloc.ctx, NULL, 0, size);
        if (!text)
            return bad("out of memory", "");
        memcpy(text, keys.at[i], size);
        text[is - keys.at[i]] = '\0';
        s->key_text[i] = text;
        s->key[i] = (struct rp_serve_key){text, text + (is - keys.at[i]) + 1};
        s->n_keys = i + 1;
    }
    return -1;
}

static int take_options(struct serving *s)
{
    int status = -1, rule = match ? rp_match_of(match) : 0;
    int64_t n = 0;

    if (rule < 0)
        return bad("--match takes strict, structural or sequence: ", match);
    s->tape_opts.match =
        (struct rp_match_opts){.rule = (enum rp_match)rule, .masks = masks.at, .n_masks = masks.n};
    if (requests)
        status = rp_cli_number(&command, "--requests takes a number: ", requests, &n);
    if (status < 0 && port)
        status = take_port(port, &s->http_opts.port);
    if (status < 0 && listen_at)
        status = take_address(s);
    if (status < 0)
        status = take_keys(s);
    s->http_opts.requests = (uint64_t)n;
    return status;
}

/* Admin endpoints are for this machine, unless it is said otherwise. */
static void set_options(struct serving *s)
{
    int near = rp_http_is_loopback(s->http_opts.address) > 0;

    s->opts.alloc = s->alloc;
    s->opts.keys = s->key;
    s->opts.n_keys = s->n_keys;
    s->opts.lane_header = lane_header;
    s->opts.admin = !no_admin && (near || admin);
    s->opts.host = near ? s->http_opts.address : NULL;
    if (near && !s->opts.host)
        s->opts.host = "127.0.0.1";
    s->opts.no_delays = no_delays;
    s->opts.open_lanes = record;
    for (int d = 0; d < RP_DIALECTS; d++)
        s->opts.base[d] = upstream;
    s->tape_opts.alloc = s->alloc;
    s->tape_opts.cassette = cassette;
    s->tape_opts.record = record;
    s->tape_opts.immediate = no_delays;
    s->tape_opts.redact = rules.at;
    s->tape_opts.n_redact = rules.n;
}

/* ---- serving --------------------------------------------------------------------------------- */

static struct rp_http *to_stop;

static void on_signal(int number)
{
    (void)number;
    rp_http_stop(to_stop);
}

static void catch_signals(struct rp_http *http)
{
    struct sigaction action = {.sa_handler = http ? on_signal : SIG_DFL};

    to_stop = http ? http : to_stop;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static int tell_address(const struct serving *s)
{
    const char *address = s->http_opts.address ? s->http_opts.address : "127.0.0.1";
    int six = strchr(address, ':') != NULL;
    char line[160];

    snprintf(line, sizeof(line), "reprise: serving on http://%s%s%s:%u/v1\n", six ? "[" : "",
             address, six ? "]" : "", (unsigned)rp_http_port(s->http));
    rp_cli_print(line);
    return rp_cli_finish(RP_EXIT_OK) == RP_EXIT_OK ? RP_OK : RP_EIO;
}

static int begin(struct serving *s, struct rp_error *err)
{
    if (s->scenario) {
        s->opts.agents = s->scenario->script;
        s->opts.n_agents = s->scenario->n_agents;
    } else {
        RP_TRY(rp_serve_tape_open(&s->tape_opts, &s->tape, err));
        RP_TRY(rp_serve_tape_serves(s->tape, &s->opts, err));
    }
    RP_TRY(rp_serve_new(&s->opts, &s->core));
    return rp_http_new(&s->alloc, s->core, &s->http_opts, &s->http, err);
}

static int tell_ledger(struct serving *s)
{
    struct rp_buf out;
    int rc;

    rp_buf_init(&out, &s->alloc, RP_TEXT_MAX);
    rc = rp_serve_ledger(s->core, &out);
    if (rc == RP_OK)
        rp_cli_print(out.s);
    rp_buf_free(&out);
    for (size_t i = 0; s->tape && rp_serve_tape_report(s->tape, i); i++)
        fprintf(stderr, "reprise: %s\n", rp_serve_tape_report(s->tape, i));
    return rc;
}

static int serve(struct serving *s)
{
    struct rp_error err = {0};
    int rc = begin(s, &err), missed;

    if (rc == RP_OK) {
        catch_signals(s->http);
        rc = tell_address(s);
        if (rc == RP_OK)
            rc = rp_http_run(s->http, &err);
        catch_signals(NULL);
    }
    if (rc == RP_OK)
        rc = tell_ledger(s);
    if (rc != RP_OK) {
        err.status = rc;
        rp_cli_error(&err);
        return RP_EXIT_BAD;
    }
    missed = s->tape && rp_serve_tape_ledger(s->tape).missed > 0;
    return missed ? RP_EXIT_DIFFERS : RP_EXIT_OK;
}

static void end(struct serving *s)
{
    rp_http_free(s->http);
    rp_serve_free(s->core);
    rp_serve_tape_close(s->tape);
    rp_scenario_free(s->scenario);
    for (size_t i = 0; i < s->n_keys; i++)
        s->alloc.resize(s->alloc.ctx, s->key_text[i], strlen(keys.at[i]) + 1, 0);
}

int rp_cmd_serve(int argc, char **argv)
{
    struct serving s = {.alloc = rp_alloc_libc()};
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0)
        status = check_usage(files);
    if (status < 0)
        status = take_options(&s);
    if (status < 0) {
        set_options(&s);
        if (files > 0 && !(s.scenario = rp_cli_load(argv[0])))
            status = RP_EXIT_BAD;
    }
    if (status < 0)
        status = serve(&s);
    end(&s);
    return rp_cli_finish(status);
}
