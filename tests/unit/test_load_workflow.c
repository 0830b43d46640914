/* test_load_workflow.c - wrong workflows in scenario files: what is said about them, word for word.
 */
#include "tests/unit/wrong_scenario.h"

/* ---- workflows ---- */

static void workflows_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {WORKFLOW(""), "s.json: workflow: the key 'pattern' is required"},
        {WORKFLOW("'pattern':'sequental'"),
         "s.json: workflow.pattern: expected 'sequential', 'concurrent', 'group_chat', 'handoff', "
         "'magentic' or 'graph', found 'sequental'"},
        {WORKFLOW("'pattern':'sequential'"),
         "s.json: workflow: the key 'participants' is required"},
        {WORKFLOW("'pattern':'sequential','participants':[]"),
         "s.json: workflow.participants: expected at least 1 item, found 0"},
        {WORKFLOW("'pattern':'sequential','participants':['ana']"),
         "s.json: workflow.participants[0]: there is no agent 'ana'; did you mean 'anna'?"},
        {WORKFLOW("'pattern':'sequential','participants':['anna','zoe']"),
         "s.json: workflow.participants[1]: there is no agent 'zoe'"},
        {WORKFLOW("'pattern':'sequential','participants':['anna','anna']"),
         "s.json: workflow.participants[1]: 'anna' stands twice"},
        {WORKFLOW("'pattern':'sequential','participants':['anna',7]"),
         "s.json: workflow.participants[1]: expected a string, found an integer"},
        {WORKFLOW(SEQ ",'max_rounds':3"),
         "s.json: workflow.max_rounds: unknown key; known here: 'pattern', 'name', 'participants', "
         "'chain_only_agent_responses', 'request_info', 'output_from' and "
         "'intermediate_output_from'"},
        {WORKFLOW(SEQ ",'chain_only_agent_response':true"),
         "s.json: workflow.chain_only_agent_response: unknown key; did you mean "
         "'chain_only_agent_responses'?"},
        {WORKFLOW(SEQ ",'request_info':'anna'"),
         "s.json: workflow.request_info: expected true, or an array of names of participants"},
        {WORKFLOW(SEQ ",'request_info':[]"),
         "s.json: workflow.request_info: expected at least 1 item, found 0"},
        {WORKFLOW(SEQ ",'request_info':['bert']"),
         "s.json: workflow.request_info[0]: there is no participant 'bert'"},
        {WORKFLOW(SEQ ",'output_from':'all_other'"),
         "s.json: workflow.output_from: 'all_other' is for intermediate_output_from; expected an "
         "array of names or 'all'"},
        {WORKFLOW(SEQ ",'output_from':'everyone'"),
         "s.json: workflow.output_from: expected an array of names, 'all' or 'all_other'"},
        {WORKFLOW(SEQ ",'intermediate_output_from':['anna','anna']"),
         "s.json: workflow.intermediate_output_from[1]: 'anna' stands twice"},
        {WORKFLOW("'pattern':'concurrent','participants':['anna']"),
         "s.json: workflow.participants: expected at least 2 items, found 1"},
        {WORKFLOW("'pattern':'concurrent','participants':['anna','bert'],'aggregate':{}"),
         "s.json: workflow.aggregate: the key 'join' is required"},
        {WORKFLOW("'pattern':'concurrent','participants':['anna','bert'],'aggregate':'join'"),
         "s.json: workflow.aggregate: expected an object, found a string"},
        {MAGENTIC("'plan_review':true"), "s.json: workflow: the key 'manager' is required"},
        {MAGENTIC("'manager':'clara'"), "s.json: workflow.manager: there is no agent 'clara'"},
        {MAGENTIC("'manager':'bert','max_stalls':'3'"),
         "s.json: workflow.max_stalls: expected an integer, found a string"},
        {MAGENTIC("'manager':'bert','max_resets':99999999999999999999"),
         "s.json: workflow.max_resets: expected an integer, found a number beyond 64 bits"},
    };

    (void)state;
    ROWS(rows);
}

static void group_chats_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {WORKFLOW("'pattern':'group_chat','participants':['anna']"),
         "s.json: workflow: the key 'select' is required"},
        {GROUP("{}"), "s.json: workflow.select: one of the keys 'round_robin', 'list', 'rules' or "
                      "'agent' is required"},
        {GROUP("{'round_robin':false}"), "s.json: workflow.select.round_robin: expected true; to "
                                         "select otherwise, use 'list', 'rules' or 'agent'"},
        {GROUP("{'round_robin':true,'list':['anna']}"),
         "s.json: workflow.select: 'round_robin' and 'list' exclude each other"},
        {GROUP("{'list':[]}"), "s.json: workflow.select.list: expected at least 1 item, found 0"},
        {GROUP("{'list':['anna','anna','zoe']}"),
         "s.json: workflow.select.list[2]: there is no participant 'zoe'"},
        {GROUP("{'agent':'zoe'}"), "s.json: workflow.select.agent: there is no agent 'zoe'"},
        {GROUP("{'agent':'bert','name':'chair'}"),
         "s.json: workflow.select: 'agent' and 'name' exclude each other: the display name is the "
         "agent's"},
        {GROUP("{'rules':[]}"), "s.json: workflow.select.rules: expected at least 1 item, found 0"},
        {GROUP("{'rules':[{'when':{'last_author':'anna'}}]}"),
         "s.json: workflow.select.rules[0]: the key 'next' is required"},
        {GROUP("{'rules':[{'when':{'last_autor':'anna'},'next':'bert'}]}"),
         "s.json: workflow.select.rules[0].when.last_autor: unknown key; did you mean "
         "'last_author'?"},
        {GROUP("{'rules':[{'when':{'all':[{'not':{'any':[{'last_author':1}]}}]},'next':'bert'}]}"),
         "s.json: workflow.select.rules[0].when.all[0].not.any[0].last_author: the name of an "
         "author, a text, is expected here, not an integer"},
        {GROUP("{'round_robin':true},'max_rounds':'two'"),
         "s.json: workflow.max_rounds: expected an integer, found a string"},
        {GROUP("{'round_robin':true},'terminate_when':true"),
         "s.json: workflow.terminate_when: expected an object, found true or false"},
        {GROUP("{'round_robin':true},'terminate_when':{'contains':'x'}"),
         "s.json: workflow.terminate_when.contains: unknown key; known here: last_text_contains, "
         "any_text_contains, last_author, messages_at_least, messages_by, all, any, not"},
        {GROUP("{'round_robin':true},'terminate_when':{'messages_at_least':99999999999999999999}"),
         "s.json: workflow.terminate_when.messages_at_least: an integer is expected here, not an "
         "integer beyond 64 bits"},
    };

    (void)state;
    ROWS(rows);
}

static void handoffs_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {HANDOFF("'handoffs':[]"), "s.json: workflow: the key 'start' is required"},
        {HANDOFF("'start':'berta'"),
         "s.json: workflow.start: there is no participant 'berta'; did you mean 'bert'?"},
        {HANDOFF("'start':'anna','handoffs':[]"),
         "s.json: workflow.handoffs: expected at least 1 item, found 0"},
        {HANDOFF("'start':'anna','handoffs':[{'from':'anna','to':[]}]"),
         "s.json: workflow.handoffs[0].to: expected at least 1 item, found 0"},
        {HANDOFF("'start':'anna','handoffs':[{'from':'anna','to':'bert'}]"),
         "s.json: workflow.handoffs[0].to: expected an array, found a string"},
        {HANDOFF("'start':'anna','handoffs':[{'from':'anna','to':['nobody']}]"),
         "s.json: workflow.handoffs[0].to[0]: there is no participant 'nobody'"},
        {HANDOFF("'start':'anna','handoffs':[{'from':'anna'}]"),
         "s.json: workflow.handoffs[0]: the key 'to' is required"},
        {HANDOFF("'start':'anna','autonomous':true"),
         "s.json: workflow.autonomous: expected an object, found true or false"},
        {HANDOFF("'start':'anna','autonomous':{'agents':['clara']}"),
         "s.json: workflow.autonomous.agents[0]: there is no participant 'clara'"},
        {HANDOFF("'start':'anna','autonomous':{'turn_limits':{'clara':1}}"),
         "s.json: workflow.autonomous.turn_limits.clara: there is no participant 'clara'"},
        {HANDOFF("'start':'anna','autonomous':{'turn_limits':{'anna':-1}}"),
         "s.json: workflow.autonomous.turn_limits.anna: expected 0 or more, found -1"},
        {HANDOFF("'start':'anna','autonomous':{'turn_limit':{'anna':1}}"),
         "s.json: workflow.autonomous.turn_limit: unknown key; did you mean 'turn_limits'?"},
    };

    (void)state;
    ROWS(rows);
}

/* ---- graphs ---- */

static void executors_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {GRAPH("'start':'p'"), "s.json: workflow: the key 'executors' is required"},
        {GRAPH("'start':'p','executors':[]"),
         "s.json: workflow.executors: expected at least 1 item, found 0"},
        {GRAPH("'start':'p','executors':['p']"),
         "s.json: workflow.executors[0]: expected an object, found a string"},
        {GRAPH("'executors':[{'id':'p','op':'pass'}]"),
         "s.json: workflow: the key 'start' is required"},
        {GRAPH("'start':'x','executors':[{'id':'p','op':'pass'}]"),
         "s.json: workflow.start: there is no executor 'x'"},
        {GRAPH("'start':'p','executors':[{'id':'p','op':'pass'}],'max_iterations':0"),
         "s.json: workflow.max_iterations: expected 1 or more, found 0"},
        {EXECUTOR("'id':'q'"),
         "s.json: workflow.executors[1]: one of the keys 'op', 'agent' or 'workflow' is required"},
        {EXECUTOR("'op':'pass'"), "s.json: workflow.executors[1]: the key 'id' is required"},
        {EXECUTOR("'id':'p','op':'pass'"),
         "s.json: workflow.executors[1].id: there is an executor 'p' already"},
        {EXECUTOR("'id':'q','op':'pass','agent':'a'"),
         "s.json: workflow.executors[1]: 'op' and 'agent' exclude each other"},
        {EXECUTOR("'id':'q','op':'apend'"),
         "s.json: workflow.executors[1].op: expected 'pass', 'upper', 'append', 'add', 'join', "
         "'sum', 'ask', 'state_append', 'state_read', 'fail' or 'fail_on', found 'apend'"},
        {EXECUTOR("'id':'q','op':'append'"),
         "s.json: workflow.executors[1]: the key 'text' is required"},
        {EXECUTOR("'id':'q','op':'append','number':1"),
         "s.json: workflow.executors[1].number: unknown key; known here: 'id', 'op', 'then', "
         "'yield_when_at_least', 'copies', 'target' and 'text'"},
        {EXECUTOR("'id':'q','op':'add','number':9223372036854775808"),
         "s.json: workflow.executors[1].number: expected an integer, found a number beyond 64 "
         "bits"},
        {EXECUTOR("'id':'q','op':'fail_on','visit':0"),
         "s.json: workflow.executors[1].visit: expected 1 or more, found 0"},
        {EXECUTOR("'id':'q','op':'state_read','key':1"),
         "s.json: workflow.executors[1].key: expected a string, found an integer"},
        {EXECUTOR("'id':'q','op':'pass','then':'stop'"),
         "s.json: workflow.executors[1].then: expected 'send', 'yield' or 'both', found 'stop'"},
        {EXECUTOR("'id':'q','op':'pass','copies':-1"),
         "s.json: workflow.executors[1].copies: expected 0 or more, found -1"},
        {EXECUTOR("'id':'q','op':'pass','target':'s'"),
         "s.json: workflow.executors[1].target: there is no executor 's'"},
        {EXECUTOR("'id':'q','op':'pass','yield_when_at_least':'5'"),
         "s.json: workflow.executors[1].yield_when_at_least: expected an integer, found a string"},
        {EXECUTOR("'id':'q','agent':'anna'"),
         "s.json: workflow.executors[1].agent: there is no agent 'anna'"},
        {EXECUTOR("'id':'q','workflow':{'pattern':'sequential'}"),
         "s.json: workflow.executors[1].workflow.pattern: expected 'graph', found 'sequential'"},
        {EXECUTOR("'id':'q','workflow':{'start':'s','executors':[{'id':'s','op':'ad'}]}"),
         "s.json: workflow.executors[1].workflow.executors[0].op: expected 'pass', 'upper', "
         "'append', 'add', 'join', 'sum', 'ask', 'state_append', 'state_read', 'fail' or "
         "'fail_on', found 'ad'"},
        {EXECUTOR("'id':'q','workflow':{'start':'s','executors':[{'id':'s','op':'pass'}]},"
                  "'direct_outputs':true"),
         "s.json: workflow.executors[1].direct_outputs: unknown key; did you mean "
         "'direct_output'?"},
        {TOP(A,
             "'pattern':'graph','start':'p','executors':[{'id':'p','agent':'anna',"
             "'context_mode':'last'}]",
             TURN),
         "s.json: workflow.executors[0].context_mode: expected 'full' or 'last_agent', found "
         "'last'"},
    };

    (void)state;
    ROWS(rows);
}

static void edges_are_held_to_their_forms(void **state)
{
    static const struct row rows[] = {
        {EDGES("1"), "s.json: workflow.edges[0]: expected an object, found an integer"},
        {EDGES("{}"), "s.json: workflow.edges[0]: one of the keys 'to' or 'switch' is required"},
        {EDGES("{'from':'p'}"),
         "s.json: workflow.edges[0]: one of the keys 'to' or 'switch' is required"},
        {EDGES("{'to':'p'}"), "s.json: workflow.edges[0]: the key 'from' is required"},
        {EDGES("{'from':'p','to':'x'}"), "s.json: workflow.edges[0].to: there is no executor 'x'"},
        {EDGES("{'from':'p','to':7}"),
         "s.json: workflow.edges[0].to: expected a string, found an integer"},
        {EDGES("{'from':'p','to':'q','wen':{}}"),
         "s.json: workflow.edges[0].wen: unknown key; did you mean 'when'?"},
        {EDGES("{'from':'p','to':'q','when':{'contain':'x'}}"),
         "s.json: workflow.edges[0].when.contain: unknown key; did you mean 'contains'?"},
        {EDGES("{'from':'p','to':'q','when':{'less_than':'x'}}"),
         "s.json: workflow.edges[0].when.less_than: an integer is expected here, not a text"},
        {EDGES("{'from':'p','to':'q','when':{'last_author':'x'}}"),
         "s.json: workflow.edges[0].when.last_author: unknown key; known here: equals, contains, "
         "less_than, at_least"},
        {EDGES("{'from':'p','to':['q']}"),
         "s.json: workflow.edges[0].to: expected at least 2 items, found 1"},
        {EDGES("{'from':'p','to':['q','q']}"), "s.json: workflow.edges[0].to[1]: 'q' stands twice"},
        {EDGES("{'from':'p','to':['q','r'],'when':{'equals':1}}"),
         "s.json: workflow.edges[0].when: unknown key; known here: 'from', 'to' and 'select'"},
        {EDGES("{'from':'p','to':['q','r'],'select':[]}"),
         "s.json: workflow.edges[0].select: expected at least 1 item, found 0"},
        {EDGES("{'from':'p','to':['q','r'],'select':[{'to':'q'}]}"),
         "s.json: workflow.edges[0].select[0]: the key 'when' is required"},
        {EDGES("{'from':'p','to':['q','r'],'select':[{'when':{'equals':1},'to':'p'}]}"),
         "s.json: workflow.edges[0].select[0].to: 'p' is not among the edge's own 'to'; add it "
         "there"},
        {EDGES("{'from':'p','to':'q','switch':[]}"),
         "s.json: workflow.edges[0]: 'to' and 'switch' exclude each other"},
        {EDGES("{'from':'p','switch':[{'default':'q'}]}"),
         "s.json: workflow.edges[0].switch: expected at least 2 items, found 1"},
        {EDGES("{'from':'p','switch':[{'when':{'equals':1},'to':'q'},{'to':'r'}]}"),
         "s.json: workflow.edges[0].switch[1]: the key 'when' is required"},
        {EDGES("{'from':'p','switch':[{'when':{'equals':1},'to':'q'},"
               "{'when':{'equals':2},'to':'r'}]}"),
         "s.json: workflow.edges[0].switch: a switch needs a default: end it with {'default': id}"},
        {EDGES("{'from':'p','switch':[{'default':'q'},{'default':'r'}]}"),
         "s.json: workflow.edges[0].switch[1]: a switch has one default, this is the second"},
        {EDGES("{'from':'p','switch':[{'when':{'equals':1},'default':'q'},{'default':'r'}]}"),
         "s.json: workflow.edges[0].switch[0]: 'when' and 'default' exclude each other"},
        {EDGES("{'fan_in':['p'],'to':'r'}"),
         "s.json: workflow.edges[0].fan_in: expected at least 2 items, found 1"},
        {EDGES("{'fan_in':['p','q']}"), "s.json: workflow.edges[0]: the key 'to' is required"},
        {EDGES("{'fan_in':['p','q'],'to':'r','from':'p'}"),
         "s.json: workflow.edges[0].from: unknown key; known here: 'fan_in' and 'to'"},
    };

    (void)state;
    ROWS(rows);
}

static void what_the_builder_finds_is_told_with_the_file(void **state)
{
    static const struct row rows[] = {
        {EDGES("{'from':'p','to':'q'}"),
         "s.json: workflow: r: GRAPH_CONNECTIVITY: no way leads from the start executor 'p' to "
         "this one; add an edge or leave it out"},
        {EDGES("{'from':'p','to':'q'},{'from':'p','to':['q','r']}"),
         "s.json: workflow: p -> q: EDGE_DUPLICATION: there are two edges from the one to the "
         "other; keep one"},
        {EXECUTOR("'id':'q','op':'state_read','key':'_x'"),
         "s.json: workflow: q: OPERATION: at key: keys that begin with '_' are the engine's own; "
         "choose another name"},
        {EXECUTOR("'id':'q','workflow':{'start':'s','executors':[{'id':'s','op':'pass'},"
                  "{'id':'t','op':'pass'}]}"),
         "s.json: workflow.executors[1].workflow: t: GRAPH_CONNECTIVITY: no way leads from the "
         "start executor 's' to this one; add an edge or leave it out"},
        {WORKFLOW(SEQ ",'output_from':['zoe']"),
         "s.json: workflow.output_from: zoe is no participant"},
        {WORKFLOW(SEQ ",'output_from':[]"),
         "s.json: workflow.output_from: OUTPUT_VALIDATION: output_from and "
         "intermediate_output_from are both empty; leave them out or name a participant"},
    };

    (void)state;
    ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workflows_are_held_to_their_keys_and_types),
        cmocka_unit_test(group_chats_are_held_to_their_keys_and_types),
        cmocka_unit_test(handoffs_are_held_to_their_keys_and_types),
        cmocka_unit_test(executors_are_held_to_their_keys_and_types),
        cmocka_unit_test(edges_are_held_to_their_forms),
        cmocka_unit_test(what_the_builder_finds_is_told_with_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
