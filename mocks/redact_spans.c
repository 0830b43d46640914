/* redact_spans.c - owns spans of bytes that are to go, and putting marks in their place. */
#include "redact_inside.h"

#include <stdlib.h>
#include <string.h>

#include "match_path.h"

void rp_spans_init(struct rp_spans *s, const struct rp_alloc *alloc)
{
    *s = (struct rp_spans){.alloc = *alloc};
}

void rp_spans_free(struct rp_spans *s)
{
    if (s->at)
        s->alloc.resize(s->alloc.ctx, s->at, s->room * sizeof(*s->at), 0);
    *s = (struct rp_spans){.alloc = s->alloc};
}

int rp_spans_add(struct rp_spans *s, struct rp_span span)
{
    size_t room = s->room ? s->room * 2 : 16;
    struct rp_span *more;

    if (span.from >= span.to)
        return RP_OK;
    if (s->n == s->room) {
        more = s->alloc.resize(s->alloc.ctx, s->at, s->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        s->at = more;
        s->room = room;
    }
    s->at[s->n++] = span;
    return RP_OK;
}

/* The longer of two that begin together comes first. */
static int by_place(const void *a, const void *b)
{
    const struct rp_span *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to > y->to ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

void rp_spans_sort(struct rp_spans *s)
{
    size_t n = 0;

    if (s->n == 0)
        return;
    qsort(s->at, s->n, sizeof(*s->at), by_place);
    for (size_t i = 1; i < s->n; i++) {
        struct rp_span *last = &s->at[n], now = s->at[i];
        if (now.from >= last->to) {
            s->at[++n] = now;
            continue;
        }
        last->to = now.to > last->to ? now.to : last->to;
        last->number = last->number ? last->number : now.number;
    }
    s->n = n + 1;
}

static int add_mark(struct rp_buf *out, const struct rp_span *span)
{
    static const char *const quote[] = {"", "\"", "\\\"", "\\\\\\\""};
    const char *q = span->quotes < 4 ? quote[span->quotes] : "";

    if (span->number == 0)
        return RP_OK;
    RP_TRY(rp_buf_addz(out, q));
    RP_TRY(rp_buf_addz(out, "[redacted:"));
    RP_TRY(rp_buf_add_int(out, span->number));
    RP_TRY(rp_buf_addc(out, ']'));
    return rp_buf_addz(out, q);
}

/* Where chunks end in the new bytes. What spans several falls into the first of them. */
struct cutting {
    struct rp_body_chunk *chunks;
    size_t n, k;       /* the next one to be closed */
    size_t end;        /* where it ended in the old bytes */
    size_t from, base; /* where it begins in the new ones; where these begin in out */
};

static void close_up_to(struct cutting *c, size_t old_place, size_t new_place)
{
    while (c->k < c->n && c->end <= old_place) {
        c->chunks[c->k].n = new_place - c->from;
        c->from = new_place;
        if (++c->k < c->n)
            c->end += c->chunks[c->k].n;
    }
}

/* Bytes that stay: chunks end among them where they did. */
static void close_inside(struct cutting *c, size_t from, size_t to, size_t new_from)
{
    while (c->k < c->n && c->end <= to)
        close_up_to(c, c->end, new_from + (c->end > from ? c->end - from : 0));
}

int rp_spans_apply(const struct rp_spans *s, const char *from, size_t n, struct rp_buf *out,
                   struct rp_body_chunk *chunks, size_t n_chunks, uint64_t *changed)
{
    struct cutting c = {.chunks = chunks, .n = n_chunks, .base = out->n};
    size_t at = 0;

    c.end = n_chunks > 0 ? chunks[0].n : 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct rp_span *span = &s->at[i];
        size_t now = out->n - c.base;
        RP_TRY(rp_buf_add(out, from + at, span->from - at));
        close_inside(&c, at, span->from, now);
        RP_TRY(add_mark(out, span));
        at = span->to;
        if (changed)
            *changed += span->number > 0;
        close_up_to(&c, at, out->n - c.base);
    }
    close_inside(&c, at, n, out->n - c.base);
    return rp_buf_add(out, from + at, n - at);
}

int rp_redact_is_mark(const char *s, size_t n)
{
    return n > 0 && rp_match_mark(s, n) == n;
}
