/* explore.c - one seed after the other: runs it, again and from its tape where that is wanted, and
 * adds up what comes of it. */
#include "explore.h"

#include "compare.h"

#include <string.h>

/* ---- findings -------------------------------------------------------------------------------- */

void rp_findings_init(struct rp_findings *f, const struct rp_alloc *alloc)
{
    memset(f, 0, sizeof(*f));
    f->alloc = *alloc;
}

static void free_text(const struct rp_alloc *alloc, char *s)
{
    if (s)
        alloc->resize(alloc->ctx, s, strlen(s) + 1, 0);
}

void rp_findings_free(struct rp_findings *f)
{
    for (size_t i = 0; i < f->n; i++)
        free_text(&f->alloc, f->f[i].tape);
    if (f->f)
        f->alloc.resize(f->alloc.ctx, f->f, f->room * sizeof(*f->f), 0);
    if (f->print)
        f->alloc.resize(f->alloc.ctx, f->print, f->print_room * sizeof(*f->print), 0);
    f->f = NULL;
    f->print = NULL;
    f->n = f->room = f->n_print = f->print_room = 0;
}

static void put_print(uint64_t *at, size_t room, uint64_t print)
{
    size_t i = (size_t)(print * 0x9e3779b97f4a7c15u >> 20) & (room - 1);

    while (at[i] && at[i] != print)
        i = (i + 1) & (room - 1);
    at[i] = print;
}

static int has_print(const struct rp_findings *f, uint64_t print)
{
    if (f->print_room == 0)
        return 0;
    size_t i = (size_t)(print * 0x9e3779b97f4a7c15u >> 20) & (f->print_room - 1);
    while (f->print[i] && f->print[i] != print)
        i = (i + 1) & (f->print_room - 1);
    return f->print[i] == print;
}

static int more_prints(struct rp_findings *f)
{
    size_t room = f->print_room ? f->print_room * 2 : 1024;
    uint64_t *more = f->alloc.resize(f->alloc.ctx, NULL, 0, room * sizeof(*more));

    if (!more)
        return RP_ENOMEM;
    memset(more, 0, room * sizeof(*more));
    for (size_t i = 0; i < f->print_room; i++)
        if (f->print[i])
            put_print(more, room, f->print[i]);
    if (f->print)
        f->alloc.resize(f->alloc.ctx, f->print, f->print_room * sizeof(*f->print), 0);
    f->print = more;
    f->print_room = room;
    return RP_OK;
}

int rp_findings_add_print(struct rp_findings *f, uint64_t print)
{
    print = print ? print : 1;
    if (has_print(f, print))
        return RP_OK;
    if (f->n_print >= RP_PRINTS_MAX) {
        f->prints_full = 1;
        return RP_OK;
    }
    if (f->n_print * 2 >= f->print_room)
        RP_TRY(more_prints(f));
    put_print(f->print, f->print_room, print);
    f->n_print++;
    return RP_OK;
}

int rp_findings_add_run(struct rp_findings *f, const struct rp_trial_result *r)
{
    f->runs++;
    f->supersteps += r->supersteps;
    f->events += r->events;
    f->model_calls += r->model_calls;
    f->virtual_ms += r->virtual_ms;
    f->faults += r->faults;
    f->crashes += r->crashes;
    f->failed_turns += (uint64_t)r->turn_failed;
    f->broken += r->outcome == RP_OUTCOME_BROKEN;
    f->stuck += r->outcome == RP_OUTCOME_STUCK;
    return rp_findings_add_print(f, r->print);
}

/* Where that signature stands, or should. */
static size_t place_of(const struct rp_findings *f, uint64_t signature)
{
    size_t low = 0, high = f->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (f->f[mid].signature < signature)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static char *copy_text(const struct rp_alloc *alloc, const char *s)
{
    char *copy = alloc->resize(alloc->ctx, NULL, 0, strlen(s) + 1);

    return copy ? memcpy(copy, s, strlen(s) + 1) : NULL;
}

static int insert(struct rp_findings *f, size_t at, const struct rp_finding *finding)
{
    struct rp_finding made = *finding;

    if (f->n == f->room) {
        size_t room = f->room ? f->room * 2 : 8;
        void *more =
            f->alloc.resize(f->alloc.ctx, f->f, f->room * sizeof(*f->f), room * sizeof(*f->f));
        if (!more)
            return RP_ENOMEM;
        f->f = more;
        f->room = room;
    }
    made.tape = copy_text(&f->alloc, finding->tape);
    if (!made.tape)
        return RP_ENOMEM;
    memmove(&f->f[at + 1], &f->f[at], (f->n - at) * sizeof(*f->f));
    f->f[at] = made;
    f->n++;
    return RP_OK;
}

int rp_findings_add(struct rp_findings *f, const struct rp_finding *finding)
{
    size_t at = place_of(f, finding->signature);
    struct rp_finding *old = &f->f[at];

    if (at == f->n || old->signature != finding->signature)
        return insert(f, at, finding);
    uint64_t count = old->count + finding->count;
    if (finding->seed < old->seed) {
        char *tape = copy_text(&f->alloc, finding->tape);
        if (!tape)
            return RP_ENOMEM;
        free_text(&f->alloc, old->tape);
        *old = *finding;
        old->tape = tape;
    }
    old->count = count;
    return RP_OK;
}

int rp_findings_join(struct rp_findings *f, const struct rp_findings *more)
{
    f->runs += more->runs;
    f->supersteps += more->supersteps;
    f->events += more->events;
    f->model_calls += more->model_calls;
    f->virtual_ms += more->virtual_ms;
    f->faults += more->faults;
    f->crashes += more->crashes;
    f->failed_turns += more->failed_turns;
    f->broken += more->broken;
    f->stuck += more->stuck;
    f->mismatches += more->mismatches;
    for (size_t i = 0; i < more->n; i++)
        RP_TRY(rp_findings_add(f, &more->f[i]));
    for (size_t i = 0; i < more->print_room; i++)
        if (more->print[i])
            RP_TRY(rp_findings_add_print(f, more->print[i]));
    f->prints_full |= more->prints_full;
    return RP_OK;
}

/* ---- exploring ------------------------------------------------------------------------------- */

struct rp_explore {
    struct rp_explore_opts o;
    struct rp_trial *trial;
    struct rp_tape tape; /* of the seed's first run */
    struct rp_compare compare;
    struct rp_buf text;
};

int rp_explore_new(const struct rp_scenario *scenario, const struct rp_explore_opts *opts,
                   struct rp_explore **out)
{
    const struct rp_alloc *alloc = &opts->trial.alloc;
    struct rp_explore *e = alloc->resize(alloc->ctx, NULL, 0, sizeof(*e));

    if (!e)
        return RP_ENOMEM;
    *e = (struct rp_explore){.o = *opts};
    rp_tape_init(&e->tape, alloc);
    rp_compare_init(&e->compare, alloc);
    rp_buf_init(&e->text, alloc, 1u << 24);
    int rc = rp_trial_new(scenario, &opts->trial, &e->trial);
    if (rc != RP_OK) {
        rp_explore_free(e);
        return rc;
    }
    *out = e;
    return RP_OK;
}

void rp_explore_free(struct rp_explore *e)
{
    if (!e)
        return;
    struct rp_alloc alloc = e->o.trial.alloc;
    rp_trial_free(e->trial);
    rp_tape_free(&e->tape);
    rp_compare_free(&e->compare);
    rp_buf_free(&e->text);
    alloc.resize(alloc.ctx, e, sizeof(*e), 0);
}

static int note(struct rp_explore *e, uint64_t seed, const struct rp_violation *v,
                struct rp_findings *into)
{
    struct rp_finding finding = {
        .signature = rp_violation_signature(v), .seed = seed, .count = 1, .violation = *v};

    rp_buf_clear(&e->text);
    RP_TRY(rp_tape_write(&e->tape, &e->text));
    finding.tape = e->text.s;
    return rp_findings_add(into, &finding);
}

/* What breaks first is the failure of a run; what breaks after it may only follow from it. */
static int note_violation(struct rp_explore *e, uint64_t seed, struct rp_findings *into)
{
    return note(e, seed, rp_props_violation(rp_trial_props(e->trial), 0), into);
}

static int note_stuck(struct rp_explore *e, uint64_t seed, struct rp_findings *into)
{
    struct rp_violation v = {
        .property = RP_P_14, .what = "stuck", .text = "the turn did not end within its steps"};

    return note(e, seed, &v, into);
}

/* The seed again, and its tape: both must give the print of the first run. */
static int repeat(struct rp_explore *e, uint64_t seed, uint64_t print, struct rp_findings *into)
{
    struct rp_violation v = {.property = RP_P_11, .what = "seed"};
    struct rp_trial_result again;

    RP_TRY(rp_trial_seed(e->trial, seed, &again));
    if (again.print == print) {
        memcpy(v.what, "tape", 5);
        RP_TRY(rp_trial_tape(e->trial, &e->tape, &again));
    }
    if (again.print == print)
        return RP_OK;
    into->mismatches++;
    struct rp_error said;
    rp_fail_at(&said, RP_ESTATE, "", "the same %s gives another run", v.what);
    _Static_assert(sizeof(v.text) == sizeof(said.text), "one takes what the other tells");
    memcpy(v.text, said.text, sizeof(v.text));
    return note(e, seed, &v, into);
}

/* A run in which nothing is wrong is held against others. */
static int compare(struct rp_explore *e, uint64_t seed, const struct rp_trial_result *r,
                   struct rp_findings *into)
{
    RP_TRY(rp_compare_run(&e->compare, e->trial, r));
    for (size_t i = 0; i < e->compare.n_found; i++) {
        RP_TRY(rp_tape_copy(&e->tape, &e->compare.tape));
        RP_TRY(note(e, seed, &e->compare.found[i], into));
    }
    into->broken += e->compare.n_found > 0;
    return RP_OK;
}

int rp_explore_seed(struct rp_explore *e, uint64_t seed, struct rp_findings *into)
{
    struct rp_trial_result r;

    RP_TRY(rp_trial_seed(e->trial, seed, &r));
    RP_TRY(rp_findings_add_run(into, &r));
    if (r.outcome != RP_OUTCOME_FINE || e->o.twice)
        RP_TRY(rp_tape_copy(&e->tape, rp_trial_decisions(e->trial)));
    if (r.outcome == RP_OUTCOME_BROKEN)
        RP_TRY(note_violation(e, seed, into));
    if (r.outcome == RP_OUTCOME_STUCK)
        RP_TRY(note_stuck(e, seed, into));
    if (r.outcome == RP_OUTCOME_FINE)
        RP_TRY(compare(e, seed, &r, into));
    return e->o.twice ? repeat(e, seed, r.print, into) : RP_OK;
}
