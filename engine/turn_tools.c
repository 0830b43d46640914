/* turn_tools.c - a batch of tool calls: each call for itself is found, checked and run (R-TOOL-5);
 * results stand in call order, whatever order they came in. */
#include "base/zoo.h"
#include "turn.h"

/* What the model is told; the wording is the engine's own. */
#define TOLD_UNKNOWN  "No tool of that name is available."
#define TOLD_BAD_ARGS "The arguments do not fit the parameters of this tool."
#define TOLD_FAILED   "The tool failed."
#define TOLD_USED_UP  "This tool may not be called again."
#define TOLD_REFUSED  "The call was not approved and has not been made."

struct rp_value rp_turn_refusal(struct rp_heap *h, struct rp_value call_id)
{
    return rp_content_result(h, call_id, rp_textz(h, TOLD_REFUSED), 0);
}

/* ---- arguments ---- */

static struct rp_value arguments_of(struct rp_heap *h, struct rp_value call)
{
    struct rp_value text = rp_c_call_of(call)->arguments, parsed, raw = rp_map();
    int rc = rp_json_try(h, rp_str_of(text), &parsed);
    if (rc == RP_ENOMEM)
        return rp_bad();
    if (rc == RP_OK && parsed.tag == RP_MAP)
        return parsed;
    return rp_map_put(h, &raw, "raw", rc == RP_OK ? parsed : text) == RP_OK ? raw : rp_bad();
}

static int is_whole(struct rp_value v)
{
    return v.tag == RP_INT || v.tag == RP_DIGITS;
}

/* One name of JSON Schema's `type`; an unknown name accepts everything. */
static int is_of_type(struct rp_value v, struct rp_value name)
{
    if (rp_is_text(name, "string"))
        return v.tag == RP_TEXT;
    if (rp_is_text(name, "integer"))
        return is_whole(v);
    if (rp_is_text(name, "number"))
        return is_whole(v) || v.tag == RP_REAL;
    if (rp_is_text(name, "boolean"))
        return v.tag == RP_BOOL;
    if (rp_is_text(name, "object"))
        return v.tag == RP_MAP;
    if (rp_is_text(name, "array"))
        return v.tag == RP_LIST;
    if (rp_is_text(name, "null"))
        return v.tag == RP_NIL;
    return 1;
}

static int fits_type(struct rp_value v, struct rp_value type)
{
    if (type.tag == RP_TEXT)
        return is_of_type(v, type);
    for (uint32_t i = 0; i < rp_len(type); i++)
        if (is_of_type(v, rp_at(type, i)))
            return 1;
    return type.tag != RP_LIST;
}

static int fits_property(struct rp_value v, struct rp_value schema)
{
    struct rp_value choice = rp_map_get(schema, "enum");
    if (!fits_type(v, rp_map_get(schema, "type")))
        return 0;
    for (uint32_t i = 0; i < rp_len(choice); i++)
        if (rp_equal(rp_at(choice, i), v))
            return 1;
    return choice.tag != RP_LIST;
}

/* Top level only (R-TOOL-5). */
static int fits(struct rp_value arguments, struct rp_value schema)
{
    struct rp_value required = rp_map_get(schema, "required");
    struct rp_value properties = rp_map_get(schema, "properties");
    struct rp_value others = rp_map_get(schema, "additionalProperties");
    for (uint32_t i = 0; i < rp_len(required); i++)
        if (rp_at(required, i).tag == RP_TEXT &&
            !rp_map_has(arguments, rp_at(required, i).u.text->s))
            return 0;
    for (uint32_t i = 0; i < rp_map_len(arguments); i++) {
        const char *key = rp_map_key(arguments, i).u.text->s;
        if (rp_map_has(properties, key)) {
            if (!fits_property(rp_map_value(arguments, i), rp_map_get(properties, key)))
                return 0;
        } else if (others.tag == RP_BOOL && !others.u.i) {
            return 0;
        }
    }
    return 1;
}

/* ---- one call ---- */

static struct rp_value result_text(struct rp_heap *h, struct rp_value v)
{
    return v.tag == RP_TEXT ? v : rp_json_text(h, v);
}

static int set_result(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot,
                      struct rp_value text, int is_error)
{
    struct rp_value id = rp_c_call_of(rp_at(t->batch, slot))->id;
    struct rp_value result = rp_content_result(rp_heap(cx), id, text, is_error);
    if (result.tag == RP_BAD)
        return RP_ENOMEM;
    if (RP_ZOO == RP_ZOO_FINISH_ORDER)
        for (slot = 0; rp_at(t->results, slot).tag != RP_NIL;)
            slot++;
    t->results.u.vec->at[slot] = result;
    return RP_OK;
}

static int set_error(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot, const char *told)
{
    return set_result(cx, t, slot, rp_textz(rp_heap(cx), told), 1);
}

static int set_outcome(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot,
                       struct rp_tool_result result)
{
    if (result.failed)
        return set_error(cx, t, slot, TOLD_FAILED);
    return set_result(cx, t, slot, result_text(rp_heap(cx), result.value), 0);
}

/* A hand-over: the first one of the batch wins, the others get results too (R-HO-10). */
static int hand_over(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot,
                     const struct rp_tool *tool)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value target = rp_textz(h, tool->self), object = rp_map();
    RP_TRY(rp_map_put(h, &object, "handoff_to", target));
    if (t->handoff.tag == RP_NIL)
        t->handoff = target;
    t->mode.u.i |= RP_TURN_TERMINATED;
    return set_result(cx, t, slot, rp_json_text(h, object), 0);
}

/* 1: the middleware has answered. */
static int ask_middleware(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot,
                          const struct rp_tool *tool, struct rp_value arguments)
{
    const struct rp_agent_opts *o = &rp_turn_agent(cx, t)->o;
    struct rp_tool_result result = {rp_nil(), 0};
    if (!o->middleware)
        return 0;
    enum rp_verdict v = o->middleware(o->self, rp_heap(cx), tool->name, arguments, &result);
    if (v == RP_GO_ON)
        return 0;
    if (v == RP_TERMINATE)
        t->mode.u.i |= RP_TURN_TERMINATED;
    int rc = set_outcome(cx, t, slot, result);
    return rc == RP_OK ? 1 : rc;
}

/* Lifetime counters of tools that have a limit. 1: used up. */
static int used_up(struct rp_ctx *cx, struct rp_agent_turn *t, const struct rp_tool *tool)
{
    struct rp_heap *h = rp_heap(cx);
    if (!tool->max_invocations)
        return 0;
    struct rp_value key = rp_text_join(
        h, (struct rp_str[]){
               rp_str(rp_turn_agent(cx, t)->o.name), rp_str("/"), rp_str(tool->name), {NULL, 0}});
    if (key.tag == RP_BAD)
        return RP_ENOMEM;
    struct rp_value *counts = &rp_st(cx->run)->tool_counts;
    struct rp_value count = rp_map_get(*counts, key.u.text->s);
    int64_t n = count.tag == RP_INT ? count.u.i : 0;
    if (n >= (int64_t)tool->max_invocations)
        return 1;
    return rp_map_put(h, counts, key.u.text->s, rp_int(n + 1));
}

static int hand_out(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot,
                    const struct rp_tool *tool, struct rp_value arguments)
{
    struct rp_run *root = cx->run->core->root;
    uint32_t id;
    RP_TRY(rp_call_open(cx, 1, slot, &id));
    struct rp_out *out = rp_ring_add(cx->run->core);
    if (!out)
        return RP_ENOMEM;
    out->kind = RP_OUT_TOOL_CALL;
    out->u.tool = (struct rp_tool_call){
        .id = id,
        .agent = rp_turn_agent(cx, t),
        .tool = tool,
        .executor = rp_executor_id(cx),
        .step = rp_run_step_number(root),
        .call_id = rp_c_call_of(rp_at(t->batch, slot))->id,
        .arguments = arguments,
        .kwargs = rp_kwargs_for(rp_st(cx->run)->tool_kwargs, rp_executor_id(cx))};
    t->left.u.i++;
    return RP_OK;
}

static int run_tool(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot,
                    const struct rp_tool *tool)
{
    struct rp_value arguments = arguments_of(rp_heap(cx), rp_at(t->batch, slot));
    if (arguments.tag == RP_BAD)
        return RP_ENOMEM;
    if (RP_ZOO == RP_ZOO_NEVER_RUNS && t->phase.u.i == RP_TURN_ANSWERS)
        return set_result(cx, t, slot, rp_textz(rp_heap(cx), ""), 0);
    if (!fits(arguments, tool->parameters))
        return set_error(cx, t, slot, TOLD_BAD_ARGS);
    int rc = ask_middleware(cx, t, slot, tool, arguments);
    if (rc != 0)
        return rc == 1 ? RP_OK : rc;
    rc = used_up(cx, t, tool);
    if (rc != 0)
        return rc == 1 ? set_error(cx, t, slot, TOLD_USED_UP) : rc;
    if (!tool->call)
        return hand_out(cx, t, slot, tool, arguments);
    struct rp_tool_result result = {rp_nil(), 0};
    RP_TRY(tool->call(tool->self, rp_heap(cx), arguments, &result));
    return set_outcome(cx, t, slot, result);
}

static int start_call(struct rp_ctx *cx, struct rp_agent_turn *t, uint32_t slot)
{
    int extra;
    struct rp_str name = rp_str_of(rp_c_call_of(rp_at(t->batch, slot))->name);
    const struct rp_tool *tool = rp_turn_tool(cx, t, name, &extra);
    if (!tool || tool->declaration_only)
        return set_error(cx, t, slot, TOLD_UNKNOWN);
    return extra >= 0 ? hand_over(cx, t, slot, tool) : run_tool(cx, t, slot, tool);
}

/* ---- the batch ---- */

static int batch_goes_on(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    if (t->left.u.i > 0)
        return RP_OK;
    return t->phase.u.i == RP_TURN_ANSWERS ? rp_turn_answers_done(cx, t)
                                           : rp_turn_batch_done(cx, t);
}

int rp_turn_run_batch(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    uint32_t n = rp_len(t->batch);
    t->results = rp_list();
    t->left = rp_int(0);
    for (uint32_t i = 0; i < n; i++)
        RP_TRY(rp_list_add(rp_heap(cx), &t->results, rp_nil()));
    for (uint32_t i = 0; i < n; i++)
        RP_TRY(start_call(cx, t, i));
    return batch_goes_on(cx, t);
}

int rp_turn_tool_result(struct rp_ctx *cx, uint32_t slot, struct rp_tool_result result)
{
    struct rp_agent_turn *t = rp_turn_of_ctx(cx);
    RP_ASSERT(t->left.u.i > 0);
    t->left.u.i--;
    RP_TRY(set_outcome(cx, t, slot, result));
    return batch_goes_on(cx, t);
}

static int batch_had_error(const struct rp_agent_turn *t)
{
    for (uint32_t i = 0; i < rp_len(t->results); i++)
        if (rp_is_true(rp_c_result_of(rp_at(t->results, i))->is_error))
            return 1;
    return 0;
}

void rp_turn_count(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    const struct rp_agent_opts *o = &rp_turn_agent(cx, t)->o;
    t->errors = rp_int(batch_had_error(t) ? t->errors.u.i + 1 : 0);
    t->calls.u.i += rp_len(t->results);
    if (t->errors.u.i >= (int64_t)o->max_consecutive_errors)
        t->mode.u.i |= RP_TURN_LAST;
    if (o->max_function_calls && t->calls.u.i >= (int64_t)o->max_function_calls)
        t->mode.u.i |= RP_TURN_LAST;
}
