/* journal_line.c - owns the form of a journal's line and the chain of digests. */
#include "journal_line.h"

#include "engine/base/sha256.h"

#include <string.h>

enum { SCRATCH_MAX = 1 << 20 };

void rp_journal_link(char chain[RP_JOURNAL_CHAIN + 1], const char *s, size_t n)
{
    struct rp_sha256 d;
    char hex[65];

    rp_sha256_init(&d);
    rp_sha256_add(&d, chain, RP_JOURNAL_CHAIN);
    rp_sha256_add(&d, s, n);
    rp_sha256_hex(&d, hex);
    memcpy(chain, hex, RP_JOURNAL_CHAIN);
    chain[RP_JOURNAL_CHAIN] = '\0';
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void fail(struct rp_journal *j, int rc)
{
    if (rc != RP_OK && j->failed == RP_OK)
        j->failed = rc;
}

static void key(struct rp_journal *j, const char *name)
{
    rp_buf_addc(&j->line, ',');
    fail(j, rp_json_write_str(&j->line, rp_str(name)));
    fail(j, rp_buf_addc(&j->line, ':'));
}

void rp_line_begin(struct rp_journal *j, const char *e)
{
    rp_buf_clear(&j->line);
    fail(j, rp_buf_addz(&j->line, "{\"e\":"));
    fail(j, rp_json_write_str(&j->line, rp_str(e)));
}

void rp_line_raw(struct rp_journal *j, const char *name, struct rp_str json)
{
    key(j, name);
    fail(j, rp_buf_adds(&j->line, json));
}

void rp_line_int(struct rp_journal *j, const char *name, int64_t i)
{
    key(j, name);
    fail(j, rp_buf_add_int(&j->line, i));
}

void rp_line_bool(struct rp_journal *j, const char *name, int yes)
{
    rp_line_raw(j, name, rp_str(yes ? "true" : "false"));
}

void rp_line_text(struct rp_journal *j, const char *name, const char *z)
{
    key(j, name);
    fail(j, z ? rp_json_write_str(&j->line, rp_str(z)) : rp_buf_addz(&j->line, "null"));
}

void rp_line_text_if(struct rp_journal *j, const char *name, const char *z)
{
    if (z && z[0])
        rp_line_text(j, name, z);
}

void rp_line_hex(struct rp_journal *j, const char *name, const unsigned char *b, size_t n)
{
    static const char digit[] = "0123456789abcdef";

    key(j, name);
    fail(j, rp_buf_addc(&j->line, '"'));
    for (size_t i = 0; i < n; i++) {
        fail(j, rp_buf_addc(&j->line, digit[b[i] >> 4]));
        fail(j, rp_buf_addc(&j->line, digit[b[i] & 15]));
    }
    fail(j, rp_buf_addc(&j->line, '"'));
}

void rp_line_digest(struct rp_journal *j, const char *name, uint64_t digest)
{
    unsigned char b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (unsigned char)(digest >> (56 - 8 * i));
    rp_line_hex(j, name, b, sizeof(b));
}

void rp_line_value(struct rp_journal *j, const char *name, struct rp_value v)
{
    key(j, name);
    fail(j, rp_journal_put(&j->names, &j->line, v));
}

void rp_line_value_if(struct rp_journal *j, const char *name, struct rp_value v)
{
    if (v.tag != RP_NIL)
        rp_line_value(j, name, v);
}

void rp_line_noted(struct rp_journal *j, const char *name, struct rp_value v)
{
    key(j, name);
    fail(j, rp_journal_put_noted(&j->names, &j->line, v));
}

void rp_line_error(struct rp_journal *j, int status, const struct rp_error *err)
{
    rp_line_text(j, "status", rp_status_name(status));
    rp_line_text_if(j, "where", err ? err->where : NULL);
    rp_line_text_if(j, "text", err ? err->text : NULL);
}

/* ---- the end of a line ----------------------------------------------------------------------- */

/* A filter must leave a line a line. */
static int check_passed(struct rp_journal *j, uint64_t changed)
{
    struct rp_buf *b = &j->passed;
    struct rp_value v;

    if (b->n == 0 || b->s[b->n - 1] != '}' || memchr(b->s, '\n', b->n))
        return RP_EPARSE;
    return changed ? rp_json_try(&j->scratch, (struct rp_str){b->s, b->n}, &v) : RP_OK;
}

/* What may be written of the line, without its last brace. */
static int pass(struct rp_journal *j)
{
    uint64_t changed = 0;

    rp_buf_clear(&j->passed);
    if (!j->filter)
        return rp_buf_add(&j->passed, j->line.s, j->line.n);
    RP_TRY(rp_buf_addc(&j->line, '}'));
    RP_TRY(j->filter->line(j->filter->ctx, j->line.s, j->line.n, &j->passed, &changed));
    RP_TRY(check_passed(j, changed));
    rp_buf_cut(&j->passed, j->passed.n - 1);
    changed += j->taken;
    j->taken = 0;
    if (changed == 0)
        return RP_OK;
    RP_TRY(rp_buf_addz(&j->passed, ",\"redacted\":"));
    return rp_buf_add_int(&j->passed, (int64_t)changed);
}

static int finish(struct rp_journal *j)
{
    struct rp_buf *b = &j->passed;

    RP_TRY(pass(j));
    rp_journal_link(j->chain, b->s, b->n);
    RP_TRY(rp_buf_addz(b, ",\"chain\":\""));
    RP_TRY(rp_buf_addz(b, j->chain));
    RP_TRY(rp_buf_addz(b, "\"}\n"));
    j->lines++;
    return j->sink.put(j->sink.ctx, b->s, b->n);
}

int rp_line_end(struct rp_journal *j)
{
    if (j->failed == RP_OK)
        fail(j, finish(j));
    if (j->scratch.held > SCRATCH_MAX || j->scratch.failed) {
        rp_heap_free(&j->scratch);
        rp_heap_init(&j->scratch, &j->alloc, 0, 0);
    }
    return j->failed;
}
