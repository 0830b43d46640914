/* journaled.h - scenarios played with a journal into memory, journals replayed from memory, and
 * journals changed by somebody who links them anew. */
#ifndef TESTS_JOURNALED_H
#define TESTS_JOURNALED_H

#include "scenarios/journal_replay.h"
#include "scenarios/play.h"

/* Adds to the rp_buf that ctx is. */
int journaled_put(void *ctx, const char *s, size_t n);

/* Plays a scenario and writes its journal to out. opts: what is not of the journal; may be NULL.
 * What rp_play_all or what comes before it returned. */
int journaled_play(const struct rp_alloc *alloc, const struct rp_scenario *scenario,
                   const struct rp_play_opts *opts, struct rp_buf *out);
/* The same from a file, and fails the test when it cannot be played. */
void journaled_file(const char *path, int stream, struct rp_buf *out);
/* The same from a scenario's text. */
void journaled_text(const char *json, struct rp_buf *out);

/* Plays a scenario into a store, and then, with a journal, on from checkpoint id of that store. */
void journaled_adopted(const char *path, int64_t id, struct rp_buf *out);

/* Replays a journal; what came of it as text, one line or more: the verdict and its counts, or the
 * difference, or the error. trace may be NULL. */
int journaled_replay(const struct rp_replay_opts *opts, struct rp_buf *trace, struct rp_buf *said);
void journaled_said(struct rp_str journal, struct rp_buf *said);

/* The journal with the first `from` behind the n-th "e":"e" line's beginning replaced by `to`, and
 * its chain made anew. Fails the test when there is none. */
void journaled_edit(struct rp_str journal, const char *e, int n, const char *from, const char *to,
                    struct rp_buf *out);
/* Links all lines anew, of which each has a link already. */
void journaled_link(struct rp_buf *journal);

#endif
