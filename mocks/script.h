/* script.h - scripted model clients and scripted tools: the mocks of scenario.md. Replies come in
 * turn, whatever is asked; a reply is used up even if its call fails. */
#ifndef RP_SCRIPT_H
#define RP_SCRIPT_H

#include "client.h"

enum rp_exhausted { RP_EXHAUSTED_ERROR, RP_EXHAUSTED_REPEAT_LAST, RP_EXHAUSTED_CYCLE };

struct rp_script_call {
    struct rp_value id;        /* text, or nil for the default id */
    struct rp_value name;      /* text */
    struct rp_value arguments; /* text as it is sent */
};

/* One reply; all values frozen in the kit's heap. */
struct rp_script_reply {
    struct rp_value text;   /* the whole text, or nil: none (chunks joined; json compact) */
    struct rp_value chunks; /* list of texts, or nil */
    const struct rp_script_call *calls;
    uint32_t n_calls;
    struct rp_value error; /* text, or nil */
    uint32_t repeat;       /* stands that often, at least 1 */
    /* Made by rp_script_prepare and shared by all replies; nil: made anew for each reply. */
    struct rp_value contents; /* list of content records: the text, then the calls */
    struct rp_value pieces;   /* for each chunk a list of its one content */
};

struct rp_script_agent {
    const char *name;
    const struct rp_script_reply *replies;
    uint32_t n_replies; /* entries; each may stand several times */
    enum rp_exhausted when_exhausted;
};

/* results of one tool of one agent: the k-th invocation gets the k-th, the last one repeats. */
struct rp_script_tool {
    const char *agent, *tool;
    struct rp_value results; /* list; {"error": "text"} alone makes the tool fail */
};

/* Makes what all replies of this entry can share, in heap, the kit's: all but calls with a default
 * id. Without it the client works alike, and slower. RP_ENOMEM: *reply is unchanged. */
int rp_script_prepare(struct rp_heap *heap, struct rp_script_reply *reply);

/* A client that answers for these agents (found by name), with no delay. Arrays borrowed.
 * RP_ENOMEM. */
int rp_script_new(const struct rp_alloc *alloc, const struct rp_script_agent *agents, uint32_t n,
                  struct rp_client *out);

/* Scripted tools: a counter per tool. invoke gives the result of this invocation. */
struct rp_script_tools;
int rp_script_tools_new(const struct rp_alloc *alloc, const struct rp_script_tool *tools,
                        uint32_t n, struct rp_script_tools **out);
void rp_script_tools_free(struct rp_script_tools *t);
/* RP_ENOTFOUND: the tool has no script. */
int rp_script_tools_invoke(struct rp_script_tools *t, const struct rp_tool_call *call,
                           struct rp_tool_result *result);
int rp_script_tools_save(struct rp_script_tools *t, struct rp_heap *heap, struct rp_value *out);
int rp_script_tools_load(struct rp_script_tools *t, struct rp_value saved);

#endif
