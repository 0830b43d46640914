/* curl.c - owns libcurl's multi handle, the exchanges that are open on it, and the clock. What one
 * exchange does is in curl_easy.c. */
#include "curl.h"

#include "curl_easy.h"

#include <limits.h>
#include <string.h>
#include <time.h>

struct curl {
    struct rp_alloc alloc;
    struct rp_curl_opts o;
    char *proxy, *ca_file; /* owned copies; o points at them */
    CURLM *multi;
    struct rp_transfer **open; /* in order of start */
    size_t n_open, room;
    uint32_t last_ticket;
    struct timespec made;
    uint64_t now_ms; /* as it was looked at last; from 1, as 0 is "never" in rp_transfer */
};

static void look_at_clock(struct curl *c)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    c->now_ms = 1 + (uint64_t)((t.tv_sec - c->made.tv_sec) * 1000 +
                               (t.tv_nsec - c->made.tv_nsec) / 1000000);
}

/* ---- what is open ---------------------------------------------------------------------------- */

static size_t find(const struct curl *c, uint32_t ticket)
{
    size_t i = 0;

    while (i < c->n_open && c->open[i]->ticket != ticket)
        i++;
    return i;
}

static void forget(struct curl *c, size_t i)
{
    struct rp_transfer *t = c->open[i];

    if (t->easy)
        curl_multi_remove_handle(c->multi, t->easy); /* where it is in; else this does nothing */
    rp_transfer_free(t);
    c->n_open--;
    memmove(c->open + i, c->open + i + 1, (c->n_open - i) * sizeof(*c->open));
}

static int make_room(struct curl *c)
{
    size_t room = c->room ? c->room * 2 : 8;
    struct rp_transfer **more;

    if (c->n_open < c->room)
        return RP_OK;
    more = c->alloc.resize(c->alloc.ctx, c->open, c->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    c->open = more;
    c->room = room;
    return RP_OK;
}

static int exchange_start(void *self, const struct rp_exchange *exchange, uint64_t now_ms,
                          uint32_t *ticket)
{
    struct curl *c = self;
    struct rp_transfer *t;
    int rc;

    (void)now_ms; /* its own clock is the real one */
    RP_TRY(make_room(c));
    c->last_ticket += c->last_ticket == UINT32_MAX ? 2 : 1;
    rc = rp_transfer_new(&c->alloc, &c->o, exchange, c->last_ticket, &c->now_ms, &t);
    if (rc == RP_OK && curl_multi_add_handle(c->multi, t->easy) != CURLM_OK) {
        rp_transfer_free(t);
        rc = RP_ENOMEM; /* the only reason that a fresh handle can give */
    }
    if (rc == RP_ENOMEM)
        return rc;
    c->open[c->n_open++] = t;
    *ticket = c->last_ticket;
    return RP_OK;
}

static int exchange_poll(void *self, uint32_t ticket, uint64_t now_ms, struct rp_piece *piece)
{
    struct curl *c = self;
    size_t i = find(c, ticket);
    int rc;

    (void)now_ms;
    *piece = (struct rp_piece){.kind = RP_PIECE_NONE};
    if (i == c->n_open)
        return RP_ENOTFOUND;
    rc = rp_transfer_piece(c->open[i], piece);
    if (rc != RP_OK || piece->kind == RP_PIECE_END || piece->kind == RP_PIECE_FAILED)
        forget(c, i);
    return rc;
}

static void exchange_cancel(void *self, uint32_t ticket)
{
    struct curl *c = self;
    size_t i = find(c, ticket);

    if (i < c->n_open)
        forget(c, i);
}

/* ---- time ------------------------------------------------------------------------------------ */

static int any_ready(const struct curl *c)
{
    for (size_t i = 0; i < c->n_open; i++)
        if (rp_transfer_ready(c->open[i]))
            return 1;
    return 0;
}

static uint64_t next_silence(const struct curl *c)
{
    uint64_t at = UINT64_MAX;

    for (size_t i = 0; i < c->n_open; i++) {
        uint64_t one = rp_transfer_silent_at(c->open[i]);
        at = one < at ? one : at;
    }
    return at;
}

/* An exchange ends at the latest when its time is over, so that is how long one may wait for it. */
static uint64_t exchange_due(void *self)
{
    const struct curl *c = self;
    uint64_t silence = next_silence(c), over = c->now_ms + c->o.connect_ms + c->o.whole_ms;

    if (c->n_open == 0)
        return UINT64_MAX;
    if (any_ready(c))
        return 0;
    return silence < over ? silence : over;
}

static void note_ended(struct curl *c)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct rp_transfer *t = NULL;
        CURL *easy = msg->easy_handle;
        CURLcode code = msg->data.result;
        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
        t->over = 1;
        t->code = code;
        curl_multi_remove_handle(c->multi, easy); /* msg is gone with it */
    }
}

static void stop_silent(struct curl *c)
{
    for (size_t i = 0; i < c->n_open; i++) {
        struct rp_transfer *t = c->open[i];
        if (rp_transfer_silent_at(t) > c->now_ms)
            continue;
        curl_multi_remove_handle(c->multi, t->easy);
        t->over = 1;
        t->stopped = RP_FAILURE_TIMEOUT;
    }
}

static int perform(struct curl *c)
{
    int running;

    look_at_clock(c);
    if (curl_multi_perform(c->multi, &running) != CURLM_OK)
        return RP_EIO;
    look_at_clock(c);
    note_ended(c);
    stop_silent(c);
    return RP_OK;
}

static int exchange_wait(void *self, uint64_t until_ms, uint64_t *now_ms)
{
    struct curl *c = self;

    if (c->n_open == 0 && until_ms == UINT64_MAX)
        return RP_ESTATE; /* for ever */
    for (;;) {
        uint64_t until = until_ms;
        RP_TRY(perform(c));
        *now_ms = c->now_ms;
        if (any_ready(c) || c->now_ms >= until_ms)
            return RP_OK;
        if (next_silence(c) < until)
            until = next_silence(c);
        until -= c->now_ms;
        if (curl_multi_poll(c->multi, NULL, 0, until < INT_MAX ? (int)until : INT_MAX, NULL) !=
            CURLM_OK)
            return RP_EIO;
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static char *copy(struct curl *c, const char *z)
{
    size_t n = z ? strlen(z) + 1 : 0;
    char *to = z ? c->alloc.resize(c->alloc.ctx, NULL, 0, n) : NULL;

    if (to)
        memcpy(to, z, n);
    return to;
}

static void drop(struct curl *c, char *z)
{
    if (z)
        c->alloc.resize(c->alloc.ctx, z, strlen(z) + 1, 0);
}

static void transport_free(void *self)
{
    struct curl *c = self;
    struct rp_alloc alloc = c->alloc;

    while (c->n_open > 0)
        forget(c, c->n_open - 1);
    if (c->open)
        alloc.resize(alloc.ctx, c->open, c->room * sizeof(*c->open), 0);
    if (c->multi)
        curl_multi_cleanup(c->multi);
    drop(c, c->proxy);
    drop(c, c->ca_file);
    alloc.resize(alloc.ctx, c, sizeof(*c), 0);
    curl_global_cleanup(); /* libcurl counts */
}

static uint64_t bounded(uint64_t given, uint64_t usual)
{
    uint64_t ms = given ? given : usual;

    return ms < INT_MAX ? ms : INT_MAX;
}

static int set_up(struct curl *c, const struct rp_curl_opts *o)
{
    clock_gettime(CLOCK_MONOTONIC, &c->made);
    c->now_ms = 1;
    c->o.connect_ms = bounded(o->connect_ms, 10000);
    c->o.whole_ms = bounded(o->whole_ms, 600000);
    c->o.silence_ms = bounded(o->silence_ms, 60000);
    c->o.body_max = o->body_max ? o->body_max : RP_WIRE_BODY_MAX;
    c->o.proxy = c->proxy = copy(c, o->proxy);
    c->o.ca_file = c->ca_file = copy(c, o->ca_file);
    if ((o->proxy && !c->proxy) || (o->ca_file && !c->ca_file))
        return RP_ENOMEM;
    c->multi = curl_multi_init();
    return c->multi ? RP_OK : RP_ENOMEM;
}

int rp_curl_new(const struct rp_alloc *alloc, const struct rp_curl_opts *opts,
                struct rp_transport *out)
{
    static const struct rp_transport_ops ops = {.start = exchange_start,
                                                .poll = exchange_poll,
                                                .due = exchange_due,
                                                .wait = exchange_wait,
                                                .cancel = exchange_cancel,
                                                .free = transport_free};
    struct curl *c;
    int rc;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return RP_ECLIENT;
    c = alloc->resize(alloc->ctx, NULL, 0, sizeof(*c));
    if (!c) {
        curl_global_cleanup();
        return RP_ENOMEM;
    }
    *c = (struct curl){.alloc = *alloc};
    rc = set_up(c, opts);
    if (rc != RP_OK) {
        transport_free(c);
        return rc;
    }
    *out = (struct rp_transport){&ops, c};
    return RP_OK;
}
