/* live_tools.c - what tools say while a scenario is recorded, kept beside the exchanges. */
#include "live_inside.h"

static int write_value(struct rp_live *l, struct rp_value v, struct rp_buf *out)
{
    struct rp_buf text;
    int rc;

    rp_buf_init(&text, &l->alloc, RP_TEXT_MAX);
    rc = rp_json_write(&text, v, 0);
    if (rc == RP_OK)
        rc = rp_redact_body(l->redact, text.s, text.n, out, NULL, 0, NULL);
    rp_buf_free(&text);
    return rc;
}

static int is_same(const struct rp_tool_record *a, const struct rp_tool_record *b)
{
    return rp_same(a->lane, b->lane) && rp_same(a->tool, b->tool) &&
           rp_same(a->call_id, b->call_id) && rp_same(a->arguments, b->arguments) &&
           rp_same(a->result, b->result) && a->failed == b->failed;
}

/* What a cassette had before says the same for ever; it is not added again. */
static int is_known(struct rp_live *l, const struct rp_tool_record *t)
{
    const struct rp_tool_record *old;

    for (size_t i = 0; i < l->old_tools; i++)
        if (rp_cassette_tool(l->cassette, i, &old, NULL) == RP_OK && is_same(old, t))
            return 1;
    return 0;
}

static int keep(struct rp_live *l, struct rp_tool_record *t)
{
    size_t n = rp_cassette_count(l->cassette);

    if (is_known(l, t))
        return RP_OK;
    t->after = n > 0 ? rp_cassette_nth(l->cassette, n - 1) : 0;
    return rp_cassette_add_tool(l->cassette, t, &l->broken);
}

static int on_result(void *ctx, const struct rp_tool_call *call,
                     const struct rp_tool_result *result)
{
    struct rp_live *l = ctx;
    struct rp_tool_record t = {.lane = rp_agent_name(call->agent), .tool = call->tool->name};
    struct rp_buf arguments, said;
    int rc;

    if (rp_recorder_ledger(l->recorder).recorded == 0)
        return RP_OK; /* all is replayed so far */
    rp_buf_init(&arguments, &l->alloc, RP_TEXT_MAX);
    rp_buf_init(&said, &l->alloc, RP_TEXT_MAX);
    rc = write_value(l, call->arguments, &arguments);
    if (rc == RP_OK)
        rc = write_value(l, result->value, &said);
    if (rc == RP_OK) {
        t.call_id = rp_str_of(call->call_id).s;
        t.arguments = arguments.s;
        t.result = said.s;
        t.failed = result->failed;
        rc = keep(l, &t);
    }
    rp_buf_free(&arguments);
    rp_buf_free(&said);
    return rc;
}

struct rp_observer rp_live_tools(struct rp_live *l)
{
    return (struct rp_observer){.tool_result = on_result, .ctx = l};
}
