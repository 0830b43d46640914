/* props_output.c - owns what is held of what a run tells: streams that fold to their reply (I7),
 * one end for each turn (I14), errors that come out (I15), aggregates (I31). */
#include "props_inside.h"

/* ---- folding ----------------------------------------------------------------------------------
 */

/* Contents as they come, in messages or in pieces: adjacent texts of one role are one, and a call
 * goes on in the next piece with its id. */
struct folding {
    uint64_t h, call;
    int64_t role;
    enum { NOTHING, A_TEXT, A_CALL, OTHER } last;
};

static void fold_content(struct folding *f, struct rp_value c)
{
    switch (rp_kind(c)) {
    case RP_K_C_TEXT:
        if (rp_str_of(rp_c_text_of(c)->text).n == 0)
            return;
        if (f->last != A_TEXT)
            f->h = rp_print_mix(f->h, 11);
        f->h = rp_print_grown(f->h, rp_str_of(rp_c_text_of(c)->text));
        f->last = A_TEXT;
        return;
    case RP_K_C_CALL: {
        uint64_t id = rp_print_id(rp_str_of(rp_c_call_of(c)->id));
        if (f->last != A_CALL || f->call != id) {
            f->h = rp_print_mix(f->h, id);
            f->h = rp_print_grown(f->h, rp_str_of(rp_c_call_of(c)->name));
        }
        f->h = rp_print_grown(f->h, rp_str_of(rp_c_call_of(c)->arguments));
        f->call = id;
        f->last = A_CALL;
        return;
    }
    default:
        f->h = rp_print_mix(f->h, rp_print_value(c));
        f->last = OTHER;
    }
}

static void fold_contents(struct folding *f, struct rp_value role, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        if (f->last == NOTHING || f->role != role.u.i) {
            f->h = rp_print_mix(f->h, 13 + (uint64_t)role.u.i);
            f->role = role.u.i;
            f->last = OTHER;
        }
        fold_content(f, rp_at(contents, i));
    }
}

/* I7: what was yielded in pieces is what the response holds. A call whose id comes twice is merged
 * wherever it stood (decision 30); such a response is left out. */
static int has_reused(struct rp_props *p, struct rp_value messages)
{
    for (uint32_t i = 0; i < rp_len(messages); i++) {
        struct rp_value contents = rp_message_of(rp_at(messages, i))->contents;
        for (uint32_t k = 0; k < rp_len(contents); k++) {
            const struct rp_known_call *call = NULL;
            if (rp_kind(rp_at(contents, k)) == RP_K_C_CALL)
                call = rp_props_call(&p->now,
                                     rp_print_id(rp_str_of(rp_c_call_of(rp_at(contents, k))->id)));
            if (call && call->reused)
                return 1;
        }
    }
    return 0;
}

static void check_stream(struct rp_props *p, const struct rp_event *ev)
{
    struct folding stream = {.h = 1}, whole = {.h = 1};
    struct rp_value response = rp_nil();
    uint32_t updates = 0, responses = 0;

    for (uint32_t i = 0; i < rp_len(ev->data); i++) {
        struct rp_value v = rp_at(ev->data, i);
        if (i < ev->n_sent && rp_kind(v) == RP_K_AGENT_RESPONSE) {
            response = rp_response_of(rp_agent_response_of(v)->response)->messages;
            responses++;
        } else if (i >= ev->n_sent && rp_kind(v) == RP_K_UPDATE) {
            fold_contents(&stream, rp_update_of(v)->role, rp_update_of(v)->contents);
            updates++;
        }
    }
    if (updates == 0 || responses != 1 || has_reused(p, response))
        return;
    for (uint32_t i = 0; i < rp_len(response); i++) {
        const struct rp_message *m = rp_message_of(rp_at(response, i));
        fold_contents(&whole, m->role, m->contents);
    }
    if (stream.h != whole.h)
        rp_broken(p, RP_P_7, ev->executor, "other pieces",
                  "the %u pieces that %s yields do not fold to its response", updates,
                  ev->executor);
}

/* ---- aggregates -------------------------------------------------------------------------------
 */

static int last_assistant(struct rp_value messages, struct rp_value *out)
{
    for (uint32_t i = rp_len(messages); i > 0; i--)
        if (rp_message_of(rp_at(messages, i - 1))->role.u.i == RP_ASSISTANT) {
            *out = rp_at(messages, i - 1);
            return 1;
        }
    return 0;
}

static int want(struct rp_props *p, uint64_t print)
{
    uint64_t *wanted = rp_pile_add(&p->alloc, &p->wanted);

    if (!wanted)
        return RP_ENOMEM;
    *wanted = print;
    return RP_OK;
}

/* The texts of the responses, joined (scenario.md: aggregate.join). */
static uint64_t joined(struct rp_props *p, struct rp_value responses)
{
    uint64_t h = RP_GROWN_EMPTY;

    for (uint32_t i = 0; i < rp_len(responses); i++) {
        struct rp_value r = rp_agent_response_of(rp_at(responses, i))->response;
        if (i > 0)
            h = rp_print_grown(h, rp_str_of(p->f.join));
        for (uint32_t m = 0; m < rp_len(rp_response_of(r)->messages); m++) {
            struct rp_value message = rp_at(rp_response_of(r)->messages, m);
            struct rp_value contents = rp_message_of(message)->contents;
            int texts = 0;
            for (uint32_t c = 0; c < rp_len(contents); c++) {
                if (rp_kind(rp_at(contents, c)) != RP_K_C_TEXT)
                    continue;
                if (texts++)
                    h = rp_print_grown(h, (struct rp_str){" ", 1});
                h = rp_print_grown(h, rp_str_of(rp_c_text_of(rp_at(contents, c))->text));
            }
        }
    }
    return h;
}

/* One response of each participant, in their order; what the aggregate must be of them. */
static int expect_aggregate(struct rp_props *p, const struct rp_event *ev)
{
    uint32_t n = rp_len(ev->data);
    struct rp_value m;

    p->wanted.n = 0;
    if (n != p->f.n_parts)
        rp_broken(p, RP_P_31, ev->executor, "entries",
                  "%u responses are aggregated, and there are %u participants", n, p->f.n_parts);
    for (uint32_t i = 0; i < n; i++) {
        if (rp_kind(rp_at(ev->data, i)) != RP_K_AGENT_RESPONSE) {
            rp_broken(p, RP_P_31, ev->executor, "no response", "entry %u is no response", i + 1);
            return RP_OK;
        }
        struct rp_agent_response *a = rp_agent_response_of(rp_at(ev->data, i));
        if (i < p->f.n_parts && p->f.part[i] != RP_NO_ONE &&
            !rp_is_text(a->executor, p->f.node[p->f.part[i]].id))
            rp_broken(p, RP_P_31, ev->executor, "another participant",
                      "entry %u is of %s, and should be of %s", i + 1, rp_str_of(a->executor).s,
                      p->f.node[p->f.part[i]].id);
        if (p->f.join.tag == RP_NIL && (last_assistant(rp_response_of(a->response)->messages, &m) ||
                                        last_assistant(a->conversation, &m)))
            RP_TRY(want(p, rp_print_value(m)));
    }
    return p->f.join.tag == RP_NIL ? RP_OK : want(p, joined(p, ev->data));
}

static void check_aggregate(struct rp_props *p, const struct rp_event *ev)
{
    struct rp_value got;
    uint32_t n;

    if (p->f.join.tag == RP_TEXT) {
        if (p->wanted.n != 1 ||
            *RP_IN(&p->wanted, uint64_t, 0) != rp_print_grown(RP_GROWN_EMPTY, rp_str_of(ev->data)))
            rp_broken(p, RP_P_31, ev->executor, "another text",
                      "the aggregate is not the responses' texts joined");
        return;
    }
    got = rp_kind(ev->data) == RP_K_RESPONSE ? rp_response_of(ev->data)->messages : rp_list();
    n = rp_len(got);
    if (n != p->wanted.n)
        rp_broken(p, RP_P_31, ev->executor, "entries",
                  "the aggregate has %u entries, and %u participants have answered", n,
                  p->wanted.n);
    for (uint32_t i = 0; i < n && i < p->wanted.n; i++)
        if (rp_print_value(rp_at(got, i)) != *RP_IN(&p->wanted, uint64_t, i))
            rp_broken(p, RP_P_31, ev->executor, "another entry",
                      "entry %u of the aggregate is not what its participant said last", i + 1);
}

/* Nobody's output repeats what the user said. */
static void check_echo(struct rp_props *p, const struct rp_event *ev)
{
    struct rp_value messages = rp_response_of(ev->data)->messages;

    for (uint32_t i = 0; i < rp_len(messages); i++)
        if (rp_message_of(rp_at(messages, i))->role.u.i == RP_USER)
            rp_broken(p, RP_P_31, ev->executor, "echo",
                      "the output of %s holds a message of the user", ev->executor);
}

int rp_output_invoked(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    return node == p->f.aggregator ? expect_aggregate(p, ev) : RP_OK;
}

void rp_output_completed(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    (void)node;
    check_stream(p, ev);
}

void rp_output_told(struct rp_props *p, const struct rp_event *ev, uint32_t node)
{
    if (node == p->f.aggregator && node != RP_NO_ONE)
        check_aggregate(p, ev);
    if (rp_kind(ev->data) == RP_K_RESPONSE)
        check_echo(p, ev);
}

/* ---- ends and errors --------------------------------------------------------------------------
 */

void rp_output_step_closed(struct rp_props *p)
{
    if (p->step_failed)
        rp_broken(p, RP_P_15, NULL, "failure passed over",
                  "superstep %l ends as if it had succeeded, and an executor has failed", p->step);
    if (p->client_errors)
        rp_broken(p, RP_P_15, NULL, "model error swallowed",
                  "superstep %l ends as if it had succeeded, and %l model calls have failed",
                  p->step, (int64_t)p->client_errors);
}

void rp_output_status(struct rp_props *p, const struct rp_event *ev)
{
    int over = ev->state == RP_IDLE || ev->state == RP_IDLE_WITH_PENDING_REQUESTS;

    if (ev->state == RP_FAILED && !p->failed_told)
        rp_broken(p, RP_P_15, NULL, "no reason", "the turn fails, and nothing says why");
    if (over && (p->failed_told || (p->step_failed && p->in_turn)))
        rp_broken(p, RP_P_15, NULL, "failed and well",
                  "the turn ends %s, and something has failed in it", rp_state_name(ev->state));
    if (ev->state == RP_FAILED)
        p->ended_failed = 1;
    if (ev->state == RP_FAILED || over)
        p->step_failed = 0;
}

void rp_output_turn_ended(struct rp_props *p, int status)
{
    if (p->in_turn)
        rp_broken(p, RP_P_14, NULL, "no end", "the turn is over, and the run has not told its end");
    else if (p->turns_run && p->ended_failed && status == RP_OK)
        rp_broken(p, RP_P_15, NULL, "error lost", "the run failed, and the caller is not told");
    else if (p->turns_run && !p->ended_failed && status != RP_OK && p->ended)
        rp_broken(p, RP_P_15, NULL, "error untold",
                  "the caller is told %s, and the run did not fail", rp_status_name(status));
}
