/* reprise_run.h - part of reprise.h: runs, what they tell, what they ask for. */
#ifndef RP_REPRISE_RUN_H
#define RP_REPRISE_RUN_H

#include "reprise_agent.h"
#include "reprise_store.h"

struct rp_workflow;
struct rp_run;

/* Choices that a run does not fix by itself are asked here; 0 is always the canonical answer. */
enum rp_choice { RP_CHOOSE_READY /* which of the ready deliveries runs next */ };
struct rp_chooser {
    uint32_t (*pick)(void *ctx, enum rp_choice what, const uint32_t *executors, uint32_t n);
    /* What has been chosen begins, and what it has to do with others: shared state that it reads or
     * writes (also by a failure, key NULL, which concerns all). Of nested runs too, by their own
     * executors' numbers. For searches that leave out orders that cannot matter; may be NULL. */
    void (*runs)(void *ctx, uint32_t executor);
    void (*touches)(void *ctx, uint32_t executor, const char *key, int writes);
    void *ctx;
};

/* State outside the run that a checkpoint must carry (script positions). Values in heap. */
struct rp_world {
    int (*save)(void *ctx, struct rp_heap *heap, struct rp_value *out);
    int (*load)(void *ctx, struct rp_value saved);
    void *ctx;
};

/* What happens to a request that nobody answers in time. The first one that applies counts. */
enum rp_timeout_action {
    RP_TIMEOUT_FAIL,    /* the turn fails, and the request is closed */
    RP_TIMEOUT_ANSWER,  /* it is answered as if a person had */
    RP_TIMEOUT_ESCALATE /* it is closed, and asked anew of somebody else */
};
struct rp_timeout {
    const char *executor;   /* who asks, in the outermost run; NULL: any */
    const char *asked;      /* to whom it was escalated before; NULL: to anybody or to nobody */
    struct rp_type request; /* of the request's data; RP_T_NONE: any */
    uint64_t after_ms;      /* virtual time, from when it was asked */
    enum rp_timeout_action action;
    /* RP_TIMEOUT_ANSWER; in the kit's heap. Checked as any answer. So that one default may serve
     * many requests, true and false stand for an approval or a refusal of a tool's call, true for
     * the approval of an agent's response or of a plan, and an RP_K_C_RESULT whose id is "" is the
     * result of the call in question. */
    struct rp_value answer;
    const char *to; /* RP_TIMEOUT_ESCALATE: who is asked instead */
};

struct rp_run_opts {
    struct rp_alloc alloc;
    struct rp_store *store;            /* borrowed; NULL: no checkpoints */
    struct rp_chooser chooser;         /* pick NULL: canonical */
    struct rp_world world;             /* save NULL: none */
    uint64_t events;                   /* RP_BIT(kind) of the events wanted; 0: all */
    size_t heap_ceiling, heap_chunk;   /* 0: RP_HEAP_MAX, RP_HEAP_CHUNK */
    const struct rp_timeout *timeouts; /* of requests; borrowed, as are their strings */
    size_t n_timeouts;
};

/* A fresh instance of the workflow: its state lives on over many turns (R-RUN-19). The kit must
 * outlive it. RP_ENOMEM. */
int rp_run_new(const struct rp_workflow *w, const struct rp_run_opts *opts, struct rp_run **out);
void rp_run_free(struct rp_run *run);

/* Where values for the calls below are made. */
struct rp_heap *rp_run_heap(struct rp_run *run);

/* The virtual time, which only ever grows: an earlier one changes nothing. Checkpoints carry it,
 * and a run that restores one goes on from there, or from its own time where that is later. */
void rp_run_set_time(struct rp_run *run, uint64_t now_ms);
uint64_t rp_run_time(const struct rp_run *run);

struct rp_turn {
    int stream;
    struct rp_value tool_kwargs, client_kwargs; /* R-RUN-21: maps, or nil to leave them */
};

struct rp_answer {
    const char *request; /* id */
    struct rp_value value;
};

/* Each begins a turn; then call rp_run_next until RP_OUT_DONE. Refused before any event:
 * RP_EARG (nothing given, an empty set of answers: decision 5), RP_ESTATE (a turn is under way, or
 * messages are left over: R-RUN-3), RP_ENOTFOUND (no such checkpoint), RP_ECHECKPOINT (graph
 * changed, bytes damaged; nothing is changed), RP_ENOMEM. turn may be NULL. */
int rp_run_message(struct rp_run *run, struct rp_value message, const struct rp_turn *turn,
                   struct rp_error *err);
int rp_run_respond(struct rp_run *run, const struct rp_answer *answers, size_t n,
                   const struct rp_turn *turn, struct rp_error *err);
/* Restores checkpoint id of the run's store; n may be 0. The instance should be a fresh one. */
int rp_run_resume(struct rp_run *run, int64_t id, const struct rp_answer *answers, size_t n,
                  const struct rp_turn *turn, struct rp_error *err);
/* Ends the turn under way with status CANCELLED; its superstep leaves no trace (decision 9). */
int rp_run_cancel(struct rp_run *run);
/* Cancels an open request (decision 35), also of the nested run that it comes from; told by an
 * event request_cancelled, and by status IDLE when no other is open, which rp_run_next hands
 * out. Nobody can answer it any more, and its executor waits for it no longer. An agent's call
 * that was asked about is left out of what its model sees, as are plain calls that waited beside
 * it; answers that were given about other calls of the same reply count: at once when another
 * one is still awaited and comes, else with the next message to the agent. Checkpoints made from
 * then on know of it. RP_ENOTFOUND. Not during a turn: RP_ESTATE. */
int rp_run_cancel_request(struct rp_run *run, const char *id);

/* The virtual time at which the next open request expires; UINT64_MAX: none does. */
uint64_t rp_run_next_deadline(const struct rp_run *run);
/* Begins a turn that treats the requests whose time-out has passed at the run's virtual time, in
 * order of deadline, then of asking; each is told by an event request_expired. A time-out that
 * fails the turn has a turn for itself: what expired before it is treated in one turn, what
 * expired after it in another, each begun by a call of this. Answers are delivered as if given
 * by rp_run_respond, one that does not fit fails the turn and changes nothing. An escalated
 * request is closed and asked anew, with a fresh id, the same data and the same answer wanted;
 * its time counts from now. With nothing to deliver no superstep runs. Refused as the calls
 * above, and RP_ENOTFOUND when nothing has expired. turn may be NULL. */
int rp_run_expire(struct rp_run *run, const struct rp_turn *turn, struct rp_error *err);

enum rp_state {
    RP_STARTED,
    RP_IN_PROGRESS,
    RP_IN_PROGRESS_PENDING_REQUESTS,
    RP_IDLE,
    RP_IDLE_WITH_PENDING_REQUESTS,
    RP_FAILED,
    RP_CANCELLED
};
const char *rp_state_name(enum rp_state state);
enum rp_state rp_run_state(const struct rp_run *run);

enum rp_event_kind {
    RP_EV_STARTED,
    RP_EV_STATUS,
    RP_EV_FAILED,
    RP_EV_OUTPUT,
    RP_EV_INTERMEDIATE,
    RP_EV_REQUEST_INFO,
    RP_EV_WARNING,
    RP_EV_SUPERSTEP_STARTED,
    RP_EV_SUPERSTEP_COMPLETED,
    RP_EV_EXECUTOR_INVOKED,
    RP_EV_EXECUTOR_COMPLETED,
    RP_EV_EXECUTOR_FAILED,
    RP_EV_GROUP_CHAT,
    RP_EV_HANDOFF_SENT,
    RP_EV_MAGENTIC,
    RP_EV_CHECKPOINT,
    RP_EV_REQUEST_EXPIRED,
    RP_EV_REQUEST_CANCELLED,
    RP_EV_CUSTOM
};
const char *rp_event_name(enum rp_event_kind kind); /* "executor_invoked" */

struct rp_event {
    enum rp_event_kind kind;
    enum rp_state state;     /* STATUS */
    int64_t step;            /* superstep, from its start to its end; else 0 */
    const char *executor;    /* NULL where there is none */
    const char *name;        /* REQUEST_INFO, _EXPIRED, _CANCELLED: the request's id;
                                EXECUTOR_INVOKED: that of the request whose answer is handled, NULL
                                for a message; CUSTOM: the event's name; else NULL */
    struct rp_value data;    /* OUTPUT, INTERMEDIATE, REQUEST_INFO, EXECUTOR_INVOKED: the value;
                                EXECUTOR_COMPLETED: list of sent and yielded values, or nil;
                                GROUP_CHAT, HANDOFF_SENT, MAGENTIC: map as in the portable trace;
                                CHECKPOINT: map with number, previous, iteration, messages,
                                pending_requests; REQUEST_EXPIRED: map with action ("fail",
                                "answer", "escalate") and, of the last, to; WARNING, FAILED,
                                EXECUTOR_FAILED: text */
    int status;              /* FAILED, EXECUTOR_FAILED: the rp_status */
    const char *source;      /* EXECUTOR_INVOKED: who sent it, of a fan-in the first one; NULL where
                                it came from outside; else NULL */
    uint32_t n_sources;      /* EXECUTOR_INVOKED: how many sent it; 0 where it came from outside */
    uint32_t n_sent;         /* EXECUTOR_COMPLETED: so many of data were sent, then come those that
                                were yielded */
    struct rp_value targets; /* EXECUTOR_COMPLETED: of each sent one the number of the executor that
                              it was addressed to, -1 for all edges; a number that no executor has:
                              nobody; nil where none was addressed */
};

struct rp_model_call {
    uint32_t id; /* of the call, from 1, over the run's life in this process */
    const struct rp_agent *agent;
    const char *executor;     /* the outermost executor in whose handler it happens */
    int64_t step;             /* the outermost run's superstep */
    struct rp_value messages; /* list; some may have no contents: a service is not sent those */
    const struct rp_tool *extra_tools; /* beside the agent's own: handoffs */
    size_t n_extra;
    int tools_off; /* tool_choice none */
    int stream;
    struct rp_value format; /* JSON Schema of the answer, or nil */
    struct rp_value kwargs; /* R-RUN-21: the executor's client kwargs, or nil */
};

struct rp_tool_call {
    uint32_t id;
    const struct rp_agent *agent;
    const struct rp_tool *tool;
    const char *executor;
    int64_t step;
    struct rp_value call_id;   /* text */
    struct rp_value arguments; /* map */
    struct rp_value kwargs;
};

enum rp_out_kind {
    RP_OUT_EVENT,
    RP_OUT_MODEL_CALL, /* answer with rp_run_update*, then rp_run_reply or rp_run_call_failed */
    RP_OUT_TOOL_CALL,  /* answer with rp_run_tool_result */
    RP_OUT_WAITING,    /* nothing can go on until an open call is answered */
    RP_OUT_DONE        /* the turn has ended: rp_run_error says how */
};
struct rp_out {
    enum rp_out_kind kind;
    union {
        struct rp_event event;
        struct rp_model_call model;
        struct rp_tool_call tool;
    } u;
};

/* The next thing that happens. Returns RP_OK, or RP_ENOMEM: the run is spent. */
int rp_run_next(struct rp_run *run, struct rp_out *out);

/* Answers to open calls. RP_ESTATE: no such call is open; nothing changes. RP_ETYPE: the value
 * is not an RP_K_RESPONSE or RP_K_UPDATE. An answer may be given at once or after further
 * rp_run_next. */
int rp_run_update(struct rp_run *run, uint32_t call, struct rp_value update);
/* response: an RP_K_RESPONSE; nil after updates, which are folded then. */
int rp_run_reply(struct rp_run *run, uint32_t call, struct rp_value response);
int rp_run_call_failed(struct rp_run *run, uint32_t call, const char *reason);
int rp_run_tool_result(struct rp_run *run, uint32_t call, struct rp_tool_result result);

/* How the last turn ended: RP_OK, or the status of its error with *err filled (err may be NULL). */
int rp_run_error(const struct rp_run *run, struct rp_error *err);

/* Open requests, in the order in which they were asked. */
struct rp_open_request {
    const char *id, *executor;
    struct rp_value data;
    struct rp_type wants;
    uint64_t asked_ms, deadline_ms; /* UINT64_MAX: no time-out */
    const char *origin, *to; /* of an escalated one: the id of the first; who is asked. Else NULL */
};
uint32_t rp_run_requests(const struct rp_run *run);
struct rp_open_request rp_run_request(const struct rp_run *run, uint32_t i);

/* A digest of all state, the same on every machine; between turns or supersteps. */
uint64_t rp_run_digest(const struct rp_run *run);
/* Where the states of two runs of one workflow part first, between turns or supersteps. Returns 0
 * when they are equal. The values live as long as their runs do nothing. */
struct rp_difference_at {
    char executor[64]; /* "": in the run itself: what is under way, shared state, requests */
    char field[192];   /* "session.history[2].contents[0].text"; cut when long */
    struct rp_value a, b;
};
int rp_run_differ(const struct rp_run *a, const struct rp_run *b, struct rp_difference_at *out);
/* The last checkpoint made or restored; -1: none. */
int64_t rp_run_checkpoint(const struct rp_run *run);
uint64_t rp_run_supersteps(const struct rp_run *run); /* completed, over the run's life */
size_t rp_run_memory(const struct rp_run *run);       /* bytes held */

#endif
