/* test_serve_models.c - a scripted model played on the stage's clock, and the same script behind a
 * server that a real client talks to, without sockets: the same replies at the same times, in every
 * dialect, with delays, tools and faults. */
#include "tests/support/cm.h"
#include "tests/support/serving.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mocks/remote.h"

static const char agents[] =
    "{'name':'anna','model':{'script':["
    "{'text':'plain'},"
    "{'chunks':['a','b','c'],'delay_ms':300,'chunk_delay_ms':200},"
    "{'text':'look','tool_calls':[{'name':'f','arguments':{'x':[1]}},{'name':'g','id':'own'}],"
    "'delay_ms':7},"
    "{'chunks':['a','b'],'tool_calls':[{'name':'f'}],'chunk_delay_ms':5},"
    "{'json':{'deep':[1,{'a':null}]}},"
    "{'error':'ill','delay_ms':3},"
    "{'error':{'status':400,'message':'no'}},"
    "{'error':{'cut_after':2},'chunks':['a','b','c'],'delay_ms':4,'chunk_delay_ms':10},"
    "{'error':{'cut_after':0},'text':'never','delay_ms':4},"
    "{'error':{'malformed':true},'delay_ms':1}]}}";
enum { CALLS = 10 };

struct talk { /* with a client, as text */
    struct rp_kit *kit;
    struct rp_agent *agent;
    struct rp_client client;
    struct rp_heap heap;
    uint64_t now_ms;
    char s[8192];
    size_t n;
};

static void tell(struct talk *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    t->n += (size_t)vsnprintf(t->s + t->n, sizeof(t->s) - t->n, format, args);
    va_end(args);
    assert_true(t->n < sizeof(t->s));
}

static void tell_contents(struct talk *t, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value v = rp_at(contents, i);
        if (rp_kind(v) == RP_K_C_TEXT)
            tell(t, " '%s'", rp_str_of(rp_c_text_of(v)->text).s);
        else
            tell(t, " %s(%s)#%s", rp_str_of(rp_c_call_of(v)->name).s,
                 rp_str_of(rp_c_call_of(v)->arguments).s, rp_str_of(rp_c_call_of(v)->id).s);
    }
}

/* Why a call fails is told in other words by a service. */
static void tell_reply(struct talk *t, const struct rp_reply *r)
{
    tell(t, " [%llu]", (unsigned long long)t->now_ms);
    if (r->kind == RP_REPLY_UPDATE)
        tell_contents(t, rp_update_of(r->value)->contents);
    else if (r->kind == RP_REPLY_WHOLE)
        tell_contents(t, rp_message_of(rp_at(rp_response_of(r->value)->messages, 0))->contents);
    else
        tell(t, r->kind == RP_REPLY_END ? " end" : " failed");
}

static void ask(struct talk *t, uint32_t id, int stream)
{
    struct rp_value hello = rp_text_message(&t->heap, RP_USER, rp_nil(), rp_textz(&t->heap, "hi"));
    struct rp_model_call call = {.id = id,
                                 .agent = t->agent,
                                 .executor = "anna",
                                 .messages = rp_list_of(&t->heap, 1, hello),
                                 .stream = stream};
    struct rp_reply r = {.kind = RP_REPLY_NONE};
    int64_t number;
    int made;

    assert_int_equal(t->client.ops->start(t->client.self, &call, t->now_ms, &number, &made), RP_OK);
    tell(t, "%lld:", (long long)number);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(t->client.ops->poll(t->client.self, id, t->now_ms, &t->heap, &r), RP_OK);
        if (r.kind != RP_REPLY_NONE)
            tell_reply(t, &r);
        if (r.kind > RP_REPLY_UPDATE)
            break;
        if (r.kind == RP_REPLY_NONE) {
            assert_true(t->client.ops->due(t->client.self) > t->now_ms);
            t->now_ms = t->client.ops->due(t->client.self);
        }
    }
    assert_true(r.kind > RP_REPLY_UPDATE);
    tell(t, "\n");
}

static void talk(struct talk *t, const struct rp_alloc *alloc, struct rp_client client, int stream)
{
    memset(t, 0, sizeof(*t));
    assert_int_equal(rp_kit_new(alloc, &t->kit), RP_OK);
    t->agent = rp_agent(t->kit, &(struct rp_agent_opts){.name = "anna"}, NULL);
    assert_non_null(t->agent);
    rp_heap_init(&t->heap, alloc, 0, 0);
    t->client = client;
    for (uint32_t i = 1; i <= CALLS; i++)
        ask(t, i, stream);
    client.ops->free(client.self);
    rp_heap_free(&t->heap);
    rp_kit_free(t->kit);
}

static void over_the_wire(struct serving *s, struct talk *t, enum rp_dialect dialect, int stream)
{
    struct rp_service service = {.agent = "anna",
                                 .dialect = dialect,
                                 .model = "m",
                                 .base_url = "http://host/v1",
                                 .lane_header = RP_SERVE_LANE_HEADER,
                                 .headers = rp_nil(),
                                 .options = rp_nil()};
    struct rp_client client;

    assert_int_equal(rp_remote_new(&s->f.alloc, &service, 1, rp_serve_transport(s->core), &client),
                     RP_OK);
    talk(t, &s->f.alloc, client, stream);
}

static const char whole[] = "1: [0] 'plain'\n"
                            "2: [700] 'abc'\n"
                            "3: [707] 'look' f({\"x\":[1]})#call_anna_3_1 g({})#own\n"
                            "4: [717] 'ab' f({})#call_anna_4_1\n"
                            "5: [717] '{\"deep\":[1,{\"a\":null}]}'\n"
                            "6: [720] failed\n"
                            "7: [720] failed\n"
                            "8: [744] failed\n"
                            "9: [748] failed\n"
                            "10: [749] failed\n";
static const char streamed[] = "1: [0] 'plain' [0] end\n"
                               "2: [300] 'a' [500] 'b' [700] 'c' [700] end\n"
                               "3: [707] 'look' f({\"x\":[1]})#call_anna_3_1 g({})#own [707] end\n"
                               "4: [707] 'a' [712] 'b' [717] f({})#call_anna_4_1 [717] end\n"
                               "5: [717] '{\"deep\":[1,{\"a\":null}]}' [717] end\n"
                               "6: [720] failed\n"
                               "7: [720] failed\n"
                               "8: [724] 'a' [734] 'b' [744] failed\n"
                               "9: [748] failed\n"
                               "10: [749] failed\n";

static void a_script_is_played_with_its_delays_and_faults(void **state)
{
    struct serving s;
    struct talk t;
    struct rp_client client;

    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        serving_open(&s, agents, NULL);
        assert_int_equal(rp_script_new(&s.f.alloc, s.scenario->script, 1, &client), RP_OK);
        talk(&t, &s.f.alloc, client, stream);
        assert_string_equal(t.s, stream ? streamed : whole);
        serving_close(&s);
    }
}

static void a_real_client_gets_the_same_from_a_server(void **state)
{
    struct serving s;
    struct talk t;

    (void)state;
    for (int i = 0; i < 2 * RP_DIALECTS; i++) {
        serving_open(&s, agents, NULL);
        over_the_wire(&s, &t, (enum rp_dialect)(i / 2), i % 2);
        assert_string_equal(t.s, i % 2 ? streamed : whole);
        serving_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_is_played_with_its_delays_and_faults),
        cmocka_unit_test(a_real_client_gets_the_same_from_a_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
