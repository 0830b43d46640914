/* checkpoint_show.h - one checkpoint for people: what is under way, who waits for whom, what is
 * asked, what was said so far. */
#ifndef RP_CHECKPOINT_SHOW_H
#define RP_CHECKPOINT_SHOW_H

#include "checkpoint_read.h"
#include "checkpoint_words.h"

/* Adds it to w->out. Errors of the store's calls, RP_ENOMEM, RP_ELIMIT. */
int rp_checkpoint_show(const struct rp_words *w, const struct rp_store *store,
                       const struct rp_look *look, struct rp_error *err);

/* A message under way: "a -> b: ...", "a: ...", "to a, the answer to request-1: ...". */
void rp_words_queued(const struct rp_words *w, const struct rp_s_run *run,
                     const struct rp_queued *m);

#endif
