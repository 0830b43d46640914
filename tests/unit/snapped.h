/* snapped.h - for tests of checkpoints: one heap, its writer and a store, and values written, saved
 * and read back with them. */
#ifndef TESTS_SNAPPED_H
#define TESTS_SNAPPED_H

#include "engine/base/msg.h"
#include "engine/snap.h"
#include "tests/support/cm.h"
#include "tests/support/values.h"

extern struct rp_snap *snap; /* of heap (values.h) */
extern struct rp_store store;
extern struct rp_snap_out written; /* by the last write */

/* For cmocka: around each test. */
int snapped_start(void **state);
int snapped_stop(void **state); /* fails when a byte is left */

struct rp_value text(const char *z);
/* A text that is an item. */
struct rp_value long_text(char first);
/* A checkpoint whose run shares v; everything else is as it begins. */
struct rp_value holding(struct rp_heap *h, struct rp_value v);

void write_it(struct rp_value v);
void save_written(void);
struct rp_item_id save(struct rp_value v);
struct rp_value read_back(const struct rp_item_id *root, struct rp_snap *s);
int same(struct rp_item_id a, struct rp_item_id b);
/* The root that v has when nothing is remembered of it or of anything else. */
struct rp_item_id root_of(struct rp_value v);
/* Writes a checkpoint with v, reads it and checks that nothing has changed. */
struct rp_value there_and_back(struct rp_value v);

#endif
