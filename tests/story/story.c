/* story.c - plays turns against the public calls of the engine, answers its models and tools, and
 * keeps count of the memory that it asks for. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---- */

static void *counted(void *ctx, void *old, size_t was, size_t now)
{
    struct story *s = ctx;
    void *p = NULL;

    if (now) {
        p = realloc(old, now);
        assert_non_null(p);
    } else {
        free(old);
    }
    s->held = s->held - was + now;
    s->blocks = s->blocks + (now != 0) - (was != 0);
    s->asked += now;
    if (s->held > s->peak)
        s->peak = s->held;
    if (now > s->biggest)
        s->biggest = now;
    return p;
}

void story_open(struct story *s)
{
    memset(s, 0, sizeof(*s));
    s->alloc = (struct rp_alloc){counted, s};
    assert_int_equal(rp_kit_new(&s->alloc, &s->kit), RP_OK);
}

void story_script(struct story *s, const struct story_line *lines, size_t n)
{
    assert_true(n <= STORY_LINES);
    s->script = lines;
    s->n_script = n;
}

void story_keep(struct story *s)
{
    assert_int_equal(rp_store_memory(&s->alloc, &s->store), RP_OK);
    s->has_store = 1;
}

void story_close(struct story *s)
{
    rp_run_free(s->run);
    if (s->has_store)
        s->store.ops->free(s->store.self);
    rp_kit_free(s->kit);
    assert_int_equal(s->held, 0);
    assert_int_equal(s->blocks, 0);
}

/* ---- telling ---- */

void story_note(struct story *s, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(s->text + s->n, sizeof(s->text) - s->n, format, args);
    va_end(args);
    assert_true(n >= 0 && s->n + (size_t)n < sizeof(s->text));
    s->n += (size_t)n;
}

void story_forget(struct story *s, char *kept)
{
    if (kept)
        memcpy(kept, s->text, s->n + 1);
    s->n = 0;
    s->text[0] = '\0';
}

static void tell_quoted(struct story *s, struct rp_value v)
{
    struct rp_str t = rp_str_of(v);

    story_note(s, "\"%.*s\"", (int)t.n, t.s);
}

static void tell_list(struct story *s, struct rp_value list, const char *between)
{
    for (uint32_t i = 0; i < rp_len(list); i++) {
        story_note(s, "%s", i ? between : "");
        story_value(s, rp_at(list, i));
    }
}

static void tell_message(struct story *s, struct rp_value role, struct rp_value author,
                         struct rp_value contents)
{
    story_note(s, "%c", rp_role_name(role.u.i)[0]);
    if (author.tag == RP_TEXT)
        story_note(s, "(%s)", rp_str_of(author).s);
    if (rp_len(contents) == 1) {
        story_value(s, rp_at(contents, 0));
        return;
    }
    story_note(s, "(");
    tell_list(s, contents, "+");
    story_note(s, ")");
}

static void tell_call(struct story *s, const char *what, struct rp_value call)
{
    struct rp_c_call *c = rp_c_call_of(call);

    story_note(s, "<%s%s %s %s>", what, rp_str_of(c->name).s, rp_str_of(c->id).s,
               rp_str_of(c->arguments).s);
}

static void tell_content(struct story *s, struct rp_value v)
{
    switch (rp_kind(v)) {
    case RP_K_C_TEXT:
        tell_quoted(s, rp_c_text_of(v)->text);
        break;
    case RP_K_C_CALL:
        tell_call(s, "", v);
        break;
    case RP_K_C_RESULT:
        story_note(s, "<%s=", rp_str_of(rp_c_result_of(v)->id).s);
        story_value(s, rp_c_result_of(v)->result);
        story_note(s, ">");
        break;
    case RP_K_C_APPROVAL_REQUEST:
        tell_call(s, "may? ", rp_c_approval_request_of(v)->call);
        break;
    case RP_K_C_APPROVAL_RESPONSE:
        tell_call(s, rp_is_true(rp_c_approval_response_of(v)->approved) ? "yes " : "no ",
                  rp_c_approval_response_of(v)->call);
        break;
    default:
        story_note(s, "<%s>", rp_kind_name(rp_kind(v)));
    }
}

static void tell_part(struct story *s, const char *open, struct rp_value list, const char *close)
{
    story_note(s, "%s[", open);
    tell_list(s, list, ", ");
    story_note(s, "]%s", close);
}

static void tell_record(struct story *s, struct rp_value v)
{
    switch (rp_kind(v)) {
    case RP_K_MESSAGE:
        tell_message(s, rp_message_of(v)->role, rp_message_of(v)->author,
                     rp_message_of(v)->contents);
        break;
    case RP_K_RESPONSE:
        tell_part(s, "Resp", rp_response_of(v)->messages, "");
        break;
    case RP_K_UPDATE:
        story_note(s, "Upd ");
        tell_message(s, rp_update_of(v)->role, rp_update_of(v)->author, rp_update_of(v)->contents);
        break;
    case RP_K_AGENT_REQUEST:
        tell_part(s, "R(", rp_agent_request_of(v)->messages,
                  rp_is_true(rp_agent_request_of(v)->should_respond) ? ",T)" : ",F)");
        break;
    case RP_K_AGENT_RESPONSE:
        story_note(s, "AER(%s,%u)", rp_str_of(rp_agent_response_of(v)->executor).s,
                   rp_len(rp_agent_response_of(v)->conversation));
        break;
    case RP_K_USER_REQUEST:
        story_note(s, "User");
        story_value(s, rp_user_request_of(v)->response);
        break;
    case RP_K_SUB_REQUEST:
        story_note(s, "SubReq(");
        story_value(s, rp_sub_request_of(v)->data);
        story_note(s, ")");
        break;
    case RP_K_SUB_RESPONSE:
        story_note(s, "SubResp(");
        story_value(s, rp_sub_response_of(v)->value);
        story_note(s, ")");
        break;
    case RP_K_PLAN_REVIEW:
        story_note(s, "Plan%s", rp_is_true(rp_plan_review_of(v)->is_stalled) ? "(stalled)" : "");
        break;
    case RP_K_PLAN_ANSWER:
        tell_part(s, "Plan", rp_plan_answer_of(v)->messages, "");
        break;
    case RP_K_REVIEW_ANSWER:
        tell_part(s, "Review", rp_review_answer_of(v)->messages, "");
        break;
    default:
        tell_content(s, v);
    }
}

static void tell_map(struct story *s, struct rp_value map)
{
    story_note(s, "{");
    for (uint32_t i = 0; i < rp_map_len(map); i++) {
        story_note(s, "%s%s: ", i ? ", " : "", rp_str_of(rp_map_key(map, i)).s);
        story_value(s, rp_map_value(map, i));
    }
    story_note(s, "}");
}

void story_value(struct story *s, struct rp_value v)
{
    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
        story_note(s, "null");
        break;
    case RP_BOOL:
        story_note(s, "%s", v.u.i ? "true" : "false");
        break;
    case RP_INT:
        story_note(s, "%lld", (long long)v.u.i);
        break;
    case RP_REAL:
        story_note(s, "%g", v.u.r);
        break;
    case RP_DIGITS:
        story_note(s, "%s", rp_str_of(v).s);
        break;
    case RP_TEXT:
        tell_quoted(s, v);
        break;
    case RP_LIST:
        tell_part(s, "", v, "");
        break;
    case RP_MAP:
        tell_map(s, v);
        break;
    case RP_REC:
        if (rp_kind(v) >= RP_USER_KIND) {
            story_note(s, "U%u(", rp_kind(v) - RP_USER_KIND);
            story_value(s, ((struct rp_user_record *)(void *)v.u.rec)->value);
            story_note(s, ")");
        } else {
            tell_record(s, v);
        }
        break;
    case RP_BAD:
        story_note(s, "BAD");
    }
}

static size_t request_number(struct story *s, const char *id)
{
    for (size_t i = 0; i < s->n_requests; i++)
        if (strcmp(s->request[i], id) == 0)
            return i + 1;
    assert_true(s->n_requests < STORY_REQUESTS);
    assert_true(strlen(id) < sizeof(s->request[0]));
    memcpy(s->request[s->n_requests], id, strlen(id) + 1);
    return ++s->n_requests;
}

const char *story_id(const struct story *s, size_t request)
{
    assert_true(request >= 1 && request <= s->n_requests);
    return s->request[request - 1];
}

static const char *type_of(const struct rp_event *e)
{
    if (e->kind == RP_EV_SUPERSTEP_STARTED)
        return "S+";
    if (e->kind == RP_EV_SUPERSTEP_COMPLETED)
        return "S-";
    if (e->kind == RP_EV_EXECUTOR_INVOKED)
        return "inv";
    if (e->kind == RP_EV_EXECUTOR_COMPLETED)
        return "cmp";
    return e->kind == RP_EV_CUSTOM ? e->name : rp_event_name(e->kind);
}

void story_event(struct story *s, const struct rp_event *e)
{
    if (s->untold & RP_BIT(e->kind))
        return;
    story_note(s, "%lld %s", (long long)e->step, type_of(e));
    if (e->executor)
        story_note(s, " %s", e->executor);
    if (e->kind == RP_EV_STATUS)
        story_note(s, " %s", rp_state_name(e->state));
    if (e->kind == RP_EV_REQUEST_INFO || e->kind == RP_EV_REQUEST_EXPIRED ||
        e->kind == RP_EV_REQUEST_CANCELLED)
        story_note(s, " R%zu", request_number(s, e->name));
    if (e->kind == RP_EV_FAILED || e->kind == RP_EV_EXECUTOR_FAILED) {
        story_note(s, " %s", rp_status_name(e->status));
    } else if (e->kind != RP_EV_WARNING &&
               (e->data.tag != RP_NIL || e->kind == RP_EV_EXECUTOR_COMPLETED)) {
        story_note(s, " ");
        story_value(s, e->data);
    }
    story_note(s, "\n");
}

/* ---- models and tools ---- */

/* Adds a call to contents for each name in `calls`. */
static void add_calls(struct rp_heap *h, struct rp_value *contents, const struct story_line *line,
                      size_t number)
{
    const char *at = line->calls;
    char id[64];

    while (at && *at) {
        size_t n = strcspn(at, " ");
        snprintf(id, sizeof(id), "%.*s-%zu", (int)n, at, number);
        assert_int_equal(rp_list_add(h, contents,
                                     rp_content_call(h, rp_textz(h, id), rp_text(h, at, n),
                                                     rp_textz(h, line->with ? line->with : "{}"))),
                         RP_OK);
        at += n + (at[n] == ' ');
    }
}

static struct rp_value contents_of(struct rp_heap *h, const struct story_line *line, size_t number)
{
    struct rp_value contents = rp_list();

    if (line->says)
        assert_int_equal(rp_list_add(h, &contents, rp_content_text(h, rp_textz(h, line->says))),
                         RP_OK);
    add_calls(h, &contents, line, number);
    return contents;
}

static void answer_model(struct story *s, const struct story_call *call)
{
    struct rp_heap *h = rp_run_heap(s->run);
    struct rp_value contents = contents_of(h, call->line, (size_t)(call->line - s->script) + 1);
    struct rp_value whole = rp_nil();

    if (call->line->fails) {
        assert_int_equal(rp_run_call_failed(s->run, call->id, call->line->fails), RP_OK);
        return;
    }
    if (call->stream)
        assert_int_equal(
            rp_run_update(s->run, call->id, rp_update(h, RP_ASSISTANT, rp_nil(), contents)), RP_OK);
    else
        whole = rp_response(h, rp_list_of(h, 1, rp_message(h, RP_ASSISTANT, rp_nil(), contents)),
                            rp_nil());
    assert_int_equal(rp_run_reply(s->run, call->id, whole), RP_OK);
}

static void answer_call(struct story *s, const struct story_call *call)
{
    struct rp_heap *h = rp_run_heap(s->run);
    struct rp_str parts[] = {rp_str("done "), rp_str(call->tool), {NULL, 0}};

    if (call->line)
        answer_model(s, call);
    else
        assert_int_equal(rp_run_tool_result(s->run, call->id,
                                            (struct rp_tool_result){rp_text_join(h, parts), 0}),
                         RP_OK);
}

static const struct story_line *next_line(struct story *s, const char *agent)
{
    for (size_t i = 0; i < s->n_script; i++) {
        if (!s->used[i] && strcmp(s->script[i].agent, agent) == 0) {
            s->used[i] = 1;
            return &s->script[i];
        }
    }
    fail_msg("agent %s has no line left", agent);
    return NULL;
}

static void take_call(struct story *s, struct story_call call)
{
    if (!s->picks) {
        answer_call(s, &call);
        return;
    }
    assert_true(s->n_open < STORY_OPEN);
    s->open[s->n_open++] = call;
}

/* Answers one of the open calls. */
static void end_wait(struct story *s)
{
    struct story_call call;
    size_t i;

    assert_true(s->n_open > 0);
    i = (s->pick < s->n_picks ? s->picks[s->pick] : 0) % s->n_open;
    s->pick++;
    call = s->open[i];
    memmove(s->open + i, s->open + i + 1, (s->n_open - i - 1) * sizeof(s->open[0]));
    s->n_open--;
    answer_call(s, &call);
}

/* ---- what a checkpoint carries beside the run: the lines that are used ---- */

static int world_save(void *ctx, struct rp_heap *heap, struct rp_value *out)
{
    struct story *s = ctx;

    *out = rp_list();
    for (size_t i = 0; i < s->n_script; i++)
        RP_TRY(rp_list_add(heap, out, rp_bool(s->used[i])));
    return RP_OK;
}

static int world_load(void *ctx, struct rp_value saved)
{
    struct story *s = ctx;

    for (size_t i = 0; i < s->n_script; i++)
        s->used[i] = i < rp_len(saved) && rp_is_true(rp_at(saved, (uint32_t)i));
    return RP_OK;
}

/* ---- turns ---- */

void story_run(struct story *s, const struct rp_workflow *w)
{
    struct rp_run_opts opts = {.alloc = s->alloc,
                               .store = s->has_store ? &s->store : NULL,
                               .world = {world_save, world_load, s},
                               .events = s->events,
                               .timeouts = s->timeouts,
                               .n_timeouts = s->n_timeouts,
                               .heap_chunk = s->heap_chunk};

    if (!w)
        fail_msg("no workflow: %s: %s", s->error.where, s->error.text);
    rp_run_free(s->run);
    s->run = NULL;
    s->n_open = 0;
    memset(s->used, 0, sizeof(s->used));
    assert_int_equal(rp_run_new(w, &opts, &s->run), RP_OK);
}

int story_next(struct story *s)
{
    assert_int_equal(rp_run_next(s->run, &s->out), RP_OK);
    s->events_seen++;
    switch (s->out.kind) {
    case RP_OUT_EVENT:
        story_event(s, &s->out.u.event);
        break;
    case RP_OUT_MODEL_CALL:
        take_call(s, (struct story_call){.id = s->out.u.model.id,
                                         .line = next_line(s, rp_agent_name(s->out.u.model.agent)),
                                         .stream = s->out.u.model.stream});
        break;
    case RP_OUT_TOOL_CALL:
        take_call(s, (struct story_call){.id = s->out.u.tool.id, .tool = s->out.u.tool.tool->name});
        break;
    case RP_OUT_WAITING:
        end_wait(s);
        break;
    case RP_OUT_DONE:
        story_note(s, "= %s\n", rp_status_name(rp_run_error(s->run, &s->error)));
        s->n_open = 0;
        return 0;
    }
    return 1;
}

void story_play(struct story *s)
{
    while (story_next(s))
        ;
}

void story_after(struct story *s, int rc)
{
    s->events_seen = 0;
    if (rc == RP_OK)
        story_play(s);
    else
        story_note(s, "refused: %s\n", rp_status_name(rc));
}

static struct rp_turn turn_of(const struct story *s)
{
    return (struct rp_turn){.stream = s->stream};
}

int story_begin(struct story *s, const char *text)
{
    struct rp_turn turn = turn_of(s);

    s->events_seen = 0;
    return rp_run_message(s->run, rp_textz(rp_run_heap(s->run), text), &turn, &s->error);
}

void story_say(struct story *s, const char *text)
{
    story_after(s, story_begin(s, text));
}

void story_give(struct story *s, struct rp_value message)
{
    struct rp_turn turn = turn_of(s);

    story_after(s, rp_run_message(s->run, message, &turn, &s->error));
}

void story_answer(struct story *s, size_t request, struct rp_value value)
{
    struct rp_turn turn = turn_of(s);
    struct rp_answer answer = {story_id(s, request), value};

    story_after(s, rp_run_respond(s->run, &answer, 1, &turn, &s->error));
}

void story_resume(struct story *s, int64_t checkpoint)
{
    struct rp_turn turn = turn_of(s);

    story_after(s, rp_run_resume(s->run, checkpoint, NULL, 0, &turn, &s->error));
}
