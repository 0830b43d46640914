/* diff.c - the first difference of two traces. */
#include "diff.h"

#include <string.h>

enum {
    LINE_SHOWN = 400,  /* bytes of a line */
    VALUE_SHOWN = 200, /* bytes of a value */
    PATHS_SHOWN = 5,   /* differences inside one line */
    LOOK_AHEAD = 64    /* lines in which a lost line is looked for */
};

/* ---- bytes ----------------------------------------------------------------------------------- */

static size_t common_bytes(struct rp_str a, struct rp_str b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.s[n] == b.s[n])
        n++;
    return n;
}

static int is_inside_character(struct rp_str s, size_t i)
{
    return i < s.n && ((unsigned char)s.s[i] & 0xc0) == 0x80;
}

/* At most max bytes of s, from a little before `at` on; what is left out is shown as dots. */
static int add_window(struct rp_buf *out, struct rp_str s, size_t at, size_t max)
{
    size_t from = 0, to = s.n;

    if (s.n > max && at > max / 2)
        from = at - max / 2;
    while (is_inside_character(s, from))
        from--;
    if (to - from > max)
        to = from + max;
    while (is_inside_character(s, to))
        to++;
    if (from > 0)
        RP_TRY(rp_buf_addz(out, "..."));
    RP_TRY(rp_buf_add(out, s.s + from, to - from));
    return to < s.n ? rp_buf_addz(out, "...") : RP_OK;
}

/* ---- inside a line --------------------------------------------------------------------------- */

struct walk {
    struct rp_buf *out;
    struct rp_buf path;
    struct rp_heap heap;
    unsigned shown;
};

static int add_value(struct rp_buf *out, const struct rp_value *v)
{
    struct rp_buf b;
    int rc;

    if (!v)
        return rp_buf_addz(out, "nothing");
    rp_buf_init(&b, &out->alloc, RP_TEXT_MAX);
    rc = rp_json_write(&b, *v, 0);
    if (rc == RP_OK)
        rc = add_window(out, (struct rp_str){b.s, b.n}, 0, VALUE_SHOWN);
    rp_buf_free(&b);
    return rc;
}

/* Says that expected and played differ here; NULL: there is none. */
static int tell(struct walk *w, const struct rp_value *expected, const struct rp_value *played)
{
    if (++w->shown > PATHS_SHOWN)
        return w->shown == PATHS_SHOWN + 1 ? rp_buf_addz(w->out, "    ...\n") : RP_OK;
    RP_TRY(rp_buf_addz(w->out, "    "));
    RP_TRY(rp_buf_add(w->out, w->path.n ? w->path.s : "(line)", w->path.n ? w->path.n : 6));
    RP_TRY(rp_buf_addz(w->out, ": expected "));
    RP_TRY(add_value(w->out, expected));
    RP_TRY(rp_buf_addz(w->out, ", played "));
    RP_TRY(add_value(w->out, played));
    return rp_buf_addc(w->out, '\n');
}

static void cut_path(struct walk *w, size_t n)
{
    RP_ASSERT(n <= w->path.n);
    w->path.n = n;
    if (w->path.s)
        w->path.s[n] = '\0';
}

static int enter_key(struct walk *w, struct rp_value key)
{
    if (w->path.n > 0)
        RP_TRY(rp_buf_addc(&w->path, '.'));
    return rp_buf_adds(&w->path, rp_str_of(key));
}

static int enter_item(struct walk *w, uint32_t i)
{
    RP_TRY(rp_buf_addc(&w->path, '['));
    RP_TRY(rp_buf_add_int(&w->path, i));
    return rp_buf_addc(&w->path, ']');
}

/* The entry of that key; NULL when there is none. */
static const struct rp_value *entry(struct rp_value map, struct rp_value key)
{
    for (uint32_t i = 0; i < rp_map_len(map); i++) {
        if (rp_str_equal(rp_str_of(rp_map_key(map, i)), rp_str_of(key)))
            return &map.u.vec->at[2 * i + 1];
    }
    return NULL;
}

static int compare(struct walk *w, const struct rp_value *a, const struct rp_value *b);

static int compare_maps(struct walk *w, struct rp_value a, struct rp_value b)
{
    size_t here = w->path.n;

    for (uint32_t i = 0; i < rp_map_len(a); i++) {
        struct rp_value value = rp_map_value(a, i);
        RP_TRY(enter_key(w, rp_map_key(a, i)));
        RP_TRY(compare(w, &value, entry(b, rp_map_key(a, i))));
        cut_path(w, here);
    }
    for (uint32_t i = 0; i < rp_map_len(b); i++) {
        struct rp_value value = rp_map_value(b, i);
        if (entry(a, rp_map_key(b, i)))
            continue;
        RP_TRY(enter_key(w, rp_map_key(b, i)));
        RP_TRY(tell(w, NULL, &value));
        cut_path(w, here);
    }
    return RP_OK;
}

static int compare_lists(struct walk *w, struct rp_value a, struct rp_value b)
{
    size_t here = w->path.n;
    uint32_t n = rp_len(a) > rp_len(b) ? rp_len(a) : rp_len(b);

    for (uint32_t i = 0; i < n; i++) {
        struct rp_value left = i < rp_len(a) ? rp_at(a, i) : rp_nil();
        struct rp_value right = i < rp_len(b) ? rp_at(b, i) : rp_nil();
        RP_TRY(enter_item(w, i));
        RP_TRY(compare(w, i < rp_len(a) ? &left : NULL, i < rp_len(b) ? &right : NULL));
        cut_path(w, here);
    }
    return RP_OK;
}

/* As deep as JSON may be nested, and no deeper. */
static int compare(struct walk *w, const struct rp_value *a, const struct rp_value *b)
{
    if (!a || !b)
        return tell(w, a, b);
    if (a->tag == RP_MAP && b->tag == RP_MAP)
        return compare_maps(w, *a, *b);
    if (a->tag == RP_LIST && b->tag == RP_LIST)
        return compare_lists(w, *a, *b);
    return rp_equal(*a, *b) ? RP_OK : tell(w, a, b);
}

static int walk_lines(struct walk *w, struct rp_str expected, struct rp_str played)
{
    struct rp_value a, b;
    int rc = rp_json_try(&w->heap, expected, &a);

    if (rc == RP_OK)
        rc = rp_json_try(&w->heap, played, &b);
    if (rc == RP_ENOMEM)
        return rc;
    if (rc != RP_OK)
        return rp_buf_addz(w->out, "    one of them is not JSON\n");
    RP_TRY(compare(w, &a, &b));
    if (w->shown > 0)
        return RP_OK;
    RP_TRY(rp_buf_addz(w->out, "    the same values, written differently from column "));
    RP_TRY(rp_buf_add_int(w->out, (int64_t)common_bytes(expected, played) + 1));
    return rp_buf_addz(w->out, " on\n");
}

static int add_paths(struct rp_buf *out, struct rp_str expected, struct rp_str played)
{
    struct walk w = {.out = out};
    int rc;

    rp_buf_init(&w.path, &out->alloc, RP_TEXT_MAX);
    rp_heap_init(&w.heap, &out->alloc, 0, 0);
    rc = walk_lines(&w, expected, played);
    rp_heap_free(&w.heap);
    rp_buf_free(&w.path);
    return rc;
}

/* ---- lines ----------------------------------------------------------------------------------- */

struct lines {
    struct rp_str rest;
};

/* The next line without its end; 0 when there is none. */
static int next_line(struct lines *l, struct rp_str *out)
{
    const char *end;

    if (l->rest.n == 0)
        return 0;
    end = memchr(l->rest.s, '\n', l->rest.n);
    out->s = l->rest.s;
    out->n = end ? (size_t)(end - l->rest.s) : l->rest.n;
    size_t used = end ? out->n + 1 : out->n;
    l->rest.s += used;
    l->rest.n -= used;
    return 1;
}

/* How many lines of `from` stand before one that is the same as line; 0: none is near. */
static unsigned lines_before(struct lines from, struct rp_str line)
{
    struct rp_str s;

    for (unsigned n = 1; n <= LOOK_AHEAD && next_line(&from, &s); n++) {
        if (rp_str_equal(s, line))
            return n;
    }
    return 0;
}

static int add_line(struct rp_buf *out, const char *label, const struct rp_str *line, size_t at)
{
    RP_TRY(rp_buf_addz(out, label));
    RP_TRY(line ? add_window(out, *line, at, LINE_SHOWN) : rp_buf_addz(out, "(no such line)"));
    return rp_buf_addc(out, '\n');
}

static int add_shift(struct rp_buf *out, unsigned n, const char *what)
{
    RP_TRY(rp_buf_addz(out, "    "));
    RP_TRY(rp_buf_add_int(out, n));
    RP_TRY(rp_buf_addz(out, n == 1 ? " line is " : " lines are "));
    RP_TRY(rp_buf_addz(out, what));
    return rp_buf_addz(out, " here\n");
}

/* One line differs; a and b stand behind it. NULL: that trace has ended. */
static int tell_line(struct rp_buf *out, int64_t number, const struct rp_str *expected,
                     const struct rp_str *played, struct lines a, struct lines b)
{
    size_t at = expected && played ? common_bytes(*expected, *played) : 0;
    unsigned more = expected ? lines_before(b, *expected) : 0;
    unsigned less = played ? lines_before(a, *played) : 0;

    RP_TRY(rp_buf_addz(out, "  line "));
    RP_TRY(rp_buf_add_int(out, number));
    RP_TRY(rp_buf_addz(out, "\n"));
    RP_TRY(add_line(out, "    expected ", expected, at));
    RP_TRY(add_line(out, "    played   ", played, at));
    if (more > 0 && (less == 0 || more <= less))
        return add_shift(out, more, "too many");
    if (less > 0)
        return add_shift(out, less, "missing");
    return expected && played ? add_paths(out, *expected, *played) : RP_OK;
}

int rp_diff(struct rp_buf *out, struct rp_str expected, struct rp_str played, int *differ)
{
    struct lines a = {expected}, b = {played};
    struct rp_str left, right;

    *differ = !rp_str_equal(expected, played);
    if (!*differ)
        return RP_OK;
    for (int64_t number = 1;; number++) {
        int has_left = next_line(&a, &left), has_right = next_line(&b, &right);
        if (!has_left && !has_right)
            return rp_buf_addz(out, "  only the end of the last line differs\n");
        if (!has_left || !has_right || !rp_str_equal(left, right))
            return tell_line(out, number, has_left ? &left : NULL, has_right ? &right : NULL, a, b);
    }
}
