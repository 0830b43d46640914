/* recorder_raw.c - owns the short way to a recording: a request that is byte for byte that of one
 * is found without being read as JSON. It only ever leads to the queue that the long way leads to;
 * what it does not know goes the long way. */
#include <string.h>

#include "match_path.h"
#include "recorder_inside.h"

/* Two numbers of 64 bits, mixed apart: that two requests share both does not happen by chance. */
static void mix(uint64_t h[2], uint64_t word)
{
    h[0] = (h[0] ^ word) * 0x9e3779b97f4a7c15u;
    h[0] ^= h[0] >> 29;
    h[1] = (h[1] + word) * 0xc2b2ae3d27d4eb4fu;
    h[1] ^= h[1] >> 32;
}

static void add(uint64_t h[2], const char *s, size_t n)
{
    mix(h, n);
    for (; n >= 8; s += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, s, 8);
        mix(h, word);
    }
    while (n-- > 0)
        mix(h, (unsigned char)s[n]);
}

static void hash(const char *lane, const char *method, const char *url, const char *body, size_t n,
                 uint64_t h[2])
{
    const char *target = rp_match_target(url);

    h[0] = 1;
    h[1] = 2;
    add(h, lane, strlen(lane));
    add(h, method, strlen(method));
    add(h, target, strlen(target));
    add(h, body, n);
}

static uint32_t slot_of(const struct rp_index *x, const uint64_t h[2])
{
    uint32_t at = (uint32_t)h[0] & (x->raws_room - 1);

    while (x->raws[at].queue && (x->raws[at].hash[0] != h[0] || x->raws[at].hash[1] != h[1]))
        at = (at + 1) & (x->raws_room - 1);
    return at;
}

static int grow(struct rp_index *x)
{
    struct rp_index grown = *x;

    if (x->n_raws < x->raws_room / 2)
        return RP_OK;
    if (x->raws_room > UINT32_MAX / 4)
        return RP_ENOMEM;
    grown.raws_room = x->raws_room ? x->raws_room * 2 : 64;
    grown.raws = x->alloc.resize(x->alloc.ctx, NULL, 0, grown.raws_room * sizeof(*x->raws));
    if (!grown.raws)
        return RP_ENOMEM;
    memset(grown.raws, 0, grown.raws_room * sizeof(*x->raws));
    for (uint32_t i = 0; i < x->raws_room; i++)
        if (x->raws[i].queue)
            grown.raws[slot_of(&grown, x->raws[i].hash)] = x->raws[i];
    if (x->raws)
        x->alloc.resize(x->alloc.ctx, x->raws, x->raws_room * sizeof(*x->raws), 0);
    *x = grown;
    return RP_OK;
}

int rp_index_add_raw(struct rp_index *x, const struct rp_cassette_key *k, uint32_t queue)
{
    uint64_t h[2];
    uint32_t at;

    RP_TRY(grow(x));
    hash(k->lane, k->method, k->url, k->request, k->n_request, h);
    at = slot_of(x, h);
    x->n_raws += x->raws[at].queue == 0;
    x->raws[at] = (struct rp_raw){{h[0], h[1]}, queue + 1};
    return RP_OK;
}

uint32_t rp_index_raw(const struct rp_index *x, const struct rp_exchange *asked)
{
    uint64_t h[2];

    if (x->n_raws == 0)
        return RP_NO_TRACK;
    hash(asked->lane, asked->method, asked->url, asked->body ? asked->body : "", asked->n_body, h);
    return x->raws[slot_of(x, h)].queue - 1; /* 0 gives RP_NO_TRACK */
}
