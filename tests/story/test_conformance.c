/* test_conformance.c - plays every scenario that has a golden trace beside it, in this process, and
 * holds the whole portable trace against it; one test for each. Run in the project's folder. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/os/reprise_os.h"
#include "scenarios/load.h"
#include "scenarios/play.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

enum { SCENARIOS_MAX = 4096, TRACE_MAX = 1 << 26 };

/* A scenario in the tables of tests below. */
struct golden {
    char *path; /* of the scenario */
    char *name; /* of the test */
};

static struct golden goldens[SCENARIOS_MAX];
static struct CMUnitTest tests[SCENARIOS_MAX];
static size_t n_goldens;

/* ---- bytes ----------------------------------------------------------------------------------- */

static int put(void *ctx, const char *s, size_t n)
{
    return rp_buf_add(ctx, s, n);
}

static void read_file(struct rp_buf *b, const char *path)
{
    char piece[4096];
    size_t n;
    FILE *file = fopen(path, "rb");

    if (!file)
        print_error("%s: cannot be read\n", path);
    assert_non_null(file);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
        assert_int_equal(rp_buf_add(b, piece, n), RP_OK);
    assert_int_equal(ferror(file), 0);
    assert_int_equal(fclose(file), 0);
}

/* The bytes of a buffer as a string. */
static const char *text_of(const struct rp_buf *b)
{
    return b->s ? b->s : "";
}

/* Says the first line in which two texts differ. */
static void say_first_difference(const char *want, const char *got)
{
    int line = 1;

    for (;;) {
        size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");
        if (w != g || memcmp(want, got, w) != 0 || want[w] != got[g]) {
            print_error("line %d differs\n want: %.*s%s\n  got: %.*s%s\n", line, (int)w, want,
                        *want ? "" : "(end)", (int)g, got, *got ? "" : "(end)");
            return;
        }
        if (!want[w])
            return;
        want += w + 1;
        got += g + 1;
        line++;
    }
}

/* ---- playing --------------------------------------------------------------------------------- */

/* Loads and plays; what went wrong is in err. */
static int trace_of(const char *path, const struct rp_alloc *alloc, struct rp_buf *trace,
                    struct rp_error *err)
{
    struct rp_play_opts opts = {.alloc = *alloc, .trace = {put, trace}};
    struct rp_scenario *scenario;
    struct rp_play *play;
    int rc = rp_scenario_load(alloc, path, &scenario, err);

    if (rc != RP_OK)
        return rc;
    rc = rp_play_new(scenario, &opts, &play);
    if (rc == RP_OK) {
        rc = rp_play_all(play, err);
        rp_play_free(play);
    }
    rp_scenario_free(scenario);
    return rc;
}

static void gives_its_golden_trace(void **state)
{
    const char *path = ((struct golden *)*state)->path;
    char golden[1024];
    struct rp_alloc libc = rp_alloc_libc();
    struct rp_buf want, got;
    struct rp_error err = {0};
    struct faulty memory;
    int rc;

    rp_buf_init(&want, &libc, TRACE_MAX);
    rp_buf_init(&got, &libc, TRACE_MAX);
    snprintf(golden, sizeof(golden), "%.*s.trace", (int)(strlen(path) - strlen(".json")), path);
    read_file(&want, golden);
    faulty_init(&memory, -1);

    rc = trace_of(path, &memory.alloc, &got, &err);

    if (rc != RP_OK)
        print_error("%s: %s %s: %s\n", path, rp_status_name(rc), err.where, err.text);
    if (strcmp(text_of(&want), text_of(&got)) != 0) {
        say_first_difference(text_of(&want), text_of(&got));
        rp_buf_free(&want);
        rp_buf_free(&got);
        fail();
    }
    rp_buf_free(&want);
    rp_buf_free(&got);
    assert_int_equal(rc, RP_OK);
    assert_int_equal(memory.out, 0);
}

/* ---- the scenarios --------------------------------------------------------------------------- */

static char *join(const char *a, const char *b, const char *c)
{
    size_t room = strlen(a) + strlen(b) + strlen(c) + 1;
    char *made = malloc(room);

    if (!made)
        abort();
    snprintf(made, room, "%s%s%s", a, b, c);
    return made;
}

/* Adds FOLDER/STEM.json unless there is no golden trace beside it. */
static void add(const char *folder, const char *stem)
{
    char *path = join(folder, stem, ".json");
    char *trace = join(folder, stem, ".trace");
    FILE *there = fopen(trace, "rb");

    free(trace);
    if (!there) {
        free(path);
        return;
    }
    fclose(there);
    if (n_goldens == SCENARIOS_MAX)
        abort();
    goldens[n_goldens].path = path;
    goldens[n_goldens].name = join(stem, " gives its golden trace", "");
    n_goldens++;
}

static void add_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)) != NULL) {
        size_t n = strlen(entry->d_name);
        if (n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0) {
            entry->d_name[n - 5] = '\0';
            add(folder, entry->d_name);
        }
    }
    closedir(dir);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct golden *)a)->path, ((const struct golden *)b)->path);
}

int main(void)
{
    int failed;

    add_folder("scenarios/cases/");
    add_folder("scenarios/regress/");
    add_folder("tests/conformance/");
    add_folder("tests/conformance/random/");
    qsort(goldens, n_goldens, sizeof(goldens[0]), by_path);
    for (size_t i = 0; i < n_goldens; i++)
        tests[i] = (struct CMUnitTest){.name = goldens[i].name,
                                       .test_func = gives_its_golden_trace,
                                       .initial_state = &goldens[i]};
    failed = _cmocka_run_group_tests("conformance", tests, n_goldens, NULL, NULL);
    for (size_t i = 0; i < n_goldens; i++) {
        free(goldens[i].path);
        free(goldens[i].name);
    }
    return failed || n_goldens == 0;
}
