/* expect_ask.c - owns what expectations say at a moment, and the words about those that are broken.
 */
#include "expect_inside.h"

#include <string.h>

static int ask(const struct rp_expecting *e, const struct rp_expect_test *test);

/* ---- one test ---------------------------------------------------------------------------------
 */

static int in_range(const struct rp_expect_test *test, int64_t n)
{
    return n >= test->at_least && n <= test->at_most ? RP_HOLDS : RP_FAILS;
}

static int ask_all(const struct rp_expecting *e, const struct rp_expect_test *test)
{
    int decisive = test->kind == RP_TEST_ALL ? RP_FAILS : RP_HOLDS, undecided = 0;

    for (uint32_t i = 0; i < test->n_in; i++) {
        int said = ask(e, &test->in[i]);
        if (said == decisive)
            return decisive;
        undecided |= said == RP_UNDECIDED;
    }
    return undecided ? RP_UNDECIDED : !decisive;
}

static int64_t counted(const struct rp_expecting *e, const struct rp_expect_test *test)
{
    if (test->kind == RP_TEST_SPEAKS || test->kind == RP_TEST_CALLS || test->kind == RP_TEST_ORDER)
        return e->state[test->number].count;
    return e->count[test->kind];
}

static int ask(const struct rp_expecting *e, const struct rp_expect_test *test)
{
    const struct rp_test_state *state = &e->state[test->number];
    int said;

    switch (test->kind) {
    case RP_TEST_OUTPUT:
        return state->value;
    case RP_TEST_CALLS:
        return state->bad ? RP_FAILS : in_range(test, state->count);
    case RP_TEST_TOKENS:
        return e->tokens_told ? in_range(test, e->count[test->kind]) : RP_UNDECIDED;
    case RP_TEST_TIME:
        return e->time_told ? in_range(test, e->count[test->kind]) : RP_UNDECIDED;
    case RP_TEST_SPEAKS:
    case RP_TEST_ROUNDS:
    case RP_TEST_MODEL_CALLS:
    case RP_TEST_TOOL_CALLS:
    case RP_TEST_SUPERSTEPS:
        return in_range(test, counted(e, test));
    case RP_TEST_STATUS:
        return e->status < 0 ? RP_UNDECIDED : e->status == test->status ? RP_HOLDS : RP_FAILS;
    case RP_TEST_ORDER:
        return state->count >= test->n_in ? RP_HOLDS : RP_FAILS;
    case RP_TEST_ALL:
    case RP_TEST_ANY:
        return ask_all(e, test);
    case RP_TEST_NOT:
        said = ask(e, &test->in[0]);
        return said == RP_UNDECIDED ? said : !said;
    case RP_TEST_EVENT:
        break;
    }
    return RP_UNDECIDED;
}

/* ---- words ------------------------------------------------------------------------------------
 */

static const char *const subjects[] = {
    [RP_TEST_ROUNDS] = "rounds",         [RP_TEST_MODEL_CALLS] = "model calls",
    [RP_TEST_TOOL_CALLS] = "tool calls", [RP_TEST_SUPERSTEPS] = "supersteps",
    [RP_TEST_TOKENS] = "tokens",         [RP_TEST_TIME] = "ms of virtual time"};

/* "at most 3", "exactly 1", "at least 2" */
static void say_range(struct rp_error *out, const struct rp_expect_test *test)
{
    if (test->at_least == test->at_most)
        rp_fail_at(out, RP_ESTATE, "", "exactly %l", test->at_most);
    else if (test->at_most == INT64_MAX)
        rp_fail_at(out, RP_ESTATE, "", "at least %l", test->at_least);
    else if (test->at_least == 0)
        rp_fail_at(out, RP_ESTATE, "", "at most %l", test->at_most);
    else
        rp_fail_at(out, RP_ESTATE, "", "%l to %l", test->at_least, test->at_most);
}

static const char *last_text(const struct rp_expecting *e)
{
    return e->last && e->last->s ? e->last->s : "";
}

static void say_calls(const struct rp_expecting *e, const struct rp_expect_test *test,
                      struct rp_error *out)
{
    struct rp_error range;

    say_range(&range, test);
    if (e->state[test->number].bad)
        rp_fail_at(out, RP_ESTATE, "", "the tool %s ran %s %s", test->who,
                   test->before ? "after the first run of" : "before any run of",
                   test->before ? test->before : test->after);
    else
        rp_fail_at(out, RP_ESTATE, "", "the tool %s ran %l times; the test asks for %s", test->who,
                   e->state[test->number].count, range.text);
}

static void say_order(const struct rp_expecting *e, const struct rp_expect_test *test,
                      struct rp_error *out)
{
    int64_t n = e->state[test->number].count;
    const struct rp_expect_test *step = n < test->n_in ? &test->in[n] : NULL;

    if (!step)
        rp_fail_at(out, RP_ESTATE, "", "all %u steps of the order happened", test->n_in);
    else
        rp_fail_at(out, RP_ESTATE, "",
                   "step %l of the order did not happen after those before: %s "
                   "%s",
                   n + 1,
                   step->kind == RP_TEST_SPEAKS  ? "speaks"
                   : step->kind == RP_TEST_CALLS ? "calls"
                                                 : step->event,
                   step->who ? step->who : "");
}

/* What there is to say about a test; of several the first one that said the same as all. */
static void say(const struct rp_expecting *e, const struct rp_expect_test *test,
                struct rp_error *out)
{
    struct rp_error range;
    int said = ask(e, test);

    say_range(&range, test);
    switch (test->kind) {
    case RP_TEST_OUTPUT:
        if (said == RP_UNDECIDED)
            rp_fail_at(out, RP_ESTATE, "", "there is no output%s%s", test->who ? " of " : "",
                       test->who ? test->who : "");
        else
            rp_fail_at(out, RP_ESTATE, "", "the output is \"%s\"", last_text(e));
        return;
    case RP_TEST_CALLS:
        say_calls(e, test, out);
        return;
    case RP_TEST_SPEAKS:
        rp_fail_at(out, RP_ESTATE, "", "%s spoke %l times; the test asks for %s", test->who,
                   counted(e, test), range.text);
        return;
    case RP_TEST_ROUNDS:
    case RP_TEST_MODEL_CALLS:
    case RP_TEST_TOOL_CALLS:
    case RP_TEST_SUPERSTEPS:
    case RP_TEST_TOKENS:
    case RP_TEST_TIME:
        rp_fail_at(out, RP_ESTATE, "", "%l %s; the test asks for %s", counted(e, test),
                   subjects[test->kind], range.text);
        return;
    case RP_TEST_STATUS:
        rp_fail_at(out, RP_ESTATE, "", "the turn ended %s",
                   e->status < 0 ? "(none did)" : rp_state_name((enum rp_state)e->status));
        return;
    case RP_TEST_ORDER:
        say_order(e, test, out);
        return;
    case RP_TEST_ALL:
    case RP_TEST_ANY:
    case RP_TEST_NOT:
        for (uint32_t i = 0; i < test->n_in; i++)
            if (test->kind == RP_TEST_NOT || ask(e, &test->in[i]) == said) {
                say(e, &test->in[i], out);
                return;
            }
        return;
    case RP_TEST_EVENT:
        return;
    }
}

static int is_told(const struct rp_expecting *e, const struct rp_expect *x)
{
    for (uint32_t i = 0; i < e->n_broken; i++)
        if (rp_same(e->broken[i].place, x->place))
            return 1;
    return 0;
}

static void tell(struct rp_expecting *e, const struct rp_expect *x)
{
    struct rp_expect_broken *b;
    struct rp_error why = {0}, all;
    size_t n = strlen(x->place);

    if (e->n_broken == RP_EXPECT_BROKEN_MAX || is_told(e, x))
        return;
    b = &e->broken[e->n_broken++];
    *b = (struct rp_expect_broken){.turn = e->turn, .step = e->step};
    memcpy(b->place, x->place, n < sizeof(b->place) ? n : sizeof(b->place) - 1);
    say(e, &x->test, &why);
    rp_fail_at(&all, RP_ESTATE, "", "%s%s%s%s: %s", x->name ? x->name : "", x->name ? " (" : "",
               rp_expect_mode_name(x->mode), x->name ? ")" : "", why.text);
    _Static_assert(sizeof(all.text) == sizeof(b->text), "a reason is as long as another");
    memcpy(b->text, all.text, sizeof(b->text));
}

/* ---- all --------------------------------------------------------------------------------------
 */

int rp_expect_ask(struct rp_expecting *e)
{
    uint32_t nth = 0;

    for (uint32_t i = 0; i < e->scenario->n_expect; i++) {
        const struct rp_expect *x = &e->scenario->expect[i];
        int said;
        if (x->mode == RP_EVENTUALLY)
            continue;
        said = ask(e, &x->test);
        if (x->mode == RP_SOMETIMES) {
            if (nth < 64 && said == RP_HOLDS)
                e->sometimes |= (uint64_t)1 << nth;
            nth++;
        } else if ((x->mode == RP_ALWAYS && said == RP_FAILS) ||
                   (x->mode == RP_NEVER && said == RP_HOLDS)) {
            tell(e, x);
        }
    }
    return RP_OK;
}

/* Promises for fair weather are taken back. */
static void forgive(struct rp_expecting *e)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < e->n_broken; i++)
        for (uint32_t k = 0; k < e->scenario->n_expect; k++)
            if (rp_same(e->scenario->expect[k].place, e->broken[i].place) &&
                e->scenario->expect[k].mode == RP_NEVER) {
                e->broken[kept++] = e->broken[i];
                break;
            }
    e->n_broken = kept;
}

int rp_expecting_end(struct rp_expecting *e, int clean)
{
    if (!e || e->ended)
        return RP_OK;
    e->ended = 1;
    e->turn = e->turn > 1 ? e->turn - 1 : 1;
    if (!clean) {
        forgive(e);
        return RP_OK;
    }
    for (uint32_t i = 0; i < e->scenario->n_expect; i++)
        if (e->scenario->expect[i].mode == RP_EVENTUALLY &&
            ask(e, &e->scenario->expect[i].test) != RP_HOLDS)
            tell(e, &e->scenario->expect[i]);
    return RP_OK;
}

uint32_t rp_expecting_broken(const struct rp_expecting *e)
{
    return e ? e->n_broken : 0;
}

const struct rp_expect_broken *rp_expecting_broken_at(const struct rp_expecting *e, uint32_t i)
{
    RP_ASSERT(i < e->n_broken);
    return &e->broken[i];
}

uint64_t rp_expecting_sometimes(const struct rp_expecting *e)
{
    return e ? e->sometimes : 0;
}
