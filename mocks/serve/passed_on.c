/* passed_on.c - owns the way of a request through a server to the transport below, which replays or
 * asks a service, and of the answer back. What belongs to one connection only stays behind. */
#include "core.h"

#include <stdio.h>
#include <string.h>

static int is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (rp_header_find(&(struct rp_header){name, ""}, 1, *names))
            return 1;
    return 0;
}

/* ---- there ---- */

/* The service's name for what is asked: below its own base URL, with the query. */
static int make_url(struct rp_serve *s, enum rp_dialect dialect, const char *target)
{
    const char *base = s->o.base[dialect] ? s->o.base[dialect] : "http://host/v1";
    const char *query = strchr(target, '?');
    size_t n = strlen(base);

    rp_buf_clear(&s->url);
    while (n > 0 && base[n - 1] == '/')
        n--;
    rp_buf_add(&s->url, base, n);
    rp_buf_addz(&s->url, rp_dialect_path(dialect));
    return rp_buf_addz(&s->url, query ? query : "");
}

static size_t keep_headers(struct rp_serve *s, const struct rp_exchange *request)
{
    static const char *const left[] = {"Host",       "Connection",       "Content-Length",
                                       "Keep-Alive", "Accept-Encoding",  "Expect",
                                       "TE",         "Trailer",          "Transfer-Encoding",
                                       "Upgrade",    "Proxy-Connection", "Proxy-Authorization",
                                       NULL};
    const char *const lane[] = {s->o.lane_header, NULL};
    size_t n = 0;

    for (size_t i = 0; i < request->n_headers; i++)
        if (!is_one_of(request->headers[i].name, left) &&
            !is_one_of(request->headers[i].name, lane))
            s->room[n++] = request->headers[i];
    return n;
}

int rp_serve_pass_on(struct rp_serve *s, uint32_t lane, enum rp_dialect dialect,
                     const struct rp_wire_request *read, const struct rp_exchange *request,
                     uint64_t now_ms, struct rp_serve_answer *a)
{
    struct rp_exchange on = *request;

    RP_TRY(make_url(s, dialect, request->url));
    RP_TRY(rp_serve_room(s, request->n_headers));
    on.url = s->url.s;
    on.n_headers = keep_headers(s, request);
    on.headers = s->room;
    on.lane = s->lanes[lane].name;
    on.order = s->lanes[lane].order;
    on.attempt = 0;
    on.dialect = rp_dialect_name(dialect);
    on.model = rp_str_of(read->model).s;
    on.stream = read->stream;
    return s->source.ops->start(s->source.self, &on, now_ms - s->source_ms, &a->source);
}

/* ---- and back ---- */

static int pass_head(struct rp_serve *s, struct rp_serve_answer *a, struct rp_piece *piece)
{
    static const char *const left[] = {
        "Connection", "Content-Length", "Content-Encoding", "Transfer-Encoding",  "Keep-Alive",
        "Trailer",    "Upgrade",        "Proxy-Connection", "Proxy-Authenticate", NULL};
    struct rp_serve_seen *seen = rp_serve_find_seen(s, a->seen);
    size_t n = 0;

    RP_TRY(rp_serve_room(s, piece->n_headers));
    for (size_t i = 0; i < piece->n_headers; i++)
        if (!is_one_of(piece->headers[i].name, left))
            s->room[n++] = piece->headers[i];
    piece->headers = s->room;
    piece->n_headers = n;
    a->head_told = 1;
    if (seen)
        seen->status = piece->status;
    return RP_OK;
}

/* There is no answer: the core says why, as one of its own. */
static int say_why(struct rp_serve *s, struct rp_serve_answer *a, uint64_t now_ms,
                   struct rp_piece *piece)
{
    struct rp_serve_seen *seen = rp_serve_find_seen(s, a->seen);
    int status = piece->failure == RP_FAILURE_TIMEOUT ? 504 : 502;

    if (piece->failure == RP_FAILURE_MISS)
        status = 400;
    s->source.ops->cancel(s->source.self, a->source);
    a->source = 0;
    a->over = 0;
    RP_TRY(rp_serve_refuse(a, now_ms, status, "%s", piece->text));
    if (status == 400)
        rp_serve_header(a, "x-should-retry", "false");
    if (seen)
        seen->status = status;
    return rp_serve_poll(s, a->ticket, now_ms, piece);
}

/* A service that did not answer when it was recorded does not answer now. */
static int pass_failure(struct rp_serve *s, struct rp_serve_answer *a, uint64_t now_ms,
                        struct rp_piece *piece)
{
    if (!a->head_told && (s->o.forwards || piece->failure == RP_FAILURE_MISS))
        return say_why(s, a, now_ms, piece);
    if (piece->failure == RP_FAILURE_TIMEOUT)
        piece->kind = RP_PIECE_NONE;
    return RP_OK;
}

int rp_serve_pass_back(struct rp_serve *s, struct rp_serve_answer *a, uint64_t now_ms,
                       struct rp_piece *piece)
{
    RP_TRY(s->source.ops->poll(s->source.self, a->source, now_ms - s->source_ms, piece));
    if (piece->kind == RP_PIECE_HEAD)
        return pass_head(s, a, piece);
    a->over = piece->kind == RP_PIECE_END || piece->kind == RP_PIECE_FAILED;
    if (piece->kind == RP_PIECE_FAILED)
        return pass_failure(s, a, now_ms, piece);
    return RP_OK;
}
