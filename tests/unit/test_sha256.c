/* test_sha256.c - the digest against published values. */
#include "engine/base/sha256.h"

#include <string.h>

#include "tests/support/cm.h"

static void is_digest(const char *s, size_t n, const char *expected)
{
    struct rp_sha256 d;
    char hex[65];

    rp_sha256_init(&d);
    rp_sha256_add(&d, s, n);
    rp_sha256_hex(&d, hex);
    assert_string_equal(hex, expected);
}

static void published_texts_have_their_published_digests(void **state)
{
    (void)state;
    is_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    is_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    is_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    is_digest("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
              "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
              112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

static void a_million_letters_have_their_published_digest(void **state)
{
    struct rp_sha256 d;
    char hex[65], letters[1000];

    (void)state;
    memset(letters, 'a', sizeof(letters));
    rp_sha256_init(&d);
    for (int i = 0; i < 1000; i++)
        rp_sha256_add(&d, letters, sizeof(letters));
    rp_sha256_hex(&d, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void the_parts_in_which_bytes_come_do_not_matter(void **state)
{
    char bytes[200], whole[65], parts[65];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7);
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        struct rp_sha256 d;
        rp_sha256_init(&d);
        rp_sha256_add(&d, bytes, n);
        rp_sha256_hex(&d, whole);
        rp_sha256_init(&d);
        for (size_t at = 0, part = 0; at < n; at += part) {
            part = 1 + (at * 5 + n) % 70;
            part = part < n - at ? part : n - at;
            rp_sha256_add(&d, bytes + at, part);
        }
        rp_sha256_hex(&d, parts);
        assert_string_equal(parts, whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_texts_have_their_published_digests),
        cmocka_unit_test(a_million_letters_have_their_published_digest),
        cmocka_unit_test(the_parts_in_which_bytes_come_do_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
