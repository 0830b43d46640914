/* snap_kinds.c - owns the table of which records a field holds, in order of kinds. A field that has
 * no row holds whatever its letters allow. */
#include "snap_kinds.h"

#define CONTENTS                                                                                   \
    (RP_BIT(RP_K_C_TEXT) | RP_BIT(RP_K_C_CALL) | RP_BIT(RP_K_C_RESULT) |                           \
     RP_BIT(RP_K_C_APPROVAL_REQUEST) | RP_BIT(RP_K_C_APPROVAL_RESPONSE))

#define STATES                                                                                     \
    (RP_BIT(RP_NIL) | RP_BIT(RP_K_S_AGENT) | RP_BIT(RP_K_S_GROUP) | RP_BIT(RP_K_S_MAGENTIC) |      \
     RP_BIT(RP_K_S_REVIEW) | RP_BIT(RP_K_S_FLOW) | RP_BIT(RP_K_S_CUSTOM))

/* The field's number in its record. */
#define NUMBER(name, field)                                                                        \
    ((offsetof(struct rp_##name, field) - sizeof(struct rp_obj)) / sizeof(struct rp_value))
#define HOLDS(KIND, name, field, record)                                                           \
    {                                                                                              \
        RP_K_##KIND, NUMBER(name, field), RP_BIT(record), 0                                        \
    }
#define LIST(KIND, name, field, items)                                                             \
    {                                                                                              \
        RP_K_##KIND, NUMBER(name, field), 0, items                                                 \
    }

static const struct row {
    unsigned kind, field;
    uint64_t records; /* the field is one of these when it is a record */
    uint64_t items;   /* a list's items are of these */
} rows[] = {
    LIST(MESSAGE, message, contents, CONTENTS),
    HOLDS(C_APPROVAL_REQUEST, c_approval_request, call, RP_K_C_CALL),
    HOLDS(C_APPROVAL_RESPONSE, c_approval_response, call, RP_K_C_CALL),
    LIST(RESPONSE, response, messages, RP_BIT(RP_K_MESSAGE)),
    LIST(UPDATE, update, contents, CONTENTS),
    LIST(AGENT_REQUEST, agent_request, messages, RP_BIT(RP_K_MESSAGE)),
    HOLDS(AGENT_RESPONSE, agent_response, response, RP_K_RESPONSE),
    LIST(AGENT_RESPONSE, agent_response, conversation, RP_BIT(RP_K_MESSAGE)),
    LIST(GROUP_MESSAGES, group_messages, messages, RP_BIT(RP_K_MESSAGE)),
    HOLDS(GROUP_RESPONSE, group_response, message, RP_K_MESSAGE),
    HOLDS(PLAN_REVIEW, plan_review, plan, RP_K_MESSAGE),
    LIST(PLAN_ANSWER, plan_answer, messages, RP_BIT(RP_K_MESSAGE)),
    LIST(REVIEW_ANSWER, review_answer, messages, RP_BIT(RP_K_MESSAGE)),
    HOLDS(USER_REQUEST, user_request, response, RP_K_RESPONSE),
    LIST(SESSION, session, history, RP_BIT(RP_K_MESSAGE)),
    LIST(SESSION, session, waiting, RP_BIT(RP_LIST)),
    LIST(SESSION, session, pending, RP_BIT(RP_TEXT)),
    HOLDS(AGENT_TURN, agent_turn, session, RP_K_SESSION),
    LIST(S_RUN, s_run, executors, STATES),
    LIST(S_RUN, s_run, pending, RP_BIT(RP_K_REQUEST)),
    LIST(S_RUN, s_run, used, RP_BIT(RP_TEXT)),
    LIST(S_RUN, s_run, joins, RP_BIT(RP_LIST)),
    LIST(S_RUN, s_run, ids, RP_BIT(RP_TEXT)),
    LIST(S_RUN, s_run, join_ids, RP_BIT(RP_TEXT)),
    HOLDS(S_AGENT, s_agent, turn, RP_K_AGENT_TURN),
    HOLDS(S_AGENT, s_agent, session, RP_K_SESSION),
    LIST(S_AGENT, s_agent, cache, RP_BIT(RP_K_MESSAGE)),
    LIST(S_AGENT, s_agent, conversation, RP_BIT(RP_K_MESSAGE)),
    LIST(S_AGENT, s_agent, open, RP_BIT(RP_TEXT)),
    LIST(S_AGENT, s_agent, answers, CONTENTS),
    LIST(S_AGENT, s_agent, before, RP_BIT(RP_K_MESSAGE)),
    HOLDS(S_GROUP, s_group, turn, RP_K_AGENT_TURN),
    HOLDS(S_GROUP, s_group, session, RP_K_SESSION),
    LIST(S_GROUP, s_group, conversation, RP_BIT(RP_K_MESSAGE)),
    LIST(S_GROUP, s_group, unseen, RP_BIT(RP_K_MESSAGE)),
    LIST(S_GROUP, s_group, news, RP_BIT(RP_K_MESSAGE)),
    HOLDS(S_MAGENTIC, s_magentic, turn, RP_K_AGENT_TURN),
    LIST(S_MAGENTIC, s_magentic, history, RP_BIT(RP_K_MESSAGE)),
    HOLDS(S_MAGENTIC, s_magentic, facts, RP_K_MESSAGE),
    HOLDS(S_MAGENTIC, s_magentic, plan, RP_K_MESSAGE),
    LIST(S_REVIEW, s_review, conversation, RP_BIT(RP_K_MESSAGE)),
    HOLDS(S_FLOW, s_flow, run, RP_K_S_RUN),
    HOLDS(S_CUSTOM, s_custom, turn, RP_K_AGENT_TURN),
    HOLDS(CHECKPOINT, checkpoint, run, RP_K_S_RUN),
};

int rp_snap_field_allows(unsigned kind, unsigned field, struct rp_value v, struct rp_snap_sort sort)
{
    const char *allowed;

    rp_kind_field(kind, field, &allowed);
    if (!rp_field_allows(allowed, v))
        return 0;
    if (v.tag != RP_LIST && v.tag != RP_REC)
        return 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && rows[i].kind <= kind; i++) {
        RP_ASSERT(i == 0 || rows[i - 1].kind <= rows[i].kind);
        if (rows[i].kind != kind || rows[i].field != field)
            continue;
        if (v.tag == RP_REC)
            return (sort.is & ~rows[i].records) == 0;
        return (sort.items & ~rows[i].items) == 0;
    }
    return 1;
}
