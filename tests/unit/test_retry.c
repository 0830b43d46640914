/* test_retry.c - what is asked again, when, and what of it is told: over a transport without a
 * network, in virtual time. */
#include <stdio.h>
#include <string.h>

#include "mocks/retry.h"
#include "tests/support/cm.h"
#include "tests/support/fake_transport.h"
#include "tests/support/faulty_alloc.h"

/* ---- a play: exchanges are started and heard to their ends, and what is told becomes text ---- */

struct play {
    struct faulty f;
    struct fake_transport below;
    struct rp_transport retry;
    uint64_t now_ms;
    char s[8192];
    size_t n;
};

static void tell(struct play *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    p->n += (size_t)vsnprintf(p->s + p->n, sizeof(p->s) - p->n, format, args);
    va_end(args);
    assert_true(p->n < sizeof(p->s));
}

/* The second try after 1 ms, the third after 2 more: too short for jitter, which takes a quarter.
 */
static struct rp_retry_opts plain(void)
{
    struct rp_retry_opts o = rp_retry_default();

    o.first_ms = 1;
    return o;
}

static void begin(struct play *p, struct rp_retry_opts o, const struct fake_answer *answers,
                  size_t n)
{
    struct rp_transport below;

    memset(p, 0, sizeof(*p));
    faulty_init(&p->f, -1);
    fake_transport_init(&p->below, &p->f.alloc, answers, n, &below);
    assert_int_equal(rp_retry_new(&p->f.alloc, &o, below, &p->retry), RP_OK);
}

static void end(struct play *p)
{
    p->retry.ops->free(p->retry.self);
    assert_int_equal(p->below.freed, 1);
    assert_int_equal(p->f.out, 0);
}

static uint32_t ask(struct play *p, const char *lane, int64_t order)
{
    struct rp_header header = {"Accept", "*/*"};
    struct rp_exchange x = {.method = "POST",
                            .url = "http://h/v1",
                            .headers = &header,
                            .n_headers = 1,
                            .body = "{}",
                            .n_body = 2,
                            .lane = lane,
                            .order = order};
    uint32_t ticket = 0;

    assert_int_equal(p->retry.ops->start(p->retry.self, &x, p->now_ms, &ticket), RP_OK);
    assert_int_not_equal(ticket, 0);
    return ticket;
}

static void tell_piece(struct play *p, const struct rp_piece *piece)
{
    tell(p, "[%lu] ", (unsigned long)p->now_ms);
    switch (piece->kind) {
    case RP_PIECE_NONE:
        tell(p, "nothing\n");
        break;
    case RP_PIECE_HEAD:
        tell(p, "head %d", piece->status);
        for (size_t i = 0; i < piece->n_headers; i++)
            tell(p, " %s=%s", piece->headers[i].name, piece->headers[i].value);
        tell(p, "\n");
        break;
    case RP_PIECE_BYTES:
        tell(p, "bytes %.*s\n", (int)piece->n, piece->bytes);
        break;
    case RP_PIECE_END:
        tell(p, "end\n");
        break;
    case RP_PIECE_FAILED:
        tell(p, "failed %s %s\n", rp_failure_name(piece->failure), piece->text);
        break;
    }
}

/* Hears an exchange until it ends, or until nothing more is due. */
static void hear(struct play *p, uint32_t ticket)
{
    struct rp_piece piece = {.kind = RP_PIECE_NONE};

    while (piece.kind != RP_PIECE_END && piece.kind != RP_PIECE_FAILED) {
        assert_int_equal(p->retry.ops->poll(p->retry.self, ticket, p->now_ms, &piece), RP_OK);
        if (piece.kind != RP_PIECE_NONE) {
            tell_piece(p, &piece);
            continue;
        }
        uint64_t due = p->retry.ops->due(p->retry.self);
        if (due == UINT64_MAX)
            return;
        p->now_ms = due > p->now_ms ? due : p->now_ms + 1; /* another exchange may be due */
    }
}

/* Asks once and holds all that is told, and all that was asked below, against these texts. */
static void gives(struct rp_retry_opts o, const struct fake_answer *answers, size_t n,
                  const char *told, const char *asked)
{
    struct play p;

    begin(&p, o, answers, n);
    hear(&p, ask(&p, "anna", 1));
    assert_string_equal(p.s, told);
    assert_string_equal(p.below.text, asked);
    end(&p);
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct fake_piece good[] = {FAKE_HEAD(1, 200, "A: b"), FAKE_BYTES(2, "yes"),
                                         FAKE_END(3)};
static const struct fake_piece limited[] = {FAKE_HEAD(1, 429, "Retry-After: 7"),
                                            FAKE_BYTES(2, "slow down"), FAKE_END(5)};
static const struct fake_piece down[] = {FAKE_HEAD(0, 503, ""), FAKE_BYTES(0, "down"), FAKE_END(0)};
static const struct fake_piece refused[] = {FAKE_FAILED(1, RP_FAILURE_CONNECT, "nobody")};

/* ---- what is told ---------------------------------------------------------------------------- */

static void a_good_exchange_is_told_as_it_comes(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(good)};

    (void)state;
    gives(plain(), answers, 1, "[2] head 200 A=b\n[2] bytes yes\n[3] end\n", "[0] anna 1.0 - -\n");
}

static void a_reply_without_a_body_is_told_at_its_end(void **state)
{
    static const struct fake_piece empty[] = {FAKE_HEAD(1, 204, ""), FAKE_END(4)};
    static const struct fake_answer answers[] = {FAKE_ANSWER(empty)};

    (void)state;
    gives(plain(), answers, 1, "[4] head 204\n[4] end\n", "[0] anna 1.0 - -\n");
}

static void retry_after_is_waited_for_once_the_refusal_was_heard_to_its_end(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(limited), FAKE_ANSWER(good)};

    (void)state;
    gives(plain(), answers, 2, "[7007] head 200 A=b\n[7007] bytes yes\n[7008] end\n",
          "[0] anna 1.0 - -\n[7005] anna 1.1 - -\n");
}

static void without_retry_after_each_wait_is_twice_as_long(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(down), FAKE_ANSWER(down),
                                                 FAKE_ANSWER(down), FAKE_ANSWER(down),
                                                 FAKE_ANSWER(good)};
    struct rp_retry_opts o = plain();

    (void)state;
    o.tries = 5;
    o.longest_ms = 3; /* 1, 2, 3, 3: so short that there is no quarter to take */
    gives(o, answers, 5, "[10] head 200 A=b\n[11] bytes yes\n[12] end\n",
          "[0] anna 1.0 - -\n[1] anna 1.1 - -\n[3] anna 1.2 - -\n[6] anna 1.3 - -\n"
          "[9] anna 1.4 - -\n");
}

static void the_last_try_is_told_whatever_it_is(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(down), FAKE_ANSWER(refused),
                                                 FAKE_ANSWER(limited)};

    (void)state;
    gives(plain(), answers, 3, "[5] head 429 Retry-After=7\n[6] bytes slow down\n[9] end\n",
          "[0] anna 1.0 - -\n[1] anna 1.1 - -\n[4] anna 1.2 - -\n");
}

static void a_wait_that_is_too_long_is_not_waited_for(void **state)
{
    static const struct fake_piece late[] = {FAKE_HEAD(0, 429, "Retry-After: 61"), FAKE_END(0)};
    static const struct fake_answer answers[] = {FAKE_ANSWER(late)};

    (void)state;
    gives(plain(), answers, 1, "[0] head 429 Retry-After=61\n[0] end\n", "[0] anna 1.0 - -\n");
}

static void a_status_that_will_not_pass_is_told_at_once(void **state)
{
    static const struct fake_piece wrong[] = {FAKE_HEAD(1, 400, ""), FAKE_BYTES(2, "bad"),
                                              FAKE_END(3)};
    static const struct fake_answer answers[] = {FAKE_ANSWER(wrong)};

    (void)state;
    gives(plain(), answers, 1, "[1] head 400\n[2] bytes bad\n[3] end\n", "[0] anna 1.0 - -\n");
}

static void the_service_may_say_whether_to_try_again(void **state)
{
    static const struct fake_piece yes[] = {FAKE_HEAD(0, 400, "x-should-retry: true"), FAKE_END(0)};
    static const struct fake_piece no[] = {FAKE_HEAD(0, 500, "x-should-retry: false"), FAKE_END(0)};
    static const struct fake_answer answers[] = {FAKE_ANSWER(yes), FAKE_ANSWER(no)};

    (void)state;
    gives(plain(), answers, 2, "[1] head 500 x-should-retry=false\n[1] end\n",
          "[0] anna 1.0 - -\n[1] anna 1.1 - -\n");
}

static void these_statuses_pass_and_those_do_not(void **state)
{
    static const int statuses[] = {301, 400, 401, 404, 408, 409, 422, 429, 500, 502, 503, 529, 599};
    char passing[256] = "";

    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct fake_piece pieces[] = {FAKE_HEAD(0, statuses[i], ""), FAKE_END(0)};
        struct fake_answer answers[] = {FAKE_ANSWER(pieces), FAKE_ANSWER(good)};
        struct play p;
        begin(&p, plain(), answers, 2);
        hear(&p, ask(&p, "anna", 1));
        if (p.below.asked == 2)
            snprintf(passing + strlen(passing), sizeof(passing) - strlen(passing), "%d ",
                     statuses[i]);
        end(&p);
    }
    assert_string_equal(passing, "408 409 429 500 502 503 529 599 ");
}

static void these_failures_pass_before_the_first_byte_of_a_body(void **state)
{
    char passing[256] = "";

    (void)state;
    for (int i = RP_FAILURE_NONE; i <= RP_FAILURE_OTHER; i++) {
        struct fake_piece pieces[] = {FAKE_HEAD(0, 200, ""),
                                      FAKE_FAILED(0, (enum rp_failure)i, "why")};
        struct fake_answer answers[] = {FAKE_ANSWER(pieces), FAKE_ANSWER(good)};
        struct play p;
        begin(&p, plain(), answers, 2);
        hear(&p, ask(&p, "anna", 1));
        if (p.below.asked == 2)
            snprintf(passing + strlen(passing), sizeof(passing) - strlen(passing), "%s ",
                     rp_failure_name((enum rp_failure)i));
        end(&p);
    }
    assert_string_equal(passing, "resolve connect timeout reset ");
}

static void nothing_is_repeated_once_a_byte_of_the_body_was_told(void **state)
{
    static const struct fake_piece broken[] = {FAKE_HEAD(0, 200, ""), FAKE_BYTES(1, "y"),
                                               FAKE_FAILED(2, RP_FAILURE_RESET, "broke")};
    static const struct fake_answer answers[] = {FAKE_ANSWER(broken), FAKE_ANSWER(good)};

    (void)state;
    gives(plain(), answers, 2, "[1] head 200\n[1] bytes y\n[2] failed reset broke\n",
          "[0] anna 1.0 - -\n");
}

static void with_one_try_all_is_told_as_it_comes(void **state)
{
    static const struct fake_piece broken[] = {FAKE_HEAD(4, 200, ""),
                                               FAKE_FAILED(9, RP_FAILURE_RESET, "broke")};
    static const struct fake_answer answers[] = {FAKE_ANSWER(broken)};
    struct rp_retry_opts o = plain();

    (void)state;
    o.tries = 1;
    gives(o, answers, 1, "[4] head 200\n[9] failed reset broke\n", "[0] anna 1.0 - -\n");
}

/* ---- several at once ------------------------------------------------------------------------- */

static void two_exchanges_wait_each_for_its_own_time(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(limited), FAKE_ANSWER(down),
                                                 FAKE_ANSWER(good), FAKE_ANSWER(good)};
    struct play p;
    uint32_t first, second;

    (void)state;
    begin(&p, plain(), answers, 4);
    first = ask(&p, "anna", 1);
    second = ask(&p, "bert", 1);
    hear(&p, second);
    hear(&p, first);
    assert_string_equal(p.s, "[3] head 200 A=b\n[3] bytes yes\n[4] end\n"
                             "[7007] head 200 A=b\n[7007] bytes yes\n[7008] end\n");
    assert_string_equal(p.below.text, "[0] anna 1.0 - -\n[0] bert 1.0 - -\n[1] bert 1.1 - -\n"
                                      "[7005] anna 1.1 - -\n");
    end(&p);
}

static void what_is_cancelled_is_cancelled_below_or_asked_no_more(void **state)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(down), FAKE_ANSWER(good)};
    struct rp_piece piece;
    struct play p;
    uint32_t waiting, open;

    (void)state;
    begin(&p, plain(), answers, 2);
    waiting = ask(&p, "anna", 1);
    open = ask(&p, "bert", 1);
    assert_int_equal(p.retry.ops->poll(p.retry.self, waiting, 0, &piece), RP_OK);
    assert_int_equal(piece.kind, RP_PIECE_NONE);
    p.retry.ops->cancel(p.retry.self, waiting);
    p.retry.ops->cancel(p.retry.self, open);
    p.retry.ops->cancel(p.retry.self, open);
    assert_int_equal(p.retry.ops->due(p.retry.self), UINT64_MAX);
    assert_int_equal(p.retry.ops->poll(p.retry.self, open, 0, &piece), RP_ENOTFOUND);
    assert_string_equal(p.below.text, "[0] anna 1.0 - -\n[0] bert 1.0 - -\ncancel 2\n");
    end(&p);
}

static void positions_are_those_of_the_transport_below(void **state)
{
    struct rp_heap heap;
    struct rp_value saved;
    struct play p;

    (void)state;
    begin(&p, plain(), NULL, 0);
    rp_heap_init(&heap, &p.f.alloc, 0, 0);
    ask(&p, "anna", 1);
    assert_int_equal(p.retry.ops->save(p.retry.self, &heap, &saved), RP_OK);
    assert_int_equal(saved.u.i, 1);
    assert_int_equal(p.retry.ops->load(p.retry.self, saved), RP_OK);
    assert_string_equal(p.below.text, "[0] anna 1.0 - -\ncancel 1\nload 1\n");
    assert_null(p.retry.ops->wait); /* time is as virtual as below */
    rp_heap_free(&heap);
    end(&p);
}

/* ---- jitter ---------------------------------------------------------------------------------- */

/* When the second try of that call begins, after waits of 4,000 ms. */
static uint64_t second_try(uint64_t seed, const char *lane, int64_t order)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(down), FAKE_ANSWER(good)};
    struct rp_retry_opts o = plain();
    struct play p;
    unsigned long at = 0;

    o.first_ms = 4000;
    o.seed = seed;
    begin(&p, o, answers, 2);
    hear(&p, ask(&p, lane, order));
    assert_int_equal(sscanf(strchr(p.below.text, '\n'), "\n[%lu]", &at), 1);
    end(&p);
    return at;
}

static void the_jitter_takes_up_to_a_quarter_and_is_the_same_for_the_same_call(void **state)
{
    uint64_t least = 4000, most = 0, distinct = 0, last = 0;

    (void)state;
    for (int64_t i = 0; i < 200; i++) {
        uint64_t at = second_try(1, "anna", i);
        assert_int_equal(at, second_try(1, "anna", i));
        least = at < least ? at : least;
        most = at > most ? at : most;
        distinct += at != last;
        last = at;
    }
    assert_in_range(least, 3000, 3050);
    assert_in_range(most, 3950, 4000);
    assert_in_range(distinct, 150, 200);
    assert_int_not_equal(second_try(1, "anna", 1), second_try(2, "anna", 1));
    assert_int_not_equal(second_try(1, "anna", 1), second_try(1, "bert", 1));
}

/* ---- Retry-After ----------------------------------------------------------------------------- */

static int64_t after(const char *name, const char *value, const char *date)
{
    struct rp_header headers[] = {{name, value}, {"date", date}};

    return rp_retry_after(headers, date ? 2 : 1);
}

static void retry_after_is_read_in_all_its_forms(void **state)
{
    static const char now[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    static const struct {
        const char *name, *value, *date;
        int64_t ms;
    } cases[] = {
        {"Retry-After", "0", NULL, 0},
        {"retry-after", "120", NULL, 120000},
        {"RETRY-AFTER", "1.5", NULL, 1500},
        {"Retry-After", "2 ", NULL, 2000},
        {"retry-after-ms", "250", NULL, 250},
        {"retry-after-ms", "250.9", NULL, 250},
        {"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT", now, 10000},
        {"Retry-After", "Sunday, 06-Nov-94 08:50:37 GMT", now, 60000},
        {"Retry-After", "Sun Nov  6 08:49:38 1994", now, 1000},
        {"Retry-After", "Tue, 07 Nov 1995 08:49:37 GMT", now, (int64_t)366 * 86400000},
        {"Retry-After", "Sun, 06 Nov 1994 08:49:07 GMT", now, 0},
        {"Retry-After", "Fri, 01 Mar 2024 00:00:00 GMT", "Wed, 28 Feb 2024 00:00:00 GMT",
         (int64_t)2 * 86400000},
        {"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT", NULL, -1},
        {"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT", "yesterday", -1},
        {"Retry-After", "soon", now, -1},
        {"Retry-After", "", now, -1},
        {"Retry-After", "-1", now, -1},
        {"Retry-After", "12x", now, -1},
        {"Other", "12", now, -1},
        {"Retry-After", "99999999999999999999999", NULL, (int64_t)1 << 50},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = after(cases[i].name, cases[i].value, cases[i].date);
        if (ms != cases[i].ms)
            print_error("%s: %s\n", cases[i].name, cases[i].value);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void milliseconds_go_before_seconds(void **state)
{
    static const struct rp_header headers[] = {{"Retry-After", "1"}, {"Retry-After-Ms", "900"}};

    (void)state;
    assert_int_equal(rp_retry_after(headers, 2), 900);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static int hear_all(struct rp_transport *t, uint32_t ticket)
{
    struct rp_piece piece = {.kind = RP_PIECE_NONE};
    uint64_t now = 0;

    while (piece.kind != RP_PIECE_END && piece.kind != RP_PIECE_FAILED) {
        RP_TRY(t->ops->poll(t->self, ticket, now, &piece));
        if (piece.kind == RP_PIECE_NONE)
            now = t->ops->due(t->self);
    }
    return RP_OK;
}

static int ask_and_hear(const struct rp_alloc *alloc)
{
    static const struct fake_answer answers[] = {FAKE_ANSWER(limited), FAKE_ANSWER(refused),
                                                 FAKE_ANSWER(good)};
    static struct fake_transport below;
    struct rp_retry_opts o = rp_retry_default();
    struct rp_header header = {"Accept", "*/*"};
    struct rp_exchange x = {.method = "POST", .url = "http://h", .lane = "anna", .order = 1};
    struct rp_transport inner, t;
    uint32_t ticket;
    int rc;

    x.headers = &header;
    x.n_headers = 1;
    fake_transport_init(&below, alloc, answers, 3, &inner);
    rc = rp_retry_new(alloc, &o, inner, &t);
    if (rc == RP_OK) {
        rc = t.ops->start(t.self, &x, 0, &ticket);
        if (rc == RP_OK)
            rc = hear_all(&t, ticket);
        t.ops->free(t.self);
    }
    assert_int_equal(below.freed, 1);
    return rc;
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    assert_true(sweep_memory(ask_and_hear) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_exchange_is_told_as_it_comes),
        cmocka_unit_test(a_reply_without_a_body_is_told_at_its_end),
        cmocka_unit_test(retry_after_is_waited_for_once_the_refusal_was_heard_to_its_end),
        cmocka_unit_test(without_retry_after_each_wait_is_twice_as_long),
        cmocka_unit_test(the_last_try_is_told_whatever_it_is),
        cmocka_unit_test(a_wait_that_is_too_long_is_not_waited_for),
        cmocka_unit_test(a_status_that_will_not_pass_is_told_at_once),
        cmocka_unit_test(the_service_may_say_whether_to_try_again),
        cmocka_unit_test(these_statuses_pass_and_those_do_not),
        cmocka_unit_test(these_failures_pass_before_the_first_byte_of_a_body),
        cmocka_unit_test(nothing_is_repeated_once_a_byte_of_the_body_was_told),
        cmocka_unit_test(with_one_try_all_is_told_as_it_comes),
        cmocka_unit_test(two_exchanges_wait_each_for_its_own_time),
        cmocka_unit_test(what_is_cancelled_is_cancelled_below_or_asked_no_more),
        cmocka_unit_test(positions_are_those_of_the_transport_below),
        cmocka_unit_test(the_jitter_takes_up_to_a_quarter_and_is_the_same_for_the_same_call),
        cmocka_unit_test(retry_after_is_read_in_all_its_forms),
        cmocka_unit_test(milliseconds_go_before_seconds),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
