/* reprise_graph.h - part of reprise.h: conditions, output designation, the builder of graphs, and
 * looking at a built workflow. */
#ifndef RP_REPRISE_GRAPH_H
#define RP_REPRISE_GRAPH_H

#include "reprise_agent.h"

struct rp_workflow;

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
/* Multi-selection: the function writes indexes into `to` (as many as there are targets, or more)
 * and returns their number; or every rule that holds. name: for the signature, may be NULL. */
typedef int rp_select_fn(void *self, struct rp_value data, uint32_t *chosen, uint32_t room);
void rp_graph_select(struct rp_graph *g, const char *from, const char *const *to, size_t n,
                     rp_select_fn *select, void *self, const char *name);
void rp_graph_select_rules(struct rp_graph *g, const char *from, const char *const *to, size_t n,
                           const struct rp_case *rules, size_t n_rules);
void rp_graph_switch(struct rp_graph *g, const char *from, const struct rp_case *cases, size_t n);
void rp_graph_fan_in(struct rp_graph *g, const char *const *from, size_t n, const char *to);
/* Checks (R-BLD) and builds; NULL on error with err filled: RP_EBUILD, RP_ENOMEM. The graph is
 * spent either way. */
struct rp_workflow *rp_graph_build(struct rp_graph *g, struct rp_error *err);

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
/* The types of messages that executor i has handlers for. */
struct rp_type rp_workflow_takes(const struct rp_workflow *w, uint32_t i);
uint32_t rp_workflow_start(const struct rp_workflow *w);
uint32_t rp_workflow_edges(const struct rp_workflow *w);
struct rp_edge_view rp_workflow_edge(const struct rp_workflow *w, uint32_t i);
/* 0 hidden, 1 output, 2 intermediate */
int rp_workflow_designation(const struct rp_workflow *w, uint32_t i);

#endif
