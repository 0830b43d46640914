/* star.h - what group chat and magentic share: an orchestrator, node 0, and participants around it,
 * which are the nodes that follow. */
#ifndef RP_STAR_H
#define RP_STAR_H

#include "exec_basic.h"
#include "turn.h"

/* Node of participant p. */
static inline uint32_t rp_star_node(uint32_t p)
{
    return p + 1;
}

/* Tells messages to all participants but one (RP_NO_NODE: to all), each copy with its own target,
 * in order of registration (R-GC-6). */
int rp_star_broadcast(struct rp_ctx *cx, uint32_t n, const int *is_agent, struct rp_value messages,
                      uint32_t but);
/* group_chat event: {what: {participant, round}}. */
int rp_star_event(struct rp_ctx *cx, const char *what, uint32_t p, struct rp_value round);
/* 1: data is a participant's answer, *from and the *said messages are set; 0: it is not. RP_ENOMEM.
 */
int rp_star_response(struct rp_ctx *cx, struct rp_value data, uint32_t *from,
                     struct rp_value *said);

#endif
