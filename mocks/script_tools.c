/* script_tools.c - scripted tools: owns how often each tool of each agent was invoked. */
#include "script.h"
#include "zoo_faults.h"

#include <stdlib.h>
#include <string.h>

struct counter {
    const struct rp_script_tool *tool;
    uint64_t used;
};

struct rp_script_tools {
    struct rp_alloc alloc;
    uint32_t n;
    struct counter *counter;              /* in the order given */
    const struct rp_script_tool **sorted; /* by agent, then by tool */
    const struct rp_script_tool *first;   /* of the order given */
};

/* ---- finding a tool ---- */

static int order(const struct rp_script_tool *tool, const char *agent, const char *name)
{
    int by_agent = strcmp(tool->agent, agent);

    return by_agent != 0 ? by_agent : strcmp(tool->tool, name);
}

/* Of two with the same names the one given first stands first. */
static int by_names(const void *a, const void *b)
{
    const struct rp_script_tool *x = *(const struct rp_script_tool *const *)a;
    const struct rp_script_tool *y = *(const struct rp_script_tool *const *)b;
    int names = order(x, y->agent, y->tool);

    if (names != 0)
        return names;
    return x < y ? -1 : x > y;
}

static struct counter *find(struct rp_script_tools *t, const char *agent, const char *name)
{
    uint32_t from = 0, to = t->n;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (order(t->sorted[middle], agent, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == t->n || order(t->sorted[from], agent, name) != 0)
        return NULL;
    return t->counter + (t->sorted[from] - t->first);
}

/* ---- invoking ---- */

/* {"error": text} and nothing else. */
static int is_failure(struct rp_value result)
{
    return rp_map_len(result) == 1 && rp_is_text(rp_map_key(result, 0), "error") &&
           rp_map_value(result, 0).tag == RP_TEXT;
}

/* Planted faults; LEFTOVER: a tool fails that is the last one of the run before. */
static int fails_by_fault(const struct counter *c)
{
    static const char *last;

    if (RP_ZOO != RP_ZOO_LEFTOVER)
        return rp_zoo_noise(c) % 3 == 1;
    int again = last == c->tool->tool;
    last = c->tool->tool;
    return again;
}

int rp_script_tools_invoke(struct rp_script_tools *t, const struct rp_tool_call *call,
                           struct rp_tool_result *result)
{
    struct counter *c = find(t, rp_agent_name(call->agent), call->tool->name);
    uint32_t n = c ? rp_len(c->tool->results) : 0;

    if (n == 0)
        return RP_ENOTFOUND;
    result->value = rp_at(c->tool->results, c->used < n ? (uint32_t)c->used : n - 1);
    result->failed = is_failure(result->value);
    if (result->failed)
        result->value = rp_map_value(result->value, 0);
    c->used++;
    if (RP_ZOO >= RP_ZOO_UNINITIALISED && RP_ZOO <= RP_ZOO_LEFTOVER)
        result->failed = fails_by_fault(c);
    return RP_OK;
}

/* ---- positions: {agent: {tool: invocations}} ---- */

int rp_script_tools_save(struct rp_script_tools *t, struct rp_heap *heap, struct rp_value *out)
{
    struct rp_value map = rp_map();

    for (uint32_t i = 0; i < t->n; i++) {
        const struct counter *c = t->counter + i;
        struct rp_value tools = rp_map_get(map, c->tool->agent);
        if (c->used == 0)
            continue;
        if (tools.tag != RP_MAP)
            tools = rp_map();
        RP_TRY(rp_map_put(heap, &tools, c->tool->tool, rp_int((int64_t)c->used)));
        RP_TRY(rp_map_put(heap, &map, c->tool->agent, tools));
    }
    *out = map;
    return RP_OK;
}

static int check_agent(struct rp_script_tools *t, const char *agent, struct rp_value tools)
{
    if (tools.tag != RP_MAP)
        return RP_ETYPE;
    for (uint32_t i = 0; i < rp_map_len(tools); i++) {
        struct rp_value used = rp_map_value(tools, i);
        if (used.tag != RP_INT || used.u.i < 0 || used.u.i > INT64_MAX / 2)
            return RP_ETYPE;
        if (!find(t, agent, rp_str_of(rp_map_key(tools, i)).s))
            return RP_ENOTFOUND;
    }
    return RP_OK;
}

static void set_agent(struct rp_script_tools *t, const char *agent, struct rp_value tools)
{
    for (uint32_t i = 0; i < rp_map_len(tools); i++) {
        struct counter *c = find(t, agent, rp_str_of(rp_map_key(tools, i)).s);
        c->used = (uint64_t)rp_map_value(tools, i).u.i;
    }
}

int rp_script_tools_load(struct rp_script_tools *t, struct rp_value saved)
{
    uint32_t n = rp_map_len(saved);

    if (saved.tag != RP_MAP && saved.tag != RP_NIL)
        return RP_ETYPE;
    for (uint32_t i = 0; i < n; i++)
        RP_TRY(check_agent(t, rp_str_of(rp_map_key(saved, i)).s, rp_map_value(saved, i)));
    for (uint32_t i = 0; i < t->n; i++)
        t->counter[i].used = 0;
    for (uint32_t i = 0; i < n; i++)
        set_agent(t, rp_str_of(rp_map_key(saved, i)).s, rp_map_value(saved, i));
    return RP_OK;
}

/* ---- life ---- */

void rp_script_tools_free(struct rp_script_tools *t)
{
    struct rp_alloc alloc;

    if (!t)
        return;
    alloc = t->alloc;
    if (t->sorted)
        alloc.resize(alloc.ctx, (void *)t->sorted, t->n * sizeof(*t->sorted), 0);
    if (t->counter)
        alloc.resize(alloc.ctx, t->counter, t->n * sizeof(*t->counter), 0);
    alloc.resize(alloc.ctx, t, sizeof(*t), 0);
}

static int count_all(struct rp_script_tools *t)
{
    if (t->n == 0)
        return RP_OK;
    t->counter = t->alloc.resize(t->alloc.ctx, NULL, 0, t->n * sizeof(*t->counter));
    t->sorted = t->alloc.resize(t->alloc.ctx, NULL, 0, t->n * sizeof(*t->sorted));
    if (!t->counter || !t->sorted)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < t->n; i++) {
        t->counter[i] = (struct counter){t->first + i, 0};
        t->sorted[i] = t->first + i;
    }
    qsort((void *)t->sorted, t->n, sizeof(*t->sorted), by_names);
    return RP_OK;
}

int rp_script_tools_new(const struct rp_alloc *alloc, const struct rp_script_tool *tools,
                        uint32_t n, struct rp_script_tools **out)
{
    struct rp_script_tools *t = alloc->resize(alloc->ctx, NULL, 0, sizeof(*t));

    if (!t)
        return RP_ENOMEM;
    *t = (struct rp_script_tools){.alloc = *alloc, .n = n, .first = tools};
    if (count_all(t) != RP_OK) {
        rp_script_tools_free(t);
        return RP_ENOMEM;
    }
    *out = t;
    return RP_OK;
}
