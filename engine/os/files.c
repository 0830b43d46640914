/* files.c - owns the file layer of the operating system, and the sentences of its errors. */
#include "engine/os/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- errors ---- */

static const struct {
    int e;
    const char *text, *remedy;
} errors[] = {
    {ENOSPC, "no space is left on the device", "make room there; the next try may succeed"},
    {EDQUOT, "the quota of disk space is used up", "make room there; the next try may succeed"},
    {EFBIG, "the file would be larger than is allowed", "raise the limit of file sizes"},
    {EIO, "the device failed to read or write", "look after the device; the next try may succeed"},
    {EROFS, "the file system can only be read", "mount it for writing, or choose another folder"},
    {EACCES, "permission was denied", "give the right to read and write there"},
    {EPERM, "the operation is not permitted", "give the right to read and write there"},
    {ENOENT, "there is no such file or folder", "put it back, or name another one"},
    {ENOTDIR, "it is no folder", "name a folder"},
    {EISDIR, "it is a folder and no file", "move it away"},
    {ELOOP, "it is a link and no file", "put the file itself there"},
    {EEXIST, "it is there already", "move it away"},
    {EINVAL, "it is no ordinary file, or the file system does not know the operation",
     "use an ordinary folder of a local file system"},
    {ENAMETOOLONG, "the name is too long", "choose a shorter one"},
    {EMFILE, "too many files are open in this program", "raise the limit of open files"},
    {ENFILE, "too many files are open on this machine", "close some programs"},
    {ENOMEM, "the system has no memory left", "close some programs"},
    {EWOULDBLOCK, "another one holds the lock", "wait until it has ended"},
    {ENOLCK, "the system has no locks left", "use a folder of a local file system"},
    {EOPNOTSUPP, "the file system does not know the operation",
     "use a folder of a local file system"},
    {EBUSY, "it is in use", "try again"},
    {ESTALE, "the folder on the server was replaced", "open the store again"},
    {ENXIO, "the device is gone", "look after the device"},
    {ENODEV, "the device is gone", "look after the device"},
};

static size_t find_error(int e)
{
    size_t i = 0;

    while (i < sizeof(errors) / sizeof(errors[0]) && errors[i].e != e)
        i++;
    return i;
}

const char *rp_errno_text(int e)
{
    size_t i = find_error(e);

    return i < sizeof(errors) / sizeof(errors[0]) ? errors[i].text : "the system refused it";
}

const char *rp_errno_remedy(int e)
{
    size_t i = find_error(e);

    return i < sizeof(errors) / sizeof(errors[0]) ? errors[i].remedy : "look after the device";
}

/* ---- folders ---- */

static int open_again(int folder, const char *name, int flags, int *fd)
{
    do {
        *fd = openat(folder, name, flags | O_CLOEXEC, 0666);
    } while (*fd < 0 && errno == EINTR);
    return *fd < 0 ? errno : 0;
}

/* Some file systems cannot sync a folder and keep its entries safe without. */
static int sync_fd(int fd)
{
    struct stat st;
    int e;

    while (fsync(fd) != 0) {
        e = errno;
        if (e == EINTR)
            continue;
        return e == EINVAL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : e;
    }
    return 0;
}

/* The entry of the folder in the one above becomes durable: without it a new folder may be lost
 * with all that is in it. A folder above that may not be read is left out. */
static int sync_above(int folder)
{
    int above, e = open_again(folder, "..", O_RDONLY | O_DIRECTORY, &above);

    if (e != 0)
        return e == EACCES ? 0 : e;
    e = sync_fd(above);
    close(above);
    return e;
}

static int real_enter(void *self, const char *path, int make, int *folder)
{
    int e;

    (void)self;
    if (make && mkdir(path, 0777) != 0 && errno != EEXIST) {
        e = errno;
        /* what cannot be made may be there already, on a file system that can only be read */
        return open_again(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, folder) == 0 ? 0 : e;
    }
    e = open_again(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, folder);
    if (e != 0 || !make)
        return e;
    e = sync_above(*folder);
    if (e != 0)
        close(*folder);
    return e;
}

static int real_close(void *self, int fd)
{
    (void)self;
    return close(fd) == 0 ? 0 : errno;
}

static int real_lock(void *self, int folder)
{
    (void)self;
    while (flock(folder, LOCK_EX | LOCK_NB) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

static int read_entries(DIR *dir, int (*visit)(void *ctx, const char *name), void *ctx)
{
    struct dirent *entry;
    int rc = 0;

    errno = 0;
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = visit(ctx, entry->d_name);
        errno = 0;
    }
    return rc != 0 ? rc : errno;
}

static int real_list(void *self, int folder, int (*visit)(void *ctx, const char *name), void *ctx)
{
    int fd, e = open_again(folder, ".", O_RDONLY | O_DIRECTORY, &fd);
    DIR *dir;

    (void)self;
    if (e != 0)
        return e;
    dir = fdopendir(fd);
    if (!dir) {
        e = errno;
        close(fd);
        return e;
    }
    e = read_entries(dir, visit, ctx);
    closedir(dir);
    return e;
}

/* ---- files ---- */

static int real_open(void *self, int folder, const char *name, enum rp_disk_mode mode, int *file)
{
    struct stat st;
    int e;

    (void)self;
    if (mode == RP_DISK_NEW)
        return open_again(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, file);
    e = open_again(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, file);
    if (e != 0)
        return e;
    if (fstat(*file, &st) != 0)
        e = errno;
    else if (!S_ISREG(st.st_mode))
        e = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    if (e != 0)
        close(*file);
    return e;
}

static int real_size(void *self, int file, uint64_t *n)
{
    struct stat st;

    (void)self;
    if (fstat(file, &st) != 0)
        return errno;
    *n = (uint64_t)st.st_size;
    return 0;
}

static int real_read(void *self, int file, uint64_t at, char *to, size_t n, size_t *got)
{
    ssize_t r;

    (void)self;
    if (at > INT64_MAX)
        return EINVAL;
    do {
        r = pread(file, to, n, (off_t)at);
    } while (r < 0 && errno == EINTR);
    *got = r < 0 ? 0 : (size_t)r;
    return r < 0 ? errno : 0;
}

static int real_write(void *self, int file, const char *s, size_t n, size_t *put)
{
    ssize_t w;

    (void)self;
    do {
        w = write(file, s, n);
    } while (w < 0 && errno == EINTR);
    *put = w < 0 ? 0 : (size_t)w;
    return w < 0 ? errno : 0;
}

static int real_sync(void *self, int file_or_folder)
{
    (void)self;
    return sync_fd(file_or_folder);
}

static int real_rename(void *self, int folder, const char *from, const char *to)
{
    (void)self;
    return renameat(folder, from, folder, to) == 0 ? 0 : errno;
}

static int real_unlink(void *self, int folder, const char *name)
{
    (void)self;
    return unlinkat(folder, name, 0) == 0 ? 0 : errno;
}

static const struct rp_disk_ops real_ops = {.enter = real_enter,
                                            .leave = real_close,
                                            .lock = real_lock,
                                            .list = real_list,
                                            .open = real_open,
                                            .size = real_size,
                                            .read = real_read,
                                            .write = real_write,
                                            .sync = real_sync,
                                            .close = real_close,
                                            .rename = real_rename,
                                            .unlink = real_unlink};

struct rp_disk rp_disk_real(void)
{
    return (struct rp_disk){&real_ops, NULL};
}
