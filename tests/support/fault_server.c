/* fault_server.c - owns the thread that answers, and its connections. One loop around poll: it
 * reads a request, sends what stands for it, ends as told. */
#include "tests/support/fault_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/cm.h"

enum { LINKS = 32, REQUESTS = 64, REQUEST_MAX = 1 << 20, LIFE_S = 60 };

struct link {
    int fd; /* -1: free */
    char *in;
    size_t n_in;
    const struct fault_answer *answer; /* being sent; NULL: a request is being read */
    size_t head_sent, body_sent;
    uint64_t rounds;
    int held; /* nothing more is sent */
};

struct fault_server {
    pthread_t thread;
    pthread_mutex_t lock;
    int listens, stop[2];
    char url[64];
    const struct fault_answer *answers;
    size_t n_answers, given;
    char *requests[REQUESTS];
    size_t n_requests;
    struct link links[LINKS];
};

/* ---- requests -------------------------------------------------------------------------------- */

/* The length of the first request in what came; 0: it is not whole yet. */
static size_t whole_request(const char *in, size_t n)
{
    const char *end = n > 0 ? strstr(in, "\r\n\r\n") : NULL;
    const char *length = end ? strstr(in, "Content-Length: ") : NULL;
    size_t head, body = 0;

    if (!end)
        return 0;
    head = (size_t)(end - in) + 4;
    if (length && length < end)
        body = strtoul(length + 16, NULL, 10);
    return n >= head + body ? head + body : 0;
}

static void keep_request(struct fault_server *s, const char *in, size_t n)
{
    pthread_mutex_lock(&s->lock);
    if (s->n_requests < REQUESTS) {
        char *copy = malloc(n + 1);
        if (copy) {
            memcpy(copy, in, n);
            copy[n] = '\0';
            s->requests[s->n_requests++] = copy;
        }
    }
    pthread_mutex_unlock(&s->lock);
}

const char *fault_server_request(struct fault_server *s, size_t k)
{
    const char *found;

    pthread_mutex_lock(&s->lock);
    found = k < s->n_requests ? s->requests[k] : NULL;
    pthread_mutex_unlock(&s->lock);
    return found;
}

size_t fault_server_requests(struct fault_server *s)
{
    size_t n;

    pthread_mutex_lock(&s->lock);
    n = s->n_requests;
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* ---- connections ----------------------------------------------------------------------------- */

static void hang_up(struct link *l, int reset)
{
    struct linger at_once = {1, 0};

    if (reset)
        setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(l->fd);
    free(l->in);
    *l = (struct link){.fd = -1};
}

static void take_connection(struct fault_server *s)
{
    int fd = accept(s->listens, NULL, NULL), one = 1;
    size_t i = 0;

    if (fd < 0)
        return;
    while (i < LINKS && s->links[i].fd >= 0)
        i++;
    if (i == LINKS) {
        close(fd);
        return;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    s->links[i] = (struct link){.fd = fd, .in = malloc(REQUEST_MAX + 1)};
}

/* Takes the next whole request from what was read, if there is one. */
static void next_request(struct fault_server *s, struct link *l)
{
    size_t n;

    l->in[l->n_in] = '\0';
    n = whole_request(l->in, l->n_in);
    if (n == 0)
        return;
    keep_request(s, l->in, n);
    memmove(l->in, l->in + n, l->n_in - n);
    l->n_in -= n;
    if (s->given == s->n_answers) {
        hang_up(l, 0);
        return;
    }
    l->answer = s->answers + s->given++;
    l->head_sent = l->body_sent = 0;
    l->rounds = 0;
}

static void read_some(struct fault_server *s, struct link *l)
{
    ssize_t n = l->in ? recv(l->fd, l->in + l->n_in, REQUEST_MAX - l->n_in, 0) : 0;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(l, 0);
        return;
    }
    l->n_in += (size_t)n;
    if (!l->answer)
        next_request(s, l);
}

static void end_answer(struct fault_server *s, struct link *l)
{
    enum fault_end end = l->answer->end;

    if (end == FAULT_KEEP) {
        l->answer = NULL;
        next_request(s, l);
    } else if (end == FAULT_HOLD) {
        l->held = 1;
    } else {
        hang_up(l, end == FAULT_RESET);
    }
}

/* What is to be sent next; 0: all was. */
static size_t next_bytes(const struct link *l, const char **from)
{
    const struct fault_answer *a = l->answer;
    size_t head = a->head ? strlen(a->head) : 0, body = 0;
    uint64_t times = a->times ? a->times : 1;

    if (l->head_sent < head) {
        *from = a->head + l->head_sent;
        return head - l->head_sent;
    }
    if (a->body)
        body = a->n_body ? a->n_body : strlen(a->body);
    if (body == 0 || l->rounds == times)
        return 0;
    *from = a->body + l->body_sent;
    return body - l->body_sent;
}

static void count_sent(struct link *l, size_t n)
{
    const struct fault_answer *a = l->answer;
    size_t head = a->head ? strlen(a->head) : 0;

    if (l->head_sent < head) {
        l->head_sent += n;
        return;
    }
    l->body_sent += n;
    if (l->body_sent == (a->n_body ? a->n_body : strlen(a->body))) {
        l->body_sent = 0;
        l->rounds++;
    }
}

static void send_some(struct fault_server *s, struct link *l)
{
    const char *from = NULL;
    size_t n = next_bytes(l, &from);
    ssize_t sent;

    if (n == 0) {
        end_answer(s, l);
        return;
    }
    if (l->answer->step > 0 && n > l->answer->step)
        n = l->answer->step;
    sent = send(l->fd, from, n, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        hang_up(l, 0);
    else if (sent > 0)
        count_sent(l, (size_t)sent);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void serve_link(struct fault_server *s, struct link *l, short events)
{
    if (l->answer && !l->held && (events & POLLOUT))
        send_some(s, l);
    else if (events & (POLLIN | POLLHUP | POLLERR))
        read_some(s, l);
}

static void *serve(void *ctx)
{
    struct fault_server *s = ctx;
    struct pollfd at[LINKS + 2];
    time_t end = time(NULL) + LIFE_S;

    while (time(NULL) < end) {
        at[0] = (struct pollfd){.fd = s->stop[0], .events = POLLIN};
        at[1] = (struct pollfd){.fd = s->listens, .events = POLLIN};
        for (size_t i = 0; i < LINKS; i++) {
            const struct link *l = s->links + i;
            short wanted = l->answer && !l->held ? POLLIN | POLLOUT : POLLIN;
            at[i + 2] = (struct pollfd){.fd = l->fd, .events = wanted};
        }
        if (poll(at, LINKS + 2, 1000) <= 0)
            continue;
        if (at[0].revents)
            break;
        for (size_t i = 0; i < LINKS; i++)
            if (s->links[i].fd >= 0 && at[i + 2].revents)
                serve_link(s, s->links + i, at[i + 2].revents);
        if (at[1].revents)
            take_connection(s);
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* A socket bound to a port of the kernel's choice; its address as text. */
static int bind_somewhere(char *url, size_t n)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    snprintf(url, n, "http://127.0.0.1:%d", ntohs(a.sin_port));
    return fd;
}

int fault_nobody(char *url, size_t n)
{
    return bind_somewhere(url, n); /* bound, and not listening */
}

struct fault_server *fault_server_start(const struct fault_answer *answers, size_t n)
{
    struct fault_server *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->answers = answers;
    s->n_answers = n;
    for (size_t i = 0; i < LINKS; i++)
        s->links[i].fd = -1;
    s->listens = bind_somewhere(s->url, sizeof(s->url));
    assert_int_equal(listen(s->listens, LINKS), 0);
    assert_int_equal(pipe(s->stop), 0);
    assert_int_equal(pthread_mutex_init(&s->lock, NULL), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return s;
}

void fault_server_stop(struct fault_server *s)
{
    assert_int_equal(write(s->stop[1], "x", 1), 1);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    for (size_t i = 0; i < LINKS; i++)
        if (s->links[i].fd >= 0)
            hang_up(s->links + i, 0);
    for (size_t i = 0; i < s->n_requests; i++)
        free(s->requests[i]);
    close(s->listens);
    close(s->stop[0]);
    close(s->stop[1]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const char *fault_server_url(const struct fault_server *s)
{
    return s->url;
}
