/* store_suite.c - owns the ground that the cases for all stores stand on. */
#include "tests/support/store_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/cm.h"

/* ---- places ---- */

static char folder[64];

const char *suite_place(const char *name)
{
    static char path[8][160];
    static unsigned next;
    char *to = path[next++ % 8];

    if (!folder[0]) {
        snprintf(folder, sizeof(folder), "%s/stores.XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(folder))
            abort();
    }
    snprintf(to, sizeof(path[0]), "%s/%s", folder, name);
    return to;
}

void suite_clean(void)
{
    if (folder[0] && rmdir(folder) != 0)
        abort();
    folder[0] = '\0';
}

/* ---- a case ---- */

static void open_store(struct suite *s)
{
    int rc = s->kind->open(&s->memory.alloc, s->kind->place, &s->store, &s->err);

    if (rc != RP_OK)
        print_error("%s: %s\n", s->err.where, s->err.text);
    assert_int_equal(rc, RP_OK);
}

void suite_close(struct suite *s)
{
    if (s->store.ops)
        s->store.ops->free(s->store.self);
    s->store.ops = NULL;
}

void suite_reopen(struct suite *s)
{
    suite_close(s);
    assert_int_equal(s->memory.out, 0);
    s->generation = 0;
    open_store(s);
}

/* One for all: cmocka runs them one after the other. */
static struct suite now;
static const struct suite_kind *kind_now;

static int set_up(void **state)
{
    now.kind = kind_now;
    now.of = *state;
    now.generation = 0;
    now.kind->wipe(now.kind->place);
    faulty_init(&now.memory, -1);
    open_store(&now);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    suite_close(&now);
    now.kind->wipe(now.kind->place);
    return now.memory.out == 0 ? 0 : -1;
}

static void run_case(void **state)
{
    (void)state;
    now.of->run(&now);
}

static size_t add_cases(const struct suite_kind *kind, const struct suite_table *table,
                        struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct suite_case *c = &table->at[i];
        size_t size = strlen(kind->name) + strlen(c->name) + 200;
        char *name;
        if (c->durable && !kind->durable)
            continue;
        name = malloc(size);
        if (!name)
            abort();
        snprintf(name, size, "%s: %s%s%.60s", kind->name, c->name, c->given ? ": " : "",
                 c->given ? c->given : "");
        for (char *at = name; *at; at++)
            if (*at == '\n' || *at == '\t')
                *at = ' ';
        tests[n++] = (struct CMUnitTest){name, run_case, set_up, tear_down,
                                         (void *)(uintptr_t)(const void *)c};
    }
    return n;
}

int suite_run(const struct suite_kind *kind, size_t *cases)
{
    static const struct suite_table *const tables[] = {
        &suite_saving,  &suite_names,  &suite_listing,   &suite_removing,
        &suite_pruning, &suite_damage, &suite_reopening, &suite_memory};
    static struct CMUnitTest tests[1000];
    size_t n = 0;
    int failed;

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        n = add_cases(kind, tables[i], tests, n);
    kind_now = kind;
    failed = _cmocka_run_group_tests(kind->name, tests, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)(const void *)tests[i].name);
    *cases += n;
    return failed;
}

/* ---- calls ---- */

static void must(struct suite *s, int rc)
{
    if (rc != RP_OK)
        print_error("%s: %s: %s\n", rp_status_name(rc), s->err.where, s->err.text);
    assert_int_equal(rc, RP_OK);
}

void suite_tree(struct suite *s, const char *workflow, uint32_t a)
{
    tree_make(&s->t, workflow, (uint32_t[]){a, a + 1, a + 2});
}

int suite_try(struct suite *s, const struct rp_checkpoint_info *info, int64_t *id)
{
    return s->store.ops->save(s->store.self, info, s->t.item, s->t.n, &s->generation, id, &s->err);
}

static int64_t save_tree(struct suite *s, const char *workflow, uint64_t time_ms)
{
    struct rp_checkpoint_info info = tree_info(workflow, &s->t, -1, 5);
    int64_t id = -9;
    int rc;

    info.time_ms = time_ms;
    rc = suite_try(s, &info, &id);
    if (rc == RP_ESTALE)
        rc = suite_try(s, &info, &id);
    must(s, rc);
    return id;
}

int64_t suite_save(struct suite *s, const char *workflow, uint32_t a)
{
    return suite_save_at(s, workflow, a, 1000);
}

int64_t suite_save_at(struct suite *s, const char *workflow, uint32_t a, uint64_t time_ms)
{
    suite_tree(s, workflow, a);
    return save_tree(s, workflow, time_ms);
}

int64_t suite_save_big(struct suite *s, uint32_t a, size_t n)
{
    size_t most = RP_TEXT_MAX;
    char *big = malloc(n + 16);
    int64_t id;

    n = n < most ? n : most; /* no text may be longer */
    assert_non_null(big);
    for (size_t i = 0; i < n; i++)
        big[i] = (char)('a' + (i * 7 + a + i / 4096) % 26);
    tree_make_big(&s->t, "big", (uint32_t[]){a, a, a}, big, n);
    id = save_tree(s, "big", 1000);
    free(big);
    return id;
}

int suite_info_rc(struct suite *s, int64_t id)
{
    struct rp_checkpoint_info info;

    return s->store.ops->info(s->store.self, id, &info, &s->err);
}

struct rp_checkpoint_info suite_info(struct suite *s, int64_t id)
{
    struct rp_checkpoint_info info = {.id = -9};

    must(s, s->store.ops->info(s->store.self, id, &info, &s->err));
    return info;
}

enum { LISTED = 20000 };

static int add_id(void *ctx, const struct rp_checkpoint_info *info)
{
    char *to = ctx;
    size_t n = strlen(to);

    snprintf(to + n, LISTED - n, "%s%ld", n ? " " : "", (long)info->id);
    return RP_OK;
}

const char *suite_list(struct suite *s, const char *workflow)
{
    static char ids[LISTED];

    ids[0] = '\0';
    must(s, s->store.ops->list(s->store.self, workflow, add_id, ids, &s->err));
    return ids;
}

int64_t suite_latest(struct suite *s, const char *workflow)
{
    int64_t id = -1;
    int rc = s->store.ops->latest(s->store.self, workflow, &id, &s->err);

    if (rc == RP_ENOTFOUND)
        assert_int_equal(id, -1);
    else
        must(s, rc);
    return id;
}

int suite_remove_rc(struct suite *s, size_t n, const int64_t *ids)
{
    return s->store.ops->remove(s->store.self, ids, n, &s->err);
}

void suite_remove(struct suite *s, int64_t id)
{
    must(s, suite_remove_rc(s, 1, &id));
}

size_t suite_has(struct suite *s, const char *workflow, uint32_t a)
{
    static struct tree t;
    size_t there = 0;

    tree_make(&t, workflow, (uint32_t[]){a, a + 1, a + 2});
    for (size_t i = 0; i < t.n; i++) {
        const char *bytes = NULL;
        size_t n = 0;
        int rc = s->store.ops->item(s->store.self, &t.item[i].id, &bytes, &n, &s->err);
        if (rc == RP_ENOTFOUND)
            continue;
        must(s, rc);
        assert_int_equal(n, t.item[i].n);
        assert_memory_equal(bytes, t.item[i].bytes, n);
        there++;
    }
    return there;
}

void suite_whole(struct suite *s, int64_t id, const char *workflow, uint32_t a)
{
    struct rp_checkpoint_info info = suite_info(s, id);

    assert_string_equal(info.workflow, workflow);
    suite_tree(s, workflow, a);
    assert_memory_equal(&info.root, &tree_root(&s->t)->id, sizeof(info.root));
    assert_int_equal(suite_has(s, workflow, a), TREE_ITEMS);
    must(s, suite_verify(s, id));
}

uint64_t suite_size(struct suite *s)
{
    uint64_t bytes = 0;

    must(s, s->store.ops->size(s->store.self, &bytes, &s->err));
    return bytes;
}

uint32_t suite_prune(struct suite *s, const char *workflow, uint32_t keep, uint64_t before_ms)
{
    uint32_t removed = 999;

    must(s,
         rp_store_prune(&s->store, &s->memory.alloc, workflow, keep, before_ms, &removed, &s->err));
    return removed;
}

int suite_verify(struct suite *s, int64_t id)
{
    return rp_store_verify(&s->store, &s->memory.alloc, id, &s->err);
}
