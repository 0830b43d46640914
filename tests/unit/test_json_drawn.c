/* test_json_drawn.c - drawn texts, whole and damaged. cJSON is the second opinion, on values where
 * it is right itself. */
#include <cjson/cJSON.h>
#include <string.h>

#include "engine/base/json.h"
#include "tests/support/cm.h"
#include "tests/support/values.h"

static uint64_t seed;

/* Numbers that cJSON holds exactly: integers of up to 53 bits, and fractions. */
static void draw_number(struct rp_buf *b)
{
    switch (draw(&seed, 3)) {
    case 0:
        rp_buf_add_int(b, (int64_t)draw(&seed, 2000) - 1000);
        return;
    case 1:
        rp_buf_add_int(b, ((int64_t)draw(&seed, 1u << 22) << 30) + draw(&seed, 1u << 30));
        return;
    default:
        rp_buf_add_real(b, ((double)draw(&seed, 1u << 31) - 1e9) / (1 << draw(&seed, 30)));
    }
}

static void draw_string(struct rp_buf *b, unsigned number)
{
    static const char *const pieces[] = {"a",
                                         "B",
                                         " ",
                                         "\\n",
                                         "\\\"",
                                         "\\\\",
                                         "\\u00e4",
                                         "\xc3\xa4",
                                         "\xe2\x82\xac",
                                         "\\ud83d\\ude00",
                                         "\\/",
                                         "\\u0001",
                                         "{",
                                         ","};

    rp_buf_addc(b, '"');
    if (number)
        rp_buf_add_int(b, number);
    for (uint32_t n = draw(&seed, 6); n > 0; n--)
        rp_buf_addz(b, pieces[draw(&seed, sizeof(pieces) / sizeof(*pieces))]);
    rp_buf_addc(b, '"');
}

static void draw_value(struct rp_buf *b, int depth)
{
    static const char *const words[] = {"null", "true", "false"};
    uint32_t sort = draw(&seed, depth < 5 ? 6 : 3), n = draw(&seed, 5);

    if (sort == 0) {
        rp_buf_addz(b, words[draw(&seed, 3)]);
    } else if (sort == 1) {
        draw_number(b);
    } else if (sort == 2) {
        draw_string(b, 0);
    } else {
        rp_buf_addc(b, sort == 3 ? '{' : '[');
        for (uint32_t i = 0; i < n; i++) {
            rp_buf_addz(b, i ? draw(&seed, 2) ? ", " : "," : "");
            if (sort == 3) {
                draw_string(b, i + 1);
                rp_buf_addz(b, draw(&seed, 2) ? ": " : ":");
            }
            draw_value(b, depth + 1);
        }
        rp_buf_addc(b, sort == 3 ? '}' : ']');
    }
}

static void is_same(struct rp_value v, const cJSON *c);

static void are_same_items(struct rp_value v, const cJSON *c)
{
    uint32_t n = v.tag == RP_MAP ? rp_map_len(v) : rp_len(v);

    assert_int_equal(cJSON_GetArraySize(c), n);
    c = c->child;
    for (uint32_t i = 0; i < n; i++, c = c->next) {
        if (v.tag == RP_MAP)
            assert_string_equal(rp_str_of(rp_map_key(v, i)).s, c->string);
        is_same(v.tag == RP_MAP ? rp_map_value(v, i) : rp_at(v, i), c);
    }
}

static void is_same(struct rp_value v, const cJSON *c)
{
    if (cJSON_IsNull(c)) {
        assert_int_equal(v.tag, RP_NIL);
    } else if (cJSON_IsBool(c)) {
        assert_int_equal(v.tag, RP_BOOL);
        assert_int_equal(v.u.i, cJSON_IsTrue(c));
    } else if (cJSON_IsNumber(c)) {
        assert_true(v.tag == RP_INT || v.tag == RP_REAL);
        assert_true((v.tag == RP_INT ? (double)v.u.i : v.u.r) == c->valuedouble);
    } else if (cJSON_IsString(c)) {
        assert_true(rp_is_text(v, c->valuestring));
    } else {
        assert_int_equal(v.tag, cJSON_IsObject(c) ? RP_MAP : RP_LIST);
        are_same_items(v, c);
    }
}

static void drawn_texts_read_as_cjson_reads_them_and_come_back(void **state)
{
    struct rp_buf b, again;

    (void)state;
    seed = 17;
    rp_buf_init(&b, &faulty.alloc, 1 << 20);
    rp_buf_init(&again, &faulty.alloc, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        struct rp_value v = rp_bad(), back;
        cJSON *c;
        rp_buf_clear(&b);
        draw_value(&b, 0);
        assert_int_equal(b.failed, RP_OK);
        assert_int_equal(read_bytes(b.s, b.n, &v, NULL), RP_OK);
        c = cJSON_Parse(b.s);
        assert_non_null(c);
        is_same(v, c);
        cJSON_Delete(c);
        rp_buf_clear(&again);
        assert_int_equal(rp_json_write(&again, v, 0), RP_OK);
        back = read_json(again.s);
        assert_true(rp_equal(v, back));
        c = cJSON_Parse(again.s); /* what is written is JSON to others too */
        assert_non_null(c);
        is_same(v, c);
        cJSON_Delete(c);
    }
    rp_buf_free(&b);
    rp_buf_free(&again);
}

/* Texts with one byte changed: whatever is accepted comes back the same, and what is refused has a
 * place and a reason. */
static void damaged_texts_are_read_or_refused_with_a_reason(void **state)
{
    struct rp_buf b;
    int accepted = 0;

    (void)state;
    seed = 23;
    rp_buf_init(&b, &faulty.alloc, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        struct rp_error err = {0};
        struct rp_value v;
        rp_buf_clear(&b);
        draw_value(&b, 3);
        b.s[draw(&seed, (uint32_t)b.n)] = (char)draw(&seed, 256);
        if (read_bytes(b.s, b.n, &v, &err) == RP_OK) {
            struct rp_value text = rp_json_text(&heap, v);
            accepted++;
            assert_int_equal(text.tag, RP_TEXT);
            assert_true(rp_equal(read_json(rp_str_of(text).s), v));
        } else {
            assert_int_equal(err.status, RP_EPARSE);
            assert_memory_equal(err.where, "line ", 5);
            assert_true(strlen(err.text) > 10);
        }
    }
    assert_in_range(accepted, 1000, 19000);
    rp_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_texts_read_as_cjson_reads_them_and_come_back),
        cmocka_unit_test(damaged_texts_are_read_or_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
