/* snap.h - a checkpoint as items named by their content, and back (the seam of stores: reprise.h).
 *
 * A checkpoint is a tree of items. What an item holds is told by its bytes alone, and its name is
 * the first 16 bytes of their SHA-256; so equal state gives the same name of the root, whatever was
 * shared in memory and however it came about, and a part that two checkpoints have in common is one
 * item. An item is immutable; it refers only to items whose names went into its own, so there is no
 * circle.
 *
 * The form, version 1. All numbers are little-endian. A varint is a number of up to 64 bits in
 * groups of 7, the lowest first, each in a byte whose high bit says that another follows; it is as
 * short as can be.
 *
 *   item:   byte 0 is the version, 1. A value follows, and nothing after it.
 *
 *   value:  its first byte says what it is:
 *     00       nothing                     01 false                   02 true
 *     03       integer i of 64 bits that has no shorter form: varint 2i, or -2i - 1 when i < 0
 *     04       double: its 8 bytes
 *     05       integer beyond 64 bits, or "-0": varint n, n digits, the first may be '-'
 *     06       text of n > 31 bytes: varint n, n bytes of UTF-8
 *     07       list of n > 3 items: varint n, parts (see below)
 *     08       flat list of n > 3 items: varint n, n values
 *     09       map of n > 15 entries: varint n, n times a text and a value
 *     0a       node of a list: 4 parts
 *     0b       what the item of that name holds: 16 bytes, its name
 *     10..3f   record of that kind (kinds.h): byte n, values of its first n fields. The fields left
 *              out are as rp_rec_new leaves them, the last one given is not
 *     40..7f   integer: the byte - 40
 *     80..9f   text of n bytes: n is the byte - 80; n bytes of UTF-8
 *     a0..a3   list of n items: n is the byte - a0; n values
 *     b0..bf   map of n entries: n is the byte - b0; n times a text and a value
 *
 *   list:   a list of n > 3 items is a tree with 4 branches. n is written with digits 0 to 3:
 *           n = ... + 16 d2 + 4 d1 + d0. The parts are d2 nodes of 16 items each, d1 nodes of 4,
 *           d0 values, those of higher levels first; a node of 4 items has 4 values as parts, a
 *           higher one 4 nodes. So a list that grew at its end has all its whole nodes in common
 *           with what it was.
 *
 * What takes more than RP_SNAP_INLINE bytes, a value or a node, is an item, and 0b stands in its
 * place; what takes no more is none. Three things are none at any size: the state of a run
 * (RP_K_S_RUN), which is written anew in each checkpoint; its lists `executors`, `queue` and
 * `joins`, which are flat; all other lists are not flat. The root is an item at any size: an
 * RP_K_CHECKPOINT record.
 *
 * Nesting: values in values, nodes counted, up to RP_VALUE_DEPTH_MAX; in a checkpoint all lists
 * together have no more than RP_SNAP_LISTS_MAX items when it is read.
 *
 * A later version will write another byte 0 and read this one too. Kinds of records may get more
 * fields at their end without a new version. */
#ifndef RP_SNAP_H
#define RP_SNAP_H

#include "reprise.h"

#define RP_SNAP_VERSION   1
#define RP_SNAP_LISTS_MAX (64u << 20)
#define RP_SNAP_INLINE    68 /* a digest's 64 digits fit, four names of items do not */

/* Writes checkpoints of one run, one after the other, and remembers which objects of its heap went
 * into the store already: writing costs what is new. No other one may write values of that heap. */
struct rp_snap;
int rp_snap_new(const struct rp_alloc *alloc, struct rp_snap **out); /* RP_ENOMEM */
void rp_snap_free(struct rp_snap *s);
/* Nothing is known to be in the store any more: the next write gives all items. */
void rp_snap_forget(struct rp_snap *s);

/* The items that the store does not have yet, parts before wholes, the root last; good until the
 * next call. Immutable objects of the run's heap are given numbers (value.h), frozen ones are not;
 * nothing else is changed. */
struct rp_snap_out {
    const struct rp_item *items;
    size_t n;
    struct rp_item_id root;
};
/* RP_ENOMEM, RP_ELIMIT, RP_ETYPE (a record that is not as kinds.h says). */
int rp_snap_write(struct rp_snap *s, struct rp_value checkpoint, struct rp_snap_out *out);
/* What the last write gave is in the store now. Not called when saving failed: the next write gives
 * the same items again. */
void rp_snap_saved(struct rp_snap *s);

/* Makes the checkpoint's values in h. s may be NULL; else what was read is known to be in the
 * store. RP_ECHECKPOINT with err->where "item 0123... byte 12"; RP_ENOMEM, RP_ESTORE; *out
 * untouched. */
int rp_snap_read(struct rp_heap *h, const struct rp_store *store, const struct rp_item_id *root,
                 struct rp_snap *s, struct rp_value *out, struct rp_error *err);


#endif
