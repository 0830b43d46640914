/* serve.h - models over HTTP, for any client: a core that answers requests with bytes and moments,
 * and a shell around it that has the sockets and the clock. The answers come from scripts, or from
 * a transport below: one that replays a cassette, or one that asks a real service and records.
 *
 * Who asks is told by the lane, an agent's name: a header, else an API key that is mapped to a lane
 * or is its name, else a model of its name, else the only lane there is. */
#ifndef RP_SERVE_H
#define RP_SERVE_H

#include "mocks/script.h"
#include "mocks/transport.h"
#include "mocks/wire/wire.h"

#define RP_SERVE_LANE_HEADER "X-Reprise-Lane"

#ifndef RP_SERVE_BODY_MAX
#define RP_SERVE_BODY_MAX (64u << 20) /* of a request */
#endif
#ifndef RP_SERVE_KEPT_MAX
#define RP_SERVE_KEPT_MAX 10000u /* requests that the core remembers: the newest ones */
#endif
#ifndef RP_SERVE_KEPT_BYTES
#define RP_SERVE_KEPT_BYTES (64u << 20) /* of their paths and bodies together */
#endif
#ifndef RP_SERVE_LANES_MAX
#define RP_SERVE_LANES_MAX 10000u
#endif

/* ---- the core: no socket, no clock ---------------------------------------------------------- */

struct rp_serve_key { /* an API key that stands for a lane */
    const char *key, *lane;
};

struct rp_serve_opts { /* everything borrowed for the core's life */
    struct rp_alloc alloc;
    const struct rp_script_agent *agents; /* their scripts answer; each is a lane */
    uint32_t n_agents;
    /* Answers instead of scripts. source makes it: at the start, and anew at each reset; taken. */
    int (*source)(void *ctx, struct rp_transport *out); /* NULL: scripts. RP_ENOMEM */
    /* What has come of the source, as entries added to a map. NULL: nothing to tell. RP_ENOMEM. */
    int (*ledger)(void *ctx, struct rp_heap *heap, struct rp_value *map);
    void *ctx;
    const char *const *lanes; /* of a source; further ones are made as they are named, if open */
    size_t n_lanes;
    int open_lanes;
    int forwards; /* the source asks a service: its failures are told as 502 */
    const char
        *base[RP_DIALECTS]; /* of URLs that the source is asked for; NULL: "http://host/v1" */
    const struct rp_serve_key *keys;
    size_t n_keys;
    const char *lane_header; /* NULL: RP_SERVE_LANE_HEADER */
    int admin;               /* answers below /reprise/ */
    const char *host;        /* that admin requests must name (besides localhost); NULL: any */
    int no_delays;           /* scripts' delays are left out */
};

/* Requests are exchanges whose url is the request's target ("/v1/models?x=y"); method, headers and
 * body count, nothing else. Times are milliseconds on one clock that never goes back. */
struct rp_serve;
int rp_serve_new(const struct rp_serve_opts *opts, struct rp_serve **out); /* RP_ENOMEM */
void rp_serve_free(struct rp_serve *s);
/* As of transport.h. A head has the headers of the answer; with "Content-Length" the body has that
 * length or is cut short. FAILED: the connection is to be broken there, or, before the head, closed
 * without an answer. An answer that never comes is an exchange without pieces. */
int rp_serve_start(struct rp_serve *s, const struct rp_exchange *request, uint64_t now_ms,
                   uint32_t *ticket);
int rp_serve_poll(struct rp_serve *s, uint32_t ticket, uint64_t now_ms, struct rp_piece *piece);
uint64_t rp_serve_due(struct rp_serve *s); /* UINT64_MAX: nothing is to be waited for */
void rp_serve_cancel(struct rp_serve *s, uint32_t ticket);
/* The whole answer of a request that was just started, when none of it is delayed and it ends well:
 * the head with the body's bytes, good until cancel. Else *out is of kind NONE, and poll tells it
 * piece by piece. */
int rp_serve_whole(struct rp_serve *s, uint32_t ticket, struct rp_piece *out);
/* Does the source wait in real time? Then wait blocks until it may have something. */
int rp_serve_waits(const struct rp_serve *s);
int rp_serve_wait(struct rp_serve *s, uint64_t until_ms, uint64_t now_ms);
/* An error of a request that cannot be given to start, as its path's dialect says it: the body's
 * bytes are added. */
int rp_serve_refusal(const char *path, int status, const char *text, struct rp_buf *out);

uint64_t rp_serve_count(const struct rp_serve *s); /* requests for models so far */
/* What has come of it, as JSON: the same as GET /reprise/ledger. */
int rp_serve_ledger(struct rp_serve *s, struct rp_buf *out);

/* The core as a transport of its own, for clients in the same process; the core outlives it. */
struct rp_transport rp_serve_transport(struct rp_serve *s);

/* ---- the shell ------------------------------------------------------------------------------ */

struct rp_http_opts {
    const char *address;  /* numeric, or "localhost"; NULL: 127.0.0.1 */
    uint16_t port;        /* 0: the system chooses */
    uint64_t requests;    /* for models, after which it ends; 0: no end */
    uint64_t patience_ms; /* for a whole request to come, or the next one; 0: 60,000 */
    size_t body_max;      /* 0: RP_SERVE_BODY_MAX */
};
struct rp_http;
/* Listens. core is borrowed. RP_ENOMEM; RP_EARG: no such address; RP_EIO: it cannot listen there.
 */
int rp_http_new(const struct rp_alloc *alloc, struct rp_serve *core,
                const struct rp_http_opts *opts, struct rp_http **out, struct rp_error *err);
void rp_http_free(struct rp_http *h);
uint16_t rp_http_port(const struct rp_http *h);
int rp_http_is_loopback(const char *address); /* of struct rp_http_opts; -1: not an address */
/* Serves until it is stopped, or has answered so many requests. RP_EIO, RP_ENOMEM. */
int rp_http_run(struct rp_http *h, struct rp_error *err);
void rp_http_stop(struct rp_http *h); /* from any thread, or from a signal handler */

#endif
