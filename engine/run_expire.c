/* run_expire.c - requests that nobody answered in time: their deadlines in virtual time, and what
 * their time-outs do. Only what the caller can answer has a deadline, which is what is open in the
 * outermost run; a nested run's requests stand there under the executor that holds it. */
#include "run.h"

/* ---- deadlines ---- */

static int applies(const struct rp_timeout *t, const struct rp_run *r, const struct rp_request *q)
{
    if (t->executor && !rp_str_equal(rp_str(t->executor), rp_str(r->wf->node[q->executor.u.i].id)))
        return 0;
    if (t->asked && !rp_is_text(q->to, t->asked))
        return 0;
    return rp_type_empty(t->request) || rp_type_accepts(t->request, q->data);
}

static const struct rp_timeout *timeout_of(const struct rp_run *r, const struct rp_request *q)
{
    for (size_t i = 0; i < r->core->n_timeouts; i++)
        if (applies(&r->core->timeouts[i], r, q))
            return &r->core->timeouts[i];
    return NULL;
}

uint64_t rp_run_deadline(const struct rp_run *r, const struct rp_request *q)
{
    const struct rp_timeout *t = timeout_of(r, q);
    uint64_t asked = (uint64_t)q->asked_ms.u.i;
    if (!t || t->after_ms > UINT64_MAX - asked)
        return UINT64_MAX;
    return asked + t->after_ms;
}

uint64_t rp_run_next_deadline(const struct rp_run *run)
{
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < rp_run_requests(run); i++) {
        uint64_t at = rp_run_deadline(run, rp_request_of(rp_at(rp_st(run)->pending, i)));
        next = at < next ? at : next;
    }
    return next;
}

/* By deadline, then by order of asking: a total order. */
static int sooner(const struct rp_run *r, struct rp_value a, struct rp_value b)
{
    uint64_t x = rp_run_deadline(r, rp_request_of(a)), y = rp_run_deadline(r, rp_request_of(b));
    if (x != y)
        return x < y;
    return rp_request_of(a)->seq.u.i < rp_request_of(b)->seq.u.i;
}

static int add_in_order(struct rp_run *r, struct rp_value *due, struct rp_value request)
{
    RP_TRY(rp_list_add(&r->core->heap, due, request));
    struct rp_value *at = due->u.vec->at; /* nobody else holds this list */
    for (uint32_t i = due->len - 1; i > 0 && sooner(r, request, at[i - 1]); i--) {
        at[i] = at[i - 1];
        at[i - 1] = request;
    }
    return RP_OK;
}

/* What has expired, up to a time-out that fails the turn: that one has a turn for itself, so that
 * no answer is lost with it. */
int rp_run_due(struct rp_run *r, struct rp_value *due)
{
    struct rp_value open = rp_st(r)->pending, all = rp_list();
    uint64_t now = r->core->now_ms;
    for (uint32_t i = 0; i < rp_len(open); i++) {
        uint64_t at = rp_run_deadline(r, rp_request_of(rp_at(open, i)));
        if (at != UINT64_MAX && at <= now)
            RP_TRY(add_in_order(r, &all, rp_at(open, i)));
    }
    uint32_t n = 0;
    while (n < rp_len(all) &&
           timeout_of(r, rp_request_of(rp_at(all, n)))->action != RP_TIMEOUT_FAIL)
        n++;
    n += n == 0 && rp_len(all) > 0;
    *due = rp_list_part(&r->core->heap, all, 0, n);
    return due->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- default answers ---- */

/* A default is given before anybody knows what will be asked: it is made to be about the call. */
static struct rp_value fitted(struct rp_heap *h, const struct rp_request *q, struct rp_value answer)
{
    unsigned asked = rp_kind(q->data);
    if (asked == RP_K_C_APPROVAL_REQUEST && answer.tag == RP_BOOL)
        return rp_approval_response(h, rp_c_approval_request_of(q->data)->call, rp_is_true(answer));
    if (asked == RP_K_AGENT_RESPONSE && rp_is_true(answer))
        return rp_from_rec(rp_rec_new(h, RP_K_REVIEW_ANSWER)); /* no message: approved */
    if (asked == RP_K_PLAN_REVIEW && rp_is_true(answer))
        return rp_from_rec(rp_rec_new(h, RP_K_PLAN_ANSWER));
    if (asked != RP_K_C_CALL || rp_kind(answer) != RP_K_C_RESULT ||
        rp_str_of(rp_c_result_of(answer)->id).n)
        return answer;
    struct rp_c_result *result = rp_rec_copy(h, rp_c_result_of(answer));
    if (result)
        result->id = rp_c_call_of(q->data)->id;
    return rp_from_rec(result);
}

/* One answer for each expired request; nil where its time-out gives none. One that does not fit
 * fails the turn, as a person's would. */
static int take_defaults(struct rp_run *r, struct rp_value *answers)
{
    struct rp_heap *h = &r->core->heap;
    *answers = rp_list();
    for (uint32_t i = 0; i < rp_len(r->input); i++) {
        const struct rp_request *q = rp_request_of(rp_at(r->input, i));
        const struct rp_timeout *t = timeout_of(r, q);
        int answered = t->action == RP_TIMEOUT_ANSWER;
        struct rp_value answer = answered ? fitted(h, q, t->answer) : rp_nil();
        RP_TRY(rp_list_add(h, answers, answer));
        if (answered && r->error.status == RP_OK && !rp_run_answers(q, answer))
            rp_fail_at(&r->error, RP_ETYPE, q->id.u.text->s,
                       "the default answer of a time-out is not of the kind that this request of "
                       "%s asks for; nothing was answered",
                       r->wf->node[q->executor.u.i].id);
    }
    return RP_OK;
}

/* ---- one time-out ---- */

static int tell_expired(struct rp_run *r, const struct rp_request *q, const struct rp_timeout *t)
{
    static const char *const names[] = {[RP_TIMEOUT_FAIL] = "fail",
                                        [RP_TIMEOUT_ANSWER] = "answer",
                                        [RP_TIMEOUT_ESCALATE] = "escalate"};
    struct rp_heap *h = &r->core->heap;
    struct rp_value data = rp_map();
    RP_TRY(rp_map_put(h, &data, "action", rp_textz(h, names[t->action])));
    if (t->action == RP_TIMEOUT_ESCALATE && t->to)
        RP_TRY(rp_map_put(h, &data, "to", rp_textz(h, t->to)));
    return rp_run_emit(r, &(struct rp_event){.kind = RP_EV_REQUEST_EXPIRED,
                                             .executor = r->wf->node[q->executor.u.i].id,
                                             .name = q->id.u.text->s,
                                             .data = data});
}

static int fail_turn(struct rp_run *r, const struct rp_request *q, const struct rp_timeout *t)
{
    const char *id = q->id.u.text->s, *executor = r->wf->node[q->executor.u.i].id;
    uint64_t after = t->after_ms;
    rp_fail_at(&r->error, RP_EEXPIRED, executor, "request %s of %s was not answered within %l ms",
               id, executor, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    return rp_run_withdraw(r, rp_str_of(q->id));
}

static int expire(struct rp_run *r, struct rp_value request, struct rp_value answer)
{
    struct rp_request *q = rp_request_of(request);
    const struct rp_timeout *t = timeout_of(r, q);
    RP_TRY(tell_expired(r, q, t));
    switch (t->action) {
    case RP_TIMEOUT_FAIL:
        return fail_turn(r, q, t);
    case RP_TIMEOUT_ANSWER:
        return rp_run_deliver(r, request, answer);
    case RP_TIMEOUT_ESCALATE:
        return rp_run_reask(r, q, t->to);
    }
    return RP_EARG;
}

int rp_run_take_expired(struct rp_run *r)
{
    struct rp_value answers;
    RP_TRY(take_defaults(r, &answers));
    for (uint32_t i = 0; r->error.status == RP_OK && i < rp_len(r->input); i++)
        RP_TRY(expire(r, rp_at(r->input, i), rp_at(answers, i)));
    return RP_OK;
}
