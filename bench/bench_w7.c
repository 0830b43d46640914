/* bench_w7.c - W7, the server of models: one script answers every call with 200 bytes, whole or as
 * 20 chunks, until the process is killed. The load comes from outside: bench/run.sh. */
#include "bench/bench.h"
#include "engine/os/reprise_os.h"
#include "mocks/serve/serve.h"

#include <stdio.h>

enum { CHUNKS = 20, CHUNK = 10 };

/* The answer of all workloads, in chunks of 10 bytes. */
static int make_script(struct rp_heap *heap, struct rp_script_reply *reply)
{
    static const char line[] = "The quick brown fox jumps over the lazy dog. ";
    char text[CHUNKS * CHUNK];

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = line[i % (sizeof(line) - 1)];
    reply->chunks = rp_list();
    for (size_t i = 0; i < CHUNKS; i++)
        RP_TRY(rp_list_add(heap, &reply->chunks, rp_text(heap, text + CHUNK * i, CHUNK)));
    reply->text = rp_text(heap, text, sizeof(text));
    return reply->text.tag == RP_BAD ? RP_ENOMEM : rp_script_prepare(heap, reply);
}

static int serve(const struct rp_script_agent *agent, uint16_t port, struct rp_error *err)
{
    struct rp_serve_opts opts = {
        .alloc = rp_alloc_libc(), .agents = agent, .n_agents = 1, .admin = 1};
    struct rp_serve *core = NULL;
    struct rp_http *http = NULL;
    int rc = rp_serve_new(&opts, &core);

    if (rc == RP_OK)
        rc = rp_http_new(&opts.alloc, core, &(struct rp_http_opts){.port = port}, &http, err);
    if (rc == RP_OK) {
        printf("ready\n");
        fflush(stdout);
        rc = rp_http_run(http, err);
    }
    rp_http_free(http);
    rp_serve_free(core);
    return rc;
}

int rp_bench_w7(int64_t size)
{
    struct rp_script_reply reply = {0};
    struct rp_script_agent agent = {"mock", &reply, 1, RP_EXHAUSTED_REPEAT_LAST};
    struct rp_bench b;
    int rc = rp_bench_open(&b);

    if (rc == RP_OK && rp_bench_holds(NULL, size <= UINT16_MAX, "the size is a port") != RP_OK)
        rc = RP_EARG;
    if (rc == RP_OK)
        rc = make_script(rp_kit_heap(b.kit), &reply);
    if (rc == RP_OK)
        rc = serve(&agent, (uint16_t)size, &b.error);
    if (rc != RP_OK)
        fprintf(stderr, "reprise: %s\n", b.error.text[0] ? b.error.text : rp_status_text(rc));
    rp_bench_close(&b);
    return rc;
}
