/* json_set.c - setting one place of a JSON value. */
#include "json_set.h"

#include <string.h>

enum { STEPS_MAX = 64 };

struct setting {
    struct rp_heap *heap;
    const char *pointer;
    struct rp_value to, old;
    struct rp_error *err;
};

static int nowhere(struct setting *s, const char *why)
{
    return rp_fail_at(s->err, RP_EARG, s->pointer, "%s", why);
}

/* The step that begins at, without its escapes (~0, ~1); at moves behind it. */
static int take_step(struct setting *s, const char **at, struct rp_buf *step)
{
    rp_buf_clear(step);
    for (++*at; **at && **at != '/'; ++*at) {
        char c = **at;
        if (c == '~') {
            c = *++*at;
            if (c != '0' && c != '1')
                return nowhere(s, "after ~ only 0 and 1 may stand in a pointer");
            c = c == '0' ? '~' : '/';
        }
        RP_TRY(rp_buf_addc(step, c));
    }
    return rp_buf_add(step, "", 0);
}

/* The item that a step names: its index, or the length for "-". */
static int find_item(struct setting *s, const char *step, struct rp_value list, uint32_t *out)
{
    uint64_t n = 0;

    if (strcmp(step, "-") == 0)
        n = rp_len(list);
    else if (!step[0] || strspn(step, "0123456789") != strlen(step) || strlen(step) > 9)
        return nowhere(s, "a list has numbers for steps, from 0");
    else
        for (; *step; step++)
            n = n * 10 + (uint64_t)(*step - '0');
    *out = (uint32_t)n;
    return n <= rp_len(list) ? RP_OK : nowhere(s, "the list is not that long");
}

static int set(struct setting *s, struct rp_value *v, const char *at, int deep);

static int set_item(struct setting *s, struct rp_value *v, const char *step, const char *at,
                    int deep)
{
    struct rp_value item = rp_nil(), list;
    uint32_t i = 0;

    RP_TRY(find_item(s, step, *v, &i));
    if (i < rp_len(*v))
        item = rp_at(*v, i);
    else if (*at)
        return nowhere(s, "the list is not that long");
    RP_TRY(set(s, &item, at, deep + 1));
    list = rp_list_part(s->heap, *v, 0, i);
    RP_TRY(rp_list_add(s->heap, &list, item));
    for (i++; i < rp_len(*v); i++)
        RP_TRY(rp_list_add(s->heap, &list, rp_at(*v, i)));
    *v = list;
    return RP_OK;
}

static int set_entry(struct setting *s, struct rp_value *v, const char *step, const char *at,
                     int deep)
{
    struct rp_value item = rp_map_get(*v, step);

    if (*at && !rp_map_has(*v, step))
        return nowhere(s, "a step before its last names no key that there is");
    RP_TRY(set(s, &item, at, deep + 1));
    return rp_map_put(s->heap, v, step, item);
}

static int set_step(struct setting *s, struct rp_value *v, const char *at, struct rp_buf *step,
                    int deep)
{
    RP_TRY(take_step(s, &at, step));
    if (v->tag == RP_MAP)
        return set_entry(s, v, step->s, at, deep);
    if (v->tag == RP_LIST)
        return set_item(s, v, step->s, at, deep);
    return nowhere(s, "it leads into something that is no object and no list");
}

static int set(struct setting *s, struct rp_value *v, const char *at, int deep)
{
    struct rp_buf step;
    int rc;

    if (!*at) {
        s->old = *v;
        *v = s->to;
        return RP_OK;
    }
    if (*at != '/')
        return nowhere(s, "a pointer begins with a slash");
    if (deep == STEPS_MAX)
        return nowhere(s, "more steps than a pointer may have");
    rp_buf_init(&step, &s->heap->alloc, RP_TEXT_MAX);
    rc = set_step(s, v, at, &step, deep);
    rp_buf_free(&step);
    return rc;
}

int rp_json_set(struct rp_heap *h, struct rp_value *v, const char *pointer, struct rp_value to,
                struct rp_value *old, struct rp_error *err)
{
    struct setting s = {.heap = h, .pointer = pointer, .to = to, .err = err};

    RP_TRY(set(&s, v, pointer, 0));
    *old = s.old;
    return RP_OK;
}
