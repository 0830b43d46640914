/* http_call.c - owns a request on its way in and its answer on its way out: what libmicrohttpd says
 * of it, and what it is given. A connection whose answer is still to come is suspended. */
#include "http.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 8192,          /* of an answer that comes in pieces */
    BODY_KEPT = 256 << 10, /* of a request's memory, for the next one */
    TOO_MUCH = 1 << 20,    /* bytes over the limit that are still heard out before a refusal */
};

/* ---- calls ---- */

static struct rp_http_call *call_new(struct rp_http *h, struct MHD_Connection *connection)
{
    struct rp_http_call *c = h->spare;

    if (c) {
        h->spare = c->free;
    } else {
        c = h->alloc.resize(h->alloc.ctx, NULL, 0, sizeof(*c));
        if (!c)
            return NULL;
        rp_buf_init(&c->target, &h->alloc, RP_HTTP_HEADER_BYTES);
        rp_buf_init(&c->body, &h->alloc, h->o.body_max);
        rp_buf_init(&c->bytes, &h->alloc, RP_TEXT_MAX);
    }
    rp_http_ring(&c->in);
    c->http = h;
    c->connection = connection;
    c->of = NULL;
    c->n_headers = 0;
    c->ticket = 0;
    c->head = NULL;
    c->status = 0;
    c->sent = 0;
    c->met = c->refused = c->started = c->ended = c->broken = 0;
    h->n_calls++;
    return c;
}

static void buf_reuse(struct rp_buf *b)
{
    if (b->size > BODY_KEPT)
        rp_buf_free(b);
    rp_buf_clear(b);
}

static void call_over(struct rp_http_call *c)
{
    struct rp_http *h = c->http;

    rp_http_ring_take(&c->in);
    rp_serve_cancel(h->core, c->ticket);
    if (c->head)
        MHD_destroy_response(c->head);
    rp_buf_clear(&c->target);
    buf_reuse(&c->body);
    buf_reuse(&c->bytes);
    c->free = h->spare;
    h->spare = c;
    h->n_calls--;
}

void rp_http_free_calls(struct rp_http *h)
{
    while (h->spare) {
        struct rp_http_call *c = h->spare;
        h->spare = c->free;
        rp_buf_free(&c->target);
        rp_buf_free(&c->body);
        rp_buf_free(&c->bytes);
        h->alloc.resize(h->alloc.ctx, c, sizeof(*c), 0);
    }
}

static void suspend(struct rp_http_call *c)
{
    rp_http_ring_add(&c->http->suspended, &c->in);
    MHD_suspend_connection(c->connection);
}

void rp_http_resume(struct rp_http_call *c)
{
    rp_http_ring_take(&c->in);
    c->http->steps++; /* there is work for the loop */
    MHD_resume_connection(c->connection);
}

/* ---- answers ---- */

static int same_name(const char *a, const char *b)
{
    return rp_header_find(&(struct rp_header){a, ""}, 1, b) != NULL;
}

static void put_headers(struct MHD_Response *r, const struct rp_piece *head)
{
    for (size_t i = 0; i < head->n_headers; i++)
        if (!same_name(head->headers[i].name, "Content-Length"))
            MHD_add_response_header(r, head->headers[i].name, head->headers[i].value);
}

/* Gives the answer to libmicrohttpd, which then owns it. */
static enum MHD_Result give(struct rp_http_call *c, unsigned status, struct MHD_Response *r)
{
    enum MHD_Result result = MHD_queue_response(c->connection, status, r);

    MHD_destroy_response(r);
    return result;
}

static ssize_t read_body(void *ctx, uint64_t at, char *out, size_t room);

/* The head of an answer that comes in pieces; of known length where the core tells it. */
static int make_head(struct rp_http_call *c, const struct rp_piece *head)
{
    const char *length = rp_header_find(head->headers, head->n_headers, "Content-Length");
    uint64_t size = MHD_SIZE_UNKNOWN;

    for (size = length ? 0 : size; length && *length; length++)
        size = size * 10 + (uint64_t)(*length - '0');
    c->head = MHD_create_response_from_callback(size, BLOCK, read_body, c, NULL);
    if (!c->head)
        return RP_ENOMEM;
    put_headers(c->head, head);
    c->status = (unsigned)head->status;
    return RP_OK;
}

/* Takes the next piece from the core. *came: there was one. */
int rp_http_fetch(struct rp_http_call *c, int *came)
{
    struct rp_piece piece;

    RP_TRY(rp_serve_poll(c->http->core, c->ticket, rp_http_now(c->http), &piece));
    *came = piece.kind != RP_PIECE_NONE;
    switch (piece.kind) {
    case RP_PIECE_NONE:
        break;
    case RP_PIECE_HEAD:
        return make_head(c, &piece);
    case RP_PIECE_BYTES:
        return rp_buf_add(&c->bytes, piece.bytes, piece.n);
    case RP_PIECE_END:
        c->ended = 1;
        break;
    case RP_PIECE_FAILED:
        c->ended = c->broken = 1;
        break;
    }
    return RP_OK;
}

/* libmicrohttpd wants bytes of the body. A piece is handed over before the next one is looked at,
 * so that its end is the end of an HTTP chunk. */
static ssize_t read_body(void *ctx, uint64_t at, char *out, size_t room)
{
    struct rp_http_call *c = ctx;
    int came = 1;
    size_t n;

    (void)at;
    while (c->sent == c->bytes.n && !c->ended && came) {
        rp_buf_clear(&c->bytes);
        c->sent = 0;
        if (c->http->closing || rp_http_fetch(c, &came) != RP_OK)
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (c->sent < c->bytes.n) {
        n = c->bytes.n - c->sent < room ? c->bytes.n - c->sent : room;
        memcpy(out, c->bytes.s + c->sent, n);
        c->sent += n;
        return (ssize_t)n;
    }
    if (c->ended)
        return c->broken ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    suspend(c);
    return 0;
}

static enum MHD_Result give_whole(struct rp_http_call *c, const struct rp_piece *whole)
{
    void *bytes = (void *)(uintptr_t)(const void *)whole->bytes; /* only read: persistent */
    struct MHD_Response *r = MHD_create_response_from_buffer(whole->n, whole->n > 0 ? bytes : NULL,
                                                             MHD_RESPMEM_PERSISTENT);

    if (!r)
        return MHD_NO;
    put_headers(r, whole);
    return give(c, (unsigned)whole->status, r);
}

/* Answers as far as there is an answer; waits for it otherwise. MHD_NO closes the connection. */
static enum MHD_Result answer(struct rp_http_call *c)
{
    struct rp_piece whole;
    int came = 1;

    if (rp_serve_whole(c->http->core, c->ticket, &whole) != RP_OK)
        return MHD_NO;
    if (whole.kind == RP_PIECE_HEAD)
        return give_whole(c, &whole);
    while (!c->head && !c->ended && came)
        if (rp_http_fetch(c, &came) != RP_OK)
            return MHD_NO;
    if (c->head) {
        struct MHD_Response *r = c->head;
        c->head = NULL;
        return give(c, c->status, r);
    }
    if (c->ended || c->http->closing)
        return MHD_NO;
    suspend(c);
    return MHD_YES;
}

static enum MHD_Result refuse(struct rp_http_call *c, int status, const char *text)
{
    struct MHD_Response *r;

    rp_buf_clear(&c->bytes);
    if (rp_serve_refusal(c->target.s, status, text, &c->bytes) != RP_OK)
        return MHD_NO;
    r = MHD_create_response_from_buffer(c->bytes.n, c->bytes.s, MHD_RESPMEM_PERSISTENT);
    if (!r)
        return MHD_NO;
    MHD_add_response_header(r, "Content-Type", "application/json");
    MHD_add_response_header(r, "Connection", "close");
    return give(c, (unsigned)status, r);
}

/* ---- requests ---- */

static enum MHD_Result keep_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct rp_http_call *c = ctx;

    (void)kind;
    if (c->n_headers == RP_HTTP_HEADERS_MAX) {
        c->refused = 431;
        return MHD_NO;
    }
    c->headers[c->n_headers++] = (struct rp_header){name, value ? value : ""};
    return MHD_YES;
}

static int over(const struct rp_http_call *c, size_t more)
{
    return more > c->http->o.body_max - c->body.n;
}

static const char *words_of(int status)
{
    return status == 413 ? "the body is too large" : "there are too many headers";
}

/* The head of a request has come. What is far too much is refused before it comes. */
static enum MHD_Result begin(struct rp_http_call *c)
{
    const union MHD_ConnectionInfo *of =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const char *text;
    size_t length;

    c->met = 1;
    c->of = of ? of->socket_context : NULL;
    MHD_get_connection_values(c->connection, MHD_HEADER_KIND, keep_header, c);
    text = rp_header_find(c->headers, c->n_headers, "Content-Length");
    length = !text ? 0 : strlen(text) > 15 ? SIZE_MAX : (size_t)strtoull(text, NULL, 10);
    if (over(c, length))
        c->refused = 413;
    if (length > TOO_MUCH && over(c, length - TOO_MUCH))
        return refuse(c, 413, words_of(413));
    return MHD_YES;
}

/* Some of the body. What is too much is not kept, and the answer says so when all has come. */
static enum MHD_Result take(struct rp_http_call *c, const char *bytes, size_t *n)
{
    int rc = RP_OK;

    if (!c->refused && over(c, *n))
        c->refused = 413;
    if (c->refused)
        c->sent += *n;
    else
        rc = rp_buf_add(&c->body, bytes, *n);
    if (rc != RP_OK || c->sent > c->http->o.body_max + TOO_MUCH)
        return MHD_NO;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result finish(struct rp_http_call *c, const char *method)
{
    struct rp_exchange request = {.method = method,
                                  .url = c->target.s,
                                  .headers = c->headers,
                                  .n_headers = c->n_headers,
                                  .body = c->body.s,
                                  .n_body = c->body.n};

    c->sent = 0;
    c->started = 1;
    if (c->of)
        c->of->busy = 1;
    if (c->refused)
        return refuse(c, c->refused, words_of(c->refused));
    if (rp_serve_start(c->http->core, &request, rp_http_now(c->http), &c->ticket) != RP_OK)
        return refuse(c, 503, "there is no memory for this request");
    return answer(c);
}

/* ---- what libmicrohttpd calls ---- */

/* A request's first line has come: its target is kept as it was sent. */
void *rp_http_on_target(void *ctx, const char *target, struct MHD_Connection *connection)
{
    struct rp_http_call *c = call_new(ctx, connection);

    if (c && rp_buf_addz(&c->target, target) != RP_OK) {
        call_over(c);
        return NULL;
    }
    return c;
}

/* The head has come, a part of the body, all of it; or the connection was resumed and there is no
 * answer yet. */
enum MHD_Result rp_http_on_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *bytes,
                                   size_t *n, void **state)
{
    struct rp_http *h = ctx;
    struct rp_http_call *c = *state;

    (void)connection;
    (void)url;
    (void)version;
    h->steps++;
    if (!c)
        return MHD_NO;
    if (!c->met)
        return begin(c);
    if (*n > 0)
        return take(c, bytes, n);
    return c->started ? answer(c) : finish(c, method);
}

void rp_http_on_completed(void *ctx, struct MHD_Connection *connection, void **state,
                          enum MHD_RequestTerminationCode why)
{
    struct rp_http *h = ctx;
    struct rp_http_call *c = *state;

    (void)connection;
    (void)why;
    *state = NULL;
    if (!c)
        return;
    if (c->of) {
        c->of->busy = 0;
        c->of->since_ms = rp_http_now(h);
    }
    call_over(c);
}

void rp_http_on_connection(void *ctx, struct MHD_Connection *connection, void **state,
                           enum MHD_ConnectionNotificationCode what)
{
    struct rp_http *h = ctx;
    struct rp_http_connection *of = *state;
    const union MHD_ConnectionInfo *fd;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        *state = NULL;
        if (of) {
            rp_http_ring_take(&of->in);
            h->alloc.resize(h->alloc.ctx, of, sizeof(*of), 0);
        }
        return;
    }
    fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    of = fd ? h->alloc.resize(h->alloc.ctx, NULL, 0, sizeof(*of)) : NULL;
    if (!of)
        return; /* it is served all the same, but for the time-out of slow ones */
    *of = (struct rp_http_connection){.fd = fd->connect_fd, .since_ms = rp_http_now(h)};
    rp_http_ring_add(&h->connections, &of->in);
    *state = of;
}
