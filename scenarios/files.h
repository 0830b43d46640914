/* files.h - files and folders of scenarios. */
#ifndef RP_FILES_H
#define RP_FILES_H

#include "engine/base/buf.h"

struct rp_files {
    struct rp_alloc alloc;
    char **path; /* owned, each with its NUL */
    size_t n, room;
};

void rp_files_init(struct rp_files *f, const struct rp_alloc *alloc);
void rp_files_free(struct rp_files *f);

/* Adds path if it is a file; of a folder, and of the folders in it, all files called *.json, sorted
 * by path. A link to a folder is followed only where it is path itself. RP_EIO (err: path and
 * reason), RP_ENOMEM. */
int rp_files_add(struct rp_files *f, const char *path, struct rp_error *err);

/* Reads a whole file. RP_ENOTFOUND: there is none; RP_EIO, RP_ELIMIT, RP_ENOMEM; err filled. */
int rp_file_read(struct rp_buf *out, const char *path, struct rp_error *err);
/* Replaces a file as a whole: a reader sees the old one or the new one. RP_EIO, RP_ENOMEM. */
int rp_file_write(const struct rp_alloc *alloc, const char *path, struct rp_str bytes,
                  struct rp_error *err);

#endif
