/* overview_group_chat_round_robin.c - writer and reviewer take turns until the reviewer approves,
 * six turns at most. */
#include "scenarios/examples/example.h"

#include <stdio.h>
#include <string.h>

static const struct example_line script[] = {
    {.agent = "Writer", .says = "Tea: hot leaf water."},
    {.agent = "Reviewer", .says = "Kinder, please."},
    {.agent = "Writer", .says = "Tea: a pause you can hold."},
    {.agent = "Reviewer", .says = "APPROVED"}};

static int is_approved(void *self, struct rp_value conversation)
{
    struct rp_value last = rp_at(conversation, rp_len(conversation) - 1);
    const struct rp_text *text;
    int one;

    (void)self;
    text = rp_message_only_text(last, &one);
    return text && strstr(text->s, "APPROVED") != NULL;
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind == RP_EV_OUTPUT)
        printf("%s: %s\n", event->executor, example_text(ex, event->data));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "Writer", NULL, "Write creative copy.")),
        RP_AGENT(example_agent(&ex, "Reviewer", NULL, "Review. Say APPROVED when satisfied."))};
    struct rp_group_chat_opts opts = {.participants = participants,
                                      .n = 2,
                                      .round_robin = 1,
                                      .has_max_rounds = 1,
                                      .max_rounds = 6,
                                      .terminate = RP_WHEN(is_approved, NULL),
                                      .outputs = {.pick = RP_PICK_ALL}};
    example_start(&ex, rp_group_chat(ex.kit, &opts, &ex.error));
    example_say(&ex, "Write a slogan for tea.");
    return example_close(&ex);
}
