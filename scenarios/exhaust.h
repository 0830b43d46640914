/* exhaust.h - every order of ready executors, without faults and delays: depth-first over the
 * decisions of runs. With reduction (dynamic partial-order reduction) an order is left out when it
 * differs from one that was run only by executors changing places that have nothing to do with each
 * other: inside a superstep two executors have when one writes shared state that the other reads or
 * writes, or when one fails. Where workflows are nested nothing is left out. */
#ifndef RP_EXHAUST_H
#define RP_EXHAUST_H

#include "explore.h"

struct rp_exhaust_opts {
    struct rp_trial_opts trial; /* strategy, streams and faults are not used */
    int reduce;
    uint64_t runs_max; /* 0: 1,000,000 */
};

struct rp_exhaust_result {
    uint64_t runs;      /* orders that were run */
    uint32_t decisions; /* of the longest run */
    int whole; /* 1: all orders were run or left out with reason; 0: runs_max was reached */
};

/* What comes of each run is added to *into. RP_ENOMEM, RP_ESTORE. */
int rp_exhaust(const struct rp_scenario *scenario, const struct rp_exhaust_opts *opts,
               struct rp_findings *into, struct rp_exhaust_result *out);

#endif
