/* test_cli_resume.c - `reprise resume`: runs that go on in a new process, from the newest
 * checkpoint or from an older one, with answers from a file or from a person. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/story/program.h"
#include "tests/support/cm.h"

static char kept[PROGRAM_TEXT];

/* ---- scenarios ------------------------------------------------------------------------------- */

static const char payment[] =
    "{\"scenario\":1,\"checkpointing\":\"memory\",\"agents\":[{\"name\":\"bank\",\"model\":"
    "{\"script\":[{\"tool_calls\":[{\"name\":\"pay\",\"arguments\":{\"sum\":5},\"id\":\"p1\"}]},"
    "{\"text\":\"All done.\"}]},\"tools\":[{\"name\":\"pay\",\"approval\":\"always\","
    "\"result\":\"paid\"}]}],\"workflow\":{\"pattern\":\"sequential\",\"participants\":[\"bank\"]},"
    "\"turns\":[{\"run\":\"Pay.\"}]}";

/* Two questions at the same time; who is asked twice counts in shared state. */
static const char questions[] =
    "{\"scenario\":1,\"checkpointing\":\"memory\",\"workflow\":{\"pattern\":\"graph\","
    "\"name\":\"two\",\"start\":\"in\",\"executors\":[{\"id\":\"in\",\"op\":\"pass\"},"
    "{\"id\":\"q\",\"op\":\"ask\"},{\"id\":\"r\",\"op\":\"ask\"},"
    "{\"id\":\"sum\",\"op\":\"state_append\",\"key\":\"said\",\"then\":\"yield\"}],"
    "\"edges\":[{\"from\":\"in\",\"to\":[\"q\",\"r\"]},{\"from\":\"q\",\"to\":\"sum\"},"
    "{\"from\":\"r\",\"to\":\"sum\"}]},\"turns\":[{\"run\":\"why\"}]}";

/* A nested workflow that remembers what was said to it. */
static const char nested[] =
    "{\"scenario\":1,\"checkpointing\":\"memory\",\"workflow\":{\"pattern\":\"graph\","
    "\"name\":\"nest\",\"start\":\"sub\",\"executors\":[{\"id\":\"sub\",\"workflow\":"
    "{\"pattern\":\"graph\",\"start\":\"q\",\"executors\":[{\"id\":\"q\",\"op\":\"ask\"},"
    "{\"id\":\"keep\",\"op\":\"state_append\",\"key\":\"said\"},{\"id\":\"again\",\"op\":\"ask\"},"
    "{\"id\":\"end\",\"op\":\"state_append\",\"key\":\"said\",\"then\":\"yield\"}],\"edges\":["
    "{\"from\":\"q\",\"to\":\"keep\"},{\"from\":\"keep\",\"to\":\"again\"},"
    "{\"from\":\"again\",\"to\":\"end\"}]}},"
    "{\"id\":\"out\",\"op\":\"pass\",\"then\":\"yield\"}],"
    "\"edges\":[{\"from\":\"sub\",\"to\":\"out\"}]},\"turns\":[{\"run\":\"w\"}]}";

static void make(const char *scenario)
{
    program_remove("s");
    program_write("s.json", scenario);
    assert_int_equal(program_run("run s.json --store s"), 0);
}

static void answers(const char *text)
{
    program_write("answers.json", text);
}

/* ---- going on -------------------------------------------------------------------------------- */

static void the_newest_checkpoint_goes_on_with_answers(void **state)
{
    (void)state;
    make(payment);
    answers("[{\"request\": 1, \"approve\": true}]");
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    assert_string_equal(program_err, "");
    program_has(program_out, "turn 1: resumes checkpoint 2; request 1: yes\n");
    program_has(program_out, "  bank                pay gives \"paid\"\n");
    program_has(program_out, "      bank                All done.\n");
    program_has(program_out, "\nstate   IDLE\n"
                             "trace   sha256 ");
    assert_int_equal(program_run("checkpoints show s"), 0);
    program_has(program_out, "checkpoint 5\n");
    program_has(program_out, "\n  state       nothing is under way and nothing is asked: ");
}

static void a_request_may_be_answered_by_its_id(void **state)
{
    const char *at;

    (void)state;
    make(questions);
    assert_int_equal(program_run("checkpoints show s"), 0);
    at = strstr(program_out, "\n  2  ") + strlen("\n  2  ");
    snprintf(kept, sizeof(kept), "[{\"id\": \"%.*s\", \"value\": \"second\"}]",
             (int)(strchr(at, ',') - at), at);
    answers(kept);
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    program_has(program_out, "; request 2: \"second\"\n");
    program_has(program_out, "output: why=second\n");
    program_has(program_out, "state   IDLE_WITH_PENDING_REQUESTS, open requests: 1\n");
    /* the one that is left has the number 1 now */
    answers("[{\"request\": 1, \"value\": \"first\"}]");
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    program_has(program_out, "output: why=secondwhy=first\n");
    program_has(program_out, "state   IDLE\n");
}

static void a_person_answers_what_is_open(void **state)
{
    (void)state;
    make(questions);
    assert_int_equal(program_run_with("resume s.json --store s --interactive", "one\ntwo\n"), 0);
    program_has(program_out, "request 1: why\n");
    program_has(program_out, "request 2: why\n");
    program_has(program_out, "request 1, answer > request 2, answer > ");
    program_has(program_out, "turn 2: request 1: \"one\"; request 2: \"two\"\n");
    program_has(program_out, "output: why=onewhy=two\n");
    program_has(program_out, "state   IDLE\n");
}

/* In one process, with a resume turn, and in two: the same lines. */
static void a_trace_is_that_of_the_turn_alone(void **state)
{
    static char both[sizeof(payment) + 128];
    char *rest, *line;

    (void)state;
    snprintf(both, sizeof(both),
             "%.*s,{\"resume\":2,\"respond\":[{\"request\":1,\"approve\":true}]}]}",
             (int)(strlen(payment) - 2), payment);
    program_write("both.json", both);
    assert_int_equal(program_run("trace both.json"), 0);
    memcpy(kept, program_out, PROGRAM_TEXT);
    rest = strstr(kept, "{\"event\":\"started\",\"step\":0,\"turn\":2}");
    assert_non_null(rest);
    for (line = rest; (line = strstr(line, "\"turn\":2}")) != NULL; line++)
        line[7] = '1';
    make(payment);
    answers("[{\"request\":1,\"approve\":true}]");
    program_gives("resume s.json --store s --trace --answers answers.json", 0, rest, "");
}

static void a_database_serves_as_a_folder_does(void **state)
{
    (void)state;
    program_remove("s.db");
    program_write("s.json", payment);
    answers("[{\"id\":\"p1\",\"approve\":false}]");
    assert_int_equal(program_run("run s.json --store s.db"), 0);
    assert_int_equal(program_run("resume s.json --store s.db --answers answers.json"), 0);
    program_has(program_out, "   3  bank                All done.\n");
    program_has(program_out, "state   IDLE\n");
    assert_int_equal(program_run("checkpoints verify s.db"), 0);
}

/* ---- branches -------------------------------------------------------------------------------- */

static void a_continued_checkpoint_needs_a_fork(void **state)
{
    (void)state;
    make(payment);
    program_gives("resume s.json --store s --checkpoint 1", 2, "",
                  "reprise: s: checkpoint 1 was continued already, by checkpoint 2; say --fork to "
                  "begin another branch there, or leave --checkpoint out to go on from the "
                  "newest\n");
    assert_int_equal(program_run("resume s.json --store s --checkpoint 1 --fork"), 0);
    program_has(program_out, "request 1: may this run: pay {\"sum\":5}\n");
    assert_int_equal(program_run("checkpoints show s"), 0);
    program_has(program_out, "checkpoint 3\n");
    program_has(program_out, "\n  continues   1\n");
}

/* What was asked after the checkpoint is asked again, what was written later does not count, and
 * the nested workflow is as it was then (I26). */
static void a_fork_knows_nothing_of_what_came_later(void **state)
{
    (void)state;
    make(nested);
    answers("[{\"request\":1,\"value\":\"a\"}]");
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    program_has(program_out, "request 2: w=a\n");
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    program_has(program_out, "output: w=aw=a=a\n");
    assert_int_equal(program_run("checkpoints list s"), 0);
    memcpy(kept, program_out, PROGRAM_TEXT);
    /* from the first question again, with another answer */
    answers("[{\"request\":1,\"value\":\"b\"}]");
    assert_int_equal(program_run("resume s.json --store s --checkpoint 1 --fork --answers "
                                 "answers.json"),
                     0);
    program_has(program_out, "request 2: w=b\n");
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    program_has(program_out, "output: w=bw=b=b\n");
    /* the first branch stands as it stood */
    assert_int_equal(program_run("checkpoints list s"), 0);
    assert_memory_equal(program_out, kept, (size_t)(strstr(kept, "\n\n") - kept));
    assert_int_equal(program_run("checkpoints verify s"), 0);
}

static void before_a_question_a_fork_asks_it_again(void **state)
{
    (void)state;
    make(questions);
    answers("[{\"request\":1,\"value\":\"x\"},{\"request\":2,\"value\":\"y\"}]");
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    assert_int_equal(program_run("resume s.json --store s --fork --checkpoint 0"), 0);
    program_has(program_out, "request 1: why\n");
    program_has(program_out, "request 2: why\n");
    program_has(program_out, "state   IDLE_WITH_PENDING_REQUESTS, open requests: 2\n");
}

/* ---- refusals -------------------------------------------------------------------------------- */

/* Nothing is changed when it is refused. */
static void is_refused(const char *words, const char *message)
{
    assert_int_equal(program_run("checkpoints list s"), 0);
    memcpy(kept, program_out, PROGRAM_TEXT);
    assert_int_equal(program_run(words), 2);
    program_has(program_err, message);
    program_gives("checkpoints list s", 0, kept, "");
}

static void wrong_answers_change_nothing(void **state)
{
    static const char words[] = "resume s.json --store s --answers answers.json";

    (void)state;
    make(questions);
    answers("[{\"request\":3,\"value\":\"x\"}]");
    is_refused(words, "reprise: answers.json: there is no request 3: checkpoint 2 has 2 open "
                      "requests, with the numbers from 1 on\n");
    answers("[{\"id\":\"request-9\",\"value\":\"x\"}]");
    is_refused(words,
               "reprise: answers.json: checkpoint 2 has no open request with the id request-9; "
               "`reprise checkpoints show` lists those that it has\n");
    answers("[{\"request\":1,\"approve\":true}]");
    is_refused(words, "the answer is not of the kind that this request asks for; nothing was "
                      "answered\n");
    answers("[{\"request\":1,\"value\":\"x\"},{\"request\":2,\"approve\":false}]");
    is_refused(words, "nothing was answered\n");
    answers("[{\"request\":1,\"value\":\"x\"},{\"id\":\"request-1\",\"value\":\"y\"}]");
    is_refused(words, "reprise: answers.json: request 1 is answered twice\n");
    answers("[{\"request\":1,\"value\":\"x\"},{\"request\":1,\"value\":\"y\"}]");
    is_refused(words, "reprise: answers.json: [1].request: request 1 has an answer ");
    answers("[{\"request\":1,\"id\":\"request-1\",\"value\":\"x\"}]");
    is_refused(words, "reprise: answers.json: [0]");
    answers("[{\"request\":1,\"valeu\":\"x\"}]");
    is_refused(words, "reprise: answers.json: [0].valeu: unknown key; did you mean \"value\"?\n");
    answers("{}");
    is_refused(words, "reprise: answers.json: expected an array of answers\n");
    answers("[");
    is_refused(words, "reprise: answers.json: line 1, column 2: ");
    program_remove("answers.json");
    is_refused(words, "reprise: answers.json: there is no such file\n");
}

static void an_answer_given_again_is_refused(void **state)
{
    (void)state;
    make(payment);
    answers("[{\"id\":\"p1\",\"approve\":true}]");
    assert_int_equal(program_run("resume s.json --store s --answers answers.json"), 0);
    is_refused("resume s.json --store s --answers answers.json",
               "reprise: answers.json: checkpoint 5 has no open request with the id p1; ");
}

static void another_workflow_is_refused(void **state)
{
    static char text[sizeof(questions) + 64];
    const char *at = strstr(questions, "]},\"turns\"");

    (void)state;
    make(questions);
    program_write("other.json", payment);
    is_refused("resume other.json --store s",
               "there is no checkpoint of the workflow \"sequential:bank\"; ");
    is_refused("resume other.json --store s --checkpoint 2",
               "reprise: s: checkpoint 2 is of the workflow \"two\" and not of "
               "\"sequential:bank\"; resume it with the scenario that it was made by\n");
    snprintf(text, sizeof(text), "%.*s,{\"from\":\"in\",\"to\":\"sum\"}%s", (int)(at - questions),
             questions, at);
    program_write("changed.json", text);
    is_refused("resume changed.json --store s",
               "reprise: s: checkpoint 2 was made by another graph of the same name; ");
    is_refused("resume s.json --store s --checkpoint 7", "checkpoint 7");
}

static void bad_usage_is_told(void **state)
{
    static const char *const bad[][2] = {
        {"resume", "the scenario is missing"},
        {"resume s.json", "say with --store where the checkpoints are"},
        {"resume s.json --store", "nothing follows --store"},
        {"resume s.json t.json --store s", "one file too many: t.json"},
        {"resume s.json --store s --checkpoint one",
         "--checkpoint takes the number of a checkpoint, not one"},
        {"resume s.json --store s --trace --interactive",
         "--trace and --interactive do not go together"},
    };

    (void)state;
    make(payment);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(program_run(bad[i][0]), 2);
        assert_string_equal(program_out, "");
        program_has(program_err, bad[i][1]);
        program_has(program_err, "; see \"reprise resume --help\"\n");
    }
    assert_int_equal(program_run("resume --help"), 0);
    program_has(program_out, "usage: reprise resume SCENARIO --store STORE ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_checkpoint_goes_on_with_answers),
        cmocka_unit_test(a_request_may_be_answered_by_its_id),
        cmocka_unit_test(a_person_answers_what_is_open),
        cmocka_unit_test(a_trace_is_that_of_the_turn_alone),
        cmocka_unit_test(a_database_serves_as_a_folder_does),
        cmocka_unit_test(a_continued_checkpoint_needs_a_fork),
        cmocka_unit_test(a_fork_knows_nothing_of_what_came_later),
        cmocka_unit_test(before_a_question_a_fork_asks_it_again),
        cmocka_unit_test(wrong_answers_change_nothing),
        cmocka_unit_test(an_answer_given_again_is_refused),
        cmocka_unit_test(another_workflow_is_refused),
        cmocka_unit_test(bad_usage_is_told),
    };

    return cmocka_run_group_tests(tests, program_enter, program_leave);
}
