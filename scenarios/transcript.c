/* transcript.c - a run as a person reads it. */
#include "transcript.h"

#include "paint.h"

#include <string.h>

enum { WIDTH_MIN = 8, WIDTH_MAX = 26 };
#define SCRATCH_MAX ((size_t)4 << 20)

void rp_transcript_init(struct rp_transcript *t, const struct rp_alloc *alloc,
                        struct rp_sink sink, int colour)
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

/* A line of one colour. */
static int line(struct rp_transcript *t, int64_t step, const char *who, enum rp_paint paint,
                const char *text)
{
    RP_TRY(rp_paint_open(t, step, who));
    RP_TRY(rp_paint_z(t, paint, text));
    return rp_paint_close(t);
}

/* The same with more text behind it, plain. */
static int line2(struct rp_transcript *t, int64_t step, const char *who, enum rp_paint paint,
                 const char *text, struct rp_str more)
{
    RP_TRY(rp_paint_open(t, step, who));
    RP_TRY(rp_paint_z(t, paint, text));
    RP_TRY(rp_paint_text(t, RP_PLAIN, more));
    return rp_paint_close(t);
}

/* ---- what was said --------------------------------------------------------------------------- */

static void remember(struct rp_transcript *t, struct rp_value text)
{
    t->said[t->n_said++ % RP_SAID_MAX] = rp_digest(text, 1);
}

static int was_said(const struct rp_transcript *t, struct rp_value text)
{
    uint64_t digest = rp_digest(text, 1);
    size_t n = t->n_said < RP_SAID_MAX ? t->n_said : RP_SAID_MAX;

    for (size_t i = 0; i < n; i++) {
        if (t->said[i] == digest)
            return 1;
    }
    return 0;
}

/* The manager's ledger is told by its own event. */
static int is_ledger(struct rp_transcript *t, struct rp_value text)
{
    struct rp_value json;

    return rp_json_try(&t->scratch, rp_str_of(text), &json) == RP_OK &&
           rp_map_has(json, "is_request_satisfied");
}

static int say(struct rp_transcript *t, const char *who, struct rp_value text)
{
    remember(t, text);
    if (rp_str_of(text).n == 0 || is_ledger(t, text))
        return RP_OK;
    return line2(t, t->call_step, who, RP_PLAIN, "", rp_str_of(text));
}

static int say_call(struct rp_transcript *t, const char *who, struct rp_value content)
{
    struct rp_c_call *call = rp_c_call_of(content);

    RP_TRY(rp_paint_open(t, t->call_step, who));
    RP_TRY(rp_paint_z(t, RP_PLAIN, "calls "));
    RP_TRY(rp_paint_text(t, RP_HEAD, rp_str_of(call->name)));
    RP_TRY(rp_paint_z(t, RP_PLAIN, " "));
    RP_TRY(rp_paint_text(t, RP_DIM, rp_str_of(call->arguments)));
    return rp_paint_close(t);
}

static int say_contents(struct rp_transcript *t, const char *who, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) == RP_K_C_TEXT)
            RP_TRY(say(t, who, rp_c_text_of(content)->text));
        else if (rp_kind(content) == RP_K_C_CALL)
            RP_TRY(say_call(t, who, content));
    }
    return RP_OK;
}

/* A piece of streamed text goes on in the line that its speaker has open. */
static int stream_text(struct rp_transcript *t, const struct rp_agent *agent, struct rp_value text)
{
    remember(t, text);
    if (t->speaking != agent) {
        RP_TRY(rp_paint_open(t, t->call_step, rp_agent_name(agent)));
        t->speaking = agent;
    }
    RP_TRY(rp_paint_text(t, RP_PLAIN, rp_str_of(text)));
    return rp_paint_flush(t);
}

static int stream(struct rp_transcript *t, const struct rp_agent *agent, struct rp_value update)
{
    struct rp_value contents = rp_update_of(update)->contents;

    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value content = rp_at(contents, i);
        if (rp_kind(content) == RP_K_C_TEXT)
            RP_TRY(stream_text(t, agent, rp_c_text_of(content)->text));
        else if (rp_kind(content) == RP_K_C_CALL)
            RP_TRY(say_call(t, rp_agent_name(agent), content));
    }
    return RP_OK;
}

static int end_stream(struct rp_transcript *t)
{
    if (!t->speaking)
        return RP_OK;
    t->speaking = NULL;
    return rp_paint_close(t);
}

static int on_model_call(void *ctx, const struct rp_model_call *call, int64_t number, int made)
{
    struct rp_transcript *t = ctx;

    (void)number;
    (void)made;
    t->call_step = call->step;
    return RP_OK;
}

static int on_model_reply(void *ctx, const struct rp_agent *agent, const struct rp_reply *reply)
{
    struct rp_transcript *t = ctx;
    struct rp_value messages;

    switch (reply->kind) {
    case RP_REPLY_NONE:
        return RP_OK;
    case RP_REPLY_UPDATE:
        return stream(t, agent, reply->value);
    case RP_REPLY_WHOLE:
        messages = rp_response_of(reply->value)->messages;
        for (uint32_t i = 0; i < rp_len(messages); i++)
            RP_TRY(say_contents(t, rp_agent_name(agent),
                                rp_message_of(rp_at(messages, i))->contents));
        return RP_OK;
    case RP_REPLY_END:
        return end_stream(t);
    case RP_REPLY_ERROR:
        return line2(t, t->call_step, rp_agent_name(agent), RP_BAD_NEWS, "model call failed: ",
                     rp_str(reply->reason));
    }
    return RP_OK;
}

static int on_tool_result(void *ctx, const struct rp_tool_call *call,
                          const struct rp_tool_result *result)
{
    struct rp_transcript *t = ctx;

    RP_TRY(rp_paint_open(t, call->step, rp_agent_name(call->agent)));
    RP_TRY(rp_paint_z(t, RP_HEAD, call->tool->name));
    if (result->failed) {
        RP_TRY(rp_paint_z(t, RP_BAD_NEWS, " fails"));
    } else {
        RP_TRY(rp_paint_z(t, RP_PLAIN, " gives "));
        RP_TRY(rp_paint_json(t, RP_DIM, result->value));
    }
    return rp_paint_close(t);
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
        if (text.tag == RP_BAD || (rp_str_of(text).n > 0 && !was_said(t, text)))
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
    return line(t, e->step, e->executor, RP_GOOD, label);
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
        return line2(t, e->step, e->executor, RP_GOOD, label, rp_str_of(e->data));
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
    struct rp_value text = rp_message_text(&t->scratch, review->plan);

    RP_TRY(rp_paint_z(t, RP_ASKS, rp_is_true(review->is_stalled)
                                      ? "the work has stalled; is this new plan good?\n"
                                      : "is this plan good?\n"));
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
        RP_TRY(rp_paint_z(t, RP_DIM,
                          rp_is_true(ledger_answer(ledger, items[i][0])) ? "yes" : "no"));
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
    return line(t, e->step, e->executor, RP_DIM,
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
        return line(t, 0, NULL, RP_DIM, "idle");
    if (e->state == RP_IDLE_WITH_PENDING_REQUESTS)
        return line(t, 0, NULL, RP_DIM, "waits for answers");
    return e->state == RP_CANCELLED ? line(t, 0, NULL, RP_BAD_NEWS, "cancelled") : RP_OK;
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
        rc = line2(t, e->step, e->executor, RP_DIM, "gets ", (struct rp_str){b.s, b.n});
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
        return line2(t, e->step, NULL, RP_BAD_NEWS, "the turn failed: ", rp_str_of(e->data));
    case RP_EV_EXECUTOR_FAILED:
        return line2(t, e->step, e->executor, RP_BAD_NEWS, "failed: ", rp_str_of(e->data));
    case RP_EV_OUTPUT:
    case RP_EV_INTERMEDIATE:
        return show_output(t, e);
    case RP_EV_REQUEST_INFO:
        return show_request(t, e);
    case RP_EV_WARNING:
        return line2(t, e->step, e->executor, RP_ASKS, "warning: ", rp_str_of(e->data));
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
    case RP_EV_CUSTOM:
        return line(t, e->step, e->executor, RP_DIM, e->name);
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
