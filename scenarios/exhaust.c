/* exhaust.c - the depth-first search: a path of decisions, for each the choices that are done and
 * those that have to be tried. */
#include "exhaust.h"

#include <string.h>

enum { RUNS = 1000000, OPTIONS = 64, KEYS = 8 };

/* A decision on the present path. */
struct fork {
    uint32_t executor[OPTIONS];
    uint32_t n, chosen;
    uint64_t done, wanted; /* bits of the choices */
};

/* An executor that ran, and what of the shared state it touched: bits of hashes of keys. Bits that
 * clash only make more orders be run. */
struct ran {
    uint32_t executor;
    uint32_t fork; /* the decision that chose it; UINT32_MAX: there was no choice */
    uint64_t reads, writes;
};

struct search {
    struct rp_exhaust_opts o;
    struct rp_trial *trial;
    struct rp_findings *into;
    struct rp_exhaust_result *out;
    struct rp_tape tape;
    struct fork *fork;
    uint32_t n_fork, fork_room;
    uint32_t at;     /* decisions of the run under way */
    struct ran *ran; /* of the superstep under way */
    uint32_t n_ran, ran_room;
    uint32_t chosen_by;
    int nested, failed;
};

static int grow(struct search *s, void **at, uint32_t n, uint32_t *room, size_t size)
{
    const struct rp_alloc *a = &s->o.trial.alloc;
    uint32_t more = *room ? *room * 2 : 32;
    void *made;

    if (n < *room)
        return RP_OK;
    made = a->resize(a->ctx, *at, *room * size, more * size);
    if (!made)
        return s->failed = RP_ENOMEM;
    *at = made;
    *room = more;
    return RP_OK;
}

/* ---- what a run tells ------------------------------------------------------------------------ */

static uint64_t all_of(uint32_t n)
{
    return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

static void decision(void *ctx, const uint32_t *executors, uint32_t n, uint32_t chosen)
{
    struct search *s = ctx;
    struct fork *f;

    s->chosen_by = s->at;
    if (s->at++ < s->n_fork)
        return; /* of the path that is followed */
    if (grow(s, (void **)&s->fork, s->n_fork, &s->fork_room, sizeof(*s->fork)) != RP_OK)
        return;
    f = &s->fork[s->n_fork++];
    *f = (struct fork){.n = n, .chosen = chosen};
    memcpy(f->executor, executors, n * sizeof(*executors));
    f->done = (uint64_t)1 << chosen;
    f->wanted = s->o.reduce && !s->nested ? f->done : all_of(n);
}

static void runs(void *ctx, uint32_t executor)
{
    struct search *s = ctx;

    if (grow(s, (void **)&s->ran, s->n_ran, &s->ran_room, sizeof(*s->ran)) == RP_OK)
        s->ran[s->n_ran++] = (struct ran){.executor = executor, .fork = s->chosen_by};
    s->chosen_by = UINT32_MAX;
}

static uint64_t bit_of_key(const char *key)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    return (uint64_t)1 << (h >> 58);
}

/* The last time that it ran: handlers of one executor do not overlap. */
static void touches(void *ctx, uint32_t executor, const char *key, int writes)
{
    struct search *s = ctx;

    for (uint32_t i = s->n_ran; i > 0; i--) {
        struct ran *r = &s->ran[i - 1];
        if (r->executor != executor)
            continue;
        r->reads |= key ? bit_of_key(key) : UINT64_MAX;
        if (writes)
            r->writes |= key ? bit_of_key(key) : UINT64_MAX;
        return;
    }
}

/* ---- what has to be tried -------------------------------------------------------------------- */

/* A failure concerns everybody, also those who touch nothing. */
static int has_to_do(const struct ran *a, const struct ran *b)
{
    if (a->executor == b->executor)
        return 0;
    return a->writes == UINT64_MAX || b->writes == UINT64_MAX ||
           ((a->writes & (b->reads | b->writes)) | (b->writes & a->reads)) != 0;
}

static void want(struct fork *f, uint32_t executor)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->executor[i] == executor) {
            f->wanted |= (uint64_t)1 << i;
            return;
        }
    f->wanted = all_of(f->n); /* it was not ready then: whoever leads to it */
}

/* At the end of a superstep: where two have to do with each other, the later one is tried in the
 * earlier one's place. */
static void look_back(struct search *s)
{
    for (uint32_t i = 0; i < s->n_ran; i++)
        for (uint32_t j = i + 1; j < s->n_ran; j++)
            if (s->ran[i].fork < s->n_fork && has_to_do(&s->ran[i], &s->ran[j]))
                want(&s->fork[s->ran[i].fork], s->ran[j].executor);
    s->n_ran = 0;
}

static int on_event(void *ctx, const struct rp_event *event)
{
    if (event->kind == RP_EV_SUPERSTEP_STARTED || event->kind == RP_EV_SUPERSTEP_COMPLETED ||
        event->kind == RP_EV_FAILED)
        look_back(ctx);
    return RP_OK;
}

/* ---- the search ------------------------------------------------------------------------------ */

static int follow(struct search *s)
{
    rp_tape_from_seed(&s->tape, 0);
    for (uint32_t i = 0; i < s->n_fork; i++)
        rp_tape_decide(&s->tape, RP_STREAM_READY, s->fork[i].n, s->fork[i].chosen);
    return s->tape.failed;
}

static int note(struct search *s, const struct rp_violation *v)
{
    struct rp_finding f = {
        .signature = rp_violation_signature(v), .seed = s->out->runs, .count = 1, .violation = *v};
    struct rp_buf text;
    int rc;

    rp_buf_init(&text, &s->o.trial.alloc, 1u << 24);
    rc = rp_tape_write(rp_trial_decisions(s->trial), &text);
    f.tape = text.s;
    if (rc == RP_OK)
        rc = rp_findings_add(s->into, &f);
    rp_buf_free(&text);
    return rc;
}

static int run_once(struct search *s)
{
    const struct rp_props *props = rp_trial_props(s->trial);
    struct rp_trial_result r;

    RP_TRY(follow(s));
    s->at = s->n_ran = 0;
    s->chosen_by = UINT32_MAX;
    RP_TRY(rp_trial_tape(s->trial, &s->tape, &r));
    look_back(s);
    RP_TRY(s->failed);
    s->out->runs++;
    s->out->decisions = s->at > s->out->decisions ? s->at : s->out->decisions;
    RP_TRY(rp_findings_add_run(s->into, &r));
    for (size_t i = 0; i < rp_props_violations(props); i++)
        RP_TRY(note(s, rp_props_violation(props, i)));
    return RP_OK;
}

/* The deepest decision with a choice that is wanted and not done; 0: there is none. */
static int turn_back(struct search *s)
{
    while (s->n_fork > 0) {
        struct fork *f = &s->fork[s->n_fork - 1];
        uint64_t left = f->wanted & ~f->done;
        for (uint32_t i = 0; i < f->n; i++)
            if (left >> i & 1) {
                f->chosen = i;
                f->done |= (uint64_t)1 << i;
                return 1;
            }
        s->n_fork--;
    }
    return 0;
}

static int search_all(struct search *s)
{
    uint64_t max = s->o.runs_max ? s->o.runs_max : RUNS;

    do {
        if (s->out->runs >= max) {
            s->out->whole = 0;
            return RP_OK;
        }
        RP_TRY(run_once(s));
    } while (turn_back(s));
    s->out->whole = 1;
    return RP_OK;
}

static int is_nested(const struct rp_workflow *w)
{
    for (uint32_t i = 0; i < rp_workflow_executors(w); i++)
        if (rp_workflow_child(w, i))
            return 1;
    return 0;
}

int rp_exhaust(const struct rp_scenario *scenario, const struct rp_exhaust_opts *opts,
               struct rp_findings *into, struct rp_exhaust_result *out)
{
    struct search s = {.o = *opts, .into = into, .out = out};
    struct rp_observer watch = {.event = on_event, .ctx = &s};
    const struct rp_alloc *a = &opts->trial.alloc;
    int rc;

    *out = (struct rp_exhaust_result){0};
    s.nested = is_nested(scenario->workflow);
    s.o.trial.watch = &watch;
    s.o.trial.choices = &(struct rp_trial_choices){decision, runs, touches, &s};
    rp_tape_init(&s.tape, a);
    rc = rp_trial_new(scenario, &s.o.trial, &s.trial);
    if (rc == RP_OK)
        rc = search_all(&s);
    rp_trial_free(s.trial);
    rp_tape_free(&s.tape);
    if (s.fork)
        a->resize(a->ctx, s.fork, s.fork_room * sizeof(*s.fork), 0);
    if (s.ran)
        a->resize(a->ctx, s.ran, s.ran_room * sizeof(*s.ran), 0);
    return rc;
}
