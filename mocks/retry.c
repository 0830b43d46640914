/* retry.c - owns the exchanges that may have to be asked again, each with a copy of its request,
 * and says which ends are worth another try. */
#include "retry.h"

#include <string.h>

enum phase {
    ASKING,  /* nothing was told yet */
    WASTED,  /* this try has failed, its end is waited for */
    WAITING, /* for the time of the next try */
    TELLING  /* what comes is told as it comes */
};

struct call {
    uint32_t ticket, inner; /* inner 0: no try is open */
    enum phase phase;
    struct rp_exchange *request; /* its attempt is that of the next try */
    uint32_t tried;              /* tries begun */
    uint64_t at_ms;              /* WAITING: the next try */
    uint64_t pause_ms;           /* WASTED: before the next try */
    int status;                  /* of the head that is kept back */
    struct rp_exchange *head;    /* its headers; NULL: none is kept */
    int head_told;
    struct rp_piece next; /* what came behind it; its bytes are in after */
    struct rp_buf after;
};

struct retry {
    struct rp_alloc alloc;
    struct rp_retry_opts o;
    struct rp_transport inner;
    struct call *calls; /* in order of start */
    size_t n, room;
    uint32_t last_ticket;
};

struct rp_retry_opts rp_retry_default(void)
{
    return (struct rp_retry_opts){.tries = 3, .first_ms = 500, .longest_ms = 60000};
}

/* ---- policy ---------------------------------------------------------------------------------- */

static int failure_passes(enum rp_failure failure)
{
    return failure == RP_FAILURE_RESOLVE || failure == RP_FAILURE_CONNECT ||
           failure == RP_FAILURE_TIMEOUT || failure == RP_FAILURE_RESET;
}

static int status_passes(const struct rp_piece *head)
{
    const char *said = rp_header_find(head->headers, head->n_headers, "x-should-retry");

    if (said && strcmp(said, "true") == 0)
        return 1;
    if (said && strcmp(said, "false") == 0)
        return 0;
    return head->status == 408 || head->status == 409 || head->status == 429 ||
           (head->status >= 500 && head->status <= 599);
}

/* Equal for equal calls, whatever else is under way. */
static uint64_t draw(const struct retry *r, const struct call *c)
{
    uint64_t x = r->o.seed;

    for (const char *z = c->request->lane ? c->request->lane : ""; *z; z++)
        x = (x ^ (unsigned char)*z) * 0x100000001b3u;
    x += (uint64_t)c->request->order * 0x9e3779b97f4a7c15u + c->tried;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The pause before the next try, when nothing else is said. */
static uint64_t usual_pause(const struct retry *r, const struct call *c)
{
    uint64_t ms = r->o.first_ms;

    for (uint32_t i = 1; i < c->tried && ms < r->o.longest_ms; i++)
        ms *= 2;
    if (ms > r->o.longest_ms)
        ms = r->o.longest_ms;
    return ms - draw(r, c) % (ms / 4 + 1);
}

/* Does that head ask for another try, and when? */
static int is_wasted(const struct retry *r, struct call *c, const struct rp_piece *head)
{
    int64_t after = rp_retry_after(head->headers, head->n_headers);

    if (c->tried >= r->o.tries || !status_passes(head))
        return 0;
    if (after > 0 && (uint64_t)after > r->o.longest_ms)
        return 0;
    c->pause_ms = after >= 0 ? (uint64_t)after : usual_pause(r, c);
    return 1;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static struct call *find(struct retry *r, uint32_t ticket)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->calls[i].ticket == ticket)
            return r->calls + i;
    return NULL;
}

/* The try under way, if any, is over or was cancelled. */
static void forget(struct retry *r, struct call *c)
{
    size_t behind = (size_t)(r->calls + r->n - (c + 1));

    rp_exchange_free(&r->alloc, c->request);
    rp_exchange_free(&r->alloc, c->head);
    rp_buf_free(&c->after);
    memmove(c, c + 1, behind * sizeof(*c));
    r->n--;
}

static int make_room(struct retry *r)
{
    size_t room = r->room ? r->room * 2 : 8;
    struct call *more;

    if (r->n < r->room)
        return RP_OK;
    more = r->alloc.resize(r->alloc.ctx, r->calls, r->room * sizeof(*more), room * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    r->calls = more;
    r->room = room;
    return RP_OK;
}

/* The next try; the pieces of those before it are forgotten. */
static int ask(struct retry *r, struct call *c, uint64_t now_ms)
{
    rp_exchange_free(&r->alloc, c->head);
    c->head = NULL;
    c->phase = ASKING;
    RP_TRY(r->inner.ops->start(r->inner.self, c->request, now_ms, &c->inner));
    c->tried++;
    c->request->attempt++;
    return RP_OK;
}

static int retry_start(void *self, const struct rp_exchange *exchange, uint64_t now_ms,
                       uint32_t *ticket)
{
    struct retry *r = self;
    struct call c = {.phase = ASKING};
    int rc;

    RP_TRY(make_room(r));
    RP_TRY(rp_exchange_copy(&r->alloc, exchange, &c.request));
    rp_buf_init(&c.after, &r->alloc, SIZE_MAX / 2); /* one piece, as long as it comes */
    rc = ask(r, &c, now_ms);
    if (rc != RP_OK) {
        rp_exchange_free(&r->alloc, c.request);
        return rc;
    }
    r->last_ticket += r->last_ticket == UINT32_MAX ? 2 : 1;
    c.ticket = *ticket = r->last_ticket;
    r->calls[r->n++] = c;
    return RP_OK;
}

static void retry_cancel(void *self, uint32_t ticket)
{
    struct retry *r = self;
    struct call *c = find(r, ticket);

    if (!c)
        return;
    if (c->inner)
        r->inner.ops->cancel(r->inner.self, c->inner);
    forget(r, c);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static int is_end(const struct rp_piece *p)
{
    return p->kind == RP_PIECE_END || p->kind == RP_PIECE_FAILED;
}

/* A head of a 2xx is kept back until it is sure that something comes behind it. */
static int keep_head(struct retry *r, struct call *c, const struct rp_piece *head)
{
    struct rp_exchange kept = {.headers = head->headers, .n_headers = head->n_headers};

    c->status = head->status;
    c->head_told = 0;
    return rp_exchange_copy(&r->alloc, &kept, &c->head);
}

static int take_head(struct retry *r, struct call *c, const struct rp_piece *head, int *tell)
{
    *tell = 0;
    if (head->status >= 200 && head->status < 300 && c->tried < r->o.tries)
        return keep_head(r, c, head);
    if (is_wasted(r, c, head)) {
        c->phase = WASTED;
        return RP_OK;
    }
    c->phase = TELLING;
    *tell = 1;
    return RP_OK;
}

/* Something came behind the head, or instead of it. */
static int take_next(struct retry *r, struct call *c, const struct rp_piece *p, uint64_t now_ms)
{
    if (p->kind == RP_PIECE_FAILED && failure_passes(p->failure) && c->tried < r->o.tries) {
        c->phase = WAITING;
        c->at_ms = now_ms + usual_pause(r, c);
        return RP_OK;
    }
    c->phase = TELLING;
    c->next = *p;
    if (p->kind != RP_PIECE_BYTES)
        return RP_OK;
    RP_TRY(rp_buf_add(&c->after, p->bytes, p->n));
    c->next.bytes = c->after.s;
    return RP_OK;
}

static int take_piece(struct retry *r, struct call *c, const struct rp_piece *p, uint64_t now_ms,
                      int *tell)
{
    *tell = c->phase == TELLING;
    if (is_end(p))
        c->inner = 0;
    if (c->phase == TELLING)
        return RP_OK;
    if (c->phase == WASTED) {
        if (is_end(p)) {
            c->phase = WAITING;
            c->at_ms = now_ms + c->pause_ms;
        }
        return RP_OK;
    }
    if (p->kind == RP_PIECE_HEAD)
        return take_head(r, c, p, tell);
    return take_next(r, c, p, now_ms);
}

/* What was kept back and may be told now. */
static int tell_kept(struct call *c, struct rp_piece *out)
{
    if (c->phase != TELLING)
        return 0;
    if (c->head && !c->head_told) {
        c->head_told = 1;
        *out = (struct rp_piece){.kind = RP_PIECE_HEAD,
                                 .status = c->status,
                                 .headers = c->head->headers,
                                 .n_headers = c->head->n_headers};
        return 1;
    }
    if (c->next.kind == RP_PIECE_NONE)
        return 0;
    *out = c->next;
    c->next.kind = RP_PIECE_NONE;
    return 1;
}

static int next_piece(struct retry *r, struct call *c, uint64_t now_ms, struct rp_piece *out)
{
    int tell = 0;

    while (!tell) {
        if (tell_kept(c, out))
            return RP_OK;
        if (c->phase == WAITING && now_ms >= c->at_ms)
            RP_TRY(ask(r, c, now_ms));
        *out = (struct rp_piece){.kind = RP_PIECE_NONE};
        if (!c->inner)
            return RP_OK;
        RP_TRY(r->inner.ops->poll(r->inner.self, c->inner, now_ms, out));
        if (out->kind == RP_PIECE_NONE)
            return RP_OK;
        RP_TRY(take_piece(r, c, out, now_ms, &tell));
    }
    return RP_OK;
}

static int retry_poll(void *self, uint32_t ticket, uint64_t now_ms, struct rp_piece *piece)
{
    struct retry *r = self;
    struct call *c = find(r, ticket);

    *piece = (struct rp_piece){.kind = RP_PIECE_NONE};
    if (!c)
        return RP_ENOTFOUND;
    RP_TRY(next_piece(r, c, now_ms, piece));
    if (is_end(piece))
        forget(r, c);
    return RP_OK;
}

/* ---- time ------------------------------------------------------------------------------------ */

static uint64_t own_due(const struct retry *r)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < r->n; i++) {
        const struct call *c = r->calls + i;
        int kept = (c->head && !c->head_told) || c->next.kind != RP_PIECE_NONE;
        if (c->phase == TELLING && kept)
            return 0;
        if (c->phase == WAITING && c->at_ms < due)
            due = c->at_ms;
    }
    return due;
}

static uint64_t retry_due(void *self)
{
    const struct retry *r = self;
    uint64_t own = own_due(r), inner = r->inner.ops->due(r->inner.self);

    return own < inner ? own : inner;
}

static int retry_wait(void *self, uint64_t until_ms, uint64_t *now_ms)
{
    const struct retry *r = self;
    uint64_t own = own_due(r);

    return r->inner.ops->wait(r->inner.self, own < until_ms ? own : until_ms, now_ms);
}

/* ---- positions and life ---------------------------------------------------------------------- */

static int retry_save(void *self, struct rp_heap *heap, struct rp_value *out)
{
    const struct retry *r = self;

    *out = rp_nil();
    return r->inner.ops->save ? r->inner.ops->save(r->inner.self, heap, out) : RP_OK;
}

static int retry_load(void *self, struct rp_value saved)
{
    struct retry *r = self;

    while (r->n > 0)
        retry_cancel(r, r->calls[r->n - 1].ticket);
    return r->inner.ops->load ? r->inner.ops->load(r->inner.self, saved) : RP_OK;
}

static void retry_free(void *self)
{
    struct retry *r = self;
    struct rp_alloc alloc = r->alloc;

    while (r->n > 0)
        retry_cancel(r, r->calls[r->n - 1].ticket);
    r->inner.ops->free(r->inner.self);
    if (r->calls)
        alloc.resize(alloc.ctx, r->calls, r->room * sizeof(*r->calls), 0);
    alloc.resize(alloc.ctx, r, sizeof(*r), 0);
}

int rp_retry_new(const struct rp_alloc *alloc, const struct rp_retry_opts *opts,
                 struct rp_transport inner, struct rp_transport *out)
{
#define CALLS                                                                                      \
    .start = retry_start, .poll = retry_poll, .due = retry_due, .cancel = retry_cancel,            \
    .save = retry_save, .load = retry_load, .free = retry_free
    static const struct rp_transport_ops jumping = {CALLS};
    static const struct rp_transport_ops waiting = {CALLS, .wait = retry_wait};
#undef CALLS
    struct retry *r = alloc->resize(alloc->ctx, NULL, 0, sizeof(*r));

    if (!r) {
        inner.ops->free(inner.self);
        return RP_ENOMEM;
    }
    *r = (struct retry){.alloc = *alloc, .o = *opts, .inner = inner};
    *out = (struct rp_transport){inner.ops->wait ? &waiting : &jumping, r};
    return RP_OK;
}
