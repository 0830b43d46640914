/* exec_basic.c - the small executors between participants: the normaliser before a sequence, the
 * dispatcher and the aggregator around concurrent participants. */
#include "exec_basic.h"

#include "run.h"

/* ---- normaliser (R-SEQ-1): text, message or list becomes a list of messages ---- */

static int normalise(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_value messages;
    RP_TRY(rp_messages_of(rp_heap(cx), data, &messages));
    return rp_send(cx, messages);
}

const struct rp_exec_kind rp_exec_normalise = {.name = "normalise", .message = normalise};

/* ---- dispatcher (R-CON-1) ---- */

static int dispatch(struct rp_ctx *cx, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value messages;
    if (rp_kind(data) == RP_K_AGENT_REQUEST)
        return rp_send(cx, data);
    RP_TRY(rp_messages_of(h, data, &messages));
    return rp_send(cx, rp_agent_request(h, messages, 1));
}

const struct rp_exec_kind rp_exec_dispatch = {.name = "dispatch", .message = dispatch};

/* ---- aggregator ---- */

static int last_assistant(struct rp_value messages, struct rp_value *out)
{
    for (uint32_t i = rp_len(messages); i > 0; i--)
        if (rp_message_of(rp_at(messages, i - 1))->role.u.i == RP_ASSISTANT) {
            *out = rp_at(messages, i - 1);
            return 1;
        }
    return 0;
}

/* The last assistant message of each response, else of its conversation (R-CON-2). */
static int last_messages(struct rp_ctx *cx, struct rp_value results)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value all = rp_list(), m;
    for (uint32_t i = 0; i < rp_len(results); i++) {
        struct rp_agent_response *a = rp_agent_response_of(rp_at(results, i));
        if (last_assistant(rp_response_of(a->response)->messages, &m) ||
            last_assistant(a->conversation, &m)) {
            RP_TRY(rp_list_add(h, &all, m));
            continue;
        }
        struct rp_str parts[] = {
            rp_str_of(a->executor), rp_str(" gave no assistant message"), {NULL, 0}};
        RP_TRY(rp_ctx_event(cx, RP_EV_WARNING, 1, rp_text_join(h, parts)));
    }
    if (rp_len(all) == 0)
        return rp_fail(cx, "no participant gave an assistant message to aggregate");
    return rp_yield(cx, rp_response(h, all, rp_nil()));
}

static int joined(struct rp_ctx *cx, struct rp_value results, const char *separator)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value text = rp_text(h, "", 0);
    for (uint32_t i = 0; i < rp_len(results); i++) {
        struct rp_value response = rp_agent_response_of(rp_at(results, i))->response;
        struct rp_value one = rp_messages_text(h, rp_response_of(response)->messages);
        if (one.tag == RP_BAD || text.tag == RP_BAD)
            return RP_ENOMEM;
        text = rp_text_join(
            h, (struct rp_str[]){
                   rp_str_of(text), rp_str(i ? separator : ""), rp_str_of(one), {NULL, 0}});
    }
    return rp_yield(cx, text);
}

static int aggregate(struct rp_ctx *cx, struct rp_value results)
{
    const struct rp_aggregate_def *def = rp_ctx_node(cx)->def;
    struct rp_value out = rp_nil();
    if (def->join)
        return joined(cx, results, def->join);
    if (!def->fn)
        return last_messages(cx, results);
    RP_TRY(def->fn(cx, def->self, results, &out));
    return out.tag == RP_NIL ? RP_OK : rp_yield(cx, out);
}

const struct rp_exec_kind rp_exec_aggregate = {.name = "aggregate", .message = aggregate};
