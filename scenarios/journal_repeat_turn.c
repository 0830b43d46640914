/* journal_repeat_turn.c - a turn as a journal tells it, for a play to begin. */
#include "journal_repeat.h"

#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static int is_plain(struct rp_value v)
{
    uint32_t n = v.tag == RP_MAP ? rp_map_len(v) : rp_len(v);

    for (uint32_t i = 0; i < n; i++)
        if (!is_plain(v.tag == RP_MAP ? rp_map_value(v, i) : rp_at(v, i)))
            return 0;
    return v.tag != RP_REC;
}

static int are_texts(struct rp_value v)
{
    for (uint32_t i = 0; i < rp_len(v); i++)
        if (rp_at(v, i).tag != RP_TEXT)
            return 0;
    return v.tag == RP_LIST;
}

static int is_task(struct rp_value v)
{
    for (uint32_t i = 0; i < rp_len(v); i++)
        if (rp_kind(rp_at(v, i)) != RP_K_MESSAGE)
            return 0;
    return v.tag == RP_TEXT || v.tag == RP_INT || v.tag == RP_LIST;
}

/* A value for the play, which relies on its not being moved. */
static int keep(struct rp_replay *r, struct rp_value v, struct rp_value *out)
{
    RP_TRY(rp_copy_into(&r->heap, v, out));
    rp_heap_freeze(&r->heap);
    return RP_OK;
}

/* Room for n items of `each` bytes in *p, which is the caller's pointer. */
static void *room_for(struct rp_replay *r, void *old, size_t *room, size_t n, size_t each)
{
    void *p = old;

    if (n <= *room)
        return old;
    p = r->o.alloc.resize(r->o.alloc.ctx, old, *room * each, n * each);
    if (p)
        *room = n;
    return p;
}

/* ---- answers --------------------------------------------------------------------------------- */

static int is_answer(enum rp_answer_kind kind, struct rp_value v)
{
    switch (kind) {
    case RP_ANSWER_FEEDBACK:
    case RP_ANSWER_REVISE:
        return are_texts(v) || v.tag == RP_TEXT;
    case RP_ANSWER_REPLY:
    case RP_ANSWER_VALUE:
        return v.tag == RP_TEXT;
    case RP_ANSWER_RESULT:
        return is_plain(v);
    case RP_ANSWER_APPROVE:
    case RP_ANSWER_TERMINATE:
        return v.tag == RP_NIL;
    }
    return 0;
}

static int read_answer(struct rp_replay *r, struct rp_value v, struct rp_scenario_answer *out)
{
    struct rp_value request = rp_map_get(v, "request"), value = rp_map_get(v, "value");
    int kind = rp_journal_answer_kind(rp_str_of(rp_map_get(v, "kind")));

    if (kind < 0 || request.tag != RP_INT || !is_answer((enum rp_answer_kind)kind, value))
        return rp_repeat_damaged(r, "an answer of the turn is not of the form of answers");
    *out = (struct rp_scenario_answer){.request = request.u.i,
                                       .kind = (enum rp_answer_kind)kind,
                                       .yes = rp_is_true(rp_map_get(v, "yes"))};
    return keep(r, value, &out->value);
}

static int read_answers(struct rp_replay *r, struct rp_scenario_turn *turn)
{
    struct rp_value all = rp_journal_at(&r->in, "answers");
    uint32_t n = rp_len(all);
    struct rp_scenario_answer *more =
        room_for(r, r->answer, &r->answers_room, n, sizeof(*r->answer));

    if (n > 0 && !more)
        return RP_ENOMEM;
    r->answer = more;
    for (uint32_t i = 0; i < n; i++)
        RP_TRY(read_answer(r, rp_at(all, i), &r->answer[i]));
    turn->answers = r->answer;
    turn->n_answers = n;
    return RP_OK;
}

/* ---- the other kinds ------------------------------------------------------------------------- */

static int read_cancel(struct rp_replay *r, struct rp_scenario_turn *turn)
{
    struct rp_value all = rp_journal_at(&r->in, "cancel");
    uint32_t n = rp_len(all);
    int64_t *more = room_for(r, r->cancel, &r->cancel_room, n, sizeof(*r->cancel));

    if (n > 0 && !more)
        return RP_ENOMEM;
    r->cancel = more;
    for (uint32_t i = 0; i < n; i++) {
        if (rp_at(all, i).tag != RP_INT)
            return rp_repeat_damaged(r, "the turn cancels what is no number of a request");
        r->cancel[i] = rp_at(all, i).u.i;
    }
    turn->cancel = r->cancel;
    turn->n_cancel = n;
    return RP_OK;
}

static int read_message(struct rp_replay *r, struct rp_scenario_turn *turn)
{
    struct rp_value message = rp_journal_at(&r->in, "message");

    if (!is_task(message) || (message.tag == RP_INT && strcmp(r->scenario->pattern, "graph") != 0))
        return rp_repeat_damaged(r, "the turn's message is none that a run can begin with");
    return keep(r, message, &turn->message);
}

int rp_repeat_turn(struct rp_replay *r, struct rp_scenario_turn *turn, struct rp_error *err)
{
    const struct rp_journal_reader *in = &r->in;
    int64_t ms = rp_journal_int(in, "wait_ms");
    int kind = rp_journal_turn_kind(rp_str_of(rp_journal_at(in, "kind")));

    (void)err;
    *turn = (struct rp_scenario_turn){.stream = rp_is_true(rp_journal_at(in, "stream")),
                                      .checkpoint = rp_journal_int(in, "checkpoint"),
                                      .wait_ms = ms > 0 ? (uint64_t)ms : 0};
    if (kind < 0)
        return rp_repeat_damaged(r, "there is no such kind of turn");
    turn->kind = (enum rp_turn_kind)kind;
    switch (turn->kind) {
    case RP_TURN_RUN:
        return read_message(r, turn);
    case RP_TURN_RESPOND:
    case RP_TURN_RESUME:
        return read_answers(r, turn);
    case RP_TURN_CANCEL:
        return read_cancel(r, turn);
    case RP_TURN_WAIT:
        break;
    }
    return RP_OK;
}
