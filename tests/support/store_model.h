/* store_model.h - what a store of checkpoints should hold, kept in the simplest way, and the
 * comparison of a store with it. */
#ifndef TESTS_STORE_MODEL_H
#define TESTS_STORE_MODEL_H

#include "tests/support/store_tree.h"

enum { MODEL_ROOM = 96, MODEL_WORKFLOWS = 4, MODEL_MIDDLES = 48 };

struct model_checkpoint {
    int64_t id, previous, iteration;
    uint32_t workflow; /* below MODEL_WORKFLOWS */
    uint32_t middle[TREE_MIDDLES];
};

struct model {
    struct model_checkpoint c[MODEL_ROOM]; /* in order of ids */
    size_t n;
    int64_t next;
};

extern const char *const model_workflow[MODEL_WORKFLOWS];

/* The checkpoint becomes the newest one; its id is set. */
void model_save(struct model *m, struct model_checkpoint *c);
/* 0 when one is not there; nothing is removed then. */
int model_remove(struct model *m, const int64_t *ids, size_t n);
/* Removes what rp_store_prune would; returns how many. workflow below 0: all. */
uint32_t model_prune(struct model *m, int workflow, uint32_t keep, uint64_t before_ms);
/* The place of that id or m->n. */
size_t model_find(const struct model *m, int64_t id);
/* -1: none. */
int64_t model_latest(const struct model *m, int workflow);
/* How many different items the checkpoints are made of. */
size_t model_items(const struct model *m);
int model_equal(const struct model *a, const struct model *b);

/* The items and what is known of it. */
void model_tree(const struct model_checkpoint *c, struct tree *t, struct rp_checkpoint_info *info);
/* Saves it as the model has it, all items given. */
int model_save_to(const struct rp_store *store, const struct model_checkpoint *c,
                  uint64_t *generation, int64_t *id, struct rp_error *err);

/* What the store lists, as a model that holds what the list tells (not the middles, which are taken
 * from where the ids stand in one of the n models). Returns the place of the model that is equal to
 * it, the last one of several; -1 when there is none, with the reason in why. */
int model_which(const struct rp_store *store, const struct model *models, size_t n, char why[400]);
/* Is every checkpoint of the model whole in the store, byte by byte, and sound to rp_store_verify?
 * 0 with the reason in why. */
int model_is_whole(const struct rp_store *store, const struct model *m, char why[400]);

#endif
