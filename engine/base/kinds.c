/* kinds.c - owns the table of records: names, fields, what each field allows, and how a record
 * begins. */
#include "kinds.h"

#include <string.h>

enum { KIND_FIRST = 16, USER_KIND_END = 64 };

struct field {
    const char *name, *allowed;
};

#define F(field, allowed)             {#field, allowed},
#define X(number, NAME, name, fields) static const struct field fields_of_##name[] = {fields};
RP_KIND_LIST(X, F)
#undef X
#undef F

static const struct field fields_of_user[] = {{"value", "*"}};

static const struct kind {
    const char *name;
    unsigned n;
    const struct field *field;
} kinds[] = {
#define X(number, NAME, name, fields)                                                              \
    [(number)-                                                                                     \
        KIND_FIRST] = {#name, sizeof(fields_of_##name) / sizeof(struct field), fields_of_##name},
    RP_KIND_LIST(X, F)
#undef X
};

#define X(number, NAME, name, fields)                                                              \
    _Static_assert((number) >= KIND_FIRST && (number) < RP_USER_KIND, "numbers of records");
RP_KIND_LIST(X, F)
#undef X

static const struct kind user_kind = {"user", 1, fields_of_user};

static const struct kind *find(unsigned kind)
{
    if (kind >= RP_USER_KIND && kind < USER_KIND_END)
        return &user_kind;
    if (kind < KIND_FIRST || kind - KIND_FIRST >= sizeof(kinds) / sizeof(*kinds))
        return NULL;
    return kinds[kind - KIND_FIRST].name ? &kinds[kind - KIND_FIRST] : NULL;
}

static int allows(const char *allowed, char letter)
{
    return memchr(allowed, letter, strlen(allowed)) != NULL;
}

/* A list, a map, a boolean or an integer begins empty where nothing else is allowed; everything
 * else as nil, also what the maker must set. The letters are literals here, so that the compiler
 * settles what each record begins as. */
static inline void begin(struct rp_value *field, const char *allowed)
{
    if (allowed[1])
        return;
    field->tag = allowed[0] == 'l'   ? RP_LIST
                 : allowed[0] == 'm' ? RP_MAP
                 : allowed[0] == 'b' ? RP_BOOL
                 : allowed[0] == 'i' ? RP_INT
                                     : RP_NIL;
}

void *rp_rec_new(struct rp_heap *h, unsigned kind)
{
    void *rec;

    switch (kind) {
#define F(field, allowed) begin(&r->field, allowed);
#define X(number, NAME, name, fields)                                                              \
    case number: {                                                                                 \
        struct rp_##name *r = rec = rp_heap_take(h, sizeof(*r), number);                           \
        if (r) {                                                                                   \
            fields                                                                                 \
        }                                                                                          \
        break;                                                                                     \
    }
        RP_KIND_LIST(X, F)
#undef X
#undef F
    default:
        RP_ASSERT(kind >= RP_USER_KIND && kind < USER_KIND_END);
        rec = rp_heap_take(h, sizeof(struct rp_user_record), kind);
    }
    return rec;
}

void *rp_rec_copy(struct rp_heap *h, const void *rec)
{
    const struct rp_rec *old = rec;
    struct rp_rec *copy = rp_heap_take(h, old->o.size, old->o.kind);

    RP_ASSERT(find(old->o.kind));
    if (copy)
        memcpy(copy->slot, old->slot, old->o.size - sizeof(old->o));
    return copy;
}

const char *rp_kind_name(unsigned kind)
{
    const struct kind *k = find(kind);

    return k ? k->name : NULL;
}

unsigned rp_kind_fields(unsigned kind)
{
    const struct kind *k = find(kind);

    return k ? k->n : 0;
}

const char *rp_kind_field(unsigned kind, unsigned i, const char **allowed)
{
    const struct kind *k = find(kind);

    RP_ASSERT(k);
    RP_ASSERT(i < k->n);
    if (allowed)
        *allowed = k->field[i].allowed;
    return k->field[i].name;
}

int rp_field_allows(const char *allowed, struct rp_value v)
{
    static const char letter[] = {
        [RP_NIL] = 'n',  [RP_BOOL] = 'b', [RP_INT] = 'i', [RP_REAL] = '*', [RP_DIGITS] = '*',
        [RP_TEXT] = 't', [RP_LIST] = 'l', [RP_MAP] = 'm', [RP_REC] = 'r'};

    if (v.tag >= sizeof(letter))
        return 0;
    return allows(allowed, '*') || allows(allowed, letter[v.tag]);
}
