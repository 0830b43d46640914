/* locate.h - where a run that does not repeat itself parts from its first telling. */
#ifndef RP_LOCATE_H
#define RP_LOCATE_H

#include "trial.h"

struct rp_parting {
    int64_t turn, step;  /* the superstep after which the two differ; 0: before any */
    uint64_t supersteps; /* how many the whole run had completed then */
    char executor[64];   /* "": the run itself */
    char field[192]; /* of its state; what was told ("executor_completed") when only that differs */
};

/* Runs the seed once more and then again, or, when tape is given, the seed and its tape: what was
 * seen to differ. Each is run in a trial of its own. The first superstep with another digest is
 * found by bisection. RP_ENOTFOUND: this time they were equal. RP_ENOMEM, RP_ESTORE. */
int rp_locate(const struct rp_scenario *scenario, const struct rp_trial_opts *opts, uint64_t seed,
              const struct rp_tape *tape, struct rp_parting *out);

#endif
