/* checkpoint_json.c - values with their records as plain JSON. */
#include "checkpoint_json.h"

#include <math.h>

enum { DEPTH_MAX = 4096, UNINDENTED = -1 };

struct writer {
    struct rp_buf *out;
    int indent; /* UNINDENTED: no white space */
    int depth;
};

/* ---- marks ----------------------------------------------------------------------------------- */

static void line(struct writer *w)
{
    if (w->indent == UNINDENTED)
        return;
    rp_buf_addc(w->out, '\n');
    for (int i = 0; i < w->indent; i++)
        rp_buf_addz(w->out, "  ");
}

static void open(struct writer *w, char mark)
{
    rp_buf_addc(w->out, mark);
    w->indent += w->indent != UNINDENTED;
    if (++w->depth > DEPTH_MAX && !w->out->failed)
        w->out->failed = RP_ELIMIT;
}

static void close(struct writer *w, char mark)
{
    char last = w->out->n > 0 ? w->out->s[w->out->n - 1] : '\0';

    w->depth--;
    w->indent -= w->indent != UNINDENTED;
    if (last != '{' && last != '[')
        line(w);
    rp_buf_addc(w->out, mark);
}

/* Before each item of a list and each key of an object. */
static void next(struct writer *w)
{
    char last = w->out->n > 0 ? w->out->s[w->out->n - 1] : '\0';

    if (last != '{' && last != '[')
        rp_buf_addc(w->out, ',');
    line(w);
}

static void key(struct writer *w, struct rp_str name)
{
    next(w);
    rp_json_write_str(w->out, name);
    rp_buf_addz(w->out, w->indent == UNINDENTED ? ":" : ": ");
}

static void text(struct writer *w, const char *name, struct rp_str s)
{
    key(w, rp_str(name));
    rp_json_write_str(w->out, s);
}

static void number(struct writer *w, const char *name, int64_t i)
{
    key(w, rp_str(name));
    rp_buf_add_int(w->out, i);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void value(struct writer *w, struct rp_value v);

static void list(struct writer *w, struct rp_value v)
{
    open(w, '[');
    for (uint32_t i = 0; i < rp_len(v) && !w->out->failed; i++) {
        next(w);
        value(w, rp_at(v, i));
    }
    close(w, ']');
}

static void entries(struct writer *w, struct rp_value map)
{
    text(w, "record", rp_str("map"));
    key(w, rp_str("entries"));
    open(w, '[');
    for (uint32_t i = 0; i < rp_map_len(map) && !w->out->failed; i++) {
        next(w);
        open(w, '[');
        next(w);
        value(w, rp_map_key(map, i));
        next(w);
        value(w, rp_map_value(map, i));
        close(w, ']');
    }
    close(w, ']');
}

static void map(struct writer *w, struct rp_value v)
{
    open(w, '{');
    if (rp_map_has(v, "record"))
        entries(w, v);
    else
        for (uint32_t i = 0; i < rp_map_len(v) && !w->out->failed; i++) {
            key(w, rp_str_of(rp_map_key(v, i)));
            value(w, rp_map_value(v, i));
        }
    close(w, '}');
}

static void run(struct writer *w, struct rp_value v);

static void field(struct writer *w, struct rp_value rec, unsigned i)
{
    unsigned kind = rp_kind(rec);
    struct rp_str name = rp_str(rp_kind_field(kind, i, NULL));
    struct rp_value v = rec.u.rec->slot[i];

    key(w, name);
    if (rp_str_equal(name, rp_str("role")) && v.tag == RP_INT)
        rp_json_write_str(w->out, rp_str(rp_role_name(v.u.i)));
    else
        value(w, v);
}

static void record(struct writer *w, struct rp_value v)
{
    unsigned kind = rp_kind(v);

    if (kind == RP_K_S_RUN) {
        run(w, v);
        return;
    }
    open(w, '{');
    text(w, "record", rp_str(rp_kind_name(kind)));
    if (kind >= RP_USER_KIND)
        number(w, "kind", (int64_t)kind - RP_USER_KIND);
    for (unsigned i = 0; i < rp_kind_fields(kind); i++)
        field(w, v, i);
    close(w, '}');
}

static void real(struct writer *w, double r)
{
    if (isfinite(r))
        rp_buf_add_real(w->out, r);
    else
        rp_buf_addz(w->out, "null");
}

static void value(struct writer *w, struct rp_value v)
{
    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
    case RP_BAD:
        rp_buf_addz(w->out, "null");
        return;
    case RP_BOOL:
        rp_buf_addz(w->out, rp_is_true(v) ? "true" : "false");
        return;
    case RP_INT:
        rp_buf_add_int(w->out, v.u.i);
        return;
    case RP_REAL:
        real(w, v.u.r);
        return;
    case RP_DIGITS:
        rp_buf_adds(w->out, rp_str_of(v));
        return;
    case RP_TEXT:
        rp_json_write_str(w->out, rp_str_of(v));
        return;
    case RP_LIST:
        list(w, v);
        return;
    case RP_MAP:
        map(w, v);
        return;
    case RP_REC:
        record(w, v);
        return;
    }
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void id(struct writer *w, const char *name, const struct rp_s_run *r, int64_t executor)
{
    key(w, rp_str(name));
    if (executor < 0 || executor >= rp_len(r->ids))
        rp_buf_addz(w->out, "null");
    else
        rp_json_write_str(w->out, rp_str_of(rp_at(r->ids, (uint32_t)executor)));
}

static void queue(struct writer *w, struct rp_value v)
{
    const struct rp_s_run *r = rp_s_run_of(v);
    uint32_t n = rp_queued(v);

    open(w, '[');
    for (uint32_t i = 0; i < n && !w->out->failed; i++) {
        struct rp_queued m = rp_queued_at(v, i);
        next(w);
        open(w, '{');
        id(w, "source", r, m.source);
        id(w, "target", r, m.target);
        key(w, rp_str("internal"));
        rp_buf_addz(w->out, m.internal ? "true" : "false");
        key(w, rp_str("data"));
        value(w, m.data);
        key(w, rp_str("answers"));
        value(w, rp_kind(m.request) == RP_K_REQUEST ? rp_request_of(m.request)->id : rp_nil());
        close(w, '}');
    }
    close(w, ']');
}

static void type_names(struct writer *w, const char *name, int64_t bits)
{
    static const char *const tags[] = {
        [RP_NIL] = "nothing", [RP_BOOL] = "boolean",   [RP_INT] = "integer",
        [RP_REAL] = "real",   [RP_DIGITS] = "integer", [RP_TEXT] = "text",
        [RP_LIST] = "list",   [RP_MAP] = "map",        [RP_REC] = "record"};
    enum { TAGS = sizeof(tags) / sizeof(*tags) };

    key(w, rp_str(name));
    if (bits == -1) {
        rp_buf_addz(w->out, "\"any\"");
        return;
    }
    open(w, '[');
    for (unsigned i = 0; i < 64; i++) {
        const char *word = i < TAGS ? tags[i] : rp_kind_name(i);
        if (!(((uint64_t)bits >> i) & 1) || !word || i == RP_DIGITS)
            continue;
        next(w);
        rp_json_write_str(w->out, rp_str(word));
    }
    close(w, ']');
}

static void requests(struct writer *w, const struct rp_s_run *r)
{
    open(w, '[');
    for (uint32_t i = 0; i < rp_len(r->pending) && !w->out->failed; i++) {
        const struct rp_request *q = rp_request_of(rp_at(r->pending, i));
        next(w);
        open(w, '{');
        text(w, "id", rp_str_of(q->id));
        id(w, "executor", r, q->executor.u.i);
        key(w, rp_str("data"));
        value(w, q->data);
        type_names(w, "wants", q->wants.u.i);
        type_names(w, "wants_list", q->wants_list.u.i);
        number(w, "seq", q->seq.u.i);
        number(w, "asked_ms", q->asked_ms.u.i);
        key(w, rp_str("origin"));
        value(w, q->origin);
        key(w, rp_str("to"));
        value(w, q->to);
        close(w, '}');
    }
    close(w, ']');
}

/* A list beside the names of its items, as an object. */
static void named(struct writer *w, struct rp_value names, struct rp_value items)
{
    open(w, '{');
    for (uint32_t i = 0; i < rp_len(names) && i < rp_len(items) && !w->out->failed; i++) {
        key(w, rp_str_of(rp_at(names, i)));
        value(w, rp_at(items, i));
    }
    close(w, '}');
}

static int is(const char *name, const char *other)
{
    return rp_str_equal(rp_str(name), rp_str(other));
}

/* The fields of a run's record that have a form of their own. 0: the field has none. */
static int own_form(struct writer *w, struct rp_value v, const char *name)
{
    const struct rp_s_run *r = rp_s_run_of(v);

    if (is(name, "ids") || is(name, "join_ids"))
        return 1; /* the keys of executors and joins */
    if (is(name, "queue")) {
        key(w, rp_str(name));
        queue(w, v);
    } else if (is(name, "pending")) {
        key(w, rp_str(name));
        requests(w, r);
    } else if (is(name, "executors")) {
        key(w, rp_str(name));
        named(w, r->ids, r->executors);
    } else if (is(name, "joins")) {
        key(w, rp_str(name));
        named(w, r->join_ids, r->joins);
    } else if (is(name, "state") && r->state.u.i >= 0 && r->state.u.i <= RP_CANCELLED) {
        text(w, name, rp_str(rp_state_name((enum rp_state)r->state.u.i)));
    } else {
        return 0;
    }
    return 1;
}

static void run(struct writer *w, struct rp_value v)
{
    open(w, '{');
    text(w, "record", rp_str("s_run"));
    for (unsigned i = 0; i < rp_kind_fields(RP_K_S_RUN); i++)
        if (!own_form(w, v, rp_kind_field(RP_K_S_RUN, i, NULL)))
            field(w, v, i);
    close(w, '}');
}

/* ---- from outside ---------------------------------------------------------------------------- */

int rp_checkpoint_json(struct rp_buf *out, const struct rp_look *look)
{
    struct writer w = {.out = out};

    open(&w, '{');
    text(&w, "format", rp_str("reprise-checkpoint"));
    number(&w, "version", 1);
    number(&w, "id", look->info.id);
    key(&w, rp_str("previous"));
    value(&w, look->info.previous < 0 ? rp_nil() : rp_int(look->info.previous));
    text(&w, "workflow", rp_str_of(look->checkpoint->workflow));
    text(&w, "signature", rp_str_of(look->checkpoint->signature));
    number(&w, "iteration", look->info.iteration);
    number(&w, "time_ms", (int64_t)look->info.time_ms);
    key(&w, rp_str("run"));
    run(&w, look->checkpoint->run);
    key(&w, rp_str("hooks"));
    value(&w, look->checkpoint->hooks);
    key(&w, rp_str("world"));
    value(&w, look->checkpoint->world);
    close(&w, '}');
    rp_buf_addc(out, '\n');
    return out->failed;
}

int rp_value_json(struct rp_buf *out, struct rp_value v)
{
    struct writer w = {.out = out, .indent = UNINDENTED};

    value(&w, v);
    return out->failed;
}
