/* bench_w8.c - W8, start-up: a fresh process builds the group chat of W3, plays four rounds of it
 * and exits. The process is this program itself. */
#define _XOPEN_SOURCE 700 /* getrusage with what one's children held */

#include "bench/bench.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int rp_bench_w8_child(int64_t size)
{
    struct rp_bench b;
    uint32_t last = 0;
    int rc = rp_bench_open(&b);

    if (rc == RP_OK)
        rc = rp_bench_chat(&b, size, &last);
    rp_bench_close(&b);
    return rc;
}

/* Seconds from before the fork until the child has exited; negative when it failed. */
static double one_process(void)
{
    double start = rp_bench_now();
    int status = 1;
    pid_t child = fork();

    if (child == 0) {
        execl("/proc/self/exe", "reprise", "bench", "W8.child", (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return -1;
    return rp_bench_now() - start;
}

/* The median, and the most memory that any process held. */
int rp_bench_w8(int64_t size)
{
    double all[99];
    struct rusage used;
    int n = size < 99 ? (int)size : 99;

    fflush(stdout);
    for (int i = 0; i < n; i++) {
        double t = one_process();
        int k = i;
        RP_TRY(rp_bench_holds(NULL, t >= 0, "the process plays four rounds and exits well"));
        for (; k > 0 && all[k - 1] > t; k--)
            all[k] = all[k - 1];
        all[k] = t;
    }
    RP_TRY(rp_bench_holds(NULL, getrusage(RUSAGE_CHILDREN, &used) == 0, "memory can be read"));
    rp_bench_figure("W8.wall", all[n / 2] * 1e6, "us");
    rp_bench_figure("W8.rss", (double)used.ru_maxrss, "KiB");
    return RP_OK;
}
