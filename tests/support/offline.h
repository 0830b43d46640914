/* offline.h - a process that cannot use a network: asking the kernel for a socket kills it. */
#ifndef TESTS_OFFLINE_H
#define TESTS_OFFLINE_H

/* From now on, in this process and in what it runs, socket, socketpair, connect and bind end it at
 * once, by the signal SIGSYS. 0, or -1: this system cannot do that. */
int offline_enter(void);

#endif
