/* test_end_to_end.c - a scenario with the real client over real connections to `reprise serve`,
 * recorded, and then replayed by a process that the kernel ends when it asks for a socket: the
 * trace is the same, byte for byte, and the one that the scripts give. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/story/live_child.h"
#include "tests/story/program.h"
#include "tests/support/cm.h"

enum { CASES = 128, PATH = 512 };

/* ---- scenarios ------------------------------------------------------------------------------- */

static struct {
    char name[128];
    char *text;
} cases[CASES];
static size_t n_cases;

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(CHILD_TEXT);
    size_t n;

    assert_non_null(file);
    assert_non_null(text);
    n = fread(text, 1, CHILD_TEXT - 1, file);
    text[n] = '\0';
    fclose(file);
    return text;
}

static void write_file(const char *path, const char *before, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fputs(before, file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* All of tests/conformance, while the test still stands in the project's folder. */
static void read_cases(void)
{
    DIR *folder = opendir("tests/conformance");
    struct dirent *entry;
    char path[PATH];

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        size_t n = strlen(entry->d_name);
        if (n < 5 || strcmp(entry->d_name + n - 5, ".json") != 0)
            continue;
        assert_true(n_cases < CASES);
        snprintf(cases[n_cases].name, sizeof(cases[n_cases].name), "%.100s", entry->d_name);
        n_cases++;
    }
    closedir(folder);
    qsort(cases, n_cases, sizeof(*cases), by_name);
    for (size_t i = 0; i < n_cases; i++) {
        snprintf(path, sizeof(path), "tests/conformance/%.127s", cases[i].name);
        cases[i].text = read_file(path);
    }
}

static int enter(void **state)
{
    child_find();
    read_cases();
    return program_enter(state);
}

static int leave(void **state)
{
    for (size_t i = 0; i < n_cases; i++)
        free(cases[i].text);
    return program_leave(state);
}

/* ---- one scenario, all the way --------------------------------------------------------------- */

static void run(struct child *c, int offline, const char *format, ...)
{
    char words[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    child_run(c, words, NULL, offline);
}

static void is_same(const char *name, const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) != 0)
        print_error("%s: %s\n", name, what);
    assert_string_equal(a, b);
}

/* Where two agents are asked at the same time, and one of them fails, it is a matter of
 * microseconds whether the other one completes before. */
static int is_a_race(const char *name)
{
    return strcmp(name, "concurrent-one-fails.json") == 0;
}

/* s.json is served, recorded in mode "once" and replayed. */
static void goes_all_the_way(const char *name, const char *dialect)
{
    struct child scripted, recorded, replayed;
    const char *url = child_serve("s.json");

    remove("c.db");
    run(&recorded, 0, "trace s.json --cassette c.db --mode once --model m --dialect %s %s %s %s",
        dialect, "--lane-header X-Reprise-Lane --base-url", url, "");
    child_stop();
    run(&replayed, 1, "trace s.json --cassette c.db");
    run(&scripted, 1, "trace s.json");
    is_same(name, "recorded, then replayed", replayed.out, recorded.out);
    if (!is_a_race(name))
        is_same(name, "recorded, then scripted", scripted.out, recorded.out);
    if (recorded.status != 0 || replayed.status != 0)
        print_error("%s: %s%s", name, recorded.err, replayed.err);
    assert_int_equal(recorded.status, 0);
    assert_int_equal(replayed.status, 0);
    child_free(&scripted);
    child_free(&recorded);
    child_free(&replayed);
}

static int has_stream(const char *text)
{
    return strstr(text, "\"stream\":") != NULL;
}

static void every_scenario_goes_all_the_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_cases; i++) {
        write_file("s.json", "", cases[i].text);
        goes_all_the_way(cases[i].name, "chat");
    }
    assert_true(n_cases > 50);
}

static void every_scenario_goes_all_the_way_streamed(void **state)
{
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < n_cases; i++) {
        const char *open = strchr(cases[i].text, '{');
        if (has_stream(cases[i].text))
            continue;
        write_file("s.json", "{\"stream\":true,", open + 1);
        goes_all_the_way(cases[i].name, "chat");
        n++;
    }
    assert_true(n > 40);
}

static void the_other_dialects_go_all_the_way(void **state)
{
    static const char *const some[] = {"concurrent-three-agents.json",
                                       "group-chat-coordinator-agent.json",
                                       "group-chat-tool-in-participant.json",
                                       "handoff-plain-tool-then-handoff.json",
                                       "handoff-streaming.json",
                                       "magentic-stall-replan.json",
                                       "sequential-streaming.json"};

    (void)state;
    for (size_t i = 0; i < n_cases; i++)
        for (size_t k = 0; k < sizeof(some) / sizeof(*some); k++)
            if (strcmp(cases[i].name, some[k]) == 0) {
                write_file("s.json", "", cases[i].text);
                goes_all_the_way(some[k], "responses");
                goes_all_the_way(some[k], "anthropic");
            }
}

/* In mode "all" the service is asked again what it was asked before the checkpoint, and, scripts
 * there going on, says other things: both are kept, each for its turn. */
static void what_is_asked_again_after_a_checkpoint_is_replayed_in_its_turn(void **state)
{
    struct child recorded, replayed;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < n_cases; i++) {
        const char *url;
        if (!strstr(cases[i].name, "-checkpoint-resume."))
            continue;
        write_file("s.json", "", cases[i].text);
        remove("c.db");
        url = child_serve("s.json");
        run(&recorded, 0,
            "trace s.json --cassette c.db --mode all --model m --lane-header %s %s %s",
            "X-Reprise-Lane --base-url", url, "");
        child_stop();
        run(&replayed, 1, "trace s.json --cassette c.db");
        is_same(cases[i].name, "recorded, then replayed", replayed.out, recorded.out);
        assert_int_equal(recorded.status, 0);
        assert_int_equal(replayed.status, 0);
        child_free(&recorded);
        child_free(&replayed);
        n++;
    }
    assert_true(n >= 4);
}

/* ---- no socket ------------------------------------------------------------------------------- */

static void who_asks_for_a_socket_is_killed(void **state)
{
    struct child c;

    (void)state;
    write_file("s.json", "", cases[0].text);
    run(&c, 1,
        "trace s.json --cassette n.db --mode all --model m --base-url http://127.0.0.1:9/v1");
    assert_int_equal(c.status, 128 + SIGSYS); /* so the other tests prove what they say */
    child_free(&c);
    remove("n.db");
}

/* ---- faults ---------------------------------------------------------------------------------- */

#define SCENARIO(replies, turns)                                                                   \
    "{\"scenario\":1,\"agents\":[{\"name\":\"anna\",\"model\":{\"script\":[" replies               \
    "]}}],\"workflow\":{\"pattern\":\"sequential\",\"participants\":[\"anna\"]},"                  \
    "\"turns\":[" turns "]}"
#define FAULTS                                                                                     \
    "{\"error\":{\"status\":400,\"message\":\"no such model\"}},"                                  \
    "{\"error\":{\"malformed\":true}},"                                                            \
    "{\"error\":{\"cut_after\":1},\"chunks\":[\"one \",\"two \",\"three\"]},"                      \
    "{\"error\":\"it fails\"},"
#define TURNS "{\"run\":\"a\"},{\"run\":\"b\"},{\"run\":\"c\"},{\"run\":\"d\"},{\"run\":\"e\"}"

/* A service that is busy once is asked again, so that its next reply answers; for the run it is as
 * if it had not been busy. */
static void faults_are_recorded_and_replayed(const char *streamed)
{
    struct child busy, replayed, scripted;
    const char *url;

    write_file("s.json", streamed,
               &SCENARIO(FAULTS "{\"error\":{\"status\":503}},{\"text\":\"fine\"}", TURNS)[1]);
    write_file("calm.json", streamed, &SCENARIO(FAULTS "{\"text\":\"fine\"}", TURNS)[1]);
    url = child_serve("s.json");
    remove("c.db");
    run(&busy, 0, "trace s.json --cassette c.db --mode once --model m --base-url %s", url);
    child_stop();
    run(&replayed, 1, "trace s.json --cassette c.db");
    run(&scripted, 1, "trace calm.json");
    assert_string_equal(busy.out, scripted.out);
    assert_string_equal(replayed.out, busy.out);
    assert_string_equal(busy.err, "reprise: c.db: 6 recorded\n");
    assert_string_equal(replayed.err, "reprise: c.db: 6 replayed\n");
    assert_int_equal(replayed.status, 0);
    child_free(&busy);
    child_free(&replayed);
    child_free(&scripted);
}

static void faults_go_all_the_way(void **state)
{
    (void)state;
    faults_are_recorded_and_replayed("{");
    faults_are_recorded_and_replayed("{\"stream\":true,");
}

/* ---- what differs ---------------------------------------------------------------------------- */

#define TWO    SCENARIO("{\"text\":\"one\"},{\"text\":\"two\"}", "{\"run\":\"a\"},{\"run\":\"b\"}")
#define OTHER  SCENARIO("{\"text\":\"one\"},{\"text\":\"two\"}", "{\"run\":\"a\"},{\"run\":\"B\"}")
#define FEWER  SCENARIO("{\"text\":\"one\"},{\"text\":\"two\"}", "{\"run\":\"a\"}")
#define DRIFTS SCENARIO("{\"text\":\"one\"},{\"text\":\"three\"}", "{\"run\":\"a\"}")

static void record(const char *text)
{
    struct child c;
    const char *url;

    write_file("s.json", "", text);
    url = child_serve("s.json");
    remove("c.db");
    run(&c, 0, "record s.json --cassette c.db --model m --base-url %s", url);
    child_stop();
    if (c.status != 0)
        print_error("%s", c.err);
    assert_int_equal(c.status, 0);
    child_free(&c);
}

static void a_changed_prompt_misses_loudly(void **state)
{
    struct child c;

    (void)state;
    record(TWO);
    write_file("other.json", "", OTHER);
    run(&c, 1, "trace other.json --cassette c.db");
    assert_int_equal(c.status, 1);
    assert_non_null(strstr(c.err, "1 replayed, 1 missed, 1 unused"));
    assert_non_null(strstr(c.err, "/messages/"));
    assert_non_null(strstr(c.err, "\"B\""));
    assert_non_null(strstr(c.err, "\"b\""));
    child_free(&c);
}

static void a_changed_prompt_may_be_masked(void **state)
{
    struct child c;

    (void)state;
    record(TWO);
    write_file("other.json", "", OTHER);
    run(&c, 1, "trace other.json --cassette c.db --mask /messages/*/content");
    assert_string_equal(
        c.err, "reprise: c.db: 2 replayed\nreprise: c.db: mask /messages/*/content: 4 places\n");
    assert_int_equal(c.status, 0);
    child_free(&c);
}

static void a_recording_that_nobody_asks_for_is_told(void **state)
{
    struct child c;

    (void)state;
    record(TWO);
    write_file("fewer.json", "", FEWER);
    run(&c, 1, "run fewer.json --cassette c.db");
    assert_string_equal(c.err,
                        "reprise: c.db: 1 replayed, 1 unused\nreprise: c.db: nobody asked for 2; "
                        "look at one with \"reprise cassette show c.db ID\", remove what is out of "
                        "date with \"reprise cassette edit c.db ID --remove\"\n");
    assert_int_equal(c.status, 1);
    child_free(&c);
}

static void a_reply_that_has_drifted_is_told_and_the_cassette_stays_as_it_is(void **state)
{
    char *before, *after;
    const char *url;
    struct child c;

    (void)state;
    record(TWO);
    before = read_file("c.db");
    write_file("drifts.json", "", DRIFTS);
    url = child_serve("drifts.json");
    run(&c, 0, "trace s.json --cassette c.db --mode diff --base-url %s", url);
    child_stop();
    assert_int_equal(c.status, 1);
    assert_non_null(strstr(c.err, "1 drifted"));
    assert_non_null(strstr(c.err, "three"));
    after = read_file("c.db");
    assert_string_equal(after, before);
    free(before);
    free(after);
    child_free(&c);
}

static void a_cassette_tests_a_scenario_against_its_trace(void **state)
{
    struct child c;

    (void)state;
    record(TWO);
    run(&c, 1, "test --update s.json");
    child_free(&c);
    run(&c, 1, "test s.json --cassette c.db");
    assert_string_equal(c.out, "1 scenario agrees\n");
    assert_string_equal(c.err, "reprise: c.db: 2 replayed\n");
    assert_int_equal(c.status, 0);
    child_free(&c);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static int has_bytes(const char *path, const char *what)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, CHILD_TEXT);
    size_t n, m = strlen(what);
    int found = 0;

    assert_non_null(file);
    n = fread(text, 1, CHILD_TEXT, file);
    fclose(file);
    for (size_t i = 0; i + m <= n && !found; i++)
        found = memcmp(text + i, what, m) == 0;
    free(text);
    return found;
}

static void a_key_comes_from_the_environment_and_is_not_written(void **state)
{
    char *const environment[] = {(char *)"THE_KEY=canary-5d41402abc4b2a76", NULL};
    const char *url;
    char words[512];
    struct child c;

    (void)state;
    write_file("s.json", "", TWO);
    url = child_serve("s.json");
    remove("c.db");
    snprintf(words, sizeof(words),
             "record s.json --cassette c.db --model m --api-key-env THE_KEY --base-url %s", url);
    child_run(&c, words, NULL, 0);
    assert_string_equal(c.err, "reprise: s.json: the environment variable THE_KEY is not set; it "
                               "holds the API key for the model of anna\n");
    assert_int_equal(c.status, 2);
    child_free(&c);
    child_run(&c, words, environment, 0);
    child_stop();
    assert_int_equal(c.status, 0);
    child_free(&c);
    assert_true(has_bytes("c.db", "Authorization"));
    assert_false(has_bytes("c.db", "canary"));
}

/* ---- usage ----------------------------------------------------------------------------------- */

static void what_cannot_be_meant_is_told(void **state)
{
    static const struct {
        const char *words, *told;
    } wrong[] = {
        {"trace s.json --model m", "reprise trace: --model goes with --cassette or --base-url; see "
                                   "\"reprise trace --help\"\n"},
        {"trace s.json --mode all",
         "reprise trace: --mode goes with --cassette; see \"reprise trace --help\"\n"},
        {"trace s.json --base-url http://h/v1 --mask /a",
         "reprise trace: --mask goes with --cassette; see \"reprise trace --help\"\n"},
        {"trace s.json --cassette none.db",
         "reprise: none.db: there is no such cassette; give its path, or record it first\n"},
        {"trace s.json --cassette none.db --mode sometimes",
         "reprise trace: --mode takes none, once, new, all or diff: sometimes; see \"reprise trace "
         "--help\"\n"},
        {"trace s.json --cassette none.db --match roughly",
         "reprise trace: --match takes strict, structural or sequence: roughly; see \"reprise "
         "trace --help\"\n"},
        {"trace s.json --cassette none.db --match strict --mask /a",
         "reprise trace: --mask goes with --match structural: strict; see \"reprise trace "
         "--help\"\n"},
        {"trace s.json --cassette none.db --dialect french",
         "reprise trace: --dialect takes chat, responses or anthropic: french; see \"reprise trace "
         "--help\"\n"},
        {"trace s.json --cassette none.db --timeout soon",
         "reprise trace: --timeout takes seconds: soon; see \"reprise trace --help\"\n"},
        {"trace s.json --cassette s.json", "reprise: s.json: the file is no SQLite database; it "
                                           "was left as it is: give the path of a cassette\n"},
        {"record s.json", "reprise record: --cassette is missing; see \"reprise record --help\"\n"},
        {"record s.json --cassette c.db --mode none",
         "reprise record: nothing is recorded in mode none; see \"reprise record --help\"\n"},
        {"record s.json --cassette fresh.db",
         "reprise: s.json: no model is named for anna; give --model, or \"service\": {\"model\": "
         "...} in the scenario\n"},
        {"record s.json --cassette fresh.db --redact secret",
         "reprise: secret: is no rule; rules are header:NAME, query:NAME, key:NAME, json:/POINTER, "
         "pattern:REGEX and text:SECRET\n"},
    };
    struct child c;

    (void)state;
    write_file("s.json", "", TWO);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        child_run(&c, wrong[i].words, NULL, 1);
        is_same(wrong[i].words, "is told", c.err, wrong[i].told);
        assert_int_equal(c.status, 2);
        assert_int_not_equal(access("fresh.db", F_OK), 0);
        child_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_goes_all_the_way),
        cmocka_unit_test(every_scenario_goes_all_the_way_streamed),
        cmocka_unit_test(the_other_dialects_go_all_the_way),
        cmocka_unit_test(what_is_asked_again_after_a_checkpoint_is_replayed_in_its_turn),
        cmocka_unit_test(who_asks_for_a_socket_is_killed),
        cmocka_unit_test(faults_go_all_the_way),
        cmocka_unit_test(a_changed_prompt_misses_loudly),
        cmocka_unit_test(a_changed_prompt_may_be_masked),
        cmocka_unit_test(a_recording_that_nobody_asks_for_is_told),
        cmocka_unit_test(a_reply_that_has_drifted_is_told_and_the_cassette_stays_as_it_is),
        cmocka_unit_test(a_cassette_tests_a_scenario_against_its_trace),
        cmocka_unit_test(a_key_comes_from_the_environment_and_is_not_written),
        cmocka_unit_test(what_cannot_be_meant_is_told),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
