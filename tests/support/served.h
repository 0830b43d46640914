/* served.h - a server over sockets of loopback, in a thread, on a port that the system chooses; and
 * a client of plain sockets, of which no read waits longer than ten seconds. */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include <pthread.h>

#include "tests/support/serving.h"

struct server {
    struct serving core;
    struct rp_http *http;
    struct faulty f;
    pthread_t thread;
    int rc;
};

/* agents as of serving_open; http NULL: nothing special. */
void server_start(struct server *s, const char *agents, const struct rp_serve_opts *opts,
                  const struct rp_http_opts *http);
void server_join(struct server *s); /* when it ends by itself; frees all, expects nothing left */
void server_stop(struct server *s); /* ends it */

int server_dial(const struct server *s);
void server_say(int fd, const char *text);
/* Reads until that text has come, or, with NULL, until the connection ends. Returns all of it:
 * server_got. */
enum { SERVER_GOT = 1 << 16 };
extern char server_got[SERVER_GOT];
const char *server_hear(int fd, const char *until);
/* A request for a chat completion; more: further header lines. */
const char *server_post(const char *more, const char *body);

#endif
