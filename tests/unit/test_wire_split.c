/* test_wire_split.c - drawn replies in all dialects: written, read and written again they are the
 * same, and however the bytes are split, what is read is the same. WIRE_STREAMS: how many streams
 * of each dialect; 20 without. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/wire_gen.h"
#include "tests/support/wire_read.h"

/* So many are drawn that the heap of the group, which checks every block, would be slow. */
static struct rp_alloc alloc;

struct drawn {
    struct rp_heap heap;
    struct rp_wire_reply reply;
    struct rp_buf bytes;
};

static void draw_reply(struct drawn *d, enum rp_dialect dialect, int stream, uint64_t seed)
{
    rp_heap_init(&d->heap, &alloc, 0, 0);
    rp_buf_init(&d->bytes, &alloc, SIZE_MAX);
    assert_int_equal(wire_gen_reply(&seed, &d->heap, stream, &d->reply), RP_OK);
    assert_int_equal(wire_write(dialect, stream, &d->reply, &d->bytes), RP_OK);
}

static void drawn_free(struct drawn *d)
{
    rp_buf_free(&d->bytes);
    rp_heap_free(&d->heap);
}

static struct rp_str body_of(const struct drawn *d)
{
    return (struct rp_str){d->bytes.s, d->bytes.n};
}

/* What is read is what was written, needs no leniency, and is written as the same bytes. */
static void is_fixed(const struct drawn *d, enum rp_dialect dialect, int stream,
                     struct wire_read *r)
{
    struct rp_wire_reply again;
    struct rp_buf bytes;

    wire_read(r, &alloc, dialect, stream, body_of(d), 0, 0);
    if (r->is_broken || strstr(r->story.s, "rules"))
        fail_msg("%s\n%s", d->bytes.s, r->story.s);
    if (stream ? !rp_equal(r->updates, d->reply.updates)
               : !rp_equal(r->contents, d->reply.contents))
        fail_msg("%s\n%s", d->bytes.s, r->story.s);
    assert_true(rp_equal(r->usage, d->reply.usage));
    again = wire_read_reply(r);
    rp_buf_init(&bytes, &alloc, SIZE_MAX);
    assert_int_equal(wire_write(dialect, stream, &again, &bytes), RP_OK);
    assert_string_equal(bytes.s, d->bytes.s);
    rp_buf_free(&bytes);
}

static void is_read_as(const struct drawn *d, enum rp_dialect dialect, int stream, size_t first,
                       size_t step, const char *story)
{
    struct wire_read r;

    wire_read(&r, &alloc, dialect, stream, body_of(d), first, step);
    assert_string_equal(r.story.s, story);
    wire_read_free(&r);
}

static void is_same_however_split(enum rp_dialect dialect, int stream, uint64_t seed)
{
    struct drawn d;
    struct wire_read r;

    draw_reply(&d, dialect, stream, seed);
    is_fixed(&d, dialect, stream, &r);
    for (size_t cut = 1; cut < d.bytes.n; cut++)
        is_read_as(&d, dialect, stream, cut, 0, r.story.s);
    is_read_as(&d, dialect, stream, 1, 1, r.story.s);
    wire_read_free(&r);
    drawn_free(&d);
}

static uint64_t streams(void)
{
    const char *wanted = getenv("WIRE_STREAMS");

    return wanted ? strtoul(wanted, NULL, 10) : 20;
}

static void all_are_same(enum rp_dialect dialect, int stream)
{
    for (uint64_t i = 0, n = streams(); i < n; i++)
        is_same_however_split(dialect, stream, 7 * i + dialect);
}

static void streams_of_chat_are_the_same_however_split(void **state)
{
    (void)state;
    all_are_same(RP_DIALECT_CHAT, 1);
}

static void streams_of_responses_are_the_same_however_split(void **state)
{
    (void)state;
    all_are_same(RP_DIALECT_RESPONSES, 1);
}

static void streams_of_anthropic_are_the_same_however_split(void **state)
{
    (void)state;
    all_are_same(RP_DIALECT_ANTHROPIC, 1);
}

static void whole_replies_are_the_same_however_split(void **state)
{
    (void)state;
    for (int dialect = 0; dialect < RP_DIALECTS; dialect++)
        for (uint64_t i = 0; i < 40; i++)
            is_same_however_split((enum rp_dialect)dialect, 0, 1000 + i);
}

/* 10,000 in all, whatever WIRE_STREAMS says. */
static void ten_thousand_streams_are_fixed_when_written_read_and_written(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 10000; i++) {
        enum rp_dialect dialect = (enum rp_dialect)(i % RP_DIALECTS);
        struct wire_read r;
        struct drawn d;
        draw_reply(&d, dialect, 1, i);
        is_fixed(&d, dialect, 1, &r);
        is_read_as(&d, dialect, 1, 1 + i % d.bytes.n, 0, r.story.s);
        is_read_as(&d, dialect, 1, 1, 1, r.story.s);
        wire_read_free(&r);
        drawn_free(&d);
    }
}

/* Cut anywhere before its last event has come, a stream is broken; nothing it said is taken back.
 */
static void a_stream_that_is_cut_is_never_a_success(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        enum rp_dialect dialect = (enum rp_dialect)(i % RP_DIALECTS);
        struct drawn d;
        draw_reply(&d, dialect, 1, (uint64_t)i);
        for (size_t n = 0; n < d.bytes.n; n++) {
            struct rp_wire_reply *reply = &d.reply;
            struct wire_read r;
            wire_read(&r, &alloc, dialect, 1, (struct rp_str){d.bytes.s, n}, 0, 0);
            if (!r.is_broken)
                assert_true(rp_equal(r.updates, reply->updates));
            wire_read_free(&r);
        }
        drawn_free(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_chat_are_the_same_however_split),
        cmocka_unit_test(streams_of_responses_are_the_same_however_split),
        cmocka_unit_test(streams_of_anthropic_are_the_same_however_split),
        cmocka_unit_test(whole_replies_are_the_same_however_split),
        cmocka_unit_test(ten_thousand_streams_are_fixed_when_written_read_and_written),
        cmocka_unit_test(a_stream_that_is_cut_is_never_a_success),
    };

    alloc = rp_alloc_libc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
