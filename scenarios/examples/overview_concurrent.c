/* overview_concurrent.c - agents side by side on the same input. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "researcher", .says = "People walk more| in green streets."},
    {.agent = "marketer", .says = "A street to stay in."},
    {.agent = "legal", .says = "Trees need a permit."}};

static void on_event(struct example *ex, const struct rp_event *event)
{
    struct rp_value messages;

    if (event->kind == RP_EV_INTERMEDIATE)
        printf("%s: %s\n", event->executor, example_text(ex, event->data));
    if (event->kind != RP_EV_OUTPUT)
        return;
    messages = rp_response_of(event->data)->messages;
    printf("%s:\n", event->executor);
    for (uint32_t i = 0; i < rp_len(messages); i++)
        printf("  %s: %s\n", example_author(rp_at(messages, i)),
               example_text(ex, rp_at(messages, i)));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "researcher", NULL, "Research perspective.")),
        RP_AGENT(example_agent(&ex, "marketer", NULL, "Marketing perspective.")),
        RP_AGENT(example_agent(&ex, "legal", NULL, "Legal perspective."))};
    struct rp_concurrent_opts opts = {
        .participants = participants, .n = 3, .intermediates = {.pick = RP_PICK_ALL}};
    example_start(&ex, rp_concurrent(ex.kit, &opts, &ex.error));
    example_stream(&ex, "Plant trees in Mill Street.");
    return example_close(&ex);
}
