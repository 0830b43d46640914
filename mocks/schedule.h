/* schedule.h - strategies that decide which of the ready executors runs next. Whatever a strategy
 * proposes goes onto the tape, relative to the canonical order: 0 is the canonical choice. After
 * `fair_after` decisions every strategy is fair, so that a run can end. */
#ifndef RP_SCHEDULE_H
#define RP_SCHEDULE_H

#include "tape.h"

#include "engine/reprise.h"

enum rp_strategy {
    RP_STRATEGY_RANDOM,      /* each ready executor is as likely */
    RP_STRATEGY_PCT,         /* random priorities, changed at `depth` - 1 random moments */
    RP_STRATEGY_FAIR_PCT,    /* the same, then random */
    RP_STRATEGY_DELAY,       /* the canonical order, put off at `depth` random moments */
    RP_STRATEGY_ROUND_ROBIN, /* the next executor in order after the one that ran last */
    RP_STRATEGY_EXHAUSTIVE,  /* every order: decided from outside, on the tape */
    RP_STRATEGIES
};
const char *rp_strategy_name(enum rp_strategy strategy); /* "fair-pct" */
int rp_strategy_of(const char *name);                    /* -1: none */

enum { RP_SCHEDULE_PLACES = 64, RP_SCHEDULE_DEPTH_MAX = 16 };

struct rp_schedule {
    struct rp_tape *tape; /* borrowed */
    enum rp_strategy strategy;
    struct rp_dice dice;
    uint32_t depth;
    uint32_t decided, length, fair_after;
    uint32_t last;                         /* the executor that ran last */
    uint32_t priority[RP_SCHEDULE_PLACES]; /* of executors, by number modulo the places; 0: none */
    uint32_t
        moment[RP_SCHEDULE_DEPTH_MAX]; /* at which a priority changes, or an order is put off */
    uint32_t lowest;
    /* Told of each decision of more than one option; may be NULL. */
    void (*decision)(void *ctx, const uint32_t *executors, uint32_t n, uint32_t chosen);
    void *ctx;
};

/* Begins a run; decision may be set after it. length: about how many decisions a run takes, for the
 * moments; 0: 64. */
void rp_schedule_begin(struct rp_schedule *s, struct rp_tape *tape, enum rp_strategy strategy,
                       uint64_t seed, uint32_t depth, uint32_t length);
struct rp_chooser rp_schedule_chooser(struct rp_schedule *s);

#endif
