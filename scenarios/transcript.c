/* transcript.c - a run as a person reads it. */
#include "transcript.h"

#include "paint.h"
#include "say.h"

#include <string.h>

enum { WIDTH_MIN = 8, WIDTH_MAX = 26 };
#define SCRATCH_MAX ((size_t)4 << 20)

void rp_transcript_init(struct rp_transcript *t, const struct rp_alloc *alloc, struct rp_sink sink,
                        int colour)
{
    *t = (struct rp_transcript){.sink = sink, .colour = colour, .width = WIDTH_MIN};
    rp_buf_init(&t->out, alloc, RP_TEXT_MAX);
    rp_heap_init(&t->scratch, alloc, 0, 0);
}

void rp_transcript_free(struct rp_transcript *t)
{
    rp_buf_free(&t->out);
    rp_heap_free(&t->scratch);
}

static void spare(struct rp_transcript *t)
{
    if (t->scratch.held <= SCRATCH_MAX)
        return;
    struct rp_alloc alloc = t->scratch.alloc;
    rp_heap_free(&t->scratch);
    rp_heap_init(&t->scratch, &alloc, 0, 0);
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* The texts of an output, each with its author where it is another one than the executor. */
static int show_messages(struct rp_transcript *t, const struct rp_event *e, const char *label,
                         struct rp_value messages)
{
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_message *m = rp_message_of(rp_at(messages, i));
        struct rp_value text = rp_message_text(&t->scratch, rp_at(messages, i));
        if (text.tag == RP_BAD)
            return RP_ENOMEM;
        if (rp_str_of(text).n == 0)
            continue;
        RP_TRY(rp_paint_open(t, e->step, e->executor));
        RP_TRY(rp_paint_z(t, RP_GOOD, label));
        if (m->author.tag == RP_TEXT && !rp_is_text(m->author, e->executor)) {
            RP_TRY(rp_paint_text(t, RP_NAME, rp_str_of(m->author)));
            RP_TRY(rp_paint_z(t, RP_PLAIN, ": "));
        }
        RP_TRY(rp_paint_text(t, RP_PLAIN, rp_str_of(text)));
        RP_TRY(rp_paint_close(t));
    }
    return RP_OK;
}

/* Was everything in these messages said before the reader's eyes just now, by the executor? */
static int all_said(struct rp_transcript *t, struct rp_value messages, const char *executor)
{
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_message *m = rp_message_of(rp_at(messages, i));
        struct rp_value text = rp_message_text(&t->scratch, rp_at(messages, i));
        if (text.tag == RP_BAD || (rp_str_of(text).n > 0 && !rp_say_was_said(t, text)))
            return 0;
        if (m->author.tag == RP_TEXT && !rp_is_text(m->author, executor))
            return 0;
    }
    return 1;
}

/* Says once a superstep that what an executor said is an output. */
static int note_output(struct rp_transcript *t, const struct rp_event *e, const char *label)
{
    uint64_t who = rp_digest(rp_textz(&t->scratch, e->executor), 2);

    if (t->noted_step == e->step && t->noted == who)
        return RP_OK;
    t->noted_step = e->step;
    t->noted = who;
    return rp_paint_line(t, e->step, e->executor, RP_GOOD, label);
}

static int show_update(struct rp_transcript *t, const struct rp_event *e, const char *said,
                       const char *label)
{
    struct rp_update *u = rp_update_of(e->data);
    struct rp_value message = rp_message(&t->scratch, RP_ASSISTANT, u->author, u->contents);
    struct rp_value one = rp_list_of(&t->scratch, 1, message);

    if (rp_len(one) == 0)
        return RP_ENOMEM;
    if (all_said(t, one, e->executor))
        return note_output(t, e, said);
    return show_messages(t, e, label, one);
}

static int show_output(struct rp_transcript *t, const struct rp_event *e)
{
    int final = e->kind == RP_EV_OUTPUT;
    const char *label = final ? "output: " : "intermediate: ";
    const char *said = final ? "(an output)" : "(an intermediate output)";

    if (rp_kind(e->data) == RP_K_UPDATE)
        return show_update(t, e, said, label);
    if (rp_kind(e->data) == RP_K_RESPONSE) {
        struct rp_value messages = rp_response_of(e->data)->messages;
        if (all_said(t, messages, e->executor))
            return note_output(t, e, said);
        return show_messages(t, e, label, messages);
    }
    if (e->data.tag == RP_TEXT)
        return rp_paint_line2(t, e->step, e->executor, RP_GOOD, label, rp_str_of(e->data));
    RP_TRY(rp_paint_open(t, e->step, e->executor));
    RP_TRY(rp_paint_z(t, RP_GOOD, label));
    if (e->data.tag == RP_REC)
        RP_TRY(rp_paint_z(t, RP_PLAIN, rp_kind_name(rp_kind(e->data))));
    else
        RP_TRY(rp_paint_json(t, RP_PLAIN, e->data));
    return rp_paint_close(t);
}

/* ---- requests -------------------------------------------------------------------------------- */

static int ask_call(struct rp_transcript *t, const char *what, struct rp_value call)
{
    RP_TRY(rp_paint_z(t, RP_ASKS, what));
    RP_TRY(rp_paint_text(t, RP_HEAD, rp_str_of(rp_c_call_of(call)->name)));
    RP_TRY(rp_paint_z(t, RP_PLAIN, " "));
    return rp_paint_text(t, RP_DIM, rp_str_of(rp_c_call_of(call)->arguments));
}

static int ask_plan_review(struct rp_transcript *t, struct rp_value data)
{
    struct rp_plan_review *review = rp_plan_review_of(data);
    struct rp_value plan = rp_message_text(&t->scratch, review->plan);
    struct rp_str parts[] = {rp_str("\n"), rp_str_of(plan), {NULL, 0}};
    struct rp_value text = plan.tag == RP_BAD ? plan : rp_text_join(&t->scratch, parts);

    RP_TRY(rp_paint_z(t, RP_ASKS,
                      rp_is_true(review->is_stalled)
                          ? "the work has stalled; is this new plan good?"
                          : "is this plan good?"));
    return text.tag == RP_BAD ? RP_ENOMEM : rp_paint_text(t, RP_DIM, rp_str_of(text));
}

static int ask_what(struct rp_transcript *t, struct rp_value data)
{
    switch (rp_kind(data)) {
    case RP_K_C_APPROVAL_REQUEST:
        return ask_call(t, "may this run: ", rp_c_approval_request_of(data)->call);
    case RP_K_C_CALL:
        return ask_call(t, "what is the result of ", data);
    case RP_K_AGENT_RESPONSE:
        return rp_paint_z(t, RP_ASKS, "is this good?");
    case RP_K_PLAN_REVIEW:
        return ask_plan_review(t, data);
    case RP_K_USER_REQUEST:
        return rp_paint_z(t, RP_ASKS, "what does the user say?");
    default:
        if (data.tag == RP_TEXT)
            return rp_paint_text(t, RP_ASKS, rp_str_of(data));
        if (data.tag == RP_REC)
            return rp_paint_z(t, RP_ASKS, rp_kind_name(rp_kind(data)));
        return rp_paint_json(t, RP_ASKS, data);
    }
}

static int show_request(struct rp_transcript *t, const struct rp_event *e)
{
    RP_TRY(rp_paint_open(t, e->step, e->executor));
    RP_TRY(rp_paint_z(t, RP_ASKS, "request "));
    RP_TRY(rp_paint_int(t, RP_ASKS, t->asked ? rp_asked_number(t->asked, e->name) : 0));
    RP_TRY(rp_paint_z(t, RP_ASKS, ": "));
    RP_TRY(ask_what(t, e->data));
    return rp_paint_close(t);
}

static int show_closed(struct rp_transcript *t, const struct rp_event *e)
{
    struct rp_value action = rp_map_get(e->data, "action"), to = rp_map_get(e->data, "to");

    RP_TRY(rp_paint_open(t, e->step, e->executor));
    RP_TRY(rp_paint_z(t, RP_ASKS, "request "));
    RP_TRY(rp_paint_int(t, RP_ASKS, t->asked ? rp_asked_number(t->asked, e->name) : 0));
    if (e->kind == RP_EV_REQUEST_CANCELLED)
        RP_TRY(rp_paint_z(t, RP_DIM, " is cancelled"));
    else if (rp_is_text(action, "answer"))
        RP_TRY(rp_paint_z(t, RP_DIM, " has expired; the default answers it"));
    else if (rp_is_text(action, "fail"))
        RP_TRY(rp_paint_z(t, RP_BAD_NEWS, " has expired"));
    else
        RP_TRY(rp_paint_z(t, RP_DIM, " has expired; it goes to "));
    RP_TRY(rp_paint_text(t, RP_NAME, rp_str_of(to)));
    return rp_paint_close(t);
}

/* ---- other events ---------------------------------------------------------------------------- */

static int show_floor(struct rp_transcript *t, const struct rp_event *e)
{
    struct rp_value sent = rp_map_get(e->data, "request_sent");

    if (sent.tag != RP_MAP)
        return RP_OK;
    RP_TRY(rp_paint_open(t, e->step, NULL));
    RP_TRY(rp_paint_z(t, RP_DIM, "round "));
    RP_TRY(rp_paint_json(t, RP_DIM, rp_map_get(sent, "round")));
    RP_TRY(rp_paint_z(t, RP_DIM, ": "));
    RP_TRY(rp_paint_text(t, RP_DIM, rp_str_of(rp_map_get(sent, "participant"))));
    return rp_paint_close(t);
}

static int show_handoff(struct rp_transcript *t, const struct rp_event *e)
{
    struct rp_value handoff = rp_map_get(e->data, "handoff");

    RP_TRY(rp_paint_open(t, e->step, rp_str_of(rp_map_get(handoff, "source")).s));
    RP_TRY(rp_paint_z(t, RP_HEAD, "hands over to "));
    RP_TRY(rp_paint_text(t, RP_NAME, rp_str_of(rp_map_get(handoff, "target"))));
    return rp_paint_close(t);
}

static struct rp_value ledger_answer(struct rp_value ledger, const char *name)
{
    struct rp_value answer = rp_map_get(ledger, name);

    return answer.tag == RP_MAP ? rp_map_get(answer, "answer") : answer;
}

static int show_ledger(struct rp_transcript *t, const struct rp_event *e, struct rp_value ledger)
{
    static const char *const items[][2] = {{"is_request_satisfied", "satisfied "},
                                           {"is_progress_being_made", ", progress "},
                                           {"is_in_loop", ", in a loop "}};

    RP_TRY(rp_paint_open(t, e->step, e->executor));
    RP_TRY(rp_paint_z(t, RP_DIM, "ledger: "));
    for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
        RP_TRY(rp_paint_z(t, RP_DIM, items[i][1]));
        RP_TRY(
            rp_paint_z(t, RP_DIM, rp_is_true(ledger_answer(ledger, items[i][0])) ? "yes" : "no"));
    }
    RP_TRY(rp_paint_z(t, RP_DIM, "; next "));
    RP_TRY(rp_paint_json(t, RP_DIM, ledger_answer(ledger, "next_speaker")));
    RP_TRY(rp_paint_z(t, RP_DIM, ": "));
    RP_TRY(rp_paint_json(t, RP_DIM, ledger_answer(ledger, "instruction_or_question")));
    return rp_paint_close(t);
}

static int show_magentic(struct rp_transcript *t, const struct rp_event *e)
{
    struct rp_value ledger = rp_map_get(e->data, "progress_ledger_updated");

    if (ledger.tag == RP_MAP)
        return show_ledger(t, e, ledger);
    return rp_paint_line(t, e->step, e->executor, RP_DIM,
                         rp_map_has(e->data, "replanned") ? "has a new plan" : "has a plan");
}

static int show_checkpoint(struct rp_transcript *t, const struct rp_event *e)
{
    RP_TRY(rp_paint_open(t, e->step, NULL));
    RP_TRY(rp_paint_z(t, RP_DIM, "checkpoint "));
    RP_TRY(rp_paint_json(t, RP_DIM, rp_map_get(e->data, "number")));
    return rp_paint_close(t);
}

static int show_status(struct rp_transcript *t, const struct rp_event *e)
{
    if (e->state == RP_IDLE)
        return rp_paint_line(t, 0, NULL, RP_DIM, "idle");
    if (e->state == RP_IDLE_WITH_PENDING_REQUESTS)
        return rp_paint_line(t, 0, NULL, RP_DIM, "waits for answers");
    return e->state == RP_CANCELLED ? rp_paint_line(t, 0, NULL, RP_BAD_NEWS, "cancelled") : RP_OK;
}

/* In a graph, the plain values that operations get. */
static int show_value(struct rp_transcript *t, const struct rp_event *e)
{
    struct rp_buf b;
    int rc;

    if (!t->is_graph || e->data.tag == RP_REC)
        return RP_OK;
    rp_buf_init(&b, &t->out.alloc, RP_TEXT_MAX);
    rc = rp_json_write(&b, e->data, 0);
    if (rc == RP_OK)
        rc = rp_paint_line2(t, e->step, e->executor, RP_DIM, "gets ", (struct rp_str){b.s, b.n});
    rp_buf_free(&b);
    return rc == RP_ETYPE ? RP_OK : rc; /* a list of records: agents show those themselves */
}

static int show_event(struct rp_transcript *t, const struct rp_event *e)
{
    switch (e->kind) {
    case RP_EV_STARTED:
    case RP_EV_SUPERSTEP_STARTED:
    case RP_EV_SUPERSTEP_COMPLETED:
    case RP_EV_EXECUTOR_COMPLETED:
        return RP_OK;
    case RP_EV_STATUS:
        return show_status(t, e);
    case RP_EV_FAILED:
        t->failed = 1;
        return rp_paint_line2(t, e->step, NULL, RP_BAD_NEWS,
                              "the turn failed: ", rp_str_of(e->data));
    case RP_EV_EXECUTOR_FAILED:
        return rp_paint_line2(t, e->step, e->executor, RP_BAD_NEWS, "failed: ", rp_str_of(e->data));
    case RP_EV_OUTPUT:
    case RP_EV_INTERMEDIATE:
        return show_output(t, e);
    case RP_EV_REQUEST_INFO:
        return show_request(t, e);
    case RP_EV_WARNING:
        return rp_paint_line2(t, e->step, e->executor, RP_ASKS, "warning: ", rp_str_of(e->data));
    case RP_EV_EXECUTOR_INVOKED:
        return show_value(t, e);
    case RP_EV_GROUP_CHAT:
        return show_floor(t, e);
    case RP_EV_HANDOFF_SENT:
        return show_handoff(t, e);
    case RP_EV_MAGENTIC:
        return show_magentic(t, e);
    case RP_EV_CHECKPOINT:
        return show_checkpoint(t, e);
    case RP_EV_REQUEST_EXPIRED:
    case RP_EV_REQUEST_CANCELLED:
        return show_closed(t, e);
    case RP_EV_CUSTOM:
        return rp_paint_line(t, e->step, e->executor, RP_DIM, e->name);
    }
    return RP_OK;
}

static int on_event(void *ctx, const struct rp_event *event)
{
    struct rp_transcript *t = ctx;

    RP_TRY(show_event(t, event));
    spare(t);
    return RP_OK;
}

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    (void)number;
    return rp_say_model_call(ctx, call, made);
}

static int on_model_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    return rp_say_reply(ctx, agent, reply);
}

static int on_tool_result(void *ctx, const struct rp_tool_call *call,
                          const struct rp_tool_result *result)
{
    return rp_say_tool_result(ctx, call, result);
}

struct rp_observer rp_transcript_observer(struct rp_transcript *t)
{
    return (struct rp_observer){.event = on_event,
                                .model_call = on_model_call,
                                .model_reply = on_model_reply,
                                .tool_result = on_tool_result,
                                .ctx = t};
}

/* ---- frame ----------------------------------------------------------------------------------- */

static size_t fit(size_t width, const char *name)
{
    size_t n = 0;

    for (; *name; name++)
        n += ((unsigned char)*name & 0xc0) != 0x80;
    n = n > WIDTH_MAX ? WIDTH_MAX : n;
    return n > width ? n : width;
}

int rp_transcript_title(struct rp_transcript *t, const struct rp_scenario *s)
{
    t->is_graph = strcmp(s->pattern, "graph") == 0;
    for (uint32_t i = 0; i < rp_workflow_executors(s->workflow); i++)
        t->width = fit(t->width, rp_workflow_executor(s->workflow, i));
    for (uint32_t i = 0; i < s->n_agents; i++)
        t->width = fit(t->width, s->script[i].name);
    RP_TRY(rp_paint_z(t, RP_HEAD, s->name ? s->name : s->path));
    RP_TRY(rp_paint_z(t, RP_DIM, "  ("));
    RP_TRY(rp_paint_z(t, RP_DIM, s->pattern));
    RP_TRY(rp_paint_z(t, RP_DIM, ")"));
    return rp_paint_close(t);
}
