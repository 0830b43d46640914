/* http.h - the private seam of the shell: its connections, its calls. */
#ifndef RP_SERVE_HTTP_H
#define RP_SERVE_HTTP_H

#include "engine/base/buf.h"
#include "serve.h"

#include <microhttpd.h>
#include <stdatomic.h>

enum {
    RP_HTTP_HEADERS_MAX = 100,    /* of a request */
    RP_HTTP_HEADER_BYTES = 16384, /* of a connection: its headers and what is on the way */
};

struct rp_http_link { /* of a ring */
    struct rp_http_link *next, *before;
};

struct rp_http_connection {
    struct rp_http_link in; /* of all connections */
    int fd, busy;           /* busy: a whole request has come, we owe the answer */
    uint64_t since_ms;
};

struct rp_http_call {       /* a request and its answer */
    struct rp_http_link in; /* of those that are suspended; alone: it is not */
    struct rp_http *http;
    struct MHD_Connection *connection;
    struct rp_http_connection *of;
    struct rp_header headers[RP_HTTP_HEADERS_MAX];
    size_t n_headers;
    int met, refused;           /* its head has come; with which status it will be refused */
    struct rp_buf target, body; /* of the request */
    uint32_t ticket;
    struct MHD_Response *head; /* the answer's, made but not yet given to libmicrohttpd */
    unsigned status;
    struct rp_buf bytes; /* of the answer's body: what has come and was not yet sent */
    size_t sent;
    int started, ended, broken;
    struct rp_http_call *free; /* the next one that nobody uses */
};

struct rp_http {
    struct rp_alloc alloc;
    struct rp_serve *core;
    struct rp_http_opts o;
    struct MHD_Daemon *daemon;
    int listener, epoll;
    int wake[2]; /* a pipe: a byte in it wakes the loop */
    atomic_int stop;
    uint16_t port;
    uint64_t start_ns;
    struct rp_http_link connections, suspended;
    struct rp_http_call *spare;
    uint64_t n_calls; /* under way */
    uint64_t steps;   /* that libmicrohttpd has asked for so far */
    int closing;
};

/* ---- http.c ---- */

uint64_t rp_http_now(const struct rp_http *h); /* milliseconds since it was made */
void rp_http_ring(struct rp_http_link *l);
void rp_http_ring_add(struct rp_http_link *ring, struct rp_http_link *l);
void rp_http_ring_take(struct rp_http_link *l);
int rp_http_alone(const struct rp_http_link *l);

/* ---- http_listen.c ---- */

/* Makes h->listener and tells h->port. RP_EARG, RP_EIO. */
int rp_http_listen(struct rp_http *h, struct rp_error *err);

/* ---- http_call.c ---- */

/* Takes the next piece of the answer from the core. *came: there was one. */
int rp_http_fetch(struct rp_http_call *c, int *came);
void rp_http_resume(struct rp_http_call *c);
void rp_http_free_calls(struct rp_http *h); /* those that nobody uses */
/* What libmicrohttpd calls; ctx is the server. */
void *rp_http_on_target(void *ctx, const char *target, struct MHD_Connection *connection);
enum MHD_Result rp_http_on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *bytes,
                                   size_t *n, void **state);
void rp_http_on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                          enum MHD_RequestTerminationCode why);
void rp_http_on_connection(void *ctx, struct MHD_Connection *connection, void **state,
                           enum MHD_ConnectionNotificationCode what);

#endif
