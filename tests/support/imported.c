/* imported.c - imports and exports as text. */
#include "tests/support/imported.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"

enum { TEXT_MAX = 1 << 20 };

static char text_of_file[TEXT_MAX], told[TEXT_MAX];

/* ---- files ----------------------------------------------------------------------------------- */

const char *formats_file(const char *name, size_t *n)
{
    char path[200];
    FILE *f;

    snprintf(path, sizeof(path), "tests/formats/%s", name);
    f = fopen(path, "rb");
    if (!f)
        fail_msg("%s cannot be read", path);
    *n = fread(text_of_file, 1, TEXT_MAX - 1, f);
    text_of_file[*n] = '\0';
    fclose(f);
    return text_of_file;
}

const char *formats_of(const char *name)
{
    struct rp_alloc memory = rp_alloc_libc();
    const struct rp_format *format;
    size_t n;

    formats_file(name, &n);
    format = rp_format_guess(&memory, name, text_of_file, n);
    return format ? format->name : "";
}

void told_as_in(const char *name, const char *got)
{
    size_t n;

    formats_file(name, &n);
    assert_string_equal(got, text_of_file);
}

/* ---- telling --------------------------------------------------------------------------------- */

void told_report(struct rp_buf *out, const struct rp_report *report)
{
    char line[400];

    snprintf(line, sizeof(line), "%lu exchanges, %lu tools\n", (unsigned long)report->exchanges,
             (unsigned long)report->tools);
    rp_buf_addz(out, line);
    for (size_t i = 0; i < report->n; i++) {
        snprintf(line, sizeof(line), "%s %lu: %s (%s)\n", rp_note_kind_name(report->notes[i].kind),
                 (unsigned long)report->notes[i].n, report->notes[i].text, report->notes[i].first);
        rp_buf_addz(out, line);
    }
}

static const char *keep(struct rp_buf *out)
{
    assert_int_equal(out->failed, RP_OK);
    assert_true(out->n < TEXT_MAX);
    memcpy(told, out->s ? out->s : "", out->n);
    told[out->n] = '\0';
    rp_buf_free(out);
    return told;
}

static void export_to(struct rp_buf *out, struct rp_cassette *c, const char *format,
                      struct rp_report *report)
{
    struct rp_error err = {0};

    if (rp_export(c, rp_format_of(format), out, report, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
}

/* The cassette that is made of a text; NULL: err says why not. */
static struct rp_cassette *make(const char *format, const char *lane_by, const char *text, size_t n,
                                struct rp_report *report, struct rp_error *err)
{
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_import_opts opts = {.lane_by = lane_by};
    const char *path = cassette_file("imported.cassette");
    struct rp_cassette *c = NULL;
    struct rp_import *im = NULL;

    unlink(path);
    assert_int_equal(rp_redact_new(&memory, NULL, 0, &opts.redact, err), RP_OK);
    assert_int_equal(rp_import_new(&memory, &opts, &im), RP_OK);
    if (rp_import_read(im, rp_format_of(format), "input", text, n, err) == RP_OK) {
        c = cassette_open(path, RP_CASSETTE_KEEP);
        if (rp_import_store(im, c, err) != RP_OK)
            fail_msg("%s: %s", err->where, err->text);
        *report = *rp_import_report(im);
    }
    rp_import_free(im);
    rp_redact_free(opts.redact);
    return c;
}

const char *imported(const char *format, const char *lane_by, const char *text, size_t n)
{
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_report report, ignored;
    struct rp_error err = {0};
    struct rp_cassette *c = make(format, lane_by, text, n, &report, &err);
    struct rp_buf out;

    rp_buf_init(&out, &memory, TEXT_MAX);
    if (c) {
        told_report(&out, &report);
        export_to(&out, c, "jsonl", &ignored);
    } else {
        rp_buf_addz(&out, err.where);
        rp_buf_addz(&out, ": ");
        rp_buf_addz(&out, err.text);
    }
    rp_cassette_close(c);
    return keep(&out);
}

const char *importedz(const char *format, const char *text)
{
    return imported(format, NULL, text, strlen(text));
}

const char *reexported(const char *format, const char *text, size_t n, const char *to)
{
    struct rp_alloc memory = rp_alloc_libc();
    struct rp_report report;
    struct rp_error err = {0};
    struct rp_cassette *c = make(format, NULL, text, n, &report, &err);
    struct rp_buf out;

    if (!c)
        fail_msg("%s: %s", err.where, err.text);
    rp_buf_init(&out, &memory, TEXT_MAX);
    export_to(&out, c, to, &report);
    rp_cassette_close(c);
    return keep(&out);
}
