/* watched.c - plays with properties. */
#include "tests/support/watched.h"

#include "tests/support/random_scenario.h"

#include <stdio.h>

enum { ANSWERS_MAX = 16 };

/* The properties, and death. */
struct mortal {
    struct rp_observer props;
    uint32_t left; /* supersteps to live; 0: for ever */
};

enum { DEAD = 1 };

static int on_event(void *ctx, const struct rp_event *ev)
{
    struct mortal *m = ctx;

    RP_TRY(m->props.event(m->props.ctx, ev));
    return ev->kind == RP_EV_SUPERSTEP_COMPLETED && m->left > 0 && --m->left == 0 ? DEAD : RP_OK;
}

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    struct mortal *m = ctx;

    return m->props.model_call(m->props.ctx, call, number, made);
}

static int on_model_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    struct mortal *m = ctx;

    return m->props.model_reply(m->props.ctx, agent, reply);
}

static int on_tool_call(void *ctx, const struct rp_tool_call *call)
{
    struct mortal *m = ctx;

    return m->props.tool_call(m->props.ctx, call);
}

static int play_turn(struct rp_props *p, struct rp_play *play, const struct rp_scenario_turn *turn,
                     struct rp_error *err)
{
    struct rp_scenario_turn now = *turn;
    int rc;

    do {
        RP_TRY(rp_props_turn_begins(p, &now, rp_play_run(play)));
        rc = rp_play_turn(play, &now, err);
        if (rc != RP_OK && rc != DEAD)
            return rc;
        RP_TRY(rp_props_turn_ended(p, rp_play_run(play), rp_play_error(play, NULL), rc == DEAD));
        now = (struct rp_scenario_turn){
            .kind = RP_TURN_RESUME, .stream = turn->stream, .checkpoint = -1};
    } while (rc == DEAD);
    return RP_OK;
}

/* As long as something is asked. */
static int answer_all(struct rp_props *p, struct rp_play *play, struct draw *draw,
                      struct rp_heap *heap, struct random_answers *answers, struct rp_error *err)
{
    for (int i = 0; i < ANSWERS_MAX; i++) {
        RP_TRY(random_answers(draw, play, heap, answers));
        if (answers->turn.n_answers == 0)
            return RP_OK;
        RP_TRY(play_turn(p, play, &answers->turn, err));
    }
    return RP_OK;
}

static int play_all(struct rp_props *p, struct rp_play *play, const struct rp_scenario *scenario,
                    const struct rp_alloc *alloc, const struct watched *how, struct rp_error *err)
{
    struct random_answers *answers;
    struct draw draw = {how->seed};
    struct rp_heap heap;
    int rc = RP_OK;

    if (how->seed == 0) {
        for (uint32_t i = 0; i < scenario->n_turns; i++)
            RP_TRY(play_turn(p, play, &scenario->turns[i], err));
        return RP_OK;
    }
    answers = alloc->resize(alloc->ctx, NULL, 0, sizeof(*answers));
    if (!answers)
        return RP_ENOMEM;
    rp_heap_init(&heap, alloc, 0, 0);
    for (uint32_t i = 0; rc == RP_OK && i < scenario->n_turns; i++) {
        rc = play_turn(p, play, &scenario->turns[i], err);
        if (rc == RP_OK)
            rc = answer_all(p, play, &draw, &heap, answers, err);
    }
    rp_heap_free(&heap);
    alloc->resize(alloc->ctx, answers, sizeof(*answers), 0);
    return rc;
}

int watched_play(struct rp_props *p, const struct rp_scenario *scenario,
                 const struct rp_alloc *alloc, const struct watched *how,
                 struct rp_summary *summary, struct rp_error *err)
{
    struct mortal mortal = {rp_props_observer(p), how->dies_after};
    struct rp_observer watch = {.event = on_event,
                                .model_call = on_model_call,
                                .model_reply = on_model_reply,
                                .tool_call = on_tool_call,
                                .ctx = &mortal};
    struct rp_play_opts opts = {.alloc = *alloc,
                                .store = how->store,
                                .err = err,
                                .stream = how->stream,
                                .chooser = how->chooser,
                                .watch = &watch};
    struct rp_play *play;
    int rc;

    rp_props_reset(p);
    RP_TRY(rp_play_new(scenario, &opts, &play));
    rc = play_all(p, play, scenario, alloc, how, err);
    if (rc == RP_OK)
        rc = rp_props_end(p, how->clean);
    if (rc == RP_OK && summary)
        rp_props_summary(p, rp_play_run(play), summary);
    rp_play_free(play);
    return rc;
}

void watched_say(const struct rp_props *p, char *out, size_t room)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < rp_props_violations(p) && n < room; i++) {
        const struct rp_violation *v = rp_props_violation(p, i);
        n += (size_t)snprintf(out + n, room - n, "I%d %s: %s; ", (int)v->property,
                              v->executor[0] ? v->executor : "-", v->what);
    }
}
