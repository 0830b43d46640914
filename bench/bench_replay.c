/* bench_replay.c - W7.replay: calls a second that are answered from a cassette, request and reply
 * of W7's size, each call another request. Recording is not timed; a call is from its start to the
 * end of its reply. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "mocks/recorder.h"

enum { LANES = 32 };

static const char fox[] = "The quick brown fox jumps over the lazy dog. ";

/* About 950 bytes, as those of W7. */
static size_t write_request(int64_t number, char *out, size_t room)
{
    size_t n = (size_t)snprintf(out, room,
                                "{\"model\":\"gpt-4o-mini\",\"temperature\":0.5,\"messages\":["
                                "{\"role\":\"system\",\"content\":\"You are number %lld.\"}",
                                (long long)number);

    for (int i = 0; i < 4; i++)
        n += (size_t)snprintf(out + n, room - n, ",{\"role\":\"%s\",\"content\":\"%s%s%s%s\"}",
                              i % 2 ? "assistant" : "user", fox, fox, fox, fox);
    return n + (size_t)snprintf(out + n, room - n, "]}");
}

static struct rp_exchange exchange(int64_t number, char *body, size_t room)
{
    static char lane[16];

    snprintf(lane, sizeof(lane), "agent%lld", (long long)(number % LANES));
    return (struct rp_exchange){.method = "POST",
                                .url = "http://127.0.0.1/v1/chat/completions",
                                .body = body,
                                .n_body = write_request(number, body, room),
                                .lane = lane,
                                .order = number / LANES + 1,
                                .dialect = "chat",
                                .model = "gpt-4o-mini"};
}

static int record(struct rp_cassette *c, int64_t calls, struct rp_error *err)
{
    static const struct rp_header headers[] = {{"content-type", "application/json"}};
    char request[2000], reply[1000];
    struct rp_body_chunk chunk = {0, 0};

    RP_TRY(rp_cassette_begin(c, err));
    for (int64_t k = 0; k < calls; k++) {
        struct rp_exchange asked = exchange(k, request, sizeof(request));
        struct rp_interaction i = {.lane = asked.lane,
                                   .order = asked.order,
                                   .dialect = asked.dialect,
                                   .model = asked.model,
                                   .method = asked.method,
                                   .url = asked.url,
                                   .request = asked.body,
                                   .n_request = asked.n_body,
                                   .status = 200,
                                   .headers = headers,
                                   .n_headers = 1,
                                   .body = reply,
                                   .chunks = &chunk,
                                   .n_chunks = 1,
                                   .head_us = 1000};
        i.n_body = (size_t)snprintf(reply, sizeof(reply),
                                    "{\"id\":\"chatcmpl-%lld\",\"object\":\"chat.completion\","
                                    "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\","
                                    "\"message\":{\"role\":\"assistant\",\"content\":\"%s%s\"}}]}",
                                    (long long)k, fox, fox);
        chunk.n = i.n_body;
        RP_TRY(rp_cassette_add(c, &i, NULL, err));
    }
    return rp_cassette_commit(c, err);
}

/* One call to its end; *bytes of its reply are added. */
static int call(const struct rp_transport *t, int64_t number, uint64_t *now, size_t *bytes)
{
    char request[2000];
    struct rp_exchange asked = exchange(number, request, sizeof(request));
    struct rp_piece piece = {.kind = RP_PIECE_NONE};
    uint32_t ticket;

    RP_TRY(t->ops->start(t->self, &asked, *now, &ticket));
    while (piece.kind != RP_PIECE_END) {
        uint64_t due = t->ops->due(t->self);
        *now = due > *now ? due : *now;
        RP_TRY(t->ops->poll(t->self, ticket, *now, &piece));
        if (piece.kind == RP_PIECE_FAILED)
            return RP_ECLIENT;
        *bytes += piece.kind == RP_PIECE_BYTES ? piece.n : 0;
    }
    return RP_OK;
}

static int replay(struct rp_recorder *r, int64_t calls, double *seconds, size_t *bytes)
{
    struct rp_transport t;
    uint64_t now = 0;
    double start;
    int rc = rp_recorder_transport(r, &t);

    if (rc != RP_OK)
        return rc;
    start = rp_bench_now();
    for (int64_t k = 0; rc == RP_OK && k < calls; k++)
        rc = call(&t, k, &now, bytes);
    *seconds = rp_bench_now() - start;
    t.ops->free(t.self);
    return rc;
}

static int with_cassette(const char *path, int64_t calls, double *seconds, size_t *bytes,
                         struct rp_ledger *ledger)
{
    struct rp_recorder_opts opts = {.alloc = rp_alloc_libc(), .mode = RP_MODE_NONE};
    struct rp_error err = {0};
    struct rp_recorder *r;
    int rc = rp_cassette_open(&opts.alloc, path, RP_CASSETTE_KEEP, &opts.cassette, &err);

    if (rc == RP_OK) {
        rc = record(opts.cassette, calls, &err);
        if (rc == RP_OK)
            rc = rp_recorder_new(&opts, (struct rp_transport){NULL, NULL}, &r, &err);
        if (rc == RP_OK) {
            rc = replay(r, calls, seconds, bytes);
            *ledger = rp_recorder_ledger(r);
            ledger->unused_ids = NULL;
            rp_recorder_free(r);
        }
        rp_cassette_close(opts.cassette);
    }
    if (rc != RP_OK)
        fprintf(stderr, "W7.replay: %s %s\n", err.where, err.text);
    return rc;
}

int rp_bench_replay(int64_t size)
{
    char path[] = "/tmp/reprise-bench-XXXXXX";
    struct rp_ledger ledger = {0};
    double seconds = 0;
    size_t bytes = 0;
    int file = mkstemp(path), rc;

    RP_TRY(rp_bench_holds(NULL, file >= 0, "a file for the cassette can be made"));
    close(file);
    rc = with_cassette(path, size, &seconds, &bytes, &ledger);
    unlink(path);
    RP_TRY(rc);
    RP_TRY(rp_bench_holds(NULL, ledger.replayed == (uint64_t)size, "every call is answered"));
    RP_TRY(rp_bench_holds(NULL, ledger.unused == 0, "every recording is used"));
    RP_TRY(rp_bench_holds(NULL, bytes > (size_t)size * 100, "the replies are whole"));
    rp_bench_figure("W7.replay", (double)size / seconds, "calls/s");
    return RP_OK;
}
