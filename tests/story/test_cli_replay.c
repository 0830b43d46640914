/* test_cli_replay.c - journals as their user meets them: `--journal` of run, trace and resume, and
 * `reprise replay`. Runs the program in a folder of the test's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/story/program.h"
#include "tests/support/cm.h"

static char kept[PROGRAM_TEXT];

static const char chain[] =
    "{\"scenario\":1,\"name\":\"a chain\",\"workflow\":{\"pattern\":\"graph\",\"start\":\"up\","
    "\"executors\":[{\"id\":\"up\",\"op\":\"upper\"},"
    "{\"id\":\"end\",\"op\":\"append\",\"text\":\"!\",\"then\":\"yield\"}],"
    "\"edges\":[{\"from\":\"up\",\"to\":\"end\"}]},\"turns\":[{\"run\":\"hi\"}]}";

static const char bank[] =
    "{\"scenario\":1,\"name\":\"bank\",\"checkpointing\":\"memory\",\"agents\":[{\"name\":\"bank\","
    "\"model\":{\"script\":[{\"tool_calls\":[{\"name\":\"pay\",\"arguments\":{\"sum\":5},\"id\":"
    "\"p1\"}]},{\"text\":\"All done.\"}]},\"tools\":[{\"name\":\"pay\",\"approval\":\"always\","
    "\"result\":\"paid\"}]}],\"workflow\":{\"pattern\":\"sequential\",\"participants\":[\"bank\"]},"
    "\"turns\":[{\"run\":\"Pay.\"}]}";

static void make(const char *scenario, const char *words)
{
    program_write("s.json", scenario);
    assert_int_equal(program_run(words), 0);
    assert_string_equal(program_err, "");
}

/* Replaces the first `from` in a file with as many bytes. */
static void change(const char *path, const char *from, const char *to)
{
    size_t n = program_read(path, kept);
    char *at = strstr(kept, from);

    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    program_write_bytes(path, kept, n);
}

/* Keeps what the program printed; its bytes. */
static size_t keep(void)
{
    return (size_t)snprintf(kept, sizeof(kept), "%s", program_out);
}

/* ---- the same -------------------------------------------------------------------------------- */

static void a_run_is_repeated_from_its_journal_alone(void **state)
{
    (void)state;
    make(chain, "run --journal j s.json");
    program_remove("s.json");
    assert_int_equal(program_run("replay j"), 0);
    assert_string_equal(program_err, "");
    program_has(program_out, "j: the same\n"
                             "18 lines, 1 turn, 2 supersteps, 12 events, 0 model calls, 0 tool "
                             "calls\n"
                             "state   IDLE, digest ");
    program_has(program_out, "\nchain   ");
}

static void a_replay_shows_what_the_run_showed(void **state)
{
    size_t n;

    (void)state;
    make(bank, "run --journal j s.json");
    n = keep();
    program_remove("s.json");
    assert_int_equal(program_run("replay --show j"), 0);
    assert_memory_equal(program_out, kept, n);
    program_has(program_out + n, "\nj: the same\n");
}

static void a_replay_gives_the_trace_of_the_run(void **state)
{
    (void)state;
    make(bank, "trace --journal j s.json");
    keep();
    program_gives("replay --trace j", 0, kept, "");
}

static void a_resumed_run_needs_neither_store_nor_scenario(void **state)
{
    (void)state;
    program_remove("store");
    make(bank, "run --store store s.json");
    program_write("answers.json", "[{\"request\": 1, \"approve\": true}]");
    assert_int_equal(program_run("resume s.json --store store --answers answers.json --trace "
                                 "--journal j"),
                     0);
    keep();
    program_remove("store");
    program_remove("s.json");
    program_gives("replay --trace j", 0, kept, "");
    assert_int_equal(program_run("replay j"), 0);
    program_has(program_out, "j: the same\n");
}

static void answers_that_were_typed_are_repeated(void **state)
{
    (void)state;
    program_write("s.json", bank);
    assert_int_equal(program_run_with("run --interactive --journal j s.json", "y\n"), 0);
    assert_int_equal(program_run("replay --show j"), 0);
    program_has(program_out, "\nturn 2: request 1: yes\n");
    program_has(program_out, "All done.\n");
    program_has(program_out, "\nj: the same\n");
}

static void a_replay_may_stop_on_its_way(void **state)
{
    (void)state;
    make(chain, "run --journal j s.json");
    assert_int_equal(program_run("replay --until 1.1 j"), 0);
    program_has(program_out, "j: the same up to there\n"
                             "9 lines, 0 turns, 1 superstep, 6 events, 0 model calls, 0 tool "
                             "calls\n");
    assert_int_equal(program_run("replay --until 1 j"), 0);
    program_has(program_out, "j: the same up to there\n17 lines, 1 turn, 2 supersteps, ");
}

/* ---- not the same ---------------------------------------------------------------------------- */

static void a_changed_line_breaks_the_chain(void **state)
{
    (void)state;
    make(chain, "run --journal j s.json");
    change("j", "\"HI\"", "\"HO\"");
    program_gives("replay j", 2, "",
                  "reprise: j: line 7: the chain breaks: the line was changed, or one before it "
                  "was changed or taken out; --force replays the journal all the same\n");
    assert_int_equal(program_run("replay --force j"), 1);
    assert_string_equal(program_err, "");
    program_has(program_out,
                "j: differs in line 7: turn 1, superstep 1, executor up, executor_completed\n"
                "  field     /data/0\n"
                "  recorded  \"HO\"\n"
                "  replayed  \"HI\"\n"
                "the same until then: 6 lines, 0 turns, 0 supersteps, 4 events, 0 model calls, 0 "
                "tool calls\n");
}

static void a_journal_that_was_cut_off_is_replayed_as_far_as_it_goes(void **state)
{
    size_t n;

    (void)state;
    make(chain, "run --journal j s.json");
    n = program_read("j", kept);
    program_write_bytes("j", kept, n - 100);
    assert_int_equal(program_run("replay j"), 2);
    program_has(program_out, "j: the same up to where it is cut off\n17 lines, ");
    assert_string_equal(program_err,
                        "reprise: j: the journal is cut off after line 17: its run was killed, or "
                        "its disk was full; up to there the replay is the same\n");
}

static void what_is_no_journal_is_refused(void **state)
{
    (void)state;
    program_write("s.json", chain);
    program_write("empty", "");
    program_gives("replay s.json", 2, "",
                  "reprise: s.json: line 1: there is not one whole line; nothing can be "
                  "replayed\n");
    program_gives("replay empty", 2, "",
                  "reprise: empty: line 1: there is not one whole line; nothing can be replayed\n");
    program_gives("replay nothing", 2, "", "reprise: nothing: No such file or directory\n");
}

/* ---- usage ----------------------------------------------------------------------------------- */

static void a_journal_takes_no_other_file_s_place(void **state)
{
    (void)state;
    program_write("s.json", chain);
    program_gives("run --journal s.json s.json", 2, "",
                  "reprise: s.json: this file is no journal and would be lost; name another one "
                  "for --journal\n");
    assert_int_equal(program_read("s.json", kept), strlen(chain));
    make(chain, "run --journal j s.json");
    make(bank, "run --journal j s.json");
    assert_int_equal(program_run("replay j"), 0);
    program_gives("run --journal none/j s.json", 2, "",
                  "reprise: none/j: No such file or directory\n");
}

static void wrong_words_are_told(void **state)
{
    (void)state;
    program_gives("replay", 2, "",
                  "reprise replay: the journal is missing; see \"reprise replay --help\"\n");
    program_gives("replay a b", 2, "",
                  "reprise replay: one journal too many: b; see \"reprise replay --help\"\n");
    program_gives("replay --show --trace a", 2, "",
                  "reprise replay: --show and --trace do not go together; see \"reprise replay "
                  "--help\"\n");
    program_gives("replay --until 0 a", 2, "",
                  "reprise replay: --until takes a turn, or a turn and a superstep as 2.5: 0; see "
                  "\"reprise replay --help\"\n");
    program_gives("replay --until 1.x a", 2, "",
                  "reprise replay: --until takes a turn, or a turn and a superstep as 2.5: x; see "
                  "\"reprise replay --help\"\n");
    program_gives("run --journal j a b", 2, "",
                  "reprise run: --journal is of one scenario: b; see \"reprise run --help\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_repeated_from_its_journal_alone),
        cmocka_unit_test(a_replay_shows_what_the_run_showed),
        cmocka_unit_test(a_replay_gives_the_trace_of_the_run),
        cmocka_unit_test(a_resumed_run_needs_neither_store_nor_scenario),
        cmocka_unit_test(answers_that_were_typed_are_repeated),
        cmocka_unit_test(a_replay_may_stop_on_its_way),
        cmocka_unit_test(a_changed_line_breaks_the_chain),
        cmocka_unit_test(a_journal_that_was_cut_off_is_replayed_as_far_as_it_goes),
        cmocka_unit_test(what_is_no_journal_is_refused),
        cmocka_unit_test(a_journal_takes_no_other_file_s_place),
        cmocka_unit_test(wrong_words_are_told),
    };

    return cmocka_run_group_tests(tests, program_enter, program_leave);
}
