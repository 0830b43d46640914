/* test_store_file_damage.c - damaged and missing files of a store: every wrong byte is told with
 * its file and place, what does not need it stays usable, and nothing is freed that may be needed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/snap.h"
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

static void open_store(void)
{
    assert_string_equal(scene_open(&scene), "");
}

/* Another byte there, from the next opening on. */
static void damage(const char *name, size_t at, char with)
{
    struct ff_file *f = ff_find(&scene.disk, name);

    scene_close(&scene);
    assert_non_null(f);
    assert_in_range(at, 0, f->n - 1);
    f->s[at] ^= with;
}

static const char *cut_text(const char *said, size_t n)
{
    static char text[200];

    snprintf(text, sizeof(text), "%.*s", (int)n, said);
    return text;
}

static void a_damaged_checkpoint_is_told_with_its_file_and_byte(void **state)
{
    const char *what = "RP_ESTORE store/0000000001.rpc: damaged at byte 153: the item there is not "
                       "what its name says; put the file back from a copy, or remove "
                       "checkpoint 1";

    (void)state;
    save(0, "a", -1);
    save(1, "a", -1);
    save(2, "b", -1);
    damage("0000000001.rpc", 162, 1);
    open_store();
    assert_string_equal(scene_read(&scene, 1), what);
    assert_string_equal(scene_latest(&scene, "a"), what);
    assert_string_equal(scene_latest(&scene, NULL), "2");
    assert_string_equal(scene_latest(&scene, "b"), "2");
    assert_string_equal(scene_list(&scene, "b"), "2");
    assert_string_equal(cut_text(scene_list(&scene, "a"), 36),
                        "0; RP_ESTORE store/0000000001.rpc: d");
    assert_string_equal(cut_text(scene_list(&scene, NULL), 36),
                        "0 2; RP_ESTORE store/0000000001.rpc:");
    assert_string_equal(cut_text(scene_check(&scene), 40),
                        "store/0000000001.rpc: damaged at byte 15");
    assert_string_equal(scene_read(&scene, 0), "");
    assert_string_equal(scene_read(&scene, 2), "");
    remove_one(1);
    assert_string_equal(scene_check(&scene), "");
    assert_string_equal(scene_list(&scene, NULL), "0 2");
    save(3, "a", 0);
}

/* Whatever byte is wrong, and wherever the file ends: the checkpoint is refused, others are not. */
static void every_wrong_byte_of_a_checkpoint_is_told(void **state)
{
    (void)state;
    save(0, "a", -1);
    save(1, "a", -1);
    for (size_t at = 0; at < 260; at++) {
        damage("0000000000.rpc", at, (char)(1 << at % 8));
        open_store();
        assert_string_equal(cut_text(scene_read(&scene, 0), 48),
                            "RP_ESTORE store/0000000000.rpc: damaged at byte ");
        assert_string_equal(scene_read(&scene, 1), "");
        assert_string_equal(scene_latest(&scene, NULL), "1");
        damage("0000000000.rpc", at, (char)(1 << at % 8));
    }
    open_store();
    assert_string_equal(scene_check(&scene), "");
}

static void every_cut_of_a_checkpoint_is_told(void **state)
{
    struct ff_file *f;

    (void)state;
    save(0, "a", -1);
    save(1, "a", -1);
    f = ff_find(&scene.disk, "0000000000.rpc");
    for (f->n = 0; f->n < 260; f->n++) {
        char text[100];
        open_store();
        if (f->n == 0)
            snprintf(text, sizeof(text), "%s", "it is empty");
        else if (f->n < 117)
            snprintf(text, sizeof(text), "damaged at byte %d: it ends within its head", (int)f->n);
        else
            snprintf(text, sizeof(text), "damaged at byte %d: it ends before its end", (int)f->n);
        assert_non_null(strstr(scene_read(&scene, 0), text));
        assert_string_equal(scene_read(&scene, 1), "");
    }
    open_store();
    assert_string_equal(scene_check(&scene), "");
    scene_close(&scene);
    f->n = 261;
    open_store();
    assert_non_null(
        strstr(scene_read(&scene, 0), "damaged at byte 260: it goes on behind its end"));
    scene_close(&scene);
    f->n = 260;
}

static void a_file_under_another_name_is_told(void **state)
{
    struct ff_file *f;

    (void)state;
    save(0, "a", -1);
    f = ff_find(&scene.disk, "0000000000.rpc");
    ff_put(&scene.disk, "0000000005.rpc", f->s, f->n);
    f = ff_find(&scene.disk, "0000000000.rpc");
    ff_put(&scene.disk, "0000000000.rpr", f->s, f->n);
    open_store();
    assert_string_equal(
        scene_check(&scene),
        "store/0000000000.rpr: damaged at byte 12: it is of another kind than its name says; put "
        "the file back from a copy: checkpoints need what is in it\n"
        "store/0000000005.rpc: damaged at byte 16: it has another number than its name says; put "
        "the file back from a copy, or remove checkpoint 5\n");
}

static void a_later_version_is_told(void **state)
{
    (void)state;
    save(0, "a", -1);
    damage("0000000000.rpc", 8, 3);
    open_store();
    assert_string_equal(scene_read(&scene, 0),
                        "RP_ESTORE store/0000000000.rpc: damaged at byte 8: its version is not "
                        "known to this program; put the file back from a copy, or remove "
                        "checkpoint 0");
}

/* A byte of a head is another one, and its sum is right even so. */
static void set_head(const char *name, size_t at, char to)
{
    struct ff_file *f = ff_find(&scene.disk, name);
    size_t n;
    uint64_t sum;

    scene_close(&scene);
    assert_non_null(f);
    f->s[at] = to;
    n = (size_t)rp_sf_word(f->s + 24) - SF_SUM;
    sum = rp_snap_sum(f->s, n);
    for (int i = 0; i < SF_SUM; i++, sum >>= 8)
        f->s[n + (size_t)i] = (char)(sum & 0xff);
}

static void check_head(const char *name, size_t at, char to, size_t byte, const char *reason)
{
    char was = ff_find(&scene.disk, name)->s[at], want[200];

    set_head(name, at, to);
    open_store();
    snprintf(want, sizeof(want), "store/%s: damaged at byte %d: %s; put", name, (int)byte, reason);
    assert_string_equal(cut_text(scene_check(&scene), strlen(want)), want);
    set_head(name, at, was);
    open_store();
    assert_string_equal(scene_check(&scene), "");
}

static void a_head_that_contradicts_itself_is_told(void **state)
{
    (void)state;
    for (int64_t id = 0; id < 6; id++)
        save(id, "a", -1);
    save(6, "a", 0);
    remove_one(0);
    remove_one(2);
    assert_non_null(ff_find(&scene.disk, "0000000001.rpr"));
    check_head("0000000006.rpc", 33, 0, 32, "the length of the file cannot be");
    check_head("0000000006.rpc", 40, 1, 277 - 8, "the file does not have this sum");
    check_head("0000000006.rpc", 96, 2, 96, "its head is not as long as its strings need");
    check_head("0000000006.rpc", 104, 0, 104, "there is a byte 0 in a name");
    check_head("0000000001.rpr", 53, 1, 48, "its next number is too large");
    check_head("0000000001.rpr", 48, 6, 64, "its list of checkpoints is in disorder");
    check_head("0000000001.rpr", 56, 1, 56, "its head is not as long as its lists need");
    check_head("0000000001.rpr", 96, 1, 64, "its list of remainders is in disorder");
}

/* ---- what others need ---- */

/* Of a damaged file the items that are whole are still handed out. */
static void what_does_not_need_the_damage_stays_usable(void **state)
{
    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    save(2, "a", 1);
    damage("0000000001.rpc", 250, 1); /* its state, which is its own alone */
    open_store();
    assert_string_equal(cut_text(scene_read(&scene, 1), 51),
                        "RP_ESTORE store/0000000001.rpc: damaged at byte 218");
    assert_string_equal(scene_read(&scene, 0), "");
    assert_string_equal(scene_read(&scene, 2), "");
    remove_one(1);
    assert_string_equal(scene_read(&scene, 2), "");
    assert_string_equal(scene_check(&scene), "");
}

static void a_removal_loses_nothing_that_a_copy_may_bring_back(void **state)
{
    int64_t both[] = {0, 1};

    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    save(2, "a", 1);
    damage("0000000001.rpc", 150, 1); /* the message, which 2 needs */
    open_store();
    assert_non_null(strstr(scene_read(&scene, 2), "RP_ESTORE store/0000000001.rpc: damaged"));
    assert_string_equal(
        scene_remove(&scene, &both[1], 1),
        "RP_ESTORE store/0000000001.rpc: it cannot be read, and other checkpoints may need items "
        "that are in it; put it back from a copy, or remove all checkpoints at once that cannot be "
        "restored: verify tells which");
    remove_one(0); /* its list is needed by what cannot be read */
    damage("0000000001.rpc", 150, 1);
    open_store();
    assert_string_equal(scene_check(&scene), "");
    assert_string_equal(scene_read(&scene, 1), "");
    assert_string_equal(scene_read(&scene, 2), "");
    assert_string_equal(scene_list(&scene, NULL), "1 2");
}

/* It stands in a remainder that stays, and what it refers to has gone. */
static void what_was_kept_for_a_damaged_file_is_forgotten_later(void **state)
{
    int64_t ids[] = {1, 3, 4, 5, 6, 7, 8};

    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    save(2, "b", -1);
    for (int64_t id = 3; id < 10; id++)
        save(id, "c", id == 3 ? -1 : id - 1);
    damage("0000000002.rpc", 150, 1);
    open_store();
    assert_string_equal(scene_remove(&scene, ids, 7), "");
    damage("0000000002.rpc", 150, 1);
    open_store();
    remove_one(0);
    assert_non_null(ff_find(&scene.disk, "0000000000.rpr"));
    open_store();
    assert_string_equal(scene_check(&scene), "");
    assert_string_equal(scene_read(&scene, 9), "");
}

static void all_that_cannot_be_restored_may_go_at_once(void **state)
{
    int64_t ids[] = {1, 2};

    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    save(2, "a", 1);
    damage("0000000001.rpc", 150, 1);
    open_store();
    assert_string_equal(scene_remove(&scene, ids, 2), "");
    assert_string_equal(scene_check(&scene), "");
    assert_string_equal(scene_read(&scene, 0), "");
    save(3, "a", 0);
    open_store();
    assert_string_equal(scene_list(&scene, NULL), "0 3");
}

static void a_new_checkpoint_brings_missing_items_with_it(void **state)
{
    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    damage("0000000000.rpc", 150, 1);
    open_store();
    save(2, "a", 1);
    assert_string_equal(scene_read(&scene, 2), "");
    assert_string_equal(scene_read(&scene, 1), "");
    remove_one(0);
    assert_string_equal(scene_check(&scene), "");
}

/* ---- files that are gone, or cannot be read ---- */

static void a_missing_checkpoint_is_told_once_a_remainder_lists_it(void **state)
{
    (void)state;
    save(0, "a", -1);
    save(1, "a", -1);
    save(2, "a", -1);
    remove_one(0);
    scene_close(&scene);
    ff_remove(&scene.disk, "0000000001.rpc");
    open_store();
    assert_string_equal(scene_read(&scene, 1),
                        "RP_ESTORE store/0000000001.rpc: this file of the store cannot be read: "
                        "there is no such file or folder; put it back from a copy, or remove "
                        "checkpoint 1");
    assert_string_equal(scene_read(&scene, 2), "");
    remove_one(1);
    assert_string_equal(scene_list(&scene, NULL), "2");
    assert_string_equal(scene_check(&scene), "");
}

static void a_missing_remainder_is_told_by_who_needs_it(void **state)
{
    char *copy;
    size_t n;

    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    save(2, "b", -1);
    save(3, "b", -1);
    remove_one(0);
    remove_one(2);
    scene_close(&scene);
    n = ff_find(&scene.disk, "0000000000.rpr")->n;
    copy = malloc(n);
    assert_non_null(copy);
    memcpy(copy, ff_find(&scene.disk, "0000000000.rpr")->s, n);
    ff_remove(&scene.disk, "0000000000.rpr");
    open_store();
    assert_string_equal(scene_read(&scene, 1),
                        "RP_ESTORE store/0000000000.rpr: this file of the store cannot be read: "
                        "there is no such file or folder; put it back from a copy: checkpoints "
                        "need what is in it");
    assert_string_equal(scene_read(&scene, 3), "");
    remove_one(3);
    scene_close(&scene);
    ff_put(&scene.disk, "0000000000.rpr", copy, n);
    free(copy);
    open_store();
    assert_string_equal(scene_read(&scene, 1), "");
    assert_string_equal(scene_check(&scene), "");
}

static void a_missing_remainder_is_forgotten_when_nobody_needs_it(void **state)
{
    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    save(2, "b", -1);
    save(3, "b", -1);
    remove_one(0);
    remove_one(2);
    scene_close(&scene);
    ff_remove(&scene.disk, "0000000000.rpr");
    open_store();
    remove_one(1);
    assert_string_equal(scene_check(&scene), "");
    assert_string_equal(scene_read(&scene, 3), "");
    open_store();
    assert_string_equal(scene_check(&scene), "");
}

static void nothing_is_changed_without_the_ruling_remainder(void **state)
{
    const char *what = "RP_ESTORE store/0000000000.rpr: damaged at byte 80: the head does not have "
                       "this sum; put the file back from a copy: checkpoints need what is in it";
    int64_t id = 1;

    (void)state;
    save(0, "a", -1);
    save(1, "a", -1);
    remove_one(0);
    damage("0000000000.rpr", 60, 4);
    open_store();
    assert_string_equal(scene_read(&scene, 1), "");
    assert_string_equal(scene_remove(&scene, &id, 1), what);
    assert_string_equal(scene_save(&scene, 2, "a", -1), what);
    damage("0000000000.rpr", 60, 4);
    open_store();
    save(2, "a", -1);
}

/* A file that comes back after it was removed is no part of the store. */
static void what_was_removed_does_not_come_back(void **state)
{
    char copy[260];

    (void)state;
    save(0, "a", -1);
    save(1, "a", -1);
    assert_int_equal(ff_find(&scene.disk, "0000000000.rpc")->n, sizeof(copy));
    memcpy(copy, ff_find(&scene.disk, "0000000000.rpc")->s, sizeof(copy));
    remove_one(0);
    scene_close(&scene);
    ff_put(&scene.disk, "0000000000.rpc", copy, sizeof(copy));
    open_store();
    assert_string_equal(scene_list(&scene, NULL), "1");
    assert_null(ff_find(&scene.disk, "0000000000.rpc"));
}

static void damage_since_the_opening_is_told(void **state)
{
    struct ff_file *f;
    int64_t id = 0;

    (void)state;
    save(0, "a", -1);
    save(1, "a", 0);
    f = ff_find(&scene.disk, "0000000000.rpc");
    f->s[150] ^= 1;
    assert_string_equal(scene_read(&scene, 0),
                        "RP_ESTORE store/0000000000.rpc: damaged at byte 117 since the store was "
                        "opened: the item there is not what its name says; put the file "
                        "back from a copy, or open the store again to work with what is left");
    assert_non_null(
        strstr(scene_remove(&scene, &id, 1), "RP_ESTORE store/0000000000.rpc: damaged"));
    assert_string_equal(scene_list(&scene, NULL), "0 1");
    f->s[150] ^= 1;
    remove_one(0);
    assert_string_equal(scene_read(&scene, 1), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_damaged_checkpoint_is_told_with_its_file_and_byte),
        TEST(every_wrong_byte_of_a_checkpoint_is_told),
        TEST(every_cut_of_a_checkpoint_is_told),
        TEST(a_file_under_another_name_is_told),
        TEST(a_later_version_is_told),
        TEST(a_head_that_contradicts_itself_is_told),
        TEST(what_does_not_need_the_damage_stays_usable),
        TEST(a_removal_loses_nothing_that_a_copy_may_bring_back),
        TEST(what_was_kept_for_a_damaged_file_is_forgotten_later),
        TEST(all_that_cannot_be_restored_may_go_at_once),
        TEST(a_new_checkpoint_brings_missing_items_with_it),
        TEST(a_missing_checkpoint_is_told_once_a_remainder_lists_it),
        TEST(a_missing_remainder_is_told_by_who_needs_it),
        TEST(a_missing_remainder_is_forgotten_when_nobody_needs_it),
        TEST(nothing_is_changed_without_the_ruling_remainder),
        TEST(what_was_removed_does_not_come_back),
        TEST(damage_since_the_opening_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
