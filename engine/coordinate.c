/* coordinate.c - a group chat's coordinating agent: what it is asked, how its decision is read,
 * what follows from it (R-GC-9, R-GC-10, decision 18). */
#include "base/zoo.h"
#include "loose.h"
#include "mgr_group.h"

#define TRY_AGAIN "Your decision was not valid. Answer again with one JSON object: "

struct decision {
    int terminate;
    struct rp_value next, final; /* text or nil */
};

static int ask(struct rp_ctx *cx, struct rp_value input)
{
    const struct rp_group_def *def = rp_group_def(cx);
    return rp_turn_start(cx, &(struct rp_turn_spec){.agent = def->o.coordinator,
                                                    .session = rp_group_state(cx)->session,
                                                    .input = input,
                                                    .format = def->format});
}

/* Everything since its last decision, and what to decide. */
int rp_coordinate(struct rp_ctx *cx, struct rp_value news, uint32_t but)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_group *s = rp_group_state(cx);
    struct rp_value input = s->unseen;
    s->news = news;
    s->knows = rp_int(but);
    s->tries = rp_int(0);
    s->unseen = rp_list();
    RP_TRY(rp_list_add(h, &input, rp_text_message(h, RP_USER, rp_nil(), rp_group_def(cx)->prompt)));
    return ask(cx, input);
}

/* ---- reading a decision ---- */

static int optional_text(struct rp_value v)
{
    return v.tag == RP_TEXT || v.tag == RP_NIL;
}

static int known_keys(struct rp_value v)
{
    static const char *const known[] = {"terminate", "reason", "next_speaker", "final_message"};
    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        int found = 0;
        for (size_t k = 0; k < 4; k++)
            found |= rp_is_text(rp_map_key(v, i), known[k]);
        if (!found)
            return 0;
    }
    return 1;
}

static int well_formed(struct rp_value v, struct decision *d)
{
    d->next = rp_map_get(v, "next_speaker");
    d->final = rp_map_get(v, "final_message");
    d->terminate = rp_is_true(rp_map_get(v, "terminate"));
    return v.tag == RP_MAP && known_keys(v) && rp_map_get(v, "terminate").tag == RP_BOOL &&
           rp_map_get(v, "reason").tag == RP_TEXT && optional_text(d->next) &&
           optional_text(d->final);
}

/* RP_OK, RP_EPARSE, RP_ENOMEM. The whole text first, then the last of several values. */
static int read_text(struct rp_ctx *cx, struct rp_value text, struct decision *d)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value v;
    int rc = rp_json_try(h, rp_str_of(text), &v);
    if (rc == RP_OK && well_formed(v, d))
        return RP_OK;
    if (rc == RP_ENOMEM)
        return rc;
    rc = rp_loose_last(h, rp_str_of(text), &v);
    if (rc != RP_OK)
        return rc;
    return well_formed(v, d) ? RP_OK : RP_EPARSE;
}

/* The last assistant text that is not blank, then the text of the whole response. */
static int read_decision(struct rp_ctx *cx, struct rp_value messages, struct decision *d)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value text;
    for (uint32_t i = rp_len(messages); i > 0; i--) {
        if (rp_message_of(rp_at(messages, i - 1))->role.u.i != RP_ASSISTANT)
            continue;
        text = rp_message_text(h, rp_at(messages, i - 1));
        if (text.tag == RP_BAD)
            return RP_ENOMEM;
        if (rp_str_blank(rp_str_of(text)))
            continue;
        int rc = read_text(cx, text, d);
        if (rc != RP_EPARSE)
            return rc;
        break;
    }
    text = rp_messages_text(h, messages);
    return text.tag == RP_BAD ? RP_ENOMEM : read_text(cx, text, d);
}

static uint32_t participant(const struct rp_group_def *def, struct rp_value name)
{
    for (uint32_t p = 0; p < def->n; p++)
        if (rp_is_text(name, def->names[p]))
            return p;
    return RP_NO_NODE;
}

/* ---- what follows ---- */

/* An invalid decision is asked for again, as often as allowed; then the run fails. */
static int invalid(struct rp_ctx *cx, const char *why, struct rp_value name)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_s_group *s = rp_group_state(cx);
    const struct rp_group_def *def = rp_group_def(cx);
    if (RP_ZOO == RP_ZOO_SAME_SPEAKER && s->knows.u.i < (int64_t)def->n)
        return rp_group_give_turn(cx, (uint32_t)s->knows.u.i, s->news, (uint32_t)s->knows.u.i);
    if (RP_ZOO == RP_ZOO_FIRST_SPEAKER && s->tries.u.i >= (int64_t)def->o.retry_attempts)
        return rp_group_give_turn(cx, 0, s->news, (uint32_t)s->knows.u.i);
    if (s->tries.u.i >= (int64_t)def->o.retry_attempts)
        return rp_fail(cx, "the coordinator %s gave no valid decision: %s%s", def->display_name,
                       why, name.tag == RP_TEXT ? name.u.text->s : "");
    s->tries.u.i++;
    struct rp_str parts[] = {rp_str(TRY_AGAIN), rp_str(why), rp_str_of(name), {NULL, 0}};
    struct rp_value notice = rp_text_message(h, RP_USER, rp_nil(), rp_text_join(h, parts));
    struct rp_value input = rp_list_of(h, 1, notice);
    return input.tag == RP_BAD ? RP_ENOMEM : ask(cx, input);
}

int rp_coordinated(struct rp_ctx *cx, struct rp_agent_turn *t)
{
    struct rp_s_group *s = rp_group_state(cx);
    struct decision d = {0};
    s->session = t->session;
    int rc = read_decision(cx, t->response, &d);
    if (rc == RP_ENOMEM)
        return rc;
    if (rc != RP_OK)
        return invalid(cx, "it is no JSON object of the asked form", rp_nil());
    if (d.terminate)
        return rp_group_complete(cx, rp_str_of(d.final).n ? d.final : rp_nil(), NULL);
    if (rp_str_of(d.next).n == 0)
        return invalid(cx, "it names no next speaker and does not terminate", rp_nil());
    uint32_t p = participant(rp_group_def(cx), d.next);
    if (p == RP_NO_NODE)
        return invalid(cx, "it names a speaker who is no participant: ", d.next);
    struct rp_value news = s->news;
    uint32_t knows = (uint32_t)s->knows.u.i;
    s->news = rp_list();
    return rp_group_give_turn(cx, p, news, knows);
}
