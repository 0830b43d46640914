/* keys.h - the keys of a map in order; for reading and writing JSON. */
#ifndef RP_KEYS_H
#define RP_KEYS_H

#include "value.h"

enum { RP_KEYS_FEW = 16 };

/* An index of the n entries at at (keys and values in turn) by key, by code point; equal keys stay
 * in their order. Up to RP_KEYS_FEW fit into few, which is then what is returned; else it is taken
 * from alloc, NULL when there is no memory. To be given back with rp_keys_free. */
uint32_t *rp_keys_sorted(const struct rp_alloc *alloc, const struct rp_value *at, uint32_t n,
                         uint32_t few[RP_KEYS_FEW]);
void rp_keys_free(const struct rp_alloc *alloc, uint32_t *index, uint32_t n);

#endif
