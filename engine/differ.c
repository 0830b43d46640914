/* differ.c - where the states of two runs of one workflow part: which executor, which field. */
#include "run.h"

#include <string.h>

struct place {
    char *s;
    size_t n, size;
};

static void add(struct place *p, const char *s, size_t n)
{
    for (size_t i = 0; i < n && p->n + 1 < p->size; i++)
        p->s[p->n++] = s[i];
    p->s[p->n] = '\0';
}

static void addz(struct place *p, const char *z)
{
    add(p, z, strlen(z));
}

static void add_number(struct place *p, uint32_t i)
{
    char digits[10];
    size_t n = 0;

    do
        digits[n++] = (char)('0' + i % 10);
    while (i /= 10);
    while (n > 0)
        add(p, &digits[--n], 1);
}

static const struct rp_value *fields_of(struct rp_value v)
{
    return (const struct rp_value *)(const void *)((const char *)v.u.rec + sizeof(struct rp_obj));
}

/* The first field that is not equal. */
static int into_record(struct place *p, struct rp_value *a, struct rp_value *b)
{
    unsigned n = rp_kind_fields(rp_kind(*a));
    const struct rp_value *as = fields_of(*a), *bs = fields_of(*b);
    const char *allowed;

    for (unsigned i = 0; i < n; i++) {
        if (rp_equal(as[i], bs[i]))
            continue;
        addz(p, p->n ? "." : "");
        addz(p, rp_kind_field(rp_kind(*a), i, &allowed));
        *a = as[i];
        *b = bs[i];
        return 1;
    }
    return 0;
}

static int into_list(struct place *p, struct rp_value *a, struct rp_value *b)
{
    uint32_t n = rp_len(*a) < rp_len(*b) ? rp_len(*a) : rp_len(*b);

    for (uint32_t i = 0; i < n; i++) {
        if (rp_equal(rp_at(*a, i), rp_at(*b, i)))
            continue;
        addz(p, "[");
        add_number(p, i);
        addz(p, "]");
        *a = rp_at(*a, i);
        *b = rp_at(*b, i);
        return 1;
    }
    return 0; /* one of them is longer */
}

static int into_map(struct place *p, struct rp_value *a, struct rp_value *b)
{
    uint32_t n = rp_map_len(*a) < rp_map_len(*b) ? rp_map_len(*a) : rp_map_len(*b);

    for (uint32_t i = 0; i < n; i++) {
        struct rp_str key = rp_str_of(rp_map_key(*a, i));
        if (!rp_equal(rp_map_key(*a, i), rp_map_key(*b, i)))
            return 0;
        if (rp_equal(rp_map_value(*a, i), rp_map_value(*b, i)))
            continue;
        addz(p, p->n ? "." : "");
        add(p, key.s, key.n);
        *a = rp_map_value(*a, i);
        *b = rp_map_value(*b, i);
        return 1;
    }
    return 0;
}

static int descend(struct place *p, struct rp_value *a, struct rp_value *b)
{
    if (a->tag != b->tag)
        return 0;
    if (a->tag == RP_LIST)
        return into_list(p, a, b);
    if (a->tag == RP_MAP)
        return into_map(p, a, b);
    return a->tag == RP_REC && rp_kind(*a) == rp_kind(*b) && into_record(p, a, b);
}

/* The executor whose state is not equal; else the run's own fields are looked at. */
static void find_executor(const struct rp_run *ra, const struct rp_run *rb, struct rp_value *a,
                          struct rp_value *b, struct rp_difference_at *out)
{
    struct rp_value as = rp_st(ra)->executors, bs = rp_st(rb)->executors;
    struct place name = {out->executor, 0, sizeof(out->executor)};

    for (uint32_t i = 0; i < rp_len(as) && i < rp_len(bs); i++) {
        if (rp_equal(rp_at(as, i), rp_at(bs, i)))
            continue;
        addz(&name, ra->wf->node[i].id);
        *a = rp_at(as, i);
        *b = rp_at(bs, i);
        return;
    }
}

int rp_run_differ(const struct rp_run *ra, const struct rp_run *rb, struct rp_difference_at *out)
{
    struct place field = {out->field, 0, sizeof(out->field)};
    struct rp_value a = ra->st, b = rb->st;

    *out = (struct rp_difference_at){.a = rp_nil(), .b = rp_nil()};
    if (rp_equal(a, b))
        return 0;
    find_executor(ra, rb, &a, &b, out);
    while (descend(&field, &a, &b))
        ;
    out->a = a;
    out->b = b;
    return 1;
}
