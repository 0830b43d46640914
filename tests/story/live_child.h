/* live_child.h - the program as a child process: serving, or playing with or without a network. It
 * stands in the folder of program.h. */
#ifndef TESTS_LIVE_CHILD_H
#define TESTS_LIVE_CHILD_H

#include <stddef.h>

enum { CHILD_TEXT = 1 << 20 };

struct child {  /* what a run has come to */
    int status; /* its exit status; 128 and more: the signal that ended it */
    char *out, *err;
};

/* Before program_enter, which leaves the project's folder. */
void child_find(void);
/* Runs the program with these words, which spaces separate, and these environment variables
 * ("NAME=value", NULL at the end; NULL: none). offline: without a network; where the system cannot
 * do that the test fails. */
void child_run(struct child *c, const char *words, char *const *environment, int offline);
void child_free(struct child *c);

/* Begins `reprise serve` with these words; returns the address of its models. */
const char *child_serve(const char *words);
/* Ends it; its exit status. */
int child_stop(void);

#endif
