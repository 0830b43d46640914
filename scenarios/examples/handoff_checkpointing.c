/* handoff_checkpointing.c - a support conversation stops at a question, and goes on later, in
 * another process, from its latest checkpoint. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "triage_agent", .says = "Refunds will help.", .calls = "handoff_to_refund_agent"},
    {.agent = "refund_agent", .says = "Shall I refund order 12345?"},
    {.agent = "refund_agent", .calls = "submit_refund", .with = "{\"order\":\"12345\"}"},
    {.agent = "refund_agent", .says = "Order 12345 is refunded."}};

static int submit_refund(void *self, struct rp_heap *heap, struct rp_value arguments,
                         struct rp_tool_result *result)
{
    (void)self;
    printf("(order %s is refunded)\n", rp_str_of(rp_map_get(arguments, "order")).s);
    result->value = rp_textz(heap, "refunded");
    return RP_OK;
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind == RP_EV_OUTPUT)
        printf("%s: %s\n", event->executor, example_text(ex, event->data));
    if (event->kind == RP_EV_REQUEST_INFO)
        printf("request of %s\n", event->executor);
}

static struct rp_workflow *durable_support(struct example *ex)
{
    struct rp_tool refund = {.name = "submit_refund", .needs_approval = 1, .call = submit_refund};
    struct rp_agent_opts refund_agent = {.name = "refund_agent", .tools = &refund, .n_tools = 1};
    struct rp_agent *participants[] = {example_agent(ex, "triage_agent", NULL, NULL),
                                       rp_agent(ex->kit, &refund_agent, &ex->error),
                                       example_agent(ex, "order_agent", NULL, NULL)};
    struct rp_handoff_opts opts = {
        .name = "durable_support", .participants = participants, .n = 3, .start = "triage_agent"};

    return rp_handoff(ex->kit, &opts, &ex->error);
}

/* Says yes to approvals, and to the first question; then nothing more. */
static void answer_all(struct example *ex, const char *reply)
{
    struct rp_answer responses[EXAMPLE_REQUESTS];
    uint32_t n = rp_run_requests(ex->run);

    for (uint32_t i = 0; i < n; i++) {
        struct rp_open_request request = rp_run_request(ex->run, i);
        responses[i].request = request.id;
        if (rp_kind(request.data) == RP_K_C_APPROVAL_REQUEST)
            responses[i].value = rp_approval_response(
                rp_run_heap(ex->run), rp_c_approval_request_of(request.data)->call, 1);
        else
            responses[i].value = reply ? example_user(ex, reply) : rp_list();
    }
    example_respond(ex, responses, n);
}

int main(void)
{
    static struct example ex;
    int64_t latest;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    example_keep(&ex);
    struct rp_workflow *workflow = durable_support(&ex);
    example_start(&ex, workflow);
    example_say(&ex, "I need a refund for order 12345");

    printf("-- later --\n");
    example_must(&ex, ex.store.ops->latest(ex.store.self, "durable_support", &latest, &ex.error));
    example_start(&ex, workflow);
    example_resume(&ex, latest);
    answer_all(&ex, "Yes, please process the refund.");
    while (rp_run_requests(ex.run) > 0)
        answer_all(&ex, NULL);
    printf("Refund workflow completed!\n");
    return example_close(&ex);
}
