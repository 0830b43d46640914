/* sha256.h - the digest of graph signatures, traces and items of checkpoints (FIPS 180-4). */
#ifndef RP_SHA256_H
#define RP_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct rp_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
};

void rp_sha256_init(struct rp_sha256 *d);
void rp_sha256_add(struct rp_sha256 *d, const void *s, size_t n);
/* The digest; d is spent then. */
void rp_sha256_end(struct rp_sha256 *d, unsigned char out[32]);
/* The same as 64 small hexadecimal digits and a NUL. */
void rp_sha256_hex(struct rp_sha256 *d, char out[65]);

#endif
