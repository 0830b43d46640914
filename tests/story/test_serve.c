/* test_serve.c - the server over sockets of loopback: whole connections as text. The server runs in
 * a thread, on a port that the system chooses; no read waits longer than ten seconds. */
#include "tests/support/cm.h"
#include "tests/support/served.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HI          "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
#define ASK         "{\"model\":\"m\"," HI "}"
#define FLOW        "{\"model\":\"m\",\"stream\":true," HI "}"
#define ONE(script) "{'name':'anna','model':{'script':[" script "]}}"

#define WHOLE(number, text)                                                                        \
    "{\"id\":\"chatcmpl_reprise_1_000000000" number                                                \
    "\",\"object\":\"chat.completion\",\"created\":"                                               \
    "0,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":" \
    "\"" text "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{"    \
    "\"prompt_tokens\":0,\"completion_tokens\":0,\"total_tokens\":0}}"

/* ---- whole answers ---- */

static void one_connection_serves_request_after_request(void **state)
{
    struct server s;
    int fd;

    (void)state;
    server_start(&s, ONE("{'text':'one'},{'text':'two'}"), NULL, NULL);
    fd = server_dial(&s);
    server_say(fd, server_post("", ASK));
    assert_string_equal(server_hear(fd, "}}"),
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        "Content-Length: 281\r\n\r\n" WHOLE("1", "one"));
    server_say(fd, server_post("", ASK));
    assert_non_null(strstr(server_hear(fd, "}}"), WHOLE("2", "two")));
    server_say(fd, "HEAD /v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_string_equal(server_hear(fd, "\r\n\r\n"),
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        "Content-Length: 90\r\n\r\n");
    close(fd);
    server_stop(&s);
}

static void a_request_may_come_byte_by_byte_or_in_chunks(void **state)
{
    const char *bytes = server_post("", ASK);
    struct server s;
    int fd;

    (void)state;
    server_start(&s, ONE("{'text':'one'},{'text':'two'}"), NULL, NULL);
    fd = server_dial(&s);
    for (; *bytes; bytes++)
        assert_int_equal(send(fd, bytes, 1, MSG_NOSIGNAL), 1);
    assert_non_null(strstr(server_hear(fd, "}}"), WHOLE("1", "one")));
    server_say(fd,
               "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"mod\r\n9\r\nel\":\"m\", \r\n"
               "31\r\n\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]\r\n"
               "1\r\n}\r\n0\r\n\r\n");
    assert_non_null(strstr(server_hear(fd, "}}"), WHOLE("2", "two")));
    close(fd);
    server_stop(&s);
}

/* ---- streams ---- */

static size_t count(const char *text, const char *part)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, part)); at++)
        n++;
    return n;
}

static void a_stream_with_delays_comes_piece_by_piece(void **state)
{
    struct server s;
    int fd;

    (void)state;
    server_start(&s, ONE("{'chunks':['a','b'],'chunk_delay_ms':10,'delay_ms':10}"), NULL, NULL);
    fd = server_dial(&s);
    server_say(fd, server_post("", FLOW));
    server_hear(fd, "0\r\n\r\n");
    assert_non_null(strstr(server_got,
                           "Content-Type: text/event-stream; charset=utf-8\r\n"
                           "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"));
    assert_int_equal(count(server_got, "data: "), 4);
    assert_non_null(strstr(server_got, "data: [DONE]\n\n\r\n0\r\n\r\n"));
    close(fd);
    server_stop(&s);
}

static void a_cut_stream_breaks_the_connection_without_an_end(void **state)
{
    struct server s;
    int fd;

    (void)state;
    server_start(&s,
                 ONE("{'error':{'cut_after':1},'chunks':['a','b']},{'error':{'cut_after':0},'text':"
                     "'long enough'},{'text':'after'}"),
                 NULL, NULL);
    fd = server_dial(&s);
    server_say(fd, server_post("", FLOW));
    server_hear(fd, NULL);
    assert_int_equal(count(server_got, "data: "), 2);
    assert_null(strstr(server_got, "\r\n0\r\n"));
    close(fd);
    fd = server_dial(&s);
    server_say(fd, server_post("", ASK));
    server_hear(fd, NULL);
    assert_non_null(strstr(server_got, "Content-Length: 289\r\n\r\n"));
    assert_int_equal(strlen(strstr(server_got, "\r\n\r\n") + 4), 144);
    close(fd);
    fd = server_dial(&s);
    server_say(fd, server_post("", ASK));
    assert_non_null(strstr(server_hear(fd, "}}"), WHOLE("3", "after")));
    close(fd);
    server_stop(&s);
}

static void who_gives_up_waiting_is_no_trouble(void **state)
{
    struct server s;
    int fd, other;

    (void)state;
    server_start(&s, ONE("{'error':{'timeout':true},'repeat':2},{'text':'after'}"), NULL, NULL);
    fd = server_dial(&s);
    server_say(fd, server_post("", ASK));
    other = server_dial(&s);
    server_say(other, server_post("", ASK));
    assert_int_equal(shutdown(fd, SHUT_RDWR), 0);
    close(fd);
    fd = server_dial(&s);
    server_say(fd, server_post("", ASK));
    assert_non_null(strstr(server_hear(fd, "}}"), WHOLE("3", "after")));
    server_stop(&s); /* one still waits, and is let go */
    assert_string_equal(server_hear(other, NULL), "");
    close(other);
    close(fd);
}

/* ---- limits ---- */

static void what_is_too_large_is_refused(void **state)
{
    static char many[8192];
    struct server s;
    size_t n = 0;
    int fd;

    (void)state;
    server_start(&s, ONE("{'text':'one'}"), NULL, &(struct rp_http_opts){.body_max = 20});
    fd = server_dial(&s);
    server_say(fd, server_post("", ASK));
    server_hear(fd, NULL);
    assert_non_null(strstr(server_got, "HTTP/1.1 413 "));
    assert_non_null(
        strstr(server_got, "{\"error\":{\"message\":\"the body is too large\",\"type\":"));
    close(fd);
    fd = server_dial(&s);
    server_say(fd, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "1e\r\n012345678901234567890123456789\r\n0\r\n\r\n");
    server_hear(fd, NULL);
    assert_non_null(strstr(server_got, "HTTP/1.1 413 "));
    assert_non_null(
        strstr(server_got, "{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\","));
    close(fd);
    fd = server_dial(&s);
    server_say(
        fd, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999\r\n\r\n");
    server_hear(fd, NULL);
    assert_non_null(strstr(server_got, "HTTP/1.1 413 "));
    close(fd);
    n = (size_t)snprintf(many, sizeof(many), "GET /v1/models HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 120; i++)
        n += (size_t)snprintf(many + n, sizeof(many) - n, "X-%d: y\r\n", i);
    snprintf(many + n, sizeof(many) - n, "\r\n");
    fd = server_dial(&s);
    server_say(fd, many);
    server_hear(fd, NULL);
    assert_non_null(strstr(server_got, "HTTP/1.1 431 "));
    assert_non_null(strstr(server_got, "\"there are too many headers\""));
    close(fd);
    server_stop(&s);
}

static void who_takes_too_long_to_ask_is_not_waited_for(void **state)
{
    struct server s;
    int silent, slow;

    (void)state;
    server_start(&s, ONE("{'text':'one'}"), NULL, &(struct rp_http_opts){.patience_ms = 50});
    silent = server_dial(&s);
    slow = server_dial(&s);
    server_say(slow, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Le");
    assert_string_equal(server_hear(silent, NULL), "");
    assert_null(strstr(server_hear(slow, NULL), " 200 "));
    close(silent);
    close(slow);
    server_stop(&s);
}

/* ---- beginning and end ---- */

static void it_ends_after_as_many_requests_as_it_was_told(void **state)
{
    struct server s;
    int fd;

    (void)state;
    server_start(&s, ONE("{'text':'one'},{'text':'two'}"), NULL,
                 &(struct rp_http_opts){.requests = 2});
    fd = server_dial(&s);
    server_say(fd, server_post("", ASK));
    server_hear(fd, "}}");
    server_say(fd, server_post("", ASK));
    assert_non_null(strstr(server_hear(fd, "}}"), WHOLE("2", "two")));
    server_join(&s);
    assert_string_equal(server_hear(fd, NULL), "");
    close(fd);
}

static void an_address_that_cannot_be_had_is_said(void **state)
{
    struct server s;
    struct rp_http *other = NULL;
    struct rp_error err = {0};
    char wanted[160];

    (void)state;
    server_start(&s, ONE("{'text':'one'}"), NULL, NULL);
    struct rp_http_opts taken = {.port = rp_http_port(s.http)};
    assert_int_equal(rp_http_new(&s.f.alloc, s.core.core, &taken, &other, &err), RP_EIO);
    snprintf(wanted, sizeof(wanted),
             "127.0.0.1: cannot listen on port %d: Address already in use; take another one, or 0 "
             "for any",
             (int)taken.port);
    assert_int_equal(strncmp(wanted, err.where, strlen(err.where)), 0);
    assert_string_equal(wanted + strlen(err.where) + 2, err.text);
    assert_int_equal(rp_http_new(&s.f.alloc, s.core.core,
                                 &(struct rp_http_opts){.address = "example"}, &other, &err),
                     RP_EARG);
    assert_int_equal(rp_http_is_loopback("::1"), 1);
    assert_int_equal(rp_http_is_loopback("127.3.4.5"), 1);
    assert_int_equal(rp_http_is_loopback("0.0.0.0"), 0);
    assert_int_equal(rp_http_is_loopback("example"), -1);
    server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_serves_request_after_request),
        cmocka_unit_test(a_request_may_come_byte_by_byte_or_in_chunks),
        cmocka_unit_test(a_stream_with_delays_comes_piece_by_piece),
        cmocka_unit_test(a_cut_stream_breaks_the_connection_without_an_end),
        cmocka_unit_test(who_gives_up_waiting_is_no_trouble),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(who_takes_too_long_to_ask_is_not_waited_for),
        cmocka_unit_test(it_ends_after_as_many_requests_as_it_was_told),
        cmocka_unit_test(an_address_that_cannot_be_had_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
