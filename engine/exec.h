/* exec.h - what an executor kind is, and what its handlers may use beyond the calls of reprise.h.
 *
 * An executor is a step function. A message, an answer, or the end of something that it started
 * comes in; sends, yields, requests and calls go out through rp_ctx. It never waits: a handler that
 * started an agent turn or a nested run has not completed until that has ended. */
#ifndef RP_EXEC_H
#define RP_EXEC_H

#include "flow.h"

struct rp_exec_kind {
    const char *name; /* type name in signatures */
    unsigned state;   /* record kind of its state; 0: none. Made by rp_rec_new, then init */
    int keeps_late;   /* calls rp_ctx_keep before it changes its state, which is then kept */
    int (*init)(struct rp_run *run, const struct rp_node *node, struct rp_value state);
    int (*message)(struct rp_ctx *cx, struct rp_value data);
    int (*answer)(struct rp_ctx *cx, struct rp_request *request, struct rp_value answer);
    /* one of its requests is withdrawn, between two turns or before the first superstep of one: it
     * may change its state, and send nothing (NULL: nothing waits for the answer) */
    int (*withdrawn)(struct rp_ctx *cx, struct rp_request *request);
    /* of the agent turn that it runs (turn.h): a streamed update; its end; its failure (NULL: the
     * executor fails) */
    int (*update)(struct rp_ctx *cx, struct rp_agent_turn *turn, struct rp_value update);
    int (*ended)(struct rp_ctx *cx, struct rp_agent_turn *turn);
    int (*failed)(struct rp_ctx *cx, struct rp_agent_turn *turn, const char *reason);
    /* tools that it adds to its agent's own: hand-overs; `self` is the target's name */
    const struct rp_tool *(*tools)(const struct rp_node *node, size_t *n);
    /* of a nested run: goes on with it; the run calls it while rp_ctx_hold is in force */
    int (*pump)(struct rp_ctx *cx);
};

extern const struct rp_exec_kind rp_exec_agent, rp_exec_custom, rp_exec_op, rp_exec_flow,
    rp_exec_review, rp_exec_normalise, rp_exec_dispatch, rp_exec_aggregate, rp_exec_group,
    rp_exec_handoff, rp_exec_magentic;

/* Checks an operation of scenario.md, an object in the kit's heap, and makes the definition that
 * rp_exec_op runs; *def lives as long as the kit and is untouched on error. RP_EBUILD with
 * err->where relative to the object ("then"), RP_ENOMEM. */
int rp_op_compile(struct rp_kit *kit, struct rp_value json, void **def, struct rp_error *err);

/* The node being run, its state record, and the run's flags. */
const struct rp_node *rp_ctx_node(struct rp_ctx *cx);
struct rp_value rp_ctx_state(struct rp_ctx *cx);
/* The state as it was when the superstep began can be put back from now on. */
int rp_ctx_keep(struct rp_ctx *cx);
/* A custom executor's definition has its own context; built-in events: */
int rp_ctx_event(struct rp_ctx *cx, enum rp_event_kind kind, int with_executor,
                 struct rp_value data);
/* Request with a record's answer type; id NULL: fresh. */
int rp_ctx_ask(struct rp_ctx *cx, struct rp_value data, struct rp_type wants, const char *id);
/* Sends to a node by index (RP_NO_NODE: to all edges). */
int rp_ctx_send(struct rp_ctx *cx, struct rp_value data, uint32_t target);

#endif
