/* shrink.c - tries smaller cases until none shows the failure. Cases are scenario files as JSON;
 * one that does not load, or fails in another way, is no case. */
#include "shrink.h"

#include "compare.h"

#include <string.h>

enum { TRIALS = 20000 };

struct shrinking {
    struct rp_alloc alloc;
    struct rp_trial_opts opts;
    const char *path;
    uint64_t signature, max;
    struct rp_heap heap;      /* of the scenario as it is now, and of the case being tried */
    struct rp_value scenario; /* JSON without tape */
    struct rp_tape tape;
    struct rp_tape trying;
    struct rp_compare compare;
    struct rp_buf text;
    struct rp_shrunk *out;
};

void rp_shrunk_init(struct rp_shrunk *s, const struct rp_alloc *alloc)
{
    memset(s, 0, sizeof(*s));
    rp_buf_init(&s->scenario, alloc, RP_SCENARIO_MAX);
    rp_buf_init(&s->tape, alloc, 1u << 24);
}

void rp_shrunk_free(struct rp_shrunk *s)
{
    rp_buf_free(&s->scenario);
    rp_buf_free(&s->tape);
}

/* ---- is it still that failure? --------------------------------------------------------------- */

static int shows(struct shrinking *s, struct rp_trial *t, const struct rp_trial_result *r)
{
    const struct rp_props *props = rp_trial_props(t);
    struct rp_violation stuck = {.property = RP_P_14, .what = "stuck"};

    if (r->outcome == RP_OUTCOME_STUCK && rp_violation_signature(&stuck) == s->signature) {
        s->out->violation = stuck;
        return 1;
    }
    if (rp_props_violations(props) == 0)
        return 0;
    const struct rp_violation *v = rp_props_violation(props, 0);
    if (rp_violation_signature(v) != s->signature)
        return 0;
    s->out->violation = *v;
    return 1;
}

/* Against other runs. */
static int differs(struct shrinking *s, struct rp_trial *t, const struct rp_trial_result *r,
                   int *same)
{
    RP_TRY(rp_compare_run(&s->compare, t, r));
    for (size_t i = 0; i < s->compare.n_found && !*same; i++)
        if (rp_violation_signature(&s->compare.found[i]) == s->signature) {
            s->out->violation = s->compare.found[i];
            *same = 1;
        }
    return RP_OK;
}

static int run_case(struct shrinking *s, const struct rp_scenario *scenario,
                    const struct rp_tape *tape, int *same)
{
    struct rp_trial_result r;
    struct rp_trial *t;
    int rc = rp_trial_new(scenario, &s->opts, &t);

    if (rc != RP_OK)
        return rc;
    rc = rp_trial_tape(t, tape, &r);
    *same = rc == RP_OK && shows(s, t, &r);
    if (rc == RP_OK) /* what was really decided: later deviations may have gone */
        rc = rp_tape_copy(&s->trying, rp_trial_decisions(t));
    if (rc == RP_OK && !*same && r.outcome == RP_OUTCOME_FINE)
        rc = differs(s, t, &r, same);
    rp_trial_free(t);
    return rc;
}

/* Tries a case; one that holds takes the place of the present one. *same: it did. */
static int try_case(struct shrinking *s, struct rp_value json, const struct rp_tape *tape,
                    int *same)
{
    struct rp_scenario *scenario;
    int rc;

    *same = 0;
    if (s->out->trials >= s->max) {
        s->out->minimal = 0;
        return RP_OK;
    }
    s->out->trials++;
    rp_buf_clear(&s->text);
    RP_TRY(rp_json_write(&s->text, json, 0));
    rc = rp_scenario_read(&s->alloc, s->path, s->text.s, s->text.n, &scenario, NULL);
    if (rc != RP_OK)
        return rc == RP_ENOMEM ? rc : RP_OK;
    rc = run_case(s, scenario, tape, same);
    rp_scenario_free(scenario);
    if (rc != RP_OK || !*same)
        return rc;
    s->scenario = json;
    return rp_tape_copy(&s->tape, &s->trying);
}

/* ---- the tape -------------------------------------------------------------------------------- */

static int drop_deviations(struct shrinking *s, uint32_t from, uint32_t n, int *same)
{
    struct rp_tape less;
    int rc;

    rp_tape_init(&less, &s->alloc);
    rc = rp_tape_copy(&less, &s->tape);
    for (uint32_t i = 0; i < n && rc == RP_OK; i++)
        rp_tape_drop(&less, from);
    if (rc == RP_OK)
        rc = try_case(s, s->scenario, &less, same);
    rp_tape_free(&less);
    return rc;
}

/* Halves, quarters, ..., single ones, from the last to the first. */
static int shrink_tape(struct shrinking *s, int *smaller)
{
    uint32_t n = rp_tape_deviations(&s->tape);

    for (uint32_t size = n; size > 0; size /= 2)
        for (uint32_t end = rp_tape_deviations(&s->tape); end > 0;) {
            uint32_t from = end > size ? end - size : 0;
            int same;
            RP_TRY(drop_deviations(s, from, end - from, &same));
            *smaller |= same;
            end = from < rp_tape_deviations(&s->tape) ? from : rp_tape_deviations(&s->tape);
        }
    return RP_OK;
}

/* ---- parts of the scenario ------------------------------------------------------------------- */

/* A copy of a JSON value without some of its parts. Parts are numbered as they stand: the items of
 * arrays and the entries of objects. */
struct cut {
    struct rp_heap *h;
    uint32_t at, from, n; /* parts from .. from + n - 1 of one array or object are left out */
    const char *name;     /* or all that is called so */
    int gone;
};

static struct rp_value copy_without(struct cut *c, struct rp_value v);

static int is_gone(struct cut *c)
{
    uint32_t at = c->at++;

    if (c->name || at < c->from || at >= c->from + c->n)
        return 0;
    return c->gone = 1;
}

/* Is it the name, or an object that is of that name: an agent, an executor, an edge of one? */
static int is_called(struct rp_value v, const char *name)
{
    static const char *const keys[] = {"name", "id", "agent", "from", "to"};

    if (rp_is_text(v, name))
        return 1;
    for (size_t i = 0; v.tag == RP_MAP && i < sizeof(keys) / sizeof(*keys); i++)
        if (rp_is_text(rp_map_get(v, keys[i]), name))
            return 1;
    return 0;
}

static struct rp_value copy_list(struct cut *c, struct rp_value v)
{
    struct rp_value out = rp_list();

    for (uint32_t i = 0; i < rp_len(v); i++) {
        struct rp_value item = rp_at(v, i);
        if (is_gone(c))
            continue;
        if (c->name && is_called(item, c->name)) {
            c->gone = 1;
            continue;
        }
        if (rp_list_add(c->h, &out, copy_without(c, item)) != RP_OK)
            return rp_bad();
    }
    return out;
}

static struct rp_value copy_map(struct cut *c, struct rp_value v)
{
    struct rp_value out = rp_map();

    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        struct rp_value item;
        if (is_gone(c))
            continue;
        item = copy_without(c, rp_map_value(v, i));
        if (item.tag == RP_BAD || rp_map_add(c->h, &out, rp_map_key(v, i), item) != RP_OK)
            return rp_bad();
    }
    return out;
}

static struct rp_value copy_without(struct cut *c, struct rp_value v)
{
    if (v.tag == RP_LIST)
        return copy_list(c, v);
    return v.tag == RP_MAP ? copy_map(c, v) : v;
}

static int try_cut(struct shrinking *s, struct cut cut, int *same)
{
    struct rp_value less;

    cut.h = &s->heap;
    less = copy_without(&cut, s->scenario);
    if (less.tag == RP_BAD)
        return RP_ENOMEM;
    *same = 0;
    return cut.gone ? try_case(s, less, &s->tape, same) : RP_OK;
}

static uint32_t count_parts(struct rp_value v)
{
    uint32_t n = 0;

    for (uint32_t i = 0; v.tag == RP_LIST && i < rp_len(v); i++)
        n += 1 + count_parts(rp_at(v, i));
    for (uint32_t i = 0; v.tag == RP_MAP && i < rp_map_len(v); i++)
        n += 1 + count_parts(rp_map_value(v, i));
    return n;
}

/* From the last part to the first, so that what goes moves none that is still to be tried. */
static int shrink_parts(struct shrinking *s, int *smaller)
{
    static const uint32_t sizes[] = {16, 4, 2, 1};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (uint32_t at = count_parts(s->scenario); at > 0; at--) {
            int same;
            RP_TRY(try_cut(s, (struct cut){.from = at - 1, .n = sizes[i]}, &same));
            *smaller |= same;
        }
    return RP_OK;
}

/* Agents and executors go with all that is said of them. */
static int shrink_names(struct shrinking *s, struct rp_value list, const char *key, int *smaller)
{
    for (uint32_t i = rp_len(list); i > 0; i--) {
        struct rp_value name = rp_map_get(rp_at(list, i - 1), key);
        int same = 0;
        if (name.tag == RP_TEXT)
            RP_TRY(try_cut(s, (struct cut){.name = rp_str_of(name).s}, &same));
        *smaller |= same;
    }
    return RP_OK;
}

static int shrink_scenario(struct shrinking *s, int *smaller)
{
    struct rp_value graph = rp_map_get(s->scenario, "workflow");

    RP_TRY(shrink_names(s, rp_map_get(s->scenario, "agents"), "name", smaller));
    RP_TRY(shrink_names(s, rp_map_get(graph, "executors"), "id", smaller));
    return shrink_parts(s, smaller);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int shrink_all(struct shrinking *s)
{
    int smaller = 1, same;

    RP_TRY(try_case(s, s->scenario, &s->tape, &same));
    if (!same)
        return RP_ENOTFOUND;
    s->out->minimal = 1;
    while (smaller && s->out->minimal) {
        smaller = 0;
        RP_TRY(shrink_tape(s, &smaller));
        RP_TRY(shrink_scenario(s, &smaller));
    }
    return RP_OK;
}

static void count_deviations(struct shrinking *s)
{
    for (int i = 0; i < RP_STREAMS; i++) {
        int order = i == RP_STREAM_READY || i == RP_STREAM_DELAY || i == RP_STREAM_CHUNKS ||
                    i == RP_STREAM_CLOCK;
        *(order ? &s->out->deviations : &s->out->faults) += s->tape.kept[i].n;
    }
    s->out->faults -= rp_tape_keeps_store(&s->tape);
}

static int write_out(struct shrinking *s)
{
    struct rp_value json = s->scenario;
    struct rp_value text;

    RP_TRY(rp_tape_write(&s->tape, &s->out->tape));
    text = rp_text(&s->heap, s->out->tape.s, s->out->tape.n);
    RP_TRY(rp_map_put(&s->heap, &json, "tape", text));
    RP_TRY(rp_json_write(&s->out->scenario, json, 0));
    count_deviations(s);
    return rp_buf_addc(&s->out->scenario, '\n');
}

/* The whole file but its tape, in our own heap: the file's own stays frozen. */
static int begin(struct shrinking *s, const struct rp_scenario *scenario, const char *tape)
{
    struct cut all = {.h = &s->heap, .n = 0};
    struct rp_value json = rp_map();

    RP_TRY(rp_tape_read(&s->tape, tape, NULL));
    for (uint32_t i = 0; i < rp_map_len(scenario->json); i++) {
        struct rp_value key = rp_map_key(scenario->json, i);
        if (!rp_is_text(key, "tape"))
            RP_TRY(rp_map_add(&s->heap, &json, key,
                              copy_without(&all, rp_map_value(scenario->json, i))));
    }
    s->scenario = json;
    return RP_OK;
}

int rp_shrink(const struct rp_scenario *scenario, const struct rp_trial_opts *opts,
              const struct rp_finding *finding, uint64_t trials_max, struct rp_shrunk *out)
{
    struct shrinking s = {.alloc = opts->alloc,
                          .opts = *opts,
                          .path = scenario->path,
                          .signature = finding->signature,
                          .max = trials_max ? trials_max : TRIALS,
                          .out = out};
    int rc;

    s.opts.step_digests = 0;
    s.opts.watch = NULL;
    rp_heap_init(&s.heap, &s.alloc, 0, 0);
    rp_tape_init(&s.tape, &s.alloc);
    rp_tape_init(&s.trying, &s.alloc);
    rp_compare_init(&s.compare, &s.alloc);
    rp_buf_init(&s.text, &s.alloc, RP_SCENARIO_MAX);
    rc = begin(&s, scenario, finding->tape);
    if (rc == RP_OK)
        rc = shrink_all(&s);
    if (rc == RP_OK)
        rc = write_out(&s);
    rp_buf_free(&s.text);
    rp_compare_free(&s.compare);
    rp_tape_free(&s.trying);
    rp_tape_free(&s.tape);
    rp_heap_free(&s.heap);
    return rc;
}
