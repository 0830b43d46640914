/* test_oom_serve.c - a server's core answers while memory runs out at every single point: a request
 * that cannot be answered is RP_ENOMEM, and not a byte is left. */
#include "tests/support/cm.h"
#include "tests/support/serving.h"

#include <string.h>

#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static const char agents[] =
    "{'name':'anna','model':{'script':[{'text':'often','repeat':3},{'chunks':['a','b'],"
    "'tool_calls':[{'name':'f'}]},{'error':{'status':429,'retry_after':2}},{'error':{'cut_after':"
    "0},'text':'x'}],'when_exhausted':'cycle'}},{'name':'bert'}";

static const struct {
    const char *method, *target, *body;
} requests[] = {
    {"POST", "/v1/chat/completions", "{\"model\":\"anna\"," HI "}"},
    {"POST", "/v1/chat/completions", "{\"model\":\"anna\"," HI "}"},
    {"POST", "/v1/chat/completions", "{\"model\":\"anna\"," HI "}"},
    {"POST", "/v1/messages", "{\"model\":\"anna\",\"max_tokens\":1,\"stream\":true," HI "}"},
    {"POST", "/v1/responses", "{\"model\":\"anna\",\"input\":\"hi\"}"},
    {"POST", "/v1/chat/completions", "{\"model\":\"anna\",\"stream\":true," HI "}"},
    {"POST", "/v1/chat/completions", "{\"model\":\"bert\"," HI "}"},
    {"POST", "/v1/chat/completions", "not JSON"},
    {"GET", "/v1/models", ""},
    {"GET", "/nowhere", ""},
    {"GET", "/reprise/requests", ""},
    {"GET", "/reprise/ledger", ""},
    {"POST", "/reprise/reset", ""},
};

static int ask(struct rp_serve *core, size_t i)
{
    static const struct rp_header headers[] = {{"Content-Type", "application/json"}};
    struct rp_exchange request = {.method = requests[i].method,
                                  .url = requests[i].target,
                                  .headers = headers,
                                  .n_headers = 1,
                                  .body = requests[i].body,
                                  .n_body = strlen(requests[i].body)};
    struct rp_piece piece = {.kind = RP_PIECE_NONE};
    uint32_t ticket;

    RP_TRY(rp_serve_start(core, &request, 0, &ticket));
    while (piece.kind != RP_PIECE_END && piece.kind != RP_PIECE_FAILED) {
        int rc = rp_serve_poll(core, ticket, 0, &piece);
        if (rc != RP_OK) {
            rp_serve_cancel(core, ticket);
            return rc;
        }
    }
    rp_serve_cancel(core, ticket);
    return RP_OK;
}

static int answer_all(const struct rp_alloc *alloc)
{
    struct rp_serve_opts opts = {.alloc = *alloc, .admin = 1};
    struct rp_scenario *scenario = NULL;
    struct rp_serve *core = NULL;
    int rc;

    RP_TRY(serving_scenario(alloc, agents, &scenario));
    opts.agents = scenario->script;
    opts.n_agents = scenario->n_agents;
    rc = rp_serve_new(&opts, &core);
    for (size_t i = 0; rc == RP_OK && i < sizeof(requests) / sizeof(*requests); i++)
        rc = ask(core, i);
    rp_serve_free(core);
    rp_scenario_free(scenario);
    return rc;
}

static void memory_may_run_out_anywhere_in_a_server(void **state)
{
    (void)state;
    assert_true(sweep_memory(answer_all) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_run_out_anywhere_in_a_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
