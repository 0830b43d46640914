/* answer.h - a scenario's answers as the values that requests want. */
#ifndef RP_ANSWER_H
#define RP_ANSWER_H

#include "asked.h"
#include "load.h"

/* The value of an answer to that request, in heap. An answer of the wrong kind becomes a value that
 * the engine refuses (R-REQ-2). RP_BAD without memory. */
struct rp_value rp_answer_value(struct rp_heap *heap, const struct rp_scenario_answer *answer,
                                const struct rp_asked_request *request);

#endif
