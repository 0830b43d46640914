/* cmd_explore.c - `reprise explore`: many seeds of a scenario, or one tape of it; what breaks is
 * made small and kept. */
#include "cli.h"
#include "cmd.h"
#include "compare.h"
#include "explore_db.h"
#include "exhaust.h"
#include "explore_jobs.h"
#include "files.h"
#include "locate.h"
#include "shrink.h"
#include "slice.h"

#include "engine/base/sha256.h"
#include "engine/os/reprise_os.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_BROKEN = 1, EXIT_NOT_DETERMINED = 3, EXIT_STUCK = 4 };

static int twice, quiet, no_shrink, all_orders, prints;
static const char *seeds_text, *first_text, *strategy_text, *depth_text, *faults_text, *jobs_text,
    *shard_text, *until_text, *out_text, *folder_text, *tape_text, *streams_text;

static const struct rp_cli_flag flags[] = {{"--twice", &twice},
                                           {"--quiet", &quiet},
                                           {"--no-shrink", &no_shrink},
                                           {"--no-reduction", &all_orders},
                                           {"--prints", &prints}};
static const struct rp_cli_option options[] = {
    {"--seeds", &seeds_text},     {"--first", &first_text},      {"--strategy", &strategy_text},
    {"--depth", &depth_text},     {"--faults", &faults_text},    {"--jobs", &jobs_text},
    {"--shard", &shard_text},     {"--until-time", &until_text}, {"--out", &out_text},
    {"--failures", &folder_text}, {"--tape", &tape_text},        {"--weather", &streams_text}};

static const struct rp_cli_command command = {
    .name = "explore",
    .help =
        "usage: reprise explore [--seeds N] [--strategy S] [--faults K] [--jobs J] FILE...\n"
        "Plays scenarios under many schedules and misfortunes and checks what must always hold.\n"
        "Each seed is one run, the same every time. A failure is made small and kept as a "
        "scenario\n"
        "with a tape: its decisions. A file that has a tape, or --tape, is played once, with it.\n"
        "\n"
        "  --seeds N        so many runs of each file; 1000\n"
        "  --first S        the first seed; 0\n"
        "  --strategy S     who runs next: random (as it is without this), pct, fair-pct, delay,\n"
        "                   round-robin; exhaustive: every order, up to --seeds of them, without\n"
        "                   faults. Orders that cannot matter are left out\n"
        "  --no-reduction   exhaustive: no order is left out\n"
        "  --depth D        of pct, fair-pct and delay; 3\n"
        "  --faults K       at most so many faults in a run; 3. 0: schedules and delays alone\n"
        "  --weather KINDS  which kinds of decisions may deviate, by their letters: r ready\n"
        "                   executors, d delays, c cut streams, m models, t tools, s stores,\n"
        "                   x crashes, p people, k clock; all\n"
        "  --twice          each seed again, and from its tape: the runs must be equal\n"
        "  --jobs J         so many processes at once; 1. The result is the same\n"
        "  --shard K/N      only the K-th of N equal parts of the seeds; `reprise merge` joins\n"
        "                   the results\n"
        "  --until-time T   stops after so much time: 90s, 10m, 2h\n"
        "  --out FILE       adds the results to this SQLite file\n"
        "  --failures DIR   where small failing scenarios go; reprise-failures\n"
        "  --no-shrink      keeps failures as they were found\n"
        "  --tape TAPE      plays that tape instead of seeds\n"
        "  --prints         only a line for each seed: the seed, and the print of its run, a "
        "digest of\n"
        "                   all that was told and of the state in the end\n"
        "  --quiet          no line of progress\n"
        "\n"
        "Exit status: 0 nothing found, 1 a property is broken, 3 a run did not repeat itself,\n"
        "4 a run did not end, 2 bad usage or input.\n",
    .flags = flags,
    .n_flags = sizeof(flags) / sizeof(*flags),
    .files_min = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
};

/* ---- settings -------------------------------------------------------------------------------- */

static struct rp_jobs_opts jobs_opts;
static const char *folder;

static int number_of(const char *option, const char *text, int64_t least, int64_t most,
                     int64_t *out)
{
    char what[64];
    int status;

    if (!text)
        return -1;
    snprintf(what, sizeof(what), "%s takes a number from %lld to %lld: ", option, (long long)least,
             (long long)most);
    status = rp_cli_number(&command, what, text, out);
    if (status < 0 && (*out < least || *out > most))
        return rp_cli_bad_usage(&command, what, text);
    return status;
}

static int shard_of(struct rp_jobs_opts *o)
{
    unsigned k, n;
    char end;

    if (!shard_text)
        return -1;
    if (sscanf(shard_text, "%u/%u%c", &k, &n, &end) != 2 || k < 1 || n < 1 || k > n)
        return rp_cli_bad_usage(&command, "--shard takes K/N, K from 1 to N: ", shard_text);
    o->shard = k - 1;
    o->shards = n;
    return -1;
}

static int time_of(struct rp_jobs_opts *o)
{
    unsigned long n;
    char unit, end;
    int got;

    if (!until_text)
        return -1;
    got = sscanf(until_text, "%lu%c%c", &n, &unit, &end);
    if (got == 1)
        unit = 's';
    if (got < 1 || got > 2 || n == 0 || n > 1000000 || !strchr("smh", unit))
        return rp_cli_bad_usage(&command,
                                "--until-time takes a time such as 90s, 10m or 2h: ", until_text);
    o->limit_ms = (uint64_t)n * (unit == 's' ? 1000 : unit == 'm' ? 60000 : 3600000);
    return -1;
}

static int streams_of(struct rp_trial_opts *t)
{
    t->streams = UINT32_MAX;
    if (!streams_text)
        return -1;
    t->streams = 0;
    for (const char *at = streams_text; *at; at++) {
        int found = -1;
        for (int i = 0; i < RP_STREAMS; i++)
            if (rp_stream_letter((enum rp_stream)i) == *at)
                found = i;
        if (found < 0)
            return rp_cli_bad_usage(&command,
                                    "--weather takes letters of rdcmtsxpk: ", streams_text);
        t->streams |= (uint32_t)1 << found;
    }
    return -1;
}

static int take_settings(struct rp_jobs_opts *o)
{
    int64_t seeds = 1000, first = 0, depth = 3, faults = 3, jobs = 1;
    int strategy = RP_STRATEGY_RANDOM, status;

    if ((status = number_of("--seeds", seeds_text, 1, INT64_MAX / 2, &seeds)) >= 0 ||
        (status = number_of("--first", first_text, 0, INT64_MAX / 2, &first)) >= 0 ||
        (status = number_of("--depth", depth_text, 1, RP_SCHEDULE_DEPTH_MAX, &depth)) >= 0 ||
        (status = number_of("--faults", faults_text, 0, 1000000, &faults)) >= 0 ||
        (status = number_of("--jobs", jobs_text, 1, 256, &jobs)) >= 0)
        return status;
    if (strategy_text && (strategy = rp_strategy_of(strategy_text)) < 0)
        return rp_cli_bad_usage(&command, "unknown strategy ", strategy_text);
    *o = (struct rp_jobs_opts){.first = (uint64_t)first,
                               .seeds = (uint64_t)seeds,
                               .jobs = (uint32_t)jobs,
                               .explore = {.twice = twice}};
    o->explore.trial = (struct rp_trial_opts){.alloc = rp_alloc_libc(),
                                              .strategy = (enum rp_strategy)strategy,
                                              .depth = (uint32_t)depth,
                                              .faults = (uint32_t)faults};
    if ((status = streams_of(&o->explore.trial)) >= 0 || (status = shard_of(o)) >= 0 ||
        (status = time_of(o)) >= 0)
        return status;
    folder = folder_text ? folder_text : "reprise-failures";
    return -1;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void progress(void *ctx, const struct rp_findings *f, uint64_t planned, uint64_t ms)
{
    uint64_t left = planned > f->runs ? planned - f->runs : 0;
    uint64_t eta = f->runs ? left * ms / f->runs / 1000 : 0;

    fprintf(stderr, "\r%s: %llu of %llu runs, %llu/s, %s%llu distinct, %zu failures, ETA %llu s  ",
            (const char *)ctx, (unsigned long long)f->runs, (unsigned long long)planned,
            (unsigned long long)(f->runs * 1000 / (ms ? ms : 1)), f->prints_full ? "over " : "",
            (unsigned long long)f->n_print, f->n, (unsigned long long)eta);
}

static void say_violation(const struct rp_violation *v)
{
    printf("  %s%d %s", v->property < RP_P_EXPECT ? "I" : "expect ",
           v->property < RP_P_EXPECT ? (int)v->property : (int)v->property - RP_P_EXPECT,
           rp_property_name(v->property));
    if (v->what[0])
        printf(" (%s)", v->what);
    if (v->executor[0])
        printf(" at %s", v->executor);
    printf(": %s\n    turn %lld, superstep %lld\n", v->text, (long long)v->turn,
           (long long)v->step);
}

static int exit_of(const struct rp_findings *f)
{
    if (f->mismatches)
        return EXIT_NOT_DETERMINED;
    if (f->broken)
        return EXIT_BROKEN;
    return f->stuck ? EXIT_STUCK : RP_EXIT_OK;
}

/* ---- a failure is kept ----------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int write_case(const struct rp_scenario *scenario, const struct rp_finding *f,
                      const struct rp_shrunk *s)
{
    const char *base = base_name(scenario->path);
    size_t n = strlen(base) > 5 && strcmp(base + strlen(base) - 5, ".json") == 0 ? strlen(base) - 5
                                                                                 : strlen(base);
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};
    char path[1024];

    if (mkdir(folder, 0777) != 0 && access(folder, W_OK) != 0) {
        fprintf(stderr,
                "reprise: %s: the folder cannot be made or written; name another one with "
                "--failures\n",
                folder);
        return RP_EIO;
    }
    snprintf(path, sizeof(path), "%s/%.*s-%08llx.json", folder, (int)n, base,
             (unsigned long long)f->signature >> 32);
    int rc = rp_file_write(&alloc, path, (struct rp_str){s->scenario.s, s->scenario.n}, &err);
    if (rc != RP_OK) {
        rp_cli_error(&err);
        return rc;
    }
    printf("    kept     %s (%s%u decisions deviate, %u faults; %llu trials)\n", path,
           s->minimal ? "1-minimal: " : "", s->deviations, s->faults,
           (unsigned long long)s->trials);
    printf("    again    reprise explore %s\n", path);
    return RP_OK;
}

static int keep_small(const struct rp_scenario *scenario, const struct rp_finding *f)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_shrunk s;
    int rc;

    rp_shrunk_init(&s, &alloc);
    rc = rp_shrink(scenario, &jobs_opts.explore.trial, f, 0, &s);
    if (rc == RP_OK)
        rc = write_case(scenario, f, &s);
    else if (rc == RP_ENOTFOUND)
        printf("    its tape alone does not show it: the run does not repeat itself\n");
    rp_shrunk_free(&s);
    return rc == RP_ENOTFOUND ? RP_OK : rc;
}

/* Where a run that did not repeat itself parts from its first telling. */
static int tell_parting(const struct rp_scenario *scenario, const struct rp_finding *f)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_parting at;
    struct rp_tape tape;
    int rc, by_tape = strcmp(f->violation.what, "tape") == 0;

    rp_tape_init(&tape, &alloc);
    rc = rp_tape_read(&tape, f->tape, NULL);
    if (rc == RP_OK)
        rc = rp_locate(scenario, &jobs_opts.explore.trial, f->seed, by_tape ? &tape : NULL, &at);
    rp_tape_free(&tape);
    if (rc == RP_ENOTFOUND) {
        printf("    asked again, the runs are equal: something outside of the scenario decides\n");
        return RP_OK;
    }
    if (rc == RP_OK)
        printf("    parts    after superstep %lld of turn %lld, executor %s, field %s\n",
               (long long)at.step, (long long)at.turn,
               at.executor[0] ? at.executor : "(the run itself)", at.field);
    return rc;
}

static int tell_finding(const struct rp_scenario *scenario, const struct rp_finding *f)
{
    say_violation(&f->violation);
    printf("    in %llu runs, first with seed %llu\n", (unsigned long long)f->count,
           (unsigned long long)f->seed);
    printf("    repeat   reprise explore %s --first %llu --seeds 1 --faults %u --strategy %s\n",
           scenario->path, (unsigned long long)f->seed, jobs_opts.explore.trial.faults,
           rp_strategy_name(jobs_opts.explore.trial.strategy));
    if (f->violation.property == RP_P_11)
        return tell_parting(scenario, f);
    if (no_shrink)
        return RP_OK;
    fflush(stdout);
    return keep_small(scenario, f);
}

/* ---- results --------------------------------------------------------------------------------- */

static int digest_of(const struct rp_scenario *scenario, char out[65])
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_sha256 sha;
    struct rp_buf text;
    int rc;

    rp_buf_init(&text, &alloc, RP_SCENARIO_MAX);
    rc = rp_json_write(&text, scenario->json, 1);
    if (rc == RP_OK) {
        rp_sha256_init(&sha);
        rp_sha256_add(&sha, text.s, text.n);
        rp_sha256_hex(&sha, out);
    }
    rp_buf_free(&text);
    return rc;
}

static int add_results(const struct rp_scenario *scenario, const struct rp_findings *f)
{
    const struct rp_trial_opts *t = &jobs_opts.explore.trial;
    struct rp_results_of of = {.file = scenario->path};
    struct rp_error err = {0};
    int rc = digest_of(scenario, of.digest);

    if (rc != RP_OK)
        return rc;
    snprintf(of.settings, sizeof(of.settings), "strategy=%s depth=%u faults=%u weather=%s%s",
             rp_strategy_name(t->strategy), t->depth, t->faults,
             streams_text ? streams_text : "all", twice ? " twice" : "");
    rc = rp_results_add(out_text, &of, f, &err);
    if (rc != RP_OK)
        rp_cli_error(&err);
    return rc;
}

/* ---- a file ---------------------------------------------------------------------------------- */

/* What is broken in the run, and how it came to that. */
static int tell_broken(const struct rp_scenario *scenario, const struct rp_tape *tape,
                       const struct rp_trial *t)
{
    const struct rp_props *props = rp_trial_props(t);

    for (size_t i = 0; i < rp_props_violations(props); i++) {
        const struct rp_violation *v = rp_props_violation(props, i);
        say_violation(v);
        RP_TRY(rp_slice(scenario, &jobs_opts.explore.trial, tape, v, rp_cli_stdout()));
    }
    return RP_OK;
}

/* What other runs say of one in which nothing is wrong. */
static int tell_compared(struct rp_trial *t, struct rp_trial_result *r)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_compare c;

    rp_compare_init(&c, &alloc);
    int rc = rp_compare_run(&c, t, r);
    for (size_t i = 0; i < c.n_found && rc == RP_OK; i++) {
        r->outcome = RP_OUTCOME_BROKEN;
        say_violation(&c.found[i]);
    }
    rp_compare_free(&c);
    return rc;
}

static int play_decisions(const struct rp_scenario *scenario, const struct rp_tape *tape,
                          struct rp_trial_result *r)
{
    struct rp_trial *t;

    RP_TRY(rp_trial_new(scenario, &jobs_opts.explore.trial, &t));
    int rc = rp_trial_tape(t, tape, r);
    if (rc == RP_OK) {
        printf("%s: %s after %llu supersteps, print %016llx\n", scenario->path,
               r->outcome == RP_OUTCOME_STUCK    ? "did not end"
               : r->outcome == RP_OUTCOME_BROKEN ? "broken"
                                                 : "ended",
               (unsigned long long)r->supersteps, (unsigned long long)r->print);
        rc = tell_broken(scenario, tape, t);
    }
    if (rc == RP_OK && r->outcome == RP_OUTCOME_FINE)
        rc = tell_compared(t, r);
    if (rc == RP_OK && r->outcome == RP_OUTCOME_FINE)
        printf("  nothing found\n");
    rp_trial_free(t);
    return rc;
}

static int play_tape(const struct rp_scenario *scenario, const char *text)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_trial_result r = {0};
    struct rp_error err = {0};
    struct rp_tape tape;
    int rc;

    rp_tape_init(&tape, &alloc);
    rc = rp_tape_read(&tape, text, &err);
    if (rc != RP_OK)
        rp_cli_error(&err);
    if (rc == RP_OK)
        rc = play_decisions(scenario, &tape, &r);
    rp_tape_free(&tape);
    if (rc != RP_OK)
        return RP_EXIT_BAD;
    return r.outcome == RP_OUTCOME_BROKEN  ? EXIT_BROKEN
           : r.outcome == RP_OUTCOME_STUCK ? EXIT_STUCK
                                           : RP_EXIT_OK;
}

static int explore_seeds(const struct rp_scenario *scenario)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};
    struct rp_findings f;
    int rc, status;

    rp_findings_init(&f, &alloc);
    jobs_opts.progress = quiet || !isatty(STDERR_FILENO) ? NULL : progress;
    jobs_opts.ctx = (void *)(size_t)scenario->path;
    fflush(stdout);
    rc = rp_jobs_run(scenario, &jobs_opts, &f, &err);
    if (jobs_opts.progress)
        fprintf(stderr, "\n");
    if (rc != RP_OK)
        rp_cli_error(&err);
    printf("%s: %llu runs, %llu distinct, %llu supersteps, %llu faults, %llu crashes, %zu kinds of "
           "failure\n",
           scenario->path, (unsigned long long)f.runs, (unsigned long long)f.n_print,
           (unsigned long long)f.supersteps, (unsigned long long)f.faults,
           (unsigned long long)f.crashes, f.n);
    for (size_t i = 0; i < f.n && rc == RP_OK; i++)
        rc = tell_finding(scenario, &f.f[i]);
    if (rc == RP_OK && out_text)
        rc = add_results(scenario, &f);
    status = rc == RP_OK ? exit_of(&f) : RP_EXIT_BAD;
    rp_findings_free(&f);
    return status;
}

static int explore_orders(const struct rp_scenario *scenario)
{
    struct rp_exhaust_opts opts = {.trial = jobs_opts.explore.trial,
                                   .reduce = !all_orders,
                                   .runs_max = seeds_text ? jobs_opts.seeds : 0};
    struct rp_exhaust_result r;
    struct rp_findings f;
    int rc, status;

    rp_findings_init(&f, &opts.trial.alloc);
    rc = rp_exhaust(scenario, &opts, &f, &r);
    if (rc == RP_OK)
        printf("%s: %llu %s, %s, at most %u decisions in a run, %llu distinct runs, %zu kinds of "
               "failure\n",
               scenario->path, (unsigned long long)r.runs,
               all_orders ? "orders" : "classes of orders",
               r.whole ? "all there are" : "then the bound was reached (--seeds)", r.decisions,
               (unsigned long long)f.n_print, f.n);
    for (size_t i = 0; i < f.n && rc == RP_OK; i++)
        rc = tell_finding(scenario, &f.f[i]);
    if (rc == RP_OK && out_text)
        rc = add_results(scenario, &f);
    status = rc == RP_OK ? exit_of(&f) : RP_EXIT_BAD;
    rp_findings_free(&f);
    return status;
}

/* For comparing with another build of the program, or another machine. */
static int tell_prints(const struct rp_scenario *scenario)
{
    struct rp_trial_result r;
    struct rp_trial *t;
    int rc = rp_trial_new(scenario, &jobs_opts.explore.trial, &t);

    if (rc != RP_OK)
        return RP_EXIT_BAD;
    for (uint64_t i = 0; i < jobs_opts.seeds && rc == RP_OK; i++) {
        rc = rp_trial_seed(t, jobs_opts.first + i, &r);
        printf("%llu %016llx %016llx\n", (unsigned long long)(jobs_opts.first + i),
               (unsigned long long)r.print, (unsigned long long)r.state);
    }
    rp_trial_free(t);
    return rc == RP_OK ? RP_EXIT_OK : RP_EXIT_BAD;
}

static int explore_file(const struct rp_scenario *scenario)
{
    const char *tape = tape_text ? tape_text : scenario->tape;

    if (tape)
        return play_tape(scenario, tape);
    if (prints)
        return tell_prints(scenario);
    return jobs_opts.explore.trial.strategy == RP_STRATEGY_EXHAUSTIVE ? explore_orders(scenario)
                                                                      : explore_seeds(scenario);
}

int rp_cmd_explore(int argc, char **argv)
{
    int files, worst = RP_EXIT_OK, status = rp_cli_args(&command, argc, argv, &files);

    if (status < 0)
        status = take_settings(&jobs_opts);
    if (status >= 0)
        return status;
    for (int i = 0; i < files; i++) {
        struct rp_scenario *scenario = rp_cli_load(argv[i]);
        status = scenario ? explore_file(scenario) : RP_EXIT_BAD;
        worst = status > worst ? status : worst;
        rp_scenario_free(scenario);
    }
    return rp_cli_finish(worst);
}
