/* overview_handoff_rules.c - an agent hands over by what it says last, without calling a tool. */
#include "scenarios/examples/example.h"

#include <stdio.h>
#include <string.h>

static const struct example_line script[] = {
    {.agent = "Triage", .says = "This is a billing matter."},
    {.agent = "Billing", .says = "Your invoice is corrected."},
    {.agent = "Triage", .says = "This is a technical matter."},
    {.agent = "Technical", .says = "Restart the router."}};

/* Does the last message contain the word? */
static int says(void *self, struct rp_value messages)
{
    const char *word = self;
    const struct rp_text *text = NULL;
    int one;

    if (rp_len(messages) > 0)
        text = rp_message_only_text(rp_at(messages, rp_len(messages) - 1), &one);
    return text && strstr(text->s, word) != NULL;
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    struct rp_value handoff = rp_map_get(event->data, "handoff");

    if (event->kind == RP_EV_OUTPUT)
        printf("%s: %s\n", event->executor, example_text(ex, event->data));
    if (event->kind == RP_EV_HANDOFF_SENT)
        printf("-> %s\n", example_text(ex, rp_map_get(handoff, "target")));
}

static void ask(struct example *ex, const char *question)
{
    printf("user: %s\n", question);
    example_say(ex, question);
}

int main(void)
{
    static struct example ex;
    char billing[] = "billing", technical[] = "technical";

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_agent *participants[] = {
        example_agent(&ex, "Triage", NULL, "Route to Billing or Technical."),
        example_agent(&ex, "Billing", NULL, NULL), example_agent(&ex, "Technical", NULL, NULL)};
    struct rp_handoff_rule rules[] = {
        {.from = "Triage", .to = "Billing", .when = RP_WHEN(says, billing)},
        {.from = "Triage", .to = "Technical", .when = RP_WHEN(says, technical)}};
    struct rp_handoff_opts opts = {
        .participants = participants, .n = 3, .start = "Triage", .rules = rules, .n_rules = 2};
    example_start(&ex, rp_handoff(ex.kit, &opts, &ex.error));
    ask(&ex, "My invoice is wrong.");
    ask(&ex, "My router blinks.");
    return example_close(&ex);
}
