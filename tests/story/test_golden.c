/* test_golden.c - golden checkpoints: what a released version of the form has written restores for
 * ever, and plays on as it did then; one test for each.
 *
 * tests/golden/vVERSION/NAME.json is a scenario, NAME.items the items of the checkpoint that its
 * first `resume` turn names (tests/support/item_set.h tells the form), as they are when the turns
 * before it are played, and NAME.trace the portable trace of that turn and those behind it, in a
 * process that has only that checkpoint; the requests open in it have the numbers from 1 on.
 *
 * Run in the project's folder. With the argument `write` it writes the .items and .trace files of
 * the newest version anew, for when a scenario is added before that version is released. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/os/reprise_os.h"
#include "engine/snap.h"
#include "scenarios/load.h"
#include "scenarios/play.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/item_set.h"

enum { GOLDENS = 256, PATH_MAX_ = 512 };

static char path[GOLDENS][PATH_MAX_]; /* tests/golden/v1/NAME, without an ending */
static struct CMUnitTest tests[GOLDENS];
static size_t n_goldens;

/* ---- a golden ---- */

struct golden {
    struct faulty faulty;
    struct rp_scenario *scenario;
    struct rp_store store;
    uint32_t resume; /* number of that turn */
    struct rp_buf trace;
};

static int put(void *ctx, const char *s, size_t n)
{
    return rp_buf_add(ctx, s, n);
}

static const char *named(const char *name, const char *ending)
{
    static char full[PATH_MAX_ + 16];

    snprintf(full, sizeof(full), "%.*s%.10s", PATH_MAX_ - 1, name, ending);
    return full;
}

static void open_golden(struct golden *g, const char *name)
{
    struct rp_error err = {0};

    memset(g, 0, sizeof(*g));
    faulty_init(&g->faulty, -1);
    rp_buf_init(&g->trace, &g->faulty.alloc, SIZE_MAX);
    if (rp_scenario_load(&g->faulty.alloc, named(name, ".json"), &g->scenario, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    assert_int_equal(rp_store_memory(&g->faulty.alloc, &g->store), RP_OK);
    while (g->resume < g->scenario->n_turns && g->scenario->turns[g->resume].kind != RP_TURN_RESUME)
        g->resume++;
    assert_in_range(g->resume, 1, g->scenario->n_turns - 1);
}

static void close_golden(struct golden *g)
{
    rp_buf_free(&g->trace);
    rp_scenario_free(g->scenario);
    g->store.ops->free(g->store.self);
    assert_int_equal(g->faulty.out, 0);
}

static void play_turns(struct golden *g, struct rp_play *play, uint32_t from, uint32_t to)
{
    struct rp_error err = {0};

    for (uint32_t i = from; i < to; i++) {
        struct rp_scenario_turn turn = g->scenario->turns[i];
        if (i == g->resume)
            turn.checkpoint = 0; /* the only one */
        if (rp_play_turn(play, &turn, &err) != RP_OK)
            fail_msg("%s: %s", err.where, err.text);
    }
}

/* Restores the checkpoint, plays on, and keeps the trace. */
static void play_on(struct golden *g, const struct item_set *set)
{
    struct rp_play_opts opts = {
        .alloc = g->faulty.alloc, .store = &g->store, .trace = {.put = put, .ctx = &g->trace}};
    struct rp_error err = {0};
    struct rp_play *play;

    assert_int_equal(item_set_save(set, &g->store), 0);
    assert_int_equal(rp_store_verify(&g->store, &g->faulty.alloc, 0, &err), RP_OK);
    assert_int_equal(rp_play_new(g->scenario, &opts, &play), RP_OK);
    if (rp_play_adopt(play, 0, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    play_turns(g, play, g->resume, g->scenario->n_turns);
    assert_int_equal(rp_play_end(play), RP_OK);
    rp_play_free(play);
}

/* ---- as a test ---- */

/* What is restored is the same state: written by this version it has the same root. */
static void is_written_the_same(struct golden *g)
{
    struct rp_checkpoint_info info;
    struct rp_heap heap;
    struct rp_snap *s;
    struct rp_snap_out out;
    struct rp_value v;

    rp_heap_init(&heap, &g->faulty.alloc, 0, 0);
    assert_int_equal(rp_snap_new(&g->faulty.alloc, &s), RP_OK);
    assert_int_equal(rp_store_read(&g->store, 0, &heap, &v, NULL), RP_OK);
    assert_int_equal(g->store.ops->info(g->store.self, 0, &info, NULL), RP_OK);
    assert_int_equal(rp_snap_write(s, v, &out), RP_OK);
    assert_memory_equal(&out.root, &info.root, sizeof(out.root));
    rp_snap_free(s);
    rp_heap_free(&heap);
}

static int is_newest(const char *name)
{
    char folder[16];

    snprintf(folder, sizeof(folder), "/v%d/", RP_SNAP_VERSION);
    return strstr(name, folder) != NULL;
}

static void read_text(struct rp_buf *b, const char *file)
{
    FILE *f = fopen(file, "rb");
    char piece[4096];
    size_t n;

    if (!f)
        fail_msg("%s: cannot be read", file);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        assert_int_equal(rp_buf_add(b, piece, n), RP_OK);
    assert_int_equal(fclose(f), 0);
}

static void restores_and_plays_on(void **state)
{
    const char *name = *state;
    struct golden g;
    struct item_set set;
    struct rp_buf want;

    open_golden(&g, name);
    item_set_read(&set, named(name, ".items"));
    rp_buf_init(&want, &g.faulty.alloc, SIZE_MAX);
    read_text(&want, named(name, ".trace"));
    play_on(&g, &set);
    assert_string_equal(g.trace.s, want.s);
    if (is_newest(name))
        is_written_the_same(&g);
    rp_buf_free(&want);
    item_set_free(&set);
    close_golden(&g);
}

/* ---- writing them ---- */

/* Plays the turns before it and takes the checkpoint. */
static void make_items(struct golden *g, struct item_set *set)
{
    struct rp_play_opts opts = {.alloc = g->faulty.alloc, .store = &g->store};
    int64_t id = g->scenario->turns[g->resume].checkpoint;
    struct rp_checkpoint_info info;
    struct rp_play *play;

    assert_int_equal(rp_play_new(g->scenario, &opts, &play), RP_OK);
    play_turns(g, play, 0, g->resume);
    rp_play_free(play);
    if (id < 0)
        assert_int_equal(g->store.ops->latest(g->store.self, NULL, &id, NULL), RP_OK);
    assert_int_equal(g->store.ops->info(g->store.self, id, &info, NULL), RP_OK);
    memset(set, 0, sizeof(*set));
    snprintf(set->workflow, sizeof(set->workflow), "%s", info.workflow);
    item_set_gather(set, &g->store, &info.root);
}

static void write_golden(const char *name)
{
    struct golden g;
    struct item_set set;
    FILE *f;

    open_golden(&g, name);
    make_items(&g, &set);
    close_golden(&g);
    item_set_write(&set, named(name, ".items"));
    open_golden(&g, name);
    play_on(&g, &set);
    f = fopen(named(name, ".trace"), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(g.trace.s, 1, g.trace.n, f), g.trace.n);
    assert_int_equal(fclose(f), 0);
    item_set_free(&set);
    close_golden(&g);
}

static void writes_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_goldens; i++)
        if (is_newest(path[i]))
            write_golden(path[i]);
}

/* ---- finding them ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void find_goldens(int version)
{
    char folder[64];
    struct dirent *entry;
    DIR *dir;

    snprintf(folder, sizeof(folder), "tests/golden/v%d", version);
    dir = opendir(folder);
    if (!dir)
        return;
    while ((entry = readdir(dir))) {
        size_t n = strlen(entry->d_name);
        if (n < 6 || n > 200 || strcmp(entry->d_name + n - 5, ".json") != 0 || n_goldens == GOLDENS)
            continue;
        snprintf(path[n_goldens++], PATH_MAX_, "%s/%.*s", folder, (int)n - 5, entry->d_name);
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest writing[] = {cmocka_unit_test(writes_all)};

    for (int version = 1; version <= RP_SNAP_VERSION; version++)
        find_goldens(version);
    qsort(path, n_goldens, PATH_MAX_, by_name);
    if (argc > 1 && strcmp(argv[1], "write") == 0)
        return cmocka_run_group_tests(writing, NULL, NULL);
    for (size_t i = 0; i < n_goldens; i++)
        tests[i] = (struct CMUnitTest){strrchr(path[i], '/') + 1, restores_and_plays_on, NULL, NULL,
                                       path[i]};
    if (n_goldens < 8) {
        print_error("tests/golden: not the goldens that must be there\n");
        return 1;
    }
    return _cmocka_run_group_tests("goldens", tests, n_goldens, NULL, NULL);
}
