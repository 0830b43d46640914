/* play.c - plays a scenario's turns. */
#include "play.h"

#include "answer.h"
#include "open_store.h"
#include "portable.h"

/* A workflow as one process would hold it: a run, and the models and tools around it. */
struct instance {
    struct rp_stage stage;
    struct rp_run *run;
};

struct rp_play {
    const struct rp_scenario *scenario;
    struct rp_play_opts o;
    struct rp_store store; /* self NULL: no checkpoints */
    int store_is_own;
    struct rp_asked asked;
    struct rp_portable portable;
    struct rp_observer own, trace, journal; /* own: the numbers of requests */
    const struct rp_observer *watch[5];
    size_t n_watch;
    struct instance *now;
    struct rp_error last; /* how the last turn ended */
};

/* ---- an instance ----------------------------------------------------------------------------- */

static void instance_free(struct rp_play *p, struct instance *in)
{
    if (!in)
        return;
    rp_run_free(in->run);
    rp_stage_free(&in->stage);
    p->o.alloc.resize(p->o.alloc.ctx, in, sizeof(*in), 0);
}

static int make_client(struct rp_play *p, struct rp_client *out)
{
    const struct rp_scenario *s = p->scenario;

    if (p->o.models)
        RP_TRY(p->o.models->make(p->o.models->ctx, &p->o.alloc, out));
    else
        RP_TRY(rp_script_new(&p->o.alloc, s->script, s->n_agents, out));
    return p->o.weather ? rp_weather_client(p->o.weather, &p->o.alloc, *out, out) : RP_OK;
}

static int make_stage(struct rp_play *p, struct rp_stage *stage)
{
    const struct rp_scenario *s = p->scenario;
    struct rp_client client = {0};
    struct rp_script_tools *tools = NULL;
    int rc;

    RP_TRY(make_client(p, &client));
    if (p->o.journal)
        RP_TRY(rp_journal_client(p->o.journal, &client));
    rc = rp_script_tools_new(&p->o.alloc, s->tools, s->n_tools, &tools);
    if (rc != RP_OK) {
        client.ops->free(client.self);
        return rc;
    }
    rp_stage_init(stage, &p->o.alloc, client, tools);
    stage->steps_max = p->o.steps_max;
    if (p->o.weather)
        stage->tool_weather = rp_weather_tools(p->o.weather);
    stage->watch = p->watch;
    stage->n_watch = p->n_watch;
    return RP_OK;
}

static int instance_new(struct rp_play *p, struct instance **out)
{
    struct instance *in = p->o.alloc.resize(p->o.alloc.ctx, NULL, 0, sizeof(*in));
    struct rp_run_opts opts = {.alloc = p->o.alloc};
    int rc;

    if (!in)
        return RP_ENOMEM;
    *in = (struct instance){0};
    rc = make_stage(p, &in->stage);
    if (rc == RP_OK) {
        opts.store = p->store.self ? &p->store : NULL;
        opts.world = rp_stage_world(&in->stage);
        opts.chooser = p->o.chooser;
        opts.timeouts = p->scenario->timeouts;
        opts.n_timeouts = p->scenario->n_timeouts;
        rc = rp_run_new(p->scenario->workflow, &opts, &in->run);
        if (rc != RP_OK)
            rp_stage_free(&in->stage);
    }
    if (rc != RP_OK) {
        p->o.alloc.resize(p->o.alloc.ctx, in, sizeof(*in), 0);
        return rc;
    }
    *out = in;
    return RP_OK;
}

/* ---- the play -------------------------------------------------------------------------------- */

/* Which kind of storage is used never shows in what is played. */
static int open_store(struct rp_play *p)
{
    p->store_is_own = !p->o.store;
    if (p->o.store)
        p->store = *p->o.store;
    else
        RP_TRY(rp_open_passing_store(&p->o.alloc, p->scenario->storage, &p->store, p->o.err));
    if (p->o.journal && p->store.self)
        rp_journal_store(p->o.journal, &p->store);
    return RP_OK;
}

static int begin_journal(struct rp_play *p)
{
    const struct rp_journal_play play = {.steps_max = p->o.steps_max,
                                         .storage = p->scenario->storage,
                                         .given = p->o.store != NULL,
                                         .service = p->o.models != NULL};

    if (!p->o.journal)
        return RP_OK;
    rp_journal_run(p->o.journal, p->now->run);
    return rp_journal_begin(p->o.journal, &play);
}

static int number_requests(void *ctx, const struct rp_event *event)
{
    struct rp_play *p = ctx;

    return rp_asked_event(&p->asked, event);
}

static void set_observers(struct rp_play *p)
{
    p->own = (struct rp_observer){.event = number_requests, .ctx = p};
    p->watch[p->n_watch++] = &p->own;
    if (p->o.trace.put) {
        p->trace = rp_portable_observer(&p->portable);
        p->watch[p->n_watch++] = &p->trace;
    }
    if (p->o.journal) {
        p->journal = rp_journal_observer(p->o.journal);
        p->watch[p->n_watch++] = &p->journal;
    }
    if (p->o.watch)
        p->watch[p->n_watch++] = p->o.watch;
    if (p->o.also)
        p->watch[p->n_watch++] = p->o.also;
}

int rp_play_new(const struct rp_scenario *scenario, const struct rp_play_opts *opts,
                struct rp_play **out)
{
    const struct rp_alloc *alloc = &opts->alloc;
    struct rp_play *p = alloc->resize(alloc->ctx, NULL, 0, sizeof(*p));
    int rc;

    if (!p)
        return RP_ENOMEM;
    *p = (struct rp_play){.scenario = scenario, .o = *opts};
    rp_asked_init(&p->asked, alloc);
    rp_portable_init(&p->portable, alloc, scenario->known, &p->asked, opts->trace);
    if (opts->models)
        rp_portable_hear(&p->portable);
    set_observers(p);
    rc = open_store(p);
    if (rc == RP_OK)
        rc = instance_new(p, &p->now);
    if (rc == RP_OK)
        rc = begin_journal(p);
    if (rc != RP_OK) {
        rp_play_free(p);
        return rc;
    }
    *out = p;
    return RP_OK;
}

void rp_play_free(struct rp_play *p)
{
    if (!p)
        return;
    struct rp_alloc alloc = p->o.alloc;
    instance_free(p, p->now);
    if (p->store.self && p->store_is_own)
        p->store.ops->free(p->store.self);
    rp_portable_free(&p->portable);
    rp_asked_free(&p->asked);
    alloc.resize(alloc.ctx, p, sizeof(*p), 0);
}

static int adopt(struct rp_play *p, struct rp_heap *h, int64_t id, struct rp_error *err)
{
    struct rp_value record;
    int rc;

    RP_TRY(rp_store_read(&p->store, id, h, &record, err));
    if (p->o.journal)
        RP_TRY(rp_journal_adopt(p->o.journal, &p->store, id, record, err));
    rc = rp_asked_adopt(&p->asked, id, rp_s_run_of(rp_checkpoint_of(record)->run)->pending);
    return rc == RP_OK ? RP_OK : rp_fail_at(err, rc, "", "%s", rp_status_text(rc));
}

int rp_play_adopt(struct rp_play *p, int64_t id, struct rp_error *err)
{
    struct rp_heap h;
    int rc;

    if (!p->store.self)
        return rp_fail_at(err, RP_EARG, p->scenario->path, "there is no store of checkpoints");
    rp_heap_init(&h, &p->o.alloc, 0, 0);
    rc = adopt(p, &h, id, err);
    rp_heap_free(&h);
    return rc;
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* An id that no open request can have, for an answer to one that is not open in this history. */
static struct rp_value closed_id(struct rp_heap *h, int64_t number)
{
    struct rp_buf digits;
    struct rp_value id = rp_bad();

    rp_buf_init(&digits, &h->alloc, 64);
    if (rp_buf_add_int(&digits, number) == RP_OK) {
        struct rp_str parts[] = {
            {"request ", 8}, {digits.s, digits.n}, {" of another branch", 18}, {NULL, 0}};
        id = rp_text_join(h, parts);
    }
    rp_buf_free(&digits);
    return id;
}

static int resolve(struct rp_play *p, struct rp_heap *h, const struct rp_scenario_answer *from,
                   struct rp_answer *to, struct rp_error *err)
{
    struct rp_asked_request request;
    struct rp_value closed;

    if (rp_asked_find(&p->asked, from->request, &request) != RP_OK)
        return rp_fail_at(err, RP_ENOTFOUND, "", "there is no request %l; %l were made so far",
                          from->request, rp_asked_count(&p->asked));
    to->value = rp_answer_value(h, from, &request);
    if (to->value.tag == RP_BAD)
        return RP_ENOMEM;
    to->request = request.id;
    if (!request.id) {
        closed = closed_id(h, from->request);
        if (closed.tag == RP_BAD)
            return RP_ENOMEM;
        to->request = rp_str_of(closed).s;
    }
    return RP_OK;
}

/* The turn's answers for a run, in its heap. *out is freed by the caller, also on error. */
static int resolve_all(struct rp_play *p, struct rp_run *run, const struct rp_scenario_turn *turn,
                       struct rp_answer **out, struct rp_error *err)
{
    struct rp_alloc *alloc = &p->o.alloc;

    *out = NULL;
    if (turn->n_answers == 0)
        return RP_OK;
    *out = alloc->resize(alloc->ctx, NULL, 0, turn->n_answers * sizeof(**out));
    if (!*out)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < turn->n_answers; i++)
        RP_TRY(resolve(p, rp_run_heap(run), &turn->answers[i], &(*out)[i], err));
    return RP_OK;
}

/* Begins a turn with answers on that instance, after a restore unless checkpoint is negative. */
static int begin_answers(struct rp_play *p, struct rp_run *run, int64_t checkpoint,
                         const struct rp_scenario_turn *turn, struct rp_error *err)
{
    struct rp_turn how = {.stream = turn->stream || p->o.stream};
    struct rp_answer *answers;
    int rc = resolve_all(p, run, turn, &answers, err);

    if (rc == RP_OK && checkpoint >= 0)
        rc = rp_run_resume(run, checkpoint, answers, turn->n_answers, &how, err);
    else if (rc == RP_OK)
        rc = rp_run_respond(run, answers, turn->n_answers, &how, err);
    if (answers)
        p->o.alloc.resize(p->o.alloc.ctx, answers, turn->n_answers * sizeof(*answers), 0);
    return rc;
}

static int begin_message(struct rp_play *p, const struct rp_scenario_turn *turn,
                         struct rp_error *err)
{
    struct rp_turn how = {.stream = turn->stream || p->o.stream};

    return rp_run_message(p->now->run, turn->message, &how, err);
}

/* Begins a turn on a fresh instance, as a new process would; where that is refused, the old one
 * stays and nothing has changed. */
static int begin_resume(struct rp_play *p, const struct rp_scenario_turn *turn,
                        struct rp_error *err)
{
    int64_t made = rp_asked_checkpoints(&p->asked);
    int64_t checkpoint = turn->checkpoint < 0 ? made - 1 : turn->checkpoint;
    struct instance *fresh;
    struct rp_value before;
    int rc;

    if (checkpoint < p->asked.first || checkpoint >= made)
        return rp_fail_at(err, RP_ENOTFOUND, "", "there is no checkpoint %l; %l were made so far",
                          turn->checkpoint < 0 ? 0 : checkpoint, made);
    RP_TRY(instance_new(p, &fresh));
    before = rp_asked_resume(&p->asked, checkpoint);
    rc = begin_answers(p, fresh->run, rp_asked_checkpoint_id(&p->asked, checkpoint), turn, err);
    if (rc != RP_OK) {
        rp_asked_return(&p->asked, before);
        instance_free(p, fresh);
        return rc;
    }
    instance_free(p, p->now);
    p->now = fresh;
    if (p->o.journal)
        rp_journal_run(p->o.journal, p->now->run);
    return RP_OK;
}

/* What is under way is cancelled, and nobody is told. */
static int give_up_turn(struct rp_run *run)
{
    struct rp_out out = {.kind = RP_OUT_EVENT};
    int rc = rp_run_cancel(run);

    while ((rc == RP_OK || rc == RP_ESTATE) && out.kind != RP_OUT_DONE)
        rc = rp_run_next(run, &out);
    return rc;
}

/* Begins a turn on the same instance, which forgets what it was about. */
static int begin_in_place(struct rp_play *p, const struct rp_scenario_turn *turn,
                          struct rp_error *err)
{
    int64_t last = rp_asked_checkpoints(&p->asked) - 1;
    int rc;

    if (last < p->asked.first)
        return rp_fail_at(err, RP_ENOTFOUND, "", "no checkpoint was made so far");
    RP_TRY(give_up_turn(p->now->run));
    struct rp_value before = rp_asked_resume(&p->asked, last);
    rc = begin_answers(p, p->now->run, rp_asked_checkpoint_id(&p->asked, last), turn, err);
    if (rc != RP_OK)
        rp_asked_return(&p->asked, before);
    return rc;
}

static int begin(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    switch (turn->kind) {
    case RP_TURN_RUN:
        return begin_message(p, turn, err);
    case RP_TURN_RESPOND:
        return begin_answers(p, p->now->run, -1, turn, err);
    case RP_TURN_RESUME:
        return turn->in_place ? begin_in_place(p, turn, err) : begin_resume(p, turn, err);
    case RP_TURN_WAIT:
    case RP_TURN_CANCEL:
        break; /* no turn of the run, or several */
    }
    return RP_EARG;
}

/* ---- time passes, requests are withdrawn ----------------------------------------------------- */

#define TIME_MAX ((uint64_t)INT64_MAX) /* the end of virtual time */

/* Treats what has expired, turn by turn of the run, until one fails. *why: how the last one did. */
static int play_wait(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *why,
                     struct rp_error *err)
{
    struct rp_turn how = {.stream = turn->stream || p->o.stream};
    struct rp_stage *stage = &p->now->stage;
    struct rp_run *run = p->now->run;

    uint64_t until =
        turn->wait_ms < TIME_MAX - stage->now_ms ? stage->now_ms + turn->wait_ms : TIME_MAX;

    stage->now_ms = until;
    rp_run_set_time(run, until);
    while (why->status == RP_OK && rp_run_next_deadline(run) <= until) {
        RP_TRY(rp_run_expire(run, &how, err));
        RP_TRY(rp_stage_play(stage, run, err));
        rp_run_error(run, why);
    }
    return RP_OK;
}

static int is_open(const struct rp_run *run, const char *id)
{
    for (uint32_t i = 0; i < rp_run_requests(run); i++)
        if (rp_str_equal(rp_str(rp_run_request(run, i).id), rp_str(id)))
            return 1;
    return 0;
}

/* All or none. */
static int play_cancel(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *why,
                       struct rp_error *err)
{
    struct rp_asked_request request;

    for (uint32_t i = 0; i < turn->n_cancel; i++)
        if (rp_asked_find(&p->asked, turn->cancel[i], &request) != RP_OK || !request.id ||
            !is_open(p->now->run, request.id)) {
            rp_fail_at(why, RP_ENOTFOUND, "", "request %l is not open; none was cancelled",
                       turn->cancel[i]);
            return RP_OK;
        }
    for (uint32_t i = 0; i < turn->n_cancel; i++) {
        rp_asked_find(&p->asked, turn->cancel[i], &request);
        RP_TRY(rp_run_cancel_request(p->now->run, request.id));
    }
    return rp_stage_play(&p->now->stage, p->now->run, err);
}

/* A turn that begins one of the run. */
static int play_begun(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *why,
                      struct rp_error *err)
{
    int rc = begin(p, turn, why);

    if (rc <= RP_FATAL)
        return rc;
    if (rc == RP_OK) {
        RP_TRY(rp_stage_play(&p->now->stage, p->now->run, err));
        rc = rp_run_error(p->now->run, why);
    }
    why->status = rc;
    return RP_OK;
}

static int play(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *why,
                struct rp_error *err)
{
    if (turn->kind == RP_TURN_WAIT)
        return play_wait(p, turn, why, err);
    if (turn->kind == RP_TURN_CANCEL)
        return play_cancel(p, turn, why, err);
    return play_begun(p, turn, why, err);
}

/* The turn between its first and its last line in the journal. */
static int play_told(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    struct rp_journal *j = p->o.journal;
    int rc;

    if (!j)
        return play(p, turn, &p->last, err);
    RP_TRY(rp_journal_turn(j, turn, turn->stream || p->o.stream, p->now->stage.now_ms));
    rc = play(p, turn, &p->last, err);
    if (rc == RP_OK)
        return rp_journal_over(j, &p->last, p->now->stage.now_ms);
    if (rc != RP_ENOMEM && rp_journal_failed(j) == RP_OK)
        RP_TRY(rp_journal_broken(j, rc, err));
    return rc != RP_ENOMEM && rp_journal_failed(j) != RP_OK ? rp_journal_failed(j) : rc;
}

int rp_play_turn(struct rp_play *p, const struct rp_scenario_turn *turn, struct rp_error *err)
{
    int rc;

    p->last = (struct rp_error){0};
    RP_TRY(rp_portable_turn(&p->portable));
    rc = play_told(p, turn, err);
    if (rc == RP_ENOMEM)
        return rp_fail_at(err, rc, "", "out of memory");
    RP_TRY(rc);
    return p->last.status != RP_OK && p->o.trace.put ? rp_portable_raised(&p->portable) : RP_OK;
}

int rp_play_end(struct rp_play *p)
{
    RP_TRY(rp_portable_end(&p->portable));
    return p->o.journal ? rp_journal_end(p->o.journal) : RP_OK;
}

int rp_play_all(struct rp_play *p, struct rp_error *err)
{
    for (uint32_t i = 0; i < p->scenario->n_turns; i++)
        RP_TRY(rp_play_turn(p, &p->scenario->turns[i], err));
    return rp_play_end(p);
}

int rp_play_error(const struct rp_play *p, struct rp_error *err)
{
    if (err)
        *err = p->last;
    return p->last.status;
}

const struct rp_run *rp_play_run(const struct rp_play *p)
{
    return p->now->run;
}

const struct rp_asked *rp_play_asked(const struct rp_play *p)
{
    return &p->asked;
}
