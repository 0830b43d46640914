/* load_timeouts.c - owns the time-outs of a scenario: to which requests they apply, and what they
 * do when nobody has answered. */
#include "answer.h"
#include "load_util.h"

#include <string.h>

enum asked_for { APPROVAL, RESULT, REVIEW, PLAN_REVIEW, USER_INPUT, VALUE, ANYTHING };

static struct rp_type type_of(enum asked_for kind)
{
    switch (kind) {
    case APPROVAL:
        return RP_T_REC(RP_K_C_APPROVAL_REQUEST);
    case RESULT:
        return RP_T_REC(RP_K_C_CALL);
    case REVIEW:
        return RP_T_REC(RP_K_AGENT_RESPONSE);
    case PLAN_REVIEW:
        return RP_T_REC(RP_K_PLAN_REVIEW);
    case USER_INPUT:
        return RP_T_REC(RP_K_USER_REQUEST);
    case VALUE:
        return rp_type_or(RP_T_TEXT, RP_T_INT);
    case ANYTHING:
        break;
    }
    return RP_T_NONE;
}

static int load_kind(struct rp_loader *l, const struct rp_spot *entry, enum asked_for *out)
{
    static const char *const words[] = {"approval",   "result", "review", "plan_review",
                                        "user_input", "value",  NULL};
    struct rp_spot at = rp_load_key(entry, "request");
    int which;

    *out = ANYTHING;
    RP_TRY(rp_load_word(l, entry, "request", words, &which));
    if (rp_load_has(&at))
        *out = (enum asked_for)which;
    return RP_OK;
}

/* ---- default answers ------------------------------------------------------------------------- */

static int fits(const struct rp_scenario_answer *a, enum asked_for kind)
{
    switch (a->kind) {
    case RP_ANSWER_APPROVE:
        return kind == APPROVAL || (a->yes && (kind == REVIEW || kind == PLAN_REVIEW));
    case RP_ANSWER_FEEDBACK:
        return kind == REVIEW;
    case RP_ANSWER_REVISE:
        return kind == PLAN_REVIEW;
    case RP_ANSWER_REPLY:
    case RP_ANSWER_TERMINATE:
        return kind == USER_INPUT;
    case RP_ANSWER_RESULT:
        return kind == RESULT;
    case RP_ANSWER_VALUE:
        return kind == VALUE;
    }
    return 0;
}

static int load_default(struct rp_loader *l, const struct rp_spot *then, enum asked_for kind,
                        struct rp_timeout *out)
{
    static const char *const keys[] = {"approve",   "feedback", "revise", "reply",
                                       "terminate", "result",   "value",  NULL};
    static const struct rp_asked_request nothing = {.id = NULL};
    struct rp_scenario_answer answer = {0};
    struct rp_spot at;

    RP_TRY(rp_load_object(l, then, "answer", RP_REQUIRED, &at));
    RP_TRY(rp_load_keys(l, &at, keys));
    RP_TRY(rp_load_answer(l, &at, &answer));
    if (kind != ANYTHING && !fits(&answer, kind))
        return rp_load_fail(l, &at,
                            "this is no answer to a request of the kind that this time-out "
                            "is for");
    out->action = RP_TIMEOUT_ANSWER;
    out->answer = rp_answer_value(l->heap, &answer, &nothing);
    return out->answer.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- one time-out ---------------------------------------------------------------------------- */

static int load_then(struct rp_loader *l, const struct rp_spot *entry, enum asked_for kind,
                     struct rp_timeout *out)
{
    static const char *const keys[] = {"answer", "escalate", NULL};
    struct rp_spot then = rp_load_key(entry, "then");
    int which;

    out->action = RP_TIMEOUT_FAIL;
    if (rp_is_text(then.v, "fail"))
        return RP_OK;
    if (then.v.tag != RP_MAP)
        return rp_load_fail(l, rp_load_has(&then) ? &then : entry,
                            "%sexpected \"fail\", {\"answer\": ...} or {\"escalate\": name}",
                            rp_load_has(&then) ? "" : "the key \"then\" is required; ");
    RP_TRY(rp_load_keys(l, &then, keys));
    RP_TRY(rp_load_one_of(l, &then, keys, RP_REQUIRED, &which));
    if (which == 0)
        return load_default(l, &then, kind, out);
    out->action = RP_TIMEOUT_ESCALATE;
    return rp_load_name(l, &then, "escalate", RP_REQUIRED, &out->to);
}

static int load_timeout(struct rp_loader *l, const struct rp_spot *entry,
                        const struct rp_load_index *executors, struct rp_timeout *out)
{
    static const char *const keys[] = {"executor", "asked", "request", "after_ms", "then", NULL};
    struct rp_spot at = rp_load_key(entry, "executor");
    enum asked_for kind;
    int64_t after = 0;
    uint32_t i;

    RP_TRY(rp_load_keys(l, entry, keys));
    RP_TRY(rp_load_name(l, entry, "executor", RP_OPTIONAL, &out->executor));
    if (out->executor)
        RP_TRY(rp_load_known(l, &at, executors, "executor", out->executor, &i));
    RP_TRY(rp_load_name(l, entry, "asked", RP_OPTIONAL, &out->asked));
    RP_TRY(load_kind(l, entry, &kind));
    RP_TRY(rp_load_int(l, entry, "after_ms", RP_REQUIRED, 1, &after));
    out->request = type_of(kind);
    out->after_ms = (uint64_t)after;
    return load_then(l, entry, kind, out);
}

/* ---- all ------------------------------------------------------------------------------------- */

static int index_executors(struct rp_loader *l, struct rp_load_index *index)
{
    uint32_t n = rp_workflow_executors(l->s->workflow);

    RP_TRY(rp_load_index_init(l, index, n));
    for (uint32_t i = 0; i < n; i++)
        RP_TRY(rp_load_index_add(index, rp_workflow_executor(l->s->workflow, i)));
    return RP_OK;
}

/* Somebody must be asked by an escalation before it can be said what happens when he is. */
static int check_asked(struct rp_loader *l, const struct rp_spot *all)
{
    for (uint32_t i = 0; i < l->s->n_timeouts; i++) {
        struct rp_spot entry = rp_load_item(all, i), at = rp_load_key(&entry, "asked");
        const char *asked = l->s->timeouts[i].asked;
        int found = !asked;
        for (uint32_t k = 0; k < l->s->n_timeouts && !found; k++)
            found = l->s->timeouts[k].to && strcmp(l->s->timeouts[k].to, asked) == 0;
        if (!found)
            return rp_load_fail(l, &at, "no time-out escalates to \"%s\"", rp_load_show(l, asked));
    }
    return RP_OK;
}

int rp_load_timeouts(struct rp_loader *l, const struct rp_spot *root)
{
    struct rp_load_index executors;
    struct rp_spot all;
    uint32_t n;

    RP_TRY(rp_load_array(l, root, "timeouts", RP_OPTIONAL, 0, &all));
    n = rp_len(all.v);
    if (n == 0)
        return RP_OK;
    RP_TRY(index_executors(l, &executors));
    l->s->timeouts = rp_load_take(l, n, sizeof(*l->s->timeouts));
    if (!l->s->timeouts)
        return RP_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot entry = rp_load_item(&all, i);
        RP_TRY(load_timeout(l, &entry, &executors, &l->s->timeouts[i]));
    }
    l->s->n_timeouts = n;
    return check_asked(l, &all);
}
