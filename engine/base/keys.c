/* keys.c - owns the order of a map's keys. A heap sort: no memory of its own, no recursion, and no
 * input that makes it slow. */
#include "keys.h"

/* The entry's number is the last word, so the order is total and equal keys stay in theirs. */
static int is_before(const struct rp_value *at, uint32_t a, uint32_t b)
{
    int order = rp_str_order(rp_str_of(at[2 * (size_t)a]), rp_str_of(at[2 * (size_t)b]));

    return order != 0 ? order < 0 : a < b;
}

/* Lets the entry at root sink until none below it is after it. */
static void sink(const struct rp_value *at, uint32_t *index, size_t root, size_t n)
{
    uint32_t entry = index[root];

    for (;;) {
        size_t below = 2 * root + 1;
        if (below >= n)
            break;
        if (below + 1 < n && is_before(at, index[below], index[below + 1]))
            below++;
        if (!is_before(at, entry, index[below]))
            break;
        index[root] = index[below];
        root = below;
    }
    index[root] = entry;
}

uint32_t *rp_keys_sorted(const struct rp_alloc *alloc, const struct rp_value *at, uint32_t n,
                         uint32_t few[RP_KEYS_FEW])
{
    uint32_t *index = few;

    if (n > RP_KEYS_FEW)
        index = alloc->resize(alloc->ctx, NULL, 0, n * sizeof(*index));
    if (!index)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        index[i] = i;
    for (size_t root = n / 2; root-- > 0;)
        sink(at, index, root, n);
    for (size_t last = n; last-- > 1;) {
        uint32_t greatest = index[0];
        index[0] = index[last];
        index[last] = greatest;
        sink(at, index, 0, last);
    }
    RP_ASSERT(n < 2 || is_before(at, index[0], index[n - 1]));
    return index;
}

void rp_keys_free(const struct rp_alloc *alloc, uint32_t *index, uint32_t n)
{
    if (index && n > RP_KEYS_FEW)
        alloc->resize(alloc->ctx, index, n * sizeof(*index), 0);
}
