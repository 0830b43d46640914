/* exec_basic.h - definitions of the small executors between participants. */
#ifndef RP_EXEC_BASIC_H
#define RP_EXEC_BASIC_H

#include "exec.h"

/* rp_exec_aggregate: how results become an output (R-CON-2, R-CON-3). */
struct rp_aggregate_def {
    const char *join; /* separator; NULL: not joined */
    int (*fn)(struct rp_ctx *cx, void *self, struct rp_value results, struct rp_value *out);
    void *self;
};

/* rp_exec_review: asks a person about an agent's response (R-APP). */
struct rp_review_def {
    int terminal; /* yields the response on approval; else the whole RP_K_AGENT_RESPONSE */
};

/* rp_exec_handoff (R-HO). Tools' `self` is the target's name, in the kit. */
struct rp_handoff_def {
    struct rp_agent *agent;
    int autonomous, has_terminate;
    uint32_t turn_limit;
    const char *prompt;
    struct rp_cond terminate;
    const struct rp_tool *tools;
    size_t n_tools;
    const struct rp_handoff_rule *rules; /* of this source */
    size_t n_rules;
};

/* rp_exec_group (R-GC). */
struct rp_group_def {
    const char *display_name;
    struct rp_value display_text;
    uint32_t n;
    const char *const *names;        /* participants */
    const char *const *descriptions; /* never NULL */
    const int *is_agent;
    struct rp_group_chat_opts o; /* selection, limits, termination */
    uint32_t *rule_next;         /* participant that each rule names */
    uint32_t *list_next;
    struct rp_value format; /* schema of the coordinator's answer */
    struct rp_value prompt; /* what a coordinator is told with each decision */
};

/* rp_exec_magentic (R-MAG). */
struct rp_magentic_def {
    struct rp_agent *manager;
    uint32_t n;
    const char *const *names;
    const int *is_agent;
    struct rp_value team; /* "- name: description" lines */
    struct rp_value names_line;
    struct rp_magentic_opts o;
};

#endif
