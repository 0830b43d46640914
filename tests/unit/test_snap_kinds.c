/* test_snap_kinds.c - records in checkpoints: every kind comes back, with every state of a run. */
#include <stdio.h>
#include <string.h>

#include "engine/snap_kinds.h"
#include "tests/unit/snapped.h"

/* A value that field i of that kind may hold, other than what it begins with if there is one. */
static struct rp_value sample(unsigned kind, unsigned i, struct rp_value *of_kind)
{
    const struct rp_value plain[] = {text("t"), rp_int(7), rp_bool(1), rp_nil()};
    const char *allowed;

    rp_kind_field(kind, i, &allowed);
    for (unsigned k = 16; k < 64; k++) {
        struct rp_value list = rp_list_of(&heap, 1, of_kind[k]);
        if (of_kind[k].tag != RP_REC)
            continue;
        if (strchr(allowed, 'l') &&
            rp_snap_field_allows(kind, i, list, (struct rp_snap_sort){RP_BIT(RP_LIST), RP_BIT(k)}))
            return list;
        if (rp_snap_field_allows(kind, i, of_kind[k], (struct rp_snap_sort){RP_BIT(k), 0}))
            return of_kind[k];
    }
    if (strchr(allowed, 'l'))
        return rp_list();
    if (strchr(allowed, 'm')) {
        struct rp_value map = rp_map();
        rp_map_put(&heap, &map, "key", rp_list_of(&heap, 1, rp_int(1)));
        return map;
    }
    for (size_t k = 0; k < sizeof(plain) / sizeof(*plain); k++)
        if (rp_field_allows(allowed, plain[k]))
            return plain[k];
    return rp_bad();
}

static int make_sample(unsigned kind, struct rp_value *of_kind)
{
    struct rp_rec *rec = rp_rec_new(&heap, kind);

    for (unsigned i = 0; i < rp_kind_fields(kind); i++) {
        rec->slot[i] = sample(kind, i, of_kind);
        if (rec->slot[i].tag == RP_BAD)
            return 0;
    }
    of_kind[kind] = rp_from_rec(rec);
    return 1;
}

static int is_shared_kind(unsigned kind)
{
    return rp_kind_name(kind) && (kind < RP_K_AGENT_TURN || kind > RP_K_CHECKPOINT);
}

static void every_kind_of_record_comes_back(void **state)
{
    struct rp_value of_kind[64] = {{0}};
    unsigned n = 0;

    (void)state;
    for (unsigned round = 0; round < 3; round++) /* a record may hold one of a higher kind */
        for (unsigned kind = 16; kind < 64; kind++)
            if (is_shared_kind(kind) && !make_sample(kind, of_kind))
                assert_true(round < 2);
    for (unsigned kind = 16; kind < 64; kind++)
        if (is_shared_kind(kind)) {
            assert_int_equal(rp_kind(there_and_back(of_kind[kind])), kind);
            n++;
        }
    assert_int_equal(n, 22 + 16);
}

static void fields_that_are_as_they_began_are_left_out(void **state)
{
    struct rp_session *s = rp_rec_new(&heap, RP_K_SESSION);
    size_t n;

    (void)state;
    write_it(rp_from_rec(s));
    n = written.items[written.n - 1].n;
    s->waiting = rp_list_of(&heap, 1, rp_list_of(&heap, 2, rp_list(), rp_list()));
    write_it(rp_from_rec(s));
    assert_int_equal(written.items[written.n - 1].n, n + 5); /* an empty history too */
    there_and_back(rp_from_rec(s));
}

static void add_executor(struct rp_s_run *run, const char *id, struct rp_value st)
{
    rp_list_add(&heap, &run->executors, st);
    rp_list_add(&heap, &run->ids, text(id));
}

static struct rp_value agent_state(const char *said)
{
    struct rp_s_agent *a = rp_rec_new(&heap, RP_K_S_AGENT);
    struct rp_session *s = rp_rec_new(&heap, RP_K_SESSION);

    for (int i = 0; i < 9; i++)
        rp_list_add(&heap, &s->history, rp_user_message(&heap, said));
    a->session = rp_from_rec(s);
    a->turns = rp_int(2);
    return rp_from_rec(a);
}

/* A run with a state of every sort, a half-filled join, messages under way, an open request. */
static struct rp_value full_run(int nested)
{
    struct rp_s_run *run = rp_rec_new(&heap, RP_K_S_RUN);
    struct rp_s_custom *c = rp_rec_new(&heap, RP_K_S_CUSTOM);
    struct rp_s_flow *f = rp_rec_new(&heap, RP_K_S_FLOW);
    struct rp_request *q = rp_rec_new(&heap, RP_K_REQUEST);

    add_executor(run, "a", agent_state("hello"));
    add_executor(run, "b", agent_state("hello")); /* equal, and yet a state of its own */
    c->value = rp_list_of(&heap, 2, rp_int(1), long_text('c'));
    add_executor(run, "c", rp_from_rec(c));
    add_executor(run, "none", rp_nil());
    if (nested) {
        f->run = full_run(nested - 1);
        add_executor(run, "flow", rp_from_rec(f));
    }
    q->id = text("request-1");
    q->wants = rp_int(INT64_MIN); /* a set: any bits */
    rp_list_add(&heap, &run->pending, rp_from_rec(q));
    for (int i = 0; i < 2; i++) {
        rp_list_add(&heap, &run->queue, rp_int(i));
        rp_list_add(&heap, &run->queue, rp_user_message(&heap, "under way"));
        rp_list_add(&heap, &run->queue, i ? rp_from_rec(q) : rp_nil());
    }
    rp_list_add(&heap, &run->joins,
                rp_list_of(&heap, 5, rp_list(), rp_list_of(&heap, 1, rp_int(8)), rp_list(),
                           rp_list(), rp_list()));
    rp_list_add(&heap, &run->join_ids, text("c <- a <- b"));
    run->state = rp_int(RP_IDLE_WITH_PENDING_REQUESTS);
    return rp_from_rec(run);
}

static void runs_and_runs_within_them_come_back(void **state)
{
    struct rp_value checkpoint = holding(&heap, rp_nil()), again;

    (void)state;
    rp_checkpoint_of(checkpoint)->run = full_run(2);
    assert_int_equal(rp_snap_write(snap, checkpoint, &written), RP_OK);
    save_written();
    assert_int_equal(rp_snap_read(&heap, &store, &written.root, NULL, &again, NULL), RP_OK);
    assert_true(rp_equal(checkpoint, again));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, snapped_start, snapped_stop)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_record_comes_back),
        TEST(fields_that_are_as_they_began_are_left_out),
        TEST(runs_and_runs_within_them_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
