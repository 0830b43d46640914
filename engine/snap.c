/* snap.c - owns the writing of checkpoints.
 *
 * Forms are put together in one buffer used as a stack: a value's parts are added behind what
 * stands there of the values around it; what has become too long for its place is cut off again,
 * named and handed out, and its name stands there instead. What is known to be an item that the
 * store has is not entered, so a write costs what is new, the mutable state, and of a list as many
 * steps as it has levels. */
#include "snap_known.h"
#include "snap_put.h"

enum { ITEMS = 16, KINDS = 64, FIELDS = 24 };

/* Of a kind of records: how many fields; of each the tags that it allows, a bit each. */
struct kind_fields {
    unsigned n;
    uint16_t allows[FIELDS];
};

struct rp_snap {
    struct kind_fields kind[KINDS];
    struct rp_known known;
    struct rp_buf work; /* forms of the values under way, the outer ones first */
    struct rp_buf out;  /* bytes of this write's items, one behind the other */
    struct rp_item *item;
    size_t n_items, items_room;
    int saved;           /* the last write is in the store */
    int fresh;           /* not 0: what is put is not to be noted */
    uint32_t height;     /* of the value put last: 0 for nothing and numbers, else 1 and more */
    struct rp_note made; /* of the value ended last: its item, or height 0 */
};

/* ---- the table of kinds, as bits ---- */

static void learn_kind(struct kind_fields *k, unsigned kind)
{
    const char *allowed;

    k->n = rp_kind_fields(kind);
    RP_ASSERT(k->n <= FIELDS);
    for (unsigned i = 0; i < k->n; i++) {
        rp_kind_field(kind, i, &allowed);
        for (unsigned tag = RP_NIL; tag < RP_BAD; tag++)
            if (rp_field_allows(allowed, (struct rp_value){.tag = (uint8_t)tag}))
                k->allows[i] |= (uint16_t)(1u << tag);
    }
}

/* As rp_snap_is_beginning, of a value that is allowed. */
static inline int is_beginning(unsigned allows, struct rp_value v)
{
    if (v.tag == RP_NIL || allows & 1u << RP_NIL)
        return v.tag == RP_NIL;
    if (v.tag <= RP_INT)
        return v.u.i == 0;
    return (v.tag == RP_LIST || v.tag == RP_MAP) && v.len == 0;
}

/* ---- a writer ---- */

int rp_snap_new(const struct rp_alloc *alloc, struct rp_snap **out)
{
    struct rp_snap *s = alloc->resize(alloc->ctx, NULL, 0, sizeof(*s));

    if (!s)
        return RP_ENOMEM;
    memset(s, 0, sizeof(*s));
    s->saved = 1;
    for (unsigned kind = 0; kind < KINDS; kind++)
        learn_kind(&s->kind[kind], kind);
    rp_known_init(&s->known, alloc);
    rp_buf_init(&s->work, alloc, SIZE_MAX);
    rp_buf_init(&s->out, alloc, SIZE_MAX);
    *out = s;
    return RP_OK;
}

void rp_snap_free(struct rp_snap *s)
{
    struct rp_alloc alloc;

    if (!s)
        return;
    alloc = s->known.alloc;
    rp_known_free(&s->known);
    rp_buf_free(&s->work);
    rp_buf_free(&s->out);
    if (s->item)
        alloc.resize(alloc.ctx, s->item, s->items_room * sizeof(*s->item), 0);
    alloc.resize(alloc.ctx, s, sizeof(*s), 0);
}

void rp_snap_forget(struct rp_snap *s)
{
    rp_known_drop_all(&s->known);
}

void rp_snap_saved(struct rp_snap *s)
{
    s->saved = 1;
}

struct rp_known *rp_snap_known(struct rp_snap *s)
{
    return &s->known;
}

/* ---- items ---- */

static int room_for_item(struct rp_snap *s)
{
    const struct rp_alloc *a = &s->known.alloc;
    size_t room = s->items_room ? 2 * s->items_room : ITEMS;
    struct rp_item *item;

    if (s->n_items < s->items_room)
        return RP_OK;
    item = a->resize(a->ctx, s->item, s->items_room * sizeof(*item), room * sizeof(*item));
    if (!item)
        return RP_ENOMEM;
    s->item = item;
    s->items_room = room;
    return RP_OK;
}

/* What stands in work from at on is an item. Hands it out if the store does not have it. */
static int hand_out(struct rp_snap *s, size_t at, struct rp_item_id *id)
{
    const char *bytes = s->work.s + at;
    size_t n = s->work.n - at;

    rp_item_name(bytes, n, id);
    if (rp_known_has(&s->known, id))
        return RP_OK;
    RP_TRY(room_for_item(s));
    RP_TRY(rp_known_add(&s->known, id));
    s->item[s->n_items++] = (struct rp_item){.id = *id, .n = n};
    return rp_buf_add(&s->out, bytes, n);
}

/* ---- bytes ---- */

static int put_byte(struct rp_snap *s, unsigned byte)
{
    return rp_put_byte(&s->work, byte);
}

static int put_name(struct rp_snap *s, const struct rp_note *note)
{
    char *to = rp_put_room(&s->work, 1 + RP_SNAP_NAME);

    if (!to)
        return RP_ENOMEM;
    *to++ = RP_FORM_ITEM;
    memcpy(to, note->id.b, RP_SNAP_NAME);
    s->work.n += 1 + RP_SNAP_NAME;
    s->height = note->height;
    return RP_OK;
}

/* ---- what may become an item ---- */

/* Where it begins: the version that an item begins with stands there for the time being. */
static int begin(struct rp_snap *s, size_t *at)
{
    *at = s->work.n;
    return put_byte(s, RP_SNAP_VERSION);
}

/* Ends what began at at, whose parts are nested `parts` deep. */
static int end(struct rp_snap *s, size_t at, uint32_t parts)
{
    size_t n = s->work.n - at - 1;

    if (parts >= RP_VALUE_DEPTH_MAX)
        return RP_ELIMIT;
    s->height = parts + 1;
    s->made.height = 0;
    if (n <= RP_SNAP_INLINE) {
        memmove(s->work.s + at, s->work.s + at + 1, n);
        s->work.n--;
        return RP_OK;
    }
    RP_TRY(hand_out(s, at, &s->made.id));
    s->made.height = s->height;
    s->work.n = at;
    return put_name(s, &s->made);
}

static int is_there(struct rp_snap *s, const struct rp_note *note)
{
    return note && note->height > 0 && rp_known_has(&s->known, &note->id);
}

static int may_note(const struct rp_snap *s, const struct rp_obj *o)
{
    return !s->fresh && !(o->flags & RP_OBJ_FROZEN);
}

/* ---- texts ---- */

static int put_bytes(struct rp_snap *s, struct rp_str bytes)
{
    char *to = rp_put_room(&s->work, bytes.n);

    if (!to)
        return RP_ENOMEM;
    memcpy(to, bytes.s, bytes.n);
    s->work.n += bytes.n;
    return RP_OK;
}

static int put_digits(struct rp_snap *s, struct rp_value v)
{
    size_t at;

    RP_TRY(begin(s, &at));
    RP_TRY(rp_put_length(&s->work, v.u.text->n, 0, 0, RP_FORM_DIGITS));
    RP_TRY(put_bytes(s, rp_str_of(v)));
    return end(s, at, 0);
}

static int put_text(struct rp_snap *s, struct rp_value v)
{
    struct rp_text *text = v.u.text;
    const struct rp_note *note = rp_note_of(&s->known, &text->o);
    size_t at = 0;

    if (is_there(s, note))
        return put_name(s, note);
    if (text->n >= RP_SMALL_TEXTS)
        RP_TRY(begin(s, &at));
    RP_TRY(rp_put_length(&s->work, text->n, RP_FORM_SMALL_TEXT, RP_SMALL_TEXTS, RP_FORM_TEXT));
    RP_TRY(put_bytes(s, rp_str_of(v)));
    s->height = 1;
    if (text->n < RP_SMALL_TEXTS)
        return RP_OK;
    RP_TRY(end(s, at, 0));
    return s->made.height && may_note(s, &text->o) ? rp_note_set(&s->known, &text->o, &s->made)
                                                   : RP_OK;
}

/* ---- lists and maps ---- */

static int put_value(struct rp_snap *s, struct rp_value v, uint32_t depth);

/* n values; *height becomes the greatest of theirs if it is less. */
static int put_values(struct rp_snap *s, const struct rp_value *v, uint32_t n, uint32_t depth,
                      uint32_t *height)
{
    for (uint32_t i = 0; i < n; i++) {
        RP_TRY(put_value(s, v[i], depth));
        if (s->height > *height)
            *height = s->height;
    }
    return RP_OK;
}

static int note_node(struct rp_snap *s, struct rp_vec *vec, unsigned level, uint32_t i)
{
    struct rp_note made = s->made;
    struct rp_vec_note *note;

    RP_TRY(rp_vec_note_make(&s->known, vec, &note));
    return note ? rp_node_note_set(&s->known, note, level, i, &made) : RP_OK;
}

/* Node i of that level: items i * 4^level and the following. */
static int put_node(struct rp_snap *s, struct rp_vec *vec, int may, unsigned level, uint32_t i,
                    uint32_t depth)
{
    const struct rp_vec_note *notes = may ? rp_vec_note_of(&s->known, vec) : NULL;
    const struct rp_note *note = notes ? rp_node_note(notes, level, i) : NULL;
    uint32_t height = 0, first = RP_SNAP_BRANCHES * i;
    size_t at;

    if (is_there(s, note))
        return put_name(s, note);
    if (depth > RP_VALUE_DEPTH_MAX)
        return RP_ELIMIT;
    RP_TRY(begin(s, &at));
    RP_TRY(put_byte(s, RP_FORM_NODE));
    if (level == 1)
        RP_TRY(put_values(s, vec->at + first, RP_SNAP_BRANCHES, depth + 1, &height));
    for (uint32_t k = 0; level > 1 && k < RP_SNAP_BRANCHES; k++) {
        RP_TRY(put_node(s, vec, may, level - 1, first + k, depth + 1));
        height = s->height > height ? s->height : height;
    }
    RP_TRY(end(s, at, height));
    return may ? note_node(s, vec, level, i) : RP_OK;
}

/* The nodes of a list of n items, those of higher levels first; then the items that are in none. */
static int put_parts(struct rp_snap *s, struct rp_vec *vec, uint32_t n, int may, uint32_t depth,
                     uint32_t *height)
{
    uint32_t whole;

    for (unsigned level = RP_SNAP_LEVELS - 1; level > 0; level--) {
        whole = (uint32_t)((uint64_t)n >> 2 * level);
        for (uint32_t i = whole - whole % RP_SNAP_BRANCHES; i < whole; i++) {
            RP_TRY(put_node(s, vec, may, level, i, depth));
            *height = s->height > *height ? s->height : *height;
        }
    }
    whole = n - n % RP_SNAP_BRANCHES;
    return put_values(s, vec->at + whole, n - whole, depth, height);
}

static const struct rp_note *whole_note(const struct rp_snap *s, struct rp_value v)
{
    const struct rp_vec_note *note = rp_vec_note_of(&s->known, v.u.vec);

    return note && note->len == v.len && note->tag == v.tag ? &note->whole : NULL;
}

static int note_whole(struct rp_snap *s, struct rp_value v)
{
    struct rp_note made = s->made;
    struct rp_vec_note *note;

    RP_TRY(rp_vec_note_make(&s->known, v.u.vec, &note));
    if (note) {
        note->whole = made;
        note->len = v.len;
        note->tag = v.tag;
    }
    return RP_OK;
}

/* in_place: its slots are written to. */
static int put_list(struct rp_snap *s, struct rp_value v, int in_place, uint32_t depth)
{
    int may = !in_place && v.len > 0 && may_note(s, &v.u.vec->o);
    const struct rp_note *note = in_place || v.len == 0 ? NULL : whole_note(s, v);
    uint32_t height = 0;
    size_t at;

    if (is_there(s, note))
        return put_name(s, note);
    RP_TRY(begin(s, &at));
    RP_TRY(rp_put_length(&s->work, v.len, RP_FORM_SMALL_LIST, RP_SMALL_LISTS, RP_FORM_LIST));
    if (v.len > 0)
        RP_TRY(put_parts(s, v.u.vec, v.len, may, depth + 1, &height));
    RP_TRY(end(s, at, height));
    return may && s->made.height ? note_whole(s, v) : RP_OK;
}

static int put_map(struct rp_snap *s, struct rp_value v, uint32_t depth)
{
    int may = v.len > 0 && may_note(s, &v.u.vec->o);
    const struct rp_note *note = v.len == 0 ? NULL : whole_note(s, v);
    uint32_t height = 0;
    size_t at;

    if (is_there(s, note))
        return put_name(s, note);
    RP_TRY(begin(s, &at));
    RP_TRY(rp_put_length(&s->work, v.len / 2, RP_FORM_SMALL_MAP, RP_SMALL_MAPS, RP_FORM_MAP));
    if (v.len > 0)
        RP_TRY(put_values(s, v.u.vec->at, v.len, depth + 1, &height));
    RP_TRY(end(s, at, height));
    return may && s->made.height ? note_whole(s, v) : RP_OK;
}

/* ---- records ---- */

/* A list of a run that is written in place, and in the case of `joins` so are the lists in it. */
static int put_flat(struct rp_snap *s, struct rp_value v, uint32_t depth, uint32_t *height)
{
    uint32_t most = 0;

    RP_TRY(rp_put_length(&s->work, v.len, RP_FORM_SMALL_LIST, RP_SMALL_LISTS, RP_FORM_FLAT));
    for (uint32_t i = 0; i < v.len; i++) {
        struct rp_value item = rp_at(v, i);
        RP_TRY(item.tag == RP_LIST ? put_list(s, item, 1, depth + 1)
                                   : put_value(s, item, depth + 1));
        most = s->height > most ? s->height : most;
    }
    *height = most + 1 > *height ? most + 1 : *height;
    return RP_OK;
}

/* How many fields are to be written: up to the last that is not as it began. -1: a field holds what
 * it may not. */
static int fields_of(const struct rp_snap *s, const struct rp_rec *rec, unsigned n)
{
    const struct kind_fields *k = &s->kind[rec->o.kind % KINDS];
    int last = 0;

    if (rec->o.kind >= KINDS || n == 0 || k->n != n)
        return -1;
    for (unsigned i = 0; i < n; i++) {
        struct rp_value v = rec->slot[i];
        if (v.tag >= RP_BAD || !(k->allows[i] & 1u << v.tag))
            return -1;
        if (!is_beginning(k->allows[i], v))
            last = (int)i + 1;
    }
    return last;
}

/* Made anew for every checkpoint: only what it shares with the run is worth a note. */
static int is_fresh(unsigned kind, unsigned field)
{
    return kind == RP_K_CHECKPOINT && !RP_SNAP_FIELD(kind, field, CHECKPOINT, checkpoint, run);
}

static int put_fields(struct rp_snap *s, struct rp_rec *rec, uint32_t depth, uint32_t *height)
{
    struct rp_value *slot;
    unsigned kind = rec->o.kind;
    int n = fields_of(s, rec, rp_obj_slots(&rec->o, &slot));

    if (RP_NEVER(n < 0))
        return RP_ETYPE;
    RP_TRY(put_byte(s, kind));
    RP_TRY(put_byte(s, (unsigned)n));
    for (unsigned i = 0; i < (unsigned)n; i++) {
        s->fresh += is_fresh(kind, i);
        if (rp_snap_is_flat(kind, i))
            RP_TRY(put_flat(s, slot[i], depth, height));
        else
            RP_TRY(put_values(s, &slot[i], 1, depth, height));
        s->fresh -= is_fresh(kind, i);
    }
    return RP_OK;
}

/* In its place whatever its size. */
static int put_plain(struct rp_snap *s, struct rp_rec *rec, uint32_t depth)
{
    uint32_t height = 0;

    RP_TRY(put_fields(s, rec, depth + 1, &height));
    if (height >= RP_VALUE_DEPTH_MAX)
        return RP_ELIMIT;
    s->height = height + 1;
    return RP_OK;
}

static int put_state(struct rp_snap *s, struct rp_rec *rec, uint32_t depth)
{
    uint32_t height = 0;
    int in_place = rec->o.kind == RP_K_AGENT_TURN; /* so are some of its lists */
    size_t at;

    RP_TRY(begin(s, &at));
    s->fresh += in_place;
    RP_TRY(put_fields(s, rec, depth + 1, &height));
    s->fresh -= in_place;
    return end(s, at, height);
}

static int put_record(struct rp_snap *s, struct rp_rec *rec, uint32_t depth)
{
    const struct rp_note *note;
    uint32_t height = 0;
    size_t at;

    if (rp_snap_is_plain(rec->o.kind))
        return put_plain(s, rec, depth);
    if (rp_snap_is_state(rec->o.kind))
        return put_state(s, rec, depth);
    note = rp_note_of(&s->known, &rec->o);
    if (is_there(s, note))
        return put_name(s, note);
    RP_TRY(begin(s, &at));
    RP_TRY(put_fields(s, rec, depth + 1, &height));
    RP_TRY(end(s, at, height));
    return s->made.height && may_note(s, &rec->o) ? rp_note_set(&s->known, &rec->o, &s->made)
                                                  : RP_OK;
}

static int put_value(struct rp_snap *s, struct rp_value v, uint32_t depth)
{
    if (depth > RP_VALUE_DEPTH_MAX)
        return RP_ELIMIT;
    s->height = 0;
    switch ((enum rp_tag)v.tag) {
    case RP_NIL:
        return put_byte(s, RP_FORM_NIL);
    case RP_BOOL:
        return put_byte(s, v.u.i ? RP_FORM_TRUE : RP_FORM_FALSE);
    case RP_INT:
        return rp_put_int(&s->work, v.u.i);
    case RP_REAL:
        return rp_put_real(&s->work, v.u.r);
    case RP_DIGITS:
        return put_digits(s, v);
    case RP_TEXT:
        return put_text(s, v);
    case RP_LIST:
        return put_list(s, v, 0, depth);
    case RP_MAP:
        return put_map(s, v, depth);
    case RP_REC:
        return put_record(s, v.u.rec, depth);
    case RP_BAD:
        break;
    }
    return RP_ETYPE;
}

/* ---- the whole ---- */

/* What the store was not given after all is not there. */
static void take_back(struct rp_snap *s)
{
    for (size_t i = 0; i < s->n_items && !s->saved; i++)
        rp_known_drop(&s->known, &s->item[i].id);
    s->n_items = 0;
    s->saved = 0;
    s->fresh = 0;
    rp_buf_clear(&s->work);
    rp_buf_clear(&s->out);
}

static int put_checkpoint(struct rp_snap *s, struct rp_rec *rec, struct rp_item_id *root)
{
    uint32_t height = 0;
    size_t at;

    RP_TRY(begin(s, &at));
    RP_TRY(put_fields(s, rec, 1, &height));
    if (height >= RP_VALUE_DEPTH_MAX)
        return RP_ELIMIT;
    return hand_out(s, at, root);
}

int rp_snap_write(struct rp_snap *s, struct rp_value checkpoint, struct rp_snap_out *out)
{
    const char *bytes;

    RP_ASSERT(rp_kind(checkpoint) == RP_K_CHECKPOINT);
    take_back(s);
    rp_known_sweep_begin(&s->known);
    RP_TRY(put_checkpoint(s, checkpoint.u.rec, &out->root));
    rp_known_sweep_end(&s->known);
    bytes = s->out.s;
    for (size_t i = 0; i < s->n_items; i++) {
        s->item[i].bytes = bytes;
        bytes += s->item[i].n;
    }
    out->items = s->item;
    out->n = s->n_items;
    return RP_OK;
}
