/* test_fixpoint.c - ten thousand generated replies, cut and delayed at random, several at a time:
 * what is recorded, replayed and recorded again is the same recording, times and cuts included. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "mocks/wire/wire.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/wire_gen.h"

enum { STREAMS = 10000, AT_ONCE = 8, BATCH = 400, PIECES = 64 };

static uint64_t next(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- a service whose replies are drawn ---- */

struct drawn { /* a reply: its pieces, at milliseconds after the start */
    uint32_t ticket;
    uint64_t start_ms, at_ms[PIECES];
    size_t from[PIECES + 1]; /* of piece k, in body */
    size_t n, told;          /* pieces with bytes; told: the head is piece 0, the end n + 1 */
    int status, fails;
    struct rp_buf body;
};
struct service {
    struct rp_alloc alloc;
    struct drawn open[AT_ONCE];
    uint32_t tickets;
};

static void draw_body(struct service *s, uint64_t *seed, const struct rp_exchange *x,
                      struct drawn *d)
{
    struct rp_wire_reply reply = {0};
    enum rp_dialect dialect = (enum rp_dialect)rp_dialect_of(x->dialect);
    struct rp_wire_writer w;
    struct rp_heap h;
    int more = 1;

    rp_heap_init(&h, &s->alloc, 0, 0);
    assert_int_equal(wire_gen_reply(seed, &h, x->stream, &reply), RP_OK);
    if (x->stream) {
        rp_wire_writer_init(&w, dialect, &reply);
        while (more)
            assert_int_equal(rp_wire_write_piece(&w, &d->body, &more), RP_OK);
    } else {
        assert_int_equal(rp_wire_write_whole(dialect, &reply, &d->body), RP_OK);
    }
    rp_heap_free(&h);
}

static void draw_cuts(uint64_t *seed, struct drawn *d)
{
    size_t cuts = next(seed) % 12;

    d->n = d->body.n > 0;
    for (; d->n > 0 && d->n <= cuts && d->from[d->n - 1] + 1 < d->body.n; d->n++)
        d->from[d->n] = d->from[d->n - 1] + 1 + next(seed) % (d->body.n - d->from[d->n - 1] - 1);
    d->from[d->n] = d->body.n;
    for (size_t i = 0; i <= d->n + 1; i++)
        d->at_ms[i] = (i > 0 ? d->at_ms[i - 1] : 0) + next(seed) % 4 * (next(seed) % 5);
}

static int service_start(void *self, const struct rp_exchange *x, uint64_t now, uint32_t *ticket)
{
    struct service *s = self;
    struct drawn *d = s->open;
    uint64_t seed = (uint64_t)x->order * 977 + (unsigned char)x->lane[0];

    while (d->ticket)
        d++;
    *d = (struct drawn){.ticket = ++s->tickets, .start_ms = now, .status = 200};
    rp_buf_init(&d->body, &s->alloc, SIZE_MAX / 2);
    d->fails = next(&seed) % 9 == 0;
    if (d->fails && next(&seed) % 2)
        d->status = 0;
    else
        draw_body(s, &seed, x, d);
    draw_cuts(&seed, d);
    *ticket = d->ticket;
    return RP_OK;
}

static struct drawn *find(struct service *s, uint32_t ticket)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (s->open[i].ticket == ticket)
            return &s->open[i];
    return NULL;
}

static void forget(struct drawn *d)
{
    rp_buf_free(&d->body);
    d->ticket = 0;
}

static int service_poll(void *self, uint32_t ticket, uint64_t now, struct rp_piece *out)
{
    static const struct rp_header headers[] = {{"Content-Type", "text/event-stream"}};
    struct drawn *d = find(self, ticket);
    size_t k = d->status == 0 ? d->n + 1 : d->told;

    *out = (struct rp_piece){.kind = RP_PIECE_NONE};
    if (d->start_ms + d->at_ms[k] > now)
        return RP_OK;
    d->told++;
    if (k == 0)
        *out = (struct rp_piece){
            .kind = RP_PIECE_HEAD, .status = d->status, .headers = headers, .n_headers = 1};
    else if (k <= d->n)
        *out = (struct rp_piece){.kind = RP_PIECE_BYTES,
                                 .bytes = d->body.s + d->from[k - 1],
                                 .n = d->from[k] - d->from[k - 1]};
    else
        *out = (struct rp_piece){.kind = d->fails ? RP_PIECE_FAILED : RP_PIECE_END,
                                 .failure = d->fails ? RP_FAILURE_RESET : RP_FAILURE_NONE,
                                 .text = "reset"};
    if (k > d->n)
        forget(d);
    return RP_OK;
}

static uint64_t service_due(void *self)
{
    struct service *s = self;
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < AT_ONCE; i++) {
        const struct drawn *d = &s->open[i];
        uint64_t due = d->start_ms + d->at_ms[d->status == 0 ? d->n + 1 : d->told];
        if (d->ticket && due < first)
            first = due;
    }
    return first;
}

static void service_cancel(void *self, uint32_t ticket)
{
    struct drawn *d = find(self, ticket);

    if (d)
        forget(d);
}

static void service_free(void *self)
{
    for (uint32_t i = 0; i < AT_ONCE; i++)
        if (((struct service *)self)->open[i].ticket)
            forget(&((struct service *)self)->open[i]);
}

static const struct rp_transport_ops service_ops = {.start = service_start,
                                                    .poll = service_poll,
                                                    .due = service_due,
                                                    .cancel = service_cancel,
                                                    .free = service_free};

/* ---- recording ---- */

static const char *date(void *ctx)
{
    (void)ctx;
    return "2026-11-20T16:10:15Z";
}

static struct rp_recorder *make(struct rp_cassette *c, enum rp_mode mode, struct rp_transport inner)
{
    struct rp_recorder_opts opts = {
        .alloc = rp_alloc_libc(), .cassette = c, .mode = mode, .now = date};
    struct rp_recorder *r;
    struct rp_error err;

    if (rp_recorder_new(&opts, inner, &r, &err) != RP_OK)
        fail_msg("%s", err.text);
    return r;
}

/* One call after the other in each lane, all lanes at once. */
static void ask_all(struct cassette_play *p, int64_t first)
{
    static const char *const dialects[] = {"chat", "responses", "anthropic"};
    char lane[2] = "a", body[64];

    for (int64_t i = 0; i < BATCH; i++) {
        int64_t order = first + i / AT_ONCE;
        lane[0] = (char)('a' + i % AT_ONCE);
        snprintf(body, sizeof(body), "{\"n\":%ld}", (long)(order % 3)); /* many are the same */
        cassette_ask_as(p, &(struct rp_exchange){.method = "POST",
                                                 .url = "http://h/v1",
                                                 .body = body,
                                                 .n_body = strlen(body),
                                                 .lane = lane,
                                                 .order = order,
                                                 .dialect = dialects[order % 3],
                                                 .stream = order % 4 != 0});
        if (i % AT_ONCE == AT_ONCE - 1)
            cassette_run(p);
    }
}

/* Records a batch over inner; what the caller saw is added to *seen. */
static void record(struct rp_cassette *c, struct rp_transport inner, int64_t first,
                   struct rp_buf *seen)
{
    struct rp_recorder *r = make(c, RP_MODE_ALL, inner);
    struct rp_transport t;
    struct cassette_play play;

    assert_int_equal(rp_recorder_transport(r, &t), RP_OK);
    cassette_play_begin(&play, t);
    ask_all(&play, first);
    assert_int_equal(rp_buf_add(seen, play.text.s, play.text.n), RP_OK);
    cassette_play_end(&play);
    assert_int_equal(rp_recorder_ledger(r).recorded, BATCH);
    rp_recorder_free(r);
}

static void what_is_recorded_replayed_and_recorded_again_is_the_same(void **state)
{
    struct rp_alloc memory = rp_alloc_libc();
    struct service *service = calloc(1, sizeof(*service));
    struct rp_buf seen, again;

    (void)state;
    assert_non_null(service);
    service->alloc = memory;
    rp_buf_init(&seen, &memory, SIZE_MAX / 2);
    rp_buf_init(&again, &memory, SIZE_MAX / 2);
    for (int64_t n = 0; n < STREAMS; n += BATCH) {
        struct rp_cassette *a = cassette_open(":memory:", RP_CASSETTE_KEEP);
        struct rp_cassette *b = cassette_open(":memory:", RP_CASSETTE_KEEP);
        struct rp_recorder *replay;
        struct rp_transport t;
        char *first;
        rp_buf_clear(&seen);
        rp_buf_clear(&again);
        record(a, (struct rp_transport){&service_ops, service}, n + 1, &seen);
        replay = make(a, RP_MODE_NONE, (struct rp_transport){NULL, NULL});
        assert_int_equal(rp_recorder_transport(replay, &t), RP_OK);
        record(b, t, n + 1, &again);
        assert_int_equal(rp_recorder_ledger(replay).unused, 0);
        rp_recorder_free(replay);
        assert_string_equal(seen.s, again.s);
        first = strdup(cassette_told_of(a));
        assert_non_null(first);
        assert_string_equal(first, cassette_told_of(b));
        free(first);
        rp_cassette_close(a);
        rp_cassette_close(b);
    }
    rp_buf_free(&seen);
    rp_buf_free(&again);
    free(service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(what_is_recorded_replayed_and_recorded_again_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
