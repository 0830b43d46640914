/* pattern_star.c - builders of group chats (R-GC) and magentic workflows (R-MAG): an orchestrator,
 * and an edge to and from each participant. */
#include "pattern.h"

#define NO_DESCRIPTION "(no description)"
#define TEXTS          (RP_BIT(RP_TEXT) | RP_BIT(RP_K_MESSAGE))

/* The orchestrator's node; the participants follow it as nodes 1 to n. */
static void add_center(struct rp_pattern *p, const char *id, const struct rp_exec_kind *kind,
                       void *def, struct rp_agent *agent, int resets)
{
    struct rp_type takes = {TEXTS | RP_BIT(RP_K_AGENT_RESPONSE) | RP_BIT(RP_K_GROUP_RESPONSE),
                            TEXTS};
    struct rp_type sends = {RP_BIT(RP_K_AGENT_REQUEST) | RP_BIT(RP_K_GROUP_MESSAGES) |
                                RP_BIT(RP_K_GROUP_REQUEST) | (resets ? RP_BIT(RP_K_RESET) : 0),
                            0};
    rp_graph_node(p->g,
                  &(struct rp_node_spec){.id = id,
                                         .kind = kind,
                                         .def = def,
                                         .takes = takes,
                                         .sends = sends,
                                         .yields = {RP_BIT(RP_K_RESPONSE) | RP_BIT(RP_K_UPDATE), 0},
                                         .agent = agent});
    rp_graph_start(p->g, id);
}

static void add_edges(struct rp_pattern *p, const char *center)
{
    for (uint32_t i = 0; i < p->n && p->err.status == RP_OK; i++) {
        rp_graph_edge(p->g, center, p->id[i], (struct rp_cond){0});
        rp_graph_edge(p->g, p->id[i], center, (struct rp_cond){0});
    }
}

static const char *description(const struct rp_participant *one)
{
    return one->agent && one->agent->o.description ? one->agent->o.description : NO_DESCRIPTION;
}

static int *agents_among(struct rp_pattern *p)
{
    int *is_agent = rp_kit_take(p->kit, p->n * sizeof(*is_agent));
    for (uint32_t i = 0; is_agent && i < p->n; i++)
        is_agent[i] = p->p[i].agent != NULL;
    return is_agent;
}

static const char *const *descriptions(struct rp_pattern *p)
{
    const char **d = rp_kit_take(p->kit, p->n * sizeof(*d));
    for (uint32_t i = 0; d && i < p->n; i++)
        d[i] = description(&p->p[i]);
    return d;
}

/* "- name: description" lines. */
static struct rp_value team_lines(struct rp_pattern *p)
{
    struct rp_heap *h = &p->kit->heap;
    struct rp_value text = rp_text(h, "", 0);
    for (uint32_t i = 0; i < p->n; i++)
        text = rp_text_join(h, (struct rp_str[]){rp_str_of(text),
                                                 rp_str(i ? "\n- " : "- "),
                                                 rp_str(p->id[i]),
                                                 rp_str(": "),
                                                 rp_str(description(&p->p[i])),
                                                 {NULL, 0}});
    return text;
}

static struct rp_value names_line(struct rp_pattern *p)
{
    struct rp_heap *h = &p->kit->heap;
    struct rp_value text = rp_text(h, "", 0);
    for (uint32_t i = 0; i < p->n; i++)
        text = rp_text_join(
            h,
            (struct rp_str[]){rp_str_of(text), rp_str(i ? ", " : ""), rp_str(p->id[i]), {NULL, 0}});
    return text;
}

/* ---- group chat ---- */

#define ORCHESTRATOR "group_chat_orchestrator"

static const char decision_schema[] =
    "{\"type\":\"object\",\"properties\":{\"terminate\":{\"type\":\"boolean\"},"
    "\"reason\":{\"type\":\"string\"},\"next_speaker\":{\"type\":[\"string\",\"null\"]},"
    "\"final_message\":{\"type\":[\"string\",\"null\"]}},"
    "\"required\":[\"terminate\",\"reason\",\"next_speaker\",\"final_message\"],"
    "\"additionalProperties\":false}";

static struct rp_value decision_prompt(struct rp_pattern *p)
{
    return rp_text_join(
        &p->kit->heap,
        (struct rp_str[]){
            rp_str("Decide how the conversation goes on. Answer with one JSON object: "
                   "{\"terminate\": true or false, \"reason\": why, \"next_speaker\": the name of "
                   "the participant to speak next unless it ends, \"final_message\": what to end "
                   "with, or null}.\nThe participants are:\n"),
            rp_str_of(team_lines(p)),
            {NULL, 0}});
}

static uint32_t speaker(struct rp_pattern *p, const char *name, const char *place)
{
    uint32_t i = rp_pattern_find(p, name);
    if (i == p->n)
        rp_pattern_fail(p, place, "%s is no participant", name ? name : "(none)");
    return i;
}

static void keep_rules(struct rp_pattern *p, struct rp_group_def *def)
{
    struct rp_speaker_rule *rules =
        rp_kit_copy(p->kit, def->o.rules, def->o.n_rules * sizeof(*rules));
    def->rule_next = rp_kit_take(p->kit, (def->o.n_rules + 1) * sizeof(*def->rule_next));
    for (size_t i = 0; rules && def->rule_next && i < def->o.n_rules; i++) {
        def->rule_next[i] = speaker(p, rules[i].next, "select.rules");
        rp_pattern_check_cond(p, &rules[i].when, "select.rules");
    }
    def->o.rules = rules;
    def->list_next = rp_kit_take(p->kit, (def->o.n_list + 1) * sizeof(*def->list_next));
    for (size_t i = 0; def->list_next && i < def->o.n_list; i++)
        def->list_next[i] = speaker(p, def->o.list[i], "select.list");
}

static void check_selection(struct rp_pattern *p, const struct rp_group_chat_opts *o)
{
    int ways = (o->select != NULL) + (o->round_robin != 0) + (o->n_list > 0) + (o->n_rules > 0) +
               (o->coordinator != NULL);
    if (ways != 1)
        rp_pattern_fail(p, "select",
                        ways ? "more than one way to select the next speaker is given%s"
                             : "no way to select the next speaker is given%s",
                        "; give exactly one");
    rp_pattern_check_names(p, &o->request_info, "request_info");
    rp_pattern_check_cond(p, &o->terminate, "terminate_when");
}

static struct rp_group_def *group_def(struct rp_pattern *p, const struct rp_group_chat_opts *o,
                                      const char *display)
{
    struct rp_heap *h = &p->kit->heap;
    struct rp_group_def def = {.display_name = rp_kit_string(p->kit, display),
                               .display_text = rp_textz(h, display),
                               .n = p->n,
                               .names = rp_kit_strings(p->kit, p->id, p->n),
                               .descriptions = descriptions(p),
                               .is_agent = agents_among(p),
                               .o = *o};
    keep_rules(p, &def);
    if (o->coordinator) {
        def.prompt = decision_prompt(p);
        rp_json_read(h, decision_schema, sizeof(decision_schema) - 1, &def.format, NULL);
    }
    return rp_kit_copy(p->kit, &def, sizeof(def));
}

struct rp_workflow *rp_group_chat(struct rp_kit *kit, const struct rp_group_chat_opts *o,
                                  struct rp_error *err)
{
    struct rp_pattern p;
    if (rp_pattern_begin(&p, kit, "group_chat", o->name, o->participants, o->n) != RP_OK)
        return rp_pattern_build(&p, err);
    check_selection(&p, o);
    /* a coordinating agent's executor is named after it (R-GC-1) */
    const char *center = o->coordinator ? o->coordinator->o.name : ORCHESTRATOR;
    const char *display = o->orchestrator_name && !o->coordinator ? o->orchestrator_name : center;
    add_center(&p, center, &rp_exec_group, group_def(&p, o, display), o->coordinator, 0);
    for (uint32_t i = 0; i < p.n; i++)
        rp_pattern_add(&p, i,
                       (struct rp_add){.reviewed = rp_pattern_chosen(&o->request_info, p.id[i])});
    add_edges(&p, center);
    rp_pattern_outputs(&p, &o->outputs, &o->intermediates, center, p.n);
    return rp_pattern_build(&p, err);
}

/* ---- magentic ---- */

#define MAGENTIC "magentic_orchestrator"

struct rp_workflow *rp_magentic(struct rp_kit *kit, const struct rp_magentic_opts *o,
                                struct rp_error *err)
{
    struct rp_pattern p;
    if (rp_pattern_begin(&p, kit, "magentic", o->name, o->participants, o->n) != RP_OK)
        return rp_pattern_build(&p, err);
    if (!o->manager)
        rp_pattern_fail(&p, "manager", "magentic needs a manager agent%s", "");
    struct rp_magentic_def def = {.manager = o->manager,
                                  .n = p.n,
                                  .names = rp_kit_strings(kit, p.id, p.n),
                                  .is_agent = agents_among(&p),
                                  .team = team_lines(&p),
                                  .names_line = names_line(&p),
                                  .o = *o};
    add_center(&p, MAGENTIC, &rp_exec_magentic, rp_kit_copy(kit, &def, sizeof(def)), o->manager, 1);
    for (uint32_t i = 0; i < p.n; i++)
        rp_pattern_add(&p, i, (struct rp_add){.takes_reset = 1});
    add_edges(&p, MAGENTIC);
    rp_pattern_outputs(&p, &o->outputs, &o->intermediates, MAGENTIC, p.n);
    return rp_pattern_build(&p, err);
}
