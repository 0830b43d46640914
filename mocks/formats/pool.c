/* pool.c - memory that is given back as a whole. */
#include "import.h"

#include <string.h>

struct rp_pool_block {
    struct rp_pool_block *before;
    size_t size, fill; /* of the whole block */
    size_t align;
};
enum { ALIGN = 16 };
_Static_assert(sizeof(struct rp_pool_block) % ALIGN == 0, "what follows is aligned");

void rp_pool_init(struct rp_pool *p, const struct rp_alloc *alloc, size_t ceiling)
{
    *p = (struct rp_pool){.alloc = *alloc, .ceiling = ceiling};
}

void rp_pool_free(struct rp_pool *p)
{
    while (p->last) {
        struct rp_pool_block *before = p->last->before;
        p->alloc.resize(p->alloc.ctx, p->last, p->last->size, 0);
        p->last = before;
    }
    p->held = 0;
}

static struct rp_pool_block *add_block(struct rp_pool *p, size_t n)
{
    size_t size = sizeof(struct rp_pool_block) + (n > RP_HEAP_CHUNK ? n : RP_HEAP_CHUNK);
    struct rp_pool_block *block = NULL;

    if (n > p->ceiling || size > p->ceiling - p->held) {
        p->failed = RP_ELIMIT;
        return NULL;
    }
    block = p->alloc.resize(p->alloc.ctx, NULL, 0, size);
    if (!block) {
        p->failed = RP_ENOMEM;
        return NULL;
    }
    *block = (struct rp_pool_block){.before = p->last, .size = size, .fill = sizeof(*block)};
    p->held += size;
    p->last = block;
    return block;
}

void *rp_pool_take(struct rp_pool *p, size_t n)
{
    struct rp_pool_block *block = p->last;
    char *at;

    if (n > SIZE_MAX / 2) {
        p->failed = RP_ELIMIT;
        return NULL;
    }
    n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!block || block->size - block->fill < n)
        block = add_block(p, n);
    if (!block)
        return NULL;
    at = (char *)block + block->fill;
    block->fill += n;
    return memset(at, 0, n);
}

char *rp_pool_text(struct rp_pool *p, const char *s, size_t n)
{
    char *copy = rp_pool_take(p, n + 1);

    if (copy && n > 0)
        memcpy(copy, s, n);
    return copy;
}
