/* buf.c - owns growing bytes. */
#include "buf.h"

#include <string.h>

#include "check.h"

enum { BUF_SIZE_MIN = 64 };

void rp_buf_init(struct rp_buf *b, const struct rp_alloc *alloc, size_t ceiling)
{
    RP_ASSERT(alloc->resize);
    memset(b, 0, sizeof(*b));
    b->alloc = *alloc;
    b->ceiling = ceiling < SIZE_MAX ? ceiling : SIZE_MAX - 1;
}

void rp_buf_free(struct rp_buf *b)
{
    if (b->s)
        b->alloc.resize(b->alloc.ctx, b->s, b->size, 0);
    b->s = NULL;
    b->n = b->size = 0;
    b->failed = RP_OK;
}

void rp_buf_clear(struct rp_buf *b)
{
    rp_buf_cut(b, 0);
    b->failed = RP_OK;
}

void rp_buf_cut(struct rp_buf *b, size_t n)
{
    RP_ASSERT(n <= b->n);
    b->n = n;
    if (b->s)
        b->s[n] = '\0';
}

/* Room for n more bytes and a NUL: twice as much as now, at most what the ceiling allows. */
static int make_room(struct rp_buf *b, size_t n)
{
    size_t need = b->n + n + 1, size = b->size;
    char *s;

    RP_ASSERT(n <= b->ceiling - b->n);
    if (need <= size)
        return RP_OK;
    size = size <= b->ceiling / 2 ? 2 * size : b->ceiling + 1;
    size = size < BUF_SIZE_MIN && BUF_SIZE_MIN <= b->ceiling ? BUF_SIZE_MIN : size;
    size = size < need ? need : size;
    s = b->alloc.resize(b->alloc.ctx, b->s, b->size, size);
    if (!s)
        return RP_ENOMEM;
    b->s = s;
    b->size = size;
    return RP_OK;
}

char *rp_buf_room(struct rp_buf *b, size_t n)
{
    RP_ASSERT(b->n <= b->ceiling);
    if (b->failed == RP_OK)
        b->failed = n > b->ceiling - b->n ? RP_ELIMIT : make_room(b, n);
    return b->failed == RP_OK ? b->s + b->n : NULL;
}

int rp_buf_add(struct rp_buf *b, const char *s, size_t n)
{
    RP_ASSERT(s || n == 0);
    if (!rp_buf_room(b, n))
        return b->failed;
    if (n > 0)
        memcpy(b->s + b->n, s, n);
    b->n += n;
    b->s[b->n] = '\0';
    return RP_OK;
}

int rp_buf_addz(struct rp_buf *b, const char *z)
{
    return rp_buf_add(b, z, strlen(z));
}

int rp_buf_adds(struct rp_buf *b, struct rp_str s)
{
    return rp_buf_add(b, s.s, s.n);
}

int rp_buf_addc(struct rp_buf *b, char c)
{
    return rp_buf_add(b, &c, 1);
}

int rp_buf_add_int(struct rp_buf *b, int64_t i)
{
    uint64_t n = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    char digits[20];
    size_t at = sizeof(digits);

    do {
        RP_ASSERT(at > 0);
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (i < 0)
        digits[--at] = '-';
    return rp_buf_add(b, digits + at, sizeof(digits) - at);
}
