/* hand.c - tells tales to properties. */
#include "tests/unit/hand.h"

#include "tests/support/watched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 24, AGENTS = 8, ANSWERS = 4, TEXT_MAX = 8192 };

struct hand {
    struct rp_alloc alloc;
    struct rp_scenario *scenario;
    struct rp_props *props;
    struct rp_observer watch;
    struct rp_run *run;
    struct rp_heap *heap;
    struct rp_agent *agent[AGENTS];
    int64_t step;
    struct rp_scenario_answer answer[ANSWERS];
    char *word[WORDS];
    int n;
};

static struct rp_value value_of(struct hand *h, char *word);

static int number(const char *digits)
{
    return (int)strtol(digits, NULL, 10);
}

/* ---- values -----------------------------------------------------------------------------------
 */

static struct rp_value text(struct hand *h, const char *z)
{
    return rp_textz(h->heap, z);
}

static struct rp_value call(struct hand *h, const char *id)
{
    return rp_content_call(h->heap, text(h, id), text(h, "t"), text(h, "{}"));
}

static struct rp_value one(struct hand *h, struct rp_value v)
{
    return rp_list_of(h->heap, 1, v);
}

/* "ann:word": an assistant's message. */
static struct rp_value message(struct hand *h, char *word)
{
    char *colon = strchr(word, ':');

    assert_non_null(colon);
    *colon = '\0';
    return rp_text_message(h->heap, RP_ASSISTANT, text(h, word), text(h, colon + 1));
}

static struct rp_value list_of(struct hand *h, char *word)
{
    struct rp_value list = rp_list();
    char *end = strchr(word, '}'), *next;

    assert_non_null(end);
    *end = '\0';
    for (char *at = word; *at; at = next) {
        next = strchr(at, ',');
        next = next ? (*next = '\0', next + 1) : at + strlen(at);
        if (rp_list_add(h->heap, &list, value_of(h, at)) != RP_OK)
            return rp_bad();
    }
    return list;
}

/* "ann:word,ben:word": a response of several. */
static struct rp_value several(struct hand *h, char *word)
{
    struct rp_value list = rp_list();

    for (char *next; word; word = next) {
        next = strchr(word, ',');
        if (next)
            *next++ = '\0';
        if (rp_list_add(h->heap, &list, message(h, word)) != RP_OK)
            return rp_bad();
    }
    return rp_response(h->heap, list, rp_nil());
}

static struct rp_value plan_answer(struct hand *h, char *word)
{
    struct rp_plan_answer *a = rp_rec_new(h->heap, RP_K_PLAN_ANSWER);

    if (a && word[0] != ')')
        a->messages = one(h, rp_user_message(h->heap, "revise"));
    return rp_from_rec(a);
}

static struct rp_value value_of(struct hand *h, char *word)
{
    struct rp_value m;

    switch (word[0]) {
    case '?':
        return rp_agent_request(h->heap, rp_list(), word[1] == 'T');
    case '=':
        m = message(h, word + 1);
        return rp_agent_response(h->heap, word + 1, rp_response(h->heap, one(h, m), rp_nil()),
                                 one(h, m));
    case '^':
        return rp_response(h->heap, one(h, message(h, word + 1)), rp_nil());
    case '%':
        return several(h, word + 1);
    case '~':
        return rp_update(h->heap, RP_ASSISTANT, rp_nil(),
                         one(h, rp_content_text(h->heap, text(h, word + 1))));
    case '!':
        return rp_approval_request(h->heap, call(h, word + 1));
    case '+':
    case '-':
        return rp_approval_response(h->heap, call(h, word + 1), word[0] == '+');
    case '#':
        return call(h, word + 1);
    case '*':
        return rp_content_result(h->heap, text(h, word + 1), text(h, "ok"), 0);
    case '{':
        return list_of(h, word + 1);
    case '(':
        return plan_answer(h, word + 1);
    default:
        return text(h, word);
    }
}

/* ---- events -----------------------------------------------------------------------------------
 */

static int tell(struct hand *h, struct rp_event ev)
{
    ev.step = h->step;
    return h->watch.event(h->watch.ctx, &ev);
}

/* "1=word": the turn's answers. */
static void take_answers(struct hand *h, struct rp_scenario_turn *turn)
{
    turn->answers = h->answer;
    for (int i = 1; i < h->n && turn->kind == RP_TURN_RESPOND && i <= ANSWERS; i++) {
        char *equals = strchr(h->word[i], '=');
        *equals = '\0';
        h->answer[turn->n_answers++] = (struct rp_scenario_answer){
            .request = number(h->word[i]), .kind = RP_ANSWER_VALUE, .value = text(h, equals + 1)};
    }
}

static int begins(struct hand *h, enum rp_turn_kind kind, int64_t checkpoint)
{
    struct rp_scenario_turn turn = {.kind = kind, .checkpoint = checkpoint};

    take_answers(h, &turn);

    RP_TRY(rp_props_turn_begins(h->props, &turn, h->run));
    if (kind == RP_TURN_CANCEL)
        return RP_OK;
    RP_TRY(tell(h, (struct rp_event){.kind = RP_EV_STARTED}));
    return tell(h, (struct rp_event){.kind = RP_EV_STATUS, .state = RP_IN_PROGRESS});
}

static int invoked(struct hand *h)
{
    struct rp_event ev = {
        .kind = RP_EV_EXECUTOR_INVOKED, .executor = h->word[1], .data = value_of(h, h->word[2])};

    for (int i = 3; i < h->n; i++) {
        if (h->word[i][0] == '?' && !h->word[i][1])
            ev.name = h->word[++i];
        else if (h->word[i][0] != '<' && ev.n_sources++ == 0)
            ev.source = h->word[i];
    }
    return tell(h, ev);
}

static int64_t node_of(struct hand *h, const char *id)
{
    for (uint32_t i = 0; i < rp_workflow_executors(h->scenario->workflow); i++)
        if (strcmp(rp_workflow_executor(h->scenario->workflow, i), id) == 0)
            return i;
    return 9999;
}

static int completed(struct hand *h)
{
    struct rp_event ev = {.kind = RP_EV_EXECUTOR_COMPLETED,
                          .executor = h->word[1],
                          .data = rp_list(),
                          .targets = rp_list()};
    int yields = 0;

    for (int i = 2; i < h->n; i++) {
        char *at = strchr(h->word[i], '@');
        if (h->word[i][0] == '|') {
            yields = 1;
            continue;
        }
        if (at)
            *at = '\0';
        RP_TRY(rp_list_add(h->heap, &ev.data, value_of(h, h->word[i])));
        if (yields)
            continue;
        ev.n_sent++;
        RP_TRY(rp_list_add(h->heap, &ev.targets, rp_int(at ? node_of(h, at + 1) : -1)));
    }
    return tell(h, ev);
}

static int state(struct hand *h, const char *name)
{
    for (int s = RP_STARTED; s <= RP_CANCELLED; s++)
        if (strcmp(rp_state_name((enum rp_state)s), name) == 0) {
            h->step = s == RP_FAILED ? h->step : 0;
            RP_TRY(tell(h, (struct rp_event){.kind = RP_EV_STATUS, .state = (enum rp_state)s}));
            h->step = 0;
            return RP_OK;
        }
    fail_msg("no state %s", name);
    return RP_EARG;
}

static int checkpoint(struct hand *h)
{
    static const char *const keys[] = {"number", "previous", "iteration", "pending_requests"};
    struct rp_value data = rp_map(), messages = rp_map();

    for (int i = 0; i < 4; i++)
        RP_TRY(rp_map_put(h->heap, &data, keys[i],
                          h->word[1 + i][0] == '-' ? rp_nil() : rp_int(number(h->word[1 + i]))));
    for (int i = 5; i < h->n; i++) {
        char *equals = strchr(h->word[i], '=');
        *equals = '\0';
        RP_TRY(rp_map_put(h->heap, &messages, h->word[i], rp_int(number(equals + 1))));
    }
    RP_TRY(rp_map_put(h->heap, &data, "messages", messages));
    return tell(h, (struct rp_event){.kind = RP_EV_CHECKPOINT, .data = data});
}

static int expired(struct hand *h)
{
    struct rp_value data = rp_map();

    RP_TRY(rp_map_put(h->heap, &data, "action", text(h, h->word[3])));
    return tell(h, (struct rp_event){.kind = RP_EV_REQUEST_EXPIRED,
                                     .executor = h->word[1],
                                     .name = h->word[2],
                                     .data = data});
}

/* {OUTER: {FIRST: a, SECOND: b}} */
static int pair(struct hand *h, enum rp_event_kind kind, const char *outer, const char *first,
                struct rp_value a, const char *second, struct rp_value b)
{
    struct rp_value in = rp_map(), out = rp_map();

    RP_TRY(rp_map_put(h->heap, &in, first, a));
    RP_TRY(rp_map_put(h->heap, &in, second, b));
    RP_TRY(rp_map_put(h->heap, &out, outer, in));
    return tell(h, (struct rp_event){.kind = kind, .data = out});
}

static int magentic(struct hand *h, const char *what, struct rp_value content)
{
    struct rp_value data = rp_map();

    RP_TRY(rp_map_put(h->heap, &data, what, content));
    return tell(h, (struct rp_event){
                       .kind = RP_EV_MAGENTIC, .executor = "magentic_orchestrator", .data = data});
}

static int ledger(struct hand *h)
{
    struct rp_value answers = rp_map();
    const char *kind = h->word[1];

    RP_TRY(rp_map_put(h->heap, &answers, "is_request_satisfied", rp_bool(kind[0] == 'd')));
    RP_TRY(rp_map_put(h->heap, &answers, "is_progress_being_made", rp_bool(kind[0] == 'o')));
    RP_TRY(rp_map_put(h->heap, &answers, "is_in_loop", rp_bool(0)));
    RP_TRY(rp_map_put(h->heap, &answers, "next_speaker", text(h, h->word[2])));
    return magentic(h, "progress_ledger_updated", answers);
}

/* ---- models and tools -------------------------------------------------------------------------
 */

static struct rp_agent *agent_of(struct hand *h, const char *name)
{
    for (uint32_t i = 0; i < h->scenario->n_agents && i < AGENTS; i++)
        if (strcmp(h->scenario->script[i].name, name) == 0)
            return h->agent[i];
    fail_msg("no agent %s", name);
    return NULL;
}

/* "u:word", "a/ann:word", "c/ann:id,id", "r:id,id", "e:id" */
static struct rp_value shown_message(struct hand *h, char *word)
{
    char kind = word[0], *colon = strchr(word, ':'), *next;
    struct rp_value author = rp_nil(), contents = rp_list();

    *colon = '\0';
    if (word[1] == '/')
        author = text(h, word + 2);
    if (kind == 'u' || kind == 'a')
        return rp_text_message(h->heap, kind == 'u' ? RP_USER : RP_ASSISTANT, author,
                               text(h, colon + 1));
    for (char *at = colon + 1; *at; at = next) {
        next = strchr(at, ',');
        next = next ? (*next = '\0', next + 1) : at + strlen(at);
        struct rp_value id = text(h, strcmp(at, "-") == 0 ? "" : at);
        struct rp_value c = kind == 'c'
                                ? rp_content_call(h->heap, id, text(h, "t"), text(h, "{}"))
                                : rp_content_result(h->heap, id, text(h, "ok"), kind == 'e');
        if (rp_list_add(h->heap, &contents, c) != RP_OK)
            return rp_bad();
    }
    return rp_message(h->heap, kind == 'c' ? RP_ASSISTANT : RP_TOOL, author, contents);
}

static int shown(struct hand *h)
{
    struct rp_model_call c = {.agent = agent_of(h, h->word[1]),
                              .executor = h->word[1],
                              .step = h->step,
                              .messages = rp_list()};

    for (int i = 2; i < h->n; i++)
        RP_TRY(rp_list_add(h->heap, &c.messages, shown_message(h, h->word[i])));
    return h->watch.model_call(h->watch.ctx, &c, 1, 1);
}

static int reply(struct hand *h, enum rp_reply_kind kind, struct rp_value value)
{
    struct rp_reply r = {.kind = kind, .value = value};

    if (value.tag == RP_BAD)
        return RP_ENOMEM;
    return h->watch.model_reply(h->watch.ctx, agent_of(h, h->word[1]), &r);
}

static int whole_reply(struct hand *h, struct rp_value m)
{
    return reply(h, RP_REPLY_WHOLE, rp_response(h->heap, one(h, m), rp_nil()));
}

static int calls(struct hand *h)
{
    char word[128];

    snprintf(word, sizeof(word), "c:%s", h->word[2]);
    return whole_reply(h, shown_message(h, word));
}

static int tool(struct hand *h)
{
    struct rp_tool t = {.name = "t",
                        .needs_approval = h->word[3][0] == 'g',
                        .declaration_only = h->word[3][0] == 'd'};
    struct rp_tool_call c = {.agent = agent_of(h, h->word[1]),
                             .tool = &t,
                             .executor = h->word[1],
                             .step = h->step,
                             .call_id = text(h, h->word[2])};

    return c.call_id.tag == RP_BAD ? RP_ENOMEM : h->watch.tool_call(h->watch.ctx, &c);
}

/* ---- commands ---------------------------------------------------------------------------------
 */

static int is(const struct hand *h, const char *command)
{
    return strcmp(h->word[0], command) == 0;
}

static int told_of(struct hand *h, enum rp_event_kind kind, struct rp_value data)
{
    return tell(h, (struct rp_event){.kind = kind,
                                     .executor = h->n > 1 ? h->word[1] : NULL,
                                     .name = h->n > 2 ? h->word[2] : NULL,
                                     .status = kind == RP_EV_WARNING ? RP_OK : RP_EHANDLER,
                                     .data = data});
}

static int of_speakers(struct hand *h)
{
    if (is(h, "sent") || is(h, "got"))
        return pair(h, RP_EV_GROUP_CHAT, is(h, "sent") ? "request_sent" : "response_received",
                    "participant", text(h, h->word[1]), "round", rp_int(number(h->word[2])));
    if (is(h, "handoff"))
        return pair(h, RP_EV_HANDOFF_SENT, "handoff", "source", text(h, h->word[1]), "target",
                    text(h, h->word[2]));
    if (is(h, "ledger"))
        return ledger(h);
    if (is(h, "replanned"))
        return magentic(h, "replanned", rp_nil());
    if (is(h, "planned"))
        return magentic(h, "plan_created", rp_nil());
    fail_msg("no command %s", h->word[0]);
    return RP_EARG;
}

static int of_models(struct hand *h)
{
    if (is(h, "shown"))
        return shown(h);
    if (is(h, "says"))
        return whole_reply(h,
                           rp_text_message(h->heap, RP_ASSISTANT, rp_nil(), text(h, h->word[2])));
    if (is(h, "calls"))
        return calls(h);
    if (is(h, "piece"))
        return reply(h, RP_REPLY_UPDATE,
                     rp_update(h->heap, RP_ASSISTANT, rp_nil(),
                               one(h, rp_content_text(h->heap, text(h, h->word[2])))));
    if (is(h, "over"))
        return reply(h, RP_REPLY_END, rp_nil());
    if (is(h, "error"))
        return reply(h, RP_REPLY_ERROR, rp_nil());
    return is(h, "tool") ? tool(h) : of_speakers(h);
}

static int of_executors(struct hand *h)
{
    if (is(h, "inv"))
        return invoked(h);
    if (is(h, "cmp"))
        return completed(h);
    if (is(h, "fails"))
        return told_of(h, RP_EV_EXECUTOR_FAILED, rp_nil());
    if (is(h, "failed"))
        return tell(h, (struct rp_event){.kind = RP_EV_FAILED, .status = RP_EHANDLER});
    if (is(h, "warn"))
        return told_of(h, RP_EV_WARNING, rp_nil());
    if (is(h, "out"))
        return tell(h, (struct rp_event){.kind = RP_EV_OUTPUT,
                                         .executor = h->word[1],
                                         .data = value_of(h, h->word[2])});
    if (is(h, "ask"))
        return told_of(h, RP_EV_REQUEST_INFO, value_of(h, h->word[3]));
    if (is(h, "cancel"))
        return told_of(h, RP_EV_REQUEST_CANCELLED, rp_nil());
    return is(h, "expire") ? expired(h) : of_models(h);
}

static int step(struct hand *h)
{
    int begins_one = is(h, "S+");

    h->step = number(h->word[1]);
    RP_TRY(tell(h, (struct rp_event){.kind = begins_one ? RP_EV_SUPERSTEP_STARTED
                                                        : RP_EV_SUPERSTEP_COMPLETED}));
    h->step = begins_one ? h->step : 0;
    return RP_OK;
}

static int command(struct hand *h)
{
    if (is(h, "run"))
        return begins(h, RP_TURN_RUN, -1);
    if (is(h, "respond"))
        return begins(h, RP_TURN_RESPOND, -1);
    if (is(h, "resume"))
        return begins(h, RP_TURN_RESUME, number(h->word[1]));
    if (is(h, "cancelling"))
        return begins(h, RP_TURN_CANCEL, -1);
    if (is(h, "S+") || is(h, "S-"))
        return step(h);
    if (is(h, "state"))
        return state(h, h->word[1]);
    if (is(h, "ckpt"))
        return checkpoint(h);
    if (is(h, "end"))
        return rp_props_turn_ended(h->props, h->run, number(h->word[1]), 0);
    return of_executors(h);
}

static int tell_all(struct hand *h, const char *tale)
{
    char line[TEXT_MAX], *rest = line, *command_at, *word;
    int rc = RP_OK;

    assert_true(strlen(tale) < sizeof(line));
    memcpy(line, tale, strlen(tale) + 1);
    h->step = 0;
    while (rc == RP_OK && (command_at = strtok_r(rest, ";", &rest)) != NULL) {
        h->n = 0;
        while ((word = strtok_r(command_at, " ", &command_at)) != NULL && h->n < WORDS)
            h->word[h->n++] = word;
        if (h->n > 0)
            rc = command(h);
        if (rc == RP_OK && h->heap->failed)
            rc = RP_ENOMEM;
    }
    return rc == RP_OK ? rp_props_end(h->props, 1) : rc;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static int load(struct hand *h, const char *scenario)
{
    char json[TEXT_MAX];
    struct rp_error err = {0};
    int rc;

    assert_true(strlen(scenario) < sizeof(json));
    memcpy(json, scenario, strlen(scenario) + 1);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    rc = rp_scenario_read(&h->alloc, "hand", json, strlen(json), &h->scenario, &err);
    if (rc != RP_OK && rc != RP_ENOMEM)
        fail_msg("%s: %s", err.where, err.text);
    return rc;
}

static int open_hand(struct hand *h, const struct rp_alloc *alloc, const char *scenario)
{
    struct rp_run_opts opts = {.alloc = *alloc};

    memset(h, 0, sizeof(*h));
    h->alloc = *alloc;
    RP_TRY(load(h, scenario));
    h->heap = rp_kit_heap(h->scenario->kit);
    for (uint32_t i = 0; i < h->scenario->n_agents && i < AGENTS; i++) {
        struct rp_agent_opts agent = {.name = h->scenario->script[i].name};
        h->agent[i] = rp_agent(h->scenario->kit, &agent, NULL);
        if (!h->agent[i])
            return RP_ENOMEM;
    }
    RP_TRY(rp_run_new(h->scenario->workflow, &opts, &h->run));
    RP_TRY(rp_props_new(alloc, h->scenario, &h->props));
    h->watch = rp_props_observer(h->props);
    return RP_OK;
}

static void close_hand(struct hand *h)
{
    rp_props_free(h->props);
    rp_run_free(h->run);
    rp_scenario_free(h->scenario);
}

int tell_tale(const struct rp_alloc *alloc, const char *scenario, const char *tale)
{
    struct hand h;
    int rc = open_hand(&h, alloc, scenario);

    if (rc == RP_OK)
        rc = tell_all(&h, tale);
    close_hand(&h);
    return rc;
}

void hold_tales(const char *scenario, const struct tale *tales, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char said[2048], again[2048];
        struct faulty memory;
        struct hand h;
        faulty_init(&memory, -1);
        assert_int_equal(open_hand(&h, &memory.alloc, scenario), RP_OK);
        assert_int_equal(tell_all(&h, tales[i].tale), RP_OK);
        watched_say(h.props, said, sizeof(said));
        rp_props_reset(h.props);
        assert_int_equal(tell_all(&h, tales[i].tale), RP_OK);
        watched_say(h.props, again, sizeof(again));
        close_hand(&h);
        if (strcmp(said, tales[i].said) != 0)
            print_error("%s\n", tales[i].tale);
        assert_string_equal(said, tales[i].said);
        assert_string_equal(again, tales[i].said);
        assert_int_equal(memory.out, 0);
    }
}
