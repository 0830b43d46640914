/* diff.h - the first difference of two traces, told so that a person sees it: the line, both lines,
 * and inside them the path and the values that differ. */
#ifndef RP_DIFF_H
#define RP_DIFF_H

#include "engine/reprise.h"

/* Adds the first difference to out; nothing when the traces are the same. *differ tells which.
 * RP_OK, RP_ENOMEM, RP_ELIMIT. */
int rp_diff(struct rp_buf *out, struct rp_str expected, struct rp_str played, int *differ);

#endif
