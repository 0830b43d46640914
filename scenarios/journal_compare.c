/* journal_compare.c - holds what a repeated run writes against the journal, line by line, and tells
 * where the first difference is. */
#include "journal_repeat.h"

#include <string.h>

int rp_repeat_damaged(struct rp_replay *r, const char *why)
{
    r->verdict.kind = RP_VERDICT_DAMAGED;
    rp_journal_damage(&r->in, r->in.at, &r->verdict.damage, why);
    return RP_REPLAY_STOP;
}

int rp_repeat_peek(struct rp_replay *r)
{
    struct rp_error err = {0};
    int rc = rp_journal_peek(&r->in, &err);

    if (rc != RP_EPARSE)
        return rc;
    r->verdict.kind = RP_VERDICT_DAMAGED;
    r->verdict.damage = err;
    return RP_REPLAY_STOP;
}

int rp_repeat_status(const char *name, int other)
{
#define X(status, number, sentence)                                                                \
    if (status > RP_FATAL && strcmp(name, #status) == 0)                                           \
        return status;
    RP_STATUS_LIST(X)
#undef X
    return other;
}

/* ---- where a difference is ------------------------------------------------------------------- */

static int keep_text(struct rp_replay *r, struct rp_value v, struct rp_str *out)
{
    struct rp_value copy = rp_text(&r->told, rp_str_of(v).s, rp_str_of(v).n);

    if (copy.tag == RP_BAD)
        return RP_ENOMEM;
    *out = rp_str_of(copy);
    return RP_OK;
}

/* What is looked for in the lines before one that does not say all of its place itself. */
struct place {
    struct rp_value call; /* only what is said of that call; nil: of the superstep */
    int step, executor;   /* these are known */
    int turn;             /* the turn's beginning was met */
};

/* Of the lines of a superstep, the executor that all of them name. */
static int learn_executor(struct rp_replay *r, struct place *p, struct rp_value executor)
{
    struct rp_str *known = &r->verdict.executor;

    if (known->n == 0)
        return keep_text(r, executor, known);
    if (p->call.tag == RP_NIL && !rp_str_equal(*known, rp_str_of(executor))) {
        *known = rp_str("");
        p->executor = 1;
    }
    return RP_OK;
}

static int learn(struct rp_replay *r, struct place *p, struct rp_value json)
{
    struct rp_replay_verdict *v = &r->verdict;
    struct rp_value executor = rp_map_get(json, "executor"), step = rp_map_get(json, "step");
    struct rp_value turn = rp_map_get(json, "turn");
    int about = p->call.tag == RP_NIL || rp_equal(rp_map_get(json, "call"), p->call);

    if (about && step.tag == RP_INT && step.u.i > 0 && !p->step) {
        v->step = step.u.i;
        p->step = 1;
    }
    if (p->step && step.tag == RP_INT && step.u.i != v->step)
        p->executor = 1; /* of another superstep */
    if (about && !p->executor && executor.tag == RP_TEXT)
        RP_TRY(learn_executor(r, p, executor));
    p->turn = turn.tag == RP_INT;
    if (p->turn)
        v->turn = turn.u.i;
    return RP_OK;
}

/* What the line itself says; an event and a call say all. */
static int begin_place(struct rp_replay *r, struct rp_value json, struct place *p)
{
    struct rp_replay_verdict *v = &r->verdict;
    struct rp_value e = rp_map_get(json, "e"), event = rp_map_get(json, "event");
    struct rp_value step = rp_map_get(json, "step"), executor = rp_map_get(json, "executor");

    v->line = (int64_t)r->in.at + 1;
    v->step = step.tag == RP_INT ? step.u.i : 0;
    RP_TRY(keep_text(r, event.tag == RP_TEXT ? event : e, &v->event));
    if (executor.tag == RP_TEXT)
        RP_TRY(keep_text(r, executor, &v->executor));
    p->step = step.tag == RP_INT;
    p->executor = p->step && !rp_is_text(e, "state");
    if (rp_is_text(e, "reply") || rp_is_text(e, "cancel"))
        p->call = rp_map_get(json, "call");
    p->turn = rp_map_get(json, "turn").tag == RP_INT;
    if (p->turn)
        v->turn = rp_map_get(json, "turn").u.i;
    return RP_OK;
}

/* What a line does not say of its place, those before it in its turn say. */
static int find_place(struct rp_replay *r, struct rp_value json)
{
    struct place p = {.call = rp_nil()};
    struct rp_heap h;
    int rc = begin_place(r, json, &p);

    for (size_t i = r->in.at; i-- > 0 && rc == RP_OK && !p.turn;) {
        struct rp_value before;
        rp_heap_init(&h, &r->o.alloc, 0, 0);
        rc = rp_journal_json(&r->in, i, &h, &before);
        if (rc == RP_OK)
            rc = learn(r, &p, before);
        rp_heap_free(&h);
    }
    return rc == RP_EPARSE ? RP_OK : rc; /* a line that --force went over */
}

static int search(struct rp_replay *r, struct rp_value recorded, struct rp_heap *h,
                  struct rp_str line)
{
    struct rp_value replayed;
    int differ = 0;

    RP_TRY(rp_json_read(h, line.s, line.n, &replayed, NULL));
    RP_TRY(rp_journal_differ(recorded, replayed, r->verdict.redacted, &r->difference, &differ));
    if (!differ)
        return RP_OK;
    RP_TRY(find_place(r, recorded));
    r->verdict.kind = RP_VERDICT_DIFFERS;
    return RP_REPLAY_STOP;
}

/* The bytes differ: RP_OK when nothing that counts does. */
static int explain(struct rp_replay *r, struct rp_str line)
{
    struct rp_heap h;
    int rc;

    rp_heap_init(&h, &r->o.alloc, 0, 0);
    rc = search(r, r->in.json, &h, line);
    rp_heap_free(&h);
    return rc;
}

/* ---- one line -------------------------------------------------------------------------------- */

static void count(struct rp_replay *r)
{
    const struct rp_journal_reader *in = &r->in;
    struct rp_replay_verdict *v = &r->verdict;

    v->lines++;
    v->events += (uint64_t)rp_journal_is(in, "event");
    v->supersteps += (uint64_t)rp_journal_is(in, "state");
    v->turns += (uint64_t)rp_journal_is(in, "over");
    v->model_calls += (uint64_t)rp_journal_is(in, "model_call");
    v->tool_calls += (uint64_t)rp_journal_is(in, "tool_call");
}

/* Is this where the caller wants to stop? */
static int is_reached(const struct rp_replay *r)
{
    const struct rp_replay_opts *o = &r->o;
    const struct rp_journal_reader *in = &r->in;

    if (o->until_turn == 0)
        return 0;
    if (rp_journal_is(in, "over"))
        return rp_journal_int(in, "turn") == o->until_turn;
    return o->until_step > 0 && rp_journal_is(in, "state") &&
           (int64_t)r->verdict.turns + 1 == o->until_turn &&
           rp_journal_int(in, "step") == o->until_step;
}

/* The recorded run lost its output there, which no replay repeats. */
static int is_broken_off(const struct rp_replay *r)
{
    return rp_journal_is(&r->in, "broken") &&
           strcmp(rp_journal_text(&r->in, "status"), rp_status_name(RP_EIO)) == 0;
}

static int stop(struct rp_replay *r, enum rp_verdict_kind kind)
{
    r->verdict.kind = kind;
    return RP_REPLAY_STOP;
}

static int same_bytes(const struct rp_replay *r, const char *s, size_t n)
{
    const struct rp_journal_line *line = &r->in.line[r->in.at];
    size_t tail = sizeof(",\"chain\":\"") - 1 + RP_JOURNAL_CHAIN + sizeof("\"}\n") - 1;

    return n - tail == line->body && memcmp(s, line->s, line->body) == 0;
}

int rp_repeat_compare(void *ctx, const char *s, size_t n)
{
    struct rp_replay *r = ctx;
    int reached, rc = RP_REPLAY_STOP;

    if (r->verdict.kind == RP_VERDICT_NONE)
        rc = rp_repeat_peek(r);
    if (rc == RP_ENOTFOUND)
        return stop(r, RP_VERDICT_CUT);
    RP_TRY(rc);
    if (rp_map_has(r->in.json, "redacted"))
        r->verdict.redacted = 1;
    if (is_broken_off(r))
        return stop(r, RP_VERDICT_BROKEN_OFF);
    if (!same_bytes(r, s, n))
        RP_TRY(explain(r, (struct rp_str){s, n - 1}));
    count(r);
    reached = is_reached(r);
    rp_journal_next(&r->in);
    if (reached)
        return stop(r, RP_VERDICT_UNTIL);
    rc = rp_repeat_peek(r); /* those who answer find the next line read */
    return rc == RP_ENOTFOUND ? RP_OK : rc;
}
