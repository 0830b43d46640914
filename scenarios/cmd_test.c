/* cmd_test.c - `reprise test`: scenarios held against the traces beside them. */
#include "cli.h"
#include "cmd.h"
#include "diff.h"
#include "expect.h"
#include "files.h"
#include "live.h"

#include "engine/os/reprise_os.h"

#include <string.h>

static int update;
static struct rp_live_words words;
static struct rp_live *live; /* NULL: scripts */

static const struct rp_cli_flag flags[] = {{"--update", &update}, RP_LIVE_FLAGS(words)};
static const struct rp_cli_option options[] = {RP_LIVE_OPTIONS(words)};
static const struct rp_cli_list lists[] = {RP_LIVE_LISTS(words)};

static const struct rp_cli_command command = {
    .name = "test",
    .help =
        "usage: reprise test [--update] [--cassette C] PATH...\n"
        "Plays every scenario (a PATH is a file, or a folder whose *.json are taken, in order of\n"
        "their paths) and holds its portable trace against the file beside it: NAME.trace for\n"
        "NAME.json; asks what it expects of itself (`expect`), for which alone no trace is "
        "needed.\n"
        "Shows the first difference of each, expectations that are broken, and a count at the\n"
        "end.\n"
        "\n"
        "  --update        writes the traces that are missing or differ\n"
        "  --cassette C    the models' replies come from there, not from the scripts; see "
        "\"reprise\n"
        "                  run --help\" for what goes with it\n"
        "\n"
        "Exit status: 0 when all agree; 1 when some differ or break an expectation, or the "
        "cassette\n"
        "missed a request, a reply has drifted or a recording was left unused; 2 when a scenario\n"
        "cannot be played, or has neither a trace nor expectations.\n",
    .flags = flags,
    .n_flags = sizeof(flags) / sizeof(*flags),
    .files_min = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .lists = lists,
    .n_lists = sizeof(lists) / sizeof(*lists),
};

struct tally {
    int64_t agree, differ, written, unmet, broken;
};

static int add_to_buf(void *ctx, const char *s, size_t n)
{
    return rp_buf_add(ctx, s, n);
}

/* One case: its scenario, where its trace stands, what stands there, and what was played. */
struct test_case {
    struct rp_alloc alloc;
    const char *path;
    struct rp_scenario *scenario;
    struct rp_buf trace_path, expected, played;
    int unmet; /* some expectation is broken */
};

static void put(const char *path, const char *what)
{
    rp_cli_print(path);
    rp_cli_print(what);
}

/* What was expected stands in c->expected; *missing: there is no such file. */
static int read_expected(struct test_case *c, int *missing)
{
    struct rp_error err = {0};
    size_t n = strlen(c->path);
    int rc;

    if (n > 5 && strcmp(c->path + n - 5, ".json") == 0)
        n -= 5;
    rc = rp_buf_add(&c->trace_path, c->path, n);
    if (rc == RP_OK)
        rc = rp_buf_addz(&c->trace_path, ".trace");
    if (rc == RP_OK)
        rc = rp_file_read(&c->expected, c->trace_path.s, &err);
    *missing = rc == RP_ENOTFOUND;
    if (rc == RP_OK || (*missing && (update || c->scenario->n_expect)))
        return RP_OK;
    if (*missing)
        rp_fail_at(&err, rc, c->path, "there is no trace %s; make it with --update",
                   c->trace_path.s);
    err.status = rc;
    rp_cli_error(&err);
    return rc;
}

static int play_turns(struct rp_play *play, struct rp_expecting *expecting,
                      const struct rp_scenario *scenario, struct rp_error *err)
{
    for (uint32_t i = 0; i < scenario->n_turns; i++) {
        RP_TRY(rp_play_turn(play, &scenario->turns[i], err));
        RP_TRY(rp_expecting_time(expecting, rp_run_time(rp_play_run(play))));
    }
    RP_TRY(rp_play_end(play));
    return rp_expecting_end(expecting, 1);
}

/* FILE: expect[1]: what is broken of it. */
static void tell_unmet(struct test_case *c, const struct rp_expecting *expecting)
{
    struct rp_buf b;

    c->unmet = rp_expecting_broken(expecting) > 0;
    rp_buf_init(&b, &c->alloc, RP_TEXT_MAX);
    for (uint32_t i = 0; i < rp_expecting_broken(expecting); i++) {
        const struct rp_expect_broken *broken = rp_expecting_broken_at(expecting, i);
        rp_buf_clear(&b);
        rp_buf_addz(&b, ": ");
        rp_buf_addz(&b, broken->place);
        rp_buf_addz(&b, ": ");
        rp_buf_addz(&b, broken->text);
        rp_buf_addz(&b, " (turn ");
        rp_buf_add_int(&b, broken->turn);
        rp_buf_addz(&b, ", superstep ");
        rp_buf_add_int(&b, broken->step);
        rp_buf_addz(&b, ")\n");
        put(c->path, b.s ? b.s : ": an expectation is broken\n");
    }
    rp_buf_free(&b);
}

static int play_case(struct test_case *c)
{
    struct rp_play_opts opts = {.alloc = c->alloc, .trace = {add_to_buf, &c->played}};
    struct rp_expecting *expecting = NULL;
    struct rp_observer watch;
    struct rp_play *play = NULL;
    struct rp_error err = {0};
    int rc = rp_expecting_new(&c->alloc, c->scenario, &expecting);

    if (rc == RP_OK) {
        int status = rp_live_play(live, c->scenario, &opts);
        if (status >= 0) {
            rp_expecting_free(expecting);
            return status == RP_EXIT_OK ? RP_OK : RP_EARG;
        }
    }
    watch = rp_expecting_observer(expecting);
    if (expecting)
        *(opts.watch ? &opts.also : &opts.watch) = &watch;
    opts.err = &err;
    if (rc == RP_OK)
        rc = rp_play_new(c->scenario, &opts, &play);
    if (rc == RP_OK)
        rc = play_turns(play, expecting, c->scenario, &err);
    if (rc == RP_OK)
        tell_unmet(c, expecting);
    else
        rp_cli_play_error(c->scenario, rc, &err);
    rp_play_free(play);
    rp_expecting_free(expecting);
    return rc;
}

static int write_trace(struct test_case *c, struct tally *tally)
{
    struct rp_error err = {0};
    struct rp_str played = {c->played.s, c->played.n};
    int rc = rp_file_write(&c->alloc, c->trace_path.s, played, &err);

    if (rc != RP_OK) {
        rp_cli_error(&err);
        return rc;
    }
    tally->written++;
    put(c->trace_path.s, ": written\n");
    return RP_OK;
}

static int compare_case(struct test_case *c, int missing, struct tally *tally)
{
    struct rp_str expected = {c->expected.s, c->expected.n}, played = {c->played.s, c->played.n};
    struct rp_buf report;
    int rc, differ;

    rp_buf_init(&report, &c->alloc, RP_TEXT_MAX);
    rc = rp_diff(&report, expected, played, &differ);
    if (rc == RP_OK && (missing ? !update : !differ)) {
        tally->agree += !c->unmet;
    } else if (rc == RP_OK && update) {
        rc = write_trace(c, tally);
    } else if (rc == RP_OK) {
        tally->differ++;
        put(c->path, ": differs from its trace\n");
        rp_cli_stdout().put(NULL, report.s, report.n);
    }
    tally->unmet += rc == RP_OK && c->unmet;
    rp_buf_free(&report);
    return rc;
}

static void test_one(const struct rp_alloc *alloc, const char *path, struct tally *tally)
{
    struct test_case c = {.alloc = *alloc, .path = path};
    int missing, rc;

    rp_buf_init(&c.trace_path, alloc, RP_TEXT_MAX);
    rp_buf_init(&c.expected, alloc, RP_TEXT_MAX);
    rp_buf_init(&c.played, alloc, RP_TEXT_MAX);
    c.scenario = rp_cli_load(path);
    rc = c.scenario ? read_expected(&c, &missing) : RP_EPARSE;
    if (rc == RP_OK)
        rc = play_case(&c);
    if (rc == RP_OK)
        rc = compare_case(&c, missing, tally);
    if (rc != RP_OK)
        tally->broken++;
    rp_buf_free(&c.trace_path);
    rp_buf_free(&c.expected);
    rp_buf_free(&c.played);
    rp_scenario_free(c.scenario);
}

static void print_count(struct rp_buf *b, int64_t n, const char *what)
{
    if (n == 0)
        return;
    rp_buf_addz(b, b->n > 0 ? ", " : "");
    rp_buf_add_int(b, n);
    rp_buf_addz(b, what);
}

static void print_tally(const struct rp_alloc *alloc, const struct tally *t)
{
    struct rp_buf b;

    rp_buf_init(&b, alloc, 1024);
    print_count(&b, t->agree, t->agree == 1 ? " scenario agrees" : " scenarios agree");
    print_count(&b, t->written, t->written == 1 ? " trace written" : " traces written");
    print_count(&b, t->differ, t->differ == 1 ? " differs" : " differ");
    print_count(&b, t->unmet, t->unmet == 1 ? " breaks an expectation" : " break an expectation");
    print_count(&b, t->broken, t->broken == 1 ? " could not be tested" : " could not be tested");
    rp_cli_print(b.n > 0 ? b.s : "no scenario found");
    rp_cli_print("\n");
    rp_buf_free(&b);
}

int rp_cmd_test(int argc, char **argv)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct tally tally = {0};
    struct rp_files found;
    struct rp_error err = {0};
    int files, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0)
        status = rp_live_open(&command, &words, RP_MODE_NONE, &live);
    if (status >= 0)
        return status;
    rp_files_init(&found, &alloc);
    for (int i = 0; i < files; i++) {
        if (rp_files_add(&found, argv[i], &err) != RP_OK) {
            rp_cli_error(&err);
            tally.broken++;
        }
    }
    for (size_t i = 0; i < found.n; i++)
        test_one(&alloc, found.path[i], &tally);
    rp_files_free(&found);
    print_tally(&alloc, &tally);
    status = tally.differ + tally.unmet > 0 ? RP_EXIT_DIFFERS : RP_EXIT_OK;
    if (tally.broken > 0 || tally.agree + tally.written + tally.differ + tally.unmet == 0)
        status = RP_EXIT_BAD;
    return rp_cli_finish(rp_live_close(live, status));
}
