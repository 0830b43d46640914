/* places.c - stores of every kind for tests. */
#include "tests/support/places.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "tests/support/cm.h"

static char folder[64];

/* ---- the folder ------------------------------------------------------------------------------ */

/* Where syncing costs nothing, if there is such a place: these tests are about what is kept and not
 * about what survives a loss of power. */
int places_begin(void)
{
    snprintf(folder, sizeof(folder), "/dev/shm/reprise-XXXXXX");
    if (mkdtemp(folder))
        return 0;
    snprintf(folder, sizeof(folder), "/tmp/reprise-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

void places_remove(const char *path)
{
    DIR *dir;
    struct dirent *entry;

    if (unlink(path) == 0)
        return;
    dir = opendir(path);
    while (dir && (entry = readdir(dir)) != NULL) {
        char inside[4096];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inside, sizeof(inside), "%s/%s", path, entry->d_name);
        places_remove(inside);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

int places_end(void)
{
    places_remove(folder);
    return access(folder, F_OK) == 0 ? -1 : 0;
}

const char *places_folder(void)
{
    return folder;
}

/* ---- stores ---------------------------------------------------------------------------------- */

static void check(int rc, const struct rp_error *err)
{
    if (rc != RP_OK)
        print_error("%s: %s\n", err->where, err->text);
    assert_int_equal(rc, RP_OK);
}

static void close_store(struct place *p, struct rp_store *store)
{
    char beside[300];

    store->ops->free(store->self);
    if (!p->path[0])
        return;
    places_remove(p->path);
    snprintf(beside, sizeof(beside), "%s-wal", p->path);
    places_remove(beside);
    snprintf(beside, sizeof(beside), "%s-shm", p->path);
    places_remove(beside);
}

static void open_memory(struct place *p, struct rp_store *store)
{
    struct rp_alloc alloc = rp_alloc_libc();

    p->path[0] = '\0';
    assert_int_equal(rp_store_memory(&alloc, store), RP_OK);
}

static void stay(struct place *p, struct rp_store *store)
{
    (void)p, (void)store;
}

static void open_files(struct place *p, struct rp_store *store)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};

    snprintf(p->path, sizeof(p->path), "%s/files", folder);
    check(rp_store_file(&alloc, p->path, store, &err), &err);
}

static void open_database(struct place *p, struct rp_store *store)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_error err = {0};

    snprintf(p->path, sizeof(p->path), "%s/store.db", folder);
    check(rp_store_sqlite(&alloc, p->path, store, &err), &err);
}

static void reopen_files(struct place *p, struct rp_store *store)
{
    store->ops->free(store->self);
    open_files(p, store);
}

static void reopen_database(struct place *p, struct rp_store *store)
{
    store->ops->free(store->self);
    open_database(p, store);
}

struct place places[PLACES] = {
    {.open = open_memory, .reopen = stay, .close = close_store, .name = "in memory"},
    {.open = open_files, .reopen = reopen_files, .close = close_store, .name = "in files"},
    {.open = open_database, .reopen = reopen_database, .close = close_store, .name = "in SQLite"},
};
