/* hand.h - properties driven by hand: what an observer would be told of a run, written as text, so
 * that a property can be kept in one test and broken in another without any engine.
 *
 * A tale is commands with semicolons between; words with spaces. Values are single words: `word` a
 * text; `?T` `?F` a request to an agent, to answer or not; `=ann:word` the response of ann to its
 * orchestration; `^ann:word` a response, `%ann:word,ben:word` one of several messages; `~word` a
 * piece of a stream; `!id` a request for approval; `+id` `-id` an approval, a refusal; `#id` a
 * call; `*id` a result; `()` an empty plan answer, `(w)` one that revises; `{a,b}` a list.
 *
 * run; respond [NUMBER=word]...; resume CHECKPOINT: the turn begins, and one of the run
 * cancelling: the turn begins, and none of the run
 * S+ N; S- N: a superstep begins, ends
 * inv WHO VALUE [< SOURCE...] [? REQUEST]: invoked; without sources from outside
 * cmp WHO [VALUE[@TARGET]...] [| YIELDED...]: completed, with what was sent and yielded
 * fails WHO; failed; state NAME; warn WHO; out WHO VALUE
 * ask WHO ID VALUE; cancel WHO ID; expire WHO ID ACTION
 * ckpt NUMBER PREVIOUS ITERATION PENDING [SOURCE=COUNT...]: a checkpoint; - for no previous one
 * shown AGENT [u:word | a/AUTHOR:word | c/AUTHOR:ids | r:ids | e:id]...: a model is called, with
 * texts of the user, texts and calls of agents, results, a result of a failure
 * says AGENT word; calls AGENT ids; piece AGENT word; over AGENT; error AGENT: a model replies
 * tool AGENT ID KIND: a tool runs that is plain, guarded or declared
 * sent NAME ROUND; got NAME ROUND; handoff FROM TO; replanned; planned
 * ledger KIND NAME: ok, stuck or done
 * end STATUS: the turn has ended, with no request open */
#ifndef TESTS_HAND_H
#define TESTS_HAND_H

#include "scenarios/props.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

struct tale {
    const char *tale, *said; /* said: "I4 b: not delivered; " */
};

/* Tells each tale of a run of the scenario (' for ") to properties that are new, then to them once
 * more after a reset, and compares what they say. */
void hold_tales(const char *scenario, const struct tale *tales, size_t n);
#define TALES(scenario, tales) hold_tales((scenario), (tales), sizeof(tales) / sizeof((tales)[0]))

/* The same with memory running out at each point; returns RP_OK or RP_ENOMEM. */
int tell_tale(const struct rp_alloc *alloc, const char *scenario, const char *tale);

#endif
