/* reprise_store.h - part of reprise.h: where checkpoints are kept. */
#ifndef RP_REPRISE_STORE_H
#define RP_REPRISE_STORE_H

#include "base/value.h"

struct rp_checkpoint_info {
    int64_t id;               /* given by the store, from 0, in order of saving */
    int64_t previous;         /* -1: none */
    const char *workflow;     /* name */
    const char *signature;
    int64_t iteration;
    uint32_t pending;         /* open requests */
};

/* A store; see decision 11: what it hands out is the caller's own copy. All but `free` return
 * RP_OK, RP_ENOMEM, RP_ENOTFOUND or RP_ESTORE with err filled. */
struct rp_store_ops {
    int (*save)(void *self, const struct rp_checkpoint_info *info, const char *bytes, size_t n,
                int64_t *id, struct rp_error *err);
    /* bytes stay the store's until its next call */
    int (*load)(void *self, int64_t id, const char **bytes, size_t *n, struct rp_error *err);
    int (*latest)(void *self, const char *workflow, int64_t *id, struct rp_error *err);
    int (*count)(void *self, const char *workflow, uint32_t *n); /* NULL: of all workflows */
    int (*info)(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err);
    int (*remove)(void *self, int64_t id, struct rp_error *err);
    void (*free)(void *self);
};
struct rp_store {
    const struct rp_store_ops *ops;
    void *self;
};
/* A store in memory. RP_ENOMEM. Freed with store.ops->free(store.self). */
int rp_store_memory(const struct rp_alloc *alloc, struct rp_store *out);

#endif
