/* journal_replay.h - repeats the run of a journal, from the journal alone: models answer what they
 * answered then, at the same times; scripted tools are asked again, with the scenario in the
 * journal; checkpoints go into memory under the numbers that they had. Each line that the repeated
 * run would write is held against the recorded one. */
#ifndef RP_JOURNAL_REPLAY_H
#define RP_JOURNAL_REPLAY_H

#include "journal_differ.h"
#include "play.h"

struct rp_replay_opts {
    struct rp_alloc alloc;
    const char *name;                       /* of the journal, for messages; borrowed */
    struct rp_str bytes;                    /* the journal; borrowed */
    int force;                              /* a broken chain does not matter */
    int64_t until_turn;                     /* stop after this turn, from 1; 0: play all */
    int64_t until_step;                     /* stop after this superstep of it; 0: at its end */
    uint64_t steps_max;                     /* 0: as it was recorded */
    const struct rp_journal_filter *filter; /* for journals that were redacted; may be NULL */
};

enum rp_verdict_kind {
    RP_VERDICT_NONE,       /* it is not over */
    RP_VERDICT_SAME,       /* all lines, up to the last one */
    RP_VERDICT_UNTIL,      /* all lines up to where the caller wanted */
    RP_VERDICT_CUT,        /* all lines that there are; the journal has no end */
    RP_VERDICT_BROKEN_OFF, /* all lines up to where the recorded run lost its output */
    RP_VERDICT_DIFFERS,
    RP_VERDICT_DAMAGED /* a line cannot be understood */
};

struct rp_replay_verdict {
    enum rp_verdict_kind kind;
    uint64_t lines, events, supersteps, turns, model_calls, tool_calls; /* that were the same */
    char chain[RP_JOURNAL_CHAIN + 1];                                   /* of the last line */
    const char *state; /* of the run; NULL: no turn is over */
    uint64_t digest;   /* of its state */
    int redacted;      /* digests were not compared */
    /* DIFFERS: where, from 1; executor and event "" where there is none */
    int64_t line, turn, step;
    struct rp_str executor, event;
    const struct rp_journal_difference *difference;
    struct rp_error damage; /* DAMAGED */
};

struct rp_replay;
/* *out owned by the caller; untouched on error. RP_EPARSE, RP_EBUILD (the scenario in the journal
 * is not valid), RP_ENOMEM; err->where is "NAME: line N". */
int rp_replay_new(const struct rp_replay_opts *opts, struct rp_replay **out, struct rp_error *err);
void rp_replay_free(struct rp_replay *r); /* after the play */

const struct rp_scenario *rp_replay_scenario(const struct rp_replay *r);
/* Sets what a play of that scenario needs to be the recorded one; the rest of *play stays. */
void rp_replay_setup(struct rp_replay *r, struct rp_play_opts *play);

/* How turns are played: rp_play_turn and rp_play_end, or with something around them. */
struct rp_replay_by {
    int (*turn)(void *ctx, const struct rp_scenario_turn *turn, struct rp_error *err);
    int (*end)(void *ctx, struct rp_error *err);
    void *ctx;
};
/* Plays all that the journal tells. RP_OK: there is a verdict; else what kept it from that, such as
 * RP_ENOMEM or output that failed. There may be a verdict before, when rp_play_new has failed. */
int rp_replay_play(struct rp_replay *r, struct rp_play *play, const struct rp_replay_by *by,
                   struct rp_error *err);
const struct rp_replay_verdict *rp_replay_verdict(const struct rp_replay *r);

#endif
