/* script.h - scripted model clients and scripted tools: the mocks of scenario.md. Replies come in
 * turn, whatever is asked; a reply is used up even if its call fails. A client plays them on the
 * stage's clock; mocks/serve plays the same ones over HTTP. */
#ifndef RP_SCRIPT_H
#define RP_SCRIPT_H

#include "client.h"

enum rp_exhausted { RP_EXHAUSTED_ERROR, RP_EXHAUSTED_REPEAT_LAST, RP_EXHAUSTED_CYCLE };

struct rp_script_call {
    struct rp_value id;        /* text, or nil for the default id */
    struct rp_value name;      /* text */
    struct rp_value arguments; /* text as it is sent */
};

/* What goes wrong with a reply, as a service would do it. */
enum rp_fault {
    RP_FAULT_NONE,
    RP_FAULT_STATUS,   /* it refuses, with an HTTP status */
    RP_FAULT_TIMEOUT,  /* it never answers */
    RP_FAULT_CUT,      /* the connection breaks after some updates */
    RP_FAULT_MALFORMED /* what it sends is not what its dialect says */
};

/* One reply; all values frozen in the kit's heap. */
struct rp_script_reply {
    struct rp_value text;   /* the whole text, or nil: none (chunks joined; json compact) */
    struct rp_value chunks; /* list of texts, or nil */
    const struct rp_script_call *calls;
    uint32_t n_calls;
    struct rp_value error;   /* text: why the call fails; or nil */
    uint32_t repeat;         /* stands that often, at least 1 */
    uint64_t delay_ms;       /* before its first piece */
    uint64_t chunk_delay_ms; /* between two updates; a whole reply takes them all together */
    enum rp_fault fault;     /* with error; RP_FAULT_NONE then is a plain refusal */
    int status;              /* STATUS: 400 to 599 */
    int64_t retry_after;     /* STATUS: seconds; 0: not told */
    struct rp_value message; /* STATUS: text in the reply's body, or nil */
    uint32_t cut_after;      /* CUT: updates that arrive in a stream; of a whole reply none does */
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

/* How many updates a stream of this reply has, at least 1; a refusal has none of them. */
uint32_t rp_script_updates(const struct rp_script_reply *reply);
/* The contents of its update i, and of the whole reply: content records, in heap or shared. number:
 * which of the agent's calls it answers, for default ids. RP_ENOMEM. */
int rp_script_update(struct rp_heap *heap, const struct rp_script_reply *reply, const char *agent,
                     int64_t number, uint32_t i, struct rp_value *contents);
int rp_script_contents(struct rp_heap *heap, const struct rp_script_reply *reply, const char *agent,
                       int64_t number, struct rp_value *contents);
/* When update i of a call comes that began at start_ms; the whole reply comes with its last update.
 */
uint64_t rp_script_due(const struct rp_script_reply *reply, uint64_t start_ms, uint32_t i);

/* An agent's place in its script. */
struct rp_script_seat {
    const struct rp_script_agent *agent;
    uint64_t calls; /* made so far, also those that found nothing */
    uint32_t entry; /* of the next reply; n_replies: the script is at its end */
    uint32_t stood; /* how often that entry has stood already */
};
/* The next reply, used up by this; NULL when none is left. */
const struct rp_script_reply *rp_script_take(struct rp_script_seat *seat);
/* Puts it where it stands after so many calls. */
void rp_script_seek(struct rp_script_seat *seat, uint64_t calls);
uint64_t rp_script_length(const struct rp_script_agent *agent); /* replies in all */

/* A client that answers for these agents (found by name). Arrays borrowed. RP_ENOMEM. */
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
