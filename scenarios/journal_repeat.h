/* journal_repeat.h - the inside of a replay, shared by the journal_re*.c files. */
#ifndef RP_JOURNAL_REPEAT_H
#define RP_JOURNAL_REPEAT_H

#include "journal_read.h"
#include "journal_replay.h"

/* What the sink returns to stop the run; no status is like it. */
#define RP_REPLAY_STOP 1

struct rp_replay_checkpoint {
    int64_t id, inner, previous; /* in the journal, in memory; what it continues, in the journal */
};

struct rp_replay {
    struct rp_replay_opts o;
    struct rp_journal_reader in;
    struct rp_scenario *scenario;
    struct rp_journal_head head; /* strings in heap */
    struct rp_heap heap;         /* frozen: what turns bring */
    struct rp_journal *journal;  /* what the repeated run writes, line by line into compare */
    struct rp_client_maker models;
    struct rp_store store, memory; /* around memory; self NULL: no checkpoints */
    struct rp_replay_checkpoint *checkpoint;
    size_t n_checkpoints, checkpoints_room;
    struct rp_scenario_answer *answer; /* of the turn */
    int64_t *cancel;
    size_t answers_room, cancel_room;
    struct rp_replay_verdict verdict;
    struct rp_journal_difference difference;
    struct rp_heap told; /* of the verdict's texts */
};

/* journal_repeat_models.c, journal_repeat_store.c: what answers from the journal. */
int rp_repeat_client(void *ctx, const struct rp_alloc *alloc, struct rp_client *out);
int rp_repeat_store(struct rp_replay *r);
/* The next line tells a checkpoint of another history: it is put into the store. */
int rp_repeat_adopt(struct rp_replay *r, int64_t *id, struct rp_error *err);

/* journal_repeat_turn.c: the turn that the next line tells; values are good for the play. */
int rp_repeat_turn(struct rp_replay *r, struct rp_scenario_turn *turn, struct rp_error *err);

/* journal_compare.c: the journal's sink. */
int rp_repeat_compare(void *ctx, const char *s, size_t n);
/* The next line is damaged, in this way; returns RP_REPLAY_STOP. */
int rp_repeat_damaged(struct rp_replay *r, const char *why);
/* rp_journal_peek; what is damaged is a verdict. At the end: RP_ENOTFOUND. */
int rp_repeat_peek(struct rp_replay *r);
/* The status of that name, unless it is one that ends everything; else `other`. */
int rp_repeat_status(const char *name, int other);

#endif
