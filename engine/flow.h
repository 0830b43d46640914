/* flow.h - a validated workflow: nodes, edge groups, designation, signature. Private to engine. */
#ifndef RP_FLOW_H
#define RP_FLOW_H

#include "reprise.h"

struct rp_exec_kind; /* exec.h */

struct rp_kit {
    struct rp_alloc alloc;
    struct rp_heap heap; /* every definition, as objects or values */
};
/* Zeroed memory that lives as long as the kit; NULL without memory. Aligned for any type. */
void *rp_kit_take(struct rp_kit *kit, size_t size);
/* A copy with a NUL; NULL for NULL or without memory (then kit->heap.failed). */
const char *rp_kit_string(struct rp_kit *kit, const char *z);

struct rp_agent {
    struct rp_kit *kit;
    struct rp_agent_opts o;      /* strings and tools copied into the kit; limits filled in */
    struct rp_value name_text;   /* o.name as a value, frozen */
};

enum rp_designation { RP_HIDDEN, RP_DESIGNATED_OUTPUT, RP_DESIGNATED_INTERMEDIATE };

struct rp_node {
    const char *id;
    struct rp_value id_text;
    struct rp_value internal; /* "internal:ID", the source of what comes from outside (R-EDGE-5) */
    const struct rp_exec_kind *kind;
    void *def; /* the kind's own definition, in the kit */
    struct rp_type takes, sends, yields;
    int undeclared; /* sends and yields nobody declared: type checks are skipped (R-BLD-5) */
    const struct rp_workflow *child;
    enum rp_designation designation;
    uint32_t n_groups, *groups; /* edge groups that have it as a source, in order of registration */
};

struct rp_group {
    enum rp_group_kind kind;
    uint32_t n_from, n_to, n_rules;
    uint32_t *from, *to;
    struct rp_cond when;      /* RP_SINGLE */
    struct rp_cond *rule;     /* RP_SELECT, RP_SWITCH */
    uint32_t *rule_to;        /* node that each rule leads to */
    uint32_t default_to;      /* RP_SWITCH; RP_NO_NODE otherwise */
    rp_select_fn *select;     /* RP_SELECT by function */
    void *self;
    const char *name;         /* of the selection, for the signature */
    uint32_t join;            /* RP_FAN_IN: its number among the joins */
};
#define RP_NO_NODE UINT32_MAX

struct rp_workflow {
    struct rp_kit *kit;
    const char *name;
    char signature[65];
    uint32_t max_iterations;
    uint32_t start;
    uint32_t n_nodes, n_groups, n_joins, n_agents, depth;
    struct rp_node *node;
    uint32_t *by_id; /* indexes of nodes in order of their ids */
    struct rp_group *group;
    uint32_t *join_group; /* group of each join */
    struct rp_agent **agent; /* all that its executors run */
    int explicit_outputs; /* some designation was given: undesignated yields are hidden */
};

/* Index of a node or an agent; RP_NO_NODE when there is none. */
uint32_t rp_workflow_find(const struct rp_workflow *w, const char *id, size_t n);
uint32_t rp_workflow_agent(const struct rp_workflow *w, const struct rp_agent *agent);

/* ---- for the patterns: the graph builder with engine kinds ---- */

/* Adds a node of an engine kind; def lives in the kit. agent may be NULL; it is added to the
 * workflow's agents. Types as flow checks them; undeclared skips checks. */
struct rp_node_spec {
    const char *id;
    const struct rp_exec_kind *kind;
    void *def;
    struct rp_type takes, sends, yields;
    int undeclared;
    struct rp_agent *agent;
    const struct rp_workflow *child;
};
void rp_graph_node(struct rp_graph *g, const struct rp_node_spec *spec);
void rp_graph_add_agent(struct rp_graph *g, struct rp_agent *agent);
struct rp_kit *rp_graph_kit(struct rp_graph *g);
/* Records a builder error, the first one counts. */
void rp_graph_fail(struct rp_graph *g, const char *where, const char *format, const char *a,
                   const char *b);
/* The orchestrations' designation (R-ORC-1 to 3) is resolved by pattern.c into plain lists and set
 * with this before rp_graph_build: */
void rp_graph_outputs(struct rp_graph *g, const struct rp_names *outputs,
                      const struct rp_names *intermediates);

#endif
