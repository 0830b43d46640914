/* draw.c - walks a workflow and the workflows in it; what a node or an arrow looks like in one of
 * the two forms is said by the small functions at its head. */
#include "draw.h"

#include <string.h>

struct draw {
    struct rp_buf *out;
    enum rp_draw form;
    struct rp_alloc alloc;
    int handoff; /* arrows that are no routes of the handoff only spread messages */
};

/* One level: a workflow, what the file says of it, and where it stands. */
struct level {
    const struct rp_workflow *w;
    struct rp_value json; /* nil where nothing more is known */
    const char *prefix;   /* of its nodes' names */
    unsigned depth;
};

enum line { LINE_PLAIN, LINE_CHOICE, LINE_ALL, LINE_SPREAD };

/* ---- writing --------------------------------------------------------------------------------- */

static int indent(struct draw *d, unsigned depth)
{
    for (unsigned i = 0; i <= depth; i++)
        RP_TRY(rp_buf_addz(d->out, "    "));
    return RP_OK;
}

/* A label between quotes, in the escapes of the form. */
static int add_label(struct draw *d, struct rp_str s)
{
    RP_TRY(rp_buf_addc(d->out, '"'));
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i];
        if (d->form == RP_DRAW_DOT && (c == '"' || c == '\\'))
            RP_TRY(rp_buf_addc(d->out, '\\'));
        if (d->form == RP_DRAW_MERMAID && (c == '"' || c == '#'))
            RP_TRY(rp_buf_addz(d->out, c == '"' ? "#quot;" : "#35;"));
        else if (d->form == RP_DRAW_MERMAID && (c == '<' || c == '>'))
            RP_TRY(rp_buf_addz(d->out, c == '<' ? "#lt;" : "#gt;"));
        else
            RP_TRY(rp_buf_addc(d->out, (unsigned char)c < 0x20 ? ' ' : c));
    }
    return rp_buf_addc(d->out, '"');
}

static int add_node_name(struct draw *d, const struct level *l, uint32_t i)
{
    RP_TRY(rp_buf_addz(d->out, l->prefix));
    return rp_buf_add_int(d->out, i);
}

/* ---- conditions in words --------------------------------------------------------------------- */

static int add_test(struct rp_buf *b, struct rp_value test)
{
    static const char *const words[][2] = {
        {"equals", "= "}, {"contains", "contains "}, {"less_than", "< "}, {"at_least", ">= "}};

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (rp_map_has(test, words[i][0])) {
            RP_TRY(rp_buf_addz(b, words[i][1]));
            return rp_json_write(b, rp_map_get(test, words[i][0]), 0);
        }
    }
    return rp_json_write(b, test, 0);
}

/* The rule of a switch or a selection that leads to a node; nil when there is none. */
static struct rp_value rule_to(struct rp_value rules, const char *to)
{
    for (uint32_t i = 0; i < rp_len(rules); i++) {
        if (rp_is_text(rp_map_get(rp_at(rules, i), "to"), to))
            return rp_at(rules, i);
    }
    return rp_nil();
}

/* What the file says of the n-th group of edges. */
static struct rp_value edge_json(const struct level *l, uint32_t n)
{
    struct rp_value edges = rp_map_get(l->json, "edges");

    return n < rp_len(edges) ? rp_at(edges, n) : rp_nil();
}

/* Why a message goes along this edge; nothing when it always does. */
static int add_reason(struct rp_buf *b, const struct rp_edge_view *e, struct rp_value json)
{
    struct rp_value test = rp_map_get(json, "when");

    if (e->is_default)
        return rp_buf_addz(b, "else");
    if (e->kind == RP_SWITCH)
        test = rp_map_get(rule_to(rp_map_get(json, "switch"), e->to), "when");
    if (e->kind == RP_SELECT)
        test = rp_map_get(rule_to(rp_map_get(json, "select"), e->to), "when");
    if (test.tag == RP_MAP)
        return add_test(b, test);
    return e->conditional ? rp_buf_addz(b, "if") : RP_OK;
}

/* Can `from` hand over to `to`? */
static int is_route(struct rp_value json, const char *from, const char *to)
{
    struct rp_value routes = rp_map_get(json, "handoffs");

    if (routes.tag != RP_LIST)
        return 1;
    for (uint32_t i = 0; i < rp_len(routes); i++) {
        struct rp_value targets = rp_map_get(rp_at(routes, i), "to");
        if (!rp_is_text(rp_map_get(rp_at(routes, i), "from"), from))
            continue;
        for (uint32_t k = 0; k < rp_len(targets); k++) {
            if (rp_is_text(rp_at(targets, k), to))
                return 1;
        }
    }
    return 0;
}

/* ---- arrows ---------------------------------------------------------------------------------- */

static uint32_t find(const struct rp_workflow *w, const char *id)
{
    uint32_t n = rp_workflow_executors(w);

    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(rp_workflow_executor(w, i), id) == 0)
            return i;
    }
    return n;
}

/* Graphviz draws arrows between nodes alone; one at a nested workflow ends at its frame. */
static int add_end(struct draw *d, const struct level *l, uint32_t i)
{
    const struct rp_workflow *w = rp_workflow_child(l->w, i);

    RP_TRY(add_node_name(d, l, i));
    while (d->form == RP_DRAW_DOT && w) {
        uint32_t start = rp_workflow_start(w);
        RP_TRY(rp_buf_addc(d->out, '_'));
        RP_TRY(rp_buf_add_int(d->out, start));
        w = rp_workflow_child(w, start);
    }
    return RP_OK;
}

static int add_frame_end(struct draw *d, const struct level *l, const char *what, uint32_t i)
{
    if (i >= rp_workflow_executors(l->w) || !rp_workflow_child(l->w, i))
        return RP_OK;
    RP_TRY(rp_buf_addz(d->out, what));
    RP_TRY(rp_buf_addz(d->out, "=cluster_"));
    RP_TRY(add_node_name(d, l, i));
    return rp_buf_addz(d->out, ", ");
}

static int add_mermaid_line(struct draw *d, enum line line, struct rp_str reason)
{
    static const char *const arrows[] = {" --> ", " -.-> ", " ==> ", " -.- "};
    static const char *const labelled[] = {" -->|", " -.->|", " ==>|", " -.-|"};

    if (reason.n == 0)
        return rp_buf_addz(d->out, arrows[line]);
    RP_TRY(rp_buf_addz(d->out, labelled[line]));
    RP_TRY(add_label(d, reason));
    return rp_buf_addz(d->out, "| ");
}

static int add_dot_style(struct draw *d, enum line line, struct rp_str reason)
{
    static const char *const styles[] = {"solid", "dashed", "bold", "dotted, arrowhead=none"};

    if (reason.n > 0) {
        RP_TRY(rp_buf_addz(d->out, "label="));
        RP_TRY(add_label(d, reason));
        RP_TRY(rp_buf_addz(d->out, ", "));
    }
    RP_TRY(rp_buf_addz(d->out, "style="));
    return rp_buf_addz(d->out, styles[line]);
}

/* Ends are nodes, or joins where `from_join` or `to_join` says so. */
struct arrow {
    uint32_t from, to;
    int from_join, to_join;
    enum line line;
    struct rp_str reason;
};

static int add_join_name(struct draw *d, const struct level *l, uint32_t group)
{
    RP_TRY(rp_buf_addz(d->out, l->prefix));
    RP_TRY(rp_buf_addz(d->out, "join"));
    return rp_buf_add_int(d->out, group);
}

static int add_arrow(struct draw *d, const struct level *l, const struct arrow *a)
{
    RP_TRY(indent(d, l->depth));
    RP_TRY(a->from_join ? add_join_name(d, l, a->from) : add_end(d, l, a->from));
    if (d->form == RP_DRAW_MERMAID)
        RP_TRY(add_mermaid_line(d, a->line, a->reason));
    else
        RP_TRY(rp_buf_addz(d->out, " -> "));
    RP_TRY(a->to_join ? add_join_name(d, l, a->to) : add_end(d, l, a->to));
    if (d->form == RP_DRAW_MERMAID)
        return rp_buf_addc(d->out, '\n');
    RP_TRY(rp_buf_addz(d->out, " ["));
    if (!a->from_join)
        RP_TRY(add_frame_end(d, l, "ltail", a->from));
    if (!a->to_join)
        RP_TRY(add_frame_end(d, l, "lhead", a->to));
    RP_TRY(add_dot_style(d, a->line, a->reason));
    return rp_buf_addz(d->out, "];\n");
}

static int add_join(struct draw *d, const struct level *l, const struct rp_edge_view *e)
{
    struct arrow out = {.from = e->group, .from_join = 1, .to = find(l->w, e->to)};

    RP_TRY(indent(d, l->depth));
    RP_TRY(add_join_name(d, l, e->group));
    RP_TRY(rp_buf_addz(d->out, d->form == RP_DRAW_MERMAID ? "{{\"all\"}}\n"
                                                          : " [label=\"all\", shape=hexagon];\n"));
    return add_arrow(d, l, &out);
}

static enum line line_of(const struct draw *d, const struct level *l, const struct rp_edge_view *e)
{
    if (d->handoff)
        return is_route(l->json, e->from, e->to) ? LINE_PLAIN : LINE_SPREAD;
    if (e->kind == RP_FAN_OUT)
        return LINE_ALL;
    return e->kind == RP_SELECT || e->kind == RP_SWITCH ? LINE_CHOICE : LINE_PLAIN;
}

static int add_edge(struct draw *d, const struct level *l, const struct rp_edge_view *e,
                    uint32_t nth)
{
    struct arrow a = {.from = find(l->w, e->from), .to = find(l->w, e->to)};
    struct rp_buf reason;
    int rc;

    if (e->kind == RP_FAN_IN) {
        a.to = e->group;
        a.to_join = 1;
    }
    rp_buf_init(&reason, &d->alloc, RP_TEXT_MAX);
    rc = add_reason(&reason, e, edge_json(l, nth));
    a.line = line_of(d, l, e);
    a.reason = (struct rp_str){reason.s, reason.n};
    if (rc == RP_OK)
        rc = add_arrow(d, l, &a);
    rp_buf_free(&reason);
    return rc;
}

static int add_edges(struct draw *d, const struct level *l)
{
    uint32_t n = rp_workflow_edges(l->w), nth = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct rp_edge_view e = rp_workflow_edge(l->w, i);
        int opens = i == 0 || e.group != rp_workflow_edge(l->w, i - 1).group;
        if (opens && i > 0)
            nth++;
        if (opens && e.kind == RP_FAN_IN)
            RP_TRY(add_join(d, l, &e));
        RP_TRY(add_edge(d, l, &e, nth));
    }
    return RP_OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* What stands in a node: its id, and what it is where that says more. */
static int add_caption(struct draw *d, const struct level *l, uint32_t i)
{
    static const char *const designations[] = {"", ", output", ", intermediate"};
    struct rp_buf b;
    int rc;

    rp_buf_init(&b, &d->alloc, RP_TEXT_MAX);
    rc = rp_buf_addz(&b, rp_workflow_executor(l->w, i));
    if (rc == RP_OK)
        rc = rp_buf_addz(&b, " (");
    if (rc == RP_OK)
        rc = rp_buf_addz(&b, rp_workflow_executor_type(l->w, i));
    if (rc == RP_OK)
        rc = rp_buf_addz(&b, designations[rp_workflow_designation(l->w, i)]);
    if (rc == RP_OK)
        rc = rp_buf_addc(&b, ')');
    if (rc == RP_OK)
        rc = add_label(d, (struct rp_str){b.s, b.n});
    rp_buf_free(&b);
    return rc;
}

static int add_plain_node(struct draw *d, const struct level *l, uint32_t i)
{
    int output = rp_workflow_designation(l->w, i) == 1;

    RP_TRY(indent(d, l->depth));
    RP_TRY(add_node_name(d, l, i));
    if (d->form == RP_DRAW_DOT) {
        RP_TRY(rp_buf_addz(d->out, " [label="));
        RP_TRY(add_caption(d, l, i));
        return rp_buf_addz(d->out, output ? ", peripheries=2];\n" : "];\n");
    }
    RP_TRY(rp_buf_addz(d->out, output ? "[[" : "["));
    RP_TRY(add_caption(d, l, i));
    return rp_buf_addz(d->out, output ? "]]\n" : "]\n");
}

static int add_level(struct draw *d, const struct level *l);

/* What the file says of a nested workflow. */
static struct rp_value child_json(const struct level *l, uint32_t i)
{
    struct rp_value executors = rp_map_get(l->json, "executors");

    for (uint32_t k = 0; k < rp_len(executors); k++) {
        if (rp_is_text(rp_map_get(rp_at(executors, k), "id"), rp_workflow_executor(l->w, i)))
            return rp_map_get(rp_at(executors, k), "workflow");
    }
    return rp_nil();
}

static int add_inside(struct draw *d, const struct level *l, uint32_t i)
{
    struct level inner = {rp_workflow_child(l->w, i), child_json(l, i), NULL, l->depth + 1};
    struct rp_buf prefix;
    int rc;

    rp_buf_init(&prefix, &d->alloc, 4096);
    rc = rp_buf_addz(&prefix, l->prefix);
    if (rc == RP_OK)
        rc = rp_buf_add_int(&prefix, i);
    if (rc == RP_OK)
        rc = rp_buf_addc(&prefix, '_');
    inner.prefix = prefix.s;
    if (rc == RP_OK)
        rc = add_level(d, &inner);
    rp_buf_free(&prefix);
    return rc;
}

static int add_nested(struct draw *d, const struct level *l, uint32_t i)
{
    int dot = d->form == RP_DRAW_DOT;

    RP_TRY(indent(d, l->depth));
    RP_TRY(rp_buf_addz(d->out, dot ? "subgraph cluster_" : "subgraph "));
    RP_TRY(add_node_name(d, l, i));
    RP_TRY(rp_buf_addz(d->out, dot ? " {\n" : "["));
    if (dot) {
        RP_TRY(indent(d, l->depth + 1));
        RP_TRY(rp_buf_addz(d->out, "label="));
    }
    RP_TRY(add_caption(d, l, i));
    RP_TRY(rp_buf_addz(d->out, dot ? ";\n" : "]\n"));
    RP_TRY(add_inside(d, l, i));
    RP_TRY(indent(d, l->depth));
    return rp_buf_addz(d->out, dot ? "}\n" : "end\n");
}

/* A dot from which the start is reached. */
static int add_start(struct draw *d, const struct level *l)
{
    struct arrow a = {.to = rp_workflow_start(l->w)};

    RP_TRY(indent(d, l->depth));
    RP_TRY(rp_buf_addz(d->out, l->prefix));
    if (d->form == RP_DRAW_MERMAID) {
        RP_TRY(rp_buf_addz(d->out, "start((\"start\")) --> "));
        RP_TRY(add_end(d, l, a.to));
        return rp_buf_addc(d->out, '\n');
    }
    RP_TRY(rp_buf_addz(d->out, "start [label=\"start\", shape=circle]; "));
    RP_TRY(rp_buf_addz(d->out, l->prefix));
    RP_TRY(rp_buf_addz(d->out, "start -> "));
    RP_TRY(add_end(d, l, a.to));
    RP_TRY(rp_buf_addz(d->out, " ["));
    RP_TRY(add_frame_end(d, l, "lhead", a.to));
    return rp_buf_addz(d->out, "style=solid];\n");
}

static int add_level(struct draw *d, const struct level *l)
{
    for (uint32_t i = 0; i < rp_workflow_executors(l->w); i++)
        RP_TRY(rp_workflow_child(l->w, i) ? add_nested(d, l, i) : add_plain_node(d, l, i));
    RP_TRY(add_start(d, l));
    return add_edges(d, l);
}

/* ---- the drawing ----------------------------------------------------------------------------- */

int rp_draw(struct rp_buf *out, const struct rp_scenario *scenario, enum rp_draw form)
{
    struct draw d = {.out = out, .form = form, .alloc = out->alloc};
    struct level top = {scenario->workflow, rp_map_get(scenario->json, "workflow"), "n", 0};
    const char *title = scenario->name ? scenario->name : scenario->pattern;

    d.handoff = strcmp(scenario->pattern, "handoff") == 0;
    RP_TRY(rp_buf_addz(out, form == RP_DRAW_DOT ? "digraph " : "---\ntitle: "));
    if (form == RP_DRAW_DOT)
        RP_TRY(add_label(&d, rp_str(title)));
    else
        RP_TRY(rp_json_write_str(out, rp_str(title))); /* a string of YAML, too */
    if (form == RP_DRAW_DOT)
        RP_TRY(rp_buf_addz(out, " {\n    compound=true;\n    node [shape=box];\n"));
    else
        RP_TRY(rp_buf_addz(out, "\n---\nflowchart TD\n"));
    RP_TRY(add_level(&d, &top));
    return form == RP_DRAW_DOT ? rp_buf_addz(out, "}\n") : RP_OK;
}
