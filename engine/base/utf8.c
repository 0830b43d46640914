/* utf8.c - owns what UTF-8 is and how its letters change case. */
#include "utf8.h"

#include <string.h>

#include "check.h"
#include "utf8_table.h"

/* ---- bytes ---- */

static int is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Length of the character that a byte begins; 0 when none begins with it. */
static unsigned length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2)
        return 0;
    if (first < 0xe0)
        return 2;
    if (first < 0xf0)
        return 3;
    return first < 0xf5 ? 4 : 0;
}

/* Length of the valid character at s, of which n bytes are there; 0 when it is not valid. */
static unsigned valid_length(const char *s, size_t n)
{
    unsigned char first = (unsigned char)s[0], second;
    unsigned length = length_of(first);

    RP_ASSERT(n > 0);
    if (length == 1)
        return 1;
    if (length == 0 || length > n)
        return 0;
    for (unsigned i = 1; i < length; i++)
        if (!is_tail(s[i]))
            return 0;
    second = (unsigned char)s[1];
    if ((first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90))
        return 0; /* longer than need be */
    if ((first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f))
        return 0; /* a surrogate; beyond the last code */
    return length;
}

/* Where the ASCII that begins at at ends, give or take the last few bytes: most texts are that. */
static size_t skip_ascii(const char *s, size_t at, size_t n)
{
    uint64_t eight;

    RP_ASSERT(at <= n);
    for (; n - at >= sizeof(eight); at += sizeof(eight)) {
        memcpy(&eight, s + at, sizeof(eight));
        if (eight & 0x8080808080808080u)
            break;
    }
    return at;
}

size_t rp_utf8_bad(const char *s, size_t n)
{
    size_t at = skip_ascii(s, 0, n);

    while (at < n) {
        unsigned length = valid_length(s + at, n - at);
        if (length == 0)
            break;
        at += length;
        if (length == 1)
            at = skip_ascii(s, at, n);
    }
    return at;
}

unsigned rp_utf8_read(const char *s, uint32_t *code)
{
    unsigned char first = (unsigned char)s[0];
    unsigned length = length_of(first);

    RP_ASSERT(length > 0);
    if (length == 1) {
        *code = first;
        return 1;
    }
    *code = first & (0x7fu >> length);
    for (unsigned i = 1; i < length; i++)
        *code = *code << 6 | ((unsigned char)s[i] & 0x3fu);
    return length;
}

unsigned rp_utf8_write(char *s, uint32_t code)
{
    unsigned length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    RP_ASSERT(code <= 0x10ffff);
    if (length == 1) {
        s[0] = (char)code;
        return 1;
    }
    for (unsigned i = length; i-- > 1; code >>= 6)
        s[i] = (char)(0x80 | (code & 0x3f));
    s[0] = (char)((0xf00u >> length & 0xf0) | code);
    return length;
}

/* ---- case ---- */

static uint32_t map_case(const struct case_range *ranges, size_t n, uint32_t code)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n || code < ranges[low].first || (code - ranges[low].first) % ranges[low].step)
        return code;
    return (uint32_t)((int32_t)code + ranges[low].delta);
}

uint32_t rp_lower(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    return map_case(lower_ranges, sizeof(lower_ranges) / sizeof(*lower_ranges), code);
}

uint32_t rp_upper(uint32_t code)
{
    if (code < 0x80)
        return code >= 'a' && code <= 'z' ? code - 32 : code;
    return map_case(upper_ranges, sizeof(upper_ranges) / sizeof(*upper_ranges), code);
}

/* Does s begin with part, both in lower case? They may differ in length: a letter and its lower
 * case need not take as many bytes. */
static int begins_lower(struct rp_str s, struct rp_str part)
{
    size_t at = 0, part_at = 0;

    while (part_at < part.n) {
        uint32_t a, b;
        if (at >= s.n)
            return 0;
        at += rp_utf8_read(s.s + at, &a);
        part_at += rp_utf8_read(part.s + part_at, &b);
        if (a != b && rp_lower(a) != rp_lower(b))
            return 0;
    }
    RP_ASSERT(at <= s.n);
    return 1;
}

int rp_contains_lower(struct rp_str s, struct rp_str part)
{
    if (part.n == 0)
        return 1;
    while (s.n > 0) {
        uint32_t code;
        unsigned length;
        if (begins_lower(s, part))
            return 1;
        length = rp_utf8_read(s.s, &code);
        RP_ASSERT(length <= s.n);
        s.s += length;
        s.n -= length;
    }
    return 0;
}

int rp_contains(struct rp_str s, struct rp_str part)
{
    if (part.n == 0)
        return 1;
    RP_ASSERT(s.s || s.n == 0);
    for (; s.n >= part.n; s.s++, s.n--)
        if (s.s[0] == part.s[0] && memcmp(s.s, part.s, part.n) == 0)
            return 1;
    return 0;
}

int rp_buf_add_upper(struct rp_buf *b, struct rp_str s)
{
    size_t was = b->n;

    while (s.n > 0) {
        char out[4];
        uint32_t code;
        unsigned length = rp_utf8_read(s.s, &code);
        int rc = rp_buf_add(b, out, rp_utf8_write(out, rp_upper(code)));
        if (rc != RP_OK) {
            rp_buf_cut(b, was); /* all or nothing */
            return rc;
        }
        RP_ASSERT(length <= s.n);
        s.s += length;
        s.n -= length;
    }
    return RP_OK;
}
