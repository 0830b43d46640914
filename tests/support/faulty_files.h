/* faulty_files.h - a disk in memory with one folder, for the file layer of engine/os/files.h. It
 * keeps what is durable apart from what is only written, counts its operations, and at the one that
 * it is told fails, does half of it, or stops the process that uses it. What a crash leaves is
 * another disk. */
#ifndef TESTS_FAULTY_FILES_H
#define TESTS_FAULTY_FILES_H

#include "engine/os/files.h"

enum ff_fault {
    FF_NONE,
    FF_ERROR, /* nothing is done */
    FF_SHORT, /* half of a reading or writing, without an error; others: FF_NONE */
    FF_TEAR,  /* half of a writing, and an error; others: FF_ERROR */
    FF_LATE,  /* all is done, and an error */
    FF_DROP,  /* a file's sync fails and what was not durable never becomes so; others: FF_ERROR */
    FF_STOP,  /* the process ends: half of a writing, and nothing from then on */
    FF_FAULTS
};

/* What a crash leaves of what was not durable. */
enum ff_crash {
    FF_ENDED,   /* the process alone has ended: everything */
    FF_NOTHING, /* loss of power: nothing */
    FF_NAMES,   /* entries of the folder, no bytes of files */
    FF_ZEROS,   /* entries, and files of full length with zeros */
    FF_DRAWN,   /* and up: drawn by chance, each entry, each file, each piece for itself */
    FF_CRASHES = FF_DRAWN + 3
};

enum { FF_NAME = 40 };

struct ff_file {
    char *s;
    size_t n, room, durable; /* bytes; those that survive, from the beginning */
    int dropped;             /* no sync helps any more */
};
struct ff_entry {
    char name[FF_NAME];
    size_t file;
};
struct ff_names {
    struct ff_entry *entry;
    size_t n, room;
};
/* A change of the folder that is not durable yet. */
struct ff_change {
    char from[FF_NAME], to[FF_NAME]; /* "": none */
    size_t file;
};
struct ff_handle {
    int is_open, is_folder;
    size_t file;
};

struct ff {
    struct ff_file *file;
    size_t n_files, files_room;
    struct ff_names names, durable;
    struct ff_change *change;
    size_t n_changes, changes_room;
    struct ff_handle handle[16];
    int exists, exists_durably;
    int locked;  /* by this handle + 1 */
    long ops;    /* so far */
    char *kinds; /* of each a letter: Enter, locK, List, Open, New, siZe, Read, Write,
                    Sync, Move, Unlink */
    size_t kinds_room;
    long at; /* number of the operation that fails, from 0 */
    enum ff_fault fault;
    int e;      /* its error */
    long lasts; /* how many fail, one after the other; LONG_MAX: all that follow */
    int fired;  /* one has failed; what is short is no failure */
    int stopped;
    int quiet;               /* what happens now is not counted and does not fail */
    int read_only, removed;  /* states of the folder */
    void (*hook)(void *ctx); /* called before operation number hook_at; NULL: none */
    void *hook_ctx;
    long hook_at;
};

void ff_init(struct ff *d);
void ff_free(struct ff *d);
struct rp_disk ff_disk(struct ff *d);
/* Operation number at (from now: d->ops is the next) fails in that way, and so many in all. */
void ff_plan(struct ff *d, long at, enum ff_fault fault, int e, long lasts);
/* The disk that a crash leaves, made in *out. kind from FF_DRAWN up: the seed says which. */
void ff_crash(const struct ff *d, int kind, uint64_t seed, struct ff *out);
/* Direct looks at a file, past all faults; NULL: there is none. */
struct ff_file *ff_find(struct ff *d, const char *name);
void ff_put(struct ff *d, const char *name, const char *s, size_t n);
void ff_remove(struct ff *d, const char *name);

/* Numbers by chance, the same on every machine. */
uint64_t ff_draw(uint64_t *seed);

#endif
