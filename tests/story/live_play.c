/* live_play.c - owns the play of a model client over real connections. */
#include "tests/story/live_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cm.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const struct fault_answer live_good = LIVE_GOOD;

void live_tell(struct live_play *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    p->n += (size_t)vsnprintf(p->s + p->n, sizeof(p->s) - p->n, format, args);
    va_end(args);
    assert_true(p->n < sizeof(p->s));
}

void live_begin(struct live_play *p, const char *url)
{
    memset(p, 0, sizeof(*p));
    faulty_init(&p->f, -1);
    assert_int_equal(rp_kit_new(&p->f.alloc, &p->kit), RP_OK);
    rp_heap_init(&p->run, &p->f.alloc, 0, 0);
    p->anna = rp_agent(p->kit, &(struct rp_agent_opts){.name = "anna"}, NULL);
    p->call.agent = p->anna;
    p->call.messages =
        rp_list_of(rp_kit_heap(p->kit), 1, rp_user_message(rp_kit_heap(p->kit), "Hello"));
    snprintf(p->base, sizeof(p->base), "%s/v1", url);
    p->service = (struct rp_service){.agent = "anna", .model = "m", .base_url = p->base};
    p->retry = rp_retry_default();
    p->retry.first_ms = 1; /* real milliseconds */
}

void live_serve(struct live_play *p, const struct fault_answer *answers, size_t n)
{
    struct fault_server *server = fault_server_start(answers, n);

    live_begin(p, fault_server_url(server));
    p->server = server;
}

void live_open_client(struct live_play *p)
{
    struct rp_transport curl, retry;

    assert_int_equal(rp_curl_new(&p->f.alloc, &p->limits, &curl), RP_OK);
    assert_int_equal(rp_retry_new(&p->f.alloc, &p->retry, curl, &retry), RP_OK);
    assert_int_equal(rp_remote_new(&p->f.alloc, &p->service, 1, retry, &p->client), RP_OK);
}

void live_end(struct live_play *p)
{
    if (p->client.self)
        p->client.ops->free(p->client.self);
    rp_heap_free(&p->run);
    rp_kit_free(p->kit);
    assert_int_equal(p->f.out, 0);
    if (p->server)
        fault_server_stop(p->server);
}

/* The service's own address is another one each time. */
static void tell_reason(struct live_play *p, const char *reason)
{
    size_t n = strlen(p->base) - strlen("/v1");
    const char *at;
    char host[64];

    snprintf(host, sizeof(host), "%.*s", (int)n, p->base);
    at = strstr(reason, host);
    if (at)
        live_tell(p, " %.*sHOST%s", (int)(at - reason), reason, at + n);
    else
        live_tell(p, " %s", reason);
}

static void tell_contents(struct live_play *p, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++)
        live_tell(p, " '%s'", rp_str_of(rp_c_text_of(rp_at(contents, i))->text).s);
}

void live_tell_reply(struct live_play *p, const struct rp_reply *reply)
{
    static const char *const kind[] = {"nothing", "update", "whole", "end", "error"};

    live_tell(p, "%s", kind[reply->kind]);
    if (reply->kind == RP_REPLY_WHOLE)
        tell_contents(p, rp_message_of(rp_at(rp_response_of(reply->value)->messages, 0))->contents);
    else if (reply->kind == RP_REPLY_UPDATE)
        tell_contents(p, rp_update_of(reply->value)->contents);
    else if (reply->kind == RP_REPLY_ERROR)
        tell_reason(p, reply->reason);
    live_tell(p, "\n");
}

uint32_t live_start(struct live_play *p, int stream)
{
    int64_t number;
    int made;

    p->call.id++;
    p->call.stream = stream;
    assert_int_equal(p->client.ops->start(p->client.self, &p->call, p->now_ms, &number, &made),
                     RP_OK);
    assert_int_equal(made, 1);
    return p->call.id;
}

static int is_over(const struct rp_reply *reply)
{
    return reply->kind != RP_REPLY_NONE && reply->kind != RP_REPLY_UPDATE;
}

void live_hear(struct live_play *p, uint32_t id)
{
    struct rp_reply reply = {.kind = RP_REPLY_NONE};
    uint64_t updates = 0;

    while (!is_over(&reply)) {
        assert_int_equal(p->client.ops->poll(p->client.self, id, p->now_ms, &p->run, &reply),
                         RP_OK);
        if (reply.kind == RP_REPLY_NONE)
            assert_int_equal(
                p->client.ops->wait(p->client.self, p->client.ops->due(p->client.self), &p->now_ms),
                RP_OK);
        else if (reply.kind != RP_REPLY_UPDATE || updates++ < 10)
            live_tell_reply(p, &reply);
    }
    if (updates > 10)
        live_tell(p, "(%s updates)\n", updates > 100 ? "many" : "some");
}

void live_meets(struct live_play *p, const struct fault_answer *answers, size_t n, int stream,
                const char *told)
{
    struct fault_answer all[8];

    assert_true(n < COUNT(all));
    memcpy(all, answers, n * sizeof(*all));
    all[n] = live_good;
    p->server = fault_server_start(all, n + 1);
    snprintf(p->base, sizeof(p->base), "%s/v1", fault_server_url(p->server));
    live_open_client(p);
    live_hear(p, live_start(p, stream));
    assert_string_equal(p->s, told);
    assert_int_equal(fault_server_requests(p->server), n);
    p->n = 0;
    live_hear(p, live_start(p, 0));
    assert_string_equal(p->s, "whole 'Hi'\n");
    live_end(p);
}

void live_one(const struct fault_answer *answer, int stream, const char *told)
{
    struct live_play p;

    live_begin(&p, "");
    live_meets(&p, answer, 1, stream, told);
}
