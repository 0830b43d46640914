/* determinism.c - digests of what a build of the project does, to be held against those of another
 * compiler, circumstance or machine. Needs of the project only what plays scenarios, so that it can
 * be built where the program's other libraries are not.
 *
 *   determinism about                        what distinguishes this build and its circumstances
 *   determinism addresses                    where a function, the stack and the heap are
 *   determinism prints FIRST SEEDS FILE...   a line "FILE SEED PRINT STATE STEPS OUTCOME" for each
 *                                            seed: PRINT of all that was told, STATE of the last
 *                                            state, STEPS of the states after all supersteps
 *   determinism steps SEED FILE              a line "TURN SUPERSTEP STATE EVENTS" for each
 *   determinism traces FILE...               a line "FILE SHA256" of each portable trace
 *   determinism stores FOLDER FILE...        keeps the checkpoints that a scenario wants as files
 *                                            in folders there; a line for each such scenario
 *
 * Unlike `reprise` it takes on the locale of its environment, as a program that embeds the engine
 * may. Exit status 2 on bad usage and when a scenario cannot be played. */
#include "engine/base/sha256.h"
#include "engine/os/reprise_os.h"
#include "scenarios/open_store.h"
#include "scenarios/trial.h"

#include <float.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern char **environ;

static int wrong(const char *file, int rc, const struct rp_error *err)
{
    fprintf(stderr, "determinism: %s: %s: %s %s\n", file, rp_status_name(rc), err->where,
            err->text);
    return 2;
}

/* ---- the build and its circumstances --------------------------------------------------------- */

static int is_big_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;

    memcpy(&first, &one, 1);
    return first == 0;
}

static const char *compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

static const char *treatment(void)
{
#ifdef __SANITIZE_ADDRESS__
    return "sanitized";
#elif defined(__OPTIMIZE__)
    return "optimized";
#else
    return "not optimized";
#endif
}

/* What memory holds before anybody wrote to it: MALLOC_PERTURB_ and sanitizers fill it. */
static unsigned fresh_byte(void)
{
    void *(*volatile take)(size_t) = malloc; /* the compiler must not know what it is */
    unsigned char *fresh = take(100);
    unsigned byte = fresh ? fresh[50] : 0;

    free(fresh);
    return byte;
}

static size_t environment_bytes(void)
{
    size_t n = 0;

    for (char **e = environ; e && *e; e++)
        n += strlen(*e) + 1;
    return n;
}

static int about(void)
{
    const time_t epoch = 0;
    const struct tm *local = localtime(&epoch);
    char zone[16] = "";

    if (local)
        strftime(zone, sizeof(zone), "%z", local);
    printf("%s, %s, %d bits, %s-endian, char %s, eval %d, decimal %s, zone %s, memory %02x, "
           "environment %zu\n",
           compiler(), treatment(), (int)(sizeof(void *) * CHAR_BIT),
           is_big_endian() ? "big" : "little", CHAR_MIN < 0 ? "signed" : "unsigned",
           (int)FLT_EVAL_METHOD, localeconv()->decimal_point, zone, fresh_byte(),
           environment_bytes());
    return 0;
}

static int addresses(void)
{
    void *heap = malloc(100);
    int here = 0;

    printf("%llx %llx %llx\n", (unsigned long long)(size_t)addresses,
           (unsigned long long)(size_t)&here, (unsigned long long)(size_t)heap);
    free(heap);
    return 0;
}

/* ---- seeds ----------------------------------------------------------------------------------- */

static uint64_t steps_digest(const struct rp_trial *t)
{
    const struct rp_step_digest *d;
    uint64_t h = 0xcbf29ce484222325u;
    size_t n;

    d = rp_trial_digests(t, &n);
    for (size_t i = 0; i < n; i++) {
        h = (h ^ d[i].state) * 0x9fb21c651e98df25u;
        h ^= h >> 28;
    }
    return h;
}

static int load_trial(const char *file, struct rp_scenario **scenario, struct rp_trial **trial)
{
    struct rp_trial_opts opts = {.alloc = rp_alloc_libc(),
                                 .strategy = RP_STRATEGY_RANDOM,
                                 .depth = 3,
                                 .streams = UINT32_MAX,
                                 .faults = 3,
                                 .step_digests = 1};
    struct rp_error err = {0};
    int rc = rp_scenario_load(&opts.alloc, file, scenario, &err);

    if (rc == RP_OK) {
        rc = rp_trial_new(*scenario, &opts, trial);
        if (rc != RP_OK)
            rp_scenario_free(*scenario);
    }
    return rc == RP_OK ? 0 : wrong(file, rc, &err);
}

static int print_seeds(const char *file, uint64_t first, uint64_t seeds)
{
    struct rp_scenario *scenario;
    struct rp_trial_result r;
    struct rp_trial *trial;
    int rc = RP_OK;

    if (load_trial(file, &scenario, &trial) != 0)
        return 2;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        rc = rp_trial_seed(trial, seed, &r);
        if (rc != RP_OK)
            break;
        printf("%s %llu %016llx %016llx %016llx %d\n", file, (unsigned long long)seed,
               (unsigned long long)r.print, (unsigned long long)r.state,
               (unsigned long long)steps_digest(trial), (int)r.outcome);
    }
    rp_trial_free(trial);
    rp_scenario_free(scenario);
    return rc == RP_OK ? 0 : wrong(file, rc, &(struct rp_error){0});
}

static int print_steps(const char *file, uint64_t seed)
{
    const struct rp_step_digest *d;
    struct rp_scenario *scenario;
    struct rp_trial_result r;
    struct rp_trial *trial;
    size_t n;

    if (load_trial(file, &scenario, &trial) != 0)
        return 2;
    int rc = rp_trial_seed(trial, seed, &r);
    d = rp_trial_digests(trial, &n);
    for (size_t i = 0; rc == RP_OK && i < n; i++)
        printf("%lld %lld %016llx %016llx\n", (long long)d[i].turn, (long long)d[i].step,
               (unsigned long long)d[i].state, (unsigned long long)d[i].events);
    rp_trial_free(trial);
    rp_scenario_free(scenario);
    return rc == RP_OK ? 0 : wrong(file, rc, &(struct rp_error){0});
}

/* ---- plain plays ----------------------------------------------------------------------------- */

static int add_to_sha256(void *ctx, const char *s, size_t n)
{
    rp_sha256_add(ctx, s, n);
    return RP_OK;
}

static int play(const struct rp_scenario *scenario, const struct rp_play_opts *opts,
                struct rp_error *err)
{
    struct rp_play *p;
    int rc = rp_play_new(scenario, opts, &p);

    if (rc != RP_OK)
        return rc;
    rc = rp_play_all(p, err);
    rp_play_free(p);
    return rc;
}

static int print_trace(const char *file)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *scenario;
    struct rp_error err = {0};
    struct rp_sha256 sha;
    char hex[65];
    int rc = rp_scenario_load(&alloc, file, &scenario, &err);

    if (rc != RP_OK)
        return wrong(file, rc, &err);
    rp_sha256_init(&sha);
    struct rp_play_opts opts = {
        .alloc = alloc, .err = &err, .trace = {.put = add_to_sha256, .ctx = &sha}};
    rc = play(scenario, &opts, &err);
    rp_scenario_free(scenario);
    if (rc != RP_OK)
        return wrong(file, rc, &err);
    rp_sha256_hex(&sha, hex);
    printf("%s %s\n", file, hex);
    return 0;
}

static int play_with_store(const struct rp_scenario *scenario, const char *name,
                           struct rp_error *err)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    int rc = rp_open_store(&alloc, name, RP_STORE_KEEP, &store, err);

    if (rc != RP_OK)
        return rc;
    rc = play(scenario, &(struct rp_play_opts){.alloc = alloc, .store = &store, .err = err}, err);
    store.ops->free(store.self);
    return rc;
}

static int keep_store(const char *folder, const char *file)
{
    struct rp_alloc alloc = rp_alloc_libc();
    const char *slash = strrchr(file, '/');
    struct rp_scenario *scenario;
    struct rp_error err = {0};
    char name[1024];
    int rc = rp_scenario_load(&alloc, file, &scenario, &err), wants;

    if (rc != RP_OK)
        return wrong(file, rc, &err);
    wants = scenario->storage != RP_STORE_NONE;
    snprintf(name, sizeof(name), "file:%s/%s", folder, slash ? slash + 1 : file);
    if (wants)
        rc = play_with_store(scenario, name, &err);
    rp_scenario_free(scenario);
    if (rc != RP_OK)
        return wrong(file, rc, &err);
    if (wants)
        printf("%s\n", file);
    return 0;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static int number(const char *text, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

static int each(int n, char **files, int (*tell)(const char *file))
{
    int status = 0;

    for (int i = 0; i < n; i++)
        if (tell(files[i]) != 0)
            status = 2;
    return status;
}

static int run(int n, char **given)
{
    uint64_t first, seeds;
    int status = 0;

    if (n == 2 && strcmp(given[1], "about") == 0)
        return about();
    if (n == 2 && strcmp(given[1], "addresses") == 0)
        return addresses();
    if (n > 2 && strcmp(given[1], "traces") == 0)
        return each(n - 2, given + 2, print_trace);
    if (n == 4 && strcmp(given[1], "steps") == 0 && number(given[2], &first))
        return print_steps(given[3], first);
    if (n > 4 && strcmp(given[1], "prints") == 0 && number(given[2], &first) &&
        number(given[3], &seeds)) {
        for (int i = 4; i < n; i++)
            if (print_seeds(given[i], first, seeds) != 0)
                status = 2;
        return status;
    }
    if (n > 3 && strcmp(given[1], "stores") == 0) {
        for (int i = 3; i < n; i++)
            if (keep_store(given[2], given[i]) != 0)
                status = 2;
        return status;
    }
    fprintf(stderr, "determinism about | addresses | prints FIRST SEEDS FILE... | "
                    "steps SEED FILE | traces FILE... | stores FOLDER FILE...\n");
    return 2;
}

int main(int n, char **given)
{
    setlocale(LC_ALL, "");
    int status = run(n, given);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "determinism: standard output cannot be written\n");
        return 2;
    }
    return status;
}
