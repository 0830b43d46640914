/* transport.h - the one seam of HTTP exchanges below a model client: libcurl, a cassette that
 * records and one that replays, retries, faults have this shape, and decorators stack. An exchange
 * is started and its pieces come later; only wait may block, and only in real time. Times are
 * milliseconds on the caller's clock: the stage's virtual one, or, with a transport that has wait,
 * real ones since that transport was made. */
#ifndef RP_TRANSPORT_H
#define RP_TRANSPORT_H

#include "engine/reprise.h"

struct rp_header {
    const char *name, *value; /* as sent; names compare without regard to ASCII case */
};

struct rp_exchange { /* a request; all borrowed for the call of start only */
    const char *method, *url;
    const struct rp_header *headers;
    size_t n_headers;
    const char *body;
    size_t n_body;
    const char *lane;    /* who asks: the agent's name */
    int64_t order;       /* which of the lane's calls, from 1; the same for its retries */
    uint32_t attempt;    /* 0, or which retry */
    const char *dialect; /* "chat" ...; NULL: unknown */
    const char *model;   /* may be NULL */
    int stream;
};

enum rp_failure { /* why an exchange broke off, below HTTP */
                  RP_FAILURE_NONE,
                  RP_FAILURE_RESOLVE, /* no address for the name */
                  RP_FAILURE_CONNECT, /* refused, unreachable */
                  RP_FAILURE_TLS,
                  RP_FAILURE_TIMEOUT,  /* over its time, or no byte for too long */
                  RP_FAILURE_RESET,    /* the connection broke in the middle */
                  RP_FAILURE_LENGTH,   /* the body is shorter than announced */
                  RP_FAILURE_ENCODING, /* compressed or chunked wrongly */
                  RP_FAILURE_SIZE,     /* over the ceiling */
                  RP_FAILURE_MISS,     /* replay: the cassette has no such request */
                  RP_FAILURE_OTHER
};
const char *rp_failure_name(enum rp_failure failure); /* "connect" */
int rp_failure_of(const char *name);                  /* -1: none */

enum rp_piece_kind {
    RP_PIECE_NONE,  /* nothing yet */
    RP_PIECE_HEAD,  /* status and headers */
    RP_PIECE_BYTES, /* of the body, decoded, as they came */
    RP_PIECE_END,   /* the body is whole */
    RP_PIECE_FAILED /* failure and text; the end */
};
struct rp_piece { /* borrowed until the next call on the transport */
    enum rp_piece_kind kind;
    int status;
    const struct rp_header *headers;
    size_t n_headers;
    const char *bytes;
    size_t n;
    enum rp_failure failure;
    char text[512]; /* of FAILED: for a person, with the remedy */
};

struct rp_transport_ops {
    /* Begins; *ticket names the exchange, never 0. Must not block. RP_ENOMEM; anything else that
     * goes wrong is told by poll. */
    int (*start)(void *self, const struct rp_exchange *exchange, uint64_t now_ms, uint32_t *ticket);
    int (*poll)(void *self, uint32_t ticket, uint64_t now_ms, struct rp_piece *piece);
    uint64_t (*due)(void *self); /* when poll should be asked again; UINT64_MAX: nothing is open */
    /* Blocks until something may have come, or until until_ms; *now_ms is then the time. NULL in
     * the table: time is virtual, the caller's clock jumps to due. */
    int (*wait)(void *self, uint64_t until_ms, uint64_t *now_ms);
    void (*cancel)(void *self, uint32_t ticket); /* also after its end: nothing */
    /* Positions, for checkpoints; NULL: there are none. */
    int (*save)(void *self, struct rp_heap *heap, struct rp_value *out);
    int (*load)(void *self, struct rp_value saved);
    void (*free)(void *self);
};

struct rp_transport {
    const struct rp_transport_ops *ops;
    void *self;
};

/* All of an exchange in one block, the caller's. RP_ENOMEM. */
int rp_exchange_copy(const struct rp_alloc *alloc, const struct rp_exchange *from,
                     struct rp_exchange **out);
void rp_exchange_free(const struct rp_alloc *alloc, struct rp_exchange *x); /* NULL is fine */

/* The value of the first header of that name, or NULL. */
const char *rp_header_find(const struct rp_header *headers, size_t n, const char *name);

#endif
