/* test_portable.c - the portable trace: forms of data, generated text, keys, order, numbers. */
#include "scenarios/portable.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty memory;
static struct rp_heap heap;
static struct rp_buf out;
static struct rp_asked asked;
static struct rp_portable portable;

static int add_to_out(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    return rp_buf_add(&out, s, n);
}

static struct rp_value text(const char *z)
{
    return rp_textz(&heap, z);
}

static int set_up(void **state)
{
    struct rp_value known;

    (void)state;
    faulty_init(&memory, -1);
    rp_heap_init(&heap, &memory.alloc, 0, 0);
    rp_buf_init(&out, &memory.alloc, RP_TEXT_MAX);
    rp_asked_init(&asked, &memory.alloc);
    known = rp_list_of(&heap, 4, text("a"), text("hello"), text("x"), text("\xc3\xa9"));
    rp_portable_init(&portable, &memory.alloc, known, &asked, (struct rp_sink){add_to_out, NULL});
    return rp_portable_turn(&portable);
}

static int tear_down(void **state)
{
    (void)state;
    rp_portable_free(&portable);
    rp_asked_free(&asked);
    rp_buf_free(&out);
    rp_heap_free(&heap);
    return memory.out == 0 ? 0 : -1;
}

static void is_shown_as(struct rp_value v, const char *expected)
{
    rp_buf_clear(&out);
    assert_int_equal(rp_form_data(&out, &portable.form, v), RP_OK);
    assert_string_equal(out.s, expected);
}

static struct rp_value call(const char *arguments)
{
    return rp_content_call(&heap, text("c1"), text("pay"), text(arguments));
}

static struct rp_value result(const char *z)
{
    return rp_content_result(&heap, text("c1"), text(z), 0);
}

static struct rp_value message(enum rp_role role, const char *author, struct rp_value content)
{
    return rp_message(&heap, role, text(author), rp_list_of(&heap, 1, content));
}

static struct rp_value says(const char *author, const char *z)
{
    return message(RP_ASSISTANT, author, rp_content_text(&heap, text(z)));
}

static struct rp_value response(void)
{
    return rp_response(&heap, rp_list_of(&heap, 1, says("A", "hello")), rp_nil());
}

/* ---- forms of data ---- */

static void plain_values_are_texts_values_and_lists(void **state)
{
    struct rp_value map = rp_map();

    (void)state;
    assert_int_equal(rp_map_put(&heap, &map, "b", rp_int(1)), RP_OK);
    assert_int_equal(rp_map_put(&heap, &map, "a", rp_real(2.5)), RP_OK);
    is_shown_as(text("say \"hi\"\n\x01\\"), "{\"text\":\"say \\\"hi\\\"\\n\\u0001\\\\\"}");
    is_shown_as(rp_int(-7), "{\"value\":-7}");
    is_shown_as(rp_real(1e16), "{\"value\":1e+16}");
    is_shown_as(rp_bool(1), "{\"value\":true}");
    is_shown_as(rp_nil(), "{\"value\":null}");
    is_shown_as(map, "{\"value\":{\"a\":2.5,\"b\":1}}");
    is_shown_as(rp_list_of(&heap, 2, text("q"), rp_list_of(&heap, 1, rp_int(3))),
                "{\"list\":[{\"text\":\"q\"},{\"list\":[{\"value\":3}]}]}");
    is_shown_as(rp_list(), "{\"list\":[]}");
}

static void contents_show_what_json_they_hold(void **state)
{
    struct rp_value pay = call("{\"b\": 2, \"a\": [1.0, 12345678901234567890]}");

    (void)state;
    is_shown_as(rp_content_text(&heap, text("x")), "{\"text\":\"x\"}");
    is_shown_as(pay, "{\"arguments\":{\"a\":[1.0,12345678901234567890],\"b\":2},\"call\":\"pay\","
                     "\"id\":\"c1\"}");
    is_shown_as(call("{not json"), "{\"arguments\":\"{not json\",\"call\":\"pay\",\"id\":\"c1\"}");
    is_shown_as(call(" 3 "), "{\"arguments\":3,\"call\":\"pay\",\"id\":\"c1\"}");
    is_shown_as(result("{\"k\": [\"zzz\"]}"), "{\"id\":\"c1\",\"result\":{\"k\":[\"zzz\"]}}");
    is_shown_as(rp_approval_request(&heap, call("{}")),
                "{\"approval_request\":{\"arguments\":{},\"call\":\"pay\",\"id\":\"c1\"}}");
    is_shown_as(rp_approval_response(&heap, call("{}"), 0),
                "{\"approval_response\":false,\"call\":{\"arguments\":{},\"call\":\"pay\","
                "\"id\":\"c1\"}}");
}

static void messages_show_author_contents_and_role(void **state)
{
    (void)state;
    is_shown_as(rp_user_message(&heap, "hello"),
                "{\"message\":{\"contents\":[{\"text\":\"hello\"}],\"role\":\"user\"}}");
    is_shown_as(response(), "{\"response\":[{\"author\":\"A\",\"contents\":[{\"text\":\"hello\"}],"
                            "\"role\":\"assistant\"}]}");
    is_shown_as(rp_update(&heap, RP_TOOL, text("A"), rp_list_of(&heap, 1, result("x"))),
                "{\"update\":{\"author\":\"A\",\"contents\":[{\"id\":\"c1\",\"result\":\"x\"}],"
                "\"role\":\"tool\"}}");
    is_shown_as(rp_update(&heap, RP_ASSISTANT, rp_nil(), rp_list()),
                "{\"update\":{\"contents\":[],\"role\":\"assistant\"}}");
}

static void what_executors_send_each_other_has_a_form_each(void **state)
{
    struct rp_agent_response *answered = rp_rec_new(&heap, RP_K_AGENT_RESPONSE);
    struct rp_group_request *asks = rp_rec_new(&heap, RP_K_GROUP_REQUEST);
    struct rp_group_messages *group = rp_rec_new(&heap, RP_K_GROUP_MESSAGES);
    struct rp_review_answer *review = rp_rec_new(&heap, RP_K_REVIEW_ANSWER);
    struct rp_plan_answer *plan = rp_rec_new(&heap, RP_K_PLAN_ANSWER);
    struct rp_user_request *user = rp_rec_new(&heap, RP_K_USER_REQUEST);

    (void)state;
    answered->executor = text("A");
    answered->response = response();
    user->response = response();
    group->messages = rp_list_of(&heap, 1, says(NULL, "hello"));
    is_shown_as(rp_agent_request(&heap, rp_list(), 1),
                "{\"agent_request\":{\"messages\":[],\"should_respond\":true}}");
    is_shown_as(rp_from_rec(answered),
                "{\"agent_response\":{\"executor\":\"A\",\"messages\":[{\"author\":\"A\","
                "\"contents\":[{\"text\":\"hello\"}],\"role\":\"assistant\"}]}}");
    is_shown_as(rp_from_rec(asks), "{\"group_chat_request\":{\"additional_instruction\":null}}");
    is_shown_as(rp_from_rec(group),
                "{\"participant_message\":[{\"contents\":[{\"text\":\"hello\"}],"
                "\"role\":\"assistant\"}]}");
    is_shown_as(rp_from_rec(review), "{\"request_info_response\":[]}");
    is_shown_as(rp_from_rec(plan), "{\"plan_review_response\":[]}");
    is_shown_as(rp_from_rec(user),
                "{\"user_input_request\":[{\"author\":\"A\",\"contents\":[{\"text\":\"hello\"}],"
                "\"role\":\"assistant\"}]}");
    is_shown_as(rp_from_rec(rp_rec_new(&heap, RP_K_RESET)), "{\"reset\":true}");
}

static struct rp_value ledger(void)
{
    static const char json[] =
        "{\"is_request_satisfied\":{\"reason\":\"r\",\"answer\":false},"
        "\"is_in_loop\":{\"reason\":\"r\",\"answer\":\"\"},"
        "\"is_progress_being_made\":{\"reason\":\"r\",\"answer\":true},"
        "\"next_speaker\":{\"reason\":\"r\",\"answer\":\"Zoe\"},"
        "\"instruction_or_question\":{\"reason\":\"r\",\"answer\":\"do it\"}}";
    struct rp_value v;

    assert_int_equal(rp_json_read(&heap, json, sizeof(json) - 1, &v, NULL), RP_OK);
    return v;
}

#define LEDGER                                                                                     \
    "{\"instruction_or_question\":\"do it\",\"is_in_loop\":\"\",\"is_progress_being_made\":true,"  \
    "\"is_request_satisfied\":false,\"next_speaker\":\"Zoe\"}"

static void a_plan_review_shows_the_answers_of_the_ledger(void **state)
{
    struct rp_plan_review *review = rp_rec_new(&heap, RP_K_PLAN_REVIEW);

    (void)state;
    is_shown_as(rp_from_rec(review),
                "{\"plan_review\":{\"current_progress\":null,\"is_stalled\":false}}");
    review->progress = ledger();
    review->is_stalled = rp_bool(1);
    is_shown_as(rp_from_rec(review),
                "{\"plan_review\":{\"current_progress\":" LEDGER ",\"is_stalled\":true}}");
}

/* ---- generated text ---- */

static void the_engines_own_wording_is_replaced_and_the_scenarios_is_not(void **state)
{
    (void)state;
    is_shown_as(rp_content_text(&heap, text("The chat has ended.")), "{\"text\":\"$generated\"}");
    is_shown_as(rp_content_text(&heap, text("")), "{\"text\":\"\"}");
    is_shown_as(rp_content_text(&heap, text("\xc3\xa9")), "{\"text\":\"\xc3\xa9\"}");
    is_shown_as(rp_content_text(&heap, text("hell")), "{\"text\":\"$generated\"}");
    is_shown_as(result("went wrong"), "{\"id\":\"c1\",\"result\":\"$generated\"}");
    is_shown_as(result("\"x\""), "{\"id\":\"c1\",\"result\":\"x\"}");
    is_shown_as(result("\"y\""), "{\"id\":\"c1\",\"result\":\"$generated\"}");
    is_shown_as(result("\"\""), "{\"id\":\"c1\",\"result\":\"\"}");
    is_shown_as(text("anything at all"), "{\"text\":\"anything at all\"}");
    is_shown_as(call("\"anything\""),
                "{\"arguments\":\"anything\",\"call\":\"pay\",\"id\":\"c1\"}");
}

static void a_service_is_sent_no_authors_no_approvals_and_no_empty_messages(void **state)
{
    struct rp_value contents = rp_list_of(&heap, 2, rp_approval_request(&heap, call("{}")),
                                          rp_content_text(&heap, text("x")));
    struct rp_value messages =
        rp_list_of(&heap, 4, message(RP_USER, NULL, rp_approval_response(&heap, call("{}"), 1)),
                   says("A", "hello"), rp_message(&heap, RP_USER, rp_nil(), rp_list()),
                   rp_message(&heap, RP_ASSISTANT, text("A"), contents));

    (void)state;
    rp_buf_clear(&out);
    assert_int_equal(rp_form_sent(&out, &portable.form, messages), RP_OK);
    assert_string_equal(out.s, "[{\"contents\":[{\"text\":\"hello\"}],\"role\":\"assistant\"},"
                               "{\"contents\":[{\"text\":\"x\"}],\"role\":\"assistant\"}]");
}

/* ---- lines ---- */

static void happens(enum rp_event_kind kind, int64_t step, const char *executor)
{
    struct rp_event e = {.kind = kind, .step = step, .executor = executor, .state = RP_IDLE};

    assert_int_equal(rp_portable_event(&portable, &e), RP_OK);
}

static void the_trace_is(const char *expected)
{
    assert_int_equal(rp_portable_end(&portable), RP_OK);
    assert_string_equal(out.s ? out.s : "", expected);
}

static void lines_of_a_superstep_are_sorted_by_executor_and_keep_their_order(void **state)
{
    (void)state;
    happens(RP_EV_STARTED, 0, NULL);
    happens(RP_EV_SUPERSTEP_STARTED, 1, NULL);
    happens(RP_EV_EXECUTOR_INVOKED, 1, "b");
    happens(RP_EV_EXECUTOR_COMPLETED, 1, "b");
    happens(RP_EV_EXECUTOR_FAILED, 1, "Z");
    happens(RP_EV_EXECUTOR_COMPLETED, 1, "b\xc3\xa9");
    happens(RP_EV_EXECUTOR_COMPLETED, 1, "a");
    happens(RP_EV_FAILED, 1, NULL);
    happens(RP_EV_STATUS, 0, NULL);
    the_trace_is(
        "{\"event\":\"started\",\"step\":0,\"turn\":1}\n"
        "{\"event\":\"superstep_started\",\"step\":1,\"turn\":1}\n"
        "{\"error\":true,\"event\":\"failed\",\"step\":1,\"turn\":1}\n"
        "{\"event\":\"executor_failed\",\"executor\":\"Z\",\"step\":1,\"turn\":1}\n"
        "{\"event\":\"executor_completed\",\"executor\":\"a\",\"step\":1,\"turn\":1}\n"
        "{\"data\":{\"value\":null},\"event\":\"executor_invoked\",\"executor\":\"b\",\"step\":1,"
        "\"turn\":1}\n"
        "{\"event\":\"executor_completed\",\"executor\":\"b\",\"step\":1,\"turn\":1}\n"
        "{\"event\":\"executor_completed\",\"executor\":\"b\xc3\xa9\",\"step\":1,\"turn\":1}\n"
        "{\"event\":\"status\",\"state\":\"IDLE\",\"step\":0,\"turn\":1}\n");
}

static void turns_are_told_apart_also_where_the_step_is_the_same(void **state)
{
    (void)state;
    happens(RP_EV_EXECUTOR_COMPLETED, 0, "b");
    assert_int_equal(rp_portable_turn(&portable), RP_OK);
    happens(RP_EV_EXECUTOR_COMPLETED, 0, "a");
    assert_int_equal(rp_portable_raised(&portable), RP_OK);
    the_trace_is("{\"event\":\"executor_completed\",\"executor\":\"b\",\"step\":0,\"turn\":1}\n"
                 "{\"error\":true,\"event\":\"raised\",\"step\":0,\"turn\":2}\n"
                 "{\"event\":\"executor_completed\",\"executor\":\"a\",\"step\":0,\"turn\":2}\n");
}

static void warnings_and_custom_events_leave_no_line(void **state)
{
    (void)state;
    happens(RP_EV_WARNING, 1, "a");
    happens(RP_EV_CUSTOM, 1, "a");
    the_trace_is("");
}

static void a_ledger_event_shows_the_answers_by_name(void **state)
{
    struct rp_event e = {.kind = RP_EV_MAGENTIC, .step = 2, .executor = "m", .data = rp_map()};

    (void)state;
    assert_int_equal(rp_map_put(&heap, &e.data, "progress_ledger_updated", ledger()), RP_OK);
    assert_int_equal(rp_portable_event(&portable, &e), RP_OK);
    the_trace_is("{\"data\":{\"progress_ledger_updated\":" LEDGER
                 "},\"event\":\"magentic_orchestrator\",\"executor\":\"m\",\"step\":2,"
                 "\"turn\":1}\n");
}

static void a_model_call_shows_the_agent_as_its_executor(void **state)
{
    struct rp_agent_opts opts = {.name = "Ann"};
    struct rp_model_call made = {.executor = "outer", .step = 3};
    struct rp_kit *kit = NULL;

    (void)state;
    assert_int_equal(rp_kit_new(&memory.alloc, &kit), RP_OK);
    made.agent = rp_agent(kit, &opts, NULL);
    made.messages = rp_list_of(&heap, 1, rp_user_message(&heap, "x"));
    assert_int_equal(rp_portable_model_call(&portable, &made, 4), RP_OK);
    rp_kit_free(kit);
    the_trace_is("{\"call\":4,\"event\":\"model_call\",\"executor\":\"Ann\",\"messages\":"
                 "[{\"contents\":[{\"text\":\"x\"}],\"role\":\"user\"}],\"step\":3,\"turn\":1}\n");
}

/* ---- numbers of requests and checkpoints ---- */

static void asks(const char *id, int64_t step, struct rp_value data)
{
    struct rp_event e = {
        .kind = RP_EV_REQUEST_INFO, .step = step, .executor = "r", .name = id, .data = data};

    assert_int_equal(rp_asked_event(&asked, &e), RP_OK);
    assert_int_equal(rp_portable_event(&portable, &e), RP_OK);
}

static void makes_checkpoint(int64_t number)
{
    struct rp_value in_flight = rp_map();
    struct rp_event e = {.kind = RP_EV_CHECKPOINT, .data = rp_map()};

    assert_int_equal(rp_map_put(&heap, &in_flight, "b", rp_int(2)), RP_OK);
    assert_int_equal(rp_map_put(&heap, &in_flight, "a", rp_int(1)), RP_OK);
    assert_int_equal(rp_map_put(&heap, &e.data, "number", rp_int(number)), RP_OK);
    assert_int_equal(rp_map_put(&heap, &e.data, "previous", rp_nil()), RP_OK);
    assert_int_equal(rp_map_put(&heap, &e.data, "iteration", rp_int(5)), RP_OK);
    assert_int_equal(rp_map_put(&heap, &e.data, "messages", in_flight), RP_OK);
    assert_int_equal(rp_map_put(&heap, &e.data, "pending_requests", rp_int(1)), RP_OK);
    assert_int_equal(rp_asked_event(&asked, &e), RP_OK);
    assert_int_equal(rp_portable_event(&portable, &e), RP_OK);
}

static void a_request_line_has_the_number_of_its_request(void **state)
{
    (void)state;
    asks("r1", 1, text("q"));
    asks("r2", 1, text("q"));
    makes_checkpoint(0);
    the_trace_is("{\"data\":{\"text\":\"q\"},\"event\":\"request_info\",\"executor\":\"r\","
                 "\"request\":1,\"step\":1,\"turn\":1}\n"
                 "{\"data\":{\"text\":\"q\"},\"event\":\"request_info\",\"executor\":\"r\","
                 "\"request\":2,\"step\":1,\"turn\":1}\n"
                 "{\"event\":\"checkpoint\",\"iteration\":5,\"messages\":{\"a\":1,\"b\":2},"
                 "\"number\":0,\"pending_requests\":1,\"previous\":null,\"step\":0,\"turn\":1}\n");
}

static void a_request_told_again_keeps_its_number(void **state)
{
    (void)state;
    asks("r1", 1, text("q"));
    makes_checkpoint(0);
    rp_asked_resume(&asked, 0);
    asks("r1", 0, text("q"));
    assert_int_equal(rp_asked_number(&asked, "r1"), 1);
    assert_int_equal(rp_asked_count(&asked), 1);
}

static void a_request_made_anew_in_another_branch_is_a_new_one(void **state)
{
    struct rp_asked_request request;

    (void)state;
    makes_checkpoint(0);
    asks("r1", 1, text("q"));
    makes_checkpoint(1);
    rp_asked_resume(&asked, 0);
    asks("r1", 1, text("q"));
    assert_int_equal(rp_asked_number(&asked, "r1"), 2);
    assert_int_equal(rp_asked_find(&asked, 1, &request), RP_OK);
    assert_null(request.id);
    rp_asked_resume(&asked, 1);
    assert_int_equal(rp_asked_number(&asked, "r1"), 1);
    assert_int_equal(rp_asked_find(&asked, 2, &request), RP_OK);
    assert_null(request.id);
    assert_int_equal(rp_asked_find(&asked, 3, &request), RP_ENOTFOUND);
    assert_int_equal(rp_asked_find(&asked, 0, &request), RP_ENOTFOUND);
}

static void a_tool_request_made_anew_has_the_number_of_its_call(void **state)
{
    struct rp_asked_request request;

    (void)state;
    makes_checkpoint(0);
    asks("c1", 1, rp_approval_request(&heap, call("{}")));
    rp_asked_resume(&asked, 0);
    asks("c1", 1, call("{}"));
    assert_int_equal(rp_asked_find(&asked, 1, &request), RP_OK);
    assert_string_equal(request.id, "c1");
    assert_int_equal(request.kind, RP_K_C_CALL);
    assert_int_equal(rp_kind(request.call), RP_K_C_CALL);
    assert_int_equal(rp_asked_count(&asked), 1);
}

static void numbers_return_when_nothing_comes_of_a_resume(void **state)
{
    struct rp_value before;

    (void)state;
    makes_checkpoint(0);
    asks("r1", 1, text("q"));
    before = rp_asked_resume(&asked, 0);
    assert_int_equal(rp_asked_number(&asked, "r1"), 0);
    rp_asked_return(&asked, before);
    assert_int_equal(rp_asked_number(&asked, "r1"), 1);
}

/* ---- memory ---- */

static int drop(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    (void)s;
    (void)n;
    return RP_OK;
}

static int write_some_lines(const struct rp_alloc *alloc)
{
    struct rp_event e = {.kind = RP_EV_OUTPUT, .step = 1, .executor = "a", .data = response()};
    struct rp_portable p;
    int rc = RP_OK;

    rp_portable_init(&p, alloc, rp_nil(), &asked, (struct rp_sink){drop, NULL});
    for (int i = 0; i < 40 && rc == RP_OK; i++)
        rc = rp_portable_event(&p, &e);
    if (rc == RP_OK)
        rc = rp_portable_end(&p);
    rp_portable_free(&p);
    return rc;
}

static void every_allocation_of_a_line_may_fail(void **state)
{
    (void)state;
    assert_true(sweep_memory(write_some_lines) > 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_values_are_texts_values_and_lists),
        TEST(contents_show_what_json_they_hold),
        TEST(messages_show_author_contents_and_role),
        TEST(what_executors_send_each_other_has_a_form_each),
        TEST(a_plan_review_shows_the_answers_of_the_ledger),
        TEST(the_engines_own_wording_is_replaced_and_the_scenarios_is_not),
        TEST(a_service_is_sent_no_authors_no_approvals_and_no_empty_messages),
        TEST(lines_of_a_superstep_are_sorted_by_executor_and_keep_their_order),
        TEST(turns_are_told_apart_also_where_the_step_is_the_same),
        TEST(warnings_and_custom_events_leave_no_line),
        TEST(a_ledger_event_shows_the_answers_by_name),
        TEST(a_model_call_shows_the_agent_as_its_executor),
        TEST(a_request_line_has_the_number_of_its_request),
        TEST(a_request_told_again_keeps_its_number),
        TEST(a_request_made_anew_in_another_branch_is_a_new_one),
        TEST(a_tool_request_made_anew_has_the_number_of_its_call),
        TEST(numbers_return_when_nothing_comes_of_a_resume),
        TEST(every_allocation_of_a_line_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
