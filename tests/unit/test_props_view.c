/* test_props_view.c - what models are shown: calls and results in pairs (I1), no message twice
 * (I3), nothing of a superstep that failed (I10), each kept and broken. */
#include "tests/unit/hand.h"

#define TOOL "'tools':[{'name':'t','result':'ok'}]"
#define SEQUENCE                                                                                   \
    "{'scenario':1,'agents':[{'name':'a'," TOOL "},{'name':'b'," TOOL "},{'name':'none'}],"        \
    "'workflow':{'pattern':'sequential','participants':['a','b','none']},'turns':[{'run':'x'}]}"
#define NODE  "input-conversation"
#define BEGIN "run;S+ 1;inv " NODE " x;cmp " NODE ";"
#define END   ";S- 1;state IDLE"
#define WAITS ";S- 1;state IDLE_WITH_PENDING_REQUESTS"

static void each_call_has_one_result_behind_it(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "calls a c1,c2;shown a u:x c/a:c1,c2 r:c1,c2" END, ""},
        {BEGIN "calls a c1,c2;shown a u:x c/a:c1,c2 r:c1 r:c2" END, ""},
        {BEGIN "calls a c1,c2;shown a u:x c/a:c1,c2 r:c1" END, "I1 a: call without result; "},
        {BEGIN "calls a c1;shown a u:x r:c1" END, "I1 a: result without call; "},
        {BEGIN "calls a c1;shown a u:x r:c1 c/a:c1" END,
         "I1 a: result without call; I1 a: call without result; "},
        {BEGIN "calls a c1;shown a u:x c/a:c1 r:c1 r:c1" END, "I1 a: result twice; "},
        {BEGIN "calls a c1;shown a u:x c/a:c1 c/a:c1 r:c1" END,
         "I1 a: call twice; I1 a: call without result; "},
        {BEGIN "calls a c1;shown a u:x c/a:c1 u:y r:c1" END, "I1 a: result late; "},
        {BEGIN "shown a u:x c/a:- r:-" END, "I1 a: empty id; "}};

    (void)state;
    TALES(SEQUENCE, tales);
}

static void results_stand_in_the_order_of_their_calls(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "calls a c1,c2;shown a u:x c/a:c1,c2 r:c2,c1" END, "I5 a: results out of order; "},
        {BEGIN "calls a c1;calls a c2;shown a c/a:c1 r:c1 c/a:c2 r:c2" END, ""},
        /* in the order of a person's answers (R-TOOL-2) */
        {BEGIN "calls a c1,c2;ask a c1 !c1;ask a c2 !c2;shown a u:x c/a:c1,c2 r:c2,c1" WAITS, ""}};

    (void)state;
    TALES(SEQUENCE, tales);
}

static void what_rules_allow_is_no_break(void **state)
{
    static const struct tale tales[] = {
        /* an id that the model gave twice is the model's fault */
        {BEGIN "calls a c1,c1;shown a u:x c/a:c1,c1 r:c1" END, ""},
        {BEGIN "calls a c1;calls a c1;shown a u:x c/a:c1 r:c1 c/a:c1 r:c1" END, ""},
        /* R-TOOL-3: an agent without tools answers with its calls in it */
        {BEGIN "calls none c1;shown a u:x c/none:c1" END, ""},
        /* R-RUN-19: a person's answer may come turns later */
        {BEGIN "calls a c1;ask a c1 !c1;shown a u:x c/a:c1 u:y r:c1" WAITS, ""},
        /* R-AGX-8: the response after a pause holds the results alone */
        {BEGIN "calls a c1;ask a c1 !c1;shown b u:x r:c1" WAITS, ""},
        {BEGIN "calls a c1;ask a c1 !c1;shown a u:x r:c1" WAITS, "I1 a: result without call; "},
        /* R-TOOL-2: only batches with an approval are left out while nobody answers */
        {BEGIN "calls a c1;ask a c1 #c1;shown a u:x c/a:c1 u:y" WAITS, ""},
        {BEGIN "calls a c1;ask a c1 !c1;shown a u:x c/a:c1 u:y" WAITS,
         "I1 a: call without result; "}};

    (void)state;
    TALES(SEQUENCE, tales);
}

static void a_message_enters_a_view_once(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "says a hello;shown b u:x a/a:hello" END, ""},
        {BEGIN "says a hello;shown b u:x a/a:hello a/a:hello" END, "I3 b: shown twice; "},
        {BEGIN "says a hello;says a hello;shown b u:x a/a:hello a/a:hello" END, ""},
        {BEGIN "says a hello;shown b u:x a/a:hello a/b:hello" END, ""},
        {BEGIN "piece a he;piece a llo;over a;shown b u:x a/a:hello a/a:hello" END,
         "I3 b: shown twice; "},
        {BEGIN "piece a he;piece a llo;over a;shown b a/a:hello" END, ""},
        /* what nobody said is the engine's own */
        {BEGIN "shown b u:x a/a:notice a/a:notice" END, ""},
        /* R-AGX-8: an agent that pauses keeps its input, and then has it twice */
        {BEGIN "says a hello;calls b c1;ask b c1 #c1;shown b a/a:hello a/a:hello c/b:c1" WAITS,
         ""}};

    (void)state;
    TALES(SEQUENCE, tales);
}

#define FAILS "fails b;failed;state FAILED;"

static void what_was_said_in_a_failed_superstep_is_not_shown(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "says a ghost;" FAILS BEGIN "says a hello;shown b u:x a/a:hello" END, ""},
        {BEGIN "says a ghost;" FAILS BEGIN "says a hello;shown b u:x a/a:ghost a/a:hello" END,
         "I10 b: shown though undone; "},
        {BEGIN "says a ghost;" FAILS BEGIN "says a ghost;shown b u:x a/a:ghost" END, ""}};

    (void)state;
    TALES(SEQUENCE, tales);
}

static int tell_swept(const struct rp_alloc *alloc)
{
    return tell_tale(alloc, SEQUENCE,
                     BEGIN "says a ghost;" FAILS BEGIN
                           "calls a c1,c2;piece a he;piece a llo;over a;"
                           "shown b u:x a/a:hello a/a:ghost c/a:c1,c2 r:c1,c2" END);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    assert_true(sweep_memory(tell_swept) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_has_one_result_behind_it),
        cmocka_unit_test(results_stand_in_the_order_of_their_calls),
        cmocka_unit_test(what_rules_allow_is_no_break),
        cmocka_unit_test(a_message_enters_a_view_once),
        cmocka_unit_test(what_was_said_in_a_failed_superstep_is_not_shown),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
