/* schedule.c - the strategies. */
#include "schedule.h"

#include "engine/base/check.h"

#include <string.h>

static const char *const names[RP_STRATEGIES] = {
    [RP_STRATEGY_RANDOM] = "random",           [RP_STRATEGY_PCT] = "pct",
    [RP_STRATEGY_FAIR_PCT] = "fair-pct",       [RP_STRATEGY_DELAY] = "delay",
    [RP_STRATEGY_ROUND_ROBIN] = "round-robin", [RP_STRATEGY_EXHAUSTIVE] = "exhaustive",
};

const char *rp_strategy_name(enum rp_strategy strategy)
{
    RP_ASSERT(strategy < RP_STRATEGIES);
    return names[strategy];
}

int rp_strategy_of(const char *name)
{
    for (int i = 0; i < RP_STRATEGIES; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

void rp_schedule_begin(struct rp_schedule *s, struct rp_tape *tape, enum rp_strategy strategy,
                       uint64_t seed, uint32_t depth, uint32_t length)
{
    memset(s, 0, sizeof(*s));
    s->tape = tape;
    s->strategy = strategy;
    s->dice = rp_dice_of(seed, "schedule");
    s->depth = depth < RP_SCHEDULE_DEPTH_MAX ? depth : RP_SCHEDULE_DEPTH_MAX;
    length = length ? length : 64;
    s->length = length;
    s->fair_after = 16 * length + 1000;
    s->last = UINT32_MAX;
    s->lowest = UINT32_MAX / 2;
    for (uint32_t i = 0; i < s->depth; i++)
        s->moment[i] = rp_dice_below(&s->dice, length);
}

static int is_moment(const struct rp_schedule *s)
{
    uint32_t n = s->strategy == RP_STRATEGY_DELAY ? s->depth : s->depth ? s->depth - 1 : 0;

    for (uint32_t i = 0; i < n; i++)
        if (s->moment[i] == s->decided)
            return 1;
    return 0;
}

/* Higher is sooner; a new executor gets a random one above all that were lowered. */
static uint32_t *priority_of(struct rp_schedule *s, uint32_t executor)
{
    uint32_t *p = &s->priority[executor % RP_SCHEDULE_PLACES];

    if (*p == 0)
        *p = UINT32_MAX / 2 + 1 + rp_dice_below(&s->dice, UINT32_MAX / 2);
    return p;
}

static uint32_t highest(struct rp_schedule *s, const uint32_t *executors, uint32_t n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n; i++)
        if (*priority_of(s, executors[i]) > *priority_of(s, executors[best]))
            best = i;
    return best;
}

static uint32_t pct(struct rp_schedule *s, const uint32_t *executors, uint32_t n)
{
    uint32_t best = highest(s, executors, n);

    if (is_moment(s)) {
        *priority_of(s, executors[best]) = s->lowest--;
        best = highest(s, executors, n);
    }
    return best;
}

static uint32_t after_last(const struct rp_schedule *s, const uint32_t *executors, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (s->last == UINT32_MAX || executors[i] > s->last)
            return i;
    return 0;
}

static uint32_t propose(struct rp_schedule *s, const uint32_t *executors, uint32_t n)
{
    uint32_t until = s->strategy == RP_STRATEGY_FAIR_PCT ? s->length : s->fair_after;
    int fair = s->decided >= until;

    switch (s->strategy) {
    case RP_STRATEGY_RANDOM:
        return rp_dice_below(&s->dice, n);
    case RP_STRATEGY_PCT:
    case RP_STRATEGY_FAIR_PCT:
        return fair ? rp_dice_below(&s->dice, n) : pct(s, executors, n);
    case RP_STRATEGY_DELAY:
        return is_moment(s) ? 1 : 0;
    case RP_STRATEGY_ROUND_ROBIN:
        return after_last(s, executors, n);
    case RP_STRATEGY_EXHAUSTIVE:
    case RP_STRATEGIES:
        break;
    }
    return 0;
}

static uint32_t pick(void *ctx, enum rp_choice what, const uint32_t *executors, uint32_t n)
{
    struct rp_schedule *s = ctx;
    uint32_t proposed, chosen;

    RP_ASSERT(what == RP_CHOOSE_READY);
    proposed = rp_tape_plays(s->tape) ? 0 : propose(s, executors, n);
    chosen = rp_tape_decide(s->tape, RP_STREAM_READY, n, proposed);
    s->decided++;
    s->last = executors[chosen];
    if (s->decision)
        s->decision(s->ctx, executors, n, chosen);
    return chosen;
}

struct rp_chooser rp_schedule_chooser(struct rp_schedule *s)
{
    return (struct rp_chooser){.pick = pick, .ctx = s};
}
