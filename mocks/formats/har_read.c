/* har_read.c - HTTP Archive 1.2. */
#include "dates.h"
#include "fields.h"
#include "formats_own.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ONE_PIECE   "times of pieces: a body is one piece, which took as long as all of them"
#define NO_CONTENT  "entries whose reply was saved without its body"
#define PSEUDO      "pseudo headers of HTTP/2, whose name begins with a colon"
#define DAYS_OFF_US (INT64_C(86400) * 1000000)

struct har {
    struct rp_import *im;
    int64_t epoch; /* the first moment of all entries */
    int dated;
};

/* ---- leaves ---------------------------------------------------------------------------------- */

/* Milliseconds, whole or not, as microseconds; what is not known (-1, null) is 0. */
static int read_ms(struct rp_import *im, const struct rp_field *f, uint64_t *us)
{
    double ms = f->v.tag == RP_REAL ? f->v.u.r : f->v.tag == RP_INT ? (double)f->v.u.i : 0;

    *us = 0;
    if (rp_field_is(f) && f->v.tag != RP_REAL && f->v.tag != RP_INT)
        return rp_field_fail(im, f, "something else, where milliseconds are expected");
    if (ms > 1e12)
        return rp_field_fail(im, f, "more milliseconds than anything takes");
    if (ms > 0)
        *us = (uint64_t)floor(ms * 1000 + 0.5);
    return RP_OK;
}

static int read_headers(struct rp_import *im, const struct rp_field *f,
                        const struct rp_header **out, size_t *n)
{
    struct rp_header *headers;
    char place[RP_PLACE_MAX];

    if (!rp_field_is(f))
        return RP_OK;
    RP_TRY(rp_field_want_list(im, f));
    headers = rp_pool_take(&im->pool, rp_len(f->v) * sizeof(*headers));
    if (!headers)
        return im->pool.failed;
    *out = headers;
    for (uint32_t i = 0; i < rp_len(f->v); i++) {
        struct rp_field one = rp_field_nth(f, i), name = rp_field_get(&one, "name");
        struct rp_field value = rp_field_get(&one, "value");
        struct rp_header *h = &headers[*n];
        h->value = "";
        RP_TRY(rp_field_want_map(im, &one));
        RP_TRY(rp_field_text(im, &name, 1, &h->name));
        RP_TRY(rp_field_text(im, &value, 0, &h->value));
        rp_field_place(&one, place);
        if (h->name[0] == ':')
            rp_import_note(im, RP_NOTE_SKIPPED, PSEUDO, place);
        else
            ++*n;
    }
    return RP_OK;
}

static int is_base64(const struct rp_field *encoding)
{
    return rp_is_text(encoding->v, "base64");
}

/* ---- parts of an entry ----------------------------------------------------------------------- */

static int read_request(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    struct rp_field method = rp_field_get(f, "method"), url = rp_field_get(f, "url");
    struct rp_field headers = rp_field_get(f, "headers"), data = rp_field_get(f, "postData");
    struct rp_field text = rp_field_get(&data, "text"), encoding = rp_field_get(&data, "_encoding");

    RP_TRY(rp_field_want_map(im, f));
    RP_TRY(rp_field_text(im, &method, 1, &it->method));
    RP_TRY(rp_field_text(im, &url, 1, &it->url));
    RP_TRY(read_headers(im, &headers, &it->request_headers, &it->n_request_headers));
    it->request = "";
    return rp_field_bytes(im, &text, is_base64(&encoding), &it->request, &it->n_request);
}

/* An entry with status 0 never had a reply. Ours says why, others say something. */
static int read_failure(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    struct rp_field error = rp_field_get(f, "_error");
    const char *text = "the archive has no reply to this request", *colon;
    char name[32];
    int failure = -1;

    RP_TRY(rp_field_text(im, &error, 0, &text));
    colon = strstr(text, ": ");
    if (colon && (size_t)(colon - text) < sizeof(name)) {
        snprintf(name, sizeof(name), "%.*s", (int)(colon - text), text);
        failure = rp_failure_of(name);
    }
    it->failure = failure > 0 ? (enum rp_failure)failure : RP_FAILURE_OTHER;
    it->failure_text = failure > 0 ? colon + 2 : text;
    return RP_OK;
}

static int read_reply(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    struct rp_field status = rp_field_get(f, "status"), headers = rp_field_get(f, "headers");
    struct rp_field content = rp_field_get(f, "content"), error = rp_field_get(f, "_error");
    struct rp_field text = rp_field_get(&content, "text");
    struct rp_field encoding = rp_field_get(&content, "encoding");
    int64_t code = 0;

    RP_TRY(rp_field_want_map(im, f));
    RP_TRY(rp_field_int(im, &status, 0, 999, &code));
    RP_TRY(read_headers(im, &headers, &it->headers, &it->n_headers));
    it->status = (int)code;
    it->body = "";
    RP_TRY(rp_field_bytes(im, &text, is_base64(&encoding), &it->body, &it->n_body));
    return code == 0 || rp_field_is(&error) ? read_failure(im, f, it) : RP_OK;
}

/* Did the reply have a body that is not in the file? */
static int lacks_body(const struct rp_field *reply)
{
    struct rp_field content = rp_field_get(reply, "content");
    struct rp_field text = rp_field_get(&content, "text"), size = rp_field_get(&content, "size");

    return !rp_field_is(&text) && size.v.tag == RP_INT && size.v.u.i > 0;
}

static int read_timings(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    static const char *const before[] = {"blocked", "dns", "connect", "send", "wait"};
    struct rp_field receive = rp_field_get(f, "receive");
    struct rp_body_chunk *chunk;
    uint64_t us, rest;

    for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
        struct rp_field part = rp_field_get(f, before[i]);
        RP_TRY(read_ms(im, &part, &us));
        it->head_us += us;
    }
    RP_TRY(read_ms(im, &receive, &rest));
    if (it->n_body == 0) {
        it->end_us = rest;
        return RP_OK;
    }
    chunk = rp_pool_take(&im->pool, sizeof(*chunk));
    if (!chunk)
        return im->pool.failed;
    *chunk = (struct rp_body_chunk){it->n_body, rest};
    it->chunks = chunk;
    it->n_chunks = 1;
    return RP_OK;
}

/* The moment of an entry. A year 1970 stands for one that is not known. */
static int read_start(struct har *har, const struct rp_field *f, int64_t *us)
{
    struct rp_field date = rp_field_get(f, "startedDateTime");
    const char *text = NULL;

    RP_TRY(rp_field_text(har->im, &date, 0, &text));
    if (text && !rp_date_read(text, us))
        return rp_field_fail(har->im, &date, "no date of ISO 8601");
    return RP_OK;
}

static int read_beside(struct har *har, const struct rp_field *f, struct rp_interaction *it)
{
    struct rp_field lane = rp_field_get(f, "_lane"), order = rp_field_get(f, "_order");
    struct rp_field attempt = rp_field_get(f, "_attempt");
    int64_t us = har->epoch, n = 0;

    RP_TRY(rp_field_text(har->im, &lane, 0, &it->lane));
    RP_TRY(rp_field_int(har->im, &order, 1, INT64_MAX / 2, &it->order));
    RP_TRY(rp_field_int(har->im, &attempt, 0, 1000, &n));
    it->attempt = (uint32_t)n;
    RP_TRY(read_start(har, f, &us));
    it->started_us = (uint64_t)(us - har->epoch);
    if (har->epoch >= 365 * DAYS_OFF_US) {
        it->recorded_at = rp_import_date(har->im, us);
        if (!it->recorded_at)
            return har->im->pool.failed;
    }
    return RP_OK;
}

static int read_entry(struct har *har, const struct rp_field *f)
{
    struct rp_field request = rp_field_get(f, "request"), reply = rp_field_get(f, "response");
    struct rp_field timings = rp_field_get(f, "timings");
    struct rp_interaction it = {0};
    char place[RP_PLACE_MAX];
    int taken = 0;

    rp_field_place(f, place);
    RP_TRY(rp_field_want_map(har->im, f));
    RP_TRY(read_request(har->im, &request, &it));
    RP_TRY(read_reply(har->im, &reply, &it));
    RP_TRY(read_beside(har, f, &it));
    RP_TRY(read_timings(har->im, &timings, &it));
    if (lacks_body(&reply)) {
        rp_import_note(har->im, RP_NOTE_SKIPPED, NO_CONTENT, place);
        return RP_OK;
    }
    RP_TRY(rp_import_take(har->im, &it, place, &taken));
    if (taken)
        rp_import_note(har->im, RP_NOTE_LOST, ONE_PIECE, place);
    return RP_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int find_epoch(struct har *har, const struct rp_field *entries)
{
    for (uint32_t i = 0; i < rp_len(entries->v); i++) {
        struct rp_field one = rp_field_nth(entries, i);
        int64_t us = INT64_MAX;
        RP_TRY(read_start(har, &one, &us));
        if (us != INT64_MAX && (!har->dated || us < har->epoch))
            har->epoch = us;
        har->dated |= us != INT64_MAX;
    }
    return RP_OK;
}

int rp_har_read(struct rp_import *im, const char *s, size_t n)
{
    struct har har = {.im = im};
    struct rp_field whole = {.up = NULL}, log, entries;
    struct rp_error why = {0};
    int rc = rp_json_read(&im->heap, s, n, &whole.v, &why);

    if (rc != RP_OK)
        return rc == RP_EPARSE ? rp_import_fail(im, rc, why.where, "%s", why.text) : rc;
    log = rp_field_get(&whole, "log");
    entries = rp_field_get(&log, "entries");
    if (log.v.tag != RP_MAP)
        return rp_import_fail(im, RP_EPARSE, "", "no HTTP Archive: it has no \"log\"");
    RP_TRY(rp_field_want_list(im, &entries));
    RP_TRY(find_epoch(&har, &entries));
    for (uint32_t i = 0; i < rp_len(entries.v); i++) {
        struct rp_field one = rp_field_nth(&entries, i);
        RP_TRY(read_entry(&har, &one));
    }
    return RP_OK;
}
