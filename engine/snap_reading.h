/* snap_reading.h - between the files that read checkpoints: what a reading keeps, how it gets at
 * the bytes of items, how it refuses. */
#ifndef RP_SNAP_READING_H
#define RP_SNAP_READING_H

#include "snap_kinds.h"
#include "snap_known.h"

/* An item that is being read, or was read: a value, or a node of a list. */
struct rp_read_item {
    struct rp_item_id id;
    enum { RP_READING, RP_READ_VALUE, RP_READ_NODE } state;
    uint32_t height;
    struct rp_value v;    /* of a node: the list that it was first read into */
    uint32_t level, node; /* of a node: which one of that list's */
    struct rp_snap_sort sort;
};

struct rp_reading {
    struct rp_heap *h;
    const struct rp_store *store;
    struct rp_known *known; /* of the writer for h; NULL: none */
    struct rp_error *err;
    struct rp_alloc alloc;
    struct rp_buf bytes; /* of the items under way, the outer ones first */
    struct rp_read_item *item;
    uint32_t *table; /* by name: an item's number + 1, or 0 */
    size_t n_items, room, table_size;
    uint64_t work_left; /* items of lists that may still be made or gone through */
    uint32_t height;    /* of the value read last */
    struct rp_snap_sort sort;
    struct rp_note note; /* what it is: an item, or height 0 */
};

/* A place in the bytes of an item under way. */
struct rp_cursor {
    struct rp_item_id id;
    size_t start, at, end; /* in the reading's bytes */
};

void rp_reading_init(struct rp_reading *r, struct rp_heap *h, const struct rp_store *store,
                     struct rp_snap *s, struct rp_error *err);
void rp_reading_free(struct rp_reading *r);

/* Finds the item; *fresh: it was not met before, and c stands at the beginning of its value.
 * RP_ECHECKPOINT, RP_ESTORE, RP_ENOMEM. */
int rp_reading_open(struct rp_reading *r, const struct rp_item_id *id, size_t *number, int *fresh,
                    struct rp_cursor *c);
/* The item has been read whole: its bytes are let go. RP_ECHECKPOINT when some are left. */
int rp_reading_close(struct rp_reading *r, struct rp_cursor *c);

/* RP_ECHECKPOINT, with the item and the byte. */
int rp_refuse_at(struct rp_reading *r, const struct rp_cursor *c, size_t at, const char *why,
                 const char *what);
int rp_refuse(struct rp_reading *r, const struct rp_cursor *c, const char *why);
int rp_reading_no_memory(struct rp_reading *r);

/* ---- reading on; RP_ECHECKPOINT, RP_ENOMEM ---- */

int rp_read_byte(struct rp_reading *r, struct rp_cursor *c, unsigned *out);
int rp_read_varint(struct rp_reading *r, struct rp_cursor *c, uint64_t *out);
/* A number of things, at least `least`, as fewer have a shorter form. */
int rp_read_count(struct rp_reading *r, struct rp_cursor *c, uint32_t least, uint64_t most,
                  uint32_t *out);
/* n things of at least `each` bytes must follow. */
int rp_read_expect(struct rp_reading *r, const struct rp_cursor *c, size_t n, size_t each);
/* What a value that was made is, when it is no item. */
void rp_read_is_now(struct rp_reading *r, struct rp_value v, uint32_t height);

/* What may stand in a place: flat lists and records of state only where they belong. */
enum { RP_ANYWHERE = 0, RP_FLAT = 1, RP_STATE = 2 };

/* A value; depth: how many are around it. */
int rp_read_value(struct rp_reading *r, struct rp_cursor *c, int place, uint32_t depth,
                  struct rp_value *out);
/* What follows the first byte: of a long list all; of others n values, n entries. */
int rp_read_list(struct rp_reading *r, struct rp_cursor *c, uint32_t depth, struct rp_value *out);
int rp_read_values(struct rp_reading *r, struct rp_cursor *c, uint32_t n, int place, uint32_t depth,
                   struct rp_value *out);
int rp_read_map(struct rp_reading *r, struct rp_cursor *c, uint32_t n, uint32_t depth,
                struct rp_value *out);

#endif
