/* bench_w3.c - W3, group chat: three agents in turn, each call sees the whole conversation. */
#include "bench/bench.h"

#include <stdio.h>

static int answer(struct rp_bench *b, const struct rp_model_call *call)
{
    uint32_t *last = b->self;

    *last = rp_len(call->messages);
    return rp_run_reply(b->run, call->id, b->reply);
}

static struct rp_workflow *chat(struct rp_bench *b, int64_t rounds)
{
    static const char *const names[] = {"a0", "a1", "a2"};
    struct rp_participant who[3];

    for (size_t i = 0; i < 3; i++)
        who[i] = RP_AGENT(rp_agent(b->kit, &(struct rp_agent_opts){.name = names[i]}, &b->error));
    return rp_group_chat(b->kit,
                         &(struct rp_group_chat_opts){.name = "W3",
                                                      .participants = who,
                                                      .n = 3,
                                                      .round_robin = 1,
                                                      .has_max_rounds = 1,
                                                      .max_rounds = rounds},
                         &b->error);
}

int rp_bench_chat_instance(struct rp_bench *b, int64_t rounds, uint32_t *last)
{
    b->model = answer;
    b->self = last;
    RP_TRY(rp_bench_reply(b));
    return rp_bench_instance(b, chat(b, rounds));
}

int rp_bench_chat(struct rp_bench *b, int64_t rounds, uint32_t *last)
{
    RP_TRY(rp_bench_chat_instance(b, rounds, last));
    RP_TRY(rp_bench_turn(b, rp_textz(rp_run_heap(b->run), "start")));
    RP_TRY(rp_bench_holds(b, b->model_calls == (uint64_t)rounds, "each round is one call"));
    RP_TRY(rp_bench_holds(b, b->outputs == 1, "the chat ends with its completion message"));
    return rp_bench_holds(b, *last == (uint64_t)rounds, "the last call sees a message a round");
}

static int measure(struct rp_bench *b, int64_t rounds)
{
    char name[48];
    uint32_t last = 0;

    RP_TRY(rp_bench_chat(b, rounds, &last));
    snprintf(name, sizeof(name), "W3.r%lld", (long long)rounds);
    rp_bench_figure(name, (double)rounds / b->seconds, "rounds/s");
    snprintf(name, sizeof(name), "W3.r%lld.time", (long long)rounds);
    rp_bench_figure(name, b->seconds, "s");
    snprintf(name, sizeof(name), "W3.r%lld.lastcall", (long long)rounds);
    rp_bench_figure(name, last, "messages");
    snprintf(name, sizeof(name), "W3.r%lld.memory", (long long)rounds);
    rp_bench_figure(name, (double)b->memory.peak, "bytes");
    return RP_OK;
}

int rp_bench_w3(int64_t size)
{
    struct rp_bench b;
    int rc = rp_bench_open(&b);

    if (rc == RP_OK)
        rc = measure(&b, size);
    rp_bench_close(&b);
    return rc;
}
