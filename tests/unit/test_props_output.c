/* test_props_output.c - streams (I7), ends (I14), errors (I15), aggregates (I31), each kept and
 * broken; and comparisons of runs (I11, I12, I13, I22). */
#include "tests/unit/hand.h"

#include "tests/support/watched.h"

#define SEQUENCE                                                                                   \
    "{'scenario':1,'agents':[{'name':'a'},{'name':'b'}],'workflow':{'pattern':'sequential',"       \
    "'participants':['a','b']},'turns':[{'run':'x'}]}"
#define ALONE                                                                                      \
    "{'scenario':1,'workflow':{'pattern':'graph','start':'" NODE "','executors':[{'id':'" NODE     \
    "','op':'pass'}]},'turns':[{'run':'x'}]}"
#define NODE  "input-conversation"
#define BEGIN "run;S+ 1;inv " NODE " x;"
#define CMP   "cmp " NODE ";"
#define FINE  "S- 1;state IDLE;end 0"

static void the_pieces_of_a_stream_fold_to_the_response(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "cmp " NODE " =a:hello | ~he ~llo;" FINE, ""},
        {BEGIN "cmp " NODE " =a:hello | ~hello;" FINE, ""},
        {BEGIN "cmp " NODE " =a:hello | ~he ~lo;" FINE, "I7 " NODE ": other pieces; "},
        {BEGIN "cmp " NODE " =a:hello | ~hello ~hello;" FINE, "I7 " NODE ": other pieces; "}};

    (void)state;
    TALES(ALONE, tales);
}

static void every_turn_has_one_end(void **state)
{
    static const struct tale tales[] = {
        {BEGIN CMP FINE, ""},
        {BEGIN CMP "S- 1;end 0", "I14 -: no end; "},
        {BEGIN CMP "S- 1;state IDLE;warn a", "I14 a: after the end; "},
        {BEGIN CMP "S- 1;state IDLE;state IDLE", "I14 -: after the end; "},
        {BEGIN "failed;failed;state FAILED;end -8", "I14 -: failed twice; "},
        {BEGIN "run", "I14 -: begun twice; "}};

    (void)state;
    TALES(SEQUENCE, tales);
}

static void errors_come_out(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "fails " NODE ";failed;state FAILED;end -8", ""},
        {BEGIN "fails " NODE ";failed;state FAILED;end 0", "I15 -: error lost; "},
        {BEGIN "fails " NODE ";state FAILED;end -8", "I15 -: no reason; "},
        {BEGIN "fails " NODE ";S- 1;state IDLE;end 0",
         "I15 -: failure passed over; I15 -: failed and well; "},
        {BEGIN CMP "error a;" FINE, "I15 -: model error swallowed; "},
        {BEGIN "error a;fails " NODE ";failed;state FAILED;end -8", ""},
        {BEGIN CMP "S- 1;state IDLE;end -8", "I15 -: error untold; "}};

    (void)state;
    TALES(SEQUENCE, tales);
}

#define CONCURRENT(more)                                                                           \
    "{'scenario':1,'agents':[{'name':'a'},{'name':'b'}],'workflow':{'pattern':'concurrent',"       \
    "'participants':['a','b']" more "},'turns':[{'run':'x'}]}"
#define ASK "run;S+ 1;inv dispatcher x;cmp dispatcher ?T;S- 1;S+ 2;inv a ?T < dispatcher;"
#define TWO ASK "cmp a =a:hi;inv b ?T < dispatcher;cmp b =b:ho;S- 2;S+ 3;"
#define AGG "inv aggregator {=a:hi,=b:ho} < a b;"
#define OUT "cmp aggregator;S- 3;state IDLE"

static void an_aggregate_has_one_entry_for_each_participant(void **state)
{
    static const struct tale tales[] = {
        {TWO AGG "out aggregator %a:hi,b:ho;" OUT, ""},
        {TWO AGG "out aggregator %b:ho,a:hi;" OUT, "I31 aggregator: another entry; "},
        {TWO AGG "out aggregator ^a:hi;" OUT, "I31 aggregator: entries; "},
        {TWO AGG "out aggregator ^x:x;" OUT,
         "I31 aggregator: entries; I31 aggregator: another entry; "},
        {TWO "inv aggregator {=b:ho,=a:hi} < a b;" OUT,
         "I9 aggregator: join of another set; I31 aggregator: another participant; "},
        {TWO "inv aggregator {=a:hi} < a;" OUT,
         "I4 aggregator: not sent; I31 aggregator: entries; I9 aggregator: join does not fire; "},
        {TWO "inv aggregator {=a:hi,x} < a b;" OUT,
         "I9 aggregator: join of another set; I31 aggregator: no response; "}};

    (void)state;
    TALES(CONCURRENT(""), tales);
}

static void a_joined_aggregate_is_the_texts(void **state)
{
    static const struct tale tales[] = {
        {TWO AGG "out aggregator hi+ho;" OUT, ""},
        {TWO AGG "out aggregator ho+hi;" OUT, "I31 aggregator: another text; "}};

    (void)state;
    TALES(CONCURRENT(",'aggregate':{'join':'+'}"), tales);
}

/* ---- comparisons ------------------------------------------------------------------------------
 */

static struct rp_summary base(void)
{
    return (struct rp_summary){.events = 1, .state = 2, .n_executors = 2, .executor = {"a", "b"}};
}

static void runs_are_compared_by_what_must_be_equal(void **state)
{
    struct rp_summary a = base(), b = base();
    struct rp_violation v;

    (void)state;
    assert_int_equal(rp_summary_same(&a, &b, &v), 0);
    assert_int_equal(rp_summary_again(&a, &b, &v), 0);
    assert_int_equal(rp_summary_order(&a, &b, &v), 0);
    assert_int_equal(rp_summary_restored(&a, &b, &v), 0);
    b.state = 3;
    assert_int_equal(rp_summary_same(&a, &b, &v), 1);
    assert_int_equal(v.property, RP_P_11);
    assert_string_equal(v.what, "another state");
    assert_int_equal(rp_summary_restored(&a, &b, &v), 0);
    b.events = 4;
    assert_int_equal(rp_summary_again(&a, &b, &v), 1);
    assert_int_equal(v.property, RP_P_13);
    assert_string_equal(v.what, "other events");
    b.outputs[1] = 5;
    assert_int_equal(rp_summary_order(&a, &b, &v), 1);
    assert_int_equal(v.property, RP_P_12);
    assert_string_equal(v.executor, "b");
    b.sensitive = 1;
    assert_int_equal(rp_summary_order(&a, &b, &v), 0);
    b.does[0] = 6;
    assert_int_equal(rp_summary_restored(&a, &b, &v), 1);
    assert_int_equal(v.property, RP_P_22);
    assert_string_equal(v.executor, "a");
}

static void a_signature_knows_neither_values_nor_moments(void **state)
{
    struct rp_violation a = {.property = RP_P_4, .executor = "a", .what = "w", .turn = 1},
                        b = {.property = RP_P_4, .executor = "a", .what = "w", .step = 9};

    (void)state;
    assert_true(rp_violation_signature(&a) == rp_violation_signature(&b));
    b.what[0] = 'v';
    assert_true(rp_violation_signature(&a) != rp_violation_signature(&b));
    b = a;
    b.property = RP_P_5;
    assert_true(rp_violation_signature(&a) != rp_violation_signature(&b));
    b = a;
    b.executor[0] = 'b';
    assert_true(rp_violation_signature(&a) != rp_violation_signature(&b));
    assert_string_equal(rp_property_name(RP_P_20), "ids");
    assert_string_equal(rp_property_name(RP_P_EXPECT), "expect");
    assert_string_equal(rp_property_sentence(RP_P_18), "an answer reaches who asked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pieces_of_a_stream_fold_to_the_response),
        cmocka_unit_test(every_turn_has_one_end),
        cmocka_unit_test(errors_come_out),
        cmocka_unit_test(an_aggregate_has_one_entry_for_each_participant),
        cmocka_unit_test(a_joined_aggregate_is_the_texts),
        cmocka_unit_test(runs_are_compared_by_what_must_be_equal),
        cmocka_unit_test(a_signature_knows_neither_values_nor_moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
