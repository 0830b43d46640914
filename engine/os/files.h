/* files.h - the file layer: what the store of checkpoint files asks of an operating system, as a
 * table, so that a test can put another disk in its place; and what the system's errors mean.
 *
 * Calls return 0 or the system's number of an error (errno). A name is that of an entry of the
 * folder, without any '/'. A write is durable once the file was synced; a new name, a rename or an
 * unlink once its folder was. */
#ifndef RP_OS_FILES_H
#define RP_OS_FILES_H

#include <stddef.h>
#include <stdint.h>

enum rp_disk_mode {
    RP_DISK_READ, /* an ordinary file that is there; EISDIR, ELOOP, EINVAL for what is none */
    RP_DISK_NEW   /* for writing from its beginning; EEXIST when there is one */
};

struct rp_disk_ops {
    /* The folder at path; make: it is made when missing, and durable then. */
    int (*enter)(void *self, const char *path, int make, int *folder);
    int (*leave)(void *self, int folder); /* gives up the lock */
    /* EWOULDBLOCK: another one has it. */
    int (*lock)(void *self, int folder);
    /* Until visit returns other than 0, which is returned. */
    int (*list)(void *self, int folder, int (*visit)(void *ctx, const char *name), void *ctx);
    int (*open)(void *self, int folder, const char *name, enum rp_disk_mode mode, int *file);
    int (*size)(void *self, int file, uint64_t *n);
    /* *got may be less than n; 0: the file ends. */
    int (*read)(void *self, int file, uint64_t at, char *to, size_t n, size_t *got);
    /* Behind what was written; *put may be less than n. */
    int (*write)(void *self, int file, const char *s, size_t n, size_t *put);
    int (*sync)(void *self, int file_or_folder);
    int (*close)(void *self, int file);
    int (*rename)(void *self, int folder, const char *from,
                  const char *to); /* over what is there */
    int (*unlink)(void *self, int folder, const char *name);
};
struct rp_disk {
    const struct rp_disk_ops *ops;
    void *self;
};

/* The system's own. Needs no freeing and may be copied freely. */
struct rp_disk rp_disk_real(void);

/* What the error means, and what can be done: "no space is left", "make room". No locale. */
const char *rp_errno_text(int e);
const char *rp_errno_remedy(int e);

#endif
