/* test_load_wrong.c - wrong scenario files, but for their workflows: what is said about them, word
 * for word. */
#include "tests/unit/wrong_scenario.h"

#include <stdlib.h>

/* ---- bytes ---- */

static void what_is_no_json_is_refused_with_line_and_column(void **state)
{
    static const struct row rows[] = {
        {"", "s.json: the file is empty; a scenario is one JSON object"},
        {" \n", "s.json: line 2, column 1: expected a value, found the end of the text"},
        {"{'scenario':1,\n 'name': x}", "s.json: line 2, column 10: expected a value, found 'x'"},
        {"{'name':'a','name':'b'}",
         "s.json: line 1, column 13: the key 'name' stands twice in one object"},
        {"{'name':'\\ud800'}", "s.json: line 1, column 10: half of a surrogate pair stands alone"},
        {"{} {}", "s.json: line 1, column 4: expected the end of the text, found '{'"},
        {"\xef\xbb\xbf{}",
         "s.json: line 1, column 1: the text begins with a byte order mark; remove it"},
        {"[]", "s.json: expected an object, found an array"},
        {"'text'", "s.json: expected an object, found a string"},
    };

    (void)state;
    ROWS(rows);
}

static void bytes_that_are_no_utf_8_are_told_by_their_offset(void **state)
{
    static const struct row rows[] = {
        {"{'name':'\xff'}",
         "s.json: byte 9: the file is not valid UTF-8 from here on; save it as UTF-8"},
        {"{'name':'\xc0\x80'}",
         "s.json: byte 9: the file is not valid UTF-8 from here on; save it as UTF-8"},
        {"{'name':'\xed\xa0\x80'}",
         "s.json: byte 9: the file is not valid UTF-8 from here on; save it as UTF-8"},
        {"{'name':'\xe2\x82",
         "s.json: byte 9: the file is not valid UTF-8 from here on; save it as UTF-8"},
    };

    (void)state;
    ROWS(rows);
}

static void a_hundred_million_brackets_are_refused(void **state)
{
    size_t n = 100u << 20;
    char *brackets = malloc(n);

    (void)state;
    assert_non_null(brackets);
    memset(brackets, '[', n);
    assert_said_of(brackets, n,
                   "s.json: line 1, column 257: too many arrays and objects inside each other");
    free(brackets);
}

static void a_million_nested_conditions_are_refused(void **state)
{
    static const char head[] = "{\"scenario\":1,\"workflow\":{\"terminate_when\":",
                      part[] = "{\"not\":";
    size_t n = 1000000, size = sizeof(head) - 1 + n * (sizeof(part) - 1);
    char *text = malloc(size), *at = text;

    (void)state;
    assert_non_null(text);
    memcpy(at, head, sizeof(head) - 1);
    at += sizeof(head) - 1;
    for (size_t i = 0; i < n; i++, at += sizeof(part) - 1)
        memcpy(at, part, sizeof(part) - 1);
    assert_said_of(text, size,
                   "s.json: line 1, column 1822: too many arrays and objects inside each other");
    free(text);
}

static void more_than_the_limit_is_refused_unread(void **state)
{
    (void)state;
    assert_said_of("{}", (size_t)RP_SCENARIO_MAX + 1,
                   "s.json: the file is larger than 256 MB; split it into smaller scenarios");
}

/* ---- the whole ---- */

static void the_top_level_is_held_to_its_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {"{}", "s.json: the key 'scenario' is required"},
        {TOP_KEYS("'scenario':2,'turns':[" TURN "],"),
         "s.json: scenario: this is version 2 of the format; only 1 is known"},
        {TOP_KEYS("'scenario':'1','turns':[" TURN "],"),
         "s.json: scenario: expected an integer, found a string"},
        {TOP_KEYS("'scenario':1.0,'turns':[" TURN "],"),
         "s.json: scenario: expected an integer, found a number that is not an integer"},
        {TOP_KEYS("'scenario':18446744073709551617,'turns':[" TURN "],"),
         "s.json: scenario: expected an integer, found a number beyond 64 bits"},
        {TOP_KEYS("'scenario':1,'turn':[" TURN "],"),
         "s.json: turn: unknown key; did you mean 'turns'?"},
        {TOP_KEYS("'scenario':1,'x\\u001b[2J':1,"),
         "s.json: x?[2J: unknown key; known here: 'scenario', 'name', 'agents', 'workflow', "
         "'turns', 'stream', 'checkpointing', 'timeouts', 'service', 'tape' and 'expect'"},
        {TOP_KEYS("'scenario':1,"), "s.json: the key 'turns' is required"},
        {TOP_KEYS("'scenario':1,'turns':[],"), "s.json: turns: expected at least 1 item, found 0"},
        {TOP_KEYS("'scenario':1,'turns':{},"), "s.json: turns: expected an array, found an object"},
        {TOP_KEYS("'scenario':1,'name':1,'turns':[" TURN "],"),
         "s.json: name: expected a string, found an integer"},
        {TOP_KEYS("'scenario':1,'stream':'yes','turns':[" TURN "],"),
         "s.json: stream: expected true or false, found a string"},
        {TOP_KEYS("'scenario':1,'checkpointing':'disk','turns':[" TURN "],"),
         "s.json: checkpointing: expected 'memory', 'file' or 'sqlite', found 'disk'"},
        {TOP_KEYS("'scenario':1,'checkpointing':null,'turns':[" TURN "],"),
         "s.json: checkpointing: expected a string, found null"},
        {"{'scenario':1,'workflow':{" SEQ "},'turns':[" TURN "]}",
         "s.json: the key 'agents' is required"},
        {TOP("", SEQ, TURN), "s.json: agents: expected at least 1 item, found 0"},
        {"{'scenario':1,'agents':[" A "],'turns':[" TURN "]}",
         "s.json: the key 'workflow' is required"},
    };

    (void)state;
    ROWS(rows);
}

/* ---- agents ---- */

static void agents_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {TOP("1", SEQ, TURN), "s.json: agents[0]: expected an object, found an integer"},
        {AGENT("'nam':'bert'"), "s.json: agents[1].nam: unknown key; did you mean 'name'?"},
        {AGENT("'description':'d'"), "s.json: agents[1]: the key 'name' is required"},
        {AGENT("'name':''"), "s.json: agents[1].name: a name cannot be empty"},
        {AGENT("'name':'a\\u0000b'"),
         "s.json: agents[1].name: the character U+0000 cannot stand here; leave it out"},
        {AGENT("'name':null"), "s.json: agents[1].name: expected a string, found null"},
        {AGENT("'name':'anna'"), "s.json: agents[1].name: there is an agent 'anna' already"},
        {AGENT("'name':'bert','instructions':['x']"),
         "s.json: agents[1].instructions: expected a string, found an array"},
        {AGENT("'name':'bert','model':'gpt'"),
         "s.json: agents[1].model: expected an object, found a string"},
        {MODEL("'scrpt':[]"), "s.json: agents[1].model.scrpt: unknown key; did you mean 'script'?"},
        {MODEL(""), "s.json: agents[1].model: the key 'script' is required"},
        {MODEL("'script':{}"),
         "s.json: agents[1].model.script: expected an array, found an object"},
        {MODEL("'script':[],'when_exhausted':'stop'"),
         "s.json: agents[1].model.when_exhausted: expected 'error', 'repeat_last' or 'cycle', "
         "found 'stop'"},
        {MODEL("'script':['text']"),
         "s.json: agents[1].model.script[0]: expected an object, found a string"},
    };

    (void)state;
    ROWS(rows);
}

static void replies_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {REPLY("'txt':''"),
         "s.json: agents[1].model.script[1].txt: unknown key; did you mean 'text'?"},
        {REPLY("'text':1"),
         "s.json: agents[1].model.script[1].text: expected a string, found an integer"},
        {REPLY("'text':'a','json':null"),
         "s.json: agents[1].model.script[1]: 'text' and 'json' exclude each other"},
        {REPLY("'json':{},'chunks':['a']"),
         "s.json: agents[1].model.script[1]: 'json' and 'chunks' exclude each other"},
        {REPLY("'text':'a','chunks':['a']"),
         "s.json: agents[1].model.script[1]: 'text' and 'chunks' exclude each other"},
        {REPLY("'chunks':[]"),
         "s.json: agents[1].model.script[1].chunks: expected at least 1 item, found 0"},
        {REPLY("'chunks':['a',2]"),
         "s.json: agents[1].model.script[1].chunks[1]: expected a string, found an integer"},
        {REPLY("'error':'e','text':'a'"),
         "s.json: agents[1].model.script[1]: 'error' and 'text' exclude each other"},
        {REPLY("'error':'e','tool_calls':[]"),
         "s.json: agents[1].model.script[1]: 'error' and 'tool_calls' exclude each other"},
        {REPLY("'error':true"),
         "s.json: agents[1].model.script[1].error: expected a string, or an object with 'status', "
         "'timeout', 'cut_after' or 'malformed'"},
        {REPLY("'text':'a','repeat':0"),
         "s.json: agents[1].model.script[1].repeat: expected 1 or more, found 0"},
        {REPLY("'text':'a','repeat':-1"),
         "s.json: agents[1].model.script[1].repeat: expected 1 or more, found -1"},
        {REPLY("'text':'a','repeat':1.5"), "s.json: agents[1].model.script[1].repeat: expected an "
                                           "integer, found a number that is not an integer"},
        {REPLY("'text':'a','repeat':4294967296"),
         "s.json: agents[1].model.script[1].repeat: expected 4294967295 or less, found 4294967296"},
        {REPLY("'text':'a','repeat':9223372036854775808"),
         "s.json: agents[1].model.script[1].repeat: expected an integer, found a number beyond 64 "
         "bits"},
        {REPLY("'tool_calls':{}"),
         "s.json: agents[1].model.script[1].tool_calls: expected an array, found an object"},
        {REPLY("'tool_calls':[{}]"),
         "s.json: agents[1].model.script[1].tool_calls[0]: the key 'name' is required"},
        {REPLY("'tool_calls':[{'name':'t','args':{}}]"),
         "s.json: agents[1].model.script[1].tool_calls[0].args: unknown key; known here: 'name', "
         "'arguments' and 'id'"},
        {REPLY("'tool_calls':[{'name':'t','arguments':[1]}]"),
         "s.json: agents[1].model.script[1].tool_calls[0].arguments: expected an object, or a "
         "string that is sent as it is"},
        {REPLY("'tool_calls':[{'name':'t','id':1}]"),
         "s.json: agents[1].model.script[1].tool_calls[0].id: expected a string, found an integer"},
    };

    (void)state;
    ROWS(rows);
}

static void tools_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {TOOL("'result':1"), "s.json: agents[1].tools[0]: the key 'name' is required"},
        {TOOL("'name':'t'"),
         "s.json: agents[1].tools[0]: one of the keys 'result' or 'results' is required"},
        {TOOL("'name':'t','result':1,'results':[1]"),
         "s.json: agents[1].tools[0]: 'result' and 'results' exclude each other"},
        {TOOL("'name':'t','results':[]"),
         "s.json: agents[1].tools[0].results: expected at least 1 item, found 0"},
        {TOOL("'name':'t','results':'x'"),
         "s.json: agents[1].tools[0].results: expected an array, found a string"},
        {TOOL("'name':'t','declaration_only':true,'result':null"),
         "s.json: agents[1].tools[0]: 'declaration_only' and 'result' exclude each other: the "
         "caller supplies the result"},
        {TOOL("'name':'t','declaration_only':1"),
         "s.json: agents[1].tools[0].declaration_only: expected true or false, found an integer"},
        {TOOL("'name':'t','result':1,'approval':'sometimes'"),
         "s.json: agents[1].tools[0].approval: expected 'never' or 'always', found 'sometimes'"},
        {TOOL("'name':'t','result':1,'parameters':'none'"),
         "s.json: agents[1].tools[0].parameters: expected an object, found a string"},
        {TOOL("'name':'t','result':1,'aproval':'always'"),
         "s.json: agents[1].tools[0].aproval: unknown key; did you mean 'approval'?"},
        {TOOL("'name':'t','result':1},{'name':'t','result':2"),
         "s.json: agents[1].tools[1].name: the agent has a tool 't' already"},
    };

    (void)state;
    ROWS(rows);
}

/* ---- turns ---- */

static void turns_are_held_to_their_keys_and_types(void **state)
{
    static const struct row rows[] = {
        {TURNS("'go'"), "s.json: turns[0]: expected an object, found a string"},
        {TURNS("{}"), "s.json: turns[0]: one of the keys 'run', 'respond', 'resume', 'wait' or "
                      "'cancel' is required"},
        {TURNS("{'stream':true}"),
         "s.json: turns[0]: one of the keys 'run', 'respond', 'resume', 'wait' or 'cancel' is "
         "required"},
        {TURNS("{'run':'a','respond':[]}"),
         "s.json: turns[0]: 'run' and 'respond' exclude each other"},
        {TURNS("{'run':'a','resume':1}"),
         "s.json: turns[0]: 'run' and 'resume' exclude each other"},
        {TURNS("{'run':true}"),
         "s.json: turns[0].run: expected a string, an integer or an array of messages"},
        {TURNS("{'run':5}"), "s.json: turns[0].run: an integer is a task for graphs only; a "
                             "sequential takes a string or an array of messages"},
        {TURNS("{'run':['a']}"), "s.json: turns[0].run[0]: expected an object, found a string"},
        {TURNS("{'run':[{'role':'robot','text':'a'}]}"),
         "s.json: turns[0].run[0].role: expected 'user', 'assistant', 'tool' or 'system', found "
         "'robot'"},
        {TURNS("{'run':[{'role':'user'}]}"), "s.json: turns[0].run[0]: the key 'text' is required"},
        {TURNS("{'resume':'last'}"),
         "s.json: turns[0].resume: expected the number of a checkpoint or 'latest'"},
        {TURNS("{'resume':-1}"), "s.json: turns[0].resume: expected 0 or more, found -1"},
        {TURNS("{'resume':9223372036854775808}"),
         "s.json: turns[0].resume: expected an integer, found a number beyond 64 bits"},
        {TURNS("{'resume':1.5}"),
         "s.json: turns[0].resume: expected an integer, found a number that is not an integer"},
        {TURNS("{'resume':0,'respond':{}}"),
         "s.json: turns[0].respond: expected an array, found an object"},
        {TURNS("{'respond':[{'approve':true}]}"),
         "s.json: turns[0].respond[0]: the key 'request' is required"},
        {TURNS("{'respond':[{'request':1}]}"),
         "s.json: turns[0].respond[0]: one of the keys 'approve', 'feedback', 'revise', 'reply', "
         "'terminate', 'result' or 'value' is required"},
        {TURNS("{'respond':[{'request':'1','approve':true}]}"),
         "s.json: turns[0].respond[0].request: expected an integer, found a string"},
        {TURNS("{'respond':[{'request':18446744073709551616,'approve':true}]}"),
         "s.json: turns[0].respond[0].request: expected an integer, found a number beyond 64 bits"},
        {TURNS("{'respond':[{'request':1,'approve':'yes'}]}"),
         "s.json: turns[0].respond[0].approve: expected true or false, found a string"},
        {TURNS("{'respond':[{'request':1,'approve':true,'reply':'x'}]}"),
         "s.json: turns[0].respond[0]: 'approve' and 'reply' exclude each other"},
        {TURNS("{'respond':[{'request':1,'feedback':'x'}]}"),
         "s.json: turns[0].respond[0].feedback: expected an array, found a string"},
        {TURNS("{'respond':[{'request':1,'revise':[1]}]}"),
         "s.json: turns[0].respond[0].revise[0]: expected a string, found an integer"},
        {TURNS("{'respond':[{'request':1,'terminate':false}]}"),
         "s.json: turns[0].respond[0].terminate: expected true; to go on, answer with 'reply'"},
        {TURNS("{'respond':[{'request':1,'value':null}]}"),
         "s.json: turns[0].respond[0].value: expected a string, found null"},
        {TURNS("{'respond':[{'request':1,'reply':'a'},{'request':1,'reply':'b'}]}"),
         "s.json: turns[0].respond[1].request: request 1 has an answer in this turn already"},
        {TURNS(TURN ",{'rum':'x'}"), "s.json: turns[1].rum: unknown key; did you mean 'run'?"},
        {"{'scenario':1,'workflow':{'pattern':'graph','start':'p','executors':[{'id':'p',"
         "'op':'pass'}]},'turns':[{'run':9223372036854775808}]}",
         "s.json: turns[0].run: expected an integer, found a number beyond 64 bits"},
    };

    (void)state;
    ROWS(rows);
}

/* ---- places ---- */

/* Where it does not fit, the end of the path and the end of the place are what is kept. */
static void long_places_lose_their_front(void **state)
{
    static const char json[] = "{\"scenario\":1,\"\u00e4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                               "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                               "bcdefg\":1}";
    char said[sizeof(struct rp_error)];

    (void)state;
    say_bytes("a/long/long/long/long/long/long/way/to/a/file/of/a/scenario.json", json,
              sizeof(json) - 1, said, sizeof(said));
    assert_string_equal(said,
                        "...g/long/long/way/to/a/file/of/a/scenario.json: "
                        "..."
                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                        "aaaaaaaaaaaaaaaaaaaaaaaaaaabcdefg: unknown key; known here: 'scenario', "
                        "'name', 'agents', 'workflow', 'turns', 'stream', 'checkpointing', "
                        "'timeouts', 'service', 'tape' and 'expect'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_json_is_refused_with_line_and_column),
        cmocka_unit_test(bytes_that_are_no_utf_8_are_told_by_their_offset),
        cmocka_unit_test(a_hundred_million_brackets_are_refused),
        cmocka_unit_test(a_million_nested_conditions_are_refused),
        cmocka_unit_test(more_than_the_limit_is_refused_unread),
        cmocka_unit_test(the_top_level_is_held_to_its_keys_and_types),
        cmocka_unit_test(agents_are_held_to_their_keys_and_types),
        cmocka_unit_test(replies_are_held_to_their_keys_and_types),
        cmocka_unit_test(tools_are_held_to_their_keys_and_types),
        cmocka_unit_test(turns_are_held_to_their_keys_and_types),
        cmocka_unit_test(long_places_lose_their_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
