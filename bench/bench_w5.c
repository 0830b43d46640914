/* bench_w5.c - W5, handoff ring: a0 hands off to a1, a1 to a2, a2 to a0; the call after the last
 * handoff answers with a text, and the run ends. */
#include "bench/bench.h"

#include <stdio.h>

struct ring {
    uint64_t handoffs; /* to be made */
    uint64_t made;
    int ended;
};

static int hand_off(struct rp_bench *b, const struct rp_model_call *call)
{
    struct rp_heap *h = rp_run_heap(b->run);
    struct ring *r = b->self;
    struct rp_value content, message;
    char id[32];

    if (call->n_extra != 1)
        return RP_ESTATE;
    snprintf(id, sizeof(id), "call-%llu", (unsigned long long)++r->made);
    content = rp_content_call(h, rp_textz(h, id), rp_textz(h, call->extra_tools[0].name),
                              rp_textz(h, "{}"));
    message = rp_message(h, RP_ASSISTANT, rp_nil(), rp_list_of(h, 1, content));
    return rp_run_reply(b->run, call->id, rp_response(h, rp_list_of(h, 1, message), rp_nil()));
}

static int answer(struct rp_bench *b, const struct rp_model_call *call)
{
    struct ring *r = b->self;

    if (r->made < r->handoffs)
        return hand_off(b, call);
    r->ended = 1;
    return rp_run_reply(b->run, call->id, b->reply);
}

static int has_ended(void *self, struct rp_value conversation)
{
    const struct ring *r = self;

    (void)conversation;
    return r->ended;
}

static struct rp_workflow *ring_of(struct rp_bench *b, struct ring *r)
{
    static const char *const names[] = {"a0", "a1", "a2"};
    struct rp_agent *who[3];
    struct rp_handoff_route routes[3];

    for (size_t i = 0; i < 3; i++) {
        who[i] = rp_agent(b->kit, &(struct rp_agent_opts){.name = names[i]}, &b->error);
        routes[i] = (struct rp_handoff_route){.from = names[i], .to = &names[(i + 1) % 3], .n = 1};
    }
    return rp_handoff(b->kit,
                      &(struct rp_handoff_opts){.name = "W5",
                                                .participants = who,
                                                .n = 3,
                                                .start = "a0",
                                                .routes = routes,
                                                .n_routes = 3,
                                                .terminate = RP_WHEN(has_ended, r)},
                      &b->error);
}

static int measure(struct rp_bench *b, int64_t n)
{
    struct ring r = {.handoffs = (uint64_t)n};
    char name[48] = "W5";

    b->model = answer;
    b->self = &r;
    RP_TRY(rp_bench_reply(b));
    RP_TRY(rp_bench_instance(b, ring_of(b, &r)));
    RP_TRY(rp_bench_turn(b, rp_textz(rp_run_heap(b->run), "start")));
    RP_TRY(rp_bench_holds(b, b->model_calls == (uint64_t)n + 1,
                          "there is one call more than handoffs"));
    RP_TRY(rp_bench_holds(b, b->outputs == (uint64_t)n + 1 && r.ended,
                          "each call is answered by one output, the last one by a text"));
    if (n != 300)
        snprintf(name, sizeof(name), "W5.h%lld", (long long)n);
    rp_bench_figure(name, (double)n / b->seconds, "handoffs/s");
    return RP_OK;
}

int rp_bench_w5(int64_t size)
{
    struct rp_bench b;
    int rc = rp_bench_open(&b);

    if (rc == RP_OK)
        rc = measure(&b, size);
    rp_bench_close(&b);
    return rc;
}
