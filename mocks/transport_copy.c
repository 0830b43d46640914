/* transport_copy.c - owns the copy of an exchange: one block, whose size follows from what is in
 * it. */
#include "transport.h"

#include <string.h>

static size_t size_of_text(const char *z)
{
    return z ? strlen(z) + 1 : 0;
}

static size_t size_of(const struct rp_exchange *x)
{
    size_t size = sizeof(*x) + x->n_headers * sizeof(*x->headers) + x->n_body + 1;

    size += size_of_text(x->method) + size_of_text(x->url) + size_of_text(x->lane);
    size += size_of_text(x->dialect) + size_of_text(x->model);
    for (size_t i = 0; i < x->n_headers; i++)
        size += size_of_text(x->headers[i].name) + size_of_text(x->headers[i].value);
    return size;
}

/* The text's copy at *at, which moves on. */
static const char *put(char **at, const char *z)
{
    size_t n = size_of_text(z);
    char *to = *at;

    if (!z)
        return NULL;
    memcpy(to, z, n);
    *at += n;
    return to;
}

static const char *put_body(char **at, const struct rp_exchange *from)
{
    char *to = *at;

    if (from->n_body > 0)
        memcpy(to, from->body, from->n_body);
    to[from->n_body] = '\0';
    *at += from->n_body + 1;
    return to;
}

int rp_exchange_copy(const struct rp_alloc *alloc, const struct rp_exchange *from,
                     struct rp_exchange **out)
{
    struct rp_exchange *x = alloc->resize(alloc->ctx, NULL, 0, size_of(from));
    struct rp_header *headers;
    char *at;

    if (!x)
        return RP_ENOMEM;
    headers = (struct rp_header *)(void *)(x + 1);
    at = (char *)(headers + from->n_headers);
    *x = *from;
    x->headers = headers;
    for (size_t i = 0; i < from->n_headers; i++) {
        headers[i].name = put(&at, from->headers[i].name);
        headers[i].value = put(&at, from->headers[i].value);
    }
    x->method = put(&at, from->method);
    x->url = put(&at, from->url);
    x->lane = put(&at, from->lane);
    x->dialect = put(&at, from->dialect);
    x->model = put(&at, from->model);
    x->body = put_body(&at, from);
    *out = x;
    return RP_OK;
}

void rp_exchange_free(const struct rp_alloc *alloc, struct rp_exchange *x)
{
    if (x)
        alloc->resize(alloc->ctx, x, size_of(x), 0);
}
