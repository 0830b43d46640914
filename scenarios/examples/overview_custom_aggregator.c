/* overview_custom_aggregator.c - a function that puts all agents' answers together. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {{.agent = "agent1", .says = "Demand is there."},
                                             {.agent = "agent2", .says = "The price is right."},
                                             {.agent = "agent3", .says = "Supply is uncertain."}};

static int custom_aggregator(struct rp_ctx *cx, void *self, struct rp_value results,
                             struct rp_value *out)
{
    struct rp_heap *h = rp_heap(cx);

    (void)self;
    *out = rp_textz(h, "Combined analysis:");
    for (uint32_t i = 0; i < rp_len(results); i++) {
        struct rp_value response = rp_agent_response_of(rp_at(results, i))->response;
        struct rp_value text = rp_messages_text(h, rp_response_of(response)->messages);
        *out =
            rp_text_join(h, (struct rp_str[]){rp_str_of(*out), rp_str("\n"), rp_str_of(text), {0}});
    }
    return RP_OK;
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind == RP_EV_OUTPUT)
        printf("%s\n", example_text(ex, event->data));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {RP_AGENT(example_agent(&ex, "agent1", NULL, NULL)),
                                            RP_AGENT(example_agent(&ex, "agent2", NULL, NULL)),
                                            RP_AGENT(example_agent(&ex, "agent3", NULL, NULL))};
    struct rp_concurrent_opts opts = {
        .participants = participants, .n = 3, .aggregate = custom_aggregator};
    example_start(&ex, rp_concurrent(ex.kit, &opts, &ex.error));
    example_say(&ex, "Shall we build a second kiln?");
    return example_close(&ex);
}
