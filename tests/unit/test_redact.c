/* test_redact.c - what redaction takes out of texts, URLs, headers and bodies, wherever it stands
 * and however it is written, and what it leaves as it was. */
#include <string.h>

#include "engine/base/buf.h"
#include "engine/os/reprise_os.h"
#include "mocks/redact.h"
#include "tests/support/cm.h"

static struct rp_alloc memory;
static struct rp_redact *redact;
static struct rp_buf out;
static uint64_t changed;

static int set_up(void **state)
{
    (void)state;
    memory = rp_alloc_libc();
    rp_buf_init(&out, &memory, SIZE_MAX / 2);
    return rp_redact_new(&memory, NULL, 0, &redact, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    rp_buf_free(&out);
    rp_redact_free(redact);
    return 0;
}

static void rule(const char *text)
{
    struct rp_error err = {0};

    if (rp_redact_add(redact, text, &err) != RP_OK)
        fail_msg("%s: %s", text, err.text);
}

static const char *left_of_text(const char *s)
{
    rp_buf_clear(&out);
    changed = 0;
    assert_int_equal(rp_redact_text(redact, s, strlen(s), &out, &changed), RP_OK);
    return out.n ? out.s : "";
}

static const char *left_of_body(const char *s)
{
    rp_buf_clear(&out);
    changed = 0;
    assert_int_equal(rp_redact_body(redact, s, strlen(s), &out, NULL, 0, &changed), RP_OK);
    return out.n ? out.s : "";
}

static const char *left_of_url(const char *s)
{
    rp_buf_clear(&out);
    changed = 0;
    assert_int_equal(rp_redact_url(redact, s, &out, &changed), RP_OK);
    return out.s;
}

static const char *left_of_header(const char *name, const char *value)
{
    rp_buf_clear(&out);
    changed = 0;
    assert_int_equal(rp_redact_header(redact, name, value, &out, &changed), RP_OK);
    return out.n ? out.s : "";
}

/* ---- texts ---- */

static void a_text_without_secrets_stays_as_it_is(void **state)
{
    static const char *const texts[] = {
        "",
        "plain words, and risk-adjusted-returns-on-capital-of-many-words",
        "100% sure; a\\b; C:\\new\\table; %zz; \\u12",
        "[not json] {nor this}",
        "dGhpcyBpcyBub3RoaW5nIHNlY3JldCBhdCBhbGw=",
        "[redacted:7]",
    };

    (void)state;
    rule("text:correct horse");
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_string_equal(left_of_text(texts[i]), texts[i]);
        assert_int_equal(changed, 0);
    }
}

static void the_same_secret_has_the_same_number(void **state)
{
    (void)state;
    rule("text:swordfish");
    rule("text:opensesame");
    assert_string_equal(left_of_text("swordfish, opensesame, swordfish"),
                        "[redacted:1], [redacted:2], [redacted:1]");
    assert_int_equal(changed, 3);
    assert_string_equal(left_of_text("opensesame"), "[redacted:2]");
}

static void what_was_redacted_stays_as_it_is(void **state)
{
    (void)state;
    rule("text:redacted");
    rule("key:password");
    left_of_body("{\"password\":\"abcdefgh\"}");
    assert_string_equal(left_of_body("{\"password\":\"[redacted:1]\"}"),
                        "{\"password\":\"[redacted:1]\"}");
    assert_int_equal(changed, 0);
}

static void a_secret_is_found_in_every_way_of_writing(void **state)
{
    static const char *const written[] = {
        "pa/ss w\"rd+\xc3\xa9!",                      /* as it is */
        "pa%2Fss%20w%22rd%2B%C3%A9%21",               /* in a URL */
        "pa%2fss%20w%22rd%2b%c3%a9%21",               /* in small letters */
        "%70%61%2F%73%73%20%77%22%72%64%2B%C3%A9%21", /* every byte */
        "pa%252Fss%2520w%2522rd%252B%25C3%25A9%2521", /* twice */
        "pa\\/ss w\\\"rd+\\u00e9!",                   /* in JSON */
        "\\u0070a\\/ss w\\u0022rd+\\u00E9\\u0021",    /* in JSON, otherwise */
        "cGEvc3MgdyJyZCvDqSE=",                       /* in base64 */
        "cGEvc3MgdyJyZCvDqSE",                        /* without its end */
        "eHBhL3NzIHcicmQrw6kheA==",                   /* one byte behind another */
        "eHhwYS9zcyB3InJkK8OpIXh4",                   /* two bytes */
    };
    char text[200];

    (void)state;
    rule("text:pa/ss w\"rd+\xc3\xa9!");
    for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
        const char *left;
        size_t n = strlen(written[i]);
        memcpy(text, "<", 1);
        memcpy(text + 1, written[i], n);
        memcpy(text + 1 + n, ">", 2);
        left = left_of_text(text);
        if (changed != 1 || !strstr(left, "[redacted:1]"))
            fail_msg("%s: %s", text, left);
    }
}

static void a_secret_of_a_form_is_found(void **state)
{
    (void)state;
    rule("text:open sesame");
    assert_string_equal(left_of_text("user=ali&word=open+sesame&x=1"),
                        "user=ali&word=[redacted:1]&x=1");
}

static void base64_goes_where_the_secret_stands_and_no_further(void **state)
{
    (void)state;
    rule("text:swordfish");
    /* "the word is swordfish, remember" */
    assert_string_equal(left_of_text("dGhlIHdvcmQgaXMgc3dvcmRmaXNoLCByZW1lbWJlcg=="),
                        "dGhlIHdvcmQgaXMg[redacted:1]LCByZW1lbWJlcg==");
    /* The same with line breaks. */
    assert_string_equal(left_of_text("dGhlIHdvcmQgaXMgc3dv\r\ncmRmaXNoLCByZW1lbWJlcg=="),
                        "dGhlIHdvcmQgaXMg[redacted:1]LCByZW1lbWJlcg==");
}

static void base64_that_stands_in_a_longer_word_is_read_too(void **state)
{
    (void)state;
    rule("text:swordfish");
    for (size_t i = 0; i < 5; i++) {
        char text[64] = "xxxxx";
        memcpy(text + i, "c3dvcmRmaXNo", 13);
        left_of_text(text);
        assert_int_equal(changed, 1);
        assert_null(strstr(out.s, "c3dvcmRmaXNo"));
    }
}

static void patterns_are_posix_and_the_longest_match_goes(void **state)
{
    (void)state;
    rule("pattern:[0-9]{3}-[0-9]{2}-[0-9]{4}");
    rule("pattern:AB|CD+");
    assert_string_equal(left_of_text("ssn 078-05-1120, CDDD"), "ssn [redacted:1], [redacted:2]");
}

static void a_pattern_may_ask_for_the_beginning_of_a_word(void **state)
{
    (void)state;
    rule("pattern:\\<id-[0-9]+");
    assert_string_equal(left_of_text("id-1 grid-22 (id-333) a%3Did-4"),
                        "[redacted:1] grid-22 ([redacted:2]) a%3D[redacted:3]");
}

static void the_keys_of_services_are_known(void **state)
{
    static const char *const keys[] = {
        "sk-proj-0123456789abcdefghijKLMN",
        "sk-ant-api03-0123456789abcdefghij",
        "sk_live_0123456789abcdefghij",
        "ghp_0123456789abcdefghij0123456789abcdef",
        "github_pat_0123456789abcdefghij0123456789",
        "glpat-0123456789abcdefghij",
        "xoxb-0123456789-abcdefghij",
        "AKIA0123456789ABCDEF",
        "AIza0123456789abcdefghij0123456789abcde",
        "hf_0123456789abcdefghij0123456789",
        "gsk_0123456789abcdefghij0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        left_of_text(keys[i]);
        if (changed != 1 || out.s[0] != '[' || out.s[out.n - 1] != ']')
            fail_msg("%s: %s", keys[i], out.s);
    }
    assert_string_equal(left_of_text("Authorization: Bearer abcdefgh12345678"),
                        "Authorization: [redacted:14]");
}

/* ---- headers and URLs ---- */

static void headers_that_carry_secrets_lose_their_value(void **state)
{
    (void)state;
    assert_string_equal(left_of_header("AUTHORIZATION", "Bearer abc"), "[redacted:1]");
    assert_string_equal(left_of_header("Set-Cookie", "a=b; Path=/"), "[redacted:2]");
    assert_string_equal(left_of_header("X-Request-Id", "abc"), "abc");
    rule("header:x-tenant*");
    assert_string_equal(left_of_header("X-Tenant-Name", "acme"), "[redacted:3]");
    assert_string_equal(left_of_header("x-api-key", ""), "");
}

static void what_a_header_carried_is_looked_for_everywhere(void **state)
{
    (void)state;
    left_of_header("authorization", "Token s3cr3t-0f-mine");
    assert_string_equal(left_of_text("I use s3cr3t-0f-mine."), "I use [redacted:2].");
    assert_string_equal(left_of_header("x-echo", "czNjcjN0LTBmLW1pbmU="), "[redacted:2]=");
}

static void urls_lose_users_and_named_parameters(void **state)
{
    (void)state;
    rule("query:tenant");
    assert_string_equal(left_of_url("https://me:pw@host/v1/chat?api%5Fkey=a%20b&x=1&tenant=t#f"),
                        "https://[redacted:1]@host/v1/chat?api%5Fkey=[redacted:2]&x=1"
                        "&tenant=[redacted:3]#f");
    assert_string_equal(left_of_url("http://host/a@b?u=x@y"), "http://host/a@b?u=x@y");
}

static void secrets_in_urls_are_found_in_path_and_query(void **state)
{
    (void)state;
    rule("text:sword fish");
    assert_string_equal(left_of_url("http://h/sword%20fish/x?y=%73word%20fish&z=sword+fish"),
                        "http://h/[redacted:1]/x?y=[redacted:1]&z=[redacted:1]");
}

/* ---- bodies ---- */

static void keys_lose_their_values_at_any_depth(void **state)
{
    (void)state;
    rule("key:*_pin");
    rule("key:vault");
    assert_string_equal(
        left_of_body("{ \"Password\" : \"a\\nb\", \"list\":[{\"card_pin\": 1234}],\n"
                     " \"vault\":{\"a\":[1,2]}, \"client_secret\":null, \"keep\":1.50 }"),
        "{ \"Password\" : \"[redacted:1]\", \"list\":[{\"card_pin\": \"[redacted:2]\"}],\n"
        " \"vault\":\"[redacted:3]\", \"client_secret\":null, \"keep\":1.50 }");
    assert_int_equal(changed, 3);
}

static void a_schema_that_speaks_of_passwords_stays(void **state)
{
    static const char schema[] = "{\"properties\":{\"password\":{\"type\":\"string\"}}}";

    (void)state;
    assert_string_equal(left_of_body(schema), schema);
}

static void keys_are_found_in_json_inside_of_texts(void **state)
{
    (void)state;
    assert_string_equal(
        left_of_body("{\"arguments\":\"{\\\"password\\\": \\\"hunter2\\\", \\\"n\\\": 1}\"}"),
        "{\"arguments\":\"{\\\"password\\\": \\\"[redacted:1]\\\", \\\"n\\\": 1}\"}");
    rule("key:pin");
    assert_string_equal(left_of_body("{\"arguments\":\"{\\\"pin\\\":4711}\"}"),
                        "{\"arguments\":\"{\\\"pin\\\":\\\"[redacted:2]\\\"}\"}");
}

static void keys_are_found_in_json_inside_of_base64(void **state)
{
    (void)state;
    /* {"password":"hunter2-hunter2"} */
    left_of_body("{\"blob\":\"eyJwYXNzd29yZCI6Imh1bnRlcjItaHVudGVyMiJ9\"}");
    assert_string_equal(out.s, "{\"blob\":\"eyJwYXNzd29yZCI6I[redacted:1]J9\"}");
}

static void pointers_name_places(void **state)
{
    (void)state;
    rule("json:/messages/*/name");
    rule("json:/user");
    assert_string_equal(
        left_of_body("{\"user\":{\"id\":7},\"messages\":[{\"name\":\"ann\"},{\"name\":\"bob\"}],"
                     "\"name\":\"c\"}"),
        "{\"user\":\"[redacted:1]\",\"messages\":[{\"name\":\"[redacted:2]\"},"
        "{\"name\":\"[redacted:3]\"}],\"name\":\"c\"}");
}

static void what_a_key_named_is_looked_for_elsewhere(void **state)
{
    (void)state;
    assert_string_equal(left_of_body("{\"text\":\"say hunter2-hunter2\","
                                     "\"password\":\"hunter2-hunter2\"}"),
                        "{\"text\":\"say [redacted:1]\",\"password\":\"[redacted:1]\"}");
}

static void secrets_in_keys_and_numbers_leave_json(void **state)
{
    (void)state;
    rule("pattern:[0-9]{16}");
    rule("text:swordfish");
    assert_string_equal(left_of_body("{\"swordfish\":4111111111111111,\"n\":[true]}"),
                        "{\"[redacted:1]\":\"[redacted:2]\",\"n\":[true]}");
}

static void a_body_that_is_cut_is_searched_as_far_as_it_goes(void **state)
{
    (void)state;
    assert_string_equal(left_of_body("{\"a\":1,\"password\":\"hunte"),
                        "{\"a\":1,\"password\":\"[redacted:1]");
    rule("text:swordfish");
    assert_string_equal(left_of_body("{\"a\":[1,,\"swordfish\"]"), "{\"a\":[1,,\"[redacted:2]\"]");
    assert_string_equal(left_of_body("{\"password\":\"x\"}\n{\"password\":\"yy\"}\n"),
                        "{\"password\":\"[redacted:3]\"}\n{\"password\":\"[redacted:4]\"}\n");
}

static void chunks_are_cut_anew(void **state)
{
    static const char body[] = "{\"a\":\"swordfish\",\"b\":1}";
    struct rp_body_chunk chunks[] = {{8, 1}, {3, 2}, {3, 3}, {9, 4}};

    (void)state;
    rule("text:swordfish");
    rp_buf_clear(&out);
    assert_int_equal(rp_redact_body(redact, body, strlen(body), &out, chunks, 4, NULL), RP_OK);
    assert_string_equal(out.s, "{\"a\":\"[redacted:1]\",\"b\":1}");
    assert_int_equal(chunks[0].n, strlen("{\"a\":\"[redacted:1]"));
    assert_int_equal(chunks[1].n, 0);
    assert_int_equal(chunks[2].n, 0);
    assert_int_equal(chunks[3].n, strlen("\",\"b\":1}"));
    assert_int_equal(chunks[3].gap_us, 4);
}

static void every_cut_of_a_body_adds_up(void **state)
{
    static const char body[] = "swordfish and {swordfish} and more";
    size_t n = strlen(body);

    (void)state;
    rule("text:swordfish");
    for (size_t a = 0; a <= n; a++)
        for (size_t b = a; b <= n; b++) {
            struct rp_body_chunk chunks[] = {{a, 0}, {b - a, 0}, {n - b, 0}};
            rp_buf_clear(&out);
            assert_int_equal(rp_redact_body(redact, body, n, &out, chunks, 3, NULL), RP_OK);
            assert_string_equal(out.s, "[redacted:1] and {[redacted:1]} and more");
            assert_int_equal(chunks[0].n + chunks[1].n + chunks[2].n, out.n);
        }
}

/* ---- server-sent events ---- */

static void events_are_searched_one_by_one(void **state)
{
    (void)state;
    assert_string_equal(left_of_body("event: a\ndata: {\"password\":\"abc\"}\n\n"
                                     "data: {\"x\":1}\n\ndata: [DONE]\n\n"),
                        "event: a\ndata: {\"password\":\"[redacted:1]\"}\n\n"
                        "data: {\"x\":1}\n\ndata: [DONE]\n\n");
}

static void a_secret_that_a_stream_cuts_is_put_together(void **state)
{
    (void)state;
    rule("text:swordfish");
    assert_string_equal(
        left_of_body("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a swo\"}}]}\n\n"
                     "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"rdfish\"}}]}\n\n"
                     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"rdf\"}}]}\n\n"
                     "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ish!\"}}]}\n\n"),
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a [redacted:1]\"}}]}\n\n"
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"rdfish\"}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"!\"}}]}\n\n");
}

static void keys_in_arguments_that_a_stream_cuts_are_found(void **state)
{
    (void)state;
    assert_string_equal(
        left_of_body("data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
                     "\"input_json_delta\",\"partial_json\":\"{\\\"pass\"}}\n\n"
                     "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
                     "\"input_json_delta\",\"partial_json\":\"word\\\":\\\"hun\"}}\n\n"
                     "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
                     "\"input_json_delta\",\"partial_json\":\"ter\\\"}\"}}\n\n"),
        "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
        "\"input_json_delta\",\"partial_json\":\"{\\\"pass\"}}\n\n"
        "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
        "\"input_json_delta\",\"partial_json\":\"word\\\":\\\"[redacted:1]\"}}\n\n"
        "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
        "\"input_json_delta\",\"partial_json\":\"\\\"}\"}}\n\n");
}

static void an_event_of_several_lines_is_one_value(void **state)
{
    (void)state;
    assert_string_equal(left_of_body("data: {\"password\":\ndata: \"abcd\"}\n\n"),
                        "data: {\"password\":\ndata: \"[redacted:1]\"}\n\n");
}

/* ---- rules ---- */

static void wrong_rules_say_what_is_wrong(void **state)
{
    static const struct {
        const char *rule, *text;
    } all[] = {
        {"body:x", "is no rule; rules are header:NAME, query:NAME, key:NAME, json:/POINTER, "
                   "pattern:REGEX and text:SECRET"},
        {"header:", "the rule is empty; say behind the colon what is to go"},
        {"json:user", "is no JSON pointer; give one such as json:/user/name or json:/*/phone"},
        {"text:abc", "the secret is too short to be told from other text; give 4 bytes at least"},
        {"pattern:a*", "the pattern matches nothing at all everywhere; let it ask for something"},
    };
    struct rp_error err;

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        err = (struct rp_error){0};
        assert_int_equal(rp_redact_add(redact, all[i].rule, &err), RP_EARG);
        assert_string_equal(err.text, all[i].text);
    }
    assert_int_equal(rp_redact_add(redact, "pattern:[a", &err), RP_EARG);
    assert_non_null(strstr(err.text, "give a POSIX extended regular expression"));
}

static void rules_are_noted_without_their_secrets(void **state)
{
    struct rp_redact *other;

    (void)state;
    rule("header:x-tenant");
    rule("text:swordfish");
    rule("json:/a\"b");
    rp_buf_clear(&out);
    assert_int_equal(rp_redact_write_rules(redact, &out), RP_OK);
    assert_string_equal(out.s, "[\"header:x-tenant\",\"json:/a\\\"b\"]");
    assert_int_equal(rp_redact_new(&memory, NULL, 0, &other, NULL), RP_OK);
    assert_int_equal(rp_redact_read_rules(other, "[\"header:x-tenant\"]", NULL), RP_OK);
    rp_buf_clear(&out);
    assert_int_equal(rp_redact_write_rules(other, &out), RP_OK);
    assert_string_equal(out.s, "[\"header:x-tenant\"]");
    assert_int_equal(rp_redact_read_rules(other, "{}", NULL), RP_EPARSE);
    rp_redact_free(other);
}

/* ---- interactions ---- */

static void an_interaction_is_redacted_in_all_its_parts(void **state)
{
    static const struct rp_header asked[] = {{"Authorization", "Bearer tok-12345678"},
                                             {"X-Note", "for tok-12345678"}};
    static const struct rp_header got[] = {{"Set-Cookie", "s=1"}};
    static const struct rp_body_chunk chunks[] = {{10, 5}, {6, 6}};
    const struct rp_interaction i = {.id = 3,
                                     .lane = "w",
                                     .method = "POST",
                                     .url = "http://h/v1?key=tok-12345678",
                                     .model = "m",
                                     .request_headers = asked,
                                     .n_request_headers = 2,
                                     .request = "{\"a\":\"tok-12345678\"}",
                                     .n_request = 20,
                                     .digest = "x",
                                     .headers = got,
                                     .n_headers = 1,
                                     .body = "no tok-12345678!",
                                     .n_body = 16,
                                     .chunks = chunks,
                                     .n_chunks = 2,
                                     .failure = RP_FAILURE_RESET,
                                     .failure_text = "reset while tok-12345678 was sent",
                                     .recorded_at = "2026-11-20T16:10:15Z"};
    struct rp_interaction *safe;

    (void)state;
    changed = 0;
    assert_int_equal(rp_redact_interaction(redact, &i, &safe, &changed), RP_OK);
    assert_int_equal(safe->id, 3);
    assert_string_equal(safe->lane, "w");
    assert_string_equal(safe->model, "m");
    assert_string_equal(safe->url, "http://h/v1?key=[redacted:1]");
    assert_string_equal(safe->request, "{\"a\":\"[redacted:1]\"}");
    assert_string_equal(safe->digest, "");
    assert_string_equal(safe->request_headers[0].value, "[redacted:2]");
    assert_string_equal(safe->request_headers[1].value, "for [redacted:1]");
    assert_string_equal(safe->headers[0].name, "Set-Cookie");
    assert_string_equal(safe->headers[0].value, "[redacted:3]");
    assert_string_equal(safe->body, "no [redacted:1]!");
    assert_int_equal(safe->chunks[0].n, 15);
    assert_int_equal(safe->chunks[1].n, 1);
    assert_int_equal(safe->chunks[1].gap_us, 6);
    assert_string_equal(safe->failure_text, "reset while [redacted:1] was sent");
    assert_string_equal(safe->recorded_at, "2026-11-20T16:10:15Z");
    assert_int_equal(changed, 7);
    rp_interaction_free(&memory, safe);
}

#define REDACT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REDACT_TEST(a_text_without_secrets_stays_as_it_is),
        REDACT_TEST(the_same_secret_has_the_same_number),
        REDACT_TEST(what_was_redacted_stays_as_it_is),
        REDACT_TEST(a_secret_is_found_in_every_way_of_writing),
        REDACT_TEST(a_secret_of_a_form_is_found),
        REDACT_TEST(base64_goes_where_the_secret_stands_and_no_further),
        REDACT_TEST(base64_that_stands_in_a_longer_word_is_read_too),
        REDACT_TEST(patterns_are_posix_and_the_longest_match_goes),
        REDACT_TEST(a_pattern_may_ask_for_the_beginning_of_a_word),
        REDACT_TEST(the_keys_of_services_are_known),
        REDACT_TEST(headers_that_carry_secrets_lose_their_value),
        REDACT_TEST(what_a_header_carried_is_looked_for_everywhere),
        REDACT_TEST(urls_lose_users_and_named_parameters),
        REDACT_TEST(secrets_in_urls_are_found_in_path_and_query),
        REDACT_TEST(keys_lose_their_values_at_any_depth),
        REDACT_TEST(a_schema_that_speaks_of_passwords_stays),
        REDACT_TEST(keys_are_found_in_json_inside_of_texts),
        REDACT_TEST(keys_are_found_in_json_inside_of_base64),
        REDACT_TEST(pointers_name_places),
        REDACT_TEST(what_a_key_named_is_looked_for_elsewhere),
        REDACT_TEST(secrets_in_keys_and_numbers_leave_json),
        REDACT_TEST(a_body_that_is_cut_is_searched_as_far_as_it_goes),
        REDACT_TEST(chunks_are_cut_anew),
        REDACT_TEST(every_cut_of_a_body_adds_up),
        REDACT_TEST(events_are_searched_one_by_one),
        REDACT_TEST(a_secret_that_a_stream_cuts_is_put_together),
        REDACT_TEST(keys_in_arguments_that_a_stream_cuts_are_found),
        REDACT_TEST(an_event_of_several_lines_is_one_value),
        REDACT_TEST(wrong_rules_say_what_is_wrong),
        REDACT_TEST(rules_are_noted_without_their_secrets),
        REDACT_TEST(an_interaction_is_redacted_in_all_its_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
