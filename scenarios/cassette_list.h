/* cassette_list.h - the table of a cassette's exchanges. */
#ifndef RP_CASSETTE_LIST_H
#define RP_CASSETTE_LIST_H

#include "checkpoint_words.h"
#include "mocks/cassette.h"

int rp_cassette_list(struct rp_buf *out, struct rp_cassette *c, struct rp_error *err);

/* Words that the table and the single exchange share: "200", "429", "reset after 200"; milliseconds
 * from microseconds; tokens in and out. */
void rp_words_outcome(const struct rp_words *w, const struct rp_interaction *it);
void rp_words_ms(const struct rp_words *w, uint64_t us);
uint64_t rp_cassette_duration(const struct rp_interaction *it);

#endif
