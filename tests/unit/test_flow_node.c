/* test_flow_node.c - executors of a graph: what each takes, sends and yields, and what is refused.
 */
#include <string.h>

#include "engine/exec.h"
#include "tests/unit/graph.h"

static int same_type(struct rp_type a, struct rp_type b)
{
    return a.is == b.is && a.list_of == b.list_of;
}

/* ---- agents ---- */

static void an_agent_is_an_executor_of_its_name(void **state)
{
    struct rp_agent *a = agent("A"), *b = agent("B");
    struct rp_graph *g = rp_graph(kit, NULL);
    struct rp_workflow *w;
    const struct rp_agent_node *def;

    (void)state;
    rp_graph_agent(g, &(struct rp_agent_node){.agent = a});
    rp_graph_agent(
        g, &(struct rp_agent_node){.id = "second", .agent = b, .context = RP_CONTEXT_LAST_AGENT});
    rp_graph_start(g, "A");
    edge(g, "A", "second");
    w = built(g);
    assert_string_equal(rp_workflow_executor(w, 0), "A");
    assert_string_equal(rp_workflow_executor(w, 1), "second");
    assert_string_equal(rp_workflow_executor_type(w, 0), "agent");
    def = w->node[1].def;
    assert_string_equal(def->id, "second");
    assert_ptr_equal(def->agent, b);
    assert_int_equal(def->context, RP_CONTEXT_LAST_AGENT);
}

static void an_agent_takes_requests_responses_and_what_people_write(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);
    const struct rp_node *node;
    struct rp_value text = rp_textz(&kit->heap, "x");
    struct rp_value message = rp_text_message(&kit->heap, RP_USER, rp_nil(), text);

    (void)state;
    rp_graph_agent(g, &(struct rp_agent_node){.agent = agent("A")});
    rp_graph_start(g, "A");
    node = &built(g)->node[0];
    assert_true(rp_type_accepts(node->takes, text));
    assert_true(rp_type_accepts(node->takes, message));
    assert_true(rp_type_accepts(node->takes, rp_list_of(&kit->heap, 2, text, message)));
    assert_true(rp_type_accepts(node->takes, rp_agent_request(&kit->heap, rp_list(), 1)));
    assert_false(rp_type_accepts(node->takes, rp_int(1)));
    assert_false(rp_type_accepts(node->takes, rp_response(&kit->heap, rp_list(), rp_nil())));
    assert_true(same_type(node->sends, RP_T_REC(RP_K_AGENT_RESPONSE)));
    assert_true(
        same_type(node->yields, rp_type_or(RP_T_REC(RP_K_RESPONSE), RP_T_REC(RP_K_UPDATE))));
}

static void the_same_agent_added_twice_is_one_executor(void **state)
{
    struct rp_agent *a = agent("A");
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_agent(g, &(struct rp_agent_node){.agent = a});
    rp_graph_agent(g, &(struct rp_agent_node){.agent = a});
    rp_graph_start(g, "A");
    assert_int_equal(rp_workflow_executors(built(g)), 1);
}

static int take_nothing(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)cx;
    (void)self;
    (void)data;
    return RP_OK;
}

static void agents_stand_once_in_order_of_first_mention(void **state)
{
    struct rp_agent *a = agent("A"), *b = agent("B"), *c = agent("C");
    struct rp_agent *const given[] = {c, a, c};
    struct rp_handler handler = {.accepts = RP_T_ANY, .fn = take_nothing};
    struct rp_graph *g = rp_graph(kit, &(struct rp_graph_opts){.name = NULL});
    struct rp_workflow *w;

    (void)state;
    rp_graph_executor(g, &(struct rp_executor){.id = "own",
                                               .handlers = &handler,
                                               .n_handlers = 1,
                                               .agents = given,
                                               .n_agents = 3});
    rp_graph_agent(g, &(struct rp_agent_node){.agent = b});
    rp_graph_agent(g, &(struct rp_agent_node){.agent = a});
    rp_graph_agent(g, &(struct rp_agent_node){.id = "again", .agent = b});
    rp_graph_start(g, "A");
    edge(g, "A", "B");
    edge(g, "B", "again");
    edge(g, "A", "own");
    w = built(g);
    assert_int_equal(w->n_agents, 3);
    assert_int_equal(rp_workflow_agent(w, c), 0);
    assert_int_equal(rp_workflow_agent(w, a), 1);
    assert_int_equal(rp_workflow_agent(w, b), 2);
    assert_int_equal(rp_workflow_agent(w, agent("D")), RP_NO_NODE);
}

static int keep_all(void *self, struct rp_heap *heap, struct rp_value conversation,
                    struct rp_value *out)
{
    (void)self;
    (void)heap;
    *out = conversation;
    return RP_OK;
}

static void an_agent_executor_needs_an_agent(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_agent(g, &(struct rp_agent_node){.id = "a"});
    assert_string_equal(failure(g),
                        "a: the agent of an executor is missing; see why it could not be made");
}

static void a_custom_context_needs_a_filter(void **state)
{
    struct rp_agent_node node = {.agent = agent("A"), .context = RP_CONTEXT_CUSTOM};
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_agent(g, &node);
    assert_string_equal(failure(g), "A: CONTEXT_MODE: the context mode is custom, but there is no "
                                    "filter; give one");
    g = rp_graph(kit, NULL);
    node.filter = keep_all;
    rp_graph_agent(g, &node);
    rp_graph_start(g, "A");
    built(g);
}

static void a_context_mode_that_is_none_is_refused(void **state)
{
    struct rp_agent_node node = {.agent = agent("A"), .context = (enum rp_context_mode)3};
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_agent(g, &node);
    assert_string_equal(failure(g), "A: CONTEXT_MODE: the context mode is none; use full, last "
                                    "agent or custom");
}

static void one_agent_in_two_context_modes_needs_two_ids(void **state)
{
    struct rp_agent_node node = {.agent = agent("A")};
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_agent(g, &node);
    node.context = RP_CONTEXT_LAST_AGENT;
    rp_graph_agent(g, &node);
    assert_string_equal(failure(g), "A: CONTEXT_MODE: the agent was added before with another "
                                    "context mode; give one of them another id");
}

static void two_agents_of_one_name_need_two_ids(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_agent(g, &(struct rp_agent_node){.agent = agent("A")});
    rp_graph_agent(g, &(struct rp_agent_node){.agent = agent("A")});
    assert_string_equal(failure(g),
                        "A: EXECUTOR_DUPLICATION: two executors have this id; rename one");
}

/* ---- executors of one's own ---- */

static int handle(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)cx;
    (void)self;
    (void)data;
    return RP_OK;
}

static int handle_answer(struct rp_ctx *cx, void *self, struct rp_value request,
                         struct rp_value answer)
{
    (void)request;
    return handle(cx, self, answer);
}

static void the_types_of_an_executor_are_those_of_its_handlers(void **state)
{
    struct rp_handler handlers[] = {{RP_T_TEXT, handle, RP_T_INT, RP_T_NONE},
                                    {RP_T_INT, handle, RP_T_NONE, RP_T_BOOL}};
    struct rp_answer_handler answers[] = {
        {RP_T_TEXT, RP_T_TEXT, handle_answer, RP_T_MAP, RP_T_REAL}};
    struct rp_graph *g = rp_graph(kit, NULL);
    const struct rp_executor *def;
    const struct rp_node *node;

    (void)state;
    rp_graph_executor(g, &(struct rp_executor){.id = "x",
                                               .type_name = "router",
                                               .handlers = handlers,
                                               .n_handlers = 2,
                                               .answers = answers,
                                               .n_answers = 1});
    rp_graph_start(g, "x");
    node = &built(g)->node[0];
    assert_true(same_type(node->takes, rp_type_or(RP_T_TEXT, RP_T_INT)));
    assert_true(same_type(node->sends, rp_type_or(RP_T_INT, RP_T_MAP)));
    assert_true(same_type(node->yields, rp_type_or(RP_T_BOOL, RP_T_REAL)));
    assert_false(node->undeclared);
    def = node->def;
    handlers[0].fn = NULL;
    answers[0].fn = NULL;
    assert_string_equal(def->type_name, "router");
    assert_ptr_equal(def->handlers[0].fn, handle);
    assert_ptr_equal(def->answers[0].fn, handle_answer);
}

static void an_executor_that_declares_no_sends_is_undeclared(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    typed(g, "x", RP_T_TEXT, RP_T_NONE, RP_T_TEXT);
    rp_graph_start(g, "x");
    assert_true(built(g)->node[0].undeclared);
}

static void two_executors_may_not_share_an_id(void **state)
{
    struct rp_graph *g = graph_of("a b a", NULL);

    (void)state;
    edge(g, "a", "b");
    assert_string_equal(failure(g),
                        "a: EXECUTOR_DUPLICATION: two executors have this id; rename one");
}

static void an_executor_needs_an_id(void **state)
{
    (void)state;
    struct rp_graph *g = rp_graph(kit, NULL);
    plain(g, "");
    assert_string_equal(failure(g), ": an executor has no id; give it one");
    g = rp_graph(kit, NULL);
    plain(g, NULL);
    assert_string_equal(failure(g), ": an executor has no id; give it one");
}

static const char *failure_of_executor(struct rp_executor executor)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    executor.id = "x";
    rp_graph_executor(g, &executor);
    return failure(g);
}

static void an_executor_needs_a_handler(void **state)
{
    (void)state;
    assert_string_equal(failure_of_executor((struct rp_executor){0}),
                        "x: HANDLER: the executor has no handler; give it one or more");
}

static void two_handlers_of_one_type_are_refused(void **state)
{
    const struct rp_handler two[] = {{.accepts = RP_T_TEXT, .fn = handle},
                                     {.accepts = RP_T_INT, .fn = handle},
                                     {.accepts = RP_T_TEXT, .fn = handle}};

    (void)state;
    assert_string_equal(failure_of_executor((struct rp_executor){.handlers = two, .n_handlers = 3}),
                        "x: HANDLER_DUPLICATION: two handlers accept the same type; keep one");
}

static void a_handler_needs_a_function_and_a_type(void **state)
{
    const struct rp_handler no_function = {.accepts = RP_T_TEXT}, no_type = {.fn = handle};

    (void)state;
    assert_string_equal(
        failure_of_executor((struct rp_executor){.handlers = &no_function, .n_handlers = 1}),
        "x: HANDLER: a handler has no function; give it one");
    assert_string_equal(
        failure_of_executor((struct rp_executor){.handlers = &no_type, .n_handlers = 1}),
        "x: HANDLER: a handler accepts no type; say which it accepts");
}

static void handlers_of_answers_are_checked_like_the_others(void **state)
{
    const struct rp_handler handler = {.accepts = RP_T_TEXT, .fn = handle};
    const struct rp_answer_handler none = {.request = RP_T_TEXT, .answer = RP_T_TEXT};
    const struct rp_answer_handler two[] = {{RP_T_TEXT, RP_T_INT, handle_answer, {0}, {0}},
                                            {RP_T_TEXT, RP_T_INT, handle_answer, {0}, {0}}};
    struct rp_executor x = {
        .handlers = &handler, .n_handlers = 1, .answers = &none, .n_answers = 1};

    (void)state;
    assert_string_equal(failure_of_executor(x),
                        "x: HANDLER: a handler of answers has no function; give it one");
    x.answers = two;
    x.n_answers = 2;
    assert_string_equal(failure_of_executor(x),
                        "x: HANDLER_DUPLICATION: two handlers of answers stand for the same "
                        "types; keep one");
}

static int save_nothing(void *self, struct rp_heap *heap, struct rp_value *out)
{
    (void)self;
    (void)heap;
    *out = rp_nil();
    return RP_OK;
}

static void saving_without_loading_is_refused(void **state)
{
    const struct rp_handler handler = {.accepts = RP_T_TEXT, .fn = handle};

    (void)state;
    assert_string_equal(failure_of_executor((struct rp_executor){
                            .handlers = &handler, .n_handlers = 1, .save = save_nothing}),
                        "x: HANDLER: the executor has one of save and load; give both or neither");
}

/* ---- operations and nested workflows ---- */

static void executors_have_types_for_people(void **state)
{
    const struct rp_handler handler = {RP_T_TEXT, handle, RP_T_NONE, RP_T_NONE};
    struct rp_graph *g = rp_graph(kit, NULL);
    struct rp_workflow *w;

    (void)state;
    plain(g, "a");
    rp_graph_executor(g,
                      &(struct rp_executor){
                          .id = "b", .type_name = "router", .handlers = &handler, .n_handlers = 1});
    rp_graph_op(g, "c", json("{\"op\":\"pass\"}"));
    rp_graph_start(g, "a");
    rp_graph_chain(g, (const char *const[]){"a", "b", "c"}, 3);
    w = built(g);
    assert_string_equal(rp_workflow_executor_type(w, 0), "custom");
    assert_string_equal(rp_workflow_executor_type(w, 1), "router");
    assert_string_equal(rp_workflow_executor_type(w, 2), "op");
}

static void an_operation_takes_texts_integers_and_lists(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);
    const struct rp_node *node;

    (void)state;
    rp_graph_op(g, "c", json("{\"op\":\"pass\"}"));
    rp_graph_start(g, "c");
    node = &built(g)->node[0];
    assert_true(rp_type_accepts(node->takes, rp_textz(&kit->heap, "x")));
    assert_true(rp_type_accepts(node->takes, rp_int(1)));
    assert_true(rp_type_accepts(node->takes, rp_list()));
    assert_false(rp_type_accepts(node->takes, rp_real(1)));
    assert_false(rp_type_accepts(node->takes, rp_map()));
    assert_true(same_type(node->sends, RP_T_ANY));
    assert_false(node->undeclared);
}

static void a_wrong_operation_is_told_with_its_executor(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_op(g, "x", json("{\"op\":\"uper\"}"));
    assert_string_equal(failure(g),
                        "x: OPERATION: at op: unknown operation; did you mean \"upper\"?");
}

static struct rp_workflow *nested(struct rp_workflow *child)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    rp_graph_workflow(g, &(struct rp_flow_node){.id = "sub", .workflow = child});
    rp_graph_start(g, "sub");
    return rp_graph_build(g, NULL);
}

static void a_workflow_takes_what_its_start_takes_and_sends_what_it_yields(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);
    struct rp_workflow *child, *w;

    (void)state;
    typed(g, "in", RP_T_INT, RP_T_TEXT, RP_T_BOOL);
    typed(g, "out", RP_T_TEXT, RP_T_NONE, RP_T_MAP);
    rp_graph_start(g, "in");
    edge(g, "in", "out");
    child = built(g);
    w = nested(child);
    assert_ptr_equal(rp_workflow_child(w, 0), child);
    assert_null(rp_workflow_child(child, 0));
    assert_true(same_type(w->node[0].takes, rp_type_or(RP_T_INT, RP_T_REC(RP_K_SUB_RESPONSE))));
    assert_true(same_type(w->node[0].yields, rp_type_or(RP_T_BOOL, RP_T_MAP)));
    assert_true(
        same_type(w->node[0].sends, rp_type_or(w->node[0].yields, RP_T_REC(RP_K_SUB_REQUEST))));
}

static void workflows_nest_only_so_deep(void **state)
{
    struct rp_workflow *w = built(graph_of("a", NULL));
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    for (int depth = 1; depth < RP_NEST_MAX; depth++)
        w = nested(w);
    assert_int_equal(w->depth, RP_NEST_MAX);
    rp_graph_workflow(g, &(struct rp_flow_node){.id = "sub", .workflow = w});
    assert_string_equal(failure(g), "sub: NESTING: too many workflows inside workflows; take a "
                                    "level out");
}

static void a_workflow_that_could_not_be_built_cannot_be_nested(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    rp_graph_workflow(g, &(struct rp_flow_node){.id = "sub"});
    assert_string_equal(failure(g), "sub: the workflow of an executor is missing; see why it "
                                    "could not be made");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_KIT(an_agent_is_an_executor_of_its_name),
        IN_KIT(an_agent_takes_requests_responses_and_what_people_write),
        IN_KIT(the_same_agent_added_twice_is_one_executor),
        IN_KIT(agents_stand_once_in_order_of_first_mention),
        IN_KIT(an_agent_executor_needs_an_agent),
        IN_KIT(a_custom_context_needs_a_filter),
        IN_KIT(a_context_mode_that_is_none_is_refused),
        IN_KIT(one_agent_in_two_context_modes_needs_two_ids),
        IN_KIT(two_agents_of_one_name_need_two_ids),
        IN_KIT(the_types_of_an_executor_are_those_of_its_handlers),
        IN_KIT(an_executor_that_declares_no_sends_is_undeclared),
        IN_KIT(two_executors_may_not_share_an_id),
        IN_KIT(an_executor_needs_an_id),
        IN_KIT(an_executor_needs_a_handler),
        IN_KIT(two_handlers_of_one_type_are_refused),
        IN_KIT(a_handler_needs_a_function_and_a_type),
        IN_KIT(handlers_of_answers_are_checked_like_the_others),
        IN_KIT(saving_without_loading_is_refused),
        IN_KIT(executors_have_types_for_people),
        IN_KIT(an_operation_takes_texts_integers_and_lists),
        IN_KIT(a_wrong_operation_is_told_with_its_executor),
        IN_KIT(a_workflow_takes_what_its_start_takes_and_sends_what_it_yields),
        IN_KIT(workflows_nest_only_so_deep),
        IN_KIT(a_workflow_that_could_not_be_built_cannot_be_nested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
