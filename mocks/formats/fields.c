/* fields.c - foreign values and their places. */
#include "fields.h"

#include "base64.h"
#include "dates.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the tree -------------------------------------------------------------------------------- */

struct rp_field rp_field_get(const struct rp_field *of, const char *key)
{
    return (struct rp_field){.up = of, .key = key, .v = rp_map_get(of->v, key)};
}

struct rp_field rp_field_nth(const struct rp_field *of, uint32_t i)
{
    return (struct rp_field){.up = of, .index = i, .v = rp_at(of->v, i)};
}

int rp_field_is(const struct rp_field *f)
{
    return f->v.tag != RP_NIL;
}

/* ---- places ---------------------------------------------------------------------------------- */

static void add_place(const struct rp_field *f, char *out)
{
    size_t n;

    if (f->up)
        add_place(f->up, out);
    n = strlen(out);
    if (!f->up && f->line)
        snprintf(out, RP_PLACE_MAX, "line %u", f->line);
    else if (f->up && !f->key)
        snprintf(out + n, RP_PLACE_MAX - n, "[%u]", f->index);
    else if (f->up)
        snprintf(out + n, RP_PLACE_MAX - n, "%s%s",
                 n == 0                      ? ""
                 : !f->up->up && f->up->line ? ": "
                                             : ".",
                 f->key);
}

void rp_field_place(const struct rp_field *f, char out[RP_PLACE_MAX])
{
    out[0] = '\0';
    add_place(f, out);
}

int rp_field_fail(struct rp_import *im, const struct rp_field *f, const char *format, ...)
{
    struct rp_error why = {0};
    char place[RP_PLACE_MAX];
    va_list given;

    rp_field_place(f, place);
    va_start(given, format);
    rp_fail_va(&why, RP_EPARSE, place, format, given);
    va_end(given);
    return rp_import_fail(im, RP_EPARSE, place, "%s", why.text);
}

int rp_field_fail_json(struct rp_import *im, const struct rp_field *f, const struct rp_error *why)
{
    const char *column = strchr(why->where, ',');

    return rp_field_fail(im, f, "%s%s%s", column ? column + 2 : "", column ? ": " : "", why->text);
}

int rp_field_want_map(struct rp_import *im, const struct rp_field *f)
{
    return f->v.tag == RP_MAP ? RP_OK
                              : rp_field_fail(im, f, "%s, where an object is expected",
                                              rp_field_is(f) ? "something else" : "nothing");
}

int rp_field_want_list(struct rp_import *im, const struct rp_field *f)
{
    return f->v.tag == RP_LIST ? RP_OK
                               : rp_field_fail(im, f, "%s, where a list is expected",
                                               rp_field_is(f) ? "something else" : "nothing");
}

/* ---- leaves ---------------------------------------------------------------------------------- */

int rp_field_text(struct rp_import *im, const struct rp_field *f, int required, const char **out)
{
    struct rp_str s = rp_str_of(f->v);
    char digits[32];

    if (!rp_field_is(f))
        return required ? rp_field_fail(im, f, "nothing, where a text is expected") : RP_OK;
    if (f->v.tag == RP_INT) {
        snprintf(digits, sizeof(digits), "%lld", (long long)f->v.u.i);
        s = rp_str(digits);
    } else if (f->v.tag != RP_TEXT && f->v.tag != RP_DIGITS) {
        return rp_field_fail(im, f, "something else, where a text is expected");
    }
    if (s.n > 0 && memchr(s.s, '\0', s.n))
        return rp_field_fail(im, f, "a text with a zero byte, which has no meaning here");
    *out = rp_pool_text(&im->pool, s.s, s.n);
    return *out ? RP_OK : im->pool.failed;
}

/* The number that a text of digits is; -1 when it is none or too large. */
static int64_t number_of(struct rp_str s)
{
    int64_t n = 0;

    if (s.n == 0 || s.n > 18)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] < '0' || s.s[i] > '9')
            return -1;
        n = n * 10 + (s.s[i] - '0');
    }
    return n;
}

int rp_field_int(struct rp_import *im, const struct rp_field *f, int64_t low, int64_t high,
                 int64_t *out)
{
    int64_t n = f->v.tag == RP_INT ? f->v.u.i : number_of(rp_str_of(f->v));

    if (!rp_field_is(f))
        return RP_OK;
    if ((f->v.tag != RP_INT && f->v.tag != RP_TEXT) || n < low || n > high)
        return rp_field_fail(im, f, "no whole number from %l to %l", low, high);
    *out = n;
    return RP_OK;
}

int rp_field_uint(struct rp_import *im, const struct rp_field *f, uint64_t *out)
{
    struct rp_str s = rp_str_of(f->v);
    uint64_t n = 0;

    if (!rp_field_is(f))
        return RP_OK;
    if (f->v.tag == RP_INT && f->v.u.i >= 0) {
        *out = (uint64_t)f->v.u.i;
        return RP_OK;
    }
    if (f->v.tag != RP_DIGITS || s.s[0] == '-')
        return rp_field_fail(im, f, "no whole number from 0");
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)(s.s[i] - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return rp_field_fail(im, f, "a number of more than 64 bits");
        n = n * 10 + digit;
    }
    *out = n;
    return RP_OK;
}

int rp_field_bytes(struct rp_import *im, const struct rp_field *f, int base64, const char **out,
                   size_t *n)
{
    struct rp_str s = rp_str_of(f->v);
    struct rp_buf bytes;
    size_t bad = 0;
    int rc = RP_OK;

    if (!rp_field_is(f))
        return RP_OK;
    if (f->v.tag != RP_TEXT && f->v.tag != RP_DIGITS)
        return rp_field_fail(im, f, "something else, where a text is expected");
    rp_buf_init(&bytes, &im->alloc, RP_TEXT_MAX);
    if (base64)
        rc = rp_base64_decode(&bytes, s.s, s.n, &bad);
    if (rc == RP_EPARSE)
        rp_field_fail(im, f, "no base64: wrong at character %l", (int64_t)bad + 1);
    if (rc == RP_OK && base64)
        s = (struct rp_str){bytes.s ? bytes.s : "", bytes.n};
    if (rc == RP_OK) {
        *out = rp_pool_text(&im->pool, s.s, s.n);
        *n = s.n;
        rc = *out ? RP_OK : im->pool.failed;
    }
    rp_buf_free(&bytes);
    return rc;
}

/* ---- what several formats share -------------------------------------------------------------- */

#define UNKNOWN_KEYS "keys that have no place in a cassette"

void rp_field_unknown(struct rp_import *im, const struct rp_field *f, const char *const *known)
{
    char place[RP_PLACE_MAX];

    for (uint32_t i = 0; i < rp_map_len(f->v); i++) {
        struct rp_str key = rp_str_of(rp_map_key(f->v, i));
        struct rp_field at = {.up = f, .key = key.s};
        size_t k = 0;
        while (known[k] && !rp_str_equal(key, rp_str(known[k])))
            k++;
        if (known[k])
            continue;
        rp_field_place(&at, place);
        rp_import_note(im, RP_NOTE_LOST, UNKNOWN_KEYS, place);
    }
}

const char *rp_import_date(struct rp_import *im, int64_t us)
{
    char date[RP_DATE_SIZE];

    rp_date_write(us, 0, date);
    return rp_pool_text(&im->pool, date, strlen(date));
}

int rp_import_date_of_reply(struct rp_import *im, struct rp_interaction *it)
{
    const char *date = rp_header_find(it->headers, it->n_headers, "date");
    int64_t us;

    if (it->recorded_at || !date || !rp_date_read_http(date, &us))
        return RP_OK;
    it->recorded_at = rp_import_date(im, us);
    return it->recorded_at ? RP_OK : im->pool.failed;
}

const char *rp_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {{200, "OK"},
                 {201, "Created"},
                 {202, "Accepted"},
                 {204, "No Content"},
                 {301, "Moved Permanently"},
                 {302, "Found"},
                 {304, "Not Modified"},
                 {307, "Temporary Redirect"},
                 {308, "Permanent Redirect"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {402, "Payment Required"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {408, "Request Timeout"},
                 {409, "Conflict"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {422, "Unprocessable Content"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {501, "Not Implemented"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"},
                 {504, "Gateway Timeout"}};

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].status == status)
            return known[i].reason;
    return "";
}
