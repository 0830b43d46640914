/* prepared.c - owns answers that were made before: a script's reply that stands often is the same
 * each time but for the number of the call in its ids. Where the number stands is found by making
 * the answer with two numbers that differ in every digit; a third one proves it. */
#include "core.h"

#include <string.h>

enum { TABLE = 64, BYTES_MAX = 256 << 10, PLACES_MAX = 4096 };
#define LARGEST 9999999999 /* of RP_SERVE_DIGITS */

struct rp_serve_prepared {
    const struct rp_script_reply *reply; /* NULL: free */
    enum rp_dialect dialect;
    int stream, usage;
    int unfit;         /* it was tried, and cannot be prepared */
    struct rp_buf all; /* the model's name, then the body */
    size_t n_model;
    size_t *at; /* ends of the pieces, then places of numbers, both in the body */
    size_t n_pieces, n_places;
};

static void *resize(struct rp_serve *s, void *old, size_t was, size_t now)
{
    return s->o.alloc.resize(s->o.alloc.ctx, old, was, now);
}

static void clear(struct rp_serve *s, struct rp_serve_prepared *p)
{
    if (p->at)
        resize(s, p->at, (p->n_pieces + p->n_places) * sizeof(*p->at), 0);
    rp_buf_free(&p->all);
    *p = (struct rp_serve_prepared){0};
}

void rp_serve_forget_prepared(struct rp_serve *s)
{
    if (!s->prepared)
        return;
    for (size_t i = 0; i < TABLE; i++)
        if (s->prepared[i].reply)
            clear(s, s->prepared + i);
    resize(s, s->prepared, TABLE * sizeof(*s->prepared), 0);
    s->prepared = NULL;
}

/* Where such an answer stands, if anywhere. */
static struct rp_serve_prepared *place_of(const struct rp_serve_line *l)
{
    size_t hash = (size_t)(uintptr_t)l->reply / sizeof(*l->reply);

    hash = hash * 31 + (size_t)l->a->dialect * 4 + (size_t)l->stream * 2 + (size_t)l->usage;
    for (size_t i = 0; i < l->model.n && i < 32; i++)
        hash = hash * 31 + (unsigned char)l->model.s[i];
    return l->s->prepared + hash % TABLE;
}

static int is_same(const struct rp_serve_prepared *p, const struct rp_serve_line *l)
{
    return p->reply == l->reply && p->dialect == l->a->dialect && p->stream == l->stream &&
           p->usage == l->usage && p->n_model == l->model.n &&
           memcmp(p->all.s, l->model.s, l->model.n) == 0;
}

/* ---- using ---- */

static void set_number(char *body, const size_t *places, size_t n, int64_t number)
{
    char digits[RP_SERVE_DIGITS + 24];
    char *from = rp_serve_digits(digits + sizeof(digits) - 1, (uint64_t)number, RP_SERVE_DIGITS);

    for (size_t i = 0; i < n; i++)
        memcpy(body + places[i], from, RP_SERVE_DIGITS);
}

static int use(const struct rp_serve_prepared *p, struct rp_serve_line *l)
{
    struct rp_serve_answer *a = l->a;

    RP_TRY(rp_buf_add(&a->body, p->all.s + p->n_model, p->all.n - p->n_model));
    set_number(a->body.s, p->at + p->n_pieces, p->n_places, l->number);
    rp_serve_line_head(l);
    for (size_t i = 0; i < p->n_pieces; i++)
        RP_TRY(rp_serve_piece_to(a, p->at[i], l->start_ms));
    return RP_OK;
}

/* ---- preparing ---- */

static void start_over(struct rp_serve_answer *a)
{
    rp_buf_clear(&a->body);
    a->n_pieces = a->n_headers = 0;
}

static int put_as(struct rp_serve_line *l, int64_t number)
{
    int64_t was = l->number;
    int rc;

    start_over(l->a);
    l->number = number;
    rc = rp_serve_put_line(l);
    l->number = was;
    return rc;
}

/* Where a has nothing but 0 and b nothing but 9, in runs of the right length. 0: they differ in
 * other ways too. */
static int find_places(const struct rp_buf *a, const struct rp_buf *b, size_t *places, size_t *n)
{
    *n = 0;
    if (a->n != b->n)
        return 0;
    for (size_t i = 0; i < a->n; i++) {
        size_t run = 0;
        if (a->s[i] == b->s[i])
            continue;
        while (i + run < a->n && a->s[i + run] == '0' && b->s[i + run] == '9')
            run++;
        if (run != RP_SERVE_DIGITS || *n == PLACES_MAX)
            return 0;
        places[(*n)++] = i;
        i += run - 1;
    }
    return 1;
}

/* The answer is in l->a, and in zeros with the number 0: keeps it unless it is not what putting
 * the number in gives. */
static int keep(struct rp_serve_prepared *p, const struct rp_serve_line *l, struct rp_buf *zeros,
                const size_t *places, size_t n)
{
    const struct rp_serve_answer *a = l->a;

    set_number(zeros->s, places, n, l->number);
    if (zeros->n != a->body.n || memcmp(zeros->s, a->body.s, a->body.n) != 0)
        return RP_OK;
    RP_TRY(rp_buf_add(&p->all, a->body.s, a->body.n));
    p->at = resize(l->s, NULL, 0, (a->n_pieces + n) * sizeof(*p->at));
    if (!p->at)
        return RP_ENOMEM;
    p->n_pieces = a->n_pieces;
    p->n_places = n;
    for (size_t i = 0; i < a->n_pieces; i++)
        p->at[i] = a->pieces[i].end;
    memcpy(p->at + a->n_pieces, places, n * sizeof(*places));
    p->unfit = 0;
    return RP_OK;
}

static int prepare(struct rp_serve_prepared *p, struct rp_serve_line *l, size_t *places)
{
    struct rp_buf zeros;
    size_t n = 0;
    int rc, fit = 0;

    rp_buf_init(&zeros, &l->s->o.alloc, RP_TEXT_MAX);
    p->unfit = 1;
    rc = put_as(l, 0);
    if (rc == RP_OK)
        rc = rp_buf_add(&zeros, l->a->body.s, l->a->body.n);
    if (rc == RP_OK)
        rc = put_as(l, LARGEST);
    if (rc == RP_OK)
        fit = zeros.n <= BYTES_MAX && find_places(&zeros, &l->a->body, places, &n);
    if (rc == RP_OK)
        rc = put_as(l, l->number);
    if (rc == RP_OK && fit)
        rc = keep(p, l, &zeros, places, n);
    rp_buf_free(&zeros);
    return rc;
}

static int begin(struct rp_serve_prepared *p, struct rp_serve_line *l)
{
    size_t *places = resize(l->s, NULL, 0, PLACES_MAX * sizeof(*places));
    int rc;

    if (!places)
        return RP_ENOMEM;
    if (p->reply)
        clear(l->s, p);
    *p = (struct rp_serve_prepared){.reply = l->reply,
                                    .dialect = l->a->dialect,
                                    .stream = l->stream,
                                    .usage = l->usage,
                                    .n_model = l->model.n};
    rp_buf_init(&p->all, &l->s->o.alloc, RP_TEXT_MAX);
    rc = rp_buf_add(&p->all, l->model.s, l->model.n);
    if (rc == RP_OK)
        rc = prepare(p, l, places);
    resize(l->s, places, PLACES_MAX * sizeof(*places), 0);
    if (rc != RP_OK)
        clear(l->s, p);
    return rc;
}

/* Is it worth while? Ids of calls by default hold the number as well, and delays are not kept. */
static int may(const struct rp_serve_line *l)
{
    const struct rp_script_reply *r = l->reply;
    int late = !l->s->o.no_delays && (r->delay_ms > 0 || r->chunk_delay_ms > 0);
    int often =
        r->repeat > 1 || l->s->lanes[l->lane].seat.agent->when_exhausted != RP_EXHAUSTED_ERROR;

    return often && !late && r->contents.tag == RP_LIST && l->number <= LARGEST;
}

int rp_serve_put_prepared(struct rp_serve_line *l, int *done)
{
    struct rp_serve_prepared *p;

    *done = 0;
    if (!may(l))
        return RP_OK;
    if (!l->s->prepared) {
        l->s->prepared = resize(l->s, NULL, 0, TABLE * sizeof(*l->s->prepared));
        if (!l->s->prepared)
            return RP_ENOMEM;
        memset(l->s->prepared, 0, TABLE * sizeof(*l->s->prepared));
    }
    p = place_of(l);
    *done = 1;
    if (!p->reply || !is_same(p, l))
        return begin(p, l);
    *done = !p->unfit;
    return p->unfit ? RP_OK : use(p, l);
}
