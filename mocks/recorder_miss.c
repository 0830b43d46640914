/* recorder_miss.c - owns what is said of a request that no recording answers: who asked, which
 * recording is nearest, where it differs first, and what can be done. */
#include "recorder_inside.h"

#include <string.h>

enum {
    COMPARED_MAX = 256, /* recordings, so that a miss in a large cassette stays quick */
    SHOWN = 100         /* bytes of a value */
};

/* ---- words ----------------------------------------------------------------------------------- */

static int add_cut(struct rp_buf *b, const char *z)
{
    size_t n = strlen(z);

    if (n <= SHOWN)
        return rp_buf_add(b, z, n);
    for (n = SHOWN; n > 0 && ((unsigned char)z[n] & 0xc0) == 0x80;)
        n--;
    RP_TRY(rp_buf_add(b, z, n));
    return rp_buf_addz(b, "...");
}

/* "writer", call 3, retry 1 */
static int add_who(struct rp_buf *b, const char *lane, int64_t order, uint32_t attempt)
{
    RP_TRY(rp_buf_addc(b, '"'));
    RP_TRY(add_cut(b, lane));
    RP_TRY(rp_buf_addz(b, "\", call "));
    RP_TRY(rp_buf_add_int(b, order));
    if (attempt == 0)
        return RP_OK;
    RP_TRY(rp_buf_addz(b, ", retry "));
    return rp_buf_add_int(b, attempt);
}

static int add_times(struct rp_buf *b, uint64_t n)
{
    RP_TRY(rp_buf_add_int(b, (int64_t)n));
    return rp_buf_addz(b, n == 1 ? " time" : " times");
}

/* ---- the nearest ----------------------------------------------------------------------------- */

/* Lower is nearer: first the lane, then whether it is still unused. */
static int class_of(const struct rp_deck *d, uint32_t track, uint32_t lane)
{
    const struct rp_track *t = &d->r->index.tracks[track];

    return (t->lane != lane) * 2 + rp_deck_has_used(d, track);
}

static int nearest_class(const struct rp_deck *d, uint32_t lane)
{
    int best = 4;

    for (uint32_t i = 0; i < d->r->index.n_tracks; i++)
        if (!d->r->index.tracks[i].gone && class_of(d, i, lane) < best)
            best = class_of(d, i, lane);
    return best;
}

struct near {
    uint32_t track;
    int compared;
    struct rp_difference difference;
};

/* Compares those of the class that are, or are not, the same call of their lane. */
static int compare_all(struct rp_deck *d, const struct rp_exchange *asked, int class, int same_call,
                       struct near *best, struct rp_error *err)
{
    struct rp_recorder *r = d->r;
    uint32_t lane = rp_index_lane(&r->index, asked->lane);

    for (uint32_t i = 0; i < r->index.n_tracks && best->compared < COMPARED_MAX; i++) {
        const struct rp_track *t = &r->index.tracks[i];
        const struct rp_interaction *recorded;
        struct rp_difference now;
        if (t->gone || (t->order == asked->order) != same_call || class_of(d, i, lane) != class)
            continue;
        RP_TRY(rp_cassette_get(r->opts.cassette, t->id, &recorded, err));
        RP_TRY(rp_match_compare(&r->alloc, &r->opts.match, recorded, asked, &now));
        if (best->compared++ > 0 && now.count >= best->difference.count)
            continue;
        best->track = i;
        best->difference = now;
    }
    return RP_OK;
}

static int add_nearest(struct rp_deck *d, const struct near *near, struct rp_buf *b)
{
    const struct rp_track *t = &d->r->index.tracks[near->track];
    const struct rp_difference *x = &near->difference;

    RP_TRY(rp_buf_addz(b, "; the nearest is interaction "));
    RP_TRY(rp_buf_add_int(b, t->id));
    RP_TRY(rp_buf_addz(b, " ("));
    RP_TRY(add_who(b, d->r->index.lanes[t->lane], t->order, t->attempt));
    RP_TRY(rp_buf_addc(b, ')'));
    if (x->count == 0)
        return rp_buf_addz(b, ", whose request is the same");
    RP_TRY(rp_buf_addz(b, ": "));
    RP_TRY(rp_buf_addz(b, x->path));
    RP_TRY(rp_buf_addz(b, " was "));
    RP_TRY(add_cut(b, x->recorded));
    RP_TRY(rp_buf_addz(b, " and is "));
    RP_TRY(add_cut(b, x->asked));
    if (x->count == 1)
        return RP_OK;
    RP_TRY(rp_buf_addz(b, " (the first of "));
    RP_TRY(rp_buf_add_int(b, x->count));
    return rp_buf_addz(b, " differences)");
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* How many recordings of just this request there are, and how often it was asked for. */
static int count_same(struct rp_deck *d, const struct rp_exchange *asked, uint64_t *there,
                      uint64_t *times)
{
    const struct rp_index *x = &d->r->index;
    unsigned char key[32];
    uint32_t lane = rp_index_lane(x, asked->lane), queue;

    *there = *times = 0;
    RP_TRY(rp_recorder_key(d->r, asked, 0, key));
    queue = lane == RP_NO_TRACK ? lane : rp_index_queue(x, lane, key);
    if (queue == RP_NO_TRACK)
        return RP_OK;
    *times = queue < d->queues ? d->queue[queue].asked : 0;
    for (uint32_t i = x->queues[queue].first; i != RP_NO_TRACK; i = x->tracks[i].next)
        *there += !x->tracks[i].gone;
    return RP_OK;
}

static int add_used_up(struct rp_deck *d, uint64_t there, uint64_t times, struct rp_buf *b)
{
    RP_TRY(rp_buf_addz(b, ": its recording is used up: "));
    RP_TRY(rp_buf_addz(b, rp_cassette_path(d->r->opts.cassette)));
    RP_TRY(rp_buf_addz(b, " has this request "));
    RP_TRY(add_times(b, there));
    RP_TRY(rp_buf_addz(b, ", and it was asked for "));
    RP_TRY(add_times(b, times));
    return rp_buf_addz(b, "; record the rest in mode \"new\"");
}

static int add_last_call(struct rp_deck *d, const char *name, struct rp_buf *b)
{
    const struct rp_index *x = &d->r->index;
    uint32_t lane = rp_index_lane(x, name);
    int64_t last = 0;

    for (uint32_t i = 0; i < x->n_tracks; i++)
        if (!x->tracks[i].gone && x->tracks[i].lane == lane && x->tracks[i].order > last)
            last = x->tracks[i].order;
    if (last == 0)
        return rp_buf_addz(b, "; there are no recordings of that agent");
    RP_TRY(rp_buf_addz(b, "; its last recorded call is "));
    return rp_buf_add_int(b, last);
}

static int add_unknown(struct rp_deck *d, const struct rp_exchange *asked, struct rp_buf *b,
                       struct rp_error *err)
{
    struct near near = {.track = RP_NO_TRACK};
    int class = nearest_class(d, rp_index_lane(&d->r->index, asked->lane));

    RP_TRY(rp_buf_addz(b, ": no recording in "));
    RP_TRY(rp_buf_addz(b, rp_cassette_path(d->r->opts.cassette)));
    RP_TRY(rp_buf_addz(b, " answers this request (rule "));
    RP_TRY(rp_buf_addz(b, rp_match_name(d->r->opts.match.rule)));
    RP_TRY(rp_buf_addz(b, "); record it in mode \"new\", or mask what may differ"));
    if (class == 4)
        return rp_buf_addz(b, "; there are no recordings at all");
    if (d->r->opts.match.rule == RP_MATCH_SEQUENCE)
        return add_last_call(d, asked->lane, b);
    RP_TRY(compare_all(d, asked, class, 1, &near, err));
    RP_TRY(compare_all(d, asked, class, 0, &near, err));
    return add_nearest(d, &near, b);
}

int rp_deck_miss(struct rp_deck *d, const struct rp_exchange *asked, struct rp_buf *out,
                 struct rp_error *err)
{
    uint64_t there, times;

    RP_TRY(add_who(out, asked->lane, asked->order, asked->attempt));
    RP_TRY(count_same(d, asked, &there, &times));
    if (there > 0)
        return add_used_up(d, there, times, out);
    return add_unknown(d, asked, out, err);
}
