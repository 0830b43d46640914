/* redact_tape.c - owns a reader of JSON that keeps the place of every part. It is lenient: what is
 * cut short or wrong later on is read as far as it goes. No recursion. */
#include "redact_inside.h"

#include <string.h>

void rp_redact_tape_free(struct rp_redact_tape *t)
{
    if (t->at)
        t->alloc.resize(t->alloc.ctx, t->at, t->room * sizeof(*t->at), 0);
    *t = (struct rp_redact_tape){.alloc = t->alloc};
}

struct reading {
    struct rp_redact_tape *t;
    const char *s;
    size_t n, i;
    uint32_t parent, key; /* of the value that comes */
    int wrong;
};

static int add(struct reading *x, enum rp_node_kind kind, size_t from, size_t to)
{
    struct rp_redact_tape *t = x->t;
    uint32_t room = t->room ? t->room * 2 : 64;
    struct rp_node *more, node = {.from = from, .to = to, .parent = x->parent, .key = x->key};

    if (t->n == t->room) {
        if (t->room > UINT32_MAX / 4)
            return RP_ENOMEM;
        more = t->alloc.resize(t->alloc.ctx, t->at, t->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        t->at = more;
        t->room = room;
    }
    node.kind = kind;
    if (x->parent != RP_NO_NODE && t->at[x->parent].kind == RP_NODE_LIST)
        node.index = t->at[x->parent].n++;
    t->at[t->n++] = node;
    return RP_OK;
}

static void skip_space(struct reading *x)
{
    while (x->i < x->n &&
           (x->s[x->i] == ' ' || x->s[x->i] == '\n' || x->s[x->i] == '\t' || x->s[x->i] == '\r'))
        x->i++;
}

/* A string that is cut goes up to the end. */
static int read_string(struct reading *x, enum rp_node_kind kind)
{
    size_t from = ++x->i;

    while (x->i < x->n && x->s[x->i] != '"')
        x->i += x->s[x->i] == '\\' ? 2 : 1;
    if (x->i >= x->n) {
        x->i = x->n;
        x->wrong = 1;
        return add(x, kind, from, x->n);
    }
    RP_TRY(add(x, kind, from, x->i));
    x->i++;
    return RP_OK;
}

static int is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '+' || c == '.' || c == '_';
}

static int read_word(struct reading *x)
{
    size_t from = x->i;

    while (x->i < x->n && is_word(x->s[x->i]))
        x->i++;
    x->wrong = x->i == from;
    return x->i > from ? add(x, RP_NODE_WORD, from, x->i) : RP_OK;
}

/* Enters a map or a list. */
static int enter(struct reading *x, enum rp_node_kind kind)
{
    RP_TRY(add(x, kind, x->i, x->n));
    x->parent = x->t->n - 1;
    x->key = RP_NO_NODE;
    x->i++;
    return RP_OK;
}

static void leave(struct reading *x)
{
    struct rp_node *node = &x->t->at[x->parent];

    node->to = ++x->i;
    x->parent = node->parent;
    x->key = RP_NO_NODE;
}

static int read_value(struct reading *x)
{
    switch (x->s[x->i]) {
    case '{':
        return enter(x, RP_NODE_MAP);
    case '[':
        return enter(x, RP_NODE_LIST);
    case '"':
        return read_string(x, RP_NODE_TEXT);
    default:
        return read_word(x);
    }
}

/* In a map, before a key: reads it and its colon. */
static int read_key(struct reading *x)
{
    x->key = RP_NO_NODE;
    x->wrong = x->s[x->i] != '"';
    if (x->wrong)
        return RP_OK;
    RP_TRY(read_string(x, RP_NODE_KEY));
    x->key = x->t->n - 1;
    skip_space(x);
    x->wrong |= x->i >= x->n || x->s[x->i] != ':';
    x->i += x->i < x->n && x->s[x->i] == ':';
    return RP_OK;
}

/* Inside of the parent, at a byte that is no space: its end, or its next part. first: it has none
 * yet. */
static int go_on(struct reading *x, int *first)
{
    enum rp_node_kind kind = x->t->at[x->parent].kind;
    char c = x->s[x->i];

    if (c == (kind == RP_NODE_MAP ? '}' : ']')) {
        leave(x);
        *first = 0;
        return RP_OK;
    }
    if (!*first) {
        x->wrong = c != ',';
        x->i += c == ',';
        skip_space(x);
    }
    *first = 0;
    if (!x->wrong && x->i < x->n && kind == RP_NODE_MAP)
        RP_TRY(read_key(x));
    skip_space(x);
    if (x->wrong || x->i >= x->n)
        return RP_OK;
    kind = x->s[x->i] == '{' ? RP_NODE_MAP : x->s[x->i] == '[' ? RP_NODE_LIST : RP_NODE_WORD;
    *first = kind != RP_NODE_WORD;
    return read_value(x);
}

int rp_redact_tape_read(struct rp_redact_tape *t, const char *s, size_t n, size_t *end, int *whole)
{
    struct reading x = {.t = t, .s = s, .n = n, .parent = RP_NO_NODE, .key = RP_NO_NODE};
    int first = 1, rc = RP_OK;

    t->n = 0;
    skip_space(&x);
    if (x.i < n)
        rc = read_value(&x);
    while (rc == RP_OK && !x.wrong && x.parent != RP_NO_NODE) {
        skip_space(&x);
        if (x.i >= n)
            break;
        rc = go_on(&x, &first);
    }
    *end = x.i;
    *whole = !x.wrong && t->n > 0 && x.parent == RP_NO_NODE;
    return rc;
}
