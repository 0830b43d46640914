/* test_store.c - the store in memory: numbers, names, isolation, items once each, removal, what it
 * says when it has nothing; and what is the same for all stores: pruning, verifying, reading. */
#include <stdio.h>
#include <string.h>

#include "engine/base/msg.h"
#include "engine/snap.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_store store;
static uint64_t generation;

static int set_up(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    generation = 0;
    assert_int_equal(rp_store_memory(&faulty.alloc, &store), RP_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store.ops->free(store.self);
    assert_int_equal(faulty.out, 0);
    return 0;
}

/* ---- checkpoints with two items: a long text, and the whole that refers to it ---- */

struct pair {
    struct rp_item item[2];
    char bytes[2][256];
};

static void make_pair(struct pair *p, const char *text, const char *workflow)
{
    char *whole = p->bytes[1];
    int n = snprintf(p->bytes[0], 256, "\x01\x06\x50%80s", text);

    p->item[0] = (struct rp_item){.bytes = p->bytes[0], .n = (size_t)n};
    rp_item_name(p->bytes[0], (size_t)n, &p->item[0].id);
    n = snprintf(whole, 256, "\x01\x2e\x05%c%s\x81s\x27", (char)(0x80 + strlen(workflow)),
                 workflow);
    memcpy(whole + n, "\0\xb0\x0b", 3);
    memcpy(whole + n + 3, &p->item[0].id, sizeof(p->item[0].id));
    p->item[1] = (struct rp_item){.bytes = whole, .n = (size_t)n + 3 + sizeof(p->item[0].id)};
    rp_item_name(whole, p->item[1].n, &p->item[1].id);
}

static struct rp_checkpoint_info info_of(const struct pair *p, const char *workflow)
{
    return (struct rp_checkpoint_info){.id = 77,
                                       .previous = -1,
                                       .workflow = workflow,
                                       .signature = "s1",
                                       .iteration = 3,
                                       .pending = 2,
                                       .messages = 4,
                                       .root = p->item[1].id};
}

static int64_t save_at(const char *workflow, const char *text, uint64_t time_ms)
{
    struct pair p;
    struct rp_checkpoint_info info;
    int64_t id = -5;

    make_pair(&p, text, workflow);
    info = info_of(&p, workflow);
    info.time_ms = time_ms;
    assert_int_equal(store.ops->save(store.self, &info, p.item, 2, &generation, &id, NULL), RP_OK);
    return id;
}

static int64_t save(const char *workflow, const char *text)
{
    return save_at(workflow, text, 0);
}

/* The text that checkpoint id holds, or "STATUS PLACE: REASON". */
static const char *load(int64_t id)
{
    static char said[600];
    struct rp_error err = {0};
    struct rp_heap heap;
    struct rp_value v;
    int rc;

    rp_heap_init(&heap, &faulty.alloc, 0, 0);
    rc = rp_store_read(&store, id, &heap, &v, &err);
    if (rc == RP_OK)
        snprintf(said, sizeof(said), "%s",
                 rp_str_of(rp_checkpoint_of(v)->world).s +
                     strspn(rp_str_of(rp_checkpoint_of(v)->world).s, " "));
    else
        snprintf(said, sizeof(said), "%s %s: %s", rp_status_name(rc), err.where, err.text);
    rp_heap_free(&heap);
    return said;
}

static int add_id(void *ctx, const struct rp_checkpoint_info *info)
{
    char *list = ctx;

    snprintf(list + strlen(list), 256 - strlen(list), "%s%d", *list ? " " : "", (int)info->id);
    return info->id == 50 ? RP_EARG : RP_OK;
}

static const char *ids(const char *workflow)
{
    static char list[256];

    list[0] = '\0';
    assert_int_equal(store.ops->list(store.self, workflow, add_id, list, NULL), RP_OK);
    return list;
}

static int64_t latest(const char *workflow)
{
    int64_t id = -1;
    int rc = store.ops->latest(store.self, workflow, &id, NULL);

    assert_true(rc == RP_OK || rc == RP_ENOTFOUND);
    return id;
}

static int remove_one(int64_t id, struct rp_error *err)
{
    return store.ops->remove(store.self, &id, 1, err);
}

static uint64_t size(void)
{
    uint64_t n = 0;

    assert_int_equal(store.ops->size(store.self, &n, NULL), RP_OK);
    return n;
}

static int has(const struct rp_item_id *id)
{
    const char *bytes;
    size_t n;

    return store.ops->item(store.self, id, &bytes, &n, NULL) == RP_OK;
}

/* ---- keeping ---- */

static void checkpoints_are_numbered_in_order_of_saving(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 40; i++)
        assert_int_equal(save(i % 2 ? "odd" : "even", i % 3 ? "x" : "three"), i);
    for (int64_t i = 0; i < 40; i++)
        assert_string_equal(load(i), i % 3 ? "x" : "three");
}

static void names_group_checkpoints(void **state)
{
    (void)state;
    assert_int_equal(latest(NULL), -1);
    assert_string_equal(ids(NULL), "");
    save("a", "0");
    save("b", "1");
    save("a", "2");
    assert_int_equal(latest("a"), 2);
    assert_int_equal(latest("b"), 1);
    assert_int_equal(latest("c"), -1);
    assert_int_equal(latest(NULL), 2);
    assert_string_equal(ids("a"), "0 2");
    assert_string_equal(ids("b"), "1");
    assert_string_equal(ids("c"), "");
    assert_string_equal(ids(NULL), "0 1 2");
}

static void a_visit_may_end_the_list(void **state)
{
    char list[256] = "";

    (void)state;
    for (int i = 0; i < 60; i++)
        save("a", "x");
    assert_int_equal(store.ops->list(store.self, NULL, add_id, list, NULL), RP_EARG);
    assert_string_equal(list + strlen(list) - 5, "49 50");
}

static void what_is_known_of_a_checkpoint_is_kept_by_copy(void **state)
{
    char workflow[] = "flow", signature[] = "abc";
    struct pair p;
    struct rp_checkpoint_info info, out;
    int64_t id;

    (void)state;
    make_pair(&p, "data", "flow");
    info = info_of(&p, workflow);
    info.signature = signature;
    info.previous = 4;
    info.time_ms = UINT64_MAX;
    assert_int_equal(store.ops->save(store.self, &info, p.item, 2, &generation, &id, NULL), RP_OK);
    memset(workflow, 'x', 4);
    memset(signature, 'x', 3);
    memset(p.bytes, 'x', sizeof(p.bytes));
    assert_string_equal(load(id), "data");
    assert_int_equal(store.ops->info(store.self, id, &out, NULL), RP_OK);
    assert_int_equal(out.id, id);
    assert_int_equal(out.previous, 4);
    assert_string_equal(out.workflow, "flow");
    assert_string_equal(out.signature, "abc");
    assert_int_equal(out.iteration, 3);
    assert_int_equal(out.pending, 2);
    assert_int_equal(out.messages, 4);
    assert_true(out.time_ms == UINT64_MAX);
    assert_memory_equal(&out.root, &info.root, sizeof(out.root));
}

static void items_stand_once_however_many_checkpoints_have_them(void **state)
{
    uint64_t one, two;
    struct pair p;

    (void)state;
    save("a", "same");
    one = size();
    save("a", "same");
    two = size();
    save("a", "same");
    assert_int_equal(size() - two, two - one);
    assert_true(two - one < 160);
    save("a", "other");
    make_pair(&p, "other", "a");
    assert_true(size() - two > two - one + p.item[0].n + p.item[1].n);
}

/* ---- removing ---- */

static void a_removed_checkpoint_is_gone_and_its_number_stays_taken(void **state)
{
    (void)state;
    save("a", "0");
    save("a", "1");
    assert_int_equal(remove_one(1, NULL), RP_OK);
    assert_string_equal(load(1),
                        "RP_ENOTFOUND checkpoint store in memory: checkpoint 1 was removed");
    assert_int_equal(remove_one(1, NULL), RP_ENOTFOUND);
    assert_int_equal(latest("a"), 0);
    assert_string_equal(ids("a"), "0");
    generation++;
    assert_int_equal(save("a", "2"), 2);
    assert_string_equal(load(0), "0");
}

static void a_removal_frees_what_nobody_refers_to_any_more(void **state)
{
    struct pair kept, gone, shared;
    uint64_t before;

    (void)state;
    make_pair(&kept, "kept", "a");
    make_pair(&gone, "gone", "a");
    make_pair(&shared, "kept", "other workflow"); /* the same text in another whole */
    save("a", "kept");
    before = size();
    save("a", "gone");
    save("other workflow", "kept");
    assert_int_equal(store.ops->remove(store.self, (const int64_t[]){1, 2}, 2, NULL), RP_OK);
    assert_int_equal(size(), before);
    assert_true(has(&kept.item[0].id) && has(&kept.item[1].id));
    assert_false(has(&gone.item[0].id) || has(&gone.item[1].id) || has(&shared.item[1].id));
    assert_string_equal(load(0), "kept");
    assert_int_equal(remove_one(0, NULL), RP_OK);
    assert_false(has(&kept.item[0].id));
}

static void a_removal_is_of_all_or_of_none(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        save("a", i % 2 ? "odd" : "even");
    assert_int_equal(store.ops->remove(store.self, (const int64_t[]){0, 2, 9}, 3, NULL),
                     RP_ENOTFOUND);
    assert_string_equal(ids(NULL), "0 1 2 3");
    assert_int_equal(store.ops->remove(store.self, (const int64_t[]){0, 2}, 2, NULL), RP_OK);
    assert_string_equal(ids(NULL), "1 3");
    assert_string_equal(load(3), "odd");
}

static void who_does_not_know_of_a_removal_keeps_nothing(void **state)
{
    struct rp_error err = {0};
    struct rp_checkpoint_info info;
    struct pair p;
    int64_t id = -5;

    (void)state;
    save("a", "0");
    save("a", "1");
    assert_int_equal(remove_one(0, NULL), RP_OK);
    make_pair(&p, "2", "a");
    info = info_of(&p, "a");
    assert_int_equal(store.ops->save(store.self, &info, p.item, 2, &generation, &id, &err),
                     RP_ESTALE);
    assert_int_equal(err.status, RP_ESTALE);
    assert_int_equal(id, -5);
    assert_int_equal(generation, 1);
    assert_false(has(&p.item[0].id));
    assert_int_equal(save("a", "2"), 2);
}

/* ---- what is not there ---- */

static void what_is_not_there_is_said_with_its_reason(void **state)
{
    struct rp_checkpoint_info info;
    struct rp_error err;
    struct rp_item_id none = {{0}};
    const char *bytes;
    size_t n;
    int64_t id = 9;

    (void)state;
    assert_string_equal(load(0), "RP_ENOTFOUND checkpoint store in memory: there is no checkpoint "
                                 "0; none was saved yet");
    save("a", "0");
    save("a", "1");
    assert_string_equal(load(2), "RP_ENOTFOUND checkpoint store in memory: there is no checkpoint "
                                 "2; those that were saved have the numbers 0 to 1");
    assert_string_equal(load(-1), "RP_ENOTFOUND checkpoint store in memory: there is no checkpoint "
                                  "-1; those that were saved have the numbers 0 to 1");
    assert_int_equal(store.ops->info(store.self, 5, &info, &err), RP_ENOTFOUND);
    assert_int_equal(store.ops->item(store.self, &none, &bytes, &n, &err), RP_ENOTFOUND);
    assert_int_equal(store.ops->latest(store.self, "b", &id, &err), RP_ENOTFOUND);
    assert_string_equal(err.text, "there is no checkpoint of the workflow \"b\"; give the name "
                                  "under which it was saved");
    assert_int_equal(id, 9);
}

/* ---- for all stores ---- */

static uint32_t prune(const char *workflow, uint32_t keep, uint64_t before_ms)
{
    uint32_t removed = 99;

    assert_int_equal(
        rp_store_prune(&store, &faulty.alloc, workflow, keep, before_ms, &removed, NULL), RP_OK);
    return removed;
}

static void pruning_keeps_the_newest_and_what_is_young(void **state)
{
    (void)state;
    assert_int_equal(prune(NULL, 0, UINT64_MAX), 0);
    for (int i = 0; i < 12; i++)
        save_at(i % 3 ? "a" : "b", "x", (uint64_t)i * 10);
    assert_int_equal(prune("a", 6, UINT64_MAX), 2); /* of 1 2 4 5 7 8 10 11 */
    assert_string_equal(ids("a"), "4 5 7 8 10 11");
    assert_int_equal(prune("a", 1, 75), 3);
    assert_string_equal(ids("a"), "8 10 11");
    assert_int_equal(prune("c", 0, UINT64_MAX), 0);
    assert_int_equal(prune("b", 9, UINT64_MAX), 0);
    assert_string_equal(ids(NULL), "0 3 6 8 9 10 11");
    assert_int_equal(prune(NULL, 2, 61), 3);
    assert_string_equal(ids(NULL), "8 9 10 11");
    assert_int_equal(prune(NULL, 0, UINT64_MAX), 4);
    assert_string_equal(ids(NULL), "");
}

static void verifying_reads_all_of_it(void **state)
{
    struct rp_checkpoint_info info;
    struct rp_error err = {0};
    struct pair p;
    int64_t id;

    (void)state;
    make_pair(&p, "fine", "a");
    info = info_of(&p, "a");
    assert_int_equal(store.ops->save(store.self, &info, p.item, 2, &generation, &id, NULL), RP_OK);
    assert_int_equal(rp_store_verify(&store, &faulty.alloc, id, &err), RP_OK);
    make_pair(&p, "lost", "a");
    info = info_of(&p, "a");
    assert_int_equal(store.ops->save(store.self, &info, p.item + 1, 1, &generation, &id, NULL),
                     RP_OK);
    assert_int_equal(rp_store_verify(&store, &faulty.alloc, id, &err), RP_ECHECKPOINT);
    assert_int_equal(err.status, RP_ECHECKPOINT);
    assert_string_equal(err.where + 37, " byte 0");
    make_pair(&p, "harmed", "a");
    info = info_of(&p, "a");
    p.bytes[0][50]++;
    assert_int_equal(store.ops->save(store.self, &info, p.item, 2, &generation, &id, NULL), RP_OK);
    assert_int_equal(rp_store_verify(&store, &faulty.alloc, id, &err), RP_ECHECKPOINT);
    assert_int_equal(rp_store_verify(&store, &faulty.alloc, 9, &err), RP_ENOTFOUND);
}

/* ---- memory ---- */

static int use_store(const struct rp_alloc *alloc)
{
    struct rp_store s;
    struct rp_error err = {0};
    uint64_t known = 0;
    int64_t id = -1, kept = 0;
    uint32_t removed;
    int rc = rp_store_memory(alloc, &s);

    if (rc != RP_OK)
        return rc;
    for (int i = 0; i < 40 && rc == RP_OK; i++) {
        struct pair p;
        struct rp_checkpoint_info info;
        char text[16];
        snprintf(text, sizeof(text), "%d", i / 2);
        make_pair(&p, text, i % 8 < 4 ? "a" : "b");
        info = info_of(&p, i % 8 < 4 ? "a" : "b");
        rc = s.ops->save(s.self, &info, p.item, 2, &known, &id, &err);
        kept += rc == RP_OK;
        assert_int_equal(kept, id + 1);
        assert_int_equal(rc, err.status);
    }
    if (rc == RP_OK)
        rc = rp_store_verify(&s, alloc, 17, &err);
    if (rc == RP_OK)
        rc = rp_store_prune(&s, alloc, NULL, 5, UINT64_MAX, &removed, &err);
    assert_int_equal(rc, err.status);
    s.ops->free(s.self);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    assert_true(sweep_memory(use_store) > 60);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(checkpoints_are_numbered_in_order_of_saving),
        TEST(names_group_checkpoints),
        TEST(a_visit_may_end_the_list),
        TEST(what_is_known_of_a_checkpoint_is_kept_by_copy),
        TEST(items_stand_once_however_many_checkpoints_have_them),
        TEST(a_removed_checkpoint_is_gone_and_its_number_stays_taken),
        TEST(a_removal_frees_what_nobody_refers_to_any_more),
        TEST(a_removal_is_of_all_or_of_none),
        TEST(who_does_not_know_of_a_removal_keeps_nothing),
        TEST(what_is_not_there_is_said_with_its_reason),
        TEST(pruning_keeps_the_newest_and_what_is_young),
        TEST(verifying_reads_all_of_it),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
