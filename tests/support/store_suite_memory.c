/* store_suite_memory.c - cases of memory that runs out: each allocation of a call fails once, and
 * later all from it on; each time the call says so and nothing has changed, until it succeeds. */
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

/* Runs the call with its first, second, ... allocation failing. It returns its status. */
static void sweep(struct suite *s, int (*call)(struct suite *s), int goes_on)
{
    int rc = RP_ENOMEM;

    for (long n = 0; rc == RP_ENOMEM; n++) {
        s->memory.fails = s->memory.asked + n;
        s->memory.goes_on = goes_on;
        s->memory.failed = 0;
        rc = call(s);
        s->memory.fails = -1;
        if (s->memory.failed) {
            assert_int_equal(rc, RP_ENOMEM);
            assert_int_equal(s->err.status, RP_ENOMEM);
            assert_string_equal(suite_list(s, NULL), "0 1 2");
            for (uint32_t i = 0; i < 3; i++)
                suite_whole(s, i, "w", i * 5);
        }
        assert_true(n < 10000);
    }
    assert_int_equal(rc, RP_OK);
}

static void runs_out_in(struct suite *s, int (*call)(struct suite *s))
{
    for (uint32_t i = 0; i < 3; i++)
        suite_save(s, "w", i * 5);
    sweep(s, call, s->of->given != NULL);
}

static int saves(struct suite *s)
{
    struct rp_checkpoint_info info;
    int64_t id = -9;
    int rc;

    suite_tree(s, "another", 50);
    info = tree_info("another", &s->t, -1, 5);
    rc = suite_try(s, &info, &id);
    assert_int_equal(id, rc == RP_OK ? 3 : -9);
    return rc;
}

static int saves_a_large_one(struct suite *s)
{
    static char big[300016];
    struct rp_checkpoint_info info;
    int64_t id;

    memset(big, 'b', sizeof(big));
    tree_make_big(&s->t, "w", (uint32_t[]){7, 7, 7}, big, 300000);
    info = tree_info("w", &s->t, -1, 5);
    return suite_try(s, &info, &id);
}

static int removes(struct suite *s)
{
    return suite_remove_rc(s, 2, (int64_t[]){0, 2});
}

static int prunes(struct suite *s)
{
    uint32_t removed = 99;

    return rp_store_prune(&s->store, &s->memory.alloc, "w", 1, UINT64_MAX, &removed, &s->err);
}

static int reads_an_item(struct suite *s)
{
    const char *bytes;
    size_t n;

    suite_tree(s, "w", 0);
    return s->store.ops->item(s->store.self, &s->t.item[0].id, &bytes, &n, &s->err);
}

static int tells_info(struct suite *s)
{
    return suite_info_rc(s, 1);
}

static int go_on(void *ctx, const struct rp_checkpoint_info *info)
{
    (void)ctx;
    (void)info;
    return RP_OK;
}

static int lists(struct suite *s)
{
    return s->store.ops->list(s->store.self, "w", go_on, NULL, &s->err);
}

static int finds_the_latest(struct suite *s)
{
    int64_t id;

    return s->store.ops->latest(s->store.self, "w", &id, &s->err);
}

static int tells_its_size(struct suite *s)
{
    uint64_t bytes;

    return s->store.ops->size(s->store.self, &bytes, &s->err);
}

static int verifies(struct suite *s)
{
    return suite_verify(s, 1);
}

/* Opens it anew, with what is known of it forgotten. */
static int opens(struct suite *s)
{
    int rc;

    suite_close(s);
    rc = s->kind->open(&s->memory.alloc, s->kind->place, &s->store, &s->err);
    if (rc == RP_OK)
        return RP_OK;
    assert_int_equal(s->memory.out, 0);
    s->memory.fails = -1;
    assert_int_equal(s->kind->open(&s->memory.alloc, s->kind->place, &s->store, NULL), RP_OK);
    return rc;
}

static int reads_an_item_first(struct suite *s)
{
    suite_close(s);
    s->memory.fails = -1;
    assert_int_equal(s->kind->open(&s->memory.alloc, s->kind->place, &s->store, NULL), RP_OK);
    s->memory.fails = s->memory.asked;
    return reads_an_item(s);
}

static void an_item_is_read_first_without_memory(struct suite *s)
{
    for (uint32_t i = 0; i < 3; i++)
        suite_save(s, "w", i * 5);
    reads_an_item_first(s);
    s->memory.fails = -1;
    assert_int_equal(reads_an_item(s), RP_OK);
}

#define RUNS_OUT(call)                                                                             \
    static void call##_without_memory(struct suite *s)                                             \
    {                                                                                              \
        runs_out_in(s, call);                                                                      \
    }
RUNS_OUT(saves)
RUNS_OUT(saves_a_large_one)
RUNS_OUT(removes)
RUNS_OUT(prunes)
RUNS_OUT(reads_an_item)
RUNS_OUT(tells_info)
RUNS_OUT(lists)
RUNS_OUT(finds_the_latest)
RUNS_OUT(tells_its_size)
RUNS_OUT(verifies)
RUNS_OUT(opens)

#define CASE(name, durable)                                                                        \
    {"memory runs out while it " #name, name##_without_memory, NULL, durable},                     \
    {                                                                                              \
        "memory runs out for good while it " #name, name##_without_memory, "for good", durable     \
    }
static const struct suite_case cases[] = {
    CASE(saves, 0),
    CASE(saves_a_large_one, 0),
    CASE(removes, 0),
    CASE(prunes, 0),
    CASE(reads_an_item, 0),
    CASE(tells_info, 0),
    CASE(lists, 0),
    CASE(finds_the_latest, 0),
    CASE(tells_its_size, 0),
    CASE(verifies, 0),
    CASE(opens, 1),
    {"memory runs out while a reopened store reads", an_item_is_read_first_without_memory, NULL, 1},
};

const struct suite_table suite_memory = {cases, sizeof(cases) / sizeof(cases[0])};
