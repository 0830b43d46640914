/* test_flow_check.c - edges and whole graphs that are invalid: each mistake with place, reason,
 * remedy. */
#include "tests/unit/graph.h"

#include <stdio.h>
#include <string.h>

static int select_none(void *self, struct rp_value data, uint32_t *chosen, uint32_t room)
{
    (void)self;
    (void)data;
    (void)chosen;
    (void)room;
    return 0;
}

/* ---- R-BLD-1: while adding ---- */

static void groups_of_edges_need_two_ends(void **state)
{
    const char *const one[] = {"b"};
    const struct rp_case only = {.to = "b"};
    const char *const expected[] = {
        "b: EDGE_ARITY: a chain needs two executors or more",
        "a: EDGE_ARITY: a fan-out needs two targets or more; use an edge for one",
        "a: EDGE_ARITY: a fan-in needs two sources or more; use an edge for one",
        "a: EDGE_ARITY: a selection needs two targets or more; use an edge with a condition for "
        "one",
        "a: EDGE_ARITY: a selection needs two targets or more; use an edge with a condition for "
        "one",
        "a: EDGE_ARITY: a switch needs two cases or more, a default among them"};

    (void)state;
    for (int i = 0; i < 6; i++) {
        struct rp_graph *g = graph_of("a b", NULL);
        switch (i) {
        case 0:
            rp_graph_chain(g, one, 1);
            break;
        case 1:
            rp_graph_fan_out(g, "a", one, 1);
            break;
        case 2:
            rp_graph_fan_in(g, one, 1, "a");
            break;
        case 3:
            rp_graph_select(g, "a", one, 1, select_none, NULL, NULL);
            break;
        case 4:
            rp_graph_select_rules(g, "a", one, 1, &only, 1);
            break;
        default:
            rp_graph_switch(g, "a", &only, 1);
        }
        assert_string_equal(failure(g), expected[i]);
    }
}

static void a_switch_has_exactly_one_default(void **state)
{
    const struct rp_cond when = RP_WHEN(always, NULL);
    const struct rp_case none[] = {{when, "b"}, {when, "c"}};
    const struct rp_case two[] = {{.to = "b"}, {.to = "c"}};
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    rp_graph_switch(g, "a", none, 2);
    assert_string_equal(
        failure(g), "a: EDGE_ARITY: a switch needs exactly one default, a case without condition");
    g = graph_of("a b c", NULL);
    rp_graph_switch(g, "a", two, 2);
    assert_string_equal(
        failure(g), "a: EDGE_ARITY: a switch needs exactly one default, a case without condition");
}

static void a_selection_needs_a_function(void **state)
{
    const char *const to[] = {"b", "c"};
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    rp_graph_select(g, "a", to, 2, NULL, NULL, NULL);
    assert_string_equal(failure(g),
                        "a: SELECTION: a selection has no function; give one, or rules");
}

static void a_rule_leads_to_a_target_of_its_selection(void **state)
{
    const char *const to[] = {"b", "c"};
    const struct rp_case rule = {RP_WHEN(always, NULL), "d"};
    struct rp_graph *g = graph_of("a b c d", NULL);

    (void)state;
    rp_graph_select_rules(g, "a", to, 2, &rule, 1);
    assert_string_equal(failure(g),
                        "a -> d: EXECUTOR_UNKNOWN: a rule of the selection leads to \"d\", which "
                        "is none of its targets; list it among them");
}

static void an_edge_to_nobody_says_who_may_be_meant(void **state)
{
    struct rp_graph *g = graph_of("writer reader", NULL);

    (void)state;
    edge(g, "writer", "raeder");
    assert_string_equal(failure(g), "writer -> raeder: EXECUTOR_UNKNOWN: no executor is named "
                                    "\"raeder\"; did you mean \"reader\"?");
    g = graph_of("writer reader", NULL);
    edge(g, "zzzzzzzz", "reader");
    assert_string_equal(failure(g), "zzzzzzzz -> reader: EXECUTOR_UNKNOWN: no executor is named "
                                    "\"zzzzzzzz\"; add it");
}

static void a_workflow_has_only_so_many_executors(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);
    char id[20];

    (void)state;
    for (unsigned i = 0; i <= RP_EXECUTORS_MAX; i++) {
        snprintf(id, sizeof(id), "x%u", i);
        plain(g, id);
    }
    snprintf(id, sizeof(id), "x%u: a", RP_EXECUTORS_MAX);
    assert_memory_equal(failure(g), id, strlen(id));
}

static void a_group_of_edges_has_only_so_many_ends(void **state)
{
    static const char *to[RP_EXECUTORS_MAX + 1];
    struct rp_graph *g = graph_of("a b", NULL);

    (void)state;
    for (unsigned i = 0; i <= RP_EXECUTORS_MAX; i++)
        to[i] = "b";
    rp_graph_fan_out(g, "a", to, RP_EXECUTORS_MAX + 1);
    assert_string_equal(failure(g), "a: EDGE_ARITY: an edge group has more ends than a workflow "
                                    "may have executors; leave some out");
}

static void a_wrong_condition_is_told_with_its_edge(void **state)
{
    struct rp_graph *g = graph_of("a b", NULL);

    (void)state;
    rp_graph_edge(g, "a", "b", (struct rp_cond){.json = json("{\"contains\":1}")});
    assert_string_equal(failure(g),
                        "a -> b: CONDITION: at contains: a text is expected here, not an "
                        "integer");
}

/* ---- R-BLD-2, R-OUT: designation lists ---- */

static const char *failure_of_outputs(struct rp_names outputs, struct rp_names intermediates)
{
    struct rp_graph_opts opts = {.outputs = outputs, .intermediates = intermediates};
    struct rp_graph *g = graph_of("a b", &opts);

    edge(g, "a", "b");
    return failure(g);
}

#define DEFAULT ((struct rp_names){0})
#define PICK(p) ((struct rp_names){.pick = (p)})

static void no_executor_is_designated_twice(void **state)
{
    (void)state;
    assert_string_equal(failure_of_outputs(LIST_OF("a", "b", "a"), DEFAULT),
                        "a: OUTPUT_VALIDATION: the executor stands twice among the outputs; name "
                        "it once");
    assert_string_equal(failure_of_outputs(DEFAULT, LIST_OF("b", "b")),
                        "b: OUTPUT_VALIDATION: the executor stands twice among the "
                        "intermediates; name it once");
}

static void no_executor_is_output_and_intermediate(void **state)
{
    (void)state;
    assert_string_equal(failure_of_outputs(LIST_OF("a", "b"), LIST_OF("b")),
                        "b: OUTPUT_VALIDATION: the executor is both an output and an "
                        "intermediate; choose one");
    assert_string_equal(failure_of_outputs(LIST_OF("b"), PICK(RP_PICK_ALL)),
                        "b: OUTPUT_VALIDATION: the executor is both an output and an "
                        "intermediate; choose one");
}

static void a_designation_of_nobody_is_refused(void **state)
{
    const char *expected = ": OUTPUT_VALIDATION: outputs are designated, but none is; name an "
                           "executor, or designate nothing";

    (void)state;
    assert_string_equal(failure_of_outputs(PICK(RP_PICK_LIST), DEFAULT), expected);
    assert_string_equal(failure_of_outputs(DEFAULT, PICK(RP_PICK_LIST)), expected);
    assert_string_equal(failure_of_outputs(PICK(RP_PICK_LIST), PICK(RP_PICK_LIST)), expected);
}

static void outputs_are_never_all_other(void **state)
{
    (void)state;
    assert_string_equal(failure_of_outputs(PICK(RP_PICK_ALL_OTHER), DEFAULT),
                        ": OUTPUT_VALIDATION: outputs cannot be \"all_other\"; use \"all\" or a "
                        "list of executors");
}

/* ---- R-BLD-3: start ---- */

static void a_workflow_needs_a_start(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    plain(g, "a");
    assert_string_equal(failure(g), ": START: the workflow has no start executor; name one");
    assert_string_equal(failure(rp_graph(kit, NULL)),
                        ": START: the workflow has no start executor; name one");
}

static void the_start_is_one_of_the_executors(void **state)
{
    struct rp_graph *g = graph_of("a b", NULL);

    (void)state;
    edge(g, "a", "b");
    rp_graph_start(g, "c");
    assert_string_equal(
        failure(g), "c: START: the start executor is not in the workflow; add it, or name another");
}

/* ---- R-BLD-4: duplicate edges ---- */

#define TWO_EDGES "EDGE_DUPLICATION: there are two edges from the one to the other; keep one"

static void two_edges_between_two_executors_are_refused(void **state)
{
    struct rp_graph *g = graph_of("a b", NULL);

    (void)state;
    edge(g, "a", "b");
    rp_graph_edge(g, "a", "b", RP_WHEN(always, NULL));
    assert_string_equal(failure(g), "a -> b: " TWO_EDGES);
}

static void edges_of_different_groups_count_as_duplicates(void **state)
{
    const char *const to[] = {"b", "c"}, *const from[] = {"a", "b"};
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    rp_graph_fan_out(g, "a", to, 2);
    rp_graph_fan_in(g, from, 2, "c");
    assert_string_equal(failure(g), "a -> c: " TWO_EDGES);
}

static void a_group_may_not_repeat_an_end(void **state)
{
    const char *const b_twice[] = {"b", "c", "b"};
    const struct rp_case cases[] = {{RP_WHEN(always, NULL), "b"}, {.to = "b"}};
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    rp_graph_fan_out(g, "a", b_twice, 3);
    assert_string_equal(failure(g), "a -> b: " TWO_EDGES);
    g = graph_of("a b c", NULL);
    rp_graph_fan_in(g, b_twice, 3, "a");
    assert_string_equal(failure(g), "b -> a: " TWO_EDGES);
    g = graph_of("a b", NULL);
    rp_graph_switch(g, "a", cases, 2);
    assert_string_equal(failure(g), "a -> b: " TWO_EDGES);
}

static void a_chain_may_come_back_but_not_repeat_an_edge(void **state)
{
    const char *const back[] = {"a", "b", "a"}, *const again[] = {"a", "b", "a", "b"};
    struct rp_graph *g = graph_of("a b", NULL);

    (void)state;
    rp_graph_chain(g, back, 3);
    built(g);
    g = graph_of("a b", NULL);
    rp_graph_chain(g, again, 4);
    assert_string_equal(failure(g), "a -> b: " TWO_EDGES);
}

/* ---- R-BLD-5: types ---- */

/* a sends that, b takes this; NULL when it can be built. */
static const char *failure_of_types(struct rp_type sends, struct rp_type takes)
{
    struct rp_graph *g = rp_graph(kit, NULL);
    struct rp_error err;

    typed(g, "a", RP_T_TEXT, sends, RP_T_NONE);
    typed(g, "b", takes, RP_T_NONE, RP_T_NONE);
    rp_graph_start(g, "a");
    edge(g, "a", "b");
    if (rp_graph_build(g, &err))
        return NULL;
    assert_string_equal(err.where, "a -> b");
    return "refused";
}

static void a_target_must_accept_something_of_what_is_sent(void **state)
{
    struct rp_graph *g = rp_graph(kit, NULL);

    (void)state;
    typed(g, "a", RP_T_TEXT, RP_T_TEXT, RP_T_NONE);
    typed(g, "b", RP_T_MESSAGE, RP_T_NONE, RP_T_NONE);
    rp_graph_start(g, "a");
    edge(g, "a", "b");
    assert_string_equal(failure(g),
                        "a -> b: TYPE_COMPATIBILITY: the target accepts nothing of what the "
                        "source sends; change a handler's type");
    assert_null(failure_of_types(rp_type_or(RP_T_TEXT, RP_T_MESSAGE), RP_T_MESSAGE));
    assert_null(failure_of_types(RP_T_BOOL, RP_T_INT));
}

static void any_fits_everything(void **state)
{
    (void)state;
    assert_null(failure_of_types(RP_T_ANY, RP_T_MESSAGE));
    assert_null(failure_of_types(RP_T_ANY, rp_type_list(RP_T_TEXT)));
    assert_null(failure_of_types(rp_type_list(RP_T_TEXT), RP_T_ANY));
}

static void types_that_nobody_declared_are_not_checked(void **state)
{
    (void)state;
    assert_null(failure_of_types(RP_T_NONE, RP_T_MESSAGE));
    assert_non_null(failure_of_types(RP_T_TEXT, RP_T_MESSAGE));
}

static const char *failure_of_fan_in(struct rp_type sends, struct rp_type takes)
{
    const char *const both[] = {"a", "b"};
    struct rp_graph *g = rp_graph(kit, NULL);
    struct rp_error err;

    typed(g, "a", RP_T_TEXT, rp_type_or(sends, RP_T_TEXT), RP_T_NONE);
    typed(g, "b", RP_T_TEXT, sends, RP_T_NONE);
    typed(g, "c", rp_type_or(takes, rp_type_list(RP_T_TEXT)), RP_T_NONE, RP_T_NONE);
    rp_graph_start(g, "a");
    edge(g, "a", "b");
    rp_graph_fan_in(g, both, 2, "c");
    if (rp_graph_build(g, &err))
        return NULL;
    assert_string_equal(err.where, "b -> c");
    assert_string_equal(err.text, "TYPE_COMPATIBILITY: the target of the fan-in accepts no list "
                                  "of what the source sends; change a handler's type");
    return "refused";
}

static void a_fan_in_delivers_lists(void **state)
{
    (void)state;
    assert_null(failure_of_fan_in(RP_T_MESSAGE, rp_type_list(RP_T_MESSAGE)));
    assert_non_null(failure_of_fan_in(RP_T_MESSAGE, RP_T_MESSAGE));
    assert_null(failure_of_fan_in(RP_T_ANY, RP_T_NONE));
    assert_null(failure_of_fan_in(RP_T_MESSAGE, RP_T_ANY));
    assert_null(failure_of_fan_in(rp_type_list(RP_T_INT), rp_type_list(rp_type_list(RP_T_INT))));
}

/* ---- R-BLD-6, R-BLD-7: connectivity ---- */

static void every_executor_is_reached_from_the_start(void **state)
{
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    edge(g, "a", "b");
    edge(g, "c", "b");
    assert_string_equal(failure(g),
                        "c: GRAPH_CONNECTIVITY: no way leads from the start executor \"a\" to "
                        "this one; add an edge or leave it out");
}

static void an_isolated_executor_is_not_reached(void **state)
{
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    edge(g, "a", "b");
    assert_non_null(strstr(failure(g), "c: GRAPH_CONNECTIVITY"));
}

static void a_detached_start_reaches_nobody(void **state)
{
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    edge(g, "b", "c");
    assert_non_null(strstr(failure(g), "b: GRAPH_CONNECTIVITY"));
}

static void one_executor_alone_is_a_workflow(void **state)
{
    (void)state;
    assert_int_equal(rp_workflow_executors(built(graph_of("a", NULL))), 1);
}

static void loops_and_dead_ends_are_allowed(void **state)
{
    struct rp_graph *g = graph_of("a b c", NULL);

    (void)state;
    edge(g, "a", "a");
    edge(g, "a", "b");
    edge(g, "b", "a");
    edge(g, "b", "c");
    built(g);
}

/* ---- R-BLD-8: designated executors ---- */

static void designated_executors_are_in_the_workflow(void **state)
{
    (void)state;
    assert_string_equal(failure_of_outputs(LIST_OF("a", "x"), DEFAULT),
                        "x: OUTPUT_VALIDATION: no executor of that name is in the workflow; take "
                        "it out of the outputs");
    assert_string_equal(failure_of_outputs(DEFAULT, LIST_OF("x")),
                        "x: OUTPUT_VALIDATION: no executor of that name is in the workflow; take "
                        "it out of the intermediates");
}

static void designated_executors_declare_what_they_yield(void **state)
{
    const struct rp_graph_opts opts = {.outputs = LIST_OF("a")};
    struct rp_graph *g = rp_graph(kit, &opts);

    (void)state;
    typed(g, "a", RP_T_TEXT, RP_T_TEXT, RP_T_NONE);
    rp_graph_start(g, "a");
    assert_string_equal(failure(g),
                        "a: OUTPUT_VALIDATION: the executor declares nothing that it yields; "
                        "declare it, or take it out of the outputs");
}

/* ---- order ---- */

/* A graph with one mistake of each kind from the given one on. */
static const char *first_of_the_mistakes_from(int kind)
{
    const struct rp_graph_opts opts = {.outputs = kind > 1 ? LIST_OF("x") : LIST_OF("x", "x")};
    struct rp_graph *g = rp_graph(kit, &opts);

    plain(g, "a");
    if (kind < 1)
        plain(g, "a");
    plain(g, "b");
    typed(g, "c", RP_T_INT, RP_T_INT, RP_T_INT);
    if (kind < 6)
        plain(g, "d");
    rp_graph_start(g, kind > 2 ? "a" : "nobody");
    edge(g, "a", "b");
    if (kind < 4)
        edge(g, "a", "b");
    if (kind < 5)
        edge(g, "b", "c");
    else
        edge(g, "c", "c");
    if (kind > 5) {
        typed(g, "e", RP_T_TEXT, RP_T_ANY, RP_T_NONE);
        edge(g, "b", "e");
        edge(g, "e", "c");
    }
    return failure(g);
}

static void the_first_mistake_in_the_order_of_the_rules_is_told(void **state)
{
    const char *const expected[] = {
        "a: EXECUTOR_DUPLICATION",    "x: OUTPUT_VALIDATION: the exec", "nobody: START",
        "a -> b: EDGE_DUPLICATION",   "b -> c: TYPE_COMPATIBILITY",     "c: GRAPH_CONNECTIVITY",
        "x: OUTPUT_VALIDATION: no ex"};

    (void)state;
    for (int kind = 0; kind < 7; kind++) {
        char line[40];
        snprintf(line, strlen(expected[kind]) + 1, "%s", first_of_the_mistakes_from(kind));
        assert_string_equal(line, expected[kind]);
    }
}

static void of_two_mistakes_while_adding_the_first_is_told(void **state)
{
    const char *const one[] = {"b"};
    struct rp_graph *g = graph_of("a b", NULL);

    (void)state;
    rp_graph_fan_out(g, "a", one, 1);
    plain(g, "a");
    rp_graph_fail(g, "z", "%s%s", "later", "");
    assert_non_null(strstr(failure(g), "EDGE_ARITY"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_KIT(groups_of_edges_need_two_ends),
        IN_KIT(a_switch_has_exactly_one_default),
        IN_KIT(a_selection_needs_a_function),
        IN_KIT(a_rule_leads_to_a_target_of_its_selection),
        IN_KIT(an_edge_to_nobody_says_who_may_be_meant),
        IN_KIT(a_workflow_has_only_so_many_executors),
        IN_KIT(a_group_of_edges_has_only_so_many_ends),
        IN_KIT(a_wrong_condition_is_told_with_its_edge),
        IN_KIT(no_executor_is_designated_twice),
        IN_KIT(no_executor_is_output_and_intermediate),
        IN_KIT(a_designation_of_nobody_is_refused),
        IN_KIT(outputs_are_never_all_other),
        IN_KIT(a_workflow_needs_a_start),
        IN_KIT(the_start_is_one_of_the_executors),
        IN_KIT(two_edges_between_two_executors_are_refused),
        IN_KIT(edges_of_different_groups_count_as_duplicates),
        IN_KIT(a_group_may_not_repeat_an_end),
        IN_KIT(a_chain_may_come_back_but_not_repeat_an_edge),
        IN_KIT(a_target_must_accept_something_of_what_is_sent),
        IN_KIT(any_fits_everything),
        IN_KIT(types_that_nobody_declared_are_not_checked),
        IN_KIT(a_fan_in_delivers_lists),
        IN_KIT(every_executor_is_reached_from_the_start),
        IN_KIT(an_isolated_executor_is_not_reached),
        IN_KIT(a_detached_start_reaches_nobody),
        IN_KIT(one_executor_alone_is_a_workflow),
        IN_KIT(loops_and_dead_ends_are_allowed),
        IN_KIT(designated_executors_are_in_the_workflow),
        IN_KIT(designated_executors_declare_what_they_yield),
        IN_KIT(the_first_mistake_in_the_order_of_the_rules_is_told),
        IN_KIT(of_two_mistakes_while_adding_the_first_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
