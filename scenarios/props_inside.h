/* props_inside.h - what the parts of the properties share: the facts of a workflow, what is known
 * of a run so far, prints of values. Private to props*.c.
 *
 * What is known (struct rp_past) goes back when history goes back: a superstep that fails leaves
 * nothing of itself behind, a restore continues from a checkpoint. Logs that only grow are chains,
 * of which what is known holds the end; so going back costs nothing. */
#ifndef RP_PROPS_INSIDE_H
#define RP_PROPS_INSIDE_H

#include "props.h"

#include "engine/base/buf.h"

/* ---- memory that is kept over runs ------------------------------------------------------------
 */

struct rp_pile {
    void *at;
    uint32_t n, room, size; /* items; bytes of one */
};
#define RP_PILE(type)        ((struct rp_pile){.size = sizeof(type)})
#define RP_IN(pile, type, i) (&((type *)(pile)->at)[i])
#define RP_LAST(pile, type)  RP_IN(pile, type, (pile)->n - 1)
/* Room for one more, zeroed; NULL without memory. */
void *rp_pile_add(const struct rp_alloc *alloc, struct rp_pile *pile);
int rp_pile_copy(const struct rp_alloc *alloc, struct rp_pile *to, const struct rp_pile *from);
void rp_pile_cut(struct rp_pile *pile, uint32_t i); /* takes out item i; later ones move down */
void rp_pile_free(const struct rp_alloc *alloc, struct rp_pile *pile);

/* ---- prints: hashes by content, the same on every machine -------------------------------------
 */

static inline uint64_t rp_print_mix(uint64_t h, uint64_t x)
{
    h = ((h ^ x) + 0x2545f4914f6cdd1du) * 0x9fb21c651e98df25u;
    return h ^ h >> 29;
}
uint64_t rp_print_bytes(uint64_t h, struct rp_str s); /* all of them */
uint64_t rp_print_id(struct rp_str s);                /* of a name or an id; never 0 */
/* Of a text the length, the beginning and the end; of a list its length and its last item; of a
 * message the first and the last content: enough to tell messages apart, and cheap. */
uint64_t rp_print_gist(struct rp_str s);
uint64_t rp_print_value(struct rp_value v);
uint64_t rp_print_whole(struct rp_value v); /* all texts of it whole */

/* The gist of a text that comes in pieces. */
struct rp_gist {
    uint64_t n;
    unsigned char head[16], tail[16];
};
void rp_gist_add(struct rp_gist *g, struct rp_str piece);
uint64_t rp_gist_print(const struct rp_gist *g);

/* A text that grows by pieces, whole; the same for every way to cut it. */
#define RP_GROWN_EMPTY 0xcbf29ce484222325u
uint64_t rp_print_grown(uint64_t h, struct rp_str piece);

/* ---- facts of the scenario --------------------------------------------------------------------
 */

#define RP_NO_ONE UINT32_MAX

enum rp_pattern { RP_SEQUENTIAL, RP_CONCURRENT, RP_GROUP_CHAT, RP_HANDOFF, RP_MAGENTIC, RP_GRAPH };
enum rp_shared_op { RP_SHARED_NONE, RP_SHARED_APPEND, RP_SHARED_READ };
enum rp_select { RP_SELECT_OTHER, RP_SELECT_ROBIN, RP_SELECT_LIST, RP_SELECT_AGENT };

struct rp_fact_node {
    const char *id;
    struct rp_type takes;
    uint32_t *groups, n_groups;
    enum rp_shared_op shared;
    uint64_t key; /* of shared state */
};
struct rp_fact_group {
    enum rp_group_kind kind;
    uint32_t *from, *to, n_from, n_to;
    int conditional; /* some edge of it is */
};
struct rp_fact_agent {
    const char *name;
    struct rp_value name_text;
    uint32_t n_tools, node; /* the executor of that name, or RP_NO_ONE */
    int shared;             /* several executors run it */
};
struct rp_facts {
    enum rp_pattern pattern;
    struct rp_fact_node *node;
    struct rp_fact_group *group;
    struct rp_fact_agent *agent;
    uint32_t n_nodes, n_groups, n_agents, start, n_joins;
    uint32_t *part, n_parts; /* participants, by executor */
    int has_children;        /* nested workflows, whose insides nobody sees */
    /* limits; negative: none */
    int64_t max_steps, max_rounds, max_stalls, max_resets;
    enum rp_select select;
    uint32_t *order, n_order; /* RP_SELECT_LIST: participants by number */
    uint32_t chief;           /* the coordinating or managing agent, or RP_NO_ONE */
    unsigned char *route;     /* RP_HANDOFF: route[from * n_nodes + to] */
    int terminates;           /* there is a termination condition */
    struct rp_value join;     /* RP_CONCURRENT: the separator of the aggregate, or nil */
    uint32_t aggregator;
};
int rp_facts_of(struct rp_facts *f, struct rp_heap *heap, const struct rp_scenario *s);

/* ---- what is known of a run -------------------------------------------------------------------
 */

enum rp_due_kind {
    RP_DUE_SURE,  /* will be delivered */
    RP_DUE_MAYBE, /* if a condition holds */
    RP_DUE_OFTEN, /* if a selection says so, and as often */
    RP_DUE_JOIN   /* goes into the buffer of a join */
};
struct rp_due { /* a message on its way to one executor */
    uint32_t source, target, group;
    uint8_t kind, done;
    uint64_t print;
};
struct rp_held {          /* a message in the buffer of a join */
    uint32_t group, from; /* from: the place among the group's sources */
    uint64_t print;
};
enum rp_told { RP_TOLD_NOT, RP_TOLD_ONCE, RP_TOLD_AGAIN };
struct rp_asked_open {
    uint64_t id, data, call; /* call: the id of the tool's call; 0: about none */
    uint32_t executor, seq;
    uint8_t told;
    unsigned kind; /* of the data */
    char name[40];
};
struct rp_known_call {
    uint64_t id;
    uint32_t agent, batch;
    uint8_t reused; /* its id came more than once: the model's fault, and out of every check */
    uint8_t asked;  /* a person was asked about it or one beside it */
    uint8_t approved, denied, answered, ran;
};
struct rp_shared_value {
    uint64_t key, grown;
};

struct rp_past {
    struct rp_pile due, held, open, calls, shared; /* of the structs above, in this order */
    struct rp_pile asked; /* uint32_t of each participant: how often it owes a response */
    struct rp_pile does;  /* uint64_t: of each executor, of nobody, of each agent: what it did */
    struct rp_pile outs;  /* uint64_t of each executor: its outputs */
    int64_t iteration, previous;
    uint32_t said, used; /* ends of chains; 0: empty */
    int sure;            /* 0: what is under way is not known (restored from elsewhere) */
    int open_sure;       /* the same of open requests */
    int start_due;       /* the input has not reached the start executor yet */
    int64_t round, stalls, resets, ledgers;
    int repeats;        /* an agent ran while it awaited answers: R-AGX-8 */
    uint32_t handed_to; /* the target of a handoff that has not run yet, and 1; 0: none */
    int64_t handed_at;  /* the superstep of that handoff */
    uint32_t seq;       /* requests asked so far */
    uint64_t user;      /* the last thing that the user said; 0: unknown */
};

struct rp_link { /* of a chain */
    uint32_t before;
    uint64_t print;
};

struct rp_mark { /* a checkpoint */
    int64_t id;
    int before_work; /* made when a turn began: answers may be under way in it */
    struct rp_past known;
};

/* An executor in the superstep under way. */
struct rp_doing {
    uint8_t busy, answers, outside, asked_to_speak;
    uint32_t source; /* of the first message of this step; several: sensitive to order */
    uint8_t n_sources;
    uint32_t model_calls;
    uint64_t input; /* rp_print_grown material of shared state: see props_atomic.c */
    int input_ok;
    uint32_t handed; /* handoffs that it sent in this handler */
};

/* An agent's reply that comes in pieces. */
struct rp_reply_so_far {
    struct rp_gist gist;
    uint32_t texts, others, batch;
    uint64_t last_call;
};

enum rp_ledger_says { RP_LEDGER_NOTHING, RP_LEDGER_FINAL, RP_LEDGER_REPLAN, RP_LEDGER_SPEAK };

struct rp_view_call {
    uint64_t id;
    uint32_t message, results, place; /* place: among the calls of its view */
    const struct rp_known_call *known;
    int late;
};
struct rp_view_slot {
    uint64_t print;
    uint32_t stamp, n;
};

struct rp_given_answer {    /* as it was delivered */
    uint32_t seq, executor; /* of its request */
    int about_call;
    uint64_t print;
};

enum { RP_BROKEN_MAX = 16 };

struct rp_props {
    struct rp_alloc alloc;
    const struct rp_scenario *scenario;
    struct rp_heap heap; /* of the facts */
    struct rp_facts f;
    struct rp_past now, before; /* before: when the superstep began */
    struct rp_pile next;        /* struct rp_due: what this superstep sends */
    struct rp_pile sent;        /* uint32_t of each executor: messages that it sent */
    struct rp_pile links;       /* struct rp_link; 0 is no link */
    struct rp_pile undone;      /* uint64_t: what was said in supersteps that failed */
    struct rp_pile marks;       /* struct rp_mark; those beyond n_marks keep their memory */
    uint32_t n_marks;
    struct rp_doing *doing;           /* of each executor */
    struct rp_reply_so_far *reply;    /* of each agent */
    const struct rp_agent **agent_is; /* of each agent, once seen */
    struct rp_pile view_calls, slots, wanted, given;
    uint32_t last_result; /* the place of the call that the last result of the view was for */
    uint32_t view_stamp, batches;
    struct rp_buf chief_said;

    /* turn */
    int64_t turn, step, turn_steps;
    enum rp_turn_kind kind;
    int64_t checkpoint;                       /* RESUME */
    const struct rp_scenario_answer *answers; /* borrowed for the turn */
    uint32_t n_answers;
    int before_work; /* of the checkpoint that it restores */
    int resumes;     /* the run's turn under way is the one that restores */
    int in_turn, in_step, closed, stepped, ended, failed_told, ended_failed, step_failed;
    int turns_run; /* of the run, in this turn of the scenario */
    int client_errors, shared_touched, warned_joins;
    uint32_t shared_by;
    enum rp_ledger_says ledger;
    uint32_t ledger_speaker;
    int spoke, revising, on_response; /* of the orchestrator's handler under way */

    /* run */
    uint64_t events;
    int sensitive, crashes, failures;
    struct rp_violation broken[RP_BROKEN_MAX];
    size_t n_broken;
    struct rp_expecting *expecting;
};

/* Reports once per property, kind of break and executor. Formats as rp_fail_at. */
void rp_broken(struct rp_props *p, enum rp_property property, const char *executor,
               const char *what, const char *format, ...);

uint32_t rp_props_node(const struct rp_props *p, const char *id);
uint32_t rp_props_agent(struct rp_props *p, const struct rp_agent *agent);
int rp_chain_add(struct rp_props *p, uint32_t *end, uint64_t print);
uint32_t rp_chain_count(const struct rp_props *p, uint32_t end, uint64_t print);
int rp_past_copy(const struct rp_alloc *alloc, struct rp_past *to, const struct rp_past *from);
struct rp_known_call *rp_props_call(struct rp_past *k, uint64_t id);
int rp_past_fresh(struct rp_props *p);
int rp_past_init(struct rp_past *k);
void rp_past_free(const struct rp_alloc *alloc, struct rp_past *k);

/* ---- the parts; each is told what concerns it -------------------------------------------------
 */

/* props_route.c */
int rp_route_started(struct rp_props *p);
int rp_route_step(struct rp_props *p, const struct rp_event *ev);
int rp_route_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node);
int rp_route_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node);
int rp_route_close(struct rp_props *p); /* the superstep has succeeded */
void rp_route_rest(struct rp_props *p); /* the turn has ended well */
/* props_ask.c */
int rp_ask_told(struct rp_props *p, const struct rp_event *ev, uint32_t node);
int rp_ask_answered(struct rp_props *p, const struct rp_event *ev, uint32_t node);
void rp_ask_closed(struct rp_props *p, const struct rp_event *ev);
void rp_ask_step_closed(struct rp_props *p);
int rp_ask_turn_ended(struct rp_props *p, const struct rp_run *run);
void rp_ask_tool(struct rp_props *p, const struct rp_tool_call *call);
/* props_view.c */
int rp_view_shown(struct rp_props *p, const struct rp_model_call *call, uint32_t agent);
int rp_view_reply(struct rp_props *p, uint32_t agent, const struct rp_reply *reply);
int rp_view_outside(struct rp_props *p, struct rp_value data); /* said by the user */
/* props_speaker.c */
void rp_speaker_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node);
void rp_speaker_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node);
void rp_speaker_event(struct rp_props *p, const struct rp_event *ev);
void rp_speaker_step_closed(struct rp_props *p);
void rp_speaker_shown(struct rp_props *p, const struct rp_model_call *call, uint32_t agent);
/* props_output.c */
int rp_output_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node);
void rp_output_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node);
void rp_output_told(struct rp_props *p, const struct rp_event *ev, uint32_t node);
void rp_output_status(struct rp_props *p, const struct rp_event *ev);
void rp_output_step_closed(struct rp_props *p);
void rp_output_turn_ended(struct rp_props *p, int status);
/* props_restore.c */
int rp_restore_begin(struct rp_props *p);
int rp_restore_saved(struct rp_props *p, const struct rp_event *ev);
/* props_atomic.c */
void rp_atomic_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node);
int rp_atomic_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node);
int rp_atomic_undo(struct rp_props *p); /* the superstep under way has failed */
/* props_summary.c */
void rp_summary_event(struct rp_props *p, const struct rp_event *ev, uint32_t node);
void rp_summary_model(struct rp_props *p, const struct rp_model_call *call, uint32_t agent);
void rp_summary_tool(struct rp_props *p, const struct rp_tool_call *call);

#endif
