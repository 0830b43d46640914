/* yaml.c - libyaml's events into values. */
#include "yaml.h"

#include "base64.h"
#include "engine/base/keys.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct anchor {
    char *name; /* in the pool */
    struct rp_value v;
    int open; /* its collection is not closed yet */
};

struct level {
    struct rp_value v;   /* the collection */
    struct rp_value key; /* of a map: what waits for its value */
    int has_key;
    size_t anchor; /* its own, plus one; 0: none */
    yaml_mark_t at;
};

struct building {
    struct rp_import *im;
    yaml_parser_t parser;
    struct level level[RP_YAML_DEPTH_MAX];
    int depth;
    struct rp_value whole;
    int documents;
    struct anchor *anchors;
    size_t n, room;
};

static int fail_at(struct building *b, const yaml_mark_t *at, const char *why, const char *what)
{
    char place[64];

    snprintf(place, sizeof(place), "line %zu, column %zu", at->line + 1, at->column + 1);
    return rp_import_fail(b->im, RP_EPARSE, place, why, what);
}

/* ---- anchors --------------------------------------------------------------------------------- */

static int add_anchor(struct building *b, const yaml_char_t *name, struct rp_value v, int open,
                      size_t *number)
{
    const struct rp_alloc *alloc = &b->im->alloc;
    size_t room = b->room ? 2 * b->room : 16;
    struct anchor *more;

    *number = 0;
    if (!name)
        return RP_OK;
    if (b->n == b->room) {
        more = alloc->resize(alloc->ctx, b->anchors, b->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        b->anchors = more;
        b->room = room;
    }
    b->anchors[b->n] = (struct anchor){
        rp_pool_text(&b->im->pool, (const char *)name, strlen((const char *)name)), v, open};
    if (!b->anchors[b->n].name)
        return b->im->pool.failed;
    *number = ++b->n;
    return RP_OK;
}

/* The latest of that name. */
static int find_anchor(struct building *b, const yaml_event_t *event, struct rp_value *out)
{
    const char *name = (const char *)event->data.alias.anchor;

    for (size_t i = b->n; i-- > 0;) {
        if (strcmp(b->anchors[i].name, name) != 0)
            continue;
        if (b->anchors[i].open)
            return fail_at(b, &event->start_mark, "the alias *%s stands inside its own anchor",
                           name);
        *out = b->anchors[i].v;
        return RP_OK;
    }
    return fail_at(b, &event->start_mark, "the alias *%s has no anchor before it", name);
}

/* ---- scalars --------------------------------------------------------------------------------- */

static int is_one_of(const char *s, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(s, *names) == 0)
            return 1;
    return 0;
}

static int is_binary(const char *tag)
{
    static const char *const tags[] = {"tag:yaml.org,2002:binary", "!binary", NULL};

    return tag && is_one_of(tag, tags);
}

static int check_tag(struct building *b, const yaml_event_t *event, const yaml_char_t *given)
{
    static const char *const known[] = {"!",
                                        "tag:yaml.org,2002:map",
                                        "tag:yaml.org,2002:seq",
                                        "tag:yaml.org,2002:str",
                                        "tag:yaml.org,2002:int",
                                        "tag:yaml.org,2002:float",
                                        "tag:yaml.org,2002:bool",
                                        "tag:yaml.org,2002:null",
                                        "tag:yaml.org,2002:timestamp",
                                        "tag:yaml.org,2002:python/unicode",
                                        "tag:yaml.org,2002:python/str",
                                        NULL};
    const char *tag = (const char *)given;

    if (!tag || is_binary(tag) || is_one_of(tag, known))
        return RP_OK;
    return fail_at(b, &event->start_mark,
                   "the tag %s stands for more than plain data and is not accepted; record the "
                   "cassette anew, or write what it holds as plain data",
                   tag);
}

static int is_null(const yaml_event_t *event)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};

    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           event->data.scalar.plain_implicit &&
           is_one_of((const char *)event->data.scalar.value, nulls);
}

static int read_binary(struct building *b, const yaml_event_t *event, struct rp_value *out)
{
    struct rp_buf bytes;
    size_t bad = 0;
    int rc;

    rp_buf_init(&bytes, &b->im->alloc, RP_TEXT_MAX);
    rc = rp_base64_decode(&bytes, (const char *)event->data.scalar.value, event->data.scalar.length,
                          &bad);
    if (rc == RP_OK)
        *out = rp_text(&b->im->heap, bytes.s ? bytes.s : "", bytes.n);
    rp_buf_free(&bytes);
    if (rc == RP_EPARSE)
        return fail_at(b, &event->start_mark, "this !!binary is no base64%s", "");
    return rc;
}

static int read_scalar(struct building *b, const yaml_event_t *event, struct rp_value *out)
{
    const char *tag = (const char *)event->data.scalar.tag;

    RP_TRY(check_tag(b, event, event->data.scalar.tag));
    if (is_binary(tag))
        return read_binary(b, event, out);
    if (is_null(event))
        *out = rp_nil();
    else if (event->data.scalar.length > RP_TEXT_MAX)
        return RP_ELIMIT;
    else
        *out = rp_text(&b->im->heap, (const char *)event->data.scalar.value,
                       event->data.scalar.length);
    return out->tag == RP_BAD ? RP_ENOMEM : RP_OK;
}

/* ---- collections ----------------------------------------------------------------------------- */

/* A value is whole: it goes where it belongs. */
static int put(struct building *b, const yaml_event_t *event, struct rp_value v)
{
    struct level *top = b->depth > 0 ? &b->level[b->depth - 1] : NULL;

    if (!top) {
        b->whole = v;
        return RP_OK;
    }
    if (top->v.tag == RP_LIST)
        return rp_list_add(&b->im->heap, &top->v, v);
    if (top->has_key) {
        top->has_key = 0;
        return rp_map_add(&b->im->heap, &top->v, top->key, v);
    }
    if (v.tag == RP_NIL)
        v = rp_text(&b->im->heap, "", 0);
    if (v.tag == RP_BAD)
        return RP_ENOMEM;
    if (v.tag != RP_TEXT)
        return fail_at(b, &event->start_mark, "a key that is no text%s", "");
    top->key = v;
    top->has_key = 1;
    return RP_OK;
}

static int enter(struct building *b, const yaml_event_t *event, const yaml_char_t *tag,
                 const yaml_char_t *anchor, struct rp_value empty)
{
    struct level *level = &b->level[b->depth];

    RP_TRY(check_tag(b, event, tag));
    if (b->depth == RP_YAML_DEPTH_MAX)
        return fail_at(b, &event->start_mark, "nested deeper than any cassette is%s", "");
    *level = (struct level){.v = empty, .at = event->start_mark};
    b->depth++;
    return add_anchor(b, anchor, empty, 1, &level->anchor);
}

static int check_keys(struct building *b, const struct level *level)
{
    uint32_t few[RP_KEYS_FEW], n = rp_map_len(level->v), *index;
    int rc = RP_OK;

    if (n < 2)
        return RP_OK;
    index = rp_keys_sorted(&b->im->alloc, level->v.u.vec->at, n, few);
    if (!index)
        return RP_ENOMEM;
    for (uint32_t i = 1; i < n && rc == RP_OK; i++) {
        struct rp_value key = rp_map_key(level->v, index[i]);
        if (rp_str_equal(rp_str_of(key), rp_str_of(rp_map_key(level->v, index[i - 1]))))
            rc = fail_at(b, &level->at, "in what begins here the key \"%s\" stands twice",
                         rp_str_of(key).s);
    }
    rp_keys_free(&b->im->alloc, index, n);
    return rc;
}

static int leave(struct building *b, const yaml_event_t *event)
{
    struct level *level = &b->level[b->depth - 1];

    if (level->v.tag == RP_MAP)
        RP_TRY(check_keys(b, level));
    if (level->anchor > 0) {
        b->anchors[level->anchor - 1].v = level->v;
        b->anchors[level->anchor - 1].open = 0;
    }
    b->depth--;
    return put(b, event, level->v);
}

/* ---- events ---------------------------------------------------------------------------------- */

static int take_scalar(struct building *b, const yaml_event_t *event)
{
    struct rp_value v = rp_nil();
    size_t number;

    RP_TRY(read_scalar(b, event, &v));
    if (v.tag == RP_BAD)
        return RP_ENOMEM;
    RP_TRY(add_anchor(b, event->data.scalar.anchor, v, 0, &number));
    return put(b, event, v);
}

static int take_alias(struct building *b, const yaml_event_t *event)
{
    struct rp_value v = rp_nil();

    RP_TRY(find_anchor(b, event, &v));
    return put(b, event, v);
}

static int take(struct building *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return RP_OK;
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++ == 0)
            return RP_OK;
        return fail_at(b, &event->start_mark, "a second document; a cassette is one%s", "");
    case YAML_ALIAS_EVENT:
        return take_alias(b, event);
    case YAML_SCALAR_EVENT:
        return take_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return enter(b, event, event->data.sequence_start.tag, event->data.sequence_start.anchor,
                     rp_list());
    case YAML_MAPPING_START_EVENT:
        return enter(b, event, event->data.mapping_start.tag, event->data.mapping_start.anchor,
                     rp_map());
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return leave(b, event);
    }
    return RP_OK;
}

static int fail_parser(struct building *b)
{
    const yaml_parser_t *p = &b->parser;
    yaml_mark_t at = p->problem_mark;

    if (p->error == YAML_MEMORY_ERROR)
        return RP_ENOMEM;
    if (p->error ==
        YAML_READER_ERROR) /* bytes that are no characters: only their offset is known */
        at = p->mark;
    return fail_at(b, &at, "this is no YAML: %s", p->problem ? p->problem : "it cannot be read");
}

static int take_all(struct building *b)
{
    yaml_event_t event;
    int rc, ended = 0;

    while (!ended) {
        if (!yaml_parser_parse(&b->parser, &event))
            return fail_parser(b);
        ended = event.type == YAML_STREAM_END_EVENT;
        rc = take(b, &event);
        yaml_event_delete(&event);
        if (rc != RP_OK)
            return rc;
        if (b->im->heap.failed)
            return b->im->heap.failed;
    }
    return RP_OK;
}

int rp_yaml_read(struct rp_import *im, const char *s, size_t n, struct rp_value *out)
{
    struct building b = {.im = im};
    int rc;

    if (!yaml_parser_initialize(&b.parser))
        return RP_ENOMEM;
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)s, n);
    rc = take_all(&b);
    yaml_parser_delete(&b.parser);
    if (b.room > 0)
        im->alloc.resize(im->alloc.ctx, b.anchors, b.room * sizeof(*b.anchors), 0);
    if (rc == RP_OK)
        *out = b.whole;
    return rc;
}
