/* snap_fetch.c - owns what a reading knows of items: which were met, the bytes of those under way.
 * An item's bytes count only if they have its name. */
#include "snap_reading.h"

enum { FIRST_ROOM = 64, HEX = 2 * RP_SNAP_NAME, WHERE = HEX + 40 };

void rp_reading_init(struct rp_reading *r, struct rp_heap *h, const struct rp_store *store,
                     struct rp_snap *s, struct rp_error *err)
{
    *r = (struct rp_reading){.h = h,
                             .store = store,
                             .known = s ? rp_snap_known(s) : NULL,
                             .err = err,
                             .alloc = h->alloc,
                             .work_left = RP_SNAP_LISTS_MAX};
    rp_buf_init(&r->bytes, &h->alloc, SIZE_MAX);
}

void rp_reading_free(struct rp_reading *r)
{
    const struct rp_alloc *a = &r->alloc;

    rp_buf_free(&r->bytes);
    if (r->item)
        a->resize(a->ctx, r->item, r->room * sizeof(*r->item), 0);
    if (r->table)
        a->resize(a->ctx, r->table, r->table_size * sizeof(*r->table), 0);
}

/* ---- refusing ---- */

/* "item 0123... byte 12" */
static void tell_place(const struct rp_item_id *id, size_t at, char where[WHERE])
{
    size_t n = 0, digits = sizeof("18446744073709551615") - 1;
    char number[sizeof("18446744073709551615")] = {0};

    memcpy(where, "item ", 5);
    for (n = 5; n < 5 + HEX; n++)
        where[n] = "0123456789abcdef"[id->b[(n - 5) / 2] >> (n % 2 ? 4 : 0) & 15];
    do {
        number[--digits] = (char)('0' + at % 10);
        at /= 10;
    } while (at > 0);
    memcpy(where + n, " byte ", 6);
    memcpy(where + n + 6, number + digits, sizeof(number) - digits);
}

int rp_refuse_at(struct rp_reading *r, const struct rp_cursor *c, size_t at, const char *why,
                 const char *what)
{
    char where[WHERE];

    RP_ASSERT(at >= c->start);
    tell_place(&c->id, at - c->start, where);
    return rp_fail_at(r->err, RP_ECHECKPOINT, where, why, what);
}

int rp_refuse(struct rp_reading *r, const struct rp_cursor *c, const char *why)
{
    return rp_refuse_at(r, c, c->at, why, NULL);
}

int rp_reading_no_memory(struct rp_reading *r)
{
    return rp_fail_at(r->err, RP_ENOMEM, "", "%s", rp_status_text(RP_ENOMEM));
}

/* ---- items met ---- */

static size_t place_of(const struct rp_reading *r, const struct rp_item_id *id)
{
    size_t at = rp_item_place(id, r->table_size);

    while (r->table[at] && !rp_item_same(&r->item[r->table[at] - 1].id, id))
        at = (at + 1) & (r->table_size - 1);
    return at;
}

static int grow_table(struct rp_reading *r)
{
    size_t was = r->table_size, size = was ? 2 * was : 2 * FIRST_ROOM;
    uint32_t *table = r->alloc.resize(r->alloc.ctx, NULL, 0, size * sizeof(*table));

    if (!table)
        return RP_ENOMEM;
    memset(table, 0, size * sizeof(*table));
    if (r->table)
        r->alloc.resize(r->alloc.ctx, r->table, was * sizeof(*table), 0);
    r->table = table;
    r->table_size = size;
    for (size_t i = 0; i < r->n_items; i++)
        r->table[place_of(r, &r->item[i].id)] = (uint32_t)i + 1;
    return RP_OK;
}

static int make_room(struct rp_reading *r)
{
    size_t room = r->room ? 2 * r->room : FIRST_ROOM;
    struct rp_read_item *item;

    if (2 * (r->n_items + 1) > r->table_size)
        RP_TRY(grow_table(r));
    if (r->n_items < r->room)
        return RP_OK;
    if (r->n_items >= UINT32_MAX / 2)
        return RP_ENOMEM;
    item = r->alloc.resize(r->alloc.ctx, r->item, r->room * sizeof(*item), room * sizeof(*item));
    if (!item)
        return RP_ENOMEM;
    r->item = item;
    r->room = room;
    return RP_OK;
}

/* ---- bytes ---- */

static int fetch(struct rp_reading *r, struct rp_cursor *c)
{
    const struct rp_store *store = r->store;
    const char *bytes;
    struct rp_item_id name;
    size_t n;
    int rc = store->ops->item(store->self, &c->id, &bytes, &n, r->err);

    if (rc == RP_ENOTFOUND)
        return rp_refuse(r, c,
                         "the store does not have this item; the checkpoint is damaged, "
                         "restore another one");
    RP_TRY(rc);
    rp_item_name(bytes, n, &name);
    if (!rp_item_same(&name, &c->id))
        return rp_refuse(r, c,
                         "the item's bytes are damaged: their digest is not its name; "
                         "restore another checkpoint");
    if (rp_buf_add(&r->bytes, bytes, n) != RP_OK)
        return rp_reading_no_memory(r);
    c->end = c->start + n;
    if (n == 0)
        return rp_refuse(r, c, "the item is cut off");
    if (bytes[0] != RP_SNAP_VERSION)
        return rp_refuse(r, c,
                         "an item of another version; restore it with the version of the "
                         "program that made it, or a later one");
    c->at++;
    return RP_OK;
}

int rp_reading_open(struct rp_reading *r, const struct rp_item_id *id, size_t *number, int *fresh,
                    struct rp_cursor *c)
{
    size_t at;

    if (make_room(r) != RP_OK)
        return rp_reading_no_memory(r);
    at = place_of(r, id);
    *fresh = r->table[at] == 0;
    *c = (struct rp_cursor){.id = *id, .start = r->bytes.n, .at = r->bytes.n, .end = r->bytes.n};
    if (!*fresh) {
        *number = r->table[at] - 1;
        return r->item[*number].state == RP_READING ? rp_refuse(r, c, "the item refers to itself")
                                                    : RP_OK;
    }
    RP_TRY(fetch(r, c));
    *number = r->n_items;
    r->item[r->n_items++] = (struct rp_read_item){.id = *id, .state = RP_READING};
    r->table[at] = (uint32_t)r->n_items;
    return RP_OK;
}

int rp_reading_close(struct rp_reading *r, struct rp_cursor *c)
{
    if (c->at < c->end)
        return rp_refuse(r, c, "bytes follow the item's value");
    RP_ASSERT(r->bytes.n == c->end);
    r->bytes.n = c->start;
    return RP_OK;
}

/* ---- reading on ---- */

int rp_read_byte(struct rp_reading *r, struct rp_cursor *c, unsigned *out)
{
    if (c->at == c->end)
        return rp_refuse(r, c, "the item is cut off");
    *out = (unsigned char)r->bytes.s[c->at++];
    return RP_OK;
}

int rp_read_varint(struct rp_reading *r, struct rp_cursor *c, uint64_t *out)
{
    const char *at = r->bytes.s + c->at;

    if (rp_snap_varint(&at, r->bytes.s + c->end, out) != RP_OK)
        return rp_refuse(r, c, "a number is cut off, longer than need be, or beyond 64 bits");
    c->at = (size_t)(at - r->bytes.s);
    return RP_OK;
}

int rp_read_count(struct rp_reading *r, struct rp_cursor *c, uint32_t least, uint64_t most,
                  uint32_t *out)
{
    size_t at = c->at;
    uint64_t n;

    RP_TRY(rp_read_varint(r, c, &n));
    if (n < least)
        return rp_refuse_at(r, c, at, "so short a text, list or map has another form", NULL);
    if (n > most)
        return rp_refuse_at(r, c, at, "a text, list or map is longer than one may be", NULL);
    *out = (uint32_t)n;
    return RP_OK;
}

int rp_read_expect(struct rp_reading *r, const struct rp_cursor *c, size_t n, size_t each)
{
    if (n > (c->end - c->at) / each)
        return rp_refuse(r, c, "more is promised here than bytes follow");
    return RP_OK;
}

void rp_read_is_now(struct rp_reading *r, struct rp_value v, uint32_t height)
{
    r->height = height;
    r->sort = (struct rp_snap_sort){RP_BIT(v.tag == RP_REC ? rp_kind(v) : v.tag), 0};
    r->note.height = 0;
}
