/* sqlite_ground.h - the ground that tests of the SQLite store stand on: a database of their own on
 * the real disk, two handles, and the calls that every test needs. */
#ifndef TESTS_SQLITE_GROUND_H
#define TESTS_SQLITE_GROUND_H

#include "engine/os/reprise_os.h"
#include "tests/support/store_tree.h"

struct sqlite_ground {
    struct rp_alloc memory;
    struct rp_store store, other; /* ops NULL: not open */
    struct rp_error err;          /* of the last call */
    uint64_t generation;
    struct tree tree; /* of the checkpoint saved last */
    const char *place;
};
extern struct sqlite_ground ground;

/* For cmocka: no database there; nothing of it left. */
int ground_set_up(void **state);
int ground_tear_down(void **state);
#define GROUND_TEST(name) cmocka_unit_test_setup_teardown(name, ground_set_up, ground_tear_down)

void ground_open(struct rp_store *s, const struct rp_sqlite_opts *opts); /* fails the test */
void ground_shut(struct rp_store *s);
/* Saves the middles a, a + 1, a + 2 as workflow "w": the status. */
int ground_try(struct rp_store *s, uint32_t a, int64_t *id);
/* The same, again when it is stale; fails the test; the id. */
int64_t ground_save(struct rp_store *s, uint32_t a);
void ground_whole(struct rp_store *s, int64_t id); /* fails the test unless it is verified */
/* What a database tool sees and does: the first column of the first row. */
int64_t ground_sql(const char *text);

#endif
