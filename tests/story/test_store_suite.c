/* test_store_suite.c - the cases that every store of checkpoints must pass, on all of them: in
 * memory, in files, in a SQLite database. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"
#include "tests/support/sqlite_kills.h"
#include "tests/support/store_suite.h"

static int open_memory(const struct rp_alloc *alloc, const char *place, struct rp_store *out,
                       struct rp_error *err)
{
    (void)place;
    (void)err;
    return rp_store_memory(alloc, out);
}

static void wipe_nothing(const char *place)
{
    (void)place;
}

static void wipe_folder(const char *place)
{
    DIR *folder = opendir(place);
    const struct dirent *entry;
    char path[600];

    if (!folder)
        return;
    while ((entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", place, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    rmdir(place);
}

/* Some bounds are so small that the cases meet them. */
static int open_small_sqlite(const struct rp_alloc *alloc, const char *place, struct rp_store *out,
                             struct rp_error *err)
{
    struct rp_sqlite_opts opts = {.wal_pages = 30, .unindexed = 20, .full_sync = 1};

    return rp_store_sqlite_with(alloc, place, &opts, out, err);
}

int main(void)
{
    struct suite_kind kinds[] = {
        {"memory", "", 0, open_memory, wipe_nothing},
        {"files", suite_place("files"), 1, rp_store_file, wipe_folder},
        {"sqlite", suite_place("store.db"), 1, rp_store_sqlite, sqlite_remove_files},
        {"sqlite, often indexed", suite_place("small.db"), 1, open_small_sqlite,
         sqlite_remove_files},
    };
    size_t cases = 0;
    int failed = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        failed += suite_run(&kinds[i], &cases);
    suite_clean();
    printf("store suite: %lu cases on %lu stores\n", (unsigned long)cases,
           (unsigned long)(sizeof(kinds) / sizeof(kinds[0])));
    return failed;
}
