/* checkpoint_diff.c - what changed between two checkpoints, in words. */
#include "checkpoint_diff.h"

#include "checkpoint_show.h"
#include "checkpoint_waits.h"

#include <string.h>

enum { DEEP_MAX = 64 };

/* A place in both checkpoints: nested places go up to the section, whose title is told once, before
 * its first change. */
struct place {
    const struct place *up; /* NULL: a section */
    struct rp_str name;
    int is_field; /* of a record: its name, which ends with a NUL, is told with spaces */
};

struct diff {
    const struct rp_words *w;
    const char *title; /* of the section; NULL once told */
    struct rp_str of;  /* what it is about, told with the title */
    uint32_t changes;
    int deep;
};

/* ---- lines ----------------------------------------------------------------------------------- */

static void begin(struct diff *d)
{
    if (d->title) {
        rp_words_z(d->w, "\n");
        rp_words_z(d->w, d->title);
        rp_words_z(d->w, d->of.n > 0 ? " " : "");
        rp_words_name(d->w, d->of);
        rp_words_z(d->w, "\n");
        d->title = NULL;
    }
    d->changes++;
}

static void section(struct diff *d, const char *title, struct rp_str of)
{
    d->title = title;
    d->of = of;
}

static void add_place(const struct rp_words *w, const struct place *p)
{
    if (p->up) {
        add_place(w, p->up);
        rp_words_z(w, p->is_field && p->up->is_field ? " " : ".");
    }
    if (p->is_field)
        rp_words_field(w, p->name.s);
    else
        rp_words_name(w, p->name);
}

static void changed(struct diff *d, const struct place *p, struct rp_value a, struct rp_value b)
{
    begin(d);
    rp_words_z(d->w, "  ");
    add_place(d->w, p);
    rp_words_z(d->w, ": ");
    rp_words_value(d->w, a);
    rp_words_z(d->w, " -> ");
    rp_words_value(d->w, b);
    rp_words_z(d->w, "\n");
}

static void add_item(struct diff *d, const char *sign, struct rp_value v)
{
    rp_words_z(d->w, sign);
    rp_words_value(d->w, v);
    rp_words_z(d->w, "\n");
}

/* ---- values ---------------------------------------------------------------------------------- */

static void add_counts(struct diff *d, struct rp_value list, uint32_t gone, uint32_t added)
{
    const char *thing = rp_words_are_messages(list) ? "message" : "item";

    if (gone > 0) {
        rp_words_count(d->w, gone, thing);
        rp_words_z(d->w, added > 0 ? " gone, " : " gone");
    }
    if (added > 0) {
        rp_words_count(d->w, added, thing);
        rp_words_z(d->w, " more");
    }
    rp_words_z(d->w, "\n");
}

/* What both begin and end with stays; what lies between is gone from a and new in b. */
static void diff_lists(struct diff *d, const struct place *p, struct rp_value a, struct rp_value b)
{
    uint32_t n = rp_len(a), m = rp_len(b), same = 0, end = 0;

    while (same < n && same < m && rp_equal(rp_at(a, same), rp_at(b, same)))
        same++;
    while (end < n - same && end < m - same &&
           rp_equal(rp_at(a, n - 1 - end), rp_at(b, m - 1 - end)))
        end++;
    if (same == n && same == m)
        return;
    begin(d);
    rp_words_z(d->w, "  ");
    add_place(d->w, p);
    rp_words_z(d->w, ": ");
    add_counts(d, m > 0 ? b : a, n - same - end, m - same - end);
    for (uint32_t i = same; i < n - end; i++)
        add_item(d, "    - ", rp_at(a, i));
    for (uint32_t i = same; i < m - end; i++)
        add_item(d, "    + ", rp_at(b, i));
}

static void diff_values(struct diff *d, const struct place *p, struct rp_value a,
                        struct rp_value b);

static void diff_maps(struct diff *d, const struct place *p, struct rp_value a, struct rp_value b)
{
    for (uint32_t i = 0; i < rp_map_len(a); i++) {
        struct rp_str key = rp_str_of(rp_map_key(a, i));
        struct place here = {.up = p->name.n > 0 ? p : NULL, .name = key};
        diff_values(d, &here, rp_map_value(a, i), rp_map_get(b, key.s));
    }
    for (uint32_t i = 0; i < rp_map_len(b); i++) {
        struct rp_str key = rp_str_of(rp_map_key(b, i));
        struct place here = {.up = p->name.n > 0 ? p : NULL, .name = key};
        if (!rp_map_has(a, key.s))
            diff_values(d, &here, rp_nil(), rp_map_value(b, i));
    }
}

/* Records that are state are gone through by field; all others are one value. */
static int is_state(unsigned kind)
{
    return kind == RP_K_SESSION || (kind >= RP_K_S_RUN && kind <= RP_K_S_CUSTOM);
}

static void diff_records(struct diff *d, const struct place *p, struct rp_value a,
                         struct rp_value b)
{
    unsigned kind = rp_kind(a);

    for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
        const char *name = rp_kind_field(kind, i, NULL);
        struct place here = {
            .up = p && p->name.n > 0 ? p : NULL, .name = rp_str(name), .is_field = 1};
        struct rp_value x = a.u.rec->slot[i], y = b.u.rec->slot[i];
        if (rp_kind(x) == RP_K_AGENT_TURN || rp_kind(y) == RP_K_AGENT_TURN)
            continue;
        diff_values(d, &here, x, y);
    }
}

/* A map, or nothing where the other one is a map with something in it. */
static int map_like(struct rp_value v, struct rp_value other)
{
    return v.tag == RP_MAP || (v.tag == RP_NIL && rp_map_len(other) > 0);
}

static void diff_values(struct diff *d, const struct place *p, struct rp_value a, struct rp_value b)
{
    if (d->deep >= DEEP_MAX || rp_equal(a, b))
        return;
    d->deep++;
    if (a.tag == RP_LIST && b.tag == RP_LIST)
        diff_lists(d, p, a, b);
    else if (map_like(a, b) && map_like(b, a))
        diff_maps(d, p, a, b);
    else if (rp_kind(a) == rp_kind(b) && is_state(rp_kind(a)))
        diff_records(d, p, a, b);
    else
        changed(d, p, a, b);
    d->deep--;
}

/* ---- messages under way ---------------------------------------------------------------------- */

static int same_message(const struct rp_s_run *a, const struct rp_queued *x,
                        const struct rp_s_run *b, const struct rp_queued *y)
{
    return x->internal == y->internal &&
           rp_str_equal(rp_look_name(a, x->source), rp_look_name(b, y->source)) &&
           rp_str_equal(rp_look_name(a, x->target), rp_look_name(b, y->target)) &&
           rp_equal(x->data, y->data);
}

/* The messages of a that b does not have. A superstep uses all up, so few are ever in both: the
 * lists are compared from their beginning. */
static void diff_queues(struct diff *d, struct rp_value a, struct rp_value b)
{
    uint32_t n = rp_queued(a), m = rp_queued(b), same = 0;
    const struct rp_s_run *x = rp_s_run_of(a), *y = rp_s_run_of(b);

    for (; same < n && same < m; same++) {
        struct rp_queued p = rp_queued_at(a, same), q = rp_queued_at(b, same);
        if (!same_message(x, &p, y, &q))
            break;
    }
    for (uint32_t i = same; i < n; i++) {
        struct rp_queued message = rp_queued_at(a, i);
        begin(d);
        rp_words_z(d->w, "  - ");
        rp_words_queued(d->w, x, &message);
        rp_words_z(d->w, "\n");
    }
    for (uint32_t i = same; i < m; i++) {
        struct rp_queued message = rp_queued_at(b, i);
        begin(d);
        rp_words_z(d->w, "  + ");
        rp_words_queued(d->w, y, &message);
        rp_words_z(d->w, "\n");
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static int is_open(const struct rp_s_run *run, struct rp_value id)
{
    for (uint32_t i = 0; i < rp_len(run->pending); i++)
        if (rp_equal(rp_request_of(rp_at(run->pending, i))->id, id))
            return 1;
    return 0;
}

static void diff_requests(struct diff *d, const char *sign, const struct rp_s_run *a,
                          const struct rp_s_run *b)
{
    for (uint32_t i = 0; i < rp_len(a->pending); i++) {
        struct rp_request *q = rp_request_of(rp_at(a->pending, i));
        if (is_open(b, q->id))
            continue;
        begin(d);
        rp_words_z(d->w, sign);
        rp_words_name(d->w, rp_str_of(q->id));
        rp_words_z(d->w, " of ");
        rp_words_name(d->w, rp_look_name(a, q->executor.u.i));
        rp_words_z(d->w, ": ");
        rp_words_request(d->w, q->data);
        rp_words_z(d->w, "\n");
    }
}

/* ---- runs ------------------------------------------------------------------------------------ */

static struct rp_value state_of(const struct rp_s_run *run, struct rp_value id)
{
    for (uint32_t i = 0; i < rp_len(run->ids) && i < rp_len(run->executors); i++)
        if (rp_equal(rp_at(run->ids, i), id))
            return rp_at(run->executors, i);
    return rp_bad();
}

static void diff_runs(struct diff *d, struct rp_value a, struct rp_value b, const char *prefix);

static void diff_nested(struct diff *d, struct rp_str id, struct rp_value a, struct rp_value b,
                        const char *prefix)
{
    struct rp_buf path;

    rp_buf_init(&path, &d->w->out->alloc, RP_TEXT_MAX);
    rp_buf_addz(&path, prefix);
    rp_buf_adds(&path, id);
    rp_buf_addc(&path, '/');
    if (path.failed)
        d->w->out->failed = path.failed;
    else
        diff_runs(d, rp_s_flow_of(a)->run, rp_s_flow_of(b)->run, path.s);
    rp_buf_free(&path);
}

static void diff_executor(struct diff *d, struct rp_value id, struct rp_value a, struct rp_value b,
                          const char *prefix)
{
    struct place none = {.name = {"", 0}};

    if (b.tag == RP_BAD || rp_equal(a, b))
        return;
    if (rp_kind(a) == RP_K_S_FLOW && rp_kind(b) == RP_K_S_FLOW) {
        diff_nested(d, rp_str_of(id), a, b, prefix);
        return;
    }
    if (rp_kind(a) != rp_kind(b) || a.tag != RP_REC) {
        struct place state = {.name = rp_str("state")};
        changed(d, &state, a, b);
        return;
    }
    diff_records(d, &none, a, b);
}

/* The title of an executor's section: "executor sub/a"; its name stays in title. */
static void executor_section(struct diff *d, struct rp_buf *title, const char *prefix,
                             struct rp_value id)
{
    rp_buf_clear(title);
    rp_buf_addz(title, prefix);
    rp_buf_adds(title, rp_str_of(id));
    if (title->failed)
        d->w->out->failed = title->failed;
    section(d, "executor", (struct rp_str){title->s ? title->s : "", title->n});
}

static void diff_executors(struct diff *d, const struct rp_s_run *a, const struct rp_s_run *b,
                           const char *prefix)
{
    struct rp_buf title;

    rp_buf_init(&title, &d->w->out->alloc, RP_TEXT_MAX);
    for (uint32_t i = 0; i < rp_len(a->ids) && i < rp_len(a->executors); i++) {
        executor_section(d, &title, prefix, rp_at(a->ids, i));
        diff_executor(d, rp_at(a->ids, i), rp_at(a->executors, i), state_of(b, rp_at(a->ids, i)),
                      prefix);
    }
    d->title = NULL;
    rp_buf_free(&title);
}

/* What lies in a join, source by source. */
static void diff_join(struct diff *d, struct rp_str names, struct rp_value a, struct rp_value b)
{
    struct place target = {.name = rp_join_name(&names)};
    uint32_t n = rp_len(a) > rp_len(b) ? rp_len(a) : rp_len(b);

    for (uint32_t i = 0; i < n; i++) {
        struct place source = {.up = &target, .name = rp_join_name(&names)};
        diff_values(d, &source, i < rp_len(a) ? rp_at(a, i) : rp_list(),
                    i < rp_len(b) ? rp_at(b, i) : rp_list());
    }
}

static void diff_joins(struct diff *d, const struct rp_s_run *a, const struct rp_s_run *b)
{
    for (uint32_t i = 0; i < rp_len(a->joins) && i < rp_len(a->join_ids); i++)
        for (uint32_t k = 0; k < rp_len(b->joins) && k < rp_len(b->join_ids); k++)
            if (rp_equal(rp_at(a->join_ids, i), rp_at(b->join_ids, k)))
                diff_join(d, rp_str_of(rp_at(a->join_ids, i)), rp_at(a->joins, i),
                          rp_at(b->joins, k));
}

static void diff_runs(struct diff *d, struct rp_value a, struct rp_value b, const char *prefix)
{
    const struct rp_s_run *x = rp_s_run_of(a), *y = rp_s_run_of(b);
    struct place none = {.name = {"", 0}};

    section(d, "under way", rp_str(prefix));
    diff_queues(d, a, b);
    section(d, "open requests", rp_str(prefix));
    diff_requests(d, "  - ", x, y);
    diff_requests(d, "  + ", y, x);
    section(d, "joins", rp_str(prefix));
    diff_joins(d, x, y);
    diff_executors(d, x, y, prefix);
    section(d, "shared state", rp_str(prefix));
    diff_values(d, &none, x->shared, y->shared);
    d->title = NULL;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void diff_number(struct diff *d, const char *name, int64_t a, int64_t b)
{
    struct place p = {.name = rp_str(name)};

    if (a != b)
        changed(d, &p, rp_int(a), rp_int(b));
}

static void diff_heads(struct diff *d, const struct rp_look *a, const struct rp_look *b)
{
    struct place workflow = {.name = rp_str("workflow")};

    if (!rp_equal(a->checkpoint->workflow, b->checkpoint->workflow))
        changed(d, &workflow, a->checkpoint->workflow, b->checkpoint->workflow);
    diff_number(d, "supersteps", a->info.iteration, b->info.iteration);
    diff_number(d, "time in ms", (int64_t)a->info.time_ms, (int64_t)b->info.time_ms);
}

/* Is nothing but the numbers of the two checkpoints different? */
static void add_title(const struct rp_words *w, const struct rp_look *a, const struct rp_look *b)
{
    rp_words_z(w, "from checkpoint ");
    rp_words_int(w, a->info.id);
    rp_words_z(w, " to checkpoint ");
    rp_words_int(w, b->info.id);
    rp_words_z(w, "\n");
}

int rp_checkpoint_diff(const struct rp_words *w, const struct rp_look *a, const struct rp_look *b)
{
    struct diff d = {.w = w};
    struct place none = {.name = {"", 0}};

    add_title(w, a, b);
    diff_heads(&d, a, b);
    diff_runs(&d, a->checkpoint->run, b->checkpoint->run, "");
    section(&d, "kept by executors outside the run", rp_str(""));
    diff_values(&d, &none, a->checkpoint->hooks, b->checkpoint->hooks);
    section(&d, "scripts have answered", rp_str(""));
    diff_values(&d, &none, rp_map_get(a->checkpoint->world, "client"),
                rp_map_get(b->checkpoint->world, "client"));
    diff_values(&d, &none, rp_map_get(a->checkpoint->world, "tools"),
                rp_map_get(b->checkpoint->world, "tools"));
    if (d.changes == 0)
        rp_words_z(w, "  nothing changed\n");
    return w->out->failed;
}
