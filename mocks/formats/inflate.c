/* inflate.c - decompression, with the memory of the caller. */
#include "inflate.h"

#include <string.h>
#include <zlib.h>

enum { BEFORE = 16, PIECE = RP_INFLATE_PIECE, BARE = -15, ANY_HEADER = 15 + 32 };

int rp_is_gzip(const char *s, size_t n)
{
    return n > 2 && (unsigned char)s[0] == 0x1f && (unsigned char)s[1] == 0x8b;
}

int rp_is_zlib(const char *s, size_t n)
{
    return n > 2 && (s[0] & 0x0f) == 8 &&
           (((unsigned)(unsigned char)s[0] << 8) + (unsigned char)s[1]) % 31 == 0;
}

/* zlib does not tell the size of what it gives back: it stands before each block. */
static void *take(void *ctx, unsigned items, unsigned size)
{
    struct rp_alloc *alloc = ctx;
    size_t n = BEFORE + (size_t)items * size;
    char *block = alloc->resize(alloc->ctx, NULL, 0, n);

    if (!block)
        return NULL;
    memset(block, 0, n);
    memcpy(block, &n, sizeof(n));
    return block + BEFORE;
}

static void give_back(void *ctx, void *at)
{
    struct rp_alloc *alloc = ctx;
    char *block = (char *)at - BEFORE;
    size_t n;

    memcpy(&n, block, sizeof(n));
    alloc->resize(alloc->ctx, block, n, 0);
}

/* Pieces go to out until a member ends; 1: it has. */
static int inflate_member(z_stream *z, struct rp_buf *out)
{
    int rc;

    do {
        char *room = rp_buf_room(out, PIECE);
        if (!room)
            return out->failed;
        z->next_out = (unsigned char *)room;
        z->avail_out = PIECE;
        rc = inflate(z, Z_NO_FLUSH);
        out->n += PIECE - z->avail_out;
        out->s[out->n] = '\0';
        if (rc == Z_MEM_ERROR)
            return RP_ENOMEM;
        if (rc != Z_OK && rc != Z_STREAM_END)
            return RP_EPARSE;
    } while (rc != Z_STREAM_END);
    return RP_OK;
}

static int inflate_as(struct rp_buf *out, const char *s, size_t n, int bits)
{
    z_stream z = {.zalloc = take, .zfree = give_back, .opaque = &out->alloc};
    int rc = inflateInit2(&z, bits);

    if (rc != Z_OK)
        return rc == Z_MEM_ERROR ? RP_ENOMEM : RP_EPARSE;
    z.next_in = (unsigned char *)(uintptr_t)s;
    z.avail_in = (unsigned)n;
    rc = inflate_member(&z, out);
    while (rc == RP_OK && rp_is_gzip((const char *)z.next_in, z.avail_in) &&
           inflateReset(&z) == Z_OK)
        rc = inflate_member(&z, out);
    inflateEnd(&z);
    return rc;
}

int rp_inflate(struct rp_buf *out, const char *s, size_t n)
{
    size_t from = out->n;
    int rc;

    if (n > UINT32_MAX)
        return RP_ELIMIT;
    rc = inflate_as(out, s, n, rp_is_gzip(s, n) || rp_is_zlib(s, n) ? ANY_HEADER : BARE);
    if (rc == RP_EPARSE && rp_is_zlib(s, n)) { /* bare deflate may look like zlib's header */
        rp_buf_cut(out, from);
        rc = inflate_as(out, s, n, BARE);
    }
    if (rc != RP_OK)
        rp_buf_cut(out, from);
    return rc;
}
