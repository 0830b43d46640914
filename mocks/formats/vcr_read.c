/* vcr_read.c - cassettes of VCR.py (version 1, YAML or JSON) and of Ruby's VCR. */
#include "fields.h"
#include "formats_own.h"
#include "yaml.h"

#include "dates.h"

#include <string.h>

#define NO_TIMES "times of pieces, of replies and of requests: each body is one piece, at once"

/* ---- parts of an interaction ----------------------------------------------------------------- */

static uint32_t count_values(struct rp_value headers)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < rp_map_len(headers); i++) {
        struct rp_value v = rp_map_value(headers, i);
        n += v.tag == RP_LIST ? rp_len(v) : 1;
    }
    return n;
}

static int read_header(struct rp_import *im, const struct rp_field *f, struct rp_header *h)
{
    const char *value = "";

    RP_TRY(rp_field_text(im, f, 0, &value));
    return rp_import_header(im, h, rp_str(f->key ? f->key : f->up->key), rp_str(value));
}

/* {name: [values]}, or {name: value} as some write it. */
static int read_headers(struct rp_import *im, const struct rp_field *f,
                        const struct rp_header **out, size_t *n)
{
    struct rp_header *headers;

    if (!rp_field_is(f))
        return RP_OK;
    RP_TRY(rp_field_want_map(im, f));
    headers = rp_pool_take(&im->pool, count_values(f->v) * sizeof(*headers));
    if (!headers)
        return im->pool.failed;
    *out = headers;
    for (uint32_t i = 0; i < rp_map_len(f->v); i++) {
        struct rp_str name = rp_str_of(rp_map_key(f->v, i));
        struct rp_field of = {.up = f, .key = name.s, .v = rp_map_value(f->v, i)};
        if (memchr(name.s, '\0', name.n))
            return rp_field_fail(im, f, "the name of a header has a zero byte");
        if (of.v.tag != RP_LIST)
            RP_TRY(read_header(im, &of, &headers[(*n)++]));
        for (uint32_t k = 0; k < rp_len(of.v); k++) {
            struct rp_field value = rp_field_nth(&of, k);
            RP_TRY(read_header(im, &value, &headers[(*n)++]));
        }
    }
    return RP_OK;
}

/* A text, or {string} or {base64_string}. */
static int read_body(struct rp_import *im, const struct rp_field *f, const char **out, size_t *n)
{
    struct rp_field string = rp_field_get(f, "string");
    struct rp_field base64 = rp_field_get(f, "base64_string");

    *out = "";
    if (f->v.tag != RP_MAP)
        return rp_field_bytes(im, f, 0, out, n);
    if (rp_field_is(&base64))
        return rp_field_bytes(im, &base64, 1, out, n);
    return rp_field_bytes(im, &string, 0, out, n);
}

static int read_request(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    static const char *const known[] = {"method", "uri", "body", "headers", NULL};
    struct rp_field method = rp_field_get(f, "method"), uri = rp_field_get(f, "uri");
    struct rp_field headers = rp_field_get(f, "headers"), body = rp_field_get(f, "body");

    RP_TRY(rp_field_want_map(im, f));
    RP_TRY(rp_field_text(im, &method, 1, &it->method));
    RP_TRY(rp_field_text(im, &uri, 1, &it->url));
    RP_TRY(read_headers(im, &headers, &it->request_headers, &it->n_request_headers));
    RP_TRY(read_body(im, &body, &it->request, &it->n_request));
    rp_field_unknown(im, f, known);
    return RP_OK;
}

static int read_status(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    struct rp_field code = rp_field_get(f, "code"), message = rp_field_get(f, "message");
    const char *reason = "";
    char place[RP_PLACE_MAX];
    int64_t status = 0;

    RP_TRY(rp_field_want_map(im, f));
    if (!rp_field_is(&code))
        return rp_field_fail(im, &code, "nothing, where a status is expected");
    RP_TRY(rp_field_int(im, &code, 100, 999, &status));
    RP_TRY(rp_field_text(im, &message, 0, &reason));
    it->status = (int)status;
    rp_field_place(&message, place);
    if (reason[0] && rp_reason(it->status)[0] && strcmp(reason, rp_reason(it->status)) != 0)
        rp_import_note(im, RP_NOTE_LOST, "words of status lines other than the usual ones", place);
    return RP_OK;
}

static int read_reply(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    static const char *const known[] = {"status", "headers", "body", "http_version", NULL};
    struct rp_field status = rp_field_get(f, "status"), headers = rp_field_get(f, "headers");
    struct rp_field body = rp_field_get(f, "body");

    RP_TRY(rp_field_want_map(im, f));
    RP_TRY(read_status(im, &status, it));
    RP_TRY(read_headers(im, &headers, &it->headers, &it->n_headers));
    RP_TRY(read_body(im, &body, &it->body, &it->n_body));
    rp_field_unknown(im, f, known);
    return RP_OK;
}

/* What our own export adds, which VCR passes over; and the date, which Ruby's has. */
static int read_beside(struct rp_import *im, const struct rp_field *f, struct rp_interaction *it)
{
    static const char *const known[] = {"request", "response",    "lane", "order",
                                        "attempt", "recorded_at", NULL};
    struct rp_field lane = rp_field_get(f, "lane"), order = rp_field_get(f, "order");
    struct rp_field attempt = rp_field_get(f, "attempt"), date = rp_field_get(f, "recorded_at");
    const char *at = NULL;
    int64_t n = 0, us;

    RP_TRY(rp_field_text(im, &lane, 0, &it->lane));
    RP_TRY(rp_field_int(im, &order, 1, INT64_MAX / 2, &it->order));
    RP_TRY(rp_field_int(im, &attempt, 0, 1000, &n));
    RP_TRY(rp_field_text(im, &date, 0, &at));
    it->attempt = (uint32_t)n;
    if (at && (rp_date_read(at, &us) || rp_date_read_http(at, &us))) {
        it->recorded_at = rp_import_date(im, us);
        if (!it->recorded_at)
            return im->pool.failed;
    }
    rp_field_unknown(im, f, known);
    return rp_import_date_of_reply(im, it);
}

static int read_one(struct rp_import *im, const struct rp_field *f)
{
    struct rp_field request = rp_field_get(f, "request"), reply = rp_field_get(f, "response");
    struct rp_interaction it = {0};
    char place[RP_PLACE_MAX];
    int taken = 0;

    RP_TRY(rp_field_want_map(im, f));
    RP_TRY(read_request(im, &request, &it));
    RP_TRY(read_reply(im, &reply, &it));
    RP_TRY(read_beside(im, f, &it));
    rp_field_place(f, place);
    RP_TRY(rp_import_take(im, &it, place, &taken));
    if (taken)
        rp_import_note(im, RP_NOTE_LOST, NO_TIMES, place);
    return RP_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static int is_json(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && rp_str_blank((struct rp_str){s + i, 1}))
        i++;
    return i < n && (s[i] == '{' || s[i] == '[');
}

static int read_tree(struct rp_import *im, const char *s, size_t n, struct rp_value *out)
{
    struct rp_error why = {0};
    int rc;

    if (!is_json(s, n))
        return rp_yaml_read(im, s, n, out);
    rc = rp_json_read(&im->heap, s, n, out, &why);
    return rc == RP_EPARSE ? rp_import_fail(im, rc, why.where, "%s", why.text) : rc;
}

static int check_version(struct rp_import *im, const struct rp_field *whole)
{
    struct rp_field version = rp_field_get(whole, "version");
    int64_t n = 1;

    if (whole->v.tag == RP_LIST)
        return rp_import_fail(
            im, RP_EPARSE, "",
            "a cassette from before version 1 (a bare list); migrate it with VCR's "
            "own tool (python -m vcr.migration) and import that");
    if (whole->v.tag != RP_MAP)
        return rp_import_fail(im, RP_EPARSE, "", "no VCR cassette: it has no \"interactions\"");
    RP_TRY(rp_field_int(im, &version, 0, INT64_MAX, &n));
    if (n != 1)
        return rp_field_fail(im, &version, "version %l of the format; only version 1 is known", n);
    return RP_OK;
}

int rp_vcr_read(struct rp_import *im, const char *s, size_t n)
{
    struct rp_field whole = {.up = NULL}, list;

    RP_TRY(read_tree(im, s, n, &whole.v));
    RP_TRY(check_version(im, &whole));
    list = rp_field_get(&whole, rp_map_has(whole.v, "http_interactions") ? "http_interactions"
                                                                         : "interactions");
    if (!rp_field_is(&list) && rp_map_has(whole.v, "interactions"))
        return RP_OK;
    RP_TRY(rp_field_want_list(im, &list));
    for (uint32_t i = 0; i < rp_len(list.v); i++) {
        struct rp_field one = rp_field_nth(&list, i);
        RP_TRY(read_one(im, &one));
    }
    return RP_OK;
}
