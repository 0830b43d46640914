/* pattern.c - participants, names and designations of the orchestrations; see pattern.h. */
#include "pattern.h"

#include <string.h>

void *rp_kit_copy(struct rp_kit *kit, const void *from, size_t n)
{
    void *to = n ? rp_kit_take(kit, n) : NULL;
    if (to)
        memcpy(to, from, n);
    return to;
}

const char *const *rp_kit_strings(struct rp_kit *kit, const char *const *z, size_t n)
{
    const char **to = n ? rp_kit_take(kit, n * sizeof(*to)) : NULL;
    for (size_t i = 0; to && i < n; i++)
        to[i] = rp_kit_string(kit, z[i]);
    return to;
}

void rp_pattern_fail(struct rp_pattern *p, const char *where, const char *format, const char *a)
{
    if (p->err.status == RP_OK)
        rp_fail_at(&p->err, RP_EBUILD, where, format, a);
}

static const char *id_of(const struct rp_participant *one)
{
    return one->agent ? one->agent->o.name : one->executor ? one->executor->id : NULL;
}

static const char *derive_name(struct rp_pattern *p, const char *pattern)
{
    struct rp_heap *h = &p->kit->heap;
    struct rp_value name = rp_textz(h, pattern);
    for (uint32_t i = 0; i < p->n; i++)
        name = rp_text_join(
            h,
            (struct rp_str[]){rp_str_of(name), rp_str(i ? "," : ":"), rp_str(p->id[i]), {NULL, 0}});
    return name.tag == RP_TEXT ? name.u.text->s : NULL;
}

static int take_ids(struct rp_pattern *p)
{
    p->id = rp_kit_take(p->kit, (p->n ? p->n : 1) * sizeof(*p->id));
    if (!p->id)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < p->n; i++) {
        p->id[i] = id_of(&p->p[i]);
        if (!p->id[i])
            return rp_fail_at(&p->err, RP_EBUILD, "participants",
                              "participant %u is neither an agent nor an executor", i);
        for (uint32_t k = 0; k < i; k++)
            if (rp_same(p->id[k], p->id[i]))
                return rp_fail_at(&p->err, RP_EBUILD, "participants",
                                  "%s takes part twice; every participant needs a name of its own",
                                  p->id[i]);
    }
    return RP_OK;
}

int rp_pattern_begin(struct rp_pattern *p, struct rp_kit *kit, const char *pattern,
                     const char *name, const struct rp_participant *participants, size_t n)
{
    *p = (struct rp_pattern){.kit = kit, .p = participants, .n = (uint32_t)n};
    if (kit->heap.failed)
        return rp_fail_at(&p->err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    if (n == 0)
        return rp_fail_at(&p->err, RP_EBUILD, "participants", "%s needs at least one participant",
                          pattern);
    if (n >= RP_EXECUTORS_MAX)
        return rp_fail_at(&p->err, RP_EBUILD, "participants", "more than %u participants",
                          RP_EXECUTORS_MAX - 1);
    int rc = take_ids(p);
    if (rc != RP_OK)
        return p->err.status = rc;
    struct rp_graph_opts o = {.name = name ? name : derive_name(p, pattern),
                              .max_iterations = UINT32_MAX}; /* no hidden limit (decision 8) */
    p->g = rp_graph(kit, &o);
    if (!p->g || !o.name)
        return rp_fail_at(&p->err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    return RP_OK;
}

/* ---- participants ---- */

#define TEXTS (RP_BIT(RP_TEXT) | RP_BIT(RP_K_MESSAGE))

static struct rp_type agent_takes(int reset)
{
    return (struct rp_type){TEXTS | RP_BIT(RP_K_AGENT_REQUEST) | RP_BIT(RP_K_AGENT_RESPONSE) |
                                (reset ? RP_BIT(RP_K_RESET) : 0),
                            TEXTS};
}

static void add_agent(struct rp_pattern *p, struct rp_graph *g, struct rp_agent *agent,
                      struct rp_add how)
{
    struct rp_agent_node def = {.id = agent->o.name, .agent = agent, .context = how.context};
    rp_graph_node(g,
                  &(struct rp_node_spec){.id = agent->o.name,
                                         .kind = &rp_exec_agent,
                                         .def = rp_kit_copy(p->kit, &def, sizeof(def)),
                                         .takes = agent_takes(how.takes_reset),
                                         .sends = RP_T_REC(RP_K_AGENT_RESPONSE),
                                         .yields = {RP_BIT(RP_K_RESPONSE) | RP_BIT(RP_K_UPDATE), 0},
                                         .agent = agent});
}

#define REVIEWER "agent_request_info_executor"

/* The agent and, beside it, who asks a person about its responses (R-APP-1). */
static struct rp_workflow *reviewed_agent(struct rp_pattern *p, struct rp_agent *agent,
                                          struct rp_add how)
{
    struct rp_review_def def = {.terminal = how.reviewed == 2};
    struct rp_graph *g = rp_graph(
        p->kit, &(struct rp_graph_opts){.name = agent->o.name, .max_iterations = UINT32_MAX});
    add_agent(p, g, agent, how);
    rp_graph_node(g, &(struct rp_node_spec){
                         .id = REVIEWER,
                         .kind = &rp_exec_review,
                         .def = rp_kit_copy(p->kit, &def, sizeof(def)),
                         .takes = RP_T_REC(RP_K_AGENT_RESPONSE),
                         .sends = RP_T_REC(RP_K_AGENT_REQUEST),
                         .yields = {RP_BIT(RP_K_RESPONSE) | RP_BIT(RP_K_AGENT_RESPONSE), 0}});
    rp_graph_start(g, agent->o.name);
    rp_graph_edge(g, agent->o.name, REVIEWER, (struct rp_cond){0});
    rp_graph_edge(g, REVIEWER, agent->o.name, (struct rp_cond){0});
    /* in terminal position the response is an output once, on approval (decision 16) */
    const char *designated[] = {REVIEWER, agent->o.name};
    struct rp_names out = {RP_PICK_LIST, designated, def.terminal ? 1 : 2};
    rp_graph_outputs(g, &out, &(struct rp_names){0});
    return rp_graph_build(g, &p->err);
}

void rp_pattern_add(struct rp_pattern *p, uint32_t i, struct rp_add how)
{
    const struct rp_participant *one = &p->p[i];
    if (p->err.status != RP_OK)
        return;
    if (one->executor) {
        if (how.reviewed)
            rp_pattern_fail(p, one->executor->id,
                            "only agents' responses can be reviewed, and %s is an executor",
                            one->executor->id);
        rp_graph_executor(p->g, one->executor);
        return;
    }
    if (!how.reviewed) {
        add_agent(p, p->g, one->agent, how);
        return;
    }
    struct rp_workflow *w = reviewed_agent(p, one->agent, how);
    if (w)
        rp_graph_workflow(p->g, &(struct rp_flow_node){.id = one->agent->o.name,
                                                       .workflow = w,
                                                       .direct_output = how.reviewed == 2});
}

/* ---- names ---- */

uint32_t rp_pattern_find(const struct rp_pattern *p, const char *id)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (id && rp_same(p->id[i], id))
            return i;
    return p->n;
}

int rp_pattern_chosen(const struct rp_names *names, const char *id)
{
    if (names->pick != RP_PICK_LIST)
        return names->pick == RP_PICK_ALL;
    for (size_t i = 0; i < names->n; i++)
        if (rp_same(names->names[i], id))
            return 1;
    return 0;
}

void rp_pattern_check_names(struct rp_pattern *p, const struct rp_names *names, const char *place)
{
    for (size_t i = 0; names->pick == RP_PICK_LIST && i < names->n; i++) {
        if (rp_pattern_find(p, names->names[i]) == p->n)
            rp_pattern_fail(p, place, "%s is no participant", names->names[i]);
        for (size_t k = 0; k < i; k++)
            if (rp_same(names->names[k], names->names[i]))
                rp_pattern_fail(p, place, "%s stands twice", names->names[i]);
    }
}

void rp_pattern_check_cond(struct rp_pattern *p, const struct rp_cond *cond, const char *place)
{
    struct rp_error why;
    if (cond->fn || cond->json.tag == RP_NIL || p->err.status != RP_OK ||
        rp_cond_check(cond->json, 0, &why) == RP_OK)
        return;
    struct rp_str parts[] = {rp_str(place),
                             rp_str(why.where[0] && why.where[0] != '[' ? "." : ""),
                             rp_str(why.where),
                             {NULL, 0}};
    struct rp_value where = rp_text_join(&p->kit->heap, parts);
    rp_fail_at(&p->err, why.status, where.tag == RP_TEXT ? where.u.text->s : place, "%s", why.text);
}

/* ---- outputs ---- */

/* Which participants are outputs and intermediates, one byte each. */
static void mark(const struct rp_pattern *p, const struct rp_names *outputs,
                 const struct rp_names *intermediates, uint32_t first_default, char *out, char *mid)
{
    int wide = intermediates->pick == RP_PICK_ALL || intermediates->pick == RP_PICK_ALL_OTHER;
    for (uint32_t i = 0; i < p->n; i++) {
        int listed = rp_pattern_chosen(intermediates, p->id[i]);
        out[i] = (char)(outputs->pick == RP_PICK_DEFAULT ? !wide && i >= first_default && !listed
                                                         : rp_pattern_chosen(outputs, p->id[i]));
        mid[i] = (char)(intermediates->pick == RP_PICK_ALL_OTHER ? !out[i] : listed);
    }
}

static int given_empty(const struct rp_names *names)
{
    return names->pick == RP_PICK_LIST && names->n == 0;
}

static void check_outputs(struct rp_pattern *p, const struct rp_names *outputs,
                          const struct rp_names *intermediates)
{
    int any = outputs->pick != RP_PICK_DEFAULT || intermediates->pick != RP_PICK_DEFAULT;
    int no_out = outputs->pick == RP_PICK_DEFAULT || given_empty(outputs);
    int no_mid = intermediates->pick == RP_PICK_DEFAULT || given_empty(intermediates);
    if (outputs->pick == RP_PICK_ALL_OTHER)
        rp_pattern_fail(p, "output_from", "%s stands for intermediates only", "\"all_other\"");
    if (any && no_out && no_mid)
        rp_pattern_fail(p, "output_from",
                        "OUTPUT_VALIDATION: output_from and intermediate_output_from are both "
                        "empty; %s",
                        "leave them out or name a participant");
    rp_pattern_check_names(p, outputs, "output_from");
    rp_pattern_check_names(p, intermediates, "intermediate_output_from");
}

void rp_pattern_outputs(struct rp_pattern *p, const struct rp_names *outputs,
                        const struct rp_names *intermediates, const char *always,
                        uint32_t first_default)
{
    check_outputs(p, outputs, intermediates);
    if (p->err.status != RP_OK)
        return;
    const char **names = rp_kit_take(p->kit, 2 * (p->n + 1) * sizeof(*names));
    char *out = rp_kit_take(p->kit, 2 * (size_t)p->n);
    if (!names || !out)
        return;
    char *mid = out + p->n;
    const char **mids = names + p->n + 1;
    size_t n_out = 0, n_mid = 0;
    mark(p, outputs, intermediates, first_default, out, mid);
    if (always)
        names[n_out++] = always;
    for (uint32_t i = 0; i < p->n; i++) {
        if (out[i] && mid[i])
            rp_pattern_fail(p, "intermediate_output_from",
                            "OUTPUT_VALIDATION: %s is both an output and an intermediate",
                            p->id[i]);
        if (out[i])
            names[n_out++] = p->id[i];
        if (mid[i])
            mids[n_mid++] = p->id[i];
    }
    rp_graph_outputs(p->g, &(struct rp_names){RP_PICK_LIST, names, n_out},
                     &(struct rp_names){n_mid ? RP_PICK_LIST : RP_PICK_DEFAULT, mids, n_mid});
}

struct rp_workflow *rp_pattern_build(struct rp_pattern *p, struct rp_error *err)
{
    struct rp_error why = {0};
    struct rp_workflow *w = NULL;
    if (p->g)
        w = rp_graph_build(p->g, &why);
    if (p->err.status == RP_OK && p->kit->heap.failed)
        rp_fail_at(&p->err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
    if (p->err.status != RP_OK) {
        if (err)
            *err = p->err;
        return NULL;
    }
    if (!w && err)
        *err = why;
    return w;
}
