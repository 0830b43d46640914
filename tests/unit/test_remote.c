/* test_remote.c - the model client over a transport: what is asked, byte for byte, what must not be
 * asked, and which call is which. */
#include <string.h>

#include "tests/support/cm.h"
#include "tests/unit/remote_play.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- what is asked --------------------------------------------------------------------------- */

/* What one call asks, headers and body. */
static void asks(struct remote_play *p, const struct rp_agent *who, const char *expected)
{
    remote_open_client(p, NULL, 0);
    p->below.bodies = 1;
    remote_start(p, who);
    assert_string_equal(p->below.text, expected);
    remote_end(p);
}

static void a_plain_call_asks_what_it_must(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    asks(&p, p.anna,
         "[0] anna 1.0 chat m-1\n"
         "POST https://h.example/v1/chat/completions\n"
         "Content-Type: application/json\n"
         "Accept: application/json\n"
         "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}\n");
}

static void a_streamed_call_with_everything_asks_all_of_it(void **state)
{
    struct remote_play p;
    struct rp_service *s;

    (void)state;
    remote_begin(&p);
    s = p.services + 1;
    s->api_key = "k-1";
    s->organization = "org";
    s->lane_header = "X-Lane";
    s->headers = remote_json(&p, "{\"X-More\":\"yes\",\"accept\":\"text/event-stream, */*\"}");
    s->options = remote_json(&p, "{\"temperature\":0.5,\"seed\":7,\"top_p\":1}");
    p.call.kwargs = remote_json(&p, "{\"seed\":8,\"top_p\":null,\"user\":\"u\"}");
    p.call.format = remote_json(&p, "{\"type\":\"object\",\"properties\":{}}");
    p.extra = (struct rp_tool){.name = "handoff_to_anna"};
    p.call.extra_tools = &p.extra;
    p.call.n_extra = 1;
    p.call.tools_off = 1;
    p.call.stream = 1;
    asks(&p, p.bert,
         "[0] bert 1.0 chat m-2 stream\n"
         "POST http://127.0.0.1:1/v1/chat/completions\n"
         "Content-Type: application/json\n"
         "Authorization: Bearer k-1\n"
         "OpenAI-Organization: org\n"
         "X-More: yes\n"
         "accept: text/event-stream, */*\n"
         "X-Lane: bert\n"
         "{\"model\":\"m-2\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
         "{\"role\":\"user\",\"content\":\"Hello\"}],"
         "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
         "\"description\":\"Tells it\",\"parameters\":{\"type\":\"object\"}}},"
         "{\"type\":\"function\",\"function\":{\"name\":\"handoff_to_anna\","
         "\"parameters\":{\"type\":\"object\",\"properties\":{}}}}],\"tool_choice\":\"none\","
         "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","
         "\"schema\":{\"type\":\"object\",\"properties\":{}}}},"
         "\"stream\":true,\"stream_options\":{\"include_usage\":true},"
         "\"temperature\":0.5,\"seed\":8,\"user\":\"u\"}\n");
}

static void the_other_dialects_have_their_own_addresses_and_headers(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.services[0].dialect = RP_DIALECT_ANTHROPIC;
    p.services[0].api_key = "k-1";
    p.services[0].organization = "org";
    asks(&p, p.anna,
         "[0] anna 1.0 anthropic m-1\n"
         "POST https://h.example/v1/messages\n"
         "Content-Type: application/json\n"
         "Accept: application/json\n"
         "x-api-key: k-1\n"
         "anthropic-version: 2023-06-01\n"
         "{\"model\":\"m-1\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\","
         "\"content\":[{\"type\":\"text\",\"text\":\"Hello\"}]}]}\n");
    remote_begin(&p);
    p.services[0].dialect = RP_DIALECT_RESPONSES;
    p.services[0].base_url = "https://h.example/openai?api-version=1";
    p.services[0].api_key = "k-1";
    asks(&p, p.anna,
         "[0] anna 1.0 responses m-1\nPOST "
         "https://h.example/openai/responses?api-version=1\nContent-Type: "
         "application/json\nAccept: application/json\nAuthorization: Bearer "
         "k-1\n{\"model\":\"m-1\",\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":[{"
         "\"type\":\"input_text\",\"text\":\"Hello\"}]}]}\n");
}

/* ---- what must not be asked ------------------------------------------------------------------ */

/* A call that is refused before anything is sent, and why. */
static void refuses(struct remote_play *p, const struct rp_agent *who, const char *told)
{
    remote_open_client(p, NULL, 0);
    remote_hear(p, remote_start(p, who));
    assert_string_equal(p->s, told);
    assert_string_equal(p->below.text, "");
    remote_end(p);
}

static void an_agent_without_service_is_told_so(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    refuses(&p, p.nobody,
            "nobody 0 not made\n"
            "[0] error no service is known for the model of nobody\n");
}

static void a_service_without_address_or_model_is_told_so(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.services[0].base_url = NULL;
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error no base URL is known for the model of anna; give "
            "--base-url or service.base_url\n");
    remote_begin(&p);
    p.services[0].model = NULL;
    refuses(
        &p, p.anna,
        "anna 1 not made\n[0] error no model is named for anna; give --model or service.model\n");
}

static void addresses_that_cannot_be_asked_are_told(void **state)
{
    static const struct {
        const char *url, *told;
    } cases[] = {{"h.example/v1", "anna 1 not made\n[0] error the base URL of anna is no address "
                                  "such as https://host/v1: h.example/v1\n"},
                 {"http://", "anna 1 not made\n[0] error the base URL of anna is no address such "
                             "as https://host/v1: http://\n"},
                 {"ftp://h.example/v1", "anna 1 not made\n[0] error the base URL of anna is not "
                                        "one of http:// or https://: ftp://h.example/v1\n"},
                 {"https://me:secret@h.example/v1",
                  "anna 1 not made\n[0] error the base URL of anna holds a user name or password; "
                  "take it out and give the key in an environment variable (api_key_env)\n"},
                 {"https://h.example/v1#part",
                  "anna 1 not made\n[0] error the base URL of anna has a part behind \"#\", which "
                  "cannot be sent: https://h.example/v1#part\n"}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct remote_play p;
        remote_begin(&p);
        p.services[0].base_url = cases[i].url;
        refuses(&p, p.anna, cases[i].told);
    }
}

static void a_key_goes_over_plain_http_only_to_this_machine(void **state)
{
    static const struct {
        const char *url;
        int goes;
    } cases[] = {
        {"http://localhost:8080/v1", 1}, {"http://127.0.0.1/v1", 1},   {"http://127.9.9.9/v1", 1},
        {"http://[::1]:80/v1", 1},       {"http://a.LOCALHOST/v1", 1}, {"https://h.example/v1", 1},
        {"http://h.example/v1", 0},      {"http://10.0.0.1/v1", 0},    {"http://127.evil.com/", 0},
        {"HTTP://h.example/v1", 0},      {"http://localhost.x/", 0},   {"http://[::2]/v1", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct remote_play p;
        remote_begin(&p);
        p.services[0].base_url = cases[i].url;
        p.services[0].api_key = "k";
        p.services[0].api_key_env = "THE_KEY";
        remote_open_client(&p, NULL, 0);
        remote_start(&p, p.anna);
        if ((p.below.n > 0) != cases[i].goes)
            print_error("%s\n", cases[i].url);
        assert_int_equal(p.below.n > 0, cases[i].goes);
        remote_end(&p);
    }
}

static void a_key_in_the_open_is_refused_by_name_unless_it_is_wanted(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.services[0].base_url = "http://h.example/v1";
    p.services[0].api_key = "k";
    p.services[0].api_key_env = "THE_KEY";
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error THE_KEY would be sent over plain http for anna; use https, "
            "or, where the network is trusted, --plain-http\n");
    remote_begin(&p);
    p.services[0].base_url = "http://h.example/v1";
    p.services[0].api_key = "k";
    p.services[0].plain_http = 1;
    remote_open_client(&p, NULL, 0);
    remote_start(&p, p.anna);
    assert_string_equal(p.s, "anna 1\n");
    remote_end(&p);
}

static void headers_that_would_become_others_are_refused(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.services[0].api_key = "k\r\nX-Other: 1";
    p.services[0].api_key_env = "THE_KEY";
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error THE_KEY is empty or holds a line break or control "
            "character, for anna\n");
    remote_begin(&p);
    p.services[0].headers = remote_json(&p, "{\"X Y\":\"1\"}");
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error \"X Y\" is no name of an HTTP header (service of anna)\n");
    remote_begin(&p);
    p.services[0].headers = remote_json(&p, "{\"X\":\"1\\n2\"}");
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error the header X of anna holds a line break or control "
            "character\n");
    remote_begin(&p);
    p.services[0].organization = "a\nb";
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error the header OpenAI-Organization of anna holds a line break "
            "or control character\n");
    remote_begin(&p);
    p.services[0].lane_header = "";
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error \"\" is no name of an HTTP header (service of anna)\n");
}

static void an_option_that_the_scenario_sets_is_refused(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.services[0].options = remote_json(&p, "{\"messages\":[]}");
    refuses(&p, p.anna,
            "anna 1 not made\n[0] error anna has an option \"messages\", which the scenario itself "
            "sets; take it out\n");
}

static void an_agents_name_goes_into_the_lane_header_as_it_is(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.anna = remote_agent(&p, "\xc3\xa4 1%", NULL, NULL, 0);
    p.services[0].agent = "\xc3\xa4 1%";
    p.services[0].lane_header = "X-Lane";
    remote_open_client(&p, NULL, 0);
    p.below.bodies = 1;
    remote_start(&p, p.anna);
    assert_non_null(strstr(p.below.text, "\nX-Lane: \xc3\xa4 1%\n"));
    remote_end(&p);
}

static void an_agents_name_that_is_two_lines_is_refused(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.anna = remote_agent(&p, "a\nb", NULL, NULL, 0);
    p.services[0].agent = "a\nb";
    p.services[0].lane_header = "X-Lane";
    refuses(&p, p.anna,
            "a\nb 1 not made\n[0] error the header X-Lane of a\nb holds a line break or control "
            "character\n");
}

/* ---- numbers and positions ------------------------------------------------------------------- */

static void each_agents_calls_are_counted_also_those_that_are_refused(void **state)
{
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    p.services[1].model = NULL;
    remote_open_client(&p, NULL, 0);
    remote_start(&p, p.anna);
    remote_start(&p, p.bert);
    remote_start(&p, p.anna);
    remote_start(&p, p.bert);
    assert_string_equal(p.s, "anna 1\nbert 1 not made\nanna 2\nbert 2 not made\n");
    assert_string_equal(p.below.text, "[0] anna 1.0 chat m-1\n[0] anna 2.0 chat m-1\n");
    remote_end(&p);
}

static void positions_are_saved_and_loaded_with_those_below(void **state)
{
    struct rp_value saved;
    struct rp_buf text;
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    remote_open_client(&p, NULL, 0);
    remote_start(&p, p.anna);
    remote_start(&p, p.anna);
    assert_int_equal(p.client.ops->save(p.client.self, &p.run, &saved), RP_OK);
    rp_buf_init(&text, &p.f.alloc, 1000);
    assert_int_equal(rp_json_write(&text, saved, 0), RP_OK);
    assert_string_equal(text.s, "{\"calls\":{\"anna\":2},\"transport\":2}");
    rp_buf_free(&text);
    remote_start(&p, p.anna);
    assert_int_equal(p.client.ops->load(p.client.self, saved), RP_OK);
    remote_start(&p, p.anna);
    assert_int_equal(p.client.ops->load(p.client.self, rp_nil()), RP_OK);
    remote_start(&p, p.anna);
    assert_string_equal(p.s, "anna 1\nanna 2\nanna 3\nanna 3\nanna 1\n");
    assert_string_equal(p.below.text,
                        "[0] anna 1.0 chat m-1\n[0] anna 2.0 chat m-1\n[0] anna 3.0 chat m-1\n"
                        "cancel 3\ncancel 2\ncancel 1\nload 2\n[0] anna 3.0 chat m-1\n"
                        "cancel 3\nload 0\n[0] anna 1.0 chat m-1\n");
    remote_end(&p);
}

static void positions_of_others_are_refused_and_change_nothing(void **state)
{
    static const struct {
        const char *saved;
        int rc;
    } cases[] = {{"7", RP_ETYPE},
                 {"{}", RP_ETYPE},
                 {"{\"calls\":{\"anna\":-1}}", RP_ETYPE},
                 {"{\"calls\":{\"anna\":\"1\"}}", RP_ETYPE},
                 {"{\"calls\":{\"zoe\":1}}", RP_ENOTFOUND}};
    struct remote_play p;

    (void)state;
    remote_begin(&p);
    remote_open_client(&p, NULL, 0);
    remote_start(&p, p.anna);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(p.client.ops->load(p.client.self, remote_json(&p, cases[i].saved)),
                         cases[i].rc);
    remote_start(&p, p.anna);
    assert_string_equal(p.s, "anna 1\nanna 2\n");
    remote_end(&p);
}

static void a_call_that_is_withdrawn_is_cancelled_below(void **state)
{
    struct rp_reply reply;
    struct remote_play p;
    uint32_t id;

    (void)state;
    remote_begin(&p);
    remote_open_client(&p, NULL, 0);
    id = remote_start(&p, p.anna);
    p.client.ops->cancel(p.client.self, id);
    p.client.ops->cancel(p.client.self, id);
    assert_int_equal(p.client.ops->due(p.client.self), UINT64_MAX);
    assert_int_equal(p.client.ops->poll(p.client.self, id, 0, &p.run, &reply), RP_ENOTFOUND);
    assert_string_equal(p.below.text, "[0] anna 1.0 chat m-1\ncancel 1\n");
    remote_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_call_asks_what_it_must),
        cmocka_unit_test(a_streamed_call_with_everything_asks_all_of_it),
        cmocka_unit_test(the_other_dialects_have_their_own_addresses_and_headers),
        cmocka_unit_test(an_agent_without_service_is_told_so),
        cmocka_unit_test(a_service_without_address_or_model_is_told_so),
        cmocka_unit_test(addresses_that_cannot_be_asked_are_told),
        cmocka_unit_test(a_key_goes_over_plain_http_only_to_this_machine),
        cmocka_unit_test(a_key_in_the_open_is_refused_by_name_unless_it_is_wanted),
        cmocka_unit_test(headers_that_would_become_others_are_refused),
        cmocka_unit_test(an_option_that_the_scenario_sets_is_refused),
        cmocka_unit_test(an_agents_name_goes_into_the_lane_header_as_it_is),
        cmocka_unit_test(an_agents_name_that_is_two_lines_is_refused),
        cmocka_unit_test(each_agents_calls_are_counted_also_those_that_are_refused),
        cmocka_unit_test(positions_are_saved_and_loaded_with_those_below),
        cmocka_unit_test(positions_of_others_are_refused_and_change_nothing),
        cmocka_unit_test(a_call_that_is_withdrawn_is_cancelled_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
