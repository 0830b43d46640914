/* bench_w2.c - W2, fan-out and fan-in: a source sends a number to 64 workers, each adds 1, a
 * collector takes all 64 at once and sends one number back to the source. */
#include "bench/bench.h"

#include <stdio.h>

enum { WORKERS = 64, MESSAGES = WORKERS + WORKERS + 1, SUPERSTEPS = 3 };

struct rounds {
    int64_t end;
    int64_t collected; /* how often the collector ran */
};

static int source(struct rp_ctx *cx, void *self, struct rp_value data)
{
    const struct rounds *r = self;

    return data.u.i == r->end ? rp_yield(cx, data) : rp_send(cx, data);
}

static int worker(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return rp_send(cx, rp_int(data.u.i + 1));
}

static int collector(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rounds *r = self;

    if (rp_len(data) != WORKERS)
        return rp_fail(cx, "%u values were collected", rp_len(data));
    for (uint32_t i = 0; i < WORKERS; i++)
        if (rp_at(data, i).u.i != r->collected + 1)
            return rp_fail(cx, "a value of another round was collected");
    r->collected++;
    return rp_send(cx, rp_at(data, 0));
}

static void add(struct rp_graph *g, const char *id, struct rp_type takes,
                int (*fn)(struct rp_ctx *, void *, struct rp_value), struct rounds *r)
{
    struct rp_handler handler = {.accepts = takes, .fn = fn, .sends = RP_T_INT};

    rp_graph_executor(
        g, &(struct rp_executor){.id = id, .handlers = &handler, .n_handlers = 1, .self = r});
}

static struct rp_workflow *fan(struct rp_bench *b, struct rounds *r)
{
    char ids[WORKERS][16];
    const char *to[WORKERS];
    struct rp_graph *g = rp_graph(
        b->kit, &(struct rp_graph_opts){
                    .name = "W2", .max_iterations = SUPERSTEPS * (uint32_t)r->end + SUPERSTEPS});

    add(g, "source", RP_T_INT, source, r);
    for (size_t i = 0; i < WORKERS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "worker%zu", i);
        to[i] = ids[i];
        add(g, ids[i], RP_T_INT, worker, r);
    }
    add(g, "collector", rp_type_list(RP_T_INT), collector, r);
    rp_graph_start(g, "source");
    rp_graph_fan_out(g, "source", to, WORKERS);
    rp_graph_fan_in(g, to, WORKERS, "collector");
    rp_graph_edge(g, "collector", "source", (struct rp_cond){0});
    return rp_graph_build(g, &b->error);
}

static int measure(struct rp_bench *b, int64_t n)
{
    struct rounds r = {.end = n};

    RP_TRY(rp_bench_instance(b, fan(b, &r)));
    RP_TRY(rp_bench_turn(b, rp_int(0)));
    RP_TRY(rp_bench_holds(b, b->outputs == 1 && b->output.tag == RP_INT && b->output.u.i == n,
                          "the output is the number of rounds"));
    RP_TRY(rp_bench_holds(b, r.collected == n, "the collector ran once a round"));
    rp_bench_figure("W2", MESSAGES * (double)n / b->seconds, "messages/s");
    rp_bench_figure("W2", SUPERSTEPS * (double)n / b->seconds, "supersteps/s");
    rp_bench_figure("W2.memory", (double)b->memory.peak, "bytes");
    return RP_OK;
}

int rp_bench_w2(int64_t size)
{
    struct rp_bench b;
    int rc = size > UINT32_MAX / SUPERSTEPS - SUPERSTEPS ? RP_ELIMIT : rp_bench_open(&b);

    if (rc == RP_ELIMIT) {
        fprintf(stderr, "reprise: bench: W2 has at most %u rounds\n",
                UINT32_MAX / SUPERSTEPS - SUPERSTEPS);
        return rc;
    }
    if (rc == RP_OK)
        rc = measure(&b, size);
    rp_bench_close(&b);
    return rc;
}
