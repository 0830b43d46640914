/* redact_sse.c - owns server-sent events: each is searched on its own, and so is what the texts of
 * one stream make when they are put together, for a service cuts a secret where it likes. */
#include <string.h>

#include "redact_inside.h"

struct part {        /* a text of an event */
    size_t at;       /* in what they make together */
    size_t from, to; /* in the body, escaped */
};
struct stream {
    char *key;
    size_t key_size;
    struct rp_buf text, parts;
};
struct sse {
    struct rp_redact *r;
    const char *s;
    struct rp_spans *spans;
    struct stream *streams;
    size_t n, room;
    struct rp_buf key;
    struct rp_redact_tape tape;
    struct rp_buf event, lines; /* the data of the event under way, and where it stood (part) */
};

/* ---- lines ----------------------------------------------------------------------------------- */

static int begins(const char *s, size_t n, const char *with)
{
    size_t k = strlen(with);

    return n >= k && memcmp(s, with, k) == 0;
}

static size_t line_end(const char *s, size_t n, size_t from)
{
    while (from < n && s[from] != '\n' && s[from] != '\r')
        from++;
    return from;
}

int rp_redact_is_sse(const char *s, size_t n)
{
    for (size_t at = 0; at < n; at = line_end(s, n, at) + 1) {
        if (begins(s + at, n - at, "data:") || begins(s + at, n - at, "event:"))
            return 1;
        if (s[at] == '{' || s[at] == '[' || s[at] == '<')
            return 0;
    }
    return 0;
}

/* ---- which stream a text belongs to ---------------------------------------------------------- */

static int is_named(const struct sse *x, uint32_t node, const char *base, const char *name)
{
    const struct rp_node *key;

    if (node == RP_NO_NODE)
        return 0;
    key = &x->tape.at[node];
    return key->to - key->from == strlen(name) && memcmp(base + key->from, name, strlen(name)) == 0;
}

/* The members that tell streams apart: "index" and the like. */
static int add_members(struct sse *x, const char *base, uint32_t map)
{
    static const char *const names[] = {"index", "output_index", "content_index", "item_id"};

    for (uint32_t i = map + 1; i < x->tape.n && x->tape.at[i].from < x->tape.at[map].to; i++) {
        const struct rp_node *node = &x->tape.at[i];
        for (size_t k = 0; node->parent == map && k < sizeof(names) / sizeof(*names); k++)
            if (is_named(x, node->key, base, names[k]) && node->kind != RP_NODE_MAP &&
                node->kind != RP_NODE_LIST) {
                RP_TRY(rp_buf_addc(&x->key, '#'));
                RP_TRY(rp_buf_add(&x->key, base + node->from, node->to - node->from));
            }
    }
    return RP_OK;
}

/* Its path from the inside out; *grows: it is a piece of something that grows. */
static int make_key(struct sse *x, const char *base, uint32_t leaf, int *grows)
{
    static const char *const names[] = {"delta", "text", "content", "arguments", "partial_json"};

    rp_buf_clear(&x->key);
    *grows = 0;
    for (uint32_t at = leaf; at != RP_NO_NODE; at = x->tape.at[at].parent) {
        const struct rp_node *node = &x->tape.at[at];
        for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
            *grows |= is_named(x, node->key, base, names[k]) && (k == 0 || at == leaf);
        if (node->kind == RP_NODE_MAP)
            RP_TRY(add_members(x, base, at));
        RP_TRY(rp_buf_addc(&x->key, '/'));
        if (node->key != RP_NO_NODE)
            RP_TRY(rp_buf_add(&x->key, base + x->tape.at[node->key].from,
                              x->tape.at[node->key].to - x->tape.at[node->key].from));
    }
    return RP_OK;
}

static int find_stream(struct sse *x, struct stream **out)
{
    size_t room = x->room ? x->room * 2 : 8;
    const struct rp_alloc *a = &x->r->alloc;
    struct stream *more;

    for (size_t i = 0; i < x->n; i++)
        if (x->streams[i].key_size == x->key.n + 1 &&
            memcmp(x->streams[i].key, x->key.s, x->key.n) == 0) {
            *out = &x->streams[i];
            return RP_OK;
        }
    if (x->n == x->room) {
        more = a->resize(a->ctx, x->streams, x->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        x->streams = more;
        x->room = room;
    }
    *out = &x->streams[x->n];
    **out = (struct stream){.key_size = x->key.n + 1};
    (*out)->key = a->resize(a->ctx, NULL, 0, x->key.n + 1);
    if (!(*out)->key)
        return RP_ENOMEM;
    memcpy((*out)->key, x->key.s, x->key.n + 1);
    rp_buf_init(&(*out)->text, a, SIZE_MAX / 2);
    rp_buf_init(&(*out)->parts, a, SIZE_MAX / 2);
    x->n++;
    return RP_OK;
}

static int keep_text(struct sse *x, const char *base, uint32_t leaf)
{
    const struct rp_node *node = &x->tape.at[leaf];
    struct stream *stream;
    struct part part;
    int grows, encoded;

    RP_TRY(make_key(x, base, leaf, &grows));
    if (!grows)
        return RP_OK;
    RP_TRY(find_stream(x, &stream));
    memset(&part, 0, sizeof(part));
    part.at = stream->text.n;
    part.from = (size_t)(base - x->s) + node->from;
    part.to = (size_t)(base - x->s) + node->to;
    RP_TRY(rp_view_read(RP_VIEW_ESCAPED, base + node->from, node->to - node->from, &stream->text,
                        &encoded));
    return rp_buf_add(&stream->parts, (const char *)&part, sizeof(part));
}

/* ---- events ---------------------------------------------------------------------------------- */

static int take_data(struct sse *x, size_t from, size_t to)
{
    size_t end;
    int whole;

    RP_TRY(rp_redact_find(x->r, x->s + from, to - from, 0, from, x->spans));
    RP_TRY(rp_redact_tape_read(&x->tape, x->s + from, to - from, &end, &whole));
    for (uint32_t i = 0; i < x->tape.n; i++)
        if (x->tape.at[i].kind == RP_NODE_TEXT)
            RP_TRY(keep_text(x, x->s + from, i));
    return RP_OK;
}

/* A value over several lines is searched as the one that it is. */
static int end_event(struct sse *x)
{
    const struct part *lines = (const struct part *)(const void *)x->lines.s;
    size_t n = x->lines.n / sizeof(*lines);
    struct rp_spans found;
    int rc = RP_OK;

    rp_spans_init(&found, &x->r->alloc);
    if (n > 1)
        rc = rp_redact_find(x->r, x->event.s, x->event.n, 0, 0, &found);
    rp_spans_sort(&found);
    for (size_t i = 0; i < found.n; i++)
        for (size_t k = 0; rc == RP_OK && k < n; k++) {
            struct rp_span span = found.at[i];
            size_t end = lines[k].at + (lines[k].to - lines[k].from);
            if (span.to <= lines[k].at || span.from >= end)
                continue;
            span.number = span.from >= lines[k].at ? span.number : 0;
            span.from = lines[k].from + (span.from > lines[k].at ? span.from - lines[k].at : 0);
            span.to = span.to < end ? lines[k].from + (span.to - lines[k].at) : lines[k].to;
            rc = rp_spans_add(x->spans, span);
        }
    rp_spans_free(&found);
    rp_buf_clear(&x->event);
    rp_buf_clear(&x->lines);
    return rc;
}

static int keep_line(struct sse *x, size_t from, size_t to)
{
    struct part line;

    memset(&line, 0, sizeof(line));
    line.at = x->event.n;
    line.from = from;
    line.to = to;
    RP_TRY(rp_buf_add(&x->event, x->s + from, to - from));
    RP_TRY(rp_buf_addc(&x->event, '\n'));
    return rp_buf_add(&x->lines, (const char *)&line, sizeof(line));
}

static int take_line(struct sse *x, size_t at, size_t end)
{
    if (!begins(x->s + at, end - at, "data:"))
        return rp_redact_find(x->r, x->s + at, end - at, 0, at, x->spans);
    RP_TRY(take_data(x, at + 5, end));
    return keep_line(x, at + 5, end);
}

static int take_lines(struct sse *x, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t end = line_end(x->s, n, at);
        RP_TRY(end > at ? take_line(x, at, end) : end_event(x));
        at = end + 1;
        if (end + 1 < n && x->s[end] == '\r' && x->s[end + 1] == '\n')
            at++;
    }
    return end_event(x);
}

/* ---- what the texts of a stream make together ------------------------------------------------ */

/* The part of a span that stands in this text; number 0 for all but the first. */
static int add_share(struct sse *x, const struct part *part, size_t n, const struct rp_span *span,
                     uint32_t number)
{
    struct rp_spans one;
    int rc;

    rp_spans_init(&one, &x->r->alloc);
    rc = rp_spans_add(&one, (struct rp_span){span->from > part->at ? span->from - part->at : 0,
                                             span->to - part->at < n ? span->to - part->at : n,
                                             number, span->quotes});
    if (rc == RP_OK) {
        rp_view_lead_back(RP_VIEW_ESCAPED, x->s + part->from, part->to - part->from, &one, 0);
        one.at[0].from += part->from;
        one.at[0].to += part->from;
        rc = rp_spans_add(x->spans, one.at[0]);
    }
    rp_spans_free(&one);
    return rc;
}

static int share_out(struct sse *x, const struct stream *stream, const struct rp_span *span)
{
    const struct part *parts = (const struct part *)(const void *)stream->parts.s;
    size_t n = stream->parts.n / sizeof(*parts);
    uint32_t number = span->number;

    for (size_t i = 0; i < n; i++) {
        size_t end = i + 1 < n ? parts[i + 1].at : stream->text.n;
        if (parts[i].at >= span->to)
            break;
        if (end <= span->from || end == parts[i].at)
            continue;
        RP_TRY(add_share(x, &parts[i], end - parts[i].at, span, number));
        number = 0;
    }
    return RP_OK;
}

static int join_stream(struct sse *x, struct stream *stream)
{
    struct rp_spans found;
    int rc;

    rp_spans_init(&found, &x->r->alloc);
    rc = rp_redact_find(x->r, stream->text.s, stream->text.n, 1, 0, &found);
    rp_spans_sort(&found);
    for (size_t i = 0; rc == RP_OK && i < found.n; i++)
        rc = share_out(x, stream, &found.at[i]);
    rp_spans_free(&found);
    return rc;
}

static void free_streams(struct sse *x)
{
    struct rp_alloc a = x->r->alloc;

    for (size_t i = 0; i < x->n; i++) {
        a.resize(a.ctx, x->streams[i].key, x->streams[i].key_size, 0);
        rp_buf_free(&x->streams[i].text);
        rp_buf_free(&x->streams[i].parts);
    }
    if (x->streams)
        a.resize(a.ctx, x->streams, x->room * sizeof(*x->streams), 0);
    rp_buf_free(&x->key);
    rp_buf_free(&x->event);
    rp_buf_free(&x->lines);
    rp_redact_tape_free(&x->tape);
}

int rp_redact_sse(struct rp_redact *r, const char *s, size_t n, struct rp_spans *spans)
{
    struct sse x = {.r = r, .s = s, .spans = spans, .tape = {.alloc = r->alloc}};
    int rc;

    rp_buf_init(&x.key, &r->alloc, SIZE_MAX / 2);
    rp_buf_init(&x.event, &r->alloc, SIZE_MAX / 2);
    rp_buf_init(&x.lines, &r->alloc, SIZE_MAX / 2);
    rc = take_lines(&x, n);
    for (size_t i = 0; rc == RP_OK && i < x.n; i++)
        if (x.streams[i].text.n > 0)
            rc = join_stream(&x, &x.streams[i]);
    free_streams(&x);
    return rc;
}
