/* otlp_read.c - traces: finds the spans, says which belong together, and puts them in order. */
#include "otlp_read.h"

#include "formats_own.h"

#include <stdlib.h>
#include <string.h>

enum { ANCESTORS_MAX = 64 };

#define NO_CALLS "spans that are no model calls or tool runs; agents' ones name the lanes"
#define NO_WORDS "calls whose messages were not captured: nothing to replay"

struct found { /* spans, a list */
    struct rp_otlp_span span;
    struct found *next;
};

struct finding { /* in the order of the file */
    struct rp_import *im;
    struct found *first, *last;
    size_t n;
    uint32_t line;
};

/* ---- a span ---------------------------------------------------------------------------------- */

/* 64-bit numbers are texts in OTLP's JSON. */
static int read_nanos(struct rp_import *im, const struct rp_field *f, uint64_t *us)
{
    struct rp_str s = rp_str_of(f->v);
    uint64_t n = 0;

    *us = 0;
    if (!rp_field_is(f))
        return RP_OK;
    if (f->v.tag == RP_INT && f->v.u.i >= 0) {
        *us = (uint64_t)f->v.u.i / 1000;
        return RP_OK;
    }
    if (s.n == 0 || s.n > 19)
        return rp_field_fail(im, f, "no moment in nanoseconds");
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] < '0' || s.s[i] > '9')
            return rp_field_fail(im, f, "no moment in nanoseconds");
        n = n * 10 + (uint64_t)(s.s[i] - '0');
    }
    *us = n / 1000;
    return RP_OK;
}

static int read_attribute_text(struct rp_import *im, struct rp_value attributes, const char *key,
                               const char **out)
{
    struct rp_value v = rp_nil();
    struct rp_str s;

    RP_TRY(rp_otlp_attribute(im, attributes, key, &v));
    s = rp_str_of(v);
    if (v.tag != RP_TEXT || s.n == 0 || memchr(s.s, '\0', s.n))
        return RP_OK;
    *out = rp_pool_text(&im->pool, s.s, s.n);
    return *out ? RP_OK : im->pool.failed;
}

static enum rp_otlp_kind kind_of(const char *operation)
{
    if (strcmp(operation, "chat") == 0 || strcmp(operation, "text_completion") == 0 ||
        strcmp(operation, "generate_content") == 0)
        return RP_OTLP_CHAT;
    return strcmp(operation, "execute_tool") == 0 ? RP_OTLP_TOOL : RP_OTLP_OTHER;
}

static int read_ids(struct rp_import *im, const struct rp_field *f, struct rp_otlp_span *span)
{
    struct rp_field trace = rp_field_get(f, "traceId"), id = rp_field_get(f, "spanId");
    struct rp_field parent = rp_field_get(f, "parentSpanId"), links = rp_field_get(f, "links");

    span->trace = span->id = span->parent = span->linked = "";
    RP_TRY(rp_field_text(im, &trace, 0, &span->trace));
    RP_TRY(rp_field_text(im, &id, 0, &span->id));
    RP_TRY(rp_field_text(im, &parent, 0, &span->parent));
    if (rp_len(links.v) > 0) {
        struct rp_field link = rp_field_nth(&links, 0), linked = rp_field_get(&link, "spanId");
        RP_TRY(rp_field_text(im, &linked, 0, &span->linked));
    }
    return RP_OK;
}

static int read_span(struct rp_import *im, const struct rp_field *f, struct rp_otlp_span *span)
{
    struct rp_field start = rp_field_get(f, "startTimeUnixNano");
    struct rp_field end = rp_field_get(f, "endTimeUnixNano");
    const char *operation = "";

    RP_TRY(rp_field_want_map(im, f));
    RP_TRY(read_ids(im, f, span));
    RP_TRY(read_nanos(im, &start, &span->start_us));
    RP_TRY(read_nanos(im, &end, &span->end_us));
    span->attributes = rp_map_get(f->v, "attributes");
    span->events = rp_map_get(f->v, "events");
    span->status = rp_map_get(f->v, "status");
    RP_TRY(read_attribute_text(im, span->attributes, "gen_ai.operation.name", &operation));
    RP_TRY(read_attribute_text(im, span->attributes, "gen_ai.agent.name", &span->agent));
    span->kind = kind_of(operation);
    rp_field_place(f, span->place);
    return RP_OK;
}

/* ---- the tree of the file -------------------------------------------------------------------- */

static int add_span(struct finding *found, const struct rp_field *f)
{
    struct found *one = rp_pool_take(&found->im->pool, sizeof(*one));

    if (!one)
        return found->im->pool.failed;
    one->span.number = found->n++;
    if (found->last)
        found->last->next = one;
    else
        found->first = one;
    found->last = one;
    return read_span(found->im, f, &one->span);
}

/* Calls add for each item of the list of that name, or of its older name. */
static int each(struct finding *found, const struct rp_field *of, const char *name,
                const char *older, int (*add)(struct finding *found, const struct rp_field *f))
{
    struct rp_field list = rp_field_get(of, rp_map_has(of->v, name) ? name : older);

    RP_TRY(rp_field_want_map(found->im, of));
    if (!rp_field_is(&list))
        return RP_OK;
    RP_TRY(rp_field_want_list(found->im, &list));
    for (uint32_t i = 0; i < rp_len(list.v); i++) {
        struct rp_field one = rp_field_nth(&list, i);
        RP_TRY(add(found, &one));
    }
    return RP_OK;
}

static int add_scope(struct finding *found, const struct rp_field *f)
{
    return each(found, f, "spans", "spans", add_span);
}

static int add_resource(struct finding *found, const struct rp_field *f)
{
    return each(found, f, "scopeSpans", "instrumentationLibrarySpans", add_scope);
}

static int add_whole(struct finding *found, struct rp_value v)
{
    struct rp_field *whole = rp_pool_take(&found->im->pool, sizeof(*whole));

    if (!whole)
        return found->im->pool.failed;
    *whole = (struct rp_field){.v = v, .line = found->line};
    if (!rp_map_has(v, "resourceSpans"))
        return rp_field_fail(found->im, whole, "no OTLP trace: it has no \"resourceSpans\"");
    return each(found, whole, "resourceSpans", "resourceSpans", add_resource);
}

static int add_lines(struct finding *found, const char *s, size_t n)
{
    size_t from = 0;

    for (found->line = 1; from < n; found->line++) {
        const char *end = memchr(s + from, '\n', n - from);
        size_t to = end ? (size_t)(end - s) : n;
        struct rp_field at = {.line = found->line};
        struct rp_error why = {0};
        struct rp_value v = rp_nil();
        int rc = RP_OK;
        if (!rp_str_blank((struct rp_str){s + from, to - from})) {
            rc = rp_json_read(&found->im->heap, s + from, to - from, &v, &why);
            rc = rc == RP_EPARSE ? rp_field_fail_json(found->im, &at, &why) : rc;
            rc = rc == RP_OK ? add_whole(found, v) : rc;
        }
        RP_TRY(rc);
        from = to + 1;
    }
    return RP_OK;
}

/* One object, or one a line. */
static int find_spans(struct finding *found, const char *s, size_t n)
{
    const char *end = n > 0 ? memchr(s, '\n', n) : NULL;
    struct rp_import *im = found->im;
    struct rp_error why = {0};
    struct rp_value v = rp_nil();
    int rc = end ? rp_json_try(&im->heap, (struct rp_str){s, (size_t)(end - s)}, &v) : RP_EPARSE;

    if (rc == RP_OK && v.tag == RP_MAP)
        return add_lines(found, s, n);
    if (rc != RP_OK && rc != RP_EPARSE)
        return rc;
    rc = rp_json_read(&im->heap, s, n, &v, &why);
    if (rc == RP_EPARSE)
        return rp_import_fail(im, rc, why.where, "%s", why.text);
    return rc == RP_OK ? add_whole(found, v) : rc;
}

/* ---- order and parents ----------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    const struct rp_otlp_span *x = *(struct rp_otlp_span *const *)a,
                              *y = *(struct rp_otlp_span *const *)b;

    if (x->start_us != y->start_us)
        return x->start_us < y->start_us ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int order_ids(const struct rp_otlp_span *x, const char *trace, const char *id)
{
    int order = strcmp(x->trace, trace);

    return order != 0 ? order : strcmp(x->id, id);
}

static int by_id(const void *a, const void *b)
{
    const struct rp_otlp_span *x = *(struct rp_otlp_span *const *)a,
                              *y = *(struct rp_otlp_span *const *)b;
    int order = order_ids(x, y->trace, y->id);

    return order != 0 ? order : x->number < y->number ? -1 : x->number > y->number;
}

static struct rp_otlp_span *find(const struct rp_otlp_spans *s, const char *trace, const char *id)
{
    size_t low = 0, high = s->n;

    if (!id[0])
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order_ids(s->by_id[middle], trace, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->n && order_ids(s->by_id[low], trace, id) == 0 ? s->by_id[low] : NULL;
}

static int sort(struct rp_otlp_spans *s, const struct finding *found)
{
    struct found *one = found->first;

    s->n = found->n;
    s->at = rp_pool_take(&s->im->pool, s->n * sizeof(struct rp_otlp_span *));
    s->by_id = rp_pool_take(&s->im->pool, s->n * sizeof(struct rp_otlp_span *));
    if (!s->at || !s->by_id)
        return s->im->pool.failed;
    for (size_t i = 0; i < s->n; i++, one = one->next)
        s->at[i] = s->by_id[i] = &one->span;
    qsort(s->at, s->n, sizeof(struct rp_otlp_span *), by_start);
    qsort(s->by_id, s->n, sizeof(struct rp_otlp_span *), by_id);
    return RP_OK;
}

/* The agent that a span works for: its own, or the next one above it. */
static const char *lane_of(const struct rp_otlp_spans *s, const struct rp_otlp_span *span)
{
    for (int i = 0; span && i < ANCESTORS_MAX; i++) {
        if (span->agent)
            return span->agent;
        span = find(s, span->trace, span->parent);
    }
    return NULL;
}

/* The exchange that a tool followed: the one it is linked to, its parent, or else the last one of
 * its lane that began before it. */
static int64_t before_tool(const struct rp_otlp_spans *s, const struct rp_otlp_span *tool,
                           const char *lane, size_t i)
{
    const struct rp_otlp_span *linked = find(s, tool->trace, tool->linked);
    const struct rp_otlp_span *parent = find(s, tool->trace, tool->parent);

    if (linked && linked->item > 0)
        return linked->item;
    if (parent && parent->item > 0)
        return parent->item;
    while (i-- > 0)
        if (s->at[i]->item > 0 && rp_same(s->im->items[s->at[i]->item - 1].lane, lane))
            return s->at[i]->item;
    return 0;
}

/* ---- taking ---------------------------------------------------------------------------------- */

static void find_first(struct rp_otlp_spans *s)
{
    for (size_t i = s->n; i-- > 0;)
        if (s->at[i]->kind == RP_OTLP_CHAT)
            s->first_us = s->at[i]->start_us;
}

static int take_calls(struct rp_otlp_spans *s)
{
    int made = 0;

    for (size_t i = 0; i < s->n; i++) {
        struct rp_otlp_span *span = s->at[i];
        if (span->kind == RP_OTLP_OTHER)
            rp_import_note(s->im, RP_NOTE_SKIPPED, NO_CALLS, span->place);
        if (span->kind != RP_OTLP_CHAT)
            continue;
        RP_TRY(rp_otlp_call(s, span, lane_of(s, span), &made));
        if (made)
            span->item = (int64_t)s->im->n;
        else
            rp_import_note(s->im, RP_NOTE_SKIPPED, NO_WORDS, span->place);
    }
    return RP_OK;
}

static int take_tools(struct rp_otlp_spans *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct rp_otlp_span *span = s->at[i];
        const char *lane;
        if (span->kind != RP_OTLP_TOOL)
            continue;
        lane = lane_of(s, span);
        lane = lane ? lane : "default";
        RP_TRY(rp_otlp_tool(s, span, lane, before_tool(s, span, lane, i)));
    }
    return RP_OK;
}

int rp_otlp_read(struct rp_import *im, const char *s, size_t n)
{
    struct finding found = {.im = im};
    struct rp_otlp_spans spans = {.im = im};

    RP_TRY(find_spans(&found, s, n));
    RP_TRY(sort(&spans, &found));
    find_first(&spans);
    RP_TRY(take_calls(&spans));
    return take_tools(&spans);
}
