/* checkpoint_prune.h - removes old checkpoints of a store and says which. */
#ifndef RP_CHECKPOINT_PRUNE_H
#define RP_CHECKPOINT_PRUNE_H

#include "engine/reprise.h"

struct rp_prune {
    const int64_t *ids; /* just these; NULL: by what follows */
    size_t n_ids;
    const char *workflow; /* NULL: of all */
    int64_t keep;         /* the newest that stay */
    uint64_t before_ms;   /* of the others those made before this virtual time; UINT64_MAX: any */
    int dry_run;
};

/* Adds to out what was done. Nothing is chosen, and so removed, when some checkpoint cannot be
 * read: RP_ESTORE, RP_ECHECKPOINT; such ones go by their ids. Else errors of the store's calls. */
int rp_checkpoint_prune(struct rp_buf *out, const struct rp_store *store,
                        const struct rp_prune *how, struct rp_error *err);

#endif
