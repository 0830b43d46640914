/* test_url.c - the parts of addresses. */
#include <stdio.h>
#include <string.h>

#include "mocks/url.h"
#include "tests/support/cm.h"

static void put(char *to, size_t size, struct rp_str part, const char *behind)
{
    snprintf(to + strlen(to), size - strlen(to), "%.*s%s", (int)part.n, part.s ? part.s : "",
             behind);
}

static void an_address_is_taken_apart(void **state)
{
    static const struct {
        const char *url, *parts;
    } cases[] = {
        {"https://h", "https||h||||"},
        {"https://h/", "https||h||/||"},
        {"https://h:8443/v1", "https||h|8443|/v1||"},
        {"http://me:pass@h:1/p?q=1&r#f", "http|me:pass|h|1|/p|q=1&r|f"},
        {"http://a@b@h/", "http|a@b|h||/||"},
        {"http://[::1]:80/v1", "http||[::1]|80|/v1||"},
        {"http://[::1]", "http||[::1]||||"},
        {"http://h?x", "http||h|||x|"},
        {"http://h#x?y", "http||h||||x?y"},
        {"http://h/a?b?c", "http||h||/a|b?c|"},
        {"http://", NULL},
        {"http:///p", NULL},
        {"://h", NULL},
        {"h/v1", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct rp_url u;
        char parts[128] = "";
        int is = rp_url_split(cases[i].url, &u);
        assert_int_equal(is, cases[i].parts != NULL);
        if (!is)
            continue;
        put(parts, sizeof(parts), u.scheme, "|");
        put(parts, sizeof(parts), u.user, "|");
        put(parts, sizeof(parts), u.host, "|");
        put(parts, sizeof(parts), u.port, "|");
        put(parts, sizeof(parts), u.path, "|");
        put(parts, sizeof(parts), u.query, "|");
        put(parts, sizeof(parts), u.fragment, "");
        assert_string_equal(parts, cases[i].parts);
    }
}

static int is_loopback(const char *url)
{
    struct rp_url u;

    assert_true(rp_url_split(url, &u));
    return rp_url_is_loopback(&u);
}

static void only_this_machine_is_loopback(void **state)
{
    (void)state;
    assert_true(is_loopback("http://localhost"));
    assert_true(is_loopback("http://LocalHost:1/"));
    assert_true(is_loopback("http://a.localhost"));
    assert_true(is_loopback("http://127.0.0.1:8080/v1"));
    assert_true(is_loopback("http://127.255.0.9"));
    assert_true(is_loopback("http://[::1]/"));
    assert_false(is_loopback("http://localhost.example"));
    assert_false(is_loopback("http://alocalhost"));
    assert_false(is_loopback("http://127.example"));
    assert_false(is_loopback("http://128.0.0.1"));
    assert_false(is_loopback("http://[::2]"));
    assert_false(is_loopback("http://127.0.0.1@h"));
    assert_false(is_loopback("http://localhost@h/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_taken_apart),
        cmocka_unit_test(only_this_machine_is_loopback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
