/* props_facts.c - owns the facts of a scenario that properties are held against: its graph, who
 * takes part, limits, routes. */
#include "props_inside.h"

#include <string.h>

/* Zeroed memory in the heap of the facts, shaped as a text. */
static void *take(struct rp_heap *heap, size_t n, size_t size)
{
    enum { HEAD = 32 };
    char *taken = rp_heap_take(heap, HEAD + n * size, RP_OBJ_TEXT);

    _Static_assert(sizeof(struct rp_obj) <= HEAD, "what is taken starts behind the header");
    return taken ? taken + HEAD : NULL;
}

static uint32_t node_of(const struct rp_facts *f, const char *id)
{
    for (uint32_t i = 0; id && i < f->n_nodes; i++)
        if (rp_same(f->node[i].id, id))
            return i;
    return RP_NO_ONE;
}

static uint32_t node_of_text(const struct rp_facts *f, struct rp_value id)
{
    return id.tag == RP_TEXT ? node_of(f, rp_str_of(id).s) : RP_NO_ONE;
}

/* ---- the graph --------------------------------------------------------------------------------
 */

static int take_nodes(struct rp_facts *f, struct rp_heap *heap, const struct rp_workflow *w)
{
    f->n_nodes = rp_workflow_executors(w);
    f->start = rp_workflow_start(w);
    f->node = take(heap, f->n_nodes, sizeof(*f->node));
    if (!f->node)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < f->n_nodes; i++) {
        f->node[i].id = rp_workflow_executor(w, i);
        f->node[i].takes = rp_workflow_takes(w, i);
        f->has_children |= rp_workflow_child(w, i) != NULL;
    }
    return RP_OK;
}

/* Edges of a group stand together: of a fan-in one for each source, else one for each target. */
static int take_groups(struct rp_facts *f, struct rp_heap *heap, const struct rp_workflow *w)
{
    uint32_t n = rp_workflow_edges(w);

    f->n_groups = n ? rp_workflow_edge(w, n - 1).group + 1 : 0;
    f->group = take(heap, f->n_groups, sizeof(*f->group));
    uint32_t *ends = take(heap, 2 * (size_t)n + 2 * (size_t)f->n_groups, sizeof(*ends));
    if (!f->group || !ends)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_edge_view e = rp_workflow_edge(w, i);
        struct rp_fact_group *g = &f->group[e.group];
        int joins = e.kind == RP_FAN_IN;
        if (!g->from) { /* room for all edges from here on */
            g->from = ends;
            g->to = ends + 1 + n;
            g->kind = e.kind;
        }
        if (g->n_from == 0 || joins)
            g->from[g->n_from++] = node_of(f, e.from);
        if (g->n_to == 0 || !joins)
            g->to[g->n_to++] = node_of(f, e.to);
        g->conditional |= e.conditional;
        if (i + 1 == n || rp_workflow_edge(w, i + 1).group != e.group) {
            uint32_t *own = take(heap, (size_t)g->n_from + g->n_to, sizeof(*own));
            if (!own)
                return RP_ENOMEM;
            memcpy(own, g->from, g->n_from * sizeof(*own));
            memcpy(own + g->n_from, g->to, g->n_to * sizeof(*own));
            g->from = own;
            g->to = own + g->n_from;
        }
    }
    return RP_OK;
}

static int list_groups(struct rp_facts *f, struct rp_heap *heap)
{
    for (uint32_t i = 0; i < f->n_nodes; i++) {
        struct rp_fact_node *node = &f->node[i];
        node->groups = take(heap, f->n_groups, sizeof(*node->groups));
        if (!node->groups)
            return RP_ENOMEM;
        for (uint32_t g = 0; g < f->n_groups; g++)
            for (uint32_t k = 0; k < f->group[g].n_from; k++)
                if (f->group[g].from[k] == i)
                    node->groups[node->n_groups++] = g;
    }
    for (uint32_t g = 0; g < f->n_groups; g++)
        f->n_joins += f->group[g].kind == RP_FAN_IN;
    return RP_OK;
}

/* Operations on shared state, and agents that several executors run. */
static void look_at_executors(struct rp_facts *f, struct rp_value executors)
{
    for (uint32_t i = 0; i < rp_len(executors); i++) {
        struct rp_value e = rp_at(executors, i), agent = rp_map_get(e, "agent");
        uint32_t node = node_of_text(f, rp_map_get(e, "id"));
        struct rp_value key = rp_map_get(e, "key");
        if (node != RP_NO_ONE && key.tag == RP_TEXT) {
            int adds = rp_is_text(rp_map_get(e, "op"), "state_append");
            f->node[node].shared = adds ? RP_SHARED_APPEND : RP_SHARED_READ;
            f->node[node].key = rp_print_id(rp_str_of(key));
        }
        for (uint32_t a = 0; agent.tag == RP_TEXT && a < f->n_agents; a++)
            if (rp_same(f->agent[a].name, rp_str_of(agent).s))
                f->agent[a].shared++;
    }
    for (uint32_t a = 0; a < f->n_agents; a++)
        f->agent[a].shared = f->agent[a].shared > 1;
}

/* ---- agents and participants ------------------------------------------------------------------
 */

static int take_agents(struct rp_facts *f, struct rp_heap *heap, const struct rp_scenario *s)
{
    struct rp_value agents = rp_map_get(s->json, "agents");

    f->n_agents = s->n_agents;
    f->agent = take(heap, f->n_agents, sizeof(*f->agent));
    if (!f->agent)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < f->n_agents; i++) {
        f->agent[i].name = s->script[i].name;
        f->agent[i].name_text = rp_map_get(rp_at(agents, i), "name");
        f->agent[i].n_tools = rp_len(rp_map_get(rp_at(agents, i), "tools"));
        f->agent[i].node = node_of(f, f->agent[i].name);
    }
    return RP_OK;
}

static uint32_t agent_of(const struct rp_facts *f, struct rp_value name)
{
    for (uint32_t i = 0; name.tag == RP_TEXT && i < f->n_agents; i++)
        if (rp_same(f->agent[i].name, rp_str_of(name).s))
            return i;
    return RP_NO_ONE;
}

static int take_participants(struct rp_facts *f, struct rp_heap *heap, struct rp_value names)
{
    f->part = take(heap, rp_len(names), sizeof(*f->part));
    if (!f->part)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < rp_len(names); i++)
        f->part[f->n_parts++] = node_of_text(f, rp_at(names, i));
    return RP_OK;
}

static int take_select(struct rp_facts *f, struct rp_heap *heap, struct rp_value select,
                       struct rp_value names)
{
    struct rp_value list = rp_map_get(select, "list");

    f->chief = agent_of(f, rp_map_get(select, "agent"));
    if (f->chief != RP_NO_ONE)
        f->select = RP_SELECT_AGENT;
    if (rp_map_has(select, "round_robin"))
        f->select = RP_SELECT_ROBIN;
    if (list.tag != RP_LIST)
        return RP_OK;
    f->select = RP_SELECT_LIST;
    f->order = take(heap, rp_len(list), sizeof(*f->order));
    if (!f->order)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < rp_len(list); i++)
        for (uint32_t k = 0; k < rp_len(names); k++)
            if (rp_equal(rp_at(list, i), rp_at(names, k)))
                f->order[i] = k;
    f->n_order = rp_len(list);
    return RP_OK;
}

/* Absent: everyone to everyone (R-HO-2). */
static int take_routes(struct rp_facts *f, struct rp_heap *heap, struct rp_value handoffs)
{
    f->route = take(heap, (size_t)f->n_nodes * f->n_nodes, 1);
    if (!f->route)
        return RP_ENOMEM;
    if (rp_len(handoffs) == 0)
        memset(f->route, 1, (size_t)f->n_nodes * f->n_nodes);
    for (uint32_t i = 0; i < rp_len(handoffs); i++) {
        struct rp_value to = rp_map_get(rp_at(handoffs, i), "to");
        uint32_t a = node_of_text(f, rp_map_get(rp_at(handoffs, i), "from"));
        for (uint32_t k = 0; k < rp_len(to); k++) {
            uint32_t b = node_of_text(f, rp_at(to, k));
            if (a != RP_NO_ONE && b != RP_NO_ONE)
                f->route[a * f->n_nodes + b] = 1;
        }
    }
    for (uint32_t i = 0; i < f->n_nodes; i++)
        f->route[i * f->n_nodes + i] = 0;
    return RP_OK;
}

/* ---- limits -----------------------------------------------------------------------------------
 */

static int64_t limit(struct rp_value w, const char *key, int64_t otherwise)
{
    struct rp_value v = rp_map_get(w, key);

    return v.tag == RP_INT ? v.u.i : otherwise;
}

static void take_limits(struct rp_facts *f, struct rp_value w)
{
    f->max_steps = f->pattern == RP_GRAPH ? limit(w, "max_iterations", 100) : -1;
    f->max_rounds = limit(w, "max_rounds", -1);
    if (f->pattern == RP_GROUP_CHAT && rp_map_has(w, "max_rounds") && f->max_rounds < 1)
        f->max_rounds = 1; /* R-GC-8 */
    f->max_stalls = limit(w, "max_stalls", 3);
    f->max_resets = limit(w, "max_resets", -1);
    f->terminates = rp_map_has(w, "terminate_when");
    f->join = rp_map_get(rp_map_get(w, "aggregate"), "join");
    f->aggregator = f->pattern == RP_CONCURRENT ? node_of(f, "aggregator") : RP_NO_ONE;
}

static enum rp_pattern pattern_of(const char *name)
{
    static const char *const names[] = {"sequential", "concurrent", "group_chat",
                                        "handoff",    "magentic",   "graph"};

    for (int i = 0; i < RP_GRAPH; i++)
        if (rp_same(names[i], name))
            return (enum rp_pattern)i;
    return RP_GRAPH;
}

int rp_facts_of(struct rp_facts *f, struct rp_heap *heap, const struct rp_scenario *s)
{
    struct rp_value w = rp_map_get(s->json, "workflow"), names = rp_map_get(w, "participants");

    *f = (struct rp_facts){.pattern = pattern_of(s->pattern), .chief = RP_NO_ONE};
    RP_TRY(take_nodes(f, heap, s->workflow));
    RP_TRY(take_groups(f, heap, s->workflow));
    RP_TRY(list_groups(f, heap));
    RP_TRY(take_agents(f, heap, s));
    RP_TRY(take_participants(f, heap, names));
    if (f->pattern == RP_GROUP_CHAT)
        RP_TRY(take_select(f, heap, rp_map_get(w, "select"), names));
    if (f->pattern == RP_MAGENTIC)
        f->chief = agent_of(f, rp_map_get(w, "manager"));
    if (f->pattern == RP_HANDOFF)
        RP_TRY(take_routes(f, heap, rp_map_get(w, "handoffs")));
    if (f->pattern == RP_GRAPH)
        look_at_executors(f, rp_map_get(w, "executors"));
    take_limits(f, w);
    return RP_OK;
}
