/* program.h - the program as its user meets it: runs what REPRISE names (build/reprise without it)
 * in a folder of the test's own, and keeps what it printed. */
#ifndef TESTS_PROGRAM_H
#define TESTS_PROGRAM_H

#include <stddef.h>

enum { PROGRAM_TEXT = 1 << 17 };

extern char program_out[PROGRAM_TEXT], program_err[PROGRAM_TEXT];

/* Group fixtures: find the program, make the folder and go there; go away and remove it. */
int program_enter(void **state);
int program_leave(void **state);

/* Runs it with these words, which spaces separate, and nothing to read; returns its exit status. */
int program_run(const char *words);
/* The same with that input. */
int program_run_with(const char *words, const char *input);
/* Expects that exit status, that output and those messages. */
void program_gives(const char *words, int status, const char *out, const char *err);
/* Expects a part in a text. */
void program_has(const char *text, const char *part);

void program_write(const char *path, const char *text);
void program_write_bytes(const char *path, const char *bytes, size_t n);
/* Reads a file into out; returns its bytes. */
size_t program_read(const char *path, char *out);
/* Turns every bit of one byte of a file. */
void program_damage(const char *path, long at);
/* Removes what stands there, with all that is in it. */
void program_remove(const char *path);
/* How many entries a folder has; those that begin with a dot do not count. */
size_t program_entries(const char *folder);

#endif
