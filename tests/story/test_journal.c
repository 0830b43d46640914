/* test_journal.c - journals of whole runs: what stands in them, that they are repeated exactly, and
 * that every change of one is found where it is. Run in the project's folder. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"
#include "tests/support/journaled.h"

static struct rp_buf one, two, trace, wanted, said;

static int begin(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();

    (void)state;
    rp_buf_init(&one, &alloc, (size_t)1 << 28);
    rp_buf_init(&two, &alloc, (size_t)1 << 28);
    rp_buf_init(&trace, &alloc, (size_t)1 << 28);
    rp_buf_init(&wanted, &alloc, (size_t)1 << 28);
    rp_buf_init(&said, &alloc, (size_t)1 << 28);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rp_buf_free(&one);
    rp_buf_free(&two);
    rp_buf_free(&trace);
    rp_buf_free(&wanted);
    rp_buf_free(&said);
    return 0;
}

static struct rp_str str(const struct rp_buf *b)
{
    return (struct rp_str){b->s ? b->s : "", b->n};
}

static int same(const struct rp_buf *a, const struct rp_buf *b)
{
    return rp_str_equal(str(a), str(b));
}

static struct rp_replay_opts opts_of(const struct rp_buf *journal)
{
    return (struct rp_replay_opts){.alloc = rp_alloc_libc(), .name = "J", .bytes = str(journal)};
}

/* ---- scenarios ------------------------------------------------------------------------------- */

/* Tools, checkpoints, and a second turn that goes back. */
static const char small[] =
    "{\"scenario\":1,\"name\":\"small\",\"checkpointing\":\"memory\",\"agents\":[{\"name\":"
    "\"bank\",\"instructions\":\"Pay what is due.\",\"model\":{\"script\":[{\"tool_calls\":["
    "{\"name\":\"pay\",\"arguments\":{\"sum\":5},\"id\":\"p1\"}]},{\"text\":\"Done.\"}]},"
    "\"tools\":[{\"name\":\"pay\",\"result\":\"paid\"}]}],\"workflow\":{\"pattern\":"
    "\"sequential\",\"participants\":[\"bank\"]},\"turns\":[{\"run\":\"Pay.\"},{\"resume\":1}]}";

/* An operation asks, twice; nobody answers the second in time. */
static const char asking[] =
    "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"name\":\"ask\",\"start\":\"q\","
    "\"executors\":[{\"id\":\"q\",\"op\":\"ask\",\"then\":\"yield\"}],\"edges\":[]},"
    "\"timeouts\":[{\"after_ms\":50,\"then\":{\"answer\":{\"value\":\"nothing\"}}}],"
    "\"turns\":[{\"run\":7},{\"respond\":[{\"request\":1,\"value\":\"yes\"}]},{\"run\":8},"
    "{\"wait\":60},{\"run\":9},{\"cancel\":[3]}]}";

static const char streamed[] =
    "{\"scenario\":1,\"agents\":[{\"name\":\"writer\",\"model\":{\"script\":[{\"chunks\":"
    "[\"Once \",\"upon\"]},{\"error\":\"the model is tired\"}]}}],\"workflow\":{\"pattern\":"
    "\"sequential\",\"participants\":[\"writer\"]},\"turns\":[{\"run\":\"Write.\",\"stream\":true},"
    "{\"run\":[{\"role\":\"user\",\"text\":\"More.\",\"author\":\"me\"}],\"stream\":true}]}";

/* ---- every scenario -------------------------------------------------------------------------- */

static void trace_of(const char *path, int stream, struct rp_buf *out)
{
    struct rp_play_opts opts = {
        .alloc = rp_alloc_libc(), .stream = stream, .trace = {journaled_put, out}};
    struct rp_scenario *scenario;
    struct rp_play *play;
    struct rp_error err;

    assert_int_equal(rp_scenario_load(&opts.alloc, path, &scenario, &err), RP_OK);
    assert_int_equal(rp_play_new(scenario, &opts, &play), RP_OK);
    assert_int_equal(rp_play_all(play, &err), RP_OK);
    rp_play_free(play);
    rp_scenario_free(scenario);
}

static void clear(void)
{
    rp_buf_clear(&one);
    rp_buf_clear(&two);
    rp_buf_clear(&trace);
    rp_buf_clear(&wanted);
    rp_buf_clear(&said);
}

/* Two runs write the same journal, and it is repeated to the last line and with the same trace. */
static void is_repeated(const char *path, int stream)
{
    struct rp_replay_opts opts;

    clear();
    journaled_file(path, stream, &one);
    journaled_file(path, stream, &two);
    if (!same(&one, &two))
        print_error("%s: two runs write different journals\n", path);
    assert_true(same(&one, &two));
    trace_of(path, stream, &wanted);
    opts = opts_of(&one);
    assert_int_equal(journaled_replay(&opts, &trace, &said), RP_OK);
    if (memcmp(said.s, "same: ", 6) != 0 || !same(&trace, &wanted))
        print_error("%s: %s", path, said.s);
    assert_memory_equal(said.s, "same: ", 6);
    assert_true(same(&trace, &wanted));
}

static int repeat_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[1024];
    int n = 0;

    while (dir && (entry = readdir(dir)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        is_repeated(path, 0);
        is_repeated(path, 1);
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

static void every_scenario_is_repeated_whole_and_streamed(void **state)
{
    (void)state;
    assert_true(repeat_folder("tests/conformance") > 30);
    assert_true(repeat_folder("tests/conformance/random") >= 0);
    assert_true(repeat_folder("scenarios/cases") > 0);
}

/* ---- what stands in a journal ---------------------------------------------------------------- */

/* Takes the chain out of each line, and of the first line all but its beginning. */
static void without_chains(const struct rp_buf *journal, struct rp_buf *out)
{
    const char *s = journal->s, *end = journal->s + journal->n;

    rp_buf_clear(out);
    while (s < end) {
        const char *stop = strchr(s, '\n'), *chain = strstr(s, ",\"chain\":\"");
        if (s == journal->s)
            chain = strstr(s, ",\"workflow\"");
        rp_buf_add(out, s, (size_t)(chain - s));
        assert_int_equal(rp_buf_addc(out, '\n'), RP_OK);
        s = stop + 1;
    }
}

/* Ends text where that line begins; what begins there. */
static const char *split(char *text, const char *line)
{
    char *at = strstr(text, line);

    assert_non_null(at);
    assert_true(at > text);
    at[-1] = '\0';
    return at;
}

static const char streamed_whole[] =
    "{\"e\":\"journal\",\"version\":1,\"program\":\"" RP_VERSION "\",\"file\":\"test.json\"\n"
    "{\"e\":\"turn\",\"turn\":1,\"at\":0,\"kind\":\"run\",\"stream\":true,\"message\":\"W"
    "rite.\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"started\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IN_PROGRESS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_invoked\",\"executor\":\"input-conv"
    "ersation\",\"data\":\"Write.\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_completed\",\"executor\":\"input-co"
    "nversation\",\"data\":[[{\"$\":\"message\",\"#\":1,\"role\":\"user\",\"author\":null"
    ",\"contents\":[{\"$\":\"c_text\",\"text\":\"Write.\"}]}]]\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":1,\"digest\":\"ae0427eac0830620\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_invoked\",\"executor\":\"writer\","
    "\"data\":[{\"$\":\"message\",\"#\":1}]\n"
    "{\"e\":\"model_call\",\"call\":1,\"at\":0,\"step\":2,\"executor\":\"writer\",\"agent"
    "\":\"writer\",\"number\":1,\"made\":true,\"stream\":true,\"tools_off\":false,\"instr"
    "uctions\":null,\"tools\":null,\"extra_tools\":null,\"format\":null,\"options\":null,"
    "\"messages\":[{\"$\":\"message\",\"#\":1}]\n"
    "{\"e\":\"reply\",\"call\":1,\"at\":0,\"kind\":\"update\",\"value\":{\"$\":\"update\""
    ",\"role\":\"assistant\",\"author\":null,\"contents\":[{\"$\":\"c_text\",\"text\":\"O"
    "nce \"}],\"message_id\":null}\n"
    "{\"e\":\"reply\",\"call\":1,\"at\":0,\"kind\":\"update\",\"value\":{\"$\":\"update\""
    ",\"role\":\"assistant\",\"author\":null,\"contents\":[{\"$\":\"c_text\",\"text\":\"u"
    "pon\"}],\"message_id\":null}\n"
    "{\"e\":\"reply\",\"call\":1,\"at\":0,\"kind\":\"end\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"output\",\"executor\":\"writer\",\"data\":{"
    "\"$\":\"update\",\"role\":\"assistant\",\"author\":\"writer\",\"contents\":[{\"$\":"
    "\"c_text\",\"text\":\"Once \"}],\"message_id\":null}\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"output\",\"executor\":\"writer\",\"data\":{"
    "\"$\":\"update\",\"role\":\"assistant\",\"author\":\"writer\",\"contents\":[{\"$\":"
    "\"c_text\",\"text\":\"upon\"}],\"message_id\":null}\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_completed\",\"executor\":\"writer\""
    ",\"data\":[{\"$\":\"agent_response\",\"executor\":\"writer\",\"response\":{\"$\":\"r"
    "esponse\",\"messages\":[{\"$\":\"message\",\"#\":2,\"role\":\"assistant\",\"author\""
    ":\"writer\",\"contents\":[{\"$\":\"c_text\",\"text\":\"Once upon\"}]}],\"usage\":nul"
    "l},\"conversation\":[{\"$\":\"message\",\"#\":1},{\"$\":\"message\",\"#\":2}]},{\"$"
    "\":\"update\",\"role\":\"assistant\",\"author\":\"writer\",\"contents\":[{\"$\":\"c_"
    "text\",\"text\":\"Once \"}],\"message_id\":null},{\"$\":\"update\",\"role\":\"assist"
    "ant\",\"author\":\"writer\",\"contents\":[{\"$\":\"c_text\",\"text\":\"upon\"}],\"me"
    "ssage_id\":null}]\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":2,\"digest\":\"f1e2c4a544aec29c\"\n"
    "{\"e\":\"event\",\"step\":3,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":3,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":3,\"digest\":\"994dc0baa939cb09\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IDLE\"\n"
    "{\"e\":\"over\",\"turn\":1,\"at\":0,\"status\":\"RP_OK\",\"state\":\"IDLE\",\"open\""
    ":0,\"supersteps\":3,\"digest\":\"420cb6c4a390f3e9\"";

static const char streamed_failing[] =
    "{\"e\":\"turn\",\"turn\":2,\"at\":0,\"kind\":\"run\",\"stream\":true,\"message\":[{"
    "\"$\":\"message\",\"#\":3,\"role\":\"user\",\"author\":\"me\",\"contents\":[{\"$\":"
    "\"c_text\",\"text\":\"More.\"}]}]\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"started\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IN_PROGRESS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_invoked\",\"executor\":\"input-conv"
    "ersation\",\"data\":[{\"$\":\"message\",\"#\":3}]\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_completed\",\"executor\":\"input-co"
    "nversation\",\"data\":[[{\"$\":\"message\",\"#\":3}]]\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":1,\"digest\":\"7b2ed5618936f39b\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_invoked\",\"executor\":\"writer\","
    "\"data\":[{\"$\":\"message\",\"#\":3}]\n"
    "{\"e\":\"model_call\",\"call\":2,\"at\":0,\"step\":2,\"executor\":\"writer\",\"agent"
    "\":\"writer\",\"number\":2,\"made\":true,\"stream\":true,\"tools_off\":false,\"instr"
    "uctions\":null,\"tools\":null,\"extra_tools\":null,\"format\":null,\"options\":null,"
    "\"messages\":{\"$\":\"messages\",\"like\":3,\"more\":[{\"$\":\"message\",\"#\":3}]}"
    "\n"
    "{\"e\":\"reply\",\"call\":2,\"at\":0,\"kind\":\"error\",\"reason\":\"the model is ti"
    "red\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_failed\",\"executor\":\"writer\",\""
    "status\":\"RP_ECLIENT\",\"data\":\"the model call of agent writer failed: the model "
    "is tired\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"failed\",\"status\":\"RP_ECLIENT\",\"data\":"
    "\"the model call of agent writer failed: the model is tired\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"status\",\"state\":\"FAILED\"\n"
    "{\"e\":\"over\",\"turn\":2,\"at\":0,\"status\":\"RP_ECLIENT\",\"where\":\"writer\","
    "\"text\":\"the model call of agent writer failed: the model is tired\",\"state\":\"F"
    "AILED\",\"open\":0,\"supersteps\":4,\"digest\":\"be361b1b744ba44c\"\n"
    "{\"e\":\"end\",\"turns\":2,\"events\":26,\"model_calls\":2,\"tool_calls\":0\n";

static void a_streamed_run_stands_in_its_journal_whole(void **state)
{
    const char *rest;

    (void)state;
    journaled_text(streamed, &one);
    without_chains(&one, &two);
    rest = split(two.s, "{\"e\":\"turn\",\"turn\":2,");
    assert_string_equal(two.s, streamed_whole);
    assert_string_equal(rest, streamed_failing);
}

static const char asked_and_answered[] =
    "{\"e\":\"journal\",\"version\":1,\"program\":\"" RP_VERSION "\",\"file\":\"test.json\"\n"
    "{\"e\":\"turn\",\"turn\":1,\"at\":0,\"kind\":\"run\",\"stream\":false,\"message\":7"
    "\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"started\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IN_PROGRESS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_invoked\",\"executor\":\"q\",\"data"
    "\":7\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"request_info\",\"executor\":\"q\",\"name\":"
    "\"request-1\",\"data\":7\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"status\",\"state\":\"IN_PROGRESS_PENDING_REQ"
    "UESTS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_completed\",\"executor\":\"q\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":1,\"digest\":\"d7b579377740c8a2\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IDLE_WITH_PENDING_REQUE"
    "STS\"\n"
    "{\"e\":\"over\",\"turn\":1,\"at\":0,\"status\":\"RP_OK\",\"state\":\"IDLE_WITH_PENDI"
    "NG_REQUESTS\",\"open\":1,\"supersteps\":1,\"digest\":\"80d9e36b6b1954f1\"\n"
    "{\"e\":\"turn\",\"turn\":2,\"at\":0,\"kind\":\"respond\",\"stream\":false,\"answers"
    "\":[{\"request\":1,\"kind\":\"value\",\"yes\":false,\"value\":\"yes\"}]\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"started\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IN_PROGRESS\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_invoked\",\"executor\":\"q\",\"name\""
    ":\"request-1\",\"data\":\"yes\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"output\",\"executor\":\"q\",\"data\":\"7=yes"
    "\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_completed\",\"executor\":\"q\",\"da"
    "ta\":[\"7=yes\"]\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":2,\"digest\":\"3f87dad8927c8f05\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IDLE\"\n"
    "{\"e\":\"over\",\"turn\":2,\"at\":0,\"status\":\"RP_OK\",\"state\":\"IDLE\",\"open\""
    ":0,\"supersteps\":2,\"digest\":\"08b02e6ec76a502a\"\n"
    "{\"e\":\"turn\",\"turn\":3,\"at\":0,\"kind\":\"run\",\"stream\":false,\"message\":8"
    "\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"started\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IN_PROGRESS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_invoked\",\"executor\":\"q\",\"data"
    "\":8\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"request_info\",\"executor\":\"q\",\"name\":"
    "\"request-3\",\"data\":8\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"status\",\"state\":\"IN_PROGRESS_PENDING_REQ"
    "UESTS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_completed\",\"executor\":\"q\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":1,\"digest\":\"8d7e5d2fdbe0de76\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IDLE_WITH_PENDING_REQUE"
    "STS\"\n"
    "{\"e\":\"over\",\"turn\":3,\"at\":0,\"status\":\"RP_OK\",\"state\":\"IDLE_WITH_PENDI"
    "NG_REQUESTS\",\"open\":1,\"supersteps\":3,\"digest\":\"2791bddfab0b5f76\"";

static const char expired_and_cancelled[] =
    "{\"e\":\"turn\",\"turn\":4,\"at\":0,\"kind\":\"wait\",\"stream\":false,\"wait_ms\":6"
    "0\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"started\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IN_PROGRESS\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"request_expired\",\"executor\":\"q\",\"name"
    "\":\"request-3\",\"data\":{\"action\":\"answer\"}\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_invoked\",\"executor\":\"q\",\"name\""
    ":\"request-3\",\"data\":\"nothing\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"output\",\"executor\":\"q\",\"data\":\"8=not"
    "hing\"\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"executor_completed\",\"executor\":\"q\",\"da"
    "ta\":[\"8=nothing\"]\n"
    "{\"e\":\"event\",\"step\":2,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":2,\"digest\":\"ebdc3db83ef9c468\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IDLE\"\n"
    "{\"e\":\"over\",\"turn\":4,\"at\":60,\"status\":\"RP_OK\",\"state\":\"IDLE\",\"open"
    "\":0,\"supersteps\":4,\"digest\":\"8d27ddae4850166b\"\n"
    "{\"e\":\"turn\",\"turn\":5,\"at\":60,\"kind\":\"run\",\"stream\":false,\"message\":9"
    "\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"started\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IN_PROGRESS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_started\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_invoked\",\"executor\":\"q\",\"data"
    "\":9\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"request_info\",\"executor\":\"q\",\"name\":"
    "\"request-5\",\"data\":9\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"status\",\"state\":\"IN_PROGRESS_PENDING_REQ"
    "UESTS\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"executor_completed\",\"executor\":\"q\"\n"
    "{\"e\":\"event\",\"step\":1,\"event\":\"superstep_completed\"\n"
    "{\"e\":\"state\",\"step\":1,\"digest\":\"ffb1c0758e541fde\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IDLE_WITH_PENDING_REQUE"
    "STS\"\n"
    "{\"e\":\"over\",\"turn\":5,\"at\":60,\"status\":\"RP_OK\",\"state\":\"IDLE_WITH_PEND"
    "ING_REQUESTS\",\"open\":1,\"supersteps\":5,\"digest\":\"eae9ff7ddce7636c\"\n"
    "{\"e\":\"turn\",\"turn\":6,\"at\":60,\"kind\":\"cancel\",\"stream\":false,\"cancel\""
    ":[3]\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"request_cancelled\",\"executor\":\"q\",\"nam"
    "e\":\"request-5\"\n"
    "{\"e\":\"event\",\"step\":0,\"event\":\"status\",\"state\":\"IDLE\"\n"
    "{\"e\":\"over\",\"turn\":6,\"at\":60,\"status\":\"RP_OK\",\"state\":\"IDLE\",\"open"
    "\":0,\"supersteps\":5,\"digest\":\"62f4533bb5523eca\"\n"
    "{\"e\":\"end\",\"turns\":6,\"events\":46,\"model_calls\":0,\"tool_calls\":0\n";

static void requests_answers_and_time_stand_in_the_journal(void **state)
{
    const char *rest;

    (void)state;
    journaled_text(asking, &one);
    without_chains(&one, &two);
    rest = split(two.s, "{\"e\":\"turn\",\"turn\":4,");
    assert_string_equal(two.s, asked_and_answered);
    assert_string_equal(rest, expired_and_cancelled);
}

/* ---- changes are found ----------------------------------------------------------------------- */

static void edits(const char *scenario, const char *e, int n, const char *from, const char *to,
                  const char *expected)
{
    rp_buf_clear(&one);
    journaled_text(scenario, &one);
    journaled_edit(str(&one), e, n, from, to, &two);
    journaled_said(str(&two), &said);
    if (strcmp(said.s, expected) != 0)
        print_error("%s %d: %s -> %s\n%s\n", e, n, from, to, said.s);
    assert_string_equal(said.s, expected);
}

static void a_changed_event_is_named(void **state)
{
    (void)state;
    edits(small, "event", 5, "\"Pay.\"", "\"Play.\"",
          "line 9, turn 1, superstep 1, executor input-conversation, executor_invoked: /data wa"
          "s \"Play.\", is \"Pay.\"\n");
    edits(small, "event", 4, "\"step\":1", "\"step\":2",
          "line 8, turn 1, superstep 2, executor , superstep_started: /step was 2, is 1\n");
    edits(small, "event", 5, "input-conversation", "bank",
          "line 9, turn 1, superstep 1, executor bank, executor_invoked: /executor was \"bank\""
          ", is \"input-conversation\"\n");
    edits(small, "event", 10, "[{\"$\":\"message\",\"#\":1}]", "[]",
          "line 17, turn 1, superstep 2, executor bank, executor_invoked: /data/0 was (nothing)"
          ", is {\"$\":\"message\",\"#\":1}\n");
    edits(small, "event", 2, "IN_PROGRESS", "IDLE",
          "line 6, turn 1, superstep 0, executor , status: /state was \"IDLE\", is \"IN_PROGRES"
          "S\"\n");
    edits(small, "event", 3, "\"number\":0", "\"number\":1",
          "line 7, turn 1, superstep 0, executor , checkpoint: /data/number was 1, is 0\n");
    edits(small, "event", 12, "\"like\":8", "\"like\":7",
          "line 25, turn 1, superstep 2, executor bank, executor_completed: /data/0/response/me"
          "ssages/like was 7, is 8\n");
    edits(asking, "event", 5, "\"name\":\"", "\"name\":\"x",
          "line 7, turn 1, superstep 1, executor q, request_info: /name was \"xrequest-1\", is "
          "\"request-1\"\n");
}

static void a_changed_model_call_is_named(void **state)
{
    (void)state;
    edits(small, "model_call", 2, "\"result\":\"paid\"", "\"result\":\"lent\"",
          "line 22, turn 1, superstep 2, executor bank, model_call: /messages/2/contents/0/resu"
          "lt was \"lent\", is \"paid\"\n");
    edits(small, "model_call", 1, "\"stream\":false", "\"stream\":true",
          "line 18, turn 1, superstep 2, executor bank, model_call: /stream was true, is false"
          "\n");
    edits(small, "model_call", 1, "\"made\":true", "\"made\":false",
          "damaged: J: line 19: a call that was not made has a reply\n");
    edits(small, "model_call", 1, "\"number\":1", "\"number\":2",
          "line 18, turn 1, superstep 2, executor bank, model_call: /number was 2, is 1\n");
    edits(small, "model_call", 1, "\"name\":\"pay\"", "\"name\":\"lay\"",
          "line 18, turn 1, superstep 2, executor bank, model_call: /tools/is/0/name was \"lay"
          "\", is \"pay\"\n");
    edits(small, "model_call", 1, "what is due", "nothing",
          "line 18, turn 1, superstep 2, executor bank, model_call: /instructions/is was \"Pay "
          "nothing.\", is \"Pay what is due.\"\n");
}

static void a_changed_tool_call_is_named(void **state)
{
    (void)state;
    edits(small, "tool_call", 1, "{\"sum\":5}", "{\"sum\":6}",
          "line 20, turn 1, superstep 2, executor bank, tool_call: /arguments/sum was 6, is 5\n");
    edits(small, "tool_call", 1, "\"p1\"", "\"p2\"",
          "line 20, turn 1, superstep 2, executor bank, tool_call: /call_id was \"p2\", is \"p1"
          "\"\n");
    edits(small, "tool_result", 1, "\"paid\"", "\"lent\"",
          "line 21, turn 1, superstep 2, executor bank, tool_result: /value was \"lent\", is \""
          "paid\"\n");
    edits(small, "tool_result", 1, "\"failed\":false", "\"failed\":true",
          "line 21, turn 1, superstep 2, executor bank, tool_result: /failed was true, is false"
          "\n");
}

/* What models said is believed; that the run came to another state is not. */
static void a_changed_reply_is_named_where_it_shows(void **state)
{
    (void)state;
    edits(small, "reply", 1, "\\\"sum\\\":5", "\\\"sum\\\":6",
          "line 20, turn 1, superstep 2, executor bank, tool_call: /arguments/sum was 5, is 6\n");
    edits(small, "reply", 2, "Done.", "Gone.",
          "line 24, turn 1, superstep 2, executor bank, output: /data/messages/2/contents/0/tex"
          "t was \"Done.\", is \"Gone.\"\n");
    edits(streamed, "reply", 1, "Once", "Twice",
          "line 16, turn 1, superstep 2, executor writer, output: /data/contents/0/text was \"O"
          "nce \", is \"Twice \"\n");
    edits(streamed, "reply", 4, "tired", "awake",
          "line 38, turn 2, superstep 2, executor writer, executor_failed: /data was \"the mode"
          "l call of agent writer failed: the model is tired\", is \"the model call of agent wr"
          "iter failed: the model is awake\"\n");
    edits(streamed, "reply", 1, "\"at\":0", "\"at\":5",
          "line 14, turn 1, superstep 2, executor writer, reply: /at was 0, is 5\n");
}

static void a_changed_turn_is_named_where_it_shows(void **state)
{
    (void)state;
    edits(small, "turn", 1, "Pay.", "Play.",
          "line 4, turn 1, superstep 0, executor , saved: /root was \"3d8b4e4bde148cfa19d952e5e"
          "fd93ff9\", is \"1fe7db82337af64a22dad50e62f92137\"\n");
    edits(small, "turn", 2, "\"checkpoint\":1", "\"checkpoint\":0",
          "line 43, turn 2, superstep 2, executor , superstep_started: /step was 2, is 1\n");
    edits(asking, "turn", 2, "\"yes\"}", "\"no\"}",
          "line 18, turn 2, superstep 2, executor q, executor_invoked: /data was \"yes\", is \""
          "no\"\n");
    edits(asking, "turn", 4, "\"wait_ms\":60", "\"wait_ms\":40",
          "line 38, turn 4, superstep 0, executor , started: /e was \"event\", is \"over\"\n");
    edits(asking, "turn", 6, "[3]", "[2]",
          "line 62, turn 6, superstep 0, executor q, request_cancelled: /e was \"event\", is \""
          "over\"\n");
    edits(small, "over", 1, "IDLE", "FAILED",
          "line 38, turn 1, superstep 0, executor , over: /state was \"FAILED\", is \"IDLE\"\n");
    edits(small, "over", 2, "\"supersteps\":2", "\"supersteps\":3",
          "line 65, turn 2, superstep 0, executor , over: /supersteps was 3, is 2\n");
}

static void a_changed_checkpoint_or_state_is_named(void **state)
{
    (void)state;
    edits(small, "state", 2, "\"digest\":\"", "\"digest\":\"0",
          "line 30, turn 1, superstep 2, executor bank, state: /digest was \"0b0684193e21f7c15"
          "\", is \"b0684193e21f7c15\"\n");
    edits(small, "saved", 3, "\"root\":\"", "\"root\":\"0",
          "line 27, turn 1, superstep 2, executor bank, saved: /root was \"0e3fe3c674393a0c1151"
          "eae9f308f4afe\", is \"e3fe3c674393a0c1151eae9f308f4afe\"\n");
    edits(small, "saved", 3, "\"checkpoint\":2", "\"checkpoint\":9",
          "line 28, turn 1, superstep 2, executor , checkpoint: /data/number was 2, is 9\n");
    edits(small, "position", 3, "{\"bank\":2}", "{\"bank\":3}",
          "line 27, turn 1, superstep 2, executor bank, saved: /root was \"e3fe3c674393a0c1151e"
          "ae9f308f4afe\", is \"e68bebe02c61085787c3d6a163ea13e7\"\n");
    edits(small, "restore", 1, "RP_OK", "RP_ETYPE",
          "line 41, turn 2, superstep 0, executor , started: /e was \"event\", is \"over\"\n");
    edits(small, "end", 1, "\"events\":30", "\"events\":31",
          "line 66, turn 2, superstep 0, executor , end: /events was 31, is 30\n");
}

static void a_changed_first_line_is_named(void **state)
{
    (void)state;
    edits(small, "journal", 1, "\"signature\":\"b", "\"signature\":\"a",
          "line 1, turn 0, superstep 0, executor , journal: /signature was \"a114285571ae3d581f"
          "7842e961cd72c80b24faba3c481f6b751a7368fc9c94c9\", is \"b114285571ae3d581f7842e961cd7"
          "2c80b24faba3c481f6b751a7368fc9c94c9\"\n");
    edits(small, "journal", 1, "\"result\":\"paid\"", "\"result\":\"lent\"",
          "line 1, turn 0, superstep 0, executor , journal: /sha256 was \"4d076cf7cbd5dbeb07327"
          "d09be021bd0cf0a6df129c315935ddeea6757a75c49\", is \"c60b3f1cec14162ca5e9297c8a885af3"
          "596485bf2f7d9c3a7d4f9a34ccf203ed\"\n");
    edits(small, "journal", 1, "\"pattern\":\"sequential\"", "\"pattern\":\"circular\"",
          "J: line 1: the scenario in the journal cannot be played: test.json: workflow.pattern"
          ": expected \"sequential\", \"concurrent\", \"group_chat\", \"handoff\", \"magentic\""
          " or \"graph\", found \"circular\"\n");
    edits(small, "journal", 1, "\"clock\":\"virtual\"", "\"cluck\":\"virtual\"",
          "J: line 1: the line lacks some of its keys\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_scenario_is_repeated_whole_and_streamed),
        TEST(a_streamed_run_stands_in_its_journal_whole),
        TEST(requests_answers_and_time_stand_in_the_journal),
        TEST(a_changed_event_is_named),
        TEST(a_changed_model_call_is_named),
        TEST(a_changed_tool_call_is_named),
        TEST(a_changed_reply_is_named_where_it_shows),
        TEST(a_changed_turn_is_named_where_it_shows),
        TEST(a_changed_checkpoint_or_state_is_named),
        TEST(a_changed_first_line_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
