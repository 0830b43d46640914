/* loose.h - finding JSON objects in what a model wrote around them. */
#ifndef RP_LOOSE_H
#define RP_LOOSE_H

#include "base/json.h"

/* Length of the object that begins at s ('{') up to its balanced '}', braces inside strings not
 * counted; 0 when it does not end. */
size_t rp_loose_object(const char *s, size_t n);

/* The last of one or more JSON values that make up the whole text, white space between them
 * allowed. RP_EPARSE, RP_ENOMEM. */
int rp_loose_last(struct rp_heap *h, struct rp_str text, struct rp_value *out);

/* The object of a ledger (R-MAG-4, decision 27): in the first fenced block (plain or json) that
 * holds one, else from the first '{' to its balanced '}'; read as JSON, then with the literals of
 * Python (True, False, None, single quotes, trailing commas). RP_EPARSE, RP_ENOMEM. */
int rp_loose_ledger(struct rp_heap *h, const struct rp_alloc *alloc, struct rp_str text,
                    struct rp_value *out);

#endif
