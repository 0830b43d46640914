/* test_journal_value.c - values as journals tell them: nothing is lost, nothing is told twice, and
 * what nobody has written is refused. */
#include "scenarios/journal_value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/msg.h"
#include "tests/support/cm.h"
#include "tests/support/values.h"

static struct rp_journal_names told, read_names;
static struct rp_buf out;

static int begin(void **state)
{
    (void)state;
    rp_journal_names_init(&told, &faulty.alloc);
    rp_journal_names_init(&read_names, &faulty.alloc);
    rp_buf_init(&out, &faulty.alloc, (size_t)1 << 24);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rp_journal_names_free(&told);
    rp_journal_names_free(&read_names);
    rp_buf_free(&out);
    return 0;
}

/* Writes v, expects that text, reads it, and expects v again. */
static void tells(struct rp_value v, const char *expected)
{
    struct rp_value json, again;
    struct rp_error err = {0};

    rp_buf_clear(&out);
    assert_int_equal(rp_journal_put(&told, &out, v), RP_OK);
    if (expected)
        assert_string_equal(out.s, expected);
    assert_int_equal(rp_json_read(&heap, out.s, out.n, &json, &err), RP_OK);
    assert_int_equal(rp_journal_get(&read_names, &heap, json, &again, &err), RP_OK);
    assert_true(rp_equal(v, again));
    assert_int_equal(told.n_items, read_names.n_items);
    assert_int_equal(told.n_lists, read_names.n_lists);
}

static struct rp_value text(const char *z)
{
    return rp_textz(&heap, z);
}

static struct rp_value said(const char *z)
{
    return rp_user_message(&heap, z);
}

/* ---- forms ----------------------------------------------------------------------------------- */

static void plain_values_stand_as_json(void **state)
{
    (void)state;
    tells(rp_nil(), "null");
    tells(rp_bool(1), "true");
    tells(rp_int(INT64_MIN), "-9223372036854775808");
    tells(rp_real(1), "1.0");
    tells(rp_real(-0.0), "-0.0");
    tells(rp_real(1e300), "1e+300");
    tells(text("\"\n\x01\xc3\xa9"), "\"\\\"\\n\\u0001\xc3\xa9\"");
    tells(rp_text(&heap, "a\0b", 3), "\"a\\u0000b\"");
    tells(rp_list(), "[]");
    tells(rp_map(), "{}");
    tells(read_json("{\"b\":[1,{\"a\":null}],\"a\":-0,\"n\":123456789012345678901234567890}"),
          "{\"b\":[1,{\"a\":null}],\"a\":-0,\"n\":123456789012345678901234567890}");
}

static void reals_that_json_has_no_form_for_stand_as_bits(void **state)
{
    (void)state;
    tells(rp_real((double)INFINITY), "{\"$\":\"bits\",\"is\":\"7ff0000000000000\"}");
    tells(rp_real(-(double)INFINITY), "{\"$\":\"bits\",\"is\":\"fff0000000000000\"}");
}

static void a_map_with_the_mark_itself_stands_as_entries(void **state)
{
    (void)state;
    tells(read_json("{\"$\":\"message\",\"x\":{\"$\":1}}"),
          "{\"$\":\"map\",\"entries\":[[\"$\",\"message\"],"
          "[\"x\",{\"$\":\"map\",\"entries\":[[\"$\",1]]}]]}");
}

static void records_have_all_their_fields(void **state)
{
    struct rp_value call = rp_content_call(&heap, text("c1"), text("pay"), text("{\"sum\":5}"));

    (void)state;
    tells(call,
          "{\"$\":\"c_call\",\"id\":\"c1\",\"name\":\"pay\",\"arguments\":\"{\\\"sum\\\":5}\"}");
    tells(
        rp_update(&heap, RP_TOOL, rp_nil(), rp_list_of(&heap, 1, call)),
        "{\"$\":\"update\",\"role\":\"tool\",\"author\":null,\"contents\":[{\"$\":\"c_call\","
        "\"id\":\"c1\",\"name\":\"pay\",\"arguments\":\"{\\\"sum\\\":5}\"}],\"message_id\":null}");
    tells(rp_user_value(&heap, 7, rp_int(3)), "{\"$\":\"user\",\"kind\":7,\"value\":3}");
}

/* ---- what is told once ----------------------------------------------------------------------- */

static void a_message_is_told_once_by_its_content(void **state)
{
    (void)state;
    tells(said("hi"), "{\"$\":\"message\",\"#\":1,\"role\":\"user\",\"author\":null,\"contents\":"
                      "[{\"$\":\"c_text\",\"text\":\"hi\"}]}");
    tells(said("hi"), "{\"$\":\"message\",\"#\":1}");
    tells(said("ho"), "{\"$\":\"message\",\"#\":2,\"role\":\"user\",\"author\":null,\"contents\":"
                      "[{\"$\":\"c_text\",\"text\":\"ho\"}]}");
}

static void a_list_that_grows_is_told_by_what_is_new(void **state)
{
    struct rp_value list = rp_list_of(&heap, 3, said("a"), said("b"), said("a"));

    (void)state;
    tells(list, NULL);
    tells(list, "{\"$\":\"messages\",\"like\":3,\"more\":[]}");
    assert_int_equal(rp_list_add(&heap, &list, said("b")), RP_OK);
    tells(list, "{\"$\":\"messages\",\"like\":3,\"more\":[{\"$\":\"message\",\"#\":2}]}");
    tells(rp_list_part(&heap, list, 0, 2), "{\"$\":\"messages\",\"like\":2,\"more\":[]}");
    tells(rp_list_part(&heap, list, 1, 4),
          "[{\"$\":\"message\",\"#\":2},{\"$\":\"message\",\"#\":1},{\"$\":\"message\",\"#\":2}]");
    tells(rp_list_part(&heap, list, 1, 3), "{\"$\":\"messages\",\"like\":6,\"more\":[]}");
}

static void a_noted_value_is_told_once(void **state)
{
    struct rp_value tools = read_json("[{\"name\":\"pay\"}]");

    (void)state;
    assert_int_equal(rp_journal_put_noted(&told, &out, tools), RP_OK);
    assert_int_equal(rp_buf_addz(&out, " "), RP_OK);
    assert_int_equal(rp_journal_put_noted(&told, &out, tools), RP_OK);
    assert_int_equal(rp_buf_addz(&out, " "), RP_OK);
    assert_int_equal(rp_journal_put_noted(&told, &out, rp_nil()), RP_OK);
    assert_string_equal(out.s, "{\"$\":\"value\",\"#\":1,\"is\":[{\"name\":\"pay\"}]} "
                               "{\"$\":\"value\",\"#\":1} null");
}

static void a_long_conversation_keeps_its_numbers(void **state)
{
    struct rp_value list = rp_list();
    char z[16];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        snprintf(z, sizeof(z), "%d", i);
        assert_int_equal(rp_list_add(&heap, &list, said(z)), RP_OK);
        if (i % 50 == 0)
            tells(list, NULL);
    }
    assert_int_equal(told.n_items, 1951);
    assert_int_equal(told.n_lists, 1951);
}

/* ---- nesting --------------------------------------------------------------------------------- */

static struct rp_value nested(int depth)
{
    struct rp_value v = said("deep");

    for (int i = 0; i < depth; i++)
        v = i % 2 ? rp_user_value(&heap, 0, v) : rp_list_of(&heap, 1, v);
    assert_int_not_equal(v.tag, RP_BAD);
    return v;
}

/* What is read of it is told in the same words; rp_equal does not enter so deep. */
static void is_told_again(struct rp_value v)
{
    struct rp_journal_names names[3];
    struct rp_value json, again;
    struct rp_error err = {0};
    size_t n;

    for (int i = 0; i < 3; i++)
        rp_journal_names_init(&names[i], &faulty.alloc);
    rp_buf_clear(&out);
    assert_int_equal(rp_journal_put(&names[0], &out, v), RP_OK);
    n = out.n;
    assert_int_equal(rp_json_read(&heap, out.s, n, &json, &err), RP_OK);
    assert_int_equal(rp_journal_get(&names[1], &heap, json, &again, &err), RP_OK);
    assert_int_equal(rp_journal_put(&names[2], &out, again), RP_OK);
    assert_int_equal(out.n, 2 * n);
    assert_memory_equal(out.s, out.s + n, n);
    for (int i = 0; i < 3; i++)
        rp_journal_names_free(&names[i]);
}

static void what_is_nested_deep_stands_as_text_in_its_line(void **state)
{
    (void)state;
    is_told_again(nested(90));
    is_told_again(nested(96));
    assert_null(strstr(out.s, "{\"$\":\"deep\""));
    is_told_again(nested(97));
    assert_non_null(strstr(out.s, "{\"$\":\"deep\",\"json\":\""));
    is_told_again(nested(500));
}

static void what_is_nested_beyond_reason_is_refused(void **state)
{
    (void)state;
    assert_int_equal(rp_journal_put(&told, &out, nested(700)), RP_ELIMIT);
}

/* ---- what nobody has written ----------------------------------------------------------------- */

static void refuses(const char *json, const char *why)
{
    struct rp_error err = {0};
    struct rp_value v;

    assert_int_equal(rp_journal_get(&read_names, &heap, read_json(json), &v, &err), RP_EPARSE);
    assert_string_equal(err.text, why);
}

static void forms_that_are_wrong_are_refused(void **state)
{
    static const char *const not_before =
        "it refers to a message or value that was not told before";

    (void)state;
    refuses("{\"$\":\"nothing\"}",
            "there is no such kind of value; was this written by a later version?");
    refuses("{\"$\":\"user\",\"kind\":16,\"value\":1}",
            "there is no such kind of value; was this written by a later version?");
    refuses("{\"$\":\"c_text\"}", "a record lacks one of its fields");
    refuses("{\"$\":\"c_text\",\"text\":1}", "a field of a record is of a wrong type");
    refuses("{\"$\":\"message\",\"#\":1}", not_before);
    refuses("{\"$\":\"message\",\"#\":2,\"role\":\"user\",\"author\":null,\"contents\":[]}",
            not_before);
    refuses("{\"$\":\"value\",\"#\":0}", not_before);
    refuses("{\"$\":\"value\",\"#\":\"1\"}", not_before);
    refuses("{\"$\":\"messages\",\"like\":1,\"more\":[]}",
            "it refers to a list that was not told before");
    refuses("{\"$\":\"map\",\"entries\":[[1,2]]}",
            "an entry of a map is no pair of a text and a value");
    refuses("{\"$\":\"bits\",\"is\":\"7ff\"}", "the bits of a real are not 16 hexadecimal digits");
    refuses("{\"$\":\"deep\",\"json\":\"{\"}", "the text of a nested value is not JSON");
}

static void messages_of_a_wrong_form_are_refused(void **state)
{
    static const char *const why = "a message is not of the form of messages";

    (void)state;
    refuses("{\"$\":\"update\",\"role\":4,\"author\":null,\"contents\":[],\"message_id\":null}",
            why);
    refuses("{\"$\":\"update\",\"role\":\"user\",\"author\":null,\"contents\":[1],"
            "\"message_id\":null}",
            why);
    refuses("{\"$\":\"update\",\"role\":\"user\",\"author\":null,\"contents\":["
            "{\"$\":\"c_approval_request\",\"call\":{\"$\":\"c_text\",\"text\":\"\"}}],"
            "\"message_id\":null}",
            why);
    refuses("{\"$\":\"response\",\"messages\":[1],\"usage\":null}", why);
}

static void numbers_must_follow_each_other(void **state)
{
    (void)state;
    tells(said("a"), NULL);
    refuses("{\"$\":\"message\",\"#\":1,\"role\":\"user\",\"author\":null,\"contents\":[]}",
            "the numbers of messages and values do not follow each other");
    refuses("[{\"$\":\"message\",\"#\":1},{\"$\":\"message\",\"#\":2}]",
            "it refers to a message or value that was not told before");
}

static void the_number_of_a_value_is_none_of_a_message(void **state)
{
    struct rp_value v;
    struct rp_error err = {0};

    (void)state;
    assert_int_equal(rp_journal_get(&read_names, &heap,
                                    read_json("{\"$\":\"value\",\"#\":1,\"is\":\"x\"}"), &v, &err),
                     RP_OK);
    refuses("{\"$\":\"message\",\"#\":1}", "the number of a message is that of something else");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_values_stand_as_json),
        TEST(reals_that_json_has_no_form_for_stand_as_bits),
        TEST(a_map_with_the_mark_itself_stands_as_entries),
        TEST(records_have_all_their_fields),
        TEST(a_message_is_told_once_by_its_content),
        TEST(a_list_that_grows_is_told_by_what_is_new),
        TEST(a_noted_value_is_told_once),
        TEST(a_long_conversation_keeps_its_numbers),
        TEST(what_is_nested_deep_stands_as_text_in_its_line),
        TEST(what_is_nested_beyond_reason_is_refused),
        TEST(forms_that_are_wrong_are_refused),
        TEST(messages_of_a_wrong_form_are_refused),
        TEST(numbers_must_follow_each_other),
        TEST(the_number_of_a_value_is_none_of_a_message),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
