/* env.c - owns nothing: bytes with a length, compared. */
#include "env.h"

#include <string.h>

#include "check.h"

struct rp_str rp_str(const char *z)
{
    return z ? (struct rp_str){z, strlen(z)} : (struct rp_str){"", 0};
}

int rp_str_equal(struct rp_str a, struct rp_str b)
{
    RP_ASSERT(a.s || a.n == 0);
    RP_ASSERT(b.s || b.n == 0);
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

int rp_str_order(struct rp_str a, struct rp_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.s, b.s, n) : 0;

    RP_ASSERT(a.s || a.n == 0);
    RP_ASSERT(b.s || b.n == 0);
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

int rp_same(const char *a, const char *b)
{
    return rp_str_equal(rp_str(a), rp_str(b));
}

int rp_str_blank(struct rp_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] != ' ' && s.s[i] != '\t' && s.s[i] != '\n' && s.s[i] != '\r')
            return 0;
    return 1;
}
