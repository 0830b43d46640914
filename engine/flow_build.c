/* flow_build.c - owns the graph builder's edges and the building itself: what was given by name
 * becomes a workflow of indexes. Nodes are flow_node.c's. */
#include "base/keys.h"
#include "flow_build.h"
#include "place.h"

#include <string.h>

/* ---- the first error ---- */

/* The kit is told too: what is made of this graph later must not take it for a mistake. */
int rp_graph_lost(struct rp_graph *g)
{
    g->kit->heap.failed = RP_ENOMEM;
    if (g->err.status == RP_OK)
        rp_fail_at(&g->err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    return RP_ENOMEM;
}

void rp_graph_fail(struct rp_graph *g, const char *where, const char *format, const char *a,
                   const char *b)
{
    if (g && g->err.status == RP_OK)
        rp_fail_at(&g->err, RP_EBUILD, where, format, a, b);
}

const char *rp_graph_place(struct rp_graph *g, const char *from, const char *to)
{
    struct rp_value place = rp_text_join(
        &g->kit->heap, (struct rp_str[]){rp_str(from), rp_str(" -> "), rp_str(to), {NULL, 0}});

    return place.tag == RP_TEXT ? place.u.text->s : from;
}

void rp_graph_say(struct rp_graph *g, const char *where, const char *reason)
{
    rp_graph_fail(g, where, "%s%s", reason, "");
}

int rp_graph_broken(const struct rp_graph *g)
{
    return !g || g->err.status != RP_OK || g->spent;
}

/* ---- copies in the kit ---- */

const char *rp_graph_string(struct rp_graph *g, const char *z)
{
    const char *copy = rp_kit_string(g->kit, z);

    if (z && !copy)
        rp_graph_lost(g);
    return copy;
}

/* Of a name that must be there: never NULL. */
static const char *string(struct rp_graph *g, const char *z)
{
    const char *copy = rp_graph_string(g, z);

    return copy ? copy : "";
}

static void *take(struct rp_graph *g, size_t n, size_t size)
{
    void *memory = n <= UINT32_MAX ? rp_kit_take(g->kit, n * size) : NULL;

    if (!memory)
        rp_graph_lost(g);
    return memory;
}

static const char **strings(struct rp_graph *g, const char *const *z, size_t n)
{
    const char **copy = take(g, n, sizeof(*copy));

    for (size_t i = 0; copy && i < n; i++)
        copy[i] = string(g, z[i]);
    return copy;
}

static struct rp_names names(struct rp_graph *g, const struct rp_names *given)
{
    struct rp_names copy = *given;

    if (copy.pick != RP_PICK_LIST)
        return (struct rp_names){.pick = copy.pick};
    copy.names = strings(g, given->names, given->n);
    if (!copy.names)
        copy.n = 0;
    return copy;
}

/* ---- opening ---- */

enum { SUPERSTEPS_DEFAULT = 100 };

struct rp_graph *rp_graph(struct rp_kit *kit, const struct rp_graph_opts *opts)
{
    struct rp_graph *g = rp_kit_take(kit, sizeof(*g));

    if (!g)
        return NULL;
    g->kit = kit;
    g->max_iterations = SUPERSTEPS_DEFAULT;
    if (!opts)
        return g;
    if (opts->max_iterations > 0)
        g->max_iterations = opts->max_iterations;
    g->name = rp_graph_string(g, opts->name);
    rp_graph_outputs(g, &opts->outputs, &opts->intermediates);
    return g;
}

struct rp_kit *rp_graph_kit(struct rp_graph *g)
{
    return g ? g->kit : NULL;
}

void rp_graph_outputs(struct rp_graph *g, const struct rp_names *outputs,
                      const struct rp_names *intermediates)
{
    if (rp_graph_broken(g))
        return;
    g->outputs = names(g, outputs);
    g->intermediates = names(g, intermediates);
}

void rp_graph_start(struct rp_graph *g, const char *id)
{
    if (!rp_graph_broken(g))
        g->start = string(g, id);
}

/* ---- edges ---- */

/* Checks a condition and makes it the kit's own. edge is for errors. */
static void keep_condition(struct rp_graph *g, struct rp_cond *cond, const char *from,
                           const char *to)
{
    struct rp_error why;

    if (cond->json.tag == RP_BAD)
        rp_graph_lost(g);
    cond->name = rp_graph_string(g, cond->name);
    if (cond->fn || cond->json.tag == RP_NIL || rp_graph_broken(g))
        return;
    if (rp_cond_check(cond->json, 1, &why) != RP_OK)
        rp_graph_fail(g, rp_graph_place(g, from, to),
                      why.where[0] ? "CONDITION: at %s: %s" : "CONDITION: %s%s", why.where,
                      why.text);
}

static int is_condition(const struct rp_cond *cond)
{
    return cond->fn || cond->json.tag != RP_NIL;
}

/* A group with these ends, entered in the list; NULL on error. */
static struct rp_link *add_link(struct rp_graph *g, enum rp_group_kind kind,
                                const char *const *from, size_t n_from, const char *const *to,
                                size_t n_to)
{
    struct rp_link *link;

    if (n_from > RP_EXECUTORS_MAX || n_to > RP_EXECUTORS_MAX)
        rp_graph_say(g, from[0],
                     "EDGE_ARITY: an edge group has more ends than a workflow may have "
                     "executors; leave some out");
    if (rp_graph_broken(g))
        return NULL;
    if (g->n_links == g->links_size) {
        uint32_t size = g->links_size ? 2 * g->links_size : 8;
        struct rp_link *more = take(g, size, sizeof(*more));
        if (!more)
            return NULL;
        if (g->n_links > 0)
            memcpy(more, g->link, g->n_links * sizeof(*more));
        g->link = more;
        g->links_size = size;
    }
    link = &g->link[g->n_links];
    memset(link, 0, sizeof(*link));
    link->g.kind = kind;
    link->g.default_to = RP_NO_NODE;
    link->g.n_from = (uint32_t)n_from;
    link->g.n_to = (uint32_t)n_to;
    link->from = strings(g, from, n_from);
    link->to = strings(g, to, n_to);
    if (rp_graph_broken(g))
        return NULL;
    g->n_links++;
    return link;
}

void rp_graph_edge(struct rp_graph *g, const char *from, const char *to, struct rp_cond when)
{
    struct rp_link *link;

    if (rp_graph_broken(g))
        return;
    keep_condition(g, &when, from, to);
    link = add_link(g, RP_SINGLE, &from, 1, &to, 1);
    if (link)
        link->g.when = when;
}

void rp_graph_chain(struct rp_graph *g, const char *const *ids, size_t n)
{
    if (rp_graph_broken(g))
        return;
    if (n < 2)
        rp_graph_say(g, n == 1 ? ids[0] : "", "EDGE_ARITY: a chain needs two executors or more");
    for (size_t i = 1; i < n; i++)
        rp_graph_edge(g, ids[i - 1], ids[i], (struct rp_cond){0});
}

/* Are there two ends or more? */
static int enough(struct rp_graph *g, const char *where, size_t n, const char *reason)
{
    if (!rp_graph_broken(g) && n < 2)
        rp_graph_say(g, where, reason);
    return !rp_graph_broken(g);
}

void rp_graph_fan_out(struct rp_graph *g, const char *from, const char *const *to, size_t n)
{
    if (enough(g, from, n, "EDGE_ARITY: a fan-out needs two targets or more; use an edge for one"))
        add_link(g, RP_FAN_OUT, &from, 1, to, n);
}

void rp_graph_fan_in(struct rp_graph *g, const char *const *from, size_t n, const char *to)
{
    if (enough(g, to, n, "EDGE_ARITY: a fan-in needs two sources or more; use an edge for one"))
        add_link(g, RP_FAN_IN, from, n, &to, 1);
}

#define TOO_FEW_TO_SELECT                                                                          \
    "EDGE_ARITY: a selection needs two targets or more; use an edge with a condition for one"

void rp_graph_select(struct rp_graph *g, const char *from, const char *const *to, size_t n,
                     rp_select_fn *select, void *self, const char *name)
{
    struct rp_link *link;

    if (!enough(g, from, n, TOO_FEW_TO_SELECT))
        return;
    if (!select)
        rp_graph_say(g, from, "SELECTION: a selection has no function; give one, or rules");
    link = add_link(g, RP_SELECT, &from, 1, to, n);
    if (!link)
        return;
    link->g.select = select;
    link->g.self = self;
    link->g.name = rp_graph_string(g, name);
}

/* ---- rules ---- */

static int room_for_rules(struct rp_graph *g, struct rp_link *link, size_t n)
{
    link->g.rule = take(g, n, sizeof(*link->g.rule));
    link->rule_to = take(g, n, sizeof(*link->rule_to));
    return link->g.rule && link->rule_to;
}

static void add_rule(struct rp_graph *g, struct rp_link *link, const struct rp_case *rule)
{
    struct rp_cond *when = &link->g.rule[link->g.n_rules];

    *when = rule->when;
    keep_condition(g, when, link->from[0], rule->to);
    link->rule_to[link->g.n_rules++] = string(g, rule->to);
}

static int is_target(const struct rp_link *link, const char *id)
{
    for (uint32_t i = 0; i < link->g.n_to; i++)
        if (rp_str_equal(rp_str(link->to[i]), rp_str(id)))
            return 1;
    return 0;
}

void rp_graph_select_rules(struct rp_graph *g, const char *from, const char *const *to, size_t n,
                           const struct rp_case *rules, size_t n_rules)
{
    struct rp_link *link;

    if (!enough(g, from, n, TOO_FEW_TO_SELECT))
        return;
    link = add_link(g, RP_SELECT, &from, 1, to, n);
    if (!link || !room_for_rules(g, link, n_rules))
        return;
    for (size_t i = 0; i < n_rules && !rp_graph_broken(g); i++) {
        if (!is_target(link, rules[i].to))
            rp_graph_fail(g, rp_graph_place(g, from, rules[i].to),
                          "EXECUTOR_UNKNOWN: a rule of the selection leads to \"%s\", which is "
                          "none of its targets; list it among them%s",
                          rules[i].to, "");
        add_rule(g, link, &rules[i]);
    }
}

static size_t count_defaults(const struct rp_case *cases, size_t n)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++)
        found += !is_condition(&cases[i].when);
    return found;
}

static const char **targets_of(struct rp_graph *g, const struct rp_case *cases, size_t n)
{
    const char **to = take(g, n, sizeof(*to));

    for (size_t i = 0; to && i < n; i++)
        to[i] = cases[i].to;
    return to;
}

/* Cases behind the default are targets that nothing reaches (R-EDGE-3). */
void rp_graph_switch(struct rp_graph *g, const char *from, const struct rp_case *cases, size_t n)
{
    struct rp_link *link = NULL;
    const char **to;

    if (!enough(g, from, n, "EDGE_ARITY: a switch needs two cases or more, a default among them"))
        return;
    if (count_defaults(cases, n) != 1)
        rp_graph_say(g, from,
                     "EDGE_ARITY: a switch needs exactly one default, a case without condition");
    to = rp_graph_broken(g) ? NULL : targets_of(g, cases, n);
    if (to)
        link = add_link(g, RP_SWITCH, &from, 1, to, n);
    if (!link || !room_for_rules(g, link, n))
        return;
    for (size_t i = 0; i < n && !rp_graph_broken(g); i++) {
        if (!is_condition(&cases[i].when)) {
            link->default_to = string(g, cases[i].to);
        } else if (!link->default_to) {
            add_rule(g, link, &cases[i]);
        } else {
            struct rp_cond unused = cases[i].when;
            keep_condition(g, &unused, from, cases[i].to);
        }
    }
}

/* ---- building ---- */

static uint32_t resolve(struct rp_graph *g, const struct rp_workflow *w, const char *where,
                        const char *id)
{
    uint32_t i = rp_workflow_find(w, id, rp_str(id).n);
    const char **known, *meant;

    if (i != RP_NO_NODE)
        return i;
    known = take(g, w->n_nodes, sizeof(*known));
    for (uint32_t k = 0; known && k < w->n_nodes; k++)
        known[k] = w->node[k].id;
    meant = known ? rp_meant(rp_str(id), known, w->n_nodes) : NULL;
    rp_graph_fail(g, where,
                  meant ? "EXECUTOR_UNKNOWN: no executor is named \"%s\"; did you mean \"%s\"?"
                        : "EXECUTOR_UNKNOWN: no executor is named \"%s\"; add it%s",
                  id, meant ? meant : "");
    return RP_NO_NODE;
}

static uint32_t *resolve_all(struct rp_graph *g, const struct rp_workflow *w,
                             const struct rp_link *link, const char *const *id, uint32_t n)
{
    uint32_t *index = take(g, n, sizeof(*index));

    for (uint32_t i = 0; index && i < n && !rp_graph_broken(g); i++) {
        index[i] = rp_workflow_find(w, id[i], rp_str(id[i]).n);
        if (index[i] == RP_NO_NODE) {
            const char *from = id == link->from ? id[i] : link->from[0];
            const char *to = id == link->from ? link->to[0] : id[i];
            resolve(g, w, rp_graph_place(g, from, to), id[i]);
        }
    }
    return index;
}

static int make_group(struct rp_graph *g, struct rp_workflow *w, const struct rp_link *link)
{
    struct rp_group *group = &w->group[w->n_groups];

    *group = link->g;
    group->from = resolve_all(g, w, link, link->from, group->n_from);
    group->to = resolve_all(g, w, link, link->to, group->n_to);
    group->rule_to = resolve_all(g, w, link, link->rule_to, group->n_rules);
    if (link->default_to)
        group->default_to = rp_workflow_find(w, link->default_to, rp_str(link->default_to).n);
    if (rp_graph_broken(g))
        return g->err.status;
    if (group->kind == RP_FAN_IN) {
        group->join = w->n_joins;
        w->join_group[w->n_joins++] = w->n_groups;
    }
    w->n_groups++;
    return RP_OK;
}

static int make_groups(struct rp_graph *g, struct rp_workflow *w)
{
    w->group = take(g, g->n_links, sizeof(*w->group));
    w->join_group = take(g, g->n_links, sizeof(*w->join_group));
    if (rp_graph_broken(g))
        return g->err.status;
    for (uint32_t i = 0; i < g->n_links; i++)
        RP_TRY(make_group(g, w, &g->link[i]));
    return RP_OK;
}

/* So that names are found quickly, and signatures do not depend on the order of declaration. */
static int sort_ids(struct rp_graph *g, struct rp_workflow *w)
{
    struct rp_value *pair = take(g, 2 * (size_t)w->n_nodes, sizeof(*pair));
    uint32_t few[RP_KEYS_FEW], *sorted;

    w->by_id = take(g, w->n_nodes, sizeof(*w->by_id));
    if (rp_graph_broken(g))
        return g->err.status;
    for (uint32_t i = 0; i < w->n_nodes; i++)
        pair[2 * i] = w->node[i].id_text;
    sorted = rp_keys_sorted(&g->kit->alloc, pair, w->n_nodes, few);
    if (!sorted)
        return rp_graph_lost(g);
    if (w->n_nodes > 0)
        memcpy(w->by_id, sorted, w->n_nodes * sizeof(*sorted));
    rp_keys_free(&g->kit->alloc, sorted, w->n_nodes);
    return RP_OK;
}

/* The groups of each source, in order of registration. */
static int list_groups(struct rp_graph *g, struct rp_workflow *w)
{
    size_t n = 0;
    uint32_t *all;

    for (uint32_t i = 0; i < w->n_groups; i++) {
        for (uint32_t k = 0; k < w->group[i].n_from; k++)
            w->node[w->group[i].from[k]].n_groups++;
        n += w->group[i].n_from;
    }
    all = take(g, n, sizeof(*all));
    if (!all)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        w->node[i].groups = all;
        all += w->node[i].n_groups;
        w->node[i].n_groups = 0;
    }
    for (uint32_t i = 0; i < w->n_groups; i++) {
        for (uint32_t k = 0; k < w->group[i].n_from; k++) {
            struct rp_node *node = &w->node[w->group[i].from[k]];
            node->groups[node->n_groups++] = i;
        }
    }
    return RP_OK;
}

/* "graph:" and the executors' ids in order of declaration (decision 12). */
static const char *derived_name(struct rp_graph *g)
{
    struct rp_str *part = take(g, 2 * (size_t)g->n_nodes + 1, sizeof(*part));
    struct rp_value name = rp_bad();

    if (part) {
        for (uint32_t i = 0; i < g->n_nodes; i++) {
            part[2 * i] = rp_str(i == 0 ? "graph:" : ",");
            part[2 * i + 1] = rp_str(g->node[i].id);
        }
        name = rp_text_join(&g->kit->heap, part);
    }
    if (name.tag == RP_BAD)
        rp_graph_lost(g);
    return name.tag == RP_TEXT ? name.u.text->s : "";
}

static int assemble(struct rp_graph *g, struct rp_workflow *w)
{
    w->kit = g->kit;
    w->max_iterations = g->max_iterations;
    w->node = g->node;
    w->n_nodes = g->n_nodes;
    w->agent = g->agent;
    w->n_agents = g->n_agents;
    w->depth = g->depth + 1;
    RP_TRY(sort_ids(g, w));
    RP_TRY(make_groups(g, w));
    RP_TRY(list_groups(g, w));
    RP_TRY(rp_flow_check(g, w));
    w->name = g->name ? g->name : derived_name(g);
    return rp_flow_sign(w) == RP_OK ? RP_OK : rp_graph_lost(g);
}

struct rp_workflow *rp_graph_build(struct rp_graph *g, struct rp_error *err)
{
    struct rp_workflow *w = NULL;

    if (!g) {
        rp_fail_at(err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
        return NULL;
    }
    if (g->spent)
        rp_graph_say(g, "", "the graph was built already; start a new one");
    else if (!rp_graph_broken(g) && (w = take(g, 1, sizeof(*w))))
        assemble(g, w);
    g->spent = 1;
    if (g->err.status == RP_OK)
        return w;
    if (err)
        *err = g->err;
    return NULL;
}
