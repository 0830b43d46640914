/* faulty_alloc.h - an allocator that shows mistakes: it moves a block at every change of size,
 * fills what is new and what is given back with a pattern, holds the caller to exact sizes, counts
 * the bytes that are out, and fails the allocation that it is told to fail. */
#ifndef TESTS_FAULTY_ALLOC_H
#define TESTS_FAULTY_ALLOC_H

#include <stddef.h>

#include "engine/base/env.h"

struct faulty {
    struct rp_alloc alloc; /* to be lent out; its ctx is this struct, which must stay where it is */
    size_t out, peak;      /* bytes out now, and at most */
    long asked;            /* allocations and changes of size so far */
    long fails;            /* number of the one that fails, from 0; negative: none */
    int goes_on;           /* all later ones fail too */
    int failed;            /* one has failed */
    unsigned char pattern;
};

void faulty_init(struct faulty *f, long fails);

/* Runs make with an allocator whose allocation 0, 1, 2, ... fails, until none is left to fail: make
 * must return RP_ENOMEM each time and RP_OK the last time, and give back every byte. Then once more
 * with all later allocations failing as well. Fails the test when it is not so. Returns how many
 * allocations make needs. */
long sweep_memory(int (*make)(const struct rp_alloc *alloc));

#endif
