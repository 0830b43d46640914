/* group_chat_stream.c - runs a group chat, shows what its agents say piece by piece, and in the end
 * the whole conversation. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "Researcher", .says = "While one task waits| for the network,| another one runs."},
    {.agent = "Writer", .says = "Async code| waits without blocking:| one thread serves many."},
    {.agent = "Researcher", .says = "And each await| marks where| it may be put aside."},
    {.agent = "Writer", .says = "So it scales,| and it still reads| from top to bottom."}};

static const char rule[] =
    "--------------------------------------------------------------------------------";

enum { TURNS = 8 };

struct conversation {
    const char *speaker[TURNS]; /* executors; pieces of one turn are put together to messages */
    struct rp_value messages[TURNS], ids[TURNS];
    size_t turns;
};

/* Keeps a piece as part of the conversation. */
static void keep(struct example *ex, struct conversation *c, struct rp_value update)
{
    struct rp_heap *h = rp_kit_heap(ex->kit);
    struct rp_value own;

    example_must(ex, rp_copy_into(h, update, &own));
    example_must(ex, rp_fold(h, &c->messages[c->turns - 1], &c->ids[c->turns - 1], own));
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    struct conversation *c = ex->self;

    if (event->kind != RP_EV_OUTPUT || rp_kind(event->data) != RP_K_UPDATE)
        return;
    if (c->turns == 0 || event->executor != c->speaker[c->turns - 1]) {
        printf("%s[%s]: ", c->turns ? "\n" : "", event->executor);
        c->messages[c->turns] = c->ids[c->turns] = rp_list();
        c->speaker[c->turns++] = event->executor;
    }
    printf("%s", example_text(ex, event->data));
    keep(ex, c, event->data);
}

int main(void)
{
    static struct example ex;
    struct conversation c = {.turns = 0};
    const char *task = "What are the key benefits of async/await in Python?";

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    ex.self = &c;
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "Researcher", "finds facts", NULL)),
        RP_AGENT(example_agent(&ex, "Writer", "writes answers", NULL))};
    struct rp_group_chat_opts opts = {.participants = participants,
                                      .n = 2,
                                      .round_robin = 1,
                                      .has_max_rounds = 1,
                                      .max_rounds = 4,
                                      .outputs = {.pick = RP_PICK_ALL}};
    example_start(&ex, rp_group_chat(ex.kit, &opts, &ex.error));

    printf("Task: %s\n\n%s\n", task, rule);
    example_stream(&ex, task);

    printf("\n\n%s\nFinal conversation:\n", rule);
    for (size_t i = 0; i < c.turns; i++) {
        struct rp_value message = rp_at(c.messages[i], 0);
        printf("\n[%s]\n%s\n", example_author(message), example_text(&ex, message));
    }
    printf("%s\nWorkflow completed.\n", rule);
    return example_close(&ex);
}
