/* import.c - gathers what importers read, and completes it. */
#include "import.h"

#include "engine/base/utf8.h"
#include "inflate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- life ------------------------------------------------------------------------------------ */

int rp_import_new(const struct rp_alloc *alloc, const struct rp_import_opts *opts,
                  struct rp_import **out)
{
    struct rp_import *im = alloc->resize(alloc->ctx, NULL, 0, sizeof(*im));

    if (!im)
        return RP_ENOMEM;
    memset(im, 0, sizeof(*im));
    im->alloc = *alloc;
    im->opts = opts;
    rp_pool_init(&im->pool, alloc, RP_IMPORT_MAX);
    *out = im;
    return RP_OK;
}

static void free_array(struct rp_import *im, void *at, size_t room, size_t size)
{
    if (room > 0)
        im->alloc.resize(im->alloc.ctx, at, room * size, 0);
}

void rp_import_free(struct rp_import *im)
{
    if (!im)
        return;
    free_array(im, im->items, im->room, sizeof(*im->items));
    free_array(im, im->tools, im->tools_room, sizeof(*im->tools));
    free_array(im, im->keys, im->keys_room, sizeof(*im->keys));
    rp_pool_free(&im->pool);
    im->alloc.resize(im->alloc.ctx, im, sizeof(*im), 0);
}

const struct rp_report *rp_import_report(const struct rp_import *im)
{
    return &im->report;
}

/* ---- places ---------------------------------------------------------------------------------- */

static void join_place(struct rp_import *im, const char *place, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", im->path ? im->path : "", place[0] && im->path ? ": " : "",
             place);
}

int rp_import_fail(struct rp_import *im, int status, const char *place, const char *format, ...)
{
    char where[sizeof(im->err->where)];
    va_list given;

    if (status == RP_ENOMEM)
        place = "";
    join_place(im, place, where, sizeof(where));
    va_start(given, format);
    rp_fail_va(im->err, status, where, format, given);
    va_end(given);
    return status;
}

void rp_import_note(struct rp_import *im, enum rp_note_kind kind, const char *text,
                    const char *place)
{
    char where[160];

    join_place(im, place, where, sizeof(where));
    rp_note(&im->report, kind, 1, text, where);
}

/* ---- arrays ---------------------------------------------------------------------------------- */

/* Room for one more; NULL when there is none. */
static void *more(struct rp_import *im, void *at, size_t n, size_t *room, size_t size)
{
    size_t now = *room ? 2 * *room : 16;
    void *grown;

    if (n < *room)
        return at;
    grown = im->alloc.resize(im->alloc.ctx, at, *room * size, now * size);
    if (grown)
        *room = now;
    return grown;
}

static int add_item(struct rp_import *im, const struct rp_interaction *it)
{
    struct rp_interaction *items = more(im, im->items, im->n, &im->room, sizeof(*items));

    if (!items)
        return RP_ENOMEM;
    im->items = items;
    im->items[im->n++] = *it;
    im->report.exchanges++;
    return RP_OK;
}

int rp_import_take_tool(struct rp_import *im, const struct rp_tool_record *t)
{
    struct rp_tool_record *tools =
        more(im, im->tools, im->n_tools, &im->tools_room, sizeof(*tools));

    if (!tools)
        return RP_ENOMEM;
    im->tools = tools;
    im->tools[im->n_tools++] = *t;
    im->report.tools++;
    return RP_OK;
}

int rp_import_header(struct rp_import *im, struct rp_header *h, struct rp_str name,
                     struct rp_str value)
{
    if ((name.n > 0 && memchr(name.s, '\0', name.n)) ||
        (value.n > 0 && memchr(value.s, '\0', value.n)))
        return RP_EPARSE;
    h->name = rp_pool_text(&im->pool, name.s, name.n);
    h->value = rp_pool_text(&im->pool, value.s, value.n);
    return h->name && h->value ? RP_OK : im->pool.failed;
}

/* ---- compressed bodies ----------------------------------------------------------------------- */

#define INFLATED "bodies decompressed: content-encoding is dropped, content-length set"
#define WAS_PLAIN                                                                                  \
    "bodies that were not compressed as their header said: content-encoding is dropped"
#define KEPT_PACKED "bodies compressed in a way that is not known here: kept as they are"

struct message { /* one side of an exchange */
    const struct rp_header **headers;
    size_t *n_headers;
    const char **body;
    size_t *n_body;
};

static int drop_encoding(struct rp_import *im, const struct message *m)
{
    struct rp_header *kept = rp_pool_take(&im->pool, *m->n_headers * sizeof(*kept));
    char length[32];
    size_t n = 0;

    if (!kept)
        return im->pool.failed;
    snprintf(length, sizeof(length), "%zu", *m->n_body);
    for (size_t i = 0; i < *m->n_headers; i++) {
        if (strcasecmp((*m->headers)[i].name, "content-encoding") == 0)
            continue;
        kept[n] = (*m->headers)[i];
        if (strcasecmp(kept[n].name, "content-length") == 0)
            kept[n].value = rp_pool_text(&im->pool, length, strlen(length));
        if (!kept[n++].value)
            return im->pool.failed;
    }
    *m->headers = kept;
    *m->n_headers = n;
    return RP_OK;
}

static int inflate_body(struct rp_import *im, const struct message *m, const char *place)
{
    struct rp_buf out;
    char *copy;
    int rc;

    rp_buf_init(&out, &im->alloc, RP_IMPORT_BODY_MAX + RP_INFLATE_PIECE);
    rc = rp_inflate(&out, *m->body, *m->n_body);
    if (rc == RP_EPARSE)
        rp_import_fail(im, rc, place,
                       "its body is compressed, and damaged or cut; record it again, or remove it");
    if (rc == RP_ELIMIT)
        rp_import_fail(im, rc, place, "its body is larger than %u MB when it is decompressed",
                       RP_IMPORT_BODY_MAX >> 20);
    if (rc == RP_OK) {
        copy = rp_pool_text(&im->pool, out.s, out.n);
        *m->body = copy;
        *m->n_body = out.n;
        rc = copy ? RP_OK : im->pool.failed;
    }
    rp_buf_free(&out);
    return rc;
}

static int is_packed(const char *encoding, const char *s, size_t n)
{
    if (strcasecmp(encoding, "gzip") == 0 || strcasecmp(encoding, "x-gzip") == 0)
        return rp_is_gzip(s, n);
    return rp_utf8_bad(s, n) < n;
}

static int unpack(struct rp_import *im, const struct message *m, const char *place)
{
    const char *encoding = rp_header_find(*m->headers, *m->n_headers, "content-encoding");
    int known;

    if (!encoding || strcasecmp(encoding, "identity") == 0)
        return RP_OK;
    known = strcasecmp(encoding, "gzip") == 0 || strcasecmp(encoding, "x-gzip") == 0 ||
            strcasecmp(encoding, "deflate") == 0;
    if (!is_packed(encoding, *m->body, *m->n_body)) {
        rp_import_note(im, RP_NOTE_CHANGED, WAS_PLAIN, place);
    } else if (known) {
        RP_TRY(inflate_body(im, m, place));
        rp_import_note(im, RP_NOTE_CHANGED, INFLATED, place);
    } else {
        rp_import_note(im, RP_NOTE_LOST, KEPT_PACKED, place);
        return RP_OK;
    }
    return drop_encoding(im, m);
}

static int unpack_request(struct rp_import *im, struct rp_interaction *it, const char *place)
{
    struct message request = {&it->request_headers, &it->n_request_headers, &it->request,
                              &it->n_request};

    return unpack(im, &request, place);
}

static int unpack_reply(struct rp_import *im, struct rp_interaction *it, const char *place)
{
    struct message reply = {&it->headers, &it->n_headers, &it->body, &it->n_body};

    return unpack(im, &reply, place);
}

/* ---- lanes ----------------------------------------------------------------------------------- */

static const char *header_of(const char *lane_by)
{
    return strncmp(lane_by, "header:", 7) == 0 && lane_by[7] ? lane_by + 7 : NULL;
}

int rp_lane_by_known(const char *lane_by)
{
    return header_of(lane_by) || strcmp(lane_by, "model") == 0 || strcmp(lane_by, "key") == 0;
}

static const char *lane_by_key(struct rp_import *im, const struct rp_interaction *it)
{
    static const char *const headers[] = {"authorization", "x-api-key", "api-key"};
    const char *key = NULL, **keys;
    char name[32];
    size_t i = 0;

    for (size_t k = 0; k < 3 && !key; k++)
        key = rp_header_find(it->request_headers, it->n_request_headers, headers[k]);
    if (!key)
        return "default";
    while (i < im->n_keys && strcmp(im->keys[i], key) != 0)
        i++;
    if (i == im->n_keys) {
        keys = more(im, (void *)(uintptr_t)im->keys, im->n_keys, &im->keys_room, sizeof(*keys));
        if (!keys) {
            im->pool.failed = RP_ENOMEM;
            return NULL;
        }
        im->keys = keys;
        im->keys[im->n_keys++] = key;
    }
    snprintf(name, sizeof(name), "key-%zu", i + 1);
    return rp_pool_text(&im->pool, name, strlen(name));
}

/* A header that holds a secret does not name a lane with it. */
static const char *lane_by_header(struct rp_import *im, const char *name, const char *value)
{
    struct rp_buf clean;
    uint64_t changed = 0;
    const char *lane = value;
    int rc;

    if (!value)
        return "default";
    if (!im->opts->redact)
        return value;
    rp_buf_init(&clean, &im->alloc, RP_TEXT_MAX);
    rc = rp_redact_header(im->opts->redact, name, value, &clean, &changed);
    if (rc == RP_OK && changed > 0)
        lane = rp_pool_text(&im->pool, clean.s, clean.n);
    if (rc != RP_OK) {
        im->pool.failed = rc;
        lane = NULL;
    }
    rp_buf_free(&clean);
    return lane;
}

static int find_lane(struct rp_import *im, struct rp_interaction *it)
{
    const char *by = im->opts->lane_by;
    const char *header = by ? header_of(by) : NULL;

    if (header)
        it->lane = lane_by_header(
            im, header, rp_header_find(it->request_headers, it->n_request_headers, header));
    else if (by && strcmp(by, "key") == 0)
        it->lane = lane_by_key(im, it);
    else if (by)
        it->lane = it->model;
    if (by) {
        if (!it->lane && im->pool.failed)
            return im->pool.failed;
        it->order = 0;
        it->attempt = 0;
    }
    if (!it->lane && im->lane_is_model)
        it->lane = it->model;
    if (!it->lane || !it->lane[0])
        it->lane = "default";
    return RP_OK;
}

/* ---- taking ---------------------------------------------------------------------------------- */

#define NO_MODEL_CALL "exchanges that are no model calls of a known dialect"

/* A body without pieces is one; so is one that is no longer as long as its pieces. */
static int one_chunk(struct rp_import *im, struct rp_interaction *it)
{
    struct rp_body_chunk *chunk;
    uint64_t gap = 0;
    size_t n = 0;

    for (size_t i = 0; i < it->n_chunks; i++) {
        n += it->chunks[i].n;
        gap += it->chunks[i].gap_us;
    }
    if (n == it->n_body)
        return RP_OK;
    chunk = rp_pool_take(&im->pool, sizeof(*chunk));
    if (!chunk)
        return im->pool.failed;
    *chunk = (struct rp_body_chunk){it->n_body, gap};
    it->chunks = chunk;
    it->n_chunks = it->n_body > 0;
    it->end_us += it->n_body > 0 ? 0 : gap;
    return RP_OK;
}

/* What the request itself says; the dialect stays NULL when it is no model call. */
static int complete(struct rp_import *im, struct rp_interaction *it, struct rp_value json)
{
    struct rp_str model = rp_str_of(rp_map_get(json, "model"));

    if (!it->dialect)
        it->dialect = rp_guess_by_url(it->method, it->url, json);
    if (!it->dialect)
        return RP_OK;
    if (!it->model && model.n > 0 && !memchr(model.s, '\0', model.n)) {
        it->model = rp_pool_text(&im->pool, model.s, model.n);
        if (!it->model)
            return im->pool.failed;
    }
    if (!it->stream)
        it->stream = rp_guess_stream(it, json);
    return find_lane(im, it);
}

/* The address is told without its secrets. */
static int skip(struct rp_import *im, const struct rp_interaction *it, const char *place)
{
    uint64_t changed = 0;
    char where[160];
    struct rp_buf url;
    int rc;

    rp_buf_init(&url, &im->alloc, RP_TEXT_MAX);
    rc = im->opts->redact ? rp_redact_url(im->opts->redact, it->url, &url, &changed)
                          : rp_buf_addz(&url, it->url);
    snprintf(where, sizeof(where), "%s, %.16s %s", place, it->method, url.s ? url.s : "");
    rp_buf_free(&url);
    if (rc == RP_OK)
        rp_import_note(im, RP_NOTE_SKIPPED, NO_MODEL_CALL, where);
    return rc;
}

int rp_import_take(struct rp_import *im, struct rp_interaction *it, const char *place, int *taken)
{
    struct rp_value json = rp_nil();
    struct rp_heap heap;
    int rc;

    RP_TRY(unpack_request(im, it, place));
    rp_heap_init(&heap, &im->alloc, RP_IMPORT_MAX, 0);
    rc = rp_json_try(&heap, (struct rp_str){it->request, it->n_request}, &json);
    if (rc == RP_OK || rc == RP_EPARSE)
        rc = complete(im, it, json);
    rp_heap_free(&heap);
    if (taken)
        *taken = it->dialect != NULL;
    if (rc != RP_OK || !it->dialect)
        return rc != RP_OK ? rc : skip(im, it, place);
    RP_TRY(unpack_reply(im, it, place));
    RP_TRY(one_chunk(im, it));
    if (!it->source)
        it->source = im->format->name;
    return add_item(im, it);
}

int rp_import_take_whole(struct rp_import *im, struct rp_interaction *it)
{
    RP_TRY(one_chunk(im, it));
    if (im->opts->lane_by)
        RP_TRY(find_lane(im, it));
    if (!it->source)
        it->source = im->format->name;
    return add_item(im, it);
}

/* ---- reading a file -------------------------------------------------------------------------- */

int rp_import_read(struct rp_import *im, const struct rp_format *format, const char *path,
                   const char *s, size_t n, struct rp_error *err)
{
    int rc;

    im->format = format;
    im->path = path;
    im->err = err;
    im->first = im->n;
    if (n > RP_IMPORT_FILE_MAX)
        return rp_import_fail(im, RP_ELIMIT, "", "the file is larger than %u MB; split it",
                              RP_IMPORT_FILE_MAX >> 20);
    if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        s += 3;
        n -= 3;
    }
    rp_heap_init(&im->heap, &im->alloc, RP_IMPORT_MAX, 0);
    rc = format->read(im, s, n);
    rp_heap_free(&im->heap);
    if (rc == RP_ENOMEM)
        rp_import_fail(im, rc, "", "%s", rp_status_text(rc));
    if (rc == RP_ELIMIT && err && err->status != rc)
        rp_import_fail(im, rc, "", "it holds more than one import may; split it");
    return rc;
}
