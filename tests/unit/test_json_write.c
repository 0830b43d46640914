/* test_json_write.c - canonical writing, and all allocations of reading and writing failing. */
#include "engine/base/json.h"

#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/values.h"

static void keys_are_sorted_by_code_point_at_every_depth(void **state)
{
    struct rp_value v = read_json("{\"b\":{\"z\":1,\"\":2,\"aa\":3,\"a\":4},\"\xf0\x9f\x98\x80\":5,"
                                  "\"\xef\xbf\xbd\":[{\"y\":6,\"x\":7}],\"B\":8,\"\xc3\xa4\":9}");

    (void)state;
    is_told_as(v, 1,
               "{\"B\":8,\"b\":{\"\":2,\"a\":4,\"aa\":3,\"z\":1},\"\xc3\xa4\":9,"
               "\"\xef\xbf\xbd\":[{\"x\":7,\"y\":6}],\"\xf0\x9f\x98\x80\":5}");
}

static void many_keys_are_sorted_too(void **state)
{
    struct rp_value map = rp_map();
    struct rp_buf b;

    (void)state;
    for (unsigned i = 0; i < 676; i++) {
        unsigned k = i * 123 % 676;
        char key[3] = {(char)('a' + k / 26), (char)('a' + k % 26), '\0'};
        assert_int_equal(rp_map_put(&heap, &map, key, rp_int(1)), RP_OK);
    }
    rp_buf_init(&b, &faulty.alloc, 1 << 20);
    assert_int_equal(rp_json_write(&b, map, 1), RP_OK);
    for (unsigned k = 0; k < 676; k++) {
        assert_int_equal(b.s[k * 7 + 2], 'a' + k / 26);
        assert_int_equal(b.s[k * 7 + 3], 'a' + k % 26);
    }
    rp_buf_free(&b);
}

static void only_what_must_be_is_escaped(void **state)
{
    char all[0x80],
        expected[] =
            "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000"
            "e"
            "\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a"
            "\\u001b\\u001c\\u001d\\u001e\\u001f !\\\"#$%&'()*+,-./0123456789:;<=>?@"
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f\"";
    struct rp_buf b;

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (char)i;
    rp_buf_init(&b, &faulty.alloc, 1 << 20);
    assert_int_equal(rp_json_write_str(&b, (struct rp_str){all, sizeof(all)}), RP_OK);
    assert_string_equal(b.s, expected);
    rp_buf_free(&b);
    is_told_as(rp_text(&heap, all, sizeof(all)), 0, expected);
}

static struct rp_value a_record(void)
{
    return rp_from_rec(rp_heap_take(&heap, sizeof(struct rp_obj), 9));
}

static void what_is_no_json_is_not_written_at_all(void **state)
{
    double infinite = rp_real_of("1e999", 5), nan;
    struct rp_value list, deep = rp_list();
    struct rp_buf b;

    (void)state;
    memset(&nan, 0xff, sizeof(nan));
    rp_buf_init(&b, &faulty.alloc, 1 << 20);
    rp_buf_addz(&b, "kept");
    list = rp_list_of(&heap, 2, rp_int(1), a_record());
    assert_int_equal(rp_json_write(&b, list, 0), RP_ETYPE);
    assert_int_equal(rp_json_write(&b, rp_real(infinite), 0), RP_ETYPE);
    assert_int_equal(rp_json_write(&b, rp_real(-infinite), 0), RP_ETYPE);
    assert_int_equal(rp_json_write(&b, rp_real(nan), 0), RP_ETYPE);
    assert_int_equal(rp_json_write(&b, rp_bad(), 0), RP_ENOMEM);
    for (int i = 0; i < RP_JSON_DEPTH_MAX; i++)
        deep = rp_list_of(&heap, 1, deep);
    assert_int_equal(rp_json_write(&b, deep, 0), RP_ELIMIT);
    assert_string_equal(b.s, "kept");
    assert_int_equal(b.failed, RP_OK);
    b.ceiling = 8;
    assert_int_equal(rp_json_write(&b, read_json("[1,2,3]"), 0), RP_ELIMIT);
    assert_string_equal(b.s, "kept");
    rp_buf_clear(&b);
    assert_int_equal(rp_json_write_str(&b, rp_str("123456789")), RP_ELIMIT);
    assert_string_equal(b.s, "");
    rp_buf_free(&b);
    assert_int_equal(rp_json_text(&heap, list).tag, RP_BAD);
    assert_int_equal(heap.failed, RP_OK);
}

static void a_value_becomes_a_text(void **state)
{
    struct rp_value text = rp_json_text(&heap, read_json("{ \"b\" : [1, 2.50], \"a\" : null }"));

    (void)state;
    assert_true(rp_is_text(text, "{\"b\":[1,2.5],\"a\":null}"));
}

static void what_was_read_has_no_room_and_grows_all_the_same(void **state)
{
    struct rp_value list = read_json("[1,2,3]"), map = read_json("{\"a\":1}");

    (void)state;
    assert_int_equal(list.u.vec->cap, 3);
    assert_int_equal(rp_list_add(&heap, &list, rp_int(4)), RP_OK);
    assert_int_equal(rp_map_put(&heap, &map, "b", rp_int(2)), RP_OK);
    is_told_as(list, 0, "[1,2,3,4]");
    is_told_as(map, 0, "{\"a\":1,\"b\":2}");
    assert_int_equal(rp_map_key(map, 0).len, 0);
}

/* ---- memory ---- */

static const char large[] =
    "{\"k1\":1,\"k2\":\"t\\u0000\",\"k3\":[1,2,3,[],{},[[]]],\"k4\":123456789012345678901234567890,"
    "\"k5\":2.5,\"k6\":{\"a\":{\"b\":{\"c\":null}}},\"k7\":7,\"k8\":8,\"k9\":9,\"k10\":10,"
    "\"k11\":11,\"k12\":12,\"k13\":13,\"k14\":14,\"k15\":15,\"k16\":16,\"k17\":17,\"k18\":18,"
    "\"k19\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}";

static int make_read(const struct rp_alloc *alloc)
{
    struct rp_error err = {0};
    struct rp_heap h;
    struct rp_value v = rp_int(77);
    int rc;

    rp_heap_init(&h, alloc, 0, 1);
    rc = rp_json_read(&h, large, strlen(large), &v, &err);
    assert_int_equal(h.failed, rc);
    assert_int_equal(err.status, rc);
    assert_int_equal(v.tag, rc == RP_OK ? RP_MAP : RP_INT);
    rp_heap_free(&h);
    return rc;
}

static int make_text(const struct rp_alloc *alloc)
{
    struct rp_heap h;
    struct rp_value text;
    int rc;

    rp_heap_init(&h, alloc, 0, 1);
    text = rp_json_text(&h, read_json(large));
    rc = text.tag == RP_BAD ? RP_ENOMEM : RP_OK;
    assert_int_equal(h.failed, rc);
    rp_heap_free(&h);
    return rc;
}

static int make_sorted(const struct rp_alloc *alloc)
{
    struct rp_buf b;
    int rc;

    rp_buf_init(&b, alloc, 1 << 16);
    rc = rp_json_write(&b, read_json(large), 1);
    assert_int_equal(b.failed, rc);
    if (rc != RP_OK)
        assert_int_equal(b.n, 0);
    rp_buf_free(&b);
    return rc;
}

static void every_allocation_can_fail(void **state)
{
    (void)state;
    assert_true(sweep_memory(make_read) >= 30);
    assert_true(sweep_memory(make_text) >= 3);
    assert_true(sweep_memory(make_sorted) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_sorted_by_code_point_at_every_depth),
        cmocka_unit_test(many_keys_are_sorted_too),
        cmocka_unit_test(only_what_must_be_is_escaped),
        cmocka_unit_test(what_is_no_json_is_not_written_at_all),
        cmocka_unit_test(a_value_becomes_a_text),
        cmocka_unit_test(what_was_read_has_no_room_and_grows_all_the_same),
        cmocka_unit_test(every_allocation_can_fail),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
