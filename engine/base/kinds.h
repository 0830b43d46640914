/* kinds.h - the records of a run: messages and their contents, what executors send each other, and
 * the states that checkpoints keep. One list gives each record its number, its name and its fields;
 * the walk that saves and restores checks fields against it (kinds.c).
 *
 * A record is read through its struct (rp_message_of(v)->author) and made by the calls of msg.h. */
#ifndef RP_KINDS_H
#define RP_KINDS_H

#include "value.h"

/* X(NUMBER, Name, name, fields as F(field, allowed)): allowed is a set of the letters of
 * rp_field_allows: n nil, b bool, i int, t text, l list, m map, r record, * anything. The numbers
 * are written into checkpoints: never reuse one. */
#define RP_KIND_LIST(X, F)                                                                         \
    X(16, MESSAGE, message, F(role, "i") F(author, "nt") F(contents, "l"))                         \
    X(17, C_TEXT, c_text, F(text, "t"))                                                            \
    X(18, C_CALL, c_call, F(id, "t") F(name, "t") F(arguments, "t"))                               \
    X(19, C_RESULT, c_result, F(id, "t") F(result, "t") F(is_error, "b"))                          \
    X(20, C_APPROVAL_REQUEST, c_approval_request, F(call, "r"))                                    \
    X(21, C_APPROVAL_RESPONSE, c_approval_response, F(approved, "b") F(call, "r"))                 \
    X(22, RESPONSE, response, F(messages, "l") F(usage, "nm"))                                     \
    X(23, UPDATE, update, F(role, "i") F(author, "nt") F(contents, "l") F(message_id, "nt"))       \
    X(24, AGENT_REQUEST, agent_request, F(messages, "l") F(should_respond, "b"))                   \
    X(25, AGENT_RESPONSE, agent_response, F(executor, "t") F(response, "r") F(conversation, "l"))  \
    X(26, GROUP_REQUEST, group_request, F(instruction, "nt") F(metadata, "nm"))                    \
    X(27, GROUP_MESSAGES, group_messages, F(messages, "l"))                                        \
    X(28, GROUP_RESPONSE, group_response, F(message, "r"))                                         \
    X(29, RESET, reset, F(unused, "n"))                                                            \
    X(30, PLAN_REVIEW, plan_review, F(plan, "r") F(is_stalled, "b") F(progress, "nm"))             \
    X(31, PLAN_ANSWER, plan_answer, F(messages, "l"))                                              \
    X(32, REVIEW_ANSWER, review_answer, F(messages, "l"))                                          \
    X(33, USER_REQUEST, user_request, F(response, "r"))                                            \
    X(34, SUB_REQUEST, sub_request, F(executor, "t") F(id, "t") F(data, "*") F(wants, "i"))        \
    X(35, SUB_RESPONSE, sub_response, F(id, "t") F(value, "*"))                                    \
    X(36, REQUEST, request,                                                                        \
      F(id, "t") F(executor, "i") F(data, "*") F(wants, "i") F(wants_list, "i") F(seq, "i")        \
      F(asked_ms, "i") F(origin, "nt") F(to, "nt"))                                                \
    X(37, SESSION, session, F(history, "l") F(waiting, "l") F(pending, "l"))                       \
    X(38, AGENT_TURN, agent_turn,                                                                  \
      F(agent, "i") F(purpose, "i") F(mode, "i") F(phase, "i") F(session, "nr") F(input, "l")      \
      F(view, "l") F(response, "l") F(last_from, "i") F(rounds, "i") F(errors, "i")                \
      F(calls, "i") F(batch, "l") F(results, "l") F(left, "i") F(asked, "l")                       \
      F(updates, "l") F(handoff, "nt") F(format, "nm") F(base, "i") F(in_view, "i"))               \
    X(39, S_RUN, s_run,                                                                            \
      F(iteration, "i") F(queue, "l") F(executors, "l") F(shared, "m") F(pending, "l")             \
      F(used, "l") F(next_request, "i") F(joins, "l") F(previous, "ni") F(tool_kwargs, "nm")       \
      F(client_kwargs, "nm") F(state, "i") F(tool_counts, "m") F(ids, "l") F(join_ids, "l"))       \
    X(40, S_AGENT, s_agent,                                                                        \
      F(turn, "nr") F(session, "r") F(cache, "l") F(conversation, "l") F(open, "l")                \
      F(answers, "l") F(before, "l") F(turns, "i") F(used, "i"))                                   \
    X(41, S_GROUP, s_group,                                                                        \
      F(turn, "nr") F(session, "r") F(conversation, "l") F(round, "i") F(unseen, "l")              \
      F(tries, "i") F(news, "l") F(knows, "i"))                                                    \
    X(42, S_MAGENTIC, s_magentic,                                                                  \
      F(turn, "nr") F(task, "nt") F(history, "l") F(round_count, "i") F(stalls, "i")               \
      F(resets, "i") F(round, "i") F(facts, "nr") F(plan, "nr") F(progress, "nm")                  \
      F(terminated, "b") F(tries, "i") F(after, "i") F(replans, "i") F(question, "nr"))            \
    X(43, S_REVIEW, s_review, F(turn, "n") F(conversation, "l") F(last, "nr"))                     \
    X(44, S_FLOW, s_flow, F(turn, "n") F(run, "r") F(waiting, "l"))                                \
    X(45, S_CUSTOM, s_custom, F(turn, "nr") F(value, "*") F(visits, "i") F(then, "i"))             \
    X(46, CHECKPOINT, checkpoint,                                                                  \
      F(workflow, "t") F(signature, "t") F(run, "r") F(hooks, "m") F(world, "*"))

#define RP_USER_KIND 48 /* records 48 to 63 belong to the user: F(value, "*") */

enum rp_rec_kind {
#define F(field, allowed)
#define X(number, NAME, name, fields) RP_K_##NAME = (number),
    RP_KIND_LIST(X, F)
#undef X
#undef F
};

#define F(field, allowed) struct rp_value field;
#define X(number, NAME, name, fields)                                                              \
    struct rp_##name {                                                                             \
        struct rp_obj o;                                                                           \
        fields                                                                                     \
    };                                                                                             \
    static inline struct rp_##name *rp_##name##_of(struct rp_value v)                              \
    {                                                                                              \
        RP_ASSERT(rp_kind(v) == (number));                                                         \
        return (struct rp_##name *)(void *)v.u.rec;                                                \
    }
RP_KIND_LIST(X, F)
#undef X
#undef F

struct rp_user_record {
    struct rp_obj o;
    struct rp_value value;
};

/* A record of that kind with all fields nil, lists empty where only a list is allowed, maps
 * likewise, booleans false, integers 0. NULL when there is no memory. */
void *rp_rec_new(struct rp_heap *h, unsigned kind);
/* A shallow copy. */
void *rp_rec_copy(struct rp_heap *h, const void *rec);

/* For walks: the record's name ("message"), NULL when the kind is unknown; its number of fields;
 * the name of field i and the letters that it allows. */
const char *rp_kind_name(unsigned kind);
unsigned rp_kind_fields(unsigned kind);
const char *rp_kind_field(unsigned kind, unsigned i, const char **allowed);
/* Does the field's letter set allow v? */
int rp_field_allows(const char *allowed, struct rp_value v);

#endif
