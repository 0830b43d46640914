/* snap_known.c - owns the tables behind a writer's memory. */
#include "snap_known.h"

enum { FIRST_ROOM = 64, FIRST_SIZE = 256, SWEEP_MIN = 1 << 16 };

enum place_state { EMPTY, GONE, THERE, OLD /* there, and not met since the sweep began */ };

struct rp_known_place {
    struct rp_item_id id;
    uint32_t state;
};

union rp_number {
    struct rp_note note;
    uint32_t vec;
};

void rp_known_init(struct rp_known *k, const struct rp_alloc *alloc)
{
    *k = (struct rp_known){.alloc = *alloc};
}

static void give(struct rp_known *k, void *p, size_t size)
{
    if (p)
        k->alloc.resize(k->alloc.ctx, p, size, 0);
}

static void *grown(const struct rp_known *k, void *p, size_t was, size_t now, size_t each)
{
    if (now > SIZE_MAX / each)
        return NULL;
    return k->alloc.resize(k->alloc.ctx, p, was * each, now * each);
}

static void drop_notes(struct rp_known *k)
{
    for (uint32_t i = 0; i < k->n_vecs; i++)
        give(k, k->vec[i].node, k->vec[i].room * sizeof(*k->vec[i].node));
    k->n_vecs = 0;
    k->first += k->n_numbers;
    k->n_numbers = 0;
}

void rp_known_free(struct rp_known *k)
{
    drop_notes(k);
    give(k, k->place, k->size * sizeof(*k->place));
    give(k, k->number, k->numbers_room * sizeof(*k->number));
    give(k, k->vec, k->vecs_room * sizeof(*k->vec));
}

/* ---- what the store has ---- */

static struct rp_known_place *find(const struct rp_known *k, const struct rp_item_id *id)
{
    size_t at = rp_item_place(id, k->size);

    while (k->place[at].state != EMPTY && !rp_item_same(&k->place[at].id, id))
        at = (at + 1) & (k->size - 1);
    return &k->place[at];
}

int rp_known_has(struct rp_known *k, const struct rp_item_id *id)
{
    struct rp_known_place *p = k->size > 0 ? find(k, id) : NULL;

    if (p && p->state == OLD)
        p->state = THERE;
    return p && p->state == THERE;
}

/* At most half of the places are taken; those of items that are gone become free in a new table. */
static int make_room(struct rp_known *k)
{
    size_t was = k->size, size = was ? was : FIRST_SIZE;
    struct rp_known_place *old = k->place, *place;

    if (k->n < was / 2)
        return RP_OK;
    if (k->live >= was / 4)
        size *= 2;
    place = grown(k, NULL, 0, size, sizeof(*place));
    if (!place)
        return RP_ENOMEM;
    memset(place, 0, size * sizeof(*place));
    k->place = place;
    k->size = size;
    k->n = k->live;
    for (size_t i = 0; i < was; i++)
        if (old[i].state >= THERE)
            *find(k, &old[i].id) = old[i];
    give(k, old, was * sizeof(*old));
    return RP_OK;
}

int rp_known_add(struct rp_known *k, const struct rp_item_id *id)
{
    struct rp_known_place *p;

    RP_TRY(make_room(k));
    p = find(k, id);
    k->n += p->state == EMPTY;
    k->live += p->state < THERE;
    *p = (struct rp_known_place){*id, THERE};
    return RP_OK;
}

void rp_known_drop(struct rp_known *k, const struct rp_item_id *id)
{
    struct rp_known_place *p = k->size > 0 ? find(k, id) : NULL;

    if (!p || p->state < THERE)
        return;
    p->state = GONE;
    k->live--;
}

void rp_known_drop_all(struct rp_known *k)
{
    if (k->size > 0)
        memset(k->place, 0, k->size * sizeof(*k->place));
    k->n = k->live = 0;
}

/* ---- sweeping ---- */

void rp_known_sweep_begin(struct rp_known *k)
{
    size_t n = k->live + k->n_numbers + k->n_vecs;

    k->sweeping = n > 2 * k->after_sweep + SWEEP_MIN;
    if (!k->sweeping)
        return;
    drop_notes(k);
    for (size_t i = 0; i < k->size; i++)
        if (k->place[i].state == THERE)
            k->place[i].state = OLD;
}

void rp_known_sweep_end(struct rp_known *k)
{
    if (!k->sweeping)
        return;
    k->sweeping = 0;
    for (size_t i = 0; i < k->size; i++)
        if (k->place[i].state == OLD) {
            k->place[i].state = GONE;
            k->live--;
        }
    k->after_sweep = k->live + k->n_numbers + k->n_vecs;
}

/* ---- which item an object is ---- */

/* Numbers below first are of notes that were forgotten. */
static union rp_number *number_of(const struct rp_known *k, const struct rp_obj *o)
{
    if (o->flags & RP_OBJ_FROZEN || o->number <= k->first)
        return NULL;
    RP_ASSERT(o->number - k->first <= k->n_numbers);
    return &k->number[o->number - k->first - 1];
}

/* *out NULL: there are no numbers any more. */
static int number_make(struct rp_known *k, struct rp_obj *o, union rp_number **out)
{
    union rp_number *number;
    uint32_t room = k->numbers_room ? 2 * k->numbers_room : FIRST_ROOM;

    RP_ASSERT(!(o->flags & RP_OBJ_FROZEN));
    *out = NULL;
    if (k->first > UINT32_MAX - 1 - k->n_numbers || room > UINT32_MAX / 2)
        return RP_OK;
    if (k->n_numbers == k->numbers_room) {
        number = grown(k, k->number, k->numbers_room, room, sizeof(*number));
        if (!number)
            return RP_ENOMEM;
        k->number = number;
        k->numbers_room = room;
    }
    *out = number = &k->number[k->n_numbers++];
    memset(number, 0, sizeof(*number));
    o->number = k->first + k->n_numbers;
    return RP_OK;
}

const struct rp_note *rp_note_of(const struct rp_known *k, const struct rp_obj *o)
{
    const union rp_number *number = number_of(k, o);

    RP_ASSERT(o->kind != RP_OBJ_VEC);
    return number ? &number->note : NULL;
}

int rp_note_set(struct rp_known *k, struct rp_obj *o, const struct rp_note *note)
{
    union rp_number *number = number_of(k, o);

    if (!number)
        RP_TRY(number_make(k, o, &number));
    if (number)
        number->note = *note;
    return RP_OK;
}

struct rp_vec_note *rp_vec_note_of(const struct rp_known *k, const struct rp_vec *vec)
{
    const union rp_number *number = number_of(k, &vec->o);

    return number && number->vec ? &k->vec[number->vec - 1] : NULL;
}

static int room_for_vec(struct rp_known *k)
{
    uint32_t room = k->vecs_room ? 2 * k->vecs_room : FIRST_ROOM;
    struct rp_vec_note *vec;

    if (k->n_vecs < k->vecs_room)
        return RP_OK;
    vec = grown(k, k->vec, k->vecs_room, room, sizeof(*vec));
    if (!vec)
        return RP_ENOMEM;
    k->vec = vec;
    k->vecs_room = room;
    return RP_OK;
}

int rp_vec_note_make(struct rp_known *k, struct rp_vec *vec, struct rp_vec_note **out)
{
    union rp_number *number = number_of(k, &vec->o);

    *out = rp_vec_note_of(k, vec);
    if (*out)
        return RP_OK;
    RP_TRY(room_for_vec(k));
    if (!number)
        RP_TRY(number_make(k, &vec->o, &number));
    if (!number)
        return RP_OK;
    *out = &k->vec[k->n_vecs++];
    **out = (struct rp_vec_note){0};
    number->vec = k->n_vecs;
    return RP_OK;
}

/* ---- nodes ---- */

/* The place of node i of that level: of the lists of m - 1 items all nodes, where m is the number
 * of items with which it is whole, and those of lower levels that become whole with it. */
static size_t place_of(unsigned level, uint32_t i)
{
    uint64_t before = (((uint64_t)i + 1) << 2 * level) - 1;
    size_t nodes = level - 1;

    for (before >>= 2; before > 0; before >>= 2)
        nodes += (size_t)before;
    return nodes;
}

const struct rp_note *rp_node_note(const struct rp_vec_note *v, unsigned level, uint32_t i)
{
    size_t at = place_of(level, i);

    return at < v->n ? &v->node[at] : NULL;
}

int rp_node_note_set(const struct rp_known *k, struct rp_vec_note *v, unsigned level, uint32_t i,
                     const struct rp_note *note)
{
    size_t at = place_of(level, i), room = v->room ? 2 * v->room : 4;
    struct rp_note *node;

    if (at > v->n)
        return RP_OK;
    if (at == v->room) {
        node = grown(k, v->node, v->room, room, sizeof(*node));
        if (!node)
            return RP_ENOMEM;
        v->node = node;
        v->room = room;
    }
    v->node[at] = *note;
    v->n += at == v->n;
    return RP_OK;
}

int rp_node_notes_copy(const struct rp_known *k, const struct rp_vec_note *from, uint32_t from_node,
                       struct rp_vec_note *to, uint32_t to_node, unsigned level)
{
    unsigned low = 2 * (level - 1);
    size_t at = place_of(1, from_node << low), n = place_of(level, from_node) + 1 - at;

    if (at + n > from->n || to->n != place_of(1, to_node << low))
        return RP_OK;
    while (to->n + n > to->room) {
        size_t room = to->room ? 2 * to->room : 4;
        struct rp_note *node = grown(k, to->node, to->room, room, sizeof(*node));
        if (!node)
            return RP_ENOMEM;
        to->node = node;
        to->room = room;
    }
    memmove(to->node + to->n, from->node + at, n * sizeof(*to->node));
    to->n += n;
    return RP_OK;
}
