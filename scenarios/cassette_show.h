/* cassette_show.h - one exchange of a cassette: for people, or as its bytes. */
#ifndef RP_CASSETTE_SHOW_H
#define RP_CASSETTE_SHOW_H

#include "checkpoint_words.h"
#include "mocks/cassette.h"

/* The conversation in words: what was asked, what was answered, times, headers, and the tool
 * results that followed. */
int rp_cassette_show(const struct rp_words *w, struct rp_cassette *c, int64_t id,
                     struct rp_error *err);
/* Request and reply with their heads and bodies, byte for byte. */
int rp_cassette_raw(struct rp_buf *out, struct rp_cassette *c, int64_t id, struct rp_error *err);
/* As a line of JSON (mocks/formats/formats.h). */
int rp_cassette_json(struct rp_buf *out, struct rp_cassette *c, int64_t id, struct rp_error *err);

#endif
