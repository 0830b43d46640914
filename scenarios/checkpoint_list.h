/* checkpoint_list.h - the checkpoints of a store as a table, for people. */
#ifndef RP_CHECKPOINT_LIST_H
#define RP_CHECKPOINT_LIST_H

#include "engine/reprise.h"

/* Adds to out a table of the checkpoints of that workflow (NULL: of all), and a line with their
 * number and the size of the store. Errors of the store's calls; what is damaged stands in *damage
 * (status RP_OK: nothing) and stops nobody. */
int rp_checkpoint_list(struct rp_buf *out, const struct rp_store *store, const char *workflow,
                       struct rp_error *damage, struct rp_error *err);

#endif
