/* sink.h - where bytes go: a file, a digest, a buffer. */
#ifndef RP_SINK_H
#define RP_SINK_H

#include <stddef.h>

struct rp_sink {
    int (*put)(void *ctx, const char *s, size_t n); /* an rp_status */
    void *ctx;
};

#endif
