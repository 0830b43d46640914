/* test_journal_around.c - journals of runs whose surroundings are not the scenario's own: stores
 * that fail, clients in real time; and journals of secrets. */
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

static const char saving[] =
    "{\"scenario\":1,\"checkpointing\":\"memory\",\"agents\":[{\"name\":\"a\",\"model\":{"
    "\"script\":[{\"text\":\"x\"},{\"text\":\"y\"}]}}],\"workflow\":{\"pattern\":\"sequential\","
    "\"participants\":[\"a\"]},\"turns\":[{\"run\":\"1\"},{\"run\":\"2\"}]}";

static const char both[] =
    "{\"scenario\":1,\"agents\":[{\"name\":\"fast\",\"model\":{\"script\":[{\"chunks\":[\"f1 \","
    "\"f2\"]}]}},{\"name\":\"slow\",\"model\":{\"script\":[{\"chunks\":[\"s1 \",\"s2\"]}]}}],"
    "\"workflow\":{\"pattern\":\"concurrent\",\"participants\":[\"slow\",\"fast\"]},"
    "\"turns\":[{\"run\":\"Go\",\"stream\":true}]}";

/* A secret in what is asked, in a tool's result, and across two pieces of a stream. */
static const char secret[] =
    "{\"scenario\":1,\"agents\":[{\"name\":\"a\",\"instructions\":\"Use key-1234.\",\"model\":{"
    "\"script\":[{\"tool_calls\":[{\"name\":\"t\",\"arguments\":{\"k\":\"key-1234\"}}]},"
    "{\"chunks\":[\"It is ke\",\"y-1234 now.\"]}]},\"tools\":[{\"name\":\"t\",\"result\":"
    "\"got key-5678\"}]}],\"workflow\":{\"pattern\":\"sequential\",\"participants\":[\"a\"]},"
    "\"turns\":[{\"run\":\"My key-1234\",\"stream\":true}]}";

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

/* ---- stores that fail ------------------------------------------------------------------------ */

/* A memory store that refuses some savings, and gives numbers of its own. */
struct moody {
    struct rp_store inner;
    int saves;
};

static int moody_save(void *self, const struct rp_checkpoint_info *info,
                      const struct rp_item *items, size_t n, uint64_t *generation, int64_t *id,
                      struct rp_error *err)
{
    struct moody *m = self;

    if (++m->saves == 2)
        return rp_fail_at(err, RP_ESTORE, "the store", "the disk is full");
    if (m->saves == 4)
        return rp_fail_at(err, RP_ESTALE, "the store", "items may have gone");
    return m->inner.ops->save(m->inner.self, info, items, n, generation, id, err);
}

static int moody_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                      struct rp_error *err)
{
    struct moody *m = self;

    return m->inner.ops->item(m->inner.self, id, bytes, n, err);
}

static int moody_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct moody *m = self;

    return m->inner.ops->info(m->inner.self, id, out, err);
}

static void what_a_store_could_not_do_is_repeated(void **state)
{
    const struct rp_store_ops ops = {.save = moody_save, .item = moody_item, .info = moody_info};
    struct rp_alloc alloc = rp_alloc_libc();
    struct moody moody = {{0}, 0};
    const struct rp_store store = {&ops, &moody};
    const struct rp_play_opts opts = {.store = &store};

    (void)state;
    assert_int_equal(rp_store_memory(&alloc, &moody.inner), RP_OK);
    assert_int_equal(play(saving, &opts, &one), RP_OK);
    moody.inner.ops->free(moody.inner.self);
    assert_non_null(strstr(one.s, "{\"e\":\"store_failed\",\"does\":\"save\",\"status\":"
                                  "\"RP_ESTORE\",\"where\":\"the store\",\"text\":\"the disk is "
                                  "full\""));
    assert_non_null(strstr(one.s, "\"status\":\"RP_ESTALE\""));
    assert_non_null(strstr(one.s, "\"checkpoints\":\"given\""));
    is_said(&one, "same: lines 69, turns 2, supersteps 6, events 36, model calls 2, tool calls "
                  "0\n");
}

/* ---- another history ------------------------------------------------------------------------- */

static void a_run_that_goes_on_from_a_store_carries_its_checkpoint(void **state)
{
    (void)state;
    journaled_adopted("tests/conformance/group-chat-checkpoint-resume.json", 1, &one);
    assert_non_null(strstr(one.s, "{\"e\":\"adopt\",\"checkpoint\":1,\"previous\":0,"));
    journaled_said(str(&one), &said);
    assert_memory_equal(said.s, "same: ", 6);
    journaled_adopted("tests/conformance/magentic-checkpoint-resume.json", 2, &one);
    journaled_said(str(&one), &said);
    assert_memory_equal(said.s, "same: ", 6);
}

static void a_checkpoint_that_was_changed_is_no_longer_the_same(void **state)
{
    (void)state;
    journaled_adopted("tests/conformance/sequential-checkpoint-resume.json", 1, &one);
    journaled_edit(str(&one), "adopt", 1, "\"iteration\":1,\"queue\"", "\"iteration\":4,\"queue\"",
                   &two);
    journaled_said(str(&two), &said);
    assert_memory_equal(said.s, "line 2, turn 0, superstep 0, executor , adopt: /root was ", 57);
    journaled_edit(str(&one), "adopt", 1, "\"$\":\"s_run\",", "\"$\":\"s_flow\",\"turn\":null,",
                   &two);
    journaled_said(str(&two), &said);
    assert_string_equal(said.s, "J: line 2: a record lacks one of its fields\n");
}

/* ---- real time ------------------------------------------------------------------------------- */

/* Scripts in a made-up real time: each piece of a call comes so many ms after the one before. */
struct paced {
    struct rp_client inner;
    uint64_t now, next[8]; /* by call */
    uint64_t pace[8];
    int fails_at, waits;
};

static struct paced paced;

static int paced_start(void *self, const struct rp_model_call *call, uint64_t now_ms,
                       int64_t *number, int *made)
{
    struct paced *p = self;

    assert_true(call->id < 8);
    p->pace[call->id] = strcmp(rp_agent_name(call->agent), "fast") == 0 ? 10 : 17;
    p->next[call->id] = now_ms + p->pace[call->id];
    return p->inner.ops->start(p->inner.self, call, now_ms, number, made);
}

static int paced_poll(void *self, uint32_t call, uint64_t now_ms, struct rp_heap *heap,
                      struct rp_reply *reply)
{
    struct paced *p = self;

    if (now_ms < p->next[call])
        return RP_OK;
    p->next[call] += p->pace[call];
    RP_TRY(p->inner.ops->poll(p->inner.self, call, now_ms, heap, reply));
    if (reply->kind == RP_REPLY_END || reply->kind == RP_REPLY_WHOLE)
        p->next[call] = 0;
    return RP_OK;
}

static uint64_t paced_due(void *self)
{
    const struct paced *p = self;
    uint64_t due = UINT64_MAX;

    for (int i = 0; i < 8; i++)
        if (p->next[i] > 0 && p->next[i] < due)
            due = p->next[i];
    return due;
}

/* Wakes up too early each time. */
static int paced_wait(void *self, uint64_t until_ms, uint64_t *now_ms)
{
    struct paced *p = self;

    p->now = p->now + 3 < until_ms ? p->now + 3 : until_ms;
    *now_ms = p->now;
    return ++p->waits == p->fails_at ? RP_EIO : RP_OK;
}

static void paced_cancel(void *self, uint32_t call)
{
    struct paced *p = self;

    p->next[call] = 0;
    p->inner.ops->cancel(p->inner.self, call);
}

static int paced_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    struct paced *p = self;

    return p->inner.ops->save(p->inner.self, heap, out);
}

static int paced_load(void *self, struct rp_value saved)
{
    struct paced *p = self;

    return p->inner.ops->load(p->inner.self, saved);
}

static void paced_free(void *self)
{
    struct paced *p = self;

    p->inner.ops->free(p->inner.self);
}

static int make_paced(void *ctx, const struct rp_alloc *alloc, struct rp_client *out)
{
    static const struct rp_client_ops ops = {.start = paced_start,
                                             .poll = paced_poll,
                                             .due = paced_due,
                                             .wait = paced_wait,
                                             .cancel = paced_cancel,
                                             .save = paced_save,
                                             .load = paced_load,
                                             .free = paced_free};
    const struct rp_scenario *s = ctx;

    *out = (struct rp_client){&ops, &paced};
    return rp_script_new(alloc, s->script, s->n_agents, &paced.inner);
}

static int play_paced(int fails_at)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario = read_scenario(both);
    const struct rp_client_maker maker = {make_paced, scenario};
    const struct rp_play_opts opts = {.models = &maker};
    int rc;

    paced = (struct paced){.fails_at = fails_at};
    rc = journaled_play(&alloc, scenario, &opts, &one);
    rp_scenario_free(scenario);
    return rc;
}

/* Where and when each reply stands: "1 at 17 update". */
static void list_replies(void)
{
    const char *s = one.s;

    rp_buf_clear(&two);
    while ((s = strstr(s, "{\"e\":\"reply\",\"call\":")) != NULL) {
        long call, at;
        char kind[16];
        assert_int_equal(sscanf(s, "{\"e\":\"reply\",\"call\":%ld,\"at\":%ld,\"kind\":\"%15[a-z]",
                                &call, &at, kind),
                         3);
        rp_buf_add_int(&two, call);
        rp_buf_addz(&two, " at ");
        rp_buf_add_int(&two, at);
        rp_buf_addz(&two, " ");
        rp_buf_addz(&two, kind);
        assert_int_equal(rp_buf_addc(&two, '\n'), RP_OK);
        s++;
    }
}

static void calls_that_overlap_in_real_time_are_repeated_as_they_came(void **state)
{
    (void)state;
    assert_int_equal(play_paced(0), RP_OK);
    assert_non_null(strstr(one.s, "\"models\":\"service\",\"clock\":\"real\""));
    list_replies();
    assert_string_equal(two.s, "2 at 10 update\n1 at 17 update\n2 at 20 update\n2 at 30 end\n"
                               "1 at 34 update\n1 at 51 end\n");
    assert_non_null(strstr(one.s, "{\"e\":\"over\",\"turn\":1,\"at\":51,"));
    is_said(&one, "same: lines 33, turns 1, supersteps 3, events 18, model calls 2, tool calls "
                  "0\n");
}

static void a_client_that_cannot_wait_is_repeated(void **state)
{
    (void)state;
    for (int i = 1; i < 12; i++) {
        rp_buf_clear(&one);
        assert_int_equal(play_paced(i), RP_ECLIENT);
        assert_non_null(strstr(one.s, "{\"e\":\"wait_failed\","));
        journaled_said(str(&one), &said);
        assert_memory_equal(said.s, "same: ", 6);
    }
}

/* ---- secrets --------------------------------------------------------------------------------- */

/* Takes "key-" and four digits out; the same secret has the same number. */
static int hide_keys(void *ctx, const char *line, size_t n, struct rp_buf *out, uint64_t *changed)
{
    int *known = ctx; /* known[i]: a secret's digits */

    for (size_t i = 0; i < n; i++) {
        int digits = 0, k = 0;
        if (n - i < 8 || memcmp(line + i, "key-", 4) != 0 ||
            sscanf(line + i + 4, "%4d", &digits) != 1) {
            RP_TRY(rp_buf_addc(out, line[i]));
            continue;
        }
        while (known[k] && known[k] != digits)
            k++;
        known[k] = digits;
        RP_TRY(rp_buf_addz(out, "[redacted:"));
        RP_TRY(rp_buf_add_int(out, k + 1));
        RP_TRY(rp_buf_addz(out, "]"));
        ++*changed;
        i += 7;
    }
    return RP_OK;
}

static int play_hidden(const struct rp_journal_filter *filter, struct rp_buf *out)
{
    struct rp_scenario *scenario = read_scenario(secret);
    const struct rp_journal_opts how = {.alloc = rp_alloc_libc(),
                                        .scenario = scenario,
                                        .sink = {journaled_put, out},
                                        .filter = filter};
    struct rp_play_opts opts = {.alloc = how.alloc};
    struct rp_play *player = NULL;
    struct rp_error err = {0};
    int rc;

    assert_int_equal(rp_journal_new(&how, &opts.journal), RP_OK);
    rc = rp_play_new(scenario, &opts, &player);
    if (rc == RP_OK)
        rc = rp_play_all(player, &err);
    rp_play_free(player);
    rp_journal_free(opts.journal);
    rp_scenario_free(scenario);
    return rc;
}

static void what_was_redacted_is_not_there_and_does_not_differ(void **state)
{
    int known[8] = {0}, again[8] = {0};
    const struct rp_journal_filter filter = {hide_keys, known}, later = {hide_keys, again};
    struct rp_replay_opts opts;

    (void)state;
    assert_int_equal(play_hidden(&filter, &one), RP_OK);
    assert_null(strstr(one.s, "key-1"));
    assert_null(strstr(one.s, "key-5"));
    assert_non_null(strstr(one.s, "\"redaction\":\"on\""));
    assert_non_null(strstr(one.s, "\"text\":\"It is ke\""));
    assert_non_null(strstr(one.s, "\"text\":\"It is [redacted:1] now.\""));
    assert_non_null(strstr(one.s, ",\"redacted\":1,\"chain\":\""));
    opts = opts_of(&one);
    opts.filter = &later;
    assert_int_equal(journaled_replay(&opts, NULL, &said), RP_OK);
    assert_string_equal(said.s, "same: lines 33, turns 1, supersteps 3, events 17, model calls 2, "
                                "tool calls 1\n");
}

static int break_lines(void *ctx, const char *line, size_t n, struct rp_buf *out, uint64_t *changed)
{
    (void)ctx;
    (void)line;
    (void)n;
    ++*changed;
    return rp_buf_addz(out, "{\"e\":}");
}

static void a_filter_that_breaks_lines_ends_the_journal(void **state)
{
    const struct rp_journal_filter filter = {break_lines, NULL};

    (void)state;
    assert_int_equal(play_hidden(&filter, &one), RP_EPARSE);
    assert_int_equal(one.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_store_could_not_do_is_repeated),
        TEST(a_run_that_goes_on_from_a_store_carries_its_checkpoint),
        TEST(a_checkpoint_that_was_changed_is_no_longer_the_same),
        TEST(calls_that_overlap_in_real_time_are_repeated_as_they_came),
        TEST(a_client_that_cannot_wait_is_repeated),
        TEST(what_was_redacted_is_not_there_and_does_not_differ),
        TEST(a_filter_that_breaks_lines_ends_the_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
