/* test_store_file_trouble.c - the store of checkpoint files when the disk is full, fails, goes away
 * or the memory runs out; crashes in short; and the real disk. What is long is in tests/crash. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/cm.h"
#include "tests/support/store_crashes.h"
#include "tests/support/store_scene.h"

static struct scene scene;

static int set_up(void **state)
{
    (void)state;
    scene_begin(&scene);
    assert_string_equal(scene_open(&scene), "");
    assert_string_equal(scene_save(&scene, 0, "a", -1), "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_end(&scene);
    return 0;
}

/* ---- single errors ---- */

/* The next operation of that kind fails so; saving says what it should, leaves no file, and goes
 * well the next time. */
static void check_save(char kind, enum ff_fault fault, int e, const char *what)
{
    long from = scene.disk.ops, at = 0;

    assert_string_equal(scene_save(&scene, 1, "a", 0), "");
    while (scene.disk.kinds[from + at] != kind)
        at++;
    ff_plan(&scene.disk, scene.disk.ops + at, fault, e, 1);
    assert_string_equal(scene_save(&scene, 2, "a", 1), what);
    assert_string_equal(scene_files(&scene), "0000000000.rpc 260\n0000000001.rpc 277\n");
    assert_string_equal(scene_list(&scene, NULL), "0 1");
    assert_string_equal(scene_save(&scene, 2, "a", 1), "");
    assert_string_equal(scene_open(&scene), "");
    assert_string_equal(scene_list(&scene, NULL), "0 1 2");
    assert_string_equal(scene_check(&scene), "");
}

static void a_full_disk_is_told_and_the_next_save_works(void **state)
{
    (void)state;
    check_save('W', FF_TEAR, ENOSPC,
               "RP_ESTORE store/0000000002.rpc: the file could not be written: no space is left on "
               "the device; make room there; the next try may succeed");
}

static void a_full_disk_at_the_rename_is_told(void **state)
{
    (void)state;
    check_save('M', FF_ERROR, ENOSPC,
               "RP_ESTORE store/0000000002.rpc: the file could not be given its name: no space is "
               "left on the device; make room there; the next try may succeed");
}

static void a_failing_device_is_told(void **state)
{
    (void)state;
    check_save(
        'S', FF_DROP, EIO,
        "RP_ESTORE store/0000000002.rpc: the file could not be written: the device failed to "
        "read or write; look after the device; the next try may succeed");
}

static void an_error_without_a_name_is_told(void **state)
{
    (void)state;
    check_save('N', FF_ERROR, 9999,
               "RP_ESTORE store/0000000002.rpc: the file could not be written: the system refused "
               "it; look after the device");
}

static void a_name_that_may_be_there_is_not_given_again(void **state)
{
    (void)state;
    ff_plan(&scene.disk, scene.disk.ops + 4, FF_ERROR, EIO, 1);
    assert_string_equal(scene_save(&scene, 1, "a", 0),
                        "RP_ESTORE store/0000000001.rpc: the folder could not be made durable: the "
                        "device failed to read or write; look after the device; the next try may "
                        "succeed");
    assert_string_equal(scene_files(&scene), "0000000000.rpc 260\n");
    assert_string_equal(scene_save(&scene, 2, "a", 0), "");
    assert_string_equal(scene_list(&scene, NULL), "0 2");
}

/* Neither could the folder be synced nor the file be unlinked then: it is there, and not durable.
 */
static void leave_in_doubt(int sync)
{
    ff_plan(&scene.disk, scene.disk.ops + sync, FF_ERROR, EIO, 2);
}

/* As after a loss of power. */
static void lose_power(void)
{
    struct ff left;

    scene_close(&scene);
    ff_crash(&scene.disk, FF_NOTHING, 0, &left);
    ff_free(&scene.disk);
    scene.disk = left;
    assert_string_equal(scene_open(&scene), "");
}

static void a_removal_in_doubt_is_overruled_before_the_next_save(void **state)
{
    int64_t id = 0;

    (void)state;
    assert_string_equal(scene_save(&scene, 1, "a", 0), "");
    leave_in_doubt(9);
    assert_non_null(strstr(scene_remove(&scene, &id, 1), "RP_ESTORE store/0000000000.rpr: "));
    assert_string_equal(scene_files(&scene), "0000000000.rpc 260\n0000000000.rpr 180\n"
                                             "0000000001.rpc 277\n");
    assert_string_equal(scene_save(&scene, 2, "a", 0), "");
    lose_power();
    assert_string_equal(scene_list(&scene, NULL), "0 1 2");
    assert_string_equal(scene_check(&scene), "");
}

static void a_save_in_doubt_is_no_part_of_the_store_after_a_removal(void **state)
{
    int64_t id = 0;

    (void)state;
    leave_in_doubt(4);
    assert_non_null(strstr(scene_save(&scene, 1, "a", 0), "RP_ESTORE store/0000000001.rpc: "));
    assert_string_equal(scene_files(&scene), "0000000000.rpc 260\n0000000001.rpc 277\n");
    assert_string_equal(scene_remove(&scene, &id, 1), "");
    lose_power();
    assert_string_equal(scene_list(&scene, NULL), "");
    assert_string_equal(scene_check(&scene), "");
    assert_string_equal(scene_save(&scene, 2, "a", -1), "");
}

static void what_an_opening_shows_is_durable(void **state)
{
    (void)state;
    leave_in_doubt(4);
    assert_non_null(strstr(scene_save(&scene, 1, "a", 0), "RP_ESTORE store/0000000001.rpc: "));
    assert_string_equal(scene_open(&scene), "");
    assert_string_equal(scene_list(&scene, NULL), "0 1");
    lose_power();
    assert_string_equal(scene_list(&scene, NULL), "0 1");
}

static void a_folder_that_can_only_be_read_is_told(void **state)
{
    int64_t id = 0;

    (void)state;
    scene.disk.read_only = 1;
    for (int i = 0; i < 2; i++) {
        assert_string_equal(scene_save(&scene, 1, "a", 0),
                            "RP_ESTORE store/0000000001.rpc: the file could not be written: the "
                            "file system can only be read; mount it for writing, or choose another "
                            "folder");
        assert_string_equal(scene_remove(&scene, &id, 1),
                            "RP_ESTORE store/0000000000.rpr: the file could not be written: the "
                            "file system can only be read; mount it for writing, or choose another "
                            "folder");
        assert_string_equal(scene_read(&scene, 0), "");
        assert_string_equal(scene_open(&scene), "");
    }
    scene.disk.read_only = 0;
    assert_string_equal(scene_save(&scene, 1, "a", 0), "");
}

static void a_removed_folder_is_told(void **state)
{
    (void)state;
    scene.disk.removed = 1;
    assert_string_equal(scene_save(&scene, 1, "a", 0),
                        "RP_ESTORE store: the folder was removed; put it back and open the store "
                        "again");
    assert_string_equal(scene_list(&scene, NULL), "0");
    scene.disk.removed = 0;
    assert_string_equal(scene_save(&scene, 1, "a", 0), "");
}

static void a_system_without_means_opens_nothing(void **state)
{
    (void)state;
    scene_close(&scene);
    ff_plan(&scene.disk, scene.disk.ops + 4, FF_ERROR, EMFILE, 1);
    assert_string_equal(scene_open(&scene),
                        "RP_ESTORE store/0000000000.rpc: this file of the store cannot be read: "
                        "too many files are open in this program; raise the limit of open files");
    assert_string_equal(scene_open(&scene), "");
    assert_string_equal(scene_check(&scene), "");
}

static void another_kind_of_store_is_not_checked(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    struct rp_error err;

    (void)state;
    assert_int_equal(rp_store_memory(&alloc, &store), RP_OK);
    assert_int_equal(rp_store_file_check(&store, NULL, NULL, &err), RP_EARG);
    assert_string_equal(err.text, "it is no store of files");
    store.ops->free(store.self);
    ff_plan(&scene.disk, scene.disk.ops, FF_ERROR, EIO, 1);
    assert_int_equal(rp_store_file_check(&scene.store, NULL, NULL, &err), RP_ESTORE);
    assert_string_equal(err.text, "the folder of the store cannot be read: the device failed to "
                                  "read or write; look after the device; the next try may succeed");
}

static void a_removal_that_fails_removes_nothing(void **state)
{
    int64_t ids[] = {0, 1};

    (void)state;
    assert_string_equal(scene_save(&scene, 1, "a", 0), "");
    assert_string_equal(scene_save(&scene, 2, "a", 1), "");
    for (int at = 0; at < 20; at++) {
        ff_plan(&scene.disk, scene.disk.ops + at, FF_ERROR, ENOSPC, 1);
        if (*scene_remove(&scene, ids, 2) == '\0')
            break;
        assert_string_equal(scene_list(&scene, NULL), "0 1 2");
        for (int64_t id = 0; id < 3; id++)
            assert_string_equal(scene_read(&scene, id), "");
    }
    assert_string_equal(scene_list(&scene, NULL), "2");
    assert_string_equal(scene_open(&scene), "");
    assert_string_equal(scene_list(&scene, NULL), "2");
    assert_string_equal(scene_read(&scene, 2), "");
}

static void the_end_of_a_long_folder_is_shown(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_disk disk = ff_disk(&scene.disk);
    char folder[400], want[200];
    struct rp_store store;
    struct rp_error err;
    int64_t id = 3;

    (void)state;
    memset(folder, 'x', sizeof(folder));
    memcpy(folder + 390, "/the end", 9);
    scene_close(&scene);
    assert_int_equal(rp_store_file_on(&alloc, &disk, folder, 1, &store, &err), RP_OK);
    assert_int_equal(store.ops->latest(store.self, "none", &id, &err), RP_ENOTFOUND);
    store.ops->free(store.self);
    assert_int_equal(strlen(err.where), sizeof(err.where) - 1);
    snprintf(want, sizeof(want), "...%s", folder + 398 - 156);
    assert_string_equal(err.where, want);
}

/* ---- crashes ---- */

static void nothing_is_lost_wherever_it_crashes(void **state)
{
    struct crashes c = store_crashes(6, 40, 5000);

    (void)state;
    assert_string_equal(c.wrong, "");
    assert_in_range(c.points, 5000, 5100);
}

static void nothing_is_lost_when_a_process_is_killed(void **state)
{
    char folder[] = "/tmp/reprise-kills-XXXXXX";
    char inner[sizeof(folder) + 6];
    long saved = 0;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(inner, sizeof(inner), "%s/store", folder);
    assert_string_equal(store_kills(inner, 8, 1, &saved), "");
    assert_int_equal(rmdir(folder), 0);
}

/* ---- memory ---- */

/* A call that lacks memory may be made again. */
static int try(const char *said, int *lacks)
{
    if (!*said)
        return 0;
    assert_memory_equal(said, "RP_ENOMEM store: ", 17);
    *lacks += 1;
    return 1;
}

static void play_with_little_memory(long fails)
{
    int64_t ids[] = {0, 1}, last = 3;
    int lacks = 0;

    scene_begin(&scene);
    faulty_init(&scene.memory, fails);
    while (try(scene_open(&scene), &lacks))
        ;
    for (int64_t id = 0; id < 4; id++)
        while (try(scene_save(&scene, id, id % 2 ? "a" : "b", id - 1), &lacks))
            ;
    while (try(scene_remove(&scene, ids, 2), &lacks))
        ;
    while (try(scene_remove(&scene, &last, 1), &lacks))
        ;
    while (try(scene_read(&scene, 2), &lacks))
        ;
    while (try(scene_open(&scene), &lacks))
        ;
    assert_string_equal(scene_list(&scene, NULL), "2");
    while (try(scene_read(&scene, 2), &lacks))
        ;
    assert_int_equal(lacks, scene.memory.failed);
    assert_string_equal(scene_check(&scene), "");
}

static void memory_may_run_out_anywhere(void **state)
{
    long fails = 0;

    (void)state;
    for (int failed = 1; failed; fails++) {
        scene_end(&scene);
        play_with_little_memory(fails);
        failed = scene.memory.failed;
    }
    assert_in_range(fails, 40, 200);
}

/* ---- the real disk ---- */

struct place {
    char folder[40], store[60], file[90];
};

static void make_place(struct place *p)
{
    memcpy(p->folder, "/tmp/reprise-store-XXXXXX", 26);
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->store, sizeof(p->store), "%s/store", p->folder);
    snprintf(p->file, sizeof(p->file), "%s/0000000001.rpc", p->store);
}

static int save_real(const struct rp_store *store, int64_t *id, struct rp_error *err)
{
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "w"};
    size_t root = trees_add(&scene.trees, "real", TREE_NONE, TREE_NONE);
    uint64_t generation = 0;

    info.root = scene.trees.item[root].item.id;
    return store->ops->save(store->self, &info, &scene.trees.item[root].item, 1, &generation, id,
                            err);
}

static void the_real_disk_does_the_same(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store, reader;
    struct rp_error err;
    struct place p;
    struct stat st;
    int64_t id;

    (void)state;
    make_place(&p);
    assert_int_equal(rp_store_file_to_read(&alloc, p.store, &store, &err), RP_ESTORE);
    assert_int_equal(rp_store_file(&alloc, p.store, &store, &err), RP_OK);
    assert_int_equal(rp_store_file(&alloc, p.store, &reader, &err), RP_ESTORE);
    assert_int_equal(save_real(&store, &id, &err), RP_OK);
    assert_int_equal(save_real(&store, &id, &err), RP_OK);
    assert_int_equal(id, 1);
    assert_int_equal(stat(p.file, &st), 0);
    assert_int_equal(st.st_size, 121); /* it has the item of the one before */
    assert_int_equal(rp_store_file_to_read(&alloc, p.store, &reader, &err), RP_OK);
    assert_int_equal(reader.ops->latest(reader.self, "w", &id, &err), RP_OK);
    assert_int_equal(id, 1);
    reader.ops->free(reader.self);
    for (id = 0; id < 2; id++)
        assert_int_equal(store.ops->remove(store.self, &id, 1, &err), RP_OK);
    store.ops->free(store.self);
    snprintf(p.file, sizeof(p.file), "%s/0000000001.rpr", p.store);
    assert_int_equal(unlink(p.file), 0);
    assert_int_equal(rmdir(p.store), 0);
    assert_int_equal(rmdir(p.folder), 0);
}

static void on_the_real_disk_a_removed_folder_is_told(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_store store;
    struct rp_error err;
    struct place p;
    int64_t id;

    (void)state;
    make_place(&p);
    assert_int_equal(rp_store_file(&alloc, p.store, &store, &err), RP_OK);
    assert_int_equal(rmdir(p.store), 0);
    assert_int_equal(save_real(&store, &id, &err), RP_ESTORE);
    assert_string_equal(err.text, "the folder was removed; put it back and open the store again");
    store.ops->free(store.self);
    assert_int_equal(rmdir(p.folder), 0);
    assert_int_equal(rp_store_file(&alloc, p.store, &store, &err), RP_ESTORE);
    assert_string_equal(err.text, "the folder of the store cannot be opened: there is no such file "
                                  "or folder; put it back, or name another one");
}

/* Neither a link out of the folder nor a folder is read as a file. */
static void on_the_real_disk_only_files_are_read(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_checkpoint_info info;
    struct rp_store store;
    struct rp_error err;
    struct place p;

    (void)state;
    make_place(&p);
    assert_int_equal(mkdir(p.store, 0777), 0);
    assert_int_equal(symlink("/etc/passwd", p.file), 0);
    assert_int_equal(rp_store_file(&alloc, p.store, &store, &err), RP_OK);
    assert_int_equal(store.ops->info(store.self, 1, &info, &err), RP_ESTORE);
    assert_string_equal(err.text,
                        "this file of the store cannot be read: it is a link and no file; "
                        "put it back from a copy, or remove checkpoint 1");
    store.ops->free(store.self);
    assert_int_equal(unlink(p.file), 0);
    assert_int_equal(mkdir(p.file, 0777), 0);
    assert_int_equal(rp_store_file(&alloc, p.store, &store, &err), RP_OK);
    assert_int_equal(store.ops->info(store.self, 1, &info, &err), RP_ESTORE);
    assert_string_equal(err.text, "this file of the store cannot be read: it is a folder and no "
                                  "file; put it back from a copy, or remove checkpoint 1");
    store.ops->free(store.self);
    assert_int_equal(rmdir(p.file), 0);
    assert_int_equal(rmdir(p.store), 0);
    assert_int_equal(rmdir(p.folder), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_is_told_and_the_next_save_works),
        TEST(a_full_disk_at_the_rename_is_told),
        TEST(a_failing_device_is_told),
        TEST(an_error_without_a_name_is_told),
        TEST(a_name_that_may_be_there_is_not_given_again),
        TEST(a_removal_in_doubt_is_overruled_before_the_next_save),
        TEST(a_save_in_doubt_is_no_part_of_the_store_after_a_removal),
        TEST(what_an_opening_shows_is_durable),
        TEST(a_folder_that_can_only_be_read_is_told),
        TEST(a_removed_folder_is_told),
        TEST(a_system_without_means_opens_nothing),
        TEST(another_kind_of_store_is_not_checked),
        TEST(a_removal_that_fails_removes_nothing),
        TEST(the_end_of_a_long_folder_is_shown),
        TEST(nothing_is_lost_wherever_it_crashes),
        TEST(nothing_is_lost_when_a_process_is_killed),
        TEST(memory_may_run_out_anywhere),
        TEST(the_real_disk_does_the_same),
        TEST(on_the_real_disk_a_removed_folder_is_told),
        TEST(on_the_real_disk_only_files_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
