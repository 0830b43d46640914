/* test_live_bodies.c - the real client against a service whose bodies are not what they should be:
 * each fault is told clearly, and the call after it succeeds on the same client. */
#include <string.h>

#include "tests/story/live_play.h"
#include "tests/support/cm.h"

/* ---- bodies ---------------------------------------------------------------------------------- */

static void a_page_of_html_is_told(void **state)
{
    static const struct fault_answer answer = {
        .head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n",
        .body = "<!doctype html><html><head><title>Welcome to nginx</title></head></html>",
        .end = FAULT_CLOSE};

    (void)state;
    live_one(
        &answer, 0,
        "error the service answered with status 200 and a page of HTML: Welcome to nginx; it came "
        "as text/html where one JSON object was asked for: is the base URL right?\n");
}

static void truncated_json_is_told_with_its_byte(void **state)
{
    static const struct fault_answer answer = {.head = JSON_HEAD "Connection: close\r\n\r\n",
                                               .body = "{\"choices\":[{\"index\":0,\"mess",
                                               .end = FAULT_CLOSE};

    (void)state;
    live_one(&answer, 0,
             "error the reply of the service cannot be read: byte 28: no valid JSON: expected the "
             "string's closing quote, found the end of the text\n");
}

static void a_length_that_is_too_long_is_told(void **state)
{
    static const struct fault_answer answer = {
        .head = JSON_HEAD "Content-Length: 1000\r\n\r\n", .body = GOOD, .end = FAULT_CLOSE};

    (void)state;
    live_one(&answer, 0,
             "error the reply of HOST ended after 94 of the 1000 bytes that its Content-Length "
             "announces\n");
}

static void a_length_that_is_too_short_leaves_no_json(void **state)
{
    static const struct fault_answer answer = {
        .head = JSON_HEAD "Content-Length: 20\r\n\r\n", .body = GOOD, .end = FAULT_CLOSE};

    (void)state;
    live_one(
        &answer, 0,
        "error the reply of the service cannot be read: byte 20: no valid JSON: expected ':' after "
        "the key, found the end of the text\n");
}

static void an_old_service_without_lengths_is_understood(void **state)
{
    static const struct fault_answer answer = {
        .head = "HTTP/1.0 200 OK\r\n\r\n", .body = GOOD, .end = FAULT_CLOSE};

    (void)state;
    live_one(&answer, 0, "whole 'Hi'\n");
}

static void an_end_mark_that_comes_twice_is_no_second_end(void **state)
{
    static const struct fault_answer answer = {
        .head = SSE_HEAD, .body = CHUNK LAST DONE DONE, .end = FAULT_CLOSE};
    static const struct fault_answer reset = {
        .head = SSE_HEAD, .body = CHUNK LAST DONE DONE, .end = FAULT_RESET};

    (void)state;
    live_one(&answer, 1, "update 'a'\nend\n");
    live_one(&reset, 1, "update 'a'\nend\n");
}

/* GOOD, compressed */
static const char gzipped[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x0d\xc8\x31\x0a\x80\x30"
                              "\x10\x44\xd1\xbb\x4c\x9d\xc2\x3a\x27\xf0\x0e\x22\x12\xe2\xaa\x0b"
                              "\xba\x2b\x99\x14\x42\xc8\xdd\x4d\xf5\x1f\xbf\x21\x5f\xae\x59\x88"
                              "\xb8\x34\xa8\xed\xf2\x21\x4e\x01\x8f\x90\xe9\x14\xc4\x86\xe2\xf7"
                              "\x28\x12\xa9\xac\xc9\x2a\x02\xb2\x5b\x95\xa1\x88\x59\xd1\x03\x0e"
                              "\x35\xe5\xb5\x15\x49\x74\x1b\x97\xd5\x5f\xf4\xb5\xff\xff\x95\x10"
                              "\x7c\x5e\x00\x00\x00";

static void a_compressed_reply_is_decoded(void **state)
{
    struct fault_answer answer = {.head = JSON_HEAD "Content-Encoding: gzip\r\n"
                                                    "Connection: close\r\n\r\n",
                                  .body = gzipped,
                                  .n_body = sizeof(gzipped) - 1,
                                  .end = FAULT_CLOSE};

    (void)state;
    live_one(&answer, 0, "whole 'Hi'\n");
}

static void a_reply_that_is_compressed_wrongly_is_told(void **state)
{
    static const struct fault_answer answer = {
        .head = JSON_HEAD "Content-Encoding: gzip\r\nConnection: close\r\n\r\n",
        .body = GOOD,
        .end = FAULT_CLOSE};
    struct fault_answer cut = {.head = JSON_HEAD "Content-Encoding: gzip\r\n"
                                                 "Connection: close\r\n\r\n",
                               .body = gzipped,
                               .n_body = sizeof(gzipped) / 2,
                               .end = FAULT_CLOSE};
    static const struct fault_answer unknown = {
        .head = JSON_HEAD "Content-Encoding: rot13\r\nConnection: close\r\n\r\n",
        .body = GOOD,
        .end = FAULT_CLOSE};

    (void)state;
    live_one(
        &answer, 0,
        "error the reply of HOST cannot be decoded: Error while processing content unencoding: "
        "incorrect header check\n");
    live_one(&cut, 0,
             "error the reply of the service cannot be read: byte 15: no valid JSON: expected the "
             "string's closing quote, found the end of the text\n");
    live_one(
        &unknown, 0,
        "error the reply of HOST cannot be decoded: Unrecognized content encoding type. libcurl "
        "understands deflate, gzip, br, zstd content encodings.\n");
}

/* ---- too much -------------------------------------------------------------------------------- */

enum { MEGABYTE = 1 << 20 };

static void a_body_of_a_hundred_megabytes_is_stopped_at_the_ceiling(void **state)
{
    static const char blanks[4096] = "                ";
    struct fault_answer answer = {.head = JSON_HEAD "Connection: close\r\n\r\n",
                                  .body = blanks,
                                  .n_body = 16,
                                  .times = 100 * MEGABYTE / 16,
                                  .end = FAULT_CLOSE};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    p.limits.body_max = 100000;
    live_meets(&p, &answer, 1, 0,
               "error the reply of HOST is longer than 100000 bytes, the limit, and was stopped\n");
}

static void a_stream_without_end_is_stopped_at_the_ceiling(void **state)
{
    static const struct fault_answer answer = {
        .head = SSE_HEAD, .body = CHUNK, .times = UINT64_MAX, .end = FAULT_CLOSE};
    struct live_play p;

    (void)state;
    live_begin(&p, "");
    p.limits.body_max = 100000;
    live_meets(
        &p, &answer, 1, 1,
        "update 'a'\nupdate 'a'\nupdate 'a'\nupdate 'a'\nupdate 'a'\nupdate 'a'\nupdate "
        "'a'\nupdate 'a'\nupdate 'a'\nupdate 'a'\nerror the reply of HOST is longer than 100000 "
        "bytes, the limit, and was stopped\n(many updates)\n");
}

static void headers_without_end_are_stopped_at_their_ceiling(void **state)
{
    static const struct fault_answer answer = {.head = "HTTP/1.1 200 OK\r\n",
                                               .body = "X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
                                               .times = UINT64_MAX,
                                               .end = FAULT_CLOSE};

    (void)state;
    live_one(&answer, 0,
             "error the headers of the reply of HOST are longer than 262144 bytes, the limit\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_of_html_is_told),
        cmocka_unit_test(truncated_json_is_told_with_its_byte),
        cmocka_unit_test(a_length_that_is_too_long_is_told),
        cmocka_unit_test(a_length_that_is_too_short_leaves_no_json),
        cmocka_unit_test(an_old_service_without_lengths_is_understood),
        cmocka_unit_test(an_end_mark_that_comes_twice_is_no_second_end),
        cmocka_unit_test(a_compressed_reply_is_decoded),
        cmocka_unit_test(a_reply_that_is_compressed_wrongly_is_told),
        cmocka_unit_test(a_body_of_a_hundred_megabytes_is_stopped_at_the_ceiling),
        cmocka_unit_test(a_stream_without_end_is_stopped_at_the_ceiling),
        cmocka_unit_test(headers_without_end_are_stopped_at_their_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
