/* test_oom_cassette.c - cassettes, matching, redaction, recording and replaying while memory runs
 * out at every single point: each time RP_ENOMEM and not a byte left. SQLite and regcomp take their
 * memory from the C library. */
#include <stdlib.h>
#include <string.h>

#include "mocks/recorder.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/fake_transport.h"
#include "tests/support/faulty_alloc.h"

#define SSE(text)                                                                                  \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text                              \
    "\"},\"finish_reason\":null}]}\n\n"

static const struct fake_piece streamed[] = {
    FAKE_HEAD(1, 200, "X-Id: 1"),
    FAKE_BYTES(2, SSE("a sword")),
    FAKE_BYTES(3, SSE("fish") "data: [DONE]\n\n"),
    FAKE_END(3),
};
static const struct fake_piece refused[] = {FAKE_FAILED(1, RP_FAILURE_CONNECT, "nobody")};
static const struct fake_answer answers[] = {FAKE_ANSWER(streamed), FAKE_ANSWER(refused),
                                             FAKE_ANSWER(streamed)};

static struct rp_exchange exchange(int64_t order)
{
    static const struct rp_header headers[] = {{"Authorization", "Bearer abc-12345678"}};

    return (struct rp_exchange){.method = "POST",
                                .url = "http://h/v1/chat?b=1&key=abc-12345678",
                                .headers = headers,
                                .n_headers = 1,
                                .body = order == 2 ? "{\"b\":1,\"a\":\"c3dvcmRmaXNo\"}"
                                                   : "{\"b\":2,\"a\":\"say swordfish\"}",
                                .n_body = order == 2 ? 26 : 27,
                                .lane = "w",
                                .order = order,
                                .dialect = "chat",
                                .stream = 1};
}

/* Plays one exchange to its end. */
static int play(const struct rp_transport *t, int64_t order, uint64_t *now)
{
    struct rp_exchange asked = exchange(order);
    struct rp_piece piece;
    uint32_t ticket;

    RP_TRY(t->ops->start(t->self, &asked, *now, &ticket));
    for (int i = 0; i < 100; i++) {
        uint64_t due = t->ops->due(t->self);
        RP_TRY(t->ops->poll(t->self, ticket, *now, &piece));
        if (piece.kind == RP_PIECE_END || piece.kind == RP_PIECE_FAILED)
            return RP_OK;
        if (piece.kind == RP_PIECE_NONE)
            *now = due > *now ? due : *now + 1;
    }
    return RP_ESTATE;
}

static int save_and_load(const struct rp_alloc *alloc, const struct rp_transport *t)
{
    struct rp_value saved;
    struct rp_heap h;
    int rc;

    rp_heap_init(&h, alloc, 0, 0);
    rc = t->ops->save(t->self, &h, &saved);
    if (rc == RP_OK)
        rc = t->ops->load(t->self, saved);
    rp_heap_free(&h);
    return rc;
}

static int play_over(const struct rp_alloc *alloc, struct rp_recorder *r, int64_t calls)
{
    struct rp_transport t;
    uint64_t now = 0;
    int rc;

    RP_TRY(rp_recorder_transport(r, &t));
    rc = RP_OK;
    for (int64_t i = 1; rc == RP_OK && i <= calls; i++)
        rc = play(&t, i, &now);
    if (rc == RP_OK)
        rc = save_and_load(alloc, &t);
    t.ops->free(t.self);
    return rc;
}

/* A recorder in that mode on the cassette at path. */
static int record(const struct rp_alloc *alloc, const char *path, enum rp_mode mode,
                  enum rp_match rule)
{
    static const char *const rules[] = {"text:swordfish", "json:/b", "pattern:zz[0-9]+"};
    static const char *const masks[] = {"/b"};
    struct rp_recorder_opts opts = {.alloc = *alloc, .mode = mode, .match = {rule, masks, 1, NULL}};
    struct fake_transport *service = calloc(1, sizeof(*service));
    struct rp_transport inner = {NULL, NULL};
    struct rp_recorder *r;
    int rc;

    assert_non_null(service);
    rc = rp_cassette_open(alloc, path, mode == RP_MODE_NONE ? RP_CASSETTE_READ : RP_CASSETTE_KEEP,
                          &opts.cassette, NULL);
    if (rc == RP_OK) {
        rc = rp_redact_new(alloc, rules, 3, &opts.redact, NULL);
        if (rc == RP_OK) {
            if (mode != RP_MODE_NONE)
                fake_transport_init(service, alloc, answers, 3, &inner);
            rc = rp_recorder_new(&opts, inner, &r, NULL);
            if (rc == RP_OK) {
                rc = play_over(alloc, r, mode == RP_MODE_NONE ? 4 : 3);
                rp_recorder_free(r);
            }
            rp_redact_free(opts.redact);
        }
        rp_cassette_close(opts.cassette);
    }
    free(service);
    return rc;
}

static const char *path;

static int record_new(const struct rp_alloc *alloc)
{
    return record(alloc, ":memory:", RP_MODE_NEW, RP_MATCH_STRICT);
}

static int replay(const struct rp_alloc *alloc)
{
    return record(alloc, path, RP_MODE_NONE, RP_MATCH_STRICT);
}

static int replay_masked(const struct rp_alloc *alloc)
{
    return record(alloc, path, RP_MODE_NONE, RP_MATCH_STRUCTURAL);
}

static int diff(const struct rp_alloc *alloc)
{
    return record(alloc, path, RP_MODE_DIFF, RP_MATCH_STRICT);
}

static int ignore(void *ctx, const char *fault)
{
    (void)ctx;
    (void)fault;
    return RP_OK;
}

static int use_cassette(struct rp_cassette *c)
{
    const struct rp_tool_record tool = {"w", "add", "id", "{}", "1", 0, 1};
    struct rp_exchange asked = exchange(1);
    struct rp_interaction i = {.lane = "w",
                               .method = "POST",
                               .url = asked.url,
                               .request = asked.body,
                               .n_request = asked.n_body,
                               .request_headers = asked.headers,
                               .n_request_headers = 1};
    const struct rp_interaction *back;
    const struct rp_tool_record *tool_back;

    RP_TRY(rp_cassette_begin(c, NULL));
    RP_TRY(rp_cassette_add(c, &i, NULL, NULL));
    RP_TRY(rp_cassette_add_tool(c, &tool, NULL));
    RP_TRY(rp_cassette_commit(c, NULL));
    RP_TRY(rp_cassette_renew(c, 1, &i, NULL, NULL));
    i.id = 2;
    RP_TRY(rp_cassette_replace(c, &i, NULL));
    RP_TRY(rp_cassette_set_note(c, "a", "b", NULL));
    RP_TRY(rp_cassette_note(c, "a") ? RP_OK : RP_ENOMEM);
    RP_TRY(rp_cassette_get(c, 2, &back, NULL));
    RP_TRY(rp_cassette_tool(c, 0, &tool_back, NULL));
    RP_TRY(rp_cassette_verify(c, ignore, NULL));
    return rp_cassette_remove(c, 2, NULL);
}

static int keep_cassette(const struct rp_alloc *alloc)
{
    struct rp_cassette *c;
    int rc = rp_cassette_open(alloc, ":memory:", RP_CASSETTE_KEEP, &c, NULL);

    if (rc == RP_OK) {
        rc = use_cassette(c);
        rp_cassette_close(c);
    }
    return rc;
}

static void memory_may_run_out_anywhere_in_a_cassette(void **state)
{
    (void)state;
    assert_true(sweep_memory(keep_cassette) > 0);
}

static void memory_may_run_out_anywhere_while_recording(void **state)
{
    (void)state;
    assert_true(sweep_memory(record_new) > 0);
}

static void memory_may_run_out_anywhere_while_replaying(void **state)
{
    struct rp_alloc memory;
    struct faulty f;

    (void)state;
    path = cassette_file("c");
    faulty_init(&f, -1);
    memory = f.alloc;
    assert_int_equal(record(&memory, path, RP_MODE_NEW, RP_MATCH_STRICT), RP_OK);
    assert_true(sweep_memory(replay) > 0);
    assert_true(sweep_memory(replay_masked) > 0);
    assert_true(sweep_memory(diff) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(memory_may_run_out_anywhere_in_a_cassette),
        CASSETTE_TEST(memory_may_run_out_anywhere_while_recording),
        CASSETTE_TEST(memory_may_run_out_anywhere_while_replaying),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
