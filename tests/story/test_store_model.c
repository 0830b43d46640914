/* test_store_model.c - three stores and a simple model, kept in step over many drawn operations,
 * some of which meet a disk or a memory that fails.
 *
 *   test_store_model [STEPS [SEED]]
 *
 * STORE_MODEL_STEPS in the environment says the number too. The last lines tell how often each kind
 * of operation succeeded and failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/value.h"
#include "tests/support/cm.h"
#include "tests/support/store_model.h"
#include "tests/support/store_sides.h"

enum kind {
    SAVE,
    SAVE_STALE,
    ITEM,
    INFO,
    LIST,
    LATEST,
    REMOVE,
    PRUNE,
    VERIFY,
    READ,
    SIZE,
    REOPEN,
    KINDS
};
static const char *const kind_name[KINDS] = {"save",   "save stale", "item",   "info",
                                             "list",   "latest",     "remove", "prune",
                                             "verify", "read",       "size",   "reopen"};

enum { FULL_AT = 60, FAULT_EACH = 10, LOOK_EACH = 500 };

/* One drawn operation and what the model says of it. */
struct step {
    enum kind kind;
    struct model_checkpoint c; /* SAVE, ITEM */
    int only_new;              /* SAVE: items that are there are not given */
    size_t item;
    int64_t ids[4];
    size_t n;
    int workflow; /* below 0: all */
    uint32_t keep;
    uint64_t before_ms;
    int stop_at; /* LIST: the visit that says RP_ESTATE; below 0: none */
    int wanted;  /* status */
    struct model after;
    int64_t number; /* what comes out: an id, how many */
};

static struct side sides[SIDES];
static struct model model;
static int freed[SIDES];   /* items were freed since the side's saver learned its generation */
static int renewed[SIDES]; /* it was opened or removed from since */
static uint64_t seed;
static long counts[KINDS][2];
static uint64_t digest; /* of what READ gave */

/* A store need not give the next number after a save that failed, so each side has its own id for
 * the model's. */
static int64_t *own_id[SIDES], own_next[SIDES];

static int64_t to_own(const struct side *s, int64_t id)
{
    int i = (int)(s - sides);

    if (id < 0 || id >= model.next)
        return id < 0 ? id : own_next[i] + id - model.next;
    return own_id[i][id];
}

static void note_id(struct side *s, int64_t id, int64_t own)
{
    int i = (int)(s - sides);

    assert_true(own >= own_next[i]);
    assert_true(own == own_next[i] || strcmp(s->name, "files") == 0);
    own_id[i][id] = own;
    own_next[i] = own + 1;
}

/* ---- drawing ---- */

static int64_t draw_id(void)
{
    if (model.n > 0 && tree_below(&seed, 5))
        return model.c[tree_below(&seed, (uint32_t)model.n)].id;
    return (int64_t)tree_below(&seed, (uint32_t)model.next + 3) - 1;
}

static void draw_checkpoint(struct model_checkpoint *c)
{
    c->workflow = tree_below(&seed, MODEL_WORKFLOWS);
    c->previous = model.next > 0 ? (int64_t)tree_below(&seed, (uint32_t)model.next) : -1;
    c->iteration = (int64_t)tree_below(&seed, 1000);
    for (int i = 0; i < TREE_MIDDLES; i++)
        c->middle[i] = tree_below(&seed, MODEL_MIDDLES);
}

static void want_remove(struct step *t)
{
    t->n = 1 + tree_below(&seed, 4);
    for (size_t i = 0; i < t->n; i++)
        t->ids[i] = draw_id();
    t->wanted = model_remove(&t->after, t->ids, t->n) ? RP_OK : RP_ENOTFOUND;
}

static void want_prune(struct step *t)
{
    t->keep = tree_below(&seed, model.n >= FULL_AT ? 30 : 60);
    t->workflow = model.n >= FULL_AT ? -1 : t->workflow;
    t->before_ms = tree_below(&seed, 3) ? UINT64_MAX : tree_below(&seed, 10000);
    if (model.n >= FULL_AT)
        t->before_ms = UINT64_MAX;
    t->number = (int64_t)model_prune(&t->after, t->workflow, t->keep, t->before_ms);
}

static void want(struct step *t)
{
    switch (t->kind) {
    case SAVE:
    case SAVE_STALE:
        model_save(&t->after, &t->c);
        t->number = t->c.id;
        return;
    case INFO:
    case VERIFY:
    case READ:
        t->ids[0] = draw_id();
        t->wanted = model_find(&model, t->ids[0]) < model.n ? RP_OK : RP_ENOTFOUND;
        return;
    case LATEST:
        t->number = model_latest(&model, t->workflow);
        t->wanted = t->number < 0 ? RP_ENOTFOUND : RP_OK;
        return;
    case REMOVE:
        want_remove(t);
        return;
    case PRUNE:
        want_prune(t);
        return;
    case LIST:
        t->stop_at = tree_below(&seed, 3) ? -1 : (int)tree_below(&seed, 20);
        return;
    case ITEM:
    case SIZE:
    case REOPEN:
    case KINDS:
        return;
    }
}

static void draw_step(struct step *t)
{
    static const enum kind often[] = {SAVE, SAVE,   SAVE,   SAVE,  SAVE_STALE, ITEM, ITEM, INFO,
                                      LIST, LATEST, REMOVE, PRUNE, VERIFY,     READ, SIZE, REOPEN};

    memset(t, 0, sizeof(*t));
    t->kind = often[tree_below(&seed, sizeof(often) / sizeof(often[0]))];
    if (model.n >= FULL_AT)
        t->kind = PRUNE;
    if (t->kind == REOPEN && tree_below(&seed, 8))
        t->kind = ITEM;
    t->after = model;
    draw_checkpoint(&t->c);
    t->only_new = (int)tree_below(&seed, 2);
    t->item = tree_below(&seed, TREE_ITEMS);
    t->workflow = (int)tree_below(&seed, MODEL_WORKFLOWS + 1) - 1;
    want(t);
}

/* ---- saving ---- */

/* Leaves out of the tree what the model's checkpoints have. */
static void leave_out(struct tree *t, const struct model_checkpoint *c)
{
    struct model with;
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        int is_root = i + 1 == t->n, there = 0;
        for (size_t k = 0; k < model.n && !there; k++)
            for (int m = 0; m < TREE_MIDDLES && !there && !is_root; m++) {
                uint32_t at = c->middle[i / 3], other = model.c[k].middle[m];
                uint32_t leaf = i % 3 < 2 ? tree_leaf_of(at, (int)(i % 3)) : 0;
                there = i % 3 == 2
                            ? at == other
                            : leaf == tree_leaf_of(other, 0) || leaf == tree_leaf_of(other, 1);
            }
        if (is_root) {
            with = model;
            model_save(&with, &(struct model_checkpoint){.workflow = c->workflow});
            memcpy(with.c[with.n - 1].middle, c->middle, sizeof(c->middle));
            there = model_items(&with) == model_items(&model);
        }
        if (!there)
            t->item[n++] = t->item[i];
    }
    t->n = n;
}

static int save_once(struct side *s, const struct step *t, int all, int64_t *id,
                     struct rp_error *err)
{
    static struct tree tree;
    struct rp_checkpoint_info info;

    model_tree(&t->c, &tree, &info);
    if (!all)
        leave_out(&tree, &t->c);
    return s->store.ops->save(s->store.self, &info, tree.item, tree.n, &s->generation, id, err);
}

static int do_save(struct side *s, const struct step *t, struct rp_error *err)
{
    int64_t id = -9;
    int i = (int)(s - sides), rc;

    if (t->kind == SAVE_STALE && freed[i]) {
        rc = save_once(s, t, !t->only_new, &id, err);
        counts[SAVE_STALE][1] += rc == RP_ESTALE;
        if (rc == RP_OK)
            fail_msg("%s took what a stale saver gave", s->name);
    } else {
        rc = save_once(s, t, !t->only_new, &id, err);
        if (rc == RP_ESTALE && !freed[i] && !renewed[i])
            fail_msg("%s says that items may have gone, and none has", s->name);
    }
    if (rc == RP_ESTALE) {
        freed[i] = renewed[i] = 0;
        assert_int_equal(id, -9);
        rc = save_once(s, t, 1, &id, err);
    }
    if (rc == RP_OK)
        note_id(s, t->number, id);
    return rc;
}

/* ---- the other operations ---- */

static int do_item(struct side *s, const struct step *t, struct rp_error *err)
{
    static struct tree tree;
    struct rp_checkpoint_info info;
    struct step without = *t;
    const char *bytes = NULL;
    size_t n = 0, all;
    struct rp_item item;
    int rc, there;

    model_tree(&t->c, &tree, &info);
    item = tree.item[t->item];
    leave_out(&tree, &without.c);
    for (all = 0; all < tree.n && memcmp(&tree.item[all].id, &item.id, sizeof(item.id)) != 0;)
        all++;
    there = all == tree.n;
    rc = s->store.ops->item(s->store.self, &item.id, &bytes, &n, err);
    if (rc == RP_OK && (n != item.n || memcmp(bytes, item.bytes, n) != 0))
        fail_msg("%s gives other bytes", s->name);
    if (rc == RP_OK || rc == RP_ENOTFOUND)
        assert_int_equal(rc, there ? RP_OK : RP_ENOTFOUND);
    return rc == RP_ENOTFOUND && t->wanted == RP_OK ? RP_OK : rc;
}

static int do_info(struct side *s, const struct step *t, struct rp_error *err)
{
    static struct tree tree;
    struct rp_checkpoint_info found, wanted;
    int rc = s->store.ops->info(s->store.self, to_own(s, t->ids[0]), &found, err);

    if (rc != RP_OK)
        return rc;
    model_tree(&model.c[model_find(&model, t->ids[0])], &tree, &wanted);
    assert_int_equal(found.id, to_own(s, t->ids[0]));
    assert_int_equal(found.previous, wanted.previous);
    assert_string_equal(found.workflow, wanted.workflow);
    assert_int_equal(found.iteration, wanted.iteration);
    assert_memory_equal(&found.root, &wanted.root, sizeof(found.root));
    return RP_OK;
}

struct visits {
    const struct side *s;
    const struct step *t;
    size_t at;
    int n;
};

static int visit(void *ctx, const struct rp_checkpoint_info *info)
{
    struct visits *v = ctx;

    while (v->at < model.n && v->t->workflow >= 0 &&
           model.c[v->at].workflow != (uint32_t)v->t->workflow)
        v->at++;
    assert_true(v->at < model.n);
    assert_int_equal(info->id, to_own(v->s, model.c[v->at++].id));
    return v->n++ == v->t->stop_at ? RP_ESTATE : RP_OK;
}

static const char *workflow_of(const struct step *t)
{
    return t->workflow < 0 ? NULL : model_workflow[t->workflow];
}

static int do_list(struct side *s, const struct step *t, struct rp_error *err)
{
    struct visits v = {s, t, 0, 0};
    int rc = s->store.ops->list(s->store.self, workflow_of(t), visit, &v, err);
    size_t left = 0;

    if (rc != RP_OK)
        return rc == RP_ESTATE ? RP_OK : rc;
    for (size_t i = v.at; i < model.n; i++)
        left += t->workflow < 0 || model.c[i].workflow == (uint32_t)t->workflow;
    assert_int_equal(left, 0);
    return RP_OK;
}

static int do_latest(struct side *s, const struct step *t, struct rp_error *err)
{
    int64_t id = -1;
    int rc = s->store.ops->latest(s->store.self, workflow_of(t), &id, err);

    if (rc == RP_OK)
        assert_int_equal(id, to_own(s, t->number));
    return rc;
}

static int do_remove(struct side *s, const struct step *t, struct rp_error *err)
{
    int64_t ids[4];

    for (size_t i = 0; i < t->n; i++)
        ids[i] = to_own(s, t->ids[i]);
    return s->store.ops->remove(s->store.self, ids, t->n, err);
}

static int do_prune(struct side *s, const struct step *t, struct rp_error *err)
{
    uint32_t removed = 0;
    int rc = rp_store_prune(&s->store, &s->memory.alloc, workflow_of(t), t->keep, t->before_ms,
                            &removed, err);

    if (rc == RP_OK)
        assert_int_equal(removed, t->number);
    return rc;
}

static int do_verify(struct side *s, const struct step *t, struct rp_error *err)
{
    return rp_store_verify(&s->store, &s->memory.alloc, to_own(s, t->ids[0]), err);
}

static int do_read(struct side *s, const struct step *t, struct rp_error *err)
{
    struct rp_value v = rp_nil();
    struct rp_heap h;
    int rc;

    rp_heap_init(&h, &s->memory.alloc, 0, 0);
    rc = rp_store_read(&s->store, to_own(s, t->ids[0]), &h, &v, err);
    if (rc == RP_OK) {
        uint64_t found = rp_digest(v, 1);
        if (digest && digest != found)
            fail_msg("%s gives another checkpoint", s->name);
        digest = found;
    }
    rp_heap_free(&h);
    return rc;
}

static int do_size(struct side *s, const struct step *t, struct rp_error *err)
{
    uint64_t bytes = 0;
    int rc = s->store.ops->size(s->store.self, &bytes, err);

    (void)t;
    if (rc == RP_OK)
        assert_true(bytes > 0 || model.n == 0);
    return rc;
}

static int do_reopen(struct side *s, const struct step *t, struct rp_error *err)
{
    (void)t;
    if (!s->durable)
        return RP_OK;
    renewed[s - sides] = 1; /* by a saver that knows nothing */
    freed[s - sides] = 0;
    return side_reopen(s, err);
}

static int (*const deed[KINDS])(struct side *s, const struct step *t, struct rp_error *err) = {
    do_save,   do_save,  do_item,   do_info, do_list, do_latest,
    do_remove, do_prune, do_verify, do_read, do_size, do_reopen};

/* ---- steps ---- */

static void must_be_as_the_model(struct side *s, int whole)
{
    struct model own = model;
    char why[400] = "";

    for (size_t i = 0; i < own.n; i++)
        own.c[i].id = to_own(s, own.c[i].id);
    if (model_which(&s->store, &own, 1, why) != 0 ||
        (whole && !model_is_whole(&s->store, &own, why)))
        fail_msg("%s: %s", s->name, why);
}

/* The step with something that fails. 1: it was done even so. Else nothing has changed. */
static int try_failing(struct side *s, const struct step *t)
{
    struct rp_error err = {0};
    int failed, rc;

    side_arm(s, (long)tree_below(&seed, tree_below(&seed, 3) ? 6 : 60), &seed);
    rc = deed[t->kind](s, t, &err);
    failed = side_disarm(s);
    if (rc ==
        t->wanted) /* opened with a failure, a store may count as damaged what it did not see */
        return t->kind != REOPEN || !failed;
    if (!failed || (rc != RP_ENOMEM && rc != RP_ESTORE) || err.status != rc || !err.text[0])
        fail_msg("%s: %s gives %s: %s: %s", s->name, kind_name[t->kind], rp_status_name(rc),
                 err.where, err.text);
    counts[t->kind][1]++;
    if (s->store.ops)
        must_be_as_the_model(s, 0);
    return 0;
}

static void do_step(struct side *s, const struct step *t)
{
    struct rp_error err = {0};
    int rc;

    if (tree_below(&seed, FAULT_EACH) == 0 && try_failing(s, t))
        return;
    rc = deed[t->kind](s, t, &err);
    if (rc != t->wanted)
        fail_msg("%s: %s gives %s and not %s: %s: %s", s->name, kind_name[t->kind],
                 rp_status_name(rc), rp_status_name(t->wanted), err.where, err.text);
}

/* Did the step free items? Then savers who do not know of it are stale. */
static void note_removal(const struct step *t)
{
    int frees = model_items(&t->after) < model_items(&model);

    if (t->kind != REMOVE && t->kind != PRUNE)
        return;
    for (int i = 0; i < SIDES; i++) {
        freed[i] = freed[i] || frees;
        renewed[i] = renewed[i] || t->after.n < model.n;
    }
}

static void play(long steps)
{
    struct step t;

    for (long n = 0; n < steps; n++) {
        draw_step(&t);
        digest = 0;
        for (int i = 0; i < SIDES; i++)
            do_step(&sides[i], &t);
        counts[t.kind][t.wanted != RP_OK]++;
        note_removal(&t);
        model = t.after;
        if (n % LOOK_EACH == 0 || n == steps - 1)
            for (int i = 0; i < SIDES; i++)
                must_be_as_the_model(&sides[i], 1);
    }
}

static long steps = 50000;
static uint64_t first_seed = 1;

static void three_stores_and_a_model_stay_in_step(void **state)
{
    (void)state;
    seed = first_seed;
    for (int i = 0; i < SIDES; i++) {
        own_id[i] = calloc((size_t)steps + 1, sizeof(*own_id[i]));
        assert_non_null(own_id[i]);
    }
    sides_open(sides);
    play(steps);
    sides_close(sides);
    for (int i = 0; i < SIDES; i++)
        free(own_id[i]);
    for (int i = 0; i < KINDS; i++) {
        printf("store model: %-10s succeeded %7ld times, failed %6ld times\n", kind_name[i],
               counts[i][0], counts[i][1]);
        assert_true(steps < 20000 || (counts[i][0] > 0 && counts[i][1] > 0));
    }
    printf("store model: %ld operations on %d stores, seed %lu\n", steps, SIDES,
           (unsigned long)first_seed);
}

int main(int n, char **given)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_stores_and_a_model_stay_in_step)};
    const char *wanted = getenv("STORE_MODEL_STEPS");

    if (n > 1)
        wanted = given[1];
    if (wanted)
        steps = strtol(wanted, NULL, 10);
    if (n > 2)
        first_seed = strtoul(given[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
