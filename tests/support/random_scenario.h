/* random_scenario.h - scenarios drawn from a seed: every pattern, with tools, approvals, reviews,
 * questions and streaming; and answers to what they ask. The same seed gives the same bytes. */
#ifndef TESTS_RANDOM_SCENARIO_H
#define TESTS_RANDOM_SCENARIO_H

#include "engine/base/buf.h"
#include "scenarios/play.h"

struct draw {
    uint64_t state;
};
uint64_t draw_next(struct draw *d);
/* 0 to n - 1. */
uint32_t draw_below(struct draw *d, uint32_t n);

/* Adds the scenario, a whole JSON file with turns that run and none that answer. */
int random_scenario(struct rp_buf *out, uint64_t seed);

enum { RANDOM_ANSWERS_MAX = 64 };
struct random_answers {
    struct rp_scenario_turn turn; /* its answers stand below; n_answers 0: nothing is asked */
    struct rp_scenario_answer answer[RANDOM_ANSWERS_MAX];
};
/* Draws answers to open requests of the play: to all, or sometimes only to some. Texts are made in
 * heap. */
int random_answers(struct draw *d, const struct rp_play *play, struct rp_heap *heap,
                   struct random_answers *out);

#endif
