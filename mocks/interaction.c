/* interaction.c - owns copies of interactions: everything of one in one block. */
#include "cassette.h"

#include <string.h>

struct block {
    size_t size;
    struct rp_interaction i;
};

struct filling {
    char *arrays, *texts; /* where the next goes; NULL: sizes are only counted */
    size_t n_arrays, n_texts;
};

static const void *put(struct filling *f, const void *s, size_t n)
{
    char *to = f->texts;

    f->n_texts += n;
    if (!to)
        return s;
    if (n > 0)
        memcpy(to, s, n);
    f->texts += n;
    return to;
}

static const char *put_text(struct filling *f, const char *z)
{
    return z ? put(f, z, strlen(z) + 1) : NULL;
}

/* Bytes, with a zero byte behind them. */
static const char *put_bytes(struct filling *f, const char *s, size_t n)
{
    const char *at = put(f, s ? s : "", n);

    put(f, "", 1);
    return at;
}

static const struct rp_header *put_headers(struct filling *f, const struct rp_header *from,
                                           size_t n)
{
    struct rp_header *to = (struct rp_header *)(void *)f->arrays;

    f->n_arrays += n * sizeof(*to);
    if (to)
        f->arrays += n * sizeof(*to);
    for (size_t i = 0; i < n; i++) {
        struct rp_header h = {put_text(f, from[i].name), put_text(f, from[i].value)};
        if (to)
            to[i] = h;
    }
    return n > 0 ? to : NULL;
}

static const struct rp_body_chunk *put_chunks(struct filling *f, const struct rp_body_chunk *from,
                                              size_t n)
{
    char *to = f->arrays;

    f->n_arrays += n * sizeof(*from);
    if (to && n > 0)
        memcpy(to, from, n * sizeof(*from));
    if (to)
        f->arrays += n * sizeof(*from);
    return n > 0 ? (const struct rp_body_chunk *)(void *)to : NULL;
}

static void fill(struct filling *f, const struct rp_interaction *from, struct rp_interaction *to)
{
    struct rp_interaction i = *from;

    i.request_headers = put_headers(f, from->request_headers, from->n_request_headers);
    i.headers = put_headers(f, from->headers, from->n_headers);
    i.chunks = put_chunks(f, from->chunks, from->n_chunks);
    i.lane = put_text(f, from->lane);
    i.dialect = put_text(f, from->dialect);
    i.model = put_text(f, from->model);
    i.method = put_text(f, from->method);
    i.url = put_text(f, from->url);
    i.request = put_bytes(f, from->request, from->n_request);
    i.body = put_bytes(f, from->body, from->n_body);
    i.failure_text = put_text(f, from->failure_text);
    i.recorded_at = put_text(f, from->recorded_at);
    i.source = put_text(f, from->source);
    if (to)
        *to = i;
}

int rp_interaction_copy(const struct rp_alloc *alloc, const struct rp_interaction *from,
                        struct rp_interaction **out)
{
    struct filling count = {0}, f = {0};
    struct block *b;
    size_t size;

    fill(&count, from, NULL);
    size = sizeof(*b) + count.n_arrays + count.n_texts;
    b = alloc->resize(alloc->ctx, NULL, 0, size);
    if (!b)
        return RP_ENOMEM;
    b->size = size;
    f.arrays = (char *)(b + 1);
    f.texts = f.arrays + count.n_arrays;
    fill(&f, from, &b->i);
    RP_ASSERT(f.texts == (char *)b + size);
    *out = &b->i;
    return RP_OK;
}

void rp_interaction_free(const struct rp_alloc *alloc, struct rp_interaction *i)
{
    struct block *b;

    if (!i)
        return;
    b = (struct block *)(void *)((char *)i - offsetof(struct block, i));
    alloc->resize(alloc->ctx, b, b->size, 0);
}
