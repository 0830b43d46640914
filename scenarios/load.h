/* load.h - a scenario file as definitions: read, checked with exact places, built. */
#ifndef RP_LOAD_H
#define RP_LOAD_H

#include "mocks/script.h"

#ifndef RP_SCENARIO_MAX
#define RP_SCENARIO_MAX (256u << 20) /* bytes of a scenario file */
#endif

enum rp_turn_kind { RP_TURN_RUN, RP_TURN_RESPOND, RP_TURN_RESUME };

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
    enum rp_answer_kind kind;
    int yes;
    struct rp_value value;
};

struct rp_scenario_turn {
    enum rp_turn_kind kind;
    int stream;
    struct rp_value message; /* RUN: text, integer, or list of RP_K_MESSAGE, frozen */
    int64_t checkpoint;      /* RESUME: number; -1 latest */
    const struct rp_scenario_answer *answers;
    uint32_t n_answers;
};

enum rp_storage { RP_STORE_NONE, RP_STORE_MEMORY, RP_STORE_FILE, RP_STORE_SQLITE };

struct rp_scenario {
    struct rp_kit *kit; /* owns everything below */
    const char *path;
    const char *name;    /* may be NULL */
    const char *pattern; /* "group_chat" */
    struct rp_workflow *workflow;
    struct rp_value json; /* the file */
    struct rp_script_agent *script;
    uint32_t n_agents;
    struct rp_script_tool *tools;
    uint32_t n_tools;
    struct rp_scenario_turn *turns;
    uint32_t n_turns;
    enum rp_storage storage;
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

#endif
