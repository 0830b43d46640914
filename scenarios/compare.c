/* compare.c - which runs must come to the same, and whether they do. Decisions are told by their
 * positions, so two runs can be compared where one leaves out decisions after which the other goes
 * on at the same positions. */
#include "compare.h"

#include <string.h>

void rp_compare_init(struct rp_compare *c, const struct rp_alloc *alloc)
{
    memset(c, 0, sizeof(*c));
    rp_tape_init(&c->tape, alloc);
    rp_tape_init(&c->other, alloc);
}

void rp_compare_free(struct rp_compare *c)
{
    rp_tape_free(&c->tape);
    rp_tape_free(&c->other);
}

static int is_plain(const struct rp_tape *tape, enum rp_stream stream)
{
    return tape->kept[stream].n == 0;
}

/* Runs what c->other decides; 1: it went well too. */
static int run_other(struct rp_compare *c, struct rp_trial *t, struct rp_summary *other)
{
    struct rp_trial_result r;
    int rc = rp_trial_tape(t, &c->other, &r);

    if (rc != RP_OK)
        return rc;
    *other = *rp_trial_summary(t);
    return r.outcome == RP_OUTCOME_FINE && !r.turn_failed;
}

/* ---- nobody died ------------------------------------------------------------------------------
 */

/* A checkpoint that could not be saved is no fair point to go on from; limits of a turn count anew
 * after a restore, and checkpoints have other numbers. */
static int may_compare_restored(const struct rp_tape *tape, const struct rp_trial *t,
                                const struct rp_trial_result *r)
{
    return r->crashes > 0 && !r->turn_failed && !r->cut_short && is_plain(tape, RP_STREAM_STORE) &&
           !rp_trial_names_checkpoints(t);
}

/* All crashes go; whether there is a store, the first decision, stays. */
static int compare_restored(struct rp_compare *c, struct rp_trial *t)
{
    struct rp_deviations *crash = &c->other.kept[RP_STREAM_CRASH];
    struct rp_summary whole;

    RP_TRY(rp_tape_copy(&c->other, &c->tape));
    crash->n = rp_tape_keeps_store(&c->tape);
    int fine = run_other(c, t, &whole);
    if (fine < 0)
        return fine;
    if (fine && rp_summary_restored(&whole, &c->summary, &c->found[c->n_found]))
        c->n_found++;
    return RP_OK;
}

/* ---- the canonical order ----------------------------------------------------------------------
 */

/* Other decisions go to whoever comes first, so there must be none. */
static int may_compare_order(const struct rp_tape *tape, const struct rp_trial *t,
                             const struct rp_trial_result *r)
{
    int plain = !r->turn_failed && r->crashes == 0 && !is_plain(tape, RP_STREAM_READY);

    for (int i = 0; i < RP_STREAMS && plain; i++)
        plain = i == RP_STREAM_READY || i == RP_STREAM_CRASH || i == RP_STREAM_CLOCK ||
                is_plain(tape, (enum rp_stream)i);
    return plain && !rp_trial_summary(t)->sensitive;
}

static int compare_order(struct rp_compare *c, struct rp_trial *t)
{
    struct rp_summary canonical;

    RP_TRY(rp_tape_copy(&c->other, &c->tape));
    c->other.kept[RP_STREAM_READY].n = 0;
    int fine = run_other(c, t, &canonical);
    if (fine < 0)
        return fine;
    if (fine && rp_summary_order(&canonical, &c->summary, &c->found[c->n_found]))
        c->n_found++;
    return RP_OK;
}

int rp_compare_run(struct rp_compare *c, struct rp_trial *t, const struct rp_trial_result *r)
{
    const struct rp_tape *tape = rp_trial_decisions(t);
    int restored = may_compare_restored(tape, t, r), order = may_compare_order(tape, t, r);

    c->n_found = 0;
    if (!restored && !order)
        return RP_OK;
    c->summary = *rp_trial_summary(t);
    RP_TRY(rp_tape_copy(&c->tape, tape));
    return restored ? compare_restored(c, t) : compare_order(c, t);
}
