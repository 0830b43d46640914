/* store_crashes.h - crashing everywhere in one life of a store of files: at each operation of its
 * disk, in each way, with each leftover. */
#ifndef TESTS_STORE_CRASHES_H
#define TESTS_STORE_CRASHES_H

#include <stddef.h>
#include <stdint.h>

struct crashes {
    long points;      /* disks opened again and compared with what was acknowledged */
    long operations;  /* of the life without any trouble */
    char wrong[1200]; /* "": nothing */
};
/* Plays the life with that seed over and over, at most until there are so many points. */
struct crashes store_crashes(uint64_t seed, unsigned steps, long points_max);

/* A child process saves and removes in that folder of the real disk and is killed (SIGKILL) at a
 * drawn moment, so many times; then the store must have what the child was told. "" or what is
 * wrong. *saved: checkpoints that were acknowledged. The folder must not be there, and goes. */
const char *store_kills(const char *folder, unsigned kills, uint64_t seed, long *saved);

#endif
