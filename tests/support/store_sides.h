/* store_sides.h - the stores that a model is compared with, side by side: in memory, in files, in a
 * SQLite database; each can be told to fail. */
#ifndef TESTS_STORE_SIDES_H
#define TESTS_STORE_SIDES_H

#include "engine/os/files.h"
#include "tests/support/faulty_alloc.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/store_tree.h"

enum { SIDES = 3 };

/* The real disk, of which one operation fails. */
struct failing_disk {
    struct rp_disk real;
    long asked, fails; /* number of the one that fails; negative: none */
    int e, failed;
};

struct side {
    const char *name;
    int durable;
    struct rp_store store;
    uint64_t generation;  /* that a saver knows of */
    struct faulty memory; /* of the store */
    struct faulty_vfs vfs;
    struct failing_disk disk;
    char place[200];
};

/* Opens three empty stores. Fails the test when it cannot. */
void sides_open(struct side sides[SIDES]);
void sides_close(struct side sides[SIDES]);

/* The n-th thing from now on, from 0, that the store asks of its memory or its disk fails: what
 * chance says. */
void side_arm(struct side *s, long n, uint64_t *seed);
/* No more; returns whether it has failed. */
int side_disarm(struct side *s);

/* Closes the store, unless it is closed, and opens it. RP_ENOMEM or RP_ESTORE: it is closed. */
int side_reopen(struct side *s, struct rp_error *err);

#endif
