/* sqlite_points.h - crash points of the SQLite store: a scripted history of saves, loads, removals
 * and reopenings on a disk in memory, with one operation of that disk that goes wrong; then what is
 * there is opened again, after the end of the process and after a loss of power, and compared with
 * what was acknowledged. */
#ifndef TESTS_SQLITE_POINTS_H
#define TESTS_SQLITE_POINTS_H

#include "tests/support/faulty_vfs.h"
#include "tests/support/store_model.h"

enum { POINT_STEPS = 14 };

struct points {
    struct faulty_vfs disk, after; /* the one of the history; what is left of it */
    /* What the store was said to hold: as it was made, then after each step that was acknowledged.
     */
    struct model state[POINT_STEPS + 2];
    size_t n;
    /* What steps would have made of it that failed or were under way, each with the n of then: what
     * could not be written to its end may be found after a crash even so, until another step is
     * acknowledged. */
    struct model failed[POINT_STEPS + 2];
    size_t failed_at[POINT_STEPS + 2], n_failed;
    uint64_t seed; /* of the history under way */
    int full_sync;
    char why[600]; /* what was wrong with a point; "" while nothing is */
    long looked;   /* how many disks were opened after an end */
};

void points_init(struct points *p);
void points_free(struct points *p);

/* Plays the history of that seed with the fault at the n-th change or read. 1: it was as it should;
 * 0: it was not, p->why says what. *past: the history has no n-th operation (it is 1 then too). */
int points_try(struct points *p, uint64_t seed, enum vfs_fault fault, long n, int *past);

/* Tries every stride-th operation with every fault, one history after the other from the given seed
 * on, until so many points were tried. Returns how many, or -1: p->why says what was wrong. What
 * was tried of each fault is added to by_fault. */
long points_sweep(struct points *p, uint64_t first_seed, long points, long stride,
                  long by_fault[VFS_READ + 1]);

const char *points_fault_name(enum vfs_fault fault);

#endif
