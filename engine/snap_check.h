/* snap_check.h - what must be true of a record that was read, beyond the types of its fields, so
 * that whoever goes on with it may rely on it. */
#ifndef RP_SNAP_CHECK_H
#define RP_SNAP_CHECK_H

#include "base/type.h"

/* NULL, or what is wrong with it. Takes from *work_left for what it goes through. */
const char *rp_snap_check(struct rp_value record, uint64_t *work_left);

#endif
