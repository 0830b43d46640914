/* turn.c - the round of an agent turn: model call, classification of its calls, batch, next call;
 * limits; what is kept in history when it ends. */
#include "base/zoo.h"
#include "turn.h"

#define FALLBACK "No answer was reached within the limits of this turn."

struct rp_agent_turn *rp_turn_of_ctx(struct rp_ctx *cx)
{
    return rp_agent_turn_of(rp_ctx_state(cx).u.rec->slot[0]);
}

const struct rp_agent *rp_turn_agent(struct rp_ctx *cx, const struct rp_agent_turn *t)
{
    return cx->run->wf->agent[t->agent.u.i];
}

static const struct rp_tool *added_tools(struct rp_ctx *cx, size_t *n)
{
    const struct rp_node *node = rp_ctx_node(cx);
    *n = 0;
    return node->kind->tools ? node->kind->tools(node, n) : NULL;
}

static const struct rp_tool *among(const struct rp_tool *tools, size_t n, struct rp_str name)
{
    for (size_t i = 0; i < n; i++)
        if (rp_str_equal(rp_str(tools[i].name), name))
            return &tools[i];
    return NULL;
}

const struct rp_tool *rp_turn_tool(struct rp_ctx *cx, const struct rp_agent_turn *t,
                                   struct rp_str name, int *extra)
{
    const struct rp_tool *own, *added;
    size_t n_added, n_own = rp_agent_tools(rp_turn_agent(cx, t), &own);
    const struct rp_tool *found = among(own, n_own, name);
    *extra = -1;
    if (found)
        return found;
    added = added_tools(cx, &n_added);
    found = among(added, n_added, name);
    if (found)
        *extra = (int)(found - added);
    return found;
}

static int has_tools(struct rp_ctx *cx, const struct rp_agent_turn *t)
{
    const struct rp_tool *own;
    size_t n_added;
    added_tools(cx, &n_added);
    return n_added + rp_agent_tools(rp_turn_agent(cx, t), &own) > 0;
}

int rp_turn_start(struct rp_ctx *cx, const struct rp_turn_spec *spec)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_agent_turn *t = rp_rec_new(h, RP_K_AGENT_TURN);
    if (!t)
        return RP_ENOMEM;
    uint32_t agent = rp_workflow_agent(cx->run->wf, spec->agent);
    RP_ASSERT(agent != RP_NO_NODE);
    t->agent = rp_int(agent);
    t->purpose = rp_int(spec->purpose);
    t->mode = rp_int((spec->per_call ? RP_TURN_PER_CALL : 0) | (spec->stream ? RP_TURN_STREAM : 0));
    t->session = spec->session.tag == RP_REC ? spec->session : rp_session_new(h);
    if (t->session.tag == RP_BAD || spec->input.tag == RP_BAD)
        return RP_ENOMEM;
    t->input = spec->input;
    t->format = spec->format;
    rp_ctx_state(cx).u.rec->slot[0] = rp_from_rec(t);
    RP_TRY(rp_turn_read_input(cx, t));
    return t->phase.u.i == RP_TURN_ANSWERS ? rp_turn_run_batch(cx, t) : rp_turn_call_model(cx, t);
}

/* ---- the model ---- */

int rp_turn_call_model(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_run *root = cx->run->core->root;
    const struct rp_agent *agent = rp_turn_agent(cx, t);
    uint32_t id;
    t->phase = rp_int(RP_TURN_MODEL);
    t->updates = rp_list();
    t->rounds.u.i++;
    if (t->rounds.u.i > (int64_t)agent->o.max_iterations)
        t->mode.u.i |= RP_TURN_LAST;
    RP_TRY(rp_call_open(cx, 0, 0, &id));
    struct rp_out *out = rp_ring_add(cx->run->core);
    if (!out)
        return RP_ENOMEM;
    out->kind = RP_OUT_MODEL_CALL;
    out->u.model = (struct rp_model_call){
        .id = id,
        .agent = agent,
        .executor = rp_executor_id(cx),
        .step = rp_run_step_number(root),
        .messages = t->view,
        .tools_off = (t->mode.u.i & RP_TURN_LAST) != 0,
        .stream = (t->mode.u.i & RP_TURN_STREAM) != 0,
        .format = t->format,
        .kwargs = rp_kwargs_for(rp_st(cx->run)->client_kwargs, rp_executor_id(cx))};
    out->u.model.extra_tools = added_tools(cx, &out->u.model.n_extra);
    return RP_OK;
}

int rp_turn_call_failed(struct rp_ctx *cx, const char *reason)
{
    struct rp_agent_turn *t = rp_turn_of_ctx(cx);
    const struct rp_exec_kind *kind = rp_ctx_node(cx)->kind;
    if (RP_ZOO == RP_ZOO_ERROR_SWALLOWED)
        return rp_turn_reply(cx, rp_response(rp_heap(cx), rp_list(), rp_nil()));
    if (kind->failed)
        return kind->failed(cx, t, reason);
    rp_fail(cx, "the model call of agent %s failed: %s", rp_turn_agent(cx, t)->o.name, reason);
    return cx->run->core->why.status = RP_ECLIENT;
}

/* ---- streaming ---- */

/* An update to the executor, which yields it. Only of a streamed turn. */
int rp_turn_tell(struct rp_ctx *cx, struct rp_agent_turn *t, enum rp_role role,
                 struct rp_value contents)
{
    const struct rp_exec_kind *kind = rp_ctx_node(cx)->kind;
    if (!(t->mode.u.i & RP_TURN_STREAM) || !kind->update)
        return RP_OK;
    struct rp_value u = rp_update(rp_heap(cx), role, rp_turn_agent(cx, t)->name_text, contents);
    return u.tag == RP_BAD ? RP_ENOMEM : kind->update(cx, t, u);
}

static int without_calls(struct rp_heap *h, struct rp_value contents, struct rp_value *out)
{
    *out = rp_list();
    for (uint32_t i = 0; i < rp_len(contents); i++)
        if (rp_kind(rp_at(contents, i)) != RP_K_C_CALL)
            RP_TRY(rp_list_add(h, out, rp_at(contents, i)));
    return RP_OK;
}

int rp_turn_update(struct rp_ctx *cx, struct rp_value update)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_agent_turn *t = rp_turn_of_ctx(cx);
    struct rp_update *u = rp_rec_copy(h, rp_update_of(update));
    if (!u)
        return RP_ENOMEM;
    RP_TRY(rp_list_add(h, &t->updates, update));
    uint32_t n = rp_len(u->contents);
    if (t->mode.u.i & RP_TURN_LAST) {
        RP_TRY(without_calls(h, u->contents, &u->contents));
        if (rp_len(u->contents) < n && rp_len(u->contents) == 0)
            return RP_OK; /* only dropped calls: nothing to show */
    }
    if (u->author.tag == RP_NIL)
        u->author = rp_turn_agent(cx, t)->name_text;
    const struct rp_exec_kind *kind = rp_ctx_node(cx)->kind;
    return kind->update ? kind->update(cx, t, rp_from_rec(u)) : RP_OK;
}

/* ---- a whole reply ---- */

static int visible(struct rp_value messages)
{
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++)
            if (rp_kind(rp_at(contents, k)) == RP_K_C_TEXT &&
                !rp_str_blank(rp_str_of(rp_c_text_of(rp_at(contents, k))->text)))
                return 1;
    }
    return 0;
}

/* Of the last reply within the limits calls are dropped; if that leaves nothing visible, a fallback
 * text stands (R-TOOL-7, decision 15). */
static int limit_reply(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value *messages)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value kept = rp_list(), author = rp_turn_agent(cx, t)->name_text;
    for (uint32_t i = 0; i < rp_len(*messages); i++) {
        struct rp_message *m = rp_rec_copy(h, rp_message_of(rp_at(*messages, i)));
        if (!m)
            return RP_ENOMEM;
        RP_TRY(without_calls(h, m->contents, &m->contents));
        RP_TRY(rp_list_add(h, &kept, rp_from_rec(m)));
    }
    if (!visible(kept)) {
        struct rp_value text = rp_content_text(h, rp_textz(h, FALLBACK));
        struct rp_value contents = rp_list_of(h, 1, text);
        uint32_t n = rp_len(kept);
        if (n && rp_len(rp_message_of(rp_at(kept, n - 1))->contents) == 0) {
            kept = rp_list_part(h, kept, 0, n - 1);
        }
        RP_TRY(rp_list_add(h, &kept, rp_message(h, RP_ASSISTANT, author, contents)));
        RP_TRY(rp_turn_tell(cx, t, RP_ASSISTANT, contents));
    }
    *messages = kept;
    return RP_OK;
}

/* The first call of each id that has no result in the same reply (R-TOOL-3). */
static int calls_in(struct rp_heap *h, struct rp_value messages, struct rp_value *calls)
{
    struct rp_value seen = rp_list();
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++)
            if (rp_kind(rp_at(contents, k)) == RP_K_C_RESULT)
                RP_TRY(rp_list_add(h, &seen, rp_c_result_of(rp_at(contents, k))->id));
    }
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++) {
            struct rp_value c = rp_at(contents, k);
            int known = rp_kind(c) != RP_K_C_CALL;
            for (uint32_t s = 0; !known && s < rp_len(seen); s++)
                known = rp_equal(rp_at(seen, s), rp_c_call_of(c)->id);
            if (known)
                continue;
            RP_TRY(rp_list_add(h, &seen, rp_c_call_of(c)->id));
            RP_TRY(rp_list_add(h, calls, c));
        }
    }
    return RP_OK;
}

/* ---- classification (R-TOOL-4 as decision 29 has it: each call for itself) ---- */

static int ask_about(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value call,
                     const struct rp_tool *tool, struct rp_value *ids)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_session *s = rp_session_of(t->session);
    RP_TRY(rp_list_add(h, ids, rp_c_call_of(call)->id));
    if (!tool->needs_approval)
        return rp_list_add(h, &t->asked, call);
    RP_TRY(rp_list_add(h, &s->pending, rp_c_call_of(call)->id));
    return rp_list_add(h, &t->asked, rp_approval_request(h, call));
}

/* Calls that need a person are asked about; the others of the batch wait, hidden. */
static int pause_batch(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value calls)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value ids = rp_list(), waiting = rp_list();
    struct rp_session *s = rp_rec_copy(h, rp_session_of(t->session));
    int extra;
    if (!s)
        return RP_ENOMEM;
    t->session = rp_from_rec(s);
    for (uint32_t i = 0; i < rp_len(calls); i++) {
        struct rp_value c = rp_at(calls, i);
        const struct rp_tool *tool = rp_turn_tool(cx, t, rp_str_of(rp_c_call_of(c)->name), &extra);
        if (tool && (tool->needs_approval || tool->declaration_only))
            RP_TRY(ask_about(cx, t, c, tool, &ids));
        else
            RP_TRY(rp_list_add(h, &waiting, c));
    }
    if (rp_len(waiting))
        RP_TRY(rp_list_add(h, &s->waiting, rp_list_of(h, 2, ids, waiting)));
    return rp_turn_finish(cx, t);
}

static int treat_calls(struct rp_ctx *cx, struct rp_agent_turn *t, struct rp_value calls)
{
    int extra, person = 0;
    const char *unknown = NULL;
    for (uint32_t i = 0; i < rp_len(calls); i++) {
        struct rp_value name = rp_c_call_of(rp_at(calls, i))->name;
        const struct rp_tool *tool = rp_turn_tool(cx, t, rp_str_of(name), &extra);
        person |= tool && (tool->needs_approval || tool->declaration_only);
        if (!tool && !unknown)
            unknown = name.u.text->s;
    }
    if (RP_ZOO == RP_ZOO_APPROVAL_BYPASSED && rp_len(calls) > 1)
        person = 0;
    if (person)
        return pause_batch(cx, t, calls);
    if (unknown && rp_turn_agent(cx, t)->o.terminate_on_unknown_calls)
        return rp_fail(cx, "agent %s called the tool %s, which it does not have",
                       rp_turn_agent(cx, t)->o.name, unknown);
    t->batch = calls;
    t->phase = rp_int(RP_TURN_TOOLS);
    return rp_turn_run_batch(cx, t);
}

int rp_turn_reply(struct rp_ctx *cx, struct rp_value response)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_agent_turn *t = rp_turn_of_ctx(cx);
    struct rp_value messages, calls = rp_list();
    if (response.tag == RP_REC)
        messages = rp_response_of(response)->messages;
    else
        RP_TRY(rp_fold_all(h, t->updates, &messages));
    RP_TRY(rp_with_author(h, messages, rp_turn_agent(cx, t)->name_text, &messages));
    if (t->mode.u.i & RP_TURN_LAST)
        RP_TRY(limit_reply(cx, t, &messages));
    t->last_from = rp_int(rp_len(t->response));
    t->in_view = rp_int(rp_len(messages));
    RP_TRY(rp_list_cat(h, &t->response, messages));
    RP_TRY(calls_in(h, messages, &calls));
    if (rp_len(calls) == 0 || !has_tools(cx, t))
        return rp_turn_finish(cx, t);
    return treat_calls(cx, t, calls);
}

/* ---- after a batch ---- */

int rp_turn_batch_done(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_heap *h = rp_heap(cx);
    uint32_t from = (uint32_t)t->last_from.u.i;
    struct rp_value m = rp_message(h, RP_TOOL, rp_turn_agent(cx, t)->name_text, t->results);
    RP_TRY(rp_list_add(h, &t->response, m));
    RP_TRY(rp_turn_tell(cx, t, RP_TOOL, t->results));
    rp_turn_count(cx, t);
    if (t->mode.u.i & RP_TURN_TERMINATED)
        return rp_turn_finish(cx, t);
    for (uint32_t i = from; i < rp_len(t->response); i++)
        RP_TRY(rp_list_add(h, &t->view, rp_at(t->response, i)));
    return rp_turn_call_model(cx, t);
}

/* ---- the end ---- */

static int cat_part(struct rp_heap *h, struct rp_value *to, struct rp_value from, uint32_t first,
                    uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        RP_TRY(rp_list_add(h, to, rp_at(from, i)));
    return RP_OK;
}

/* History around each model call: what the last one was shown, and its reply; results of a batch
 * that ended the turn are the executor's to keep (R-SES-2, R-HO-6 (7)). */
static int keep_per_call(struct rp_heap *h, struct rp_agent_turn *t, struct rp_value *history)
{
    uint32_t from = (uint32_t)t->last_from.u.i, n = (uint32_t)t->in_view.u.i;
    if (t->rounds.u.i == 0 && (t->mode.u.i & RP_TURN_TERMINATED)) {
        struct rp_value input;
        RP_TRY(rp_without_approvals(h, t->input, &input));
        return rp_list_cat(h, history, input);
    }
    if (t->mode.u.i & RP_TURN_FILTERED)
        RP_TRY(cat_part(h, history, t->view, (uint32_t)t->base.u.i, rp_len(t->view)));
    else
        *history = t->view;
    return cat_part(h, history, t->response, from, from + n);
}

/* How many messages of the input stand before the results of its answers: up to the last answer. */
static uint32_t before_results(const struct rp_agent_turn *t)
{
    uint32_t n = rp_len(t->response) ? rp_len(t->input) : 0;
    if (n == 0 || rp_message_of(rp_at(t->response, 0))->role.u.i != RP_TOOL)
        return rp_len(t->input);
    for (; n > 0; n--) {
        struct rp_value contents = rp_message_of(rp_at(t->input, n - 1))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++)
            if (rp_kind(rp_at(contents, k)) == RP_K_C_APPROVAL_RESPONSE ||
                rp_kind(rp_at(contents, k)) == RP_K_C_RESULT)
                return n;
    }
    return rp_len(t->input);
}

static int cat_input(struct rp_heap *h, const struct rp_agent_turn *t, uint32_t first, uint32_t end,
                     struct rp_value *out)
{
    int whole = first == 0 && end == rp_len(t->input);
    struct rp_value part = whole ? t->input : rp_list_part(h, t->input, first, end), kept;
    if (part.tag == RP_BAD)
        return RP_ENOMEM;
    RP_TRY(rp_without_approvals(h, part, &kept));
    return rp_list_cat(h, out, kept);
}

int rp_turn_said(struct rp_heap *h, const struct rp_agent_turn *t, struct rp_value *out)
{
    uint32_t n = rp_len(t->input), split = before_results(t);
    RP_TRY(cat_input(h, t, 0, split, out));
    if (split == n)
        return rp_list_cat(h, out, t->response);
    RP_TRY(rp_list_add(h, out, rp_at(t->response, 0)));
    RP_TRY(cat_input(h, t, split, n, out));
    return cat_part(h, out, t->response, 1, rp_len(t->response));
}

/* One history per turn: input and the whole response, also when it ends in a request (decision
 * 41). Mostly the view is just that, and grows in place. */
static int keep_per_turn(struct rp_heap *h, struct rp_agent_turn *t, struct rp_value *history)
{
    if (!(t->mode.u.i & (RP_TURN_FILTERED | RP_TURN_REWRITTEN))) {
        *history = t->view;
        return cat_part(h, history, t->response, (uint32_t)t->last_from.u.i, rp_len(t->response));
    }
    return rp_turn_said(h, t, history);
}

int rp_turn_finish(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_session *s = rp_rec_copy(h, rp_session_of(t->session));
    if (!s)
        return RP_ENOMEM;
    RP_TRY((t->mode.u.i & RP_TURN_PER_CALL) ? keep_per_call(h, t, &s->history)
                                            : keep_per_turn(h, t, &s->history));
    t->session = rp_from_rec(s);
    t->phase = rp_int(RP_TURN_IDLE);
    /* not streamed, a terminated turn responds with its last model call alone (R-TOOL-9) */
    if ((t->mode.u.i & RP_TURN_TERMINATED) && !(t->mode.u.i & RP_TURN_STREAM) && t->rounds.u.i)
        t->response = rp_list_part(h, t->response, (uint32_t)t->last_from.u.i, rp_len(t->response));
    if (t->response.tag == RP_BAD)
        return RP_ENOMEM;
    rp_ctx_state(cx).u.rec->slot[0] = rp_nil();
    return rp_ctx_node(cx)->kind->ended(cx, t);
}
