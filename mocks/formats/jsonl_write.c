/* jsonl_write.c - a cassette as JSON, an exchange or a tool result a line. */
#include "base64.h"
#include "engine/base/utf8.h"
#include "formats_own.h"
#include "json_out.h"

#include <string.h>

enum { DEPTH_MAX = 200 }; /* with what stands around it below RP_JSON_DEPTH_MAX */

/* ---- bodies ---------------------------------------------------------------------------------- */

static int depth_of(struct rp_value v, int left)
{
    int most = 0;

    if (left == 0)
        return 0;
    for (uint32_t i = 0; i < rp_len(v); i++) {
        int d = depth_of(rp_at(v, i), left - 1);
        most = d > most ? d : most;
    }
    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        int d = depth_of(rp_map_value(v, i), left - 1);
        most = d > most ? d : most;
    }
    return most + 1;
}

/* Is it an object or an array in just the form in which we would write it? */
static int is_compact_json(const struct rp_alloc *alloc, const char *s, size_t n, int *is)
{
    struct rp_value v = rp_nil();
    struct rp_heap heap;
    struct rp_buf again;
    int rc;

    *is = 0;
    if (n == 0 || (s[0] != '{' && s[0] != '['))
        return RP_OK;
    rp_heap_init(&heap, alloc, 0, 0);
    rp_buf_init(&again, alloc, RP_TEXT_MAX);
    rc = rp_json_try(&heap, (struct rp_str){s, n}, &v);
    if (rc == RP_OK && depth_of(v, DEPTH_MAX + 1) <= DEPTH_MAX) {
        rc = rp_json_write(&again, v, 0);
        *is = rc == RP_OK && again.n == n && memcmp(again.s, s, n) == 0;
    }
    rp_buf_free(&again);
    rp_heap_free(&heap);
    return rc == RP_EPARSE ? RP_OK : rc;
}

static int add_body(struct rp_buf *b, const char *key, const char *key64, const char *s, size_t n)
{
    int is;

    if (n == 0)
        return RP_OK;
    RP_TRY(b->failed);
    RP_TRY(is_compact_json(&b->alloc, s, n, &is));
    if (is) {
        rp_out_key(b, key);
        return rp_buf_add(b, s, n);
    }
    if (rp_utf8_bad(s, n) == n) {
        rp_out_str(b, key, (struct rp_str){s, n});
        return b->failed;
    }
    rp_out_open(b, key64, '"');
    RP_TRY(rp_base64_encode(b, s, n));
    return rp_buf_addc(b, '"');
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* A value that is no UTF-8 is in base64, which a third item says. */
static void add_value(struct rp_buf *b, const char *value)
{
    size_t n = strlen(value);

    if (rp_utf8_bad(value, n) == n) {
        rp_out_text(b, NULL, value);
        return;
    }
    rp_out_open(b, NULL, '"');
    rp_base64_encode(b, value, n);
    rp_buf_addc(b, '"');
    rp_out_text(b, NULL, "base64");
}

static void add_headers(struct rp_buf *b, const char *key, const struct rp_header *h, size_t n)
{
    rp_out_open(b, key, '[');
    for (size_t i = 0; i < n; i++) {
        rp_out_open(b, NULL, '[');
        rp_out_text(b, NULL, h[i].name);
        add_value(b, h[i].value);
        rp_out_close(b, ']');
    }
    rp_out_close(b, ']');
}

static void add_chunks(struct rp_buf *b, const struct rp_interaction *it)
{
    rp_out_open(b, "chunks", '[');
    for (size_t i = 0; i < it->n_chunks; i++) {
        rp_out_open(b, NULL, '[');
        rp_out_int(b, NULL, (int64_t)it->chunks[i].n);
        rp_out_uint(b, NULL, it->chunks[i].gap_us);
        rp_out_close(b, ']');
    }
    rp_out_close(b, ']');
}

static void add_names(struct rp_buf *b, const struct rp_interaction *it)
{
    rp_out_text(b, "lane", it->lane);
    rp_out_int(b, "order", it->order);
    if (it->attempt)
        rp_out_int(b, "attempt", it->attempt);
    if (it->dialect)
        rp_out_text(b, "dialect", it->dialect);
    if (it->model)
        rp_out_text(b, "model", it->model);
    if (it->stream)
        rp_out_raw(b, "stream", "true");
    rp_out_text(b, "method", it->method);
    rp_out_text(b, "url", it->url);
}

static void add_times(struct rp_buf *b, const struct rp_interaction *it)
{
    add_chunks(b, it);
    rp_out_uint(b, "started_us", it->started_us);
    rp_out_uint(b, "head_us", it->head_us);
    rp_out_uint(b, "end_us", it->end_us);
    if (it->failure != RP_FAILURE_NONE) {
        rp_out_open(b, "failure", '[');
        rp_out_text(b, NULL, rp_failure_name(it->failure));
        if (it->failure_text)
            rp_out_text(b, NULL, it->failure_text);
        else
            rp_out_raw(b, NULL, "null");
        rp_out_close(b, ']');
    }
    if (it->recorded_at)
        rp_out_text(b, "recorded_at", it->recorded_at);
    if (it->source)
        rp_out_text(b, "source", it->source);
}

int rp_jsonl_line(struct rp_buf *b, const struct rp_interaction *it)
{
    rp_out_open(b, NULL, '{');
    add_names(b, it);
    add_headers(b, "request_headers", it->request_headers, it->n_request_headers);
    RP_TRY(add_body(b, "request", "request_base64", it->request, it->n_request));
    rp_out_int(b, "status", it->status);
    add_headers(b, "headers", it->headers, it->n_headers);
    RP_TRY(add_body(b, "response", "response_base64", it->body, it->n_body));
    add_times(b, it);
    rp_out_close(b, '}');
    return rp_buf_addc(b, '\n');
}

/* Which of the cassette's exchanges has that id, from 1; 0: none. Ids grow. */
static int64_t number_of(struct rp_cassette *c, int64_t id)
{
    size_t low = 0, high = rp_cassette_count(c);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rp_cassette_nth(c, middle) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rp_cassette_count(c) && rp_cassette_nth(c, low) == id ? (int64_t)low + 1 : 0;
}

static int add_tool(struct rp_export *ex, const struct rp_tool_record *t)
{
    struct rp_buf *b = ex->out;

    rp_out_open(b, NULL, '{');
    rp_out_text(b, "tool", t->tool);
    rp_out_text(b, "lane", t->lane);
    rp_out_text(b, "call_id", t->call_id);
    rp_out_text(b, "arguments", t->arguments);
    rp_out_text(b, "result", t->result);
    if (t->failed)
        rp_out_raw(b, "failed", "true");
    if (number_of(ex->from, t->after) > 0)
        rp_out_int(b, "after", number_of(ex->from, t->after));
    rp_out_close(b, '}');
    return rp_buf_addc(b, '\n');
}

int rp_jsonl_write(struct rp_export *ex)
{
    const struct rp_interaction *it;
    const struct rp_tool_record *t;

    for (size_t i = 0; i < rp_cassette_count(ex->from); i++) {
        RP_TRY(rp_cassette_get(ex->from, rp_cassette_nth(ex->from, i), &it, ex->err));
        RP_TRY(rp_jsonl_line(ex->out, it));
        ex->report->exchanges++;
    }
    for (size_t i = 0; i < rp_cassette_tools(ex->from); i++) {
        RP_TRY(rp_cassette_tool(ex->from, i, &t, ex->err));
        RP_TRY(add_tool(ex, t));
        ex->report->tools++;
    }
    return ex->out->failed;
}
