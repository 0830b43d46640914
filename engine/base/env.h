/* env.h - what the outside lends to the engine: memory. Nothing here is global. */
#ifndef RP_ENV_H
#define RP_ENV_H

#include <stddef.h>
#include <stdint.h>

/* The whole allocator. old NULL and was 0: allocate; now 0: free, returns NULL; else move or grow.
 * Returns NULL when there is no memory; old is then still valid. Sizes are exact, so a test can
 * count bytes without headers. */
struct rp_alloc {
    void *(*resize)(void *ctx, void *old, size_t was, size_t now);
    void *ctx;
};

/* Bytes with a length; need not end in NUL. */
struct rp_str {
    const char *s;
    size_t n;
};

struct rp_str rp_str(const char *z); /* NULL gives the empty string */
int rp_str_equal(struct rp_str a, struct rp_str b);
int rp_str_blank(struct rp_str s); /* nothing but JSON's white space */
int rp_same(const char *a, const char *b); /* as rp_str_equal, of strings that end in NUL */
/* Order by bytes, which for UTF-8 is the order of code points: negative, 0 or positive. */
int rp_str_order(struct rp_str a, struct rp_str b);

#endif
