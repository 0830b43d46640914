/* lanes.c - owns the lanes of a server: whose request it is. */
#include "core.h"

#include <string.h>

static void *resize(struct rp_serve *s, void *old, size_t was, size_t now)
{
    return s->o.alloc.resize(s->o.alloc.ctx, old, was, now);
}

int rp_serve_add_lane(struct rp_serve *s, struct rp_str name)
{
    size_t room = s->room_lanes > 0 ? 2 * s->room_lanes : 4, size = sizeof(*s->lanes);
    char *copy;

    if (s->n_lanes == s->room_lanes) {
        struct rp_serve_lane *more = resize(s, s->lanes, s->room_lanes * size, room * size);
        if (!more)
            return RP_ENOMEM;
        s->lanes = more;
        s->room_lanes = room;
    }
    copy = resize(s, NULL, 0, name.n + 1);
    if (!copy)
        return RP_ENOMEM;
    memcpy(copy, name.s, name.n);
    copy[name.n] = '\0';
    s->lanes[s->n_lanes++] = (struct rp_serve_lane){.name = copy};
    return RP_OK;
}

void rp_serve_free_lanes(struct rp_serve *s)
{
    for (size_t i = 0; i < s->n_lanes; i++)
        resize(s, s->lanes[i].name, strlen(s->lanes[i].name) + 1, 0);
    if (s->lanes)
        resize(s, s->lanes, s->room_lanes * sizeof(*s->lanes), 0);
}

static uint32_t lane_of(const struct rp_serve *s, struct rp_str name)
{
    for (size_t i = 0; i < s->n_lanes; i++)
        if (rp_str_equal(rp_str(s->lanes[i].name), name))
            return (uint32_t)i;
    return RP_SERVE_NO_LANE;
}

/* The API key of a request, as OpenAI's and as Anthropic's clients send it; empty: none. */
static struct rp_str key_of(const struct rp_exchange *request)
{
    static const char bearer[] = "bearer ";
    const char *key = rp_header_find(request->headers, request->n_headers, "x-api-key");
    const char *value = rp_header_find(request->headers, request->n_headers, "Authorization");

    if (key || !value)
        return rp_str(key);
    for (size_t i = 0; bearer[i]; i++)
        if (value[i] != bearer[i] && value[i] != bearer[i] - 'a' + 'A')
            return rp_str(NULL);
    return rp_str(value + sizeof(bearer) - 1);
}

/* The lane that the key stands for, as told to the server; NULL: none. */
static const char *mapped(const struct rp_serve *s, struct rp_str key)
{
    for (size_t i = 0; i < s->o.n_keys; i++)
        if (rp_str_equal(rp_str(s->o.keys[i].key), key))
            return s->o.keys[i].lane;
    return NULL;
}

/* A lane of that name, made when that may be. */
static int open_lane(struct rp_serve *s, struct rp_str name, uint32_t *lane)
{
    *lane = lane_of(s, name);
    if (*lane != RP_SERVE_NO_LANE || !s->o.open_lanes || s->n_lanes >= RP_SERVE_LANES_MAX)
        return RP_OK;
    RP_TRY(rp_serve_add_lane(s, name));
    *lane = (uint32_t)(s->n_lanes - 1);
    return RP_OK;
}

/* The names of all lanes, as many as fit. */
static void name_lanes(const struct rp_serve *s, char *out, size_t room)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < s->n_lanes; i++) {
        size_t more = strlen(s->lanes[i].name);
        if (n + more + 8 > room) {
            memcpy(out + n, ", ...", 6);
            return;
        }
        memcpy(out + n, ", ", 2);
        n = i > 0 ? n + 2 : n;
        memcpy(out + n, s->lanes[i].name, more + 1);
        n += more;
    }
}

static int refuse_lane(const struct rp_serve *s, uint64_t now_ms, struct rp_serve_answer *a,
                       const char *header)
{
    char names[160];

    name_lanes(s, names, sizeof(names));
    if (header)
        return rp_serve_refuse(a, now_ms, 400, "%s names no agent; there are: %s", s->o.lane_header,
                               names);
    return rp_serve_refuse(a, now_ms, 400,
                           "which agent asks? Name it in the header %s, as API key or as model; "
                           "there are: %s",
                           s->o.lane_header, names);
}

int rp_serve_find_lane(struct rp_serve *s, const struct rp_exchange *request, struct rp_str model,
                       uint64_t now_ms, struct rp_serve_answer *a, uint32_t *lane)
{
    const char *header = rp_header_find(request->headers, request->n_headers, s->o.lane_header);
    struct rp_str key = key_of(request);
    const char *by_key = mapped(s, key);

    *lane = RP_SERVE_NO_LANE;
    if (header && *header)
        RP_TRY(open_lane(s, rp_str(header), lane));
    else if (by_key)
        RP_TRY(open_lane(s, rp_str(by_key), lane));
    else if (key.n > 0)
        *lane = lane_of(s, key); /* a key is a secret: it never becomes a lane's name */
    if (*lane == RP_SERVE_NO_LANE && !(header && *header)) {
        *lane = lane_of(s, model);
        if (*lane == RP_SERVE_NO_LANE && s->n_lanes == 1 && !s->o.open_lanes)
            *lane = 0;
        else if (*lane == RP_SERVE_NO_LANE && model.n > 0)
            RP_TRY(open_lane(s, model, lane));
    }
    return *lane == RP_SERVE_NO_LANE ? refuse_lane(s, now_ms, a, header) : RP_OK;
}
