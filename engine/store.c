/* store.c - owns the store in memory: checkpoints as bytes, each with its names in one block. What
 * it hands out are its bytes, never values of a run, so no run can change what another one loads.
 */
#include "reprise.h"

#include <string.h>

enum { FIRST_ROOM = 16 };

struct entry {
    struct rp_checkpoint_info info; /* the strings stand in the block */
    char *block;                    /* workflow, signature, bytes; NULL once removed */
    size_t size, n;                 /* of the block; of the bytes, which end it */
};

struct memory {
    struct rp_alloc alloc;
    struct entry *entry; /* by id */
    size_t n, room;
};

static int no_memory(struct rp_error *err)
{
    return rp_fail_at(err, RP_ENOMEM, "checkpoint store in memory", "%s",
                      rp_status_text(RP_ENOMEM));
}

/* ---- saving ---- */

static int make_room(struct memory *m)
{
    size_t room = m->room ? 2 * m->room : FIRST_ROOM;
    struct entry *grown;

    if (m->n < m->room)
        return RP_OK;
    if (m->room > SIZE_MAX / sizeof(*grown) / 2)
        return RP_ENOMEM;
    grown =
        m->alloc.resize(m->alloc.ctx, m->entry, m->room * sizeof(*grown), room * sizeof(*grown));
    if (!grown)
        return RP_ENOMEM;
    m->entry = grown;
    m->room = room;
    return RP_OK;
}

static char *put(char *to, struct rp_str s)
{
    if (s.n > 0)
        memcpy(to, s.s, s.n);
    to[s.n] = '\0';
    return to + s.n + 1;
}

static int fill(struct memory *m, struct entry *e, const struct rp_checkpoint_info *info,
                struct rp_str bytes)
{
    struct rp_str workflow = rp_str(info->workflow), signature = rp_str(info->signature);
    char *to;

    e->info = *info;
    e->info.id = (int64_t)m->n;
    e->n = bytes.n;
    e->size = workflow.n + signature.n + 2;
    if (bytes.n > SIZE_MAX - e->size - 1)
        return RP_ENOMEM;
    e->size += bytes.n + 1;
    e->block = to = m->alloc.resize(m->alloc.ctx, NULL, 0, e->size);
    if (!to)
        return RP_ENOMEM;
    e->info.workflow = to;
    e->info.signature = to = put(to, workflow);
    to = put(to, signature);
    to = put(to, bytes);
    RP_ASSERT(to == e->block + e->size);
    return RP_OK;
}

static int memory_save(void *self, const struct rp_checkpoint_info *info, const char *bytes,
                       size_t n, int64_t *id, struct rp_error *err)
{
    struct memory *m = self;

    RP_ASSERT(bytes || n == 0);
    if (make_room(m) != RP_OK || fill(m, &m->entry[m->n], info, (struct rp_str){bytes, n}) != RP_OK)
        return no_memory(err);
    *id = (int64_t)m->n++;
    return RP_OK;
}

/* ---- finding ---- */

static int find(struct memory *m, int64_t id, struct entry **out, struct rp_error *err)
{
    if (m->n == 0)
        return rp_fail_at(err, RP_ENOTFOUND, "checkpoint store in memory",
                          "there is no checkpoint %l; none was saved yet", id);
    if (id < 0 || (uint64_t)id >= m->n)
        return rp_fail_at(err, RP_ENOTFOUND, "checkpoint store in memory",
                          "there is no checkpoint %l; those that were saved have the numbers 0 to "
                          "%l",
                          id, (int64_t)m->n - 1);
    if (!m->entry[id].block)
        return rp_fail_at(err, RP_ENOTFOUND, "checkpoint store in memory",
                          "checkpoint %l was removed", id);
    *out = &m->entry[id];
    return RP_OK;
}

static int memory_load(void *self, int64_t id, const char **bytes, size_t *n, struct rp_error *err)
{
    struct entry *e;

    RP_TRY(find(self, id, &e, err));
    RP_ASSERT(e->n < e->size);
    *bytes = e->block + e->size - 1 - e->n;
    *n = e->n;
    return RP_OK;
}

static int memory_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct entry *e;

    RP_TRY(find(self, id, &e, err));
    *out = e->info;
    return RP_OK;
}

static int is_of(const struct entry *e, const char *workflow)
{
    return e->block && (!workflow || rp_str_equal(rp_str(e->info.workflow), rp_str(workflow)));
}

static int memory_latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    struct memory *m = self;

    for (size_t i = m->n; i > 0; i--) {
        if (!is_of(&m->entry[i - 1], workflow))
            continue;
        *id = (int64_t)i - 1;
        return RP_OK;
    }
    if (!workflow)
        return rp_fail_at(err, RP_ENOTFOUND, "checkpoint store in memory",
                          "there is no checkpoint in it");
    return rp_fail_at(err, RP_ENOTFOUND, "checkpoint store in memory",
                      "there is no checkpoint of the workflow \"%s\"; give the name under which it "
                      "was saved",
                      workflow);
}

static int memory_count(void *self, const char *workflow, uint32_t *n)
{
    struct memory *m = self;

    *n = 0;
    for (size_t i = 0; i < m->n; i++)
        *n += (uint32_t)is_of(&m->entry[i], workflow);
    return RP_OK;
}

/* ---- removing ---- */

static void drop(struct memory *m, struct entry *e)
{
    if (e->block)
        m->alloc.resize(m->alloc.ctx, e->block, e->size, 0);
    *e = (struct entry){0};
}

static int memory_remove(void *self, int64_t id, struct rp_error *err)
{
    struct entry *e;

    RP_TRY(find(self, id, &e, err));
    drop(self, e);
    return RP_OK;
}

static void memory_free(void *self)
{
    struct memory *m = self;
    struct rp_alloc alloc;

    if (!m)
        return;
    alloc = m->alloc;
    for (size_t i = 0; i < m->n; i++)
        drop(m, &m->entry[i]);
    if (m->entry)
        alloc.resize(alloc.ctx, m->entry, m->room * sizeof(*m->entry), 0);
    alloc.resize(alloc.ctx, m, sizeof(*m), 0);
}

static const struct rp_store_ops memory_ops = {.save = memory_save,
                                               .load = memory_load,
                                               .latest = memory_latest,
                                               .count = memory_count,
                                               .info = memory_info,
                                               .remove = memory_remove,
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
