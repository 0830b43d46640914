/* store_suite.h - what every store of checkpoints must do, as a table of named cases, each of one
 * fact; and the ground that they stand on. */
#ifndef TESTS_STORE_SUITE_H
#define TESTS_STORE_SUITE_H

#include "tests/support/faulty_alloc.h"
#include "tests/support/store_tree.h"

/* A kind of store. */
struct suite_kind {
    const char *name;
    const char *place; /* path of its file or folder, which is not there before a case */
    int durable;       /* it can be closed and opened again */
    int (*open)(const struct rp_alloc *alloc, const char *place, struct rp_store *out,
                struct rp_error *err);
    void (*wipe)(const char *place); /* removes what stands there; nothing is fine */
};

struct suite;
struct suite_case {
    const char *name;
    void (*run)(struct suite *s);
    const char *given; /* what one of several alike is about */
    int durable;       /* only for durable stores */
};
struct suite_table {
    const struct suite_case *at;
    size_t n;
};

extern const struct suite_table suite_saving, suite_names, suite_listing, suite_removing,
    suite_pruning, suite_damage, suite_reopening, suite_memory;

/* A case under way. */
struct suite {
    const struct suite_kind *kind;
    const struct suite_case *of;
    struct faulty memory;
    struct rp_store store; /* open; ops NULL: not */
    struct rp_error err;   /* of the last call */
    uint64_t generation;
    struct tree t; /* of the checkpoint made last */
};

/* Runs all cases on the kind, as a group of cmocka's. Returns how many failed; adds to *cases. */
int suite_run(const struct suite_kind *kind, size_t *cases);

/* A folder of this process for stores, made at the first call, in memory where the system has such
 * a place; name: what is to stand in it. Static memory, for some calls. Removed by suite_clean,
 * which must find it empty. */
const char *suite_place(const char *name);
void suite_clean(void);

/* ---- for cases; they fail the test when a call is refused ---- */

/* Makes the tree of the middles a, a + 1, a + 2 in s->t. */
void suite_tree(struct suite *s, const char *workflow, uint32_t a);
/* Saves what stands in s->t with all its items; what save returned. */
int suite_try(struct suite *s, const struct rp_checkpoint_info *info, int64_t *id);
int64_t suite_save(struct suite *s, const char *workflow, uint32_t a); /* the id */
int64_t suite_save_at(struct suite *s, const char *workflow, uint32_t a, uint64_t time_ms);
/* A checkpoint over a text of n bytes. */
int64_t suite_save_big(struct suite *s, uint32_t a, size_t n);
struct rp_checkpoint_info suite_info(struct suite *s, int64_t id);
int suite_info_rc(struct suite *s, int64_t id);
/* The ids, with spaces between them; static memory. */
const char *suite_list(struct suite *s, const char *workflow);
int64_t suite_latest(struct suite *s, const char *workflow); /* -1: none */
void suite_remove(struct suite *s, int64_t id);
int suite_remove_rc(struct suite *s, size_t n, const int64_t *ids);
/* How many items of the tree of a are there, of TREE_ITEMS. */
size_t suite_has(struct suite *s, const char *workflow, uint32_t a);
/* Is that checkpoint, saved with suite_save, whole in every byte? */
void suite_whole(struct suite *s, int64_t id, const char *workflow, uint32_t a);
uint64_t suite_size(struct suite *s);
uint32_t suite_prune(struct suite *s, const char *workflow, uint32_t keep, uint64_t before_ms);
int suite_verify(struct suite *s, int64_t id);
void suite_close(struct suite *s);
void suite_reopen(struct suite *s); /* the generation that is known begins at 0 again */

#endif
