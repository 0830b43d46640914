/* test_tape.c - decisions on a tape. */
#include "engine/os/reprise_os.h"
#include "mocks/tape.h"
#include "tests/support/cm.h"

#include <string.h>

static struct rp_alloc libc_memory(void)
{
    return rp_alloc_libc();
}

static void text_is(const struct rp_tape *t, const char *expected)
{
    struct rp_alloc alloc = libc_memory();
    struct rp_buf b;

    rp_buf_init(&b, &alloc, 1u << 20);
    assert_int_equal(rp_tape_write(t, &b), RP_OK);
    assert_string_equal(b.s, expected);
    rp_buf_free(&b);
}

static void reads(const char *text)
{
    struct rp_alloc alloc = libc_memory();
    struct rp_error err = {0};
    struct rp_tape t;

    rp_tape_init(&t, &alloc);
    assert_int_equal(rp_tape_read(&t, text, &err), RP_OK);
    text_is(&t, text);
    rp_tape_free(&t);
}

static void refuses(const char *text, const char *where, const char *why)
{
    struct rp_alloc alloc = libc_memory();
    struct rp_error err = {0};
    struct rp_tape t;

    rp_tape_init(&t, &alloc);
    assert_int_equal(rp_tape_read(&t, text, &err), RP_EPARSE);
    assert_string_equal(err.where, where);
    assert_non_null(strstr(err.text, why));
    rp_tape_free(&t);
}

static void a_tape_is_written_as_it_is_read(void **state)
{
    (void)state;
    reads("1");
    reads("1;r0=1");
    reads("1;r4=1,9=2;m0=3;x1=1,4294967295=4294967295");
}

static void what_is_no_tape_is_refused_with_its_place(void **state)
{
    (void)state;
    refuses("", "character 1", "a number is expected");
    refuses("2;r0=1", "character 1", "of another version");
    refuses("1;q0=1", "character 3", "the letter of a stream");
    refuses("1;r0=1;r1=1", "character 8", "stands twice");
    refuses("1;r3=1,3=2", "character 8", "positions must grow");
    refuses("1;r3", "character 5", "\"=\" and a value");
    refuses("1;r99999999999=1", "character 13", "at most 4294967295");
    refuses("1;r1=1 ", "character 7", "the end is expected");
}

static void a_seed_decides_the_same_every_time_and_a_tape_repeats_it(void **state)
{
    struct rp_alloc alloc = libc_memory();
    uint32_t first[100];
    struct rp_tape a, b;

    (void)state;
    rp_tape_init(&a, &alloc);
    rp_tape_init(&b, &alloc);
    rp_tape_from_seed(&a, 7);
    for (int i = 0; i < 100; i++)
        first[i] = rp_tape_draw(&a, (enum rp_stream)(i % RP_STREAMS), 5);
    rp_tape_from_seed(&b, 7);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rp_tape_draw(&b, (enum rp_stream)(i % RP_STREAMS), 5), first[i]);
    assert_true(rp_tape_equal(&a, &b));
    rp_tape_from_tape(&b, &a);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rp_tape_draw(&b, (enum rp_stream)(i % RP_STREAMS), 5), first[i]);
    assert_true(rp_tape_equal(&a, &b));
    rp_tape_free(&a);
    rp_tape_free(&b);
}

static void a_draw_in_one_stream_moves_nothing_in_another(void **state)
{
    struct rp_alloc alloc = libc_memory();
    struct rp_tape a, b;

    (void)state;
    rp_tape_init(&a, &alloc);
    rp_tape_init(&b, &alloc);
    rp_tape_from_seed(&a, 3);
    rp_tape_from_seed(&b, 3);
    for (int i = 0; i < 50; i++) {
        rp_tape_draw(&b, RP_STREAM_MODEL, 9);
        assert_int_equal(rp_tape_draw(&a, RP_STREAM_READY, 1000),
                         rp_tape_draw(&b, RP_STREAM_READY, 1000));
    }
    rp_tape_free(&a);
    rp_tape_free(&b);
}

static void a_tape_that_ends_goes_on_plainly_and_a_large_value_is_taken_modulo(void **state)
{
    struct rp_alloc alloc = libc_memory();
    struct rp_tape given, t;

    (void)state;
    rp_tape_init(&given, &alloc);
    rp_tape_init(&t, &alloc);
    assert_int_equal(rp_tape_read(&given, "1;r1=7", NULL), RP_OK);
    rp_tape_from_tape(&t, &given);
    assert_int_equal(rp_tape_draw(&t, RP_STREAM_READY, 3), 0);
    assert_int_equal(rp_tape_draw(&t, RP_STREAM_READY, 3), 1);
    assert_int_equal(rp_tape_draw(&t, RP_STREAM_READY, 3), 0);
    assert_int_equal(rp_tape_rare(&t, RP_STREAM_MODEL, 3, 1, 1), 0);
    text_is(&t, "1;r1=1");
    rp_tape_free(&given);
    rp_tape_free(&t);
}

static void deviations_are_counted_and_taken_out_over_all_streams(void **state)
{
    struct rp_alloc alloc = libc_memory();
    struct rp_tape t;

    (void)state;
    rp_tape_init(&t, &alloc);
    assert_int_equal(rp_tape_read(&t, "1;r1=1,2=1;m5=2;x0=1", NULL), RP_OK);
    assert_int_equal(rp_tape_deviations(&t), 4);
    rp_tape_drop(&t, 2);
    text_is(&t, "1;r1=1,2=1;x0=1");
    rp_tape_drop(&t, 0);
    text_is(&t, "1;r2=1;x0=1");
    rp_tape_drop(&t, 1);
    text_is(&t, "1;r2=1");
    rp_tape_free(&t);
}

/* Pins the streams: a seed means the same run in every version of the program. */
static void the_streams_of_a_seed_are_what_they_always_were(void **state)
{
    struct rp_dice r = rp_dice_of(1, "r"), again = rp_dice_of(1, "r"), m = rp_dice_of(1, "m");
    uint64_t sum = 0;

    (void)state;
    assert_true(rp_dice_next(&r) == 0xd87021526eab326du);
    assert_true(rp_dice_next(&r) == 0xb174f7f186dfa15au);
    assert_true(rp_dice_next(&again) == 0xd87021526eab326du);
    assert_true(rp_dice_next(&r) != rp_dice_next(&m));
    for (int i = 0; i < 1000; i++)
        sum += rp_dice_below(&m, 10);
    assert_in_range(sum, 4000, 5000);
    assert_false(rp_dice_chance(&m, 0, 5));
    assert_true(rp_dice_chance(&m, 5, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tape_is_written_as_it_is_read),
        cmocka_unit_test(what_is_no_tape_is_refused_with_its_place),
        cmocka_unit_test(a_seed_decides_the_same_every_time_and_a_tape_repeats_it),
        cmocka_unit_test(a_draw_in_one_stream_moves_nothing_in_another),
        cmocka_unit_test(a_tape_that_ends_goes_on_plainly_and_a_large_value_is_taken_modulo),
        cmocka_unit_test(deviations_are_counted_and_taken_out_over_all_streams),
        cmocka_unit_test(the_streams_of_a_seed_are_what_they_always_were),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
