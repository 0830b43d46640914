/* test_cli_checkpoints.c - stores by name, `reprise checkpoints` and `reprise resume`, as their
 * user meets them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/story/program.h"
#include "tests/support/cm.h"

static char kept[PROGRAM_TEXT];

/* ---- scenarios ------------------------------------------------------------------------------- */

/* A call that waits for a person in one branch, while the other one has come to its join. */
static const char branches[] =
    "{\"scenario\":1,\"agents\":[{\"name\":\"bank\",\"model\":{\"script\":["
    "{\"text\":\"One moment.\",\"tool_calls\":[{\"name\":\"pay\",\"arguments\":{\"sum\":5},"
    "\"id\":\"p1\"}]},{\"text\":\"All done.\"}]},\"tools\":[{\"name\":\"pay\","
    "\"approval\":\"always\",\"result\":\"paid\"}]},{\"name\":\"desk\",\"model\":{\"script\":["
    "{\"text\":\"\\u001b[2J Open.\"}]}}],\"workflow\":{\"pattern\":\"concurrent\","
    "\"participants\":[\"bank\",\"desk\"]},\"turns\":[{\"run\":\"Pay.\"}]}";

/* Shared state, a join, and a question of a nested workflow. */
static const char nested[] =
    "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"name\":\"nest\",\"start\":\"in\","
    "\"executors\":[{\"id\":\"in\",\"op\":\"state_append\",\"key\":\"k\"},"
    "{\"id\":\"sub\",\"workflow\":{\"pattern\":\"graph\",\"start\":\"q\",\"executors\":["
    "{\"id\":\"q\",\"op\":\"ask\",\"then\":\"yield\"}],\"edges\":[]}},"
    "{\"id\":\"side\",\"op\":\"upper\"},"
    "{\"id\":\"all\",\"op\":\"join\",\"separator\":\",\",\"then\":\"yield\"}],"
    "\"edges\":[{\"from\":\"in\",\"to\":[\"sub\",\"side\"]},"
    "{\"fan_in\":[\"sub\",\"side\"],\"to\":\"all\"}]},\"turns\":[{\"run\":\"why?\"}]}";

/* Two questions at the same time. */
static const char questions[] =
    "{\"scenario\":1,\"checkpointing\":\"memory\",\"workflow\":{\"pattern\":\"graph\","
    "\"name\":\"two\",\"start\":\"in\",\"executors\":[{\"id\":\"in\",\"op\":\"pass\"},"
    "{\"id\":\"q\",\"op\":\"ask\",\"then\":\"yield\"},{\"id\":\"r\",\"op\":\"ask\","
    "\"then\":\"yield\"}],\"edges\":[{\"from\":\"in\",\"to\":[\"q\",\"r\"]}]},"
    "\"turns\":[{\"run\":\"why?\"},{\"respond\":[{\"request\":1,\"value\":\"a\"},"
    "{\"request\":2,\"value\":\"b\"}]}]}";

static void fresh(void)
{
    program_remove("s");
    program_remove("s.db");
    program_remove("s.db-wal");
    program_remove("s.db-shm");
    program_write("branches.json", branches);
    program_write("nested.json", nested);
    program_write("questions.json", questions);
}

static void make(const char *scenario)
{
    char words[128];

    fresh();
    snprintf(words, sizeof(words), "trace %s --store s", scenario);
    assert_int_equal(program_run(words), 0);
}

/* The table of `list` without its last column, whose bytes are the store's own affair. */
static void lists(const char *words, const char *expected)
{
    static char table[PROGRAM_TEXT];
    char *end, *to = table;
    size_t width;

    assert_int_equal(program_run(words), 0);
    width = (size_t)(strstr(program_out, "time ms") + strlen("time ms") - program_out);
    for (char *line = program_out; *line != '\n'; line = end + 1) {
        end = strchr(line, '\n');
        assert_true((size_t)(end - line) > width);
        memcpy(to, line, width);
        to[width] = '\n';
        to += width + 1;
    }
    *to = '\0';
    assert_string_equal(table, expected);
}

/* ---- stores by name -------------------------------------------------------------------------- */

static int is_folder(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return S_ISDIR(st.st_mode);
}

static void a_name_says_which_kind_of_store_is_meant(void **state)
{
    static const struct {
        const char *name, *path;
        int folder;
    } names[] = {{"plain", "plain", 1},
                 {"one.db", "one.db", 0},
                 {"two.sqlite", "two.sqlite", 0},
                 {"sqlite:three", "three", 0},
                 {"file:four.db", "four.db", 1}};
    char words[128];

    (void)state;
    fresh();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(words, sizeof(words), "trace questions.json --store=%s", names[i].name);
        assert_int_equal(program_run(words), 0);
        assert_int_equal(is_folder(names[i].path), names[i].folder);
        /* once it is there, its path is enough */
        snprintf(words, sizeof(words), "checkpoints verify %s", names[i].path);
        program_gives(words, 0, "5 checkpoints verified, all whole\n", "");
        program_remove(names[i].path);
    }
}

static void a_store_that_is_none_is_told_with_place_and_remedy(void **state)
{
    (void)state;
    fresh();
    program_write("text", "no database at all, but a text that is long enough to be one");
    program_gives("checkpoints list text", 2, "",
                  "reprise: text: this file is no SQLite database; a store of checkpoints is a "
                  "database or a folder\n");
    program_gives("trace questions.json --store text", 2, "",
                  "reprise: text: this file is no SQLite database; a store of checkpoints is a "
                  "database or a folder\n");
    program_gives("checkpoints list file:text", 2, "",
                  "reprise: text: this is a file and no folder\n");
    program_gives("checkpoints list sqlite:.", 2, "",
                  "reprise: .: this is a folder and no SQLite database\n");
    program_gives(
        "checkpoints list gone", 2, "",
        "reprise: gone: there is no store of checkpoints; name the folder or the database "
        "that was given to a run with --store\n");
    program_gives("checkpoints list sqlite:", 2, "",
                  "reprise: sqlite:: a store of checkpoints needs a name: a folder, or an SQLite "
                  "database (a name ending in .db or .sqlite)\n");
    assert_int_equal(program_run("resume questions.json --store gone.db"), 2);
    program_has(program_err, "reprise: gone.db: there is no store of checkpoints; ");
}

static void looking_makes_nothing(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(program_run("checkpoints list nowhere.db"), 2);
    assert_int_equal(program_run("checkpoints verify nowhere"), 2);
    assert_int_equal(program_run("checkpoints prune nowhere --keep 1"), 2);
    assert_int_equal(program_run("checkpoints list file:nowhere"), 2);
    assert_int_not_equal(access("nowhere.db", F_OK), 0);
    assert_int_not_equal(access("nowhere", F_OK), 0);
}

static void a_trace_never_shows_where_its_checkpoints_are(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(program_run("trace questions.json"), 0);
    memcpy(kept, program_out, PROGRAM_TEXT);
    program_gives("trace questions.json --store s", 0, kept, "");
    program_gives("trace questions.json --store s.db", 0, kept, "");
    /* a store that is not empty gives other ids, which are no numbers of the trace's */
    program_gives("trace questions.json --store s", 0, kept, "");
    lists("checkpoints list s --workflow two",
          "id  branch  after  workflow  superstep  under way  open  time ms\n"
          " 0  *           -  two               0          1     0        0\n"
          " 1  *           0  two               1          1     0        0\n"
          " 2  *           1  two               2          0     2        0\n"
          " 3  *           2  two               2          2     0        0\n"
          " 4  *           3  two               3          0     0        0\n"
          " 5  *           -  two               0          1     0        0\n"
          " 6  *           5  two               1          1     0        0\n"
          " 7  *           6  two               2          0     2        0\n"
          " 8  *           7  two               2          2     0        0\n"
          " 9  *           8  two               3          0     0        0\n");
    assert_int_equal(program_run("checkpoints list s --workflow other"), 0);
    program_has(program_out, "\n0 checkpoints of other; the store takes ");
}

/* In all kinds of storage that a scenario can ask for; what needs a place leaves it empty. */
static void passing_checkpoints_leave_nothing_behind(void **state)
{
    static const char *const kinds[] = {"memory", "file", "sqlite"};
    char *at;
    size_t entries;

    (void)state;
    fresh();
    program_run("trace questions.json");
    memcpy(kept, program_out, PROGRAM_TEXT);
    for (size_t i = 0; i < 3; i++) {
        char text[sizeof(questions) + 8];
        at = strstr(questions, "memory");
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - questions), questions, kinds[i],
                 at + strlen("memory"));
        program_write("kind.json", text);
        entries = program_entries(".");
        program_gives("trace kind.json", 0, kept, "");
        assert_int_equal(program_entries("."), entries);
    }
}

/* ---- list ------------------------------------------------------------------------------------ */

static void a_list_draws_the_branches(void **state)
{
    (void)state;
    make("questions.json");
    for (int id = 2; id >= 0; id--) {
        char words[128];
        snprintf(words, sizeof(words), "resume questions.json --store s --fork --checkpoint %d",
                 id);
        assert_int_equal(program_run(words), 0);
    }
    assert_int_equal(program_run("trace nested.json --store s"), 0);
    lists("checkpoints list s",
          "id  branch  after  workflow  superstep  under way  open  time ms\n"
          " 0  *           -  two               0          1     0        0\n"
          " 1  *           0  two               1          1     0        0\n"
          " 2  *           1  two               2          0     2        0\n"
          " 3  *           2  two               2          2     0        0\n"
          " 4  *           3  two               3          0     0        0\n"
          " 5  |-*         2  two               3          0     2        0\n"
          " 6  |-*         1  two               2          0     2        0\n"
          " 7  |-*         0  two               1          1     0        0\n"
          " 8    *         7  two               2          0     2        0\n"
          " 9  *           -  nest              0          1     0        0\n"
          "10  *           9  nest              1          1     0        0\n"
          "11  *          10  nest              2          1     1        0\n"
          "12  *          11  nest              3          0     1        0\n");
    lists("checkpoints list s --workflow=nest",
          "id  branch  after  workflow  superstep  under way  open  time ms\n"
          " 9  *           -  nest              0          1     0        0\n"
          "10  *           9  nest              1          1     0        0\n"
          "11  *          10  nest              2          1     1        0\n"
          "12  *          11  nest              3          0     1        0\n");
}

/* ---- show ------------------------------------------------------------------------------------ */

static void show_tells_what_is_under_way_and_who_waits(void **state)
{
    (void)state;
    make("branches.json");
    assert_int_equal(program_run("checkpoints show s"), 0);
    assert_string_equal(program_err, "");
    program_has(program_out, "checkpoint 3\n"
                             "  workflow    concurrent:bank,desk\n"
                             "  graph       ");
    program_has(program_out, "\n  continues   2\n"
                             "  supersteps  3\n"
                             "  time        0 ms\n"
                             "  size        ");
    program_has(program_out, "\n  state       waits for answers\n"
                             "\nunder way\n"
                             "  nothing\n"
                             "\nwho waits\n"
                             "  bank waits for an answer to p1\n"
                             "  aggregator waits for bank; there are already: desk\n"
                             "\nopen requests\n"
                             "  1  p1, asked by bank: may this run: pay {\"sum\":5}\n"
                             "     answer with {\"request\":1,\"approve\":true}\n"
                             "\nexecutors\n"
                             "  dispatcher (keeps nothing)\n"
                             "  bank (agent)\n"
                             "    session history (2)\n"
                             "      user: \"Pay.\"\n"
                             "      bank: \"One moment.\", calls pay {\"sum\":5}\n");
    program_has(program_out, "  desk (agent)\n"
                             "    session history (2)\n"
                             "      user: \"Pay.\"\n"
                             "      desk: \"\\x1b[2J Open.\"\n");
    program_has(program_out, "\nscripts have answered\n"
                             "  bank: 1 model call\n"
                             "  desk: 1 model call\n");
    assert_int_equal(program_run("checkpoints show s 1"), 0);
    program_has(program_out, "\n  continues   0; continued by 2\n");
    program_has(program_out, "\n  state       the next superstep delivers what is under way\n"
                             "\nunder way\n"
                             "  dispatcher: to be answered: user: \"Pay.\"\n"
                             "\nwho waits\n"
                             "  nobody\n"
                             "\nopen requests\n"
                             "  none\n");
}

static void show_goes_into_nested_workflows(void **state)
{
    (void)state;
    make("nested.json");
    assert_int_equal(program_run("checkpoints show s latest"), 0);
    program_has(program_out, "\nwho waits\n"
                             "  sub waits for an answer to request-1\n"
                             "  all waits for sub; there are already: side\n"
                             "  sub/q waits for an answer to request-1\n");
    program_has(program_out, "  sub (nested workflow)\n"
                             "    q (executor)\n");
    program_has(program_out, "\nshared state\n"
                             "  k: \"why?\"\n");
    assert_int_equal(program_run("checkpoints show s 0"), 0);
    program_has(program_out, "\nunder way\n"
                             "  to in, the input: \"why?\"\n");
}

static void long_texts_are_cut_unless_all_is_wanted(void **state)
{
    char text[1024], long_one[400];

    (void)state;
    fresh();
    memset(long_one, 'x', sizeof(long_one));
    snprintf(text, sizeof(text),
             "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"start\":\"a\",\"executors\":["
             "{\"id\":\"a\",\"op\":\"pass\"}],\"edges\":[]},\"turns\":[{\"run\":\"%.300s\"}]}",
             long_one);
    program_write("long.json", text);
    assert_int_equal(program_run("trace long.json --store s"), 0);
    assert_int_equal(program_run("checkpoints show s 0"), 0);
    snprintf(text, sizeof(text), "the input: \"%.100s...\"\n", long_one);
    program_has(program_out, text);
    assert_int_equal(program_run("checkpoints show s 0 --full"), 0);
    snprintf(text, sizeof(text), "the input: \"%.300s\"\n", long_one);
    program_has(program_out, text);
}

/* ---- diff ------------------------------------------------------------------------------------ */

static void diff_tells_what_changed_in_words(void **state)
{
    (void)state;
    make("nested.json");
    program_gives("checkpoints diff s 1 3", 0,
                  "from checkpoint 1 to checkpoint 3\n"
                  "  supersteps: 1 -> 3\n"
                  "\nunder way\n"
                  "  - in: \"why?\"\n"
                  "\nopen requests\n"
                  "  + request-1 of sub: \"why?\"\n"
                  "\njoins\n"
                  "  all.side: 1 item more\n"
                  "    + \"WHY?\"\n"
                  "\nopen requests sub/\n"
                  "  + request-1 of q: \"why?\"\n",
                  "");
    program_gives("checkpoints diff s 1", 0,
                  "from checkpoint 0 to checkpoint 1\n"
                  "  supersteps: 0 -> 1\n"
                  "\nunder way\n"
                  "  - to in, the input: \"why?\"\n"
                  "  + in: \"why?\"\n"
                  "\nshared state\n"
                  "  k: none -> \"why?\"\n",
                  "");
    program_gives("checkpoints diff s 2 2", 0,
                  "from checkpoint 2 to checkpoint 2\n"
                  "  nothing changed\n",
                  "");
    program_gives("checkpoints diff s 0", 2, "",
                  "reprise checkpoints diff: it continues none; name the other one too; see "
                  "\"reprise checkpoints diff --help\"\n");
}

static void diff_tells_which_messages_came_to_whom(void **state)
{
    (void)state;
    make("branches.json");
    assert_int_equal(program_run("checkpoints diff s 1 2"), 0);
    program_has(program_out, "\nopen requests\n"
                             "  + p1 of bank: may this run: pay {\"sum\":5}\n"
                             "\nexecutor bank\n"
                             "  session history: 2 messages more\n"
                             "    + user: \"Pay.\"\n"
                             "    + bank: \"One moment.\", calls pay {\"sum\":5}\n");
    program_has(program_out, "\nscripts have answered\n"
                             "  bank: none -> 1\n"
                             "  desk: none -> 1\n");
}

/* ---- verify ---------------------------------------------------------------------------------- */

static void verify_finds_a_damaged_file(void **state)
{
    (void)state;
    make("branches.json");
    program_gives("checkpoints verify s", 0, "4 checkpoints verified, all whole\n", "");
    program_gives("checkpoints verify s 1 latest", 0, "2 checkpoints verified, all whole\n", "");
    program_damage("s/0000000002.rpc", 300);
    assert_int_equal(program_run("checkpoints verify s"), 1);
    program_has(program_err, "reprise: s/0000000002.rpc: damaged at byte ");
    program_has(program_out, " damaged\n");
    assert_int_equal(program_run("checkpoints verify s 1"), 0);
    assert_int_equal(program_run("checkpoints verify s 2"), 1);
    program_has(program_out, "checkpoint 2 is damaged: s/0000000002.rpc: damaged at byte ");
    assert_int_equal(program_run("checkpoints list s"), 1);
    program_has(program_out, "\n 1  *           0  concurrent:bank,desk ");
    assert_int_not_equal(program_run("resume branches.json --store s --checkpoint 2 --fork"), 0);
    program_has(program_err, "s/0000000002.rpc: damaged at byte ");
    assert_int_equal(program_run("checkpoints verify s 9"), 2);
}

static void verify_finds_a_damaged_row(void **state)
{
    static char bytes[PROGRAM_TEXT];
    size_t n;
    char *at = NULL;

    (void)state;
    fresh();
    assert_int_equal(program_run("trace branches.json --store s.db"), 0);
    program_gives("checkpoints verify s.db", 0, "4 checkpoints verified, all whole\n", "");
    n = program_read("s.db", bytes);
    for (size_t i = 0; i + 11 < n && !at; i++)
        if (memcmp(bytes + i, "One moment.", 11) == 0)
            at = bytes + i;
    assert_non_null(at);
    program_damage("s.db", at - bytes);
    assert_int_equal(program_run("checkpoints verify s.db"), 1);
    program_has(program_out, "is damaged: ");
    program_has(program_out, "4 checkpoints verified, ");
}

/* ---- prune ----------------------------------------------------------------------------------- */

static void prune_keeps_the_newest(void **state)
{
    static const char *const stores[] = {"s", "s.db"};
    char words[128];

    (void)state;
    fresh();
    for (size_t i = 0; i < 2; i++) {
        snprintf(words, sizeof(words), "trace questions.json --store %s", stores[i]);
        assert_int_equal(program_run(words), 0);
        snprintf(words, sizeof(words), "checkpoints prune %s --keep 2 --dry-run", stores[i]);
        program_gives(words, 0,
                      "3 checkpoints would go: 0, 1, 2\n"
                      "2 checkpoints would stay\n",
                      "");
        snprintf(words, sizeof(words), "checkpoints prune %s --keep 2", stores[i]);
        assert_int_equal(program_run(words), 0);
        program_has(program_out, "3 checkpoints removed: 0, 1, 2\n"
                                 "2 checkpoints left\n"
                                 "the store took ");
        snprintf(words, sizeof(words), "checkpoints verify %s", stores[i]);
        program_gives(words, 0, "2 checkpoints verified, all whole\n", "");
        snprintf(words, sizeof(words), "resume questions.json --store %s --checkpoint 3 --fork",
                 stores[i]);
        assert_int_equal(program_run(words), 0);
        program_has(program_out, "state   IDLE\n");
    }
}

static void prune_goes_by_workflow_time_and_number(void **state)
{
    (void)state;
    make("questions.json");
    assert_int_equal(program_run("trace nested.json --store s"), 0);
    program_gives("checkpoints prune s --keep 0 --workflow nest --dry-run", 0,
                  "4 checkpoints would go: 5, 6, 7, 8\n"
                  "0 checkpoints would stay\n",
                  "");
    program_gives("checkpoints prune s --before-ms 0", 0,
                  "0 checkpoints removed\n"
                  "9 checkpoints left\n",
                  "");
    program_gives("checkpoints prune s --before-ms 1 --keep 8 --dry-run", 0,
                  "1 checkpoint would go: 0\n"
                  "8 checkpoints would stay\n",
                  "");
    assert_int_equal(program_run("checkpoints prune s 1 7"), 0);
    program_has(program_out, "2 checkpoints removed: 1, 7\n");
    program_gives("checkpoints verify s", 0, "7 checkpoints verified, all whole\n", "");
    assert_int_equal(program_run("checkpoints prune s 1"), 2);
    program_has(program_err, "checkpoint 1 ");
}

/* ---- export ---------------------------------------------------------------------------------- */

static void an_export_is_the_same_from_every_store(void **state)
{
    (void)state;
    make("nested.json");
    assert_int_equal(program_run("checkpoints export s 3"), 0);
    memcpy(kept, program_out, PROGRAM_TEXT);
    program_has(kept, "{\n"
                      "  \"format\": \"reprise-checkpoint\",\n"
                      "  \"version\": 1,\n"
                      "  \"id\": 3,\n"
                      "  \"previous\": 2,\n"
                      "  \"workflow\": \"nest\",\n");
    program_has(kept, "    \"joins\": {\n"
                      "      \"all <- sub <- side\": [\n"
                      "        [],\n"
                      "        [\n"
                      "          \"WHY?\"\n"
                      "        ]\n"
                      "      ]\n"
                      "    },\n");
    program_has(kept, "        \"id\": \"request-1\",\n"
                      "        \"executor\": \"sub\",\n"
                      "        \"data\": \"why?\",\n");
    program_has(kept, "    \"shared\": {\n"
                      "      \"k\": \"why?\"\n"
                      "    },\n");
    assert_int_equal(program_run("trace nested.json --store s.db"), 0);
    program_gives("checkpoints export s.db", 0, kept, "");
    program_gives("checkpoints export s.db 3 -o out.json", 0, "", "");
    program_read("out.json", program_out);
    assert_string_equal(program_out, kept);
    assert_int_equal(program_run("checkpoints export s.db 3 -o nowhere/out.json"), 2);
    program_has(program_err, "reprise: nowhere/out.json: ");
}

/* ---- usage ----------------------------------------------------------------------------------- */

static void bad_usage_is_told(void **state)
{
    static const char *const bad[][2] = {
        {"checkpoints", "a command is missing"},
        {"checkpoints fly s", "unknown command fly"},
        {"checkpoints list", "the store is missing"},
        {"checkpoints list s t", "one file too many: t"},
        {"checkpoints show s 1 2", "one checkpoint too many: 2"},
        {"checkpoints show s one", "not the number of a checkpoint: one"},
        {"checkpoints prune s", "say what may go: --keep, --before-ms, numbers"},
        {"checkpoints prune s --keep", "nothing follows --keep"},
        {"checkpoints prune s --keep -1", "--keep takes a number, not -1"},
        {"checkpoints prune s --keep 99999999999999999999",
         "--keep takes a number, not 99999999999999999999"},
        {"checkpoints prune s 1 --keep 3", "it is either numbers or the options"},
        {"checkpoints diff s", "a store and a checkpoint are needed"},
        {"checkpoints export s --out x", "unknown option --out"},
    };

    (void)state;
    make("questions.json");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(program_run(bad[i][0]), 2);
        assert_string_equal(program_out, "");
        program_has(program_err, bad[i][1]);
        program_has(program_err, "; see \"reprise checkpoints");
    }
    assert_int_equal(program_run("checkpoints show s 7"), 2);
    program_has(program_err, "checkpoint 7");
}

static void every_command_has_a_help(void **state)
{
    static const char *const commands[] = {"list", "show", "verify", "diff", "prune", "export"};
    char words[64], first[64];

    (void)state;
    assert_int_equal(program_run("checkpoints --help"), 0);
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        snprintf(words, sizeof(words), "checkpoints %s --help", commands[i]);
        assert_int_equal(program_run(words), 0);
        snprintf(first, sizeof(first), "usage: reprise checkpoints %s STORE", commands[i]);
        program_has(program_out, first);
        assert_string_equal(program_err, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_says_which_kind_of_store_is_meant),
        cmocka_unit_test(a_store_that_is_none_is_told_with_place_and_remedy),
        cmocka_unit_test(looking_makes_nothing),
        cmocka_unit_test(a_trace_never_shows_where_its_checkpoints_are),
        cmocka_unit_test(passing_checkpoints_leave_nothing_behind),
        cmocka_unit_test(a_list_draws_the_branches),
        cmocka_unit_test(show_tells_what_is_under_way_and_who_waits),
        cmocka_unit_test(show_goes_into_nested_workflows),
        cmocka_unit_test(long_texts_are_cut_unless_all_is_wanted),
        cmocka_unit_test(diff_tells_what_changed_in_words),
        cmocka_unit_test(diff_tells_which_messages_came_to_whom),
        cmocka_unit_test(verify_finds_a_damaged_file),
        cmocka_unit_test(verify_finds_a_damaged_row),
        cmocka_unit_test(prune_keeps_the_newest),
        cmocka_unit_test(prune_goes_by_workflow_time_and_number),
        cmocka_unit_test(an_export_is_the_same_from_every_store),
        cmocka_unit_test(bad_usage_is_told),
        cmocka_unit_test(every_command_has_a_help),
    };

    return cmocka_run_group_tests(tests, program_enter, program_leave);
}
