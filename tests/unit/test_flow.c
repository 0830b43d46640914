/* test_flow.c - kits, agents, what a built workflow consists of, who its outputs come from, and
 * that building survives any allocation that fails. Executors: test_flow_node.c; what makes a
 * graph invalid: test_flow_check.c. */
#include "tests/unit/graph.h"

#include <stdio.h>
#include <string.h>

/* ---- showing ---- */

/* "[0] a -> b; [1] a -> c when; ..." */
static const char *edges_text(const struct rp_workflow *w)
{
    static char text[2000];
    size_t n = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < rp_workflow_edges(w); i++) {
        struct rp_edge_view e = rp_workflow_edge(w, i);
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s[%u] %s -> %s%s%s", i ? "; " : "",
                              e.group, e.from, e.to, e.conditional ? " when" : "",
                              e.is_default ? " else" : "");
    }
    return text;
}

/* "a:output b:hidden" */
static const char *designation_text(const struct rp_workflow *w)
{
    static const char *const word[] = {"hidden", "output", "intermediate"};
    static char text[1000];
    size_t n = 0;

    for (uint32_t i = 0; i < rp_workflow_executors(w); i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%s", i ? " " : "",
                              rp_workflow_executor(w, i), word[rp_workflow_designation(w, i)]);
    return text;
}

/* "a: 0 2" for the groups that have it as a source */
static const char *groups_text(const struct rp_workflow *w, uint32_t i)
{
    static char text[200];
    size_t n = (size_t)snprintf(text, sizeof(text), "%s:", w->node[i].id);

    for (uint32_t k = 0; k < w->node[i].n_groups; k++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, " %u", w->node[i].groups[k]);
    return text;
}

/* ---- kit ---- */

static void memory_of_a_kit_is_zeroed_and_aligned(void **state)
{
    const unsigned char zero[100] = {0};
    void *memory = rp_kit_take(kit, 100);

    (void)state;
    assert_memory_equal(memory, zero, 100);
    assert_int_equal((uintptr_t)memory % 16, 0);
    assert_non_null(rp_kit_take(kit, 0));
}

static void strings_are_copied_into_the_kit(void **state)
{
    char z[] = "abc";
    const char *copy = rp_kit_string(kit, z);

    (void)state;
    z[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_null(rp_kit_string(kit, NULL));
}

static void a_kit_without_memory_says_so(void **state)
{
    (void)state;
    kit_memory.fails = kit_memory.asked;
    assert_null(rp_kit_string(kit, "abc"));
    assert_int_equal(rp_kit_heap(kit)->failed, RP_ENOMEM);
    assert_null(rp_kit_take(kit, SIZE_MAX / 2));
}

/* ---- agents ---- */

static const char *failure_of_agent(struct rp_agent_opts opts)
{
    static char line[600];
    struct rp_error err = {0};

    assert_null(rp_agent(kit, &opts, &err));
    assert_int_equal(err.status, RP_EBUILD);
    assert_null(rp_agent(kit, &opts, NULL));
    snprintf(line, sizeof(line), "%s: %s", err.where, err.text);
    return line;
}

static void an_agent_needs_a_name(void **state)
{
    (void)state;
    assert_string_equal(failure_of_agent((struct rp_agent_opts){0}),
                        ": an agent has no name; give it one");
    assert_string_equal(failure_of_agent((struct rp_agent_opts){.name = ""}),
                        ": an agent has no name; give it one");
}

static void the_tools_of_an_agent_are_checked(void **state)
{
    const struct rp_tool nameless[] = {{.name = "a"}, {0}};
    const struct rp_tool twice[] = {{.name = "a"}, {.name = "b"}, {.name = "a"}};
    const struct rp_tool schema = {.name = "a", .parameters = rp_int(1)};

    (void)state;
    assert_string_equal(
        failure_of_agent((struct rp_agent_opts){.name = "A", .tools = nameless, .n_tools = 2}),
        "A: tool 2 has no name; give it one");
    assert_string_equal(
        failure_of_agent((struct rp_agent_opts){.name = "A", .tools = twice, .n_tools = 3}),
        "A: TOOL_DUPLICATION: the agent has two tools named \"a\"; rename one");
    assert_string_equal(
        failure_of_agent((struct rp_agent_opts){.name = "A", .tools = &schema, .n_tools = 1}),
        "A: the parameters of the tool \"a\" are no JSON Schema object; give an object or nothing");
    assert_string_equal(failure_of_agent((struct rp_agent_opts){.name = "A", .n_tools = 1}),
                        "A: the agent's tools are missing");
}

static void an_agent_is_a_copy_with_limits_filled_in(void **state)
{
    char name[] = "A", tool_name[] = "pay";
    struct rp_tool tool = {.name = tool_name, .needs_approval = 1};
    const struct rp_tool *tools;
    struct rp_agent *a = rp_agent(
        kit,
        &(struct rp_agent_opts){.name = name, .description = "d", .tools = &tool, .n_tools = 1},
        NULL);

    (void)state;
    name[0] = tool_name[0] = '?';
    tool.needs_approval = 0;
    assert_string_equal(rp_agent_name(a), "A");
    assert_string_equal(rp_agent_description(a), "d");
    assert_null(rp_agent_instructions(a));
    assert_true(rp_is_text(a->name_text, "A"));
    assert_int_equal(rp_agent_tools(a, &tools), 1);
    assert_string_equal(tools[0].name, "pay");
    assert_true(tools[0].needs_approval);
    assert_int_equal(a->o.max_iterations, 40);
    assert_int_equal(a->o.max_function_calls, 0);
    assert_int_equal(a->o.max_consecutive_errors, 3);
}

static void limits_that_are_given_stand(void **state)
{
    struct rp_agent *a = rp_agent(
        kit,
        &(struct rp_agent_opts){
            .name = "A", .max_iterations = 2, .max_function_calls = 5, .max_consecutive_errors = 1},
        NULL);

    (void)state;
    assert_int_equal(a->o.max_iterations, 2);
    assert_int_equal(a->o.max_function_calls, 5);
    assert_int_equal(a->o.max_consecutive_errors, 1);
    assert_int_equal(rp_agent_tools(a, NULL), 0);
}

/* ---- what a workflow consists of ---- */

static void edges_stand_in_order_of_registration(void **state)
{
    const char *const two[] = {"b", "c"};
    const struct rp_case cases[] = {{RP_WHEN(always, NULL), "e"}, {.to = "f"}};
    struct rp_graph *g = graph_of("a b c d e f", NULL);
    struct rp_workflow *w;

    (void)state;
    rp_graph_fan_out(g, "a", two, 2);
    rp_graph_edge(g, "b", "c", (struct rp_cond){.json = json("{\"contains\":\"x\"}")});
    edge(g, "b", "a");
    rp_graph_select_rules(g, "c", (const char *const[]){"a", "b"}, 2, NULL, 0);
    rp_graph_switch(g, "d", cases, 2);
    edge(g, "c", "d");
    w = built(g);
    assert_string_equal(edges_text(w),
                        "[0] a -> b; [0] a -> c; [1] b -> c when; [2] b -> a; [3] c -> a when; "
                        "[3] c -> b when; [4] d -> e when; [4] d -> f else; [5] c -> d");
    assert_string_equal(groups_text(w, 0), "a: 0");
    assert_string_equal(groups_text(w, 1), "b: 1 2");
    assert_string_equal(groups_text(w, 2), "c: 3 5");
    assert_string_equal(groups_text(w, 4), "e:");
}

static void a_fan_in_is_a_group_of_each_of_its_sources(void **state)
{
    const char *const to[] = {"b", "c"};
    struct rp_graph *g = rp_graph(kit, NULL);
    struct rp_workflow *w;

    (void)state;
    plain(g, "a");
    plain(g, "b");
    plain(g, "c");
    typed(g, "d", rp_type_list(RP_T_TEXT), RP_T_NONE, RP_T_NONE);
    rp_graph_start(g, "a");
    rp_graph_fan_out(g, "a", to, 2);
    rp_graph_fan_in(g, to, 2, "d");
    w = built(g);
    assert_string_equal(edges_text(w), "[0] a -> b; [0] a -> c; [1] b -> d; [1] c -> d");
    assert_string_equal(groups_text(w, 1), "b: 1");
    assert_string_equal(groups_text(w, 2), "c: 1");
    assert_int_equal(w->n_joins, 1);
    assert_int_equal(w->join_group[0], 1);
    assert_int_equal(w->group[1].join, 0);
}

static void cases_behind_the_default_are_targets_that_nothing_reaches(void **state)
{
    const struct rp_cond when = RP_WHEN(always, NULL);
    const struct rp_case cases[] = {{when, "b"}, {.to = "c"}, {when, "d"}};
    struct rp_graph *g = graph_of("a b c d", NULL);
    struct rp_workflow *w;

    (void)state;
    rp_graph_switch(g, "a", cases, 3);
    w = built(g);
    assert_string_equal(edges_text(w), "[0] a -> b when; [0] a -> c else; [0] a -> d when");
    assert_int_equal(w->group[0].n_rules, 1);
    assert_int_equal(w->group[0].rule_to[0], 1);
    assert_int_equal(w->group[0].default_to, 2);
}

static void rules_of_a_selection_lead_to_its_targets(void **state)
{
    const char *const to[] = {"b", "c"};
    const struct rp_cond when = RP_WHEN(always, NULL);
    const struct rp_case rules[] = {{when, "c"}, {when, "b"}, {when, "c"}};
    struct rp_graph *g = graph_of("a b c", NULL);
    const struct rp_group *group;

    (void)state;
    rp_graph_select_rules(g, "a", to, 2, rules, 3);
    group = &built(g)->group[0];
    assert_int_equal(group->kind, RP_SELECT);
    assert_int_equal(group->n_rules, 3);
    assert_int_equal(group->rule_to[0], 2);
    assert_int_equal(group->rule_to[1], 1);
    assert_int_equal(group->rule_to[2], 2);
    assert_int_equal(group->default_to, RP_NO_NODE);
}

static void executors_are_found_by_id(void **state)
{
    struct rp_graph *g = graph_of("m z a b y", NULL);
    const char *const ids[] = {"m", "z", "a", "b", "y"};
    struct rp_workflow *w;

    (void)state;
    rp_graph_chain(g, ids, 5);
    w = built(g);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(rp_workflow_find(w, ids[i], 1), i);
        assert_string_equal(rp_workflow_executor(w, i), ids[i]);
    }
    assert_int_equal(rp_workflow_find(w, "", 0), RP_NO_NODE);
    assert_int_equal(rp_workflow_find(w, "aa", 2), RP_NO_NODE);
    assert_int_equal(rp_workflow_find(w, "zz", 2), RP_NO_NODE);
    assert_int_equal(rp_workflow_start(w), 0);
}

/* ---- designation ---- */

static const char *designated(struct rp_names outputs, struct rp_names intermediates)
{
    const struct rp_graph_opts opts = {.outputs = outputs, .intermediates = intermediates};
    struct rp_graph *g = rp_graph(kit, &opts);

    plain(g, "a");
    plain(g, "b");
    typed(g, "mute", RP_T_TEXT, RP_T_TEXT, RP_T_NONE);
    plain(g, "c");
    rp_graph_start(g, "a");
    rp_graph_chain(g, (const char *const[]){"a", "b", "mute", "c"}, 4);
    return designation_text(built(g));
}

#define DEFAULT ((struct rp_names){0})
#define PICK(p) ((struct rp_names){.pick = (p)})

static void without_designation_everything_is_output(void **state)
{
    (void)state;
    assert_string_equal(designated(DEFAULT, DEFAULT), "a:output b:output mute:output c:output");
}

static void what_is_not_designated_is_hidden(void **state)
{
    (void)state;
    assert_string_equal(designated(LIST_OF("b"), DEFAULT),
                        "a:hidden b:output mute:hidden c:hidden");
    assert_string_equal(designated(DEFAULT, LIST_OF("b")),
                        "a:hidden b:intermediate mute:hidden c:hidden");
    assert_string_equal(designated(LIST_OF("c", "a"), LIST_OF("b")),
                        "a:output b:intermediate mute:hidden c:output");
}

static void all_means_all_that_declare_what_they_yield(void **state)
{
    (void)state;
    assert_string_equal(designated(PICK(RP_PICK_ALL), DEFAULT),
                        "a:output b:output mute:hidden c:output");
    assert_string_equal(designated(DEFAULT, PICK(RP_PICK_ALL)),
                        "a:intermediate b:intermediate mute:hidden c:intermediate");
}

static void all_other_means_all_that_are_no_outputs(void **state)
{
    (void)state;
    assert_string_equal(designated(LIST_OF("b"), PICK(RP_PICK_ALL_OTHER)),
                        "a:intermediate b:output mute:hidden c:intermediate");
    assert_string_equal(designated(DEFAULT, PICK(RP_PICK_ALL_OTHER)),
                        "a:intermediate b:intermediate mute:hidden c:intermediate");
    assert_string_equal(designated(PICK(RP_PICK_LIST), PICK(RP_PICK_ALL_OTHER)),
                        "a:intermediate b:intermediate mute:hidden c:intermediate");
    assert_string_equal(designated(PICK(RP_PICK_ALL), PICK(RP_PICK_ALL_OTHER)),
                        "a:output b:output mute:hidden c:output");
}

/* ---- names and limits ---- */

static void a_name_is_derived_from_the_executors(void **state)
{
    struct rp_graph *g = graph_of("in a out", NULL);

    (void)state;
    rp_graph_chain(g, (const char *const[]){"in", "a", "out"}, 3);
    assert_string_equal(rp_workflow_name(built(g)), "graph:in,a,out");
    assert_string_equal(rp_workflow_name(built(graph_of("x", NULL))), "graph:x");
}

static void a_name_and_a_limit_that_are_given_stand(void **state)
{
    char name[] = "mine";
    const struct rp_graph_opts opts = {.name = name, .max_iterations = 7};
    struct rp_workflow *w = built(graph_of("x", &opts));

    (void)state;
    name[0] = '?';
    assert_string_equal(rp_workflow_name(w), "mine");
    assert_int_equal(w->max_iterations, 7);
    assert_int_equal(built(graph_of("x", NULL))->max_iterations, 100);
}

/* ---- the builder's own life ---- */

static void every_call_is_fine_without_a_graph(void **state)
{
    const char *const ids[] = {"a", "b"};
    const struct rp_case cases[] = {{RP_WHEN(always, NULL), "a"}, {.to = "b"}};
    struct rp_error err;

    (void)state;
    plain(NULL, "a");
    rp_graph_agent(NULL, &(struct rp_agent_node){0});
    rp_graph_workflow(NULL, &(struct rp_flow_node){0});
    rp_graph_op(NULL, "a", rp_nil());
    rp_graph_node(NULL, &(struct rp_node_spec){0});
    rp_graph_add_agent(NULL, NULL);
    rp_graph_start(NULL, "a");
    edge(NULL, "a", "b");
    rp_graph_chain(NULL, ids, 2);
    rp_graph_fan_out(NULL, "a", ids, 2);
    rp_graph_select(NULL, "a", ids, 2, NULL, NULL, NULL);
    rp_graph_select_rules(NULL, "a", ids, 2, cases, 2);
    rp_graph_switch(NULL, "a", cases, 2);
    rp_graph_fan_in(NULL, ids, 2, "a");
    rp_graph_fail(NULL, "a", "%s%s", "b", "c");
    rp_graph_outputs(NULL, &(struct rp_names){0}, &(struct rp_names){0});
    assert_null(rp_graph_build(NULL, &err));
    assert_int_equal(err.status, RP_ENOMEM);
}

static void a_graph_is_built_once(void **state)
{
    struct rp_graph *g = graph_of("a", NULL);
    struct rp_workflow *w = built(g);

    (void)state;
    plain(g, "b");
    assert_string_equal(failure(g), ": the graph was built already; start a new one");
    assert_int_equal(rp_workflow_executors(w), 1);
}

static void what_memory_failed_to_make_is_told_as_such(void **state)
{
    struct rp_error err;
    struct rp_graph *g = graph_of("a b", NULL);

    (void)state;
    rp_graph_edge(g, "a", "b", (struct rp_cond){.json = rp_bad()});
    assert_null(rp_graph_build(g, &err));
    assert_int_equal(err.status, RP_ENOMEM);
    g = rp_graph(kit, NULL);
    rp_graph_op(g, "x", rp_bad());
    assert_null(rp_graph_build(g, &err));
    assert_int_equal(err.status, RP_ENOMEM);
}

/* ---- memory ---- */

static int pick_none(void *self, struct rp_value data, uint32_t *chosen, uint32_t room)
{
    (void)self;
    (void)data;
    (void)chosen;
    (void)room;
    return 0;
}

static void add_everything(struct rp_graph *g, struct rp_value op, struct rp_value test,
                           struct rp_agent *a, struct rp_workflow *child)
{
    const char *const all[] = {"a", "b", "c"}, *const some[] = {"b", "c"};
    const struct rp_case cases[] = {{{.json = test}, "A"}, {.to = "sub"}};
    const struct rp_case rules[] = {{{.json = test}, "b"}};

    for (int i = 0; i < 3; i++)
        typed(g, all[i], rp_type_or(RP_T_TEXT, rp_type_list(RP_T_TEXT)), RP_T_TEXT, RP_T_TEXT);
    rp_graph_op(g, "op", op);
    rp_graph_agent(g, &(struct rp_agent_node){.agent = a});
    rp_graph_workflow(g, &(struct rp_flow_node){.id = "sub", .workflow = child});
    rp_graph_start(g, "a");
    rp_graph_fan_out(g, "a", some, 2);
    rp_graph_fan_in(g, some, 2, "op");
    rp_graph_select(g, "b", all, 2, pick_none, NULL, "none");
    rp_graph_select_rules(g, "c", some, 2, rules, 1);
    rp_graph_switch(g, "op", cases, 2);
    rp_graph_edge(g, "op", "a", (struct rp_cond){.json = test});
}

static int build_everything(const struct rp_alloc *alloc)
{
    const struct rp_graph_opts opts = {.outputs = LIST_OF("a", "b")};
    const struct rp_tool tool = {.name = "pay", .description = "d"};
    struct rp_kit *own = kit_of(alloc);
    struct rp_value op = rp_map(), test = rp_map();
    struct rp_error err = {0};
    struct rp_agent *a;
    struct rp_workflow *child, *w;
    struct rp_graph *g;

    if (!own)
        return RP_ENOMEM;
    rp_map_put(&own->heap, &op, "op", rp_textz(&own->heap, "pass"));
    rp_map_put(&own->heap, &test, "contains", rp_textz(&own->heap, "x"));
    if (own->heap.failed) {
        rp_kit_free(own);
        return RP_ENOMEM;
    }
    a = rp_agent(own, &(struct rp_agent_opts){.name = "A", .tools = &tool, .n_tools = 1}, &err);
    g = rp_graph(own, NULL);
    typed(g, "in", RP_T_TEXT, RP_T_TEXT, RP_T_TEXT);
    rp_graph_start(g, "in");
    child = rp_graph_build(g, &err);
    g = rp_graph(own, &opts);
    add_everything(g, op, test, a, child);
    w = rp_graph_build(g, &err);
    if (w)
        assert_int_equal(strlen(rp_workflow_signature(w)), 64);
    rp_kit_free(own);
    return w ? RP_OK : err.status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(sweep_memory(build_everything) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_KIT(memory_of_a_kit_is_zeroed_and_aligned),
        IN_KIT(strings_are_copied_into_the_kit),
        IN_KIT(a_kit_without_memory_says_so),
        IN_KIT(an_agent_needs_a_name),
        IN_KIT(the_tools_of_an_agent_are_checked),
        IN_KIT(an_agent_is_a_copy_with_limits_filled_in),
        IN_KIT(limits_that_are_given_stand),
        IN_KIT(edges_stand_in_order_of_registration),
        IN_KIT(a_fan_in_is_a_group_of_each_of_its_sources),
        IN_KIT(cases_behind_the_default_are_targets_that_nothing_reaches),
        IN_KIT(rules_of_a_selection_lead_to_its_targets),
        IN_KIT(executors_are_found_by_id),
        IN_KIT(without_designation_everything_is_output),
        IN_KIT(what_is_not_designated_is_hidden),
        IN_KIT(all_means_all_that_declare_what_they_yield),
        IN_KIT(all_other_means_all_that_are_no_outputs),
        IN_KIT(a_name_is_derived_from_the_executors),
        IN_KIT(a_name_and_a_limit_that_are_given_stand),
        IN_KIT(every_call_is_fine_without_a_graph),
        IN_KIT(a_graph_is_built_once),
        IN_KIT(what_memory_failed_to_make_is_told_as_such),
        IN_KIT(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
