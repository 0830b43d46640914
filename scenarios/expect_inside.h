/* expect_inside.h - what watching expectations and asking them share. Private to expect*.c. */
#ifndef RP_EXPECT_INSIDE_H
#define RP_EXPECT_INSIDE_H

#include "expect.h"

#include "engine/base/buf.h"

enum { RP_FAILS = 0, RP_HOLDS = 1, RP_UNDECIDED = 2 }; /* what a test says */
enum { RP_EXPECT_BROKEN_MAX = 16 };

struct rp_test_state {
    int64_t count; /* SPEAKS, CALLS; ORDER: steps that happened */
    int before, after, bad;
    int value; /* OUTPUT: of the last one that it is about */
};

struct rp_voice { /* of an executor that gives out pieces */
    struct rp_buf text;
    int open;
};

struct rp_expecting {
    struct rp_alloc alloc;
    const struct rp_scenario *scenario;
    struct rp_heap heap;              /* scratch, for JSON */
    struct rp_buf a, b;               /* scratch */
    struct rp_test_state *state;      /* of each test, by number */
    uint8_t *speaking;                /* of each agent: the reply under way shows text */
    struct rp_voice *voice;           /* of each executor, and one more */
    const struct rp_buf *last;        /* the output that has just ended */
    int64_t count[RP_TEST_EVENT + 1]; /* budgets, by kind */
    int tokens_told, time_told, ended;
    int status; /* -1: no turn has ended */
    int64_t turn, step;
    uint64_t sometimes;
    struct rp_expect_broken broken[RP_EXPECT_BROKEN_MAX];
    uint32_t n_broken;
};

/* Asks the tests that are asked at every moment. RP_ENOMEM. */
int rp_expect_ask(struct rp_expecting *e);
/* What that OUTPUT test says of the output in e->last. RP_ENOMEM. */
int rp_expect_output(struct rp_expecting *e, const struct rp_expect_test *test, int *value);
/* Adds the text of an output. RP_ENOMEM. */
int rp_expect_add_text(struct rp_expecting *e, struct rp_buf *b, struct rp_value data);

#endif
