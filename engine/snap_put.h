/* snap_put.h - the shortest forms of what takes no more than a few bytes, added to a buffer. All
 * return RP_ENOMEM when there is no memory, and have added nothing then. */
#ifndef RP_SNAP_PUT_H
#define RP_SNAP_PUT_H

#include "base/buf.h"
#include "snap_form.h"

static inline char *rp_put_room(struct rp_buf *b, size_t n)
{
    return n < b->size - b->n ? b->s + b->n : rp_buf_room(b, n);
}

static inline char *rp_put_varint(char *to, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        *to++ = (char)((n & 0x7f) | 0x80);
    *to++ = (char)n;
    return to;
}

static inline int rp_put_byte(struct rp_buf *b, unsigned byte)
{
    char *to = rp_put_room(b, 1);

    if (!to)
        return RP_ENOMEM;
    *to = (char)byte;
    b->n++;
    return RP_OK;
}

/* A form of one byte when n is below `smalls`; else the long one and n. */
static inline int rp_put_length(struct rp_buf *b, uint32_t n, unsigned small, uint32_t smalls,
                                unsigned form)
{
    char *to = rp_put_room(b, 1 + RP_SNAP_VARINT_MAX), *from = to;

    if (!to)
        return RP_ENOMEM;
    *to++ = (char)(n < smalls ? small + n : form);
    if (n >= smalls)
        to = rp_put_varint(to, n);
    b->n += (size_t)(to - from);
    return RP_OK;
}

static inline int rp_put_int(struct rp_buf *b, int64_t i)
{
    char *to = rp_put_room(b, 1 + RP_SNAP_VARINT_MAX), *from = to;

    if (!to)
        return RP_ENOMEM;
    if (i >= 0 && i < RP_SMALL_INTS) {
        *to++ = (char)(RP_FORM_SMALL_INT + i);
    } else {
        *to++ = RP_FORM_INT;
        to = rp_put_varint(to, (uint64_t)i << 1 ^ (i < 0 ? UINT64_MAX : 0));
    }
    b->n += (size_t)(to - from);
    return RP_OK;
}

static inline int rp_put_real(struct rp_buf *b, double r)
{
    char *to = rp_put_room(b, 1 + 8);
    uint64_t bits;

    if (!to)
        return RP_ENOMEM;
    memcpy(&bits, &r, sizeof(bits));
    *to++ = RP_FORM_REAL;
    for (unsigned i = 0; i < 8; i++)
        *to++ = (char)(bits >> 8 * i & 0xff);
    b->n += 1 + 8;
    return RP_OK;
}

#endif
