/* journal_around.c - the journal around a model client and around a checkpoint store: what goes
 * through them is told and passed on unchanged. */
#include "journal_line.h"

/* ---- model calls ----------------------------------------------------------------------------- */

struct around {
    struct rp_journal *j;
    struct rp_client inner;
};

static int add_tool(struct rp_heap *h, const struct rp_tool *tool, struct rp_value *all)
{
    struct rp_value one = rp_map();

    RP_TRY(rp_map_put(h, &one, "name", rp_textz(h, tool->name)));
    RP_TRY(rp_map_put(h, &one, "description", rp_textz(h, tool->description)));
    RP_TRY(rp_map_put(h, &one, "parameters", tool->parameters));
    return rp_list_add(h, all, one);
}

static void put_tools(struct rp_journal *j, const char *key, const struct rp_tool *tools, size_t n)
{
    struct rp_value all = n > 0 ? rp_list() : rp_nil();

    for (size_t i = 0; i < n && j->failed == RP_OK; i++)
        j->failed = add_tool(&j->scratch, &tools[i], &all);
    rp_line_noted(j, key, all);
}

static int put_call(struct rp_journal *j, const struct rp_model_call *call, uint64_t now_ms,
                    int64_t number, int made)
{
    const struct rp_tool *tools;
    size_t n = rp_agent_tools(call->agent, &tools);
    struct rp_value instructions = rp_textz(&j->scratch, rp_agent_instructions(call->agent));

    j->model_calls++;
    rp_line_begin(j, "model_call");
    rp_line_int(j, "call", call->id);
    rp_line_int(j, "at", (int64_t)now_ms);
    rp_line_int(j, "step", call->step);
    rp_line_text(j, "executor", call->executor);
    rp_line_text(j, "agent", rp_agent_name(call->agent));
    rp_line_int(j, "number", number);
    rp_line_bool(j, "made", made);
    rp_line_bool(j, "stream", call->stream);
    rp_line_bool(j, "tools_off", call->tools_off);
    rp_line_noted(j, "instructions", instructions);
    put_tools(j, "tools", tools, n);
    put_tools(j, "extra_tools", call->extra_tools, call->n_extra);
    rp_line_noted(j, "format", call->format);
    rp_line_noted(j, "options", call->kwargs);
    rp_line_value(j, "messages", call->messages);
    return rp_line_end(j);
}

static int around_start(void *self, const struct rp_model_call *call, uint64_t now_ms,
                        int64_t *number, int *made)
{
    struct around *a = self;

    RP_TRY(a->inner.ops->start(a->inner.self, call, now_ms, number, made));
    return put_call(a->j, call, now_ms, *number, *made);
}

static const char *const reply_kinds[] = {[RP_REPLY_NONE] = "none",
                                          [RP_REPLY_UPDATE] = "update",
                                          [RP_REPLY_WHOLE] = "whole",
                                          [RP_REPLY_END] = "end",
                                          [RP_REPLY_ERROR] = "error"};

int rp_journal_reply_kind(struct rp_str name)
{
    for (int i = RP_REPLY_UPDATE; i <= RP_REPLY_ERROR; i++)
        if (rp_str_equal(rp_str(reply_kinds[i]), name))
            return i;
    return RP_REPLY_NONE;
}

static int around_poll(void *self, uint32_t call, uint64_t now_ms, struct rp_heap *heap,
                       struct rp_reply *reply)
{
    struct around *a = self;
    struct rp_journal *j = a->j;

    RP_TRY(a->inner.ops->poll(a->inner.self, call, now_ms, heap, reply));
    if (reply->kind == RP_REPLY_NONE)
        return RP_OK;
    rp_line_begin(j, "reply");
    rp_line_int(j, "call", call);
    rp_line_int(j, "at", (int64_t)now_ms);
    rp_line_text(j, "kind", reply_kinds[reply->kind]);
    if (reply->kind == RP_REPLY_ERROR)
        rp_line_text(j, "reason", reply->reason);
    rp_line_value_if(j, "value", reply->value);
    return rp_line_end(j);
}

static uint64_t around_due(void *self)
{
    struct around *a = self;

    return a->inner.ops->due(a->inner.self);
}

static int around_wait(void *self, uint64_t until_ms, uint64_t *now_ms)
{
    struct around *a = self;
    int rc = a->inner.ops->wait(a->inner.self, until_ms, now_ms);

    if (rc == RP_OK)
        return rc;
    rp_line_begin(a->j, "wait_failed");
    rp_line_end(a->j);
    return rc;
}

static void around_cancel(void *self, uint32_t call)
{
    struct around *a = self;

    a->inner.ops->cancel(a->inner.self, call);
    rp_line_begin(a->j, "cancel");
    rp_line_int(a->j, "call", call);
    rp_line_end(a->j); /* the next line tells if this one failed */
}

static int around_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    struct around *a = self;

    RP_TRY(a->inner.ops->save(a->inner.self, heap, out));
    rp_line_begin(a->j, "position");
    rp_line_value(a->j, "value", *out);
    rp_line_end(a->j);
    return a->j->failed == RP_ENOMEM ? RP_ENOMEM : RP_OK; /* else the next line tells */
}

static int around_load(void *self, struct rp_value saved)
{
    struct around *a = self;
    int rc = a->inner.ops->load(a->inner.self, saved);

    if (rc <= RP_FATAL)
        return rc;
    rp_line_begin(a->j, "restore");
    rp_line_text(a->j, "status", rp_status_name(rc));
    rp_line_value(a->j, "value", saved);
    rp_line_end(a->j);
    return a->j->failed == RP_ENOMEM ? RP_ENOMEM : rc;
}

static void around_free(void *self)
{
    struct around *a = self;

    if (!a)
        return;
    a->inner.ops->free(a->inner.self);
    a->j->alloc.resize(a->j->alloc.ctx, a, sizeof(*a), 0);
}

static const struct rp_client_ops in_virtual_time = {.start = around_start,
                                                     .poll = around_poll,
                                                     .due = around_due,
                                                     .cancel = around_cancel,
                                                     .save = around_save,
                                                     .load = around_load,
                                                     .free = around_free};
static const struct rp_client_ops in_real_time = {.start = around_start,
                                                  .poll = around_poll,
                                                  .due = around_due,
                                                  .wait = around_wait,
                                                  .cancel = around_cancel,
                                                  .save = around_save,
                                                  .load = around_load,
                                                  .free = around_free};

int rp_journal_client(struct rp_journal *j, struct rp_client *client)
{
    struct around *a = j->alloc.resize(j->alloc.ctx, NULL, 0, sizeof(*a));

    if (!a) {
        client->ops->free(client->self);
        return RP_ENOMEM;
    }
    *a = (struct around){j, *client};
    j->real_clock = client->ops->wait != NULL;
    *client = (struct rp_client){client->ops->wait ? &in_real_time : &in_virtual_time, a};
    return RP_OK;
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

/* What a store could not do. The journal's own failure is told by the next line of the run. */
static int put_failure(struct rp_journal *j, const char *does, int rc, const struct rp_error *why)
{
    if (rc <= RP_FATAL)
        return rc;
    rp_line_begin(j, "store_failed");
    rp_line_text(j, "does", does);
    rp_line_error(j, rc, why);
    rp_line_end(j);
    return j->failed == RP_ENOMEM ? RP_ENOMEM : rc;
}

static int noted_save(void *self, const struct rp_checkpoint_info *info,
                      const struct rp_item *items, size_t n, uint64_t *generation, int64_t *id,
                      struct rp_error *err)
{
    struct rp_journal *j = self;
    struct rp_error mine = {0}, *why = err ? err : &mine;
    int rc = j->store.ops->save(j->store.self, info, items, n, generation, id, why);

    if (rc != RP_OK)
        return put_failure(j, "save", rc, why);
    rp_line_begin(j, "saved");
    rp_line_int(j, "checkpoint", *id);
    rp_line_int(j, "previous", info->previous);
    rp_line_int(j, "iteration", info->iteration);
    rp_line_hex(j, "root", info->root.b, sizeof(info->root.b));
    rp_line_end(j);
    return j->failed == RP_ENOMEM ? RP_ENOMEM : RP_OK;
}

static int noted_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                      struct rp_error *err)
{
    struct rp_journal *j = self;
    struct rp_error mine = {0}, *why = err ? err : &mine;
    int rc = j->store.ops->item(j->store.self, id, bytes, n, why);

    return rc == RP_OK ? rc : put_failure(j, "item", rc, why);
}

static int noted_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct rp_journal *j = self;
    struct rp_error mine = {0}, *why = err ? err : &mine;
    int rc = j->store.ops->info(j->store.self, id, out, why);

    return rc == RP_OK ? rc : put_failure(j, "info", rc, why);
}

static int noted_list(void *self, const char *workflow,
                      int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                      struct rp_error *err)
{
    struct rp_store *in = &((struct rp_journal *)self)->store;

    return in->ops->list(in->self, workflow, visit, ctx, err);
}

static int noted_latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    struct rp_store *in = &((struct rp_journal *)self)->store;

    return in->ops->latest(in->self, workflow, id, err);
}

static int noted_remove(void *self, const int64_t *ids, size_t n, struct rp_error *err)
{
    struct rp_store *in = &((struct rp_journal *)self)->store;

    return in->ops->remove(in->self, ids, n, err);
}

static int noted_size(void *self, uint64_t *bytes, struct rp_error *err)
{
    struct rp_store *in = &((struct rp_journal *)self)->store;

    return in->ops->size(in->self, bytes, err);
}

static void noted_free(void *self)
{
    struct rp_store *in = &((struct rp_journal *)self)->store;

    in->ops->free(in->self);
    *in = (struct rp_store){0};
}

void rp_journal_store(struct rp_journal *j, struct rp_store *store)
{
    static const struct rp_store_ops ops = {.save = noted_save,
                                            .item = noted_item,
                                            .info = noted_info,
                                            .list = noted_list,
                                            .latest = noted_latest,
                                            .remove = noted_remove,
                                            .size = noted_size,
                                            .free = noted_free};

    j->store = *store;
    *store = (struct rp_store){&ops, j};
}
