/* places.h - stores of every kind for tests, in a folder of their own that goes with the tests. */
#ifndef TESTS_PLACES_H
#define TESTS_PLACES_H

#include "tests/support/interrupted.h"

/* In memory, where reopening changes nothing; as a folder of files; as an SQLite database. */
enum { PLACES = 3 };
extern struct place places[PLACES];

/* Makes the folder and enters nothing; leaves it empty and gone. 0, or -1. */
int places_begin(void);
int places_end(void);
/* The folder, without a slash at its end. */
const char *places_folder(void);
/* Removes a file, or a folder with all that is in it. */
void places_remove(const char *path);

#endif
