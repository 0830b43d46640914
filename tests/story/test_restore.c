/* test_restore.c - a run restored from any of its checkpoints does, to the last byte of its full
 * trace, what it would have done without the interruption: all golden scenarios, with checkpoints
 * whether they want them or not, and scenarios drawn by chance; on every kind of store; in the same
 * process with the store opened anew, and, of each scenario once, in another process. Run in the
 * project's folder; REPRISE names the program (build/reprise without it). */
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "scenarios/files.h"
#include "tests/support/cm.h"
#include "tests/support/interrupted.h"
#include "tests/support/places.h"

enum { RANDOM = 240 };

static struct rp_alloc libc;
static struct rp_files goldens; /* those with a trace beside them first */
static size_t n_goldens;

/* ---- scenarios ------------------------------------------------------------------------------- */

static struct rp_scenario *load(const char *path)
{
    struct rp_scenario *scenario = NULL;
    struct rp_error err = {0};
    int rc = rp_scenario_load(&libc, path, &scenario, &err);

    if (rc != RP_OK)
        print_error("%s: %s\n", err.where, err.text);
    assert_int_equal(rc, RP_OK);
    return scenario;
}

/* Writes the scenario of that seed into a file. */
static const char *draw_file(uint64_t seed)
{
    static char path[128];
    struct rp_buf text;
    FILE *file;

    snprintf(path, sizeof(path), "%s/random-%llu.json", places_folder(), (unsigned long long)seed);
    rp_buf_init(&text, &libc, 1 << 20);
    assert_int_equal(random_scenario(&text, seed), RP_OK);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.s, 1, text.n, file), text.n);
    assert_int_equal(fclose(file), 0);
    rp_buf_free(&text);
    return path;
}

/* Calls check with every golden scenario, then with random ones. */
static void each(void (*check)(struct whole *w, uint64_t seed))
{
    static struct whole w;

    for (size_t i = 0; i < n_goldens; i++) {
        struct rp_scenario *scenario = load(goldens.path[i]);
        whole_play(&w, &libc, scenario, 0);
        check(&w, i);
        whole_free(&w);
        rp_scenario_free(scenario);
    }
    for (uint64_t seed = 1; seed <= RANDOM; seed++) {
        const char *path = draw_file(seed);
        struct rp_scenario *scenario = load(path);
        whole_play(&w, &libc, scenario, seed);
        check(&w, seed);
        whole_free(&w);
        rp_scenario_free(scenario);
        places_remove(path);
    }
}

/* ---- in this process ------------------------------------------------------------------------- */

static struct place *place;
static size_t restored, answered;

static void restore_each(struct whole *w, uint64_t seed)
{
    (void)seed;
    for (size_t i = 0; i < w->trace.n_marks; i++, restored++)
        assert_true(goes_on_from(w, place, i));
}

static void answer_each(struct whole *w, uint64_t seed)
{
    (void)seed;
    for (size_t i = 0; i + 1 < w->n; i++) {
        if (w->turn[i].end_marks == w->turn[i].first_mark)
            continue;
        answered += w->turn[i + 1].turn.kind == RP_TURN_RESPOND;
        assert_true(goes_on_with_answers(w, place, w->turn[i].end_marks - 1));
    }
}

static void restore_all(size_t which)
{
    place = &places[which];
    restored = 0;
    each(restore_each);
    assert_true(restored > 2000);
}

static void every_checkpoint_in_memory_goes_on(void **state)
{
    (void)state;
    restore_all(0);
}

static void every_checkpoint_in_files_goes_on(void **state)
{
    (void)state;
    restore_all(1);
}

static void every_checkpoint_in_a_database_goes_on(void **state)
{
    (void)state;
    restore_all(2);
}

static void fork_each(struct whole *w, uint64_t seed)
{
    (void)seed;
    for (size_t i = 0; i < w->trace.n_marks; i++)
        assert_true(forks_from(w, place, i));
}

static void a_branch_does_what_was_done_after_its_checkpoint(void **state)
{
    (void)state;
    place = &places[0];
    each(fork_each);
}

static void answers_at_a_restore_do_what_they_do_without_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLACES; i++) {
        place = &places[i];
        answered = 0;
        each(answer_each);
        assert_true(answered > 100);
    }
}

/* ---- in another process ---------------------------------------------------------------------- */

static char program[4096];
static size_t processes;

static void find_program(void)
{
    const char *name = getenv("REPRISE");

    snprintf(program, sizeof(program), "%s", name && name[0] ? name : "build/reprise");
}

/* Runs `reprise resume --trace`; its standard output comes in out. */
static void run_resume(const char *scenario, const char *store, int64_t id, int stream,
                       struct rp_buf *out)
{
    char number[32], path[128];
    char *args[] = {program,
                    (char *)"resume",
                    (char *)scenario,
                    (char *)"--store",
                    (char *)store,
                    (char *)"--checkpoint",
                    number,
                    (char *)"--trace",
                    stream ? (char *)"--stream" : NULL,
                    NULL};
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    struct rp_error err;
    pid_t child;
    int status;

    snprintf(number, sizeof(number), "%lld", (long long)id);
    snprintf(path, sizeof(path), "%s/stdout", places_folder());
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&child, program, &actions, NULL, args, environment), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0)
        print_error("%s, checkpoint %s: exit status %d\n", scenario, number, WEXITSTATUS(status));
    assert_int_equal(status, 0);
    assert_int_equal(rp_file_read(out, path, &err), RP_OK);
}

/* The number behind `"key":` in a line, -1 where there is none. */
static int64_t number_of(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

/* Adds the line without its turn, and with requests counted anew from 1: another process counts
 * those that are open first. */
static void add_line(struct rp_buf *out, const char *line, int64_t *seen, size_t *n_seen)
{
    int64_t request = number_of(line, "\"request\":");
    const char *at = strstr(line, "\"request\":"), *end = strstr(line, ",\"turn\":");
    size_t i = 0;

    assert_non_null(end);
    if (!at) {
        rp_buf_add(out, line, (size_t)(end - line));
    } else {
        while (i < *n_seen && seen[i] != request)
            i++;
        seen[i] = request;
        *n_seen = i < *n_seen ? *n_seen : i + 1;
        rp_buf_add(out, line, (size_t)(at - line));
        rp_buf_add_int(out, (int64_t)i + 1);
        at = strchr(at, ',');
        rp_buf_add(out, at, (size_t)(end - at));
    }
    assert_int_equal(rp_buf_addz(out, "\n"), RP_OK);
}

/* Of a portable trace the lines of a turn (0: of any) from that superstep on. */
static void rest_of(const struct rp_buf *trace, size_t turn, int64_t step, int pending,
                    struct rp_buf *out)
{
    int64_t seen[RANDOM_ANSWERS_MAX * WHOLE_TURNS];
    size_t n_seen = 0;
    int begun = 0;
    char *line, *next;

    for (line = trace->s; line && *line; line = next) {
        next = strchr(line, '\n') + 1;
        next[-1] = '\0';
        if (turn == 0 || number_of(line, ",\"turn\":") == (int64_t)turn) {
            if (strstr(line, "\"event\":\"superstep_started\"") &&
                number_of(line, "\"step\":") == step)
                begun = 1;
            if (begun && !(pending && strstr(line, "\"IN_PROGRESS_PENDING_REQUESTS\"")))
                add_line(out, line, seen, &n_seen);
        }
        next[-1] = '\n';
    }
}

static void compare_processes(struct whole *w, struct place *p, size_t mark)
{
    const struct whole_turn *t = whole_turn_of(w, mark);
    const struct full_mark *m = &w->trace.mark[mark];
    struct rp_buf got, want_rest, got_rest;
    struct broken b;

    broken_open(&b, w, p, mark);
    b.inner.ops->free(b.inner.self);
    rp_buf_init(&got, &libc, (size_t)1 << 30);
    rp_buf_init(&want_rest, &libc, (size_t)1 << 30);
    rp_buf_init(&got_rest, &libc, (size_t)1 << 30);
    run_resume(w->scenario->path, p->path, m->id, t->turn.stream, &got);
    rest_of(&w->portable, (size_t)(t - w->turn) + 1, m->iteration + 1, m->pending > 0, &want_rest);
    rest_of(&got, 0, m->iteration + 1, m->pending > 0, &got_rest);
    if (!same_lines(want_rest.s ? want_rest.s : "", want_rest.n, got_rest.s ? got_rest.s : "",
                    got_rest.n)) {
        print_error("%s, checkpoint %d, %s\n", w->scenario->path, (int)mark, p->name);
        fail();
    }
    rp_buf_free(&got);
    rp_buf_free(&want_rest);
    rp_buf_free(&got_rest);
    memset(&b.inner, 0, sizeof(b.inner));
    p->open(p, &b.inner);
    broken_close(&b);
    processes++;
}

/* One checkpoint that has something under way, drawn by chance; by turns in files and in SQLite. */
static void restore_elsewhere(struct whole *w, uint64_t seed)
{
    struct draw d = {seed};
    struct place *p = &places[1 + seed % 2];
    int stream = rp_is_true(rp_map_get(w->scenario->json, "stream"));

    if (w->trace.n_marks == 0)
        return;
    for (int tries = 0; tries < 20; tries++) {
        size_t mark = draw_below(&d, (uint32_t)w->trace.n_marks);
        if (w->trace.mark[mark].messages == 0 || counts_supersteps(w, mark) ||
            (stream && !whole_turn_of(w, mark)->turn.stream))
            continue;
        compare_processes(w, p, mark);
        return;
    }
}

static void another_process_goes_on(void **state)
{
    (void)state;
    processes = 0;
    each(restore_elsewhere);
    assert_true(processes > 300);
}

/* ---- the scenarios --------------------------------------------------------------------------- */

static int has_trace(const char *path)
{
    char trace[1024];

    snprintf(trace, sizeof(trace), "%.*s.trace", (int)(strlen(path) - strlen(".json")), path);
    return access(trace, R_OK) == 0;
}

static int find_scenarios(void **state)
{
    struct rp_error err;

    (void)state;
    libc = rp_alloc_libc();
    find_program();
    rp_files_init(&goldens, &libc);
    if (places_begin() != 0 || rp_files_add(&goldens, "tests/conformance", &err) != RP_OK)
        return -1;
    for (size_t i = 0; i < goldens.n; i++) {
        char *path = goldens.path[i];
        if (!has_trace(path))
            continue;
        goldens.path[i] = goldens.path[n_goldens];
        goldens.path[n_goldens++] = path;
    }
    return n_goldens > 0 ? 0 : -1;
}

static int forget_scenarios(void **state)
{
    (void)state;
    rp_files_free(&goldens);
    return places_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_checkpoint_in_memory_goes_on),
        cmocka_unit_test(every_checkpoint_in_files_goes_on),
        cmocka_unit_test(every_checkpoint_in_a_database_goes_on),
        cmocka_unit_test(a_branch_does_what_was_done_after_its_checkpoint),
        cmocka_unit_test(answers_at_a_restore_do_what_they_do_without_one),
        cmocka_unit_test(another_process_goes_on),
    };

    return cmocka_run_group_tests(tests, find_scenarios, forget_scenarios);
}
