/* locate.c - finds the superstep, the executor and the field at which two runs part. */
#include "locate.h"

#include <string.h>

enum { ATTEMPTS = 8 }; /* of runs that differ each time in another way */

/* What a run tells, in order; names are those of the workflow. */
struct told {
    const char *what, *who;
    uint64_t data;
};
struct listener {
    struct rp_alloc alloc;
    struct told *at;
    size_t n, room;
    struct rp_observer observer;
};

struct pair {
    struct rp_trial *a, *b, *other;
    struct listener ears[2];
    uint64_t seed;
    const struct rp_tape *tape; /* of the second run; NULL: the seed again */
};

/* ---- listening ------------------------------------------------------------------------------- */

static int hear(struct listener *l, const char *what, const char *who, uint64_t data)
{
    if (l->n == l->room) {
        size_t room = l->room ? l->room * 2 : 256;
        void *more =
            l->alloc.resize(l->alloc.ctx, l->at, l->room * sizeof(*l->at), room * sizeof(*l->at));
        if (!more)
            return RP_ENOMEM;
        l->at = more;
        l->room = room;
    }
    l->at[l->n++] = (struct told){what, who ? who : "", data};
    return RP_OK;
}

static int hear_event(void *ctx, const struct rp_event *ev)
{
    return hear(ctx, rp_event_name(ev->kind), ev->executor,
                rp_digest(ev->data, (uint64_t)ev->state));
}

static int hear_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    (void)made;
    return hear(ctx, "model call", rp_agent_name(call->agent),
                rp_digest(call->messages, (uint64_t)number));
}

static int hear_tool_call(void *ctx, const struct rp_tool_call *call)
{
    return hear(ctx, "tool call", rp_agent_name(call->agent), rp_digest(call->call_id, 1));
}

static int hear_tool_result(void *ctx, const struct rp_tool_call *call,
                            const struct rp_tool_result *result)
{
    return hear(ctx, "tool result", rp_agent_name(call->agent),
                rp_digest(result->value, (uint64_t)result->failed));
}

static const struct rp_observer *listen_with(struct listener *l, const struct rp_alloc *alloc)
{
    l->alloc = *alloc;
    l->observer = (struct rp_observer){.event = hear_event,
                                       .model_call = hear_model_call,
                                       .tool_call = hear_tool_call,
                                       .tool_result = hear_tool_result,
                                       .ctx = l};
    return &l->observer;
}

static void stop_listening(struct listener *l)
{
    if (l->at)
        l->alloc.resize(l->alloc.ctx, l->at, l->room * sizeof(*l->at), 0);
}

static void keep(char *to, size_t size, const char *from)
{
    size_t n = strlen(from) < size - 1 ? strlen(from) : size - 1;

    memcpy(to, from, n);
    to[n] = '\0';
}

/* The first thing that only one of the two tells. */
static void first_told(const struct pair *p, struct rp_parting *out)
{
    const struct listener *a = &p->ears[0], *b = &p->ears[1];
    size_t i = 0;

    while (i < a->n && i < b->n && a->at[i].data == b->at[i].data &&
           strcmp(a->at[i].what, b->at[i].what) == 0 && strcmp(a->at[i].who, b->at[i].who) == 0)
        i++;
    const struct told *first = i < a->n ? &a->at[i] : i < b->n ? &b->at[i] : NULL;
    keep(out->executor, sizeof(out->executor), first ? first->who : "");
    keep(out->field, sizeof(out->field), first ? first->what : "events");
}

/* ---- running --------------------------------------------------------------------------------- */

static int run_both(struct pair *p, uint64_t until)
{
    struct rp_trial_result ra, rb;

    p->ears[0].n = p->ears[1].n = 0;
    RP_TRY(rp_trial_until(p->a, p->seed, NULL, until, &ra));
    return rp_trial_until(p->b, p->seed, p->tape, until, &rb);
}

static int differs_at(const struct pair *p, size_t i)
{
    size_t na, nb;
    const struct rp_step_digest *a = rp_trial_digests(p->a, &na);
    const struct rp_step_digest *b = rp_trial_digests(p->b, &nb);

    if (i >= na || i >= nb)
        return na != nb;
    return a[i].state != b[i].state || a[i].events != b[i].events || a[i].step != b[i].step;
}

/* What was told is part of the digests, so once they differ they differ for good: the first one is
 * between a superstep at which they are equal and one at which they are not. */
static size_t first_difference(const struct pair *p, size_t n)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (differs_at(p, mid))
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* As when the difference was seen: the first run came after one of another seed, the second after
 * one of its own. */
static int run_primed(struct pair *p, uint64_t until)
{
    struct rp_trial_result r;

    RP_TRY(rp_trial_seed(p->other, p->seed + 1, &r));
    RP_TRY(rp_trial_until(p->a, p->seed, NULL, until, &r));
    RP_TRY(rp_trial_seed(p->other, p->seed, &r));
    return rp_trial_until(p->b, p->seed, p->tape, until, &r);
}

static void tell_state(const struct rp_difference_at *d, struct rp_parting *out)
{
    memcpy(out->executor, d->executor, sizeof(out->executor));
    memcpy(out->field, d->field, sizeof(out->field));
}

/* The states after that superstep. Runs that depend on something from outside may differ each time
 * in another way, or not; then what was told in the first place stands. */
static int look_closer(struct pair *p, size_t at, struct rp_parting *out)
{
    struct rp_difference_at d;
    size_t n;

    for (int i = 0; i < ATTEMPTS; i++) {
        RP_TRY(i & 1 ? run_primed(p, at + 1) : run_both(p, at + 1));
        const struct rp_step_digest *digest = rp_trial_digests(p->a, &n);
        if (at < n) {
            out->turn = digest[at].turn;
            out->step = digest[at].step;
        }
        if (rp_run_differ(rp_trial_state(p->a), rp_trial_state(p->b), &d)) {
            tell_state(&d, out);
            return RP_OK;
        }
    }
    return RP_OK;
}

static int locate(struct pair *p, struct rp_parting *out)
{
    struct rp_difference_at d;
    size_t na, nb, most;

    *out = (struct rp_parting){0};
    RP_TRY(run_both(p, UINT64_MAX));
    rp_trial_digests(p->a, &na);
    rp_trial_digests(p->b, &nb);
    most = na > nb ? na : nb;
    out->supersteps = first_difference(p, most);
    if (out->supersteps < most) {
        first_told(p, out);
        return look_closer(p, (size_t)out->supersteps, out);
    }
    /* all supersteps are equal: what comes after the last one */
    if (!rp_run_differ(rp_trial_state(p->a), rp_trial_state(p->b), &d))
        return RP_ENOTFOUND;
    tell_state(&d, out);
    return RP_OK;
}

int rp_locate(const struct rp_scenario *scenario, const struct rp_trial_opts *opts, uint64_t seed,
              const struct rp_tape *tape, struct rp_parting *out)
{
    struct rp_trial_opts with = *opts;
    struct pair p = {.seed = seed, .tape = tape};
    int rc;

    with.step_digests = 1;
    with.watch = listen_with(&p.ears[0], &opts->alloc);
    rc = rp_trial_new(scenario, &with, &p.a);
    with.watch = listen_with(&p.ears[1], &opts->alloc);
    if (rc == RP_OK)
        rc = rp_trial_new(scenario, &with, &p.b);
    if (rc == RP_OK)
        rc = rp_trial_new(scenario, opts, &p.other);
    if (rc == RP_OK)
        rc = locate(&p, out);
    rp_trial_free(p.a);
    rp_trial_free(p.b);
    rp_trial_free(p.other);
    stop_listening(&p.ears[0]);
    stop_listening(&p.ears[1]);
    return rc;
}
