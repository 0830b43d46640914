/* explore_jobs.c - divides seeds into portions, portions among processes, and reads their findings
 * from pipes. Which process has which portion is fixed, so the sum does not depend on their pace.
 */
#include "explore_jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PORTION = 256, JOBS_MAX = 256, TELL_EACH_MS = 500 };

static uint64_t real_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- which seeds ----------------------------------------------------------------------------- */

uint64_t rp_jobs_planned(const struct rp_jobs_opts *opts)
{
    uint64_t n = opts->shards ? opts->shards : 1;

    return opts->seeds / n + (opts->seeds % n > opts->shard ? 1 : 0);
}

/* The i-th seed of the shard: shards take turns. */
static uint64_t seed_at(const struct rp_jobs_opts *opts, uint64_t i)
{
    return opts->first + (opts->shards ? i * opts->shards + opts->shard : i);
}

static int explore_portion(struct rp_explore *e, const struct rp_jobs_opts *opts, uint64_t from,
                           uint64_t until_ms, struct rp_findings *into)
{
    uint64_t end = rp_jobs_planned(opts);

    end = end - from < PORTION ? end : from + PORTION;
    for (uint64_t i = from; i < end; i++) {
        if (until_ms && (i & 15) == 0 && real_ms() >= until_ms)
            return RP_OK;
        RP_TRY(rp_explore_seed(e, seed_at(opts, i), into));
    }
    return RP_OK;
}

/* ---- findings through a pipe ----------------------------------------------------------------- */

/* What goes first; then the findings, each with the length of its tape and the tape; then the
 * prints. Both ends are the same program. */
struct parcel {
    int64_t status;
    struct rp_findings sums; /* its pointers mean nothing */
};

static int put_all(int fd, const void *bytes, size_t n)
{
    const char *s = bytes;

    while (n > 0) {
        ssize_t went = write(fd, s, n);
        if (went < 0 && errno == EINTR)
            continue;
        if (went <= 0)
            return RP_EIO;
        s += went;
        n -= (size_t)went;
    }
    return RP_OK;
}

static int get_all(int fd, void *bytes, size_t n)
{
    char *s = bytes;

    while (n > 0) {
        ssize_t came = read(fd, s, n);
        if (came < 0 && errno == EINTR)
            continue;
        if (came <= 0)
            return RP_EIO;
        s += came;
        n -= (size_t)came;
    }
    return RP_OK;
}

static int send_findings(int fd, const struct rp_findings *f, int status)
{
    struct parcel p = {.status = status, .sums = *f};

    RP_TRY(put_all(fd, &p, sizeof(p)));
    for (size_t i = 0; i < f->n; i++) {
        size_t n = strlen(f->f[i].tape) + 1;
        RP_TRY(put_all(fd, &f->f[i], sizeof(f->f[i])));
        RP_TRY(put_all(fd, &n, sizeof(n)));
        RP_TRY(put_all(fd, f->f[i].tape, n));
    }
    for (size_t i = 0; i < f->print_room; i++)
        if (f->print[i])
            RP_TRY(put_all(fd, &f->print[i], sizeof(f->print[i])));
    return RP_OK;
}

static int receive_finding(int fd, struct rp_findings *into)
{
    const struct rp_alloc *alloc = &into->alloc;
    struct rp_finding finding;
    size_t n;
    int rc;

    RP_TRY(get_all(fd, &finding, sizeof(finding)));
    RP_TRY(get_all(fd, &n, sizeof(n)));
    finding.tape = alloc->resize(alloc->ctx, NULL, 0, n);
    if (!finding.tape)
        return RP_ENOMEM;
    rc = get_all(fd, finding.tape, n);
    if (rc == RP_OK)
        rc = rp_findings_add(into, &finding);
    alloc->resize(alloc->ctx, finding.tape, n, 0);
    return rc;
}

static int receive(int fd, struct rp_findings *into)
{
    struct parcel p;
    uint64_t print;

    RP_TRY(get_all(fd, &p, sizeof(p)));
    if (p.status != RP_OK)
        return (int)p.status;
    size_t findings = p.sums.n, prints = p.sums.n_print;
    p.sums.n = p.sums.print_room = 0; /* the sums alone */
    RP_TRY(rp_findings_join(into, &p.sums));
    for (size_t i = 0; i < findings; i++)
        RP_TRY(receive_finding(fd, into));
    for (size_t i = 0; i < prints; i++) {
        RP_TRY(get_all(fd, &print, sizeof(print)));
        RP_TRY(rp_findings_add_print(into, print));
    }
    return RP_OK;
}

/* ---- a process ------------------------------------------------------------------------------- */

/* Portions job, job + jobs, job + 2 jobs ...; a parcel for each. */
static int work(const struct rp_scenario *scenario, const struct rp_jobs_opts *opts, uint32_t job,
                uint64_t until_ms, int fd)
{
    uint64_t planned = rp_jobs_planned(opts);
    struct rp_explore *e;
    int rc = rp_explore_new(scenario, &opts->explore, &e);

    if (rc != RP_OK)
        return rc;
    for (uint64_t at = (uint64_t)job * PORTION; rc == RP_OK && at < planned;
         at += (uint64_t)opts->jobs * PORTION) {
        struct rp_findings f;
        rp_findings_init(&f, &opts->explore.trial.alloc);
        int went = explore_portion(e, opts, at, until_ms, &f);
        rc = send_findings(fd, &f, went);
        rp_findings_free(&f);
        if (went != RP_OK || (until_ms && real_ms() >= until_ms))
            break;
    }
    rp_explore_free(e);
    return rc;
}

struct job {
    pid_t pid;
    int fd; /* -1: it has ended */
};

static int start_job(const struct rp_scenario *scenario, const struct rp_jobs_opts *opts,
                     struct job *jobs, uint32_t which, uint64_t until_ms)
{
    int ends[2];
    pid_t pid;

    if (pipe(ends) != 0)
        return RP_EIO;
    pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return RP_EIO;
    }
    if (pid == 0) {
        for (uint32_t i = 0; i < which; i++)
            close(jobs[i].fd);
        close(ends[0]);
        _exit(work(scenario, opts, which, until_ms, ends[1]) == RP_OK ? 0 : 1);
    }
    close(ends[1]);
    jobs[which] = (struct job){pid, ends[0]};
    return RP_OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void tell(const struct rp_jobs_opts *opts, const struct rp_findings *f, uint64_t began,
                 uint64_t *told, int always)
{
    uint64_t now = real_ms();

    if (!opts->progress || (!always && now - *told < TELL_EACH_MS))
        return;
    *told = now;
    opts->progress(opts->ctx, f, rp_jobs_planned(opts), now - began);
}

static int reap(struct job *job, struct rp_error *err)
{
    int status = 0;

    close(job->fd);
    job->fd = -1;
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return RP_OK;
    return rp_fail_at(err, RP_EIO, "explore",
                      "a process died while exploring (%s %d); run with --jobs 1 to see where",
                      WIFSIGNALED(status) ? "signal" : "status",
                      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static int listen_to(struct job *jobs, uint32_t n, const struct rp_jobs_opts *opts,
                     struct rp_findings *into, uint64_t began, struct rp_error *err)
{
    struct pollfd fds[JOBS_MAX];
    uint64_t told = began;
    uint32_t left = n;
    int rc = RP_OK;

    while (left > 0 && rc == RP_OK) {
        for (uint32_t i = 0; i < n; i++)
            fds[i] = (struct pollfd){.fd = jobs[i].fd, .events = POLLIN};
        if (poll(fds, n, TELL_EACH_MS) < 0 && errno != EINTR)
            return rp_fail_at(err, RP_EIO, "explore", "waiting for the processes failed");
        for (uint32_t i = 0; i < n && rc == RP_OK; i++) {
            if (fds[i].fd < 0 || !fds[i].revents)
                continue;
            rc = receive(jobs[i].fd, into);
            if (rc == RP_EIO) {
                rc = reap(&jobs[i], err);
                left--;
            }
        }
        tell(opts, into, began, &told, 0);
    }
    return rc;
}

static int in_processes(const struct rp_scenario *scenario, const struct rp_jobs_opts *opts,
                        struct rp_findings *into, uint64_t began, struct rp_error *err)
{
    uint64_t until = opts->limit_ms ? began + opts->limit_ms : 0;
    struct job jobs[JOBS_MAX];
    uint32_t n = 0;
    int rc = RP_OK;

    for (; n < opts->jobs && rc == RP_OK; n++) {
        rc = start_job(scenario, opts, jobs, n, until);
        if (rc != RP_OK) {
            rp_fail_at(err, rc, "explore", "a process could not be started; use fewer --jobs");
            break;
        }
    }
    if (rc == RP_OK)
        rc = listen_to(jobs, n, opts, into, began, err);
    for (uint32_t i = 0; i < n; i++)
        if (jobs[i].fd >= 0) {
            kill(jobs[i].pid, SIGKILL);
            reap(&jobs[i], NULL);
        }
    return rc;
}

static int alone(const struct rp_scenario *scenario, const struct rp_jobs_opts *opts,
                 struct rp_findings *into, uint64_t began)
{
    uint64_t until = opts->limit_ms ? began + opts->limit_ms : 0, told = began;
    uint64_t planned = rp_jobs_planned(opts);
    struct rp_explore *e;
    int rc;

    RP_TRY(rp_explore_new(scenario, &opts->explore, &e));
    rc = RP_OK;
    for (uint64_t at = 0; rc == RP_OK && at < planned; at += PORTION) {
        rc = explore_portion(e, opts, at, until, into);
        tell(opts, into, began, &told, 0);
        if (until && real_ms() >= until)
            break;
    }
    rp_explore_free(e);
    return rc;
}

int rp_jobs_run(const struct rp_scenario *scenario, const struct rp_jobs_opts *opts,
                struct rp_findings *into, struct rp_error *err)
{
    uint64_t began = real_ms(), told = 0;
    int rc;

    if (opts->jobs > JOBS_MAX)
        return rp_fail_at(err, RP_EARG, "--jobs", "at most %d", (int)JOBS_MAX);
    rc = opts->jobs > 1 ? in_processes(scenario, opts, into, began, err)
                        : alone(scenario, opts, into, began);
    if (rc == RP_ENOMEM)
        rp_fail_at(err, rc, "explore", "%s", rp_status_text(rc));
    tell(opts, into, began, &told, 1);
    return rc;
}
