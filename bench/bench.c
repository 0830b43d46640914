/* bench.c - `reprise bench`: the list of workloads, and what they share. The only clock that is
 * read outside of live runs is here. */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- memory and time ---- */

static void *counted(void *ctx, void *old, size_t was, size_t now)
{
    struct rp_bench_memory *m = ctx;
    void *p = NULL;

    if (now == 0)
        free(old);
    else if (!(p = realloc(old, now)))
        return NULL;
    m->held = m->held - was + now;
    m->calls += now != 0;
    if (m->held > m->peak)
        m->peak = m->held;
    return p;
}

static void *uncounted(void *ctx, void *old, size_t was, size_t now)
{
    (void)ctx;
    (void)was;
    if (now == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, now);
}

double rp_bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- a run ---- */

int rp_bench_open(struct rp_bench *b)
{
    struct rp_alloc alloc = {uncounted, NULL};

    memset(b, 0, sizeof(*b));
    return rp_kit_new(&alloc, &b->kit);
}

void rp_bench_close(struct rp_bench *b)
{
    rp_run_free(b->run);
    rp_kit_free(b->kit);
}

int rp_bench_instance(struct rp_bench *b, const struct rp_workflow *w)
{
    struct rp_run_opts opts = {
        .alloc = {counted, &b->memory}, .events = RP_BENCH_EVENTS, .store = b->store};

    if (!w) {
        fprintf(stderr, "reprise: %s: %s\n", b->error.where, b->error.text);
        return b->error.status ? b->error.status : RP_EBUILD;
    }
    return rp_run_new(w, &opts, &b->run);
}

static int play(struct rp_bench *b)
{
    struct rp_out out;

    for (;;) {
        RP_TRY(rp_run_next(b->run, &out));
        switch (out.kind) {
        case RP_OUT_EVENT:
            if (out.u.event.kind == RP_EV_OUTPUT) {
                b->output = out.u.event.data;
                b->outputs++;
            }
            break;
        case RP_OUT_MODEL_CALL:
            b->model_calls++;
            RP_TRY(b->model ? b->model(b, &out.u.model) : RP_ESTATE);
            break;
        case RP_OUT_TOOL_CALL:
        case RP_OUT_WAITING:
            return RP_ESTATE;
        case RP_OUT_DONE:
            return rp_run_error(b->run, &b->error);
        }
    }
}

int rp_bench_turn(struct rp_bench *b, struct rp_value input)
{
    double start = rp_bench_now();
    int rc = rp_run_message(b->run, input, NULL, &b->error);

    if (rc == RP_OK)
        rc = play(b);
    b->seconds = rp_bench_now() - start;
    if (rc != RP_OK)
        fprintf(stderr, "reprise: the turn ended with %s: %s\n", rp_status_name(rc), b->error.text);
    return rc;
}

int rp_bench_resume(struct rp_bench *b, int64_t checkpoint)
{
    double start = rp_bench_now();
    int rc = rp_run_resume(b->run, checkpoint, NULL, 0, NULL, &b->error);

    if (rc == RP_OK)
        rc = play(b);
    b->seconds = rp_bench_now() - start;
    if (rc != RP_OK)
        fprintf(stderr, "reprise: the resume ended with %s: %s\n", rp_status_name(rc),
                b->error.text);
    return rc;
}

int rp_bench_reply(struct rp_bench *b)
{
    static const char line[] = "The quick brown fox jumps over the lazy dog. ";
    struct rp_heap *h = rp_kit_heap(b->kit);
    char text[200];

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = line[i % (sizeof(line) - 1)];
    b->reply = rp_response(
        h,
        rp_list_of(h, 1,
                   rp_text_message(h, RP_ASSISTANT, rp_nil(), rp_text(h, text, sizeof(text)))),
        rp_nil());
    return b->reply.tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- what is printed ---- */

void rp_bench_figure(const char *name, double figure, const char *unit)
{
    printf(figure < 1000 && figure != (double)(int)figure ? "%s %.6f %s\n" : "%s %.0f %s\n", name,
           figure, unit);
}

int rp_bench_holds(const struct rp_bench *b, int condition, const char *what)
{
    (void)b;
    if (condition)
        return RP_OK;
    fprintf(stderr, "reprise: the check failed, no figure: %s\n", what);
    return RP_ESTATE;
}

/* ---- the command ---- */

static const struct {
    const char *name;
    int (*run)(int64_t size);
    int64_t size;
    const char *what; /* NULL: not listed */
} workloads[] = {
    {"W1", rp_bench_w1, 100000, "ping-pong of two executors; size: executions"},
    {"W2", rp_bench_w2, 2000, "fan-out to 64 executors and fan-in; size: rounds"},
    {"W3", rp_bench_w3, 800, "group chat of three agents; size: rounds (50, 200, 800)"},
    {"W4", rp_bench_w4, 200, "W3 with checkpoints in memory, files, SQLite; size: rounds"},
    {"W5", rp_bench_w5, 300, "handoffs round a ring of three agents; size: handoffs"},
    {"W6", rp_bench_w6, 200, "restoring the newest checkpoint of W4; size: rounds"},
    {"W7", rp_bench_w7, 8080, "serves models on 127.0.0.1 until it is killed; size: the port"},
    {"W7.replay", rp_bench_replay, 20000, "model calls answered from a cassette; size: calls"},
    {"W8", rp_bench_w8, 5, "start-up of a process that plays four rounds; size: processes"},
    {"W8.child", rp_bench_w8_child, 4, NULL},
};
enum { WORKLOADS = sizeof(workloads) / sizeof(*workloads) };

static int list(FILE *to)
{
    fprintf(to, "usage: reprise bench WORKLOAD [SIZE]\n"
                "Measures the engine on this machine; prints lines `NAME figure unit`.\n\n");
    for (size_t i = 0; i < WORKLOADS; i++)
        if (workloads[i].what)
            fprintf(to, "  %-9s %s; usually %lld\n", workloads[i].name, workloads[i].what,
                    (long long)workloads[i].size);
    return fflush(to) == 0 ? 0 : 2;
}

/* -1: not a size. */
static int64_t size_of(const char *text)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(text, &end, 10);
    return errno || *end || end == text || n < 1 || n > UINT32_MAX - 8 ? -1 : n;
}

static int bad_usage(const char *what, const char *which)
{
    fprintf(stderr, "reprise: bench: %s \"%s\"; \"reprise bench\" lists the workloads\n", what,
            which);
    return 2;
}

int rp_cmd_bench(int argc, char **argv)
{
    int64_t size;

    if (argc == 0)
        return list(stdout);
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        return list(stdout);
    if (argc > 2)
        return bad_usage("one argument too many:", argv[2]);
    for (size_t i = 0; i < WORKLOADS; i++) {
        if (strcmp(workloads[i].name, argv[0]) != 0)
            continue;
        size = argc == 2 ? size_of(argv[1]) : workloads[i].size;
        if (size < 0)
            return bad_usage("a size is a whole number from 1, not", argv[1]);
        return workloads[i].run(size) == RP_OK && fflush(stdout) == 0 ? 0 : 2;
    }
    return bad_usage("there is no workload", argv[0]);
}
