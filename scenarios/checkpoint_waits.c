/* checkpoint_waits.c - who waits for whom in a checkpoint. */
#include "checkpoint_waits.h"

#include "checkpoint_read.h"

enum { NESTED_MAX = 32 };

struct waits {
    const struct rp_words *w;
    struct rp_s_run *run;
    struct rp_value value; /* of the run */
    const char *prefix;    /* of names */
    uint32_t lines;
};

static void name(const struct waits *x, int64_t executor)
{
    rp_words_name(x->w, rp_str(x->prefix));
    rp_words_name(x->w, rp_look_name(x->run, executor));
}

static void begin(struct waits *x, int64_t executor)
{
    rp_words_z(x->w, "  ");
    name(x, executor);
    rp_words_z(x->w, " waits for ");
    x->lines++;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void add_requests(struct waits *x)
{
    for (uint32_t i = 0; i < rp_len(x->run->pending); i++) {
        struct rp_request *q = rp_request_of(rp_at(x->run->pending, i));
        begin(x, q->executor.u.i);
        rp_words_z(x->w, "an answer to ");
        rp_words_name(x->w, rp_str_of(q->id));
        rp_words_z(x->w, "\n");
    }
}

/* ---- joins ----------------------------------------------------------------------------------- */

static const char arrow[] = " <- ";

struct rp_str rp_join_name(struct rp_str *s)
{
    struct rp_str head = *s;
    size_t n = sizeof(arrow) - 1;

    for (size_t i = 0; i + n <= s->n; i++) {
        if (!rp_str_equal((struct rp_str){s->s + i, n}, (struct rp_str){arrow, n}))
            continue;
        head.n = i;
        *s = (struct rp_str){s->s + i + n, s->n - i - n};
        return head;
    }
    *s = (struct rp_str){"", 0};
    return head;
}

/* The sources whose buffer is empty, or those where something lies. Returns how many. */
static uint32_t add_sources(struct waits *x, struct rp_str names, struct rp_value buffers,
                            int there)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < rp_len(buffers); i++) {
        struct rp_str source = rp_join_name(&names);
        uint32_t lie = rp_len(rp_at(buffers, i));
        if ((lie > 0) != there)
            continue;
        rp_words_z(x->w, n++ > 0 ? ", " : "");
        rp_words_name(x->w, rp_str(x->prefix));
        rp_words_name(x->w, source);
        if (lie > 1) {
            rp_words_z(x->w, " with ");
            rp_words_count(x->w, lie, "message");
        }
    }
    return n;
}

static int half_filled(struct rp_value buffers)
{
    uint32_t there = 0;

    for (uint32_t i = 0; i < rp_len(buffers); i++)
        there += rp_len(rp_at(buffers, i)) > 0;
    return there > 0;
}

static void add_joins(struct waits *x)
{
    for (uint32_t j = 0; j < rp_len(x->run->joins) && j < rp_len(x->run->join_ids); j++) {
        struct rp_value buffers = rp_at(x->run->joins, j);
        struct rp_str names = rp_str_of(rp_at(x->run->join_ids, j));
        struct rp_str target = rp_join_name(&names);
        if (!half_filled(buffers))
            continue;
        rp_words_z(x->w, "  ");
        rp_words_name(x->w, rp_str(x->prefix));
        rp_words_name(x->w, target);
        rp_words_z(x->w, " waits for ");
        add_sources(x, names, buffers, 0);
        rp_words_z(x->w, "; there are already: ");
        add_sources(x, names, buffers, 1);
        rp_words_z(x->w, "\n");
        x->lines++;
    }
}

/* ---- orchestrators: they wait for whom they gave the floor ----------------------------------- */

static int gives_floor(struct rp_value data)
{
    if (rp_kind(data) == RP_K_AGENT_REQUEST)
        return rp_is_true(rp_agent_request_of(data)->should_respond);
    return rp_kind(data) == RP_K_GROUP_REQUEST;
}

static void add_floor(struct waits *x, uint32_t orchestrator)
{
    uint32_t n = rp_queued(x->value);

    for (uint32_t i = 0; i < n; i++) {
        struct rp_queued m = rp_queued_at(x->value, i);
        if (m.source != orchestrator || m.target == RP_NOBODY || !gives_floor(m.data))
            continue;
        begin(x, orchestrator);
        name(x, m.target);
        rp_words_z(x->w, ", who has the floor\n");
    }
    for (uint32_t i = 0; i < rp_len(x->run->pending); i++) {
        int64_t asker = rp_request_of(rp_at(x->run->pending, i))->executor.u.i;
        if (asker == orchestrator)
            continue;
        begin(x, orchestrator);
        name(x, asker);
        rp_words_z(x->w, ", who waits for an answer\n");
    }
}

/* ---- nested runs ----------------------------------------------------------------------------- */

static uint32_t add_run(const struct rp_words *w, struct rp_value run, const char *prefix,
                        int depth);

static void add_nested(struct waits *x, uint32_t executor, struct rp_value run, int depth)
{
    struct rp_buf prefix;

    rp_buf_init(&prefix, &x->w->out->alloc, RP_TEXT_MAX);
    rp_buf_addz(&prefix, x->prefix);
    rp_buf_adds(&prefix, rp_look_name(x->run, executor));
    rp_buf_addc(&prefix, '/');
    if (prefix.failed)
        x->w->out->failed = prefix.failed;
    else
        x->lines += add_run(x->w, run, prefix.s, depth + 1);
    rp_buf_free(&prefix);
}

static uint32_t add_run(const struct rp_words *w, struct rp_value run, const char *prefix,
                        int depth)
{
    struct waits x = {.w = w, .run = rp_s_run_of(run), .value = run, .prefix = prefix};

    add_requests(&x);
    add_joins(&x);
    for (uint32_t i = 0; i < rp_len(x.run->executors); i++) {
        struct rp_value state = rp_at(x.run->executors, i);
        if (rp_kind(state) == RP_K_S_GROUP || rp_kind(state) == RP_K_S_MAGENTIC)
            add_floor(&x, i);
        else if (rp_kind(state) == RP_K_S_FLOW && depth < NESTED_MAX)
            add_nested(&x, i, rp_s_flow_of(state)->run, depth);
    }
    return x.lines;
}

uint32_t rp_words_waits(const struct rp_words *w, struct rp_value run, const char *prefix)
{
    return add_run(w, run, prefix, 0);
}
