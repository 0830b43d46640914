/* test_snap_read.c - nothing that is not a checkpoint is taken for one: damage of every kind is
 * refused, with its byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/msg.h"
#include "engine/snap_form.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_heap heap;
static struct rp_buf buf;

static int set_up(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    rp_heap_init(&heap, &faulty.alloc, 0, 0);
    rp_buf_init(&buf, &faulty.alloc, SIZE_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rp_heap_free(&heap);
    rp_buf_free(&buf);
    assert_int_equal(faulty.out, 0);
    return 0;
}

/* ---- making ---- */

/* A checkpoint that holds v; everything else is as it begins. */
static struct rp_value holding(struct rp_heap *h, struct rp_value v)
{
    struct rp_checkpoint *c = rp_rec_new(h, RP_K_CHECKPOINT);

    if (!c)
        return rp_bad();
    c->workflow = rp_textz(h, "flow");
    c->signature = rp_textz(h, "0123456789abcdef");
    c->run = rp_from_rec(rp_rec_new(h, RP_K_S_RUN));
    c->world = v;
    if (c->signature.tag == RP_BAD || c->run.tag == RP_BAD || v.tag == RP_BAD)
        return rp_bad();
    return rp_from_rec(c);
}

static struct rp_value held(struct rp_value checkpoint)
{
    return rp_checkpoint_of(checkpoint)->world;
}

static struct rp_value read_back(const char *bytes, size_t n)
{
    struct rp_value v = rp_nil();
    struct rp_error err = {0};

    if (rp_snap_read(&heap, bytes, n, &v, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    return v;
}

/* ---- damage ---- */

static struct rp_value small_checkpoint(void)
{
    return holding(&heap, rp_list_of(&heap, 3, rp_user_message(&heap, "\xc3\xa9"), rp_int(-300),
                                     rp_real(0.5)));
}

static void must_be_refused(const char *bytes, size_t n)
{
    struct rp_value v = rp_int(42);
    struct rp_error err = {0};
    int rc = rp_snap_read(&heap, bytes, n, &v, &err);

    assert_int_equal(rc, RP_ECHECKPOINT);
    assert_int_equal(err.status, rc);
    assert_memory_equal(err.where, "byte ", 5);
    assert_true(err.text[0] != '\0');
    assert_true(v.tag == RP_INT && v.u.i == 42);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(rp_snap_write(&buf, small_checkpoint()), RP_OK);
    for (size_t i = 0; i < 8 * buf.n; i++) {
        buf.s[i / 8] = (char)(buf.s[i / 8] ^ 1 << i % 8);
        must_be_refused(buf.s, buf.n);
        buf.s[i / 8] = (char)(buf.s[i / 8] ^ 1 << i % 8);
    }
    read_back(buf.s, buf.n);
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(rp_snap_write(&buf, small_checkpoint()), RP_OK);
    for (size_t n = 0; n < buf.n; n++) {
        char *exact = malloc(n + !n); /* so that a read beyond it shows */
        memcpy(exact, buf.s, n);
        must_be_refused(exact, n);
        free(exact);
    }
}

static void what_follows_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(rp_snap_write(&buf, small_checkpoint()), RP_OK);
    rp_buf_addc(&buf, '\0');
    must_be_refused(buf.s, buf.n);
}

static void fit_digest(char *s, size_t n)
{
    rp_snap_put_word(s + n - 8, rp_snap_digest(s, n - 8));
}

/* What was accepted can be written and read again. */
static void must_be_whole(struct rp_value checkpoint)
{
    struct rp_buf b;

    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_snap_write(&b, checkpoint), RP_OK);
    assert_true(rp_equal(checkpoint, read_back(b.s, b.n)));
    rp_buf_free(&b);
}

/* With a digest that fits, a change may give another checkpoint, but nothing else. */
static void any_byte_may_be_any_other(void **state)
{
    struct rp_value v = rp_nil();
    unsigned accepted = 0;
    size_t n;
    char *s;

    (void)state;
    assert_int_equal(rp_snap_write(&buf, small_checkpoint()), RP_OK);
    n = buf.n;
    s = malloc(n);
    for (size_t i = 0; i + 8 < n; i++)
        for (int byte = 0; byte < 256; byte++) {
            struct rp_error err = {0};
            memcpy(s, buf.s, n);
            s[i] = (char)byte;
            fit_digest(s, n);
            if (rp_snap_read(&heap, s, n, &v, &err) != RP_OK) {
                assert_int_equal(err.status, RP_ECHECKPOINT);
                continue;
            }
            accepted++;
            must_be_whole(v);
        }
    free(s);
    assert_true(accepted > n);
}

/* ---- refusals, one by one ---- */

/* Bytes by hand: items, then the checkpoint with the last slots given (its world). */
struct hand {
    char s[512];
    size_t n;
    uint32_t count;
};

static void put(struct hand *b, const char *s, size_t n)
{
    assert_true(n <= sizeof(b->s) - b->n);
    memcpy(b->s + b->n, s, n);
    b->n += n;
}

static void begin(struct hand *b)
{
    memset(b, 0, sizeof(*b));
    put(b, "reprise\x1a\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24);
}

/* items: the bytes of so many items, from number 0 on. */
static void items(struct hand *b, uint32_t count, const char *s, size_t n)
{
    put(b, s, n);
    b->count += count;
}

/* The number that a slot says for item k. */
static void slot_of_item(struct hand *b, uint32_t k)
{
    assert_true(k + 8 < 128);
    put(b, (char[]){(char)(k + 8)}, 1);
}

static void empty_record(struct hand *b, unsigned kind, const char *texts_and_runs)
{
    put(b, (char[]){(char)kind, (char)rp_kind_fields(kind)}, 2);
    for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
        const char *allowed;
        rp_kind_field(kind, i, &allowed);
        if (strchr("tr", allowed[0]) && !strchr(allowed, 'n'))
            slot_of_item(b, (uint32_t)*texts_and_runs++);
        else if (strpbrk(allowed, "n*") && i + 1 < rp_kind_fields(kind))
            put(b, "\0", 1);
        else if (allowed[0] == 'i')
            put(b, "\6\0", 2);
        else if (allowed[0] == 'b')
            put(b, "\1", 1);
        else if (allowed[0] == 'l')
            put(b, "\3", 1);
        else if (allowed[0] == 'm')
            put(b, "\4", 1);
    }
    b->count++;
}

/* The text "" and the run as two more items, then the checkpoint but for its world. */
static void finish(struct hand *b, const char *world, size_t n)
{
    char run[] = {0, 0, 0}, two[3];

    items(b, 1, "\0\0", 2);
    empty_record(b, RP_K_S_RUN, run);
    two[0] = two[1] = (char)(b->count - 2);
    two[2] = (char)(b->count - 1);
    empty_record(b, RP_K_CHECKPOINT, two);
    put(b, world, n);
    put(b, "12345678", 8);
    rp_snap_put_word(b->s + 16, b->n - 32);
    memcpy(b->s + 12, &b->count, 4); /* tests run on little-endian machines */
    fit_digest(b->s, b->n);
}

static const char *said_of(const struct hand *b)
{
    static char said[600];
    struct rp_error err = {0};
    struct rp_value v;

    if (rp_snap_read(&heap, b->s, b->n, &v, &err) == RP_OK)
        return "";
    snprintf(said, sizeof(said), "%s: %s", err.where, err.text);
    return said;
}

static const char *said_of_items(uint32_t count, const char *s, size_t n, const char *world)
{
    struct hand b;

    begin(&b);
    items(&b, count, s, n);
    finish(&b, world, 1);
    return said_of(&b);
}

static void bytes_by_hand_are_read(void **state)
{
    struct hand b;
    struct rp_value v;

    (void)state;
    begin(&b);
    items(&b, 1, "\0\1x", 3);                                    /* 0: "x" */
    items(&b, 1, "\1\2-0", 4);                                   /* 1: -0 */
    items(&b, 1, "\2\4\10\6\201\1\5\0\0\0\0\0\0\xe0\x3f\2", 16); /* 2: ["x", -65, 0.5, true] */
    items(&b, 1, "\3\2\10\11\10\12", 6);                         /* 3: {"x": -0, "x": item 2} */
    finish(&b, "\13", 1);
    assert_string_equal(said_of(&b), "");
    v = held(read_back(b.s, b.n));
    assert_int_equal(rp_map_len(v), 2);
    assert_true(rp_is_text(rp_map_key(v, 1), "x"));
    assert_int_equal(rp_map_value(v, 0).tag, RP_DIGITS);
    v = rp_map_value(v, 1);
    assert_int_equal(rp_len(v), 4);
    assert_int_equal(rp_at(v, 1).u.i, -65);
    assert_true(rp_at(v, 2).u.r == 0.5);
    assert_true(rp_is_true(rp_at(v, 3)));
}

static void each_fault_in_an_item_is_named_with_its_byte(void **state)
{
    static const struct {
        uint32_t count;
        const char *s;
        size_t n;
        const char *world, *said;
    } wrong[] = {
        {1, "\0\2\xc3(", 4, "\10", "byte 26: the text is not UTF-8 here"},
        {1,
         "\1\2"
         "12",
         4, "\10", "byte 25: these are not the digits of an integer beyond 64 bits"},
        {1,
         "\1\23"
         "9223372036854775807",
         21, "\10", "byte 25: these are not the digits of an integer beyond 64 bits"},
        {1, "\1\1-", 3, "\10", "byte 25: these are not the digits of an integer beyond 64 bits"},
        {1, "\2\0", 2, "\10", "byte 25: an empty list or map is no item"},
        {1, "\2\1\7", 3, "\10", "byte 26: no such kind of value"},
        {1, "\2\1\10", 3, "\10",
         "byte 26: the number of an item that does not stand before this one"},
        {1, "\3\1\6\0\0", 5, "\10", "byte 26: the key of a map is no text"},
        {1, "\4\0", 2, "\10", "byte 24: no such kind of item"},
        {1, "\17\0", 2, "\10", "byte 24: no such kind of item"},
        {1, "\57\0", 2, "\10", "byte 24: no such kind of item"},
        {1, "\100\0", 2, "\10", "byte 24: no such kind of item"},
        {1, "\21\2\0\0", 4, "\10", "byte 25: a \"c_text\" has another number of fields"},
        {1, "\21\1\0", 3, "\10",
         "byte 26: a value of a type that the field \"text\" does not hold"},
        {3,
         "\0\1x"
         "\2\1\10"
         "\20\3\6\0\0\11",
         12, "\12", "byte 35: a value of a type that the field \"contents\" does not hold"},
        {1, "\0\201\0x", 4, "\10", "byte 26: a number is longer than need be, or beyond 64 bits"},
        {1, "\2\1\6\377\377\377\377\377\377\377\377\377\2", 13, "\10",
         "byte 36: a number is longer than need be, or beyond 64 bits"},
        {1, "\2\377\377\377\377\17", 6, "\10", "byte 25: more is promised here than bytes follow"},
        {1, "\0\1x", 3, "\0", "byte 24: an item belongs to nothing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        const char *said = said_of_items(wrong[i].count, wrong[i].s, wrong[i].n, wrong[i].world);
        assert_string_equal(said, wrong[i].said);
    }
}

static void the_widest_integers_are_read(void **state)
{
    (void)state;
    assert_string_equal(said_of_items(1, "\2\1\6\377\377\377\377\377\377\377\377\377\1", 13, "\10"),
                        "");
}

static void each_fault_in_the_frame_is_named_with_its_byte(void **state)
{
    struct hand good, b;

    (void)state;
    begin(&good);
    finish(&good, "\0", 1);
    assert_string_equal(said_of(&good), "");

    b = good;
    b.s[0] = 'R';
    assert_string_equal(said_of(&b), "byte 0: this is no checkpoint: it does not begin as one");
    b = good;
    b.s[8] = 2;
    assert_string_equal(said_of(&b), "byte 8: a checkpoint of another version; restore it with the "
                                     "version of the program that made it");
    b = good;
    b.n = 20;
    assert_string_equal(said_of(&b), "byte 20: the checkpoint is cut off");
    b = good;
    b.s[12] = 99;
    fit_digest(b.s, b.n);
    assert_string_equal(said_of(&b), "byte 12: a number of items that the bytes cannot hold");
    b = good;
    b.s[12] = 0;
    fit_digest(b.s, b.n);
    assert_string_equal(said_of(&b), "byte 12: a number of items that the bytes cannot hold");
    b = good;
    b.s[12]--;
    fit_digest(b.s, b.n);
    assert_non_null(strstr(said_of(&b), "bytes follow the last item"));
    b = good;
    b.s[12]++;
    fit_digest(b.s, b.n);
    assert_non_null(strstr(said_of(&b), "the item is cut off"));
}

static void the_last_item_is_the_checkpoint(void **state)
{
    struct hand b;

    (void)state;
    begin(&b);
    items(&b, 1, "\0\0", 2);
    put(&b, "12345678", 8);
    b.s[12] = 1;
    b.s[16] = 2;
    fit_digest(b.s, b.n);
    assert_string_equal(said_of(&b), "byte 26: the last item is no checkpoint");
}

static void items_nested_too_deeply_are_refused(void **state)
{
    static char s[4 * RP_VALUE_DEPTH_MAX + 600];
    uint32_t count = RP_VALUE_DEPTH_MAX + 1;
    size_t n = 24;
    struct rp_error err;
    struct rp_value v;

    (void)state;
    memcpy(s, "reprise\x1a\1\0\0", 11);
    memcpy(s + n, "\2\1\0", 3);
    n += 3;
    for (uint32_t i = 1; i < count; i++) { /* each holds the one before */
        uint32_t code = i - 1 + 8;
        s[n++] = 2;
        s[n++] = 1;
        if (code >= 128)
            s[n++] = (char)(code % 128 + 128);
        s[n++] = (char)(code < 128 ? code : code / 128);
    }
    rp_snap_put_word(s + 16, n - 24);
    memcpy(s + 12, &count, 4);
    n += 8;
    fit_digest(s, n);
    assert_int_equal(rp_snap_read(&heap, s, n, &v, &err), RP_ECHECKPOINT);
    assert_string_equal(err.text, "values are nested too deeply");
}

static void the_digest_is_as_described(void **state)
{
    const char *s = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    uint64_t lane[4], digest = strlen(s), odd = 0x9fb21c651e98df25u;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        lane[i] = 0x9e3779b97f4a7c15u + i;
    for (size_t i = 0; 8 * i < strlen(s); i++) {
        unsigned char word[8] = {0};
        uint64_t w = 0;
        memcpy(word, s + 8 * i, strlen(s + 8 * i) < 8 ? strlen(s + 8 * i) : 8);
        for (unsigned k = 8; k-- > 0;)
            w = w << 8 | word[k];
        lane[i % 4] = (lane[i % 4] ^ w) * odd;
        lane[i % 4] ^= lane[i % 4] >> 32;
    }
    for (unsigned i = 0; i < 4; i++) {
        digest = (digest ^ lane[i]) * odd;
        digest ^= digest >> 32;
    }
    assert_true(rp_snap_digest(s, strlen(s)) == digest);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_flipped_bit_is_noticed),    TEST(every_cut_is_noticed),
        TEST(what_follows_is_noticed),         TEST(any_byte_may_be_any_other),
        TEST(bytes_by_hand_are_read),          TEST(each_fault_in_an_item_is_named_with_its_byte),
        TEST(the_widest_integers_are_read),    TEST(each_fault_in_the_frame_is_named_with_its_byte),
        TEST(the_last_item_is_the_checkpoint), TEST(items_nested_too_deeply_are_refused),
        TEST(the_digest_is_as_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
