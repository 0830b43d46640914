/* test_load_timeouts.c - time-outs, waiting and cancelling in scenario files: what is read, and
 * what is said about what is wrong. */
#include "tests/unit/wrong_scenario.h"

#define TIMEOUTS(entries) TOP_KEYS("'scenario':1,'turns':[" TURN "],'timeouts':[" entries "],")
#define TIMEOUT(keys)     TIMEOUTS("{" keys "}")
#define THEN(then)        TIMEOUT("'after_ms':5,'then':" then)

static struct rp_scenario *load(struct faulty *f, const char *json)
{
    char text[4096];
    struct rp_scenario *s = NULL;
    struct rp_error err = {0};

    assert_true(strlen(json) < sizeof(text));
    memcpy(text, json, strlen(json) + 1);
    swap(text, '\'', '"');
    faulty_init(f, -1);
    if (rp_scenario_read(&f->alloc, "s.json", text, strlen(text), &s, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    return s;
}

/* ---- what is read ---- */

static void a_time_out_says_to_what_it_applies_and_what_it_does(void **state)
{
    struct faulty f;
    struct rp_scenario *s =
        load(&f, TIMEOUTS("{'executor':'anna','request':'approval','after_ms':1,'then':'fail'},"
                          "{'asked':'boss','after_ms':9223372036854775807,'then':{'answer':"
                          "{'value':'x'}}},"
                          "{'after_ms':7,'then':{'escalate':'boss'}}"));

    (void)state;
    assert_int_equal(s->n_timeouts, 3);
    assert_string_equal(s->timeouts[0].executor, "anna");
    assert_null(s->timeouts[0].asked);
    assert_true(s->timeouts[0].request.is == RP_BIT(RP_K_C_APPROVAL_REQUEST));
    assert_true(s->timeouts[0].after_ms == 1);
    assert_int_equal(s->timeouts[0].action, RP_TIMEOUT_FAIL);
    assert_null(s->timeouts[1].executor);
    assert_string_equal(s->timeouts[1].asked, "boss");
    assert_true(rp_type_empty(s->timeouts[1].request));
    assert_true(s->timeouts[1].after_ms == INT64_MAX);
    assert_int_equal(s->timeouts[1].action, RP_TIMEOUT_ANSWER);
    assert_true(rp_is_text(s->timeouts[1].answer, "x"));
    assert_int_equal(s->timeouts[2].action, RP_TIMEOUT_ESCALATE);
    assert_string_equal(s->timeouts[2].to, "boss");
    rp_scenario_free(s);
    assert_int_equal(f.out, 0);
}

/* The default answer of a time-out for all requests. */
static struct rp_value answer_of(struct faulty *f, struct rp_scenario **s, const char *answer)
{
    char json[1024];

    snprintf(json, sizeof(json), "%s%s%s",
             "{'scenario':1,'turns':[" TURN "],'workflow':{" SEQ "},'agents':[" A
             "],'timeouts':[{'after_ms':1,'then':{'answer':{",
             answer, "}}}]}");
    *s = load(f, json);
    return (*s)->timeouts[0].answer;
}

static void a_default_answer_is_a_value_that_any_request_of_its_kind_takes(void **state)
{
    struct faulty f;
    struct rp_scenario *s;
    struct rp_value v = answer_of(&f, &s, "'approve':true");

    (void)state;
    assert_true(rp_is_true(v));
    rp_scenario_free(s);
    v = answer_of(&f, &s, "'feedback':['a','b']");
    assert_int_equal(rp_len(rp_review_answer_of(v)->messages), 2);
    rp_scenario_free(s);
    v = answer_of(&f, &s, "'revise':[]");
    assert_int_equal(rp_len(rp_plan_answer_of(v)->messages), 0);
    rp_scenario_free(s);
    v = answer_of(&f, &s, "'reply':'go on'");
    assert_int_equal(rp_kind(rp_at(v, 0)), RP_K_MESSAGE);
    rp_scenario_free(s);
    v = answer_of(&f, &s, "'terminate':true");
    assert_int_equal(v.tag, RP_LIST);
    assert_int_equal(rp_len(v), 0);
    rp_scenario_free(s);
    v = answer_of(&f, &s, "'result':[1]");
    assert_true(rp_is_text(rp_c_result_of(v)->id, ""));
    assert_true(rp_is_text(rp_c_result_of(v)->result, "[1]"));
    rp_scenario_free(s);
    assert_int_equal(f.out, 0);
}

static void turns_may_wait_and_cancel(void **state)
{
    struct faulty f;
    struct rp_scenario *s =
        load(&f, TURNS(TURN ",{'wait':0},{'wait':9223372036854775807,'stream':true},"
                            "{'cancel':[2,-1]}"));

    (void)state;
    assert_int_equal(s->n_turns, 4);
    assert_int_equal(s->turns[1].kind, RP_TURN_WAIT);
    assert_true(s->turns[1].wait_ms == 0);
    assert_true(s->turns[2].wait_ms == INT64_MAX);
    assert_int_equal(s->turns[2].stream, 1);
    assert_int_equal(s->turns[3].kind, RP_TURN_CANCEL);
    assert_int_equal(s->turns[3].n_cancel, 2);
    assert_true(s->turns[3].cancel[0] == 2);
    assert_true(s->turns[3].cancel[1] == -1);
    rp_scenario_free(s);
    assert_int_equal(f.out, 0);
}

/* ---- what is wrong ---- */

static void time_outs_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {TIMEOUTS(""), "fine"},
        {TOP_KEYS("'scenario':1,'turns':[" TURN "],'timeouts':{},"),
         "s.json: timeouts: expected an array, found an object"},
        {TIMEOUTS("'soon'"), "s.json: timeouts[0]: expected an object, found a string"},
        {TIMEOUT("'then':'fail'"), "s.json: timeouts[0]: the key 'after_ms' is required"},
        {TIMEOUT("'after_ms':0,'then':'fail'"),
         "s.json: timeouts[0].after_ms: expected 1 or more, found 0"},
        {TIMEOUT("'after_ms':1.5,'then':'fail'"),
         "s.json: timeouts[0].after_ms: expected an integer, found a number that is not an "
         "integer"},
        {TIMEOUT("'after':1,'then':'fail'"),
         "s.json: timeouts[0].after: unknown key; did you mean 'after_ms'?"},
        {TIMEOUT("'after_ms':1,'executor':'ann','then':'fail'"),
         "s.json: timeouts[0].executor: there is no executor 'ann'; did you mean 'anna'?"},
        {TIMEOUT("'after_ms':1,'executor':'','then':'fail'"),
         "s.json: timeouts[0].executor: a name cannot be empty"},
        {TIMEOUT("'after_ms':1,'request':'approve','then':'fail'"),
         "s.json: timeouts[0].request: expected 'approval', 'result', 'review', 'plan_review', "
         "'user_input' or 'value', found 'approve'"},
        {TIMEOUT("'after_ms':1,'asked':'boss','then':'fail'"),
         "s.json: timeouts[0].asked: no time-out escalates to 'boss'"}};

    (void)state;
    ROWS(rows);
}

static void what_a_time_out_does_is_held_to_its_form(void **state)
{
    static const struct row rows[] = {
        {TIMEOUT("'after_ms':5"),
         "s.json: timeouts[0]: the key 'then' is required; expected 'fail', {'answer': ...} or "
         "{'escalate': name}"},
        {THEN("'stop'"),
         "s.json: timeouts[0].then: expected 'fail', {'answer': ...} or {'escalate': name}"},
        {THEN("{}"),
         "s.json: timeouts[0].then: one of the keys 'answer' or 'escalate' is required"},
        {THEN("{'answer':{'value':'x'},'escalate':'boss'}"),
         "s.json: timeouts[0].then: 'answer' and 'escalate' exclude each other"},
        {THEN("{'escalate':''}"), "s.json: timeouts[0].then.escalate: a name cannot be empty"},
        {THEN("{'answer':'x'}"),
         "s.json: timeouts[0].then.answer: expected an object, found a string"},
        {THEN("{'answer':{'request':1,'value':'x'}}"),
         "s.json: timeouts[0].then.answer.request: unknown key; known here: 'approve', 'feedback', "
         "'revise', 'reply', 'terminate', 'result' and 'value'"},
        {TIMEOUT("'after_ms':5,'request':'value','then':{'answer':{'approve':true}}"),
         "s.json: timeouts[0].then.answer: this is no answer to a request of the kind that this "
         "time-out is for"},
        {TIMEOUT("'after_ms':5,'request':'review','then':{'answer':{'approve':false}}"),
         "s.json: timeouts[0].then.answer: this is no answer to a request of the kind that this "
         "time-out is for"},
        {TIMEOUT("'after_ms':5,'request':'review','then':{'answer':{'approve':true}}"), "fine"}};

    (void)state;
    ROWS(rows);
}

static void waiting_and_cancelling_are_held_to_their_form(void **state)
{
    static const struct row rows[] = {
        {TURNS("{'wait':-1}"), "s.json: turns[0].wait: expected 0 or more, found -1"},
        {TURNS("{'wait':'long'}"), "s.json: turns[0].wait: expected an integer, found a string"},
        {TURNS("{'wait':1,'run':'go'}"), "s.json: turns[0]: 'run' and 'wait' exclude each other"},
        {TURNS("{'wait':1,'respond':[]}"),
         "s.json: turns[0]: 'respond' and 'wait' exclude each other"},
        {TURNS("{'cancel':[1],'resume':0}"),
         "s.json: turns[0]: 'resume' and 'cancel' exclude each other"},
        {TURNS("{'cancel':[]}"), "s.json: turns[0].cancel: expected at least 1 item, found 0"},
        {TURNS("{'cancel':1}"), "s.json: turns[0].cancel: expected an array, found an integer"},
        {TURNS("{'cancel':['1']}"),
         "s.json: turns[0].cancel[0]: expected an integer, found a string"},
        {TURNS("{'cancel':[1,2,1]}"), "s.json: turns[0].cancel[2]: request 1 stands here already"},
        {TURNS("{'cancel':[1],'stream':true}"),
         "s.json: turns[0].stream: unknown key; known here: 'cancel'"}};

    (void)state;
    ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_out_says_to_what_it_applies_and_what_it_does),
        cmocka_unit_test(a_default_answer_is_a_value_that_any_request_of_its_kind_takes),
        cmocka_unit_test(turns_may_wait_and_cancel),
        cmocka_unit_test(time_outs_are_held_to_their_keys_and_types),
        cmocka_unit_test(what_a_time_out_does_is_held_to_its_form),
        cmocka_unit_test(waiting_and_cancelling_are_held_to_their_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
