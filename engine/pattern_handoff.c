/* pattern_handoff.c - builder of handoff workflows (R-HO-1 to 3): every agent, its hand-over tools,
 * and edges to all others. */
#include "pattern.h"

#define PROMPT     "Nobody is there to answer. Go on by yourself as well as you can."
#define TURN_LIMIT 50
#define TEXTS      (RP_BIT(RP_TEXT) | RP_BIT(RP_K_MESSAGE))

struct target {
    const char *description; /* NULL: the target's own, or generated */
    int on;
};

/* Which participants i can hand over to: as configured, else all others (R-HO-2). */
static void targets_of(struct rp_pattern *p, const struct rp_handoff_opts *o, uint32_t i,
                       struct target *t)
{
    for (uint32_t k = 0; k < p->n; k++)
        t[k] = (struct target){NULL, o->n_routes == 0 && k != i};
    for (size_t r = 0; r < o->n_routes; r++)
        for (size_t k = 0; rp_same(o->routes[r].from, p->id[i]) && k < o->routes[r].n; k++) {
            uint32_t to = rp_pattern_find(p, o->routes[r].to[k]);
            if (to < p->n)
                t[to] = (struct target){o->routes[r].description, 1};
        }
}

static const char *joined(struct rp_pattern *p, const char *a, const char *b, const char *c)
{
    struct rp_value v =
        rp_text_join(&p->kit->heap, (struct rp_str[]){rp_str(a), rp_str(b), rp_str(c), {NULL, 0}});
    return v.tag == RP_TEXT ? v.u.text->s : NULL;
}

static void check_clash(struct rp_pattern *p, const struct rp_agent *agent, const char *name)
{
    for (size_t i = 0; i < agent->o.n_tools; i++)
        if (name && rp_same(agent->o.tools[i].name, name))
            rp_pattern_fail(p, agent->o.name,
                            "the agent has a tool %s of its own, which is the name of a hand-over",
                            name);
}

static void add_tool(struct rp_pattern *p, struct rp_handoff_def *def, struct rp_tool *tools,
                     uint32_t to, const struct target *t)
{
    const char *described = p->p[to].agent->o.description;
    const char *name = joined(p, "handoff_to_", p->id[to], "");
    check_clash(p, def->agent, name);
    tools[def->n_tools++] =
        (struct rp_tool){.name = name,
                         .description = t->description ? rp_kit_string(p->kit, t->description)
                                        : described    ? described
                                                    : joined(p, "Hands over to ", p->id[to], "."),
                         /* whom it names; the engine acts on it, the tool has no body */
                         .self = (void *)(uintptr_t)(const void *)p->id[to]};
}

/* In order of declaration: of the routes where there are some, else of the participants
 * (decision 40). */
static void add_tools(struct rp_pattern *p, const struct rp_handoff_opts *o, uint32_t i,
                      struct rp_handoff_def *def)
{
    struct target *t = rp_kit_take(p->kit, p->n * sizeof(*t));
    struct rp_tool *tools = rp_kit_take(p->kit, p->n * sizeof(*tools));
    if (!t || !tools)
        return;
    targets_of(p, o, i, t);
    for (size_t r = 0; r < o->n_routes; r++)
        for (size_t k = 0; rp_same(o->routes[r].from, p->id[i]) && k < o->routes[r].n; k++) {
            uint32_t to = rp_pattern_find(p, o->routes[r].to[k]);
            if (to == p->n || !t[to].on)
                continue;
            add_tool(p, def, tools, to, &t[to]);
            t[to].on = 0;
        }
    for (uint32_t k = 0; k < p->n; k++)
        if (t[k].on)
            add_tool(p, def, tools, k, &t[k]);
    def->tools = tools;
}

static uint32_t limit_of(const struct rp_handoff_opts *o, const char *id)
{
    uint32_t limit = TURN_LIMIT;
    for (size_t i = 0; i < o->n_limits; i++)
        if (rp_same(o->limit_agents[i], id))
            limit = o->limits[i];
    return limit;
}

static void keep_rules(struct rp_pattern *p, const struct rp_handoff_opts *o, uint32_t i,
                       struct rp_handoff_def *def)
{
    struct rp_handoff_rule *rules = rp_kit_take(p->kit, (o->n_rules + 1) * sizeof(*rules));
    for (size_t r = 0; rules && r < o->n_rules; r++) {
        uint32_t to = rp_pattern_find(p, o->rules[r].to);
        if (!rp_same(o->rules[r].from, p->id[i]) || to == p->n)
            continue;
        rules[def->n_rules] = o->rules[r];
        rules[def->n_rules].from = p->id[i];
        rules[def->n_rules++].to = p->id[to];
    }
    def->rules = rules;
}

static void add_agent(struct rp_pattern *p, const struct rp_handoff_opts *o, uint32_t i)
{
    struct rp_agent *agent = p->p[i].agent;
    int autonomous = o->autonomous && (o->autonomous_agents.pick == RP_PICK_DEFAULT ||
                                       rp_pattern_chosen(&o->autonomous_agents, p->id[i]));
    struct rp_handoff_def def = {
        .agent = agent,
        .autonomous = autonomous,
        .has_terminate = o->terminate.fn || o->terminate.json.tag != RP_NIL,
        .turn_limit = limit_of(o, p->id[i]),
        .prompt = o->autonomous_prompt ? rp_kit_string(p->kit, o->autonomous_prompt) : PROMPT,
        .terminate = o->terminate};
    add_tools(p, o, i, &def);
    keep_rules(p, o, i, &def);
    rp_graph_node(p->g,
                  &(struct rp_node_spec){.id = p->id[i],
                                         .kind = &rp_exec_handoff,
                                         .def = rp_kit_copy(p->kit, &def, sizeof(def)),
                                         .takes = {TEXTS | RP_BIT(RP_K_AGENT_REQUEST), TEXTS},
                                         .sends = RP_T_REC(RP_K_AGENT_REQUEST),
                                         .yields = {RP_BIT(RP_K_RESPONSE) | RP_BIT(RP_K_UPDATE), 0},
                                         .agent = agent});
}

/* One fan-out to all others; a single edge where there is only one (R-HO-3). */
static void add_edges(struct rp_pattern *p, uint32_t i)
{
    const char **others = rp_kit_take(p->kit, p->n * sizeof(*others));
    size_t n = 0;
    for (uint32_t k = 0; others && k < p->n; k++)
        if (k != i)
            others[n++] = p->id[k];
    if (n == 1)
        rp_graph_edge(p->g, p->id[i], others[0], (struct rp_cond){0});
    if (n > 1)
        rp_graph_fan_out(p->g, p->id[i], others, n);
}

/* ---- checks ---- */

static void known(struct rp_pattern *p, const char *id, const char *place)
{
    if (rp_pattern_find(p, id) == p->n)
        rp_pattern_fail(p, place, "%s is no participant", id ? id : "(none)");
}

static void check(struct rp_pattern *p, const struct rp_handoff_opts *o)
{
    if (!o->start)
        rp_pattern_fail(p, "start", "handoff needs a start agent%s", "");
    else
        known(p, o->start, "start");
    for (size_t r = 0; r < o->n_routes; r++) {
        known(p, o->routes[r].from, "handoffs");
        if (o->routes[r].n == 0)
            rp_pattern_fail(p, "handoffs", "%s hands over to nobody; name at least one target",
                            o->routes[r].from);
        for (size_t k = 0; k < o->routes[r].n; k++)
            known(p, o->routes[r].to[k], "handoffs");
    }
    for (size_t r = 0; r < o->n_rules; r++) {
        known(p, o->rules[r].from, "rules");
        known(p, o->rules[r].to, "rules");
        rp_pattern_check_cond(p, &o->rules[r].when, "rules");
    }
    for (size_t i = 0; i < o->n_limits; i++)
        known(p, o->limit_agents[i], "autonomous.turn_limits");
    rp_pattern_check_names(p, &o->autonomous_agents, "autonomous.agents");
    rp_pattern_check_cond(p, &o->terminate, "terminate_when");
}

struct rp_workflow *rp_handoff(struct rp_kit *kit, const struct rp_handoff_opts *o,
                               struct rp_error *err)
{
    struct rp_pattern p;
    struct rp_participant *all = rp_kit_take(kit, (o->n + 1) * sizeof(*all));
    for (size_t i = 0; all && i < o->n; i++)
        all[i] = RP_AGENT(o->participants[i]);
    if (rp_pattern_begin(&p, kit, "handoff", o->name, all, all ? o->n : 0) != RP_OK)
        return rp_pattern_build(&p, err);
    check(&p, o);
    for (uint32_t i = 0; i < p.n && p.err.status == RP_OK; i++)
        add_agent(&p, o, i);
    for (uint32_t i = 0; i < p.n && p.err.status == RP_OK; i++)
        add_edges(&p, i);
    if (p.err.status == RP_OK)
        rp_graph_start(p.g, o->start);
    rp_pattern_outputs(&p, &o->outputs, &o->intermediates, NULL, 0);
    return rp_pattern_build(&p, err);
}
