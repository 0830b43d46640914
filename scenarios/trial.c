/* trial.c - runs a scenario once: its turns in the weather of the tape, the process dying where the
 * tape says and coming back from its last checkpoint. */
#include "trial.h"

#include <string.h>

enum {
    CRASHED = 1, /* what the observer returns: no status of the engine's */
    REWOUND = 2, /* a crash of which the instance lives on */
    STOPPED = 3,
    ENOUGH = 4,          /* what is broken is known; a run that went astray may never end */
    ENOUGH_EVENTS = 500, /* after a property broke */
    STEPS_MAX = 200000,
    HOUR_MS = 3600000
};

struct rp_trial {
    const struct rp_scenario *scenario;
    struct rp_trial_opts o;
    struct rp_tape tape;
    struct rp_weather weather;
    struct rp_schedule schedule;
    struct rp_props *props;
    struct rp_store memory;
    struct rp_weather_store stormy;
    struct rp_store store;
    struct rp_observer own, props_watch, chain;
    struct rp_chooser pick;
    struct rp_play *play;
    struct rp_step_digest *digest;
    size_t n_digest, digest_room;
    struct rp_trial_result *r;
    struct rp_summary summary;
    int64_t turn;
    int has_store, saved;
    uint64_t stop_at; /* supersteps; 0: nowhere */
    uint64_t broken;  /* events since a property broke */
};

int rp_trial_new(const struct rp_scenario *scenario, const struct rp_trial_opts *opts,
                 struct rp_trial **out)
{
    struct rp_trial *t = opts->alloc.resize(opts->alloc.ctx, NULL, 0, sizeof(*t));

    if (!t)
        return RP_ENOMEM;
    memset(t, 0, sizeof(*t));
    t->scenario = scenario;
    t->o = *opts;
    rp_tape_init(&t->tape, &opts->alloc);
    int rc = rp_props_new(&opts->alloc, scenario, &t->props);
    if (rc != RP_OK) {
        rp_trial_free(t);
        return rc;
    }
    t->props_watch = rp_props_observer(t->props);
    *out = t;
    return RP_OK;
}

static void clear_away(struct rp_trial *t)
{
    rp_play_free(t->play);
    t->play = NULL;
    if (t->memory.self)
        t->memory.ops->free(t->memory.self);
    t->memory = (struct rp_store){0};
}

void rp_trial_free(struct rp_trial *t)
{
    if (!t)
        return;
    struct rp_alloc alloc = t->o.alloc;
    clear_away(t);
    rp_props_free(t->props);
    rp_tape_free(&t->tape);
    if (t->digest)
        alloc.resize(alloc.ctx, t->digest, t->digest_room * sizeof(*t->digest), 0);
    alloc.resize(alloc.ctx, t, sizeof(*t), 0);
}

/* ---- the print: a hash over what is told ----------------------------------------------------- */

static void mix(struct rp_trial *t, uint64_t x)
{
    uint64_t h = (t->r->print ^ x) * 0x9fb21c651e98df25u;

    t->r->print = h ^ (h >> 28);
}

static void mix_text(struct rp_trial *t, const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    mix(t, h);
}

/* What the state's digest does not show in the end. */
static int tells_data(enum rp_event_kind kind)
{
    return kind == RP_EV_OUTPUT || kind == RP_EV_INTERMEDIATE || kind == RP_EV_REQUEST_INFO ||
           kind == RP_EV_GROUP_CHAT || kind == RP_EV_HANDOFF_SENT || kind == RP_EV_MAGENTIC ||
           kind == RP_EV_CHECKPOINT || kind == RP_EV_REQUEST_EXPIRED;
}

static int keep_digest(struct rp_trial *t, int64_t step)
{
    if (t->n_digest == t->digest_room) {
        size_t room = t->digest_room ? t->digest_room * 2 : 64;
        void *more =
            t->o.alloc.resize(t->o.alloc.ctx, t->digest, t->digest_room * sizeof(*t->digest),
                              room * sizeof(*t->digest));
        if (!more)
            return RP_ENOMEM;
        t->digest = more;
        t->digest_room = room;
    }
    t->digest[t->n_digest++] =
        (struct rp_step_digest){t->turn, step, rp_run_digest(rp_play_run(t->play)), t->r->print};
    return RP_OK;
}

/* Whether the process dies here; it needs a checkpoint to come back to. */
static int crashes(struct rp_trial *t)
{
    if (!t->has_store)
        return RP_OK;
    enum rp_crash how = (enum rp_crash)rp_weather_fault(&t->weather, RP_STREAM_CRASH, RP_CRASHES);
    if (how == RP_CRASH_NONE || !t->saved)
        return RP_OK;
    return how == RP_CRASH_IN_PLACE ? REWOUND : CRASHED;
}

static int on_event(void *ctx, const struct rp_event *event)
{
    struct rp_trial *t = ctx;

    t->r->events++;
    if (rp_props_violations(t->props) && ++t->broken > ENOUGH_EVENTS)
        return ENOUGH;
    mix(t, (uint64_t)event->kind << 32 | (uint64_t)event->state);
    mix(t, (uint64_t)event->step);
    mix_text(t, event->executor);
    if (tells_data(event->kind))
        mix(t, rp_digest(event->data, 0));
    if (event->kind == RP_EV_CHECKPOINT) {
        t->saved = 1;
        return event->step == 0 ? crashes(t) : RP_OK;
    }
    if (event->kind != RP_EV_SUPERSTEP_COMPLETED)
        return RP_OK;
    t->r->supersteps++;
    if (t->o.step_digests)
        RP_TRY(keep_digest(t, event->step));
    if (t->r->supersteps == t->stop_at)
        return STOPPED;
    return crashes(t);
}

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    struct rp_trial *t = ctx;
    uint32_t n = rp_len(call->messages);

    t->r->model_calls++;
    mix_text(t, rp_agent_name(call->agent));
    mix(t, (uint64_t)number << 1 | (uint64_t)(made != 0));
    mix(t, n);
    if (n > 0)
        mix(t, rp_digest(rp_at(call->messages, n - 1), 0));
    return RP_OK;
}

/* ---- observers in a row: the properties, ours, the caller's ---------------------------------- */

#define PASS_ON(t, what, ...)                                                                      \
    do {                                                                                           \
        if ((t)->props_watch.what)                                                                 \
            RP_TRY((t)->props_watch.what((t)->props_watch.ctx, __VA_ARGS__));                      \
        if ((t)->o.watch && (t)->o.watch->what)                                                    \
            RP_TRY((t)->o.watch->what((t)->o.watch->ctx, __VA_ARGS__));                            \
    } while (0)

static int chain_event(void *ctx, const struct rp_event *event)
{
    struct rp_trial *t = ctx;

    PASS_ON(t, event, event);
    return on_event(t, event);
}

static int chain_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    struct rp_trial *t = ctx;

    PASS_ON(t, model_call, call, number, made);
    return on_model_call(t, call, number, made);
}

static int chain_model_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    struct rp_trial *t = ctx;

    PASS_ON(t, model_reply, agent, reply);
    return RP_OK;
}

static int chain_tool_call(void *ctx, const struct rp_tool_call *call)
{
    struct rp_trial *t = ctx;

    PASS_ON(t, tool_call, call);
    mix(t, rp_digest(call->call_id, 1));
    return RP_OK;
}

static int chain_tool_result(void *ctx, const struct rp_tool_call *call,
                             const struct rp_tool_result *result)
{
    struct rp_trial *t = ctx;

    PASS_ON(t, tool_result, call, result);
    return RP_OK;
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* One turn, and its continuation from the last checkpoint as often as the process dies in it. */
static int play_turn(struct rp_trial *t, const struct rp_scenario_turn *turn)
{
    struct rp_scenario_turn now = *turn;
    int rc;

    do {
        struct rp_error err = {0};
        RP_TRY(rp_props_turn_begins(t->props, &now, rp_play_run(t->play)));
        rc = rp_play_turn(t->play, &now, &err);
        if (rc == RP_ENOMEM || rc == RP_ESTORE || rc == STOPPED || rc == ENOUGH)
            return rc;
        if (rc == RP_OK && rp_play_error(t->play, NULL) != RP_OK)
            t->r->turn_failed = 1;
        int crashed = rc == CRASHED || rc == REWOUND;
        if (rc != RP_OK && !crashed) {
            t->r->outcome = RP_OUTCOME_STUCK;
            return RP_OK;
        }
        RP_TRY(rp_props_turn_ended(t->props, rp_play_run(t->play), rp_play_error(t->play, NULL),
                                   crashed));
        mix(t, (uint64_t)(uint32_t)rp_play_error(t->play, NULL));
        t->r->crashes += crashed != 0;
        t->r->cut_short |= crashed && now.kind == RP_TURN_WAIT;
        now = (struct rp_scenario_turn){.kind = RP_TURN_RESUME,
                                        .stream = turn->stream,
                                        .checkpoint = -1,
                                        .in_place = rc == REWOUND};
    } while (rc == CRASHED || rc == REWOUND);
    return RP_OK;
}

static int wait_first(struct rp_trial *t, uint64_t ms)
{
    return play_turn(t, &(struct rp_scenario_turn){.kind = RP_TURN_WAIT, .wait_ms = ms});
}

/* Answers of another kind than those that are asked for: refused, and nothing changes. */
static int answer_wrongly(struct rp_trial *t, const struct rp_scenario_turn *turn)
{
    struct rp_scenario_answer wrong = turn->answers[0];
    struct rp_scenario_turn first = *turn;

    wrong.kind = wrong.kind == RP_ANSWER_TERMINATE ? RP_ANSWER_APPROVE : RP_ANSWER_TERMINATE;
    wrong.value = rp_nil();
    first.answers = &wrong;
    first.n_answers = 1;
    return play_turn(t, &first);
}

static int people(struct rp_trial *t, const struct rp_scenario_turn *turn)
{
    switch (
        (enum rp_people_fault)rp_weather_fault(&t->weather, RP_STREAM_PEOPLE, RP_PEOPLE_FAULTS)) {
    case RP_PEOPLE_LATE:
        RP_TRY(wait_first(t, HOUR_MS));
        break;
    case RP_PEOPLE_TWICE:
        RP_TRY(play_turn(t, turn));
        break;
    case RP_PEOPLE_WRONG:
        RP_TRY(answer_wrongly(t, turn));
        break;
    case RP_PEOPLE_NEVER:
        return RP_OK;
    case RP_PEOPLE_FINE:
    case RP_PEOPLE_FAULTS:
        break;
    }
    return play_turn(t, turn);
}

static int clock_jumps(struct rp_trial *t)
{
    static const uint64_t jumps[] = {0, 1000, HOUR_MS, 24ul * HOUR_MS};
    uint32_t n = sizeof(jumps) / sizeof(*jumps);
    uint32_t on = t->weather.on >> RP_STREAM_CLOCK & 1;
    uint64_t ms = jumps[rp_tape_rare(&t->tape, RP_STREAM_CLOCK, n, on, 4)];

    return ms ? wait_first(t, ms) : RP_OK;
}

static int all_turns(struct rp_trial *t)
{
    for (uint32_t i = 0; i < t->scenario->n_turns && t->r->outcome == RP_OUTCOME_FINE; i++) {
        const struct rp_scenario_turn *turn = &t->scenario->turns[i];
        t->turn = i + 1;
        if (i > 0)
            RP_TRY(clock_jumps(t));
        RP_TRY(turn->kind == RP_TURN_RESPOND && turn->n_answers ? people(t, turn)
                                                                : play_turn(t, turn));
    }
    return RP_OK;
}

/* ---- choices --------------------------------------------------------------------------------- */

static uint32_t pick(void *ctx, enum rp_choice what, const uint32_t *executors, uint32_t n)
{
    struct rp_trial *t = ctx;

    return t->pick.pick(t->pick.ctx, what, executors, n);
}

static void tell_runs(void *ctx, uint32_t executor)
{
    const struct rp_trial *t = ctx;

    t->o.choices->runs(t->o.choices->ctx, executor);
}

static void tell_touches(void *ctx, uint32_t executor, const char *key, int writes)
{
    const struct rp_trial *t = ctx;

    t->o.choices->touches(t->o.choices->ctx, executor, key, writes);
}

/* ---- one run --------------------------------------------------------------------------------- */

/* A store where the scenario wants one, or where the process may die. */
static int open_store(struct rp_trial *t)
{
    uint32_t on = t->weather.on >> RP_STREAM_CRASH & 1;
    uint32_t wanted = rp_tape_rare(&t->tape, RP_STREAM_CRASH, 2, on, 1);

    t->has_store = wanted || t->scenario->storage != RP_STORE_NONE;
    t->saved = 0;
    if (!t->has_store)
        return RP_OK;
    RP_TRY(rp_store_memory(&t->o.alloc, &t->memory));
    t->stormy = (struct rp_weather_store){&t->weather, &t->memory};
    t->store = rp_weather_store(&t->stormy);
    return RP_OK;
}

/* The schedule's chooser, and those who want to be told of choices. */
static struct rp_chooser chooser_of(struct rp_trial *t)
{
    const struct rp_trial_choices *told = t->o.choices;
    struct rp_chooser c = rp_schedule_chooser(&t->schedule);

    t->schedule.decision = told ? told->decision : NULL;
    t->schedule.ctx = told ? told->ctx : NULL;
    if (told) {
        t->pick = c;
        c = (struct rp_chooser){.pick = pick, .runs = tell_runs, .touches = tell_touches, .ctx = t};
    }
    return c;
}

static int begin_play(struct rp_trial *t)
{
    struct rp_play_opts opts = {.alloc = t->o.alloc,
                                .store = t->has_store ? &t->store : NULL,
                                .weather = &t->weather,
                                .chooser = chooser_of(t),
                                .watch = &t->chain,
                                .steps_max = t->o.steps_max ? t->o.steps_max : STEPS_MAX};

    t->chain = (struct rp_observer){.event = chain_event,
                                    .model_call = chain_model_call,
                                    .model_reply = chain_model_reply,
                                    .tool_call = chain_tool_call,
                                    .tool_result = chain_tool_result,
                                    .ctx = t};
    return rp_play_new(t->scenario, &opts, &t->play);
}

static void count(struct rp_trial *t)
{
    static const enum rp_stream harmful[] = {RP_STREAM_MODEL, RP_STREAM_TOOL, RP_STREAM_STORE,
                                             RP_STREAM_CRASH, RP_STREAM_PEOPLE};

    for (size_t i = 0; i < sizeof(harmful) / sizeof(*harmful); i++)
        t->r->faults += t->tape.kept[harmful[i]].n;
    t->r->faults -= rp_tape_keeps_store(&t->tape);
    t->r->decisions = t->schedule.decided;
    t->r->state = rp_run_digest(rp_play_run(t->play));
    mix(t, t->r->state);
    if (rp_tape_plays(&t->tape) || t->r->crashes || t->tape.kept[RP_STREAM_READY].n)
        rp_props_summary(t->props, rp_play_run(t->play), &t->summary);
}

/* whole: it was played to its end. */
static int judge(struct rp_trial *t, int whole, struct rp_trial_result *out)
{
    count(t);
    if (out->outcome == RP_OUTCOME_FINE && whole)
        RP_TRY(rp_props_end(t->props, out->faults == 0));
    if (out->outcome == RP_OUTCOME_FINE && rp_props_violations(t->props))
        out->outcome = RP_OUTCOME_BROKEN;
    return t->tape.failed;
}

static int run(struct rp_trial *t, struct rp_trial_result *out)
{
    clear_away(t); /* a run that was stopped */
    *out = (struct rp_trial_result){.outcome = RP_OUTCOME_FINE};
    t->r = out;
    t->n_digest = 0;
    t->broken = 0;
    rp_props_reset(t->props);
    int rc = open_store(t);
    if (rc == RP_OK)
        rc = begin_play(t);
    if (rc == RP_OK)
        rc = all_turns(t);
    if (rc == STOPPED)
        return RP_OK;
    if (rc == RP_OK || rc == ENOUGH)
        rc = judge(t, rc == RP_OK, out);
    if (!t->stop_at)
        clear_away(t);
    return rc;
}

int rp_trial_until(struct rp_trial *t, uint64_t seed, const struct rp_tape *tape, uint64_t steps,
                   struct rp_trial_result *out)
{
    t->stop_at = steps;
    int rc = tape ? rp_trial_tape(t, tape, out) : rp_trial_seed(t, seed, out);
    t->stop_at = 0;
    return rc;
}

const struct rp_run *rp_trial_state(const struct rp_trial *t)
{
    return rp_play_run(t->play);
}

int rp_trial_seed(struct rp_trial *t, uint64_t seed, struct rp_trial_result *out)
{
    rp_tape_from_seed(&t->tape, seed);
    rp_weather_draw(&t->weather, &t->tape, seed, t->o.streams, t->o.faults);
    rp_schedule_begin(&t->schedule, &t->tape, t->o.strategy, seed, t->o.depth, t->o.length);
    return run(t, out);
}

int rp_trial_tape(struct rp_trial *t, const struct rp_tape *tape, struct rp_trial_result *out)
{
    rp_tape_from_tape(&t->tape, tape);
    rp_weather_draw(&t->weather, &t->tape, 0, 0, UINT32_MAX);
    rp_schedule_begin(&t->schedule, &t->tape, RP_STRATEGY_EXHAUSTIVE, 0, 0, 0);
    return run(t, out);
}

const struct rp_tape *rp_trial_decisions(const struct rp_trial *t)
{
    return &t->tape;
}

const struct rp_props *rp_trial_props(const struct rp_trial *t)
{
    return t->props;
}

const struct rp_summary *rp_trial_summary(const struct rp_trial *t)
{
    return &t->summary;
}

int rp_trial_names_checkpoints(const struct rp_trial *t)
{
    for (uint32_t i = 0; i < t->scenario->n_turns; i++)
        if (t->scenario->turns[i].kind == RP_TURN_RESUME && t->scenario->turns[i].checkpoint >= 0)
            return 1;
    return 0;
}

const struct rp_step_digest *rp_trial_digests(const struct rp_trial *t, size_t *n)
{
    *n = t->n_digest;
    return t->digest;
}
