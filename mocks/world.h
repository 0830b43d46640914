/* world.h - what surrounds one instance of a workflow: a model client, scripted tools, a virtual
 * clock. It plays a turn of a run until it is done, and tells observers what passes between the
 * run and its surroundings. Where a run waits, the clock jumps; only with a client of the real
 * world (client.h: wait) it moves on by the time that really passed. */
#ifndef RP_MOCKS_WORLD_H
#define RP_MOCKS_WORLD_H

#include "script.h"

/* Every callback may be NULL. What they are given is borrowed for the callback only. A return other
 * than RP_OK ends the turn at once with that status. */
struct rp_observer {
    int (*event)(void *ctx, const struct rp_event *event);
    /* number: which of the agent's calls it is; made: 0 when it fails before it is made */
    int (*model_call)(void *ctx, const struct rp_model_call *call, int64_t number, int made);
    int (*model_reply)(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply);
    int (*tool_call)(void *ctx, const struct rp_tool_call *call);
    int (*tool_result)(void *ctx, const struct rp_tool_call *call,
                       const struct rp_tool_result *result);
    void *ctx;
};

/* What a turn may cost unless the caller says otherwise: things that happen in it, and messages
 * that its model calls show. An endless conversation meets it in seconds. */
#define RP_STAGE_STEPS_MAX 20000000u

/* What may happen to a tool's result on its way to the run: it may be changed, and it may take
 * virtual time. */
struct rp_tool_weather {
    void (*spoil)(void *ctx, const struct rp_tool_call *call, struct rp_tool_result *result,
                  uint64_t *delay_ms);
    void *ctx;
};

struct rp_stage_call;
struct rp_stage_result;
struct rp_stage {
    struct rp_client client;       /* owned; self NULL: none, every model call fails */
    struct rp_script_tools *tools; /* owned; NULL: none, every scripted tool fails */
    struct rp_alloc alloc;
    uint64_t now_ms;            /* the virtual clock */
    uint64_t client_ms;         /* the clock of a client that waits in real time, as last told */
    uint64_t steps_max;         /* 0: RP_STAGE_STEPS_MAX */
    uint64_t steps;             /* of the turn under way, or of the last one */
    struct rp_stage_call *open; /* calls under way, in order of start */
    size_t n_open, room;
    struct rp_tool_weather tool_weather; /* spoil NULL: none */
    struct rp_stage_result *late;        /* results under way, in order of their calls */
    size_t n_late, late_room;
    const struct rp_observer *const *watch; /* borrowed */
    size_t n_watch;
};

/* Takes client and tools, which may be all zero. Allocates nothing. */
void rp_stage_init(struct rp_stage *s, const struct rp_alloc *alloc, struct rp_client client,
                   struct rp_script_tools *tools);
void rp_stage_free(struct rp_stage *s);

/* The stage's clock and positions as the state outside a run that its checkpoints carry. */
struct rp_world rp_stage_world(struct rp_stage *s);

/* Plays the turn that was begun on run until it is done; how it ended is told by rp_run_error.
 * Errors, after which the run is only good for freeing: RP_ENOMEM; RP_ELIMIT: the turn costs more
 * than steps_max; RP_ECLIENT: the run waits for a call that nobody will answer; what an observer
 * returned. err may be NULL. */
int rp_stage_play(struct rp_stage *s, struct rp_run *run, struct rp_error *err);

#endif
