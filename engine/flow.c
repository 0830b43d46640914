/* flow.c - owns the kit that definitions live in, agents, and the looking up and viewing of what a
 * built workflow consists of. */
#include "exec.h"

#include <string.h>

/* ---- kit ---- */

int rp_kit_new(const struct rp_alloc *alloc, struct rp_kit **out)
{
    struct rp_kit *kit = alloc->resize(alloc->ctx, NULL, 0, sizeof(*kit));

    if (!kit)
        return RP_ENOMEM;
    memset(kit, 0, sizeof(*kit));
    kit->alloc = *alloc;
    rp_heap_init(&kit->heap, alloc, 0, 0);
    *out = kit;
    return RP_OK;
}

void rp_kit_free(struct rp_kit *kit)
{
    struct rp_alloc alloc;

    if (!kit)
        return;
    alloc = kit->alloc;
    rp_heap_free(&kit->heap);
    alloc.resize(alloc.ctx, kit, sizeof(*kit), 0);
}

struct rp_heap *rp_kit_heap(struct rp_kit *kit)
{
    return &kit->heap;
}

const struct rp_alloc *rp_kit_alloc(struct rp_kit *kit)
{
    return &kit->alloc;
}

/* An object without slots, so that a walk over the heap passes it by. */
void *rp_kit_take(struct rp_kit *kit, size_t size)
{
    enum { HEAD = (sizeof(struct rp_obj) + 15) / 16 * 16 }; /* what follows is aligned */
    char *o;

    RP_ASSERT(kit);
    if (size > UINT32_MAX / 2) {
        kit->heap.failed = RP_ENOMEM;
        return NULL;
    }
    o = rp_heap_take(&kit->heap, HEAD + size, RP_OBJ_TEXT);
    return o ? o + HEAD : NULL;
}

const char *rp_kit_string(struct rp_kit *kit, const char *z)
{
    struct rp_str s = rp_str(z);
    char *copy;

    if (!z)
        return NULL;
    copy = rp_kit_take(kit, s.n + 1);
    if (copy)
        memcpy(copy, s.s, s.n);
    return copy;
}

/* ---- agents ---- */

enum { ITERATIONS_DEFAULT = 40, ERRORS_DEFAULT = 3 };

static int is_empty(const char *z)
{
    return !z || !*z;
}

static int same(const char *a, const char *b)
{
    return rp_str_equal(rp_str(a), rp_str(b));
}

static int check_tool(const struct rp_agent_opts *o, size_t i, struct rp_error *err)
{
    const struct rp_tool *tool = &o->tools[i];

    if (tool->parameters.tag == RP_BAD)
        return rp_fail_at(err, RP_ENOMEM, o->name, "%s", rp_status_text(RP_ENOMEM));
    if (is_empty(tool->name))
        return rp_fail_at(err, RP_EBUILD, o->name, "tool %d has no name; give it one", (int)i + 1);
    if (tool->parameters.tag != RP_NIL && tool->parameters.tag != RP_MAP)
        return rp_fail_at(err, RP_EBUILD, o->name,
                          "the parameters of the tool \"%s\" are no JSON Schema object; give an "
                          "object or nothing",
                          tool->name);
    for (size_t j = 0; j < i; j++)
        if (same(o->tools[j].name, tool->name))
            return rp_fail_at(err, RP_EBUILD, o->name,
                              "TOOL_DUPLICATION: the agent has two tools named \"%s\"; rename one",
                              tool->name);
    return RP_OK;
}

static int check_agent(const struct rp_agent_opts *o, struct rp_error *err)
{
    if (is_empty(o->name))
        return rp_fail_at(err, RP_EBUILD, "", "an agent has no name; give it one");
    if (o->n_tools > 0 && !o->tools)
        return rp_fail_at(err, RP_EBUILD, o->name, "the agent's tools are missing");
    for (size_t i = 0; i < o->n_tools; i++)
        RP_TRY(check_tool(o, i, err));
    return RP_OK;
}

/* A copy of *from when there is text; RP_ENOMEM. */
static int keep(struct rp_kit *kit, const char **z)
{
    const char *copy = rp_kit_string(kit, *z);

    if (*z && !copy)
        return RP_ENOMEM;
    *z = copy;
    return RP_OK;
}

static int keep_tools(struct rp_kit *kit, struct rp_agent_opts *o)
{
    struct rp_tool *tools;

    if (o->n_tools == 0) {
        o->tools = NULL;
        return RP_OK;
    }
    tools = rp_kit_take(kit, o->n_tools * sizeof(*tools));
    if (!tools)
        return RP_ENOMEM;
    memcpy(tools, o->tools, o->n_tools * sizeof(*tools));
    o->tools = tools;
    for (size_t i = 0; i < o->n_tools; i++) {
        RP_TRY(keep(kit, &tools[i].name));
        RP_TRY(keep(kit, &tools[i].description));
    }
    return RP_OK;
}

static int fill_agent(struct rp_kit *kit, const struct rp_agent_opts *opts, struct rp_agent *agent)
{
    struct rp_agent_opts *o = &agent->o;

    agent->kit = kit;
    *o = *opts;
    RP_TRY(keep(kit, &o->name));
    RP_TRY(keep(kit, &o->description));
    RP_TRY(keep(kit, &o->instructions));
    RP_TRY(keep_tools(kit, o));
    if (o->max_iterations == 0)
        o->max_iterations = ITERATIONS_DEFAULT;
    if (o->max_consecutive_errors == 0)
        o->max_consecutive_errors = ERRORS_DEFAULT;
    agent->name_text = rp_textz(&kit->heap, o->name);
    return agent->name_text.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

struct rp_agent *rp_agent(struct rp_kit *kit, const struct rp_agent_opts *opts,
                          struct rp_error *err)
{
    struct rp_agent *agent;

    if (check_agent(opts, err) != RP_OK)
        return NULL;
    agent = rp_kit_take(kit, sizeof(*agent));
    if (agent && fill_agent(kit, opts, agent) == RP_OK)
        return agent;
    rp_fail_at(err, RP_ENOMEM, opts->name, "%s", rp_status_text(RP_ENOMEM));
    return NULL;
}

const char *rp_agent_name(const struct rp_agent *agent)
{
    return agent->o.name;
}

const char *rp_agent_description(const struct rp_agent *agent)
{
    return agent->o.description;
}

const char *rp_agent_instructions(const struct rp_agent *agent)
{
    return agent->o.instructions;
}

size_t rp_agent_tools(const struct rp_agent *agent, const struct rp_tool **tools)
{
    if (tools)
        *tools = agent->o.tools;
    return agent->o.n_tools;
}

/* ---- looking up ---- */

uint32_t rp_workflow_find(const struct rp_workflow *w, const char *id, size_t n)
{
    struct rp_str wanted = {id, n};
    uint32_t from = 0, to = w->n_nodes;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        uint32_t i = w->by_id[middle];
        int order = rp_str_order(wanted, rp_str_of(w->node[i].id_text));
        if (order == 0)
            return i;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return RP_NO_NODE;
}

uint32_t rp_workflow_agent(const struct rp_workflow *w, const struct rp_agent *agent)
{
    for (uint32_t i = 0; i < w->n_agents; i++)
        if (w->agent[i] == agent)
            return i;
    return RP_NO_NODE;
}

/* ---- viewing ---- */

const char *rp_workflow_name(const struct rp_workflow *w)
{
    return w->name;
}

const char *rp_workflow_signature(const struct rp_workflow *w)
{
    return w->signature;
}

uint32_t rp_workflow_executors(const struct rp_workflow *w)
{
    return w->n_nodes;
}

static const struct rp_node *node_at(const struct rp_workflow *w, uint32_t i)
{
    RP_ASSERT(i < w->n_nodes);
    return &w->node[i];
}

const char *rp_workflow_executor(const struct rp_workflow *w, uint32_t i)
{
    return node_at(w, i)->id;
}

const char *rp_workflow_executor_type(const struct rp_workflow *w, uint32_t i)
{
    const struct rp_node *node = node_at(w, i);
    const struct rp_executor *custom = node->def;

    if (node->kind == &rp_exec_custom && custom->type_name)
        return custom->type_name;
    return node->kind->name;
}

const struct rp_workflow *rp_workflow_child(const struct rp_workflow *w, uint32_t i)
{
    return node_at(w, i)->child;
}

struct rp_type rp_workflow_takes(const struct rp_workflow *w, uint32_t i)
{
    return node_at(w, i)->takes;
}

uint32_t rp_workflow_start(const struct rp_workflow *w)
{
    return w->start;
}

int rp_workflow_designation(const struct rp_workflow *w, uint32_t i)
{
    return (int)node_at(w, i)->designation;
}

/* All groups but a fan-in have one source; a fan-in has one target. */
static uint32_t edges_of(const struct rp_group *group)
{
    RP_ASSERT(group->n_from == 1 || group->n_to == 1);
    return group->n_from * group->n_to;
}

uint32_t rp_workflow_edges(const struct rp_workflow *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n_groups; i++)
        n += edges_of(&w->group[i]);
    return n;
}

struct rp_edge_view rp_workflow_edge(const struct rp_workflow *w, uint32_t i)
{
    struct rp_edge_view view = {0};
    const struct rp_group *group;
    uint32_t from, to;

    while (view.group < w->n_groups && i >= edges_of(&w->group[view.group]))
        i -= edges_of(&w->group[view.group++]);
    RP_ASSERT(view.group < w->n_groups);
    group = &w->group[view.group];
    from = group->from[group->kind == RP_FAN_IN ? i : 0];
    to = group->to[group->kind == RP_FAN_IN ? 0 : i];
    view.kind = group->kind;
    view.from = w->node[from].id;
    view.to = w->node[to].id;
    view.is_default = group->kind == RP_SWITCH && to == group->default_to;
    view.conditional = (group->kind == RP_SWITCH && !view.is_default) || group->kind == RP_SELECT ||
                       group->when.fn || group->when.json.tag != RP_NIL;
    return view;
}
