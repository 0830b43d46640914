/* checkpoint_read.h - a checkpoint of a store for somebody who wants to look at it, and what the
 * others of the store say about it. */
#ifndef RP_CHECKPOINT_READ_H
#define RP_CHECKPOINT_READ_H

#include "engine/reprise.h"

struct rp_look {
    struct rp_heap heap;
    struct rp_checkpoint_info info; /* its strings stand in heap */
    struct rp_checkpoint *checkpoint;
    struct rp_s_run *run;
};

/* Errors of info and of rp_store_read; *out is freed by rp_look_close after RP_OK only. */
int rp_look_open(const struct rp_store *store, const struct rp_alloc *alloc, int64_t id,
                 struct rp_look *out, struct rp_error *err);
void rp_look_close(struct rp_look *look);

/* The name of executor i of a run, as a number of its `ids`; "(nobody)" where it has none. */
struct rp_str rp_look_name(const struct rp_s_run *run, int64_t i);

/* All checkpoints of a store that can be read, in order of ids. */
struct rp_looks {
    struct rp_heap heap;
    struct rp_checkpoint_info *info; /* strings in heap */
    size_t n, room;
    struct rp_error damage; /* what the store said of others; status RP_OK: nothing */
};
/* RP_OK also when there is damage. Freed by rp_looks_close, which may be called more than once. */
int rp_looks_open(const struct rp_store *store, const struct rp_alloc *alloc, const char *workflow,
                  struct rp_looks *out, struct rp_error *err);
void rp_looks_close(struct rp_looks *looks);

#endif
