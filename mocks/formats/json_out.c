/* json_out.c - JSON piece by piece. */
#include "json_out.h"

#include "engine/base/json.h"
#include "engine/base/utf8.h"

#include <stdio.h>

void rp_out_key(struct rp_buf *b, const char *key)
{
    char last = b->n > 0 ? b->s[b->n - 1] : '\n';

    if (last != '{' && last != '[' && last != '\n' && last != ':')
        rp_buf_addc(b, ',');
    if (!key)
        return;
    rp_json_write_str(b, rp_str(key));
    rp_buf_addc(b, ':');
}

void rp_out_clean(struct rp_buf *b, struct rp_str s)
{
    while (s.n > 0) {
        size_t good = rp_utf8_bad(s.s, s.n);
        rp_buf_add(b, s.s, good);
        if (good == s.n)
            return;
        rp_buf_addz(b, "\xef\xbf\xbd");
        s.s += good + 1;
        s.n -= good + 1;
    }
}

void rp_out_str(struct rp_buf *b, const char *key, struct rp_str s)
{
    struct rp_buf clean;

    rp_out_key(b, key);
    if (rp_utf8_bad(s.s, s.n) == s.n) {
        rp_json_write_str(b, s);
        return;
    }
    rp_buf_init(&clean, &b->alloc, b->ceiling);
    rp_out_clean(&clean, s);
    if (clean.failed && !b->failed)
        b->failed = clean.failed;
    rp_json_write_str(b, (struct rp_str){clean.s ? clean.s : "", clean.n});
    rp_buf_free(&clean);
}

void rp_out_text(struct rp_buf *b, const char *key, const char *z)
{
    rp_out_str(b, key, rp_str(z));
}

void rp_out_int(struct rp_buf *b, const char *key, int64_t i)
{
    rp_out_key(b, key);
    rp_buf_add_int(b, i);
}

void rp_out_uint(struct rp_buf *b, const char *key, uint64_t i)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)i);
    rp_out_raw(b, key, digits);
}

void rp_out_raw(struct rp_buf *b, const char *key, const char *json)
{
    rp_out_key(b, key);
    rp_buf_addz(b, json);
}

void rp_out_open(struct rp_buf *b, const char *key, char bracket)
{
    rp_out_key(b, key);
    rp_buf_addc(b, bracket);
}

void rp_out_close(struct rp_buf *b, char bracket)
{
    rp_buf_addc(b, bracket);
}
