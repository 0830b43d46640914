/* json_set.h - one place of a JSON value, told by a pointer (RFC 6901), set to another value. */
#ifndef RP_JSON_SET_H
#define RP_JSON_SET_H

#include "engine/base/json.h"

/* *v with the value at pointer replaced; a key that is not there, and the end of a list ("-"), are
 * added. *old is what stood there, nil when nothing did. RP_EARG: err says which step leads
 * nowhere; RP_ENOMEM. */
int rp_json_set(struct rp_heap *h, struct rp_value *v, const char *pointer, struct rp_value to,
                struct rp_value *old, struct rp_error *err);

#endif
