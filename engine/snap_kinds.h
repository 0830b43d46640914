/* snap_kinds.h - what the fields of records hold beyond the letters of kinds.h: which records, and
 * lists of which. A restored state may be trusted to be so. */
#ifndef RP_SNAP_KINDS_H
#define RP_SNAP_KINDS_H

#include "base/type.h"

/* Of a value: RP_BIT of its tag or record kind; of a list also those of its items. */
struct rp_snap_sort {
    uint64_t is, items;
};

int rp_snap_field_allows(unsigned kind, unsigned field, struct rp_value v,
                         struct rp_snap_sort sort);

#endif
