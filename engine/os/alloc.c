/* alloc.c - the C library's memory as an allocator. */
#include "engine/os/reprise_os.h"

#include "engine/base/check.h"

#include <stdlib.h>

static void *libc_resize(void *ctx, void *old, size_t was, size_t now)
{
    (void)ctx;
    RP_ASSERT((old == NULL) == (was == 0));
    if (now == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, now);
}

struct rp_alloc rp_alloc_libc(void)
{
    return (struct rp_alloc){libc_resize, NULL};
}
