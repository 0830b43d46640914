/* test_cli.c - the program as its user meets it: what it prints, what it reads, how it ends. Runs
 * the program that REPRISE names (build/reprise without it) on files in a folder of its own. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/sha256.h"
#include "tests/support/cm.h"

enum { TEXT_MAX = 1 << 17, ARGS_MAX = 12 };

static char program[4096];
static char folder[] = "/tmp/reprise-cli-XXXXXX";
static char out[TEXT_MAX], err[TEXT_MAX];

/* ---- files ---- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void read_file(const char *path, char *text)
{
    FILE *file = fopen(path, "rb");
    size_t n;

    assert_non_null(file);
    n = fread(text, 1, TEXT_MAX - 1, file);
    text[n] = '\0';
    assert_true(n < TEXT_MAX - 1);
    assert_int_equal(fclose(file), 0);
}

/* The program's path must hold in the tests' own folder, too. */
static int find_program(void)
{
    const char *name = getenv("REPRISE");
    size_t n = 0;

    if (!name || !name[0])
        name = "build/reprise";
    if (name[0] != '/') {
        if (!getcwd(program, sizeof(program) / 2))
            return -1;
        n = strlen(program);
    }
    snprintf(program + n, sizeof(program) - n, "%s%s", n > 0 ? "/" : "", name);
    if (access(program, X_OK) == 0)
        return 0;
    print_error("no program %s; build it, or say where it is in REPRISE\n", program);
    return -1;
}

static int enter_folder(void **state)
{
    (void)state;
    return find_program() == 0 && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    char *const args[] = {(char *)"rm", (char *)"-rf", folder, NULL};
    char *const environment[] = {NULL};
    pid_t child;
    int status;

    (void)state;
    if (chdir("/") != 0 || posix_spawn(&child, "/bin/rm", NULL, NULL, args, environment) != 0)
        return -1;
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

/* ---- running ---- */

/* Runs the program with these words and that input; out and err hold what it printed; returns its
 * exit status. output: where its standard output goes. */
static int run_into(const char *output, const char *words, const char *input)
{
    static char copy[TEXT_MAX];
    char *args[ARGS_MAX] = {program}, *rest = NULL;
    char *const environment[] = {(char *)"TERM=xterm", NULL};
    posix_spawn_file_actions_t actions;
    int n = 1, status;
    pid_t child;

    write_file("stdin", input);
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_true(n < ARGS_MAX - 1);
        args[n++] = word;
    }
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_addopen(&actions, 0, "stdin", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, "stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, args, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(child, &status, 0), child);
    read_file("stderr", err);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run(const char *words, const char *input)
{
    int status = run_into("stdout", words, input);

    read_file("stdout", out);
    return status;
}

static void fails(const char *words, int expected, const char *message)
{
    assert_int_equal(run(words, ""), expected);
    assert_string_equal(out, "");
    assert_string_equal(err, message);
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("not in it: %s\n%s\n", part, text);
    assert_non_null(strstr(text, part));
}

/* ---- scenarios ---- */

static const char chain[] =
    "{\"scenario\":1,\"name\":\"a chain\",\"workflow\":{\"pattern\":\"graph\",\"start\":\"up\","
    "\"executors\":[{\"id\":\"up\",\"op\":\"upper\"},"
    "{\"id\":\"end\",\"op\":\"append\",\"text\":\"!\",\"then\":\"yield\"}],"
    "\"edges\":[{\"from\":\"up\",\"to\":\"end\"}]},\"turns\":[{\"run\":\"hi\"}]}\n";

static const char chain_trace[] =
    "{\"event\":\"started\",\"step\":0,\"turn\":1}\n"
    "{\"event\":\"status\",\"state\":\"IN_PROGRESS\",\"step\":0,\"turn\":1}\n"
    "{\"event\":\"superstep_started\",\"step\":1,\"turn\":1}\n"
    "{\"event\":\"superstep_completed\",\"step\":1,\"turn\":1}\n"
    "{\"data\":{\"text\":\"hi\"},\"event\":\"executor_invoked\",\"executor\":\"up\",\"step\":1,"
    "\"turn\":1}\n"
    "{\"event\":\"executor_completed\",\"executor\":\"up\",\"step\":1,\"turn\":1}\n"
    "{\"event\":\"superstep_started\",\"step\":2,\"turn\":1}\n"
    "{\"event\":\"superstep_completed\",\"step\":2,\"turn\":1}\n"
    "{\"data\":{\"text\":\"HI\"},\"event\":\"executor_invoked\",\"executor\":\"end\",\"step\":2,"
    "\"turn\":1}\n"
    "{\"data\":{\"text\":\"HI!\"},\"event\":\"output\",\"executor\":\"end\",\"step\":2,\"turn\":1}"
    "\n"
    "{\"event\":\"executor_completed\",\"executor\":\"end\",\"step\":2,\"turn\":1}\n"
    "{\"event\":\"status\",\"state\":\"IDLE\",\"step\":0,\"turn\":1}\n";

/* An operation asks; what is answered is its output. */
static const char question[] =
    "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"start\":\"q\",\"executors\":["
    "{\"id\":\"q\",\"op\":\"ask\",\"then\":\"yield\"}],\"edges\":[]},"
    "\"turns\":[{\"run\":\"why?\"},{\"respond\":[{\"request\":1,\"value\":\"scripted\"}]}]}\n";

static const char payment[] =
    "{\"scenario\":1,\"agents\":[{\"name\":\"bank\",\"model\":{\"script\":["
    "{\"tool_calls\":[{\"name\":\"pay\",\"arguments\":{\"sum\":5},\"id\":\"p1\"}]},"
    "{\"text\":\"All done.\"}]},\"tools\":[{\"name\":\"pay\",\"approval\":\"always\","
    "\"result\":\"paid\"}]}],\"workflow\":{\"pattern\":\"sequential\","
    "\"participants\":[\"bank\"]},\"turns\":[{\"run\":\"Pay.\"}]}\n";

/* ---- usage ---- */

static void a_missing_or_unknown_command_is_bad_usage(void **state)
{
    (void)state;
    fails("", 2, "reprise: a command is missing; see \"reprise --help\"\n");
    fails("fly", 2, "reprise: unknown command fly; see \"reprise --help\"\n");
}

static void files_and_options_are_counted(void **state)
{
    (void)state;
    fails("trace", 2, "reprise trace: a file is missing; see \"reprise trace --help\"\n");
    fails("trace a b", 2, "reprise trace: one file too many: b; see \"reprise trace --help\"\n");
    fails("graph --dto a", 2,
          "reprise graph: unknown option --dto; see \"reprise graph --help\"\n");
    fails("run", 2, "reprise run: a file is missing; see \"reprise run --help\"\n");
    fails("check", 2, "reprise check: a file is missing; see \"reprise check --help\"\n");
    fails("test --update", 2, "reprise test: a file is missing; see \"reprise test --help\"\n");
}

static void help_goes_to_standard_output(void **state)
{
    static const char *const commands[] = {"run", "trace", "check", "graph", "test"};
    char words[64], first[64];

    (void)state;
    assert_int_equal(run("--help", ""), 0);
    has(out, "usage: reprise COMMAND");
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        has(out, commands[i]);
        snprintf(words, sizeof(words), "%s --help", commands[i]);
        assert_int_equal(run(words, ""), 0);
        snprintf(first, sizeof(first), "usage: reprise %s", commands[i]);
        assert_memory_equal(out, first, strlen(first));
        assert_string_equal(err, "");
        assert_int_equal(run("--help", ""), 0);
    }
}

static void the_version_is_told(void **state)
{
    (void)state;
    assert_int_equal(run("--version", ""), 0);
    assert_memory_equal(out, "reprise ", 8);
}

static void a_file_may_be_called_like_an_option(void **state)
{
    (void)state;
    write_file("--dot", chain);
    assert_int_equal(run("check -- --dot", ""), 0);
    assert_string_equal(out, "--dot: ok\n");
}

/* ---- input and output that fail ---- */

static void a_file_that_is_no_scenario_is_told_with_place_and_reason(void **state)
{
    (void)state;
    write_file("broken.json", "{\"scenario\": 1,\n  oops\n}");
    assert_int_equal(run("trace broken.json", ""), 2);
    assert_string_equal(out, "");
    has(err, "reprise: broken.json: line 2, column 3: ");
    assert_int_equal(run("trace missing.json", ""), 2);
    has(err, "reprise: missing.json: ");
    assert_int_equal(run("run .", ""), 2);
    has(err, "reprise: .: ");
}

static void check_goes_through_all_files(void **state)
{
    (void)state;
    write_file("good.json", chain);
    write_file("bad.json", "{\"scenario\": 2}");
    assert_int_equal(run("check bad.json good.json", ""), 2);
    assert_string_equal(out, "good.json: ok\n");
    has(err, "reprise: bad.json: ");
    assert_int_equal(run("check good.json good.json", ""), 0);
    assert_string_equal(out, "good.json: ok\ngood.json: ok\n");
}

static void output_that_cannot_be_written_is_noticed(void **state)
{
    (void)state;
    write_file("chain.json", chain);
    assert_int_equal(run_into("/dev/full", "trace chain.json", ""), 2);
    assert_string_equal(err, "reprise: standard output: No space left on device\n");
    assert_int_equal(run_into("/dev/full", "run chain.json", ""), 2);
    assert_string_equal(err, "reprise: standard output: No space left on device\n");
    assert_int_equal(run_into("/dev/full", "--help", ""), 2);
}

/* ---- playing ---- */

static void a_trace_is_the_portable_trace(void **state)
{
    (void)state;
    write_file("chain.json", chain);
    assert_int_equal(run("trace chain.json", ""), 0);
    assert_string_equal(out, chain_trace);
    assert_string_equal(err, "");
}

static void a_transcript_is_plain_where_nobody_looks(void **state)
{
    char expected[1024], digest[65];
    struct rp_sha256 sha;

    (void)state;
    rp_sha256_init(&sha);
    rp_sha256_add(&sha, chain_trace, strlen(chain_trace));
    rp_sha256_hex(&sha, digest);
    snprintf(expected, sizeof(expected),
             "a chain  (graph)\n"
             "\n"
             "turn 1: \"hi\"\n"
             "   1  up        gets \"hi\"\n"
             "   2  end       gets \"HI\"\n"
             "      end       output: HI!\n"
             "                idle\n"
             "\n"
             "state   IDLE\n"
             "trace   sha256 %s\n",
             digest);
    write_file("chain.json", chain);
    assert_int_equal(run("run chain.json", ""), 0);
    assert_string_equal(out, expected);
}

static void texts_cannot_drive_a_terminal(void **state)
{
    (void)state;
    write_file("escape.json",
               "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"start\":\"a\",\"executors\":["
               "{\"id\":\"a\",\"op\":\"pass\",\"then\":\"yield\"}],\"edges\":[]},"
               "\"turns\":[{\"run\":\"\\u001b[2J\\u009b2J\\u007f\"}]}");
    assert_int_equal(run("run escape.json", ""), 0);
    assert_null(strchr(out, '\033'));
    has(out, "output: \\x1b[2J\\x9b2J\\x7f\n");
}

static void a_turn_that_fails_is_no_failure_of_the_program(void **state)
{
    (void)state;
    write_file("fails.json",
               "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"start\":\"a\",\"executors\":["
               "{\"id\":\"a\",\"op\":\"fail\",\"message\":\"no\"}],\"edges\":[]},"
               "\"turns\":[{\"run\":\"x\"},{\"respond\":[]}]}");
    assert_int_equal(run("trace fails.json", ""), 0);
    has(out, "{\"error\":true,\"event\":\"raised\",\"step\":0,\"turn\":1}\n"
             "{\"error\":true,\"event\":\"raised\",\"step\":0,\"turn\":2}\n");
    assert_int_equal(run("run fails.json", ""), 0);
    has(out, "the turn failed: ");
    has(out, "the turn was refused: ");
    has(out, "state   FAILED\n");
}

static void streaming_can_be_asked_for(void **state)
{
    (void)state;
    write_file("payment.json", payment);
    assert_int_equal(run("run --stream payment.json", ""), 0);
    has(out, "calls pay {\"sum\":5}\n");
    has(out, "request 1: may this run: pay {\"sum\":5}\n");
    has(out, "state   IDLE_WITH_PENDING_REQUESTS, open requests: 1\n");
}

/* ---- a person answers ---- */

static void a_person_answers_instead_of_the_scenario(void **state)
{
    (void)state;
    write_file("question.json", question);
    assert_int_equal(run("run question.json", ""), 0);
    has(out, "output: why?=scripted\n");
    assert_int_equal(run("run --interactive question.json", "because\n"), 0);
    has(out, "request 1, answer > ");
    has(out, "turn 2: request 1: \"because\"\n");
    has(out, "output: why?=because\n");
    assert_null(strstr(out, "scripted"));
    has(out, "state   IDLE\n");
}

static void an_approval_is_asked_until_it_is_yes_or_no(void **state)
{
    (void)state;
    write_file("payment.json", payment);
    assert_int_equal(run("run --interactive payment.json", "perhaps\n\nyes\n"), 0);
    has(out, "Please answer y (yes, it may run) or n (no).\n");
    has(out, "bank                pay gives \"paid\"\n");
    has(out, "All done.");
    assert_int_equal(run("run --interactive payment.json", "n\n"), 0);
    assert_null(strstr(out, "pay gives"));
    has(out, "All done.");
}

static void the_end_of_the_input_leaves_requests_open(void **state)
{
    (void)state;
    write_file("payment.json", payment);
    assert_int_equal(run("run --interactive payment.json", ""), 0);
    has(out, "state   IDLE_WITH_PENDING_REQUESTS, open requests: 1\n");
}

static void an_answer_must_be_utf8(void **state)
{
    (void)state;
    write_file("question.json", question);
    assert_int_equal(run("run --interactive question.json", "\xff\nfine\n"), 0);
    has(out, "That is not UTF-8; please type it again.\n");
    has(out, "output: why?=fine\n");
}

/* ---- drawing ---- */

static void a_graph_is_drawn_in_two_forms(void **state)
{
    (void)state;
    write_file("chain.json", chain);
    assert_int_equal(run("graph chain.json", ""), 0);
    assert_string_equal(out, "---\ntitle: \"a chain\"\n---\nflowchart TD\n"
                             "    n0[[\"up (op, output)\"]]\n"
                             "    n1[[\"end (op, output)\"]]\n"
                             "    nstart((\"start\")) --> n0\n"
                             "    n0 --> n1\n");
    assert_int_equal(run("graph --dot chain.json", ""), 0);
    assert_string_equal(out,
                        "digraph \"a chain\" {\n    compound=true;\n    node [shape=box];\n"
                        "    n0 [label=\"up (op, output)\", peripheries=2];\n"
                        "    n1 [label=\"end (op, output)\", peripheries=2];\n"
                        "    nstart [label=\"start\", shape=circle]; nstart -> n0 [style=solid];\n"
                        "    n0 -> n1 [style=solid];\n}\n");
}

/* ---- testing ---- */

static void a_scenario_without_a_trace_cannot_be_tested(void **state)
{
    (void)state;
    assert_int_equal(mkdir("bare", 0700), 0);
    write_file("bare/one.json", chain);
    assert_int_equal(run("test bare", ""), 2);
    assert_string_equal(out, "1 could not be tested\n");
    assert_string_equal(err, "reprise: bare/one.json: there is no trace bare/one.trace; make it "
                             "with --update\n");
}

static void update_writes_what_is_missing_or_differs(void **state)
{
    (void)state;
    assert_int_equal(mkdir("deep", 0700), 0);
    assert_int_equal(mkdir("deep/er", 0700), 0);
    write_file("deep/z.json", chain);
    write_file("deep/er/a.json", question);
    write_file("deep/notes.txt", "no scenario");
    assert_int_equal(run("test --update deep", ""), 0);
    assert_string_equal(out, "deep/er/a.trace: written\ndeep/z.trace: written\n"
                             "2 traces written\n");
    read_file("deep/z.trace", out);
    assert_string_equal(out, chain_trace);
    assert_int_equal(run("test deep deep/z.json", ""), 0);
    assert_string_equal(out, "3 scenarios agree\n");
    write_file("deep/z.trace", "");
    assert_int_equal(run("test --update deep", ""), 0);
    assert_string_equal(out, "deep/z.trace: written\n1 scenario agrees, 1 trace written\n");
}

static void a_difference_is_shown_with_its_path(void **state)
{
    static char changed[sizeof(chain_trace)];
    char *at;

    (void)state;
    memcpy(changed, chain_trace, sizeof(changed));
    at = strstr(changed, "HI!");
    assert_non_null(at);
    memcpy(at, "HO!", 3);
    assert_int_equal(mkdir("wrong", 0700), 0);
    write_file("wrong/one.json", chain);
    write_file("wrong/one.trace", changed);
    assert_int_equal(run("test wrong", ""), 1);
    assert_string_equal(
        out, "wrong/one.json: differs from its trace\n"
             "  line 10\n"
             "    expected {\"data\":{\"text\":\"HO!\"},\"event\":\"output\",\"executor\":\"end\","
             "\"step\":2,\"turn\":1}\n"
             "    played   {\"data\":{\"text\":\"HI!\"},\"event\":\"output\",\"executor\":\"end\","
             "\"step\":2,\"turn\":1}\n"
             "    data.text: expected \"HO!\", played \"HI!\"\n"
             "1 differs\n");
}

static void a_place_without_scenarios_is_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir("empty", 0700), 0);
    assert_int_equal(run("test empty", ""), 2);
    assert_string_equal(out, "no scenario found\n");
    assert_int_equal(run("test nowhere", ""), 2);
    assert_string_equal(err, "reprise: nowhere: No such file or directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_or_unknown_command_is_bad_usage),
        cmocka_unit_test(files_and_options_are_counted),
        cmocka_unit_test(help_goes_to_standard_output),
        cmocka_unit_test(the_version_is_told),
        cmocka_unit_test(a_file_may_be_called_like_an_option),
        cmocka_unit_test(a_file_that_is_no_scenario_is_told_with_place_and_reason),
        cmocka_unit_test(check_goes_through_all_files),
        cmocka_unit_test(output_that_cannot_be_written_is_noticed),
        cmocka_unit_test(a_trace_is_the_portable_trace),
        cmocka_unit_test(a_transcript_is_plain_where_nobody_looks),
        cmocka_unit_test(texts_cannot_drive_a_terminal),
        cmocka_unit_test(a_turn_that_fails_is_no_failure_of_the_program),
        cmocka_unit_test(streaming_can_be_asked_for),
        cmocka_unit_test(a_person_answers_instead_of_the_scenario),
        cmocka_unit_test(an_approval_is_asked_until_it_is_yes_or_no),
        cmocka_unit_test(the_end_of_the_input_leaves_requests_open),
        cmocka_unit_test(an_answer_must_be_utf8),
        cmocka_unit_test(a_graph_is_drawn_in_two_forms),
        cmocka_unit_test(a_scenario_without_a_trace_cannot_be_tested),
        cmocka_unit_test(update_writes_what_is_missing_or_differs),
        cmocka_unit_test(a_difference_is_shown_with_its_path),
        cmocka_unit_test(a_place_without_scenarios_is_told),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
