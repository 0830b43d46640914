/* client.h - the one seam of model clients: scripted, recorded, replayed, faulty and real ones have
 * this shape, and decorators stack. A call is started and completes later; nothing ever blocks. */
#ifndef RP_CLIENT_H
#define RP_CLIENT_H

#include "engine/reprise.h"

enum rp_reply_kind {
    RP_REPLY_NONE,   /* nothing yet */
    RP_REPLY_UPDATE, /* value: RP_K_UPDATE, of a streamed call */
    RP_REPLY_WHOLE,  /* value: RP_K_RESPONSE; ends the call */
    RP_REPLY_END,    /* of a streamed call, after its updates; value: usage (a map) or nil */
    RP_REPLY_ERROR   /* reason; ends the call */
};

struct rp_reply {
    enum rp_reply_kind kind;
    struct rp_value value;
    char reason[256];
};

struct rp_client_ops {
    /* Begins a call. *number: which of the agent's model calls it is (from 1); *made: 0 when the
     * call fails before it reaches the service. Must not block. RP_OK, RP_ENOMEM; a failing call is
     * told by poll. `call` and what it points at are borrowed for this call of start only. */
    int (*start)(void *self, const struct rp_model_call *call, uint64_t now_ms, int64_t *number,
                 int *made);
    /* The next piece of that call at that time; values are made in heap (or frozen ones shared). */
    int (*poll)(void *self, uint32_t call, uint64_t now_ms, struct rp_heap *heap,
                struct rp_reply *reply);
    /* When poll should be asked again for some open call; UINT64_MAX: no open call. */
    uint64_t (*due)(void *self);
    /* Blocks in real time until some open call may have a piece, or until until_ms; *now_ms is then
     * the time. NULL in the table: time is virtual, the caller's clock jumps to due. RP_EIO. */
    int (*wait)(void *self, uint64_t until_ms, uint64_t *now_ms);
    void (*cancel)(void *self, uint32_t call); /* the caller no longer wants it */
    /* Positions, for checkpoints: a value in heap, and back. load of nil: back to the start. */
    int (*save)(void *self, struct rp_heap *heap, struct rp_value *out);
    int (*load)(void *self, struct rp_value saved);
    void (*free)(void *self);
};

struct rp_client {
    const struct rp_client_ops *ops;
    void *self;
};

/* Makes the model client of one instance of a workflow; a run that is resumed has a new one. */
struct rp_client_maker {
    int (*make)(void *ctx, const struct rp_alloc *alloc, struct rp_client *out); /* RP_ENOMEM */
    void *ctx;
};

#endif
