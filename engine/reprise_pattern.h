/* reprise_pattern.h - part of reprise.h: the builders of the orchestrations. */
#ifndef RP_REPRISE_PATTERN_H
#define RP_REPRISE_PATTERN_H

#include "reprise_graph.h"

/* Each builder returns NULL on error with err filled (RP_EBUILD, RP_ENOMEM). */

/* A participant is an agent or an executor of one's own. */
struct rp_participant {
    struct rp_agent *agent;
    const struct rp_executor *executor;
};
#define RP_AGENT(a)    ((struct rp_participant){.agent = (a)})
#define RP_EXECUTOR(e) ((struct rp_participant){.executor = (e)})

struct rp_sequential_opts {
    const char *name;
    const struct rp_participant *participants;
    size_t n;
    int chain_only_agent_responses;
    struct rp_names request_info; /* whose responses a person reviews; RP_PICK_ALL: everyone's */
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_sequential(struct rp_kit *kit, const struct rp_sequential_opts *opts,
                                  struct rp_error *err);

struct rp_concurrent_opts {
    const char *name;
    const struct rp_participant *participants; /* two or more */
    size_t n;
    /* At most one of these: a separator that joins the response texts; a function of the list of
     * RP_K_AGENT_RESPONSE (nil in *out yields nothing; it may call rp_yield itself); an executor.
     * None: the last assistant message of each, as one response (R-CON-2). */
    const char *join;
    int (*aggregate)(struct rp_ctx *cx, void *self, struct rp_value results, struct rp_value *out);
    const struct rp_executor *aggregator;
    void *self;
    struct rp_names request_info;
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_concurrent(struct rp_kit *kit, const struct rp_concurrent_opts *opts,
                                  struct rp_error *err);

/* What a selection function sees (R-GC-7). */
struct rp_chat_state {
    uint32_t round;
    const char *const *participants; /* names in order of declaration */
    const char *const *descriptions; /* a placeholder where there is none */
    size_t n_participants;
    struct rp_value conversation; /* list of messages */
};
/* Returns the index of the next speaker, or RP_FINISH to end the chat (OLD-2: *final may be set to
 * a text or message, else a default stands); anything else fails the run. */
#define RP_FINISH (-1)
typedef int rp_speaker_fn(void *self, struct rp_heap *heap, const struct rp_chat_state *state,
                          struct rp_value *final);

struct rp_speaker_rule {
    struct rp_cond when; /* none: always */
    const char *next;
};

struct rp_group_chat_opts {
    const char *name;              /* the workflow's */
    const char *orchestrator_name; /* display name; NULL: group_chat_orchestrator */
    const struct rp_participant *participants;
    size_t n;
    /* Exactly one way to select: */
    rp_speaker_fn *select;
    void *self;
    int round_robin;
    const char *const *list; /* by round, wrapping */
    size_t n_list;
    const struct rp_speaker_rule *rules; /* the first that holds */
    size_t n_rules;
    struct rp_agent *coordinator;
    uint32_t retry_attempts;  /* of the coordinator's invalid decisions; default none */
    int has_max_rounds;       /* max_rounds counts only if set */
    int64_t max_rounds;       /* below 1: 1 (R-GC-8) */
    struct rp_cond terminate; /* over the conversation */
    struct rp_names request_info;
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_group_chat(struct rp_kit *kit, const struct rp_group_chat_opts *opts,
                                  struct rp_error *err);

struct rp_handoff_route {
    const char *from;
    const char *const *to;
    size_t n;
    const char *description; /* of the tools; NULL: the target's description, or generated */
};
/* OLD-5: after a response without a handoff, the first rule of its source that holds over that
 * response's messages hands over as a tool call would. */
struct rp_handoff_rule {
    const char *from, *to;
    struct rp_cond when;
};
struct rp_handoff_opts {
    const char *name;
    struct rp_agent *const *participants;
    size_t n;
    const char *start; /* required */
    const struct rp_handoff_route *routes; /* none: everyone to everyone */
    size_t n_routes;
    const struct rp_handoff_rule *rules;
    size_t n_rules;
    struct rp_cond terminate; /* over what an agent has seen (R-HO-5) */
    int autonomous;
    struct rp_names autonomous_agents; /* RP_PICK_DEFAULT: all */
    const char *const *limit_agents;   /* turn limits by agent; others 50 */
    const uint32_t *limits;
    size_t n_limits;
    const char *autonomous_prompt; /* NULL: generated */
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_handoff(struct rp_kit *kit, const struct rp_handoff_opts *opts,
                               struct rp_error *err);

struct rp_magentic_opts {
    const char *name;
    const struct rp_participant *participants;
    size_t n;
    struct rp_agent *manager;
    int plan_review;
    int has_max_stalls, has_max_resets, has_max_rounds; /* defaults: 3, no limit, no limit */
    int64_t max_stalls, max_resets, max_rounds;
    uint32_t ledger_attempts; /* 0: 3 */
    struct rp_names outputs, intermediates;
};
struct rp_workflow *rp_magentic(struct rp_kit *kit, const struct rp_magentic_opts *opts,
                                struct rp_error *err);

#endif
