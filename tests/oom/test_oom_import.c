/* test_oom_import.c - every allocation of an import and of an export fails once: nothing leaks, and
 * the cassette stays as it was. */
#include <string.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/imported.h"

static const char *const files[] = {"talk.yaml",   "talk-vcr.json", "talk.har",
                                    "pairs.jsonl", "trace.json",    "trace-events.jsonl"};
enum { FILES = sizeof(files) / sizeof(*files) };

static char text[1 << 15];
static size_t text_n;
static const struct rp_format *format;
static struct rp_cassette *kept;

static void take_file(const char *name)
{
    const char *bytes;

    format = rp_format_of(formats_of(name));
    bytes = formats_file(name, &text_n);
    assert_true(text_n < sizeof(text));
    memcpy(text, bytes, text_n);
}

static int import(const struct rp_alloc *alloc)
{
    struct rp_import_opts opts = {.lane_by = "header:authorization"};
    struct rp_import *im = NULL;
    struct rp_error err = {0};
    size_t before = rp_cassette_count(kept);
    int rc = rp_redact_new(alloc, NULL, 0, &opts.redact, &err);

    if (rc == RP_OK)
        rc = rp_import_new(alloc, &opts, &im);
    if (rc == RP_OK)
        rc = rp_import_read(im, format, "input", text, text_n, &err);
    if (rc == RP_OK)
        rc = rp_import_store(im, kept, &err);
    assert_true((rc == RP_OK) == (rp_cassette_count(kept) > before));
    rp_import_free(im);
    rp_redact_free(opts.redact);
    return rc;
}

static int export(const struct rp_alloc *alloc)
{
    struct rp_report report;
    struct rp_error err = {0};
    struct rp_buf out;
    int rc;

    rp_buf_init(&out, alloc, SIZE_MAX / 2);
    rc = rp_export(kept, format, &out, &report, &err);
    assert_true(rc == RP_OK || out.n == 0);
    rp_buf_free(&out);
    return rc;
}

static void an_import_may_run_out_of_memory_anywhere(void **state)
{
    (void)state;
    kept = cassette_open(cassette_file("kept.cassette"), RP_CASSETTE_KEEP);
    for (size_t i = 0; i < FILES; i++) {
        take_file(files[i]);
        assert_true(sweep_memory(import) > 20);
    }
    rp_cassette_close(kept);
}

static void an_export_may_run_out_of_memory_anywhere(void **state)
{
    (void)state;
    kept = cassette_open(cassette_file("kept.cassette"), RP_CASSETTE_KEEP);
    for (size_t i = 0; i < FILES; i += 2) {
        struct rp_alloc memory = rp_alloc_libc();
        take_file(files[i]);
        assert_int_equal(import(&memory), RP_OK);
    }
    for (size_t f = 0; f < rp_formats_n; f++) {
        format = &rp_formats[f];
        assert_true(sweep_memory(export) > 0);
    }
    rp_cassette_close(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(an_import_may_run_out_of_memory_anywhere),
        CASSETTE_TEST(an_export_may_run_out_of_memory_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
