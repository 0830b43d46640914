/* test_msg.c - messages and their texts, cleaning, folding of updates; compared as text:
 * u["x"] is a user message of one text, a(A)[...] an assistant message by A, name#id(...) a call,
 * #id=... a result, ?call a request for approval, +call and -call its answers. */
#include "engine/base/msg.h"

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

/* ---- showing ---- */

static char shown[4000];
static size_t shown_n;

static void say(const char *z, size_t n)
{
    shown_n += (size_t)snprintf(shown + shown_n, sizeof(shown) - shown_n, "%.*s", (int)n, z);
}

static void say_value(struct rp_value v)
{
    say(rp_str_of(v).s, rp_str_of(v).n);
}

static void say_call(const struct rp_c_call *call)
{
    say_value(call->name);
    say("#", 1);
    say_value(call->id);
    say("(", 1);
    say_value(call->arguments);
    say(")", 1);
}

static void say_content(struct rp_value content)
{
    switch (rp_kind(content)) {
    case RP_K_C_TEXT:
        say("\"", 1);
        say_value(rp_c_text_of(content)->text);
        say("\"", 1);
        break;
    case RP_K_C_CALL:
        say_call(rp_c_call_of(content));
        break;
    case RP_K_C_RESULT:
        say("#", 1);
        say_value(rp_c_result_of(content)->id);
        say(rp_is_true(rp_c_result_of(content)->is_error) ? "!" : "=", 1);
        say_value(rp_c_result_of(content)->result);
        break;
    case RP_K_C_APPROVAL_REQUEST:
        say("?", 1);
        say_call(rp_c_call_of(rp_c_approval_request_of(content)->call));
        break;
    default:
        say(rp_is_true(rp_c_approval_response_of(content)->approved) ? "+" : "-", 1);
        say_call(rp_c_call_of(rp_c_approval_response_of(content)->call));
    }
}

static void say_message(const struct rp_message *m)
{
    say(rp_role_name(m->role.u.i), 1);
    if (m->author.tag == RP_TEXT) {
        say("(", 1);
        say_value(m->author);
        say(")", 1);
    }
    say("[", 1);
    for (uint32_t i = 0; i < rp_len(m->contents); i++) {
        say(" ", i > 0);
        say_content(rp_at(m->contents, i));
    }
    say("]", 1);
}

static const char *show(struct rp_value messages)
{
    shown_n = 0;
    say("", 0);
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        say(" ", i > 0);
        say_message(rp_message_of(rp_at(messages, i)));
    }
    return shown;
}

/* ---- short ways of making ---- */

static struct rp_value word(const char *z)
{
    return rp_textz(&heap, z);
}

static struct rp_value text(const char *z)
{
    return rp_content_text(&heap, word(z));
}

static struct rp_value call(const char *id, const char *name, const char *arguments)
{
    return rp_content_call(&heap, word(id), word(name), word(arguments));
}

static struct rp_value result(const char *id, const char *s)
{
    return rp_content_result(&heap, word(id), word(s), 0);
}

#define LIST(...)                                                                                  \
    list((const struct rp_value[]){__VA_ARGS__},                                                   \
         sizeof((struct rp_value[]){__VA_ARGS__}) / sizeof(struct rp_value))

static struct rp_value list(const struct rp_value *item, size_t n)
{
    struct rp_value v = rp_list();

    for (size_t i = 0; i < n; i++)
        assert_int_equal(rp_list_add(&heap, &v, item[i]), RP_OK);
    return v;
}

static struct rp_value message(enum rp_role role, const char *author, struct rp_value contents)
{
    return rp_message(&heap, role, word(author), contents);
}

static struct rp_value update(enum rp_role role, const char *author, const char *id,
                              struct rp_value contents)
{
    struct rp_value v = rp_update(&heap, role, word(author), contents);

    rp_update_of(v)->message_id = word(id);
    return v;
}

static int same_object(struct rp_value a, struct rp_value b)
{
    return a.tag == b.tag && a.u.obj == b.u.obj;
}

static void is_text(struct rp_value v, const char *expected)
{
    assert_int_equal(v.tag, RP_TEXT);
    assert_int_equal(rp_str_of(v).n, strlen(expected));
    assert_string_equal(rp_str_of(v).s, expected);
}

/* ---- making ---- */

static void messages_hold_what_they_are_made_of(void **state)
{
    struct rp_value c = call("c1", "pay", "{\"n\":1}");

    (void)state;
    assert_string_equal(
        show(LIST(rp_user_message(&heap, "hi"), message(RP_ASSISTANT, "A", LIST(text("so"), c)),
                  message(RP_TOOL, "A", LIST(result("c1", "ok"))),
                  message(RP_ASSISTANT, NULL, LIST(rp_approval_request(&heap, c))),
                  message(RP_USER, NULL, LIST(rp_approval_response(&heap, c, 1))),
                  message(RP_USER, NULL, LIST(rp_approval_response(&heap, c, 0))),
                  message(RP_SYSTEM, NULL, rp_list()))),
        "u[\"hi\"] a(A)[\"so\" pay#c1({\"n\":1})] t(A)[#c1=ok] a[?pay#c1({\"n\":1})] "
        "u[+pay#c1({\"n\":1})] u[-pay#c1({\"n\":1})] s[]");
}

static void an_empty_text_is_kept_as_an_empty_content(void **state)
{
    (void)state;
    assert_string_equal(show(LIST(rp_user_message(&heap, ""), rp_user_message(&heap, NULL))),
                        "u[\"\"] u[\"\"]");
}

static void roles_have_names(void **state)
{
    (void)state;
    assert_string_equal(rp_role_name(RP_USER), "user");
    assert_string_equal(rp_role_name(RP_ASSISTANT), "assistant");
    assert_string_equal(rp_role_name(RP_TOOL), "tool");
    assert_string_equal(rp_role_name(RP_SYSTEM), "system");
    assert_string_equal(rp_role_name(-1), "unknown");
    assert_string_equal(rp_role_name(4), "unknown");
}

static void what_has_a_part_without_memory_is_without_memory_too(void **state)
{
    struct rp_value bad = rp_bad(), nil = rp_nil(), x = word("x");

    (void)state;
    assert_int_equal(rp_message(&heap, RP_USER, bad, rp_list()).tag, RP_BAD);
    assert_int_equal(rp_message(&heap, RP_USER, nil, bad).tag, RP_BAD);
    assert_int_equal(rp_text_message(&heap, RP_USER, bad, x).tag, RP_BAD);
    assert_int_equal(rp_text_message(&heap, RP_USER, nil, bad).tag, RP_BAD);
    assert_int_equal(rp_content_text(&heap, bad).tag, RP_BAD);
    assert_int_equal(rp_content_call(&heap, x, x, bad).tag, RP_BAD);
    assert_int_equal(rp_content_result(&heap, bad, x, 0).tag, RP_BAD);
    assert_int_equal(rp_approval_request(&heap, bad).tag, RP_BAD);
    assert_int_equal(rp_approval_response(&heap, bad, 1).tag, RP_BAD);
    assert_int_equal(rp_response(&heap, bad, nil).tag, RP_BAD);
    assert_int_equal(rp_update(&heap, RP_USER, nil, bad).tag, RP_BAD);
    assert_int_equal(rp_agent_request(&heap, bad, 1).tag, RP_BAD);
    assert_int_equal(rp_user_value(&heap, 0, bad).tag, RP_BAD);
}

/* ---- texts ---- */

static void the_text_of_a_message_joins_its_text_parts_with_a_space(void **state)
{
    struct rp_value m =
        message(RP_ASSISTANT, "A", LIST(text("a"), call("c", "f", "{}"), text(""), text("b")));

    (void)state;
    is_text(rp_message_text(&heap, m), "a  b");
    is_text(rp_message_text(&heap, message(RP_USER, NULL, LIST(result("c", "r")))), "");
}

static void the_text_of_one_part_is_that_part(void **state)
{
    struct rp_value part = text("only");
    struct rp_value m = message(RP_USER, NULL, LIST(call("c", "f", "{}"), part));

    (void)state;
    assert_true(same_object(rp_message_text(&heap, m), rp_c_text_of(part)->text));
}

static void the_text_of_messages_has_nothing_between_them(void **state)
{
    struct rp_value two = message(RP_ASSISTANT, NULL, LIST(text("b"), text("c")));

    (void)state;
    is_text(rp_messages_text(&heap, LIST(rp_user_message(&heap, "a"), two)), "ab c");
    is_text(rp_messages_text(&heap, rp_list()), "");
}

static void a_text_with_a_zero_in_it_is_joined_whole(void **state)
{
    struct rp_value part = rp_content_text(&heap, rp_text(&heap, "a\0b", 3));
    struct rp_value joined = rp_message_text(&heap, message(RP_USER, NULL, LIST(part, text("c"))));

    (void)state;
    assert_int_equal(rp_str_of(joined).n, 5);
    assert_memory_equal(rp_str_of(joined).s, "a\0b c", 6);
}

static void a_single_text_is_read_without_making_one(void **state)
{
    struct rp_value part = text("x"), m = message(RP_USER, NULL, LIST(part));
    int has_one;

    (void)state;
    assert_ptr_equal(rp_message_only_text(m, &has_one), rp_c_text_of(part)->text.u.text);
    assert_true(has_one);
    m = message(RP_USER, NULL, LIST(result("c", "r")));
    assert_int_equal(rp_message_only_text(m, &has_one)->n, 0);
    assert_string_equal(rp_message_only_text(m, &has_one)->s, "");
    assert_true(has_one);
    m = message(RP_USER, NULL, LIST(text("a"), text("b")));
    assert_null(rp_message_only_text(m, &has_one));
    assert_false(has_one);
}

/* ---- cleaning, input, authors ---- */

static void cleaning_keeps_filled_texts_and_drops_what_is_left_empty(void **state)
{
    struct rp_value in =
        LIST(message(RP_ASSISTANT, "A", LIST(text("a"), call("c", "f", "{}"), text(""), text("b"))),
             message(RP_TOOL, "A", LIST(result("c", "r"))), message(RP_USER, NULL, LIST(text(""))),
             message(RP_USER, "U", LIST(text(" "))), message(RP_SYSTEM, NULL, rp_list()));
    struct rp_value out;

    (void)state;
    assert_int_equal(rp_clean(&heap, in, &out), RP_OK);
    assert_string_equal(show(out), "a(A)[\"a b\"] u(U)[\" \"]");
}

static void cleaning_shares_what_is_clean(void **state)
{
    struct rp_value first = message(RP_USER, "U", LIST(text("x")));
    struct rp_value in = LIST(first, message(RP_TOOL, NULL, LIST(result("c", "r"))), first);
    struct rp_value out, again;

    (void)state;
    assert_int_equal(rp_clean(&heap, in, &out), RP_OK);
    assert_int_equal(rp_len(out), 2);
    assert_true(same_object(rp_at(out, 0), first));
    assert_true(same_object(rp_at(out, 1), first));
    assert_int_equal(rp_len(in), 3);
    assert_int_equal(rp_clean(&heap, out, &again), RP_OK);
    assert_true(same_object(out, again));
}

static void input_becomes_a_list_of_messages(void **state)
{
    struct rp_value m = message(RP_ASSISTANT, "A", LIST(text("m"))), out;

    (void)state;
    assert_int_equal(rp_messages_of(&heap, word("x"), &out), RP_OK);
    assert_string_equal(show(out), "u[\"x\"]");
    assert_int_equal(rp_messages_of(&heap, m, &out), RP_OK);
    assert_string_equal(show(out), "a(A)[\"m\"]");
    assert_int_equal(rp_messages_of(&heap, LIST(word("x"), m, word("")), &out), RP_OK);
    assert_string_equal(show(out), "u[\"x\"] a(A)[\"m\"] u[\"\"]");
    assert_int_equal(rp_messages_of(&heap, rp_list(), &out), RP_OK);
    assert_int_equal(rp_len(out), 0);
}

static void input_of_another_type_is_refused(void **state)
{
    struct rp_value out = rp_int(7);

    (void)state;
    assert_int_equal(rp_messages_of(&heap, rp_int(1), &out), RP_ETYPE);
    assert_int_equal(rp_messages_of(&heap, rp_nil(), &out), RP_ETYPE);
    assert_int_equal(rp_messages_of(&heap, LIST(word("x"), rp_int(1)), &out), RP_ETYPE);
    assert_int_equal(rp_messages_of(&heap, text("content"), &out), RP_ETYPE);
    assert_int_equal(rp_messages_of(&heap, rp_bad(), &out), RP_ENOMEM);
    assert_int_equal(out.u.i, 7);
}

static void messages_without_an_author_get_one(void **state)
{
    struct rp_value in = LIST(message(RP_ASSISTANT, NULL, LIST(text("x"))),
                              message(RP_TOOL, "B", LIST(result("c", "r"))));
    struct rp_value out;

    (void)state;
    assert_int_equal(rp_with_author(&heap, in, word("A"), &out), RP_OK);
    assert_string_equal(show(out), "a(A)[\"x\"] t(B)[#c=r]");
    assert_string_equal(show(in), "a[\"x\"] t(B)[#c=r]");
    assert_true(same_object(rp_at(in, 1), rp_at(out, 1)));
    assert_int_equal(rp_with_author(&heap, in, rp_nil(), &out), RP_OK);
    assert_true(same_object(in, out));
    assert_int_equal(rp_with_author(&heap, in, rp_bad(), &out), RP_ENOMEM);
}

/* ---- folding ---- */

/* One by one and all at once must come to the same. */
static void folds_to(struct rp_value updates, const char *expected)
{
    struct rp_value messages = rp_list(), ids = rp_list(), all;

    for (uint32_t i = 0; i < rp_len(updates); i++)
        assert_int_equal(rp_fold(&heap, &messages, &ids, rp_at(updates, i)), RP_OK);
    assert_int_equal(rp_len(ids), rp_len(messages));
    assert_string_equal(show(messages), expected);
    assert_int_equal(rp_fold_all(&heap, updates, &all), RP_OK);
    assert_string_equal(show(all), expected);
    assert_true(rp_equal(messages, all));
}

static void adjacent_texts_of_updates_are_joined(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, "A", NULL, LIST(text("He"))),
                  update(RP_ASSISTANT, "A", NULL, LIST(text("l"), text("l"))),
                  update(RP_ASSISTANT, "A", NULL, LIST(text("o"), call("c", "f", "{}"))),
                  update(RP_ASSISTANT, "A", NULL, LIST(text("."), text(".")))),
             "a(A)[\"Hello\" f#c({}) \"..\"]");
}

static void a_change_of_role_begins_a_message(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, "A", NULL, LIST(text("x"))),
                  update(RP_TOOL, "A", NULL, LIST(result("c", "r"))),
                  update(RP_ASSISTANT, "A", NULL, LIST(text("y")))),
             "a(A)[\"x\"] t(A)[#c=r] a(A)[\"y\"]");
}

static void another_message_id_begins_a_message(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, NULL, "1", LIST(text("a"))),
                  update(RP_ASSISTANT, NULL, "1", LIST(text("b"))),
                  update(RP_ASSISTANT, NULL, "2", LIST(text("c")))),
             "a[\"ab\"] a[\"c\"]");
}

static void a_missing_message_id_goes_on_with_the_message(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, NULL, NULL, LIST(text("a"))),
                  update(RP_ASSISTANT, NULL, "1", LIST(text("b"))),
                  update(RP_ASSISTANT, NULL, "", LIST(text("c"))),
                  update(RP_ASSISTANT, NULL, "2", LIST(text("d")))),
             "a[\"abc\"] a[\"d\"]");
}

static void parts_of_a_call_are_merged(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, "A", NULL, LIST(call("c1", "pay", "{\"n\""))),
                  update(RP_ASSISTANT, "A", NULL, LIST(call("c1", "pay", ":1"))),
                  update(RP_ASSISTANT, "A", NULL, LIST(call("", "", "}"), call("c2", "get", ""))),
                  update(RP_ASSISTANT, "A", NULL, LIST(call("c2", "", "{}")))),
             "a(A)[pay#c1({\"n\":1}) get#c2({})]");
}

static void calls_that_do_not_stand_side_by_side_stay_apart(void **state)
{
    (void)state;
    folds_to(
        LIST(update(RP_ASSISTANT, NULL, NULL, LIST(call("c1", "f", "1"), call("c2", "g", "2"))),
             update(RP_ASSISTANT, NULL, NULL, LIST(call("c1", "f", "3"), text("x"))),
             update(RP_ASSISTANT, NULL, NULL, LIST(call("c1", "f", "4")))),
        "a[f#c1(1) g#c2(2) f#c1(3) \"x\" f#c1(4)]");
}

static void a_call_whose_name_comes_later_gets_it(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, NULL, NULL, LIST(call("c", "", "{"))),
                  update(RP_ASSISTANT, NULL, NULL, LIST(call("c", "f", "}")))),
             "a[f#c({})]");
}

static void an_update_without_contents_makes_a_message(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, "A", NULL, rp_list())), "a(A)[]");
    folds_to(LIST(update(RP_ASSISTANT, "A", NULL, LIST(text("x"))),
                  update(RP_ASSISTANT, "A", NULL, rp_list())),
             "a(A)[\"x\"]");
    folds_to(LIST(update(RP_ASSISTANT, "A", NULL, LIST(text("x"))),
                  update(RP_TOOL, "A", NULL, rp_list())),
             "a(A)[\"x\"] t(A)[]");
    folds_to(rp_list(), "");
}

static void the_author_is_the_last_one_given(void **state)
{
    (void)state;
    folds_to(LIST(update(RP_ASSISTANT, NULL, NULL, LIST(text("x"))),
                  update(RP_ASSISTANT, "A", NULL, LIST(text("y"))),
                  update(RP_ASSISTANT, NULL, NULL, LIST(text("z")))),
             "a(A)[\"xyz\"]");
}

static void results_and_approvals_are_never_merged(void **state)
{
    struct rp_value c = call("c", "f", "{}");

    (void)state;
    folds_to(LIST(update(RP_TOOL, NULL, NULL, LIST(result("c", "1"), result("c", "2"))),
                  update(RP_TOOL, NULL, NULL,
                         LIST(rp_approval_request(&heap, c), rp_approval_request(&heap, c)))),
             "t[#c=1 #c=2 ?f#c({}) ?f#c({})]");
}

static void folding_leaves_earlier_results_as_they_were(void **state)
{
    struct rp_value messages = rp_list(), ids = rp_list(), before;
    struct rp_value x = update(RP_ASSISTANT, NULL, NULL, LIST(text("x")));

    (void)state;
    assert_int_equal(rp_fold(&heap, &messages, &ids, x), RP_OK);
    before = messages;
    assert_int_equal(rp_fold(&heap, &messages, &ids, x), RP_OK);
    assert_string_equal(show(messages), "a[\"xx\"]");
    assert_string_equal(show(before), "a[\"x\"]");
    assert_int_equal(rp_len(rp_update_of(x)->contents), 1);
}

/* ---- memory ---- */

/* Every call of this file once; each part that fails makes the whole fail. */
static int make_everything(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_value contents = rp_list(), m, u, list = rp_list(), ids = rp_list(), out;
    int rc;

    rp_heap_init(&h, alloc, 0, 1);
    rp_list_add(&h, &contents, rp_content_text(&h, rp_textz(&h, "a")));
    rp_list_add(&h, &contents, rp_content_text(&h, rp_textz(&h, "b")));
    m = rp_message(&h, RP_ASSISTANT, rp_nil(), contents);
    u = rp_update(&h, RP_ASSISTANT, rp_nil(), contents);
    rc = h.failed ? RP_ENOMEM : rp_fold(&h, &list, &ids, u);
    if (rc == RP_OK)
        rc = rp_fold(&h, &list, &ids, u);
    if (rc == RP_OK)
        rc = rp_list_add(&h, &list, m);
    if (rc == RP_OK)
        rc = rp_clean(&h, list, &out);
    if (rc == RP_OK)
        rc = rp_with_author(&h, out, rp_textz(&h, "A"), &out);
    if (rc == RP_OK && rp_messages_text(&h, list).tag == RP_BAD)
        rc = RP_ENOMEM;
    if (rc == RP_OK)
        rc = rp_messages_of(&h, rp_textz(&h, "x"), &out);
    list = rp_list();
    if (rc == RP_OK)
        rc = rp_list_add(&h, &list, u);
    if (rc == RP_OK)
        rc = rp_fold_all(&h, list, &out);
    rp_heap_free(&h);
    return rc;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(sweep_memory(make_everything) > 30);
}

static void a_fold_that_fails_changes_nothing(void **state)
{
    struct rp_value u = update(RP_ASSISTANT, NULL, NULL, LIST(text("x")));
    struct rp_value messages = rp_list(), ids = rp_list();
    long n = 0;
    int rc;

    (void)state;
    assert_int_equal(rp_fold(&heap, &messages, &ids, u), RP_OK);
    do {
        faulty.fails = faulty.asked + n++;
        rc = rp_fold(&heap, &messages, &ids, u);
        assert_string_equal(show(messages), rc == RP_OK ? "a[\"xx\"]" : "a[\"x\"]");
        assert_int_equal(rp_len(ids), 1);
    } while (rc != RP_OK);
    assert_true(n > 3);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(messages_hold_what_they_are_made_of),
        STORY(an_empty_text_is_kept_as_an_empty_content),
        STORY(roles_have_names),
        STORY(what_has_a_part_without_memory_is_without_memory_too),
        STORY(the_text_of_a_message_joins_its_text_parts_with_a_space),
        STORY(the_text_of_one_part_is_that_part),
        STORY(the_text_of_messages_has_nothing_between_them),
        STORY(a_text_with_a_zero_in_it_is_joined_whole),
        STORY(a_single_text_is_read_without_making_one),
        STORY(cleaning_keeps_filled_texts_and_drops_what_is_left_empty),
        STORY(cleaning_shares_what_is_clean),
        STORY(input_becomes_a_list_of_messages),
        STORY(input_of_another_type_is_refused),
        STORY(messages_without_an_author_get_one),
        STORY(adjacent_texts_of_updates_are_joined),
        STORY(a_change_of_role_begins_a_message),
        STORY(another_message_id_begins_a_message),
        STORY(a_missing_message_id_goes_on_with_the_message),
        STORY(parts_of_a_call_are_merged),
        STORY(calls_that_do_not_stand_side_by_side_stay_apart),
        STORY(a_call_whose_name_comes_later_gets_it),
        STORY(an_update_without_contents_makes_a_message),
        STORY(the_author_is_the_last_one_given),
        STORY(results_and_approvals_are_never_merged),
        STORY(folding_leaves_earlier_results_as_they_were),
        STORY(every_allocation_may_fail),
        STORY(a_fold_that_fails_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
