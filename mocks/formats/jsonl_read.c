/* jsonl_read.c - exchanges as JSON, one a line: ours, and plain pairs of request and response. */
#include "dates.h"
#include "fields.h"
#include "formats_own.h"

#include "mocks/wire/wire.h"

#include <string.h>

#define PAIR    "plain pairs: address, headers and times are made up"
#define NO_PAIR "lines whose request is of no known dialect"

enum { SOURCE_MAX = 16 };

struct line {
    struct rp_import *im;
    struct rp_field f;
    struct rp_interaction it;
    char place[RP_PLACE_MAX];
};

/* ---- leaves ---------------------------------------------------------------------------------- */

/* An object or an array in its compact form, a text as it is. */
static int read_body(struct rp_import *im, const struct rp_field *f, const char *key,
                     const char *key64, const char **out, size_t *n)
{
    struct rp_field text = rp_field_get(f, key), base64 = rp_field_get(f, key64);
    struct rp_buf json;
    int rc;

    *out = "";
    if (rp_field_is(&base64))
        return rp_field_bytes(im, &base64, 1, out, n);
    if (text.v.tag != RP_MAP && text.v.tag != RP_LIST)
        return rp_field_bytes(im, &text, 0, out, n);
    rp_buf_init(&json, &im->alloc, RP_TEXT_MAX);
    rc = rp_json_write(&json, text.v, 0);
    if (rc == RP_OK) {
        *out = rp_pool_text(&im->pool, json.s, json.n);
        *n = json.n;
        rc = *out ? RP_OK : im->pool.failed;
    }
    rp_buf_free(&json);
    return rc;
}

static int read_flag(struct rp_import *im, const struct rp_field *f, const char *key, int *out)
{
    struct rp_field flag = rp_field_get(f, key);

    if (!rp_field_is(&flag))
        return RP_OK;
    if (flag.v.tag != RP_BOOL)
        return rp_field_fail(im, &flag, "something else, where true or false is expected");
    *out = rp_is_true(flag.v);
    return RP_OK;
}

static int read_us(struct rp_import *im, const struct rp_field *f, const char *key, uint64_t *out)
{
    struct rp_field us = rp_field_get(f, key);

    return rp_field_uint(im, &us, out);
}

static int want_pair(struct rp_import *im, const struct rp_field *f)
{
    RP_TRY(rp_field_want_list(im, f));
    return rp_len(f->v) == 2 ? RP_OK : rp_field_fail(im, f, "a list of two is expected");
}

/* [name, value], or [name, value in base64, "base64"]. */
static int read_header(struct rp_import *im, const struct rp_field *f, struct rp_header *h)
{
    struct rp_field name, value;
    size_t n = 0;

    RP_TRY(rp_field_want_list(im, f));
    if (rp_len(f->v) < 2 || rp_len(f->v) > 3)
        return rp_field_fail(im, f, "a list of name and value is expected");
    name = rp_field_nth(f, 0);
    value = rp_field_nth(f, 1);
    RP_TRY(rp_field_text(im, &name, 1, &h->name));
    if (rp_len(f->v) == 2)
        return rp_field_text(im, &value, 1, &h->value);
    if (!rp_is_text(rp_at(f->v, 2), "base64"))
        return rp_field_fail(im, f, "its third item can only be \"base64\"");
    h->value = "";
    RP_TRY(rp_field_bytes(im, &value, 1, &h->value, &n));
    return strlen(h->value) == n ? RP_OK : rp_field_fail(im, &value, "a value with a zero byte");
}

static int read_headers(struct rp_import *im, const struct rp_field *f, const char *key,
                        const struct rp_header **out, size_t *n)
{
    struct rp_field list = rp_field_get(f, key);
    struct rp_header *headers;

    if (!rp_field_is(&list))
        return RP_OK;
    RP_TRY(rp_field_want_list(im, &list));
    headers = rp_pool_take(&im->pool, rp_len(list.v) * sizeof(*headers));
    if (!headers)
        return im->pool.failed;
    for (uint32_t i = 0; i < rp_len(list.v); i++) {
        struct rp_field one = rp_field_nth(&list, i);
        RP_TRY(read_header(im, &one, &headers[i]));
    }
    *out = headers;
    *n = rp_len(list.v);
    return RP_OK;
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static int read_chunk(struct rp_import *im, const struct rp_field *f, struct rp_body_chunk *chunk)
{
    struct rp_field bytes, gap;
    uint64_t us = 0;
    int64_t n = 0;

    RP_TRY(want_pair(im, f));
    bytes = rp_field_nth(f, 0);
    gap = rp_field_nth(f, 1);
    RP_TRY(rp_field_int(im, &bytes, 0, INT64_MAX, &n));
    RP_TRY(rp_field_uint(im, &gap, &us));
    *chunk = (struct rp_body_chunk){(size_t)n, us};
    return RP_OK;
}

static int read_chunks(struct line *l)
{
    struct rp_field list = rp_field_get(&l->f, "chunks");
    size_t left = l->it.n_body;
    struct rp_body_chunk *chunks;

    if (!rp_field_is(&list))
        return RP_OK;
    RP_TRY(rp_field_want_list(l->im, &list));
    chunks = rp_pool_take(&l->im->pool, rp_len(list.v) * sizeof(*chunks));
    if (!chunks)
        return l->im->pool.failed;
    for (uint32_t i = 0; i < rp_len(list.v); i++) {
        struct rp_field one = rp_field_nth(&list, i);
        RP_TRY(read_chunk(l->im, &one, &chunks[i]));
        if (chunks[i].n > left)
            return rp_field_fail(l->im, &one, "the chunks hold more than the %l bytes of the body",
                                 (int64_t)l->it.n_body);
        left -= chunks[i].n;
    }
    if (left > 0)
        return rp_field_fail(l->im, &list, "the chunks hold %l bytes less than the body",
                             (int64_t)left);
    l->it.chunks = chunks;
    l->it.n_chunks = rp_len(list.v);
    return RP_OK;
}

/* ---- our own lines --------------------------------------------------------------------------- */

static int read_dialect(struct line *l)
{
    struct rp_field f = rp_field_get(&l->f, "dialect");

    RP_TRY(rp_field_text(l->im, &f, 0, &l->it.dialect));
    if (l->it.dialect && rp_dialect_of(l->it.dialect) < 0)
        return rp_field_fail(l->im, &f, "an unknown dialect; there are chat, responses, anthropic");
    return RP_OK;
}

static int read_names(struct line *l)
{
    struct rp_field lane = rp_field_get(&l->f, "lane"), order = rp_field_get(&l->f, "order");
    struct rp_field attempt = rp_field_get(&l->f, "attempt"), model = rp_field_get(&l->f, "model");
    struct rp_field method = rp_field_get(&l->f, "method"), url = rp_field_get(&l->f, "url");
    int64_t n = 0;

    l->it.method = "POST";
    RP_TRY(rp_field_text(l->im, &lane, 0, &l->it.lane));
    RP_TRY(rp_field_int(l->im, &order, 1, INT64_MAX / 2, &l->it.order));
    RP_TRY(rp_field_int(l->im, &attempt, 0, INT32_MAX, &n));
    l->it.attempt = (uint32_t)n;
    RP_TRY(read_dialect(l));
    RP_TRY(rp_field_text(l->im, &model, 0, &l->it.model));
    RP_TRY(read_flag(l->im, &l->f, "stream", &l->it.stream));
    RP_TRY(rp_field_text(l->im, &method, 0, &l->it.method));
    return rp_field_text(l->im, &url, 0, &l->it.url);
}

static int read_failure(struct line *l)
{
    struct rp_field f = rp_field_get(&l->f, "failure"), name, text;
    const char *word = NULL;

    if (!rp_field_is(&f))
        return RP_OK;
    RP_TRY(want_pair(l->im, &f));
    name = rp_field_nth(&f, 0);
    text = rp_field_nth(&f, 1);
    RP_TRY(rp_field_text(l->im, &name, 1, &word));
    if (rp_failure_of(word) <= 0)
        return rp_field_fail(l->im, &name, "an unknown kind of failure");
    l->it.failure = (enum rp_failure)rp_failure_of(word);
    return rp_field_text(l->im, &text, 0, &l->it.failure_text);
}

/* Neither is redacted later: they are what they should be, or refused. */
static int read_origin(struct line *l)
{
    struct rp_field at = rp_field_get(&l->f, "recorded_at"), source = rp_field_get(&l->f, "source");
    int64_t us;

    RP_TRY(rp_field_text(l->im, &at, 0, &l->it.recorded_at));
    RP_TRY(rp_field_text(l->im, &source, 0, &l->it.source));
    if (l->it.recorded_at && !rp_date_read(l->it.recorded_at, &us))
        return rp_field_fail(l->im, &at, "no date of ISO 8601");
    if (l->it.source && (strlen(l->it.source) > SOURCE_MAX ||
                         strspn(l->it.source, "abcdefghijklmnopqrstuvwxyz") < strlen(l->it.source)))
        return rp_field_fail(l->im, &source, "no source; it is one word, such as record or har");
    return RP_OK;
}

static int read_times(struct line *l)
{
    RP_TRY(read_us(l->im, &l->f, "started_us", &l->it.started_us));
    RP_TRY(read_us(l->im, &l->f, "head_us", &l->it.head_us));
    return read_us(l->im, &l->f, "end_us", &l->it.end_us);
}

static int read_status(struct line *l)
{
    struct rp_field status = rp_field_get(&l->f, "status");
    int64_t code = 200;

    RP_TRY(rp_field_int(l->im, &status, 0, 999, &code));
    l->it.status = (int)code;
    return RP_OK;
}

static int read_exchange(struct line *l)
{
    RP_TRY(read_names(l));
    RP_TRY(read_status(l));
    RP_TRY(read_headers(l->im, &l->f, "request_headers", &l->it.request_headers,
                        &l->it.n_request_headers));
    RP_TRY(read_headers(l->im, &l->f, "headers", &l->it.headers, &l->it.n_headers));
    RP_TRY(read_body(l->im, &l->f, "request", "request_base64", &l->it.request, &l->it.n_request));
    RP_TRY(read_body(l->im, &l->f, "response", "response_base64", &l->it.body, &l->it.n_body));
    RP_TRY(read_chunks(l));
    RP_TRY(read_failure(l));
    RP_TRY(read_origin(l));
    return read_times(l);
}

/* ---- plain pairs ----------------------------------------------------------------------------- */

static const char *url_of(const char *dialect)
{
    switch ((enum rp_dialect)rp_dialect_of(dialect)) {
    case RP_DIALECT_ANTHROPIC:
        return "https://api.anthropic.com/v1/messages";
    case RP_DIALECT_RESPONSES:
        return "https://api.openai.com/v1/responses";
    case RP_DIALECT_CHAT:
    case RP_DIALECTS:
        break;
    }
    return "https://api.openai.com/v1/chat/completions";
}

static const char *guess(struct line *l, int *rc)
{
    struct rp_value request = rp_nil(), reply = rp_nil();
    struct rp_str body = {l->it.body, l->it.n_body};

    *rc = rp_json_try(&l->im->heap, (struct rp_str){l->it.request, l->it.n_request}, &request);
    if (*rc == RP_OK || *rc == RP_EPARSE)
        *rc = rp_json_try(&l->im->heap, body, &reply);
    if (*rc == RP_EPARSE)
        *rc = RP_OK;
    return *rc == RP_OK ? rp_guess_by_shape(request, reply, body) : NULL;
}

static int is_stream(const struct rp_interaction *it)
{
    return it->n_body >= 5 &&
           (memcmp(it->body, "data:", 5) == 0 || memcmp(it->body, "event", 5) == 0);
}

static int take_pair(struct line *l)
{
    static const struct rp_header json = {"content-type", "application/json"};
    static const struct rp_header events = {"content-type", "text/event-stream"};
    int rc = RP_OK;

    if (!l->it.dialect)
        l->it.dialect = guess(l, &rc);
    if (rc != RP_OK)
        return rc;
    if (!l->it.dialect) {
        rp_import_note(l->im, RP_NOTE_SKIPPED, NO_PAIR, l->place);
        return RP_OK;
    }
    l->it.url = url_of(l->it.dialect);
    if (l->it.n_headers == 0) {
        l->it.headers = is_stream(&l->it) ? &events : &json;
        l->it.n_headers = 1;
    }
    rp_import_note(l->im, RP_NOTE_CHANGED, PAIR, l->place);
    l->im->lane_is_model = 1;
    rc = rp_import_take(l->im, &l->it, l->place, NULL);
    l->im->lane_is_model = 0;
    return rc;
}

/* ---- tools ----------------------------------------------------------------------------------- */

static int read_tool(struct line *l)
{
    static const char *const known[] = {"tool",   "lane",   "call_id", "arguments",
                                        "result", "failed", "after",   NULL};
    struct rp_field tool = rp_field_get(&l->f, "tool"), lane = rp_field_get(&l->f, "lane");
    struct rp_field call = rp_field_get(&l->f, "call_id"), args = rp_field_get(&l->f, "arguments");
    struct rp_field result = rp_field_get(&l->f, "result"), after = rp_field_get(&l->f, "after");
    struct rp_tool_record t = {.lane = "default", .call_id = "", .arguments = "", .result = ""};
    int64_t last = (int64_t)(l->im->n - l->im->first);

    RP_TRY(rp_field_text(l->im, &tool, 1, &t.tool));
    RP_TRY(rp_field_text(l->im, &lane, 0, &t.lane));
    RP_TRY(rp_field_text(l->im, &call, 0, &t.call_id));
    RP_TRY(rp_field_text(l->im, &args, 0, &t.arguments));
    RP_TRY(rp_field_text(l->im, &result, 0, &t.result));
    RP_TRY(read_flag(l->im, &l->f, "failed", &t.failed));
    RP_TRY(rp_field_int(l->im, &after, 0, last, &t.after));
    if (t.after > 0)
        t.after += (int64_t)l->im->first;
    rp_field_unknown(l->im, &l->f, known);
    return rp_import_take_tool(l->im, &t);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int take_exchange(struct line *l)
{
    static const char *const known[] = {
        "lane",        "order",           "attempt", "dialect",
        "model",       "stream",          "method",  "url",
        "request",     "request_base64",  "status",  "headers",
        "response",    "request_headers", "chunks",  "response_base64",
        "started_us",  "head_us",         "end_us",  "failure",
        "recorded_at", "source",          NULL};
    int addressed = rp_map_has(l->f.v, "url");

    if (!addressed && !rp_map_has(l->f.v, "request"))
        return rp_field_fail(
            l->im, &l->f,
            "neither \"url\" nor \"request\": it is no exchange; a line is an object "
            "with a request and a response");
    RP_TRY(read_exchange(l));
    rp_field_unknown(l->im, &l->f, known);
    if (addressed && l->it.lane && l->it.lane[0] && l->it.order > 0)
        return rp_import_take_whole(l->im, &l->it);
    return addressed ? rp_import_take(l->im, &l->it, l->place, NULL) : take_pair(l);
}

static int read_line(struct rp_import *im, const char *s, size_t n, uint32_t number)
{
    struct line l = {.im = im, .f = {.up = NULL, .line = number}};
    struct rp_error why = {0};
    int rc = rp_json_read(&im->heap, s, n, &l.f.v, &why);

    rp_field_place(&l.f, l.place);
    if (rc == RP_EPARSE)
        return rp_field_fail_json(im, &l.f, &why);
    RP_TRY(rc);
    RP_TRY(rp_field_want_map(im, &l.f));
    return rp_map_has(l.f.v, "tool") ? read_tool(&l) : take_exchange(&l);
}

int rp_jsonl_read(struct rp_import *im, const char *s, size_t n)
{
    uint32_t number = 1;
    size_t from = 0;
    int rc = RP_OK;

    for (; from < n && rc == RP_OK; number++) {
        const char *end = memchr(s + from, '\n', n - from);
        size_t to = end ? (size_t)(end - s) : n;
        if (!rp_str_blank((struct rp_str){s + from, to - from}))
            rc = read_line(im, s + from, to - from, number);
        from = to + 1;
        rp_heap_free(&im->heap); /* each line on its own: what is kept is in the pool */
        rp_heap_init(&im->heap, &im->alloc, RP_IMPORT_MAX, 0);
    }
    return rc;
}
