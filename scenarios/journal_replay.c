/* journal_replay.c - from a journal to its scenario, its play, and what became of it. */
#include "journal_repeat.h"

#include <string.h>

/* ---- the scenario and what else the first lines say ------------------------------------------ */

static const char *keep_text(struct rp_replay *r, const char *key, int *missing)
{
    struct rp_value v = rp_journal_at(&r->in, key), copy = rp_bad();

    if (v.tag != RP_TEXT)
        *missing = 1;
    else
        copy = rp_text(&r->told, v.u.text->s, v.u.text->n);
    return copy.tag == RP_TEXT ? rp_str_of(copy).s : "";
}

static int read_head(struct rp_replay *r, struct rp_error *err)
{
    int64_t steps = rp_journal_int(&r->in, "steps_max");
    int missing = 0;

    r->head = (struct rp_journal_head){.program = keep_text(r, "program", &missing),
                                       .file = keep_text(r, "file", &missing),
                                       .checkpoints = keep_text(r, "checkpoints", &missing),
                                       .models = keep_text(r, "models", &missing),
                                       .clock = keep_text(r, "clock", &missing),
                                       .redaction = keep_text(r, "redaction", &missing),
                                       .steps_max = steps > 0 ? (uint64_t)steps : 0};
    if (r->told.failed)
        return RP_ENOMEM;
    return missing ? rp_journal_damage(&r->in, 0, err, "the line lacks some of its keys") : RP_OK;
}

static int read_bytes(struct rp_replay *r, struct rp_buf *json, struct rp_error *err)
{
    struct rp_error why = {0}, where = {0};
    int rc = rp_json_write(json, rp_journal_at(&r->in, "scenario"), 0);

    if (rc == RP_ETYPE)
        return rp_journal_damage(&r->in, 0, err, "the scenario is not JSON");
    RP_TRY(rc);
    rc = rp_scenario_read(&r->o.alloc, r->head.file, json->s, json->n, &r->scenario, &why);
    if (rc == RP_OK || rc == RP_ENOMEM)
        return rc;
    rp_fail_at(&where, rc, "", "the scenario in the journal cannot be played: %s: %s", why.where,
               why.text);
    rp_journal_damage(&r->in, 0, err, where.text);
    return rc;
}

static int read_scenario(struct rp_replay *r, struct rp_error *err)
{
    struct rp_buf json;
    int rc;

    rp_buf_init(&json, &r->o.alloc, RP_JOURNAL_LINE_MAX);
    rc = read_bytes(r, &json, err);
    rp_buf_free(&json);
    return rc;
}

/* ---- texts known beside the scenario's, which a play wants before it begins ------------------ */

static int is_known(struct rp_value v)
{
    for (uint32_t i = 0; i < rp_len(v); i++) {
        if (rp_at(v, i).tag != RP_TEXT)
            return 0;
        if (i > 0 && rp_str_order(rp_str_of(rp_at(v, i - 1)), rp_str_of(rp_at(v, i))) >= 0)
            return 0;
    }
    return v.tag == RP_LIST;
}

static int take_known(struct rp_replay *r, struct rp_journal_reader *ahead, struct rp_error *err)
{
    struct rp_heap *kit = rp_kit_heap(r->scenario->kit);
    struct rp_value known;

    rp_journal_next(ahead);
    int rc = rp_journal_peek(ahead, err);
    if (rc != RP_OK || !rp_journal_is(ahead, "adopt"))
        return rc == RP_ENOTFOUND ? RP_OK : rc;
    known = rp_journal_at(ahead, "known");
    if (!is_known(known))
        return rp_journal_damage(ahead, 1, err, "the known texts are no sorted list of texts");
    RP_TRY(rp_copy_into(kit, known, &r->scenario->known));
    rp_heap_freeze(kit);
    return RP_OK;
}

/* Reads the first two lines with names of its own, since they will be read again. */
static int look_ahead(struct rp_replay *r, struct rp_error *err)
{
    struct rp_journal_reader ahead = r->in;
    int rc;

    rp_journal_names_init(&ahead.names, &r->o.alloc);
    rp_heap_init(&ahead.heap, &r->o.alloc, 0, 0);
    ahead.at = ahead.read = 0;
    rc = rp_journal_peek(&ahead, err);
    if (rc == RP_OK)
        rc = take_known(r, &ahead, err);
    rp_journal_names_free(&ahead.names);
    rp_heap_free(&ahead.heap);
    return rc;
}

/* ---- making and freeing ---------------------------------------------------------------------- */

static int make_journal(struct rp_replay *r)
{
    int redacted = strcmp(r->head.redaction, "none") != 0;
    struct rp_journal_opts opts = {.alloc = r->o.alloc,
                                   .scenario = r->scenario,
                                   .sink = {rp_repeat_compare, r},
                                   .filter = redacted ? r->o.filter : NULL,
                                   .head = &r->head};

    return rp_journal_new(&opts, &r->journal);
}

static int make(struct rp_replay *r, struct rp_error *err)
{
    RP_TRY(rp_journal_open(&r->in, &r->o.alloc, r->o.name, r->o.bytes, r->o.force, err));
    RP_TRY(rp_journal_peek(&r->in, err));
    RP_TRY(read_head(r, err));
    RP_TRY(read_scenario(r, err));
    RP_TRY(look_ahead(r, err));
    if (strcmp(r->head.checkpoints, "none") != 0)
        RP_TRY(rp_repeat_store(r));
    return make_journal(r);
}

int rp_replay_new(const struct rp_replay_opts *opts, struct rp_replay **out, struct rp_error *err)
{
    const struct rp_alloc *alloc = &opts->alloc;
    struct rp_replay *r = alloc->resize(alloc->ctx, NULL, 0, sizeof(*r));
    int rc = RP_ENOMEM;

    if (r) {
        *r = (struct rp_replay){.o = *opts, .in = {.alloc = *alloc, .name = opts->name}};
        r->models = (struct rp_client_maker){rp_repeat_client, r};
        rp_heap_init(&r->heap, alloc, 0, 0);
        rp_heap_init(&r->told, alloc, 0, 0);
        rp_buf_init(&r->difference.pointer, alloc, RP_TEXT_MAX);
        rp_buf_init(&r->difference.recorded, alloc, RP_JOURNAL_LINE_MAX);
        rp_buf_init(&r->difference.replayed, alloc, RP_JOURNAL_LINE_MAX);
        r->verdict.difference = &r->difference;
        rc = make(r, err);
        if (rc != RP_OK)
            rp_replay_free(r);
    }
    if (rc == RP_OK)
        *out = r;
    return rc == RP_ENOMEM ? rp_fail_at(err, rc, opts->name, "%s", rp_status_text(rc)) : rc;
}

void rp_replay_free(struct rp_replay *r)
{
    struct rp_alloc alloc;

    if (!r)
        return;
    alloc = r->o.alloc;
    rp_journal_free(r->journal);
    if (r->memory.self)
        r->memory.ops->free(r->memory.self);
    rp_scenario_free(r->scenario);
    rp_journal_close(&r->in);
    if (r->checkpoints_room > 0)
        alloc.resize(alloc.ctx, r->checkpoint, r->checkpoints_room * sizeof(*r->checkpoint), 0);
    if (r->answers_room > 0)
        alloc.resize(alloc.ctx, r->answer, r->answers_room * sizeof(*r->answer), 0);
    if (r->cancel_room > 0)
        alloc.resize(alloc.ctx, r->cancel, r->cancel_room * sizeof(*r->cancel), 0);
    rp_buf_free(&r->difference.pointer);
    rp_buf_free(&r->difference.recorded);
    rp_buf_free(&r->difference.replayed);
    rp_heap_free(&r->heap);
    rp_heap_free(&r->told);
    alloc.resize(alloc.ctx, r, sizeof(*r), 0);
}

const struct rp_scenario *rp_replay_scenario(const struct rp_replay *r)
{
    return r->scenario;
}

const struct rp_replay_verdict *rp_replay_verdict(const struct rp_replay *r)
{
    return &r->verdict;
}

void rp_replay_setup(struct rp_replay *r, struct rp_play_opts *play)
{
    play->store = r->store.self ? &r->store : NULL;
    play->models = &r->models;
    play->stream = 0; /* the turns of the journal say it */
    play->steps_max = r->o.steps_max ? r->o.steps_max : r->head.steps_max;
    play->journal = r->journal;
}

/* ---- playing --------------------------------------------------------------------------------- */

static int play_turn(struct rp_replay *r, const struct rp_replay_by *by, struct rp_error *err)
{
    struct rp_scenario_turn turn;

    RP_TRY(rp_repeat_turn(r, &turn, err));
    return by->turn(by->ctx, &turn, err);
}

static int play_next(struct rp_replay *r, struct rp_play *play, const struct rp_replay_by *by,
                     struct rp_error *err)
{
    int64_t id;

    if (rp_journal_is(&r->in, "turn"))
        return play_turn(r, by, err);
    if (rp_journal_is(&r->in, "end"))
        return by->end(by->ctx, err);
    if (!rp_journal_is(&r->in, "adopt") || r->in.at != 1)
        return rp_repeat_damaged(r, "a turn or the end was expected here; lines were taken out");
    RP_TRY(rp_repeat_adopt(r, &id, err));
    return rp_play_adopt(play, id, err);
}

/* All lines that there are were met. */
static void set_end(struct rp_replay *r)
{
    if (r->verdict.kind == RP_VERDICT_NONE)
        r->verdict.kind = r->in.ended ? RP_VERDICT_SAME : RP_VERDICT_CUT;
}

static void tell_state(struct rp_replay *r, const struct rp_play *play)
{
    struct rp_replay_verdict *v = &r->verdict;
    const struct rp_run *run = rp_play_run(play);

    v->state = rp_state_name(rp_run_state(run));
    v->digest = rp_run_digest(run);
    if (v->lines > 0) {
        const struct rp_journal_line *last = &r->in.line[v->lines - 1];
        if (last->n > RP_JOURNAL_CHAIN + 2)
            memcpy(v->chain, last->s + last->n - 2 - RP_JOURNAL_CHAIN, RP_JOURNAL_CHAIN);
    }
}

int rp_replay_play(struct rp_replay *r, struct rp_play *play, const struct rp_replay_by *by,
                   struct rp_error *err)
{
    int rc = RP_OK;

    while (rc == RP_OK && r->in.at < r->in.n) {
        size_t at = r->in.at;
        rc = rp_repeat_peek(r);
        if (rc == RP_OK)
            rc = play_next(r, play, by, err);
        if (rc == RP_OK && r->in.at == at)
            rc = rp_repeat_damaged(r, "nothing was repeated of this line");
    }
    if (rc == RP_OK || (r->in.at == r->in.n && rc > RP_FATAL))
        set_end(r);
    if (rc <= RP_FATAL) /* what was written on the way out says nothing */
        r->verdict.kind = RP_VERDICT_NONE;
    if (r->verdict.kind == RP_VERDICT_NONE)
        return rc;
    tell_state(r, play);
    return RP_OK;
}
