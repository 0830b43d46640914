/* run.h - the inside of a run, shared by the run_*.c files and by executor kinds that nest runs.
 *
 * What a run knows lies in one record, RP_K_S_RUN, in the heap of its core; nested runs have
 * records of their own inside it and share the core. What stands in C memory here lives for one
 * turn or one superstep, and is listed in run_gc.c where it holds values. */
#ifndef RP_RUN_H
#define RP_RUN_H

#include "exec.h"

/* One message on its way to one executor, in this superstep. */
struct rp_delivery {
    uint32_t exec;
    uint32_t lane;    /* one source and one edge group; lanes lie together */
    uint32_t ordinal; /* of the message within its lane */
    uint8_t done, running, is_answer, internal;
    uint32_t source, n_sources; /* one source, or the sources of a fan-in */
    const uint32_t *sources;    /* NULL: just source */
    struct rp_value data, request;
};

/* How a message under way lies in the queue: a header, its data, the request that it answers. The
 * header holds the source in its low 16 bits, and its target + 1 from bit 32 up, 0 for none. */
enum { RP_LETTER = 3 };
#define RP_LETTER_SOURCE   ((int64_t)0xffff)
#define RP_LETTER_INTERNAL ((int64_t)1 << 16)
#define RP_LETTER_ANSWER   ((int64_t)1 << 17)

/* The handler that an executor is running. */
struct rp_frame {
    uint8_t busy, failed, touched, nested; /* nested: its child run is under way */
    uint32_t delivery;
    uint32_t waiting;              /* open calls */
    rp_then_fn *then;              /* of rp_run_agent */
    struct rp_value sent, yielded; /* lists, for executor_completed */
    struct rp_value targets;       /* of sent, from the first one that has a target; else nil */
    struct rp_value saved;         /* its state when the superstep began, if touched */
};

struct rp_open_call {
    uint32_t id; /* 0: free */
    int is_tool, stream;
    struct rp_run *run;
    uint32_t exec;
    uint32_t slot; /* of a tool call: its place in the batch */
};

/* What a run and the runs nested in it share. */
struct rp_core {
    struct rp_alloc alloc;
    struct rp_heap heap;
    struct rp_store *store;
    struct rp_snap *snap; /* what the store has of this run; NULL: no store */
    uint64_t generation;  /* of the store, when it last took a checkpoint */
    uint64_t now_ms;      /* virtual time */
    struct rp_chooser chooser;
    struct rp_world world;
    uint64_t events;
    struct rp_out *ring; /* what rp_run_next will hand out */
    uint32_t ring_first, ring_n, ring_size;
    struct rp_open_call *call;
    uint32_t n_calls, calls_size, next_call;
    struct rp_run *root;
    struct rp_error why;               /* of the handler that fails; rp_fail fills it */
    int spent;                         /* memory ran out */
    const struct rp_timeout *timeouts; /* of requests */
    size_t n_timeouts;
    uint64_t work; /* pieces of work done; tells whether a nested run moved */
};

enum rp_phase { RP_PH_REST, RP_PH_SETUP, RP_PH_STEP, RP_PH_DELIVER, RP_PH_END };
enum rp_mode { RP_MODE_MESSAGE, RP_MODE_RESPOND, RP_MODE_RESUME, RP_MODE_EXPIRE };

struct rp_run {
    const struct rp_workflow *wf;
    struct rp_core *core;
    struct rp_run *parent;
    uint32_t parent_exec;
    struct rp_run **child; /* one for each node; NULL where it is no workflow */
    struct rp_value st;    /* RP_K_S_RUN */

    /* turn */
    enum rp_phase phase;
    enum rp_mode mode;
    int stream, pending_told, cancelled;
    int64_t steps;          /* supersteps of this call */
    struct rp_value input;  /* message; list: id, value, id, value; list of expired requests */
    struct rp_value retell; /* requests to tell again */
    struct rp_error error;  /* status RP_OK until something failed */
    struct rp_value outs, mids, asks; /* of a nested run, for its parent */
    uint64_t supersteps;
    int64_t checkpoint;

    /* superstep */
    int in_step;
    int64_t step; /* its number */
    struct rp_delivery *d;
    uint32_t n_d, d_size, low, n_busy;
    struct rp_frame *frame; /* one for each node */
    uint32_t *touched, n_touched;
    struct rp_value staged; /* list: key, value, key, value; an RP_BAD value deletes */
    struct rp_value queue_now, queue_spare; /* the messages being delivered; room for the next */
    struct rp_value kept_pending, kept_used, kept_joins, kept_counts;
    int64_t kept_next;
    uint32_t *head, *tail, *keys, *next; /* routing: lists of messages by source */
    uint32_t next_size;
};

struct rp_ctx {
    struct rp_run *run;
    uint32_t exec;
    struct rp_frame *frame;
};

static inline struct rp_s_run *rp_st(const struct rp_run *r)
{
    return (struct rp_s_run *)(void *)r->st.u.rec;
}
static inline struct rp_value *rp_exec_state(const struct rp_run *r, uint32_t exec)
{
    return &rp_st(r)->executors.u.vec->at[exec];
}

/* run.c: the life of a turn */
int rp_run_init(struct rp_core *core, const struct rp_workflow *w, struct rp_run *parent,
                uint32_t parent_exec, struct rp_run **out);
void rp_run_drop(struct rp_run *r);
void rp_run_begin(struct rp_run *r, enum rp_mode mode, int stream);
/* One piece of work. *out: 1 something was done, 0 blocked by open calls, 2 the turn has ended. */
int rp_run_pump(struct rp_run *r, int *out);
int rp_run_join_ids(struct rp_heap *h, const struct rp_workflow *w, struct rp_value *ids);
void rp_run_fail(struct rp_run *r, const struct rp_error *why);
int rp_run_finish_handler(struct rp_run *r, uint32_t exec, int rc);

/* run_event.c */
int rp_run_tell(struct rp_run *r, const struct rp_event *ev);
/* Tells ev if anybody wants to know. */
static inline int rp_run_emit(struct rp_run *r, const struct rp_event *ev)
{
    return r->parent || (r->core->events & RP_BIT(ev->kind)) ? rp_run_tell(r, ev) : RP_OK;
}
int rp_run_status(struct rp_run *r, enum rp_state state);
struct rp_out *rp_ring_add(struct rp_core *core); /* NULL without memory */
int64_t rp_run_step_number(const struct rp_run *r);

/* run_route.c: from the queue to deliveries in canonical order */
int rp_run_route(struct rp_run *r);
int rp_run_enqueue(struct rp_run *r, uint32_t source, int internal, struct rp_value data,
                   struct rp_value request, uint32_t target);
/* A copy that is nobody else's, to be written to; RP_BAD without memory. */
struct rp_value rp_run_own_list(struct rp_heap *h, struct rp_value list);
void rp_run_clear_joins(struct rp_run *r);
int rp_run_warn_joins(struct rp_run *r);

/* run_step.c: one superstep */
int rp_step_begin(struct rp_run *r);
int rp_step_work(struct rp_run *r, int *out);
void rp_step_undo(struct rp_run *r);
void rp_step_unsend(struct rp_run *r);
void rp_step_cancel_frames(struct rp_run *r);

/* run_ask.c: requests */
int rp_run_ask(struct rp_run *r, uint32_t exec, struct rp_value data, struct rp_type wants,
               const char *id);
int rp_run_take_answers(struct rp_run *r); /* of r->input; fills r->error when one is refused */
int rp_run_retell(struct rp_run *r);
int rp_run_reask(struct rp_run *r, struct rp_request *old, const char *to); /* anew, of `to` */
uint32_t rp_run_find_request(const struct rp_run *r, struct rp_str id); /* UINT32_MAX: not open */
/* Is value an answer of the kind that q asks for? */
int rp_run_answers(const struct rp_request *q, struct rp_value value);
/* Closes an open request whose answer is that value: delivered when the turn begins to run. */
int rp_run_deliver(struct rp_run *r, struct rp_value request, struct rp_value value);
/* Closes an open request for good, in nested runs too: who waits for it waits no longer. */
int rp_run_withdraw(struct rp_run *r, struct rp_str id);
int rp_run_cancel_asked(struct rp_run *r, struct rp_str id); /* withdraws and tells */
/* What the runs below know it by: the id of the request that was asked first. */
static inline struct rp_value rp_request_first(const struct rp_request *q)
{
    return q->origin.tag == RP_TEXT ? q->origin : q->id;
}

/* run_expire.c: requests that nobody answered in time */
int rp_run_due(struct rp_run *r, struct rp_value *due); /* those that the next turn may treat */
int rp_run_take_expired(struct rp_run *r); /* of r->input; fills r->error when the turn fails */
uint64_t rp_run_deadline(const struct rp_run *r, const struct rp_request *q);

/* run_save.c: checkpoints */
int rp_run_save(struct rp_run *r);
void rp_run_relink(struct rp_run *r); /* children find their records again */
struct rp_value rp_run_clone(struct rp_run *r, struct rp_value state);

/* run_load.c: restoring them */
int rp_run_load(struct rp_run *r, int64_t id, struct rp_error *err);

/* run_fits.c: whether the state of a run that somebody saved is one that this workflow could have
 * come to, as far as its handlers count on that. Executors stand in the workflow's order. */
int rp_run_fits(struct rp_heap *h, const struct rp_workflow *w, struct rp_value run,
                struct rp_error *err);

/* run_gc.c */
int rp_run_collect(struct rp_core *core);

/* run_call.c: model and tool calls */
int rp_call_open(struct rp_ctx *cx, int is_tool, uint32_t slot, uint32_t *id);
void rp_calls_close(struct rp_run *r); /* all of this run and of those nested in it */
struct rp_value rp_kwargs_for(struct rp_value kwargs, const char *executor);

/* Is what a handler sent and yielded gathered, for executor_completed? */
static inline int rp_run_tells_completed(const struct rp_run *r)
{
    return !r->parent && (r->core->events & RP_BIT(RP_EV_EXECUTOR_COMPLETED));
}

#endif
