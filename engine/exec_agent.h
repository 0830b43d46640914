/* exec_agent.h - what agent executors and hand-over agents share: their state, their requests. */
#ifndef RP_EXEC_AGENT_H
#define RP_EXEC_AGENT_H

#include "turn.h"

int rp_agent_state_init(struct rp_run *run, const struct rp_node *node, struct rp_value st);
/* Forgets cache, conversation, requests and session (R-MAG-8). */
int rp_agent_state_reset(struct rp_ctx *cx);
/* Asks about each content: approval requests and calls of declared tools (R-AGX-8). */
int rp_agent_ask(struct rp_ctx *cx, struct rp_value asked);
/* Was a request with that id made before in this history? */
int rp_agent_was_asked(struct rp_ctx *cx, struct rp_value id);
/* Takes one answer; *message: all answers in one, when none is awaited any more, else nil. */
int rp_agent_answer(struct rp_ctx *cx, struct rp_value value, struct rp_value *message);
/* The kinds' `withdrawn`. */
int rp_agent_withdrawn(struct rp_ctx *cx, struct rp_request *request);

#endif
