/* test_store_file.c - the store of checkpoint files: what it keeps, what it frees, who may use it,
 * and the form of its files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cm.h"
#include "tests/support/store_scene.h"

static struct scene scene;

static int set_up(void **state)
{
    (void)state;
    scene_begin(&scene);
    assert_string_equal(scene_open(&scene), "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_end(&scene);
    return 0;
}

static void save(int64_t id, const char *workflow, int64_t on)
{
    assert_string_equal(scene_save(&scene, id, workflow, on), "");
}

static void remove_one(int64_t id)
{
    assert_string_equal(scene_remove(&scene, &id, 1), "");
}

static void checkpoints_are_there_after_opening_again(void **state)
{
    (void)state;
    save(0, "a", -1);
    save(1, "b", -1);
    save(2, "a", 0);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(scene_list(&scene, NULL), "0 1 2");
        assert_string_equal(scene_list(&scene, "a"), "0 2");
        assert_string_equal(scene_list(&scene, "c"), "");
        assert_string_equal(scene_latest(&scene, NULL), "2");
        assert_string_equal(scene_latest(&scene, "b"), "1");
        for (int64_t id = 0; id < 3; id++)
            assert_string_equal(scene_read(&scene, id), "");
        assert_string_equal(scene_check(&scene), "");
        assert_string_equal(scene_open(&scene), "");
    }
}

static void what_is_known_of_a_checkpoint_is_kept(void **state)
{
    struct rp_checkpoint_info info;

    (void)state;
    save(0, "a workflow", -1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(scene.store.ops->info(scene.store.self, 0, &info, NULL), RP_OK);
        assert_int_equal(info.id, 0);
        assert_int_equal(info.previous, -1);
        assert_string_equal(info.workflow, "a workflow");
        assert_string_equal(info.signature, "f00d");
        assert_int_equal(info.iteration, 1);
        assert_int_equal(info.pending, 2);
        assert_int_equal(info.messages, 3);
        assert_int_equal(info.time_ms, 1000);
        assert_string_equal(scene_open(&scene), "");
    }
}

static void what_is_not_there_is_said_with_its_reason(void **state)
{
    int64_t ids[] = {0, 3};

    (void)state;
    assert_string_equal(scene_read(&scene, 0), "RP_ENOTFOUND store: there is no checkpoint 0; none "
                                               "was saved yet");
    assert_string_equal(scene_latest(&scene, NULL),
                        "RP_ENOTFOUND store: there is no checkpoint in it");
    save(0, "a", -1);
    save(1, "a", 0);
    remove_one(1);
    assert_string_equal(scene_read(&scene, 1), "RP_ENOTFOUND store: checkpoint 1 was removed");
    assert_string_equal(scene_read(&scene, 2),
                        "RP_ENOTFOUND store: there is no checkpoint 2; those that were saved have "
                        "the numbers 0 to 1");
    assert_string_equal(scene_latest(&scene, "b"),
                        "RP_ENOTFOUND store: there is no checkpoint of the workflow \"b\"; give "
                        "the name under which it was saved");
    assert_string_equal(scene_remove(&scene, ids, 2),
                        "RP_ENOTFOUND store: there is no checkpoint 3; those that were saved have "
                        "the numbers 0 to 1");
    assert_string_equal(scene_list(&scene, NULL), "0");
    assert_string_equal(scene_remove(&scene, ids, 0), "");
}

/* ---- removing ---- */

static void items_that_others_need_outlive_their_checkpoint(void **state)
{
    int64_t ids[] = {0, 1, 2};

    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    save(2, "a", 1);
    save(3, "a", 2);
    assert_string_equal(scene_remove(&scene, ids, 3), "");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(scene_list(&scene, NULL), "3");
        assert_string_equal(scene_read(&scene, 3), "");
        assert_string_equal(scene_files(&scene), "0000000000.rpr 382\n0000000003.rpc 277\n");
        assert_int_equal(scene_size(&scene), 382 + 277);
        assert_string_equal(scene_open(&scene), "");
    }
}

static void what_nobody_needs_is_freed(void **state)
{
    const char *bytes;
    size_t n;

    (void)state;
    save(0, "a", -1);
    save(1, "b", -1);
    remove_one(0);
    assert_int_equal(scene.store.ops->item(scene.store.self,
                                           &scene.trees.item[scene.root[0]].item.id, &bytes, &n,
                                           NULL),
                     RP_ENOTFOUND);
    assert_string_equal(scene_files(&scene), "0000000000.rpr 96\n0000000001.rpc 260\n");
    remove_one(1);
    assert_string_equal(scene_files(&scene), "0000000001.rpr 80\n");
}

static void numbers_are_never_used_again(void **state)
{
    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    remove_one(1);
    assert_string_equal(scene_open(&scene), "");
    save(2, "a", 0);
    remove_one(2);
    remove_one(0);
    assert_string_equal(scene_open(&scene), "");
    assert_string_equal(scene_list(&scene, NULL), "");
    save(3, "a", -1);
}

/* An item moves seldom, and the files of a long life stay few. */
static void remainders_are_merged(void **state)
{
    size_t most = 0;

    (void)state;
    for (int64_t id = 0; id < 100; id++) {
        save(id, "a", id - 1);
        if (id >= 3)
            remove_one(id - 3);
        most = scene.disk.names.n > most ? scene.disk.names.n : most;
    }
    assert_string_equal(scene_list(&scene, NULL), "97 98 99");
    assert_in_range(most, 4, 3 + 8);
    assert_in_range(scene_size(&scene), 0, 97 * 110 + 3 * 400);
    assert_string_equal(scene_read(&scene, 97), "");
    for (int64_t id = 97; id < 100; id++)
        remove_one(id);
    assert_int_equal(scene.disk.names.n, 1);
    assert_in_range(scene_size(&scene), 0, 200);
}

static void who_knows_of_no_removal_sends_all_again(void **state)
{
    struct rp_checkpoint_info info = {.previous = -1, .workflow = "a", .iteration = 3};
    uint64_t generation = 0;
    struct rp_error err;
    int64_t id = -5;

    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    info.root = scene.trees.item[scene.root[0]].item.id;
    remove_one(0);
    assert_int_equal(
        scene.store.ops->save(scene.store.self, &info, NULL, 0, &generation, &id, &err), RP_ESTALE);
    assert_int_equal(generation, 1);
    assert_string_equal(err.text, "checkpoints were removed meanwhile; save with all items");
    assert_int_equal(
        scene.store.ops->save(scene.store.self, &info, NULL, 0, &generation, &id, &err), RP_ESTALE);
    assert_string_equal(err.text, "the checkpoint refers to items that are not in the store; save "
                                  "it with all of its items");
    trees_forget(&scene.trees);
    trees_gather(&scene.trees, scene.root[0]);
    assert_int_equal(scene.store.ops->save(scene.store.self, &info, scene.trees.sent,
                                           scene.trees.n_sent, &generation, &id, &err),
                     RP_OK);
    assert_int_equal(id, 2);
}

/* ---- who may use it ---- */

static void one_at_a_time_writes(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_disk disk = ff_disk(&scene.disk);
    struct rp_store other;
    struct rp_error err;

    (void)state;
    save(0, "a", -1);
    assert_int_equal(rp_store_file_on(&alloc, &disk, "store", 0, &other, &err), RP_ESTORE);
    assert_string_equal(err.where, "store");
    assert_string_equal(err.text, "another process writes to this store; wait until it has ended, "
                                  "or open the store to be read");
    scene_close(&scene);
    assert_int_equal(rp_store_file_on(&alloc, &disk, "store", 0, &other, &err), RP_OK);
    other.ops->free(other.self);
}

static void a_reader_changes_nothing(void **state)
{
    int64_t id = 0;

    (void)state;
    save(0, "a", -1);
    scene_close(&scene);
    ff_put(&scene.disk, "0000000001.tmp", "left", 4);
    scene.disk.read_only = 1;
    assert_string_equal(scene_open_to_read(&scene), "");
    assert_string_equal(scene_read(&scene, 0), "");
    assert_string_equal(scene_save(&scene, 1, "a", 0),
                        "RP_ESTORE store: the store was opened to be read; open it for writing");
    assert_string_equal(scene_remove(&scene, &id, 1),
                        "RP_ESTORE store: the store was opened to be read; open it for writing");
    assert_string_equal(scene_files(&scene), "0000000000.rpc 260\n0000000001.tmp 4\n");
}

static void a_reader_makes_no_folder(void **state)
{
    struct scene other;

    (void)state;
    scene_begin(&other);
    assert_string_equal(scene_open_to_read(&other),
                        "RP_ESTORE store: the folder of the store cannot be opened: there is no "
                        "such file or folder; put it back, or name another one");
    scene_end(&other);
}

/* Removes all but the newest checkpoint while someone else reads the folder. */
static void remove_meanwhile(void *ctx)
{
    int64_t ids[] = {0, 1, 2};

    (void)ctx;
    assert_string_equal(scene_remove(&scene, ids, 3), "");
}

static void a_reader_may_look_while_a_writer_removes(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_disk disk = ff_disk(&scene.disk);
    struct rp_store reader;
    struct rp_error err;
    long at = 0, whole = 0;
    int64_t id;

    (void)state;
    for (int meanwhile = 1; meanwhile; at++) {
        scene_close(&scene);
        ff_free(&scene.disk);
        assert_string_equal(scene_open(&scene), "");
        for (id = 0; id < 4; id++)
            save(id, "a", id - 1);
        scene.disk.hook = remove_meanwhile;
        scene.disk.hook_at = scene.disk.ops + at;
        assert_int_equal(rp_store_file_on(&alloc, &disk, "store", 1, &reader, &err), RP_OK);
        meanwhile = !scene.disk.hook;
        scene.disk.hook = NULL;
        assert_int_equal(reader.ops->latest(reader.self, NULL, &id, &err), RP_OK);
        assert_int_equal(id, 3);
        trees_begin(&scene.trees);
        if (trees_check(&scene.trees, &reader, scene.root[3], &err) == RP_OK)
            whole++;
        else
            assert_string_equal(err.text, "the file was removed since the store was opened to be "
                                          "read; open it again");
        reader.ops->free(reader.self);
    }
    assert_int_equal(at, 15);
    assert_int_equal(whole, 10);
}

static void a_reader_is_told_when_its_files_went(void **state)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_disk disk = ff_disk(&scene.disk);
    struct rp_store reader;
    struct rp_error err;
    const char *bytes;
    size_t n;

    (void)state;
    save(0, "a", -1);
    assert_int_equal(rp_store_file_on(&alloc, &disk, "store", 1, &reader, &err), RP_OK);
    remove_one(0);
    assert_int_equal(
        reader.ops->item(reader.self, &scene.trees.item[scene.root[0]].item.id, &bytes, &n, &err),
        RP_ESTORE);
    assert_string_equal(err.where, "store/0000000000.rpc");
    assert_string_equal(err.text, "the file was removed since the store was opened to be read; "
                                  "open it again");
    reader.ops->free(reader.self);
}

/* ---- names ---- */

static void files_of_other_names_are_left_alone_and_told(void **state)
{
    const char *const names[] = {"notes.txt",       "000000001.rpc",  "00000000001.rpc",
                                 "0000000001.rpcx", "000000000a.rpc", "-000000001.rpc",
                                 "0000000001.RPC"};

    (void)state;
    scene_close(&scene);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ff_put(&scene.disk, names[i], "mine", 4);
    assert_string_equal(scene_open(&scene), "");
    save(0, "a", -1);
    assert_string_equal(scene_list(&scene, NULL), "0");
    assert_string_equal(
        scene_check(&scene),
        "store: \"notes.txt\" is no file of the store and was left alone; move it away\n"
        "store: \"000000001.rpc\" is no file of the store and was left alone; move it away\n"
        "store: \"00000000001.rpc\" is no file of the store and was left alone; move it away\n"
        "store: \"0000000001.rpcx\" is no file of the store and was left alone; move it away\n"
        "store: \"000000000a.rpc\" is no file of the store and was left alone; move it away\n"
        "store: \"-000000001.rpc\" is no file of the store and was left alone; move it away\n"
        "store: \"0000000001.RPC\" is no file of the store and was left alone; move it away\n");
    remove_one(0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_non_null(ff_find(&scene.disk, names[i]));
}

static void leftovers_of_a_crash_are_removed_at_opening(void **state)
{
    (void)state;
    save(0, "a", -1);
    scene_close(&scene);
    ff_put(&scene.disk, "0000000001.tmp", "half", 4);
    assert_string_equal(scene_open(&scene), "");
    assert_string_equal(scene_files(&scene), "0000000000.rpc 260\n");
}

/* ---- the form ---- */

/* A part of the file in hexadecimal digits. */
static const char *hex(const char *name, size_t from, size_t to)
{
    static char text[2000];
    const struct ff_file *f = ff_find(&scene.disk, name);

    assert_non_null(f);
    assert_in_range(to, 0, f->n);
    for (size_t i = from; i < to; i++)
        snprintf(text + 2 * (i - from), 3, "%02x", (unsigned)(unsigned char)f->s[i]);
    return text;
}

static void a_checkpoint_has_the_form_that_is_documented(void **state)
{
    struct rp_checkpoint_info info = {.previous = -1,
                                      .workflow = "wf",
                                      .signature = "f00",
                                      .iteration = 258,
                                      .pending = 1,
                                      .messages = 2,
                                      .time_ms = 3};
    size_t root = trees_add(&scene.trees, "x", TREE_NONE, TREE_NONE);
    uint64_t generation = 0;
    int64_t id;

    (void)state;
    info.root = scene.trees.item[root].item.id;
    assert_int_equal(scene.store.ops->save(scene.store.self, &info, &scene.trees.item[root].item, 1,
                                           &generation, &id, NULL),
                     RP_OK);
    assert_string_equal(scene_files(&scene), "0000000000.rpc 153\n");
    assert_string_equal(hex("0000000000.rpc", 0, 109), "727073746f72651a"
                                                       "01000000"
                                                       "01000000"
                                                       "0000000000000000"
                                                       "7500000000000000"
                                                       "9900000000000000"
                                                       "0100000000000000"
                                                       "ffffffffffffffff"
                                                       "0201000000000000"
                                                       "0300000000000000"
                                                       "01000000"
                                                       "02000000"
                                                       "848e51067d26251aded9b6904077e586"
                                                       "02000000"
                                                       "03000000"
                                                       "7766"
                                                       "663030");
    assert_string_equal(hex("0000000000.rpc", 109, 153), "c8a1e8917a2e2fc8"
                                                         "848e51067d26251aded9b6904077e586"
                                                         "0400000000000000"
                                                         "01a18178"
                                                         "3e58dd5791edba42");
}

static void a_remainder_has_the_form_that_is_documented(void **state)
{
    int64_t ids[] = {1, 3, 5};

    (void)state;
    for (int64_t id = 0; id < 6; id++)
        save(id, "a", -1);
    save(6, "a", 0);
    remove_one(0);
    assert_string_equal(scene_remove(&scene, ids, 3), "");
    assert_string_equal(scene_files(&scene), "0000000000.rpr 180\n"
                                             "0000000001.rpr 136\n"
                                             "0000000002.rpc 260\n"
                                             "0000000004.rpc 260\n"
                                             "0000000006.rpc 277\n");
    assert_string_equal(hex("0000000001.rpr", 0, 120), "727073746f72651a"
                                                       "01000000"
                                                       "02000000"
                                                       "0100000000000000"
                                                       "8000000000000000"
                                                       "8800000000000000"
                                                       "0000000000000000"
                                                       "0700000000000000"
                                                       "03000000"
                                                       "01000000"
                                                       "0200000000000000"
                                                       "0200000000000000"
                                                       "0400000000000000"
                                                       "0400000000000000"
                                                       "0600000000000000"
                                                       "0600000000000000"
                                                       "0000000000000000");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(checkpoints_are_there_after_opening_again),
        TEST(what_is_known_of_a_checkpoint_is_kept),
        TEST(what_is_not_there_is_said_with_its_reason),
        TEST(items_that_others_need_outlive_their_checkpoint),
        TEST(what_nobody_needs_is_freed),
        TEST(numbers_are_never_used_again),
        TEST(remainders_are_merged),
        TEST(who_knows_of_no_removal_sends_all_again),
        TEST(one_at_a_time_writes),
        TEST(a_reader_changes_nothing),
        TEST(a_reader_makes_no_folder),
        TEST(a_reader_may_look_while_a_writer_removes),
        TEST(a_reader_is_told_when_its_files_went),
        TEST(files_of_other_names_are_left_alone_and_told),
        TEST(leftovers_of_a_crash_are_removed_at_opening),
        TEST(a_checkpoint_has_the_form_that_is_documented),
        TEST(a_remainder_has_the_form_that_is_documented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
