/* run_ctx.c - what a handler may do: send, yield, ask, tell, read and stage shared state, run an
 * agent (R-EXE-4). */
#include "base/zoo.h"
#include "run.h"
#include "turn.h"

struct rp_heap *rp_heap(struct rp_ctx *cx)
{
    return &cx->run->core->heap;
}

const struct rp_node *rp_ctx_node(struct rp_ctx *cx)
{
    return &cx->run->wf->node[cx->exec];
}

struct rp_value rp_ctx_state(struct rp_ctx *cx)
{
    return *rp_exec_state(cx->run, cx->exec);
}

const char *rp_executor_id(const struct rp_ctx *cx)
{
    return cx->run->wf->node[cx->exec].id;
}

int rp_is_streaming(const struct rp_ctx *cx)
{
    return cx->run->stream;
}

/* For executor_completed: the targets of what is sent, beside it. */
static int note_target(struct rp_ctx *cx, uint32_t target)
{
    struct rp_value *targets = &cx->frame->targets;
    if (target == RP_NO_NODE && targets->tag == RP_NIL)
        return RP_OK;
    if (targets->tag == RP_NIL)
        *targets = rp_list();
    while (rp_len(*targets) < rp_len(cx->frame->sent))
        RP_TRY(rp_list_add(rp_heap(cx), targets, rp_int(-1)));
    return rp_list_add(rp_heap(cx), targets, rp_int(target == RP_NO_NODE ? -1 : (int64_t)target));
}

int rp_ctx_send(struct rp_ctx *cx, struct rp_value data, uint32_t target)
{
    if (data.tag == RP_BAD)
        return RP_ENOMEM;
    if (rp_run_tells_completed(cx->run)) {
        RP_TRY(note_target(cx, target));
        RP_TRY(rp_list_add(rp_heap(cx), &cx->frame->sent, data));
    }
    return rp_run_enqueue(cx->run, cx->exec, 0, data, rp_nil(), target);
}

int rp_send(struct rp_ctx *cx, struct rp_value data)
{
    return rp_ctx_send(cx, data, RP_NO_NODE);
}

/* A target that does not exist is nobody: the message is dropped like any other (R-EDGE-6). */
int rp_send_to(struct rp_ctx *cx, struct rp_value data, const char *target)
{
    struct rp_str id = rp_str(target);
    uint32_t node = rp_workflow_find(cx->run->wf, id.s, id.n);
    return rp_ctx_send(cx, data, node == RP_NO_NODE ? cx->run->wf->n_nodes : node);
}

/* The bug OUTPUT_OVERWRITTEN: what the first executor of the superstep has yielded. */
static void overwrite(struct rp_ctx *cx, struct rp_value *data)
{
    struct rp_value first = cx->run->frame[cx->run->touched[0]].yielded;
    if (cx->run->n_touched > 1 && rp_len(first))
        *data = rp_at(first, 0);
}

int rp_yield(struct rp_ctx *cx, struct rp_value data)
{
    const struct rp_node *node = rp_ctx_node(cx);
    if (RP_ZOO == RP_ZOO_OUTPUT_OVERWRITTEN)
        overwrite(cx, &data);
    if (data.tag == RP_BAD)
        return RP_ENOMEM;
    if (rp_run_tells_completed(cx->run))
        RP_TRY(rp_list_add(rp_heap(cx), &cx->frame->yielded, data));
    if (node->designation == RP_HIDDEN)
        return RP_OK;
    enum rp_event_kind kind =
        node->designation == RP_DESIGNATED_OUTPUT ? RP_EV_OUTPUT : RP_EV_INTERMEDIATE;
    return rp_run_emit(cx->run,
                       &(struct rp_event){.kind = kind, .executor = node->id, .data = data});
}

int rp_send_response(struct rp_ctx *cx, struct rp_value response)
{
    if (response.tag == RP_BAD)
        return RP_ENOMEM;
    if (rp_kind(response) != RP_K_RESPONSE)
        return RP_ETYPE;
    return rp_send(cx, rp_agent_response(rp_heap(cx), rp_executor_id(cx), response,
                                         rp_response_of(response)->messages));
}

int rp_ctx_ask(struct rp_ctx *cx, struct rp_value data, struct rp_type wants, const char *id)
{
    return rp_run_ask(cx->run, cx->exec, data, wants, id);
}

int rp_ask(struct rp_ctx *cx, struct rp_value data, struct rp_type answer, const char *id)
{
    return rp_run_ask(cx->run, cx->exec, data, answer, id);
}

int rp_ctx_event(struct rp_ctx *cx, enum rp_event_kind kind, int with_executor,
                 struct rp_value data)
{
    if (data.tag == RP_BAD)
        return RP_ENOMEM;
    return rp_run_emit(cx->run,
                       &(struct rp_event){.kind = kind,
                                          .executor = with_executor ? rp_executor_id(cx) : NULL,
                                          .data = data});
}

static int is_reserved_event(const char *name)
{
    for (int k = RP_EV_STARTED; k < RP_EV_CUSTOM; k++)
        if (rp_str_equal(rp_str(name), rp_str(rp_event_name((enum rp_event_kind)k))))
            return 1;
    return 0;
}

int rp_emit(struct rp_ctx *cx, const char *name, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    if (!is_reserved_event(name))
        return rp_run_emit(cx->run, &(struct rp_event){.kind = RP_EV_CUSTOM,
                                                       .executor = rp_executor_id(cx),
                                                       .name = name,
                                                       .data = data});
    struct rp_str parts[] = {rp_str("executor "),
                             rp_str(rp_executor_id(cx)),
                             rp_str(" emitted the reserved event "),
                             rp_str(name),
                             {NULL, 0}};
    return rp_ctx_event(cx, RP_EV_WARNING, 1, rp_text_join(h, parts));
}

/* ---- shared state (R-RUN-13) ---- */

static void touches(struct rp_ctx *cx, const char *key, int writes)
{
    const struct rp_chooser *c = &cx->run->core->chooser;
    if (c->touches)
        c->touches(c->ctx, cx->exec, key, writes);
}

int rp_state_set(struct rp_ctx *cx, const char *key, struct rp_value value)
{
    struct rp_heap *h = rp_heap(cx);
    if (key[0] == '_')
        return RP_EARG;
    touches(cx, key, 1);
    RP_TRY(rp_list_add(h, &cx->run->staged, rp_textz(h, key)));
    return rp_list_add(h, &cx->run->staged, value);
}

int rp_state_delete(struct rp_ctx *cx, const char *key)
{
    return rp_state_set(cx, key, rp_nil());
}

struct rp_value rp_state_get(struct rp_ctx *cx, const char *key)
{
    struct rp_value staged = cx->run->staged;
    touches(cx, key, 0);
    for (uint32_t i = rp_len(staged); i > 0; i -= 2)
        if (rp_is_text(rp_at(staged, i - 2), key))
            return rp_at(staged, i - 1);
    return rp_map_get(rp_st(cx->run)->shared, key);
}

/* ---- the executor's own ---- */

struct rp_value rp_self_get(struct rp_ctx *cx)
{
    return rp_s_custom_of(rp_ctx_state(cx))->value;
}

void rp_self_set(struct rp_ctx *cx, struct rp_value value)
{
    if (value.tag == RP_BAD || rp_ctx_keep(cx) != RP_OK)
        cx->run->core->heap.failed = 1;
    rp_s_custom_of(rp_ctx_state(cx))->value = value;
}

int rp_run_agent(struct rp_ctx *cx, const struct rp_agent *agent, struct rp_value messages,
                 rp_then_fn *then)
{
    struct rp_value input;
    if (cx->frame->then || rp_ctx_node(cx)->kind != &rp_exec_custom)
        return RP_ESTATE;
    if (rp_workflow_agent(cx->run->wf, agent) == RP_NO_NODE)
        return rp_fail(cx, "agent %s is not one of this workflow's agents", agent->o.name);
    RP_TRY(rp_messages_of(rp_heap(cx), messages, &input));
    cx->frame->then = then;
    RP_TRY(rp_ctx_keep(cx));
    return rp_turn_start(cx, &(struct rp_turn_spec){.agent = agent, .input = input});
}

uint32_t rp_sources(const struct rp_ctx *cx)
{
    return cx->run->d[cx->frame->delivery].n_sources;
}

const char *rp_source(const struct rp_ctx *cx, uint32_t i)
{
    const struct rp_delivery *d = &cx->run->d[cx->frame->delivery];
    RP_ASSERT(i < d->n_sources);
    if (d->internal)
        return cx->run->wf->node[d->source].internal.u.text->s;
    return cx->run->wf->node[d->sources ? d->sources[i] : d->source].id;
}

int rp_fail(struct rp_ctx *cx, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    rp_fail_va(&cx->run->core->why, RP_EHANDLER, rp_executor_id(cx), format, arguments);
    va_end(arguments);
    return RP_EHANDLER;
}
