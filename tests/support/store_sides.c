/* store_sides.c - owns the stores that a model is compared with, and how each is made to fail. */
#include "tests/support/store_sides.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/os/reprise_os.h"
#include "engine/os/store_file.h"
#include "tests/support/cm.h"
#include "tests/support/store_suite.h"

enum { MEMORY, FILES, SQLITE };

/* ---- a disk that fails ---- */

static int fails(struct failing_disk *d)
{
    if (d->asked++ != d->fails)
        return 0;
    d->failed = 1;
    return d->e;
}

/* The operation of the real disk, unless it is the one that fails. */
#define PASS_ON(name, parameters, arguments)                                                       \
    static int disk_##name parameters                                                              \
    {                                                                                              \
        struct failing_disk *d = self;                                                             \
        int e = fails(d);                                                                          \
        return e ? e : d->real.ops->name arguments;                                                \
    }
PASS_ON(enter, (void *self, const char *path, int make, int *folder),
        (d->real.self, path, make, folder))
PASS_ON(lock, (void *self, int folder), (d->real.self, folder))
PASS_ON(list, (void *self, int folder, int (*visit)(void *ctx, const char *name), void *ctx),
        (d->real.self, folder, visit, ctx))
PASS_ON(open, (void *self, int folder, const char *name, enum rp_disk_mode mode, int *file),
        (d->real.self, folder, name, mode, file))
PASS_ON(size, (void *self, int file, uint64_t *n), (d->real.self, file, n))
PASS_ON(read, (void *self, int file, uint64_t at, char *to, size_t n, size_t *got),
        (d->real.self, file, at, to, n, got))
PASS_ON(write, (void *self, int file, const char *s, size_t n, size_t *put),
        (d->real.self, file, s, n, put))
PASS_ON(sync, (void *self, int file), (d->real.self, file))
PASS_ON(rename, (void *self, int folder, const char *from, const char *to),
        (d->real.self, folder, from, to))
PASS_ON(unlink, (void *self, int folder, const char *name), (d->real.self, folder, name))

static int disk_leave(void *self, int folder)
{
    struct failing_disk *d = self;

    return d->real.ops->leave(d->real.self, folder);
}

static int disk_close(void *self, int file)
{
    struct failing_disk *d = self;

    return d->real.ops->close(d->real.self, file);
}

static const struct rp_disk_ops disk_ops = {.enter = disk_enter,
                                            .leave = disk_leave,
                                            .lock = disk_lock,
                                            .list = disk_list,
                                            .open = disk_open,
                                            .size = disk_size,
                                            .read = disk_read,
                                            .write = disk_write,
                                            .sync = disk_sync,
                                            .close = disk_close,
                                            .rename = disk_rename,
                                            .unlink = disk_unlink};

/* ---- sides ---- */

static int open_side(struct side *s, struct rp_error *err)
{
    struct rp_sqlite_opts opts = {.vfs = "sides", .wal_pages = 25, .unindexed = 15};
    struct rp_disk disk = {&disk_ops, &s->disk};

    if (strcmp(s->name, "files") == 0)
        return rp_store_file_on(&s->memory.alloc, &disk, s->place, 0, &s->store, err);
    if (strcmp(s->name, "sqlite") == 0)
        return rp_store_sqlite_with(&s->memory.alloc, "side.db", &opts, &s->store, err);
    return rp_store_memory(&s->memory.alloc, &s->store);
}

static void wipe(const char *place)
{
    DIR *folder = opendir(place);
    const struct dirent *entry;
    char path[600];

    while (folder && (entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", place, entry->d_name);
        unlink(path);
    }
    if (folder)
        closedir(folder);
    rmdir(place);
}

void sides_open(struct side sides[SIDES])
{
    static const char *const names[SIDES] = {"memory", "files", "sqlite"};

    for (int i = 0; i < SIDES; i++) {
        struct side *s = &sides[i];
        struct rp_error err = {0};
        memset(s, 0, sizeof(*s));
        s->name = names[i];
        s->durable = i != MEMORY;
        snprintf(s->place, sizeof(s->place), "%s", suite_place("side"));
        faulty_init(&s->memory, -1);
        s->disk = (struct failing_disk){.real = rp_disk_real(), .fails = -1};
        if (i == SQLITE)
            faulty_vfs_init(&s->vfs, "sides");
        if (open_side(s, &err) != RP_OK)
            print_error("%s: %s\n", err.where, err.text);
        assert_non_null(s->store.ops);
    }
}

void sides_close(struct side sides[SIDES])
{
    for (int i = 0; i < SIDES; i++) {
        sides[i].store.ops->free(sides[i].store.self);
        assert_int_equal(sides[i].memory.out, 0);
    }
    wipe(sides[FILES].place);
    faulty_vfs_free(&sides[SQLITE].vfs);
    suite_clean();
}

void side_arm(struct side *s, long n, uint64_t *seed)
{
    static const enum vfs_fault faults[] = {VFS_IO, VFS_FULL, VFS_SHORT, VFS_READ};
    static const int errors[] = {EIO, ENOSPC, EACCES};

    s->memory.failed = s->disk.failed = s->vfs.hit = 0;
    if (!s->durable || tree_below(seed, 3) == 0) {
        s->memory.fails = s->memory.asked + n;
        s->memory.goes_on = (int)tree_below(seed, 2);
        return;
    }
    s->disk.e = errors[tree_below(seed, 3)];
    s->disk.fails = s->disk.asked + n;
    if (strcmp(s->name, "sqlite") == 0)
        faulty_vfs_arm(&s->vfs, faults[tree_below(seed, 4)], n);
}

int side_disarm(struct side *s)
{
    s->memory.fails = s->disk.fails = -1;
    if (strcmp(s->name, "sqlite") == 0)
        faulty_vfs_mend(&s->vfs);
    return s->memory.failed || s->disk.failed || s->vfs.hit;
}

int side_reopen(struct side *s, struct rp_error *err)
{
    int rc;

    if (s->store.ops)
        s->store.ops->free(s->store.self);
    s->store.ops = NULL;
    s->generation = 0;
    rc = open_side(s, err);
    if (rc != RP_OK)
        s->store.ops = NULL;
    return rc;
}
