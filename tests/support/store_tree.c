/* store_tree.c - owns small checkpoints for tests of stores, put together byte by byte in the form
 * that engine/snap.h tells. */
#include "tests/support/store_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/kinds.h"
#include "engine/snap.h"

enum { REF = 0x0b, TEXT = 0x06, SHORT_TEXT = 0x80, SHORT_LIST = 0xa0, EMPTY_MAP = 0xb0 };

const char tree_signature[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct out {
    char *s;
    size_t n, room;
};

static void put(struct out *o, const void *s, size_t n)
{
    if (n > o->room - o->n)
        abort();
    if (n > 0)
        memmove(o->s + o->n, s, n);
    o->n += n;
}

static void put_byte(struct out *o, unsigned byte)
{
    char c = (char)byte;

    put(o, &c, 1);
}

static void put_text(struct out *o, const char *s, size_t n)
{
    size_t left = n;

    put_byte(o, n < 32 ? SHORT_TEXT + (unsigned)n : TEXT);
    if (n >= 32) {
        for (; left >= 0x80; left >>= 7)
            put_byte(o, (unsigned)(left & 0x7f) | 0x80);
        put_byte(o, (unsigned)left);
    }
    put(o, s, n);
}

static void put_ref(struct out *o, const struct rp_item_id *id)
{
    put_byte(o, REF);
    put(o, id->b, sizeof(id->b));
}

/* ---- leaves and middles ---- */

static uint32_t mix(uint32_t n)
{
    n = (n ^ 61) ^ (n >> 16);
    n *= 9;
    n ^= n >> 4;
    n *= 0x27d4eb2d;
    return n ^ n >> 15;
}

uint32_t tree_leaf_of(uint32_t middle, int which)
{
    return mix(2 * middle + (uint32_t)which) % (middle + 8);
}

/* Most are of some hundred bytes, some of several pages of a database. */
static size_t leaf_size(uint32_t leaf)
{
    uint32_t chance = mix(leaf + 77);

    return chance % 41 == 0 ? 5000 + chance % 5000 : 70 + chance % 500;
}

/* The item that begins at from. */
static void end_item(struct tree *t, struct out *o, size_t from)
{
    struct rp_item *item = &t->item[t->n++];

    item->bytes = o->s + from;
    item->n = o->n - from;
    rp_item_name(item->bytes, item->n, &item->id);
}

static void add_leaf(struct tree *t, struct out *o, uint32_t leaf)
{
    size_t from = o->n, size = leaf_size(leaf);
    char text[10001];
    int n = snprintf(text, sizeof(text), "leaf %u ", leaf);

    memset(text + n, 'a' + (int)(leaf % 26), size - (size_t)n);
    put_byte(o, RP_SNAP_VERSION);
    put_text(o, text, size);
    end_item(t, o, from);
}

static void add_middle(struct tree *t, struct out *o, uint32_t middle)
{
    char text[80];
    size_t from;

    add_leaf(t, o, tree_leaf_of(middle, 0));
    add_leaf(t, o, tree_leaf_of(middle, 1));
    from = o->n;
    snprintf(text, sizeof(text), "middle %u, which is long enough to be an item", middle);
    put_byte(o, RP_SNAP_VERSION);
    put_byte(o, SHORT_LIST + 3);
    put_ref(o, &t->item[t->n - 2].id);
    put_ref(o, &t->item[t->n - 1].id);
    put_text(o, text, strlen(text));
    end_item(t, o, from);
}

/* ---- checkpoints ---- */

/* A record with the world as its only state of worth: the middles, and the item before, if any. */
static void add_root(struct tree *t, struct out *o, const char *workflow,
                     const struct rp_item_id *part, size_t n)
{
    size_t from = o->n;

    put_byte(o, RP_SNAP_VERSION);
    put_byte(o, RP_K_CHECKPOINT);
    put_byte(o, 5);
    put_text(o, workflow, strlen(workflow));
    put_text(o, tree_signature, 64);
    put_byte(o, RP_K_S_RUN);
    put_byte(o, 0);
    put_byte(o, EMPTY_MAP);
    put_byte(o, SHORT_LIST + (unsigned)n);
    for (size_t i = 0; i < n; i++)
        put_ref(o, &part[i]);
    end_item(t, o, from);
}

void tree_make(struct tree *t, const char *workflow, const uint32_t middle[TREE_MIDDLES])
{
    struct out o = {t->bytes, 0, sizeof(t->bytes)};
    struct rp_item_id part[TREE_MIDDLES];

    t->n = 0;
    for (int i = 0; i < TREE_MIDDLES; i++) {
        add_middle(t, &o, middle[i]);
        part[i] = t->item[t->n - 1].id;
    }
    add_root(t, &o, workflow, part, TREE_MIDDLES);
}

void tree_make_big(struct tree *t, const char *workflow, const uint32_t middle[TREE_MIDDLES],
                   char *big, size_t n)
{
    struct out o = {t->bytes, 0, sizeof(t->bytes)}, b = {big, 0, n + 16};
    struct rp_item_id part[2];

    t->n = 0;
    add_middle(t, &o, middle[0]);
    part[0] = t->item[t->n - 1].id;
    memmove(big + 8, big, n); /* the form's head may take up to eight bytes */
    put_byte(&b, RP_SNAP_VERSION);
    put_text(&b, big + 8, n);
    end_item(t, &b, 0);
    part[1] = t->item[t->n - 1].id;
    add_root(t, &o, workflow, part, 2);
}

const struct rp_item *tree_root(const struct tree *t)
{
    return &t->item[t->n - 1];
}

struct rp_item tree_item(char *bytes, size_t room, const char *text, const struct rp_item *others,
                         size_t n)
{
    struct out o = {bytes, 0, room};
    struct rp_item item;

    put_byte(&o, RP_SNAP_VERSION);
    put_byte(&o, SHORT_LIST + 2);
    put_text(&o, text, strlen(text));
    put_byte(&o, SHORT_LIST + (unsigned)n);
    for (size_t i = 0; i < n; i++)
        put_ref(&o, &others[i].id);
    item.bytes = bytes;
    item.n = o.n;
    rp_item_name(item.bytes, item.n, &item.id);
    return item;
}

struct rp_checkpoint_info tree_info(const char *workflow, const struct tree *t, int64_t previous,
                                    int64_t iteration)
{
    return (struct rp_checkpoint_info){.id = -7,
                                       .previous = previous,
                                       .workflow = workflow,
                                       .signature = tree_signature,
                                       .iteration = iteration,
                                       .pending = (uint32_t)iteration % 3,
                                       .messages = (uint32_t)iteration % 5,
                                       .time_ms = (uint64_t)iteration * 10,
                                       .root = tree_root(t)->id};
}

/* ---- chance ---- */

uint64_t tree_draw(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t tree_below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)(tree_draw(seed) % n);
}
