/* otlp_write.c - a cassette as one trace: a declared root, below it a span for each lane, below
 * that its calls and its tools, each tool linked to the call that asked for it. Every id is made
 * from digests, so the same cassette gives the same bytes. */
#include "otlp_write.h"

#include "engine/base/sha256.h"
#include "otlp_value.h"

#include <stdio.h>
#include <string.h>

#define NO_BYTES "bytes, headers and pieces of requests and replies: only what they say is kept"

enum { INTERNAL = 1, CLIENT = 3, TRACE_HEX = 32, SPAN_HEX = 16 };

struct lane {
    char *name;
    uint64_t first_us, last_us;
    char id[SPAN_HEX + 1];
};

struct spot { /* the span of an exchange */
    char id[SPAN_HEX + 1];
    uint64_t end_us;
    size_t from, to; /* its attributes, in said */
};

struct tracing {
    struct rp_export *ex;
    int64_t epoch;
    char trace[TRACE_HEX + 1], root[SPAN_HEX + 1];
    struct rp_pool pool;
    struct lane *lanes; /* in order of their first exchange */
    size_t n, room;
    struct spot *spots; /* of the exchanges, by index */
    struct rp_buf said; /* their attributes */
};

/* ---- ids ------------------------------------------------------------------------------------- */

static void digest_z(struct rp_sha256 *d, const char *z)
{
    rp_sha256_add(d, z, strlen(z) + 1);
}

/* The first digits of a digest over the trace and what the span is. */
static void span_id(const struct tracing *t, const char *what, const char *name, int64_t order,
                    int64_t attempt, char out[SPAN_HEX + 1])
{
    char numbers[64], hex[65];
    struct rp_sha256 d;

    snprintf(numbers, sizeof(numbers), "%lld %lld", (long long)order, (long long)attempt);
    rp_sha256_init(&d);
    digest_z(&d, t->trace);
    digest_z(&d, what);
    digest_z(&d, name);
    digest_z(&d, numbers);
    rp_sha256_hex(&d, hex);
    memcpy(out, hex, SPAN_HEX);
    out[SPAN_HEX] = '\0';
}

/* ---- lanes ----------------------------------------------------------------------------------- */

static struct lane *find_lane(const struct tracing *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->lanes[i].name, name) == 0)
            return &t->lanes[i];
    return NULL;
}

static int add_lane(struct tracing *t, const char *name, struct lane **out)
{
    size_t room = t->room ? 2 * t->room : 16;
    struct lane *more;

    *out = find_lane(t, name);
    if (*out)
        return RP_OK;
    if (t->n == t->room) {
        more = rp_pool_take(&t->pool, room * sizeof(*more));
        if (!more)
            return t->pool.failed;
        if (t->n > 0)
            memcpy(more, t->lanes, t->n * sizeof(*more));
        t->lanes = more;
        t->room = room;
    }
    *out = &t->lanes[t->n];
    **out =
        (struct lane){.name = rp_pool_text(&t->pool, name, strlen(name)), .first_us = UINT64_MAX};
    if (!(*out)->name)
        return t->pool.failed;
    t->n++;
    return RP_OK;
}

static uint64_t end_of(const struct rp_interaction *it)
{
    return it->started_us + it->head_us + rp_export_receive_us(it);
}

/* ---- what the calls say ---------------------------------------------------------------------- */

/* The host of a URL, and its port where it has one; the whole where these do not make it. */
static void put_address(struct rp_buf *b, const struct rp_interaction *it)
{
    const char *at = strstr(it->url, "://"), *colon;
    char host[RP_OTLP_URL], url[RP_OTLP_URL];
    int64_t port = 0;
    size_t n;

    at = at ? at + 3 : it->url;
    n = strcspn(at, "/?#");
    colon = memchr(at, ':', n);
    for (const char *d = colon ? colon + 1 : at + n; d < at + n; d++)
        port = *d >= '0' && *d <= '9' && port < 100000 ? port * 10 + (*d - '0') : -100000;
    n = colon ? (size_t)(colon - at) : n;
    snprintf(host, sizeof(host), "%.*s", (int)(n < sizeof(host) ? n : sizeof(host)), at);
    rp_otlp_url(host, port, url);
    rp_otlp_put_text(b, "server.address", (struct rp_str){at, n});
    if (port > 0)
        rp_otlp_put_int(b, "server.port", port);
    if (rp_same(it->dialect, "chat") && strcmp(it->url, url) != 0)
        rp_otlp_put_text(b, "url.full", rp_str(it->url));
}

static const char *provider_of(const struct rp_interaction *it)
{
    return rp_same(it->dialect, "anthropic") || strstr(it->url, "anthropic") ? "anthropic"
                                                                             : "openai";
}

static int put_attributes(struct rp_export *ex, const struct rp_interaction *it)
{
    struct rp_buf *b = ex->out;

    rp_out_open(b, "attributes", '[');
    rp_otlp_put_text(b, "gen_ai.operation.name", rp_str("chat"));
    rp_otlp_put_text(b, "gen_ai.provider.name", rp_str(provider_of(it)));
    if (it->model)
        rp_otlp_put_text(b, "gen_ai.request.model", rp_str(it->model));
    put_address(b, it);
    rp_otlp_put_int(b, "reprise.order", it->order);
    if (it->attempt)
        rp_otlp_put_int(b, "reprise.attempt", it->attempt);
    RP_TRY(rp_otlp_put_call(ex, it));
    rp_out_close(b, ']');
    return b->failed;
}

static void add_time(struct lane *lane, const struct rp_interaction *it)
{
    lane->first_us = it->started_us < lane->first_us ? it->started_us : lane->first_us;
    lane->last_us = end_of(it) > lane->last_us ? end_of(it) : lane->last_us;
}

/* First pass: lanes, their times, what each call says; of that the trace's id is made. */
static int survey(struct tracing *t)
{
    struct rp_cassette *c = t->ex->from;
    struct rp_export into = *t->ex;
    const struct rp_interaction *it;
    struct rp_sha256 d;
    struct lane *lane;
    char hex[65];

    into.out = &t->said;
    t->spots = rp_pool_take(&t->pool, (rp_cassette_count(c) + 1) * sizeof(*t->spots));
    if (!t->spots)
        return t->pool.failed;
    rp_sha256_init(&d);
    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        RP_TRY(rp_cassette_get(c, rp_cassette_nth(c, i), &it, t->ex->err));
        RP_TRY(add_lane(t, it->lane, &lane));
        add_time(lane, it);
        t->spots[i].from = t->said.n;
        RP_TRY(rp_buf_addc(&t->said, '\n'));
        RP_TRY(put_attributes(&into, it));
        t->spots[i].to = t->said.n;
        digest_z(&d, it->lane);
    }
    rp_sha256_add(&d, t->said.s ? t->said.s : "", t->said.n);
    rp_sha256_hex(&d, hex);
    memcpy(t->trace, hex, TRACE_HEX);
    t->trace[TRACE_HEX] = '\0';
    span_id(t, "cassette", "", 0, 0, t->root);
    for (size_t i = 0; i < t->n; i++)
        span_id(t, "lane", t->lanes[i].name, 0, 0, t->lanes[i].id);
    return RP_OK;
}

/* ---- spans ----------------------------------------------------------------------------------- */

static void put_nanos(const struct tracing *t, const char *key, uint64_t us)
{
    struct rp_interaction at = {.started_us = us};
    char digits[40];
    int64_t moment = rp_export_start(&at, t->epoch);

    snprintf(digits, sizeof(digits), "%llu000", (unsigned long long)(moment > 0 ? moment : 0));
    rp_out_text(t->ex->out, key, digits);
}

static void put_name(struct rp_buf *b, const char *operation, const char *name)
{
    struct rp_buf text;

    rp_buf_init(&text, &b->alloc, RP_TEXT_MAX);
    rp_buf_addz(&text, operation);
    rp_buf_addz(&text, name[0] ? " " : "");
    rp_buf_addz(&text, name);
    if (text.failed && !b->failed)
        b->failed = text.failed;
    rp_out_str(b, "name", (struct rp_str){text.s ? text.s : "", text.n});
    rp_buf_free(&text);
}

/* Up to its attributes, which are left open. parent NULL: the root. */
static void open_span(const struct tracing *t, const char *id, const char *parent,
                      const char *operation, const char *name, int kind)
{
    struct rp_buf *b = t->ex->out;

    rp_buf_addz(b, b->n > 0 && b->s[b->n - 1] == '}' ? ",\n" : "\n");
    rp_out_open(b, NULL, '{');
    rp_out_text(b, "traceId", t->trace);
    rp_out_text(b, "spanId", id);
    if (parent)
        rp_out_text(b, "parentSpanId", parent);
    put_name(b, operation, name);
    rp_out_int(b, "kind", kind);
}

static void open_attributes(const struct tracing *t, const char *operation, uint64_t from,
                            uint64_t to)
{
    struct rp_buf *b = t->ex->out;

    put_nanos(t, "startTimeUnixNano", from);
    put_nanos(t, "endTimeUnixNano", to);
    rp_out_open(b, "attributes", '[');
    if (operation)
        rp_otlp_put_text(b, "gen_ai.operation.name", rp_str(operation));
}

static void put_status(struct rp_buf *b, int failed, struct rp_str why)
{
    rp_out_open(b, "status", '{');
    if (failed)
        rp_out_int(b, "code", 2);
    if (failed && why.n > 0)
        rp_out_str(b, "message", why);
    rp_out_close(b, '}');
    rp_out_close(b, '}');
}

static void close_span(const struct tracing *t, int failed)
{
    rp_out_close(t->ex->out, ']');
    put_status(t->ex->out, failed, rp_str(""));
}

static void put_root(const struct tracing *t)
{
    uint64_t first = UINT64_MAX, last = 0;

    for (size_t i = 0; i < t->n; i++) {
        first = t->lanes[i].first_us < first ? t->lanes[i].first_us : first;
        last = t->lanes[i].last_us > last ? t->lanes[i].last_us : last;
    }
    open_span(t, t->root, NULL, "cassette", "", INTERNAL);
    open_attributes(t, NULL, first == UINT64_MAX ? 0 : first, last);
    rp_otlp_put_text(t->ex->out, "reprise.span", rp_str("root"));
    close_span(t, 0);
    for (size_t i = 0; i < t->n; i++) {
        const struct lane *lane = &t->lanes[i];
        open_span(t, lane->id, t->root, "invoke_agent", lane->name, INTERNAL);
        open_attributes(t, "invoke_agent", lane->first_us, lane->last_us);
        rp_otlp_put_text(t->ex->out, "gen_ai.agent.name", rp_str(lane->name));
        close_span(t, 0);
    }
}

static int put_exchange(struct tracing *t, const struct rp_interaction *it, size_t i)
{
    const struct lane *lane = find_lane(t, it->lane);
    struct spot *spot = &t->spots[i];
    struct rp_buf *b = t->ex->out;
    int failed = it->status < 200 || it->status > 299 || it->failure != RP_FAILURE_NONE;
    struct rp_value why = rp_nil();
    struct rp_heap heap;
    int rc;

    RP_ASSERT(lane);
    span_id(t, "chat", it->lane, it->order, it->attempt, spot->id);
    spot->end_us = end_of(it);
    open_span(t, spot->id, lane->id, "chat", it->model ? it->model : "", CLIENT);
    put_nanos(t, "startTimeUnixNano", it->started_us);
    put_nanos(t, "endTimeUnixNano", spot->end_us);
    rp_buf_addc(b, ',');
    rp_buf_add(b, t->said.s + spot->from + 1, spot->to - spot->from - 1);
    rp_heap_init(&heap, &b->alloc, 0, 0);
    rc = failed && !it->failure_text ? rp_otlp_refusal(&heap, it, &why) : RP_OK;
    put_status(b, failed, it->failure_text ? rp_str(it->failure_text) : rp_str_of(why));
    rp_heap_free(&heap);
    return rc == RP_OK ? b->failed : rc;
}

/* The index of the exchange with that id, plus one; 0: none. */
static size_t index_of(struct rp_cassette *c, int64_t id)
{
    for (size_t i = 0; i < rp_cassette_count(c); i++)
        if (rp_cassette_nth(c, i) == id)
            return i + 1;
    return 0;
}

static int put_tool(struct tracing *t, const struct rp_tool_record *tool, size_t number)
{
    const struct lane *lane = find_lane(t, tool->lane);
    struct rp_buf *b = t->ex->out;
    size_t after = index_of(t->ex->from, tool->after);
    uint64_t at = after > 0 ? t->spots[after - 1].end_us : 0;
    char id[SPAN_HEX + 1];

    span_id(t, "tool", tool->lane, (int64_t)number, 0, id);
    open_span(t, id, lane ? lane->id : t->root, "execute_tool", tool->tool, INTERNAL);
    if (after > 0) {
        rp_out_open(b, "links", '[');
        rp_out_open(b, NULL, '{');
        rp_out_text(b, "traceId", t->trace);
        rp_out_text(b, "spanId", t->spots[after - 1].id);
        rp_out_close(b, '}');
        rp_out_close(b, ']');
    }
    open_attributes(t, "execute_tool", at, at);
    if (!lane)
        rp_otlp_put_text(b, "gen_ai.agent.name", rp_str(tool->lane));
    rp_otlp_put_text(b, "gen_ai.tool.name", rp_str(tool->tool));
    rp_otlp_put_text(b, "gen_ai.tool.call.id", rp_str(tool->call_id));
    rp_otlp_put_text(b, "gen_ai.tool.call.arguments", rp_str(tool->arguments));
    rp_otlp_put_text(b, "gen_ai.tool.call.result", rp_str(tool->result));
    close_span(t, tool->failed);
    return b->failed;
}

/* ---- the trace ------------------------------------------------------------------------------- */

static int put_spans(struct tracing *t)
{
    struct rp_cassette *c = t->ex->from;
    const struct rp_interaction *it;
    const struct rp_tool_record *tool;

    put_root(t);
    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        RP_TRY(rp_cassette_get(c, rp_cassette_nth(c, i), &it, t->ex->err));
        RP_TRY(put_exchange(t, it, i));
        t->ex->report->exchanges++;
    }
    for (size_t i = 0; i < rp_cassette_tools(c); i++) {
        RP_TRY(rp_cassette_tool(c, i, &tool, t->ex->err));
        RP_TRY(put_tool(t, tool, i));
        t->ex->report->tools++;
    }
    return RP_OK;
}

static int put_trace(struct tracing *t)
{
    struct rp_buf *b = t->ex->out;

    RP_TRY(rp_export_epoch(t->ex, &t->epoch));
    RP_TRY(survey(t));
    rp_buf_addz(b, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
                   "\"value\":{\"stringValue\":\"reprise\"}}]},\"scopeSpans\":[{\"scope\":"
                   "{\"name\":\"reprise\"},\"spans\":[");
    RP_TRY(put_spans(t));
    rp_buf_addz(b, "\n]}]}]}\n");
    rp_note(t->ex->report, RP_NOTE_LOST, t->ex->report->exchanges, NO_BYTES, "");
    return b->failed;
}

int rp_otlp_write(struct rp_export *ex)
{
    struct tracing t = {.ex = ex};
    int rc;

    rp_pool_init(&t.pool, &ex->out->alloc, RP_IMPORT_MAX);
    rp_buf_init(&t.said, &ex->out->alloc, RP_IMPORT_MAX);
    rc = put_trace(&t);
    rp_buf_free(&t.said);
    rp_pool_free(&t.pool);
    return rc;
}
