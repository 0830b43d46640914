/* match_compare.c - owns comparing a request with a recorded one: where they differ first, and in
 * how many places. */
#include <string.h>

#include "match_path.h"

enum { CONTEXT = 40 }; /* bytes shown before the difference in a long text */

struct compare {
    const struct rp_match_opts *opts;
    struct rp_difference *out;
    struct rp_match_path path;
};

/* ---- showing --------------------------------------------------------------------------------- */

static int goes_on(char c) /* a byte inside a character */
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of s from `from` on, as many as fit, with ellipses where it is cut; made safe to print. */
static void show_part(const char *s, size_t n, size_t from, char *out, size_t size)
{
    static const char dots[] = "...";
    size_t at = 0, end;

    while (from > 0 && from < n && goes_on(s[from]))
        from--;
    end = n - from < size - 8 ? n : from + size - 8;
    while (end < n && end > from && goes_on(s[end]))
        end--;
    if (from > 0) {
        memcpy(out, dots, 3);
        at = 3;
    }
    for (size_t i = from; i < end; i++)
        out[at++] = (unsigned char)s[i] < ' ' || s[i] == 127 ? '?' : s[i];
    if (end < n) {
        memcpy(out + at, dots, 3);
        at += 3;
    }
    out[at] = '\0';
}

/* v as compact JSON; around that place where it is a text. */
static void show(struct rp_value v, size_t place, char *out, size_t size)
{
    char bytes[4096];
    struct rp_buf b;
    struct rp_str s = rp_str_of(v);

    if (v.tag == RP_TEXT && s.n > size - 8) {
        show_part(s.s, s.n, place > CONTEXT ? place - CONTEXT : 0, out, size);
        return;
    }
    /* Written into a fixed place: what does not fit is not shown, and nothing can fail. */
    b = (struct rp_buf){.s = bytes, .size = sizeof(bytes), .ceiling = sizeof(bytes) - 1};
    bytes[0] = '\0';
    if (rp_json_write(&b, v, 0) != RP_OK)
        memcpy(out, v.tag == RP_LIST ? "[...]" : "{...}", 6);
    else
        show_part(b.s, b.n, 0, out, size);
}

static size_t first_difference(struct rp_value a, struct rp_value b)
{
    struct rp_str x = rp_str_of(a), y = rp_str_of(b);
    size_t i = 0;

    while (i < x.n && i < y.n && x.s[i] == y.s[i])
        i++;
    return i;
}

/* a or b NULL: it is not there. */
static void differ(struct compare *c, const struct rp_value *a, const struct rp_value *b)
{
    struct rp_difference *out = c->out;
    size_t place = a && b ? first_difference(*a, *b) : 0;

    if (out->count++ > 0)
        return;
    rp_match_write_path(&c->path, out->path, sizeof(out->path));
    if (out->path[0] == '\0')
        memcpy(out->path, "body", 5);
    memcpy(out->recorded, "(absent)", 9);
    memcpy(out->asked, "(absent)", 9);
    if (a)
        show(*a, place, out->recorded, sizeof(out->recorded));
    if (b)
        show(*b, place, out->asked, sizeof(out->asked));
}

static void differ_in_text(struct rp_difference *out, const char *where, struct rp_str a,
                           struct rp_str b)
{
    size_t i = 0;

    if (out->count++ > 0)
        return;
    while (i < a.n && i < b.n && a.s[i] == b.s[i])
        i++;
    i = i > CONTEXT ? i - CONTEXT : 0;
    memcpy(out->path, where, strlen(where) + 1);
    show_part(a.s, a.n, a.n > sizeof(out->recorded) - 8 ? i : 0, out->recorded,
              sizeof(out->recorded));
    show_part(b.s, b.n, b.n > sizeof(out->asked) - 8 ? i : 0, out->asked, sizeof(out->asked));
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Bytes up to the first mark; *mark its length, 0: there is none. */
static size_t up_to_mark(struct rp_str s, size_t *mark)
{
    const char *at = s.s, *end = s.s + s.n;

    for (*mark = 0; at < end && (at = memchr(at, '[', (size_t)(end - at))) != NULL; at++)
        if ((*mark = rp_match_mark(at, (size_t)(end - at))) > 0)
            return (size_t)(at - s.s);
    return s.n;
}

static const char *find(struct rp_str part, struct rp_str in)
{
    if (part.n == 0)
        return in.s;
    for (const char *at = in.s, *end = in.s + in.n;
         (size_t)(end - at) >= part.n &&
         (at = memchr(at, part.s[0], (size_t)(end - at) - part.n + 1)) != NULL;
         at++)
        if (memcmp(at, part.s, part.n) == 0)
            return at;
    return NULL;
}

static struct rp_str behind(struct rp_str s, size_t n)
{
    return (struct rp_str){s.s + n, s.n - n};
}

/* The text after the last mark must be the end of the other; what stands between two marks is found
 * as early as it can be. A mark stands for one byte at least. */
static int same_text(struct rp_str recorded, struct rp_str asked)
{
    size_t mark, n = up_to_mark(recorded, &mark);

    if (mark == 0)
        return rp_str_equal(recorded, asked);
    if (asked.n < n || memcmp(asked.s, recorded.s, n) != 0)
        return 0;
    recorded = behind(recorded, n + mark);
    asked = behind(asked, n);
    for (;;) {
        const char *at;
        if (asked.n == 0)
            return 0;
        asked = behind(asked, 1);
        n = up_to_mark(recorded, &mark);
        if (mark == 0)
            return asked.n >= n && memcmp(asked.s + asked.n - n, recorded.s, n) == 0;
        at = find((struct rp_str){recorded.s, n}, asked);
        if (!at)
            return 0;
        asked = behind(asked, (size_t)(at - asked.s) + n);
        recorded = behind(recorded, n + mark);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

static void compare(struct compare *c, struct rp_value a, struct rp_value b);

static void compare_lists(struct compare *c, struct rp_value a, struct rp_value b)
{
    struct rp_match_step *step = &c->path.step[c->path.n++];
    uint32_t n = a.len > b.len ? a.len : b.len;

    for (uint32_t i = 0; i < n; i++) {
        *step = (struct rp_match_step){.index = i};
        if (rp_match_is_masked(c->opts, &c->path, 0))
            continue;
        if (i < a.len && i < b.len)
            compare(c, a.u.vec->at[i], b.u.vec->at[i]);
        else
            differ(c, i < a.len ? &a.u.vec->at[i] : NULL, i < b.len ? &b.u.vec->at[i] : NULL);
    }
    c->path.n--;
}

/* Documents of one maker mostly have their keys in one order: the same place is tried first. */
static const struct rp_value *entry(struct rp_value map, uint32_t place, struct rp_str key)
{
    uint32_t n = rp_map_len(map);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = i == 0 && place < n ? place : i - (i <= place && place < n && i > 0);
        if (rp_str_equal(rp_str_of(rp_map_key(map, k)), key))
            return &map.u.vec->at[2 * k + 1];
    }
    return NULL;
}

static void compare_maps(struct compare *c, struct rp_value a, struct rp_value b)
{
    struct rp_match_step *step = &c->path.step[c->path.n++];

    for (uint32_t i = 0; i < rp_map_len(a); i++) {
        struct rp_value value = rp_map_value(a, i);
        const struct rp_value *other;
        *step = (struct rp_match_step){.key = rp_str_of(rp_map_key(a, i))};
        if (rp_match_is_masked(c->opts, &c->path, 0))
            continue;
        other = entry(b, i, step->key);
        if (other)
            compare(c, value, *other);
        else
            differ(c, &value, NULL);
    }
    for (uint32_t i = 0; i < rp_map_len(b); i++) {
        struct rp_value value = rp_map_value(b, i);
        *step = (struct rp_match_step){.key = rp_str_of(rp_map_key(b, i))};
        if (!entry(a, i, step->key) && !rp_match_is_masked(c->opts, &c->path, 0))
            differ(c, NULL, &value);
    }
    c->path.n--;
}

static int is_all_mark(struct rp_value v)
{
    struct rp_str s = rp_str_of(v);

    return v.tag == RP_TEXT && s.n > 0 && rp_match_mark(s.s, s.n) == s.n;
}

static void compare(struct compare *c, struct rp_value a, struct rp_value b)
{
    if (is_all_mark(a))
        return;
    if (a.tag == RP_TEXT && b.tag == RP_TEXT) {
        if (!same_text(rp_str_of(a), rp_str_of(b)))
            differ(c, &a, &b);
    } else if (a.tag == RP_LIST && b.tag == RP_LIST) {
        compare_lists(c, a, b);
    } else if (a.tag == RP_MAP && b.tag == RP_MAP) {
        compare_maps(c, a, b);
    } else if (!rp_equal(a, b)) {
        differ(c, &a, &b);
    }
}

int rp_match_values(const struct rp_match_opts *opts, struct rp_value recorded,
                    struct rp_value asked, struct rp_difference *out)
{
    struct compare c = {.opts = opts, .out = out};

    *out = (struct rp_difference){0};
    if (!rp_match_is_masked(opts, &c.path, 0))
        compare(&c, recorded, asked);
    return RP_OK;
}

/* ---- requests -------------------------------------------------------------------------------- */

static int compare_bodies(const struct rp_alloc *alloc, const struct rp_match_opts *opts,
                          struct rp_str a, struct rp_str b, struct rp_difference *out)
{
    struct compare c = {.opts = opts, .out = out};
    struct rp_value x, y;
    struct rp_heap h;
    int rc, is_json;

    if (a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0))
        return RP_OK;
    rp_heap_init(&h, alloc, 0, 0);
    rc = rp_json_try(&h, a, &x);
    is_json = rc == RP_OK;
    if (rc != RP_ENOMEM) {
        rc = rp_json_try(&h, b, &y);
        is_json = is_json && rc == RP_OK;
    }
    if (is_json && !rp_match_is_masked(opts, &c.path, 0))
        compare(&c, x, y);
    else if (!is_json && rc != RP_ENOMEM && !same_text(a, b))
        differ_in_text(out, "body", a, b);
    rp_heap_free(&h);
    return rc == RP_ENOMEM ? rc : RP_OK;
}

static int compare_urls(const struct rp_alloc *alloc, const struct rp_match_opts *opts,
                        const char *recorded, const char *asked, struct rp_difference *out)
{
    struct rp_buf a, b;
    int rc;

    rp_buf_init(&a, alloc, SIZE_MAX / 2);
    rp_buf_init(&b, alloc, SIZE_MAX / 2);
    rc = rp_match_write_target(opts, recorded, 0, &a);
    if (rc == RP_OK)
        rc = rp_match_write_target(opts, asked, 0, &b);
    if (rc == RP_OK && !same_text((struct rp_str){a.s, a.n}, (struct rp_str){b.s, b.n}))
        differ_in_text(out, "url", (struct rp_str){a.s, a.n}, (struct rp_str){b.s, b.n});
    rp_buf_free(&a);
    rp_buf_free(&b);
    return rc;
}

int rp_match_compare(const struct rp_alloc *alloc, const struct rp_match_opts *opts,
                     const struct rp_interaction *recorded, const struct rp_exchange *asked,
                     struct rp_difference *out)
{
    struct rp_str a = {recorded->request ? recorded->request : "", recorded->n_request};
    struct rp_str b = {asked->body ? asked->body : "", asked->n_body};

    *out = (struct rp_difference){0};
    if (opts && opts->rule == RP_MATCH_SEQUENCE)
        return RP_OK;
    if (strcmp(recorded->method, asked->method) != 0)
        differ_in_text(out, "method", rp_str(recorded->method), rp_str(asked->method));
    RP_TRY(compare_urls(alloc, opts, recorded->url, asked->url, out));
    return compare_bodies(alloc, opts, a, b, out);
}
