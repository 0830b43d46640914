/* said.h - what a recorded reply comes to, whatever its dialect. */
#ifndef RP_FORMATS_SAID_H
#define RP_FORMATS_SAID_H

#include "mocks/cassette.h"

struct rp_said {
    struct rp_value contents; /* of a reply that broke off: what came before */
    struct rp_value usage;    /* map, or nil */
    char finish[32];
    int whole;
    struct rp_error broken; /* why it is not */
};
/* Values in h. RP_ENOMEM. */
int rp_said_reply(struct rp_heap *h, const struct rp_interaction *it, struct rp_said *said);

#endif
