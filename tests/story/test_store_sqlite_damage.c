/* test_store_sqlite_damage.c - a SQLite database that is not as the store wrote it: what is told,
 * and that nothing wrong is given out. */
#include <stdlib.h>
#include <string.h>

#include "engine/os/store_sqlite.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/sqlite_ground.h"
#include "tests/support/sqlite_kills.h"

static void damage(const char *text)
{
    ground_shut(&ground.store);
    ground_sql(text);
    ground_open(&ground.store, NULL);
}

static const char *hex(const struct rp_item_id *id)
{
    static char text[33];

    rp_sqlite_hex(id, text);
    return text;
}

static void a_changed_item_is_named(void **state)
{
    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    damage("UPDATE item SET bytes = CAST(replace(bytes, 'f', 'g') AS BLOB) WHERE seq = 1");
    assert_int_equal(rp_store_verify(&ground.store, &ground.memory, 0, &ground.err),
                     RP_ECHECKPOINT);
    assert_non_null(strstr(ground.err.where, hex(&ground.tree.item[0].id)));
}

static void an_item_that_is_no_bytes_is_named(void **state)
{
    const char *bytes;
    size_t n;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    damage("UPDATE item SET bytes = 'text' WHERE seq = 1");
    assert_int_equal(
        ground.store.ops->item(ground.store.self, &ground.tree.item[0].id, &bytes, &n, &ground.err),
        RP_ESTORE);
    assert_non_null(strstr(ground.err.text, hex(&ground.tree.item[0].id)));
    assert_non_null(strstr(ground.err.text, "its row holds no bytes"));
}

static void an_index_that_leads_astray_is_told(void **state)
{
    struct rp_sqlite_opts opts = {.unindexed = 1};
    const char *bytes;
    size_t n;

    (void)state;
    ground_open(&ground.store, &opts);
    ground_save(&ground.store, 1);
    damage("UPDATE name SET seq = 1 + seq % 10");
    assert_int_equal(
        ground.store.ops->item(ground.store.self, &ground.tree.item[0].id, &bytes, &n, &ground.err),
        RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "its row has another name"));
    damage("UPDATE name SET seq = 4711");
    assert_int_equal(
        ground.store.ops->item(ground.store.self, &ground.tree.item[0].id, &bytes, &n, &ground.err),
        RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "a row that is not there"));
}

static void a_changed_checkpoint_is_told(void **state)
{
    static const char *const changes[] = {
        "UPDATE checkpoint SET iteration = 6 WHERE id = 0",
        "UPDATE checkpoint SET previous = 6 WHERE id = 0",
        "UPDATE checkpoint SET root = zeroblob(16) WHERE id = 0",
        "UPDATE checkpoint SET root = 'no name' WHERE id = 0",
        "UPDATE checkpoint SET pending = 4294967296 WHERE id = 0",
        "UPDATE flow SET workflow = 'v'",
        "DELETE FROM flow",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct rp_checkpoint_info info;
        ground_open(&ground.store, NULL);
        ground_save(&ground.store, 1);
        damage(changes[i]);
        assert_int_equal(ground.store.ops->info(ground.store.self, 0, &info, &ground.err),
                         RP_ESTORE);
        assert_non_null(strstr(ground.err.text, "the row of checkpoint 0 is damaged"));
        assert_int_equal(ground.store.ops->remove(ground.store.self, &(int64_t){0}, 1, &ground.err),
                         RP_OK);
        ground_shut(&ground.store);
        sqlite_remove_files(ground.place);
        ground.generation = 0;
    }
}

static void a_lost_state_is_told(void **state)
{
    int64_t id;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    damage("DELETE FROM store");
    assert_int_equal(ground_try(&ground.store, 2, &id), RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "the row of table store is missing"));
    damage("INSERT INTO store VALUES(0, -5, 0)");
    assert_int_equal(ground_try(&ground.store, 2, &id), RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "a number in table store cannot be"));
}

/* Every byte of the file, some pages of it: a call says so, or what it gives is right. */
static void damaged_pages_give_errors_and_nothing_wrong(void **state)
{
    static struct faulty_vfs vfs;
    struct rp_sqlite_opts opts = {.vfs = "damage", .unindexed = 5};
    struct vfs_bytes whole = {0}, *b;
    char *copy;

    (void)state;
    faulty_vfs_init(&vfs, "damage");
    assert_int_equal(
        rp_store_sqlite_with(&ground.memory, "s.db", &opts, &ground.store, &ground.err), RP_OK);
    for (uint32_t i = 0; i < 3; i++)
        ground_save(&ground.store, i);
    ground_shut(&ground.store);
    b = faulty_vfs_bytes(&vfs, "s.db");
    copy = malloc(b->n);
    assert_non_null(copy);
    whole = *b;
    memcpy(copy, b->b, b->n);
    for (size_t at = 0; at < whole.n; at += 41) {
        faulty_vfs_clear(&vfs);
        assert_int_equal(
            rp_store_sqlite_with(&ground.memory, "s.db", &opts, &ground.store, &ground.err), RP_OK);
        ground_shut(&ground.store);
        b = faulty_vfs_bytes(&vfs, "s.db");
        b->b = realloc(b->b, whole.n);
        b->room = b->n = whole.n;
        memcpy(b->b, copy, whole.n);
        b->b[at] ^= 0x55;
        if (rp_store_sqlite_with(&ground.memory, "s.db", &opts, &ground.store, &ground.err) !=
            RP_OK)
            continue;
        for (int64_t id = 0; id < 3; id++) {
            int rc = rp_store_verify(&ground.store, &ground.memory, id, &ground.err);
            assert_true(rc == RP_OK || rc == RP_ESTORE || rc == RP_ECHECKPOINT ||
                        rc == RP_ENOTFOUND);
        }
        ground.store.ops->remove(ground.store.self, &(int64_t){1}, 1, &ground.err);
        ground_shut(&ground.store);
    }
    free(copy);
    faulty_vfs_free(&vfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_changed_item_is_named),
        GROUND_TEST(an_item_that_is_no_bytes_is_named),
        GROUND_TEST(an_index_that_leads_astray_is_told),
        GROUND_TEST(a_changed_checkpoint_is_told),
        GROUND_TEST(a_lost_state_is_told),
        GROUND_TEST(damaged_pages_give_errors_and_nothing_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
