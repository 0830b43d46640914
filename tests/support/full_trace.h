/* full_trace.h - all that happens in a turn as text, a line each: every event with its step, its
 * executor and its whole data, and every model call, reply, tool call and result. Two runs that do
 * the same have the same lines, byte for byte. Where the lines of checkpoints end is kept. */
#ifndef TESTS_FULL_TRACE_H
#define TESTS_FULL_TRACE_H

#include "engine/base/buf.h"
#include "mocks/world.h"

struct full_mark {
    int64_t id, iteration;
    uint32_t pending, messages;
    size_t at; /* in the text, behind the checkpoint's line */
};

struct full_trace {
    struct rp_buf text;
    struct rp_observer observer; /* its ctx is this struct, which must stay where it is */
    struct full_mark *mark;
    size_t n_marks, room;
    int64_t stop_at; /* the id of a checkpoint after which the turn is broken off; -1: none */
    /* Checkpoints from `other` on are told as if they had come right after `behind`: so a branch
     * reads as the one that it is compared with. other 0: none. */
    int64_t other, behind;
};

/* What the observer returns to break a turn off; no status is like it. */
#define FULL_TRACE_STOP 77

void full_trace_init(struct full_trace *t, const struct rp_alloc *alloc);
void full_trace_free(struct full_trace *t);
void full_trace_clear(struct full_trace *t);

#endif
