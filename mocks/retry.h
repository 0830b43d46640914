/* retry.h - a transport that repeats what failed for a passing reason: 408, 409, 429, 5xx, no
 * address, no connection, one that broke, or kept silent, before the first byte of a body. A reply
 * that has x-should-retry is repeated or not as that says. It waits between the tries, longer each
 * time, or as long as Retry-After says.
 *
 * Nothing of a try that is repeated is told, and it is heard to its end first, so that a recorder
 * below has all of it. Once a byte of the body of a 2xx was told nothing is repeated. Pure: time
 * comes in; the jitter is a function of seed, lane, order and attempt. */
#ifndef RP_RETRY_H
#define RP_RETRY_H

#include "transport.h"

struct rp_retry_opts {
    uint32_t tries;      /* in all; 1: never again */
    uint64_t first_ms;   /* before the first retry; doubled each time */
    uint64_t longest_ms; /* of one wait; a Retry-After beyond it is not waited for: it fails */
    uint64_t seed;       /* of the jitter: a wait is shortened by up to a quarter */
};
struct rp_retry_opts rp_retry_default(void); /* 3 tries, 500 ms, 60 s */

/* inner is taken, also on error. RP_ENOMEM. */
int rp_retry_new(const struct rp_alloc *alloc, const struct rp_retry_opts *opts,
                 struct rp_transport inner, struct rp_transport *out);

/* Retry-After and retry-after-ms in milliseconds; -1: none, or not understood. A date is relative
 * to the Date header of the same reply, never to a clock. */
int64_t rp_retry_after(const struct rp_header *headers, size_t n);

#endif
