/* test_remote_replies.c - the model client over a transport: what becomes of what comes back. */
#include <string.h>

#include "tests/support/cm.h"
#include "tests/unit/remote_play.h"

/* ---- what comes back ------------------------------------------------------------------------- */

#define JSON "Content-Type: application/json"
#define SSE  "Content-Type: text/event-stream; charset=utf-8"

/* One call, streamed or not, that gets this answer. */
static void comes_to(int stream, const struct fake_answer *answer, const char *told)
{
    struct remote_play p;

    remote_begin(&p);
    remote_open_client(&p, answer, 1);
    p.call.stream = stream;
    remote_hear(&p, remote_start(&p, p.anna));
    assert_string_equal(p.s, told);
    remote_end(&p);
}

static void a_whole_reply_is_told_when_it_has_come(void **state)
{
    static const struct fake_piece pieces[] = {
        FAKE_HEAD(5, 200, JSON),
        FAKE_BYTES(6, "{\"choices\":[{\"index\":0,\"finish_reason\":\"tool_calls\",\"message\":"),
        FAKE_BYTES(7,
                   "{\"role\":\"assistant\",\"content\":\"Well.\",\"tool_calls\":[{\"id\":\"c1\","
                   "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}"),
        FAKE_BYTES(7, "}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"
                      "\"total_tokens\":3}}"),
        FAKE_END(9)};
    static const struct fake_answer answer = FAKE_ANSWER(pieces);

    (void)state;
    comes_to(0, &answer, "anna 1\n[9] whole 'Well.' f({})#c1 usage 3\n");
}

#define BEFORE      "data: {\"choices\":[{\"index\":0,\"delta\":{"
#define CHUNK(text) BEFORE "\"content\":\"" text "\"}}]}\n\n"
#define LAST        BEFORE "},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE        "data: [DONE]\n\n"

static void the_pieces_of_a_stream_are_told_as_they_come(void **state)
{
    static const struct fake_piece pieces[] = {
        FAKE_HEAD(1, 200, SSE),
        FAKE_BYTES(2, CHUNK("A") CHUNK("B")),
        FAKE_BYTES(4, "data: {"),
        FAKE_BYTES(5, "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"C\"}}]}\n\n"),
        FAKE_BYTES(6, LAST DONE),
        FAKE_END(6)};
    static const struct fake_answer answer = FAKE_ANSWER(pieces);

    (void)state;
    comes_to(1, &answer, "anna 1\n[2] update 'A'\n[2] update 'B'\n[5] update 'C'\n[6] end\n");
}

static void a_stream_is_heard_to_its_end_and_nothing_comes_behind_its_mark(void **state)
{
    static const struct fake_piece pieces[] = {
        FAKE_HEAD(0, 200, SSE), FAKE_BYTES(1, CHUNK("A") LAST DONE), FAKE_BYTES(2, DONE),
        FAKE_BYTES(3, DONE), FAKE_FAILED(4, RP_FAILURE_RESET, "broke")};
    static const struct fake_answer answer = FAKE_ANSWER(pieces);

    (void)state;
    comes_to(1, &answer, "anna 1\n[1] update 'A'\n[4] end\n");
}

static void a_stream_that_is_cut_is_an_error_behind_what_came(void **state)
{
    static const struct fake_piece ended[] = {FAKE_HEAD(0, 200, SSE), FAKE_BYTES(1, CHUNK("A")),
                                              FAKE_END(2)};
    static const struct fake_piece broken[] = {FAKE_HEAD(0, 200, SSE), FAKE_BYTES(1, CHUNK("A")),
                                               FAKE_FAILED(2, RP_FAILURE_RESET, "it broke")};
    static const struct fake_answer answers[] = {FAKE_ANSWER(ended), FAKE_ANSWER(broken)};

    (void)state;
    comes_to(
        1, answers,
        "anna 1\n[1] update 'A'\n[2] error the reply of the service cannot be read: byte 57: the "
        "stream stops before its end: no finish reason and no [DONE]\n");
    comes_to(1, answers + 1, "anna 1\n[1] update 'A'\n[2] error it broke\n");
}

static void a_reply_that_is_no_json_is_refused_at_its_byte(void **state)
{
    static const struct fake_piece cut[] = {FAKE_HEAD(0, 200, JSON),
                                            FAKE_BYTES(1, "{\"choices\":[{\"ind"), FAKE_END(2)};
    static const struct fake_piece none[] = {FAKE_HEAD(0, 200, ""), FAKE_END(2)};
    static const struct fake_answer answers[] = {FAKE_ANSWER(cut), FAKE_ANSWER(none)};

    (void)state;
    comes_to(0, answers,
             "anna 1\n[2] error the reply of the service cannot be read: byte 17: no valid JSON: "
             "expected the string's closing quote, found the end of the text\n");
    comes_to(
        0, answers + 1,
        "anna 1\n[2] error the reply of the service cannot be read: byte 0: the body is empty\n");
}

static void a_body_of_another_kind_is_told_by_its_name(void **state)
{
    static const struct fake_piece html[] = {
        FAKE_HEAD(0, 200, "Content-Type: text/html; charset=utf-8"),
        FAKE_BYTES(1, "<html><head><title>Welcome</title></head></html>"), FAKE_END(2)};
    static const struct fake_piece whole[] = {
        FAKE_HEAD(0, 200, JSON), FAKE_BYTES(1, "{\"error\":{\"message\":\"no streams here\"}}"),
        FAKE_END(2)};
    static const struct fake_piece stream[] = {FAKE_HEAD(0, 200, SSE), FAKE_BYTES(1, CHUNK("A")),
                                               FAKE_END(2)};
    static const struct fake_answer answers[] = {FAKE_ANSWER(html), FAKE_ANSWER(whole),
                                                 FAKE_ANSWER(stream)};

    (void)state;
    comes_to(
        0, answers,
        "anna 1\n[2] error the service answered with status 200 and a page of HTML: Welcome; it "
        "came as text/html where one JSON object was asked for: is the base URL right?\n");
    comes_to(
        1, answers,
        "anna 1\n[2] error the service answered with status 200 and a page of HTML: Welcome; it "
        "came as text/html where a stream was asked for: is the base URL right?\n");
    comes_to(1, answers + 1,
             "anna 1\n[2] error the service answered with status 200: no streams here; it came as "
             "application/json where a stream was asked for: is the base URL right?\n");
    comes_to(0, answers + 2,
             "anna 1\n[2] error the service answered with status 200: data: "
             "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"A\"}}]}; it came as "
             "text/event-stream where one JSON object was asked for: is the base URL right?\n");
}

static void a_refusal_is_told_in_the_services_words(void **state)
{
    static const struct fake_piece refused[] = {
        FAKE_HEAD(0, 401, JSON),
        FAKE_BYTES(1, "{\"error\":{\"message\":\"Incorrect API key\",\"type\":"
                      "\"invalid_request_error\"}}"),
        FAKE_END(2)};
    static const struct fake_piece page[] = {FAKE_HEAD(0, 502, "Content-Type: text/html"),
                                             FAKE_BYTES(1, "<html><title>Bad Gateway</title>"),
                                             FAKE_END(2)};
    static const struct fake_piece moved[] = {FAKE_HEAD(0, 308, "Location: https://other/v1"),
                                              FAKE_END(2)};
    static const struct fake_piece silent[] = {FAKE_HEAD(0, 500, ""),
                                               FAKE_FAILED(2, RP_FAILURE_RESET, "it broke")};
    static const struct fake_answer answers[] = {FAKE_ANSWER(refused), FAKE_ANSWER(page),
                                                 FAKE_ANSWER(moved), FAKE_ANSWER(silent)};

    (void)state;
    comes_to(0, answers,
             "anna 1\n[2] error the service answered with status 401: Incorrect API key "
             "(invalid_request_error); check the API key\n");
    comes_to(
        1, answers + 1,
        "anna 1\n[2] error the service answered with status 502 and a page of HTML: Bad Gateway\n");
    comes_to(0, answers + 2,
             "anna 1\n[2] error the service redirects (HTTP 308) to https://other/v1, which is not "
             "followed; is the base URL right?\n");
    comes_to(0, answers + 3, "anna 1\n[2] error it broke\n");
}

static void a_connection_that_fails_is_told_as_the_transport_says_it(void **state)
{
    static const struct fake_piece pieces[] = {FAKE_FAILED(3, RP_FAILURE_CONNECT, "nobody there")};
    static const struct fake_answer answer = FAKE_ANSWER(pieces);

    (void)state;
    comes_to(0, &answer, "anna 1\n[3] error nobody there\n");
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int hear_all(struct rp_client *c, uint32_t id, struct rp_heap *heap)
{
    struct rp_reply reply = {.kind = RP_REPLY_UPDATE};
    uint64_t now = 0;

    while (reply.kind == RP_REPLY_NONE || reply.kind == RP_REPLY_UPDATE) {
        RP_TRY(c->ops->poll(c->self, id, now, heap, &reply));
        if (reply.kind == RP_REPLY_NONE)
            now = c->ops->due(c->self);
    }
    assert_int_equal(reply.kind, RP_REPLY_END);
    return RP_OK;
}

static struct remote_play
    *lent; /* its agents and services; sweep_memory hands on only the allocator */

static int call_and_hear(const struct rp_alloc *alloc)
{
    static const struct fake_piece pieces[] = {FAKE_HEAD(1, 200, SSE),
                                               FAKE_BYTES(2, CHUNK("A") LAST DONE), FAKE_END(3)};
    static const struct fake_answer answers[] = {FAKE_ANSWER(pieces)};
    struct rp_model_call call = lent->call;
    struct rp_transport below;
    struct rp_client client;
    struct rp_heap heap;
    int64_t number;
    int made, rc;

    rp_heap_init(&heap, alloc, 0, 0);
    fake_transport_init(&lent->below, alloc, answers, 1, &below);
    rc = rp_remote_new(alloc, lent->services, 2, below, &client);
    if (rc == RP_OK) {
        rc = client.ops->start(client.self, &call, 0, &number, &made);
        if (rc == RP_OK)
            rc = hear_all(&client, call.id, &heap);
        client.ops->free(client.self);
    }
    assert_int_equal(lent->below.freed, 1);
    rp_heap_free(&heap);
    return rc;
}

static void memory_may_run_out_anywhere(void **state)
{
    static struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.services[1].lane_header = "X-Lane";
    p.services[1].options = remote_json(&p, "{\"seed\":7}");
    p.call.stream = 1;
    p.call.id = 1;
    p.call.agent = p.bert;
    lent = &p;
    assert_true(sweep_memory(call_and_hear) > 10);
    rp_heap_free(&p.run);
    rp_kit_free(p.kit);
    assert_int_equal(p.f.out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_is_told_when_it_has_come),
        cmocka_unit_test(the_pieces_of_a_stream_are_told_as_they_come),
        cmocka_unit_test(a_stream_is_heard_to_its_end_and_nothing_comes_behind_its_mark),
        cmocka_unit_test(a_stream_that_is_cut_is_an_error_behind_what_came),
        cmocka_unit_test(a_reply_that_is_no_json_is_refused_at_its_byte),
        cmocka_unit_test(a_body_of_another_kind_is_told_by_its_name),
        cmocka_unit_test(a_refusal_is_told_in_the_services_words),
        cmocka_unit_test(a_connection_that_fails_is_told_as_the_transport_says_it),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
