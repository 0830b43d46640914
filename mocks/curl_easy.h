/* curl_easy.h - one exchange over libcurl: an easy handle, what has come of its reply and was not
 * told yet, and how it ended. For curl.c only. */
#ifndef RP_CURL_EASY_H
#define RP_CURL_EASY_H

#include "curl.h"

#include <curl/curl.h>

struct rp_transfer {
    struct rp_alloc alloc;
    struct rp_curl_opts limits; /* its strings are the transport's */
    CURL *easy;
    struct curl_slist *sent; /* the request's headers */
    uint32_t ticket;
    char host[160]; /* "https://host:port", for messages */
    int is_loopback;

    struct rp_buf head; /* of the reply: name NUL value NUL, in order */
    size_t n_head;
    int status;                /* 0: no head has begun */
    int head_whole, head_told; /* an interim head (1xx) is no head */
    struct rp_header *headers; /* of what was told; points into head */
    size_t n_headers, room;
    struct rp_buf body;     /* pieces that were not told yet, each led by its length */
    size_t told;            /* bytes of body that were */
    uint64_t came;          /* bytes of the body, decoded, in all */
    uint64_t heard_ms;      /* when the last byte came; 0: none has */
    const uint64_t *now_ms; /* the transport's clock, as it last looked */

    int over;                /* nothing more will come */
    int rc;                  /* RP_ENOMEM: memory ran out inside a callback */
    CURLcode code;           /* how it ended */
    enum rp_failure stopped; /* we stopped it, for this reason */
    char error[CURL_ERROR_SIZE];
};

/* *out is not yet added to any multi handle. RP_ENOMEM; RP_ECLIENT: libcurl takes the request not;
 * *out is then there and over, its end tells why. */
int rp_transfer_new(const struct rp_alloc *alloc, const struct rp_curl_opts *limits,
                    const struct rp_exchange *exchange, uint32_t ticket, const uint64_t *now_ms,
                    struct rp_transfer **out);
/* It is in no multi handle any more. */
void rp_transfer_free(struct rp_transfer *t);

/* Is there something to tell? */
int rp_transfer_ready(const struct rp_transfer *t);
/* The next piece; NONE when there is none. RP_ENOMEM. */
int rp_transfer_piece(struct rp_transfer *t, struct rp_piece *out);
/* Of one that is over and did not end well: failure and text. */
void rp_transfer_failed(const struct rp_transfer *t, struct rp_piece *out);
/* When it has been silent for too long, UINT64_MAX: its reply has not begun, or it is over. */
uint64_t rp_transfer_silent_at(const struct rp_transfer *t);

#endif
