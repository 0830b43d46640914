/* load_names.c - owns names: which are known, which key of an object is none, what may have been
 * meant instead. */
#include "load_util.h"

#include <string.h>

/* ---- looking up ---- */

static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h ^ h >> 15;
}

int rp_load_index_init(struct rp_loader *l, struct rp_load_index *index, uint32_t n)
{
    uint32_t room = 4;

    while (room < UINT32_MAX / 4 && room / 2 < n)
        room *= 2;
    *index = (struct rp_load_index){.room = room};
    index->slot = rp_load_take(l, room, sizeof(*index->slot));
    index->name = rp_load_take(l, n, sizeof(*index->name));
    return index->slot && index->name ? RP_OK : RP_ENOMEM;
}

static uint32_t slot_of(const struct rp_load_index *index, const char *name)
{
    uint32_t at = hash(name) & (index->room - 1);

    while (index->slot[at] > 0 && strcmp(index->name[index->slot[at] - 1], name) != 0)
        at = (at + 1) & (index->room - 1);
    return at;
}

int rp_load_index_add(struct rp_load_index *index, const char *name)
{
    uint32_t at = slot_of(index, name);

    RP_ASSERT(index->n < index->room / 2);
    if (index->slot[at] > 0)
        return RP_ESTATE;
    index->name[index->n] = name;
    index->slot[at] = ++index->n;
    return RP_OK;
}

uint32_t rp_load_index_find(const struct rp_load_index *index, const char *name)
{
    uint32_t at = index->room > 0 ? slot_of(index, name) : 0;

    return index->room > 0 && index->slot[at] > 0 ? index->slot[at] - 1 : RP_LOAD_NONE;
}

/* ---- what may have been meant ---- */

enum { GUESS_MAX = 40 }; /* longer names are not compared */

static int small(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* How many characters must be put in, left out, replaced or swapped with a neighbour. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][GUESS_MAX + 1];
    size_t n = strlen(a), m = strlen(b);

    for (size_t k = 0; k <= m; k++)
        row[0][k] = (unsigned)k;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *up = row[(i + 2) % 3], *upper = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t k = 1; k <= m; k++) {
            unsigned other = small(a[i - 1]) != small(b[k - 1]);
            now[k] = least_of(up[k] + 1, now[k - 1] + 1, up[k - 1] + other);
            if (i > 1 && k > 1 && small(a[i - 1]) == small(b[k - 2]) &&
                small(a[i - 2]) == small(b[k - 1]))
                now[k] = least_of(now[k], now[k], upper[k - 2] + 1);
        }
    }
    return row[n % 3][m];
}

/* A beginning of at least three characters is near as well. */
static unsigned how_far(const char *wrong, const char *known)
{
    size_t n = strlen(wrong), m = strlen(known), shorter = n < m ? n : m;

    if (n > GUESS_MAX || m > GUESS_MAX)
        return UINT32_MAX;
    if (shorter >= 3 && strncmp(wrong, known, shorter) == 0)
        return 1;
    return distance(wrong, known);
}

/* The first of the nearest known names; NULL where none is near. */
static const char *guess(const char *wrong, const char *const *known, uint32_t n)
{
    unsigned nearest = 2 + (unsigned)(strlen(wrong) < GUESS_MAX ? strlen(wrong) : 0) / 4;
    const char *best = NULL;

    for (uint32_t i = 0; i < n; i++) {
        unsigned far = how_far(wrong, known[i]);
        if (far < nearest && far < strlen(wrong)) {
            nearest = far;
            best = known[i];
        }
    }
    return best;
}

/* ---- sets of keys ---- */

/* "a", "b" or "c", cut where the room ends. */
struct listing {
    char s[240];
    size_t n;
};

static void put(struct listing *list, const char *s)
{
    size_t n = strlen(s);

    if (n > sizeof(list->s) - 1 - list->n)
        n = sizeof(list->s) - 1 - list->n;
    memcpy(list->s + list->n, s, n);
    list->n += n;
    list->s[list->n] = '\0';
}

static const char *list_keys(struct listing *list, const char *const *keys, const char *last)
{
    list->n = 0;
    list->s[0] = '\0';
    for (uint32_t i = 0; keys[i]; i++) {
        if (i > 0)
            put(list, keys[i + 1] ? ", " : last);
        put(list, "\"");
        put(list, keys[i]);
        put(list, "\"");
    }
    return list->s;
}

static uint32_t count_keys(const char *const *keys)
{
    uint32_t n = 0;

    while (keys[n])
        n++;
    return n;
}

static int is_among(const char *const *keys, struct rp_str key)
{
    while (*keys && !rp_str_equal(rp_str(*keys), key))
        keys++;
    return *keys != NULL;
}

int rp_load_keys(struct rp_loader *l, const struct rp_spot *spot, const char *const *keys)
{
    struct listing known;

    RP_TRY(rp_load_is_object(l, spot));
    for (uint32_t i = 0; i < rp_map_len(spot->v); i++) {
        struct rp_spot entry = rp_load_entry(spot, i);
        const char *meant;
        if (is_among(keys, rp_str_of(rp_map_key(spot->v, i))))
            continue;
        meant = guess(entry.key, keys, count_keys(keys));
        if (meant)
            return rp_load_fail(l, &entry, "unknown key; did you mean \"%s\"?", meant);
        return rp_load_fail(l, &entry, "unknown key; known here: %s",
                            list_keys(&known, keys, " and "));
    }
    return RP_OK;
}

int rp_load_one_of(struct rp_loader *l, const struct rp_spot *spot, const char *const *keys,
                   enum rp_need need, int *which)
{
    struct listing wanted;

    *which = -1;
    for (int i = 0; keys[i]; i++) {
        struct rp_spot at = rp_load_key(spot, keys[i]);
        if (!rp_load_has(&at))
            continue;
        if (*which >= 0)
            return rp_load_fail(l, spot, "\"%s\" and \"%s\" exclude each other", keys[*which],
                                keys[i]);
        *which = i;
    }
    if (*which < 0 && need == RP_REQUIRED)
        return rp_load_fail(l, spot, "one of the keys %s is required",
                            list_keys(&wanted, keys, " or "));
    return RP_OK;
}

int rp_load_word(struct rp_loader *l, const struct rp_spot *spot, const char *key,
                 const char *const *words, int *which)
{
    struct rp_spot at;
    struct listing wanted;

    *which = 0;
    RP_TRY(rp_load_text(l, spot, key, RP_OPTIONAL, &at));
    if (at.v.tag == RP_NIL)
        return RP_OK;
    for (int i = 0; words[i]; i++) {
        *which = i;
        if (rp_is_text(at.v, words[i]))
            return RP_OK;
    }
    return rp_load_fail(l, &at, "expected %s, found \"%s\"", list_keys(&wanted, words, " or "),
                        rp_load_show(l, rp_str_of(at.v).s));
}

int rp_load_known(struct rp_loader *l, const struct rp_spot *spot,
                  const struct rp_load_index *index, const char *what, const char *name,
                  uint32_t *out)
{
    const char *meant;

    *out = rp_load_index_find(index, name);
    if (*out != RP_LOAD_NONE)
        return RP_OK;
    meant = guess(name, (const char *const *)index->name, index->n);
    if (meant)
        return rp_load_fail(l, spot, "there is no %s \"%s\"; did you mean \"%s\"?", what,
                            rp_load_show(l, name), rp_load_show(l, meant));
    return rp_load_fail(l, spot, "there is no %s \"%s\"", what, rp_load_show(l, name));
}
