/* formats.c - the table of formats, telling one from another, and exporting. */
#include "formats_own.h"

#include "dates.h"

#include <string.h>

const struct rp_format rp_formats[] = {
    {"vcr", "VCR cassette", rp_vcr_read, rp_vcr_write},
    {"har", "HTTP Archive", rp_har_read, rp_har_write},
    {"jsonl", "JSON lines", rp_jsonl_read, rp_jsonl_write},
    {"otlp", "OTLP traces", rp_otlp_read, rp_otlp_write},
};
const size_t rp_formats_n = sizeof(rp_formats) / sizeof(*rp_formats);

const struct rp_format *rp_format_of(const char *name)
{
    for (size_t i = 0; i < rp_formats_n; i++)
        if (rp_same(rp_formats[i].name, name))
            return &rp_formats[i];
    return NULL;
}

/* ---- telling --------------------------------------------------------------------------------- */

static int ends(const char *path, const char *with)
{
    size_t n = strlen(path), k = strlen(with);

    return n >= k && strcmp(path + n - k, with) == 0;
}

/* By the keys of the object that the text, or its first line, is. */
static const struct rp_format *by_keys(struct rp_value v)
{
    if (rp_map_has(v, "resourceSpans"))
        return rp_format_of("otlp");
    if (rp_map_has(v, "log"))
        return rp_format_of("har");
    if (rp_map_has(v, "interactions") || rp_map_has(v, "http_interactions"))
        return rp_format_of("vcr");
    return rp_map_has(v, "request") || rp_map_has(v, "url") || rp_map_has(v, "tool")
               ? rp_format_of("jsonl")
               : NULL;
}

static const struct rp_format *by_text(const struct rp_alloc *alloc, const char *s, size_t n)
{
    const struct rp_format *format = NULL;
    const char *end = n > 0 ? memchr(s, '\n', n) : NULL;
    struct rp_heap heap;
    struct rp_value v = rp_nil();

    rp_heap_init(&heap, alloc, 0, 0);
    if (rp_json_try(&heap, (struct rp_str){s, n}, &v) == RP_OK ||
        (end && rp_json_try(&heap, (struct rp_str){s, (size_t)(end - s)}, &v) == RP_OK))
        format = by_keys(v);
    rp_heap_free(&heap);
    return format;
}

const struct rp_format *rp_format_guess(const struct rp_alloc *alloc, const char *path,
                                        const char *s, size_t n)
{
    if (ends(path, ".har"))
        return rp_format_of("har");
    if (ends(path, ".yaml") || ends(path, ".yml"))
        return rp_format_of("vcr");
    if (ends(path, ".jsonl") && !by_text(alloc, s, n))
        return rp_format_of("jsonl");
    return by_text(alloc, s, n);
}

/* ---- export ---------------------------------------------------------------------------------- */

#define NO_DATES "dates: not known; the file begins with 1970"

#define YEARS_US (UINT64_C(1) << 53) /* more than anybody records */

int64_t rp_export_start(const struct rp_interaction *it, int64_t epoch)
{
    return it->started_us > YEARS_US ? epoch : epoch + (int64_t)it->started_us;
}

int rp_export_epoch(struct rp_export *ex, int64_t *epoch)
{
    const struct rp_interaction *it;
    int64_t us;

    *epoch = 0;
    for (size_t i = 0; i < rp_cassette_count(ex->from); i++) {
        RP_TRY(rp_cassette_get(ex->from, rp_cassette_nth(ex->from, i), &it, ex->err));
        if (!it->recorded_at || !rp_date_read(it->recorded_at, &us) || it->started_us > YEARS_US)
            continue;
        *epoch = us - (int64_t)it->started_us;
        return RP_OK;
    }
    rp_note(ex->report, RP_NOTE_LOST, rp_cassette_count(ex->from), NO_DATES, "");
    return RP_OK;
}

uint64_t rp_export_receive_us(const struct rp_interaction *it)
{
    uint64_t us = it->end_us;

    for (size_t i = 0; i < it->n_chunks; i++)
        us += it->chunks[i].gap_us;
    return us;
}

int rp_export(struct rp_cassette *from, const struct rp_format *format, struct rp_buf *out,
              struct rp_report *report, struct rp_error *err)
{
    struct rp_export ex = {from, out, report, err};
    size_t before = out->n;
    int rc;

    *report = (struct rp_report){0};
    rc = format->write(&ex);
    if (rc == RP_OK)
        rc = out->failed;
    if (rc == RP_OK)
        return RP_OK;
    rp_buf_cut(out, before);
    if (rc == RP_ENOMEM || rc == RP_ELIMIT)
        rp_fail_at(err, rc, rp_cassette_path(from), "%s", rp_status_text(rc));
    return rc;
}
