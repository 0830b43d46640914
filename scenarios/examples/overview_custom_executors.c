/* overview_custom_executors.c - an executor that wraps an agent and logs its work. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {{.agent = "agent1", .says = "It will rain."},
                                             {.agent = "agent2", .says = "Take a coat."}};

/* A LoggingExecutor: its own pointer is the agent that it wraps. */
static int complete(struct rp_ctx *cx, void *self, struct rp_value response)
{
    printf("[%s] Complete\n", rp_agent_name(self));
    return rp_send_response(cx, response);
}

static int execute(struct rp_ctx *cx, void *self, struct rp_value request)
{
    printf("[%s] Processing...\n", rp_agent_name(self));
    return rp_run_agent(cx, self, rp_agent_request_of(request)->messages, complete);
}

static struct rp_executor logging(const char *id, const struct rp_handler *handler,
                                  struct rp_agent **agent)
{
    return (struct rp_executor){.id = id,
                                .handlers = handler,
                                .n_handlers = 1,
                                .agents = agent,
                                .n_agents = 1,
                                .self = *agent};
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
                                 .fn = execute,
                                 .sends = RP_T_REC(RP_K_AGENT_RESPONSE)};

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_agent *agent1 = example_agent(&ex, "agent1", NULL, NULL);
    struct rp_agent *agent2 = example_agent(&ex, "agent2", NULL, NULL);
    struct rp_executor logged1 = logging("logged agent1", &handler, &agent1);
    struct rp_executor logged2 = logging("logged agent2", &handler, &agent2);

    struct rp_participant both[] = {RP_EXECUTOR(&logged1), RP_EXECUTOR(&logged2)};
    struct rp_workflow *workflow = rp_concurrent(
        ex.kit, &(struct rp_concurrent_opts){.participants = both, .n = 2}, &ex.error);

    example_start(&ex, workflow);
    example_say(&ex, "What is the weather like?");
    return example_close(&ex);
}
