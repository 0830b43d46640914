/* snap_check.c - owns the checks of records that were read, one function for each kind that has
 * more to it than the types of its fields. Of workflows nothing is known here: run_fits.c. */
#include "snap_check.h"

#include "reprise.h"

#define TOO_MUCH "the checkpoint refers to the same lists too often"

/* What is counted up stays far from where counting ends. */
#define COUNT_MAX (INT64_MAX / 4)

enum { LETTER = 3 }; /* values that a message under way takes in the queue */

/* ---- numbers ---- */

static int is_count(struct rp_value v)
{
    return v.tag != RP_INT || (v.u.i >= 0 && v.u.i <= COUNT_MAX);
}

/* All integers of a record of state are counts, places or small numbers of enumerations. */
static const char *check_counts(const struct rp_rec *rec)
{
    for (unsigned i = 0; i < rp_kind_fields(rec->o.kind); i++)
        if (!is_count(rec->slot[i]))
            return "a count that is negative, or beyond all counting";
    return NULL;
}

static int spend(uint64_t *work_left, uint64_t n)
{
    if (n > *work_left)
        return 0;
    *work_left -= n;
    return 1;
}

static int all_are(struct rp_value list, uint64_t sorts)
{
    for (uint32_t i = 0; i < rp_len(list); i++) {
        struct rp_value v = rp_at(list, i);
        if (!(sorts & RP_BIT(v.tag == RP_REC ? rp_kind(v) : v.tag)))
            return 0;
    }
    return 1;
}

/* ---- sessions: calls that wait, as pairs of the ids awaited and the calls ---- */

static const char *check_session(struct rp_value v, uint64_t *work_left)
{
    struct rp_value waiting = rp_session_of(v)->waiting;

    if (!spend(work_left, rp_len(waiting)))
        return TOO_MUCH;
    for (uint32_t i = 0; i < rp_len(waiting); i++) {
        struct rp_value pair = rp_at(waiting, i), ids, calls;
        if (rp_len(pair) != 2)
            return "a session's waiting calls are no pair of ids and calls";
        ids = rp_at(pair, 0);
        calls = rp_at(pair, 1);
        if (!spend(work_left, (uint64_t)rp_len(ids) + rp_len(calls)))
            return TOO_MUCH;
        if (ids.tag != RP_LIST || calls.tag != RP_LIST || !all_are(ids, RP_BIT(RP_TEXT)) ||
            !all_are(calls, RP_BIT(RP_K_C_CALL)))
            return "a session's waiting calls are no ids and calls";
    }
    return NULL;
}

/* ---- requests ---- */

static const char *check_request(struct rp_value v)
{
    const struct rp_request *q = rp_request_of(v);

    if (!is_count(q->executor) || !is_count(q->seq) || !is_count(q->asked_ms))
        return "a request's executor, number or time is wrong";
    return NULL;
}

/* ---- runs ---- */

/* A header, what is sent, and the request that it answers, if any. */
static const char *check_queue(const struct rp_s_run *s, uint64_t *work_left)
{
    if (rp_len(s->queue) % LETTER != 0)
        return "the messages under way are not told whole";
    if (!spend(work_left, rp_len(s->queue)))
        return TOO_MUCH;
    for (uint32_t i = 0; i < rp_len(s->queue); i += LETTER) {
        struct rp_value request = rp_at(s->queue, i + 2);
        if (rp_at(s->queue, i).tag != RP_INT || rp_at(s->queue, i).u.i < 0)
            return "a message under way has no header";
        if (request.tag != RP_NIL && rp_kind(request) != RP_K_REQUEST)
            return "a message under way answers what is no request";
    }
    return NULL;
}

static const char *check_joins(const struct rp_s_run *s, uint64_t *work_left)
{
    for (uint32_t i = 0; i < rp_len(s->joins); i++) {
        struct rp_value buffers = rp_at(s->joins, i);
        if (!spend(work_left, rp_len(buffers)))
            return TOO_MUCH;
        if (!all_are(buffers, RP_BIT(RP_LIST)))
            return "a join's buffers are no lists";
    }
    return NULL;
}

static const char *check_requests(const struct rp_s_run *s, uint64_t *work_left)
{
    uint32_t n = rp_len(s->executors);

    if (!spend(work_left, rp_len(s->pending)))
        return TOO_MUCH;
    for (uint32_t i = 0; i < rp_len(s->pending); i++)
        if (rp_request_of(rp_at(s->pending, i))->executor.u.i >= (int64_t)n)
            return "an open request was made by nobody";
    return NULL;
}

static const char *check_run(struct rp_value v, uint64_t *work_left)
{
    const struct rp_s_run *s = rp_s_run_of(v);
    const char *wrong;

    if (s->state.u.i > RP_CANCELLED)
        return "no such state of a run";
    if (rp_len(s->ids) != rp_len(s->executors) || rp_len(s->join_ids) != rp_len(s->joins))
        return "executors or joins without a name, or names without any";
    wrong = check_queue(s, work_left);
    if (!wrong)
        wrong = check_joins(s, work_left);
    return wrong ? wrong : check_requests(s, work_left);
}

/* ---- the magentic orchestrator: with the first plan it has a task, facts and a plan ---- */

static const char *check_magentic(struct rp_value v)
{
    const struct rp_s_magentic *s = rp_s_magentic_of(v);
    int planned = s->task.tag == RP_TEXT;

    if ((s->facts.tag == RP_REC) != planned || (s->plan.tag == RP_REC) != planned)
        return "a task without facts and plan, or these without a task";
    return NULL;
}

/* ---- all kinds ---- */

const char *rp_snap_check(struct rp_value record, uint64_t *work_left)
{
    unsigned kind = rp_kind(record);
    const char *wrong = NULL;

    if (kind >= RP_K_S_RUN && kind <= RP_K_S_CUSTOM)
        wrong = check_counts(record.u.rec);
    if (wrong)
        return wrong;
    switch (kind) {
    case RP_K_SESSION:
        return check_session(record, work_left);
    case RP_K_REQUEST:
        return check_request(record);
    case RP_K_S_RUN:
        return check_run(record, work_left);
    case RP_K_S_MAGENTIC:
        return check_magentic(record);
    default:
        return NULL;
    }
}
