/* test_snap_read.c - nothing that is not a checkpoint is taken for one: damage is refused with the
 * item and the byte, and so is whatever the writer would have written otherwise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/msg.h"
#include "engine/snap_form.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/item_set.h"

static struct faulty faulty;
static struct rp_heap heap;
static struct item_set set;

/* A store that has the set's items, one of them maybe otherwise. */
static size_t changed; /* number of that item */
static const char *changed_bytes;
static size_t changed_n;
static int missing; /* it is not there at all */

static int item_of_set(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                       struct rp_error *err)
{
    const struct item_set *s = self;

    for (size_t i = 0; i < s->n; i++)
        if (memcmp(&s->item[i].id, id, sizeof(*id)) == 0 && !(missing && i == changed)) {
            *bytes = changed_bytes && i == changed ? changed_bytes : s->item[i].bytes;
            *n = changed_bytes && i == changed ? changed_n : s->item[i].n;
            return RP_OK;
        }
    return rp_fail_at(err, RP_ENOTFOUND, "set", "no such item");
}

static const struct rp_store_ops set_ops = {.item = item_of_set};
static const struct rp_store set_store = {&set_ops, &set};

static int set_up(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    rp_heap_init(&heap, &faulty.alloc, 0, 0);
    memset(&set, 0, sizeof(set));
    changed_bytes = NULL;
    missing = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rp_heap_free(&heap);
    item_set_free(&set);
    assert_int_equal(faulty.out, 0);
    return 0;
}

/* ---- a small checkpoint with items of all sorts ---- */

static struct rp_value conversation(void)
{
    struct rp_value list = rp_list();

    for (int i = 0; i < 23; i++) {
        char z[100];
        snprintf(z, sizeof(z), "%d. %0*d \xc3\xa9", i, i % 3 ? 4 : 70, i);
        rp_list_add(&heap, &list, rp_user_message(&heap, z));
    }
    return list;
}

static struct rp_value small_checkpoint(void)
{
    struct rp_checkpoint *c = rp_rec_new(&heap, RP_K_CHECKPOINT);
    struct rp_s_run *run = rp_rec_new(&heap, RP_K_S_RUN);
    struct rp_s_agent *a = rp_rec_new(&heap, RP_K_S_AGENT);
    struct rp_session *s = rp_rec_new(&heap, RP_K_SESSION);
    struct rp_value map = rp_map();

    rp_map_put(&heap, &map, "real", rp_real(0.5));
    rp_map_put(&heap, &map, "integer", rp_int(-300));
    rp_map_put(&heap, &map, "list", rp_list_of(&heap, 3, rp_nil(), rp_bool(1), rp_bool(0)));
    s->history = conversation();
    a->session = rp_from_rec(s);
    a->cache = rp_list_part(&heap, s->history, 0, 17);
    c->workflow = rp_textz(&heap, "flow");
    c->signature = rp_textz(&heap, "0123456789abcdef");
    c->run = rp_from_rec(run);
    c->world = map;
    rp_list_add(&heap, &run->executors, rp_from_rec(a));
    rp_list_add(&heap, &run->ids, rp_textz(&heap, "a"));
    return rp_from_rec(c);
}

/* Its items, as the set. */
static void make_set(struct rp_value checkpoint)
{
    struct rp_snap *s;
    struct rp_snap_out out;

    assert_int_equal(rp_snap_new(&faulty.alloc, &s), RP_OK);
    assert_int_equal(rp_snap_write(s, checkpoint, &out), RP_OK);
    for (size_t i = 0; i < out.n; i++)
        item_set_add(&set, out.items[i].bytes, out.items[i].n);
    assert_memory_equal(item_set_root(&set), &out.root, sizeof(out.root));
    rp_snap_free(s);
}

static int read_set(struct rp_value *v, struct rp_error *err)
{
    return rp_snap_read(&heap, &set_store, item_set_root(&set), NULL, v, err);
}

static void must_be_refused(void)
{
    struct rp_value v = rp_int(42);
    struct rp_error err = {0};
    int rc = read_set(&v, &err);

    assert_int_equal(rc, RP_ECHECKPOINT);
    assert_int_equal(err.status, rc);
    assert_memory_equal(err.where, "item ", 5);
    assert_non_null(strstr(err.where, " byte "));
    assert_true(err.text[0] != '\0');
    assert_true(v.tag == RP_INT && v.u.i == 42);
}

/* ---- damage ---- */

static void every_flipped_bit_of_every_item_is_noticed(void **state)
{
    struct rp_value v;

    (void)state;
    make_set(small_checkpoint());
    assert_true(set.n > 12);
    for (changed = 0; changed < set.n; changed++) {
        size_t n = set.item[changed].n;
        char *bytes = malloc(n);
        memcpy(bytes, set.item[changed].bytes, n);
        changed_bytes = bytes;
        changed_n = n;
        for (size_t i = 0; i < 8 * n; i++) {
            bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
            must_be_refused();
            bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
        }
        free(bytes);
        changed_bytes = NULL;
    }
    assert_int_equal(read_set(&v, NULL), RP_OK);
}

static void every_cut_and_every_missing_item_is_noticed(void **state)
{
    (void)state;
    make_set(small_checkpoint());
    for (changed = 0; changed < set.n; changed++) {
        for (size_t n = 0; n < set.item[changed].n; n++) {
            char *exact = malloc(n + !n); /* so that a read beyond it shows */
            memcpy(exact, set.item[changed].bytes, n);
            changed_bytes = exact;
            changed_n = n;
            must_be_refused();
            free(exact);
        }
        changed_bytes = NULL;
        missing = 1;
        must_be_refused();
        missing = 0;
    }
}

/* What was accepted is just what the writer makes of it. */
static void must_be_canonical(struct rp_value checkpoint)
{
    struct rp_snap *s;
    struct rp_snap_out out;
    struct rp_value copy;

    assert_int_equal(rp_copy_into(&heap, checkpoint, &copy), RP_OK);
    assert_int_equal(rp_snap_new(&faulty.alloc, &s), RP_OK);
    assert_int_equal(rp_snap_write(s, copy, &out), RP_OK);
    assert_memory_equal(&out.root, item_set_root(&set), sizeof(out.root));
    rp_snap_free(s);
}

static unsigned forge(const struct item_set *whole, size_t k, const char *bytes, size_t n)
{
    struct rp_error err = {0};
    struct rp_value v;
    int rc;

    item_set_free(&set);
    item_set_copy(&set, whole);
    item_set_forge(&set, k, bytes, n);
    rc = read_set(&v, &err);
    if (rc != RP_OK)
        assert_int_equal(rc, RP_ECHECKPOINT);
    else
        must_be_canonical(v);
    return rc == RP_OK;
}

/* With names that fit, a change may give another checkpoint, but nothing else. */
static void any_byte_may_be_any_other_under_a_name_that_fits(void **state)
{
    static const char to[] = {0, 1, 3, 7, 8, 9, 10, 11, 16, 40, 65, 127, -128, -96, -95, -80, -1};
    struct item_set whole;
    unsigned accepted = 0, tried = 0;

    (void)state;
    make_set(small_checkpoint());
    item_set_copy(&whole, &set);
    for (size_t k = 0; k < whole.n; k++) {
        size_t n = whole.item[k].n;
        char *bytes = malloc(n);
        memcpy(bytes, whole.item[k].bytes, n);
        for (size_t i = 0; i < n; i++) {
            for (size_t t = 0; t < sizeof(to); t++, tried++) {
                bytes[i] = to[t];
                accepted += forge(&whole, k, bytes, n);
            }
            bytes[i] = whole.item[k].bytes[i];
        }
        rp_heap_free(&heap);
        free(bytes);
    }
    item_set_free(&whole);
    assert_true(accepted > tried / 10 && accepted < tried);
}

static void any_cut_may_have_a_name_that_fits(void **state)
{
    struct item_set whole;

    (void)state;
    make_set(small_checkpoint());
    item_set_copy(&whole, &set);
    for (size_t k = 0; k < whole.n; k++)
        for (size_t n = 0; n < whole.item[k].n; n++)
            assert_false(forge(&whole, k, whole.item[k].bytes, n));
    item_set_free(&whole);
}

/* ---- items written by hand ---- */

/* Hexadecimal digits; @0 to @9: the name of that item of the set; ~20: 32 letters a; | nothing. */
static size_t assemble(const char *hex, char *out)
{
    size_t n = 0;

    while (*hex) {
        unsigned byte;
        char two[3] = {hex[0] == '@' || hex[0] == '~' ? hex[1] : hex[0], 0, 0};
        if (*hex == '|') {
            hex++;
        } else if (*hex == '@') {
            memcpy(out + n, &set.item[hex[1] - '0'].id, sizeof(struct rp_item_id));
            n += sizeof(struct rp_item_id);
            hex += 2;
        } else {
            size_t at = *hex == '~';
            two[0] = hex[at];
            two[1] = hex[at + 1];
            byte = (unsigned)strtoul(two, NULL, 16);
            if (at)
                memset(out + n, 'a', byte);
            else
                out[n] = (char)byte;
            n += at ? byte : 1;
            hex += at + 2;
        }
    }
    return n;
}

static void add_item(const char *hex)
{
    char bytes[1024];

    item_set_add(&set, bytes, assemble(hex, bytes));
}

/* A checkpoint, and in it a run without anything. */
#define CHECKPOINT "01|2e05|84666c6f77|8173|"
#define ROOT       CHECKPOINT "2700|b0|" /* the world follows, at byte 13 */
#define LONG       "01|0650~50"          /* a text of 80 letters */

/* What reading says: "byte 13: ..." of the item where it stops, or "" when it is fine. */
static const char *said(const char *const *hex, size_t n)
{
    static char text[600];
    struct rp_error err = {0};
    struct rp_value v;

    item_set_free(&set);
    for (size_t i = 0; i < n; i++)
        add_item(hex[i]);
    if (read_set(&v, &err) == RP_OK) {
        must_be_canonical(v);
        return "";
    }
    snprintf(text, sizeof(text), "%s: %s", strstr(err.where, "byte"), err.text);
    return text;
}

struct wrong {
    const char *item[4]; /* the last one is the root */
    const char *says;
};

static void each_is_told(const struct wrong *wrong, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t items = 0;
        while (items < 4 && wrong[i].item[items])
            items++;
        assert_string_equal(said(wrong[i].item, items), wrong[i].says);
    }
}
#define TOLD(table) each_is_told(table, sizeof(table) / sizeof((table)[0]))

static void numbers_and_texts_have_one_form(void **state)
{
    static const struct wrong table[] = {
        {{ROOT}, "byte 13: the item is cut off"},
        {{ROOT "40"}, ""},
        {{ROOT "40|40"}, "byte 14: bytes follow the item's value"},
        {{ROOT "0c"}, "byte 13: no such kind of value"},
        {{ROOT "a4"}, "byte 13: no such kind of value"},
        {{ROOT "c0"}, "byte 13: no such kind of value"},
        {{ROOT "0a40404040"}, "byte 13: no such kind of value"},
        {{ROOT "038001"}, ""},
        {{ROOT "037e"}, "byte 14: so small an integer has another form"},
        {{ROOT "038000"}, "byte 14: a number is cut off, longer than need be, or beyond 64 bits"},
        {{ROOT "03ff"}, "byte 14: a number is cut off, longer than need be, or beyond 64 bits"},
        {{ROOT "03ffffffffffffffffff01"}, ""},
        {{ROOT "03ffffffffffffffffff02"},
         "byte 14: a number is cut off, longer than need be, or beyond 64 bits"},
        {{ROOT "0400000000000000"}, "byte 14: more is promised here than bytes follow"},
        {{ROOT "05023132"}, "byte 15: these are not the digits of an integer beyond 64 bits"},
        {{ROOT "0502|2d30"}, ""},
        {{ROOT "061f~1f"}, "byte 14: so short a text, list or map has another form"},
        {{ROOT "0620~20"}, ""},
        {{ROOT "0620~1f"}, "byte 15: more is promised here than bytes follow"},
        {{ROOT "0642~42"}, ""},
        {{ROOT "0643~43"}, "byte 13: so long a value must be an item"},
        {{ROOT "06ffffffff0f~43"}, "byte 14: a text, list or map is longer than one may be"},
        {{ROOT "82|61ff"}, "byte 15: the text is not UTF-8 here"},
    };

    (void)state;
    TOLD(table);
}

static void lists_and_maps_have_one_form(void **state)
{
    static const struct wrong table[] = {
        {{ROOT "0703404040"}, "byte 14: so short a text, list or map has another form"},
        {{ROOT "0704|0a40404040"}, ""},
        {{ROOT "0704|40404040"}, "byte 15: a node of the list must stand here"},
        {{ROOT "0704|0a404040"}, "byte 19: the item is cut off"},
        {{ROOT "0705|0a40404040"}, "byte 20: the item is cut off"},
        {{ROOT "0705|0a4040404040"}, ""},
        {{ROOT "0710|0a|0a40404040|0a40404040|0a40404040|0a40404040"}, ""},
        {{ROOT "0710|0a40404040"}, "byte 16: a node of the list must stand here"},
        {{ROOT "07ffffffff0f|40"}, "byte 14: a text, list or map is longer than one may be"},
        {{ROOT "080440404040"}, "byte 13: this list must not be a flat one"},
        {{ROOT "090fb0"}, "byte 14: so short a text, list or map has another form"},
        {{ROOT "0910b0"}, "byte 15: more is promised here than bytes follow"},
        {{ROOT "b1|8161|40"}, ""},
        {{ROOT "b1|40|40"}, "byte 14: the key of a map is no text"},
        {{ROOT "b1|8161"}, "byte 16: the item is cut off"},
    };

    (void)state;
    TOLD(table);
}

static void what_is_an_item_and_what_is_not_depends_on_its_length(void **state)
{
    static const struct wrong table[] = {
        {{LONG, ROOT "0b@0"}, ""},
        {{LONG, ROOT "a2|0b@0|0b@0"}, ""},
        {{LONG, ROOT "0b0102030405060708090a0b0c0d0e0f"},
         "byte 14: more is promised here than bytes follow"},
        {{LONG, ROOT "0b0102030405060708090a0b0c0d0e0f10"},
         "byte 0: the store does not have this item; the checkpoint is damaged, restore another "
         "one"},
        {{"01|0642~42", ROOT "0b@0"}, "byte 69: so short a value is no item"},
        {{"01|0643~43", ROOT "0b@0"}, ""},
        {{"01|0650~50|00", ROOT "0b@0"}, "byte 83: bytes follow the item's value"},
        {{"", ROOT "0b@0"}, "byte 0: the item is cut off"},
        {{"02|0650~50", ROOT "0b@0"},
         "byte 0: an item of another version; restore it with the version of the program that "
         "made it, or a later one"},
        {{LONG, "01|0b@0", ROOT "0b@1"}, "byte 1: no such kind of value"},
        {{LONG, "01|0a|0b@0|0b@0|0b@0|0b@0", ROOT "0704|0b@1"}, ""},
        {{LONG, "01|0a|0b@0|0b@0|0b@0|0b@0", ROOT "0708|0b@1|0b@1"}, ""},
        {{LONG, "01|0a|0b@0|0b@0|0b@0|0b@0", ROOT "a2|0704|0b@1|0b@1"},
         "byte 34: a node of a list stands for a value"},
        {{LONG, ROOT "0704|0b@0"}, "byte 2: an item that is no node of a list stands for one"},
        {{LONG, ROOT "a2|0b@0|0704|0b@0"},
         "byte 34: an item that is no node of this level stands for one"},
        {{LONG, "01|0a|0b@0|0b@0|0b@0|40", ROOT "0704|0b@1"},
         "byte 54: so short a node is no item"},
        {{LONG, ROOT "0704|0a|0b@0|0b@0|0b@0|0b@0"}, "byte 15: so long a node must be an item"},
    };

    (void)state;
    TOLD(table);
}

static void records_are_as_their_kinds_say(void **state)
{
    static const struct wrong table[] = {
        {{ROOT "1000"}, ""},
        {{ROOT "100141"}, ""},
        {{ROOT "100140"}, "byte 13: a record says at its end what need not be said"},
        {{ROOT "1004414040a1"}, "byte 13: a \"message\" does not have so many fields"},
        {{ROOT "1100"}, "byte 13: a record lacks the field \"text\""},
        {{ROOT "110140"}, "byte 15: a value of a type that the field \"text\" does not hold"},
        {{ROOT "100341|00|a14b"},
         "byte 17: a value of a type that the field \"contents\" does not hold"},
        {{ROOT "2f00"}, "byte 13: no such kind of record"},
        {{ROOT "2d00"}, "byte 13: a record of state where none belongs"},
        {{ROOT "a1|2d00"}, "byte 14: a record of state where none belongs"},
        {{ROOT "2700"}, "byte 13: a record of state where none belongs"},
        {{ROOT "300181|61"}, ""},
        {{"01|40"}, "byte 2: the item is no checkpoint"},
        {{"01|2e03|8161|8162|40"},
         "byte 7: a value of a type that the field \"run\" does not hold"},
        {{"01|2e02|8161|8162"}, "byte 1: a record lacks the field \"run\""},
    };

    (void)state;
    TOLD(table);
}

/* Of a run: iteration, queue, executors, shared, pending, used, next_request, joins, ... */
#define RUN(fields) CHECKPOINT "27" fields "|b0|40"

static void a_run_is_whole(void **state)
{
    static const struct wrong table[] = {
        {{RUN("0141")}, ""},
        {{RUN("010301")}, "byte 10: a count that is negative, or beyond all counting"},
        {{RUN("0240a141")}, "byte 10: the messages under way are not told whole"},
        {{RUN("0240a3404000")}, ""},
        {{RUN("0240a3404040")}, "byte 10: a message under way answers what is no request"},
        {{RUN("0240a3004000")}, "byte 10: a message under way has no header"},
        {{RUN("0340a0a100")}, "byte 10: executors or joins without a name, or names without any"},
        {{RUN("0540a0a0b0a1|24028161|41")}, "byte 10: an open request was made by nobody"},
        {{RUN("0840a0a0b0a0a040a1a0")},
         "byte 10: executors or joins without a name, or names without any"},
        {{RUN("0c40a0a0b0a0a040a000000047")}, "byte 10: no such state of a run"},
        {{RUN("0c40a0a0b0a0a040a000000046")}, ""},
        {{RUN("0340a00704|0a00000000")}, "byte 14: this list must be a flat one"},
        {{"01|0a|06406161616161616161616161616161616161616161616161616161616161616161616161616161"
          "6161616161616161616161616161616161616161616161616161616161|000000",
          RUN("0340a0|0b@0")},
         "byte 15: this list must be a flat one, and lie here"},
    };

    (void)state;
    TOLD(table);
}

/* ---- lists that are more than they seem ---- */

/* 4^9 items: there is no room for them, or a list may not have so many. */
static void lists_have_an_end_however_few_items_tell_them(void **state)
{
    char node[64];

    (void)state;
    add_item(LONG);
    for (char level = '0'; level < '9'; level++) {
        snprintf(node, sizeof(node), "01|0a|0b@%c|0b@%c|0b@%c|0b@%c", level, level, level, level);
        add_item(node);
    }
    rp_heap_free(&heap);
    rp_heap_init(&heap, &faulty.alloc, (size_t)1 << 20, 0);
    add_item(ROOT "07808010|0b@9");
    assert_int_equal(read_set(&(struct rp_value){0}, NULL),
                     1u << 18 <= RP_LIST_MAX ? RP_ENOMEM : RP_ECHECKPOINT);
}

/* ---- what an item refers to ---- */

static struct rp_item_id seen[8];
static size_t n_seen;

static int see(void *ctx, const struct rp_item_id *id)
{
    (void)ctx;
    assert_true(n_seen < 8);
    seen[n_seen++] = *id;
    return n_seen == 7 ? RP_EARG : RP_OK;
}

static void references_are_found_in_bytes_alone(void **state)
{
    const struct rp_item *item;

    (void)state;
    n_seen = 0;
    add_item(LONG);
    add_item("01|0a|0b@0|0b@0|0b@0|0b@0");
    add_item(ROOT "b1|8161|a2|0704|0b@1|10030041|a1|1101|0b@0");
    item = &set.item[2];
    assert_int_equal(rp_snap_refs(item->bytes, item->n, see, NULL), RP_OK);
    assert_int_equal(n_seen, 2);
    assert_memory_equal(&seen[0], &set.item[1].id, sizeof(seen[0]));
    assert_memory_equal(&seen[1], &set.item[0].id, sizeof(seen[1]));
    for (size_t n = 0; n < item->n; n++) {
        n_seen = 0;
        assert_int_equal(rp_snap_refs(item->bytes, n, see, NULL), RP_ECHECKPOINT);
    }
    item = &set.item[1];
    n_seen = 4;
    assert_int_equal(rp_snap_refs(item->bytes, item->n, see, NULL), RP_EARG);
}

static void names_and_sums_are_the_beginning_of_a_digest(void **state)
{
    static const unsigned char abc[16] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                          0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23};
    struct rp_item_id id;

    (void)state;
    rp_item_name("abc", 3, &id);
    assert_memory_equal(id.b, abc, sizeof(abc));
    assert_true(rp_snap_sum("abc", 3) == 0xeacf018fbf1678ba);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_flipped_bit_of_every_item_is_noticed),
        TEST(every_cut_and_every_missing_item_is_noticed),
        TEST(any_byte_may_be_any_other_under_a_name_that_fits),
        TEST(any_cut_may_have_a_name_that_fits),
        TEST(numbers_and_texts_have_one_form),
        TEST(lists_and_maps_have_one_form),
        TEST(what_is_an_item_and_what_is_not_depends_on_its_length),
        TEST(records_are_as_their_kinds_say),
        TEST(a_run_is_whole),
        TEST(lists_have_an_end_however_few_items_tell_them),
        TEST(references_are_found_in_bytes_alone),
        TEST(names_and_sums_are_the_beginning_of_a_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
