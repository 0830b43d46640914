/* test_expect.c - what a scenario expects of itself: what is broken is told with place and reason,
 * what holds is not. */
#include <stdio.h>
#include <string.h>

#include "scenarios/expect.h"
#include "tests/support/watched.h"
#include "tests/unit/wrong_scenario.h"

#define AGENTS                                                                                     \
    "{'name':'ann','model':{'script':[{'tool_calls':[{'name':'look'}]},{'tool_calls':[{'name':"    \
    "'pay'}]},{'json':{'a':[1,{'b/c':'x~y'}],'d':2}}],'when_exhausted':'repeat_last'},'tools':["   \
    "{'name':'look','result':'ok'},{'name':'pay','result':'ok'},{'name':'never','result':''}]},"   \
    "{'name':'ben','model':{'script':[{'chunks':['one ','two']}],'when_exhausted':'repeat_last'}}"
#define HEAD                                                                                       \
    "{'scenario':1,'agents':[" AGENTS "],'workflow':{'pattern':'sequential','participants':"       \
    "['ann','ben'],'output_from':['ann','ben']},'turns':[{'run':'go'}],'expect':"

struct hope {
    const char *block, *said; /* said: what is broken */
};

static struct rp_scenario *load(const struct rp_alloc *alloc, const char *json)
{
    struct rp_scenario *scenario = NULL;
    struct rp_error err = {0};
    char text[4096];

    assert_true(strlen(json) < sizeof(text));
    memcpy(text, json, strlen(json) + 1);
    swap(text, '\'', '"');
    if (rp_scenario_read(alloc, "s.json", text, strlen(text), &scenario, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    return scenario;
}

/* Plays the scenario with that block; what is broken in *said, the bits of `sometimes` returned. */
static uint64_t play(const char *block, int stream, int clean, char *said, size_t room)
{
    char json[4096];
    struct faulty memory;
    struct rp_error err = {0};
    struct rp_props *p;
    uint64_t sometimes;
    size_t n = 0;

    snprintf(json, sizeof(json), "%s%s}", HEAD, block);
    faulty_init(&memory, -1);
    struct rp_scenario *scenario = load(&memory.alloc, json);
    struct watched how = {.stream = stream, .clean = clean};
    assert_int_equal(rp_props_new(&memory.alloc, scenario, &p), RP_OK);
    assert_int_equal(watched_play(p, scenario, &memory.alloc, &how, NULL, &err), RP_OK);
    said[0] = '\0';
    for (size_t i = 0; i < rp_props_violations(p); i++) {
        const struct rp_violation *v = rp_props_violation(p, i);
        assert_int_equal(v->property, RP_P_EXPECT);
        n += (size_t)snprintf(said + n, room - n, "%s: %s", v->what, v->text);
    }
    sometimes = rp_props_sometimes(p);
    rp_props_free(p);
    rp_scenario_free(scenario);
    assert_int_equal(memory.out, 0);
    return sometimes;
}

static void hold(const struct hope *hopes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (int stream = 0; stream < 2; stream++) {
            char said[1024], wanted[1024];
            play(hopes[i].block, stream, 1, said, sizeof(said));
            snprintf(wanted, sizeof(wanted), "%s%s", hopes[i].said[0] ? "expect: " : "",
                     hopes[i].said);
            swap(said, '"', '\'');
            if (strcmp(said, wanted) != 0)
                print_error("%s (stream %d)\n", hopes[i].block, stream);
            assert_string_equal(said, wanted);
        }
}
#define HOLD(hopes) hold((hopes), sizeof(hopes) / sizeof((hopes)[0]))

/* ---- tests ------------------------------------------------------------------------------------
 */

static void outputs_are_held_to_texts_and_json(void **state)
{
    static const struct hope hopes[] = {
        {"{'eventually':{'output':{'equals':'one two'}}}", ""},
        {"{'eventually':{'output':{'equals':'one'}}}", "eventually: the output is 'one two'"},
        {"{'eventually':{'output':{'contains':'e t'}}}", ""},
        {"{'eventually':{'output':{'contains':'three'}}}", "eventually: the output is 'one two'"},
        {"{'eventually':{'output':{'from':'ann','equals':{'d':2,'a':[1,{'b/c':'x~y'}]}}}}", ""},
        {"{'eventually':{'output':{'from':'ann','pointer':'/a/1/b~1c','equals':'x~y'}}}", ""},
        {"{'eventually':{'output':{'from':'ann','pointer':'/a/0','equals':1}}}", ""},
        {"{'eventually':{'output':{'from':'ann','pointer':'/a','contains':'b/c'}}}", ""},
        {"{'eventually':{'output':{'from':'ann','pointer':'','equals':{'a':[1,{'b/c':'x~y'}],"
         "'d':2}}}}",
         ""},
        {"{'eventually':{'not':{'output':{'from':'ann','pointer':'/a/2'}}}}", ""},
        {"{'eventually':{'not':{'output':{'from':'ann','pointer':'/a/01'}}}}", ""},
        {"{'eventually':{'not':{'output':{'pointer':'/a'}}}}", ""},
        {"{'never':{'output':{'contains':'two'}}}", "never: the output is 'one two'"},
        {"{'always':{'not':{'output':{'from':'ben','equals':'one '}}}}", ""},
        {"{'eventually':{'output':{'from':'input-conversation','contains':'x'}}}",
         "eventually: there is no output of input-conversation"}};

    (void)state;
    HOLD(hopes);
}

static void counts_are_held_to_their_bounds(void **state)
{
    static const struct hope hopes[] = {
        {"{'eventually':{'speaks':'ann','exactly':1}}", ""},
        {"{'eventually':{'speaks':'ann','at_least':2}}",
         "eventually: ann spoke 1 times; the test asks for at least 2"},
        {"{'always':{'speaks':'ben','at_most':0}}",
         "always: ben spoke 1 times; the test asks for exactly 0"},
        {"{'eventually':{'calls':'pay'}}", ""},
        {"{'never':{'calls':'never'}}", ""},
        {"{'eventually':{'calls':'pay','agent':'ben'}}",
         "eventually: the tool pay ran 0 times; the test asks for at least 1"},
        {"{'always':{'calls':'pay','after':'look'}}", ""},
        {"{'always':{'calls':'look','before':'pay'}}", ""},
        {"{'always':{'calls':'pay','before':'look'}}",
         "always: the tool pay ran after the first run of look"},
        {"{'always':{'calls':'look','after':'pay'}}",
         "always: the tool look ran before any run of pay"},
        {"{'eventually':{'model_calls':{'exactly':4}}}", ""},
        {"{'eventually':{'tool_calls':{'at_least':1,'at_most':2}}}", ""},
        {"{'eventually':{'tool_calls':{'at_least':3,'at_most':4}}}",
         "eventually: 2 tool calls; the test asks for 3 to 4"},
        {"{'always':{'supersteps':{'at_most':3}}}",
         "always: 4 supersteps; the test asks for at most 3"},
        {"{'always':{'rounds':{'at_most':0}}}", ""},
        {"{'eventually':{'time_ms':{'exactly':0}}}", ""},
        {"{'always':{'tokens':{'at_most':0}}}", ""},
        {"{'eventually':{'tokens':{'at_most':0}}}",
         "eventually: 0 tokens; the test asks for exactly 0"}};

    (void)state;
    HOLD(hopes);
}

static void order_status_and_connectives(void **state)
{
    static const struct hope hopes[] = {
        {"{'eventually':{'order':[{'calls':'look'},{'calls':'pay'},{'speaks':'ann'},{'event':"
         "'executor_invoked','executor':'ben'},{'event':'superstep_completed'}]}}",
         ""},
        {"{'eventually':{'order':[{'calls':'pay'},{'calls':'look'}]}}",
         "eventually: step 2 of the order did not happen after those before: calls look"},
        {"{'eventually':{'status':'idle'}}", ""},
        {"{'name':'no failure','eventually':{'status':'failed'}}",
         "no failure (eventually): the turn ended IDLE"},
        {"{'eventually':{'all':[{'status':'idle'},{'calls':'pay'}]}}", ""},
        {"{'eventually':{'all':[{'status':'idle'},{'speaks':'ann','exactly':9}]}}",
         "eventually: ann spoke 1 times; the test asks for exactly 9"},
        {"{'eventually':{'any':[{'status':'failed'},{'calls':'pay'}]}}", ""},
        {"{'never':{'any':[{'status':'failed'},{'calls':'never'}]}}", ""}};

    (void)state;
    HOLD(hopes);
}

static void sometimes_is_told_as_bits(void **state)
{
    char said[1024];
    uint64_t bits = play("[{'sometimes':{'status':'failed'}},{'never':{'status':'failed'}},"
                         "{'sometimes':{'calls':'look'}}]",
                         0, 1, said, sizeof(said));

    (void)state;
    assert_string_equal(said, "");
    assert_true(bits == 2);
}

static void promises_for_fair_weather_are_not_asked_in_foul(void **state)
{
    static const char blocks[] = "[{'always':{'model_calls':{'at_most':1}}},{'eventually':{'calls':"
                                 "'never'}},{'never':{'calls':'pay'}}]";
    char said[1024];

    (void)state;
    play(blocks, 0, 0, said, sizeof(said));
    assert_string_equal(said, "expect[2]: never: the tool pay ran 1 times; the test asks for at "
                              "least 1");
}

/* ---- what is wrong with a block ----------------------------------------------------------------
 */

#define WRONG(block) TOP_KEYS("'scenario':1,'turns':[" TURN "],'expect':" block ",")
#define TEST(test)   WRONG("[{'never':{" test "}}]")

static void blocks_are_held_to_their_form(void **state)
{
    static const struct row rows[] = {
        {WRONG("[]"), "fine"},
        {WRONG("3"), "s.json: expect: expected an object or an array of objects"},
        {WRONG("[3]"), "s.json: expect[0]: expected an object, found an integer"},
        {WRONG("{}"), "s.json: expect: one of the keys 'always', 'eventually', 'never' or "
                      "'sometimes' is required"},
        {WRONG("{'newer':{}}"), "s.json: expect.newer: unknown key; did you mean 'never'?"},
        {WRONG("{'never':{'status':'idle'},'always':{'status':'idle'}}"),
         "s.json: expect: 'always' and 'never' exclude each other"},
        {WRONG("{'name':1,'never':{'status':'idle'}}"),
         "s.json: expect.name: expected a string, found an integer"},
        {TEST("'status':'good'"), "s.json: expect[0].never.status: expected 'idle', 'pending', "
                                  "'failed' or 'cancelled', found 'good'"},
        {TEST("'speaks':'ann'"),
         "s.json: expect[0].never.speaks: there is no agent 'ann'; did you mean 'anna'?"},
        {TEST("'speaks':'anna','exactly':1,'at_most':2"),
         "s.json: expect[0].never.exactly: 'exactly' stands alone, without 'at_most'"},
        {TEST("'speaks':'anna','at_least':3,'at_most':2"),
         "s.json: expect[0].never.at_most: at most 2 cannot be at least 3"},
        {TEST("'calls':'pay'"), "s.json: expect[0].never.calls: there is no tool 'pay'"},
        {TEST("'rounds':{}"), "s.json: expect[0].never.rounds: one of the keys 'at_least', "
                              "'at_most' or 'exactly' is required"},
        {TEST("'output':{}"), "s.json: expect[0].never.output: one of the keys 'equals', "
                              "'contains' or 'pointer' is required"},
        {TEST("'output':{'pointer':'a'}"),
         "s.json: expect[0].never.output.pointer: a JSON pointer is empty or begins with '/'"},
        {TEST("'order':[]"), "s.json: expect[0].never.order: expected at least 1 item, found 0"},
        {TEST("'all':[{'not':3}]"),
         "s.json: expect[0].never.all[0].not: expected an object, found an integer"}};

    (void)state;
    ROWS(rows);
}

static int swept(const struct rp_alloc *alloc)
{
    static const char json[] = HEAD
        "[{'eventually':{'all':[{'output':{'from':'ann','pointer':'/a/0','equals':1}},{'order':[{"
        "'calls':'look'}]}]}},{'always':{'output':{'contains':'two'}}}]}";
    struct watched how = {.stream = 1, .clean = 1};
    struct rp_scenario *scenario;
    struct rp_error err = {0};
    struct rp_props *p;
    char text[4096];
    int rc;

    memcpy(text, json, sizeof(json));
    swap(text, '\'', '"');
    RP_TRY(rp_scenario_read(alloc, "s.json", text, strlen(text), &scenario, &err));
    rc = rp_props_new(alloc, scenario, &p);
    if (rc == RP_OK) {
        rc = watched_play(p, scenario, alloc, &how, NULL, &err);
        rp_props_free(p);
    }
    rp_scenario_free(scenario);
    return rc;
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    assert_true(sweep_memory(swept) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_held_to_texts_and_json),
        cmocka_unit_test(counts_are_held_to_their_bounds),
        cmocka_unit_test(order_status_and_connectives),
        cmocka_unit_test(sometimes_is_told_as_bits),
        cmocka_unit_test(promises_for_fair_weather_are_not_asked_in_foul),
        cmocka_unit_test(blocks_are_held_to_their_form),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
