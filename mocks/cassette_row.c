/* cassette_row.c - owns the form of one interaction as a row: what is stored in each column, and
 * back. What is read is checked: nothing in a damaged row can be taken for something else. */
#include "cassette_db.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/sha256.h"
#include "match.h"

/* ---- numbers and headers as bytes ------------------------------------------------------------ */

static int put_varint(struct rp_buf *b, uint64_t n)
{
    for (; n > 127; n >>= 7)
        RP_TRY(rp_buf_addc(b, (char)((n & 127) | 128)));
    return rp_buf_addc(b, (char)n);
}

static int get_varint(const unsigned char **at, const unsigned char *end, uint64_t *out)
{
    uint64_t n = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned byte;
        if (*at == end)
            return 0;
        byte = *(*at)++;
        if (shift == 63 && byte > 1)
            return 0;
        n |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128)) {
            *out = n;
            return byte != 0 || shift == 0;
        }
    }
    return 0;
}

static int put_headers(struct rp_buf *b, const struct rp_header *headers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        RP_TRY(rp_buf_add(b, headers[i].name, strlen(headers[i].name) + 1));
        RP_TRY(rp_buf_add(b, headers[i].value, strlen(headers[i].value) + 1));
    }
    return RP_OK;
}

static int put_chunks(struct rp_buf *b, const struct rp_body_chunk *chunks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        RP_TRY(put_varint(b, chunks[i].n));
        RP_TRY(put_varint(b, chunks[i].gap_us));
    }
    return RP_OK;
}

/* ---- the sum --------------------------------------------------------------------------------- */

static void add_number(struct rp_sha256 *d, uint64_t n)
{
    unsigned char b[8];

    for (unsigned i = 0; i < 8; i++)
        b[i] = (unsigned char)(n >> 8 * i & 0xff);
    rp_sha256_add(d, b, sizeof(b));
}

static void add_text(struct rp_sha256 *d, const char *z)
{
    if (z)
        rp_sha256_add(d, z, strlen(z) + 1);
    else
        rp_sha256_add(d, "\xff", 1);
}

static void add_blob(struct rp_sha256 *d, const void *s, size_t n)
{
    add_number(d, n);
    if (n > 0)
        rp_sha256_add(d, s, n);
}

static int add_parts(struct rp_cassette *c, struct rp_sha256 *d, const struct rp_header *headers,
                     size_t n)
{
    rp_buf_clear(&c->text);
    if (put_headers(&c->text, headers, n) != RP_OK)
        return rp_cassette_fail(c, SQLITE_NOMEM);
    add_blob(d, c->text.s, c->text.n);
    return RP_OK;
}

int rp_cassette_sum(struct rp_cassette *c, const struct rp_interaction *i, unsigned char out[32])
{
    struct rp_sha256 d;

    rp_sha256_init(&d);
    add_text(&d, i->lane);
    add_number(&d, (uint64_t)i->order);
    add_number(&d, i->attempt);
    add_text(&d, i->dialect);
    add_text(&d, i->model);
    add_number(&d, i->stream != 0);
    add_text(&d, i->method);
    add_text(&d, i->url);
    RP_TRY(add_parts(c, &d, i->request_headers, i->n_request_headers));
    add_blob(&d, i->request, i->n_request);
    add_text(&d, i->digest);
    add_number(&d, (uint64_t)i->status);
    RP_TRY(add_parts(c, &d, i->headers, i->n_headers));
    add_blob(&d, i->body, i->n_body);
    rp_buf_clear(&c->text);
    if (put_chunks(&c->text, i->chunks, i->n_chunks) != RP_OK)
        return rp_cassette_fail(c, SQLITE_NOMEM);
    add_blob(&d, c->text.s, c->text.n);
    add_number(&d, i->started_us);
    add_number(&d, i->head_us);
    add_number(&d, i->end_us);
    add_text(&d, rp_failure_name(i->failure));
    add_text(&d, i->failure_text);
    add_text(&d, i->recorded_at);
    add_text(&d, i->source);
    rp_sha256_end(&d, out);
    return RP_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int wrong(struct rp_cassette *c, const char *what)
{
    return rp_fail_at(c->err, RP_EARG, c->path, "%s: %s", c->doing, what);
}

static int has_mark(const char *s, size_t n)
{
    static const char mark[] = "[redacted:";
    const char *end = s + n;

    for (; n > 0 && (s = memchr(s, '[', (size_t)(end - s))) != NULL; s++)
        if ((size_t)(end - s) >= sizeof(mark) - 1 && memcmp(s, mark, sizeof(mark) - 1) == 0)
            return 1;
    return 0;
}

int rp_cassette_is_marked(const struct rp_interaction *i)
{
    return has_mark(i->url, strlen(i->url)) || has_mark(i->request, i->n_request);
}

/* What the caller left out, and what he must not leave out. */
static int complete(struct rp_cassette *c, struct rp_interaction *i)
{
    uint64_t sum = 0;

    if (!i->lane || !i->method || !i->url)
        return wrong(c, "lane, method and URL must be given");
    for (size_t k = 0; k < i->n_chunks; k++)
        sum += i->chunks[k].n;
    if (sum != i->n_body)
        return wrong(c, "the lengths of the chunks do not add up to that of the body");
    i->source = i->source ? i->source : "record";
    if (i->digest[0] != '\0')
        return RP_OK;
    if (rp_match_digest(&c->alloc, NULL, i->method, i->url, i->request, i->n_request, i->digest) !=
        RP_OK)
        return rp_cassette_fail(c, SQLITE_NOMEM);
    return RP_OK;
}

static int bind_text(sqlite3_stmt *st, int column, const char *z)
{
    return z ? sqlite3_bind_text(st, column + 1, z, -1, SQLITE_STATIC)
             : sqlite3_bind_null(st, column + 1);
}

static int bind_blob(sqlite3_stmt *st, int column, const void *s, size_t n)
{
    if (n == 0)
        return sqlite3_bind_zeroblob(st, column + 1, 0);
    return sqlite3_bind_blob64(st, column + 1, s, n, SQLITE_STATIC);
}

static int bind_texts(sqlite3_stmt *st, const struct rp_interaction *i)
{
    const struct {
        int column;
        const char *text;
    } all[] = {
        {RP_COL_LANE, i->lane},
        {RP_COL_DIALECT, i->dialect},
        {RP_COL_MODEL, i->model},
        {RP_COL_METHOD, i->method},
        {RP_COL_URL, i->url},
        {RP_COL_DIGEST, i->digest},
        {RP_COL_FAILURE, rp_failure_name(i->failure)},
        {RP_COL_FAILURE_TEXT, i->failure_text},
        {RP_COL_RECORDED_AT, i->recorded_at},
        {RP_COL_SOURCE, i->source},
    };
    int rc = SQLITE_OK;

    for (size_t k = 0; rc == SQLITE_OK && k < sizeof(all) / sizeof(*all); k++)
        rc = bind_text(st, all[k].column, all[k].text);
    return rc;
}

static int bind_numbers(sqlite3_stmt *st, const struct rp_interaction *i, int64_t id)
{
    const struct {
        int column;
        int64_t number;
    } all[] = {
        {RP_COL_ID, id},
        {RP_COL_CALL, i->order},
        {RP_COL_ATTEMPT, i->attempt},
        {RP_COL_STREAM, i->stream != 0},
        {RP_COL_STATUS, i->status},
        {RP_COL_STARTED_US, (int64_t)i->started_us},
        {RP_COL_HEAD_US, (int64_t)i->head_us},
        {RP_COL_END_US, (int64_t)i->end_us},
        {RP_COL_MARKED, rp_cassette_is_marked(i)},
    };
    int rc = SQLITE_OK;

    for (size_t k = 0; rc == SQLITE_OK && k < sizeof(all) / sizeof(*all); k++)
        rc = sqlite3_bind_int64(st, all[k].column + 1, all[k].number);
    return rc;
}

/* The three blobs that are made here stand in c->row, one behind the other. */
static int make_blobs(struct rp_cassette *c, const struct rp_interaction *i, size_t at[3])
{
    rp_buf_clear(&c->row);
    RP_TRY(put_headers(&c->row, i->request_headers, i->n_request_headers));
    at[0] = c->row.n;
    RP_TRY(put_headers(&c->row, i->headers, i->n_headers));
    at[1] = c->row.n;
    RP_TRY(put_chunks(&c->row, i->chunks, i->n_chunks));
    at[2] = c->row.n;
    return RP_OK;
}

static int bind_blobs(struct rp_cassette *c, sqlite3_stmt *st, const struct rp_interaction *i,
                      const unsigned char sum[32])
{
    size_t at[3];
    const char *s;
    int rc;

    if (make_blobs(c, i, at) != RP_OK)
        return SQLITE_NOMEM;
    s = c->row.s ? c->row.s : "";
    rc = bind_blob(st, RP_COL_REQUEST_HEADERS, s, at[0]);
    if (rc == SQLITE_OK)
        rc = bind_blob(st, RP_COL_HEADERS, s + at[0], at[1] - at[0]);
    if (rc == SQLITE_OK)
        rc = bind_blob(st, RP_COL_CHUNKS, s + at[1], at[2] - at[1]);
    if (rc == SQLITE_OK)
        rc = bind_blob(st, RP_COL_REQUEST, i->request, i->n_request);
    if (rc == SQLITE_OK)
        rc = bind_blob(st, RP_COL_BODY, i->body, i->n_body);
    if (rc == SQLITE_OK)
        rc = bind_blob(st, RP_COL_SUM, sum, 32);
    return rc;
}

int rp_cassette_write_row(struct rp_cassette *c, const struct rp_interaction *given, int64_t id)
{
    struct rp_interaction i = *given;
    unsigned char sum[32];
    sqlite3_stmt *st;
    int row, rc;

    RP_TRY(complete(c, &i));
    RP_TRY(rp_cassette_sum(c, &i, sum));
    RP_TRY(rp_cassette_ready(c, RP_CASSETTE_ADD, &st));
    rc = bind_texts(st, &i);
    if (rc == SQLITE_OK)
        rc = bind_numbers(st, &i, id);
    if (rc == SQLITE_OK)
        rc = bind_blobs(c, st, &i, sum);
    rc = rc == SQLITE_OK ? rp_cassette_step(c, st, &row) : rp_cassette_fail(c, rc);
    sqlite3_clear_bindings(st); /* they are borrowed */
    return rc;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char column_kinds[] = "itiittittbbtibbbiiitttt"; /* NULL is allowed where it says so */

static int may_be_null(int column)
{
    return column == RP_COL_DIALECT || column == RP_COL_MODEL || column == RP_COL_FAILURE_TEXT ||
           column == RP_COL_RECORDED_AT;
}

static int is_of_its_type(sqlite3_stmt *st, int column)
{
    int type = sqlite3_column_type(st, column);
    char kind = column_kinds[column];

    if (type == SQLITE_NULL)
        return may_be_null(column);
    return type == (kind == 'i' ? SQLITE_INTEGER : kind == 't' ? SQLITE_TEXT : SQLITE_BLOB);
}

/* A text with a zero byte in it would be cut short: it is none of ours. */
static int copy_columns(struct rp_cassette *c, sqlite3_stmt *st, size_t at[RP_COL_MARKED],
                        size_t n[RP_COL_MARKED])
{
    rp_buf_clear(&c->row);
    for (int k = 0; k < RP_COL_MARKED; k++) {
        const void *s;
        if (!is_of_its_type(st, k))
            return rp_cassette_damaged(c, "a value is not of its type");
        if (column_kinds[k] == 'i')
            continue;
        s = column_kinds[k] == 't' ? (const void *)sqlite3_column_text(st, k)
                                   : sqlite3_column_blob(st, k);
        n[k] = (size_t)sqlite3_column_bytes(st, k);
        at[k] = c->row.n;
        if ((!s && n[k] > 0) || rp_buf_add(&c->row, s ? s : "", n[k]) != RP_OK ||
            rp_buf_addc(&c->row, '\0') != RP_OK)
            return rp_cassette_fail(c, SQLITE_NOMEM);
        if (column_kinds[k] == 't' && n[k] > 0 && memchr(s, '\0', n[k]))
            return rp_cassette_damaged(c, "a text has a zero byte");
    }
    return RP_OK;
}

/* Adds the headers of a blob to c->headers; *count of them. */
static int read_headers(struct rp_cassette *c, const char *s, size_t n, size_t *count)
{
    const char *end = s + n;

    *count = 0;
    while (s < end) {
        struct rp_header h = {.name = s};
        s = memchr(s, '\0', (size_t)(end - s));
        h.value = s ? s + 1 : NULL;
        s = s ? memchr(s + 1, '\0', (size_t)(end - s - 1)) : NULL;
        if (!s)
            return rp_cassette_damaged(c, "its headers are cut");
        if (rp_buf_add(&c->headers, (const char *)&h, sizeof(h)) != RP_OK)
            return rp_cassette_fail(c, SQLITE_NOMEM);
        ++*count;
        s++;
    }
    return RP_OK;
}

static int read_chunks(struct rp_cassette *c, const char *bytes, size_t n, size_t body)
{
    const unsigned char *s = (const unsigned char *)bytes, *end = s + n;
    size_t sum = 0;

    rp_buf_clear(&c->chunks);
    while (s < end) {
        struct rp_body_chunk chunk;
        uint64_t length;
        memset(&chunk, 0, sizeof(chunk));
        if (!get_varint(&s, end, &length) || !get_varint(&s, end, &chunk.gap_us) ||
            length > body - sum)
            return rp_cassette_damaged(c, "its chunks are not of their form");
        chunk.n = (size_t)length;
        sum += chunk.n;
        if (rp_buf_add(&c->chunks, (const char *)&chunk, sizeof(chunk)) != RP_OK)
            return rp_cassette_fail(c, SQLITE_NOMEM);
    }
    if (sum != body)
        return rp_cassette_damaged(c, "its chunks do not add up to its body");
    return RP_OK;
}

static int read_lists(struct rp_cassette *c, const size_t at[RP_COL_MARKED],
                      const size_t n[RP_COL_MARKED])
{
    struct rp_interaction *i = &c->got;
    const char *s = c->row.s;

    rp_buf_clear(&c->headers);
    RP_TRY(read_headers(c, s + at[RP_COL_REQUEST_HEADERS], n[RP_COL_REQUEST_HEADERS],
                        &i->n_request_headers));
    RP_TRY(read_headers(c, s + at[RP_COL_HEADERS], n[RP_COL_HEADERS], &i->n_headers));
    RP_TRY(read_chunks(c, s + at[RP_COL_CHUNKS], n[RP_COL_CHUNKS], n[RP_COL_BODY]));
    i->request_headers = (const struct rp_header *)(const void *)c->headers.s;
    i->headers = i->request_headers ? i->request_headers + i->n_request_headers : NULL;
    i->chunks = (const struct rp_body_chunk *)(const void *)c->chunks.s;
    i->n_chunks = c->chunks.n / sizeof(struct rp_body_chunk);
    return RP_OK;
}

static int read_numbers(struct rp_cassette *c, sqlite3_stmt *st)
{
    struct rp_interaction *i = &c->got;
    int64_t attempt = sqlite3_column_int64(st, RP_COL_ATTEMPT);
    int64_t status = sqlite3_column_int64(st, RP_COL_STATUS);
    int failure;

    i->id = sqlite3_column_int64(st, RP_COL_ID);
    i->order = sqlite3_column_int64(st, RP_COL_CALL);
    i->stream = sqlite3_column_int64(st, RP_COL_STREAM) != 0;
    i->started_us = (uint64_t)sqlite3_column_int64(st, RP_COL_STARTED_US);
    i->head_us = (uint64_t)sqlite3_column_int64(st, RP_COL_HEAD_US);
    i->end_us = (uint64_t)sqlite3_column_int64(st, RP_COL_END_US);
    failure = rp_failure_of((const char *)sqlite3_column_text(st, RP_COL_FAILURE));
    if (attempt < 0 || attempt > UINT32_MAX || status < 0 || status > 999 || failure < 0)
        return rp_cassette_damaged(c, "a number or name in it cannot be");
    i->attempt = (uint32_t)attempt;
    i->status = (int)status;
    i->failure = (enum rp_failure)failure;
    return RP_OK;
}

static const char *text_at(struct rp_cassette *c, sqlite3_stmt *st, const size_t *at, int column)
{
    return sqlite3_column_type(st, column) == SQLITE_NULL ? NULL : c->row.s + at[column];
}

int rp_cassette_read_row(struct rp_cassette *c, sqlite3_stmt *st)
{
    size_t at[RP_COL_MARKED] = {0}, n[RP_COL_MARKED] = {0};
    struct rp_interaction *i = &c->got;

    *i = (struct rp_interaction){0};
    RP_TRY(copy_columns(c, st, at, n));
    RP_TRY(read_numbers(c, st));
    RP_TRY(read_lists(c, at, n));
    if (n[RP_COL_DIGEST] != 64)
        return rp_cassette_damaged(c, "its digest is not one");
    memcpy(i->digest, c->row.s + at[RP_COL_DIGEST], 65);
    i->lane = c->row.s + at[RP_COL_LANE];
    i->dialect = text_at(c, st, at, RP_COL_DIALECT);
    i->model = text_at(c, st, at, RP_COL_MODEL);
    i->method = c->row.s + at[RP_COL_METHOD];
    i->url = c->row.s + at[RP_COL_URL];
    i->request = c->row.s + at[RP_COL_REQUEST];
    i->n_request = n[RP_COL_REQUEST];
    i->body = c->row.s + at[RP_COL_BODY];
    i->n_body = n[RP_COL_BODY];
    i->failure_text = text_at(c, st, at, RP_COL_FAILURE_TEXT);
    i->recorded_at = text_at(c, st, at, RP_COL_RECORDED_AT);
    i->source = c->row.s + at[RP_COL_SOURCE];
    return RP_OK;
}
