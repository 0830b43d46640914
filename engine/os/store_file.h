/* store_file.h - the store of checkpoint files: its form, and what its parts share.
 *
 * A store is a folder. It holds, by name (ten digits, with leading zeros):
 *
 *   0000000042.rpc   checkpoint 42: what is known of it, and the items that were new with it
 *   0000000007.rpr   remainder 7: items of removed checkpoints that others still need, and which
 *                    files there were when it was made
 *   0000000043.tmp   a file that is being written; a leftover of a crash when nobody writes
 *
 * Files of other names are left alone. A file never changes: it is written under a name ending in
 * .tmp, synced, renamed, and then the folder is synced. Numbers of checkpoints and of remainders
 * are two sequences, and none is used twice.
 *
 * Every removal makes a remainder, and its rename is the moment at which the removal happens: the
 * remainder lists the checkpoints and remainders that stay, so that what it does not list is no
 * part of the store from then on, even if its file is there for a while or comes back in a crash.
 * The remainder with the highest number rules. Checkpoints with its `next` or a higher number were
 * made after it. Its items stand in the file itself; small and hollow remainders are merged into
 * the new one, each time into one of twice their size at least, so that an item is copied seldom.
 *
 * A file is a head, items and a closing sum. Numbers stand with their lowest byte first, signed
 * ones in two's complement. A sum is rp_snap_sum (snap.h) of all bytes before it.
 *
 *   byte    bytes
 *   0       8      "rpstore" and 0x1a
 *   8       4      version of the form: 1
 *   12      4      what it is: 1 a checkpoint, 2 a remainder
 *   16      8      its number, that of its name
 *   24      8      h: bytes of the head with its sum
 *   32      8      f: bytes of the file
 *   40      8      number of items
 *   48      h-56   the record, see below
 *   h-8     8      sum of the head
 *   h              the items, one behind the other, each:
 *                    16  its name
 *                    8   n
 *                    n   its bytes
 *   f-8     8      sum of the file
 *
 * The record of a checkpoint; h is 112 + w + s:
 *
 *   48      8      the checkpoint that it continues; -1: none
 *   56      8      iteration
 *   64      8      virtual time in milliseconds
 *   72      4      open requests
 *   76      4      messages under way
 *   80      16     name of the item that is its root
 *   96      4      w
 *   100     4      s
 *   104     w      name of the workflow, without any byte 0
 *   104+w   s      signature of the workflow, likewise
 *
 * The record of a remainder; h is 72 + 16 c + 8 r:
 *
 *   48      8      next: the number that the next checkpoint was to have
 *   56      4      c
 *   60      4      r
 *   64      16 c   checkpoints that stay: c times first and last of a run of numbers, ascending
 *   64+16c  8 r    remainders that stay beside this one, ascending */
#ifndef RP_OS_STORE_FILE_H
#define RP_OS_STORE_FILE_H

#include "engine/base/buf.h"
#include "engine/os/files.h"
#include "engine/reprise.h"

enum {
    SF_VERSION = 1,
    SF_HEAD = 48, /* up to the record */
    SF_SUM = 8,
    SF_ITEM = 24, /* of an item, before its bytes */
    SF_NAME = 16  /* room for a name, with its NUL */
};
#define SF_NUMBER_MAX INT64_C(9999999999)

enum sf_kind { SF_CHECKPOINT = 1, SF_REST = 2, SF_TEMP = 3 };

/* What is wrong with a file; all zero: nothing. */
struct sf_fault {
    int e; /* it could not be read at all; else 0 and */
    uint64_t byte;
    const char *reason;
};

struct sf_file {
    int64_t number;
    enum sf_kind kind;
    struct sf_fault fault;
    uint64_t size, live; /* bytes; those of items that the index places here */
    uint64_t gone;       /* of live: to be freed by the removal under way */
    int going;           /* by the removal under way */
    int known;           /* a checkpoint's record could be read: */
    struct rp_checkpoint_info info;
    char *text; /* the strings of info, NULL: none */
    size_t text_size;
};

struct sf_list {
    struct sf_file **file; /* owned, by number */
    size_t n, room;
};

/* ---- the form (store_file_form.c) ------------------------------------------------------------ */

/* What a head says. Strings lie in the bytes that were read. */
struct sf_form {
    uint64_t head, length, items;
    struct rp_checkpoint_info info; /* without its strings */
    struct rp_str workflow, signature;
    int64_t next;
    const char *runs, *rests;
    uint32_t n_runs, n_rests;
};

/* Goes through the items of a file. */
struct sf_walk {
    struct rp_str s;
    uint64_t at, end;
    int damaged; /* only items whose bytes are what their names say are given */
};

void rp_sf_name(enum sf_kind kind, int64_t number, char name[SF_NAME]);
int rp_sf_is_name(const char *name, enum sf_kind *kind, int64_t *number);

uint64_t rp_sf_word(const char *at);
int rp_sf_add_word(struct rp_buf *b, uint64_t word, size_t bytes);
/* In this order: begin, the record, end_head, the items, finish. What fails stands in b->failed. */
void rp_sf_begin(struct rp_buf *b, enum sf_kind kind, int64_t number);
void rp_sf_add_info(struct rp_buf *b, const struct rp_checkpoint_info *info);
void rp_sf_end_head(struct rp_buf *b);
int rp_sf_add_item(struct rp_buf *b, const struct rp_item *item, uint64_t *at);
int rp_sf_finish(struct rp_buf *b, uint64_t items);

/* 1, or 0 with what is wrong. head: all that can be told from it; rest: the sum and the items. */
int rp_sf_read_head(struct rp_str s, const struct sf_file *f, struct sf_form *out,
                    struct sf_fault *fault);
int rp_sf_read_rest(struct rp_str s, const struct sf_form *form, struct sf_fault *fault);
void rp_sf_walk_init(struct sf_walk *w, struct rp_str s, const struct sf_form *form, int damaged);
/* The next item, 0 at the end. Its bytes begin at w->at - item->n. */
int rp_sf_walk(struct sf_walk *w, struct rp_item *item);

/* ---- the index (store_file_index.c) ---------------------------------------------------------- */

/* An item that is in a file, or that others refer to. */
struct sf_entry {
    struct rp_item_id id;
    struct sf_file *file; /* NULL: it is missing */
    uint64_t at, n;       /* its bytes in the file; at: the next free entry + 1 when not in use */
    uint64_t count;       /* references by items and checkpoints */
};
struct sf_index {
    struct rp_alloc alloc;
    struct sf_entry *entry;
    uint32_t *table;                /* entry + 1, or 0 */
    uint32_t n, room, used, unused; /* unused: first free entry + 1 */
    size_t size;                    /* of the table, a power of two */
    uint64_t missing;               /* entries without file */
    uint64_t orphans;               /* entries with a file and no reference */
};
#define SF_NONE UINT32_MAX

void rp_sf_index_init(struct sf_index *x, const struct rp_alloc *alloc);
void rp_sf_index_free(struct sf_index *x);
/* Its number, or SF_NONE. Numbers stay, entries may move when one is added. */
uint32_t rp_sf_find(const struct sf_index *x, const struct rp_item_id *id);
/* Finds it or makes it, missing and without references: it must get a file or a reference then, or
 * be dropped. RP_ENOMEM. */
int rp_sf_add(struct sf_index *x, const struct rp_item_id *id, uint32_t *slot);
void rp_sf_drop(struct sf_index *x, uint32_t slot);
/* Says where it stands; file NULL: nowhere. */
void rp_sf_place(struct sf_index *x, uint32_t slot, struct sf_file *file, uint64_t at, uint64_t n);
void rp_sf_more(struct sf_index *x, uint32_t slot);
void rp_sf_less(struct sf_index *x, uint32_t slot);

/* ---- the store ------------------------------------------------------------------------------- */

struct sf_store {
    struct rp_alloc alloc;
    struct rp_disk disk;
    char *path;
    int folder; /* handle */
    int read_only;
    int sealed; /* the ruling remainder cannot be read: nothing may be changed */
    int unsure; /* a remainder that failed may rule after a crash: another must, before any save */
    uint64_t generation;
    int64_t next, next_rest;
    struct sf_list checkpoints, rests;
    struct sf_index index;
    struct rp_buf in, out;   /* a file that is read; one that is made */
    struct rp_buf bytes;     /* an item that was handed out */
    struct sf_file *reading; /* NULL, or the file that fd is of */
    int fd;
};

/* Opens a store on that disk. read_only: without making the folder, a lock or any change; it shows
 * what there was when it was opened. RP_ENOMEM, RP_ESTORE; *out untouched. */
int rp_store_file_on(const struct rp_alloc *alloc, const struct rp_disk *disk, const char *folder,
                     int read_only, struct rp_store *out, struct rp_error *err);

/* ---- files of a store (store_file_disk.c) ---------------------------------------------------- */

/* Fill err and return the status. name NULL: the folder. */
int rp_sf_fail(const struct sf_store *s, struct rp_error *err, const char *name, const char *what,
               int e);
int rp_sf_say(const struct sf_store *s, struct rp_error *err, int status, const char *name,
              const char *text);
int rp_sf_say_fault(const struct sf_store *s, struct rp_error *err, const struct sf_file *f);
int rp_sf_no_memory(const struct sf_store *s, struct rp_error *err);

/* Reads the whole file into s->in; 0, an errno value or RP_ENOMEM (which is negative). */
int rp_sf_read(struct sf_store *s, const struct sf_file *f);
/* Reads an item into s->bytes. RP_ENOMEM, RP_ESTORE. */
int rp_sf_fetch(struct sf_store *s, const struct sf_entry *e, struct rp_error *err);
void rp_sf_stop_reading(struct sf_store *s);
/* Writes s->out under its name, durably. *doubt: it failed and the file may be there after a crash.
 * RP_ESTORE. */
int rp_sf_write(struct sf_store *s, enum sf_kind kind, int64_t number, int *doubt,
                struct rp_error *err);

int rp_sf_list_room(struct sf_store *s, struct sf_list *list); /* for one more; RP_ENOMEM */
/* NULL without memory. */
struct sf_file *rp_sf_file_new(struct sf_store *s, enum sf_kind kind, int64_t number);
void rp_sf_file_free(struct sf_store *s, struct sf_file *f);
int rp_sf_file_info(struct sf_store *s, struct sf_file *f, const struct rp_checkpoint_info *info,
                    struct rp_str workflow, struct rp_str signature); /* RP_ENOMEM */

/* ---- the rest -------------------------------------------------------------------------------- */

/* store_file_open.c: reads the folder; what it leaves behind on failure is freed with the store. */
int rp_sf_load(struct sf_store *s, struct rp_error *err);
void rp_sf_unload(struct sf_store *s);

/* store_file_remove.c */
int rp_sf_remove(struct sf_store *s, const int64_t *ids, size_t n, struct rp_error *err);
/* Items that a file holds and nobody needs leave the index. RP_ENOMEM, RP_ESTORE: they stay. */
int rp_sf_drop_orphans(struct sf_store *s);
/* Makes an own remainder rule when another one might: see unsure. */
int rp_sf_settle(struct sf_store *s, struct rp_error *err);
struct sf_file *rp_sf_checkpoint(const struct sf_store *s, int64_t id); /* NULL: none */

#endif
