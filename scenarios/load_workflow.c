/* load_workflow.c - owns the workflow of a scenario but for graphs: its participants, how they take
 * turns, what comes out, and the builder's answer. */
#include "load_util.h"

#include <string.h>

/* ---- what all patterns share ---- */

int rp_load_built(struct rp_loader *l, const struct rp_spot *workflow, const struct rp_workflow *w,
                  const struct rp_error *said)
{
    /* a key of the workflow, or what the builder calls an executor or an edge */
    const char *joint = rp_map_has(workflow->v, said->where) ? "." : ": ";

    if (w)
        return RP_OK;
    if (said->status == RP_ENOMEM)
        return RP_ENOMEM;
    return rp_fail_at(l->err, RP_EBUILD, rp_load_where_in(l, workflow, joint, said->where), "%s",
                      said->text);
}

int rp_load_cond(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 enum rp_need need, int test, struct rp_cond *out)
{
    struct rp_error said = {0};
    struct rp_spot at;
    int rc;

    RP_TRY(rp_load_object(l, spot, key, need, &at));
    *out = (struct rp_cond){.json = at.v};
    if (at.v.tag == RP_NIL)
        return RP_OK;
    rc = rp_cond_check(at.v, test, &said);
    if (rc == RP_OK || rc == RP_ENOMEM)
        return rc;
    return rp_fail_at(l->err, RP_EBUILD, rp_load_where_in(l, &at, ".", said.where), "%s",
                      said.text);
}

int rp_load_agent_of(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                     enum rp_need need, struct rp_agent **out)
{
    struct rp_spot at = rp_load_key(spot, key);
    const char *name;
    uint32_t i;

    *out = NULL;
    RP_TRY(rp_load_name(l, spot, key, need, &name));
    if (!name)
        return RP_OK;
    RP_TRY(rp_load_known(l, &at, &l->agents, "agent", name, &i));
    *out = l->agent[i];
    return RP_OK;
}

/* "all" and "all_other", or names. */
static int load_pick(struct rp_loader *l, const struct rp_spot *workflow, const char *key,
                     struct rp_names *out)
{
    struct rp_spot at = rp_load_key(workflow, key);
    const char **names;

    *out = (struct rp_names){.pick = RP_PICK_DEFAULT};
    if (!rp_load_has(&at))
        return RP_OK;
    if (rp_is_text(at.v, "all") || rp_is_text(at.v, "all_other")) {
        out->pick = rp_is_text(at.v, "all") ? RP_PICK_ALL : RP_PICK_ALL_OTHER;
        return RP_OK;
    }
    if (at.v.tag != RP_LIST)
        return rp_load_fail(l, &at, "expected an array of names, \"all\" or \"all_other\"");
    RP_TRY(rp_load_are_names(l, &at, &names));
    *out = (struct rp_names){RP_PICK_LIST, names, rp_len(at.v)};
    return RP_OK;
}

int rp_load_outputs(struct rp_loader *l, const struct rp_spot *workflow, struct rp_names *outputs,
                    struct rp_names *intermediates)
{
    struct rp_spot at = rp_load_key(workflow, "output_from");

    RP_TRY(load_pick(l, workflow, at.key, outputs));
    if (outputs->pick == RP_PICK_ALL_OTHER)
        return rp_load_fail(l, &at,
                            "\"all_other\" is for intermediate_output_from; expected an "
                            "array of names or \"all\"");
    return load_pick(l, workflow, "intermediate_output_from", intermediates);
}

/* ---- participants ---- */

struct cast {
    struct rp_load_index index;
    struct rp_participant *participant;
    struct rp_agent **agent; /* the same agents */
    uint32_t n;
};

static int load_cast(struct rp_loader *l, const struct rp_spot *workflow, uint32_t least,
                     struct cast *cast)
{
    struct rp_spot at;
    const char **names;
    uint32_t agent;

    RP_TRY(rp_load_array(l, workflow, "participants", RP_REQUIRED, least, &at));
    RP_TRY(rp_load_are_names(l, &at, &names));
    cast->n = rp_len(at.v);
    RP_TRY(rp_load_index_init(l, &cast->index, cast->n));
    cast->participant = rp_load_take(l, cast->n, sizeof(*cast->participant));
    cast->agent = rp_load_take(l, cast->n, sizeof(struct rp_agent *));
    if (!cast->participant || !cast->agent)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < cast->n; i++) {
        struct rp_spot item = rp_load_item(&at, i);
        RP_TRY(rp_load_known(l, &item, &l->agents, "agent", names[i], &agent));
        RP_TRY(rp_load_index_add(&cast->index, names[i]));
        cast->agent[i] = l->agent[agent];
        cast->participant[i] = RP_AGENT(l->agent[agent]);
    }
    return RP_OK;
}

/* An array of names of participants. */
static int load_members(struct rp_loader *l, const struct cast *cast, const struct rp_spot *array,
                        const char ***out)
{
    uint32_t found;

    RP_TRY(rp_load_are_names(l, array, out));
    for (uint32_t i = 0; i < rp_len(array->v); i++) {
        struct rp_spot item = rp_load_item(array, i);
        RP_TRY(rp_load_known(l, &item, &cast->index, "participant", (*out)[i], &found));
    }
    return RP_OK;
}

/* The name of a participant. */
static int load_member(struct rp_loader *l, const struct cast *cast, const struct rp_spot *spot,
                       const char *key, const char **out)
{
    struct rp_spot at = rp_load_key(spot, key);
    uint32_t found;

    RP_TRY(rp_load_name(l, spot, key, RP_REQUIRED, out));
    return rp_load_known(l, &at, &cast->index, "participant", *out, &found);
}

/* Whose responses a person reviews: true, or names. */
static int load_reviewed(struct rp_loader *l, const struct rp_spot *workflow,
                         const struct cast *cast, struct rp_names *out)
{
    struct rp_spot at = rp_load_key(workflow, "request_info");
    const char **names;

    *out = (struct rp_names){.pick = RP_PICK_DEFAULT};
    if (!rp_load_has(&at))
        return RP_OK;
    if (at.v.tag == RP_BOOL) {
        out->pick = rp_is_true(at.v) ? RP_PICK_ALL : RP_PICK_DEFAULT;
        return RP_OK;
    }
    if (at.v.tag != RP_LIST)
        return rp_load_fail(l, &at, "expected true, or an array of names of participants");
    RP_TRY(rp_load_array(l, workflow, at.key, RP_REQUIRED, 1, &at));
    RP_TRY(load_members(l, cast, &at, &names));
    *out = (struct rp_names){RP_PICK_LIST, names, rp_len(at.v)};
    return RP_OK;
}

/* A limit that counts only where it stands. */
static int load_limit(struct rp_loader *l, const struct rp_spot *workflow, const char *key,
                      int *has, int64_t *out)
{
    struct rp_spot at = rp_load_key(workflow, key);

    *has = rp_load_has(&at);
    return rp_load_int(l, workflow, key, RP_OPTIONAL, INT64_MIN, out);
}

/* ---- sequential, concurrent ---- */

static int load_sequential(struct rp_loader *l, const struct rp_spot *w, struct rp_workflow **out)
{
    static const char *const keys[] = {"pattern",
                                       "name",
                                       "participants",
                                       "chain_only_agent_responses",
                                       "request_info",
                                       "output_from",
                                       "intermediate_output_from",
                                       NULL};
    struct rp_sequential_opts opts = {0};
    struct rp_error said = {0};
    struct cast cast = {0};

    RP_TRY(rp_load_keys(l, w, keys));
    RP_TRY(rp_load_name(l, w, "name", RP_OPTIONAL, &opts.name));
    RP_TRY(load_cast(l, w, 1, &cast));
    opts.participants = cast.participant;
    opts.n = cast.n;
    RP_TRY(rp_load_bool(l, w, "chain_only_agent_responses", &opts.chain_only_agent_responses));
    RP_TRY(load_reviewed(l, w, &cast, &opts.request_info));
    RP_TRY(rp_load_outputs(l, w, &opts.outputs, &opts.intermediates));
    *out = rp_sequential(l->kit, &opts, &said);
    return rp_load_built(l, w, *out, &said);
}

static int load_aggregate(struct rp_loader *l, const struct rp_spot *w, const char **join)
{
    static const char *const keys[] = {"join", NULL};
    struct rp_spot at;

    RP_TRY(rp_load_object(l, w, "aggregate", RP_OPTIONAL, &at));
    if (at.v.tag == RP_NIL)
        return RP_OK;
    RP_TRY(rp_load_keys(l, &at, keys));
    return rp_load_string(l, &at, "join", RP_REQUIRED, join);
}

static int load_concurrent(struct rp_loader *l, const struct rp_spot *w, struct rp_workflow **out)
{
    static const char *const keys[] = {"pattern",
                                       "name",
                                       "participants",
                                       "aggregate",
                                       "request_info",
                                       "output_from",
                                       "intermediate_output_from",
                                       NULL};
    struct rp_concurrent_opts opts = {0};
    struct rp_error said = {0};
    struct cast cast = {0};

    RP_TRY(rp_load_keys(l, w, keys));
    RP_TRY(rp_load_name(l, w, "name", RP_OPTIONAL, &opts.name));
    RP_TRY(load_cast(l, w, 2, &cast));
    opts.participants = cast.participant;
    opts.n = cast.n;
    RP_TRY(load_aggregate(l, w, &opts.join));
    RP_TRY(load_reviewed(l, w, &cast, &opts.request_info));
    RP_TRY(rp_load_outputs(l, w, &opts.outputs, &opts.intermediates));
    *out = rp_concurrent(l->kit, &opts, &said);
    return rp_load_built(l, w, *out, &said);
}

/* ---- group chat ---- */

static int load_rules(struct rp_loader *l, const struct rp_spot *rules, const struct cast *cast,
                      struct rp_group_chat_opts *opts)
{
    static const char *const keys[] = {"when", "next", NULL};
    uint32_t n = rp_len(rules->v);
    struct rp_speaker_rule *made = rp_load_take(l, n, sizeof(*made));

    if (!made)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot rule = rp_load_item(rules, i);
        RP_TRY(rp_load_keys(l, &rule, keys));
        RP_TRY(rp_load_cond(l, &rule, "when", RP_OPTIONAL, 0, &made[i].when));
        RP_TRY(load_member(l, cast, &rule, "next", &made[i].next));
    }
    opts->rules = made;
    opts->n_rules = n;
    return RP_OK;
}

/* By round: a name may stand several times. */
static int load_speakers(struct rp_loader *l, const struct rp_spot *list, const struct cast *cast,
                         struct rp_group_chat_opts *opts)
{
    uint32_t n = rp_len(list->v), found;
    const char **names = rp_load_take(l, n, sizeof(*names));

    if (!names)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot item = rp_load_item(list, i);
        RP_TRY(rp_load_is_name(l, &item, names + i));
        RP_TRY(rp_load_known(l, &item, &cast->index, "participant", names[i], &found));
    }
    opts->list = names;
    opts->n_list = n;
    return RP_OK;
}

enum { BY_TURNS, BY_LIST, BY_RULES, BY_AGENT };

static int load_way(struct rp_loader *l, const struct rp_spot *select, int way,
                    const struct cast *cast, struct rp_group_chat_opts *opts)
{
    struct rp_spot at;

    if (way == BY_AGENT)
        return rp_load_agent_of(l, select, "agent", RP_REQUIRED, &opts->coordinator);
    if (way == BY_LIST) {
        RP_TRY(rp_load_array(l, select, "list", RP_REQUIRED, 1, &at));
        return load_speakers(l, &at, cast, opts);
    }
    if (way == BY_RULES) {
        RP_TRY(rp_load_array(l, select, "rules", RP_REQUIRED, 1, &at));
        return load_rules(l, &at, cast, opts);
    }
    RP_ASSERT(way == BY_TURNS);
    at = rp_load_key(select, "round_robin");
    RP_TRY(rp_load_bool(l, select, "round_robin", &opts->round_robin));
    if (!opts->round_robin)
        return rp_load_fail(l, &at,
                            "expected true; to select otherwise, use \"list\", \"rules\" "
                            "or \"agent\"");
    return RP_OK;
}

static int load_select(struct rp_loader *l, const struct rp_spot *w, const struct cast *cast,
                       struct rp_group_chat_opts *opts)
{
    static const char *const keys[] = {"round_robin", "list", "rules", "agent", "name", NULL};
    static const char *const ways[] = {"round_robin", "list", "rules", "agent", NULL};
    struct rp_spot select;
    int way;

    RP_TRY(rp_load_object(l, w, "select", RP_REQUIRED, &select));
    RP_TRY(rp_load_keys(l, &select, keys));
    RP_TRY(rp_load_one_of(l, &select, ways, RP_REQUIRED, &way));
    RP_TRY(rp_load_name(l, &select, "name", RP_OPTIONAL, &opts->orchestrator_name));
    if (way == BY_AGENT && opts->orchestrator_name)
        return rp_load_fail(l, &select,
                            "\"agent\" and \"name\" exclude each other: the display "
                            "name is the agent's");
    return load_way(l, &select, way, cast, opts);
}

static int load_group_chat(struct rp_loader *l, const struct rp_spot *w, struct rp_workflow **out)
{
    static const char *const keys[] = {"pattern",
                                       "name",
                                       "participants",
                                       "select",
                                       "max_rounds",
                                       "terminate_when",
                                       "request_info",
                                       "output_from",
                                       "intermediate_output_from",
                                       NULL};
    struct rp_group_chat_opts opts = {0};
    struct rp_error said = {0};
    struct cast cast = {0};

    RP_TRY(rp_load_keys(l, w, keys));
    RP_TRY(rp_load_name(l, w, "name", RP_OPTIONAL, &opts.name));
    RP_TRY(load_cast(l, w, 1, &cast));
    opts.participants = cast.participant;
    opts.n = cast.n;
    RP_TRY(load_select(l, w, &cast, &opts));
    RP_TRY(load_limit(l, w, "max_rounds", &opts.has_max_rounds, &opts.max_rounds));
    RP_TRY(rp_load_cond(l, w, "terminate_when", RP_OPTIONAL, 0, &opts.terminate));
    RP_TRY(load_reviewed(l, w, &cast, &opts.request_info));
    RP_TRY(rp_load_outputs(l, w, &opts.outputs, &opts.intermediates));
    *out = rp_group_chat(l->kit, &opts, &said);
    return rp_load_built(l, w, *out, &said);
}

/* ---- handoff ---- */

static int load_route(struct rp_loader *l, const struct rp_spot *handoff, const struct cast *cast,
                      struct rp_handoff_route *out)
{
    static const char *const keys[] = {"from", "to", NULL};
    struct rp_spot to;
    const char **names;

    RP_TRY(rp_load_keys(l, handoff, keys));
    RP_TRY(load_member(l, cast, handoff, "from", &out->from));
    RP_TRY(rp_load_array(l, handoff, "to", RP_REQUIRED, 1, &to));
    RP_TRY(load_members(l, cast, &to, &names));
    out->to = names;
    out->n = rp_len(to.v);
    return RP_OK;
}

static int load_routes(struct rp_loader *l, const struct rp_spot *w, const struct cast *cast,
                       struct rp_handoff_opts *opts)
{
    struct rp_spot at;
    struct rp_handoff_route *made;
    uint32_t n;

    RP_TRY(rp_load_array(l, w, "handoffs", RP_OPTIONAL, 1, &at));
    n = rp_len(at.v);
    made = rp_load_take(l, n, sizeof(*made));
    if (!made)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot handoff = rp_load_item(&at, i);
        RP_TRY(load_route(l, &handoff, cast, made + i));
    }
    opts->routes = made;
    opts->n_routes = n;
    return RP_OK;
}

static int load_turn_limits(struct rp_loader *l, const struct rp_spot *autonomous,
                            const struct cast *cast, struct rp_handoff_opts *opts)
{
    struct rp_spot at;
    const char **names;
    uint32_t *limits, n, found;

    RP_TRY(rp_load_object(l, autonomous, "turn_limits", RP_OPTIONAL, &at));
    n = rp_map_len(at.v);
    names = rp_load_take(l, n, sizeof(*names));
    limits = rp_load_take(l, n, sizeof(*limits));
    if (!names || !limits)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot entry = rp_load_entry(&at, i);
        names[i] = entry.key;
        RP_TRY(rp_load_known(l, &entry, &cast->index, "participant", names[i], &found));
        RP_TRY(rp_load_count(l, &at, names[i], 0, limits + i));
    }
    opts->limit_agents = names;
    opts->limits = limits;
    opts->n_limits = n;
    return RP_OK;
}

static int load_autonomous(struct rp_loader *l, const struct rp_spot *w, const struct cast *cast,
                           struct rp_handoff_opts *opts)
{
    static const char *const keys[] = {"agents", "turn_limits", "prompt", NULL};
    struct rp_spot at, agents;
    const char **names;

    RP_TRY(rp_load_object(l, w, "autonomous", RP_OPTIONAL, &at));
    if (at.v.tag == RP_NIL)
        return RP_OK;
    RP_TRY(rp_load_keys(l, &at, keys));
    opts->autonomous = 1;
    RP_TRY(rp_load_array(l, &at, "agents", RP_OPTIONAL, 1, &agents));
    if (agents.v.tag == RP_LIST) {
        RP_TRY(load_members(l, cast, &agents, &names));
        opts->autonomous_agents = (struct rp_names){RP_PICK_LIST, names, rp_len(agents.v)};
    }
    RP_TRY(load_turn_limits(l, &at, cast, opts));
    return rp_load_string(l, &at, "prompt", RP_OPTIONAL, &opts->autonomous_prompt);
}

static int load_handoff(struct rp_loader *l, const struct rp_spot *w, struct rp_workflow **out)
{
    static const char *const keys[] = {"pattern",    "name",        "participants",
                                       "start",      "handoffs",    "terminate_when",
                                       "autonomous", "output_from", "intermediate_output_from",
                                       NULL};
    struct rp_handoff_opts opts = {0};
    struct rp_error said = {0};
    struct cast cast = {0};

    RP_TRY(rp_load_keys(l, w, keys));
    RP_TRY(rp_load_name(l, w, "name", RP_OPTIONAL, &opts.name));
    RP_TRY(load_cast(l, w, 1, &cast));
    opts.participants = cast.agent;
    opts.n = cast.n;
    RP_TRY(load_member(l, &cast, w, "start", &opts.start));
    RP_TRY(load_routes(l, w, &cast, &opts));
    RP_TRY(rp_load_cond(l, w, "terminate_when", RP_OPTIONAL, 0, &opts.terminate));
    RP_TRY(load_autonomous(l, w, &cast, &opts));
    RP_TRY(rp_load_outputs(l, w, &opts.outputs, &opts.intermediates));
    *out = rp_handoff(l->kit, &opts, &said);
    return rp_load_built(l, w, *out, &said);
}

/* ---- magentic ---- */

static int load_magentic(struct rp_loader *l, const struct rp_spot *w, struct rp_workflow **out)
{
    static const char *const keys[] = {
        "pattern",    "name",       "participants", "manager",     "plan_review",
        "max_stalls", "max_resets", "max_rounds",   "output_from", "intermediate_output_from",
        NULL};
    struct rp_magentic_opts opts = {0};
    struct rp_error said = {0};
    struct cast cast = {0};

    RP_TRY(rp_load_keys(l, w, keys));
    RP_TRY(rp_load_name(l, w, "name", RP_OPTIONAL, &opts.name));
    RP_TRY(load_cast(l, w, 1, &cast));
    opts.participants = cast.participant;
    opts.n = cast.n;
    RP_TRY(rp_load_agent_of(l, w, "manager", RP_REQUIRED, &opts.manager));
    RP_TRY(rp_load_bool(l, w, "plan_review", &opts.plan_review));
    RP_TRY(load_limit(l, w, "max_stalls", &opts.has_max_stalls, &opts.max_stalls));
    RP_TRY(load_limit(l, w, "max_resets", &opts.has_max_resets, &opts.max_resets));
    RP_TRY(load_limit(l, w, "max_rounds", &opts.has_max_rounds, &opts.max_rounds));
    RP_TRY(rp_load_outputs(l, w, &opts.outputs, &opts.intermediates));
    *out = rp_magentic(l->kit, &opts, &said);
    return rp_load_built(l, w, *out, &said);
}

/* ---- any ---- */

typedef int load_fn(struct rp_loader *l, const struct rp_spot *w, struct rp_workflow **out);

int rp_load_workflow(struct rp_loader *l, const struct rp_spot *root)
{
    static const char *const names[] = {"sequential", "concurrent", "group_chat", "handoff",
                                        "magentic",   "graph",      NULL};
    static load_fn *const load[] = {load_sequential, load_concurrent, load_group_chat,
                                    load_handoff,    load_magentic,   rp_load_graph};
    struct rp_spot workflow, pattern;
    int which;

    RP_TRY(rp_load_object(l, root, "workflow", RP_REQUIRED, &workflow));
    RP_TRY(rp_load_text(l, &workflow, "pattern", RP_REQUIRED, &pattern));
    RP_TRY(rp_load_word(l, &workflow, "pattern", names, &which));
    l->s->pattern = names[which];
    return load[which](l, &workflow, &l->s->workflow);
}
