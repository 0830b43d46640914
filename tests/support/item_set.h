/* item_set.h - all items of one checkpoint, outside of any store: taken from one, forged, written
 * to a file and read back, put into one.
 *
 * The file is text. Its first line is `items 1 ROOT WORKFLOW`, and each further line is one item,
 * parts before wholes: its name, a space, its bytes, both as hexadecimal digits. A name is the
 * first half of the SHA-256 of the bytes, and ROOT the name of the last item. */
#ifndef TESTS_ITEM_SET_H
#define TESTS_ITEM_SET_H

#include "engine/reprise.h"

struct item_set {
    struct rp_item *item; /* the bytes are the set's own */
    size_t n, room;
    char workflow[64];
};

void item_set_free(struct item_set *set);
const struct rp_item_id *item_set_root(const struct item_set *set);
/* Adds a copy under the name that these bytes have. */
void item_set_add(struct item_set *set, const char *bytes, size_t n);
/* Adds the items of the tree below that root. */
void item_set_gather(struct item_set *set, const struct rp_store *store,
                     const struct rp_item_id *root);
void item_set_copy(struct item_set *to, const struct item_set *from);

/* Item k has other bytes now, and so another name; so has what refers to it. */
void item_set_forge(struct item_set *set, size_t k, const char *bytes, size_t n);

/* Saves it as a checkpoint of its workflow; returns the id. */
int64_t item_set_save(const struct item_set *set, const struct rp_store *store);

void item_set_write(const struct item_set *set, const char *path);
/* Fails the test when the file is not there, or not as it should be. */
void item_set_read(struct item_set *set, const char *path);

#endif
