/* redact_text.c - owns finding secrets in any text: known ones and patterns, as they stand, and in
 * what the text means when it is JSON, escaped, percent-encoded, a form or base64. */
#include <string.h>

#include "redact_inside.h"

enum {
    RUN_MIN = 16 /* letters of base64 that are read for a pattern's sake */
};

struct search {
    struct rp_redact *r;
    const char *s;
    size_t n;
    int depth;
    size_t base;
    struct rp_spans *spans;
};

static int found(struct search *x, size_t from, size_t to)
{
    struct rp_span span = {.from = x->base + from, .to = x->base + to};

    if (rp_redact_is_mark(x->s + from, to - from))
        return RP_OK;
    RP_TRY(rp_redact_number(x->r, x->s + from, to - from, &span.number));
    return rp_spans_add(x->spans, span);
}

/* ---- known secrets --------------------------------------------------------------------------- */

static int find_secrets(struct search *x)
{
    const struct rp_redact *r = x->r;

    if (r->n_secrets == 0 || x->n < r->shortest)
        return RP_OK;
    for (size_t i = 0; i + r->shortest <= x->n; i++)
        for (uint32_t k = r->first[(unsigned char)x->s[i]]; k > 0; k = r->secrets[k - 1].next) {
            const struct rp_secret *secret = &r->secrets[k - 1];
            if (secret->n <= x->n - i && memcmp(x->s + i, secret->s, secret->n) == 0)
                RP_TRY(found(x, i, i + secret->n));
        }
    return RP_OK;
}

/* ---- patterns -------------------------------------------------------------------------------- */

static int is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Before a word stands none; an escape (%3D, \n) that ends there is no word. */
static int at_word(const struct search *x, size_t i)
{
    if (i == 0 || !is_word(x->s[i - 1]))
        return 1;
    if (i >= 2 && x->s[i - 2] == '\\')
        return 1;
    return (i >= 3 && x->s[i - 3] == '%') || (i >= 6 && x->s[i - 6] == '\\' && x->s[i - 5] == 'u');
}

/* The regular expression from there on; a match of nothing is none. */
static int match(const struct rp_rule *rule, const struct search *x, size_t at, size_t *from,
                 size_t *to)
{
    const char *s = x->s + (rule->n_prefix ? at : 0);
    regmatch_t m[1];

    m[0].rm_so = rule->n_prefix ? 0 : (regoff_t)at;
    m[0].rm_eo = (regoff_t)(x->n - (size_t)(s - x->s));
    if (regexec(&rule->regex, s, 1, m, REG_STARTEND) != 0)
        return 0;
    *from = (size_t)(s - x->s) + (size_t)m[0].rm_so;
    *to = (size_t)(s - x->s) + (size_t)m[0].rm_eo;
    return 1;
}

static const char *find_prefix(const struct rp_rule *rule, const char *s, const char *end)
{
    while ((size_t)(end - s) >= rule->n_prefix &&
           (s = memchr(s, rule->prefix[0], (size_t)(end - s))) != NULL) {
        if ((size_t)(end - s) < rule->n_prefix)
            return NULL;
        if (memcmp(s, rule->prefix, rule->n_prefix) == 0)
            return s;
        s++;
    }
    return NULL;
}

static int find_pattern(struct search *x, const struct rp_rule *rule)
{
    size_t at = 0, from, to;

    while (at < x->n) {
        if (rule->n_prefix > 0) {
            const char *next = find_prefix(rule, x->s + at, x->s + x->n);
            if (!next)
                return RP_OK;
            at = (size_t)(next - x->s);
        }
        if (!match(rule, x, at, &from, &to)) {
            if (rule->n_prefix == 0)
                return RP_OK;
            at++;
        } else if (to == from || (rule->at_word && !at_word(x, from))) {
            at = from + 1;
        } else {
            RP_TRY(found(x, from, to));
            at = to;
        }
    }
    return RP_OK;
}

static int find_patterns(struct search *x)
{
    for (size_t i = 0; i < x->r->n_rules; i++)
        if (x->r->rules[i]->kind == RP_RULE_PATTERN)
            RP_TRY(find_pattern(x, x->r->rules[i]));
    return RP_OK;
}

/* ---- what it means --------------------------------------------------------------------------- */

/* Adds the spans of an inner search, led back, to those of x. */
static int take_over(struct search *x, const struct rp_spans *inner, size_t from)
{
    for (size_t i = 0; i < inner->n; i++) {
        struct rp_span span = inner->at[i];
        span.from += x->base + from;
        span.to += x->base + from;
        RP_TRY(rp_spans_add(x->spans, span));
    }
    return RP_OK;
}

static int find_in_view(struct search *x, enum rp_view view)
{
    struct rp_spans inner;
    struct rp_buf meaning;
    int encoded = 0, rc;

    rp_buf_init(&meaning, &x->r->alloc, SIZE_MAX / 2);
    rp_spans_init(&inner, &x->r->alloc);
    rc = rp_view_read(view, x->s, x->n, &meaning, &encoded);
    if (rc == RP_OK && encoded)
        rc = rp_redact_find(x->r, meaning.s, meaning.n, x->depth + 1, 0, &inner);
    rp_spans_sort(&inner);
    rp_view_lead_back(view, x->s, x->n, &inner, 0);
    if (rc == RP_OK)
        rc = take_over(x, &inner, 0);
    rp_spans_free(&inner);
    rp_buf_free(&meaning);
    return rc;
}

static int find_in_views(struct search *x)
{
    if (memchr(x->s, '\\', x->n))
        RP_TRY(find_in_view(x, RP_VIEW_ESCAPED));
    if (memchr(x->s, '%', x->n))
        RP_TRY(find_in_view(x, RP_VIEW_PERCENT));
    if (x->r->spaces && memchr(x->s, '+', x->n))
        RP_TRY(find_in_view(x, RP_VIEW_FORM));
    return RP_OK;
}

/* What is no text has no texts inside. */
static int is_text(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < ' ' && s[i] != '\n' && s[i] != '\r' && s[i] != '\t')
            return 0;
    return 1;
}

static int find_in_run(struct search *x, size_t at, size_t end, unsigned skip)
{
    struct rp_spans inner;
    struct rp_buf meaning;
    int rc;

    rp_buf_init(&meaning, &x->r->alloc, SIZE_MAX / 2);
    rp_spans_init(&inner, &x->r->alloc);
    rc = rp_base64_read(x->s + at, end - at, skip, &meaning);
    if (rc == RP_OK)
        rc = rp_redact_find(x->r, meaning.s, meaning.n,
                            is_text(meaning.s, meaning.n) ? x->depth + 2 : RP_REDACT_DEPTH, 0,
                            &inner);
    rp_spans_sort(&inner);
    rp_base64_lead_back(x->s + at, end - at, skip, &inner, 0);
    if (rc == RP_OK)
        rc = take_over(x, &inner, at);
    rp_spans_free(&inner);
    rp_buf_free(&meaning);
    return rc;
}

/* It may begin in the middle of a word: then its letters stand at one of three other places. */
static int find_in_base64(struct search *x)
{
    size_t least = x->r->n_secrets ? (x->r->shortest * 8 + 5) / 6 : RUN_MIN, at = 0, end;

    for (least = least < RUN_MIN ? least : RUN_MIN; rp_base64_run(x->s, x->n, least, &at, &end);
         at = end)
        for (unsigned skip = 0; skip < 4; skip++)
            RP_TRY(find_in_run(x, at, end, skip));
    return RP_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int find_plain(struct search *x)
{
    if (x->n == 0)
        return RP_OK;
    if (!x->r->learning) {
        RP_TRY(find_secrets(x));
        RP_TRY(find_patterns(x));
    }
    if (x->depth >= RP_REDACT_DEPTH)
        return RP_OK;
    RP_TRY(find_in_views(x));
    return find_in_base64(x);
}

static int opens_json(const char *s, size_t n)
{
    while (n > 0 && (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t')) {
        s++;
        n--;
    }
    return n > 1 && (*s == '{' || *s == '[');
}

/* Values of JSON, one behind the other; *rest where there is something else. *sound: what was read
 * was well-formed. */
static int find_json(struct search *x, size_t *rest, int *sound)
{
    struct rp_redact_tape tape = {.alloc = x->r->alloc};
    int rc = RP_OK;

    while (rc == RP_OK && *sound && opens_json(x->s + *rest, x->n - *rest)) {
        size_t end = 0;
        rc = rp_redact_tape_read(&tape, x->s + *rest, x->n - *rest, &end, sound);
        if (rc == RP_OK)
            rc = rp_redact_tape(x->r, x->s + *rest, &tape, x->depth, x->base + *rest, x->spans);
        *rest += end;
    }
    rp_redact_tape_free(&tape);
    return rc;
}

int rp_redact_find(struct rp_redact *r, const char *s, size_t n, int depth, size_t base,
                   struct rp_spans *spans)
{
    struct search x = {.r = r, .s = s, .n = n, .depth = depth, .base = base, .spans = spans};
    int sound = 1;
    size_t rest = 0;

    if (depth < RP_REDACT_DEPTH && opens_json(s, n))
        RP_TRY(find_json(&x, &rest, &sound));
    if (sound) { /* what is JSON was searched part by part, so that it stays JSON */
        x.s += rest;
        x.n -= rest;
        x.base += rest;
    }
    return find_plain(&x);
}
