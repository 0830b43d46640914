/* compare.h - a run held against others that must come to the same: the one in which no process
 * died (I22), the one in canonical order (I12). What watching a single run cannot see. */
#ifndef RP_COMPARE_H
#define RP_COMPARE_H

#include "trial.h"

enum { RP_COMPARED_MAX = 2 };

struct rp_compare {
    struct rp_tape tape, other;
    struct rp_summary summary;
    struct rp_violation found[RP_COMPARED_MAX];
    size_t n_found;
};

void rp_compare_init(struct rp_compare *c, const struct rp_alloc *alloc);
void rp_compare_free(struct rp_compare *c);
/* t has just run, fine, with result r. Runs t again where there is something to compare with; what
 * differs is in c->found, and the tape of the first run in c->tape then. RP_ENOMEM, RP_ESTORE. */
int rp_compare_run(struct rp_compare *c, struct rp_trial *t, const struct rp_trial_result *r);

#endif
