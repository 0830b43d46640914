/* test_cond.c - conditions over conversations and tests of messages: which are refused and where,
 * and which hold. */
#include <stdio.h>
#include <string.h>

#include "engine/place.h"
#include "engine/reprise.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_heap heap;

static int set_up(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    rp_heap_init(&heap, &faulty.alloc, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rp_heap_free(&heap);
    assert_int_equal(faulty.out, 0);
    return 0;
}

static struct rp_value json(const char *z)
{
    struct rp_value v = rp_nil();
    struct rp_error err;

    if (rp_json_read(&heap, z, strlen(z), &v, &err) != RP_OK)
        fail_msg("%s: %s: %s", z, err.where, err.text);
    return v;
}

/* "" when the condition is fine, else "PLACE: REASON". */
static const char *checked(const char *z, int test)
{
    static char said[600];
    struct rp_error err = {0};
    int rc = rp_cond_check(json(z), test, &err);

    assert_int_equal(rc, err.status);
    assert_true(rc == RP_OK || rc == RP_EBUILD);
    said[0] = '\0';
    if (rc != RP_OK) {
        snprintf(said, sizeof(said), "%s: %s", err.where, err.text);
        assert_int_equal(rp_cond_check(json(z), test, NULL), RP_EBUILD);
    }
    return said;
}

static int holds(const char *z, int test, struct rp_value v)
{
    struct rp_cond cond = {.json = json(z)};

    assert_string_equal(checked(z, test), "");
    return rp_cond_holds(&heap, &cond, v);
}

static struct rp_value said(const char *author, const char *text)
{
    return rp_text_message(&heap, RP_ASSISTANT, rp_textz(&heap, author), rp_textz(&heap, text));
}

static struct rp_value conversation(void)
{
    return rp_list_of(&heap, 4, rp_user_message(&heap, "Hello"), said("ann", "Guten Tag"),
                      said("bob", "\xc3\x84RGER und STRASSE"), said("ann", "all Done"));
}

/* ---- which are refused ---- */

static void all_kinds_of_condition_are_fine(void **state)
{
    static const char *const fine[] = {
        "{\"last_text_contains\":\"\"}",
        "{\"any_text_contains\":\"x\"}",
        "{\"last_author\":\"ann\"}",
        "{\"messages_at_least\":0}",
        "{\"messages_by\":{\"author\":\"ann\",\"at_least\":2}}",
        "{\"messages_by\":{\"at_least\":2,\"author\":\"ann\"}}",
        "{\"all\":[]}",
        "{\"any\":[{\"not\":{\"all\":[{\"last_author\":\"a\"},{\"any\":[]}]}}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
        assert_string_equal(checked(fine[i], 0), "");
}

static void all_kinds_of_test_are_fine(void **state)
{
    static const char *const fine[] = {
        "{\"equals\":1}",     "{\"equals\":[\"a\",2,[]]}",           "{\"contains\":\"\"}",
        "{\"less_than\":-5}", "{\"at_least\":99999999999999999999}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
        assert_string_equal(checked(fine[i], 1), "");
}

static void a_misspelt_key_is_named_with_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(checked("{\"last_text_contain\":\"x\"}", 0),
                        "last_text_contain: unknown key; did you mean \"last_text_contains\"?");
    assert_string_equal(checked("{\"all\":[{\"any\":[]},{\"nto\":{\"any\":[]}}]}", 0),
                        "all[1].nto: unknown key; did you mean \"not\"?");
    assert_string_equal(checked("{\"messages_by\":{\"autor\":\"a\",\"at_least\":1}}", 0),
                        "messages_by.autor: unknown key; did you mean \"author\"?");
    assert_string_equal(checked("{\"less_then\":1}", 1),
                        "less_then: unknown key; did you mean \"less_than\"?");
}

static void a_key_that_is_like_none_is_told_the_known_ones(void **state)
{
    (void)state;
    assert_string_equal(checked("{\"weather\":1}", 1),
                        "weather: unknown key; known here: equals, contains, less_than, at_least");
    assert_string_equal(checked("{\"contains\":\"x\"}", 0),
                        "contains: unknown key; known here: last_text_contains, "
                        "any_text_contains, last_author, messages_at_least, messages_by, all, "
                        "any, not");
    assert_string_equal(checked("{\"last_author\":\"x\"}", 1),
                        "last_author: unknown key; known here: equals, contains, less_than, "
                        "at_least");
}

static void a_condition_has_one_key(void **state)
{
    (void)state;
    assert_string_equal(checked("{}", 0), ": one key is expected, not 0; put several conditions "
                                          "into a list under \"all\" or \"any\"");
    assert_string_equal(checked("{\"not\":{\"last_author\":\"a\",\"messages_at_least\":1}}", 0),
                        "not: one key is expected, not 2; put several conditions into a list "
                        "under \"all\" or \"any\"");
    assert_string_equal(checked("{\"at_least\":1,\"less_than\":4}", 1),
                        ": one key is expected, not 2");
}

static void a_value_of_a_wrong_type_is_refused_at_its_place(void **state)
{
    static const struct {
        int test;
        const char *json, *said;
    } wrong[] = {
        {0, "[]", ": an object with one key is expected here, not a list"},
        {0, "{\"last_text_contains\":1}",
         "last_text_contains: a text is expected here, not an integer"},
        {0, "{\"any_text_contains\":null}", "any_text_contains: a text is expected here, not null"},
        {0, "{\"last_author\":true}",
         "last_author: the name of an author, a text, is expected here, not true or false"},
        {0, "{\"messages_at_least\":1.5}",
         "messages_at_least: an integer is expected here, not a number that is no integer"},
        {0, "{\"messages_at_least\":99999999999999999999}",
         "messages_at_least: an integer is expected here, not an integer beyond 64 bits"},
        {0, "{\"messages_by\":\"ann\"}",
         "messages_by: an object with \"author\" and \"at_least\" is expected here, not a text"},
        {0, "{\"messages_by\":{\"author\":1,\"at_least\":1}}",
         "messages_by.author: the name of an author, a text, is expected here, not an integer"},
        {0, "{\"messages_by\":{\"author\":\"a\"}}",
         "messages_by: \"at_least\" is missing; an author and a number of messages are needed"},
        {0, "{\"all\":{\"last_author\":\"a\"}}",
         "all: a list of conditions is expected here, not an object"},
        {0, "{\"any\":[{\"any\":[]},7]}",
         "any[1]: an object with one key is expected here, not an integer"},
        {1, "{\"contains\":[\"a\"]}", "contains: a text is expected here, not a list"},
        {1, "{\"less_than\":\"1\"}", "less_than: an integer is expected here, not a text"},
        {1, "\"x\"", ": an object with one key is expected here, not a text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_string_equal(checked(wrong[i].json, wrong[i].test), wrong[i].said);
}

static void nesting_has_an_end(void **state)
{
    struct rp_value v = json("{\"last_author\":\"a\"}");
    struct rp_error err;

    (void)state;
    for (int i = 0; i < RP_JSON_DEPTH_MAX; i++) {
        struct rp_value outer = rp_map();
        assert_int_equal(rp_cond_check(v, 0, &err), RP_OK);
        rp_map_put(&heap, &outer, "not", v);
        v = outer;
    }
    assert_int_equal(rp_cond_check(v, 0, &err), RP_EBUILD);
    assert_string_equal(err.text, "conditions are nested over 256 deep");
    assert_memory_equal(err.where, "not.not.not.", 12);
}

/* ---- which hold ---- */

static void texts_are_compared_without_regard_to_case(void **state)
{
    struct rp_value all = conversation();

    (void)state;
    assert_int_equal(holds("{\"last_text_contains\":\"ALL DONE\"}", 0, all), 1);
    assert_int_equal(holds("{\"last_text_contains\":\"guten\"}", 0, all), 0);
    assert_int_equal(holds("{\"any_text_contains\":\"guten\"}", 0, all), 1);
    assert_int_equal(holds("{\"any_text_contains\":\"\xc3\xa4rger\"}", 0, all), 1);
    assert_int_equal(holds("{\"any_text_contains\":\"stra\xc3\x9f\"}", 0, all), 0);
    assert_int_equal(holds("{\"any_text_contains\":\"hello\"}", 0, all), 1);
    assert_int_equal(holds("{\"any_text_contains\":\"\"}", 0, all), 1);
}

static void several_text_parts_are_one_text_with_spaces(void **state)
{
    struct rp_value parts =
        rp_list_of(&heap, 3, rp_content_text(&heap, rp_textz(&heap, "one")),
                   rp_content_result(&heap, rp_textz(&heap, "id"), rp_textz(&heap, "hidden"), 0),
                   rp_content_text(&heap, rp_textz(&heap, "two")));
    struct rp_value m = rp_message(&heap, RP_ASSISTANT, rp_nil(), parts);
    struct rp_value all = rp_list_of(&heap, 1, m);

    (void)state;
    assert_int_equal(holds("{\"last_text_contains\":\"ONE two\"}", 0, all), 1);
    assert_int_equal(holds("{\"any_text_contains\":\"onetwo\"}", 0, all), 0);
    assert_int_equal(holds("{\"any_text_contains\":\"hidden\"}", 0, all), 0);
}

static void authors_are_compared_byte_for_byte(void **state)
{
    struct rp_value all = conversation();

    (void)state;
    assert_int_equal(holds("{\"last_author\":\"ann\"}", 0, all), 1);
    assert_int_equal(holds("{\"last_author\":\"Ann\"}", 0, all), 0);
    assert_int_equal(holds("{\"last_author\":\"\"}", 0, rp_list_part(&heap, all, 0, 1)), 0);
    assert_int_equal(holds("{\"last_author\":\"bob\"}", 0, rp_list_part(&heap, all, 0, 3)), 1);
}

static void messages_are_counted(void **state)
{
    struct rp_value all = conversation();

    (void)state;
    assert_int_equal(holds("{\"messages_at_least\":4}", 0, all), 1);
    assert_int_equal(holds("{\"messages_at_least\":5}", 0, all), 0);
    assert_int_equal(holds("{\"messages_at_least\":-1}", 0, all), 1);
    assert_int_equal(holds("{\"messages_by\":{\"author\":\"ann\",\"at_least\":2}}", 0, all), 1);
    assert_int_equal(holds("{\"messages_by\":{\"author\":\"ann\",\"at_least\":3}}", 0, all), 0);
    assert_int_equal(holds("{\"messages_by\":{\"author\":\"eve\",\"at_least\":0}}", 0, all), 1);
}

static void an_empty_conversation_has_no_last_message(void **state)
{
    (void)state;
    assert_int_equal(holds("{\"last_text_contains\":\"\"}", 0, rp_list()), 0);
    assert_int_equal(holds("{\"any_text_contains\":\"\"}", 0, rp_list()), 0);
    assert_int_equal(holds("{\"last_author\":\"ann\"}", 0, rp_list()), 0);
    assert_int_equal(holds("{\"messages_at_least\":0}", 0, rp_list()), 1);
}

static void conditions_combine(void **state)
{
    struct rp_value all = conversation();

    (void)state;
    assert_int_equal(holds("{\"all\":[]}", 0, all), 1);
    assert_int_equal(holds("{\"any\":[]}", 0, all), 0);
    assert_int_equal(holds("{\"not\":{\"any\":[]}}", 0, all), 1);
    assert_int_equal(
        holds("{\"all\":[{\"last_author\":\"ann\"},{\"messages_at_least\":4}]}", 0, all), 1);
    assert_int_equal(
        holds("{\"all\":[{\"last_author\":\"ann\"},{\"messages_at_least\":9}]}", 0, all), 0);
    assert_int_equal(
        holds("{\"any\":[{\"last_author\":\"bob\"},{\"messages_at_least\":4}]}", 0, all), 1);
    assert_int_equal(
        holds("{\"any\":[{\"last_author\":\"bob\"},{\"not\":{\"messages_at_least\":4}}]}", 0, all),
        0);
}

static void a_condition_over_something_else_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(holds("{\"last_author\":\"a\"}", 0, rp_int(1)), RP_ETYPE);
    assert_int_equal(
        holds("{\"not\":{\"last_text_contains\":\"a\"}}", 0, rp_list_of(&heap, 1, rp_int(1))),
        RP_ETYPE);
}

static void a_test_looks_into_texts_byte_for_byte(void **state)
{
    (void)state;
    assert_int_equal(holds("{\"contains\":\"b\"}", 1, rp_textz(&heap, "abc")), 1);
    assert_int_equal(holds("{\"contains\":\"B\"}", 1, rp_textz(&heap, "abc")), 0);
    assert_int_equal(holds("{\"contains\":\"\"}", 1, rp_textz(&heap, "")), 1);
    assert_int_equal(holds("{\"contains\":\"1\"}", 1, rp_int(1)), 0);
    assert_int_equal(holds("{\"contains\":\"a\"}", 1, json("[\"a\"]")), 0);
}

static void a_test_for_equality_knows_texts_integers_and_lists(void **state)
{
    (void)state;
    assert_int_equal(holds("{\"equals\":\"a\"}", 1, rp_textz(&heap, "a")), 1);
    assert_int_equal(holds("{\"equals\":\"1\"}", 1, rp_int(1)), 0);
    assert_int_equal(holds("{\"equals\":-1}", 1, rp_int(-1)), 1);
    assert_int_equal(holds("{\"equals\":-0}", 1, rp_int(0)), 1);
    assert_int_equal(holds("{\"equals\":1}", 1, rp_bool(1)), 0);
    assert_int_equal(holds("{\"equals\":18446744073709551616}", 1, json("18446744073709551616")),
                     1);
    assert_int_equal(holds("{\"equals\":[\"a\",0,[1]]}", 1, json("[\"a\",-0,[1]]")), 1);
    assert_int_equal(holds("{\"equals\":[\"a\",0]}", 1, json("[\"a\"]")), 0);
    assert_int_equal(holds("{\"equals\":[]}", 1, rp_list()), 1);
    assert_int_equal(holds("{\"equals\":{\"a\":1}}", 1, json("{\"a\":1}")), 1);
}

static void integers_of_any_size_are_ordered(void **state)
{
    static const char *const ordered[] = {
        "-100000000000000000000",
        "-99999999999999999999",
        "-9223372036854775809",
        "-9223372036854775808",
        "-1",
        "0",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999",
        "100000000000000000000",
    };
    const size_t n = sizeof(ordered) / sizeof(*ordered);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            char less[64], least[64];
            snprintf(less, sizeof(less), "{\"less_than\":%s}", ordered[k]);
            snprintf(least, sizeof(least), "{\"at_least\":%s}", ordered[k]);
            assert_int_equal(holds(less, 1, json(ordered[i])), i < k);
            assert_int_equal(holds(least, 1, json(ordered[i])), i >= k);
        }
    assert_int_equal(holds("{\"less_than\":5}", 1, rp_textz(&heap, "1")), 0);
    assert_int_equal(holds("{\"at_least\":5}", 1, rp_textz(&heap, "9")), 0);
    assert_int_equal(holds("{\"less_than\":5}", 1, rp_real(1)), 0);
    assert_int_equal(holds("{\"less_than\":5}", 1, rp_bool(0)), 0);
}

static int as_told(void *self, struct rp_value v)
{
    (void)v;
    return *(int *)self;
}

static void a_function_decides_before_json_does(void **state)
{
    int told = 7;
    struct rp_cond cond = RP_WHEN(as_told, &told);

    (void)state;
    cond.json = json("{\"any\":[]}");
    assert_int_equal(rp_cond_holds(&heap, &cond, rp_nil()), 1);
    told = 0;
    assert_int_equal(rp_cond_holds(&heap, &cond, rp_nil()), 0);
    told = RP_EHANDLER;
    assert_int_equal(rp_cond_holds(&heap, &cond, rp_nil()), RP_EHANDLER);
}

static void no_condition_holds_always(void **state)
{
    (void)state;
    assert_int_equal(rp_cond_holds(&heap, &(struct rp_cond){0}, rp_int(1)), 1);
}

static int test_a_text_of_two_parts(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_cond cond = {.json = rp_map()};
    struct rp_value part, m;
    int rc;

    rp_heap_init(&h, alloc, 0, 1);
    part = rp_content_text(&h, rp_textz(&h, "x"));
    m = rp_message(&h, RP_USER, rp_nil(), rp_list_of(&h, 2, part, part));
    rc = rp_map_put(&h, &cond.json, "last_text_contains", rp_textz(&h, "x x"));
    if (rc == RP_OK)
        rc = rp_cond_holds(&h, &cond, rp_list_of(&h, 1, m));
    if (h.failed)
        rc = RP_ENOMEM;
    rp_heap_free(&h);
    return rc == 1 ? RP_OK : rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    assert_true(sweep_memory(test_a_text_of_two_parts) > 4);
}

/* ---- places ---- */

static void a_place_too_long_is_cut_and_comes_back(void **state)
{
    struct rp_place p = {0};
    size_t before[200];

    (void)state;
    for (int i = 0; i < 200; i++)
        before[i] = i % 2 ? rp_place_item(&p, 4294967295u) : rp_place_key(&p, rp_str("abc"));
    assert_true(p.n < sizeof(p.s));
    assert_int_equal(strlen(p.s), p.n);
    for (int i = 199; i >= 2; i--)
        rp_place_leave(&p, before[i]);
    assert_string_equal(p.s, "abc[4294967295]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_kinds_of_condition_are_fine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_kinds_of_test_are_fine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_misspelt_key_is_named_with_what_was_meant, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_is_like_none_is_told_the_known_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_condition_has_one_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_of_a_wrong_type_is_refused_at_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nesting_has_an_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_are_compared_without_regard_to_case, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(several_text_parts_are_one_text_with_spaces, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(authors_are_compared_byte_for_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_conversation_has_no_last_message, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(conditions_combine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_condition_over_something_else_is_an_error, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_test_looks_into_texts_byte_for_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_test_for_equality_knows_texts_integers_and_lists, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(integers_of_any_size_are_ordered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_function_decides_before_json_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_condition_holds_always, set_up, tear_down),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(a_place_too_long_is_cut_and_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
