/* test_props_speaker.c - who speaks next: choices (I27), handoffs (I29), the ledger (I30) and
 * limits of rounds (I14), each kept and broken. */
#include "tests/unit/hand.h"

#define CHAT(select)                                                                               \
    "{'scenario':1,'agents':[{'name':'a'},{'name':'b'},{'name':'c'}],'workflow':{'pattern':"       \
    "'group_chat','participants':['a','b'],'max_rounds':3,'select':" select                        \
    "},'turns':[{'run':'x'}]}"
#define O     "group_chat_orchestrator"
#define BEGIN "run;S+ 1;inv " O " x;"
#define ANSWER(n, who, to)                                                                         \
    "S- " #n ";S+ " to ";inv " who " ?T < " O ";cmp " who " =" who ":hi;S- " to ";"

static void the_next_speaker_is_who_was_chosen(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "sent a 0;cmp " O " ?T@a;" ANSWER(1, "a", "2") "S+ 3;inv " O " =a:hi < a;got a 1;"
                                                              "sent b 1;cmp " O
                                                              " ?T@b;" ANSWER(3, "b", "4"),
         ""},
        {BEGIN "sent b 0;cmp " O " ?T@b;", "I27 " O ": another speaker; "},
        {BEGIN "sent z 0;cmp " O ";", "I27 " O ": no participant; "},
        {BEGIN "sent a 0;sent b 1;cmp " O ";", "I27 " O ": two speakers; "},
        {BEGIN "sent a 2;cmp " O ";", "I27 " O ": round; "},
        {BEGIN "sent a 0;cmp " O " ?T@a;" ANSWER(1, "a", "2") "S+ 3;inv " O
                                                              " =a:hi < a;got b 1;cmp " O ";",
         "I27 " O ": not asked; "}};

    (void)state;
    TALES(CHAT("{'round_robin':true}"), tales);
}

static void a_list_is_gone_through_in_order(void **state)
{
    static const struct tale tales[] = {
        {BEGIN "sent b 0;cmp " O " ?T@b;", ""},
        {BEGIN "sent a 0;cmp " O " ?T@a;", "I27 " O ": another speaker; "}};

    (void)state;
    TALES(CHAT("{'list':['b','a']}"), tales);
}

static void a_coordinator_names_whom_it_chooses(void **state)
{
    static const struct tale tales[] = {
        {"run;S+ 1;inv c x;says c {\"next_speaker\":\"b\"};sent b 0;cmp c ?T@b;", ""},
        {"run;S+ 1;inv c x;says c {\"next_speaker\":\"bo\"};sent b 0;cmp c ?T@b;",
         "I27 c: not chosen; "}};

    (void)state;
    TALES(CHAT("{'agent':'c'}"), tales);
}

static void no_round_begins_beyond_the_limit(void **state)
{
    static const struct tale tales[] = {{"run;S+ 1;inv " O " x;sent a 0;cmp " O ";S- 1;S+ 2;inv " O
                                         " =a:x;got a 1;sent b 1;cmp " O ";S- 2;S+ 3;inv " O
                                         " =b:x;got b 2;sent a 2;cmp " O ";S- 3;S+ 4;inv " O
                                         " =a:x;got a 3;sent b 3;cmp " O ";S- 4",
                                         "I4 " O ": not sent; I14 " O ": round limit; "}};

    (void)state;
    TALES(CHAT("{'round_robin':true}"), tales);
}

/* ---- handoffs ---------------------------------------------------------------------------------
 */

#define HANDOFF                                                                                    \
    "{'scenario':1,'agents':[{'name':'a'},{'name':'b'},{'name':'c'}],'workflow':{'pattern':"       \
    "'handoff','participants':['a','b','c'],'start':'a','handoffs':[{'from':'a','to':['b']}]},"    \
    "'turns':[{'run':'x'}]}"
#define FIRST "run;S+ 1;inv a x;shown a u:x;"

static void one_agent_is_in_charge(void **state)
{
    static const struct tale tales[] = {
        {FIRST "handoff a b;cmp a ?F ?T@b;S- 1;S+ 2;inv b ?F < a;cmp b;inv c ?F < a;cmp c;"
               "inv b ?T < a;shown b u:x;cmp b;S- 2;state IDLE",
         ""},
        {FIRST "handoff a c;cmp a;S- 1", "I29 a: no route; "},
        {FIRST "handoff a b;handoff a b;cmp a;S- 1", "I29 a: two targets; "},
        {FIRST "handoff a b;shown a u:x;cmp a;S- 1", "I29 a: goes on after a handoff; "},
        {FIRST "shown b u:x;cmp a;S- 1", "I29 b: not in charge; "},
        {FIRST "handoff b a;cmp a;S- 1", "I29 b: no route; I29 b: not in charge; "},
        {FIRST "handoff a z;cmp a;S- 1", "I29 a: nobody; "},
        {FIRST "handoff a b;cmp a ?T@b;S- 1;S+ 2;inv b ?T < a;cmp b;S- 2;state IDLE",
         "I29 b: never spoke; "},
        {FIRST "handoff a b;cmp a ?F@b;S- 1;S+ 2;inv b ?F < a;cmp b;S- 2;state IDLE",
         "I29 b: never asked; "},
        {FIRST "handoff a b;cmp a ?T@b;S- 1;S+ 2;inv b ?T < a;shown b u:y;cmp b;S- 2;state IDLE",
         "I29 b: user unheard; "}};

    (void)state;
    TALES(HANDOFF, tales);
}

/* ---- the ledger -------------------------------------------------------------------------------
 */

#define MAGENTIC                                                                                   \
    "{'scenario':1,'agents':[{'name':'a'},{'name':'b'},{'name':'m'}],'workflow':{'pattern':"       \
    "'magentic','participants':['a','b'],'manager':'m','max_stalls':1,'max_resets':2,"             \
    "'max_rounds':4},'turns':[{'run':'x'}]}"
#define M    "magentic_orchestrator"
#define PLAN "run;S+ 1;inv " M " x;planned;"

static void the_ledger_is_followed(void **state)
{
    static const struct tale tales[] = {
        {PLAN "ledger ok a;sent a 1;cmp " M ";S- 1", ""},
        {PLAN "ledger ok a;sent b 1;cmp " M ";S- 1", "I27 " M ": another speaker; "},
        {PLAN "ledger ok a;cmp " M ";S- 1", "I30 " M ": nobody asked; "},
        {PLAN "ledger done a;cmp " M " | ^m:final;S- 1", ""},
        {PLAN "ledger done a;cmp " M ";S- 1", "I30 " M ": no final answer; "},
        {PLAN "ledger done a;sent a 1;cmp " M ";S- 1", "I30 " M ": finished and went on; "},
        {PLAN "ledger ok zoe;cmp " M " | ^m:final;S- 1", ""},
        {PLAN "ledger ok a;replanned;cmp " M ";S- 1", "I30 " M ": replanned without cause; "},
        {PLAN "replanned;ledger ok a;sent a 2;cmp " M ";S- 1", ""},
        {PLAN "ledger ok a;sent a 1;cmp " M ";S- 1;S+ 2;inv " M
              " =a:x < a;got a 1;ledger ok a;sent a 1;cmp " M ";",
         "I4 " M ": not sent; I30 " M ": round; "}};

    (void)state;
    TALES(MAGENTIC, tales);
}

static void stalls_lead_to_a_new_plan(void **state)
{
    static const struct tale tales[] = {
        /* two in a row are over the limit of one */
        {PLAN "ledger stuck a;sent a 1;ledger stuck a;replanned;ledger ok a;cmp " M ";S- 1",
         "I30 " M ": nobody asked; "},
        {PLAN "ledger stuck a;sent a 1;ledger ok a;ledger stuck a;cmp " M ";S- 1",
         "I30 " M ": nobody asked; "},
        {PLAN "ledger stuck a;ledger stuck a;sent a 1;cmp " M ";S- 1",
         "I30 " M ": stalled and went on; "},
        {PLAN "ledger stuck a;ledger stuck a;cmp " M ";S- 1",
         "I30 " M ": stalled and not replanned; "},
        {PLAN "replanned;replanned;ledger ok a;sent a 1;cmp " M ";S- 1",
         "I30 " M ": past its resets; "},
        {PLAN "ledger ok a;ledger ok a;ledger ok a;ledger ok a;ledger ok a;sent a 1;cmp " M ";S- 1",
         "I30 " M ": past its rounds; "},
        {PLAN "ledger ok a;sent a 5;cmp " M ";S- 1", "I14 " M ": round limit; "}};

    (void)state;
    TALES(MAGENTIC, tales);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_speaker_is_who_was_chosen),
        cmocka_unit_test(a_list_is_gone_through_in_order),
        cmocka_unit_test(a_coordinator_names_whom_it_chooses),
        cmocka_unit_test(no_round_begins_beyond_the_limit),
        cmocka_unit_test(one_agent_is_in_charge),
        cmocka_unit_test(the_ledger_is_followed),
        cmocka_unit_test(stalls_lead_to_a_new_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
