/* snapped.c - owns the one heap, writer and store. */
#include "tests/unit/snapped.h"

#include <string.h>

struct rp_snap *snap;
struct rp_store store;
struct rp_snap_out written;
static uint64_t generation;

int snapped_start(void **state)
{
    (void)state;
    faulty_init(&faulty, -1);
    generation = 0;
    rp_heap_init(&heap, &faulty.alloc, 0, 0);
    assert_int_equal(rp_snap_new(&faulty.alloc, &snap), RP_OK);
    return rp_store_memory(&faulty.alloc, &store);
}

int snapped_stop(void **state)
{
    (void)state;
    rp_heap_free(&heap);
    rp_snap_free(snap);
    store.ops->free(store.self);
    assert_int_equal(faulty.out, 0);
    return 0;
}

/* ---- making ---- */

struct rp_value text(const char *z)
{
    return rp_textz(&heap, z);
}

struct rp_value long_text(char first)
{
    char z[RP_SNAP_INLINE + 1];

    memset(z, 'x', sizeof(z));
    z[0] = first;
    return rp_text(&heap, z, sizeof(z));
}

struct rp_value holding(struct rp_heap *h, struct rp_value v)
{
    struct rp_checkpoint *c = rp_rec_new(h, RP_K_CHECKPOINT);
    struct rp_s_run *run = rp_rec_new(h, RP_K_S_RUN);

    if (!c || !run || v.tag == RP_BAD)
        return rp_bad();
    c->workflow = rp_textz(h, "flow");
    c->signature = rp_textz(h, "0123456789abcdef");
    c->run = rp_from_rec(run);
    if (c->signature.tag == RP_BAD || c->workflow.tag == RP_BAD)
        return rp_bad();
    if (rp_map_put(h, &run->shared, "v", v) != RP_OK)
        return rp_bad();
    return rp_from_rec(c);
}

static struct rp_value held(struct rp_value checkpoint)
{
    return rp_map_get(rp_s_run_of(rp_checkpoint_of(checkpoint)->run)->shared, "v");
}

/* ---- writing and reading ---- */

void write_it(struct rp_value v)
{
    assert_int_equal(rp_snap_write(snap, holding(&heap, v), &written), RP_OK);
}

void save_written(void)
{
    struct rp_checkpoint_info info = {
        .previous = -1, .workflow = "flow", .signature = "", .root = written.root};
    int64_t id;

    assert_int_equal(
        store.ops->save(store.self, &info, written.items, written.n, &generation, &id, NULL),
        RP_OK);
    rp_snap_saved(snap);
}

struct rp_item_id save(struct rp_value v)
{
    write_it(v);
    save_written();
    return written.root;
}

struct rp_value read_back(const struct rp_item_id *root, struct rp_snap *s)
{
    struct rp_value v = rp_nil();
    struct rp_error err = {0};

    if (rp_snap_read(&heap, &store, root, s, &v, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    return held(v);
}

int same(struct rp_item_id a, struct rp_item_id b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

struct rp_item_id root_of(struct rp_value v)
{
    struct rp_heap h;
    struct rp_snap *s;
    struct rp_snap_out out;
    struct rp_value copy;

    rp_heap_init(&h, &faulty.alloc, 0, 0);
    assert_int_equal(rp_snap_new(&faulty.alloc, &s), RP_OK);
    assert_int_equal(rp_copy_into(&h, v, &copy), RP_OK);
    assert_int_equal(rp_snap_write(s, holding(&h, copy), &out), RP_OK);
    rp_snap_free(s);
    rp_heap_free(&h);
    return out.root;
}

struct rp_value there_and_back(struct rp_value v)
{
    struct rp_item_id root = save(v);
    struct rp_value again = read_back(&root, NULL);

    assert_true(rp_equal(v, again));
    assert_true(rp_digest(v, 1) == rp_digest(again, 1));
    assert_true(same(root, root_of(v)));
    assert_true(same(root, root_of(again)));
    assert_true(same(root, save(again)));
    assert_int_equal(written.n, 0);
    return again;
}
