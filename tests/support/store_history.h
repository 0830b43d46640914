/* store_history.h - lives of a store of checkpoint files on a disk that fails: drawn saves, loads,
 * removals and openings, what was acknowledged of them, and whether a disk still has it. */
#ifndef TESTS_STORE_HISTORY_H
#define TESTS_STORE_HISTORY_H

#include "tests/support/faulty_files.h"
#include "tests/support/store_trees.h"

/* What is known of a checkpoint. */
enum life {
    LIFE_SAVED,
    LIFE_MAYBE_SAVED,   /* the saving failed: it may be there after a crash */
    LIFE_MAYBE_REMOVED, /* the removal failed: all of its group may be gone after a crash */
    LIFE_GONE
};
struct saved {
    int64_t id;
    size_t root;
    enum life life;
    unsigned group; /* number of the removal */
    int seen;
};

struct history {
    uint64_t seed; /* of what happens */
    uint64_t luck; /* what is left of it */
    unsigned steps;
    struct trees trees;
    struct saved *saved; /* their number is the checkpoint's iteration */
    size_t n_saved, saved_room;
    size_t spine[2]; /* the newest conversation of each workflow */
    unsigned groups;
    int64_t last_id; /* acknowledged */
    uint64_t generation;
    struct ff *disk;
    struct rp_store store;
    int is_open;
    int hurt;   /* opened while the disk failed: something counts as damaged */
    int failed; /* calls that failed */
    /* Called after each call that failed; 0: what is wrong stands in wrong. */
    int (*after_failure)(struct history *h);
    long points; /* crash points looked at, by the one who looks */
    char wrong[1000];
};

void history_init(struct history *h, uint64_t seed, unsigned steps);
void history_free(struct history *h);
/* Plays it from its beginning; 1: all went as it must, up to the end or where the disk stopped the
 * process. The store is closed then. 0: see h->wrong. */
int history_play(struct history *h, struct ff *disk);
/* Does the disk that a crash left have all that was acknowledged, and nothing that must not be
 * there? 1, or 0 with h->wrong. */
int history_check(struct history *h, int crash, uint64_t seed);

#endif
