/* watched.h - scenarios played under the eyes of the properties. */
#ifndef TESTS_WATCHED_H
#define TESTS_WATCHED_H

#include "scenarios/play.h"
#include "scenarios/props.h"

struct watched {
    int stream;
    const struct rp_store *store; /* NULL: what the scenario wants */
    uint64_t seed;                /* not 0: requests are answered by chance (random_scenario.h) */
    struct rp_chooser chooser;
    uint32_t dies_after; /* superstep, counted over the run, after which the process dies, and goes
                            on from its last checkpoint; 0: never */
    int clean;           /* what the scenario expects is asked */
};

/* Plays all turns; p is reset first. *summary, if any, is filled at the end. */
int watched_play(struct rp_props *p, const struct rp_scenario *scenario,
                 const struct rp_alloc *alloc, const struct watched *how,
                 struct rp_summary *summary, struct rp_error *err);

/* "I1 ann: call twice; " for each violation. */
void watched_say(const struct rp_props *p, char *out, size_t room);

#endif
