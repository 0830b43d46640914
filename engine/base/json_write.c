/* json_write.c - owns the canonical writing of JSON. */
#include "json.h"

#include <float.h>

#include "keys.h"

/* The escape of c, which is below U+0020 or a quote or a backslash. Returns its length. */
static size_t escape(char c, char out[6])
{
    static const char letters[] = "btn?fr"; /* of U+0008 to U+000D */

    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = c;
        return 2;
    }
    RP_ASSERT((unsigned char)c < 0x20);
    if (c >= 8 && c <= 13 && c != 11) {
        out[1] = letters[c - 8];
        return 2;
    }
    out[1] = 'u';
    out[2] = out[3] = '0';
    out[4] = (char)('0' + c / 16);
    out[5] = "0123456789abcdef"[c % 16];
    return 6;
}

/* Adds s between quotes; b may be left half done. */
static int add_string(struct rp_buf *b, struct rp_str s)
{
    RP_TRY(rp_buf_addc(b, '"'));
    while (s.n > 0) {
        size_t plain = 0;
        while (plain < s.n && (unsigned char)s.s[plain] >= 0x20 && s.s[plain] != '"' &&
               s.s[plain] != '\\')
            plain++;
        RP_TRY(rp_buf_add(b, s.s, plain));
        if (plain < s.n) {
            char out[6];
            RP_TRY(rp_buf_add(b, out, escape(s.s[plain], out)));
            plain++;
        }
        s.s += plain;
        s.n -= plain;
    }
    return rp_buf_addc(b, '"');
}

static int add_value(struct rp_buf *b, struct rp_value v, int sort, int depth);

static int add_list(struct rp_buf *b, struct rp_value v, int sort, int depth)
{
    RP_TRY(rp_buf_addc(b, '['));
    for (uint32_t i = 0; i < v.len; i++) {
        if (i > 0)
            RP_TRY(rp_buf_addc(b, ','));
        RP_TRY(add_value(b, v.u.vec->at[i], sort, depth + 1));
    }
    return rp_buf_addc(b, ']');
}

/* The entries in the order of index, or in their own when it is NULL. */
static int add_entries(struct rp_buf *b, struct rp_value v, const uint32_t *index, int depth)
{
    RP_TRY(rp_buf_addc(b, '{'));
    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        uint32_t entry = index ? index[i] : i;
        if (i > 0)
            RP_TRY(rp_buf_addc(b, ','));
        RP_TRY(add_string(b, rp_str_of(rp_map_key(v, entry))));
        RP_TRY(rp_buf_addc(b, ':'));
        RP_TRY(add_value(b, rp_map_value(v, entry), index != NULL, depth + 1));
    }
    return rp_buf_addc(b, '}');
}

static int add_map(struct rp_buf *b, struct rp_value v, int sort, int depth)
{
    uint32_t few[RP_KEYS_FEW], *index;
    int rc;

    if (!sort || v.len == 0)
        return add_entries(b, v, NULL, depth);
    index = rp_keys_sorted(&b->alloc, v.u.vec->at, rp_map_len(v), few);
    if (!index) {
        b->failed = RP_ENOMEM;
        return RP_ENOMEM;
    }
    rc = add_entries(b, v, index, depth);
    rp_keys_free(&b->alloc, index, rp_map_len(v));
    return rc;
}

static int add_value(struct rp_buf *b, struct rp_value v, int sort, int depth)
{
    RP_ASSERT(depth <= RP_JSON_DEPTH_MAX);
    switch (v.tag) {
    case RP_NIL:
        return rp_buf_addz(b, "null");
    case RP_BOOL:
        return rp_buf_addz(b, v.u.i ? "true" : "false");
    case RP_INT:
        return rp_buf_add_int(b, v.u.i);
    case RP_REAL:
        if (!(v.u.r >= -DBL_MAX && v.u.r <= DBL_MAX))
            return RP_ETYPE;
        return rp_buf_add_real(b, v.u.r);
    case RP_DIGITS:
        return rp_buf_adds(b, rp_str_of(v));
    case RP_TEXT:
        return add_string(b, rp_str_of(v));
    case RP_LIST:
        return depth < RP_JSON_DEPTH_MAX ? add_list(b, v, sort, depth) : RP_ELIMIT;
    case RP_MAP:
        return depth < RP_JSON_DEPTH_MAX ? add_map(b, v, sort, depth) : RP_ELIMIT;
    case RP_BAD:
        return RP_ENOMEM;
    }
    return RP_ETYPE;
}

int rp_json_write(struct rp_buf *b, struct rp_value v, int sort)
{
    size_t was = b->n;
    int rc = add_value(b, v, sort != 0, 0);

    if (rc != RP_OK)
        rp_buf_cut(b, was);
    return rc;
}

int rp_json_write_str(struct rp_buf *b, struct rp_str s)
{
    size_t was = b->n;
    int rc = add_string(b, s);

    if (rc != RP_OK)
        rp_buf_cut(b, was);
    return rc;
}

struct rp_value rp_json_text(struct rp_heap *h, struct rp_value v)
{
    struct rp_value text = rp_bad();
    struct rp_buf b;
    int rc;

    rp_buf_init(&b, &h->alloc, RP_TEXT_MAX);
    rc = rp_json_write(&b, v, 0);
    if (rc == RP_OK)
        text = rp_text(h, b.s, b.n);
    if (rc == RP_ENOMEM || rc == RP_ELIMIT)
        h->failed = RP_ENOMEM;
    rp_buf_free(&b);
    return text;
}
