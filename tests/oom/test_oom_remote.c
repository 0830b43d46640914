/* test_oom_remote.c - scenarios whose models are asked over a transport, with retries, and the
 * transport over libcurl, while memory runs out at every single point. Built with RP_HEAP_CHUNK=1
 * each object of a heap is an allocation of its own. Run in the project's folder. */
#include <string.h>

#include "mocks/curl.h"
#include "mocks/retry.h"
#include "scenarios/load.h"
#include "scenarios/play.h"
#include "tests/support/cm.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fault_server.h"
#include "tests/support/faulty_alloc.h"

/* ---- a whole run ----------------------------------------------------------------------------- */

#define JSON "Content-Type: application/json"
#define SSE  "Content-Type: text/event-stream"
#define TEXT                                                                                       \
    "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\","   \
    "\"content\":\"Well.\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"             \
    "\"total_tokens\":3}}"
#define CALL                                                                                       \
    "{\"choices\":[{\"index\":0,\"finish_reason\":\"tool_calls\",\"message\":{\"role\":"           \
    "\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\","         \
    "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]}}]}"
#define CHUNKS                                                                                     \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"A\"}}]}\n\n"                        \
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"              \
    "data: [DONE]\n\n"

static const struct fake_piece busy[] = {FAKE_HEAD(1, 503, "Retry-After: 1"), FAKE_BYTES(1, "busy"),
                                         FAKE_END(1)};
static const struct fake_piece refused[] = {FAKE_FAILED(1, RP_FAILURE_CONNECT, "nobody")};
static const struct fake_piece calls[] = {FAKE_HEAD(1, 200, JSON), FAKE_BYTES(1, CALL),
                                          FAKE_END(2)};
static const struct fake_piece says[] = {FAKE_HEAD(1, 200, JSON), FAKE_BYTES(1, TEXT), FAKE_END(2)};
static const struct fake_piece wrong[] = {FAKE_HEAD(1, 400, JSON), FAKE_BYTES(1, "no"),
                                          FAKE_END(2)};
static const struct fake_piece streams[] = {FAKE_HEAD(1, 200, SSE), FAKE_BYTES(1, CHUNKS),
                                            FAKE_END(2)};
static const struct fake_answer answers[] = {FAKE_ANSWER(busy),  FAKE_ANSWER(refused),
                                             FAKE_ANSWER(calls), FAKE_ANSWER(says),
                                             FAKE_ANSWER(wrong), FAKE_ANSWER(streams)};

static const char scenario_text[] =
    "{\"scenario\":1,\"service\":{\"model\":\"m\",\"base_url\":\"https://h/v1\",\"headers\":"
    "{\"X-A\":\"b\"},\"options\":{\"seed\":1}},\"agents\":[{\"name\":\"anna\",\"instructions\":"
    "\"Be brief.\",\"tools\":[{\"name\":\"f\",\"result\":\"7\"}]}],\"checkpointing\":\"memory\","
    "\"workflow\":{\"pattern\":\"sequential\",\"participants\":[\"anna\"]},\"turns\":["
    "{\"run\":\"a\"},{\"run\":\"b\"},{\"run\":\"c\",\"stream\":true}]}";

struct world {
    const struct rp_scenario *scenario;
    struct fake_transport below;
};

static int make(void *ctx, const struct rp_alloc *alloc, struct rp_client *out)
{
    struct world *w = ctx;
    struct rp_retry_opts o = rp_retry_default();
    struct rp_transport below, retry;

    fake_transport_init(&w->below, alloc, answers, sizeof(answers) / sizeof(*answers), &below);
    RP_TRY(rp_retry_new(alloc, &o, below, &retry));
    return rp_remote_new(alloc, w->scenario->services, w->scenario->n_agents, retry, out);
}

static int ignore(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    (void)s;
    (void)n;
    return RP_OK;
}

static int play(const struct rp_alloc *alloc)
{
    static struct world w;
    struct rp_client_maker maker = {make, &w};
    struct rp_play_opts opts = {.alloc = *alloc, .trace = {ignore, NULL}, .models = &maker};
    struct rp_scenario *scenario;
    struct rp_play *player;
    struct rp_error err = {0};
    int rc =
        rp_scenario_read(alloc, "s.json", scenario_text, strlen(scenario_text), &scenario, &err);

    if (rc == RP_OK) {
        w.scenario = scenario;
        rc = rp_play_new(scenario, &opts, &player);
        if (rc == RP_OK) {
            rc = rp_play_all(player, &err);
            assert_true(rc != RP_OK || rp_play_error(player, NULL) == RP_OK);
            rp_play_free(player);
        }
        rp_scenario_free(scenario);
    }
    assert_true(rc != RP_OK || w.below.asked == 6);
    if (rc != RP_OK && rc != RP_ENOMEM)
        print_error("%s: %s\n", err.where, err.text);
    return rc;
}

static void memory_may_run_out_anywhere_in_a_run_with_services(void **state)
{
    (void)state;
    assert_true(sweep_memory(play) > 100);
}

/* ---- one exchange over libcurl --------------------------------------------------------------- */

static struct fault_server *server;

static int exchange(const struct rp_alloc *alloc, struct rp_transport *t)
{
    struct rp_header header = {"Accept", "*/*"};
    struct rp_exchange x = {.method = "POST", .headers = &header, .n_headers = 1, .body = "{}"};
    struct rp_piece piece = {.kind = RP_PIECE_NONE};
    uint64_t now = 0;
    uint32_t ticket;

    (void)alloc;
    x.url = fault_server_url(server);
    x.n_body = 2;
    RP_TRY(t->ops->start(t->self, &x, 0, &ticket));
    while (piece.kind != RP_PIECE_END) {
        RP_TRY(t->ops->poll(t->self, ticket, now, &piece));
        assert_int_not_equal(piece.kind, RP_PIECE_FAILED);
        if (piece.kind == RP_PIECE_NONE)
            assert_int_equal(t->ops->wait(t->self, t->ops->due(t->self), &now), RP_OK);
    }
    return RP_OK;
}

static int open_and_exchange(const struct rp_alloc *alloc)
{
    struct rp_curl_opts opts = {.proxy = "", .ca_file = "/none"};
    struct rp_transport t;
    int rc = rp_curl_new(alloc, &opts, &t);

    if (rc == RP_OK) {
        rc = exchange(alloc, &t);
        t.ops->free(t.self);
    }
    return rc;
}

enum { ANSWERS = 200 };

static void memory_may_run_out_anywhere_in_an_exchange(void **state)
{
    static struct fault_answer all[ANSWERS];
    static const struct fault_answer good = {
        .head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\n", .body = "ok"};

    (void)state;
    for (size_t i = 0; i < ANSWERS; i++)
        all[i] = good;
    server = fault_server_start(all, ANSWERS);
    assert_true(sweep_memory(open_and_exchange) > 5);
    fault_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_run_out_anywhere_in_a_run_with_services),
        cmocka_unit_test(memory_may_run_out_anywhere_in_an_exchange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
