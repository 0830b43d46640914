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

/* What must be set by the maker, a text or a record, begins as nil too. */
static struct rp_value beginning(const char *allowed)
{
    if (allows(allowed, 'n') || allows(allowed, '*'))
        return rp_nil();
    switch (allowed[0]) {
    case 'b':
        return rp_bool(0);
    case 'i':
        return rp_int(0);
    case 'l':
        return rp_list();
    case 'm':
        return rp_map();
    default:
        return rp_nil();
    }
}

void *rp_rec_new(struct rp_heap *h, unsigned kind)
{
    const struct kind *k = find(kind);
    struct rp_rec *rec;

    RP_ASSERT(k);
    rec = rp_heap_take(h, sizeof(*rec) + k->n * sizeof(struct rp_value), kind);
    if (!rec)
        return NULL;
    for (unsigned i = 0; i < k->n; i++)
        rec->slot[i] = beginning(k->field[i].allowed);
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
