/* concurrent_aggregator.c - three agents work on the same task; a function makes one report of
 * their answers. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "researcher", .says = "Half of all trips in town are shorter than 5 km."},
    {.agent = "marketer", .says = "Sell the time that is saved."},
    {.agent = "legal", .says = "Check the rules for cycle lanes."}};

/* results: the agents' responses, in the order of participants. */
static int report(struct rp_ctx *cx, void *self, struct rp_value results, struct rp_value *out)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value text = rp_textz(h, "Report");

    (void)self;
    for (uint32_t i = 0; i < rp_len(results); i++) {
        struct rp_agent_response *r = rp_agent_response_of(rp_at(results, i));
        struct rp_value said = rp_messages_text(h, rp_response_of(r->response)->messages);
        struct rp_str parts[] = {rp_str_of(text), rp_str("\n- "),  rp_str_of(r->executor),
                                 rp_str(": "),    rp_str_of(said), {0}};
        text = rp_text_join(h, parts);
    }
    *out = text;
    return RP_OK;
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind == RP_EV_EXECUTOR_COMPLETED)
        printf("completed: %s\n", event->executor);
    if (event->kind == RP_EV_OUTPUT)
        printf("%s\n", example_text(ex, event->data));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "researcher", NULL, "Give the market's view.")),
        RP_AGENT(example_agent(&ex, "marketer", NULL, "Give marketing's view.")),
        RP_AGENT(example_agent(&ex, "legal", NULL, "Give the lawyers' view."))};
    struct rp_concurrent_opts opts = {.participants = participants, .n = 3, .aggregate = report};
    example_start(&ex, rp_concurrent(ex.kit, &opts, &ex.error));
    example_say(&ex, "We launch a budget-friendly electric bike for commuters.");
    return example_close(&ex);
}
