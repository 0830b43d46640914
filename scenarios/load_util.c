/* load_util.c - owns how a scenario's values are taken out of it: each with its place, its type
 * checked, its mistakes named. */
#include "load_util.h"

#include <string.h>

/* ---- places ---- */

struct rp_spot rp_load_key(const struct rp_spot *object, const char *key)
{
    return (struct rp_spot){object, key, 0, rp_map_get(object->v, key)};
}

struct rp_spot rp_load_item(const struct rp_spot *array, uint32_t i)
{
    return (struct rp_spot){array, NULL, i, rp_at(array->v, i)};
}

struct rp_spot rp_load_entry(const struct rp_spot *object, uint32_t i)
{
    const char *key = rp_str_of(rp_map_key(object->v, i)).s;

    return (struct rp_spot){object, key, 0, rp_map_value(object->v, i)};
}

int rp_load_has(const struct rp_spot *spot)
{
    if (spot->v.tag != RP_NIL || !spot->up)
        return 1;
    return !spot->key || rp_map_has(spot->up->v, spot->key);
}

/* Text put together from its end, since that is what must not be lost. */
struct tail {
    char *from, *at; /* at: where the text begins so far */
    int full;
};

static void prepend(struct tail *t, const char *s, size_t n)
{
    while (n > 0 && !t->full) {
        unsigned char c = (unsigned char)s[--n];
        if (t->at == t->from)
            t->full = 1;
        else
            *--t->at = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
}

static void prepend_number(struct tail *t, uint32_t n)
{
    do {
        char digit = (char)('0' + n % 10);
        prepend(t, &digit, 1);
        n /= 10;
    } while (n > 0);
}

static void prepend_place(struct tail *t, const struct rp_spot *spot)
{
    for (; spot->up && !t->full; spot = spot->up) {
        if (spot->key) {
            prepend(t, spot->key, strlen(spot->key));
            prepend(t, ".", spot->up->up ? 1 : 0);
        } else {
            prepend(t, "]", 1);
            prepend_number(t, spot->item);
            prepend(t, "[", 1);
        }
    }
}

/* Where something was lost, dots stand for it; no character is cut in two. */
static void dot(struct tail *t)
{
    if (!t->full)
        return;
    t->at += 3;
    while (((unsigned char)*t->at & 0xc0) == 0x80)
        t->at++;
    t->full = 0;
    prepend(t, "...", 3);
}

enum { PLACE_MAX = 110 }; /* of a place; the rest is the path's */

/* rest: what follows the place, after the joint. */
static const char *where(struct rp_loader *l, const struct rp_spot *spot, const char *joint,
                         const char *rest)
{
    char *end = l->where + sizeof(l->where) - 1;
    struct tail t = {end - PLACE_MAX, end, 0};
    int root = !spot->up;

    *end = '\0';
    prepend(&t, rest, strlen(rest));
    if (*rest && !root)
        prepend(&t, joint, strlen(joint));
    prepend_place(&t, spot);
    dot(&t);
    t.from = l->where;
    prepend(&t, ": ", root && !*rest ? 0 : 2);
    prepend(&t, l->path, strlen(l->path));
    dot(&t);
    return t.at;
}

const char *rp_load_where(struct rp_loader *l, const struct rp_spot *spot)
{
    return where(l, spot, "", "");
}

const char *rp_load_where_in(struct rp_loader *l, const struct rp_spot *spot, const char *joint,
                             const char *rest)
{
    return where(l, spot, *rest == '[' ? "" : joint, rest);
}

const char *rp_load_show(struct rp_loader *l, const char *text)
{
    char *out = l->shown[l->n_shown++ % (sizeof(l->shown) / sizeof(l->shown[0]))];
    size_t room = sizeof(l->shown[0]) - 4, n = strlen(text), cut = n;

    if (n > room) {
        cut = room;
        while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
            cut--;
    }
    for (size_t i = 0; i < cut; i++) {
        unsigned char c = (unsigned char)text[i];
        out[i] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
    }
    memcpy(out + cut, "...", 4);
    if (cut == n)
        out[n] = '\0';
    return out;
}

/* ---- memory ---- */

/* Shaped as a text, which nothing ever looks into. */
void *rp_load_take(struct rp_loader *l, size_t n, size_t size)
{
    enum { HEAD = 32 };
    char *taken;

    _Static_assert(sizeof(struct rp_obj) <= HEAD, "what is taken starts behind the header");
    if (n > (UINT32_MAX / 2) / size)
        return NULL;
    taken = rp_heap_take(l->heap, HEAD + n * size, RP_OBJ_TEXT);
    return taken ? taken + HEAD : NULL;
}

/* ---- types ---- */

static const char *kind_word(struct rp_value v)
{
    static const char *const word[] = {
        [RP_NIL] = "null",
        [RP_BOOL] = "true or false",
        [RP_INT] = "an integer",
        [RP_REAL] = "a number that is not an integer",
        [RP_DIGITS] = "a number beyond 64 bits",
        [RP_TEXT] = "a string",
        [RP_LIST] = "an array",
        [RP_MAP] = "an object",
    };

    RP_ASSERT(v.tag < sizeof(word) / sizeof(word[0]));
    return word[v.tag];
}

static int expect(struct rp_loader *l, const struct rp_spot *spot, enum rp_tag tag)
{
    if (spot->v.tag == tag)
        return RP_OK;
    return rp_load_fail(l, spot, "expected %s, found %s",
                        kind_word((struct rp_value){.tag = (uint8_t)tag}), kind_word(spot->v));
}

int rp_load_is_object(struct rp_loader *l, const struct rp_spot *spot)
{
    return expect(l, spot, RP_MAP);
}

int rp_load_is_text(struct rp_loader *l, const struct rp_spot *spot)
{
    return expect(l, spot, RP_TEXT);
}

static int is_string(struct rp_loader *l, const struct rp_spot *spot, const char **out)
{
    struct rp_str s = rp_str_of(spot->v);

    RP_TRY(expect(l, spot, RP_TEXT));
    if (memchr(s.s, '\0', s.n))
        return rp_load_fail(l, spot, "the character U+0000 cannot stand here; leave it out");
    *out = s.s;
    return RP_OK;
}

int rp_load_is_name(struct rp_loader *l, const struct rp_spot *spot, const char **out)
{
    RP_TRY(is_string(l, spot, out));
    if (!**out)
        return rp_load_fail(l, spot, "a name cannot be empty");
    return RP_OK;
}

int rp_load_is_int(struct rp_loader *l, const struct rp_spot *spot, int64_t least, int64_t *out)
{
    int64_t i = spot->v.u.i;

    if (spot->v.tag == RP_DIGITS && rp_str_equal(rp_str_of(spot->v), rp_str("-0")))
        i = 0;
    else
        RP_TRY(expect(l, spot, RP_INT));
    if (i < least)
        return rp_load_fail(l, spot, "expected %l or more, found %l", least, i);
    *out = i;
    return RP_OK;
}

int rp_load_are_texts(struct rp_loader *l, const struct rp_spot *array)
{
    for (uint32_t i = 0; i < rp_len(array->v); i++) {
        struct rp_spot item = rp_load_item(array, i);
        RP_TRY(expect(l, &item, RP_TEXT));
    }
    return RP_OK;
}

int rp_load_are_names(struct rp_loader *l, const struct rp_spot *array, const char ***out)
{
    uint32_t n = rp_len(array->v);
    const char **names = rp_load_take(l, n, sizeof(*names));
    struct rp_load_index seen;

    if (!names)
        return RP_ENOMEM;
    RP_TRY(rp_load_index_init(l, &seen, n));
    for (uint32_t i = 0; i < n; i++) {
        struct rp_spot item = rp_load_item(array, i);
        RP_TRY(rp_load_is_name(l, &item, names + i));
        if (rp_load_index_add(&seen, names[i]) != RP_OK)
            return rp_load_fail(l, &item, "\"%s\" stands twice", rp_load_show(l, names[i]));
    }
    *out = names;
    return RP_OK;
}

/* ---- values by key ---- */

static int get(struct rp_loader *l, const struct rp_spot *spot, const char *key, enum rp_need need,
               enum rp_tag tag, struct rp_spot *out)
{
    *out = rp_load_key(spot, key);
    if (rp_load_has(out))
        return expect(l, out, tag);
    if (need == RP_REQUIRED)
        return rp_load_fail(l, spot, "the key \"%s\" is required", key);
    return RP_OK;
}

int rp_load_object(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                   enum rp_need need, struct rp_spot *out)
{
    return get(l, spot, key, need, RP_MAP, out);
}

int rp_load_text(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 enum rp_need need, struct rp_spot *out)
{
    return get(l, spot, key, need, RP_TEXT, out);
}

int rp_load_array(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                  enum rp_need need, uint32_t least, struct rp_spot *out)
{
    RP_TRY(get(l, spot, key, need, RP_LIST, out));
    if (out->v.tag == RP_LIST && rp_len(out->v) < least)
        return rp_load_fail(l, out, "expected at least %u item%s, found %u", least,
                            least == 1 ? "" : "s", rp_len(out->v));
    return RP_OK;
}

int rp_load_bool(struct rp_loader *l, const struct rp_spot *spot, const char *key, int *out)
{
    struct rp_spot at;

    RP_TRY(get(l, spot, key, RP_OPTIONAL, RP_BOOL, &at));
    if (at.v.tag == RP_BOOL)
        *out = rp_is_true(at.v);
    return RP_OK;
}

int rp_load_string(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                   enum rp_need need, const char **out)
{
    struct rp_spot at;

    *out = NULL;
    RP_TRY(get(l, spot, key, need, RP_TEXT, &at));
    return at.v.tag == RP_TEXT ? is_string(l, &at, out) : RP_OK;
}

int rp_load_name(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 enum rp_need need, const char **out)
{
    struct rp_spot at;

    *out = NULL;
    RP_TRY(get(l, spot, key, need, RP_TEXT, &at));
    return at.v.tag == RP_TEXT ? rp_load_is_name(l, &at, out) : RP_OK;
}

int rp_load_int(struct rp_loader *l, const struct rp_spot *spot, const char *key, enum rp_need need,
                int64_t least, int64_t *out)
{
    struct rp_spot at = rp_load_key(spot, key);

    if (rp_load_has(&at))
        return rp_load_is_int(l, &at, least, out);
    if (need == RP_REQUIRED)
        return rp_load_fail(l, spot, "the key \"%s\" is required", key);
    return RP_OK;
}

int rp_load_count(struct rp_loader *l, const struct rp_spot *spot, const char *key, uint32_t least,
                  uint32_t *out)
{
    struct rp_spot at = rp_load_key(spot, key);
    int64_t i = *out;

    RP_TRY(rp_load_int(l, spot, key, RP_OPTIONAL, least, &i));
    if (i > UINT32_MAX)
        return rp_load_fail(l, &at, "expected %u or less, found %l", UINT32_MAX, i);
    *out = (uint32_t)i;
    return RP_OK;
}
