/* test_export.c - what is imported and exported is stable, in every format and of every file; and
 * what a format keeps comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cassette_ground.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/imported.h"

static const char *const files[] = {"talk.yaml",   "talk-vcr.json", "talk.har",
                                    "pairs.jsonl", "trace.json",    "trace-events.jsonl"};
enum { FILES = sizeof(files) / sizeof(*files) };

static char *copy_of(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = malloc(size);

    assert_non_null(copy);
    return memcpy(copy, s, size);
}

/* x is imported and exported: that, imported and exported again, is the same. */
static void an_export_of_an_import_is_stable(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        const char *from = formats_of(files[i]);
        for (size_t f = 0; f < rp_formats_n; f++) {
            const char *to = rp_formats[f].name;
            size_t n;
            const char *text = formats_file(files[i], &n);
            char *once = copy_of(reexported(from, text, n, to));
            assert_string_equal(reexported(to, once, strlen(once), to), once);
            free(once);
        }
    }
}

/* The conversation, the lanes and the calls survive every format: after the way through it, the
 * trace says the same. */
static void what_was_said_survives_every_format(void **state)
{
    size_t n;
    const char *text = formats_file("trace.json", &n);
    char *said = copy_of(strstr(reexported("otlp", text, n, "otlp"), "gen_ai.request.temperature"));

    (void)state;
    for (size_t f = 0; f < rp_formats_n; f++) {
        const char *name = rp_formats[f].name;
        const char *at = formats_file("trace.json", &n);
        char *way = copy_of(reexported("otlp", at, n, name)), *end = strchr(said, '\n');
        const char *back =
            strstr(reexported(name, way, strlen(way), "otlp"), "gen_ai.request.temperature");
        assert_memory_equal(back, said, (size_t)(end - said));
        free(way);
    }
    free(said);
}

static void a_cassette_is_written_for_vcr(void **state)
{
    size_t n;
    const char *text = formats_file("talk.yaml", &n);

    (void)state;
    told_as_in("talk.exported.yaml", reexported("vcr", text, n, "vcr"));
}

static void a_cassette_is_written_as_an_archive(void **state)
{
    size_t n;
    const char *text = formats_file("talk.yaml", &n);

    (void)state;
    told_as_in("talk.exported.har", reexported("vcr", text, n, "har"));
}

static void a_cassette_is_written_as_a_trace(void **state)
{
    size_t n;
    const char *text = formats_file("trace.json", &n);

    (void)state;
    told_as_in("trace.exported.json", reexported("otlp", text, n, "otlp"));
}

/* ---- memory ---------------------------------------------------------------------------------- */

static struct rp_cassette *kept;
static const struct rp_format *format;

static int write_swept(const struct rp_alloc *alloc)
{
    struct rp_report report;
    struct rp_error err = {0};
    struct rp_buf out;
    int rc;

    rp_buf_init(&out, alloc, SIZE_MAX / 2);
    assert_int_equal(rp_buf_addz(&out, "") == RP_OK || out.failed == RP_ENOMEM, 1);
    rc = rp_export(kept, format, &out, &report, &err);
    assert_true(rc == RP_OK || out.n == 0);
    rp_buf_free(&out);
    return rc;
}

static void memory_may_run_out_anywhere(void **state)
{
    size_t n;
    const char *text;

    (void)state;
    for (size_t i = 0; i < FILES; i += 2) {
        text = formats_file(files[i], &n);
        reexported(formats_of(files[i]), text, n, "jsonl");
        kept = cassette_open(cassette_file("imported.cassette"), RP_CASSETTE_READ);
        for (size_t f = 0; f < rp_formats_n; f++) {
            format = &rp_formats[f];
            assert_true(sweep_memory(write_swept) > 0);
        }
        rp_cassette_close(kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASSETTE_TEST(an_export_of_an_import_is_stable),
        CASSETTE_TEST(what_was_said_survives_every_format),
        CASSETTE_TEST(a_cassette_is_written_for_vcr),
        CASSETTE_TEST(a_cassette_is_written_as_an_archive),
        CASSETTE_TEST(a_cassette_is_written_as_a_trace),
        CASSETTE_TEST(memory_may_run_out_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
