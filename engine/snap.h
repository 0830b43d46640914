/* snap.h - a checkpoint as bytes and back: one walk over an RP_K_CHECKPOINT record, whatever lies
 * in it. Equal state gives equal bytes; damaged bytes are refused, with the place.
 *
 * The form, version 1. All numbers are little-endian.
 *
 *   offset  bytes  what
 *        0      8  the bytes "reprise" and 1a
 *        8      4  version
 *       12      4  number of items, at least 1
 *       16      8  number of bytes of the items
 *       24      -  the items, one after the other
 *   behind      8  digest of all bytes before it
 *
 * A varint is a number of up to 64 bits in groups of 7, the lowest first, each in a byte whose high
 * bit says that another follows; it is as short as can be.
 *
 * An item is a text, a list, a map or a record. Its first byte says what:
 *
 *   0       text: varint n, n bytes of UTF-8
 *   1       integer beyond 64 bits (or "-0"): varint n, n digits, the first may be '-'
 *   2       list: varint n from 1 up, n slots
 *   3       map: varint n from 1 up, n pairs of slots: a text, a value
 *   16..63  record of that kind (kinds.h): a byte, its number of fields; as many slots
 *
 * A slot is a varint:
 *
 *   0 nothing, 1 false, 2 true, 3 empty list, 4 empty map
 *   5       a double; its 8 bytes follow
 *   6       an integer i of 64 bits; a varint follows: 2i, or -2i - 1 when i is negative
 *   8 + k   item number k, one that stands before
 *
 * Items stand in the order in which a walk from the checkpoint leaves them, parts before the whole,
 * the checkpoint last; no two are equal, so what is shared stands once.
 *
 * The digest: bytes are taken as words of 8, the last one filled up with zeros, word number i by
 * lane i mod 4. A lane begins as 9e3779b97f4a7c15 + its number and takes word w so: it becomes
 * (it ^ w) * 9fb21c651e98df25, then it ^ it >> 32. The digest begins as the number of bytes and
 * takes the four lanes in the same way. Every step can be undone, so no change within one word goes
 * unseen. */
#ifndef RP_SNAP_H
#define RP_SNAP_H

#include "base/buf.h"
#include "base/value.h"

#define RP_SNAP_VERSION 1

/* Adds the bytes of a checkpoint. RP_ENOMEM; RP_ELIMIT (over out's ceiling; nested over
 * RP_VALUE_DEPTH_MAX deep); RP_ETYPE (a record that is not as kinds.h says). out's bytes are as
 * before on error. The flags of the objects (base/value.h) are used and left as they were. */
int rp_snap_write(struct rp_buf *out, struct rp_value checkpoint);

/* Makes the checkpoint's values in h. RP_ECHECKPOINT with err->where "byte 12"; RP_ENOMEM; *out
 * untouched on error. */
int rp_snap_read(struct rp_heap *h, const char *bytes, size_t n, struct rp_value *out,
                 struct rp_error *err);

#endif
