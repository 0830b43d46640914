/* flow_node.c - owns the executors of a graph being built: agents, executors of one's own, nested
 * workflows, operations, and the engine's kinds. Each is checked and copied into the kit as it is
 * added. */
#include "flow_build.h"

#include <string.h>

/* Something that an earlier call should have made is not there. */
static void fail_missing(struct rp_graph *g, const char *where, const char *what)
{
    if (g->kit->heap.failed)
        rp_graph_lost(g);
    else
        rp_graph_fail(g, where, "%s is missing%s; see why it could not be made", what, "");
}

static void *copy_of(struct rp_graph *g, const void *from, size_t n, size_t size)
{
    void *copy = n <= UINT32_MAX ? rp_kit_take(g->kit, n * size) : NULL;

    if (!copy)
        rp_graph_lost(g);
    else if (n > 0)
        memcpy(copy, from, n * size);
    return copy;
}

static struct rp_node *find(struct rp_graph *g, const char *id)
{
    for (uint32_t i = 0; i < g->n_nodes; i++)
        if (rp_str_equal(rp_str_of(g->node[i].id_text), rp_str(id)))
            return &g->node[i];
    return NULL;
}

/* ---- any node ---- */

static int check_id(struct rp_graph *g, const char *id)
{
    if (rp_graph_broken(g))
        return 0;
    if (rp_str(id).n == 0)
        rp_graph_say(g, "", "an executor has no id; give it one");
    else if (find(g, id))
        rp_graph_say(g, id, "EXECUTOR_DUPLICATION: two executors have this id; rename one");
    else if (g->n_nodes >= RP_EXECUTORS_MAX)
        rp_graph_say(g, id,
                     "a workflow may not have that many executors; nest some in another one");
    return !rp_graph_broken(g);
}

static int room_for_node(struct rp_graph *g)
{
    struct rp_node *more;
    uint32_t size = g->nodes_size ? 2 * g->nodes_size : 8;

    if (g->n_nodes < g->nodes_size)
        return 1;
    more = rp_kit_take(g->kit, size * sizeof(*more));
    if (!more) {
        rp_graph_lost(g);
        return 0;
    }
    if (g->n_nodes > 0)
        memcpy(more, g->node, g->n_nodes * sizeof(*more));
    g->node = more;
    g->nodes_size = size;
    return 1;
}

void rp_graph_node(struct rp_graph *g, const struct rp_node_spec *spec)
{
    struct rp_node *node;

    if (!check_id(g, spec->id) || !room_for_node(g))
        return;
    node = &g->node[g->n_nodes];
    *node = (struct rp_node){.kind = spec->kind,
                             .def = spec->def,
                             .takes = spec->takes,
                             .sends = spec->sends,
                             .yields = spec->yields,
                             .undeclared = spec->undeclared,
                             .child = spec->child};
    node->id = rp_graph_string(g, spec->id);
    node->id_text = rp_textz(&g->kit->heap, spec->id);
    node->internal = rp_text_join(
        &g->kit->heap, (struct rp_str[]){rp_str("internal:"), rp_str(spec->id), {NULL, 0}});
    if (node->id_text.tag == RP_BAD || node->internal.tag == RP_BAD)
        rp_graph_lost(g);
    if (spec->agent)
        rp_graph_add_agent(g, spec->agent);
    if (!rp_graph_broken(g))
        g->n_nodes++;
}

void rp_graph_add_agent(struct rp_graph *g, struct rp_agent *agent)
{
    if (rp_graph_broken(g))
        return;
    if (!agent) {
        fail_missing(g, "", "an agent");
        return;
    }
    for (uint32_t i = 0; i < g->n_agents; i++)
        if (g->agent[i] == agent)
            return;
    if (g->n_agents == g->agents_size) {
        uint32_t size = g->agents_size ? 2 * g->agents_size : 8;
        struct rp_agent **more = rp_kit_take(g->kit, size * sizeof(struct rp_agent *));
        if (!more) {
            rp_graph_lost(g);
            return;
        }
        if (g->n_agents > 0)
            memcpy(more, g->agent, g->n_agents * sizeof(struct rp_agent *));
        g->agent = more;
        g->agents_size = size;
    }
    g->agent[g->n_agents++] = agent;
}

/* ---- agents ---- */

static struct rp_type all_of(const unsigned *bit, size_t n)
{
    struct rp_type type = RP_T_NONE;

    for (size_t i = 0; i < n; i++)
        type.is |= RP_BIT(bit[i]);
    return type;
}

#define TYPES(...)                                                                                 \
    all_of((const unsigned[]){__VA_ARGS__}, sizeof((unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static struct rp_type agent_takes(void)
{
    struct rp_type type = TYPES(RP_K_AGENT_REQUEST, RP_K_AGENT_RESPONSE);
    struct rp_type input = TYPES(RP_TEXT, RP_K_MESSAGE);

    return rp_type_or(rp_type_or(type, input), rp_type_list(input));
}

static int same_agent_node(const struct rp_agent_node *a, const struct rp_agent_node *b)
{
    return a->agent == b->agent && a->context == b->context && a->filter == b->filter &&
           a->self == b->self;
}

/* Wrapped once if it was added before (R-EXE-7); then it must be meant in the same way. */
static int stands_already(struct rp_graph *g, const struct rp_agent_node *node, const char *id)
{
    const struct rp_node *old = find(g, id);
    const struct rp_agent_node *def = old ? old->def : NULL;

    if (!old || old->kind != &rp_exec_agent || def->agent != node->agent)
        return 0;
    if (!same_agent_node(def, node))
        rp_graph_say(g, id,
                     "CONTEXT_MODE: the agent was added before with another context mode; give one "
                     "of them another id");
    return 1;
}

static int check_context(struct rp_graph *g, const struct rp_agent_node *node, const char *id)
{
    unsigned mode = node->context;

    if (mode > RP_CONTEXT_CUSTOM)
        rp_graph_say(g, id,
                     "CONTEXT_MODE: the context mode is none; use full, last agent or custom");
    else if (mode == RP_CONTEXT_CUSTOM && !node->filter)
        rp_graph_say(g, id,
                     "CONTEXT_MODE: the context mode is custom, but there is no filter; give one");
    return !rp_graph_broken(g);
}

void rp_graph_agent(struct rp_graph *g, const struct rp_agent_node *node)
{
    struct rp_agent_node *def;
    const char *id = node->id;

    if (rp_graph_broken(g))
        return;
    if (!node->agent) {
        fail_missing(g, id, "the agent of an executor");
        return;
    }
    id = id ? id : node->agent->o.name;
    if (!check_context(g, node, id) || stands_already(g, node, id))
        return;
    def = copy_of(g, node, 1, sizeof(*def));
    if (!def)
        return;
    def->id = rp_graph_string(g, id);
    rp_graph_node(g, &(struct rp_node_spec){.id = id,
                                            .kind = &rp_exec_agent,
                                            .def = def,
                                            .takes = agent_takes(),
                                            .sends = TYPES(RP_K_AGENT_RESPONSE),
                                            .yields = TYPES(RP_K_RESPONSE, RP_K_UPDATE),
                                            .agent = node->agent});
}

/* ---- executors of one's own ---- */

static int same_type(struct rp_type a, struct rp_type b)
{
    return a.is == b.is && a.list_of == b.list_of;
}

static void check_handler(struct rp_graph *g, const struct rp_executor *e, size_t i)
{
    const struct rp_handler *handler = &e->handlers[i];

    if (!handler->fn)
        rp_graph_say(g, e->id, "HANDLER: a handler has no function; give it one");
    if (rp_type_empty(handler->accepts))
        rp_graph_say(g, e->id, "HANDLER: a handler accepts no type; say which it accepts");
    for (size_t j = 0; j < i; j++)
        if (same_type(e->handlers[j].accepts, handler->accepts))
            rp_graph_say(g, e->id,
                         "HANDLER_DUPLICATION: two handlers accept the same type; keep one");
}

static void check_answer(struct rp_graph *g, const struct rp_executor *e, size_t i)
{
    const struct rp_answer_handler *a = &e->answers[i];

    if (!a->fn)
        rp_graph_say(g, e->id, "HANDLER: a handler of answers has no function; give it one");
    for (size_t j = 0; j < i; j++)
        if (same_type(e->answers[j].request, a->request) &&
            same_type(e->answers[j].answer, a->answer))
            rp_graph_say(g, e->id,
                         "HANDLER_DUPLICATION: two handlers of answers stand for the same types; "
                         "keep one");
}

static int check_executor(struct rp_graph *g, const struct rp_executor *e)
{
    if (!check_id(g, e->id))
        return 0;
    if (e->n_handlers == 0 || !e->handlers)
        rp_graph_say(g, e->id, "HANDLER: the executor has no handler; give it one or more");
    if (!e->save != !e->load)
        rp_graph_say(g, e->id,
                     "HANDLER: the executor has one of save and load; give both or neither");
    for (size_t i = 0; !rp_graph_broken(g) && i < e->n_handlers; i++)
        check_handler(g, e, i);
    for (size_t i = 0; !rp_graph_broken(g) && i < e->n_answers; i++)
        check_answer(g, e, i);
    return !rp_graph_broken(g);
}

static void unite_types(const struct rp_executor *e, struct rp_node_spec *spec)
{
    for (size_t i = 0; i < e->n_handlers; i++) {
        spec->takes = rp_type_or(spec->takes, e->handlers[i].accepts);
        spec->sends = rp_type_or(spec->sends, e->handlers[i].sends);
        spec->yields = rp_type_or(spec->yields, e->handlers[i].yields);
    }
    for (size_t i = 0; i < e->n_answers; i++) {
        spec->sends = rp_type_or(spec->sends, e->answers[i].sends);
        spec->yields = rp_type_or(spec->yields, e->answers[i].yields);
    }
    spec->undeclared = rp_type_empty(spec->sends);
}

void rp_graph_executor(struct rp_graph *g, const struct rp_executor *executor)
{
    struct rp_node_spec spec = {.kind = &rp_exec_custom};
    struct rp_executor *def;

    if (rp_graph_broken(g))
        return;
    if (!executor) {
        fail_missing(g, "", "an executor");
        return;
    }
    if (!check_executor(g, executor))
        return;
    def = copy_of(g, executor, 1, sizeof(*def));
    if (!def)
        return;
    def->id = rp_graph_string(g, executor->id);
    def->type_name = rp_graph_string(g, executor->type_name);
    def->handlers = copy_of(g, executor->handlers, def->n_handlers, sizeof(*def->handlers));
    def->answers = copy_of(g, executor->answers, def->n_answers, sizeof(*def->answers));
    def->agents = copy_of(g, executor->agents, def->n_agents, sizeof(*def->agents));
    for (size_t i = 0; def->agents && i < def->n_agents; i++)
        rp_graph_add_agent(g, def->agents[i]);
    unite_types(executor, &spec);
    spec.id = executor->id;
    spec.def = def;
    rp_graph_node(g, &spec);
}

/* ---- workflows and operations ---- */

/* What a workflow yields as far as its executors declare it; *undeclared: some do not. */
static struct rp_type yields_of(const struct rp_workflow *w, int *undeclared)
{
    struct rp_type yields = RP_T_NONE;

    *undeclared = 0;
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        yields = rp_type_or(yields, w->node[i].yields);
        *undeclared |= w->node[i].undeclared;
    }
    return yields;
}

void rp_graph_workflow(struct rp_graph *g, const struct rp_flow_node *node)
{
    const struct rp_workflow *child = node->workflow;
    struct rp_flow_node *def;
    struct rp_type yields;
    int undeclared;

    if (rp_graph_broken(g))
        return;
    if (!child) {
        fail_missing(g, node->id, "the workflow of an executor");
        return;
    }
    if (child->depth >= RP_NEST_MAX)
        rp_graph_say(g, node->id, "NESTING: too many workflows inside workflows; take a level out");
    if (!check_id(g, node->id))
        return;
    def = copy_of(g, node, 1, sizeof(*def));
    if (!def)
        return;
    def->id = rp_graph_string(g, node->id);
    yields = yields_of(child, &undeclared);
    if (g->depth < child->depth)
        g->depth = child->depth;
    rp_graph_node(g, &(struct rp_node_spec){.id = node->id,
                                            .kind = &rp_exec_flow,
                                            .def = def,
                                            .takes = rp_type_or(child->node[child->start].takes,
                                                                TYPES(RP_K_SUB_RESPONSE)),
                                            .sends = rp_type_or(yields, TYPES(RP_K_SUB_REQUEST)),
                                            .yields = yields,
                                            .undeclared = undeclared,
                                            .child = child});
}

/* err->where is a path inside the operation. */
static void fail_op(struct rp_graph *g, const char *id, const struct rp_error *why)
{
    if (why->status == RP_ENOMEM)
        rp_graph_lost(g);
    else
        rp_graph_fail(g, id, why->where[0] ? "OPERATION: at %s: %s" : "OPERATION: %s%s", why->where,
                      why->text);
}

void rp_graph_op(struct rp_graph *g, const char *id, struct rp_value json)
{
    const uint64_t plain = RP_BIT(RP_TEXT) | RP_BIT(RP_INT) | RP_BIT(RP_DIGITS);
    struct rp_type takes = {plain, plain | RP_BIT(RP_LIST)}; /* lists of these, of their lists */
    struct rp_error why;
    void *def = NULL;

    if (!check_id(g, id))
        return;
    if (json.tag == RP_BAD) {
        rp_graph_lost(g);
        return;
    }
    why.status = rp_op_compile(g->kit, json, &def, &why);
    if (why.status != RP_OK) {
        fail_op(g, id, &why);
        return;
    }
    rp_graph_node(g, &(struct rp_node_spec){.id = id,
                                            .kind = &rp_exec_op,
                                            .def = def,
                                            .takes = takes,
                                            .sends = RP_T_ANY,
                                            .yields = RP_T_ANY});
}
