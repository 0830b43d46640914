/* admin.c - owns the endpoints for assertions below /reprise/: which requests came, what the ledger
 * says, back to the start. A page in a browser cannot use them: what comes with an Origin, or for
 * another host than this one, is refused. */
#include "core.h"
#include "engine/base/utf8.h"
#include "mocks/match.h"

#include <string.h>

/* ---- writing ---- */

static int put_text(struct rp_buf *b, const char *key, struct rp_str text)
{
    rp_buf_addz(b, key);
    return rp_json_write_str(b, text);
}

static int put_number(struct rp_buf *b, const char *key, uint64_t n)
{
    rp_buf_addz(b, key);
    return rp_buf_add_int(b, (int64_t)n);
}

/* The body as the JSON that it is, or as a text; what is not UTF-8 in hexadecimal digits. */
static int put_body(struct rp_serve *s, struct rp_buf *b, struct rp_str body)
{
    static const char digits[] = "0123456789abcdef";
    struct rp_value v;
    int rc = rp_json_try(&s->heap, body, &v);

    if (rc == RP_OK) {
        rp_buf_addz(b, ",\"body\":");
        return rp_buf_adds(b, body);
    }
    if (rc == RP_ENOMEM)
        return rc;
    if (rp_utf8_bad(body.s, body.n) == body.n)
        return put_text(b, ",\"text\":", body);
    rp_buf_addz(b, ",\"hex\":\"");
    for (size_t i = 0; i < body.n; i++) {
        rp_buf_addc(b, digits[(unsigned char)body.s[i] >> 4]);
        rp_buf_addc(b, digits[(unsigned char)body.s[i] & 15]);
    }
    return rp_buf_addc(b, '"');
}

static int put_seen(struct rp_serve *s, struct rp_buf *b, const struct rp_serve_seen *r)
{
    static const struct rp_match_opts strict = {.rule = RP_MATCH_STRICT};
    const char *target = r->bytes + r->n_method + 1;
    struct rp_str body = {target + r->n_target + 1, r->n_body};
    char digest[65];

    RP_TRY(rp_match_digest(&s->o.alloc, &strict, r->bytes, target, body.s, body.n, digest));
    put_number(b, "{\"number\":", r->number);
    if (r->lane != RP_SERVE_NO_LANE)
        put_text(b, ",\"lane\":", rp_str(s->lanes[r->lane].name));
    else
        rp_buf_addz(b, ",\"lane\":null");
    put_number(b, ",\"order\":", (uint64_t)r->order);
    put_text(b, ",\"method\":", rp_str(r->bytes));
    put_text(b, ",\"path\":", rp_str(target));
    put_number(b, ",\"status\":", (uint64_t)r->status);
    put_text(b, ",\"digest\":", rp_str(digest));
    RP_TRY(put_body(s, b, body));
    return rp_buf_addc(b, '}');
}

static int put_requests(struct rp_serve *s, struct rp_buf *b)
{
    put_number(b, "{\"forgotten\":", s->forgotten);
    rp_buf_addz(b, ",\"requests\":[");
    for (size_t i = 0; i < s->n_seen; i++) {
        rp_buf_addz(b, i > 0 ? ",\n" : "\n");
        RP_TRY(put_seen(s, b, rp_serve_nth_seen(s, i)));
    }
    return rp_buf_addz(b, "]}\n");
}

/* How many replies a script has left; -1: it never ends. */
static int64_t left_of(const struct rp_serve_lane *lane)
{
    const struct rp_script_agent *a = lane->seat.agent;
    uint64_t all = rp_script_length(a);

    if (a->when_exhausted != RP_EXHAUSTED_ERROR && all > 0)
        return -1;
    return lane->seat.calls < all ? (int64_t)(all - lane->seat.calls) : 0;
}

static int put_lanes(struct rp_serve *s, struct rp_buf *b)
{
    for (size_t i = 0; i < s->n_lanes; i++) {
        const struct rp_serve_lane *lane = s->lanes + i;
        put_text(b, i > 0 ? ",{\"lane\":" : "{\"lane\":", rp_str(lane->name));
        put_number(b, ",\"requests\":", (uint64_t)lane->order);
        if (lane->seat.agent && left_of(lane) >= 0)
            put_number(b, ",\"left\":", (uint64_t)left_of(lane));
        RP_TRY(rp_buf_addc(b, '}'));
    }
    return RP_OK;
}

int rp_serve_ledger(struct rp_serve *s, struct rp_buf *b)
{
    struct rp_value map = rp_map();

    put_number(b, "{\"requests\":", s->count);
    rp_buf_addz(b, ",\"lanes\":[");
    RP_TRY(put_lanes(s, b));
    rp_buf_addc(b, ']');
    if (s->o.ledger)
        RP_TRY(s->o.ledger(s->o.ctx, &s->heap, &map));
    for (uint32_t i = 0; i < rp_map_len(map); i++) {
        rp_buf_addc(b, ',');
        RP_TRY(rp_json_write_str(b, rp_str_of(rp_map_key(map, i))));
        rp_buf_addc(b, ':');
        RP_TRY(rp_json_write(b, rp_map_value(map, i), 0));
    }
    return rp_buf_addz(b, "}\n");
}

/* ---- who may ---- */

/* The host of "HOST:PORT" or "[HOST]:PORT". */
static int names_host(const char *value, const char *host)
{
    const char *end = value[0] == '[' ? strchr(value, ']') : strchr(value, ':');
    size_t n = end ? (size_t)(end - value) : strlen(value);

    if (value[0] == '[' && n > 0) {
        value++;
        n--;
    }
    return strlen(host) == n && memcmp(value, host, n) == 0;
}

static int may(const struct rp_serve *s, const struct rp_exchange *request)
{
    const char *host = rp_header_find(request->headers, request->n_headers, "Host");

    if (rp_header_find(request->headers, request->n_headers, "Origin"))
        return 0;
    return !s->o.host || !host || names_host(host, s->o.host) || names_host(host, "localhost") ||
           names_host(host, "127.0.0.1") || names_host(host, "::1");
}

/* ---- the endpoints ---- */

static int put_reset(struct rp_serve *s, struct rp_buf *b)
{
    (void)s;
    return rp_buf_addz(b, "{\"reset\":true}\n");
}

static int put_health(struct rp_serve *s, struct rp_buf *b)
{
    rp_buf_addz(b, "{\"status\":\"ok\",\"answers\":");
    rp_buf_addz(b, !s->o.source ? "\"script\"" : s->o.forwards ? "\"upstream\"" : "\"cassette\"");
    put_number(b, ",\"requests\":", s->count);
    return rp_buf_addz(b, "}\n");
}

static const struct endpoint {
    const char *path, *method, *allow;
    int (*put)(struct rp_serve *s, struct rp_buf *b);
} endpoints[] = {{"/reprise/requests", "GET", "GET, HEAD", put_requests},
                 {"/reprise/ledger", "GET", "GET, HEAD", rp_serve_ledger},
                 {"/reprise/reset", "POST", "POST", put_reset},
                 {"/reprise/health", "GET", "GET, HEAD", put_health}};

static const struct endpoint *find(const char *target)
{
    struct rp_str path = {target, strcspn(target, "?")};

    for (size_t i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++)
        if (rp_str_equal(path, rp_str(endpoints[i].path)))
            return endpoints + i;
    return NULL;
}

int rp_serve_admin(struct rp_serve *s, const struct rp_exchange *request, uint64_t now_ms,
                   struct rp_serve_answer *a)
{
    const struct endpoint *e = find(request->url);
    const char *method = strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;

    if (!s->o.admin)
        return rp_serve_refuse(a, now_ms, 404, "the endpoints below /reprise/ are off here");
    if (!may(s, request))
        return rp_serve_refuse(a, now_ms, 403,
                               "pages of a browser, and names of other hosts, have "
                               "no access to the endpoints below /reprise/");
    if (!e)
        return rp_serve_refuse(a, now_ms, 404,
                               "there is no such endpoint; there are /reprise/requests, "
                               "/reprise/ledger, /reprise/reset and /reprise/health");
    if (strcmp(method, e->method) != 0) {
        RP_TRY(rp_serve_refuse(a, now_ms, 405, "%s is not possible here, only %s", request->method,
                               e->allow));
        rp_serve_header(a, "Allow", e->allow);
        return RP_OK;
    }
    if (e->put == put_reset)
        RP_TRY(rp_serve_reset(s, now_ms));
    RP_TRY(e->put(s, &a->body));
    rp_serve_head(a, 200, "application/json");
    rp_serve_length(a, a->body.n);
    return rp_serve_piece(a, now_ms);
}
