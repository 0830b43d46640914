/* test_journal_wrong.c - journals that are cut off, changed, mixed up; journals of runs that break
 * off; how much a journal grows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"
#include "tests/support/journaled.h"

static struct rp_buf one, two, trace, said;

static int begin(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();

    (void)state;
    rp_buf_init(&one, &alloc, (size_t)1 << 28);
    rp_buf_init(&two, &alloc, (size_t)1 << 28);
    rp_buf_init(&trace, &alloc, (size_t)1 << 28);
    rp_buf_init(&said, &alloc, (size_t)1 << 28);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rp_buf_free(&one);
    rp_buf_free(&two);
    rp_buf_free(&trace);
    rp_buf_free(&said);
    return 0;
}

static struct rp_str str(const struct rp_buf *b)
{
    return (struct rp_str){b->s ? b->s : "", b->n};
}

static struct rp_replay_opts opts_of(const struct rp_buf *journal)
{
    return (struct rp_replay_opts){.alloc = rp_alloc_libc(), .name = "J", .bytes = str(journal)};
}

/* ---- scenarios ------------------------------------------------------------------------------- */

static const char chain[] =
    "{\"scenario\":1,\"name\":\"chain\",\"workflow\":{\"pattern\":\"graph\",\"name\":\"chain\","
    "\"start\":\"up\",\"executors\":[{\"id\":\"up\",\"op\":\"upper\"},{\"id\":\"end\",\"op\":"
    "\"append\",\"text\":\"!\",\"then\":\"yield\"}],\"edges\":[{\"from\":\"up\",\"to\":\"end\"}]},"
    "\"turns\":[{\"run\":\"hi\"},{\"run\":\"ho\"}]}";

static const char saving[] =
    "{\"scenario\":1,\"checkpointing\":\"memory\",\"agents\":[{\"name\":\"a\",\"model\":{"
    "\"script\":[{\"text\":\"x\"},{\"text\":\"y\"}]}}],\"workflow\":{\"pattern\":\"sequential\","
    "\"participants\":[\"a\"]},\"turns\":[{\"run\":\"1\"},{\"run\":\"2\"}]}";

static const char endless[] =
    "{\"scenario\":1,\"workflow\":{\"pattern\":\"graph\",\"name\":\"loop\",\"start\":\"a\","
    "\"max_iterations\":1000000,\"executors\":[{\"id\":\"a\",\"op\":\"pass\"},{\"id\":\"b\","
    "\"op\":\"pass\"}],\"edges\":[{\"from\":\"a\",\"to\":\"b\"},{\"from\":\"b\",\"to\":\"a\"}]},"
    "\"turns\":[{\"run\":1}]}";

static struct rp_scenario *read_scenario(const char *json)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario = NULL;
    struct rp_error err = {0};

    if (rp_scenario_read(&alloc, "s.json", json, strlen(json), &scenario, &err) != RP_OK)
        print_error("%s: %s\n", err.where, err.text);
    assert_non_null(scenario);
    return scenario;
}

static int play(const char *json, const struct rp_play_opts *opts, struct rp_buf *out)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario = read_scenario(json);
    int rc = journaled_play(&alloc, scenario, opts, out);

    rp_scenario_free(scenario);
    return rc;
}

static void is_said(const struct rp_buf *journal, const char *expected)
{
    journaled_said(str(journal), &said);
    assert_string_equal(said.s, expected);
}

/* ---- cut off --------------------------------------------------------------------------------- */

static size_t whole_lines(const struct rp_buf *journal, size_t n)
{
    size_t lines = 0;

    for (size_t i = 0; i < n; i++)
        lines += journal->s[i] == '\n';
    return lines;
}

static void a_journal_is_readable_up_to_where_it_was_cut(void **state)
{
    char expected[64];

    (void)state;
    journaled_text(chain, &one);
    for (size_t n = 0; n < one.n; n++) {
        size_t lines = whole_lines(&one, n);
        struct rp_str part = {one.s, n};
        journaled_said(part, &said);
        snprintf(expected, sizeof(expected), "cut: lines %zu, ", lines);
        if (lines == 0)
            assert_string_equal(
                said.s, "J: line 1: there is not one whole line; nothing can be replayed\n");
        else
            assert_memory_equal(said.s, expected, strlen(expected));
    }
    is_said(&one, "same: lines 34, turns 2, supersteps 4, events 24, model calls 0, tool calls "
                  "0\n");
}

/* ---- the chain ------------------------------------------------------------------------------- */

/* Line i, from 1, with its line break. */
static struct rp_str line_of(const struct rp_buf *journal, int i)
{
    const char *s = journal->s, *stop = strchr(s, '\n') + 1;

    for (; i > 1; i--) {
        s = stop;
        stop = strchr(s, '\n') + 1;
    }
    return (struct rp_str){s, (size_t)(stop - s)};
}

/* The journal with line i replaced by `lines`. */
static void replace(int i, const char *lines, size_t n)
{
    struct rp_str line = line_of(&one, i);

    rp_buf_clear(&two);
    rp_buf_add(&two, one.s, (size_t)(line.s - one.s));
    rp_buf_add(&two, lines, n);
    assert_int_equal(rp_buf_add(&two, line.s + line.n, (size_t)(one.s + one.n - line.s) - line.n),
                     RP_OK);
}

#define CHANGED                                                                                    \
    "the chain breaks: the line was changed, or one before it was changed or taken out; --force "  \
    "replays the journal all the same\n"
#define MOVED(line)                                                                                \
    "the chain breaks: this line was written right after what is line " line                       \
    " now; lines were moved, put in or taken out; --force replays the journal all the same\n"

static void a_broken_chain_names_its_line(void **state)
{
    char changed[512];
    struct rp_str line;

    (void)state;
    journaled_text(chain, &one);
    line = line_of(&one, 9);
    snprintf(changed, sizeof(changed), "%.*s", (int)line.n, line.s);
    *strchr(changed, ':') = ' ';
    replace(9, changed, line.n);
    is_said(&two, "J: line 9: " CHANGED);
    replace(9, "", 0);
    is_said(&two, "J: line 9: " CHANGED);
    replace(9, "{\"e\":\"event\"}\n", 14);
    is_said(&two, "J: line 9: the line was changed: it does not end with its link of the chain; "
                  "--force replays the journal all the same\n");
    snprintf(changed, sizeof(changed), "%.*s%.*s", (int)line.n, line.s, (int)line.n, line.s);
    replace(9, changed, 2 * line.n);
    is_said(&two, "J: line 10: " MOVED("8"));
}

static void lines_that_changed_places_are_named(void **state)
{
    struct rp_str a, b;

    (void)state;
    journaled_text(chain, &one);
    a = line_of(&one, 5);
    b = line_of(&one, 6);
    rp_buf_add(&two, one.s, (size_t)(a.s - one.s));
    rp_buf_add(&two, b.s, b.n);
    rp_buf_add(&two, a.s, a.n);
    rp_buf_add(&two, b.s + b.n, (size_t)(one.s + one.n - b.s) - b.n);
    is_said(&two, "J: line 5: " MOVED("6"));
}

static void a_broken_chain_may_be_replayed_all_the_same(void **state)
{
    struct rp_replay_opts opts;

    (void)state;
    journaled_text(chain, &one);
    journaled_edit(str(&one), "event", 5, "\"HI\"", "\"HO\"", &two);
    rp_buf_clear(&two);
    replace(3, "{\"event\":\"started\",\"step\":0,\"e\":\"event\"}\n", 41);
    opts = opts_of(&two);
    opts.force = 1;
    assert_int_equal(journaled_replay(&opts, NULL, &said), RP_OK);
    assert_string_equal(said.s, "same: lines 34, turns 2, supersteps 4, events 24, model calls 0, "
                                "tool calls 0\n");
}

static void what_is_no_journal_is_refused(void **state)
{
    (void)state;
    journaled_said(rp_str("{\"scenario\":1}\n"), &said);
    assert_string_equal(said.s, "J: line 1: this is no journal; `reprise run --journal FILE` "
                                "writes one\n");
    journaled_said(rp_str("{\"e\":\"journal\",\"version\":2,\"x\":1}\n"), &said);
    assert_string_equal(said.s,
                        "J: line 1: this is version 2 of the journal's form; only 1 is known; "
                        "replay it with the version of reprise that wrote it\n");
    journaled_said(rp_str("{\"e\":\"journal\",\"version\":1,\n"), &said);
    assert_string_equal(said.s, "J: line 1: the line is not JSON any more\n");
}

static void a_turn_that_cannot_be_is_damage(void **state)
{
    (void)state;
    journaled_text(chain, &one);
    journaled_edit(str(&one), "turn", 1, "\"run\"", "\"fly\"", &two);
    is_said(&two, "damaged: J: line 2: there is no such kind of turn\n");
    journaled_edit(str(&one), "turn", 2, "\"e\":\"turn\"", "\"e\":\"torn\"", &two);
    is_said(&two, "damaged: J: line 18: a turn or the end was expected here; lines were taken "
                  "out\n");
    journaled_edit(str(&one), "turn", 1, "\"hi\"", "{\"$\":\"message\",\"#\":1}", &two);
    is_said(&two, "J: line 2: it refers to a message or value that was not told "
                  "before\n");
}

/* ---- up to where ----------------------------------------------------------------------------- */

static void a_replay_may_stop_after_a_turn_or_a_superstep(void **state)
{
    struct rp_replay_opts opts;

    (void)state;
    journaled_text(chain, &one);
    opts = opts_of(&one);
    opts.until_turn = 1;
    journaled_replay(&opts, NULL, &said);
    opts.until_turn = 2;
    opts.until_step = 1;
    journaled_replay(&opts, NULL, &said);
    opts.until_turn = 3;
    journaled_replay(&opts, NULL, &said);
    assert_string_equal(
        said.s, "until: lines 17, turns 1, supersteps 2, events 12, model calls 0, tool calls 0\n"
                "until: lines 25, turns 1, supersteps 3, events 18, model calls 0, tool calls 0\n"
                "same: lines 34, turns 2, supersteps 4, events 24, model calls 0, tool calls 0\n");
}

/* ---- runs that go wrong ---------------------------------------------------------------------- */

static void a_run_over_its_limit_is_repeated_to_its_limit(void **state)
{
    const struct rp_play_opts opts = {.steps_max = 100};

    (void)state;
    assert_int_equal(play(endless, &opts, &one), RP_ELIMIT);
    assert_non_null(strstr(one.s, "{\"e\":\"broken\",\"turn\":1,\"status\":\"RP_ELIMIT\",\"text\":"
                                  "\"the turn did not end within 100 steps; "));
    is_said(&one, "same: lines 127, turns 0, supersteps 24, events 100, model calls 0, tool calls "
                  "0\n");
}

/* A sink that takes so many lines and no more. */
struct narrow {
    struct rp_buf *out;
    int left;
};

static int put_narrow(void *ctx, const char *s, size_t n)
{
    struct narrow *x = ctx;

    return x->left-- > 0 ? rp_buf_add(x->out, s, n) : RP_EIO;
}

static int play_narrow(int lines)
{
    struct narrow x = {&one, lines};
    struct rp_scenario *scenario = read_scenario(saving);
    const struct rp_journal_opts how = {
        .alloc = rp_alloc_libc(), .scenario = scenario, .sink = {put_narrow, &x}};
    struct rp_play_opts opts = {.alloc = how.alloc};
    struct rp_play *player = NULL;
    struct rp_error err = {0};
    int rc;

    rp_buf_clear(&one);
    assert_int_equal(rp_journal_new(&how, &opts.journal), RP_OK);
    rc = rp_play_new(scenario, &opts, &player);
    if (rc == RP_OK)
        rc = rp_play_all(player, &err);
    assert_int_equal(rc, rp_journal_failed(opts.journal));
    rp_play_free(player);
    rp_journal_free(opts.journal);
    rp_scenario_free(scenario);
    return rc;
}

static void a_full_disk_ends_the_run_and_leaves_whole_lines(void **state)
{
    char expected[64];
    int lines = 0;

    (void)state;
    for (; play_narrow(lines) != RP_OK; lines++) {
        if (lines == 0)
            continue;
        snprintf(expected, sizeof(expected), "cut: lines %d, ", lines);
        journaled_said(str(&one), &said);
        assert_memory_equal(said.s, expected, strlen(expected));
    }
    assert_int_equal(lines, whole_lines(&one, one.n));
}

/* ---- growth ---------------------------------------------------------------------------------- */

/* The bytes of a group chat's journal. */
static size_t chat(int rounds)
{
    char json[1024];

    snprintf(json, sizeof(json),
             "{\"scenario\":1,\"agents\":[{\"name\":\"a\",\"instructions\":\"Talk.\",\"model\":{"
             "\"script\":[{\"text\":\"left\"},{\"text\":\"right\"},{\"text\":\"on\"}],"
             "\"when_exhausted\":\"cycle\"}},{\"name\":\"b\",\"model\":{\"script\":[{\"text\":"
             "\"no\"},{\"text\":\"yes\"}],\"when_exhausted\":\"cycle\"}}],\"workflow\":{\"pattern\""
             ":\"group_chat\",\"participants\":[\"a\",\"b\"],\"select\":{\"round_robin\":true},"
             "\"max_rounds\":%d},\"turns\":[{\"run\":\"Go\"}]}",
             rounds);
    rp_buf_clear(&one);
    journaled_text(json, &one);
    journaled_said(str(&one), &said);
    assert_memory_equal(said.s, "same: ", 6);
    return one.n;
}

static void a_long_conversation_costs_its_length(void **state)
{
    size_t few = chat(50), many = chat(800);

    (void)state;
    print_message("50 rounds: %zu bytes, 800 rounds: %zu bytes\n", few, many);
    assert_true(many < 17 * few);
    assert_true(many < 800 * (size_t)4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_journal_is_readable_up_to_where_it_was_cut),
        TEST(a_broken_chain_names_its_line),
        TEST(lines_that_changed_places_are_named),
        TEST(a_broken_chain_may_be_replayed_all_the_same),
        TEST(what_is_no_journal_is_refused),
        TEST(a_turn_that_cannot_be_is_damage),
        TEST(a_replay_may_stop_after_a_turn_or_a_superstep),
        TEST(a_run_over_its_limit_is_repeated_to_its_limit),
        TEST(a_full_disk_ends_the_run_and_leaves_whole_lines),
        TEST(a_long_conversation_costs_its_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
