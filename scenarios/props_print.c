/* props_print.c - owns prints: cheap hashes by content of what passes in a run. */
#include "props_inside.h"

#include <string.h>

static uint64_t word_at(const unsigned char *at, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)at[i] << (8 * i);
    return word;
}

static uint64_t full_word(const unsigned char *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

uint64_t rp_print_bytes(uint64_t h, struct rp_str s)
{
    const unsigned char *at = (const unsigned char *)s.s;
    size_t n = s.n;

    h = rp_print_mix(h, n);
    for (; n >= 8; n -= 8, at += 8)
        h = rp_print_mix(h, full_word(at));
    return n ? rp_print_mix(h, word_at(at, n)) : h;
}

uint64_t rp_print_id(struct rp_str s)
{
    uint64_t h = rp_print_bytes(1, s);

    return h ? h : 1;
}

uint64_t rp_print_grown(uint64_t h, struct rp_str piece)
{
    for (size_t i = 0; i < piece.n; i++)
        h = (h ^ (unsigned char)piece.s[i]) * 0x100000001b3u;
    return h;
}

/* ---- gists ------------------------------------------------------------------------------------
 */

enum { EDGE = 16 };

static uint64_t edge(uint64_t h, const unsigned char *at)
{
    return rp_print_mix(rp_print_mix(h, full_word(at)), full_word(at + 8));
}

uint64_t rp_print_gist(struct rp_str s)
{
    const unsigned char *at = (const unsigned char *)s.s;
    uint64_t h = rp_print_mix(2, s.n);
    unsigned char small[EDGE] = {0};

    if (s.n >= EDGE)
        return edge(edge(h, at), at + s.n - EDGE);
    memcpy(small, at, s.n);
    return edge(edge(h, small), small);
}

void rp_gist_add(struct rp_gist *g, struct rp_str piece)
{
    for (size_t i = 0; i < piece.n; i++) {
        unsigned char c = (unsigned char)piece.s[i];
        if (g->n < EDGE) {
            g->head[g->n] = g->tail[g->n] = c;
        } else if (piece.n - i <= EDGE) {
            memmove(g->tail, g->tail + 1, EDGE - 1);
            g->tail[EDGE - 1] = c;
        }
        g->n++;
    }
}

uint64_t rp_gist_print(const struct rp_gist *g)
{
    return edge(edge(rp_print_mix(2, g->n), g->head), g->tail);
}

/* ---- values -----------------------------------------------------------------------------------
 */

static uint64_t print_at(struct rp_value v, int depth);

static uint64_t print_list(uint64_t h, struct rp_value v, int depth)
{
    h = rp_print_mix(h, v.len);
    if (v.len == 0 || depth == 0)
        return h;
    return rp_print_mix(h, print_at(v.u.vec->at[v.len - 1], depth - 1));
}

/* The first field of a content says the most about it. */
static uint64_t print_content(uint64_t h, struct rp_value v)
{
    struct rp_value *at = NULL;

    if (rp_kind(v) == 0 || rp_obj_slots(v.u.obj, &at) == 0)
        return rp_print_mix(h, v.tag);
    h = rp_print_mix(h, rp_kind(v));
    return at[0].tag == RP_TEXT ? rp_print_mix(h, rp_print_gist(rp_str_of(at[0])))
                                : rp_print_mix(h, print_at(at[0], 2));
}

static uint64_t print_message(uint64_t h, const struct rp_message *m)
{
    uint32_t n = rp_len(m->contents);
    struct rp_str author = rp_str_of(m->author);

    h = rp_print_mix(h, (uint64_t)m->role.u.i << 32 | n);
    h = rp_print_mix(h, (uint64_t)author.n << 8 | (unsigned char)author.s[0]);
    if (n > 1)
        h = print_content(h, rp_at(m->contents, 0));
    return n ? print_content(h, rp_at(m->contents, n - 1)) : h;
}

static uint64_t print_record(uint64_t h, struct rp_value v, int depth)
{
    struct rp_value *at = NULL;
    uint32_t n;

    if (rp_kind(v) == RP_K_MESSAGE)
        return print_message(h, rp_message_of(v));
    n = rp_obj_slots(v.u.obj, &at);
    h = rp_print_mix(h, rp_kind(v));
    for (uint32_t i = 0; i < n && depth > 0; i++)
        h = rp_print_mix(h, print_at(at[i], depth - 1));
    return h;
}

static uint64_t print_at(struct rp_value v, int depth)
{
    uint64_t h = rp_print_mix(3, v.tag);

    switch (v.tag) {
    case RP_BOOL:
    case RP_INT:
    case RP_REAL:
        return rp_print_mix(h, (uint64_t)v.u.i);
    case RP_DIGITS:
    case RP_TEXT:
        return rp_print_mix(h, rp_print_gist(rp_str_of(v)));
    case RP_LIST:
    case RP_MAP:
        return print_list(h, v, depth);
    case RP_REC:
        return print_record(h, v, depth);
    default:
        return h;
    }
}

enum { DEPTH = 6 };

uint64_t rp_print_value(struct rp_value v)
{
    return print_at(v, DEPTH);
}

uint64_t rp_print_whole(struct rp_value v)
{
    struct rp_value *at = NULL;
    uint64_t h = rp_print_mix(4, v.tag);
    uint32_t n;

    if (v.tag == RP_TEXT || v.tag == RP_DIGITS)
        return rp_print_bytes(h, rp_str_of(v));
    if (v.tag == RP_BOOL || v.tag == RP_INT || v.tag == RP_REAL)
        return rp_print_mix(h, (uint64_t)v.u.i);
    if (!rp_is_handle(v))
        return h;
    n = rp_obj_slots(v.u.obj, &at);
    n = v.tag == RP_REC ? n : v.len;
    h = rp_print_mix(h, (uint64_t)n << 32 | rp_kind(v));
    for (uint32_t i = 0; i < n; i++)
        h = rp_print_mix(h, rp_print_whole(at[i]));
    return h;
}
