/* loose.c - a scanner for JSON objects inside other text; see loose.h. */
#include "loose.h"

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* From an opening quote to after the closing one; n when it never closes. */
static size_t after_string(const char *s, size_t n, size_t at)
{
    char quote = s[at++];
    while (at < n && s[at] != quote)
        at += s[at] == '\\' ? 2 : 1;
    return at < n ? at + 1 : n;
}

size_t rp_loose_object(const char *s, size_t n)
{
    size_t depth = 0, at = 0;
    while (at < n) {
        if (s[at] == '"' || s[at] == '\'') {
            at = after_string(s, n, at);
            continue;
        }
        if (s[at] == '{')
            depth++;
        if (s[at] == '}' && --depth == 0)
            return at + 1;
        at++;
    }
    return 0;
}

/* ---- several values in a row ---- */

/* End of the value at `at`: an object or array by balance, anything else up to white space. */
static size_t value_end(const char *s, size_t n, size_t at)
{
    size_t depth = 0;
    do {
        if (s[at] == '"') {
            at = after_string(s, n, at);
        } else {
            if (s[at] == '{' || s[at] == '[')
                depth++;
            if ((s[at] == '}' || s[at] == ']') && depth > 0)
                depth--;
            at++;
        }
        if (depth == 0 && (s[at - 1] == '}' || s[at - 1] == ']' || s[at - 1] == '"'))
            return at;
    } while (at < n && (depth > 0 || !is_space(s[at])));
    return at;
}

int rp_loose_last(struct rp_heap *h, struct rp_str text, struct rp_value *out)
{
    size_t at = 0;
    int rc = RP_EPARSE;
    while (at < text.n) {
        if (is_space(text.s[at])) {
            at++;
            continue;
        }
        size_t end = value_end(text.s, text.n, at);
        rc = rp_json_try(h, (struct rp_str){text.s + at, end - at}, out);
        if (rc != RP_OK)
            return rc;
        at = end;
    }
    return rc;
}

/* ---- ledgers ---- */

static size_t skip_space(struct rp_str t, size_t at)
{
    while (at < t.n && is_space(t.s[at]))
        at++;
    return at;
}

static int starts(struct rp_str t, size_t at, const char *lower)
{
    for (; *lower; lower++, at++)
        if (at >= t.n || (char)(t.s[at] | 0x20) != *lower)
            return 0;
    return 1;
}

/* The object of the fenced block that opens at `at`; n 0: it holds none. */
static struct rp_str in_fence(struct rp_str t, size_t at)
{
    struct rp_str none = {"", 0};
    at += 3;
    if (starts(t, at, "json"))
        at += 4;
    at = skip_space(t, at);
    if (at >= t.n || t.s[at] != '{')
        return none;
    size_t len = rp_loose_object(t.s + at, t.n - at);
    size_t end = skip_space(t, at + len);
    if (!len || end + 3 > t.n || t.s[end] != '`' || t.s[end + 1] != '`' || t.s[end + 2] != '`')
        return none;
    return (struct rp_str){t.s + at, len};
}

static struct rp_str find_object(struct rp_str t)
{
    for (size_t at = 0; at + 3 <= t.n; at++)
        if (t.s[at] == '`' && t.s[at + 1] == '`' && t.s[at + 2] == '`') {
            struct rp_str found = in_fence(t, at);
            if (found.n)
                return found;
        }
    for (size_t at = 0; at < t.n; at++)
        if (t.s[at] == '{')
            return (struct rp_str){t.s + at, rp_loose_object(t.s + at, t.n - at)};
    return (struct rp_str){"", 0};
}

/* A string of either quote as a JSON string. Returns where it ends. */
static size_t add_string(struct rp_buf *b, struct rp_str t, size_t at)
{
    char quote = t.s[at];
    size_t end = after_string(t.s, t.n, at);
    rp_buf_addc(b, '"');
    for (at++; at + 1 < end; at++) {
        if (t.s[at] == '\\' && t.s[at + 1] == '\'' && at + 2 < end) {
            rp_buf_addc(b, '\'');
            at++;
        } else if (t.s[at] == '\\' && at + 2 < end) {
            rp_buf_add(b, t.s + at, 2);
            at++;
        } else if (t.s[at] == '"' && quote == '\'') {
            rp_buf_addz(b, "\\\"");
        } else {
            rp_buf_addc(b, t.s[at]);
        }
    }
    rp_buf_addc(b, '"');
    return end;
}

/* One of Python's literals as JSON's; 0: none stands here. */
static size_t add_literal(struct rp_buf *b, struct rp_str t, size_t at)
{
    static const char *const pairs[][2] = {{"True", "true"}, {"False", "false"}, {"None", "null"}};
    for (size_t i = 0; i < 3; i++) {
        struct rp_str name = rp_str(pairs[i][0]);
        if (at + name.n <= t.n && rp_str_equal((struct rp_str){t.s + at, name.n}, name)) {
            rp_buf_addz(b, pairs[i][1]);
            return name.n;
        }
    }
    return 0;
}

static int closes(struct rp_str t, size_t at)
{
    at = skip_space(t, at);
    return at < t.n && (t.s[at] == '}' || t.s[at] == ']');
}

static void from_python(struct rp_buf *b, struct rp_str t)
{
    size_t at = 0, used;
    while (at < t.n) {
        if (t.s[at] == '"' || t.s[at] == '\'') {
            at = add_string(b, t, at);
        } else if ((used = add_literal(b, t, at)) > 0) {
            at += used;
        } else {
            if (t.s[at] != ',' || !closes(t, at + 1))
                rp_buf_addc(b, t.s[at]);
            at++;
        }
    }
}

int rp_loose_ledger(struct rp_heap *h, const struct rp_alloc *alloc, struct rp_str text,
                    struct rp_value *out)
{
    struct rp_str object = find_object(text);
    if (!object.n)
        return RP_EPARSE;
    int rc = rp_json_try(h, object, out);
    if (rc == RP_EPARSE) {
        struct rp_buf b;
        rp_buf_init(&b, alloc, RP_TEXT_MAX);
        from_python(&b, object);
        rc = b.failed ? b.failed : rp_json_try(h, (struct rp_str){b.s, b.n}, out);
        rp_buf_free(&b);
    }
    return rc != RP_OK ? rc : out->tag == RP_MAP ? RP_OK : RP_EPARSE;
}
