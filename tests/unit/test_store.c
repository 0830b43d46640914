/* test_store.c - the store in memory: numbers, names, isolation, removal, and what it says when it
 * has nothing. */
#include <stdio.h>
#include <string.h>

#include "engine/reprise.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

static struct faulty faulty;
static struct rp_store store;

static int set_up(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
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

static int64_t save(const char *workflow, const char *bytes)
{
    struct rp_checkpoint_info info = {.id = 77,
                                      .previous = -1,
                                      .workflow = workflow,
                                      .signature = "s1",
                                      .iteration = 3,
                                      .pending = 2};
    int64_t id = -5;

    assert_int_equal(store.ops->save(store.self, &info, bytes, strlen(bytes), &id, NULL), RP_OK);
    return id;
}

/* The bytes, or "STATUS PLACE: REASON". */
static const char *load(int64_t id)
{
    static char said[600];
    struct rp_error err = {0};
    const char *bytes = NULL;
    size_t n = 0;
    int rc = store.ops->load(store.self, id, &bytes, &n, &err);

    if (rc == RP_OK)
        snprintf(said, sizeof(said), "%.*s", (int)n, bytes);
    else
        snprintf(said, sizeof(said), "%s %s: %s", rp_status_name(rc), err.where, err.text);
    return said;
}

static uint32_t count(const char *workflow)
{
    uint32_t n = 99;

    assert_int_equal(store.ops->count(store.self, workflow, &n), RP_OK);
    return n;
}

static int64_t latest(const char *workflow)
{
    int64_t id = -1;
    int rc = store.ops->latest(store.self, workflow, &id, NULL);

    assert_true(rc == RP_OK || rc == RP_ENOTFOUND);
    return id;
}

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
    save("a", "0");
    save("b", "1");
    save("a", "2");
    assert_int_equal(latest("a"), 2);
    assert_int_equal(latest("b"), 1);
    assert_int_equal(latest("c"), -1);
    assert_int_equal(latest(NULL), 2);
    assert_int_equal(count("a"), 2);
    assert_int_equal(count("b"), 1);
    assert_int_equal(count("c"), 0);
    assert_int_equal(count(NULL), 3);
}

static void what_is_known_of_a_checkpoint_is_kept_by_copy(void **state)
{
    char workflow[] = "flow", signature[] = "abc", bytes[] = "data";
    struct rp_checkpoint_info info = {
        .previous = 4, .workflow = workflow, .signature = signature, .iteration = 7, .pending = 1};
    int64_t id;

    (void)state;
    assert_int_equal(store.ops->save(store.self, &info, bytes, 4, &id, NULL), RP_OK);
    memset(workflow, 'x', 4);
    memset(signature, 'x', 3);
    memset(bytes, 'x', 4);
    assert_string_equal(load(id), "data");
    assert_int_equal(store.ops->info(store.self, id, &info, NULL), RP_OK);
    assert_int_equal(info.id, id);
    assert_int_equal(info.previous, 4);
    assert_string_equal(info.workflow, "flow");
    assert_string_equal(info.signature, "abc");
    assert_int_equal(info.iteration, 7);
    assert_int_equal(info.pending, 1);
}

static void bytes_with_zeros_and_no_bytes_at_all_are_fine(void **state)
{
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "w"};
    const char *bytes;
    int64_t id;
    size_t n;

    (void)state;
    assert_int_equal(store.ops->save(store.self, &info, "a\0b", 3, &id, NULL), RP_OK);
    assert_int_equal(store.ops->load(store.self, id, &bytes, &n, NULL), RP_OK);
    assert_int_equal(n, 3);
    assert_memory_equal(bytes, "a\0b", 3);
    assert_int_equal(store.ops->save(store.self, &info, NULL, 0, &id, NULL), RP_OK);
    assert_int_equal(store.ops->load(store.self, id, &bytes, &n, NULL), RP_OK);
    assert_int_equal(n, 0);
    assert_int_equal(store.ops->info(store.self, id, &info, NULL), RP_OK);
    assert_string_equal(info.signature, "");
}

static void a_removed_checkpoint_is_gone_and_its_number_stays_taken(void **state)
{
    (void)state;
    save("a", "0");
    save("a", "1");
    assert_int_equal(store.ops->remove(store.self, 1, NULL), RP_OK);
    assert_string_equal(load(1),
                        "RP_ENOTFOUND checkpoint store in memory: checkpoint 1 was removed");
    assert_int_equal(store.ops->remove(store.self, 1, NULL), RP_ENOTFOUND);
    assert_int_equal(latest("a"), 0);
    assert_int_equal(count("a"), 1);
    assert_int_equal(save("a", "2"), 2);
    assert_string_equal(load(0), "0");
}

static void what_is_not_there_is_said_with_its_reason(void **state)
{
    struct rp_checkpoint_info info;
    struct rp_error err;
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
    assert_int_equal(store.ops->latest(store.self, "b", &id, &err), RP_ENOTFOUND);
    assert_string_equal(err.text, "there is no checkpoint of the workflow \"b\"; give the name "
                                  "under which it was saved");
    assert_int_equal(id, 9);
}

static int save_twenty(const struct rp_alloc *alloc)
{
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "w", .signature = "s"};
    struct rp_store s;
    struct rp_error err = {0};
    int64_t id = -1;
    uint32_t n;
    int rc = rp_store_memory(alloc, &s);

    if (rc != RP_OK)
        return rc;
    for (int i = 0; i < 20 && rc == RP_OK; i++) {
        rc = s.ops->save(s.self, &info, "bytes", 5, &id, &err);
        s.ops->count(s.self, NULL, &n);
        assert_int_equal(n, id + 1);
        assert_int_equal(rc, err.status);
    }
    s.ops->free(s.self);
    return rc;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    assert_int_equal(sweep_memory(save_twenty), 23);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(checkpoints_are_numbered_in_order_of_saving, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_group_checkpoints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_known_of_a_checkpoint_is_kept_by_copy, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bytes_with_zeros_and_no_bytes_at_all_are_fine, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_removed_checkpoint_is_gone_and_its_number_stays_taken,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_said_with_its_reason, set_up,
                                        tear_down),
        cmocka_unit_test(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
