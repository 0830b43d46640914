/* heap.c - owns the memory of a run: chunks, taking from them, and the copying of what is reached.
 *
 * Small objects are laid one behind the other into chunks of one size; what is bigger than a
 * quarter of a chunk gets one of its own, so that a big text never wastes the rest of the chunk
 * being filled. Copying serves the collection and rp_copy_into alike: a copy is made, the old
 * object points to it and it points back, and then the new objects are gone through in the order in
 * which they were made until none has a slot left that points to an old one. Pointing back is what
 * lets a copying that ran out of memory be undone. */
#include "value.h"

#include <string.h>

struct rp_chunk {
    struct rp_chunk *next;
    size_t size; /* asked of the allocator, this header included */
    char *fill;  /* where its objects end; not kept for the chunk being filled */
};

enum { CHUNK_HEAD = (sizeof(struct rp_chunk) + 15) / 16 * 16 };

/* ---- chunks ---- */

static char *chunk_start(struct rp_chunk *c)
{
    return (char *)c + CHUNK_HEAD;
}

/* NULL, and the heap marked, when there is no memory or too much is held. Of its bytes the first
 * clear ones are zero. */
static struct rp_chunk *chunk_new(struct rp_heap *h, size_t size, size_t clear)
{
    struct rp_chunk *c;

    RP_ASSERT(h->held <= h->ceiling);
    if (size > h->ceiling - h->held) {
        c = NULL;
    } else if (size == h->chunk && h->spare) {
        c = h->spare;
        h->spare = c->next;
        h->kept -= size;
    } else {
        c = h->alloc.resize(h->alloc.ctx, NULL, 0, size);
    }
    if (!c) {
        h->failed = RP_ENOMEM;
        return NULL;
    }
    RP_ASSERT(clear >= CHUNK_HEAD && clear <= size);
    memset(c, 0, clear);
    c->size = size;
    h->held += size;
    return c;
}

static void chunks_free(struct rp_heap *h, struct rp_chunk *c)
{
    while (c) {
        struct rp_chunk *next = c->next;
        RP_ASSERT(h->held >= c->size);
        h->held -= c->size;
        h->alloc.resize(h->alloc.ctx, c, c->size, 0);
        c = next;
    }
}

/* As many spare bytes as a heap may need until and in its next collection. */
static size_t spare_room(const struct rp_heap *h)
{
    return 2 * h->live + 2 * h->chunk;
}

/* The chunks of a spent heap, for the one that takes its place. */
static void chunks_keep(struct rp_heap *h, struct rp_heap *spent, struct rp_chunk *c)
{
    while (c) {
        struct rp_chunk *next = c->next;
        RP_ASSERT(spent->held >= c->size);
        spent->held -= c->size;
        if (c->size == h->chunk) {
            c->next = h->spare;
            h->spare = c;
            h->kept += c->size;
        } else {
            h->alloc.resize(h->alloc.ctx, c, c->size, 0);
        }
        c = next;
    }
}

/* Gives spare chunks back until no more than room bytes are kept. */
static void spares_free(struct rp_heap *h, size_t room)
{
    while (h->kept > room) {
        struct rp_chunk *c = h->spare;
        RP_ASSERT(c && h->kept >= c->size);
        h->spare = c->next;
        h->kept -= c->size;
        h->alloc.resize(h->alloc.ctx, c, c->size, 0);
    }
}

void rp_heap_init(struct rp_heap *h, const struct rp_alloc *alloc, size_t ceiling, size_t chunk)
{
    RP_ASSERT(alloc->resize);
    memset(h, 0, sizeof(*h));
    h->alloc = *alloc;
    h->ceiling = ceiling ? ceiling : RP_HEAP_MAX;
    h->chunk = chunk ? chunk : RP_HEAP_CHUNK;
    h->colour = RP_OBJ_COLOUR;
}

void rp_heap_free(struct rp_heap *h)
{
    chunks_free(h, h->first);
    chunks_free(h, h->big);
    spares_free(h, 0);
    RP_ASSERT(h->held == 0);
    rp_heap_init(h, &(struct rp_alloc){h->alloc.resize, h->alloc.ctx}, h->ceiling, h->chunk);
}

/* ---- taking ---- */

static void *take_big(struct rp_heap *h, size_t size)
{
    struct rp_chunk *c = chunk_new(h, CHUNK_HEAD + size, CHUNK_HEAD + size);

    if (!c)
        return NULL;
    c->fill = chunk_start(c) + size;
    c->next = h->big;
    h->big = c;
    return chunk_start(c);
}

/* A chunk is zeroed a piece at a time, so that a short run does not pay for all of it. h->end
 * tells how far that has come. */
enum { CLEAR = 4096 };

static int start_chunk(struct rp_heap *h)
{
    size_t clear = h->chunk < CLEAR ? h->chunk : CLEAR;
    struct rp_chunk *c = chunk_new(h, h->chunk, clear);

    if (!c)
        return RP_ENOMEM;
    if (h->now) {
        h->now->fill = h->next;
        h->now->next = c;
    } else {
        h->first = c;
    }
    h->now = c;
    h->next = chunk_start(c);
    h->end = (char *)c + clear;
    return RP_OK;
}

/* Zeroes more of the chunk being filled; 0 when it has no room for size more bytes. */
static int clear_more(struct rp_heap *h, size_t size)
{
    char *end = (char *)h->now + h->now->size;
    size_t rest = (size_t)(end - h->end), n = size > CLEAR ? size : CLEAR;

    if ((size_t)(end - h->next) < size)
        return 0;
    n = n < rest ? n : rest;
    memset(h->end, 0, n);
    h->end += n;
    return 1;
}

/* Room for one object behind h->next. */
static int make_room(struct rp_heap *h, size_t size)
{
    if ((size_t)(h->end - h->next) >= size || (h->now && clear_more(h, size)))
        return RP_OK;
    RP_TRY(start_chunk(h));
    if ((size_t)(h->end - h->next) < size) {
        int made = clear_more(h, size);
        RP_ASSERT(made);
    }
    return RP_OK;
}

void *rp_heap_take_slow(struct rp_heap *h, size_t size, unsigned kind)
{
    struct rp_obj *o;

    size = (size + 15) & ~(size_t)15;
    RP_ASSERT(size >= sizeof(*o));
    RP_ASSERT(size <= UINT32_MAX - CHUNK_HEAD);
    RP_ASSERT(kind <= UINT16_MAX);
    if (size > h->chunk / 4 || h->chunk < CHUNK_HEAD + size) {
        o = take_big(h, size);
    } else if (make_room(h, size) != RP_OK) {
        o = NULL;
    } else {
        o = (struct rp_obj *)(void *)h->next;
        h->next += size;
    }
    if (!o)
        return NULL;
    o->size = (uint32_t)size;
    o->kind = (uint16_t)kind;
    return o;
}

/* ---- going through the objects made since a moment ---- */

struct since {
    struct rp_chunk *chunk; /* of the small objects: where to go on; NULL before the first chunk */
    char *at;
    struct rp_chunk *big, *top, *done; /* next big one; where this round began; older ones */
};

static struct since now_in(struct rp_heap *h)
{
    return (struct since){h->now, h->next, h->big, h->big, h->big};
}

static struct rp_obj *next_small(struct rp_heap *h, struct since *w)
{
    struct rp_obj *o;

    if (!w->chunk && h->first) {
        w->chunk = h->first;
        w->at = chunk_start(w->chunk);
    }
    while (w->chunk && w->chunk != h->now && w->at == w->chunk->fill) {
        w->chunk = w->chunk->next;
        w->at = chunk_start(w->chunk);
    }
    if (!w->chunk || w->at == h->next)
        return NULL;
    o = (struct rp_obj *)(void *)w->at;
    w->at += o->size;
    return o;
}

/* The next object, or NULL when there is none yet: more can come once more was made. Big ones stand
 * newest first, so they are gone through in rounds. */
static struct rp_obj *next_since(struct rp_heap *h, struct since *w)
{
    struct rp_obj *o = next_small(h, w);

    if (o)
        return o;
    if (w->big == w->done) {
        w->done = w->top;
        w->top = w->big = h->big;
    }
    if (w->big == w->done)
        return NULL;
    o = (struct rp_obj *)(void *)chunk_start(w->big);
    w->big = w->big->next;
    return o;
}

/* ---- copying ---- */

struct copying {
    struct rp_heap *to;
    unsigned colour; /* flag of the copies; 0 when old and new objects cannot be met in one place */
    int rc;
};

/* A vector loses the room that it did not use, but for a little to grow into. */
static size_t size_of_copy(const struct rp_obj *o, uint32_t *cap)
{
    const struct rp_vec *vec = (const struct rp_vec *)(const void *)o;
    uint32_t want;

    if (o->kind != RP_OBJ_VEC)
        return o->size;
    RP_ASSERT(vec->fill <= vec->cap);
    want = vec->fill + vec->fill / 8 + 1;
    *cap = want < vec->cap ? want : vec->cap;
    return sizeof(*vec) + (size_t)*cap * sizeof(struct rp_value);
}

static size_t used_of(const struct rp_obj *o)
{
    const struct rp_vec *vec = (const struct rp_vec *)(const void *)o;

    return o->kind == RP_OBJ_VEC ? sizeof(*vec) + vec->fill * sizeof(struct rp_value) : o->size;
}

static struct rp_obj *copy_object(struct copying *w, struct rp_obj *old)
{
    uint32_t cap = 0;
    struct rp_obj *copy = rp_heap_take(w->to, size_of_copy(old, &cap), old->kind);
    uint32_t size;

    if (!copy)
        return NULL;
    size = copy->size;
    memcpy(copy, old, used_of(old));
    copy->size = size;
    copy->flags = (uint16_t)w->colour;
    if (!w->colour)
        copy->number = 0; /* of another heap's owner */
    if (old->kind == RP_OBJ_VEC)
        ((struct rp_vec *)(void *)copy)->cap = cap;
    copy->u.forward = old;
    old->u.forward = copy;
    old->flags |= RP_OBJ_MOVED;
    return copy;
}

/* Makes a slot point at the copy of what it points at. */
static int redirect(struct copying *w, struct rp_value *slot)
{
    struct rp_obj *old = slot->u.obj;

    if (!rp_is_handle(*slot) || (old->flags & w->colour))
        return RP_OK;
    if (w->colour && (old->flags & RP_OBJ_FROZEN))
        return RP_OK;
    if (!(old->flags & RP_OBJ_MOVED) && !copy_object(w, old))
        return RP_ENOMEM;
    slot->u.obj = old->u.forward;
    return RP_OK;
}

static int redirect_all(struct copying *w, struct since from)
{
    struct rp_obj *o;

    while ((o = next_since(w->to, &from))) {
        struct rp_value *at;
        uint32_t n = rp_obj_slots(o, &at);
        for (uint32_t i = 0; i < n; i++)
            RP_TRY(redirect(w, at + i));
    }
    return RP_OK;
}

/* Old objects forget that they were copied. */
static void forget_copies(struct rp_heap *to, struct since from)
{
    struct rp_obj *copy;

    while ((copy = next_since(to, &from))) {
        RP_ASSERT(copy->u.forward->flags & RP_OBJ_MOVED);
        copy->u.forward->flags &= (uint16_t)~RP_OBJ_MOVED;
    }
}

int rp_copy_into(struct rp_heap *to, struct rp_value v, struct rp_value *out)
{
    struct copying w = {to, 0, RP_OK};
    struct since before = now_in(to);
    int rc = v.tag == RP_BAD ? RP_ENOMEM : redirect(&w, &v);

    if (rc == RP_OK)
        rc = redirect_all(&w, before);
    forget_copies(to, before);
    *out = rc == RP_OK ? v : rp_bad();
    return rc;
}

/* ---- freezing ---- */

void rp_heap_freeze(struct rp_heap *h)
{
    struct since all = {NULL, NULL, NULL, NULL, NULL};
    struct rp_obj *o;

    while ((o = next_since(h, &all))) {
        struct rp_vec *vec = (struct rp_vec *)(void *)o;
        o->flags |= RP_OBJ_FROZEN;
        if (o->kind == RP_OBJ_VEC)
            vec->cap = vec->fill;
    }
}

/* ---- collection ---- */

static void visit_root(void *walk, struct rp_value *root)
{
    struct copying *w = walk;

    if (w->rc == RP_OK)
        w->rc = redirect(w, root);
}

static void unvisit_root(void *walk, struct rp_value *root)
{
    struct copying *w = walk;

    if (rp_is_handle(*root) && (root->u.obj->flags & w->colour))
        root->u.obj = root->u.obj->u.forward;
}

int rp_heap_collect(struct rp_heap *h, rp_roots_fn *roots, void *ctx)
{
    struct rp_heap fresh;
    struct copying w = {&fresh, 0, RP_OK};
    struct since start;

    rp_heap_init(&fresh, &h->alloc, h->ceiling, h->chunk);
    fresh.spare = h->spare;
    fresh.kept = h->kept;
    h->spare = NULL;
    h->kept = 0;
    fresh.colour = (RP_OBJ_COLOUR | 2 * RP_OBJ_COLOUR) ^ h->colour;
    w.colour = fresh.colour;
    start = now_in(&fresh);
    roots(ctx, visit_root, &w);
    if (w.rc == RP_OK)
        w.rc = redirect_all(&w, start);
    if (w.rc != RP_OK) {
        roots(ctx, unvisit_root, &w);
        forget_copies(&fresh, start);
        h->spare = fresh.spare;
        h->kept = fresh.kept;
        fresh.spare = NULL;
        fresh.kept = 0;
        rp_heap_free(&fresh);
        return w.rc;
    }
    fresh.live = fresh.held;
    fresh.failed = h->failed;
    chunks_keep(&fresh, h, h->first);
    chunks_keep(&fresh, h, h->big);
    spares_free(&fresh, spare_room(&fresh)); /* what lives may have become much less */
    RP_ASSERT(h->held == 0);
    *h = fresh;
    return RP_OK;
}
