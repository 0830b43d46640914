/* explore_db.h - results of exploring in one SQLite file: what was run, and each kind of failure
 * with its first case. Files of shards are joined by adding up. */
#ifndef RP_EXPLORE_DB_H
#define RP_EXPLORE_DB_H

#include "explore.h"

/* How it was explored: results are only added up with those of the same. */
struct rp_results_of {
    const char *file;   /* the scenario's path */
    char digest[65];    /* SHA-256 of its bytes */
    char settings[160]; /* "strategy=random depth=3 faults=2 streams=rdc..." */
};

/* Adds findings to the file, which is made when it is not there; all or nothing. RP_EIO with err
 * filled (cannot be written, no results file, of a later version), RP_ENOMEM. */
int rp_results_add(const char *path, const struct rp_results_of *of,
                   const struct rp_findings *findings, struct rp_error *err);
/* Adds everything in from to the file at path, all or nothing. What is merged twice counts twice.
 */
int rp_results_merge(const char *path, const char *from, const struct rp_alloc *alloc,
                     struct rp_error *err);
/* Calls visit for each scenario and setting in the file, in order. */
int rp_results_read(const char *path, const struct rp_alloc *alloc,
                    int (*visit)(void *ctx, const struct rp_results_of *of,
                                 const struct rp_findings *findings),
                    void *ctx, struct rp_error *err);

#endif
