/* concurrent_executors.c - three executors of one's own, each with an agent inside, work on the
 * same task; their answers come together in the end. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "researcher", .says = "Commuters want light bikes."},
    {.agent = "marketer", .says = "Say: the bike that carries you."},
    {.agent = "legal", .says = "Speed limits for e-bikes differ by country."}};

/* The agent's reply goes on as one message. */
static int pass_on(struct rp_ctx *cx, void *self, struct rp_value response)
{
    (void)self;
    return rp_send(cx, rp_at(rp_response_of(response)->messages, 0));
}

static int work(struct rp_ctx *cx, void *self, struct rp_value task)
{
    return rp_run_agent(cx, self, task, pass_on);
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
    static const char *const workers[] = {"ResearcherExec", "MarketerExec", "LegalExec"};

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_agent *agents[] = {example_agent(&ex, "researcher", NULL, "Give the market's view."),
                                 example_agent(&ex, "marketer", NULL, "Give marketing's view."),
                                 example_agent(&ex, "legal", NULL, "Give the lawyers' view.")};
    struct rp_graph *g = rp_graph(ex.kit, &(struct rp_graph_opts){.agents = agents, .n_agents = 3});
    add(g, "dispatcher", RP_T_TEXT, dispatch, NULL);
    for (size_t i = 0; i < 3; i++)
        add(g, workers[i], RP_T_TEXT, work, agents[i]);
    add(g, "collector", rp_type_list(RP_T_MESSAGE), collect, NULL);
    rp_graph_start(g, "dispatcher");
    rp_graph_fan_out(g, "dispatcher", workers, 3);
    rp_graph_fan_in(g, workers, 3, "collector");
    example_start(&ex, rp_graph_build(g, &ex.error));
    example_say(&ex, "We launch a budget-friendly electric bike for commuters.");
    return example_close(&ex);
}
