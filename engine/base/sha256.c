/* sha256.c - owns the SHA-256 of FIPS 180-4, byte by byte the same on every machine. */
#include "sha256.h"

#include <string.h>

#include "check.h"

/* clang-format off */
static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static uint32_t turn(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static void spread(uint32_t w[64], const unsigned char *block)
{
    for (unsigned i = 0; i < 16; i++, block += 4)
        w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 |
               block[3];
    for (unsigned i = 16; i < 64; i++) {
        uint32_t s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

static void take_block(struct rp_sha256 *d, const unsigned char *block)
{
    uint32_t w[64], s[8];

    spread(w, block);
    memcpy(s, d->state, sizeof(s));
    for (unsigned i = 0; i < 64; i++) {
        uint32_t s1 = turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t t1 = s[7] + s1 + choice + round_constant[i] + w[i];
        uint32_t s0 = turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22);
        uint32_t most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        memmove(s + 1, s, 7 * sizeof(*s));
        s[4] += t1;
        s[0] = t1 + s0 + most;
    }
    for (unsigned i = 0; i < 8; i++)
        d->state[i] += s[i];
}

void rp_sha256_init(struct rp_sha256 *d)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memset(d, 0, sizeof(*d));
    memcpy(d->state, start, sizeof(start));
}

void rp_sha256_add(struct rp_sha256 *d, const void *s, size_t n)
{
    const unsigned char *next = s;

    RP_ASSERT(s || n == 0);
    while (n > 0) {
        size_t used = (size_t)(d->bytes % 64);
        size_t part = n < 64 - used ? n : 64 - used;
        if (part == 64) {
            take_block(d, next);
        } else {
            memcpy(d->block + used, next, part);
            if (used + part == 64)
                take_block(d, d->block);
        }
        d->bytes += part;
        next += part;
        n -= part;
    }
}

void rp_sha256_hex(struct rp_sha256 *d, char out[65])
{
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = d->bytes * 8;
    size_t used = (size_t)(d->bytes % 64);
    unsigned char length[8];

    for (unsigned i = 0; i < 8; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    rp_sha256_add(d, padding, used < 56 ? 56 - used : 120 - used);
    rp_sha256_add(d, length, sizeof(length));
    RP_ASSERT(d->bytes % 64 == 0);
    for (unsigned i = 0; i < 64; i++)
        out[i] = "0123456789abcdef"[d->state[i / 8] >> (28 - i % 8 * 4) & 15];
    out[64] = '\0';
}
