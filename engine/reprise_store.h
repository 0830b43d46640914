/* reprise_store.h - part of reprise.h: where checkpoints are kept. */
#ifndef RP_REPRISE_STORE_H
#define RP_REPRISE_STORE_H

#include "base/value.h"

/* A checkpoint is a tree of items, each named by its content: what two checkpoints have in common
 * stands in a store once. The form of an item is told in snap.h. */
struct rp_item_id {
    unsigned char b[16]; /* the first bytes of the SHA-256 of the item's bytes */
};
struct rp_item {
    struct rp_item_id id;
    const char *bytes;
    size_t n;
};

struct rp_checkpoint_info {
    int64_t id;            /* given by the store, from 0, in order of saving, never used again */
    int64_t previous;      /* the checkpoint that this one continues; -1: none */
    const char *workflow;  /* name */
    const char *signature; /* 64 hexadecimal digits */
    int64_t iteration;
    uint32_t pending;  /* open requests */
    uint32_t messages; /* under way */
    uint64_t time_ms;  /* virtual time */
    struct rp_item_id root;
};

/* A store. Decision 11: what it hands out is the caller's own copy, or good until the store's next
 * call where that is said. All but has and free return RP_OK, RP_ENOMEM, RP_ENOTFOUND (no such
 * checkpoint or item) or RP_ESTORE with err filled: place (file, database), reason, remedy. */
struct rp_store_ops {
    /* Keeps the checkpoint and the items, all or nothing; items that it has already are fine.
     * info->id is ignored. *generation: the number of removals that the caller knows of; when items
     * may have gone since, nothing is kept, *generation becomes the present number and RP_ESTALE is
     * returned: the caller sends all items then, and not only those that are new. */
    int (*save)(void *self, const struct rp_checkpoint_info *info, const struct rp_item *items,
                size_t n, uint64_t *generation, int64_t *id, struct rp_error *err);
    /* *bytes are good until the store's next call. */
    int (*item)(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                struct rp_error *err);
    /* Strings of *out are good until the store's next call. */
    int (*info)(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err);
    /* Calls visit for each checkpoint of that workflow (NULL: of all) in order of ids, until it
     * returns other than RP_OK, which is returned. visit may not call the store. */
    int (*list)(void *self, const char *workflow,
                int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                struct rp_error *err);
    /* The newest of that workflow (NULL: of all). */
    int (*latest)(void *self, const char *workflow, int64_t *id, struct rp_error *err);
    /* Removes these checkpoints, all or none (RP_ENOTFOUND when one is not there), and frees the
     * items that nobody refers to any more. */
    int (*remove)(void *self, const int64_t *ids, size_t n, struct rp_error *err);
    /* Bytes that the store takes: in memory, or of its files. */
    int (*size)(void *self, uint64_t *bytes, struct rp_error *err);
    void (*free)(void *self);
};
struct rp_store {
    const struct rp_store_ops *ops;
    void *self;
};
/* A store in memory. RP_ENOMEM. Freed with store.ops->free(store.self). */
int rp_store_memory(const struct rp_alloc *alloc, struct rp_store *out);

/* Removes all checkpoints of that workflow (NULL: of all) but the newest `keep`, of those only the
 * ones made before virtual time `before_ms` (UINT64_MAX: any). *removed: how many. */
int rp_store_prune(const struct rp_store *store, const struct rp_alloc *alloc, const char *workflow,
                   uint32_t keep, uint64_t before_ms, uint32_t *removed, struct rp_error *err);
/* Reads a checkpoint's whole tree: every item there, its bytes as its name says, its form right.
 * RP_ECHECKPOINT with the item and the byte in err. */
int rp_store_verify(const struct rp_store *store, const struct rp_alloc *alloc, int64_t id,
                    struct rp_error *err);
/* The checkpoint as values in h: an RP_K_CHECKPOINT record. Errors as verify. */
int rp_store_read(const struct rp_store *store, int64_t id, struct rp_heap *h, struct rp_value *out,
                  struct rp_error *err);

/* Keeps an RP_K_CHECKPOINT record, as rp_store_read gives it, as one more checkpoint; all of *info
 * but id and root is the caller's. record is of a heap that nobody else uses: its objects are
 * numbered. RP_ECHECKPOINT: not of the form of checkpoints; errors of save. */
int rp_store_write(const struct rp_store *store, const struct rp_alloc *alloc,
                   const struct rp_checkpoint_info *info, struct rp_value record, int64_t *id,
                   struct rp_error *err);

/* -- looking into checkpoints (look.c) -------------------------------------------------------- */

/* Messages under way in a checkpoint, or in a run nested in it: run is an RP_K_S_RUN record; source
 * and target are places in its `ids`. */
#define RP_NOBODY UINT32_MAX
struct rp_queued {
    uint32_t source;
    uint32_t target; /* RP_NOBODY: whoever the edges lead to */
    int internal;    /* what begins a turn: an input or an answer, to source itself */
    struct rp_value data;
    struct rp_value request; /* RP_K_REQUEST that data answers; else nil */
};
uint32_t rp_queued(struct rp_value run); /* how many */
struct rp_queued rp_queued_at(struct rp_value run, uint32_t i);

/* Calls visit for the items of the checkpoint with that root, wholes before parts, as often as they
 * are referred to; *deeper = 0 leaves out what that item refers to. item->bytes are good for the
 * visit. What visit returns other than RP_OK is returned; else RP_ENOMEM, RP_ENOTFOUND, RP_ESTORE,
 * RP_ECHECKPOINT with err filled. */
int rp_store_items(const struct rp_store *store, const struct rp_alloc *alloc,
                   const struct rp_item_id *root,
                   int (*visit)(void *ctx, const struct rp_item *item, int *deeper), void *ctx,
                   struct rp_error *err);

/* -- for those who write stores (snap.c) -- */

/* Calls visit for every item that the item refers to. RP_ECHECKPOINT when its form is wrong. For
 * the stores, which free what nobody refers to. */
int rp_snap_refs(const char *bytes, size_t n, int (*visit)(void *ctx, const struct rp_item_id *id),
                 void *ctx);
/* The name that these bytes have. */
void rp_item_name(const char *bytes, size_t n, struct rp_item_id *id);
/* A sum to tell a file's or row's damage that is not of an item: the first 8 bytes of its SHA-256.
 */
uint64_t rp_snap_sum(const void *bytes, size_t n);

#endif
