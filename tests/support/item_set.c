/* item_set.c - owns the set of a checkpoint's items. */
#include "tests/support/item_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/snap.h"
#include "tests/support/cm.h"

enum { NAME = sizeof(struct rp_item_id), LINE_MAX_ = 1 << 22 };

static char *copy_of(const char *bytes, size_t n)
{
    char *copy = malloc(n + 1);

    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, bytes, n);
    return copy;
}

void item_set_free(struct item_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        free((char *)(uintptr_t)set->item[i].bytes);
    free(set->item);
    memset(set, 0, sizeof(*set));
}

const struct rp_item_id *item_set_root(const struct item_set *set)
{
    assert_true(set->n > 0);
    return &set->item[set->n - 1].id;
}

void item_set_add(struct item_set *set, const char *bytes, size_t n)
{
    struct rp_item *item;

    if (set->n == set->room) {
        set->room = set->room ? 2 * set->room : 64;
        set->item = realloc(set->item, set->room * sizeof(*set->item));
        assert_non_null(set->item);
    }
    item = &set->item[set->n++];
    item->bytes = copy_of(bytes, n);
    item->n = n;
    rp_item_name(bytes, n, &item->id);
}

static int has(const struct item_set *set, const struct rp_item_id *id)
{
    for (size_t i = 0; i < set->n; i++)
        if (memcmp(&set->item[i].id, id, NAME) == 0)
            return 1;
    return 0;
}

/* ---- from a store ---- */

struct names {
    struct rp_item_id id[4096];
    size_t n;
};

static int note_name(void *ctx, const struct rp_item_id *id)
{
    struct names *names = ctx;

    assert_true(names->n < sizeof(names->id) / sizeof(names->id[0]));
    names->id[names->n++] = *id;
    return RP_OK;
}

/* What an item refers to is added before it. */
void item_set_gather(struct item_set *set, const struct rp_store *store,
                     const struct rp_item_id *root)
{
    struct names *parts = calloc(1, sizeof(*parts));
    const char *bytes;
    char *copy;
    size_t n;

    assert_non_null(parts);
    assert_int_equal(store->ops->item(store->self, root, &bytes, &n, NULL), RP_OK);
    copy = copy_of(bytes, n);
    assert_int_equal(rp_snap_refs(copy, n, note_name, parts), RP_OK);
    for (size_t i = 0; i < parts->n; i++)
        if (!has(set, &parts->id[i]))
            item_set_gather(set, store, &parts->id[i]);
    if (!has(set, root))
        item_set_add(set, copy, n);
    free(copy);
    free(parts);
}

void item_set_copy(struct item_set *to, const struct item_set *from)
{
    memset(to, 0, sizeof(*to));
    memcpy(to->workflow, from->workflow, sizeof(to->workflow));
    for (size_t i = 0; i < from->n; i++)
        item_set_add(to, from->item[i].bytes, from->item[i].n);
}

/* ---- forging ---- */

/* Puts the new name wherever the old one stands; 1: somewhere. */
static int rename_in(struct rp_item *item, const struct rp_item_id *was,
                     const struct rp_item_id *now)
{
    char *bytes = (char *)(uintptr_t)item->bytes;
    int found = 0;

    for (size_t i = 0; i + NAME <= item->n; i++)
        if (memcmp(bytes + i, was, NAME) == 0) {
            memcpy(bytes + i, now, NAME);
            found = 1;
        }
    return found;
}

/* Item k's name is no more the right one. */
static void name_anew(struct item_set *set, size_t k)
{
    struct rp_item *item = &set->item[k];
    struct rp_item_id was = item->id;

    rp_item_name(item->bytes, item->n, &item->id);
    for (size_t i = k + 1; i < set->n; i++)
        if (rename_in(&set->item[i], &was, &item->id))
            name_anew(set, i);
}

void item_set_forge(struct item_set *set, size_t k, const char *bytes, size_t n)
{
    char *copy = copy_of(bytes, n);

    assert_true(k < set->n);
    free((char *)(uintptr_t)set->item[k].bytes);
    set->item[k].bytes = copy;
    set->item[k].n = n;
    name_anew(set, k);
}

/* ---- into a store ---- */

int64_t item_set_save(const struct item_set *set, const struct rp_store *store)
{
    struct rp_checkpoint_info info = {
        .previous = -1, .workflow = set->workflow, .signature = "", .root = *item_set_root(set)};
    uint64_t generation = 0;
    int64_t id = -1;
    int rc = store->ops->save(store->self, &info, set->item, set->n, &generation, &id, NULL);

    if (rc == RP_ESTALE)
        rc = store->ops->save(store->self, &info, set->item, set->n, &generation, &id, NULL);
    assert_int_equal(rc, RP_OK);
    return id;
}

/* ---- files ---- */

static void put_hex(FILE *f, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;

    for (size_t i = 0; i < n; i++)
        fprintf(f, "%02x", b[i]);
}

void item_set_write(const struct item_set *set, const char *path)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fprintf(f, "items 1 ");
    put_hex(f, item_set_root(set), NAME);
    fprintf(f, " %s\n", set->workflow);
    for (size_t i = 0; i < set->n; i++) {
        put_hex(f, &set->item[i].id, NAME);
        fputc(' ', f);
        put_hex(f, set->item[i].bytes, set->item[i].n);
        fputc('\n', f);
    }
    assert_int_equal(fclose(f), 0);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal digits up to a space, a line's end or room bytes. */
static size_t take_hex(const char **at, char *bytes, size_t room)
{
    size_t n = 0;

    for (; n < room && digit((*at)[0]) >= 0 && digit((*at)[1]) >= 0; *at += 2)
        bytes[n++] = (char)(digit((*at)[0]) * 16 + digit((*at)[1]));
    return n;
}

static void read_item(struct item_set *set, const char *line, char *bytes)
{
    char name[NAME];
    size_t n;

    assert_int_equal(take_hex(&line, name, NAME), NAME);
    assert_int_equal(*line++, ' ');
    n = take_hex(&line, bytes, LINE_MAX_ / 2);
    assert_int_equal(*line, '\n');
    item_set_add(set, bytes, n);
    assert_memory_equal(item_set_root(set), name, NAME);
}

void item_set_read(struct item_set *set, const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = malloc(LINE_MAX_), *bytes = malloc(LINE_MAX_ / 2), root[NAME];
    const char *at = line;

    memset(set, 0, sizeof(*set));
    if (!f)
        fail_msg("%s: cannot be read", path);
    assert_true(line && bytes);
    assert_non_null(fgets(line, LINE_MAX_, f));
    assert_memory_equal(line, "items 1 ", 8);
    at += 8;
    assert_int_equal(take_hex(&at, root, NAME), NAME);
    snprintf(set->workflow, sizeof(set->workflow), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
    while (fgets(line, LINE_MAX_, f))
        read_item(set, line, bytes);
    assert_memory_equal(item_set_root(set), root, NAME);
    assert_int_equal(fclose(f), 0);
    free(line);
    free(bytes);
}
