/* load.h - a scenario file as definitions: read, checked with exact places, built.
 *
 * Beyond version 1 as it stands, for requests and virtual time:
 *
 * At the top, `expect`: what the scenario expects of itself; see expect.h.
 *
 * At the top, `timeouts`: an array, of which the first entry that applies to an open request
 * counts: {"executor"?: id, "asked"?: name, "request"?: KIND, "after_ms": n, "then": THEN}.
 * executor is who asked, in the outermost workflow; asked, to whom the request was escalated
 * before; KIND is "approval", "result", "review", "plan_review", "user_input" or "value"; n is
 * at least 1. What is left out applies to all. THEN is "fail", {"answer": ANSWER without
 * "request"}, or {"escalate": name}: the request is closed and asked anew under a number of its
 * own, of that name.
 *
 * Turns: {"wait": ms, "stream"?}: that much virtual time passes; then what has expired is
 * treated, in order of deadline, up to a turn of the run that fails; when nothing has, the turn
 * is nothing. {"cancel": [numbers]}: these requests are withdrawn, all or, when one is not open,
 * none.
 *
 * Real models: `service`, at the top for all agents, in an agent's `model` for that one, key by
 * key: {"dialect"?: "chat" (default), "responses" or "anthropic", "model"?: name, "base_url"?,
 * "api_key_env"?: the environment variable with the key, "organization"?, "headers"?: {name:
 * text}, "options"?: {what goes into the request as it is: temperature, seed, ...}}. With one, an
 * agent's `script` may be left out; plain runs of it then need a cassette.
 *
 * Replies of a script take time and fail as services do: "delay_ms": n before the first piece,
 * "chunk_delay_ms": n between two updates (a whole reply comes when the last one would). "error"
 * is a text, or one of {"status": 400 to 599, "message"?, "retry_after"?: seconds}: the service
 * refuses; {"timeout": true}: it never answers; {"cut_after": n}: the connection breaks after n
 * updates of a stream, fewer than there are, or within a whole reply; {"malformed": true}: what
 * comes is not JSON. Only "cut_after" has text, json, chunks or tool_calls beside it. A play fails
 * the call, after its delays; `reprise serve` does what is said.
 *
 * `tape`, at the top: decisions that `reprise explore` made, as text (mocks/tape.h); it plays the
 * scenario with them before anything else. */
#ifndef RP_LOAD_H
#define RP_LOAD_H

#include "mocks/remote.h"
#include "mocks/script.h"
#include "mocks/tape.h"

#ifndef RP_SCENARIO_MAX
#define RP_SCENARIO_MAX (256u << 20) /* bytes of a scenario file */
#endif

enum rp_turn_kind { RP_TURN_RUN, RP_TURN_RESPOND, RP_TURN_RESUME, RP_TURN_WAIT, RP_TURN_CANCEL };

enum rp_answer_kind {
    RP_ANSWER_APPROVE,  /* yes */
    RP_ANSWER_FEEDBACK, /* value: list of texts */
    RP_ANSWER_REVISE,   /* value: list of texts */
    RP_ANSWER_REPLY,    /* value: text */
    RP_ANSWER_TERMINATE,
    RP_ANSWER_RESULT, /* value: any */
    RP_ANSWER_VALUE   /* value: text */
};

struct rp_scenario_answer {
    int64_t request; /* the request's number */
    const char *id;  /* of rp_scenario_answers: names the request instead; else NULL */
    enum rp_answer_kind kind;
    int yes;
    struct rp_value value;
};

struct rp_scenario_turn {
    enum rp_turn_kind kind;
    int stream;
    struct rp_value message; /* RUN: text, integer, or list of RP_K_MESSAGE, frozen */
    int64_t checkpoint;      /* RESUME: number; -1 latest */
    int in_place;            /* RESUME: in the same instance; no file says so */
    const struct rp_scenario_answer *answers;
    uint32_t n_answers;
    uint64_t wait_ms;      /* WAIT */
    const int64_t *cancel; /* CANCEL: the requests' numbers */
    uint32_t n_cancel;
};

enum rp_storage { RP_STORE_NONE, RP_STORE_MEMORY, RP_STORE_FILE, RP_STORE_SQLITE };

struct rp_expect;
struct rp_scenario {
    struct rp_kit *kit; /* owns everything below */
    const char *path;
    const char *name;    /* may be NULL */
    const char *pattern; /* "group_chat" */
    struct rp_workflow *workflow;
    struct rp_value json; /* the file */
    struct rp_script_agent *script;
    uint32_t n_agents;
    struct rp_service *services; /* one for each agent; base_url, model NULL where none is told */
    struct rp_script_tool *tools;
    uint32_t n_tools;
    struct rp_scenario_turn *turns;
    uint32_t n_turns;
    enum rp_storage storage;
    const char *tape; /* NULL: none; its form is right */
    struct rp_timeout *timeouts;
    uint32_t n_timeouts;
    const struct rp_expect *expect; /* what it expects of itself: expect.h */
    uint32_t n_expect, n_expect_tests;
    struct rp_value known; /* K of scenario.md: list of texts, sorted by bytes, each once */
};

/* Reads, checks and builds. *out owned by the caller. RP_EIO (cannot be read, a folder), RP_EPARSE
 * (not JSON: err->where "FILE: line L, column C"; not UTF-8: "FILE: byte N", from 0), RP_EBUILD
 * (err->where "FILE: agents[1].model"), RP_ELIMIT, RP_ENOMEM. */
int rp_scenario_load(const struct rp_alloc *alloc, const char *path, struct rp_scenario **out,
                     struct rp_error *err);
/* The same from bytes; path is only for messages. */
int rp_scenario_read(const struct rp_alloc *alloc, const char *path, const char *bytes, size_t n,
                     struct rp_scenario **out, struct rp_error *err);
void rp_scenario_free(struct rp_scenario *s);

/* Reads a file that holds a JSON array of answers as those of "respond" are, each of which may have
 * "id", a text, instead of "request". *out is kept by the scenario, of which no run may exist yet.
 * Errors as of rp_scenario_load. */
int rp_scenario_answers(struct rp_scenario *s, const char *path,
                        const struct rp_scenario_answer **out, uint32_t *n, struct rp_error *err);

#endif
