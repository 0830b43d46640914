/* recorder_deck.c - owns the transport that one instance of a workflow uses: its open exchanges,
 * each played, passed on or failed, and its positions. */
#include "recorder_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- open exchanges -------------------------------------------------------------------------- */

static void free_take(struct rp_deck *d, struct rp_take *t)
{
    struct rp_alloc a = d->r->alloc;

    rp_interaction_free(&a, t->asked);
    rp_interaction_free(&a, t->played);
    if (t->kind == RP_TAKE_PASSES) {
        rp_buf_free(&t->headers);
        rp_buf_free(&t->body);
        rp_buf_free(&t->chunks);
    }
    a.resize(a.ctx, t, sizeof(*t), 0);
}

static size_t place_of(const struct rp_deck *d, uint32_t ticket)
{
    size_t i = 0;

    while (i < d->n_open && d->open[i]->ticket != ticket)
        i++;
    return i;
}

static void forget(struct rp_deck *d, size_t i)
{
    struct rp_take *t = d->open[i];

    d->n_open--;
    memmove(d->open + i, d->open + i + 1, (d->n_open - i) * sizeof(*d->open));
    free_take(d, t);
}

static void withdraw(struct rp_deck *d, size_t i)
{
    if (d->open[i]->kind == RP_TAKE_PASSES && rp_take_cut(d, d->open[i]) != RP_OK)
        d->failed = 1;
    forget(d, i);
}

static int reserve(struct rp_deck *d)
{
    size_t room = d->room ? d->room * 2 : 8;
    struct rp_take **more;

    if (d->n_open < d->room)
        return RP_OK;
    more =
        d->r->alloc.resize(d->r->alloc.ctx, d->open, d->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    d->open = more;
    d->room = room;
    return RP_OK;
}

/* ---- starting -------------------------------------------------------------------------------- */

static int keep_request(struct rp_deck *d, struct rp_take *t, const struct rp_exchange *asked)
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
                                     .request = asked->body ? asked->body : "",
                                     .n_request = asked->n_body};

    return rp_interaction_copy(&d->r->alloc, &i, &t->asked);
}

static void fail(struct rp_take *t, enum rp_failure failure, const char *text, uint64_t now_ms)
{
    t->kind = RP_TAKE_FAILS;
    t->failed_ms = now_ms;
    t->failure = (struct rp_piece){.kind = RP_PIECE_FAILED, .failure = failure};
    rp_piece_say(&t->failure, text);
}

/* Nothing of what was asked is shown before its secrets are taken out. */
static int tell_miss(struct rp_deck *d, const struct rp_exchange *asked, struct rp_buf *text,
                     struct rp_error *err)
{
    struct rp_interaction *hidden;
    struct rp_exchange safe;
    int rc;

    RP_TRY(rp_recorder_hide(d->r, asked, &hidden));
    safe = rp_exchange_of(hidden);
    rc = rp_deck_miss(d, &safe, text, err);
    rp_interaction_free(&d->r->alloc, hidden);
    d->r->ledger.missed++;
    return rc == RP_OK ? rp_recorder_tell(d->r, text) : rc;
}

static int miss(struct rp_deck *d, struct rp_take *t, const struct rp_exchange *asked,
                uint64_t now_ms, struct rp_error *err)
{
    struct rp_buf text;
    int rc;

    rp_buf_init(&text, &d->r->alloc, SIZE_MAX / 2);
    rc = tell_miss(d, asked, &text, err);
    if (rc == RP_OK && t)
        fail(t, RP_FAILURE_MISS, text.s, now_ms);
    rp_buf_free(&text);
    return rc;
}

static int play(struct rp_deck *d, struct rp_take *t, uint64_t now_ms, struct rp_error *err)
{
    RP_TRY(rp_take_play(d, t, now_ms, err));
    RP_TRY(rp_deck_use(d, t->track));
    d->r->ledger.replayed++;
    return RP_OK;
}

static int pass(struct rp_deck *d, struct rp_take *t, const struct rp_exchange *asked,
                uint64_t now_ms, struct rp_error *err)
{
    if (d->r->mode == RP_MODE_DIFF && t->track == RP_NO_TRACK)
        RP_TRY(miss(d, NULL, asked, now_ms, err));
    if (t->track != RP_NO_TRACK)
        RP_TRY(rp_deck_use(d, t->track));
    RP_TRY(keep_request(d, t, asked));
    return rp_take_record(d, t, asked, now_ms);
}

static int begin(struct rp_deck *d, struct rp_take *t, const struct rp_exchange *asked,
                 uint64_t now_ms, struct rp_error *err)
{
    enum rp_mode mode = d->r->mode;
    int plays = mode == RP_MODE_NONE || mode == RP_MODE_NEW;

    RP_TRY(rp_deck_find(d, asked, &t->track, err));
    if (plays && t->track != RP_NO_TRACK)
        return play(d, t, now_ms, err);
    if (mode == RP_MODE_NONE)
        return miss(d, t, asked, now_ms, err);
    return pass(d, t, asked, now_ms, err);
}

static int deck_start(void *self, const struct rp_exchange *exchange, uint64_t now_ms,
                      uint32_t *ticket)
{
    struct rp_deck *d = self;
    struct rp_exchange asked = *exchange;
    struct rp_error err = {0};
    struct rp_take *t;
    int rc;

    asked.lane = asked.lane ? asked.lane : "";
    d->now_ms = now_ms;
    RP_TRY(d->failed ? RP_ENOMEM : reserve(d));
    t = d->r->alloc.resize(d->r->alloc.ctx, NULL, 0, sizeof(*t));
    if (!t)
        return RP_ENOMEM;
    memset(t, 0, sizeof(*t));
    t->kind = RP_TAKE_FAILS;
    t->track = RP_NO_TRACK;
    rc = begin(d, t, &asked, now_ms, &err);
    if (rc == RP_ENOMEM) {
        free_take(d, t);
        return rc;
    }
    if (rc != RP_OK) /* the cassette cannot be read */
        fail(t, RP_FAILURE_OTHER, err.text, now_ms);
    d->next_ticket = d->next_ticket == UINT32_MAX ? 1 : d->next_ticket + 1;
    t->ticket = *ticket = d->next_ticket;
    d->open[d->n_open++] = t;
    return RP_OK;
}

/* ---- going on -------------------------------------------------------------------------------- */

static int deck_poll(void *self, uint32_t ticket, uint64_t now_ms, struct rp_piece *piece)
{
    struct rp_deck *d = self;
    size_t i = place_of(d, ticket);
    int over = 0, rc = RP_OK;

    *piece = (struct rp_piece){.kind = RP_PIECE_NONE};
    d->now_ms = now_ms;
    if (d->failed)
        return RP_ENOMEM;
    if (i == d->n_open)
        return RP_OK;
    switch (d->open[i]->kind) {
    case RP_TAKE_PLAYS:
        rp_take_next(d, d->open[i], now_ms, piece, &over);
        break;
    case RP_TAKE_PASSES:
        rc = rp_take_pass(d, d->open[i], now_ms, piece, &over);
        break;
    case RP_TAKE_FAILS:
        *piece = d->open[i]->failure;
        over = 1;
        break;
    }
    if (over)
        forget(d, i);
    return rc;
}

static uint64_t deck_due(void *self)
{
    struct rp_deck *d = self;
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < d->n_open; i++) {
        const struct rp_take *t = d->open[i];
        uint64_t due = UINT64_MAX;
        if (t->kind == RP_TAKE_PLAYS)
            due = rp_take_due(d, t);
        else if (t->kind == RP_TAKE_FAILS)
            due = t->failed_ms;
        else
            due = d->r->inner.ops->due(d->r->inner.self);
        first = due < first ? due : first;
    }
    return first;
}

static int deck_wait(void *self, uint64_t until_ms, uint64_t *now_ms)
{
    struct rp_deck *d = self;
    uint64_t due = deck_due(d);

    RP_TRY(d->r->inner.ops->wait(d->r->inner.self, due < until_ms ? due : until_ms, now_ms));
    rp_recorder_woke(d->r);
    return RP_OK;
}

static void deck_cancel(void *self, uint32_t ticket)
{
    struct rp_deck *d = self;
    size_t i = place_of(d, ticket);

    if (i < d->n_open)
        withdraw(d, i);
}

/* ---- positions ------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int is_open(const struct rp_deck *d, uint32_t track)
{
    for (size_t i = 0; i < d->n_open; i++)
        if (d->open[i]->track == track)
            return 1;
    return 0;
}

/* Numbers from and to of each run of recordings that were used; what is still open was not. */
static int save_runs(struct rp_deck *d, int64_t *ids, struct rp_heap *heap, struct rp_value *out)
{
    size_t n = 0;

    for (uint32_t i = 0; i < d->r->index.n_tracks; i++)
        if (rp_deck_has_used(d, i) && !d->r->index.tracks[i].gone && !is_open(d, i))
            ids[n++] = d->r->index.tracks[i].id;
    qsort(ids, n, sizeof(*ids), by_number);
    for (size_t i = 0; i < n;) {
        size_t from = i++;
        while (i < n && ids[i] == ids[i - 1] + 1)
            i++;
        RP_TRY(rp_list_add(heap, out, rp_int(ids[from])));
        RP_TRY(rp_list_add(heap, out, rp_int(ids[i - 1])));
    }
    return RP_OK;
}

static int deck_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    struct rp_deck *d = self;
    struct rp_alloc a = d->r->alloc;
    size_t size = (d->r->index.n_tracks + (size_t)1) * sizeof(int64_t);
    struct rp_value runs = rp_list(), map = rp_map();
    int64_t *ids = a.resize(a.ctx, NULL, 0, size);
    int rc;

    if (!ids)
        return RP_ENOMEM;
    rc = save_runs(d, ids, heap, &runs);
    a.resize(a.ctx, ids, size, 0);
    if (rc == RP_OK)
        rc = rp_map_put(heap, &map, "used", runs);
    if (rc == RP_OK)
        *out = map;
    return rc;
}

static int is_saved(struct rp_value runs, int64_t id)
{
    for (uint32_t i = 0; i + 1 < rp_len(runs); i += 2)
        if (id >= rp_at(runs, i).u.i && id <= rp_at(runs, i + 1).u.i)
            return 1;
    return 0;
}

static int check_saved(struct rp_value saved, struct rp_value runs)
{
    if ((saved.tag != RP_MAP && saved.tag != RP_NIL) ||
        (runs.tag != RP_LIST && runs.tag != RP_NIL) || rp_len(runs) % 2 != 0)
        return RP_ETYPE;
    for (uint32_t i = 0; i < rp_len(runs); i++)
        if (rp_at(runs, i).tag != RP_INT)
            return RP_ETYPE;
    return RP_OK;
}

/* Exchanges that are open belong to what was before. Numbers that the cassette has no more are
 * passed over. */
static int deck_load(void *self, struct rp_value saved)
{
    struct rp_deck *d = self;
    struct rp_value runs = rp_map_get(saved, "used");

    RP_TRY(check_saved(saved, runs));
    while (d->n_open > 0)
        withdraw(d, d->n_open - 1);
    rp_deck_reset(d);
    for (uint32_t i = 0; i < d->r->index.n_tracks; i++)
        if (!d->r->index.tracks[i].gone && is_saved(runs, d->r->index.tracks[i].id))
            RP_TRY(rp_deck_use(d, i));
    return RP_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void deck_free(void *self)
{
    struct rp_deck *d = self;
    struct rp_alloc a;

    if (!d)
        return;
    a = d->r->alloc;
    while (d->n_open > 0)
        withdraw(d, d->n_open - 1);
    if (d->open)
        a.resize(a.ctx, d->open, d->room * sizeof(*d->open), 0);
    if (d->used)
        a.resize(a.ctx, d->used, d->used_size, 0);
    if (d->queue)
        a.resize(a.ctx, d->queue, d->queues * sizeof(*d->queue), 0);
    a.resize(a.ctx, d, sizeof(*d), 0);
}

int rp_recorder_transport(struct rp_recorder *r, struct rp_transport *out)
{
    static const struct rp_transport_ops virtual_ops = {
        .start = deck_start,
        .poll = deck_poll,
        .due = deck_due,
        .cancel = deck_cancel,
        .save = deck_save,
        .load = deck_load,
        .free = deck_free,
    };
    static const struct rp_transport_ops real_ops = {
        .start = deck_start,
        .poll = deck_poll,
        .due = deck_due,
        .wait = deck_wait,
        .cancel = deck_cancel,
        .save = deck_save,
        .load = deck_load,
        .free = deck_free,
    };
    int is_real = r->mode != RP_MODE_NONE && r->inner.ops->wait != NULL;
    struct rp_deck *d = r->alloc.resize(r->alloc.ctx, NULL, 0, sizeof(*d));

    if (!d)
        return RP_ENOMEM;
    memset(d, 0, sizeof(*d));
    d->r = r;
    *out = (struct rp_transport){is_real ? &real_ops : &virtual_ops, d};
    return RP_OK;
}
