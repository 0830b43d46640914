/* store_tree.h - small checkpoints for tests of stores: real items, whose names, contents and
 * references follow from three numbers. Checkpoints with a number in common share a middle item and
 * its two leaves; different middles may share leaves. */
#ifndef TESTS_STORE_TREE_H
#define TESTS_STORE_TREE_H

#include "engine/reprise.h"

enum {
    TREE_MIDDLES = 3, /* of a checkpoint */
    TREE_ITEMS = 3 * TREE_MIDDLES + 1,
    TREE_BYTES = 1 << 16
};

struct tree {
    struct rp_item item[TREE_ITEMS]; /* parts before wholes, the root last */
    size_t n;
    char bytes[TREE_BYTES]; /* of the items */
};

/* Fills it; items that stand in it twice are given twice. */
void tree_make(struct tree *t, const char *workflow, const uint32_t middle[TREE_MIDDLES]);
/* The same with a text of n bytes more under the root. t->item[n - 2]'s bytes are big's then, which
 * must have n + 16 bytes. */
void tree_make_big(struct tree *t, const char *workflow, const uint32_t middle[TREE_MIDDLES],
                   char *big, size_t n);
const struct rp_item *tree_root(const struct tree *t);

/* Leaf 0 or 1 of a middle. */
uint32_t tree_leaf_of(uint32_t middle, int which);
/* An item of any bytes that refers to the n others, up to three: well formed, but no checkpoint. */
struct rp_item tree_item(char *bytes, size_t room, const char *text, const struct rp_item *others,
                         size_t n);

extern const char tree_signature[65];

/* A checkpoint of that root. */
struct rp_checkpoint_info tree_info(const char *workflow, const struct tree *t, int64_t previous,
                                    int64_t iteration);

/* Numbers by chance, the same on every machine. */
uint64_t tree_draw(uint64_t *seed);
uint32_t tree_below(uint64_t *seed, uint32_t n); /* 0 to n - 1 */

#endif
