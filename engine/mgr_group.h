/* mgr_group.h - between the group chat's orchestrator and its coordinating agent. */
#ifndef RP_MGR_GROUP_H
#define RP_MGR_GROUP_H

#include "star.h"

struct rp_s_group *rp_group_state(struct rp_ctx *cx);
const struct rp_group_def *rp_group_def(struct rp_ctx *cx);
/* Ends the chat with a text or message, or the fixed text. */
int rp_group_complete(struct rp_ctx *cx, struct rp_value text, const char *fixed);
/* Tells `news` to all participants but one, asks `next` to speak. */
int rp_group_give_turn(struct rp_ctx *cx, uint32_t next, struct rp_value news, uint32_t but);

/* coordinate.c: asks the coordinating agent who speaks next (R-GC-9, R-GC-10). */
int rp_coordinate(struct rp_ctx *cx, struct rp_value news, uint32_t but);
int rp_coordinated(struct rp_ctx *cx, struct rp_agent_turn *t);

#endif
