/* run_ask.c - open requests: asked, told again after a restore, answered, withdrawn (R-REQ). */
#include "base/zoo.h"
#include "run.h"

/* ---- asking ---- */

static int used_before(const struct rp_run *r, struct rp_str id)
{
    struct rp_value used = rp_st(r)->used;
    for (uint32_t i = 0; i < rp_len(used); i++)
        if (rp_str_equal(rp_str_of(rp_at(used, i)), id))
            return 1;
    return 0;
}

/* Counted in the outermost run, so that parallel and nested requests never share one (I20). */
static struct rp_value fresh_id(struct rp_run *r)
{
    char digits[24];
    size_t at = sizeof(digits);
    for (int64_t n = ++rp_st(r->core->root)->next_request.u.i; n > 0 || at == sizeof(digits);
         n /= 10)
        digits[--at] = (char)('0' + n % 10);
    struct rp_str parts[] = {rp_str("request-"), {digits + at, sizeof(digits) - at}, {NULL, 0}};
    return rp_text_join(&r->core->heap, parts);
}

static int tell(struct rp_run *r, struct rp_value request)
{
    struct rp_request *q = rp_request_of(request);
    if (r->parent)
        return rp_list_add(&r->core->heap, &r->asks, request);
    return rp_run_emit(r, &(struct rp_event){.kind = RP_EV_REQUEST_INFO,
                                             .executor = r->wf->node[q->executor.u.i].id,
                                             .name = q->id.u.text->s,
                                             .data = q->data});
}

/* IN_PROGRESS_PENDING_REQUESTS follows the first request of a turn, once (R-RUN-15). */
static int tell_pending(struct rp_run *r)
{
    if (r->pending_told)
        return RP_OK;
    r->pending_told = 1;
    return rp_run_status(r, RP_IN_PROGRESS_PENDING_REQUESTS);
}

/* A request that is filled in but for when and in which order it was asked. */
static int open_request(struct rp_run *r, struct rp_request *q)
{
    struct rp_heap *h = &r->core->heap;
    struct rp_s_run *st = rp_st(r);
    uint64_t now = r->core->now_ms;
    q->asked_ms = rp_int(now > INT64_MAX ? INT64_MAX : (int64_t)now);
    q->seq = st->next_request;
    if (q->id.tag == RP_BAD || q->data.tag == RP_BAD || q->to.tag == RP_BAD)
        return RP_ENOMEM;
    st->next_request.u.i++;
    RP_TRY(rp_list_add(h, &st->pending, rp_from_rec(q)));
    RP_TRY(rp_list_add(h, &st->used, q->id));
    RP_TRY(tell(r, rp_from_rec(q)));
    return tell_pending(r);
}

int rp_run_ask(struct rp_run *r, uint32_t exec, struct rp_value data, struct rp_type wants,
               const char *id)
{
    struct rp_heap *h = &r->core->heap;
    if (id && used_before(r, rp_str(id)))
        return rp_fail_at(&r->core->why, RP_ESTATE, r->wf->node[exec].id,
                          "a request with the id %s was asked before in this history", id);
    struct rp_request *q = rp_rec_new(h, RP_K_REQUEST);
    if (!q)
        return RP_ENOMEM;
    q->id = id ? rp_textz(h, id) : fresh_id(r);
    q->executor = rp_int(exec);
    q->data = data;
    q->wants = rp_int((int64_t)wants.is);
    q->wants_list = rp_int((int64_t)wants.list_of);
    return open_request(r, q);
}

/* The same question under an id of its own; old is closed. */
int rp_run_reask(struct rp_run *r, struct rp_request *old, const char *to)
{
    struct rp_heap *h = &r->core->heap;
    struct rp_request *q = rp_rec_copy(h, old);
    if (!q)
        return RP_ENOMEM;
    uint32_t at = rp_run_find_request(r, rp_str_of(old->id));
    rp_st(r)->pending = rp_list_without(h, rp_st(r)->pending, at);
    if (rp_st(r)->pending.tag == RP_BAD)
        return RP_ENOMEM;
    q->id = fresh_id(r);
    q->origin = rp_request_first(old);
    q->to = rp_textz(h, to);
    return open_request(r, q);
}

/* After a restore every open request that the turn does not answer is told again, once; its id
 * stays (decision 10). The pending status comes even when all are answered (R-CKP-7). */
int rp_run_retell(struct rp_run *r)
{
    for (uint32_t i = 0; i < rp_len(r->retell); i++) {
        struct rp_value q = rp_at(r->retell, i);
        int still_open = 0;
        for (uint32_t k = 0; k < rp_len(rp_st(r)->pending); k++)
            still_open |= rp_at(rp_st(r)->pending, k).u.rec == q.u.rec;
        if (still_open && RP_ZOO != RP_ZOO_NOT_ANNOUNCED)
            RP_TRY(tell(r, q));
        RP_TRY(tell_pending(r));
    }
    r->retell = rp_list();
    return RP_OK;
}

/* ---- answering ---- */

uint32_t rp_run_find_request(const struct rp_run *r, struct rp_str id)
{
    struct rp_value open = rp_st(r)->pending;
    for (uint32_t i = 0; i < rp_len(open); i++)
        if (rp_str_equal(rp_str_of(rp_request_of(rp_at(open, i))->id), id))
            return i;
    return UINT32_MAX;
}

/* An answer to a content (approval, declared call) must be about that call. */
static int about_the_call(struct rp_value request, struct rp_value answer)
{
    if (rp_kind(request) == RP_K_C_APPROVAL_REQUEST) {
        struct rp_value asked = rp_c_approval_request_of(request)->call;
        return rp_kind(answer) == RP_K_C_APPROVAL_RESPONSE &&
               rp_equal(rp_c_call_of(rp_c_approval_response_of(answer)->call)->id,
                        rp_c_call_of(asked)->id);
    }
    if (rp_kind(request) == RP_K_C_CALL)
        return rp_kind(answer) == RP_K_C_RESULT &&
               rp_equal(rp_c_result_of(answer)->id, rp_c_call_of(request)->id);
    return 1;
}

static struct rp_type type_wanted(const struct rp_request *q)
{
    return (struct rp_type){(uint64_t)q->wants.u.i, (uint64_t)q->wants_list.u.i};
}

int rp_run_answers(const struct rp_request *q, struct rp_value value)
{
    return rp_type_accepts(type_wanted(q), value) && about_the_call(q->data, value);
}

static int check_answer(struct rp_run *r, struct rp_value id, struct rp_value value)
{
    uint32_t at = rp_run_find_request(r, rp_str_of(id));
    if (at == UINT32_MAX)
        return rp_fail_at(&r->error, RP_ENOTFOUND, id.u.text->s,
                          "no request with this id is open; nothing was answered");
    if (!rp_run_answers(rp_request_of(rp_at(rp_st(r)->pending, at)), value))
        return rp_fail_at(&r->error, RP_ETYPE, id.u.text->s,
                          "the answer is not of the kind that this request asks for; nothing was "
                          "answered");
    return RP_OK;
}

static int check_answers(struct rp_run *r)
{
    uint32_t n = rp_len(r->input);
    if (rp_len(rp_st(r)->pending) == 0)
        return rp_fail_at(&r->error, RP_ESTATE, r->wf->name, "no request is open");
    for (uint32_t i = 0; i < n; i += 2) {
        if (check_answer(r, rp_at(r->input, i), rp_at(r->input, i + 1)) != RP_OK)
            return r->error.status;
        for (uint32_t k = 0; k < i; k += 2)
            if (rp_equal(rp_at(r->input, k), rp_at(r->input, i)))
                return rp_fail_at(&r->error, RP_EARG, rp_at(r->input, i).u.text->s,
                                  "this request is answered twice; nothing was answered");
    }
    return RP_OK;
}

int rp_run_deliver(struct rp_run *r, struct rp_value request, struct rp_value value)
{
    struct rp_request *q = rp_request_of(request);
    struct rp_s_run *st = rp_st(r);
    uint32_t exec = (uint32_t)q->executor.u.i;
    uint32_t at = rp_run_find_request(r, rp_str_of(q->id));
    st->pending = rp_list_without(&r->core->heap, st->pending, at);
    if (st->pending.tag == RP_BAD)
        return RP_ENOMEM;
    if (RP_ZOO == RP_ZOO_ENTRY_AGENT && rp_kind(q->data) == RP_K_C_APPROVAL_REQUEST &&
        r->wf->node[r->wf->start].kind->answer)
        exec = r->wf->start;
    return rp_run_enqueue(r, exec, 1, value, request, exec);
}

/* The bug ANSWERS_SWAPPED: of the first two answers. */
static void swap_answers(struct rp_run *r)
{
    struct rp_value *at = rp_len(r->input) >= 4 ? r->input.u.vec->at : NULL;
    if (!at || rp_kind(at[1]) != rp_kind(at[3]))
        return;
    struct rp_value first = at[1];
    at[1] = at[3];
    at[3] = first;
}

/* All are checked before any is delivered (R-REQ-2, R-REQ-3). */
int rp_run_take_answers(struct rp_run *r)
{
    if (check_answers(r) != RP_OK)
        return RP_OK; /* r->error holds it: the failure path */
    if (RP_ZOO == RP_ZOO_ANSWERS_SWAPPED)
        swap_answers(r);
    for (uint32_t i = 0; i < rp_len(r->input); i += 2) {
        uint32_t at = rp_run_find_request(r, rp_str_of(rp_at(r->input, i)));
        RP_TRY(rp_run_deliver(r, rp_at(rp_st(r)->pending, at), rp_at(r->input, i + 1)));
    }
    return RP_OK;
}

/* ---- withdrawing ---- */

int rp_run_withdraw(struct rp_run *r, struct rp_str id)
{
    struct rp_s_run *st = rp_st(r);
    uint32_t at = rp_run_find_request(r, id);
    if (at == UINT32_MAX)
        return RP_ENOTFOUND;
    struct rp_request *q = rp_request_of(rp_at(st->pending, at));
    uint32_t exec = (uint32_t)q->executor.u.i;
    st->pending = rp_list_without(&r->core->heap, st->pending, at);
    if (st->pending.tag == RP_BAD)
        return RP_ENOMEM;
    struct rp_ctx cx = {.run = r, .exec = exec, .frame = &r->frame[exec]};
    const struct rp_exec_kind *kind = r->wf->node[exec].kind;
    return kind->withdrawn ? kind->withdrawn(&cx, q) : RP_OK;
}

/* The final status looks at what is open (decision 5), and so it changes with it. */
int rp_run_cancel_asked(struct rp_run *r, struct rp_str id)
{
    uint32_t at = rp_run_find_request(r, id);
    if (at == UINT32_MAX)
        return RP_ENOTFOUND;
    struct rp_request *q = rp_request_of(rp_at(rp_st(r)->pending, at));
    RP_TRY(rp_run_withdraw(r, rp_str_of(q->id)));
    RP_TRY(rp_run_emit(r, &(struct rp_event){.kind = RP_EV_REQUEST_CANCELLED,
                                             .executor = r->wf->node[q->executor.u.i].id,
                                             .name = q->id.u.text->s}));
    if (rp_len(rp_st(r)->pending) || rp_st(r)->state.u.i != RP_IDLE_WITH_PENDING_REQUESTS)
        return RP_OK;
    return rp_run_status(r, RP_IDLE);
}

/* ---- reading ---- */

uint32_t rp_run_requests(const struct rp_run *run)
{
    return rp_len(rp_st(run)->pending);
}

struct rp_open_request rp_run_request(const struct rp_run *run, uint32_t i)
{
    struct rp_request *q = rp_request_of(rp_at(rp_st(run)->pending, i));
    return (struct rp_open_request){.id = q->id.u.text->s,
                                    .executor = run->wf->node[q->executor.u.i].id,
                                    .data = q->data,
                                    .wants = type_wanted(q),
                                    .asked_ms = (uint64_t)q->asked_ms.u.i,
                                    .deadline_ms = rp_run_deadline(run, q),
                                    .origin = q->origin.tag == RP_TEXT ? q->origin.u.text->s : NULL,
                                    .to = q->to.tag == RP_TEXT ? q->to.u.text->s : NULL};
}
