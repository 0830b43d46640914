/* network.h - the program is built twice from the same objects. `reprise` has no code that opens a
 * connection, and starts in a fraction of the time that loading such libraries takes;
 * `reprise-net`, beside it, has. What is asked of the first and needs a network is done by the
 * second, which takes its place. */
#ifndef RP_NETWORK_H
#define RP_NETWORK_H

/* Goes on as reprise-net where the words need a network and this program has none; then it does not
 * return. -1: go on; else the exit status after an error was told. */
int rp_network_enter(int argc, char **argv);

#endif
