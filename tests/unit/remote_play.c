/* remote_play.c - owns the play of a model client over a transport. */
#include "tests/unit/remote_play.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/cm.h"

static void tell(struct remote_play *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    p->n += (size_t)vsnprintf(p->s + p->n, sizeof(p->s) - p->n, format, args);
    va_end(args);
    assert_true(p->n < sizeof(p->s));
}

struct rp_value remote_json(struct remote_play *p, const char *text)
{
    struct rp_value v;

    assert_int_equal(rp_json_read(p->heap, text, strlen(text), &v, NULL), RP_OK);
    return v;
}

struct rp_agent *remote_agent(struct remote_play *p, const char *name, const char *instructions,
                              const struct rp_tool *tools, size_t n)
{
    struct rp_agent_opts opts = {.name = name, .instructions = instructions};
    struct rp_agent *made;

    opts.tools = tools;
    opts.n_tools = n;
    made = rp_agent(p->kit, &opts, NULL);
    assert_non_null(made);
    return made;
}

void remote_begin(struct remote_play *p)
{
    struct rp_tool tool = {.name = "get_weather", .description = "Tells it"};

    memset(p, 0, sizeof(*p));
    faulty_init(&p->f, -1);
    assert_int_equal(rp_kit_new(&p->f.alloc, &p->kit), RP_OK);
    p->heap = rp_kit_heap(p->kit);
    rp_heap_init(&p->run, &p->f.alloc, 0, 0);
    tool.parameters = remote_json(p, "{\"type\":\"object\"}");
    p->anna = remote_agent(p, "anna", NULL, NULL, 0);
    p->bert = remote_agent(p, "bert", "Be brief.", &tool, 1);
    p->nobody = remote_agent(p, "nobody", NULL, NULL, 0);
    p->services[0] =
        (struct rp_service){.agent = "anna", .model = "m-1", .base_url = "https://h.example/v1"};
    p->services[1] =
        (struct rp_service){.agent = "bert", .model = "m-2", .base_url = "http://127.0.0.1:1/v1/"};
    p->call.messages = rp_list_of(p->heap, 1, rp_user_message(p->heap, "Hello"));
}

void remote_open_client(struct remote_play *p, const struct fake_answer *answers, size_t n)
{
    struct rp_transport below;

    fake_transport_init(&p->below, &p->f.alloc, answers, n, &below);
    assert_int_equal(rp_remote_new(&p->f.alloc, p->services, 2, below, &p->client), RP_OK);
}

void remote_end(struct remote_play *p)
{
    p->client.ops->free(p->client.self);
    assert_int_equal(p->below.freed, 1);
    rp_heap_free(&p->run);
    rp_kit_free(p->kit);
    assert_int_equal(p->f.out, 0);
}

static void tell_contents(struct remote_play *p, struct rp_value contents)
{
    for (uint32_t i = 0; i < rp_len(contents); i++) {
        struct rp_value v = rp_at(contents, i);
        if (rp_kind(v) == RP_K_C_TEXT)
            tell(p, " '%s'", rp_str_of(rp_c_text_of(v)->text).s);
        else
            tell(p, " %s(%s)#%s", rp_str_of(rp_c_call_of(v)->name).s,
                 rp_str_of(rp_c_call_of(v)->arguments).s, rp_str_of(rp_c_call_of(v)->id).s);
    }
}

static void tell_usage(struct remote_play *p, struct rp_value usage)
{
    if (usage.tag == RP_MAP)
        tell(p, " usage %d", (int)rp_map_get(usage, "total_tokens").u.i);
}

static void tell_reply(struct remote_play *p, const struct rp_reply *reply)
{
    static const char *const kind[] = {"nothing", "update", "whole", "end", "error"};
    struct rp_value v = reply->value;

    tell(p, "[%lu] %s", (unsigned long)p->now_ms, kind[reply->kind]);
    if (reply->kind == RP_REPLY_WHOLE) {
        assert_int_equal(rp_len(rp_response_of(v)->messages), 1);
        tell_contents(p, rp_message_of(rp_at(rp_response_of(v)->messages, 0))->contents);
        tell_usage(p, rp_response_of(v)->usage);
    } else if (reply->kind == RP_REPLY_UPDATE) {
        tell_contents(p, rp_update_of(v)->contents);
    } else {
        tell_usage(p, v);
    }
    tell(p, "%s%s\n", *reply->reason ? " " : "", reply->reason);
}

uint32_t remote_start(struct remote_play *p, const struct rp_agent *who)
{
    int64_t number = -1;
    int made = -1;

    p->call.id++;
    p->call.agent = who;
    assert_int_equal(p->client.ops->start(p->client.self, &p->call, p->now_ms, &number, &made),
                     RP_OK);
    tell(p, "%s %d%s\n", rp_agent_name(who), (int)number, made ? "" : " not made");
    return p->call.id;
}

void remote_hear(struct remote_play *p, uint32_t id)
{
    struct rp_reply reply = {.kind = RP_REPLY_UPDATE};

    while (reply.kind == RP_REPLY_NONE || reply.kind == RP_REPLY_UPDATE) {
        assert_int_equal(p->client.ops->poll(p->client.self, id, p->now_ms, &p->run, &reply),
                         RP_OK);
        if (reply.kind != RP_REPLY_NONE) {
            tell_reply(p, &reply);
            continue;
        }
        uint64_t due = p->client.ops->due(p->client.self);
        if (due == UINT64_MAX)
            return;
        assert_true(due > p->now_ms);
        p->now_ms = due;
    }
}
