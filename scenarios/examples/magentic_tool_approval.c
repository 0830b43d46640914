/* magentic_tool_approval.c - a person approves what an agent is about to do while a manager leads
 * the work. */
#include "scenarios/examples/example.h"

#include <stdio.h>

static const struct example_line script[] = {
    {.agent = "Manager", .says = "Jessica Smith is new and has no account."},
    {.agent = "Manager", .says = "Onboarder makes the account."},
    {.agent = "Manager",
     .says = EXAMPLE_LEDGER("false", "Onboarder", "Make an account for Jessica Smith.")},
    {.agent = "Onboarder", .calls = "create_account", .with = "{\"name\":\"Jessica Smith\"}"},
    {.agent = "Onboarder", .says = "The account jsmith is ready."},
    {.agent = "Manager", .says = EXAMPLE_LEDGER("true", "Onboarder", "")},
    {.agent = "Manager", .says = "Jessica Smith is onboarded; her account is jsmith."}};

static int create_account(void *self, struct rp_heap *heap, struct rp_value arguments,
                          struct rp_tool_result *result)
{
    (void)self;
    printf("(an account is made for %s)\n", rp_str_of(rp_map_get(arguments, "name")).s);
    result->value = rp_textz(heap, "jsmith");
    return RP_OK;
}

static void on_event(struct example *ex, const struct rp_event *event)
{
    if (event->kind == RP_EV_OUTPUT)
        printf("Result: %s\n", example_text(ex, event->data));
}

/* Shows what is asked and says yes. */
static void approve(struct example *ex)
{
    struct rp_open_request request = rp_run_request(ex->run, 0);
    struct rp_c_approval_request *question = rp_c_approval_request_of(request.data);
    struct rp_c_call *call = rp_c_call_of(question->call);

    printf("Agent: %s\n", request.executor);
    printf("Question: may it call %s with %s?\n", rp_str_of(call->name).s,
           rp_str_of(call->arguments).s);
    printf("> yes\n");
    struct rp_answer reply = {request.id,
                              rp_approval_response(rp_run_heap(ex->run), question->call, 1)};
    example_respond(ex, &reply, 1);
}

int main(void)
{
    static struct example ex;

    example_open(&ex, EXAMPLE_SCRIPT(script));
    ex.on_event = on_event;
    struct rp_tool tool = {.name = "create_account",
                           .description = "makes an account",
                           .needs_approval = 1,
                           .call = create_account};
    struct rp_agent_opts onboarder = {
        .name = "Onboarder", .description = "sets up new colleagues", .tools = &tool, .n_tools = 1};
    struct rp_participant participants[] = {RP_AGENT(rp_agent(ex.kit, &onboarder, &ex.error))};
    struct rp_magentic_opts opts = {
        .participants = participants, .n = 1, .manager = example_agent(&ex, "Manager", NULL, NULL)};
    example_start(&ex, rp_magentic(ex.kit, &opts, &ex.error));
    example_say(&ex, "Onboard Jessica Smith");
    while (rp_run_requests(ex.run) > 0)
        approve(&ex);
    return example_close(&ex);
}
