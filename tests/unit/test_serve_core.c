/* test_serve_core.c - the server's core: whose request it is, what is answered, and when. */
#include "tests/support/cm.h"
#include "tests/support/serving.h"

#include <stdio.h>
#include <string.h>

#define CHAT        "POST /v1/chat/completions"
#define RESPONSES   "POST /v1/responses"
#define MESSAGES    "POST /v1/messages"
#define HI          "'messages':[{'role':'user','content':'hi'}]"
#define ASK         "{'model':'m'," HI "}"
#define STREAM      "{'model':'m','stream':true," HI "}"
#define ONE(script) "{'name':'anna','model':{'script':[" script "]}}"
#define TWO                                                                                        \
    "{'name':'anna','model':{'script':[{'text':'I am anna','repeat':9}]}},"                        \
    "{'name':'bert','model':{'script':[{'text':'I am bert','repeat':9}]}}"

/* ---- lanes ---- */

static void the_header_comes_first_then_the_key_then_the_model(void **state)
{
    static const struct rp_serve_key keys[] = {{"sk-1", "bert"}};
    struct serving s;

    (void)state;
    serving_open(&s, TWO, &(struct rp_serve_opts){.keys = keys, .n_keys = 1});
    serving_ask(&s, CHAT, "x-reprise-lane: bert\nAuthorization: Bearer anna\n",
                "{'model':'anna'," HI "}");
    serving_ask(&s, CHAT, "Authorization: Bearer sk-1\n", "{'model':'anna'," HI "}");
    serving_ask(&s, CHAT, "authorization: bearer bert\n", "{'model':'anna'," HI "}");
    serving_ask(&s, CHAT, "x-api-key: bert\n", "{'model':'anna'," HI "}");
    serving_ask(&s, CHAT, "Authorization: Bearer sk-2\n", "{'model':'bert'," HI "}");
    serving_ask(&s, CHAT, "", "{'model':'anna'," HI "}");
    serving_was(&s, "[0] 200 whole 'I am bert' (stop)\n"
                    "[0] 200 whole 'I am bert' (stop)\n"
                    "[0] 200 whole 'I am bert' (stop)\n"
                    "[0] 200 whole 'I am bert' (stop)\n"
                    "[0] 200 whole 'I am bert' (stop)\n"
                    "[0] 200 whole 'I am anna' (stop)\n");
    serving_close(&s);
}

static void who_cannot_be_told_is_told_who_there_is(void **state)
{
    struct serving s;

    (void)state;
    serving_open(&s, TWO, &(struct rp_serve_opts){.lane_header = "X-Agent"});
    serving_ask(&s, CHAT, "X-Reprise-Lane: anna\n", ASK);
    serving_ask(&s, MESSAGES, "X-Agent: carl\nx-api-key: anna\n",
                "{'model':'anna','max_tokens':9," HI "}");
    serving_was(
        &s, "[0] 400 {'error':{'message':'which agent asks? Name it in the header X-Agent, as "
            "API key or as model; there are: anna, bert','type':'invalid_request_error',"
            "'param':null,'code':null}}\n"
            "[0] 400 {'type':'error','error':{'type':'invalid_request_error','message':'X-Agent "
            "names no agent; there are: anna, bert'},'request_id':null}\n");
    serving_close(&s);
}

static void one_agent_alone_needs_no_telling(void **state)
{
    struct serving s;

    (void)state;
    serving_open(&s, ONE("{'text':'alone'}"), NULL);
    serving_ask(&s, "POST /chat/completions?x=1", "Authorization: Bearer sk-1\n", ASK);
    serving_was(&s, "[0] 200 whole 'alone' (stop)\n");
    serving_close(&s);
}

/* ---- replies in turn ---- */

static void requests_of_a_lane_get_replies_in_turn_until_none_is_left(void **state)
{
    struct serving s;

    (void)state;
    serving_open(&s,
                 ONE("{'text':'one'},{'json':{'a':[1,2]}},{'tool_calls':[{'name':'f'},{'name':"
                     "'g','arguments':'raw','id':'mine'}]}"),
                 NULL);
    for (int i = 0; i < 4; i++)
        serving_ask(&s, CHAT, "", ASK);
    serving_was(&s,
                "[0] 200 whole 'one' (stop)\n"
                "[0] 200 whole '{'a':[1,2]}' (stop)\n"
                "[0] 200 whole f({})#call_anna_3_1 g(raw)#mine (tool_calls)\n"
                "[0] 400 x-should-retry: false {'error':{'message':'the script of anna has no "
                "reply for its call 4','type':'invalid_request_error','param':null,'code':null}}"
                "\n");
    serving_close(&s);
}

static const char *const paths[] = {CHAT, RESPONSES, MESSAGES};
static const char *const bodies[] = {ASK, "{'model':'m','input':'hi'}",
                                     "{'model':'m','max_tokens':9," HI "}"};
static const char *const streams[] = {STREAM, "{'model':'m','stream':true,'input':'hi'}",
                                      "{'model':'m','stream':true,'max_tokens':9," HI "}"};

static void every_dialect_says_the_same_whole_and_streamed(void **state)
{
    struct serving s;

    (void)state;
    for (int d = 0; d < 3; d++) {
        serving_open(
            &s, ONE("{'chunks':['a','b'],'tool_calls':[{'name':'f','arguments':{'x':1}}]}"), NULL);
        serving_ask(&s, paths[d], "", bodies[d]);
        serving_was(&s, "[0] 200 whole 'ab' f({'x':1})#call_anna_1_1 (tool_calls)\n");
        serving_ask(&s, "POST /nowhere", "", "");
        serving_close(&s);
        serving_open(
            &s, ONE("{'chunks':['a','b'],'tool_calls':[{'name':'f','arguments':{'x':1}}]}"), NULL);
        serving_ask(&s, paths[d], "", streams[d]);
        serving_was(&s, "[0] 200 update 'a' update 'b' update f({'x':1})#call_anna_1_1 end "
                        "(tool_calls)\n");
        serving_close(&s);
    }
}

/* The bytes of the k-th answer. */
static void bytes_of(struct serving *s, const char *line, const char *body, char *out, size_t room)
{
    struct rp_exchange request = {.method = "POST",
                                  .url = line + 5,
                                  .headers =
                                      &(struct rp_header){"Content-Type", "application/json"},
                                  .n_headers = 1};
    char text[512];
    struct rp_piece whole;
    uint32_t ticket;

    snprintf(text, sizeof(text), "%s", body);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    request.body = text;
    request.n_body = strlen(text);
    assert_int_equal(rp_serve_start(s->core, &request, 0, &ticket), RP_OK);
    assert_int_equal(rp_serve_whole(s->core, ticket, &whole), RP_OK);
    assert_int_equal(whole.kind, RP_PIECE_HEAD);
    snprintf(out, room, "%.*s", (int)whole.n, whole.bytes);
    rp_serve_cancel(s->core, ticket);
}

static void a_reply_that_stands_often_is_the_same_as_one_that_stands_once(void **state)
{
    static const char often[] = ONE("{'text':'0000000000 9999999999','repeat':5}");
    static const char once[] = ONE("{'text':'0000000000 9999999999'},{'text':'0000000000 "
                                   "9999999999'},{'text':'0000000000 9999999999'}");
    static char a[16384], b[16384];
    struct serving s, t;

    (void)state;
    for (int d = 0; d < 6; d++) {
        const char *body = d < 3 ? bodies[d] : streams[d - 3];
        serving_open(&s, often, NULL);
        serving_open(&t, once, NULL);
        for (int i = 0; i < 3; i++) {
            bytes_of(&s, paths[d % 3], body, a, sizeof(a));
            bytes_of(&t, paths[d % 3], body, b, sizeof(b));
            assert_string_equal(a, b);
            assert_non_null(
                strstr(a, (const char *const[]){"0000000001", "0000000002", "0000000003"}[i]));
        }
        serving_close(&s);
        serving_close(&t);
    }
}

static void the_usage_of_a_stream_is_told_to_who_asks_for_it(void **state)
{
    struct serving s;
    char out[4096];

    (void)state;
    serving_open(&s, ONE("{'text':'x','repeat':9}"), NULL);
    for (int i = 0; i < 3; i++) {
        bytes_of(&s, CHAT, STREAM, out, sizeof(out));
        assert_null(strstr(out, "\"usage\":{"));
        bytes_of(&s, CHAT,
                 "{'model':'m','stream':true,'stream_options':{'include_usage':true}," HI "}", out,
                 sizeof(out));
        assert_non_null(strstr(out, "\"usage\":{"));
    }
    serving_close(&s);
}

/* ---- delays and faults ---- */

#define SLOW "{'chunks':['a','b','c'],'delay_ms':300,'chunk_delay_ms':200}"

static void delays_are_those_of_the_script(void **state)
{
    struct serving s;

    (void)state;
    serving_open(&s, ONE(SLOW "," SLOW), NULL);
    serving_ask(&s, CHAT, "", STREAM);
    serving_ask(&s, CHAT, "", ASK);
    serving_was(&s, "[300] 200 update 'a' [500] update 'b' [700] update 'c' end (stop)\n"
                    "[1400] 200 whole 'abc' (stop)\n");
    serving_close(&s);
    serving_open(&s, ONE(SLOW "," SLOW), &(struct rp_serve_opts){.no_delays = 1});
    serving_ask(&s, CHAT, "", STREAM);
    serving_ask(&s, CHAT, "", ASK);
    serving_was(&s, "[0] 200 update 'a' update 'b' update 'c' end (stop)\n"
                    "[0] 200 whole 'abc' (stop)\n");
    serving_close(&s);
}

static void faults_are_those_of_a_service(void **state)
{
    static const char script[] =
        "{'name':'anna','model':{'script':[{'error':'ill'},"
        "{'error':{'status':429,'message':'slow down','retry_after':7},'delay_ms':5},"
        "{'error':{'status':503}},"
        "{'error':{'cut_after':1},'chunks':['a','b'],'chunk_delay_ms':10},"
        "{'error':{'cut_after':0},'text':'never whole'},"
        "{'error':{'malformed':true}},{'error':{'malformed':true}},"
        "{'error':{'timeout':true}}]}}";
    struct serving s;

    (void)state;
    serving_open(&s, script, NULL);
    serving_ask(&s, CHAT, "", ASK);
    serving_ask(&s, CHAT, "", ASK);
    serving_ask(&s, CHAT, "", ASK);
    serving_ask(&s, CHAT, "", STREAM);
    serving_ask(&s, CHAT, "", ASK);
    serving_ask(&s, CHAT, "", ASK);
    serving_ask(&s, CHAT, "", STREAM);
    serving_ask(&s, CHAT, "", STREAM);
    serving_was(&s, "[0] 500 x-should-retry: false {'error':{'message':'ill','type':'server_error',"
                    "'param':null,'code':null}}\n"
                    "[5] 429 Retry-After: 7 {'error':{'message':'slow down','type':"
                    "'rate_limit_error','param':null,'code':null}}\n"
                    "[5] 503 {'error':{'message':'the script refuses this call','type':"
                    "'server_error','param':null,'code':null}}\n"
                    "[5] 200 update 'a' [15] reset\n"
                    "[15] 200 reset\n"
                    "[15] 200 broken\n"
                    "[15] 200 broken\n"
                    "for ever\n");
    serving_close(&s);
}

/* ---- what is not understood ---- */

/* clang-format off */
#define CHAT_ERROR(text, type)                                                                     \
    "{'error':{'message':'" text "','type':'" type "','param':null,'code':null}}\n"
#define OTHER_ERROR(text, type)                                                                    \
    "{'type':'error','error':{'type':'" type "','message':'" text "'},'request_id':null}\n"
/* clang-format on */
#define NO_ENDPOINT                                                                                \
    "there is no such endpoint; there are /v1/chat/completions, /v1/responses, /v1/messages and "  \
    "/v1/models"

/* clang-format off */
static const char wrong_said[] =
    "[0] 405 Allow: POST "
    CHAT_ERROR("GET is not possible here, only POST", "invalid_request_error")
    "[0] 415 "
    CHAT_ERROR("the body's Content-Type is text/plain, but only application/json is understood "
               "here", "invalid_request_error")
    "[0] 400 "
    CHAT_ERROR("the body is not understood: byte 8: no valid JSON: expected ':' after the key, "
               "found the end of the text", "invalid_request_error")
    "[0] 400 "
    OTHER_ERROR("the body is not understood: byte 0: expected an object, found an array",
                "invalid_request_error")
    "[0] 404 " CHAT_ERROR(NO_ENDPOINT, "not_found_error")
    "[0] 404 " OTHER_ERROR(NO_ENDPOINT, "not_found_error")
    "[0] 405 Allow: GET, HEAD "
    CHAT_ERROR("DELETE is not possible here, only GET, HEAD", "invalid_request_error")
    "[0] 404 " CHAT_ERROR("there is no such model; GET /v1/models lists them", "not_found_error")
    "[0] 404 " OTHER_ERROR(NO_ENDPOINT, "not_found_error");
/* clang-format on */

static void what_is_not_understood_is_refused_in_the_dialects_words(void **state)
{
    static const struct {
        const char *line, *headers, *body;
    } wrong[] = {
        {"GET /v1/chat/completions", "", ""},
        {CHAT, "Content-Type: text/plain\n", ASK},
        {CHAT, "Content-Type: application/json; charset=utf-8\n", "{'model'"},
        {MESSAGES, "Content-Type: Application/Json\n", "[]"},
        {"POST /v1/chat", "", "{}"},
        {"GET /v2/models", "anthropic-version: 2023-06-01\n", ""},
        {"DELETE /v1/models", "", ""},
        {"GET /v1/models/carl", "", ""},
        {"GET /v1/messages/batches", "", ""},
    };
    struct serving s;

    (void)state;
    serving_open(&s, TWO, NULL);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        serving_ask(&s, wrong[i].line, wrong[i].headers, wrong[i].body);
    serving_was(&s, wrong_said);
    serving_close(&s);
}

/* ---- models ---- */

static void models_are_the_agents(void **state)
{
    struct serving s;

    (void)state;
    serving_open(&s, TWO, NULL);
    serving_ask(&s, "GET /v1/models", "", "");
    serving_ask(&s, "GET /models/bert", "", "");
    serving_ask(&s, "HEAD /v1/models/anna", "anthropic-version: 2023-06-01\n", "");
    serving_ask(&s, "GET /v1/models?limit=9", "anthropic-version: 2023-06-01\n", "");
    serving_was(&s, "[0] 200 {'object':'list','data':[{'id':'anna','object':'model','created':0,"
                    "'owned_by':'reprise'},{'id':'bert','object':'model','created':0,'owned_by':"
                    "'reprise'}]}\n"
                    "[0] 200 {'id':'bert','object':'model','created':0,'owned_by':'reprise'}\n"
                    "[0] 200 {'id':'anna','type':'model','display_name':'anna','created_at':"
                    "'1970-01-01T00:00:00Z'}\n"
                    "[0] 200 {'data':[{'id':'anna','type':'model','display_name':'anna',"
                    "'created_at':'1970-01-01T00:00:00Z'},{'id':'bert','type':'model',"
                    "'display_name':'bert','created_at':'1970-01-01T00:00:00Z'}],'has_more':false,"
                    "'first_id':'anna','last_id':'bert'}\n");
    serving_close(&s);
}

/* ---- assertions ---- */

#define DENIED                                                                                     \
    "[0] 403 " CHAT_ERROR("pages of a browser, and names of other hosts, have no access to the "   \
                          "endpoints below /reprise/",                                             \
                          "permission_error")

static void what_came_is_told_and_forgotten_on_demand(void **state)
{
    struct serving s;

    (void)state;
    serving_open(&s, TWO, &(struct rp_serve_opts){.admin = 1});
    serving_ask(&s, CHAT, "X-Reprise-Lane: bert\n", ASK);
    serving_ask(&s, "POST /v1/messages?x=1", "", "no JSON");
    serving_ask(&s, CHAT, "X-Reprise-Lane: bert\n", "\xff");
    s.n = 0;
    serving_ask(&s, "GET /reprise/requests", "", "");
    serving_ask(&s, "GET /reprise/ledger", "", "");
    serving_ask(&s, "POST /reprise/reset", "", "");
    serving_ask(&s, "GET /reprise/requests", "", "");
    serving_ask(&s, "GET /reprise/ledger", "", "");
    serving_ask(&s, "HEAD /reprise/health", "", "");
    serving_was(
        &s,
        "[0] 200 {'forgotten':0,'requests':[\n"
        "{'number':1,'lane':'bert','order':1,'method':'POST','path':'/v1/chat/completions',"
        "'status':200,'digest':"
        "'6175aa6050dce32f0d38208f347cd976cb496e1be5b1a350aa1e15732bd02a13',"
        "'body':{'model':'m','messages':[{'role':'user','content':'hi'}]}},\n"
        "{'number':2,'lane':null,'order':0,'method':'POST','path':'/v1/messages?x=1','status':400,"
        "'digest':'a2121c6b6c920d53801a1688c313af33b515fbdc87f1797d6122007ac6a4ded8','text':'no "
        "JSON'},\n"
        "{'number':3,'lane':null,'order':0,'method':'POST','path':'/v1/chat/completions','status':"
        "400,'digest':'5f6d55de6f245ab3187ffd4958e33a60fc13ebe245452bd5fb6d2390a11420ac','hex':'ff'"
        "}]}\n\n"
        "[0] 200 {'requests':3,'lanes':[{'lane':'anna','requests':0,'left':9},{'lane':'bert',"
        "'requests':1,'left':8}]}\n\n"
        "[0] 200 {'reset':true}\n\n"
        "[0] 200 {'forgotten':0,'requests':[]}\n\n"
        "[0] 200 {'requests':0,'lanes':[{'lane':'anna','requests':0,'left':9},{'lane':'bert',"
        "'requests':0,'left':9}]}\n\n"
        "[0] 200 {'status':'ok','answers':'script','requests':0}\n\n");
    serving_close(&s);
}

static void assertions_are_not_for_browsers_nor_when_they_are_off(void **state)
{
    struct serving s;

    (void)state;
    serving_open(&s, TWO, &(struct rp_serve_opts){.admin = 1, .host = "127.0.0.2"});
    serving_ask(&s, "GET /reprise/health", "Origin: http://x\n", "");
    serving_ask(&s, "GET /reprise/health", "Host: evil:80\n", "");
    serving_ask(&s, "GET /reprise/health", "Host: [::1]:80\n", "");
    serving_ask(&s, "GET /reprise/health", "Host: localhost\n", "");
    serving_ask(&s, "GET /reprise/health", "Host: 127.0.0.2:80\n", "");
    serving_ask(&s, "GET /reprise/reset", "", "");
    serving_ask(&s, "GET /reprise/other", "", "");
    serving_was(
        &s, DENIED DENIED
        "[0] 200 {'status':'ok','answers':'script','requests':0}\n\n"
        "[0] 200 {'status':'ok','answers':'script','requests':0}\n\n"
        "[0] 200 {'status':'ok','answers':'script','requests':0}\n\n"
        "[0] 405 Allow: POST " CHAT_ERROR(
            "GET is not possible here, only POST",
            "invalid_request_error") "[0] 404 " CHAT_ERROR("there is no such endpoint; there are "
                                                           "/reprise/requests, "
                                                           "/reprise/ledger, /reprise/reset and "
                                                           "/reprise/health",
                                                           "not_found_error"));
    serving_close(&s);
    serving_open(&s, TWO, NULL);
    serving_ask(&s, "GET /reprise/health", "", "");
    serving_was(
        &s, "[0] 404 " CHAT_ERROR("the endpoints below /reprise/ are off here", "not_found_error"));
    serving_close(&s);
}

static void only_the_newest_requests_are_remembered(void **state)
{
    struct serving s;
    char out[256];

    (void)state;
    serving_open(&s, ONE("{'text':'x'}"), &(struct rp_serve_opts){.admin = 1});
    for (uint32_t i = 0; i < RP_SERVE_KEPT_MAX + 3; i++) {
        serving_ask(&s, "GET /nowhere", "", "");
        s.n = 0;
    }
    struct rp_exchange request = {.method = "GET", .url = "/reprise/requests"};
    struct rp_piece whole;
    uint32_t ticket;
    assert_int_equal(rp_serve_start(s.core, &request, 0, &ticket), RP_OK);
    assert_int_equal(rp_serve_whole(s.core, ticket, &whole), RP_OK);
    snprintf(out, sizeof(out), "%.39s", whole.bytes);
    rp_serve_cancel(s.core, ticket);
    assert_string_equal(out, "{\"forgotten\":3,\"requests\":[\n{\"number\":4");
    serving_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_comes_first_then_the_key_then_the_model),
        cmocka_unit_test(who_cannot_be_told_is_told_who_there_is),
        cmocka_unit_test(one_agent_alone_needs_no_telling),
        cmocka_unit_test(requests_of_a_lane_get_replies_in_turn_until_none_is_left),
        cmocka_unit_test(every_dialect_says_the_same_whole_and_streamed),
        cmocka_unit_test(a_reply_that_stands_often_is_the_same_as_one_that_stands_once),
        cmocka_unit_test(the_usage_of_a_stream_is_told_to_who_asks_for_it),
        cmocka_unit_test(delays_are_those_of_the_script),
        cmocka_unit_test(faults_are_those_of_a_service),
        cmocka_unit_test(what_is_not_understood_is_refused_in_the_dialects_words),
        cmocka_unit_test(models_are_the_agents),
        cmocka_unit_test(what_came_is_told_and_forgotten_on_demand),
        cmocka_unit_test(assertions_are_not_for_browsers_nor_when_they_are_off),
        cmocka_unit_test(only_the_newest_requests_are_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
