/* overview_sequential.c - agents one after the other, each with what the ones before it said. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "translator", .says = "The harbour| is closed| because of the storm."},
    {.agent = "summarizer", .says = "Storm:| harbour closed."}};

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (rp_kind(event->data) == RP_K_UPDATE && event->kind != RP_EV_EXECUTOR_COMPLETED)
        printf("%s: %s\n", event->executor, example_text(ex, event->data));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "translator", NULL, "Translate into English.")),
        RP_AGENT(example_agent(&ex, "summarizer", NULL, "Say it in four words."))};
    struct rp_sequential_opts opts = {
        .participants = participants, .n = 2, .outputs = {.pick = RP_PICK_ALL}};
    example_start(&ex, rp_sequential(ex.kit, &opts, &ex.error));
    example_stream(&ex, "Der Hafen ist wegen des Sturms geschlossen.");
    return example_close(&ex);
}
