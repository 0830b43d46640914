/* served.c - runs a server in a thread, and talks to it. */
#include "tests/support/served.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "tests/support/cm.h"

/* ---- a server in a thread ---- */

static void *run(void *arg)
{
    struct server *s = arg;

    s->rc = rp_http_run(s->http, NULL);
    return NULL;
}

void server_start(struct server *s, const char *agents, const struct rp_serve_opts *opts,
                  const struct rp_http_opts *http)
{
    struct rp_http_opts none = {0};

    serving_open(&s->core, agents, opts);
    faulty_init(&s->f, -1);
    assert_int_equal(rp_http_new(&s->f.alloc, s->core.core, http ? http : &none, &s->http, NULL),
                     RP_OK);
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

void server_join(struct server *s)
{
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    assert_int_equal(s->rc, RP_OK);
    rp_http_free(s->http);
    assert_int_equal(s->f.out, 0);
    serving_close(&s->core);
}

void server_stop(struct server *s)
{
    rp_http_stop(s->http);
    server_join(s);
}

/* ---- a client ---- */

char server_got[SERVER_GOT];

int server_dial(const struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(rp_http_port(s->http))};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

void server_say(int fd, const char *text)
{
    size_t n = strlen(text);

    assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Reads until that text has come, or, with NULL, until the connection ends. Returns all of it. */
const char *server_hear(int fd, const char *until)
{
    size_t n = 0;
    ssize_t came = 1;

    server_got[0] = '\0';
    while (came > 0 && !(until && strstr(server_got, until))) {
        came = recv(fd, server_got + n, sizeof(server_got) - 1 - n, 0);
        n += came > 0 ? (size_t)came : 0;
        server_got[n] = '\0';
    }
    if (until && !strstr(server_got, until))
        print_error("\"%s\" did not come, but: %s\n", until, server_got);
    assert_true(!until || strstr(server_got, until));
    assert_true(until || came == 0);
    return server_got;
}

const char *server_post(const char *more, const char *body)
{
    static char text[4096];

    snprintf(text, sizeof(text),
             "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
             "application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
             more, strlen(body), body);
    return text;
}
