/* test_load.c - scenario files: what is built of good ones, and what is said about bad ones. */
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/load.h"

/* ---- files ---- */

static void say_file(const char *path, char *said, size_t room)
{
    struct faulty f;
    struct rp_scenario *s = NULL;
    struct rp_error err = {0};
    int rc;

    faulty_init(&f, -1);
    rc = rp_scenario_load(&f.alloc, path, &s, &err);
    snprintf(said, room, "%s %s: %s", rp_status_name(rc), err.where, err.text);
    if (rc == RP_OK)
        rp_scenario_free(s);
    assert_int_equal(f.out, 0);
}

static void a_folder_and_a_file_that_is_not_there_are_refused(void **state)
{
    char said[sizeof(struct rp_error)];

    (void)state;
    say_file("tests/unit", said, sizeof(said));
    assert_string_equal(said, "RP_EIO tests/unit: this is a folder; name a scenario file in it");
    say_file("tests/unit/none.json", said, sizeof(said));
    assert_string_equal(said, "RP_EIO tests/unit/none.json: there is no such file");
}

static void an_empty_file_is_told_from_one_that_cannot_be_read(void **state)
{
    char said[sizeof(struct rp_error)];

    (void)state;
    say_file("/dev/null", said, sizeof(said));
    assert_string_equal(said, "RP_EPARSE /dev/null: the file is empty; a scenario is one JSON "
                              "object");
}

/* ---- good scenarios ---- */

/* In these ' stands for ". */
static const char rich[] =
    "{'scenario':1,'name':'rich','stream':true,'checkpointing':'file','agents':["
    "{'name':'anna','description':'d','instructions':'i','model':{'when_exhausted':'cycle',"
    "'script':[{'text':'hello','repeat':3},{'json':{'b':[1,2.50,-0],'a':null},'tool_calls':["
    "{'name':'look','arguments':{'n': 1}},{'name':'look','arguments':'{bad','id':'c7'}]},"
    "{'chunks':['he','llo','']},{'error':'lost'},{}]},"
    "'tools':[{'name':'look','approval':'always','parameters':{'type':'object'},"
    "'results':['one',{'v':2},{'error':'gone'}]},{'name':'ask','declaration_only':true},"
    "{'name':'none','result':null}]},"
    "{'name':'bert'}],"
    "'workflow':{'pattern':'graph','name':'w','start':'in','max_iterations':7,'executors':["
    "{'id':'in','op':'pass','then':'both','copies':2},"
    "{'id':'add','op':'add','number':-0,'yield_when_at_least':4},"
    "{'id':'anna','agent':'anna'},{'id':'b','agent':'bert','context_mode':'last_agent'},"
    "{'id':'sub','direct_output':true,'workflow':{'pattern':'graph','start':'s','executors':["
    "{'id':'s','op':'ask','then':'yield'}]}},"
    "{'id':'j','op':'join','separator':', ','target':'end'},{'id':'end','op':'upper',"
    "'then':'yield'}],'edges':["
    "{'from':'in','to':['add','anna','sub'],'select':[{'when':{'contains':'a'},'to':'anna'},"
    "{'when':{'at_least':3},'to':'add'},{'when':{'equals':'x'},'to':'sub'}]},"
    "{'from':'anna','to':'b','when':{'less_than':10}},"
    "{'from':'add','switch':[{'when':{'equals':1},'to':'in'},{'default':'end'}]},"
    "{'fan_in':['add','sub'],'to':'j'},{'from':'j','to':'end'}],"
    "'output_from':['end','in'],'intermediate_output_from':'all_other'},"
    "'turns':[{'run':'go'},{'run':-0,'stream':false},{'run':[{'text':'t'},{'role':'system',"
    "'text':'s','author':'x'}]},{'respond':[{'request':1,'approve':true},{'request':2,"
    "'feedback':['f']},{'request':3,'revise':[]},{'request':4,'reply':'r'},{'request':5,"
    "'terminate':true},{'request':6,'result':null},{'request':7,'value':'v'}]},{'respond':[]},"
    "{'resume':'latest'},{'resume':0,'respond':[{'request':-1,'approve':false}]}]}";

static void swap(char *s, char from, char to)
{
    for (; *s; s++)
        if (*s == from)
            *s = to;
}

struct story {
    char s[4096];
    size_t n;
};

static void tell(struct story *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    t->n += (size_t)vsnprintf(t->s + t->n, sizeof(t->s) - t->n, format, args);
    va_end(args);
    assert_true(t->n < sizeof(t->s));
}

static void tell_value(struct story *t, struct rp_value v)
{
    struct faulty f;
    struct rp_buf b;

    faulty_init(&f, -1);
    rp_buf_init(&b, &f.alloc, 4096);
    assert_int_equal(rp_json_write(&b, v, 0), RP_OK);
    tell(t, "%s", b.s);
    rp_buf_free(&b);
}

static void tell_reply(struct story *t, const struct rp_script_reply *reply)
{
    tell(t, "  %ux ", reply->repeat);
    tell_value(t, reply->text);
    tell_value(t, reply->chunks);
    tell_value(t, reply->error);
    for (uint32_t i = 0; i < reply->n_calls; i++) {
        tell(t, " %s(%s) ", rp_str_of(reply->calls[i].name).s,
             rp_str_of(reply->calls[i].arguments).s);
        tell_value(t, reply->calls[i].id);
    }
    tell(t, "\n");
}

static void tell_scripts(struct story *t, const struct rp_scenario *s)
{
    for (uint32_t i = 0; i < s->n_agents; i++) {
        const struct rp_script_agent *a = s->script + i;
        tell(t, "agent %s, then %d\n", a->name, (int)a->when_exhausted);
        for (uint32_t k = 0; k < a->n_replies; k++)
            tell_reply(t, a->replies + k);
    }
    for (uint32_t i = 0; i < s->n_tools; i++) {
        tell(t, "tool %s.%s ", s->tools[i].agent, s->tools[i].tool);
        tell_value(t, s->tools[i].results);
        tell(t, "\n");
    }
}

static void tell_message(struct story *t, struct rp_value v)
{
    const struct rp_message *m;
    struct rp_value text;

    if (v.tag != RP_LIST) {
        tell_value(t, v);
        return;
    }
    for (uint32_t i = 0; i < rp_len(v); i++) {
        m = rp_message_of(rp_at(v, i));
        text = rp_at(m->contents, 0);
        tell(t, "%s%s by ", i > 0 ? ", " : "", rp_role_name(m->role.u.i));
        tell_value(t, m->author);
        tell(t, " %s", rp_str_of(rp_c_text_of(text)->text).s);
    }
}

static void tell_turns(struct story *t, const struct rp_scenario *s)
{
    static const char *const kind[] = {"run", "respond", "resume"};

    for (uint32_t i = 0; i < s->n_turns; i++) {
        const struct rp_scenario_turn *turn = s->turns + i;
        tell(t, "%s%s ", kind[turn->kind], turn->stream ? " streaming" : "");
        if (turn->kind == RP_TURN_RUN)
            tell_message(t, turn->message);
        if (turn->kind == RP_TURN_RESUME)
            tell(t, "%d", (int)turn->checkpoint);
        for (uint32_t k = 0; k < turn->n_answers; k++) {
            tell(t, " %d:%d%s", (int)turn->answers[k].request, (int)turn->answers[k].kind,
                 turn->answers[k].yes ? "yes" : "");
            tell_value(t, turn->answers[k].value);
        }
        tell(t, "\n");
    }
}

static void tell_graph(struct story *t, const struct rp_workflow *w)
{
    static const char *const kind[] = {"single", "fan-out", "select", "switch", "fan-in"};
    static const char *const shown[] = {"", " output", " intermediate"};

    for (uint32_t i = 0; i < rp_workflow_executors(w); i++)
        tell(t, "%s%s%s\n", rp_workflow_executor(w, i), shown[rp_workflow_designation(w, i)],
             rp_workflow_child(w, i) ? " nested" : "");
    for (uint32_t i = 0; i < rp_workflow_edges(w); i++) {
        struct rp_edge_view e = rp_workflow_edge(w, i);
        tell(t, "%s %s -> %s%s%s\n", kind[e.kind], e.from, e.to, e.conditional ? " if" : "",
             e.is_default ? " else" : "");
    }
}

static int load_rich(const struct rp_alloc *alloc, struct rp_scenario **out)
{
    char text[sizeof(rich)];

    memcpy(text, rich, sizeof(rich));
    swap(text, '\'', '"');
    return rp_scenario_read(alloc, "rich.json", text, sizeof(rich) - 1, out, NULL);
}

static void all_that_a_scenario_says_is_taken_over(void **state)
{
    struct faulty f;
    struct rp_scenario *s;
    struct story t = {.n = 0};

    (void)state;
    faulty_init(&f, -1);
    assert_int_equal(load_rich(&f.alloc, &s), RP_OK);
    tell(&t, "%s %s %s %d\n", s->path, s->name, s->pattern, (int)s->storage);
    tell_scripts(&t, s);
    tell_turns(&t, s);
    tell_graph(&t, s->workflow);
    rp_scenario_free(s);
    assert_int_equal(f.out, 0);
    swap(t.s, '"', '\'');
    assert_string_equal(
        t.s, "rich.json rich graph 2\n"
             "agent anna, then 2\n"
             "  3x 'hello'nullnull\n"
             "  1x '{\\'b\\':[1,2.5,-0],\\'a\\':null}'nullnull look({'n':1}) null look({bad) 'c7'\n"
             "  1x 'hello'['he','llo','']null\n"
             "  1x nullnull'lost'\n"
             "  1x nullnullnull\n"
             "agent bert, then 0\n"
             "tool anna.look ['one',{'v':2},{'error':'gone'}]\n"
             "tool anna.none [null]\n"
             "run streaming 'go'\n"
             "run 0\n"
             "run streaming user by null t, system by 'x' s\n"
             "respond streaming  1:0yesnull 2:1['f'] 3:2[] 4:3'r' 5:4yesnull 6:5null 7:6'v'\n"
             "respond streaming \n"
             "resume streaming -1\n"
             "resume streaming 0 -1:0null\n"
             "in output\n"
             "add intermediate\n"
             "anna intermediate\n"
             "b intermediate\n"
             "sub intermediate nested\n"
             "j intermediate\n"
             "end output\n"
             "select in -> add if\n"
             "select in -> anna if\n"
             "select in -> sub if\n"
             "single anna -> b if\n"
             "switch add -> in if\n"
             "switch add -> end else\n"
             "fan-in add -> j\n"
             "fan-in sub -> j\n"
             "single j -> end\n");
}

static void known_texts_are_values_json_replies_and_joined_chunks_each_once(void **state)
{
    static const char json[] =
        "{'scenario':1,'agents':[{'name':'anna','model':{'script':[{'chunks':['he','llo']},"
        "{'json':{'k':'hello'}},{'json':'z'},{'text':'hello'},"
        "{'tool_calls':[{'name':'t','arguments':{'key':'deep'}}]}]}}],"
        "'workflow':{'pattern':'sequential','participants':['anna']},'turns':[{'run':'go'}]}";
    struct faulty f;
    struct rp_scenario *s;
    struct story t = {.n = 0};
    char text[sizeof(json)];

    (void)state;
    faulty_init(&f, -1);
    memcpy(text, json, sizeof(json));
    swap(text, '\'', '"');
    assert_int_equal(rp_scenario_read(&f.alloc, "s", text, sizeof(json) - 1, &s, NULL), RP_OK);
    for (uint32_t i = 0; i < rp_len(s->known); i++)
        tell(&t, "%s\n", rp_str_of(rp_at(s->known, i)).s);
    rp_scenario_free(s);
    assert_int_equal(f.out, 0);
    assert_string_equal(t.s, "\"z\"\n"
                             "anna\n"
                             "deep\n"
                             "go\n"
                             "he\n"
                             "hello\n"
                             "llo\n"
                             "sequential\n"
                             "t\n"
                             "z\n"
                             "{\"k\":\"hello\"}\n");
}

static int read_and_free(const struct rp_alloc *alloc)
{
    struct rp_scenario *s = NULL;
    int rc = load_rich(alloc, &s);

    assert_true((rc == RP_OK) == (s != NULL));
    rp_scenario_free(s);
    return rc;
}

static void loading_survives_every_failure_of_memory(void **state)
{
    (void)state;
    assert_true(sweep_memory(read_and_free) > 0);
}

static int load_file_and_free(const struct rp_alloc *alloc)
{
    struct rp_scenario *s = NULL;
    int rc = rp_scenario_load(alloc, "tests/conformance/graph-switch-case.json", &s, NULL);

    rp_scenario_free(s);
    return rc;
}

static void reading_a_file_survives_every_failure_of_memory(void **state)
{
    (void)state;
    assert_true(sweep_memory(load_file_and_free) > 0);
}

/* ---- all scenarios that traces stand beside ---- */

static unsigned load_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    unsigned n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        char path[512], said[sizeof(struct rp_error)];
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        say_file(path, said, sizeof(said));
        assert_string_equal(said, "RP_OK : ");
        n++;
    }
    closedir(dir);
    return n;
}

static void every_conformance_scenario_is_loaded(void **state)
{
    (void)state;
    assert_true(load_folder("tests/conformance") > 0);
    assert_true(load_folder("tests/conformance/random") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_and_a_file_that_is_not_there_are_refused),
        cmocka_unit_test(an_empty_file_is_told_from_one_that_cannot_be_read),
        cmocka_unit_test(all_that_a_scenario_says_is_taken_over),
        cmocka_unit_test(known_texts_are_values_json_replies_and_joined_chunks_each_once),
        cmocka_unit_test(loading_survives_every_failure_of_memory),
        cmocka_unit_test(reading_a_file_survives_every_failure_of_memory),
        cmocka_unit_test(every_conformance_scenario_is_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
