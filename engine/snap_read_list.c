/* snap_read_list.c - owns the reading of what has items in a row: lists as trees of nodes, flat
 * lists, maps. A node that was read into one list is copied from there into the next. */
#include "snap_reading.h"

/* One being filled: its slots below fill have been read. */
struct filling {
    struct rp_vec *vec;
    int noted; /* what is known of its nodes is written down */
    uint32_t height;
    uint64_t sorts;
};

static int vec_new(struct rp_reading *r, const struct rp_cursor *c, uint32_t n, struct filling *f)
{
    *f = (struct filling){0};
    if (n > r->work_left)
        return rp_refuse(r, c, "the lists of the checkpoint have more items together than may be");
    r->work_left -= n;
    if (n == 0)
        return RP_OK;
    f->vec = rp_heap_take(r->h, sizeof(*f->vec) + (size_t)n * sizeof(struct rp_value), RP_OBJ_VEC);
    if (!f->vec)
        return rp_reading_no_memory(r);
    f->vec->cap = n;
    return RP_OK;
}

static void has_part(struct rp_reading *r, struct filling *f)
{
    f->height = r->height > f->height ? r->height : f->height;
}

static int add_value(struct rp_reading *r, struct rp_cursor *c, struct filling *f, int place,
                     uint32_t depth)
{
    struct rp_value v;

    RP_ASSERT(f->vec->fill < f->vec->cap);
    RP_TRY(rp_read_value(r, c, place, depth, &v));
    f->vec->at[f->vec->fill++] = v;
    f->sorts |= r->sort.is;
    has_part(r, f);
    return RP_OK;
}

/* Values alone: a short list, a flat one, a map. */
static int fill(struct rp_reading *r, struct rp_cursor *c, uint32_t n, int place, uint32_t depth,
                struct filling *f)
{
    RP_TRY(rp_read_expect(r, c, n, 1));
    RP_TRY(vec_new(r, c, n, f));
    for (uint32_t i = 0; i < n; i++)
        RP_TRY(add_value(r, c, f, place, depth + 1));
    return RP_OK;
}

/* All of it has been read: it is a value that is nested so deep. */
static int filled(struct rp_reading *r, const struct rp_cursor *c, const struct filling *f,
                  enum rp_tag tag, struct rp_value *out)
{
    uint32_t n = f->vec ? f->vec->fill : 0;

    if (f->height >= RP_VALUE_DEPTH_MAX)
        return rp_refuse(r, c, "values are nested too deeply");
    *out = (struct rp_value){.tag = (uint8_t)tag, .len = n, .u.vec = f->vec};
    rp_read_is_now(r, *out, f->height + 1);
    r->sort.items = f->sorts;
    return RP_OK;
}

/* ---- lists ---- */

static int get_node(struct rp_reading *r, struct rp_cursor *c, struct filling *f, unsigned level,
                    uint32_t depth);

/* The parts of a node, behind the byte that says that it is one. */
static int get_branches(struct rp_reading *r, struct rp_cursor *c, struct filling *f,
                        unsigned level, uint32_t depth)
{
    uint32_t height = f->height;

    f->height = 0;
    if (depth > RP_VALUE_DEPTH_MAX)
        return rp_refuse(r, c, "values are nested too deeply");
    for (unsigned i = 0; i < RP_SNAP_BRANCHES; i++)
        RP_TRY(level == 1 ? add_value(r, c, f, RP_ANYWHERE, depth + 1)
                          : get_node(r, c, f, level - 1, depth + 1));
    if (f->height >= RP_VALUE_DEPTH_MAX)
        return rp_refuse(r, c, "values are nested too deeply");
    r->height = f->height + 1;
    r->note.height = 0;
    f->height = height;
    return RP_OK;
}

/* The node that f was just given, of that level. */
static uint32_t node_number(const struct filling *f, unsigned level)
{
    return (f->vec->fill >> 2 * level) - 1;
}

/* An item that was read into some list before. */
static int copy_node(struct rp_reading *r, const struct rp_cursor *c, struct filling *f,
                     unsigned level, const struct rp_read_item *item)
{
    uint32_t n = (uint32_t)1 << 2 * level, from = item->node << 2 * level;
    const struct rp_vec_note *notes;
    struct rp_vec_note *own;

    if (item->state != RP_READ_NODE || item->level != level)
        return rp_refuse(r, c, "an item that is no node of this level stands for one");
    RP_ASSERT(n <= f->vec->cap - f->vec->fill);
    memcpy(f->vec->at + f->vec->fill, item->v.u.vec->at + from, n * sizeof(struct rp_value));
    f->vec->fill += n;
    f->sorts |= item->sort.items;
    r->height = item->height;
    r->note = (struct rp_note){item->id, item->height};
    if (!f->noted)
        return RP_OK;
    notes = rp_vec_note_of(r->known, item->v.u.vec);
    own = rp_vec_note_of(r->known, f->vec);
    return notes && own
               ? rp_node_notes_copy(r->known, notes, item->node, own, node_number(f, level), level)
               : RP_OK;
}

static int get_node_item(struct rp_reading *r, struct rp_cursor *c, struct filling *f,
                         unsigned level, uint32_t depth)
{
    struct rp_item_id id;
    struct rp_cursor in;
    struct rp_read_item *item;
    uint64_t sorts = f->sorts;
    size_t number;
    unsigned form = 0;
    int fresh;

    RP_TRY(rp_read_expect(r, c, RP_SNAP_NAME, 1));
    memcpy(id.b, r->bytes.s + c->at, RP_SNAP_NAME);
    RP_TRY(rp_reading_open(r, &id, &number, &fresh, &in));
    if (!fresh)
        RP_TRY(copy_node(r, c, f, level, &r->item[number]));
    c->at += RP_SNAP_NAME;
    if (!fresh)
        return RP_OK;
    RP_TRY(rp_read_byte(r, &in, &form));
    if (form != RP_FORM_NODE)
        return rp_refuse(r, &in, "an item that is no node of a list stands for one");
    f->sorts = 0;
    RP_TRY(get_branches(r, &in, f, level, depth));
    if (in.at - in.start - 1 <= RP_SNAP_INLINE)
        return rp_refuse(r, &in, "so short a node is no item");
    RP_TRY(rp_reading_close(r, &in));
    r->note = (struct rp_note){id, r->height};
    item = &r->item[number];
    *item = (struct rp_read_item){.id = id,
                                  .state = RP_READ_NODE,
                                  .height = r->height,
                                  .v = {.tag = RP_LIST, .u.vec = f->vec},
                                  .level = level,
                                  .node = node_number(f, level),
                                  .sort = {0, f->sorts}};
    f->sorts |= sorts;
    return RP_OK;
}

static int get_node(struct rp_reading *r, struct rp_cursor *c, struct filling *f, unsigned level,
                    uint32_t depth)
{
    size_t at = c->at;
    struct rp_vec_note *notes;
    struct rp_note note;
    unsigned form = 0;

    RP_TRY(rp_read_byte(r, c, &form));
    if (form == RP_FORM_ITEM) {
        RP_TRY(get_node_item(r, c, f, level, depth));
    } else if (form == RP_FORM_NODE) {
        RP_TRY(get_branches(r, c, f, level, depth));
        if (c->at - at > RP_SNAP_INLINE)
            return rp_refuse_at(r, c, at, "so long a node must be an item", NULL);
    } else {
        return rp_refuse_at(r, c, at, "a node of the list must stand here", NULL);
    }
    has_part(r, f);
    note = r->note;
    notes = f->noted ? rp_vec_note_of(r->known, f->vec) : NULL;
    return notes ? rp_node_note_set(r->known, notes, level, node_number(f, level), &note) : RP_OK;
}

/* How many nodes of that level a list of n items has beside those of higher levels; of level 0:
 * items. */
static uint32_t parts_of(uint32_t n, unsigned level)
{
    return (uint32_t)((uint64_t)n >> 2 * level) % RP_SNAP_BRANCHES;
}

static int note_vec(struct rp_reading *r, struct filling *f)
{
    struct rp_vec_note *notes = NULL;

    if (r->known && f->vec && rp_vec_note_make(r->known, f->vec, &notes) != RP_OK)
        return rp_reading_no_memory(r);
    f->noted = notes != NULL;
    return RP_OK;
}

int rp_read_list(struct rp_reading *r, struct rp_cursor *c, uint32_t depth, struct rp_value *out)
{
    struct filling f;
    uint32_t n, parts = 0;

    RP_TRY(rp_read_count(r, c, RP_SMALL_LISTS, RP_LIST_MAX, &n));
    for (unsigned level = 0; level < RP_SNAP_LEVELS; level++)
        parts += parts_of(n, level);
    RP_TRY(rp_read_expect(r, c, parts, 1));
    RP_TRY(vec_new(r, c, n, &f));
    RP_TRY(note_vec(r, &f));
    for (unsigned level = RP_SNAP_LEVELS - 1; level > 0; level--)
        for (uint32_t i = parts_of(n, level); i > 0; i--)
            RP_TRY(get_node(r, c, &f, level, depth + 1));
    for (uint32_t i = parts_of(n, 0); i > 0; i--)
        RP_TRY(add_value(r, c, &f, RP_ANYWHERE, depth + 1));
    RP_ASSERT(f.vec->fill == n);
    return filled(r, c, &f, RP_LIST, out);
}

int rp_read_values(struct rp_reading *r, struct rp_cursor *c, uint32_t n, int place, uint32_t depth,
                   struct rp_value *out)
{
    struct filling f;

    RP_TRY(fill(r, c, n, place & RP_STATE, depth, &f));
    return filled(r, c, &f, RP_LIST, out);
}

/* ---- maps ---- */

int rp_read_map(struct rp_reading *r, struct rp_cursor *c, uint32_t n, uint32_t depth,
                struct rp_value *out)
{
    struct filling f;

    RP_TRY(rp_read_expect(r, c, n, 2));
    RP_TRY(vec_new(r, c, 2 * n, &f));
    for (uint32_t i = 0; i < n; i++) {
        size_t at = c->at;
        RP_TRY(add_value(r, c, &f, RP_ANYWHERE, depth + 1));
        if (r->sort.is != RP_BIT(RP_TEXT))
            return rp_refuse_at(r, c, at, "the key of a map is no text", NULL);
        RP_TRY(add_value(r, c, &f, RP_ANYWHERE, depth + 1));
    }
    return filled(r, c, &f, RP_MAP, out);
}
