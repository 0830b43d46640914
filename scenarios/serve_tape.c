/* serve_tape.c - owns a cassette that is served: a recorder for each time that the server begins
 * anew, its lanes, and where its requests went when they were recorded. */
#include "serve_tape.h"

#include "mocks/curl.h"

#include <string.h>
#include <time.h>

struct rp_serve_tape {
    struct rp_serve_tape_opts o;
    struct rp_cassette *cassette;
    struct rp_redact *redact;
    struct rp_recorder *recorder, *before; /* before: of the transport that was there before */
    char **lanes;                          /* owned */
    size_t n_lanes, room;
    char *base[RP_DIALECTS]; /* owned, or NULL */
    char date[32];
};

static void *resize(struct rp_serve_tape *t, void *old, size_t was, size_t now)
{
    return t->o.alloc.resize(t->o.alloc.ctx, old, was, now);
}

static char *copy(struct rp_serve_tape *t, const char *s, size_t n)
{
    char *out = resize(t, NULL, 0, n + 1);

    if (!out)
        return NULL;
    memcpy(out, s, n);
    out[n] = '\0';
    return out;
}

static void drop(struct rp_serve_tape *t, char *s)
{
    if (s)
        resize(t, s, strlen(s) + 1, 0);
}

/* ---- life ------------------------------------------------------------------------------------ */

void rp_serve_tape_close(struct rp_serve_tape *t)
{
    if (!t)
        return;
    rp_recorder_free(t->before);
    rp_recorder_free(t->recorder);
    rp_redact_free(t->redact);
    rp_cassette_close(t->cassette);
    for (size_t i = 0; i < t->n_lanes; i++)
        drop(t, t->lanes[i]);
    if (t->lanes)
        resize(t, t->lanes, t->room * sizeof(*t->lanes), 0);
    for (int i = 0; i < RP_DIALECTS; i++)
        drop(t, t->base[i]);
    resize(t, t, sizeof(*t), 0);
}

static int open_parts(struct rp_serve_tape *t, struct rp_error *err)
{
    enum rp_cassette_use use = t->o.record ? RP_CASSETTE_KEEP : RP_CASSETTE_READ;

    RP_TRY(rp_redact_new(&t->o.alloc, t->o.redact, t->o.n_redact, &t->redact, err));
    return rp_cassette_open(&t->o.alloc, t->o.cassette, use, &t->cassette, err);
}

int rp_serve_tape_open(const struct rp_serve_tape_opts *opts, struct rp_serve_tape **out,
                       struct rp_error *err)
{
    struct rp_serve_tape *t = opts->alloc.resize(opts->alloc.ctx, NULL, 0, sizeof(*t));
    int rc;

    if (!t)
        return RP_ENOMEM;
    *t = (struct rp_serve_tape){.o = *opts};
    rc = open_parts(t, err);
    if (rc != RP_OK) {
        rp_serve_tape_close(t);
        return rc;
    }
    *out = t;
    return RP_OK;
}

/* ---- what was recorded ----------------------------------------------------------------------- */

static int add_lane(struct rp_serve_tape *t, const char *name)
{
    size_t room = t->room > 0 ? 2 * t->room : 8;

    for (size_t i = 0; i < t->n_lanes; i++)
        if (strcmp(t->lanes[i], name) == 0)
            return RP_OK;
    if (t->n_lanes == t->room) {
        char **more = resize(t, t->lanes, t->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        t->lanes = more;
        t->room = room;
    }
    t->lanes[t->n_lanes] = copy(t, name, strlen(name));
    return t->lanes[t->n_lanes] ? (t->n_lanes++, RP_OK) : RP_ENOMEM;
}

/* The URL without what the dialect puts behind the service's own. */
static int learn_base(struct rp_serve_tape *t, const char *url)
{
    size_t n = strcspn(url, "?");

    for (int d = 0; d < RP_DIALECTS; d++) {
        const char *path = rp_dialect_path((enum rp_dialect)d);
        size_t behind = strlen(path);
        if (t->base[d] || n < behind || memcmp(url + n - behind, path, behind) != 0)
            continue;
        t->base[d] = copy(t, url, n - behind);
        if (!t->base[d])
            return RP_ENOMEM;
    }
    return RP_OK;
}

static int learn(struct rp_serve_tape *t, struct rp_error *err)
{
    for (size_t i = 0; i < rp_cassette_count(t->cassette); i++) {
        const struct rp_interaction *one;
        RP_TRY(rp_cassette_get(t->cassette, rp_cassette_nth(t->cassette, i), &one, err));
        RP_TRY(add_lane(t, one->lane ? one->lane : ""));
        RP_TRY(learn_base(t, one->url));
    }
    return RP_OK;
}

/* ---- the source ------------------------------------------------------------------------------ */

static const char *now(void *ctx)
{
    struct rp_serve_tape *t = ctx;
    time_t seconds = time(NULL);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) ||
        strftime(t->date, sizeof(t->date), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return NULL;
    return t->date;
}

static int make(void *ctx, struct rp_transport *out)
{
    struct rp_serve_tape *t = ctx;
    struct rp_recorder_opts opts = {.alloc = t->o.alloc,
                                    .cassette = t->cassette,
                                    .redact = t->redact,
                                    .mode = t->o.record ? RP_MODE_ALL : RP_MODE_NONE,
                                    .match = t->o.match,
                                    .immediate = t->o.immediate,
                                    .now = now,
                                    .now_ctx = t};
    struct rp_transport inner = {NULL, NULL};
    struct rp_recorder *recorder = NULL;
    int rc;

    if (t->o.record)
        RP_TRY(rp_curl_new(&t->o.alloc, &(struct rp_curl_opts){0}, &inner));
    RP_TRY(rp_recorder_new(&opts, inner, &recorder, NULL));
    rc = rp_recorder_transport(recorder, out);
    if (rc != RP_OK) {
        rp_recorder_free(recorder);
        return rc;
    }
    rp_recorder_free(t->before); /* its transport is gone by now */
    t->before = t->recorder;
    t->recorder = recorder;
    return RP_OK;
}

static int put_ids(struct rp_heap *heap, struct rp_value *map, const struct rp_ledger *l)
{
    struct rp_value ids = rp_list();

    for (uint64_t i = 0; i < l->unused; i++)
        RP_TRY(rp_list_add(heap, &ids, rp_int(l->unused_ids[i])));
    return rp_map_put(heap, map, "unused", ids);
}

static int put_reports(struct rp_heap *heap, struct rp_value *map, struct rp_serve_tape *t)
{
    struct rp_value all = rp_list();

    for (size_t i = 0; rp_recorder_report(t->recorder, i); i++)
        RP_TRY(rp_list_add(heap, &all, rp_textz(heap, rp_recorder_report(t->recorder, i))));
    return rp_map_put(heap, map, "reports", all);
}

static int tell(void *ctx, struct rp_heap *heap, struct rp_value *map)
{
    struct rp_serve_tape *t = ctx;
    struct rp_ledger l = rp_recorder_ledger(t->recorder);

    RP_TRY(rp_map_put(heap, map, "replayed", rp_int((int64_t)l.replayed)));
    RP_TRY(rp_map_put(heap, map, "recorded", rp_int((int64_t)l.recorded)));
    RP_TRY(rp_map_put(heap, map, "missed", rp_int((int64_t)l.missed)));
    RP_TRY(rp_map_put(heap, map, "masked", rp_int((int64_t)l.masked_places)));
    RP_TRY(put_ids(heap, map, &l));
    return put_reports(heap, map, t);
}

int rp_serve_tape_serves(struct rp_serve_tape *t, struct rp_serve_opts *opts, struct rp_error *err)
{
    RP_TRY(t->o.record ? RP_OK : learn(t, err));
    for (int d = 0; d < RP_DIALECTS; d++)
        if (!opts->base[d])
            opts->base[d] = t->base[d];
    opts->source = make;
    opts->ledger = tell;
    opts->ctx = t;
    opts->forwards = t->o.record;
    if (t->o.record)
        return RP_OK;
    opts->lanes = (const char *const *)t->lanes;
    opts->n_lanes = t->n_lanes;
    return RP_OK;
}

struct rp_ledger rp_serve_tape_ledger(struct rp_serve_tape *t)
{
    return t->recorder ? rp_recorder_ledger(t->recorder) : (struct rp_ledger){0};
}

const char *rp_serve_tape_report(struct rp_serve_tape *t, size_t i)
{
    return t->recorder ? rp_recorder_report(t->recorder, i) : NULL;
}
