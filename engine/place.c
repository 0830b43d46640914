/* place.c - owns the paths into JSON definitions and the guess at what a misspelt word meant. */
#include "place.h"

#include <string.h>

enum { MEANT_MAX = 32 }; /* longer words are not guessed at */

static void put(struct rp_place *p, struct rp_str s)
{
    RP_ASSERT(p->n < sizeof(p->s));
    if (s.n >= sizeof(p->s) - p->n)
        return;
    memcpy(p->s + p->n, s.s, s.n);
    p->n += s.n;
    p->s[p->n] = '\0';
}

size_t rp_place_key(struct rp_place *p, struct rp_str key)
{
    size_t before = p->n;

    if (before > 0)
        put(p, rp_str("."));
    put(p, key);
    return before;
}

size_t rp_place_item(struct rp_place *p, uint32_t i)
{
    size_t before = p->n;
    char s[12]; /* ten digits in brackets */
    size_t at = sizeof(s);

    s[--at] = ']';
    do {
        RP_ASSERT(at > 1);
        s[--at] = (char)('0' + i % 10);
        i /= 10;
    } while (i > 0);
    s[--at] = '[';
    put(p, (struct rp_str){s + at, sizeof(s) - at});
    return before;
}

void rp_place_leave(struct rp_place *p, size_t before)
{
    RP_ASSERT(before <= p->n);
    p->n = before;
    p->s[before] = '\0';
}

const char *rp_type_word(struct rp_value v)
{
    static const char *const word[] = {
        [RP_NIL] = "null",       [RP_BOOL] = "true or false",
        [RP_INT] = "an integer", [RP_REAL] = "a number that is no integer",
        [RP_TEXT] = "a text",    [RP_DIGITS] = "an integer beyond 64 bits",
        [RP_LIST] = "a list",    [RP_MAP] = "an object",
        [RP_REC] = "a record"};

    return v.tag < sizeof(word) / sizeof(*word) ? word[v.tag] : "a value that had no memory";
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many bytes must be put in, left out, exchanged or swapped with the next to make b of a. */
static size_t distance(struct rp_str a, struct rp_str b)
{
    size_t row[3][MEANT_MAX + 1];
    size_t *older = row[0], *old = row[1], *now = row[2];

    RP_ASSERT(a.n <= MEANT_MAX);
    RP_ASSERT(b.n <= MEANT_MAX);
    for (size_t j = 0; j <= b.n; j++)
        old[j] = older[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *spare = older;
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            int same = a.s[i - 1] == b.s[j - 1];
            now[j] = least(least(old[j], now[j - 1]) + 1, old[j - 1] + !same);
            if (i > 1 && j > 1 && a.s[i - 1] == b.s[j - 2] && a.s[i - 2] == b.s[j - 1])
                now[j] = least(now[j], older[j - 2] + 1);
        }
        older = old;
        old = now;
        now = spare;
    }
    return old[b.n];
}

const char *rp_meant(struct rp_str key, const char *const *known, size_t n)
{
    const char *best = NULL;
    size_t nearest = MEANT_MAX;

    if (key.n == 0 || key.n > MEANT_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct rp_str word = rp_str(known[i]);
        size_t d = word.n <= MEANT_MAX ? distance(key, word) : MEANT_MAX;
        if (d < nearest && d <= word.n / 3 + (word.n < 3)) {
            nearest = d;
            best = known[i];
        }
    }
    return best;
}

int rp_wrong_type(struct rp_error *err, const struct rp_place *p, const char *wanted,
                  struct rp_value v)
{
    return rp_fail_at(err, RP_EBUILD, p->s, "%s is expected here, not %s", wanted, rp_type_word(v));
}

/* All known words as one list, cut where the room ends. */
static void list_words(char *s, size_t room, const char *const *known, size_t n)
{
    size_t at = 0;

    s[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(known[i]);
        if (length + 3 > room - at)
            return;
        if (i > 0) {
            memcpy(s + at, ", ", 2);
            at += 2;
        }
        memcpy(s + at, known[i], length + 1);
        at += length;
    }
}

int rp_unknown(struct rp_error *err, const struct rp_place *p, const char *what, struct rp_str word,
               const char *const *known, size_t n)
{
    const char *meant = rp_meant(word, known, n);
    char words[240];

    RP_ASSERT(n > 0);
    if (meant)
        return rp_fail_at(err, RP_EBUILD, p->s, "unknown %s; did you mean \"%s\"?", what, meant);
    list_words(words, sizeof(words), known, n);
    return rp_fail_at(err, RP_EBUILD, p->s, "unknown %s; known here: %s", what, words);
}
