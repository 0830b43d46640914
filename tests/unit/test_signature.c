/* test_signature.c - what a workflow's signature says, and what it does not. */
#include "tests/unit/graph.h"

#include <string.h>

#include "engine/base/sha256.h"

static const char *const bc[] = {"b", "c"};

static int select_none(void *self, struct rp_value data, uint32_t *chosen, uint32_t room)
{
    (void)self;
    (void)data;
    (void)chosen;
    (void)room;
    return 0;
}

static const char *sign(struct rp_graph *g)
{
    return rp_workflow_signature(built(g));
}

static void same(const char *a, const char *b)
{
    assert_string_equal(a, b);
}

static void differ(const char *a, const char *b)
{
    assert_string_not_equal(a, b);
}

static struct rp_cond test_of(const char *text)
{
    return (struct rp_cond){.json = json(text)};
}

static struct rp_cond named(const char *name)
{
    return (struct rp_cond){.fn = always, .name = name};
}

/* ---- the form ---- */

static void is_digest_of(const char *text, const char *signature)
{
    struct rp_sha256 d;
    char hex[65];

    rp_sha256_init(&d);
    rp_sha256_add(&d, text, strlen(text));
    rp_sha256_hex(&d, hex);
    assert_string_equal(signature, hex);
}

static void it_is_the_digest_of_what_the_file_describes(void **state)
{
    struct rp_graph *g = graph_of("b a", NULL);

    (void)state;
    is_digest_of("{\"executors\":{\"x\":\"custom\"},\"groups\":{},\"start\":\"x\"}",
                 sign(graph_of("x", NULL)));
    rp_graph_edge(g, "b", "a", named("is_big"));
    edge(g, "a", "b");
    is_digest_of("{\"executors\":{\"a\":\"custom\",\"b\":\"custom\"},\"groups\":{"
                 "\"{\\\"edges\\\":{\\\"a\\\":{\\\"b\\\":null}},"
                 "\\\"kind\\\":\\\"single\\\",\\\"selection\\\":null}\":null,"
                 "\"{\\\"edges\\\":{\\\"b\\\":{\\\"a\\\":\\\"is_big\\\"}},"
                 "\\\"kind\\\":\\\"single\\\",\\\"selection\\\":null}\":null},"
                 "\"start\":\"b\"}",
                 sign(g));
}

/* ---- what counts ---- */

static void the_start_counts(void **state)
{
    struct rp_graph *g = graph_of("a b", NULL), *h = graph_of("a b", NULL);

    (void)state;
    edge(g, "a", "b");
    edge(g, "b", "a");
    edge(h, "a", "b");
    edge(h, "b", "a");
    rp_graph_start(h, "b");
    differ(sign(g), sign(h));
}

static void the_executors_and_their_edges_count(void **state)
{
    struct rp_graph *g = graph_of("a b c", NULL), *h = graph_of("a b c", NULL);
    struct rp_graph *k = graph_of("a b d", NULL);
    const char *signature;

    (void)state;
    rp_graph_chain(g, (const char *const[]){"a", "b", "c"}, 3);
    rp_graph_chain(h, (const char *const[]){"a", "c", "b"}, 3);
    rp_graph_chain(k, (const char *const[]){"a", "b", "d"}, 3);
    signature = sign(g);
    differ(signature, sign(h));
    differ(signature, sign(k));
}

static void the_type_of_an_executor_counts(void **state)
{
    struct rp_graph *op = rp_graph(kit, NULL), *agents = rp_graph(kit, NULL);
    const char *custom = sign(graph_of("A", NULL));

    (void)state;
    rp_graph_op(op, "A", json("{\"op\":\"pass\"}"));
    rp_graph_start(op, "A");
    rp_graph_agent(agents, &(struct rp_agent_node){.agent = agent("A")});
    rp_graph_start(agents, "A");
    differ(sign(op), custom);
    differ(sign(agents), custom);
}

static int handle(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)cx;
    (void)self;
    (void)data;
    return RP_OK;
}

static struct rp_graph *of_type(const char *type_name)
{
    const struct rp_handler handler = {.accepts = RP_T_TEXT, .fn = handle};
    struct rp_graph *g = rp_graph(kit, NULL);

    rp_graph_executor(
        g, &(struct rp_executor){
               .id = "x", .type_name = type_name, .handlers = &handler, .n_handlers = 1});
    rp_graph_start(g, "x");
    return g;
}

static void the_type_name_of_an_executor_of_ones_own_counts(void **state)
{
    (void)state;
    differ(sign(of_type("router")), sign(of_type("sorter")));
    same(sign(of_type("router")), sign(of_type("router")));
    same(sign(of_type(NULL)), sign(of_type("custom")));
}

static const char *with_condition(struct rp_cond when)
{
    struct rp_graph *g = graph_of("a b", NULL);

    rp_graph_edge(g, "a", "b", when);
    return sign(g);
}

static void the_name_of_a_condition_counts(void **state)
{
    (void)state;
    differ(with_condition(named("is_big")), with_condition(named("is_small")));
    differ(with_condition(named("is_big")), with_condition(named(NULL)));
    same(with_condition(named("is_big")), with_condition(named("is_big")));
}

static void conditions_without_a_name_are_equal(void **state)
{
    (void)state;
    same(with_condition(named(NULL)), with_condition((struct rp_cond){0}));
}

static void a_condition_in_json_is_its_own_name(void **state)
{
    (void)state;
    differ(with_condition(test_of("{\"contains\":\"x\"}")),
           with_condition(test_of("{\"contains\":\"y\"}")));
    same(with_condition(test_of("{\"contains\":\"x\"}")),
         with_condition(test_of(" {\"contains\" : \"\\u0078\"}")));
    differ(with_condition(test_of("{\"contains\":\"x\"}")), with_condition(named(NULL)));
}

static void the_kind_of_a_group_counts(void **state)
{
    struct rp_graph *out = graph_of("a b c", NULL), *single = graph_of("a b c", NULL);
    struct rp_graph *rules = graph_of("a b c", NULL), *chosen = graph_of("a b c", NULL);
    const char *fan_out;

    (void)state;
    rp_graph_fan_out(out, "a", bc, 2);
    edge(single, "a", "b");
    edge(single, "a", "c");
    rp_graph_select_rules(rules, "a", bc, 2, NULL, 0);
    rp_graph_select(chosen, "a", bc, 2, select_none, NULL, NULL);
    fan_out = sign(out);
    differ(fan_out, sign(single));
    differ(fan_out, sign(rules));
    differ(fan_out, sign(chosen));
}

static const char *with_selection(const char *name)
{
    struct rp_graph *g = graph_of("a b c", NULL);

    rp_graph_select(g, "a", bc, 2, select_none, NULL, name);
    return sign(g);
}

static void the_name_of_a_selection_counts(void **state)
{
    (void)state;
    differ(with_selection("by_size"), with_selection("by_colour"));
    differ(with_selection("by_size"), with_selection(NULL));
    same(with_selection(NULL), with_selection(NULL));
}

static struct rp_graph *around(struct rp_workflow *child)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    rp_graph_workflow(g, &(struct rp_flow_node){.id = "sub", .workflow = child});
    rp_graph_start(g, "sub");
    return g;
}

static void what_is_nested_counts(void **state)
{
    struct rp_graph *x = around(built(graph_of("x", NULL)));
    struct rp_graph *x_again = around(built(graph_of("x", NULL)));
    const char *signature = sign(x);

    (void)state;
    same(signature, sign(x_again));
    differ(signature, sign(around(built(graph_of("y", NULL)))));
    differ(signature, sign(graph_of("sub", NULL)));
}

/* ---- what does not count ---- */

static void the_order_of_adding_edges_does_not_count(void **state)
{
    struct rp_graph *g = graph_of("a b c", NULL), *h = graph_of("a b c", NULL);

    (void)state;
    rp_graph_fan_out(g, "a", bc, 2);
    rp_graph_edge(g, "b", "c", named("n"));
    edge(g, "c", "a");
    edge(h, "c", "a");
    rp_graph_edge(h, "b", "c", named("n"));
    rp_graph_fan_out(h, "a", (const char *const[]){"c", "b"}, 2);
    same(sign(g), sign(h));
}

static void the_order_of_adding_executors_does_not_count(void **state)
{
    struct rp_graph *g = graph_of("a b c", NULL), *h = graph_of("c b a", NULL);

    (void)state;
    rp_graph_fan_out(g, "a", bc, 2);
    rp_graph_fan_out(h, "a", bc, 2);
    rp_graph_start(h, "a");
    same(sign(g), sign(h));
}

static void the_order_of_the_sources_of_a_fan_in_does_not_count(void **state)
{
    const char *signature[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *const from[] = {i ? "b" : "c", i ? "c" : "b"};
        struct rp_graph *g = graph_of("a b c", NULL);
        rp_graph_fan_out(g, "a", bc, 2);
        typed(g, "d", rp_type_list(RP_T_TEXT), RP_T_NONE, RP_T_NONE);
        rp_graph_fan_in(g, from, 2, "d");
        signature[i] = sign(g);
    }
    same(signature[0], signature[1]);
}

static void names_limits_and_designations_do_not_count(void **state)
{
    const struct rp_graph_opts opts = {
        .name = "other", .max_iterations = 3, .outputs = LIST_OF("x")};

    (void)state;
    same(sign(graph_of("x", NULL)), sign(graph_of("x", &opts)));
}

static const char *with_cases(struct rp_cond first, struct rp_cond second)
{
    const struct rp_case cases[] = {{first, "b"}, {second, "c"}, {.to = "d"}};
    struct rp_graph *g = graph_of("a b c d", NULL);

    rp_graph_switch(g, "a", cases, 3);
    return sign(g);
}

static void the_predicates_of_a_switch_do_not_count(void **state)
{
    (void)state;
    same(with_cases(named("p"), named("q")), with_cases(named("q"), named("p")));
    same(with_cases(named("p"), named("q")),
         with_cases(test_of("{\"less_than\":1}"), test_of("{\"equals\":2}")));
}

static void the_settings_of_an_agent_do_not_count(void **state)
{
    const struct rp_tool tool = {.name = "pay"};
    struct rp_agent_opts opts = {
        .name = "A", .instructions = "be kind", .tools = &tool, .n_tools = 1};
    struct rp_graph *g = rp_graph(kit, NULL), *h = rp_graph(kit, NULL);

    (void)state;
    rp_graph_agent(g, &(struct rp_agent_node){.agent = agent("A")});
    rp_graph_start(g, "A");
    rp_graph_agent(h, &(struct rp_agent_node){.agent = rp_agent(kit, &opts, NULL),
                                              .context = RP_CONTEXT_LAST_AGENT});
    rp_graph_start(h, "A");
    same(sign(g), sign(h));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_KIT(it_is_the_digest_of_what_the_file_describes),
        IN_KIT(the_start_counts),
        IN_KIT(the_executors_and_their_edges_count),
        IN_KIT(the_type_of_an_executor_counts),
        IN_KIT(the_type_name_of_an_executor_of_ones_own_counts),
        IN_KIT(the_name_of_a_condition_counts),
        IN_KIT(conditions_without_a_name_are_equal),
        IN_KIT(a_condition_in_json_is_its_own_name),
        IN_KIT(the_kind_of_a_group_counts),
        IN_KIT(the_name_of_a_selection_counts),
        IN_KIT(what_is_nested_counts),
        IN_KIT(the_order_of_adding_edges_does_not_count),
        IN_KIT(the_order_of_adding_executors_does_not_count),
        IN_KIT(the_order_of_the_sources_of_a_fan_in_does_not_count),
        IN_KIT(names_limits_and_designations_do_not_count),
        IN_KIT(the_predicates_of_a_switch_do_not_count),
        IN_KIT(the_settings_of_an_agent_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
