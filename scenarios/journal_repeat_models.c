/* journal_repeat_models.c - a model client that answers from a journal: the next line of the
 * journal says what comes next, so all comes in the order and at the times in which it came. */
#include "journal_repeat.h"

#include <string.h>

struct repeat {
    struct rp_replay *r;
    struct rp_alloc alloc;
    int64_t *calls;  /* that each agent of the scenario has made so far */
    uint32_t unmade; /* the last call that was not made */
};

/* Is the next line one of that kind? What is wrong with it is found out by the comparison. */
static int next_is(struct repeat *c, const char *e, int *is)
{
    int rc = rp_repeat_peek(c->r);

    *is = rc == RP_OK && rp_journal_is(&c->r->in, e);
    return rc == RP_ENOTFOUND ? RP_OK : rc;
}

/* Its place among the scenario's agents; n_agents: none. */
static uint32_t seat_of(const struct repeat *c, struct rp_str agent)
{
    const struct rp_scenario *s = c->r->scenario;
    uint32_t i = 0;

    while (i < s->n_agents && !rp_str_equal(rp_str(s->script[i].name), agent))
        i++;
    return i;
}

/* A number that is not the agent's next one is not believed: the comparison tells. */
static int64_t next_number(struct repeat *c, const struct rp_model_call *call, int64_t recorded)
{
    uint32_t seat = seat_of(c, rp_str(rp_agent_name(call->agent)));

    return seat < c->r->scenario->n_agents && recorded > 0 ? ++c->calls[seat] : recorded;
}

static int repeat_start(void *self, const struct rp_model_call *call, uint64_t now_ms,
                        int64_t *number, int *made)
{
    struct repeat *c = self;
    int is;

    (void)now_ms;
    RP_TRY(next_is(c, "model_call", &is));
    *number = is ? next_number(c, call, rp_journal_int(&c->r->in, "number")) : 0;
    *made = is && rp_is_true(rp_journal_at(&c->r->in, "made"));
    if (!*made)
        c->unmade = call->id;
    return RP_OK;
}

/* ---- replies --------------------------------------------------------------------------------- */

static int is_sound(enum rp_reply_kind kind, struct rp_value v)
{
    switch (kind) {
    case RP_REPLY_UPDATE:
        return rp_kind(v) == RP_K_UPDATE;
    case RP_REPLY_WHOLE:
        return rp_kind(v) == RP_K_RESPONSE;
    case RP_REPLY_END:
        return v.tag == RP_NIL || v.tag == RP_MAP;
    case RP_REPLY_ERROR:
        return v.tag == RP_NIL;
    case RP_REPLY_NONE:
        break;
    }
    return 0;
}

static uint64_t reply_time(const struct repeat *c)
{
    int64_t at = rp_journal_int(&c->r->in, "at");

    return at > 0 ? (uint64_t)at : 0;
}

/* As much of the reason as there is room for, whole characters. */
static void put_reason(struct rp_reply *reply, struct rp_str reason)
{
    size_t n = reason.n < sizeof(reply->reason) ? reason.n : sizeof(reply->reason) - 1;

    while (n < reason.n && n > 0 && ((unsigned char)reason.s[n] & 0xc0) == 0x80)
        n--;
    memcpy(reply->reason, reason.s, n);
    reply->reason[n] = '\0';
}

static int give(struct repeat *c, uint32_t call, struct rp_heap *heap, struct rp_reply *reply)
{
    const struct rp_journal_reader *in = &c->r->in;
    struct rp_value value = rp_journal_at(in, "value");

    reply->kind = (enum rp_reply_kind)rp_journal_reply_kind(rp_str_of(rp_journal_at(in, "kind")));
    if (!is_sound(reply->kind, value))
        return rp_repeat_damaged(c->r, "this is no reply of its kind");
    if (call == c->unmade && reply->kind != RP_REPLY_ERROR)
        return rp_repeat_damaged(c->r, "a call that was not made has a reply");
    put_reason(reply, rp_str_of(rp_journal_at(in, "reason")));
    return rp_copy_into(heap, value, &reply->value);
}

static int repeat_poll(void *self, uint32_t call, uint64_t now_ms, struct rp_heap *heap,
                       struct rp_reply *reply)
{
    struct repeat *c = self;
    int is;

    RP_TRY(next_is(c, "reply", &is));
    if (!is || rp_journal_int(&c->r->in, "call") != (int64_t)call || reply_time(c) > now_ms)
        return RP_OK;
    return give(c, call, heap, reply);
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t repeat_due(void *self)
{
    struct repeat *c = self;
    int is = 0;

    if (next_is(c, "reply", &is) == RP_OK && is)
        return reply_time(c);
    return next_is(c, "wait_failed", &is) == RP_OK && is ? 0 : UINT64_MAX;
}

static int repeat_wait(void *self, uint64_t until_ms, uint64_t *now_ms)
{
    struct repeat *c = self;
    int is = 0;

    (void)until_ms;
    if (next_is(c, "reply", &is) != RP_OK || !is)
        return RP_EIO;
    *now_ms = reply_time(c);
    return RP_OK;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void repeat_cancel(void *self, uint32_t call)
{
    (void)self;
    (void)call;
}

static int repeat_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    struct repeat *c = self;
    int is;

    *out = rp_nil();
    RP_TRY(next_is(c, "position", &is));
    return is ? rp_copy_into(heap, rp_journal_at(&c->r->in, "value"), out) : RP_OK;
}

/* Of scripts {AGENT: CALLS}, of services {"calls": that, ...}. */
static void set_calls(struct repeat *c, struct rp_value saved)
{
    const struct rp_scenario *s = c->r->scenario;
    struct rp_value calls = rp_map_get(saved, "calls");

    if (calls.tag != RP_MAP)
        calls = saved;
    for (uint32_t i = 0; i < s->n_agents; i++) {
        struct rp_value n = rp_map_get(calls, s->script[i].name);
        c->calls[i] = n.tag == RP_INT && n.u.i >= 0 && n.u.i < INT64_MAX / 2 ? n.u.i : 0;
    }
}

static int repeat_load(void *self, struct rp_value saved)
{
    struct repeat *c = self;
    int is;

    RP_TRY(next_is(c, "restore", &is));
    set_calls(c, saved);
    return is ? rp_repeat_status(rp_journal_text(&c->r->in, "status"), RP_ETYPE) : RP_OK;
}

static void repeat_free(void *self)
{
    struct repeat *c = self;
    struct rp_alloc alloc;

    if (!c)
        return;
    alloc = c->alloc;
    if (c->calls)
        alloc.resize(alloc.ctx, c->calls, c->r->scenario->n_agents * sizeof(*c->calls), 0);
    alloc.resize(alloc.ctx, c, sizeof(*c), 0);
}

static int repeat_new(struct rp_replay *r, const struct rp_alloc *alloc, struct repeat **out)
{
    size_t bytes = r->scenario->n_agents * sizeof(int64_t);
    struct repeat *c = alloc->resize(alloc->ctx, NULL, 0, sizeof(*c));

    if (!c)
        return RP_ENOMEM;
    *c = (struct repeat){.r = r, .alloc = *alloc};
    if (bytes > 0)
        c->calls = alloc->resize(alloc->ctx, NULL, 0, bytes);
    if (bytes > 0 && !c->calls) {
        repeat_free(c);
        return RP_ENOMEM;
    }
    set_calls(c, rp_nil());
    *out = c;
    return RP_OK;
}

int rp_repeat_client(void *ctx, const struct rp_alloc *alloc, struct rp_client *out)
{
    static const struct rp_client_ops in_virtual_time = {.start = repeat_start,
                                                         .poll = repeat_poll,
                                                         .due = repeat_due,
                                                         .cancel = repeat_cancel,
                                                         .save = repeat_save,
                                                         .load = repeat_load,
                                                         .free = repeat_free};
    static const struct rp_client_ops in_real_time = {.start = repeat_start,
                                                      .poll = repeat_poll,
                                                      .due = repeat_due,
                                                      .wait = repeat_wait,
                                                      .cancel = repeat_cancel,
                                                      .save = repeat_save,
                                                      .load = repeat_load,
                                                      .free = repeat_free};
    struct rp_replay *r = ctx;
    struct repeat *c;

    RP_TRY(repeat_new(r, alloc, &c));
    out->ops = strcmp(r->head.clock, "real") == 0 ? &in_real_time : &in_virtual_time;
    out->self = c;
    return RP_OK;
}
