/* wire_read.h - reads the body of a reply, in pieces of the caller's choice, and tells all of it as
 * a story of one line an event:
 *
 *   update "Hello"
 *   update "" weather(call_1) {"city":"Oslo"}
 *   end stop 3 + 4 = 7
 *   rules no_index
 *
 * "whole" in place of update and end for a whole reply; "broken byte 12: why" at a fault. */
#ifndef TESTS_WIRE_READ_H
#define TESTS_WIRE_READ_H

#include "engine/base/buf.h"
#include "mocks/wire/wire.h"

struct wire_read {
    struct rp_heap heap;
    struct rp_buf story;
    struct rp_value updates;  /* of a stream: list of lists of contents */
    struct rp_value contents; /* of a whole reply */
    struct rp_value usage;
    char finish[32];
    int is_broken;
};

/* The first piece has `first` bytes, the others `step`; 0: all that is left. To be freed. */
void wire_read(struct wire_read *r, const struct rp_alloc *alloc, enum rp_dialect dialect,
               int stream, struct rp_str body, size_t first, size_t step);
void wire_read_free(struct wire_read *r);
/* The same for a sweep over failing allocations: RP_ENOMEM when some failed. To be freed too. */
int wire_read_with(struct wire_read *r, const struct rp_alloc *alloc, enum rp_dialect dialect,
                   int stream, struct rp_str body, size_t first, size_t step);

/* The reply that r read, to be written again; borrows from r. */
struct rp_wire_reply wire_read_reply(const struct wire_read *r);
/* Adds it as bytes, all pieces of a stream. */
int wire_write(enum rp_dialect dialect, int stream, const struct rp_wire_reply *reply,
               struct rp_buf *out);

/* Fails the test unless the body, without its '^', is told so, whole and byte by byte; the offset
 * of the '^' takes the place of the one in expected. */
void wire_is_told(enum rp_dialect dialect, int stream, const char *body, const char *expected);

#endif
