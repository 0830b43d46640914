/* live.c - owns what real, recorded and replayed models need while scenarios are played: cassette,
 * recorder, connections; and tells what it has come to. */
#include "live_inside.h"

#include "engine/os/reprise_os.h"
#include "mocks/curl.h"
#include "mocks/retry.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- clients --------------------------------------------------------------------------------- */

static int open_curl(struct rp_live *l, struct rp_transport *out)
{
    struct rp_curl_opts opts = {
        .whole_ms = l->whole_ms, .proxy = l->words->proxy, .ca_file = l->words->ca_file};

    return rp_curl_new(&l->alloc, &opts, out);
}

static int make_client(void *ctx, const struct rp_alloc *alloc, struct rp_client *out)
{
    struct rp_live *l = ctx;
    struct rp_retry_opts retries = rp_retry_default();
    struct rp_transport below, retry;

    RP_TRY(l->recorder ? rp_recorder_transport(l->recorder, &below) : open_curl(l, &below));
    RP_TRY(rp_retry_new(alloc, &retries, below, &retry));
    return rp_remote_new(alloc, l->services, l->n_services, retry, out);
}

static const char *date(void *ctx)
{
    struct rp_live *l = ctx;
    time_t now = time(NULL);
    struct tm tm;

    if (!gmtime_r(&now, &tm) || strftime(l->date, sizeof(l->date), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return NULL;
    return l->date;
}

static int open_recorder(struct rp_live *l, struct rp_error *err)
{
    struct rp_recorder_opts opts = {.alloc = l->alloc,
                                    .cassette = l->cassette,
                                    .redact = l->redact,
                                    .mode = l->mode,
                                    .match = l->match,
                                    .now = date,
                                    .now_ctx = l};
    struct rp_transport inner = {NULL, NULL};

    if (l->asks && open_curl(l, &inner) != RP_OK)
        return rp_fail_at(err, RP_ECLIENT, "", "libcurl cannot be set up");
    return rp_recorder_new(&opts, inner, &l->recorder, err);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int bad(const struct rp_live *l, const char *what, const char *which)
{
    return rp_cli_bad_usage(l->command, what, which);
}

static int take_words(struct rp_live *l, enum rp_mode usual)
{
    const struct rp_live_words *w = l->words;
    int mode = w->mode ? rp_mode_of(w->mode) : (int)usual;
    int rule = w->match ? rp_match_of(w->match)
                        : (int)(w->masks.n > 0 ? RP_MATCH_STRUCTURAL : RP_MATCH_STRICT);
    int64_t seconds = 0;

    if (mode < 0)
        return bad(l, "--mode takes none, once, new, all or diff: ", w->mode);
    if (rule < 0)
        return bad(l, "--match takes strict, structural or sequence: ", w->match);
    if (w->masks.n > 0 && rule != RP_MATCH_STRUCTURAL)
        return bad(l, "--mask goes with --match structural: ", w->match);
    if (w->dialect && rp_dialect_of(w->dialect) < 0)
        return bad(l, "--dialect takes chat, responses or anthropic: ", w->dialect);
    if (w->timeout &&
        rp_cli_number(l->command, "--timeout takes seconds: ", w->timeout, &seconds) >= 0)
        return RP_EXIT_BAD;
    if (seconds > 1000000)
        return bad(l, "--timeout is too long: ", w->timeout);
    l->whole_ms = (uint64_t)seconds * 1000;
    l->mode = (enum rp_mode)mode;
    memcpy(l->masks, w->masks.at, sizeof(l->masks));
    l->match = (struct rp_match_opts){
        .rule = (enum rp_match)rule, .masks = l->masks, .n_masks = w->masks.n, .masked = l->masked};
    return -1;
}

static int open_cassette(struct rp_live *l, struct rp_error *err)
{
    int reads = l->mode == RP_MODE_NONE || l->mode == RP_MODE_DIFF;
    int is_new;

    RP_TRY(rp_cassette_open(&l->alloc, l->words->cassette,
                            reads ? RP_CASSETTE_READ : RP_CASSETTE_KEEP, &l->cassette, err));
    is_new = rp_cassette_count(l->cassette) == 0;
    l->asks = l->mode != RP_MODE_NONE && (l->mode != RP_MODE_ONCE || is_new);
    l->records = l->asks && l->mode != RP_MODE_DIFF;
    l->old_tools = rp_cassette_tools(l->cassette);
    if (l->mode != RP_MODE_ALL)
        RP_TRY(rp_live_read_notes(l, err));
    return l->records ? rp_live_write_notes(l, err) : RP_OK;
}

static void drop(struct rp_live *l)
{
    struct rp_alloc alloc = l->alloc;

    rp_live_forget(l);
    rp_recorder_free(l->recorder);
    rp_cassette_close(l->cassette);
    rp_redact_free(l->redact);
    rp_heap_free(&l->heap);
    alloc.resize(alloc.ctx, l, sizeof(*l), 0);
}

static int tell(struct rp_error *err, int rc)
{
    err->status = rc;
    rp_cli_error(err);
    return RP_EXIT_BAD;
}

/* One that is not there yet is made when it is clear that something can be recorded. */
static int is_to_be_made(const struct rp_live *l)
{
    return l->mode != RP_MODE_NONE && l->mode != RP_MODE_DIFF &&
           access(l->words->cassette, F_OK) != 0;
}

static int open_live(struct rp_live *l, enum rp_mode usual)
{
    struct rp_error err = {0};
    int status = take_words(l, usual), rc = RP_OK;

    if (status >= 0)
        return status;
    l->asks = !l->words->cassette || is_to_be_made(l);
    if (l->words->cassette)
        rc = rp_redact_new(&l->alloc, l->words->redact.at, l->words->redact.n, &l->redact, &err);
    if (rc == RP_OK && !l->asks)
        rc = open_cassette(l, &err);
    return rc == RP_OK ? -1 : tell(&err, rc);
}

/* Words that mean nothing without real models. */
static int check_unused(const struct rp_cli_command *command, const struct rp_live_words *w)
{
    const struct {
        const char *name;
        int is_said;
    } all[] = {
        {"--mode", w->mode != NULL},       {"--match", w->match != NULL},
        {"--mask", w->masks.n > 0},        {"--redact", w->redact.n > 0},
        {"--model", w->model != NULL},     {"--dialect", w->dialect != NULL},
        {"--proxy", w->proxy != NULL},     {"--lane-header", w->lane_header != NULL},
        {"--timeout", w->timeout != NULL}, {"--api-key-env", w->api_key_env != NULL},
        {"--plain-http", w->plain_http},   {"--ca-file", w->ca_file != NULL},
    };
    /* the first four are of a cassette only */
    for (size_t i = 0; i < (w->base_url ? 4 : sizeof(all) / sizeof(*all)); i++)
        if (all[i].is_said)
            return rp_cli_bad_usage(command, all[i].name,
                                    w->base_url || i < 4 ? " goes with --cassette"
                                                         : " goes with --cassette or --base-url");
    return -1;
}

int rp_live_open(const struct rp_cli_command *command, const struct rp_live_words *words,
                 enum rp_mode usual, struct rp_live **out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_live *l;
    int status = words->cassette ? -1 : check_unused(command, words);

    *out = NULL;
    if (status >= 0 || (!words->cassette && !words->base_url))
        return status;
    l = alloc.resize(alloc.ctx, NULL, 0, sizeof(*l));
    if (!l)
        return tell(&(struct rp_error){.text = "out of memory"}, RP_ENOMEM);
    memset(l, 0, sizeof(*l));
    l->command = command;
    l->words = words;
    l->alloc = alloc;
    rp_heap_init(&l->heap, &l->alloc, 0, 0);
    status = open_live(l, usual);
    if (status >= 0)
        drop(l);
    else
        *out = l;
    return status;
}

/* ---- playing --------------------------------------------------------------------------------- */

int rp_live_play(struct rp_live *l, const struct rp_scenario *scenario, struct rp_play_opts *opts)
{
    struct rp_error err = {0};
    int rc;

    if (!l)
        return -1;
    rc = rp_live_resolve(l, scenario, &err);
    if (rc == RP_OK && l->words->cassette && !l->cassette)
        rc = open_cassette(l, &err);
    if (rc == RP_OK && l->cassette && !l->recorder)
        rc = open_recorder(l, &err); /* now that the keys are hidden */
    if (rc != RP_OK) {
        if (!err.where[0])
            snprintf(err.where, sizeof(err.where), "%s", scenario->path);
        return tell(&err, rc);
    }
    l->maker = (struct rp_client_maker){make_client, l};
    opts->models = &l->maker;
    if (l->records) {
        l->watch = rp_live_tools(l);
        opts->also = &l->watch;
    }
    return -1;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static void count(struct rp_buf *b, uint64_t n, const char *what)
{
    if (n == 0)
        return;
    rp_buf_addz(b, b->n > 0 ? ", " : "");
    rp_buf_add_int(b, (int64_t)n);
    rp_buf_addz(b, what);
}

static void tell_counts(const struct rp_live *l, const struct rp_ledger *ledger)
{
    struct rp_buf b;

    rp_buf_init(&b, &l->alloc, 1024);
    count(&b, ledger->replayed, " replayed");
    count(&b, ledger->recorded, " recorded");
    count(&b, ledger->missed, " missed");
    count(&b, ledger->drifted, " drifted");
    count(&b, ledger->unused, " unused");
    fprintf(stderr, "reprise: %s: %s\n", rp_cassette_path(l->cassette),
            b.n > 0 ? b.s : "nothing was asked");
    rp_buf_free(&b);
    for (size_t i = 0; i < l->match.n_masks; i++)
        fprintf(stderr, "reprise: %s: mask %s: %llu place%s\n", rp_cassette_path(l->cassette),
                l->masks[i], (unsigned long long)l->masked[i], l->masked[i] == 1 ? "" : "s");
}

static void tell_unused(const struct rp_live *l, const struct rp_ledger *ledger)
{
    const char *path = rp_cassette_path(l->cassette);
    struct rp_buf b;

    if (ledger->unused == 0)
        return;
    rp_buf_init(&b, &l->alloc, 256);
    for (uint64_t i = 0; i < ledger->unused && !b.failed; i++) {
        rp_buf_addz(&b, i > 0 ? ", " : "");
        rp_buf_add_int(&b, ledger->unused_ids[i]);
    }
    fprintf(stderr,
            "reprise: %s: nobody asked for %s%s; look at one with \"reprise cassette show %s ID\", "
            "remove what is out of date with \"reprise cassette edit %s ID --remove\"\n",
            path, b.s ? b.s : "", b.failed ? ", ..." : "", path, path);
    rp_buf_free(&b);
}

static int settle(struct rp_live *l, int status)
{
    struct rp_ledger ledger = rp_recorder_ledger(l->recorder);
    int stale = ledger.unused > 0 && l->mode != RP_MODE_ALL;

    tell_counts(l, &ledger);
    for (size_t i = 0; rp_recorder_report(l->recorder, i); i++)
        fprintf(stderr, "reprise: %s\n", rp_recorder_report(l->recorder, i));
    tell_unused(l, &ledger);
    if (status == RP_EXIT_OK && (ledger.missed > 0 || ledger.drifted > 0 || stale))
        return RP_EXIT_DIFFERS;
    return status;
}

int rp_live_close(struct rp_live *l, int status)
{
    if (!l)
        return status;
    if (l->recorder)
        status = settle(l, status);
    if (l->broken.text[0])
        status = tell(&l->broken, l->broken.status);
    drop(l);
    return status;
}
