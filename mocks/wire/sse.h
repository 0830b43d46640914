/* sse.h - server-sent events out of bytes, however these are split: lines end in LF, CRLF or CR;
 * comments; `event:` and `data:`, the latter over several lines; a byte order mark at the start. */
#ifndef RP_WIRE_SSE_H
#define RP_WIRE_SSE_H

#include "wire.h"

enum rp_sse_kind {
    RP_SSE_MORE,  /* nothing until more bytes are fed */
    RP_SSE_EVENT, /* data and name */
    RP_SSE_END,   /* the body was over, and all of it was told */
    RP_SSE_BAD    /* a line that is none of an event stream, or too long: offset and reason */
};
struct rp_sse_event {
    struct rp_str name; /* of `event:`; "" without. Both borrowed until the next call */
    struct rp_str data; /* its lines joined by LF */
    size_t offset;      /* of the first byte of the data, or of the bad line */
    const size_t *line; /* where its lines begin in the body, from the second on */
    size_t n_lines;
    const char *reason;
};

struct rp_sse {
    struct rp_buf in;         /* bytes from offset base of the body on */
    size_t base, at, scanned; /* at: where the next line begins in in; scanned: no end before it */
    struct rp_buf data, lines;
    size_t offset;
    uint64_t rules; /* that the lines needed */
    char name[64];
    size_t n_name;
    int begun, has_data, skip_lf, ended, told;
};
void rp_sse_init(struct rp_sse *s, const struct rp_alloc *alloc); /* allocates nothing */
void rp_sse_free(struct rp_sse *s);
int rp_sse_feed(struct rp_sse *s, const char *bytes, size_t n); /* RP_ENOMEM */
void rp_sse_ended(struct rp_sse *s);
/* The next one. RP_ENOMEM; after END or BAD the same is told again. */
int rp_sse_next(struct rp_sse *s, enum rp_sse_kind *kind, struct rp_sse_event *out);
size_t rp_sse_offset(const struct rp_sse *s); /* bytes fed so far */

#endif
