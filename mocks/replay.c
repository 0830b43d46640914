/* replay.c - owns the playing of recordings: when each piece of a reply comes, and in which order
 * the pieces of several come.
 *
 * Times are kept in microseconds and rounded down to the milliseconds of the caller's clock. A
 * request that is sent while another recording plays is put where it stood beside that one when
 * they were recorded: what the program took to compute in between is no time of the caller's clock,
 * yet it decided which reply came first. So pieces come in the order of their recorded times, then
 * of their numbers, also within one millisecond: the later one then waits for the next. */
#include "recorder_inside.h"

#include <string.h>

#define SILENCE_US 600000000u /* of a recording that was cut */

/* ---- times ----------------------------------------------------------------------------------- */

static uint64_t length_us(const struct rp_interaction *i)
{
    uint64_t sum = i->head_us + i->end_us;

    for (size_t k = 0; k < i->n_chunks; k++)
        sum += i->chunks[k].gap_us;
    return sum;
}

/* When the request is sent, on the caller's clock. */
static uint64_t place(const struct rp_deck *d, const struct rp_take *t, uint64_t now_ms)
{
    uint64_t now = now_ms * 1000, started = t->played->started_us;

    for (size_t i = d->n_open; i-- > 0;) {
        const struct rp_take *o = d->open[i];
        uint64_t at;
        if (o == t || o->kind != RP_TAKE_PLAYS || started < o->played->started_us ||
            started - o->played->started_us > length_us(o->played))
            continue;
        at = o->from_us + (started - o->played->started_us);
        return at > now ? at : now;
    }
    return now;
}

static void pass_time(const struct rp_deck *d, struct rp_take *t, uint64_t us)
{
    if (!d->r->opts.immediate)
        t->at_us += us;
}

/* Where the caller cut the recording he is expected to do so again; else it fails, much later. */
static int is_cut(const struct rp_interaction *i)
{
    return i->failure == RP_FAILURE_OTHER && i->failure_text &&
           strcmp(i->failure_text, rp_cut_text) == 0;
}

/* The time of the next piece becomes that of what follows piece `next`; empty chunks are none. */
static void step_on(const struct rp_deck *d, struct rp_take *t)
{
    const struct rp_interaction *i = t->played;

    while (t->next <= i->n_chunks && t->next > 0) {
        pass_time(d, t, i->chunks[t->next - 1].gap_us);
        if (i->chunks[t->next - 1].n > 0)
            return;
        t->next++;
    }
    pass_time(d, t, i->end_us + (is_cut(i) ? SILENCE_US : 0));
}

int rp_take_play(struct rp_deck *d, struct rp_take *t, uint64_t now_ms, struct rp_error *err)
{
    const struct rp_track *track = &d->r->index.tracks[t->track];
    const struct rp_interaction *i;

    RP_TRY(rp_cassette_get(d->r->opts.cassette, track->id, &i, err));
    RP_TRY(rp_interaction_copy(&d->r->alloc, i, &t->played));
    t->kind = RP_TAKE_PLAYS;
    t->from_us = t->at_us = d->r->opts.immediate ? now_ms * 1000 : place(d, t, now_ms);
    t->next = t->played->status == 0;
    pass_time(d, t, t->played->head_us);
    if (t->next > 0)
        step_on(d, t);
    return RP_OK;
}

uint64_t rp_take_due(const struct rp_deck *d, const struct rp_take *t)
{
    uint64_t ms = t->at_us / 1000;

    (void)d;
    return ms > t->not_before_ms ? ms : t->not_before_ms;
}

/* ---- order ----------------------------------------------------------------------------------- */

/* One that nobody asks for holds nobody up: it was not polled since t was refused before the last
 * time. */
static int comes_first(const struct rp_take *o, const struct rp_take *t)
{
    if (o->kind != RP_TAKE_PLAYS || (t->refused[0] > 0 && o->polled < t->refused[0]))
        return 0;
    if (o->at_us != t->at_us)
        return o->at_us < t->at_us;
    return o->played->id < t->played->id;
}

static int must_wait(struct rp_deck *d, struct rp_take *t, uint64_t now_ms)
{
    t->polled = ++d->polls;
    if (t->at_us / 1000 > now_ms)
        return 1;
    for (size_t i = 0; i < d->n_open && !d->r->opts.immediate; i++)
        if (d->open[i] != t && comes_first(d->open[i], t)) {
            t->refused[0] = t->refused[1];
            t->refused[1] = d->polls;
            t->not_before_ms = now_ms + 1;
            return 1;
        }
    return 0;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static void give_end(const struct rp_interaction *i, struct rp_piece *piece)
{
    piece->kind = RP_PIECE_END;
    if (i->failure == RP_FAILURE_NONE && i->status != 0)
        return;
    piece->kind = RP_PIECE_FAILED;
    piece->failure = i->failure == RP_FAILURE_NONE ? RP_FAILURE_OTHER : i->failure;
    rp_piece_say(piece, i->failure_text ? i->failure_text : "the recording ends here");
}

void rp_take_next(struct rp_deck *d, struct rp_take *t, uint64_t now_ms, struct rp_piece *piece,
                  int *over)
{
    const struct rp_interaction *i = t->played;

    if (must_wait(d, t, now_ms))
        return;
    *over = t->next > i->n_chunks;
    if (*over) {
        give_end(i, piece);
        return;
    }
    if (t->next == 0) {
        *piece = (struct rp_piece){.kind = RP_PIECE_HEAD,
                                   .status = i->status,
                                   .headers = i->headers,
                                   .n_headers = i->n_headers};
    } else {
        *piece = (struct rp_piece){
            .kind = RP_PIECE_BYTES, .bytes = i->body + t->offset, .n = i->chunks[t->next - 1].n};
        t->offset += piece->n;
    }
    t->next++;
    step_on(d, t);
}
