/* test_type.c - sets of types: what they accept, unite and have in common. */
#include "engine/base/type.h"

#include "engine/base/msg.h"
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

static struct rp_value text(void)
{
    return rp_textz(&heap, "x");
}

static struct rp_value list_of(struct rp_value a, struct rp_value b)
{
    return rp_list_of(&heap, 2, a, b);
}

static void a_boolean_is_an_integer_too(void **state)
{
    (void)state;
    assert_true(rp_type_accepts(RP_T_INT, rp_bool(1)));
    assert_true(rp_type_accepts(RP_T_INT, rp_int(1)));
    assert_true(rp_type_accepts(RP_T_BOOL, rp_bool(1)));
    assert_false(rp_type_accepts(RP_T_BOOL, rp_int(1)));
    assert_false(rp_type_accepts(RP_T_INT, rp_real(1)));
}

static void an_integer_beyond_64_bits_is_an_integer(void **state)
{
    struct rp_value digits = text();

    (void)state;
    digits.tag = RP_DIGITS;
    assert_true(rp_type_accepts(RP_T_INT, digits));
    assert_false(rp_type_accepts(RP_T_TEXT, digits));
}

static void records_are_told_apart_by_their_kind(void **state)
{
    struct rp_value message = rp_user_message(&heap, "x");
    struct rp_value own = rp_user_value(&heap, 15, rp_nil());

    (void)state;
    assert_true(rp_type_accepts(RP_T_MESSAGE, message));
    assert_false(rp_type_accepts(RP_T_REC(RP_K_RESPONSE), message));
    assert_false(rp_type_accepts(RP_T_MESSAGE, own));
    assert_true(rp_type_accepts(RP_T_USER(15), own));
    assert_false(rp_type_accepts(RP_T_USER(14), own));
    assert_false(rp_type_accepts(RP_T_MAP, message));
}

static void a_list_is_accepted_when_all_its_items_are(void **state)
{
    struct rp_type texts = rp_type_list(RP_T_TEXT);

    (void)state;
    assert_true(rp_type_accepts(texts, list_of(text(), text())));
    assert_false(rp_type_accepts(texts, list_of(text(), rp_int(1))));
    assert_false(rp_type_accepts(texts, text()));
    assert_true(rp_type_accepts(rp_type_list(RP_T_INT), list_of(rp_bool(0), rp_int(1))));
}

static void an_item_is_accepted_as_the_list_of_it_would_be(void **state)
{
    (void)state;
    assert_true(rp_type_accepts_list(rp_type_list(RP_T_TEXT), text()));
    assert_false(rp_type_accepts_list(rp_type_list(RP_T_TEXT), rp_int(1)));
    assert_false(rp_type_accepts_list(RP_T_INT, rp_int(1)));
    assert_true(rp_type_accepts_list(RP_T_ANY, rp_int(1)));
}

static void an_empty_list_is_of_every_list_type(void **state)
{
    (void)state;
    assert_true(rp_type_accepts(rp_type_list(RP_T_TEXT), rp_list()));
    assert_true(rp_type_accepts(rp_type_list(RP_T_MESSAGE), rp_list()));
    assert_false(rp_type_accepts(RP_T_TEXT, rp_list()));
    assert_false(rp_type_accepts(rp_type_list(RP_T_NONE), rp_list()));
}

static void a_list_of_lists_does_not_look_further_in(void **state)
{
    struct rp_type nested = rp_type_list(rp_type_list(RP_T_TEXT));

    (void)state;
    assert_true(rp_type_accepts(nested, list_of(rp_list(), list_of(text(), text()))));
    assert_false(rp_type_accepts(nested, list_of(rp_list(), text())));
}

static void a_union_accepts_what_either_accepts(void **state)
{
    struct rp_type either = rp_type_or(RP_T_TEXT, rp_type_list(RP_T_TEXT));

    (void)state;
    assert_true(rp_type_accepts(either, text()));
    assert_true(rp_type_accepts(either, list_of(text(), text())));
    assert_false(rp_type_accepts(either, rp_int(1)));
}

static void any_accepts_everything_but_what_memory_failed_to_make(void **state)
{
    (void)state;
    assert_true(rp_type_accepts(RP_T_ANY, rp_nil()));
    assert_true(rp_type_accepts(RP_T_ANY, rp_real(1)));
    assert_true(rp_type_accepts(RP_T_ANY, rp_map()));
    assert_true(rp_type_accepts(RP_T_ANY, list_of(text(), rp_nil())));
    assert_true(rp_type_accepts(RP_T_ANY, rp_user_message(&heap, "x")));
    assert_false(rp_type_accepts(RP_T_ANY, rp_bad()));
    assert_false(rp_type_accepts(RP_T_NONE, rp_nil()));
}

static void types_overlap_when_some_value_is_of_both(void **state)
{
    struct rp_type texts = rp_type_list(RP_T_TEXT), messages = rp_type_list(RP_T_MESSAGE);

    (void)state;
    assert_true(rp_type_overlaps(RP_T_TEXT, rp_type_or(RP_T_TEXT, RP_T_INT)));
    assert_true(rp_type_overlaps(RP_T_BOOL, RP_T_INT));
    assert_false(rp_type_overlaps(RP_T_TEXT, RP_T_INT));
    assert_false(rp_type_overlaps(RP_T_TEXT, texts));
    assert_false(rp_type_overlaps(texts, messages));
    assert_true(rp_type_overlaps(rp_type_or(texts, messages), messages));
}

static void any_overlaps_with_everything_and_nothing_with_none(void **state)
{
    struct rp_type texts = rp_type_list(RP_T_TEXT);

    (void)state;
    assert_true(rp_type_overlaps(RP_T_ANY, RP_T_TEXT));
    assert_true(rp_type_overlaps(RP_T_ANY, texts));
    assert_true(rp_type_overlaps(texts, RP_T_ANY));
    assert_false(rp_type_overlaps(RP_T_ANY, RP_T_NONE));
}

static void a_list_whose_items_nobody_names_overlaps_with_any_list(void **state)
{
    struct rp_type texts = rp_type_list(RP_T_TEXT), lists = {RP_BIT(RP_LIST), 0};

    (void)state;
    assert_true(rp_type_overlaps(lists, texts));
    assert_true(rp_type_overlaps(texts, lists));
    assert_false(rp_type_overlaps(lists, RP_T_TEXT));
}

static void only_the_type_of_nothing_is_empty(void **state)
{
    (void)state;
    assert_true(rp_type_empty(RP_T_NONE));
    assert_true(rp_type_empty(rp_type_list(RP_T_NONE)));
    assert_false(rp_type_empty(RP_T_REC(RP_NIL)));
    assert_false(rp_type_empty(rp_type_list(RP_T_TEXT)));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_boolean_is_an_integer_too),
        STORY(an_integer_beyond_64_bits_is_an_integer),
        STORY(records_are_told_apart_by_their_kind),
        STORY(a_list_is_accepted_when_all_its_items_are),
        STORY(an_item_is_accepted_as_the_list_of_it_would_be),
        STORY(an_empty_list_is_of_every_list_type),
        STORY(a_list_of_lists_does_not_look_further_in),
        STORY(a_union_accepts_what_either_accepts),
        STORY(any_accepts_everything_but_what_memory_failed_to_make),
        STORY(types_overlap_when_some_value_is_of_both),
        STORY(any_overlaps_with_everything_and_nothing_with_none),
        STORY(a_list_whose_items_nobody_names_overlaps_with_any_list),
        STORY(only_the_type_of_nothing_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
