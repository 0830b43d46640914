/* example.c - scripted models and the playing of turns, for the examples. */
#include "scenarios/examples/example.h"

#include "engine/os/reprise_os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void example_must(struct example *ex, int rc)
{
    if (rc == RP_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", rp_status_name(rc), ex->error.where, ex->error.text);
    exit(1);
}

/* ---- scripts ---- */

static struct rp_script_agent *script_of(struct example *ex, const char *agent)
{
    uint32_t i = 0;

    while (i < ex->n_agents && strcmp(ex->agents[i].name, agent) != 0)
        i++;
    if (i == ex->n_agents) {
        ex->agents[i] = (struct rp_script_agent){.name = agent, .replies = ex->replies[i]};
        ex->n_agents++;
    }
    return &ex->agents[i];
}

/* The text without its bars, and its pieces. */
static void say_in_pieces(struct example *ex, const char *says, struct rp_script_reply *reply)
{
    struct rp_heap *h = rp_kit_heap(ex->kit);
    struct rp_value whole = rp_textz(h, "");

    reply->chunks = rp_list();
    while (says) {
        size_t n = strcspn(says, "|");
        struct rp_value piece = rp_text(h, says, n);
        whole = rp_text_join(h, (struct rp_str[]){rp_str_of(whole), rp_str_of(piece), {0}});
        example_must(ex, rp_list_add(h, &reply->chunks, piece));
        says = says[n] ? says + n + 1 : NULL;
    }
    reply->text = whole;
}

static void add_line(struct example *ex, const struct example_line *line)
{
    struct rp_heap *h = rp_kit_heap(ex->kit);
    struct rp_script_agent *a = script_of(ex, line->agent);
    struct rp_script_reply *reply = &ex->replies[a - ex->agents][a->n_replies];
    struct rp_script_call *call = &ex->calls[a - ex->agents][a->n_replies++];

    if (line->says)
        say_in_pieces(ex, line->says, reply);
    if (line->calls) {
        *call = (struct rp_script_call){.name = rp_textz(h, line->calls),
                                        .arguments = rp_textz(h, line->with ? line->with : "{}")};
        reply->calls = call;
        reply->n_calls = 1;
    }
    reply->repeat = 1;
}

static int observe(void *ctx, const struct rp_event *event)
{
    struct example *ex = ctx;

    if (ex->on_event)
        ex->on_event(ex, event);
    return RP_OK;
}

void example_open(struct example *ex, const struct example_line *script, size_t n)
{
    struct rp_alloc alloc = rp_alloc_libc();

    memset(ex, 0, sizeof(*ex));
    example_must(ex, rp_kit_new(&alloc, &ex->kit));
    for (size_t i = 0; i < n; i++)
        add_line(ex, &script[i]);
    ex->observer = (struct rp_observer){.event = observe, .ctx = ex};
    ex->watch = &ex->observer;
}

struct rp_agent *example_agent(struct example *ex, const char *name, const char *description,
                               const char *instructions)
{
    struct rp_agent_opts opts = {
        .name = name, .description = description, .instructions = instructions};
    struct rp_agent *agent = rp_agent(ex->kit, &opts, &ex->error);

    example_must(ex, agent ? RP_OK : ex->error.status);
    return agent;
}

/* ---- instances ---- */

static void end_instance(struct example *ex)
{
    rp_run_free(ex->run);
    ex->run = NULL;
    if (ex->workflow)
        rp_stage_free(&ex->stage);
    ex->workflow = NULL;
}

void example_keep(struct example *ex)
{
    struct rp_alloc alloc = rp_alloc_libc();

    example_must(ex, rp_store_memory(&alloc, &ex->store));
    ex->has_store = 1;
}

void example_start(struct example *ex, const struct rp_workflow *workflow)
{
    struct rp_run_opts opts = {.alloc = rp_alloc_libc()};
    struct rp_client client;

    example_must(ex, workflow ? RP_OK : ex->error.status);
    end_instance(ex);
    example_must(ex, rp_script_new(&opts.alloc, ex->agents, ex->n_agents, &client));
    rp_stage_init(&ex->stage, &opts.alloc, client, NULL);
    ex->stage.watch = &ex->watch;
    ex->stage.n_watch = 1;
    ex->workflow = workflow;
    opts.store = ex->has_store ? &ex->store : NULL;
    opts.world = rp_stage_world(&ex->stage);
    example_must(ex, rp_run_new(workflow, &opts, &ex->run));
}

int example_close(struct example *ex)
{
    end_instance(ex);
    if (ex->has_store)
        ex->store.ops->free(ex->store.self);
    rp_kit_free(ex->kit);
    return fflush(stdout) == 0 ? 0 : 1;
}

/* ---- turns ---- */

static void play(struct example *ex, int rc)
{
    example_must(ex, rc);
    example_must(ex, rp_stage_play(&ex->stage, ex->run, &ex->error));
    example_must(ex, rp_run_error(ex->run, &ex->error));
}

void example_say(struct example *ex, const char *task)
{
    struct rp_value message = rp_textz(rp_run_heap(ex->run), task);

    play(ex, rp_run_message(ex->run, message, NULL, &ex->error));
}

void example_stream(struct example *ex, const char *task)
{
    struct rp_value message = rp_textz(rp_run_heap(ex->run), task);
    struct rp_turn turn = {.stream = 1};

    play(ex, rp_run_message(ex->run, message, &turn, &ex->error));
}

void example_respond(struct example *ex, const struct rp_answer *answers, size_t n)
{
    play(ex, rp_run_respond(ex->run, answers, n, NULL, &ex->error));
}

void example_resume(struct example *ex, int64_t checkpoint)
{
    play(ex, rp_run_resume(ex->run, checkpoint, NULL, 0, NULL, &ex->error));
}

/* ---- values ---- */

static struct rp_value text_of(struct rp_heap *h, struct rp_value v)
{
    if (v.tag == RP_LIST)
        return rp_messages_text(h, v);
    switch (rp_kind(v)) {
    case RP_K_MESSAGE:
        return rp_message_text(h, v);
    case RP_K_RESPONSE:
        return rp_messages_text(h, rp_response_of(v)->messages);
    case RP_K_AGENT_RESPONSE:
        return text_of(h, rp_agent_response_of(v)->response);
    case RP_K_UPDATE:
        return rp_message_text(h, rp_message(h, RP_ASSISTANT, rp_nil(), rp_update_of(v)->contents));
    default:
        return v;
    }
}

const char *example_text(struct example *ex, struct rp_value v)
{
    return rp_str_of(text_of(rp_run_heap(ex->run), v)).s;
}

const char *example_author(struct rp_value v)
{
    struct rp_value author = rp_nil();

    if (rp_kind(v) == RP_K_RESPONSE && rp_len(rp_response_of(v)->messages) > 0)
        v = rp_at(rp_response_of(v)->messages, 0);
    if (rp_kind(v) == RP_K_MESSAGE)
        author = rp_message_of(v)->author;
    if (rp_kind(v) == RP_K_UPDATE)
        author = rp_update_of(v)->author;
    return author.tag == RP_TEXT ? rp_str_of(author).s : "user";
}

struct rp_value example_user(struct example *ex, const char *text)
{
    struct rp_heap *h = rp_run_heap(ex->run);

    return rp_list_of(h, 1, rp_user_message(h, text));
}
