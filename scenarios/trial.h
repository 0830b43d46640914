/* trial.h - one run of a scenario under decisions from a seed or a tape, watched by the properties:
 * the unit that exploring, shrinking and repeating are made of. */
#ifndef RP_TRIAL_H
#define RP_TRIAL_H

#include "mocks/schedule.h"
#include "play.h"
#include "props.h"

enum rp_outcome {
    RP_OUTCOME_FINE,
    RP_OUTCOME_BROKEN, /* a property */
    RP_OUTCOME_STUCK   /* it did not end within steps_max */
};

/* Told of the order of executors; for searches. */
struct rp_trial_choices {
    void (*decision)(void *ctx, const uint32_t *executors, uint32_t n, uint32_t chosen);
    void (*runs)(void *ctx, uint32_t executor);
    void (*touches)(void *ctx, uint32_t executor, const char *key, int writes);
    void *ctx;
};

struct rp_trial_opts {
    struct rp_alloc alloc;
    enum rp_strategy strategy;
    uint32_t depth;                         /* of the strategy */
    uint32_t length;                        /* decisions of a run, about; 0: unknown */
    uint32_t streams;                       /* RP_BIT of the streams that may deviate */
    uint32_t faults;                        /* at most so many in a run */
    uint64_t steps_max;                     /* of a turn; 0: 200,000 */
    int step_digests;                       /* keep the state's digest after each superstep */
    const struct rp_trial_choices *choices; /* borrowed; NULL: nobody */
    const struct rp_observer *watch; /* sees everything after the properties did; NULL: nobody */
};

struct rp_step_digest {
    int64_t turn, step;
    uint64_t state, events; /* of the run's state; of all events so far */
};

struct rp_trial_result {
    enum rp_outcome outcome;
    uint64_t
        print; /* of everything that was told and of the last state: equal runs, equal prints */
    uint64_t state; /* digest of the last state */
    uint64_t supersteps, events, model_calls;
    uint64_t virtual_ms;
    uint32_t decisions; /* of the order of executors */
    uint32_t faults;    /* decisions that did harm, among the tape's deviations */
    uint32_t crashes;
    int turn_failed; /* some turn ended in an error */
    int cut_short;   /* a crash ended a turn that waited: what was due in it did not happen */
};

struct rp_trial;
/* scenario is borrowed. RP_ENOMEM. */
int rp_trial_new(const struct rp_scenario *scenario, const struct rp_trial_opts *opts,
                 struct rp_trial **out);
void rp_trial_free(struct rp_trial *t);
/* Runs once. RP_ENOMEM, RP_ESTORE; whatever else goes wrong is an outcome. */
int rp_trial_seed(struct rp_trial *t, uint64_t seed, struct rp_trial_result *out);
int rp_trial_tape(struct rp_trial *t, const struct rp_tape *tape, struct rp_trial_result *out);
/* Runs until superstep `steps` of the whole run has completed, and stays there until the next run,
 * so that its state can be looked at: rp_trial_state. tape NULL: that of the seed. */
int rp_trial_until(struct rp_trial *t, uint64_t seed, const struct rp_tape *tape, uint64_t steps,
                   struct rp_trial_result *out);
const struct rp_run *rp_trial_state(const struct rp_trial *t);
/* Of the last run. */
const struct rp_tape *rp_trial_decisions(const struct rp_trial *t);
const struct rp_props *rp_trial_props(const struct rp_trial *t);
/* Of a run that a tape decided, or in which a process died or the order was another one. */
const struct rp_summary *rp_trial_summary(const struct rp_trial *t);
/* Does the scenario resume from checkpoints by their numbers? */
int rp_trial_names_checkpoints(const struct rp_trial *t);
const struct rp_step_digest *rp_trial_digests(const struct rp_trial *t, size_t *n);

#endif
