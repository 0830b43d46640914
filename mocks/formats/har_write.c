/* har_write.c - a cassette as an HTTP Archive 1.2. Fields of our own begin with "_", as the format
 * has it. */
#include "base64.h"
#include "dates.h"
#include "engine/base/utf8.h"
#include "fields.h"
#include "formats_own.h"
#include "json_out.h"

#include <stdio.h>
#include <string.h>

#define ONE_PIECE "times and boundaries of pieces: only their sum is kept"
#define NO_TOOLS  "tool results: an HTTP Archive has nothing for them"

/* ---- leaves ---------------------------------------------------------------------------------- */

static void add_ms(struct rp_buf *b, const char *key, uint64_t us)
{
    char ms[40];

    snprintf(ms, sizeof(ms), "%llu.%03u", (unsigned long long)(us / 1000), (unsigned)(us % 1000));
    rp_out_raw(b, key, ms);
}

static void add_headers(struct rp_buf *b, const struct rp_header *h, size_t n)
{
    rp_out_open(b, "headers", '[');
    for (size_t i = 0; i < n; i++) {
        rp_out_open(b, NULL, '{');
        rp_out_text(b, "name", h[i].name);
        rp_out_text(b, "value", h[i].value);
        rp_out_close(b, '}');
    }
    rp_out_close(b, ']');
}

static void add_text(struct rp_buf *b, const char *encoding, const char *s, size_t n)
{
    if (rp_utf8_bad(s, n) == n) {
        rp_out_str(b, "text", (struct rp_str){s, n});
        return;
    }
    rp_out_open(b, "text", '"');
    rp_base64_encode(b, s, n);
    rp_buf_addc(b, '"');
    rp_out_text(b, encoding, "base64");
}

static const char *type_of(const struct rp_header *h, size_t n)
{
    const char *type = rp_header_find(h, n, "content-type");

    return type ? type : "application/json";
}

/* ---- the query ------------------------------------------------------------------------------- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* s without percent encoding, in tmp. */
static void add_decoded(struct rp_buf *b, struct rp_buf *tmp, const char *key, struct rp_str s)
{
    rp_buf_clear(tmp);
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] == '%' && i + 2 < s.n && digit(s.s[i + 1]) >= 0 && digit(s.s[i + 2]) >= 0) {
            rp_buf_addc(tmp, (char)(digit(s.s[i + 1]) << 4 | digit(s.s[i + 2])));
            i += 2;
        } else {
            rp_buf_addc(tmp, s.s[i] == '+' ? ' ' : s.s[i]);
        }
    }
    if (tmp->failed && !b->failed)
        b->failed = tmp->failed;
    rp_out_str(b, key, (struct rp_str){tmp->s ? tmp->s : "", tmp->n});
}

static void add_query(struct rp_buf *b, const char *url)
{
    const char *at = strchr(url, '?');
    struct rp_buf tmp;

    rp_buf_init(&tmp, &b->alloc, RP_TEXT_MAX);
    rp_out_open(b, "queryString", '[');
    while (at && *at != '\0' && *at != '#') {
        size_t n = strcspn(++at, "&#"), name = strcspn(at, "=&#");
        if (n > 0) {
            rp_out_open(b, NULL, '{');
            add_decoded(b, &tmp, "name", (struct rp_str){at, name});
            add_decoded(b, &tmp, "value",
                        (struct rp_str){at + name + (name < n), n - name - (name < n)});
            rp_out_close(b, '}');
        }
        at += n;
    }
    rp_out_close(b, ']');
    rp_buf_free(&tmp);
}

/* ---- entries --------------------------------------------------------------------------------- */

static void add_request(struct rp_buf *b, const struct rp_interaction *it)
{
    rp_out_open(b, "request", '{');
    rp_out_text(b, "method", it->method);
    rp_out_text(b, "url", it->url);
    rp_out_text(b, "httpVersion", "HTTP/1.1");
    rp_out_raw(b, "cookies", "[]");
    add_headers(b, it->request_headers, it->n_request_headers);
    add_query(b, it->url);
    if (it->n_request > 0) {
        rp_out_open(b, "postData", '{');
        rp_out_text(b, "mimeType", type_of(it->request_headers, it->n_request_headers));
        add_text(b, "_encoding", it->request, it->n_request);
        rp_out_close(b, '}');
    }
    rp_out_int(b, "headersSize", -1);
    rp_out_int(b, "bodySize", (int64_t)it->n_request);
    rp_out_close(b, '}');
}

static void add_failure(struct rp_buf *b, const struct rp_interaction *it)
{
    struct rp_buf text;

    if (it->failure == RP_FAILURE_NONE)
        return;
    rp_buf_init(&text, &b->alloc, RP_TEXT_MAX);
    rp_buf_addz(&text, rp_failure_name(it->failure));
    rp_buf_addz(&text, ": ");
    rp_buf_addz(&text, it->failure_text ? it->failure_text : "");
    if (text.failed && !b->failed)
        b->failed = text.failed;
    rp_out_text(b, "_error", text.s ? text.s : "");
    rp_buf_free(&text);
}

static void add_reply(struct rp_buf *b, const struct rp_interaction *it)
{
    rp_out_open(b, "response", '{');
    rp_out_int(b, "status", it->status);
    rp_out_text(b, "statusText", rp_reason(it->status));
    rp_out_text(b, "httpVersion", "HTTP/1.1");
    rp_out_raw(b, "cookies", "[]");
    add_headers(b, it->headers, it->n_headers);
    rp_out_open(b, "content", '{');
    rp_out_int(b, "size", (int64_t)it->n_body);
    rp_out_text(b, "mimeType", type_of(it->headers, it->n_headers));
    add_text(b, "encoding", it->body, it->n_body);
    rp_out_close(b, '}');
    rp_out_text(b, "redirectURL", "");
    rp_out_int(b, "headersSize", -1);
    rp_out_int(b, "bodySize", -1);
    add_failure(b, it);
    rp_out_close(b, '}');
}

static void add_entry(struct rp_buf *b, const struct rp_interaction *it, int64_t epoch)
{
    char date[RP_DATE_SIZE];

    rp_date_write(rp_export_start(it, epoch), 6, date);
    rp_out_open(b, NULL, '{');
    rp_out_text(b, "startedDateTime", date);
    add_ms(b, "time", it->head_us + rp_export_receive_us(it));
    add_request(b, it);
    add_reply(b, it);
    rp_out_raw(b, "cache", "{}");
    rp_out_open(b, "timings", '{');
    rp_out_int(b, "send", 0);
    add_ms(b, "wait", it->head_us);
    add_ms(b, "receive", rp_export_receive_us(it));
    rp_out_close(b, '}');
    rp_out_text(b, "_lane", it->lane);
    rp_out_int(b, "_order", it->order);
    if (it->attempt)
        rp_out_int(b, "_attempt", it->attempt);
    rp_out_close(b, '}');
}

/* ---- the archive ----------------------------------------------------------------------------- */

int rp_har_write(struct rp_export *ex)
{
    const struct rp_interaction *it;
    struct rp_buf *b = ex->out;
    int64_t epoch;

    RP_TRY(rp_export_epoch(ex, &epoch));
    rp_buf_addz(
        b, "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"reprise\",\"version\":\"1\"},"
           "\"entries\":[");
    for (size_t i = 0; i < rp_cassette_count(ex->from); i++) {
        rp_buf_addz(b, i > 0 ? ",\n" : "\n");
        RP_TRY(rp_cassette_get(ex->from, rp_cassette_nth(ex->from, i), &it, ex->err));
        add_entry(b, it, epoch);
        ex->report->exchanges++;
    }
    rp_buf_addz(b, "\n]}}\n");
    rp_note(ex->report, RP_NOTE_LOST, ex->report->exchanges, ONE_PIECE, "");
    rp_note(ex->report, RP_NOTE_SKIPPED, rp_cassette_tools(ex->from), NO_TOOLS, "");
    return b->failed;
}
