/* load_expect.c - owns what a scenario expects of itself: blocks of a mode and a test. */
#include "expect.h"
#include "load_util.h"

#include <string.h>

enum { DEPTH_MAX = 32 };

/* What names in tests are held against. */
struct names {
    struct rp_load_index executors, tools;
};

/* ---- counts -----------------------------------------------------------------------------------
 */

static int load_count(struct rp_loader *l, const struct rp_spot *spot, int64_t least,
                      struct rp_expect_test *out)
{
    struct rp_spot exactly = rp_load_key(spot, "exactly"), low = rp_load_key(spot, "at_least");
    struct rp_spot high = rp_load_key(spot, "at_most");

    out->at_least = least;
    out->at_most = INT64_MAX;
    RP_TRY(rp_load_int(l, spot, "at_least", RP_OPTIONAL, 0, &out->at_least));
    RP_TRY(rp_load_int(l, spot, "at_most", RP_OPTIONAL, 0, &out->at_most));
    if (rp_load_has(&high) && !rp_load_has(&low))
        out->at_least = 0;
    if (out->at_least > out->at_most)
        return rp_load_fail(l, &high, "at most %l cannot be at least %l", out->at_most,
                            out->at_least);
    if (!rp_load_has(&exactly))
        return RP_OK;
    if (rp_load_has(&low) || rp_load_has(&high))
        return rp_load_fail(l, &exactly, "\"exactly\" stands alone, without \"%s\"",
                            rp_load_has(&low) ? "at_least" : "at_most");
    RP_TRY(rp_load_is_int(l, &exactly, 0, &out->at_least));
    out->at_most = out->at_least;
    return RP_OK;
}

static int load_budget(struct rp_loader *l, const struct rp_spot *test, const char *key,
                       struct rp_expect_test *out)
{
    static const char *const keys[] = {"at_least", "at_most", "exactly", NULL};
    struct rp_spot at;

    RP_TRY(rp_load_object(l, test, key, RP_REQUIRED, &at));
    RP_TRY(rp_load_keys(l, &at, keys));
    if (rp_map_len(at.v) == 0)
        return rp_load_fail(l, &at,
                            "one of the keys \"at_least\", \"at_most\" or \"exactly\" is required");
    return load_count(l, &at, 0, out);
}

/* ---- tests about names ------------------------------------------------------------------------
 */

static int load_known_name(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                           enum rp_need need, const struct rp_load_index *index, const char *what,
                           const char **out)
{
    struct rp_spot at = rp_load_key(spot, key);
    uint32_t i;

    RP_TRY(rp_load_name(l, spot, key, need, out));
    return *out ? rp_load_known(l, &at, index, what, *out, &i) : RP_OK;
}

static int load_speaks(struct rp_loader *l, const struct rp_spot *test, struct rp_expect_test *out)
{
    static const char *const keys[] = {"speaks", "at_least", "at_most", "exactly", NULL};

    RP_TRY(rp_load_keys(l, test, keys));
    RP_TRY(load_known_name(l, test, "speaks", RP_REQUIRED, &l->agents, "agent", &out->who));
    return load_count(l, test, 1, out);
}

static int load_calls(struct rp_loader *l, const struct rp_spot *test, const struct names *names,
                      struct rp_expect_test *out)
{
    static const char *const keys[] = {"calls",   "agent",  "at_least", "at_most",
                                       "exactly", "before", "after",    NULL};

    RP_TRY(rp_load_keys(l, test, keys));
    RP_TRY(load_known_name(l, test, "calls", RP_REQUIRED, &names->tools, "tool", &out->who));
    RP_TRY(load_known_name(l, test, "agent", RP_OPTIONAL, &l->agents, "agent", &out->agent));
    RP_TRY(load_known_name(l, test, "before", RP_OPTIONAL, &names->tools, "tool", &out->before));
    RP_TRY(load_known_name(l, test, "after", RP_OPTIONAL, &names->tools, "tool", &out->after));
    return load_count(l, test, out->before || out->after ? 0 : 1, out);
}

static int load_output(struct rp_loader *l, const struct rp_spot *test, const struct names *names,
                       struct rp_expect_test *out)
{
    static const char *const keys[] = {"equals", "contains", "pointer", "from", NULL};
    struct rp_spot at, equals, pointer;

    RP_TRY(rp_load_object(l, test, "output", RP_REQUIRED, &at));
    RP_TRY(rp_load_keys(l, &at, keys));
    RP_TRY(rp_load_string(l, &at, "contains", RP_OPTIONAL, &out->contains));
    RP_TRY(rp_load_string(l, &at, "pointer", RP_OPTIONAL, &out->pointer));
    RP_TRY(load_known_name(l, &at, "from", RP_OPTIONAL, &names->executors, "executor", &out->who));
    equals = rp_load_key(&at, "equals");
    pointer = rp_load_key(&at, "pointer");
    out->has_equals = rp_load_has(&equals);
    out->equals = equals.v;
    if (!out->has_equals && !out->contains && !out->pointer)
        return rp_load_fail(l, &at,
                            "one of the keys \"equals\", \"contains\" or \"pointer\" is required");
    if (out->pointer && *out->pointer && *out->pointer != '/')
        return rp_load_fail(l, &pointer, "a JSON pointer is empty or begins with \"/\"");
    return RP_OK;
}

static int load_status(struct rp_loader *l, const struct rp_spot *test, struct rp_expect_test *out)
{
    static const char *const words[] = {"idle", "pending", "failed", "cancelled", NULL};
    static const enum rp_state states[] = {RP_IDLE, RP_IDLE_WITH_PENDING_REQUESTS, RP_FAILED,
                                           RP_CANCELLED};
    int which;

    RP_TRY(rp_load_word(l, test, "status", words, &which));
    out->status = (int)states[which];
    return RP_OK;
}

/* ---- steps of an order ------------------------------------------------------------------------
 */

static int load_event(struct rp_loader *l, const struct rp_spot *step, const struct names *names,
                      struct rp_expect_test *out)
{
    static const char *const keys[] = {"event", "executor", NULL};
    const char *words[RP_EV_CUSTOM + 1];
    int which;

    for (int i = 0; i < RP_EV_CUSTOM; i++)
        words[i] = rp_event_name((enum rp_event_kind)i);
    words[RP_EV_CUSTOM] = NULL;
    RP_TRY(rp_load_keys(l, step, keys));
    RP_TRY(rp_load_word(l, step, "event", words, &which));
    RP_TRY(load_known_name(l, step, "executor", RP_OPTIONAL, &names->executors, "executor",
                           &out->who));
    out->event = rp_event_name((enum rp_event_kind)which);
    return RP_OK;
}

static int load_step(struct rp_loader *l, const struct rp_spot *step, const struct names *names,
                     struct rp_expect_test *out)
{
    static const char *const kinds[] = {"speaks", "calls", "event", NULL};
    static const char *const speaks[] = {"speaks", NULL};
    static const char *const calls[] = {"calls", NULL};
    int which;

    RP_TRY(rp_load_is_object(l, step));
    RP_TRY(rp_load_one_of(l, step, kinds, RP_REQUIRED, &which));
    out->number = l->s->n_expect_tests++;
    out->kind = which == 0 ? RP_TEST_SPEAKS : which == 1 ? RP_TEST_CALLS : RP_TEST_EVENT;
    if (which == 2)
        return load_event(l, step, names, out);
    RP_TRY(rp_load_keys(l, step, which == 0 ? speaks : calls));
    return which == 0 ? load_speaks(l, step, out) : load_calls(l, step, names, out);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static int load_test(struct rp_loader *l, const struct rp_spot *test, const struct names *names,
                     int depth, struct rp_expect_test *out);

/* An array of tests, or of steps where depth is negative. */
static int load_list(struct rp_loader *l, const struct rp_spot *test, const char *key,
                     const struct names *names, int depth, struct rp_expect_test *out)
{
    struct rp_expect_test *in;
    struct rp_spot all;

    RP_TRY(rp_load_array(l, test, key, RP_REQUIRED, 1, &all));
    out->n_in = rp_len(all.v);
    out->in = in = rp_load_take(l, out->n_in, sizeof(*in));
    if (!in)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < out->n_in; i++) {
        struct rp_spot item = rp_load_item(&all, i);
        RP_TRY(depth < 0 ? load_step(l, &item, names, &in[i])
                         : load_test(l, &item, names, depth + 1, &in[i]));
    }
    return RP_OK;
}

static int load_not(struct rp_loader *l, const struct rp_spot *test, const struct names *names,
                    int depth, struct rp_expect_test *out)
{
    struct rp_spot at = rp_load_key(test, "not");
    struct rp_expect_test *in = rp_load_take(l, 1, sizeof(*in));

    if (!in)
        return RP_ENOMEM;
    out->in = in;
    out->n_in = 1;
    return load_test(l, &at, names, depth + 1, in);
}

/* In the order of rp_test_kind. */
static const char *const kinds[] = {"output",     "speaks",     "calls",  "rounds",  "model_calls",
                                    "tool_calls", "supersteps", "tokens", "time_ms", "status",
                                    "order",      "all",        "any",    "not",     NULL};

static int only_key(struct rp_loader *l, const struct rp_spot *test, const char *key)
{
    const char *const keys[] = {key, NULL};

    return rp_load_keys(l, test, keys);
}

static int load_kind(struct rp_loader *l, const struct rp_spot *test, const struct names *names,
                     int depth, struct rp_expect_test *out)
{
    const char *key = kinds[out->kind];

    if (out->kind == RP_TEST_SPEAKS)
        return load_speaks(l, test, out);
    if (out->kind == RP_TEST_CALLS)
        return load_calls(l, test, names, out);
    RP_TRY(only_key(l, test, key));
    switch (out->kind) {
    case RP_TEST_OUTPUT:
        return load_output(l, test, names, out);
    case RP_TEST_STATUS:
        return load_status(l, test, out);
    case RP_TEST_ORDER:
        return load_list(l, test, key, names, -1, out);
    case RP_TEST_ALL:
    case RP_TEST_ANY:
        return load_list(l, test, key, names, depth, out);
    case RP_TEST_NOT:
        return load_not(l, test, names, depth, out);
    case RP_TEST_ROUNDS:
    case RP_TEST_MODEL_CALLS:
    case RP_TEST_TOOL_CALLS:
    case RP_TEST_SUPERSTEPS:
    case RP_TEST_TOKENS:
    case RP_TEST_TIME:
        return load_budget(l, test, key, out);
    case RP_TEST_SPEAKS:
    case RP_TEST_CALLS:
    case RP_TEST_EVENT:
        break;
    }
    return RP_OK;
}

static int load_test(struct rp_loader *l, const struct rp_spot *test, const struct names *names,
                     int depth, struct rp_expect_test *out)
{
    int which;

    if (depth > DEPTH_MAX)
        return rp_load_fail(l, test, "tests nest deeper than %u", (uint32_t)DEPTH_MAX);
    RP_TRY(rp_load_is_object(l, test));
    RP_TRY(rp_load_one_of(l, test, kinds, RP_REQUIRED, &which));
    out->kind = (enum rp_test_kind)which;
    out->number = l->s->n_expect_tests++;
    return load_kind(l, test, names, depth, out);
}

/* ---- blocks -----------------------------------------------------------------------------------
 */

static int load_block(struct rp_loader *l, const struct rp_spot *block, const struct names *names,
                      struct rp_expect *out)
{
    static const char *const keys[] = {"always", "eventually", "never", "sometimes", "name", NULL};
    static const char *const modes[] = {"always", "eventually", "never", "sometimes", NULL};
    struct rp_spot test;
    int which;

    RP_TRY(rp_load_is_object(l, block));
    RP_TRY(rp_load_keys(l, block, keys));
    RP_TRY(rp_load_one_of(l, block, modes, RP_REQUIRED, &which));
    RP_TRY(rp_load_string(l, block, "name", RP_OPTIONAL, &out->name));
    out->mode = (enum rp_expect_mode)which;
    test = rp_load_key(block, modes[which]);
    return load_test(l, &test, names, 0, &out->test);
}

/* "expect" or "expect[1]": as it stands in messages, without the file. */
static int keep_place(struct rp_loader *l, const struct rp_spot *block, struct rp_expect *out)
{
    char digits[12], *place = rp_load_take(l, 24, 1);
    size_t at = sizeof(digits), n = 6;
    uint32_t i = block->item;

    if (!place)
        return RP_ENOMEM;
    memcpy(place, "expect", n);
    if (!block->key) {
        do
            digits[--at] = (char)('0' + i % 10);
        while ((i /= 10) > 0);
        place[n++] = '[';
        memcpy(place + n, digits + at, sizeof(digits) - at);
        n += sizeof(digits) - at;
        place[n++] = ']';
    }
    out->place = place;
    return RP_OK;
}

static int index_names(struct rp_loader *l, const struct rp_spot *root, struct names *names)
{
    struct rp_value agents = rp_map_get(root->v, "agents");
    uint32_t n = rp_workflow_executors(l->s->workflow), n_tools = 0;

    RP_TRY(rp_load_index_init(l, &names->executors, n));
    for (uint32_t i = 0; i < n; i++)
        RP_TRY(rp_load_index_add(&names->executors, rp_workflow_executor(l->s->workflow, i)));
    for (uint32_t i = 0; i < rp_len(agents); i++)
        n_tools += rp_len(rp_map_get(rp_at(agents, i), "tools"));
    RP_TRY(rp_load_index_init(l, &names->tools, n_tools));
    for (uint32_t i = 0; i < rp_len(agents); i++) {
        struct rp_value tools = rp_map_get(rp_at(agents, i), "tools");
        for (uint32_t k = 0; k < rp_len(tools); k++) /* agents may share the name of a tool */
            rp_load_index_add(&names->tools, rp_str_of(rp_map_get(rp_at(tools, k), "name")).s);
    }
    return RP_OK;
}

int rp_load_expect(struct rp_loader *l, const struct rp_spot *root)
{
    struct rp_spot all = rp_load_key(root, "expect");
    struct names names;
    struct rp_expect *expect;
    uint32_t n = all.v.tag == RP_LIST ? rp_len(all.v) : 1;

    if (!rp_load_has(&all) || n == 0)
        return RP_OK;
    if (all.v.tag != RP_LIST && all.v.tag != RP_MAP)
        return rp_load_fail(l, &all, "expected an object or an array of objects");
    RP_TRY(index_names(l, root, &names));
    expect = rp_load_take(l, n, sizeof(*expect));
    if (!expect)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot block = all.v.tag == RP_LIST ? rp_load_item(&all, i) : all;
        RP_TRY(load_block(l, &block, &names, &expect[i]));
        RP_TRY(keep_place(l, &block, &expect[i]));
    }
    l->s->expect = expect;
    l->s->n_expect = n;
    return RP_OK;
}
