/* pattern_chain.c - builders of sequential (R-SEQ) and concurrent (R-CON) workflows. */
#include "pattern.h"

#define TEXTS    (RP_BIT(RP_TEXT) | RP_BIT(RP_K_MESSAGE))
#define ANY_TEXT ((struct rp_type){TEXTS, TEXTS})

/* ---- sequential ---- */

#define FIRST "input-conversation"

static int review_of(const struct rp_names *request_info, const char *id, int last)
{
    return !rp_pattern_chosen(request_info, id) ? 0 : last ? 2 : 1;
}

struct rp_workflow *rp_sequential(struct rp_kit *kit, const struct rp_sequential_opts *o,
                                  struct rp_error *err)
{
    struct rp_pattern p;
    if (rp_pattern_begin(&p, kit, "sequential", o->name, o->participants, o->n) != RP_OK)
        return rp_pattern_build(&p, err);
    rp_pattern_check_names(&p, &o->request_info, "request_info");
    rp_graph_node(p.g, &(struct rp_node_spec){.id = FIRST,
                                              .kind = &rp_exec_normalise,
                                              .takes = ANY_TEXT,
                                              .sends = rp_type_list(RP_T_MESSAGE)});
    rp_graph_start(p.g, FIRST);
    for (uint32_t i = 0; i < p.n; i++) {
        struct rp_add how = {.reviewed = review_of(&o->request_info, p.id[i], i + 1 == p.n)};
        /* only what an agent said before goes on to the next agent (R-SEQ-2) */
        if (o->chain_only_agent_responses)
            how.context = RP_CONTEXT_LAST_AGENT;
        rp_pattern_add(&p, i, how);
        rp_graph_edge(p.g, i ? p.id[i - 1] : FIRST, p.id[i], (struct rp_cond){0});
    }
    rp_pattern_outputs(&p, &o->outputs, &o->intermediates, NULL, p.n - 1);
    return rp_pattern_build(&p, err);
}

/* ---- concurrent ---- */

#define DISPATCHER "dispatcher"
#define AGGREGATOR "aggregator"

static void add_dispatcher(struct rp_pattern *p)
{
    struct rp_type takes = ANY_TEXT;
    takes.is |= RP_BIT(RP_K_AGENT_REQUEST);
    rp_graph_node(p->g, &(struct rp_node_spec){.id = DISPATCHER,
                                               .kind = &rp_exec_dispatch,
                                               .takes = takes,
                                               .sends = RP_T_REC(RP_K_AGENT_REQUEST)});
    rp_graph_start(p->g, DISPATCHER);
}

/* Its id, for the edges. */
static const char *add_aggregator(struct rp_pattern *p, const struct rp_concurrent_opts *o)
{
    if (o->aggregator) {
        rp_graph_executor(p->g, o->aggregator);
        return o->aggregator->id;
    }
    struct rp_aggregate_def def = {rp_kit_string(p->kit, o->join), o->aggregate, o->self};
    rp_graph_node(p->g, &(struct rp_node_spec){.id = AGGREGATOR,
                                               .kind = &rp_exec_aggregate,
                                               .def = rp_kit_copy(p->kit, &def, sizeof(def)),
                                               .takes = rp_type_list(RP_T_REC(RP_K_AGENT_RESPONSE)),
                                               .sends = RP_T_NONE,
                                               .yields = RP_T_ANY});
    return AGGREGATOR;
}

struct rp_workflow *rp_concurrent(struct rp_kit *kit, const struct rp_concurrent_opts *o,
                                  struct rp_error *err)
{
    struct rp_pattern p;
    if (rp_pattern_begin(&p, kit, "concurrent", o->name, o->participants, o->n) != RP_OK)
        return rp_pattern_build(&p, err);
    if (p.n < 2)
        rp_pattern_fail(&p, "participants", "concurrent needs at least two participants%s", "");
    if ((o->join != NULL) + (o->aggregate != NULL) + (o->aggregator != NULL) > 1)
        rp_pattern_fail(&p, "aggregate", "give one aggregator only%s", "");
    rp_pattern_check_names(&p, &o->request_info, "request_info");
    add_dispatcher(&p);
    for (uint32_t i = 0; i < p.n; i++)
        rp_pattern_add(&p, i, (struct rp_add){.reviewed = review_of(&o->request_info, p.id[i], 0)});
    const char *aggregator = add_aggregator(&p, o);
    if (p.err.status == RP_OK) {
        rp_graph_fan_out(p.g, DISPATCHER, p.id, p.n);
        rp_graph_fan_in(p.g, p.id, p.n, aggregator);
    }
    rp_pattern_outputs(&p, &o->outputs, &o->intermediates, aggregator, p.n);
    return rp_pattern_build(&p, err);
}
