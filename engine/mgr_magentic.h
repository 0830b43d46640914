/* mgr_magentic.h - between the magentic orchestrator (who speaks next and when it ends), its
 * manager (what the manager agent is asked) and its ledger (how an answer is read). */
#ifndef RP_MGR_MAGENTIC_H
#define RP_MGR_MAGENTIC_H

#include "star.h"

/* What the manager agent is being asked. */
enum rp_asked { RP_ASK_FACTS, RP_ASK_PLAN, RP_ASK_LEDGER, RP_ASK_FINAL };
/* Why there is a (new) plan. */
enum rp_planned { RP_PLAN_FIRST, RP_PLAN_AFTER_RESET, RP_PLAN_REVISED, RP_PLAN_REVISED_STALLED };

struct rp_s_magentic *rp_magentic_state(struct rp_ctx *cx);
const struct rp_magentic_def *rp_magentic_def(struct rp_ctx *cx);

/* manager.c: questions; each starts a turn of the manager agent */
int rp_manager_plan(struct rp_ctx *cx, enum rp_planned why); /* facts, then plan */
int rp_manager_ledger(struct rp_ctx *cx);
int rp_manager_final(struct rp_ctx *cx);
int rp_manager_answered(struct rp_ctx *cx, struct rp_agent_turn *t);
int rp_manager_failed(struct rp_ctx *cx, struct rp_agent_turn *t, const char *reason);

/* ledger.c: text -> map of the five answers by name; RP_EPARSE, RP_ENOMEM (R-MAG-4) */
int rp_ledger_read(struct rp_ctx *cx, struct rp_value text, struct rp_value *answers);

/* mgr_magentic.c: what follows */
int rp_magentic_planned(struct rp_ctx *cx);
int rp_magentic_progress(struct rp_ctx *cx, struct rp_value answers);
int rp_magentic_no_progress(struct rp_ctx *cx); /* no ledger could be had */
int rp_magentic_yield(struct rp_ctx *cx, struct rp_value message);

#endif
