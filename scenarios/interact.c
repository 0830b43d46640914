/* interact.c - asks a person for answers to open requests. One line is one answer; what an empty
 * line means is said in each prompt. */
#include "interact.h"

#include "paint.h"

#include "engine/base/utf8.h"

#include <stdlib.h>
#include <string.h>

void rp_interact_init(struct rp_interact *x, const struct rp_alloc *alloc, FILE *in,
                      struct rp_transcript *transcript)
{
    *x = (struct rp_interact){.in = in, .transcript = transcript};
    rp_heap_init(&x->heap, alloc, 0, 0);
}

void rp_interact_free(struct rp_interact *x)
{
    struct rp_alloc *alloc = &x->heap.alloc;

    if (x->room > 0)
        alloc->resize(alloc->ctx, x->answer, x->room * sizeof(*x->answer), 0);
    free(x->line); /* getline's */
    rp_heap_free(&x->heap);
}

static int prompt(struct rp_interact *x, int64_t number, const char *how)
{
    struct rp_transcript *t = x->transcript;

    RP_TRY(rp_paint_z(t, RP_ASKS, "request "));
    RP_TRY(rp_paint_int(t, RP_ASKS, number));
    RP_TRY(rp_paint_z(t, RP_ASKS, ", "));
    RP_TRY(rp_paint_z(t, RP_ASKS, how));
    RP_TRY(rp_paint_z(t, RP_PLAIN, " > "));
    RP_TRY(rp_paint_flush(t));
    return fflush(stdout) == 0 ? RP_OK : RP_EIO;
}

static int complain(struct rp_interact *x, const char *why)
{
    RP_TRY(rp_paint_z(x->transcript, RP_BAD_NEWS, why));
    return rp_paint_close(x->transcript);
}

/* The next line without its end; 0 when the input has ended. */
static int read_line(struct rp_interact *x, struct rp_str *out)
{
    ssize_t n = getline(&x->line, &x->line_room, x->in);

    if (n < 0) {
        x->ended = 1;
        return 0;
    }
    while (n > 0 && (x->line[n - 1] == '\n' || x->line[n - 1] == '\r'))
        n--;
    *out = (struct rp_str){x->line, (size_t)n};
    return 1;
}

/* Asks until a line is given that can be used. 0: the input has ended. */
static int ask_line(struct rp_interact *x, int64_t number, const char *how, struct rp_str *out,
                    int *got)
{
    for (;;) {
        RP_TRY(prompt(x, number, how));
        *got = read_line(x, out);
        if (!*got)
            return RP_OK;
        if (rp_utf8_bad(out->s, out->n) == out->n)
            return RP_OK;
        RP_TRY(complain(x, "That is not UTF-8; please type it again."));
    }
}

static int ask_yes(struct rp_interact *x, struct rp_scenario_answer *a, int *got)
{
    struct rp_str s = {"", 0};

    for (;;) {
        RP_TRY(ask_line(x, a->request, "y or n", &s, got));
        a->kind = RP_ANSWER_APPROVE;
        a->yes = s.n > 0 && (s.s[0] == 'y' || s.s[0] == 'Y');
        if (!*got || a->yes || (s.n > 0 && (s.s[0] == 'n' || s.s[0] == 'N')))
            return RP_OK;
        RP_TRY(complain(x, "Please answer y (yes, it may run) or n (no)."));
    }
}

static int ask_text(struct rp_interact *x, struct rp_scenario_answer *a, const char *how,
                    enum rp_answer_kind kind, enum rp_answer_kind empty, int *got)
{
    struct rp_str s = {"", 0};
    struct rp_value text;

    RP_TRY(ask_line(x, a->request, how, &s, got));
    if (!*got)
        return RP_OK;
    a->kind = s.n > 0 ? kind : empty;
    a->yes = 1;
    text = rp_text(&x->heap, s.s, s.n);
    if (kind == RP_ANSWER_FEEDBACK || kind == RP_ANSWER_REVISE)
        text = rp_list_of(&x->heap, 1, text);
    a->value = text;
    return text.tag == RP_BAD || x->heap.failed ? RP_ENOMEM : RP_OK;
}

static int ask_one(struct rp_interact *x, unsigned kind, struct rp_scenario_answer *a, int *got)
{
    switch (kind) {
    case RP_K_C_APPROVAL_REQUEST:
        return ask_yes(x, a, got);
    case RP_K_C_CALL:
        return ask_text(x, a, "the result", RP_ANSWER_RESULT, RP_ANSWER_RESULT, got);
    case RP_K_AGENT_RESPONSE:
        return ask_text(x, a, "feedback, or nothing to approve", RP_ANSWER_FEEDBACK,
                        RP_ANSWER_APPROVE, got);
    case RP_K_PLAN_REVIEW:
        return ask_text(x, a, "what to change, or nothing to approve", RP_ANSWER_REVISE,
                        RP_ANSWER_APPROVE, got);
    case RP_K_USER_REQUEST:
        return ask_text(x, a, "reply, or nothing to end", RP_ANSWER_REPLY, RP_ANSWER_TERMINATE,
                        got);
    default:
        return ask_text(x, a, "answer", RP_ANSWER_VALUE, RP_ANSWER_VALUE, got);
    }
}

static int make_room(struct rp_interact *x, size_t n)
{
    struct rp_alloc *alloc = &x->heap.alloc;
    struct rp_scenario_answer *more;

    if (n <= x->room)
        return RP_OK;
    more = alloc->resize(alloc->ctx, x->answer, x->room * sizeof(*more), n * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    x->answer = more;
    x->room = n;
    return RP_OK;
}

int rp_interact_ask(struct rp_interact *x, const struct rp_play *play,
                    struct rp_scenario_turn *turn)
{
    const struct rp_run *run = rp_play_run(play);
    uint32_t n = rp_run_requests(run);
    int got = 1;

    *turn = (struct rp_scenario_turn){.kind = RP_TURN_RESPOND};
    RP_TRY(make_room(x, n));
    for (uint32_t i = 0; i < n && !x->ended; i++) {
        struct rp_open_request request = rp_run_request(run, i);
        struct rp_scenario_answer *a = &x->answer[turn->n_answers];
        *a = (struct rp_scenario_answer){0};
        a->request = rp_asked_number(rp_play_asked(play), request.id);
        RP_TRY(ask_one(x, rp_kind(request.data), a, &got));
        if (got)
            turn->n_answers++;
    }
    turn->answers = x->answer;
    return RP_OK;
}
