/* test_store_sqlite.c - the store in a SQLite database: whose file it opens, versions, options,
 * several handles and processes at once, failures, and crashes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/os/store_sqlite.h"
#include "tests/support/cm.h"
#include "tests/support/sqlite_ground.h"
#include "tests/support/sqlite_kills.h"
#include "tests/support/sqlite_points.h"

/* The file's bytes, or "" when there is none; owned by the caller. */
static char *bytes_of(const char *ending, size_t *n)
{
    char path[300], *bytes = malloc(1 << 20);
    FILE *f;

    snprintf(path, sizeof(path), "%s%s", ground.place, ending);
    f = fopen(path, "rb");
    *n = f ? fread(bytes, 1, 1 << 20, f) : 0;
    if (f)
        fclose(f);
    return bytes;
}

static void write_file(const char *bytes, size_t n)
{
    FILE *f = fopen(ground.place, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

/* Opening is refused for that reason, and all that stands there stays as it is. */
static void is_refused_untouched(const char *reason)
{
    static const char *const endings[] = {"", "-wal", "-journal"};
    char *before[3], *after;
    size_t n_before[3], n;

    for (int i = 0; i < 3; i++)
        before[i] = bytes_of(endings[i], &n_before[i]);
    assert_int_equal(rp_store_sqlite(&ground.memory, ground.place, &ground.store, &ground.err),
                     RP_ESTORE);
    assert_null(ground.store.ops);
    assert_string_equal(ground.err.where, ground.place);
    if (!strstr(ground.err.text, reason))
        print_error("%s\n", ground.err.text);
    assert_non_null(strstr(ground.err.text, reason));
    for (int i = 0; i < 3; i++) {
        after = bytes_of(endings[i], &n);
        assert_int_equal(n, n_before[i]);
        assert_memory_equal(after, before[i], n);
        free(after);
        free(before[i]);
    }
}

/* ---- whose file it is ---- */

static void a_new_database_says_whose_it_is(void **state)
{
    (void)state;
    ground_open(&ground.store, NULL);
    ground_shut(&ground.store);
    assert_int_equal(ground_sql("PRAGMA application_id"), RP_SQLITE_APPLICATION);
    assert_int_equal(ground_sql("PRAGMA user_version"), 1);
    assert_int_equal(ground_sql("PRAGMA auto_vacuum"), 2);
    assert_int_equal(ground_sql("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void an_empty_file_becomes_a_store(void **state)
{
    (void)state;
    write_file("", 0);
    ground_open(&ground.store, NULL);
    assert_int_equal(ground_save(&ground.store, 1), 0);
}

static void a_text_file_is_refused(void **state)
{
    (void)state;
    write_file("these are notes, no database\n", 29);
    is_refused_untouched("no SQLite database");
}

static void a_long_file_of_zeros_is_refused(void **state)
{
    static const char zeros[8192];

    (void)state;
    write_file(zeros, sizeof(zeros));
    is_refused_untouched("no SQLite database");
}

static void a_database_without_a_name_is_refused(void **state)
{
    (void)state;
    ground_sql("CREATE TABLE item(id, bytes)");
    is_refused_untouched("of another program");
}

static void a_named_database_of_another_is_refused(void **state)
{
    (void)state;
    ground_sql("PRAGMA application_id = 4711");
    is_refused_untouched("of another program");
}

/* Just looking into it would put the WAL into the file and delete it. */
static void a_wal_of_another_is_left_alone(void **state)
{
    sqlite3 *db;

    (void)state;
    assert_int_equal(sqlite3_open(ground.place, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1)", NULL,
                 NULL, NULL);
    is_refused_untouched("of another program");
    sqlite3_close(db);
}

static void a_folder_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir(ground.place, 0700), 0);
    assert_int_equal(rp_store_sqlite(&ground.memory, ground.place, &ground.store, &ground.err),
                     RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "unable to open database file"));
    rmdir(ground.place);
}

static void a_missing_folder_is_told(void **state)
{
    (void)state;
    assert_int_equal(
        rp_store_sqlite(&ground.memory, "/nowhere/at/all.db", &ground.store, &ground.err),
        RP_ESTORE);
    assert_string_equal(ground.err.where, "/nowhere/at/all.db");
    assert_non_null(strstr(ground.err.text, "unable to open database file"));
    assert_non_null(strstr(ground.err.text, "look whether the folder is there"));
}

static void an_empty_path_is_refused(void **state)
{
    (void)state;
    assert_int_equal(rp_store_sqlite(&ground.memory, "", &ground.store, &ground.err), RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "path is empty"));
}

static void a_database_in_memory_is_no_store(void **state)
{
    (void)state;
    assert_int_equal(rp_store_sqlite(&ground.memory, ":memory:", &ground.store, &ground.err),
                     RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "unable to open database file"));
}

/* ---- versions ---- */

static void a_newer_version_is_refused(void **state)
{
    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    ground_shut(&ground.store);
    ground_sql("PRAGMA user_version = 99");
    assert_int_equal(rp_store_sqlite(&ground.memory, ground.place, &ground.store, &ground.err),
                     RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "version 99"));
    assert_non_null(strstr(ground.err.text, "use a newer program"));
    assert_int_equal(ground_sql("SELECT count(*) FROM checkpoint"), 1);
}

static const char *const to_version_3[] = {
    "never run", "ALTER TABLE checkpoint ADD COLUMN note TEXT",
    "UPDATE checkpoint SET note = 'kept'; CREATE INDEX note ON checkpoint(note)"};

static void an_older_version_is_migrated(void **state)
{
    struct rp_sqlite *s;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    s = ground.store.self;
    assert_int_equal(rp_sqlite_migrate(s, to_version_3, 3), RP_OK);
    ground_shut(&ground.store);
    assert_int_equal(ground_sql("PRAGMA user_version"), 3);
    assert_int_equal(ground_sql("SELECT count(*) FROM checkpoint WHERE note = 'kept'"), 1);
    assert_int_equal(ground_sql("PRAGMA application_id"), RP_SQLITE_APPLICATION);
}

static void a_migration_that_fails_changes_nothing(void **state)
{
    const char *const steps[] = {"never run", to_version_3[1], "this is no SQL"};
    struct rp_sqlite *s;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    s = ground.store.self;
    s->err = &ground.err;
    s->doing = "opening the store";
    assert_int_equal(rp_sqlite_migrate(s, steps, 3), RP_ESTORE);
    ground_whole(&ground.store, 0);
    ground_shut(&ground.store);
    assert_int_equal(ground_sql("PRAGMA user_version"), 1);
    assert_int_equal(ground_sql("SELECT count(*) FROM pragma_table_info('checkpoint')"), 9);
}

static void what_is_of_the_version_is_not_migrated_again(void **state)
{
    struct rp_sqlite *s;

    (void)state;
    ground_open(&ground.store, NULL);
    s = ground.store.self;
    assert_int_equal(rp_sqlite_migrate(s, to_version_3, 1), RP_OK);
    assert_int_equal(ground_save(&ground.store, 1), 0);
}

/* ---- options ---- */

static int64_t setting(const char *pragma)
{
    struct rp_sqlite *s = ground.store.self;
    int64_t n = -1;

    assert_int_equal(rp_sqlite_pragma(s, pragma, &n), RP_OK);
    return n;
}

static void syncing_is_by_option(void **state)
{
    (void)state;
    ground_open(&ground.store, NULL);
    assert_int_equal(setting("PRAGMA synchronous"), 1);
    ground_shut(&ground.store);
    ground_open(&ground.store, &(struct rp_sqlite_opts){.full_sync = 1});
    assert_int_equal(setting("PRAGMA synchronous"), 2);
}

static void a_store_to_read_shows_what_is_there(void **state)
{
    struct rp_checkpoint_info info;
    int64_t id = -1;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    ground_open(&ground.other, &(struct rp_sqlite_opts){.read_only = 1});
    ground_whole(&ground.other, 0);
    ground_save(&ground.store, 2);
    assert_int_equal(ground.other.ops->latest(ground.other.self, "w", &id, &ground.err), RP_OK);
    assert_int_equal(id, 1);
    assert_int_equal(ground.other.ops->info(ground.other.self, 1, &info, &ground.err), RP_OK);
    ground_whole(&ground.other, 1);
}

static void a_store_to_read_is_not_changed(void **state)
{
    int64_t id = 0;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    ground_open(&ground.other, &(struct rp_sqlite_opts){.read_only = 1});
    assert_int_equal(ground_try(&ground.other, 2, &id), RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "read-only; open it for writing"));
    assert_int_equal(ground.other.ops->remove(ground.other.self, &(int64_t){0}, 1, &ground.err),
                     RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "read-only; open it for writing"));
    ground_whole(&ground.other, 0);
}

static void a_store_to_read_is_not_made(void **state)
{
    struct rp_sqlite_opts opts = {.read_only = 1};
    size_t n;

    (void)state;
    assert_int_equal(
        rp_store_sqlite_with(&ground.memory, ground.place, &opts, &ground.store, &ground.err),
        RP_ESTORE);
    free(bytes_of("", &n));
    assert_int_equal(n, 0);
    write_file("", 0);
    assert_int_equal(
        rp_store_sqlite_with(&ground.memory, ground.place, &opts, &ground.store, &ground.err),
        RP_ESTORE);
    free(bytes_of("", &n));
    assert_int_equal(n, 0);
}

/* ---- several handles ---- */

static void handles_number_on_together(void **state)
{
    (void)state;
    ground_open(&ground.store, NULL);
    ground_open(&ground.other, NULL);
    for (int64_t i = 0; i < 20; i++)
        assert_int_equal(ground_save(i % 2 ? &ground.store : &ground.other, (uint32_t)i), i);
    for (int64_t i = 0; i < 20; i++)
        ground_whole(i % 3 ? &ground.store : &ground.other, i);
}

/* What each knows of the items that are in no index yet must keep pace with the other. */
static void handles_see_each_other_s_items(void **state)
{
    struct rp_sqlite_opts opts = {.unindexed = 25};

    (void)state;
    ground_open(&ground.store, &opts);
    ground_open(&ground.other, &opts);
    for (uint32_t i = 0; i < 60; i++) {
        int64_t id = ground_save(i % 3 ? &ground.store : &ground.other, i * 2);
        ground_whole(i % 2 ? &ground.store : &ground.other, id);
        if (i % 9 == 8) {
            assert_int_equal(
                ground.store.ops->remove(ground.store.self, &(int64_t){id - 3}, 1, &ground.err),
                RP_OK);
            ground_whole(&ground.other, id);
        }
    }
    ground_shut(&ground.store);
    ground_shut(&ground.other);
    assert_int_equal(ground_sql("SELECT count(*) - count(DISTINCT id) FROM item"), 0);
}

static void a_removal_makes_the_other_handle_stale(void **state)
{
    uint64_t known = 0;
    int64_t id;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_open(&ground.other, NULL);
    ground_save(&ground.store, 1);
    ground_save(&ground.other, 20);
    assert_int_equal(ground.other.ops->remove(ground.other.self, &(int64_t){0}, 1, &ground.err),
                     RP_OK);
    ground.generation = known;
    assert_int_equal(ground_try(&ground.store, 1, &id), RP_ESTALE);
    assert_int_equal(ground_try(&ground.store, 1, &id), RP_OK);
    ground_whole(&ground.store, id);
    ground_whole(&ground.other, id);
}

static void who_waits_too_long_is_told(void **state)
{
    int64_t id;
    sqlite3 *db;

    (void)state;
    ground_open(&ground.store, &(struct rp_sqlite_opts){.busy_ms = 20});
    ground_save(&ground.store, 1);
    assert_int_equal(sqlite3_open(ground.place, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(ground_try(&ground.store, 2, &id), RP_ESTORE);
    assert_string_equal(ground.err.where, ground.place);
    assert_string_equal(ground.err.text,
                        "saving a checkpoint: database is locked; another process holds "
                        "it; try again, or wait longer");
    ground_whole(&ground.store, 0);
    sqlite3_close(db);
    assert_int_equal(ground_save(&ground.store, 2), 1);
}

static void a_removed_file_is_noticed(void **state)
{
    int64_t id;

    (void)state;
    ground_open(&ground.store, NULL);
    ground_save(&ground.store, 1);
    sqlite_remove_files(ground.place);
    assert_int_equal(ground_try(&ground.store, 2, &id), RP_ESTORE);
    assert_non_null(strstr(ground.err.text, "removed, moved or replaced"));
    ground_whole(&ground.store, 0);
}

/* ---- failures ---- */

static void what_is_forbidden_is_told(void **state)
{
    struct rp_sqlite *s;
    int64_t id;

    (void)state;
    ground_open(&ground.store, NULL);
    s = ground.store.self;
    assert_int_equal(rp_sqlite_exec(s, "PRAGMA query_only = ON"), RP_OK);
    assert_int_equal(ground_try(&ground.store, 1, &id), RP_ESTORE);
    assert_non_null(
        strstr(ground.err.text, "attempt to write a readonly database; let this user write"));
}

static void memory_that_runs_out_in_sqlite_is_told(void **state)
{
    char *big = malloc(4000016);
    struct rp_checkpoint_info info;
    int64_t id;

    (void)state;
    assert_non_null(big);
    memset(big, 'b', 4000000);
    ground_open(&ground.store, NULL);
    tree_make_big(&ground.tree, "w", (uint32_t[]){1, 1, 1}, big, 4000000);
    info = tree_info("w", &ground.tree, -1, 5);
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + 500000);
    assert_int_equal(ground.store.ops->save(ground.store.self, &info, ground.tree.item,
                                            ground.tree.n, &ground.generation, &id, &ground.err),
                     RP_ENOMEM);
    sqlite3_hard_heap_limit64(0);
    assert_int_equal(ground.store.ops->save(ground.store.self, &info, ground.tree.item,
                                            ground.tree.n, &ground.generation, &id, &ground.err),
                     RP_OK);
    assert_int_equal(id, 0);
    free(big);
}

static void failures_of_the_disk_are_told(void **state)
{
    static struct faulty_vfs vfs;
    struct rp_sqlite_opts opts = {.vfs = "failures"};
    int64_t id;

    (void)state;
    faulty_vfs_init(&vfs, "failures");
    assert_int_equal(
        rp_store_sqlite_with(&ground.memory, "s.db", &opts, &ground.store, &ground.err), RP_OK);
    ground_save(&ground.store, 1);
    faulty_vfs_arm(&vfs, VFS_FULL, 0);
    assert_int_equal(ground_try(&ground.store, 2, &id), RP_ESTORE);
    assert_string_equal(ground.err.text,
                        "saving a checkpoint: database or disk is full; make room on the disk");
    faulty_vfs_arm(&vfs, VFS_IO, 0);
    assert_int_equal(ground_try(&ground.store, 2, &id), RP_ESTORE);
    assert_string_equal(ground.err.text,
                        "saving a checkpoint: disk I/O error; the disk or its file system "
                        "failed; look into the system's log");
    faulty_vfs_mend(&vfs);
    assert_int_equal(ground_save(&ground.store, 2), 1);
    ground_whole(&ground.store, 0);
    ground_shut(&ground.store);
    faulty_vfs_free(&vfs);
}

/* ---- crashes: build/crash_sqlite tries many more ---- */

static void no_crash_loses_what_was_acknowledged(void **state)
{
    static struct points p;
    long by_fault[VFS_READ + 1] = {0}, points;

    (void)state;
    points_init(&p);
    points = points_sweep(&p, 1, 400, 7, by_fault);
    points_free(&p);
    if (points < 0)
        print_error("%s\n", p.why);
    assert_int_equal(points, 400);
    for (int i = VFS_IO; i <= VFS_READ; i++)
        assert_true(by_fault[i] > 0);
}

static void killed_processes_lose_nothing(void **state)
{
    (void)state;
    for (int writers = 1; writers <= 2; writers++) {
        struct kills k = sqlite_kills(ground.place, writers, 12, 5);
        assert_string_equal(k.wrong, "");
        assert_int_equal(k.kills, 12);
    }
}

static void two_processes_save_at_the_same_time(void **state)
{
    struct kills k = sqlite_two_writers(ground.place, 150);

    (void)state;
    assert_string_equal(k.wrong, "");
    assert_int_equal(k.saved, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUND_TEST(a_new_database_says_whose_it_is),
        GROUND_TEST(an_empty_file_becomes_a_store),
        GROUND_TEST(a_text_file_is_refused),
        GROUND_TEST(a_long_file_of_zeros_is_refused),
        GROUND_TEST(a_database_without_a_name_is_refused),
        GROUND_TEST(a_named_database_of_another_is_refused),
        GROUND_TEST(a_wal_of_another_is_left_alone),
        GROUND_TEST(a_folder_is_refused),
        GROUND_TEST(a_missing_folder_is_told),
        GROUND_TEST(an_empty_path_is_refused),
        GROUND_TEST(a_database_in_memory_is_no_store),
        GROUND_TEST(a_newer_version_is_refused),
        GROUND_TEST(an_older_version_is_migrated),
        GROUND_TEST(a_migration_that_fails_changes_nothing),
        GROUND_TEST(what_is_of_the_version_is_not_migrated_again),
        GROUND_TEST(syncing_is_by_option),
        GROUND_TEST(a_store_to_read_shows_what_is_there),
        GROUND_TEST(a_store_to_read_is_not_changed),
        GROUND_TEST(a_store_to_read_is_not_made),
        GROUND_TEST(handles_number_on_together),
        GROUND_TEST(handles_see_each_other_s_items),
        GROUND_TEST(a_removal_makes_the_other_handle_stale),
        GROUND_TEST(who_waits_too_long_is_told),
        GROUND_TEST(a_removed_file_is_noticed),
        GROUND_TEST(what_is_forbidden_is_told),
        GROUND_TEST(memory_that_runs_out_in_sqlite_is_told),
        GROUND_TEST(failures_of_the_disk_are_told),
        GROUND_TEST(no_crash_loses_what_was_acknowledged),
        GROUND_TEST(killed_processes_lose_nothing),
        GROUND_TEST(two_processes_save_at_the_same_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
