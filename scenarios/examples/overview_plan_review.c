/* overview_plan_review.c - a manager's plan waits for a person, who first wants it changed. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "Manager", .says = "The list has 40 names."},
    {.agent = "Manager", .says = "Coder sorts the list."},
    {.agent = "Manager", .says = "The list has 40 names, some twice."},
    {.agent = "Manager", .says = "Researcher drops doubles, then Coder sorts the list."},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("false", "Researcher", "Drop the doubles.")},
    {.agent = "Researcher", .says = "38 names are left."},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("false", "Coder", "Sort them.")},
    {.agent = "Coder", .says = "They are sorted."},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("true", "Coder", "")},
    {.agent = "Manager", .says = "38 names, sorted."}};

/* What the person says to each plan; NULL approves. */
static const char *const opinions[] = {"Drop the doubles first.", NULL};

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind == RP_EV_MAGENTIC && rp_map_has(event->data, "replanned"))
        printf("Plan changed\n");
    if (event->kind == RP_EV_OUTPUT)
        printf("Result: %s\n", example_text(ex, event->data));
}

static void review(struct example *ex, const char *opinion)
{
    struct rp_open_request request = rp_run_request(ex->run, 0);
    struct rp_plan_answer *answer = rp_rec_new(rp_run_heap(ex->run), RP_K_PLAN_ANSWER);

    printf("Approve plan? (y, or what to change): %s\n", opinion ? opinion : "y");
    if (!answer)
        example_must(ex, RP_ENOMEM);
    if (opinion)
        answer->messages = example_user(ex, opinion);
    example_respond(ex, &(struct rp_answer){request.id, rp_from_rec(answer)}, 1);
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_participant participants[] = {
        RP_AGENT(example_agent(&ex, "Researcher", "knows the list", NULL)),
        RP_AGENT(example_agent(&ex, "Coder", "sorts", NULL))};
    struct rp_magentic_opts opts = {.participants = participants,
                                    .n = 2,
                                    .manager = example_agent(&ex, "Manager", NULL, NULL),
                                    .plan_review = 1};
    example_start(&ex, rp_magentic(ex.kit, &opts, &ex.error));
    example_say(&ex, "Sort the list of names.");
    for (size_t i = 0; rp_run_requests(ex.run) > 0; i++)
        review(&ex, opinions[i]);
    return example_close(&ex);
}
