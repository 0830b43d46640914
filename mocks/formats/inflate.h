/* inflate.h - bodies that were compressed on their way: gzip and deflate, by zlib. */
#ifndef RP_FORMATS_INFLATE_H
#define RP_FORMATS_INFLATE_H

#include "engine/base/buf.h"

enum { RP_INFLATE_PIECE = 1 << 12 };

/* Do the bytes begin as gzip, or as zlib's format? */
int rp_is_gzip(const char *s, size_t n);
int rp_is_zlib(const char *s, size_t n);
/* Adds what gzip, zlib's format or bare deflate hold, all members. RP_EPARSE: damaged or cut;
 * RP_ELIMIT: less than RP_INFLATE_PIECE bytes below the ceiling of out; RP_ENOMEM. The text of out
 * is unchanged unless RP_OK. */
int rp_inflate(struct rp_buf *out, const char *s, size_t n);

#endif
