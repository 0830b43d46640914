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

static inline uint32_t turn(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static inline uint32_t word_at(const unsigned char *s)
{
    return (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
}

/* Of the message's words only the last 16 are needed; w holds them round about. */
static inline uint32_t next_word(uint32_t w[16], unsigned i)
{
    uint32_t a = w[(i + 1) & 15], b = w[(i + 14) & 15];

    w[i & 15] += (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[(i + 9) & 15] +
                 (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    return w[i & 15];
}

/* One round. The caller gives the eight variables turned by one place instead of moving them. */
#define ROUND(a, b, c, d, e, f, g, h, i, word)                                                     \
    do {                                                                                           \
        uint32_t t_ = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (g ^ (e & (f ^ g))) +         \
                      round_constant[i] + (word);                                                  \
        d += t_;                                                                                   \
        h = t_ + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) | (c & (a | b)));             \
    } while (0)

#define EIGHT_ROUNDS(i, WORD)                                                                      \
    do {                                                                                           \
        ROUND(a, b, c, d, e, f, g, h, (i), WORD((i)));                                             \
        ROUND(h, a, b, c, d, e, f, g, (i) + 1, WORD((i) + 1));                                     \
        ROUND(g, h, a, b, c, d, e, f, (i) + 2, WORD((i) + 2));                                     \
        ROUND(f, g, h, a, b, c, d, e, (i) + 3, WORD((i) + 3));                                     \
        ROUND(e, f, g, h, a, b, c, d, (i) + 4, WORD((i) + 4));                                     \
        ROUND(d, e, f, g, h, a, b, c, (i) + 5, WORD((i) + 5));                                     \
        ROUND(c, d, e, f, g, h, a, b, (i) + 6, WORD((i) + 6));                                     \
        ROUND(b, c, d, e, f, g, h, a, (i) + 7, WORD((i) + 7));                                     \
    } while (0)

#define FIRST(i) (w[(i)] = word_at(block + 4 * (i)))
#define NEXT(i)  next_word(w, (i))

static void take_block(struct rp_sha256 *digest, const unsigned char *block)
{
    uint32_t *s = digest->state, w[16];
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];

    EIGHT_ROUNDS(0, FIRST);
    EIGHT_ROUNDS(8, FIRST);
    for (unsigned i = 16; i < 64; i += 16) {
        EIGHT_ROUNDS(i, NEXT);
        EIGHT_ROUNDS(i + 8, NEXT);
    }
    s[0] += a;
    s[1] += b;
    s[2] += c;
    s[3] += d;
    s[4] += e;
    s[5] += f;
    s[6] += g;
    s[7] += h;
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

void rp_sha256_end(struct rp_sha256 *d, unsigned char out[32])
{
    uint64_t bits = d->bytes * 8;
    size_t used = (size_t)(d->bytes % 64);

    d->block[used++] = 0x80;
    if (used > 56) {
        memset(d->block + used, 0, 64 - used);
        take_block(d, d->block);
        used = 0;
    }
    memset(d->block + used, 0, 56 - used);
    for (unsigned i = 0; i < 8; i++)
        d->block[56 + i] = (unsigned char)(bits >> (56 - 8 * i));
    take_block(d, d->block);
    for (unsigned i = 0; i < 32; i++)
        out[i] = (unsigned char)(d->state[i / 4] >> (24 - i % 4 * 8));
}

void rp_sha256_hex(struct rp_sha256 *d, char out[65])
{
    unsigned char bytes[32];

    rp_sha256_end(d, bytes);
    for (unsigned i = 0; i < 64; i++)
        out[i] = "0123456789abcdef"[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
    out[64] = '\0';
}
