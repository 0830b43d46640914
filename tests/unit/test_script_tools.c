/* test_script_tools.c - scripted tools: which result comes when, and where their counts stand. */
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

#include <stdio.h>
#include <string.h>

#include "mocks/script.h"

struct stage {
    struct faulty f;
    struct rp_kit *kit;
    struct rp_heap *heap; /* the kit's */
    struct rp_heap run;   /* where positions are saved */
    struct rp_agent *anna, *bert;
    char s[4096];
    size_t n;
};

static void tell(struct stage *st, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    st->n += (size_t)vsnprintf(st->s + st->n, sizeof(st->s) - st->n, format, args);
    va_end(args);
    assert_true(st->n < sizeof(st->s));
}

static struct rp_agent *agent(struct stage *st, const char *name)
{
    struct rp_agent *made = rp_agent(st->kit, &(struct rp_agent_opts){.name = name}, NULL);

    assert_non_null(made);
    return made;
}

static void begin(struct stage *st)
{
    memset(st, 0, sizeof(*st));
    faulty_init(&st->f, -1);
    assert_int_equal(rp_kit_new(&st->f.alloc, &st->kit), RP_OK);
    st->heap = rp_kit_heap(st->kit);
    rp_heap_init(&st->run, &st->f.alloc, 0, 0);
    st->anna = agent(st, "anna");
    st->bert = agent(st, "bert");
}

static void end(struct stage *st)
{
    rp_heap_free(&st->run);
    rp_kit_free(st->kit);
    assert_int_equal(st->f.out, 0);
}

static void invoke(struct stage *st, struct rp_script_tools *tools, const struct rp_agent *who,
                   const char *name)
{
    struct rp_tool tool = {.name = name};
    struct rp_tool_call call = {.id = 1, .agent = who, .tool = &tool};
    struct rp_tool_result result = {0};
    struct rp_buf b;
    int rc = rp_script_tools_invoke(tools, &call, &result);

    tell(st, "%s.%s %s", rp_agent_name(who), name, rp_status_name(rc));
    rp_buf_init(&b, &st->f.alloc, 1000);
    assert_int_equal(rp_json_write(&b, result.value, 0), RP_OK);
    tell(st, " %s%s\n", b.s, result.failed ? " failed" : "");
    rp_buf_free(&b);
}

static void save_tools(struct stage *st, struct rp_script_tools *tools, struct rp_value *out)
{
    struct rp_buf b;

    assert_int_equal(rp_script_tools_save(tools, &st->run, out), RP_OK);
    rp_buf_init(&b, &st->f.alloc, 1000);
    assert_int_equal(rp_json_write(&b, *out, 0), RP_OK);
    tell(st, "%s\n", b.s);
    rp_buf_free(&b);
}

static struct rp_value json(struct stage *st, const char *z)
{
    struct rp_value v = rp_nil();

    assert_int_equal(rp_json_read(st->heap, z, strlen(z), &v, NULL), RP_OK);
    return v;
}

static void the_last_result_of_a_tool_repeats_and_error_alone_makes_it_fail(void **state)
{
    struct stage st;
    struct rp_script_tools *tools;

    (void)state;
    begin(&st);
    struct rp_script_tool scripts[] = {
        {"bert", "look", json(&st, "[\"b\"]")},
        {"anna", "look",
         json(&st, "[\"a\",{\"error\":\"gone\"},{\"error\":\"x\",\"n\":1},"
                   "{\"error\":5},null]")},
        {"anna", "go", json(&st, "[7]")},
        {"bert", "none", rp_list()},
    };
    assert_int_equal(rp_script_tools_new(&st.f.alloc, scripts, 4, &tools), RP_OK);
    for (int i = 0; i < 6; i++)
        invoke(&st, tools, st.anna, "look");
    invoke(&st, tools, st.bert, "look");
    invoke(&st, tools, st.bert, "look");
    invoke(&st, tools, st.anna, "go");
    invoke(&st, tools, st.bert, "go");
    invoke(&st, tools, st.bert, "none");
    rp_script_tools_free(tools);
    assert_string_equal(st.s, "anna.look RP_OK \"a\"\n"
                              "anna.look RP_OK \"gone\" failed\n"
                              "anna.look RP_OK {\"error\":\"x\",\"n\":1}\n"
                              "anna.look RP_OK {\"error\":5}\n"
                              "anna.look RP_OK null\n"
                              "anna.look RP_OK null\n"
                              "bert.look RP_OK \"b\"\n"
                              "bert.look RP_OK \"b\"\n"
                              "anna.go RP_OK 7\n"
                              "bert.go RP_ENOTFOUND null\n"
                              "bert.none RP_ENOTFOUND null\n");
    end(&st);
}

static void tools_go_on_where_they_stood(void **state)
{
    struct stage st;
    struct rp_script_tools *tools;
    struct rp_value before, now;

    (void)state;
    begin(&st);
    struct rp_script_tool scripts[] = {{"anna", "look", json(&st, "[1,2,3]")},
                                       {"bert", "look", json(&st, "[1,2,3]")},
                                       {"anna", "go", json(&st, "[1,2,3]")}};
    assert_int_equal(rp_script_tools_new(&st.f.alloc, scripts, 3, &tools), RP_OK);
    save_tools(&st, tools, &now);
    invoke(&st, tools, st.anna, "go");
    invoke(&st, tools, st.anna, "look");
    save_tools(&st, tools, &before);
    invoke(&st, tools, st.anna, "look");
    invoke(&st, tools, st.bert, "look");
    assert_int_equal(rp_script_tools_load(tools, before), RP_OK);
    invoke(&st, tools, st.anna, "look");
    save_tools(&st, tools, &now);
    assert_int_equal(rp_script_tools_load(tools, json(&st, "{\"anna\":{\"look\":-1}}")), RP_ETYPE);
    assert_int_equal(rp_script_tools_load(tools, json(&st, "{\"anna\":1}")), RP_ETYPE);
    assert_int_equal(rp_script_tools_load(tools, json(&st, "[]")), RP_ETYPE);
    assert_int_equal(rp_script_tools_load(tools, json(&st, "{\"bert\":{\"go\":1}}")), RP_ENOTFOUND);
    assert_int_equal(rp_script_tools_load(tools, rp_nil()), RP_OK);
    save_tools(&st, tools, &now);
    rp_script_tools_free(tools);
    assert_string_equal(st.s, "{}\n"
                              "anna.go RP_OK 1\n"
                              "anna.look RP_OK 1\n"
                              "{\"anna\":{\"look\":1,\"go\":1}}\n"
                              "anna.look RP_OK 2\n"
                              "bert.look RP_OK 1\n"
                              "anna.look RP_OK 2\n"
                              "{\"anna\":{\"look\":2,\"go\":1}}\n"
                              "{}\n");
    end(&st);
}

static const struct rp_agent *lent;
static const struct rp_script_tool *tools_lent;

static int use_tools(const struct rp_alloc *alloc)
{
    struct rp_script_tools *tools;
    struct rp_tool tool = {.name = "look"};
    struct rp_tool_call call = {.agent = lent, .tool = &tool};
    struct rp_tool_result result;
    struct rp_heap run;
    struct rp_value v;
    int rc = rp_script_tools_new(alloc, tools_lent, 1, &tools);

    if (rc != RP_OK)
        return rc;
    rp_heap_init(&run, alloc, 0, 1);
    assert_int_equal(rp_script_tools_invoke(tools, &call, &result), RP_OK);
    rc = rp_script_tools_save(tools, &run, &v);
    rp_heap_free(&run);
    rp_script_tools_free(tools);
    return rc;
}

static void every_failure_of_memory_is_survived(void **state)
{
    struct stage st;

    (void)state;
    begin(&st);
    struct rp_script_tool tool = {"anna", "look", json(&st, "[1]")};
    lent = st.anna;
    tools_lent = &tool;
    assert_true(sweep_memory(use_tools) > 0);
    end(&st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_result_of_a_tool_repeats_and_error_alone_makes_it_fail),
        cmocka_unit_test(tools_go_on_where_they_stood),
        cmocka_unit_test(every_failure_of_memory_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
