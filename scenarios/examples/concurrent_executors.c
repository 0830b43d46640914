/* concurrent_executors.c - three executors of one's own, each with an agent inside, work on the
 * same task at once. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "researcher", .says = "Commuters want light bikes."},
    {.agent = "marketer", .says = "Say: the bike that carries you."},
    {.agent = "legal", .says = "Speed limits for e-bikes differ by country."}};

static int answer(struct rp_ctx *cx, void *self, struct rp_value response)
{
    (void)self;
    return rp_send_response(cx, response);
}

/* An executor's own pointer is the agent that works for it. */
static int work(struct rp_ctx *cx, void *self, struct rp_value request)
{
    return rp_run_agent(cx, self, rp_agent_request_of(request)->messages, answer);
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind != RP_EV_OUTPUT)
        return;
    struct rp_value messages = rp_response_of(event->data)->messages;
    for (uint32_t i = 0; i < rp_len(messages); i++)
        printf("%s: %s\n", example_author(rp_at(messages, i)),
               example_text(ex, rp_at(messages, i)));
}

int main(void)
{
    static struct example ex;
    struct rp_handler handler = {.accepts = RP_T_REC(RP_K_AGENT_REQUEST),
                                 .fn = work,
                                 .sends = RP_T_REC(RP_K_AGENT_RESPONSE)};

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_agent *agents[] = {example_agent(&ex, "researcher", NULL, "Give the market's view."),
                                 example_agent(&ex, "marketer", NULL, "Give marketing's view."),
                                 example_agent(&ex, "legal", NULL, "Give the lawyers' view.")};
#define EXEC(name, k)                                                                              \
    {                                                                                              \
        .id = (name), .handlers = &handler, .n_handlers = 1, .agents = &agents[k], .n_agents = 1,  \
        .self = agents[k]                                                                          \
    }
    struct rp_executor researcher = EXEC("ResearcherExec", 0);
    struct rp_executor marketer = EXEC("MarketerExec", 1);
    struct rp_executor legal = EXEC("LegalExec", 2);

    struct rp_participant all[] = {RP_EXECUTOR(&researcher), RP_EXECUTOR(&marketer),
                                   RP_EXECUTOR(&legal)};
    struct rp_workflow *workflow =
        rp_concurrent(ex.kit, &(struct rp_concurrent_opts){.participants = all, .n = 3}, &ex.error);

    example_start(&ex, workflow);
    example_say(&ex, "We launch a budget-friendly electric bike for commuters.");
    return example_close(&ex);
}
