/* interrupted.h - a play that is broken off at a checkpoint and goes on from it, beside the same
 * play that was never broken off. */
#ifndef TESTS_INTERRUPTED_H
#define TESTS_INTERRUPTED_H

#include "scenarios/play.h"
#include "tests/support/full_trace.h"
#include "tests/support/random_scenario.h"

enum { WHOLE_TURNS = 48 };

/* One turn of the uninterrupted play. */
struct whole_turn {
    struct rp_scenario_turn turn;
    size_t from, to;              /* its text in trace.text */
    size_t first_mark, end_marks; /* its checkpoints in trace.mark */
    uint64_t digest;              /* of the state at its end */
    int status;                   /* how it ended */
};

/* The uninterrupted play. */
struct whole {
    struct rp_alloc alloc;
    struct rp_scenario *scenario; /* borrowed */
    struct rp_heap heap;          /* of answers that were drawn */
    struct random_answers *drawn; /* WHOLE_TURNS */
    struct whole_turn turn[WHOLE_TURNS];
    size_t n;
    struct full_trace trace;
    struct rp_buf portable;
};

/* Plays the scenario with its checkpoints in memory. seed other than 0: what it asks is answered by
 * chance after each of its turns, and its own answers are left out. Fails the test on errors. */
void whole_play(struct whole *w, const struct rp_alloc *alloc, struct rp_scenario *scenario,
                uint64_t seed);
void whole_free(struct whole *w);
/* The turn in which the checkpoint with that mark was made. */
const struct whole_turn *whole_turn_of(const struct whole *w, size_t mark);

/* Where the checkpoints of the interrupted play are. */
struct place {
    /* A fresh, empty store. */
    void (*open)(struct place *p, struct rp_store *store);
    /* The same store, closed and opened again, as a new process would. */
    void (*reopen)(struct place *p, struct rp_store *store);
    void (*close)(struct place *p, struct rp_store *store);
    const char *name;
    char path[256]; /* of the store */
};

/* A play up to a checkpoint: broken off as soon as it is saved. */
struct broken {
    const struct whole *whole;
    struct place *place;
    struct rp_store outer, inner; /* outer hands on to inner, which may be exchanged */
    struct full_trace trace;
    struct rp_play *play;
};
void broken_open(struct broken *b, const struct whole *w, struct place *place, size_t mark);
void broken_close(struct broken *b);

/* Breaks the play off at that checkpoint, goes on from it, and holds the rest against the whole
 * play: the events from the next superstep on, and all later turns with the states that they end
 * in. Returns 0 after saying what differs. */
int goes_on_from(const struct whole *w, struct place *place, size_t mark);
/* The same with the answers of the next turn given at the restore, where the checkpoint is the last
 * one of its turn and the next one answers; else nothing is done. */
int goes_on_with_answers(const struct whole *w, struct place *place, size_t mark);

/* Plays all of it, then goes back to that checkpoint, with everything that came after it still in
 * the store, and holds the branch that begins there against what followed the first time, but for
 * the numbers of checkpoints. */
int forks_from(const struct whole *w, struct place *place, size_t mark);

/* Does the rest of that checkpoint's turn depend on where the turn began? So it is with the limit
 * of supersteps, which counts those of one call (decision 8). */
int counts_supersteps(const struct whole *w, size_t mark);

/* Where text says for the first time that superstep begins, or its end. */
const char *find_step(const char *text, const char *end, int64_t step);
/* Says the first line in which two texts differ; 0 when there is one. */
int same_lines(const char *want, size_t n_want, const char *got, size_t n_got);

#endif
