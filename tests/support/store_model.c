/* store_model.c - owns the simple form of what a store of checkpoints holds. */
#include "tests/support/store_model.h"

#include <stdio.h>
#include <string.h>

#include "engine/os/reprise_os.h"

const char *const model_workflow[MODEL_WORKFLOWS] = {"flow", "another flow", "",
                                                     "it's \"100 %\"/é"};

/* ---- the model ---- */

void model_save(struct model *m, struct model_checkpoint *c)
{
    c->id = m->next++;
    m->c[m->n++] = *c;
}

size_t model_find(const struct model *m, int64_t id)
{
    size_t i = 0;

    while (i < m->n && m->c[i].id != id)
        i++;
    return i;
}

static void drop(struct model *m, size_t at)
{
    memmove(&m->c[at], &m->c[at + 1], (m->n - at - 1) * sizeof(m->c[0]));
    m->n--;
}

int model_remove(struct model *m, const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (model_find(m, ids[i]) == m->n)
            return 0;
    for (size_t i = 0; i < n; i++)
        if (model_find(m, ids[i]) < m->n)
            drop(m, model_find(m, ids[i]));
    return 1;
}

static int is_of(const struct model_checkpoint *c, int workflow)
{
    return workflow < 0 || c->workflow == (uint32_t)workflow;
}

uint32_t model_prune(struct model *m, int workflow, uint32_t keep, uint64_t before_ms)
{
    uint32_t newer = 0, removed = 0;

    for (size_t i = m->n; i > 0; i--) {
        const struct model_checkpoint *c = &m->c[i - 1];
        if (!is_of(c, workflow) || newer++ < keep || (uint64_t)c->iteration * 10 >= before_ms)
            continue;
        drop(m, i - 1);
        removed++;
    }
    return removed;
}

int64_t model_latest(const struct model *m, int workflow)
{
    for (size_t i = m->n; i > 0; i--)
        if (is_of(&m->c[i - 1], workflow))
            return m->c[i - 1].id;
    return -1;
}

int model_equal(const struct model *a, const struct model *b)
{
    return a->n == b->n && a->next == b->next && memcmp(a->c, b->c, a->n * sizeof(a->c[0])) == 0;
}

static int is_same_root(const struct model_checkpoint *a, const struct model_checkpoint *b)
{
    return a->workflow == b->workflow && memcmp(a->middle, b->middle, sizeof(a->middle)) == 0;
}

static size_t is_new(char *met)
{
    size_t is = *met == 0;

    *met = 1;
    return is;
}

size_t model_items(const struct model *m)
{
    char middle[MODEL_MIDDLES] = {0}, leaf[MODEL_MIDDLES + 8] = {0};
    size_t n = 0;

    for (size_t i = 0; i < m->n; i++) {
        size_t same = 0;
        while (!is_same_root(&m->c[same], &m->c[i]))
            same++;
        n += same == i;
        for (int k = 0; k < TREE_MIDDLES; k++) {
            uint32_t at = m->c[i].middle[k];
            n += is_new(&middle[at]) + is_new(&leaf[tree_leaf_of(at, 0)]);
            n += is_new(&leaf[tree_leaf_of(at, 1)]);
        }
    }
    return n;
}

/* ---- the store ---- */

void model_tree(const struct model_checkpoint *c, struct tree *t, struct rp_checkpoint_info *info)
{
    tree_make(t, model_workflow[c->workflow], c->middle);
    *info = tree_info(model_workflow[c->workflow], t, c->previous, c->iteration);
}

int model_save_to(const struct rp_store *store, const struct model_checkpoint *c,
                  uint64_t *generation, int64_t *id, struct rp_error *err)
{
    static struct tree t;
    struct rp_checkpoint_info info;

    model_tree(c, &t, &info);
    return store->ops->save(store->self, &info, t.item, t.n, generation, id, err);
}

struct comparison {
    const struct model *m;
    size_t at;
    int equal;
};

static int is_as(const struct rp_checkpoint_info *a, const struct rp_checkpoint_info *b)
{
    return a->previous == b->previous && strcmp(a->workflow, b->workflow) == 0 &&
           strcmp(a->signature, b->signature) == 0 && a->iteration == b->iteration &&
           a->pending == b->pending && a->messages == b->messages && a->time_ms == b->time_ms &&
           memcmp(&a->root, &b->root, sizeof(a->root)) == 0;
}

static int compare(void *ctx, const struct rp_checkpoint_info *found)
{
    static struct tree t;
    struct comparison *c = ctx;
    struct rp_checkpoint_info wanted;

    if (c->at == c->m->n || c->m->c[c->at].id != found->id) {
        c->equal = 0;
        return RP_ESTATE;
    }
    model_tree(&c->m->c[c->at++], &t, &wanted);
    c->equal = is_as(found, &wanted);
    return c->equal ? RP_OK : RP_ESTATE;
}

static int tell(void *ctx, const struct rp_checkpoint_info *found)
{
    char *why = ctx;
    size_t n = strlen(why);

    snprintf(why + n, 400 - n, " %d", (int)found->id);
    return RP_OK;
}

int model_which(const struct rp_store *store, const struct model *models, size_t n, char why[400])
{
    struct rp_error err;

    for (size_t i = n; i > 0; i--) {
        struct comparison c = {&models[i - 1], 0, 1};
        int rc = store->ops->list(store->self, NULL, compare, &c, &err);
        if (rc != RP_OK && rc != RP_ESTATE) {
            snprintf(why, 400, "listing: %s", err.text);
            return -1;
        }
        if (rc == RP_OK && c.at == c.m->n)
            return (int)i - 1;
    }
    snprintf(why, 400, "what is listed was never so:");
    store->ops->list(store->self, NULL, tell, why, &err);
    return -1;
}

static int has_items(const struct rp_store *store, const struct tree *t, char why[400])
{
    struct rp_error err;

    for (size_t i = 0; i < t->n; i++) {
        const char *bytes;
        size_t n;
        if (store->ops->item(store->self, &t->item[i].id, &bytes, &n, &err) != RP_OK) {
            snprintf(why, 400, "item %d: %s", (int)i, err.text);
            return 0;
        }
        if (n != t->item[i].n || memcmp(bytes, t->item[i].bytes, n) != 0) {
            snprintf(why, 400, "item %d has other bytes", (int)i);
            return 0;
        }
    }
    return 1;
}

int model_is_whole(const struct rp_store *store, const struct model *m, char why[400])
{
    static struct tree t;
    const struct rp_alloc alloc = rp_alloc_libc();
    struct rp_checkpoint_info info;
    struct rp_error err;

    for (size_t i = 0; i < m->n; i++) {
        char reason[400];
        model_tree(&m->c[i], &t, &info);
        if (!has_items(store, &t, reason)) {
            snprintf(why, 400, "checkpoint %d: %.350s", (int)m->c[i].id, reason);
            return 0;
        }
        if (rp_store_verify(store, &alloc, m->c[i].id, &err) != RP_OK) {
            snprintf(why, 400, "checkpoint %d: %.80s: %.200s", (int)m->c[i].id, err.where,
                     err.text);
            return 0;
        }
    }
    return 1;
}
