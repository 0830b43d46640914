/* checkpoint_foreign.h - checkpoint files of the framework that the orchestrations come from, as
 * far as their envelope goes: a JSON object with the keys
 *
 *   workflow_name, graph_signature_hash, checkpoint_id, previous_checkpoint_id, timestamp,
 * messages, state, pending_request_info_events, iteration_count, metadata, version
 *
 * whose values are plain JSON or, in objects with the keys __pickled__ and __type__, opaque: bytes
 * in base64 and the name of what they are. Such bytes are counted and never decoded or run. */
#ifndef RP_CHECKPOINT_FOREIGN_H
#define RP_CHECKPOINT_FOREIGN_H

#include "engine/reprise.h"

struct rp_foreign {
    const char *path;
    struct rp_value json; /* checked: its keys are there and of their types */
};

/* A folder of such files, ID.json, or one of them. */
struct rp_foreigners {
    struct rp_heap heap;
    struct rp_foreign *file; /* by time, then by id */
    size_t n, room;
};

/* Is it a file with the name of one, or a folder that holds one at least? */
int rp_foreign_is(const struct rp_alloc *alloc, const char *path);

/* Reads them. complain is told of each file that is none, and the others are read; NULL: nobody is.
 * RP_EIO, RP_ENOMEM, err filled. *out is freed by rp_foreign_close after RP_OK only. */
int rp_foreign_open(const struct rp_alloc *alloc, const char *path,
                    void (*complain)(const struct rp_error *why), struct rp_foreigners *out,
                    struct rp_error *err);
void rp_foreign_close(struct rp_foreigners *f);

/* The one with that id, or with an id that alone begins so; "latest" is the last. RP_ENOTFOUND,
 * RP_EARG: several begin so. */
int rp_foreign_find(const struct rp_foreigners *f, const char *id, const struct rp_foreign **out,
                    struct rp_error *err);

/* Adds a table of all of that workflow (NULL: of any). */
int rp_foreign_list(struct rp_buf *out, const struct rp_foreigners *f, const char *workflow);
/* Adds what the envelope says; most: characters shown of a text, 0: all. */
int rp_foreign_show(struct rp_buf *out, const struct rp_foreign *file, uint32_t most);

#endif
