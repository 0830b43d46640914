/* redact_json.c - owns the rules that go by a place in JSON: keys and pointers. */
#include <string.h>

#include "match_path.h"
#include "redact_inside.h"

struct walk {
    struct rp_redact *r;
    const char *s;
    const struct rp_redact_tape *t;
    int depth;
    size_t base;
    struct rp_spans *spans;
    struct rp_buf text; /* what a text means */
};

/* ---- what a text means ----------------------------------------------------------------------- */

/* The meaning of a text or key; it stands in w->text where it is escaped. */
static int mean(struct walk *w, const struct rp_node *node, struct rp_str *out)
{
    int encoded;

    *out = (struct rp_str){w->s + node->from, node->to - node->from};
    if (out->n == 0 || !memchr(out->s, '\\', out->n))
        return RP_OK;
    rp_buf_clear(&w->text);
    RP_TRY(rp_view_read(RP_VIEW_ESCAPED, out->s, out->n, &w->text, &encoded));
    *out = (struct rp_str){w->text.s, w->text.n};
    return RP_OK;
}

/* ---- places ---------------------------------------------------------------------------------- */

static int has_rules(const struct rp_redact *r, enum rp_rule_kind kind)
{
    for (size_t i = 0; i < r->n_rules; i++)
        if (r->rules[i]->kind == kind)
            return 1;
    return 0;
}

/* Keys are added to texts, whose room must not move. */
static int step_of(struct walk *w, const struct rp_node *node, struct rp_buf *keys,
                   struct rp_match_step *out)
{
    const struct rp_node *key;
    struct rp_str s;

    *out = (struct rp_match_step){.index = node->index};
    if (node->key == RP_NO_NODE)
        return RP_OK;
    key = &w->t->at[node->key];
    RP_TRY(mean(w, key, &s));
    out->key = (struct rp_str){keys->s + keys->n, s.n};
    return rp_buf_add(keys, s.s, s.n);
}

static size_t steps(const struct walk *w, const struct rp_node *node, size_t *bytes)
{
    size_t n = 0;

    for (; node->parent != RP_NO_NODE; node = &w->t->at[node->parent], n++)
        *bytes += node->key == RP_NO_NODE ? 0 : w->t->at[node->key].to - w->t->at[node->key].from;
    return n;
}

static int find_pointer(struct walk *w, const struct rp_node *node, struct rp_buf *keys,
                        struct rp_match_path *path, const struct rp_rule **out)
{
    size_t bytes = 0, n = steps(w, node, &bytes);

    path->n = n;
    if (n > RP_JSON_DEPTH_MAX)
        return RP_OK;
    rp_buf_clear(keys);
    if (!rp_buf_room(keys, bytes + 1))
        return RP_ENOMEM;
    for (; n-- > 0; node = &w->t->at[node->parent])
        RP_TRY(step_of(w, node, keys, &path->step[n]));
    for (size_t i = 0; i < w->r->n_rules && !*out; i++)
        if (w->r->rules[i]->kind == RP_RULE_JSON && rp_match_covers(w->r->rules[i]->value, path))
            *out = w->r->rules[i];
    return RP_OK;
}

/* The rule that a value's key or place is under, or NULL. A list is under the rule of its key. */
static int rule_of(struct walk *w, const struct rp_node *node, const struct rp_rule **out)
{
    uint32_t key = node->key;
    struct rp_match_path path;
    struct rp_buf keys;
    struct rp_str s;
    int rc;

    *out = NULL;
    for (const struct rp_node *at = node; key == RP_NO_NODE && at->parent != RP_NO_NODE;) {
        at = &w->t->at[at->parent];
        if (at->kind != RP_NODE_LIST)
            break;
        key = at->key;
    }
    if (key != RP_NO_NODE) {
        RP_TRY(mean(w, &w->t->at[key], &s));
        *out = rp_redact_rule(w->r, RP_RULE_KEY, s.s, s.n);
    }
    if (*out || !has_rules(w->r, RP_RULE_JSON))
        return RP_OK;
    rp_buf_init(&keys, &w->r->alloc, SIZE_MAX / 2);
    rc = find_pointer(w, node, &keys, &path, out);
    rp_buf_free(&keys);
    return rc;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* All of the value goes. What is nothing stays: null, "", and what went already. */
static int take_value(struct walk *w, const struct rp_node *node)
{
    struct rp_str s = {w->s + node->from, node->to - node->from};
    struct rp_span span = {.from = w->base + node->from, .to = w->base + node->to};

    if (node->kind == RP_NODE_TEXT)
        RP_TRY(mean(w, node, &s));
    else
        span.quotes = 1;
    if (s.n == 0 || rp_redact_is_mark(s.s, s.n) || (s.n == 4 && memcmp(s.s, "null", 4) == 0))
        return RP_OK;
    if (w->r->learning)
        return node->kind == RP_NODE_TEXT ? rp_redact_learn(w->r, s.s, s.n, RP_REDACT_LEARN_MIN)
                                          : RP_OK;
    RP_TRY(rp_redact_number(w->r, s.s, s.n, &span.number));
    return rp_spans_add(w->spans, span);
}

/* The usual rules are for words of any program: a schema that has a key "password" stays. */
static int is_under(const struct rp_rule *rule, const struct rp_node *node)
{
    if (!rule)
        return 0;
    return !rule->usual || node->kind == RP_NODE_TEXT || node->kind == RP_NODE_WORD;
}

static int find_in_text(struct walk *w, const struct rp_node *node)
{
    size_t first = w->spans->n, n = node->to - node->from;
    const char *raw = w->s + node->from;
    struct rp_spans inner;
    struct rp_str s;
    int rc;

    RP_TRY(mean(w, node, &s));
    if (s.s == raw) {
        RP_TRY(rp_redact_find(w->r, s.s, s.n, w->depth + 1, w->base + node->from, w->spans));
        /* A text in a text: its quotes must be escaped. */
        for (size_t i = first; i < w->spans->n; i++)
            w->spans->at[i].quotes += w->spans->at[i].quotes > 0;
        return RP_OK;
    }
    rp_spans_init(&inner, &w->r->alloc);
    rc = rp_redact_find(w->r, s.s, s.n, w->depth + 1, 0, &inner);
    rp_spans_sort(&inner);
    rp_view_lead_back(RP_VIEW_ESCAPED, raw, n, &inner, 0);
    for (size_t i = 0; rc == RP_OK && i < inner.n; i++) {
        inner.at[i].from += w->base + node->from;
        inner.at[i].to += w->base + node->from;
        rc = rp_spans_add(w->spans, inner.at[i]);
    }
    rp_spans_free(&inner);
    return rc;
}

/* A secret inside of a number or word takes all of it: half a number is no JSON. */
static int find_in_word(struct walk *w, const struct rp_node *node)
{
    size_t n = node->to - node->from;
    struct rp_spans inner;
    int rc;

    if (w->r->learning || n < RP_REDACT_TEXT_MIN)
        return RP_OK;
    rp_spans_init(&inner, &w->r->alloc);
    rc = rp_redact_find(w->r, w->s + node->from, n, RP_REDACT_DEPTH, 0, &inner);
    if (rc == RP_OK && inner.n > 0)
        rc = rp_spans_add(w->spans, (struct rp_span){w->base + node->from, w->base + node->to,
                                                     inner.at[0].number, 1});
    rp_spans_free(&inner);
    return rc;
}

static int visit(struct walk *w, const struct rp_node *node)
{
    const struct rp_rule *rule = NULL;

    if (node->kind == RP_NODE_KEY)
        return find_in_text(w, node);
    RP_TRY(rule_of(w, node, &rule));
    if (is_under(rule, node))
        RP_TRY(take_value(w, node));
    else if (node->kind == RP_NODE_TEXT)
        return find_in_text(w, node);
    else if (node->kind == RP_NODE_WORD)
        return find_in_word(w, node);
    return RP_OK;
}

int rp_redact_tape(struct rp_redact *r, const char *s, const struct rp_redact_tape *t, int depth,
                   size_t base, struct rp_spans *spans)
{
    struct walk w = {.r = r, .s = s, .t = t, .depth = depth, .base = base, .spans = spans};
    int rc = RP_OK;

    rp_buf_init(&w.text, &r->alloc, SIZE_MAX / 2);
    for (uint32_t i = 0; rc == RP_OK && i < t->n; i++)
        rc = visit(&w, &t->at[i]);
    rp_buf_free(&w.text);
    return rc;
}
