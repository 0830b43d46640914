/* json.c - owns the reading of JSON: its grammar, its places and its sentences for people.
 *
 * Values read wait on a stack until the array or object that they stand in ends; then its vector is
 * made in its final size. A key waits with the place where it stood in its len, which is 0 again
 * once it is in its map. Calls nest once for each array or object, up to RP_JSON_DEPTH_MAX. */
#include "json.h"

#include <float.h>
#include <string.h>

#include "keys.h"
#include "utf8.h"

enum { STACK_MIN = 64 };

struct reader {
    struct rp_heap *h;
    const char *s;
    size_t n, at;
    struct rp_error *err;
    struct rp_value *stack;
    size_t used, room;
    struct rp_buf text; /* a string with its escapes resolved */
};

/* ---- refusing ---- */

/* Fills the error with the place of byte at; %s of format is detail. */
static int refuse(struct reader *r, int status, size_t at, const char *format, const char *detail)
{
    struct rp_error place;
    int64_t line = 1, column = 1;

    RP_ASSERT(at <= r->n);
    if (!r->err)
        return status;
    for (size_t i = 0; i < at; i++) {
        if (r->s[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)r->s[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    rp_fail_at(&place, status, NULL, "line %l, column %l", line, column);
    return rp_fail_at(r->err, status, place.text, format, detail);
}

static int no_memory(struct reader *r)
{
    r->h->failed = RP_ENOMEM;
    return rp_fail_at(r->err, RP_ENOMEM, NULL, "%s", rp_status_text(RP_ENOMEM));
}

static int is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* What stands at r->at, in words. */
static void describe(const struct reader *r, char out[40])
{
    const char *s = r->s + r->at;
    size_t left = r->n - r->at, n = 0;
    struct rp_error words;

    if (left == 0) {
        rp_fail_at(&words, 0, NULL, "the end of the text");
    } else if ((unsigned char)*s < 0x20 || *s == 0x7f) {
        rp_fail_at(&words, 0, NULL, "the control character %u", (uint32_t)*s);
    } else if (rp_utf8_bad(s, left < 4 ? left : 4) == 0) {
        rp_fail_at(&words, 0, NULL, "a byte that is not UTF-8");
    } else {
        char shown[24] = "";
        uint32_t code;
        while (n < left && n < 16 && is_word(s[n]))
            n++;
        n = n ? n : rp_utf8_read(s, &code);
        memcpy(shown, s, n);
        rp_fail_at(&words, 0, NULL, "'%s'", shown);
    }
    memcpy(out, words.text, 39);
    out[39] = '\0';
}

static int refuse_expected(struct reader *r, const char *expected)
{
    char found[40];
    char format[64];
    struct rp_error words;

    if (!r->err)
        return RP_EPARSE;
    describe(r, found);
    rp_fail_at(&words, 0, NULL, "expected %s, found %%s", expected);
    RP_ASSERT(strlen(words.text) < sizeof(format));
    memcpy(format, words.text, sizeof(format));
    return refuse(r, RP_EPARSE, r->at, format, found);
}

/* ---- the stack ---- */

static int push(struct reader *r, struct rp_value v)
{
    if (v.tag == RP_BAD)
        return no_memory(r);
    if (r->used == r->room) {
        size_t room = r->room ? 2 * r->room : STACK_MIN;
        struct rp_value *stack = r->h->alloc.resize(
            r->h->alloc.ctx, r->stack, r->room * sizeof(*stack), room * sizeof(*stack));
        if (!stack)
            return no_memory(r);
        r->stack = stack;
        r->room = room;
    }
    r->stack[r->used++] = v;
    return RP_OK;
}

/* The key that stands twice, at its second place, if there is one: the first such place. */
static int refuse_twice(struct reader *r, const struct rp_value *at, uint32_t n)
{
    uint32_t few[RP_KEYS_FEW], second = n;
    uint32_t *index = rp_keys_sorted(&r->h->alloc, at, n, few);

    if (!index)
        return no_memory(r);
    for (uint32_t i = 1; i < n; i++) {
        struct rp_str one = rp_str_of(at[2 * (size_t)index[i - 1]]);
        struct rp_str next = rp_str_of(at[2 * (size_t)index[i]]);
        if (index[i] < second && rp_str_equal(one, next))
            second = index[i];
    }
    rp_keys_free(&r->h->alloc, index, n);
    if (second == n)
        return RP_OK;
    return refuse(r, RP_EPARSE, at[2 * (size_t)second].len,
                  "the key \"%s\" stands twice in one object", rp_str_of(at[2 * (size_t)second]).s);
}

/* What was pushed since base becomes one value: a list, or a map when is_map is set. */
static int pop(struct reader *r, size_t base, int is_map, size_t began)
{
    size_t n = r->used - base;
    struct rp_value *at = n > 0 ? r->stack + base : NULL;
    struct rp_value v;

    RP_ASSERT(r->used >= base);
    RP_ASSERT(!is_map || n % 2 == 0);
    if (n > RP_LIST_MAX)
        return refuse(r, RP_ELIMIT, began, "an array or object is too long", NULL);
    if (is_map && n > 2)
        RP_TRY(refuse_twice(r, at, (uint32_t)(n / 2)));
    v = is_map ? rp_map_room(r->h, (uint32_t)(n / 2)) : rp_list_room(r->h, (uint32_t)n);
    if (v.tag == RP_BAD)
        return no_memory(r);
    for (size_t i = 0; is_map && i < n; i += 2)
        at[i].len = 0;
    if (n > 0) {
        memcpy(v.u.vec->at, at, n * sizeof(*at));
        v.u.vec->fill = v.len = (uint32_t)n;
    }
    r->used = base;
    return push(r, v);
}

/* ---- strings ---- */

/* Four hexadecimal digits behind \u; r->at goes behind them. */
static int read_four(struct reader *r, uint32_t *code)
{
    *code = 0;
    for (unsigned i = 0; i < 4; i++, r->at++) {
        char c = r->at < r->n ? r->s[r->at] : '\0';
        if (c >= '0' && c <= '9')
            *code = *code << 4 | (uint32_t)(c - '0');
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            *code = *code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return refuse_expected(r, "four hexadecimal digits after \\u");
    }
    return RP_OK;
}

/* \u and its digits, or two of them that make one character; r->at is behind the u. */
static int read_unicode(struct reader *r)
{
    size_t began = r->at - 2;
    uint32_t code, second = 0;
    char out[4];

    RP_TRY(read_four(r, &code));
    if (code >= 0xd800 && code <= 0xdbff && r->n - r->at >= 2 && r->s[r->at] == '\\' &&
        r->s[r->at + 1] == 'u') {
        r->at += 2;
        RP_TRY(read_four(r, &second));
    }
    if (second >= 0xdc00 && second <= 0xdfff)
        code = 0x10000 + ((code - 0xd800) << 10 | (second - 0xdc00));
    else if (code >= 0xd800 && code <= 0xdfff)
        return refuse(r, RP_EPARSE, began, "half of a surrogate pair stands alone", NULL);
    return rp_buf_add(&r->text, out, rp_utf8_write(out, code));
}

/* One escape; r->at is at its backslash. */
static int read_escape(struct reader *r)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = ++r->at < r->n ? r->s[r->at] : '\0';

    if (c == 'u') {
        r->at++;
        return read_unicode(r);
    }
    for (unsigned i = 0; i < sizeof(letters) - 1; i++) {
        if (c == letters[i]) {
            r->at++;
            return rp_buf_addc(&r->text, meant[i]);
        }
    }
    return refuse_expected(r, "one of \" \\ / b f n r t u after a backslash");
}

/* Is one of the eight bytes a quote, a backslash, below 0x20 or not ASCII? Each test leaves the top
 * bit of such a byte, and in bytes after it perhaps more than that. */
static int is_special(const char *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t w, quote, slash;

    memcpy(&w, s, sizeof(w));
    quote = w ^ ones * '"';
    slash = w ^ ones * '\\';
    return ((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & tops) != 0;
}

/* The characters up to a quote, a backslash or what may not stand in a string. */
static int read_plain(struct reader *r, struct rp_str *run)
{
    const char *s = r->s;
    size_t began = r->at, at = began, n = r->n, ascii, bad;

    while (n - at >= 8 && !is_special(s + at))
        at += 8;
    ascii = at; /* up to here there is nothing to be checked */
    while (at < n && s[at] != '"' && s[at] != '\\' && (unsigned char)s[at] >= 0x20)
        at++;
    r->at = at;
    *run = (struct rp_str){s + began, at - began};
    bad = rp_utf8_bad(s + ascii, at - ascii);
    if (bad == at - ascii)
        return RP_OK;
    return refuse(r, RP_EPARSE, ascii + bad, "the bytes of this character are not UTF-8", NULL);
}

/* All of the string between its quotes, in r->text unless it stands in the source as it is. */
static int read_characters(struct reader *r, struct rp_str *text)
{
    int as_it_is = 1;

    rp_buf_clear(&r->text);
    for (;;) {
        struct rp_str run;
        RP_TRY(read_plain(r, &run));
        if (as_it_is && r->at < r->n && r->s[r->at] == '"') {
            *text = run;
            return RP_OK;
        }
        as_it_is = 0;
        RP_TRY(rp_buf_adds(&r->text, run));
        if (r->at < r->n && r->s[r->at] == '"')
            break;
        if (r->at >= r->n || r->s[r->at] != '\\')
            return refuse_expected(r, "the string's closing quote");
        RP_TRY(read_escape(r));
    }
    *text = (struct rp_str){r->text.s, r->text.n};
    return RP_OK;
}

/* A string; its len says where it began when it is a key. */
static int read_string(struct reader *r, int is_key)
{
    size_t began = r->at++;
    struct rp_value v;
    struct rp_str text = {"", 0};
    int rc = read_characters(r, &text);

    if (rc == RP_ENOMEM)
        return no_memory(r);
    if (rc == RP_ELIMIT || (rc == RP_OK && text.n > RP_TEXT_MAX))
        return refuse(r, RP_ELIMIT, began, "a string is too long", NULL);
    if (rc != RP_OK)
        return rc;
    r->at++;
    v = rp_text(r->h, text.s, text.n);
    if (is_key && v.tag == RP_TEXT)
        v.len = (uint32_t)began;
    return push(r, v);
}

/* ---- numbers and words ---- */

static int is_digit(const struct reader *r)
{
    return r->at < r->n && r->s[r->at] >= '0' && r->s[r->at] <= '9';
}

static int skip_digits(struct reader *r, const char *expected)
{
    if (!is_digit(r))
        return refuse_expected(r, expected);
    while (is_digit(r))
        r->at++;
    return RP_OK;
}

/* Over a number's characters; *is_real when it has a fraction or an exponent. */
static int skip_number(struct reader *r, int *is_real)
{
    size_t first;

    r->at += r->s[r->at] == '-';
    first = r->at;
    RP_TRY(skip_digits(r, "a digit after '-'"));
    if (r->s[first] == '0' && r->at > first + 1)
        return refuse(r, RP_EPARSE, first, "a number may not begin with a 0 before other digits",
                      NULL);
    *is_real = 0;
    if (r->at < r->n && r->s[r->at] == '.') {
        *is_real = 1;
        r->at++;
        RP_TRY(skip_digits(r, "a digit after the point"));
    }
    if (r->at < r->n && (r->s[r->at] == 'e' || r->s[r->at] == 'E')) {
        *is_real = 1;
        r->at++;
        if (r->at < r->n && (r->s[r->at] == '+' || r->s[r->at] == '-'))
            r->at++;
        RP_TRY(skip_digits(r, "a digit in the exponent"));
    }
    return RP_OK;
}

/* An integer of n characters into *i; 0 when it has no place there. "-0" has none: it is no 0. */
static int fits(const char *s, size_t n, int64_t *i)
{
    unsigned negative = *s == '-';
    uint64_t size = 0;

    RP_ASSERT(n > negative);
    if (n - negative > 19 || (negative && s[1] == '0'))
        return 0;
    for (size_t k = negative; k < n; k++)
        size = size * 10 + (uint64_t)(s[k] - '0');
    if (size > (uint64_t)INT64_MAX + negative)
        return 0;
    *i = negative ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return 1;
}

static int read_number(struct reader *r)
{
    size_t began = r->at, n;
    struct rp_value v;
    int is_real;
    int64_t i;

    RP_TRY(skip_number(r, &is_real));
    n = r->at - began;
    if (is_real) {
        double real = rp_real_of(r->s + began, n);
        if (real > DBL_MAX || real < -DBL_MAX)
            return refuse(r, RP_EPARSE, began, "the number is beyond the range of a double", NULL);
        return push(r, rp_real(real));
    }
    if (fits(r->s + began, n, &i))
        return push(r, rp_int(i));
    if (n > RP_TEXT_MAX)
        return refuse(r, RP_ELIMIT, began, "a number is too long", NULL);
    v = rp_text(r->h, r->s + began, n);
    if (v.tag == RP_TEXT)
        v.tag = RP_DIGITS;
    return push(r, v);
}

static int read_word(struct reader *r, const char *word, struct rp_value v)
{
    size_t n = strlen(word), found = 0;

    while (r->at + found < r->n && is_word(r->s[r->at + found]))
        found++;
    if (found != n || memcmp(r->s + r->at, word, n) != 0)
        return refuse_expected(r, "a value");
    r->at += n;
    return push(r, v);
}

/* ---- values ---- */

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_space(struct reader *r)
{
    while (r->at < r->n && is_space(r->s[r->at]))
        r->at++;
}

/* Takes c, with the space before it, if it comes next. */
static int take(struct reader *r, char c)
{
    skip_space(r);
    if (r->at == r->n || r->s[r->at] != c)
        return 0;
    r->at++;
    return 1;
}

static int read_value(struct reader *r, int depth);

static int read_entry(struct reader *r, int depth)
{
    skip_space(r);
    if (r->at == r->n || r->s[r->at] != '"')
        return refuse_expected(r, "a key in double quotes");
    RP_TRY(read_string(r, 1));
    if (!take(r, ':'))
        return refuse_expected(r, "':' after the key");
    return read_value(r, depth);
}

/* An array or, when is_map is set, an object; r->at is at its bracket, inside depth others. */
static int read_nested(struct reader *r, int is_map, int depth)
{
    size_t began = r->at++, base = r->used;
    char end = is_map ? '}' : ']';

    if (depth >= RP_JSON_DEPTH_MAX)
        return refuse(r, RP_EPARSE, began, "too many arrays and objects inside each other", NULL);
    if (take(r, end))
        return pop(r, base, is_map, began);
    for (;;) {
        RP_TRY(is_map ? read_entry(r, depth + 1) : read_value(r, depth + 1));
        if (take(r, end))
            return pop(r, base, is_map, began);
        if (!take(r, ','))
            return refuse_expected(r, is_map ? "',' or '}'" : "',' or ']'");
    }
}

static int read_value(struct reader *r, int depth)
{
    skip_space(r);
    switch (r->at < r->n ? r->s[r->at] : '\0') {
    case '{':
        return read_nested(r, 1, depth);
    case '[':
        return read_nested(r, 0, depth);
    case '"':
        return read_string(r, 0);
    case 't':
        return read_word(r, "true", rp_bool(1));
    case 'f':
        return read_word(r, "false", rp_bool(0));
    case 'n':
        return read_word(r, "null", rp_nil());
    case '-':
        return read_number(r);
    }
    return is_digit(r) ? read_number(r) : refuse_expected(r, "a value");
}

static int read_text(struct reader *r)
{
    if (r->n > UINT32_MAX)
        return refuse(r, RP_ELIMIT, 0, "the text is too long", NULL);
    if (r->n >= 3 && memcmp(r->s, "\xef\xbb\xbf", 3) == 0)
        return refuse(r, RP_EPARSE, 0, "the text begins with a byte order mark; remove it", NULL);
    RP_TRY(read_value(r, 0));
    RP_ASSERT(r->used == 1);
    skip_space(r);
    return r->at == r->n ? RP_OK : refuse_expected(r, "the end of the text");
}

int rp_json_read(struct rp_heap *h, const char *s, size_t n, struct rp_value *out,
                 struct rp_error *err)
{
    struct reader r = {.h = h, .s = s ? s : "", .n = n, .err = err};
    int rc;

    RP_ASSERT(s || n == 0);
    rp_buf_init(&r.text, &h->alloc, RP_TEXT_MAX);
    rc = read_text(&r);
    if (rc == RP_OK)
        *out = r.stack[0];
    rp_buf_free(&r.text);
    if (r.stack)
        h->alloc.resize(h->alloc.ctx, r.stack, r.room * sizeof(*r.stack), 0);
    return rc;
}

/* Could this be JSON, going by its first and its last character? */
static int looks_like_json(const char *s, size_t n)
{
    char last;

    while (n > 0 && is_space(*s)) {
        s++;
        n--;
    }
    while (n > 0 && is_space(s[n - 1]))
        n--;
    if (n == 0)
        return 0;
    last = s[n - 1];
    switch (*s) {
    case '{':
        return last == '}';
    case '[':
        return last == ']';
    case '"':
        return last == '"' && n > 1;
    case 't':
    case 'n':
        return n == 4;
    case 'f':
        return n == 5;
    }
    return last >= '0' && last <= '9';
}

int rp_json_try(struct rp_heap *h, struct rp_str s, struct rp_value *out)
{
    int rc = looks_like_json(s.s, s.n) ? rp_json_read(h, s.s, s.n, out, NULL) : RP_EPARSE;

    return rc == RP_ELIMIT ? RP_EPARSE : rc;
}
