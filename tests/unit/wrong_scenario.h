/* wrong_scenario.h - what is said about a scenario: given as text with ' for ", or as a part put
 * into an otherwise good scenario; held against the words that are expected. */
#ifndef TESTS_WRONG_SCENARIO_H
#define TESTS_WRONG_SCENARIO_H

#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

#include <stdio.h>
#include <string.h>

#include "scenarios/load.h"

/* ---- loading texts; in them ' stands for " ---- */

static inline void swap(char *s, char from, char to)
{
    for (; *s; s++)
        if (*s == from)
            *s = to;
}

/* What is said about the bytes: "place: reason", or "fine". */
static inline void say_bytes(const char *path, const char *bytes, size_t n, char *said, size_t room)
{
    struct faulty f;
    struct rp_scenario *s = NULL;
    struct rp_error err = {0};
    int rc;

    faulty_init(&f, -1);
    rc = rp_scenario_read(&f.alloc, path, bytes, n, &s, &err);
    if (rc == RP_OK) {
        snprintf(said, room, "fine");
        rp_scenario_free(s);
    } else {
        assert_null(s);
        assert_int_equal(err.status, rc);
        snprintf(said, room, "%s: %s", err.where, err.text);
    }
    assert_int_equal(f.out, 0);
    swap(said, '"', '\'');
}

static inline void assert_said_of(const char *bytes, size_t n, const char *wanted)
{
    char said[sizeof(struct rp_error)];

    say_bytes("s.json", bytes, n, said, sizeof(said));
    assert_string_equal(said, wanted);
}

static inline void assert_said(const char *json, const char *wanted)
{
    char text[4096];

    assert_true(strlen(json) < sizeof(text));
    memcpy(text, json, strlen(json) + 1);
    swap(text, '\'', '"');
    assert_said_of(text, strlen(text), wanted);
}

struct row {
    const char *json, *said;
};

static inline void assert_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_said(rows[i].json, rows[i].said);
}

#define ROWS(rows) assert_rows((rows), sizeof(rows) / sizeof((rows)[0]))

/* Scenarios of which one part is given. */
#define TURN "{'run':'go'}"
#define TOP(agents, workflow, turns)                                                               \
    "{'scenario':1,'agents':[" agents "],'workflow':{" workflow "},'turns':[" turns "]}"
#define A              "{'name':'anna'}"
#define B              "{'name':'bert'}"
#define SEQ            "'pattern':'sequential','participants':['anna']"
#define TOP_KEYS(keys) "{" keys "'workflow':{" SEQ "},'agents':[" A "]}"
#define AGENT(keys)    TOP(A ",{" keys "}", SEQ, TURN)
#define MODEL(keys)    AGENT("'name':'bert','model':{" keys "}")
#define REPLY(keys)    MODEL("'script':[{}, {" keys "}]")
#define TOOL(keys)     AGENT("'name':'bert','tools':[{" keys "}]")
#define WORKFLOW(keys) TOP(A "," B, keys, TURN)
#define PAIR           "'participants':['anna','bert']"
#define GROUP(keys)    WORKFLOW("'pattern':'group_chat'," PAIR ",'select':" keys)
#define HANDOFF(keys)  WORKFLOW("'pattern':'handoff'," PAIR "," keys)
#define MAGENTIC(keys) WORKFLOW("'pattern':'magentic','participants':['anna']," keys)
#define GRAPH(keys)    TOP("", "'pattern':'graph'," keys, TURN)
#define EXECUTOR(keys) GRAPH("'start':'p','executors':[{'id':'p','op':'pass'},{" keys "}]")
#define EDGES(keys)                                                                                \
    GRAPH("'start':'p','executors':[{'id':'p','op':'pass'},{'id':'q','op':'pass'},"                \
          "{'id':'r','op':'pass'}],'edges':[" keys "]")
#define TURNS(turns) TOP(A, SEQ, turns)

#endif
