/* test_replay.c - replaying exchanges: when pieces come, which recording answers what, and what is
 * said when none does. */
#include <stdio.h>
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
/* ---- replaying ---- */

static void a_recording_plays_in_its_own_time(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(hello)};
    static const char *const asks[] = {"{\"a\":1}"};
    const char *path = cassette_file("c");
    struct stand s = {0};

    (void)state;
    stand_record(path, answers, 1, asks);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    assert_null(s.play.transport.ops->wait);
    s.play.now_ms = 1000;
    cassette_ask(&s.play, "w", 1, "{ \"a\" : 1 }");
    assert_string_equal(cassette_run(&s.play), "[1005] 1 head 200 X-Id=1\n"
                                               "[1007] 1 bytes hel\n"
                                               "[1020] 1 bytes lo\n"
                                               "[1021] 1 end\n");
    assert_string_equal(stand_ledger(s.recorder),
                        "1 replayed 0 recorded 0 missed 0 drifted, unused:");
    stand_leave(&s);
    s = (struct stand){.opts = {.immediate = 1}};
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    s.play.now_ms = 1000;
    cassette_ask(&s.play, "w", 1, "{\"a\":1}");
    assert_string_equal(cassette_run(&s.play), "[1000] 1 head 200 X-Id=1\n"
                                               "[1000] 1 bytes hel\n"
                                               "[1000] 1 bytes lo\n"
                                               "[1000] 1 end\n");
    stand_leave(&s);
}

static void add(struct rp_cassette *c, const char *lane, int64_t order, const char *request,
                const char *body, uint64_t started_us, uint64_t head_us, uint64_t gap_us)
{
    struct rp_body_chunk chunk = {strlen(body), gap_us};
    struct rp_interaction i = {.lane = lane,
                               .order = order,
                               .method = "POST",
                               .url = "http://h/v1/chat",
                               .request = request,
                               .n_request = strlen(request),
                               .status = 200,
                               .body = body,
                               .n_body = chunk.n,
                               .chunks = &chunk,
                               .n_chunks = 1,
                               .started_us = started_us,
                               .head_us = head_us,
                               .end_us = 0};

    assert_int_equal(rp_cassette_add(c, &i, NULL, NULL), RP_OK);
}

static void pieces_come_in_the_order_in_which_they_were_recorded(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {0};

    (void)state;
    add(c, "a", 1, "1", "late", 0, 1900, 50);   /* 1.90 and 1.95 ms */
    add(c, "b", 1, "2", "soon", 300, 700, 920); /* 1.00 and 1.92 ms */
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "a", 1, "1");
    cassette_ask(&s.play, "b", 1, "2");
    assert_string_equal(cassette_run(&s.play), "[1] 2 head 200\n"
                                               "[2] 1 head 200\n"
                                               "[2] 2 bytes soon\n"
                                               "[2] 2 end\n"
                                               "[3] 1 bytes late\n"
                                               "[3] 1 end\n");
    stand_leave(&s);
}

static void one_that_nobody_asks_for_holds_nobody_up(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {0};

    (void)state;
    add(c, "a", 1, "1", "left alone", 0, 100, 0);
    add(c, "b", 1, "2", "wanted", 0, 200, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "a", 1, "1");
    s.play.n_tickets = 0;
    cassette_ask(&s.play, "b", 1, "2");
    assert_string_equal(cassette_run(&s.play), "[0] 2 head 200\n[0] 2 bytes wanted\n[0] 2 end\n");
    stand_leave(&s);
}

static void identical_requests_do_not_swap(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {0};

    (void)state;
    add(c, "a", 1, "1", "a first", 0, 9000, 0);
    add(c, "b", 1, "1", "b only", 0, 5000, 0);
    add(c, "a", 2, "1", "a second", 0, 1000, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "b", 1, "1");
    cassette_ask(&s.play, "a", 1, "1");
    cassette_ask(&s.play, "a", 2, "1");
    assert_string_equal(cassette_run(&s.play), "[1] 3 head 200\n[1] 3 bytes a second\n[1] 3 end\n"
                                               "[5] 1 head 200\n[5] 1 bytes b only\n[5] 1 end\n"
                                               "[9] 2 head 200\n[9] 2 bytes a first\n[9] 2 end\n");
    stand_leave(&s);
}

static void a_recording_without_a_lane_answers_any(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {0};

    (void)state;
    add(c, "", 1, "1", "for all", 0, 0, 0);
    add(c, "a", 1, "1", "for a", 0, 0, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "a", 1, "1");
    cassette_ask(&s.play, "a", 2, "1");
    cassette_run(&s.play);
    assert_string_equal(stand_ledger(s.recorder),
                        "2 replayed 0 recorded 0 missed 0 drifted, unused:");
    stand_leave(&s);
}

static void positions_are_saved_and_loaded(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct rp_transport other;
    struct stand s = {0};
    struct rp_buf text;
    struct rp_value saved;
    struct rp_heap h;
    struct cassette_play again;

    (void)state;
    for (int i = 0; i < 5; i++) {
        char body[2] = {(char)('a' + i), '\0'};
        add(c, "w", i + 1, "1", body, 0, 0, 0);
    }
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    rp_heap_init(&h, &s.opts.alloc, 0, 0);
    rp_buf_init(&text, &s.opts.alloc, SIZE_MAX / 2);
    cassette_ask(&s.play, "w", 1, "1");
    cassette_ask(&s.play, "w", 2, "1");
    cassette_run(&s.play);
    cassette_ask(&s.play, "w", 3, "1"); /* open: not counted */
    assert_int_equal(s.play.transport.ops->save(s.play.transport.self, &h, &saved), RP_OK);
    assert_int_equal(rp_json_write(&text, saved, 0), RP_OK);
    assert_string_equal(text.s, "{\"used\":[1,2]}");
    assert_int_equal(rp_recorder_transport(s.recorder, &other), RP_OK);
    cassette_play_begin(&again, other);
    assert_int_equal(other.ops->load(other.self, saved), RP_OK);
    cassette_ask(&again, "w", 3, "1");
    assert_string_equal(cassette_run(&again), "[0] 1 head 200\n[0] 1 bytes c\n[0] 1 end\n");
    assert_int_equal(other.ops->load(other.self, rp_nil()), RP_OK);
    cassette_ask(&again, "w", 1, "1");
    assert_string_equal(cassette_run(&again), "[0] 1 head 200\n[0] 1 bytes c\n[0] 1 end\n"
                                              "[0] 2 head 200\n[0] 2 bytes a\n[0] 2 end\n");
    assert_int_equal(other.ops->load(other.self, rp_int(3)), RP_ETYPE);
    cassette_play_end(&again);
    assert_string_equal(stand_ledger(s.recorder),
                        "5 replayed 0 recorded 0 missed 0 drifted, unused: 4 5");
    rp_buf_free(&text);
    rp_heap_free(&h);
    stand_leave(&s);
}

/* ---- misses ---- */

static void a_miss_tells_the_nearest_recording_and_the_difference(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {0};
    char expected[1000];

    (void)state;
    add(c, "other", 1, "{\"m\":\"hello\",\"n\":1}", "x", 0, 0, 0);
    add(c, "w", 1, "{\"m\":\"good bye\",\"n\":2}", "x", 0, 0, 0);
    add(c, "w", 2, "{\"m\":\"good day\",\"n\":1}", "x", 0, 0, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    s.play.now_ms = 7;
    cassette_ask(&s.play, "w", 1, "{\"m\":\"hello\",\"n\":1}");
    snprintf(expected, sizeof(expected),
             "\"w\", call 1: no recording in %s answers this request (rule strict); record it in "
             "mode \"new\", or mask what may differ; the nearest is interaction 3 (\"w\", call 2): "
             "/m was \"good day\" and is \"hello\"",
             path);
    cassette_run(&s.play);
    assert_string_equal(rp_recorder_report(s.recorder, 0), expected);
    assert_null(rp_recorder_report(s.recorder, 1));
    assert_non_null(strstr(s.play.text.s, "[7] 1 failed miss: \"w\", call 1: no recording"));
    assert_string_equal(stand_ledger(s.recorder),
                        "0 replayed 0 recorded 1 missed 0 drifted, unused: 1 2 3");
    stand_leave(&s);
}

static void a_recording_that_is_used_up_says_so(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {0};
    char expected[1000];

    (void)state;
    add(c, "w", 1, "1", "x", 0, 0, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    for (int i = 1; i <= 3; i++)
        cassette_ask(&s.play, "w", i, "1");
    cassette_run(&s.play);
    snprintf(expected, sizeof(expected),
             "\"w\", call 3: its recording is used up: %s has this request 1 time, and it was "
             "asked for 3 times; record the rest in mode \"new\"",
             path);
    assert_string_equal(rp_recorder_report(s.recorder, 1), expected);
    stand_leave(&s);
}

static void a_miss_shows_no_secret(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {0};

    (void)state;
    add(c, "w", 1, "{\"m\":\"hello\"}", "x", 0, 0, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "w", 1, "{\"m\":\"sk-abcdefghij0123456789abcdefghij\"}");
    cassette_run(&s.play);
    assert_null(strstr(s.play.text.s, "sk-abc"));
    assert_non_null(
        strstr(rp_recorder_report(s.recorder, 0), "/m was \"hello\" and is \"[redacted:1]\""));
    stand_leave(&s);
}

/* ---- rules ---- */

static void a_structural_rule_masks_and_counts(void **state)
{
    static const char *const masks[] = {"/seed", "/messages/*/id"};
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    uint64_t counts[2] = {0};
    struct stand s = {.opts = {.match = {RP_MATCH_STRUCTURAL, masks, 2, counts}}};

    (void)state;
    add(c, "w", 1, "{\"seed\":1,\"messages\":[{\"id\":1,\"t\":\"a\"}]}", "x", 0, 0, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "w", 1, "{\"seed\":2,\"messages\":[{\"id\":7,\"t\":\"a\"}]}");
    cassette_ask(&s.play, "w", 2, "{\"messages\":[{\"t\":\"b\"}]}");
    cassette_run(&s.play);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
    assert_int_equal(rp_recorder_ledger(s.recorder).masked_places, 2);
    assert_string_equal(stand_ledger(s.recorder),
                        "1 replayed 0 recorded 1 missed 0 drifted, unused:");
    stand_leave(&s);
}

static void a_sequence_goes_by_lane_and_order(void **state)
{
    const char *path = cassette_file("c");
    struct rp_cassette *c = cassette_open(path, RP_CASSETTE_KEEP);
    struct stand s = {.opts = {.match = {.rule = RP_MATCH_SEQUENCE}}};

    (void)state;
    add(c, "w", 1, "1", "first", 0, 0, 0);
    add(c, "w", 2, "2", "second", 0, 0, 0);
    rp_cassette_close(c);
    stand(&s, path, RP_MODE_NONE, NULL, 0);
    cassette_ask(&s.play, "w", 2, "anything");
    cassette_ask(&s.play, "w", 3, "anything");
    cassette_run(&s.play);
    assert_non_null(strstr(s.play.text.s, "bytes second"));
    assert_non_null(strstr(s.play.text.s, "its last recorded call is 2"));
    stand_leave(&s);
}

static void a_wrong_mask_is_refused(void **state)
{
    static const char *const masks[] = {"seed"};
    struct stand s = {.opts = {.match = {RP_MATCH_STRUCTURAL, masks, 1, NULL}}};

    (void)state;
    assert_int_equal(stand_try(&s, cassette_file("c"), RP_MODE_NEW, &(struct fake_answer){0}, 0),
                     RP_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(a_recording_plays_in_its_own_time),
        CASSETTE_TEST(pieces_come_in_the_order_in_which_they_were_recorded),
        CASSETTE_TEST(one_that_nobody_asks_for_holds_nobody_up),
        CASSETTE_TEST(identical_requests_do_not_swap),
        CASSETTE_TEST(a_recording_without_a_lane_answers_any),
        CASSETTE_TEST(positions_are_saved_and_loaded),
        CASSETTE_TEST(a_miss_tells_the_nearest_recording_and_the_difference),
        CASSETTE_TEST(a_recording_that_is_used_up_says_so),
        CASSETTE_TEST(a_miss_shows_no_secret),
        CASSETTE_TEST(a_structural_rule_masks_and_counts),
        CASSETTE_TEST(a_sequence_goes_by_lane_and_order),
        CASSETTE_TEST(a_wrong_mask_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
