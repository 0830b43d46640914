/* recorder_tape.c - owns the recording of one exchange: it passes the pieces of the real service
 * on, keeps them, and stores the interaction in one transaction before the caller is told of its
 * end. */
#define _POSIX_C_SOURCE 200809L
#include "recorder_inside.h"

#include <string.h>
#include <time.h>

const char rp_cut_text[] = "cancelled: the caller wanted no more of it";

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t clock_us(struct rp_recorder *r, uint64_t now_ms)
{
    struct timespec t;

    if (r->opts.clock_us)
        return r->opts.clock_us(r->opts.clock_ctx);
    if (!r->inner.ops->wait || clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return now_ms * 1000;
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void rp_recorder_woke(struct rp_recorder *r)
{
    uint64_t now = r->opts.clock_us ? 0 : clock_us(r, 0);

    r->woke_us = now > r->woke_us ? now : r->woke_us + 1;
}

/* What came while the caller waited once came together: it is told in one go, in order of start,
 * and so it is when it is replayed. */
static uint64_t came_us(struct rp_recorder *r, uint64_t now_ms)
{
    if (!r->opts.clock_us && r->inner.ops->wait && r->woke_us > 0)
        return r->woke_us;
    return clock_us(r, now_ms);
}

/* Since the piece before; time that runs backwards stands still. */
static uint64_t gap(struct rp_deck *d, struct rp_take *t)
{
    uint64_t now = came_us(d->r, d->now_ms), since = now > t->last_us ? now - t->last_us : 0;

    t->last_us += since;
    return since;
}

/* ---- keeping --------------------------------------------------------------------------------- */

int rp_take_record(struct rp_deck *d, struct rp_take *t, const struct rp_exchange *asked,
                   uint64_t now_ms)
{
    struct rp_recorder *r = d->r;
    const struct rp_alloc *a = &r->alloc;

    t->kind = RP_TAKE_PASSES;
    rp_buf_init(&t->headers, a, SIZE_MAX / 2);
    rp_buf_init(&t->body, a, SIZE_MAX / 2);
    rp_buf_init(&t->chunks, a, SIZE_MAX / 2);
    t->began_us = t->last_us = clock_us(r, now_ms);
    RP_TRY(r->inner.ops->start(r->inner.self, asked, now_ms, &t->inner));
    if (!r->has_begun)
        r->began_us = t->began_us;
    r->has_begun = 1;
    t->id = r->next_id++;
    return RP_OK;
}

static int keep_head(struct rp_deck *d, struct rp_take *t, const struct rp_piece *piece)
{
    t->head_us = gap(d, t);
    t->status = piece->status;
    for (size_t i = 0; i < piece->n_headers; i++) {
        const struct rp_header *h = &piece->headers[i];
        RP_TRY(rp_buf_add(&t->headers, h->name, strlen(h->name) + 1));
        RP_TRY(rp_buf_add(&t->headers, h->value, strlen(h->value) + 1));
        t->n_headers++;
    }
    return RP_OK;
}

static int keep_bytes(struct rp_deck *d, struct rp_take *t, const struct rp_piece *piece)
{
    struct rp_body_chunk chunk;

    if (piece->n == 0)
        return RP_OK;
    memset(&chunk, 0, sizeof(chunk));
    chunk.n = piece->n;
    chunk.gap_us = gap(d, t);
    RP_TRY(rp_buf_add(&t->body, piece->bytes, piece->n));
    return rp_buf_add(&t->chunks, (const char *)&chunk, sizeof(chunk));
}

/* ---- storing --------------------------------------------------------------------------------- */

/* The texts stand in t->headers, the array goes to list. */
static int list_headers(const struct rp_take *t, struct rp_buf *list)
{
    const char *at = t->headers.s;

    for (size_t i = 0; i < t->n_headers; i++) {
        struct rp_header h = {.name = at};
        h.value = at + strlen(at) + 1;
        at = h.value + strlen(h.value) + 1;
        RP_TRY(rp_buf_add(list, (const char *)&h, sizeof(h)));
    }
    return RP_OK;
}

/* Borrows from t and from list. */
static int make_interaction(struct rp_deck *d, struct rp_take *t, struct rp_buf *list,
                            struct rp_interaction *out)
{
    struct rp_recorder *r = d->r;

    RP_TRY(list_headers(t, list));
    *out = *t->asked;
    out->id = t->id;
    out->status = t->status;
    out->headers = (const struct rp_header *)(const void *)list->s;
    out->n_headers = t->n_headers;
    out->body = t->body.s ? t->body.s : "";
    out->n_body = t->body.n;
    out->chunks = (const struct rp_body_chunk *)(const void *)t->chunks.s;
    out->n_chunks = t->chunks.n / sizeof(struct rp_body_chunk);
    out->started_us = t->began_us - r->began_us;
    out->head_us = t->head_us;
    out->end_us = gap(d, t);
    out->recorded_at = r->opts.now ? r->opts.now(r->opts.now_ctx) : NULL;
    out->source = "record";
    return RP_OK;
}

/* The rules go with the recordings, so that requests are redacted alike when they are replayed. */
static int note_rules(struct rp_recorder *r, struct rp_error *err)
{
    struct rp_buf rules;
    int rc;

    if (r->noted)
        return RP_OK;
    rp_buf_init(&rules, &r->alloc, SIZE_MAX / 2);
    rc = rp_redact_write_rules(r->redact, &rules);
    if (rc == RP_OK && rules.n > 0)
        rc = rp_cassette_set_note(r->opts.cassette, "redact", rules.s, err);
    rp_buf_free(&rules);
    r->noted = rc == RP_OK;
    return rc;
}

/* Stores the interaction, and puts it into the index. In mode "all" it takes the place of the
 * recording that would have answered, unless that is of this very session. */
static int store(struct rp_deck *d, struct rp_take *t, const struct rp_interaction *i,
                 struct rp_error *err)
{
    struct rp_recorder *r = d->r;
    struct rp_exchange asked = rp_exchange_of(i);
    struct rp_track track = {.order = i->order, .attempt = i->attempt, .fresh = 1};
    unsigned char key[32];
    uint32_t number;
    int64_t id;

    track.marked = rp_cassette_is_marked(i) != 0;
    RP_TRY(rp_recorder_key(r, &asked, 0, key));
    RP_TRY(rp_index_add(&r->index, i->lane, key, track, &number));
    RP_TRY(rp_recorder_reserve(r));
    RP_TRY(rp_deck_use(d, number));
    RP_TRY(note_rules(r, err));
    if (t->track != RP_NO_TRACK && !r->index.tracks[t->track].gone &&
        !r->index.tracks[t->track].fresh) {
        RP_TRY(rp_cassette_renew(r->opts.cassette, r->index.tracks[t->track].id, i, &id, err));
        r->index.tracks[t->track].gone = 1;
    } else {
        RP_TRY(rp_cassette_add(r->opts.cassette, i, &id, err));
    }
    rp_index_keep(&r->index, number, id);
    r->ledger.recorded++;
    return RP_OK;
}

static int store_redacted(struct rp_deck *d, struct rp_take *t, const struct rp_interaction *i,
                          struct rp_error *err)
{
    struct rp_recorder *r = d->r;
    struct rp_interaction *safe;
    int rc = rp_redact_interaction(r->redact, i, &safe, NULL);

    if (rc != RP_OK)
        return rp_fail_at(err, rc, rp_cassette_path(r->opts.cassette),
                          "redacting an interaction: %s", rp_status_text(rc));
    if (r->mode == RP_MODE_DIFF)
        rc = rp_take_compare(d, t, safe, err);
    else
        rc = store(d, t, safe, err);
    rp_interaction_free(&r->alloc, safe);
    return rc;
}

/* The exchange has ended, also badly. */
static int finish(struct rp_deck *d, struct rp_take *t, enum rp_failure failure, const char *text,
                  struct rp_error *err)
{
    struct rp_interaction i;
    struct rp_buf list;
    int rc;

    rp_buf_init(&list, &d->r->alloc, SIZE_MAX / 2);
    rc = make_interaction(d, t, &list, &i);
    if (rc == RP_OK) {
        i.failure = failure;
        i.failure_text = failure == RP_FAILURE_NONE ? NULL : text;
        rc = store_redacted(d, t, &i, err);
    }
    rp_buf_free(&list);
    return rc;
}

/* What was not stored is told: nothing looks recorded that is not. */
static int tell_lost(struct rp_deck *d, struct rp_take *t, const struct rp_error *err,
                     struct rp_piece *piece)
{
    struct rp_buf text;
    int rc;

    rp_buf_init(&text, &d->r->alloc, SIZE_MAX / 2);
    rc = rp_buf_addz(&text, "the call of \"");
    if (rc == RP_OK)
        rc = rp_buf_addz(&text, t->asked->lane);
    if (rc == RP_OK)
        rc = rp_buf_addz(&text, "\" could not be recorded: ");
    if (rc == RP_OK)
        rc = rp_buf_addz(&text, err->text);
    if (rc == RP_OK)
        rc = rp_recorder_tell(d->r, &text);
    if (rc == RP_OK && piece) {
        *piece = (struct rp_piece){.kind = RP_PIECE_FAILED, .failure = RP_FAILURE_OTHER};
        rp_piece_say(piece, text.s);
    }
    rp_buf_free(&text);
    return rc;
}

/* ---- passing on ------------------------------------------------------------------------------ */

int rp_take_pass(struct rp_deck *d, struct rp_take *t, uint64_t now_ms, struct rp_piece *piece,
                 int *over)
{
    struct rp_recorder *r = d->r;
    struct rp_error err = {0};
    int rc;

    RP_TRY(r->inner.ops->poll(r->inner.self, t->inner, now_ms, piece));
    switch (piece->kind) {
    case RP_PIECE_NONE:
        return RP_OK;
    case RP_PIECE_HEAD:
        return keep_head(d, t, piece);
    case RP_PIECE_BYTES:
        return keep_bytes(d, t, piece);
    case RP_PIECE_END:
    case RP_PIECE_FAILED:
        break;
    }
    rc = finish(d, t, piece->kind == RP_PIECE_END ? RP_FAILURE_NONE : piece->failure, piece->text,
                &err);
    *over = 1;
    return rc == RP_OK || rc == RP_ENOMEM ? rc : tell_lost(d, t, &err, piece);
}

int rp_take_cut(struct rp_deck *d, struct rp_take *t)
{
    struct rp_recorder *r = d->r;
    struct rp_error err = {0};
    int rc;

    r->inner.ops->cancel(r->inner.self, t->inner);
    if (r->mode == RP_MODE_DIFF)
        return RP_OK;
    rc = finish(d, t, RP_FAILURE_OTHER, rp_cut_text, &err);
    return rc == RP_OK || rc == RP_ENOMEM ? rc : tell_lost(d, t, &err, NULL);
}
