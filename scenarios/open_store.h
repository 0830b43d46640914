/* open_store.h - checkpoint stores by the names that people give them; the one place that opens
 * any. A name is
 *
 *   sqlite:PATH   an SQLite database
 *   file:PATH     a folder
 *   PATH          a database where a file stands there that begins as one, or where nothing stands
 *                 and the name ends in .db or .sqlite; else a folder */
#ifndef RP_OPEN_STORE_H
#define RP_OPEN_STORE_H

#include "load.h"

enum rp_store_use {
    RP_STORE_KEEP,   /* made where nothing stands */
    RP_STORE_CHANGE, /* must be there */
    RP_STORE_LOOK    /* must be there, and is not changed */
};

/* *out owned by the caller: out->ops->free(out->self); untouched on error. RP_EARG (no name),
 * RP_ENOTFOUND (nothing stands there), RP_ESTORE, RP_ENOMEM; err->where is the path. */
int rp_open_store(const struct rp_alloc *alloc, const char *name, enum rp_store_use use,
                  struct rp_store *out, struct rp_error *err);

/* A store of that kind (RP_STORE_NONE is none) for as long as it is open: one that needs a place
 * gets one of its own in the system's temporary folder (TMPDIR, else /tmp), which goes with it. */
int rp_open_passing_store(const struct rp_alloc *alloc, enum rp_storage storage,
                          struct rp_store *out, struct rp_error *err);

#endif
