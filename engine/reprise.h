/* reprise.h - the engine: agents, workflows, runs.
 *
 * The engine does no I/O, reads no clock and holds no globals. A run is driven by rp_run_next: it
 * hands out events, and calls that a model client or a tool must carry out; the caller answers a
 * call when it is done, at once or later. What is answered before the next rp_run_next is work that
 * does not wait (decision 4), and keeps the canonical order R-RUN-11.
 *
 * Everything that a workflow is made of is owned by a kit and freed with it. Strings given to
 * builders are copied. Structs with a `self` pointer borrow what it points at until the kit goes.
 *
 * Values that calls hand out are borrowed: good until the next rp_run_* call on that run. */
#ifndef REPRISE_H
#define REPRISE_H

#include "reprise_agent.h"
#include "reprise_pattern.h"
#include "reprise_run.h"

#define RP_VERSION "0.1.0"

struct rp_kit;
struct rp_agent;
struct rp_workflow;
struct rp_run;
struct rp_ctx;

/* ---- kit ------------------------------------------------------------------------------------ */

/* alloc is copied; *out owned by the caller, untouched on error. RP_ENOMEM. */
int rp_kit_new(const struct rp_alloc *alloc, struct rp_kit **out);
/* Frees all agents and workflows made in it; runs of those must be gone. NULL is fine. */
void rp_kit_free(struct rp_kit *kit);
/* The heap of definitions: make values for builders here (conditions, schemas, scripts). */
struct rp_heap *rp_kit_heap(struct rp_kit *kit);
const struct rp_alloc *rp_kit_alloc(struct rp_kit *kit);

#endif
