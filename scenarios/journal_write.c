/* journal_write.c - what a journal says of a run: the first line, turns, events, tools, the end. */
#include "journal_line.h"

#include "engine/base/sha256.h"

#include <string.h>

int rp_journal_new(const struct rp_journal_opts *opts, struct rp_journal **out)
{
    const struct rp_alloc *alloc = &opts->alloc;
    struct rp_journal *j = alloc->resize(alloc->ctx, NULL, 0, sizeof(*j));

    if (!j)
        return RP_ENOMEM;
    *j = (struct rp_journal){.alloc = *alloc,
                             .scenario = opts->scenario,
                             .sink = opts->sink,
                             .filter = opts->filter,
                             .head = opts->head};
    memset(j->chain, '0', RP_JOURNAL_CHAIN);
    rp_journal_names_init(&j->names, alloc);
    rp_heap_init(&j->scratch, alloc, 0, 0);
    rp_buf_init(&j->line, alloc, RP_JOURNAL_LINE_MAX);
    rp_buf_init(&j->passed, alloc, RP_JOURNAL_LINE_MAX);
    *out = j;
    return RP_OK;
}

void rp_journal_free(struct rp_journal *j)
{
    struct rp_alloc alloc;

    if (!j)
        return;
    alloc = j->alloc;
    rp_buf_free(&j->passed);
    rp_buf_free(&j->line);
    rp_heap_free(&j->scratch);
    rp_journal_names_free(&j->names);
    alloc.resize(alloc.ctx, j, sizeof(*j), 0);
}

int rp_journal_failed(const struct rp_journal *j)
{
    return j->failed;
}

uint64_t rp_journal_lines(const struct rp_journal *j)
{
    return j->lines;
}

void rp_journal_run(struct rp_journal *j, const struct rp_run *run)
{
    j->run = run;
}

/* ---- the first line -------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static struct rp_journal_head head_of(const struct rp_journal *j,
                                      const struct rp_journal_play *play)
{
    static const char *const storages[] = {[RP_STORE_NONE] = "none",
                                           [RP_STORE_MEMORY] = "memory",
                                           [RP_STORE_FILE] = "file",
                                           [RP_STORE_SQLITE] = "sqlite"};

    if (j->head)
        return *j->head;
    return (struct rp_journal_head){
        .program = RP_VERSION,
        .file = base_name(j->scenario->path),
        .checkpoints = play->given ? "given" : storages[play->storage],
        .models = play->service ? "service" : "script",
        .clock = j->real_clock ? "real" : "virtual",
        .redaction = j->filter ? "on" : "none",
        .steps_max = play->steps_max,
    };
}

/* The scenario as it may be written, and its digest. */
static int pass_scenario(struct rp_journal *j, struct rp_buf *json, struct rp_value *out,
                         char hex[65])
{
    struct rp_sha256 d;

    *out = j->scenario->json;
    RP_TRY(rp_json_write(&j->line, *out, 0));
    if (j->filter)
        RP_TRY(j->filter->line(j->filter->ctx, j->line.s, j->line.n, json, &j->taken));
    if (j->taken > 0) {
        RP_TRY(rp_json_try(&j->scratch, (struct rp_str){json->s, json->n}, out));
        rp_buf_clear(&j->line);
        RP_TRY(rp_json_write(&j->line, *out, 0));
    }
    rp_sha256_init(&d);
    rp_sha256_add(&d, j->line.s, j->line.n);
    rp_sha256_hex(&d, hex);
    return RP_OK;
}

int rp_journal_begin(struct rp_journal *j, const struct rp_journal_play *play)
{
    struct rp_journal_head head = head_of(j, play);
    struct rp_value scenario;
    char hex[65] = "";

    rp_buf_clear(&j->line);
    rp_buf_clear(&j->passed);
    j->failed = pass_scenario(j, &j->passed, &scenario, hex);
    rp_line_begin(j, "journal");
    rp_line_int(j, "version", RP_JOURNAL_VERSION);
    rp_line_text(j, "program", head.program);
    rp_line_text(j, "file", head.file);
    rp_line_text(j, "workflow", rp_workflow_name(j->scenario->workflow));
    rp_line_text(j, "signature", rp_workflow_signature(j->scenario->workflow));
    rp_line_text(j, "checkpoints", head.checkpoints);
    rp_line_text(j, "models", head.models);
    rp_line_text(j, "clock", head.clock);
    rp_line_int(j, "steps_max", (int64_t)head.steps_max);
    rp_line_text(j, "redaction", head.redaction);
    rp_line_text(j, "sha256", hex);
    if (j->failed == RP_OK)
        rp_line_value(j, "scenario", scenario);
    return rp_line_end(j);
}

/* ---- turns ----------------------------------------------------------------------------------- */

static const char *const turn_kinds[] = {[RP_TURN_RUN] = "run",
                                         [RP_TURN_RESPOND] = "respond",
                                         [RP_TURN_RESUME] = "resume",
                                         [RP_TURN_WAIT] = "wait",
                                         [RP_TURN_CANCEL] = "cancel"};

static const char *const answer_kinds[] = {
    [RP_ANSWER_APPROVE] = "approve",     [RP_ANSWER_FEEDBACK] = "feedback",
    [RP_ANSWER_REVISE] = "revise",       [RP_ANSWER_REPLY] = "reply",
    [RP_ANSWER_TERMINATE] = "terminate", [RP_ANSWER_RESULT] = "result",
    [RP_ANSWER_VALUE] = "value"};

int rp_journal_turn_kind(struct rp_str name)
{
    for (int i = RP_TURN_RUN; i <= RP_TURN_CANCEL; i++)
        if (rp_str_equal(rp_str(turn_kinds[i]), name))
            return i;
    return -1;
}

int rp_journal_answer_kind(struct rp_str name)
{
    for (int i = RP_ANSWER_APPROVE; i <= RP_ANSWER_VALUE; i++)
        if (rp_str_equal(rp_str(answer_kinds[i]), name))
            return i;
    return -1;
}

static int add_answer(struct rp_heap *h, const struct rp_scenario_answer *a, struct rp_value *all)
{
    struct rp_value one = rp_map();

    RP_TRY(rp_map_put(h, &one, "request", rp_int(a->request)));
    RP_TRY(rp_map_put(h, &one, "kind", rp_textz(h, answer_kinds[a->kind])));
    RP_TRY(rp_map_put(h, &one, "yes", rp_bool(a->yes)));
    RP_TRY(rp_map_put(h, &one, "value", a->value));
    return rp_list_add(h, all, one);
}

static void put_answers(struct rp_journal *j, const struct rp_scenario_turn *turn)
{
    struct rp_value all = rp_list();

    for (uint32_t i = 0; i < turn->n_answers && j->failed == RP_OK; i++)
        j->failed = add_answer(&j->scratch, &turn->answers[i], &all);
    rp_line_value(j, "answers", all);
}

static void put_cancel(struct rp_journal *j, const struct rp_scenario_turn *turn)
{
    struct rp_value all = rp_list();

    for (uint32_t i = 0; i < turn->n_cancel && j->failed == RP_OK; i++)
        j->failed = rp_list_add(&j->scratch, &all, rp_int(turn->cancel[i]));
    rp_line_value(j, "cancel", all);
}

int rp_journal_turn(struct rp_journal *j, const struct rp_scenario_turn *turn, int stream,
                    uint64_t now_ms)
{
    rp_line_begin(j, "turn");
    rp_line_int(j, "turn", ++j->turn);
    rp_line_int(j, "at", (int64_t)now_ms);
    rp_line_text(j, "kind", turn_kinds[turn->kind]);
    rp_line_bool(j, "stream", stream);
    switch (turn->kind) {
    case RP_TURN_RUN:
        rp_line_value(j, "message", turn->message);
        break;
    case RP_TURN_RESUME:
        rp_line_int(j, "checkpoint", turn->checkpoint);
        put_answers(j, turn);
        break;
    case RP_TURN_RESPOND:
        put_answers(j, turn);
        break;
    case RP_TURN_WAIT:
        rp_line_int(j, "wait_ms", (int64_t)turn->wait_ms);
        break;
    case RP_TURN_CANCEL:
        put_cancel(j, turn);
        break;
    }
    return rp_line_end(j);
}

int rp_journal_over(struct rp_journal *j, const struct rp_error *why, uint64_t now_ms)
{
    rp_line_begin(j, "over");
    rp_line_int(j, "turn", j->turn);
    rp_line_int(j, "at", (int64_t)now_ms);
    rp_line_error(j, why->status, why->status == RP_OK ? NULL : why);
    rp_line_text(j, "state", rp_state_name(rp_run_state(j->run)));
    rp_line_int(j, "open", rp_run_requests(j->run));
    rp_line_int(j, "supersteps", (int64_t)rp_run_supersteps(j->run));
    rp_line_digest(j, "digest", rp_run_digest(j->run));
    return rp_line_end(j);
}

int rp_journal_broken(struct rp_journal *j, int rc, const struct rp_error *why)
{
    rp_line_begin(j, "broken");
    rp_line_int(j, "turn", j->turn);
    rp_line_error(j, rc, why);
    return rp_line_end(j);
}

int rp_journal_end(struct rp_journal *j)
{
    rp_line_begin(j, "end");
    rp_line_int(j, "turns", j->turn);
    rp_line_int(j, "events", (int64_t)j->events);
    rp_line_int(j, "model_calls", (int64_t)j->model_calls);
    rp_line_int(j, "tool_calls", (int64_t)j->tool_calls);
    return rp_line_end(j);
}

int rp_journal_adopt(struct rp_journal *j, const struct rp_store *store, int64_t id,
                     struct rp_value record, struct rp_error *err)
{
    struct rp_checkpoint_info info;

    RP_TRY(store->ops->info(store->self, id, &info, err));
    rp_line_begin(j, "adopt");
    rp_line_int(j, "checkpoint", id);
    rp_line_int(j, "previous", info.previous);
    rp_line_int(j, "iteration", info.iteration);
    rp_line_int(j, "pending", info.pending);
    rp_line_int(j, "messages", info.messages);
    rp_line_int(j, "time_ms", (int64_t)info.time_ms);
    rp_line_text(j, "workflow", info.workflow);
    rp_line_text(j, "signature", info.signature);
    rp_line_hex(j, "root", info.root.b, sizeof(info.root.b));
    rp_line_value(j, "known", j->scenario->known);
    rp_line_value(j, "value", record);
    return rp_line_end(j);
}

/* ---- events and tools ------------------------------------------------------------------------ */

static int put_state(struct rp_journal *j, int64_t step)
{
    rp_line_begin(j, "state");
    rp_line_int(j, "step", step);
    rp_line_digest(j, "digest", rp_run_digest(j->run));
    return rp_line_end(j);
}

static int on_event(void *ctx, const struct rp_event *event)
{
    struct rp_journal *j = ctx;

    j->events++;
    rp_line_begin(j, "event");
    rp_line_int(j, "step", event->step);
    rp_line_text(j, "event", rp_event_name(event->kind));
    rp_line_text_if(j, "executor", event->executor);
    rp_line_text_if(j, "name", event->name);
    if (event->kind == RP_EV_STATUS)
        rp_line_text(j, "state", rp_state_name(event->state));
    if (event->status != RP_OK)
        rp_line_text(j, "status", rp_status_name(event->status));
    rp_line_value_if(j, "data", event->data);
    RP_TRY(rp_line_end(j));
    return event->kind == RP_EV_SUPERSTEP_COMPLETED ? put_state(j, event->step) : RP_OK;
}

static void put_tool(struct rp_journal *j, const char *e, const struct rp_tool_call *call)
{
    rp_line_begin(j, e);
    rp_line_int(j, "call", call->id);
    rp_line_int(j, "step", call->step);
    rp_line_text(j, "executor", call->executor);
    rp_line_text(j, "agent", rp_agent_name(call->agent));
    rp_line_text(j, "tool", call->tool->name);
}

static int on_tool_call(void *ctx, const struct rp_tool_call *call)
{
    struct rp_journal *j = ctx;

    j->tool_calls++;
    put_tool(j, "tool_call", call);
    rp_line_value(j, "call_id", call->call_id);
    rp_line_value(j, "arguments", call->arguments);
    rp_line_noted(j, "options", call->kwargs);
    return rp_line_end(j);
}

static int on_tool_result(void *ctx, const struct rp_tool_call *call,
                          const struct rp_tool_result *result)
{
    struct rp_journal *j = ctx;

    put_tool(j, "tool_result", call);
    rp_line_bool(j, "failed", result->failed);
    rp_line_value(j, "value", result->value);
    return rp_line_end(j);
}

struct rp_observer rp_journal_observer(struct rp_journal *j)
{
    return (struct rp_observer){
        .event = on_event, .tool_call = on_tool_call, .tool_result = on_tool_result, .ctx = j};
}
