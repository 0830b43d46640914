/* match.c - owns the canonical form of requests, and its digest. */
#include "match.h"

#include <string.h>

#include "engine/base/keys.h"
#include "engine/base/sha256.h"
#include "match_path.h"

/* ---- names ----------------------------------------------------------------------------------- */

static const char *const names[] = {"strict", "structural", "sequence"};

const char *rp_match_name(enum rp_match rule)
{
    RP_ASSERT((size_t)rule < sizeof(names) / sizeof(*names));
    return names[rule];
}

int rp_match_of(const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

/* ---- bodies with masks ----------------------------------------------------------------------- */

struct canon {
    const struct rp_match_opts *opts;
    struct rp_buf *out;
    struct rp_match_path path;
};

static int write_value(struct canon *c, struct rp_value v);

static int write_list(struct canon *c, struct rp_value v)
{
    struct rp_match_step *step = &c->path.step[c->path.n++];

    RP_TRY(rp_buf_addc(c->out, '['));
    for (uint32_t i = 0; i < v.len; i++) {
        *step = (struct rp_match_step){.index = i};
        if (i > 0)
            RP_TRY(rp_buf_addc(c->out, ','));
        if (rp_match_is_masked(c->opts, &c->path, 1))
            RP_TRY(rp_buf_addz(c->out, "[masked]"));
        else
            RP_TRY(write_value(c, v.u.vec->at[i]));
    }
    c->path.n--;
    return rp_buf_addc(c->out, ']');
}

static int write_entries(struct canon *c, struct rp_value v, const uint32_t *index)
{
    struct rp_match_step *step = &c->path.step[c->path.n++];
    const char *between = "";

    for (uint32_t i = 0; i < rp_map_len(v); i++) {
        *step = (struct rp_match_step){.key = rp_str_of(rp_map_key(v, index[i]))};
        if (rp_match_is_masked(c->opts, &c->path, 1))
            continue;
        RP_TRY(rp_buf_addz(c->out, between));
        RP_TRY(rp_json_write_str(c->out, step->key));
        RP_TRY(rp_buf_addc(c->out, ':'));
        RP_TRY(write_value(c, rp_map_value(v, index[i])));
        between = ",";
    }
    c->path.n--;
    return RP_OK;
}

static int write_map(struct canon *c, struct rp_value v)
{
    uint32_t few[RP_KEYS_FEW];
    uint32_t *index;
    int rc;

    RP_TRY(rp_buf_addc(c->out, '{'));
    if (rp_map_len(v) > 0) {
        index = rp_keys_sorted(&c->out->alloc, v.u.vec->at, rp_map_len(v), few);
        if (!index)
            return RP_ENOMEM;
        rc = write_entries(c, v, index);
        rp_keys_free(&c->out->alloc, index, rp_map_len(v));
        if (rc != RP_OK)
            return rc;
    }
    return rp_buf_addc(c->out, '}');
}

static int write_value(struct canon *c, struct rp_value v)
{
    RP_ASSERT(c->path.n < sizeof(c->path.step) / sizeof(*c->path.step));
    if (v.tag == RP_LIST)
        return write_list(c, v);
    if (v.tag == RP_MAP)
        return write_map(c, v);
    return rp_json_write(c->out, v, 1);
}

static int write_json(const struct rp_match_opts *opts, struct rp_value v, struct rp_buf *out)
{
    struct canon c = {.opts = opts, .out = out};

    if (!opts || opts->rule != RP_MATCH_STRUCTURAL || opts->n_masks == 0)
        return rp_json_write(out, v, 1);
    if (rp_match_is_masked(opts, &c.path, 1))
        return rp_buf_addz(out, "[masked]");
    return write_value(&c, v);
}

static int write_body(const struct rp_match_opts *opts, const char *s, size_t n, struct rp_buf *out)
{
    struct rp_heap h;
    struct rp_value v;
    int rc;

    rp_heap_init(&h, &out->alloc, 0, 0);
    rc = rp_json_try(&h, (struct rp_str){s, n}, &v);
    if (rc == RP_OK)
        rc = write_json(opts, v, out);
    else if (rc == RP_EPARSE)
        rc = rp_buf_add(out, s ? s : "", n);
    rp_heap_free(&h);
    return rc;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Takes the numbers out of marks, from there to the end. */
static void leave_numbers_out(struct rp_buf *b, size_t from)
{
    char *to = b->s + from;
    const char *at = to, *end = b->s + b->n;

    while (at < end) {
        const char *next = memchr(at, '[', (size_t)(end - at));
        size_t plain = (size_t)((next ? next : end) - at);
        size_t mark = next ? rp_match_mark(next, (size_t)(end - next)) : 0;
        if (to != at)
            memmove(to, at, plain);
        to += plain;
        at += plain;
        if (mark) {
            memcpy(to, "[redacted]", 10);
            to += 10;
            at += mark;
        } else if (next) {
            *to++ = *at++;
        }
    }
    rp_buf_cut(b, (size_t)(to - b->s));
}

int rp_match_canonical(const struct rp_match_opts *opts, const char *method, const char *url,
                       const char *body, size_t n, struct rp_buf *out)
{
    size_t from = out->n;
    int rc = rp_buf_addz(out, method);

    if (rc == RP_OK)
        rc = rp_buf_addc(out, '\n');
    if (rc == RP_OK)
        rc = rp_match_write_target(opts, url, 1, out);
    if (rc == RP_OK)
        rc = rp_buf_addc(out, '\n');
    if (rc == RP_OK)
        rc = write_body(opts, body, n, out);
    if (rc != RP_OK)
        rp_buf_cut(out, from);
    else
        leave_numbers_out(out, from);
    return rc;
}

int rp_match_digest(const struct rp_alloc *alloc, const struct rp_match_opts *opts,
                    const char *method, const char *url, const char *body, size_t n, char out[65])
{
    struct rp_sha256 d;
    struct rp_buf b;
    int rc;

    rp_buf_init(&b, alloc, SIZE_MAX / 2);
    rc = rp_match_canonical(opts, method, url, body, n, &b);
    if (rc == RP_OK) {
        rp_sha256_init(&d);
        rp_sha256_add(&d, b.s, b.n);
        rp_sha256_hex(&d, out);
    }
    rp_buf_free(&b);
    return rc;
}
