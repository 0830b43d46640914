/* type.c - owns the sets of types: union, membership, overlap. */
#include "type.h"

struct rp_type rp_type_or(struct rp_type a, struct rp_type b)
{
    return (struct rp_type){a.is | b.is, a.list_of | b.list_of};
}

/* A list of lists says nothing of the inner items: the tag alone. */
struct rp_type rp_type_list(struct rp_type item)
{
    return (struct rp_type){0, item.is | (item.list_of ? RP_BIT(RP_LIST) : 0)};
}

static uint64_t bit_of(struct rp_value v)
{
    unsigned n = v.tag == RP_REC ? rp_kind(v) : v.tag;

    RP_ASSERT(n < 64);
    return v.tag == RP_BAD ? 0 : RP_BIT(n);
}

int rp_type_accepts(struct rp_type t, struct rp_value v)
{
    uint32_t n = rp_len(v);

    if (t.is & bit_of(v))
        return 1;
    if (v.tag != RP_LIST || !t.list_of)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        if (!(t.list_of & bit_of(rp_at(v, i))))
            return 0;
    return 1;
}

int rp_type_accepts_list(struct rp_type t, struct rp_value item)
{
    return ((t.is & RP_BIT(RP_LIST)) | (t.list_of & bit_of(item))) != 0;
}

int rp_type_overlaps(struct rp_type sends, struct rp_type takes)
{
    const uint64_t list = RP_BIT(RP_LIST);

    if ((sends.is & takes.is) || (sends.list_of & takes.list_of))
        return 1;
    return ((sends.is & list) && takes.list_of) || ((takes.is & list) && sends.list_of);
}

int rp_type_empty(struct rp_type t)
{
    return t.is == 0 && t.list_of == 0;
}
