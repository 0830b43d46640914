/* explore.h - plays a scenario under many seeds: counts, keeps one case of each kind of failure,
 * and tells where a run does not repeat itself. What is found depends on the seeds alone, never on
 * how they are divided among processes. */
#ifndef RP_EXPLORE_H
#define RP_EXPLORE_H

#include "trial.h"

struct rp_explore_opts {
    struct rp_trial_opts trial;
    int twice; /* each seed again, and from its tape: equal prints are demanded */
};

/* One kind of failure; the case is that of its lowest seed. */
struct rp_finding {
    uint64_t signature;
    uint64_t seed, count; /* count: how many runs showed it */
    struct rp_violation violation;
    char *tape; /* as text; owned by the findings */
};

/* What was found so far; adding up two of them gives what one over all seeds would be. */
struct rp_findings {
    struct rp_alloc alloc;
    uint64_t runs, supersteps, events, model_calls, virtual_ms, faults, crashes, failed_turns;
    uint64_t broken, stuck, mismatches; /* runs */
    struct rp_finding *f;               /* in order of signature */
    size_t n, room;
    uint64_t *print; /* distinct prints, a table of a power of two places; 0 is free */
    size_t n_print, print_room;
    int prints_full; /* RP_PRINTS_MAX was reached: there are at least n_print */
};
#define RP_PRINTS_MAX ((size_t)1 << 22)

void rp_findings_init(struct rp_findings *f, const struct rp_alloc *alloc);
void rp_findings_free(struct rp_findings *f);
/* RP_ENOMEM. */
int rp_findings_add_run(struct rp_findings *f, const struct rp_trial_result *r);
int rp_findings_add(struct rp_findings *f, const struct rp_finding *finding);
int rp_findings_add_print(struct rp_findings *f, uint64_t print);
int rp_findings_join(struct rp_findings *f, const struct rp_findings *more);

struct rp_explore;
/* scenario is borrowed. RP_ENOMEM. */
int rp_explore_new(const struct rp_scenario *scenario, const struct rp_explore_opts *opts,
                   struct rp_explore **out);
void rp_explore_free(struct rp_explore *e);
/* One seed; what comes of it is added to *into. RP_ENOMEM, RP_ESTORE. */
int rp_explore_seed(struct rp_explore *e, uint64_t seed, struct rp_findings *into);

#endif
