/* vcr_write.c - a cassette as VCR.py (version 1) has it, in YAML. What VCR passes over (lane,
 * order, attempt, date) stands beside request and response. */
#include "base64.h"
#include "engine/base/utf8.h"
#include "fields.h"
#include "formats_own.h"
#include "json_out.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define NO_TIMES  "times and boundaries of pieces, times of replies and of requests"
#define NO_FAILED "exchanges that broke off: VCR has nothing for them"
#define NO_TOOLS  "tool results: VCR has nothing for them"
#define DECODED   "content-encoding headers of bodies that are no longer compressed: dropped"

#define BINARY_TAG "tag:yaml.org,2002:binary"

struct writing {
    struct rp_export *ex;
    yaml_emitter_t emitter;
};

/* ---- events ---------------------------------------------------------------------------------- */

static int put_bytes(void *ctx, unsigned char *s, size_t n)
{
    return rp_buf_add(ctx, (const char *)s, n) == RP_OK;
}

/* made: what the maker of the event said. */
static int emit(struct writing *w, yaml_event_t *event, int made)
{
    if (!made)
        return RP_ENOMEM;
    if (yaml_emitter_emit(&w->emitter, event)) /* the event is the emitter's, also on failure */
        return RP_OK;
    return w->ex->out->failed ? w->ex->out->failed : RP_ENOMEM;
}

static int open_map(struct writing *w)
{
    yaml_event_t e;

    return emit(w, &e,
                yaml_mapping_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static int close_map(struct writing *w)
{
    yaml_event_t e;

    return emit(w, &e, yaml_mapping_end_event_initialize(&e));
}

static int open_list(struct writing *w)
{
    yaml_event_t e;

    return emit(w, &e,
                yaml_sequence_start_event_initialize(&e, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
}

static int close_list(struct writing *w)
{
    yaml_event_t e;

    return emit(w, &e, yaml_sequence_end_event_initialize(&e));
}

static int scalar(struct writing *w, const char *tag, const char *s, size_t n,
                  yaml_scalar_style_t style)
{
    yaml_event_t e;

    if (n > INT32_MAX)
        return RP_ELIMIT;
    return emit(w, &e,
                yaml_scalar_event_initialize(&e, NULL, (const yaml_char_t *)tag,
                                             (const yaml_char_t *)s, (int)n, tag == NULL,
                                             tag == NULL, style));
}

static int plain(struct writing *w, const char *z)
{
    return scalar(w, NULL, z, strlen(z), YAML_PLAIN_SCALAR_STYLE);
}

static int number(struct writing *w, int64_t i)
{
    char digits[32];

    snprintf(digits, sizeof(digits), "%lld", (long long)i);
    return plain(w, digits);
}

static int binary(struct writing *w, const char *s, size_t n)
{
    struct rp_buf digits;
    int rc;

    rp_buf_init(&digits, &w->ex->out->alloc, RP_TEXT_MAX);
    rc = rp_base64_encode(&digits, s, n);
    if (rc == RP_OK)
        rc = scalar(w, BINARY_TAG, digits.s ? digits.s : "", digits.n,
                    YAML_SINGLE_QUOTED_SCALAR_STYLE);
    rp_buf_free(&digits);
    return rc;
}

/* Quoted, so that no reader takes it for a number; with escapes where it has more than one line. */
static int text(struct writing *w, const char *s, size_t n)
{
    struct rp_str all = {s, n};
    int lines = n > 0 && (memchr(s, '\n', n) || rp_contains(all, rp_str("\xe2\x80\xa8")) ||
                          rp_contains(all, rp_str("\xe2\x80\xa9")));

    if (rp_utf8_bad(s, n) < n)
        return binary(w, s, n);
    return scalar(w, NULL, s, n,
                  lines ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE);
}

static int textz(struct writing *w, const char *key, const char *z)
{
    RP_TRY(plain(w, key));
    return text(w, z, strlen(z));
}

/* ---- headers --------------------------------------------------------------------------------- */

static int is_plain_name(const char *s)
{
    static const char *const words[] = {"y",   "n",    "yes",   "no",  "on",
                                        "off", "true", "false", "null"};

    if (!s[0] || strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_") != strlen(s) ||
        s[0] == '-')
        return 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcasecmp(s, words[i]) == 0)
            return 0;
    return 1;
}

static int name_of(struct writing *w, const char *name)
{
    struct rp_buf clean;
    int rc;

    if (is_plain_name(name))
        return plain(w, name);
    rp_buf_init(&clean, &w->ex->out->alloc, RP_TEXT_MAX);
    rp_out_clean(&clean, rp_str(name));
    rc = clean.failed ? clean.failed : text(w, clean.s ? clean.s : "", clean.n);
    rp_buf_free(&clean);
    return rc;
}

/* Is it the first header of that very name? */
static int is_first(const struct rp_header *h, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(h[k].name, h[i].name) == 0)
            return 0;
    return 1;
}

static int values_of(struct writing *w, const struct rp_header *h, size_t n, size_t i)
{
    RP_TRY(name_of(w, h[i].name));
    RP_TRY(open_list(w));
    for (size_t k = i; k < n; k++)
        if (strcmp(h[k].name, h[i].name) == 0)
            RP_TRY(text(w, h[k].value, strlen(h[k].value)));
    return close_list(w);
}

static int headers(struct writing *w, const struct rp_header *h, size_t n, int is_text)
{
    RP_TRY(plain(w, "headers"));
    RP_TRY(open_map(w));
    for (size_t i = 0; i < n; i++) {
        if (is_text && strcasecmp(h[i].name, "content-encoding") == 0)
            rp_note(w->ex->report, RP_NOTE_CHANGED, 1, DECODED, "");
        else if (is_first(h, i))
            RP_TRY(values_of(w, h, n, i));
    }
    return close_map(w);
}

/* ---- exchanges ------------------------------------------------------------------------------- */

static int request(struct writing *w, const struct rp_interaction *it)
{
    RP_TRY(plain(w, "request"));
    RP_TRY(open_map(w));
    RP_TRY(plain(w, "body"));
    RP_TRY(text(w, it->request, it->n_request));
    RP_TRY(headers(w, it->request_headers, it->n_request_headers, 0));
    RP_TRY(textz(w, "method", it->method));
    RP_TRY(textz(w, "uri", it->url));
    return close_map(w);
}

static int reply(struct writing *w, const struct rp_interaction *it)
{
    int is_text = rp_utf8_bad(it->body, it->n_body) == it->n_body;

    RP_TRY(plain(w, "response"));
    RP_TRY(open_map(w));
    RP_TRY(plain(w, "body"));
    RP_TRY(open_map(w));
    RP_TRY(plain(w, "string"));
    RP_TRY(text(w, it->body, it->n_body));
    RP_TRY(close_map(w));
    RP_TRY(headers(w, it->headers, it->n_headers, is_text));
    RP_TRY(plain(w, "status"));
    RP_TRY(open_map(w));
    RP_TRY(plain(w, "code"));
    RP_TRY(number(w, it->status));
    RP_TRY(textz(w, "message", rp_reason(it->status)));
    RP_TRY(close_map(w));
    return close_map(w);
}

static int exchange(struct writing *w, const struct rp_interaction *it)
{
    RP_TRY(open_map(w));
    RP_TRY(request(w, it));
    RP_TRY(reply(w, it));
    RP_TRY(textz(w, "lane", it->lane));
    RP_TRY(plain(w, "order"));
    RP_TRY(number(w, it->order));
    if (it->attempt) {
        RP_TRY(plain(w, "attempt"));
        RP_TRY(number(w, it->attempt));
    }
    if (it->recorded_at)
        RP_TRY(textz(w, "recorded_at", it->recorded_at));
    return close_map(w);
}

static int exchanges(struct writing *w)
{
    struct rp_cassette *c = w->ex->from;
    const struct rp_interaction *it;

    for (size_t i = 0; i < rp_cassette_count(c); i++) {
        RP_TRY(rp_cassette_get(c, rp_cassette_nth(c, i), &it, w->ex->err));
        if (it->failure != RP_FAILURE_NONE || it->status < 100) {
            rp_note(w->ex->report, RP_NOTE_SKIPPED, 1, NO_FAILED, it->lane);
            continue;
        }
        RP_TRY(exchange(w, it));
        w->ex->report->exchanges++;
    }
    rp_note(w->ex->report, RP_NOTE_LOST, w->ex->report->exchanges, NO_TIMES, "");
    rp_note(w->ex->report, RP_NOTE_SKIPPED, rp_cassette_tools(c), NO_TOOLS, "");
    return RP_OK;
}

static int document(struct writing *w)
{
    yaml_event_t e;

    RP_TRY(emit(w, &e, yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING)));
    RP_TRY(emit(w, &e, yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 1)));
    RP_TRY(open_map(w));
    RP_TRY(plain(w, "interactions"));
    RP_TRY(open_list(w));
    RP_TRY(exchanges(w));
    RP_TRY(close_list(w));
    RP_TRY(plain(w, "version"));
    RP_TRY(number(w, 1));
    RP_TRY(close_map(w));
    RP_TRY(emit(w, &e, yaml_document_end_event_initialize(&e, 1)));
    return emit(w, &e, yaml_stream_end_event_initialize(&e));
}

int rp_vcr_write(struct rp_export *ex)
{
    struct writing w = {.ex = ex};
    int rc;

    if (!yaml_emitter_initialize(&w.emitter))
        return RP_ENOMEM;
    yaml_emitter_set_output(&w.emitter, put_bytes, ex->out);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, -1);
    rc = document(&w);
    yaml_emitter_delete(&w.emitter);
    return rc != RP_OK ? rc : ex->out->failed;
}
