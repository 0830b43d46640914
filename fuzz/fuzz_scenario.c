/* fuzz_scenario.c - a scenario file, from its bytes to its trace: refused with a place, or played
 * to its end; and played twice it gives the same trace. */
#include "engine/base/check.h"
#include "engine/os/reprise_os.h"
#include "fuzz/fuzz.h"
#include "scenarios/play.h"

#include <string.h>

enum { STEPS_MAX = 20000, TRACE_MAX = 1 << 22 };

static int put(void *ctx, const char *s, size_t n)
{
    struct rp_buf *b = ctx;
    return rp_buf_add(b, s, n);
}

static int play(const struct rp_scenario *s, struct rp_buf *trace)
{
    struct rp_play_opts opts = {
        .alloc = rp_alloc_libc(), .trace = {put, trace}, .steps_max = STEPS_MAX};
    struct rp_play *p;
    struct rp_error err;
    RP_ASSERT(rp_play_new(s, &opts, &p) == RP_OK);
    int rc = rp_play_all(p, &err);
    rp_play_free(p);
    return rc;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_scenario *s;
    struct rp_error err;
    struct rp_buf a, b;

    if (rp_scenario_read(&alloc, "input", (const char *)data, size, &s, &err) != RP_OK) {
        RP_ASSERT(err.where[0] && err.text[0]);
        return;
    }
    rp_buf_init(&a, &alloc, TRACE_MAX);
    rp_buf_init(&b, &alloc, TRACE_MAX);
    int first = play(s, &a), second = play(s, &b);
    RP_ASSERT(first == second);
    RP_ASSERT(a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0));
    rp_buf_free(&a);
    rp_buf_free(&b);
    rp_scenario_free(s);
}
