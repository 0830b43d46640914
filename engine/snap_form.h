/* snap_form.h - what those who write, read and walk items share; snap.h says what it means. */
#ifndef RP_SNAP_FORM_H
#define RP_SNAP_FORM_H

#include "base/kinds.h"
#include "snap.h"

#include <string.h>

enum rp_form {
    RP_FORM_NIL = 0x00,
    RP_FORM_FALSE = 0x01,
    RP_FORM_TRUE = 0x02,
    RP_FORM_INT = 0x03,
    RP_FORM_REAL = 0x04,
    RP_FORM_DIGITS = 0x05,
    RP_FORM_TEXT = 0x06,
    RP_FORM_LIST = 0x07,
    RP_FORM_FLAT = 0x08,
    RP_FORM_MAP = 0x09,
    RP_FORM_NODE = 0x0a,
    RP_FORM_ITEM = 0x0b,
    RP_FORM_RECORD = 0x10, /* and up: the kind */
    RP_FORM_SMALL_INT = 0x40,
    RP_FORM_SMALL_TEXT = 0x80,
    RP_FORM_SMALL_LIST = 0xa0,
    RP_FORM_SMALL_MAP = 0xb0
};

/* How many of each have a form of one byte. */
enum { RP_SMALL_INTS = 64, RP_SMALL_TEXTS = 32, RP_SMALL_LISTS = 4, RP_SMALL_MAPS = 16 };

enum {
    RP_SNAP_NAME = sizeof(struct rp_item_id),
    RP_SNAP_VARINT_MAX = 10,
    RP_SNAP_BRANCHES = 4,
    RP_SNAP_LEVELS = 14 /* of nodes that a list can have: RP_LIST_MAX < 4^14 */
};
_Static_assert(RP_LIST_MAX < 1u << (2 * RP_SNAP_LEVELS), "no list has nodes of a higher level");

/* Records whose fields are changed in place, between two checkpoints. */
static inline int rp_snap_is_state(unsigned kind)
{
    return kind >= RP_K_AGENT_TURN && kind <= RP_K_CHECKPOINT && kind != RP_K_SESSION;
}

/* Stands in its place at any size. */
static inline int rp_snap_is_plain(unsigned kind)
{
    return kind == RP_K_S_RUN;
}

/* Is it that field of that record, for rp_snap_is_...? */
#define RP_SNAP_FIELD(kind, field, KIND, name, wanted)                                             \
    ((kind) == RP_K_##KIND && sizeof(struct rp_obj) + (field) * sizeof(struct rp_value) ==         \
                                  offsetof(struct rp_##name, wanted))

/* Lists that are written to in place. */
static inline int rp_snap_is_flat(unsigned kind, unsigned field)
{
    return kind == RP_K_S_RUN && (RP_SNAP_FIELD(kind, field, S_RUN, s_run, executors) ||
                                  RP_SNAP_FIELD(kind, field, S_RUN, s_run, queue) ||
                                  RP_SNAP_FIELD(kind, field, S_RUN, s_run, joins));
}

/* Where records of state belong. */
static inline int rp_snap_holds_state(unsigned kind, unsigned field)
{
    return RP_SNAP_FIELD(kind, field, CHECKPOINT, checkpoint, run) ||
           RP_SNAP_FIELD(kind, field, S_RUN, s_run, executors) ||
           RP_SNAP_FIELD(kind, field, S_FLOW, s_flow, run);
}

/* Is v as rp_rec_new leaves a field of these letters? What behind the last other field is so, is
 * left out. A value that the letters do not allow may count as either. */
static inline int rp_snap_is_beginning(const char *allowed, struct rp_value v)
{
    if (v.tag == RP_NIL)
        return 1;
    if (v.tag > RP_INT && v.tag != RP_LIST && v.tag != RP_MAP)
        return 0;
    if (v.tag <= RP_INT ? v.u.i != 0 : v.len != 0)
        return 0;
    return !memchr(allowed, 'n', strlen(allowed)) && !memchr(allowed, '*', strlen(allowed));
}

/* Reads a varint from *at, below end. RP_ECHECKPOINT: cut off, over 64 bits, or not the shortest.
 */
int rp_snap_varint(const char **at, const char *end, uint64_t *out);

static inline int rp_item_same(const struct rp_item_id *a, const struct rp_item_id *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* Where a name begins in a table of a power of two places: a digest is as good as chance. */
static inline size_t rp_item_place(const struct rp_item_id *id, size_t size)
{
    uint64_t word;

    memcpy(&word, id->b, sizeof(word));
    return (size_t)word & (size - 1);
}

#endif
