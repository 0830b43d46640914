/* open_store.c - opens checkpoint stores by name, and stores in a passing place. */
#include "open_store.h"

#include "engine/os/reprise_os.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LIMIT = 1 << 16, DEPTH_LIMIT = 8 };

static const char sqlite_head[] = "SQLite format 3"; /* and a NUL: the first 16 bytes of one */

/* ---- what a name means ----------------------------------------------------------------------- */

enum place { PLACE_FOLDER, PLACE_DATABASE };

static int begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static int ends(const char *s, const char *with)
{
    size_t n = strlen(s), m = strlen(with);

    return n > m && strcmp(s + n - m, with) == 0;
}

static int named_as_database(const char *path)
{
    return ends(path, ".db") || ends(path, ".sqlite");
}

/* A file: is it an SQLite database? One that is still empty goes by its name. */
static int read_head(const char *path, enum place *place, struct rp_error *err)
{
    char head[sizeof(sqlite_head)];
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file)
        return rp_fail_at(err, RP_ESTORE, path, "%s", strerror(errno));
    n = fread(head, 1, sizeof(head), file);
    fclose(file);
    *place = PLACE_DATABASE;
    if (n == sizeof(head) && memcmp(head, sqlite_head, n) == 0)
        return RP_OK;
    if (n == 0 && named_as_database(path))
        return RP_OK;
    return rp_fail_at(err, RP_ESTORE, path,
                      "this file is no SQLite database; a store of checkpoints is a database or a "
                      "folder");
}

/* Nothing stands there. */
static int missing(const char *path, enum rp_store_use use, struct rp_error *err)
{
    if (use == RP_STORE_KEEP)
        return RP_OK;
    return rp_fail_at(err, RP_ENOTFOUND, path,
                      "there is no store of checkpoints; name the folder or the database that was "
                      "given to a run with --store");
}

/* The kind of place and its path, which is a part of name. */
static int understand(const char *name, enum rp_store_use use, enum place *place, const char **path,
                      struct rp_error *err)
{
    int sqlite = begins(name, "sqlite:"), folder = begins(name, "file:");
    struct stat st;

    *path = name + (sqlite ? strlen("sqlite:") : folder ? strlen("file:") : 0);
    if (!**path)
        return rp_fail_at(err, RP_EARG, name,
                          "a store of checkpoints needs a name: a folder, or an SQLite database "
                          "(a name ending in .db or .sqlite)");
    *place = sqlite || (!folder && named_as_database(*path)) ? PLACE_DATABASE : PLACE_FOLDER;
    if (stat(*path, &st) != 0)
        return errno == ENOENT ? missing(*path, use, err)
                               : rp_fail_at(err, RP_ESTORE, *path, "%s", strerror(errno));
    if (S_ISDIR(st.st_mode) && sqlite)
        return rp_fail_at(err, RP_ESTORE, *path, "this is a folder and no SQLite database");
    if (!S_ISDIR(st.st_mode) && folder)
        return rp_fail_at(err, RP_ESTORE, *path, "this is a file and no folder");
    if (S_ISDIR(st.st_mode))
        *place = PLACE_FOLDER;
    return S_ISREG(st.st_mode) ? read_head(*path, place, err) : RP_OK;
}

static int open_place(const struct rp_alloc *alloc, enum place place, const char *path, int to_read,
                      struct rp_store *out, struct rp_error *err)
{
    const struct rp_sqlite_opts how = {.read_only = to_read};

    if (place == PLACE_DATABASE)
        return rp_store_sqlite_with(alloc, path, &how, out, err);
    return to_read ? rp_store_file_to_read(alloc, path, out, err)
                   : rp_store_file(alloc, path, out, err);
}

/* ---- a store whose place goes with it -------------------------------------------------------- */

struct around {
    struct rp_store inner;
    struct rp_alloc alloc;
    char *folder; /* ends with its NUL; NULL: not made yet */
};

static int inner_save(void *self, const struct rp_checkpoint_info *info,
                      const struct rp_item *items, size_t n, uint64_t *generation, int64_t *id,
                      struct rp_error *err)
{
    struct rp_store *in = &((struct around *)self)->inner;

    return in->ops->save(in->self, info, items, n, generation, id, err);
}

static int inner_item(void *self, const struct rp_item_id *id, const char **bytes, size_t *n,
                      struct rp_error *err)
{
    struct rp_store *in = &((struct around *)self)->inner;

    return in->ops->item(in->self, id, bytes, n, err);
}

static int inner_info(void *self, int64_t id, struct rp_checkpoint_info *out, struct rp_error *err)
{
    struct rp_store *in = &((struct around *)self)->inner;

    return in->ops->info(in->self, id, out, err);
}

static int inner_list(void *self, const char *workflow,
                      int (*visit)(void *ctx, const struct rp_checkpoint_info *info), void *ctx,
                      struct rp_error *err)
{
    struct rp_store *in = &((struct around *)self)->inner;

    return in->ops->list(in->self, workflow, visit, ctx, err);
}

static int inner_latest(void *self, const char *workflow, int64_t *id, struct rp_error *err)
{
    struct rp_store *in = &((struct around *)self)->inner;

    return in->ops->latest(in->self, workflow, id, err);
}

static int inner_remove(void *self, const int64_t *ids, size_t n, struct rp_error *err)
{
    struct rp_store *in = &((struct around *)self)->inner;

    return in->ops->remove(in->self, ids, n, err);
}

static int inner_size(void *self, uint64_t *bytes, struct rp_error *err)
{
    struct rp_store *in = &((struct around *)self)->inner;

    return in->ops->size(in->self, bytes, err);
}

/* Removes all that stands below path, a buffer that is given back as it was. */
static void remove_below(struct rp_buf *path, int depth)
{
    size_t n = path->n;
    DIR *dir = depth < DEPTH_LIMIT ? opendir(path->s) : NULL;
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (rp_buf_addc(path, '/') == RP_OK && rp_buf_addz(path, entry->d_name) == RP_OK &&
            unlink(path->s) != 0) {
            remove_below(path, depth + 1);
            rmdir(path->s);
        }
        rp_buf_cut(path, n);
    }
    closedir(dir);
}

/* With memory of its own: cleaning up does not depend on the caller's. */
static void remove_folder(const char *folder)
{
    struct rp_alloc alloc = rp_alloc_libc();
    struct rp_buf path;

    rp_buf_init(&path, &alloc, PATH_LIMIT);
    if (rp_buf_addz(&path, folder) == RP_OK)
        remove_below(&path, 0);
    rp_buf_free(&path);
    rmdir(folder);
}

static void around_free(void *self)
{
    struct around *a = self;
    struct rp_alloc alloc;

    if (!a)
        return;
    alloc = a->alloc;
    if (a->inner.self)
        a->inner.ops->free(a->inner.self);
    if (a->folder) {
        remove_folder(a->folder);
        alloc.resize(alloc.ctx, a->folder, strlen(a->folder) + 1, 0);
    }
    alloc.resize(alloc.ctx, a, sizeof(*a), 0);
}

static const struct rp_store_ops passing_ops = {.save = inner_save,
                                                .item = inner_item,
                                                .info = inner_info,
                                                .list = inner_list,
                                                .latest = inner_latest,
                                                .remove = inner_remove,
                                                .size = inner_size,
                                                .free = around_free};

static struct around *around_new(const struct rp_alloc *alloc)
{
    struct around *a = alloc->resize(alloc->ctx, NULL, 0, sizeof(*a));

    if (a)
        *a = (struct around){.alloc = *alloc};
    return a;
}

static int no_memory(const char *where, struct rp_error *err)
{
    return rp_fail_at(err, RP_ENOMEM, where, "%s", rp_status_text(RP_ENOMEM));
}

/* ---- by name --------------------------------------------------------------------------------- */

int rp_open_store(const struct rp_alloc *alloc, const char *name, enum rp_store_use use,
                  struct rp_store *out, struct rp_error *err)
{
    enum place place = PLACE_FOLDER;
    const char *path = name;

    RP_TRY(understand(name, use, &place, &path, err));
    return open_place(alloc, place, path, use == RP_STORE_LOOK, out, err);
}

/* ---- for a while ----------------------------------------------------------------------------- */

/* Makes a folder of its own; *out with its NUL, owned by the caller. */
static int make_folder(const struct rp_alloc *alloc, char **out, struct rp_error *err)
{
    static const char name[] = "/reprise-XXXXXX";
    const char *below = getenv("TMPDIR");
    size_t n, room;

    if (!below || !below[0])
        below = "/tmp";
    n = strlen(below);
    room = n + sizeof(name);
    *out = alloc->resize(alloc->ctx, NULL, 0, room);
    if (!*out)
        return no_memory(below, err);
    memcpy(*out, below, n);
    memcpy(*out + n, name, sizeof(name));
    if (mkdtemp(*out))
        return RP_OK;
    rp_fail_at(err, RP_ESTORE, below,
               "no passing folder for checkpoints can be made in it: %s; name another one in "
               "TMPDIR, or give a store with --store",
               strerror(errno));
    alloc->resize(alloc->ctx, *out, room, 0);
    *out = NULL;
    return RP_ESTORE;
}

static int open_inside(struct around *a, enum rp_storage storage, struct rp_error *err)
{
    struct rp_buf path;
    int rc;

    RP_TRY(make_folder(&a->alloc, &a->folder, err));
    rp_buf_init(&path, &a->alloc, PATH_LIMIT);
    rc = rp_buf_addz(&path, a->folder);
    if (rc == RP_OK)
        rc = rp_buf_addz(&path, storage == RP_STORE_SQLITE ? "/checkpoints.db" : "/checkpoints");
    if (rc == RP_OK)
        rc = open_place(&a->alloc, storage == RP_STORE_SQLITE ? PLACE_DATABASE : PLACE_FOLDER,
                        path.s, 0, &a->inner, err);
    else
        no_memory(a->folder, err);
    rp_buf_free(&path);
    return rc;
}

int rp_open_passing_store(const struct rp_alloc *alloc, enum rp_storage storage,
                          struct rp_store *out, struct rp_error *err)
{
    struct around *a;
    int rc;

    if (storage == RP_STORE_NONE)
        return RP_OK;
    if (storage == RP_STORE_MEMORY) {
        rc = rp_store_memory(alloc, out);
        return rc == RP_OK ? RP_OK : no_memory("", err);
    }
    a = around_new(alloc);
    if (!a)
        return no_memory("", err);
    rc = open_inside(a, storage, err);
    if (rc != RP_OK) {
        around_free(a);
        return rc;
    }
    *out = (struct rp_store){&passing_ops, a};
    return RP_OK;
}
