/* transcript_turn.c - the frame of a transcript: what each turn brings and how it ends. */
#include "paint.h"

static int show_message(struct rp_transcript *t, struct rp_value v)
{
    struct rp_value text;

    if (rp_kind(v) != RP_K_MESSAGE)
        return rp_paint_json(t, RP_PLAIN, v);
    if (rp_message_of(v)->author.tag == RP_TEXT) {
        RP_TRY(rp_paint_text(t, RP_NAME, rp_str_of(rp_message_of(v)->author)));
        RP_TRY(rp_paint_z(t, RP_PLAIN, ": "));
    }
    text = rp_message_text(&t->scratch, v);
    return text.tag == RP_BAD ? RP_ENOMEM : rp_paint_json(t, RP_PLAIN, text);
}

static int show_task(struct rp_transcript *t, struct rp_value message)
{
    if (message.tag != RP_LIST)
        return show_message(t, message);
    for (uint32_t i = 0; i < rp_len(message); i++) {
        if (i > 0)
            RP_TRY(rp_paint_z(t, RP_PLAIN, ", "));
        RP_TRY(show_message(t, rp_at(message, i)));
    }
    return RP_OK;
}

static int show_answer(struct rp_transcript *t, const struct rp_scenario_answer *a)
{
    static const char *const words[] = {
        [RP_ANSWER_APPROVE] = "yes",
        [RP_ANSWER_FEEDBACK] = "feedback ",
        [RP_ANSWER_REVISE] = "revise ",
        [RP_ANSWER_REPLY] = "",
        [RP_ANSWER_TERMINATE] = "the end",
        [RP_ANSWER_RESULT] = "result ",
        [RP_ANSWER_VALUE] = "",
    };

    RP_TRY(rp_paint_z(t, RP_ASKS, "request "));
    RP_TRY(rp_paint_int(t, RP_ASKS, a->request));
    RP_TRY(rp_paint_z(t, RP_ASKS, ": "));
    if (a->kind == RP_ANSWER_APPROVE && !a->yes)
        return rp_paint_z(t, RP_PLAIN, "no");
    RP_TRY(rp_paint_z(t, RP_PLAIN, words[a->kind]));
    if (a->kind == RP_ANSWER_APPROVE || a->kind == RP_ANSWER_TERMINATE)
        return RP_OK;
    return rp_paint_json(t, RP_PLAIN, a->value);
}

static int show_answers(struct rp_transcript *t, const struct rp_scenario_turn *turn)
{
    for (uint32_t i = 0; i < turn->n_answers; i++) {
        if (i > 0)
            RP_TRY(rp_paint_z(t, RP_PLAIN, "; "));
        RP_TRY(show_answer(t, &turn->answers[i]));
    }
    return RP_OK;
}

static int show_resume(struct rp_transcript *t, const struct rp_scenario_turn *turn)
{
    RP_TRY(rp_paint_z(t, RP_HEAD, "resumes "));
    if (turn->checkpoint < 0) {
        RP_TRY(rp_paint_z(t, RP_PLAIN, "the latest checkpoint"));
    } else {
        RP_TRY(rp_paint_z(t, RP_PLAIN, "checkpoint "));
        RP_TRY(rp_paint_int(t, RP_PLAIN, turn->checkpoint));
    }
    if (turn->n_answers > 0)
        RP_TRY(rp_paint_z(t, RP_PLAIN, "; "));
    return show_answers(t, turn);
}

static int show_wait(struct rp_transcript *t, const struct rp_scenario_turn *turn)
{
    RP_TRY(rp_paint_z(t, RP_HEAD, "waits "));
    RP_TRY(rp_paint_int(t, RP_PLAIN, (int64_t)turn->wait_ms));
    return rp_paint_z(t, RP_PLAIN, " ms");
}

static int show_cancel(struct rp_transcript *t, const struct rp_scenario_turn *turn)
{
    RP_TRY(rp_paint_z(t, RP_HEAD, "cancels "));
    for (uint32_t i = 0; i < turn->n_cancel; i++) {
        RP_TRY(rp_paint_z(t, RP_ASKS, i > 0 ? ", request " : "request "));
        RP_TRY(rp_paint_int(t, RP_ASKS, turn->cancel[i]));
    }
    return RP_OK;
}

int rp_transcript_turn(struct rp_transcript *t, int64_t number, const struct rp_scenario_turn *turn)
{
    t->failed = 0;
    t->step = t->noted_step = -1;
    RP_TRY(rp_paint_gap(t));
    RP_TRY(rp_paint_z(t, RP_HEAD, "turn "));
    RP_TRY(rp_paint_int(t, RP_HEAD, number));
    RP_TRY(rp_paint_z(t, RP_HEAD, ": "));
    switch (turn->kind) {
    case RP_TURN_RUN:
        RP_TRY(show_task(t, turn->message));
        break;
    case RP_TURN_RESPOND:
        RP_TRY(show_answers(t, turn));
        break;
    case RP_TURN_RESUME:
        RP_TRY(show_resume(t, turn));
        break;
    case RP_TURN_WAIT:
        RP_TRY(show_wait(t, turn));
        break;
    case RP_TURN_CANCEL:
        RP_TRY(show_cancel(t, turn));
        break;
    }
    return rp_paint_close(t);
}

int rp_transcript_raised(struct rp_transcript *t, const struct rp_error *err)
{
    if (t->failed)
        return RP_OK;
    RP_TRY(rp_paint_open(t, 0, NULL));
    RP_TRY(rp_paint_z(t, RP_BAD_NEWS, "the turn was refused: "));
    RP_TRY(rp_paint_z(t, RP_PLAIN, err->text[0] ? err->text : rp_status_text(err->status)));
    return rp_paint_close(t);
}

int rp_transcript_end(struct rp_transcript *t, const struct rp_run *run, const char *digest)
{
    uint32_t open = rp_run_requests(run);

    RP_TRY(rp_paint_gap(t));
    RP_TRY(rp_paint_z(t, RP_DIM, "state   "));
    RP_TRY(rp_paint_z(t, RP_HEAD, rp_state_name(rp_run_state(run))));
    if (open > 0) {
        RP_TRY(rp_paint_z(t, RP_DIM, ", open requests: "));
        RP_TRY(rp_paint_int(t, RP_DIM, open));
    }
    RP_TRY(rp_paint_close(t));
    RP_TRY(rp_paint_z(t, RP_DIM, "trace   sha256 "));
    RP_TRY(rp_paint_z(t, RP_DIM, digest));
    return rp_paint_close(t);
}
