/* say.h - speech in a transcript: what models and tools answer. */
#ifndef RP_SAY_H
#define RP_SAY_H

#include "transcript.h"

int rp_say_model_call(struct rp_transcript *t, const struct rp_model_call *call, int made);
int rp_say_reply(struct rp_transcript *t, const struct rp_agent *agent,
                 const struct rp_reply *reply);
int rp_say_tool_result(struct rp_transcript *t, const struct rp_tool_call *call,
                       const struct rp_tool_result *result);

/* Was this text said just now? */
int rp_say_was_said(const struct rp_transcript *t, struct rp_value text);

#endif
