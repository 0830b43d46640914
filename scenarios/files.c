/* files.c - files and folders of scenarios. */
#include "files.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LIMIT = 1 << 16 };

void rp_files_init(struct rp_files *f, const struct rp_alloc *alloc)
{
    *f = (struct rp_files){.alloc = *alloc};
}

void rp_files_free(struct rp_files *f)
{
    for (size_t i = 0; i < f->n; i++)
        f->alloc.resize(f->alloc.ctx, f->path[i], strlen(f->path[i]) + 1, 0);
    if (f->room > 0)
        f->alloc.resize(f->alloc.ctx, f->path, f->room * sizeof(*f->path), 0);
    rp_files_init(f, &f->alloc);
}

/* err names the path and says what the system said. */
static int fail(struct rp_error *err, int status, const char *path)
{
    return rp_fail_at(err, status, path, "%s", strerror(errno));
}

/* ---- lists of files -------------------------------------------------------------------------- */

static int add_path(struct rp_files *f, const char *path)
{
    size_t size = strlen(path) + 1, room = f->room ? f->room * 2 : 64;
    char **more, *copy;

    if (f->n == f->room) {
        more =
            f->alloc.resize(f->alloc.ctx, f->path, f->room * sizeof(*more), room * sizeof(*more));
        if (!more)
            return RP_ENOMEM;
        f->path = more;
        f->room = room;
    }
    copy = f->alloc.resize(f->alloc.ctx, NULL, 0, size);
    if (!copy)
        return RP_ENOMEM;
    memcpy(copy, path, size);
    f->path[f->n++] = copy;
    return RP_OK;
}

static int is_scenario(const char *name)
{
    size_t n = strlen(name);

    return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static int add_folder(struct rp_files *f, const char *path, struct rp_error *err);

/* An entry of a folder: a folder is entered, a scenario is added, all else is left. */
static int add_entry(struct rp_files *f, const char *path, const char *name, struct rp_error *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return fail(err, RP_EIO, path);
    if (S_ISDIR(st.st_mode))
        return add_folder(f, path, err);
    return is_scenario(name) ? add_path(f, path) : RP_OK;
}

static int add_name(struct rp_files *f, const char *folder, const char *name, struct rp_error *err)
{
    struct rp_buf path;
    int rc;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return RP_OK;
    rp_buf_init(&path, &f->alloc, PATH_LIMIT);
    rc = rp_buf_addz(&path, folder);
    if (rc == RP_OK && path.n > 0 && path.s[path.n - 1] != '/')
        rc = rp_buf_addc(&path, '/');
    if (rc == RP_OK)
        rc = rp_buf_addz(&path, name);
    if (rc == RP_ELIMIT)
        rp_fail_at(err, rc, folder, "the path of a folder in it is too long");
    if (rc == RP_OK)
        rc = add_entry(f, path.s, name, err);
    rp_buf_free(&path);
    return rc;
}

static int add_folder(struct rp_files *f, const char *path, struct rp_error *err)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    int rc = RP_OK;

    if (!dir)
        return fail(err, RP_EIO, path);
    errno = 0;
    while (rc == RP_OK && (entry = readdir(dir)) != NULL) {
        rc = add_name(f, path, entry->d_name, err);
        errno = 0;
    }
    if (rc == RP_OK && errno != 0)
        rc = fail(err, RP_EIO, path);
    closedir(dir);
    return rc;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int rp_files_add(struct rp_files *f, const char *path, struct rp_error *err)
{
    size_t before = f->n;
    struct stat st;

    if (stat(path, &st) != 0)
        return fail(err, RP_EIO, path);
    if (!S_ISDIR(st.st_mode))
        return add_path(f, path);
    RP_TRY(add_folder(f, path, err));
    if (f->n > before)
        qsort(f->path + before, f->n - before, sizeof(*f->path), compare_paths);
    return RP_OK;
}

/* ---- whole files ----------------------------------------------------------------------------- */

static int read_all(struct rp_buf *out, FILE *file, const char *path, struct rp_error *err)
{
    char piece[16384];
    size_t n;

    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
        int rc = rp_buf_add(out, piece, n);
        if (rc != RP_OK)
            return rp_fail_at(err, rc, path, "%s", rp_status_text(rc));
    }
    return ferror(file) ? fail(err, RP_EIO, path) : RP_OK;
}

int rp_file_read(struct rp_buf *out, const char *path, struct rp_error *err)
{
    FILE *file = fopen(path, "rb");
    int rc;

    if (!file)
        return fail(err, errno == ENOENT ? RP_ENOTFOUND : RP_EIO, path);
    rc = read_all(out, file, path, err);
    fclose(file);
    return rc;
}

static int write_all(const char *path, struct rp_str bytes)
{
    FILE *file = fopen(path, "wb");
    int ok;

    if (!file)
        return RP_EIO;
    ok = bytes.n == 0 || fwrite(bytes.s, 1, bytes.n, file) == bytes.n;
    return fclose(file) == 0 && ok ? RP_OK : RP_EIO;
}

int rp_file_write(const struct rp_alloc *alloc, const char *path, struct rp_str bytes,
                  struct rp_error *err)
{
    struct rp_buf beside;
    int rc;

    rp_buf_init(&beside, alloc, PATH_LIMIT);
    rc = rp_buf_addz(&beside, path);
    if (rc == RP_OK)
        rc = rp_buf_addz(&beside, ".new");
    if (rc != RP_OK) {
        rp_buf_free(&beside);
        return rp_fail_at(err, rc, path, "%s", rp_status_text(rc));
    }
    rc = write_all(beside.s, bytes);
    if (rc == RP_OK && rename(beside.s, path) != 0)
        rc = RP_EIO;
    if (rc != RP_OK) {
        rc = fail(err, RP_EIO, path);
        remove(beside.s);
    }
    rp_buf_free(&beside);
    return rc;
}
