/* explore_jobs.h - exploring in several processes at once. */
#ifndef RP_EXPLORE_JOBS_H
#define RP_EXPLORE_JOBS_H

#include "explore.h"

struct rp_jobs_opts {
    struct rp_explore_opts explore;
    uint64_t first, seeds;  /* seeds first .. first + seeds - 1, of which */
    uint32_t shard, shards; /* those of shard (from 0) of so many; shards 0: all */
    uint32_t jobs;          /* processes; 0 or 1: this one alone */
    uint64_t limit_ms;      /* of real time; 0: none */
    /* Told every now and then, and at the end; may be NULL. */
    void (*progress)(void *ctx, const struct rp_findings *f, uint64_t planned, uint64_t ms);
    void *ctx;
};

/* Explores, adding to *into; into->runs tells how many seeds that were: fewer than planned when the
 * time was up. RP_ENOMEM, RP_ESTORE, RP_EIO (a process could not be made, or died: err says at
 * which seeds). */
int rp_jobs_run(const struct rp_scenario *scenario, const struct rp_jobs_opts *opts,
                struct rp_findings *into, struct rp_error *err);

/* How many seeds of these a shard has. */
uint64_t rp_jobs_planned(const struct rp_jobs_opts *opts);

#endif
