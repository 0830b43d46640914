/* buf.h - growing bytes with a ceiling. Adding is all or nothing. */
#ifndef RP_BUF_H
#define RP_BUF_H

#include "env.h"
#include "status.h"

struct rp_buf {
    struct rp_alloc alloc;
    char *s; /* n bytes and a NUL once anything was added; else NULL */
    size_t n, size, ceiling;
    int failed; /* sticky status of the first failed addition; later additions do nothing */
};

/* alloc is copied; allocates nothing. ceiling counts bytes without the NUL. */
void rp_buf_init(struct rp_buf *b, const struct rp_alloc *alloc, size_t ceiling);
void rp_buf_free(struct rp_buf *b); /* leaves it empty and usable */
void rp_buf_clear(struct rp_buf *b); /* keeps the memory; clears failed */
/* Takes back what stands behind the first n bytes; failed stays. */
void rp_buf_cut(struct rp_buf *b, size_t n);

/* RP_OK, RP_ENOMEM, or RP_ELIMIT over the ceiling; the buffer is unchanged unless RP_OK. */
int rp_buf_add(struct rp_buf *b, const char *s, size_t n);
int rp_buf_addz(struct rp_buf *b, const char *z);
int rp_buf_adds(struct rp_buf *b, struct rp_str s);
int rp_buf_addc(struct rp_buf *b, char c);
/* Where n more bytes may be written; those that were are added with b->n. NULL where rp_buf_add
 * would fail, with its status in failed. */
char *rp_buf_room(struct rp_buf *b, size_t n);
int rp_buf_add_int(struct rp_buf *b, int64_t i);
/* The fewest digits that read back as r, in the form of the portable trace: always with ".0" or an
 * exponent; an exponent from 1e16 up and below 1e-4 (1e+16, 1e-05). r must be finite. */
int rp_buf_add_real(struct rp_buf *b, double r);

/* The double nearest to a JSON number of n bytes, correctly rounded, no locale. Infinity when it is
 * too large. The caller has checked the grammar. */
double rp_real_of(const char *s, size_t n);

#endif
