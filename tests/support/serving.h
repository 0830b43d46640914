/* serving.h - a server's core without sockets, made from a scenario given as text with ' for ":
 * requests go in, and what comes out is told with its times, as one text. */
#ifndef TESTS_SERVING_H
#define TESTS_SERVING_H

#include "mocks/serve/serve.h"
#include "scenarios/load.h"
#include "tests/support/faulty_alloc.h"

struct serving {
    struct faulty f;
    struct rp_scenario *scenario;
    struct rp_serve *core;
    uint64_t now_ms, told_ms;
    char s[1 << 15]; /* what has happened */
    size_t n;
};

/* agents: the array's items; opts: what the scenario does not say, may be NULL. */
void serving_open(struct serving *s, const char *agents, const struct rp_serve_opts *opts);
/* Closes it and expects that nothing is left. */
void serving_close(struct serving *s);
/* The scenario alone, in memory of alloc; a status. */
int serving_scenario(const struct rp_alloc *alloc, const char *agents, struct rp_scenario **out);

/* One request: "POST /v1/responses", headers "NAME: value\n..." beside "Content-Type:
 * application/json", a body with ' for ". Plays it to its end; the clock goes on. What a model says
 * is told as a client reads it, everything else as it is. */
void serving_ask(struct serving *s, const char *line, const char *headers, const char *body);
/* Expects what has happened since the last time. */
void serving_was(struct serving *s, const char *expected);

#endif
