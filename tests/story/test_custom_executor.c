/* test_custom_executor.c - what an executor written in C sees and may do. */
#include "tests/support/cm.h"
#include "tests/story/story.h"

#include <stdio.h>
#include <string.h>

#define HANDLER(type, function)                                                                    \
    {                                                                                              \
        .accepts = (type), .fn = (function)                                                        \
    }

static const enum rp_event_kind told[] = {RP_EV_FAILED,      RP_EV_OUTPUT,          RP_EV_WARNING,
                                          RP_EV_STATUS,      RP_EV_EXECUTOR_FAILED, RP_EV_CUSTOM,
                                          RP_EV_INTERMEDIATE};

/* A story of outputs, failures and custom events. */
static void open_short(struct story *s)
{
    story_open(s);
    for (size_t i = 0; i < STORY_N(told); i++)
        s->events |= RP_BIT(told[i]);
    s->events &= ~RP_BIT(RP_EV_STATUS);
}

static struct rp_executor executor(const char *id, const struct rp_handler *handlers, size_t n)
{
    return (struct rp_executor){.id = id, .handlers = handlers, .n_handlers = n};
}

/* A graph that starts at the first executor; edges as pairs of ids. */
static const struct rp_workflow *graph(struct story *s, const struct rp_executor *e, size_t n,
                                       const char *const (*edges)[2], size_t n_edges)
{
    struct rp_graph *g = rp_graph(s->kit, &(struct rp_graph_opts){.name = "story"});

    for (size_t i = 0; i < n; i++)
        rp_graph_executor(g, &e[i]);
    rp_graph_start(g, e[0].id);
    for (size_t i = 0; i < n_edges; i++)
        rp_graph_edge(g, edges[i][0], edges[i][1], (struct rp_cond){0});
    return rp_graph_build(g, &s->error);
}

/* ---- dispatch ---- */

static int say(struct rp_ctx *cx, const char *what, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);

    return rp_yield(cx, rp_list_of(h, 2, rp_textz(h, what), data));
}

static int as_text_or_real(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return say(cx, "text or real", data);
}

static int as_text(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return say(cx, "text", data);
}

static int as_int(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return say(cx, "integer", data);
}

static int as_ints(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return say(cx, "integers", data);
}

static int as_texts(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return say(cx, "texts", data);
}

static int as_user(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return say(cx, "record 3", data);
}

static int as_any(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return say(cx, "anything", data);
}

static void handlers_are_tried_in_order_of_declaration(void **state)
{
    static struct story s;
    struct rp_handler handlers[] = {HANDLER(rp_type_or(RP_T_TEXT, RP_T_REAL), as_text_or_real),
                                    HANDLER(RP_T_TEXT, as_text),
                                    HANDLER(RP_T_INT, as_int),
                                    HANDLER(rp_type_list(RP_T_INT), as_ints),
                                    HANDLER(rp_type_list(RP_T_TEXT), as_texts),
                                    HANDLER(RP_T_USER(3), as_user),
                                    HANDLER(RP_T_ANY, as_any)};
    struct rp_executor e = executor("e", handlers, STORY_N(handlers));
    struct rp_heap *h;

    (void)state;
    open_short(&s);
    story_run(&s, graph(&s, &e, 1, NULL, 0));
    h = rp_run_heap(s.run);
    story_say(&s, "x");
    story_give(&s, rp_real(0.5));
    story_give(&s, rp_int(5));
    story_give(&s, rp_bool(1));
    story_give(&s, rp_list());
    story_give(&s, rp_list_of(h, 2, rp_int(1), rp_int(2)));
    story_give(&s, rp_list_of(h, 1, rp_textz(h, "x")));
    story_give(&s, rp_list_of(h, 2, rp_textz(h, "x"), rp_int(1)));
    story_give(&s, rp_user_value(h, 3, rp_int(7)));
    story_give(&s, rp_user_value(h, 4, rp_int(7)));
    STORY_IS(&s, "1 output e [\"text or real\", \"x\"]\n= RP_OK\n"
                 "1 output e [\"text or real\", 0.5]\n= RP_OK\n"
                 "1 output e [\"integer\", 5]\n= RP_OK\n"
                 "1 output e [\"integer\", true]\n= RP_OK\n"
                 "1 output e [\"integers\", []]\n= RP_OK\n"
                 "1 output e [\"integers\", [1, 2]]\n= RP_OK\n"
                 "1 output e [\"texts\", [\"x\"]]\n= RP_OK\n"
                 "1 output e [\"anything\", [\"x\", 1]]\n= RP_OK\n"
                 "1 output e [\"record 3\", U3(7)]\n= RP_OK\n"
                 "1 output e [\"anything\", U4(7)]\n= RP_OK\n");
    story_close(&s);
}

static void input_that_no_handler_takes_fails_the_turn_before_a_superstep(void **state)
{
    static struct story s;
    struct rp_handler handlers[] = {HANDLER(RP_T_INT, as_int)};
    struct rp_executor e = executor("e", handlers, 1);

    (void)state;
    story_open(&s);
    story_run(&s, graph(&s, &e, 1, NULL, 0));
    story_say(&s, "x");
    story_give(&s, rp_int(1));
    STORY_IS(&s, "0 started\n0 status IN_PROGRESS\n0 failed RP_ETYPE\n0 status FAILED\n= RP_ETYPE\n"
                 "0 started\n0 status IN_PROGRESS\n1 S+\n1 inv e 1\n1 output e [\"integer\", 1]\n"
                 "1 cmp e [[\"integer\", 1]]\n1 S-\n0 status IDLE\n= RP_OK\n");
    story_close(&s);
}

static void a_message_that_the_target_does_not_take_is_dropped(void **state)
{
    static struct story s;
    struct rp_handler pass[] = {HANDLER(RP_T_ANY, as_any)};
    struct rp_handler ints[] = {HANDLER(RP_T_INT, as_int)};
    struct rp_executor e[] = {executor("a", pass, 1), executor("b", ints, 1)};
    static const char *const edges[][2] = {{"a", "b"}};

    (void)state;
    open_short(&s);
    story_run(&s, graph(&s, e, 2, edges, 1));
    story_say(&s, "x");
    STORY_IS(&s, "1 output a [\"anything\", \"x\"]\n= RP_OK\n");
    story_close(&s);
}

/* ---- shared state ---- */

static int fan(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    return rp_send(cx, data);
}

static int show_state(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    RP_TRY(say(cx, "k", rp_state_get(cx, "k")));
    return rp_send(cx, data);
}

static int set_state(struct rp_ctx *cx, void *self, struct rp_value data)
{
    RP_TRY(rp_state_set(cx, "k", rp_textz(rp_heap(cx), self)));
    return rp_send(cx, data);
}

static int delete_state(struct rp_ctx *cx, void *self, struct rp_value data)
{
    (void)self;
    RP_TRY(rp_state_delete(cx, "k"));
    return say(cx, "k", rp_state_get(cx, "k")) == RP_OK ? rp_send(cx, data) : RP_ENOMEM;
}

static void shared_state_is_seen_in_its_superstep_and_the_last_write_wins(void **state)
{
    static struct story s;
    static const char *const edges[][2] = {{"a", "before"}, {"a", "one"},   {"a", "between"},
                                           {"a", "two"},    {"a", "after"}, {"before", "next"}};
    struct rp_handler start[] = {HANDLER(RP_T_ANY, fan)};
    struct rp_handler show[] = {HANDLER(RP_T_ANY, show_state)};
    struct rp_handler set[] = {HANDLER(RP_T_ANY, set_state)};
    struct rp_executor e[] = {executor("a", start, 1),  executor("before", show, 1),
                              executor("one", set, 1),  executor("between", show, 1),
                              executor("two", set, 1),  executor("after", show, 1),
                              executor("next", show, 1)};
    char one[] = "one", two[] = "two";

    (void)state;
    e[2].self = one;
    e[4].self = two;
    open_short(&s);
    story_run(&s, graph(&s, e, STORY_N(e), edges, STORY_N(edges)));
    story_say(&s, "x");
    STORY_IS(&s, "2 output before [\"k\", null]\n"
                 "2 output between [\"k\", \"one\"]\n"
                 "2 output after [\"k\", \"two\"]\n"
                 "3 output next [\"k\", \"two\"]\n= RP_OK\n");
    story_close(&s);
}

static void deleted_state_is_gone_at_once_and_in_the_next_turn(void **state)
{
    static struct story s;
    static const char *const edges[][2] = {{"show", "set"}, {"set", "delete"}, {"delete", "last"}};
    struct rp_handler set[] = {HANDLER(RP_T_ANY, set_state)};
    struct rp_handler show[] = {HANDLER(RP_T_ANY, show_state)};
    struct rp_handler del[] = {HANDLER(RP_T_ANY, delete_state)};
    struct rp_executor e[] = {executor("show", show, 1), executor("set", set, 1),
                              executor("delete", del, 1), executor("last", show, 1)};
    char v[] = "v";

    (void)state;
    e[1].self = v;
    open_short(&s);
    story_run(&s, graph(&s, e, STORY_N(e), edges, STORY_N(edges)));
    story_say(&s, "x");
    story_say(&s, "y");
    STORY_IS(&s, "1 output show [\"k\", null]\n3 output delete [\"k\", null]\n"
                 "4 output last [\"k\", null]\n= RP_OK\n"
                 "1 output show [\"k\", null]\n3 output delete [\"k\", null]\n"
                 "4 output last [\"k\", null]\n= RP_OK\n");
    story_close(&s);
}

static int try_reserved_keys(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);

    (void)self;
    (void)data;
    return rp_yield(cx, rp_list_of(h, 3, rp_textz(h, rp_status_name(rp_state_set(cx, "_k", data))),
                                   rp_textz(h, rp_status_name(rp_state_delete(cx, "_k"))),
                                   rp_state_get(cx, "_k")));
}

static void keys_that_begin_with_an_underscore_are_refused(void **state)
{
    static struct story s;
    struct rp_handler handlers[] = {HANDLER(RP_T_ANY, try_reserved_keys)};
    struct rp_executor e = executor("e", handlers, 1);

    (void)state;
    open_short(&s);
    story_run(&s, graph(&s, &e, 1, NULL, 0));
    story_say(&s, "x");
    STORY_IS(&s, "1 output e [\"RP_EARG\", \"RP_EARG\", null]\n= RP_OK\n");
    story_close(&s);
}

/* ---- own state ---- */

static int count_visits(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_value seen = rp_self_get(cx);
    int64_t n = (seen.tag == RP_INT ? seen.u.i : 0) + 1;

    (void)self;
    (void)data;
    rp_self_set(cx, rp_int(n));
    return rp_yield(cx, rp_int(n));
}

static void own_state_lives_on_over_turns_but_not_over_instances(void **state)
{
    static struct story s;
    struct rp_handler handlers[] = {HANDLER(RP_T_ANY, count_visits)};
    struct rp_executor e = executor("e", handlers, 1);
    const struct rp_workflow *w;

    (void)state;
    open_short(&s);
    w = graph(&s, &e, 1, NULL, 0);
    story_run(&s, w);
    story_say(&s, "x");
    story_say(&s, "x");
    story_run(&s, w);
    story_say(&s, "x");
    STORY_IS(&s, "1 output e 1\n= RP_OK\n1 output e 2\n= RP_OK\n1 output e 1\n= RP_OK\n");
    story_close(&s);
}

/* ---- events ---- */

static int emit_names(struct rp_ctx *cx, void *self, struct rp_value data)
{
    const char *const *name = self;

    (void)data;
    for (; *name; name++)
        RP_TRY(rp_emit(cx, *name, rp_int(1)));
    return RP_OK;
}

static void an_executors_own_events_pass_as_they_are(void **state)
{
    static struct story s;
    static const char *names[] = {"progress", "my output", NULL};
    struct rp_handler handlers[] = {HANDLER(RP_T_ANY, emit_names)};
    struct rp_executor e = executor("e", handlers, 1);

    (void)state;
    e.self = names;
    open_short(&s);
    story_run(&s, graph(&s, &e, 1, NULL, 0));
    story_say(&s, "x");
    STORY_IS(&s, "1 progress e 1\n1 my output e 1\n= RP_OK\n");
    story_close(&s);
}

static void a_reserved_event_name_gives_a_warning_instead(void **state)
{
    static struct story s;
    static const char *names[RP_EV_CUSTOM + 1];
    struct rp_handler handlers[] = {HANDLER(RP_T_ANY, emit_names)};
    struct rp_executor e = executor("e", handlers, 1);
    char want[1024];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < RP_EV_CUSTOM; i++) {
        names[i] = rp_event_name((enum rp_event_kind)i);
        n += (size_t)snprintf(want + n, sizeof(want) - n, "1 warning e\n");
    }
    snprintf(want + n, sizeof(want) - n, "= RP_OK\n");
    e.self = names;
    open_short(&s);
    story_run(&s, graph(&s, &e, 1, NULL, 0));
    story_say(&s, "x");
    STORY_IS(&s, want);
    story_close(&s);
}

/* ---- sources and targets ---- */

static int show_sources(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);
    struct rp_value list = rp_list();

    (void)self;
    for (uint32_t i = 0; i < rp_sources(cx); i++)
        RP_TRY(rp_list_add(h, &list, rp_textz(h, rp_source(cx, i))));
    RP_TRY(rp_yield(cx, rp_list_of(h, 3, rp_textz(h, rp_executor_id(cx)), list, data)));
    return rp_send(cx, data);
}

static void a_join_tells_all_its_sources_in_order_of_declaration(void **state)
{
    static struct story s;
    static const char *const workers[] = {"b", "c"}, *const joined[] = {"c", "b"};
    struct rp_handler handlers[] = {HANDLER(RP_T_ANY, show_sources)};
    struct rp_executor e[] = {executor("a", handlers, 1), executor("b", handlers, 1),
                              executor("c", handlers, 1), executor("d", handlers, 1)};
    struct rp_handler start[] = {HANDLER(RP_T_ANY, fan)};
    struct rp_graph *g;

    (void)state;
    e[0].handlers = start;
    open_short(&s);
    g = rp_graph(s.kit, &(struct rp_graph_opts){.name = "story"});
    for (size_t i = 0; i < STORY_N(e); i++)
        rp_graph_executor(g, &e[i]);
    rp_graph_start(g, "a");
    rp_graph_fan_out(g, "a", workers, 2);
    rp_graph_fan_in(g, joined, 2, "d");
    story_run(&s, rp_graph_build(g, &s.error));
    story_say(&s, "x");
    STORY_IS(&s, "2 output b [\"b\", [\"a\"], \"x\"]\n"
                 "2 output c [\"c\", [\"a\"], \"x\"]\n"
                 "3 output d [\"d\", [\"c\", \"b\"], [\"x\", \"x\"]]\n= RP_OK\n");
    story_close(&s);
}

static void what_comes_from_outside_has_an_internal_source(void **state)
{
    static struct story s;
    struct rp_handler handlers[] = {HANDLER(RP_T_ANY, show_sources)};
    struct rp_executor e = executor("e", handlers, 1);

    (void)state;
    open_short(&s);
    story_run(&s, graph(&s, &e, 1, NULL, 0));
    story_say(&s, "x");
    STORY_IS(&s, "1 output e [\"e\", [\"internal:e\"], \"x\"]\n= RP_OK\n");
    story_close(&s);
}

static int send_each_its_own(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);

    (void)self;
    (void)data;
    RP_TRY(rp_send_to(cx, rp_textz(h, "for c"), "c"));
    RP_TRY(rp_send_to(cx, rp_textz(h, "for b"), "b"));
    return rp_send(cx, rp_textz(h, "for all"));
}

static void an_addressed_message_reaches_its_target_alone(void **state)
{
    static struct story s;
    static const char *const edges[][2] = {{"a", "b"}, {"a", "c"}};
    struct rp_handler start[] = {HANDLER(RP_T_ANY, send_each_its_own)};
    struct rp_handler end[] = {HANDLER(RP_T_ANY, as_any)};
    struct rp_executor e[] = {executor("a", start, 1), executor("b", end, 1),
                              executor("c", end, 1)};

    (void)state;
    open_short(&s);
    story_run(&s, graph(&s, e, STORY_N(e), edges, STORY_N(edges)));
    story_say(&s, "x");
    STORY_IS(&s, "2 output b [\"anything\", \"for b\"]\n2 output b [\"anything\", \"for all\"]\n"
                 "2 output c [\"anything\", \"for c\"]\n2 output c [\"anything\", \"for all\"]\n"
                 "= RP_OK\n");
    story_close(&s);
}

/* ---- failure ---- */

/* Counts in its own state and in the shared one, sends and yields; fails on a text "bad". */
static int count_or_fail(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_value own = rp_self_get(cx), all = rp_state_get(cx, "n");
    struct rp_heap *h = rp_heap(cx);

    (void)self;
    own = rp_int((own.tag == RP_INT ? own.u.i : 0) + 1);
    all = rp_int((all.tag == RP_INT ? all.u.i : 0) + 1);
    rp_self_set(cx, own);
    RP_TRY(rp_state_set(cx, "n", all));
    RP_TRY(rp_send(cx, data));
    RP_TRY(rp_yield(cx, rp_list_of(h, 3, data, own, all)));
    if (rp_is_text(data, "bad"))
        return rp_fail(cx, "%s is refused", "bad");
    return RP_OK;
}

static void a_failed_superstep_leaves_no_trace_and_a_fresh_run_works(void **state)
{
    static struct story s;
    struct rp_handler start[] = {HANDLER(RP_T_ANY, fan)};
    struct rp_handler count[] = {HANDLER(RP_T_ANY, count_or_fail)};
    static const char *const edges[][2] = {{"a", "b"}, {"a", "c"}, {"b", "d"}};
    struct rp_executor e[] = {executor("a", start, 1), executor("b", count, 1),
                              executor("c", count, 1), executor("d", count, 1)};

    (void)state;
    open_short(&s);
    story_run(&s, graph(&s, e, STORY_N(e), edges, STORY_N(edges)));
    story_say(&s, "good");
    story_say(&s, "bad");
    assert_non_null(strstr(s.error.text, "bad is refused"));
    story_say(&s, "again");
    STORY_IS(&s, "2 output b [\"good\", 1, 1]\n2 output c [\"good\", 1, 2]\n"
                 "3 output d [\"good\", 1, 3]\n= RP_OK\n"
                 "2 output b [\"bad\", 2, 4]\n2 executor_failed b RP_EHANDLER\n"
                 "2 output c [\"bad\", 2, 5]\n2 executor_failed c RP_EHANDLER\n"
                 "2 failed RP_EHANDLER\n= RP_EHANDLER\n"
                 "2 output b [\"again\", 2, 4]\n2 output c [\"again\", 2, 5]\n"
                 "3 output d [\"again\", 2, 6]\n= RP_OK\n");
    story_close(&s);
}

static int send_three(struct rp_ctx *cx, void *self, struct rp_value data)
{
    struct rp_heap *h = rp_heap(cx);

    (void)self;
    (void)data;
    RP_TRY(rp_send(cx, rp_textz(h, "one")));
    RP_TRY(rp_send(cx, rp_textz(h, "bad")));
    return rp_send(cx, rp_textz(h, "three"));
}

static void after_a_failure_an_executor_takes_nothing_more_and_others_take_all(void **state)
{
    static struct story s;
    struct rp_handler start[] = {HANDLER(RP_T_ANY, send_three)};
    struct rp_handler count[] = {HANDLER(RP_T_ANY, count_or_fail)};
    struct rp_handler end[] = {HANDLER(RP_T_ANY, as_any)};
    static const char *const edges[][2] = {{"a", "b"}, {"a", "c"}};
    struct rp_executor e[] = {executor("a", start, 1), executor("b", count, 1),
                              executor("c", end, 1)};

    (void)state;
    open_short(&s);
    story_run(&s, graph(&s, e, STORY_N(e), edges, STORY_N(edges)));
    story_say(&s, "x");
    STORY_IS(&s, "2 output b [\"one\", 1, 1]\n2 output b [\"bad\", 2, 2]\n"
                 "2 executor_failed b RP_EHANDLER\n"
                 "2 output c [\"anything\", \"one\"]\n2 output c [\"anything\", \"bad\"]\n"
                 "2 output c [\"anything\", \"three\"]\n2 failed RP_EHANDLER\n= RP_EHANDLER\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handlers_are_tried_in_order_of_declaration),
        cmocka_unit_test(input_that_no_handler_takes_fails_the_turn_before_a_superstep),
        cmocka_unit_test(a_message_that_the_target_does_not_take_is_dropped),
        cmocka_unit_test(shared_state_is_seen_in_its_superstep_and_the_last_write_wins),
        cmocka_unit_test(deleted_state_is_gone_at_once_and_in_the_next_turn),
        cmocka_unit_test(keys_that_begin_with_an_underscore_are_refused),
        cmocka_unit_test(own_state_lives_on_over_turns_but_not_over_instances),
        cmocka_unit_test(an_executors_own_events_pass_as_they_are),
        cmocka_unit_test(a_reserved_event_name_gives_a_warning_instead),
        cmocka_unit_test(a_join_tells_all_its_sources_in_order_of_declaration),
        cmocka_unit_test(what_comes_from_outside_has_an_internal_source),
        cmocka_unit_test(an_addressed_message_reaches_its_target_alone),
        cmocka_unit_test(a_failed_superstep_leaves_no_trace_and_a_fresh_run_works),
        cmocka_unit_test(after_a_failure_an_executor_takes_nothing_more_and_others_take_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
