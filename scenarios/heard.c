/* heard.c - keeps the texts of replies. */
#include "heard.h"

#include <string.h>

struct rp_heard_open {
    const struct rp_agent *agent;
    struct rp_buf text; /* of the pieces since the last content that is no text */
};

void rp_heard_init(struct rp_heard *h, const struct rp_alloc *alloc)
{
    *h = (struct rp_heard){.alloc = *alloc};
}

void rp_heard_free(struct rp_heard *h)
{
    struct rp_alloc *a = &h->alloc;

    for (size_t i = 0; i < h->n; i++)
        a->resize(a->ctx, (char *)(size_t)h->text[i].s, h->text[i].n, 0);
    if (h->text)
        a->resize(a->ctx, h->text, h->room * sizeof(*h->text), 0);
    for (size_t i = 0; i < h->n_open; i++)
        rp_buf_free(&h->open[i].text);
    if (h->open)
        a->resize(a->ctx, h->open, h->open_room * sizeof(*h->open), 0);
    *h = (struct rp_heard){.alloc = *a};
}

/* ---- the texts ------------------------------------------------------------------------------- */

/* Where s stands, or should. */
static size_t place_of(const struct rp_heard *h, struct rp_str s, int *is_there)
{
    size_t from = 0, to = h->n;

    *is_there = 0;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int order = rp_str_order(s, h->text[mid]);
        if (order == 0) {
            *is_there = 1;
            return mid;
        }
        if (order < 0)
            to = mid;
        else
            from = mid + 1;
    }
    return from;
}

int rp_heard_has(const struct rp_heard *h, struct rp_str s)
{
    int is_there;

    place_of(h, s, &is_there);
    return is_there;
}

static int more_room(struct rp_heard *h)
{
    size_t room = h->room ? h->room * 2 : 16;
    void *more =
        h->alloc.resize(h->alloc.ctx, h->text, h->room * sizeof(*h->text), room * sizeof(*h->text));

    if (!more)
        return RP_ENOMEM;
    h->text = more;
    h->room = room;
    return RP_OK;
}

static int keep(struct rp_heard *h, struct rp_str s)
{
    int is_there;
    size_t at = place_of(h, s, &is_there);
    char *copy;

    if (is_there || s.n == 0)
        return RP_OK;
    if (h->n == h->room)
        RP_TRY(more_room(h));
    copy = h->alloc.resize(h->alloc.ctx, NULL, 0, s.n);
    if (!copy)
        return RP_ENOMEM;
    memcpy(copy, s.s, s.n);
    memmove(&h->text[at + 1], &h->text[at], (h->n - at) * sizeof(*h->text));
    h->text[at] = (struct rp_str){copy, s.n};
    h->n++;
    return RP_OK;
}

/* ---- replies --------------------------------------------------------------------------------- */

static int keep_contents(struct rp_heard *h, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++)
        if (rp_kind(rp_at(contents, i)) == RP_K_C_TEXT)
            RP_TRY(keep(h, rp_str_of(rp_c_text_of(rp_at(contents, i))->text)));
    return RP_OK;
}

static int stream_of(struct rp_heard *h, const struct rp_agent *agent, struct rp_heard_open **out)
{
    for (size_t i = 0; i < h->n_open; i++)
        if (h->open[i].agent == agent) {
            *out = &h->open[i];
            return RP_OK;
        }
    if (h->n_open == h->open_room) {
        size_t room = h->open_room ? h->open_room * 2 : 8;
        void *more = h->alloc.resize(h->alloc.ctx, h->open, h->open_room * sizeof(*h->open),
                                     room * sizeof(*h->open));
        if (!more)
            return RP_ENOMEM;
        h->open = more;
        h->open_room = room;
    }
    *out = &h->open[h->n_open++];
    (*out)->agent = agent;
    rp_buf_init(&(*out)->text, &h->alloc, RP_TEXT_MAX);
    return RP_OK;
}

static int end_text(struct rp_heard *h, struct rp_heard_open *o)
{
    int rc = keep(h, (struct rp_str){o->text.s, o->text.n});

    rp_buf_clear(&o->text);
    return rc;
}

/* Adjacent texts fold to one; a call between them does not. */
static int hear_update(struct rp_heard *h, struct rp_heard_open *o, struct rp_value contents)
{
    RP_TRY(keep_contents(h, contents));
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value c = rp_at(contents, i);
        if (rp_kind(c) == RP_K_C_TEXT)
            RP_TRY(rp_buf_adds(&o->text, rp_str_of(rp_c_text_of(c)->text)));
        else
            RP_TRY(end_text(h, o));
    }
    return RP_OK;
}

int rp_heard_reply(struct rp_heard *h, const struct rp_agent *agent, const struct rp_reply *reply)
{
    struct rp_heard_open *o = NULL;

    switch (reply->kind) {
    case RP_REPLY_NONE:
        break;
    case RP_REPLY_UPDATE:
        RP_TRY(stream_of(h, agent, &o));
        return hear_update(h, o, rp_update_of(reply->value)->contents);
    case RP_REPLY_WHOLE: {
        struct rp_value messages = rp_response_of(reply->value)->messages;
        for (uint32_t i = 0; i < rp_len(messages); i++)
            RP_TRY(keep_contents(h, rp_message_of(rp_at(messages, i))->contents));
        break;
    }
    case RP_REPLY_END:
    case RP_REPLY_ERROR:
        RP_TRY(stream_of(h, agent, &o));
        return end_text(h, o);
    }
    return RP_OK;
}
