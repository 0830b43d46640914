/* test_snap_history.c - equal state has the same root whatever led to it: drawn histories of lists
 * and maps that grow, fork and go back, of collections, restores and savings that fail, after each
 * step of which the incremental write is compared with a write of a copy that nothing is known of.
 */
#include <stdio.h>
#include <string.h>

#include "engine/base/msg.h"
#include "engine/snap.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"

enum { HANDLES = 6, STEPS = 500, LONGEST = 400 };

struct history {
    struct faulty faulty;
    struct rp_heap heap;
    struct rp_snap *snap;
    struct rp_store store;
    uint64_t luck, generation;
    struct rp_value now[HANDLES], before[HANDLES]; /* lists, the last one a map */
    struct rp_item_id root;                        /* last saved */
    int64_t id;
    unsigned steps[16]; /* how often each step was taken */
};

static uint32_t below(struct history *h, uint32_t n)
{
    h->luck = h->luck * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(h->luck >> 33) % n;
}

/* ---- state ---- */

static struct rp_value checkpoint_of(struct rp_heap *heap, const struct rp_value *handles)
{
    struct rp_checkpoint *c = rp_rec_new(heap, RP_K_CHECKPOINT);
    struct rp_s_run *run = rp_rec_new(heap, RP_K_S_RUN);
    struct rp_s_agent *a = rp_rec_new(heap, RP_K_S_AGENT);
    struct rp_session *s = rp_rec_new(heap, RP_K_SESSION);

    c->workflow = c->signature = rp_textz(heap, "w");
    c->run = rp_from_rec(run);
    a->session = rp_from_rec(s);
    rp_list_add(heap, &run->executors, rp_from_rec(a));
    rp_list_add(heap, &run->ids, rp_textz(heap, "a"));
    rp_list_add(heap, &run->queue, rp_int(0));
    rp_list_add(heap, &run->queue, handles[0]);
    rp_list_add(heap, &run->queue, rp_nil());
    for (int i = 0; i < HANDLES; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        rp_map_put(heap, &run->shared, key, handles[i]);
    }
    return rp_from_rec(c);
}

static struct rp_item_id root_of_a_copy(struct history *h)
{
    struct rp_heap heap;
    struct rp_value all, copy[HANDLES];
    struct rp_snap *s;
    struct rp_snap_out out;

    rp_heap_init(&heap, &h->faulty.alloc, 0, 0);
    assert_int_equal(rp_snap_new(&h->faulty.alloc, &s), RP_OK);
    for (int i = 0; i < HANDLES; i++)
        assert_int_equal(rp_copy_into(&heap, h->now[i], &copy[i]), RP_OK);
    all = checkpoint_of(&heap, copy);
    assert_int_equal(rp_snap_write(s, all, &out), RP_OK);
    rp_snap_free(s);
    rp_heap_free(&heap);
    return out.root;
}

/* ---- steps ---- */

static struct rp_value drawn_value(struct history *h)
{
    char z[100];

    snprintf(z, sizeof(z), "%u", below(h, 50));
    switch (below(h, 8)) {
    case 0:
        return rp_int((int64_t)below(h, 100000) - 300);
    case 1:
        return rp_textz(&h->heap, z);
    case 2:
        memset(z, 'a' + (int)below(h, 26), 99);
        return rp_text(&h->heap, z, 40 + below(h, 59));
    case 3:
        return h->now[below(h, HANDLES)];
    case 4:
        return rp_list_of(&h->heap, 3, rp_nil(), rp_textz(&h->heap, z), rp_real(0.5));
    default:
        return rp_user_message(&h->heap, z);
    }
}

static void visit_all(void *ctx, rp_visit_fn *visit, void *walk)
{
    struct history *h = ctx;

    for (int i = 0; i < HANDLES; i++) {
        visit(walk, &h->now[i]);
        visit(walk, &h->before[i]);
    }
}

static void restore(struct history *h)
{
    struct rp_value v;

    if (h->id < 0)
        return;
    assert_int_equal(rp_snap_read(&h->heap, &h->store, &h->root, h->snap, &v, NULL), RP_OK);
    for (int i = 0; i < HANDLES; i++)
        h->now[i] = rp_map_value(rp_s_run_of(rp_checkpoint_of(v)->run)->shared, (uint32_t)i);
}

static void append(struct history *h, struct rp_value *list)
{
    for (uint32_t n = below(h, 9); n > 0 && rp_len(*list) < LONGEST; n--)
        assert_int_equal(rp_list_add(&h->heap, list, drawn_value(h)), RP_OK);
}

static void put(struct history *h)
{
    struct rp_value *map = &h->now[HANDLES - 1];
    char key[16];

    snprintf(key, sizeof(key), "k%u", below(h, 30));
    assert_int_equal(rp_map_put(&h->heap, map, key, drawn_value(h)), RP_OK);
}

static void take_step(struct history *h, uint32_t what)
{
    struct rp_value *list = &h->now[below(h, HANDLES - 1)];

    h->steps[what]++;
    switch (what) {
    case 0:
        *list = h->now[below(h, HANDLES - 1)];
        break;
    case 1:
        *list = rp_list_part(&h->heap, *list, 0, below(h, rp_len(*list) + 1));
        break;
    case 2:
        if (rp_len(*list))
            *list = rp_list_without(&h->heap, *list, below(h, rp_len(*list)));
        break;
    case 3:
        memcpy(h->before, h->now, sizeof(h->now));
        break;
    case 4:
        memcpy(h->now, h->before, sizeof(h->now));
        break;
    case 5:
        assert_int_equal(rp_heap_collect(&h->heap, visit_all, h), RP_OK);
        break;
    case 6:
        if (below(h, 6) == 0)
            restore(h);
        break;
    case 7:
        if (below(h, 10) == 0)
            rp_snap_forget(h->snap);
        break;
    case 8:
        put(h);
        break;
    default:
        append(h, list);
    }
}

/* Saves, unless this saving fails; from time to time the checkpoint before goes. */
static void save(struct history *h, const struct rp_snap_out *out)
{
    struct rp_checkpoint_info info = {.workflow = "w", .signature = "", .root = out->root};
    int64_t old = h->id;
    int rc;

    if (below(h, 5) == 0)
        return;
    rc = h->store.ops->save(h->store.self, &info, out->items, out->n, &h->generation, &h->id, NULL);
    if (rc == RP_ESTALE) {
        rp_snap_forget(h->snap);
        return;
    }
    assert_int_equal(rc, RP_OK);
    rp_snap_saved(h->snap);
    h->root = out->root;
    if (old >= 0 && below(h, 40) == 0)
        assert_int_equal(h->store.ops->remove(h->store.self, &old, 1, NULL), RP_OK);
}

static void live(uint64_t seed, unsigned steps[16])
{
    struct history h = {.luck = seed, .id = -1};

    faulty_init(&h.faulty, -1);
    rp_heap_init(&h.heap, &h.faulty.alloc, 0, 0);
    assert_int_equal(rp_snap_new(&h.faulty.alloc, &h.snap), RP_OK);
    assert_int_equal(rp_store_memory(&h.faulty.alloc, &h.store), RP_OK);
    for (int i = 0; i < HANDLES; i++)
        h.now[i] = h.before[i] = i < HANDLES - 1 ? rp_list() : rp_map();
    for (int i = 0; i < STEPS; i++) {
        struct rp_snap_out out;
        struct rp_item_id full;
        take_step(&h, below(&h, 16));
        assert_int_equal(rp_snap_write(h.snap, checkpoint_of(&h.heap, h.now), &out), RP_OK);
        full = root_of_a_copy(&h);
        assert_memory_equal(&out.root, &full, sizeof(full));
        save(&h, &out);
        if (i % 50 == 49 && h.id >= 0)
            assert_int_equal(rp_store_verify(&h.store, &h.faulty.alloc, h.id, NULL), RP_OK);
    }
    for (int i = 0; i < 16; i++)
        steps[i] += h.steps[i];
    h.store.ops->free(h.store.self);
    rp_snap_free(h.snap);
    rp_heap_free(&h.heap);
    assert_int_equal(h.faulty.out, 0);
}

static void equal_state_has_the_same_root_whatever_led_to_it(void **state)
{
    unsigned steps[16] = {0};

    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++)
        live(seed, steps);
    for (int i = 0; i < 16; i++)
        assert_true(steps[i] > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_state_has_the_same_root_whatever_led_to_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
