/* store_trees.h - trees of items for the tests of checkpoint stores: made, sent and found again. */
#ifndef TESTS_STORE_TREES_H
#define TESTS_STORE_TREES_H

#include "engine/reprise.h"

enum { TREE_PARTS = 2 };
#define TREE_NONE SIZE_MAX

struct tree_item {
    struct rp_item item; /* its bytes are owned */
    size_t part[TREE_PARTS];
    unsigned n_parts;
    int known; /* the store is thought to have it */
    int seen;  /* in the walk under way */
};
struct trees {
    struct tree_item *item;
    size_t n, room;
    uint32_t *table; /* by name: number + 1 */
    size_t size;
    struct rp_item *sent; /* by trees_gather */
    size_t n_sent, sent_room;
};

void trees_init(struct trees *t);
void trees_free(struct trees *t);
/* An item of a text and parts (TREE_NONE: none); the same one when it was made before. */
size_t trees_add(struct trees *t, const char *text, size_t part, size_t other);
/* A whole checkpoint (an RP_K_CHECKPOINT record) that holds a text and a part. */
size_t trees_add_checkpoint(struct trees *t, const char *workflow, const char *text, size_t part);
/* Puts the items of that tree into t->sent that are not known; parts before wholes. */
void trees_gather(struct trees *t, size_t root);
/* They are known now; none is. */
void trees_keep(struct trees *t);
void trees_forget(struct trees *t);
/* Begins walks that look at an item once. */
void trees_begin(struct trees *t);
/* Marks the tree as seen. */
void trees_mark(struct trees *t, size_t root);
/* Does the store hand out the whole tree? RP_OK, or what it said. */
int trees_check(struct trees *t, const struct rp_store *store, size_t root, struct rp_error *err);

#endif
