/* faulty_vfs.c - owns the disk in memory for SQLite that fails when it is told to. */
#include "tests/support/faulty_vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512 };

struct handle {
    sqlite3_file file;
    struct faulty_vfs *v;
    struct vfs_file *f;
    int deletes; /* the file when it is closed */
};

/* ---- bytes ---- */

static void must(int truth)
{
    if (!truth)
        abort();
}

static void resize(struct vfs_bytes *b, size_t n)
{
    if (n > b->room) {
        size_t room = b->room ? b->room : 4096;
        while (room < n)
            room *= 2;
        b->b = realloc(b->b, room);
        must(b->b != NULL);
        b->room = room;
    }
    if (n > b->n)
        memset(b->b + b->n, 0, n - b->n);
    b->n = n;
}

static void copy(struct vfs_bytes *to, const struct vfs_bytes *from)
{
    resize(to, from->n);
    if (from->n > 0)
        memcpy(to->b, from->b, from->n);
}

static void differs(struct vfs_file *f, size_t from, size_t to)
{
    if (f->from >= f->to) {
        f->from = from;
        f->to = to;
    }
    f->from = from < f->from ? from : f->from;
    f->to = to > f->to ? to : f->to;
}

static void settle(struct vfs_file *f)
{
    resize(&f->durable, f->written.n);
    if (f->to > f->written.n)
        f->to = f->written.n;
    if (f->from < f->to)
        memcpy(f->durable.b + f->from, f->written.b + f->from, f->to - f->from);
    f->from = f->to = 0;
}

static void settle_folder(struct faulty_vfs *v)
{
    for (int i = 0; i < VFS_FILES; i++) {
        struct vfs_file *f = &v->file[i];
        if (!f->there)
            resize(&f->durable, 0);
        f->there_durably = f->there;
    }
}

static struct vfs_file *find(struct faulty_vfs *v, const char *name)
{
    for (int i = 0; i < VFS_FILES; i++)
        if (strcmp(v->file[i].name, name) == 0)
            return &v->file[i];
    return NULL;
}

static struct vfs_file *find_or_make(struct faulty_vfs *v, const char *name)
{
    struct vfs_file *f = find(v, name);

    if (f)
        return f;
    f = find(v, "");
    must(f && strlen(name) < sizeof(f->name));
    snprintf(f->name, sizeof(f->name), "%s", name);
    return f;
}

/* ---- faults ---- */

enum { GOES_ON = -1 }; /* the operation is to be done */

static int strike(struct faulty_vfs *v, int error)
{
    v->hit = 1;
    switch (v->fault) {
    case VFS_STOP:
    case VFS_STOP_MID:
        v->dead = 1;
        return error;
    case VFS_FULL:
    case VFS_SHORT:
        return SQLITE_FULL;
    case VFS_NO_ROOM:
        v->full = 1;
        return GOES_ON;
    case VFS_IO:
    case VFS_READ:
        return error;
    case VFS_SOUND:
        break;
    }
    return GOES_ON;
}

static int change(struct faulty_vfs *v, int error)
{
    if (v->dead)
        return error;
    if (v->fault == VFS_READ || v->changes++ != v->at)
        return GOES_ON;
    return strike(v, error);
}

static int question(struct faulty_vfs *v, int error)
{
    if (v->dead)
        return error;
    if (v->fault != VFS_READ || v->reads++ != v->at)
        return GOES_ON;
    return strike(v, error);
}

/* ---- files ---- */

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)(void *)file;
}

static int shm_unmap(sqlite3_file *file, int deletes)
{
    struct handle *h = handle_of(file);

    (void)deletes;
    for (size_t i = 0; i < sizeof(h->f->shared) / sizeof(h->f->shared[0]); i++) {
        if (h->f->handles <= 1) {
            free(h->f->shared[i]);
            h->f->shared[i] = NULL;
        }
    }
    return SQLITE_OK;
}

static int vfs_close(sqlite3_file *file)
{
    struct handle *h = handle_of(file);

    shm_unmap(file, 0);
    h->f->handles--;
    if (h->deletes && !h->v->dead)
        h->f->there = 0;
    return SQLITE_OK;
}

static int vfs_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    struct handle *h = handle_of(file);
    const struct vfs_bytes *b = &h->f->written;
    size_t wanted = (size_t)n, from = (size_t)at, got = 0;
    int rc = question(h->v, SQLITE_IOERR_READ);

    if (rc != GOES_ON)
        return rc;
    if (from < b->n) {
        got = b->n - from < wanted ? b->n - from : wanted;
        memcpy(to, b->b + from, got);
    }
    memset((char *)to + got, 0, wanted - got);
    return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static void put(struct vfs_file *f, const void *from, size_t n, size_t at)
{
    if (n == 0)
        return;
    if (at + n > f->written.n) {
        differs(f, f->written.n < at ? f->written.n : at, at + n);
        resize(&f->written, at + n);
    }
    memcpy(f->written.b + at, from, n);
    differs(f, at, at + n);
}

static int vfs_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    struct handle *h = handle_of(file);
    int was = h->v->hit, rc = change(h->v, SQLITE_IOERR_WRITE);
    size_t size = (size_t)n;

    if (rc != GOES_ON) {
        if (!was && h->v->hit && (h->v->fault == VFS_SHORT || h->v->fault == VFS_STOP_MID))
            put(h->f, from, size / 2, (size_t)at);
        return rc;
    }
    if (h->v->full && (size_t)at + size > h->f->written.n)
        return SQLITE_FULL;
    put(h->f, from, size, (size_t)at);
    return SQLITE_OK;
}

static int vfs_truncate(sqlite3_file *file, sqlite3_int64 n)
{
    struct handle *h = handle_of(file);
    int rc = change(h->v, SQLITE_IOERR_TRUNCATE);

    if (rc != GOES_ON)
        return rc;
    if (h->f->written.n != (size_t)n)
        differs(h->f, (size_t)n, h->f->written.n > (size_t)n ? h->f->written.n : (size_t)n);
    resize(&h->f->written, (size_t)n);
    return SQLITE_OK;
}

static int vfs_sync(sqlite3_file *file, int flags)
{
    struct handle *h = handle_of(file);
    int rc = change(h->v, SQLITE_IOERR_FSYNC);

    (void)flags;
    if (rc != GOES_ON)
        return rc;
    settle(h->f);
    if (!h->f->there_durably)
        settle_folder(h->v);
    return SQLITE_OK;
}

static int vfs_file_size(sqlite3_file *file, sqlite3_int64 *n)
{
    struct handle *h = handle_of(file);
    int rc = question(h->v, SQLITE_IOERR_FSTAT);

    if (rc != GOES_ON)
        return rc;
    *n = (sqlite3_int64)h->f->written.n;
    return SQLITE_OK;
}

static int vfs_lock(sqlite3_file *file, int level)
{
    (void)level;
    return handle_of(file)->v->dead ? SQLITE_IOERR_LOCK : SQLITE_OK;
}

static int vfs_is_reserved(sqlite3_file *file, int *out)
{
    (void)file;
    *out = 0;
    return SQLITE_OK;
}

static int vfs_control(sqlite3_file *file, int what, void *given)
{
    (void)file;
    (void)what;
    (void)given;
    return SQLITE_NOTFOUND;
}

static int vfs_sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int vfs_characteristics(sqlite3_file *file)
{
    return handle_of(file)->v->characteristics;
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    struct handle *h = handle_of(file);
    void **at = &h->f->shared[region];
    int rc = question(h->v, SQLITE_IOERR_SHMMAP);

    must((size_t)region < sizeof(h->f->shared) / sizeof(h->f->shared[0]));
    *out = NULL;
    if (rc != GOES_ON)
        return rc;
    if (!*at && extend) {
        *at = calloc(1, (size_t)size);
        must(*at != NULL);
    }
    *out = *at;
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    (void)offset;
    (void)n;
    (void)flags;
    return handle_of(file)->v->dead ? SQLITE_IOERR_SHMLOCK : SQLITE_OK;
}

static void shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = vfs_close,
                                           .xRead = vfs_read,
                                           .xWrite = vfs_write,
                                           .xTruncate = vfs_truncate,
                                           .xSync = vfs_sync,
                                           .xFileSize = vfs_file_size,
                                           .xLock = vfs_lock,
                                           .xUnlock = vfs_lock,
                                           .xCheckReservedLock = vfs_is_reserved,
                                           .xFileControl = vfs_control,
                                           .xSectorSize = vfs_sector_size,
                                           .xDeviceCharacteristics = vfs_characteristics,
                                           .xShmMap = shm_map,
                                           .xShmLock = shm_lock,
                                           .xShmBarrier = shm_barrier,
                                           .xShmUnmap = shm_unmap};

/* ---- the folder ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct faulty_vfs *v = vfs->pAppData;
    struct handle *h = handle_of(file);
    struct vfs_file *f = name ? find(v, name) : NULL;
    int fresh = !f || !f->there, rc;

    file->pMethods = NULL;
    if (!name || (fresh && !(flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    rc = fresh ? change(v, SQLITE_CANTOPEN) : question(v, SQLITE_CANTOPEN);
    if (rc != GOES_ON)
        return rc;
    f = find_or_make(v, name);
    if (fresh) {
        resize(&f->written, 0);
        differs(f, 0, f->durable.n);
        f->there = 1;
    }
    f->handles++;
    *h = (struct handle){{&methods}, v, f, (flags & SQLITE_OPEN_DELETEONCLOSE) != 0};
    if (out)
        *out = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct faulty_vfs *v = vfs->pAppData;
    struct vfs_file *f = find(v, name);
    int rc;

    if (!f || !f->there)
        return SQLITE_IOERR_DELETE_NOENT;
    rc = change(v, SQLITE_IOERR_DELETE);
    if (rc != GOES_ON)
        return rc;
    f->there = 0;
    if (sync_folder)
        settle_folder(v);
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    struct faulty_vfs *v = vfs->pAppData;
    const struct vfs_file *f = find(v, name);
    int rc = question(v, SQLITE_IOERR_ACCESS);

    if (rc != GOES_ON)
        return rc;
    *out = f && f->there && (flags != SQLITE_ACCESS_EXISTS || f->written.n > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)room, "%s", name);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)(i * 37 + 11);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2460000.5;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    (void)n;
    (void)out;
    return 0;
}

/* ---- the whole ---- */

void faulty_vfs_init(struct faulty_vfs *v, const char *name)
{
    memset(v, 0, sizeof(*v));
    snprintf(v->name, sizeof(v->name), "%s", name);
    v->at = -1;
    v->characteristics = SQLITE_IOCAP_POWERSAFE_OVERWRITE;
    v->vfs = (sqlite3_vfs){.iVersion = 1,
                           .szOsFile = sizeof(struct handle),
                           .mxPathname = 60,
                           .zName = v->name,
                           .pAppData = v,
                           .xOpen = vfs_open,
                           .xDelete = vfs_delete,
                           .xAccess = vfs_access,
                           .xFullPathname = vfs_full_path,
                           .xRandomness = vfs_randomness,
                           .xSleep = vfs_sleep,
                           .xCurrentTime = vfs_time,
                           .xGetLastError = vfs_last_error};
    must(sqlite3_vfs_register(&v->vfs, 0) == SQLITE_OK);
}

void faulty_vfs_clear(struct faulty_vfs *v)
{
    for (int i = 0; i < VFS_FILES; i++) {
        struct vfs_file *f = &v->file[i];
        must(f->handles == 0);
        f->there = f->there_durably = 0;
        f->from = f->to = 0;
        resize(&f->written, 0);
        resize(&f->durable, 0);
    }
    faulty_vfs_mend(v);
    v->hit = 0;
}

void faulty_vfs_free(struct faulty_vfs *v)
{
    sqlite3_vfs_unregister(&v->vfs);
    faulty_vfs_clear(v);
    for (int i = 0; i < VFS_FILES; i++) {
        free(v->file[i].written.b);
        free(v->file[i].durable.b);
    }
}

void faulty_vfs_arm(struct faulty_vfs *v, enum vfs_fault fault, long n)
{
    v->changes = v->reads = 0;
    v->fault = fault;
    v->at = n;
    v->hit = 0;
}

void faulty_vfs_mend(struct faulty_vfs *v)
{
    v->full = v->dead = 0;
    v->fault = VFS_SOUND;
    v->at = -1;
}

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed * UINT64_C(2685821657736338717) >> 32;
}

/* Each sector of what is not durable is the old or the new one; so is the file's length. */
static void tear(const struct vfs_file *from, struct vfs_bytes *to, uint64_t *seed)
{
    size_t n = draw(seed) % 2 ? from->written.n : from->durable.n;

    resize(to, n);
    for (size_t at = from->from / SECTOR * SECTOR; at < from->to && at < n; at += SECTOR) {
        size_t end = at + SECTOR < n ? at + SECTOR : n;
        if (draw(seed) % 2 || at >= from->written.n)
            continue;
        end = end < from->written.n ? end : from->written.n;
        memcpy(to->b + at, from->written.b + at, end - at);
    }
}

static void end_file(const struct vfs_file *from, struct vfs_file *to, enum vfs_end how,
                     uint64_t *seed)
{
    memcpy(to->name, from->name, sizeof(to->name));
    if (how == VFS_KILLED) {
        to->there = from->there;
        copy(&to->written, &from->written);
    } else {
        to->there = how == VFS_TORN && draw(seed) % 2 ? from->there : from->there_durably;
        copy(&to->written, &from->durable);
        if (how == VFS_TORN)
            tear(from, &to->written, seed);
    }
    if (!to->there)
        resize(&to->written, 0);
    to->there_durably = to->there;
    copy(&to->durable, &to->written);
    to->from = to->to = 0;
}

void faulty_vfs_end(const struct faulty_vfs *from, struct faulty_vfs *to, enum vfs_end how,
                    uint64_t seed)
{
    seed = seed * 2 + 1;
    faulty_vfs_clear(to);
    to->characteristics = from->characteristics;
    for (int i = 0; i < 4; i++)
        draw(&seed);
    for (int i = 0; i < VFS_FILES; i++)
        end_file(&from->file[i], &to->file[i], how, &seed);
}

struct vfs_bytes *faulty_vfs_bytes(struct faulty_vfs *v, const char *name)
{
    struct vfs_file *f = find(v, name);

    return f && f->there ? &f->written : NULL;
}
