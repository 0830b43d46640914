/* sqlite_kills.h - processes that save to a SQLite store on the real disk, at the same time, and
 * are killed at drawn moments. */
#ifndef TESTS_SQLITE_KILLS_H
#define TESTS_SQLITE_KILLS_H

#include <stdint.h>

struct kills {
    long kills, saved, removed; /* that happened, and were acknowledged */
    char wrong[1200];           /* "": nothing */
};

/* So many times, `writers` processes (up to 2) save and prune until they are killed (SIGKILL); then
 * the store must open and have what they were told, whole. The database at path must not be there
 * before, and is removed afterwards. */
struct kills sqlite_kills(const char *path, int writers, unsigned kills, uint64_t seed);

/* Two processes save n checkpoints each at the same time and end; all must be there, numbered from
 * 0 to 2n - 1. */
struct kills sqlite_two_writers(const char *path, unsigned n);

/* Removes the database and what belongs to it. */
void sqlite_remove_files(const char *path);

#endif
