/* cassette_merge.h - cassettes put together. */
#ifndef RP_CASSETTE_MERGE_H
#define RP_CASSETTE_MERGE_H

#include "checkpoint_words.h"
#include "mocks/cassette.h"

/* Adds what the sources have to `to`, in one transaction: in each lane the calls of a source follow
 * those before it, numbered without gaps; an exchange that is there already (same lane, request and
 * reply) is left out with its tool results, and told. */
int rp_cassette_merge(struct rp_buf *out, struct rp_cassette *to, struct rp_cassette *const *from,
                      size_t n, struct rp_error *err);

#endif
