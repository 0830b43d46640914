/* load_graph.c - owns graphs: their executors, among them operations and nested graphs, and all the
 * forms of edges. */
#include "load_util.h"

#include <string.h>

struct drawing {
    struct rp_graph *g;
    struct rp_load_index ids;
};

/* ---- operations ---- */

/* What an operation takes beside id and what follows its result. */
static const struct op {
    const char *name, *key;
    int is_number;
} ops[] = {
    {"pass", NULL, 0},      {"upper", NULL, 0},         {"append", "text", 0},
    {"add", "number", 1},   {"join", "separator", 0},   {"sum", NULL, 0},
    {"ask", NULL, 0},       {"state_append", "key", 0}, {"state_read", "key", 0},
    {"fail", "message", 0}, {"fail_on", "visit", 1},
};
enum { OPS = sizeof(ops) / sizeof(ops[0]) };

static int find_op(struct rp_loader *l, const struct rp_spot *executor, const struct op **out)
{
    const char *names[OPS + 1] = {NULL};
    int which;

    for (int i = 0; i < OPS; i++)
        names[i] = ops[i].name;
    RP_TRY(rp_load_word(l, executor, "op", names, &which));
    *out = ops + which;
    return RP_OK;
}

static int check_keys(struct rp_loader *l, const struct rp_spot *executor, const struct op *op)
{
    const char *keys[] = {"id",     "op",     "then",  "yield_when_at_least",
                          "copies", "target", op->key, NULL};

    return rp_load_keys(l, executor, keys);
}

static int check_own(struct rp_loader *l, const struct rp_spot *executor, const struct op *op,
                     struct rp_value *json)
{
    struct rp_spot text;
    int64_t number = 0;

    if (!op->key)
        return RP_OK;
    if (!op->is_number)
        return rp_load_text(l, executor, op->key, RP_REQUIRED, &text);
    RP_TRY(rp_load_int(l, executor, op->key, RP_REQUIRED,
                       strcmp(op->key, "visit") == 0 ? 1 : INT64_MIN, &number));
    /* "-0" is a number too */
    return rp_map_put(l->heap, json, op->key, rp_int(number));
}

static int check_then(struct rp_loader *l, const struct rp_spot *executor, const struct drawing *d,
                      struct rp_value *json)
{
    static const char *const thens[] = {"send", "yield", "both", NULL};
    struct rp_spot at = rp_load_key(executor, "target");
    const char *target;
    uint32_t copies = 1, found;
    int64_t least = 0;
    int then;

    RP_TRY(rp_load_word(l, executor, "then", thens, &then));
    RP_TRY(rp_load_int(l, executor, "yield_when_at_least", RP_OPTIONAL, INT64_MIN, &least));
    if (rp_map_has(*json, "yield_when_at_least"))
        RP_TRY(rp_map_put(l->heap, json, "yield_when_at_least", rp_int(least)));
    RP_TRY(rp_load_count(l, executor, "copies", 0, &copies));
    if (rp_map_has(*json, "copies"))
        RP_TRY(rp_map_put(l->heap, json, "copies", rp_int(copies)));
    RP_TRY(rp_load_name(l, executor, "target", RP_OPTIONAL, &target));
    return target ? rp_load_known(l, &at, &d->ids, "executor", target, &found) : RP_OK;
}

static int add_op(struct rp_loader *l, const struct rp_spot *executor, const char *id,
                  struct drawing *d)
{
    struct rp_value json = executor->v;
    const struct op *op;

    RP_TRY(find_op(l, executor, &op));
    RP_TRY(check_keys(l, executor, op));
    RP_TRY(check_own(l, executor, op, &json));
    RP_TRY(check_then(l, executor, d, &json));
    rp_graph_op(d->g, id, json);
    return RP_OK;
}

/* ---- executors ---- */

static int add_agent(struct rp_loader *l, const struct rp_spot *executor, const char *id,
                     struct drawing *d)
{
    static const char *const keys[] = {"id", "agent", "context_mode", NULL};
    static const char *const modes[] = {"full", "last_agent", NULL};
    struct rp_agent_node node = {.id = id};
    int mode;

    RP_TRY(rp_load_keys(l, executor, keys));
    RP_TRY(rp_load_agent_of(l, executor, "agent", RP_REQUIRED, &node.agent));
    RP_TRY(rp_load_word(l, executor, "context_mode", modes, &mode));
    node.context = mode == 0 ? RP_CONTEXT_FULL : RP_CONTEXT_LAST_AGENT;
    rp_graph_agent(d->g, &node);
    return RP_OK;
}

static int add_workflow(struct rp_loader *l, const struct rp_spot *executor, const char *id,
                        struct drawing *d)
{
    static const char *const keys[] = {"id", "workflow", "direct_output", NULL};
    static const char *const patterns[] = {"graph", NULL};
    struct rp_flow_node node = {.id = id};
    struct rp_spot child;
    int which;

    RP_TRY(rp_load_keys(l, executor, keys));
    RP_TRY(rp_load_object(l, executor, "workflow", RP_REQUIRED, &child));
    RP_TRY(rp_load_word(l, &child, "pattern", patterns, &which));
    RP_TRY(rp_load_bool(l, executor, "direct_output", &node.direct_output));
    RP_TRY(rp_load_graph(l, &child, &node.workflow));
    rp_graph_workflow(d->g, &node);
    return RP_OK;
}

typedef int add_fn(struct rp_loader *l, const struct rp_spot *executor, const char *id,
                   struct drawing *d);

static int add_executor(struct rp_loader *l, const struct rp_spot *executor, const char *id,
                        struct drawing *d)
{
    static const char *const kinds[] = {"op", "agent", "workflow", NULL};
    static add_fn *const add[] = {add_op, add_agent, add_workflow};
    int kind;

    RP_TRY(rp_load_one_of(l, executor, kinds, RP_REQUIRED, &kind));
    return add[kind](l, executor, id, d);
}

/* All ids are known before the first executor is added: some name others. */
static int add_executors(struct rp_loader *l, const struct rp_spot *graph, struct drawing *d)
{
    struct rp_spot all;
    const char *id;

    RP_TRY(rp_load_array(l, graph, "executors", RP_REQUIRED, 1, &all));
    RP_TRY(rp_load_index_init(l, &d->ids, rp_len(all.v)));
    for (uint32_t i = 0; i < rp_len(all.v); i++) {
        struct rp_spot executor = rp_load_item(&all, i), at = rp_load_key(&executor, "id");
        RP_TRY(rp_load_is_object(l, &executor));
        RP_TRY(rp_load_name(l, &executor, "id", RP_REQUIRED, &id));
        if (rp_load_index_add(&d->ids, id) != RP_OK)
            return rp_load_fail(l, &at, "there is an executor \"%s\" already", rp_load_show(l, id));
    }
    for (uint32_t i = 0; i < rp_len(all.v); i++) {
        struct rp_spot executor = rp_load_item(&all, i);
        RP_TRY(add_executor(l, &executor, d->ids.name[i], d));
    }
    return RP_OK;
}

/* ---- edges ---- */

/* An executor's id at that spot. */
static int is_end(struct rp_loader *l, const struct drawing *d, const struct rp_spot *spot,
                  const char **out)
{
    uint32_t found;

    RP_TRY(rp_load_is_name(l, spot, out));
    return rp_load_known(l, spot, &d->ids, "executor", *out, &found);
}

static int load_end(struct rp_loader *l, const struct drawing *d, const struct rp_spot *edge,
                    const char *key, const char **out)
{
    struct rp_spot at;

    RP_TRY(rp_load_text(l, edge, key, RP_REQUIRED, &at));
    return is_end(l, d, &at, out);
}

static int load_ends(struct rp_loader *l, const struct drawing *d, const struct rp_spot *edge,
                     const char *key, const char ***out, size_t *n)
{
    struct rp_spot at;
    const char *end;

    RP_TRY(rp_load_array(l, edge, key, RP_REQUIRED, 2, &at));
    RP_TRY(rp_load_are_names(l, &at, out));
    *n = rp_len(at.v);
    for (uint32_t i = 0; i < *n; i++) {
        struct rp_spot item = rp_load_item(&at, i);
        RP_TRY(is_end(l, d, &item, &end));
    }
    return RP_OK;
}

static int add_fan_in(struct rp_loader *l, const struct rp_spot *edge, struct drawing *d)
{
    static const char *const keys[] = {"fan_in", "to", NULL};
    const char **from, *to;
    size_t n;

    RP_TRY(rp_load_keys(l, edge, keys));
    RP_TRY(load_ends(l, d, edge, "fan_in", &from, &n));
    RP_TRY(load_end(l, d, edge, "to", &to));
    rp_graph_fan_in(d->g, from, n, to);
    return RP_OK;
}

/* One of the targets of a selection. */
static int is_target(struct rp_loader *l, const struct rp_spot *rule, const char *id,
                     const char *const *to, size_t n)
{
    struct rp_spot at = rp_load_key(rule, "to");

    for (size_t i = 0; i < n; i++)
        if (strcmp(to[i], id) == 0)
            return RP_OK;
    return rp_load_fail(l, &at, "\"%s\" is not among the edge's own \"to\"; add it there",
                        rp_load_show(l, id));
}

static int add_selection(struct rp_loader *l, const struct rp_spot *edge, const char *from,
                         const char *const *to, size_t n, struct drawing *d)
{
    static const char *const keys[] = {"when", "to", NULL};
    struct rp_spot all;
    struct rp_case *rules;

    RP_TRY(rp_load_array(l, edge, "select", RP_REQUIRED, 1, &all));
    rules = rp_load_take(l, rp_len(all.v), sizeof(*rules));
    if (!rules)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < rp_len(all.v); i++) {
        struct rp_spot rule = rp_load_item(&all, i);
        RP_TRY(rp_load_keys(l, &rule, keys));
        RP_TRY(rp_load_cond(l, &rule, "when", RP_REQUIRED, 1, &rules[i].when));
        RP_TRY(load_end(l, d, &rule, "to", &rules[i].to));
        RP_TRY(is_target(l, &rule, rules[i].to, to, n));
    }
    rp_graph_select_rules(d->g, from, to, n, rules, rp_len(all.v));
    return RP_OK;
}

static int add_many(struct rp_loader *l, const struct rp_spot *edge, struct drawing *d)
{
    static const char *const keys[] = {"from", "to", "select", NULL};
    struct rp_spot select = rp_load_key(edge, "select");
    const char *from, **to;
    size_t n;

    RP_TRY(rp_load_keys(l, edge, keys));
    RP_TRY(load_end(l, d, edge, "from", &from));
    RP_TRY(load_ends(l, d, edge, "to", &to, &n));
    if (rp_load_has(&select))
        return add_selection(l, edge, from, to, n, d);
    rp_graph_fan_out(d->g, from, to, n);
    return RP_OK;
}

static int load_case(struct rp_loader *l, const struct rp_spot *spot, const struct drawing *d,
                     struct rp_case *out, uint32_t *defaults)
{
    static const char *const keys[] = {"when", "to", "default", NULL};
    static const char *const forms[] = {"to", "default", NULL};
    int form;

    RP_TRY(rp_load_keys(l, spot, keys));
    RP_TRY(rp_load_one_of(l, spot, forms, RP_REQUIRED, &form));
    if (form == 0) {
        RP_TRY(rp_load_cond(l, spot, "when", RP_REQUIRED, 1, &out->when));
        return load_end(l, d, spot, "to", &out->to);
    }
    if (rp_map_has(spot->v, "when"))
        return rp_load_fail(l, spot, "\"when\" and \"default\" exclude each other");
    if (++*defaults > 1)
        return rp_load_fail(l, spot, "a switch has one default, this is the second");
    return load_end(l, d, spot, "default", &out->to);
}

static int add_switch(struct rp_loader *l, const struct rp_spot *edge, struct drawing *d)
{
    static const char *const keys[] = {"from", "switch", NULL};
    const char *from;
    struct rp_spot all;
    struct rp_case *cases;
    uint32_t defaults = 0;

    RP_TRY(rp_load_keys(l, edge, keys));
    RP_TRY(load_end(l, d, edge, "from", &from));
    RP_TRY(rp_load_array(l, edge, "switch", RP_REQUIRED, 2, &all));
    cases = rp_load_take(l, rp_len(all.v), sizeof(*cases));
    if (!cases)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < rp_len(all.v); i++) {
        struct rp_spot one = rp_load_item(&all, i);
        RP_TRY(load_case(l, &one, d, cases + i, &defaults));
    }
    if (defaults == 0)
        return rp_load_fail(l, &all, "a switch needs a default: end it with {\"default\": id}");
    rp_graph_switch(d->g, from, cases, rp_len(all.v));
    return RP_OK;
}

static int add_single(struct rp_loader *l, const struct rp_spot *edge, struct drawing *d)
{
    static const char *const keys[] = {"from", "to", "when", NULL};
    struct rp_cond when;
    const char *from, *to;

    RP_TRY(rp_load_keys(l, edge, keys));
    RP_TRY(load_end(l, d, edge, "from", &from));
    RP_TRY(load_end(l, d, edge, "to", &to));
    RP_TRY(rp_load_cond(l, edge, "when", RP_OPTIONAL, 1, &when));
    rp_graph_edge(d->g, from, to, when);
    return RP_OK;
}

static int add_edge(struct rp_loader *l, const struct rp_spot *edge, struct drawing *d)
{
    static const char *const keys[] = {"from", "to", "when", "select", "switch", "fan_in", NULL};
    static const char *const forms[] = {"to", "switch", NULL};
    struct rp_spot to = rp_load_key(edge, "to");
    int form;

    RP_TRY(rp_load_keys(l, edge, keys));
    if (rp_map_has(edge->v, "fan_in"))
        return add_fan_in(l, edge, d);
    RP_TRY(rp_load_one_of(l, edge, forms, RP_REQUIRED, &form));
    if (form == 1)
        return add_switch(l, edge, d);
    if (rp_map_has(edge->v, "select") || to.v.tag == RP_LIST)
        return add_many(l, edge, d);
    return add_single(l, edge, d);
}

static int add_edges(struct rp_loader *l, const struct rp_spot *graph, struct drawing *d)
{
    struct rp_spot all;

    RP_TRY(rp_load_array(l, graph, "edges", RP_OPTIONAL, 0, &all));
    for (uint32_t i = 0; i < rp_len(all.v); i++) {
        struct rp_spot edge = rp_load_item(&all, i);
        RP_TRY(add_edge(l, &edge, d));
    }
    return RP_OK;
}

/* ---- graphs ---- */

static int draw(struct rp_loader *l, const struct rp_spot *graph, struct drawing *d)
{
    const char *start;

    RP_TRY(add_executors(l, graph, d));
    RP_TRY(load_end(l, d, graph, "start", &start));
    rp_graph_start(d->g, start);
    return add_edges(l, graph, d);
}

int rp_load_graph(struct rp_loader *l, const struct rp_spot *graph, struct rp_workflow **out)
{
    static const char *const keys[] = {
        "pattern", "name",           "start",       "executors",
        "edges",   "max_iterations", "output_from", "intermediate_output_from",
        NULL};
    struct rp_graph_opts opts = {0};
    struct rp_error said = {0};
    struct drawing d = {0};

    RP_TRY(rp_load_keys(l, graph, keys));
    RP_TRY(rp_load_name(l, graph, "name", RP_OPTIONAL, &opts.name));
    RP_TRY(rp_load_count(l, graph, "max_iterations", 1, &opts.max_iterations));
    RP_TRY(rp_load_outputs(l, graph, &opts.outputs, &opts.intermediates));
    d.g = rp_graph(l->kit, &opts);
    if (!d.g)
        return RP_ENOMEM;
    RP_TRY(draw(l, graph, &d));
    *out = rp_graph_build(d.g, &said);
    return rp_load_built(l, graph, *out, &said);
}
