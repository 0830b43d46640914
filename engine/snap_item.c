/* snap_item.c - what can be told of an item from its bytes alone: its name, and what it refers to.
 */
#include "base/sha256.h"
#include "snap_form.h"

/* ---- names ---- */

void rp_item_name(const char *bytes, size_t n, struct rp_item_id *id)
{
    struct rp_sha256 digest;
    unsigned char whole[32];

    rp_sha256_init(&digest);
    rp_sha256_add(&digest, bytes, n);
    rp_sha256_end(&digest, whole);
    memcpy(id->b, whole, sizeof(id->b));
}

uint64_t rp_snap_sum(const void *bytes, size_t n)
{
    struct rp_item_id id;
    uint64_t sum = 0;

    rp_item_name(bytes, n, &id);
    for (unsigned i = 0; i < 8; i++)
        sum |= (uint64_t)id.b[i] << 8 * i;
    return sum;
}

/* ---- numbers ---- */

int rp_snap_varint(const char **at, const char *end, uint64_t *out)
{
    const char *s = *at;
    uint64_t n = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned byte;
        if (s == end)
            return RP_ECHECKPOINT;
        byte = (unsigned char)*s++;
        if (shift == 63 && byte > 1)
            return RP_ECHECKPOINT;
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (byte == 0 && shift > 0)
            return RP_ECHECKPOINT;
        *at = s;
        *out = n;
        return RP_OK;
    }
    return RP_ECHECKPOINT;
}

/* ---- what an item refers to ---- */

struct scan {
    const char *at, *end;
    uint64_t todo; /* values that must still come */
    int (*visit)(void *ctx, const struct rp_item_id *id);
    void *ctx;
};

static int skip(struct scan *s, uint64_t n)
{
    if (n > (uint64_t)(s->end - s->at))
        return RP_ECHECKPOINT;
    s->at += n;
    return RP_OK;
}

/* n values more, each of at least one byte. */
static int expect(struct scan *s, uint64_t n)
{
    if (n > (uint64_t)(s->end - s->at))
        return RP_ECHECKPOINT;
    s->todo += n;
    return RP_OK;
}

static int scan_name(struct scan *s)
{
    struct rp_item_id id;

    if ((size_t)(s->end - s->at) < sizeof(id))
        return RP_ECHECKPOINT;
    memcpy(id.b, s->at, sizeof(id.b));
    s->at += sizeof(id);
    return s->visit(s->ctx, &id);
}

/* The parts of a list: as many as the digits of n to the base 4 say together. */
static uint64_t parts_of(uint64_t n)
{
    uint64_t parts = 0;

    for (; n > 0; n /= RP_SNAP_BRANCHES)
        parts += n % RP_SNAP_BRANCHES;
    return parts;
}

/* Those whose length is a varint. */
static int scan_long(struct scan *s, unsigned form)
{
    uint64_t n;

    RP_TRY(rp_snap_varint(&s->at, s->end, &n));
    switch (form) {
    case RP_FORM_INT:
        return RP_OK;
    case RP_FORM_DIGITS:
    case RP_FORM_TEXT:
        return skip(s, n);
    case RP_FORM_LIST:
        return expect(s, parts_of(n));
    case RP_FORM_MAP:
        return n > UINT32_MAX ? RP_ECHECKPOINT : expect(s, 2 * n);
    default:
        return expect(s, n);
    }
}

static int scan_fields(struct scan *s)
{
    if (s->at == s->end)
        return RP_ECHECKPOINT;
    return expect(s, (unsigned char)*s->at++);
}

/* One value; what lies in it is added to what is to be done, so nothing calls itself. */
static int scan_value(struct scan *s)
{
    unsigned form;

    if (s->at == s->end)
        return RP_ECHECKPOINT;
    form = (unsigned char)*s->at++;
    if (form <= RP_FORM_TRUE)
        return RP_OK;
    if (form == RP_FORM_REAL)
        return skip(s, 8);
    if (form == RP_FORM_NODE)
        return expect(s, RP_SNAP_BRANCHES);
    if (form == RP_FORM_ITEM)
        return scan_name(s);
    if (form < RP_FORM_NODE)
        return scan_long(s, form);
    if (form < RP_FORM_RECORD)
        return RP_ECHECKPOINT;
    if (form < RP_FORM_SMALL_INT)
        return scan_fields(s);
    if (form < RP_FORM_SMALL_TEXT)
        return RP_OK;
    if (form < RP_FORM_SMALL_TEXT + RP_SMALL_TEXTS)
        return skip(s, form - RP_FORM_SMALL_TEXT);
    if (form < RP_FORM_SMALL_LIST + RP_SMALL_LISTS)
        return expect(s, form - RP_FORM_SMALL_LIST);
    if (form >= RP_FORM_SMALL_MAP && form < RP_FORM_SMALL_MAP + RP_SMALL_MAPS)
        return expect(s, 2 * (uint64_t)(form - RP_FORM_SMALL_MAP));
    return RP_ECHECKPOINT;
}

int rp_snap_refs(const char *bytes, size_t n, int (*visit)(void *ctx, const struct rp_item_id *id),
                 void *ctx)
{
    struct scan s = {.end = bytes + n, .todo = 1, .visit = visit, .ctx = ctx};

    if (n == 0 || bytes[0] != RP_SNAP_VERSION)
        return RP_ECHECKPOINT;
    s.at = bytes + 1;
    for (; s.todo > 0; s.todo--)
        RP_TRY(scan_value(&s));
    return s.at == s.end ? RP_OK : RP_ECHECKPOINT;
}
