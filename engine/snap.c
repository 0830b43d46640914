/* snap.c - owns the writing of checkpoints.
 *
 * The walk keeps its own stack, so no depth of the state can exhaust ours. An object that was
 * written is marked with the number of its item until the end, so that it is met once however often
 * it is referred to; and each item's bytes are looked up among those that stand already, so that
 * equal content stands once whatever objects held it. A list that ends before its vector does
 * leaves no mark, as its vector may be met with another length: its number is kept with the frame
 * that it is a slot of, until that frame is left. */
#include "snap_form.h"

#include <string.h>

enum { FIRST_ROOM = 128, TABLE_FIRST = 512, WRITTEN = RP_OBJ_FREE_BIT };

/* ---- digest ---- */

#define LANE_FIRST 0x9e3779b97f4a7c15u
#define LANE_ODD   0x9fb21c651e98df25u

static uint64_t take_word(uint64_t lane, uint64_t word)
{
    lane = (lane ^ word) * LANE_ODD;
    return lane ^ lane >> 32;
}

/* The lanes do not wait for each other: that is where the speed comes from. */
uint64_t rp_snap_digest(const char *s, size_t n)
{
    uint64_t a = LANE_FIRST, b = LANE_FIRST + 1, c = LANE_FIRST + 2, d = LANE_FIRST + 3;
    uint64_t rest[RP_SNAP_LANES] = {0};
    size_t whole = n / sizeof(rest) * sizeof(rest);

    for (const char *end = s + whole; s < end; s += sizeof(rest)) {
        a = take_word(a, rp_snap_word(s));
        b = take_word(b, rp_snap_word(s + 8));
        c = take_word(c, rp_snap_word(s + 16));
        d = take_word(d, rp_snap_word(s + 24));
    }
    for (size_t i = 0; i < n - whole; i++)
        rest[i / 8] |= (uint64_t)(unsigned char)s[i] << i % 8 * 8;
    a = n - whole > 0 ? take_word(a, rest[0]) : a;
    b = n - whole > 8 ? take_word(b, rest[1]) : b;
    c = n - whole > 16 ? take_word(c, rest[2]) : c;
    d = n - whole > 24 ? take_word(d, rest[3]) : d;
    return take_word(take_word(take_word(take_word(n, a), b), c), d);
}

/* ---- what a writing keeps ---- */

struct item {
    uint64_t digest;
    size_t at; /* where it begins in out */
};

/* A list, map or record whose slots are being gone through. */
struct frame {
    struct rp_value v;
    const struct rp_value *at;
    uint32_t n, next;
    size_t loose; /* where its numbers without mark begin */
};

struct writing {
    struct rp_buf *out;
    struct rp_alloc *alloc;
    struct item *item;
    struct rp_obj **written; /* objects with a mark */
    struct frame *frame;
    uint64_t *loose; /* numbers of items that no mark tells, of all frames */
    uint32_t *table; /* by digest: number of an item + 1, or 0 */
    size_t n_items, items_room, n_written, written_room, n_frames, frames_room;
    size_t n_loose, loose_room, table_size;
};

/* Makes room for one more of n elements; p points at the array's pointer. */
static int grow(struct writing *w, void *array, size_t *room, size_t n, size_t size)
{
    size_t more = *room ? 2 * *room : FIRST_ROOM;
    void *old, *grown;

    RP_ASSERT(n <= *room);
    if (n < *room)
        return RP_OK;
    memcpy(&old, array, sizeof(old));
    grown = w->alloc->resize(w->alloc->ctx, old, *room * size, more * size);
    if (!grown)
        return RP_ENOMEM;
    memcpy(array, &grown, sizeof(grown));
    *room = more;
    return RP_OK;
}

static void drop(struct writing *w, void *array, size_t bytes)
{
    if (array)
        w->alloc->resize(w->alloc->ctx, array, bytes, 0);
}

static void writing_free(struct writing *w)
{
    for (size_t i = 0; i < w->n_written; i++)
        w->written[i]->flags &= (uint16_t)~WRITTEN;
    drop(w, w->item, w->items_room * sizeof(*w->item));
    drop(w, w->written, w->written_room * sizeof(*w->written));
    drop(w, w->frame, w->frames_room * sizeof(*w->frame));
    drop(w, w->loose, w->loose_room * sizeof(*w->loose));
    drop(w, w->table, w->table_size * sizeof(*w->table));
}

/* ---- bytes ---- */

static inline char *put_varint(char *at, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        *at++ = (char)((n & 0x7f) | 0x80);
    *at++ = (char)n;
    return at;
}

/* Of the bytes of one item; most are short. */
static uint64_t item_digest(const char *s, size_t n)
{
    uint64_t digest = n;

    if (n >= 8 * RP_SNAP_LANES)
        return rp_snap_digest(s, n);
    for (; n >= 8; s += 8, n -= 8)
        digest = take_word(digest, rp_snap_word(s));
    for (; n > 0; s++, n--)
        digest = digest << 8 ^ digest >> 56 ^ (unsigned char)*s;
    return take_word(digest, LANE_FIRST);
}

/* ---- items ---- */

static int table_grow(struct writing *w)
{
    size_t size = w->table_size ? 2 * w->table_size : TABLE_FIRST;
    uint32_t *table = w->alloc->resize(w->alloc->ctx, NULL, 0, size * sizeof(*table));

    if (!table)
        return RP_ENOMEM;
    memset(table, 0, size * sizeof(*table));
    for (size_t i = 0; i < w->n_items; i++) {
        size_t at = (size_t)w->item[i].digest & (size - 1);
        while (table[at])
            at = (at + 1) & (size - 1);
        table[at] = (uint32_t)i + 1;
    }
    drop(w, w->table, w->table_size * sizeof(*w->table));
    w->table = table;
    w->table_size = size;
    return RP_OK;
}

/* Is item i the same as the n bytes at at? */
static int is_item(const struct writing *w, size_t i, size_t at, size_t n)
{
    size_t end = i + 1 < w->n_items ? w->item[i + 1].at : at;

    return end - w->item[i].at == n && memcmp(w->out->s + w->item[i].at, w->out->s + at, n) == 0;
}

/* What stands in out behind at becomes an item, or is taken back when there is an equal one. */
static int finish_item(struct writing *w, size_t at, size_t *number)
{
    size_t n = w->out->n - at, place;
    uint64_t digest = item_digest(w->out->s + at, n);

    if (2 * w->n_items >= w->table_size)
        RP_TRY(table_grow(w));
    place = (size_t)digest & (w->table_size - 1);
    for (; w->table[place]; place = (place + 1) & (w->table_size - 1)) {
        *number = w->table[place] - 1;
        if (w->item[*number].digest == digest && is_item(w, *number, at, n)) {
            w->out->n = at;
            return RP_OK;
        }
    }
    if (w->n_items == UINT32_MAX - 1)
        return RP_ELIMIT;
    RP_TRY(grow(w, &w->item, &w->items_room, w->n_items, sizeof(*w->item)));
    *number = w->n_items;
    w->item[w->n_items++] = (struct item){digest, at};
    w->table[place] = (uint32_t)w->n_items;
    return RP_OK;
}

/* ---- marks ---- */

/* A mark says which tag it holds for: a vector may be met as a list and as a map. */
static int is_marked(struct rp_value v)
{
    if (!(v.u.obj->flags & WRITTEN) || (v.u.obj->u.mark & 0xff) != v.tag)
        return 0;
    return (v.tag != RP_LIST && v.tag != RP_MAP) || v.len == v.u.vec->fill;
}

/* Nothing is left to be written of it but its slot. */
static int is_settled(struct rp_value v)
{
    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
    case RP_BOOL:
    case RP_INT:
    case RP_REAL:
        return 1;
    case RP_LIST:
    case RP_MAP:
        return v.len == 0 || is_marked(v);
    case RP_DIGITS:
    case RP_TEXT:
    case RP_REC:
        return is_marked(v);
    case RP_BAD:
        break;
    }
    return 0;
}

/* v is item number: its object is marked, or the number waits for the frame around it. */
static int settle(struct writing *w, struct rp_value v, size_t number)
{
    int is_part = (v.tag == RP_LIST || v.tag == RP_MAP) && v.len < v.u.vec->fill;

    if (is_part || v.u.obj->flags & WRITTEN) {
        RP_TRY(grow(w, &w->loose, &w->loose_room, w->n_loose, sizeof(*w->loose)));
        w->loose[w->n_loose++] = number;
        return RP_OK;
    }
    RP_TRY(grow(w, &w->written, &w->written_room, w->n_written, sizeof(*w->written)));
    v.u.obj->flags |= WRITTEN;
    v.u.obj->u.mark = (uint64_t)number << 8 | v.tag;
    w->written[w->n_written++] = v.u.obj;
    return RP_OK;
}

/* ---- slots ---- */

/* loose: the next number that no mark tells. */
static char *put_handle(char *to, struct rp_value v, const uint64_t **loose)
{
    uint64_t number = is_marked(v) ? v.u.obj->u.mark >> 8 : *(*loose)++;

    return put_varint(to, RP_SLOT_ITEM + number);
}

static char *put_slot(char *to, struct rp_value v, const uint64_t **loose)
{
    uint64_t bits;

    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
        *to++ = RP_SLOT_NIL;
        return to;
    case RP_BOOL:
        *to++ = v.u.i ? RP_SLOT_TRUE : RP_SLOT_FALSE;
        return to;
    case RP_INT:
        *to++ = RP_SLOT_INT;
        return put_varint(to, (uint64_t)v.u.i << 1 ^ (v.u.i < 0 ? UINT64_MAX : 0));
    case RP_REAL:
        memcpy(&bits, &v.u.r, sizeof(bits));
        *to++ = RP_SLOT_REAL;
        rp_snap_put_word(to, bits);
        return to + 8;
    case RP_LIST:
    case RP_MAP:
        if (v.len > 0)
            return put_handle(to, v, loose);
        *to++ = v.tag == RP_LIST ? RP_SLOT_EMPTY_LIST : RP_SLOT_EMPTY_MAP;
        return to;
    case RP_DIGITS:
    case RP_TEXT:
    case RP_REC:
        return put_handle(to, v, loose);
    case RP_BAD:
        break;
    }
    RP_ASSERT(v.tag < RP_BAD);
    return to;
}

/* ---- the walk ---- */

static int write_text(struct writing *w, struct rp_value v)
{
    struct rp_str s = rp_str_of(v);
    size_t at = w->out->n, number;
    char *to = rp_buf_room(w->out, 1 + RP_SNAP_VARINT_MAX + s.n), *from = to;

    if (!to)
        return w->out->failed;
    *to++ = v.tag == RP_TEXT ? RP_ITEM_TEXT : RP_ITEM_DIGITS;
    to = put_varint(to, s.n);
    memcpy(to, s.s, s.n);
    w->out->n += (size_t)(to + s.n - from);
    RP_TRY(finish_item(w, at, &number));
    return settle(w, v, number);
}

/* The record has the fields of its kind, each of a type that the kind allows. */
static int is_sound(const struct rp_rec *rec, uint32_t n)
{
    const char *allowed;

    if (!rp_kind_name(rec->o.kind) || rp_kind_fields(rec->o.kind) != n)
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        rp_kind_field(rec->o.kind, i, &allowed);
        if (!rp_field_allows(allowed, rec->slot[i]))
            return 0;
    }
    return 1;
}

static int enter(struct writing *w, struct rp_value v)
{
    struct rp_value *at;
    uint32_t n;

    if (v.tag == RP_BAD)
        return RP_ETYPE;
    if (v.tag == RP_TEXT || v.tag == RP_DIGITS)
        return write_text(w, v);
    n = rp_obj_slots(v.u.obj, &at);
    if (v.tag == RP_REC && RP_NEVER(!is_sound(v.u.rec, n)))
        return RP_ETYPE;
    if (w->n_frames >= RP_VALUE_DEPTH_MAX)
        return RP_ELIMIT;
    RP_ASSERT(v.tag == RP_REC || v.len <= n);
    RP_TRY(grow(w, &w->frame, &w->frames_room, w->n_frames, sizeof(*w->frame)));
    w->frame[w->n_frames++] =
        (struct frame){.v = v, .at = at, .n = v.tag == RP_REC ? n : v.len, .loose = w->n_loose};
    return RP_OK;
}

static char *put_item_head(char *to, const struct frame *f)
{
    if (f->v.tag == RP_REC) {
        *to++ = (char)f->v.u.rec->o.kind;
        *to++ = (char)f->n;
        return to;
    }
    *to++ = f->v.tag == RP_LIST ? RP_ITEM_LIST : RP_ITEM_MAP;
    return put_varint(to, f->v.tag == RP_LIST ? f->n : f->n / 2);
}

/* All slots of the innermost frame are settled: it becomes an item. */
static int leave(struct writing *w)
{
    const struct frame *f = &w->frame[--w->n_frames];
    const uint64_t *loose = w->loose + f->loose;
    size_t at = w->out->n, number;
    char *to, *from;

    to = from = rp_buf_room(w->out, ((size_t)f->n + 1) * (RP_SNAP_VARINT_MAX + 1));
    if (!to)
        return w->out->failed;
    to = put_item_head(to, f);
    for (uint32_t i = 0; i < f->n; i++)
        to = put_slot(to, f->at[i], &loose);
    RP_ASSERT(loose == w->loose + w->n_loose);
    w->out->n += (size_t)(to - from);
    w->n_loose = f->loose;
    RP_TRY(finish_item(w, at, &number));
    return settle(w, f->v, number);
}

static int walk(struct writing *w, struct rp_value root)
{
    RP_TRY(enter(w, root));
    while (w->n_frames > 0) {
        struct frame *f = &w->frame[w->n_frames - 1];
        while (f->next < f->n && is_settled(f->at[f->next]))
            f->next++;
        RP_TRY(f->next < f->n ? enter(w, f->at[f->next++]) : leave(w));
    }
    RP_ASSERT(w->n_loose == 0);
    RP_ASSERT(root.u.obj->u.mark >> 8 == w->n_items - 1);
    return RP_OK;
}

/* ---- the whole ---- */

static int write_all(struct writing *w, struct rp_value checkpoint)
{
    size_t start = w->out->n;
    char *head = rp_buf_room(w->out, RP_SNAP_HEAD), *tail;

    if (!head)
        return w->out->failed;
    w->out->n += RP_SNAP_HEAD;
    RP_TRY(walk(w, checkpoint));
    tail = rp_buf_room(w->out, RP_SNAP_TAIL);
    if (!tail)
        return w->out->failed;
    head = w->out->s + start;
    memcpy(head, RP_SNAP_MAGIC, 8);
    rp_snap_put_word(head + 8, RP_SNAP_VERSION | (uint64_t)w->n_items << 32);
    rp_snap_put_word(head + 16, w->out->n - start - RP_SNAP_HEAD);
    rp_snap_put_word(tail, rp_snap_digest(head, w->out->n - start));
    w->out->n += RP_SNAP_TAIL;
    w->out->s[w->out->n] = '\0';
    return RP_OK;
}

int rp_snap_write(struct rp_buf *out, struct rp_value checkpoint)
{
    struct writing w = {.out = out, .alloc = &out->alloc};
    size_t start = out->n;
    int rc = out->failed;

    RP_ASSERT(rp_kind(checkpoint) == RP_K_CHECKPOINT);
    if (rc == RP_OK)
        rc = write_all(&w, checkpoint);
    writing_free(&w);
    if (rc != RP_OK)
        rp_buf_cut(out, start);
    return rc;
}
