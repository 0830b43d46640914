/* checkpoint_diff.h - what changed between two checkpoints, in words: messages under way, requests,
 * each executor field by field, shared state, scripts. */
#ifndef RP_CHECKPOINT_DIFF_H
#define RP_CHECKPOINT_DIFF_H

#include "checkpoint_read.h"
#include "checkpoint_words.h"

/* Adds it to w->out; "nothing changed" when both hold the same. RP_OK, RP_ENOMEM, RP_ELIMIT. */
int rp_checkpoint_diff(const struct rp_words *w, const struct rp_look *a, const struct rp_look *b);

#endif
