/* shrink.h - makes a failing case small: fewer decisions that deviate, then fewer turns, agents,
 * replies, tools, edges, as long as the same kind of failure stays. The result is 1-minimal: no
 * single deviation and no single part of the scenario can be left out any more. */
#ifndef RP_SHRINK_H
#define RP_SHRINK_H

#include "explore.h"

struct rp_shrunk {
    struct rp_buf scenario; /* the scenario file, its tape in it (load.h: tape) */
    struct rp_buf tape;     /* as text */
    struct rp_violation violation;
    uint32_t deviations, faults; /* of the order of executors and of time; that do harm */
    uint64_t trials;
    int minimal; /* 0: the trials were used up before nothing could be left out */
};
void rp_shrunk_init(struct rp_shrunk *s, const struct rp_alloc *alloc);
void rp_shrunk_free(struct rp_shrunk *s);

/* scenario: as it was explored. opts: likewise; trials_max: how often it may be run (0: 20,000).
 * RP_ENOTFOUND: the tape does not show that failure; RP_ENOMEM, RP_ESTORE. */
int rp_shrink(const struct rp_scenario *scenario, const struct rp_trial_opts *opts,
              const struct rp_finding *finding, uint64_t trials_max, struct rp_shrunk *out);

#endif
