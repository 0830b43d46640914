/* reprise_os.h - what the engine takes from the operating system; the one way into this folder. */
#ifndef REPRISE_OS_H
#define REPRISE_OS_H

#include "engine/base/env.h"
#include "engine/reprise.h"

/* Memory of the C library. Needs no freeing and may be copied freely. */
struct rp_alloc rp_alloc_libc(void);

/* ---- checkpoint store in a SQLite database ---- */

struct rp_sqlite_opts {
    uint32_t busy_ms; /* how long to wait for other processes; 0: 5000 */
    int full_sync;    /* what was acknowledged outlives a loss of power too: synchronous=FULL. Else
                         NORMAL: it outlives the end of the process; a loss of power may take the
                         last checkpoints back, never one in between, and damages nothing */
    int read_only;    /* creates and changes nothing: saving and removing are refused */
    uint32_t wal_pages; /* that the WAL grows to before they are put in their place; 0: 4000 */
    uint32_t unindexed; /* items that stay out of the index at least; 0: 2048 */
    const char *vfs;    /* name of SQLite's way to files; NULL: its own. For tests */
};

/* Opens the store, and makes the database when there is no file of that name. Several processes may
 * have it open; each handle is for one thread, and not for both sides of a fork. alloc is copied;
 * SQLite's own memory is the C library's. *out untouched on error. RP_ENOMEM, RP_ESTORE: the file
 * cannot be opened, is damaged, or is no store; it is left as it was then. Freed with
 * store.ops->free(store.self). */
int rp_store_sqlite(const struct rp_alloc *alloc, const char *path, struct rp_store *out,
                    struct rp_error *err);
/* The same; opts NULL: as above. Borrows opts for the call. */
int rp_store_sqlite_with(const struct rp_alloc *alloc, const char *path,
                         const struct rp_sqlite_opts *opts, struct rp_store *out,
                         struct rp_error *err);

/* ---- checkpoint store in a folder of files ---- */

/* Opens the store, and makes the folder when it is missing (not those above it). The form of its
 * files stands in store_file.h. What was acknowledged outlives a loss of power. One handle at a
 * time writes, under a lock of the folder. alloc and folder are copied; *out untouched on error.
 * RP_ENOMEM, RP_ESTORE: the folder cannot be opened, or another one writes. Damaged files do not
 * keep it from opening: what needs them says so, the rest is usable; latest and list tell them at
 * their place, and while one is there no removal frees items that it may need. Freed with
 * store.ops->free(store.self). */
int rp_store_file(const struct rp_alloc *alloc, const char *folder, struct rp_store *out,
                  struct rp_error *err);
/* The same to read alone: without lock, beside a writer, and without any change. It shows what
 * there was when it was opened; saving and removing are refused. */
int rp_store_file_to_read(const struct rp_alloc *alloc, const char *folder, struct rp_store *out,
                          struct rp_error *err);
/* Says each thing in the folder that is not in order: damaged and missing files, files of other
 * names. Until say returns other than RP_OK, which is returned; RP_EARG: it is another kind of
 * store; RP_ESTORE. */
int rp_store_file_check(const struct rp_store *store,
                        int (*say)(void *ctx, const struct rp_error *finding), void *ctx,
                        struct rp_error *err);

#endif
