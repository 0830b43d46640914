/* value.h - the values of a run and the one memory they live in.
 *
 * A value is 16 bytes, passed by copy: nothing, a boolean, an integer, a real, or a handle to a
 * text, a list, a map or a record in the run's heap. Texts, maps and records are immutable once
 * they are shared; a list is a handle of a shared vector and a length, so that growing one by one
 * is cheap, an older handle keeps what it held, and a broadcast copies nothing.
 *
 * The heap only ever grows between two collections. A collection moves what the roots reach into
 * fresh chunks and gives the old ones back; it happens only where no handler is running, so a
 * pointer taken inside a handler is good until that handler returns. Because all live state is
 * reached from the roots through tagged slots, one walk serves copying, digesting and saving. */
#ifndef RP_VALUE_H
#define RP_VALUE_H

#include "check.h"
#include "env.h"
#include "limits.h"
#include "status.h"

enum rp_tag {
    RP_NIL = 0,
    RP_BOOL,
    RP_INT,    /* 64 bits */
    RP_REAL,   /* a double */
    RP_DIGITS, /* an integer beyond 64 bits, as the text of its digits */
    RP_TEXT,
    RP_LIST,
    RP_MAP, /* keys and values in turn, in order of insertion */
    RP_REC, /* a record of a kind: kinds.h */
    RP_BAD  /* memory ran out while it was made; adding it anywhere gives RP_ENOMEM */
};

enum { RP_OBJ_TEXT = 0, RP_OBJ_VEC = 1 }; /* kinds of objects; records have higher ones */

/* What o.u means is said by these; all are off between two calls, but for the colours. Bits from
 * RP_OBJ_FREE_BIT up are free for walks outside this room, which clear what they set. */
enum {
    RP_OBJ_MOVED = 1,  /* u.forward is its copy */
    RP_OBJ_WALKED = 2, /* u.mark belongs to a digest, u.forward to a comparison */
    RP_OBJ_COLOUR = 4, /* this and the next bit: which collection made it */
    RP_OBJ_FROZEN = 16, /* belongs to a heap that does not move; others may refer to it */
    RP_OBJ_FREE_BIT = 32
};

struct rp_obj {
    uint32_t size; /* of the whole object, a multiple of 16 */
    uint16_t kind; /* RP_OBJ_TEXT, RP_OBJ_VEC, else a record's kind */
    uint16_t flags;
    uint32_t number; /* in the table of whoever saves it (snap.c); 0: none. Collections keep it; a
                        vector gives it to the longer one that takes its place */
    union {
        struct rp_obj *forward; /* during a collection: where it went */
        uint64_t mark;          /* during a walk: its number */
    } u;
};

struct rp_text {
    struct rp_obj o;
    uint32_t n;
    char s[]; /* n bytes of UTF-8 and a NUL */
};

struct rp_value {
    uint8_t tag;
    uint8_t pad[3];
    uint32_t len; /* RP_LIST: items; RP_MAP: slots, twice the entries; else 0 */
    union {
        int64_t i; /* RP_BOOL, RP_INT */
        double r;
        struct rp_text *text; /* RP_TEXT, RP_DIGITS */
        struct rp_vec *vec;   /* RP_LIST, RP_MAP; NULL when empty */
        struct rp_rec *rec;
        struct rp_obj *obj;
    } u;
};
_Static_assert(sizeof(struct rp_value) == 16, "values are copied everywhere");

struct rp_vec {
    struct rp_obj o;
    uint32_t fill, cap;
    struct rp_value at[];
};

struct rp_rec {
    struct rp_obj o; /* o.kind says which record; o.size how many slots */
    struct rp_value slot[];
};

struct rp_chunk;
struct rp_heap {
    struct rp_alloc alloc;
    struct rp_chunk *first, *now; /* chunks in order of use; the one being filled */
    struct rp_chunk *big;         /* chunks of one object each, the newest first */
    struct rp_chunk *spare;       /* given back by a collection, for the next ones */
    char *next, *end;             /* free bytes of the one being filled */
    size_t held;                  /* bytes of all chunks but the spare ones */
    size_t kept;                  /* bytes of the spare ones */
    size_t live;                  /* bytes held after the last collection */
    size_t ceiling, chunk;
    unsigned colour; /* the flag of the objects that the last collection made */
    int failed;      /* sticky: RP_ENOMEM when some allocation failed */
};

/* alloc is copied. ceiling 0: RP_HEAP_MAX; chunk 0: RP_HEAP_CHUNK (1 gives each object an
 * allocation of its own, for tests). Allocates nothing yet. The ceiling holds for held; while a
 * collection is under way it holds for the old and for the new chunks, each on its own. */
void rp_heap_init(struct rp_heap *h, const struct rp_alloc *alloc, size_t ceiling, size_t chunk);
void rp_heap_free(struct rp_heap *h);

/* Zeroed bytes, first an rp_obj with size and kind set; NULL when there is no memory: failed is set
 * then. */
void *rp_heap_take_slow(struct rp_heap *h, size_t size, unsigned kind);
static inline void *rp_heap_take(struct rp_heap *h, size_t size, unsigned kind)
{
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(h->end - h->next) < size)
        return rp_heap_take_slow(h, size, kind);
    struct rp_obj *o = (struct rp_obj *)(void *)h->next;
    h->next += size;
    o->size = (uint32_t)size;
    o->kind = (uint16_t)kind;
    return o;
}

/* Calls visit for each root value. */
typedef void rp_visit_fn(void *walk, struct rp_value *root);
typedef void rp_roots_fn(void *ctx, rp_visit_fn *visit, void *walk);

/* True when a collection is worth its price: twice what was live then, and a chunk more. */
static inline int rp_heap_wants_collection(const struct rp_heap *h)
{
    return h->held / 2 > h->live + h->chunk / 2;
}
/* Moves everything that the roots reach. RP_ENOMEM: nothing was moved, nothing has changed. roots
 * is called a second time then; a root may be visited more than once. */
int rp_heap_collect(struct rp_heap *h, rp_roots_fn *roots, void *ctx);

/* From now on values of other heaps may refer to what this heap holds: it is never moved, and its
 * lists only grow by copies. May be called again after more was made. */
void rp_heap_freeze(struct rp_heap *h);

/* ---- making values; each gives RP_BAD when there is no memory ---- */
static inline struct rp_value rp_nil(void)
{
    return (struct rp_value){0};
}
static inline struct rp_value rp_bool(int b)
{
    return (struct rp_value){.tag = RP_BOOL, .u.i = b != 0};
}
static inline struct rp_value rp_int(int64_t i)
{
    return (struct rp_value){.tag = RP_INT, .u.i = i};
}
static inline struct rp_value rp_real(double r)
{
    return (struct rp_value){.tag = RP_REAL, .u.r = r};
}
static inline struct rp_value rp_bad(void)
{
    return (struct rp_value){.tag = RP_BAD};
}
static inline struct rp_value rp_from_rec(void *rec) /* NULL gives RP_BAD */
{
    return rec ? (struct rp_value){.tag = RP_REC, .u.rec = rec} : rp_bad();
}
struct rp_value rp_text(struct rp_heap *h, const char *s, size_t n); /* RP_BAD over RP_TEXT_MAX */
struct rp_value rp_textz(struct rp_heap *h, const char *z); /* NULL gives nil */
/* The parts, one after the other, up to one whose s is NULL. */
struct rp_value rp_text_join(struct rp_heap *h, const struct rp_str *parts);
static inline struct rp_value rp_list(void) /* empty; needs no memory */
{
    return (struct rp_value){.tag = RP_LIST};
}
static inline struct rp_value rp_map(void)
{
    return (struct rp_value){.tag = RP_MAP};
}
/* Empty, with room to add n items, or n entries, without needing memory again. RP_BAD also when n
 * is over RP_LIST_MAX, or RP_LIST_MAX / 2 for entries. */
struct rp_value rp_list_room(struct rp_heap *h, uint32_t n);
struct rp_value rp_map_room(struct rp_heap *h, uint32_t n);

/* ---- reading values ---- */
static inline struct rp_str rp_str_of(struct rp_value v) /* "" unless RP_TEXT or RP_DIGITS */
{
    if (v.tag != RP_TEXT && v.tag != RP_DIGITS)
        return (struct rp_str){"", 0};
    return (struct rp_str){v.u.text->s, v.u.text->n};
}
static inline int rp_is_text(struct rp_value v, const char *z)
{
    return v.tag == RP_TEXT && rp_str_equal(rp_str_of(v), rp_str(z));
}
static inline uint32_t rp_len(struct rp_value v) /* items of a list; else 0 */
{
    return v.tag == RP_LIST ? v.len : 0;
}
static inline struct rp_value rp_at(struct rp_value list, uint32_t i)
{
    RP_ASSERT(i < list.len);
    return list.u.vec->at[i];
}
static inline int rp_is_true(struct rp_value v)
{
    return v.tag == RP_BOOL && v.u.i;
}
static inline unsigned rp_kind(struct rp_value v) /* of a record; 0 for every other value */
{
    return v.tag == RP_REC ? v.u.rec->o.kind : 0;
}
static inline uint32_t rp_map_len(struct rp_value v) /* entries */
{
    return v.tag == RP_MAP ? v.len / 2 : 0;
}
static inline struct rp_value rp_map_key(struct rp_value map, uint32_t i)
{
    RP_ASSERT(2 * i < map.len);
    return map.u.vec->at[2 * i];
}
static inline struct rp_value rp_map_value(struct rp_value map, uint32_t i)
{
    RP_ASSERT(2 * i < map.len);
    return map.u.vec->at[2 * i + 1];
}
/* The entry of that key, the last one if it stands twice; nil when there is none or v is no map. */
struct rp_value rp_map_get(struct rp_value v, const char *key);
int rp_map_has(struct rp_value v, const char *key);

/* ---- lists and maps grow by handle: *list becomes the longer one, older handles stay ----
 * RP_ENOMEM (also for an RP_BAD item: nothing is added), RP_ELIMIT over RP_LIST_MAX. */
int rp_list_add_slow(struct rp_heap *h, struct rp_value *list, struct rp_value item);
static inline int rp_list_add(struct rp_heap *h, struct rp_value *list, struct rp_value item)
{
    struct rp_vec *v = list->u.vec;
    if (list->tag == RP_LIST && v && v->fill == list->len && v->fill < v->cap &&
        item.tag != RP_BAD) {
        v->at[v->fill++] = item;
        list->len++;
        return RP_OK;
    }
    return rp_list_add_slow(h, list, item);
}
/* Adds all items of more. */
int rp_list_cat(struct rp_heap *h, struct rp_value *list, struct rp_value more);
/* A new list of the items from (inclusive) to (exclusive). */
struct rp_value rp_list_part(struct rp_heap *h, struct rp_value list, uint32_t from, uint32_t to);
/* A new list without item i. */
struct rp_value rp_list_without(struct rp_heap *h, struct rp_value list, uint32_t i);
/* A new list of n items, given one after the other. */
struct rp_value rp_list_of(struct rp_heap *h, uint32_t n, ...);
/* Sets or adds an entry. An older handle keeps the older value. */
int rp_map_put(struct rp_heap *h, struct rp_value *map, const char *key, struct rp_value value);
int rp_map_put_str(struct rp_heap *h, struct rp_value *map, struct rp_str key,
                   struct rp_value value);
/* Adds an entry without looking whether the key, a text, stands already. */
int rp_map_add(struct rp_heap *h, struct rp_value *map, struct rp_value key,
               struct rp_value value);

/* Does v point at an object? */
static inline int rp_is_handle(struct rp_value v)
{
    return v.tag >= RP_DIGITS && v.tag <= RP_REC && v.u.obj;
}
/* The slots of an object and how many it has; a text has none. */
static inline uint32_t rp_obj_slots(struct rp_obj *o, struct rp_value **at)
{
    struct rp_vec *vec = (struct rp_vec *)(void *)o;
    struct rp_rec *rec = (struct rp_rec *)(void *)o;

    *at = o->kind == RP_OBJ_VEC ? vec->at : rec->slot;
    if (o->kind == RP_OBJ_VEC)
        return vec->fill;
    if (o->kind == RP_OBJ_TEXT)
        return 0;
    return (uint32_t)((o->size - sizeof(struct rp_obj)) / sizeof(struct rp_value));
}

/* Deep equality. Lists and records by item, maps by entry in order, reals by bits. What is nested
 * deeper than RP_VALUE_DEPTH_MAX is equal only to itself. */
int rp_equal(struct rp_value a, struct rp_value b);
/* A 64-bit digest of all that v reaches, the same on every machine, however much of it is shared.
 * Of what is nested deeper than RP_VALUE_DEPTH_MAX only type and length count. */
uint64_t rp_digest(struct rp_value v, uint64_t seed);
/* A copy of v in another heap, sharing nothing; what v shares, the copy shares. *out is RP_BAD and
 * RP_ENOMEM returned when there is no memory; v's own objects serve as the walk's notebook and are
 * then as before. */
int rp_copy_into(struct rp_heap *to, struct rp_value v, struct rp_value *out);

#endif
