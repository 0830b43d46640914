/* rooted.c - owns the heap that tests collect and copy. */
#include "tests/support/rooted.h"

#include <string.h>

#include "engine/base/json.h"
#include "tests/support/cm.h"

const size_t rooted_chunks[CHUNKS] = {1, 64, 1024, 0};

const char rooted_story[] =
    "[{\"a\":1,\"b\":[true,null,2.5]},\"text\",123456789012345678901234567890,"
    "[],{},[[[\"deep\"]]]]";

void rooted_begin(struct rooted *w, size_t ceiling, size_t chunk)
{
    memset(w, 0, sizeof(*w));
    faulty_init(&w->f, -1);
    rp_heap_init(&w->h, &w->f.alloc, ceiling, chunk);
    w->roots = ROOTS;
}

void rooted_end(struct rooted *w)
{
    rp_heap_free(&w->h);
    assert_int_equal(w->f.out, 0);
}

static void visit_roots(void *ctx, rp_visit_fn *visit, void *walk)
{
    struct rooted *w = ctx;

    for (int round = 0; round <= w->twice; round++)
        for (unsigned i = 0; i < w->roots; i++)
            visit(walk, &w->root[i]);
}

int rooted_collect(struct rooted *w)
{
    return rp_heap_collect(&w->h, visit_roots, w);
}

struct rp_value record_of(struct rp_heap *h, uint32_t slots)
{
    return rp_from_rec(
        rp_heap_take(h, sizeof(struct rp_obj) + slots * sizeof(struct rp_value), KIND));
}

struct rp_value read_into(struct rp_heap *h, const char *json)
{
    struct rp_value v = rp_bad();

    assert_int_equal(rp_json_read(h, json, strlen(json), &v, NULL), RP_OK);
    return v;
}

/* Every byte of o that holds nothing is 0, and no walk has left a flag on it. */
static void is_clean(struct rp_value v)
{
    const char *from, *to;

    if (!rp_is_handle(v))
        return;
    to = (const char *)v.u.obj + v.u.obj->size;
    assert_int_equal(v.u.obj->size % 16, 0);
    assert_int_equal((uintptr_t)v.u.obj % 16, 0);
    assert_int_equal(v.u.obj->flags & (RP_OBJ_MOVED | RP_OBJ_WALKED), 0);
    if (v.tag == RP_TEXT || v.tag == RP_DIGITS)
        from = v.u.text->s + v.u.text->n;
    else if (v.tag == RP_REC)
        from = to;
    else
        from = (const char *)(v.u.vec->at + v.u.vec->fill);
    for (; from < to; from++)
        assert_int_equal(*from, 0);
    if (v.tag == RP_LIST || v.tag == RP_MAP || v.tag == RP_REC) {
        struct rp_value *at;
        uint32_t n = rp_obj_slots(v.u.obj, &at);
        for (uint32_t i = 0; i < n; i++)
            is_clean(at[i]);
    }
}

void rooted_is_clean(struct rooted *w)
{
    for (unsigned i = 0; i < w->roots; i++)
        is_clean(w->root[i]);
}

/* Roots of every sort, with sharing, partly used vectors and handles of different lengths. */
void rooted_plant(struct rooted *w)
{
    struct rp_value list;

    w->root[0] = read_into(&w->h, rooted_story);
    list = rp_list_of(&w->h, 2, w->root[0], rp_textz(&w->h, "a text that is a little longer"));
    w->root[1] = list;
    assert_int_equal(rp_list_add(&w->h, &list, w->root[1]), RP_OK);
    w->root[2] = list;
    w->root[3] = list;
    w->root[4] = record_of(&w->h, 5);
    w->root[4].u.rec->slot[3] = list;
    w->root[5] = rp_int(1);
    w->root[6] = rp_list();
    w->root[7] = rp_textz(&w->h, "last");
}
