/* test_props_route.c - conservation (I4), order (I5), barrier (I9), each kept and broken. */
#include "tests/unit/hand.h"

#define GRAPH(edges)                                                                               \
    "{'scenario':1,'workflow':{'pattern':'graph','start':'s','max_iterations':4,'executors':["     \
    "{'id':'s','op':'pass'},{'id':'p','op':'pass'},{'id':'q','op':'pass'},"                        \
    "{'id':'j','op':'join','separator':'+','then':'yield'}],'edges':[" edges                       \
    "]},'turns':[{'run':'x'}]}"
#define FAN   GRAPH("{'from':'s','to':['p','q']},{'fan_in':['p','q'],'to':'j'}")
#define CHAIN GRAPH("{'from':'s','to':'p'},{'from':'p','to':'q'},{'from':'q','to':'j'}")
#define TESTS                                                                                      \
    GRAPH("{'from':'s','to':'p','when':{'contains':'x'}},{'from':'s','to':'q'},"                   \
          "{'from':'p','to':'j'}")

#define BEGIN "run;S+ 1;inv s x;cmp s x;S- 1;S+ 2;"
#define IDLE  "state IDLE;end 0"

static void every_message_sent_is_delivered_once(void **state)
{
    static const struct tale tales[] = {
        {"run;S+ 1;inv s x;cmp s x y;S- 1;S+ 2;inv p x < s;cmp p;inv p y < s;cmp p;S- 2;" IDLE, ""},
        {"run;S+ 1;inv s x;cmp s x y;S- 1;S+ 2;inv p x < s;cmp p;S- 2;" IDLE,
         "I4 p: not delivered; "},
        {"run;S+ 1;S- 1;" IDLE, "I4 s: not delivered; "},
        {BEGIN "inv p x < s;cmp p;inv p x < s;cmp p;S- 2;" IDLE, "I4 p: not sent; "},
        {BEGIN "inv p z < s;cmp p;S- 2;" IDLE, "I4 p: not sent; I4 p: not delivered; "},
        {"run;S+ 1;inv s x;cmp s;inv s x;cmp s;S- 1;" IDLE, "I4 s: not sent; "},
        {"run;S+ 1;inv s x;cmp s x@q;S- 1;S+ 2;S- 2;" IDLE, ""},
        {"run;S+ 1;inv s x;cmp s x;S- 1;" IDLE, "I4 p: left behind; "},
        {"run;S+ 1;inv z x;cmp s;S- 1;state IDLE",
         "I4 z: nobody; I9 s: completed unasked; I4 s: not delivered; "}};

    (void)state;
    TALES(CHAIN, tales);
}

static void what_a_condition_holds_back_need_not_come(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "inv q x < s;cmp q;S- 2;" IDLE, ""},
        {BEGIN "inv p x < s;cmp p;inv q x < s;cmp q;S- 2;" IDLE, ""},
        {BEGIN "inv p x < s;cmp p;S- 2;" IDLE, "I4 q: not delivered; "}};

    (void)state;
    TALES(TESTS, tales);
}

static void messages_do_not_overtake(void **state)
{
    static const struct tale tales[] = {
        {"run;S+ 1;inv s x;cmp s x y;S- 1;S+ 2;inv p y < s;cmp p;inv p x < s;cmp p;S- 2;" IDLE,
         "I5 p: overtaken; "}};

    (void)state;
    TALES(CHAIN, tales);
}

#define HALF "run;S+ 1;inv s x;cmp s x;S- 1;S+ 2;inv p x < s;cmp p x1;inv q x < s;"
#define FULL HALF "cmp q x2;S- 2;S+ 3;"

static void a_join_fires_once_for_each_set(void **state)
{
    static const struct tale tales[] = {
        {FULL "inv j {x1,x2} < p q;cmp j | x;S- 3;" IDLE, ""},
        {FULL "S- 3;" IDLE, "I9 j: join does not fire; "},
        {FULL "inv j {x1,x2} < p q;cmp j;inv j {x1,x2} < p q;cmp j;S- 3;" IDLE,
         "I9 j: join fires early; "},
        {FULL "inv j {x2,x1} < p q;cmp j;S- 3;" IDLE, "I9 j: join of another set; "},
        {FULL "inv j {x1} < p;cmp j;S- 3;state IDLE", "I4 j: not sent; I9 j: join does not fire; "},
        {HALF "cmp q;S- 2;S+ 3;S- 3;warn j;" IDLE, ""},
        {HALF "cmp q;S- 2;S+ 3;S- 3;" IDLE, "I4 j: kept in silence; "},
        {HALF "cmp q;S- 2;S+ 3;inv j {x1,x2} < p q;cmp j;S- 3;" IDLE, "I9 j: join fires early; "},
        /* a fresh run clears what was left (decision 1) */
        {HALF "cmp q;S- 2;S+ 3;S- 3;warn j;" IDLE ";" FULL "inv j {x1,x2} < p q;cmp j;S- 3;" IDLE,
         ""}};

    (void)state;
    TALES(FAN, tales);
}

static void supersteps_come_one_after_the_other(void **state)
{
    static const struct tale tales[] = {
        {"run;S+ 1;inv s x;cmp s;S+ 2;S- 2;" IDLE, "I9 -: step in a step; I9 -: number; "},
        {"run;S+ 2;inv s x;cmp s;S- 2;" IDLE, "I9 -: number; "},
        {"run;S+ 1;inv s x;cmp s;S- 1;inv p x < s;" IDLE, "I9 p: outside a step; I4 p: not sent; "},
        {BEGIN "inv p x < s;inv p x < s;cmp p;S- 2;" IDLE,
         "I9 p: at work already; I4 p: not sent; "},
        {BEGIN "inv p x < s;S- 2;" IDLE, "I15 p: never ended; "},
        {"run;S+ 1;inv s x;cmp s;" IDLE, "I9 -: end in a step; "},
        {"run;S+ 1;inv s x;cmp s;S- 1;S+ 2;S- 2;S+ 3;S- 3;S+ 4;S- 4;" IDLE, ""},
        {"run;S+ 1;inv s x;cmp s;S- 1;S+ 2;S- 2;S+ 3;S- 3;S+ 4;S- 4;S+ 5;S- 5;" IDLE,
         "I14 -: superstep limit; "}};

    (void)state;
    TALES(CHAIN, tales);
}

#define FAILS "fails q;failed;state FAILED;end -8;"

static void a_failed_superstep_leaves_nothing(void **state)
{
    static const struct tale tales[] = {
        {"run;S+ 1;inv s x;cmp s x;S- 1;S+ 2;inv p x < s;cmp p y;inv q x < s;" FAILS
         "run;S+ 1;inv s x;cmp s x;S- 1;S+ 2;inv p x < s;cmp p;inv q x < s;cmp q;S- 2;" IDLE,
         ""},
        /* the same step again, or what was sent in it */
        {"run;S+ 1;inv s x;cmp s x;S- 1;S+ 2;inv p x < s;cmp p y;inv q x < s;" FAILS
         "run;S+ 1;inv s x;cmp s;S- 1;S+ 2;inv j {y,y} < p q;cmp j;S- 2;" IDLE,
         "I9 j: join fires early; "}};

    (void)state;
    TALES(FAN, tales);
}

#define SHARED                                                                                     \
    "{'scenario':1,'workflow':{'pattern':'graph','start':'s','executors':[{'id':'s','op':"         \
    "'state_append','key':'k'},{'id':'r','op':'state_read','key':'k'}],'edges':[{'from':'s',"      \
    "'to':'r'}]},'turns':[{'run':'x'}]}"

static void shared_state_is_what_supersteps_that_succeeded_wrote(void **state)
{
    static const struct tale tales[] = {
        {"run;S+ 1;inv s x;cmp s x;S- 1;S+ 2;inv r x < s;cmp r x;S- 2;" IDLE
         ";run;S+ 1;inv s y;cmp s xy;S- 1;S+ 2;inv r xy < s;cmp r xy;S- 2;" IDLE,
         ""},
        {"run;S+ 1;inv s x;cmp s x;S- 1;S+ 2;inv r x < s;cmp r y;S- 2;" IDLE,
         "I10 r: shared state; "},
        {"run;S+ 1;inv s x;cmp s x;fails r;failed;state FAILED;end -8;"
         "run;S+ 1;inv s y;cmp s y;S- 1;S+ 2;inv r y < s;cmp r y;S- 2;" IDLE,
         ""},
        {"run;S+ 1;inv s x;cmp s x;fails r;failed;state FAILED;end -8;"
         "run;S+ 1;inv s y;cmp s xy;S- 1;S+ 2;inv r xy < s;cmp r xy;S- 2;" IDLE,
         "I10 s: shared state; I10 r: shared state; "}};

    (void)state;
    TALES(SHARED, tales);
}

static const char *swept_tale =
    FULL "inv j {x1,x2} < p q;cmp j | x;ckpt 0 - 3 0;S- 3;" IDLE ";resume 0;S+ 4;S- 4;" IDLE
         ";run;S+ 1;inv s x;cmp s x;ask s id x;S- 1;state IDLE";

static int tell_swept(const struct rp_alloc *alloc)
{
    return tell_tale(alloc, FAN, swept_tale);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    assert_true(sweep_memory(tell_swept) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_sent_is_delivered_once),
        cmocka_unit_test(what_a_condition_holds_back_need_not_come),
        cmocka_unit_test(messages_do_not_overtake),
        cmocka_unit_test(a_join_fires_once_for_each_set),
        cmocka_unit_test(supersteps_come_one_after_the_other),
        cmocka_unit_test(a_failed_superstep_leaves_nothing),
        cmocka_unit_test(shared_state_is_what_supersteps_that_succeeded_wrote),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
