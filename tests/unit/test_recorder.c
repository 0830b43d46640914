/* test_recorder.c - recording exchanges: what is kept of them, and the modes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"
#include "tests/support/recorder_stand.h"

/* ---- the service ---- */

static const struct fake_piece hello[] = {
    FAKE_HEAD(5, 200, "X-Id: 1"),
    FAKE_BYTES(7, "hel"),
    FAKE_BYTES(20, "lo"),
    FAKE_END(21),
};
static const struct fake_piece quick[] = {
    FAKE_HEAD(1, 200, ""),
    FAKE_BYTES(1, "quick"),
    FAKE_END(1),
};
static const struct fake_piece refused[] = {
    FAKE_FAILED(3, RP_FAILURE_CONNECT, "nobody listens"),
};
static const struct fake_piece broken[] = {
    FAKE_HEAD(1, 200, ""),
    FAKE_BYTES(2, "ha"),
    FAKE_FAILED(9, RP_FAILURE_RESET, "it broke"),
};
static const struct fake_piece busy[] = {
    FAKE_HEAD(1, 429, "Retry-After: 2"),
    FAKE_BYTES(1, "{\"error\":1}"),
    FAKE_END(1),
};

/* ---- recording ---- */

static void an_exchange_is_kept_with_its_cuts_and_gaps(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(hello)};
    const char *path = cassette_file("c");
    struct stand s = {0};

    (void)state;
    stand(&s, path, RP_MODE_ALL, answers, 1);
    s.play.now_ms = 100;
    cassette_ask(&s.play, "writer", 4, "{\"a\":1}");
    assert_string_equal(cassette_run(&s.play), "[105] 1 head 200 X-Id=1\n"
                                               "[107] 1 bytes hel\n"
                                               "[120] 1 bytes lo\n"
                                               "[121] 1 end\n");
    assert_string_equal(stand_ledger(s.recorder),
                        "0 replayed 1 recorded 0 missed 0 drifted, unused:");
    stand_leave(&s);
    assert_string_equal(cassette_told(path),
                        "1 writer 4.0 chat m POST http://h/v1/chat b4e68cbe\n"
                        "  > Content-Type: application/json\n"
                        "  > {\"a\":1}\n"
                        "  < 200 at 0+5000, end 1000, none -, 2026-11-20T16:10:15Z record\n"
                        "  < X-Id: 1\n"
                        "  < hello\n"
                        "  3/2000 2/13000\n");
}

static void numbers_go_by_start_though_ends_come_otherwise(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(hello), FAKE_ANSWER(quick)};
    const char *path = cassette_file("c");
    struct stand s = {0};
    struct rp_cassette *c;
    const struct rp_interaction *i;

    (void)state;
    stand(&s, path, RP_MODE_ALL, answers, 2);
    cassette_ask(&s.play, "slow", 1, "1");
    cassette_ask(&s.play, "fast", 1, "2");
    cassette_run_until(&s.play, 2);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_count(c), 1); /* the fast one has ended and is there */
    assert_int_equal(rp_cassette_nth(c, 0), 2);
    rp_cassette_close(c);
    cassette_run(&s.play);
    stand_leave(&s);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_get(c, 1, &i, NULL), RP_OK);
    assert_string_equal(i->lane, "slow");
    rp_cassette_close(c);
}

static void failures_are_recorded_and_replayed_as_failures(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(refused), FAKE_ANSWER(broken)};
    static const char *const asks[] = {"1", "2"};
    const char *path = cassette_file("c");
    struct stand s = {0};

    (void)state;
    stand_record(path, answers, 2, asks);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "w", 1, "1");
    cassette_run(&s.play);
    cassette_ask(&s.play, "w", 2, "2");
    assert_string_equal(cassette_run(&s.play), "[3] 1 failed connect: nobody listens\n"
                                               "[4] 2 head 200\n"
                                               "[5] 2 bytes ha\n"
                                               "[12] 2 failed reset: it broke\n");
    stand_leave(&s);
}

static void a_cancelled_exchange_is_recorded_as_cut(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(hello), FAKE_ANSWER(hello)};
    const char *path = cassette_file("c");
    struct stand s = {0};

    (void)state;
    stand(&s, path, RP_MODE_ALL, answers, 2);
    cassette_ask(&s.play, "w", 1, "1");
    cassette_run_until(&s.play, 10);
    s.play.transport.ops->cancel(s.play.transport.self, s.play.tickets[0]);
    s.play.transport.ops->cancel(s.play.transport.self, s.play.tickets[0]); /* nothing */
    s.play.n_tickets = 0;
    cassette_ask(&s.play, "w", 2, "2");
    stand_leave(&s); /* the one that is open is cut too */
    assert_string_equal(cassette_told(path),
                        "1 w 1.0 chat m POST http://h/v1/chat 04eaf55e\n"
                        "  > Content-Type: application/json\n"
                        "  > 1\n"
                        "  < 200 at 0+5000, end 0, other cancelled: the caller wanted no more of "
                        "it, 2026-11-20T16:10:15Z record\n"
                        "  < X-Id: 1\n"
                        "  < hel\n"
                        "  3/2000\n"
                        "2 w 2.0 chat m POST http://h/v1/chat 67e24b20\n"
                        "  > Content-Type: application/json\n"
                        "  > 2\n"
                        "  < 0 at 7000+0, end 0, other cancelled: the caller wanted no more of it, "
                        "2026-11-20T16:10:15Z record\n"
                        "  < \n"
                        "  \n");
}

static void secrets_never_reach_the_cassette(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(hello), FAKE_ANSWER(quick)};
    static const struct rp_header headers[] = {{"Authorization", "Bearer abc-12345678"}};
    struct rp_exchange asked = {.method = "POST",
                                .url = "http://h/v1/chat?key=k-12345678",
                                .headers = headers,
                                .n_headers = 1,
                                .body = "{\"user\":\"abc-12345678\",\"pin\":\"1\"}",
                                .n_body = 33,
                                .lane = "w",
                                .order = 1};
    const char *path = cassette_file("c");
    const char *const rules[] = {"key:pin", "text:some-secret"};
    struct stand s = {0};

    (void)state;
    s.opts.alloc = rp_alloc_libc();
    assert_int_equal(rp_redact_new(&s.opts.alloc, rules, 2, &s.opts.redact, NULL), RP_OK);
    stand(&s, path, RP_MODE_ALL, answers, 2);
    cassette_ask_as(&s.play, &asked);
    cassette_run(&s.play);
    stand_leave(&s);
    rp_redact_free(s.opts.redact);
    assert_string_equal(cassette_told(path),
                        "1 w 1.0 - - POST http://h/v1/chat?key=[redacted:1] f150369e\n"
                        "  > Authorization: [redacted:4]\n"
                        "  > {\"user\":\"[redacted:2]\",\"pin\":\"[redacted:3]\"}\n"
                        "  < 200 at 0+5000, end 1000, none -, 2026-11-20T16:10:15Z record\n"
                        "  < X-Id: 1\n"
                        "  < hello\n"
                        "  3/2000 2/13000\n"
                        "redact [\"key:pin\"]\n");
    /* It answers the same request, and one with other secrets, without any rule being given. */
    for (int other = 0; other < 2; other++) {
        s = (struct stand){0};
        stand(&s, path, RP_MODE_NONE, NULL, 0);
        if (other)
            asked.body = "{\"user\":\"xyz-87654321\",\"pin\":\"2\"}";
        cassette_ask_as(&s.play, &asked);
        cassette_run(&s.play);
        assert_string_equal(stand_ledger(s.recorder),
                            "1 replayed 0 recorded 0 missed 0 drifted, unused:");
        stand_leave(&s);
    }
}

/* ---- modes ---- */

static void once_records_into_a_new_cassette_and_replays_an_old_one(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(quick)};
    const char *path = cassette_file("c");
    struct stand s = {0};

    (void)state;
    assert_int_equal(stand_try(&s, path, RP_MODE_ONCE, NULL, 0), RP_EARG);
    assert_string_equal(s.err.text, "mode \"once\" asks the real service because the cassette is "
                                    "empty, and there is none; give one, or use mode \"none\"");
    stand(&s, path, RP_MODE_ONCE, answers, 1);
    cassette_ask(&s.play, "w", 1, "1");
    cassette_run(&s.play);
    assert_string_equal(stand_ledger(s.recorder),
                        "0 replayed 1 recorded 0 missed 0 drifted, unused:");
    stand_leave(&s);
    stand(&s, path, RP_MODE_ONCE, NULL, 0);
    cassette_ask(&s.play, "w", 1, "1");
    cassette_ask(&s.play, "w", 2, "2");
    cassette_run(&s.play);
    assert_string_equal(stand_ledger(s.recorder),
                        "1 replayed 0 recorded 1 missed 0 drifted, unused:");
    stand_leave(&s);
}

static void new_replays_what_is_there_and_records_what_is_not(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(quick), FAKE_ANSWER(hello)};
    static const char *const asks[] = {"1"};
    const char *path = cassette_file("c");
    struct rp_transport other;
    struct cassette_play again;
    struct stand s = {0};

    (void)state;
    stand_record(path, answers, 1, asks);
    stand(&s, path, RP_MODE_NEW, answers + 1, 1);
    cassette_ask(&s.play, "w", 1, "1");
    cassette_ask(&s.play, "w", 2, "2");
    cassette_run(&s.play);
    assert_string_equal(stand_ledger(s.recorder),
                        "1 replayed 1 recorded 0 missed 0 drifted, unused:");
    /* Another instance gets both from the cassette. */
    assert_int_equal(rp_recorder_transport(s.recorder, &other), RP_OK);
    cassette_play_begin(&again, other);
    cassette_ask(&again, "w", 1, "1");
    cassette_ask(&again, "w", 2, "2");
    cassette_run(&again);
    cassette_play_end(&again);
    assert_string_equal(stand_ledger(s.recorder),
                        "3 replayed 1 recorded 0 missed 0 drifted, unused:");
    assert_int_equal(s.service->asked, 1);
    stand_leave(&s);
}

static void all_takes_the_place_of_what_was_recorded(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(quick), FAKE_ANSWER(busy),
                                                 FAKE_ANSWER(hello)};
    static const char *const asks[] = {"1", "2"};
    const char *path = cassette_file("c");
    struct rp_cassette *c;
    struct stand s = {0};

    (void)state;
    stand_record(path, answers, 2, asks);
    stand(&s, path, RP_MODE_ALL, answers + 2, 1);
    cassette_ask(&s.play, "w", 1, "1");
    cassette_run(&s.play);
    assert_string_equal(stand_ledger(s.recorder),
                        "0 replayed 1 recorded 0 missed 0 drifted, unused: 2");
    stand_leave(&s);
    c = cassette_open(path, RP_CASSETTE_READ);
    assert_int_equal(rp_cassette_count(c), 2);
    assert_int_equal(rp_cassette_nth(c, 0), 2);
    assert_int_equal(rp_cassette_nth(c, 1), 3);
    rp_cassette_close(c);
}

static void diff_reports_drift_and_changes_nothing(void **state)
{
    static const struct fake_answer before[] = {FAKE_ANSWER(quick), FAKE_ANSWER(busy),
                                                FAKE_ANSWER(hello)};
    static const struct fake_answer now[] = {FAKE_ANSWER(hello), FAKE_ANSWER(refused),
                                             FAKE_ANSWER(hello), FAKE_ANSWER(quick)};
    static const char *const asks[] = {"1", "2", "3"};
    const char *path = cassette_file("c");
    char *bytes, *after;
    struct stand s = {0};
    size_t n, m;

    (void)state;
    stand_record(path, before, 3, asks);
    bytes = cassette_bytes(path, &n);
    stand(&s, path, RP_MODE_DIFF, now, 4);
    for (int i = 1; i <= 4; i++) {
        char body[2] = {(char)('0' + i), '\0'};
        cassette_ask(&s.play, "w", i, body);
    }
    cassette_run(&s.play);
    assert_non_null(strstr(rp_recorder_report(s.recorder, 0), "\"w\", call 4: no recording in"));
    assert_string_equal(rp_recorder_report(s.recorder, 1),
                        "\"w\", call 2: the service has drifted from interaction 2: how it ended "
                        "was none and is connect");
    assert_non_null(rp_recorder_report(s.recorder, 2));
    assert_null(rp_recorder_report(s.recorder, 3));
    assert_string_equal(stand_ledger(s.recorder),
                        "0 replayed 0 recorded 1 missed 2 drifted, unused:");
    stand_leave(&s);
    after = cassette_bytes(path, &m);
    assert_int_equal(n, m);
    assert_memory_equal(bytes, after, n);
    free(bytes);
    free(after);
}

#define SSE(text)                                                                                  \
    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,"                      \
    "\"model\":\"m\",\"choices\":[{\"index\":0," text "}]}\n\n"

static void drift_goes_by_meaning_not_by_cuts(void **state)
{
    static const struct fake_piece whole[] = {
        FAKE_HEAD(1, 200, "Content-Type: text/event-stream"),
        FAKE_BYTES(2, SSE("\"delta\":{\"role\":\"assistant\",\"content\":\"a word\"},"
                          "\"finish_reason\":null")
                          SSE("\"delta\":{},\"finish_reason\":\"stop\"") "data: [DONE]\n\n"),
        FAKE_END(3),
    };
    static const struct fake_piece cut[] = {
        FAKE_HEAD(1, 200, "Content-Type: text/event-stream"),
        FAKE_BYTES(2, SSE("\"delta\":{\"role\":\"assistant\",\"content\":\"a w\"},"
                          "\"finish_reason\":null")),
        FAKE_BYTES(3, SSE("\"delta\":{\"content\":\"ord\"},\"finish_reason\":null")
                          SSE("\"delta\":{},\"finish_reason\":\"stop\"") "data: [DONE]\n\n"),
        FAKE_END(3),
    };
    static const struct fake_piece other[] = {
        FAKE_HEAD(1, 200, "Content-Type: text/event-stream"),
        FAKE_BYTES(2, SSE("\"delta\":{\"role\":\"assistant\",\"content\":\"a bird\"},"
                          "\"finish_reason\":null")
                          SSE("\"delta\":{},\"finish_reason\":\"stop\"") "data: [DONE]\n\n"),
        FAKE_END(3),
    };
    static const struct fake_answer before[] = {FAKE_ANSWER(whole), FAKE_ANSWER(whole)};
    static const struct fake_answer now[] = {FAKE_ANSWER(cut), FAKE_ANSWER(other)};
    struct rp_exchange asked = {.method = "POST",
                                .url = "http://h/v1/chat",
                                .body = "1",
                                .n_body = 1,
                                .lane = "w",
                                .dialect = "chat",
                                .stream = 1};
    const char *path = cassette_file("c");
    struct stand s = {0};

    (void)state;
    for (int diff = 0; diff < 2; diff++) {
        s = (struct stand){0};
        stand(&s, path, diff ? RP_MODE_DIFF : RP_MODE_ALL, diff ? now : before, 2);
        for (asked.order = 1; asked.order <= 2; asked.order++) {
            cassette_ask_as(&s.play, &asked);
            cassette_run(&s.play);
        }
        if (!diff)
            stand_leave(&s);
    }
    assert_string_equal(rp_recorder_report(s.recorder, 0),
                        "\"w\", call 2: the service has drifted from interaction 2: /text was "
                        "\"a word\" and is \"a bird\"");
    assert_null(rp_recorder_report(s.recorder, 1));
    stand_leave(&s);
}

static void names_of_modes_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(rp_mode_of(rp_mode_name((enum rp_mode)i)), i);
    assert_int_equal(rp_mode_of("some"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(an_exchange_is_kept_with_its_cuts_and_gaps),
        CASSETTE_TEST(numbers_go_by_start_though_ends_come_otherwise),
        CASSETTE_TEST(failures_are_recorded_and_replayed_as_failures),
        CASSETTE_TEST(a_cancelled_exchange_is_recorded_as_cut),
        CASSETTE_TEST(secrets_never_reach_the_cassette),
        CASSETTE_TEST(once_records_into_a_new_cassette_and_replays_an_old_one),
        CASSETTE_TEST(new_replays_what_is_there_and_records_what_is_not),
        CASSETTE_TEST(all_takes_the_place_of_what_was_recorded),
        CASSETTE_TEST(diff_reports_drift_and_changes_nothing),
        CASSETTE_TEST(drift_goes_by_meaning_not_by_cuts),
        CASSETTE_TEST(names_of_modes_go_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
