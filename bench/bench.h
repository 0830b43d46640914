/* bench.h - what the workloads share: the clock, counted memory, playing a turn, printing figures.
 *
 * A workload checks its own result and prints no figure when the check fails. The clock starts when
 * workflow and run are built and stops when the turn has ended. */
#ifndef RP_BENCH_H
#define RP_BENCH_H

#include "engine/reprise.h"
#include "scenarios/cmd.h" /* rp_cmd_bench */

struct rp_bench_memory {
    size_t held, peak; /* bytes: now, at most */
    uint64_t calls;    /* how often memory was asked for */
};

struct rp_bench {
    struct rp_kit *kit;
    struct rp_run *run;
    struct rp_bench_memory memory; /* of the run; the kit's is not counted */
    /* Answers a model call at once; NULL where no agent takes part. */
    int (*model)(struct rp_bench *b, const struct rp_model_call *call);
    void *self;            /* the workload's */
    struct rp_store *store; /* of its checkpoints; NULL: none */
    struct rp_value reply; /* the frozen answer REPLY, see rp_bench_reply */
    uint64_t model_calls;
    struct rp_value output; /* of the last output event */
    uint64_t outputs;
    double seconds; /* of the turn */
    struct rp_error error;
};

/* What a turn tells: as little as the checks need. */
#define RP_BENCH_EVENTS (RP_BIT(RP_EV_OUTPUT) | RP_BIT(RP_EV_FAILED))

int rp_bench_open(struct rp_bench *b);
void rp_bench_close(struct rp_bench *b);
/* A run of that workflow; w NULL: b->error says why. */
int rp_bench_instance(struct rp_bench *b, const struct rp_workflow *w);
/* One whole turn, timed. */
int rp_bench_turn(struct rp_bench *b, struct rp_value input);
/* Makes b->reply: one assistant message of 200 bytes. */
int rp_bench_reply(struct rp_bench *b);

/* The group chat of W3 with `rounds` client calls; its last call saw *last messages. */
int rp_bench_chat(struct rp_bench *b, int64_t rounds, uint32_t *last);
/* Its instance alone, with nothing played. */
int rp_bench_chat_instance(struct rp_bench *b, int64_t rounds, uint32_t *last);
/* Restores that checkpoint of b->store and plays on, timed. */
int rp_bench_resume(struct rp_bench *b, int64_t checkpoint);

double rp_bench_now(void); /* seconds */
/* `NAME figure unit` to standard output. */
void rp_bench_figure(const char *name, double figure, const char *unit);
/* Tells on standard error what is wrong unless it holds; returns RP_OK or RP_ESTATE. */
int rp_bench_holds(const struct rp_bench *b, int condition, const char *what);

int rp_bench_w1(int64_t size);
int rp_bench_w2(int64_t size);
int rp_bench_w3(int64_t size);
int rp_bench_w4(int64_t size);
int rp_bench_w5(int64_t size);
int rp_bench_w6(int64_t size);
int rp_bench_w7(int64_t size);
int rp_bench_replay(int64_t size); /* W7.replay */
int rp_bench_w8(int64_t size);
int rp_bench_w8_child(int64_t size);

#endif
