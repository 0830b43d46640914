/* handoff_user_input_and_approval.c - support agents hand a customer on to each other; they ask the
 * customer, and they ask before they pay. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "triage_agent", .says = "Refunds will help.", .calls = "handoff_to_refund_agent"},
    {.agent = "refund_agent", .says = "How much was it, and do you want the money back?"},
    {.agent = "refund_agent",
     .calls = "submit_refund",
     .with = "{\"order\":\"12345\",\"amount\":\"89.99\"}"},
    {.agent = "refund_agent", .says = "The refund is on its way."}};

/* What the person at the keyboard says. */
static const char *const inputs[] = {"89.99, and yes please.", NULL};
static size_t n_inputs;

static int submit_refund(void *self, struct rp_heap *heap, struct rp_value arguments,
                         struct rp_tool_result *result)
{
    (void)self;
    (void)arguments;
    result->value = rp_textz(heap, "refunded");
    return RP_OK;
}

/* A question: the next input, or an empty list, which ends the conversation. */
static struct rp_value ask_user(struct example *ex, const struct rp_open_request *request)
{
    const char *input = inputs[n_inputs];

    printf("Agent %s asks:\n", request->executor);
    printf("  %s\n", example_text(ex, rp_user_request_of(request->data)->response));
    if (!input) {
        printf("You: (nothing more)\n");
        return rp_list();
    }
    printf("You: %s\n", input);
    n_inputs++;
    return example_user(ex, input);
}

static struct rp_value ask_approval(struct example *ex, const struct rp_open_request *request)
{
    struct rp_value call = rp_c_approval_request_of(request->data)->call;

    printf("Tool approval requested: %s\n", rp_str_of(rp_c_call_of(call)->name).s);
    printf("Arguments: %s\n", rp_str_of(rp_c_call_of(call)->arguments).s);
    printf("Approve? (y/n): y\n");
    return rp_approval_response(rp_run_heap(ex->run), call, 1);
}

static void answer_all(struct example *ex)
{
    struct rp_answer responses[EXAMPLE_REQUESTS];
    uint32_t n = rp_run_requests(ex->run);

    for (uint32_t i = 0; i < n; i++) {
        struct rp_open_request request = rp_run_request(ex->run, i);
        responses[i].request = request.id;
        responses[i].value = rp_kind(request.data) == RP_K_USER_REQUEST
                                 ? ask_user(ex, &request)
                                 : ask_approval(ex, &request);
    }
    example_respond(ex, responses, n);
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    struct rp_tool refund = {.name = "submit_refund", .needs_approval = 1, .call = submit_refund};
    struct rp_agent_opts refund_agent = {.name = "refund_agent", .tools = &refund, .n_tools = 1};
    struct rp_agent *participants[] = {
        example_agent(&ex, "triage_agent", "finds out who can help", NULL),
        rp_agent(ex.kit, &refund_agent, &ex.error),
        example_agent(&ex, "order_agent", "knows about orders", NULL)};
    struct rp_handoff_opts opts = {.name = "support_with_approvals",
                                   .participants = participants,
                                   .n = 3,
                                   .start = "triage_agent"};
    example_start(&ex, rp_handoff(ex.kit, &opts, &ex.error));
    example_say(&ex, "My order 12345 arrived damaged. I need a refund.");
    while (rp_run_requests(ex.run) > 0)
        answer_all(&ex);
    printf("Workflow completed!\n");
    return example_close(&ex);
}
