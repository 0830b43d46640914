/* base64.h - RFC 4648, the plain and the URL alphabet, padded or not. */
#ifndef RP_FORMATS_BASE64_H
#define RP_FORMATS_BASE64_H

#include "engine/base/buf.h"

/* White space between the digits is passed over. RP_EPARSE: *bad is the offset of what is wrong. */
int rp_base64_decode(struct rp_buf *out, const char *s, size_t n, size_t *bad);
int rp_base64_encode(struct rp_buf *out, const char *s, size_t n);

#endif
