/* test_live_faults.c - the real client against a service that does everything wrong: each fault is
 * told clearly or tried again by policy, and the call after it succeeds on the same client. Here:
 * connections, time, refusals, cancelling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/story/live_play.h"
#include "tests/support/cm.h"

/* ---- connections ----------------------------------------------------------------------------- */

static void a_refused_connection_is_told_after_three_tries(void **state)
{
    struct live_play p;
    char url[64];
    int nobody = fault_nobody(url, sizeof(url));

    (void)state;
    live_begin(&p, url);
    live_open_client(&p);
    live_hear(&p, live_start(&p, 0));
    assert_string_equal(
        p.s, "error no connection to HOST; is the service running, is the base URL right?\n");
    live_end(&p);
    close(nobody);
}

static void a_name_without_address_is_told(void **state)
{
    struct live_play p;

    (void)state;
    live_begin(&p, "http://nobody.invalid");
    p.retry.tries = 1;
    p.limits.proxy = "";
    live_open_client(&p);
    live_hear(&p, live_start(&p, 0));
    assert_string_equal(
        p.s, "error no address is known for HOST; is the base URL right, is there a network?\n");
    live_end(&p);
}

static void a_service_without_tls_is_told_when_tls_is_asked_for(void **state)
{
    static const struct fault_answer answers[] = {{.head = "HTTP/1.1 400 Bad Request\r\n\r\n"}};
    struct live_play p;
    char said[256] = "";

    (void)state;
    live_serve(&p, answers, 1);
    memmove(p.base + 5, p.base + 4, strlen(p.base) - 3);
    p.base[4] = 's';
    p.limits.connect_ms = 300; /* the fake waits for a request that never becomes whole */
    live_open_client(&p);
    live_hear(&p, live_start(&p, 0));
    snprintf(said, sizeof(said), "%.18s", p.s);
    assert_string_equal(said, "error no connectio");
    live_end(&p);
}

static void a_connection_closed_without_an_answer_is_tried_again(void **state)
{
    static const struct fault_answer answers[] = {{.end = FAULT_CLOSE}, {.end = FAULT_RESET}};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    p.retry.tries = 2;
    live_meets(&p, answers, 2, 0, "error HOST closed the connection before it answered\n");
}

static void a_reset_in_the_middle_of_a_stream_is_told_behind_what_came(void **state)
{
    static const struct fault_answer answer = {
        .head = SSE_HEAD, .body = CHUNK, .times = 2, .end = FAULT_RESET};

    (void)state;
    live_one(
        &answer, 1,
        "update 'a'\nupdate 'a'\nerror HOST broke the connection in the middle of its reply (114 "
        "bytes of the body came)\n");
}

static void a_close_in_the_middle_of_a_stream_is_no_success(void **state)
{
    static const struct fault_answer answer = {.head = SSE_HEAD, .body = CHUNK, .end = FAULT_CLOSE};

    (void)state;
    live_one(&answer, 1,
             "update 'a'\nerror the reply of the service cannot be read: byte 57: the stream stops "
             "before its end: no finish reason and no [DONE]\n");
}

static void a_chunked_stream_that_is_cut_is_told(void **state)
{
    static const struct fault_answer answer = {
        .head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                "Transfer-Encoding: chunked\r\n\r\n",
        .body = "39\r\n" CHUNK "\r\n",
        .end = FAULT_CLOSE};

    (void)state;
    live_one(
        &answer, 1,
        "update 'a'\nerror HOST broke the connection in the middle of its reply (57 bytes of the "
        "body came)\n");
}

static void chunks_that_are_no_chunks_are_told(void **state)
{
    static const struct fault_answer answer = {.head =
                                                   JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n",
                                               .body = "zz\r\n{}\r\n",
                                               .end = FAULT_CLOSE};

    (void)state;
    live_one(
        &answer, 0,
        "error the reply of HOST cannot be decoded: Illegal or missing hexadecimal sequence in "
        "chunked-encoding\n");
}

/* ---- time ------------------------------------------------------------------------------------ */

static void a_reply_that_comes_byte_by_byte_is_whole_in_the_end(void **state)
{
    static const struct fault_answer slow = {
        .head = JSON_HEAD "Content-Length: 94\r\n\r\n", .body = GOOD, .step = 1};
    static const struct fault_answer stream = {
        .head = SSE_HEAD, .body = CHUNK LAST DONE, .step = 1, .end = FAULT_CLOSE};

    (void)state;
    live_one(&slow, 0, "whole 'Hi'\n");
    live_one(&stream, 1, "update 'a'\nend\n");
}

static void silence_in_the_middle_of_a_stream_ends_it(void **state)
{
    static const struct fault_answer answer = {.head = SSE_HEAD, .body = CHUNK, .end = FAULT_HOLD};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    p.limits.silence_ms = 50;
    live_meets(&p, &answer, 1, 1,
               "update 'a'\nerror HOST sent nothing for 50 ms in the middle of its reply (57 bytes "
               "came)\n");
}

static void a_service_that_never_answers_meets_the_limit_of_a_whole_exchange(void **state)
{
    static const struct fault_answer answer = {.end = FAULT_HOLD};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    p.limits.whole_ms = 200;
    p.retry.tries = 1;
    live_meets(&p, &answer, 1, 0, "error no whole reply from HOST within 200 ms (0 bytes came)\n");
}

static void silence_before_the_first_byte_of_a_body_is_tried_again(void **state)
{
    static const struct fault_answer answers[] = {
        {.head = JSON_HEAD "Content-Length: 94\r\n\r\n", .end = FAULT_HOLD}, LIVE_GOOD};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    p.limits.silence_ms = 50;
    live_meets(&p, answers, 2, 0, "whole 'Hi'\n");
}

/* ---- refusals -------------------------------------------------------------------------------- */

#define LIMITED "{\"error\":{\"message\":\"Slow down\",\"type\":\"rate_limit\"}}"

static void too_many_requests_are_asked_again_when_retry_after_says(void **state)
{
    static const struct fault_answer answers[] = {
        {.head = "HTTP/1.1 429 Too Many\r\nRetry-After: 0\r\nContent-Length: 53\r\n\r\n",
         .body = LIMITED},
        {.head = "HTTP/1.1 429 Too Many\r\nretry-after-ms: 5\r\nContent-Length: 53\r\n\r\n",
         .body = LIMITED},
        LIVE_GOOD};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    live_meets(&p, answers, 3, 0, "whole 'Hi'\n");
}

static void too_many_requests_without_retry_after_are_asked_again(void **state)
{
    static const struct fault_answer refusal = {
        .head = "HTTP/1.1 429 Too Many\r\nContent-Length: 53\r\n\r\n", .body = LIMITED};
    struct fault_answer answers[] = {refusal, refusal, refusal};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    live_meets(&p, answers, 3, 0,
               "error the service answered with status 429: Slow down (rate_limit)\n");
}

static void a_retry_after_that_is_too_long_is_told_at_once(void **state)
{
    static const struct fault_answer answer = {
        .head = "HTTP/1.1 429 Too Many\r\nRetry-After: 3600\r\nContent-Length: 53\r\n\r\n",
        .body = LIMITED};

    (void)state;
    live_one(&answer, 0, "error the service answered with status 429: Slow down (rate_limit)\n");
}

static void a_broken_service_is_asked_again(void **state)
{
    static const struct fault_answer answers[] = {
        {.head = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"},
        {.head = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\n", .body = "busy"},
        {.head = SSE_HEAD, .body = CHUNK LAST DONE, .end = FAULT_CLOSE}};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    live_meets(&p, answers, 3, 1, "update 'a'\nend\n");
}

static void a_redirection_is_told_and_not_followed(void **state)
{
    static const struct fault_answer answer = {
        .head = "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"};

    (void)state;
    live_one(
        &answer, 0,
        "error the service redirects (HTTP 307) to http://127.0.0.1:1/, which is not followed; is "
        "the base URL right?\n");
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void a_call_may_be_cancelled_at_any_time(void **state)
{
    static const struct fault_answer held = {.head = SSE_HEAD, .body = CHUNK, .end = FAULT_HOLD};
    static const struct fault_answer silent = {.end = FAULT_HOLD};
    struct fault_answer answers[] = {held, silent, live_good};
    struct rp_reply reply = {.kind = RP_REPLY_NONE};
    struct live_play p;
    uint32_t id;

    (void)state;
    live_serve(&p, answers, 3);
    live_open_client(&p);
    p.client.ops->cancel(p.client.self, live_start(&p, 1)); /* before anything was sent */
    id = live_start(&p, 1);
    while (reply.kind == RP_REPLY_NONE) {
        assert_int_equal(
            p.client.ops->wait(p.client.self, p.client.ops->due(p.client.self), &p.now_ms), RP_OK);
        assert_int_equal(p.client.ops->poll(p.client.self, id, p.now_ms, &p.run, &reply), RP_OK);
    }
    live_tell_reply(&p, &reply);
    p.client.ops->cancel(p.client.self, id); /* in the middle of a stream */
    id = live_start(&p, 0);
    assert_int_equal(p.client.ops->wait(p.client.self, p.now_ms + 1, &p.now_ms), RP_OK);
    p.client.ops->cancel(p.client.self, id); /* while it is waited for */
    assert_int_equal(p.client.ops->due(p.client.self), UINT64_MAX);
    assert_string_equal(p.s, "update 'a'\n");
    live_end(&p);
}

static void several_calls_are_answered_side_by_side(void **state)
{
    struct fault_answer answers[] = {live_good, live_good, live_good, live_good, live_good};
    uint32_t ids[5];
    struct live_play p;

    (void)state;
    live_serve(&p, answers, 5);
    live_open_client(&p);
    for (size_t i = 0; i < 5; i++)
        ids[i] = live_start(&p, 0);
    for (size_t i = 5; i-- > 0;)
        live_hear(&p, ids[i]);
    assert_string_equal(p.s, "whole 'Hi'\nwhole 'Hi'\nwhole 'Hi'\nwhole 'Hi'\nwhole 'Hi'\n");
    live_end(&p);
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static void a_proxy_is_asked_for_other_machines(void **state)
{
    static const char asked[] = "POST http://model.invalid/v1/chat/completions HTTP/1.1\r\n"
                                "Host: model.invalid\r\n";
    struct live_play p;

    (void)state;
    live_serve(&p, &live_good, 1);
    p.limits.proxy = fault_server_url(p.server);
    p.service.base_url = "http://model.invalid/v1";
    live_open_client(&p);
    live_hear(&p, live_start(&p, 0));
    assert_string_equal(p.s, "whole 'Hi'\n");
    assert_memory_equal(fault_server_request(p.server, 0), asked, sizeof(asked) - 1);
    live_end(&p);
}

static void a_proxy_of_the_environment_is_not_asked_for_this_machine(void **state)
{
    struct live_play p;

    (void)state;
    assert_int_equal(setenv("http_proxy", "http://nobody.invalid:1", 1), 0);
    live_serve(&p, &live_good, 1);
    live_open_client(&p);
    live_hear(&p, live_start(&p, 0));
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_string_equal(p.s, "whole 'Hi'\n");
    live_end(&p);
}

static void the_request_is_sent_as_it_must_be(void **state)
{
    struct live_play p;
    char port[16];

    (void)state;
    live_serve(&p, &live_good, 1);
    p.service.api_key = "sk-1";
    live_open_client(&p);
    live_hear(&p, live_start(&p, 0));
    snprintf(port, sizeof(port), "%s", strrchr(fault_server_url(p.server), ':') + 1);
    assert_string_equal(p.s, "whole 'Hi'\n");
    p.n = 0;
    live_tell(&p,
              "POST /v1/chat/completions HTTP/1.1\r\n"
              "Host: 127.0.0.1:%s\r\n"
              "User-Agent: reprise/" RP_VERSION "\r\n"
              "Accept-Encoding: gzip, deflate\r\n"
              "Content-Type: application/json\r\n"
              "Accept: application/json\r\n"
              "Authorization: Bearer sk-1\r\n"
              "Content-Length: 60\r\n\r\n"
              "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}",
              port);
    assert_string_equal(fault_server_request(p.server, 0), p.s);
    live_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_connection_is_told_after_three_tries),
        cmocka_unit_test(a_name_without_address_is_told),
        cmocka_unit_test(a_service_without_tls_is_told_when_tls_is_asked_for),
        cmocka_unit_test(a_connection_closed_without_an_answer_is_tried_again),
        cmocka_unit_test(a_reset_in_the_middle_of_a_stream_is_told_behind_what_came),
        cmocka_unit_test(a_close_in_the_middle_of_a_stream_is_no_success),
        cmocka_unit_test(a_chunked_stream_that_is_cut_is_told),
        cmocka_unit_test(chunks_that_are_no_chunks_are_told),
        cmocka_unit_test(a_reply_that_comes_byte_by_byte_is_whole_in_the_end),
        cmocka_unit_test(silence_in_the_middle_of_a_stream_ends_it),
        cmocka_unit_test(a_service_that_never_answers_meets_the_limit_of_a_whole_exchange),
        cmocka_unit_test(silence_before_the_first_byte_of_a_body_is_tried_again),
        cmocka_unit_test(too_many_requests_are_asked_again_when_retry_after_says),
        cmocka_unit_test(too_many_requests_without_retry_after_are_asked_again),
        cmocka_unit_test(a_retry_after_that_is_too_long_is_told_at_once),
        cmocka_unit_test(a_broken_service_is_asked_again),
        cmocka_unit_test(a_redirection_is_told_and_not_followed),
        cmocka_unit_test(a_call_may_be_cancelled_at_any_time),
        cmocka_unit_test(several_calls_are_answered_side_by_side),
        cmocka_unit_test(a_proxy_is_asked_for_other_machines),
        cmocka_unit_test(a_proxy_of_the_environment_is_not_asked_for_this_machine),
        cmocka_unit_test(the_request_is_sent_as_it_must_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
