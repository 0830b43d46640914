/* test_cassette_cli.c - `reprise cassette`, as its user meets it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/story/program.h"
#include "tests/support/cm.h"

/* Two lanes: a call with a tool and a retry after a refusal; a stream that broke. */
static const char talk[] =
    "{\"lane\":\"desk\",\"order\":1,\"dialect\":\"chat\",\"model\":\"m\",\"method\":\"POST\","
    "\"url\":\"https://h/v1/chat/completions\",\"request_headers\":[[\"authorization\","
    "\"[redacted:1]\"]],\"request\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\","
    "\"content\":\"Rain?\"}]},\"status\":429,\"headers\":[[\"retry-after\",\"1\"]],"
    "\"response\":{\"error\":{\"message\":\"Slow down\"}},\"chunks\":[[33,0]],\"started_us\":0,"
    "\"head_us\":1500,\"end_us\":0,\"recorded_at\":\"2026-11-20T16:10:15Z\",\"source\":\"record\"}"
    "\n"
    "{\"lane\":\"desk\",\"order\":1,\"attempt\":1,\"dialect\":\"chat\",\"model\":\"m\","
    "\"method\":\"POST\",\"url\":\"https://h/v1/chat/completions\",\"request_headers\":[],"
    "\"request\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Rain?\"}],"
    "\"temperature\":0.5},\"status\":200,\"headers\":[[\"content-length\",\"327\"]],\"response\":"
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":["
    "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Let me see.\",\"tool_calls\":["
    "{\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]},"
    "\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,"
    "\"total_tokens\":13}},\"chunks\":[[100,0],[227,2000]],\"started_us\":2000000,\"head_us\":1000,"
    "\"end_us\":0,\"recorded_at\":\"2026-11-20T16:10:17Z\",\"source\":\"record\"}\n"
    "{\"lane\":\"bank\",\"order\":1,\"dialect\":\"chat\",\"model\":\"n\",\"stream\":true,"
    "\"method\":\"POST\",\"url\":\"https://h/v1/chat/completions\",\"request_headers\":[],"
    "\"request\":{\"model\":\"n\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
    "\"Pay\\u001b[2J.\"}]},\"status\":200,\"headers\":[[\"content-type\",\"text/event-stream\"]],"
    "\"response\":\"data: {\\\"id\\\":\\\"c2\\\",\\\"choices\\\":[{\\\"index\\\":0,\\\"delta\\\":"
    "{\\\"content\\\":\\\"On it\\\"}}]}\\n\\n\",\"chunks\":[[40,0],[30,100],[1,100]],"
    "\"started_us\":2500000,\"head_us\":900,\"end_us\":50,\"failure\":[\"reset\","
    "\"the connection broke\"],\"source\":\"record\"}\n"
    "{\"tool\":\"look\",\"lane\":\"desk\",\"call_id\":\"t1\",\"arguments\":\"{}\","
    "\"result\":\"\\\"dry\\\"\",\"after\":2}\n";

static void fresh(void)
{
    program_remove("a.cassette");
    program_remove("b.cassette");
    program_remove("c.cassette");
    program_write("talk.jsonl", talk);
    program_gives("cassette import a.cassette talk.jsonl", 0,
                  "3 exchanges and 1 tool result added to a.cassette\n", "");
}

/* ---- looking --------------------------------------------------------------------------------- */

static void a_cassette_is_listed(void **state)
{
    (void)state;
    fresh();
    program_gives(
        "cassette list a.cassette", 0,
        "id  lane  call  retry  dialect  model  status           reply   bytes  pieces   ms  "
        "tokens  recorded at\n"
        " 1  desk     1      0  chat     m      429              whole      33       1  1.5      "
        " -  2026-11-20T16:10:15Z\n"
        " 2  desk     1      1  chat     m      200              whole     327       2  3.0   "
        "9 + 4  2026-11-20T16:10:17Z\n"
        " 3  bank     1      0  chat     n      reset after 200  stream     71       3  1.1      "
        " -  -\n"
        "\n3 exchanges in 2 lanes, 1 tool result\n",
        "");
}

static void an_exchange_is_shown_as_a_conversation(void **state)
{
    (void)state;
    fresh();
    program_gives(
        "cassette show a.cassette 2", 0,
        "exchange 2\n"
        "  lane        desk, call 1, retry 1\n"
        "  model       m, dialect chat\n"
        "  asked       POST https://h/v1/chat/completions\n"
        "  answered    200, 327 B in 2 pieces\n"
        "  time        2000.0 ms into the recording; head after 1.0 ms, all after 3.0 ms\n"
        "  recorded    2026-11-20T16:10:17Z, from record\n"
        "  digest      d98f946b7b42\n"
        "\nrequest\n"
        "  user: \"Rain?\"\n"
        "  options: temperature 0.5\n"
        "\nreply\n"
        "  assistant: \"Let me see.\", calls look {}\n"
        "  finished: tool_calls; 9 tokens in, 4 out\n"
        "\nreply headers\n"
        "  content-length: 327\n"
        "\ntools that ran then\n"
        "  look {} gave \"dry\"\n",
        "");
}

static void an_exchange_that_broke_off_says_so(void **state)
{
    (void)state;
    fresh();
    assert_int_equal(program_run("cassette show a.cassette 3"), 0);
    program_has(program_out, "\n  answered    reset after 200, a stream, 71 B in 3 pieces\n"
                             "  failure     the connection broke\n");
    program_has(program_out, "\n  user: \"Pay\\x1b[2J.\"\n"); /* no terminal is driven by it */
    program_has(program_out, "\nreply\n  assistant: \"On it\"\n  broken: ");
    assert_int_equal(program_run("cassette show a.cassette 1"), 0);
    program_has(program_out, "\nreply\n  \"{\"error\":{\"message\":\"Slow down\"}}\"\n");
}

static void an_exchange_is_shown_as_bytes_and_as_json(void **state)
{
    (void)state;
    fresh();
    program_gives("cassette show a.cassette 1 --raw", 0,
                  "POST https://h/v1/chat/completions\r\nauthorization: [redacted:1]\r\n\r\n"
                  "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Rain?\"}]}\r\n"
                  "429\r\nretry-after: 1\r\n\r\n{\"error\":{\"message\":\"Slow down\"}}\r\n",
                  "");
    assert_int_equal(program_run("cassette show a.cassette --json"), 0);
    assert_memory_equal(program_out, talk, strlen(program_out));
}

static void a_cassette_is_verified_and_damage_is_told(void **state)
{
    static char bytes[PROGRAM_TEXT];
    size_t n, at = 0;

    (void)state;
    fresh();
    program_gives("cassette verify a.cassette", 0, "3 exchanges verified, all whole\n", "");
    n = program_read("a.cassette", bytes);
    while (at + 9 < n && memcmp(bytes + at, "Slow down", 9) != 0)
        at++;
    program_damage("a.cassette", (long)at);
    assert_int_equal(program_run("cassette verify a.cassette"), 1);
    assert_string_equal(program_out, "3 exchanges verified, 1 fault\n");
    program_has(program_err, "reprise: a.cassette: interaction 1");
}

/* ---- editing --------------------------------------------------------------------------------- */

static void a_place_of_a_reply_is_set(void **state)
{
    (void)state;
    fresh();
    program_gives("cassette edit a.cassette 2 --set /choices/0/message/content=\"Dry.\" --set "
                  "request:/temperature=1",
                  0,
                  "exchange 2\n"
                  "  reply /choices/0/message/content: \"Let me see.\" -> \"Dry.\"\n"
                  "  request /temperature: 0.5 -> 1\n"
                  "  2 pieces of the reply: now one, as late as the last\n"
                  "  digest: d98f946b7b42 -> 9db7e13e6c64\n",
                  "");
    assert_int_equal(program_run("cassette show a.cassette 2 --raw"), 0);
    program_has(program_out, "\"temperature\":1}\r\n200\r\ncontent-length: 320\r\n");
    program_gives("cassette verify a.cassette", 0, "3 exchanges verified, all whole\n", "");
}

static void status_body_and_lane_are_changed(void **state)
{
    (void)state;
    fresh();
    program_write("body", "{\"a\":1}");
    program_gives("cassette edit a.cassette 3 --body body --status 503 --lane desk", 0,
                  "exchange 3\n"
                  "  reply: 71 B -> 7 B\n"
                  "  3 pieces of the reply: now one, as late as the last\n"
                  "  status: 200 -> 503; it no longer fails\n"
                  "  lane: bank, call 1 -> desk, call 2\n",
                  "");
    program_gives("cassette edit a.cassette --rename-lane desk=front", 0,
                  "3 exchanges of desk are now of front\n", "");
    program_gives("cassette edit a.cassette 1 --remove", 0, "exchange 1: removed\n", "");
    assert_int_equal(program_run("cassette export a.cassette --format jsonl"), 0);
    program_has(program_out, "{\"lane\":\"front\",\"order\":2,");
    program_has(program_out, "{\"tool\":\"look\",\"lane\":\"front\",");
    program_gives("cassette verify a.cassette", 0, "2 exchanges verified, all whole\n", "");
}

static void what_cannot_be_edited_is_told_and_changes_nothing(void **state)
{
    static const struct {
        const char *words, *told;
    } wrong[] = {
        {"1 --set /a", "reprise: a.cassette: exchange 1: --set takes POINTER=JSON, as "
                       "/choices/0/message/content=\"Hello\"\n"},
        {"1 --set /a=b",
         "reprise: /a: what follows \"=\" is no JSON (expected a value, found 'b'); "
         "a text stands in double quotes\n"},
        {"1 --set a=1", "reprise: a: a pointer begins with a slash\n"},
        {"1 --set /x/y=1", "reprise: /x/y: a step before its last names no key that there is\n"},
        {"1 --set /error/message/z=1",
         "reprise: /error/message/z: it leads into something that is no object and no list\n"},
        {"2 --set /choices/7=1", "reprise: /choices/7: the list is not that long\n"},
        {"2 --set /choices/x=1", "reprise: /choices/x: a list has numbers for steps, from 0\n"},
        {"3 --set /a=1",
         "reprise: a.cassette: exchange 3: its body is no JSON (a stream, perhaps); "
         "give all of it with --body FILE\n"},
        {"--rename-lane x=y",
         "reprise: a.cassette: there is no lane \"x\"; `reprise cassette list` "
         "shows which there are\n"},
        {"", "reprise cassette edit: the number of an exchange is missing; see \"reprise cassette "
             "edit --help\"\n"},
        {"1", "reprise cassette edit: nothing is to be changed; see \"reprise cassette edit "
              "--help\"\n"},
        {"1 --status 9", "reprise cassette edit: a status is from 100 to 999, not 9; see \"reprise "
                         "cassette edit --help\"\n"},
        {"1 --remove --status 200", "reprise cassette edit: what is removed cannot be changed too; "
                                    "see \"reprise cassette edit --help\"\n"},
        {"1 --rename-lane a=b", "reprise cassette edit: --rename-lane stands alone, without an "
                                "exchange; see \"reprise cassette edit --help\"\n"},
        {"--rename-lane ab",
         "reprise cassette edit: --rename-lane takes A=B, not ab; see \"reprise "
         "cassette edit --help\"\n"},
    };
    char words[200];

    (void)state;
    fresh();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        snprintf(words, sizeof(words), "cassette edit a.cassette %s", wrong[i].words);
        program_gives(words, 2, "", wrong[i].told);
    }
    program_gives("cassette export a.cassette --format jsonl", 0, talk,
                  "3 exchanges and 1 tool result exported\n");
}

/* ---- merging --------------------------------------------------------------------------------- */

static void cassettes_are_merged_and_what_is_there_is_left_out(void **state)
{
    (void)state;
    fresh();
    program_gives("cassette merge b.cassette a.cassette", 0,
                  "3 exchanges and 1 tool result added to b.cassette\n", "");
    program_gives("cassette export b.cassette --format jsonl", 0, talk,
                  "3 exchanges and 1 tool result exported\n");
    program_gives("cassette edit b.cassette 2 --set /id=\"x\"", 0,
                  "exchange 2\n  reply /id: \"c1\" -> \"x\"\n"
                  "  2 pieces of the reply: now one, as late as the last\n",
                  "");
    program_gives(
        "cassette merge c.cassette a.cassette b.cassette", 0,
        "  the same again: b.cassette, exchange 1 (desk, call 1)\n"
        "  the same again: b.cassette, exchange 3 (bank, call 1)\n"
        "4 exchanges and 2 tool results added to c.cassette, 2 left out that were there\n",
        "");
    assert_int_equal(program_run("cassette list c.cassette"), 0);
    program_has(program_out, "\n 4  desk     2      1  ");
    program_gives("cassette merge c.cassette c.cassette", 2, "",
                  "reprise cassette merge: a cassette cannot be added to itself: c.cassette; see "
                  "\"reprise cassette merge --help\"\n");
}

/* ---- import and export ----------------------------------------------------------------------- */

static void an_import_that_fails_makes_and_changes_nothing(void **state)
{
    static char before[PROGRAM_TEXT], after[PROGRAM_TEXT];
    size_t n;

    (void)state;
    fresh();
    program_write("bad.jsonl", "{\"url\":\"u\",\"status\":\"ok\"}\n");
    program_gives("cassette import b.cassette talk.jsonl bad.jsonl", 2, "",
                  "reprise: bad.jsonl: line 1: status: no whole number from 0 to 999\n");
    assert_int_not_equal(access("b.cassette", F_OK), 0);
    n = program_read("a.cassette", before);
    program_gives("cassette import a.cassette talk.jsonl bad.jsonl", 2, "",
                  "reprise: bad.jsonl: line 1: status: no whole number from 0 to 999\n");
    assert_int_equal(program_read("a.cassette", after), n);
    assert_memory_equal(before, after, n);
}

static void secrets_are_taken_out_on_the_way_in(void **state)
{
    static char bytes[PROGRAM_TEXT];
    size_t n;

    (void)state;
    fresh();
    program_write("secret.jsonl",
                  "{\"url\":\"https://h/v1/chat/completions?api_key=CANARY1\",\"request_headers\":"
                  "[[\"Authorization\",\"Bearer CANARY2\"]],\"request\":{\"model\":\"m\","
                  "\"messages\":[{\"role\":\"user\",\"content\":\"my word is CANARY3\"}]},"
                  "\"response\":{\"choices\":[]}}\n");
    program_gives("cassette import b.cassette secret.jsonl --lane-by header:Authorization --redact "
                  "text:CANARY3",
                  0,
                  "1 exchange and 0 tool results added to b.cassette\n"
                  "  changed 3: secrets taken out (the first: POST "
                  "https://h/v1/chat/completions?api_key=[redacted:2], lane [redacted:1])\n",
                  "");
    n = program_read("b.cassette", bytes);
    for (size_t i = 0; i + 6 < n; i++)
        assert_memory_not_equal(bytes + i, "CANARY", 6);
    program_gives("cassette import b.cassette secret.jsonl --redact colour:red", 2, "",
                  "reprise: colour:red: is no rule; rules are header:NAME, query:NAME, key:NAME, "
                  "json:/POINTER, pattern:REGEX and text:SECRET\n");
}

/* In names, headers, addresses, bodies, failures and tools: neither file nor report has it. */
static void a_secret_is_in_no_byte_of_what_is_written(void **state)
{
    static char bytes[PROGRAM_TEXT];
    size_t n;

    (void)state;
    fresh();
    program_write(
        "secret.jsonl",
        "{\"lane\":\"aCANARY\",\"order\":1,\"dialect\":\"chat\",\"model\":\"CANARY\",\"url\":"
        "\"https://u:CANARY@h/CANARY?x=CANARY\",\"request_headers\":[[\"a\",\"CANARY\"]],"
        "\"request\":\"CANARY\",\"headers\":[[\"b\",\"CANARY\"]],\"response\":{\"a\":\"CANARY\"},"
        "\"failure\":[\"other\",\"CANARY\"]}\n"
        "{\"tool\":\"CANARY\",\"lane\":\"CANARY\",\"call_id\":\"CANARY\",\"arguments\":"
        "\"{\\\"a\\\":\\\"CANARY\\\"}\",\"result\":\"\\\"CANARY\\\"\"}\n"
        "{\"url\":\"https://CANARY/CANARY?CANARY\"}\n");
    assert_int_equal(program_run("cassette import b.cassette secret.jsonl --redact text:CANARY"),
                     0);
    assert_null(strstr(program_out, "CANARY"));
    program_has(program_out, "1 exchange and 1 tool result added to b.cassette\n  skipped 1: ");
    n = program_read("b.cassette", bytes);
    for (size_t i = 0; i + 6 < n; i++)
        assert_memory_not_equal(bytes + i, "CANARY", 6);
    assert_int_equal(program_run("cassette export b.cassette --format jsonl"), 0);
    program_has(program_out, "{\"lane\":\"a[redacted:");
}

static void what_a_format_cannot_keep_is_told(void **state)
{
    (void)state;
    fresh();
    program_gives("cassette export a.cassette --format vcr -o talk.yaml", 0, "",
                  "2 exchanges and 0 tool results exported\n"
                  "  skipped 1: exchanges that broke off: VCR has nothing for them (bank)\n"
                  "  skipped 1: tool results: VCR has nothing for them\n"
                  "  lost 2: times and boundaries of pieces, times of replies and of requests\n");
    program_gives("cassette import b.cassette talk.yaml", 0,
                  "2 exchanges and 0 tool results added to b.cassette\n"
                  "  lost 2: times of pieces, of replies and of requests: each body is one piece, "
                  "at once (the first: talk.yaml: interactions[0])\n",
                  "");
    assert_int_equal(program_run("cassette export a.cassette --format har -o talk.har"), 0);
    assert_int_equal(program_run("cassette import c.cassette talk.har"), 0);
    program_has(program_out, "3 exchanges and 0 tool results added to c.cassette\n");
}

static void bad_usage_is_told_with_the_remedy(void **state)
{
    static const struct {
        const char *words, *told;
    } wrong[] = {
        {"cassette", "reprise cassette: a command is missing; see \"reprise cassette --help\"\n"},
        {"cassette play",
         "reprise cassette: unknown command play; see \"reprise cassette --help\"\n"},
        {"cassette list", "reprise cassette list: the cassette is missing; see \"reprise cassette "
                          "list --help\"\n"},
        {"cassette show a.cassette x",
         "reprise cassette show: not the number of an exchange: x; see "
         "\"reprise cassette show --help\"\n"},
        {"cassette show a.cassette --raw --json", "reprise cassette show: --full, --raw and --json "
                                                  "exclude each other; see \"reprise cassette "
                                                  "show --help\"\n"},
        {"cassette export a.cassette",
         "reprise cassette export: say which format with --format; see "
         "\"reprise cassette export --help\"\n"},
        {"cassette export a.cassette --format csv", "reprise cassette export: the formats are vcr, "
                                                    "har, jsonl and otlp, not csv; see \"reprise "
                                                    "cassette export --help\"\n"},
        {"cassette import a.cassette talk.jsonl --lane-by colour",
         "reprise cassette import: --lane-by takes model, key or header:NAME, not colour; see "
         "\"reprise cassette import --help\"\n"},
        {"cassette import a.cassette unknown",
         "reprise: unknown: it does not say which format it has; say so with --format\n"},
        {"cassette import a.cassette gone", "reprise: gone: No such file or directory\n"},
    };

    (void)state;
    fresh();
    program_write("unknown", "hello");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        program_gives(wrong[i].words, 2, "", wrong[i].told);
}

static void every_command_has_help(void **state)
{
    static const char *const commands[] = {"list",   "show",   "edit",  "merge",
                                           "import", "export", "verify"};
    char words[64], usage[64];

    (void)state;
    assert_int_equal(program_run("cassette --help"), 0);
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        snprintf(usage, sizeof(usage), "\n  %s ", commands[i]);
        program_has(program_out, usage);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        snprintf(words, sizeof(words), "cassette %s --help", commands[i]);
        snprintf(usage, sizeof(usage), "usage: reprise cassette %s ", commands[i]);
        assert_int_equal(program_run(words), 0);
        assert_memory_equal(program_out, usage, strlen(usage));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cassette_is_listed),
        cmocka_unit_test(an_exchange_is_shown_as_a_conversation),
        cmocka_unit_test(an_exchange_that_broke_off_says_so),
        cmocka_unit_test(an_exchange_is_shown_as_bytes_and_as_json),
        cmocka_unit_test(a_cassette_is_verified_and_damage_is_told),
        cmocka_unit_test(a_place_of_a_reply_is_set),
        cmocka_unit_test(status_body_and_lane_are_changed),
        cmocka_unit_test(what_cannot_be_edited_is_told_and_changes_nothing),
        cmocka_unit_test(cassettes_are_merged_and_what_is_there_is_left_out),
        cmocka_unit_test(an_import_that_fails_makes_and_changes_nothing),
        cmocka_unit_test(secrets_are_taken_out_on_the_way_in),
        cmocka_unit_test(a_secret_is_in_no_byte_of_what_is_written),
        cmocka_unit_test(what_a_format_cannot_keep_is_told),
        cmocka_unit_test(bad_usage_is_told_with_the_remedy),
        cmocka_unit_test(every_command_has_help),
    };

    return cmocka_run_group_tests(tests, program_enter, program_leave);
}
