/* load_agents.c - owns a scenario's agents: their scripts, their tools and the tools' results. */
#include "load_util.h"

#include <string.h>

/* ---- tool calls of replies ---- */

/* An object is sent as compact JSON, a text as it is. */
static int load_arguments(struct rp_loader *l, const struct rp_spot *call, struct rp_value *out)
{
    struct rp_spot at = rp_load_key(call, "arguments");

    if (!rp_load_has(&at))
        at.v = rp_map();
    if (at.v.tag != RP_MAP && at.v.tag != RP_TEXT)
        return rp_load_fail(l, &at, "expected an object, or a string that is sent as it is");
    *out = at.v.tag == RP_TEXT ? at.v : rp_json_text(l->heap, at.v);
    return out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int load_call(struct rp_loader *l, const struct rp_spot *call, struct rp_script_call *out)
{
    static const char *const keys[] = {"name", "arguments", "id", NULL};
    struct rp_spot name, id;

    RP_TRY(rp_load_keys(l, call, keys));
    RP_TRY(rp_load_text(l, call, "name", RP_REQUIRED, &name));
    RP_TRY(rp_load_text(l, call, "id", RP_OPTIONAL, &id));
    out->name = name.v;
    out->id = rp_str_of(id.v).n > 0 ? id.v : rp_nil();
    return load_arguments(l, call, &out->arguments);
}

static int load_calls(struct rp_loader *l, const struct rp_spot *reply, struct rp_script_reply *out)
{
    struct rp_spot calls;
    struct rp_script_call *made;
    uint32_t n;

    RP_TRY(rp_load_array(l, reply, "tool_calls", RP_OPTIONAL, 0, &calls));
    n = rp_len(calls.v);
    if (n == 0)
        return RP_OK;
    made = rp_load_take(l, n, sizeof(*made));
    if (!made)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot call = rp_load_item(&calls, i);
        RP_TRY(load_call(l, &call, made + i));
    }
    out->calls = made;
    out->n_calls = n;
    return RP_OK;
}

/* ---- replies ---- */

static int join_chunks(struct rp_loader *l, struct rp_value chunks, struct rp_value *text)
{
    uint32_t n = rp_len(chunks);
    struct rp_str *parts = rp_load_take(l, n + (size_t)1, sizeof(*parts));

    if (!parts)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        parts[i] = rp_str_of(rp_at(chunks, i));
    *text = rp_text_join(l->heap, parts);
    return text->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

enum { BY_TEXT, BY_JSON, BY_CHUNKS };

static int load_reply_text(struct rp_loader *l, const struct rp_spot *reply, int which,
                           struct rp_script_reply *out)
{
    struct rp_spot at;

    if (which == BY_TEXT) {
        RP_TRY(rp_load_text(l, reply, "text", RP_REQUIRED, &at));
        out->text = at.v;
    } else if (which == BY_JSON) {
        at = rp_load_key(reply, "json");
        out->text = rp_json_text(l->heap, at.v);
    } else if (which == BY_CHUNKS) {
        RP_TRY(rp_load_array(l, reply, "chunks", RP_REQUIRED, 1, &at));
        RP_TRY(rp_load_are_texts(l, &at));
        out->chunks = at.v;
        RP_TRY(join_chunks(l, at.v, &out->text));
    }
    return out->text.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int load_reply(struct rp_loader *l, const struct rp_spot *reply, struct rp_script_reply *out)
{
    static const char *const keys[] = {"text",       "json",           "chunks",
                                       "tool_calls", "error",          "repeat",
                                       "delay_ms",   "chunk_delay_ms", NULL};
    static const char *const texts[] = {"text", "json", "chunks", NULL};
    int which;

    RP_TRY(rp_load_keys(l, reply, keys));
    out->repeat = 1;
    RP_TRY(rp_load_count(l, reply, "repeat", 1, &out->repeat));
    RP_TRY(rp_load_one_of(l, reply, texts, RP_OPTIONAL, &which));
    RP_TRY(load_reply_text(l, reply, which, out));
    RP_TRY(load_calls(l, reply, out));
    RP_TRY(rp_load_fault(l, reply, out));
    return rp_script_prepare(l->heap, out);
}

static int load_script(struct rp_loader *l, const struct rp_spot *model, enum rp_need need,
                       struct rp_script_agent *out)
{
    struct rp_spot script;
    struct rp_script_reply *replies;
    uint32_t n;

    RP_TRY(rp_load_array(l, model, "script", need, 0, &script));
    n = rp_len(script.v);
    replies = rp_load_take(l, n, sizeof(*replies));
    if (!replies)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot reply = rp_load_item(&script, i);
        RP_TRY(load_reply(l, &reply, replies + i));
    }
    out->replies = replies;
    out->n_replies = n;
    return RP_OK;
}

static int load_model(struct rp_loader *l, const struct rp_spot *agent, struct rp_script_agent *out,
                      struct rp_service *service)
{
    static const char *const keys[] = {"script", "when_exhausted", "service", NULL};
    static const char *const ends[] = {"error", "repeat_last", "cycle", NULL};
    struct rp_spot model;
    int end, real = l->has_service;

    RP_TRY(rp_load_object(l, agent, "model", RP_OPTIONAL, &model));
    if (model.v.tag == RP_NIL)
        return RP_OK;
    RP_TRY(rp_load_keys(l, &model, keys));
    RP_TRY(rp_load_word(l, &model, "when_exhausted", ends, &end));
    out->when_exhausted = (enum rp_exhausted)(RP_EXHAUSTED_ERROR + end);
    RP_TRY(rp_load_service(l, &model, service, &real));
    return load_script(l, &model, real ? RP_OPTIONAL : RP_REQUIRED, out);
}

/* ---- tools ---- */

static int load_results(struct rp_loader *l, const struct rp_spot *tool, int declared,
                        struct rp_value *out)
{
    static const char *const keys[] = {"result", "results", NULL};
    struct rp_spot one = rp_load_key(tool, "result"), many;
    int which;

    RP_TRY(rp_load_one_of(l, tool, keys, declared ? RP_OPTIONAL : RP_REQUIRED, &which));
    if (which >= 0 && declared)
        return rp_load_fail(l, tool,
                            "\"declaration_only\" and \"%s\" exclude each other: the "
                            "caller supplies the result",
                            keys[which]);
    RP_TRY(rp_load_array(l, tool, "results", RP_OPTIONAL, 1, &many));
    *out = many.v;
    if (which == 0)
        *out = rp_list_of(l->heap, 1, one.v);
    return out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

static int load_tool(struct rp_loader *l, const struct rp_spot *tool, struct rp_tool *out,
                     struct rp_value *results)
{
    static const char *const keys[] = {
        "name",   "description", "parameters", "approval", "declaration_only",
        "result", "results",     NULL};
    static const char *const approvals[] = {"never", "always", NULL};
    struct rp_spot parameters;

    RP_TRY(rp_load_keys(l, tool, keys));
    RP_TRY(rp_load_name(l, tool, "name", RP_REQUIRED, &out->name));
    RP_TRY(rp_load_string(l, tool, "description", RP_OPTIONAL, &out->description));
    RP_TRY(rp_load_object(l, tool, "parameters", RP_OPTIONAL, &parameters));
    RP_TRY(rp_load_word(l, tool, "approval", approvals, &out->needs_approval));
    RP_TRY(rp_load_bool(l, tool, "declaration_only", &out->declaration_only));
    out->parameters = parameters.v;
    return load_results(l, tool, out->declaration_only, results);
}

static int load_tools(struct rp_loader *l, const struct rp_spot *tools, const char *agent,
                      struct rp_tool *out)
{
    struct rp_load_index seen;

    RP_TRY(rp_load_index_init(l, &seen, rp_len(tools->v)));
    for (uint32_t i = 0; i < rp_len(tools->v); i++) {
        struct rp_spot tool = rp_load_item(tools, i);
        struct rp_value results = rp_nil();
        RP_TRY(load_tool(l, &tool, out + i, &results));
        if (rp_load_index_add(&seen, out[i].name) != RP_OK) {
            struct rp_spot name = rp_load_key(&tool, "name");
            return rp_load_fail(l, &name, "the agent has a tool \"%s\" already",
                                rp_load_show(l, out[i].name));
        }
        if (!out[i].declaration_only)
            l->s->tools[l->s->n_tools++] = (struct rp_script_tool){agent, out[i].name, results};
    }
    return RP_OK;
}

/* ---- agents ---- */

static int load_agent(struct rp_loader *l, const struct rp_spot *agent, uint32_t i)
{
    static const char *const keys[] = {"name",  "description", "instructions",
                                       "model", "tools",       NULL};
    struct rp_agent_opts opts = {0};
    struct rp_error said = {0};
    struct rp_spot tools, name = rp_load_key(agent, "name");
    struct rp_tool *made;

    RP_TRY(rp_load_keys(l, agent, keys));
    RP_TRY(rp_load_name(l, agent, "name", RP_REQUIRED, &opts.name));
    RP_TRY(rp_load_string(l, agent, "description", RP_OPTIONAL, &opts.description));
    RP_TRY(rp_load_string(l, agent, "instructions", RP_OPTIONAL, &opts.instructions));
    if (rp_load_index_add(&l->agents, opts.name) != RP_OK)
        return rp_load_fail(l, &name, "there is an agent \"%s\" already",
                            rp_load_show(l, opts.name));
    l->s->script[i].name = opts.name;
    l->s->services[i] = l->service;
    l->s->services[i].agent = opts.name;
    RP_TRY(load_model(l, agent, l->s->script + i, l->s->services + i));
    RP_TRY(rp_load_array(l, agent, "tools", RP_OPTIONAL, 0, &tools));
    opts.n_tools = rp_len(tools.v);
    opts.tools = made = rp_load_take(l, opts.n_tools, sizeof(*made));
    if (!made)
        return RP_ENOMEM;
    RP_TRY(load_tools(l, &tools, opts.name, made));
    l->agent[i] = rp_agent(l->kit, &opts, &said);
    if (l->agent[i])
        return RP_OK;
    if (said.status == RP_ENOMEM)
        return RP_ENOMEM;
    return rp_load_fail(l, agent, "%s", said.text);
}

/* How many tools all agents have together, as far as the file is in order. */
static uint32_t count_tools(struct rp_value agents)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < rp_len(agents); i++)
        n += rp_len(rp_map_get(rp_at(agents, i), "tools"));
    RP_ASSERT(n <= UINT32_MAX); /* each has its own bytes in the file */
    return (uint32_t)n;
}

/* A graph may do without agents. */
static int find_agents(struct rp_loader *l, const struct rp_spot *root, struct rp_spot *agents)
{
    struct rp_value pattern = rp_map_get(rp_map_get(root->v, "workflow"), "pattern");
    int graph = rp_is_text(pattern, "graph");

    return rp_load_array(l, root, "agents", graph ? RP_OPTIONAL : RP_REQUIRED, graph ? 0 : 1,
                         agents);
}

int rp_load_agents(struct rp_loader *l, const struct rp_spot *root)
{
    struct rp_spot agents;
    uint32_t n;

    RP_TRY(find_agents(l, root, &agents));
    n = rp_len(agents.v);
    l->s->n_agents = n;
    l->s->script = rp_load_take(l, n, sizeof(*l->s->script));
    l->s->tools = rp_load_take(l, count_tools(agents.v), sizeof(*l->s->tools));
    l->s->services = rp_load_take(l, n, sizeof(*l->s->services));
    l->agent = rp_load_take(l, n, sizeof(struct rp_agent *));
    if (!l->s->script || !l->s->services || !l->s->tools || !l->agent)
        return RP_ENOMEM;
    RP_TRY(rp_load_service(l, root, &l->service, &l->has_service));
    RP_TRY(rp_load_index_init(l, &l->agents, n));
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot agent = rp_load_item(&agents, i);
        RP_TRY(load_agent(l, &agent, i));
    }
    return RP_OK;
}
