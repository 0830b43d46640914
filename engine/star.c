/* star.c - telling participants, hearing them; see star.h. */
#include "star.h"

static struct rp_value form_for(struct rp_heap *h, int is_agent, struct rp_value messages)
{
    if (is_agent)
        return rp_agent_request(h, messages, 0);
    struct rp_group_messages *m = rp_rec_new(h, RP_K_GROUP_MESSAGES);
    if (m)
        m->messages = messages;
    return rp_from_rec(m);
}

int rp_star_broadcast(struct rp_ctx *cx, uint32_t n, const int *is_agent, struct rp_value messages,
                      uint32_t but)
{
    struct rp_value made[2] = {rp_nil(), rp_nil()}; /* one record serves all of a kind */
    for (uint32_t p = 0; p < n; p++) {
        struct rp_value *one = &made[is_agent[p] != 0];
        if (p == but)
            continue;
        if (one->tag == RP_NIL)
            *one = form_for(rp_heap(cx), is_agent[p], messages);
        RP_TRY(rp_ctx_send(cx, *one, rp_star_node(p)));
    }
    return RP_OK;
}

int rp_star_event(struct rp_ctx *cx, const char *what, uint32_t p, struct rp_value round)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value pair = rp_map(), data = rp_map();
    if (cx->run->parent || !(cx->run->core->events & RP_BIT(RP_EV_GROUP_CHAT)))
        return RP_OK;
    RP_TRY(rp_map_put(h, &pair, "participant", cx->run->wf->node[rp_star_node(p)].id_text));
    RP_TRY(rp_map_put(h, &pair, "round", round));
    RP_TRY(rp_map_put(h, &data, what, pair));
    return rp_ctx_event(cx, RP_EV_GROUP_CHAT, 0, data);
}

int rp_star_response(struct rp_ctx *cx, struct rp_value data, uint32_t *from, struct rp_value *said)
{
    unsigned kind = rp_kind(data);
    if (kind != RP_K_AGENT_RESPONSE && kind != RP_K_GROUP_RESPONSE)
        return 0;
    *from = cx->run->d[cx->frame->delivery].source - 1;
    *said = kind == RP_K_AGENT_RESPONSE
                ? rp_response_of(rp_agent_response_of(data)->response)->messages
                : rp_list_of(rp_heap(cx), 1, rp_group_response_of(data)->message);
    return said->tag == RP_BAD ? RP_ENOMEM : 1;
}
