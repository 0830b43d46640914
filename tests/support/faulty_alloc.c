/* faulty_alloc.c - owns the allocator that shows mistakes, and the sweep with it. */
#include "tests/support/faulty_alloc.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/status.h"
#include "tests/support/cm.h"

enum { HEAD = 16 }; /* before each block: its size */

static void give_back(struct faulty *f, void *block, size_t size)
{
    size_t held;

    memcpy(&held, (char *)block - HEAD, sizeof(held));
    assert_int_equal(held, size);
    assert_true(f->out >= size);
    f->out -= size;
    memset(block, f->pattern ^ 0xff, size);
    free((char *)block - HEAD);
}

static void *faulty_resize(void *ctx, void *old, size_t was, size_t now)
{
    struct faulty *f = ctx;
    char *block;

    assert_int_equal(old == NULL, was == 0);
    if (now == 0) {
        if (old)
            give_back(f, old, was);
        return NULL;
    }
    if (f->fails >= 0 && (f->asked == f->fails || (f->goes_on && f->asked > f->fails))) {
        f->asked++;
        f->failed = 1;
        return NULL;
    }
    f->asked++;
    block = malloc(HEAD + now);
    assert_non_null(block);
    memcpy(block, &now, sizeof(now));
    block += HEAD;
    memset(block, f->pattern, now);
    f->out += now;
    f->peak = f->out > f->peak ? f->out : f->peak;
    if (old) {
        memcpy(block, old, was < now ? was : now);
        give_back(f, old, was);
    }
    return block;
}

void faulty_init(struct faulty *f, long fails)
{
    memset(f, 0, sizeof(*f));
    f->alloc = (struct rp_alloc){faulty_resize, f};
    f->fails = fails;
    f->pattern = 0xa5;
}

static long sweep(int (*make)(const struct rp_alloc *alloc), int goes_on)
{
    for (long n = 0;; n++) {
        struct faulty f;
        int rc;
        faulty_init(&f, n);
        f.goes_on = goes_on;
        rc = make(&f.alloc);
        if (f.out != 0)
            print_error("allocation %ld failed: %lu bytes are left\n", n, (unsigned long)f.out);
        assert_int_equal(f.out, 0);
        if (rc != (f.failed ? RP_ENOMEM : RP_OK))
            print_error("allocation %ld failed: %s\n", n, rp_status_name(rc));
        assert_int_equal(rc, f.failed ? RP_ENOMEM : RP_OK);
        if (!f.failed)
            return n;
    }
}

long sweep_memory(int (*make)(const struct rp_alloc *alloc))
{
    long needed = sweep(make, 0);

    assert_int_equal(sweep(make, 1), needed);
    return needed;
}
