/* journal_differ.c - looks for the first difference of two lines, key by key. */
#include "journal_differ.h"

#include <string.h>

struct search {
    struct rp_journal_difference *out;
    int redacted, differ;
};

static int look(struct search *s, struct rp_value a, struct rp_value b);

/* ---- what is told ---------------------------------------------------------------------------- */

static int show(struct rp_buf *b, struct rp_value v, int there)
{
    return there ? rp_json_write(b, v, 0) : rp_buf_addz(b, "(nothing)");
}

static int found(struct search *s, struct rp_value a, int in_a, struct rp_value b, int in_b)
{
    s->differ = 1;
    RP_TRY(show(&s->out->recorded, a, in_a));
    return show(&s->out->replayed, b, in_b);
}

static int add_key(struct rp_buf *b, struct rp_str key)
{
    RP_TRY(rp_buf_addc(b, '/'));
    for (size_t i = 0; i < key.n; i++) {
        if (key.s[i] == '~')
            RP_TRY(rp_buf_addz(b, "~0"));
        else if (key.s[i] == '/')
            RP_TRY(rp_buf_addz(b, "~1"));
        else
            RP_TRY(rp_buf_addc(b, key.s[i]));
    }
    return RP_OK;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Behind the digits of "[redacted:12]"; NULL where none stands. */
static const char *behind_redacted(const char *s, const char *end)
{
    static const char mark[] = "[redacted:";
    size_t n = sizeof(mark) - 1;

    if ((size_t)(end - s) < n || memcmp(s, mark, n) != 0)
        return NULL;
    for (s += n; s < end && *s >= '0' && *s <= '9'; s++)
        continue;
    return s < end && *s == ']' ? s : NULL;
}

static int same_text(struct rp_str a, struct rp_str b, int redacted)
{
    const char *p = a.s, *q = b.s, *a_end = a.s + a.n, *b_end = b.s + b.n;

    if (!redacted)
        return rp_str_equal(a, b);
    while (p < a_end && q < b_end) {
        const char *x = behind_redacted(p, a_end), *y = behind_redacted(q, b_end);
        if (x && y) {
            p = x;
            q = y;
        }
        if (*p++ != *q++)
            return 0;
    }
    return p == a_end && q == b_end;
}

/* ---- values ---------------------------------------------------------------------------------- */

static int look_lists(struct search *s, struct rp_value a, struct rp_value b)
{
    uint32_t n = rp_len(a) > rp_len(b) ? rp_len(a) : rp_len(b);
    struct rp_buf *pointer = &s->out->pointer;
    size_t before = pointer->n;

    for (uint32_t i = 0; i < n; i++) {
        int in_a = i < rp_len(a), in_b = i < rp_len(b);
        struct rp_value x = in_a ? rp_at(a, i) : rp_nil(), y = in_b ? rp_at(b, i) : rp_nil();
        RP_TRY(rp_buf_addc(pointer, '/'));
        RP_TRY(rp_buf_add_int(pointer, i));
        RP_TRY(in_a && in_b ? look(s, x, y) : found(s, x, in_a, y, in_b));
        if (s->differ)
            return RP_OK;
        rp_buf_cut(pointer, before);
    }
    return RP_OK;
}

/* Of the lines themselves some keys are left out. */
static int counts(const struct search *s, struct rp_str key)
{
    static const char *const left_out[] = {"chain", "redacted", "digest", "root"};

    if (s->out->pointer.n > 0)
        return 1;
    for (size_t i = 0; i < (s->redacted ? 4u : 1u); i++)
        if (rp_str_equal(key, rp_str(left_out[i])))
            return 0;
    return 1;
}

static int look_key(struct search *s, struct rp_str key, struct rp_value a, struct rp_value b)
{
    struct rp_buf *pointer = &s->out->pointer;
    size_t before = pointer->n;
    int in_a = rp_map_has(a, key.s), in_b = rp_map_has(b, key.s);
    struct rp_value x = rp_map_get(a, key.s), y = rp_map_get(b, key.s);

    if (!counts(s, key) || (!in_a && !in_b))
        return RP_OK;
    RP_TRY(add_key(pointer, key));
    RP_TRY(in_a && in_b ? look(s, x, y) : found(s, x, in_a, y, in_b));
    if (!s->differ)
        rp_buf_cut(pointer, before);
    return RP_OK;
}

static int same_order(struct rp_value a, struct rp_value b)
{
    for (uint32_t i = 0; i < rp_map_len(a) && i < rp_map_len(b); i++)
        if (!rp_str_equal(rp_str_of(rp_map_key(a, i)), rp_str_of(rp_map_key(b, i))))
            return 0;
    return 1;
}

static int look_maps(struct search *s, struct rp_value a, struct rp_value b)
{
    for (uint32_t i = 0; i < rp_map_len(a) && !s->differ; i++)
        RP_TRY(look_key(s, rp_str_of(rp_map_key(a, i)), a, b));
    for (uint32_t i = 0; i < rp_map_len(b) && !s->differ; i++)
        RP_TRY(look_key(s, rp_str_of(rp_map_key(b, i)), a, b));
    if (!s->differ && s->out->pointer.n > 0 && !same_order(a, b))
        return found(s, a, 1, b, 1);
    return RP_OK;
}

static int look(struct search *s, struct rp_value a, struct rp_value b)
{
    if (a.tag == RP_MAP && b.tag == RP_MAP)
        return look_maps(s, a, b);
    if (a.tag == RP_LIST && b.tag == RP_LIST)
        return look_lists(s, a, b);
    if (a.tag == RP_TEXT && b.tag == RP_TEXT)
        return same_text(rp_str_of(a), rp_str_of(b), s->redacted) ? RP_OK : found(s, a, 1, b, 1);
    return rp_equal(a, b) ? RP_OK : found(s, a, 1, b, 1);
}

int rp_journal_differ(struct rp_value recorded, struct rp_value replayed, int redacted,
                      struct rp_journal_difference *out, int *differ)
{
    struct search s = {out, redacted, 0};

    RP_TRY(look(&s, recorded, replayed));
    *differ = s.differ;
    return RP_OK;
}
