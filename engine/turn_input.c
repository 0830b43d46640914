/* turn_input.c - what a turn begins with: the model's view of history and input. Answers to
 * approval requests become tool results there (R-TOOL-2); a batch that still waits for a person is
 * left out of the view and kept in history. */
#include "turn.h"

struct rp_value rp_session_new(struct rp_heap *h)
{
    return rp_from_rec(rp_rec_new(h, RP_K_SESSION));
}

static struct rp_session *session(const struct rp_agent_turn *t)
{
    return rp_session_of(t->session);
}

static int is_approval(struct rp_value content)
{
    unsigned k = rp_kind(content);
    return k == RP_K_C_APPROVAL_REQUEST || k == RP_K_C_APPROVAL_RESPONSE;
}

static struct rp_value call_id(struct rp_value call)
{
    return rp_c_call_of(call)->id;
}

static int in_list(struct rp_value list, struct rp_value id)
{
    for (uint32_t i = 0; i < rp_len(list); i++)
        if (rp_equal(rp_at(list, i), id))
            return 1;
    return 0;
}

/* The message with other contents; nothing is added when they are empty. */
static int add_with(struct rp_heap *h, struct rp_value *out, struct rp_value message,
                    enum rp_role role, struct rp_value contents)
{
    if (rp_len(contents) == 0)
        return RP_OK;
    return rp_list_add(h, out, rp_message(h, role, rp_message_of(message)->author, contents));
}

/* Results that were answered beside approvals are what tools said. */
static enum rp_role role_without(struct rp_value message, struct rp_value kept)
{
    for (uint32_t i = 0; i < rp_len(kept); i++)
        if (rp_kind(rp_at(kept, i)) != RP_K_C_RESULT)
            return (enum rp_role)rp_message_of(message)->role.u.i;
    return RP_TOOL;
}

int rp_without_approvals(struct rp_heap *h, struct rp_value messages, struct rp_value *out)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_value m = rp_at(messages, i), kept = rp_list();
        struct rp_value contents = rp_message_of(m)->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++)
            if (!is_approval(rp_at(contents, k)))
                RP_TRY(rp_list_add(h, &kept, rp_at(contents, k)));
        if (rp_len(kept) == rp_len(contents))
            RP_TRY(rp_list_add(h, out, m));
        else
            RP_TRY(add_with(h, out, m, role_without(m, kept), kept));
    }
    return RP_OK;
}

/* ---- unanswered batches (last sentence of R-TOOL-2) ---- */

static int has_result(struct rp_value messages, uint32_t from, struct rp_value id)
{
    for (uint32_t i = from; i < rp_len(messages); i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++)
            if (rp_kind(rp_at(contents, k)) == RP_K_C_RESULT &&
                rp_equal(rp_c_result_of(rp_at(contents, k))->id, id))
                return 1;
    }
    return 0;
}

static int holds_pending(struct rp_value pending, struct rp_value contents)
{
    for (uint32_t k = 0; k < rp_len(contents); k++)
        if (rp_kind(rp_at(contents, k)) == RP_K_C_CALL &&
            in_list(pending, call_id(rp_at(contents, k))))
            return 1;
    return 0;
}

int rp_without_unanswered(struct rp_heap *h, struct rp_value messages, struct rp_value pending,
                          struct rp_value answered, struct rp_value *out)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_value m = rp_at(messages, i), kept = rp_list();
        struct rp_value contents = rp_message_of(m)->contents;
        if (!holds_pending(pending, contents)) {
            RP_TRY(rp_list_add(h, out, m));
            continue;
        }
        for (uint32_t k = 0; k < rp_len(contents); k++) {
            struct rp_value c = rp_at(contents, k);
            if (rp_kind(c) != RP_K_C_CALL || in_list(answered, call_id(c)) ||
                has_result(messages, i, call_id(c)))
                RP_TRY(rp_list_add(h, &kept, c));
        }
        RP_TRY(add_with(h, out, m, (enum rp_role)rp_message_of(m)->role.u.i, kept));
    }
    return RP_OK;
}

/* answered: ids of calls whose results stand in the input. */
static int base_view(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value answered)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value pending = session(t)->pending;
    if (rp_len(pending)) {
        t->mode.u.i |= RP_TURN_FILTERED;
        RP_TRY(rp_without_unanswered(h, session(t)->history, pending, answered, &t->view));
    } else {
        t->view = session(t)->history;
    }
    t->base = rp_int(rp_len(t->view));
    return RP_OK;
}

/* ---- answers ---- */

/* ids of requests that this input answers; approved calls to a declared tool stay open. */
struct answers {
    struct rp_value ids;
    int any;
};

static int declared(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value call)
{
    int extra;
    const struct rp_tool *tool = rp_turn_tool(cx, t, rp_str_of(rp_c_call_of(call)->name), &extra);
    return tool && tool->declaration_only;
}

static int read_answer(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value content,
                       struct answers *a)
{
    struct rp_heap *h = rp_heap(cx);
    if (rp_kind(content) == RP_K_C_RESULT) {
        a->any = 1;
        return rp_list_add(h, &a->ids, rp_c_result_of(content)->id);
    }
    if (rp_kind(content) != RP_K_C_APPROVAL_RESPONSE)
        return RP_OK;
    a->any = 1;
    struct rp_value call = rp_c_approval_response_of(content)->call;
    if (!rp_is_true(rp_c_approval_response_of(content)->approved))
        return rp_list_add(h, &a->ids, call_id(call));
    if (declared(cx, t, call))
        return rp_list_add(h, &t->asked, call);
    RP_TRY(rp_list_add(h, &t->batch, call));
    return rp_list_add(h, &a->ids, call_id(call));
}

static int without(struct rp_heap *h, struct rp_value list, struct rp_value gone,
                   struct rp_value *out)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(list); i++)
        if (!in_list(gone, rp_at(list, i)))
            RP_TRY(rp_list_add(h, out, rp_at(list, i)));
    return RP_OK;
}

/* Groups of waiting calls without those of the batch that asked about that call. */
static int drop_group(struct rp_heap *h, struct rp_session *s, struct rp_value id)
{
    struct rp_value kept = rp_list();
    for (uint32_t i = 0; i < rp_len(s->waiting); i++)
        if (!in_list(rp_at(rp_at(s->waiting, i), 0), id))
            RP_TRY(rp_list_add(h, &kept, rp_at(s->waiting, i)));
    s->waiting = kept;
    return RP_OK;
}

int rp_session_give_up(struct rp_heap *h, struct rp_value *session, struct rp_value id)
{
    struct rp_session *s = rp_rec_copy(h, rp_session_of(*session));
    if (!s)
        return RP_ENOMEM;
    *session = rp_from_rec(s);
    if (!in_list(s->pending, id))
        RP_TRY(rp_list_add(h, &s->pending, id));
    return drop_group(h, s, id);
}

/* A group of waiting calls runs when all that its batch asked for is answered. */
static int release_waiting(struct rp_ctx *cx, struct rp_agent_turn *t, const struct answers *a)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value groups = session(t)->waiting, kept = rp_list();
    for (uint32_t i = 0; i < rp_len(groups); i++) {
        struct rp_value group = rp_at(groups, i), open;
        RP_TRY(without(h, rp_at(group, 0), a->ids, &open));
        if (rp_len(open) == 0)
            RP_TRY(rp_list_cat(h, &t->batch, rp_at(group, 1)));
        else
            RP_TRY(rp_list_add(h, &kept, rp_list_of(h, 2, open, rp_at(group, 1))));
    }
    struct rp_session *s = rp_rec_copy(h, session(t));
    if (!s)
        return RP_ENOMEM;
    s->waiting = kept;
    t->session = rp_from_rec(s);
    struct rp_value gone = a->ids;
    for (uint32_t i = 0; i < rp_len(t->asked); i++)
        RP_TRY(rp_list_add(h, &gone, call_id(rp_at(t->asked, i))));
    return without(h, s->pending, gone, &s->pending);
}

int rp_turn_read_input(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_heap *h = rp_heap(cx);
    struct answers a = {rp_list(), 0};
    for (uint32_t i = 0; i < rp_len(t->input); i++) {
        struct rp_value contents = rp_message_of(rp_at(t->input, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++)
            RP_TRY(read_answer(cx, t, rp_at(contents, k), &a));
    }
    if (!a.any) {
        RP_TRY(base_view(cx, t, a.ids));
        return rp_list_cat(h, &t->view, t->input);
    }
    t->last_from = rp_int(rp_len(t->batch)); /* where the waiting siblings begin */
    RP_TRY(release_waiting(cx, t, &a));
    RP_TRY(base_view(cx, t, a.ids));
    t->phase = rp_int(RP_TURN_ANSWERS);
    return RP_OK;
}

/* ---- answers have been carried out ---- */

/* What stands for one content of the input in the model's view; *next counts approved calls. */
static struct rp_value in_view(struct rp_heap *h, struct rp_agent_turn *t, struct rp_value content,
                               uint32_t *next)
{
    if (rp_kind(content) != RP_K_C_APPROVAL_RESPONSE)
        return content;
    struct rp_value call = rp_c_approval_response_of(content)->call;
    if (!rp_is_true(rp_c_approval_response_of(content)->approved))
        return rp_turn_refusal(h, call_id(call));
    if (*next < (uint32_t)t->last_from.u.i &&
        rp_equal(call_id(rp_at(t->batch, *next)), call_id(call)))
        return rp_at(t->results, (*next)++);
    return rp_nil(); /* a declared call, approved: its result is asked for now */
}

static int view_of_message(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value message,
                           uint32_t *next, struct rp_value *results)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value contents = rp_message_of(message)->contents, shown = rp_list();
    enum rp_role role = (enum rp_role)rp_message_of(message)->role.u.i;
    for (uint32_t k = 0; k < rp_len(contents); k++) {
        struct rp_value c = rp_at(contents, k), v = in_view(h, t, c, next);
        if (v.tag == RP_NIL)
            continue;
        RP_TRY(rp_list_add(h, &shown, v));
        if (rp_kind(c) != RP_K_C_APPROVAL_RESPONSE)
            continue;
        role = RP_TOOL;
        RP_TRY(rp_list_add(h, results, v));
    }
    return add_with(h, &t->view, message, role, shown);
}

/* The message of answers becomes one tool message, the siblings' results a second one; the response
 * has them all in one. */
int rp_turn_answers_done(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value results = rp_list(), siblings = rp_list();
    uint32_t next = 0, n_approved = (uint32_t)t->last_from.u.i;
    for (uint32_t i = 0; i < rp_len(t->input); i++)
        RP_TRY(view_of_message(cx, t, rp_at(t->input, i), &next, &results));
    for (uint32_t i = n_approved; i < rp_len(t->results); i++)
        RP_TRY(rp_list_add(h, &siblings, rp_at(t->results, i)));
    struct rp_value author = rp_turn_agent(cx, t)->name_text;
    if (rp_len(siblings))
        RP_TRY(rp_list_add(h, &t->view, rp_message(h, RP_TOOL, author, siblings)));
    RP_TRY(rp_list_cat(h, &results, siblings));
    if (rp_len(results)) {
        RP_TRY(rp_list_add(h, &t->response, rp_message(h, RP_TOOL, author, results)));
        RP_TRY(rp_turn_tell(cx, t, RP_TOOL, results));
    }
    if (!(t->mode.u.i & RP_TURN_PER_CALL))
        t->mode.u.i |= RP_TURN_REWRITTEN;
    if (rp_len(t->batch))
        rp_turn_count(cx, t);
    t->last_from = rp_int(rp_len(t->response));
    t->in_view = rp_int(0);
    if ((t->mode.u.i & RP_TURN_TERMINATED) || rp_len(t->asked))
        return rp_turn_finish(cx, t);
    return rp_turn_call_model(cx, t);
}
