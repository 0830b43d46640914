/* random_scenario.c - draws scenarios, and answers to what they ask. */
#include "tests/support/random_scenario.h"

enum { AGENTS_MAX = 4, REPLIES_MAX = 6 };

static const char *const names[] = {"ann", "ben", "cat", "dan"};
static const char *const texts[] = {
    "alpha", "beta gamma", "all done", "caf\\u00e9 \\ud83d\\ude42", "delta stop", ""};

/* ---- chance ---------------------------------------------------------------------------------- */

uint64_t draw_next(struct draw *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t draw_below(struct draw *d, uint32_t n)
{
    return (uint32_t)(draw_next(d) >> 16) % n;
}

static int one_in(struct draw *d, uint32_t n)
{
    return draw_below(d, n) == 0;
}

/* ---- pieces of JSON -------------------------------------------------------------------------- */

struct gen {
    struct draw d;
    struct rp_buf *b;
    uint32_t agents;
    int handoff; /* replies may hand over */
    int number;  /* the task is a number */
};

static void z(struct gen *g, const char *s)
{
    rp_buf_addz(g->b, s);
}

static void i(struct gen *g, int64_t n)
{
    rp_buf_add_int(g->b, n);
}

static void text(struct gen *g, const char *s)
{
    z(g, "\"");
    z(g, s);
    z(g, "\"");
}

static const char *some(struct gen *g)
{
    return texts[draw_below(&g->d, sizeof(texts) / sizeof(*texts))];
}

static const char *somebody(struct gen *g)
{
    return names[draw_below(&g->d, g->agents)];
}

static void all_names(struct gen *g)
{
    z(g, "[");
    for (uint32_t k = 0; k < g->agents; k++) {
        z(g, k > 0 ? "," : "");
        text(g, names[k]);
    }
    z(g, "]");
}

/* ---- agents ---------------------------------------------------------------------------------- */

static void tool_calls(struct gen *g, uint32_t tools)
{
    uint32_t n = 1 + draw_below(&g->d, 2);

    z(g, "\"tool_calls\":[");
    for (uint32_t k = 0; k < n; k++) {
        z(g, k > 0 ? ",{\"name\":\"t" : "{\"name\":\"t");
        i(g, draw_below(&g->d, tools));
        z(g, "\",\"arguments\":{\"n\":");
        i(g, draw_below(&g->d, 9));
        z(g, "}}");
    }
    z(g, "]");
}

static void handover(struct gen *g)
{
    z(g, "\"tool_calls\":[{\"name\":\"handoff_to_");
    z(g, somebody(g));
    z(g, "\"}]");
}

static void reply(struct gen *g, uint32_t tools)
{
    int calls = tools > 0 && one_in(&g->d, 3), over = g->handoff && !calls && one_in(&g->d, 2);

    z(g, "{");
    if (one_in(&g->d, 3)) {
        z(g, "\"chunks\":[");
        text(g, some(g));
        z(g, ",");
        text(g, some(g));
        z(g, "]");
    } else {
        z(g, "\"text\":");
        text(g, some(g));
    }
    if (calls || over)
        z(g, ",");
    if (calls)
        tool_calls(g, tools);
    else if (over)
        handover(g);
    z(g, "}");
}

static void tool(struct gen *g, uint32_t k)
{
    z(g, "{\"name\":\"t");
    i(g, k);
    z(g, "\"");
    if (one_in(&g->d, 3))
        z(g, ",\"approval\":\"always\"");
    if (one_in(&g->d, 6))
        z(g, ",\"declaration_only\":true");
    else if (one_in(&g->d, 4))
        z(g, ",\"results\":[\"first\",{\"error\":\"broken\"},[1,2.5]]");
    else
        z(g, ",\"result\":\"fine\"");
    z(g, "}");
}

static void agent(struct gen *g, const char *name)
{
    static const char *const ends[] = {"repeat_last", "cycle", "repeat_last", "error"};
    uint32_t replies = 1 + draw_below(&g->d, REPLIES_MAX), tools = draw_below(&g->d, 3);

    z(g, "{\"name\":");
    text(g, name);
    z(g, ",\"description\":\"d\",\"model\":{\"script\":[");
    for (uint32_t k = 0; k < replies; k++) {
        reply(g, tools);
        z(g, ",");
    }
    z(g, "{\"text\":\"last words\"}],\"when_exhausted\":");
    text(g, ends[draw_below(&g->d, 4)]);
    z(g, "},\"tools\":[");
    for (uint32_t k = 0; k < tools; k++) {
        z(g, k > 0 ? "," : "");
        tool(g, k);
    }
    z(g, "]}");
}

static void agents(struct gen *g)
{
    z(g, "\"agents\":[");
    for (uint32_t k = 0; k < g->agents; k++) {
        z(g, k > 0 ? "," : "");
        agent(g, names[k]);
    }
}

/* ---- patterns -------------------------------------------------------------------------------- */

static void reviews(struct gen *g)
{
    if (one_in(&g->d, 4)) {
        z(g, ",\"request_info\":[");
        text(g, somebody(g));
        z(g, "]");
    }
    if (one_in(&g->d, 4))
        z(g, ",\"output_from\":\"all\"");
}

static void sequential(struct gen *g)
{
    agents(g);
    z(g, "],\"workflow\":{\"pattern\":\"sequential\",\"participants\":");
    all_names(g);
    if (one_in(&g->d, 3))
        z(g, ",\"chain_only_agent_responses\":true");
    reviews(g);
    z(g, "}");
}

static void concurrent(struct gen *g)
{
    agents(g);
    z(g, "],\"workflow\":{\"pattern\":\"concurrent\",\"participants\":");
    all_names(g);
    if (one_in(&g->d, 3))
        z(g, ",\"aggregate\":{\"join\":\" | \"}");
    reviews(g);
    z(g, "}");
}

static void decisions(struct gen *g)
{
    z(g, ",{\"name\":\"boss\",\"model\":{\"script\":[");
    for (uint32_t k = 0; k < 4; k++) {
        z(g, "{\"json\":{\"terminate\":false,\"reason\":\"r\",\"next_speaker\":");
        text(g, somebody(g));
        z(g, ",\"final_message\":null}},");
    }
    z(g, "{\"json\":{\"terminate\":true,\"reason\":\"r\",\"next_speaker\":null,"
         "\"final_message\":\"over\"}}]}}");
}

static void group_chat(struct gen *g)
{
    uint32_t how = draw_below(&g->d, 4);

    agents(g);
    if (how == 3)
        decisions(g);
    z(g, "],\"workflow\":{\"pattern\":\"group_chat\",\"participants\":");
    all_names(g);
    z(g, ",\"select\":");
    if (how == 0) {
        z(g, "{\"round_robin\":true}");
    } else if (how == 1) {
        z(g, "{\"list\":");
        all_names(g);
        z(g, "}");
    } else if (how == 2) {
        z(g, "{\"rules\":[{\"when\":{\"last_text_contains\":\"beta\"},\"next\":");
        text(g, somebody(g));
        z(g, "},{\"next\":");
        text(g, somebody(g));
        z(g, "}]}");
    } else {
        z(g, "{\"agent\":\"boss\"}");
    }
    z(g, ",\"max_rounds\":");
    i(g, 1 + draw_below(&g->d, 5));
    if (one_in(&g->d, 3))
        z(g, ",\"terminate_when\":{\"last_text_contains\":\"stop\"}");
    reviews(g);
    z(g, "}");
}

static void handoff(struct gen *g)
{
    g->handoff = 1;
    agents(g);
    z(g, "],\"workflow\":{\"pattern\":\"handoff\",\"participants\":");
    all_names(g);
    z(g, ",\"start\":");
    text(g, names[0]);
    if (one_in(&g->d, 2))
        z(g, ",\"autonomous\":{\"turn_limits\":{\"ann\":2,\"ben\":1}}");
    z(g, ",\"terminate_when\":{\"any\":[{\"messages_at_least\":");
    i(g, 4 + draw_below(&g->d, 8));
    z(g, "},{\"last_text_contains\":\"all done\"}]}}");
}

static void ledger(struct gen *g, int satisfied)
{
    z(g, "{\"json\":{\"is_request_satisfied\":{\"reason\":\"r\",\"answer\":");
    z(g, satisfied ? "true" : "false");
    z(g, "},\"is_in_loop\":{\"reason\":\"r\",\"answer\":");
    z(g, one_in(&g->d, 4) ? "true" : "false");
    z(g, "},\"is_progress_being_made\":{\"reason\":\"r\",\"answer\":");
    z(g, one_in(&g->d, 3) ? "false" : "true");
    z(g, "},\"next_speaker\":{\"reason\":\"r\",\"answer\":");
    text(g, somebody(g));
    z(g, "},\"instruction_or_question\":{\"reason\":\"r\",\"answer\":\"go\"}}}");
}

static void magentic(struct gen *g)
{
    uint32_t n = 1 + draw_below(&g->d, 4);

    agents(g);
    z(g, ",{\"name\":\"boss\",\"model\":{\"script\":[{\"text\":\"facts\"},{\"text\":\"plan\"},");
    for (uint32_t k = 0; k < n; k++) {
        ledger(g, 0);
        z(g, ",");
    }
    ledger(g, 1);
    z(g, ",{\"text\":\"the answer\"}],\"when_exhausted\":\"cycle\"}}],"
         "\"workflow\":{\"pattern\":\"magentic\",\"participants\":");
    all_names(g);
    z(g, ",\"manager\":\"boss\",\"max_rounds\":");
    i(g, 1 + draw_below(&g->d, 5));
    z(g, ",\"max_resets\":1,\"max_stalls\":");
    i(g, draw_below(&g->d, 3));
    z(g, one_in(&g->d, 2) ? ",\"plan_review\":true}" : "}");
}

/* ---- graphs ---------------------------------------------------------------------------------- */

static void loop_graph(struct gen *g)
{
    g->number = 1;
    z(g, "\"agents\":[],\"workflow\":{\"pattern\":\"graph\",\"name\":\"loop\",\"start\":\"up\","
         "\"executors\":[{\"id\":\"up\",\"op\":\"add\",\"number\":2},"
         "{\"id\":\"keep\",\"op\":\"state_append\",\"key\":\"k\",\"then\":\"yield\"},"
         "{\"id\":\"gate\",\"op\":\"pass\"},"
         "{\"id\":\"end\",\"op\":\"add\",\"number\":1,\"then\":\"yield\"}],"
         "\"edges\":[{\"from\":\"up\",\"to\":[\"keep\",\"gate\"]},{\"from\":\"gate\",\"switch\":["
         "{\"when\":{\"less_than\":");
    i(g, 3 + draw_below(&g->d, 12));
    z(g, "},\"to\":\"up\"},{\"default\":\"end\"}]}]}");
}

static void join_graph(struct gen *g)
{
    z(g, "\"agents\":[],\"workflow\":{\"pattern\":\"graph\",\"name\":\"join\",\"start\":\"in\","
         "\"executors\":[{\"id\":\"in\",\"op\":\"pass\",\"copies\":");
    i(g, 1 + draw_below(&g->d, 2));
    z(g, "},{\"id\":\"a\",\"op\":\"upper\"},{\"id\":\"b\",\"op\":\"");
    z(g, one_in(&g->d, 2) ? "ask" : "pass");
    z(g, "\"},{\"id\":\"c\",\"op\":\"append\",\"text\":\"c\"},"
         "{\"id\":\"d\",\"op\":\"fail_on\",\"visit\":");
    i(g, 2 + draw_below(&g->d, 3));
    z(g, "},{\"id\":\"all\",\"op\":\"join\",\"separator\":\",\",\"then\":\"yield\"}],"
         "\"edges\":[{\"from\":\"in\",\"to\":[\"a\",\"b\",\"c\"]},{\"from\":\"c\",\"to\":\"d\"},"
         "{\"fan_in\":[\"a\",\"b\",\"d\"],\"to\":\"all\"}]}");
}

static void nested_graph(struct gen *g)
{
    z(g, "\"agents\":[],\"workflow\":{\"pattern\":\"graph\",\"name\":\"nest\",\"start\":\"sub\","
         "\"executors\":[{\"id\":\"sub\",\"workflow\":{\"pattern\":\"graph\",\"start\":\"q\","
         "\"executors\":[{\"id\":\"q\",\"op\":\"ask\"},{\"id\":\"mark\",\"op\":\"state_append\","
         "\"key\":\"s\",\"then\":\"both\"},{\"id\":\"r\",\"op\":\"");
    z(g, one_in(&g->d, 2) ? "ask" : "upper");
    z(g, "\",\"then\":\"yield\"}],\"edges\":[{\"from\":\"q\",\"to\":\"mark\"},"
         "{\"from\":\"mark\",\"to\":\"r\"}]}");
    z(g, one_in(&g->d, 2) ? ",\"direct_output\":true" : "");
    z(g, "},{\"id\":\"side\",\"op\":\"pass\"},"
         "{\"id\":\"out\",\"op\":\"append\",\"text\":\"!\",\"then\":\"yield\"}],"
         "\"edges\":[{\"from\":\"sub\",\"to\":[\"out\",\"side\"]}]}");
}

static void agent_graph(struct gen *g)
{
    agents(g);
    z(g, "],\"workflow\":{\"pattern\":\"graph\",\"name\":\"agents\",\"start\":\"ann\","
         "\"executors\":[{\"id\":\"ann\",\"agent\":\"ann\"},{\"id\":\"ben\",\"agent\":\"ben\"");
    z(g, one_in(&g->d, 2) ? ",\"context_mode\":\"last_agent\"" : "");
    z(g, "}],\"edges\":[{\"from\":\"ann\",\"to\":\"ben\"}]}");
}

static void graph(struct gen *g)
{
    switch (draw_below(&g->d, 4)) {
    case 0:
        loop_graph(g);
        return;
    case 1:
        join_graph(g);
        return;
    case 2:
        nested_graph(g);
        return;
    default:
        agent_graph(g);
    }
}

int random_scenario(struct rp_buf *out, uint64_t seed)
{
    static void (*const patterns[])(struct gen *) = {sequential, concurrent, group_chat,
                                                     handoff,    magentic,   graph};
    struct gen g = {.d = {seed}, .b = out};
    uint32_t n = sizeof(patterns) / sizeof(*patterns);

    draw_next(&g.d);
    g.agents = 2 + draw_below(&g.d, AGENTS_MAX - 1);
    z(&g, "{\"scenario\":1,\"checkpointing\":\"memory\",");
    z(&g, one_in(&g.d, 3) ? "\"stream\":true," : "");
    patterns[seed % n](&g);
    z(&g, ",\"turns\":[{\"run\":");
    z(&g, g.number ? "1" : "\"a task\"");
    z(&g, one_in(&g.d, 3) ? "},{\"run\":\"another task\"}]}\n" : "}]}\n");
    return out->failed;
}

/* ---- answers --------------------------------------------------------------------------------- */

static struct rp_value some_text(struct draw *d, struct rp_heap *h)
{
    static const char *const said[] = {"yes", "no, better", "stop it", "beta"};

    return rp_textz(h, said[draw_below(d, 4)]);
}

static int texts_of(struct draw *d, struct rp_heap *h, struct rp_value *out)
{
    *out = rp_list();
    return rp_list_add(h, out, some_text(d, h));
}

static int answer(struct draw *d, struct rp_heap *h, unsigned kind, struct rp_scenario_answer *a)
{
    switch (kind) {
    case RP_K_C_APPROVAL_REQUEST:
        a->kind = RP_ANSWER_APPROVE;
        a->yes = !one_in(d, 3);
        return RP_OK;
    case RP_K_C_CALL:
        a->kind = RP_ANSWER_RESULT;
        a->value = some_text(d, h);
        return RP_OK;
    case RP_K_AGENT_RESPONSE:
    case RP_K_PLAN_REVIEW:
        a->kind = RP_ANSWER_APPROVE;
        a->yes = 1;
        if (!one_in(d, 3))
            return RP_OK;
        a->kind = kind == RP_K_PLAN_REVIEW ? RP_ANSWER_REVISE : RP_ANSWER_FEEDBACK;
        return texts_of(d, h, &a->value);
    case RP_K_USER_REQUEST:
        a->kind = one_in(d, 4) ? RP_ANSWER_TERMINATE : RP_ANSWER_REPLY;
        a->yes = 1;
        a->value = some_text(d, h);
        return RP_OK;
    default:
        a->kind = RP_ANSWER_VALUE;
        a->value = some_text(d, h);
        return RP_OK;
    }
}

int random_answers(struct draw *d, const struct rp_play *play, struct rp_heap *heap,
                   struct random_answers *out)
{
    const struct rp_run *run = rp_play_run(play);
    uint32_t n = rp_run_requests(run);
    int all = !one_in(d, 3);

    out->turn = (struct rp_scenario_turn){
        .kind = RP_TURN_RESPOND, .answers = out->answer, .stream = one_in(d, 2)};
    for (uint32_t k = 0; k < n && out->turn.n_answers < RANDOM_ANSWERS_MAX; k++) {
        struct rp_open_request q = rp_run_request(run, k);
        struct rp_scenario_answer *a = &out->answer[out->turn.n_answers];
        if (!all && k + 1 < n + out->turn.n_answers && one_in(d, 2))
            continue;
        *a = (struct rp_scenario_answer){.request = rp_asked_number(rp_play_asked(play), q.id)};
        RP_TRY(answer(d, heap, rp_kind(q.data), a));
        out->turn.n_answers++;
    }
    return heap->failed ? RP_ENOMEM : RP_OK;
}
