/* test_props_ask.c - requests (I17), owners (I18), guarded tools (I19), ids (I20), checkpoints
 * (I22) and lineage (I26), each kept and broken. */
#include "tests/unit/hand.h"

#define TWO                                                                                        \
    "{'scenario':1,'agents':[{'name':'a','tools':[{'name':'t','approval':'always','result':'ok'}]" \
    "},"                                                                                           \
    "{'name':'b'}],'workflow':{'pattern':'sequential','participants':['a','b']},"                  \
    "'turns':[{'run':'x'}]}"
#define NODE "input-conversation"

#define BEGIN "run;S+ 1;inv " NODE " x;cmp " NODE ";S- 1;S+ 2;"
#define WAITS "state IDLE_WITH_PENDING_REQUESTS;"
#define FINE  "state IDLE"

static void a_request_is_open_until_it_is_closed_once(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "ask a r1 x;S- 2;" WAITS "respond;S+ 3;inv a y ? r1;cmp a;S- 3;" FINE, ""},
        {BEGIN "ask a r1 x;ask a r1 x;S- 2;" WAITS, "I17 a: asked twice; "},
        {BEGIN "S- 2;" FINE ";respond;S+ 3;inv a y ? r1;cmp a;S- 3;" FINE,
         "I17 a: answered though closed; "},
        {BEGIN "ask a r1 x;S- 2;" WAITS
               "respond;S+ 3;inv a y ? r1;cmp a;inv a y ? r1;cmp a;S- 3;" FINE,
         "I17 a: answered though closed; "},
        {BEGIN "ask a r1 x;S- 2;" WAITS "cancelling;cancel a r1;state IDLE", ""},
        {BEGIN "S- 2;" FINE ";cancelling;cancel a r1", "I17 a: closed though not open; "},
        {BEGIN "ask a r1 x;S- 2;" WAITS
               "respond;expire a r1 answer;S+ 3;inv a y ? r1;cmp a;S- 3;" FINE,
         ""},
        {BEGIN "ask a r1 x;S- 2;" WAITS "respond;expire a r1 escalate;expire a r1 fail;",
         "I17 a: closed though not open; "},
        {BEGIN "ask a r1 x;S- 2;" WAITS "end 0", "I17 -: other requests open; "},
        /* one that failed while it was answered is open again (decision 7) */
        {BEGIN "ask a r1 x;S- 2;" WAITS "respond;S+ 3;inv a y ? r1;fails a;failed;state FAILED;"
               "respond;S+ 3;inv a y ? r1;cmp a;S- 3;" FINE,
         ""}};

    (void)state;
    TALES(TWO, tales);
}

static void ids_are_unique(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "ask a r1 x;S- 2;" WAITS "respond;S+ 3;inv a y ? r1;ask a r2 x;cmp a;S- 3;" WAITS,
         ""},
        {BEGIN "ask a r1 x;S- 2;" WAITS "respond;S+ 3;inv a y ? r1;ask a r1 x;cmp a;S- 3;" WAITS,
         "I20 a: id used again; "}};

    (void)state;
    TALES(TWO, tales);
}

static void an_answer_reaches_who_asked(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "ask a r1 x;S- 2;" WAITS "respond;S+ 3;inv b y ? r1;cmp b;S- 3;" FINE,
         "I18 b: another executor; "},
        {BEGIN "ask a c1 !c1;S- 2;" WAITS "respond;S+ 3;inv a +c1 ? c1;cmp a;S- 3;" FINE, ""},
        {BEGIN "ask a c1 !c1;S- 2;" WAITS "respond;S+ 3;inv a +c2 ? c1;cmp a;S- 3;" FINE,
         "I18 a: another call; "},
        {BEGIN "ask a r1 x;ask b r2 x;S- 2;" WAITS
               "respond 2=two 1=one;S+ 3;inv a one ? r1;cmp a;inv b two ? r2;cmp b;S- 3;" FINE,
         ""},
        {BEGIN "ask a r1 x;ask b r2 x;S- 2;" WAITS
               "respond 2=two 1=one;S+ 3;inv a two ? r1;cmp a;inv b one ? r2;cmp b;S- 3;" FINE,
         "I18 b: another answer; I18 a: another answer; "}};

    (void)state;
    TALES(TWO, tales);
}

#define ASKED "run;S+ 1;inv " NODE " x;cmp " NODE ";calls a c1,c2;ask a c1 !c1;S- 1;" WAITS

static void a_guarded_tool_runs_after_its_approval_once(void **state)
{
    static const struct tale tales[] = {
        {ASKED "respond;S+ 2;inv a +c1 ? c1;tool a c1 guarded;tool a c2 plain;cmp a;S- 2;" FINE,
         ""},
        {ASKED "respond;S+ 2;inv a -c1 ? c1;tool a c2 plain;cmp a;S- 2;" FINE, ""},
        {ASKED "respond;S+ 2;inv a -c1 ? c1;tool a c1 guarded;cmp a;S- 2;" FINE,
         "I19 a: ran though denied; "},
        {"run;S+ 1;inv " NODE " x;cmp " NODE ";calls a c1;tool a c1 guarded;S- 1;" FINE,
         "I19 a: ran unapproved; "},
        {"run;S+ 1;inv " NODE " x;cmp " NODE ";calls a c1;tool a c1 plain;S- 1;" FINE, ""},
        {"run;S+ 1;inv " NODE " x;cmp " NODE
         ";calls a c1;tool a c1 plain;tool a c1 plain;S- 1;" FINE,
         "I19 a: ran twice; "},
        {"run;S+ 1;inv " NODE " x;cmp " NODE ";calls a c1;tool b c1 plain;S- 1;" FINE,
         "I18 b: another agent; "},
        {"run;S+ 1;inv " NODE " x;cmp " NODE ";calls a c1;tool a c1 declared;S- 1;" FINE,
         "I19 a: declared only; "},
        {ASKED "respond;S+ 2;tool a c2 plain;S- 2;" WAITS, "I19 a: ran too early; "},
        {ASKED "respond;S+ 2;inv a +c1 ? c1;tool a c1 guarded;tool a c2 plain;shown a u:x "
               "c/a:c1,c2 r:c1,c2;cmp a;S- 2;" FINE,
         ""},
        {ASKED "respond;S+ 2;inv a +c1 ? c1;tool a c2 plain;shown a u:x c/a:c1,c2 r:c1,c2;cmp a;"
               "S- 2;" FINE,
         "I19 a: approved and not run; "},
        /* arguments that do not fit */
        {ASKED "respond;S+ 2;inv a +c1 ? c1;tool a c2 plain;shown a u:x c/a:c1,c2 e:c1 r:c2;cmp a;"
               "S- 2;" FINE,
         ""}};

    (void)state;
    TALES(TWO, tales);
}

/* ---- restoring --------------------------------------------------------------------------------
 */

/* An executor that nobody listens to, so that what it sends need not be delivered. */
#define LOOSE                                                                                      \
    "{'scenario':1,'workflow':{'pattern':'graph','start':'input-conversation','executors':["       \
    "{'id':'input-conversation','op':'pass'},{'id':'a','op':'pass'}],'edges':[{'from':"            \
    "'input-conversation','to':'a','when':{'contains':'never'}}]},'turns':[{'run':'x'}]}"
#define SAVED                                                                                      \
    "run;ckpt 0 - 0 0 internal:" NODE "=1;S+ 1;inv " NODE " x;cmp " NODE " x;ckpt 1 0 1 0 " NODE   \
    "=1;S- 1;S+ 2;"

static void a_checkpoint_holds_what_is_under_way(void **state)
{
    static const struct tale tales[] = {
        {SAVED "S- 2;" FINE, ""},
        {"run;S+ 1;inv " NODE " x;cmp " NODE " x;ckpt 1 - 1 0;S- 1;" FINE,
         "I22 -: messages saved; "},
        {"run;S+ 1;inv " NODE " x;cmp " NODE " x;ckpt 1 - 1 0 " NODE "=2;S- 1;" FINE,
         "I22 input-conversation: messages saved; "},
        {"run;S+ 1;inv " NODE " x;cmp " NODE ";ckpt 1 - 2 0;S- 1;" FINE, "I22 -: iteration; "},
        {"run;S+ 1;inv " NODE " x;ask a r1 x;cmp " NODE ";ckpt 1 - 1 0;S- 1;" WAITS,
         "I22 -: requests saved; "}};

    (void)state;
    TALES(LOOSE, tales);
}

#define R1 "run;S+ 1;inv " NODE " x;cmp " NODE ";ask a r1 x;ckpt 0 - 1 1;S- 1;" WAITS

static void a_restore_goes_on_where_the_checkpoint_was_made(void **state)
{
    static const struct tale tales[] = {
        {"run;S+ 1;inv " NODE " x;cmp " NODE ";ckpt 0 - 1 0;S- 1;" FINE
         ";resume 0;S+ 2;ckpt 1 0 2 0;S- 2;" FINE,
         ""},
        {"run;S+ 1;inv " NODE " x;cmp " NODE ";ckpt 0 - 1 0;S- 1;" FINE ";resume 0;S+ 1;S- 1;" FINE,
         "I9 -: number; "},
        {R1 "resume 0;ask a r1 x;S+ 2;S- 2;" WAITS, ""},
        {R1 "resume 0;S+ 2;S- 2;" WAITS, "I17 a: not told again; "},
        {R1 "resume 0;ask a r1 x;ask a r1 x;S+ 2;S- 2;" WAITS, "I17 a: told twice; "},
        {R1 "resume 0;ask a r1 y;S+ 2;S- 2;" WAITS, "I20 a: changed by the restore; "},
        {R1 "resume 0;ask a r1 x;ask a r2 x;S+ 2;S- 2;" WAITS, "I17 a: told though closed; "},
        {R1 "resume 0;S+ 2;inv a y ? r1;cmp a;S- 2;" FINE, ""},
        {R1 "resume 0;ask a r1 x;S+ 2;inv a y ? r1;cmp a;S- 2;" FINE,
         "I17 a: told though answered; "},
        /* an answer of the branch that was left is no answer here */
        {R1 "respond;S+ 2;inv a y ? r1;cmp a;ckpt 1 0 2 0;S- 2;" FINE
            ";resume 0;S+ 2;inv a y ? r1;cmp a;ckpt 2 0 2 0;S- 2;" FINE,
         ""}};

    (void)state;
    TALES(TWO, tales);
}

static void lineage_goes_on_from_what_was_restored(void **state)
{
    static const struct tale tales[] = {
        {R1 "respond;S+ 2;inv a y ? r1;cmp a;ckpt 1 0 2 0;S- 2;" FINE
            ";resume 0;S+ 2;inv a y ? r1;cmp a;ckpt 2 1 2 0;S- 2;" FINE,
         "I26 -: lineage; "},
        {R1 "respond;S+ 2;inv a y ? r1;cmp a;ckpt 1 - 2 0;S- 2;" FINE, "I26 -: lineage; "},
        {R1 "respond;S+ 2;inv a y ? r1;cmp a;ckpt 0 0 2 0;S- 2;" FINE, "I26 -: number; "}};

    (void)state;
    TALES(TWO, tales);
}

static int tell_swept(const struct rp_alloc *alloc)
{
    return tell_tale(alloc, TWO,
                     R1 "respond;S+ 2;inv a y ? r1;cmp a;ckpt 1 0 2 0;S- 2;" FINE
                        ";resume 0;S+ 2;calls a c1;shown a c/a:c1 r:c1;inv a y ? r1;cmp a;S- 2;"
                        "state IDLE");
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    assert_true(sweep_memory(tell_swept) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_open_until_it_is_closed_once),
        cmocka_unit_test(ids_are_unique),
        cmocka_unit_test(an_answer_reaches_who_asked),
        cmocka_unit_test(a_guarded_tool_runs_after_its_approval_once),
        cmocka_unit_test(a_checkpoint_holds_what_is_under_way),
        cmocka_unit_test(a_restore_goes_on_where_the_checkpoint_was_made),
        cmocka_unit_test(lineage_goes_on_from_what_was_restored),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
