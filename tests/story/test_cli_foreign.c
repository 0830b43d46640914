/* test_cli_foreign.c - `reprise checkpoints` on checkpoint files of the framework that the
 * orchestrations come from: told as far as their envelope goes, and nothing in them is run. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/story/program.h"
#include "tests/support/cm.h"

static void write_foreign(const char *path, const char *id, const char *previous,
                          const char *second, const char *messages, const char *rest)
{
    char text[2048];

    snprintf(text, sizeof(text),
             "{\"workflow_name\":\"w\",\"graph_signature_hash\":\"abcd\",\"checkpoint_id\":\"%s\","
             "\"previous_checkpoint_id\":%s,\"timestamp\":\"2025-01-01T00:00:0%s+00:00\","
             "\"messages\":%s,%s,\"iteration_count\":%s,\"metadata\":{},\"version\":\"1.0\"}",
             id, previous, second, messages, rest, second);
    program_write(path, text);
}

/* The opaque bytes are a program that would make a file if anybody ran it. */
#define OPAQUE                                                                                     \
    "{\"__pickled__\":\"Y3Bvc2l4CnN5c3RlbQooUyd0b3VjaCBwd25lZCcKdFIu\",\"__type__\":\"m:"          \
    "Message\"}"

static void make_foreign(void)
{
    program_remove("f");
    assert_int_equal(mkdir("f", 0700), 0);
    write_foreign("f/2222-b.json", "2222-b", "\"1111-a\"", "1", "{}",
                  "\"state\":{\"_executor_state\":{\"a\":{\"n\":1,\"cache\":[" OPAQUE "]}}},"
                  "\"pending_request_info_events\":{\"r-1\":" OPAQUE "}");
    write_foreign("f/1111-a.json", "1111-a", "null", "0", "{\"internal:a\":[" OPAQUE "]}",
                  "\"state\":{},\"pending_request_info_events\":{}");
}

static void checkpoint_files_of_another_framework_are_listed(void **state)
{
    (void)state;
    make_foreign();
    program_gives("checkpoints list f", 0,
                  "id      branch  after   workflow  superstep  under way  open  timestamp\n"
                  "1111-a  *       -       w                 0          1     0  "
                  "2025-01-01T00:00:00+00:00\n"
                  "2222-b  *       1111-a  w                 1          0     1  "
                  "2025-01-01T00:00:01+00:00\n"
                  "\n2 checkpoints of another framework: their envelopes can be listed and shown\n",
                  "");
    program_write("f/bad.json", "{\"a\": 1}");
    assert_int_equal(program_run("checkpoints list f"), 0);
    program_has(program_out, "\n2 checkpoints ");
    assert_string_equal(program_err, "reprise: f/bad.json: no checkpoint: the key "
                                     "\"workflow_name\" is missing\n");
    assert_int_equal(program_run("checkpoints list f/bad.json"), 2);
}

static void what_is_opaque_is_counted_and_left_alone(void **state)
{
    (void)state;
    make_foreign();
    program_gives("checkpoints show f", 0,
                  "checkpoint 2222-b\n"
                  "  workflow    w\n"
                  "  graph       abcd\n"
                  "  continues   1111-a\n"
                  "  supersteps  1\n"
                  "  timestamp   2025-01-01T00:00:01+00:00\n"
                  "  version     1.0\n"
                  "\nunder way\n"
                  "  nothing\n"
                  "\nopen requests\n"
                  "  r-1: opaque payload, 33 bytes, m:Message\n"
                  "\nstate\n"
                  "  _executor_state\n"
                  "    a\n"
                  "      n: 1\n"
                  "      cache\n"
                  "        - opaque payload, 33 bytes, m:Message\n",
                  "");
    assert_int_equal(program_run("checkpoints show f 11"), 0);
    program_has(program_out, "\nunder way\n"
                             "  from internal:a: 1 message\n"
                             "    - opaque payload, 33 bytes, m:Message\n"
                             "\nopen requests\n"
                             "  none\n");
    assert_int_equal(program_run("checkpoints show f/1111-a.json"), 0);
    program_has(program_out, "checkpoint 1111-a\n");
    assert_int_equal(program_run("checkpoints show f 3"), 2);
    program_has(program_err, "reprise: 3: there is no checkpoint with this id; ");
    assert_int_not_equal(access("pwned", F_OK), 0);
}

static void other_commands_refuse_such_files(void **state)
{
    static const char *const words[] = {"checkpoints verify f", "checkpoints diff f 0",
                                        "checkpoints prune f --keep 0", "checkpoints export f"};

    (void)state;
    make_foreign();
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        program_gives(words[i], 2, "",
                      "reprise: f: these are another framework's checkpoint files; they can be "
                      "listed and shown, and no more\n");
    assert_int_equal(program_entries("f"), 2);
}

static void a_file_that_is_no_checkpoint_says_why(void **state)
{
    static const char *const files[][2] = {
        {"[]", "no checkpoint: its JSON is no object"},
        {"{", "line 1, column 2: "},
        {"{\"workflow_name\":1}",
         "no checkpoint: what stands under \"workflow_name\" is of another"},
        {"", "line 1, column 1: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        program_write("one.json", files[i][0]);
        assert_int_equal(program_run("checkpoints show one.json"), 2);
        assert_string_equal(program_out, "");
        program_has(program_err, "reprise: one.json: ");
        program_has(program_err, files[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoint_files_of_another_framework_are_listed),
        cmocka_unit_test(what_is_opaque_is_counted_and_left_alone),
        cmocka_unit_test(other_commands_refuse_such_files),
        cmocka_unit_test(a_file_that_is_no_checkpoint_says_why),
    };

    return cmocka_run_group_tests(tests, program_enter, program_leave);
}
