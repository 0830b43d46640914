/* test_wire_error.c - what a service says when it refuses, as one sentence; errors as a server
 * writes them; the names of dialects and rules. */
#include "tests/support/cm.h"
#include "tests/support/values.h"

#include <string.h>

#include "mocks/wire/wire.h"

static void is_said(int status, const char *body, const char *expected)
{
    struct rp_error err;

    rp_wire_read_error(RP_DIALECT_CHAT, status, body, strlen(body), &err);
    assert_int_equal(err.status, RP_ECLIENT);
    assert_string_equal(err.text, expected);
}

static void an_error_object_is_said_with_its_type(void **state)
{
    (void)state;
    is_said(429,
            "{\"error\":{\"message\":\"Rate limit reached.\",\"type\":\"rate_limit_error\","
            "\"code\":\"rate\"}}",
            "the service answered with status 429: Rate limit reached. (rate_limit_error)");
    is_said(529,
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}",
            "the service answered with status 529: Busy (overloaded_error)");
}

static void other_shapes_of_errors_are_said_too(void **state)
{
    (void)state;
    is_said(400, "{\"error\":\"bad\"}", "the service answered with status 400: bad");
    is_said(422, "{\"detail\":\"wrong\"}", "the service answered with status 422: wrong");
    is_said(400, "[{\"error\":{\"message\":\"in a list\"}}]",
            "the service answered with status 400: in a list");
    is_said(500, "{\"a\":1}", "the service answered with status 500: {\"a\":1}");
}

static void a_remedy_is_said_where_there_is_one(void **state)
{
    (void)state;
    is_said(401, "{\"error\":{\"message\":\"Incorrect key\"}}",
            "the service answered with status 401: Incorrect key; check the API key");
    is_said(404, "",
            "the service answered with status 404 and no body; check the base URL and the "
            "name of the model");
}

static void a_page_is_said_by_its_title_or_its_text(void **state)
{
    (void)state;
    is_said(502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\n<body>long</body></html>",
            "the service answered with status 502 and a page of HTML: 502 Bad Gateway");
    is_said(503, "<!DOCTYPE html><body><h1>No</h1> \n <p>server</p></body>",
            "the service answered with status 503 and a page of HTML: No server");
}

static void text_is_said_without_what_moves_a_cursor(void **state)
{
    (void)state;
    is_said(500,
            " \x1b[31mred\x07\r\n\xe2\x80\xae"
            "evil \xff!\xc2\x9b",
            "the service answered with status 500: [31mred evil ?!");
}

static void long_text_is_cut_between_characters(void **state)
{
    char body[2000];
    struct rp_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(body); i += 2)
        memcpy(body + i, "\xc3\xa4", 2);
    rp_wire_read_error(RP_DIALECT_CHAT, 500, body, sizeof(body), &err);
    assert_string_equal(err.text + strlen(err.text) - 5, "\xc3\xa4...");
    assert_true(strlen(err.text) < 260);
}

static void a_body_too_large_to_read_is_said_by_its_beginning(void **state)
{
    char *body = faulty.alloc.resize(faulty.alloc.ctx, NULL, 0, 100000);
    struct rp_error err;

    (void)state;
    memset(body, ' ', 100000);
    memcpy(body, "{\"error\":{\"message\":\"much\"}}", 28);
    rp_wire_read_error(RP_DIALECT_CHAT, 500, body, 100000, &err);
    assert_string_equal(err.text,
                        "the service answered with status 500: {\"error\":{\"message\":\"much\"}}");
    faulty.alloc.resize(faulty.alloc.ctx, body, 100000, 0);
}

static void an_error_is_written_with_a_type_from_its_status(void **state)
{
    struct rp_buf b;

    (void)state;
    rp_buf_init(&b, &faulty.alloc, SIZE_MAX);
    assert_int_equal(rp_wire_write_error(RP_DIALECT_CHAT, 429, NULL, "too \"many\"", &b), RP_OK);
    assert_string_equal(b.s, "{\"error\":{\"message\":\"too \\\"many\\\"\",\"type\":"
                             "\"rate_limit_error\",\"param\":null,\"code\":null}}");
    rp_buf_clear(&b);
    assert_int_equal(rp_wire_write_error(RP_DIALECT_CHAT, 500, "mine", "x", &b), RP_OK);
    assert_string_equal(b.s, "{\"error\":{\"message\":\"x\",\"type\":\"mine\",\"param\":null,"
                             "\"code\":null}}");
    rp_buf_free(&b);
}

static void dialects_have_names_and_paths(void **state)
{
    (void)state;
    assert_string_equal(rp_dialect_name(RP_DIALECT_CHAT), "chat");
    assert_string_equal(rp_dialect_name(RP_DIALECT_RESPONSES), "responses");
    assert_string_equal(rp_dialect_name(RP_DIALECT_ANTHROPIC), "anthropic");
    assert_string_equal(rp_dialect_path(RP_DIALECT_CHAT), "/chat/completions");
    assert_string_equal(rp_dialect_path(RP_DIALECT_RESPONSES), "/responses");
    assert_string_equal(rp_dialect_path(RP_DIALECT_ANTHROPIC), "/messages");
    for (int i = 0; i < RP_DIALECTS; i++)
        assert_int_equal(rp_dialect_of(rp_dialect_name((enum rp_dialect)i)), i);
    assert_int_equal(rp_dialect_of("gemini"), -1);
}

static void every_rule_has_a_name_of_its_own_and_a_sentence(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RP_WIRE_RULE_COUNT; i++) {
        assert_true(strlen(rp_wire_rule_text((enum rp_wire_rule)i)) > 10);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(rp_wire_rule_name((enum rp_wire_rule)i),
                                    rp_wire_rule_name((enum rp_wire_rule)k));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_object_is_said_with_its_type),
        cmocka_unit_test(other_shapes_of_errors_are_said_too),
        cmocka_unit_test(a_remedy_is_said_where_there_is_one),
        cmocka_unit_test(a_page_is_said_by_its_title_or_its_text),
        cmocka_unit_test(text_is_said_without_what_moves_a_cursor),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(a_body_too_large_to_read_is_said_by_its_beginning),
        cmocka_unit_test(an_error_is_written_with_a_type_from_its_status),
        cmocka_unit_test(dialects_have_names_and_paths),
        cmocka_unit_test(every_rule_has_a_name_of_its_own_and_a_sentence),
    };

    return cmocka_run_group_tests(tests, values_start, values_stop);
}
