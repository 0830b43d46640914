/* props.h - what must hold in every run: the invariants of multi-agent orchestrations that can be
 * checked by watching, each under its number (I1, I3, ...), and what a scenario expects of itself.
 */
#ifndef RP_PROPS_H
#define RP_PROPS_H

#include "load.h"
#include "mocks/world.h"

/* X(number, name, sentence): what is told of a property when it is broken. */
#define RP_PROPERTY_LIST(X)                                                                        \
    X(1, pairing,                                                                                  \
      "each tool call that a model is shown has one result behind it, before the next turn")       \
    X(3, no_duplicates, "a message enters a participant's view once")                              \
    X(4, conservation, "each message sent is delivered, kept or dropped with a reason, once")      \
    X(5, order,                                                                                    \
      "messages from one executor to another arrive in the order in which they were sent")         \
    X(7, stream, "the pieces of a streamed reply fold to the reply")                               \
    X(9, barrier, "a superstep begins after the one before it ended; a join fires once for a set") \
    X(10, atomic, "a superstep that fails leaves nothing of itself behind")                        \
    X(11, determinism, "the same decisions give the same run")                                     \
    X(12, schedule, "the order of ready executors changes no output")                              \
    X(13, isolation, "a second run on a fresh instance equals the first")                          \
    X(14, termination, "every turn ends, in one terminal state, within its limits")                \
    X(15, errors, "a failure is told and fails the turn")                                          \
    X(17, request_life, "a request is open until it is answered or cancelled, once")               \
    X(18, owner, "an answer reaches who asked")                                                    \
    X(19, guard, "a guarded tool runs after its approval only, once")                              \
    X(20, ids, "request ids are unique and survive a restore")                                     \
    X(22, round_trip, "a restored run goes on as the one that was never stopped")                  \
    X(26, fork, "a fork opens a branch of its own and keeps its lineage")                          \
    X(27, speaker, "who speaks next is one of the participants")                                   \
    X(29, handoff, "one agent is in charge, and a handoff goes along an allowed edge")             \
    X(30, ledger, "a manager's counters follow their rules")                                       \
    X(31, output, "an aggregate has one entry for each participant, none of them empty")

enum rp_property {
#define X(number, name, sentence) RP_P_##number = number,
    RP_PROPERTY_LIST(X)
#undef X
        RP_P_EXPECT = 100 /* of the scenario's own: `expect` */
};

struct rp_violation {
    enum rp_property property;
    int64_t turn, step;
    char executor[64]; /* "" where there is none */
    char what[64];     /* which kind of break: a word or two without names, part of the signature */
    char text[320];    /* for a person, with the values */
};

struct rp_props;
/* scenario borrowed. RP_ENOMEM. */
int rp_props_new(const struct rp_alloc *alloc, const struct rp_scenario *scenario,
                 struct rp_props **out);
void rp_props_free(struct rp_props *p);
/* Ready for another run; keeps its memory. */
void rp_props_reset(struct rp_props *p);
/* Watches a run: give it to the play or the stage. Never ends a turn by itself. RP_ENOMEM may. */
struct rp_observer rp_props_observer(struct rp_props *p);
/* Around each turn. run: as it stands; status: how the turn ended (rp_run_error). A resume is told
 * by turn->kind; crashed: the turn was cut off by an injected crash and says nothing by its end. */
int rp_props_turn_begins(struct rp_props *p, const struct rp_scenario_turn *turn,
                         const struct rp_run *run);
int rp_props_turn_ended(struct rp_props *p, const struct rp_run *run, int status, int crashed);
/* After the last turn. clean: no fault was injected in this run, so that what a scenario expects
 * with `always` and `eventually` must hold too. */
int rp_props_end(struct rp_props *p, int clean);

size_t rp_props_violations(const struct rp_props *p);
const struct rp_violation *rp_props_violation(const struct rp_props *p, size_t i);
/* Which kind of failure it is: equal for the same break at the same place of the workflow, whatever
 * the values, the turn and the superstep. */
uint64_t rp_violation_signature(const struct rp_violation *v);
/* Bits of the scenario's expectations of mode `sometimes` that held in this run (expect.h); after
 * rp_props_end. */
uint64_t rp_props_sometimes(const struct rp_props *p);

/* ---- comparisons of runs ---- */

enum { RP_SUMMARY_MAX = 48 };

/* A run in short. Rows go by executor: the workflow's in its order, then nobody, then the agents;
 * what is beyond the last place shares the first ones. What a history that was given up did (before
 * a crash, after the checkpoint that a restore goes back to) does not count in rows. */
struct rp_summary {
    uint64_t events;                      /* all that happened, in order */
    uint64_t state;                       /* of the run, at the end */
    uint64_t does[RP_SUMMARY_MAX];        /* what each did, in its own order */
    uint64_t outputs[RP_SUMMARY_MAX];     /* what each gave out */
    const char *executor[RP_SUMMARY_MAX]; /* borrowed from the workflow */
    uint32_t n_executors;
    int sensitive; /* its outputs may depend on the order of ready executors: one of them took
                      messages of two senders in one superstep, two used the same shared state or
                      agent, one failed, or nested workflows hide what they do */
};
/* Of the run that props have watched, at its end. */
void rp_props_summary(const struct rp_props *p, const struct rp_run *run, struct rp_summary *out);

/* Each returns 1 with *out filled (without turn and step) when the runs differ in what must be
 * equal, else 0. */
/* I11: the same seed, or seed and tape. */
int rp_summary_same(const struct rp_summary *a, const struct rp_summary *b,
                    struct rp_violation *out);
/* I13: the same once more, on an instance of its own. */
int rp_summary_again(const struct rp_summary *first, const struct rp_summary *second,
                     struct rp_violation *out);
/* I12: other choices among ready executors, all else as it was. Runs that are sensitive to order
 * are not compared. */
int rp_summary_order(const struct rp_summary *a, const struct rp_summary *b,
                     struct rp_violation *out);
/* I22: one was stopped and restored, all else as it was. */
int rp_summary_restored(const struct rp_summary *whole, const struct rp_summary *restored,
                        struct rp_violation *out);

const char *rp_property_name(enum rp_property property); /* "pairing", "expect" */
const char *rp_property_sentence(enum rp_property property);

#endif
