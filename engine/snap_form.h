/* snap_form.h - what the writer and the reader of checkpoint bytes share; snap.h says what it
 * means. */
#ifndef RP_SNAP_FORM_H
#define RP_SNAP_FORM_H

#include "base/kinds.h"
#include "snap.h"

#define RP_SNAP_MAGIC "reprise\x1a"

enum {
    RP_SNAP_HEAD = 24,
    RP_SNAP_TAIL = 8,
    RP_SNAP_VARINT_MAX = 10,
    RP_SNAP_ITEM_MIN = 2,
    RP_SNAP_LANES = 4
};

enum rp_snap_item {
    RP_ITEM_TEXT,
    RP_ITEM_DIGITS,
    RP_ITEM_LIST,
    RP_ITEM_MAP,
    RP_ITEM_RECORD = 16 /* and up: the kind */
};

enum rp_snap_slot {
    RP_SLOT_NIL,
    RP_SLOT_FALSE,
    RP_SLOT_TRUE,
    RP_SLOT_EMPTY_LIST,
    RP_SLOT_EMPTY_MAP,
    RP_SLOT_REAL,
    RP_SLOT_INT,
    RP_SLOT_ITEM = 8 /* and up: the item */
};

static inline uint64_t rp_snap_word(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;

    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

static inline void rp_snap_put_word(char *at, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (char)(word >> 8 * i & 0xff);
}

uint64_t rp_snap_digest(const char *s, size_t n);

#endif
