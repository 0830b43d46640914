/* value.c - owns texts, lists and maps: how they are made, how they grow, how they compare. */
#include "value.h"

#include <stdarg.h>
#include <string.h>

enum { LIST_CAP_MIN = 4 };

/* ---- texts ---- */

/* Room for n bytes and a NUL; NULL when there is no memory or n is over the limit. */
static struct rp_text *text_room(struct rp_heap *h, size_t n)
{
    struct rp_text *text;

    if (n > RP_TEXT_MAX) {
        h->failed = RP_ENOMEM;
        return NULL;
    }
    text = rp_heap_take(h, offsetof(struct rp_text, s) + n + 1, RP_OBJ_TEXT);
    if (text)
        text->n = (uint32_t)n;
    return text;
}

static struct rp_value from_text(struct rp_text *text)
{
    return text ? (struct rp_value){.tag = RP_TEXT, .u.text = text} : rp_bad();
}

struct rp_value rp_text(struct rp_heap *h, const char *s, size_t n)
{
    struct rp_text *text = text_room(h, n);

    RP_ASSERT(s || n == 0);
    if (text && n > 0)
        memcpy(text->s, s, n);
    return from_text(text);
}

struct rp_value rp_textz(struct rp_heap *h, const char *z)
{
    return z ? rp_text(h, z, strlen(z)) : rp_nil();
}

struct rp_value rp_text_join(struct rp_heap *h, const struct rp_str *parts)
{
    struct rp_text *text;
    size_t n = 0;

    for (const struct rp_str *part = parts; part->s; part++)
        n = part->n <= SIZE_MAX - n ? n + part->n : SIZE_MAX;
    text = text_room(h, n);
    if (!text)
        return rp_bad();
    n = 0;
    for (const struct rp_str *part = parts; part->s; part++) {
        memcpy(text->s + n, part->s, part->n);
        n += part->n;
    }
    RP_ASSERT(n == text->n);
    return from_text(text);
}

/* ---- vectors: what lists and maps share ---- */

/* RP_OK when v has that tag. What ran out of memory while it was made still says so. */
static int expect(struct rp_value v, enum rp_tag tag)
{
    if (v.tag == RP_BAD)
        return RP_ENOMEM;
    return v.tag == tag ? RP_OK : RP_ETYPE;
}

static struct rp_vec *vec_new(struct rp_heap *h, uint32_t cap)
{
    struct rp_vec *vec;

    RP_ASSERT(cap <= RP_LIST_MAX);
    vec = rp_heap_take(h, sizeof(*vec) + (size_t)cap * sizeof(struct rp_value), RP_OBJ_VEC);
    if (vec)
        vec->cap = cap;
    return vec;
}

/* Sees to it that v's vector ends where v ends and has room for more slots. One that is full, or
 * that an older handle has made longer meanwhile, is left behind for a copy of twice the size. */
static int make_room(struct rp_heap *h, struct rp_value *v, uint32_t more)
{
    struct rp_vec *old = v->u.vec, *vec;
    uint32_t cap;

    RP_ASSERT(v->len <= RP_LIST_MAX);
    RP_ASSERT(v->len == 0 || v->len <= old->fill);
    if (more > RP_LIST_MAX - v->len)
        return RP_ELIMIT;
    if (old && old->fill == v->len && more <= old->cap - old->fill)
        return RP_OK;
    cap = v->len <= RP_LIST_MAX / 2 ? 2 * v->len : RP_LIST_MAX;
    cap = cap < LIST_CAP_MIN && LIST_CAP_MIN <= RP_LIST_MAX ? LIST_CAP_MIN : cap;
    cap = cap < v->len + more ? v->len + more : cap;
    vec = vec_new(h, cap);
    if (!vec)
        return RP_ENOMEM;
    if (v->len > 0)
        memcpy(vec->at, old->at, v->len * sizeof(*vec->at));
    vec->fill = v->len;
    if (old && old->fill == v->len) { /* what is known of it holds for the longer one */
        vec->o.number = old->o.number;
        old->o.number = 0;
    }
    v->u.vec = vec;
    return RP_OK;
}

static void append(struct rp_value *v, struct rp_value item)
{
    struct rp_vec *vec = v->u.vec;

    RP_ASSERT(vec->fill == v->len);
    RP_ASSERT(vec->fill < vec->cap);
    vec->at[vec->fill++] = item;
    v->len++;
}

struct rp_value rp_list_room(struct rp_heap *h, uint32_t n)
{
    struct rp_value list = rp_list();

    if (n == 0)
        return list;
    if (n <= RP_LIST_MAX)
        list.u.vec = vec_new(h, n);
    else
        h->failed = RP_ENOMEM;
    return list.u.vec ? list : rp_bad();
}

struct rp_value rp_map_room(struct rp_heap *h, uint32_t n)
{
    struct rp_value map = rp_list_room(h, n <= RP_LIST_MAX / 2 ? 2 * n : UINT32_MAX);

    if (map.tag == RP_LIST)
        map.tag = RP_MAP;
    return map;
}

/* A list of its own of the n items at from. */
static struct rp_value list_copy(struct rp_heap *h, const struct rp_value *from, uint32_t n,
                                 uint32_t room)
{
    struct rp_value list = rp_list_room(h, room);

    RP_ASSERT(n <= room);
    if (list.tag == RP_BAD || room == 0)
        return list;
    if (n > 0)
        memcpy(list.u.vec->at, from, n * sizeof(*from));
    list.u.vec->fill = list.len = n;
    return list;
}

/* ---- lists ---- */

int rp_list_add_slow(struct rp_heap *h, struct rp_value *list, struct rp_value item)
{
    RP_TRY(expect(*list, RP_LIST));
    if (item.tag == RP_BAD)
        return RP_ENOMEM;
    RP_TRY(make_room(h, list, 1));
    append(list, item);
    return RP_OK;
}

int rp_list_cat(struct rp_heap *h, struct rp_value *list, struct rp_value more)
{
    RP_TRY(expect(*list, RP_LIST));
    RP_TRY(expect(more, RP_LIST));
    if (more.len == 0)
        return RP_OK;
    if (list->len == 0) {
        *list = more;
        return RP_OK;
    }
    RP_TRY(make_room(h, list, more.len));
    memcpy(list->u.vec->at + list->len, more.u.vec->at, more.len * sizeof(struct rp_value));
    list->u.vec->fill += more.len;
    list->len += more.len;
    return RP_OK;
}

struct rp_value rp_list_part(struct rp_heap *h, struct rp_value list, uint32_t from, uint32_t to)
{
    if (expect(list, RP_LIST) != RP_OK)
        return rp_bad();
    RP_ASSERT(from <= to);
    RP_ASSERT(to <= list.len);
    if (from == to)
        return rp_list();
    if (from == 0 && to >= list.u.vec->fill / 2) { /* share, unless it keeps much more alive */
        list.len = to;
        return list;
    }
    return list_copy(h, list.u.vec->at + from, to - from, to - from);
}

struct rp_value rp_list_without(struct rp_heap *h, struct rp_value list, uint32_t i)
{
    struct rp_value rest;

    if (expect(list, RP_LIST) != RP_OK)
        return rp_bad();
    RP_ASSERT(i < list.len);
    if (i == list.len - 1)
        return rp_list_part(h, list, 0, i);
    rest = list_copy(h, list.u.vec->at, i, list.len - 1);
    for (uint32_t k = i + 1; k < list.len && rest.tag == RP_LIST; k++)
        append(&rest, list.u.vec->at[k]);
    return rest;
}

struct rp_value rp_list_of(struct rp_heap *h, uint32_t n, ...)
{
    struct rp_value list = rp_list_room(h, n);
    va_list items;

    va_start(items, n);
    for (uint32_t i = 0; i < n && list.tag == RP_LIST; i++) {
        struct rp_value item = va_arg(items, struct rp_value);
        if (item.tag == RP_BAD)
            list = rp_bad();
        else
            append(&list, item);
    }
    va_end(items);
    return list;
}

/* ---- maps ---- */

/* The slot of that key's value, the last one; 0, which holds a key, when there is none. */
static uint32_t slot_of(struct rp_value map, struct rp_str key)
{
    RP_ASSERT(map.tag == RP_MAP);
    RP_ASSERT(map.len % 2 == 0);
    for (uint32_t i = map.len; i > 0; i -= 2)
        if (rp_str_equal(rp_str_of(map.u.vec->at[i - 2]), key))
            return i - 1;
    return 0;
}

struct rp_value rp_map_get(struct rp_value v, const char *key)
{
    uint32_t slot = v.tag == RP_MAP ? slot_of(v, rp_str(key)) : 0;

    return slot ? v.u.vec->at[slot] : rp_nil();
}

int rp_map_has(struct rp_value v, const char *key)
{
    return v.tag == RP_MAP && slot_of(v, rp_str(key)) != 0;
}

int rp_map_add(struct rp_heap *h, struct rp_value *map, struct rp_value key, struct rp_value value)
{
    RP_TRY(expect(*map, RP_MAP));
    RP_TRY(expect(key, RP_TEXT));
    if (value.tag == RP_BAD)
        return RP_ENOMEM;
    RP_TRY(make_room(h, map, 2));
    append(map, key);
    append(map, value);
    return RP_OK;
}

int rp_map_put_str(struct rp_heap *h, struct rp_value *map, struct rp_str key,
                   struct rp_value value)
{
    struct rp_value changed;
    uint32_t slot;

    RP_TRY(expect(*map, RP_MAP));
    if (value.tag == RP_BAD)
        return RP_ENOMEM;
    slot = slot_of(*map, key);
    if (slot == 0) {
        if (map->len > RP_LIST_MAX - 2)
            return RP_ELIMIT;
        return rp_map_add(h, map, rp_text(h, key.s, key.n), value);
    }
    changed = list_copy(h, map->u.vec->at, map->len, map->len);
    if (changed.tag == RP_BAD)
        return RP_ENOMEM;
    changed.u.vec->at[slot] = value;
    map->u.vec = changed.u.vec;
    return RP_OK;
}

int rp_map_put(struct rp_heap *h, struct rp_value *map, const char *key, struct rp_value value)
{
    return rp_map_put_str(h, map, rp_str(key), value);
}

/* ---- what equality and digest share ---- */

/* Lists, maps and records: what has slots. */
static int has_slots(struct rp_value v)
{
    return v.tag == RP_LIST || v.tag == RP_MAP || v.tag == RP_REC;
}

/* The slots that v stands for: of a vector those below v's length only. */
static uint32_t slots_of(struct rp_value v, struct rp_value **at)
{
    uint32_t n = v.u.obj ? rp_obj_slots(v.u.obj, at) : 0;

    if (v.tag == RP_REC)
        return n;
    RP_ASSERT(v.len <= n);
    return v.len;
}

/* Does v stand for all of its object? Only then a walk may leave a note in it: the note of a part
 * would be taken for one of the whole. */
static int is_whole(struct rp_value v)
{
    return v.tag == RP_REC || (v.u.vec && v.len == v.u.vec->fill);
}

/* Takes back the notes that a walk from v left: it enters what the walk has entered. */
static void forget_notes(struct rp_value v, int depth_left)
{
    struct rp_value *at = NULL;
    uint32_t n;

    if (!has_slots(v) || !v.u.obj || depth_left == 0)
        return;
    if (is_whole(v)) {
        if (!(v.u.obj->flags & RP_OBJ_WALKED))
            return;
        v.u.obj->flags &= (uint16_t)~RP_OBJ_WALKED;
    }
    n = slots_of(v, &at);
    for (uint32_t i = 0; i < n; i++)
        forget_notes(at[i], depth_left - 1);
}

/* ---- equality ---- */

/* Objects found equal, or being compared, form classes: each points at another one of its class,
 * one of them at itself. So two values that share much within are compared once and not as often as
 * there are ways to get there. */
static struct rp_obj *class_of(struct rp_obj *o)
{
    if (!(o->flags & RP_OBJ_WALKED)) {
        o->flags |= RP_OBJ_WALKED;
        o->u.forward = o;
    }
    while (o->u.forward != o) {
        o->u.forward = o->u.forward->u.forward;
        o = o->u.forward;
    }
    return o;
}

/* True when they are of one class already; puts them into one when they were not. */
static int is_one_class(struct rp_obj *a, struct rp_obj *b)
{
    a = class_of(a);
    b = class_of(b);
    a->u.forward = b;
    return a == b;
}

static int equal_at(struct rp_value a, struct rp_value b, int depth)
{
    struct rp_value *as = NULL, *bs = NULL;
    uint32_t n;

    if (a.tag != b.tag || a.len != b.len)
        return 0;
    if (a.tag == RP_NIL || a.tag == RP_BAD || a.u.i == b.u.i) /* all 64 bits, of a real too */
        return 1;
    if (a.tag == RP_TEXT || a.tag == RP_DIGITS)
        return rp_str_equal(rp_str_of(a), rp_str_of(b));
    if (!has_slots(a))
        return 0;
    n = slots_of(a, &as);
    if (n != slots_of(b, &bs) || rp_kind(a) != rp_kind(b))
        return 0;
    if (depth >= RP_VALUE_DEPTH_MAX)
        return n == 0;
    if (n > 0 && is_whole(a) && is_whole(b) && is_one_class(a.u.obj, b.u.obj))
        return 1;
    if (n > 0 && is_whole(a)) /* so that forgetting enters it too, whatever the other is */
        (void)class_of(a.u.obj);
    if (n > 0 && is_whole(b))
        (void)class_of(b.u.obj);
    for (uint32_t i = 0; i < n; i++)
        if (!equal_at(as[i], bs[i], depth + 1))
            return 0;
    return 1;
}

/* The comparison enters an object once, at whatever depth it meets it first; going through all that
 * is noted can meet it later. What was compared in full is never higher than the bound, and what
 * was not lies on one path: twice the bound is deep enough. */
int rp_equal(struct rp_value a, struct rp_value b)
{
    int equal = equal_at(a, b, 0);

    forget_notes(a, 2 * RP_VALUE_DEPTH_MAX);
    forget_notes(b, 2 * RP_VALUE_DEPTH_MAX);
    return equal;
}

/* ---- digest ---- */

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = ((h ^ x) + 0x2545f4914f6cdd1du) * 0x9fb21c651e98df25u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static uint64_t digest_bytes(uint64_t h, struct rp_str s)
{
    const unsigned char *at = (const unsigned char *)s.s;

    for (; s.n >= 8; s.n -= 8, at += 8) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 8; i++)
            word |= (uint64_t)at[i] << (8 * i);
        h = mix(h, word);
    }
    for (; s.n > 0; s.n--, at++)
        h = mix(h, *at);
    return h;
}

static uint64_t digest_at(struct rp_value v, int depth);

static uint64_t digest_slots(struct rp_value v, int depth)
{
    struct rp_value *at = NULL;
    uint32_t n = slots_of(v, &at);
    uint64_t h = n;

    if (depth >= RP_VALUE_DEPTH_MAX)
        return h;
    for (uint32_t i = 0; i < n; i++)
        h = mix(h, digest_at(at[i], depth + 1));
    if (is_whole(v)) {
        v.u.obj->flags |= RP_OBJ_WALKED;
        v.u.obj->u.mark = h;
    }
    return h;
}

static uint64_t digest_at(struct rp_value v, int depth)
{
    uint64_t h = mix(v.tag, (uint64_t)v.len << 32 | rp_kind(v));

    if (v.tag == RP_NIL || v.tag == RP_BAD)
        return h;
    if (v.tag == RP_TEXT || v.tag == RP_DIGITS)
        return digest_bytes(mix(h, v.u.text->n), rp_str_of(v));
    if (!has_slots(v))
        return mix(h, (uint64_t)v.u.i);
    if (v.u.obj && is_whole(v) && v.u.obj->flags & RP_OBJ_WALKED)
        return mix(h, v.u.obj->u.mark);
    return mix(h, digest_slots(v, depth));
}

/* Forgetting goes the very way that the digest went, so it ends at the same depth. */
uint64_t rp_digest(struct rp_value v, uint64_t seed)
{
    uint64_t h = mix(seed, digest_at(v, 0));

    forget_notes(v, RP_VALUE_DEPTH_MAX);
    return h;
}
