/* bench_w1.c - W1, ping-pong: two executors pass a number to and fro, each adds 1; one execution is
 * one superstep. */
#include "bench/bench.h"

static int add_one(struct rp_ctx *cx, void *self, struct rp_value data)
{
    const int64_t *end = self;
    int64_t n = data.u.i + 1;

    if (n == *end)
        return rp_yield(cx, rp_int(n));
    return rp_send(cx, rp_int(n));
}

static struct rp_workflow *ping_pong(struct rp_bench *b, int64_t *end)
{
    struct rp_handler handler = {
        .accepts = RP_T_INT, .fn = add_one, .sends = RP_T_INT, .yields = RP_T_INT};
    struct rp_executor e = {.id = "a", .handlers = &handler, .n_handlers = 1, .self = end};
    struct rp_graph *g = rp_graph(
        b->kit, &(struct rp_graph_opts){.name = "W1", .max_iterations = (uint32_t)*end + 1});

    rp_graph_executor(g, &e);
    e.id = "b";
    rp_graph_executor(g, &e);
    rp_graph_start(g, "a");
    rp_graph_edge(g, "a", "b", (struct rp_cond){0});
    rp_graph_edge(g, "b", "a", (struct rp_cond){0});
    return rp_graph_build(g, &b->error);
}

static int measure(struct rp_bench *b, int64_t n)
{
    RP_TRY(rp_bench_instance(b, ping_pong(b, &n)));
    RP_TRY(rp_bench_turn(b, rp_int(0)));
    RP_TRY(rp_bench_holds(b, b->outputs == 1 && b->output.tag == RP_INT && b->output.u.i == n,
                          "the output is the last number"));
    RP_TRY(rp_bench_holds(b, rp_run_supersteps(b->run) == (uint64_t)n,
                          "each execution is one superstep"));
    rp_bench_figure("W1", (double)n / b->seconds, "supersteps/s");
    rp_bench_figure("W1.memory", (double)b->memory.peak, "bytes");
    rp_bench_figure("W1.allocations", (double)b->memory.calls, "calls");
    return RP_OK;
}

int rp_bench_w1(int64_t size)
{
    struct rp_bench b;
    int rc = rp_bench_open(&b);

    if (rc == RP_OK)
        rc = measure(&b, size);
    rp_bench_close(&b);
    return rc;
}
