/* turn.h - one agent turn: model calls and tools in alternation until there is an answer, a request
 * to a person, or a hand-over (R-TOOL). A turn is a record in slot 0 of its executor's state; it
 * moves when the outside answers a call, and tells its executor kind how it ended.
 *
 * turn_input.c reads the input (answers to requests, batches that are still unanswered), turn.c
 * goes round with the model, turn_tools.c runs batches of calls. */
#ifndef RP_TURN_H
#define RP_TURN_H

#include "run.h"

/* mode bits of a turn */
enum {
    RP_TURN_PER_CALL = 1,   /* history is kept around each model call (R-SES-2) */
    RP_TURN_STREAM = 2,     /* ask for updates */
    RP_TURN_LAST = 4,       /* the model call under way is the last: its calls are dropped */
    RP_TURN_FILTERED = 8,   /* the view leaves out unanswered batches that history keeps */
    RP_TURN_REWRITTEN = 16, /* the view holds answers in another form than history does */
    RP_TURN_TERMINATED = 32 /* a hand-over or middleware ended it after a batch */
};

enum rp_turn_phase { RP_TURN_IDLE, RP_TURN_ANSWERS, RP_TURN_MODEL, RP_TURN_TOOLS };

struct rp_turn_spec {
    const struct rp_agent *agent;
    struct rp_value session; /* RP_K_SESSION, or nil: a new one */
    struct rp_value input;   /* list of messages */
    struct rp_value format;  /* JSON Schema of the answer, or nil */
    int per_call, stream;
    int purpose; /* the executor's own tag */
};

/* Begins a turn of the executor. It ends through kind->ended or kind->failed, never before this
 * call has returned... unless nothing had to be called. */
int rp_turn_start(struct rp_ctx *cx, const struct rp_turn_spec *spec);

/* What the outside answers. */
int rp_turn_update(struct rp_ctx *cx, struct rp_value update);
int rp_turn_reply(struct rp_ctx *cx, struct rp_value response);
int rp_turn_call_failed(struct rp_ctx *cx, const char *reason);
int rp_turn_tool_result(struct rp_ctx *cx, uint32_t slot, struct rp_tool_result result);

/* A record RP_K_SESSION without history. */
struct rp_value rp_session_new(struct rp_heap *h);
/* Messages without approval contents; those left empty are dropped. */
int rp_without_approvals(struct rp_heap *h, struct rp_value messages, struct rp_value *out);
/* Messages without the calls of batches that wait for a person about one of the calls `pending`,
 * unless they have a result, or are among those answered. */
int rp_without_unanswered(struct rp_heap *h, struct rp_value messages, struct rp_value pending,
                          struct rp_value answered, struct rp_value *out);
/* Nobody is asked about that call any more: it stays out of the model's view, and calls that waited
 * for its batch are dropped. */
int rp_session_give_up(struct rp_heap *h, struct rp_value *session, struct rp_value id);
/* Adds what a turn has added to its conversation: input without approvals, and response; results of
 * answered calls stand right behind the answers. */
int rp_turn_said(struct rp_heap *h, const struct rp_agent_turn *t, struct rp_value *out);

/* ---- between the turn_*.c files ---- */
struct rp_agent_turn *rp_turn_of_ctx(struct rp_ctx *cx);
const struct rp_agent *rp_turn_agent(struct rp_ctx *cx, const struct rp_agent_turn *t);
/* One of the agent's tools, or of those that the executor adds; NULL: unknown. *extra: its index
 * among the added ones, else -1. */
const struct rp_tool *rp_turn_tool(struct rp_ctx *cx, const struct rp_agent_turn *t,
                                   struct rp_str name, int *extra);
int rp_turn_read_input(struct rp_ctx *cx, struct rp_agent_turn *t);
int rp_turn_answers_done(struct rp_ctx *cx, struct rp_agent_turn *t);
int rp_turn_call_model(struct rp_ctx *cx, struct rp_agent_turn *t);
int rp_turn_run_batch(struct rp_ctx *cx, struct rp_agent_turn *t);
int rp_turn_batch_done(struct rp_ctx *cx, struct rp_agent_turn *t);
int rp_turn_finish(struct rp_ctx *cx, struct rp_agent_turn *t);
/* Counts a finished batch: its errors and calls; sets RP_TURN_LAST at a limit. */
void rp_turn_count(struct rp_ctx *cx, struct rp_agent_turn *t);
int rp_turn_tell(struct rp_ctx *cx, struct rp_agent_turn *t, enum rp_role role,
                 struct rp_value contents);
struct rp_value rp_turn_refusal(struct rp_heap *h, struct rp_value call_id);

#endif
