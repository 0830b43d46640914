/* remote_ask.h - a model call as an exchange: its body, address and headers. For remote.c only. */
#ifndef RP_REMOTE_ASK_H
#define RP_REMOTE_ASK_H

#include "remote.h"

/* The parts of an exchange, which points into it. */
struct rp_asking {
    struct rp_alloc alloc;
    struct rp_heap heap; /* of what the body is written from */
    struct rp_buf url, body, text;
    struct rp_header *headers;
    size_t n_headers, room;
    struct rp_value model; /* text; of the service, or of the call */
};

/* *x lives until rp_asking_free. RP_ENOMEM; else, err filled, why the call must not be made. */
int rp_asking_make(struct rp_asking *a, const struct rp_alloc *alloc,
                   const struct rp_service *service, const struct rp_model_call *call,
                   struct rp_exchange *x, struct rp_error *err);
void rp_asking_free(struct rp_asking *a);

#endif
