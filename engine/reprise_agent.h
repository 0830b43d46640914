/* reprise_agent.h - part of reprise.h: agents, tools, and executors written in C. */
#ifndef RP_REPRISE_AGENT_H
#define RP_REPRISE_AGENT_H

#include "base/json.h"
#include "base/msg.h"
#include "base/type.h"

struct rp_kit;
struct rp_agent;
struct rp_ctx;

/* ---- agents and tools ----------------------------------------------------------------------- */

/* What a tool written in C answers. */
struct rp_tool_result {
    struct rp_value value; /* a text is returned as it is, any other value as compact JSON */
    int failed;            /* the model is told so in the engine's own words */
};

struct rp_tool {
    const char *name;        /* unique within the agent */
    const char *description; /* may be NULL */
    struct rp_value parameters; /* JSON Schema object in the kit's heap, or nil */
    int needs_approval;         /* R-TOOL-4 (a) */
    int declaration_only;       /* the caller supplies the result */
    uint32_t max_invocations;   /* over the run's life; 0: no limit */
    /* Called with the arguments (a map; text that is no JSON object comes as {"raw": text}). Values
     * are made in heap. Returns RP_OK or RP_ENOMEM. NULL: the call is handed out by rp_run_next as
     * RP_OUT_TOOL_CALL. */
    int (*call)(void *self, struct rp_heap *heap, struct rp_value arguments,
                struct rp_tool_result *result);
    void *self;
};

/* What function middleware wants after seeing a call (R-TOOL-9). */
enum rp_verdict {
    RP_GO_ON,     /* run the tool */
    RP_ANSWER,    /* *result is the result; the tool does not run */
    RP_TERMINATE  /* the same, and the loop ends after this batch */
};

struct rp_agent_opts {
    const char *name; /* required, not empty; the executor's id */
    const char *description;
    const char *instructions;
    const struct rp_tool *tools; /* copied */
    size_t n_tools;
    uint32_t max_iterations;         /* model calls with tools per run; 0: 40 */
    uint32_t max_function_calls;     /* per run; 0: no limit */
    uint32_t max_consecutive_errors; /* batches with an error in a row; 0: 3 */
    int terminate_on_unknown_calls;
    enum rp_verdict (*middleware)(void *self, struct rp_heap *heap, const char *tool,
                                  struct rp_value arguments, struct rp_tool_result *result);
    void *self; /* middleware's */
};

/* NULL on error, err filled (may be NULL): no name, duplicate tool name (RP_EBUILD), RP_ENOMEM. */
struct rp_agent *rp_agent(struct rp_kit *kit, const struct rp_agent_opts *opts,
                          struct rp_error *err);
const char *rp_agent_name(const struct rp_agent *agent);
const char *rp_agent_description(const struct rp_agent *agent);  /* NULL when there is none */
const char *rp_agent_instructions(const struct rp_agent *agent); /* likewise */
size_t rp_agent_tools(const struct rp_agent *agent, const struct rp_tool **tools); /* own tools */

/* ---- custom executors ----------------------------------------------------------------------- */

/* A handler of messages of one type; handlers are tried in order of declaration (decision 3).
 * Returns RP_OK, RP_ENOMEM, or RP_EHANDLER after rp_fail. */
struct rp_handler {
    struct rp_type accepts;
    int (*fn)(struct rp_ctx *cx, void *self, struct rp_value data);
    struct rp_type sends;  /* for build checks only, R-EXE-1; RP_T_NONE: undeclared */
    struct rp_type yields; /* likewise; an executor that yields nothing cannot be designated */
};

/* A handler of answers to requests that this executor made (R-REQ-4). */
struct rp_answer_handler {
    struct rp_type request, answer;
    int (*fn)(struct rp_ctx *cx, void *self, struct rp_value request, struct rp_value answer);
    struct rp_type sends, yields;
};

struct rp_executor {
    const char *id;        /* unique in the workflow, not empty */
    const char *type_name; /* for the graph's signature; NULL: "custom" */
    const struct rp_handler *handlers;
    size_t n_handlers; /* at least one; no two of the same type */
    const struct rp_answer_handler *answers;
    size_t n_answers;
    /* What lies outside the run's memory (see rp_self_set for what lies inside) and must be in a
     * checkpoint: save makes a value in heap; load takes it back. Both or neither. */
    int (*save)(void *self, struct rp_heap *heap, struct rp_value *out);
    int (*load)(void *self, struct rp_value saved);
    struct rp_agent *const *agents; /* those that it runs: rp_run_agent */
    size_t n_agents;
    void *self;
};

/* What a handler may do (R-EXE-4). Values are made in rp_heap(cx) or come from the run. */
struct rp_heap *rp_heap(struct rp_ctx *cx);
int rp_send(struct rp_ctx *cx, struct rp_value data);                        /* to all edges */
int rp_send_to(struct rp_ctx *cx, struct rp_value data, const char *target); /* that one alone */
int rp_yield(struct rp_ctx *cx, struct rp_value data);
/* Sends an RP_K_RESPONSE as this executor's RP_K_AGENT_RESPONSE, which is how a participant of an
 * orchestration answers; the conversation is the response's messages. */
int rp_send_response(struct rp_ctx *cx, struct rp_value response);
/* Asks a person. id NULL: a fresh one. An id used before in this history: RP_ESTATE (decision
 * 10). */
int rp_ask(struct rp_ctx *cx, struct rp_value data, struct rp_type answer, const char *id);
/* A custom event. Reserved event names (rp_event_name of any kind) give a `warning` event
 * instead. */
int rp_emit(struct rp_ctx *cx, const char *name, struct rp_value data);
/* Shared state, staged until the superstep ends (R-RUN-13). Get: nil when absent. Keys with a
 * leading '_' are reserved: RP_EARG. */
int rp_state_set(struct rp_ctx *cx, const char *key, struct rp_value value);
int rp_state_delete(struct rp_ctx *cx, const char *key);
struct rp_value rp_state_get(struct rp_ctx *cx, const char *key);
/* The executor's own state: kept over runs, in checkpoints, put back when the superstep fails. */
struct rp_value rp_self_get(struct rp_ctx *cx);
void rp_self_set(struct rp_ctx *cx, struct rp_value value);
/* Runs an agent with a new session; `then` is called with its RP_K_RESPONSE, at once or in a
 * later rp_run_next; the handler counts as running until then. One at a time: else RP_ESTATE. The
 * agent must be one of the executor's own (struct rp_executor) or another of the workflow's. A
 * failing agent fails the executor. */
typedef int rp_then_fn(struct rp_ctx *cx, void *self, struct rp_value response);
int rp_run_agent(struct rp_ctx *cx, const struct rp_agent *agent, struct rp_value messages,
                 rp_then_fn *then);
const char *rp_executor_id(const struct rp_ctx *cx);
/* Sources of the message being handled: 1, or more after a fan-in. */
uint32_t rp_sources(const struct rp_ctx *cx);
const char *rp_source(const struct rp_ctx *cx, uint32_t i);
int rp_is_streaming(const struct rp_ctx *cx);
/* Records why the handler fails; returns RP_EHANDLER for it to return. Formats as rp_fail_at. */
int rp_fail(struct rp_ctx *cx, const char *format, ...);

#endif
