/* seen.c - owns what a server remembers of the requests that came: the newest ones, within bounds.
 */
#include "core.h"

#include <string.h>

static void *resize(struct rp_serve *s, void *old, size_t was, size_t now)
{
    return s->o.alloc.resize(s->o.alloc.ctx, old, was, now);
}

static size_t size_of(const struct rp_serve_seen *r)
{
    return r->n_method + r->n_target + 2 + r->n_body;
}

struct rp_serve_seen *rp_serve_nth_seen(struct rp_serve *s, size_t i)
{
    return s->seen + (s->seen_at + i) % s->room_seen;
}

struct rp_serve_seen *rp_serve_find_seen(struct rp_serve *s, uint64_t number)
{
    uint64_t first = s->count - s->n_seen + 1;

    if (number < first || number > s->count)
        return NULL;
    return rp_serve_nth_seen(s, (size_t)(number - first));
}

static void forget_oldest(struct rp_serve *s)
{
    struct rp_serve_seen *r = rp_serve_nth_seen(s, 0);

    s->seen_bytes -= size_of(r);
    resize(s, r->bytes, size_of(r), 0);
    s->seen_at = (s->seen_at + 1) % s->room_seen;
    s->n_seen--;
    s->forgotten++;
}

void rp_serve_forget(struct rp_serve *s)
{
    while (s->n_seen > 0)
        forget_oldest(s);
}

static int make_room(struct rp_serve *s)
{
    size_t room = s->room_seen > 0 ? 2 * s->room_seen : 16;
    struct rp_serve_seen *more;

    if (s->n_seen < s->room_seen)
        return RP_OK;
    if (room > RP_SERVE_KEPT_MAX)
        room = RP_SERVE_KEPT_MAX;
    if (room == s->room_seen) {
        forget_oldest(s);
        return RP_OK;
    }
    more = resize(s, NULL, 0, room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    for (size_t i = 0; i < s->n_seen; i++)
        more[i] = *rp_serve_nth_seen(s, i);
    if (s->seen)
        resize(s, s->seen, s->room_seen * sizeof(*more), 0);
    s->seen = more;
    s->room_seen = room;
    s->seen_at = 0;
    return RP_OK;
}

/* The newest one stays, however large it is. */
int rp_serve_remember(struct rp_serve *s, const struct rp_exchange *request, uint64_t *number)
{
    struct rp_serve_seen r = {.lane = RP_SERVE_NO_LANE,
                              .n_method = strlen(request->method),
                              .n_target = strlen(request->url),
                              .n_body = request->n_body};

    RP_TRY(make_room(s));
    r.bytes = resize(s, NULL, 0, size_of(&r));
    if (!r.bytes)
        return RP_ENOMEM;
    memcpy(r.bytes, request->method, r.n_method + 1);
    memcpy(r.bytes + r.n_method + 1, request->url, r.n_target + 1);
    if (r.n_body > 0)
        memcpy(r.bytes + r.n_method + r.n_target + 2, request->body, r.n_body);
    r.number = *number = ++s->count;
    s->seen[(s->seen_at + s->n_seen++) % s->room_seen] = r;
    s->seen_bytes += size_of(&r);
    while (s->n_seen > 1 && s->seen_bytes > RP_SERVE_KEPT_BYTES)
        forget_oldest(s);
    return RP_OK;
}
