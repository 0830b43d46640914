/* checkpoint_show.c - one checkpoint for people. */
#include "checkpoint_show.h"

#include "checkpoint_size.h"
#include "checkpoint_waits.h"

#include <string.h>

enum { NESTED_MAX = 32, SIGNATURE_SHOWN = 12, SORTED_MAX = 1000 };

static void head(const struct rp_words *w, const char *title)
{
    rp_words_z(w, "\n");
    rp_words_z(w, title);
    rp_words_z(w, "\n");
}

static void indent(const struct rp_words *w, int by)
{
    while (by-- > 0)
        rp_words_z(w, "  ");
}

/* ---- the first lines ------------------------------------------------------------------------- */

struct next {
    const struct rp_words *w;
    int64_t of;
    uint32_t n;
};

static int add_next(void *ctx, const struct rp_checkpoint_info *info)
{
    struct next *next = ctx;

    if (info->previous != next->of)
        return RP_OK;
    rp_words_z(next->w, next->n++ == 0 ? "; continued by " : ", ");
    rp_words_int(next->w, info->id);
    return RP_OK;
}

/* Others that are damaged do not keep this one from being shown. */
static void add_neighbours(const struct rp_words *w, const struct rp_store *store,
                           const struct rp_look *look)
{
    struct next next = {.w = w, .of = look->info.id};
    struct rp_error damage;

    rp_words_z(w, "\n  continues   ");
    if (look->info.previous >= 0)
        rp_words_int(w, look->info.previous);
    else
        rp_words_z(w, "none");
    store->ops->list(store->self, NULL, add_next, &next, &damage);
}

static int add_size(const struct rp_words *w, const struct rp_store *store,
                    const struct rp_look *look, struct rp_error *err)
{
    struct rp_sizes sizes;
    uint64_t bytes = 0;
    int rc;

    rp_sizes_init(&sizes, &w->out->alloc);
    rc = rp_sizes_add(&sizes, store, &look->info.root, &bytes, err);
    if (rc == RP_OK) {
        rp_words_z(w, "\n  size        ");
        rp_words_bytes(w, bytes);
        rp_words_z(w, " in ");
        rp_words_count(w, (int64_t)sizes.n, "item");
    }
    rp_sizes_free(&sizes);
    return rc;
}

static const char *what_next(const struct rp_look *look)
{
    if (rp_queued(look->checkpoint->run) > 0)
        return "the next superstep delivers what is under way";
    if (rp_len(look->run->pending) > 0)
        return "waits for answers";
    return "nothing is under way and nothing is asked: the run is at its end";
}

static int add_first(const struct rp_words *w, const struct rp_store *store,
                     const struct rp_look *look, struct rp_error *err)
{
    struct rp_str signature = rp_str(look->info.signature);

    rp_words_z(w, "checkpoint ");
    rp_words_int(w, look->info.id);
    rp_words_z(w, "\n  workflow    ");
    rp_words_name(w, rp_str(look->info.workflow));
    rp_words_z(w, "\n  graph       ");
    if (signature.n > SIGNATURE_SHOWN)
        signature.n = SIGNATURE_SHOWN;
    rp_words_name(w, signature);
    add_neighbours(w, store, look);
    rp_words_z(w, "\n  supersteps  ");
    rp_words_int(w, look->info.iteration);
    rp_words_z(w, "\n  time        ");
    rp_words_int(w, (int64_t)look->info.time_ms);
    rp_words_z(w, " ms");
    RP_TRY(add_size(w, store, look, err));
    rp_words_z(w, "\n  state       ");
    rp_words_z(w, what_next(look));
    rp_words_z(w, "\n");
    return RP_OK;
}

/* ---- messages under way ---------------------------------------------------------------------- */

void rp_words_queued(const struct rp_words *w, const struct rp_s_run *run,
                     const struct rp_queued *m)
{
    struct rp_str source = rp_look_name(run, m->source);

    if (m->internal) {
        rp_words_z(w, "to ");
        rp_words_name(w, source);
        if (rp_kind(m->request) == RP_K_REQUEST) {
            rp_words_z(w, ", the answer to ");
            rp_words_name(w, rp_str_of(rp_request_of(m->request)->id));
        } else {
            rp_words_z(w, ", the input");
        }
    } else {
        rp_words_name(w, source);
        if (m->target != RP_NOBODY) {
            rp_words_z(w, " -> ");
            rp_words_name(w, rp_look_name(run, m->target));
        }
    }
    rp_words_z(w, ": ");
    rp_words_value(w, m->data);
}

static int is_of(const struct rp_queued *m, const struct rp_queued *first)
{
    return m->source == first->source && m->internal == first->internal;
}

/* Was a message of that source among the first ones? */
static int seen_before(struct rp_value run, uint32_t i)
{
    struct rp_queued first = rp_queued_at(run, i);

    for (uint32_t k = 0; k < i; k++) {
        struct rp_queued m = rp_queued_at(run, k);
        if (is_of(&m, &first))
            return 1;
    }
    return 0;
}

static void add_queued(const struct rp_words *w, struct rp_value run, const struct rp_queued *m,
                       int deep)
{
    indent(w, deep + 1);
    rp_words_queued(w, rp_s_run_of(run), m);
    rp_words_z(w, "\n");
}

/* Messages by source, sources in order of their first message, as they will be delivered; very many
 * are left in their order of sending. */
static void add_queue(const struct rp_words *w, struct rp_value run, int deep)
{
    uint32_t n = rp_queued(run);

    for (uint32_t i = 0; i < n; i++) {
        struct rp_queued first = rp_queued_at(run, i);
        if (n > SORTED_MAX)
            add_queued(w, run, &first, deep);
        for (uint32_t k = i; n <= SORTED_MAX && k < n; k++) {
            struct rp_queued m = rp_queued_at(run, k);
            if (k == i && seen_before(run, i))
                break;
            if (is_of(&m, &first))
                add_queued(w, run, &m, deep);
        }
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static void add_requests(const struct rp_words *w, const struct rp_s_run *run)
{
    for (uint32_t i = 0; i < rp_len(run->pending); i++) {
        struct rp_request *q = rp_request_of(rp_at(run->pending, i));
        rp_words_z(w, "  ");
        rp_words_int(w, i + 1);
        rp_words_z(w, "  ");
        rp_words_name(w, rp_str_of(q->id));
        rp_words_z(w, ", asked by ");
        rp_words_name(w, rp_look_name(run, q->executor.u.i));
        if (q->to.tag == RP_TEXT) {
            rp_words_z(w, ", now of ");
            rp_words_name(w, rp_str_of(q->to));
        }
        rp_words_z(w, ": ");
        rp_words_request(w, q->data);
        rp_words_z(w, "\n     answer with ");
        rp_words_answer(w, i + 1, q->data);
        rp_words_z(w, "\n");
    }
}

/* ---- executors ------------------------------------------------------------------------------- */

/* Is there anything to tell of it? */
static int is_something(struct rp_value v)
{
    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
    case RP_BAD:
        return 0;
    case RP_BOOL:
    case RP_INT:
        return v.u.i != 0;
    case RP_LIST:
    case RP_MAP:
        return v.len > 0;
    case RP_REAL:
    case RP_DIGITS:
    case RP_TEXT:
    case RP_REC:
        return 1;
    }
    return 1;
}

static void add_list(const struct rp_words *w, struct rp_value list, int deep)
{
    rp_words_z(w, " (");
    rp_words_int(w, rp_len(list));
    rp_words_z(w, ")\n");
    for (uint32_t i = 0; i < rp_len(list); i++) {
        indent(w, deep + 1);
        rp_words_value(w, rp_at(list, i));
        rp_words_z(w, "\n");
    }
}

static int is_state(struct rp_value v)
{
    return rp_kind(v) == RP_K_SESSION || rp_kind(v) == RP_K_AGENT_TURN ||
           rp_kind(v) == RP_K_REQUEST;
}

static uint32_t add_fields(const struct rp_words *w, const char *before, struct rp_value rec,
                           int deep);

static void add_field(const struct rp_words *w, const char *before, const char *name,
                      struct rp_value v, int deep)
{
    indent(w, deep);
    if (before[0]) {
        rp_words_field(w, before);
        rp_words_z(w, " ");
    }
    rp_words_field(w, name);
    if (v.tag == RP_LIST) {
        add_list(w, v, deep);
        return;
    }
    rp_words_z(w, ": ");
    rp_words_value(w, v);
    rp_words_z(w, "\n");
}

/* A line, or a few, for each field that says something. Returns how many fields did. */
static uint32_t add_fields(const struct rp_words *w, const char *before, struct rp_value rec,
                           int deep)
{
    unsigned kind = rp_kind(rec);
    uint32_t n = 0;

    for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
        const char *name = rp_kind_field(kind, i, NULL);
        struct rp_value v = rec.u.rec->slot[i];
        if (!is_something(v) || rp_kind(v) == RP_K_AGENT_TURN || rp_kind(v) == RP_K_S_RUN)
            continue;
        if (is_state(v)) {
            n += add_fields(w, name, v, deep);
            continue;
        }
        add_field(w, before, name, v, deep);
        n++;
    }
    return n;
}

static const char *sort_of(struct rp_value state)
{
    switch (rp_kind(state)) {
    case RP_K_S_AGENT:
        return "agent";
    case RP_K_S_GROUP:
        return "group chat";
    case RP_K_S_MAGENTIC:
        return "magentic manager";
    case RP_K_S_REVIEW:
        return "reviewed";
    case RP_K_S_FLOW:
        return "nested workflow";
    case RP_K_S_CUSTOM:
        return "executor";
    default:
        return "keeps nothing";
    }
}

static void add_executors(const struct rp_words *w, const struct rp_s_run *run, int deep);

static void add_nested(const struct rp_words *w, struct rp_value run, int deep)
{
    const struct rp_s_run *s = rp_s_run_of(run);

    if (rp_queued(run) > 0) {
        indent(w, deep);
        rp_words_z(w, "under way\n");
        add_queue(w, run, deep);
    }
    add_executors(w, s, deep);
}

static void add_executors(const struct rp_words *w, const struct rp_s_run *run, int deep)
{
    for (uint32_t i = 0; i < rp_len(run->executors); i++) {
        struct rp_value state = rp_at(run->executors, i);
        indent(w, deep);
        rp_words_name(w, rp_look_name(run, i));
        rp_words_z(w, " (");
        rp_words_z(w, sort_of(state));
        rp_words_z(w, ")\n");
        if (state.tag != RP_REC)
            continue;
        if (rp_kind(state) == RP_K_S_FLOW && deep < NESTED_MAX)
            add_nested(w, rp_s_flow_of(state)->run, deep + 1);
        else
            add_fields(w, "", state, deep + 1);
    }
}

/* ---- maps ------------------------------------------------------------------------------------ */

static void add_map(const struct rp_words *w, struct rp_value map, int deep)
{
    for (uint32_t i = 0; i < rp_map_len(map); i++) {
        struct rp_value v = rp_map_value(map, i);
        if (v.tag == RP_BAD)
            continue;
        indent(w, deep);
        rp_words_name(w, rp_str_of(rp_map_key(map, i)));
        rp_words_z(w, ": ");
        rp_words_value(w, v);
        rp_words_z(w, "\n");
    }
}

/* ---- what lies outside the run: the clock, and how far scripts have come ----------------------
 */

static void add_used(const struct rp_words *w, const char *what, struct rp_value key,
                     struct rp_value agent, struct rp_value n)
{
    rp_words_z(w, "  ");
    rp_words_name(w, rp_str_of(key));
    if (agent.tag == RP_TEXT) {
        rp_words_z(w, " of ");
        rp_words_name(w, rp_str_of(agent));
    }
    rp_words_z(w, ": ");
    if (n.tag == RP_INT)
        rp_words_count(w, n.u.i, what);
    else
        rp_words_value(w, n);
    rp_words_z(w, "\n");
}

static void add_scripts(const struct rp_words *w, struct rp_value models, struct rp_value tools)
{
    for (uint32_t i = 0; i < rp_map_len(models); i++)
        add_used(w, "model call", rp_map_key(models, i), rp_nil(), rp_map_value(models, i));
    for (uint32_t i = 0; i < rp_map_len(tools); i++) {
        struct rp_value of = rp_map_value(tools, i);
        for (uint32_t k = 0; k < rp_map_len(of); k++)
            add_used(w, "tool call", rp_map_key(of, k), rp_map_key(tools, i), rp_map_value(of, k));
    }
}

static void add_world(const struct rp_words *w, struct rp_value world)
{
    struct rp_value models = rp_map_get(world, "client"), tools = rp_map_get(world, "tools");

    if (rp_map_len(models) + rp_map_len(tools) > 0) {
        head(w, "scripts have answered");
        add_scripts(w, models, tools);
    } else if (world.tag != RP_NIL && !rp_map_has(world, "client")) {
        head(w, "outside the run");
        rp_words_z(w, "  ");
        rp_words_value(w, world);
        rp_words_z(w, "\n");
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void add_sections(const struct rp_words *w, const struct rp_look *look)
{
    struct rp_value run = look->checkpoint->run;

    head(w, "under way");
    add_queue(w, run, 0);
    if (rp_queued(run) == 0)
        rp_words_z(w, "  nothing\n");
    head(w, "who waits");
    if (rp_words_waits(w, run, "") == 0)
        rp_words_z(w, "  nobody\n");
    head(w, "open requests");
    add_requests(w, look->run);
    if (rp_len(look->run->pending) == 0)
        rp_words_z(w, "  none\n");
    head(w, "executors");
    add_executors(w, look->run, 1);
    if (rp_map_len(look->run->shared) > 0) {
        head(w, "shared state");
        add_map(w, look->run->shared, 1);
    }
    if (rp_map_len(look->checkpoint->hooks) > 0) {
        head(w, "kept by executors outside the run");
        add_map(w, look->checkpoint->hooks, 1);
    }
    add_world(w, look->checkpoint->world);
}

int rp_checkpoint_show(const struct rp_words *w, const struct rp_store *store,
                       const struct rp_look *look, struct rp_error *err)
{
    RP_TRY(add_first(w, store, look, err));
    add_sections(w, look);
    return w->out->failed;
}
