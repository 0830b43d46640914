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

#include "base/json.h"
#include "base/msg.h"
#include "base/type.h"

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
    void *self;
};

/* What a handler may do (R-EXE-4). Values are made in rp_heap(cx) or come from the run. */
struct rp_heap *rp_heap(struct rp_ctx *cx);
int rp_send(struct rp_ctx *cx, struct rp_value data);                        /* to all edges */
int rp_send_to(struct rp_ctx *cx, struct rp_value data, const char *target); /* that one alone */
int rp_yield(struct rp_ctx *cx, struct rp_value data);
/* Asks a person. id NULL: a fresh one. An id used before in this history: RP_ESTATE (decision 10). */
int rp_ask(struct rp_ctx *cx, struct rp_value data, struct rp_type answer, const char *id);
/* A custom event. Reserved event names (rp_event_name of any kind) give a `warning` event instead. */
int rp_emit(struct rp_ctx *cx, const char *name, struct rp_value data);
/* Shared state, staged until the superstep ends (R-RUN-13). Get: nil when absent. Keys with a
 * leading '_' are reserved: RP_EARG. */
int rp_state_set(struct rp_ctx *cx, const char *key, struct rp_value value);
int rp_state_delete(struct rp_ctx *cx, const char *key);
struct rp_value rp_state_get(struct rp_ctx *cx, const char *key);
/* The executor's own state: kept over runs, in checkpoints, put back when the superstep fails. */
struct rp_value rp_self_get(struct rp_ctx *cx);
void rp_self_set(struct rp_ctx *cx, struct rp_value value);
/* Runs an agent with a new session; `then` is called with its RP_K_RESPONSE, at once or in a later
 * rp_run_next; the handler counts as running until then. One at a time: else RP_ESTATE. The agent
 * must be listed in rp_graph_opts.agents or be a participant. A failing agent fails the executor. */
typedef int rp_then_fn(struct rp_ctx *cx, void *self, struct rp_value response);
int rp_run_agent(struct rp_ctx *cx, const struct rp_agent *agent, struct rp_value messages,
                 rp_then_fn *then);
const char *rp_executor_id(const struct rp_ctx *cx);
/* Sources of the message being handled: 1, or more after a fan-in. */
uint32_t rp_sources(const struct rp_ctx *cx);
const char *rp_source(const struct rp_ctx *cx, uint32_t i);
int rp_is_streaming(const struct rp_ctx *cx);
/* Records why the handler fails; returns RP_EHANDLER to be returned by it. Formats as rp_fail_at. */
int rp_fail(struct rp_ctx *cx, const char *format, ...);

/* ---- conditions ----------------------------------------------------------------------------- */

/* A predicate over a value (edges) or a conversation (selection, termination): a C function or a
 * JSON condition of scenario.md. All zero: none. */
struct rp_cond {
    int (*fn)(void *self, struct rp_value v); /* 0 false, >0 true, <0 an rp_status: the run fails */
    void *self;
    const char *name;     /* of fn, for the graph's signature; may be NULL */
    struct rp_value json; /* used when fn is NULL; a map in the kit's heap, checked at build */
};
#define RP_WHEN(function, pointer) ((struct rp_cond){.fn = (function), .self = (pointer)})

/* Checks a JSON condition: CONDITION over a conversation, or TEST over a message when test is set.
 * RP_EBUILD with err->where relative to it ("all[1].not"). */
int rp_cond_check(struct rp_value json, int test, struct rp_error *err);
/* 1, 0 or a negative rp_status. json as checked; v a list of messages, or a message for a TEST. */
int rp_cond_holds(struct rp_heap *scratch, const struct rp_cond *cond, struct rp_value v);

/* ---- output designation (R-OUT, R-ORC-1 to 3) ------------------------------------------------ */

enum rp_pick { RP_PICK_DEFAULT, RP_PICK_LIST, RP_PICK_ALL, RP_PICK_ALL_OTHER };
struct rp_names {
    enum rp_pick pick;
    const char *const *names; /* RP_PICK_LIST */
    size_t n;
};

/* ---- graphs ---------------------------------------------------------------------------------- */

enum rp_context_mode { RP_CONTEXT_FULL, RP_CONTEXT_LAST_AGENT, RP_CONTEXT_CUSTOM };

struct rp_graph_opts {
    const char *name;        /* NULL: derived from the pattern and the executors (decision 12) */
    uint32_t max_iterations; /* supersteps of one call; 0: 100 */
    struct rp_names outputs, intermediates;
    struct rp_agent *const *agents; /* that custom executors run */
    size_t n_agents;
};

struct rp_graph;
/* Builders keep the first error; rp_graph_build reports it. NULL only without memory; every call
 * below is fine with a NULL graph. */
struct rp_graph *rp_graph(struct rp_kit *kit, const struct rp_graph_opts *opts);
void rp_graph_executor(struct rp_graph *g, const struct rp_executor *executor);
/* An agent as an executor; id NULL: the agent's name. filter: RP_CONTEXT_CUSTOM only. */
struct rp_agent_node {
    const char *id;
    struct rp_agent *agent;
    enum rp_context_mode context;
    int (*filter)(void *self, struct rp_heap *heap, struct rp_value conversation,
                  struct rp_value *out);
    void *self;
};
void rp_graph_agent(struct rp_graph *g, const struct rp_agent_node *node);
/* A workflow as an executor (R-SUB). direct: its outputs are the parent's outputs, else messages.
 * wrapped: its requests go to the parent's executors as RP_K_SUB_REQUEST, else to the caller. */
struct rp_flow_node {
    const char *id;
    struct rp_workflow *workflow;
    int direct_output;
    int wrapped_requests;
};
void rp_graph_workflow(struct rp_graph *g, const struct rp_flow_node *node);
/* An operation of scenario.md on texts, integers and lists. json: its object, in the kit's heap. */
void rp_graph_op(struct rp_graph *g, const char *id, struct rp_value json);

struct rp_case {
    struct rp_cond when; /* of a switch: none marks the default */
    const char *to;
};
void rp_graph_start(struct rp_graph *g, const char *id);
void rp_graph_edge(struct rp_graph *g, const char *from, const char *to, struct rp_cond when);
void rp_graph_chain(struct rp_graph *g, const char *const *ids, size_t n);
void rp_graph_fan_out(struct rp_graph *g, const char *from, const char *const *to, size_t n);
/* Multi-selection: the function writes indexes into `to` (as many as there are targets, or more) and
 * returns their number; or every rule that holds. name: for the signature, may be NULL. */
typedef int rp_select_fn(void *self, struct rp_value data, uint32_t *chosen, uint32_t room);
void rp_graph_select(struct rp_graph *g, const char *from, const char *const *to, size_t n,
                     rp_select_fn *select, void *self, const char *name);
void rp_graph_select_rules(struct rp_graph *g, const char *from, const char *const *to, size_t n,
                           const struct rp_case *rules, size_t n_rules);
void rp_graph_switch(struct rp_graph *g, const char *from, const struct rp_case *cases, size_t n);
void rp_graph_fan_in(struct rp_graph *g, const char *const *from, size_t n, const char *to);
/* Checks (R-BLD) and builds; NULL on error with err filled: RP_EBUILD, RP_ENOMEM. The graph is spent
 * either way. */
struct rp_workflow *rp_graph_build(struct rp_graph *g, struct rp_error *err);

/* ---- orchestrations: each returns NULL on error with err filled (RP_EBUILD, RP_ENOMEM) -------- */

/* A participant is an agent or an executor of one's own. */
struct rp_participant {
    struct rp_agent *agent;
    const struct rp_executor *executor;
};
#define RP_AGENT(a)    ((struct rp_participant){.agent = (a)})
#define RP_EXECUTOR(e) ((struct rp_participant){.executor = (e)})

struct rp_sequential_opts {
    const char *name;
    const struct rp_participant *participants;
    size_t n;
    int chain_only_agent_responses;
    struct rp_names request_info; /* whose responses a person reviews; RP_PICK_ALL: everyone's */
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_sequential(struct rp_kit *kit, const struct rp_sequential_opts *opts,
                                  struct rp_error *err);

struct rp_concurrent_opts {
    const char *name;
    const struct rp_participant *participants; /* two or more */
    size_t n;
    /* At most one of these: a separator that joins the response texts; a function of the list of
     * RP_K_AGENT_RESPONSE (nil in *out yields nothing; it may call rp_yield itself); an executor.
     * None: the last assistant message of each, as one response (R-CON-2). */
    const char *join;
    int (*aggregate)(struct rp_ctx *cx, void *self, struct rp_value results, struct rp_value *out);
    const struct rp_executor *aggregator;
    void *self;
    struct rp_names request_info;
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_concurrent(struct rp_kit *kit, const struct rp_concurrent_opts *opts,
                                  struct rp_error *err);

/* What a selection function sees (R-GC-7). */
struct rp_chat_state {
    uint32_t round;
    const char *const *participants; /* names in order of declaration */
    const char *const *descriptions; /* a placeholder where there is none */
    size_t n_participants;
    struct rp_value conversation; /* list of messages */
};
/* Returns the index of the next speaker, or RP_FINISH to end the chat (OLD-2: *final may be set to
 * a text or message, else a default stands); anything else fails the run. */
#define RP_FINISH (-1)
typedef int rp_speaker_fn(void *self, struct rp_heap *heap, const struct rp_chat_state *state,
                          struct rp_value *final);

struct rp_speaker_rule {
    struct rp_cond when; /* none: always */
    const char *next;
};

struct rp_group_chat_opts {
    const char *name;              /* the workflow's */
    const char *orchestrator_name; /* display name; NULL: group_chat_orchestrator */
    const struct rp_participant *participants;
    size_t n;
    /* Exactly one way to select: */
    rp_speaker_fn *select;
    void *self;
    int round_robin;
    const char *const *list; /* by round, wrapping */
    size_t n_list;
    const struct rp_speaker_rule *rules; /* the first that holds */
    size_t n_rules;
    struct rp_agent *coordinator;
    uint32_t retry_attempts;  /* of the coordinator's invalid decisions; default none */
    int has_max_rounds;       /* max_rounds counts only if set */
    int64_t max_rounds;       /* below 1: 1 (R-GC-8) */
    struct rp_cond terminate; /* over the conversation */
    struct rp_names request_info;
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_group_chat(struct rp_kit *kit, const struct rp_group_chat_opts *opts,
                                  struct rp_error *err);

struct rp_handoff_route {
    const char *from;
    const char *const *to;
    size_t n;
    const char *description; /* of the tools; NULL: the target's description, or generated */
};
/* OLD-5: after a response without a handoff, the first rule of its source that holds over that
 * response's messages hands over as a tool call would. */
struct rp_handoff_rule {
    const char *from, *to;
    struct rp_cond when;
};
struct rp_handoff_opts {
    const char *name;
    struct rp_agent *const *participants;
    size_t n;
    const char *start; /* required */
    const struct rp_handoff_route *routes; /* none: everyone to everyone */
    size_t n_routes;
    const struct rp_handoff_rule *rules;
    size_t n_rules;
    struct rp_cond terminate; /* over what an agent has seen (R-HO-5) */
    int autonomous;
    struct rp_names autonomous_agents; /* RP_PICK_DEFAULT: all */
    const char *const *limit_agents;   /* turn limits by agent; others 50 */
    const uint32_t *limits;
    size_t n_limits;
    const char *autonomous_prompt; /* NULL: generated */
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_handoff(struct rp_kit *kit, const struct rp_handoff_opts *opts,
                               struct rp_error *err);

struct rp_magentic_opts {
    const char *name;
    const struct rp_participant *participants;
    size_t n;
    struct rp_agent *manager;
    int plan_review;
    int has_max_stalls, has_max_resets, has_max_rounds; /* defaults: 3, no limit, no limit */
    int64_t max_stalls, max_resets, max_rounds;
    uint32_t ledger_attempts; /* 0: 3 */
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_magentic(struct rp_kit *kit, const struct rp_magentic_opts *opts,
                                struct rp_error *err);

const char *rp_workflow_name(const struct rp_workflow *w);
/* 64 hexadecimal digits: R-SIG. */
const char *rp_workflow_signature(const struct rp_workflow *w);

/* The graph, for drawing. */
enum rp_group_kind { RP_SINGLE, RP_FAN_OUT, RP_SELECT, RP_SWITCH, RP_FAN_IN };
struct rp_edge_view {
    enum rp_group_kind kind;
    const char *from, *to;
    int conditional, is_default;
    uint32_t group; /* edges of one group share the number */
};
uint32_t rp_workflow_executors(const struct rp_workflow *w);
const char *rp_workflow_executor(const struct rp_workflow *w, uint32_t i);
const char *rp_workflow_executor_type(const struct rp_workflow *w, uint32_t i);
const struct rp_workflow *rp_workflow_child(const struct rp_workflow *w, uint32_t i); /* or NULL */
uint32_t rp_workflow_start(const struct rp_workflow *w);
uint32_t rp_workflow_edges(const struct rp_workflow *w);
struct rp_edge_view rp_workflow_edge(const struct rp_workflow *w, uint32_t i);
/* 0 hidden, 1 output, 2 intermediate */
int rp_workflow_designation(const struct rp_workflow *w, uint32_t i);

/* ---- checkpoint stores ----------------------------------------------------------------------- */

struct rp_checkpoint_info {
    int64_t id;               /* given by the store, from 0, in order of saving */
    int64_t previous;         /* -1: none */
    const char *workflow;     /* name */
    const char *signature;
    int64_t iteration;
    uint32_t pending;         /* open requests */
};

/* A store; see decision 11: what it hands out is the caller's own copy. All but `free` return RP_OK,
 * RP_ENOMEM, RP_ENOTFOUND or RP_ESTORE with err filled. */
struct rp_store_ops {
    int (*save)(void *self, const struct rp_checkpoint_info *info, const char *bytes, size_t n,
                int64_t *id, struct rp_error *err);
    /* bytes stay the store's until its next call */
    int (*load)(void *self, int64_t id, const char **bytes, size_t *n, struct rp_error *err);
    int (*latest)(void *self, const char *workflow, int64_t *id, struct rp_error *err);
    int (*count)(void *self, const char *workflow, uint32_t *n); /* NULL: of all workflows */
    int (*info)(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err);
    int (*remove)(void *self, int64_t id, struct rp_error *err);
    void (*free)(void *self);
};
struct rp_store {
    const struct rp_store_ops *ops;
    void *self;
};
/* A store in memory. RP_ENOMEM. Freed with store.ops->free(store.self). */
int rp_store_memory(const struct rp_alloc *alloc, struct rp_store *out);

/* ---- runs ------------------------------------------------------------------------------------ */

/* Choices that a run does not fix by itself are asked here; 0 is always the canonical answer. */
enum rp_choice { RP_CHOOSE_READY /* which of the ready deliveries runs next */ };
struct rp_chooser {
    uint32_t (*pick)(void *ctx, enum rp_choice what, const uint32_t *executors, uint32_t n);
    void *ctx;
};

/* State outside the run that a checkpoint must carry (script positions). Values in heap. */
struct rp_world {
    int (*save)(void *ctx, struct rp_heap *heap, struct rp_value *out);
    int (*load)(void *ctx, struct rp_value saved);
    void *ctx;
};

struct rp_run_opts {
    struct rp_alloc alloc;
    struct rp_store *store;    /* borrowed; NULL: no checkpoints */
    struct rp_chooser chooser; /* pick NULL: canonical */
    struct rp_world world;     /* save NULL: none */
    uint64_t events;           /* RP_BIT(kind) of the events wanted; 0: all */
    size_t heap_ceiling, heap_chunk; /* 0: RP_HEAP_MAX, RP_HEAP_CHUNK */
};

/* A fresh instance of the workflow: its state lives on over many turns (R-RUN-19). The kit must
 * outlive it. RP_ENOMEM. */
int rp_run_new(const struct rp_workflow *w, const struct rp_run_opts *opts, struct rp_run **out);
void rp_run_free(struct rp_run *run);

/* Where values for the calls below are made. */
struct rp_heap *rp_run_heap(struct rp_run *run);

struct rp_turn {
    int stream;
    struct rp_value tool_kwargs, client_kwargs; /* R-RUN-21: maps, or nil to leave them */
};

struct rp_answer {
    const char *request; /* id */
    struct rp_value value;
};

/* Each begins a turn; then call rp_run_next until RP_OUT_DONE. Refused before any event:
 * RP_EARG (nothing given, an empty set of answers: decision 5), RP_ESTATE (a turn is under way, or
 * messages are left over: R-RUN-3), RP_ENOTFOUND (no such checkpoint), RP_ECHECKPOINT (graph
 * changed, bytes damaged; nothing is changed), RP_ENOMEM. turn may be NULL. */
int rp_run_message(struct rp_run *run, struct rp_value message, const struct rp_turn *turn,
                   struct rp_error *err);
int rp_run_respond(struct rp_run *run, const struct rp_answer *answers, size_t n,
                   const struct rp_turn *turn, struct rp_error *err);
/* Restores checkpoint id of the run's store; n may be 0. The instance should be a fresh one. */
int rp_run_resume(struct rp_run *run, int64_t id, const struct rp_answer *answers, size_t n,
                  const struct rp_turn *turn, struct rp_error *err);
/* Ends the turn under way with status CANCELLED; its superstep leaves no trace (decision 9). */
int rp_run_cancel(struct rp_run *run);
/* Cancels an open request (decision 35). RP_ENOTFOUND. Not during a turn: RP_ESTATE. */
int rp_run_cancel_request(struct rp_run *run, const char *id);

enum rp_state {
    RP_STARTED,
    RP_IN_PROGRESS,
    RP_IN_PROGRESS_PENDING_REQUESTS,
    RP_IDLE,
    RP_IDLE_WITH_PENDING_REQUESTS,
    RP_FAILED,
    RP_CANCELLED
};
const char *rp_state_name(enum rp_state state);
enum rp_state rp_run_state(const struct rp_run *run);

enum rp_event_kind {
    RP_EV_STARTED,
    RP_EV_STATUS,
    RP_EV_FAILED,
    RP_EV_OUTPUT,
    RP_EV_INTERMEDIATE,
    RP_EV_REQUEST_INFO,
    RP_EV_WARNING,
    RP_EV_SUPERSTEP_STARTED,
    RP_EV_SUPERSTEP_COMPLETED,
    RP_EV_EXECUTOR_INVOKED,
    RP_EV_EXECUTOR_COMPLETED,
    RP_EV_EXECUTOR_FAILED,
    RP_EV_GROUP_CHAT,
    RP_EV_HANDOFF_SENT,
    RP_EV_MAGENTIC,
    RP_EV_CHECKPOINT,
    RP_EV_CUSTOM
};
const char *rp_event_name(enum rp_event_kind kind); /* "executor_invoked" */

struct rp_event {
    enum rp_event_kind kind;
    enum rp_state state;   /* STATUS */
    int64_t step;          /* superstep, from its start to its end; else 0 */
    const char *executor;  /* NULL where there is none */
    const char *name;      /* REQUEST_INFO: the request's id; CUSTOM: the event's name; else NULL */
    struct rp_value data;  /* OUTPUT, INTERMEDIATE, REQUEST_INFO, EXECUTOR_INVOKED: the value;
                              EXECUTOR_COMPLETED: list of sent and yielded values, or nil;
                              GROUP_CHAT, HANDOFF_SENT, MAGENTIC: map as in the portable trace;
                              CHECKPOINT: map with number, previous, iteration, messages,
                              pending_requests; WARNING, FAILED, EXECUTOR_FAILED: text */
    int status;            /* FAILED, EXECUTOR_FAILED: the rp_status */
};

struct rp_model_call {
    uint32_t id; /* of the call, from 1, over the run's life in this process */
    const struct rp_agent *agent;
    const char *executor;      /* the outermost executor in whose handler it happens */
    int64_t step;              /* the outermost run's superstep */
    struct rp_value messages;  /* list; some may have no contents: a service is not sent those */
    const struct rp_tool *extra_tools; /* beside the agent's own: handoffs */
    size_t n_extra;
    int tools_off;             /* tool_choice none */
    int stream;
    struct rp_value format;    /* JSON Schema of the answer, or nil */
    struct rp_value kwargs;    /* R-RUN-21: the executor's client kwargs, or nil */
};

struct rp_tool_call {
    uint32_t id;
    const struct rp_agent *agent;
    const struct rp_tool *tool;
    const char *executor;
    int64_t step;
    struct rp_value call_id;   /* text */
    struct rp_value arguments; /* map */
    struct rp_value kwargs;
};

enum rp_out_kind {
    RP_OUT_EVENT,
    RP_OUT_MODEL_CALL, /* answer with rp_run_update*, then rp_run_reply or rp_run_call_failed */
    RP_OUT_TOOL_CALL,  /* answer with rp_run_tool_result */
    RP_OUT_WAITING,    /* nothing can go on until an open call is answered */
    RP_OUT_DONE        /* the turn has ended: rp_run_error says how */
};
struct rp_out {
    enum rp_out_kind kind;
    union {
        struct rp_event event;
        struct rp_model_call model;
        struct rp_tool_call tool;
    } u;
};

/* The next thing that happens. Returns RP_OK, or RP_ENOMEM: the run is spent. */
int rp_run_next(struct rp_run *run, struct rp_out *out);

/* Answers to open calls. RP_ESTATE: no such call is open; nothing changes. RP_ETYPE: the value is not
 * an RP_K_RESPONSE or RP_K_UPDATE. An answer may be given at once or after further rp_run_next. */
int rp_run_update(struct rp_run *run, uint32_t call, struct rp_value update);
/* response: an RP_K_RESPONSE; nil after updates, which are folded then. */
int rp_run_reply(struct rp_run *run, uint32_t call, struct rp_value response);
int rp_run_call_failed(struct rp_run *run, uint32_t call, const char *reason);
int rp_run_tool_result(struct rp_run *run, uint32_t call, struct rp_tool_result result);

/* How the last turn ended: RP_OK, or the status of its error with *err filled (err may be NULL). */
int rp_run_error(const struct rp_run *run, struct rp_error *err);

/* Open requests, in the order in which they were asked. */
struct rp_open_request {
    const char *id, *executor;
    struct rp_value data;
    struct rp_type wants;
};
uint32_t rp_run_requests(const struct rp_run *run);
struct rp_open_request rp_run_request(const struct rp_run *run, uint32_t i);

/* A digest of all state, the same on every machine; between turns or supersteps. */
uint64_t rp_run_digest(const struct rp_run *run);
/* The last checkpoint made or restored; -1: none. */
int64_t rp_run_checkpoint(const struct rp_run *run);
uint64_t rp_run_supersteps(const struct rp_run *run); /* completed, over the run's life */
size_t rp_run_memory(const struct rp_run *run);       /* bytes held */

#endif
