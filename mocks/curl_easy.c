/* curl_easy.c - one exchange over libcurl: sets the request up, keeps what comes until it is told.
 */
#include "curl_easy.h"

#include "url.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH = sizeof(size_t) };

/* ---- the request ----------------------------------------------------------------------------- */

/* Scheme, host and port of an address; a user's name and password, path and query are left out. */
static void look_at_url(struct rp_transfer *t, const char *address)
{
    struct rp_url url;

    rp_url_split(address, &url);
    t->is_loopback = rp_url_is_loopback(&url);
    snprintf(t->host, sizeof(t->host), "%.*s://%.*s%s%.*s", (int)(url.scheme.n & 15), url.scheme.s,
             (int)(url.host.n < 128 ? url.host.n : 128), url.host.s, url.port.n > 0 ? ":" : "",
             (int)(url.port.n < 8 ? url.port.n : 8), url.port.s);
}

static int add_header(struct rp_transfer *t, const char *name, const char *value)
{
    struct curl_slist *more;
    struct rp_buf line;

    rp_buf_init(&line, &t->alloc, RP_CURL_HEAD_MAX);
    rp_buf_addz(&line, name);
    /* libcurl would take "Name:" as a wish to leave the header out */
    rp_buf_addz(&line, value[0] ? ": " : ";");
    rp_buf_addz(&line, value);
    more = line.failed ? NULL : curl_slist_append(t->sent, line.s);
    rp_buf_free(&line);
    if (!more)
        return RP_ENOMEM;
    t->sent = more;
    return RP_OK;
}

static int set_headers(struct rp_transfer *t, const struct rp_exchange *x)
{
    struct curl_slist *more;

    for (size_t i = 0; i < x->n_headers; i++)
        RP_TRY(add_header(t, x->headers[i].name, x->headers[i].value));
    /* No waiting for "100 Continue": a body is sent at once. */
    more = curl_slist_append(t->sent, "Expect:");
    if (!more)
        return RP_ENOMEM;
    t->sent = more;
    return RP_OK;
}

#define SET(option, value)                                                                         \
    do {                                                                                           \
        CURLcode set_ = curl_easy_setopt(t->easy, option, value);                                  \
        if (set_ != CURLE_OK)                                                                      \
            return set_;                                                                           \
    } while (0)

static CURLcode set_request(struct rp_transfer *t, const struct rp_exchange *x)
{
    SET(CURLOPT_URL, x->url);
    SET(CURLOPT_HTTPHEADER, t->sent);
    if (strcmp(x->method, "GET") == 0) {
        SET(CURLOPT_HTTPGET, 1L);
        return CURLE_OK;
    }
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->n_body);
    SET(CURLOPT_COPYPOSTFIELDS, x->n_body > 0 ? x->body : "");
    if (strcmp(x->method, "POST") != 0)
        SET(CURLOPT_CUSTOMREQUEST, x->method);
    return CURLE_OK;
}

static CURLcode set_bounds(struct rp_transfer *t)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)t->limits.connect_ms);
    SET(CURLOPT_TIMEOUT_MS, (long)t->limits.whole_ms);
    SET(CURLOPT_USERAGENT, "reprise/" RP_VERSION);
    if (t->limits.proxy)
        SET(CURLOPT_PROXY, t->limits.proxy);
    else if (t->is_loopback)
        SET(CURLOPT_PROXY, "");
    if (t->limits.ca_file)
        SET(CURLOPT_CAINFO, t->limits.ca_file);
    return CURLE_OK;
}

/* ---- the reply, as it comes ------------------------------------------------------------------ */

/* libcurl takes any other number of bytes than it gave as "stop". */
static size_t stop(struct rp_transfer *t, enum rp_failure why, int rc)
{
    t->stopped = why;
    t->rc = rc;
    return 0;
}

static size_t take_body(char *bytes, size_t one, size_t n, void *ctx)
{
    struct rp_transfer *t = ctx;

    (void)one; /* is 1 */
    if (n == 0)
        return 0;
    t->heard_ms = *t->now_ms;
    if (n > t->limits.body_max || t->came > t->limits.body_max - n)
        return stop(t, RP_FAILURE_SIZE, RP_OK);
    if (t->told > 0 && t->told == t->body.n) {
        rp_buf_clear(&t->body);
        t->told = 0;
    }
    /* both or none */
    if (!rp_buf_room(&t->body, LENGTH + n))
        return stop(t, RP_FAILURE_OTHER, RP_ENOMEM);
    rp_buf_add(&t->body, (const char *)&n, LENGTH);
    rp_buf_add(&t->body, bytes, n);
    t->came += n;
    return n;
}

static size_t without_space(const char **s, size_t n)
{
    while (n > 0 && strchr(" \t", **s)) {
        ++*s;
        n--;
    }
    while (n > 0 && strchr(" \t\r\n", (*s)[n - 1]))
        n--;
    return n;
}

static int add_part(struct rp_transfer *t, const char *s, size_t n)
{
    n = without_space(&s, n);
    if (memchr(s, '\0', n))
        return RP_EPARSE;
    RP_TRY(rp_buf_add(&t->head, s, n));
    return rp_buf_add(&t->head, "", 1);
}

/* "Name: value"; a line that begins with a space goes on with the value before it. */
static int add_line(struct rp_transfer *t, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);

    if ((line[0] == ' ' || line[0] == '\t') && t->n_head > 0) {
        t->head.s[t->head.n - 1] = ' ';
        return add_part(t, line, n);
    }
    if (!colon || colon == line)
        return RP_OK;
    RP_TRY(add_part(t, line, (size_t)(colon - line)));
    RP_TRY(add_part(t, colon + 1, n - (size_t)(colon - line) - 1));
    t->n_head++;
    return RP_OK;
}

static void begin_head(struct rp_transfer *t)
{
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->status = (int)status;
    t->n_head = 0;
    rp_buf_clear(&t->head);
}

static size_t take_head(char *line, size_t one, size_t n, void *ctx)
{
    struct rp_transfer *t = ctx;
    int rc = RP_OK;

    (void)one;
    t->heard_ms = *t->now_ms;
    if (n == 0 || t->head_whole) /* what stands behind a body is no part of the head */
        return n;
    if (n > 5 && memcmp(line, "HTTP/", 5) == 0)
        begin_head(t);
    else if (line[0] == '\r' || line[0] == '\n')
        t->head_whole = t->status >= 200 || t->status == 101;
    else
        rc = add_line(t, line, n);
    if (rc == RP_ELIMIT)
        return stop(t, RP_FAILURE_SIZE, RP_OK);
    if (rc == RP_EPARSE)
        return stop(t, RP_FAILURE_OTHER, RP_OK);
    return rc == RP_OK ? n : stop(t, RP_FAILURE_OTHER, rc);
}

static CURLcode set_callbacks(struct rp_transfer *t)
{
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, take_head);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_PRIVATE, t);
    return CURLE_OK;
}

/* ---- life ------------------------------------------------------------------------------------ */

void rp_transfer_free(struct rp_transfer *t)
{
    struct rp_alloc alloc;

    if (!t)
        return;
    alloc = t->alloc;
    if (t->easy)
        curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->sent);
    rp_buf_free(&t->head);
    rp_buf_free(&t->body);
    if (t->headers)
        alloc.resize(alloc.ctx, t->headers, t->room * sizeof(*t->headers), 0);
    alloc.resize(alloc.ctx, t, sizeof(*t), 0);
}

static int set_up(struct rp_transfer *t, const struct rp_exchange *x)
{
    t->easy = curl_easy_init();
    if (!t->easy)
        return RP_ENOMEM;
    RP_TRY(set_headers(t, x));
    t->code = set_callbacks(t);
    if (t->code == CURLE_OK)
        t->code = set_request(t, x);
    if (t->code == CURLE_OK)
        t->code = set_bounds(t);
    if (t->code == CURLE_OUT_OF_MEMORY)
        return RP_ENOMEM;
    t->over = t->code != CURLE_OK;
    return t->over ? RP_ECLIENT : RP_OK;
}

int rp_transfer_new(const struct rp_alloc *alloc, const struct rp_curl_opts *limits,
                    const struct rp_exchange *exchange, uint32_t ticket, const uint64_t *now_ms,
                    struct rp_transfer **out)
{
    struct rp_transfer *t = alloc->resize(alloc->ctx, NULL, 0, sizeof(*t));
    int rc;

    if (!t)
        return RP_ENOMEM;
    *t = (struct rp_transfer){.alloc = *alloc, .limits = *limits, .ticket = ticket};
    t->now_ms = now_ms;
    rp_buf_init(&t->head, alloc, RP_CURL_HEAD_MAX);
    rp_buf_init(&t->body, alloc, SIZE_MAX / 2); /* body_max counts the bytes that came */
    look_at_url(t, exchange->url);
    rc = set_up(t, exchange);
    if (rc == RP_ENOMEM)
        rp_transfer_free(t);
    else
        *out = t;
    return rc;
}

/* ---- telling --------------------------------------------------------------------------------- */

int rp_transfer_ready(const struct rp_transfer *t)
{
    return t->over || (t->head_whole && !t->head_told) || t->told < t->body.n;
}

uint64_t rp_transfer_silent_at(const struct rp_transfer *t)
{
    if (t->over || t->heard_ms == 0)
        return UINT64_MAX;
    return t->heard_ms + t->limits.silence_ms;
}

static int is_decoded(const struct rp_transfer *t)
{
    const char *encoding = rp_header_find(t->headers, t->n_headers, "Content-Encoding");

    return encoding && strcmp(encoding, "identity") != 0;
}

static void leave_out(struct rp_transfer *t, const char *name)
{
    for (size_t i = 0; i < t->n_headers;) {
        if (rp_header_find(t->headers + i, 1, name)) {
            t->n_headers--;
            memmove(t->headers + i, t->headers + i + 1, (t->n_headers - i) * sizeof(*t->headers));
        } else {
            i++;
        }
    }
}

static int list_headers(struct rp_transfer *t)
{
    const char *at = t->head.s;

    if (t->n_head == 0)
        return RP_OK;
    t->headers = t->alloc.resize(t->alloc.ctx, NULL, 0, t->n_head * sizeof(*t->headers));
    if (!t->headers)
        return RP_ENOMEM;
    t->room = t->n_head;
    for (t->n_headers = 0; t->n_headers < t->n_head; t->n_headers++) {
        struct rp_header *h = t->headers + t->n_headers;
        h->name = at;
        h->value = at + strlen(at) + 1;
        at = h->value + strlen(h->value) + 1;
    }
    if (is_decoded(t)) {
        leave_out(t, "Content-Encoding");
        leave_out(t, "Content-Length");
    }
    return RP_OK;
}

static int tell_head(struct rp_transfer *t, struct rp_piece *out)
{
    RP_TRY(list_headers(t));
    t->head_told = 1;
    out->kind = RP_PIECE_HEAD;
    out->status = t->status;
    out->headers = t->headers;
    out->n_headers = t->n_headers;
    return RP_OK;
}

static void tell_bytes(struct rp_transfer *t, struct rp_piece *out)
{
    memcpy(&out->n, t->body.s + t->told, LENGTH);
    out->kind = RP_PIECE_BYTES;
    out->bytes = t->body.s + t->told + LENGTH;
    t->told += LENGTH + out->n;
}

static void tell_end(const struct rp_transfer *t, struct rp_piece *out)
{
    out->kind = RP_PIECE_END;
    if (t->code == CURLE_OK && t->stopped == RP_FAILURE_NONE && t->head_whole)
        return;
    rp_transfer_failed(t, out);
}

int rp_transfer_piece(struct rp_transfer *t, struct rp_piece *out)
{
    *out = (struct rp_piece){.kind = RP_PIECE_NONE};
    if (t->rc != RP_OK || t->code == CURLE_OUT_OF_MEMORY)
        return RP_ENOMEM;
    if (t->head_whole && !t->head_told)
        return tell_head(t, out);
    if (t->told < t->body.n)
        tell_bytes(t, out);
    else if (t->over)
        tell_end(t, out);
    return RP_OK;
}
