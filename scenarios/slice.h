/* slice.h - the causal slice of a failure: of all that happened in a run, what can have led to it.
 * Backwards from where a property broke: what the executor did, and in the superstep before what it
 * did itself and those from whom an edge leads to it; and every decision of the tape that deviates.
 */
#ifndef RP_SLICE_H
#define RP_SLICE_H

#include "sink.h"
#include "trial.h"

/* Runs the tape and writes the slice of that violation, a line each, to out. RP_ENOMEM, RP_ESTORE,
 * what out returns. */
int rp_slice(const struct rp_scenario *scenario, const struct rp_trial_opts *opts,
             const struct rp_tape *tape, const struct rp_violation *violation, struct rp_sink out);

#endif
