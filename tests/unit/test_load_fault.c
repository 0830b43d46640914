/* test_load_fault.c - delays and faults of scripted replies: what is taken, what is said of the
 * rest. */
#include "tests/unit/wrong_scenario.h"

#define AT "s.json: agents[1].model.script[1]"

static void delays_and_faults_are_taken(void **state)
{
    static const struct row rows[] = {
        {REPLY("'text':'x','delay_ms':0,'chunk_delay_ms':9000000000"), "fine"},
        {REPLY("'delay_ms':1,'error':'ill'"), "fine"},
        {REPLY("'error':{'status':400}"), "fine"},
        {REPLY("'error':{'status':599,'message':'','retry_after':1}"), "fine"},
        {REPLY("'error':{'timeout':true}"), "fine"},
        {REPLY("'error':{'malformed':true}"), "fine"},
        {REPLY("'error':{'cut_after':0}"), "fine"},
        {REPLY("'error':{'cut_after':2},'chunks':['a','b'],'tool_calls':[{'name':'f'}]"), "fine"},
    };

    (void)state;
    ROWS(rows);
}

static void what_is_no_fault_is_said_with_its_place(void **state)
{
    static const struct row rows[] = {
        {REPLY("'delay_ms':-1"), AT ".delay_ms: expected 0 or more, found -1"},
        {REPLY("'chunk_delay_ms':'1'"), AT ".chunk_delay_ms: expected an integer, found a string"},
        {REPLY("'error':5"), AT ".error: expected a string, or an object with 'status', "
                                "'timeout', 'cut_after' or 'malformed'"},
        {REPLY("'error':{}"),
         AT ".error: one of the keys 'status', 'timeout', 'cut_after' or 'malformed' is required"},
        {REPLY("'error':{'status':399}"), AT ".error.status: expected 400 or more, found 399"},
        {REPLY("'error':{'status':600}"),
         AT ".error.status: expected an HTTP status from 400 to 599"},
        {REPLY("'error':{'status':500,'timeout':true}"),
         AT ".error: 'status' and 'timeout' exclude each other"},
        {REPLY("'error':{'timeout':false}"),
         AT ".error.timeout: expected true; without the fault leave it out"},
        {REPLY("'error':{'timeout':true,'retry_after':1}"),
         AT ".error.retry_after: unknown key; known here: 'timeout'"},
        {REPLY("'error':{'status':500,'retry_after':0}"),
         AT ".error.retry_after: expected 1 or more, found 0"},
        {REPLY("'error':{'status':500},'text':'x'"), AT ": 'error' and 'text' exclude each other"},
        {REPLY("'error':{'cut_after':1},'text':'x'"),
         AT ".error.cut_after: the reply has 1 update, so at most 0 can come before a cut"},
        {REPLY("'error':{'cut_after':3},'chunks':['a','b'],'tool_calls':[{'name':'f'}]"),
         AT ".error.cut_after: the reply has 3 updates, so at most 2 can come before a cut"},
        {REPLY("'error':{'staus':500}"), AT ".error.staus: unknown key; did you mean 'status'?"},
    };

    (void)state;
    ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_and_faults_are_taken),
        cmocka_unit_test(what_is_no_fault_is_said_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
