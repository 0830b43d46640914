/* tape.c - keeps decisions, draws them, writes and reads them as text. */
#include "tape.h"

#include "engine/base/check.h"

#include <string.h>

static const char letters[] = {
#define X(NAME, letter, what) letter,
    RP_STREAM_LIST(X)
#undef X
};

static const char *const texts[] = {
#define X(NAME, letter, what) what,
    RP_STREAM_LIST(X)
#undef X
};

const char *rp_stream_text(enum rp_stream stream)
{
    RP_ASSERT(stream < RP_STREAMS);
    return texts[stream];
}

char rp_stream_letter(enum rp_stream stream)
{
    RP_ASSERT(stream < RP_STREAMS);
    return letters[stream];
}

/* ---- dice ------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct rp_dice rp_dice_of(uint64_t seed, const char *label)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a over the label */

    for (; *label; label++)
        h = (h ^ (unsigned char)*label) * 0x100000001b3u;
    return (struct rp_dice){mix(seed + 0x9e3779b97f4a7c15u) ^ mix(h)};
}

/* SplitMix64. */
uint64_t rp_dice_next(struct rp_dice *dice)
{
    dice->state += 0x9e3779b97f4a7c15u;
    return mix(dice->state);
}

/* The upper half of a product: no remainder, and even enough for n of 32 bits. */
uint32_t rp_dice_below(struct rp_dice *dice, uint32_t n)
{
    RP_ASSERT(n > 0);
    return (uint32_t)(((rp_dice_next(dice) >> 32) * n) >> 32);
}

int rp_dice_chance(struct rp_dice *dice, uint32_t in, uint32_t of)
{
    RP_ASSERT(in <= of);
    return rp_dice_below(dice, of) < in;
}

/* ---- a tape ---------------------------------------------------------------------------------- */

void rp_tape_init(struct rp_tape *t, const struct rp_alloc *alloc)
{
    memset(t, 0, sizeof(*t));
    t->alloc = *alloc;
}

void rp_tape_free(struct rp_tape *t)
{
    for (int i = 0; i < RP_STREAMS; i++) {
        struct rp_deviations *k = &t->kept[i];
        if (k->d)
            t->alloc.resize(t->alloc.ctx, k->d, k->room * sizeof(*k->d), 0);
        *k = (struct rp_deviations){0};
    }
}

static void empty(struct rp_tape *t)
{
    for (int i = 0; i < RP_STREAMS; i++)
        t->kept[i].n = t->drawn[i] = t->next[i] = 0;
    t->from = NULL;
    t->failed = RP_OK;
}

void rp_tape_from_seed(struct rp_tape *t, uint64_t seed)
{
    empty(t);
    for (int i = 0; i < RP_STREAMS; i++) {
        char label[2] = {letters[i], 0};
        t->dice[i] = rp_dice_of(seed, label);
    }
}

void rp_tape_from_tape(struct rp_tape *t, const struct rp_tape *from)
{
    RP_ASSERT(t != from);
    empty(t);
    t->from = from;
}

static int add(struct rp_tape *t, struct rp_deviations *k, struct rp_deviation d)
{
    if (k->n == k->room) {
        uint32_t room = k->room ? k->room * 2 : 16;
        void *more =
            t->alloc.resize(t->alloc.ctx, k->d, k->room * sizeof(*k->d), room * sizeof(*k->d));
        if (!more)
            return t->failed = RP_ENOMEM;
        k->d = more;
        k->room = room;
    }
    k->d[k->n++] = d;
    return RP_OK;
}

static uint32_t keep(struct rp_tape *t, enum rp_stream stream, uint32_t value)
{
    uint32_t at = t->drawn[stream]++;

    if (value)
        add(t, &t->kept[stream], (struct rp_deviation){at, value});
    return value;
}

/* What the tape that is played says of the stream's next decision. */
static uint32_t played(struct rp_tape *t, enum rp_stream stream, uint32_t n)
{
    const struct rp_deviations *k = &t->from->kept[stream];
    uint32_t *next = &t->next[stream], at = t->drawn[stream];

    while (*next < k->n && k->d[*next].at < at)
        ++*next;
    return *next < k->n && k->d[*next].at == at ? k->d[*next].value % n : 0;
}

uint32_t rp_tape_decide(struct rp_tape *t, enum rp_stream stream, uint32_t n, uint32_t proposed)
{
    RP_ASSERT(n > 0);
    return keep(t, stream, t->from ? played(t, stream, n) : proposed % n);
}

uint32_t rp_tape_draw(struct rp_tape *t, enum rp_stream stream, uint32_t n)
{
    return rp_tape_decide(t, stream, n, t->from ? 0 : rp_dice_below(&t->dice[stream], n));
}

uint32_t rp_tape_rare(struct rp_tape *t, enum rp_stream stream, uint32_t n, uint32_t in,
                      uint32_t of)
{
    uint32_t value = 0;

    if (!t->from && n > 1 && rp_dice_chance(&t->dice[stream], in, of))
        value = 1 + rp_dice_below(&t->dice[stream], n - 1);
    return rp_tape_decide(t, stream, n, value);
}

/* ---- as a whole ------------------------------------------------------------------------------ */

uint32_t rp_tape_deviations(const struct rp_tape *t)
{
    uint32_t n = 0;

    for (int i = 0; i < RP_STREAMS; i++)
        n += t->kept[i].n;
    return n;
}

int rp_tape_copy(struct rp_tape *t, const struct rp_tape *from)
{
    empty(t);
    for (int i = 0; i < RP_STREAMS && t->failed == RP_OK; i++)
        for (uint32_t k = 0; k < from->kept[i].n && t->failed == RP_OK; k++)
            add(t, &t->kept[i], from->kept[i].d[k]);
    int rc = t->failed;
    if (rc != RP_OK)
        empty(t);
    return rc;
}

void rp_tape_drop(struct rp_tape *t, uint32_t i)
{
    for (int s = 0; s < RP_STREAMS; s++) {
        struct rp_deviations *k = &t->kept[s];
        if (i < k->n) {
            k->n--;
            memmove(&k->d[i], &k->d[i + 1], (k->n - i) * sizeof(*k->d));
            return;
        }
        i -= k->n;
    }
    (void)RP_NEVER(1); /* there is no such deviation */
}

int rp_tape_equal(const struct rp_tape *a, const struct rp_tape *b)
{
    for (int i = 0; i < RP_STREAMS; i++) {
        const struct rp_deviations *x = &a->kept[i], *y = &b->kept[i];
        if (x->n != y->n || (x->n && memcmp(x->d, y->d, x->n * sizeof(*x->d)) != 0))
            return 0;
    }
    return 1;
}

/* ---- as text --------------------------------------------------------------------------------- */

int rp_tape_write(const struct rp_tape *t, struct rp_buf *out)
{
    RP_TRY(rp_buf_addz(out, "1"));
    for (int i = 0; i < RP_STREAMS; i++) {
        const struct rp_deviations *k = &t->kept[i];
        for (uint32_t d = 0; d < k->n; d++) {
            char letter[3] = {';', letters[i], 0};
            RP_TRY(rp_buf_addz(out, d ? "," : letter));
            RP_TRY(rp_buf_add_int(out, k->d[d].at));
            RP_TRY(rp_buf_addz(out, "="));
            RP_TRY(rp_buf_add_int(out, k->d[d].value));
        }
    }
    return RP_OK;
}

struct reading {
    const char *text;
    size_t at;
    struct rp_error *err;
};

static int wrong(const struct reading *r, const char *why)
{
    char where[40] = "character ";
    char digits[24];
    size_t n = 0, at = r->at + 1;

    do
        digits[n++] = (char)('0' + at % 10);
    while (at /= 10);
    for (size_t i = 10; n > 0; i++)
        where[i] = digits[--n];
    return rp_fail_at(r->err, RP_EPARSE, where, "the tape \"%s\": %s", r->text, why);
}

static int read_number(struct reading *r, uint32_t *out)
{
    uint64_t v = 0;
    size_t from = r->at;

    for (; r->text[r->at] >= '0' && r->text[r->at] <= '9'; r->at++) {
        v = v * 10 + (uint64_t)(r->text[r->at] - '0');
        if (v > UINT32_MAX)
            return wrong(r, "a number of at most 4294967295 is expected");
    }
    if (r->at == from)
        return wrong(r, "a number is expected");
    *out = (uint32_t)v;
    return RP_OK;
}

static int read_stream(struct rp_tape *t, struct reading *r)
{
    const char *found = r->text[r->at] ? memchr(letters, r->text[r->at], RP_STREAMS) : NULL;
    struct rp_deviations *k;
    struct rp_deviation d;

    if (!found)
        return wrong(r, "the letter of a stream is expected");
    k = &t->kept[found - letters];
    if (k->n)
        return wrong(r, "this stream stands twice");
    do {
        r->at++;
        size_t from = r->at;
        RP_TRY(read_number(r, &d.at));
        if (k->n && d.at <= k->d[k->n - 1].at) {
            r->at = from;
            return wrong(r, "positions must grow");
        }
        if (r->text[r->at] != '=')
            return wrong(r, "\"=\" and a value are expected");
        r->at++;
        RP_TRY(read_number(r, &d.value));
        if (d.value)
            RP_TRY(add(t, k, d));
    } while (r->text[r->at] == ',');
    return RP_OK;
}

int rp_tape_read(struct rp_tape *t, const char *text, struct rp_error *err)
{
    struct reading r = {text, 0, err};
    uint32_t version;

    empty(t);
    RP_TRY(read_number(&r, &version));
    if (version != 1) {
        r.at = 0;
        return wrong(&r, "of another version; this program knows version 1");
    }
    while (text[r.at] == ';') {
        r.at++;
        RP_TRY(read_stream(t, &r));
    }
    return text[r.at] ? wrong(&r, "\";\", \",\" or the end is expected") : RP_OK;
}
