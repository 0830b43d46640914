/* snap_read.c - owns the reading of checkpoints. Nothing is believed: an item's bytes must have its
 * name, every form must be the one that the writer would have chosen, every field must hold what
 * its record may hold. What an item holds is made once, however often it is referred to, so reading
 * takes time in proportion to the items and the lists that they make. */
#include "base/utf8.h"
#include "snap_check.h"
#include "snap_reading.h"

enum { WORD = 8 };

/* ---- numbers ---- */

static int get_int(struct rp_reading *r, struct rp_cursor *c, struct rp_value *out)
{
    size_t at = c->at;
    uint64_t n;

    RP_TRY(rp_read_varint(r, c, &n));
    n = n >> 1 ^ (n & 1 ? UINT64_MAX : 0);
    if (n < RP_SMALL_INTS)
        return rp_refuse_at(r, c, at, "so small an integer has another form", NULL);
    *out = rp_int(0);
    memcpy(&out->u.i, &n, sizeof(n));
    return RP_OK;
}

static int get_real(struct rp_reading *r, struct rp_cursor *c, struct rp_value *out)
{
    uint64_t bits = 0;

    RP_TRY(rp_read_expect(r, c, WORD, 1));
    for (unsigned i = 0; i < WORD; i++)
        bits |= (uint64_t)(unsigned char)r->bytes.s[c->at++] << 8 * i;
    *out = rp_real(0);
    memcpy(&out->u.r, &bits, sizeof(bits));
    return RP_OK;
}

/* ---- texts ---- */

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

static int get_text(struct rp_reading *r, struct rp_cursor *c, uint32_t n, enum rp_tag tag,
                    struct rp_value *out)
{
    struct rp_str s;
    size_t bad;

    RP_TRY(rp_read_expect(r, c, n, 1));
    s = (struct rp_str){r->bytes.s + c->at, n};
    bad = rp_utf8_bad(s.s, s.n);
    if (bad < s.n)
        return rp_refuse_at(r, c, c->at + bad, "the text is not UTF-8 here", NULL);
    if (tag == RP_DIGITS && !is_big_integer(s))
        return rp_refuse(r, c, "these are not the digits of an integer beyond 64 bits");
    *out = rp_text(r->h, s.s, s.n);
    if (out->tag == RP_BAD)
        return rp_reading_no_memory(r);
    out->tag = (uint8_t)tag;
    c->at += n;
    rp_read_is_now(r, *out, 1);
    return RP_OK;
}

static int get_long_text(struct rp_reading *r, struct rp_cursor *c, enum rp_tag tag,
                         struct rp_value *out)
{
    uint32_t n;

    RP_TRY(rp_read_count(r, c, tag == RP_TEXT ? RP_SMALL_TEXTS : 0, RP_TEXT_MAX, &n));
    return get_text(r, c, n, tag, out);
}

/* ---- records ---- */

static int get_field(struct rp_reading *r, struct rp_cursor *c, struct rp_rec *rec, unsigned i,
                     uint32_t depth)
{
    unsigned kind = rec->o.kind;
    int place =
        (rp_snap_is_flat(kind, i) ? RP_FLAT : 0) | (rp_snap_holds_state(kind, i) ? RP_STATE : 0);
    size_t at = c->at;

    RP_TRY(rp_read_value(r, c, place, depth, &rec->slot[i]));
    if (!rp_snap_field_allows(kind, i, rec->slot[i], r->sort))
        return rp_refuse_at(r, c, at, "a value of a type that the field \"%s\" does not hold",
                            rp_kind_field(kind, i, NULL));
    return RP_OK;
}

/* The fields that are left out are as rp_rec_new has made them, the last one given is not. */
static int check_left_out(struct rp_reading *r, const struct rp_cursor *c, size_t at,
                          const struct rp_rec *rec, unsigned n)
{
    const char *allowed;

    if (n > 0) {
        rp_kind_field(rec->o.kind, n - 1, &allowed);
        if (rp_snap_is_beginning(allowed, rec->slot[n - 1]))
            return rp_refuse_at(r, c, at, "a record says at its end what need not be said", NULL);
    }
    for (unsigned i = n; i < rp_kind_fields(rec->o.kind); i++) {
        rp_kind_field(rec->o.kind, i, &allowed);
        if (!rp_field_allows(allowed, rec->slot[i]))
            return rp_refuse_at(r, c, at, "a record lacks the field \"%s\"",
                                rp_kind_field(rec->o.kind, i, NULL));
    }
    return RP_OK;
}

static int get_record(struct rp_reading *r, struct rp_cursor *c, unsigned kind, uint32_t depth,
                      struct rp_value *out)
{
    size_t at = c->at - 1;
    uint32_t height = 0;
    const char *wrong;
    struct rp_rec *rec;
    unsigned n = 0;

    if (!rp_kind_name(kind))
        return rp_refuse_at(r, c, at, "no such kind of record", NULL);
    RP_TRY(rp_read_byte(r, c, &n));
    if (n > rp_kind_fields(kind))
        return rp_refuse_at(r, c, at, "a \"%s\" does not have so many fields", rp_kind_name(kind));
    rec = rp_rec_new(r->h, kind);
    if (!rec)
        return rp_reading_no_memory(r);
    for (unsigned i = 0; i < n; i++) {
        RP_TRY(get_field(r, c, rec, i, depth + 1));
        height = r->height > height ? r->height : height;
    }
    RP_TRY(check_left_out(r, c, at, rec, n));
    *out = rp_from_rec(rec);
    wrong = rp_snap_check(*out, &r->work_left);
    if (wrong)
        return rp_refuse_at(r, c, at, "%s", wrong);
    if (height >= RP_VALUE_DEPTH_MAX)
        return rp_refuse(r, c, "values are nested too deeply");
    rp_read_is_now(r, *out, height + 1);
    return RP_OK;
}

/* ---- lists and maps ---- */

static int get_flat_list(struct rp_reading *r, struct rp_cursor *c, int place, uint32_t depth,
                         struct rp_value *out)
{
    uint32_t n;

    RP_TRY(rp_read_count(r, c, RP_SMALL_LISTS, RP_LIST_MAX, &n));
    return rp_read_values(r, c, n, place, depth, out);
}

static int get_long_map(struct rp_reading *r, struct rp_cursor *c, uint32_t depth,
                        struct rp_value *out)
{
    uint32_t n;

    RP_TRY(rp_read_count(r, c, RP_SMALL_MAPS, RP_LIST_MAX / 2, &n));
    return rp_read_map(r, c, n, depth, out);
}

/* ---- all forms ---- */

static int get_short(struct rp_reading *r, struct rp_cursor *c, unsigned form, int place,
                     uint32_t depth, struct rp_value *out)
{
    if (form < RP_FORM_SMALL_TEXT) {
        *out = rp_int((int64_t)form - RP_FORM_SMALL_INT);
        rp_read_is_now(r, *out, 0);
        return RP_OK;
    }
    if (form < RP_FORM_SMALL_TEXT + RP_SMALL_TEXTS)
        return get_text(r, c, form - RP_FORM_SMALL_TEXT, RP_TEXT, out);
    if (form < RP_FORM_SMALL_LIST + RP_SMALL_LISTS)
        return rp_read_values(r, c, form - RP_FORM_SMALL_LIST, place, depth, out);
    if (form >= RP_FORM_SMALL_MAP && form < RP_FORM_SMALL_MAP + RP_SMALL_MAPS)
        return rp_read_map(r, c, form - RP_FORM_SMALL_MAP, depth, out);
    return rp_refuse_at(r, c, c->at - 1, "no such kind of value", NULL);
}

/* Everything but the name of an item. */
static int get_form(struct rp_reading *r, struct rp_cursor *c, unsigned form, int place,
                    uint32_t depth, struct rp_value *out)
{
    if (form >= RP_FORM_SMALL_INT)
        return get_short(r, c, form, place, depth, out);
    if (form >= RP_FORM_RECORD)
        return get_record(r, c, form, depth, out);
    switch (form) {
    case RP_FORM_NIL:
        *out = rp_nil();
        break;
    case RP_FORM_FALSE:
    case RP_FORM_TRUE:
        *out = rp_bool(form == RP_FORM_TRUE);
        break;
    case RP_FORM_INT:
        RP_TRY(get_int(r, c, out));
        break;
    case RP_FORM_REAL:
        RP_TRY(get_real(r, c, out));
        break;
    case RP_FORM_DIGITS:
        return get_long_text(r, c, RP_DIGITS, out);
    case RP_FORM_TEXT:
        return get_long_text(r, c, RP_TEXT, out);
    case RP_FORM_MAP:
        return get_long_map(r, c, depth, out);
    case RP_FORM_LIST:
        if (!(place & RP_FLAT))
            return rp_read_list(r, c, depth, out);
        return rp_refuse_at(r, c, c->at - 1, "this list must be a flat one", NULL);
    case RP_FORM_FLAT:
        if (place & RP_FLAT)
            return get_flat_list(r, c, place, depth, out);
        return rp_refuse_at(r, c, c->at - 1, "this list must not be a flat one", NULL);
    default:
        return rp_refuse_at(r, c, c->at - 1, "no such kind of value", NULL);
    }
    rp_read_is_now(r, *out, 0);
    return RP_OK;
}

/* ---- values ---- */

/* What was read is what the writer would have made the item of. */
static int note_value(struct rp_reading *r, struct rp_value v, const struct rp_note *note)
{
    struct rp_vec_note *whole;

    if (!r->known || v.tag == RP_DIGITS || rp_snap_is_state(rp_kind(v)))
        return RP_OK;
    if (v.tag == RP_TEXT || v.tag == RP_REC)
        return rp_note_set(r->known, v.u.obj, note);
    RP_TRY(rp_vec_note_make(r->known, v.u.vec, &whole));
    if (whole) {
        whole->whole = *note;
        whole->len = v.len;
        whole->tag = v.tag;
    }
    return RP_OK;
}

static int read_item(struct rp_reading *r, struct rp_cursor *in, size_t number, int place,
                     uint32_t depth, struct rp_value *out)
{
    unsigned form = 0;
    struct rp_note note;

    RP_TRY(rp_read_byte(r, in, &form));
    RP_TRY(get_form(r, in, form, place, depth, out));
    if (in->at - in->start - 1 <= RP_SNAP_INLINE)
        return rp_refuse(r, in, "so short a value is no item");
    if (rp_snap_is_plain(rp_kind(*out)))
        return rp_refuse(r, in, "such a record is no item");
    RP_TRY(rp_reading_close(r, in));
    note = (struct rp_note){in->id, r->height};
    if (note_value(r, *out, &note) != RP_OK)
        return rp_reading_no_memory(r);
    r->item[number] = (struct rp_read_item){
        .id = in->id, .state = RP_READ_VALUE, .height = r->height, .v = *out, .sort = r->sort};
    return RP_OK;
}

static int get_item(struct rp_reading *r, struct rp_cursor *c, int place, uint32_t depth,
                    struct rp_value *out)
{
    const struct rp_read_item *item;
    struct rp_cursor in;
    struct rp_item_id id;
    size_t number;
    int fresh;

    RP_TRY(rp_read_expect(r, c, RP_SNAP_NAME, 1));
    memcpy(id.b, r->bytes.s + c->at, RP_SNAP_NAME);
    if (place & RP_FLAT)
        return rp_refuse(r, c, "this list must be a flat one, and lie here");
    RP_TRY(rp_reading_open(r, &id, &number, &fresh, &in));
    if (fresh)
        RP_TRY(read_item(r, &in, number, place, depth, out));
    item = &r->item[number];
    if (item->state != RP_READ_VALUE)
        return rp_refuse(r, c, "a node of a list stands for a value");
    c->at += RP_SNAP_NAME;
    *out = item->v;
    r->sort = item->sort;
    r->height = item->height;
    return RP_OK;
}

int rp_read_value(struct rp_reading *r, struct rp_cursor *c, int place, uint32_t depth,
                  struct rp_value *out)
{
    size_t at = c->at;
    unsigned form = 0;

    if (depth > RP_VALUE_DEPTH_MAX)
        return rp_refuse(r, c, "values are nested too deeply");
    RP_TRY(rp_read_byte(r, c, &form));
    if (form == RP_FORM_ITEM)
        RP_TRY(get_item(r, c, place, depth, out));
    else
        RP_TRY(get_form(r, c, form, place, depth, out));
    if (rp_snap_is_state(rp_kind(*out)) && !(place & RP_STATE))
        return rp_refuse_at(r, c, at, "a record of state where none belongs", NULL);
    if (c->at - at > RP_SNAP_INLINE && !(place & RP_FLAT) && !rp_snap_is_plain(rp_kind(*out)))
        return rp_refuse_at(r, c, at, "so long a value must be an item", NULL);
    return RP_OK;
}

/* ---- the whole ---- */

static int read_root(struct rp_reading *r, const struct rp_item_id *root, struct rp_value *out)
{
    struct rp_cursor c;
    size_t number;
    unsigned form = 0;
    int fresh;

    RP_TRY(rp_reading_open(r, root, &number, &fresh, &c));
    RP_TRY(rp_read_byte(r, &c, &form));
    if (form != RP_K_CHECKPOINT)
        return rp_refuse(r, &c, "the item is no checkpoint");
    RP_TRY(get_form(r, &c, form, RP_STATE, 0, out));
    return rp_reading_close(r, &c);
}

int rp_snap_read(struct rp_heap *h, const struct rp_store *store, const struct rp_item_id *root,
                 struct rp_snap *s, struct rp_value *out, struct rp_error *err)
{
    struct rp_reading r;
    struct rp_value v = rp_nil();
    int rc;

    rp_reading_init(&r, h, store, s, err);
    rc = read_root(&r, root, &v);
    for (size_t i = 0; rc == RP_OK && r.known && i < r.n_items; i++)
        if (rp_known_add(r.known, &r.item[i].id) != RP_OK)
            rc = rp_reading_no_memory(&r);
    rp_reading_free(&r);
    if (rc == RP_OK)
        *out = v;
    return rc;
}
