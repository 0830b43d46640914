/* wire_gen.h - replies of models drawn from a seed: texts with all that escaping may hurt, calls,
 * usage, every finish. The same seed gives the same reply. They are such as a reader gives: in a
 * stream one text an update, calls in the last one only. */
#ifndef TESTS_WIRE_GEN_H
#define TESTS_WIRE_GEN_H

#include "mocks/wire/wire.h"

/* Values in h; RP_ENOMEM. */
int wire_gen_reply(uint64_t *seed, struct rp_heap *h, int stream, struct rp_wire_reply *out);

#endif
