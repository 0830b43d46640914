/* redact_http.c - owns redaction of what an exchange is made of: URLs, headers, bodies, and all of
 * an interaction. It goes twice through each: first secrets are learned where a rule names their
 * place, then they are found wherever they stand. */
#include <string.h>

#include "redact_inside.h"

/* ---- URLs ------------------------------------------------------------------------------------ */

static int take(struct rp_redact *r, const char *s, size_t from, size_t to, struct rp_spans *spans)
{
    struct rp_span span = {.from = from, .to = to};
    struct rp_buf meaning;
    int encoded, rc;

    if (from >= to || rp_redact_is_mark(s + from, to - from))
        return RP_OK;
    rp_buf_init(&meaning, &r->alloc, SIZE_MAX / 2);
    rc = rp_view_read(RP_VIEW_PERCENT, s + from, to - from, &meaning, &encoded);
    if (rc == RP_OK && r->learning)
        rc = rp_redact_learn(r, meaning.s, meaning.n, RP_REDACT_LEARN_MIN);
    else if (rc == RP_OK)
        rc = rp_redact_number(r, meaning.s, meaning.n, &span.number);
    rp_buf_free(&meaning);
    return rc == RP_OK && !r->learning ? rp_spans_add(spans, span) : rc;
}

/* A parameter of the query, from its name to its end. */
static int take_parameter(struct rp_redact *r, const char *s, size_t from, size_t to,
                          struct rp_spans *spans)
{
    const char *eq = memchr(s + from, '=', to - from);
    struct rp_buf name;
    int encoded, rc;

    if (!eq)
        return RP_OK;
    rp_buf_init(&name, &r->alloc, SIZE_MAX / 2);
    rc = rp_view_read(RP_VIEW_PERCENT, s + from, (size_t)(eq - s) - from, &name, &encoded);
    if (rc == RP_OK && name.n > 0 && rp_redact_rule(r, RP_RULE_QUERY, name.s, name.n))
        rc = take(r, s, (size_t)(eq - s) + 1, to, spans);
    rp_buf_free(&name);
    return rc;
}

static int take_query(struct rp_redact *r, const char *s, size_t from, size_t to,
                      struct rp_spans *spans)
{
    while (from < to) {
        const char *and = memchr(s + from, '&', to - from);
        size_t end = and? (size_t)(and-s) : to;
        RP_TRY(take_parameter(r, s, from, end, spans));
        from = end + 1;
    }
    return RP_OK;
}

/* user:password before the host. */
static int take_user(struct rp_redact *r, const char *url, struct rp_spans *spans)
{
    const char *host = strstr(url, "://"), *end, *at = NULL;

    if (!host || host > url + strcspn(url, "/?#"))
        return RP_OK;
    host += 3;
    end = host + strcspn(host, "/?#");
    for (const char *s = host; s < end; s++)
        at = *s == '@' ? s : at;
    if (!at)
        return RP_OK;
    return take(r, url, (size_t)(host - url), (size_t)(at - url), spans);
}

static int find_in_url(struct rp_redact *r, const char *url, struct rp_spans *spans)
{
    size_t n = strlen(url), query = strcspn(url, "?#"), end = query + strcspn(url + query, "#");

    RP_TRY(take_user(r, url, spans));
    if (query < end)
        RP_TRY(take_query(r, url, query + 1, end, spans));
    return rp_redact_find(r, url, n, 0, 0, spans);
}

/* ---- headers --------------------------------------------------------------------------------- */

/* What may be met elsewhere of a header's value: behind "Bearer " and the like. */
static int learn_header(struct rp_redact *r, const char *value)
{
    const char *word = strrchr(value, ' ');

    RP_TRY(rp_redact_learn(r, value, strlen(value), RP_REDACT_LEARN_MIN));
    return word ? rp_redact_learn(r, word + 1, strlen(word + 1), RP_REDACT_LEARN_MIN) : RP_OK;
}

static int find_in_header(struct rp_redact *r, const char *name, const char *value,
                          struct rp_spans *spans)
{
    struct rp_span span = {.to = strlen(value)};

    if (!rp_redact_rule(r, RP_RULE_HEADER, name, strlen(name)))
        return rp_redact_find(r, value, span.to, 0, 0, spans);
    if (r->learning)
        return learn_header(r, value);
    if (span.to == 0 || rp_redact_is_mark(value, span.to))
        return RP_OK;
    RP_TRY(rp_redact_number(r, value, span.to, &span.number));
    return rp_spans_add(spans, span);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static int find_in_body(struct rp_redact *r, const char *s, size_t n, struct rp_spans *spans)
{
    if (rp_redact_is_sse(s, n))
        return rp_redact_sse(r, s, n, spans);
    return rp_redact_find(r, s, n, 0, 0, spans);
}

/* ---- one thing ------------------------------------------------------------------------------- */

enum thing { URL, HEADER, BODY, TEXT };

static int find(struct rp_redact *r, enum thing thing, const char *name, const char *s, size_t n,
                struct rp_spans *spans)
{
    switch (thing) {
    case URL:
        return find_in_url(r, s, spans);
    case HEADER:
        return find_in_header(r, name, s, spans);
    case BODY:
        return find_in_body(r, s, n, spans);
    case TEXT:
        break;
    }
    return rp_redact_find(r, s, n, 0, 0, spans);
}

static int learn(struct rp_redact *r, enum thing thing, const char *name, const char *s, size_t n)
{
    struct rp_spans none;
    int rc;

    rp_spans_init(&none, &r->alloc);
    r->learning = 1;
    rc = find(r, thing, name, s, n, &none);
    r->learning = 0;
    rp_spans_free(&none);
    return rc;
}

/* Adds what is left of it; all or nothing. */
static int hide(struct rp_redact *r, enum thing thing, const char *name, const char *s, size_t n,
                struct rp_buf *out, struct rp_body_chunk *chunks, size_t n_chunks,
                uint64_t *changed)
{
    size_t from = out->n;
    struct rp_spans spans;
    int rc;

    rp_spans_init(&spans, &r->alloc);
    rc = find(r, thing, name, s, n, &spans);
    rp_spans_sort(&spans);
    if (rc == RP_OK)
        rc = rp_spans_apply(&spans, s, n, out, chunks, n_chunks, changed);
    rp_spans_free(&spans);
    if (rc != RP_OK)
        rp_buf_cut(out, from);
    return rc;
}

int rp_redact_text(struct rp_redact *r, const char *s, size_t n, struct rp_buf *out,
                   uint64_t *changed)
{
    RP_TRY(learn(r, TEXT, NULL, s, n));
    return hide(r, TEXT, NULL, s, n, out, NULL, 0, changed);
}

int rp_redact_body(struct rp_redact *r, const char *s, size_t n, struct rp_buf *out,
                   struct rp_body_chunk *chunks, size_t n_chunks, uint64_t *changed)
{
    RP_TRY(learn(r, BODY, NULL, s, n));
    return hide(r, BODY, NULL, s, n, out, chunks, n_chunks, changed);
}

int rp_redact_url(struct rp_redact *r, const char *url, struct rp_buf *out, uint64_t *changed)
{
    RP_TRY(learn(r, URL, NULL, url, strlen(url)));
    return hide(r, URL, NULL, url, strlen(url), out, NULL, 0, changed);
}

int rp_redact_header(struct rp_redact *r, const char *name, const char *value, struct rp_buf *out,
                     uint64_t *changed)
{
    RP_TRY(learn(r, HEADER, name, value, strlen(value)));
    return hide(r, HEADER, name, value, strlen(value), out, NULL, 0, changed);
}

/* ---- interactions ---------------------------------------------------------------------------- */

static int learn_headers(struct rp_redact *r, const struct rp_header *h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        RP_TRY(learn(r, HEADER, h[i].name, h[i].value, strlen(h[i].value)));
    return RP_OK;
}

static int learn_all(struct rp_redact *r, const struct rp_interaction *i)
{
    RP_TRY(learn(r, URL, NULL, i->url, strlen(i->url)));
    RP_TRY(learn_headers(r, i->request_headers, i->n_request_headers));
    RP_TRY(learn_headers(r, i->headers, i->n_headers));
    RP_TRY(learn(r, BODY, NULL, i->request ? i->request : "", i->n_request));
    return learn(r, BODY, NULL, i->body ? i->body : "", i->n_body);
}

/* What is made: texts with their zero byte in texts, and where each begins. */
struct safe {
    struct rp_buf texts, headers, chunks;
    size_t url, model, failure, request, n_request, body, n_body, header_texts;
};

static int add(struct rp_redact *r, struct safe *x, enum thing thing, const char *name,
               const char *s, size_t *at, uint64_t *changed)
{
    *at = x->texts.n;
    if (s)
        RP_TRY(hide(r, thing, name, s, strlen(s), &x->texts, NULL, 0, changed));
    return rp_buf_addc(&x->texts, '\0');
}

static int add_body(struct rp_redact *r, struct safe *x, const char *s, size_t n, size_t *at,
                    size_t *length, struct rp_body_chunk *chunks, size_t n_chunks,
                    uint64_t *changed)
{
    *at = x->texts.n;
    RP_TRY(hide(r, BODY, NULL, s ? s : "", n, &x->texts, chunks, n_chunks, changed));
    *length = x->texts.n - *at;
    return rp_buf_addc(&x->texts, '\0');
}

static int add_values(struct rp_redact *r, struct safe *x, const struct rp_header *h, size_t n,
                      uint64_t *changed)
{
    size_t at;

    for (size_t i = 0; i < n; i++)
        RP_TRY(add(r, x, HEADER, h[i].name, h[i].value, &at, changed));
    return RP_OK;
}

static int make_safe(struct rp_redact *r, const struct rp_interaction *i, struct safe *x,
                     uint64_t *changed)
{
    RP_TRY(rp_buf_add(&x->chunks, (const char *)i->chunks, i->n_chunks * sizeof(*i->chunks)));
    RP_TRY(add(r, x, URL, NULL, i->url, &x->url, changed));
    RP_TRY(add(r, x, TEXT, NULL, i->model, &x->model, changed));
    RP_TRY(add(r, x, TEXT, NULL, i->failure_text, &x->failure, changed));
    RP_TRY(add_body(r, x, i->request, i->n_request, &x->request, &x->n_request, NULL, 0, changed));
    RP_TRY(add_body(r, x, i->body, i->n_body, &x->body, &x->n_body,
                    (struct rp_body_chunk *)(void *)x->chunks.s, i->n_chunks, changed));
    x->header_texts = x->texts.n;
    RP_TRY(add_values(r, x, i->request_headers, i->n_request_headers, changed));
    return add_values(r, x, i->headers, i->n_headers, changed);
}

static int list_headers(struct safe *x, const struct rp_header *from, size_t n, const char **value)
{
    for (size_t i = 0; i < n; i++) {
        struct rp_header h = {from[i].name, *value};
        *value += strlen(*value) + 1;
        RP_TRY(rp_buf_add(&x->headers, (const char *)&h, sizeof(h)));
    }
    return RP_OK;
}

static int put_together(struct rp_redact *r, const struct rp_interaction *from, struct safe *x,
                        struct rp_interaction **out)
{
    struct rp_interaction i = *from;
    const char *value = x->texts.s + x->header_texts;

    RP_TRY(list_headers(x, from->request_headers, from->n_request_headers, &value));
    RP_TRY(list_headers(x, from->headers, from->n_headers, &value));
    i.request_headers = (const struct rp_header *)(const void *)x->headers.s;
    i.headers = i.request_headers ? i.request_headers + i.n_request_headers : NULL;
    i.chunks = (const struct rp_body_chunk *)(const void *)x->chunks.s;
    i.url = x->texts.s + x->url;
    i.model = from->model ? x->texts.s + x->model : NULL;
    i.failure_text = from->failure_text ? x->texts.s + x->failure : NULL;
    i.request = x->texts.s + x->request;
    i.n_request = x->n_request;
    i.body = x->texts.s + x->body;
    i.n_body = x->n_body;
    i.digest[0] = '\0'; /* of the request as it is now; made when it is stored */
    return rp_interaction_copy(&r->alloc, &i, out);
}

int rp_redact_interaction(struct rp_redact *r, const struct rp_interaction *from,
                          struct rp_interaction **out, uint64_t *changed)
{
    struct safe x;
    int rc;

    memset(&x, 0, sizeof(x));
    rp_buf_init(&x.texts, &r->alloc, SIZE_MAX / 2);
    rp_buf_init(&x.headers, &r->alloc, SIZE_MAX / 2);
    rp_buf_init(&x.chunks, &r->alloc, SIZE_MAX / 2);
    rc = learn_all(r, from);
    if (rc == RP_OK)
        rc = make_safe(r, from, &x, changed);
    if (rc == RP_OK)
        rc = put_together(r, from, &x, out);
    rp_buf_free(&x.texts);
    rp_buf_free(&x.headers);
    rp_buf_free(&x.chunks);
    return rc;
}
