/* test_kinds.c - the table of records: names, fields, how a record begins, copies of it. */
#include "engine/base/kinds.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_heap heap;

static int start(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    rp_heap_init(&heap, &faulty.alloc, 0, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    rp_heap_free(&heap);
    return faulty.out != 0;
}

/* "role=int author=nil contents=list" */
static const char *fields_text(const void *rec)
{
    static const char *const word[] = {"nil",  "bool", "int", "real", "digits",
                                       "text", "list", "map", "rec",  "bad"};
    static char text[1000];
    const struct rp_rec *r = rec;
    size_t n = 0;

    for (unsigned i = 0; i < rp_kind_fields(r->o.kind); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s=%s", i ? " " : "",
                              rp_kind_field(r->o.kind, i, NULL), word[r->slot[i].tag]);
    return text;
}

static void a_record_begins_empty_as_its_fields_allow(void **state)
{
    (void)state;
    assert_string_equal(fields_text(rp_rec_new(&heap, RP_K_MESSAGE)),
                        "role=int author=nil contents=list");
    assert_string_equal(fields_text(rp_rec_new(&heap, RP_K_C_RESULT)),
                        "id=nil result=nil is_error=bool");
    assert_string_equal(fields_text(rp_rec_new(&heap, RP_K_RESPONSE)), "messages=list usage=nil");
    assert_string_equal(fields_text(rp_rec_new(&heap, RP_K_SUB_RESPONSE)), "id=nil value=nil");
    assert_string_equal(fields_text(rp_rec_new(&heap, RP_USER_KIND + 3)), "value=nil");
}

static void maps_begin_empty_and_numbers_as_zero(void **state)
{
    struct rp_s_run *run = rp_rec_new(&heap, RP_K_S_RUN);

    (void)state;
    assert_int_equal(run->shared.tag, RP_MAP);
    assert_int_equal(rp_map_len(run->shared), 0);
    assert_int_equal(run->iteration.tag, RP_INT);
    assert_int_equal(run->iteration.u.i, 0);
    assert_int_equal(rp_len(run->queue), 0);
}

/* Only texts and records, which have no empty form, wait for their maker. */
static void every_beginning_is_one_that_the_field_allows(void **state)
{
    unsigned records = 0;

    (void)state;
    for (unsigned kind = 0; kind < 64; kind++) {
        const struct rp_rec *rec;
        if (!rp_kind_name(kind))
            continue;
        records++;
        rec = rp_rec_new(&heap, kind);
        assert_int_equal(rec->o.kind, kind);
        for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
            const char *allowed;
            assert_non_null(rp_kind_field(kind, i, &allowed));
            if (strcmp(allowed, "t") == 0 || strcmp(allowed, "r") == 0)
                assert_int_equal(rec->slot[i].tag, RP_NIL);
            else
                assert_true(rp_field_allows(allowed, rec->slot[i]));
        }
    }
    assert_true(records >= 31 + 16);
}

static void fields_stand_in_the_struct_in_their_order(void **state)
{
    const struct rp_message *message = rp_rec_new(&heap, RP_K_MESSAGE);
    const struct rp_rec *rec = (const void *)message;

    (void)state;
    assert_ptr_equal(&rec->slot[0], &message->role);
    assert_ptr_equal(&rec->slot[1], &message->author);
    assert_ptr_equal(&rec->slot[2], &message->contents);
    assert_int_equal(rp_kind_fields(RP_K_MESSAGE), 3);
}

static void a_kind_that_is_none_has_no_name_and_no_fields(void **state)
{
    const unsigned none[] = {0, 1, 15, 47, 64, 65535};

    (void)state;
    for (unsigned i = 0; i < sizeof(none) / sizeof(*none); i++) {
        assert_null(rp_kind_name(none[i]));
        assert_int_equal(rp_kind_fields(none[i]), 0);
    }
}

static void records_are_known_by_name(void **state)
{
    (void)state;
    assert_string_equal(rp_kind_name(RP_K_MESSAGE), "message");
    assert_string_equal(rp_kind_name(RP_K_C_APPROVAL_REQUEST), "c_approval_request");
    assert_string_equal(rp_kind_name(RP_USER_KIND), "user");
    assert_string_equal(rp_kind_name(63), "user");
}

static void each_letter_allows_its_values(void **state)
{
    struct rp_value text = rp_textz(&heap, "x"), digits = text;
    const struct {
        struct rp_value v;
        const char *letters; /* that allow it */
    } each[] = {
        {rp_nil(), "n*"},  {rp_bool(1), "b*"}, {rp_int(1), "i*"},
        {rp_real(1), "*"}, {digits, "*"},      {text, "t*"},
        {rp_list(), "l*"}, {rp_map(), "m*"},   {rp_from_rec(rp_rec_new(&heap, RP_K_RESET)), "r*"},
        {rp_bad(), ""}};

    (void)state;
    digits.tag = RP_DIGITS;
    for (unsigned i = 0; i < sizeof(each) / sizeof(*each); i++) {
        struct rp_value v = i == 4 ? digits : each[i].v;
        for (const char *letter = "nbitlmr*"; *letter; letter++)
            assert_int_equal(rp_field_allows((char[]){*letter, 0}, v),
                             strchr(each[i].letters, *letter) != NULL);
    }
    assert_true(rp_field_allows("nt", text));
    assert_true(rp_field_allows("nt", rp_nil()));
    assert_false(rp_field_allows("nt", rp_int(0)));
}

static void a_copy_holds_the_same_and_changes_alone(void **state)
{
    struct rp_message *old = rp_rec_new(&heap, RP_K_MESSAGE), *copy;

    (void)state;
    old->author = rp_textz(&heap, "A");
    copy = rp_rec_copy(&heap, old);
    assert_true(rp_equal(rp_from_rec(old), rp_from_rec(copy)));
    assert_ptr_equal(old->author.u.text, copy->author.u.text);
    copy->author = rp_nil();
    assert_true(rp_is_text(old->author, "A"));
}

static void a_record_that_was_collected_is_copied_as_a_new_one(void **state)
{
    struct rp_obj *old = rp_rec_new(&heap, RP_K_MESSAGE), *copy;

    (void)state;
    old->flags = RP_OBJ_COLOUR;
    copy = rp_rec_copy(&heap, old);
    assert_int_equal(copy->flags, 0);
    assert_int_equal(copy->size, old->size);
}

static void without_memory_there_is_no_record(void **state)
{
    struct rp_message *old = rp_rec_new(&heap, RP_K_MESSAGE);

    (void)state;
    faulty.fails = faulty.asked;
    faulty.goes_on = 1;
    assert_null(rp_rec_new(&heap, RP_K_MESSAGE));
    assert_null(rp_rec_copy(&heap, old));
    assert_int_equal(heap.failed, RP_ENOMEM);
    assert_int_equal(rp_from_rec(rp_rec_new(&heap, RP_K_RESET)).tag, RP_BAD);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_record_begins_empty_as_its_fields_allow),
        STORY(maps_begin_empty_and_numbers_as_zero),
        STORY(every_beginning_is_one_that_the_field_allows),
        STORY(fields_stand_in_the_struct_in_their_order),
        STORY(a_kind_that_is_none_has_no_name_and_no_fields),
        STORY(records_are_known_by_name),
        STORY(each_letter_allows_its_values),
        STORY(a_copy_holds_the_same_and_changes_alone),
        STORY(a_record_that_was_collected_is_copied_as_a_new_one),
        STORY(without_memory_there_is_no_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
