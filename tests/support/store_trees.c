/* store_trees.c - owns the trees of items that the tests of stores save. */
#include "tests/support/store_trees.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/kinds.h"
#include "engine/snap.h"

static void *more(void *array, size_t *room, size_t n, size_t size)
{
    if (n <= *room)
        return array;
    *room = 2 * n + 16;
    array = realloc(array, *room * size);
    if (!array)
        abort();
    return array;
}

void trees_init(struct trees *t)
{
    *t = (struct trees){0};
}

void trees_free(struct trees *t)
{
    for (size_t i = 0; i < t->n; i++)
        free((char *)t->item[i].item.bytes);
    free(t->item);
    free(t->table);
    free(t->sent);
    trees_init(t);
}

/* ---- making ---- */

/* The form of items is told in snap.h. */
static char *put_text(char *to, const char *text)
{
    size_t length = strlen(text);

    if (length < 32) {
        *to++ = (char)(0x80 + length);
    } else {
        *to++ = 0x06;
        for (size_t rest = length; rest > 0; rest >>= 7)
            *to++ = (char)(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    }
    memcpy(to, text, length);
    return to + length;
}

/* A list of a text and of what its parts hold. A text that must be an item stands alone. */
static char *put_list(const struct trees *t, char *to, const char *text, const struct tree_item *of)
{
    if (of->n_parts == 0 && strlen(text) >= RP_SNAP_INLINE)
        return put_text(to, text);
    *to++ = (char)(0xa1 + of->n_parts);
    to = put_text(to, text);
    for (unsigned i = 0; i < of->n_parts; i++) {
        *to++ = 0x0b;
        memcpy(to, t->item[of->part[i]].item.id.b, 16);
        to += 16;
    }
    return to;
}

/* Names, the state of a run with nothing in it, no shared state, and the list as the world. */
static char *put_checkpoint_head(char *to, const char *workflow)
{
    *to++ = RP_K_CHECKPOINT;
    *to++ = 5;
    to = put_text(to, workflow);
    to = put_text(to, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    *to++ = RP_K_S_RUN;
    *to++ = 0;
    *to++ = (char)0xb0;
    return to;
}

static size_t place_of(const struct trees *t, const struct rp_item_id *id)
{
    uint64_t word;
    size_t at;

    memcpy(&word, id->b, sizeof(word));
    at = (size_t)word & (t->size - 1);
    while (t->table[at] && memcmp(&t->item[t->table[at] - 1].item.id, id, sizeof(*id)) != 0)
        at = (at + 1) & (t->size - 1);
    return at;
}

static void grow_table(struct trees *t)
{
    if (2 * (t->n + 1) <= t->size)
        return;
    free(t->table);
    t->size = t->size ? 4 * t->size : 256;
    t->table = calloc(t->size, sizeof(*t->table));
    if (!t->table)
        abort();
    for (size_t i = 0; i < t->n; i++)
        t->table[place_of(t, &t->item[i].item.id)] = (uint32_t)i + 1;
}

/* workflow NULL: no checkpoint. */
static size_t add(struct trees *t, const char *workflow, const char *text, struct tree_item *new)
{
    size_t n = strlen(text) + (workflow ? strlen(workflow) : 0), at;
    char *s = malloc(n + 160), *to = s;

    if (!s)
        abort();
    *to++ = RP_SNAP_VERSION;
    if (workflow)
        to = put_checkpoint_head(to, workflow);
    to = put_list(t, to, text, new);
    new->item = (struct rp_item){.bytes = s, .n = (size_t)(to - s)};
    rp_item_name(new->item.bytes, new->item.n, &new->item.id);
    grow_table(t);
    at = place_of(t, &new->item.id);
    if (t->table[at]) {
        free(s);
        return t->table[at] - 1;
    }
    t->item = more(t->item, &t->room, t->n + 1, sizeof(*t->item));
    t->item[t->n++] = *new;
    t->table[at] = (uint32_t)t->n;
    return t->n - 1;
}

static void add_part(struct tree_item *of, size_t part)
{
    if (part != TREE_NONE)
        of->part[of->n_parts++] = part;
}

size_t trees_add(struct trees *t, const char *text, size_t part, size_t other)
{
    struct tree_item new = {0};

    add_part(&new, part);
    add_part(&new, other);
    return add(t, NULL, text, &new);
}

size_t trees_add_checkpoint(struct trees *t, const char *workflow, const char *text, size_t part)
{
    struct tree_item new = {0};

    add_part(&new, part);
    return add(t, workflow, text, &new);
}

/* ---- sending ---- */

void trees_begin(struct trees *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->item[i].seen = 0;
}

static void gather(struct trees *t, size_t at)
{
    struct tree_item *item = &t->item[at];

    if (item->known || item->seen)
        return;
    item->seen = 1;
    for (unsigned i = 0; i < item->n_parts; i++)
        gather(t, item->part[i]);
    t->sent = more(t->sent, &t->sent_room, t->n_sent + 1, sizeof(*t->sent));
    t->sent[t->n_sent++] = item->item;
}

void trees_gather(struct trees *t, size_t root)
{
    t->n_sent = 0;
    trees_begin(t);
    gather(t, root);
}

void trees_keep(struct trees *t)
{
    for (size_t i = 0; i < t->n_sent; i++)
        t->item[t->table[place_of(t, &t->sent[i].id)] - 1].known = 1;
}

void trees_forget(struct trees *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->item[i].known = 0;
}

/* ---- finding again ---- */

void trees_mark(struct trees *t, size_t root)
{
    struct tree_item *item = &t->item[root];

    if (item->seen)
        return;
    item->seen = 1;
    for (unsigned i = 0; i < item->n_parts; i++)
        trees_mark(t, item->part[i]);
}

int trees_check(struct trees *t, const struct rp_store *store, size_t root, struct rp_error *err)
{
    struct tree_item *item = &t->item[root];
    const char *bytes;
    size_t n;

    if (item->seen)
        return RP_OK;
    item->seen = 1;
    RP_TRY(store->ops->item(store->self, &item->item.id, &bytes, &n, err));
    if (n != item->item.n || memcmp(bytes, item->item.bytes, n) != 0)
        return rp_fail_at(err, RP_ECHECKPOINT, "test", "an item has other bytes");
    for (unsigned i = 0; i < item->n_parts; i++)
        RP_TRY(trees_check(t, store, item->part[i], err));
    return RP_OK;
}
