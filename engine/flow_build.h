/* flow_build.h - a graph while it is being built: nodes as they will stand, edge groups by name. */
#ifndef RP_FLOW_BUILD_H
#define RP_FLOW_BUILD_H

#include "exec.h"

/* An edge group as it was given. Names become indexes when the graph is built. */
struct rp_link {
    struct rp_group g; /* counts, conditions and selection; no indexes yet */
    const char **from, **to, **rule_to;
    const char *default_to; /* NULL: none */
};

struct rp_graph {
    struct rp_kit *kit;
    const char *name;
    uint32_t max_iterations;
    struct rp_names outputs, intermediates;
    struct rp_error err; /* the first one; status RP_OK: none */
    const char *start;
    struct rp_node *node;
    struct rp_link *link;
    struct rp_agent **agent;
    uint32_t n_nodes, nodes_size, n_links, links_size, n_agents, agents_size;
    uint32_t depth; /* of the workflows nested in it, 0: none */
    int spent;
};

/* Nothing more is added after an error, so that the first one is told, nor after the building. */
int rp_graph_broken(const struct rp_graph *g);
/* Memory ran out: recorded unless there is an error already. Returns RP_ENOMEM. */
int rp_graph_lost(struct rp_graph *g);
/* Like rp_graph_fail, of a sentence that is whole. */
void rp_graph_say(struct rp_graph *g, const char *where, const char *reason);
/* A copy in the kit; NULL for NULL or without memory, which is recorded. */
const char *rp_graph_string(struct rp_graph *g, const char *z);
/* "a -> b", for errors. */
const char *rp_graph_place(struct rp_graph *g, const char *from, const char *to);

/* flow_check.c: w has nodes, groups and their lists per source; checks in the order of R-BLD and
 * fills in start and designation. Returns RP_OK, or the status of the error recorded in g. */
int rp_flow_check(struct rp_graph *g, struct rp_workflow *w);
/* signature.c: fills w->signature. RP_ENOMEM. */
int rp_flow_sign(struct rp_workflow *w);

#endif
