/* core.c - owns the answers of a server while they are given: their heads, their bytes and the
 * moments at which those come. Who answers what is said by route.c. */
#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SLOTS_MAX = 0xffff, BODY_KEPT = 256 << 10, HEAP_CHUNK = 8 << 10 };

/* ---- memory ---- */

static void *resize(struct rp_serve *s, void *old, size_t was, size_t now)
{
    return s->o.alloc.resize(s->o.alloc.ctx, old, was, now);
}

static void free_answer(struct rp_serve *s, struct rp_serve_answer *a)
{
    rp_buf_free(&a->body);
    if (a->pieces)
        resize(s, a->pieces, a->room * sizeof(*a->pieces), 0);
    resize(s, a, sizeof(*a), 0);
}

void rp_serve_free(struct rp_serve *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_answers; i++)
        free_answer(s, s->answers[i]);
    if (s->answers)
        resize(s, s->answers, s->n_answers * sizeof(struct rp_serve_answer *), 0);
    if (s->source.ops)
        s->source.ops->free(s->source.self);
    rp_serve_forget(s);
    rp_serve_forget_prepared(s);
    rp_serve_free_lanes(s);
    if (s->seen)
        resize(s, s->seen, s->room_seen * sizeof(*s->seen), 0);
    if (s->room)
        resize(s, s->room, s->n_room * sizeof(*s->room), 0);
    rp_buf_free(&s->url);
    rp_heap_free(&s->heap);
    resize(s, s, sizeof(*s), 0);
}

static int add_lanes(struct rp_serve *s)
{
    for (uint32_t i = 0; i < s->o.n_agents; i++) {
        RP_TRY(rp_serve_add_lane(s, rp_str(s->o.agents[i].name)));
        s->lanes[s->n_lanes - 1].seat.agent = s->o.agents + i;
    }
    for (size_t i = 0; i < s->o.n_lanes; i++)
        RP_TRY(rp_serve_add_lane(s, rp_str(s->o.lanes[i])));
    return RP_OK;
}

static void init_heap(struct rp_serve *s)
{
    rp_heap_init(&s->heap, &s->o.alloc, 0, RP_HEAP_CHUNK < HEAP_CHUNK ? RP_HEAP_CHUNK : HEAP_CHUNK);
}

int rp_serve_new(const struct rp_serve_opts *opts, struct rp_serve **out)
{
    struct rp_serve *s = opts->alloc.resize(opts->alloc.ctx, NULL, 0, sizeof(*s));
    int rc;

    if (!s)
        return RP_ENOMEM;
    memset(s, 0, sizeof(*s));
    s->o = *opts;
    if (!s->o.lane_header)
        s->o.lane_header = RP_SERVE_LANE_HEADER;
    init_heap(s);
    rp_buf_init(&s->url, &opts->alloc, RP_TEXT_MAX);
    rc = add_lanes(s);
    if (rc == RP_OK && opts->source)
        rc = opts->source(opts->ctx, &s->source);
    if (rc != RP_OK) {
        rp_serve_free(s);
        return rc;
    }
    *out = s;
    return RP_OK;
}

int rp_serve_reset(struct rp_serve *s, uint64_t now_ms)
{
    struct rp_transport fresh = {NULL, NULL};

    if (s->o.source)
        RP_TRY(s->o.source(s->o.ctx, &fresh));
    for (size_t i = 0; i < s->n_answers; i++) { /* those of the old source break off */
        struct rp_serve_answer *a = s->answers[i];
        a->seen = 0;
        if (a->source)
            a->ending = RP_SERVE_CUT;
        a->source = 0;
    }
    if (s->o.source) {
        s->source.ops->free(s->source.self);
        s->source = fresh;
        s->source_ms = now_ms;
    }
    for (size_t i = 0; i < s->n_lanes; i++) {
        s->lanes[i].order = 0;
        if (s->lanes[i].seat.agent)
            rp_script_seek(&s->lanes[i].seat, 0);
    }
    rp_serve_forget(s);
    s->count = s->forgotten = 0;
    return RP_OK;
}

int rp_serve_room(struct rp_serve *s, size_t n)
{
    struct rp_header *more;

    if (n <= s->n_room)
        return RP_OK;
    more = resize(s, s->room, s->n_room * sizeof(*more), n * sizeof(*more));
    if (!more)
        return RP_ENOMEM;
    s->room = more;
    s->n_room = n;
    return RP_OK;
}

/* ---- tickets ---- */

static struct rp_serve_answer *find(struct rp_serve *s, uint32_t ticket)
{
    size_t slot = ticket & SLOTS_MAX;

    return slot < s->n_answers && s->answers[slot]->ticket == ticket ? s->answers[slot] : NULL;
}

static int add_slot(struct rp_serve *s)
{
    size_t n = s->n_answers, size = sizeof(struct rp_serve_answer *);
    struct rp_serve_answer **more, *a;

    if (n == SLOTS_MAX)
        return RP_ELIMIT;
    a = resize(s, NULL, 0, sizeof(*a));
    if (!a)
        return RP_ENOMEM;
    more = resize(s, s->answers, n * size, (n + 1) * size);
    if (!more) {
        resize(s, a, sizeof(*a), 0);
        return RP_ENOMEM;
    }
    memset(a, 0, sizeof(*a));
    rp_buf_init(&a->body, &s->o.alloc, RP_TEXT_MAX);
    s->answers = more;
    s->answers[n] = a;
    s->n_answers++;
    return RP_OK;
}

/* A free slot, emptied but for the memory that it holds. */
static int take_slot(struct rp_serve *s, struct rp_serve_answer **out)
{
    struct rp_serve_answer *a;
    size_t i = 0;

    while (i < s->n_answers && s->answers[i]->ticket)
        i++;
    if (i == s->n_answers)
        RP_TRY(add_slot(s));
    a = s->answers[i];
    rp_buf_clear(&a->body);
    *a = (struct rp_serve_answer){.body = a->body, .pieces = a->pieces, .room = a->room};
    s->next_turn = s->next_turn % 0xffff + 1;
    a->ticket = s->next_turn << 16 | (uint32_t)i;
    s->n_open++;
    *out = a;
    return RP_OK;
}

void rp_serve_cancel(struct rp_serve *s, uint32_t ticket)
{
    struct rp_serve_answer *a = find(s, ticket);

    if (!a)
        return;
    if (a->source)
        s->source.ops->cancel(s->source.self, a->source);
    if (a->body.size > BODY_KEPT)
        rp_buf_free(&a->body);
    a->ticket = a->source = 0;
    s->n_open--;
}

/* ---- making an answer ---- */

void rp_serve_header(struct rp_serve_answer *a, const char *name, const char *value)
{
    RP_ASSERT(a->n_headers < RP_SERVE_HEADERS);
    a->headers[a->n_headers++] = (struct rp_header){name, value};
}

void rp_serve_head(struct rp_serve_answer *a, int status, const char *content_type)
{
    a->status = status;
    a->n_headers = 0;
    rp_serve_header(a, "Content-Type", content_type);
}

char *rp_serve_digits(char *end, uint64_t n, int width)
{
    *end = '\0';
    for (; n > 0 || width > 0; n /= 10, width--)
        *--end = (char)('0' + n % 10);
    return end;
}

void rp_serve_length(struct rp_serve_answer *a, size_t n)
{
    char *end = a->length + sizeof(a->length) - 1;

    rp_serve_header(a, "Content-Length", rp_serve_digits(end, n, 1));
}

int rp_serve_piece_to(struct rp_serve_answer *a, size_t end, uint64_t due_ms)
{
    const struct rp_alloc *alloc = &a->body.alloc;
    size_t room = a->room > 0 ? 2 * a->room : 4;

    if (a->n_pieces == a->room) {
        struct rp_serve_bytes *more =
            alloc->resize(alloc->ctx, a->pieces, a->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        a->pieces = more;
        a->room = room;
    }
    a->pieces[a->n_pieces++] = (struct rp_serve_bytes){end, due_ms};
    return RP_OK;
}

int rp_serve_piece(struct rp_serve_answer *a, uint64_t due_ms)
{
    return rp_serve_piece_to(a, a->body.n, due_ms);
}

int rp_serve_refuse(struct rp_serve_answer *a, uint64_t now_ms, int status, const char *format, ...)
{
    struct rp_error said = {0};
    va_list given;

    va_start(given, format);
    rp_fail_va(&said, RP_EARG, "", format, given);
    va_end(given);
    rp_buf_clear(&a->body);
    a->n_pieces = a->told = 0;
    a->ending = RP_SERVE_ENDS;
    RP_TRY(rp_wire_write_error(a->dialect, status, NULL, said.text, &a->body));
    rp_serve_head(a, status, "application/json");
    rp_serve_length(a, a->body.n);
    return rp_serve_piece(a, now_ms);
}

static void no_roots(void *ctx, rp_visit_fn *visit, void *walk)
{
    (void)ctx;
    (void)visit;
    (void)walk;
}

/* What a request was read into is not needed any more; its memory is kept for the next one. */
static void empty_heap(struct rp_serve *s)
{
    if (!s->heap.failed && rp_heap_collect(&s->heap, no_roots, NULL) == RP_OK)
        return;
    rp_heap_free(&s->heap);
    init_heap(s);
}

int rp_serve_start(struct rp_serve *s, const struct rp_exchange *request, uint64_t now_ms,
                   uint32_t *ticket)
{
    struct rp_serve_answer *a;
    int rc;

    RP_TRY(take_slot(s, &a));
    a->start_ms = now_ms;
    rc = rp_serve_route(s, request, now_ms, a);
    empty_heap(s);
    if (rc == RP_OK && a->seen && !a->source)
        rp_serve_find_seen(s, a->seen)->status = a->status;
    if (rc != RP_OK) {
        rp_serve_cancel(s, a->ticket);
        return rc;
    }
    *ticket = a->ticket;
    return RP_OK;
}

/* ---- giving it ---- */

static void tell_bytes(struct rp_serve_answer *a, struct rp_piece *piece)
{
    size_t from = a->told > 0 ? a->pieces[a->told - 1].end : 0;

    piece->kind = RP_PIECE_BYTES;
    piece->bytes = a->body.s + from;
    piece->n = a->pieces[a->told++].end - from;
}

static void tell_head(struct rp_serve_answer *a, struct rp_piece *piece)
{
    piece->kind = RP_PIECE_HEAD;
    piece->status = a->status;
    piece->headers = a->headers;
    piece->n_headers = a->n_headers;
    a->head_told = 1;
}

static void tell_end(struct rp_serve_answer *a, struct rp_piece *piece)
{
    piece->kind = RP_PIECE_END;
    a->over = 1;
    if (a->ending != RP_SERVE_CUT)
        return;
    piece->kind = RP_PIECE_FAILED;
    piece->failure = RP_FAILURE_RESET;
    snprintf(piece->text, sizeof(piece->text), "the connection broke, as the script says");
}

/* When the next piece of the core's own answer comes. */
static uint64_t due_of(const struct rp_serve_answer *a)
{
    if (a->over || a->ending == RP_SERVE_NEVER)
        return UINT64_MAX;
    if (!a->head_told && a->n_pieces > 0)
        return a->pieces[0].due_ms;
    if (a->told < a->n_pieces)
        return a->pieces[a->told].due_ms;
    return a->end_ms;
}

int rp_serve_poll(struct rp_serve *s, uint32_t ticket, uint64_t now_ms, struct rp_piece *piece)
{
    struct rp_serve_answer *a = find(s, ticket);

    *piece = (struct rp_piece){.kind = RP_PIECE_NONE};
    if (!a || a->over)
        return a ? RP_OK : RP_ENOTFOUND;
    if (a->source)
        return rp_serve_pass_back(s, a, now_ms, piece);
    if (due_of(a) > now_ms)
        return RP_OK;
    if (!a->head_told && (a->n_pieces > 0 || a->ending == RP_SERVE_ENDS))
        tell_head(a, piece);
    else if (a->told < a->n_pieces)
        tell_bytes(a, piece);
    else
        tell_end(a, piece);
    return RP_OK;
}

int rp_serve_whole(struct rp_serve *s, uint32_t ticket, struct rp_piece *out)
{
    struct rp_serve_answer *a = find(s, ticket);

    *out = (struct rp_piece){.kind = RP_PIECE_NONE};
    if (!a || a->source || a->head_told || a->ending != RP_SERVE_ENDS)
        return a ? RP_OK : RP_ENOTFOUND;
    if (a->n_pieces > 0 && a->pieces[a->n_pieces - 1].due_ms > a->start_ms)
        return RP_OK;
    tell_head(a, out);
    out->bytes = a->body.s;
    out->n = a->body.n;
    a->over = 1;
    return RP_OK;
}

uint64_t rp_serve_due(struct rp_serve *s)
{
    uint64_t first = UINT64_MAX, due;
    int passed_on = 0;

    for (size_t i = 0, left = s->n_open; left > 0 && i < s->n_answers; i++) {
        const struct rp_serve_answer *a = s->answers[i];
        left -= a->ticket != 0;
        due = a->ticket && !a->source ? due_of(a) : UINT64_MAX;
        first = due < first ? due : first;
        passed_on |= a->ticket && a->source && !a->over;
    }
    if (!passed_on)
        return first;
    due = s->source.ops->due(s->source.self);
    due = due > UINT64_MAX - 1 - s->source_ms ? due : due + s->source_ms;
    return due < first ? due : first;
}

int rp_serve_waits(const struct rp_serve *s)
{
    if (!s->source.ops || !s->source.ops->wait)
        return 0;
    for (size_t i = 0; i < s->n_answers; i++)
        if (s->answers[i]->ticket && s->answers[i]->source && !s->answers[i]->over)
            return 1;
    return 0;
}

int rp_serve_wait(struct rp_serve *s, uint64_t until_ms, uint64_t now_ms)
{
    uint64_t now = now_ms - s->source_ms;

    RP_ASSERT(until_ms >= s->source_ms);
    return s->source.ops->wait(s->source.self, until_ms - s->source_ms, &now);
}

uint64_t rp_serve_count(const struct rp_serve *s)
{
    return s->models;
}

/* ---- as a transport ---- */

/* A client says where the service is; what is asked of it begins behind that. */
static int in_start(void *self, const struct rp_exchange *request, uint64_t now_ms,
                    uint32_t *ticket)
{
    struct rp_exchange inside = *request;
    const char *host = strstr(request->url, "://");
    const char *target = host ? strchr(host + 3, '/') : request->url;

    inside.url = target ? target : "/";
    return rp_serve_start(self, &inside, now_ms, ticket);
}

static int in_poll(void *self, uint32_t ticket, uint64_t now_ms, struct rp_piece *piece)
{
    return rp_serve_poll(self, ticket, now_ms, piece);
}

static uint64_t in_due(void *self)
{
    return rp_serve_due(self);
}

static void in_cancel(void *self, uint32_t ticket)
{
    rp_serve_cancel(self, ticket);
}

static void in_free(void *self)
{
    (void)self; /* the core is its owner's */
}

struct rp_transport rp_serve_transport(struct rp_serve *s)
{
    static const struct rp_transport_ops ops = {
        .start = in_start, .poll = in_poll, .due = in_due, .cancel = in_cancel, .free = in_free};

    return (struct rp_transport){&ops, s};
}
