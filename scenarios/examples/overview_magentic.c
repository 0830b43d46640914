/* overview_magentic.c - a manager plans, and chooses agents as the work needs them; the program
 * follows what it chooses and plans. */
#include "scenarios/examples/example.h"

#include <stdio.h>
#include <string.h>

static const struct example_line script[] = {
    {.agent = "Manager", .says = "Headlines stand in h2 elements."},
    {.agent = "Manager", .says = "- Researcher looks\n- Coder writes\n- Reviewer reads"},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("false", "Researcher", "Where are headlines?")},
    {.agent = "Researcher", .says = "In h2 elements of class title."},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("false", "Coder", "Write the scraper.")},
    {.agent = "Coder", .says = "print([h.text for h in page.select('h2.title')])"},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("false", "Reviewer", "Is it right?")},
    {.agent = "Reviewer", .says = "It is."},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("true", "Reviewer", "")},
    {.agent = "Manager", .says = "The scraper is written and reviewed."}};

static void on_agent_selected(const char *agent)
{
    printf("Selected: %s\n", agent);
}

static void on_plan_created(void)
{
    printf("Plan created\n");
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    struct rp_value sent = rp_map_get(event->data, "request_sent");

    if (event->kind == RP_EV_GROUP_CHAT && sent.tag == RP_MAP)
        on_agent_selected(example_text(ex, rp_map_get(sent, "participant")));
    if (event->kind == RP_EV_MAGENTIC && rp_map_has(event->data, "plan_created"))
        on_plan_created();
    if (event->kind == RP_EV_OUTPUT)
        printf("Result: %s\n", example_text(ex, event->data));
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "Researcher", "researches", "Gather information.")),
        RP_AGENT(example_agent(&ex, "Coder", "programs", "Write and debug code.")),
        RP_AGENT(example_agent(&ex, "Reviewer", "reviews", "Review work quality."))};
    struct rp_magentic_opts opts = {
        .participants = participants, .n = 3, .manager = example_agent(&ex, "Manager", NULL, NULL)};
    example_start(&ex, rp_magentic(ex.kit, &opts, &ex.error));
    example_say(&ex, "Build a web scraper for news headlines");
    return example_close(&ex);
}
