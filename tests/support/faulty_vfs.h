/* faulty_vfs.h - a disk for SQLite that lies in memory and can be made to fail: it keeps what was
 * written apart from what is durable, counts the operations, and at the one that it is told to it
 * fails once, writes a part, has no room any more, or stops as if the process had ended. Then the
 * disk can be looked at as it is after the end of the process, or after a loss of power.
 *
 * A write is durable once its file was synced, in sectors of 512 bytes. A new file and what was
 * deleted are durable after the sync of any new file, which syncs the folder, or a deletion that
 * asks for it. One handle at a time: locks are granted to everyone. */
#ifndef TESTS_FAULTY_VFS_H
#define TESTS_FAULTY_VFS_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

enum vfs_fault {
    VFS_SOUND,
    VFS_IO,       /* a change fails, nothing is done */
    VFS_FULL,     /* the same: the disk is full */
    VFS_SHORT,    /* half of a write is done, then the disk is full */
    VFS_NO_ROOM,  /* from then on nothing can grow, until faulty_vfs_mend */
    VFS_STOP,     /* nothing happens from then on */
    VFS_STOP_MID, /* the same, but a first part of the write was done */
    VFS_READ      /* a question or a read fails */
};

enum vfs_end {
    VFS_KILLED, /* all that was written is there */
    VFS_DARK,   /* power was lost: what is durable is there */
    VFS_TORN    /* the same, and a part of the sectors that were written since, by seed */
};

struct vfs_bytes {
    char *b;
    size_t n, room;
};

struct vfs_file {
    char name[64];
    int there, there_durably;
    struct vfs_bytes written, durable;
    size_t from, to; /* bytes that may differ; from >= to: none */
    void *shared[8]; /* memory shared between handles (WAL index) */
    int handles;
};

enum { VFS_FILES = 8 };

struct faulty_vfs {
    sqlite3_vfs vfs;
    char name[32];
    struct vfs_file file[VFS_FILES];
    long changes, reads; /* operations so far */
    enum vfs_fault fault;
    long at;  /* the number of the change (VFS_READ: read) that it happens to; negative: none */
    int hit;  /* it happened */
    int full; /* nothing can grow */
    int dead; /* nothing happens any more */
    int characteristics;
};

/* Registers itself under that name, which is to be unique. Fails the test when it cannot. */
void faulty_vfs_init(struct faulty_vfs *v, const char *name);
void faulty_vfs_free(struct faulty_vfs *v);
void faulty_vfs_clear(struct faulty_vfs *v); /* an empty disk */

/* The n-th change or read from now on, from 0. */
void faulty_vfs_arm(struct faulty_vfs *v, enum vfs_fault fault, long n);
void faulty_vfs_mend(struct faulty_vfs *v);

/* `to` becomes the disk as it is after that end; `from` stays. Nothing of `to` may be open. */
void faulty_vfs_end(const struct faulty_vfs *from, struct faulty_vfs *to, enum vfs_end how,
                    uint64_t seed);

/* Bytes of the file; NULL when there is none. To be changed by tests of damage. */
struct vfs_bytes *faulty_vfs_bytes(struct faulty_vfs *v, const char *name);

#endif
