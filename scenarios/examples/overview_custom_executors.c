/* overview_custom_executors.c - an executor that wraps an agent and logs its work. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {{.agent = "agent1", .says = "It will rain."},
                                             {.agent = "agent2", .says = "Take a coat."}};

/* A LoggingExecutor: its own pointer is the agent that it wraps. */
static int complete(struct rp_ctx *cx, void *self, struct rp_value response)
{
    printf("[%s] Complete\n", rp_agent_name(self));
    return rp_send(cx, rp_at(rp_response_of(response)->messages, 0));
}

static int process(struct rp_ctx *cx, void *self, struct rp_value messages)
{
    printf("[%s] Processing...\n", rp_agent_name(self));
    return rp_run_agent(cx, self, messages, complete);
}

static int dispatch(struct rp_ctx *cx, void *self, struct rp_value task)
{
    (void)self;
    return rp_send(cx, task);
}

static int collect(struct rp_ctx *cx, void *self, struct rp_value messages)
{
    (void)self;
    return rp_yield(cx, messages);
}

static void add(struct rp_graph *g, const char *id, struct rp_type takes,
                int (*fn)(struct rp_ctx *, void *, struct rp_value), struct rp_agent *agent)
{
    struct rp_handler handler = {.accepts = takes, .fn = fn};

    rp_graph_executor(
        g, &(struct rp_executor){.id = id, .handlers = &handler, .n_handlers = 1, .self = agent});
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind != RP_EV_OUTPUT)
        return;
    for (uint32_t i = 0; i < rp_len(event->data); i++)
        printf("%s: %s\n", example_author(rp_at(event->data, i)),
               example_text(ex, rp_at(event->data, i)));
}

int main(void)
{
    static struct example ex;
    static const char *const wrappers[] = {"logged agent1", "logged agent2"};

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_agent *agents[] = {example_agent(&ex, "agent1", NULL, NULL),
                                 example_agent(&ex, "agent2", NULL, NULL)};
    struct rp_graph *g = rp_graph(ex.kit, &(struct rp_graph_opts){.agents = agents, .n_agents = 2});
    add(g, "dispatcher", RP_T_TEXT, dispatch, NULL);
    add(g, wrappers[0], RP_T_TEXT, process, agents[0]);
    add(g, wrappers[1], RP_T_TEXT, process, agents[1]);
    add(g, "collector", rp_type_list(RP_T_MESSAGE), collect, NULL);
    rp_graph_start(g, "dispatcher");
    rp_graph_fan_out(g, "dispatcher", wrappers, 2);
    rp_graph_fan_in(g, wrappers, 2, "collector");
    example_start(&ex, rp_graph_build(g, &ex.error));
    example_say(&ex, "What is the weather like?");
    return example_close(&ex);
}
