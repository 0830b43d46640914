/* checkpoint_waits.h - who waits for whom in a checkpoint: for answers, in joins, for their turn.
 */
#ifndef RP_CHECKPOINT_WAITS_H
#define RP_CHECKPOINT_WAITS_H

#include "checkpoint_words.h"

/* A line for each, its executors with `prefix` before their names; nested runs too. Returns how
 * many lines it added. */
uint32_t rp_words_waits(const struct rp_words *w, struct rp_value run, const char *prefix);

/* A join is named "target <- source <- source": takes its first name off. */
struct rp_str rp_join_name(struct rp_str *names);

#endif
