/* expect.h - what a scenario expects of itself: the top-level key `expect`, one block or an array
 * of blocks, read by load_expect.c and watched here.
 *
 * A block is {MODE: TEST, "name"?: text}. MODE is one of
 * "always":     TEST never fails, asked after everything that happens
 * "eventually": TEST holds at the end
 * "never":      TEST never holds, asked after everything that happens
 * "sometimes":  TEST holds at some moment of at least one of the runs that are explored; in a
 * single run nothing is said about it `always` and `eventually` are promises for fair weather: with
 * injected faults they are not asked.
 *
 * A TEST is an object of one of these forms; COUNT is {"at_least"?: n, "at_most"?: n} or
 * {"exactly": n}:
 * {"output": {"equals"?: v, "contains"?: text, "pointer"?: text, "from"?: executor}}
 *     about the last output, or the last one of that executor. Its text is that of its messages
 *     (R-SES-3), the pieces of a stream joined; of other values their compact JSON. "contains" is
 *     about that text, and so is "equals" with a text; with any other value the text is read as
 *     JSON and is equal whatever the order of keys. "pointer" (RFC 6901) first goes to a value in
 *     the JSON; alone it asks whether there is one. Before there is any output such a TEST neither
 *     holds nor fails.
 * {"speaks": agent, COUNT's keys}
 *     so many replies of its model held visible text; without a count: at least one
 * {"calls": tool, "agent"?: name, COUNT's keys, "before"?: tool, "after"?: tool}
 *     so many runs of that tool; each before the first run of that other tool, or after one;
 *     without a count at least one, with before or after any number
 * {"rounds": COUNT}       speakers asked by an orchestrator, and handoffs
 * {"model_calls": COUNT}, {"tool_calls": COUNT}, {"supersteps": COUNT}
 * {"tokens": COUNT}       as services tell; while none has told any it neither holds nor fails
 * {"time_ms": COUNT}      virtual time, known at the end of each turn
 * {"status": "idle" | "pending" | "failed" | "cancelled"}   how the last turn ended
 * {"order": [STEP, ...]}  these happened in this order, whatever came between; a STEP is
 *     {"speaks": agent}, {"calls": tool} or {"event": name, "executor"?: id}, the name as in traces
 * {"all": [TEST, ...]}, {"any": [TEST, ...]}, {"not": TEST} */
#ifndef RP_EXPECT_H
#define RP_EXPECT_H

#include "load.h"
#include "mocks/world.h"

enum rp_expect_mode { RP_ALWAYS, RP_EVENTUALLY, RP_NEVER, RP_SOMETIMES };
const char *rp_expect_mode_name(enum rp_expect_mode mode);

enum rp_test_kind {
    RP_TEST_OUTPUT,
    RP_TEST_SPEAKS,
    RP_TEST_CALLS,
    RP_TEST_ROUNDS,
    RP_TEST_MODEL_CALLS,
    RP_TEST_TOOL_CALLS,
    RP_TEST_SUPERSTEPS,
    RP_TEST_TOKENS,
    RP_TEST_TIME,
    RP_TEST_STATUS,
    RP_TEST_ORDER,
    RP_TEST_ALL,
    RP_TEST_ANY,
    RP_TEST_NOT,
    RP_TEST_EVENT /* only a step of an order */
};

struct rp_expect_test {
    enum rp_test_kind kind;
    uint32_t number;   /* over all tests of the scenario, from 0 */
    const char *who;   /* SPEAKS: agent; CALLS: tool; OUTPUT, EVENT: executor, or NULL */
    const char *agent; /* CALLS; NULL: any */
    const char *before, *after;
    const char *event; /* EVENT: its name */
    int64_t at_least, at_most;
    struct rp_value equals; /* OUTPUT; used where has_equals */
    int has_equals;
    const char *contains, *pointer;
    int status;                      /* STATUS: an rp_state */
    const struct rp_expect_test *in; /* ORDER, ALL, ANY, NOT */
    uint32_t n_in;
};

struct rp_expect {
    enum rp_expect_mode mode;
    const char *name;  /* NULL: none */
    const char *place; /* "expect[1]" */
    struct rp_expect_test test;
};

struct rp_expecting; /* one scenario being watched; NULL is fine and expects nothing */

/* *out NULL when the scenario expects nothing. scenario is borrowed. RP_ENOMEM. */
int rp_expecting_new(const struct rp_alloc *alloc, const struct rp_scenario *scenario,
                     struct rp_expecting **out);
void rp_expecting_free(struct rp_expecting *e);
void rp_expecting_reset(struct rp_expecting *e); /* ready for another run; keeps its memory */

/* Watches a run. RP_ENOMEM. */
struct rp_observer rp_expecting_observer(struct rp_expecting *e);
int rp_expecting_event(struct rp_expecting *e, const struct rp_event *ev);
int rp_expecting_model_call(struct rp_expecting *e, const struct rp_model_call *call);
int rp_expecting_reply(struct rp_expecting *e, const struct rp_agent *agent,
                       const struct rp_reply *reply);
int rp_expecting_tool(struct rp_expecting *e, const struct rp_tool_call *call);
/* At the end of each turn of the scenario, with the run's virtual time. RP_ENOMEM. */
int rp_expecting_time(struct rp_expecting *e, uint64_t now_ms);
/* After the last turn. clean: no fault was injected. RP_ENOMEM. */
int rp_expecting_end(struct rp_expecting *e, int clean);

struct rp_expect_broken {
    int64_t turn, step;
    char place[64]; /* "expect[1]" */
    char text[320];
};
uint32_t rp_expecting_broken(const struct rp_expecting *e);
const struct rp_expect_broken *rp_expecting_broken_at(const struct rp_expecting *e, uint32_t i);
/* Bit i: the i-th block whose mode is `sometimes` (counted over the first 64 of them) held. */
uint64_t rp_expecting_sometimes(const struct rp_expecting *e);
/* That block; NULL: there are not so many. */
const struct rp_expect *rp_expect_sometimes(const struct rp_scenario *scenario, uint32_t i);

#endif
