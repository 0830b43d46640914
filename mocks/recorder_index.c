/* recorder_index.c - owns the index of a cassette's recordings: which could answer a request. */
#include "recorder_inside.h"

#include <string.h>

/* ---- room ------------------------------------------------------------------------------------ */

static int grow(struct rp_index *x, void **at, uint32_t *room, uint32_t n, size_t each)
{
    uint32_t more = *room ? *room * 2 : 16;
    void *to;

    if (n < *room)
        return RP_OK;
    if (*room > UINT32_MAX / 4)
        return RP_ENOMEM;
    to = x->alloc.resize(x->alloc.ctx, *at, *room * each, more * each);
    if (!to)
        return RP_ENOMEM;
    *at = to;
    *room = more;
    return RP_OK;
}

void rp_index_free(struct rp_index *x)
{
    struct rp_alloc a = x->alloc;

    for (uint32_t i = 0; i < x->n_lanes; i++)
        a.resize(a.ctx, x->lanes[i], strlen(x->lanes[i]) + 1, 0);
    if (x->lanes)
        a.resize(a.ctx, x->lanes, x->lanes_room * sizeof(*x->lanes), 0);
    if (x->tracks)
        a.resize(a.ctx, x->tracks, x->tracks_room * sizeof(*x->tracks), 0);
    if (x->queues)
        a.resize(a.ctx, x->queues, x->queues_room * sizeof(*x->queues), 0);
    if (x->slots)
        a.resize(a.ctx, x->slots, x->n_slots * sizeof(*x->slots), 0);
    if (x->raws)
        a.resize(a.ctx, x->raws, x->raws_room * sizeof(*x->raws), 0);
    *x = (struct rp_index){.alloc = a};
}

/* ---- lanes ----------------------------------------------------------------------------------- */

uint32_t rp_index_lane(const struct rp_index *x, const char *lane)
{
    for (uint32_t i = 0; i < x->n_lanes; i++)
        if (strcmp(x->lanes[i], lane) == 0)
            return i;
    return RP_NO_TRACK;
}

static int add_lane(struct rp_index *x, const char *lane, uint32_t *out)
{
    size_t size = strlen(lane) + 1;
    void *lanes = x->lanes;
    int rc;

    *out = rp_index_lane(x, lane);
    if (*out != RP_NO_TRACK)
        return RP_OK;
    rc = grow(x, &lanes, &x->lanes_room, x->n_lanes, sizeof(*x->lanes));
    x->lanes = lanes;
    if (rc != RP_OK)
        return rc;
    x->lanes[x->n_lanes] = x->alloc.resize(x->alloc.ctx, NULL, 0, size);
    if (!x->lanes[x->n_lanes])
        return RP_ENOMEM;
    memcpy(x->lanes[x->n_lanes], lane, size);
    *out = x->n_lanes++;
    return RP_OK;
}

/* ---- queues ---------------------------------------------------------------------------------- */

/* The slot of the queue, or the free one where it would be. A digest is as good as a hash; the
 * order of slots is never shown. */
static uint32_t slot_of(const struct rp_index *x, uint32_t lane, const unsigned char key[32])
{
    uint32_t at;

    memcpy(&at, key, sizeof(at));
    at = (at ^ lane * 0x9e3779b1u) & (x->n_slots - 1);
    while (x->slots[at] && (x->queues[x->slots[at] - 1].lane != lane ||
                            memcmp(x->queues[x->slots[at] - 1].key, key, 32) != 0))
        at = (at + 1) & (x->n_slots - 1);
    return at;
}

uint32_t rp_index_queue(const struct rp_index *x, uint32_t lane, const unsigned char key[32])
{
    uint32_t slot = x->n_slots > 0 ? x->slots[slot_of(x, lane, key)] : 0;

    return slot ? slot - 1 : RP_NO_TRACK;
}

static int more_slots(struct rp_index *x)
{
    struct rp_index grown = *x;

    if (x->n_queues < x->n_slots / 2)
        return RP_OK;
    if (x->n_slots > UINT32_MAX / 4)
        return RP_ENOMEM;
    grown.n_slots = x->n_slots ? x->n_slots * 2 : 64;
    grown.slots = x->alloc.resize(x->alloc.ctx, NULL, 0, grown.n_slots * sizeof(*x->slots));
    if (!grown.slots)
        return RP_ENOMEM;
    memset(grown.slots, 0, grown.n_slots * sizeof(*x->slots));
    for (uint32_t i = 0; i < x->n_queues; i++)
        grown.slots[slot_of(&grown, x->queues[i].lane, x->queues[i].key)] = i + 1;
    if (x->slots)
        x->alloc.resize(x->alloc.ctx, x->slots, x->n_slots * sizeof(*x->slots), 0);
    *x = grown;
    return RP_OK;
}

static int add_queue(struct rp_index *x, uint32_t lane, const unsigned char key[32], uint32_t *out)
{
    void *queues = x->queues;
    uint32_t slot;
    int rc;

    *out = rp_index_queue(x, lane, key);
    if (*out != RP_NO_TRACK)
        return RP_OK;
    rc = grow(x, &queues, &x->queues_room, x->n_queues, sizeof(*x->queues));
    x->queues = queues;
    if (rc == RP_OK)
        rc = more_slots(x);
    if (rc != RP_OK)
        return rc;
    slot = slot_of(x, lane, key);
    x->queues[x->n_queues] =
        (struct rp_queue){.lane = lane, .first = RP_NO_TRACK, .last = RP_NO_TRACK};
    memcpy(x->queues[x->n_queues].key, key, 32);
    *out = x->n_queues;
    x->slots[slot] = ++x->n_queues;
    return RP_OK;
}

/* ---- recordings ------------------------------------------------------------------------------ */

int rp_index_add(struct rp_index *x, const char *lane, const unsigned char key[32],
                 struct rp_track track, uint32_t *out)
{
    void *tracks = x->tracks;
    int rc = grow(x, &tracks, &x->tracks_room, x->n_tracks, sizeof(*x->tracks));

    x->tracks = tracks;
    if (rc == RP_OK)
        rc = add_lane(x, lane, &track.lane);
    if (rc == RP_OK)
        rc = add_queue(x, track.lane, key, &track.queue);
    if (rc != RP_OK)
        return rc;
    track.next = RP_NO_TRACK;
    track.gone = 1;
    x->marked += track.marked;
    x->tracks[x->n_tracks] = track;
    *out = x->n_tracks++;
    return RP_OK;
}

void rp_index_keep(struct rp_index *x, uint32_t track, int64_t id)
{
    struct rp_track *t = &x->tracks[track];
    struct rp_queue *q = &x->queues[t->queue];
    uint32_t *at = &q->first;

    RP_ASSERT(t->gone);
    t->gone = 0;
    t->id = id;
    if (q->last != RP_NO_TRACK && x->tracks[q->last].id < id)
        at = &x->tracks[q->last].next;
    while (*at != RP_NO_TRACK && x->tracks[*at].id < id)
        at = &x->tracks[*at].next;
    t->next = *at;
    *at = track;
    if (t->next == RP_NO_TRACK)
        q->last = track;
}
