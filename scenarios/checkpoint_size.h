/* checkpoint_size.h - bytes of checkpoints: what each one adds to those counted before it. */
#ifndef RP_CHECKPOINT_SIZE_H
#define RP_CHECKPOINT_SIZE_H

#include "engine/reprise.h"

struct rp_sizes {
    struct rp_alloc alloc;
    struct rp_item_id *seen; /* a table by the first bytes of names */
    unsigned char *used;     /* beside it: is the place taken? */
    size_t n, room;          /* room is a power of two, or 0 */
};

void rp_sizes_init(struct rp_sizes *s, const struct rp_alloc *alloc);
void rp_sizes_free(struct rp_sizes *s);
/* Adds to *bytes those of the checkpoint's items that were not counted before. Errors of
 * rp_store_items. */
int rp_sizes_add(struct rp_sizes *s, const struct rp_store *store, const struct rp_item_id *root,
                 uint64_t *bytes, struct rp_error *err);

#endif
