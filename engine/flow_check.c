/* flow_check.c - owns what makes a workflow valid, and who its outputs come from. The checks stand
 * in the order of R-BLD; the first one that fails is told. */
#include "flow_build.h"

#include <string.h>

/* ---- designation lists: R-BLD-2, R-OUT ---- */

static int fail_outputs(struct rp_graph *g, const char *where, const char *format, const char *a)
{
    rp_graph_fail(g, where, format, a, "");
    return RP_EBUILD;
}

static int is_listed(const struct rp_names *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (rp_str_equal(rp_str(list->names[i]), rp_str(name)))
            return 1;
    return 0;
}

static int no_duplicates(struct rp_graph *g, const struct rp_names *list, const char *what)
{
    for (size_t i = 0; i < list->n; i++)
        if (is_listed(list, i, list->names[i]))
            return fail_outputs(g, list->names[i],
                                "OUTPUT_VALIDATION: the executor stands twice among the %s; name "
                                "it once%s",
                                what);
    return RP_OK;
}

static struct rp_node *named(struct rp_workflow *w, const char *name)
{
    uint32_t i = rp_workflow_find(w, name, rp_str(name).n);

    return i == RP_NO_NODE ? NULL : &w->node[i];
}

static uint32_t designate_outputs(struct rp_graph *g, struct rp_workflow *w)
{
    uint32_t n = (uint32_t)g->outputs.n;

    for (size_t i = 0; i < g->outputs.n; i++) {
        struct rp_node *node = named(w, g->outputs.names[i]);
        if (node)
            node->designation = RP_DESIGNATED_OUTPUT;
    }
    for (uint32_t i = 0; g->outputs.pick == RP_PICK_ALL && i < w->n_nodes; i++) {
        if (rp_type_empty(w->node[i].yields))
            continue;
        w->node[i].designation = RP_DESIGNATED_OUTPUT;
        n++;
    }
    return n;
}

static int designate_intermediate(struct rp_graph *g, struct rp_node *node, uint32_t *n)
{
    if (node->designation == RP_DESIGNATED_OUTPUT)
        return fail_outputs(g, node->id,
                            "OUTPUT_VALIDATION: the executor is both an output and an "
                            "intermediate; choose one%s%s",
                            "");
    node->designation = RP_DESIGNATED_INTERMEDIATE;
    ++*n;
    return RP_OK;
}

static int designate_intermediates(struct rp_graph *g, struct rp_workflow *w, uint32_t *n)
{
    enum rp_pick pick = g->intermediates.pick;

    for (size_t i = 0; i < g->intermediates.n; i++) {
        struct rp_node *node = named(w, g->intermediates.names[i]);
        if (node)
            RP_TRY(designate_intermediate(g, node, n));
    }
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        struct rp_node *node = &w->node[i];
        int all = pick == RP_PICK_ALL;
        int other = pick == RP_PICK_ALL_OTHER && node->designation != RP_DESIGNATED_OUTPUT;
        if ((all || other) && !rp_type_empty(node->yields))
            RP_TRY(designate_intermediate(g, node, n));
    }
    return RP_OK;
}

static int designate(struct rp_graph *g, struct rp_workflow *w)
{
    uint32_t n;

    w->explicit_outputs =
        g->outputs.pick != RP_PICK_DEFAULT || g->intermediates.pick != RP_PICK_DEFAULT;
    for (uint32_t i = 0; !w->explicit_outputs && i < w->n_nodes; i++)
        w->node[i].designation = RP_DESIGNATED_OUTPUT;
    if (!w->explicit_outputs)
        return RP_OK;
    if (g->outputs.pick == RP_PICK_ALL_OTHER)
        return fail_outputs(g, "",
                            "OUTPUT_VALIDATION: outputs cannot be \"all_other\"; use \"all\" or a "
                            "list of executors%s%s",
                            "");
    RP_TRY(no_duplicates(g, &g->outputs, "outputs"));
    RP_TRY(no_duplicates(g, &g->intermediates, "intermediates"));
    n = designate_outputs(g, w) + (uint32_t)g->intermediates.n;
    RP_TRY(designate_intermediates(g, w, &n));
    if (n == 0)
        return fail_outputs(g, "",
                            "OUTPUT_VALIDATION: outputs are designated, but none is; name an "
                            "executor, or designate nothing%s%s",
                            "");
    return RP_OK;
}

/* ---- start: R-BLD-3 ---- */

static int find_start(struct rp_graph *g, struct rp_workflow *w)
{
    if (!g->start) {
        rp_graph_say(g, "", "START: the workflow has no start executor; name one");
        return RP_EBUILD;
    }
    w->start = rp_workflow_find(w, g->start, rp_str(g->start).n);
    if (w->start == RP_NO_NODE) {
        rp_graph_say(g, g->start,
                     "START: the start executor is not in the workflow; add it, or "
                     "name another");
        return RP_EBUILD;
    }
    return RP_OK;
}

/* ---- edges: R-BLD-4, R-BLD-5 ---- */

static int fail_edge(struct rp_graph *g, const struct rp_workflow *w, uint32_t from, uint32_t to,
                     const char *reason)
{
    rp_graph_say(g, rp_graph_place(g, w->node[from].id, w->node[to].id), reason);
    return RP_EBUILD;
}

/* seen[target]: the last source, plus one, that leads there. */
static int no_duplicate_edges(struct rp_graph *g, const struct rp_workflow *w)
{
    uint32_t *seen = rp_kit_take(g->kit, w->n_nodes * sizeof(*seen));

    if (!seen)
        return rp_graph_lost(g);
    for (uint32_t from = 0; from < w->n_nodes; from++) {
        const struct rp_node *node = &w->node[from];
        for (uint32_t i = 0; i < node->n_groups; i++) {
            const struct rp_group *group = &w->group[node->groups[i]];
            for (uint32_t k = 0; k < group->n_to; k++) {
                uint32_t to = group->to[k];
                if (seen[to] == from + 1)
                    return fail_edge(g, w, from, to,
                                     "EDGE_DUPLICATION: there are two edges from the one to the "
                                     "other; keep one");
                seen[to] = from + 1;
            }
        }
    }
    return RP_OK;
}

static int fits(const struct rp_node *from, const struct rp_node *to, enum rp_group_kind kind)
{
    if (from->undeclared || rp_type_empty(from->sends) || rp_type_empty(to->takes))
        return 1;
    return rp_type_overlaps(kind == RP_FAN_IN ? rp_type_list(from->sends) : from->sends, to->takes);
}

static int types_fit(struct rp_graph *g, const struct rp_workflow *w, const struct rp_group *group)
{
    for (uint32_t i = 0; i < group->n_from; i++) {
        for (uint32_t k = 0; k < group->n_to; k++) {
            uint32_t from = group->from[i], to = group->to[k];
            if (fits(&w->node[from], &w->node[to], group->kind))
                continue;
            return fail_edge(g, w, from, to,
                             group->kind == RP_FAN_IN
                                 ? "TYPE_COMPATIBILITY: the target of the fan-in accepts no list "
                                   "of what the source sends; change a handler's type"
                                 : "TYPE_COMPATIBILITY: the target accepts nothing of what the "
                                   "source sends; change a handler's type");
        }
    }
    return RP_OK;
}

static int all_types_fit(struct rp_graph *g, const struct rp_workflow *w)
{
    for (uint32_t i = 0; i < w->n_groups; i++)
        RP_TRY(types_fit(g, w, &w->group[i]));
    return RP_OK;
}

/* ---- connectivity: R-BLD-6 ---- */

/* The executors that can be reached, in the order in which they are found. */
struct reached {
    uint32_t *list, n;
    unsigned char *is;
};

static void reach(struct reached *r, uint32_t node)
{
    if (r->is[node])
        return;
    r->is[node] = 1;
    r->list[r->n++] = node;
}

static int all_connected(struct rp_graph *g, const struct rp_workflow *w)
{
    struct reached r = {rp_kit_take(g->kit, w->n_nodes * sizeof(*r.list)), 0,
                        rp_kit_take(g->kit, w->n_nodes)};

    if (!r.list || !r.is)
        return rp_graph_lost(g);
    reach(&r, w->start);
    for (uint32_t i = 0; i < r.n; i++) {
        const struct rp_node *node = &w->node[r.list[i]];
        for (uint32_t k = 0; k < node->n_groups; k++) {
            const struct rp_group *group = &w->group[node->groups[k]];
            for (uint32_t t = 0; t < group->n_to; t++)
                reach(&r, group->to[t]);
        }
    }
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        if (r.is[i])
            continue;
        rp_graph_fail(g, w->node[i].id,
                      "GRAPH_CONNECTIVITY: no way leads from the start executor \"%s\" to this "
                      "one; add an edge or leave it out%s",
                      w->node[w->start].id, "");
        return RP_EBUILD;
    }
    return RP_OK;
}

/* ---- designated executors: R-BLD-8 ---- */

static int all_yield(struct rp_graph *g, struct rp_workflow *w, const struct rp_names *list,
                     const char *what)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct rp_node *node = named(w, list->names[i]);
        if (!node)
            return fail_outputs(g, list->names[i],
                                "OUTPUT_VALIDATION: no executor of that name is in the workflow; "
                                "take it out of the %s%s",
                                what);
        if (rp_type_empty(node->yields))
            return fail_outputs(g, node->id,
                                "OUTPUT_VALIDATION: the executor declares nothing that it yields; "
                                "declare it, or take it out of the %s%s",
                                what);
    }
    return RP_OK;
}

int rp_flow_check(struct rp_graph *g, struct rp_workflow *w)
{
    RP_TRY(designate(g, w));
    RP_TRY(find_start(g, w));
    RP_TRY(no_duplicate_edges(g, w));
    RP_TRY(all_types_fit(g, w));
    RP_TRY(all_connected(g, w));
    RP_TRY(all_yield(g, w, &g->outputs, "outputs"));
    return all_yield(g, w, &g->intermediates, "intermediates");
}
