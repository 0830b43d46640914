/* live_play.h - one agent, its model client over real connections to a service that answers as it
 * is told to, and what is told as text. */
#ifndef TESTS_LIVE_PLAY_H
#define TESTS_LIVE_PLAY_H

#include "mocks/curl.h"
#include "mocks/remote.h"
#include "mocks/retry.h"
#include "tests/support/fault_server.h"
#include "tests/support/faulty_alloc.h"

struct live_play {
    struct faulty f;
    struct fault_server *server;
    struct rp_kit *kit;
    struct rp_heap run;
    struct rp_agent *anna;
    struct rp_service service;
    struct rp_curl_opts limits;
    struct rp_retry_opts retry;
    struct rp_client client;
    struct rp_model_call call;
    uint64_t now_ms;
    char base[64], s[8192];
    size_t n;
};

/* ---- answers ---- */

#define GOOD                                                                                       \
    "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},"          \
    "\"finish_reason\":\"stop\"}]}"
#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define SSE_HEAD  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
#define CHUNK     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
#define LAST      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE      "data: [DONE]\n\n"

/* Says "Hi". */
#define LIVE_GOOD                                                                                  \
    {                                                                                              \
        .head = JSON_HEAD "Content-Length: 94\r\n\r\n", .body = GOOD                               \
    }
_Static_assert(sizeof(GOOD) - 1 == 94, "as the head says");
extern const struct fault_answer live_good;

/* ---- a play ---- */

/* Limits, retries and service may be changed until the client is opened. */
void live_begin(struct live_play *p, const char *url);
void live_serve(struct live_play *p, const struct fault_answer *answers, size_t n);
void live_open_client(struct live_play *p);
/* Nothing is left. */
void live_end(struct live_play *p);
void live_tell(struct live_play *p, const char *format, ...);
void live_tell_reply(struct live_play *p, const struct rp_reply *reply);
/* Begins a call; returns its id. */
uint32_t live_start(struct live_play *p, int stream);
/* The call's end; its updates are told, too, unless there are too many to tell. The service's own
 * address is told as HOST. */
void live_hear(struct live_play *p, uint32_t id);
/* A call that meets these answers, and what is told; then one that gets a good answer. */
void live_meets(struct live_play *p, const struct fault_answer *answers, size_t n, int stream,
                const char *told);
/* The same with one answer and nothing changed. */
void live_one(const struct fault_answer *answer, int stream, const char *told);

#endif
