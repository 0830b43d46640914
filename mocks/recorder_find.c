/* recorder_find.c - owns the positions of one instance: which recording answers a request, each
 * used once. */
#include "recorder_inside.h"

#include <string.h>

#include "engine/base/sha256.h"

/* ---- what a request is looked for by --------------------------------------------------------- */

struct rp_exchange rp_exchange_of(const struct rp_interaction *i)
{
    return (struct rp_exchange){.method = i->method,
                                .url = i->url,
                                .headers = i->request_headers,
                                .n_headers = i->n_request_headers,
                                .body = i->request,
                                .n_body = i->n_request,
                                .lane = i->lane,
                                .order = i->order,
                                .attempt = i->attempt,
                                .dialect = i->dialect,
                                .model = i->model,
                                .stream = i->stream};
}

static void place_key(const struct rp_exchange *asked, unsigned char key[32])
{
    memset(key, 0, 32);
    for (unsigned i = 0; i < 8; i++)
        key[i] = (unsigned char)((uint64_t)asked->order >> 8 * i & 0xff);
    for (unsigned i = 0; i < 4; i++)
        key[8 + i] = (unsigned char)(asked->attempt >> 8 * i & 0xff);
}

static uint64_t sum_masked(const struct rp_match_opts *m)
{
    uint64_t sum = 0;

    for (size_t i = 0; m->masked && i < m->n_masks; i++)
        sum += m->masked[i];
    return sum;
}

int rp_recorder_key(struct rp_recorder *r, const struct rp_exchange *asked, int count,
                    unsigned char key[32])
{
    struct rp_match_opts m = r->opts.match;
    uint64_t before = sum_masked(&m);
    struct rp_sha256 d;
    int rc;

    if (m.rule == RP_MATCH_SEQUENCE) {
        place_key(asked, key);
        return RP_OK;
    }
    if (!count)
        m.masked = NULL;
    rp_buf_clear(&r->scratch);
    rc = rp_match_canonical(&m, asked->method, asked->url, asked->body, asked->n_body, &r->scratch);
    if (rc != RP_OK)
        return RP_ENOMEM;
    if (count)
        r->ledger.masked_places += sum_masked(&m) - before;
    rp_sha256_init(&d);
    rp_sha256_add(&d, r->scratch.s, r->scratch.n);
    rp_sha256_end(&d, key);
    return RP_OK;
}

/* ---- positions ------------------------------------------------------------------------------- */

static int reserve(struct rp_deck *d)
{
    struct rp_alloc a = d->r->alloc;
    const struct rp_index *x = &d->r->index;
    size_t size = x->tracks_room / 8 + 1;

    if (size > d->used_size) {
        unsigned char *used = a.resize(a.ctx, d->used, d->used_size, size);
        if (!used)
            return RP_ENOMEM;
        memset(used + d->used_size, 0, size - d->used_size);
        d->used = used;
        d->used_size = size;
    }
    if (x->queues_room > d->queues) {
        size_t was = d->queues * sizeof(*d->queue), now = x->queues_room * sizeof(*d->queue);
        struct rp_deck_queue *queue = a.resize(a.ctx, d->queue, was, now);
        if (!queue)
            return RP_ENOMEM;
        for (uint32_t i = d->queues; i < x->queues_room; i++)
            queue[i] = (struct rp_deck_queue){RP_NO_TRACK, 0};
        d->queue = queue;
        d->queues = x->queues_room;
    }
    return RP_OK;
}

int rp_deck_has_used(const struct rp_deck *d, uint32_t track)
{
    return track / 8 < d->used_size && (d->used[track / 8] >> track % 8 & 1);
}

int rp_deck_use(struct rp_deck *d, uint32_t track)
{
    RP_TRY(reserve(d));
    d->used[track / 8] |= (unsigned char)(1u << track % 8);
    d->r->index.tracks[track].used = 1;
    return RP_OK;
}

void rp_deck_reset(struct rp_deck *d)
{
    if (d->used_size > 0)
        memset(d->used, 0, d->used_size);
    for (uint32_t i = 0; i < d->queues; i++)
        d->queue[i] = (struct rp_deck_queue){RP_NO_TRACK, 0};
}

/* The first one of the queue that is not used. */
static uint32_t first_free(struct rp_deck *d, uint32_t queue)
{
    const struct rp_index *x = &d->r->index;
    struct rp_deck_queue *q = &d->queue[queue];
    uint32_t at = q->last == RP_NO_TRACK ? x->queues[queue].first : x->tracks[q->last].next;

    while (at != RP_NO_TRACK && (x->tracks[at].gone || rp_deck_has_used(d, at))) {
        q->last = at;
        at = x->tracks[at].next;
    }
    return at;
}

/* A run that goes on from a checkpoint asks again what it has asked before. Where the service was
 * asked again, too, there is a second recording for the same place; it is the second one's turn. */
static uint32_t not_yet_used(struct rp_deck *d, uint32_t first)
{
    const struct rp_index *x = &d->r->index;
    const struct rp_track *a = x->tracks + first;

    if (first == RP_NO_TRACK || !a->used)
        return first;
    for (uint32_t at = a->next; at != RP_NO_TRACK; at = x->tracks[at].next) {
        const struct rp_track *b = x->tracks + at;
        if (b->used || b->gone || b->order != a->order || b->attempt != a->attempt)
            continue;
        d->used[first / 8] |= (unsigned char)(1u << first % 8); /* its turn is over */
        return at;
    }
    return first;
}

static uint32_t look_up(struct rp_deck *d, uint32_t lane, const unsigned char key[32])
{
    uint32_t queue = lane == RP_NO_TRACK ? lane : rp_index_queue(&d->r->index, lane, key);

    if (queue == RP_NO_TRACK)
        return RP_NO_TRACK;
    d->queue[queue].asked++;
    return not_yet_used(d, first_free(d, queue));
}

/* The short way, for bytes that were recorded just so. */
static uint32_t look_up_raw(struct rp_deck *d, const struct rp_exchange *asked)
{
    uint32_t queue = rp_index_raw(&d->r->index, asked);
    uint32_t track = queue == RP_NO_TRACK ? queue : not_yet_used(d, first_free(d, queue));

    if (track != RP_NO_TRACK)
        d->queue[queue].asked++;
    return track;
}

/* In the lane that asks, else among the recordings that have none. */
static int look_for(struct rp_deck *d, const struct rp_exchange *asked, int count, uint32_t *track)
{
    unsigned char key[32];

    RP_TRY(rp_recorder_key(d->r, asked, count, key));
    *track = look_up(d, rp_index_lane(&d->r->index, asked->lane), key);
    if (*track == RP_NO_TRACK && asked->lane[0] != '\0')
        *track = look_up(d, rp_index_lane(&d->r->index, ""), key);
    return RP_OK;
}

/* ---- what was redacted ----------------------------------------------------------------------- */

static int is_marked_free(const struct rp_deck *d, uint32_t track, const struct rp_exchange *asked)
{
    const struct rp_track *t = &d->r->index.tracks[track];
    const char *lane = d->r->index.lanes[t->lane];

    return t->marked && !t->gone && !rp_deck_has_used(d, track) &&
           (lane[0] == '\0' || strcmp(lane, asked->lane) == 0);
}

/* The first recording that agrees with it but for what was redacted. */
static int look_through(struct rp_deck *d, const struct rp_exchange *asked, uint32_t *track,
                        struct rp_error *err)
{
    struct rp_recorder *r = d->r;

    for (uint32_t i = 0; i < r->index.n_tracks; i++) {
        const struct rp_interaction *recorded;
        struct rp_difference difference;
        if (!is_marked_free(d, i, asked))
            continue;
        RP_TRY(rp_cassette_get(r->opts.cassette, r->index.tracks[i].id, &recorded, err));
        RP_TRY(rp_match_compare(&r->alloc, &r->opts.match, recorded, asked, &difference));
        if (difference.count == 0) {
            *track = i;
            return RP_OK;
        }
    }
    return RP_OK;
}

int rp_recorder_hide(struct rp_recorder *r, const struct rp_exchange *asked,
                     struct rp_interaction **out)
{
    const struct rp_interaction i = {.lane = asked->lane,
                                     .order = asked->order,
                                     .attempt = asked->attempt,
                                     .dialect = asked->dialect,
                                     .model = asked->model,
                                     .stream = asked->stream,
                                     .method = asked->method,
                                     .url = asked->url,
                                     .request_headers = asked->headers,
                                     .n_request_headers = asked->n_headers,
                                     .request = asked->body,
                                     .n_request = asked->n_body};

    return rp_redact_interaction(r->redact, &i, out, NULL);
}

int rp_deck_find(struct rp_deck *d, const struct rp_exchange *asked, uint32_t *track,
                 struct rp_error *err)
{
    struct rp_interaction *hidden;
    struct rp_exchange safe;
    int rc;

    RP_TRY(reserve(d));
    *track = look_up_raw(d, asked);
    if (*track != RP_NO_TRACK)
        return RP_OK;
    RP_TRY(look_for(d, asked, 1, track));
    if (*track != RP_NO_TRACK || d->r->index.marked == 0 ||
        d->r->opts.match.rule == RP_MATCH_SEQUENCE)
        return RP_OK;
    RP_TRY(rp_recorder_hide(d->r, asked, &hidden));
    safe = rp_exchange_of(hidden);
    rc = look_for(d, &safe, 0, track);
    if (rc == RP_OK && *track == RP_NO_TRACK)
        rc = look_through(d, &safe, track, err);
    rp_interaction_free(&d->r->alloc, hidden);
    return rc;
}
