/* test_op_compile.c - the operations of a graph: which are refused, where and why. */
#include <stdio.h>
#include <string.h>

#include "engine/exec_op.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_kit *kit;

static int set_up(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    assert_int_equal(rp_kit_new(&faulty.alloc, &kit), RP_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rp_kit_free(kit);
    assert_int_equal(faulty.out, 0);
    return 0;
}

static const struct rp_op *compiled(const char *json, struct rp_error *err)
{
    struct rp_value v;
    void *def = NULL;
    int rc;

    *err = (struct rp_error){0};
    assert_int_equal(rp_json_read(rp_kit_heap(kit), json, strlen(json), &v, NULL), RP_OK);
    rc = rp_op_compile(kit, v, &def, err);
    assert_int_equal(rc, err->status);
    assert_int_equal(rc == RP_OK, def != NULL);
    assert_true(rc == RP_OK || rc == RP_EBUILD);
    return def;
}

/* "" when the operation is fine, else "PLACE: REASON". */
static const char *said(const char *json)
{
    static char text[600];
    struct rp_error err;

    text[0] = '\0';
    if (!compiled(json, &err))
        snprintf(text, sizeof(text), "%s: %s", err.where, err.text);
    return text;
}

static void every_operation_can_be_made(void **state)
{
    static const char *const fine[RP_OPS] = {
        "{\"op\":\"pass\"}",
        "{\"id\":\"x\",\"op\":\"upper\"}",
        "{\"op\":\"append\",\"text\":\"\"}",
        "{\"op\":\"add\",\"number\":-9223372036854775808}",
        "{\"op\":\"join\",\"separator\":\", \"}",
        "{\"op\":\"sum\"}",
        "{\"op\":\"state_append\",\"key\":\"k\"}",
        "{\"op\":\"state_read\",\"key\":\"k\"}",
        "{\"op\":\"ask\"}",
        "{\"op\":\"fail\",\"message\":\"on purpose\"}",
        "{\"op\":\"fail_on\",\"visit\":1}",
    };

    (void)state;
    for (unsigned i = 0; i < RP_OPS; i++) {
        struct rp_error err;
        const struct rp_op *op = compiled(fine[i], &err);
        assert_non_null(op);
        assert_int_equal(op->kind, i);
        assert_int_equal(op->then, RP_OP_SEND);
        assert_int_equal(op->copies, 1);
        assert_null(op->target);
    }
}

static void what_becomes_of_the_result_is_kept(void **state)
{
    struct rp_error err;
    const struct rp_op *op;

    (void)state;
    assert_int_equal(compiled("{\"op\":\"pass\",\"then\":\"yield\"}", &err)->then, RP_OP_YIELD);
    assert_int_equal(compiled("{\"op\":\"pass\",\"then\":\"both\"}", &err)->then, RP_OP_BOTH);
    op = compiled("{\"then\":\"send\",\"yield_when_at_least\":-6,\"copies\":0,\"target\":\"t\","
                  "\"op\":\"add\",\"number\":3}",
                  &err);
    assert_int_equal(op->then, RP_OP_YIELD_AT_LEAST);
    assert_int_equal(op->at_least, -6);
    assert_int_equal(op->copies, 0);
    assert_string_equal(op->target, "t");
    assert_int_equal(op->number, 3);
    op = compiled("{\"yield_when_at_least\":6,\"then\":\"send\",\"op\":\"pass\"}", &err);
    assert_int_equal(op->then, RP_OP_YIELD_AT_LEAST);
}

static void what_is_misspelt_is_named_with_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(said("{\"op\":\"uper\"}"),
                        "op: unknown operation; did you mean \"upper\"?");
    assert_string_equal(said("{\"op\":\"append\",\"txet\":\"a\"}"),
                        "txet: unknown key; did you mean \"text\"?");
    assert_string_equal(said("{\"op\":\"pass\",\"then\":\"yeild\"}"),
                        "then: unknown word; did you mean \"yield\"?");
    assert_string_equal(said("{\"op\":\"pass\",\"yield_at_least\":1}"),
                        "yield_at_least: unknown key; did you mean \"yield_when_at_least\"?");
    assert_string_equal(said("{\"op\":\"paint\"}"),
                        "op: unknown operation; known here: pass, upper, append, add, join, sum, "
                        "state_append, state_read, ask, fail, fail_on");
    assert_string_equal(said("{\"op\":\"add\",\"number\":1,\"x\":1}"),
                        "x: unknown key; known here: id, op, number, then, yield_when_at_least, "
                        "copies, target");
}

static void keys_belong_to_their_operations(void **state)
{
    (void)state;
    assert_string_equal(said("{\"op\":\"upper\",\"text\":\"a\"}"),
                        "text: the operation \"upper\" takes no \"text\"");
    assert_string_equal(said("{\"op\":\"append\",\"separator\":\"a\"}"),
                        "separator: the operation \"append\" takes no \"separator\"");
}

static void what_is_needed_must_be_there(void **state)
{
    static const char *const needs[][2] = {
        {"append", "text"},    {"add", "number"},   {"join", "separator"}, {"state_append", "key"},
        {"state_read", "key"}, {"fail", "message"}, {"fail_on", "visit"},
    };

    (void)state;
    assert_string_equal(said("{\"id\":\"x\"}"), ": \"op\" is missing");
    for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
        char json[80], wanted[120];
        snprintf(json, sizeof(json), "{\"op\":\"%s\"}", needs[i][0]);
        snprintf(wanted, sizeof(wanted), ": \"%s\" is missing; the operation \"%s\" needs it",
                 needs[i][1], needs[i][0]);
        assert_string_equal(said(json), wanted);
    }
}

static void a_value_of_a_wrong_type_is_refused_at_its_place(void **state)
{
    static const char *const wrong[][2] = {
        {"7", ": an object with the key \"op\" is expected here, not an integer"},
        {"{\"op\":1}", "op: the name of an operation, a text, is expected here, not an integer"},
        {"{\"op\":\"pass\",\"id\":1}",
         "id: the executor's id, a text, is expected here, not an integer"},
        {"{\"op\":\"append\",\"text\":1}", "text: a text is expected here, not an integer"},
        {"{\"op\":\"add\",\"number\":\"1\"}",
         "number: an integer of 64 bits is expected here, not a text"},
        {"{\"op\":\"add\",\"number\":9223372036854775808}",
         "number: an integer of 64 bits is expected here, not an integer beyond 64 bits"},
        {"{\"op\":\"add\",\"number\":1.0}",
         "number: an integer of 64 bits is expected here, not a number that is no integer"},
        {"{\"op\":\"join\",\"separator\":null}", "separator: a text is expected here, not null"},
        {"{\"op\":\"state_read\",\"key\":[]}", "key: a text is expected here, not a list"},
        {"{\"op\":\"fail\",\"message\":{}}", "message: a text is expected here, not an object"},
        {"{\"op\":\"fail_on\",\"visit\":true}",
         "visit: an integer of 64 bits is expected here, not true or false"},
        {"{\"op\":\"pass\",\"then\":1}",
         "then: \"send\", \"yield\" or \"both\" is expected here, not an integer"},
        {"{\"op\":\"pass\",\"yield_when_at_least\":\"6\"}",
         "yield_when_at_least: an integer of 64 bits is expected here, not a text"},
        {"{\"op\":\"pass\",\"copies\":\"2\"}",
         "copies: a number of copies, an integer, is expected here, not a text"},
        {"{\"op\":\"pass\",\"target\":2}", "target: a text is expected here, not an integer"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_string_equal(said(wrong[i][0]), wrong[i][1]);
}

static void values_out_of_bounds_are_refused_with_the_bounds(void **state)
{
    (void)state;
    assert_string_equal(said("{\"op\":\"fail_on\",\"visit\":0}"),
                        "visit: visits are counted from 1; 0 is never reached");
    assert_string_equal(said("{\"op\":\"pass\",\"copies\":-1}"),
                        "copies: 0 to 1048576 copies can be sent, not -1");
    assert_string_equal(said("{\"op\":\"pass\",\"copies\":1048577}"),
                        "copies: 0 to 1048576 copies can be sent, not 1048577");
    assert_string_equal(said("{\"op\":\"pass\",\"target\":\"\"}"),
                        "target: the id of an executor cannot be empty");
    assert_string_equal(
        said("{\"op\":\"state_read\",\"key\":\"_k\"}"),
        "key: keys that begin with \"_\" are the engine's own; choose another name");
    assert_string_equal(said("{\"op\":\"state_read\",\"key\":\"a\\u0000b\"}"),
                        "key: U+0000 cannot stand in a name");
}

static void two_ways_to_go_on_contradict_each_other(void **state)
{
    (void)state;
    assert_string_equal(said("{\"op\":\"pass\",\"yield_when_at_least\":1,\"then\":\"both\"}"),
                        ": \"then\" and \"yield_when_at_least\" both say what becomes of the "
                        "result; leave one out");
}

static int compile_one(const struct rp_alloc *alloc)
{
    struct rp_kit *k;
    struct rp_value json = rp_map();
    void *def = NULL;
    int rc = rp_kit_new(alloc, &k);

    if (rc != RP_OK)
        return rc;
    rc = rp_map_put(rp_kit_heap(k), &json, "op", rp_textz(rp_kit_heap(k), "upper"));
    if (rc == RP_OK)
        rc = rp_op_compile(k, json, &def, NULL);
    assert_int_equal(rc == RP_OK, def != NULL);
    rp_kit_free(k);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    assert_true(sweep_memory(compile_one) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_operation_can_be_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_becomes_of_the_result_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_misspelt_is_named_with_what_was_meant, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(keys_belong_to_their_operations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_needed_must_be_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_of_a_wrong_type_is_refused_at_its_place, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(values_out_of_bounds_are_refused_with_the_bounds, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(two_ways_to_go_on_contradict_each_other, set_up, tear_down),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
