/* store.c - owns the store in memory: items once each, found by their names, and checkpoints in
 * order of their ids. What it hands out are its bytes, never values of a run, so no run can change
 * what another one loads. */
#include "snap_form.h"

#define PLACE "checkpoint store in memory"

enum { FIRST_ROOM = 16 };

struct entry {
    struct rp_item_id id;
    char *bytes;
    size_t n;
    int reached; /* by the marking that is under way */
};

/* Workflow and signature, shared by the checkpoints saved in a row with the same ones. */
struct names {
    size_t size, users;
    char text[]; /* both, each with its NUL */
};

struct saved {
    struct rp_checkpoint_info info; /* the strings stand in names */
    struct names *names;
    int removed; /* by the removal that is under way */
};

struct memory {
    struct rp_alloc alloc;
    struct entry *entry;
    struct saved *saved; /* in order of ids */
    uint32_t *table;     /* by name: an entry's number + 1, or 0 */
    size_t n_entries, entries_room, n_saved, saved_room, table_size;
    size_t bytes;       /* of all items */
    size_t names_bytes; /* of all names */
    int64_t next_id;
    uint64_t generation;
};

static int no_memory(struct rp_error *err)
{
    return rp_fail_at(err, RP_ENOMEM, PLACE, "%s", rp_status_text(RP_ENOMEM));
}

static void *take(struct memory *m, size_t size)
{
    return m->alloc.resize(m->alloc.ctx, NULL, 0, size);
}

static void give(struct memory *m, void *p, size_t size)
{
    if (p)
        m->alloc.resize(m->alloc.ctx, p, size, 0);
}

/* Room for n elements; p points at the array's pointer. */
static int make_room(struct memory *m, void *p, size_t *room, size_t n, size_t each)
{
    size_t more = *room ? *room : FIRST_ROOM;
    void *old, *grown;

    while (more < n) {
        if (more > SIZE_MAX / 2 / each)
            return RP_ENOMEM;
        more *= 2;
    }
    if (more == *room)
        return RP_OK;
    memcpy(&old, p, sizeof(old));
    grown = m->alloc.resize(m->alloc.ctx, old, *room * each, more * each);
    if (!grown)
        return RP_ENOMEM;
    memcpy(p, &grown, sizeof(grown));
    *room = more;
    return RP_OK;
}

/* ---- items by name ---- */

/* Where the name stands in the table, or would stand. */
static size_t place_of(const struct memory *m, const struct rp_item_id *id)
{
    size_t at = rp_item_place(id, m->table_size);

    while (m->table[at] && !rp_item_same(&m->entry[m->table[at] - 1].id, id))
        at = (at + 1) & (m->table_size - 1);
    return at;
}

static struct entry *find_item(struct memory *m, const struct rp_item_id *id)
{
    uint32_t number = m->table_size ? m->table[place_of(m, id)] : 0;

    RP_ASSERT(number <= m->n_entries);
    return number ? &m->entry[number - 1] : NULL;
}

static void fill_table(struct memory *m)
{
    if (m->table_size == 0)
        return;
    memset(m->table, 0, m->table_size * sizeof(*m->table));
    for (size_t i = 0; i < m->n_entries; i++)
        m->table[place_of(m, &m->entry[i].id)] = (uint32_t)i + 1;
}

/* At most half full. */
static int table_for(struct memory *m, size_t n)
{
    size_t size = m->table_size ? m->table_size : 2 * FIRST_ROOM;
    uint32_t *table;

    while (size / 2 < n) {
        if (size > SIZE_MAX / 4 / sizeof(*table))
            return RP_ENOMEM;
        size *= 2;
    }
    if (size == m->table_size)
        return RP_OK;
    table = take(m, size * sizeof(*table));
    if (!table)
        return RP_ENOMEM;
    give(m, m->table, m->table_size * sizeof(*table));
    m->table = table;
    m->table_size = size;
    fill_table(m);
    return RP_OK;
}

static size_t block_of(size_t n) /* no bytes take one too: a pointer says that they are there */
{
    return n > 0 ? n : 1;
}

static int keep_item(struct memory *m, const struct rp_item *item)
{
    size_t at = place_of(m, &item->id);
    char *bytes;

    RP_ASSERT(item->bytes || item->n == 0);
    if (m->table[at])
        return RP_OK;
    bytes = take(m, block_of(item->n));
    if (!bytes)
        return RP_ENOMEM;
    if (item->n > 0)
        memcpy(bytes, item->bytes, item->n);
    m->entry[m->n_entries++] = (struct entry){.id = item->id, .bytes = bytes, .n = item->n};
    m->table[at] = (uint32_t)m->n_entries;
    m->bytes += item->n;
    return RP_OK;
}

static void drop_item(struct memory *m, struct entry *e)
{
    m->bytes -= e->n;
    give(m, e->bytes, block_of(e->n));
}

static void drop_from(struct memory *m, size_t first)
{
    RP_ASSERT(first <= m->n_entries);
    for (size_t i = first; i < m->n_entries; i++)
        drop_item(m, &m->entry[i]);
    m->n_entries = first;
    fill_table(m);
}

/* All or none. */
static int keep_items(struct memory *m, const struct rp_item *items, size_t n)
{
    size_t before = m->n_entries;

    if (n > UINT32_MAX - 1 - before)
        return RP_ENOMEM;
    RP_TRY(make_room(m, &m->entry, &m->entries_room, before + n, sizeof(*m->entry)));
    RP_TRY(table_for(m, before + n));
    for (size_t i = 0; i < n; i++)
        if (keep_item(m, &items[i]) != RP_OK) {
            drop_from(m, before);
            return RP_ENOMEM;
        }
    return RP_OK;
}

/* ---- names ---- */

static struct names *names_new(struct memory *m, const char *workflow, const char *signature)
{
    size_t a = strlen(workflow) + 1, b = strlen(signature) + 1;
    struct names *names = take(m, sizeof(*names) + a + b);

    if (!names)
        return NULL;
    names->size = sizeof(*names) + a + b;
    names->users = 0;
    m->names_bytes += names->size;
    memcpy(names->text, workflow, a);
    memcpy(names->text + a, signature, b);
    return names;
}

static void names_free(struct memory *m, struct names *names)
{
    m->names_bytes -= names->size;
    give(m, names, names->size);
}

static void names_drop(struct memory *m, struct names *names)
{
    RP_ASSERT(names->users > 0);
    if (--names->users == 0)
        names_free(m, names);
}

static int is_named(const struct saved *s, const struct rp_checkpoint_info *info)
{
    return rp_str_equal(rp_str(s->info.workflow), rp_str(info->workflow)) &&
           rp_str_equal(rp_str(s->info.signature), rp_str(info->signature));
}

/* ---- saving ---- */

static int add_saved(struct memory *m, const struct rp_checkpoint_info *info, struct names *names)
{
    struct saved *s = &m->saved[m->n_saved++];

    *s = (struct saved){.info = *info, .names = names};
    s->info.id = m->next_id++;
    s->info.workflow = names->text;
    s->info.signature = names->text + strlen(names->text) + 1;
    names->users++;
    return RP_OK;
}

static int keep(struct memory *m, const struct rp_checkpoint_info *info,
                const struct rp_item *items, size_t n)
{
    struct saved *newest = m->n_saved ? &m->saved[m->n_saved - 1] : NULL;
    struct names *names = newest && is_named(newest, info) ? newest->names : NULL;
    int fresh = !names;

    RP_TRY(make_room(m, &m->saved, &m->saved_room, m->n_saved + 1, sizeof(*m->saved)));
    if (fresh)
        names = names_new(m, info->workflow, info->signature);
    if (!names)
        return RP_ENOMEM;
    if (keep_items(m, items, n) != RP_OK) {
        if (fresh)
            names_free(m, names);
        return RP_ENOMEM;
    }
    return add_saved(m, info, names);
}

static int memory_save(void *self, const struct rp_checkpoint_info *info,
                       const struct rp_item *items, size_t n, uint64_t *generation, int64_t *id,
                       struct rp_error *err)
{
    struct memory *m = self;

    RP_ASSERT(items || n == 0);
    if (*generation != m->generation) {
        *generation = m->generation;
        return rp_fail_at(err, RP_ESTALE, PLACE,
                          "checkpoints were removed meanwhile, and items with them");
    }
    if (keep(m, info, items, n) != RP_OK)
        return no_memory(err);
    *id = m->next_id - 1;
    return RP_OK;
}

/* ---- finding ---- */

static int memory_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                       struct rp_error *err)
{
    const struct entry *e = find_item(self, id);

    if (!e)
        return rp_fail_at(err, RP_ENOTFOUND, PLACE, "there is no item of this name");
    *bytes = e->bytes;
    *n = e->n;
    return RP_OK;
}

/* The first checkpoint with that id or a higher one. */
static size_t lower_bound(const struct memory *m, int64_t id)
{
    size_t low = 0, high = m->n_saved;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->saved[middle].info.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int find(struct memory *m, int64_t id, struct saved **out, struct rp_error *err)
{
    size_t at = lower_bound(m, id);

    if (at < m->n_saved && m->saved[at].info.id == id) {
        *out = &m->saved[at];
        return RP_OK;
    }
    if (m->next_id == 0)
        return rp_fail_at(err, RP_ENOTFOUND, PLACE, "there is no checkpoint %l; none was saved yet",
                          id);
    if (id < 0 || id >= m->next_id)
        return rp_fail_at(err, RP_ENOTFOUND, PLACE,
                          "there is no checkpoint %l; those that were saved have the numbers 0 to "
                          "%l",
                          id, m->next_id - 1);
    return rp_fail_at(err, RP_ENOTFOUND, PLACE, "checkpoint %l was removed", id);
}

static int memory_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct saved *s;

    RP_TRY(find(self, id, &s, err));
    *out = s->info;
    return RP_OK;
}

static int is_of(const struct saved *s, const char *workflow)
{
    return !workflow || rp_str_equal(rp_str(s->info.workflow), rp_str(workflow));
}

static int memory_list(void *self, const char *workflow,
                       int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                       struct rp_error *err)
{
    const struct memory *m = self;

    (void)err;
    for (size_t i = 0; i < m->n_saved; i++)
        if (is_of(&m->saved[i], workflow))
            RP_TRY(visit(ctx, &m->saved[i].info));
    return RP_OK;
}

static int memory_latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    const struct memory *m = self;

    for (size_t i = m->n_saved; i > 0; i--)
        if (is_of(&m->saved[i - 1], workflow)) {
            *id = m->saved[i - 1].info.id;
            return RP_OK;
        }
    if (!workflow)
        return rp_fail_at(err, RP_ENOTFOUND, PLACE,
                          "there is no checkpoint; none was saved yet, or all were removed");
    return rp_fail_at(err, RP_ENOTFOUND, PLACE,
                      "there is no checkpoint of the workflow \"%s\"; give the name under which "
                      "it was saved",
                      workflow);
}

/* ---- removing ---- */

/* Goes from the roots that stay to all that they refer to; an item is put on the stack once. */
struct marking {
    struct memory *m;
    uint32_t *stack;
    size_t n;
};

static int mark(void *ctx, const struct rp_item_id *id)
{
    struct marking *w = ctx;
    struct entry *e = find_item(w->m, id);

    if (!e || e->reached)
        return RP_OK;
    e->reached = 1;
    RP_ASSERT(w->n < w->m->n_entries);
    w->stack[w->n++] = (uint32_t)(e - w->m->entry);
    return RP_OK;
}

static int mark_all(struct memory *m)
{
    size_t size = block_of(m->n_entries) * sizeof(uint32_t);
    struct marking w = {.m = m, .stack = take(m, size)};

    if (!w.stack)
        return RP_ENOMEM;
    for (size_t i = 0; i < m->n_entries; i++)
        m->entry[i].reached = 0;
    for (size_t i = 0; i < m->n_saved; i++) {
        if (!m->saved[i].removed)
            mark(&w, &m->saved[i].info.root);
        while (w.n > 0) {
            const struct entry *e = &m->entry[w.stack[--w.n]];
            (void)rp_snap_refs(e->bytes, e->n, mark, &w); /* damage is told to who reads it */
        }
    }
    give(m, w.stack, size);
    return RP_OK;
}

static void sweep(struct memory *m)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->n_entries; i++) {
        if (m->entry[i].reached)
            m->entry[kept++] = m->entry[i];
        else
            drop_item(m, &m->entry[i]);
    }
    if (kept < m->n_entries)
        m->generation++;
    m->n_entries = kept;
    fill_table(m);
    kept = 0;
    for (size_t i = 0; i < m->n_saved; i++) {
        if (!m->saved[i].removed)
            m->saved[kept++] = m->saved[i];
        else
            names_drop(m, m->saved[i].names);
    }
    m->n_saved = kept;
}

static void forget_removal(struct memory *m, const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        m->saved[lower_bound(m, ids[i])].removed = 0;
}

static int memory_remove(void *self, const int64_t *ids, size_t n, struct rp_error *err)
{
    struct memory *m = self;
    struct saved *s;

    if (n == 0)
        return RP_OK;
    for (size_t i = 0; i < n; i++) {
        int rc = find(m, ids[i], &s, err);
        if (rc != RP_OK) {
            forget_removal(m, ids, i);
            return rc;
        }
        s->removed = 1;
    }
    if (mark_all(m) != RP_OK) {
        forget_removal(m, ids, n);
        return no_memory(err);
    }
    sweep(m);
    return RP_OK;
}

/* ---- the whole ---- */

/* What items and checkpoints take, without the room that is kept for more. */
static int memory_size(void *self, uint64_t *bytes, struct rp_error *err)
{
    const struct memory *m = self;

    (void)err;
    *bytes = sizeof(*m) + m->bytes + m->names_bytes + m->n_entries * sizeof(*m->entry) +
             m->n_saved * sizeof(*m->saved);
    return RP_OK;
}

static void memory_free(void *self)
{
    struct memory *m = self;
    struct rp_alloc alloc;

    if (!m)
        return;
    alloc = m->alloc;
    for (size_t i = 0; i < m->n_entries; i++)
        drop_item(m, &m->entry[i]);
    for (size_t i = 0; i < m->n_saved; i++)
        names_drop(m, m->saved[i].names);
    give(m, m->entry, m->entries_room * sizeof(*m->entry));
    give(m, m->saved, m->saved_room * sizeof(*m->saved));
    give(m, m->table, m->table_size * sizeof(*m->table));
    alloc.resize(alloc.ctx, m, sizeof(*m), 0);
}

static const struct rp_store_ops memory_ops = {.save = memory_save,
                                               .item = memory_item,
                                               .info = memory_info,
                                               .list = memory_list,
                                               .latest = memory_latest,
                                               .remove = memory_remove,
                                               .size = memory_size,
                                               .free = memory_free};

int rp_store_memory(const struct rp_alloc *alloc, struct rp_store *out)
{
    struct memory *m = alloc->resize(alloc->ctx, NULL, 0, sizeof(*m));

    if (!m)
        return RP_ENOMEM;
    memset(m, 0, sizeof(*m));
    m->alloc = *alloc;
    *out = (struct rp_store){&memory_ops, m};
    return RP_OK;
}
