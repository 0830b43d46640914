/* sqlite_ground.c - owns the database that tests of the SQLite store use. */
#include "tests/support/sqlite_ground.h"

#include <sqlite3.h>

#include "tests/support/cm.h"
#include "tests/support/sqlite_kills.h"
#include "tests/support/store_suite.h"

struct sqlite_ground ground;

int ground_set_up(void **state)
{
    (void)state;
    ground.memory = rp_alloc_libc();
    ground.place = suite_place("sqlite.db");
    ground.generation = 0;
    ground.store.ops = ground.other.ops = NULL;
    sqlite_remove_files(ground.place);
    return 0;
}

void ground_shut(struct rp_store *s)
{
    if (s->ops)
        s->ops->free(s->self);
    s->ops = NULL;
}

int ground_tear_down(void **state)
{
    (void)state;
    ground_shut(&ground.store);
    ground_shut(&ground.other);
    sqlite_remove_files(ground.place);
    suite_clean();
    return 0;
}

static void must(int rc)
{
    if (rc != RP_OK)
        print_error("%s: %s\n", ground.err.where, ground.err.text);
    assert_int_equal(rc, RP_OK);
}

void ground_open(struct rp_store *s, const struct rp_sqlite_opts *opts)
{
    must(rp_store_sqlite_with(&ground.memory, ground.place, opts, s, &ground.err));
}

int ground_try(struct rp_store *s, uint32_t a, int64_t *id)
{
    struct tree *t = &ground.tree;
    struct rp_checkpoint_info info;

    tree_make(t, "w", (uint32_t[]){a, a + 1, a + 2});
    info = tree_info("w", t, -1, 5);
    return s->ops->save(s->self, &info, t->item, t->n, &ground.generation, id, &ground.err);
}

int64_t ground_save(struct rp_store *s, uint32_t a)
{
    int64_t id = -9;
    int rc = ground_try(s, a, &id);

    if (rc == RP_ESTALE)
        rc = ground_try(s, a, &id);
    must(rc);
    return id;
}

void ground_whole(struct rp_store *s, int64_t id)
{
    must(rp_store_verify(s, &ground.memory, id, &ground.err));
}

int64_t ground_sql(const char *text)
{
    sqlite3_stmt *st = NULL;
    sqlite3 *db = NULL;
    int64_t n = -1;

    assert_int_equal(sqlite3_open(ground.place, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
    if (sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return n;
}
