/* snap_read.c - owns the reading of checkpoints. Nothing is believed: first the frame and the
 * digest, then every item. An item refers only to those before it, so no input makes a circle and
 * none makes us recurse; and every number of things is held against the bytes that are left. */
#include "base/type.h"
#include "base/utf8.h"
#include "snap_form.h"
#include "snap_kinds.h"

#include <string.h>

/* An item that was read. */
struct item {
    struct rp_value v;
    size_t at; /* where it begins */
    struct rp_snap_sort sort;
    uint32_t depth;
    int used; /* some later item refers to it */
};

struct reading {
    struct rp_heap *h;
    const char *s;
    size_t n, at; /* bytes without the digest; the next one */
    struct item *item;
    uint32_t count, done;
    struct rp_error *err;
};

/* ---- refusing ---- */

static int refuse_at(struct reading *r, size_t at, const char *why, const char *what)
{
    char where[32] = "byte ";
    size_t i = sizeof(where);

    where[--i] = '\0';
    do {
        RP_ASSERT(i > 5);
        where[--i] = (char)('0' + at % 10);
        at /= 10;
    } while (at > 0);
    memmove(where + 5, where + i, sizeof(where) - i);
    return rp_fail_at(r->err, RP_ECHECKPOINT, where, why, what);
}

static int refuse(struct reading *r, const char *why)
{
    return refuse_at(r, r->at, why, NULL);
}

static int no_memory(struct reading *r)
{
    return rp_fail_at(r->err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
}

/* ---- numbers ---- */

static int get_byte(struct reading *r, unsigned *out)
{
    if (r->at == r->n)
        return refuse(r, "the item is cut off");
    *out = (unsigned char)r->s[r->at++];
    return RP_OK;
}

static int get_varint(struct reading *r, uint64_t *out)
{
    uint64_t n = 0;
    unsigned byte = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        RP_TRY(get_byte(r, &byte));
        if (shift == 63 && byte > 1)
            break;
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (byte == 0 && shift > 0)
            break;
        *out = n;
        return RP_OK;
    }
    r->at--;
    return refuse(r, "a number is longer than need be, or beyond 64 bits");
}

/* A number of things of at least `each` bytes, of which no more than max are allowed. */
static int get_count(struct reading *r, size_t each, uint64_t max, uint32_t *out)
{
    size_t at = r->at;
    uint64_t n;

    RP_TRY(get_varint(r, &n));
    if (n > (r->n - r->at) / each)
        return refuse_at(r, at, "more is promised here than bytes follow", NULL);
    if (n > max)
        return refuse_at(r, at, "a text or list is longer than one may be", NULL);
    *out = (uint32_t)n;
    return RP_OK;
}

/* ---- slots ---- */

/* What a slot holds; to, the item that is being read, gathers depth and sorts. */
static int get_item_slot(struct reading *r, uint64_t number, struct item *to, struct rp_value *out,
                         struct rp_snap_sort *sort)
{
    struct item *part;

    if (number >= r->done)
        return refuse(r, "the number of an item that does not stand before this one");
    part = &r->item[number];
    part->used = 1;
    if (part->depth >= to->depth)
        to->depth = part->depth + 1;
    *sort = part->sort;
    *out = part->v;
    return RP_OK;
}

static int get_slot(struct reading *r, struct item *to, struct rp_value *out,
                    struct rp_snap_sort *sort)
{
    uint64_t code, more;
    size_t at = r->at;

    RP_TRY(get_varint(r, &code));
    if (code >= RP_SLOT_ITEM) {
        r->at = at;
        RP_TRY(get_item_slot(r, code - RP_SLOT_ITEM, to, out, sort));
        return get_varint(r, &code);
    }
    switch ((enum rp_snap_slot)code) {
    case RP_SLOT_NIL:
        *out = rp_nil();
        break;
    case RP_SLOT_FALSE:
    case RP_SLOT_TRUE:
        *out = rp_bool(code == RP_SLOT_TRUE);
        break;
    case RP_SLOT_EMPTY_LIST:
        *out = rp_list();
        break;
    case RP_SLOT_EMPTY_MAP:
        *out = rp_map();
        break;
    case RP_SLOT_REAL:
        if (r->n - r->at < 8)
            return refuse(r, "the item is cut off");
        more = rp_snap_word(r->s + r->at);
        r->at += 8;
        *out = rp_real(0);
        memcpy(&out->u.r, &more, sizeof(more));
        break;
    case RP_SLOT_INT:
        RP_TRY(get_varint(r, &more));
        more = more >> 1 ^ (more & 1 ? UINT64_MAX : 0);
        *out = rp_int(0);
        memcpy(&out->u.i, &more, sizeof(more));
        break;
    case RP_SLOT_ITEM:
    default:
        return refuse_at(r, at, "no such kind of value", NULL);
    }
    *sort = (struct rp_snap_sort){RP_BIT(out->tag), 0};
    return RP_OK;
}

/* ---- items ---- */

/* Digits as json.h has them: an integer beyond 64 bits, or "-0". */
static int is_big_integer(struct rp_str s)
{
    size_t first = s.n > 0 && s.s[0] == '-';
    struct rp_str digits = {s.s + first, s.n - first};
    struct rp_str most = rp_str(first ? "9223372036854775808" : "9223372036854775807");

    for (size_t i = 0; i < digits.n; i++)
        if (digits.s[i] < '0' || digits.s[i] > '9')
            return 0;
    if (digits.n > 0 && digits.s[0] == '0')
        return first && digits.n == 1;
    return digits.n > most.n || (digits.n == most.n && rp_str_order(digits, most) > 0);
}

static int get_text(struct reading *r, struct item *to, enum rp_tag tag)
{
    struct rp_str s;
    size_t bad, at = r->at;
    uint32_t n;

    RP_TRY(get_count(r, 1, RP_TEXT_MAX, &n));
    s = (struct rp_str){r->s + r->at, n};
    bad = rp_utf8_bad(s.s, s.n);
    if (bad < s.n)
        return refuse_at(r, r->at + bad, "the text is not UTF-8 here", NULL);
    if (tag == RP_DIGITS && !is_big_integer(s))
        return refuse_at(r, at, "these are not the digits of an integer beyond 64 bits", NULL);
    to->v = rp_text(r->h, s.s, s.n);
    if (to->v.tag == RP_BAD)
        return no_memory(r);
    to->v.tag = (uint8_t)tag;
    to->sort = (struct rp_snap_sort){RP_BIT(tag), 0};
    r->at += n;
    return RP_OK;
}

static int get_vector(struct reading *r, struct item *to, enum rp_tag tag)
{
    uint32_t n, slots, each = tag == RP_MAP ? 2 : 1;
    size_t at = r->at;
    struct rp_vec *vec;

    RP_TRY(get_count(r, each, RP_LIST_MAX / each, &n));
    if (n == 0)
        return refuse_at(r, at, "an empty list or map is no item", NULL);
    slots = each * n;
    vec = rp_heap_take(r->h, sizeof(*vec) + (size_t)slots * sizeof(struct rp_value), RP_OBJ_VEC);
    if (!vec)
        return no_memory(r);
    vec->cap = slots;
    to->sort = (struct rp_snap_sort){RP_BIT(tag), 0};
    for (; vec->fill < slots; vec->fill++) {
        struct rp_snap_sort sort;
        at = r->at;
        RP_TRY(get_slot(r, to, &vec->at[vec->fill], &sort));
        if (tag == RP_MAP && vec->fill % 2 == 0 && sort.is != RP_BIT(RP_TEXT))
            return refuse_at(r, at, "the key of a map is no text", NULL);
        to->sort.items |= sort.is;
    }
    to->v = (struct rp_value){.tag = (uint8_t)tag, .len = slots, .u.vec = vec};
    return RP_OK;
}

static int get_record(struct reading *r, struct item *to, unsigned kind)
{
    struct rp_rec *rec;
    unsigned n = 0;

    if (!rp_kind_name(kind)) {
        r->at--;
        return refuse(r, "no such kind of item");
    }
    RP_TRY(get_byte(r, &n));
    if (n != rp_kind_fields(kind)) {
        r->at--;
        return refuse_at(r, r->at, "a \"%s\" has another number of fields", rp_kind_name(kind));
    }
    rec = rp_rec_new(r->h, kind);
    if (!rec)
        return no_memory(r);
    for (unsigned i = 0; i < n; i++) {
        struct rp_snap_sort sort;
        size_t at = r->at;
        RP_TRY(get_slot(r, to, &rec->slot[i], &sort));
        if (!rp_snap_field_allows(kind, i, rec->slot[i], sort))
            return refuse_at(r, at, "a value of a type that the field \"%s\" does not hold",
                             rp_kind_field(kind, i, NULL));
    }
    to->v = rp_from_rec(rec);
    to->sort = (struct rp_snap_sort){RP_BIT(kind), 0};
    return RP_OK;
}

static int get_item(struct reading *r, struct item *to)
{
    unsigned byte = 0;

    RP_TRY(get_byte(r, &byte));
    switch (byte) {
    case RP_ITEM_TEXT:
        return get_text(r, to, RP_TEXT);
    case RP_ITEM_DIGITS:
        return get_text(r, to, RP_DIGITS);
    case RP_ITEM_LIST:
        RP_TRY(get_vector(r, to, RP_LIST));
        break;
    case RP_ITEM_MAP:
        RP_TRY(get_vector(r, to, RP_MAP));
        break;
    default:
        RP_TRY(get_record(r, to, byte));
    }
    if (to->depth >= RP_VALUE_DEPTH_MAX)
        return refuse_at(r, to->at, "values are nested too deeply", NULL);
    return RP_OK;
}

static int get_items(struct reading *r)
{
    while (r->done < r->count) {
        r->item[r->done] = (struct item){.at = r->at};
        RP_TRY(get_item(r, &r->item[r->done]));
        r->done++;
    }
    if (r->at < r->n)
        return refuse(r, "bytes follow the last item");
    if (rp_kind(r->item[r->count - 1].v) != RP_K_CHECKPOINT)
        return refuse(r, "the last item is no checkpoint");
    for (uint32_t i = 0; i + 1 < r->count; i++)
        if (!r->item[i].used)
            return refuse_at(r, r->item[i].at, "an item belongs to nothing", NULL);
    return RP_OK;
}

/* ---- the frame ---- */

static int check_frame(struct reading *r, size_t n)
{
    uint64_t body;

    if (n < 8 || memcmp(r->s, RP_SNAP_MAGIC, 8) != 0)
        return refuse_at(r, 0, "this is no checkpoint: it does not begin as one", NULL);
    if (n < RP_SNAP_HEAD + RP_SNAP_TAIL)
        return refuse_at(r, n, "the checkpoint is cut off", NULL);
    if ((rp_snap_word(r->s + 8) & UINT32_MAX) != RP_SNAP_VERSION)
        return refuse_at(r, 8,
                         "a checkpoint of another version; restore it with the version of "
                         "the program that made it",
                         NULL);
    r->count = (uint32_t)(rp_snap_word(r->s + 8) >> 32);
    body = rp_snap_word(r->s + 16);
    if (body > n - RP_SNAP_HEAD - RP_SNAP_TAIL)
        return refuse_at(r, n, "the checkpoint is cut off, or its length at byte 16 is damaged",
                         NULL);
    if (body < n - RP_SNAP_HEAD - RP_SNAP_TAIL)
        return refuse_at(r, RP_SNAP_HEAD + (size_t)body + RP_SNAP_TAIL,
                         "bytes follow the checkpoint, or its length at byte 16 is damaged", NULL);
    r->n = RP_SNAP_HEAD + (size_t)body;
    r->at = RP_SNAP_HEAD;
    if (rp_snap_digest(r->s, r->n) != rp_snap_word(r->s + r->n))
        return refuse_at(r, r->n, "the checkpoint is damaged: its digest does not fit its bytes",
                         NULL);
    if (r->count == 0 || r->count > body / RP_SNAP_ITEM_MIN)
        return refuse_at(r, 12, "a number of items that the bytes cannot hold", NULL);
    return RP_OK;
}

int rp_snap_read(struct rp_heap *h, const char *bytes, size_t n, struct rp_value *out,
                 struct rp_error *err)
{
    struct reading r = {.h = h, .s = bytes, .err = err};
    size_t size;
    int rc;

    RP_TRY(check_frame(&r, n));
    size = r.count * sizeof(*r.item);
    r.item = h->alloc.resize(h->alloc.ctx, NULL, 0, size);
    if (!r.item)
        return no_memory(&r);
    rc = get_items(&r);
    if (rc == RP_OK)
        *out = r.item[r.count - 1].v;
    h->alloc.resize(h->alloc.ctx, r.item, size, 0);
    return rc;
}
