/* group_chat_coordinator.c - a group chat in which an agent chooses who speaks next. */
#include "scenarios/examples/example.h"

#include <stdio.h>

#define NEXT(speaker, reason)                                                                      \
    "{\"terminate\":false,\"reason\":\"" reason "\",\"next_speaker\":\"" speaker "\"}"

static const struct example_line script[] = {
    {.agent = "Coordinator", .says = NEXT("Researcher", "facts come first")},
    {.agent = "Researcher", .says = "The bridge is 1,280 metres long and opened in 1937."},
    {.agent = "Coordinator", .says = NEXT("Writer", "the facts are there")},
    {.agent = "Writer", .says = "Open since 1937, the bridge spans 1,280 metres."},
    {.agent = "Coordinator",
     .says = "{\"terminate\":true,\"reason\":\"both have contributed\","
             "\"final_message\":\"Open since 1937, the bridge spans 1,280 metres.\"}"}};

static void on_event(struct example *ex, const struct rp_event *event)
{
    struct rp_value sent = rp_map_get(event->data, "request_sent");

    if (event->kind == RP_EV_GROUP_CHAT && sent.tag == RP_MAP)
        printf("next speaker: %s\n", example_text(ex, rp_map_get(sent, "participant")));
    if (event->kind == RP_EV_OUTPUT || event->kind == RP_EV_INTERMEDIATE)
        printf("%s: %s\n", event->executor, example_text(ex, event->data));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_agent *coordinator = example_agent(&ex, "Coordinator", "chooses who speaks next",
                                                 "Lead the team until the task is solved.\n"
                                                 "- Researcher begins and gathers what is known.\n"
                                                 "- Writer then makes the answer of it.\n"
                                                 "- End only when both have had their say.\n");
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "Researcher", "gathers facts", NULL)),
        RP_AGENT(example_agent(&ex, "Writer", "writes the answer", NULL))};
    struct rp_group_chat_opts opts = {.participants = participants,
                                      .n = 2,
                                      .coordinator = coordinator,
                                      .intermediates = {.pick = RP_PICK_ALL}};
    example_start(&ex, rp_group_chat(ex.kit, &opts, &ex.error));
    example_say(&ex, "Describe the bridge in one sentence.");
    return example_close(&ex);
}
