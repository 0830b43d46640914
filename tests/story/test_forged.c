/* test_forged.c - a checkpoint that somebody else wrote is refused, or is one that a run can go on
 * from: the golden checkpoints with bytes drawn anew, under names that fit, are restored and played
 * on. An assertion that fails would stop the process. Run in the project's folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/os/reprise_os.h"
#include "engine/snap.h"
#include "scenarios/load.h"
#include "scenarios/play.h"
#include "tests/support/cm.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/item_set.h"

enum { TRIES = 1500, STEPS = 3000 };

struct forged {
    struct faulty faulty;
    struct rp_scenario *scenario;
    struct item_set golden;
    uint64_t luck;
    unsigned refused, played;
};

static uint32_t below(struct forged *f, uint32_t n)
{
    f->luck = f->luck * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(f->luck >> 33) % n;
}

/* ---- changes ---- */

/* Some byte of an item, as another form of the same length would have it, or anything. */
static char drawn_byte(struct forged *f, char was)
{
    switch (below(f, 4)) {
    case 0:
        return (char)(was + 1);
    case 1:
        return (char)(was - 1);
    case 2:
        return (char)(0x40 + below(f, 64));
    default:
        return (char)below(f, 256);
    }
}

/* A piece of one item in the place of a piece of it, as long as that or not. */
static size_t splice(struct forged *f, const struct rp_item *item, char *out)
{
    const struct rp_item *from = &f->golden.item[below(f, (uint32_t)f->golden.n)];
    size_t at = 1 + below(f, (uint32_t)item->n - 1), cut = below(f, (uint32_t)(item->n - at) + 1);
    size_t piece = 1 + below(f, (uint32_t)from->n - 1);
    size_t n = below(f, (uint32_t)(from->n - piece) + 1);

    if (below(f, 2))
        n = cut < from->n - piece ? cut : from->n - piece;
    memcpy(out, item->bytes, at);
    memcpy(out + at, from->bytes + piece, n);
    memcpy(out + at + n, item->bytes + at + cut, item->n - at - cut);
    return item->n - cut + n;
}

static void change(struct forged *f, struct item_set *set)
{
    size_t k = below(f, (uint32_t)set->n);
    const struct rp_item *item = &set->item[k];
    size_t n = item->n;
    char *bytes = malloc(2 * n + 4096);

    assert_non_null(bytes);
    if (below(f, 4) == 0) {
        n = splice(f, item, bytes);
    } else {
        memcpy(bytes, item->bytes, n);
        for (uint32_t i = 1 + below(f, 2); i > 0; i--) {
            size_t at = 1 + below(f, (uint32_t)n - 1);
            bytes[at] = drawn_byte(f, bytes[at]);
        }
    }
    item_set_forge(set, k, bytes, n);
    free(bytes);
}

/* ---- playing on ---- */

static uint32_t first_resume(const struct rp_scenario *s)
{
    uint32_t i = 0;

    while (s->turns[i].kind != RP_TURN_RESUME)
        i++;
    return i;
}

/* The turns behind the restore; a turn that fails does not end it. */
static void play_on(struct forged *f, struct rp_play *play)
{
    uint32_t resume = first_resume(f->scenario);
    struct rp_error err;

    for (uint32_t i = resume; i < f->scenario->n_turns; i++) {
        struct rp_scenario_turn turn = f->scenario->turns[i];
        turn.checkpoint = i == resume ? 0 : turn.checkpoint;
        if (rp_play_turn(play, &turn, &err) != RP_OK)
            return; /* the scripts are at another place, or it goes on for ever */
        f->played += i == resume && rp_play_error(play, NULL) == RP_OK;
    }
}

static void try_one(struct forged *f)
{
    struct rp_play_opts opts = {.alloc = f->faulty.alloc, .steps_max = STEPS};
    struct rp_error err = {0};
    struct item_set set;
    struct rp_store store;
    struct rp_play *play;

    item_set_copy(&set, &f->golden);
    for (uint32_t i = 1 + below(f, 2); i > 0; i--)
        change(f, &set);
    assert_int_equal(rp_store_memory(&f->faulty.alloc, &store), RP_OK);
    item_set_save(&set, &store);
    opts.store = &store;
    assert_int_equal(rp_play_new(f->scenario, &opts, &play), RP_OK);
    if (rp_play_adopt(play, 0, &err) == RP_OK)
        play_on(f, play);
    else
        f->refused++;
    assert_true(err.status == RP_OK || err.status == RP_ECHECKPOINT);
    rp_play_free(play);
    store.ops->free(store.self);
    item_set_free(&set);
}

static void forge_golden(const char *name, uint64_t seed)
{
    struct forged f = {.luck = seed};
    struct rp_error err = {0};
    char path[200];

    faulty_init(&f.faulty, -1);
    snprintf(path, sizeof(path), "tests/golden/v1/%s.json", name);
    if (rp_scenario_load(&f.faulty.alloc, path, &f.scenario, &err) != RP_OK)
        fail_msg("%s: %s", err.where, err.text);
    snprintf(path, sizeof(path), "tests/golden/v1/%s.items", name);
    item_set_read(&f.golden, path);
    for (int i = 0; i < TRIES; i++)
        try_one(&f);
    assert_in_range(f.refused, TRIES / 4, TRIES - 10);
    assert_in_range(f.played, 10, TRIES);
    item_set_free(&f.golden);
    rp_scenario_free(f.scenario);
    assert_int_equal(f.faulty.out, 0);
}

#define FORGED(name, golden)                                                                       \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        for (uint64_t seed = 1; seed <= 3; seed++)                                                 \
            forge_golden(golden, seed);                                                            \
    }
FORGED(a_forged_sequence_stops_nothing, "sequential")
FORGED(a_forged_join_of_agents_stops_nothing, "concurrent-half-filled-join")
FORGED(a_forged_group_chat_stops_nothing, "group-chat-coordinated")
FORGED(a_forged_long_group_chat_stops_nothing, "group-chat-long")
FORGED(a_forged_handoff_stops_nothing, "handoff-question-and-approval")
FORGED(a_forged_plan_stops_nothing, "magentic-plan-review")
FORGED(a_forged_nest_of_runs_stops_nothing, "graph-nested-open-requests")
FORGED(a_forged_join_stops_nothing, "graph-join-and-state")

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forged_sequence_stops_nothing),
        cmocka_unit_test(a_forged_join_of_agents_stops_nothing),
        cmocka_unit_test(a_forged_group_chat_stops_nothing),
        cmocka_unit_test(a_forged_long_group_chat_stops_nothing),
        cmocka_unit_test(a_forged_handoff_stops_nothing),
        cmocka_unit_test(a_forged_plan_stops_nothing),
        cmocka_unit_test(a_forged_nest_of_runs_stops_nothing),
        cmocka_unit_test(a_forged_join_stops_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
